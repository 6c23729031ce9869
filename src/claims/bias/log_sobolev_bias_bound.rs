//! **B4**: under a log-Sobolev inequality for the dynamics the forward bias is of order κ².
//!
//! *Statement.* Let `C_τ ≥ C_LS(q_τ)` and `θ ∈ (0,1)`. Then `K(τ) = KL(p̂_τ|q_τ)` satisfies
//! `K' ≤ −(4(1−θ)/C_τ)K + κ²|p'_{κτ}|²/(4θ)`. With `C_τ ≤ C*`, `K(0) = 0` and `θ = ½`:
//! `K(1/κ) ≤ (κ/2)∫e^{−2(1−u)/(κC*)}|p'_u|² du ≤ κ²·C*·sup|p'_t|²/4`.
//!
//! *Hypotheses.* H1: `C_LS(q_τ) ≤ C_τ`. H2: finite action. H3: `q_0 = p_0` (for the integrated forms).
//!
//! *Normalisation.* `Ent_μ(f²) ≤ C_LS∫|∇f|² dμ`, so `KL ≤ (C_LS/4)·I`.
//!
//! *Why.* `dK/dτ = −I(p̂|q) + ∫⟨v̂, ∇log(p̂/q)⟩ dp̂ ≤ −(1−θ)I + ‖v̂‖²/(4θ)`, and `K ≤ (C/4)I`.
//!
//! *Source.* \[CCG\] (log-Sobolev improves the efficiency of the model); entropy dissipation along the
//! path, derived here.
//!
//! *Checked.* Left: the law of the dynamics, and its divergence differentiated in time. Right: the
//! formulas; `C*` is the largest `2λ_max(Cov q_τ)`. On the line: the Fokker-Planck equation against the inequality
//! integrated with the constant `C_τ` of L16 at every time; for several wells it is of the order `e^{c/κ}`, and then the
//! bound says no more than `κA/2`. *Not checked here:* more than one dimension beyond Gaussian laws; Student bases, for
//! which `C_LS(q_0) = ∞` (H1). The constants `C_LS(q_τ)` of computed laws on the line are compared with `C_τ` in L16.
//!
//! *Sharp.* Translation along a top eigenvector at constant speed, `κ → 0`. *With `C_P` in place of
//! `C_LS`* it is false (a twin).

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::bias::instance::BiasInstance;
use crate::claims::bias::line_discount::{discounted, discounted_by, starts_log_concave};
use crate::claims::bias::line_instance::{BiasRun, LineBiasInstance};
use crate::claims::gaussian_instances::{random_schedule, random_target};
use crate::claims::line_instances::{LineInstance, unequal_bumps};
use crate::dynamics::{InitialLaw, bias_at, channel_deviations};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, Schedule};
use crate::transport::{discounted_action, largest_metric_derivative_squared, metric_derivative_squared};
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct LogSobolevBiasBound;

/// The forms of the statement.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Form {
    /// `K ≤ κ²·C*·sup|p'|²/4`.
    Supremum,
    /// `K ≤ (κ/2)∫e^{−2(1−u)/(κC*)}|p'_u|² du`.
    Integrated,
    /// The differential inequality at the time `until`, with this θ.
    Differential { theta: f64 },
    /// The inequality integrated with the constant at every time, on the line.
    Along,
}

/// A bias instance and the form to check on it.
#[derive(Debug)]
pub struct Instance {
    run: BiasRun,
    form: Form,
}

impl Instance {
    fn new(run: BiasInstance, form: Form) -> Result<Self> {
        let whole = run.initial == InitialLaw::exact(run.path.dim()) && run.until == 1.0;
        if !whole && !matches!(form, Form::Differential { .. }) {
            return Err(Error::hypothesis("B4", "H3 (q_0 = p_0)", &run));
        }
        Ok(Self { run: run.into(), form })
    }

    fn on_line(run: LineBiasInstance) -> Self {
        Self { run: run.into(), form: Form::Along }
    }

    fn gaussian(&self) -> Result<&BiasInstance> {
        match &self.run {
            BiasRun::Gaussian(run) => Ok(run),
            BiasRun::Line(run) => Err(Error::Undefined {
                what: "a form of the statement for Gaussian paths".to_owned(),
                reason: format!("the path is {run}"),
            }),
        }
    }

    fn translation(mean: Vec<f64>, kappa: f64, form: Form) -> Result<Self> {
        let target = Gaussian::isotropic(mean, 1.0)?;
        let path =
            GaussianPath::from_standard(target, crate::claims::gaussian_instances::schedule("power 2")?)?;
        Self::new(BiasInstance::whole(path, kappa, 0.0)?, form)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.form, self.run)
    }
}

impl Theorem for LogSobolevBiasBound {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "B4",
        chapter: Chapter::Bias,
        title: "KL bias of order κ² under log-Sobolev",
        statement: "K' ≤ −(4(1−θ)/C_τ)K + κ²|p'|²/(4θ) for K = KL(p̂_τ|q_τ), C_τ ≥ C_LS(q_τ); hence, from K(0) = 0, \
                    K ≤ (κ/2)∫e^{−2(1−u)/(κC*)}|p'_u|² du ≤ κ²C* sup|p'|²/4",
        hypotheses: &[
            ("H1", "C_LS(q_τ) ≤ C_τ ≤ C*"),
            ("H2", "finite action"),
            ("H3", "q_0 = p_0, for the integrated forms"),
        ],
        why: "dK/dτ = −I(p̂|q) + ∫⟨v̂,∇log(p̂/q)⟩dp̂ ≤ −(1−θ)I + ‖v̂‖²/(4θ), and K ≤ (C/4)I.",
        checked: "The law of the dynamics, and its divergence differentiated in time, against the three forms; \
                  C* is the largest 2λ_max(Cov q_τ). On the line: the Fokker-Planck equation against the inequality \
                  integrated with the constants C_τ of L16 (ρ by search over the curvature of the slices) for mixtures \
                  and potentials; for several wells C_τ is of the order e^{c/κ}, and the bound no better than κA/2.",
        not_checked: "Laws in more than one dimension that are not Gaussian; Student bases (C_LS(q_0) = ∞: nothing is \
                      said). The constants C_LS(q_τ) of computed laws on the line are compared with C_τ in L16.",
        source: "[CCG], log-Sobolev improves the efficiency of the model; entropy dissipation along the path",
        relation: Relation::Upper,
        rests_on: &["T4", "L16"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let random =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            random("supremum form, random Gaussian targets", 8, 100, |stream: &mut Stream, index| {
                Instance::new(random_run(stream, index)?, Form::Supremum)
            }),
            [
                random("integrated form, random Gaussian targets", 8, 100, |stream, index| {
                    Instance::new(random_run(stream, index)?, Form::Integrated)
                }),
                random("differential inequality", 8, 60, |stream, index| {
                    let mut run = random_run(stream, index % 3)?;
                    run.until = 0.75;
                    run.kappa = run.kappa.max(0.05);
                    let theta = stream.random_range(0.1..0.9);
                    Instance::new(run, Form::Differential { theta })
                }),
                random(
                    "integrated along the dynamics, mixtures and potentials on the line",
                    2,
                    200,
                    |stream, index| {
                        // In turn nearly one bump, where the constants are moderate, and anything.
                        let line = match index % 40 {
                            39 => LineInstance::random_potential(stream, index / 40)?,
                            k if k % 2 == 0 => LineInstance::random_mixture(stream, 3)?,
                            k => LineInstance::random_mixture(stream, k / 2)?,
                        };
                        let kappa = 10_f64.powf(stream.random_range(-3.0..1.0));
                        let run = LineBiasInstance::whole(line.clone(), kappa)?;
                        if starts_log_concave(&run)? {
                            return Ok(Instance::on_line(run));
                        }
                        let line = LineInstance::new(line.target, line.base, Schedule::cosine())?;
                        Ok(Instance::on_line(LineBiasInstance::whole(line, kappa)?))
                    },
                ),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "supremum form, translation at constant speed, κ → 0",
                kind: SharpKind::Limit {
                    instance: |kappa| Instance::translation(vec![1.0], kappa, Form::Supremum),
                    at: &[0.04, 0.02, 0.01],
                },
            },
            SharpCase {
                name: "integrated form, translation in d = 2, κ → 0",
                kind: SharpKind::Limit {
                    instance: |kappa| Instance::translation(vec![-1.5, 0.5], kappa, Form::Integrated),
                    at: &[0.04, 0.02, 0.01],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "C_P in place of C_LS",
                instance: || Instance::translation(vec![1.0], 0.03125, Form::Integrated),
                wrong: Wrong::Bound(|i| integrated(i, i.gaussian()?.log_sobolev_ceiling()? * 0.5)),
            },
            [
                FalseTwin {
                    name: "the rate κ³",
                    instance: || Instance::translation(vec![1.0], 0.0625, Form::Supremum),
                    wrong: Wrong::Bound(|i| Ok(LogSobolevBiasBound::bound(i)? * i.gaussian()?.kappa)),
                },
                FalseTwin {
                    name: "the differential inequality without |p'|²",
                    instance: || {
                        let mut run = BiasInstance::one_dimensional(1.0, 0.5, "power 2", 1.0)?;
                        run.until = 0.25;
                        Instance::new(run, Form::Differential { theta: 0.5 })
                    },
                    wrong: Wrong::Bound(|i| {
                        let (divergence, constant) = divergence_and_constant(i.gaussian()?)?;
                        Ok(-(divergence * 2.0 / constant))
                    }),
                },
                FalseTwin {
                    name: "for two unequal wells the constant 2 max(1, Var π), as if they were Gaussian",
                    instance: || {
                        let line = LineInstance::from_standard(unequal_bumps()?, "cosine")?;
                        Ok(Instance::on_line(LineBiasInstance::whole(line, 0.01)?))
                    },
                    wrong: Wrong::Bound(|i| match &i.run {
                        BiasRun::Line(run) => {
                            let variance = run.line.target.variance().hi();
                            discounted_by(run, 2.0 * variance.max(1.0))
                        }
                        BiasRun::Gaussian(_) => LogSobolevBiasBound::bound(i),
                    }),
                },
            ],
        )
    }

    fn target_file(instance: &Instance) -> Option<String> {
        instance.run.target_file()
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance.form {
            Form::Supremum | Form::Integrated | Form::Along => instance.run.forward_kl(),
            Form::Differential { .. } => divergence_rate(instance.gaussian()?),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let run = match &instance.run {
            BiasRun::Gaussian(run) => run,
            BiasRun::Line(run) => return discounted(run),
        };
        let kappa = Enclosure::exact(run.kappa);
        match instance.form {
            Form::Supremum => {
                let speed = largest_metric_derivative_squared(&run.path, run.from, 1.0)?;
                Ok(kappa.square() * run.log_sobolev_ceiling()? * speed / 4.0)
            }
            Form::Integrated | Form::Along => integrated(instance, run.log_sobolev_ceiling()?),
            Form::Differential { theta } => {
                let (divergence, constant) = divergence_and_constant(run)?;
                let speed = metric_derivative_squared(&run.path, run.until)?;
                let theta = Enclosure::exact(theta);
                Ok(kappa.square() * speed / (4.0 * theta) - 4.0 * (1.0 - theta) / constant * divergence)
            }
        }
    }
}

/// `(κ/2)∫e^{−2(1−u)/(κC*)}|p'_u|² du`; the bound increases with `C*`, so its upper end serves.
fn integrated(instance: &Instance, constant: Enclosure) -> Result<Enclosure> {
    let run = instance.gaussian()?;
    let rate = 2.0 / (run.kappa * constant.hi());
    // Rounding of the rate: a few units, to which the integral is less than proportional.
    let integral = discounted_action(&run.path, run.from, rate)?;
    let rounding = 8.0 * f64::EPSILON * integral.hi();
    Ok(integral.widened(rounding) * run.kappa / 2.0)
}

/// `K` and `C_LS(q) = 2λ_max(Cov q)` at the end of the run.
fn divergence_and_constant(run: &BiasInstance) -> Result<(Enclosure, Enclosure)> {
    let channels = run.path.channels().ok_or_else(|| Error::Undefined {
        what: "the law of the dynamics in channels".to_owned(),
        reason: "the covariances do not commute".to_owned(),
    })?;
    let deviations = channel_deviations(&run.path, &channels, run.kappa, run.from, run.until, &run.initial)?;
    let divergence = deviations.iter().map(crate::dynamics::Deviation::forward_kl).sum();
    let largest = deviations.iter().map(|d| d.ratio * d.variance).fold(Enclosure::exact(0.0), Enclosure::max);
    Ok((divergence, largest * 2.0))
}

/// `dK/dτ = κ dK/dt` at the end of the run by central differences, extrapolated in the square of
/// the step.
fn divergence_rate(run: &BiasInstance) -> Result<Enclosure> {
    let mut points = Vec::new();
    for k in 0..5 {
        let step = 0.5_f64.powi(6 + k);
        let at = |t: f64| bias_at(&run.path, run.kappa, run.from, t, &run.initial).map(|b| b.forward_kl);
        points.push((step * step, (at(run.until + step)? - at(run.until - step)?) / (2.0 * step)));
    }
    Ok(limit_at_zero(&points) * run.kappa)
}

fn random_run(stream: &mut Stream, index: usize) -> Result<BiasInstance> {
    let target = random_target(stream, index % 6)?;
    let mut schedule = random_schedule(stream);
    while !schedule.time_breaks().is_empty() {
        // The differences above want a smooth schedule.
        schedule = random_schedule(stream);
    }
    let singular = schedule.onset_exponent().is_some_and(|a| a < 2.0);
    let kappa = 10_f64.powf(stream.random_range(-3.0..1.0));
    BiasInstance::whole(
        GaussianPath::from_standard(target, schedule)?,
        kappa,
        if singular { 0.0625 } else { 0.0 },
    )
}
