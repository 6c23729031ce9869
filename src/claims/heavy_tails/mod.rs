//! Chapter H: heavy-tailed bases.

use crate::claim::Claim;

pub mod absolute_continuity;
pub mod base_comparison;
pub mod comparison_instance;
pub mod student_score;
pub mod tail_instance;
pub mod weighted_any_dimension;
pub mod weighted_poincare;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &student_score::StudentScore,
    &weighted_poincare::StudentWeighted,
    &absolute_continuity::AbsoluteContinuity,
    &base_comparison::BaseComparison,
    &weighted_any_dimension::CauchyWeighted,
];
