//! `dald hunt`, and the tightest instances that hunts have found so far, locked.

use dald::claim::{Claim, Trial};
use dald::claims;
use dald::enclosure::{Relation, Verdict};
use dald::ledger::DEFAULT_SEED;
use dald::ledger::hunt::{Budget, HuntReport, hunt};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn place(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// Narrower enclosures differ by rounding alone.
const ROUNDING: f64 = 1e-9;

/// The way to an instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    family: String,
    index: usize,
    tape: Vec<f64>,
}

/// The tightest instances found so far, by claim; made by [`tighten`].
fn ways() -> BTreeMap<String, Way> {
    serde_json::from_slice(&fs::read(place("snapshots/tightest_tapes.json")).unwrap()).unwrap()
}

/// The instance at the end of a way; `None` if its family is no more.
fn follow(claim: &dyn Claim, way: &Way) -> Option<Trial> {
    let family = claim.outline().families.iter().position(|f| f.0 == way.family)?;
    Some(claim.trial(family, way.index, DEFAULT_SEED, &way.tape))
}

/// How near to failing the claim is there, as hunts measure it, and how many digits of that are worth locking.
fn closeness(trial: &Trial) -> Result<(f64, &'static str), String> {
    let comparison = trial.finding.outcome.as_ref().map_err(Clone::clone)?;
    assert_ne!(comparison.verdict(), Verdict::Refuted, "{}: {comparison:?}", trial.finding.instance);
    Ok(match comparison.relation {
        Relation::Upper | Relation::Lower => (comparison.ratio().lo(), "ratio"),
        Relation::Equality { .. } => (comparison.observed.hull(comparison.bound).width(), "equality, hull"),
        Relation::Rate { .. } => (comparison.observed.hull(comparison.bound).width(), "rate, hull"),
    })
}

/// A text with its numbers to ten digits: products of matrices end otherwise on another processor.
fn rounded(text: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_number) {
        let length = rest[start..].find(|c| !is_number(c)).unwrap_or(rest.len() - start);
        let number = &rest[start..start + length];
        out += &rest[..start];
        out += &number
            .parse()
            .map_or_else(|_| number.to_owned(), |x: f64| format!("{}", (x * 1e10).round() / 1e10));
        rest = &rest[start + length..];
    }
    out + rest
}

#[test]
fn the_tightest_instances_found_so_far_are_as_tight_as_ever() {
    let ways = ways();
    let registry: Vec<_> = claims::all().collect();
    let (lines, files): (Vec<String>, Vec<String>) = registry
        .into_par_iter()
        .with_max_len(1)
        .map(|claim| {
            let id = claim.about().id;
            let Some(way) = ways.get(id) else {
                return (format!("{id:4}no instance has a ratio"), String::new());
            };
            let trial = follow(claim, way);
            let line = match trial.as_ref().map(closeness) {
                None => "the family is no more".to_owned(),
                Some(Err(error)) => format!("not computed: {error}"),
                // Four digits of a ratio; the width of an enclosure is rounding or discretisation, of which the size is enough,
                // and rounding may be another on another processor.
                Some(Ok((value, "ratio"))) => format!("ratio {value:.4}"),
                Some(Ok((value, what))) if value < ROUNDING => format!("{what} below {ROUNDING:.0e}"),
                Some(Ok((value, what))) => format!("{what} {value:.0e}"),
            };
            let file = trial.and_then(|trial| trial.target_file).map(|text| format!("# {id}\n{text}\n"));
            (format!("{id:4}{line}, “{}” {}", way.family, way.index), file.unwrap_or_default())
        })
        .unzip();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(place("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!("tightness", lines.join("\n"));
        // What `dald measure` takes to look at such an instance.
        insta::assert_snapshot!("tightest_target_files", rounded(&files.concat()));
    });
}

/// Hunts through all claims and keeps, of what is found and what was known, the tighter. The seconds for each claim are taken from
/// the environment (`DALD_HUNT_SECONDS`, 10 if absent), the seed too (`DALD_SEED`). Afterwards `INSTA_UPDATE=always cargo test --test hunt`.
#[test]
#[ignore = "takes a quarter of an hour"]
fn tighten() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let time = Duration::from_secs(number("DALD_HUNT_SECONDS", 10));
    let seed = number("DALD_SEED", DEFAULT_SEED);
    let only = std::env::var("DALD_CLAIMS").ok();
    let mut ways = ways();
    let mut wrong = Vec::new();
    for claim in claims::all() {
        let id = claim.about().id;
        if only.as_ref().is_some_and(|list| !list.split(',').any(|name| name == id)) {
            continue;
        }
        let report = hunt(claim, seed, Budget { time, instances: usize::MAX }, None, |_| {}).unwrap();
        // The rest of a long tape comes from the stream, and so from the seed that replays it.
        let rounded = |tape: &[f64]| tape.iter().map(|x| (x * 1e9).round() / 1e9).collect::<Vec<f64>>();
        let way = report.tightest.as_ref().map(|found| Way {
            family: found.family.clone(),
            index: found.index,
            tape: rounded(&found.tape),
        });
        let rank = |way: &Way| {
            follow(claim, way)
                .as_ref()
                .and_then(|trial| closeness(trial).ok())
                .map(|(x, what)| (what == "ratio", x))
        };
        let known = ways.get(id).and_then(rank);
        println!(
            "{id}: {} instances, {} undecided, {} failed; {:?}, known {known:?}",
            report.instances,
            report.undecided,
            report.failed,
            report.tightest.as_ref().map(|found| (found.closeness, &found.family, found.index))
        );
        if let Some(failure) = &report.first_failure {
            println!("    {failure}");
        }
        if let Some(way) = way.filter(|way| rank(way) > known) {
            ways.insert(id.to_owned(), way);
        }
        wrong.extend(report.counterexample.map(|found| format!("{id}: {found:?}")));
        fs::write(
            place("snapshots/tightest_tapes.json"),
            serde_json::to_string_pretty(&ways).unwrap() + "\n",
        )
        .unwrap();
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// T6 is an equality where a Gaussian law moves without changing its shape: nobody tells the search, which has
/// to bring the rates of all variances to nothing.
#[test]
fn the_extremal_case_of_a_bound_is_found() {
    let claim = claims::find("T6").unwrap();
    let budget = Budget { time: Duration::from_secs(3600), instances: 1000 };
    let report: HuntReport = hunt(claim, 1, budget, None, |_| {}).unwrap();
    let found = report.tightest.unwrap();
    assert!(found.closeness >= 1.0 - 1e-3, "{found:?}");
    assert!(report.counterexample.is_none());
}

fn dald(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("dald");
    let output = command.current_dir(folder).env("COLUMNS", "100").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_was_found_is_a_file_that_measure_reads() {
    let folder = tempfile::tempdir().unwrap();
    let (status, text, error) =
        dald(folder.path(), &["hunt", "c10", "--instances", "20", "--json", "found.json"]);
    assert_eq!((status, error.as_str()), (0, ""));
    assert!(text.starts_with("# C10 Mixtures: 20 instances") && text.contains("\n\n[target]\n"), "{text}");
    fs::write(folder.path().join("target.toml"), &text).unwrap();
    let (status, measured, error) =
        dald(folder.path(), &["measure", "target.toml", "--json", "measured.json"]);
    assert_eq!(status, 0, "{error}{measured}");
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(folder.path().join(name)).unwrap()).unwrap()
    };
    let (found, measured) = (read("found.json"), read("measured.json"));
    // The left side of C10 is the Poincaré constant of the law: the two enclosures of one number meet.
    let (left, right) = (&found["tightest"]["observed"], &measured["poincare_constant"]);
    let end = |x: &Value, name: &str| x[name].as_f64().unwrap();
    assert!(end(left, "lo") <= end(right, "hi") && end(right, "lo") <= end(left, "hi"), "{left} {right}");
    let schema: Value =
        serde_json::from_slice(&fs::read(place("docs/schemas/hunt.schema.json")).unwrap()).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let complaints = |value: &Value| validator.iter_errors(value).map(|e| e.to_string()).collect::<Vec<_>>();
    assert_eq!(complaints(&found), Vec::<String>::new());
    for (pointer, with) in [
        ("/instances", Value::from(-1)),
        ("/tightest/tape/0", 2.0.into()),
        ("/tightest/verdict", "passed".into()),
    ] {
        let mut spoilt = found.clone();
        *spoilt.pointer_mut(pointer).unwrap() = with;
        assert!(!complaints(&spoilt).is_empty(), "{pointer}");
    }
}

#[test]
fn a_hunt_is_the_same_again_and_bad_arguments_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| dald(folder.path(), &[&["hunt", "P1", "--instances", "40"], more].concat());
    assert_eq!(run(&["--seed", "5"]), run(&["--seed", "5"]));
    assert_ne!(run(&["--seed", "5"]), run(&["--seed", "6"]));
    for (arguments, word) in [
        (&["hunt"][..], "<ID>"),
        (&["hunt", "Z9"], "`Z9` is no claim"),
        (&["hunt", "P1", "--budget", "0"], "--budget"),
        (&["hunt", "P1", "--budget", "-3"], "-3"),
        (&["hunt", "P1", "--budget", "nan"], "--budget"),
        (&["hunt", "P1", "--instances", "0"], "--instances"),
        (&["hunt", "P1", "--family", "0"], "--family"),
        (&["hunt", "P1", "--family", "99"], "--family"),
        (&["hunt", "P1", "--json", "none/out.json"], "none"),
    ] {
        let (status, out, error) = dald(folder.path(), arguments);
        assert_eq!((status, out.as_str(), error.lines().count()), (2, "", 1), "{arguments:?}: {error}");
        assert!(error.contains(word), "{arguments:?}: {error}");
    }
}
