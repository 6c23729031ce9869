//! Wasserstein distances on the line through monotone maps.

use super::integral::integrals;
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::numerics::differentiation::even_limit;
use crate::path::{LineCurve, LineSlice};
use std::f64::consts::FRAC_PI_2;

/// Steps of Newton's method kept inside a bracket.
const STEPS: usize = 100;
/// Room for the steps of a quotient, as a share of the distance to the ends of the curve.
const ROOM: f64 = 1.0;

/// `T(y)` for the monotone map T that pushes `first` to `second`: equal masses to the left, or to the right, whichever
/// is smaller and so has the better relative accuracy. NaN if both masses underflow.
pub fn monotone_map(first: &dyn LineSlice, second: &dyn LineSlice, y: f64) -> f64 {
    let (below, above) = first.masses(y);
    let left = below <= above;
    let wanted = if left { below } else { above };
    if !(wanted > 0.0 && wanted < 1.0) {
        return f64::NAN;
    }
    let log_wanted = core_math::log(wanted);
    // Increasing in x: the logarithm of the mass to the left, or minus that of the mass to the right.
    let excess = |x: f64| {
        let (below, above) = second.masses(x);
        let mass = if left { below } else { above };
        let gap = core_math::log(mass) - log_wanted;
        (if left { gap } else { -gap }, mass)
    };
    let (mut lo, mut hi) = (f64::NEG_INFINITY, f64::INFINITY);
    let mut x = y;
    let mut step = f64::EPSILON.max(1e-3 * (1.0 + y.abs()));
    for _ in 0..STEPS {
        let (gap, mass) = excess(x);
        if gap > 0.0 {
            hi = x;
        } else {
            lo = x;
        }
        if gap.abs() <= 2.0 * f64::EPSILON {
            return x;
        }
        let newton = x - gap * mass * core_math::exp(-second.log_density(x));
        let inside = newton > lo && newton < hi && newton.is_finite();
        let next = if inside {
            newton
        } else if lo.is_finite() && hi.is_finite() {
            0.5 * (lo + hi)
        } else {
            step *= 4.0;
            if gap > 0.0 { x - step } else { x + step }
        };
        if (next - x).abs() <= 2.0 * f64::EPSILON * x.abs().max(f64::EPSILON) {
            return next;
        }
        x = next;
    }
    x
}

/// `W₂²` between two laws on the line, `∫(T(y) − y)² p(y)dy` with T their monotone map (Converged).
pub fn wasserstein2_squared(first: &dyn LineSlice, second: &dyn LineSlice) -> Enclosure {
    let weighted = |y: f64| {
        let density = core_math::exp(first.log_density(y));
        let move_to = if density > 0.0 { monotone_map(first, second, y) } else { y };
        // Masses below 1e-300 have no part in a distance.
        [if move_to.is_nan() { 0.0 } else { (move_to - y).powi(2) * density }]
    };
    let [square] = integrals(first, &weighted);
    let relative = first.relative_error() + second.relative_error();
    square.widened(4.0 * relative * square.interval().magnitude())
}

/// `m²(φ) = lim W₂²(p_φ, p_{φ+h})/h²` from quantile functions alone: the mean of the quotients forward and backward,
/// even in h, extrapolated (Converged).
///
/// # Errors
/// [`Error::Domain`](crate::error::Error::Domain) unless `0 < angle < π/2`; those of the slices.
pub fn metric_derivative_squared_by_distances(curve: &dyn LineCurve, angle: f64) -> Result<Enclosure> {
    let room = ROOM * angle.min(FRAC_PI_2 - angle);
    let here = curve.slice(angle)?;
    even_limit(room, |h| {
        let mut sum = Enclosure::exact(0.0);
        for other in [angle + h, angle - h] {
            let there = curve.slice(other)?;
            let distance = Enclosure::exact(other) - angle;
            sum = sum + wasserstein2_squared(here.as_ref(), there.as_ref()) / distance.square();
        }
        Ok(sum / 2.0)
    })
}
