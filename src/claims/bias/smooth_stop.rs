//! **B8**: a schedule that stops smoothly makes the bias of fourth order.
//!
//! *Statement.* If `λ̇(1) = 0` then `KL(p_1|q_{1/κ}) = O(κ⁴)`; for Gaussian laws in channels
//! `KL/κ⁴ → ½Σ[σ_i⁶ m̈_i² + (σ_i²(σ_i²)¨)²/32]` at `t = 1`. If `λ̇(1) > 0` the order is κ² (B7).
//!
//! *Hypotheses.* H1: `λ̇(1) = 0` (for order 4), λ twice differentiable at 1. H2: the limit of B7
//! exists.
//!
//! *Normalisation.* `KL(q|p) = ∫q log(q/p)`.
//!
//! *Why.* In `q = p(1 + κh₁ + κ²h₂ + …)` the first term `h₁ = −φ_1` vanishes with `v_1`; the second
//! is driven by `∂_t h₁`. For Gaussian laws `δ = κ²σ⁴m̈ + …` and `r = κ²σ⁴(σ²)¨/4 + …`.
//!
//! *Source.* Expansion derived here; cf. \[CCG\] (choice of the schedule).
//!
//! *Checked.* Left: the slope of `log KL` in `log κ`, and `KL/κ⁴`, extrapolated to `κ = 0`. Right: 4 (or 2
//! for schedules that do not stop) and the formula. *Not checked here:* targets that are not
//! Gaussian; smooth stops other than the cosine's.
//!
//! *Sharp.* Equalities. *Dropping H1* the order falls to 2.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::gaussian_instances::schedule;
use crate::dynamics::bias;
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use std::fmt;

/// The claim.
pub struct SmoothStop;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// The exponent of κ.
    Order,
    /// The limit of `KL/κ⁴`.
    Coefficient,
}

/// A path and what to measure on it.
#[derive(Debug)]
pub struct Instance {
    path: GaussianPath,
    part: Part,
}

impl Instance {
    fn new(target: Gaussian, schedule_name: &str, part: Part) -> Result<Self> {
        let path = GaussianPath::from_standard(target, schedule(schedule_name)?)?;
        if part == Part::Coefficient && !path.schedule().stops_smoothly() {
            return Err(Error::hypothesis("B8", "H1 (λ̇(1) = 0)", schedule_name));
        }
        Ok(Self { path, part })
    }

    fn standard_translation(schedule_name: &str, part: Part) -> Result<Self> {
        Self::new(Gaussian::isotropic(vec![1.0], 1.0)?, schedule_name, part)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.part, self.path)
    }
}

/// Uncertainty at which an exponent counts as measured.
const ORDER_RESOLUTION: f64 = 1e-3;

/// Relative uncertainty at which a coefficient counts as measured.
const COEFFICIENT_RESOLUTION: f64 = 1e-4;

impl Theorem for SmoothStop {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "B8",
        chapter: Chapter::Bias,
        title: "A smooth stop makes the bias O(κ⁴)",
        statement: "λ̇(1) = 0 ⇒ KL(p_1|q_{1/κ}) = O(κ⁴), for Gaussian laws KL/κ⁴ → \
                    ½Σ[σ_i⁶m̈_i² + (σ_i²(σ_i²)¨)²/32]; λ̇(1) > 0 ⇒ order κ²",
        hypotheses: &[("H1", "λ̇(1) = 0 and λ twice differentiable at 1"), ("H2", "as B7")],
        why: "In q = p(1 + κh₁ + κ²h₂ + …) the term h₁ = −φ_1 vanishes with v_1, and h₂ is driven by ∂_t h₁.",
        checked: "The slope of log KL in log κ and the limit of KL/κ⁴, extrapolated to κ = 0, on Gaussian laws.",
        not_checked: "Targets that are not Gaussian; smooth stops other than the cosine's.",
        source: "Second-order expansion of the law of the dynamics around the path; cf. [CCG]",
        relation: Relation::Rate { resolution: ORDER_RESOLUTION },
        rests_on: &["B7"],
        file: file!(),
    };

    fn relation(instance: &Instance) -> Relation {
        match instance.part {
            Part::Order => Self::ABOUT.relation,
            Part::Coefficient => Relation::Equality { resolution: COEFFICIENT_RESOLUTION },
        }
    }

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("order, cosine schedule", 6, 40, |stream: &mut Stream, index| {
                Instance::new(random_target(stream, index)?, "cosine", Part::Order)
            }),
            [
                family("order, schedules that do not stop", 6, 40, |stream, index| {
                    let name = ["linear", "power 2", "ou 1", "power 1.5"][index % 4];
                    Instance::new(random_target(stream, index)?, name, Part::Order)
                }),
                family("coefficient, cosine schedule", 6, 40, |stream, index| {
                    Instance::new(random_target(stream, index)?, "cosine", Part::Coefficient)
                }),
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "the rate is κ² for every schedule",
                instance: || Instance::standard_translation("cosine", Part::Order),
                wrong: Wrong::Bound(|_| Ok(Enclosure::exact(2.0))),
            },
            [
                FalseTwin {
                    name: "the rate is κ for every schedule",
                    instance: || Instance::standard_translation("power 2", Part::Order),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(1.0))),
                },
                FalseTwin {
                    name: "the rate is κ⁴ for every schedule",
                    instance: || Instance::standard_translation("linear", Part::Order),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(4.0))),
                },
                FalseTwin {
                    name: "1/16 in place of 1/32 in the coefficient",
                    instance: || {
                        Instance::new(Gaussian::isotropic(vec![0.0], 4.0)?, "cosine", Part::Coefficient)
                    },
                    wrong: Wrong::Bound(|i| Ok(coefficient(i)? * 2.0)),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        let unit = 1.0 / instance.path.target().poincare_constant().mid().max(1.0);
        let mut points = Vec::new();
        for k in 0..7 {
            let kappa = 0.04 * unit * 0.5_f64.powi(k);
            let divergence = |kappa| bias(&instance.path, kappa, 0.0).map(|b| b.forward_kl);
            let value = match instance.part {
                Part::Order => {
                    let quotient = divergence(kappa)? / divergence(0.5 * kappa)?;
                    quotient.ln() / Enclosure::exact(2.0).ln()
                }
                Part::Coefficient => divergence(kappa)? / Enclosure::exact(kappa).map(|i| i.powi(4)),
            };
            points.push((kappa, value));
        }
        Ok(limit_at_zero(&points))
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance.part {
            Part::Order if instance.path.schedule().stops_smoothly() => Ok(Enclosure::exact(4.0)),
            Part::Order => Ok(Enclosure::exact(2.0)),
            Part::Coefficient => coefficient(instance),
        }
    }
}

/// `½Σ[σ⁶m̈² + (σ²(σ²)¨)²/32]` at `t = 1` for the cosine schedule: `m̈ = −μπ²/4`, `(σ²)¨ = −(a−1)π²/2`.
fn coefficient(instance: &Instance) -> Result<Enclosure> {
    let channels = instance.path.channels().ok_or_else(|| Error::Undefined {
        what: "the channels of the path".to_owned(),
        reason: "the covariances do not commute".to_owned(),
    })?;
    let point = Interval::point;
    let pi_squared = Interval::PI.square();
    let sum: Interval = channels
        .iter()
        .map(|c| {
            let a = c.target_variance;
            let mean_bend = c.target_mean * pi_squared / point(4.0);
            let variance_bend = (a - c.base_variance) * pi_squared / point(2.0);
            a.powi(3) * mean_bend.square() + (a * variance_bend).square() / point(32.0)
        })
        .sum();
    Ok(Enclosure::certified(sum) * 0.5)
}

fn random_target(stream: &mut Stream, index: usize) -> Result<Gaussian> {
    let (dim, condition) = [(1, 16.0), (2, 10.0), (3, 50.0)][index % 3];
    Gaussian::random(stream, dim, condition, 1.0)
}
