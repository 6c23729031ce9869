//! The instances that the claims on paths and transport fields share: a Gaussian path and a time.

use crate::claims::gaussian_instances::{random_schedule, random_target, schedule};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, Schedule};
use crate::transport::room;
use rand::RngExt;
use std::fmt;

/// A Gaussian path at a time strictly inside a range on which it is analytic.
#[derive(Clone, Debug)]
pub struct PathPoint {
    /// The path.
    pub path: GaussianPath,
    /// The time.
    pub t: f64,
}

/// Random times keep this distance from 0, 1 and the corners of the schedule.
const CLEARANCE: f64 = 0.04;

/// Up to this condition number of the target, random times come as near to 1.
const WELL_CONDITIONED: f64 = 1.1e4;

impl PathPoint {
    /// The path at the time `t`.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] at times where the path need not be differentiable.
    pub fn new(path: GaussianPath, t: f64) -> Result<Self> {
        if room(&path, t) > 0.0 {
            Ok(Self { path, t })
        } else {
            Err(Error::hypothesis("T2", "H1 (the path is differentiable at t)", format!("{path}, t={t}")))
        }
    }

    /// `N(0, 1)` to `N(mean, variance)` at `t`.
    ///
    /// # Errors
    /// Those of [`PathPoint::new`].
    pub fn one_dimensional(mean: f64, variance: f64, schedule_name: &str, t: f64) -> Result<Self> {
        let target = Gaussian::isotropic(vec![mean], variance)?;
        Self::new(GaussianPath::from_standard(target, schedule(schedule_name)?)?, t)
    }

    /// Two laws on the line, both with a mean.
    ///
    /// # Errors
    /// Those of [`PathPoint::new`].
    pub fn between(target: (f64, f64), base: (f64, f64), schedule_name: &str, t: f64) -> Result<Self> {
        let law = |(mean, variance): (f64, f64)| Gaussian::isotropic(vec![mean], variance);
        Self::new(GaussianPath::new(law(target)?, law(base)?, schedule(schedule_name)?)?, t)
    }

    /// Random target (general covariance, non-centred, up to d = 1000), standard base.
    ///
    /// # Errors
    /// Those of [`PathPoint::new`].
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = random_target(stream, index)?;
        let base = Gaussian::standard(target.dim())?;
        // Near an ill-conditioned target the rounding of the law to floats exceeds what claims resolve.
        let spectrum = target.spectrum();
        let condition = spectrum.largest().hi() / spectrum.smallest().lo();
        let latest = if condition > WELL_CONDITIONED { 0.6 } else { 1.0 - CLEARANCE };
        Self::at_random_time(stream, target, base, latest)
    }

    /// Target and base with dense covariances that do not commute, both with a mean.
    ///
    /// # Errors
    /// Those of [`PathPoint::new`].
    pub fn random_dense(stream: &mut Stream, index: usize) -> Result<Self> {
        let dim = 2 + index % 3;
        let target = Gaussian::random(stream, dim, 30.0, 1.0)?;
        let base = Gaussian::random(stream, dim, 4.0, 0.5)?;
        Self::at_random_time(stream, target, base, 1.0 - CLEARANCE)
    }

    /// Independent coordinates with different variances and means on both sides.
    ///
    /// # Errors
    /// Those of [`PathPoint::new`].
    pub fn random_product(stream: &mut Stream, index: usize) -> Result<Self> {
        let dim = [1, 2, 6, 200][index % 4];
        let law = |stream: &mut Stream| {
            let mean = (0..dim).map(|_| stream.random_range(-2.0..2.0)).collect();
            let variances = (0..dim).map(|_| 10_f64.powf(stream.random_range(-2.0..2.0))).collect();
            Gaussian::diagonal(mean, variances)
        };
        let (target, base) = (law(stream)?, law(stream)?);
        Self::at_random_time(stream, target, base, 1.0 - CLEARANCE)
    }

    fn at_random_time(stream: &mut Stream, target: Gaussian, base: Gaussian, latest: f64) -> Result<Self> {
        let path = GaussianPath::new(target, base, random_schedule(stream))?;
        let t = loop {
            let t = stream.random_range(CLEARANCE..latest);
            if room(&path, t) >= CLEARANCE {
                break t;
            }
        };
        Self::new(path, t)
    }
}

impl fmt::Display for PathPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, t={}", self.path, self.t)
    }
}

/// A Gaussian path over a range of times.
#[derive(Clone, Debug)]
pub struct PathRange {
    /// The path.
    pub path: GaussianPath,
    /// Start.
    pub from: f64,
    /// End.
    pub until: f64,
}

impl PathRange {
    /// The path over `[from, until]`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ from < until ≤ 1`.
    pub fn new(path: GaussianPath, from: f64, until: f64) -> Result<Self> {
        if 0.0 <= from && from < until && until <= 1.0 {
            Ok(Self { path, from, until })
        } else {
            Err(Error::domain("range", format!("[{from}, {until}]"), "0 ≤ from < until ≤ 1"))
        }
    }

    /// The whole path from γ to the target, or from 1/16 if the action at 0 is infinite.
    ///
    /// # Errors
    /// Those of the path.
    pub fn whole(target: Gaussian, schedule: Schedule) -> Result<Self> {
        let singular = schedule.onset_exponent().is_some_and(|a| a <= 1.0);
        let path = GaussianPath::from_standard(target, schedule)?;
        Self::new(path, if singular { 0.0625 } else { 0.0 }, 1.0)
    }

    /// Random target, standard base, whole path.
    ///
    /// # Errors
    /// Those of [`PathRange::whole`].
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = random_target(stream, index)?;
        Self::whole(target, random_schedule(stream))
    }

    /// Covariances that do not commute, cosine schedule, whole path.
    ///
    /// # Errors
    /// Those of the path.
    pub fn random_dense(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = PathPoint::random_dense(stream, index)?;
        let (target, base) = (point.path.target().clone(), point.path.base().clone());
        Self::new(GaussianPath::new(target, base, Schedule::cosine())?, 0.0, 1.0)
    }
}

impl fmt::Display for PathRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, t from {} to {}", self.path, self.from, self.until)
    }
}
