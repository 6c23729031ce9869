//! A chain with an inexact score along a Gaussian path, and what Girsanov's theorem says about it.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::excess::{excess_forward, excess_reverse};
use crate::numerics::quadrature::GaussRule;
use crate::numerics::stream::Stream;
use crate::path::{Channel, GaussianPath, Schedule};
use crate::transport::action;
use rand::RngExt;
use std::fmt;

/// The chain `X_{k+1} = X_k − h(1+α)P_k(X_k − m_k − β) + √(2h)ξ`: the precision of the score is off by the factor `1+α`, its
/// mean by β in every eigendirection. It starts with the law of the path, shifted and scaled.
#[derive(Clone, Debug)]
pub struct ChainInstance {
    /// The path; its base is the standard normal law.
    pub path: GaussianPath,
    /// Time at which the chain begins.
    pub from: f64,
    /// Slowness.
    pub kappa: f64,
    /// Number of steps.
    pub steps: u32,
    /// Relative error α of the precision of the score.
    pub tilt: f64,
    /// Error β of the mean of the score.
    pub offset: f64,
    /// Shift of the initial mean.
    pub shift: f64,
    /// Factor of the initial covariance.
    pub factor: f64,
    channels: Vec<Channel>,
}

/// `Σ_k∫E⟨a, b⟩dτ` for the pairs of `a, b` among `v̂_τ(Y_τ)`, `s_τ(Y_τ) − s_k(Y_{τ_k})` and `(s_k − ŝ_k)(Y_{τ_k})`.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// `∫E|s_τ(Y_τ) − s_k(Y_{τ_k})|²`.
    pub step: Enclosure,
    /// `∫E|s_k − ŝ_k|²`.
    pub score: Enclosure,
    /// The three mixed terms together, once each.
    pub mixed: Enclosure,
    /// The square of the sum of the three.
    pub whole: Enclosure,
}

impl ChainInstance {
    /// A chain that starts with the law of the path and has the exact score.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] unless the base is the standard normal law and the action finite; [`Error::Domain`] for a
    /// bad κ or no steps.
    pub fn new(target: Gaussian, schedule: Schedule, from: f64, kappa: f64, steps: u32) -> Result<Self> {
        let path = GaussianPath::from_standard(target, schedule)?;
        if !action(&path, from, 1.0)?.is_finite() {
            return Err(Error::hypothesis("S3", "H1", "the action of the path is infinite"));
        }
        crate::sampler::Grid::new(from, 1.0, kappa, steps as usize)?;
        let channels =
            path.channels().ok_or_else(|| Error::hypothesis("S3", "H1", "the covariances do not commute"))?;
        let chain =
            Self { path, from, kappa, steps, tilt: 0.0, offset: 0.0, shift: 0.0, factor: 1.0, channels };
        Ok(chain)
    }

    /// With an inexact score.
    #[must_use]
    pub fn with_score(self, tilt: f64, offset: f64) -> Self {
        Self { tilt, offset, ..self }
    }

    /// With another initial law.
    #[must_use]
    pub fn with_start(self, shift: f64, factor: f64) -> Self {
        Self { shift, factor, ..self }
    }

    /// In dimension 1 to 5, dense or diagonal, every second one with an inexact score and a wrong start.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = Gaussian::random(stream, 1 + index % 5, 20.0, 1.0)?;
        let (schedule, from) = match index % 4 {
            0 => (Schedule::cosine(), 0.0),
            1 => (Schedule::power(2.0)?, 0.0),
            2 => (Schedule::ornstein_uhlenbeck(1.5)?, 0.0),
            _ => (Schedule::linear(), 0.25),
        };
        let narrowest = target.spectrum().smallest().lo().min(1.0);
        let steps = stream.random_range(6..24_u32);
        // hP between 0.1 and 0.9 where the path is narrowest.
        let kappa = (1.0 - from) / (stream.random_range(0.1..0.9) * narrowest * f64::from(steps));
        let chain = Self::new(target, schedule, from, kappa, steps)?;
        if index.is_multiple_of(2) {
            return Ok(chain);
        }
        let (tilt, offset) = (stream.random_range(-0.2..0.2), stream.random_range(-0.3..0.3));
        let (shift, factor) = (stream.random_range(-0.5..0.5), stream.random_range(0.6..1.6));
        Ok(chain.with_score(tilt, offset).with_start(shift, factor))
    }

    /// In one dimension.
    ///
    /// # Errors
    /// As [`ChainInstance::new`].
    pub fn on_line(mean: f64, variance: f64, schedule: Schedule, kappa: f64, steps: u32) -> Result<Self> {
        Self::new(Gaussian::isotropic(vec![mean], variance)?, schedule, 0.0, kappa, steps)
    }

    fn step(&self) -> f64 {
        (1.0 - self.from) / (self.kappa * f64::from(self.steps))
    }

    fn time(&self, k: u32) -> f64 {
        if k == self.steps {
            1.0
        } else {
            self.from + (1.0 - self.from) * f64::from(k) / f64::from(self.steps)
        }
    }

    /// Mean and variance of a channel at time t.
    fn law(&self, channel: &Channel, t: f64) -> (Interval, Interval) {
        let at = self.path.schedule().enclosed(t);
        (
            at.lambda.sqrt() * channel.target_mean,
            at.lambda * channel.target_variance + at.complement * channel.base_variance,
        )
    }

    /// Mean and variance of the chain at the end relative to the target: `(shift, variance, variance of the target)`.
    fn ends(&self) -> impl Iterator<Item = (Interval, Interval, Interval)> {
        let point = Interval::point;
        let h = point(self.step());
        self.channels.iter().map(move |channel| {
            let (mean, variance) = self.law(channel, self.from);
            let (mut mean, mut variance) = (mean + point(self.shift), variance * point(self.factor));
            for k in 0..self.steps {
                let (centre, own) = self.law(channel, self.time(k));
                let rate = h * (Interval::ONE + point(self.tilt)) / own;
                mean = (Interval::ONE - rate) * mean + rate * (centre + point(self.offset));
                variance = (Interval::ONE - rate).square() * variance + point(2.0) * h;
            }
            let (centre, own) = self.law(channel, 1.0);
            (centre - mean, variance, own)
        })
    }

    /// `KL(p_1|law of the chain)`, by the recursion (Certified).
    pub fn divergence(&self) -> Enclosure {
        let twice: Interval = self
            .ends()
            .map(|(shift, variance, own)| {
                excess_reverse(variance / own - Interval::ONE) + shift.square() / variance
            })
            .sum();
        Enclosure::certified(twice * Interval::point(0.5))
    }

    /// `KL(law of the chain|p_1)` (Certified).
    pub fn reverse_divergence(&self) -> Enclosure {
        let twice: Interval = self
            .ends()
            .map(|(shift, variance, own)| {
                excess_forward(variance / own - Interval::ONE) + shift.square() / own
            })
            .sum();
        Enclosure::certified(twice * Interval::point(0.5))
    }

    /// `KL(p_start|initial law)` (Certified).
    pub fn initial_divergence(&self) -> Enclosure {
        let point = Interval::point;
        let per_channel = self.channels.iter().map(|channel| {
            let (_, variance) = self.law(channel, self.from);
            excess_reverse(point(self.factor) - Interval::ONE)
                + point(self.shift).square() / (variance * point(self.factor))
        });
        Enclosure::certified(per_channel.sum::<Interval>() * point(0.5))
    }

    /// `∫E|v̂|²dτ`: κ times the action.
    ///
    /// # Errors
    /// Those of [`action`].
    pub fn bias(&self) -> Result<Enclosure> {
        Ok(action(&self.path, self.from, 1.0)? * self.kappa)
    }

    /// The other parts of the integral in Girsanov's theorem, over the joint law of the Nelson process at two times, by
    /// quadrature in time (Converged).
    pub fn parts(&self) -> Parts {
        let (coarse, fine) = (self.parts_with(&GaussRule::new(8)), self.parts_with(&GaussRule::new(12)));
        let [step, score, mixed, whole] = std::array::from_fn(|i| {
            // Rounding of sums of a few hundred terms with cancellation between U and W.
            let rounding = 1e-12 * fine[i].abs().max(fine[3].abs());
            Enclosure::around(fine[i], (fine[i] - coarse[i]).abs() + rounding, Evidence::Converged)
        });
        Parts { step, score, mixed, whole }
    }

    fn parts_with(&self, rule: &GaussRule) -> [f64; 4] {
        let schedule = self.path.schedule();
        let mut sums = [0.0; 4];
        for channel in &self.channels {
            let (mean, target) = (channel.target_mean.mid(), channel.target_variance.mid());
            let variance = |t: f64| schedule.lambda(t) * target + schedule.complement(t);
            for k in 0..self.steps {
                let (from, until) = (self.time(k), self.time(k + 1));
                let first = variance(from);
                let precision = (1.0 + self.tilt) / first;
                // Each part as `(a, b, c)` for a + bU + cW, with U and W the standardised Nelson process now and at
                // the beginning of the step.
                for i in 0..4 {
                    sums[i] += rule.integrate(from, until, |t| {
                        let here = variance(t);
                        let (lambda, rate) = (schedule.lambda(t), schedule.lambda_dot(t));
                        let between = rule.integrate(from, t, |u| 1.0 / variance(u));
                        let correlation = core_math::exp(-between / self.kappa);
                        let bias = [
                            0.5 * self.kappa * rate * mean / lambda.sqrt(),
                            0.5 * self.kappa * rate * (target - 1.0) / here.sqrt(),
                            0.0,
                        ];
                        let step = [0.0, -1.0 / here.sqrt(), 1.0 / first.sqrt()];
                        let score = [-precision * self.offset, 0.0, self.tilt / first.sqrt()];
                        let dot = |a: [f64; 3], b: [f64; 3]| {
                            a[0] * b[0]
                                + a[1] * b[1]
                                + a[2] * b[2]
                                + correlation * (a[1] * b[2] + a[2] * b[1])
                        };
                        let value = match i {
                            0 => dot(step, step),
                            1 => dot(score, score),
                            2 => dot(bias, step) + dot(bias, score) + dot(step, score),
                            _ => {
                                let all: [f64; 3] = std::array::from_fn(|j| bias[j] + step[j] + score[j]);
                                dot(all, all)
                            }
                        };
                        value / self.kappa
                    });
                }
            }
        }
        sums
    }
}

impl fmt::Display for ChainInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, from {}, κ={}, {} steps, score α={} β={}, start shifted by {} and scaled by {}",
            self.path, self.from, self.kappa, self.steps, self.tilt, self.offset, self.shift, self.factor
        )
    }
}
