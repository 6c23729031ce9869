//! The command line: arguments in, text and files out, an exit status.

mod audit;
mod hunt;
mod output;
mod plan;
mod point_file;
mod sample;
mod target_file;

use crate::error::{Error, Result};
use crate::ledger::{self, Colour};
use crate::measure::target::Target;
use crate::path::line::LineBase;
use crate::report::{self, MeasureReport, Setting, site};
use audit::{Audit, Merge};
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::ffi::OsString;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use target_file::{Subject, TargetFile};

/// Checks the theory of diffusion annealed Langevin dynamics, claim by claim.
///
/// Without a command: `dald audit`. Exit status: 0 all is well; 1 a claim is refuted or
/// inconclusive; 2 bad input.
#[derive(Parser, Debug)]
#[command(name = "dald", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Checks the claims and prints the ledger
    Audit(Audit),
    /// Makes one ledger of the shards of an audit
    Merge(Merge),
    /// Says what a claim states, why it is true and how it is checked
    Explain {
        /// Id of the claim, such as B2
        id: String,
    },
    /// Searches the instances of a claim for the tightest one, or a counterexample
    Hunt(hunt::Hunt),
    /// Computes constants, action and KL bias for the target in a file, with every bound beside it
    Measure {
        /// Target file in TOML
        file: PathBuf,
        /// Write the numbers as JSON to FILE; `-` is standard output (the text then goes to standard error)
        #[arg(long, value_name = "FILE")]
        json: Option<OsString>,
        /// Write a report for the browser to the folder DIR: the numbers, and figures of path, score and bias
        #[arg(long, value_name = "DIR")]
        report: Option<PathBuf>,
        /// No sign of life while it computes
        #[arg(long, short)]
        quiet: bool,
    },
    /// Finds κ, step and number of steps with which the chain comes as near to the target in a file as wanted
    Plan(plan::PlanArguments),
    /// Draws points near the target in a file by annealed Langevin dynamics
    Sample(sample::Sample),
}

/// Exit status: a claim failed, or an accuracy was not reached.
const FAILED: u8 = 1;
/// Exit status: bad input.
const BAD_INPUT: u8 = 2;

/// Runs the program on its arguments (the first is its name) and gives its exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    let outcome = match cli.command.unwrap_or_else(|| Command::Audit(Audit::default_arguments())) {
        Command::Audit(arguments) => arguments.run(),
        Command::Merge(arguments) => arguments.run(),
        Command::Explain { id } => explain(&id),
        Command::Hunt(arguments) => arguments.run(),
        Command::Measure { file, json, report, quiet } => {
            measure(&file, json.as_ref(), report.as_deref(), quiet)
        }
        Command::Plan(arguments) => arguments.run(),
        Command::Sample(arguments) => arguments.run(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) => {
            output::to_stderr(&format!("error: {}\n", one_line(&error.to_string())));
            // Good input, but an accuracy out of reach.
            let failed = matches!(error, Error::NoConvergence { .. });
            ExitCode::from(if failed { FAILED } else { BAD_INPUT })
        }
    }
}

/// Help and version as they are; a usage error as one line, without the usage below it.
fn refused(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if !error.use_stderr() {
        return match output::to_stdout(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(BAD_INPUT),
        };
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message: Vec<&str> =
        lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more")).collect();
    output::to_stderr(&format!("{} (see `dald --help`)\n", message.join(" ")));
    ExitCode::from(BAD_INPUT)
}

/// A message without line breaks.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn explain(id: &str) -> Result<bool> {
    output::to_stdout(&report::explain(ledger::claim(id, "explain")?))?;
    Ok(true)
}

fn measure(file: &Path, json: Option<&OsString>, folder: Option<&Path>, quiet: bool) -> Result<bool> {
    let asked = TargetFile::read(file)?;
    let output = json.map(output::Target::new).transpose()?;
    let folder = folder.map(site::Folder::new).transpose()?;
    let (mut report, heading) = match &asked.subject {
        Subject::Path(path) => {
            let report = MeasureReport::gaussian(path, &asked.kappas, asked.start)?;
            (report, format!("{path}, start {}", asked.start))
        }
        Subject::Law(setting) => {
            let spinner = spinner("constants, action and bias of the target", quiet);
            let report = MeasureReport::of(setting);
            spinner.finish_and_clear();
            (report?, setting.to_string())
        }
    };
    report.notes.extend(asked.notes);
    let mut text = report.console(&heading);
    if let Some(folder) = folder {
        let setting = match asked.subject {
            Subject::Law(setting) => *setting,
            Subject::Path(path) => Setting {
                target: Target::Gaussian(path.target().clone()),
                base: LineBase::Gaussian,
                schedule: path.schedule().clone(),
                kappas: asked.kappas,
                start: asked.start,
            },
        };
        folder.write(&site::measure(&report, &setting, &heading))?;
        let _ = writeln!(text, "\nReport: {}", folder.path().join("index.html").display());
    }
    output::publish(&text, output, &report)?;
    Ok(true)
}

/// Colour on a terminal, unless `NO_COLOR` is set and not empty.
fn colour(stream: &impl IsTerminal) -> Colour {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if stream.is_terminal() && !refused { Colour::On } else { Colour::Off }
}

/// A bar on standard error, hidden unless that is a terminal.
fn progress_bar(length: usize, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// A sign of life on standard error while something takes seconds, hidden unless that is a terminal.
fn spinner(message: &'static str, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}
