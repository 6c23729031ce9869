//! Upper ends from a convex reference: Lipschitz perturbations, and the monotone map from a Gaussian.

use super::chain::Chain;
use super::frame::Frame;
use super::hardy::drop_of_slope;
use super::potential::Potential;
use crate::enclosure::Interval;
use crate::measure::line::LineMeasure;

/// The best bound over `θ` for `V = V_0 + H` with `V_0'' ≥ θ` and `H` `L`-Lipschitz (certified), with its `θ` and `L`.
///
/// In one dimension `H'' = −(θ − V'')⁺` may be split off, with slopes between `∓½∫(θ − V'')⁺`, so `L = ½∫(θ − V'')⁺`. Then the
/// constant is at most `8/θ + (2 + 3L²/θ)·c(θ, L)`, `c(θ, L)` the Poincaré constant of `e^{−θx²/2 + L|x|}` (Herbst's bound for
/// `H` in the inequality of `e^{−V_0}`, then Rothaus' lemma), and at most `(2/θ)exp(L²/θ + 4L/√θ)` (a Lipschitz map from
/// the Gaussian; Brigati and Pedrotti, 2024).
pub(super) fn lipschitz(potential: Potential<'_>, frame: &Frame) -> Option<(f64, f64, f64)> {
    let two = Interval::point(2.0);
    let edges = frame.edges(2000);
    let cells: Vec<(Interval, Interval)> = edges
        .windows(2)
        .map(|pair| {
            let cell = potential.series(Interval::new(pair[0], pair[1]));
            (two * cell[2], Interval::point(pair[1]) - Interval::point(pair[0]))
        })
        .collect();
    let mut largest = f64::INFINITY;
    if frame.support.0.is_infinite() {
        largest = largest.min(potential.mirror().convexity_beyond(-frame.left));
    }
    if frame.support.1.is_infinite() {
        largest = largest.min(potential.convexity_beyond(frame.right));
    }
    if largest == f64::INFINITY {
        // A bounded support: any θ will do, the scale of the length is a natural one.
        largest = 40.0 / (frame.right - frame.left).powi(2);
    }
    if largest <= 0.0 || largest.is_nan() {
        return None;
    }
    let kinks: Interval = frame.breaks.iter().map(|&kink| drop_of_slope(potential, frame, kink)).sum();
    let mut best: Option<(f64, f64, f64)> = None;
    for share in [1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05] {
        let theta = Interval::point(largest * share);
        let total: Interval =
            cells.iter().map(|(curvature, width)| (theta - *curvature).max(Interval::ZERO) * *width).sum();
        let l = Interval::point(((total + kinks) / two).hi());
        if !l.is_finite() {
            continue;
        }
        let map = two / theta * (l.square() / theta + Interval::point(4.0) * l / theta.sqrt()).exp();
        let comparison =
            LineMeasure::tilted_gaussian(theta.lo(), l.hi()).ok().and_then(|m| m.exact_poincare_constant());
        let herbst = comparison.map_or(f64::INFINITY, |c| {
            let factor = two + Interval::point(3.0) * l.square() / theta;
            (Interval::point(8.0) / theta + factor * c.interval()).hi()
        });
        let bound = map.hi().min(herbst);
        if bound.is_finite() && best.is_none_or(|(value, ..)| bound < value) {
            best = Some((bound, theta.lo(), l.hi()));
        }
    }
    best
}

/// `2·sup T'²` with `T` the increasing map that takes `N(0, 1)` to the measure: `T' = φ(Φ^{−1}(F))/p`. Estimated on two meshes
/// (Converged); `None` if the supremum seems to lie at an infinite end, where the mesh does not reach.
pub(super) fn transport(potential: Potential<'_>, frame: &Frame) -> Option<f64> {
    let sup = |count: usize| {
        let chain = Chain::new(&frame.pieces(), &frame.shares(count), |x| potential.value(x));
        let n = chain.spring.len();
        let mut left = vec![0.0; n];
        let mut right = vec![0.0; n];
        for i in 0..n {
            left[i] = chain.mass[i] + if i > 0 { left[i - 1] } else { 0.0 };
            let k = n - 1 - i;
            right[k] = chain.mass[k + 1] + if i > 0 { right[k + 1] } else { 0.0 };
        }
        // Masses up to the midpoint of an edge, whose density the spring knows.
        (0..n)
            .filter(|&i| left[i].min(right[i]) > SMALLEST_TAIL)
            .map(|i| {
                let density = chain.spring[i] * (chain.nodes[i + 1] - chain.nodes[i]);
                (gaussian_profile(left[i].min(right[i])) / density, left[i].min(right[i]))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let (coarse, fine) = (sup(2048)?, sup(4096)?);
    let bound = 2.0 * (fine.0 + (fine.0 - coarse.0).abs()).powi(2);
    let at_an_infinite_end =
        fine.1 < 1e3 * SMALLEST_TAIL && (frame.support.0.is_infinite() || frame.support.1.is_infinite());
    (bound.is_finite() && !at_an_infinite_end).then_some(bound)
}

/// `φ(Φ^{−1}(q))` for `0 < q ≤ ½`, the Gaussian isoperimetric profile: Newton's method for the logarithm of the tail, which is
/// concave, so that the iteration descends from `√(−2 log 2q)`, which lies above the solution.
fn gaussian_profile(q: f64) -> f64 {
    let density = |z: f64| core_math::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt();
    let mut z = (-2.0 * (2.0 * q).ln()).max(0.0).sqrt();
    for _ in 0..60 {
        let tail = 0.5 * core_math::erfc(z * std::f64::consts::FRAC_1_SQRT_2);
        let step = (tail / q).ln() * tail / density(z);
        z += step;
        if step.abs() <= 4.0 * f64::EPSILON * z.abs() {
            break;
        }
    }
    density(z)
}

/// Tail mass up to which the map is followed.
const SMALLEST_TAIL: f64 = 1e-18;
