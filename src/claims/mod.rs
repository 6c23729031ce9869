//! The claims: a folder per chapter, a file per claim.

use crate::claim::Claim;

pub mod bias;
pub mod entropic;
pub mod functional_instances;
pub mod gaussian_instances;
pub mod heavy_tails;
pub mod line_instances;
pub mod log_sobolev;
pub mod nelson;
pub mod path;
pub mod poincare;
pub mod sampler;
pub mod target_text;
pub mod transport;
pub mod well_posedness;

/// Every claim, chapter by chapter in the order of [`crate::claim::Chapter::ALL`].
pub fn all() -> impl Iterator<Item = &'static dyn Claim> {
    [
        path::CLAIMS,
        transport::CLAIMS,
        nelson::CLAIMS,
        well_posedness::CLAIMS,
        bias::CLAIMS,
        poincare::CLAIMS,
        log_sobolev::CLAIMS,
        heavy_tails::CLAIMS,
        entropic::CLAIMS,
        sampler::CLAIMS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The claim with the given id (either case).
pub fn find(id: &str) -> Option<&'static dyn Claim> {
    all().find(|claim| claim.about().id.eq_ignore_ascii_case(id))
}
