//! Chains towards mixtures on the line, whose laws are known by their transition densities.

use crate::claims::line_instances::random_mixture;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::extrapolation::order_at_zero;
use crate::numerics::stream::Stream;
use crate::numerics::vector::Units;
use crate::path::{LinePath, MixtureCurve, Schedule};
use crate::sampler::plan::{LineChainLaw, PlanFactor, line_chain_divergence, line_girsanov_bound};
use crate::sampler::{Grid, MixtureScore, MixtureScores, PathScore, Score, Start};
use rand::RngExt;
use std::fmt;
use std::sync::Arc;

/// Numbers of steps for local orders.
const STEPS: [usize; 7] = [32, 64, 128, 256, 512, 1024, 2048];

/// Fewest differences between halved steps from which an order is extrapolated.
const FEWEST_DIFFERENCES: usize = 4;

/// The chain `X_{k+1} = X_k + h((1+α)s_k(X_k) + β) + √(2h)ξ` towards a mixture, begun with the law of the path.
#[derive(Clone, Debug)]
pub struct LineChain {
    weights: Vec<f64>,
    means: Vec<f64>,
    stds: Vec<f64>,
    schedule: Schedule,
    grid: Grid,
    tilt: f64,
    offset: f64,
}

/// Expectations of which the weak order is looked at. (In a single one the errors may cancel to first order, as those of mean and
/// variance do in a second moment, or those of an odd function in a law that is nearly even; then no order is seen with the numbers of
/// steps here.)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Observable {
    /// The mean beside those of [`Observable::Tanh`], the norm of the four errors: where the mean's own nearly cancels, its
    /// order drowns in the quadrature.
    Mean,
    /// `E tanh(X − c)` for `c = −1, 0, 1`, the norm of the three errors.
    Tanh,
}

impl Observable {
    fn functions(self) -> &'static [fn(f64) -> f64] {
        match self {
            Self::Mean => {
                &[|x| x, |x| core_math::tanh(x + 1.0), core_math::tanh, |x| core_math::tanh(x - 1.0)]
            }
            Self::Tanh => &[|x| core_math::tanh(x + 1.0), core_math::tanh, |x| core_math::tanh(x - 1.0)],
        }
    }
}

impl LineChain {
    /// A mixture of normal laws, neither symmetric nor centred, with a schedule for which the action is finite; every second
    /// chain with an inexact score.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let [weights, means, stds] = parameters(&random_mixture(stream, index)?)?;
        let schedules = [Schedule::cosine(), Schedule::power(2.0)?, Schedule::ornstein_uhlenbeck(1.5)?];
        let schedule = schedules[index % 3].clone();
        let narrowest = stds.iter().copied().fold(1.0, f64::min).powi(2);
        let steps = stream.random_range(8..24_u32);
        // hP between 0.1 and 0.5 where the path is narrowest.
        let kappa = 1.0 / (stream.random_range(0.1..0.5) * narrowest * f64::from(steps));
        let grid = Grid::new(0.0, 1.0, kappa, steps as usize)?;
        let chain = Self { weights, means, stds, schedule, grid, tilt: 0.0, offset: 0.0 };
        if index.is_multiple_of(2) {
            return Ok(chain);
        }
        Ok(chain.with_score(stream.random_range(-0.2..0.2), stream.random_range(-0.3..0.3)))
    }

    /// A mixture with the slowness and the schedules for which orders are fitted.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn for_orders(stream: &mut Stream, index: usize) -> Result<Self> {
        let weight = stream.random_range(0.2..0.8);
        let weights = vec![weight, 1.0 - weight];
        let means = vec![stream.random_range(-1.5..-0.5), stream.random_range(0.5..2.0)];
        let stds = vec![stream.random_range(0.7..1.2), stream.random_range(0.7..1.2)];
        let schedules = [Schedule::cosine(), Schedule::power(2.0)?, Schedule::ornstein_uhlenbeck(1.0)?];
        let grid = Grid::new(0.0, 1.0, stream.random_range(0.5..1.0), STEPS[0])?;
        Ok(Self {
            weights,
            means,
            stds,
            schedule: schedules[index % 3].clone(),
            grid,
            tilt: 0.0,
            offset: 0.0,
        })
    }

    /// `0.3 N(−1, ½) + 0.7 N(1½, ¼)`, cosine schedule, κ = 0.2, 60 steps.
    ///
    /// # Errors
    /// Never in practice.
    pub fn example() -> Result<Self> {
        let grid = Grid::new(0.0, 1.0, 0.2, 60)?;
        let (weights, means, stds) = (vec![0.3, 0.7], vec![-1.0, 1.5], vec![0.5_f64.sqrt(), 0.5]);
        Ok(Self { weights, means, stds, schedule: Schedule::cosine(), grid, tilt: 0.0, offset: 0.0 })
    }

    /// With an inexact score.
    #[must_use]
    pub fn with_score(self, tilt: f64, offset: f64) -> Self {
        Self { tilt, offset, ..self }
    }

    /// The target in words.
    pub fn target(&self) -> String {
        let Self { weights, means, stds, schedule, .. } = self;
        format!("mixture with weights {weights:?}, means {means:?}, deviations {stds:?}, {schedule}")
    }

    /// The target as a factor to plan for.
    ///
    /// # Errors
    /// Those of [`PlanFactor::mixture`].
    pub fn factor(&self) -> Result<PlanFactor> {
        PlanFactor::mixture(&self.weights, &self.means, &self.stds, self.schedule.clone())
    }

    fn path(&self) -> Result<LinePath> {
        let curve = MixtureCurve::new(&self.weights, &self.means, &self.stds)?;
        Ok(LinePath::new(Arc::new(curve), self.schedule.clone()))
    }

    /// The program's scores, made inexact.
    fn drift(&self) -> Result<Inexact> {
        let parts = self.means.iter().zip(&self.stds).map(|(m, s)| Gaussian::isotropic(vec![*m], s * s));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let path = MixtureScores::new(&self.weights, &parts, self.schedule.clone())?;
        Ok(Inexact { path, tilt: self.tilt, offset: self.offset })
    }

    /// `KL(p_1|law of the chain)` (Converged).
    ///
    /// # Errors
    /// Those of [`line_chain_divergence`].
    pub fn divergence(&self) -> Result<Enclosure> {
        line_chain_divergence(&self.path()?, &self.drift()?, &self.grid)
    }

    /// `¼Σ_k∫E|v̂_τ(Y_τ) + s_τ(Y_τ) − ŝ_k(Y_{τ_k})|²dτ` (Converged).
    ///
    /// # Errors
    /// Those of [`line_girsanov_bound`].
    pub fn girsanov_bound(&self) -> Result<Enclosure> {
        line_girsanov_bound(&self.path()?, &self.drift()?, &self.grid)
    }

    /// The order in h at which expectations at the end converge: from the differences between halved steps, extrapolated
    /// to h → 0 (Converged).
    ///
    /// # Errors
    /// Those of the law of the chain.
    pub fn weak_order(&self, observable: Observable) -> Result<Enclosure> {
        let (path, drift) = (self.path()?, self.drift()?);
        let values = STEPS.map(|steps| {
            let grid = Grid::new(0.0, 1.0, self.grid.kappa(), steps)?;
            let law = LineChainLaw::new(&path, &drift, &grid, 1.0)?;
            Ok(observable.functions().iter().map(|f| law.expectation(f)).collect::<Vec<Enclosure>>())
        });
        let values = values.into_iter().collect::<Result<Vec<_>>>()?;
        let differences: Vec<(f64, Vec<Enclosure>)> = values
            .windows(2)
            .zip(STEPS)
            .map(|(pair, n)| (1.0 / n as f64, pair[0].iter().zip(&pair[1]).map(|(a, b)| *a - *b).collect()))
            .collect();
        // As many points as there are where the leading term stands out from the first step on, well if possible, and never
        // fewer than four.
        let starts = 0..=differences.len() - FEWEST_DIFFERENCES;
        let well = |rest| starts.clone().find_map(|k| order_at_zero(&differences[k..], 1.0, rest));
        let order = well(0.25).or_else(|| well(0.5));
        Ok(order.unwrap_or(Enclosure::unknown(Evidence::Converged)).weakened(Evidence::Converged))
    }
}

fn parameters(law: &LineMeasure) -> Result<[Vec<f64>; 3]> {
    law.mixture_parameters()
        .ok_or_else(|| Error::Undefined { what: "a mixture".to_owned(), reason: law.to_string() })
}

impl fmt::Display for LineChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {:?}, score α={} β={}", self.target(), self.grid, self.tilt, self.offset)
    }
}

/// `(1+α)s + β`.
struct Inexact {
    path: MixtureScores,
    tilt: f64,
    offset: f64,
}

struct InexactScore {
    score: MixtureScore,
    tilt: f64,
    offset: f64,
}

impl PathScore for Inexact {
    type At = InexactScore;

    fn dim(&self) -> usize {
        self.path.dim()
    }

    fn score_at(&self, t: f64) -> Result<InexactScore> {
        Ok(InexactScore { score: self.path.score_at(t)?, tilt: self.tilt, offset: self.offset })
    }

    fn start_at(&self, t: f64) -> Result<Box<dyn Start + '_>> {
        self.path.start_at(t)
    }
}

impl Score for InexactScore {
    fn dim(&self) -> usize {
        self.score.dim()
    }

    fn scores(&self, units: Units, lanes: usize, points: &[f64], scores: &mut [f64], scratch: &mut Vec<f64>) {
        self.score.scores(units, lanes, points, scores, scratch);
        for s in scores {
            *s = (1.0 + self.tilt) * *s + self.offset;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::sampler::instance::ChainInstance;

    /// One component: the closed forms for Gaussian targets.
    #[test]
    fn one_component_is_a_gaussian_target() {
        for tilt in [0.0, 0.15] {
            let grid = Grid::new(0.0, 1.0, 0.5, 20).unwrap();
            let (weights, means, stds) = (vec![1.0], vec![1.0], vec![0.5]);
            let schedule = Schedule::power(2.0).unwrap();
            let line =
                LineChain { weights, means, stds, schedule: schedule.clone(), grid, tilt, offset: 0.0 };
            let gaussian =
                ChainInstance::on_line(1.0, 0.25, schedule, 0.5, 20).unwrap().with_score(tilt, 0.0);
            let (found, exact) = (line.girsanov_bound().unwrap(), gaussian.parts().whole * 0.25);
            assert!(found.interval().intersects(exact.interval()), "{found} {exact}");
            let accuracy = 1e-3;
            assert!(found.relative_width() < accuracy, "{found}");
            let (found, exact) = (line.divergence().unwrap(), gaussian.divergence());
            assert!(found.interval().intersects(exact.interval()), "{found} {exact}");
        }
    }
}
