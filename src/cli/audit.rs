//! `dald audit` and `dald merge`.

use super::{colour, output, progress_bar, spinner};
use crate::claim::{Claim, Level, Record};
use crate::error::{Error, Result};
use crate::ledger::{
    AuditKey, AuditReport, Colour, DEFAULT_SEED, Journal, Ledger, Portion, Selection, Shard, Timing, merge,
};
use crate::report::site;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Args, Debug, Default)]
pub(super) struct Audit {
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
    /// Only part I of N equal parts of the selected claims; `dald merge` makes one ledger of the parts
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Write the ledger as JSON to FILE; `-` is standard output (the table then goes to standard error)
    #[arg(long, value_name = "FILE")]
    json: Option<OsString>,
    /// Write a report for the browser to the folder DIR: the ledger, a page per claim, figures
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Write the verdicts as JUnit XML to FILE, for continuous integration
    #[arg(long, value_name = "FILE")]
    junit: Option<OsString>,
    /// Write the ledger as Markdown to FILE, for the summary page of continuous integration
    #[arg(long, value_name = "FILE")]
    markdown: Option<OsString>,
    /// Take up an interrupted audit: the claims that it finished lie beside FILE of --json, in FILE.partial
    #[arg(long, requires = "json")]
    resume: bool,
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

#[derive(Args, Debug)]
pub(super) struct Merge {
    /// Where the whole ledger goes, as JSON; `-` is standard output (the table then goes to standard error)
    #[arg(value_name = "OUT.json")]
    out: OsString,
    /// What `dald audit --shard I/N --json` wrote, for every I from 1 to N
    #[arg(value_name = "SHARD.json", required = true)]
    shards: Vec<PathBuf>,
    /// Write the ledger as Markdown to FILE, for the summary page of continuous integration
    #[arg(long, value_name = "FILE")]
    markdown: Option<OsString>,
}

impl Audit {
    /// `dald audit` without arguments.
    pub(super) fn default_arguments() -> Self {
        Self { seed: DEFAULT_SEED, ..Self::default() }
    }

    /// Checks the claims; whether all of them hold.
    ///
    /// # Errors
    /// [`Error::Input`] for a claim or chapter that does not exist or a journal of another audit, [`Error::Io`] if a file
    /// cannot be read or written.
    pub(super) fn run(&self) -> Result<bool> {
        let selected = Selection { chapters: self.chapter.clone(), ids: self.claim.clone() }.claims()?;
        let ids = |claims: &[&'static dyn Claim]| claims.iter().map(|c| c.about().id.to_owned()).collect();
        let portion = self.shard.map(|shard| Portion::new(shard, ids(&selected)));
        let mut claims = self.shard.map_or(selected.clone(), |shard| shard.of(selected));
        let level = match self.level {
            LevelArg::Quick => Level::Quick,
            LevelArg::Full => Level::Full,
        };
        let file = self.json.as_ref().map(output::Target::new).transpose()?;
        let junit = Self::extra("--junit", self.junit.as_ref())?;
        let markdown = Self::extra("--markdown", self.markdown.as_ref())?;
        let folder = self.report.as_deref().map(site::Folder::new).transpose()?;
        let key = AuditKey {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: self.seed,
            level: level.name().to_owned(),
            claims: ids(&claims),
        };
        let (journal, earlier) = self.journal(file.as_ref(), &key)?;
        let count = claims.len();
        claims.retain(|claim| earlier.iter().all(|record| record.about.id != claim.about().id));
        let bar = progress_bar(count, self.quiet);
        bar.inc((count - claims.len()) as u64);
        let mut ledger = Ledger::run(&claims, level, self.seed, |record| {
            // A journal that cannot be written costs nothing unless the audit is interrupted: the audit goes on.
            let _ = journal.as_ref().map(|journal| journal.add(record));
            bar.set_message(record.about.id);
            bar.inc(1);
        });
        bar.finish_and_clear();
        ledger.include(earlier);
        if let Some(folder) = &folder {
            let spinner = spinner("figures and pages of the report", self.quiet);
            let written = folder.write(&site::audit(&ledger, portion.clone()));
            spinner.finish_and_clear();
            written?;
        }
        if let Some(target) = junit {
            target.write_text(&ledger.junit())?;
        }
        if let Some(target) = markdown {
            target.write_text(&ledger.markdown())?;
        }
        let report = AuditReport { shard: portion, ..AuditReport::from(&ledger) };
        let mut text = String::new();
        if !self.quiet {
            text += &report.table(colour_beside(file.as_ref()), Timing::Shown);
        }
        text += &ledger.failures();
        if !self.quiet || !ledger.passed() {
            text += &ledger.summary();
            text.push('\n');
        }
        if let Some(folder) = folder.filter(|_| !self.quiet) {
            text += &format!("Report: {}\n", folder.path().join("index.html").display());
        }
        output::publish(&text, file, &report)?;
        journal.map(Journal::discard).transpose()?;
        Ok(ledger.passed())
    }

    /// Where an output beside table and JSON goes; standard output is taken by those.
    fn extra(option: &str, name: Option<&OsString>) -> Result<Option<output::Target>> {
        let target = name.map(output::Target::new).transpose()?;
        if target.as_ref().is_some_and(output::Target::is_stdout) {
            return Err(Error::Input {
                location: option.to_owned(),
                message: "`-` is for --json alone: expected a file to write".to_owned(),
            });
        }
        Ok(target)
    }

    /// The journal beside the output, if that is a file, and what it already holds.
    fn journal(
        &self,
        file: Option<&output::Target>,
        key: &AuditKey,
    ) -> Result<(Option<Journal>, Vec<Record>)> {
        let Some(path) = file.and_then(output::Target::file) else {
            if self.resume {
                return Err(Error::Input {
                    location: "--resume".to_owned(),
                    message: "there is nothing on disk to take up: expected a regular file for --json"
                        .to_owned(),
                });
            }
            return Ok((None, Vec::new()));
        };
        let path = Journal::beside(path);
        let (journal, earlier) = if self.resume {
            Journal::resume(&path, key)?
        } else {
            (Journal::create(&path, key)?, Vec::new())
        };
        Ok((Some(journal), earlier))
    }
}

impl Merge {
    /// One ledger out of the shards; whether every claim holds.
    ///
    /// # Errors
    /// Those of [`merge`]; [`Error::Io`] and [`Error::Input`] naming the file for one that cannot be read or is no ledger.
    pub(super) fn run(&self) -> Result<bool> {
        let mut shards = Vec::with_capacity(self.shards.len());
        for path in &self.shards {
            let name = path.display().to_string();
            let text = std::fs::read(path).map_err(|cause| Error::io(path, &cause))?;
            let report = serde_json::from_slice(&text).map_err(|cause| Error::Input {
                location: name.clone(),
                message: format!("is not the JSON of an audit: {cause}"),
            })?;
            shards.push((name, report));
        }
        let report = merge(shards)?;
        let file = output::Target::new(&self.out)?;
        if let Some(target) = Audit::extra("--markdown", self.markdown.as_ref())? {
            target.write_text(&report.markdown())?;
        }
        let text = report.table(colour_beside(Some(&file)), Timing::Shown) + &report.counts() + "\n";
        let passed = report.summary.holds == report.claims.len();
        output::publish(&text, Some(file), &report)?;
        Ok(passed)
    }
}

/// Colour of the table: on the stream that the JSON leaves to it.
fn colour_beside(file: Option<&output::Target>) -> Colour {
    let taken = file.is_some_and(output::Target::is_stdout);
    if taken { colour(&std::io::stderr()) } else { colour(&std::io::stdout()) }
}
