//! The law of a chain on the line by its transition densities.
//!
//! A step maps the density q to `y ↦ ∫N(y; x + b(x), v) q(x) dx`. On an equidistant grid the trapezoid rule converges
//! faster than any power once the spacing is below the deviation √v, and what it gives is positive.

use crate::error::{Error, Result};
use crate::path::LineSlice;

/// How finely a density is kept.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Resolution {
    /// Spacing of the grid in units of the deviation of a step.
    spacing: f64,
    /// A step reaches so many deviations.
    reach: f64,
    /// The grid is longer than the windows of the laws by this share on either side.
    margin: f64,
}

impl Resolution {
    /// For a search.
    pub(super) const COARSE: Self = Self { spacing: 0.7, reach: 6.0, margin: 0.05 };
    /// For a result.
    pub(super) const FINE: Self = Self { spacing: 0.5, reach: 7.5, margin: 0.1 };
    /// For the error of it.
    pub(super) const FINEST: Self = Self { spacing: 0.37, reach: 8.5, margin: 0.2 };
}

/// Points of a grid at most.
const MOST_POINTS: f64 = 20_000.0;

/// A density at the points `first + i·spacing`.
pub(super) struct Density {
    first: f64,
    spacing: f64,
    reach: f64,
    points: Vec<f64>,
    values: Vec<f64>,
    next: Vec<f64>,
}

impl Density {
    /// The law of a slice on a grid for steps with a variance of at least `variance`, over `window`.
    pub(super) fn new(
        slice: &dyn LineSlice,
        window: (f64, f64),
        variance: f64,
        resolution: Resolution,
    ) -> Result<Self> {
        let margin = resolution.margin * (window.1 - window.0);
        let (lo, hi) = (window.0 - margin, window.1 + margin);
        let spacing = resolution.spacing * variance.sqrt();
        let count = ((hi - lo) / spacing).ceil().max(64.0);
        if count > MOST_POINTS || count.is_nan() {
            let what = "points of a transition density on the line".to_owned();
            return Err(Error::NoConvergence { what, reached: count, wanted: MOST_POINTS });
        }
        let spacing = (hi - lo) / count;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most MOST_POINTS")]
        let points: Vec<f64> = (0..=count as usize).map(|i| lo + i as f64 * spacing).collect();
        let mut values = vec![0.0; points.len()];
        slice.log_densities(&points, &mut values);
        for v in &mut values {
            *v = core_math::exp(*v);
        }
        let next = vec![0.0; points.len()];
        Ok(Self { first: lo, spacing, reach: resolution.reach, points, values, next })
    }

    /// The points of the grid.
    pub(super) fn points(&self) -> &[f64] {
        &self.points
    }

    /// A step that moves the point number i by `drift·scores[i]` and adds a normal variable of the given variance.
    pub(super) fn step(&mut self, scores: &[f64], drift: f64, variance: f64) {
        let count = self.points.len();
        let ratio = self.spacing * self.spacing / variance;
        let reach = (self.reach / ratio.sqrt()).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few tens")]
        let reach = (reach as usize).clamp(1, count);
        let profile: Vec<f64> = (0..=reach).map(|j| (-0.5 * ratio * (j * j) as f64).exp()).collect();
        let scale = self.spacing / (variance * std::f64::consts::TAU).sqrt();
        self.next.fill(0.0);
        for ((x, s), q) in self.points.iter().zip(scores).zip(&self.values) {
            let place = (x + drift * s - self.first) / self.spacing;
            let nearest = place.round();
            // What leaves the grid is lost; NaN too.
            if !(nearest > -(reach as f64) && nearest < (count + reach) as f64) || *q == 0.0 {
                continue;
            }
            #[expect(clippy::cast_possible_truncation, reason = "within reach of the grid")]
            let nearest_index = nearest as isize;
            let offset = place - nearest;
            // exp(−ratio(j − offset)²/2) = exp(−ratio·offset²/2)·exp(ratio·offset)^j·profile(j).
            let weight = q * scale * (-0.5 * ratio * offset * offset).exp();
            let factor = (ratio * offset).exp();
            let inverse = 1.0 / factor;
            spread(&mut self.next, nearest_index, &profile, weight, factor, inverse);
        }
        std::mem::swap(&mut self.values, &mut self.next);
    }

    /// The distance between neighbouring points.
    pub(super) fn spacing(&self) -> f64 {
        self.spacing
    }

    /// The integral of `f(number of the point, point)` against the density, by the trapezoid rule.
    pub(super) fn weighted(&self, f: impl Fn(usize, f64) -> f64) -> f64 {
        let terms = self.points.iter().zip(&self.values).enumerate();
        self.spacing * terms.map(|(i, (x, q))| if *q == 0.0 { 0.0 } else { q * f(i, *x) }).sum::<f64>()
    }

    /// The integral of a function against the density.
    pub(super) fn integral(&self, f: &impl Fn(f64) -> f64) -> f64 {
        self.weighted(|_, x| f(x))
    }

    /// Multiplies the density by factors of either sign, a number for every point: a measure that steps carry on all the same.
    pub(super) fn multiply(&mut self, factors: &[f64]) {
        self.values.iter_mut().zip(factors).for_each(|(q, f)| *q *= f);
    }

    /// `∫p log(p/q) − p + q` for the density p of a slice, by the trapezoid rule.
    pub(super) fn divergence_from(&self, slice: &dyn LineSlice) -> f64 {
        let mut logs = vec![0.0; self.points.len()];
        slice.log_densities(&self.points, &mut logs);
        let term = |(log_p, q): (&f64, &f64)| {
            let p = log_p.exp();
            // Beyond the window both densities are nothing.
            if p == 0.0 { *q } else { p * (log_p - q.max(f64::MIN_POSITIVE).ln()) - p + q }
        };
        self.spacing * logs.iter().zip(&self.values).map(term).sum::<f64>()
    }
}

/// Adds `weight·profile(|j|)·factor^j` to the places around `centre`.
fn spread(out: &mut [f64], centre: isize, profile: &[f64], weight: f64, factor: f64, inverse: f64) {
    let count = out.len().cast_signed();
    let reach = profile.len().cast_signed() - 1;
    if centre >= reach && centre + reach < count {
        let at = centre.cast_unsigned();
        out[at] += weight * profile[0];
        let mut power = weight;
        for (o, g) in out[at + 1..].iter_mut().zip(&profile[1..]) {
            power *= factor;
            *o += power * g;
        }
        power = weight;
        for (o, g) in out[..at].iter_mut().rev().zip(&profile[1..]) {
            power *= inverse;
            *o += power * g;
        }
        return;
    }
    for (sign, by) in [(1, factor), (-1, inverse)] {
        let mut power = weight;
        for (j, g) in (0..).zip(profile) {
            let at = centre + sign * j;
            if (0..count).contains(&at) && (j > 0 || sign > 0) {
                out[at.cast_unsigned()] += power * g;
            }
            power *= by;
        }
    }
}
