//! Laws `X_φ = cos φ·X + sin φ·Z` on the line for any target and a Gaussian or Student base, by quadrature.
//!
//! Everything at a point y is an expectation under the conditional law of X given `X_φ = y`, whose density is
//! proportional to `π(x) ν((y − cos φ·x)/sin φ)`. Every derivative of `p_φ` has two such forms, one with the
//! derivatives of the kernel and, by integration by parts, one with those of the target; the first loses
//! accuracy for a narrow kernel and the second for a flat one, and the one that fits is used.

mod atoms;
mod base;
mod conditional;
mod cubic_tails;
mod gather;
mod radial;
mod slice;
mod tabulated;
#[cfg(test)]
mod tests;

pub use atoms::AtomsCurve;
pub use base::LineBase;
pub use conditional::Conditional;
pub use cubic_tails::CubicTails;
pub use radial::{RadialCurve, RadialHessian, RadialSlice};
pub use slice::PotentialSlice;
pub use tabulated::TabulatedCurve;

use super::curve::{LineCurve, LineSlice};
use super::mixture::MixturePath;
use super::mixture_line::MixtureCurve;
use crate::error::{Result, within};
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use gather::Skeleton;
use nalgebra::DVector;
use std::f64::consts::FRAC_PI_2;
use std::fmt;
use std::sync::Arc;

/// The curve of laws from a target on the line to a base law.
///
/// ```
/// use dald::measure::line::LineMeasure;
/// use dald::path::line::{LineBase, PotentialCurve};
/// use dald::path::LineSlice;
/// let curve = PotentialCurve::new(LineMeasure::gaussian(0.0, 2.0)?, LineBase::Gaussian)?;
/// let slice = curve.at(std::f64::consts::FRAC_PI_4)?;
/// // The law is N(0, 5/2).
/// let rounding = 1e-13;
/// assert!((slice.point(3.0).score + 3.0 / 2.5).abs() < rounding);
/// # Ok::<(), dald::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PotentialCurve {
    skeleton: Skeleton,
    base: LineBase,
    /// Expectation of the target, NaN if there is none.
    mean: f64,
}

impl PotentialCurve {
    /// The curve from `target` at angle 0 to `base` at `π/2`.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::error::Error::Domain) unless the degrees of freedom of a Student base are positive.
    pub fn new(target: LineMeasure, base: LineBase) -> Result<Self> {
        let mean = target.mean();
        let mean = if mean.is_finite() { mean.mid() } else { f64::NAN };
        Ok(Self { skeleton: Skeleton::of(target), base: base.checked()?, mean })
    }

    /// The target.
    pub fn target(&self) -> &LineMeasure {
        &self.skeleton.law
    }

    /// The base.
    pub fn base(&self) -> LineBase {
        self.base
    }

    /// The law at an angle.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::error::Error::Domain) unless `0 ≤ angle ≤ π/2`.
    pub fn at(&self, angle: f64) -> Result<PotentialSlice<'_>> {
        Ok(PotentialSlice::new(self, within("angle", angle, 0.0, FRAC_PI_2)?))
    }
}

/// The curve from `target` to `base`, in closed form where there is one.
///
/// # Errors
/// Those of [`PotentialCurve::new`] and [`MixturePath::student`].
pub fn curve_on_line(target: &LineMeasure, base: LineBase) -> Result<Arc<dyn LineCurve>> {
    Ok(match (base, target.mixture_parameters()) {
        (LineBase::Gaussian, Some([weights, means, stds])) => {
            Arc::new(MixtureCurve::new(&weights, &means, &stds)?)
        }
        (LineBase::Student { dof }, Some([weights, means, stds])) => {
            let means = means.into_iter().map(|m| DVector::from_element(1, m)).collect();
            let variances: Vec<f64> = stds.iter().map(|s| s * s).collect();
            Arc::new(MixturePath::student(Mixture::isotropic(&weights, means, &variances)?, dof)?)
        }
        _ => Arc::new(PotentialCurve::new(target.clone(), base)?),
    })
}

impl LineCurve for PotentialCurve {
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>> {
        Ok(Box::new(self.at(angle)?))
    }
}

impl fmt::Display for PotentialCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", self.base, self.skeleton.law)
    }
}
