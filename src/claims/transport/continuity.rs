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
//! For mixtures
//! in d = 2 and 3 with a Gaussian or a Student base the weak form with bumps `e^{−|y−b|²/2τ}`: left in closed form, right by quadrature of
//! the conditional velocity. Pointwise on the line for mixtures, potentials and Student bases. *Not checked here:* other
//! laws in d ≥ 2.
//!
//! *Sharp.* An equality itself. *Dropping H2:* at λ = 0 or 1 the velocity may be infinite.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::claims::path::line_instance::LinePoint;
use crate::claims::transport::continuity_instance::{
    ContinuityInstance, Form, Test, divergence, expectation, flux, log_density, transported,
};
use crate::claims::transport::continuity_mixture::{
    self, ContinuityCase, bump_flux, expected_bump, line_terms, log_density_rate,
};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::numerics::differentiation::central_derivative;
use crate::path::GaussianPath;
use crate::transport::room;

/// The claim.
pub struct Continuity;

impl Theorem for Continuity {
    type Instance = ContinuityCase;

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
                  d = 1000; the pointwise form up to d = 6. Differences in time, extrapolated, against conditional means. \
                  Mixtures in d = 2, 3 with Gaussian and Student base, weakly with bumps; on the line mixtures, \
                  potentials and Student bases, pointwise.",
        not_checked: "Laws in d ≥ 2 that are not Gaussian mixtures; mixtures in d ≥ 4.",
        source: "[CCG], Theorem 2.1; Lipman et al., Flow matching for generative modeling (2023)",
        relation: Relation::Equality { resolution: 1e-7 },
        rests_on: &["P1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<ContinuityCase>> {
        NonEmpty::new(
            Family {
                name: "weak form, random targets, standard base",
                evidence: Evidence::Converged,
                quick: 20,
                full: 200,
                draw: |s, i| {
                    // All targets but those with condition number 10⁸, see T4.
                    let point = PathPoint::random(s, [0, 1, 2, 4, 5, 6, 7][(i / 4) % 7])?;
                    Ok(ContinuityCase::gaussian(ContinuityInstance::weak(s, i, point)?))
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
                        Ok(ContinuityCase::gaussian(ContinuityInstance::weak(s, i, point)?))
                    },
                },
                Family {
                    name: "weak form, means on both sides",
                    evidence: Evidence::Converged,
                    quick: 16,
                    full: 160,
                    draw: |s, i| {
                        let point = PathPoint::random_product(s, i / 4)?;
                        Ok(ContinuityCase::gaussian(ContinuityInstance::weak(s, i, point)?))
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
                        Ok(ContinuityCase::gaussian(ContinuityInstance::pointwise(s, point?)?))
                    },
                },
                Family {
                    name: "mixtures in the plane and in space, weak form",
                    evidence: Evidence::Converged,
                    quick: 3,
                    full: 32,
                    draw: |s, i| ContinuityCase::bump(s, if i % 4 == 3 { 3 } else { 2 }, None),
                },
                Family {
                    name: "mixtures in the plane and in space, Student base, weak form",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 16,
                    draw: |s, i| {
                        let freedom = [3.0, 5.0, 2.5, 12.0][(i / 2) % 4];
                        ContinuityCase::bump(s, if i % 16 == 15 { 3 } else { 2 }, Some(freedom))
                    },
                },
                Family {
                    name: "pointwise on the line: mixtures, potentials, Student bases",
                    evidence: Evidence::Converged,
                    quick: 6,
                    full: 60,
                    draw: |s, i| {
                        let point = match i % 3 {
                            0 => LinePoint::mixture(s, i / 3)?,
                            1 => LinePoint::potential(s, i / 3)?,
                            _ => LinePoint::student(s, i / 3)?,
                        };
                        ContinuityCase::line(s, point)
                    },
                },
                Family {
                    name: "pointwise in several dimensions",
                    evidence: Evidence::Converged,
                    quick: 9,
                    full: 90,
                    draw: |s, i| {
                        let point = PathPoint::random_dense(s, i)?;
                        Ok(ContinuityCase::gaussian(ContinuityInstance::pointwise(s, point)?))
                    },
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<ContinuityCase>> {
        NonEmpty::new(
            FalseTwin {
                name: "u with the other sign",
                instance: || Ok(ContinuityCase::gaussian(ContinuityInstance::simple(Test::Exponential)?)),
                wrong: Wrong::Bound(|i| Ok(-Continuity::bound(i)?)),
            },
            [
                FalseTwin {
                    name: "λ̇/√λ in place of λ̇/2√λ",
                    instance: || Ok(ContinuityCase::gaussian(ContinuityInstance::simple(Test::Square)?)),
                    wrong: Wrong::Bound(|i| Ok(Continuity::bound(i)? * 2.0)),
                },
                FalseTwin {
                    name: "divergence left out of the pointwise form",
                    instance: || {
                        let point = PathPoint::one_dimensional(1.0, 4.0, "power 2", 0.5)?;
                        let form = Form::Pointwise { y: vec![1.5] };
                        Ok(ContinuityCase::gaussian(ContinuityInstance { point, form }))
                    },
                    wrong: Wrong::Bound(|i| match i {
                        ContinuityCase::Gaussian(case) => match &case.form {
                            Form::Pointwise { y } => Ok(-transported(case, y)?),
                            Form::Weak { .. } => Continuity::bound(i),
                        },
                        _ => Continuity::bound(i),
                    }),
                },
                FalseTwin {
                    name: "velocity of the target alone: the base left out",
                    instance: || Ok(ContinuityCase::gaussian(ContinuityInstance::simple(Test::Cosine)?)),
                    wrong: Wrong::Bound(|i| {
                        let ContinuityCase::Gaussian(case) = i else { return Continuity::bound(i) };
                        let target = case.point.path.target().clone();
                        let path = GaussianPath::from_standard(target, case.point.path.schedule().clone())?;
                        let (point, form) = (PathPoint::new(path, case.point.t)?, case.form.clone());
                        Continuity::bound(&ContinuityCase::gaussian(ContinuityInstance { point, form }))
                    }),
                },
                FalseTwin {
                    name: "u with the other sign, mixture in the plane with a Student base",
                    instance: || ContinuityCase::simple_bump(Some(5.0)),
                    wrong: Wrong::Bound(|i| Ok(-Continuity::bound(i)?)),
                },
                FalseTwin {
                    name: "the factor ½ dropped, mixture in the plane",
                    instance: || ContinuityCase::simple_bump(None),
                    wrong: Wrong::Bound(|i| Ok(Continuity::bound(i)? * 2.0)),
                },
                FalseTwin {
                    name: "divergence left out of the pointwise form, near bumps",
                    instance: || {
                        let point = LinePoint::near_bumps("cosine", 0.5)?;
                        Ok(ContinuityCase::Line(Box::new(point), 0.25))
                    },
                    wrong: Wrong::Bound(|i| match i {
                        ContinuityCase::Line(point, y) => Ok(line_terms(point, *y)?.1),
                        _ => Continuity::bound(i),
                    }),
                },
            ],
        )
    }

    /// Both sides may vanish; the rates of mean and variance of `⟨a, X_t⟩`, or of the log density at a typical
    /// point, are of the size of `λ̇/λ + λ̇/(1−λ)` or less.
    fn scale(instance: &ContinuityCase) -> f64 {
        let ContinuityCase::Gaussian(case) = instance else { return continuity_mixture::scale(instance) };
        let at = case.point.path.schedule().enclosed(case.point.t);
        (at.lambda_dot / at.lambda).lo().min((at.lambda_dot / at.complement).lo())
    }

    fn observed(instance: &ContinuityCase) -> Result<Enclosure> {
        match instance {
            ContinuityCase::Gaussian(case) => {
                let PathPoint { path, t } = &case.point;
                central_derivative(*t, room(path, *t), |s| match &case.form {
                    Form::Weak { test, a } => expectation(path, s, *test, a),
                    Form::Pointwise { y } => log_density(path, s, y),
                })
            }
            ContinuityCase::Bump(case, b) => {
                central_derivative(case.t, case.room(), |s| Ok(expected_bump(case, s, b)))
            }
            ContinuityCase::Line(point, y) => log_density_rate(point, *y),
        }
    }

    fn bound(instance: &ContinuityCase) -> Result<Enclosure> {
        match instance {
            ContinuityCase::Gaussian(case) => match &case.form {
                Form::Weak { test, a } => flux(case, *test, a),
                Form::Pointwise { y } => Ok(-(divergence(case, y)? + transported(case, y)?)),
            },
            ContinuityCase::Bump(case, b) => bump_flux(case, b),
            ContinuityCase::Line(point, y) => {
                let (divergence, transported) = line_terms(point, *y)?;
                Ok(divergence + transported)
            }
        }
    }
}
