//! **P3**: the metric derivative is at most the speed of the obvious coupling.
//!
//! *Statement.* `|p'_t|² ≤ E|Ẋ_t|² = (λ̇²/4)(E|X|²/λ + E|Z|²/(1−λ)) − λ̇²⟨EX, EZ⟩/(2√(λ(1−λ)))`.
//!
//! *Hypotheses.* H1: target and base have finite second moments. H2: `0 < λ_t < 1` and λ is differentiable at `t`.
//!
//! *Normalisation.* `X_t = √λ X + √(1−λ) Z`, X and Z independent; `|p'_t| = lim W₂(p_t, p_{t+h})/|h|`.
//!
//! *Why.* `(X_t, X_{t+h})` is a coupling of `p_t` and `p_{t+h}`, at the cost `E|X_{t+h} − X_t|² = h²E|Ẋ_t|² + o(h²)`.
//!
//! *Source.* The coupling argument; \[CCG\] (the metric derivative of the path).
//!
//! *Checked.* Left: the metric derivative by the Bures formula. Right:
//! the formula, from second moments. *Not checked here:* targets that are not Gaussian.
//!
//! *Sharp.* For point masses, approached by Gaussian laws whose covariances vanish; one point mass is
//! enough (the gap on the line is `λ̇²as/(4vλ(1−λ))` for variances a and s, v that of `p_t`). Far from
//! sharp in general: π = ν = γ has left side 0. *Dropping H1* makes the right side infinite.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::path::GaussianPath;
use crate::transport::metric_derivative_squared;

/// The claim.
pub struct CouplingBound;

impl Theorem for CouplingBound {
    type Instance = PathPoint;

    const ABOUT: About = About {
        id: "P3",
        chapter: Chapter::Path,
        title: "Speed of the coupling bounds the metric derivative",
        statement: "|p'_t|² ≤ E|Ẋ_t|² = (λ̇²/4)(E|X|²/λ + E|Z|²/(1−λ)) − λ̇²⟨EX,EZ⟩/(2√(λ(1−λ)))",
        hypotheses: &[
            ("H1", "target and base have finite second moments"),
            ("H2", "0 < λ_t < 1 and λ is differentiable at t"),
        ],
        why: "(X_t, X_{t+h}) is a coupling of p_t and p_{t+h}; its cost is h²E|Ẋ_t|² + o(h²).",
        checked: "The Bures metric derivative against the second moments, for Gaussian laws with general means and \
                  covariances on both sides, up to d = 1000.",
        not_checked: "Targets that are not Gaussian.",
        source: "The coupling argument; [CCG], metric derivative of the path",
        relation: Relation::Upper,
        rests_on: &["P1", "T5"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<PathPoint>> {
        NonEmpty::new(
            Family {
                name: "random targets, standard base",
                evidence: Evidence::Exact,
                quick: 16,
                full: 200,
                draw: PathPoint::random,
            },
            [
                Family {
                    name: "independent coordinates, means on both sides",
                    evidence: Evidence::Exact,
                    quick: 12,
                    full: 120,
                    draw: PathPoint::random_product,
                },
                Family {
                    name: "covariances that do not commute",
                    evidence: Evidence::Exact,
                    quick: 9,
                    full: 90,
                    draw: PathPoint::random_dense,
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<PathPoint>> {
        const VARIANCES: &[f64] = &[0.08, 0.04, 0.02, 0.01, 0.005];
        vec![
            SharpCase {
                name: "two laws that shrink to points",
                kind: SharpKind::Limit { instance: |s| nearly_points(s, s), at: VARIANCES },
            },
            SharpCase {
                name: "a Gaussian base and a target that shrinks to a point",
                kind: SharpKind::Limit { instance: |s| nearly_points(s, 1.0), at: VARIANCES },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<PathPoint>> {
        NonEmpty::new(
            FalseTwin {
                name: "cross term with the other sign",
                instance: || nearly_points(0.01, 0.01),
                wrong: Wrong::Bound(|i| Ok(bound_with(i, -1.0, 1.0))),
            },
            [
                FalseTwin {
                    name: "cross term left out",
                    instance: || nearly_points(0.01, 0.01),
                    wrong: Wrong::Bound(|i| Ok(bound_with(i, 0.0, 1.0))),
                },
                FalseTwin {
                    name: "1/8 in place of 1/4",
                    instance: || PathPoint::one_dimensional(2.0, 0.01, "power 2", 0.5),
                    wrong: Wrong::Bound(|i| Ok(bound_with(i, 1.0, 0.5))),
                },
            ],
        )
    }

    fn observed(instance: &PathPoint) -> Result<Enclosure> {
        metric_derivative_squared(&instance.path, instance.t)
    }

    fn bound(instance: &PathPoint) -> Result<Enclosure> {
        Ok(bound_with(instance, 1.0, 1.0))
    }
}

/// `(λ̇²/4)·squares·(E|X|²/λ + E|Z|²/(1−λ)) − cross·λ̇²⟨EX,EZ⟩/(2√(λ(1−λ)))`.
fn bound_with(instance: &PathPoint, cross: f64, squares: f64) -> Enclosure {
    let (path, at) = (&instance.path, instance.path.schedule().enclosed(instance.t));
    let (lambda, complement) = (Enclosure::certified(at.lambda), Enclosure::certified(at.complement));
    let rate = Enclosure::certified(at.lambda_dot).square();
    let second_moment = |law: &Gaussian| -> Enclosure {
        let mean = law.mean().iter().map(|&m| Enclosure::exact(m).square());
        mean.chain((0..law.dim()).map(|i| Enclosure::exact(law.covariance_entry(i, i)))).sum()
    };
    let inner: Enclosure = path
        .target()
        .mean()
        .iter()
        .zip(path.base().mean().iter())
        .map(|(&m, &b)| Enclosure::exact(m) * b)
        .sum();
    let moments = second_moment(path.target()) / lambda + second_moment(path.base()) / complement;
    let mixed = inner / (2.0 * (lambda * complement).sqrt());
    rate / 4.0 * squares * moments - cross * rate * mixed
}

/// Laws on the line around 1 and −1 (so that the cross term is negative), variances `target` and `base`.
fn nearly_points(target: f64, base: f64) -> Result<PathPoint> {
    let law = |mean, variance| Gaussian::diagonal(vec![mean, 0.5], vec![variance, 2.0 * variance]);
    let schedule = crate::path::Schedule::cosine();
    PathPoint::new(GaussianPath::new(law(1.0, target)?, law(-1.0, base)?, schedule)?, 0.375)
}
