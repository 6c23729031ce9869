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
