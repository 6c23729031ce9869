//! Chapter L: log-Sobolev constants.

use crate::claim::Claim;

pub mod along_dynamics;
pub mod bakry_emery;
pub mod convolution;
pub mod dynamics_instance;
pub mod gaussian_constant;
pub mod generator_perturbation;
pub mod herbst;
pub mod lipschitz_image;
pub mod poincare_from_log_sobolev;
pub mod transport_inequality;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &gaussian_constant::GaussianConstant,
    &poincare_from_log_sobolev::PoincareFromLogSobolev,
    &convolution::ConvolutionBound,
    &lipschitz_image::LipschitzImage,
    &bakry_emery::BakryEmery,
    &generator_perturbation::GeneratorPerturbation,
    &herbst::Herbst,
    &transport_inequality::TransportInequality,
    &along_dynamics::AlongDynamics,
];
