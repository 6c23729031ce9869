//! Gaussian mixtures in two dimensions or more.

use super::bias::{Bounds, Divergences, known, rows};
use super::{
    ConditionalPoincare, MeasureReport, SMOOTH_STOP, ScoreBounds, Setting, absent, constants, late_start,
    or_note, times,
};
use crate::dynamics::LineContraction;
use crate::dynamics::plane::{PlaneAccuracy, mixture_bias};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::inequality::mixture::{mixture_conditional_poincare, mixture_log_sobolev_bound};
use crate::measure::mixture::Mixture;
use crate::path::line::LineBase;
use crate::path::{HessianRange, MixturePath, Schedule};
use crate::transport::{AngularEnergy, mixture_small_kappa_limit};
use rayon::prelude::*;
use std::f64::consts::FRAC_PI_2;

/// What all parts of the report are computed from.
struct Context<'a> {
    setting: &'a Setting,
    path: MixturePath,
}

/// The report of a Gaussian mixture.
pub(super) fn report(setting: &Setting, law: &Mixture) -> Result<MeasureReport> {
    let path = match setting.base {
        LineBase::Gaussian => MixturePath::gaussian(law.clone()),
        LineBase::Student { dof } => MixturePath::student(law.clone(), dof)?,
    };
    let context = Context { setting, path };
    let (constants, (speed, divergences)) =
        rayon::join(|| constants::mixture(law), || rayon::join(|| context.speed(), || context.divergences()));
    let mut report = MeasureReport::of_constants(constants?);
    let speed = context.action(speed, &mut report);
    context.score(&mut report);
    context.limit(&mut report);
    context.bias(divergences, speed.as_ref(), &mut report);
    report.notes.extend(late_start(&setting.schedule, setting.start));
    Ok(report)
}

/// `|p'_φ|²`, computed, or bounds below and above.
enum Speed {
    Known(AngularEnergy),
    Between([AngularEnergy; 2]),
    /// The base has no second moment.
    Infinite,
}

impl Speed {
    /// The integral over the path; between bounds for it where these are all that is known.
    fn integral(&self, schedule: &Schedule, from: f64, weight: &dyn Fn(f64) -> f64) -> Result<Enclosure> {
        match self {
            Self::Known(energy) => energy.integral(schedule, from, weight),
            Self::Between([below, above]) => {
                let low = below.integral(schedule, from, weight)?;
                let high = above.integral(schedule, from, weight)?;
                if high.is_infinite() && !low.is_infinite() {
                    return Ok(Enclosure::at_least(low.lo(), Evidence::Converged));
                }
                Ok(low.hull(high))
            }
            Self::Infinite => Ok(Enclosure::infinite(Evidence::Exact)),
        }
    }
}

/// Components up to which three digits of the divergences are asked for.
const FEW: usize = 16;
impl Context<'_> {
    fn schedule(&self) -> &Schedule {
        &self.setting.schedule
    }

    fn law(&self) -> &Mixture {
        self.path.target()
    }

    fn angle(&self, t: f64) -> f64 {
        self.schedule().angle(t).min(FRAC_PI_2)
    }

    fn speed(&self) -> Result<Speed> {
        if self.path.base_second_moment().is_infinite() {
            return Ok(Speed::Infinite);
        }
        match AngularEnergy::metric_derivative(&self.path) {
            // What does not split into a mixture in the plane and a normal law across is known up to bounds.
            Err(Error::Undefined { .. }) if self.path.has_gaussian_base() => {
                Ok(Speed::Between(AngularEnergy::metric_derivative_bounds(&self.path)?))
            }
            found => found.map(Speed::Known),
        }
    }

    fn action(&self, speed: Result<Speed>, report: &mut MeasureReport) -> Option<Speed> {
        let speed = or_note("action", speed, &mut report.notes)?;
        let action = speed.integral(self.schedule(), self.setting.start, &|_| 1.0);
        report.action = or_note("action", action, &mut report.notes);
        if let Speed::Between(_) = speed {
            report.notes.push(
                "action: between that of the normal laws with the same moments and the mean of those to the components".to_owned(),
            );
        }
        if report.action.is_some_and(Enclosure::is_infinite) {
            let schedule = self.schedule();
            report.notes.push(if matches!(speed, Speed::Infinite) {
                "action: infinite, as a tail without second moment is moved, and every bound with it".to_owned()
            } else {
                format!(
                    "action: infinite, and every bound with it: the schedule ({schedule}) leaves the base too fast at t = 0, or \
                     reaches a target without density too fast at t = 1"
                )
            });
        }
        Some(speed)
    }

    /// Curvatures of `log p_t` and the constants of the conditional laws, which are large where these are.
    fn score(&self, report: &mut MeasureReport) {
        let at = |t: &f64| -> (f64, Option<Result<HessianRange>>) {
            let known = *t < 1.0 || self.law().has_density();
            (*t, known.then(|| self.path.slice(self.angle(*t)).and_then(|slice| slice.hessian_range())))
        };
        let ranges: Vec<_> = times(self.setting.start).par_iter().map(at).collect();
        let target = report.poincare_constant;
        let conditional = |(t, range): &(f64, Option<Result<HessianRange>>)| {
            let inside = 0.0 < *t && *t < 1.0;
            let range = range.as_ref().filter(|_| inside)?.as_ref().ok()?;
            Some((*t, mixture_conditional_poincare(&self.path, self.angle(*t), range, target)))
        };
        let constants: Vec<_> = ranges.par_iter().filter_map(conditional).collect();
        let notes = &mut report.notes;
        for (t, range) in ranges {
            let Some(range) = range else {
                notes.push("score_lipschitz: absent at t = 1, as the target has no density".to_owned());
                continue;
            };
            if let Some(range) = or_note(&format!("score_lipschitz at t = {t}"), range, notes) {
                report.score_lipschitz.push(ScoreBounds { t, lower: range.lower, upper: range.upper });
            }
        }
        for (t, value) in constants {
            if let Some(value) = or_note(&format!("conditional_poincare_sup at t = {t}"), value, notes) {
                report.conditional_poincare_sup.push(ConditionalPoincare { t, value });
            }
        }
        notes.push(
            "score_lipschitz, conditional_poincare_sup: from what a search over y finds to a proved bound, null where there is none"
                .to_owned(),
        );
    }

    fn limit(&self, report: &mut MeasureReport) {
        const NAME: &str = "small_kappa_limit";
        if !self.law().has_density() {
            report.notes.push(absent(NAME, "the target has no density"));
        } else if self.schedule().stops_smoothly() {
            report.small_kappa_limit = Some(Enclosure::exact(0.0));
            report.notes.push(SMOOTH_STOP.to_owned());
        } else {
            let limit = mixture_small_kappa_limit(&self.path, self.schedule());
            report.small_kappa_limit = or_note(NAME, limit, &mut report.notes);
        }
    }

    /// `KL(p_1|q)` and `KL(q|p_1)` at every κ.
    fn divergences(&self) -> Divergences {
        if !self.law().has_density() {
            let (what, reason) = ("the divergence".to_owned(), "the target has no density".to_owned());
            return Err(Error::Undefined { what, reason });
        }
        // A Student base is a mixture of some hundred scales.
        let cheap = self.path.has_gaussian_base() && self.law().len() <= FEW;
        let accuracy = if cheap { PlaneAccuracy::default() } else { PlaneAccuracy::QUICK };
        let at = |kappa: f64| {
            let bias = mixture_bias(&self.path, self.schedule(), kappa, self.setting.start, 1.0, accuracy)?;
            Ok((bias.forward_kl, bias.reverse_kl))
        };
        let mut all = Vec::new();
        for &kappa in &self.setting.kappas {
            let found = at(kappa);
            // Where the law does not split it does so for no κ.
            let hopeless = matches!(found, Err(Error::Undefined { .. }));
            all.push(found);
            if hopeless {
                break;
            }
        }
        Ok(all)
    }

    fn bias(&self, divergences: Divergences, speed: Option<&Speed>, report: &mut MeasureReport) {
        let known = known(divergences, &mut report.notes);
        let poincare_energy = self.poincare_energy(report);
        let log_sobolev = self.log_sobolev_bounds(speed, report);
        let bounds = Bounds { action: report.action, poincare_energy, log_sobolev };
        report.bias = rows(&self.setting.kappas, &known, &bounds);
        report.bias.retain(|row| !row.is_empty());
    }

    /// `∫C_P(p_t)‖∂_t log p_t‖² dt` with `C_P(p_t) ≤ λC_P(π) + 1 − λ`.
    fn poincare_energy(&self, report: &mut MeasureReport) -> Option<Enclosure> {
        const NAME: &str = "poincare_bound";
        if !self.path.has_gaussian_base() {
            report.notes.push(
                "poincare_bound: infinite, as no law on the way from a Student base has a Poincaré inequality".to_owned(),
            );
            return Some(Enclosure::infinite(Evidence::Exact));
        }
        let target = report.poincare_constant.hi();
        if target.is_infinite() {
            report.notes.push(absent(NAME, "no bound for the Poincaré constant of the target is known"));
            return None;
        }
        let energy = match AngularEnergy::log_density_rate(&self.path) {
            Err(Error::Undefined { .. }) if self.law().has_density() => {
                AngularEnergy::log_density_rate_bound(&self.path)
            }
            found => found,
        };
        let energy = or_note(NAME, energy, &mut report.notes)?;
        let constant = |angle: f64| {
            let square = core_math::cos(angle).powi(2);
            square * target + core_math::sin(angle).powi(2)
        };
        or_note(NAME, energy.integral(self.schedule(), self.setting.start, &constant), &mut report.notes)
    }

    fn log_sobolev_bounds(
        &self,
        speed: Option<&Speed>,
        report: &mut MeasureReport,
    ) -> Option<Vec<Enclosure>> {
        const NAME: &str = "log_sobolev_bound";
        if !self.path.has_gaussian_base() {
            report.notes.push(absent(NAME, "a law begun from a Student base has no log-Sobolev inequality"));
            return None;
        }
        let (schedule, start) = (self.schedule(), self.setting.start);
        if !self.law().has_density() {
            report.notes.push(absent(NAME, "the target has no density"));
            return None;
        }
        let lambda = schedule.lambda(start);
        let initial = if lambda == 0.0 {
            Some(2.0)
        } else {
            mixture_log_sobolev_bound(self.law())
                .map(|constant| lambda * constant + 2.0 * schedule.complement(start))
        };
        let Some(initial) = initial else {
            report.notes.push(absent(NAME, "no log-Sobolev constant of the law at the start is known"));
            return None;
        };
        if report.action?.is_infinite() {
            return Some(vec![Enclosure::infinite(Evidence::Converged); self.setting.kappas.len()]);
        }
        let (speed, angle) = (speed?, self.angle(start));
        let contraction = or_note(NAME, LineContraction::of_mixture(&self.path, angle), &mut report.notes)?;
        let energy = |weight: &dyn Fn(f64) -> f64| {
            speed.integral(schedule, start, &|angle| weight(schedule.time_of_angle(angle)))
        };
        let bounds = self
            .setting
            .kappas
            .iter()
            .map(|&kappa| contraction.discounted(&energy, schedule, kappa, start, initial));
        or_note(NAME, bounds.collect(), &mut report.notes)
    }
}
