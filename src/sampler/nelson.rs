//! The drift of the Nelson process, to be stepped like a score.

use super::score::{PathScore, Score, Start};
use crate::error::{Error, Result, positive};
use crate::numerics::vector::Units;
use crate::path::Schedule;

/// `s_t + κv_t` with `v_t(x) = (λ̇/2λ)(x + s_t(x))`, the transport field of a path from the standard normal law.
#[derive(Clone, Debug)]
pub struct NelsonDrifts<P> {
    path: P,
    schedule: Schedule,
    kappa: f64,
}

impl<P: PathScore> NelsonDrifts<P> {
    /// The drifts for a path that is passed with `schedule` at the slowness `kappa`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless κ is finite and positive.
    pub fn new(path: P, schedule: Schedule, kappa: f64) -> Result<Self> {
        positive("kappa", kappa)?;
        Ok(Self { path, schedule, kappa })
    }
}

/// The drift at one time.
#[derive(Clone, Debug)]
pub struct NelsonDrift<S> {
    score: S,
    /// `κλ̇/(2λ)`.
    rate: f64,
}

impl<P: PathScore> PathScore for NelsonDrifts<P>
where
    P::At: Score,
{
    type At = NelsonDrift<P::At>;

    fn dim(&self) -> usize {
        self.path.dim()
    }

    /// The drift at time t.
    ///
    /// # Errors
    /// [`Error::Undefined`] where `λ = 0`; those of the score.
    fn score_at(&self, t: f64) -> Result<Self::At> {
        let rate = 0.5 * self.kappa * self.schedule.lambda_dot(t) / self.schedule.lambda(t);
        if !rate.is_finite() {
            let reason = format!("λ vanishes at {t}: begin later");
            return Err(Error::Undefined { what: "the drift of the Nelson process".to_owned(), reason });
        }
        Ok(NelsonDrift { score: self.path.score_at(t)?, rate })
    }

    fn start_at(&self, t: f64) -> Result<Box<dyn Start + '_>> {
        self.path.start_at(t)
    }

    fn footprint(&self) -> usize {
        self.path.footprint()
    }
}

impl<S: Score> Score for NelsonDrift<S> {
    fn dim(&self) -> usize {
        self.score.dim()
    }

    fn scores(&self, units: Units, lanes: usize, points: &[f64], scores: &mut [f64], scratch: &mut Vec<f64>) {
        self.score.scores(units, lanes, points, scores, scratch);
        for (s, x) in scores.iter_mut().zip(points) {
            *s += self.rate * (x + *s);
        }
    }

    fn linear_rate(&self) -> f64 {
        (1.0 + self.rate) * self.score.linear_rate()
    }

    fn steepest(&self) -> f64 {
        (1.0 + self.rate) * self.score.steepest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;
    use crate::path::GaussianPath;

    #[test]
    fn the_drift_of_a_normal_path_keeps_its_law() {
        /// A few operations on numbers of size one.
        const ROUNDING: f64 = 1e-13;
        let (mean, variance, kappa, t) = (1.5, 0.3, 0.8, 0.4_f64);
        let schedule = Schedule::cosine();
        let law = Gaussian::isotropic(vec![mean], variance).unwrap();
        let path = GaussianPath::from_standard(law, schedule.clone()).unwrap();
        let drifts = NelsonDrifts::new(path.clone(), schedule.clone(), kappa).unwrap();
        let drift = drifts.score_at(t).unwrap();
        let (lambda, rate) = (schedule.lambda(t), kappa * schedule.lambda_dot(t));
        let (m, v) = (lambda.sqrt() * mean, lambda * variance + 1.0 - lambda);
        // s + κv with v = ṁ + (v̇/2v)(x − m), all by hand.
        let expected = |x: f64| {
            (m - x) / v + rate * (mean / (2.0 * lambda.sqrt()) + (variance - 1.0) / (2.0 * v) * (x - m))
        };
        for x in [-2.0, 0.3, 1.7] {
            assert!((drift.score(&[x])[0] - expected(x)).abs() < ROUNDING);
        }
        let share = 1.0 + rate / (2.0 * lambda);
        assert!((drift.linear_rate() - share / v).abs() < ROUNDING);
        assert!((drift.steepest() - share / v).abs() < ROUNDING);
        assert_eq!((drifts.dim(), drift.dim(), drifts.footprint()), (1, 1, path.footprint()));
        assert!(drifts.score_at(0.0).is_err() && NelsonDrifts::new(path, schedule, 0.0).is_err());
    }
}
