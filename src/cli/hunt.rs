//! `dald hunt`.

use super::{output, spinner};
use crate::error::{Error, Result};
use crate::ledger::hunt::{Budget, hunt};
use crate::ledger::{self, DEFAULT_SEED};
use clap::Args;
use std::ffi::OsString;
use std::time::Duration;

#[derive(Args, Debug)]
pub(super) struct Hunt {
    /// Id of the claim, such as B2
    id: String,
    /// No instance is begun later than this; more seconds prolong the search and change nothing else
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    budget: f64,
    /// No more instances than this: the same result on every machine, if the seconds suffice
    #[arg(long, value_name = "N")]
    instances: Option<usize>,
    /// Only the family of instances with this number, in the order in which `explain` lists them, from 1
    #[arg(long, value_name = "K")]
    family: Option<usize>,
    /// Root seed of every random stream
    #[arg(long, default_value_t = DEFAULT_SEED, allow_negative_numbers = true)]
    seed: u64,
    /// Write what was found as JSON to FILE; `-` is standard output (the text then goes to standard error)
    #[arg(long, value_name = "FILE")]
    json: Option<OsString>,
    /// No sign of life while it searches
    #[arg(long, short)]
    quiet: bool,
}

impl Hunt {
    /// Searches the instances of the claim; whether no counterexample was found.
    ///
    /// # Errors
    /// [`Error::Input`] for a claim or a family that does not exist or a budget that is none, [`Error::Io`] if the output cannot be
    /// written.
    pub(super) fn run(&self) -> Result<bool> {
        let claim = ledger::claim(&self.id, "hunt")?;
        let family = match self.family {
            None => None,
            Some(number) => Some(self.family_below(number, claim.outline().families.len())?),
        };
        let time = Duration::try_from_secs_f64(self.budget).ok().filter(|time| !time.is_zero()).ok_or_else(
            || wrong("--budget", format!("`{}` is no time: expected seconds > 0", self.budget)),
        )?;
        let instances = self.instances.unwrap_or(usize::MAX);
        if instances == 0 {
            return Err(wrong("--instances", "`0` is no search: expected a number ≥ 1".to_owned()));
        }
        let json = self.json.as_ref().map(output::Target::new).transpose()?;
        let spinner = spinner("the first instances", self.quiet);
        let report = hunt(claim, self.seed, Budget { time, instances }, family, |now| {
            spinner.set_message(format!("{} instances, tightest {:.6}", now.instances, now.closeness));
        });
        spinner.finish_and_clear();
        let report = report?;
        output::publish(&report.text(), json, &report)?;
        Ok(report.counterexample.is_none())
    }

    fn family_below(&self, number: usize, families: usize) -> Result<usize> {
        let index = number.checked_sub(1).filter(|index| *index < families);
        let expected = || format!("`{number}` is no family of {}: expected 1 to {families}", self.id);
        index.ok_or_else(|| wrong("--family", expected()))
    }
}

fn wrong(location: &str, message: String) -> Error {
    Error::Input { location: location.to_owned(), message }
}
