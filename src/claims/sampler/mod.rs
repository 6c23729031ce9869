//! Chapter S: the sampler.

use crate::claim::Claim;

pub mod convergence_orders;
pub mod discrete_girsanov;
pub mod error_terms;
pub mod gaussian_chain;
pub mod instance;
pub mod line_chain;
pub mod plan_reaches;
pub mod step_exponents;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &convergence_orders::ConvergenceOrders,
    &gaussian_chain::GaussianChain,
    &discrete_girsanov::DiscreteGirsanov,
    &error_terms::ErrorTerms,
    &plan_reaches::PlanReaches,
    &step_exponents::StepExponents,
];
