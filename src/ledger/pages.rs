//! The ledger for continuous integration: JUnit XML and a summary in Markdown.

use super::{AuditReport, ClaimReport, Ledger, text::short};
use crate::claim::{Chapter, Record};
use crate::enclosure::Verdict;
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

/// Reasons of a failure that are listed.
const SHOWN: usize = 20;

impl Ledger {
    /// The audit as JUnit XML: a suite per chapter, a case per claim, a failure where a claim does not hold.
    pub fn junit(&self) -> String {
        let suites = Chapter::ALL.iter().filter_map(|chapter| {
            let records: Vec<&Record> = self.records.iter().filter(|r| r.about.chapter == *chapter).collect();
            (!records.is_empty()).then(|| suite(*chapter, &records))
        });
        let failures = self.records.len() - self.count(Verdict::Holds);
        let body = html! {
            testsuites name="dald audit" tests=(self.records.len()) failures=(failures) time=(format!("{:.3}", self.seconds)) {
                @for suite in suites { (suite) }
            }
        };
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", body.into_string())
    }

    /// The audit as a page of Markdown: the counts, what does not hold and what to do about it, and the ledger.
    pub fn markdown(&self) -> String {
        let report = AuditReport::from(self);
        let mut out = report.markdown_heading();
        for record in self.records.iter().filter(|r| r.verdict() != Verdict::Holds) {
            let about = record.about;
            let _ = write!(out, "\n### {} {}: {}\n\n", about.id, cell(about.title), record.verdict());
            for failure in record.failures().iter().take(SHOWN) {
                let _ = writeln!(out, "- {}", cell(failure));
            }
            let _ = writeln!(out, "\n{} It is in `{}`.", report.repeat(about.id), about.file);
        }
        out + "\n" + &report.markdown_table()
    }
}

impl AuditReport {
    /// The same as [`Ledger::markdown`] as far as the report knows it: which claims do not hold, without the reasons.
    pub fn markdown(&self) -> String {
        let mut out = self.markdown_heading();
        for claim in self.claims.iter().filter(|c| c.verdict != Verdict::Holds) {
            let _ = write!(out, "\n### {} {}: {}\n\n", claim.id, cell(&claim.title), claim.verdict);
            let _ = writeln!(out, "{}", self.repeat(&claim.id));
        }
        out + "\n" + &self.markdown_table()
    }

    fn markdown_heading(&self) -> String {
        format!("## dald audit\n\n{}\n", self.counts())
    }

    /// What to do about a claim that does not hold.
    fn repeat(&self, id: &str) -> String {
        let Self { level, seed, .. } = self;
        format!(
            "Repeat: `dald audit --claim {id} --level {level} --seed {seed}`; what it compares: `dald explain {id}`."
        )
    }

    /// The ledger as a table in Markdown.
    pub fn markdown_table(&self) -> String {
        let mut out =
            "| id | claim | evidence | instances | tightest | sharp | twins | verdict |\n".to_owned();
        out += "|---|---|---|--:|--:|--:|--:|---|\n";
        for claim in &self.claims {
            let ClaimReport { id, title, evidence, instances, verdict, .. } = claim;
            let reached = claim.sharp_cases.iter().filter(|c| c.reached()).count();
            let caught = claim.false_twins.iter().filter(|t| t.verdict == Verdict::Refuted).count();
            let known = !claim.tightness.lo().is_infinite() || !claim.tightness.hi().is_infinite();
            let tightest = if known { short(claim.tightness) } else { "-".to_owned() };
            let sign = if *verdict == Verdict::Holds { "✅" } else { "❌" };
            let _ = writeln!(
                out,
                "| {id} | {} | {evidence} | {instances} | {tightest} | {reached}/{} | {caught}/{} | {sign} {verdict} |",
                cell(title),
                claim.sharp_cases.len(),
                claim.false_twins.len()
            );
        }
        out
    }
}

/// Text inside a table or a list of Markdown: on one line, and nothing in it a sign of the language.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '\\' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn suite(chapter: Chapter, records: &[&Record]) -> Markup {
    let failures = records.iter().filter(|r| r.verdict() != Verdict::Holds).count();
    let seconds: f64 = records.iter().map(|r| r.seconds).sum();
    html! {
        testsuite name=(format!("{}: {}", chapter.letter(), chapter.title())) tests=(records.len()) failures=(failures) time=(format!("{seconds:.3}")) {
            @for record in records { (case(record)) }
        }
    }
}

fn case(record: &Record) -> Markup {
    let about = record.about;
    let failures = record.failures();
    html! {
        testcase classname=(format!("dald.{}", about.chapter.letter())) name=(format!("{} {}", about.id, xml(about.title))) file=(about.file) time=(format!("{:.3}", record.seconds)) {
            @if record.verdict() != Verdict::Holds {
                failure type=(record.verdict().name()) message=(xml(failures.first().map_or("", String::as_str))) {
                    (PreEscaped("\n"))
                    @for failure in failures.iter().take(SHOWN) { (xml(failure)) (PreEscaped("\n")) }
                }
            }
        }
    }
}

/// Text without the characters that XML does not allow.
fn xml(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c }).collect()
}
