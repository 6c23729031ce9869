//! Chapter B: the bias in Kullback-Leibler divergence.

use crate::claim::Claim;

pub mod bounded_field;
pub mod consequences;
pub mod dimension;
pub mod girsanov_bias_bound;
pub mod instance;
mod likelihood_ratio;
mod line_discount;
pub mod line_instance;
pub mod log_sobolev_bias_bound;
pub mod path_space_divergence;
pub mod plane_instance;
pub mod poincare_bias_bound;
pub mod reverse_bias_bound;
pub mod small_kappa_limit;
pub mod smooth_stop;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &path_space_divergence::PathSpaceDivergence,
    &girsanov_bias_bound::GirsanovBiasBound,
    &poincare_bias_bound::PoincareBiasBound,
    &log_sobolev_bias_bound::LogSobolevBiasBound,
    &reverse_bias_bound::ReverseBiasBound,
    &consequences::Consequences,
    &small_kappa_limit::SmallKappaLimit,
    &smooth_stop::SmoothStop,
    &bounded_field::BoundedField,
    &dimension::Dimension,
];
