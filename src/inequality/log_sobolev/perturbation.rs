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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::tolerances::{COARSE, MESH};

    /// Rounding, relative.
    const ROUNDING: f64 = 1e-12;

    fn parse(potential: &str) -> LineMeasure {
        LineMeasure::parse(potential, f64::NEG_INFINITY, f64::INFINITY).unwrap()
    }

    fn lipschitz_of(measure: &LineMeasure) -> Option<(f64, f64, f64)> {
        let potential = Potential::new(measure);
        lipschitz(potential, &Frame::new(potential))
    }

    fn transport_of(measure: &LineMeasure) -> Option<f64> {
        let potential = Potential::new(measure);
        transport(potential, &Frame::new(potential))
    }

    /// The smaller of the two bounds for given `θ` and `L`.
    fn bound(theta: f64, l: f64) -> f64 {
        let map = 2.0 / theta * (l * l / theta + 4.0 * l / theta.sqrt()).exp();
        let comparison = LineMeasure::tilted_gaussian(theta, l).unwrap().exact_poincare_constant();
        let herbst =
            comparison.map_or(f64::INFINITY, |c| 8.0 / theta + (2.0 + 3.0 * l * l / theta) * c.mid());
        map.min(herbst)
    }

    #[test]
    fn convex_laws_need_no_perturbation() {
        let (value, theta, l) = lipschitz_of(&LineMeasure::gaussian(1.0, 2.0).unwrap()).unwrap();
        assert!(
            (value / 8.0 - 1.0).abs() <= ROUNDING && (theta / 0.25 - 1.0).abs() <= ROUNDING,
            "{value}, {theta}"
        );
        assert!((0.0..=ROUNDING).contains(&l), "{l}");
        assert!(lipschitz_of(&LineMeasure::logistic(1.0).unwrap()).is_none());
    }

    /// The best bound over the shares of `largest`, with `½∫(θ − V'')⁺` plus half of the drop at kinks.
    fn reference(curvature: impl Fn(f64) -> f64, ends: [f64; 2], drop: f64, largest: f64) -> (f64, f64, f64) {
        let n = 40_000;
        let h = (ends[1] - ends[0]) / f64::from(n);
        let candidates = [1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05].map(|share| {
            let theta = largest * share;
            let missing = |i: i32| (theta - curvature(ends[0] + (f64::from(i) + 0.5) * h)).max(0.0) * h;
            let l = 0.5 * ((0..n).map(missing).sum::<f64>() + drop);
            (bound(theta, l), theta, l)
        });
        candidates.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
    }

    fn assert_triple(name: &str, found: (f64, f64, f64), expected: (f64, f64, f64), accuracy: f64) {
        assert!((found.1 / expected.1 - 1.0).abs() <= ROUNDING, "{name}: {found:?}, {expected:?}");
        assert!(
            found.2 >= expected.2 * (1.0 - accuracy) && found.2 <= expected.2 * (1.0 + accuracy),
            "{name}: {found:?}, {expected:?}"
        );
        // The bound is some exponential of L.
        assert!((found.0 / expected.0 - 1.0).abs() <= 20.0 * accuracy, "{name}: {found:?}, {expected:?}");
    }

    #[test]
    fn what_convexity_lacks_is_split_off() {
        let uniform = lipschitz_of(&LineMeasure::uniform(0.0, 2.0).unwrap()).unwrap();
        assert_triple("uniform", uniform, reference(|_| 0.0, [0.0, 2.0], 0.0, 10.0), 1e-9);
        let kink = lipschitz_of(&parse("x^2 - abs(x - 1)/4")).unwrap();
        assert_triple("kink", kink, reference(|_| 2.0, [-8.0, 8.0], 0.5, 2.0), 1e-3);
        let well = |shift: f64, lo: f64, hi: f64| {
            LineMeasure::parse(&format!("(x - {shift})^4/4 - (x - {shift})^2/2"), lo, hi).unwrap()
        };
        let measure = well(0.7, -0.5, f64::INFINITY);
        let frame = Frame::new(Potential::new(&measure));
        let curvature = |x: f64| 3.0 * (x - 0.7).powi(2) - 1.0;
        let largest = curvature(frame.right);
        let expected = reference(curvature, [frame.left, frame.right], 0.0, largest);
        let found = lipschitz_of(&measure).unwrap();
        // Two thousand cells, on each of which the smallest curvature counts.
        assert!((found.1 / expected.1 - 1.0).abs() <= MESH, "{found:?}, {expected:?}");
        assert!(
            found.2 >= expected.2 * (1.0 - 1e-6) && found.2 <= expected.2 * 1.02,
            "{found:?}, {expected:?}"
        );
        assert!(
            found.0 >= expected.0 * (1.0 - 1e-6) && found.0 <= expected.0 * 1.2,
            "{found:?}, {expected:?}"
        );
        // The same seen in a mirror.
        let mirrored = lipschitz_of(
            &LineMeasure::parse("(x + 0.7)^4/4 - (x + 0.7)^2/2", f64::NEG_INFINITY, 0.5).unwrap(),
        )
        .unwrap();
        assert!((mirrored.0 / found.0 - 1.0).abs() <= MESH, "{mirrored:?}, {found:?}");
    }

    #[test]
    fn isoperimetric_profile_is_the_density_at_the_quantile() {
        let phi = |z: f64| (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
        for z in [0.0, 0.01, 0.7, 2.0, 5.5, 8.5] {
            let q = 0.5 * core_math::erfc(z / std::f64::consts::SQRT_2);
            let found = gaussian_profile(q);
            // The quantile is known up to the rounding of q, the density moves by z times that.
            assert!(
                (found / phi(z) - 1.0).abs() <= 100.0 * f64::EPSILON * (1.0 + z * z),
                "{z}: {found}, {}",
                phi(z)
            );
        }
    }

    #[test]
    fn monotone_map_of_the_uniform_law_is_steepest_in_the_middle() {
        let found = transport_of(&LineMeasure::uniform(0.0, 2.0).unwrap()).unwrap();
        let exact = 4.0 / std::f64::consts::PI;
        // Two meshes, with 2048 springs the coarser one.
        assert!(found >= exact * (1.0 - 1e-9) && found <= exact * (1.0 + 10.0 * MESH), "{found}, {exact}");
    }

    #[test]
    fn monotone_map_agrees_with_a_dense_evaluation() {
        let measure = parse("x^4/4 + 0.8*x - x^2/2");
        let (lo, n) = (-6.0, 24_000);
        let h = 0.0005;
        let p: Vec<f64> = (0..=n).map(|i| (-measure.potential(lo + h * f64::from(i))).exp()).collect();
        let total: f64 = p.iter().sum::<f64>() * h;
        let (mut below, mut best) = (0.0, 0.0_f64);
        for pair in p.windows(2) {
            below += 0.5 * h * (pair[0] + pair[1]);
            let q = (below / total).min(1.0 - below / total);
            if q > 1e-9 {
                best = best.max(gaussian_profile(q.min(0.5)) * total / pair[1]);
            }
        }
        let (found, expected) = (transport_of(&measure).unwrap(), 2.0 * best * best);
        assert!((found / expected - 1.0).abs() <= 0.1 * COARSE, "{found}, {expected}");
        // Shifted and scaled.
        let image = transport_of(&measure.affine_image(-3.0, 7.0).unwrap()).unwrap();
        assert!((image / (9.0 * found) - 1.0).abs() <= 10.0 * MESH, "{image}, {found}");
    }

    #[test]
    fn no_monotone_bound_where_the_map_is_steepest_at_infinity() {
        assert!(transport_of(&LineMeasure::laplace(1.0).unwrap()).is_none());
        assert!(transport_of(&LineMeasure::exponential(2.0).unwrap()).is_none());
        let left = LineMeasure::exponential(2.0).unwrap().affine_image(-1.0, 0.0).unwrap();
        assert!(transport_of(&left).is_none());
    }
}
