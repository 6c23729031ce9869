//! What `dald measure` computes for a target, a base and a schedule.

mod bias;
mod console;
mod constants;
mod gaussian;
mod line;
mod mixture;
mod product;
mod radial;

use crate::enclosure::Enclosure;
use crate::error::{Error, Result, positive, within};
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::measure::target::Target;
use crate::path::line::LineBase;
use crate::path::{GaussianPath, LineCurve, Schedule};
use constants::Constants;
use nalgebra::DVector;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

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

/// The bias at the target for one κ, started from `p_start`, and its bounds; what is not known is `None`. For a product each is the
/// sum over the factors.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiasReport {
    /// Slowness κ.
    pub kappa: f64,
    /// `KL(p_1|q)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_kl: Option<Enclosure>,
    /// `KL(q|p_1)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse_kl: Option<Enclosure>,
    /// Bound for the forward divergence: `(κ/4)·A`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub girsanov_bound: Option<Enclosure>,
    /// Bound for the forward divergence: `(κ/4)∫C_P(p_t)‖∂_t log p_t‖² dt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poincare_bound: Option<Enclosure>,
    /// Bound for the forward divergence: `(κ/2)∫e^{−∫_u^1 2/(κC_t)dt}|p'_u|² du`, `C_t ≥ C_LS(q_t)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_sobolev_bound: Option<Enclosure>,
}

impl BiasReport {
    /// Whether nothing is known.
    fn is_empty(&self) -> bool {
        let all = [
            self.forward_kl,
            self.reverse_kl,
            self.girsanov_bound,
            self.poincare_bound,
            self.log_sobolev_bound,
        ];
        all.iter().all(Option::is_none)
    }
}

/// The path of a setting as a curve on the line, if it is one.
pub(super) fn line_curve(setting: &Setting) -> Option<Arc<dyn LineCurve>> {
    let target = match &setting.target {
        Target::Gaussian(law) if law.dim() == 1 => {
            let std = law.covariance_entry(0, 0).sqrt();
            line::LineTarget::Density(LineMeasure::gaussian(law.mean()[0], std).ok()?)
        }
        Target::Line(law) => line::LineTarget::Density(law.clone()),
        Target::Mixture(law) if law.dim() == 1 => line::target(law).ok()?,
        _ => return None,
    };
    target.curve(setting.base).ok()
}

/// What is measured: target, base, schedule and dynamics.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The target.
    pub target: Target,
    /// The base, in the dimension of the target: standard Gaussian, or `∝ (1 + |z|²/n)^{−(n+d)/2}`.
    pub base: LineBase,
    /// The schedule.
    pub schedule: Schedule,
    /// Slownesses κ of the dynamics.
    pub kappas: Vec<f64>,
    /// Time of the path at which the dynamics begins, in `[0, 1)`.
    pub start: f64,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = match self.base {
            LineBase::Gaussian => "standard gaussian".to_owned(),
            LineBase::Student { dof } => format!("student, dof {dof}"),
        };
        write!(f, "target {}, base {base}, schedule {}, start {}", self.target, self.schedule, self.start)
    }
}

/// Every quantity that depends on the path.
const PATH_QUANTITIES: [&str; 5] =
    ["action", "score_lipschitz", "conditional_poincare_sup", "small_kappa_limit", "bias"];

impl MeasureReport {
    /// Everything that is computed for a target, a base and a schedule, with the dynamics begun at `start` with the law `p_start`.
    ///
    /// # Errors
    /// [`Error::Domain`] for a slowness that is not finite and positive, a start outside `[0, 1)` or degrees of freedom that are not
    /// positive; [`Error::NoConvergence`] if a constant of the target, or the bias of a Gaussian target, is out of reach.
    pub fn of(setting: &Setting) -> Result<Self> {
        within("start", setting.start, 0.0, 1.0_f64.next_down())?;
        for &kappa in &setting.kappas {
            positive("kappa", kappa)?;
        }
        if let LineBase::Student { dof } = setting.base {
            positive("dof", dof)?;
        }
        match (&setting.target, setting.base) {
            (Target::Gaussian(law), LineBase::Gaussian) => {
                let path = GaussianPath::from_standard(law.clone(), setting.schedule.clone())?;
                Self::gaussian(&path, &setting.kappas, setting.start)
            }
            (Target::Gaussian(law), LineBase::Student { .. }) if law.dim() == 1 => {
                let measure = LineMeasure::gaussian(law.mean()[0], law.covariance_entry(0, 0).sqrt())?;
                line::report(setting, &line::LineTarget::Density(measure))
            }
            (Target::Gaussian(law), LineBase::Student { .. }) => {
                let mean = DVector::from_column_slice(law.mean().as_slice());
                mixture::report(setting, &Mixture::new(&[1.0], vec![mean], vec![law.covariance()])?)
            }
            (Target::Line(law), _) => line::report(setting, &line::LineTarget::Density(law.clone())),
            (Target::Mixture(law), _) if law.dim() == 1 => line::report(setting, &line::target(law)?),
            (Target::Mixture(law), _) => mixture::report(setting, law),
            (Target::Product(factors), _) => product::report(setting, factors),
            (Target::Radial(law), _) => radial::report(setting, law),
            (Target::Plane(_), _) => {
                let reason = "this version follows paths to laws on the line, radial laws, Gaussian mixtures and products of these";
                Ok(Self::of_constants(constants::constants(&setting.target)?)
                    .without(&PATH_QUANTITIES, reason))
            }
        }
    }

    /// The constants alone, the rest still absent.
    fn of_constants(constants: Constants) -> Self {
        let Constants { poincare, log_sobolev, variance, notes } = constants;
        Self {
            poincare_constant: poincare,
            log_sobolev_constant: log_sobolev,
            variance,
            action: None,
            score_lipschitz: Vec::new(),
            conditional_poincare_sup: Vec::new(),
            small_kappa_limit: None,
            bias: Vec::new(),
            notes,
        }
    }

    /// With a note for each quantity that is absent.
    fn without(mut self, names: &[&str], reason: &str) -> Self {
        self.notes.extend(names.iter().map(|name| absent(name, reason)));
        self
    }
}

/// The note about a quantity that is absent.
fn absent(name: &str, reason: impl fmt::Display) -> String {
    format!("{name}: absent, {reason}")
}

/// The times at which score and conditional laws are looked at.
fn times(start: f64) -> Vec<f64> {
    let mut times = TIMES.to_vec();
    times.push(start);
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

/// The dynamics does not begin with the base.
fn late_start(schedule: &Schedule, start: f64) -> Option<String> {
    let at = schedule.lambda(0.0);
    (start == 0.0 && at > 0.0)
        .then(|| format!("start: λ(0) = {at:e} > 0, so the dynamics begins with p_0, which is not the base"))
}

/// The schedule and the limit for small κ.
const SMOOTH_STOP: &str =
    "small_kappa_limit: 0, as the schedule stops smoothly (λ̇(1) = 0): the bias is of order κ⁴";

/// The value, or the reason why there is none as a note; a lack of convergence is a reason too.
fn or_note<T>(name: &str, value: Result<T>, notes: &mut Vec<String>) -> Option<T> {
    match value {
        Ok(value) => Some(value),
        Err(Error::Undefined { what, reason }) => {
            notes.push(absent(name, format!("{what}: {reason}")));
            None
        }
        Err(error) => {
            notes.push(absent(name, error));
            None
        }
    }
}
