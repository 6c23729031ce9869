//! Chapter P: the path.

use crate::claim::Claim;

pub mod coupling_bound;
pub mod instance;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[&coupling_bound::CouplingBound];
