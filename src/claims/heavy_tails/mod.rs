//! Chapter H: heavy-tailed bases.

use crate::claim::Claim;

pub mod student_score;
pub mod weighted_any_dimension;
pub mod weighted_poincare;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &student_score::StudentScore,
    &weighted_poincare::StudentWeighted,
    &weighted_any_dimension::CauchyWeighted,
];
