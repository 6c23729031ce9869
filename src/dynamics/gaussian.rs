//! The KL bias of annealed Langevin dynamics along a Gaussian path.

use super::channel::{Deviation, annealed_langevin};
use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, finite, positive, within};
use crate::numerics::collocation::solve_linear;
use crate::numerics::excess::{excess_forward, excess_reverse};
use crate::path::{Channel, GaussianPath};
use nalgebra::{DMatrix, DVector};

/// The initial law `q_0 = N(m + shift, factor·Σ)` of the dynamics relative to `p_start = N(m, Σ)`.
#[derive(Clone, PartialEq, Debug)]
pub struct InitialLaw {
    shift: Vec<f64>,
    variance_factor: f64,
}

impl InitialLaw {
    /// `q_0 = p_start`: nothing is lost at the start.
    pub fn exact(dim: usize) -> Self {
        Self { shift: vec![0.0; dim], variance_factor: 1.0 }
    }

    /// A law with shifted mean and scaled covariance.
    ///
    /// # Errors
    /// [`Error::Domain`] if a component is not finite or the factor is not finite and positive.
    pub fn perturbed(shift: Vec<f64>, variance_factor: f64) -> Result<Self> {
        for &component in &shift {
            finite("shift", component)?;
        }
        positive("variance_factor", variance_factor)?;
        Ok(Self { shift, variance_factor })
    }

    /// `KL(p_start|q_0)` and `KL(q_0|p_start)` along `path` started at `from`.
    ///
    /// # Errors
    /// Those of [`bias_at`] at `until = from`.
    pub fn divergence(&self, path: &GaussianPath, from: f64) -> Result<Bias> {
        bias_at(path, 1.0, from, from, self)
    }
}

/// How far the law `q` of the dynamics is from the path.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bias {
    /// `KL(p_until|q)`.
    pub forward_kl: Enclosure,
    /// `KL(q|p_until)`.
    pub reverse_kl: Enclosure,
}

/// The bias at the target of annealed Langevin dynamics with slowness `kappa`, started at time
/// `from` of the path with `q_0 = p_from`.
///
/// # Errors
/// Those of [`bias_at`].
pub fn bias(path: &GaussianPath, kappa: f64, from: f64) -> Result<Bias> {
    bias_at(path, kappa, from, 1.0, &InitialLaw::exact(path.dim()))
}

/// The bias at time `until` of the path, for any initial law. Relative accuracy however small the
/// bias is; channels where the covariances commute, collocation of the matrix equations else.
///
/// # Errors
/// [`Error::Domain`] for times out of order or a `kappa` that is not finite and positive,
/// [`Error::Dimension`] for an initial law of another dimension, [`Error::NoConvergence`] if the
/// equations are too stiff.
pub fn bias_at(path: &GaussianPath, kappa: f64, from: f64, until: f64, initial: &InitialLaw) -> Result<Bias> {
    positive("kappa", kappa)?;
    within("start", from, 0.0, until)?;
    within("end", until, from, 1.0)?;
    if initial.shift.len() != path.dim() {
        let (found, expected) = (initial.shift.len(), path.dim());
        return Err(Error::Dimension { name: "initial law".to_owned(), found, expected });
    }
    match path.channels() {
        Some(channels) => {
            let mut total = Bias { forward_kl: Enclosure::exact(0.0), reverse_kl: Enclosure::exact(0.0) };
            for deviation in channel_deviations(path, &channels, kappa, from, until, initial)? {
                total.forward_kl = total.forward_kl + deviation.forward_kl();
                total.reverse_kl = total.reverse_kl + deviation.reverse_kl();
            }
            Ok(total)
        }
        None => dense_bias(path, kappa, from, until, initial),
    }
}

/// The deviation in every channel of a path whose covariances commute.
///
/// # Errors
/// Those of [`annealed_langevin`].
pub fn channel_deviations(
    path: &GaussianPath,
    channels: &[Channel],
    kappa: f64,
    from: f64,
    until: f64,
    initial: &InitialLaw,
) -> Result<Vec<Deviation>> {
    let shifts = if path.target().variances().is_some() {
        initial.shift.iter().map(|&x| Enclosure::exact(x)).collect()
    } else {
        path.target().spectrum().coordinates(&initial.shift)?
    };
    let at = path.schedule().enclosed(from);
    let ratio = Enclosure::exact(initial.variance_factor);
    channels
        .iter()
        .zip(shifts)
        .map(|(channel, shift)| {
            let variance = channel.target_variance * at.lambda + channel.base_variance * at.complement;
            let start = Deviation { shift, excess: ratio - 1.0, ratio, ..Deviation::none(variance) };
            annealed_langevin(channel, path.schedule(), kappa, from, until, &start)
        })
        .collect()
}

/// Relative tolerance at which the collocation of the matrix equations accepts a panel.
const COLLOCATION_TOLERANCE: f64 = 1e-13;

/// `δ = E_q X − m` and `R = Cov_q X − Σ` solve `κδ̇ = −Σ⁻¹δ − κṁ` and
/// `κṘ = −(Σ⁻¹R + RΣ⁻¹) − κΣ̇`; in the angle the inhomogeneities are smooth.
fn dense_bias(path: &GaussianPath, kappa: f64, from: f64, until: f64, initial: &InitialLaw) -> Result<Bias> {
    let d = path.dim();
    let (target, base) = (path.target().covariance(), path.base().covariance());
    let (m, b) = (path.target().mean(), path.base().mean());
    let covariance = |angle: f64| {
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        &target * (cosine * cosine) + &base * (sine * sine)
    };
    let (first, last) = (path.schedule().angle(from), path.schedule().angle(until));
    let mut breaks = vec![first];
    breaks.extend(path.schedule().angle_breaks().into_iter().rev().filter(|&p| last < p && p < first));
    breaks.push(last);
    let not_invertible = || Error::Matrix {
        name: "covariance of the path".to_owned(),
        expected: "invertible in floating point".to_owned(),
        reason: "its Cholesky factorisation fails".to_owned(),
    };
    if covariance(first).cholesky().is_none() || covariance(last).cholesky().is_none() {
        return Err(not_invertible());
    }
    let precision_rate = |angle: f64| {
        let inverse = covariance(angle).cholesky().map_or_else(|| DMatrix::zeros(d, d), |c| c.inverse());
        inverse * (path.schedule().time_rate(angle) / kappa)
    };
    // The angle falls along the dynamics, so derivatives in it have the opposite sign.
    let shift =
        solve_linear(&breaks, &DVector::from_column_slice(&initial.shift), COLLOCATION_TOLERANCE, |angle| {
            (precision_rate(angle), m * core_math::sin(angle) - b * core_math::cos(angle))
        })?;
    let start = covariance(first) * (initial.variance_factor - 1.0);
    let identity = DMatrix::<f64>::identity(d, d);
    let gap = solve_linear(
        &breaks,
        &DVector::from_column_slice(start.as_slice()),
        COLLOCATION_TOLERANCE,
        |angle| {
            let p = precision_rate(angle);
            let rate = (&target - &base) * core_math::sin(2.0 * angle);
            (identity.kronecker(&p) + p.kronecker(&identity), DVector::from_column_slice(rate.as_slice()))
        },
    )?;
    let factor = covariance(last).cholesky().ok_or_else(not_invertible)?;
    let whitened = |x: &DMatrix<f64>| factor.l().solve_lower_triangular(x).ok_or_else(not_invertible);
    let half = whitened(&DMatrix::from_column_slice(d, d, gap.value.as_slice()))?;
    let relative_gap = whitened(&half.transpose())?;
    let eigen = (0.5 * (&relative_gap + relative_gap.transpose())).symmetric_eigen();
    let vector = whitened(&DMatrix::from_column_slice(d, 1, shift.value.as_slice()))?;
    let coordinates = eigen.eigenvectors.transpose() * vector;
    // Weyl's inequality: an error of the whitened gap moves no eigenvalue by more than its norm.
    // The factorisation itself is good to d·ε·(condition of its triangular factor).
    let inverse_norm = whitened(&identity)?.norm();
    let rounding = 16.0 * d as f64 * f64::EPSILON * inverse_norm * factor.l().norm();
    let gap_radius = gap.error * inverse_norm * inverse_norm + rounding * eigen.eigenvalues.norm();
    let shift_radius = shift.error * inverse_norm + rounding * coordinates.norm();
    let mut bias = Bias { forward_kl: Enclosure::exact(0.0), reverse_kl: Enclosure::exact(0.0) };
    for (&rho, &w) in eigen.eigenvalues.iter().zip(coordinates.iter()) {
        let rho = Enclosure::around(rho, gap_radius, Evidence::Converged);
        if rho.lo() <= -1.0 {
            return Err(Error::NoConvergence {
                what: format!("the covariance of annealed Langevin dynamics at κ = {kappa}"),
                reached: gap_radius,
                wanted: rho.mid() + 1.0,
            });
        }
        let square = Enclosure::around(w, shift_radius, Evidence::Converged).square();
        let half = |e: Enclosure| e.map(|i| i * Interval::point(0.5));
        bias.forward_kl = bias.forward_kl + half(rho.map(excess_reverse) + square / (rho + 1.0));
        bias.reverse_kl = bias.reverse_kl + half(rho.map(excess_forward) + square);
    }
    Ok(bias)
}
