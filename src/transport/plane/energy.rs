//! Squared norms along a mixture path as functions of the angle, to be integrated with weights for any schedule and start.

use super::action::gaussian_at;
use super::reduction::reduced;
use super::{lattice, plane_transport};
use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, within};
use crate::measure::mixture::Mixture;
use crate::numerics::panels::GaussRule;
use crate::numerics::quadrature::{graded_panels, integrate};
use crate::path::{MixturePath, Schedule};
use rayon::prelude::*;
use std::f64::consts::FRAC_PI_2;
use std::sync::Arc;

/// Nodes per panel in the angle, of the two interpolants that are compared.
const NODES: [usize; 2] = [5, 8];
/// Panels shrink by this towards angle 0, to the angle at which noise and the narrowest component are alike.
const SHRINK: f64 = 0.35;
const MOST_PANELS: usize = 8;
/// Halvings towards the ends of the range of integration, where the integrand behaves like a power.
const DEPTH: u32 = 200;
/// Log-densities below this are nothing.
const NOTHING: f64 = -120.0;

/// A squared norm along a path, per squared angle, divided by its zeros at the ends and interpolated on panels, plus
/// `sin²φ·|m|²` for a mean that moves on its own.
#[derive(Clone, Debug)]
pub struct AngularEnergy {
    edges: Vec<f64>,
    rules: [Arc<GaussRule>; 2],
    /// Values at the nodes of either rule, panel by panel.
    values: [Vec<f64>; 2],
    /// Relative half-width of the values, largest.
    width: f64,
    /// Whether `sin²φ` and `cos²φ` are split off.
    zeros: [bool; 2],
    mean_squared: f64,
}

/// A value and half the width of its enclosure.
type Sample = (f64, f64);

impl AngularEnergy {
    /// `|p'_φ|²`: in the plane with any base of finite variance, and with a Gaussian base also for mixtures that split into one in the
    /// plane and a normal law across.
    ///
    /// # Errors
    /// As [`super::mixture_metric_derivative_squared`]; [`Error::NoConvergence`] if a value is not finite.
    pub fn metric_derivative(path: &MixturePath) -> Result<Self> {
        let centred = path.centred();
        let reduced = centred.has_gaussian_base().then(|| reduced(centred.target())).transpose()?;
        let plane = reduced.as_ref().map(|r| MixturePath::gaussian(r.plane.clone()));
        let value = |angle: f64| {
            let value = match (&reduced, &plane) {
                (Some(reduced), Some(plane)) => gaussian_at(reduced, plane, angle)?,
                _ => plane_transport(&centred, angle)?.metric_derivative,
            };
            Ok((value.mid(), 0.5 * value.width()))
        };
        let zeros = [centred.target().has_density(), true];
        Self::sampled(centred.target(), zeros, mean_squared(path.target()), &value)
    }

    /// Bounds for `|p'_φ|²` below and above, in closed form for any mixture in any dimension from a Gaussian base.
    ///
    /// Below: two laws are at least as far apart as the normal laws with their moments (Gelbrich 1990). Above: the field is the mean,
    /// given the point, of the fields of the components, so its square is at most the mean of theirs.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a Student base.
    pub fn metric_derivative_bounds(path: &MixturePath) -> Result<[Self; 2]> {
        let target = gaussian_target(path)?;
        let zero = target.has_density();
        let spectrum = target.covariance().symmetric_eigenvalues();
        let below = |angle: f64| Ok((bures(spectrum.as_slice(), angle), 0.0));
        let above = |angle: f64| {
            let square = core_math::sin(angle).powi(2);
            let of = |k: usize| {
                let mean: f64 = target.component_mean(k).iter().map(|m| m * m).sum();
                target.weight(k) * (square * mean + bures(target.component_variances(k), angle))
            };
            Ok(((0..target.len()).map(of).sum(), 0.0))
        };
        Ok([
            Self::sampled(target, [zero, true], mean_squared(target), &below)?,
            Self::sampled(target, [zero, false], 0.0, &above)?,
        ])
    }

    /// `‖∂_φ log p_φ‖²` in `L²(p_φ)`, for a Gaussian base and a target with a density that splits into one in the plane and a normal law
    /// across.
    ///
    /// # Errors
    /// [`Error::Undefined`] for other paths; [`Error::NoConvergence`] where a lattice does not resolve a law.
    pub fn log_density_rate(path: &MixturePath) -> Result<Self> {
        let target = gaussian_target(path)?;
        with_density(target)?;
        let reduced = reduced(target)?;
        let plane = MixturePath::gaussian(reduced.plane.clone());
        let value = |angle: f64| {
            let slice = plane.slice(angle)?;
            let found = lattice::integrals(&slice, |y| {
                let log_density = slice.first_order(y).0;
                if log_density < NOTHING {
                    return [0.0];
                }
                let rate = slice.evaluate(y).log_density_rate;
                [log_density.exp() * rate * rate]
            });
            let [inside] = found.ok_or_else(unresolved)?;
            let across = reduced.log_density_rate_across(core_math::sin(angle), core_math::cos(angle));
            Ok((inside.mid() + across, 0.5 * inside.width()))
        };
        Self::sampled(target, [true, mean_squared(target) == 0.0], 0.0, &value)
    }

    /// A bound above for `‖∂_φ log p_φ‖²`, in closed form for any mixture with a density in any dimension from a Gaussian base: the rate
    /// is the mean, given the point, of the rates of the components.
    ///
    /// # Errors
    /// [`Error::Undefined`] for other paths.
    pub fn log_density_rate_bound(path: &MixturePath) -> Result<Self> {
        let target = gaussian_target(path)?;
        with_density(target)?;
        // Means along the axes of the components.
        let means: Vec<Vec<f64>> = (0..target.len()).map(|k| target.mean_along_axes(k)).collect();
        let value = |angle: f64| {
            let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
            let mut sum = 0.0;
            for (k, mean) in means.iter().enumerate() {
                for (m, v) in mean.iter().zip(target.component_variances(k)) {
                    sum += target.weight(k) * normal_rate(*m, *v, sine, cosine);
                }
            }
            Ok((sum, 0.0))
        };
        Self::sampled(target, [true, false], 0.0, &value)
    }

    /// Whether the mean of a target is not zero, up to rounding: it then moves along the path.
    pub(super) fn mean_moves(target: &Mixture) -> bool {
        mean_squared(target) > 0.0
    }

    /// Three functions of the angle without zeros at the ends, interpolated by either rule from samples of its own.
    pub(super) fn interpolated(
        target: &Mixture,
        values: &(dyn Fn(usize, f64) -> Result<[f64; 3]> + Sync),
    ) -> Result<[Self; 3]> {
        let edges = edges(target);
        let rules = [GaussRule::shared(NODES[0])?, GaussRule::shared(NODES[1])?];
        let sample = |which: usize| -> Result<Vec<[f64; 3]>> {
            nodes(&edges, &rules[which]).par_iter().map(|angle| values(which, *angle)).collect()
        };
        let samples = [sample(0)?, sample(1)?];
        Ok(std::array::from_fn(|k| {
            let values = [0, 1].map(|which: usize| samples[which].iter().map(|three| three[k]).collect());
            let (edges, rules) = (edges.clone(), rules.clone());
            Self { edges, rules, values, width: 0.0, zeros: [false; 2], mean_squared: 0.0 }
        }))
    }

    fn sampled(
        target: &Mixture,
        zeros: [bool; 2],
        mean_squared: f64,
        value: &(dyn Fn(f64) -> Result<Sample> + Sync),
    ) -> Result<Self> {
        let edges = edges(target);
        let rules = [GaussRule::shared(NODES[0])?, GaussRule::shared(NODES[1])?];
        let sample = |rule: &GaussRule| -> Result<Vec<Sample>> {
            let divided = |angle: &f64| {
                let (value, radius) = value(*angle)?;
                if !(value.is_finite() && radius.is_finite()) {
                    let what = "a squared norm along a mixture path".to_owned();
                    return Err(Error::NoConvergence { what, reached: f64::INFINITY, wanted: 0.0 });
                }
                let factor = split_off(zeros, *angle);
                Ok((value / factor, radius / factor))
            };
            nodes(&edges, rule).par_iter().map(divided).collect()
        };
        let samples = [sample(&rules[0])?, sample(&rules[1])?];
        let width = samples.iter().flatten().fold(0.0_f64, |w, s| w.max(s.1));
        let values = samples.map(|list| list.into_iter().map(|s| s.0).collect());
        Ok(Self { edges, rules, values, width, zeros, mean_squared })
    }

    /// The function without its zeros by the coarser (0) or finer (1) interpolation.
    pub(super) fn at(&self, which: usize, angle: f64) -> f64 {
        let last = self.edges.len() - 2;
        let panel = self.edges.partition_point(|e| *e <= angle).saturating_sub(1).min(last);
        let (a, b) = (self.edges[panel], self.edges[panel + 1]);
        let order = self.rules[which].order();
        let t = (2.0 * (angle - a) / (b - a) - 1.0).clamp(-1.0, 1.0);
        self.rules[which].interpolate(&self.values[which][panel * order..(panel + 1) * order], t)
    }

    /// Whether the integral over a schedule from a time on is infinite: the target has a singular component and the schedule does not
    /// slow down at it, or it leaves the base too fast.
    pub fn is_infinite(&self, schedule: &Schedule, from: f64) -> bool {
        // Near angle 0, 1/time_rate ~ const/φ unless the schedule stops smoothly; near π/2 it is ~ cos^{1−2/a}φ.
        let at_target = !self.zeros[0] && !schedule.stops_smoothly();
        let fastest = if self.mean_squared == 0.0 && self.zeros[1] { 0.5 } else { 1.0 };
        let from_base = from == 0.0 && schedule.lambda(0.0) == 0.0;
        at_target || (from_base && schedule.onset_exponent().is_some_and(|a| a <= fastest))
    }

    /// `∫ weight·‖…‖²/time_rate(φ) dφ` over the angles of the times from `from` to 1, which for a norm per angle is the integral of the
    /// norm per time over time (Converged); the weight is a function of the angle.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ from < 1`; those of the schedule.
    pub fn integral(&self, schedule: &Schedule, from: f64, weight: &dyn Fn(f64) -> f64) -> Result<Enclosure> {
        within("start", from, 0.0, 1.0_f64.next_down())?;
        if self.is_infinite(schedule, from) {
            return Ok(Enclosure::infinite(Evidence::Converged));
        }
        let end = schedule.angle(from).min(FRAC_PI_2);
        let mut breaks = graded_panels(0.0, end, true, true, DEPTH);
        let inner = self.edges.iter().copied().chain(schedule.angle_breaks());
        breaks.extend(inner.filter(|b| 0.0 < *b && *b < end));
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        let rate = |angle: f64| split_off(self.zeros, angle) / schedule.time_rate(angle);
        // With the value q at the end, where the rate may hardly be integrable: ∫sin²φ cos²φ/time_rate dφ = ¼∫λ̇² dt and
        // ∫sin²φ/time_rate dφ = ∫(d√λ/dt)² dt, and the rest.
        let root_energy = Enclosure::certified(schedule.root_energy(from, 1.0)?);
        let whole = match self.zeros {
            [true, true] => Some(Enclosure::certified(schedule.rate_energy(from, 1.0)?) * 0.25),
            [true, false] => Some(root_energy),
            [false, _] => None,
        };
        let at_end = weight(end);
        let total = |which: usize| {
            let last = if whole.is_some() { self.at(which, end) * at_end } else { 0.0 };
            let rest =
                integrate(&breaks, |angle| (self.at(which, angle) * weight(angle) - last) * rate(angle));
            whole.map_or(rest, |whole| rest + whole * last)
        };
        let (coarse, fine) = (total(0), total(1));
        let felt = if self.width > 0.0 {
            integrate(&breaks, |angle| weight(angle).abs() * rate(angle)).hi()
        } else {
            0.0
        };
        let error = (fine.mid() - coarse.mid()).abs() + self.width * felt;
        let sum = fine.widened(error).map(|x| x.max(Interval::ZERO));
        if self.mean_squared == 0.0 {
            return Ok(sum.weakened(Evidence::Converged));
        }
        let square = |angle: f64| core_math::sin(angle).powi(2);
        let changing =
            integrate(&breaks, |angle| square(angle) * (weight(angle) - at_end) / schedule.time_rate(angle));
        let rounding = Enclosure::exact(1.0).widened(16.0 * f64::EPSILON);
        let moving = (root_energy * at_end + changing) * self.mean_squared * rounding;
        Ok((sum + moving).weakened(Evidence::Converged))
    }

    /// The integral with the weight 1: the action, where the norm is the metric derivative.
    ///
    /// # Errors
    /// As [`AngularEnergy::integral`].
    pub fn whole(&self, schedule: &Schedule, from: f64) -> Result<Enclosure> {
        self.integral(schedule, from, &|_| 1.0)
    }
}

/// Panels of angles, finer where the noise is as wide as the narrowest direction of a component, or as the atoms are apart.
fn edges(target: &Mixture) -> Vec<f64> {
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
    edges
}

/// The nodes of a rule on all panels.
fn nodes(edges: &[f64], rule: &GaussRule) -> Vec<f64> {
    let on = |panel: &[f64]| -> Vec<f64> {
        rule.nodes().iter().map(|t| panel[0] + 0.5 * (panel[1] - panel[0]) * (1.0 + t)).collect()
    };
    edges.windows(2).flat_map(on).collect()
}

/// The product of the zeros.
fn split_off(zeros: [bool; 2], angle: f64) -> f64 {
    let factor = |zero: bool, x: f64| if zero { x * x } else { 1.0 };
    factor(zeros[0], core_math::sin(angle)) * factor(zeros[1], core_math::cos(angle))
}

/// `Σ (c'/2)²/c` over variances `c = cos²φ·v + sin²φ`: what the change of shape of a normal law costs.
fn bures(variances: &[f64], angle: f64) -> f64 {
    let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
    let of = |v: &f64| (sine * cosine * (1.0 - v)).powi(2) / (cosine * cosine * v.max(0.0) + sine * sine);
    variances.iter().map(of).sum()
}

/// `‖∂_φ log p‖²` of `N(cos φ·m, cos²φ·v + sin²φ)`.
pub(super) fn normal_rate(mean: f64, variance: f64, sine: f64, cosine: f64) -> f64 {
    let c = cosine * cosine * variance + sine * sine;
    sine * sine * mean * mean / c + 2.0 * (sine * cosine * (1.0 - variance) / c).powi(2)
}

/// `|m|²` of a target, zero up to rounding.
fn mean_squared(target: &Mixture) -> f64 {
    let mean = target.mean().norm();
    if mean <= 8.0 * f64::EPSILON * target.second_moment().sqrt() { 0.0 } else { mean * mean }
}

pub(super) fn gaussian_target(path: &MixturePath) -> Result<&Mixture> {
    if path.has_gaussian_base() {
        return Ok(path.target());
    }
    let (what, reason) = ("a norm along a mixture path", "it is known for a Gaussian base");
    Err(Error::Undefined { what: what.to_owned(), reason: reason.to_owned() })
}

pub(super) fn with_density(target: &Mixture) -> Result<()> {
    if target.has_density() {
        return Ok(());
    }
    let (what, reason) = ("the rate of the log-density along the path", "the target has no density");
    Err(Error::Undefined { what: what.to_owned(), reason: reason.to_owned() })
}

pub(super) fn unresolved() -> Error {
    let what = "an integral over a mixture in the plane".to_owned();
    Error::NoConvergence { what, reached: f64::INFINITY, wanted: 0.0 }
}

/// `½Var_π(φ_1)` with `∇φ_1 = v_1`, the limit of `KL(p_1|q_κ)/κ²`, for a mixture above the line with a density that splits into one in the
/// plane and a normal law across; `φ_1 = (λ̇(1)/2)(|y|²/2 + σ²·log π)` for a base of covariance `σ²I`, as on the line (Converged).
///
/// # Errors
/// [`Error::Dimension`] on the line; [`Error::Undefined`] for other mixtures or a base without variance; [`Error::NoConvergence`] where
/// a lattice does not resolve the target.
pub fn mixture_small_kappa_limit(path: &MixturePath, schedule: &Schedule) -> Result<Enclosure> {
    let (target, d) = (path.target(), path.dim());
    if d < 2 {
        return Err(Error::Dimension { name: "target".to_owned(), found: d, expected: 2 });
    }
    with_density(target)?;
    let variance = path.base_second_moment() / d as f64;
    if variance.is_infinite() {
        let what = "the field at the end of the path".to_owned();
        return Err(Error::Undefined { what, reason: "the base has no variance".to_owned() });
    }
    let reduced = reduced(target)?;
    let plane = MixturePath::gaussian(reduced.plane.clone());
    let slice = plane.slice(0.0)?;
    let potential =
        |y: &[f64; 2], log_density: f64| 0.5 * (y[0] * y[0] + y[1] * y[1]) + variance * log_density;
    // Centred at the value at a mean, so that little cancels in the variance.
    let mean = reduced.plane.component_mean(0);
    let at = [mean[0], mean[1]];
    let centre = potential(&at, slice.first_order(&at).0);
    let found = lattice::integrals(&slice, |y| {
        let log_density = slice.first_order(y).0;
        if log_density < NOTHING {
            return [0.0; 2];
        }
        let (density, value) = (log_density.exp(), potential(y, log_density) - centre);
        [density * value, density * value * value]
    });
    let [first, second] = found.ok_or_else(unresolved)?;
    let across = reduced.potential_variance_across(variance);
    let spread = second - first.square() + across;
    let rate = Enclosure::exact(0.5 * schedule.lambda_dot(1.0));
    Ok(rate.square() * spread / 2.0)
}

#[cfg(test)]
mod tests;
