//! Products: independent blocks of coordinates, each with its own report.

use super::constants::{Constants, product};
use super::{
    BiasReport, ConditionalPoincare, MeasureReport, PATH_QUANTITIES, ScoreBounds, Setting, absent, constants,
};
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::measure::target::Target;
use crate::path::line::LineBase;
use rayon::prelude::*;

/// The report of a product. With the Gaussian base the path is a product of paths: action, divergences and their bounds add up,
/// constants and curvatures are the extreme ones. A Student base is no product, and more than one factor has constants alone.
pub(super) fn report(setting: &Setting, factors: &[Target]) -> Result<MeasureReport> {
    let factor = |target: &Target| MeasureReport::of(&Setting { target: target.clone(), ..setting.clone() });
    if let [single] = factors {
        return factor(single);
    }
    if setting.base != LineBase::Gaussian {
        let constants = constants::constants(&setting.target)?;
        let reason = "a Student base in several dimensions is no product";
        return Ok(MeasureReport::of_constants(constants).without(&PATH_QUANTITIES, reason));
    }
    let reports: Vec<MeasureReport> = factors.par_iter().map(factor).collect::<Result<_>>()?;
    Ok(combined(reports))
}

/// The sum of what every factor has, or nothing.
fn sum<'a>(
    reports: &'a [MeasureReport],
    of: impl Fn(&'a MeasureReport) -> Option<Enclosure>,
) -> Option<Enclosure> {
    reports.iter().map(of).try_fold(Enclosure::exact(0.0), |total, value| Some(total + value?))
}

fn combined(mut reports: Vec<MeasureReport>) -> MeasureReport {
    let parts = reports.iter_mut().map(|report| Constants {
        poincare: report.poincare_constant,
        log_sobolev: report.log_sobolev_constant,
        variance: report.variance,
        notes: std::mem::take(&mut report.notes),
    });
    let mut whole = MeasureReport::of_constants(product(parts.collect()));
    whole.action = sum(&reports, |report| report.action);
    whole.small_kappa_limit = sum(&reports, |report| report.small_kappa_limit);
    let first = &reports[0];
    for at in &first.score_lipschitz {
        let same = |report: &MeasureReport| report.score_lipschitz.iter().find(|s| s.t == at.t).copied();
        let all: Option<Vec<ScoreBounds>> = reports.iter().map(same).collect();
        let widest = all.and_then(|all| {
            all.into_iter().reduce(|a, b| ScoreBounds {
                t: a.t,
                lower: a.lower.min(b.lower),
                upper: a.upper.max(b.upper),
            })
        });
        whole.score_lipschitz.extend(widest);
    }
    for at in &first.conditional_poincare_sup {
        let same = |report: &MeasureReport| {
            report.conditional_poincare_sup.iter().find(|c| c.t == at.t).map(|c| c.value)
        };
        let all: Option<Vec<Enclosure>> = reports.iter().map(same).collect();
        let largest = all.and_then(|all| all.into_iter().reduce(Enclosure::max));
        whole.conditional_poincare_sup.extend(largest.map(|value| ConditionalPoincare { t: at.t, value }));
    }
    for (i, at) in first.bias.iter().enumerate() {
        let part = |of: fn(&BiasReport) -> Option<Enclosure>| {
            sum(&reports, |report| report.bias.get(i).and_then(of))
        };
        whole.bias.push(BiasReport {
            kappa: at.kappa,
            forward_kl: part(|b| b.forward_kl),
            reverse_kl: part(|b| b.reverse_kl),
            girsanov_bound: part(|b| b.girsanov_bound),
            poincare_bound: part(|b| b.poincare_bound),
            log_sobolev_bound: part(|b| b.log_sobolev_bound),
        });
    }
    let missing = [
        ("action", whole.action.is_none()),
        ("score_lipschitz", whole.score_lipschitz.is_empty()),
        ("conditional_poincare_sup", whole.conditional_poincare_sup.is_empty()),
        ("small_kappa_limit", whole.small_kappa_limit.is_none()),
        ("bias", whole.bias.is_empty()),
    ];
    let reason = "a factor has none";
    whole.notes.extend(missing.iter().filter(|m| m.1).map(|(name, _)| absent(name, reason)));
    whole
}
