//! Chapter P: the path.

use crate::claim::Claim;

pub mod benamou_brenier;
pub mod coupling_bound;
pub mod finite_action;
pub mod finite_action_instance;
pub mod instance;
pub mod line_instance;
pub mod mixture_instance;
pub mod moments;
pub mod moments_instance;
pub mod time_change;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &moments::Moments,
    &time_change::TimeChange,
    &coupling_bound::CouplingBound,
    &finite_action::FiniteAction,
    &benamou_brenier::BenamouBrenier,
];
