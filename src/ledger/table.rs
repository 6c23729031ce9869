//! The ledger as a console table.

use super::Ledger;
use super::text::{WIDTH, short};
use crate::claim::Record;
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

impl Ledger {
    /// The table: a row per claim, at most 100 columns wide.
    pub fn table(&self, colour: Colour, timing: Timing) -> String {
        let mut table = Table::new();
        table
            .load_style(RULED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX))
            .set_header(header(timing));
        for record in &self.records {
            table.add_row(row(record, timing));
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
}

/// Lines above, below and under the header only.
const RULED: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

fn header(timing: Timing) -> Vec<&'static str> {
    let mut cells = vec!["id", "title", "evidence", "instances", "tightest", "sharp", "twins"];
    if timing == Timing::Shown {
        cells.push("seconds");
    }
    cells.push("verdict");
    cells
}

fn row(record: &Record, timing: Timing) -> Vec<String> {
    let reached = record.sharp_cases.iter().filter(|c| c.reached()).count();
    let caught = record.false_twins.iter().filter(|t| t.verdict() == Verdict::Refuted).count();
    let mut cells = vec![
        record.about.id.to_owned(),
        record.about.title.to_owned(),
        record.evidence().to_string(),
        record.instances().to_string(),
        record.tightness().map_or_else(|| "-".to_owned(), short),
        format!("{reached}/{}", record.sharp_cases.len()),
        format!("{caught}/{}", record.false_twins.len()),
    ];
    if timing == Timing::Shown {
        cells.push(format!("{:.2}", record.seconds));
    }
    cells.push(record.verdict().to_string());
    cells
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
