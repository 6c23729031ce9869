//! **T1**: the conditional velocity solves the continuity equation.
//!
//! *Statement.* `u_t(y) = E[Ẋ_t|X_t=y]` satisfies `d/dt E g(X_t) = E⟨∇g(X_t), u_t(X_t)⟩` for test functions g, hence
//! `∂_tp_t + ∇·(u_tp_t) = 0`; in logarithms `∂_t log p_t = −∇·u_t − ⟨u_t, ∇log p_t⟩`.
//!
//! *Hypotheses.* H1: target and base have finite second moments. H2: `0 < λ_t < 1`, λ differentiable at `t`.
//!
//! *Normalisation.* `X_t = √λ X + √(1−λ) Z`, so `Ẋ_t = (λ̇/2√λ)X − (λ̇/2√(1−λ))Z`.
//!
//! *Why.* `d/dt E g(X_t) = E⟨∇g(X_t), Ẋ_t⟩`; condition on `X_t`.
//!
//! *Source.* \[CCG\], Theorem 2.1; Lipman, Chen, Ben-Hamu, Nickel, Le, *Flow matching for generative modeling* (2023).
//!
//! *Checked.* Weak form for linear, quadratic, exponential and trigonometric test functions along random directions:
//! left by extrapolated differences of `E g(X_t)`, right by conditional means of the joint Gaussian law
//! (Stein's lemma). Pointwise form on the line and in several dimensions: extrapolated differences of `log p_t(y)`.
//! *Not checked here:* laws that are not Gaussian.
//!
//! *Sharp.* An equality itself. *Dropping H2:* at λ = 0 or 1 the velocity may be infinite.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::claims::transport::instance::{direction, point_near};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::differentiation::central_derivative;
use crate::numerics::enclosed_matrix::inner;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::transport::{conditional_velocity, path_score, room};
use std::fmt;

/// A test function of `⟨a, x⟩`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Test {
    Linear,
    Square,
    Exponential,
    Cosine,
}

/// Weak form with a test function, or pointwise form.
#[derive(Clone, Debug)]
enum Form {
    Weak { test: Test, a: Vec<f64> },
    Pointwise { y: Vec<f64> },
}

/// A path at a time, and where the equation is tested.
#[derive(Clone, Debug)]
pub struct ContinuityInstance {
    point: PathPoint,
    form: Form,
}

impl ContinuityInstance {
    /// The direction is scaled so that `⟨a, X_t⟩` has variance one: exponentials stay of order one.
    fn weak(stream: &mut Stream, index: usize, point: PathPoint) -> Result<Self> {
        let test = [Test::Linear, Test::Square, Test::Exponential, Test::Cosine][index % 4];
        let raw = direction(stream, point.path.dim());
        let deviation = point.path.law(point.t)?.variance_along(&raw)?.mid().sqrt();
        let length = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
        let a = raw.iter().map(|x| x / (length * deviation)).collect();
        Ok(Self { point, form: Form::Weak { test, a } })
    }

    fn pointwise(stream: &mut Stream, point: PathPoint) -> Result<Self> {
        let y = point_near(stream, &point)?;
        Ok(Self { point, form: Form::Pointwise { y } })
    }

    fn simple(test: Test) -> Result<Self> {
        let point = PathPoint::between((1.0, 4.0), (-0.5, 0.5), "power 2", 0.5)?;
        Ok(Self { point, form: Form::Weak { test, a: vec![0.75] } })
    }

    /// The velocity at `y`.
    fn velocity(&self, y: &[f64]) -> Result<Vec<Enclosure>> {
        conditional_velocity(&self.point.path, self.point.t, y)
    }
}

impl fmt::Display for ContinuityInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Weak { test, a } if a.len() <= 6 => write!(f, "{}, {test:?}, a={a:?}", self.point),
            Form::Weak { test, .. } => write!(f, "{}, {test:?}", self.point),
            Form::Pointwise { y } => write!(f, "{}, at y={y:?}", self.point),
        }
    }
}

/// The claim.
pub struct Continuity;

impl Theorem for Continuity {
    type Instance = ContinuityInstance;

    const ABOUT: About = About {
        id: "T1",
        chapter: Chapter::Transport,
        title: "The conditional velocity solves the continuity equation",
        statement: "u_t(y) = E[Ẋ_t|X_t=y]: d/dt E g(X_t) = E⟨∇g(X_t),u_t(X_t)⟩ for test functions g in any d; pointwise \
                    ∂_t log p_t = −∇·u_t − ⟨u_t,∇log p_t⟩",
        hypotheses: &[
            ("H1", "target and base have finite second moments"),
            ("H2", "0 < λ_t < 1 and λ is differentiable at t"),
        ],
        why: "d/dt E g(X_t) = E⟨∇g(X_t),Ẋ_t⟩; condition on X_t.",
        checked: "Linear, quadratic, exponential and trigonometric test functions along random directions up to \
                  d = 1000; the pointwise form up to d = 6. Differences in time, extrapolated, against conditional means.",
        not_checked: "Laws that are not Gaussian.",
        source: "[CCG], Theorem 2.1; Lipman et al., Flow matching for generative modeling (2023)",
        relation: Relation::Equality { resolution: 1e-7 },
        rests_on: &["P1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<ContinuityInstance>> {
        NonEmpty::new(
            Family {
                name: "weak form, random targets, standard base",
                evidence: Evidence::Converged,
                quick: 20,
                full: 200,
                draw: |s, i| {
                    // All targets but those with condition number 10⁸, see T4.
                    let point = PathPoint::random(s, [0, 1, 2, 4, 5, 6, 7][(i / 4) % 7])?;
                    ContinuityInstance::weak(s, i, point)
                },
            },
            [
                Family {
                    name: "weak form, covariances that do not commute",
                    evidence: Evidence::Converged,
                    quick: 16,
                    full: 160,
                    draw: |s, i| {
                        let point = PathPoint::random_dense(s, i / 4)?;
                        ContinuityInstance::weak(s, i, point)
                    },
                },
                Family {
                    name: "weak form, means on both sides",
                    evidence: Evidence::Converged,
                    quick: 16,
                    full: 160,
                    draw: |s, i| {
                        let point = PathPoint::random_product(s, i / 4)?;
                        ContinuityInstance::weak(s, i, point)
                    },
                },
                Family {
                    name: "pointwise on the line",
                    evidence: Evidence::Converged,
                    quick: 12,
                    full: 120,
                    draw: |s, i| {
                        let point = if i % 2 == 0 {
                            PathPoint::random(s, 0)
                        } else {
                            PathPoint::random_product(s, 0)
                        };
                        ContinuityInstance::pointwise(s, point?)
                    },
                },
                Family {
                    name: "pointwise in several dimensions",
                    evidence: Evidence::Converged,
                    quick: 9,
                    full: 90,
                    draw: |s, i| {
                        let point = PathPoint::random_dense(s, i)?;
                        ContinuityInstance::pointwise(s, point)
                    },
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<ContinuityInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "u with the other sign",
                instance: || ContinuityInstance::simple(Test::Exponential),
                wrong: Wrong::Bound(|i| Ok(-Continuity::bound(i)?)),
            },
            [
                FalseTwin {
                    name: "λ̇/√λ in place of λ̇/2√λ",
                    instance: || ContinuityInstance::simple(Test::Square),
                    wrong: Wrong::Bound(|i| Ok(Continuity::bound(i)? * 2.0)),
                },
                FalseTwin {
                    name: "divergence left out of the pointwise form",
                    instance: || {
                        let point = PathPoint::one_dimensional(1.0, 4.0, "power 2", 0.5)?;
                        Ok(ContinuityInstance { point, form: Form::Pointwise { y: vec![1.5] } })
                    },
                    wrong: Wrong::Bound(|i| match &i.form {
                        Form::Pointwise { y } => Ok(-transported(i, y)?),
                        Form::Weak { .. } => Continuity::bound(i),
                    }),
                },
                FalseTwin {
                    name: "velocity of the target alone: the base left out",
                    instance: || ContinuityInstance::simple(Test::Cosine),
                    wrong: Wrong::Bound(|i| {
                        let target = i.point.path.target().clone();
                        let path = GaussianPath::from_standard(target, i.point.path.schedule().clone())?;
                        let point = PathPoint::new(path, i.point.t)?;
                        Continuity::bound(&ContinuityInstance { point, form: i.form.clone() })
                    }),
                },
            ],
        )
    }

    /// Both sides may vanish; the rates of mean and variance of `⟨a, X_t⟩`, or of the log density at a typical
    /// point, are of the size of `λ̇/λ + λ̇/(1−λ)` or less.
    fn scale(instance: &ContinuityInstance) -> f64 {
        let at = instance.point.path.schedule().enclosed(instance.point.t);
        (at.lambda_dot / at.lambda).lo().min((at.lambda_dot / at.complement).lo())
    }

    fn observed(instance: &ContinuityInstance) -> Result<Enclosure> {
        let PathPoint { path, t } = &instance.point;
        central_derivative(*t, room(path, *t), |s| match &instance.form {
            Form::Weak { test, a } => expectation(path, s, *test, a),
            Form::Pointwise { y } => log_density(path, s, y),
        })
    }

    fn bound(instance: &ContinuityInstance) -> Result<Enclosure> {
        match &instance.form {
            Form::Weak { test, a } => flux(instance, *test, a),
            Form::Pointwise { y } => Ok(-(divergence(instance, y)? + transported(instance, y)?)),
        }
    }
}

/// Mean and variance of `⟨a, X_t⟩`, from the formulae for mean and covariance (P1).
fn projected(path: &GaussianPath, t: f64, a: &[f64]) -> Result<(Enclosure, Enclosure)> {
    let at = path.schedule().enclosed(t);
    let form = |law: &Gaussian| -> Enclosure {
        let image = |i: usize| -> Enclosure {
            match law.variances() {
                Some(variances) => Enclosure::exact(variances[i]) * a[i],
                None => {
                    a.iter().enumerate().map(|(j, &x)| Enclosure::exact(law.covariance_entry(i, j)) * x).sum()
                }
            }
        };
        (0..a.len()).map(|i| a[i] * image(i)).sum()
    };
    let (lambda, complement) = (Enclosure::certified(at.lambda), Enclosure::certified(at.complement));
    let variance = lambda * form(path.target()) + complement * form(path.base());
    Ok((inner(a, &path.mean(t)?), variance))
}

/// `E g(⟨a, X_t⟩)` in closed form.
fn expectation(path: &GaussianPath, t: f64, test: Test, a: &[f64]) -> Result<Enclosure> {
    let (mean, variance) = projected(path, t, a)?;
    Ok(match test {
        Test::Linear => mean,
        Test::Square => mean.square() + variance,
        Test::Exponential => (mean + 0.5 * variance).exp(),
        Test::Cosine => mean.map(Interval::cos) * (-0.5 * variance).exp(),
    })
}

/// `E⟨∇g(X_t), u_t(X_t)⟩ = E[g'(⟨a,X⟩)⟨a,u(X)⟩]`. The field is affine, so with `μ = ⟨a, u(m)⟩` and
/// `c = ⟨a, u(m+Σa) − u(m)⟩ = Cov(⟨a,X⟩, ⟨a,u(X)⟩)` Stein's lemma gives `μE g'(⟨a,X⟩) + cE g''(⟨a,X⟩)`.
fn flux(instance: &ContinuityInstance, test: Test, a: &[f64]) -> Result<Enclosure> {
    let PathPoint { path, t } = &instance.point;
    let law = path.law(*t)?;
    let (m, d) = (law.mean().as_slice(), law.dim());
    let image = |i: usize| match law.variances() {
        Some(variances) => variances[i] * a[i],
        None => (0..d).map(|j| law.covariance_entry(i, j) * a[j]).sum(),
    };
    let shifted: Vec<f64> = (0..d).map(|i| m[i] + image(i)).collect();
    let at_mean = inner(a, &instance.velocity(m)?);
    let covariance = inner(a, &instance.velocity(&shifted)?) - at_mean;
    let (mean, variance) = projected(path, *t, a)?;
    let damping = (-0.5 * variance).exp();
    let (first, second) = match test {
        Test::Linear => (Enclosure::exact(1.0), Enclosure::exact(0.0)),
        Test::Square => (2.0 * mean, Enclosure::exact(2.0)),
        Test::Exponential => {
            let both = (mean + 0.5 * variance).exp();
            (both, both)
        }
        Test::Cosine => (-(mean.map(Interval::sin) * damping), -(mean.map(Interval::cos) * damping)),
    };
    // The point m + Σa and the mean are rounded to floats: a few units of what the field is made of.
    let rounding = 16.0 * f64::EPSILON * d as f64;
    let size = (at_mean.interval().magnitude() + covariance.interval().magnitude()) * rounding;
    Ok((at_mean.widened(size) * first + covariance.widened(size) * second).weakened(Evidence::Exact))
}

/// `log p_t(y)` with the coefficients enclosed: through the law at `t`, whose rounding is a few units.
fn log_density(path: &GaussianPath, t: f64, y: &[f64]) -> Result<Enclosure> {
    let law = path.law(t)?;
    // δ log p = ⟨s, δm⟩ + ½tr((ssᵀ − Σ⁻¹)δΣ), δΣ at most `law_rounding` relative to Σ.
    let rounding = GaussianPath::law_rounding(&law);
    let score: f64 = law.score(y)?.iter().map(|s| s.interval().magnitude().powi(2)).sum();
    let shift: f64 = path.mean(t)?.iter().map(|m| m.width().powi(2)).sum();
    let form = score * law.spectrum().largest().hi();
    let radius = (score * shift).sqrt() + 0.5 * rounding * (form + law.dim() as f64);
    Ok(law.log_density(y)?.widened(radius).weakened(Evidence::Exact))
}

/// `∇·u` of the affine field: differences along the coordinates.
fn divergence(instance: &ContinuityInstance, y: &[f64]) -> Result<Enclosure> {
    let here = instance.velocity(y)?;
    let mut total = Enclosure::exact(0.0);
    for i in 0..y.len() {
        let mut moved = y.to_vec();
        moved[i] += 1.0;
        let step = Enclosure::exact(moved[i]) - y[i];
        total = total + (instance.velocity(&moved)?[i] - here[i]) / step;
    }
    Ok(total)
}

/// `⟨u, ∇log p⟩`.
fn transported(instance: &ContinuityInstance, y: &[f64]) -> Result<Enclosure> {
    let score = path_score(&instance.point.path, instance.point.t, y)?;
    Ok(instance.velocity(y)?.into_iter().zip(score).map(|(u, s)| u * s).sum())
}
