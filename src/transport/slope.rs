//! The optimal field of a moving Gaussian law in balls of double-doubles.

use crate::error::Result;
use crate::numerics::linalg::{Ball, lyapunov, symmetric_eigen};
use crate::path::observation::whitened;

/// Covers the roundings of a radius itself.
const ROUND_UP: f64 = 1.0 + 1e-7;

/// The symmetric S with `SΣ + ΣS = Σ̇`, the slope of the optimal field `ṁ + S(y − m)`, for all members of
/// the two balls.
///
/// An approximate solution with residual R is off by at most `‖R‖_F/(2 λ_min(Σ))`.
///
/// # Errors
/// [`crate::error::Error::Matrix`] if the covariance is not certainly positive definite.
pub fn optimal_slope(covariance: &Ball, covariance_rate: &Ball) -> Result<Ball> {
    let white = whitened("covariance", covariance)?;
    let slope = Ball::from(lyapunov(&symmetric_eigen(&covariance.centre), &covariance_rate.centre));
    let product = slope.product(covariance);
    let residual = covariance_rate.minus(&product).minus(&product.transpose()).norm();
    let radius = residual / (2.0 * white.smallest_eigenvalue_bound()) * ROUND_UP;
    Ok(Ball { centre: slope.centre, radius })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::double_double::Dd;
    use crate::numerics::linalg::Matrix;

    #[test]
    fn the_slope_solves_its_equation_and_its_radius_is_that_of_the_residual() {
        // (S Σ + Σ S) for S = (1, ½; ½, −2) and Σ = (3, 1; 1, 2), which do not commute.
        let matrix = |rows: [f64; 4]| Ball::from(Matrix::from_fn(2, 2, |i, j| Dd::from(rows[2 * i + j])));
        let covariance = matrix([3.0, 1.0, 1.0, 2.0]);
        let exact = [1.0, 0.5, 0.5, -2.0];
        // SΣ = (3.5, 2; −0.5, −3.5).
        let rate = matrix([7.0, 1.5, 1.5, -7.0]);
        let slope = optimal_slope(&covariance, &rate).unwrap();
        let rounding = 1e3 * Dd::UNIT;
        for (k, expected) in exact.into_iter().enumerate() {
            assert!(slope.entry(k / 2, k % 2).contains(expected) && slope.radius < rounding, "{slope:?}");
        }
        // A rate known to within r leaves the slope open by r/(2λ_min) at least, and not much more.
        let open = 1e-6;
        let slope = optimal_slope(&covariance, &Ball { radius: open, ..rate }).unwrap();
        let exact = open / (5.0 - 5.0_f64.sqrt());
        assert!((exact..2.0 * exact).contains(&slope.radius), "{slope:?} {exact}");
    }

    #[test]
    fn a_scaled_covariance_moves_by_dilation() {
        let covariance = Ball::from(Matrix::from_fn(2, 2, |i, j| Dd::from(if i == j { 2.0 } else { 1.0 })));
        let slope = optimal_slope(&covariance, &covariance).unwrap();
        for i in 0..2 {
            for j in 0..2 {
                let expected = if i == j { 0.5 } else { 0.0 };
                assert!(slope.entry(i, j).contains(expected) && slope.radius < 100.0 * Dd::UNIT);
            }
        }
    }
}
