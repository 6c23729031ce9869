//! **T4**: with a Gaussian base the conditional velocity is the optimal field.
//!
//! *Statement.* If ν = γ then `u_t(y) = E[Ẋ_t|X_t=y] = (λ̇/2λ)(y + ∇log p_t(y))`: the gradient of `(λ̇/2λ)(|y|²/2 + log p_t)`,
//! hence optimal: `‖u_t‖² = (λ̇/2λ)²·I(p_t|γ) = |p'_t|²`.
//!
//! *Hypotheses.* H1: ν = γ. H2: `0 < λ_t < 1`, λ differentiable at `t`, the target has a finite second moment.
//!
//! *Normalisation.* `γ = N(0, I)`; `I(q|p) = ∫|∇log(q/p)|² dq`.
//!
//! *Why.* Tweedie's formula `√(1−λ)·E[Z|X_t=y] = −(1−λ)s_t(y)` gives `√λ·E[X|X_t=y] = y + (1−λ)s_t(y)`; insert both into
//! `Ẋ = (λ̇/2√λ)X − (λ̇/2√(1−λ))Z`. Gradients are the tangent space of the Wasserstein space.
//!
//! *Source.* Tweedie's formula (Robbins 1956); Ambrosio, Gigli, Savaré, *Gradient Flows* (2008), §8.4; \[CCG\], Theorem 2.1.
//!
//! *Checked.* The field: conditional means of the joint Gaussian law against the score. The gradient:
//! mixed derivatives. The norm: relative Fisher information against Wasserstein quotients. For mixtures in d = 1 to 6 and potentials
//! on the line the same: conditional means against differences of `log p_t`; on the line the norm by quantile
//! functions. *Not checked here:* other targets in d ≥ 2.
//!
//! *Sharp.* An equality itself. *Dropping H1* (another Gaussian base): the formula fails, and with
//! covariances that do not commute the conditional velocity is no gradient.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::line_instances::{LineInstance, near_bumps};
use crate::claims::path::instance::PathPoint;
use crate::claims::path::line_instance::LinePoint;
use crate::claims::path::mixture_instance::MixtureTime;
use crate::claims::transport::instance::{direction, point_near};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::differentiation::central_derivative;
use crate::numerics::enclosed_matrix::inner;
use crate::numerics::stream::Stream;
use crate::path::line::{LineBase, PotentialCurve};
use crate::path::{GaussianPath, Schedule};
use crate::transport::{conditional_velocity, fisher_along_path, metric_derivative_by_distances, path_score};
use nalgebra::DMatrix;
use rand::RngExt;
use std::fmt;

/// What is compared.
#[derive(Clone, Debug)]
enum Part {
    /// `⟨a, u_t(y)⟩`.
    Field { y: Vec<f64>, a: Vec<f64> },
    /// `⟨a, Du_t b⟩ = ⟨b, Du_t a⟩` at `y` (the field is affine: differences are derivatives).
    Gradient { y: Vec<f64>, a: Vec<f64>, b: Vec<f64> },
    /// `‖u_t‖²`.
    Norm,
}

/// A Gaussian path at a time, and what is compared.
#[derive(Clone, Debug)]
pub struct GaussianCase {
    point: PathPoint,
    part: Part,
}

/// A path from γ at a time, and what is compared.
#[derive(Clone, Debug)]
pub enum GaussianBaseInstance {
    /// Gaussian target.
    Gaussian(Box<GaussianCase>),
    /// Mixture in any dimension: `⟨a, u_t(y)⟩` at y.
    Mixture(Box<MixtureTime>, Vec<f64>, Vec<f64>),
    /// On the line: `u_t(y)` at y.
    LineField(Box<LinePoint>, f64),
    /// On the line: `‖u_t‖²`.
    LineNorm(Box<LinePoint>),
}

use GaussianBaseInstance as Instance;

impl GaussianCase {
    fn new(point: PathPoint, part: Part) -> Result<Self> {
        if point.path.has_standard_base() {
            Ok(Self { point, part })
        } else {
            Err(Error::hypothesis("T4", "H1 (standard Gaussian base)", &point))
        }
    }

    fn random_field(stream: &mut Stream, index: usize) -> Result<Self> {
        // All targets but those with condition number 10⁸, where rounding the law to floats already
        // moves the score by more than the resolution.
        let point = PathPoint::random(stream, [0, 1, 2, 4, 5, 6, 7][index % 7])?;
        let (y, a) = (point_near(stream, &point)?, direction(stream, point.path.dim()));
        Self::new(point, Part::Field { y, a })
    }

    fn random_gradient(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = PathPoint::random(stream, [1, 2, 7, 5][index % 4])?;
        let dim = point.path.dim();
        let (y, a, b) = (point_near(stream, &point)?, direction(stream, dim), direction(stream, dim));
        Self::new(point, Part::Gradient { y, a, b })
    }

    /// A base whose covariance does not commute with that of the target: H1 fails.
    fn skew_base(part: Part) -> Result<Self> {
        let matrix = |entries: &[f64]| DMatrix::from_row_slice(2, 2, entries);
        let mean = |entries: [f64; 2]| nalgebra::DVector::from_row_slice(&entries);
        let target = Gaussian::new(mean([0.5, -1.0]), matrix(&[2.0, 1.0, 1.0, 1.0]))?;
        let base = Gaussian::diagonal(vec![0.0, 0.0], vec![0.25, 4.0])?;
        let point = PathPoint::new(GaussianPath::new(target, base, Schedule::cosine())?, 0.5)?;
        Ok(Self { point, part })
    }

    /// `(λ̇/2λ)(y + s_t(y))`.
    fn formula(&self, y: &[f64]) -> Result<Vec<Enclosure>> {
        let (path, t) = (&self.point.path, self.point.t);
        let factor = self.factor();
        Ok(path_score(path, t, y)?.into_iter().zip(y).map(|(s, &x)| factor * (s + x)).collect())
    }

    /// `λ̇/2λ`.
    fn factor(&self) -> Enclosure {
        let at = self.point.path.schedule().enclosed(self.point.t);
        Enclosure::certified(at.lambda_dot) / (2.0 * Enclosure::certified(at.lambda))
    }

    /// `⟨a, u_t(y+b) − u_t(y)⟩`.
    fn derivative(&self, y: &[f64], a: &[f64], b: &[f64]) -> Result<Enclosure> {
        let (path, t) = (&self.point.path, self.point.t);
        let moved: Vec<f64> = y.iter().zip(b).map(|(x, d)| x + d).collect();
        let (here, there) = (conditional_velocity(path, t, y)?, conditional_velocity(path, t, &moved)?);
        // y + b is rounded: the step is taken from the two points.
        let difference: Vec<Enclosure> = there.into_iter().zip(here).map(|(u, v)| u - v).collect();
        Ok(inner(a, &difference))
    }
}

impl Instance {
    /// `λ̇/2λ`.
    fn factor(&self) -> Enclosure {
        match self {
            Self::Gaussian(case) => case.factor(),
            Self::Mixture(case, ..) => case.factor(),
            Self::LineField(point, _) | Self::LineNorm(point) => point.factor(),
        }
    }

    fn gaussian(case: GaussianCase) -> Self {
        Self::Gaussian(Box::new(case))
    }

    fn mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        let dim = [2, 3, 1, 6][index % 4];
        let case = MixtureTime::random(stream, dim, None)?;
        if !case.path.has_gaussian_base() {
            return Err(Error::hypothesis("T4", "H1 (standard Gaussian base)", &case));
        }
        let (y, a) = (case.point_near(stream), direction(stream, dim));
        Ok(Self::Mixture(Box::new(case), y, a))
    }

    fn line_field(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = LinePoint::potential(stream, index)?;
        let y = stream.random_range(-2.0..2.0);
        Ok(Self::LineField(Box::new(point), y))
    }

    fn line_norm(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = LinePoint::mixture(stream, index)?;
        Ok(Self::LineNorm(Box::new(point)))
    }
}

impl fmt::Display for GaussianBaseInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(case) => write!(f, "{case}"),
            Self::Mixture(case, y, a) => write!(f, "{case}, ⟨a, u(y)⟩ at y={y:?}, a={a:?}"),
            Self::LineField(point, y) => write!(f, "{point}, u(y) at y={y}"),
            Self::LineNorm(point) => write!(f, "{point}, norm"),
        }
    }
}

impl fmt::Display for GaussianCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            Part::Field { y, a } if y.len() <= 5 => {
                write!(f, "{}, ⟨a, u(y)⟩ at y={y:?}, a={a:?}", self.point)
            }
            Part::Field { .. } => write!(f, "{}, ⟨a, u(y)⟩", self.point),
            Part::Gradient { .. } => write!(f, "{}, symmetry of Du", self.point),
            Part::Norm => write!(f, "{}, norm", self.point),
        }
    }
}

/// The claim.
pub struct GaussianBase;

impl Theorem for GaussianBase {
    type Instance = GaussianBaseInstance;

    const ABOUT: About = About {
        id: "T4",
        chapter: Chapter::Transport,
        title: "Gaussian base: the conditional velocity is optimal",
        statement: "ν = γ: u_t(y) = E[Ẋ_t|X_t=y] = (λ̇/2λ)(y + s_t(y)) = ∇[(λ̇/2λ)(|y|²/2 + log p_t)], a gradient, hence \
                    ‖u_t‖² = (λ̇/2λ)²·I(p_t|γ) = |p'_t|²",
        hypotheses: &[
            ("H1", "the base is the standard Gaussian law γ"),
            ("H2", "0 < λ_t < 1, λ differentiable at t, the target has a finite second moment"),
        ],
        why: "Tweedie's formula expresses E[X|X_t] and E[Z|X_t] by the score; gradients are the tangent space of the \
              Wasserstein space.",
        checked: "Conditional means of the joint law against the score formula; symmetry of the Jacobian; Fisher \
                  information against Wasserstein quotients. Gaussian targets up to d = 1000; mixtures in d = 1, 2, 3, 6 and \
                  potentials on the line: conditional means against differences of log p_t, norms by quantile functions.",
        not_checked: "Targets in d ≥ 2 that are not Gaussian mixtures; norms of mixtures in d ≥ 2.",
        source: "Tweedie (Robbins 1956); Ambrosio, Gigli, Savaré, Gradient Flows (2008), §8.4; [CCG], Theorem 2.1",
        relation: Relation::Equality { resolution: 1e-7 },
        rests_on: &["T2", "T3", "W1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<GaussianBaseInstance>> {
        NonEmpty::new(
            Family {
                name: "the field at a point",
                evidence: Evidence::Exact,
                quick: 16,
                full: 160,
                draw: |s, i| Ok(Instance::gaussian(GaussianCase::random_field(s, i)?)),
            },
            [
                Family {
                    name: "symmetry of the Jacobian",
                    evidence: Evidence::Exact,
                    quick: 10,
                    full: 100,
                    draw: |s, i| Ok(Instance::gaussian(GaussianCase::random_gradient(s, i)?)),
                },
                Family {
                    name: "the norm",
                    evidence: Evidence::Converged,
                    quick: 16,
                    full: 160,
                    draw: |s, i| {
                        let case = GaussianCase::new(PathPoint::random(s, i)?, Part::Norm)?;
                        Ok(Instance::gaussian(case))
                    },
                },
                Family {
                    name: "mixtures in d = 1, 2, 3, 6: the field at a point",
                    evidence: Evidence::Converged,
                    quick: 8,
                    full: 80,
                    draw: Instance::mixture,
                },
                Family {
                    name: "potentials on the line: the field at a point",
                    evidence: Evidence::Converged,
                    quick: 4,
                    full: 40,
                    draw: Instance::line_field,
                },
                Family {
                    name: "mixtures on the line: the norm",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 24,
                    draw: Instance::line_norm,
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<GaussianBaseInstance>> {
        let field = || {
            let part = Part::Field { y: vec![2.0], a: vec![1.0] };
            let point = PathPoint::one_dimensional(1.0, 4.0, "power 2", 0.5)?;
            Ok(Instance::gaussian(GaussianCase::new(point, part)?))
        };
        NonEmpty::new(
            FalseTwin {
                name: "√λ in place of λ",
                instance: field,
                wrong: Wrong::Bound(|i| {
                    let Instance::Gaussian(case) = i else { return GaussianBase::bound(i) };
                    let at = case.point.path.schedule().enclosed(case.point.t);
                    Ok(GaussianBase::bound(i)? * Enclosure::certified(at.lambda).sqrt())
                }),
            },
            [
                FalseTwin {
                    name: "the sign of the score",
                    instance: field,
                    // y − s in place of y + s.
                    wrong: Wrong::Bound(|i| Ok(i.factor() * 4.0 - GaussianBase::bound(i)?)),
                },
                FalseTwin {
                    name: "the formula for a base that is not standard",
                    instance: || {
                        let part = Part::Field { y: vec![1.0, 2.0], a: vec![1.0, 0.0] };
                        Ok(Instance::gaussian(GaussianCase::skew_base(part)?))
                    },
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "a gradient for every Gaussian base",
                    instance: || {
                        let (y, a, b) = (vec![0.0, 0.0], vec![1.0, 0.0], vec![0.0, 1.0]);
                        Ok(Instance::gaussian(GaussianCase::skew_base(Part::Gradient { y, a, b })?))
                    },
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "norm with λ̇/2λ in place of its square",
                    instance: || {
                        let point = PathPoint::one_dimensional(1.0, 4.0, "linear", 0.25)?;
                        Ok(Instance::gaussian(GaussianCase::new(point, Part::Norm)?))
                    },
                    wrong: Wrong::Observed(|i| Ok(GaussianBase::observed(i)? / i.factor())),
                },
                FalseTwin {
                    name: "the formula for a Student base",
                    instance: || {
                        let base = LineBase::Student { dof: 3.0 };
                        let line = LineInstance::new(near_bumps()?, base, Schedule::cosine())?;
                        Ok(Instance::LineField(Box::new(LinePoint::new(line, 0.5)?), 1.5))
                    },
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    /// The fields may vanish at a point; their natural size there is that of the two terms whose sum they are.
    fn scale(instance: &Instance) -> f64 {
        let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let factor = instance.factor().hi();
        match instance {
            Instance::Gaussian(case) => match &case.part {
                Part::Field { y, a } => factor * length(y) * length(a),
                Part::Gradient { a, b, .. } => factor * length(a) * length(b),
                Part::Norm => 0.0,
            },
            Instance::Mixture(_, y, a) => factor * length(y).max(1.0) * length(a),
            Instance::LineField(_, y) => factor * y.abs().max(1.0),
            Instance::LineNorm(_) => 0.0,
        }
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Gaussian(case) => {
                let (path, t) = (&case.point.path, case.point.t);
                match &case.part {
                    Part::Field { y, a } => Ok(inner(a, &conditional_velocity(path, t, y)?)),
                    Part::Gradient { y, a, b } => case.derivative(y, a, b),
                    Part::Norm => Ok(case.factor().square() * fisher_along_path(path, t)?),
                }
            }
            Instance::Mixture(case, y, a) => {
                // The conditional law of X given y is a mixture; its mean, and what is left for Z.
                let mean = case.law(case.t)?.conditional(y)?.mean();
                let of_x: Vec<f64> = mean.iter().copied().collect();
                Ok(inner(a, &velocity(&case.schedule, case.t, y, &of_x)))
            }
            Instance::LineField(point, y) => {
                let curve = PotentialCurve::new(point.line.target.clone(), point.line.base)?;
                let mean = curve.at(point.schedule().angle(point.t))?.conditional(*y).mean();
                Ok(velocity(point.schedule(), point.t, &[*y], &[mean])[0])
            }
            Instance::LineNorm(point) => Ok(point.factor().square() * point.fisher_information()?),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Gaussian(case) => match &case.part {
                Part::Field { y, a } => Ok(inner(a, &case.formula(y)?)),
                Part::Gradient { y, a, b } => case.derivative(y, b, a),
                Part::Norm => Ok(metric_derivative_by_distances(&case.point.path, case.point.t)?.square()),
            },
            Instance::Mixture(case, y, a) => {
                let law = case.law(case.t)?;
                let root = a.iter().map(|x| x * x).sum::<f64>().sqrt();
                let score = central_derivative(0.0, STEP / root, |h| {
                    let moved: Vec<f64> = y.iter().zip(a).map(|(x, d)| x + h * d).collect();
                    Ok(known(law.log_density(&moved)?))
                })?;
                let at = inner(a, &y.iter().map(|x| Enclosure::exact(*x)).collect::<Vec<_>>());
                Ok(case.factor() * (at + score))
            }
            Instance::LineField(point, y) => {
                let law = point.law(point.t)?;
                let score = central_derivative(*y, STEP, |x| Ok(known(law.log_density(x))))?;
                Ok(point.factor() * (score + *y))
            }
            Instance::LineNorm(point) => point.metric_derivative_squared(),
        }
    }
}

/// Room for differences of `log p_t`: its complex zeros lie farther away than the steps, an eighth of this.
const STEP: f64 = 0.5;

/// A logarithm of a density that is a sum or a quadrature, with its relative error.
fn known(log_density: f64) -> Enclosure {
    const RELATIVE: f64 = 1e-14;
    Enclosure::around(log_density, RELATIVE * log_density.abs().max(1.0), Evidence::Converged)
}

/// `E[Ẋ|y] = (λ̇/2√λ)E[X|y] − (λ̇/2√(1−λ))E[Z|y]` with `√(1−λ)·Z = y − √λ·X`.
fn velocity(schedule: &Schedule, t: f64, y: &[f64], of_x: &[f64]) -> Vec<Enclosure> {
    /// The conditional mean is a sum or a quadrature.
    const RELATIVE: f64 = 1e-12;
    let at = schedule.enclosed(t);
    let (lambda, complement) = (Enclosure::certified(at.lambda), Enclosure::certified(at.complement));
    let half = Enclosure::certified(at.lambda_dot) / 2.0;
    y.iter()
        .zip(of_x)
        .map(|(&y, &x)| {
            let x = Enclosure::around(x, RELATIVE * x.abs().max(1.0), Evidence::Converged);
            let z = (y - lambda.sqrt() * x) / complement.sqrt();
            half / lambda.sqrt() * x - half / complement.sqrt() * z
        })
        .collect()
}
