//! Chapter E: entropic transport.

use crate::claim::Claim;

pub mod entropic_map_jacobian;
pub mod grid_potential;
pub mod instance;
pub mod jacobian_instance;
pub mod line_marginals;
pub mod noisy_grid;
pub mod optimal_coupling;
pub mod schroedinger_potential;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &optimal_coupling::OptimalCoupling,
    &schroedinger_potential::SchroedingerPotential,
    &entropic_map_jacobian::EntropicMapJacobian,
];
