//! Schedules: how fast the path moves from base to target.
//!
//! A schedule is an increasing function `λ: [0, 1] → [0, 1]` with `λ(1) = 1`; the path is
//! `X_t = √λ_t X + √(1−λ_t) Z`. All schedules but the Ornstein-Uhlenbeck one start at `λ(0) = 0`.
//!
//! The angle `φ ∈ [0, π/2]` with `λ = cos²φ` is the natural variable along a path: `√λ = cos φ`
//! and `√(1−λ) = sin φ` are smooth in it whatever the schedule, which then enters only through
//! `t(φ)`. [`Schedule::time_of_angle`] and [`Schedule::time_rate`] give that function.

#[cfg(test)]
mod tests;
mod text;

use crate::enclosure::Interval;
use crate::error::{Error, Result, finite, positive, within};
use crate::numerics::double_double::Dd;
use std::f64::consts::FRAC_PI_2;

/// The kinds of schedule, with their parameters.
#[derive(Clone, PartialEq, Debug)]
enum Kind {
    Linear,
    Power { exponent: f64 },
    Cosine,
    OrnsteinUhlenbeck { rate: f64 },
    Table { times: Vec<f64>, lambdas: Vec<f64> },
}

/// An increasing function `λ(t)` on `[0, 1]` with `λ(1) = 1`.
///
/// ```
/// use dald::path::Schedule;
/// let cosine = Schedule::cosine();
/// assert!((cosine.lambda(0.5) - 0.5).abs() < f64::EPSILON && cosine.stops_smoothly());
/// assert!(Schedule::power(-1.0).is_err());
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Schedule {
    kind: Kind,
}

impl Schedule {
    /// `λ = t`.
    pub fn linear() -> Self {
        Self { kind: Kind::Linear }
    }

    /// `λ = t^exponent`, `exponent > 0`.
    ///
    /// # Errors
    /// [`Error::Domain`] if the exponent is not finite and positive.
    pub fn power(exponent: f64) -> Result<Self> {
        positive("exponent", exponent)?;
        Ok(Self { kind: if exponent == 1.0 { Kind::Linear } else { Kind::Power { exponent } } })
    }

    /// `λ = sin²(πt/2)`; stops smoothly: `λ̇(1) = 0`.
    pub fn cosine() -> Self {
        Self { kind: Kind::Cosine }
    }

    /// `λ = e^{−2·rate·(1−t)}`: the noising process of diffusion models in its own time, run
    /// backward. It starts at `λ(0) = e^{−2·rate} > 0`, so `p_0` is not the base.
    ///
    /// # Errors
    /// [`Error::Domain`] if the rate is not finite and positive.
    pub fn ornstein_uhlenbeck(rate: f64) -> Result<Self> {
        Ok(Self { kind: Kind::OrnsteinUhlenbeck { rate: positive("rate", rate)? } })
    }

    /// Piecewise linear interpolation of the points `(times[i], lambdas[i])`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless there are at least two points, both lists have the same length,
    /// `times` runs from 0 to 1 and `lambdas` from 0 to 1, both strictly increasing.
    pub fn table(times: Vec<f64>, lambdas: Vec<f64>) -> Result<Self> {
        if times.len() != lambdas.len() {
            return Err(Error::Dimension {
                name: "lambda".to_owned(),
                found: lambdas.len(),
                expected: times.len(),
            });
        }
        for (name, values) in [("t", &times), ("lambda", &lambdas)] {
            let (Some(&first), Some(&last)) = (values.first(), values.last()) else {
                return Err(Error::domain(name, "[]", "at least the two points 0 and 1"));
            };
            for &value in values {
                finite(name, value)?;
            }
            if first != 0.0 || last != 1.0 {
                return Err(Error::domain(name, format!("[{first}, …, {last}]"), "a list from 0 to 1"));
            }
            if let Some((left, right)) = values.iter().zip(&values[1..]).find(|(left, right)| left >= right) {
                return Err(Error::domain(
                    name,
                    format!("[…, {left}, {right}, …]"),
                    "a strictly increasing list",
                ));
            }
        }
        Ok(Self { kind: Kind::Table { times, lambdas } })
    }

    /// One schedule of every kind, for tests and instance families.
    pub fn examples() -> Vec<Self> {
        let kinds = [
            Kind::Linear,
            Kind::Power { exponent: 2.0 },
            Kind::Power { exponent: 0.7 },
            Kind::Power { exponent: 1.5 },
            Kind::Cosine,
            Kind::OrnsteinUhlenbeck { rate: 1.0 },
            Kind::OrnsteinUhlenbeck { rate: 3.0 },
            Kind::Table { times: vec![0.0, 0.25, 0.5, 1.0], lambdas: vec![0.0, 0.125, 0.625, 1.0] },
        ];
        kinds.into_iter().map(|kind| Self { kind }).collect()
    }

    /// Segment of a table that contains `t`: its left point and slope.
    fn segment(times: &[f64], lambdas: &[f64], t: f64) -> (f64, f64, f64) {
        let i = times.partition_point(|&x| x <= t).clamp(1, times.len() - 1);
        let slope = (lambdas[i] - lambdas[i - 1]) / (times[i] - times[i - 1]);
        (times[i - 1], lambdas[i - 1], slope)
    }

    /// `λ(t)` for `t ∈ [0, 1]`.
    pub fn lambda(&self, t: f64) -> f64 {
        match &self.kind {
            Kind::Linear => t,
            Kind::Power { exponent } => core_math::pow(t, *exponent),
            Kind::Cosine => core_math::sinpi(0.5 * t).powi(2),
            Kind::OrnsteinUhlenbeck { rate } => core_math::exp(-2.0 * rate * (1.0 - t)),
            Kind::Table { times, lambdas } => {
                let (t0, l0, slope) = Self::segment(times, lambdas, t);
                if t >= 1.0 { 1.0 } else { l0 + slope * (t - t0) }
            }
        }
    }

    /// `1 − λ(t)`, accurate near `t = 1`.
    pub fn complement(&self, t: f64) -> f64 {
        match &self.kind {
            Kind::Linear => 1.0 - t,
            Kind::Power { exponent } => -core_math::expm1(exponent * core_math::log(t)),
            Kind::Cosine => core_math::cospi(0.5 * t).powi(2),
            Kind::OrnsteinUhlenbeck { rate } => -core_math::expm1(-2.0 * rate * (1.0 - t)),
            Kind::Table { times, lambdas } => {
                let (t0, l0, slope) = Self::segment(times, lambdas, t);
                if t >= 1.0 {
                    0.0
                } else if t0 == times[times.len() - 2] {
                    slope * (1.0 - t)
                } else {
                    1.0 - (l0 + slope * (t - t0))
                }
            }
        }
    }

    /// Derivative `λ̇(t)`; for a table the slope to the right (to the left at `t = 1`). Infinite at
    /// `t = 0` for `t^a` with `a < 1`.
    pub fn lambda_dot(&self, t: f64) -> f64 {
        match &self.kind {
            Kind::Linear => 1.0,
            Kind::Power { exponent } => exponent * core_math::pow(t, exponent - 1.0),
            Kind::Cosine => FRAC_PI_2 * core_math::sinpi(t),
            Kind::OrnsteinUhlenbeck { rate } => 2.0 * rate * self.lambda(t),
            Kind::Table { times, lambdas } => Self::segment(times, lambdas, t).2,
        }
    }

    /// `sup λ̇` over `[from, 1]`; infinite for `t^a` with `a < 1` from 0.
    pub fn steepest(&self, from: f64) -> f64 {
        match &self.kind {
            Kind::Linear => 1.0,
            // A power, so monotone: the supremum is at an end.
            Kind::Power { .. } => self.lambda_dot(from).max(self.lambda_dot(1.0)),
            Kind::Cosine => self.lambda_dot(from.max(0.5)),
            Kind::OrnsteinUhlenbeck { .. } => self.lambda_dot(1.0),
            Kind::Table { times, .. } => times
                .iter()
                .filter(|&&t| t > from)
                .map(|&t| self.lambda_dot(t))
                .fold(self.lambda_dot(from), f64::max),
        }
    }

    /// Enclosures of `λ(t)`, `1 − λ(t)` and `λ̇(t)`.
    pub fn enclosed(&self, t: f64) -> EnclosedSchedule {
        let at = Interval::point(t);
        let one = Interval::ONE;
        match &self.kind {
            Kind::Linear => EnclosedSchedule { lambda: at, complement: one - at, lambda_dot: one },
            Kind::Power { exponent } => {
                let a = Interval::point(*exponent);
                EnclosedSchedule {
                    lambda: at.powf(*exponent),
                    complement: -(a * at.ln()).exp_m1(),
                    lambda_dot: a * power_of(at, less_one(*exponent)),
                }
            }
            Kind::Cosine => {
                let half = 0.5 * t;
                let (sine, cosine) =
                    (pi_multiple(core_math::sinpi, half), pi_multiple(core_math::cospi, half));
                let rate = Interval::PI / Interval::point(2.0) * pi_multiple(core_math::sinpi, t);
                EnclosedSchedule { lambda: sine.square(), complement: cosine.square(), lambda_dot: rate }
            }
            Kind::OrnsteinUhlenbeck { rate } => {
                let exponent = Interval::point(-2.0 * rate) * (one - at);
                let lambda = exponent.exp();
                EnclosedSchedule {
                    lambda,
                    complement: -exponent.exp_m1(),
                    lambda_dot: Interval::point(2.0 * rate) * lambda,
                }
            }
            Kind::Table { times, lambdas } => {
                let (t0, l0, _) = Self::segment(times, lambdas, t);
                let i = times.partition_point(|&x| x <= t0).clamp(1, times.len() - 1);
                let point = Interval::point;
                let slope = (point(lambdas[i]) - point(l0)) / (point(times[i]) - point(t0));
                let lambda = if t >= 1.0 { one } else { point(l0) + slope * (at - point(t0)) };
                EnclosedSchedule { lambda, complement: one - lambda, lambda_dot: slope }
            }
        }
    }

    /// Enclosures of `λ`, `1 − λ` and `λ̇` over all times in `[from, until] ⊂ [0, 1]`: sharp ranges,
    /// because λ is monotone and so is λ̇ on either side of one half for the cosine and everywhere
    /// for the others.
    pub fn over(&self, from: f64, until: f64) -> EnclosedSchedule {
        let (first, last) = (self.enclosed(from), self.enclosed(until));
        let mut lambda_dot = first.lambda_dot.hull(last.lambda_dot);
        match &self.kind {
            Kind::Cosine if from < 0.5 && 0.5 < until => {
                lambda_dot = lambda_dot.hull(self.enclosed(0.5).lambda_dot);
            }
            Kind::Table { times, .. } => {
                for &t in times.iter().filter(|&&t| from < t && t < until) {
                    lambda_dot = lambda_dot.hull(self.enclosed(t).lambda_dot);
                }
            }
            _ => {}
        }
        EnclosedSchedule {
            lambda: first.lambda.hull(last.lambda),
            complement: first.complement.hull(last.complement),
            lambda_dot,
        }
    }

    /// Range of `d√λ/dt` over `[from, until] ⊂ [0, 1]`, the speed of the mean of a path from a
    /// centred base to a target with a mean of length 1.
    pub fn root_rate_over(&self, from: f64, until: f64) -> Interval {
        let ends = |f: &dyn Fn(f64) -> Interval| f(from).hull(f(until));
        let point = Interval::point;
        let half = point(0.5);
        match &self.kind {
            Kind::Linear => ends(&|t| half / point(t).sqrt()),
            Kind::Power { exponent } => {
                let a = 0.5 * exponent;
                ends(&|t| point(a) * power_of(point(t), less_one(a)))
            }
            Kind::Cosine => ends(&|t| Interval::PI * half * pi_multiple(core_math::cospi, 0.5 * t)),
            Kind::OrnsteinUhlenbeck { rate } => {
                let c = point(*rate);
                ends(&|t| c * (-(c * (Interval::ONE - point(t)))).exp())
            }
            Kind::Table { .. } => {
                let at = self.over(from, until);
                at.lambda_dot * half / at.lambda.sqrt()
            }
        }
    }

    /// The time at which `λ = lambda`, for `lambda ∈ [λ(0), 1]`.
    ///
    /// # Errors
    /// [`Error::Domain`] outside that range.
    pub fn time_of(&self, lambda: f64) -> Result<f64> {
        within("lambda", lambda, self.lambda(0.0), 1.0)?;
        Ok(self.time_of_angle(core_math::acos(lambda.sqrt())))
    }

    /// The angle `φ ∈ [0, π/2]` with `λ(t) = cos²φ`; 0 at the target.
    pub fn angle(&self, t: f64) -> f64 {
        core_math::atan2(self.complement(t).max(0.0).sqrt(), self.lambda(t).sqrt())
    }

    /// The time `t` with `λ(t) = cos²φ`.
    pub fn time_of_angle(&self, angle: f64) -> f64 {
        let lambda = core_math::cos(angle).powi(2);
        match &self.kind {
            Kind::Linear => lambda,
            Kind::Power { exponent } => core_math::pow(lambda, 1.0 / exponent),
            Kind::Cosine => 1.0 - angle / FRAC_PI_2,
            Kind::OrnsteinUhlenbeck { rate } => 1.0 + core_math::log(core_math::cos(angle)) / rate,
            Kind::Table { times, lambdas } => {
                let i = lambdas.partition_point(|&x| x <= lambda).clamp(1, times.len() - 1);
                let slope = (times[i] - times[i - 1]) / (lambdas[i] - lambdas[i - 1]);
                times[i - 1] + slope * (lambda - lambdas[i - 1])
            }
        }
    }

    /// `−dt/dφ ≥ 0` at the angle `φ`: how much time passes per angle on the way to the target.
    pub fn time_rate(&self, angle: f64) -> f64 {
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        match &self.kind {
            Kind::Linear => 2.0 * sine * cosine,
            Kind::Power { exponent } => 2.0 / exponent * core_math::pow(cosine, 2.0 / exponent - 1.0) * sine,
            Kind::Cosine => 1.0 / FRAC_PI_2,
            Kind::OrnsteinUhlenbeck { rate } => sine / cosine / rate,
            Kind::Table { times, lambdas } => {
                let lambda = cosine * cosine;
                let i = lambdas.partition_point(|&x| x <= lambda).clamp(1, times.len() - 1);
                let slope = (times[i] - times[i - 1]) / (lambdas[i] - lambdas[i - 1]);
                2.0 * sine * cosine * slope
            }
        }
    }

    /// Angles strictly inside `(0, angle(0))` at which `t(φ)` is not smooth.
    pub fn angle_breaks(&self) -> Vec<f64> {
        match &self.kind {
            Kind::Table { lambdas, .. } => {
                let mut angles: Vec<f64> =
                    lambdas[1..lambdas.len() - 1].iter().map(|l| core_math::acos(l.sqrt())).collect();
                angles.reverse();
                angles
            }
            _ => Vec::new(),
        }
    }

    /// Times strictly inside `(0, 1)` at which `λ̇` jumps.
    pub fn time_breaks(&self) -> Vec<f64> {
        match &self.kind {
            Kind::Table { times, .. } => times[1..times.len() - 1].to_vec(),
            _ => Vec::new(),
        }
    }

    /// The exponent `a` with `λ(t) ~ const·t^a` as `t → 0`; `None` if `λ(0) > 0`.
    ///
    /// With a Gaussian base the action near 0 is finite iff `a > 1` (target with a mean), or
    /// iff `a > 1/2` (centred).
    pub fn onset_exponent(&self) -> Option<f64> {
        match &self.kind {
            Kind::Linear | Kind::Table { .. } => Some(1.0),
            Kind::Power { exponent } => Some(*exponent),
            Kind::Cosine => Some(2.0),
            Kind::OrnsteinUhlenbeck { .. } => None,
        }
    }

    /// Whether `λ̇(1) = 0`. The bias is then of fourth order in κ instead of second.
    pub fn stops_smoothly(&self) -> bool {
        matches!(self.kind, Kind::Cosine)
    }

    /// Whether `t(φ)` is singular at `φ = π/2`, so that panels have to shrink there.
    pub fn is_singular_at_start(&self) -> bool {
        match self.kind {
            Kind::Power { exponent } => (2.0 / exponent).fract() != 0.0,
            Kind::OrnsteinUhlenbeck { .. } => true,
            Kind::Linear | Kind::Cosine | Kind::Table { .. } => false,
        }
    }

    /// `∫_from^until (d√λ/dt)² dt`, the action of the moving mean `√λ_t` of a path from a centred
    /// base, in closed form; infinite from 0 iff `λ ~ t^a` with `a ≤ 1` there.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ from ≤ until ≤ 1`.
    pub fn root_energy(&self, from: f64, until: f64) -> Result<Interval> {
        if !(0.0 <= from && from <= until && until <= 1.0) {
            return Err(Error::domain("start", format!("[{from}, {until}]"), "0 ≤ start ≤ end ≤ 1"));
        }
        if from == until {
            return Ok(Interval::ZERO);
        }
        let point = Interval::point;
        let four = point(4.0);
        if from == 0.0 && self.onset_exponent().is_some_and(|a| a <= 1.0) {
            return Ok(point(f64::INFINITY));
        }
        Ok(match &self.kind {
            // (d√t/dt)² = 1/(4t).
            Kind::Linear => (point(until) / point(from)).ln() / four,
            // a²/4·t^{a−2} integrates to a²/(4(a−1))·t^{a−1}.
            Kind::Power { exponent } => {
                let a = point(*exponent);
                let b = less_one(*exponent);
                a.square() / (four * b) * (power_of(point(until), b) - power_of(point(from), b))
            }
            // (π/2)²cos²(πt/2) = (π²/8)(1 + cos πt).
            Kind::Cosine => {
                let pi = Interval::PI;
                let sines = pi_multiple(core_math::sinpi, until) - pi_multiple(core_math::sinpi, from);
                pi.square() / point(8.0) * (point(until) - point(from)) + pi / point(8.0) * sines
            }
            // √λ = e^{−c(1−t)}: its squared slope c²λ integrates to (c/2)λ.
            Kind::OrnsteinUhlenbeck { rate } => {
                let lambda = |t: f64| (point(-2.0 * rate) * (Interval::ONE - point(t))).exp();
                point(0.5 * rate) * (lambda(until) - lambda(from))
            }
            // Slope k: k²/(4λ) integrates to (k/4) log λ on each segment.
            Kind::Table { times, .. } => {
                let inner = times.iter().copied().filter(|&t| from < t && t < until);
                let ends: Vec<f64> = std::iter::once(from).chain(inner).chain([until]).collect();
                ends.windows(2)
                    .map(|w| {
                        let slope = self.enclosed(w[0]).lambda_dot;
                        slope / four * (self.enclosed(w[1]).lambda / self.enclosed(w[0]).lambda).ln()
                    })
                    .sum()
            }
        })
    }

    /// `∫_from^until λ̇² dt`, the action of the moving variance up to its weights, in closed form;
    /// infinite from 0 iff `λ ~ t^a` with `a ≤ ½` there.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ from ≤ until ≤ 1`.
    pub fn rate_energy(&self, from: f64, until: f64) -> Result<Interval> {
        if !(0.0 <= from && from <= until && until <= 1.0) {
            return Err(Error::domain("start", format!("[{from}, {until}]"), "0 ≤ start ≤ end ≤ 1"));
        }
        if from == until {
            return Ok(Interval::ZERO);
        }
        let point = Interval::point;
        if from == 0.0 && self.onset_exponent().is_some_and(|a| a <= 0.5) {
            return Ok(point(f64::INFINITY));
        }
        Ok(match &self.kind {
            Kind::Linear => point(until) - point(from),
            // a²t^{2a−2} integrates to a²/(2a−1)·t^{2a−1}, for a = ½ to ¼ log t.
            Kind::Power { exponent: 0.5 } => (point(until) / point(from)).ln() / point(4.0),
            Kind::Power { exponent } => {
                let a = point(*exponent);
                let b = a + a - Interval::ONE;
                a.square() / b * (power_of(point(until), b) - power_of(point(from), b))
            }
            // (π/2)²sin²(πt) = (π²/8)(1 − cos 2πt).
            Kind::Cosine => {
                let pi = Interval::PI;
                let sines =
                    pi_multiple(core_math::sinpi, 2.0 * until) - pi_multiple(core_math::sinpi, 2.0 * from);
                pi.square() / point(8.0) * (point(until) - point(from)) - pi / point(16.0) * sines
            }
            // 4c²e^{−4c(1−t)} integrates to c·λ².
            Kind::OrnsteinUhlenbeck { rate } => {
                let square = |t: f64| (point(-4.0 * rate) * (Interval::ONE - point(t))).exp();
                point(*rate) * (square(until) - square(from))
            }
            Kind::Table { times, .. } => {
                let inner = times.iter().copied().filter(|&t| from < t && t < until);
                let ends: Vec<f64> = std::iter::once(from).chain(inner).chain([until]).collect();
                ends.windows(2)
                    .map(|w| self.enclosed(w[0]).lambda_dot.square() * (point(w[1]) - point(w[0])))
                    .sum()
            }
        })
    }

    /// Rate `c` of the Ornstein-Uhlenbeck schedule; `None` for the others.
    pub fn ornstein_uhlenbeck_rate(&self) -> Option<f64> {
        match self.kind {
            Kind::OrnsteinUhlenbeck { rate } => Some(rate),
            _ => None,
        }
    }
}

/// Enclosures of a schedule at a time, see [`Schedule::enclosed`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EnclosedSchedule {
    /// `λ(t)`.
    pub lambda: Interval,
    /// `1 − λ(t)`.
    pub complement: Interval,
    /// `λ̇(t)`.
    pub lambda_dot: Interval,
}

/// `sin(πx)` or `cos(πx)`, correctly rounded by `f`, as an enclosure.
fn pi_multiple(f: impl Fn(f64) -> f64, x: f64) -> Interval {
    let y = f(x);
    // Multiples of 1/2 give the exact values 0 and ±1.
    if (2.0 * x).fract() == 0.0 { Interval::point(y) } else { Interval::new(y.next_down(), y.next_up()) }
}

/// `a − 1`, a point where that is a float: at time 0 an exponent of 0 must not look like a power.
fn less_one(a: f64) -> Interval {
    Dd::difference(a, 1.0).to_interval(0.0)
}

/// `base^exponent` for a non-negative base and an exponent known to an ulp.
fn power_of(base: Interval, exponent: Interval) -> Interval {
    base.powf(exponent.lo()).hull(base.powf(exponent.hi()))
}
