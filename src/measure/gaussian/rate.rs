//! How fast the density of a moving Gaussian law changes.

use super::Gaussian;
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{self, Ball, Matrix};
use nalgebra::DMatrix;

impl Gaussian {
    /// `‖∂_t log p_t‖²_{L²(p_t)} = ⟨ṁ, Σ⁻¹ṁ⟩ + ½tr(Σ⁻¹Σ̇Σ⁻¹Σ̇)`: the Fisher information of the curve at this law, for
    /// rates `mean_rate` (shape `[d]`) and `covariance_rate` (shape `[d, d]`, symmetric).
    ///
    /// # Errors
    /// As [`Gaussian::bures_field`].
    pub fn log_density_rate_norm_squared(
        &self,
        mean_rate: &[f64],
        covariance_rate: &DMatrix<f64>,
    ) -> Result<Enclosure> {
        linalg::check_symmetric("covariance rate", covariance_rate)?;
        if covariance_rate.nrows() != self.dim() {
            let name = "covariance rate".to_owned();
            return Err(Error::Dimension { name, found: covariance_rate.nrows(), expected: self.dim() });
        }
        self.check_vector("mean rate", mean_rate)?;
        let dense = self.dense()?;
        let column = Matrix::column(mean_rate.iter().map(|&x| Dd::from(x)).collect());
        let mean = dense.whitening.inverse_quadratic_form(&Ball::from(column));
        // Σ⁻¹ = Xᵀ(I+E)⁻¹X: the trace is ‖XΣ̇Xᵀ‖_F² times a product of two eigenvalues of (I+E)⁻¹.
        let rate = Ball::from(Matrix::from_f64(covariance_rate)).congruence(&dense.whitening.whitener);
        let shape = rate.norm_squared() * dense.whitening.factor().square();
        Ok(Enclosure::certified(
            linalg::scale_interval(mean, -2 * dense.exponent)
                + linalg::scale_interval(shape, -4 * dense.exponent) * Interval::point(0.5),
        ))
    }

    /// The same for independent coordinates: variances that change at the rates
    /// `variance_rate`, at cost O(d) if the law is diagonal as well.
    ///
    /// # Errors
    /// As [`Gaussian::bures_field`].
    pub fn log_density_rate_norm_squared_diagonal(
        &self,
        mean_rate: &[f64],
        variance_rate: &[f64],
    ) -> Result<Enclosure> {
        self.check_vector("mean rate", mean_rate)?;
        self.check_vector("variance rate", variance_rate)?;
        let Some(variances) = self.variances() else {
            let rate = DMatrix::from_diagonal(&nalgebra::DVector::from_column_slice(variance_rate));
            return self.log_density_rate_norm_squared(mean_rate, &rate);
        };
        let point = Interval::point;
        let terms = variances
            .iter()
            .zip(mean_rate.iter().zip(variance_rate))
            .map(|(&v, (&m, &r))| point(m).square() / point(v) + (point(r) / point(v)).square() * point(0.5));
        Ok(Enclosure::certified(terms.sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::stream::stream;

    #[test]
    fn dense_and_diagonal_agree_and_scale() {
        let (mean, rate) = ([1.0, -2.0], [3.0, 0.5]);
        for scale in [1.0, 1024.0, 0.0009765625] {
            let variances: Vec<f64> = vec![4.0 * scale, 0.25 * scale];
            let diagonal = Gaussian::diagonal(vec![0.0; 2], variances.clone()).unwrap();
            let dense = Gaussian::new(
                nalgebra::DVector::zeros(2),
                DMatrix::from_diagonal(&nalgebra::DVector::from_vec(variances)),
            )
            .unwrap();
            // 1/4 + 4·4 + ½(9/16 + 4), with the powers of the scale.
            let expected = 16.25 / scale + 0.5 * (0.5625 + 4.0) / (scale * scale);
            for law in [diagonal, dense] {
                let found = law.log_density_rate_norm_squared_diagonal(&mean, &rate).unwrap();
                assert!(found.contains(expected) && found.relative_width() < 1e2 * f64::EPSILON, "{found}");
            }
        }
    }

    #[test]
    fn second_order_of_the_divergence() {
        // 2·KL(p_{t+h}|p_t)/h² tends to the Fisher information of the curve.
        let law = Gaussian::random(&mut stream(7, "rate", 0), 3, 10.0, 1.0).unwrap();
        let rate = DMatrix::from_fn(3, 3, |i, j| 0.1 * (1.0 + (i * j) as f64));
        let mean = [0.3, -0.2, 0.1];
        let h = 1e-5;
        let moved = Gaussian::new(
            law.mean() + h * nalgebra::DVector::from_row_slice(&mean),
            law.covariance() + h * &rate,
        )
        .unwrap();
        let quotient = 2.0 * moved.kl_divergence(&law).unwrap().mid() / (h * h);
        let expected = law.log_density_rate_norm_squared(&mean, &rate).unwrap();
        let (discretisation, rounding) = (100.0 * h, 1e4 * f64::EPSILON / h);
        assert!((quotient / expected.mid() - 1.0).abs() < discretisation + rounding, "{quotient} {expected}");
    }

    #[test]
    fn bad_rates_are_refused() {
        let law = Gaussian::standard(2).unwrap();
        assert!(law.log_density_rate_norm_squared(&[0.0], &DMatrix::zeros(2, 2)).is_err());
        assert!(law.log_density_rate_norm_squared(&[0.0, f64::NAN], &DMatrix::zeros(2, 2)).is_err());
        assert!(law.log_density_rate_norm_squared(&[0.0, 0.0], &DMatrix::zeros(3, 3)).is_err());
        assert!(law.log_density_rate_norm_squared_diagonal(&[0.0, 0.0], &[1.0]).is_err());
    }
}
