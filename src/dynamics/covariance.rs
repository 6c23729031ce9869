//! The widest direction of annealed Langevin dynamics along a Gaussian path.

use super::gaussian::{InitialLaw, channel_deviations};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive, within};
use crate::numerics::collocation::solve_linear;
use crate::path::GaussianPath;
use nalgebra::{DMatrix, DVector};

/// Relative tolerance at which the collocation of the matrix equation accepts a panel.
const COLLOCATION_TOLERANCE: f64 = 1e-13;

/// `‖Cov q‖` for the law q at time `until` of annealed Langevin dynamics with slowness `kappa`, started at
/// time `from` of the path with covariance `variance_factor·Σ_from`: the Poincaré constant of q, and half
/// its log-Sobolev constant. Channel by channel where the covariances commute, else by collocation of
/// `κĊ = −(Σ⁻¹C + CΣ⁻¹) + 2I`.
///
/// # Errors
/// [`Error::Domain`] for times out of order or a `kappa` or factor that is not finite and positive,
/// [`Error::NoConvergence`] if the equations are too stiff.
pub fn law_covariance_norm(
    path: &GaussianPath,
    kappa: f64,
    from: f64,
    until: f64,
    variance_factor: f64,
) -> Result<Enclosure> {
    positive("kappa", kappa)?;
    within("start", from, 0.0, until)?;
    within("end", until, from, 1.0)?;
    let initial = InitialLaw::perturbed(vec![0.0; path.dim()], variance_factor)?;
    if let Some(channels) = path.channels() {
        let deviations = channel_deviations(path, &channels, kappa, from, until, &initial)?;
        let variances = deviations.iter().map(|d| d.ratio * d.variance);
        return Ok(variances.fold(Enclosure::exact(0.0), Enclosure::max));
    }
    let d = path.dim();
    let (target, base) = (path.target().covariance(), path.base().covariance());
    let covariance = |angle: f64| {
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        &target * (cosine * cosine) + &base * (sine * sine)
    };
    let schedule = path.schedule();
    let (first, last) = (schedule.angle(from), schedule.angle(until));
    let mut breaks = vec![first];
    breaks.extend(schedule.angle_breaks().into_iter().rev().filter(|&p| last < p && p < first));
    breaks.push(last);
    let identity = DMatrix::<f64>::identity(d, d);
    let start = covariance(first) * variance_factor;
    // The angle falls along the dynamics, so derivatives in it have the opposite sign.
    let solution = solve_linear(
        &breaks,
        &DVector::from_column_slice(start.as_slice()),
        COLLOCATION_TOLERANCE,
        |angle| {
            let speed = schedule.time_rate(angle) / kappa;
            let inverse = covariance(angle).cholesky().map_or_else(|| DMatrix::zeros(d, d), |c| c.inverse());
            let p = inverse * speed;
            let noise = &identity * (-2.0 * speed);
            (identity.kronecker(&p) + p.kronecker(&identity), DVector::from_column_slice(noise.as_slice()))
        },
    )?;
    let matrix = DMatrix::from_column_slice(d, d, solution.value.as_slice());
    let largest = (0.5 * (&matrix + matrix.transpose())).symmetric_eigenvalues().max();
    let rounding = 16.0 * d as f64 * f64::EPSILON * matrix.norm();
    if largest.is_finite() && covariance(last).cholesky().is_some() {
        Ok(Enclosure::around(largest, solution.error + rounding, Evidence::Converged))
    } else {
        Err(Error::NoConvergence {
            what: format!("the covariance of annealed Langevin dynamics at κ = {kappa}"),
            reached: solution.error,
            wanted: rounding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;
    use crate::path::Schedule;

    #[test]
    fn channels_and_collocation_agree() {
        // A rotation of the plane leaves the spectrum alone and hides that the covariances commute.
        let (c, s) = (0.8, 0.6);
        let rotated = |a: f64, b: f64| {
            let off = c * s * (a - b);
            let entries = [c * c * a + s * s * b, off, off, s * s * a + c * c * b];
            Gaussian::new(vec![0.0, 0.0].into(), DMatrix::from_row_slice(2, 2, &entries)).unwrap()
        };
        let diagonal = |a, b| Gaussian::diagonal(vec![0.0, 0.0], vec![a, b]).unwrap();
        // Collocation stops at differences of 1e-13 of the solution's size on each panel.
        let collocation = 1e-10;
        for schedule in [Schedule::linear(), Schedule::cosine()] {
            let first = GaussianPath::new(diagonal(0.5, 2.0), diagonal(3.0, 1.0), schedule.clone()).unwrap();
            let second = GaussianPath::new(rotated(0.5, 2.0), rotated(3.0, 1.0), schedule).unwrap();
            for kappa in [0.1, 1.0, 10.0] {
                let one = law_covariance_norm(&first, kappa, 0.0, 1.0, 1.5).unwrap();
                let two = law_covariance_norm(&second, kappa, 0.0, 1.0, 1.5).unwrap();
                assert!((one.mid() / two.mid() - 1.0).abs() < collocation, "κ={kappa}: {one} {two}");
                assert!(two.relative_width() < collocation, "κ={kappa}: {two}");
            }
        }
    }

    #[test]
    fn bad_arguments_are_refused() {
        let path = GaussianPath::from_standard(Gaussian::standard(2).unwrap(), Schedule::linear()).unwrap();
        for (kappa, from, until, factor) in
            [(0.0, 0.0, 1.0, 1.0), (1.0, 0.5, 0.2, 1.0), (1.0, 0.0, 1.5, 1.0), (1.0, 0.0, 1.0, f64::NAN)]
        {
            assert!(law_covariance_norm(&path, kappa, from, until, factor).is_err());
        }
    }
}
