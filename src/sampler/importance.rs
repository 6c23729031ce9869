//! Targets that are known by their log-density and its gradient: scores along the path by importance sampling.
//!
//! Given `X_t = y` the law of X has a density proportional to `π(x)·φ((y − √λ x)/√(1−λ))`, and the score of `p_t` is
//!
//! - `E[Z | X_t = y]/(−√(1−λ))` with `Z = (y − √λ X)/√(1−λ)` (Tweedie's formula), and also
//! - `E[∇log π(X) | X_t = y]/√λ` (by integration by parts).
//!
//! The first has the smaller variance near the base, the second near the target. Both are estimated with self-normalised
//! weights from a Gaussian proposal: the conditional law that X would have if the target were the reference
//! `N(m, s²I)`, so that the weights are `π/N(m, s²I)` and bounded if the reference has the heavier tails.
//! The proposal's normal variates are frozen: the estimated score is a function of the point, like any other score.

use super::score::{PathScore, Score, StandardStart, Start, same_dimension};
use crate::error::{Error, Result, finite, positive, within};
use crate::numerics::stream::stream;
use crate::numerics::vector::{Normals, Units, exp};
use crate::path::Schedule;

/// A density on `R^d` up to a factor.
pub trait LogDensity: Send + Sync {
    /// Dimension d.
    fn dim(&self) -> usize;

    /// `log π(x)` up to a constant for a point of shape `[d]`; its gradient is written to `gradient`, shape `[d]`.
    fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64;
}

/// The path from the standard normal law to a user's target.
#[derive(Clone, Debug)]
pub struct UserPath<T> {
    target: T,
    schedule: Schedule,
    /// Mean and variance of the reference.
    reference: (Vec<f64>, f64),
    /// Normal variates of the proposal, shape `[draws, d]`, in pairs of opposite sign.
    variates: Vec<f64>,
}

/// The score of a user's target at one time.
#[derive(Clone, Debug)]
pub struct UserScore<'a, T> {
    path: &'a UserPath<T>,
    lambda: f64,
    complement: f64,
}

/// An estimated score with its accuracy.
#[derive(Clone, PartialEq, Debug)]
pub struct Estimate {
    /// `∇log p_t(y)`, shape `[d]`.
    pub score: Vec<f64>,
    /// Standard error of every entry, from the weighted spread of the draws, shape `[d]`.
    pub standard_error: Vec<f64>,
    /// `(Σw)²/Σw²`: how many draws of equal weight would be as good.
    pub effective_draws: f64,
}

impl<T: LogDensity> UserPath<T> {
    /// The path to `target`, with a reference normal law `N(mean, deviation²I)` that covers it (its deviation rather too
    /// large than too small) and `pairs` pairs of draws for every score.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the mean has another dimension than the target; [`Error::Domain`] for numbers that are
    /// not finite, a deviation that is not positive, or no pairs.
    pub fn new(
        target: T,
        schedule: Schedule,
        mean: Vec<f64>,
        deviation: f64,
        pairs: usize,
        seed: u64,
    ) -> Result<Self> {
        let dim = target.dim();
        same_dimension("mean of the reference", mean.len(), dim)?;
        for m in &mean {
            finite("mean of the reference", *m)?;
        }
        let variance = positive("deviation of the reference", deviation)?.powi(2);
        positive("square of the deviation of the reference", variance)?;
        if pairs == 0 || dim == 0 {
            return Err(Error::domain("pairs", pairs, "at least one, in a dimension of at least 1"));
        }
        let mut variates = vec![0.0; dim * pairs];
        Normals::new([stream(seed, "sampler/importance", 0)]).fill(Units::baseline(), &mut variates);
        let opposite: Vec<f64> = variates.iter().map(|x| -x).collect();
        variates.extend(opposite);
        Ok(Self { target, schedule, reference: (mean, variance), variates })
    }
}

impl<T: LogDensity> UserScore<'_, T> {
    /// The score at a point of shape `[d]`, with its accuracy.
    ///
    /// # Errors
    /// [`Error::Dimension`] for a point of another dimension; [`Error::Undefined`] if the target's density vanishes or
    /// is not a number at every draw.
    pub fn estimate(&self, y: &[f64]) -> Result<Estimate> {
        same_dimension("point", y.len(), self.path.target.dim())?;
        self.weighted(y).ok_or_else(|| Error::Undefined {
            what: "estimated score".to_owned(),
            reason: format!("the target's log-density is nowhere finite at the draws for the point {y:?}"),
        })
    }

    fn weighted(&self, y: &[f64]) -> Option<Estimate> {
        let dim = y.len();
        let (mean, variance) = &self.path.reference;
        let (signal, noise) = (self.lambda.sqrt(), self.complement.sqrt());
        if self.complement == 0.0 {
            let mut score = vec![0.0; dim];
            let finite = self.path.target.evaluate(y, &mut score).is_finite();
            return finite.then(|| Estimate { score, standard_error: vec![0.0; dim], effective_draws: 1.0 });
        }
        // The conditional law for the reference: precision 1/s² + λ/(1−λ).
        let spread = variance * self.complement / (self.complement + self.lambda * variance);
        let centre: Vec<f64> =
            y.iter().zip(mean).map(|(y, m)| spread * (m / variance + signal * y / self.complement)).collect();
        let draws = self.path.variates.len() / dim;
        let mut logs = Vec::with_capacity(draws);
        // Both forms of the score, draw by draw.
        let mut noise_form = Vec::with_capacity(draws * dim);
        let mut gradient_form = Vec::with_capacity(draws * dim);
        let mut gradient = vec![0.0; dim];
        for variate in self.path.variates.chunks_exact(dim) {
            let x: Vec<f64> = centre.iter().zip(variate).map(|(c, xi)| c + spread.sqrt() * xi).collect();
            let log_target = self.path.target.evaluate(&x, &mut gradient);
            let square: f64 = x.iter().zip(mean).map(|(x, m)| (x - m).powi(2)).sum();
            let log = log_target + 0.5 * square / variance;
            logs.push(if log.is_nan() { f64::NEG_INFINITY } else { log });
            noise_form.extend(y.iter().zip(&x).map(|(y, x)| (signal * x - y) / noise.powi(2)));
            gradient_form.extend(gradient.iter().map(|g| g / signal));
        }
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !most.is_finite() {
            return None;
        }
        let mut weights: Vec<f64> =
            logs.iter().map(|log| if log.is_finite() { exp(log - most) } else { 0.0 }).collect();
        let total: f64 = weights.iter().sum();
        for w in &mut weights {
            *w /= total;
        }
        let effective_draws = 1.0 / weights.iter().map(|w| w * w).sum::<f64>();
        let average = |form: &[f64]| {
            let mut score = vec![0.0; dim];
            let used = || weights.iter().zip(form.chunks_exact(dim)).filter(|(w, _)| **w > 0.0);
            for (w, row) in used() {
                score.iter_mut().zip(row).for_each(|(s, x)| *s += w * x);
            }
            let mut squares = vec![0.0; dim];
            for (w, row) in used() {
                for ((q, x), s) in squares.iter_mut().zip(row).zip(&score) {
                    *q += (w * (x - s)).powi(2);
                }
            }
            let standard_error: Vec<f64> = squares.iter().map(|q| q.sqrt()).collect();
            Estimate { score, standard_error, effective_draws }
        };
        let by_noise = average(&noise_form);
        if self.lambda == 0.0 {
            return Some(by_noise);
        }
        let by_gradient = average(&gradient_form);
        let size = |e: &Estimate| e.standard_error.iter().map(|s| s * s).sum::<f64>();
        Some(if size(&by_gradient) < size(&by_noise) { by_gradient } else { by_noise })
    }
}

impl<T: LogDensity> Score for UserScore<'_, T> {
    fn dim(&self) -> usize {
        self.path.target.dim()
    }

    /// NaN where the target's density vanishes at every draw.
    fn scores(
        &self,
        _units: Units,
        lanes: usize,
        points: &[f64],
        scores: &mut [f64],
        _scratch: &mut Vec<f64>,
    ) {
        for lane in 0..lanes {
            let y: Vec<f64> = points.iter().skip(lane).step_by(lanes).copied().collect();
            let row = scores.iter_mut().skip(lane).step_by(lanes);
            match self.weighted(&y) {
                Some(estimate) => row.zip(&estimate.score).for_each(|(s, x)| *s = *x),
                None => row.for_each(|s| *s = f64::NAN),
            }
        }
    }

    /// The precision of the reference's path.
    fn linear_rate(&self) -> f64 {
        1.0 / (self.lambda * self.path.reference.1 + self.complement)
    }

    /// That of the reference: what is known of the target.
    fn steepest(&self) -> f64 {
        self.linear_rate()
    }
}

/// A reference to a path that lives as long as its scores.
impl<'a, T: LogDensity> PathScore for &'a UserPath<T> {
    type At = UserScore<'a, T>;

    fn dim(&self) -> usize {
        self.target.dim()
    }

    fn score_at(&self, t: f64) -> Result<UserScore<'a, T>> {
        within("t", t, 0.0, 1.0)?;
        Ok(UserScore { path: self, lambda: self.schedule.lambda(t), complement: self.schedule.complement(t) })
    }

    fn start_at(&self, t: f64) -> Result<Box<dyn Start + '_>> {
        within("t", t, 0.0, 1.0)?;
        if self.schedule.lambda(t) == 0.0 {
            return Ok(Box::new(StandardStart));
        }
        let reason = "a user's target can only be begun with at the base, where λ = 0".to_owned();
        Err(Error::Undefined { what: format!("a draw from the path at t = {t}"), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::false_alarms::standard_errors;
    use crate::sampler::{Batch, Grid, Integrator};

    /// `N(1, v)` in every coordinate.
    struct Normal {
        dim: usize,
        variance: f64,
    }

    impl LogDensity for Normal {
        fn dim(&self) -> usize {
            self.dim
        }

        fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
            gradient.iter_mut().zip(x).for_each(|(g, x)| *g = (1.0 - x) / self.variance);
            -0.5 * x.iter().map(|x| (x - 1.0).powi(2)).sum::<f64>() / self.variance
        }
    }

    fn path(variance: f64, deviation: f64) -> UserPath<Normal> {
        let target = Normal { dim: 2, variance };
        UserPath::new(target, Schedule::linear(), vec![0.5; 2], deviation, 500, 1).unwrap()
    }

    #[test]
    fn estimates_are_within_their_errors() {
        let path = path(0.5, 1.0);
        for t in [0.0, 0.1, 0.5, 0.9, 0.999, 1.0] {
            for y in [[0.0, 0.0], [1.5, -0.5]] {
                let estimate = (&path).score_at(t).unwrap().estimate(&y).unwrap();
                for j in 0..2 {
                    let exact = (t.sqrt() - y[j]) / (0.5 * t + 1.0 - t);
                    // Self-normalisation adds a bias of the order of the square.
                    let standard_errors = standard_errors("importance weights");
                    let allowed = standard_errors * estimate.standard_error[j] + 1e-12;
                    assert!((estimate.score[j] - exact).abs() < allowed, "{t} {y:?} {estimate:?}");
                    assert!(estimate.standard_error[j] < 0.2, "{t} {y:?} {estimate:?}");
                }
                assert!(t == 1.0 || estimate.effective_draws > 100.0, "{t} {estimate:?}");
            }
        }
    }

    #[test]
    fn slopes_are_those_of_the_reference() {
        /// A few operations on numbers of size one.
        const ROUNDING: f64 = 1e-14;
        let (deviation, t) = (1.5, 0.3);
        let path = path(0.7, deviation);
        let score = (&path).score_at(t).unwrap();
        let lambda = path.schedule.lambda(t);
        let expected = 1.0 / (lambda * deviation * deviation + 1.0 - lambda);
        assert!((score.linear_rate() - expected).abs() < ROUNDING);
        assert!((score.steepest() - expected).abs() < ROUNDING);
    }

    #[test]
    fn a_perfect_reference_leaves_no_weights() {
        let target = Normal { dim: 1, variance: 1.0 };
        let path = UserPath::new(target, Schedule::linear(), vec![1.0], 1.0, 50, 1).unwrap();
        let estimate = (&path).score_at(0.5).unwrap().estimate(&[0.3]).unwrap();
        let rounding = 1e-9;
        assert!((estimate.effective_draws - 100.0).abs() < rounding, "{estimate:?}");
        // Pairs of opposite draws give the exact score.
        assert!((estimate.score[0] - (0.5_f64.sqrt() - 0.3)).abs() < rounding, "{estimate:?}");
    }

    #[test]
    fn a_batch_runs_on_it() {
        let (path, count) = (path(0.5, 1.0), 256);
        let grid = Grid::new(0.0, 1.0, 0.25, 16).unwrap();
        let samples = Batch::new(1, count).run(&&path, &grid, Integrator::Heun, &|_| ()).unwrap();
        let mean = samples.iter().sum::<f64>() / samples.len() as f64;
        // Bias of the dynamics and of the estimated score, and what chance does.
        let (bias, chance) =
            (0.1, standard_errors("importance weights") * (0.5 / samples.len() as f64).sqrt());
        assert!((mean - 1.0).abs() < bias + chance, "{mean}");
    }

    #[test]
    fn bad_input_is_refused() {
        let new = |mean: Vec<f64>, deviation, pairs| {
            let target = Normal { dim: 2, variance: 1.0 };
            UserPath::new(target, Schedule::linear(), mean, deviation, pairs, 1)
        };
        assert!(new(vec![0.0], 1.0, 1).is_err() && new(vec![0.0; 2], 0.0, 1).is_err());
        assert!(new(vec![f64::NAN; 2], 1.0, 1).is_err() && new(vec![0.0; 2], 1.0, 0).is_err());
        let path = new(vec![0.0; 2], 1.0, 4).unwrap();
        assert!((&path).score_at(2.0).is_err() && (&path).start_at(0.5).is_err());
        let score = (&path).score_at(0.5).unwrap();
        assert!(score.estimate(&[0.0]).is_err() && score.estimate(&[f64::NAN; 2]).is_err());
    }
}
