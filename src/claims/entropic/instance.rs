//! The instances that the chapter shares: a Gaussian law observed with noise, and the joint law.

use crate::claims::well_posedness::instance::{dense_target, law_text, normal_vector};
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{Ball, Matrix};
use crate::numerics::stream::Stream;
use crate::path::Observation;
use crate::path::observation::{column, mean_ball, times, whitened};
use rand::RngExt;
use std::fmt;

/// `Y = X + σZ`, a point of the product space, and a direction.
#[derive(Clone, Debug)]
pub struct NoisyLaw {
    /// X and the noise.
    pub observation: Observation,
    /// Noise level σ; the temperature is σ².
    pub sigma: f64,
    /// Point in the first factor.
    pub x: Vec<f64>,
    /// Point in the second factor.
    pub y: Vec<f64>,
    /// Direction.
    pub u: Vec<f64>,
}

impl NoisyLaw {
    /// The law of X, the noise level, the points, the direction.
    ///
    /// # Errors
    /// Those of [`Observation::with_noise`] and [`Observation::point`].
    pub fn new(law: &Gaussian, sigma: f64, x: Vec<f64>, y: Vec<f64>, u: Vec<f64>) -> Result<Self> {
        let observation = Observation::with_noise(law, sigma)?;
        for vector in [&x, &y, &u] {
            observation.point(vector)?;
        }
        Ok(Self { observation, sigma, x, y, u })
    }

    /// Random non-centred law in d = 1 to 20, condition number up to 10⁸, σ from 1/8 to 8.
    ///
    /// # Errors
    /// Those of [`NoisyLaw::new`].
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = dense_target(stream, index)?;
        let sigma = stream.random_range(-3.0_f64..3.0).exp2();
        let d = law.dim();
        let (x, y) = (normal_vector(stream, d, 2.0), normal_vector(stream, d, 3.0));
        Self::new(&law, sigma, x, y, normal_vector(stream, d, 1.0))
    }

    /// `N(1, 2)` with σ = ½ at x = 0, y = 3.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn example() -> Result<Self> {
        Self::new(&Gaussian::isotropic(vec![1.0], 2.0)?, 0.5, vec![0.0], vec![3.0], vec![1.0])
    }

    /// `⟨u, v⟩`.
    ///
    /// # Errors
    /// Never in practice: the direction was checked.
    pub fn along(&self, v: &Ball) -> Result<Enclosure> {
        Ok(Enclosure::certified(column("u", &self.u)?.transpose().product(v).entry(0, 0)))
    }

    /// The joint law of X and Y.
    ///
    /// # Errors
    /// [`crate::error::Error::Matrix`] if the joint covariance is too ill-conditioned.
    pub fn plan(&self) -> Result<Plan> {
        Plan::new(self)
    }
}

impl fmt::Display for NoisyLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let law = law_text(self.observation.target());
        write!(f, "X ~ {law}, σ={}, x={:?}, y={:?}, u={:?}", self.sigma, self.x, self.y, self.u)
    }
}

/// The joint law of `(X, Y)` through its precision K, in blocks.
#[derive(Clone, Debug)]
pub struct Plan {
    mean: Ball,
    first: Ball,
    cross: Ball,
    second: Ball,
    /// `K_yy − K_yx K_xx⁻¹ K_xy`: the precision of Y.
    marginal: Ball,
    /// `K_xx⁻¹ K_xy`.
    regression: Ball,
}

impl Plan {
    fn new(noisy: &NoisyLaw) -> Result<Self> {
        let law = noisy.observation.target();
        let d = law.dim();
        let square = Dd::product(noisy.sigma, noisy.sigma);
        // One rounding of double-double, on the diagonal of the last block.
        let centre = Matrix::from_fn(2 * d, 2 * d, |i, j| {
            let entry = Dd::from(law.covariance_entry(i % d, j % d));
            if i == j && i >= d { entry + square } else { entry }
        });
        let radius = 2.0 * d as f64 * Dd::UNIT * centre.norm();
        let joint = whitened("joint covariance", &Ball { centre, radius })?;
        let precision = joint.times_inverse(&Ball::from(Matrix::identity(2 * d)));
        let block = |rows: usize, columns: usize| Ball {
            centre: Matrix::from_fn(d, d, |i, j| precision.centre[(i + rows * d, j + columns * d)]),
            radius: precision.radius,
        };
        let (first, cross, second) = (block(0, 0), block(0, 1), block(1, 1));
        let inner = whitened("conditional precision", &first)?;
        let regression = inner.times_inverse(&cross.transpose()).transpose();
        let marginal = second.minus(&cross.transpose().product(&regression));
        Ok(Self { mean: mean_ball(law), first, cross, second, marginal, regression })
    }

    /// `E[X|Y=y] = m − K_xx⁻¹K_xy(y − m)`.
    ///
    /// # Errors
    /// Never in practice: the points were checked.
    pub fn conditional_mean(&self, noisy: &NoisyLaw) -> Result<Ball> {
        let offset = noisy.observation.point(&noisy.y)?.minus(&self.mean);
        Ok(self.mean.minus(&self.regression.product(&offset)))
    }

    /// `Cov(X|Y=y) = K_xx⁻¹`, the same for all y.
    ///
    /// # Errors
    /// [`crate::error::Error::Matrix`] if the block is too ill-conditioned.
    pub fn conditional_covariance(&self) -> Result<Ball> {
        let d = self.first.centre.rows();
        Ok(whitened("conditional precision", &self.first)?.times_inverse(&Ball::from(Matrix::identity(d))))
    }

    /// `σ²∇_y log(dP/dπ⊗p)` at the point `(x, y)`.
    ///
    /// # Errors
    /// Never in practice: the points were checked.
    pub fn log_density_gradient(&self, noisy: &NoisyLaw) -> Result<Ball> {
        let x = noisy.observation.point(&noisy.x)?.minus(&self.mean);
        let y = noisy.observation.point(&noisy.y)?.minus(&self.mean);
        // −(K_yx x + K_yy y) for the plan, minus the score −(marginal) y of p.
        let joint = self.cross.transpose().product(&x).plus(&self.second.product(&y));
        let gradient = self.marginal.product(&y).minus(&joint);
        let square = Dd::product(noisy.sigma, noisy.sigma);
        Ok(times(&gradient, square, 0.0))
    }
}
