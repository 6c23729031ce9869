//! Maximising `Ent(f²)/∫f'²` on a chain.
//!
//! A critical point with `∫f² = 1` and value `C` solves `C·Kf = M(f log f²)`, `K` the stiffness and `M` the mass
//! matrix. Two kinds of candidates compete. Near constants, `f = 1 + εφ` with `φ` the first
//! eigenfunction gives `2C_P + O(ε)`, so `2C_P` is a supremum that need not be attained. Far from
//! constants there may be branches of their own, which is why the search starts from many
//! functions, climbs from the best of them by maximising `∫f²h/∫f'²` with `h = log(f²/∫f²)` frozen (a linear
//! eigenproblem; `Ent(f²) = max_h {∫f²h : ∫e^h ≤ 1}` makes every step an ascent), and polishes by Newton.

use super::chain::Chain;

/// A function on the nodes, normalised to `∫f² = 1`, with its quotient.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The values at the nodes.
    pub f: Vec<f64>,
    /// `Ent(f²)/∫f'²`.
    pub quotient: f64,
}

/// `(1+δ)log(1+δ) − δ` without cancellation for small `δ`.
pub(super) fn entropy_density(delta: f64) -> f64 {
    if delta.abs() < 1e-3 {
        let d = delta;
        d * d * (0.5 - d * (1.0 / 6.0 - d * (1.0 / 12.0 - d * (1.0 / 20.0 - d * (1.0 / 30.0 - d / 42.0)))))
    } else if delta <= -1.0 {
        -delta
    } else {
        (1.0 + delta) * delta.ln_1p() - delta
    }
}

/// `Ent(f²)` as a sum of non-negative terms.
fn entropy(chain: &Chain, f: &[f64]) -> f64 {
    let norm = chain.product(f, f);
    norm * chain.mass.iter().zip(f).map(|(m, f)| m * entropy_density(f * f / norm - 1.0)).sum::<f64>()
}

/// `log f²`, cut off where `f` vanishes (there it only ever appears next to a factor `f`).
fn log_square(f: f64) -> f64 {
    (f * f).max(1e-280).ln()
}

impl Candidate {
    /// Normalises `f` and evaluates its quotient; `None` if that is not a positive number.
    pub fn new(chain: &Chain, mut f: Vec<f64>) -> Option<Self> {
        let norm = chain.product(&f, &f).sqrt();
        if !(norm > 0.0 && norm.is_finite()) {
            return None;
        }
        let sign = if chain.mean(&f) < 0.0 { -1.0 } else { 1.0 };
        for v in &mut f {
            *v *= sign / norm;
        }
        let quotient = entropy(chain, &f) / chain.energy(&f);
        (quotient > 0.0 && quotient.is_finite()).then_some(Self { f, quotient })
    }

    /// Climbs by repeated solution of the eigenproblem with the logarithm frozen.
    pub fn ascend(mut self, chain: &Chain, steps: usize) -> Self {
        for _ in 0..steps {
            // Rayleigh quotient iteration for (λK − M log f²) g = 0 from g = f.
            let diagonal: Vec<f64> = self.f.iter().map(|&f| -log_square(f)).collect();
            let load: Vec<f64> = chain.stiffness(&self.f);
            let [g] = chain.solve(self.quotient, &diagonal, [load]);
            let Some(next) = Self::new(chain, g) else { break };
            let gain = next.quotient / self.quotient - 1.0;
            if gain <= 0.0 {
                // Half-way steps keep the ascent when the eigenvector jumps to another one.
                let half = self.f.iter().zip(&next.f).map(|(a, b)| a.abs() + 0.3 * b.abs()).collect();
                match Self::new(chain, half) {
                    Some(blend) if blend.quotient > self.quotient => self = blend,
                    _ => break,
                }
            } else {
                self = next;
                if gain < 1e-7 {
                    break;
                }
            }
        }
        self
    }

    /// Newton's method for `C·Kf = M(f log f²)`, `∫f² = 1`, in `(f, C)`; gives the last iterate with the size of
    /// its last step.
    pub fn polish(&self, chain: &Chain, steps: usize) -> Option<(Self, f64)> {
        let (mut f, mut c) = (self.f.clone(), self.quotient);
        let mut last = f64::INFINITY;
        for _ in 0..steps {
            let logs: Vec<f64> = f.iter().map(|&f| log_square(f)).collect();
            let stiff = chain.stiffness(&f);
            let residual: Vec<f64> = stiff
                .iter()
                .zip(&chain.mass)
                .zip(f.iter().zip(&logs))
                .map(|((s, m), (f, l))| m * f * l - c * s)
                .collect();
            let diagonal: Vec<f64> = logs.iter().map(|l| -(l + 2.0)).collect();
            let [particular, border] = chain.solve(c, &diagonal, [residual, stiff]);
            // f + particular − dC·border has to keep ∫f² = 1 to first order.
            let defect = 0.5 * (1.0 - chain.product(&f, &f));
            let dc = (chain.product(&f, &particular) - defect) / chain.product(&f, &border);
            let mut change = 0.0;
            for ((f, p), (b, m)) in f.iter_mut().zip(&particular).zip(border.iter().zip(&chain.mass)) {
                let step = p - dc * b;
                change += m * step * step;
                *f += step;
            }
            c += dc;
            let change = change.sqrt();
            if !(c > 0.0 && change.is_finite()) || change > 10.0 {
                return None;
            }
            let stalled = change < 1e-9 || (change < 1e-5 && change > 0.5 * last);
            last = change;
            if stalled {
                break;
            }
        }
        Self::new(chain, f).map(|polished| (polished, last))
    }
}

/// The first eigenfunctions of the chain: for the first one, with `C_P` as its quotient.
pub(super) fn eigenfunctions(chain: &Chain, count: usize) -> Vec<(Vec<f64>, f64)> {
    let mut found: Vec<(Vec<f64>, f64)> = Vec::new();
    for order in 0..count {
        // Start from a step between quantiles, orthogonalised.
        let mut cumulative = 0.0;
        let mut f: Vec<f64> = chain
            .mass
            .iter()
            .map(|m| {
                cumulative += m;
                (std::f64::consts::PI * (order + 1) as f64 * (cumulative - 0.5 * m)).cos()
            })
            .collect();
        let mut value = 0.0;
        for _ in 0..400 {
            let centre = chain.mean(&f);
            for v in &mut f {
                *v -= centre;
            }
            for (other, _) in &found {
                let overlap = chain.product(&f, other);
                f.iter_mut().zip(other).for_each(|(v, o)| *v -= overlap * o);
            }
            let norm = chain.product(&f, &f).sqrt();
            for v in &mut f {
                *v /= norm;
            }
            let next = 1.0 / chain.energy(&f);
            let converged =
                (next / value - 1.0).abs() < 3e-15 || (order > 0 && (next / value - 1.0).abs() < 1e-6);
            value = next;
            if converged {
                break;
            }
            let load: Vec<f64> = chain.mass.iter().zip(&f).map(|(m, f)| m * f).collect();
            f = chain.equilibrium(&load);
        }
        found.push((f, value));
    }
    found
}

/// The best critical point found from many starting functions, or `None` if nothing beats `2C_P`.
pub(super) fn search(chain: &Chain, modes: &[(Vec<f64>, f64)]) -> Option<Candidate> {
    let mut starts: Vec<Candidate> = Vec::new();
    let mut consider = |f: Vec<f64>| starts.extend(Candidate::new(chain, f));
    for (mode, _) in modes {
        let size = mode
            .iter()
            .zip(&chain.mass)
            .filter(|(_, m)| **m > 1e-12)
            .map(|(f, _)| f.abs())
            .fold(0.0, f64::max);
        for s in [0.3, 1.0, 2.0, 4.0] {
            for sign in [-1.0, 1.0] {
                consider(mode.iter().map(|v| (sign * s * (v / size).clamp(-1.0, 1.0)).exp()).collect());
            }
        }
    }
    let centre = chain.mean(&chain.nodes);
    let deviations: Vec<f64> = chain.nodes.iter().map(|x| x - centre).collect();
    let deviation = chain.product(&deviations, &deviations).sqrt();
    for s in [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0] {
        consider(deviations.iter().map(|d| (s * (d / deviation).clamp(-8.0, 8.0)).exp()).collect());
    }
    steps_of_two_levels(chain, &mut consider);
    flattening(chain, &mut consider);
    starts.sort_by(|a, b| b.quotient.total_cmp(&a.quotient));
    let mut best: Option<Candidate> = None;
    let mut climbed: Vec<f64> = Vec::new();
    for start in starts.into_iter().take(6) {
        let top = start.ascend(chain, 25);
        // Two starts on one hill need one polish.
        if climbed.iter().any(|q| (q / top.quotient - 1.0).abs() < 1e-5) {
            continue;
        }
        climbed.push(top.quotient);
        let polished = match top.polish(chain, 12) {
            Some((polished, _)) if polished.quotient >= top.quotient * (1.0 - 1e-9) => polished,
            _ => top,
        };
        if best.as_ref().is_none_or(|b| polished.quotient > b.quotient) {
            best = Some(polished);
        }
    }
    best.filter(|b| b.quotient > 2.0 * modes[0].1 * (1.0 + 1e-12))
}

/// Powers of the reciprocal density on one side of the mode, level on the other, or rising from 0 at the mode: they carry
/// mass far into a tail.
fn flattening(chain: &Chain, consider: &mut impl FnMut(Vec<f64>)) {
    let last = chain.nodes.len() - 1;
    // −log density on the edges, averaged to the nodes.
    let edges: Vec<f64> =
        chain.spring.iter().zip(chain.nodes.windows(2)).map(|(k, x)| -(k * (x[1] - x[0])).ln()).collect();
    let depth: Vec<f64> =
        (0..=last).map(|i| 0.5 * (edges[i.saturating_sub(1)] + edges[i.min(last - 1)])).collect();
    let Some(mode) = (0..=last).min_by(|i, j| depth[*i].total_cmp(&depth[*j])) else { return };
    let bottom = depth[mode];
    for power in [0.3, 0.45, 0.5, 0.55] {
        for (end, ramp) in [(0, false), (last, false), (0, true), (last, true)] {
            let reach = chain.nodes[end] - chain.nodes[mode];
            let value = |i: usize| {
                let along = (chain.nodes[i] - chain.nodes[mode]) / reach;
                match (along > 0.0, ramp) {
                    (true, true) => 0.01 + along * (power * (depth[i] - bottom)).exp(),
                    (true, false) => (power * (depth[i] - bottom)).exp(),
                    (false, true) => 0.01,
                    (false, false) => 1.0,
                }
            };
            if reach != 0.0 {
                consider((0..=last).map(value).collect());
            }
        }
    }
}

/// Functions with two levels joined harmonically, as in the capacity criterion: low on one side, high beyond a quantile.
fn steps_of_two_levels(chain: &Chain, consider: &mut impl FnMut(Vec<f64>)) {
    let n = chain.mass.len();
    let mut cumulative = Vec::with_capacity(n);
    let mut sum = 0.0;
    for m in &chain.mass {
        sum += m;
        cumulative.push(sum);
    }
    let at = |q: f64| cumulative.iter().position(|c| *c >= q).unwrap_or(n - 1);
    let resistance: Vec<f64> = std::iter::once(0.0)
        .chain(chain.spring.iter().scan(0.0, |total, k| {
            *total += 1.0 / k;
            Some(*total)
        }))
        .collect();
    let quantiles =
        [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999];
    for (i, &from) in quantiles.iter().enumerate() {
        for &to in &quantiles[i + 1..] {
            let (a, b) = (at(from), at(to));
            if a == b {
                continue;
            }
            let height = resistance[b] - resistance[a];
            for (left, right) in [(0.1, 1.0 / (1.0 - to).sqrt()), (1.0 / from.sqrt(), 0.1)] {
                consider(
                    resistance
                        .iter()
                        .map(|r| left + (right - left) * ((r - resistance[a]) / height).clamp(0.0, 1.0))
                        .collect(),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::tolerances::{COARSE, MESH, SOLVED};

    /// Rounding of sums over some hundred nodes.
    const ROUNDING: f64 = 1e-13;
    /// A step of Newton's method at which it stops.
    const NEWTON: f64 = 1e-9;

    fn normal() -> Chain {
        Chain::new(&[-9.0, 9.0], &[180], |x| 0.5 * x * x)
    }

    /// Two wells with a tilt: the quotient has a critical point far from constants.
    fn tilted() -> Chain {
        Chain::new(&[-4.0, 4.0], &[200], |x| 0.25 * x.powi(4) - 1.5 * x * x + 0.3 * x)
    }

    #[test]
    fn entropy_density_is_accurate_near_zero_and_continuous() {
        for d in [-9.99e-4_f64, -1e-4, 3e-7, 5e-4, 9.99e-4] {
            // Σ (−1)^k d^k/(k(k−1)).
            let series: f64 = (2..12).map(|k| (-d).powi(k) / f64::from(k * (k - 1))).sum();
            assert!((entropy_density(d) / series - 1.0).abs() <= 16.0 * f64::EPSILON, "{d}");
        }
        for d in [-0.999_f64, -0.5, -1.01e-3, 1.01e-3, 0.7, 30.0] {
            let direct = (1.0 + d) * (1.0 + d).ln() - d;
            // d itself is lost to the last place of 1.
            assert!((entropy_density(d) - direct).abs() <= 4.0 * f64::EPSILON * (1.0 + d.abs() * 8.0), "{d}");
        }
        assert_eq!(entropy_density(-1.0), 1.0);
        assert_eq!(entropy_density(0.0), 0.0);
        let (below, above) = (entropy_density(1e-3_f64.next_down()), entropy_density(1e-3));
        assert!((above / below - 1.0).abs() <= 10.0 * ROUNDING, "{below}, {above}");
    }

    #[test]
    fn entropy_is_the_one_of_the_law() {
        let chain = Chain { nodes: vec![0.0, 1.0, 2.0], mass: vec![0.2, 0.5, 0.3], spring: vec![1.5, 0.5] };
        let f = [0.5, -2.0, 1.1];
        let norm: f64 = 0.2 * 0.25 + 0.5 * 4.0 + 0.3 * 1.21;
        let direct = 0.2 * 0.25 * 0.25_f64.ln() + 0.5 * 4.0 * 4.0_f64.ln() + 0.3 * 1.21 * 1.21_f64.ln()
            - norm * norm.ln();
        assert!((entropy(&chain, &f) - direct).abs() <= ROUNDING);
        let found = Candidate::new(&chain, f.to_vec()).unwrap();
        // The mean is negative, so the sign is turned.
        for (v, f) in found.f.iter().zip(f) {
            assert!((v + f / norm.sqrt()).abs() <= ROUNDING);
        }
        let energy = 1.5 * 6.25 + 0.5 * 3.1 * 3.1;
        assert!((found.quotient - direct / energy).abs() <= ROUNDING);
        let positive = Candidate::new(&chain, vec![0.5, 2.0, -1.1]).unwrap();
        assert!(positive.f[1] > 0.0);
        for bad in [vec![0.0; 3], vec![1.0; 3], vec![f64::NAN, 1.0, 2.0], vec![f64::INFINITY, 1.0, 2.0]] {
            assert!(Candidate::new(&chain, bad).is_none());
        }
    }

    #[test]
    fn logarithm_is_cut_off_at_zero_alone() {
        assert_eq!(log_square(-3.0), 9.0_f64.ln());
        assert_eq!(log_square(1e-130), 1e-260_f64.ln());
        assert!(log_square(0.0).is_finite());
    }

    /// `M f log f² − C K f`, the largest entry relative to the largest of `CKf`.
    fn defect(chain: &Chain, candidate: &Candidate) -> f64 {
        let stiff = chain.stiffness(&candidate.f);
        let largest = stiff.iter().fold(0.0_f64, |a, s| a.max((candidate.quotient * s).abs()));
        let entry = |i: usize| {
            let f: f64 = candidate.f[i];
            chain.mass[i] * f * (f * f).ln() - candidate.quotient * stiff[i]
        };
        (0..chain.mass.len()).map(|i| entry(i).abs()).fold(0.0, f64::max) / largest
    }

    #[test]
    fn search_finds_the_critical_point_of_a_tilted_well() {
        let chain = tilted();
        let modes = eigenfunctions(&chain, 3);
        let found = search(&chain, &modes).unwrap();
        assert!(found.quotient > 2.1 * modes[0].1, "{}, {}", found.quotient, modes[0].1);
        assert!(defect(&chain, &found) <= NEWTON, "{}", defect(&chain, &found));
        assert!((chain.product(&found.f, &found.f) - 1.0).abs() <= ROUNDING);
        // No perturbation of it is better.
        for k in 1..6 {
            let bent =
                found.f.iter().zip(&chain.nodes).map(|(f, x)| f * (1.0 + 0.05 * (f64::from(k) * x).sin()));
            let other = Candidate::new(&chain, bent.collect()).unwrap();
            assert!(other.quotient < found.quotient, "{k}: {}", other.quotient);
        }
        // Nothing beats 2C_P for a normal law.
        let normal = normal();
        assert!(
            search(&normal, &eigenfunctions(&normal, 3))
                .is_none_or(|c| c.quotient < 2.0 * (1.0 + 10.0 * COARSE))
        );
    }

    #[test]
    fn ascent_climbs_and_newton_ends_at_the_top() {
        let chain = tilted();
        let start: Vec<f64> = chain.nodes.iter().map(|x| 0.4 + (1.5 * x).exp().min(8.0)).collect();
        let start = Candidate::new(&chain, start).unwrap();
        let mut last = start.quotient;
        for steps in [1, 2, 4, 8] {
            let next = start.clone().ascend(&chain, steps).quotient;
            assert!(next >= last, "{steps}: {next} after {last}");
            last = next;
        }
        let top = start.clone().ascend(&chain, 100);
        assert_eq!(start.clone().ascend(&chain, 0).quotient, start.quotient);
        let (polished, step) = top.polish(&chain, 12).unwrap();
        assert!(step <= NEWTON, "{step}");
        assert!(defect(&chain, &polished) <= NEWTON, "{}", defect(&chain, &polished));
        assert!(
            (polished.quotient / top.quotient - 1.0).abs() <= 0.1 * COARSE,
            "{}, {}",
            polished.quotient,
            top.quotient
        );
        // Quadratic convergence: a few steps are enough, none is not.
        let (few, step) = top.polish(&chain, 6).unwrap();
        assert!(step <= NEWTON.sqrt() && (few.quotient / polished.quotient - 1.0).abs() <= NEWTON, "{step}");
        let (_, untouched) = top.polish(&chain, 0).unwrap();
        assert_eq!(untouched, f64::INFINITY);
        // From the solution one step decides: a second one would be noise.
        let (again, step) = polished.polish(&chain, 1).unwrap();
        assert!(step <= NEWTON && (again.quotient / polished.quotient - 1.0).abs() <= ROUNDING, "{step}");
    }

    #[test]
    fn newton_steps_shrink_quadratically() {
        let chain = tilted();
        let (solution, _) = search(&chain, &eigenfunctions(&chain, 1)).unwrap().polish(&chain, 20).unwrap();
        let start: Vec<f64> =
            solution.f.iter().zip(&chain.nodes).map(|(f, x)| f * (1.0 + 0.01 * x)).collect();
        let start = Candidate::new(&chain, start).unwrap();
        let steps: Vec<f64> = (1..5).map(|n| start.polish(&chain, n).unwrap().1).collect();
        assert!(steps[1] <= 0.1 * steps[0] && steps[2] <= 0.1 * steps[1] && steps[3] <= MESH, "{steps:?}");
    }

    #[test]
    fn eigenfunctions_of_the_uniform_chain_are_cosines() {
        let n = 60;
        let chain = Chain::new(&[0.0, 1.0], &[n], |_| 1.0);
        let found = eigenfunctions(&chain, 3);
        let h = 1.0 / n as f64;
        for (k, (f, value)) in (1..).zip(&found) {
            let frequency = std::f64::consts::PI * f64::from(k);
            let exact = h * h / (4.0 * (0.5 * frequency * h).sin().powi(2));
            let accuracy = if k == 1 { ROUNDING } else { 1e-5 };
            assert!((value / exact - 1.0).abs() <= accuracy, "{k}: {value}, {exact}");
            for (x, v) in chain.nodes.iter().zip(f) {
                let expected = std::f64::consts::SQRT_2 * (frequency * x).cos();
                assert!((v.abs() - expected.abs()).abs() <= 10.0 * COARSE, "{k} at {x}: {v}, {expected}");
            }
            assert!((chain.product(f, f) - 1.0).abs() <= ROUNDING);
            assert!(chain.mean(f).abs() <= ROUNDING);
        }
        assert!(chain.product(&found[0].0, &found[1].0).abs() <= SOLVED);
    }

    fn collected(run: impl FnOnce(&mut dyn FnMut(Vec<f64>))) -> Vec<Vec<f64>> {
        let mut list = Vec::new();
        run(&mut |f| list.push(f));
        list
    }

    #[test]
    fn flattening_starts_are_powers_of_the_reciprocal_density() {
        let chain = normal();
        let list = collected(|mut consider| flattening(&chain, &mut consider));
        assert_eq!(list.len(), 16);
        let middle = 90;
        for (index, f) in list.iter().enumerate() {
            let power = [0.3, 0.45, 0.5, 0.55][index / 4];
            let (rightward, ramp) = (index % 2 == 1, index % 4 >= 2);
            // One standard deviation and three out, on the side where it rises, and on the other.
            for out in [1.0_f64, 3.0] {
                let shift = if out == 1.0 { 10 } else { 30 };
                let (there, back) = if rightward {
                    (middle + shift, middle - shift)
                } else {
                    (middle - shift, middle + shift)
                };
                let rise = (power * 0.5 * out * out).exp();
                let expected = if ramp { 0.01 + out / 9.0 * rise } else { rise };
                // The depth is averaged over the edges beside a node: h²V''/8 too much in the middle too.
                let resolution = 0.1_f64.powi(2);
                assert!((f[there] / expected - 1.0).abs() <= resolution, "{index}: {}, {expected}", f[there]);
                assert_eq!(f[back], if ramp { 0.01 } else { 1.0 });
            }
        }
    }

    #[test]
    fn steps_of_two_levels_join_quantiles_harmonically() {
        let n = 2000;
        let chain = Chain::new(&[0.0, 1.0], &[n], |_| 0.0);
        let list = collected(|mut consider| steps_of_two_levels(&chain, &mut consider));
        // Of fifteen quantiles those below 1e−3 lie on the first two nodes, and likewise at the right end.
        let expected = |a: f64, b: f64| {
            list.iter().any(|f| {
                // From 1/√a on the left of the quantile a to 0.1 beyond b, linear between.
                let x = |q: f64| f[chain.nodes.partition_point(|x| *x < q - 1e-9)];
                let (high, middle) = (1.0 / a.sqrt(), 0.5 * (1.0 / a.sqrt() + 0.1));
                let close = |u: f64, v: f64| (u - v).abs() <= 1e-9 + 4.0 * high / (n as f64 * (b - a));
                f[0] == high
                    && (f[n] - 0.1).abs() <= ROUNDING
                    && close(x(0.5 * (a + b)), middle)
                    && close(x(b), 0.1)
            })
        };
        for (a, b) in [(0.05, 0.2), (0.2, 0.95), (0.5, 0.8), (0.01, 0.99)] {
            assert!(expected(a, b), "{a}, {b}");
        }
        let rising = |a: f64, b: f64| {
            list.iter().any(|f| {
                let x = |q: f64| f[chain.nodes.partition_point(|x| *x < q - 1e-9)];
                let high = 1.0 / (1.0 - b).sqrt();
                let close = |u: f64, v: f64| (u - v).abs() <= 1e-9 + 4.0 * high / (n as f64 * (b - a));
                f[0] == 0.1
                    && (f[n] - high).abs() <= ROUNDING * high
                    && close(x(0.5 * (a + b)), 0.5 * (0.1 + high))
                    && close(x(a), 0.1)
            })
        };
        for (a, b) in [(0.05, 0.2), (0.2, 0.95), (0.5, 0.8), (0.01, 0.99)] {
            assert!(rising(a, b), "{a}, {b}");
        }
        assert!(list.len() % 2 == 0 && list.len() <= 2 * 15 * 14 / 2, "{}", list.len());
    }
}
