//! Gaussian mixtures in two dimensions or more.

use super::{
    BiasReport, MeasureReport, SMOOTH_STOP, ScoreBounds, Setting, absent, constants, late_start, or_note,
    times,
};
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::measure::mixture::Mixture;
use crate::path::MixturePath;
use crate::path::line::LineBase;
use crate::transport::mixture_action;

/// The report of a Gaussian mixture.
pub(super) fn report(setting: &Setting, law: &Mixture) -> Result<MeasureReport> {
    let path = match setting.base {
        LineBase::Gaussian => MixturePath::gaussian(law.clone()),
        LineBase::Student { dof } => MixturePath::student(law.clone(), dof)?,
    };
    let schedule = &setting.schedule;
    let mut report = MeasureReport::of_constants(constants::mixture(law)?);
    let notes = &mut report.notes;
    if setting.start == 0.0 && schedule.lambda(0.0) == 0.0 {
        let value = mixture_action(&path, std::slice::from_ref(schedule));
        report.action = or_note("action", value.map(|all| all.into_iter().next()), notes).flatten();
    } else {
        notes.push(absent(
            "action",
            "for Gaussian mixtures in several dimensions it is computed from the base on",
        ));
    }
    for t in times(setting.start) {
        if t == 1.0 && !law.has_density() {
            notes.push("score_lipschitz: absent at t = 1, as the target has no density".to_owned());
            continue;
        }
        let angle = schedule.angle(t).min(std::f64::consts::FRAC_PI_2);
        let range = path.slice(angle).and_then(|slice| slice.hessian_range());
        if let Some(range) = or_note(&format!("score_lipschitz at t = {t}"), range, notes) {
            report.score_lipschitz.push(ScoreBounds { t, lower: range.lower, upper: range.upper });
        }
    }
    notes.push(absent("conditional_poincare_sup", "this version computes it for laws on the line"));
    if schedule.stops_smoothly() {
        report.small_kappa_limit = Some(Enclosure::exact(0.0));
        notes.push(SMOOTH_STOP.to_owned());
    } else {
        notes.push(absent("small_kappa_limit", "this version computes it for laws on the line"));
    }
    // The divergences themselves, from the Fokker-Planck equation in the plane, belong here.
    let bounds = setting.kappas.iter().map(|&kappa| BiasReport {
        kappa,
        forward_kl: None,
        reverse_kl: None,
        girsanov_bound: report.action.map(|action| action * kappa / 4.0),
        poincare_bound: None,
        log_sobolev_bound: None,
    });
    report.bias.extend(bounds.filter(|row| !row.is_empty()));
    notes.push(absent(
        "forward_kl, reverse_kl, poincare_bound and log_sobolev_bound",
        "this version computes them for laws on the line and Gaussian targets",
    ));
    notes.extend(late_start(schedule, setting.start));
    Ok(report)
}
