//! Chapter B: the bias in Kullback-Leibler divergence.

use crate::claim::Claim;

pub mod girsanov_bias_bound;
pub mod instance;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[&girsanov_bias_bound::GirsanovBiasBound];
