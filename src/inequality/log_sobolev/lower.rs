//! The constant from below: the best function found, on finer and finer chains.

use super::chain::Chain;
use super::frame::Frame;
use super::maximiser::{Candidate, eigenfunctions, search};
use super::potential::Potential;
use crate::enclosure::Enclosure;
use crate::numerics::extrapolation::limit_at_zero;

/// The function behind a lower end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// A critical point of the quotient, far from constants.
    Attained,
    /// The limit `1 + εφ`, `ε → 0`, with `φ` the first eigenfunction: the value is `2C_P`.
    Limit,
}

/// The supremum over functions, as found.
#[derive(Clone, Debug)]
pub(super) struct Maximum {
    /// Value extrapolated to mesh width 0 (Converged).
    pub value: Enclosure,
    /// `2C_P`, likewise.
    pub twice_poincare: Enclosure,
    /// What kind of function gives it.
    pub shape: Shape,
    /// Nodes of a chain.
    pub nodes: Vec<f64>,
    /// `f`, or `φ` for a limit, at the nodes.
    pub values: Vec<f64>,
    /// Where half of the energy lies to either side.
    pub centre: f64,
}

/// Springs of the chain on which the search is done.
const SEARCH: usize = 512;
/// Doublings of the chain for the extrapolation.
const LEVELS: usize = 4;
/// Doublings of the search mesh at which the function is reported.
const REPORTED: usize = 1;

/// Maximises `Ent(f²)/∫f'²`.
pub(super) fn maximise(potential: Potential<'_>, frame: &Frame) -> Maximum {
    maximise_on(&frame.pieces(), &frame.shares(SEARCH), &|x| potential.value(x))
}

/// The same for a potential that is smooth between two points, given as a function.
pub(super) fn maximise_between(ends: [f64; 2], potential: &dyn Fn(f64) -> f64) -> Maximum {
    maximise_on(&ends, &[SEARCH], potential)
}

/// The same on pieces between consecutive points, with so many springs each on the coarsest chain.
fn maximise_on(pieces: &[f64], shares: &[usize], potential: &dyn Fn(f64) -> f64) -> Maximum {
    let chain = |level: usize| {
        let counts: Vec<usize> = shares.iter().map(|n| n << level).collect();
        Chain::new(pieces, &counts, potential)
    };
    let coarse = chain(0);
    let modes = eigenfunctions(&coarse, 3);
    let mut best = search(&coarse, &modes);
    let mut mode = modes[0].0.clone();
    let (mut limits, mut branch) = (Vec::new(), Vec::new());
    let mut reported = (coarse.nodes.clone(), mode.clone(), best.clone());
    for level in 0..LEVELS {
        let current = if level == 0 { coarse.clone() } else { chain(level) };
        let width = 1.0 / (1_u64 << (2 * level)) as f64;
        if level > 0 {
            mode = refine(&mode, shares, level - 1);
        }
        let value = polish_mode(&current, &mut mode);
        limits.push((width, Enclosure::exact(2.0 * value)));
        if let Some(candidate) = &best {
            let start = if level == 0 {
                Some(candidate.clone())
            } else {
                Candidate::new(&current, refine(&candidate.f, shares, level - 1))
            };
            best = start.map(|start| match start.polish(&current, 12) {
                Some((polished, _)) if polished.quotient > 0.999 * start.quotient => polished,
                // Not near a critical point: climb on; the differences between the levels will show it.
                _ => start.ascend(&current, 100),
            });
            branch.extend(best.as_ref().map(|b| (width, Enclosure::exact(b.quotient))));
        }
        if level == REPORTED {
            reported = (current.nodes.clone(), mode.clone(), best.clone());
        }
    }
    let twice_poincare = extrapolate(&limits);
    let attained = (best.is_some() && branch.len() == LEVELS).then(|| extrapolate(&branch));
    let (nodes, mode, candidate) = reported;
    let chain = chain(REPORTED);
    let (value, shape, values) = match (attained, candidate) {
        (Some(value), Some(candidate)) if value.mid() > twice_poincare.mid() => {
            (value, Shape::Attained, candidate.f)
        }
        _ => (twice_poincare, Shape::Limit, mode),
    };
    let centre = energy_median(&chain, &values);
    Maximum { value, twice_poincare, shape, nodes, values, centre }
}

/// Limit of the levels at mesh width 0. Where the expansion in even powers fails (a singular end), the
/// extrapolation is no better than its last difference and says so.
fn extrapolate(levels: &[(f64, Enclosure)]) -> Enclosure {
    let all = limit_at_zero(levels);
    // The first levels may not be in the range of the expansion yet.
    let tail = limit_at_zero(&levels[1..]);
    let rounding = 64.0 * f64::EPSILON * all.mid().abs();
    let best = if tail.width() < all.width() { tail } else { all };
    best.widened((all.mid() - tail.mid()).abs() + rounding)
}

/// Inverse iteration for the first eigenfunction, in place; gives `C_P` of the chain.
fn polish_mode(chain: &Chain, mode: &mut Vec<f64>) -> f64 {
    let mut value: f64 = 0.0;
    for _ in 0..200 {
        let centre = chain.mean(mode);
        for v in mode.iter_mut() {
            *v -= centre;
        }
        let norm = chain.product(mode, mode).sqrt();
        for v in mode.iter_mut() {
            *v /= norm;
        }
        let next = 1.0 / chain.energy(mode);
        let change = (next / value - 1.0).abs();
        value = next;
        if change < 4.0 * f64::EPSILON {
            break;
        }
        let load: Vec<f64> = chain.mass.iter().zip(mode.iter()).map(|(m, f)| m * f).collect();
        *mode = chain.equilibrium(&load);
    }
    value
}

/// The point with half of `∫f'²dμ` on either side.
fn energy_median(chain: &Chain, f: &[f64]) -> f64 {
    let parts: Vec<f64> =
        chain.spring.iter().zip(f.windows(2)).map(|(k, pair)| k * (pair[1] - pair[0]).powi(2)).collect();
    let total: f64 = parts.iter().sum();
    let mut sum = 0.0;
    for (part, nodes) in parts.iter().zip(chain.nodes.windows(2)) {
        sum += part;
        if sum >= 0.5 * total {
            return 0.5 * (nodes[0] + nodes[1]);
        }
    }
    chain.nodes[chain.nodes.len() / 2]
}

/// Values on the mesh of half the width, by cubic interpolation within the pieces.
fn refine(f: &[f64], shares: &[usize], level: usize) -> Vec<f64> {
    let mut fine = vec![f[0]];
    let mut first = 0;
    for share in shares {
        let n = share << level;
        let f = &f[first..=first + n];
        for i in 0..n {
            let j = i.clamp(1, n - 2);
            let (a, b, c, d) = (f[j - 1], f[j], f[j + 1], f[j + 2]);
            fine.push(if i == 0 {
                (5.0 * a + 15.0 * b - 5.0 * c + d) / 16.0
            } else if i == n - 1 {
                (5.0 * d + 15.0 * c - 5.0 * b + a) / 16.0
            } else {
                (9.0 * (b + c) - a - d) / 16.0
            });
            fine.push(f[i + 1]);
        }
        first += n;
    }
    fine
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::line::LineMeasure;
    use crate::numerics::tolerances::{COARSE, MESH, SOLVED};

    /// Rounding of sums over some hundred nodes.
    const ROUNDING: f64 = 1e-13;

    #[test]
    fn half_of_the_energy_lies_on_either_side_of_its_median() {
        let chain = Chain {
            nodes: vec![-2.0, -1.0, 1.0, 2.0, 5.0],
            mass: vec![0.2; 5],
            spring: vec![1.0, 2.0, 0.5, 3.0],
        };
        // Energies 1, 2, 4.5, 3: half of 10.5 is passed on the third edge.
        assert_eq!(energy_median(&chain, &[0.0, 1.0, 2.0, 5.0, 4.0]), 1.5);
        // 9, 2, 0.5, 3: on the first.
        assert_eq!(energy_median(&chain, &[0.0, 3.0, 2.0, 1.0, 2.0]), -1.5);
        // 1, 2, 0, 12: on the last.
        assert_eq!(energy_median(&chain, &[0.0, 1.0, 2.0, 2.0, 4.0]), 3.5);
        // 1, 8, 0.5, 3: on the second; the springs count, not the slopes.
        assert_eq!(energy_median(&chain, &[0.0, 1.0, 3.0, 4.0, 5.0]), 0.0);
    }

    #[test]
    fn refinement_is_exact_for_cubics_on_every_piece() {
        let left = |x: f64| 1.0 - 2.0 * x + 0.5 * x * x + x.powi(3);
        let right = |x: f64| left(1.0) - 3.0 * (x - 1.0) + 4.0 * (x - 1.0).powi(3);
        let sample = |level: usize| -> Vec<f64> {
            let (n, m): (usize, usize) = (5 << level, 8 << level);
            let first = (0..=n).map(|i| left(i as f64 / n as f64));
            let second = (1..=m).map(|i| right(1.0 + 2.0 * i as f64 / m as f64));
            first.chain(second).collect()
        };
        for level in 0..2 {
            let (found, expected) = (refine(&sample(level), &[5, 8], level), sample(level + 1));
            assert_eq!(found.len(), expected.len());
            for (i, (a, b)) in found.iter().zip(&expected).enumerate() {
                assert!((a - b).abs() <= ROUNDING * b.abs().max(1.0), "{level}, {i}: {a}, {b}");
            }
        }
    }

    #[test]
    fn inverse_iteration_finds_the_constant_of_the_uniform_chain() {
        let n = 40;
        let chain = Chain::new(&[0.0, 1.0], &[n], |_| 0.0);
        let mut mode: Vec<f64> = chain.nodes.iter().map(|x| 3.0 - x * x).collect();
        let value = polish_mode(&chain, &mut mode);
        // Eigenvalues (4/h²)sin²(πh/2) with the eigenfunction cos(πx).
        let h = 1.0 / n as f64;
        let exact = h * h / (4.0 * (0.5 * std::f64::consts::PI * h).sin().powi(2));
        assert!((value / exact - 1.0).abs() <= ROUNDING, "{value}, {exact}");
        // The error of the function is the root of that of the value.
        for (x, v) in chain.nodes.iter().zip(&mode) {
            let expected = std::f64::consts::SQRT_2 * (std::f64::consts::PI * x).cos();
            assert!((v.abs() - expected.abs()).abs() <= ROUNDING.sqrt(), "{x}: {v}, {expected}");
        }
    }

    #[test]
    fn extrapolation_is_exact_for_its_expansion_and_says_when_it_is_not() {
        let levels = |f: &dyn Fn(f64) -> f64| -> Vec<(f64, Enclosure)> {
            (0..LEVELS)
                .map(|k| 0.25_f64.powi(i32::try_from(k).unwrap()))
                .map(|w| (w, Enclosure::exact(f(w))))
                .collect()
        };
        let smooth = extrapolate(&levels(&|w| 3.0 + 0.1 * w - 0.02 * w * w));
        assert!(smooth.contains(3.0) && (smooth.mid() - 3.0).abs() <= ROUNDING, "{smooth}");
        let rough = extrapolate(&levels(&|w| 3.0 + 0.1 * w.sqrt()));
        assert!(rough.contains(3.0), "{rough}");
        // With the first level off the mark the others decide.
        let mut late = levels(&|w| 3.0 + 1e-4 * w);
        late[0].1 = Enclosure::exact(3.01);
        let found = extrapolate(&late);
        assert!(found.contains(3.0) && (found.mid() - 3.0).abs() <= SOLVED + ROUNDING, "{found}");
        // Both extrapolations lie within the error.
        let (all, tail) = (limit_at_zero(&late), limit_at_zero(&late[1..]));
        assert!(found.contains(all.mid()) && found.contains(tail.mid()), "{found}, {all}, {tail}");
    }

    #[test]
    fn uniform_law_is_a_limit_and_a_tilted_well_is_attained() {
        let uniform = maximise_between([1.0, 3.0], &|_| 0.4);
        let exact = 8.0 / std::f64::consts::PI.powi(2);
        assert!(
            uniform.value.contains(exact) && uniform.value.relative_width() < SOLVED,
            "{}",
            uniform.value
        );
        assert_eq!(uniform.shape, Shape::Limit);
        assert!((uniform.centre - 2.0).abs() <= 2.0 / SEARCH as f64, "{}", uniform.centre);
        assert_eq!(uniform.nodes.len(), (SEARCH << REPORTED) + 1);
        assert_eq!(uniform.nodes.len(), uniform.values.len());
        let tilted = LineMeasure::parse("x^4/4 - 3*x^2/2 + 0.3*x", f64::NEG_INFINITY, f64::INFINITY).unwrap();
        let potential = Potential::new(&tilted);
        let found = maximise(potential, &Frame::new(potential));
        assert_eq!(found.shape, Shape::Attained);
        assert!(
            found.value.lo() > found.twice_poincare.hi() && found.value.relative_width() < MESH,
            "{found:?}"
        );
        // The reported function has nearly the value, on its chain.
        let chain =
            Chain::new(&[found.nodes[0], found.nodes[found.nodes.len() - 1]], &[SEARCH << REPORTED], |x| {
                potential.value(x)
            });
        let quotient = Candidate::new(&chain, found.values.clone()).unwrap().quotient;
        assert!((quotient / found.value.mid() - 1.0).abs() < COARSE, "{quotient}, {}", found.value);
    }
}
