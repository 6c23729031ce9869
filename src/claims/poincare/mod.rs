//! Chapter C: Poincaré constants.

use crate::claim::Claim;

pub mod affine_image;
pub mod bakry_emery;
pub mod convolution;
pub mod exact_laws;
pub mod generator_perturbation;
pub mod lipschitz_image;
pub mod plane_law;
pub mod product;
pub mod quadratic_perturbation;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &affine_image::AffineImage,
    &product::ProductConstant,
    &convolution::ConvolutionBound,
    &lipschitz_image::LipschitzImage,
    &bakry_emery::BakryEmery,
    &generator_perturbation::GeneratorPerturbation,
];
