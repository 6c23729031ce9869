//! The least and the largest second derivative of the logarithm of a density on the line.
//!
//! Looked for on a grid over the mass, refined around the extreme values, and at distances beyond it that double. What
//! is assumed is that no peak hides between the points of the grid, and that beyond the farthest distance the curvature moves by
//! no more than over the last doubling.

use super::LineSlice;
use crate::enclosure::{Enclosure, Evidence};

/// The windows of these masses are divided.
const LEVELS: [f64; 3] = [1e-2, 1e-5, 1e-12];
/// Points in each window.
const POINTS: u32 = 48;
/// Extreme points of the grid that are refined, and golden-section steps: a bracket shrinks by `0.618^24 = 10⁻⁵`, and the
/// error of the value is of its square.
const REFINED: usize = 2;
const GOLDEN_STEPS: usize = 24;
/// Points in each window, and steps, of the quick look at the supremum alone.
const QUICK_POINTS: u32 = 20;
const QUICK_STEPS: usize = 10;
/// Doublings of the distance beyond the last window.
const DOUBLINGS: i32 = 8;
/// Rounding of a second derivative by quadrature or in closed form, relative to the larger of the two ends.
const ROUNDING: f64 = 1e-12;

/// Infimum and supremum of `∂_y² log p(y)` over all y (Converged), see the module.
pub fn curvature_range(slice: &dyn LineSlice) -> [Enclosure; 2] {
    let (widest, values) = grid(slice, POINTS, true);
    let at = |y: f64| slice.point(y).curvature;
    if values.is_empty() {
        return [Enclosure::unknown(Evidence::Converged); 2];
    }
    let half: Vec<(f64, f64)> = values.iter().step_by(2).copied().collect();
    let far = [(widest.0, -1.0), (widest.1, 1.0)].map(|(end, sign)| {
        let step = sign * (widest.1 - widest.0);
        let distances = std::iter::once(end).chain((0..DOUBLINGS).map(|k| end + step * 2_f64.powi(k)));
        distances.map(at).take_while(|v| v.is_finite()).collect::<Vec<f64>>()
    });
    let size = values.iter().fold(0.0_f64, |m, (_, v)| m.max(v.abs()));
    [-1.0, 1.0].map(|sign| {
        let (coarse, fine) = (
            highest(&half, sign, &at, (REFINED, GOLDEN_STEPS)),
            highest(&values, sign, &at, (REFINED, GOLDEN_STEPS)),
        );
        let mut best = fine;
        let mut error = (coarse - fine).abs() + (slice.relative_error() + ROUNDING) * size;
        for side in &far {
            let Some(top) = side.iter().map(|v| sign * v).reduce(f64::max).filter(|top| *top > best) else {
                continue;
            };
            best = top;
            if let [.., before, last] = side.as_slice() {
                error = error.max((last - before).abs());
            }
        }
        Enclosure::around(sign * best, error, Evidence::Converged)
    })
}

/// `sup_y ∂_y² log p(y)` to some four digits, for a tenth of the price; NaN if nothing could be evaluated.
pub fn largest_curvature(slice: &dyn LineSlice) -> f64 {
    let (widest, values) = grid(slice, QUICK_POINTS, false);
    let at = |y: f64| slice.point(y).curvature;
    if values.is_empty() {
        return f64::NAN;
    }
    let width = widest.1 - widest.0;
    let far = [widest.0 - 8.0 * width, widest.1 + 8.0 * width].map(at);
    far.into_iter().filter(|v| v.is_finite()).fold(highest(&values, 1.0, &at, (1, QUICK_STEPS)), f64::max)
}

/// The widest window, and the curvature at points of it, ascending.
fn grid(slice: &dyn LineSlice, number: u32, with_breaks: bool) -> ((f64, f64), Vec<(f64, f64)>) {
    let mut points = Vec::new();
    if with_breaks {
        points = slice.breaks();
        let between: Vec<f64> = points.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect();
        points.extend(between);
    }
    let mut widest = (f64::INFINITY, f64::NEG_INFINITY);
    for level in LEVELS {
        let (lo, hi) = slice.window(level);
        widest = (widest.0.min(lo), widest.1.max(hi));
        let step = (hi - lo) / f64::from(number);
        points.extend((0..=number).map(|i| lo + step * f64::from(i)));
    }
    points.retain(|y| widest.0 <= *y && *y <= widest.1);
    points.sort_by(f64::total_cmp);
    points.dedup();
    let values = points.into_iter().map(|y| (y, slice.point(y).curvature));
    (widest, values.filter(|(_, v)| v.is_finite()).collect())
}

/// The largest `sign·value`, refined around the highest points of a grid: around how many, and in how many steps.
fn highest(
    values: &[(f64, f64)],
    sign: f64,
    at: &dyn Fn(f64) -> f64,
    (refined, steps): (usize, usize),
) -> f64 {
    let height = |i: usize| sign * values[i].1;
    let last = values.len() - 1;
    let mut peaks: Vec<usize> = (0..=last)
        .filter(|&i| height(i) >= height(i.saturating_sub(1)) && height(i) >= height((i + 1).min(last)))
        .collect();
    peaks.sort_by(|&i, &j| height(j).total_cmp(&height(i)));
    let mut best = f64::NEG_INFINITY;
    for &i in peaks.iter().take(refined) {
        best = best.max(height(i));
        let (mut a, mut b) = (values[i.saturating_sub(1)].0, values[(i + 1).min(last)].0);
        let ratio = 0.5 * (5_f64.sqrt() - 1.0);
        let (mut x, mut y) = (b - ratio * (b - a), a + ratio * (b - a));
        let (mut at_x, mut at_y) = (sign * at(x), sign * at(y));
        for _ in 0..steps {
            best = best.max(at_x).max(at_y);
            if at_x >= at_y {
                (b, y, at_y) = (y, x, at_x);
                x = b - ratio * (b - a);
                at_x = sign * at(x);
            } else {
                (a, x, at_x) = (x, y, at_y);
                y = a + ratio * (b - a);
                at_y = sign * at(y);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::line::LineMeasure;
    use crate::path::line::{LineBase, PotentialCurve};
    use crate::path::{LineCurve, MixtureCurve};
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

    /// A law of which the windows and the curvature are known.
    struct Bent(fn(f64) -> f64);

    impl LineSlice for Bent {
        fn point(&self, y: f64) -> crate::path::SlicePoint {
            crate::path::SlicePoint { curvature: (self.0)(y), ..Default::default() }
        }
        fn masses(&self, _: f64) -> (f64, f64) {
            (0.5, 0.5)
        }
        /// `[−3, 5]` at the least level.
        fn window(&self, level: f64) -> (f64, f64) {
            if level < 1e-9 { (-3.0, 5.0) } else { (-1.0, 2.0) }
        }
        fn breaks(&self) -> Vec<f64> {
            vec![-20.0, 0.3, 0.5, 20.0]
        }
        fn relative_error(&self) -> f64 {
            1e-6
        }
    }

    #[test]
    fn far_points_lie_at_distances_that_double() {
        // Monotone: the extreme values are at the farthest points, 8 windows beyond the last for the quick look and 128 for the other.
        let rising = |y: f64| y / (1.0 + y.abs());
        let at = |y: f64| y / (1.0 + y.abs());
        let rounding = 1e2 * f64::EPSILON;
        assert!((largest_curvature(&Bent(rising)) - at(5.0 + 64.0)).abs() < rounding);
        assert!((largest_curvature(&Bent(|y| -y / (1.0 + y.abs()))) + at(-3.0 - 64.0)).abs() < rounding);
        let [low, high] = curvature_range(&Bent(rising));
        assert!((high.mid() - at(5.0 + 8.0 * 128.0)).abs() < rounding, "{high}");
        assert!((low.mid() - at(-3.0 - 8.0 * 128.0)).abs() < rounding, "{low}");
        // As uncertain as the last doubling.
        let last = at(5.0 + 8.0 * 128.0) - at(5.0 + 8.0 * 64.0);
        assert!((0.5 * high.width() - last).abs() < 1e-3 * last, "{high} {last}");
        // What is not a number far out is left out.
        let cut = |y: f64| if y.abs() > 6.0 { f64::NAN } else { y / (1.0 + y.abs()) };
        let most = largest_curvature(&Bent(cut));
        assert!((most - at(5.0)).abs() < rounding, "{most}");
        let [low, high] = curvature_range(&Bent(cut));
        let error = 2e-6 * at(5.0);
        assert!(
            (low.mid() - at(-3.0)).abs() < rounding && (high.mid() - at(5.0)).abs() < rounding,
            "{low} {high}"
        );
        assert!(high.width() > error && high.width() < 1.01 * error, "{high}");
        assert!(largest_curvature(&Bent(|_| f64::NAN)).is_nan());
        assert!(!curvature_range(&Bent(|_| f64::NAN))[0].is_finite());
    }

    #[test]
    fn peaks_between_points_are_found() {
        // Highest off the grid, higher than a second peak, and lowest between breaks.
        let hills = |y: f64| {
            (-40.0 * (y - 1.234).powi(2)).exp() + 0.9 * (-40.0 * (y + 0.777).powi(2)).exp()
                - 2.0 * (-40.0 * (y - 0.4).powi(2)).exp()
        };
        let golden = 1e-6;
        let overlap = 1e-9;
        let [low, high] = curvature_range(&Bent(hills));
        assert!((high.mid() - 1.0).abs() < golden && high.width() < 1e2 * golden, "{high}");
        assert!((low.mid() + 2.0).abs() < golden + overlap && low.width() < 1e2 * golden, "{low}");
        let quick = 1e-3;
        assert!((largest_curvature(&Bent(hills)) - 1.0).abs() < quick);
        let (widest, values) = grid(&Bent(hills), 16, true);
        assert_eq!(widest, (-3.0, 5.0));
        // Two windows, one of them twice, and the breaks and the middles between them that lie inside.
        assert!(values.windows(2).all(|w| w[0].0 < w[1].0), "{values:?}");
        for at in [-3.0, -2.5, 5.0, -1.0, -0.8125, 2.0, 0.3, 0.5, 0.4] {
            assert!(values.iter().any(|(y, v)| *y == at && *v == hills(at)), "{at} {values:?}");
        }
        assert_eq!(grid(&Bent(hills), 16, false).1.iter().filter(|(y, _)| [0.3, 0.4].contains(y)).count(), 0);
    }

    #[test]
    fn two_equal_wells_bend_most_between_them() {
        let (mean, std) = (2.0_f64, 0.5_f64);
        let curve = MixtureCurve::new(&[0.5, 0.5], &[-mean, mean], &[std, std]).unwrap();
        let variance = 0.5 * std * std + 0.5;
        // −1/c + (m/c)²·sech²(…), c the variance at λ = ½ and m = mean/√2.
        let top = -1.0 / variance + 0.5 * mean * mean / (variance * variance);
        let [lower, upper] = curvature_range(curve.slice(FRAC_PI_4).unwrap().as_ref());
        assert!((largest_curvature(curve.slice(FRAC_PI_4).unwrap().as_ref()) / top - 1.0).abs() < 1e-3);
        let accuracy = 1e-9;
        assert!(upper.contains(top) && upper.width() < accuracy, "{upper} {top}");
        assert!(lower.contains(-1.0 / variance) && lower.width() < accuracy, "{lower}");
    }

    #[test]
    fn a_student_law_has_its_known_range() {
        let dof = 3.0;
        let target = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let curve = PotentialCurve::new(target, LineBase::Student { dof }).unwrap();
        let [lower, upper] = curvature_range(&curve.at(FRAC_PI_2).unwrap());
        let accuracy = 1e-9;
        for (found, exact) in [(lower, -(dof + 1.0) / dof), (upper, (dof + 1.0) / (8.0 * dof))] {
            assert!(found.contains(exact) && found.width() < accuracy, "{found} {exact}");
        }
    }
}
