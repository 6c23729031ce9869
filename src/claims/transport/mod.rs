//! Chapter T: the transport field.

use crate::claim::Claim;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[];
