//! Chapter C: Poincaré constants.

use crate::claim::Claim;

pub mod affine_image;
pub mod bakry_emery;
pub mod cheeger;
pub mod convolution;
pub mod dual_formula;
pub mod exact_constants;
pub mod exact_laws;
pub mod generator_perturbation;
pub mod line_law;
pub mod lipschitz_image;
pub mod muckenhoupt;
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
    &muckenhoupt::MuckenhouptBracket,
    &dual_formula::DualFormula,
    &exact_constants::ExactConstants,
    &cheeger::CheegerConstant,
];
