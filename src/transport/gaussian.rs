//! Metric derivative and action of Gaussian paths.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result};
use crate::numerics::quadrature::{graded_panels, integrate};
use crate::path::{Channel, GaussianPath, Schedule};

/// `|p'_t|² = |ṁ|² + tr(SΣS)`, S symmetric with `SΣ + ΣS = Σ̇`: the squared metric derivative of a
/// Gaussian path in the Wasserstein space, which is the squared norm of its optimal field.
///
/// # Errors
/// [`Error::Domain`] unless `t ∈ [0, 1]`; errors of the law at `t`.
pub fn metric_derivative_squared(path: &GaussianPath, t: f64) -> Result<Enclosure> {
    let mean: Enclosure = path.mean_rate(t)?.into_iter().map(Enclosure::square).sum();
    if let Some(channels) = path.channels() {
        let at = path.schedule().enclosed(t);
        let rate = at.lambda_dot.square();
        let shape: Interval = channels
            .iter()
            .map(|c| {
                let variance = c.target_variance * at.lambda + c.base_variance * at.complement;
                rate * (c.target_variance - c.base_variance).square() / (Interval::point(4.0) * variance)
            })
            .sum();
        return Ok(mean + Enclosure::certified(shape));
    }
    let law = path.law(t)?;
    let rate = path.covariance_rate(t)?.map(Enclosure::mid);
    let shape = law.bures_field(&vec![0.0; path.dim()], &rate)?.norm_squared();
    // A relative change η of Σ and of Σ̇ changes tr(SΣS), which is homogeneous of degree −1 in Σ
    // and 2 in Σ̇ and monotone under congruence, by a relative 3η at most to first order.
    let rounding = 4.0 * GaussianPath::law_rounding(&law) * shape.hi();
    Ok(mean + shape.widened(rounding).weakened(Evidence::Exact))
}

/// The action `A = ∫ |p'_t|² dt` of a Gaussian path over `[from, until] ⊂ [0, 1]`; infinite where
/// theory says so: from 0 if the target has a mean and `λ ~ t^a` with `a ≤ 1`, or if the
/// covariances (or the mean of the base) differ from those at 0 and `a ≤ ½`; until 1 if the base
/// has a mean and `λ̇(1) > 0`.
///
/// The part of a moving target mean is a closed form; the rest is quadrature (Converged).
///
/// # Errors
/// [`Error::Domain`] unless `0 ≤ from ≤ until ≤ 1`; errors of the laws on the way.
pub fn action(path: &GaussianPath, from: f64, until: f64) -> Result<Enclosure> {
    let schedule = path.schedule();
    // Also checks the range.
    let root_energy = schedule.root_energy(from, until)?;
    if from == until {
        return Ok(Enclosure::exact(0.0));
    }
    let moving_base = path.base().mean().iter().any(|&b| b != 0.0);
    let moving_target = path.target().mean().iter().any(|&m| m != 0.0);
    let same_covariance = path.target().covariance_equals(path.base());
    let steep = from == 0.0 && schedule.onset_exponent().is_some_and(|a| a <= 0.5);
    if (moving_target && root_energy.is_infinite_point())
        || (steep && (moving_base || !same_covariance))
        || (until == 1.0 && moving_base && !schedule.stops_smoothly())
    {
        return Ok(Enclosure::infinite(Evidence::Exact));
    }
    let mean = if moving_base {
        moving_mean_action(path, from, until)
    } else if !moving_target {
        // The energy of the moving root may be infinite: nothing moves.
        Enclosure::exact(0.0)
    } else {
        let square: Interval = path.target().mean().iter().map(|&m| Interval::point(m).square()).sum();
        Enclosure::certified(square * root_energy)
    };
    let shape = if same_covariance {
        Enclosure::exact(0.0)
    } else if let Some(channels) = path.channels() {
        channels.iter().map(|c| channel_shape_action(c, schedule, from, until)).sum()
    } else {
        dense_shape_action(path, from, until)?
    };
    let total = mean + shape;
    if total.is_finite() {
        Ok(total)
    } else {
        Err(Error::NoConvergence {
            what: format!("the action of {path}"),
            reached: f64::INFINITY,
            wanted: 1.0,
        })
    }
}

/// `∫ |ṁ|² dt` in the angle: `dm/dφ = −(m sin φ − b cos φ)` and `dt = rate·dφ`.
fn moving_mean_action(path: &GaussianPath, from: f64, until: f64) -> Enclosure {
    let schedule = path.schedule();
    let unit = Channel::from_standard(0.0, 1.0);
    let breaks =
        graded_towards_target(schedule, unit.panels(schedule, schedule.angle(until), schedule.angle(from)));
    let (m, b) = (path.target().mean(), path.base().mean());
    integrate(&breaks, |angle| {
        let rate = m * core_math::sin(angle) - b * core_math::cos(angle);
        rate.norm_squared() / schedule.time_rate(angle)
    })
}

/// For a smooth stop nothing is singular at `φ = 0`; otherwise `1/rate ~ 1/φ` is, unless the
/// range ends before.
fn graded_towards_target(schedule: &Schedule, mut breaks: Vec<f64>) -> Vec<f64> {
    if !schedule.stops_smoothly()
        && breaks.len() > 1
        && let Some(&first) = breaks.first()
        && first > 0.0
    {
        let mut at = 2.0 * first;
        while at < breaks[breaks.len() - 1] {
            breaks.push(at);
            breaks.sort_by(f64::total_cmp);
            at *= 2.0;
        }
        breaks.dedup();
    }
    breaks
}

/// `∫ (σ²˙)²/(4σ²) dt` of one channel, in the angle.
fn channel_shape_action(channel: &Channel, schedule: &Schedule, from: f64, until: f64) -> Enclosure {
    let gap = channel.target_variance - channel.base_variance;
    let breaks = channel.panels(schedule, schedule.angle(until), schedule.angle(from));
    let integral = integrate(&breaks, |angle| {
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        (sine * cosine).powi(2) / (channel.variance(angle) * schedule.time_rate(angle))
    });
    let uncertainty = 2.0 * channel.uncertainty() * integral.hi();
    Enclosure::certified(gap.square()) * integral.widened(uncertainty)
}

/// `∫ tr(SΣS) dt` of a path whose covariances do not commute, in time, with panels that shrink
/// towards both ends.
fn dense_shape_action(path: &GaussianPath, from: f64, until: f64) -> Result<Enclosure> {
    let schedule = path.schedule();
    let centred = GaussianPath::new(path.target().centred(), path.base().centred(), schedule.clone())?;
    let singular = from == 0.0 && schedule.onset_exponent().is_some_and(|a| a < 1.0);
    let mut breaks = graded_panels(from, until, singular, false, 50);
    breaks.extend(schedule.time_breaks().into_iter().filter(|&t| from < t && t < until));
    breaks.sort_by(f64::total_cmp);
    let mut failure = None;
    let mut width = 0.0_f64;
    let integral = integrate(&breaks, |t| match metric_derivative_squared(&centred, t) {
        Ok(value) => {
            width = width.max(value.relative_width());
            value.mid()
        }
        Err(error) => {
            failure = Some(error);
            f64::NAN
        }
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(integral.widened(width * integral.hi().abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;

    #[test]
    fn a_centred_target_has_finite_action_for_the_linear_schedule() {
        // ∫₀¹ (a−1)²/(4(1+t(a−1))) dt = ¼(a−1)·log a.
        let target = Gaussian::isotropic(vec![0.0], 4.0).unwrap();
        let path = GaussianPath::from_standard(target, Schedule::linear()).unwrap();
        let found = action(&path, 0.0, 1.0).unwrap();
        assert!(found.contains(0.75 * 4f64.ln()) && found.relative_width() < 1e-12, "{found}");
    }
}
