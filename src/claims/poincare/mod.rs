//! Chapter C: Poincaré constants.

use crate::claim::Claim;

pub mod affine_image;
pub mod bakry_emery;
pub mod cheeger;
pub mod convex_on_interval;
pub mod convolution;
pub mod dual_formula;
pub mod exact_constants;
pub mod exact_laws;
pub mod generator_perturbation;
pub mod holley_stroock;
pub mod line_law;
pub mod lipschitz_image;
pub mod lipschitz_perturbation;
pub mod mixture_bound;
pub mod muckenhoupt;
pub mod one_dimensional_comparison;
pub mod perturbed_law;
pub mod plane_law;
pub mod product;
pub mod quadratic_perturbation;
pub mod small_lipschitz_perturbation;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &affine_image::AffineImage,
    &product::ProductConstant,
    &convolution::ConvolutionBound,
    &lipschitz_image::LipschitzImage,
    &bakry_emery::BakryEmery,
    &holley_stroock::HolleyStroock,
    &small_lipschitz_perturbation::SmallLipschitzPerturbation,
    &generator_perturbation::GeneratorPerturbation,
    &lipschitz_perturbation::LipschitzPerturbation,
    &mixture_bound::MixtureBound,
    &muckenhoupt::MuckenhouptBracket,
    &dual_formula::DualFormula,
    &exact_constants::ExactConstants,
    &one_dimensional_comparison::OneDimensionalComparison,
    &cheeger::CheegerConstant,
    &convex_on_interval::ConvexOnInterval,
];
