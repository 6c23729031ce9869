//! The Euler-Maruyama step for annealed Langevin dynamics as a pure function of state and noise.

use crate::error::{Error, Result, positive, within};
use crate::measure::gaussian::Gaussian;
use crate::path::GaussianPath;
use nalgebra::{DMatrix, DVectorView};

/// The score of one law as a function of a point.
pub trait Score: Send + Sync {
    /// Dimension d.
    fn dim(&self) -> usize;

    /// `∇log p(x)`, shape `[d]`, for a point of shape `[d]`.
    fn score(&self, x: &[f64]) -> Vec<f64>;
}

/// A path of laws with a score at every time.
pub trait PathScore {
    /// The score at one time.
    type At: Score;

    /// The score of `p_t`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `t ∈ [0, 1]`; errors of the law at `t`.
    fn score_at(&self, t: f64) -> Result<Self::At>;
}

/// `x ↦ −Σ⁻¹(x − m)` in floating point.
#[derive(Clone, Debug)]
pub struct GaussianScore {
    mean: Vec<f64>,
    precision: Precision,
}

#[derive(Clone, Debug)]
enum Precision {
    Diagonal(Vec<f64>),
    Dense(DMatrix<f64>),
}

impl GaussianScore {
    /// The score of a Gaussian law.
    pub fn new(law: &Gaussian) -> Self {
        let precision = match law.variances() {
            Some(variances) => Precision::Diagonal(variances.iter().map(|v| 1.0 / v).collect()),
            None => Precision::Dense(law.precision().map(crate::enclosure::Enclosure::mid)),
        };
        Self { mean: law.mean().as_slice().to_vec(), precision }
    }
}

impl Score for GaussianScore {
    fn dim(&self) -> usize {
        self.mean.len()
    }

    fn score(&self, x: &[f64]) -> Vec<f64> {
        let offset: Vec<f64> = self.mean.iter().zip(x).map(|(m, x)| m - x).collect();
        match &self.precision {
            Precision::Diagonal(precisions) => precisions.iter().zip(&offset).map(|(p, o)| p * o).collect(),
            Precision::Dense(matrix) => {
                let product = matrix * DVectorView::from_slice(&offset, offset.len());
                product.as_slice().to_vec()
            }
        }
    }
}

impl PathScore for GaussianPath {
    type At = GaussianScore;

    fn score_at(&self, t: f64) -> Result<GaussianScore> {
        let (Some(target), Some(base)) = (self.target().variances(), self.base().variances()) else {
            return Ok(GaussianScore::new(&self.law(t)?));
        };
        // Independent coordinates in plain floating point: a sampler does this at every step.
        within("t", t, 0.0, 1.0)?;
        let (lambda, complement) = (self.schedule().lambda(t), self.schedule().complement(t));
        let (signal, noise) = (lambda.sqrt(), complement.sqrt());
        let means = self.target().mean().iter().zip(self.base().mean().iter());
        let mean = means.map(|(m, b)| signal * m + noise * b).collect();
        let precisions = target.iter().zip(base).map(|(a, s)| 1.0 / (lambda * a + complement * s)).collect();
        Ok(GaussianScore { mean, precision: Precision::Diagonal(precisions) })
    }
}

/// Equidistant times `t_k = from + k (until − from)/steps` of the path; the dynamics runs in
/// `τ = t/κ`, so its step is `(until − from)/(κ steps)`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Grid {
    from: f64,
    until: f64,
    kappa: f64,
    steps: usize,
}

impl Grid {
    /// `steps` steps from `from` to `until` with slowness `kappa`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ from < until ≤ 1`, κ is finite and positive and there is a step.
    pub fn new(from: f64, until: f64, kappa: f64, steps: usize) -> Result<Self> {
        within("from", from, 0.0, 1.0)?;
        within("until", until, from, 1.0)?;
        positive("until − from", until - from)?;
        positive("kappa", kappa)?;
        if steps == 0 {
            return Err(Error::domain("steps", steps, "at least one step"));
        }
        Ok(Self { from, until, kappa, steps })
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Time `t_k` of the path at which step `k` begins.
    pub fn time(&self, k: usize) -> f64 {
        self.from + (self.until - self.from) * (k as f64 / self.steps as f64)
    }

    /// Step h of the dynamics.
    pub fn step(&self) -> f64 {
        (self.until - self.from) / (self.kappa * self.steps as f64)
    }
}

/// `x ↦ x + h ∇log p_{t_k}(x) + √(2h) ξ` on a grid; the scores are frozen when it is built, so that
/// stepping is pure arithmetic.
#[derive(Clone, Debug)]
pub struct EulerMaruyama<S> {
    scores: Vec<S>,
    step: f64,
}

impl<S: Score> EulerMaruyama<S> {
    /// The scheme for `path` on `grid`.
    ///
    /// # Errors
    /// Errors of the scores.
    pub fn new(path: &impl PathScore<At = S>, grid: &Grid) -> Result<Self> {
        let scores = (0..grid.steps).map(|k| path.score_at(grid.time(k))).collect::<Result<_>>()?;
        Ok(Self { scores, step: grid.step() })
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.scores.first().map_or(0, Score::dim)
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.scores.len()
    }

    /// The state after step `k` (from 0) for a state and a standard normal noise of shape `[d]`.
    ///
    /// # Errors
    /// [`Error::Domain`] for a step beyond the grid, [`Error::Dimension`] for vectors of another dimension.
    pub fn step(&self, k: usize, state: &[f64], noise: &[f64]) -> Result<Vec<f64>> {
        let Some(score) = self.scores.get(k) else {
            return Err(Error::domain("k", k, &format!("a step below {}", self.scores.len())));
        };
        for (name, vector) in [("state", state), ("noise", noise)] {
            if vector.len() != score.dim() {
                let (found, expected) = (vector.len(), score.dim());
                return Err(Error::Dimension { name: name.to_owned(), found, expected });
            }
        }
        let (h, root) = (self.step, (2.0 * self.step).sqrt());
        let drift = score.score(state);
        Ok(state.iter().zip(drift).zip(noise).map(|((x, s), xi)| x + h * s + root * xi).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Schedule;

    #[test]
    fn one_step_is_the_formula() {
        let target = Gaussian::isotropic(vec![1.0, -1.0], 0.5).unwrap();
        let path = GaussianPath::from_standard(target, Schedule::linear()).unwrap();
        let grid = Grid::new(0.0, 1.0, 2.0, 4).unwrap();
        let scheme = EulerMaruyama::new(&path, &grid).unwrap();
        // At t = 0 the score is −x; h = 1/8, √(2h) = ½.
        assert_eq!(scheme.step(0, &[1.0, 2.0], &[1.0, 0.0]).unwrap(), vec![1.0 - 0.125 + 0.5, 2.0 - 0.25]);
    }

    #[test]
    fn bad_input_is_refused() {
        for (from, until, kappa, steps) in [
            (0.5, 0.5, 1.0, 4),
            (-0.1, 1.0, 1.0, 4),
            (0.0, 1.5, 1.0, 4),
            (0.0, 1.0, 0.0, 4),
            (0.0, 1.0, f64::NAN, 4),
            (f64::NAN, 1.0, 1.0, 4),
            (0.0, 1.0, 1.0, 0),
        ] {
            assert!(Grid::new(from, until, kappa, steps).is_err());
        }
        let path = GaussianPath::from_standard(Gaussian::standard(1).unwrap(), Schedule::linear()).unwrap();
        let scheme = EulerMaruyama::new(&path, &Grid::new(0.0, 1.0, 1.0, 2).unwrap()).unwrap();
        assert!(scheme.step(2, &[0.0], &[0.0]).is_err());
        assert!(scheme.step(0, &[0.0, 1.0], &[0.0]).is_err());
        assert!(scheme.step(0, &[0.0], &[]).is_err());
    }
}
