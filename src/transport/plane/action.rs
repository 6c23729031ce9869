//! The action of a mixture path, for all schedules from one function of the angle.

use super::reduction::{Reduced, reduced};
use super::{plane_transport, plane_velocity};
use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result};
use crate::numerics::panels::GaussRule;
use crate::numerics::quadrature::{graded_panels, integrate};
use crate::path::{MixturePath, Schedule};
use std::f64::consts::FRAC_PI_2;

/// Nodes per panel in the angle, of the two interpolants that are compared.
const NODES: [usize; 2] = [5, 8];
/// Panels shrink by this towards angle 0, to the angle at which noise and the narrowest component are alike.
const SHRINK: f64 = 0.35;
const MOST_PANELS: usize = 8;
/// Halvings towards the ends of the range of integration, where the integrand behaves like a power.
const DEPTH: u32 = 200;

/// `|p'_φ|²`, per squared angle: in the plane with any base, and with a Gaussian base also on the line and in higher dimension for
/// equal isotropic components whose means lie in a plane. With a Gaussian base it is `‖u_φ‖²`.
///
/// # Errors
/// [`Error::Undefined`] for a target that is not of this kind, otherwise as [`plane_transport`].
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

fn gaussian_at(reduced: &Reduced, plane: &MixturePath, angle: f64) -> Result<Enclosure> {
    let inside = plane_velocity(plane, angle)?.norm_squared;
    let across = reduced.across_squared(core_math::sin(angle), core_math::cos(angle));
    let rounding = 16.0 * f64::EPSILON * across;
    Ok(inside + Enclosure::around(across, rounding, Evidence::Exact))
}

/// `∫ |p'_t|² dt` over the whole path, `∫ |p'_φ|²/time_rate(φ) dφ`, for each of several schedules; infinite where the target has
/// a singular component and the schedule does not slow down at it, where the mean moves and the schedule leaves the base too
/// fast, or where the base has no second moment.
///
/// # Errors
/// As [`mixture_metric_derivative_squared`].
pub fn mixture_action(path: &MixturePath, schedules: &[Schedule]) -> Result<Vec<Enclosure>> {
    if path.base_second_moment().is_infinite() {
        return Ok(vec![Enclosure::infinite(Evidence::Exact); schedules.len()]);
    }
    let target = path.target();
    let singular = !target.has_density();
    let mean = match target.mean().norm() {
        rounded if rounded <= 8.0 * f64::EPSILON * target.second_moment().sqrt() => 0.0,
        mean => mean,
    };
    let infinite = |schedule: &Schedule| {
        // Near angle 0, |p'_φ|² tends to a positive number and 1/time_rate to const/φ unless the schedule stops smoothly.
        let at_target = singular && !schedule.stops_smoothly();
        // Near π/2 the centred part is of the order cos²φ, and 1/time_rate ~ cos^{1−2/a}φ.
        at_target || schedule.onset_exponent().is_some_and(|a| a <= if mean == 0.0 { 0.5 } else { 1.0 })
    };
    if schedules.iter().all(infinite) {
        return Ok(vec![Enclosure::infinite(Evidence::Converged); schedules.len()]);
    }
    let profile = Profile::new(&path.centred(), singular)?;
    let of = |schedule: &Schedule| {
        if infinite(schedule) {
            return Ok(Enclosure::infinite(Evidence::Converged));
        }
        let centred = profile.action(schedule)?;
        if mean == 0.0 {
            return Ok(centred);
        }
        // √λ·EX moves on its own: ∫ sin²φ/time_rate dφ = ∫ (d√λ/dt)² dt.
        let rounding = Enclosure::exact(1.0).widened(16.0 * f64::EPSILON);
        Ok(centred + Enclosure::certified(schedule.root_energy(0.0, 1.0)?) * (mean * mean) * rounding)
    };
    schedules.iter().map(of).collect()
}

/// `|p'_φ|²` of a centred target divided by its zeros at the ends, interpolated on panels: by `cos²φ`, and by `sin²φ` unless the
/// target is singular.
struct Profile {
    edges: Vec<f64>,
    rules: [std::sync::Arc<GaussRule>; 2],
    /// Values at the nodes of either rule, panel by panel.
    values: [Vec<f64>; 2],
    /// Relative half-width of the values, largest.
    width: f64,
    /// Whether the target has a singular component.
    singular: bool,
}

impl Profile {
    fn new(path: &MixturePath, singular: bool) -> Result<Self> {
        // Where the noise is as wide as the narrowest direction of a component, or as the atoms are apart.
        let target = path.target();
        let least = (0..target.len())
            .flat_map(|k| target.component_variances(k).iter().copied())
            .filter(|v| *v > 0.0)
            .fold(f64::INFINITY, f64::min)
            .sqrt();
        let apart = (0..target.len())
            .flat_map(|k| (0..k).map(move |l| (k, l)))
            .map(|(k, l)| {
                let pairs = target.component_mean(k).iter().zip(target.component_mean(l));
                pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
            })
            .filter(|d| *d > 0.0)
            .fold(f64::INFINITY, f64::min);
        let smallest = least.min(0.25 * apart).atan().clamp(1e-3, 0.5);
        let mut edges = vec![0.5 * FRAC_PI_2, 0.75 * FRAC_PI_2, FRAC_PI_2];
        while edges[0] > smallest && edges.len() < MOST_PANELS {
            edges.insert(0, edges[0] * SHRINK);
        }
        edges.insert(0, 0.0);
        let rules = [GaussRule::shared(NODES[0])?, GaussRule::shared(NODES[1])?];
        let reduced = path.has_gaussian_base().then(|| reduced(target)).transpose()?;
        let plane = reduced.as_ref().map(|r| MixturePath::gaussian(r.plane.clone()));
        let mut width = 0.0_f64;
        let mut sample = |rule: &GaussRule| -> Result<Vec<f64>> {
            let mut values = Vec::new();
            for panel in edges.windows(2) {
                for t in rule.nodes() {
                    let angle = panel[0] + 0.5 * (panel[1] - panel[0]) * (1.0 + t);
                    let value = match (&reduced, &plane) {
                        (Some(reduced), Some(plane)) => gaussian_at(reduced, plane, angle)?,
                        _ => plane_transport(path, angle)?.metric_derivative,
                    };
                    if !value.is_finite() {
                        let what = "metric derivative of a mixture path".to_owned();
                        return Err(Error::NoConvergence { what, reached: f64::INFINITY, wanted: 0.0 });
                    }
                    let divided = value.mid() / split_off(singular, angle);
                    width = width.max(0.5 * value.width() / split_off(singular, angle));
                    values.push(divided);
                }
            }
            Ok(values)
        };
        let values = [sample(&rules[0])?, sample(&rules[1])?];
        Ok(Self { edges, rules, values, width, singular })
    }

    fn at(&self, which: usize, angle: f64) -> f64 {
        let last = self.edges.len() - 2;
        let panel = self.edges.partition_point(|e| *e <= angle).saturating_sub(1).min(last);
        let (a, b) = (self.edges[panel], self.edges[panel + 1]);
        let order = self.rules[which].order();
        let t = (2.0 * (angle - a) / (b - a) - 1.0).clamp(-1.0, 1.0);
        self.rules[which].interpolate(&self.values[which][panel * order..(panel + 1) * order], t)
    }

    /// `∫ |p'_φ|²/time_rate dφ`. With the value `q` of the divided function at π/2, where the weight may hardly be integrable:
    /// `q·∫ sin²φ cos²φ/time_rate dφ = q/4·∫ λ̇² dt` and the rest.
    fn action(&self, schedule: &Schedule) -> Result<Enclosure> {
        let end = schedule.angle(0.0);
        let mut breaks = graded_panels(0.0, end, true, true, DEPTH);
        let inner = self.edges.iter().copied().chain(schedule.angle_breaks());
        breaks.extend(inner.filter(|b| 0.0 < *b && *b < end));
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        let weight = |angle: f64| split_off(self.singular, angle) / schedule.time_rate(angle);
        let last = |which: usize| if self.singular { 0.0 } else { self.at(which, FRAC_PI_2) };
        let by =
            |which: usize| integrate(&breaks, |angle| (self.at(which, angle) - last(which)) * weight(angle));
        let (whole, weights) = if self.singular {
            (Enclosure::exact(0.0), integrate(&breaks, weight))
        } else {
            let whole = Enclosure::certified(schedule.rate_energy(0.0, 1.0)?) * 0.25;
            (whole, whole)
        };
        let total = |which: usize| by(which) + whole * last(which);
        let (coarse, fine) = (total(0), total(1));
        let error = (fine.mid() - coarse.mid()).abs() + self.width * weights.hi();
        Ok(fine.widened(error).map(|x| x.max(Interval::ZERO)).weakened(Evidence::Converged))
    }
}

/// What is split off: `cos²φ`, and `sin²φ` unless the target is singular.
fn split_off(singular: bool, angle: f64) -> f64 {
    let (s, c) = (core_math::sin(angle), core_math::cos(angle));
    c * c * if singular { 1.0 } else { s * s }
}
