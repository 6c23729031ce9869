//! The audit as JSON; `docs/schemas/audit.schema.json` describes it.

use super::{Ledger, Portion};
use crate::claim::{Record, SHARP_WIDTH};
use crate::enclosure::{Comparison, Enclosure, Evidence, Verdict};
use serde::{Deserialize, Serialize};

/// What `dald audit --json` writes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditReport {
    /// Version of the program.
    pub version: String,
    /// Root seed.
    pub seed: u64,
    /// `quick` or `full`.
    pub level: String,
    /// Which part of the audit this is; absent if it is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Portion>,
    /// One entry per claim, in the order of the registry.
    pub claims: Vec<ClaimReport>,
    /// Totals.
    pub summary: Summary,
}

/// What came out for one claim.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimReport {
    /// Identifier.
    pub id: String,
    /// Letter of the chapter.
    pub chapter: String,
    /// Title.
    pub title: String,
    /// `equality`, `upper`, `lower` or `rate`.
    pub relation: String,
    /// Verdict on the claim.
    pub verdict: Verdict,
    /// Weakest evidence among the instances.
    pub evidence: Evidence,
    /// Number of instances judged.
    pub instances: usize,
    /// How many of them with certified evidence.
    pub certified_instances: usize,
    /// Tightest ratio of the two sides; unknown if no ratio is finite.
    pub tightness: Enclosure,
    /// Ratio at each sharp case; unknown if it could not be computed.
    pub sharp_cases: Vec<SharpReport>,
    /// Verdict on each false twin.
    pub false_twins: Vec<TwinReport>,
    /// Ids of the claims that this one uses.
    pub rests_on: Vec<String>,
    /// Wall time, in seconds.
    pub seconds: f64,
}

impl ClaimReport {
    /// How near the claim's check came to letting a false twin pass: the least excess among the refuted ones (the lower end of its
    /// enclosure, as a fraction of the bound); `None` if none was refuted.
    pub fn least_excess(&self) -> Option<f64> {
        let refuted = self.false_twins.iter().filter(|twin| twin.verdict == Verdict::Refuted);
        refuted.map(|twin| twin.excess.lo()).filter(|excess| excess.is_finite()).reduce(f64::min)
    }
}

/// A sharp case.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharpReport {
    /// What the case is.
    pub name: String,
    /// `observed / bound`, or its limit.
    pub ratio: Enclosure,
}

impl SharpReport {
    /// Whether the case was reached: the ratio's enclosure contains 1 and is narrow.
    pub fn reached(&self) -> bool {
        self.ratio.contains(1.0) && self.ratio.width() <= SHARP_WIDTH
    }
}

/// A false twin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwinReport {
    /// The false statement.
    pub name: String,
    /// Verdict: `refuted` if the check caught it.
    pub verdict: Verdict,
    /// By how much it is violated, relative to the bound; unknown if that could not be computed.
    pub excess: Enclosure,
}

/// Totals of an audit.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Claims that hold.
    pub holds: usize,
    /// Claims refuted.
    pub refuted: usize,
    /// Claims about which nothing was decided.
    pub inconclusive: usize,
    /// Wall time of the whole, in seconds.
    pub seconds: f64,
}

impl From<&Record> for ClaimReport {
    fn from(record: &Record) -> Self {
        let about = record.about;
        let unknown = Enclosure::unknown(Evidence::Statistical);
        Self {
            id: about.id.to_owned(),
            chapter: about.chapter.letter().to_string(),
            title: about.title.to_owned(),
            relation: about.relation.name().to_owned(),
            verdict: record.verdict(),
            evidence: record.evidence(),
            instances: record.instances(),
            certified_instances: record.certified_instances(),
            tightness: record.tightness().unwrap_or(unknown),
            sharp_cases: record
                .sharp_cases
                .iter()
                .map(|c| SharpReport { name: c.name.clone(), ratio: *c.ratio.as_ref().unwrap_or(&unknown) })
                .collect(),
            false_twins: record
                .false_twins
                .iter()
                .map(|twin| TwinReport {
                    name: twin.name.clone(),
                    verdict: twin.verdict(),
                    excess: twin.outcome.as_ref().map_or(unknown, Comparison::excess),
                })
                .collect(),
            rests_on: about.rests_on.iter().map(ToString::to_string).collect(),
            seconds: record.seconds,
        }
    }
}

impl From<&Ledger> for AuditReport {
    fn from(ledger: &Ledger) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: ledger.seed,
            level: ledger.level.name().to_owned(),
            shard: None,
            claims: ledger.records.iter().map(ClaimReport::from).collect(),
            summary: Summary {
                holds: ledger.count(Verdict::Holds),
                refuted: ledger.count(Verdict::Refuted),
                inconclusive: ledger.count(Verdict::Inconclusive),
                seconds: ledger.seconds,
            },
        }
    }
}
