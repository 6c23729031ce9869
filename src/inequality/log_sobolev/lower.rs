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
