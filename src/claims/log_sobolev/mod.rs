//! Chapter L: log-Sobolev constants.

use crate::claim::Claim;

pub mod along_dynamics;
pub mod bakry_emery;
pub mod ball_with_noise;
pub mod convolution;
pub mod dynamics_instance;
pub mod exact_constants;
pub mod gaussian_constant;
pub mod generator_perturbation;
pub mod hardy_criterion;
pub mod heavy_tails_cut;
pub mod herbst;
pub mod holley_stroock;
pub mod line_law;
pub mod lipschitz_image;
pub mod lipschitz_perturbation;
pub mod poincare_from_log_sobolev;
pub mod rothaus;
pub mod rothaus_instance;
pub mod transport_inequality;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &gaussian_constant::GaussianConstant,
    &poincare_from_log_sobolev::PoincareFromLogSobolev,
    &convolution::ConvolutionBound,
    &lipschitz_image::LipschitzImage,
    &bakry_emery::BakryEmery,
    &holley_stroock::HolleyStroock,
    &rothaus::Rothaus,
    &generator_perturbation::GeneratorPerturbation,
    &lipschitz_perturbation::LipschitzPerturbation,
    &ball_with_noise::BallWithNoise,
    &herbst::Herbst,
    &transport_inequality::TransportInequality,
    &hardy_criterion::HardyCriterion,
    &exact_constants::ExactConstants,
    &heavy_tails_cut::HeavyTailsCut,
    &along_dynamics::AlongDynamics,
];
