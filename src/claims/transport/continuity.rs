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
use crate::claims::transport::continuity_instance::{
    ContinuityInstance, Form, Test, divergence, expectation, flux, log_density, transported,
};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::numerics::differentiation::central_derivative;
use crate::path::GaussianPath;
use crate::transport::room;

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
