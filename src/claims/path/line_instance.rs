//! Paths on the line whose laws are not Gaussian, at a time or over a range of times, for the claims on paths and
//! transport fields.

use crate::claims::gaussian_instances::random_schedule;
use crate::claims::line_instances::{FINE_TABLE, LineInstance, near_bumps, random_mixture, random_potential};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::measure::line::LineMeasure;
use crate::numerics::quadrature::integrate;
use crate::numerics::stream::Stream;
use crate::path::line::LineBase;
use crate::path::{LinePath, LineSlice, Schedule};
use crate::transport::line::{
    MetricDerivative, metric_derivative_squared, metric_derivative_squared_by_distances, slice_integrals,
    wasserstein2_squared,
};
use rand::RngExt;
use std::f64::consts::FRAC_PI_2;
use std::fmt;

/// Random times keep this distance from 0, 1 and the corners of the schedule.
const CLEARANCE: f64 = 0.06;
/// An angle is a float that is off by a few units, and with it everything on the path by as much, relatively.
const ANGLE: f64 = 8.0 * f64::EPSILON;

/// `λ̇/(2√(λ(1−λ))) = |dφ/dt|` at a time: what turns norms per angle into norms per time.
pub fn angular_speed(schedule: &Schedule, t: f64) -> Enclosure {
    let at = schedule.enclosed(t);
    let product = Enclosure::certified(at.lambda) * Enclosure::certified(at.complement);
    Enclosure::certified(at.lambda_dot) / (2.0 * product.sqrt())
}

/// Distance from `t` to the next time at which the schedule need not be analytic, or the path ends.
pub fn schedule_room(schedule: &Schedule, t: f64) -> f64 {
    schedule.time_breaks().iter().map(|b| (t - b).abs()).fold(t.min(1.0 - t), f64::min)
}

/// A random schedule-dependent time away from ends and corners.
pub fn random_time(stream: &mut Stream, schedule: &Schedule) -> f64 {
    loop {
        let t = stream.random_range(CLEARANCE..1.0 - CLEARANCE);
        if schedule_room(schedule, t) >= CLEARANCE {
            return t;
        }
    }
}

/// A path on the line at a time strictly inside a range on which it is analytic.
#[derive(Clone, Debug)]
pub struct LinePoint {
    /// The path.
    pub line: LineInstance,
    /// The time.
    pub t: f64,
}

impl LinePoint {
    /// The path at the time `t`.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] at times where the path need not be differentiable, or if the base has no variance.
    pub fn new(line: LineInstance, t: f64) -> Result<Self> {
        if !line.base.variance().is_finite() {
            return Err(Error::hypothesis("T2", "H1 (finite second moments)", &line));
        }
        if schedule_room(line.path.schedule(), t) > 0.0 {
            Ok(Self { line, t })
        } else {
            Err(Error::hypothesis("T2", "H1 (the path is differentiable at t)", format!("{line}, t={t}")))
        }
    }

    /// A path at a random time.
    ///
    /// # Errors
    /// Those of [`LinePoint::new`].
    pub fn at_random_time(stream: &mut Stream, line: LineInstance) -> Result<Self> {
        let t = random_time(stream, line.path.schedule());
        Self::new(line, t)
    }

    /// A random mixture, Gaussian base.
    ///
    /// # Errors
    /// Those of [`LinePoint::new`].
    pub fn mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        let line = LineInstance::random_mixture(stream, index)?;
        Self::at_random_time(stream, line)
    }

    /// A random potential, Gaussian base.
    ///
    /// # Errors
    /// Those of [`LinePoint::new`].
    pub fn potential(stream: &mut Stream, index: usize) -> Result<Self> {
        let line = LineInstance::random_potential(stream, index)?;
        Self::at_random_time(stream, line)
    }

    /// A random mixture or potential, Student base.
    ///
    /// # Errors
    /// Those of [`LinePoint::new`].
    pub fn student(stream: &mut Stream, index: usize) -> Result<Self> {
        let line = LineInstance::random_with_student_base(stream, index)?;
        Self::at_random_time(stream, line)
    }

    /// A random mixture and a Student base with more than two degrees of freedom, as a mixture over the scales of the base.
    ///
    /// # Errors
    /// Those of [`LinePoint::new`].
    pub fn student_mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        let dof = stream.random_range(2.5..12.0);
        let target = random_mixture(stream, index)?;
        let line = LineInstance::new(target, LineBase::Student { dof }, random_schedule(stream))?;
        Self::at_random_time(stream, line)
    }

    /// The near bumps from the standard normal law.
    ///
    /// # Errors
    /// Those of [`LinePoint::new`].
    pub fn near_bumps(schedule_name: &str, t: f64) -> Result<Self> {
        Self::new(LineInstance::from_standard(near_bumps()?, schedule_name)?, t)
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        self.line.path.schedule()
    }

    /// Distance to the next time at which the path need not be analytic.
    pub fn room(&self) -> f64 {
        schedule_room(self.schedule(), self.t)
    }

    /// `|dφ/dt|`.
    pub fn angular_speed(&self) -> Enclosure {
        angular_speed(self.schedule(), self.t)
    }

    /// `λ̇/2λ`.
    pub fn factor(&self) -> Enclosure {
        let at = self.schedule().enclosed(self.t);
        Enclosure::certified(at.lambda_dot) / (2.0 * Enclosure::certified(at.lambda))
    }

    /// The law at a time.
    ///
    /// # Errors
    /// Those of the curve.
    pub fn law(&self, t: f64) -> Result<Box<dyn LineSlice + '_>> {
        law(&self.line.path, t)
    }

    /// `‖u_t‖²` of the conditional velocity, which on the line is the optimal field.
    ///
    /// # Errors
    /// Those of the curve.
    pub fn velocity_squared(&self) -> Result<Enclosure> {
        let angle = self.schedule().angle(self.t);
        Ok(rounded(metric_derivative_squared(self.line.path.curve(), angle)? * self.angular_speed().square()))
    }

    /// `|p'_t|²` from quantile functions alone, those of potentials by a table of the densities.
    ///
    /// # Errors
    /// Those of the curve.
    pub fn metric_derivative_squared(&self) -> Result<Enclosure> {
        let angle = self.schedule().angle(self.t);
        let line = self.line.clone().tabulated(FINE_TABLE)?;
        let per_angle = metric_derivative_squared_by_distances(line.path.curve(), angle)?;
        Ok(rounded(per_angle * self.angular_speed().square()))
    }

    /// `I(p_t|γ)`.
    ///
    /// # Errors
    /// Those of the curve.
    pub fn fisher_information(&self) -> Result<Enclosure> {
        Ok(rounded(slice_integrals(self.law(self.t)?.as_ref()).relative_fisher_information))
    }
}

impl fmt::Display for LinePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, base {}, t={}", self.line, self.line.base, self.t)
    }
}

/// The law of a path at a time.
///
/// # Errors
/// Those of the curve.
pub fn law(path: &LinePath, t: f64) -> Result<Box<dyn LineSlice + '_>> {
    path.curve().slice(path.schedule().angle(t).min(FRAC_PI_2))
}

/// A value with the rounding of the angle.
pub fn rounded(value: Enclosure) -> Enclosure {
    if value.is_finite() { value.widened(ANGLE * value.interval().magnitude()) } else { value }
}

/// A path on the line over a range of times.
#[derive(Clone, Debug)]
pub struct LineRange {
    /// The path.
    pub line: LineInstance,
    /// Start.
    pub from: f64,
    /// End.
    pub until: f64,
}

impl LineRange {
    /// The path over `[from, until]`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ from < until ≤ 1`.
    pub fn new(line: LineInstance, from: f64, until: f64) -> Result<Self> {
        if 0.0 <= from && from < until && until <= 1.0 {
            Ok(Self { line, from, until })
        } else {
            Err(Error::domain("range", format!("[{from}, {until}]"), "0 ≤ from < until ≤ 1"))
        }
    }

    /// The whole path, or from 1/16 if the action at 0 is infinite.
    ///
    /// # Errors
    /// None in practice.
    pub fn whole(line: LineInstance) -> Result<Self> {
        let from = line.regular_start();
        Self::new(line, from, 1.0)
    }

    /// The action by the field.
    ///
    /// # Errors
    /// Those of [`MetricDerivative`].
    pub fn action(&self) -> Result<Enclosure> {
        let schedule = self.line.path.schedule();
        let angles = (schedule.angle(self.until), schedule.angle(self.from).min(FRAC_PI_2));
        let profile = MetricDerivative::of(self.line.path.curve(), angles)?;
        Ok(rounded(profile.action(schedule, self.from, self.until)?))
    }

    /// `W₂²` between the laws at the two ends, by quantile functions.
    ///
    /// # Errors
    /// Those of the curve.
    pub fn squared_distance(&self) -> Result<Enclosure> {
        let (first, last) = (law(&self.line.path, self.from)?, law(&self.line.path, self.until)?);
        Ok(rounded(wasserstein2_squared(first.as_ref(), last.as_ref())))
    }

    /// `∫√I(ρ_s|γ) ds` over OU time, `ds = tan φ dφ`.
    ///
    /// # Errors
    /// Those of the curve.
    pub fn length(&self) -> Result<Enclosure> {
        const PIECES: u32 = 3;
        let schedule = self.line.path.schedule();
        let (lo, hi) = (schedule.angle(self.until), schedule.angle(self.from).min(FRAC_PI_2));
        let edges: Vec<f64> =
            (0..=PIECES).map(|k| lo + (hi - lo) * f64::from(k) / f64::from(PIECES)).collect();
        let mut failure = None;
        let mut spread: f64 = 0.0;
        let length = integrate(&edges, |angle| match self.line.path.curve().slice(angle) {
            Ok(slice) => {
                let fisher = slice_integrals(slice.as_ref()).relative_fisher_information;
                spread = spread.max(fisher.relative_width());
                fisher.mid().max(0.0).sqrt() * (core_math::sin(angle) / core_math::cos(angle))
            }
            Err(error) => {
                failure = Some(error);
                f64::NAN
            }
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(length.widened(spread * length.mid().abs()).weakened(Evidence::Converged)),
        }
    }
}

impl fmt::Display for LineRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, base {}, t from {} to {}", self.line, self.line.base, self.from, self.until)
    }
}

/// A target on the line: in turn mixtures and potentials.
///
/// # Errors
/// None in practice: the parameters are in range.
pub fn random_line_target(stream: &mut Stream, index: usize) -> Result<LineMeasure> {
    if index.is_multiple_of(2) {
        random_mixture(stream, index / 2)
    } else {
        random_potential(stream, index / 2)
    }
}

/// Whether the base is `N(0, 1)`.
pub fn has_gaussian_base(line: &LineInstance) -> bool {
    line.base == LineBase::Gaussian
}
