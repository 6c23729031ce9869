//! Integrals of the metric derivative over time, for any schedule.

use super::profile::MetricDerivative;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive, within};
use crate::numerics::quadrature::integrate;
use crate::path::Schedule;
use std::f64::consts::FRAC_PI_2;

/// Halvings of panels towards the two ends.
const HALVINGS: i32 = 36;
/// An integrand `x^e` with `e` below this is not integrable: −1 and what the measured exponents leave open.
const INTEGRABLE: f64 = -1.0 + 0.02;
/// A measured exponent nearer to 0 than this is 0: the function has a limit that is neither 0 nor infinite.
const ZERO_EXPONENT: f64 = 0.1;
/// Share of what lies beyond the last panel that its power law may miss.
const POWER_LAW: f64 = 0.05;
/// Points of a panel at which a supremum is looked for.
const SAMPLES: u32 = 64;
/// Golden-section steps around the largest of them.
const GOLDEN_STEPS: usize = 40;
/// Distance from an end at which a limit is evaluated.
const BESIDE: f64 = 1e-7;

impl MetricDerivative {
    /// The angles passed between two times, and the exponents of `time_rate` at the ends that are reached.
    fn angles(&self, schedule: &Schedule, from: f64, until: f64) -> Result<(f64, f64)> {
        if !(0.0 <= from && from < until && until <= 1.0) {
            return Err(Error::domain("start", format!("[{from}, {until}]"), "0 ≤ start < end ≤ 1"));
        }
        let (lo, hi) = (schedule.angle(until), schedule.angle(from).min(FRAC_PI_2));
        within("last time", lo, self.range().0, self.range().1)
            .and(within("first time", hi, self.range().0, self.range().1))
            .map_err(|_| {
                let range = self.range();
                let expected = format!("times with angles between {} and {}", range.0, range.1);
                Error::domain("times", format!("[{from}, {until}]"), &expected)
            })?;
        Ok((lo, hi))
    }

    /// `∫_from^until weight(t)·|p'_t|² dt` for a positive weight that is smooth on `(from, until)` and bounded (Converged);
    /// infinite where the exponents at an end say so: from 0 if `λ ~ t^a` and `m² ~ (π/2 − φ)^b` with `b ≤ 2/a − 2`, until
    /// 1 if `m²` does not vanish and `λ̇(1) > 0`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ from < until ≤ 1` and the range of angles covers them.
    pub fn weighted_action(
        &self,
        schedule: &Schedule,
        (from, until): (f64, f64),
        weight: &dyn Fn(f64) -> f64,
    ) -> Result<Enclosure> {
        let (lo, hi) = self.angles(schedule, from, until)?;
        let at_target = self.exponents().0 - if schedule.stops_smoothly() { 0.0 } else { 1.0 };
        let at_base = self.exponents().1 - schedule.onset_exponent().map_or(0.0, |a| 2.0 / a - 1.0);
        let (touches_target, touches_base) = (lo == 0.0, hi == FRAC_PI_2);
        if (touches_target && at_target < INTEGRABLE) || (touches_base && at_base < INTEGRABLE) {
            return Ok(Enclosure::infinite(Evidence::Converged));
        }
        let length = hi - lo;
        let cut = length * 0.5_f64.powi(HALVINGS);
        let (first, last) =
            (if touches_target { lo + cut } else { lo }, if touches_base { hi - cut } else { hi });
        let mut breaks = vec![first, last];
        breaks.extend(self.edges());
        breaks.extend(schedule.angle_breaks());
        // Also where the range only comes near an end, and for weights that forget quickly.
        for k in 1..=HALVINGS {
            let step = length * 0.5_f64.powi(k);
            breaks.extend([lo + step, hi - step]);
        }
        breaks.retain(|x| first <= *x && *x <= last);
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        let density = |angle: f64| {
            self.factor(angle) / schedule.time_rate(angle)
                * weight(schedule.time_of_angle(angle).clamp(0.0, 1.0))
        };
        let integral = integrate(&breaks, |angle| self.quotient(angle).0 * density(angle));
        let error = integrate(&breaks, |angle| self.quotient(angle).1 * density(angle).abs());
        let mut total = integral.widened(error.hi().max(0.0));
        for (touches, angle, exponent) in [(touches_target, first, at_target), (touches_base, last, at_base)]
        {
            if touches {
                let rest = self.quotient(angle).0 * density(angle) * cut / (1.0 + exponent);
                total = total + Enclosure::around(rest, POWER_LAW * rest.abs(), Evidence::Converged);
            }
        }
        Ok(total)
    }

    /// The action `∫_from^until |p'_t|² dt` (Converged), possibly infinite; see
    /// [`MetricDerivative::weighted_action`].
    ///
    /// # Errors
    /// As there.
    pub fn action(&self, schedule: &Schedule, from: f64, until: f64) -> Result<Enclosure> {
        self.weighted_action(schedule, (from, until), &|_| 1.0)
    }

    /// `(κ/2) ∫_from^1 e^{−2(1−u)/(κC)} |p'_u|² du`: the action as it is felt at the end by dynamics at
    /// time scale κ that forget at the rate 2/(κC) (Converged).
    ///
    /// # Errors
    /// [`Error::Domain`] unless κ and C are finite and positive; those of [`MetricDerivative::weighted_action`].
    pub fn discounted_action(
        &self,
        schedule: &Schedule,
        from: f64,
        kappa: f64,
        constant: f64,
    ) -> Result<Enclosure> {
        let rate = 2.0 / (positive("kappa", kappa)? * positive("constant", constant)?);
        let weight = |t: f64| core_math::exp(-rate * (1.0 - t));
        Ok(self.weighted_action(schedule, (from, 1.0), &weight)? * (0.5 * kappa))
    }

    /// `|p'_t|²` at a time (Converged); at the ends of time, and where `λ̇ = 0`, only as far as the field per angle
    /// divided by `time_rate` is a number.
    ///
    /// # Errors
    /// [`Error::Domain`] if the angle is not in the range.
    pub fn squared_at_time(&self, schedule: &Schedule, t: f64) -> Result<Enclosure> {
        let angle = schedule.angle(within("t", t, 0.0, 1.0)?).min(FRAC_PI_2);
        let rate = schedule.time_rate(angle);
        if rate > 0.0 && angle > BESIDE && angle < FRAC_PI_2 - BESIDE {
            return Ok(self.squared(angle)? / (rate * rate));
        }
        // A limit: the quotient is a power times a smooth function.
        let beside = if angle <= BESIDE { BESIDE } else { FRAC_PI_2 - BESIDE };
        let exponent = self.exponent_of_square(schedule, angle <= BESIDE);
        if exponent < -ZERO_EXPONENT {
            return Ok(Enclosure::infinite(Evidence::Converged));
        }
        let value = self.squared(beside)? / schedule.time_rate(beside).powi(2);
        Ok(if exponent > ZERO_EXPONENT {
            value.hull(Enclosure::exact(0.0))
        } else {
            value.widened(2.0 * BESIDE * value.mid())
        })
    }

    /// The exponent of `|p'_t|²` in the angle at the target, or in its distance from `π/2` at the base.
    fn exponent_of_square(&self, schedule: &Schedule, target: bool) -> f64 {
        if target {
            self.exponents().0 - if schedule.stops_smoothly() { 0.0 } else { 2.0 }
        } else {
            self.exponents().1 - 2.0 * schedule.onset_exponent().map_or(0.0, |a| 2.0 / a - 1.0)
        }
    }

    /// `sup |p'_t|²` over `[from, until]`, by samples and golden section (Converged); infinite where the exponents at an
    /// end say so.
    ///
    /// # Errors
    /// As [`MetricDerivative::weighted_action`].
    pub fn largest_squared(&self, schedule: &Schedule, from: f64, until: f64) -> Result<Enclosure> {
        let (lo, hi) = self.angles(schedule, from, until)?;
        for (touches, target) in [(lo == 0.0, true), (hi == FRAC_PI_2, false)] {
            if touches && self.exponent_of_square(schedule, target) < -ZERO_EXPONENT {
                return Ok(Enclosure::infinite(Evidence::Converged));
            }
        }
        let first = if lo == 0.0 { BESIDE } else { lo };
        let last = if hi == FRAC_PI_2 { hi - BESIDE } else { hi };
        let value = |angle: f64| {
            let (value, error) = self.quotient(angle);
            let scale = self.factor(angle) / schedule.time_rate(angle).powi(2);
            (value * scale, error * scale)
        };
        let mut breaks = vec![first, last];
        breaks.extend(self.edges());
        breaks.extend(schedule.angle_breaks());
        breaks.retain(|x| first <= *x && *x <= last);
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        let mut best = value(first);
        for piece in breaks.windows(2) {
            let width = (piece[1] - piece[0]) / f64::from(SAMPLES);
            // Just inside the piece: a table's rate jumps at its corners.
            let at = |i: u32| {
                let inside = piece[0] + width * f64::from(i);
                inside.clamp(piece[0] + BESIDE * width, piece[1] - BESIDE * width)
            };
            let top = (0..=SAMPLES).max_by(|&i, &j| value(at(i)).0.total_cmp(&value(at(j)).0)).unwrap_or(0);
            let (mut a, mut b) = (at(top.saturating_sub(1)), at((top + 1).min(SAMPLES)));
            let ratio = 0.5 * (5_f64.sqrt() - 1.0);
            let mut peak = value(at(top));
            for _ in 0..GOLDEN_STEPS {
                let (x, y) = (b - ratio * (b - a), a + ratio * (b - a));
                let (at_x, at_y) = (value(x), value(y));
                if at_x.0 >= at_y.0 {
                    b = y;
                } else {
                    a = x;
                }
                for candidate in [at_x, at_y] {
                    if candidate.0 > peak.0 {
                        peak = candidate;
                    }
                }
            }
            if peak.0 > best.0 {
                best = peak;
            }
        }
        let limit = 2.0 * BESIDE * best.0.abs();
        Ok(Enclosure::around(best.0, best.1 + limit, Evidence::Converged))
    }
}
