//! The conditional velocity `u_t(y) = E[Ẋ_t | X_t = y]` of a Gaussian path.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::path::GaussianPath;
use crate::transport::quotient::covariance_rounding;

/// Score `∇log p_t(y)`, shape `[d]`, with the rounding of the law at `t` included.
///
/// # Errors
/// [`Error::Dimension`] or [`Error::Domain`] for a bad point; errors of the law.
pub fn path_score(path: &GaussianPath, t: f64, y: &[f64]) -> Result<Vec<Enclosure>> {
    let law = path.law(t)?;
    let score = law.score(y)?;
    let shift: Vec<f64> = path.mean(t)?.iter().map(|m| m.width()).collect();
    if let Some(variances) = law.variances() {
        // A variance rounded by η moves the score by η of itself, a mean by Δ moves it by Δ/σ².
        let relative = covariance_relative();
        let widened = score.iter().zip(&shift).zip(variances).map(|((s, m), v)| {
            s.widened(2.0 * (relative * s.interval().magnitude() + m / v)).weakened(Evidence::Exact)
        });
        return Ok(widened.collect());
    }
    // |(Σ+R)⁻¹δ − Σ⁻¹δ| ≤ ‖(Σ+R)⁻¹‖‖R‖|Σ⁻¹δ|; a factor 2 covers the second order.
    let size = score.iter().map(|s| s.interval().magnitude().powi(2)).sum::<f64>().sqrt();
    let mean = shift.iter().map(|m| m * m).sum::<f64>().sqrt();
    let radius = 2.0 * (covariance_rounding(path, t)? * size + mean) / law.spectrum().smallest().lo();
    Ok(score.into_iter().map(|s| s.widened(radius).weakened(Evidence::Exact)).collect())
}

/// Relative rounding of one variance.
fn covariance_relative() -> f64 {
    4.0 * f64::EPSILON
}

/// `u_t(y) = (λ̇/2√λ)·E[X|X_t=y] − (λ̇/2√(1−λ))·E[Z|X_t=y]`, shape `[d]`, for `t ∈ (0, 1)`.
///
/// The conditional means come from the joint Gaussian law of `(X, X_t)` and `(Z, X_t)`:
/// `E[X|X_t=y] = m − √λ·Σ·s_t(y)` and `E[Z|X_t=y] = b − √(1−λ)·Γ·s_t(y)` with the score `s_t`.
///
/// # Errors
/// [`Error::Domain`] unless `t ∈ (0, 1)`; errors of the score.
pub fn conditional_velocity(path: &GaussianPath, t: f64, y: &[f64]) -> Result<Vec<Enclosure>> {
    if !(t > 0.0 && t < 1.0) {
        return Err(Error::domain("t", t, "a time strictly between 0 and 1"));
    }
    let at = path.schedule().enclosed(t);
    let score = path_score(path, t, y)?;
    let half = at.lambda_dot / Interval::point(2.0);
    let target = conditional_part(path.target(), at.lambda.sqrt(), half, &score);
    let base = conditional_part(path.base(), at.complement.sqrt(), half, &score);
    Ok(target.into_iter().zip(base).map(|(x, z)| x - z).collect())
}

/// `(λ̇/2w)·(mean − w·Covariance·s)`.
fn conditional_part(law: &Gaussian, weight: Interval, half: Interval, score: &[Enclosure]) -> Vec<Enclosure> {
    let weight = Enclosure::certified(weight);
    let rate = Enclosure::certified(half) / weight;
    let image = |i: usize| -> Enclosure {
        match law.variances() {
            Some(variances) => variances[i] * score[i],
            None => score.iter().enumerate().map(|(j, &s)| law.covariance_entry(i, j) * s).sum(),
        }
    };
    (0..law.dim()).map(|i| rate * (law.mean()[i] - weight * image(i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Schedule;

    #[test]
    fn the_velocity_moves_mean_and_covariance() {
        // u = ṁ + (λ̇/2)(Σ_1 − Σ_0)Σ_t^{-1}(y − m_t), with inverses of matrices in the plane by hand.
        let (target_mean, base_mean) = ([1.0, -2.0], [0.5, 0.25]);
        let law = |mean: [f64; 2], [a, b, c]: [f64; 3]| {
            if b == 0.0 {
                return Gaussian::diagonal(mean.to_vec(), vec![a, c]).unwrap();
            }
            let covariance = nalgebra::DMatrix::from_row_slice(2, 2, &[a, b, b, c]);
            Gaussian::new(nalgebra::DVector::from_vec(mean.to_vec()), covariance).unwrap()
        };
        for (one, zero) in [([2.0, 0.7, 0.5], [1.0, -0.3, 0.6]), ([2.0, 0.0, 0.5], [1.0, 0.0, 0.6])] {
            for schedule in [Schedule::linear(), Schedule::power(2.0).unwrap()] {
                let path =
                    GaussianPath::new(law(target_mean, one), law(base_mean, zero), schedule.clone()).unwrap();
                let (t, y) = (0.36, [0.3, 1.1]);
                let (lambda, rate) = (schedule.lambda(t), schedule.lambda_dot(t));
                let (w, v) = (lambda.sqrt(), (1.0 - lambda).sqrt());
                let at: [f64; 3] = std::array::from_fn(|k| lambda * one[k] + (1.0 - lambda) * zero[k]);
                let determinant = at[0] * at[2] - at[1] * at[1];
                let x = [0, 1].map(|i| y[i] - w * target_mean[i] - v * base_mean[i]);
                let score = [
                    -(at[2] * x[0] - at[1] * x[1]) / determinant,
                    -(at[0] * x[1] - at[1] * x[0]) / determinant,
                ];
                let gap: [f64; 3] = std::array::from_fn(|k| one[k] - zero[k]);
                let image = [gap[0] * score[0] + gap[1] * score[1], gap[1] * score[0] + gap[2] * score[1]];
                let found = conditional_velocity(&path, t, &y).unwrap();
                let scores = path_score(&path, t, &y).unwrap();
                let rounding = 1e2 * f64::EPSILON;
                for i in 0..2 {
                    let mean = 0.5 * rate * (target_mean[i] / w - base_mean[i] / v);
                    let exact = mean - 0.5 * rate * image[i];
                    assert!(found[i].widened(rounding).contains(exact), "{path}: {} {exact}", found[i]);
                    assert!(
                        scores[i].widened(rounding).contains(score[i]),
                        "{path}: {} {}",
                        scores[i],
                        score[i]
                    );
                    let (least, most) = (f64::EPSILON * score[i].abs(), 1e3 * rounding);
                    assert!((least..most).contains(&scores[i].width()), "{path}: {}", scores[i]);
                    assert!(found[i].width() < most, "{path}: {}", found[i]);
                }
            }
        }
    }

    #[test]
    fn one_dimensional_velocity_is_the_affine_map() {
        // λ = t = 1/4, π = N(2, 5), ν = γ: m_t = 1, v = 2, ṁ = 2, v̇ = 4: u(y) = 2 + (y−1).
        let target = Gaussian::isotropic(vec![2.0], 5.0).unwrap();
        let path = GaussianPath::from_standard(target, Schedule::linear()).unwrap();
        for y in [-1.0, 1.0, 4.0] {
            let u = conditional_velocity(&path, 0.25, &[y]).unwrap()[0];
            assert!(u.contains(1.0 + y) && u.width() < 1e3 * f64::EPSILON, "{u}");
        }
        for t in [0.0, 1.0, f64::NAN] {
            assert!(conditional_velocity(&path, t, &[0.0]).is_err());
        }
        assert!(conditional_velocity(&path, 0.5, &[0.0, 0.0]).is_err());
    }
}
