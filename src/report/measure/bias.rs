//! Divergences and their bounds, put together for every κ.

use super::{BiasReport, Setting, or_note};
use crate::dynamics::fokker_planck::{Accuracy, AnnealedLine};
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::path::{LineCurve, LinePath};
use std::sync::Arc;

/// `KL(p_1|q)` and `KL(q|p_1)` at every κ, or why there are none.
pub(super) type Divergences = Result<Vec<Result<(Enclosure, Enclosure)>>>;

/// The divergences in notes.
const DIVERGENCES: &str = "forward_kl and reverse_kl";

/// The divergences along a curve on the line.
pub(super) fn divergences_on_line(
    setting: &Setting,
    curve: Arc<dyn LineCurve>,
    accuracy: Accuracy,
) -> Divergences {
    let path = LinePath::new(curve, setting.schedule.clone());
    let dynamics = AnnealedLine::along(&path, setting.start, 1.0)?;
    let at = |kappa: f64| {
        let bias = dynamics.law(path.schedule(), kappa, accuracy)?.bias();
        Ok((bias.forward_kl, bias.reverse_kl))
    };
    Ok(setting.kappas.iter().map(|&kappa| at(kappa)).collect())
}

/// What the bounds at all κ are made of.
pub(super) struct Bounds {
    /// `∫|p'_t|² dt`.
    pub action: Option<Enclosure>,
    /// `∫C_P(p_t)‖∂_t log p_t‖² dt`.
    pub poincare_energy: Option<Enclosure>,
    /// The bound by log-Sobolev at each κ.
    pub log_sobolev: Option<Vec<Enclosure>>,
}

/// The divergences that are known; a note for each that is not.
pub(super) fn known(
    divergences: Divergences,
    notes: &mut Vec<String>,
) -> Vec<Option<(Enclosure, Enclosure)>> {
    let found = or_note(DIVERGENCES, divergences, notes).unwrap_or_default();
    found.into_iter().map(|at| or_note(DIVERGENCES, at, notes)).collect()
}

/// A row for every κ; none if nothing is known at any.
pub(super) fn rows(
    kappas: &[f64],
    known: &[Option<(Enclosure, Enclosure)>],
    bounds: &Bounds,
) -> Vec<BiasReport> {
    let at = |i: usize| known.get(i).copied().flatten();
    let rows = kappas.iter().enumerate().map(|(i, &kappa)| BiasReport {
        kappa,
        forward_kl: at(i).map(|pair| pair.0),
        reverse_kl: at(i).map(|pair| pair.1),
        girsanov_bound: bounds.action.map(|action| action * kappa / 4.0),
        poincare_bound: bounds.poincare_energy.map(|energy| energy * kappa / 4.0),
        log_sobolev_bound: bounds.log_sobolev.as_ref().and_then(|all| all.get(i).copied()),
    });
    let rows: Vec<BiasReport> = rows.collect();
    if rows.iter().all(BiasReport::is_empty) { Vec::new() } else { rows }
}
