//! The field at the end of the path and what it does to the bias for small κ.

use super::integral::expectations;
use crate::enclosure::Enclosure;
use crate::error::{Error, Result};
use crate::path::line::{PotentialCurve, RadialCurve};
use crate::path::{LineSlice, Schedule};

/// `v_1 = (λ̇(1)/2)(y + σ²·∇log π(y))`, the field at the target, for a base of variance `σ² = E Z² < ∞`.
///
/// With the Stein kernel τ of the base `E[Z|y] = (s/c)·E[V'(X)τ(Z)|y] → s·V'(y)·Eτ(Z) = −s·σ²·∇log π(y)` as
/// `s = sin φ → 0`, so that `w_φ = (E[Z|y] − s·y)/c ≈ −s(y + σ²∇log π)`, and `dφ/dt = −λ̇/(2sc)`.
///
/// # Errors
/// [`Error::Undefined`] if the base has no variance.
pub fn limit_field(curve: &PotentialCurve, schedule: &Schedule, y: f64) -> Result<f64> {
    let variance = base_variance(curve)?;
    let score = curve.at(0.0)?.point(y).score;
    Ok(0.5 * schedule.lambda_dot(1.0) * (y + variance * score))
}

/// `½Var_π(φ_1)` with `φ_1' = v_1`, the limit of `KL(p_1|q_κ)/κ²`. Since `v_1` is a gradient,
/// `φ_1 = (λ̇(1)/2)(y²/2 + σ²·log π)`, and no field is integrated.
///
/// # Errors
/// [`Error::Undefined`] if the base has no variance, or if the density of the target jumps at an end of its domain
/// (there `v_1` does not exist).
pub fn small_kappa_limit(curve: &PotentialCurve, schedule: &Schedule) -> Result<Enclosure> {
    let variance = base_variance(curve)?;
    let (lo, hi) = curve.target().domain();
    let target = curve.at(0.0)?;
    for end in [lo, hi].into_iter().filter(|e| e.is_finite()) {
        if target.log_density(end) > f64::NEG_INFINITY {
            return Err(jump(end));
        }
    }
    let potential = |y: f64, log_density: f64| 0.5 * y * y + variance * log_density;
    Ok(half_variance(&target, curve.target().minimum().0, potential, schedule))
}

/// The same for a radial target and a Gaussian base: `φ_1 = (λ̇(1)/2)(r²/2 + log π)`.
///
/// # Errors
/// [`Error::Undefined`] if the density of the target jumps at an end of its domain.
pub fn radial_small_kappa_limit(curve: &RadialCurve, schedule: &Schedule) -> Result<Enclosure> {
    let norm = curve.target().norm();
    let target = curve.at(0.0)?;
    let end = norm.domain().1;
    if end.is_finite() && target.log_density(end) > f64::NEG_INFINITY {
        return Err(jump(end));
    }
    let outer = curve.target().dimension() as f64 - 1.0;
    let potential = |r: f64, log_density: f64| 0.5 * r * r + log_density - outer * core_math::log(r);
    Ok(half_variance(&target, norm.minimum().0, potential, schedule))
}

/// `½Var(λ̇(1)/2·potential(y, log π(y)))`, the potential centred at its value at one point, so that little cancels.
fn half_variance(
    target: &dyn LineSlice,
    at: f64,
    potential: impl Fn(f64, f64) -> f64,
    schedule: &Schedule,
) -> Enclosure {
    let centre = potential(at, target.log_density(at));
    let [first, second] = expectations(target, |y, point| {
        let value = potential(y, point.log_density) - centre;
        [value, value * value]
    });
    let spread = second - first.square();
    let rate = Enclosure::exact(0.5 * schedule.lambda_dot(1.0));
    rate.square() * spread / 2.0
}

fn jump(end: f64) -> Error {
    Error::Undefined {
        what: "the field at the end of the path".to_owned(),
        reason: format!("the density of the target jumps at {end}"),
    }
}

fn base_variance(curve: &PotentialCurve) -> Result<f64> {
    let variance = curve.base().variance();
    if variance.is_finite() {
        return Ok(variance);
    }
    Err(Error::Undefined {
        what: "the field at the end of the path".to_owned(),
        reason: format!("the base {} has no variance", curve.base()),
    })
}
