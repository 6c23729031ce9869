//! What people see, word for word: ledger table, help texts, a measured target, error messages.

use dald::claim::{About, Chapter, FamilyRecord, Finding, Level, Record, SharpRecord, TwinRecord};
use dald::enclosure::{Comparison, Enclosure, Evidence, Relation};
use dald::ledger::{Colour, Ledger, Timing};
use std::fs;
use std::path::Path;

/// Compares with the snapshot of the given name in `snapshots/`.
fn assert_snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

const fn about(id: &'static str, chapter: Chapter, title: &'static str, relation: Relation) -> About {
    About {
        id,
        chapter,
        title,
        statement: "",
        hypotheses: &[],
        why: "",
        checked: "",
        not_checked: "",
        source: "",
        relation,
        rests_on: &[],
        file: "",
    }
}

static HOLDS: About = about("B2", Chapter::Bias, "KL bias is at most κ/4 times the action", Relation::Upper);
static REFUTED: About =
    about("P1", Chapter::Path, "moments of the path", Relation::Equality { resolution: 1e-9 });
static OPEN: About =
    about("C10", Chapter::Poincare, "a claim about which nothing was decided", Relation::Lower);

fn comparison(relation: Relation, observed: f64, bound: f64, evidence: Evidence) -> Comparison {
    let side = |x: f64| Enclosure::around(x, 1e-6, evidence);
    Comparison { relation, observed: side(observed), bound: side(bound), scale: 0.0 }
}

fn record(about: &'static About, findings: Vec<Comparison>, twin: Comparison) -> Record {
    let findings = findings
        .into_iter()
        .enumerate()
        .map(|(i, c)| Finding { instance: format!("instance {i}"), outcome: Ok(c) })
        .collect();
    Record {
        about,
        families: vec![FamilyRecord { name: "a family".to_owned(), evidence: Evidence::Converged, findings }],
        sharp_cases: vec![],
        false_twins: vec![TwinRecord { name: "wrong constant".to_owned(), outcome: Ok(twin) }],
        seconds: 1.25,
    }
}

/// A ledger with a claim of each verdict, made up.
fn ledger() -> Ledger {
    let caught = comparison(Relation::Upper, 2.0, 1.0, Evidence::Exact);
    let holds = comparison(Relation::Upper, 0.75, 1.0, Evidence::Converged);
    let mut open = record(&OPEN, vec![], comparison(Relation::Upper, 1.0, 2.0, Evidence::Certified));
    open.sharp_cases = vec![
        SharpRecord { name: "a sharp case".to_owned(), ratio: Ok(Enclosure::exact(1.0)) },
        SharpRecord {
            name: "missed".to_owned(),
            ratio: Ok(Enclosure::around(0.9, 0.01, Evidence::Converged)),
        },
        SharpRecord { name: "not computed".to_owned(), ratio: Err("the method failed".to_owned()) },
    ];
    let equal = |x| comparison(Relation::Equality { resolution: 1e-3 }, x, 1.0, Evidence::Certified);
    let mut refuted = record(&REFUTED, vec![equal(1.0), equal(1.5)], caught);
    refuted.families[0].findings.push(Finding {
        instance: "instance 2 of seed 7".to_owned(),
        outcome: Err("claim P1: hypothesis H1 fails: variance is 0".to_owned()),
    });
    Ledger {
        records: vec![refuted, record(&HOLDS, vec![holds; 1200], caught), open],
        level: Level::Quick,
        seed: 7,
        seconds: 2.5,
    }
}

#[test]
fn ledger_table() {
    let ledger = ledger();
    let text = ledger.table(Colour::Off, Timing::Hidden) + &ledger.failures() + &ledger.summary();
    assert_snapshot("ledger_table", &text);
}

#[test]
fn ledger_table_shows_seconds_and_colour_on_demand() {
    let ledger = ledger();
    assert!(ledger.table(Colour::Off, Timing::Shown).contains("1.25"));
    let coloured = ledger.table(Colour::On, Timing::Hidden);
    assert!(coloured.contains("\x1b[32mholds\x1b[0m") && coloured.contains("\x1b[1;31mrefuted\x1b[0m"));
    let mut plain = coloured;
    for code in ["32", "1;31", "1;33", "0"] {
        plain = plain.replace(&format!("\x1b[{code}m"), "");
    }
    assert_eq!(plain, ledger.table(Colour::Off, Timing::Hidden));
}

/// What the program prints in an empty directory that holds one file.
fn run(file: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("target.toml"), file).unwrap();
    let mut command: assert_cmd::Command = assert_cmd::cargo::cargo_bin_cmd!("dald");
    let output = command.current_dir(folder.path()).env("COLUMNS", "100").args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

#[test]
fn help() {
    let pages: Vec<String> = [
        &["--help"][..],
        &["audit", "--help"],
        &["explain", "--help"],
        &["hunt", "--help"],
        &["measure", "--help"],
    ]
    .iter()
    .map(|arguments| {
        // clap pads an empty line.
        let page: Vec<String> = run("", arguments).lines().map(|l| l.trim_end().to_owned()).collect();
        format!("$ dald {}\n{}", arguments.join(" "), page.join("\n"))
    })
    .collect();
    assert_snapshot("help", &pages.join("\n\n"));
}

#[test]
fn measured_target() {
    let file = "[target]\nkind = \"gaussian\"\nmean = [0, 1]\ncovariance = [[1, 0.2], [0.2, 2]]\n";
    assert_snapshot("measured_target", &run(file, &["measure", "target.toml"]));
}

#[test]
fn error_messages() {
    let gaussian = "[target]\nkind = \"gaussian\"\n";
    let messages: Vec<String> = [
        ("", &["audit", "--level", "medium"][..]),
        ("", &["audit", "--seed", "-1"]),
        ("", &["nonsense"]),
        ("", &["measure", "missing.toml"]),
        ("", &["measure", "."]),
        ("", &["measure", "target.toml"]),
        ("[target", &["measure", "target.toml"]),
        ("[target]\nkind = \"gausian\"", &["measure", "target.toml"]),
        ("[target]\nkind = \"potential\"", &["measure", "target.toml"]),
        (&format!("{gaussian}std = nan"), &["measure", "target.toml"]),
        (&format!("{gaussian}covariance = [[1, 0.2], [0.3, 1]]"), &["measure", "target.toml"]),
        (&format!("{gaussian}covariance = [[1, 2], [2, 1]]"), &["measure", "target.toml"]),
        (&format!("{gaussian}std = 1\ncolour = 2"), &["measure", "target.toml"]),
        (&format!("{gaussian}std = 1\n[run]\nkappa = [0.1, 0]"), &["measure", "target.toml"]),
        (&format!("{gaussian}std = 1"), &["measure", "target.toml", "--json", "none/out.json"]),
    ]
    .iter()
    .map(|(file, arguments)| {
        let shown = file.replace('\n', " ⏎ ");
        format!("$ dald {}    # target.toml: {shown}\n{}", arguments.join(" "), run(file, arguments))
    })
    .collect();
    assert_snapshot("error_messages", &messages.join("\n"));
}
