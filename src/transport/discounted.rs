//! The action as it is felt at the end by dynamics that forget.

use super::action;
use super::gaussian::{SINGULAR_END, SINGULAR_ROUNDING, commuting_channels, distinct_panels};
use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, positive};
use crate::numerics::quadrature::{GaussRule, coarse_rule, fine_rule};
use crate::path::{Channel, GaussianPath};
use std::f64::consts::FRAC_PI_2;

/// `∫ |p'_u|² e^{−rate·(1−u)} du` over `[from, 1]` for a path with commuting covariances and a
/// centred base: the action as it is felt at the end by dynamics that forget at the given rate.
///
/// # Errors
/// [`Error::Domain`] if the rate is not finite and positive; those of [`discounted_action_by`].
pub fn discounted_action(path: &GaussianPath, from: f64, rate: f64) -> Result<Enclosure> {
    positive("rate", rate)?;
    discounted_action_by(path, from, &|_| rate)
}

/// `∫ |p'_u|² e^{−∫_u^1 rate_t dt} du` over `[from, 1]`, with a rate of forgetting that changes: a
/// positive function of the angle φ of the path, monotone near `φ = π/2` and smooth wherever the
/// variances of the path are.
///
/// # Errors
/// [`Error::Undefined`] if the covariances do not commute or the base has a mean;
/// [`Error::NoConvergence`] if the rate is too large for floating point; those of [`action`].
pub fn discounted_action_by(path: &GaussianPath, from: f64, rate: &dyn Fn(f64) -> f64) -> Result<Enclosure> {
    let channels = commuting_channels(path)?;
    if path.base().mean().iter().any(|&b| b != 0.0) {
        return Err(Error::Undefined {
            what: "the discounted action".to_owned(),
            reason: "it is implemented for a centred base".to_owned(),
        });
    }
    let whole = action(path, from, 1.0)?;
    if whole.is_infinite() {
        return Ok(whole);
    }
    Sweep { path, channels, rate }.integral(from)
}

/// Beyond this exponent the weight is below every relative accuracy in use.
const LAST_EXPONENT: f64 = 700.0;

/// A panel is halved until the exponent grows by less than this across it.
const EXPONENT_PER_PANEL: f64 = 6.0;

/// Refuse to go on beyond this number of panels.
const MOST_PANELS: usize = 200_000;

/// One quadrature backward from the final time, where the weight is 1.
struct Sweep<'a> {
    path: &'a GaussianPath,
    channels: Vec<Channel>,
    rate: &'a dyn Fn(f64) -> f64,
}

/// Contribution of a panel.
struct PanelSum {
    /// Growth of the exponent.
    growth: f64,
    /// The integral.
    value: f64,
    /// Its sensitivity to a relative error of the exponent.
    sensitivity: f64,
    /// What the uncertainty of the channels' means and variances amounts to.
    uncertainty: f64,
}

impl Sweep<'_> {
    fn integral(&self, from: f64) -> Result<Enclosure> {
        let schedule = self.path.schedule();
        let (first, last) = (schedule.angle(1.0), schedule.angle(from));
        let singular = schedule.is_singular_at_start() && last > FRAC_PI_2 - SINGULAR_END;
        let end = if singular { FRAC_PI_2 - SINGULAR_END } else { last };
        let mut panels = distinct_panels(&self.channels, schedule, first, end);
        panels.sort_by(f64::total_cmp);
        panels.dedup();
        let uncertainty = self.channels.iter().map(Channel::uncertainty).fold(0.0, f64::max);
        let (mut value, mut error, mut exponent) = (0.0, 0.0, 0.0);
        let (mut reached, mut tried) = (first, 0_usize);
        'panels: for panel in panels.windows(2) {
            let (mut at, mut step) = (panel[0], panel[1] - panel[0]);
            while at < panel[1] {
                let next = (at + step).min(panel[1]);
                let fine = self.panel(fine_rule(), at, next, exponent);
                tried += 1;
                if fine.growth > EXPONENT_PER_PANEL {
                    step *= (0.5_f64).min(0.9 * EXPONENT_PER_PANEL / fine.growth);
                    if tried > MOST_PANELS || at + step == at {
                        return Err(Error::NoConvergence {
                            what: format!("the discounted action of {}", self.path),
                            reached: step,
                            wanted: f64::EPSILON * at,
                        });
                    }
                    continue;
                }
                let coarse = self.panel(coarse_rule(), at, next, exponent);
                value += fine.value;
                // Quadrature, of the integral and of the exponent; nodes, weights and sums; what an
                // error of the exponent does; what is not known of the path.
                error += (fine.value - coarse.value).abs()
                    + fine.value * ((fine.growth - coarse.growth).abs() + 64.0 * f64::EPSILON)
                    + fine.sensitivity * (32.0 * f64::EPSILON + 2.0 * uncertainty)
                    + fine.uncertainty;
                exponent += fine.growth;
                (at, reached) = (next, next);
                if exponent > LAST_EXPONENT {
                    break 'panels;
                }
            }
        }
        let swept = Enclosure::around(value, error, Evidence::Converged);
        if !(value + error).is_finite() {
            return Err(Error::NoConvergence {
                what: format!("the discounted action of {}", self.path),
                reached: f64::INFINITY,
                wanted: 1.0,
            });
        }
        if reached >= last {
            return Ok(swept);
        }
        // The rest has weights between those at its two ends.
        let time = schedule.time_of_angle(reached).max(from);
        let fastest = (self.rate)(reached).max((self.rate)(last));
        let growth = (time - from) * fastest * (1.0 + SINGULAR_ROUNDING);
        let weight = Interval::new(core_math::exp(-(exponent + growth)), core_math::exp(-exponent));
        let rest = action(self.path, from, time)?;
        let rest = rest.widened(SINGULAR_ROUNDING * rest.hi());
        Ok(swept + rest * Enclosure::from_interval(weight, Evidence::Converged))
    }

    fn panel(&self, rule: &GaussRule, at: f64, end: f64, base: f64) -> PanelSum {
        let schedule = self.path.schedule();
        let (centre, half) = (0.5 * (at + end), 0.5 * (end - at));
        let angles: Vec<f64> = rule.nodes.iter().map(|x| centre + half * x).collect();
        let rates: Vec<f64> = angles.iter().map(|&p| schedule.time_rate(p) * (self.rate)(p)).collect();
        let growth = half * rule.weights.iter().zip(&rates).map(|(w, r)| w * r).sum::<f64>();
        let mut sum = PanelSum { growth, value: 0.0, sensitivity: 0.0, uncertainty: 0.0 };
        for ((weight, row), &angle) in rule.weights.iter().zip(&rule.antiderivative).zip(&angles) {
            let inside: f64 = row.iter().zip(&rates).map(|(c, r)| c * r).sum();
            let exponent = base + half * inside;
            let scale = half * weight * core_math::exp(-exponent);
            let (speed, open) = self.speed(angle);
            sum.value += scale * speed;
            sum.sensitivity += scale * speed * (1.0 + exponent);
            sum.uncertainty += scale * open;
        }
        sum
    }

    /// `|p'_t|²·|dt/dφ| = Σ [m² sin²φ + (a−s)² sin²φ cos²φ/σ²]/rate`, by channel, and how far the
    /// intervals of m, a and s leave the numerators open.
    fn speed(&self, angle: f64) -> (f64, f64) {
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        let (mut sum, mut open) = (0.0, 0.0);
        for channel in &self.channels {
            let shape = cosine * cosine / channel.variance_between(sine, cosine);
            let gap = channel.target_variance - channel.base_variance;
            for (number, weight) in [(channel.target_mean, 1.0), (gap, shape)] {
                // In this order: the square may leave the range of floats where the speed does not.
                sum += number.mid() * (number.mid() * weight);
                open += 2.0 * number.width() * (number.magnitude() * weight);
            }
        }
        let scale = sine * sine / self.path.schedule().time_rate(angle);
        (scale * sum, scale * open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;
    use crate::path::Schedule;
    use crate::transport::metric_derivative_squared;

    fn path(mean: Vec<f64>, variances: Vec<f64>, schedule: Schedule) -> GaussianPath {
        GaussianPath::from_standard(Gaussian::diagonal(mean, variances).unwrap(), schedule).unwrap()
    }

    #[test]
    fn forgetting_discounts_the_action() {
        let cosine = path(vec![1.0, -2.0], vec![0.25, 4.0], Schedule::cosine());
        let whole = action(&cosine, 0.0, 1.0).unwrap();
        assert!(discounted_action(&cosine, 0.0, 3.0).unwrap().hi() < whole.lo());
        let slow = discounted_action(&cosine, 0.0, 1e-12).unwrap();
        assert!((slow.mid() / whole.mid() - 1.0).abs() < 1e-11, "{slow} {whole}");
        // With rate r the discounted action tends to |p'_1|²/r, which is 0 for a smooth stop.
        let linear = path(vec![0.0], vec![4.0], Schedule::linear());
        let fast = discounted_action(&linear, 0.0, 1e6).unwrap() * 1e6;
        let end = metric_derivative_squared(&linear, 1.0).unwrap();
        assert!((fast.mid() / end.mid() - 1.0).abs() < 1e-5, "{fast} {end}");
    }

    #[test]
    fn a_singular_start_is_enclosed() {
        // ½∫(a²/4)u^{a−2}e^{−(1−u)}du, computed independently.
        for (exponent, expected) in [
            (1.01, 4.752211650341527),
            (1.05, 1.0780062376021976),
            (1.2, 0.4055518238506993),
            (1.5, 0.3026697226384322),
        ] {
            let power = path(vec![1.0], vec![1.0], Schedule::power(exponent).unwrap());
            let value = discounted_action(&power, 0.0, 1.0).unwrap() * 0.5;
            assert!(value.contains(expected) && value.relative_width() < 1e-6, "{exponent}: {value}");
        }
    }

    /// A rate of forgetting that counts how often it is asked for.
    fn evaluations(path: &GaussianPath, from: f64, rate: f64) -> (Enclosure, u32) {
        let count = std::cell::Cell::new(0);
        let counted = |_: f64| {
            count.set(count.get() + 1);
            rate
        };
        (discounted_action_by(path, from, &counted).unwrap(), count.get())
    }

    #[test]
    fn a_translation_has_a_closed_form_at_every_rate() {
        // √λ = t for λ = t²: the speed is |m|² and the integral |m|²(1 − e^{−r(1−from)})/r.
        let moving = path(vec![1.0, -2.0], vec![1.0, 1.0], Schedule::power(2.0).unwrap());
        let mut before = 0;
        for rate in [0.01, 1.0, 30.0, 1e3, 1e5, 1e8_f64] {
            for from in [0.0, 0.3] {
                let exact = -5.0 * (-rate * (1.0 - from)).exp_m1() / rate;
                let (found, count) = evaluations(&moving, from, rate);
                let digits = 1e-9;
                assert!(found.contains(exact) && found.relative_width() < digits, "{rate}: {found} {exact}");
                // What the weight leaves is a few hundred panels.
                assert!(rate > 1e5 || count < 25_000, "{rate}: {count}");
                assert!(from != 0.0 || rate > 1.0 || count >= before);
                before = count;
            }
        }
    }

    #[test]
    fn a_rate_that_changes_is_integrated() {
        // λ = t² is cos²φ, and t = cos φ: with the rate 2t the exponent is 1 − u².
        let moving = path(vec![1.5], vec![1.0], Schedule::power(2.0).unwrap());
        let found = discounted_action_by(&moving, 0.0, &|angle| 2.0 * angle.cos()).unwrap();
        // 2.25·e^{−1}∫_0^1 e^{u²}du, Dawson's integral at 1.
        let exact = 2.25 * 0.538_079_506_912_768_4;
        assert!(found.contains(exact) && found.relative_width() < 1e-12, "{found} {exact}");
    }

    #[test]
    fn shapes_are_discounted_as_quadrature_says() {
        for schedule in Schedule::examples() {
            let path = path(vec![0.7, 0.0], vec![0.3, 5.0], schedule.clone());
            let (from, rate) = (0.1, 3.0);
            let mut breaks: Vec<f64> = (0..=90).map(|k| from + 0.01 * f64::from(k)).collect();
            breaks.extend(schedule.time_breaks().into_iter().filter(|b| *b > from && *b < 1.0));
            breaks.sort_by(f64::total_cmp);
            breaks.dedup();
            breaks[0] = from;
            let last = breaks.len() - 1;
            breaks[last] = 1.0;
            let exact = crate::numerics::quadrature::integrate(&breaks, |t| {
                metric_derivative_squared(&path, t).unwrap().mid() * (-rate * (1.0 - t)).exp()
            });
            let found = discounted_action(&path, from, rate).unwrap();
            let digits = 1e-10;
            assert!((found - exact).abs().lo() <= digits * exact.mid(), "{path}: {found} {exact}");
            assert!(found.relative_width() < digits, "{path}: {found}");
        }
    }

    #[test]
    fn bad_arguments_are_refused() {
        let target = Gaussian::isotropic(vec![0.0], 2.0).unwrap();
        let moving = Gaussian::isotropic(vec![1.0], 1.0).unwrap();
        let moving = GaussianPath::new(target, moving, Schedule::cosine()).unwrap();
        assert!(discounted_action(&moving, 0.0, 1.0).is_err());
        let cosine = path(vec![1.0], vec![2.0], Schedule::cosine());
        for (from, rate) in [(0.0, 0.0), (0.0, f64::NAN), (0.0, f64::INFINITY), (-1.0, 1.0), (1.5, 1.0)] {
            assert!(discounted_action(&cosine, from, rate).is_err());
        }
    }
}
