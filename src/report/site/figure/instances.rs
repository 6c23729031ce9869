//! How near each instance of a claim came to the limit of its comparison, and how far beyond it the false twins lie.

use super::super::plot::{Axis, Look, Plot, Point, Series};
use crate::claim::Record;
use crate::enclosure::{Comparison, Relation};

/// Strains below this are drawn there.
const LEAST: f64 = 1e-6;
/// Strains above this are drawn there.
const MOST: f64 = 1e6;

/// How much of what the comparison allows is used up: at most 1 for what holds, above 1 for what is refuted. For an
/// inequality the ratio of the two sides, for an equality the width of the two enclosures together over the
/// resolution. `None` where the ratio says nothing, as the sides differ in sign.
pub(in super::super) fn strain(comparison: &Comparison) -> Option<f64> {
    let (left, right) = (comparison.observed, comparison.bound);
    let joint = left.interval().hull(right.interval()).width();
    let value = match comparison.relation {
        Relation::Upper | Relation::Lower if comparison.ratio_is_of_positive_numbers() => {
            comparison.ratio().mid()
        }
        Relation::Upper | Relation::Lower => return None,
        Relation::Equality { resolution } => {
            let magnitude = left.interval().magnitude().max(right.interval().magnitude());
            joint / (resolution * comparison.scale.max(magnitude))
        }
        Relation::Rate { resolution } => joint / resolution,
    };
    (value.is_finite() || value == f64::INFINITY).then_some(value)
}

/// A row per family, and one for the false twins; `None` if nothing has a place on the axis.
pub(in super::super) fn of_record(record: &Record) -> Option<Plot> {
    let place = |c: &Comparison| strain(c).map(|s| s.clamp(LEAST, MOST));
    let rows = record.families.len() + 1;
    let height = |row: usize| (rows - row) as f64;
    let mut axis = Axis::linear("").within(0.4, rows as f64 + 0.8);
    let mut plot = Plot::new(
        "instances",
        "Every instance and every false twin",
        "Each mark is an instance, placed by how much of what the claim allows it uses: the ratio of the two sides of an inequality, or \
         the width of both enclosures of an equality as a share of the resolution. Left of the line the claim holds, right of it \
         it is violated: all false twins have to lie there.",
        Axis::logarithmic("share of what the claim allows"),
        Axis::linear(""),
    );
    for (i, family) in record.families.iter().enumerate() {
        let shares: Vec<f64> =
            family.findings.iter().filter_map(|f| place(f.outcome.as_ref().ok()?)).collect();
        let points = shares.into_iter().map(|s| Point::new(s, height(i))).collect();
        plot = plot.with(Series::new(
            1 + 2 * (i % 3),
            Look::Marks,
            format!("{}: {}", letter(i), family.name),
            points,
        ));
        axis.names.push((height(i), letter(i)));
    }
    let twins: Vec<f64> = record.false_twins.iter().filter_map(|t| place(t.outcome.as_ref().ok()?)).collect();
    let points = twins.into_iter().map(|s| Point::new(s, 1.0)).collect();
    plot = plot.with(Series::new(2, Look::Marks, "false twins", points));
    axis.names.push((1.0, "twins".to_owned()));
    plot.y = axis;
    plot.line = Some((1.0, "limit".to_owned()));
    plot.height = Some(24.0 + 26.0 * rows as f64);
    plot.tabulated = false;
    (!plot.is_empty()).then_some(plot)
}

/// The row of a family: a, b, c, ….
pub(in super::super) fn letter(index: usize) -> String {
    u8::try_from(index)
        .ok()
        .and_then(|i| i.checked_add(b'a'))
        .map_or("…".to_owned(), |c| char::from(c).to_string())
}
