//! The page of a claim.

use super::Audit;
use super::figure;
use super::index::{EVIDENCE, clipped, twin_verdict};
use super::layout::{address, count, evidence, linked, number, page, precise, verdict};
use super::typeset;
use crate::claim::{Claim, FamilyRecord, Record};
use crate::claims;
use crate::enclosure::{Comparison, Evidence, Relation, Verdict};
use maud::{Markup, html};

/// Findings of a family that are listed one by one.
const LISTED: usize = 200;

impl Audit<'_> {
    /// The page of the record number `at`.
    pub(super) fn claim_page(&self, at: usize) -> String {
        let record = &self.ledger.records[at];
        let about = record.about;
        let there = self.ids();
        let own: Vec<&str> = about.hypotheses.iter().map(|h| h.0).collect();
        let prose = |text: &str| linked(text, &own, &there);
        let body = html! {
            h1 { (about.id) " · " (typeset::text(about.title)) }
            p.note { "Chapter " (about.chapter.letter()) ": " (about.chapter.title()) }
            p.statement { (prose(about.statement)) }
            (in_short(record))
            h2 { "Hypotheses" }
            dl.key { @for (name, text) in about.hypotheses { dt { (name) } dd { (prose(text)) } } }
            h2 { "Why it is true" }
            p { (prose(about.why)) }
            p.note { "Source: " (prose(about.source)) "." }
            p { "Rests on " (self.references(about.rests_on)) ". " (self.used_by(about.id)) }
            h2 id="checked" { "What was checked" }
            p { (prose(about.checked)) }
            p.note { (relation(about.relation)) }
            (families(record))
            (self.pictures(record))
            (tightest(record))
            h2 id="sharp" { "Sharp cases" }
            (sharp_cases(record))
            h2 id="twins" { "False twins" }
            (false_twins(record))
            h2 id="not-checked" { "What is not checked" }
            p { (prose(about.not_checked)) }
            (all_findings(record))
            h2 { "Source file" }
            p {
                @if self.has_source(about) { a.file href=(super::source_address(about.id)) { (about.file) } } @else { span.file { (about.file) } }
                @if !env!("CARGO_PKG_REPOSITORY").is_empty() { " in " a href=(env!("CARGO_PKG_REPOSITORY")) { (env!("CARGO_PKG_REPOSITORY")) } }
                ". Again: " code { "dald audit --claim " (about.id) " --level " (self.ledger.level.name()) " --seed " (self.ledger.seed) }
            }
            p.neighbours {
                @if let Some(before) = at.checked_sub(1).map(|i| self.ledger.records[i].about) { a href=(address(before.id)) rel="prev" { "‹ " (before.id) " " (typeset::text(before.title)) } }
                @if let Some(after) = self.ledger.records.get(at + 1).map(|r| r.about) { a href=(address(after.id)) rel="next" { (after.id) " " (typeset::text(after.title)) " ›" } }
            }
        };
        page(&format!("{} {}", about.id, about.title), &[("Ledger", "index.html")], false, &body)
    }

    fn references(&self, ids: &[&str]) -> Markup {
        let there = self.ids();
        html! {
            @if ids.is_empty() { "no other claim" }
            @for (i, id) in ids.iter().enumerate() {
                @if i > 0 { ", " }
                @if there.contains(id) { a href=(address(id)) { (id) } } @else { (id) }
                @if let Some(claim) = claims::find(id) { " (" (typeset::text(claim.about().title)) ")" }
            }
        }
    }

    fn used_by(&self, id: &str) -> Markup {
        let users: Vec<&str> =
            claims::all().map(Claim::about).filter(|a| a.rests_on.contains(&id)).map(|a| a.id).collect();
        let there = self.ids();
        html! {
            @if !users.is_empty() {
                "Used by "
                @for (i, user) in users.iter().enumerate() {
                    @if i > 0 { ", " }
                    @if there.contains(user) { a href=(address(user)) { (user) } } @else { (user) }
                }
                "."
            }
        }
    }

    /// The picture of all instances and those that belong to the claim.
    fn pictures(&self, record: &Record) -> Markup {
        let own = figure::instances_of_record(record);
        let shared = self.drawn.iter().filter(|drawn| drawn.claims.contains(&record.about.id));
        html! {
            h2 id="figures" { "Figures" }
            div.figures {
                @for drawn in shared {
                    @match &drawn.plot {
                        Ok(plot) => (plot.figure()),
                        Err(reason) => p.note { "A figure could not be drawn: " (reason) },
                    }
                }
                @if let Some(plot) = own { (plot.figure()) } @else { p.note { "No instance has a ratio that could be drawn." } }
            }
        }
    }
}

/// The answer to “is it believed, and why”.
fn in_short(record: &Record) -> Markup {
    let reached = record.sharp_cases.iter().filter(|c| c.reached()).count();
    let caught = record.false_twins.iter().filter(|t| t.verdict() == Verdict::Refuted).count();
    let nearest =
        record.declared_twins().iter().filter_map(|t| t.outcome.as_ref().ok()).map(Comparison::excess);
    let nearest = nearest.min_by(|a, b| a.lo().total_cmp(&b.lo()));
    html! {
        p.lead {
            (verdict(record.verdict())) ". "
            "Checked on " (count(record.instances(), "instance"))
            @if record.certified_instances() > 0 { ", " (record.certified_instances()) " of them by interval arithmetic alone" }
            "; the weakest evidence is " (evidence(record.evidence())) ". "
            @if let Some((_, _, comparison)) = record.tightest() { (nearness(comparison)) " " }
            @if record.sharp_cases.is_empty() { "It has no sharp case. " } @else { (reached) " of " (count(record.sharp_cases.len(), "sharp case")) " reached. " }
            (caught) " of " (count(record.false_twins.len(), "false twin")) " refuted"
            @if let Some(excess) = nearest { ", the nearest of those with a name violated by " (number(excess * 100.0)) " % of its bound" }
            "."
        }
        @let failures = record.failures();
        @if !failures.is_empty() {
            h2 { "Why it does not count as checked" }
            ul { @for failure in failures.iter().take(LISTED) { li { (failure) } } }
        }
    }
}

fn nearness(comparison: &Comparison) -> Markup {
    let ratio = number(comparison.ratio());
    html! {
        @match comparison.relation {
            Relation::Upper => { "The left side came as near as " (ratio) " times the right side." },
            Relation::Lower => { "The right side came as near as " (ratio) " times the left side." },
            Relation::Equality { .. } => { "The ratio of the two sides that is farthest from 1 is " (ratio) "." },
            Relation::Rate { .. } => { "The exponent that is farthest from the one stated is " (ratio) " times it." },
        }
    }
}

fn relation(relation: Relation) -> String {
    match relation {
        Relation::Upper => "To hold at an instance, the whole enclosure of the left side has to be at most that of the right side.".to_owned(),
        Relation::Lower => "To hold at an instance, the whole enclosure of the left side has to be at least that of the right side.".to_owned(),
        Relation::Equality { resolution } => format!(
            "To hold at an instance, the enclosures of the two sides have to meet and to be, together, narrower than {resolution:e} of their size."
        ),
        Relation::Rate { resolution } => format!(
            "To hold at an instance, the enclosure of the exponent that was found has to meet the one stated, within a width of {resolution:e}."
        ),
    }
}

/// The evidence table: a row per family.
fn families(record: &Record) -> Markup {
    let strongest = |family: &FamilyRecord, kind: Evidence| {
        family
            .findings
            .iter()
            .filter_map(|f| f.outcome.as_ref().ok())
            .filter(|c| c.evidence() == kind)
            .count()
    };
    let tightest = |family: &FamilyRecord| {
        let own = Record { families: vec![family.clone()], ..record.clone() };
        own.tightness()
    };
    html! {
        div.wide { table.cards {
            thead { tr {
                th scope="col" { "" } th scope="col" { "Family of instances" } th.n scope="col" { "Hold" }
                @for kind in EVIDENCE { th.n scope="col" { (kind.name()) } }
                th.n scope="col" { "Tightest" }
            } }
            tbody { @for (i, family) in record.families.iter().enumerate() {
                @let held = family.findings.iter().filter(|f| f.verdict() == Verdict::Holds).count();
                tr {
                    td { (figure_letter(i)) }
                    th scope="row" { (typeset::text(&family.name)) " " span.soft { "(" (family.evidence.name()) " or stronger)" } }
                    td.n data-label="Hold" { (held) "/" (family.findings.len()) }
                    @for kind in EVIDENCE {
                        @let number = strongest(family, kind);
                        td.n.none[number == 0] data-label=(kind.name()) { @if number > 0 { (number) } @else { "–" } }
                    }
                    td.n data-label="Tightest" { @match tightest(family) { Some(x) => (number(x)), None => "–" } }
                }
            } }
        } }
    }
}

fn figure_letter(index: usize) -> String {
    super::figure::letter(index)
}

fn tightest(record: &Record) -> Markup {
    html! {
        h2 id="tightest" { "The tightest instance" }
        @match record.tightest() {
            Some((family, finding, comparison)) => {
                p { (finding.instance) " " span.soft { "(" (family.name) ")" } }
                dl.key {
                    dt { "Left side" } dd { (number(comparison.observed)) " " (evidence(comparison.observed.evidence())) " " (ends(comparison.observed)) }
                    dt { "Right side" } dd { (number(comparison.bound)) " " (evidence(comparison.bound.evidence())) " " (ends(comparison.bound)) }
                    dt { "Ratio" } dd { (number(comparison.ratio())) }
                }
            },
            None => p.note { "No instance has a finite ratio of positive sides." },
        }
    }
}

fn ends(x: crate::enclosure::Enclosure) -> Markup {
    html! { span.soft { "between " (precise(x.lo())) " and " (precise(x.hi())) } }
}

fn sharp_cases(record: &Record) -> Markup {
    html! {
        @if record.sharp_cases.is_empty() { p { "None: the claim is an equality itself, or it is nowhere known to be one." } }
        @else {
            p { "Here the two sides are equal, or tend to it; the ratio has to come out as 1." }
            div.wide { table.cards {
                thead { tr { th scope="col" { "Case" } th.n scope="col" { "Ratio" } th scope="col" { "" } } }
                tbody { @for case in &record.sharp_cases {
                    tr {
                        td { (typeset::text(&case.name)) }
                        td.n data-label="Ratio" { @match &case.ratio { Ok(x) => (number(*x)), Err(reason) => (reason) } }
                        td { @if case.reached() { span.verdict.holds { "✓ reached" } } @else { span.verdict.refuted { "✗ not reached" } } }
                    }
                } }
            } }
        }
    }
}

fn false_twins(record: &Record) -> Markup {
    html! {
        p { "Nearby statements that are false. The code that judges the claim has to refute each; the excess is by how much it is violated, as a share of its bound." }
        div.wide { table.cards {
            thead { tr { th scope="col" { "False statement" } th.n scope="col" { "Left side" } th.n scope="col" { "False bound" } th.n scope="col" { "Excess" } th scope="col" { "" } } }
            tbody { @for twin in &record.false_twins {
                tr {
                    td { (typeset::text(&twin.name)) }
                    @match &twin.outcome {
                        Ok(c) => {
                            td.n data-label="Left side" { (number(c.observed)) }
                            td.n data-label="False bound" { (number(c.bound)) }
                            td.n data-label="Excess" { (number(c.excess())) }
                        },
                        Err(reason) => td colspan="3" { (reason) },
                    }
                    td { (twin_verdict(twin.verdict())) }
                }
            } }
        } }
    }
}

/// Every instance, behind a click.
fn all_findings(record: &Record) -> Markup {
    html! {
        h2 id="instances" { "All instances" }
        @for family in &record.families {
            details {
                summary { (family.name) ": " (family.findings.len()) }
                div.wide { table {
                    thead { tr { th scope="col" { "Instance" } th.n scope="col" { "Left side" } th.n scope="col" { "Right side" } th scope="col" { "Evidence" } th scope="col" { "" } } }
                    tbody { @for finding in family.findings.iter().take(LISTED) {
                        tr {
                            td { (clipped(&finding.instance)) }
                            @match &finding.outcome {
                                Ok(c) => {
                                    td.n { (number(c.observed)) } td.n { (number(c.bound)) } td { (c.evidence().name()) }
                                },
                                Err(reason) => td colspan="3" { (reason) },
                            }
                            td { (verdict(finding.verdict())) }
                        }
                    } }
                } }
                @if family.findings.len() > LISTED { p.note { "and " (family.findings.len() - LISTED) " more" } }
            }
        }
    }
}
