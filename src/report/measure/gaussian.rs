//! Gaussian targets from the standard Gaussian base, where everything is in closed form or an ordinary differential equation.

use super::{BiasReport, ConditionalPoincare, MeasureReport, SMOOTH_STOP, ScoreBounds, late_start, times};
use crate::dynamics::{bias, log_sobolev_bias_bound, poincare_energy, small_kappa_limit};
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, within};
use crate::path::{Channel, GaussianPath};
use crate::transport::action;
use rayon::prelude::*;

impl MeasureReport {
    /// Everything about the path to a Gaussian target from the standard Gaussian base, with the
    /// dynamics begun at time `start` with the law `p_start`, for each slowness in `kappas`.
    ///
    /// # Errors
    /// [`Error::Domain`] if a slowness is not finite and positive, the start not in `[0, 1)` or the base not
    /// standard; [`Error::NoConvergence`] if floating point cannot resolve a slowness.
    pub fn gaussian(path: &GaussianPath, kappas: &[f64], start: f64) -> Result<Self> {
        within("start", start, 0.0, 1.0_f64.next_down())?;
        let channels = path
            .channels()
            .filter(|_| path.has_standard_base())
            .ok_or_else(|| Error::domain("base", path, "the standard Gaussian law"))?;
        let times = times(start);
        let energy = action(path, start, 1.0)?;
        let poincare = poincare_energy(path, start)?;
        let bias = kappas
            .par_iter()
            .map(|&kappa| {
                let bias = bias(path, kappa, start)?;
                Ok(BiasReport {
                    kappa,
                    forward_kl: Some(bias.forward_kl),
                    reverse_kl: Some(bias.reverse_kl),
                    girsanov_bound: Some(energy * kappa / 4.0),
                    poincare_bound: Some(poincare * kappa / 4.0),
                    log_sobolev_bound: Some(log_sobolev_bias_bound(path, kappa, start)?),
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            poincare_constant: path.target().poincare_constant(),
            log_sobolev_constant: path.target().log_sobolev_constant(),
            // A Gaussian law is its own extremal: its largest variance is its Poincaré constant.
            variance: path.target().spectrum().largest(),
            action: Some(energy),
            score_lipschitz: times.iter().map(|&t| score_bounds(path, &channels, t)).collect(),
            conditional_poincare_sup: times
                .iter()
                .filter(|&&t| 0.0 < t && t < 1.0)
                .map(|&t| conditional_poincare(path, &channels, t))
                .collect(),
            small_kappa_limit: Some(small_kappa_limit(path)?),
            bias,
            notes: notes(path, start, energy),
        })
    }
}

/// `∇²log p_t = −Σ_t^{−1}` at every point, with `Σ_t = λΣ + (1−λ)I`.
fn score_bounds(path: &GaussianPath, channels: &[Channel], t: f64) -> ScoreBounds {
    let at = path.schedule().enclosed(t);
    let curvatures = channels.iter().map(|c| {
        let variance = c.target_variance * at.lambda + c.base_variance * at.complement;
        Enclosure::certified(-(Interval::ONE / variance))
    });
    let (lower, upper) = ends(curvatures);
    ScoreBounds { t, lower, upper }
}

/// X given `X_t = y` has precision `Σ^{−1} + λ/(1−λ) I` whatever y is: in a channel the variance
/// `a(1−λ)/(1 − λ + λa)`.
fn conditional_poincare(path: &GaussianPath, channels: &[Channel], t: f64) -> ConditionalPoincare {
    let at = path.schedule().enclosed(t);
    let variances = channels.iter().map(|c| {
        // Divided by a(1−λ), so that each uncertain number stands once.
        Enclosure::certified(Interval::ONE / (Interval::ONE / c.target_variance + at.lambda / at.complement))
    });
    ConditionalPoincare { t, value: ends(variances).1 }
}

/// Smallest and largest of at least one quantity.
fn ends(mut values: impl Iterator<Item = Enclosure>) -> (Enclosure, Enclosure) {
    let first = values.next().unwrap_or(Enclosure::exact(f64::NAN));
    values.fold((first, first), |(low, high), x| (low.min(x), high.max(x)))
}

fn notes(path: &GaussianPath, start: f64, energy: Enclosure) -> Vec<String> {
    let schedule = path.schedule();
    let mut notes = Vec::new();
    if energy.is_infinite() {
        notes.push(format!(
            "action: infinite, and every bound with it: the schedule ({schedule}) leaves the base too fast at t = 0; \
             start > 0 or the cosine schedule makes it finite"
        ));
    }
    if schedule.stops_smoothly() {
        notes.push(SMOOTH_STOP.to_owned());
    }
    notes.extend(late_start(schedule, start));
    notes
}
