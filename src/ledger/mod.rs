//! The ledger: runs claims and says what came out, as a table, as JSON, and as pages for continuous integration.

pub mod hunt;
mod journal;
mod json;
mod pages;
mod shard;
mod table;
pub mod text;

pub use journal::{AuditKey, Journal};
pub use json::{AuditReport, ClaimReport, SharpReport, Summary, TwinReport};
pub use shard::{Portion, Shard, merge};
pub use table::{Colour, Timing};

use crate::claim::{Chapter, Claim, Level, Record};
use crate::claims;
use crate::enclosure::Verdict;
use crate::error::{Error, Result};
use rayon::prelude::*;
use std::time::Instant;
use text::wrapped;

/// The root seed of an audit when none is given.
pub const DEFAULT_SEED: u64 = 251_110_406;

/// What an audit found out: one record per claim, in the order of the registry.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// One record per claim.
    pub records: Vec<Record>,
    /// How much work was done.
    pub level: Level,
    /// Root seed of every random stream.
    pub seed: u64,
    /// Wall time of the whole audit, in seconds.
    pub seconds: f64,
}

impl Ledger {
    /// Checks `claims`, in parallel; `done` is called once per finished claim, from any thread.
    ///
    /// Everything but the seconds depends on the claims, the level and the seed alone, never on the
    /// number of threads. A claim's seconds are wall time on machines that check others as well.
    pub fn run(
        claims: &[&'static dyn Claim],
        level: Level,
        seed: u64,
        done: impl Fn(&Record) + Sync,
    ) -> Self {
        let start = Instant::now();
        let records = claims
            .par_iter()
            .with_max_len(1)
            .map(|claim| {
                let record = claim.check(level, seed);
                done(&record);
                record
            })
            .collect();
        Self { records, level, seed, seconds: start.elapsed().as_secs_f64() }
    }

    /// Takes in records of the same audit that were made earlier; all of them then stand in the order of the registry.
    pub fn include(&mut self, earlier: Vec<Record>) {
        self.records.extend(earlier);
        let place = |record: &Record| claims::all().position(|claim| claim.about().id == record.about.id);
        self.records.sort_by_key(place);
    }

    /// Whether every claim holds.
    pub fn passed(&self) -> bool {
        self.count(Verdict::Holds) == self.records.len()
    }

    /// Number of claims with the given verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.records.iter().filter(|r| r.verdict() == verdict).count()
    }

    /// The table of its report, a row per claim, at most 100 columns wide.
    pub fn table(&self, colour: Colour, timing: Timing) -> String {
        AuditReport::from(self).table(colour, timing)
    }

    /// The reasons why claims do not count as checked, claim by claim, at most a dozen lines each;
    /// empty if every claim holds.
    pub fn failures(&self) -> String {
        const SHOWN: usize = 12;
        let mut lines = Vec::new();
        for record in &self.records {
            let failures = record.failures();
            if failures.is_empty() {
                continue;
            }
            lines.push(format!("{} {}: {}\n", record.about.id, record.about.title, record.verdict()));
            lines.extend(failures.iter().take(SHOWN).map(|failure| format!("  - {failure}\n")));
            if failures.len() > SHOWN {
                lines.push(format!("  - and {} more\n", failures.len() - SHOWN));
            }
        }
        lines.concat()
    }

    /// The last lines of an audit: how many claims hold and, if one does not, what to do about it.
    pub fn summary(&self) -> String {
        let counts = AuditReport::from(self).counts();
        let (level, seed) = (self.level.name(), self.seed);
        let Some(record) = self.records.iter().find(|r| r.verdict() != Verdict::Holds) else {
            return counts;
        };
        let id = record.about.id;
        let advice = format!(
            "Not every claim holds. `dald explain {id}` says what {id} compares and in which file; \
             `dald audit --claim {id} --level {level} --seed {seed}` repeats its check alone."
        );
        format!("{counts}\n{}", wrapped(&advice, 0).trim_end())
    }
}

/// Which claims to check: those of the chapters and those named, all if neither is given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// Letters of chapters, either case.
    pub chapters: Vec<String>,
    /// Ids of claims, either case.
    pub ids: Vec<String>,
}

impl Selection {
    /// The selected claims in the order of the registry, each once.
    ///
    /// # Errors
    /// [`Error::Input`] naming what exists, if a chapter or a claim does not.
    pub fn claims(&self) -> Result<Vec<&'static dyn Claim>> {
        let mut chapters = Vec::new();
        for name in &self.chapters {
            chapters.push(chapter(name)?);
        }
        let mut ids = Vec::new();
        for id in &self.ids {
            ids.push(claim(id, "--claim")?.about().id);
        }
        let everything = chapters.is_empty() && ids.is_empty();
        Ok(claims::all()
            .filter(|c| {
                let about = c.about();
                everything || chapters.contains(&about.chapter) || ids.contains(&about.id)
            })
            .collect())
    }
}

/// The chapter with the given letter.
fn chapter(name: &str) -> Result<Chapter> {
    let mut letters = name.chars();
    let found = match (letters.next(), letters.next()) {
        (Some(letter), None) => Chapter::from_letter(letter),
        _ => None,
    };
    found.filter(|c| claims::all().any(|claim| claim.about().chapter == *c)).ok_or_else(|| {
        let known: Vec<String> = Chapter::ALL
            .iter()
            .filter(|c| claims::all().any(|claim| claim.about().chapter == **c))
            .map(|c| format!("{} ({})", c.letter(), c.title()))
            .collect();
        Error::Input {
            location: "--chapter".to_owned(),
            message: format!("`{name}` is no chapter with claims: expected one of {}", known.join(", ")),
        }
    })
}

/// The claim with the given id; `location` is where the id came from.
///
/// # Errors
/// [`Error::Input`] that lists all ids, if there is no such claim.
pub fn claim(id: &str, location: &str) -> Result<&'static dyn Claim> {
    claims::find(id).ok_or_else(|| {
        let known: Vec<&str> = claims::all().map(|c| c.about().id).collect();
        Error::Input {
            location: location.to_owned(),
            message: format!("`{id}` is no claim: expected one of {}", known.join(", ")),
        }
    })
}
