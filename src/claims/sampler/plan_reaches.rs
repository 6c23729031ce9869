//! **S5**: a plan computed from the bounds reaches the wanted divergence.
//!
//! *Statement.* The chain with the κ, the step and the number of steps for which `(√(κA/4) + d)² ≤ ε`, d² the bound for the step
//! from norms of the score along the path, ends with `KL(p_1|law of the chain) ≤ ε`.
//!
//! *Hypotheses.* H1: finite action. H2: the norms of the score along the path are finite. H3: exact start and score.
//!
//! *Normalisation.* κ slowness, h step, `1/(κh)` steps.
//!
//! *Why.* S4, with `E|s_τ(Y_τ) − s_k(Y_{τ_k})|²` bounded through Itô's formula along the Nelson process.
//!
//! *Source.* \[CCG\] with S3; the bound for the increments is elementary.
//!
//! *Checked.* Left: the law of the planned chain, by its recursion, extrapolated in the step where there are millions of steps. Right: the
//! wanted ε. Gaussian targets; mixtures on the line, the law of the chain by transition densities. *Not checked:* other targets.
//!
//! *Sharp.* No: the plan is safe by orders of magnitude (S6). *Dropping the step term or the bias term* overshoots.

use super::line_chain::LineChain;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, Schedule};
use crate::sampler::Integrator;
use crate::sampler::plan::{Plan, PlanFactor, PlanPath, extrapolated_divergence};
use rand::RngExt;
use std::fmt;

/// A path and a wanted divergence, with the plan for it.
#[derive(Clone, Debug)]
pub struct PlanInstance {
    text: String,
    path: PlanPath,
    plan: Plan,
}

impl PlanInstance {
    fn new(target: Gaussian, schedule: Schedule, wanted: f64) -> Result<Self> {
        let gaussian = GaussianPath::from_standard(target, schedule)?;
        Self::of(&gaussian.to_string(), PlanFactor::gaussian(gaussian)?, wanted)
    }

    fn of(text: &str, factor: PlanFactor, wanted: f64) -> Result<Self> {
        let text = format!("{text}, ε={wanted}");
        let path = PlanPath::new(vec![factor], 0.0)?;
        let plan = Plan::by_bounds(&path, Integrator::EulerMaruyama, wanted)?;
        Ok(Self { text, path, plan })
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = Gaussian::random(stream, 1 + index % 4, 8.0, 0.7)?;
        let schedule = [Schedule::cosine(), Schedule::power(2.0)?, Schedule::ornstein_uhlenbeck(1.0)?];
        Self::new(target, schedule[index % 3].clone(), stream.random_range(0.02..0.5))
    }

    /// A mixture on the line with the cosine schedule, whose action is finite.
    fn mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        let chain = LineChain::random(stream, index)?;
        Self::of(&chain.target(), chain.factor()?, stream.random_range(0.1..0.5))
    }

    fn example() -> Result<Self> {
        Self::new(Gaussian::isotropic(vec![1.0], 0.25)?, Schedule::cosine(), 0.05)
    }

    /// What a chain with this slowness and number of steps reaches.
    fn reached(&self, kappa: f64, steps: usize) -> Result<Enclosure> {
        extrapolated_divergence(&self.path, Integrator::EulerMaruyama, kappa, steps)
    }
}

impl fmt::Display for PlanInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: κ={}, {} steps", self.text, self.plan.kappa, self.plan.steps)
    }
}

/// The claim.
pub struct PlanReaches;

impl Theorem for PlanReaches {
    type Instance = PlanInstance;

    const ABOUT: About = About {
        id: "S5",
        chapter: Chapter::Sampler,
        title: "A plan from the bounds reaches the wanted divergence",
        statement: "κ, h and the number of steps with (√(κA/4) + d)² ≤ ε, d² the bound for the step, give KL(p_1|law of the chain) ≤ ε",
        hypotheses: &[
            ("H1", "finite action"),
            ("H2", "the norms of the score along the path are finite"),
            ("H3", "exact start and score"),
        ],
        why: "S4, with the increments of the score bounded through Itô's formula along the Nelson process.",
        checked: "The law of the planned chain by its recursion, extrapolated in the step where there are millions of steps, against the \
                  wanted divergence: Gaussian targets in d = 1 to 4, mixtures on the line (transition densities of the chain).",
        not_checked: "Other targets.",
        source: "[CCG] with S3; the bound for the increments is elementary",
        relation: Relation::Upper,
        rests_on: &["S4"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<PlanInstance>> {
        NonEmpty::new(
            Family {
                name: "random Gaussian targets and wishes",
                evidence: Evidence::Converged,
                quick: 6,
                full: 60,
                draw: PlanInstance::random,
            },
            [Family {
                name: "mixtures on the line",
                evidence: Evidence::Converged,
                quick: 1,
                full: 12,
                draw: PlanInstance::mixture,
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<PlanInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "the step term left out: steps as long as the steepest descent allows",
                instance: PlanInstance::example,
                wrong: Wrong::Observed(|i| {
                    // h = 1/4, the variance of the target.
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "some hundred"
                    )]
                    let steps = (4.0 / i.plan.kappa).ceil() as usize;
                    i.reached(i.plan.kappa, steps)
                }),
            },
            [FalseTwin {
                name: "the bias term left out: κ = 1",
                instance: PlanInstance::example,
                wrong: Wrong::Observed(|i| i.reached(1.0, i.plan.steps)),
            }],
        )
    }

    fn observed(instance: &PlanInstance) -> Result<Enclosure> {
        instance.reached(instance.plan.kappa, instance.plan.steps)
    }

    fn bound(instance: &PlanInstance) -> Result<Enclosure> {
        Ok(Enclosure::exact(instance.plan.kl))
    }
}
