//! The action of a mixture path, for all schedules from one function of the angle.

use super::energy::AngularEnergy;
use super::reduction::{Reduced, reduced};
use super::{plane_transport, plane_velocity};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::path::{MixturePath, Schedule};
use std::f64::consts::FRAC_PI_2;

/// `|p'_φ|²`, per squared angle: in the plane with any base, and with a Gaussian base also on the line and in higher dimension for
/// equal isotropic components whose means lie in a plane. With a Gaussian base it is `‖u_φ‖²`.
///
/// # Errors
/// [`Error::Undefined`](crate::error::Error::Undefined) for a target that is not of this kind, otherwise as [`plane_transport`].
pub fn mixture_metric_derivative_squared(path: &MixturePath, angle: f64) -> Result<Enclosure> {
    if !path.has_gaussian_base() {
        if path.base_second_moment().is_infinite() && (0.0..FRAC_PI_2).contains(&angle) {
            // Two laws whose tails have no second moment and differ in scale are infinitely far apart.
            return Ok(Enclosure::infinite(Evidence::Exact));
        }
        return Ok(plane_transport(path, angle)?.metric_derivative);
    }
    let reduced = reduced(path.target())?;
    gaussian_at(&reduced, &MixturePath::gaussian(reduced.plane.clone()), angle)
}

pub(super) fn gaussian_at(reduced: &Reduced, plane: &MixturePath, angle: f64) -> Result<Enclosure> {
    let inside = plane_velocity(plane, angle)?.norm_squared;
    let across = reduced.across_squared(core_math::sin(angle), core_math::cos(angle));
    let rounding = 16.0 * f64::EPSILON * across;
    Ok(inside + Enclosure::around(across, rounding, Evidence::Exact))
}

/// `∫ |p'_t|² dt` over the whole path, `∫ |p'_φ|²/time_rate(φ) dφ`, for each of several schedules; infinite where the target has
/// a singular component and the schedule does not slow down at it, where the mean moves and the schedule leaves the base too
/// fast, or where the base has no second moment. [`AngularEnergy::metric_derivative`] gives it from later times.
///
/// # Errors
/// As [`mixture_metric_derivative_squared`].
pub fn mixture_action(path: &MixturePath, schedules: &[Schedule]) -> Result<Vec<Enclosure>> {
    if path.base_second_moment().is_infinite() {
        return Ok(vec![Enclosure::infinite(Evidence::Exact); schedules.len()]);
    }
    if let Some(all) = certainly_infinite(path, schedules) {
        return Ok(all);
    }
    let energy = AngularEnergy::metric_derivative(path)?;
    schedules.iter().map(|schedule| energy.whole(schedule, 0.0)).collect()
}

/// Infinite actions, if they are so for all schedules: nothing has to be integrated then.
pub(super) fn certainly_infinite(path: &MixturePath, schedules: &[Schedule]) -> Option<Vec<Enclosure>> {
    let singular = !path.target().has_density();
    let moving = AngularEnergy::mean_moves(path.target());
    let infinite = |schedule: &Schedule| {
        let from_base = schedule.onset_exponent().is_some_and(|a| a <= if moving { 1.0 } else { 0.5 });
        (singular && !schedule.stops_smoothly()) || from_base
    };
    let all = schedules.iter().all(infinite);
    all.then(|| vec![Enclosure::infinite(Evidence::Converged); schedules.len()])
}
