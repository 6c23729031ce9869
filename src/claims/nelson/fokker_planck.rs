//! **N1**: the path solves the Fokker-Planck equation of its Nelson process.
//!
//! *Statement.* `∂_τ p̂ = −∂·((∇log p̂ + v̂)p̂) + Δp̂`: a process with the drift `∇log p̂ + v̂` that starts in the path
//! stays in it; without v̂ it leaves.
//!
//! *Hypotheses.* H1: finite action (existence of v). H2: the Nelson process exists (finite energy).
//!
//! *Normalisation.* `dX = (∇log p̂_τ + v̂_τ)dτ + √2 dB`, `p̂_τ = p_{κτ}`, `v̂_τ = κv_{κτ}`.
//!
//! *Why.* `∇log p̂·p̂ = ∇p̂`, so the score's transport cancels the Laplacian, and v̂ moves p̂ by definition.
//!
//! *Source.* Nelson, *Dynamical theories of Brownian motion* (1967); \[CCG\] (Nelson processes).
//!
//! *Checked.* Left: the larger one of the two divergences between the path and the numerical solution of the
//! equation, from values of the drift alone: the solver knows no invariant law. Right: what truncation, steps and
//! rounding of the solver leave. Without v̂ (annealed Langevin dynamics): at least a thousand times that. *Not checked
//! here:* more than one dimension; Student bases, which take more time than a ledger has.
//!
//! *Sharp.* An equality of laws. *Dropping v̂*, its κ or its sign the process leaves the path.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::line_instances::{
    LineInstance, TABLE, near_bumps, random_mixture, random_potential, two_bumps, unequal_bumps,
};
use crate::dynamics::fokker_planck::{DriftLaw, law_of_drift};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result, positive};
use crate::numerics::stream::Stream;
use crate::transport::line::metric_derivative_squared;
use rand::RngExt;
use std::f64::consts::FRAC_PI_4;
use std::fmt;

/// The claim.
pub struct FokkerPlanck;

/// Whether the process has the field in its drift.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// The Nelson process stays on the path.
    Stays,
    /// Annealed Langevin dynamics leaves it.
    Leaves,
}

/// A path on the line from its start (a little later where the schedule is singular) to its end.
#[derive(Debug)]
pub struct Instance {
    line: LineInstance,
    kappa: f64,
    part: Part,
    /// Number of the coarsest of three grids.
    coarsest: usize,
}

impl Instance {
    fn new(line: LineInstance, kappa: f64, part: Part, coarsest: usize) -> Result<Self> {
        positive("kappa", kappa)?;
        let speed = metric_derivative_squared(line.path.curve(), FRAC_PI_4)?;
        if part == Part::Leaves && speed.lo() <= 0.0 {
            return Err(Error::hypothesis("N1", "a path that moves (else ALD stays on it too)", &line));
        }
        Ok(Self { line, kappa, part, coarsest })
    }

    fn named(index: usize, schedule: &str, kappa: f64, part: Part, coarsest: usize) -> Result<Self> {
        let target = [two_bumps, near_bumps, unequal_bumps][index % 3]()?;
        Self::new(LineInstance::from_standard(target, schedule)?, kappa, part, coarsest)
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        // Steps are equidistant in the angle, on which a singular start has no bearing; corners of tables have.
        let schedule = ["cosine", "linear", "power 2", "ou 1"][index % 4];
        let line = LineInstance::from_standard(random_mixture(stream, index)?, schedule)?;
        let part = if index % 4 == 3 { Part::Leaves } else { Part::Stays };
        // Deep and narrow wells ask for the finer grids.
        Self::new(line, 10_f64.powf(stream.random_range(-1.0..0.0)), part, if index == 0 { 2 } else { 3 })
    }

    fn random_potential(stream: &mut Stream, index: usize) -> Result<Self> {
        let schedule = ["cosine", "linear", "power 2", "ou 1"][index % 4];
        // Rounded kinks and ripples: where a quartic ends the grid of the base the log of its mass is not resolved.
        let target = random_potential(stream, [3, 1][index % 2])?;
        let line = LineInstance::from_standard(target, schedule)?.tabulated(TABLE)?;
        let part = if index % 4 == 3 { Part::Leaves } else { Part::Stays };
        Self::new(line, 10_f64.powf(stream.random_range(-1.0..0.0)), part, 3)
    }

    /// The law of `dX = (∇log p̂ + field·v̂)dτ + √2 dB`.
    fn law(&self, field: f64) -> Result<DriftLaw> {
        let path = &self.line.path;
        let schedule = path.schedule();
        let from = self.line.regular_start();
        let (first, last) = (schedule.angle(from), schedule.angle(1.0));
        law_of_drift(path, first, last, self.coarsest, |angle, points, values| {
            let slice = path.curve().slice(angle)?;
            // dτ = dt/κ and dt = time_rate·dα while the angle falls by dα; the field per falling angle is −w.
            let diffusion = schedule.time_rate(angle) / self.kappa;
            for (value, &y) in values.iter_mut().zip(points) {
                let at = slice.point(y);
                *value = diffusion * at.score - field * at.velocity;
            }
            Ok(diffusion)
        })
    }

    /// The larger one of the two divergences at the end, with this factor of v̂.
    fn divergence(&self, field: f64) -> Result<Enclosure> {
        let end = self.line.path.curve().slice(0.0)?;
        let (forward, reverse) = self.law(field)?.divergences(|y| end.log_density(y))?;
        Ok(forward.max(reverse))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}, κ={}", self.part, self.line, self.kappa)
    }
}

/// What the domain leaves out of the law on the two sides together, with room for what it does to the rest.
const TRUNCATION: f64 = 1e-12;
/// Rounding of the masses: `n` steps of relative errors ε, squared in the divergence, on `n ≤ 1536` steps and cells.
const ROUNDING: f64 = 1536.0 * 1536.0 * f64::EPSILON * f64::EPSILON * 1536.0;

/// What steps in space and angle leave: the divergence is half the square of the relative error of the law, which is of
/// sixth order after two extrapolations, and 10⁻⁵ from 128 or 256 cells (the error of the divergence is part of the left side).
const DISCRETISATION: f64 = 0.5 * 1e-5 * 1e-5;

const TOLERANCE: f64 = TRUNCATION + ROUNDING + DISCRETISATION;

/// Annealed Langevin dynamics is off the path by at least this many times the tolerance.
const MARGIN: f64 = 1e3;

impl Theorem for FokkerPlanck {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "N1",
        chapter: Chapter::Nelson,
        title: "The path solves its Fokker-Planck equation",
        statement: "∂_τp̂ = −∇·((∇log p̂ + v̂)p̂) + Δp̂: from p̂_0 the process with this drift stays on the path, and \
                    without v̂ it leaves",
        hypotheses: &[("H1", "finite action"), ("H2", "the Nelson process exists")],
        why: "p̂∇log p̂ = ∇p̂, so the score's transport cancels the Laplacian, and v̂ moves p̂ by definition.",
        checked: "The equation solved from values of the drift alone, by exponentially fitted finite volumes on three \
                  nested grids, for mixtures (two wells, unequal and near ones, random ones) and potentials with Gaussian tails on the line: both divergences from the path at the end are at most what the scheme leaves \
                  (some 10⁻¹⁰), and at least a thousand times that without v̂.",
        not_checked: "More than one dimension; Student bases; quartic tails; starts before t = 1/16 where the action is infinite from 0.",
        source: "Nelson, Dynamical theories of Brownian motion (1967); [CCG], Nelson processes",
        relation: Relation::Upper,
        rests_on: &["T1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("two wells, near and unequal ones", 2, 12, |_: &mut Stream, index| {
                let part = if index % 2 == 0 { Part::Stays } else { Part::Leaves };
                let schedule = ["cosine", "power 2", "ou 1", "cosine"][index / 3];
                Instance::named(
                    index,
                    schedule,
                    [0.1, 1.0, 0.3][index % 3],
                    part,
                    if index < 2 { 2 } else { 3 },
                )
            }),
            [
                family("random mixtures", 1, 20, Instance::random),
                family("random potentials", 1, 20, Instance::random_potential),
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        let wells = || Instance::named(2, "cosine", 0.5, Part::Stays, 2);
        NonEmpty::new(
            FalseTwin {
                name: "without v̂ it stays too",
                instance: wells,
                wrong: Wrong::Observed(|i| i.divergence(0.0)),
            },
            [
                FalseTwin {
                    name: "v̂ with the wrong sign",
                    instance: wells,
                    wrong: Wrong::Observed(|i| i.divergence(-1.0)),
                },
                FalseTwin {
                    name: "v in place of v̂ = κv",
                    instance: wells,
                    wrong: Wrong::Observed(|i| i.divergence(1.0 / i.kappa)),
                },
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        if instance.part == Part::Leaves { Relation::Lower } else { Relation::Upper }
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        instance.divergence(if instance.part == Part::Leaves { 0.0 } else { 1.0 })
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let factor = if instance.part == Part::Leaves { MARGIN } else { 1.0 };
        Ok(Enclosure::exact(factor * TOLERANCE))
    }
}
