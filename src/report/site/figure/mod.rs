//! The figures of the report: a picture per question that a number does not answer, computed by the library.

mod bias;
mod budget;
mod conditional;
mod constants;
mod coupling;
mod flow;
mod instances;
mod score;

pub(super) use bias::of_rows as bias_of_rows;
pub(super) use conditional::over_time as conditional_over_time;
pub(super) use flow::of_curve as flow_of_curve;
pub(super) use instances::{letter, of_record as instances_of_record};
pub(super) use score::over_time as score_over_time;

use super::plot::Plot;
use crate::error::Result;
use crate::measure::line::LineMeasure;
use rayon::prelude::*;

/// A figure that does not depend on what an audit finds, and the claims that it explains.
struct Picture {
    claims: &'static [&'static str],
    draw: fn() -> Result<Plot>,
}

const PICTURES: &[Picture] = &[
    Picture { claims: &["P1", "P3", "T1", "T2", "T4", "N1"], draw: flow::from_the_gaussian_base },
    Picture { claims: &["H3", "T8"], draw: flow::from_a_student_base },
    Picture { claims: &["W3", "W6", "H1", "H4"], draw: score::of_two_wells },
    Picture { claims: &["W4", "E3"], draw: conditional::of_two_wells },
    Picture { claims: &["W5", "S1"], draw: coupling::in_two_wells },
    Picture { claims: &["B2", "B3", "B4", "B5", "B6", "B7"], draw: bias::with_every_bound },
    Picture { claims: &["B8", "B4", "S6"], draw: bias::with_a_smooth_stop },
    Picture { claims: &["B2", "B4", "L16"], draw: bias::of_two_wells },
    Picture { claims: &["C6"], draw: constants::bounded },
    Picture { claims: &["C7"], draw: constants::under_small_slopes },
    Picture { claims: &["C9", "C14", "C5"], draw: constants::lipschitz },
    Picture { claims: &["C10", "C3"], draw: constants::two_points },
    Picture { claims: &["L9"], draw: constants::log_sobolev_lipschitz },
    Picture { claims: &["L10", "L6", "L2"], draw: constants::log_sobolev_two_points },
    Picture { claims: &["S3", "S4", "S5", "S6"], draw: budget::of_a_chain },
];

/// A figure or the reason why there is none, with the claims that it belongs to.
pub(super) struct Drawn {
    pub(super) claims: &'static [&'static str],
    pub(super) plot: std::result::Result<Plot, String>,
}

/// The figures that explain at least one of the claims.
pub(super) fn for_claims(ids: &[&str]) -> Vec<Drawn> {
    PICTURES
        .par_iter()
        .with_max_len(1)
        .filter(|picture| picture.claims.iter().any(|id| ids.contains(id)))
        .map(|picture| Drawn { claims: picture.claims, plot: (picture.draw)().map_err(|e| e.to_string()) })
        .collect()
}

/// The figure for a README: the bias against κ with every bound.
pub(super) fn for_readme() -> Result<Plot> {
    bias::with_every_bound()
}

/// Two wells of the same depth, `½N(−m, s²) + ½N(m, s²)`.
fn wells(mean: f64, std: f64) -> Result<LineMeasure> {
    LineMeasure::gaussian_mixture(&[0.5, 0.5], &[-mean, mean], &[std, std])
}

/// `steps + 1` equidistant values.
fn equidistant(lo: f64, hi: f64, steps: u32) -> Vec<f64> {
    (0..=steps).map(|i| lo + (hi - lo) * (f64::from(i) / f64::from(steps))).collect()
}

/// Values that grow by the same factor.
fn geometric(lo: f64, hi: f64, steps: u32) -> Vec<f64> {
    equidistant(core_math::log(lo), core_math::log(hi), steps).into_iter().map(core_math::exp).collect()
}
