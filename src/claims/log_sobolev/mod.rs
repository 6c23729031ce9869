//! Chapter L: log-Sobolev constants.

use crate::claim::Claim;

pub mod along_dynamics;
pub mod convolution;
pub mod gaussian_constant;
pub mod lipschitz_image;
pub mod poincare_from_log_sobolev;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &gaussian_constant::GaussianConstant,
    &poincare_from_log_sobolev::PoincareFromLogSobolev,
    &convolution::ConvolutionBound,
    &lipschitz_image::LipschitzImage,
    &along_dynamics::AlongDynamics,
];
