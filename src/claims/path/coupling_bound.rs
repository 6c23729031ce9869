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
//! *Checked.* Left: the metric derivative by the Bures formula; on the line by quantile functions (mixtures, Gaussian base) or as
//! the norm of the field (potentials and Student bases). Right: the formula, from second moments. *Not checked here:* laws
//! that are not Gaussian in d ≥ 2.
//!
//! *Sharp.* For point masses, approached by Gaussian laws whose covariances vanish; one point mass is
//! enough (the gap on the line is `λ̇²as/(4vλ(1−λ))` for variances a and s, v that of `p_t`). Far from
//! sharp in general: π = ν = γ has left side 0. *Dropping H1* makes the right side infinite.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::claims::path::line_instance::LinePoint;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::path::GaussianPath;
use crate::transport::metric_derivative_squared;
use std::fmt;

/// A path at a time.
#[derive(Clone, Debug)]
pub enum CouplingInstance {
    /// Gaussian laws in any dimension.
    Gaussian(Box<PathPoint>),
    /// On the line, left side by quantile functions.
    Distances(Box<LinePoint>),
    /// On the line, left side by the field.
    Field(Box<LinePoint>),
}

impl CouplingInstance {
    fn gaussian(point: PathPoint) -> Self {
        Self::Gaussian(Box::new(point))
    }
}

impl fmt::Display for CouplingInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(point) => write!(f, "{point}"),
            Self::Distances(point) => write!(f, "{point}, by distances"),
            Self::Field(point) => write!(f, "{point}, by the field"),
        }
    }
}

/// The claim.
pub struct CouplingBound;

impl Theorem for CouplingBound {
    type Instance = CouplingInstance;

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
                  covariances on both sides, up to d = 1000; on the line mixtures (metric derivative by quantile \
                  functions), potentials and Student bases (by the field).",
        not_checked: "Laws that are not Gaussian in d ≥ 2.",
        source: "The coupling argument; [CCG], metric derivative of the path",
        relation: Relation::Upper,
        rests_on: &["P1", "T5"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<CouplingInstance>> {
        NonEmpty::new(
            Family {
                name: "random targets, standard base",
                evidence: Evidence::Exact,
                quick: 16,
                full: 200,
                draw: |s, i| Ok(CouplingInstance::gaussian(PathPoint::random(s, i)?)),
            },
            [
                Family {
                    name: "independent coordinates, means on both sides",
                    evidence: Evidence::Exact,
                    quick: 12,
                    full: 120,
                    draw: |s, i| Ok(CouplingInstance::gaussian(PathPoint::random_product(s, i)?)),
                },
                Family {
                    name: "covariances that do not commute",
                    evidence: Evidence::Exact,
                    quick: 9,
                    full: 90,
                    draw: |s, i| Ok(CouplingInstance::gaussian(PathPoint::random_dense(s, i)?)),
                },
                Family {
                    name: "mixtures on the line, quantile functions",
                    evidence: Evidence::Converged,
                    quick: 4,
                    full: 40,
                    draw: |s, i| Ok(CouplingInstance::Distances(Box::new(LinePoint::mixture(s, i)?))),
                },
                Family {
                    name: "potentials on the line",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 24,
                    draw: |s, i| Ok(CouplingInstance::Field(Box::new(LinePoint::potential(s, i)?))),
                },
                Family {
                    name: "Student base on the line",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 24,
                    draw: |s, i| Ok(CouplingInstance::Field(Box::new(LinePoint::student(s, i)?))),
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<CouplingInstance>> {
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

    fn false_twins() -> NonEmpty<FalseTwin<CouplingInstance>> {
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
                    instance: || {
                        let point = PathPoint::one_dimensional(2.0, 0.01, "power 2", 0.5)?;
                        Ok(CouplingInstance::gaussian(point))
                    },
                    wrong: Wrong::Bound(|i| Ok(bound_with(i, 1.0, 0.5))),
                },
            ],
        )
    }

    fn observed(instance: &CouplingInstance) -> Result<Enclosure> {
        match instance {
            CouplingInstance::Gaussian(point) => metric_derivative_squared(&point.path, point.t),
            CouplingInstance::Distances(point) => point.metric_derivative_squared(),
            CouplingInstance::Field(point) => point.velocity_squared(),
        }
    }

    fn bound(instance: &CouplingInstance) -> Result<Enclosure> {
        Ok(bound_with(instance, 1.0, 1.0))
    }
}

/// `(λ̇²/4)·squares·(E|X|²/λ + E|Z|²/(1−λ)) − cross·λ̇²⟨EX,EZ⟩/(2√(λ(1−λ)))`.
fn bound_with(instance: &CouplingInstance, cross: f64, squares: f64) -> Enclosure {
    let (schedule, t) = match instance {
        CouplingInstance::Gaussian(point) => (point.path.schedule(), point.t),
        CouplingInstance::Distances(point) | CouplingInstance::Field(point) => (point.schedule(), point.t),
    };
    let at = schedule.enclosed(t);
    let (lambda, complement) = (Enclosure::certified(at.lambda), Enclosure::certified(at.complement));
    let rate = Enclosure::certified(at.lambda_dot).square();
    let (target, base, inner) = second_moments(instance);
    let moments = target / lambda + base / complement;
    let mixed = inner / (2.0 * (lambda * complement).sqrt());
    rate / 4.0 * squares * moments - cross * rate * mixed
}

/// `E|X|²`, `E|Z|²` and `⟨EX, EZ⟩`.
fn second_moments(instance: &CouplingInstance) -> (Enclosure, Enclosure, Enclosure) {
    match instance {
        CouplingInstance::Gaussian(point) => {
            let path = &point.path;
            let second_moment = |law: &Gaussian| -> Enclosure {
                let mean = law.mean().iter().map(|&m| Enclosure::exact(m).square());
                mean.chain((0..law.dim()).map(|i| Enclosure::exact(law.covariance_entry(i, i)))).sum()
            };
            let means = path.target().mean().iter().zip(path.base().mean().iter());
            let inner: Enclosure = means.map(|(&m, &b)| Enclosure::exact(m) * b).sum();
            (second_moment(path.target()), second_moment(path.base()), inner)
        }
        CouplingInstance::Distances(point) | CouplingInstance::Field(point) => {
            let target = point.line.target.variance() + point.line.target.mean().square();
            // Rounding of n/(n−2).
            let base = Enclosure::exact(point.line.base.variance());
            (target, base.widened(2.0 * f64::EPSILON * base.mid()), Enclosure::exact(0.0))
        }
    }
}

/// Laws on the line around 1 and −1 (so that the cross term is negative), variances `target` and `base`.
fn nearly_points(target: f64, base: f64) -> Result<CouplingInstance> {
    let law = |mean, variance| Gaussian::diagonal(vec![mean, 0.5], vec![variance, 2.0 * variance]);
    let schedule = crate::path::Schedule::cosine();
    let path = GaussianPath::new(law(1.0, target)?, law(-1.0, base)?, schedule)?;
    Ok(CouplingInstance::gaussian(PathPoint::new(path, 0.375)?))
}
