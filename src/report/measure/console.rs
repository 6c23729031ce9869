//! The measure report for people.

use super::MeasureReport;
use crate::enclosure::Enclosure;
use crate::ledger::text::{short, wrapped};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

impl MeasureReport {
    /// The report as text, at most 100 columns wide; `heading` says what was measured.
    pub fn console(&self, heading: &str) -> String {
        let mut parts = vec![wrapped(heading, 0), "\n".to_owned()];
        for (name, value) in [
            ("Poincaré constant of the target", Some(self.poincare_constant)),
            ("log-Sobolev constant of the target", Some(self.log_sobolev_constant)),
            ("largest variance of the target", Some(self.variance)),
            ("action of the path", self.action),
            ("limit of KL/κ² as κ → 0", self.small_kappa_limit),
        ] {
            if let Some(value) = value {
                let line = format!("{name:<36} {:<12} {}{}", number(value), value.evidence(), ends(value));
                parts.push(line + "\n");
            }
        }
        if !self.score_lipschitz.is_empty() {
            parts.push("\nScore and conditional laws along the path\n".to_owned());
            parts.push(self.path_table());
        }
        if !self.bias.is_empty() {
            parts.push(
                "\nBias at the target, started from p_start: p is the target, q the law reached; then bounds for KL(p|q)\n"
                    .to_owned(),
            );
            parts.push(self.bias_table());
        }
        if !self.notes.is_empty() {
            parts.push("\nNotes\n".to_owned());
            parts.extend(self.notes.iter().map(|note| wrapped(&format!("- {note}"), 0)));
        }
        parts.concat()
    }

    fn path_table(&self) -> String {
        let conditional = |t: f64| self.conditional_poincare_sup.iter().find(|c| c.t == t).map(|c| c.value);
        table(
            &["t", "∇²log p_t from", "to", "sup C_P(X|X_t)"],
            self.score_lipschitz.iter().map(|s| {
                let conditional = conditional(s.t).map_or_else(|| "-".to_owned(), short);
                vec![s.t.to_string(), short(s.lower), short(s.upper), conditional]
            }),
        )
    }

    fn bias_table(&self) -> String {
        table(
            &["κ", "KL(p|q)", "KL(q|p)", "Girsanov", "Poincaré", "log-Sobolev"],
            self.bias.iter().map(|b| {
                let columns =
                    [b.forward_kl, b.reverse_kl, b.girsanov_bound, b.poincare_bound, b.log_sobolev_bound];
                let cells = columns.map(|value| value.map_or_else(|| "-".to_owned(), short));
                std::iter::once(b.kappa.to_string()).chain(cells).collect()
            }),
        )
    }
}

/// Relative width from which both ends of a constant are shown.
const WIDE: f64 = 1e-6;

fn is_wide(value: Enclosure) -> bool {
    value.is_finite() && value.relative_width() > WIDE
}

/// The value, or the middle of an enclosure whose ends are shown beside it.
fn number(value: Enclosure) -> String {
    short(if is_wide(value) { Enclosure::exact(value.mid()) } else { value })
}

/// Both ends of a value that is not known to all the digits shown.
fn ends(value: Enclosure) -> String {
    if is_wide(value) {
        let end = |x: f64| short(Enclosure::exact(x));
        format!(", between {} and {}", end(value.lo()), end(value.hi()))
    } else {
        String::new()
    }
}

/// Columns of numbers under their heads.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(head.to_vec());
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}
