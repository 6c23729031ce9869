//! What `dald measure` computes for a target, a base and a schedule.

mod console;
mod constants;

use crate::dynamics::{bias, log_sobolev_bias_bound, poincare_energy, small_kappa_limit};
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, within};
use crate::path::{Channel, GaussianPath};
use crate::transport::action;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Times at which score and conditional laws are looked at, besides the start.
const TIMES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// Constants of a target and the bias of annealed Langevin dynamics towards it, with every bound
/// beside it; `docs/schemas/measure.schema.json` describes it as JSON. What does not apply is `None` or empty, and
/// absent from the JSON.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureReport {
    /// `C_P` of the target.
    pub poincare_constant: Enclosure,
    /// `C_LS` of the target, in the normalisation `Ent(f²) ≤ C∫|∇f|²`.
    pub log_sobolev_constant: Enclosure,
    /// Operator norm of the target's covariance.
    pub variance: Enclosure,
    /// Action `∫|p'_t|² dt` from the start to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Enclosure>,
    /// Eigenvalue range of `∇²log p_t` at several times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub score_lipschitz: Vec<ScoreBounds>,
    /// `sup_y C_P(X|X_t = y)` at several times in `(0, 1)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditional_poincare_sup: Vec<ConditionalPoincare>,
    /// `lim KL/κ²` as κ → 0, the same in both directions of KL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub small_kappa_limit: Option<Enclosure>,
    /// The bias at each κ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bias: Vec<BiasReport>,
    /// What does not apply, or is special, and why.
    pub notes: Vec<String>,
}

/// Smallest and largest eigenvalue of `∇²log p_t` over all points.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreBounds {
    /// Time.
    pub t: f64,
    /// Infimum of the smallest eigenvalue.
    pub lower: Enclosure,
    /// Supremum of the largest eigenvalue.
    pub upper: Enclosure,
}

/// Poincaré constant of the law of X given `X_t = y`, the largest over y.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionalPoincare {
    /// Time.
    pub t: f64,
    /// The constant.
    pub value: Enclosure,
}

/// The bias at the target for one κ, started from `p_start`, and its bounds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiasReport {
    /// Slowness κ.
    pub kappa: f64,
    /// `KL(p_1|q)`.
    pub forward_kl: Enclosure,
    /// `KL(q|p_1)`.
    pub reverse_kl: Enclosure,
    /// Bound for the forward divergence: `(κ/4)·A`.
    pub girsanov_bound: Enclosure,
    /// Bound for the forward divergence: `(κ/4)∫C_P(p_t)‖∂_t log p_t‖² dt`.
    pub poincare_bound: Enclosure,
    /// Bound for the forward divergence: `(κ/2)∫e^{−∫_u^1 2/(κC_t)dt}|p'_u|² du`, `C_t ≥ C_LS(q_t)`.
    pub log_sobolev_bound: Enclosure,
}

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
        let mut times = TIMES.to_vec();
        times.push(start);
        times.sort_by(f64::total_cmp);
        times.dedup();
        let energy = action(path, start, 1.0)?;
        let poincare = poincare_energy(path, start)?;
        let bias = kappas
            .par_iter()
            .map(|&kappa| {
                let bias = bias(path, kappa, start)?;
                Ok(BiasReport {
                    kappa,
                    forward_kl: bias.forward_kl,
                    reverse_kl: bias.reverse_kl,
                    girsanov_bound: energy * kappa / 4.0,
                    poincare_bound: poincare * kappa / 4.0,
                    log_sobolev_bound: log_sobolev_bias_bound(path, kappa, start)?,
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
        notes.push(
            "small_kappa_limit: 0, as the schedule stops smoothly (λ̇(1) = 0): the bias is of order κ⁴"
                .to_owned(),
        );
    }
    if start == 0.0 && schedule.lambda(0.0) > 0.0 {
        notes.push(format!(
            "start: λ(0) = {:e} > 0, so the dynamics begins with p_0, which is not the base",
            schedule.lambda(0.0)
        ));
    }
    notes
}
