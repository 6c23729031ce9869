//! Paths to Gaussian mixtures in several dimensions at a time, and integrals over a box.

use crate::claims::gaussian_instances::random_schedule;
use crate::claims::path::line_instance::{angular_speed, random_time, schedule_room};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::mixture::Mixture;
use crate::numerics::stream::Stream;
use crate::path::{MixturePath, MixtureSlice, Schedule};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use std::fmt;

/// What lies more than [`REACH`] standard deviations away, relative to the whole.
const TRUNCATION: f64 = 1e-13;
/// Half-width of a box beyond the means, in standard deviations.
const REACH: f64 = 8.5;
/// Factor on the square of the coarse rule's error: the law of squares sets in with small steps only.
const SAFETY: f64 = 16.0;
/// Rounding of a sum over a grid, relative to its size.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// A path to a mixture at a time.
#[derive(Clone, Debug)]
pub struct MixtureTime {
    /// The path.
    pub path: MixturePath,
    /// The schedule.
    pub schedule: Schedule,
    /// The time.
    pub t: f64,
}

impl MixtureTime {
    /// A path at a time.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] at times where the path need not be differentiable, or if the base has no variance.
    pub fn new(path: MixturePath, schedule: Schedule, t: f64) -> Result<Self> {
        let case = Self { path, schedule, t };
        if case.room() > 0.0 && case.path.base_second_moment().is_finite() {
            Ok(case)
        } else {
            Err(Error::hypothesis("T1", "H1, H2 (second moments, a time inside the path)", &case))
        }
    }

    /// A random mixture and a random time; a Student base with the given degrees of freedom, else `N(0, I)`.
    ///
    /// # Errors
    /// None in practice: the parameters are in range.
    pub fn random(stream: &mut Stream, dim: usize, freedom: Option<f64>) -> Result<Self> {
        let target = random_mixture(stream, dim)?;
        let path = match freedom {
            None => MixturePath::gaussian(target),
            Some(n) => MixturePath::student(target, n)?,
        };
        let schedule = random_schedule(stream);
        let t = random_time(stream, &schedule);
        Self::new(path, schedule, t)
    }

    /// The law at a time.
    ///
    /// # Errors
    /// Those of the path.
    pub fn law(&self, t: f64) -> Result<MixtureSlice<'_>> {
        self.path.slice(self.schedule.angle(t))
    }

    /// Distance to the next time at which the path need not be analytic.
    pub fn room(&self) -> f64 {
        schedule_room(&self.schedule, self.t)
    }

    /// `|dφ/dt|`.
    pub fn angular_speed(&self) -> Enclosure {
        angular_speed(&self.schedule, self.t)
    }

    /// `λ̇/2λ`.
    pub fn factor(&self) -> Enclosure {
        let at = self.schedule.enclosed(self.t);
        Enclosure::certified(at.lambda_dot) / (2.0 * Enclosure::certified(at.lambda))
    }

    /// Dimension.
    pub fn dim(&self) -> usize {
        self.path.dim()
    }

    /// The box outside which the law at a time has no mass to speak of, for a Gaussian base: centre, half-widths, and
    /// the smallest standard deviation of a component.
    pub fn region(&self, t: f64) -> Region {
        let (lambda, complement) = (self.schedule.lambda(t), self.schedule.complement(t));
        let target = self.path.target();
        let variances = || {
            (0..target.len())
                .flat_map(|k| target.component_variances(k).iter().map(|v| lambda * v + complement))
        };
        let (least, largest) = variances().fold((f64::INFINITY, 0.0_f64), |(a, b), v| (a.min(v), b.max(v)));
        let (centre, half) = (0..self.dim())
            .map(|i| {
                let means = (0..target.len()).map(|k| lambda.sqrt() * target.component_mean(k)[i]);
                let (lo, hi) =
                    means.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), m| (a.min(m), b.max(m)));
                (0.5 * (lo + hi), 0.5 * (hi - lo) + REACH * largest.sqrt())
            })
            .unzip();
        Region { centre, half, scale: least.sqrt() }
    }

    /// A random point near the mass of the law.
    pub fn point_near(&self, stream: &mut Stream) -> Vec<f64> {
        let root = self.schedule.lambda(self.t).sqrt();
        let k = stream.random_range(0..self.path.target().len());
        let mean = self.path.target().component_mean(k);
        mean.iter().map(|m| root * m + stream.random_range(-1.5..1.5)).collect()
    }
}

impl fmt::Display for MixtureTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.path.target();
        write!(f, "{}, ", self.path)?;
        for k in 0..target.len() {
            let covariance = target.component_covariance(k);
            write!(
                f,
                "{}·N({:?}, {:?}) ",
                target.weight(k),
                target.component_mean(k),
                covariance.as_slice()
            )?;
        }
        write!(f, "{}, t={}", self.schedule, self.t)
    }
}

/// Two or three components with dense covariances that do not commute, neither symmetric nor centred.
///
/// # Errors
/// None in practice: the parameters are in range.
pub fn random_mixture(stream: &mut Stream, dim: usize) -> Result<Mixture> {
    const CONDITION: f64 = 3.0;
    let count = stream.random_range(2..4);
    let (mut weights, mut means, mut covariances) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        weights.push(stream.random_range(0.2..1.0));
        means.push(DVector::from_iterator(dim, (0..dim).map(|_| stream.random_range(-1.5..1.75))));
        let shape: DMatrix<f64> = Gaussian::random(stream, dim, CONDITION, 0.0)?.covariance();
        // Trace d: no component is narrow.
        let trace = shape.trace();
        let scale = dim as f64 / trace;
        covariances.push(shape * scale);
    }
    Mixture::new(&weights, means, covariances)
}

/// A box and the length on which integrands vary in it.
#[derive(Clone, Debug)]
pub struct Region {
    /// Centre, shape `[d]`.
    pub centre: Vec<f64>,
    /// Half-widths, shape `[d]`.
    pub half: Vec<f64>,
    /// The length scale.
    pub scale: f64,
}

impl Region {
    /// Integrals over the box by the trapezoidal rule with steps of `share` length scales (Converged). For integrands
    /// that are analytic and vanish at the boundary halving the step squares the error at least, so the rule on every
    /// second point tells the error.
    pub fn integrals<const N: usize>(&self, share: f64, f: impl Fn(&[f64]) -> [f64; N]) -> [Enclosure; N] {
        let dim = self.centre.len();
        let counts: Vec<usize> = self
            .half
            .iter()
            .map(|h| (2.0 * h / (share * self.scale) / 2.0).ceil().max(2.0))
            .map(|n| (0..u32::MAX).take_while(|k| f64::from(*k) < n).count())
            .collect();
        // −n, …, n along each axis.
        let steps: Vec<f64> = self.half.iter().zip(&counts).map(|(h, n)| h / *n as f64).collect();
        let total: usize = counts.iter().map(|n| 2 * n + 1).product();
        let (mut fine, mut coarse, mut size) = ([0.0; N], [0.0; N], [0.0; N]);
        let mut y = vec![0.0; dim];
        for index in 0..total {
            let (mut rest, mut even) = (index, true);
            for i in 0..dim {
                let k = rest % (2 * counts[i] + 1);
                rest /= 2 * counts[i] + 1;
                even &= k.is_multiple_of(2);
                y[i] = self.centre[i] + steps[i] * (k as f64 - counts[i] as f64);
            }
            let values = f(&y);
            for j in 0..N {
                fine[j] += values[j];
                size[j] += values[j].abs();
                if even {
                    coarse[j] += values[j];
                }
            }
        }
        let cell: f64 = steps.iter().product();
        let doubled = cell * (0..dim).fold(1.0, |c, _| 2.0 * c);
        std::array::from_fn(|j| {
            let (value, size) = (fine[j] * cell, size[j] * cell);
            if size == 0.0 {
                return Enclosure::exact(0.0).weakened(Evidence::Converged);
            }
            let share = ((value - coarse[j] * doubled) / size).abs();
            Enclosure::around(
                value,
                size * (SAFETY * share * share + TRUNCATION + ROUNDING),
                Evidence::Converged,
            )
        })
    }
}
