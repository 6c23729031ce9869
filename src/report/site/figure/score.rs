//! Lipschitz constants of the score along paths.

use super::super::plot::{Axis, Look, Plot, Point, Series};
use super::{equidistant, wells};
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::measure::mixture::Mixture;
use crate::path::line::{LineBase, curve_on_line};
use crate::path::{LineCurve, MixturePath, Schedule, curvature_range};
use nalgebra::DVector;
use rayon::prelude::*;

/// Degrees of freedom of the Student base.
const DOF: f64 = 5.0;
const TIMES: u32 = 20;
const STD: f64 = 0.5;

pub(super) fn of_two_wells() -> Result<Plot> {
    let schedule = Schedule::cosine();
    let gaussian = curve_on_line(&wells(2.0, STD)?, LineBase::Gaussian)?;
    let means = [-2.0, 2.0].map(|m| DVector::from_element(1, m)).to_vec();
    let student = MixturePath::student(Mixture::isotropic(&[0.5, 0.5], means, &[STD * STD; 2])?, DOF)?;
    let times: Vec<f64> = equidistant(0.0, 1.0, TIMES);
    let along = |curve: &dyn LineCurve| -> Result<Vec<Point>> {
        let at = |&t: &f64| {
            let slice = curve.slice(schedule.angle(t))?;
            let [lower, upper] = curvature_range(slice.as_ref());
            Ok(Point::enclosed(t, lower.abs().max(upper.abs())))
        };
        times.par_iter().map(at).collect()
    };
    // Whatever the target: the two ends of the bracket of W6 in dimension 1.
    let sum = DOF + 1.0;
    let ceiling = (sum / DOF).max(sum / (8.0 * DOF) + sum * sum / (4.0 * DOF));
    let bound = times
        .iter()
        .filter(|t| **t < 1.0)
        .map(|&t| Point::new(t, ceiling / schedule.complement(t)))
        .collect();
    Ok(Plot::new(
        "score",
        "Lipschitz constant of the score along the path, two wells ½N(±2, ¼)",
        "The largest |∂_y² log p_t(y)| over y. With a Gaussian base it depends on the target, and grows where the wells separate. \
         With a Student base it is below a bound that holds for every target, until the noise is nearly gone; the Gaussian base has no \
         such bound.",
        Axis::linear("time t of the path (cosine schedule)").within(0.0, 1.0),
        Axis::logarithmic("Lipschitz constant of the score").within(0.7, 300.0),
    )
    .with(Series::new(1, Look::Marked, "Gaussian base", along(gaussian.as_ref())?))
    .with(Series::new(2, Look::Marked, "Student base, 5 degrees of freedom", along(&student)?))
    .with(Series::new(0, Look::Curve, "bound for a Student base and every target (W6)", bound)))
}

/// Range of the Hessian's eigenvalues at several times, as `measure` reports it.
pub(in super::super) fn over_time(values: &[(f64, Enclosure, Enclosure)]) -> Plot {
    let series = |pick: &dyn Fn(&(f64, Enclosure, Enclosure)) -> Enclosure| {
        values.iter().map(|row| Point::enclosed(row.0, pick(row))).collect::<Vec<_>>()
    };
    Plot::new(
        "score",
        "Range of the eigenvalues of ∇² log p_t over all points",
        "The larger of the two in absolute value is the Lipschitz constant of the score. Where the upper one is positive the score \
         expands, and solutions that start apart may move apart.",
        Axis::linear("time t of the path").within(0.0, 1.0),
        Axis::linear("eigenvalues of ∇² log p_t"),
    )
    .with(Series::new(1, Look::Marked, "largest eigenvalue", series(&|row| row.2)))
    .with(Series::new(2, Look::Marked, "smallest eigenvalue", series(&|row| row.1)))
}
