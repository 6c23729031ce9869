//! The entropy inequality along annealed Langevin dynamics on the line, integrated with a constant that changes.
//!
//! From `K' ≤ −(2/C_τ)K + (κ²/2)|p'|²` and `K(0) = 0`: `K(1/κ) ≤ (κ/2)∫e^{−(2/κ)∫_u^1 dr/C_r}|p'_u|² du`, with any
//! `C_r ≥ C_LS(q_r)`. The constants solve `κC' = 2S_t·C + 4` with `S_t = sup_y ∂²log p_t` (Collet, Malrieu 2008).

use super::line_instance::{LineBiasInstance, supremum};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};

/// Equal panels of time, and halvings of the last one, where the weight of a small κ sits.
const PANELS: u32 = 32;
const HALVINGS: i32 = 12;
/// What the curvature may be larger inside a panel than at its ends and middle, as a share of its range there.
const INSIDE: f64 = 0.125;
/// Share of a convexity by which the search for its infimum may be wrong.
const SEARCH: f64 = 1e-3;

fn times(run: &LineBiasInstance) -> Vec<f64> {
    let length = run.until - run.from;
    let mut times: Vec<f64> =
        (0..PANELS).map(|k| run.from + length * f64::from(k) / f64::from(PANELS)).collect();
    times.extend((1..=HALVINGS).map(|k| run.until - length / f64::from(PANELS) * 0.5_f64.powi(k)));
    times.push(run.until);
    times
}

/// `sup_y ∂²log p_t`.
fn largest_curvature(run: &LineBiasInstance, t: f64) -> Result<f64> {
    let angle = run.schedule().angle(t).min(std::f64::consts::FRAC_PI_2);
    let slice = run.line.path.curve().slice(angle)?;
    let value = supremum(slice.as_ref(), |y| slice.point(y).curvature);
    Ok(value + SEARCH * value.abs())
}

/// `(κ/2)∫e^{−(2/κ)∫_u dr/C_r}|p'_u|² du` over panels of time with a constant on each.
fn sum(run: &LineBiasInstance, times: &[f64], constants: &[f64]) -> Result<Enclosure> {
    let (mut total, mut discount) = (Enclosure::exact(0.0), 1.0);
    for (pair, constant) in times.windows(2).zip(constants).rev() {
        let rate = 2.0 / (run.kappa * constant);
        let weight = |t: f64| core_math::exp(-rate * (pair[1] - t).max(0.0));
        let part = run.profile()?.weighted_action(run.schedule(), (pair[0], pair[1]), &weight)?;
        total = total + part * discount;
        discount *= weight(pair[0]);
        if discount == 0.0 {
            break;
        }
    }
    Ok(total * (0.5 * run.kappa))
}

/// Whether the law at the start is log-concave, so that its constant is known.
///
/// # Errors
/// Those of the slices.
pub fn starts_log_concave(run: &LineBiasInstance) -> Result<bool> {
    Ok(largest_curvature(run, run.from)? < 0.0)
}

/// The bound with the constant that contraction of the drift gives at every time (L16).
///
/// # Errors
/// [`Error::Hypothesis`] if the law at the start is not log-concave (its constant is not known then); those of the slices.
pub fn discounted(run: &LineBiasInstance) -> Result<Enclosure> {
    let times = times(run);
    let at_start = largest_curvature(run, times[0])?;
    if at_start >= 0.0 {
        return Err(Error::hypothesis("B4", "C_LS(q_0) known: a log-concave start", run));
    }
    // Bakry-Émery.
    let mut constant = 2.0 / -at_start;
    let mut before = at_start;
    let mut constants = Vec::with_capacity(times.len() - 1);
    for pair in times.windows(2) {
        let (middle, after) =
            (largest_curvature(run, 0.5 * (pair[0] + pair[1]))?, largest_curvature(run, pair[1])?);
        let (top, low) = (before.max(middle).max(after), before.min(middle).min(after));
        let curvature = top + INSIDE * (top - low);
        let exponent = 2.0 * curvature * (pair[1] - pair[0]) / run.kappa;
        let growth = core_math::exp(exponent);
        let source = 4.0 * (pair[1] - pair[0]) / run.kappa;
        let fresh = if exponent == 0.0 { source } else { source * core_math::expm1(exponent) / exponent };
        // Once beyond floating point nothing is known any more.
        let next = if constant.is_infinite() { constant } else { growth * constant + fresh };
        constants.push(constant.max(next));
        (constant, before) = (next, after);
    }
    Ok(sum(run, &times, &constants)?.weakened(Evidence::Converged))
}

/// The bound with one constant for all times.
///
/// # Errors
/// Those of the metric derivative.
pub fn discounted_by(run: &LineBiasInstance, constant: f64) -> Result<Enclosure> {
    let times = times(run);
    sum(run, &times, &vec![constant; times.len() - 1])
}
