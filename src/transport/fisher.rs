//! Fisher information along a path from the standard Gaussian law.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::quadrature::integrate;
use crate::path::GaussianPath;
use crate::transport::quotient::covariance_rounding;

/// `I(p_t|γ) = ∫|∇log(p_t/γ)|² dp_t`, with the rounding of the law at `t` included.
///
/// # Errors
/// [`Error::Domain`] unless `t ∈ [0, 1]`; errors of the law.
pub fn fisher_along_path(path: &GaussianPath, t: f64) -> Result<Enclosure> {
    let law = path.law(t)?;
    let information = law.relative_fisher_information(&Gaussian::standard(path.dim())?)?;
    // I = |m|² + tr(Σ − 2I + Σ⁻¹) = |m|² + Σ(v−1)²/v: a variance that moves by ηv moves its term by
    // η|v − 1/v|, the mean by Δ by 2|m|Δ. A factor 2 covers the second order.
    let relative = |variance: f64| (variance - 1.0 / variance).abs();
    let shape = if let Some(variances) = law.variances() {
        4.0 * f64::EPSILON * variances.iter().map(|&v| relative(v)).sum::<f64>()
    } else {
        let (low, high) = (law.spectrum().smallest().lo(), law.spectrum().largest().hi());
        let slope = relative(low) / low + relative(high) / high;
        covariance_rounding(path, t)? * slope * (path.dim() as f64).sqrt()
    };
    let means = path.mean(t)?;
    let mean: f64 = means.iter().map(|m| 2.0 * m.interval().magnitude() * m.width()).sum();
    Ok(information.widened(2.0 * (shape + mean)).weakened(Evidence::Exact))
}

/// `∫ (λ̇/2λ)²·I(p_t|γ) dt` over `[from, until]`, `0 < from < until ≤ 1`, by quadrature in `log t` and, towards
/// the target, in dyadic panels of `1 − t` (Converged): the action of a path from γ.
///
/// # Errors
/// [`Error::Domain`] for a bad range; errors of the Fisher information.
pub fn fisher_action(path: &GaussianPath, from: f64, until: f64) -> Result<Enclosure> {
    if !(from > 0.0 && from < until && until <= 1.0) {
        return Err(Error::domain("range", format!("[{from}, {until}]"), "0 < from < until ≤ 1"));
    }
    let mut failure = None;
    let mut width = 0.0_f64;
    let integral = integrate(&dyadic_breaks(path, from, until), |t| {
        let factor = path.schedule().lambda_dot(t) / (2.0 * path.schedule().lambda(t));
        match fisher_along_path(path, t) {
            Ok(information) => {
                width = width.max(information.relative_width());
                factor * factor * information.mid()
            }
            Err(error) => {
                failure = Some(error);
                f64::NAN
            }
        }
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(integral.widened(if width > 0.0 { width * integral.hi().abs() } else { 0.0 })),
    }
}

/// Break points at which `t` doubles from `from` (below ½) and `1 − t` halves (above), with the
/// corners of the schedule.
fn dyadic_breaks(path: &GaussianPath, from: f64, until: f64) -> Vec<f64> {
    const NEAREST: f64 = 1e-12; // what is nearer to 1 is one panel
    let mut breaks = vec![from];
    let mut at = from;
    while at < until {
        let step = (0.5 * at).min((0.5 * (1.0 - at)).max(NEAREST));
        at = (at + step).min(until);
        breaks.push(at);
    }
    breaks.extend(path.schedule().time_breaks().into_iter().filter(|&b| from < b && b < until));
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    breaks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Schedule;
    use crate::transport::action;
    use nalgebra::{DMatrix, DVector};

    #[test]
    fn fisher_action_is_the_action() {
        for schedule in Schedule::examples() {
            let target = Gaussian::diagonal(vec![1.0, -0.5], vec![0.25, 6.0]).unwrap();
            let path = GaussianPath::from_standard(target, schedule).unwrap();
            let (found, expected) =
                (fisher_action(&path, 0.125, 1.0).unwrap(), action(&path, 0.125, 1.0).unwrap());
            assert!(found.interval().intersects(expected.interval()), "{path}: {found} {expected}");
            // Quadrature to about twelve digits.
            assert!(found.relative_width() < 1e-11, "{path}: {found}");
        }
    }

    #[test]
    fn panels_grow_from_the_start_and_halve_towards_the_target() {
        let law = Gaussian::standard(1).unwrap();
        let path = |schedule| GaussianPath::from_standard(law.clone(), schedule).unwrap();
        let linear = path(Schedule::linear());
        let breaks = dyadic_breaks(&linear, 0.125, 0.9);
        assert_eq!(breaks, [0.125, 0.1875, 0.28125, 0.421875, 0.6328125, 0.81640625, 0.9]);
        // 1 − 2^{−k} until that is nearer to 1 than 2·10⁻¹², from where two more panels reach it.
        let breaks = dyadic_breaks(&linear, 0.5, 1.0);
        assert_eq!(breaks.len(), 41);
        for (k, &at) in (1..=39).zip(&breaks) {
            assert_eq!(at, 1.0 - 0.5_f64.powi(k));
        }
        assert!(breaks[39] - breaks[38] < 2e-12 && breaks[40] == 1.0, "{breaks:?}");
        // Corners inside the range, not on its edge or outside.
        let times = vec![0.0, 0.25, 0.5, 0.875, 1.0];
        let table = path(Schedule::table(times.clone(), times).unwrap());
        assert_eq!(dyadic_breaks(&table, 0.375, 0.75), [0.375, 0.5, 0.5625, 0.75]);
    }

    #[test]
    fn information_of_laws_with_and_without_axes() {
        // Variances 4 and ¼ along (0.6, 0.8) and (0.8, −0.6), and the mean (1, −2).
        let rows = [4.0 * 0.36 + 0.25 * 0.64, 4.0 * 0.48 - 0.25 * 0.48, 0.0, 4.0 * 0.64 + 0.25 * 0.36];
        let covariance = DMatrix::from_row_slice(2, 2, &[rows[0], rows[1], rows[1], rows[3]]);
        let dense = Gaussian::new(DVector::from_vec(vec![1.0, -2.0]), covariance).unwrap();
        let diagonal = Gaussian::diagonal(vec![1.0, -2.0], vec![4.0, 0.25]).unwrap();
        let ulp = f64::EPSILON;
        for (target, largest) in [(dense, 4e3 * ulp), (diagonal, 4e2 * ulp)] {
            let path = GaussianPath::from_standard(target, Schedule::linear()).unwrap();
            for t in [0.1, 0.6, 1.0] {
                let part = |v: f64| (t * (v - 1.0)).powi(2) / (1.0 + t * (v - 1.0));
                let exact = 5.0 * t + part(4.0) + part(0.25);
                let found = fisher_along_path(&path, t).unwrap();
                let rounding = 16.0 * ulp * exact;
                assert!(found.widened(rounding).contains(exact), "{path}: {found} {exact}");
                // At least what one rounding of every variance and mean does, and not much more.
                assert!(found.width() > 2.0 * ulp && found.relative_width() < largest, "{path}: {found}");
            }
        }
    }

    #[test]
    fn bad_ranges_are_refused() {
        let path = GaussianPath::from_standard(Gaussian::standard(1).unwrap(), Schedule::linear()).unwrap();
        for (from, until) in [(0.0, 1.0), (0.5, 0.5), (0.5, 2.0), (f64::NAN, 1.0)] {
            assert!(fisher_action(&path, from, until).is_err());
        }
    }
}
