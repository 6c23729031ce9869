//! Chapter S: the sampler.

use crate::claim::Claim;

pub mod gaussian_chain;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[&gaussian_chain::GaussianChain];
