//! `dald sample`: points near a target, by annealed Langevin dynamics.

use super::output::Target;
use super::point_file::{Format, PointFile};
use super::target_file::{Sampled, SampledLaw};
use super::{output, progress_bar};
use crate::error::{Error, Result};
use crate::ledger::DEFAULT_SEED;
use crate::measure::mixture::Mixture;
use crate::path::Schedule;
use crate::sampler::{Batch, Grid, Integrator, PathScore, ProductScores, SampleMoments, Score};
use clap::Args;
use rayon::prelude::*;
use serde::Deserialize;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[derive(Args, Debug)]
pub(super) struct Sample {
    /// Target file in TOML
    file: PathBuf,
    /// Number of points
    #[arg(short, value_name = "N", allow_negative_numbers = true)]
    n: u64,
    /// κ, integrator and steps from FILE, the JSON of `dald plan`; without it the smallest κ of the target file and
    /// Euler steps of an eighth of the steepest descent of the scores, at least 100
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Root seed of every random stream
    #[arg(long, default_value_t = DEFAULT_SEED, allow_negative_numbers = true)]
    seed: u64,
    /// Where the points go, in the format of the ending .npy, .csv or .parquet; `-` is standard output, as CSV
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: OsString,
    /// No progress bar and no diagnostics
    #[arg(long, short)]
    quiet: bool,
}

/// Numbers in a file at most: a terabyte and a half.
const MOST_NUMBERS: u64 = 200_000_000_000;
/// Numbers that are held at a time.
const NUMBERS_AT_A_TIME: usize = 1 << 25;
/// Steps at most without a plan.
const MOST_STEPS: f64 = 1e7;
/// Steps at least without a plan.
const LEAST_STEPS: usize = 100;
/// Step times the steepest descent of the scores without a plan.
const STEP_TIMES_SLOPE: f64 = 0.125;
/// Step times the steepest descent in the last step without a plan, at most: Euler steps are stable below 2.
const STABLE: f64 = 1.0;
/// Times of the path at which the descent is looked up.
const LOOKS: u32 = 32;
/// Points without width are left with noise of this deviation, in units of their spread or of the base if that is less.
const BLUR: f64 = 0.05;
/// Standard errors that chance is granted.
const STANDARD_ERRORS: f64 = 5.0;

/// What `dald plan` writes, as far as it is needed here.
#[derive(Deserialize, Debug)]
struct PlanFile {
    kl: f64,
    schedule: String,
    integrator: String,
    kappa: f64,
    step: f64,
    steps: usize,
}

/// How the chains are run.
struct Plan {
    path: ProductScores,
    schedule: Schedule,
    grid: Grid,
    integrator: Integrator,
    /// The KL divergence that was planned for.
    kl: Option<f64>,
    /// Where the dynamics ends before the target: the time and the deviation of the noise that is left.
    stop: Option<(f64, f64)>,
}

impl Sample {
    /// Draws, writes, and says how near the points are; whether they are as near as planned.
    pub(super) fn run(&self) -> Result<bool> {
        let asked = Sampled::read(&self.file)?;
        let dim = asked.dim();
        if self.n == 0 || self.n > MOST_NUMBERS / dim as u64 {
            let most = MOST_NUMBERS / dim as u64;
            let message = format!("{}: expected a whole number from 1 to {most}", self.n);
            return Err(Error::Input { location: "-n".to_owned(), message });
        }
        let format = Format::of(Path::new(&self.output))?;
        let plan = match &self.plan {
            Some(file) => Plan::read(file, &asked)?,
            None => Plan::default_for(&asked)?,
        };
        let target = Target::new(&self.output)?;
        let moments = self.draw(&asked, &plan, target, format)?;
        let (text, accepted) = diagnostics(&asked, &plan, &moments);
        if !self.quiet || !accepted {
            output::to_stderr(&text);
        }
        Ok(accepted)
    }

    /// Runs the chains in batches and writes their ends.
    fn draw(&self, asked: &Sampled, plan: &Plan, target: Target, format: Format) -> Result<SampleMoments> {
        let dim = asked.dim();
        let at_a_time = (NUMBERS_AT_A_TIME / (dim + 4)).max(1) as u64;
        let length = self.n.saturating_mul(plan.grid.steps() as u64);
        let bar = progress_bar(usize::try_from(length).unwrap_or(usize::MAX), self.quiet);
        bar.set_message("steps of chains");
        let mut moments = SampleMoments::about(centre(asked));
        let mut file: Option<PointFile> = None;
        let mut target = Some(target);
        let mut first = 0;
        while first < self.n {
            let mut batch = Batch::new(self.seed, 0);
            batch.chains = first..(first + at_a_time).min(self.n);
            let points = batch.run(&plan.path, &plan.grid, plan.integrator, &|steps| bar.inc(steps))?;
            moments.add(&points);
            // The temporary file is made when there is something to write.
            if let Some(target) = target.take() {
                file = Some(PointFile::new(target.open()?, format, self.n, dim)?);
            }
            if let Some(file) = &mut file {
                file.add(&points).map_err(|cause| Error::io(PathBuf::from(&self.output), &cause))?;
            }
            first = batch.chains.end;
        }
        bar.finish_and_clear();
        if let Some(file) = file {
            file.commit()?;
        }
        Ok(moments)
    }
}

impl Plan {
    fn read(file: &Path, asked: &Sampled) -> Result<Self> {
        let refused = |key: &str, message: String| Error::Input {
            location: if key.is_empty() {
                file.display().to_string()
            } else {
                format!("{}: {key}", file.display())
            },
            message,
        };
        let text = super::target_file::text_of(file, "the JSON of `dald plan`")?;
        let plan: PlanFile = serde_json::from_str(&text)
            .map_err(|cause| refused("", format!("{cause}: expected the JSON of `dald plan`")))?;
        let Some(integrator) = Integrator::named(&plan.integrator) else {
            let names: Vec<&str> = Integrator::ALL.iter().map(|integrator| integrator.name()).collect();
            return Err(refused(
                "integrator",
                format!("{}: expected one of {}", plan.integrator, names.join(", ")),
            ));
        };
        let schedule: Schedule =
            plan.schedule.parse().map_err(|error: Error| refused("schedule", error.to_string()))?;
        // A target file without a schedule leaves it to the plan.
        if let Some(asked) = asked.schedule.as_ref().filter(|asked| **asked != schedule) {
            let message = format!("{schedule}: expected {asked}, the schedule of the target file");
            return Err(refused("schedule", message));
        }
        if asked.points().next().is_some() {
            let message = "a plan for points without width, from which every divergence is infinite: expected a bandwidth > 0, or \
                           no --plan";
            return Err(Error::Input { location: "target".to_owned(), message: message.to_owned() });
        }
        if !(plan.kl > 0.0 && plan.kl.is_finite()) {
            return Err(refused("kl", format!("{}: expected a finite number > 0", plan.kl)));
        }
        let grid =
            Grid::new(asked.start, 1.0, plan.kappa, plan.steps).map_err(|e| refused("", e.to_string()))?;
        // A plan is written with all digits; a step from another κ or start is off by far more.
        let tolerance = 1e-9 * grid.step();
        if plan.step.is_nan() || (grid.step() - plan.step).abs() > tolerance {
            let message =
                format!("{}: expected {}, as κ, the start and the steps give it", plan.step, grid.step());
            return Err(refused("step", message));
        }
        let path = asked.path(&schedule)?;
        Ok(Self { path, schedule, grid, integrator, kl: Some(plan.kl), stop: None })
    }

    /// The smallest κ of the file, and Euler steps shorter than an eighth of the fastest decay.
    fn default_for(asked: &Sampled) -> Result<Self> {
        let refused = |key: &str, message: String| Error::Input { location: key.to_owned(), message };
        if let Some(end) = asked.factors.iter().find_map(SampledLaw::end_of_support) {
            let message = format!("its density ends at {end}, where scores have no bound: expected --plan");
            return Err(refused("target", message));
        }
        let schedule = asked.schedule.clone().unwrap_or_else(Schedule::cosine);
        let path = asked.path(&schedule)?;
        let kappa = asked.kappas.iter().copied().fold(f64::INFINITY, f64::min);
        let stop = stop_of(asked, &schedule)?;
        let until = stop.map_or(1.0, |(until, _)| until);
        if until <= asked.start {
            let message = format!(
                "{}: expected a start before {until}, where the dynamics towards points without width ends",
                asked.start
            );
            return Err(refused("run.start", message));
        }
        let time = |i: u32| asked.start + (until - asked.start) * (f64::from(i) / f64::from(LOOKS));
        // The last is the target itself, if it has a score.
        let looks = (0..=LOOKS).into_par_iter();
        let slopes = looks.map(|i| path.score_at(time(i)).map(|score| score.steepest()));
        let slope = slopes.collect::<Result<Vec<f64>>>()?.into_iter().fold(0.0, f64::max);
        let steps = ((until - asked.start) / kappa * slope / STEP_TIMES_SLOPE).ceil();
        if steps.is_nan() || steps > MOST_STEPS {
            let message = format!(
                "{kappa} asks for {steps:.2e} steps, as the scores fall as steeply as {slope:.2e}: expected at most \
                 {MOST_STEPS:.0e} without --plan"
            );
            return Err(refused("run.kappa", message));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most MOST_STEPS")]
        let steps = (steps as usize).max(LEAST_STEPS);
        let grid = Grid::new(asked.start, until, kappa, steps)?;
        // Laws with jumps have scores without bound near the target.
        let last = path.score_at(grid.time(steps - 1))?.steepest();
        if last.is_nan() || grid.step() * last > STABLE {
            let message = format!(
                "the scores of the path fall as steeply as {last:.2e} in the last step of {steps}: expected a density \
                 without jumps and kinks, or --plan"
            );
            return Err(refused("target", message));
        }
        Ok(Self { path, schedule, grid, integrator: Integrator::EulerMaruyama, kl: None, stop })
    }
}

/// Where the dynamics towards points without width ends, and the deviation of the noise there: [`BLUR`] times the root mean square
/// deviation of the points in a coordinate, or times 1, the scale of the base, if that is less or all points are one.
fn stop_of(asked: &Sampled, schedule: &Schedule) -> Result<Option<(f64, f64)>> {
    let spread = |points: &Mixture| (points.covariance().trace() / points.dim() as f64).sqrt();
    let finest = asked.points().map(spread).map(|s| if s > 0.0 { s.min(1.0) } else { 1.0 });
    let Some(finest) = finest.reduce(f64::min) else { return Ok(None) };
    let blur = BLUR * finest;
    Ok(Some((schedule.time_of(1.0 - blur * blur)?, blur)))
}

/// Means of the coordinates, or where there is none medians.
fn centre(asked: &Sampled) -> Vec<f64> {
    let of = |law: &SampledLaw| match law {
        SampledLaw::Mixture(mixture) => mixture.mean().as_slice().to_vec(),
        SampledLaw::Line(law) => {
            let mean = law.mean();
            let middle = || law.quantile(0.5).map_or(0.0, crate::enclosure::Enclosure::mid);
            vec![if mean.is_finite() { mean.mid() } else { middle() }]
        }
    };
    asked.factors.iter().flat_map(of).collect()
}

/// What is known of a coordinate of the target: variance (not finite if there is none) and mass below the centre.
fn known(asked: &Sampled, centre: &[f64]) -> Vec<(f64, f64)> {
    let mut known = Vec::with_capacity(centre.len());
    for law in &asked.factors {
        match law {
            SampledLaw::Mixture(mixture) => {
                let covariance = mixture.covariance();
                let components: Vec<_> =
                    (0..mixture.len()).map(|k| mixture.component_covariance(k).diagonal()).collect();
                for j in 0..law.dim() {
                    let at = centre[known.len()];
                    let below = (0..mixture.len()).map(|k| {
                        let offset = mixture.component_mean(k)[j] - at;
                        // A point in the middle is blurred to both sides.
                        let z = if offset == 0.0 { 0.0 } else { offset / (2.0 * components[k][j]).sqrt() };
                        0.5 * mixture.weight(k) * core_math::erfc(z)
                    });
                    known.push((covariance[(j, j)], below.sum()));
                }
            }
            SampledLaw::Line(law) => {
                known.push((law.variance().mid(), law.cdf(centre[known.len()]).mid()));
            }
        }
    }
    known
}

/// The report, and whether the points are as near to the target as planned; without a plan nothing is judged.
///
/// With `KL(target|law of the points) ≤ ε` no probability differs by more than `√(ε/2)` (Pinsker's inequality); the
/// masses below the centres are compared.
fn diagnostics(asked: &Sampled, plan: &Plan, moments: &SampleMoments) -> (String, bool) {
    let mut text = String::new();
    let count = moments.count() as f64;
    let grid = &plan.grid;
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{} points in dimension {}: {}, schedule {}, κ = {}, {} steps of {:.4e}",
        moments.count(),
        asked.dim(),
        plan.integrator,
        plan.schedule,
        grid.kappa(),
        grid.steps(),
        grid.step()
    );
    if let Some((until, blur)) = plan.stop {
        let _ = writeln!(
            text,
            "points without width: the dynamics ends at t = {until:.6}, with noise of deviation {blur:.4e} around them"
        );
    }
    let known = known(asked, moments.centre());
    let mut worst: [Option<(f64, String)>; 3] = [None, None, None];
    let mut note = |kind: usize, z: f64, words: String| {
        if z.is_finite() && worst[kind].as_ref().is_none_or(|(most, _)| z.abs() > most.abs()) {
            worst[kind] = Some((z, words));
        }
    };
    let mut largest = (0.0_f64, 0.0_f64);
    for (j, &(variance, below)) in known.iter().enumerate() {
        let found = moments.coordinate(j);
        if variance.is_finite() {
            let (mean, target) = (found.mean, moments.centre()[j]);
            let error = found.mean_error;
            note(0, (mean - target) / error, format!("x{j}: {mean:.6} ± {error:.1e}, target {target:.6}"));
            let (second, error) = (found.second_moment, found.second_moment_error);
            note(
                1,
                (second - variance) / error,
                format!("x{j}: {second:.6} ± {error:.1e}, target {variance:.6}"),
            );
        }
        let deviation = found.below - below;
        let error = (below * (1.0 - below) / count).sqrt();
        note(2, deviation / error, format!("x{j}: {:.6} ± {error:.1e}, target {below:.6}", found.below));
        if deviation.abs() > largest.0.abs() {
            largest = (deviation, error);
        }
    }
    for (name, entry) in ["mean", "variance", "mass below the mean"].iter().zip(worst) {
        if let Some((z, words)) = entry {
            let _ = writeln!(text, "{name:<20} farthest z = {z:+.2} at {words}");
        }
    }
    let Some(kl) = plan.kl else {
        text += "no plan: diagnostics only, nothing is judged; the bias of the dynamics and of its steps is in them\n";
        return (text, true);
    };
    let allowed = (0.5 * kl).sqrt() + STANDARD_ERRORS * 0.5 / count.sqrt();
    let accepted = largest.0.abs() <= allowed;
    let verdict = if accepted { "accepted" } else { "not accepted" };
    let _ = writeln!(
        text,
        "plan: {verdict}: masses below the mean differ by {:.2e} at most, allowed {allowed:.2e}: √(KL/2) = {:.2e} for KL = {kl:e}, \
         and {STANDARD_ERRORS} standard errors of at most {:.1e}; means and variances, which a divergence does not bound, are not judged",
        largest.0.abs(),
        (0.5 * kl).sqrt(),
        0.5 / count.sqrt()
    );
    (text, accepted)
}
