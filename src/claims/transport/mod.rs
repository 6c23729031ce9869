//! Chapter T: the transport field.

use crate::claim::Claim;

pub mod conditional_field_is_no_gradient;
pub mod continuity;
pub mod continuity_instance;
pub mod continuity_mixture;
pub mod de_bruijn;
pub mod existence;
pub mod gaussian_base;
pub mod gaussian_paths;
pub mod instance;
pub mod minimality;
pub mod poincare_existence;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &continuity::Continuity,
    &existence::Existence,
    &minimality::Minimality,
    &gaussian_base::GaussianBase,
    &gaussian_paths::GaussianPaths,
    &poincare_existence::PoincareExistence,
    &de_bruijn::DeBruijn,
    &conditional_field_is_no_gradient::ConditionalFieldIsNoGradient,
];
