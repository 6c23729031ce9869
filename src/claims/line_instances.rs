//! Targets on the line that are not Gaussian, with a Gaussian or a Student base, for the instance families.

use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::error::{Error, Result};
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use crate::path::line::{LineBase, TabulatedCurve, curve_on_line};
use crate::path::{LinePath, Schedule};
use rand::RngExt;
use std::fmt;
use std::sync::Arc;

/// Accuracy of tables of paths for figures with three digits; the errors found are some 10⁻⁸ relative.
pub const TABLE: f64 = 1e-7;
/// The same for divergences down to 10⁻¹⁵, whose relative errors are those of the densities over their square roots.
pub const FINE_TABLE: f64 = 1e-10;

/// The path between a base and a target on the line.
#[derive(Clone, Debug)]
pub struct LineInstance {
    /// The target.
    pub target: LineMeasure,
    /// The base.
    pub base: LineBase,
    /// The path.
    pub path: LinePath,
}

impl LineInstance {
    /// The path from a base to a target.
    ///
    /// # Errors
    /// Those of [`curve_on_line`].
    pub fn new(target: LineMeasure, base: LineBase, schedule: Schedule) -> Result<Self> {
        let path = LinePath::new(curve_on_line(&target, base)?, schedule);
        Ok(Self { target, base, path })
    }

    /// The path from the standard normal law, the schedule by name.
    ///
    /// # Errors
    /// Those of [`curve_on_line`] and [`schedule`].
    pub fn from_standard(target: LineMeasure, schedule_name: &str) -> Result<Self> {
        Self::new(target, LineBase::Gaussian, schedule(schedule_name)?)
    }

    /// A random mixture, a random schedule and the standard normal base.
    ///
    /// # Errors
    /// None in practice: the parameters are in range.
    pub fn random_mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        Self::new(random_mixture(stream, index)?, LineBase::Gaussian, random_schedule(stream))
    }

    /// A random potential, a random schedule and the standard normal base.
    ///
    /// # Errors
    /// None in practice: the parameters are in range.
    pub fn random_potential(stream: &mut Stream, index: usize) -> Result<Self> {
        Self::new(random_potential(stream, index)?, LineBase::Gaussian, random_schedule(stream))
    }

    /// A random mixture or potential, a random schedule and a Student base with more than two degrees of freedom (finite variance).
    ///
    /// # Errors
    /// None in practice: the parameters are in range.
    pub fn random_with_student_base(stream: &mut Stream, index: usize) -> Result<Self> {
        let dof = stream.random_range(2.5..12.0);
        let target = if index.is_multiple_of(2) {
            random_mixture(stream, index / 2)
        } else {
            random_potential(stream, index / 2)
        };
        Self::new(target?, LineBase::Student { dof }, random_schedule(stream))
    }

    /// The same path with its laws in a table if they are quadratures that a table can hold: a potential without corners or
    /// jumps and the standard normal base. It pays where a path is followed.
    ///
    /// # Errors
    /// Those of [`TabulatedCurve::with_accuracy`], but for targets that have no table.
    pub fn tabulated(self, accuracy: f64) -> Result<Self> {
        if self.base != LineBase::Gaussian || self.target.mixture_parameters().is_some() {
            return Ok(self);
        }
        let curve = curve_on_line(&self.target, self.base)?;
        match TabulatedCurve::with_accuracy(curve, accuracy) {
            Ok(table) => {
                Ok(Self { path: LinePath::new(Arc::new(table), self.path.schedule().clone()), ..self })
            }
            Err(Error::NoConvergence { .. }) => Ok(self),
            Err(error) => Err(error),
        }
    }

    /// Where the action is finite from: 0, or a little later for schedules that leave the base too fast.
    pub fn regular_start(&self) -> f64 {
        let singular = self.path.schedule().onset_exponent().is_some_and(|a| a <= 1.0);
        if singular { 0.0625 } else { 0.0 }
    }
}

impl fmt::Display for LineInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)
    }
}

/// A random mixture of normal laws: neither symmetric nor centred, in turn two near bumps, two far ones (a deep double well), up to
/// five of several widths, and nearly one bump.
///
/// # Errors
/// None in practice: the parameters are in range.
pub fn random_mixture(stream: &mut Stream, index: usize) -> Result<LineMeasure> {
    let (count, spread, widths) = match index % 4 {
        0 => (2, 1.5, (0.5, 1.2)),
        1 => (2, 3.0, (0.35, 0.8)),
        2 => (stream.random_range(3..6), 2.5, (0.3, 1.5)),
        _ => (2, 0.5, (0.7, 1.4)),
    };
    let centre = stream.random_range(-0.75..0.75);
    let mut column = |lo: f64, hi: f64| (0..count).map(|_| stream.random_range(lo..hi)).collect::<Vec<f64>>();
    let weights = column(0.1, 1.0);
    let stds = column(widths.0, widths.1);
    let mut means = column(centre - spread, centre + spread);
    if index % 4 == 1 {
        // The two bumps of the double well stay apart.
        means[0] = centre - spread + 0.25 * (means[0] - centre);
        means[1] = centre + spread + 0.25 * (means[1] - centre);
    }
    LineMeasure::gaussian_mixture(&weights, &means, &stds)
}

/// A random potential: tilted quartic single and double wells, perturbed and kinked quadratics.
///
/// # Errors
/// None in practice: the parameters are in range.
pub fn random_potential(stream: &mut Stream, index: usize) -> Result<LineMeasure> {
    let mut coefficient = |lo: f64, hi: f64| (stream.random_range(lo..hi) * 64.0_f64).round() / 64.0;
    let tilt = coefficient(-1.0, 1.0);
    let text = match index % 4 {
        0 => format!("x^4/4 - {}*x^2/2 + {tilt}*x", coefficient(0.5, 3.0)),
        1 => format!("x^2/2 + {}*cos(3*x) + {tilt}*x", coefficient(0.25, 1.0)),
        2 => format!("{}*x^4 + x^2/4 + {tilt}*x", coefficient(0.0625, 0.5)),
        _ => format!("x^2/2 - {}*sqrt(0.0625 + x^2) + {tilt}*x", coefficient(0.25, 1.5)),
    };
    LineMeasure::parse(&text, f64::NEG_INFINITY, f64::INFINITY)
}

/// A random potential that mixes quickly and whose paths have small tables: tilted quartic wells without a barrier, and
/// quadratics with a rounded kink.
///
/// # Errors
/// None in practice: the parameters are in range.
pub fn quick_potential(stream: &mut Stream, index: usize) -> Result<LineMeasure> {
    random_potential(stream, [2, 3][index % 2])
}

/// `½N(±2, ¼)`.
///
/// # Errors
/// None in practice: the parameters are in range.
pub fn two_bumps() -> Result<LineMeasure> {
    LineMeasure::gaussian_mixture(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5])
}

/// `0.3 N(−2.8, ¼) + 0.7 N(1.2, ¼)`: centred, unequal, and slow to mix.
///
/// # Errors
/// None in practice: the parameters are in range.
pub fn unequal_bumps() -> Result<LineMeasure> {
    LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.8, 1.2], &[0.5, 0.5])
}

/// `0.3 N(−1.5, ¼) + 0.7 N(1, 0.36)`: neither symmetric nor centred, and quick to mix.
///
/// # Errors
/// None in practice: the parameters are in range.
pub fn near_bumps() -> Result<LineMeasure> {
    LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-1.5, 1.0], &[0.5, 0.6])
}
