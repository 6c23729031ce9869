//! **P1**: moments along the path.
//!
//! *Statement.* `E X_t = √λ EX + √(1−λ) EZ` and `Cov X_t = λ Cov X + (1−λ) Cov Z`.
//!
//! *Hypotheses.* H1: X and Z are independent, with finite second moments.
//!
//! *Normalisation.* `X_t = √λ X + √(1−λ) Z`.
//!
//! *Why.* Expectation is linear, and covariances of independent vectors add.
//!
//! *Source.* Elementary; \[CCG\] (definition of the path).
//!
//! *Checked.* Left: all pairs of atoms of two discrete laws, weighted, in interval arithmetic; for Gaussian laws
//! in any dimension, quadrature of the joint law of `⟨a, X⟩` and `⟨a, Z⟩`. Right: the formulae, and for Gaussian laws the
//! moments of the path that the other claims use. *Not checked here:* other continuous laws.
//!
//! *Sharp.* An equality itself. *Dropping H1* (X and Z dependent) adds `√(λ(1−λ))` times the cross-covariances.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::claims::path::instance::PathPoint;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::enclosed_matrix::{apply, inner};
use crate::numerics::stream::Stream;
use crate::path::Schedule;
use rand::RngExt;
use std::fmt;

/// Atoms with positive weights, in units of the total weight.
#[derive(Clone, Debug)]
struct Atoms {
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
    fn mean(&self, f: impl Fn(&[f64]) -> Enclosure) -> Enclosure {
        self.points.iter().zip(&self.weights).map(|(p, &w)| f(p) * w).sum::<Enclosure>() / self.total()
    }
}

/// Two laws.
#[derive(Clone, Debug)]
enum Laws {
    Discrete { target: Atoms, base: Atoms, schedule: Schedule, t: f64 },
    Gaussian(Box<PathPoint>),
}

/// Two laws, and the moment that is compared: `E⟨a, X_t⟩` or `Cov(⟨a, X_t⟩, ⟨b, X_t⟩)`.
#[derive(Clone, Debug)]
pub struct MomentsInstance {
    laws: Laws,
    a: Vec<f64>,
    b: Option<Vec<f64>>,
}

impl MomentsInstance {
    fn discrete(stream: &mut Stream, index: usize) -> Self {
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
    fn gaussian(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = match (index / 2) % 3 {
            0 => PathPoint::random_dense(stream, index / 6)?,
            1 => PathPoint::random_product(stream, index / 6)?,
            _ => PathPoint::random(stream, index / 6)?,
        };
        let a: Vec<f64> = (0..point.path.dim()).map(|_| stream.random_range(-1.0..1.0)).collect();
        let b = if index.is_multiple_of(2) { Some(a.clone()) } else { None };
        Ok(Self { laws: Laws::Gaussian(Box::new(point)), a, b })
    }

    /// Two asymmetric laws on the line, at λ = 1/4.
    fn simple(covariance: bool) -> Result<Self> {
        let atoms = |points: [f64; 2], weights: [f64; 2]| Atoms {
            points: points.iter().map(|&x| vec![x]).collect(),
            weights: weights.to_vec(),
        };
        let (target, base) = (atoms([0.0, 3.0], [1.0, 3.0]), atoms([-1.0, 2.0], [1.0, 1.0]));
        let laws = Laws::Discrete { target, base, schedule: schedule("power 2")?, t: 0.5 };
        Ok(Self { laws, a: vec![1.0], b: covariance.then(|| vec![1.0]) })
    }

    /// `λ` and `1−λ`.
    fn weights(&self) -> (Enclosure, Enclosure) {
        let at = match &self.laws {
            Laws::Discrete { schedule, t, .. } => schedule.enclosed(*t),
            Laws::Gaussian(point) => point.path.schedule().enclosed(point.t),
        };
        (Enclosure::certified(at.lambda), Enclosure::certified(at.complement))
    }

    /// The moments of target and base that enter the formula.
    fn ends(&self) -> Result<(Enclosure, Enclosure)> {
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

fn inner_exact(a: &[f64], x: &[f64]) -> Enclosure {
    a.iter().zip(x).map(|(&u, &v)| Enclosure::exact(u) * v).sum()
}

impl fmt::Display for MomentsInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.laws {
            Laws::Discrete { target, base, schedule, t } => {
                write!(f, "{target:?}, base {base:?}, schedule {schedule}, t={t}, ")?;
            }
            Laws::Gaussian(point) => write!(f, "{point}, ")?,
        }
        let moment = if self.b.is_some() { "covariance" } else { "mean" };
        if self.a.len() <= 6 {
            write!(f, "{moment}, a={:?}, b={:?}", self.a, self.b)
        } else {
            write!(f, "{moment}")
        }
    }
}

/// The claim.
pub struct Moments;

impl Theorem for Moments {
    type Instance = MomentsInstance;

    const ABOUT: About = About {
        id: "P1",
        chapter: Chapter::Path,
        title: "Mean and covariance along the path",
        statement: "E X_t = √λ EX + √(1−λ) EZ; Cov X_t = λ Cov X + (1−λ) Cov Z",
        hypotheses: &[("H1", "X and Z are independent, with finite second moments")],
        why: "Expectation is linear, and covariances of independent vectors add.",
        checked: "Discrete laws in d = 1 to 4, all pairs of atoms, means and covariances along random directions; \
                  Gaussian laws up to d = 1000, quadrature of the joint law against the moments of the path.",
        not_checked: "Other continuous laws.",
        source: "Elementary; [CCG], definition of the path",
        relation: Relation::Equality { resolution: 1e-10 },
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<MomentsInstance>> {
        NonEmpty::new(
            Family {
                name: "discrete laws",
                evidence: Evidence::Certified,
                quick: 24,
                full: 200,
                draw: |s, i| Ok(MomentsInstance::discrete(s, i)),
            },
            [Family {
                name: "Gaussian laws",
                evidence: Evidence::Converged,
                quick: 24,
                full: 200,
                draw: MomentsInstance::gaussian,
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<MomentsInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "mean with weights λ and 1−λ",
                instance: || MomentsInstance::simple(false),
                wrong: Wrong::Bound(|i| {
                    let ((x, z), (lambda, complement)) = (i.ends()?, i.weights());
                    Ok(lambda * x + complement * z)
                }),
            },
            [
                FalseTwin {
                    name: "covariance with weights √λ and √(1−λ)",
                    instance: || MomentsInstance::simple(true),
                    wrong: Wrong::Bound(|i| {
                        let ((x, z), (lambda, complement)) = (i.ends()?, i.weights());
                        Ok(lambda.sqrt() * x + complement.sqrt() * z)
                    }),
                },
                FalseTwin {
                    name: "covariance with weights λ² and (1−λ)²",
                    instance: || MomentsInstance::simple(true),
                    wrong: Wrong::Bound(|i| {
                        let ((x, z), (lambda, complement)) = (i.ends()?, i.weights());
                        Ok(lambda.square() * x + complement.square() * z)
                    }),
                },
                FalseTwin {
                    name: "dependent X and Z (comonotone)",
                    instance: || MomentsInstance::simple(true),
                    // Var(√λX + √(1−λ)Z) with X = 3·[U > 1/4], Z = 3·[U > 1/2] − 1: Cov(X, Z) = 9·(1/2 − 3/8).
                    wrong: Wrong::Observed(|i| {
                        let (lambda, complement) = i.weights();
                        let cross = 9.0 * (0.5 - 0.375);
                        Ok(Moments::bound(i)? + 2.0 * (lambda * complement).sqrt() * cross)
                    }),
                },
            ],
        )
    }

    /// Means and covariances along a direction may vanish: the size of the direction times that of the laws.
    fn scale(instance: &MomentsInstance) -> f64 {
        let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        match &instance.laws {
            // Coordinates are of order one.
            Laws::Discrete { .. } => length(&instance.a) * instance.b.as_ref().map_or(1.0, |b| length(b)),
            Laws::Gaussian(_) if instance.b.is_some() => 0.0,
            Laws::Gaussian(point) => {
                let law = point.path.target();
                length(&instance.a) * (law.covariance_entry(0, 0) + law.mean()[0].powi(2)).sqrt()
            }
        }
    }

    fn observed(instance: &MomentsInstance) -> Result<Enclosure> {
        let (lambda, complement) = instance.weights();
        let (x, z) = (lambda.sqrt(), complement.sqrt());
        match &instance.laws {
            Laws::Discrete { target, base, .. } => {
                // Every pair of atoms is an atom of the law of X_t.
                let value = |d: &[f64], p: &[f64], q: &[f64]| x * inner_exact(d, p) + z * inner_exact(d, q);
                let mean = |d: &[f64]| target.mean(|p| base.mean(|q| value(d, p, q)));
                let first = mean(&instance.a);
                Ok(instance.b.as_ref().map_or(first, |b| {
                    let second = mean(b);
                    let product =
                        |p: &[f64], q: &[f64]| (value(&instance.a, p, q) - first) * (value(b, p, q) - second);
                    target.mean(|p| base.mean(|q| product(p, q)))
                }))
            }
            Laws::Gaussian(point) => {
                let marginal = |law: &Gaussian| -> Result<(f64, f64)> {
                    let square: f64 = instance.a.iter().map(|u| u * u).sum();
                    let variance = law.variance_along(&instance.a)?.mid() * square;
                    Ok((inner_exact(&instance.a, law.mean().as_slice()).mid(), variance.sqrt()))
                };
                let (target, base) = (marginal(point.path.target())?, marginal(point.path.base())?);
                Ok(joint_moment((x.mid(), target), (z.mid(), base), instance.b.is_some()))
            }
        }
    }

    fn bound(instance: &MomentsInstance) -> Result<Enclosure> {
        if let (Laws::Gaussian(point), true) = (&instance.laws, instance.a.len() <= 20) {
            // The moments of the path, as all other claims use them.
            return Ok(match &instance.b {
                None => inner(&instance.a, &point.path.mean(point.t)?),
                Some(b) => {
                    let b: Vec<Enclosure> = b.iter().map(|&x| Enclosure::exact(x)).collect();
                    inner(&instance.a, &apply(&point.path.covariance(point.t)?, &b))
                }
            });
        }
        let ((x, z), (lambda, complement)) = (instance.ends()?, instance.weights());
        Ok(match &instance.b {
            None => lambda.sqrt() * x + complement.sqrt() * z,
            Some(_) => lambda * x + complement * z,
        })
    }
}

/// Mean or variance of `wX + w'Z` for independent normal X and Z, by the trapezoidal rule in both variables, which
/// converges geometrically for the weight `e^{−ξ²/2}`: two resolutions.
fn joint_moment(target: (f64, (f64, f64)), base: (f64, (f64, f64)), variance: bool) -> Enclosure {
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
