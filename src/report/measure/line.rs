//! Targets on the line, atoms included, from a Gaussian or a Student base.

use super::bias::{Bounds, Divergences, divergences_on_line, known, rows};
use super::constants::{Constants, on_line};
use super::{
    BiasReport, ConditionalPoincare, MeasureReport, SMOOTH_STOP, ScoreBounds, Setting, absent, late_start,
    or_note, times,
};
use crate::dynamics::fokker_planck::Accuracy;
use crate::dynamics::{LineContraction, poincare_energy_on_line, smooth_poincare_energy_on_line};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::inequality::conditional::{ConditionalLaws, Supremum};
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::numerics::panels::GaussRule;
use crate::path::line::{LineBase, PotentialCurve, curve_on_line};
use crate::path::{LineCurve, MixtureCurve, MixturePath, Schedule, curvature_range};
use crate::transport::line::{MetricDerivative, metric_derivative_squared, small_kappa_limit};
use rayon::prelude::*;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
use std::sync::Arc;

/// A law on the line that a path can lead to.
pub(super) enum LineTarget {
    /// With a density.
    Density(LineMeasure),
    /// A mixture of Gaussian laws and at least one atom.
    Atoms(Mixture),
}

/// A mixture in dimension 1 as a target on the line.
pub(super) fn target(law: &Mixture) -> Result<LineTarget> {
    if !law.has_density() {
        return Ok(LineTarget::Atoms(law.clone()));
    }
    let [weights, means, stds] = columns(law);
    Ok(LineTarget::Density(LineMeasure::gaussian_mixture(&weights, &means, &stds)?))
}

/// Weights, means and standard deviations of a mixture in dimension 1.
fn columns(law: &Mixture) -> [Vec<f64>; 3] {
    let column = |entry: &dyn Fn(usize) -> f64| (0..law.len()).map(entry).collect();
    [
        column(&|k| law.weight(k)),
        column(&|k| law.component_mean(k)[0]),
        column(&|k| law.component_variances(k)[0].sqrt()),
    ]
}

impl LineTarget {
    /// The curve from the target to the base, in closed form for mixtures.
    pub(super) fn curve(&self, base: LineBase) -> Result<Arc<dyn LineCurve>> {
        match (self, base) {
            (Self::Density(law), _) => curve_on_line(law, base),
            (Self::Atoms(law), LineBase::Gaussian) => {
                let [weights, means, stds] = columns(law);
                Ok(Arc::new(MixtureCurve::new(&weights, &means, &stds)?))
            }
            (Self::Atoms(law), LineBase::Student { dof }) => {
                Ok(Arc::new(MixturePath::student(law.clone(), dof)?))
            }
        }
    }

    fn density(&self) -> Option<&LineMeasure> {
        match self {
            Self::Density(law) => Some(law),
            Self::Atoms(_) => None,
        }
    }

    /// Whether `∂² log p_1` is what `∂² log p_t` tends to: a density that is smooth on the whole line.
    fn is_smooth(&self) -> bool {
        let whole = (f64::NEG_INFINITY, f64::INFINITY);
        self.density().is_some_and(|law| law.domain() == whole && law.kinks().is_empty())
    }

    fn constants(&self) -> Result<Constants> {
        match self {
            Self::Density(law) => on_line(law),
            Self::Atoms(law) => Ok(of_atoms(law)),
        }
    }
}

/// A single atom has the constant 0; beside anything else it costs no gradient.
fn of_atoms(law: &Mixture) -> Constants {
    let single = law.len() == 1;
    let constant = if single { Enclosure::exact(0.0) } else { Enclosure::infinite(Evidence::Exact) };
    let variance = law.covariance()[(0, 0)];
    let mut notes = Vec::new();
    if !single {
        let reason = "infinite, as a function may jump between an atom and the rest";
        notes.extend(["poincare_constant", "log_sobolev_constant"].map(|name| format!("{name}: {reason}")));
    }
    let rounding = 64.0 * f64::EPSILON * law.second_moment();
    let variance = Enclosure::around(variance, if single { 0.0 } else { rounding }, Evidence::Exact);
    Constants { poincare: constant, log_sobolev: constant, variance, notes }
}

/// The farthest that a law without closed form may lie from the base, in its own deviations: farther away a float is no finer than
/// 10⁻¹⁰ of them, and the laws on the way are gathered from fewer digits than a report shows.
const FARTHEST: f64 = 1e6;

/// Whether the mean of a law without closed form is so far from the base, in its deviations, that nothing is computed on the way.
fn is_too_far(context: &Context<'_>) -> bool {
    let Some(law) = context.target.density().filter(|_| !context.has_closed_form()) else { return false };
    let (mean, variance) = (law.mean().mid().abs(), law.variance().mid());
    mean > FARTHEST * variance.sqrt()
}

/// What all parts of the report are computed from.
struct Context<'a> {
    setting: &'a Setting,
    target: &'a LineTarget,
    curve: Arc<dyn LineCurve>,
}

/// The report of a law on the line.
pub(super) fn report(setting: &Setting, target: &LineTarget) -> Result<MeasureReport> {
    let context = Context { setting, target, curve: target.curve(setting.base)? };
    if is_too_far(&context) {
        let mut report = MeasureReport::of_constants(target.constants()?);
        let reason = format!(
            "the mean of the target lies more than {FARTHEST:e} of its deviations away from the base"
        );
        let names = ["action", "score_lipschitz", "conditional_poincare_sup", "small_kappa_limit", "bias"];
        report.notes.extend(names.map(|name| absent(name, &reason)));
        return Ok(report);
    }
    let (constants, (path, bias)) = rayon::join(
        || target.constants(),
        || rayon::join(|| context.path_quantities(), || context.divergences()),
    );
    let mut report = MeasureReport::of_constants(constants?);
    let Quantities { action, derivative, score, conditional, limit, notes } = path;
    report.notes.extend(notes);
    report.action = action;
    report.score_lipschitz = score;
    report.conditional_poincare_sup = conditional;
    report.small_kappa_limit = limit;
    report.bias = context.with_bounds(bias, derivative.as_ref(), &mut report);
    report.notes.extend(late_start(&setting.schedule, setting.start));
    Ok(report)
}

/// What does not depend on κ.
struct Quantities {
    action: Option<Enclosure>,
    derivative: Option<MetricDerivative>,
    score: Vec<ScoreBounds>,
    conditional: Vec<ConditionalPoincare>,
    limit: Option<Enclosure>,
    notes: Vec<String>,
}

impl Context<'_> {
    fn schedule(&self) -> &Schedule {
        &self.setting.schedule
    }

    /// Whether the laws of the curve are Gaussian mixtures.
    fn has_closed_form(&self) -> bool {
        let gaussian = self.setting.base == LineBase::Gaussian;
        self.target.density().is_none_or(|law| gaussian && law.mixture_parameters().is_some())
    }

    /// The angle at which the dynamics begins.
    fn first_angle(&self) -> f64 {
        self.schedule().angle(self.setting.start).min(FRAC_PI_2)
    }

    fn path_quantities(&self) -> Quantities {
        let mut notes = Vec::new();
        let (action, derivative) = self.action(&mut notes);
        let score = self.score(&mut notes);
        let conditional = self.conditional(&mut notes);
        let limit = self.limit(&mut notes);
        Quantities { action, derivative, score, conditional, limit, notes }
    }

    fn action(&self, notes: &mut Vec<String>) -> (Option<Enclosure>, Option<MetricDerivative>) {
        let curve = self.curve.as_ref();
        // Tails without second moment that differ in scale are infinitely far apart, at every angle.
        if metric_derivative_squared(curve, FRAC_PI_4).is_ok_and(crate::enclosure::Enclosure::is_infinite) {
            notes.push(
                "action: infinite, as a tail without second moment is moved, and every bound with it"
                    .to_owned(),
            );
            return (Some(Enclosure::infinite(Evidence::Converged)), None);
        }
        let derivative = MetricDerivative::of(curve, (0.0, self.first_angle()));
        let Some(derivative) = or_note("action", derivative, notes) else { return (None, None) };
        let action = or_note("action", derivative.action(self.schedule(), self.setting.start, 1.0), notes);
        if action.is_some_and(Enclosure::is_infinite) {
            let schedule = self.schedule();
            notes.push(format!(
                "action: infinite, and every bound with it: the schedule ({schedule}) leaves the base too fast at t = 0, or \
                 reaches a target without Fisher information too fast at t = 1"
            ));
        }
        (action, Some(derivative))
    }

    /// Curvatures found by a search, within the bounds that hold whatever the target is.
    fn score(&self, notes: &mut Vec<String>) -> Vec<ScoreBounds> {
        let mut all = Vec::new();
        notes.push(
            "score_lipschitz: found by a search over y, on a grid refined at its extremes and at distances that double"
                .to_owned(),
        );
        for t in times(self.setting.start) {
            let angle = self.schedule().angle(t).min(FRAC_PI_2);
            if angle == 0.0 && !self.target.is_smooth() {
                let reason = "absent at t = 1, where the density of the target is not smooth on the line";
                notes.push(format!("score_lipschitz: {reason}"));
                continue;
            }
            let range = self.curve.slice(angle).map(|slice| curvature_range(slice.as_ref()));
            let Some([lower, upper]) = or_note(&format!("score_lipschitz at t = {t}"), range, notes) else {
                continue;
            };
            let (floor, ceiling) = proved_bounds(self.setting.base, angle);
            let (mut lower, mut upper) = (raised(lower, floor), lowered(upper, ceiling));
            if angle == 0.0
                && let Some(law) = self.target.density()
            {
                let [to_below, to_above] = unbounded_curvature(law);
                if to_below {
                    lower = -Enclosure::infinite(Evidence::Converged);
                }
                if to_above {
                    upper = Enclosure::infinite(Evidence::Converged);
                }
            }
            all.push(ScoreBounds { t, lower, upper });
        }
        all
    }

    fn conditional(&self, notes: &mut Vec<String>) -> Vec<ConditionalPoincare> {
        let times: Vec<f64> =
            times(self.setting.start).into_iter().filter(|t| 0.0 < *t && *t < 1.0).collect();
        let law = match self.target {
            LineTarget::Density(law) => law,
            LineTarget::Atoms(mixture) => {
                // Given X_t, atoms stay atoms.
                let value = of_atoms(mixture).poincare;
                return times.into_iter().map(|t| ConditionalPoincare { t, value }).collect();
            }
        };
        let dof = match self.setting.base {
            LineBase::Gaussian => None,
            LineBase::Student { dof } => Some(dof),
        };
        let values: Vec<(f64, Result<Supremum>)> = times
            .par_iter()
            .map(|&t| {
                let laws = ConditionalLaws::on_path(law.clone(), dof, self.schedule().lambda(t));
                (t, laws.and_then(|laws| laws.certified_supremum()))
            })
            .collect();
        let (mut all, mut certified) = (Vec::new(), true);
        for (t, value) in values {
            let name = format!("conditional_poincare_sup at t = {t}");
            all.extend(or_note(&name, value, notes).map(|found| {
                certified &= found.floor.is_some();
                ConditionalPoincare { t, value: found.value }
            }));
        }
        if certified && !all.is_empty() {
            notes.push(
                "conditional_poincare_sup: lower ends are certified at the observations that a search finds, upper ends rest on \
                 that search"
                    .to_owned(),
            );
        }
        all
    }

    fn limit(&self, notes: &mut Vec<String>) -> Option<Enclosure> {
        const NAME: &str = "small_kappa_limit";
        let Some(law) = self.target.density() else {
            notes.push(absent(NAME, "the target has no density"));
            return None;
        };
        let (left, right) = law.tails();
        if !(left.allows_poincare() && right.allows_poincare()) {
            notes.push(absent(NAME, "it is proved for targets with a Poincaré inequality"));
            return None;
        }
        let curve = PotentialCurve::new(law.clone(), self.setting.base);
        let limit = curve.and_then(|curve| small_kappa_limit(&curve, self.schedule()));
        let limit = or_note(NAME, limit, notes)?;
        if !self.schedule().stops_smoothly() {
            return Some(limit);
        }
        notes.push(if self.target.is_smooth() {
            SMOOTH_STOP.to_owned()
        } else {
            "small_kappa_limit: 0, as the schedule stops smoothly (λ̇(1) = 0)".to_owned()
        });
        Some(Enclosure::exact(0.0))
    }

    /// `KL(p_1|q)` and `KL(q|p_1)` at every κ.
    fn divergences(&self) -> Divergences {
        if self.target.density().is_none() {
            return Err(Error::Undefined {
                what: "the divergence".to_owned(),
                reason: "the target has no density".to_owned(),
            });
        }
        let accuracy = if self.has_closed_form() { ACCURACY } else { Accuracy::QUICK };
        divergences_on_line(self.setting, self.curve.clone(), accuracy)
    }

    /// The divergences with every bound beside them.
    fn with_bounds(
        &self,
        divergences: Divergences,
        derivative: Option<&MetricDerivative>,
        report: &mut MeasureReport,
    ) -> Vec<BiasReport> {
        let known = known(divergences, &mut report.notes);
        let poincare_energy = self.poincare_energy(derivative, report);
        let log_sobolev = self.log_sobolev_bounds(derivative, report);
        rows(&self.setting.kappas, &known, &Bounds { action: report.action, poincare_energy, log_sobolev })
    }

    /// `∫C_P(p_t)‖∂_t log p_t‖² dt`.
    fn poincare_energy(
        &self,
        derivative: Option<&MetricDerivative>,
        report: &mut MeasureReport,
    ) -> Option<Enclosure> {
        if self.setting.base != LineBase::Gaussian {
            report.notes.push(
                "poincare_bound: infinite, as no law on the way from a Student base has a Poincaré inequality".to_owned(),
            );
            return Some(Enclosure::infinite(Evidence::Exact));
        }
        let target = report.poincare_constant;
        if target.is_infinite() {
            if self.target.density().is_none() {
                // Smoothed atoms do have inequalities, of constants that explode at the target.
                report.notes.push(absent("poincare_bound", "the constants along the path have no bound"));
                return None;
            }
            report.notes.push(
                "poincare_bound: infinite, as no law on the way to the target has a Poincaré inequality"
                    .to_owned(),
            );
            return Some(Enclosure::infinite(Evidence::Converged));
        }
        if target.hi().is_infinite() {
            report
                .notes
                .push(absent("poincare_bound", "the Poincaré constant of the target has no known bound"));
            return None;
        }
        let constants = AlongPath::new(self.target.density()?, target.hi(), self.first_angle());
        let constants = or_note("poincare_bound", constants, &mut report.notes)?;
        let schedule = self.schedule();
        let constant = |t: f64| constants.at(schedule.angle(t));
        let (curve, start) = (self.curve.as_ref(), self.setting.start);
        let energy = match derivative {
            Some(derivative) if self.target.is_smooth() && !self.has_closed_form() => {
                smooth_poincare_energy_on_line(curve, derivative, schedule, start, &constant)
            }
            _ => poincare_energy_on_line(curve, schedule, start, &constant),
        };
        let energy = or_note("poincare_bound", energy, &mut report.notes)?;
        if energy.is_infinite() && report.action.is_some_and(Enclosure::is_finite) {
            report.notes.push(
                "poincare_bound: infinite, as ∂_t log p_t is not square integrable up to the end".to_owned(),
            );
        }
        Some(if energy.is_finite() { energy.widened(constants.error * energy.hi()) } else { energy })
    }

    fn log_sobolev_bounds(
        &self,
        derivative: Option<&MetricDerivative>,
        report: &mut MeasureReport,
    ) -> Option<Vec<Enclosure>> {
        const NAME: &str = "log_sobolev_bound";
        if self.setting.base != LineBase::Gaussian {
            report.notes.push(absent(NAME, "a law begun from a Student base has no log-Sobolev inequality"));
            return None;
        }
        let action = report.action?;
        if action.is_infinite() {
            return Some(vec![Enclosure::infinite(Evidence::Converged); self.setting.kappas.len()]);
        }
        let lambda = self.schedule().lambda(self.setting.start);
        let initial = if lambda == 0.0 {
            2.0
        } else {
            lambda * report.log_sobolev_constant.hi() + 2.0 * self.schedule().complement(self.setting.start)
        };
        if initial.is_infinite() {
            report.notes.push(absent(NAME, "no log-Sobolev constant of the law at the start is known"));
            return None;
        }
        let derivative = derivative?;
        let contraction =
            LineContraction::of(self.curve.as_ref(), self.first_angle(), self.target.is_smooth());
        let contraction = or_note(NAME, contraction, &mut report.notes)?;
        let (schedule, start) = (self.schedule(), self.setting.start);
        let bounds =
            self.setting.kappas.iter().map(|&kappa| {
                contraction.log_sobolev_bias_bound(derivative, schedule, kappa, start, initial)
            });
        or_note(NAME, bounds.collect(), &mut report.notes)
    }
}

/// Four digits of the divergences where densities are cheap.
const ACCURACY: Accuracy = Accuracy { tolerance: 1e-4, finest: 4 };

/// Bounds for `∂² log p_φ` that hold for every target: below `−1/sin²φ` with a Gaussian base; with a Student base
/// those that scaling and averaging leave of the bounds for its own score and curvature.
fn proved_bounds(base: LineBase, angle: f64) -> (f64, f64) {
    match base {
        LineBase::Gaussian => standard_bounds(angle),
        LineBase::Student { dof } => {
            let square = core_math::sin(angle).powi(2);
            let sum = dof + 1.0;
            (-sum / (dof * square), (sum / (8.0 * dof) + sum * sum / (4.0 * dof)) / square)
        }
    }
}

/// The same for a Gaussian base in any dimension.
pub(super) fn standard_bounds(angle: f64) -> (f64, f64) {
    (-1.0 / core_math::sin(angle).powi(2), f64::INFINITY)
}

/// An enclosure whose lower end is at least a bound, rounding of the bound apart.
pub(super) fn raised(value: Enclosure, bound: f64) -> Enclosure {
    let bound = bound - 4.0 * f64::EPSILON * bound.abs();
    if value.lo() < bound && bound <= value.hi() {
        return Enclosure::new(bound, value.hi(), value.evidence()).unwrap_or(value);
    }
    value
}

fn lowered(value: Enclosure, bound: f64) -> Enclosure {
    -raised(-value, -bound)
}

/// Far out, and factors of the distance between which a curvature that grows does so by at least [`GROWTH`].
const FAR: [f64; 2] = [20.0, 40.0];
const GROWTH: f64 = 1.5;

/// Whether `−V''` falls, or grows, without bound at an infinite end of the line: it is compared at two distances.
fn unbounded_curvature(law: &LineMeasure) -> [bool; 2] {
    let bend = |x: f64| {
        let jet = crate::numerics::jet::Jet::<f64, 2>::variable(x);
        -law.potential(jet).derivative(2)
    };
    let towards = |sign: f64| {
        [-1.0, 1.0].iter().any(|side| {
            let [near, far] = FAR.map(|power| sign * bend(side * power.exp2()));
            far > 1.0 && far > GROWTH * near.max(1.0)
        })
    };
    [towards(-1.0), towards(1.0)]
}

/// Panels of angles, shares of the whole range, and nodes on each.
const PANELS: [f64; 5] = [0.0, 0.15, 0.35, 0.65, 1.0];
const NODES: usize = 6;
/// Where on a panel of `[−1, 1]` the interpolant is compared.
const PROBE: f64 = 0.55;

/// Upper bounds for `C_P(p_φ)` of a path from the Gaussian base: `λC_P(π) + 1 − λ`, and for mixtures of Gaussian laws, which
/// the path consists of, what the solver finds, interpolated.
struct AlongPath {
    target: f64,
    panels: Vec<(f64, f64, Vec<f64>)>,
    rule: Arc<GaussRule>,
    /// Relative error of the interpolants.
    error: f64,
}

impl AlongPath {
    fn new(law: &LineMeasure, target: f64, first: f64) -> Result<Self> {
        let rule = GaussRule::shared(NODES)?;
        let mut constants = Self { target, panels: Vec::new(), rule, error: 0.0 };
        let Some([weights, means, stds]) = law.mixture_parameters().filter(|[w, ..]| w.len() > 1) else {
            return Ok(constants);
        };
        let at = |angle: f64| {
            let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
            let means: Vec<f64> = means.iter().map(|m| cosine * m).collect();
            let stds: Vec<f64> = stds.iter().map(|s| (cosine * s).hypot(sine)).collect();
            let found = LineMeasure::gaussian_mixture(&weights, &means, &stds)
                .and_then(|law| converged_poincare_constant(&law));
            found.map(|value| core_math::log(value.hi()))
        };
        for ends in PANELS.windows(2) {
            let (a, b) = (first * ends[0], first * ends[1]);
            let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
            let places: Vec<f64> = constants.rule.nodes().iter().chain(&[PROBE]).copied().collect();
            let values: Result<Vec<f64>> = places.par_iter().map(|t| at(centre + half * t)).collect();
            // Out of the solver's reach the other bound is left.
            let Ok(mut values) = values else {
                return Ok(Self { panels: Vec::new(), error: 0.0, ..constants });
            };
            let probe = values.pop().unwrap_or(f64::NAN);
            let gap = (constants.rule.interpolate(&values, PROBE) - probe).abs();
            constants.error = constants.error.max(core_math::expm1(gap));
            constants.panels.push((a, b, values));
        }
        Ok(constants)
    }

    fn at(&self, angle: f64) -> f64 {
        let square = core_math::cos(angle).powi(2);
        let convolution = square * self.target + core_math::sin(angle).powi(2);
        let Some((a, b, values)) = self.panels.iter().find(|panel| angle <= panel.1).or(self.panels.last())
        else {
            return convolution;
        };
        let t = ((angle - a) - (b - angle)) / (b - a);
        convolution.min(core_math::exp(self.rule.interpolate(values, t)))
    }
}
