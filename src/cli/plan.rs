//! `dald plan`: κ, step and number of steps for a wanted KL divergence.

use super::target_file::{Sampled, SampledLaw};
use super::{output, spinner};
use crate::enclosure::Enclosure;
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::path::{GaussianPath, Schedule};
use crate::sampler::Integrator;
use crate::sampler::plan::{Plan, PlanFactor, PlanPath, PlannedBy};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(super) struct PlanArguments {
    /// Target file in TOML
    file: PathBuf,
    /// The divergence KL(target|law of the samples) that is wanted
    #[arg(long, value_name = "EPS", allow_negative_numbers = true)]
    kl: f64,
    /// `bounds` guarantees the divergence by proved bounds; `computation` finds the fewest steps whose computed
    /// divergence is below it
    #[arg(long, value_enum, default_value_t = By::Bounds)]
    by: By,
    /// Integrator: `euler_maruyama`, or with `--by computation` also `exponential` and, for Gaussian targets, `heun`
    #[arg(long, default_value = "euler_maruyama")]
    integrator: String,
    /// Write the plan as JSON to FILE; `-` is standard output (the text then goes to standard error)
    #[arg(long, value_name = "FILE")]
    json: Option<OsString>,
    /// No sign of life while it computes
    #[arg(long, short)]
    quiet: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Bounds,
    Computation,
}

impl PlanArguments {
    /// Makes, compares and writes the plan.
    pub(super) fn run(&self) -> Result<bool> {
        if !(self.kl > 0.0 && self.kl.is_finite()) {
            let message = format!("{}: expected a finite number > 0", self.kl);
            return Err(Error::Input { location: "--kl".to_owned(), message });
        }
        let Some(integrator) = Integrator::named(&self.integrator) else {
            let names: Vec<&str> = Integrator::ALL.iter().map(|integrator| integrator.name()).collect();
            let message = format!("{}: expected one of {}", self.integrator, names.join(", "));
            return Err(Error::Input { location: "--integrator".to_owned(), message });
        };
        let asked = Sampled::read(&self.file)?;
        if asked.points().next().is_some() {
            let message = "points without width, from which KL(target|law of the samples) is infinite for every chain: expected a \
                           bandwidth > 0";
            return Err(Error::Input { location: "target".to_owned(), message: message.to_owned() });
        }
        let path = path_with(&asked, &schedule_of(&asked))?;
        let target = self.json.as_ref().map(output::Target::new).transpose()?;
        let sign = spinner("plan", self.quiet);
        let plan = match self.by {
            By::Bounds => Plan::by_bounds(&path, integrator, self.kl),
            By::Computation => Plan::by_computation(&path, integrator, self.kl),
        };
        let text = plan
            .as_ref()
            .map_or_else(|_| String::new(), |plan| describe(plan, &path) + &comparison(&asked, self.kl));
        sign.finish_and_clear();
        output::publish(&text, target, &plan?)?;
        Ok(true)
    }
}

/// The schedule of the file; the cosine one, which stops smoothly, if it gives none.
fn schedule_of(asked: &Sampled) -> Schedule {
    asked.schedule.clone().unwrap_or_else(Schedule::cosine)
}

/// The target of the file with a schedule.
fn path_with(asked: &Sampled, schedule: &Schedule) -> Result<PlanPath> {
    let factors = |law: &SampledLaw| {
        match law {
        SampledLaw::Mixture(mixture) if mixture.len() == 1 => {
            let law = Gaussian::new(mixture.mean(), mixture.covariance())?;
            Ok(vec![PlanFactor::gaussian(GaussianPath::from_standard(law, schedule.clone())?)?])
        }
        SampledLaw::Mixture(mixture) if mixture.dim() == 1 => {
            let parts = 0..mixture.len();
            let weights: Vec<f64> = parts.clone().map(|k| mixture.weight(k)).collect();
            let means: Vec<f64> = parts.clone().map(|k| mixture.component_mean(k)[0]).collect();
            let stds: Vec<f64> = parts.map(|k| mixture.component_covariance(k)[(0, 0)].sqrt()).collect();
            Ok(vec![PlanFactor::mixture(&weights, &means, &stds, schedule.clone())?])
        }
        SampledLaw::Mixture(mixture) => {
            PlanFactor::mixture_above_the_line(mixture, schedule).map_err(|error| match error {
                Error::Undefined { reason, .. } => Error::Input {
                    location: "target".to_owned(),
                    message: format!(
                        "a mixture in dimension {}: this version plans for Gaussian targets, laws on the line, mixtures in the \
                         plane and such with a normal law across, and products, but here {reason}",
                        mixture.dim()
                    ),
                },
                other => other,
            })
        }
        SampledLaw::Line(law) => Ok(vec![PlanFactor::line(law, schedule.clone())?]),
    }
    };
    let all = asked.factors.iter().map(factors).collect::<Result<Vec<_>>>()?;
    PlanPath::new(all.into_iter().flatten().collect(), asked.start)
}

/// The plan in words.
fn describe(plan: &Plan, path: &PlanPath) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "KL ≤ {:e} by {}: κ = {:.6e}, {} steps of {:.6e}\n{}, schedule {}, start {}\n",
        plan.kl,
        plan.by,
        plan.kappa,
        plan.steps,
        plan.step,
        plan.integrator,
        plan.schedule,
        path.start()
    );
    let mut row = |name: &str, value: Option<Enclosure>| {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<44} {:<12.6e} {}", value.hi(), value.evidence());
        }
    };
    row("bias, κA/4 at most", plan.bias_bound);
    row("step, at most", plan.step_bound);
    row("tables of scores, at most", plan.score_bound);
    row("together, the square of the sum of the roots", plan.combined_bound());
    row("computed divergence, at most", plan.computed_kl);
    text
}

/// What every schedule costs in either mode, Euler-Maruyama.
fn comparison(asked: &Sampled, kl: f64) -> String {
    let Ok(path) = path_with(asked, &schedule_of(asked)) else { return String::new() };
    if !path.is_closed_form() {
        return "\nOther schedules are compared for Gaussian targets and mixtures on the line only\n"
            .to_owned();
    }
    let mut schedules = vec![schedule_of(asked)];
    let others = [Schedule::power(2.0), Ok(Schedule::cosine()), Ok(Schedule::linear())];
    for other in others.into_iter().flatten() {
        if !schedules.contains(&other) {
            schedules.push(other);
        }
    }
    let mut text =
        format!("\n{:<14} {:>20} {:>20} {:>10}\n", "schedule", "steps by computation", "by bounds", "ratio");
    for schedule in schedules {
        let steps = |by: PlannedBy| {
            let path = path_with(asked, &schedule).ok()?;
            let plan = match by {
                PlannedBy::Bounds => Plan::by_bounds(&path, Integrator::EulerMaruyama, kl),
                PlannedBy::Computation => Plan::by_computation(&path, Integrator::EulerMaruyama, kl),
            };
            plan.ok().map(|plan| plan.steps)
        };
        let (computed, bounded) = (steps(PlannedBy::Computation), steps(PlannedBy::Bounds));
        let word = |steps: Option<usize>| steps.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let ratio = computed
            .zip(bounded)
            .map_or_else(|| "-".to_owned(), |(c, b)| format!("{:.3e}", b as f64 / c as f64));
        let _ = writeln!(
            text,
            "{:<14} {:>20} {:>20} {ratio:>10}",
            schedule.to_string(),
            word(computed),
            word(bounded)
        );
    }
    text
}
