//! The conditional law of X given `Y = aX + W` for independent Gaussian X and W: what an observer of
//! the path at one time knows of the target.
//!
//! At the time of a path where `√λ = a` the noise is `W = √(1−λ) Z`; in entropic transport `a = 1` and
//! `W = σZ`. The law of Y is handled through its covariance `a²Σ + Γ`, the conditional law through its
//! precision `Σ⁻¹ + a²Γ⁻¹`: the two share no computation, so that identities between them can
//! be checked. Everything is a ball of double-double matrices with proven radius, at cost O(d³).

use crate::error::{Error, Result, finite, positive, within};
use crate::measure::gaussian::Gaussian;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{Ball, Matrix, Whitening};

/// Covers the roundings of the radii themselves.
const ROUND_UP: f64 = 1.0 + 1e-7;

/// Gaussian X and W, and the gain a of `Y = aX + W`.
#[derive(Clone, Debug)]
pub struct Observation {
    target: Gaussian,
    gain: f64,
    prior_mean: Ball,
    prior_covariance: Ball,
    noise_mean: Ball,
    noise_covariance: Ball,
    prior: Whitening,
    noise: Whitening,
    law: Whitening,
    posterior: Whitening,
    posterior_precision: Ball,
}

impl Observation {
    /// The path from `base` to `target` at the time where `√λ_t = root`, the float taken as exact:
    /// `X_t = root·X + √(1−root²)·Z`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 < root < 1`; [`Error::Dimension`] if the dimensions differ;
    /// [`Error::Matrix`] if a covariance is too ill-conditioned for double-double.
    pub fn on_path(target: &Gaussian, base: &Gaussian, root: f64) -> Result<Self> {
        within("root", root, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        let complement = Dd::ONE - Dd::product(root, root);
        let noise_mean = times(&mean_ball(base), complement.sqrt(), 2.0 * Dd::UNIT);
        let noise_covariance = times(&covariance_ball(base), complement, Dd::UNIT);
        Self::new(target, root, noise_mean, noise_covariance)
    }

    /// `Y = X + σZ` with standard Gaussian Z.
    ///
    /// # Errors
    /// [`Error::Domain`] unless σ is finite and positive; [`Error::Matrix`] as for
    /// [`Observation::on_path`].
    pub fn with_noise(target: &Gaussian, sigma: f64) -> Result<Self> {
        positive("sigma", sigma)?;
        let d = target.dim();
        let noise_covariance = times(&Ball::from(Matrix::identity(d)), Dd::product(sigma, sigma), 0.0);
        Self::new(target, 1.0, Ball::from(Matrix::zeros(d, 1)), noise_covariance)
    }

    fn new(target: &Gaussian, gain: f64, noise_mean: Ball, noise_covariance: Ball) -> Result<Self> {
        let (found, expected) = (noise_mean.centre.rows(), target.dim());
        if found != expected {
            return Err(Error::Dimension { name: "noise".to_owned(), found, expected });
        }
        let prior_covariance = covariance_ball(target);
        let square = Dd::product(gain, gain);
        let prior = whitened("covariance of the target", &prior_covariance)?;
        let noise = whitened("covariance of the noise", &noise_covariance)?;
        let observed = times(&prior_covariance, square, 0.0).plus(&noise_covariance);
        let law = whitened("covariance of the observation", &observed)?;
        let identity = Ball::from(Matrix::identity(expected));
        let posterior_precision =
            prior.times_inverse(&identity).plus(&times(&noise.times_inverse(&identity), square, 0.0));
        let posterior = whitened("conditional precision", &posterior_precision)?;
        Ok(Self {
            prior_mean: mean_ball(target),
            target: target.clone(),
            gain,
            prior_covariance,
            noise_mean,
            noise_covariance,
            prior,
            noise,
            law,
            posterior,
            posterior_precision,
        })
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.target.dim()
    }

    /// Law of X.
    pub fn target(&self) -> &Gaussian {
        &self.target
    }

    /// The gain a; `√λ` on a path.
    pub fn gain(&self) -> f64 {
        self.gain
    }

    /// `a²`; λ on a path.
    pub fn gain_squared(&self) -> Dd {
        Dd::product(self.gain, self.gain)
    }

    /// Covariance Σ of X, shape `[d, d]`.
    pub fn prior_covariance(&self) -> &Ball {
        &self.prior_covariance
    }

    /// Mean of Y, shape `[d, 1]`.
    pub fn law_mean(&self) -> Ball {
        times(&self.prior_mean, Dd::from(self.gain), 0.0).plus(&self.noise_mean)
    }

    /// Covariance `a²Σ + Γ` of Y, shape `[d, d]`.
    pub fn law_covariance(&self) -> Ball {
        times(&self.prior_covariance, self.gain_squared(), 0.0).plus(&self.noise_covariance)
    }

    /// Score of the law of Y, `−(a²Σ+Γ)⁻¹(y − E Y)`, shape `[d, 1]`.
    ///
    /// # Errors
    /// [`Error::Dimension`] or [`Error::Domain`] for a point of another dimension or not finite.
    pub fn score(&self, y: &[f64]) -> Result<Ball> {
        let offset = self.law_mean().minus(&self.point(y)?);
        Ok(self.law.times_inverse(&offset.transpose()).transpose())
    }

    /// `∇²` of the log-density of Y, `−(a²Σ+Γ)⁻¹`, shape `[d, d]`.
    pub fn hessian(&self) -> Ball {
        let d = self.dim();
        self.law.times_inverse(&times(&Ball::from(Matrix::identity(d)), Dd::from(-1.0), 0.0))
    }

    /// `Cov(X|Y=y) = (Σ⁻¹ + a²Γ⁻¹)⁻¹`, the same for every y, shape `[d, d]`.
    pub fn conditional_covariance(&self) -> Ball {
        self.posterior.times_inverse(&Ball::from(Matrix::identity(self.dim())))
    }

    /// `(Σ⁻¹ + a²Γ⁻¹)`, shape `[d, d]`.
    pub fn conditional_precision(&self) -> &Ball {
        &self.posterior_precision
    }

    /// `E[X|Y=y]`: the conditional law has the log-density
    /// `−½⟨x−m, Σ⁻¹(x−m)⟩ − ½⟨y−ax−c, Γ⁻¹(y−ax−c)⟩` in x, and its gradient vanishes at the mean.
    /// Shape `[d, 1]`.
    ///
    /// # Errors
    /// As [`Observation::score`].
    pub fn conditional_mean(&self, y: &[f64]) -> Result<Ball> {
        let data = self.point(y)?.minus(&self.noise_mean);
        let from_noise = times(&self.noise.times_inverse(&data.transpose()), Dd::from(self.gain), 0.0);
        let row = self.prior.times_inverse(&self.prior_mean.transpose()).plus(&from_noise);
        Ok(self.posterior.times_inverse(&row).transpose())
    }

    /// `∇log π(x)` at the points x of a ball, shape `[d, 1]`.
    pub fn prior_score(&self, x: &Ball) -> Ball {
        let offset = self.prior_mean.minus(x);
        self.prior.times_inverse(&offset.transpose()).transpose()
    }

    /// `∇log` of the density of the noise W at the points w of a ball, shape `[d, 1]`.
    pub fn noise_score(&self, w: &Ball) -> Ball {
        let offset = self.noise_mean.minus(w);
        self.noise.times_inverse(&offset.transpose()).transpose()
    }

    /// `Σ⁻¹`, shape `[d, d]`.
    pub fn prior_precision(&self) -> Ball {
        self.prior.times_inverse(&Ball::from(Matrix::identity(self.dim())))
    }

    /// `Γ⁻¹`, shape `[d, d]`.
    pub fn noise_precision(&self) -> Ball {
        self.noise.times_inverse(&Ball::from(Matrix::identity(self.dim())))
    }

    /// A point as a column.
    ///
    /// # Errors
    /// As [`Observation::score`].
    pub fn point(&self, y: &[f64]) -> Result<Ball> {
        if y.len() != self.dim() {
            let (found, expected) = (y.len(), self.dim());
            return Err(Error::Dimension { name: "point".to_owned(), found, expected });
        }
        column("point", y)
    }
}

/// A vector of floats as a ball of columns of radius 0.
///
/// # Errors
/// [`Error::Domain`] if a component is not finite.
pub fn column(name: &str, entries: &[f64]) -> Result<Ball> {
    for (i, &x) in entries.iter().enumerate() {
        finite(&format!("{name}[{i}]"), x)?;
    }
    Ok(Ball::from(Matrix::column(entries.iter().map(|&x| Dd::from(x)).collect())))
}

/// All members times a scalar that is known to a relative error `uncertainty`.
pub fn times(ball: &Ball, scalar: Dd, uncertainty: f64) -> Ball {
    let size = scalar.hi().abs() * ROUND_UP;
    let rounding = ball.norm() * size * (uncertainty + 2.0 * Dd::UNIT);
    let entries = (ball.centre.rows() * ball.centre.columns()) as f64;
    let radius = (rounding + ball.radius * size + entries * Dd::UNDERFLOW) * ROUND_UP;
    Ball { centre: ball.centre.map(|x| x * scalar), radius }
}

/// The covariance of a law, exact, shape `[d, d]`.
pub fn covariance_ball(law: &Gaussian) -> Ball {
    let d = law.dim();
    Ball::from(Matrix::from_fn(d, d, |i, j| Dd::from(law.covariance_entry(i, j))))
}

/// The mean of a law, exact, shape `[d, 1]`.
pub fn mean_ball(law: &Gaussian) -> Ball {
    Ball::from(Matrix::column(law.mean().iter().map(|&x| Dd::from(x)).collect()))
}

/// [`Whitening::new`] with an error that names the matrix.
///
/// # Errors
/// [`Error::Matrix`] if the members are not certainly positive definite.
pub fn whitened(name: &str, matrix: &Ball) -> Result<Whitening> {
    Whitening::new(matrix).ok_or_else(|| Error::Matrix {
        name: name.to_owned(),
        expected: "certainly positive definite".to_owned(),
        reason: "its Cholesky factorisation in double-double could not be verified".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};

    #[test]
    fn one_dimension_has_the_textbook_answer() {
        let observation =
            Observation::with_noise(&Gaussian::isotropic(vec![1.0], 4.0).unwrap(), 2.0).unwrap();
        // Equal variances: the conditional mean is half way.
        let mean = observation.conditional_mean(&[3.0]).unwrap().entry(0, 0);
        let variance = observation.conditional_covariance().entry(0, 0);
        let score = observation.score(&[3.0]).unwrap().entry(0, 0);
        assert!(mean.contains(2.0) && variance.contains(2.0) && score.contains(-0.25));
        assert!([mean, variance, score].iter().all(|i| i.width() < 4.0 * f64::EPSILON));
    }

    #[test]
    fn bad_input_is_refused() {
        let law = Gaussian::standard(2).unwrap();
        for root in [0.0, 1.0, -0.5, f64::NAN, f64::INFINITY] {
            assert!(Observation::on_path(&law, &law, root).is_err());
        }
        for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Observation::with_noise(&law, sigma).is_err());
        }
        assert!(Observation::on_path(&law, &Gaussian::standard(3).unwrap(), 0.5).is_err());
        let observation = Observation::with_noise(&law, 1.0).unwrap();
        assert!(observation.score(&[1.0]).is_err());
        assert!(observation.score(&[1.0, f64::NAN]).is_err());
    }

    #[test]
    fn an_ill_conditioned_target_keeps_its_digits() {
        let covariance = DMatrix::from_row_slice(2, 2, &[1e4, 99.0, 99.0, 1.0]);
        let target = Gaussian::new(DVector::from_vec(vec![1.0, -2.0]), covariance).unwrap();
        let base = Gaussian::standard(2).unwrap();
        let observation = Observation::on_path(&target, &base, 0.75).unwrap();
        let product = observation.law_covariance().product(&observation.hessian());
        let residual = product.plus(&Ball::from(Matrix::identity(2))).norm();
        let rounding = 1e6 * 1e4 * Dd::UNIT;
        assert!(residual < rounding, "{residual:e}");
    }
}
