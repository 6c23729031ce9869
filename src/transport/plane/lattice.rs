//! Integrals over the plane by the trapezoidal rule, for mixtures from a Gaussian base.
//!
//! The integrands are densities of normal laws times quotients of sums of exponentials, analytic in a strip as wide as the narrowest
//! component times its share of the distance to the next one, and vanish at the edge of a box: the rule on a lattice converges
//! exponentially, and halving the step squares the error.

use crate::enclosure::{Enclosure, Evidence};
use crate::path::MixtureSlice;

/// Step in units of the shortest standard deviation, where components overlap.
const STEP: f64 = 0.3;
/// Components apart by more than this, in standard deviations, share the weight on a narrower strip.
const CLOSE: f64 = 4.0;
/// Components farther apart do not meet.
const APART: f64 = 14.0;
/// Half-width of the box beyond the means, in standard deviations.
const REACH: f64 = 8.5;
/// What lies beyond, relative to the whole.
const TRUNCATION: f64 = 1e-13;
/// Most points of a lattice; a mesh that follows the components takes fewer then.
const MOST: f64 = 250_000.0;
/// Change of the rule with twice the step, relative to the integral of the absolute value, above which the lattice is too coarse.
const COARSEST: f64 = 3e-4;
/// Factor on the square of that change: the law of squares sets in with small steps only.
const SAFETY: f64 = 16.0;
/// Rounding of a sum over the lattice, relative to its size.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// Points `centre + (i·steps[0], j·steps[1])`, `|i| ≤ counts[0]`, `|j| ≤ counts[1]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lattice {
    pub centre: [f64; 2],
    pub steps: [f64; 2],
    pub counts: [usize; 2],
}

impl Lattice {
    /// A lattice for a slice of a path in the plane from a Gaussian base, its step in units of the shortest standard deviation of a component,
    /// or of the strip on which two of them share the weight; it ends `reach` standard deviations beyond the means. `None` if that
    /// takes too many points.
    pub fn new(slice: &MixtureSlice<'_>, step: f64, reach: f64) -> Option<Self> {
        let (sine, cosine) = slice.sine_cosine();
        let target = slice.path().target();
        let total = |v: f64| cosine * cosine * v + sine * sine;
        let mut finest = f64::INFINITY;
        for k in 0..target.len() {
            let least = target.component_variances(k).iter().copied().fold(f64::INFINITY, f64::min);
            let std = total(least).sqrt();
            let distance = |l: usize| {
                let pairs = target.component_mean(k).iter().zip(target.component_mean(l));
                cosine * pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt() / std
            };
            let widest = (0..target.len()).map(distance).filter(|d| *d < APART).fold(0.0, f64::max);
            finest = finest.min(std / (widest / CLOSE).max(1.0));
        }
        let spans = [0, 1].map(|axis| {
            let ends = (0..target.len()).map(|k| {
                let reach = reach * total(target.component_covariance(k)[(axis, axis)]).sqrt();
                let mean = cosine * target.component_mean(k)[axis];
                (mean - reach, mean + reach)
            });
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), (lo, hi)| (a.min(lo), b.max(hi)))
        });
        let halves = spans.map(|(lo, hi)| (0.5 * (hi - lo) / (step * finest)).ceil().max(4.0));
        let points: f64 = halves.iter().map(|n| 2.0 * n + 1.0).product();
        if points > MOST || points.is_nan() {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of points")]
        let counts = halves.map(|n| n as usize);
        let steps = [0, 1].map(|i| 0.5 * (spans[i].1 - spans[i].0) / halves[i]);
        Some(Self { centre: spans.map(|(lo, hi)| 0.5 * (lo + hi)), steps, counts })
    }
}

/// Integrals of `f` over the plane, which has to contain the density of the slice (Converged); `None` where a lattice does not resolve
/// the slice with a reasonable number of points.
pub(super) fn integrals<const N: usize>(
    slice: &MixtureSlice<'_>,
    f: impl Fn(&[f64; 2]) -> [f64; N],
) -> Option<[Enclosure; N]> {
    let Lattice { centre, steps, counts } = Lattice::new(slice, STEP, REACH)?;
    let (mut fine, mut coarse, mut size) = ([0.0; N], [0.0; N], [0.0; N]);
    let place = |i: usize, count: usize| i as f64 - count as f64;
    for i in 0..=2 * counts[0] {
        for j in 0..=2 * counts[1] {
            let at = [centre[0] + steps[0] * place(i, counts[0]), centre[1] + steps[1] * place(j, counts[1])];
            let values = f(&at);
            let even = i % 2 == counts[0] % 2 && j % 2 == counts[1] % 2;
            for k in 0..N {
                fine[k] += values[k];
                size[k] += values[k].abs();
                if even {
                    coarse[k] += values[k];
                }
            }
        }
    }
    let cell = steps[0] * steps[1];
    let mut found = [Enclosure::exact(0.0); N];
    for k in 0..N {
        let (value, size) = (fine[k] * cell, size[k] * cell);
        let share = if size > 0.0 { (value - 4.0 * coarse[k] * cell).abs() / size } else { 0.0 };
        if share > COARSEST || share.is_nan() {
            return None;
        }
        let error = size * (SAFETY * share * share + TRUNCATION + ROUNDING);
        found[k] = Enclosure::around(value, error, Evidence::Converged);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::mixture::Mixture;
    use crate::path::MixturePath;
    use nalgebra::{DMatrix, DVector};

    /// Rounding, and what the lattice leaves out.
    const SMALL: f64 = 1e-11;

    fn mean(x: f64, y: f64) -> DVector<f64> {
        DVector::from_vec(vec![x, y])
    }

    #[test]
    fn a_lattice_covers_the_components_at_the_step_of_the_finest() {
        let matrices =
            [[4.0, 0.6, 0.6, 0.25], [1.0, 0.0, 0.0, 2.0]].map(|m| DMatrix::from_row_slice(2, 2, &m));
        let law =
            Mixture::new(&[1.0, 2.0], vec![mean(2.0, -1.0), mean(-0.5, 0.5)], matrices.to_vec()).unwrap();
        let least = law.component_variances(0).iter().copied().fold(f64::INFINITY, f64::min);
        let path = MixturePath::gaussian(law);
        let slice = path.slice(0.7).unwrap();
        let (s, c) = slice.sine_cosine();
        let std = |v: f64| (c * c * v + s * s).sqrt();
        let apart = c * 2.5_f64.hypot(1.5) / std(least);
        assert!(apart < CLOSE);
        let lattice = Lattice::new(&slice, 0.3, 8.0).unwrap();
        let ends = [
            [c * 2.0 - 8.0 * std(4.0), c * 2.0 + 8.0 * std(4.0)],
            [(-c - 8.0 * std(0.25)).min(0.5 * c - 8.0 * std(2.0)), 0.5 * c + 8.0 * std(2.0)],
        ];
        for (axis, [first, last]) in ends.into_iter().enumerate() {
            let reach = lattice.counts[axis] as f64 * lattice.steps[axis];
            assert!((lattice.centre[axis] - reach - first).abs() < SMALL, "{lattice:?}");
            assert!((lattice.centre[axis] + reach - last).abs() < SMALL, "{lattice:?}");
            let step = lattice.steps[axis] / (0.3 * std(least));
            assert!((0.97..=1.0).contains(&step), "{lattice:?}");
        }
        // Components that meet on a narrower strip; beyond fourteen standard deviations they don't.
        let two = |distance: f64| {
            let law = Mixture::isotropic(
                &[1.0; 2],
                vec![mean(0.0, 0.0), mean(0.6 * distance, -0.8 * distance)],
                &[1.0; 2],
            );
            MixturePath::gaussian(law.unwrap())
        };
        for (distance, strip) in [(3.0, 1.0), (8.0, 2.0), (13.5, 3.375), (15.0, 1.0)] {
            let path = two(distance / c);
            let step = Lattice::new(&path.slice(0.7).unwrap(), 0.3, 8.0).unwrap().steps[0] * strip / 0.3;
            assert!((0.95..=1.0 + SMALL).contains(&step), "{distance}: {step}");
        }
        // At least nine points in a direction, and not too many of them.
        assert_eq!(Lattice::new(&two(0.0).slice(0.7).unwrap(), 5.0, 8.0).unwrap().counts, [4, 4]);
        assert!(Lattice::new(&two(0.0).slice(0.7).unwrap(), 0.02, 8.0).is_none());
    }

    #[test]
    fn moments_of_a_mixture() {
        let matrix = DMatrix::from_row_slice(2, 2, &[1.0, 0.4, 0.4, 0.5]);
        let law = Mixture::new(
            &[1.0, 3.0],
            vec![mean(1.0, -0.5), mean(-1.0, 0.0)],
            vec![matrix, DMatrix::identity(2, 2)],
        );
        let path = MixturePath::gaussian(law.unwrap());
        let slice = path.slice(0.5).unwrap();
        let (s, c) = slice.sine_cosine();
        let density = |y: &[f64; 2]| slice.log_density(y).unwrap().exp();
        let found = integrals(&slice, |y| {
            let p = density(y);
            [p, p * y[0], p * y[1], p * y[0] * y[1], p * y[0] * y[0], p * y[1] * y[1]]
        });
        let square = [
            c * c * (0.25 * (1.0 + 1.0) + 0.75 * (1.0 + 1.0)) + s * s,
            c * c * (0.25 * (0.5 + 0.25) + 0.75) + s * s,
        ];
        let exact = [1.0, -0.5 * c, -0.125 * c, 0.25 * c * c * (0.4 - 0.5), square[0], square[1]];
        for (found, exact) in found.unwrap().iter().zip(exact) {
            assert!(found.contains(exact) && found.width() < SMALL, "{found} {exact}");
        }
        // An integrand that the lattice does not resolve, and one that is nothing.
        assert!(integrals(&slice, |y| [density(y) * f64::from(u8::from(y[0] > 0.05))]).is_none());
        assert!(integrals(&slice, |_| [f64::INFINITY]).is_none());
        assert!(
            integrals(&slice, |_| [0.0]).is_some_and(|[zero]| zero.contains(0.0) && zero.width() < SMALL)
        );
        // A wave that only the whole lattice resolves well: the change says so.
        let wave = integrals(&slice, |y| [density(y) * (4.0 * y[0]).cos()]).unwrap()[0];
        let factor = |m: f64, v: f64| (4.0 * c * m).cos() * (-8.0 * (c * c * v + s * s)).exp();
        let exact = 0.25 * factor(1.0, 1.0) + 0.75 * factor(-1.0, 1.0);
        assert!(wave.contains(exact) && wave.width() > SMALL * SMALL, "{wave} {exact}");
    }
}
