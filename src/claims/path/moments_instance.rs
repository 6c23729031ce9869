//! The instances of P1: two laws (discrete, Gaussian, on the line, or a mixture and a Gaussian law) and a moment.

use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::claims::path::instance::PathPoint;
use crate::claims::path::line_instance::LinePoint;
use crate::claims::path::mixture_instance::MixtureTime;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::Schedule;
use nalgebra::DVector;
use rand::RngExt;
use std::fmt;

/// Rounding of the moments of a mixture with a few components and coordinates of order one, some hundred operations.
const SUM: f64 = 256.0 * f64::EPSILON;

/// Atoms with positive weights, in units of the total weight.
#[derive(Clone, Debug)]
pub(super) struct Atoms {
    points: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

impl Atoms {
    fn random(stream: &mut Stream, dim: usize) -> Self {
        let count = stream.random_range(2..7);
        let points = (0..count).map(|_| (0..dim).map(|_| stream.random_range(-3.0..3.0)).collect()).collect();
        Self { points, weights: (0..count).map(|_| stream.random_range(0.1..1.0)).collect() }
    }

    fn total(&self) -> Enclosure {
        self.weights.iter().copied().map(Enclosure::exact).sum()
    }

    /// `E f`.
    pub(super) fn mean(&self, f: impl Fn(&[f64]) -> Enclosure) -> Enclosure {
        self.points.iter().zip(&self.weights).map(|(p, &w)| f(p) * w).sum::<Enclosure>() / self.total()
    }
}

/// Two laws.
#[derive(Clone, Debug)]
pub(super) enum Laws {
    Discrete { target: Atoms, base: Atoms, schedule: Schedule, t: f64 },
    Gaussian(Box<PathPoint>),
    Line(Box<LinePoint>),
    Mixture(Box<MixtureTime>),
}

/// Two laws, and the moment that is compared: `E⟨a, X_t⟩` or `Cov(⟨a, X_t⟩, ⟨b, X_t⟩)`.
#[derive(Clone, Debug)]
pub struct MomentsInstance {
    pub(super) laws: Laws,
    pub(super) a: Vec<f64>,
    pub(super) b: Option<Vec<f64>>,
}

impl MomentsInstance {
    pub(super) fn discrete(stream: &mut Stream, index: usize) -> Self {
        let dim = 1 + (index / 2) % 4;
        let (target, base) = (Atoms::random(stream, dim), Atoms::random(stream, dim));
        let (schedule, t) = (random_schedule(stream), stream.random_range(0.0..1.0));
        let mut direction = || (0..dim).map(|_| stream.random_range(-1.0..1.0)).collect();
        let (a, b) = (direction(), direction());
        Self {
            laws: Laws::Discrete { target, base, schedule, t },
            a,
            b: if index.is_multiple_of(2) { Some(b) } else { None },
        }
    }

    /// Gaussian laws, a direction twice: means or variances.
    pub(super) fn gaussian(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = match (index / 2) % 3 {
            0 => PathPoint::random_dense(stream, index / 6)?,
            1 => PathPoint::random_product(stream, index / 6)?,
            _ => PathPoint::random(stream, index / 6)?,
        };
        let a: Vec<f64> = (0..point.path.dim()).map(|_| stream.random_range(-1.0..1.0)).collect();
        let b = if index.is_multiple_of(2) { Some(a.clone()) } else { None };
        Ok(Self { laws: Laws::Gaussian(Box::new(point)), a, b })
    }

    /// Mean or variance of a law on the line that is not Gaussian: mixtures, potentials, and Student bases.
    pub(super) fn line(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = match (index / 2) % 3 {
            0 => LinePoint::mixture(stream, index / 6)?,
            1 => LinePoint::student(stream, index / 6)?,
            _ => LinePoint::potential(stream, index / 6)?,
        };
        let b = if index.is_multiple_of(2) { Some(vec![1.0]) } else { None };
        Ok(Self { laws: Laws::Line(Box::new(point)), a: vec![1.0], b })
    }

    /// Mixtures in two and three dimensions.
    pub(super) fn mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        let dim = if index % 4 == 3 { 3 } else { 2 };
        let case = MixtureTime::random(stream, dim, None)?;
        let mut direction = || (0..dim).map(|_| stream.random_range(-1.0..1.0)).collect();
        let (a, b) = (direction(), direction());
        let b = if index.is_multiple_of(2) { Some(b) } else { None };
        Ok(Self { laws: Laws::Mixture(Box::new(case)), a, b })
    }

    /// Two asymmetric laws on the line, at λ = 1/4.
    pub(super) fn simple(covariance: bool) -> Result<Self> {
        let atoms = |points: [f64; 2], weights: [f64; 2]| Atoms {
            points: points.iter().map(|&x| vec![x]).collect(),
            weights: weights.to_vec(),
        };
        let (target, base) = (atoms([0.0, 3.0], [1.0, 3.0]), atoms([-1.0, 2.0], [1.0, 1.0]));
        let laws = Laws::Discrete { target, base, schedule: schedule("power 2")?, t: 0.5 };
        Ok(Self { laws, a: vec![1.0], b: covariance.then(|| vec![1.0]) })
    }

    /// `λ` and `1−λ`.
    pub(super) fn weights(&self) -> (Enclosure, Enclosure) {
        let at = match &self.laws {
            Laws::Discrete { schedule, t, .. } => schedule.enclosed(*t),
            Laws::Gaussian(point) => point.path.schedule().enclosed(point.t),
            Laws::Line(point) => point.schedule().enclosed(point.t),
            Laws::Mixture(case) => case.schedule.enclosed(case.t),
        };
        (Enclosure::certified(at.lambda), Enclosure::certified(at.complement))
    }

    /// The moments of target and base that enter the formula.
    pub(super) fn ends(&self) -> Result<(Enclosure, Enclosure)> {
        Ok(match &self.laws {
            Laws::Discrete { target, base, .. } => (self.end(target), self.end(base)),
            Laws::Gaussian(point) => {
                let end = |law: &Gaussian| -> Result<Enclosure> {
                    if self.b.is_none() {
                        return Ok(inner_exact(&self.a, law.mean().as_slice()));
                    }
                    let square: Enclosure = self.a.iter().map(|&x| Enclosure::exact(x).square()).sum();
                    Ok(law.variance_along(&self.a)? * square)
                };
                (end(point.path.target())?, end(point.path.base())?)
            }
            Laws::Line(point) => {
                let (target, base) = (&point.line.target, Enclosure::exact(point.line.base.variance()));
                if self.b.is_none() {
                    (target.mean(), Enclosure::exact(0.0))
                } else {
                    (target.variance(), base.widened(f64::EPSILON * base.mid()))
                }
            }
            Laws::Mixture(case) => {
                let law = case.path.target();
                self.b.as_ref().map_or_else(
                    || {
                        let mean = inner_exact(&self.a, law.mean().as_slice());
                        (mean.widened(SUM), Enclosure::exact(0.0))
                    },
                    |b| {
                        let form: f64 = self
                            .a
                            .iter()
                            .enumerate()
                            .map(|(i, u)| u * (law.covariance().row(i) * DVector::from_column_slice(b))[0])
                            .sum();
                        (Enclosure::around(form, SUM, Evidence::Exact), inner_exact(&self.a, b))
                    },
                )
            }
        })
    }

    fn end(&self, law: &Atoms) -> Enclosure {
        let first = law.mean(|x| inner_exact(&self.a, x));
        self.b.as_ref().map_or(first, |b| {
            let second = law.mean(|x| inner_exact(b, x));
            law.mean(|x| (inner_exact(&self.a, x) - first) * (inner_exact(b, x) - second))
        })
    }
}

pub(super) fn inner_exact(a: &[f64], x: &[f64]) -> Enclosure {
    a.iter().zip(x).map(|(&u, &v)| Enclosure::exact(u) * v).sum()
}

impl fmt::Display for MomentsInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.laws {
            Laws::Discrete { target, base, schedule, t } => {
                write!(f, "{target:?}, base {base:?}, schedule {schedule}, t={t}, ")?;
            }
            Laws::Gaussian(point) => write!(f, "{point}, ")?,
            Laws::Line(point) => write!(f, "{point}, ")?,
            Laws::Mixture(case) => write!(f, "{case}, ")?,
        }
        let moment = if self.b.is_some() { "covariance" } else { "mean" };
        if self.a.len() <= 6 {
            write!(f, "{moment}, a={:?}, b={:?}", self.a, self.b)
        } else {
            write!(f, "{moment}")
        }
    }
}

/// Mean or variance of `wX + w'Z` for independent normal X and Z, by the trapezoidal rule in both variables, which
/// converges geometrically for the weight `e^{−ξ²/2}`: two resolutions.
pub(super) fn joint_moment(target: (f64, (f64, f64)), base: (f64, (f64, f64)), variance: bool) -> Enclosure {
    const HALF_RANGE: f64 = 11.0; // e^{−11²/2} is below rounding
    const ULPS: f64 = 4096.0; // a sum of some two thousand terms
    let rule = |nodes: i32| {
        let step = 2.0 * HALF_RANGE / f64::from(nodes);
        let points: Vec<(f64, f64)> = (0..=nodes)
            .map(|k| {
                let xi = step * f64::from(k) - HALF_RANGE;
                (xi, core_math::exp(-0.5 * xi * xi))
            })
            .collect();
        let value = |(w, (m, s)): (f64, (f64, f64)), xi: f64| w * (m + s * xi);
        let (mut mass, mut first) = (0.0, 0.0);
        for &(x, u) in &points {
            for &(y, v) in &points {
                mass += u * v;
                first += u * v * (value(target, x) + value(base, y));
            }
        }
        let mean = first / mass;
        if !variance {
            return mean;
        }
        let mut second = 0.0;
        for &(x, u) in &points {
            for &(y, v) in &points {
                second += u * v * (value(target, x) + value(base, y) - mean).powi(2);
            }
        }
        second / mass
    };
    let size = |(w, (m, s)): (f64, (f64, f64))| (w * m).abs() + w * s;
    let rounding = ULPS * f64::EPSILON * if variance { 0.0 } else { size(target) + size(base) };
    Enclosure::refined(rule(36), rule(44), ULPS).widened(rounding)
}
