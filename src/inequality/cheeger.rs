//! Cheeger's constant of a measure on the line.
//!
//! `C_C` is the smallest `C` with `∫|f − m_f| dμ ≤ C ∫|f'| dμ` (`m_f` a median of `f`), that is with
//! `min(μ(A), 1 − μ(A)) ≤ C μ⁺(∂A)`. On the line half-lines are extremal: `C_C = sup min(F, 1 − F)/p`
//! (Bobkov, Houdré, *Isoperimetric constants for product probability measures*, Ann. Probab. 25, 1997).

use super::line_profile::{converged, exponential_rate, has_poincare};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::measure::line::LineMeasure;

/// Cheeger's constant `sup min(F, 1 − F)/p` (Converged), a length; infinite for tails heavier than
/// exponential. Along exponential tails the limit of the quotient, `1/rate`, counts.
///
/// # Errors
/// [`Error::NoConvergence`](crate::error::Error::NoConvergence) if the potential is too rough.
pub fn cheeger_constant(measure: &LineMeasure) -> Result<Enclosure> {
    if !has_poincare(measure) {
        return Ok(Enclosure::infinite(Evidence::Converged));
    }
    let inside = converged(measure, |profile| {
        let (density, median) = (profile.density(), profile.median());
        let (below, above) = (profile.integral_left(density), profile.integral_right(density));
        let values: Vec<f64> = (0..density.len())
            .map(|i| if profile.nodes()[i] > median { above[i] / density[i] } else { below[i] / density[i] })
            .collect();
        profile.supremum(&values)
    })?;
    Ok(exponential_rate(measure).map_or(inside, |rate| inside.max(1.0 / Enclosure::exact(rate))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    /// Difference of two orders.
    const RESOLVED: f64 = 1e-9;

    #[test]
    fn known_constants() -> std::result::Result<(), Error> {
        // At the median ½/p(m): half-lengths, √(π/2)σ, 1/rate, twice the scale.
        let root = (0.5 * std::f64::consts::PI).sqrt();
        for (law, exact) in [
            (LineMeasure::uniform(-1.0, 3.0)?, 2.0),
            (LineMeasure::gaussian(5.0, 3.0)?, 3.0 * root),
            (LineMeasure::exponential(0.5)?, 2.0),
            (LineMeasure::laplace(4.0)?, 0.25),
            (LineMeasure::asymmetric_laplace(1.0, 3.0)?, 1.0),
            (LineMeasure::logistic(1.5)?, 3.0),
        ] {
            let found = cheeger_constant(&law)?;
            assert!((found.mid() / exact - 1.0).abs() < RESOLVED, "{law}: {found}");
        }
        assert!(cheeger_constant(&LineMeasure::student(2.0, 0.0, 1.0)?)?.is_infinite());
        Ok(())
    }
}
