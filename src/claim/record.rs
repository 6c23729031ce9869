//! What a check finds out about a claim.

use super::{About, SHARP_WIDTH};
use crate::enclosure::{Comparison, Enclosure, Evidence, Relation, Verdict};
use serde::{Deserialize, Serialize};

/// What came out at one instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Description of the instance, or why there is none.
    pub instance: String,
    /// The comparison; an error's text if it could not be made.
    pub outcome: std::result::Result<Comparison, String>,
}

impl Finding {
    /// Verdict at the instance; what could not be computed is inconclusive.
    pub fn verdict(&self) -> Verdict {
        self.outcome.as_ref().map_or(Verdict::Inconclusive, Comparison::verdict)
    }
}

/// The findings of one family.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyRecord {
    /// Name of the family.
    pub name: String,
    /// The weakest evidence allowed.
    pub evidence: Evidence,
    /// One finding per instance.
    pub findings: Vec<Finding>,
}

/// What came out at a sharp case.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharpRecord {
    /// Name of the case.
    pub name: String,
    /// Enclosure of `observed / bound`, or of its limit; an error's text if there is none.
    pub ratio: std::result::Result<Enclosure, String>,
}

impl SharpRecord {
    /// Reached: the ratio's enclosure contains 1 and is narrow.
    pub fn reached(&self) -> bool {
        self.ratio.as_ref().is_ok_and(|r| r.contains(1.0) && r.width() <= SHARP_WIDTH)
    }
}

/// What came out at a false twin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwinRecord {
    /// The false statement.
    pub name: String,
    /// The comparison, made by the code that judges the claim; an error's text if there is none.
    pub outcome: std::result::Result<Comparison, String>,
}

impl TwinRecord {
    /// Verdict on the twin; anything but Refuted is a failure of the check.
    pub fn verdict(&self) -> Verdict {
        self.outcome.as_ref().map_or(Verdict::Inconclusive, Comparison::verdict)
    }
}

/// Everything that a check found out about a claim.
#[derive(Clone, Debug)]
pub struct Record {
    /// The claim.
    pub about: &'static About,
    /// Findings by family.
    pub families: Vec<FamilyRecord>,
    /// Sharp cases.
    pub sharp_cases: Vec<SharpRecord>,
    /// False twins, the automatic ones at sharp cases included.
    pub false_twins: Vec<TwinRecord>,
    /// Wall time, in seconds.
    pub seconds: f64,
}

impl Record {
    /// All findings, family by family.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.families.iter().flat_map(|f| &f.findings)
    }

    /// Comparisons that were made.
    fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        self.findings().filter_map(|f| f.outcome.as_ref().ok())
    }

    /// Number of instances at which the claim was judged.
    pub fn instances(&self) -> usize {
        self.comparisons().count()
    }

    /// How many of them with certified evidence on both sides.
    pub fn certified_instances(&self) -> usize {
        self.comparisons().filter(|c| c.evidence() == Evidence::Certified).count()
    }

    /// The weakest evidence among the instances.
    pub fn evidence(&self) -> Evidence {
        self.comparisons().map(Comparison::evidence).max().unwrap_or(Evidence::Statistical)
    }

    /// The largest `observed / bound` over the instances of an inequality (of positive numbers: the
    /// ratio of negative ones says nothing about tightness); for equalities the ratio farthest from
    /// 1. `None` if no ratio is finite.
    pub fn tightness(&self) -> Option<Enclosure> {
        self.tightest().map(|(_, _, comparison)| comparison.ratio())
    }

    /// The instance at which [`Record::tightness`] is reached, with its family and the comparison made there.
    pub fn tightest(&self) -> Option<(&FamilyRecord, &Finding, &Comparison)> {
        let key = |c: &Comparison| match c.relation {
            Relation::Upper | Relation::Lower => c.ratio().mid(),
            Relation::Equality { .. } | Relation::Rate { .. } => (c.ratio().mid() - 1.0).abs(),
        };
        // Inequalities, where there are any, say more about tightness than equalities do.
        let inequality = |c: &Comparison| matches!(c.relation, Relation::Upper | Relation::Lower);
        let any = self.comparisons().any(inequality);
        let findings =
            self.families.iter().flat_map(|family| family.findings.iter().map(move |f| (family, f)));
        findings
            .filter_map(|(family, finding)| Some((family, finding, finding.outcome.as_ref().ok()?)))
            .filter(|(.., c)| inequality(c) == any && c.ratio().is_finite())
            .filter(|(.., c)| !any || c.ratio_is_of_positive_numbers())
            .max_by(|(.., a), (.., b)| key(a).total_cmp(&key(b)))
    }

    /// The false twins that the claim names, without those that lower its constant at the sharp cases.
    pub fn declared_twins(&self) -> &[TwinRecord] {
        &self.false_twins[..self.false_twins.len().saturating_sub(self.sharp_cases.len())]
    }

    /// Reasons why the claim does not count as checked, most serious first; empty if it holds.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for family in &self.families {
            for finding in &family.findings {
                let verdict = finding.verdict();
                let place = format!("{}: {}", family.name, finding.instance);
                match &finding.outcome {
                    Err(error) => failures.push(format!("{place}: {error}")),
                    Ok(c) if verdict != Verdict::Holds => {
                        failures.push(format!(
                            "{verdict} at {place}: observed {}, bound {}",
                            c.observed, c.bound
                        ));
                    }
                    Ok(c) if c.evidence() > family.evidence => {
                        failures.push(format!(
                            "{place}: evidence {} is weaker than the family's {}",
                            c.evidence(),
                            family.evidence
                        ));
                    }
                    Ok(_) => {}
                }
            }
        }
        if self.instances() == 0 {
            failures.push("no instance was judged".to_owned());
        }
        for case in self.sharp_cases.iter().filter(|c| !c.reached()) {
            match &case.ratio {
                Ok(ratio) => failures.push(format!("sharp case {} not reached: ratio {ratio}", case.name)),
                Err(error) => failures.push(format!("sharp case {}: {error}", case.name)),
            }
        }
        for twin in self.false_twins.iter().filter(|t| t.verdict() != Verdict::Refuted) {
            match &twin.outcome {
                Ok(c) => failures.push(format!(
                    "false twin {} came out {}: observed {}, bound {}",
                    twin.name,
                    c.verdict(),
                    c.observed,
                    c.bound
                )),
                Err(error) => failures.push(format!("false twin {}: {error}", twin.name)),
            }
        }
        failures
    }

    /// Verdict on the claim: Refuted if an instance refutes it; Holds if every instance holds with
    /// the evidence promised, every sharp case is reached and every false twin is refuted;
    /// otherwise Inconclusive, which is a failure.
    pub fn verdict(&self) -> Verdict {
        if self.findings().any(|f| f.verdict() == Verdict::Refuted) {
            Verdict::Refuted
        } else if self.failures().is_empty() {
            Verdict::Holds
        } else {
            Verdict::Inconclusive
        }
    }
}
