//! What a hunt found, as text and as JSON; `docs/schemas/hunt.schema.json` describes the latter.

use super::search::Outcome;
use crate::claim::{Claim, Outline};
use crate::enclosure::{Comparison, Enclosure, Relation, Verdict};
use crate::ledger::text::wrapped;
use serde::Serialize;
use std::fmt::Write;

/// An instance that a hunt found, with all that is needed to come back to it.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// Number of the family.
    pub family: usize,
    /// Number of the instance.
    pub index: usize,
    /// The first random numbers from which it is drawn.
    pub tape: Vec<f64>,
    /// The instance in words.
    pub instance: String,
    /// Lower end of the ratio of the two sides (the bound as the denominator), for an equality the share of its resolution
    /// that is taken up; above 1 where the claim fails.
    pub closeness: f64,
    /// The two sides.
    pub comparison: Comparison,
    /// The instance as the text of a target file, where it is one.
    pub target_file: Option<String>,
}

impl Found {
    /// Whether an inequality was judged.
    pub fn is_inequality(&self) -> bool {
        matches!(self.comparison.relation, Relation::Upper | Relation::Lower)
    }
}

/// What `dald hunt --json` writes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HuntReport {
    /// Version of the program.
    pub version: String,
    /// Id of the claim.
    pub claim: String,
    /// Its title.
    pub title: String,
    /// Root seed.
    pub seed: u64,
    /// Instances judged.
    pub instances: usize,
    /// Instances at which nothing was decided: the enclosures of the two sides overlap, as they do in a case of equality.
    pub undecided: usize,
    /// Instances that could not be drawn or computed.
    pub failed: usize,
    /// The first of those, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_failure: Option<String>,
    /// The tightest instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tightest: Option<FoundReport>,
    /// The first instance at which the claim is refuted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<FoundReport>,
    /// Wall time, in seconds.
    pub seconds: f64,
}

/// [`Found`] as JSON.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FoundReport {
    /// Name of the family.
    pub family: String,
    /// Number of the instance.
    pub index: usize,
    /// The first random numbers from which it is drawn.
    pub tape: Vec<f64>,
    /// The instance in words.
    pub instance: String,
    /// `equality`, `upper`, `lower` or `rate`.
    pub relation: String,
    /// Verdict at the instance.
    pub verdict: Verdict,
    /// See [`Found::closeness`].
    pub closeness: f64,
    /// Ratio of the two sides.
    pub ratio: Enclosure,
    /// Left side.
    pub observed: Enclosure,
    /// Right side.
    pub bound: Enclosure,
    /// The instance as the text of a target file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_file: Option<String>,
}

impl FoundReport {
    fn new(found: Found, outline: &Outline) -> Self {
        let Comparison { relation, observed, bound, .. } = found.comparison;
        Self {
            family: outline.families[found.family].0.to_owned(),
            index: found.index,
            tape: found.tape,
            instance: found.instance,
            relation: relation.name().to_owned(),
            verdict: found.comparison.verdict(),
            closeness: found.closeness,
            ratio: found.comparison.ratio(),
            observed,
            bound,
            target_file: found.target_file,
        }
    }

    fn is_inequality(&self) -> bool {
        matches!(self.relation.as_str(), "upper" | "lower")
    }

    fn text(&self) -> String {
        let how = if self.is_inequality() {
            format!("ratio {}", self.ratio)
        } else {
            format!("{:.3} of the resolution", self.closeness)
        };
        format!(
            "{how}, {}: observed {}, bound {}; family “{}”, instance {}: {}",
            self.verdict, self.observed, self.bound, self.family, self.index, self.instance
        )
    }
}

impl HuntReport {
    pub(super) fn new(
        claim: &dyn Claim,
        seed: u64,
        outline: &Outline,
        outcome: Outcome,
        seconds: f64,
    ) -> Self {
        let tightest = outcome.tightest().cloned();
        let report = |found: Found| FoundReport::new(found, outline);
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            claim: claim.about().id.to_owned(),
            title: claim.about().title.to_owned(),
            seed,
            instances: outcome.instances,
            undecided: outcome.undecided,
            failed: outcome.failed,
            first_failure: outcome.first_failure,
            tightest: tightest.map(report),
            counterexample: outcome.counterexample.map(report),
            seconds,
        }
    }

    /// The report as comments and, below them, the target file of the counterexample or of the tightest instance: `dald measure` reads the whole.
    pub fn text(&self) -> String {
        let mut text =
            format!("{} {}: {} instances (seed {}).\n", self.claim, self.title, self.instances, self.seed);
        match &self.counterexample {
            Some(found) => text += &wrapped(&format!("COUNTEREXAMPLE: {}", found.text()), 0),
            None => text += "No counterexample.\n",
        }
        match &self.tightest {
            Some(found) => text += &wrapped(&format!("Tightest: {}", found.text()), 0),
            None => text += "No instance has a ratio of positive numbers.\n",
        }
        if self.undecided > 0 {
            // A string takes whatever is written to it.
            let _ =
                writeln!(text, "At {} instances the enclosures of the two sides overlap.", self.undecided);
        }
        if let Some(failure) = &self.first_failure {
            let message = format!("{} instances were not judged, the first one: {failure}", self.failed);
            text += &wrapped(&message, 0);
        }
        let shown = self.counterexample.as_ref().or(self.tightest.as_ref());
        let file = shown.and_then(|found| found.target_file.as_deref());
        if file.is_none() && shown.is_some() {
            text += "It is no target that `dald measure` reads.\n";
        }
        let mut commented: String =
            text.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
        if let Some(file) = file {
            commented.push('\n');
            commented += file;
        }
        commented
    }
}
