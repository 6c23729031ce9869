//! **N2**: the simulated Nelson process has the marginals of the path.
//!
//! *Statement.* The Euler-Maruyama chain of `dY = (s_τ + v̂_τ)(Y)dτ + √2 dB`, started with `p̂_0`, has the law `p_1` at the end up to its
//! step: the empirical distribution function of its projection on a line is within
//! `√(log(2/α)/2N) + √(δ/2)` of the true one, but with probability α; `δ = KL(p_1|law of the chain)` is computed, not sampled.
//!
//! *Hypotheses.* H1: finite energy. H2: N independent chains.
//!
//! *Normalisation.* Noise `√2 dB`, `v̂ = κv`, `v = (λ̇/2λ)(y + s)` for the standard normal base.
//!
//! *Why.* p̂ solves the Fokker-Planck equation of the Nelson process; Dvoretzky-Kiefer-Wolfowitz for the sample, Pinsker for the step.
//!
//! *Source.* \[CCG\], Nelson processes; Massart, *The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality* (1990).
//!
//! *Checked.* Left: chains of the program's sampler. Right: the two terms; δ from transition densities on the line and from the
//! recursion for Gaussian laws. The sum of α over all instances is in the table of false alarms. *Not checked:* mixtures in d ≥ 2.
//!
//! *Sharp.* No. *Without v̂* it is annealed Langevin dynamics, which lags behind.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::excess::excess_reverse;
use crate::numerics::false_alarms::{distribution_distance, level};
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, LinePath, MixtureCurve, Schedule};
use crate::sampler::plan::line_chain_divergence;
use crate::sampler::{Batch, Grid, Integrator, MixtureScores, NelsonDrifts, PathScore, Score};
use rand::RngExt;
use std::fmt;
use std::sync::Arc;

/// Chains.
const SAMPLES: usize = 4000;

/// A Gaussian mixture, a direction, a grid and a seed.
#[derive(Clone, Debug)]
pub struct MarginalInstance {
    weights: Vec<f64>,
    parts: Vec<Gaussian>,
    schedule: Schedule,
    grid: Grid,
    direction: Vec<f64>,
    seed: u64,
}

impl MarginalInstance {
    fn new(
        weights: Vec<f64>,
        parts: Vec<Gaussian>,
        schedule: Schedule,
        kappa: f64,
        seed: u64,
    ) -> Result<Self> {
        let start = if schedule.lambda(0.0) > 0.0 { 0.0 } else { 0.05 };
        let grid = Grid::new(start, 1.0, kappa, 128)?;
        let dim = parts[0].dim();
        let direction = (0..dim).map(|j| 1.0 / (1.0 + j as f64)).collect();
        Ok(Self { weights, parts, schedule, grid, direction, seed })
    }

    fn schedule(index: usize) -> Result<Schedule> {
        Ok([Schedule::cosine(), Schedule::power(2.0)?, Schedule::ornstein_uhlenbeck(1.0)?][index % 3].clone())
    }

    /// An asymmetric mixture on the line.
    fn on_line(stream: &mut Stream, index: usize) -> Result<Self> {
        let weight = stream.random_range(0.2..0.8);
        let parts = [
            Gaussian::isotropic(vec![stream.random_range(-2.0..-0.5)], stream.random_range(0.2..1.0))?,
            Gaussian::isotropic(vec![stream.random_range(0.5..2.0)], stream.random_range(0.2..1.0))?,
        ];
        let (kappa, seed) = (stream.random_range(0.5..2.0), stream.random());
        Self::new(vec![weight, 1.0 - weight], parts.to_vec(), Self::schedule(index)?, kappa, seed)
    }

    /// A correlated Gaussian law in two or three dimensions.
    fn in_space(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = Gaussian::random(stream, 2 + index % 2, 5.0, 1.0)?;
        let (kappa, seed) = (stream.random_range(0.5..2.0), stream.random());
        Self::new(vec![1.0], vec![law], Self::schedule(index)?, kappa, seed)
    }

    fn example() -> Result<Self> {
        let parts = vec![Gaussian::isotropic(vec![-1.0], 0.25)?, Gaussian::isotropic(vec![1.5], 0.5)?];
        Self::new(vec![0.3, 0.7], parts, Schedule::power(2.0)?, 1.0, 1)
    }

    fn scores(&self) -> Result<MixtureScores> {
        MixtureScores::new(&self.weights, &self.parts, self.schedule.clone())
    }

    fn drifts(&self) -> Result<NelsonDrifts<MixtureScores>> {
        NelsonDrifts::new(self.scores()?, self.schedule.clone(), self.grid.kappa())
    }

    /// Mass of the target below `y` in the direction.
    fn below(&self, y: f64) -> f64 {
        let parts = self.weights.iter().zip(&self.parts).map(|(weight, law)| {
            let mean: f64 = law.mean().iter().zip(&self.direction).map(|(m, u)| m * u).sum();
            let u = nalgebra::DVector::from_column_slice(&self.direction);
            let deviation = (u.transpose() * law.covariance() * &u)[(0, 0)].sqrt();
            0.5 * weight * core_math::erfc((mean - y) / (deviation * std::f64::consts::SQRT_2))
        });
        parts.sum()
    }

    /// Largest distance of the distribution functions of a sample and of the target, in the direction.
    fn distance<P>(&self, drifts: &P, grid: &Grid) -> Result<Enclosure>
    where
        P: PathScore,
        P::At: Score,
    {
        let points = Batch::new(self.seed, SAMPLES).run(drifts, grid, Integrator::EulerMaruyama, &|_| ())?;
        let project = |x: &[f64]| x.iter().zip(&self.direction).map(|(x, u)| x * u).sum::<f64>();
        let mut heights: Vec<f64> =
            points.chunks_exact(self.direction.len()).map(|x| self.below(project(x))).collect();
        heights.sort_by(f64::total_cmp);
        let count = heights.len() as f64;
        let gap = |(i, f): (usize, &f64)| ((i as f64 + 1.0) / count - f).max(f - i as f64 / count);
        let distance = heights.iter().enumerate().map(gap).fold(0.0, f64::max);
        // Error functions to a few units.
        let rounding = 1e-12;
        Ok(Enclosure::around(distance, rounding, Evidence::Statistical))
    }

    /// `KL(p_1|law of the chain)`.
    fn discretisation(&self) -> Result<Enclosure> {
        if self.direction.len() == 1 {
            let means: Vec<f64> = self.parts.iter().map(|law| law.mean()[0]).collect();
            let stds: Vec<f64> = self.parts.iter().map(|law| law.covariance_entry(0, 0).sqrt()).collect();
            let curve = MixtureCurve::new(&self.weights, &means, &stds)?;
            let path = LinePath::new(Arc::new(curve), self.schedule.clone());
            return line_chain_divergence(&path, &self.drifts()?, &self.grid);
        }
        let path = GaussianPath::from_standard(self.parts[0].clone(), self.schedule.clone())?;
        let channels =
            path.channels().ok_or_else(|| Error::domain("base", &path, "the standard Gaussian law"))?;
        let (one, half) = (Interval::ONE, Interval::point(0.5));
        let h = Interval::point(self.grid.step());
        let mut twice = Interval::ZERO;
        for channel in &channels {
            let law = |t: f64| {
                let at = self.schedule.enclosed(t);
                (at.lambda.sqrt() * channel.target_mean, at.lambda * channel.target_variance + at.complement)
            };
            let (mut mean, mut variance) = law(self.grid.time(0));
            for k in 0..self.grid.steps() {
                let at = self.schedule.enclosed(self.grid.time(k));
                let (centre, own) = law(self.grid.time(k));
                let field = half * Interval::point(self.grid.kappa()) * at.lambda_dot / at.lambda;
                // −(1+r)(y − m)/σ² + ry.
                let pull = h * (one + field) / own;
                let kept = one - pull + h * field;
                mean = kept * mean + pull * centre;
                variance = kept.square() * variance + Interval::point(2.0) * h;
            }
            let (centre, own) = law(1.0);
            twice = twice + excess_reverse(variance / own - one) + (centre - mean).square() / variance;
        }
        Ok(Enclosure::certified(twice * half))
    }
}

impl fmt::Display for MarginalInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Σ")?;
        for (weight, law) in self.weights.iter().zip(&self.parts) {
            write!(f, " {weight}·N({:?}, {:?})", law.mean().as_slice(), law.covariance().as_slice())?;
        }
        write!(f, ", {}, {:?}, seed {}", self.schedule, self.grid, self.seed)
    }
}

/// Scores in a wrong order of time or with a wrong factor.
struct Faulty<P> {
    path: P,
    time: fn(f64) -> f64,
    factor: f64,
}

struct Scaled<S>(S, f64);

impl<P: PathScore> PathScore for Faulty<P>
where
    P::At: Score,
{
    type At = Scaled<P::At>;

    fn dim(&self) -> usize {
        self.path.dim()
    }

    fn score_at(&self, t: f64) -> Result<Self::At> {
        Ok(Scaled(self.path.score_at((self.time)(t))?, self.factor))
    }

    fn start_at(&self, t: f64) -> Result<Box<dyn crate::sampler::Start + '_>> {
        self.path.start_at(t)
    }
}

impl<S: Score> Score for Scaled<S> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn scores(
        &self,
        units: crate::numerics::vector::Units,
        lanes: usize,
        points: &[f64],
        scores: &mut [f64],
        scratch: &mut Vec<f64>,
    ) {
        self.0.scores(units, lanes, points, scores, scratch);
        for s in scores {
            *s *= self.1;
        }
    }
}

/// The claim.
pub struct SimulatedMarginals;

impl Theorem for SimulatedMarginals {
    type Instance = MarginalInstance;

    const ABOUT: About = About {
        id: "N2",
        chapter: Chapter::Nelson,
        title: "The simulated Nelson process has the path's marginals",
        statement: "N Euler-Maruyama chains of dY = (s + v̂)(Y)dτ + √2 dB from p̂_0: the empirical distribution function of a projection is within \
                    √(log(2/α)/2N) + √(δ/2) of that of p_1, but with probability α; δ = KL(p_1|law of the chain)",
        hypotheses: &[("H1", "finite energy"), ("H2", "N independent chains")],
        why: "p̂ solves the Fokker-Planck equation of the Nelson process; Dvoretzky-Kiefer-Wolfowitz for the sample, Pinsker for the step.",
        checked: "Chains of the program's sampler against the two terms, δ computed from transition densities on the line and from the recursion for \
                  Gaussian laws: asymmetric mixtures in d = 1, correlated Gaussian laws in d = 2 and 3.",
        not_checked: "Mixtures in d ≥ 2; times before the end.",
        source: "[CCG], Nelson processes; Massart, The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality (1990)",
        relation: Relation::Upper,
        rests_on: &["T4", "N4"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<MarginalInstance>> {
        NonEmpty::new(
            Family {
                name: "asymmetric mixtures on the line",
                evidence: Evidence::Statistical,
                quick: 2,
                full: 28,
                draw: MarginalInstance::on_line,
            },
            [Family {
                name: "correlated Gaussian laws in the plane and in space",
                evidence: Evidence::Statistical,
                quick: 2,
                full: 28,
                draw: MarginalInstance::in_space,
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<MarginalInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "without v̂ (annealed Langevin dynamics)",
                instance: MarginalInstance::example,
                wrong: Wrong::Observed(|i| i.distance(&i.scores()?, &i.grid)),
            },
            [
                FalseTwin {
                    name: "the sign of the drift flipped",
                    instance: MarginalInstance::example,
                    wrong: Wrong::Observed(|i| {
                        i.distance(&Faulty { path: i.drifts()?, time: |t| t, factor: -1.0 }, &i.grid)
                    }),
                },
                FalseTwin {
                    name: "the schedule run backwards",
                    instance: MarginalInstance::example,
                    wrong: Wrong::Observed(|i| {
                        // From the start at 0.05.
                        i.distance(&Faulty { path: i.drifts()?, time: |t| 1.05 - t, factor: 1.0 }, &i.grid)
                    }),
                },
                FalseTwin {
                    name: "half of the noise",
                    instance: MarginalInstance::example,
                    wrong: Wrong::Observed(|i| {
                        // A quarter of the step and four times the drift.
                        let grid = Grid::new(i.grid.time(0), 1.0, 4.0 * i.grid.kappa(), i.grid.steps())?;
                        i.distance(&Faulty { path: i.drifts()?, time: |t| t, factor: 4.0 }, &grid)
                    }),
                },
            ],
        )
    }

    fn observed(instance: &MarginalInstance) -> Result<Enclosure> {
        instance.distance(&instance.drifts()?, &instance.grid)
    }

    fn bound(instance: &MarginalInstance) -> Result<Enclosure> {
        let chance = distribution_distance(SAMPLES, level(Self::ABOUT.id));
        let step = instance.discretisation()?.max(Enclosure::exact(0.0));
        Ok((step * 0.5).sqrt() + chance)
    }
}
