//! Expectations under a law on the line, heavy tails included.

use crate::enclosure::{Enclosure, Evidence};
use crate::path::{LineSlice, SlicePoint};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Positive nodes of Kronrod's rule with 15 points (Kronrod 1965; the figures of QUADPACK), outermost first.
const NODES: [f64; 8] = [
    0.991_455_371_120_812_6,
    0.949_107_912_342_758_5,
    0.864_864_423_359_769_1,
    0.741_531_185_599_394_4,
    0.586_087_235_467_691_1,
    0.405_845_151_377_397_2,
    0.207_784_955_007_898_47,
    0.0,
];
const WEIGHTS: [f64; 8] = [
    0.022_935_322_010_529_224,
    0.063_092_092_629_978_56,
    0.104_790_010_322_250_18,
    0.140_653_259_715_525_92,
    0.169_004_726_639_267_9,
    0.190_350_578_064_785_4,
    0.204_432_940_075_298_9,
    0.209_482_141_084_727_82,
];
/// Weights of Gauss' rule with 7 points, which are every second one of the nodes.
const GAUSS_WEIGHTS: [f64; 4] =
    [0.129_484_966_168_869_7, 0.279_705_391_489_276_64, 0.381_830_050_505_118_9, 0.417_959_183_673_469_4];

/// The law has mass at most this beyond each end of the first panels.
const CORE: f64 = 1e-6;
/// Relative accuracy that refinement aims at.
const ACCURACY: f64 = 1e-11;
/// The same as a share of the error of the law itself: panels needn't resolve what is unknown.
const UNRESOLVED: f64 = 0.25;
/// Panels of doubling length added in a tail at most.
const OCTAVES: usize = 80;
/// A tail panel with less than this share of the whole ends the tail.
const LAST_SHARE: f64 = 1e-17;
/// A tail whose octaves shrink by less than this factor is taken to be infinite.
const DIVERGENT: f64 = 0.985;
/// Panels at most.
const MOST_PANELS: usize = 600;
/// Breaks of the slice nearer to each other than this share of the core are merged, but for the narrow ones.
const MERGE: f64 = 0.25;

/// The sums over one panel.
#[derive(Clone, Copy, Debug)]
struct Panel<const N: usize> {
    a: f64,
    b: f64,
    value: [f64; N],
    error: [f64; N],
    size: [f64; N],
}

/// A panel waiting in the order of its error.
#[derive(Clone, Copy, Debug)]
struct Waiting<const N: usize>(f64, Panel<N>);

impl<const N: usize> PartialEq for Waiting<N> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl<const N: usize> Eq for Waiting<N> {}
impl<const N: usize> PartialOrd for Waiting<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<const N: usize> Ord for Waiting<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(other.1.a.total_cmp(&self.1.a))
    }
}

fn panel<const N: usize>(a: f64, b: f64, f: &dyn Fn(f64) -> [f64; N]) -> Panel<N> {
    let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
    let (mut fine, mut coarse, mut size) = ([0.0; N], [0.0; N], [0.0; N]);
    let mut samples = Vec::with_capacity(15);
    for (k, (t, w)) in NODES.iter().zip(&WEIGHTS).enumerate() {
        let sides: &[f64] = if k == 7 { &[0.0] } else { &[-1.0, 1.0] };
        for side in sides {
            let y = f(centre + side * half * t);
            for i in 0..N {
                fine[i] += w * y[i];
                size[i] += w * y[i].abs();
                if k % 2 == 1 {
                    coarse[i] += GAUSS_WEIGHTS[k / 2] * y[i];
                }
            }
            samples.push((*w, y));
        }
    }
    let mut error = [0.0; N];
    for i in 0..N {
        let mean = 0.5 * fine[i];
        let spread: f64 = half * samples.iter().map(|(w, y)| w * (y[i] - mean).abs()).sum::<f64>();
        let difference = half * (fine[i] - coarse[i]).abs();
        // QUADPACK's estimate: the difference belongs to the rule with 7 points; that with 15 has an error of
        // higher order.
        error[i] =
            if spread > 0.0 { spread * (200.0 * difference / spread).powf(1.5).min(1.0) } else { difference };
        error[i] = error[i].max(4.0 * f64::EPSILON * half * size[i]);
        fine[i] *= half;
        size[i] *= half;
    }
    Panel { a, b, value: fine, error, size }
}

/// The largest error in units of the sizes of the components.
fn badness<const N: usize>(panel: &Panel<N>, total: &[f64; N]) -> f64 {
    (0..N).map(|i| panel.error[i] / total[i].max(f64::MIN_POSITIVE)).fold(0.0, f64::max)
}

/// First panels: the breaks of the law within its core, those that nearly coincide merged.
fn edges(law: &dyn LineSlice) -> Vec<f64> {
    let (lo, hi) = law.window(CORE);
    let inner: Vec<f64> = law.breaks().into_iter().filter(|x| lo < *x && *x < hi).collect();
    let mut edges = vec![lo];
    for (i, &x) in inner.iter().enumerate() {
        let before = x - edges[edges.len() - 1];
        let after = inner.get(i + 1).copied().unwrap_or(hi) - x;
        // A break is dropped if its neighbours are so near that it adds nothing: much nearer on one side
        // than the law's own scale there.
        if before > 0.0 && (before > MERGE * after || i % 2 == 0) {
            edges.push(x);
        }
    }
    edges.push(hi);
    edges.dedup();
    edges
}

/// `∫ f(y, point(y)) p(y) dy` for several integrands at once, each Converged; a component whose tail octaves do not
/// shrink is `+∞` (f must be of one sign there), one that is not a number somewhere unknown.
pub fn expectations<const N: usize>(
    law: &dyn LineSlice,
    f: impl Fn(f64, &SlicePoint) -> [f64; N],
) -> [Enclosure; N] {
    let weighted = |y: f64| {
        let point = law.point(y);
        let density = core_math::exp(point.log_density);
        if density == 0.0 { [0.0; N] } else { f(y, &point).map(|v| v * density) }
    };
    integrals(law, &weighted)
}

/// [`expectations`] of a single function of y.
pub fn expectation(law: &dyn LineSlice, f: impl Fn(f64) -> f64) -> Enclosure {
    let weighted = |y: f64| {
        let density = core_math::exp(law.log_density(y));
        [if density == 0.0 { 0.0 } else { density * f(y) }]
    };
    integrals(law, &weighted)[0]
}

/// Integrals of functions that already contain the density.
pub(super) fn integrals<const N: usize>(law: &dyn LineSlice, f: &dyn Fn(f64) -> [f64; N]) -> [Enclosure; N] {
    let edges = edges(law);
    let mut panels: Vec<Panel<N>> =
        edges.windows(2).filter(|w| w[0] < w[1]).map(|w| panel(w[0], w[1], f)).collect();
    let mut total = [0.0; N];
    for p in &panels {
        for (sum, size) in total.iter_mut().zip(p.size) {
            *sum += size;
        }
    }
    let relative = law.relative_error();
    let accuracy = ACCURACY.max(UNRESOLVED * relative);
    let (lo, hi) = (edges[0], edges[edges.len() - 1]);
    let mut beyond = [(0.0, 0.0); N];
    for (end, sign) in [(lo, -1.0), (hi, 1.0)] {
        tail(end, sign * 0.25 * (hi - lo), f, &mut panels, &mut total, &mut beyond);
    }
    let mut heap: BinaryHeap<Waiting<N>> = panels.iter().map(|p| Waiting(badness(p, &total), *p)).collect();
    let mut open: f64 = heap.iter().map(|w| w.0).sum();
    while open > accuracy && heap.len() < MOST_PANELS {
        let Some(Waiting(worst, p)) = heap.pop() else { break };
        let middle = 0.5 * (p.a + p.b);
        if worst <= 8.0 * f64::EPSILON || !(p.a < middle && middle < p.b) || worst.is_nan() {
            heap.push(Waiting(worst, p));
            break;
        }
        open -= worst;
        for half in [panel(p.a, middle, f), panel(middle, p.b, f)] {
            let bad = badness(&half, &total);
            open += bad;
            heap.push(Waiting(bad, half));
        }
    }
    let mut done: Vec<Panel<N>> = heap.into_iter().map(|w| w.1).collect();
    done.sort_by(|p, q| p.a.total_cmp(&q.a));
    std::array::from_fn(|i| {
        let value: f64 = done.iter().map(|p| p.value[i]).sum::<f64>() + beyond[i].0;
        let error: f64 = done.iter().map(|p| p.error[i]).sum::<f64>() + beyond[i].1;
        let size: f64 = done.iter().map(|p| p.size[i]).sum();
        if beyond[i].1 == f64::INFINITY {
            Enclosure::infinite(Evidence::Converged)
        } else if (value + error).is_finite() {
            Enclosure::around(value, error + (relative + f64::EPSILON) * size, Evidence::Converged)
        } else {
            Enclosure::unknown(Evidence::Converged)
        }
    })
}

/// Adds panels of doubling length beyond an end until they carry nothing; what is left of a polynomial tail after
/// all of them is the rest of a geometric series, `(rest, its error)`.
fn tail<const N: usize>(
    end: f64,
    first: f64,
    f: &dyn Fn(f64) -> [f64; N],
    panels: &mut Vec<Panel<N>>,
    total: &mut [f64; N],
    beyond: &mut [(f64, f64); N],
) {
    let (mut at, mut step) = (end, first);
    let (mut last, mut before) = ([0.0; N], [0.0; N]);
    for _ in 0..OCTAVES {
        let next = at + step;
        let p = if step < 0.0 { panel(next, at, f) } else { panel(at, next, f) };
        (at, step) = (next, 2.0 * step);
        before = last;
        last = p.value;
        let mut carries = false;
        for (sum, size) in total.iter_mut().zip(p.size) {
            *sum += size;
            carries |= size > LAST_SHARE * *sum;
        }
        panels.push(p);
        if !carries {
            return;
        }
    }
    for i in 0..N {
        let ratio = last[i] / before[i];
        if ratio.is_nan() || last[i].abs() <= LAST_SHARE * total[i] {
            continue;
        }
        let rest = last[i] * ratio / (1.0 - ratio);
        beyond[i].0 += rest;
        beyond[i].1 += if ratio < DIVERGENT { 0.01 * rest.abs() } else { f64::INFINITY };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::line::LineMeasure;
    use crate::path::line::{LineBase, PotentialCurve};

    #[test]
    fn the_pair_of_rules_is_exact_for_polynomials() {
        // Fifteen terms of sum two at most; the estimate of the error is never less than eight roundings.
        let rounding = 2.0 * 15.0 * f64::EPSILON;
        for degree in [0, 2, 8, 13, 22] {
            let p = panel(-1.0, 1.0, &|x: f64| [x.powi(degree)]);
            let exact = if degree % 2 == 1 { 0.0 } else { 2.0 / f64::from(degree + 1) };
            assert!((p.value[0] - exact).abs() < rounding, "degree {degree}: {p:?}");
            // 7 points are exact up to degree 13: what is left is the floor of the estimate.
            let floor = 4.0 * f64::EPSILON * p.size[0];
            assert!(degree > 13 || p.error[0] < floor + rounding, "degree {degree}: {p:?}");
        }
    }

    /// Panels of a tail from `end`, the sum of their values and what is beyond, and how often the function was evaluated.
    fn tail_of(end: f64, f: impl Fn(f64) -> f64) -> (usize, f64, (f64, f64), usize) {
        let count = std::cell::Cell::new(0);
        let counted = |x: f64| {
            count.set(count.get() + 1);
            [f(x)]
        };
        let (mut panels, mut total, mut beyond) = (Vec::new(), [0.0], [(0.0, 0.0)]);
        tail(end, end, &counted, &mut panels, &mut total, &mut beyond);
        (panels.len(), panels.iter().map(|p| p.value[0]).sum(), beyond[0], count.get())
    }

    #[test]
    fn a_tail_is_summed_to_its_end() {
        let rule = 1e-9;
        for sign in [-1.0, 1.0] {
            for size in [-1.0, 3.0] {
                // ∫_1^∞ x^{−1.05} = 20, of which 2^{−4} is beyond 80 octaves.
                let (panels, inside, (rest, error), _) = tail_of(sign, |x| size * x.abs().powf(-1.05));
                let whole = size * 20.0;
                assert_eq!(panels, OCTAVES);
                assert!((inside - whole * (1.0 - 0.0625)).abs() < rule * whole.abs(), "{inside} {whole}");
                assert!((rest - whole * 0.0625).abs() < rule * whole.abs(), "{rest} {whole}");
                assert!((error - 0.01 * rest.abs()).abs() < rule, "{error} {rest}");
            }
            // Octaves shrink by 2^{−0.02} = 0.9862 only.
            assert_eq!(tail_of(sign, |x| x.abs().powf(-1.02)).2.1, f64::INFINITY);
            assert_eq!(tail_of(sign, f64::abs).2.1, f64::INFINITY);
            assert!(tail_of(sign, |x| x.abs().powf(-1.03)).2.1.is_finite());
            // Light tails end where nothing is left: beyond 64.
            let (panels, inside, beyond, _) = tail_of(sign, |x| (-x.abs()).exp());
            assert_eq!((panels, beyond), (7, (0.0, 0.0)));
            assert!((inside - (-1.0_f64).exp()).abs() < 1e3 * rule, "{inside}");
        }
        // Nothing to be seen: one panel says so.
        assert_eq!(tail_of(1.0, |_| 0.0), (1, 0.0, (0.0, 0.0), 15));
    }

    #[test]
    fn what_is_beyond_all_octaves_belongs_to_a_moment() {
        let cauchy =
            crate::path::line::AtomsCurve::new(&[1.0], &[0.0], LineBase::Student { dof: 1.0 }).unwrap();
        let slice = crate::path::LineCurve::slice(&cauchy, std::f64::consts::FRAC_PI_2).unwrap();
        let slice = slice.as_ref();
        // E(1 + T²)^{p/2} = Γ((1−p)/2)/(√π·Γ(1−p/2)) with p = 0.97; a fifth of it is beyond 80 octaves.
        let exact = 21.658_704_390_122_95;
        let found = expectation(slice, |y| (1.0 + y * y).powf(0.485));
        assert!(found.contains(exact) && found.relative_width() < 0.01, "{found}");
        assert!((found.mid() / exact - 1.0).abs() < 1e-6, "{found}");
        assert!(expectation(slice, |y| (1.0 + y * y).powf(0.495)).is_infinite());
    }

    #[test]
    fn panels_measure_values_sizes_and_errors() {
        let rounding = 1e2 * f64::EPSILON;
        let p = panel(2.0, 5.0, &|x: f64| [x * x, 3.5 - x, -x]);
        assert_eq!((p.a, p.b), (2.0, 5.0));
        for (found, exact) in p.value.iter().zip([39.0, 0.0, -10.5]) {
            assert!((found - exact).abs() < rounding, "{p:?}");
        }
        assert!((p.size[0] - 39.0).abs() < rounding && (p.size[2] - 10.5).abs() < rounding, "{p:?}");
        // ∫|3.5 − x| = 2.25, by a rule that does not see the kink.
        assert!((p.size[1] - 2.25).abs() < 0.05, "{p:?}");
        assert!(
            p.error.iter().zip(p.size).all(|(e, s)| *e >= 4.0 * f64::EPSILON * s && *e < 10.0 * rounding),
            "{p:?}"
        );
        // Beyond the degree of either rule the estimate is an error, and not a small part of the whole for a jump.
        for (f, exact, most) in [
            (&(|x: f64| x.abs().sqrt()) as &dyn Fn(f64) -> f64, 4.0 / 3.0, 0.5),
            (&|x: f64| f64::from(u8::from(x > 0.3)), 0.7, 1.0),
            (&|x: f64| (20.0 * x).cos(), 0.1 * 20.0_f64.sin(), 2.0),
        ] {
            let p = panel(-1.0, 1.0, &|x| [f(x)]);
            assert!((p.value[0] - exact).abs() <= p.error[0] && p.error[0] < most, "{p:?} {exact}");
        }
        // Analytic, but not a polynomial: the estimate is that of the finer rule.
        let p = panel(-1.0, 1.0, &|x: f64| [1.0 / (1.0 + x * x)]);
        let off = (p.value[0] - std::f64::consts::FRAC_PI_2).abs();
        let (least, most) = (1e-9, 1e-3);
        assert!(off <= p.error[0] && (least..most).contains(&p.error[0]), "{p:?} {off}");
    }

    #[test]
    fn refinement_resolves_what_panels_do_not() {
        let curve = crate::path::MixtureCurve::new(&[1.0], &[0.5], &[2.0]).unwrap();
        let slice = crate::path::LineCurve::slice(&curve, 0.0).unwrap();
        let quadrature = 1e-9;
        for frequency in [0.3, 3.0_f64] {
            let found = expectation(slice.as_ref(), |y| (frequency * y).cos());
            let exact = (0.5 * frequency).cos() * (-2.0 * frequency * frequency).exp();
            assert!(found.contains(exact) && found.width() < quadrature, "{frequency}: {found} {exact}");
        }
        let kink = expectation(slice.as_ref(), |y| (y - 0.5).abs());
        let exact = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
        assert!(kink.contains(exact) && kink.width() < quadrature, "{kink} {exact}");
        let unknown = expectation(slice.as_ref(), |y| if y > 1.0 { f64::NAN } else { 1.0 });
        assert!(!unknown.is_finite() && !unknown.is_infinite(), "{unknown}");
        let edges = edges(slice.as_ref());
        assert_eq!((edges[0], edges[edges.len() - 1]), slice.window(CORE));
        assert!(edges.windows(2).all(|w| w[0] < w[1]), "{edges:?}");
    }

    /// A law of which only the window and the breaks are asked for.
    struct Breaks(Vec<f64>);

    impl LineSlice for Breaks {
        fn point(&self, _: f64) -> SlicePoint {
            SlicePoint::default()
        }
        fn masses(&self, _: f64) -> (f64, f64) {
            (0.5, 0.5)
        }
        fn window(&self, _: f64) -> (f64, f64) {
            (-8.0, 8.0)
        }
        fn breaks(&self) -> Vec<f64> {
            self.0.clone()
        }
        fn relative_error(&self) -> f64 {
            0.0
        }
    }

    #[test]
    fn breaks_that_nearly_coincide_are_merged() {
        let of = |breaks: &[f64]| edges(&Breaks(breaks.to_vec()));
        assert_eq!(of(&[]), [-8.0, 8.0]);
        // Outside the window, or on its edge, and twice the same.
        assert_eq!(of(&[-9.0, -8.0, -4.0, 0.0, 0.0, 4.0, 8.0, 9.0]), [-8.0, -4.0, 0.0, 4.0, 8.0]);
        // Every second one of a cluster is dropped where the next one is four times as far away.
        assert_eq!(of(&[0.0, 1.0, 5.0]), [-8.0, 0.0, 5.0, 8.0]);
        assert_eq!(of(&[0.0, 1.0, 4.9]), [-8.0, 0.0, 1.0, 4.9, 8.0]);
        // One of the others stays, however near.
        assert_eq!(of(&[-4.0, 0.0, 0.5]), [-8.0, -4.0, 0.0, 0.5, 8.0]);
        // The last one is compared with the end.
        assert_eq!(of(&[3.0, 3.5]), [-8.0, 3.0, 8.0]);
        assert_eq!(of(&[6.0, 7.0]), [-8.0, 6.0, 7.0, 8.0]);
    }

    #[test]
    fn moments_of_heavy_tails() {
        let law = LineMeasure::student(2.5, 0.0, 1.0).unwrap();
        let curve = PotentialCurve::new(law, LineBase::Gaussian).unwrap();
        let slice = curve.at(0.0).unwrap();
        let [mass, square, infinite] = expectations(&slice, |y, _| [1.0, y * y, y.abs().powf(2.5)]);
        let quadrature = 1e-10;
        assert!(mass.contains(1.0) && mass.width() < quadrature, "{mass}");
        // n/(n−2) = 5; octaves shrink by the factor 2^{−1/2}.
        assert!(square.contains(5.0) && square.width() < 5e3 * quadrature, "{square}");
        assert!(infinite.is_infinite(), "{infinite}");
    }
}
