//! Radial targets from a Gaussian base: the path is followed through the law of the norm.

use super::bias::{Bounds, Divergences, divergences_on_line, known, rows};
use super::line::{raised, standard_bounds};
use super::{
    ConditionalPoincare, MeasureReport, PATH_QUANTITIES, SMOOTH_STOP, ScoreBounds, Setting, absent,
    constants, late_start, or_note, times,
};
use crate::dynamics::fokker_planck::Accuracy;
use crate::dynamics::{LineContraction, poincare_energy_on_line, smooth_poincare_energy_on_line};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::measure::target::Radial;
use crate::path::Schedule;
use crate::path::line::{LineBase, RadialCurve};
use crate::transport::line::{MetricDerivative, radial_small_kappa_limit};
use rayon::prelude::*;
use std::f64::consts::FRAC_PI_2;
use std::sync::Arc;

/// What all parts of the report are computed from.
struct Context<'a> {
    setting: &'a Setting,
    curve: Arc<RadialCurve>,
}

/// The report of a radial law.
pub(super) fn report(setting: &Setting, law: &Radial) -> Result<MeasureReport> {
    let constants = || constants::constants(&setting.target);
    if setting.base != LineBase::Gaussian {
        let reason = "this version follows paths to radial laws from a Gaussian base";
        return Ok(MeasureReport::of_constants(constants()?).without(&PATH_QUANTITIES, reason));
    }
    let context = Context { setting, curve: Arc::new(RadialCurve::new(law.clone())) };
    let (constants, (speed, divergences)) = rayon::join(constants, || {
        rayon::join(
            || MetricDerivative::of(context.curve.as_ref(), (0.0, context.first_angle())),
            || divergences_on_line(setting, context.curve.clone(), Accuracy::QUICK),
        )
    });
    let mut report = MeasureReport::of_constants(constants?);
    let speed = context.action(speed, &mut report);
    context.score(&mut report);
    context.limit(&mut report);
    context.bias(divergences, speed.as_ref(), &mut report);
    report.notes.extend(late_start(&setting.schedule, setting.start));
    Ok(report)
}

/// Relative error of the eigenvalues of a Hessian.
const ROUNDING: f64 = 1e-9;

impl Context<'_> {
    fn schedule(&self) -> &Schedule {
        &self.setting.schedule
    }

    /// The angle at which the dynamics begins.
    fn first_angle(&self) -> f64 {
        self.angle(self.setting.start)
    }

    fn angle(&self, t: f64) -> f64 {
        self.schedule().angle(t).min(FRAC_PI_2)
    }

    fn action(
        &self,
        speed: Result<MetricDerivative>,
        report: &mut MeasureReport,
    ) -> Option<MetricDerivative> {
        let speed = or_note("action", speed, &mut report.notes)?;
        let action = speed.action(self.schedule(), self.setting.start, 1.0);
        report.action = or_note("action", action, &mut report.notes);
        if report.action.is_some_and(Enclosure::is_infinite) {
            let schedule = self.schedule();
            report.notes.push(format!(
                "action: infinite, and every bound with it: the schedule ({schedule}) leaves the base too fast at t = 0, or \
                 reaches a target without Fisher information too fast at t = 1"
            ));
        }
        Some(speed)
    }

    /// The eigenvalues of `∇² log p_t`, and what they say about the laws of X given `X_t = y`: with `k = cot²φ` their covariance is
    /// `(∇² log p_t(y) + 1/sin²φ)/(k/sin²φ)`, and their potentials are `k` plus the Hessian of the target's.
    fn score(&self, report: &mut MeasureReport) {
        report.notes.push(
            "score_lipschitz: found by a search over the distance from the origin, on a grid refined at its extremes".to_owned(),
        );
        let range = |t: &f64| {
            let slice = self.curve.at(self.angle(*t));
            (*t, slice.map(|slice| slice.hessian_range()))
        };
        let ranges: Vec<_> = times(self.setting.start).par_iter().map(range).collect();
        let target = self.curve.at(0.0).map(|slice| slice.hessian_range()[1]);
        let mut inside = Vec::new();
        for (t, range) in ranges {
            let angle = self.angle(t);
            if angle == 0.0 && !self.curve.is_smooth() {
                let reason = "absent at t = 1, where the density of the target is not smooth";
                report.notes.push(format!("score_lipschitz: {reason}"));
                continue;
            }
            let Some([lower, upper]) =
                or_note(&format!("score_lipschitz at t = {t}"), range, &mut report.notes)
            else {
                continue;
            };
            let lower = raised(lower, standard_bounds(angle).0);
            report.score_lipschitz.push(ScoreBounds { t, lower, upper });
            if 0.0 < t && t < 1.0 {
                inside.push((t, upper));
            }
        }
        let Ok(target) = target else { return };
        for (t, largest) in inside {
            let angle = self.angle(t);
            let (square, tangent) = (core_math::sin(angle).powi(2), core_math::tan(angle).powi(2));
            let lower = (tangent * square * (largest.lo() + 1.0 / square)).max(0.0);
            let convexity = 1.0 / tangent - target.hi();
            // What is infinite or not convex has no bound by convexity.
            let upper =
                if self.curve.is_smooth() && convexity > 0.0 { 1.0 / convexity } else { f64::INFINITY };
            // Both ends are the same for normal laws, up to rounding.
            let value = if upper.is_finite() && upper >= lower * (1.0 - ROUNDING) {
                Enclosure::new(lower.min(upper), upper, Evidence::Converged)
            } else {
                Ok(Enclosure::at_least(lower, Evidence::Converged))
            };
            let name = format!("conditional_poincare_sup at t = {t}");
            let value = or_note(&name, value, &mut report.notes);
            report.conditional_poincare_sup.extend(value.map(|value| ConditionalPoincare { t, value }));
        }
        report.notes.push(
            "conditional_poincare_sup: from the largest variance of a conditional law to the bound by convexity, null where there is none"
                .to_owned(),
        );
    }

    fn limit(&self, report: &mut MeasureReport) {
        const NAME: &str = "small_kappa_limit";
        if report.poincare_constant.is_infinite() {
            report.notes.push(absent(NAME, "it is proved for targets with a Poincaré inequality"));
        } else if self.schedule().stops_smoothly() {
            report.small_kappa_limit = Some(Enclosure::exact(0.0));
            report.notes.push(SMOOTH_STOP.to_owned());
        } else {
            let limit = radial_small_kappa_limit(&self.curve, self.schedule());
            report.small_kappa_limit = or_note(NAME, limit, &mut report.notes);
        }
    }

    fn bias(&self, divergences: Divergences, speed: Option<&MetricDerivative>, report: &mut MeasureReport) {
        let known = known(divergences, &mut report.notes);
        let poincare_energy = self.poincare_energy(speed, report);
        let log_sobolev = self.log_sobolev_bounds(speed, report);
        let bounds = Bounds { action: report.action, poincare_energy, log_sobolev };
        report.bias = rows(&self.setting.kappas, &known, &bounds);
    }

    /// `∫C_P(p_t)‖∂_t log p_t‖² dt` with `C_P(p_t) ≤ λC_P(π) + 1 − λ`.
    fn poincare_energy(
        &self,
        speed: Option<&MetricDerivative>,
        report: &mut MeasureReport,
    ) -> Option<Enclosure> {
        const NAME: &str = "poincare_bound";
        let target = report.poincare_constant.hi();
        if target.is_infinite() {
            report.notes.push(absent(NAME, "the Poincaré constant of the target has no known bound"));
            return None;
        }
        let schedule = self.schedule();
        let constant = |t: f64| schedule.lambda(t) * target + schedule.complement(t);
        let (curve, start) = (self.curve.as_ref(), self.setting.start);
        let energy = match speed {
            Some(speed) if self.curve.is_smooth() => {
                smooth_poincare_energy_on_line(curve, speed, schedule, start, &constant)
            }
            _ => poincare_energy_on_line(curve, schedule, start, &constant),
        };
        or_note(NAME, energy, &mut report.notes)
    }

    /// By the contraction of the norm, a diffusion on the half-line whose divergences are those of the whole. Its law at the start has at
    /// most the constant of `p_start`, as the norm is 1-Lipschitz.
    fn log_sobolev_bounds(
        &self,
        speed: Option<&MetricDerivative>,
        report: &mut MeasureReport,
    ) -> Option<Vec<Enclosure>> {
        const NAME: &str = "log_sobolev_bound";
        let action = report.action?;
        if action.is_infinite() {
            return Some(vec![Enclosure::infinite(Evidence::Converged); self.setting.kappas.len()]);
        }
        let (schedule, start) = (self.schedule(), self.setting.start);
        let lambda = schedule.lambda(start);
        let initial = if lambda == 0.0 {
            2.0
        } else {
            lambda * report.log_sobolev_constant.hi() + 2.0 * schedule.complement(start)
        };
        if initial.is_infinite() {
            report.notes.push(absent(NAME, "no log-Sobolev constant of the law at the start is known"));
            return None;
        }
        let contraction =
            LineContraction::of(self.curve.as_ref(), self.first_angle(), self.curve.is_smooth());
        let contraction = or_note(NAME, contraction, &mut report.notes)?;
        let speed = speed?;
        let bounds = self
            .setting
            .kappas
            .iter()
            .map(|&kappa| contraction.log_sobolev_bias_bound(speed, schedule, kappa, start, initial));
        or_note(NAME, bounds.collect(), &mut report.notes)
    }
}
