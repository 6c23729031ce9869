//! Distances on the line truncated to a range of quantiles.

use super::monotone_map;
use crate::enclosure::Enclosure;
use crate::error::{Error, Result};
use crate::numerics::quadrature::integrate;
use crate::path::LineSlice;

/// Length of a panel on the scale of `asinh z`.
const PANEL: f64 = 2.0;

/// `∫_from^until (T₂ − T₁)²(z) dr(z)`, `T_i` the monotone maps that push the law r to the first and to the second law: the part
/// of `W₂²` that belongs to the quantiles between those of r at the two ends (Converged). Finite ends in a heavy tail may be as
/// far as the masses beyond them do not underflow.
///
/// # Errors
/// [`Error::Domain`] unless `from < until`, both finite.
pub fn truncated_distance_squared(
    reference: &dyn LineSlice,
    first: &dyn LineSlice,
    second: &dyn LineSlice,
    (from, until): (f64, f64),
) -> Result<Enclosure> {
    if !(from < until && from.is_finite() && until.is_finite()) {
        return Err(Error::domain("range", format!("({from}, {until})"), "two finite ends in order"));
    }
    let (a, b) = (from.asinh(), until.asinh());
    let count = ((b - a) / PANEL).ceil().max(1.0);
    let mut breaks = vec![a];
    while breaks.len() as f64 <= count {
        breaks.push(a + (b - a) * (breaks.len() as f64 / count));
    }
    Ok(integrate(&breaks, |x| {
        let z = x.sinh();
        let gap = monotone_map(reference, second, z) - monotone_map(reference, first, z);
        gap * gap * core_math::exp(reference.log_density(z)) * x.cosh()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::line::{AtomsCurve, LineBase};
    use crate::path::{LineCurve, MixtureCurve};

    #[test]
    fn translations_and_scalings_have_known_distances() {
        let law = |mean: f64, std: f64| MixtureCurve::new(&[1.0], &[mean], &[std]).unwrap();
        let (reference, first, second) = (law(0.0, 1.0), law(1.0, 2.0), law(-0.5, 0.5));
        let [r, f, s] = [&reference, &first, &second].map(|c| c.slice(0.0).unwrap());
        let found = truncated_distance_squared(r.as_ref(), f.as_ref(), s.as_ref(), (-12.0, 12.0)).unwrap();
        let quadrature = 1e-9;
        assert!((found.mid() - (1.5 * 1.5 + 1.5 * 1.5)).abs() < quadrature, "{found}");
        for range in [(0.0, 0.0), (1.0, f64::INFINITY), (f64::NAN, 1.0)] {
            assert!(truncated_distance_squared(r.as_ref(), f.as_ref(), s.as_ref(), range).is_err());
        }
    }

    #[test]
    fn far_tails_keep_their_relative_accuracy() {
        // law(sin φ·Z): T = sin φ·z exactly.
        let base = LineBase::Student { dof: 1.0 };
        let curve = AtomsCurve::new(&[1.0], &[0.0], base).unwrap();
        let [r, f, s] = [std::f64::consts::FRAC_PI_2, 0.4, 0.6].map(|a| curve.slice(a).unwrap());
        let range = (1e6, 1e8);
        let found = truncated_distance_squared(r.as_ref(), f.as_ref(), s.as_ref(), range).unwrap();
        // ∫z²/(π(1+z²)) between the ends.
        let exact = (0.6_f64.sin() - 0.4_f64.sin()).powi(2) * (range.1 - range.0) / std::f64::consts::PI;
        let rounding = 1e-11;
        // What the 1 in 1 + z² changes.
        let correction = 1.0 / range.0;
        assert!((found.mid() / exact - 1.0).abs() < rounding + correction / range.0, "{found} {exact:e}");
    }
}
