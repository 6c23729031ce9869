//! Convexity of the potential far out, certified.

use super::LineMeasure;
use super::family::{Component, Family};
use crate::enclosure::Interval;
use crate::numerics::jet::Jet;

impl LineMeasure {
    /// A certified lower bound for `V''` on `[t, ∞)`, or on `(−∞, t]` when `leftward`; `−∞` if none is found.
    /// Kinks of `V` beyond `t` count: a concave one gives `−∞`.
    ///
    /// For a Gaussian mixture: with the component `r` that dominates at infinity, weights `w_i` and
    /// `δ_i = (log p_r/p_i)'`, `V'' ≥ min 1/σ_i² − Σ_{i≠r} (w_i p_i/w_r p_r)·δ_i²`, and each term decreases from where
    /// `δ_i > 0` and `δ_i² ≥ 2δ_i'` (`δ_i` is affine and does not decrease).
    pub fn convexity_beyond(&self, t: f64, leftward: bool) -> f64 {
        match &self.family {
            Family::Gaussian { std, .. } => (Interval::ONE / Interval::point(*std).square()).lo(),
            Family::Affine { original, scale, shift } => {
                let there = (Interval::point(t) - Interval::point(*shift)) / Interval::point(*scale);
                let leftward = leftward != (*scale < 0.0);
                // The longer ray of the two that rounding allows.
                let end = if leftward { there.hi() } else { there.lo() };
                let bound = Interval::point(original.convexity_beyond(end, leftward));
                if bound.is_finite() {
                    (bound / Interval::point(*scale).square()).lo()
                } else {
                    f64::NEG_INFINITY
                }
            }
            Family::Mixture(components) => mixture(components, t, leftward),
            Family::Observed(observed) => {
                let prior = Interval::point(observed.prior.convexity_beyond(t, leftward));
                if prior.is_finite() {
                    (prior + Interval::point(observed.gain).square() * observed.noise.convexity()).lo()
                } else {
                    f64::NEG_INFINITY
                }
            }
            _ => {
                let ray = if leftward {
                    Interval::new(f64::NEG_INFINITY, t)
                } else {
                    Interval::new(t, f64::INFINITY)
                };
                let curvature = self.potential(Jet::<Interval, 2>::variable(ray)).derivative(2).lo();
                if curvature.is_nan() { f64::NEG_INFINITY } else { curvature }
            }
        }
    }
}

/// The bound for a mixture, see above; a mirror image for the left end.
fn mixture(components: &[Component], t: f64, leftward: bool) -> f64 {
    let sign = if leftward { -1.0 } else { 1.0 };
    let t = Interval::point(sign * t);
    let mean = |c: &Component| sign * c.mean;
    let Some(main) =
        components.iter().max_by(|a, b| a.std.total_cmp(&b.std).then(mean(a).total_cmp(&mean(b))))
    else {
        return f64::NEG_INFINITY;
    };
    let precision = |c: &Component| Interval::ONE / Interval::point(c.std).square();
    let exponent = |c: &Component| {
        c.log_height - (t - Interval::point(mean(c))).square() * precision(c) / Interval::point(2.0)
    };
    let slope = |c: &Component| (t - Interval::point(mean(c))) * precision(c);
    let mut bound = precision(main);
    for c in components {
        if c.std == main.std && c.mean == main.mean {
            continue;
        }
        let delta = slope(c) - slope(main);
        let growth = precision(c) - precision(main);
        if delta.lo() <= 0.0 || delta.square().lo() < (Interval::point(2.0) * growth).hi() {
            return f64::NEG_INFINITY;
        }
        bound = bound - (exponent(c) - exponent(main)).exp() * delta.square();
    }
    bound.lo()
}

#[cfg(test)]
mod tests;
