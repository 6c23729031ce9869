//! Plans: slowness, step and number of steps of a chain for a wanted KL divergence.
//!
//! [`Plan::by_bounds`] takes them from proved bounds and knows nothing of the law of the chain; [`Plan::by_computation`]
//! computes that law ([`chain_divergence`]) and looks for the fewest steps. The targets are Gaussian laws in any dimension, laws
//! on the line, and products of these; by bounds also mixtures in the plane, and above it those of equal isotropic components whose
//! means lie in a plane.

mod channels;
mod increments;
mod kernel;
mod line_law;
mod search;
#[cfg(test)]
mod tests;

pub use increments::Increments;
pub use line_law::{LineChainLaw, line_chain_divergence, line_girsanov_bound};
pub use search::least_divergence;

use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, within};
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::numerics::extrapolation::limit_at_zero;
use crate::path::line::{LineBase, curve_on_line};
use crate::path::{GaussianPath, LinePath, MixtureCurve, MixturePath, Schedule};
use crate::sampler::{Factor, Grid, Integrator, MixtureScores, ProductScores};
use crate::transport::mixture_parts;
use kernel::Resolution;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A factor of a target with its path from the standard normal law.
#[derive(Clone, Debug)]
pub struct PlanFactor {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Gaussian(Box<GaussianPath>),
    /// The path, and the scores that the sampler steps with.
    Line(LinePath, ProductScores),
    /// A mixture in the plane.
    Plane(Box<MixturePath>, Schedule),
}

impl PlanFactor {
    /// A Gaussian target in any dimension.
    ///
    /// # Errors
    /// [`Error::Domain`] unless the base is the standard normal law.
    pub fn gaussian(path: GaussianPath) -> Result<Self> {
        if path.has_standard_base() {
            Ok(Self { kind: Kind::Gaussian(Box::new(path)) })
        } else {
            Err(Error::domain("base", path, "the standard Gaussian law"))
        }
    }

    /// `Σ w_k N(m_k, s_k²)` on the line.
    ///
    /// # Errors
    /// Those of [`MixtureCurve::new`]; [`Error::Domain`] for a deviation 0.
    pub fn mixture(weights: &[f64], means: &[f64], stds: &[f64], schedule: Schedule) -> Result<Self> {
        let curve = MixtureCurve::new(weights, means, stds)?;
        let parts = means
            .iter()
            .zip(stds)
            .map(|(m, s)| crate::measure::gaussian::Gaussian::isotropic(vec![*m], s * s));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let scores = MixtureScores::new(weights, &parts, schedule.clone())?;
        let scores = ProductScores::new(vec![Factor::Mixture(scores)])?;
        Ok(Self { kind: Kind::Line(LinePath::new(Arc::new(curve), schedule), scores) })
    }

    /// A Gaussian mixture with a density in two dimensions or more: one in the plane, and the normal law across as another factor. Its
    /// chain is planned for by bounds only.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a mixture that does not split like that; those of [`mixture_parts`].
    pub fn mixture_above_the_line(target: &Mixture, schedule: &Schedule) -> Result<Vec<Self>> {
        let (plane, across) = mixture_parts(target)?;
        let kind = Kind::Plane(Box::new(MixturePath::gaussian(plane)), schedule.clone());
        let mut factors = vec![Self { kind }];
        if let Some(law) = across {
            factors.push(Self::gaussian(GaussianPath::from_standard(law, schedule.clone())?)?);
        }
        Ok(factors)
    }

    /// Any law on the line.
    ///
    /// # Errors
    /// Those of [`curve_on_line`].
    pub fn line(law: &LineMeasure, schedule: Schedule) -> Result<Self> {
        let path = LinePath::new(curve_on_line(law, LineBase::Gaussian)?, schedule);
        let scores = ProductScores::new(vec![Factor::Line(path.clone())])?;
        Ok(Self { kind: Kind::Line(path, scores) })
    }

    fn schedule(&self) -> &Schedule {
        match &self.kind {
            Kind::Gaussian(path) => path.schedule(),
            Kind::Line(path, _) => path.schedule(),
            Kind::Plane(_, schedule) => schedule,
        }
    }
}

/// Independent factors with the same schedule, and the time at which chains begin, with the law of the path there.
#[derive(Clone, Debug)]
pub struct PlanPath {
    factors: Vec<PlanFactor>,
    start: f64,
}

impl PlanPath {
    /// A path.
    ///
    /// # Errors
    /// [`Error::Domain`] for no factors, factors with different schedules, or a start outside `[0, 1)`.
    pub fn new(factors: Vec<PlanFactor>, start: f64) -> Result<Self> {
        within("start", start, 0.0, 1.0_f64.next_down())?;
        let Some(first) = factors.first() else {
            return Err(Error::domain("factors", "[]", "at least one"));
        };
        let schedule = first.schedule();
        if let Some(other) = factors.iter().find(|f| f.schedule() != schedule) {
            return Err(Error::domain("schedule of a factor", other.schedule(), &schedule.to_string()));
        }
        Ok(Self { factors, start })
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        self.factors[0].schedule()
    }

    /// Time at which chains begin.
    pub fn start(&self) -> f64 {
        self.start
    }

    /// Whether every score is a closed form and the law of the chain is computed, so that plans of both kinds take seconds.
    pub fn is_closed_form(&self) -> bool {
        self.factors.iter().all(|factor| match &factor.kind {
            Kind::Gaussian(_) => true,
            Kind::Plane(..) => false,
            Kind::Line(_, scores) => scores.factors().iter().all(|f| matches!(f, Factor::Mixture(_))),
        })
    }

    fn grid(&self, kappa: f64, steps: usize) -> Result<Grid> {
        Grid::new(self.start, 1.0, kappa, steps)
    }
}

/// How a plan was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlannedBy {
    /// From proved bounds.
    Bounds,
    /// From the computed law of the chain.
    Computation,
}

impl fmt::Display for PlannedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bounds => "bounds",
            Self::Computation => "computation",
        })
    }
}

/// A plan; `docs/schemas/plan.schema.json` describes it as JSON. What is not known is `None`, and absent there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The divergence `KL(target|law of the chain)` that was asked for.
    pub kl: f64,
    /// How the plan was made.
    pub by: PlannedBy,
    /// Schedule.
    pub schedule: String,
    /// Integrator, see [`Integrator::name`].
    pub integrator: String,
    /// Slowness κ.
    pub kappa: f64,
    /// Step h of the dynamics.
    pub step: f64,
    /// Number of steps.
    pub steps: usize,
    /// `κA/4`: bound for the bias of the dynamics without discretisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_bound: Option<Enclosure>,
    /// `¼Σ_k∫E|s_τ(Y_τ) − s_k(Y_{τ_k})|²dτ` is below this. The divergence is below `(√bias + √step + √score)²`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_bound: Option<Enclosure>,
    /// `¼Σ_k∫E|s_k − ŝ_k|²dτ`, where the sampler takes scores from tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_bound: Option<Enclosure>,
    /// The divergence, computed from the law of the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_kl: Option<Enclosure>,
}

impl Plan {
    /// The bound that the terms give together: `(√bias + √step + √score)²`.
    pub fn combined_bound(&self) -> Option<Enclosure> {
        let root = |term: Option<Enclosure>| term.unwrap_or(Enclosure::exact(0.0)).sqrt();
        self.bias_bound?;
        Some((root(self.bias_bound) + root(self.step_bound) + root(self.score_bound)).square())
    }
}

/// Divergences below which the rounding of a transition kernel could be felt.
const KERNEL_ROUNDING: f64 = 1e-10;

/// `KL(p_1|law of the chain)`, the chain started with the law of the path at its start.
///
/// Gaussian factors by the explicit recursion in every eigendirection (Certified), laws on the line by the transition
/// densities of the chain on a grid, the error by a finer and wider one (Converged).
///
/// # Errors
/// [`Error::Domain`] for a bad κ or no steps; [`Error::Undefined`] for Heun's scheme on the line, whose transitions are
/// not Gaussian; [`Error::NoConvergence`] for laws that are too wide for their steps.
pub fn chain_divergence(
    path: &PlanPath,
    integrator: Integrator,
    kappa: f64,
    steps: usize,
) -> Result<Enclosure> {
    let frozen = search::Frozen::new(path, integrator, steps)?;
    let fine = frozen.divergence(kappa, Resolution::FINE)?;
    if !frozen.has_kernels() {
        return Ok(fine);
    }
    let finest = frozen.divergence(kappa, Resolution::FINEST)?;
    let error = (finest.mid() - fine.mid()).abs() + KERNEL_ROUNDING;
    Ok(finest.weakened(Evidence::Converged).widened(error))
}

/// Steps of the dynamics in units of the steepest descent at which an extrapolation in the step begins.
const COARSEST_STEP: f64 = 0.25;

/// The same as [`chain_divergence`] for a number of steps too large to go through: extrapolated in the step from
/// coarser grids (Converged).
///
/// # Errors
/// As [`chain_divergence`].
pub fn extrapolated_divergence(
    path: &PlanPath,
    integrator: Integrator,
    kappa: f64,
    steps: usize,
) -> Result<Enclosure> {
    let steepest = search::steepest(path)?;
    let coarsest = (steepest * (1.0 - path.start) / (kappa * COARSEST_STEP)).ceil().max(64.0);
    // Recursions are cheap, transition densities are not.
    let is_gaussian = path.factors.iter().all(|factor| matches!(factor.kind, Kind::Gaussian(_)));
    let factors: &[usize] = if is_gaussian { &[2, 4, 8, 16] } else { &[1, 2, 4] };
    if factors[factors.len() - 1] as f64 * coarsest >= steps as f64 {
        return chain_divergence(path, integrator, kappa, steps);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below a number of steps")]
    let coarsest = coarsest as usize;
    let points = factors.iter().map(|factor| {
        let n = factor * coarsest;
        let kl = chain_divergence(path, integrator, kappa, n)?;
        Ok((1.0 / n as f64 - 1.0 / steps as f64, kl))
    });
    let points = points.collect::<Result<Vec<_>>>()?;
    Ok(limit_at_zero(&points))
}
