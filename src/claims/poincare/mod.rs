//! Chapter C: Poincaré constants.

use crate::claim::Claim;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[];
