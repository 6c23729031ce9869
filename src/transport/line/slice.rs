//! Norms of the fields at one angle.

use super::integral::expectations;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::path::line::LineBase;
use crate::path::{LineCurve, LineSlice};

/// Integrals over the law at one angle, all of one sweep.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SliceIntegrals {
    /// Total mass, a check: 1.
    pub mass: Enclosure,
    /// `∫w²p`, the squared metric derivative per angle.
    pub velocity_squared: Enclosure,
    /// `∫(∂_φ log p)²p`.
    pub log_density_rate_squared: Enclosure,
    /// Relative Fisher information `∫(y + ∂_y log p)²p` with respect to the standard normal law.
    pub relative_fisher_information: Enclosure,
    /// `KL(p|N(0,1))`.
    pub relative_entropy: Enclosure,
    /// `∫(∂_y w)²p`, the expansion of the field, from `w' = −∂_φ log p − w·∂_y log p`.
    pub expansion_squared: Enclosure,
}

/// The integrals over a law, each Converged; infinite where a tail says so.
pub fn slice_integrals(law: &dyn LineSlice) -> SliceIntegrals {
    let base = LineBase::Gaussian;
    let values = expectations(law, |y, point| {
        let expansion = point.log_density_rate + point.velocity * point.score;
        [
            1.0,
            point.velocity.powi(2),
            point.log_density_rate.powi(2),
            (y + point.score).powi(2),
            point.log_density - base.log_density(y),
            expansion.powi(2),
        ]
    });
    let [mass, velocity_squared, log_density_rate_squared, fisher, entropy, expansion_squared] = values;
    SliceIntegrals {
        mass,
        velocity_squared,
        log_density_rate_squared,
        relative_fisher_information: fisher,
        relative_entropy: entropy,
        expansion_squared,
    }
}

/// `m²(φ) = ∫w_φ²p_φ`, the squared metric derivative per angle (Converged).
///
/// # Errors
/// Those of [`LineCurve::slice`].
pub fn metric_derivative_squared(curve: &dyn LineCurve, angle: f64) -> Result<Enclosure> {
    let slice = curve.slice(angle)?;
    let [square] = expectations(slice.as_ref(), |_, point| [point.velocity.powi(2)]);
    Ok(square.weakened(Evidence::Converged))
}
