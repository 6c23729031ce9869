//! The ledger as a console table.

use super::text::{WIDTH, short};
use super::{AuditReport, ClaimReport, Summary};
use crate::enclosure::Verdict;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle};

/// Whether verdicts are coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// No escape sequences.
    Off,
    /// Verdicts in colour, by ANSI escape sequences.
    On,
}

/// Whether the table says how long each claim took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timing {
    /// With a column of seconds.
    Shown,
    /// Without: the table then depends on claims, level and seed alone.
    Hidden,
}

impl AuditReport {
    /// The table: a row per claim, at most 100 columns wide.
    pub fn table(&self, colour: Colour, timing: Timing) -> String {
        let mut table = Table::new();
        table
            .load_style(RULED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX))
            .set_header(header(timing));
        for claim in &self.claims {
            table.add_row(row(claim, timing));
        }
        let last = table.column_count().saturating_sub(1);
        for (i, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 1));
            // Only titles may wrap.
            if i != 1 {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
            if (3..last).contains(&i) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut out = String::new();
        for line in table.lines() {
            let line = line.trim_end();
            out += &match colour {
                Colour::Off => line.to_owned(),
                Colour::On => coloured(line),
            };
            out.push('\n');
        }
        out
    }

    /// How many claims came out how, in a line.
    pub fn counts(&self) -> String {
        let Summary { holds, refuted, inconclusive, .. } = self.summary;
        let (total, level, seed) = (self.claims.len(), &self.level, self.seed);
        let noun = if total == 1 { "claim" } else { "claims" };
        format!(
            "{total} {noun}: {holds} held, {refuted} refuted, {inconclusive} inconclusive (level {level}, seed {seed})."
        )
    }
}

/// Lines above, below and under the header only.
const RULED: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

fn header(timing: Timing) -> Vec<&'static str> {
    let mut cells = vec!["id", "title", "evidence", "instances", "tightest", "sharp", "twins", "excess"];
    if timing == Timing::Shown {
        cells.push("seconds");
    }
    cells.push("verdict");
    cells
}

fn row(claim: &ClaimReport, timing: Timing) -> Vec<String> {
    let reached = claim.sharp_cases.iter().filter(|c| c.reached()).count();
    let caught = claim.false_twins.iter().filter(|t| t.verdict == Verdict::Refuted).count();
    let known = !claim.tightness.lo().is_infinite() || !claim.tightness.hi().is_infinite();
    let mut cells = vec![
        claim.id.clone(),
        claim.title.clone(),
        claim.evidence.to_string(),
        claim.instances.to_string(),
        if known { short(claim.tightness) } else { "-".to_owned() },
        format!("{reached}/{}", claim.sharp_cases.len()),
        format!("{caught}/{}", claim.false_twins.len()),
        claim.least_excess().map_or_else(|| "-".to_owned(), excess),
    ];
    if timing == Timing::Shown {
        cells.push(format!("{:.2}", claim.seconds));
    }
    cells.push(claim.verdict.to_string());
    cells
}

/// A fraction with a digit or two.
fn excess(fraction: f64) -> String {
    if (0.01..100.0).contains(&fraction) { format!("{fraction:.2}") } else { format!("{fraction:.0e}") }
}

/// The line with the verdict at its end in colour.
fn coloured(line: &str) -> String {
    for (verdict, code) in
        [(Verdict::Holds, "32"), (Verdict::Refuted, "1;31"), (Verdict::Inconclusive, "1;33")]
    {
        if let Some(rest) = line.strip_suffix(verdict.name()) {
            return format!("{rest}\x1b[{code}m{}\x1b[0m", verdict.name());
        }
    }
    line.to_owned()
}
