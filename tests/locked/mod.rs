//! Numbers locked in `snapshots/`: enclosures, alone or compared, with the widths that they had. Tests that look at a verdict or
//! a range survive many faults; these numbers do not.
//!
//! `UPDATE_FINDINGS=1 cargo test` writes the files anew.

use dald::enclosure::{Enclosure, Evidence};
use std::fs;
use std::path::Path;

/// Relative differences that another processor's order of operations may bring about, amplified by the solvers.
const ROUNDING: f64 = 1e-9;
/// Below this share of the sides, a width that was found by refining is noise.
const NOISE: f64 = 1e-12;
/// Widths are estimates of errors: their size is locked.
const WIDTH_FACTOR: f64 = 1.5;

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
struct Side {
    middle: f64,
    radius: f64,
    evidence: String,
}

/// A line of a file.
#[derive(Debug)]
enum Line {
    Heading(String),
    Sides { left: Side, relation: String, right: Side, scale: f64 },
}

/// A side in a file.
pub fn side(x: Enclosure) -> String {
    let radius = 0.5 * x.width();
    // A half-line keeps its end.
    let middle = match (x.lo().is_finite(), x.hi().is_finite()) {
        (true, true) => x.mid(),
        (true, false) => x.lo(),
        (false, _) => x.hi(),
    };
    format!("{middle:.12e}±{radius:.1e}:{}", x.evidence().name())
}

fn parsed(line: &str) -> Line {
    let Some(comparison) = line.strip_prefix("  ") else { return Line::Heading(line.to_owned()) };
    let side = |text: &str| {
        let (middle, rest) = text.split_once('±').unwrap();
        let (radius, evidence) = rest.split_once(':').unwrap();
        Side {
            middle: middle.parse().unwrap(),
            radius: radius.parse().unwrap(),
            evidence: evidence.to_owned(),
        }
    };
    let words: Vec<&str> = comparison.split(' ').collect();
    Line::Sides {
        left: side(words[0]),
        relation: words[1].to_owned(),
        right: side(words[2]),
        scale: words.get(4).map_or(0.0, |scale| scale.parse().unwrap()),
    }
}

/// Whether a side is where it was, and as wide; `own` and `both` are the sizes of the side and of the comparison.
fn same(locked: &Side, now: &Side, own: f64, both: f64) -> bool {
    if locked == now {
        return true;
    }
    let noise = if locked.evidence == Evidence::Converged.name() { NOISE * both } else { 0.0 };
    let wider = (now.radius + noise) / (locked.radius + noise);
    let as_wide = locked.radius == now.radius || (WIDTH_FACTOR.recip()..=WIDTH_FACTOR).contains(&wider);
    let room = if locked.radius.is_finite() { locked.radius } else { 0.0 };
    locked.evidence == now.evidence
        && as_wide
        && (locked.middle - now.middle).abs() <= room.max(ROUNDING * own)
}

fn agree(locked: &Line, now: &Line) -> bool {
    match (locked, now) {
        (Line::Heading(a), Line::Heading(b)) => a == b,
        (
            Line::Sides { left, relation, right, scale },
            Line::Sides { left: new_left, relation: new_relation, right: new_right, scale: new_scale },
        ) => {
            let both = left.middle.abs().max(right.middle.abs()).max(*scale);
            // The sides of an equality may cancel against each other; those of a bound have a size each.
            let own =
                |side: &Side| if relation == "≤" || relation == "≥" { side.middle.abs() } else { both };
            relation == new_relation
                && (scale - new_scale).abs() <= ROUNDING * scale
                && same(left, new_left, own(left), both)
                && same(right, new_right, own(right), both)
        }
        _ => false,
    }
}

/// What of `now` differs from the locked text in `snapshots/<file>`, a line each.
///
/// A line is a heading, or two spaces and `left relation right [of scale]`.
pub fn differences(file: &str, now: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(file);
    if std::env::var_os("UPDATE_FINDINGS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, now).unwrap();
    }
    let locked = fs::read_to_string(&path).unwrap_or_default();
    let (before, after): (Vec<&str>, Vec<&str>) = (locked.lines().collect(), now.lines().collect());
    let mut all: Vec<String> = before
        .iter()
        .zip(&after)
        .filter(|(a, b)| !agree(&parsed(a), &parsed(b)))
        .map(|(a, b)| format!("locked {a}\n   now {b}"))
        .collect();
    if before.len() != after.len() {
        all.push(format!("{}: {} lines locked, {} now", path.display(), before.len(), after.len()));
    }
    all
}

#[test]
fn other_numbers_and_other_widths_differ() {
    let agrees = |locked: &str, now: &str| agree(&parsed(locked), &parsed(now));
    assert!(
        agrees("a family", "a family")
            && !agrees("a family", "another")
            && !agrees("a family", "  1e0±0e0:exact ≤ 2e0±0e0:exact")
    );
    let bound = "  1.0e0±1.0e-3:converged ≤ 2.0e0±2.0e-16:certified";
    assert!(agrees(bound, "  1.0005e0±1.2e-3:converged ≤ 2.000000001e0±2.1e-16:certified"));
    for now in [
        "  1.0e0±1.0e-3:converged ≥ 2.0e0±2.0e-16:certified",
        "  1.0e0±1.0e-3:exact ≤ 2.0e0±2.0e-16:certified",
        "  1.002e0±1.0e-3:converged ≤ 2.0e0±2.0e-16:certified",
        "  1.0e0±2.0e-3:converged ≤ 2.0e0±2.0e-16:certified",
        "  1.0e0±5.0e-4:converged ≤ 2.0e0±2.0e-16:certified",
        "  1.0e0±1.0e-3:converged ≤ 2.00000001e0±2.0e-16:certified",
        "  1.0e0±1.0e-3:converged ≤ 2.0e0±4.0e-16:certified",
        "  1.0e0±1.0e-3:converged ≤ 2.0e0±inf:certified",
    ] {
        assert!(!agrees(bound, now), "{now}");
    }
    let equality = "  3e-17±1e-16:converged = 0e0±0e0:exact of 1e0";
    assert!(agrees(equality, "  -5e-17±4e-16:converged = 0e0±0e0:exact of 1e0"));
    assert!(!agrees(equality, "  3e-17±1e-16:converged = 0e0±0e0:exact of 2e0"));
    assert!(!agrees(equality, "  3e-8±1e-16:converged = 0e0±0e0:exact of 1e0"));
    assert!(!agrees(equality, "  3e-17±1e-10:converged = 0e0±0e0:exact of 1e0"));
    let half_line = "  1e0±inf:certified ≥ 5e-1±0e0:exact";
    assert!(agrees(half_line, half_line) && !agrees(half_line, "  2e0±inf:certified ≥ 5e-1±0e0:exact"));
}
