//! What governs the bias of annealed Langevin dynamics as `κ → 0`, for Gaussian paths whose
//! covariances commute.

use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use crate::path::GaussianPath;

/// The limit of `KL/κ²` as `κ → 0`, in both directions: `½ Var_{p_1}(φ)` where the gradient of φ is
/// the transport field at `t = 1`. For Gaussian laws in channels
/// `½ Σ [ṁ_i² σ_i² + (σ_i²˙)²/8]`; zero for a schedule that stops smoothly.
///
/// # Errors
/// [`Error::Undefined`] if the covariances are not known to commute.
pub fn small_kappa_limit(path: &GaussianPath) -> Result<Enclosure> {
    let channels = path.channels().ok_or_else(|| Error::Undefined {
        what: format!("a decomposition into channels of {path}"),
        reason: "the covariances of target and base do not share an eigenbasis that is known".to_owned(),
    })?;
    if path.schedule().stops_smoothly() && path.base().mean().iter().all(|&b| b == 0.0) {
        return Ok(Enclosure::exact(0.0));
    }
    let at = path.schedule().enclosed(1.0);
    let half = at.lambda_dot / Interval::point(2.0);
    let sum: Interval = channels
        .iter()
        .map(|c| {
            let base_rate = if c.base_mean == Interval::ZERO {
                Interval::ZERO
            } else {
                c.base_mean * half / at.complement.sqrt()
            };
            let mean_rate = c.target_mean * half - base_rate;
            let variance_rate = at.lambda_dot * (c.target_variance - c.base_variance);
            mean_rate.square() * c.target_variance + variance_rate.square() / Interval::point(8.0)
        })
        .sum();
    Ok(Enclosure::certified(sum) * 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;
    use crate::path::Schedule;

    #[test]
    fn known_limits_are_reproduced() {
        let square = Schedule::power(2.0).unwrap();
        for (mean, variance, limit) in [(1.0, 1.0, 0.5), (0.0, 4.0, 2.25), (1.0, 0.25, 0.265625)] {
            let target = Gaussian::isotropic(vec![mean], variance).unwrap();
            let path = GaussianPath::from_standard(target, square.clone()).unwrap();
            let value = small_kappa_limit(&path).unwrap();
            assert!(value.contains(limit) && value.relative_width() < 64.0 * f64::EPSILON, "{value}");
        }
    }
}
