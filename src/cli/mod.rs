//! The command line: arguments in, text and files out, an exit status.

mod output;
mod target_file;

use crate::claim::Level;
use crate::error::{Error, Result};
use crate::ledger::{self, AuditReport, Colour, DEFAULT_SEED, Ledger, Selection, Timing};
use crate::report::{self, MeasureReport};
use clap::{Args, Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::ffi::OsString;
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
    /// Says what a claim states, why it is true and how it is checked
    Explain {
        /// Id of the claim, such as B2
        id: String,
    },
    /// Computes constants, action and KL bias for the target in a file, with every bound beside it
    Measure {
        /// Target file in TOML
        file: PathBuf,
        /// Write the numbers as JSON to FILE; `-` is standard output (the text then goes to standard error)
        #[arg(long, value_name = "FILE")]
        json: Option<OsString>,
    },
}

#[derive(Args, Debug, Default)]
struct Audit {
    /// Only the claims of this chapter, by its letter (repeatable; adds to --claim)
    #[arg(long, value_name = "LETTER")]
    chapter: Vec<String>,
    /// Only this claim (repeatable; adds to --chapter)
    #[arg(long, value_name = "ID")]
    claim: Vec<String>,
    /// How many instances of each family are checked
    #[arg(long, value_enum, default_value_t)]
    level: LevelArg,
    /// Root seed of every random stream
    #[arg(long, default_value_t = DEFAULT_SEED, allow_negative_numbers = true)]
    seed: u64,
    /// Write the ledger as JSON to FILE; `-` is standard output (the table then goes to standard error)
    #[arg(long, value_name = "FILE")]
    json: Option<OsString>,
    /// No progress bar and no table: only failures are printed
    #[arg(long, short)]
    quiet: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, Default)]
enum LevelArg {
    /// A few instances of each family
    #[default]
    Quick,
    /// All instances
    Full,
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
        Command::Audit(arguments) => audit(&arguments),
        Command::Explain { id } => explain(&id),
        Command::Measure { file, json } => measure(&file, json.as_ref()),
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

impl Audit {
    fn default_arguments() -> Self {
        Self { seed: DEFAULT_SEED, ..Self::default() }
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

/// Checks the claims; whether all of them hold.
fn audit(arguments: &Audit) -> Result<bool> {
    let claims = Selection { chapters: arguments.chapter.clone(), ids: arguments.claim.clone() }.claims()?;
    let file = arguments.json.as_ref().map(output::Target::new).transpose()?;
    let level = match arguments.level {
        LevelArg::Quick => Level::Quick,
        LevelArg::Full => Level::Full,
    };
    let bar = progress_bar(claims.len(), arguments.quiet);
    let ledger = Ledger::run(&claims, level, arguments.seed, |record| {
        bar.set_message(record.about.id);
        bar.inc(1);
    });
    bar.finish_and_clear();
    let mut text = String::new();
    if !arguments.quiet {
        let taken = file.as_ref().is_some_and(output::Target::is_stdout);
        let colour = if taken { colour(&std::io::stderr()) } else { colour(&std::io::stdout()) };
        text += &ledger.table(colour, Timing::Shown);
    }
    text += &ledger.failures();
    if !arguments.quiet || !ledger.passed() {
        text += &ledger.summary();
        text.push('\n');
    }
    output::publish(&text, file, &AuditReport::from(&ledger))?;
    Ok(ledger.passed())
}

fn explain(id: &str) -> Result<bool> {
    output::to_stdout(&report::explain(ledger::claim(id, "explain")?))?;
    Ok(true)
}

fn measure(file: &Path, json: Option<&OsString>) -> Result<bool> {
    let asked = TargetFile::read(file)?;
    let output = json.map(output::Target::new).transpose()?;
    let (mut report, heading) = match &asked.subject {
        Subject::Path(path) => {
            let report = MeasureReport::gaussian(path, &asked.kappas, asked.start)?;
            (report, format!("{path}, start {}", asked.start))
        }
        Subject::Law(law) => {
            let spinner = spinner("constants of the target");
            let report = MeasureReport::constants(law);
            spinner.finish_and_clear();
            (report?, format!("target {law}"))
        }
    };
    report.notes.extend(asked.notes);
    let text = report.console(&heading);
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
fn spinner(message: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}
