//! Chapter N: Nelson processes.

use crate::claim::Claim;

pub mod finite_energy;
pub mod fokker_planck;
pub mod forward_backward_drift;
pub mod reverse_diffusion;
pub mod simulated_marginals;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &fokker_planck::FokkerPlanck,
    &simulated_marginals::SimulatedMarginals,
    &forward_backward_drift::ForwardBackwardDrift,
    &reverse_diffusion::ReverseDiffusion,
    &finite_energy::FiniteEnergy,
];
