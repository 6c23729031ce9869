//! The program from outside: what it prints, what it writes, how it exits.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The program in an empty directory of its own.
struct Place {
    folder: TempDir,
}

/// What came out of a run.
struct Outcome {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        let place = Self::new();
        fs::write(place.path().join(name), content).unwrap();
        place
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command: Command = assert_cmd::cargo::cargo_bin_cmd!("dald");
        let output = command.current_dir(self.path()).env("COLUMNS", "100").args(arguments).output().unwrap();
        Outcome {
            status: output.status.code().expect("the program was not killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Names of the files, hidden ones included.
    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> = names.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Outcome {
    /// Bad input: status 2, nothing on standard output, one line that contains all the words.
    fn assert_refused(&self, words: &[&str]) {
        assert_eq!(self.status, 2, "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "no “{word}” in: {}", self.stderr);
        }
    }
}

/// Id of a claim that is quickly checked: the first of the registry.
fn some_claim() -> &'static str {
    dald::claims::all().next().unwrap().about().id
}

const GAUSSIAN: &str = "[target]\nkind = \"gaussian\"\nmean = [0, 1]\ncovariance = [[1, 0.2], [0.2, 2]]\n";

#[test]
fn audit_prints_a_ledger_without_escape_sequences_in_a_pipe() {
    let outcome = Place::new().run(&["audit", "--claim", some_claim(), "--level", "quick"]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains(some_claim()) && outcome.stdout.contains("1 claim: 1 held"));
    assert!(!outcome.stdout.contains('\x1b') && outcome.stderr.is_empty());
    assert!(outcome.stdout.lines().all(|line| line.chars().count() <= 100), "{}", outcome.stdout);
}

#[test]
fn audit_writes_json_to_a_file_or_to_standard_output() {
    let place = Place::new();
    let arguments = ["audit", "--claim", some_claim(), "--level", "quick", "--seed", "7"];
    let to_file = place.run(&[&arguments[..], &["--json", "ledger.json"]].concat());
    let to_stdout = place.run(&[&arguments[..], &["--json", "-"]].concat());
    assert_eq!((to_file.status, to_stdout.status), (0, 0));
    assert_eq!(place.files(), ["ledger.json"]);
    let mut files = [fs::read_to_string(place.path().join("ledger.json")).unwrap(), to_stdout.stdout]
        .map(|text| serde_json::from_str::<Value>(&text).unwrap());
    for value in &mut files {
        assert_eq!(value["seed"], 7);
        value["summary"]["seconds"] = 0.into();
        value["claims"][0]["seconds"] = 0.into();
    }
    assert_eq!(files[0], files[1]);
    // Standard output is the JSON's alone.
    assert!(to_stdout.stderr.contains("1 claim: 1 held") && to_file.stdout.contains("1 claim: 1 held"));
}

#[test]
fn quiet_audits_that_hold_print_nothing() {
    let outcome = Place::new().run(&["audit", "--claim", some_claim(), "--level", "quick", "--quiet"]);
    assert_eq!((outcome.status, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, "", ""));
}

#[test]
fn unknown_claims_and_chapters_are_refused_with_what_exists() {
    let place = Place::new();
    place.run(&["audit", "--claim", "B99"]).assert_refused(&["--claim", "`B99`", some_claim(), "B2"]);
    place.run(&["audit", "--chapter", "Z"]).assert_refused(&["--chapter", "`Z`", "B (KL bias)"]);
    place.run(&["explain", "nonsense"]).assert_refused(&["explain", "`nonsense`", "B2"]);
}

#[test]
fn bad_arguments_are_refused_in_one_line() {
    let place = Place::new();
    place.run(&["audit", "--level", "medium"]).assert_refused(&["--level", "'medium'", "quick", "full"]);
    place.run(&["audit", "--seed", "-1"]).assert_refused(&["--seed", "'-1'"]);
    place.run(&["audit", "--seed", "1.5"]).assert_refused(&["--seed", "'1.5'"]);
    place.run(&["audit", "--seed", "99999999999999999999999"]).assert_refused(&["--seed"]);
    place.run(&["audit", "--claim"]).assert_refused(&["--claim"]);
    place.run(&["explain"]).assert_refused(&["<ID>"]);
    place.run(&["measure"]).assert_refused(&["<FILE>"]);
    place.run(&["nonsense"]).assert_refused(&["'nonsense'"]);
    place.run(&["--nonsense"]).assert_refused(&["'--nonsense'"]);
}

#[test]
fn help_and_version_are_no_errors() {
    let place = Place::new();
    for arguments in
        [&["--help"][..], &["help"], &["audit", "--help"], &["explain", "-h"], &["measure", "-h"]]
    {
        let outcome = place.run(arguments);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(outcome.stdout.contains("Usage: dald"), "{}", outcome.stdout);
    }
    assert_eq!(place.run(&["--version"]).stdout, format!("dald {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn explain_says_what_a_reader_needs() {
    let outcome = Place::new().run(&["explain", "b2"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
    for section in [
        "Statement",
        "Hypotheses",
        "Why it is true",
        "What is checked",
        "What is not checked",
        "Source",
        "Instances",
        "Sharp cases",
        "False twins",
        "Rests on",
        "File",
    ] {
        assert!(outcome.stdout.contains(&format!("\n{section}")), "no {section}");
    }
    assert!(outcome.stdout.starts_with("B2  "));
}

#[test]
fn every_claim_can_be_explained_within_the_page() {
    for claim in dald::claims::all() {
        let text = dald::report::explain(claim);
        let wide: Vec<_> =
            text.lines().filter(|l| l.chars().count() > 100 && l.trim().contains(' ')).collect();
        assert_eq!(wide, Vec::<&str>::new(), "{}", claim.about().id);
    }
}

#[test]
fn measure_prints_and_writes_the_numbers() {
    let place = Place::with("target.toml", GAUSSIAN);
    let outcome = place.run(&["measure", "target.toml", "--json", "out.json"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
    assert!(outcome.stdout.contains("Poincaré constant of the target      2.03852"), "{}", outcome.stdout);
    assert_eq!(place.files(), ["out.json", "target.toml"]);
    let value: Value =
        serde_json::from_str(&fs::read_to_string(place.path().join("out.json")).unwrap()).unwrap();
    let kappas: Vec<_> =
        value["bias"].as_array().unwrap().iter().map(|b| b["kappa"].as_f64().unwrap()).collect();
    assert_eq!(kappas, [1.0, 0.3, 0.1]);
    let again = place.run(&["measure", "target.toml", "--json", "-"]);
    assert_eq!(serde_json::from_str::<Value>(&again.stdout).unwrap(), value);
    assert_eq!(again.stderr, outcome.stdout);
}

#[test]
fn measured_biases_are_the_known_ones() {
    // Computed independently, all digits given are good.
    let digits = 1e-7;
    let place = Place::with(
        "n.toml",
        "[target]\nkind = \"gaussian\"\nmean = 1\nstd = 0.5\n[base]\nkind = \"gaussian\"\n\
         [schedule]\nkind = \"power\"\nexponent = 2\n[run]\nkappa = [1.0, 0.1]\nstart = 0\n",
    );
    let value: Value =
        serde_json::from_str(&place.run(&["measure", "n.toml", "--json", "-"]).stdout).unwrap();
    for (pointer, expected) in [
        ("/bias/0/forward_kl", 0.2825164),
        ("/bias/0/reverse_kl", 0.52005137),
        ("/bias/1/forward_kl", 0.0030193545),
        ("/bias/1/reverse_kl", 0.0032211026),
        ("/small_kappa_limit", 0.265625),
        ("/poincare_constant", 0.25),
        ("/log_sobolev_constant", 0.5),
    ] {
        let enclosure = value.pointer(pointer).unwrap();
        let (lo, hi) = (enclosure["lo"].as_f64().unwrap(), enclosure["hi"].as_f64().unwrap());
        assert!(
            lo <= expected + digits && hi >= expected - digits && hi - lo < digits,
            "{pointer}: {enclosure}"
        );
    }
}

#[test]
fn a_plan_is_written_and_samples_are_drawn_with_it() {
    let place = Place::with("target.toml", GAUSSIAN);
    let arguments = ["plan", "target.toml", "--kl", "0.1", "--by", "computation", "--json", "plan.json"];
    let outcome = place.run(&arguments);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("by computation") && outcome.stdout.contains("cosine"));
    assert!(outcome.stdout.lines().all(|line| line.chars().count() <= 100), "{}", outcome.stdout);
    let plan: Value =
        serde_json::from_str(&fs::read_to_string(place.path().join("plan.json")).unwrap()).unwrap();
    assert!(plan["computed_kl"]["hi"].as_f64().unwrap() <= 0.1);
    let outcome = place.run(&["sample", "target.toml", "-n", "1000", "--plan", "plan.json", "-o", "out.csv"]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("plan: accepted"), "{}", outcome.stderr);
}

#[test]
fn plans_print_the_ratio_of_both_modes() {
    let place = Place::with("target.toml", GAUSSIAN);
    for mode in ["bounds", "computation"] {
        let outcome = place.run(&["plan", "target.toml", "--kl", "0.1", "--by", mode]);
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        let lines: Vec<Vec<&str>> = outcome.stdout.lines().map(|l| l.split_whitespace().collect()).collect();
        let header = ["schedule", "steps", "by", "computation", "by", "bounds", "ratio"];
        assert!(lines.iter().any(|line| line == &header), "{}", outcome.stdout);
        let row =
            lines.iter().find(|line| line[..] != header && line.len() == 4 && line[0] == "cosine").unwrap();
        let [computed, bounded, ratio] = [1, 2, 3].map(|i| row[i].parse::<f64>().unwrap());
        // Four digits are printed.
        let digits = 1e-3;
        assert!((bounded / computed / ratio - 1.0).abs() < digits && ratio > 1.0, "{row:?}");
        // The number of steps of the mode is that of the plan.
        let own = format!(", {} steps of", if mode == "bounds" { row[2] } else { row[1] });
        assert!(outcome.stdout.contains(&own), "{own}: {}", outcome.stdout);
    }
}

#[test]
fn plans_that_cannot_be_made_are_refused() {
    let place = Place::with("target.toml", GAUSSIAN);
    place.run(&["plan", "target.toml", "--kl", "0"]).assert_refused(&["--kl", "finite number > 0"]);
    place
        .run(&["plan", "target.toml", "--kl", "0.1", "--integrator", "rk4"])
        .assert_refused(&["rk4", "heun"]);
    place.run(&["plan", "none.toml", "--kl", "0.1"]).assert_refused(&["none.toml"]);
    // An infinite action: the accuracy is out of reach of the bounds.
    let linear = GAUSSIAN.to_owned() + "[schedule]\nkind = \"linear\"\n";
    let outcome = Place::with("target.toml", linear).run(&["plan", "target.toml", "--kl", "0.1"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
}

#[test]
fn an_infinite_action_is_said_to_be_infinite() {
    let linear = format!("{GAUSSIAN}[schedule]\nkind = \"linear\"\n");
    let place = Place::with("linear.toml", &linear);
    let outcome = place.run(&["measure", "linear.toml", "--json", "-"]);
    assert_eq!(outcome.status, 0);
    let value: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&value["action"]["lo"], &value["action"]["hi"]), (&"inf".into(), &"inf".into()));
    assert!(value["notes"][0].as_str().unwrap().starts_with("action: infinite"));
    let later = Place::with("later.toml", format!("{linear}[run]\nstart = 0.1\n"));
    let value: Value =
        serde_json::from_str(&later.run(&["measure", "later.toml", "--json", "-"]).stdout).unwrap();
    assert!(value["action"]["hi"].is_number());
}

#[test]
fn every_schedule_of_the_file_format_is_measured() {
    for schedule in [
        "kind = \"linear\"",
        "kind = \"power\"\nexponent = 1.5",
        "kind = \"cosine\"",
        "kind = \"ou\"\nrate = 2",
        "kind = \"table\"\nt = [0, 0.5, 1]\nlambda = [0, 0.25, 1]",
    ] {
        let place = Place::with(
            "s.toml",
            format!("{GAUSSIAN}[schedule]\n{schedule}\n[run]\nstart = 0.1\nkappa = [0.5]"),
        );
        let outcome = place.run(&["measure", "s.toml"]);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""), "{schedule}");
    }
}

/// A target file, and words that the one line about it has to contain.
const MALFORMED: &[(&str, &[&str])] = &[
    ("", &["is empty", "a target file"]),
    (" \n\t\n", &["is empty"]),
    ("# nothing but a remark\n", &["target", "missing"]),
    ("[target\nkind = 1", &["line 1"]),
    ("[target]\nkind = \"gaussian\"\nstd = 1\nstd = 2", &["line 4"]),
    ("[target]\nkind = \"gaussian\"\nstd = [1", &["line 3", "expected"]),
    ("target = 3", &["target", "3", "a table"]),
    ("[target]\nstd = 1", &["target.kind", "missing", "gaussian_mixture"]),
    ("[target]\nkind = \"gausian\"\nstd = 1", &["target.kind", "gausian", "student", "points"]),
    ("[target]\nkind = 3\nstd = 1", &["target.kind", "3", "gaussian"]),
    ("[target]\nkind = \"gaussian\"\nstd = 1\ncolour = 2", &["target.colour", "unknown key", "covariance"]),
    ("[target]\nkind = \"gaussian\"\nstd = 1\n[extra]\na = 1", &["extra", "unknown key", "schedule"]),
    ("[target]\nkind = \"gaussian\"", &["target", "exactly one of `covariance` and `std`"]),
    ("[target]\nkind = \"gaussian\"\nstd = 1\ncovariance = [[1]]", &["exactly one"]),
    ("[target]\nkind = \"gaussian\"\nstd = 0", &["target.std", "0", "> 0"]),
    ("[target]\nkind = \"gaussian\"\nstd = -1.5", &["target.std", "-1.5", "> 0"]),
    ("[target]\nkind = \"gaussian\"\nstd = nan", &["target.std", "nan", "finite"]),
    ("[target]\nkind = \"gaussian\"\nstd = inf", &["target.std", "inf", "finite"]),
    ("[target]\nkind = \"gaussian\"\nstd = 1e200", &["target.std", "square"]),
    ("[target]\nkind = \"gaussian\"\nstd = 1e-200", &["target.std", "square"]),
    ("[target]\nkind = \"gaussian\"\nstd = \"1\"", &["target.std", "\"1\"", "number"]),
    ("[target]\nkind = \"gaussian\"\nstd = 1979-05-27", &["target.std", "1979-05-27", "number"]),
    ("[target]\nkind = \"gaussian\"\nmean = [0, 1]\nstd = 1", &["target.std", "`covariance` instead"]),
    ("[target]\nkind = \"gaussian\"\nmean = []\nstd = 1", &["target.mean", "not empty"]),
    (
        "[target]\nkind = \"gaussian\"\nmean = [0, nan]\ncovariance = [[1, 0], [0, 1]]",
        &["target.mean[1]", "nan"],
    ),
    (
        "[target]\nkind = \"gaussian\"\nmean = [0]\ncovariance = [[1, 0], [0, 1]]",
        &["target.mean", "2 numbers"],
    ),
    ("[target]\nkind = \"gaussian\"\ncovariance = []", &["target.covariance", "not empty"]),
    ("[target]\nkind = \"gaussian\"\ncovariance = [1, 2]", &["target.covariance[0]", "a row of 2 numbers"]),
    ("[target]\nkind = \"gaussian\"\ncovariance = [[1, 0], [0]]", &["target.covariance[1]", "2 numbers"]),
    (
        "[target]\nkind = \"gaussian\"\ncovariance = [[1, 0, 0], [0, 1, 0]]",
        &["target.covariance[0]", "2 numbers"],
    ),
    ("[target]\nkind = \"gaussian\"\ncovariance = [[1, inf], [inf, 1]]", &["target.covariance[0][1]", "inf"]),
    (
        "[target]\nkind = \"gaussian\"\ncovariance = [[1, 0.2], [0.3, 1]]",
        &["target.covariance[1][0]", "0.3", "0.2"],
    ),
    ("[target]\nkind = \"gaussian\"\ncovariance = [[1, 0], [0, -1]]", &["target.covariance[1][1]", "-1"]),
    (
        "[target]\nkind = \"gaussian\"\ncovariance = [[1, 2], [2, 1]]",
        &["target.covariance", "positive definite"],
    ),
    (
        "[target]\nkind = \"gaussian\"\ncovariance = [[1, 1], [1, 1]]",
        &["target.covariance", "positive definite"],
    ),
];

/// The same for what comes after a good target.
const MALFORMED_REST: &[(&str, &[&str])] = &[
    ("[base]\nkind = \"student\"", &["base.dof", "missing"]),
    ("[base]\nkind = \"student\"\ndof = 0", &["base.dof", "0", "> 0"]),
    ("[base]\nkind = \"normal\"", &["base.kind", "normal", "student"]),
    ("[base]", &["base.kind", "missing"]),
    ("[base]\nkind = \"gaussian\"\ndof = 5", &["base.dof", "unknown key"]),
    ("[schedule]\nkind = \"cubic\"", &["schedule.kind", "cubic", "linear, power, cosine, ou, table"]),
    ("[schedule]\nkind = \"power\"", &["schedule.exponent", "missing"]),
    ("[schedule]\nkind = \"power\"\nexponent = 0", &["schedule.exponent", "0", "> 0"]),
    ("[schedule]\nkind = \"linear\"\nexponent = 2", &["schedule.exponent", "unknown key"]),
    ("[schedule]\nkind = \"ou\"\nrate = -1", &["schedule.rate", "-1"]),
    ("[schedule]\nkind = \"table\"\nt = [0, 1]", &["schedule.lambda", "missing"]),
    ("[schedule]\nkind = \"table\"\nt = [0, 1]\nlambda = [0, 0.5, 1]", &["schedule.lambda", "2 numbers"]),
    (
        "[schedule]\nkind = \"table\"\nt = [0, 0.5, 1]\nlambda = [0, 0, 1]",
        &["schedule.lambda[1]", "increase"],
    ),
    ("[schedule]\nkind = \"table\"\nt = [0, 0.5, 0.9]\nlambda = [0, 0.5, 1]", &["schedule.t[2]", "0.9"]),
    ("[schedule]\nkind = \"table\"\nt = [0, 0.5, 1]\nlambda = [0.1, 0.5, 1]", &["schedule.lambda[0]", "0.1"]),
    ("[schedule]\nkind = \"table\"\nt = [0, nan, 1]\nlambda = [0, 0.5, 1]", &["schedule.t[1]", "nan"]),
    ("[schedule]\nkind = \"table\"\nt = []\nlambda = []", &["schedule.t", "list"]),
    ("[run]\nkappa = []", &["run.kappa", "not empty"]),
    ("[run]\nkappa = 0.1", &["run.kappa", "0.1", "list"]),
    ("[run]\nkappa = [0.1, 0]", &["run.kappa[1]", "0", "> 0"]),
    ("[run]\nkappa = [-1]", &["run.kappa[0]", "-1", "> 0"]),
    ("[run]\nkappa = [nan]", &["run.kappa[0]", "nan"]),
    ("[run]\nkappa = [inf]", &["run.kappa[0]", "inf"]),
    ("[run]\nstart = 1", &["run.start", "[0, 1)"]),
    ("[run]\nstart = -0.1", &["run.start", "-0.1"]),
    ("[run]\nstart = nan", &["run.start", "nan"]),
    ("[run]\nsteps = 3", &["run.steps", "unknown key", "kappa, start"]),
    ("[[run]]\nkappa = [1]", &["run", "a table"]),
];

#[test]
fn malformed_target_files_are_refused_with_file_and_key() {
    let rest = MALFORMED_REST.iter().map(|(text, words)| (format!("{GAUSSIAN}{text}"), *words));
    for (text, words) in MALFORMED.iter().map(|(text, words)| ((*text).to_owned(), *words)).chain(rest) {
        let place = Place::with("bad.toml", &text);
        let outcome = place.run(&["measure", "bad.toml", "--json", "out.json"]);
        outcome.assert_refused(words);
        outcome.assert_refused(&["bad.toml"]);
        assert_eq!(place.files(), ["bad.toml"], "{text}");
    }
}

#[test]
fn files_that_are_no_text_are_refused() {
    let place = Place::with("bytes.toml", [b'a', 0xff, 0xfe]);
    place.run(&["measure", "bytes.toml"]).assert_refused(&["bytes.toml", "byte 1", "UTF-8"]);
    place.run(&["measure", "missing.toml"]).assert_refused(&["missing.toml", "No such file"]);
    place.run(&["measure", "."]).assert_refused(&["directory"]);
    place.run(&["measure", ""]).assert_refused(&["error"]);
}

#[test]
fn huge_files_are_refused() {
    let place = Place::new();
    let file = fs::File::create(place.path().join("huge.toml")).unwrap();
    // Sparse: no bytes are written.
    file.set_len(1 << 36).unwrap();
    place.run(&["measure", "huge.toml"]).assert_refused(&["huge.toml", "larger than 32 MiB"]);
}

#[test]
fn deeply_nested_files_are_refused() {
    let text =
        format!("[target]\nkind = \"gaussian\"\nmean = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    Place::with("deep.toml", text).run(&["measure", "deep.toml"]).assert_refused(&["deep.toml", "line 3"]);
}

#[test]
fn extreme_numbers_give_a_result_or_an_honest_refusal() {
    for (text, run) in [
        ("std = 1e-100", "kappa = [1.0]"),
        ("std = 1e100", "kappa = [1.0]"),
        ("std = 1\nmean = 1e300", "kappa = [1.0]"),
        ("std = 2", "kappa = [1e-300]"),
        ("std = 2", "kappa = [1e300]"),
        ("std = 2", "kappa = [0.1]\nstart = 0.9999999999999999"),
        ("std = 0.001", "kappa = [1e-9]"),
    ] {
        let place = Place::with("x.toml", format!("[target]\nkind = \"gaussian\"\n{text}\n[run]\n{run}\n"));
        let outcome = place.run(&["measure", "x.toml", "--json", "x.json"]);
        let written = place.files().contains(&"x.json".to_owned());
        match outcome.status {
            0 => assert!(written && outcome.stderr.is_empty(), "{text} {run}"),
            status => {
                assert_eq!(status, 1, "{text} {run}: {}", outcome.stderr);
                assert!(!written && outcome.stderr.lines().count() == 1, "{text} {run}: {}", outcome.stderr);
            }
        }
    }
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_the_work() {
    let place = Place::with("target.toml", GAUSSIAN);
    fs::create_dir(place.path().join("folder")).unwrap();
    place
        .run(&["measure", "target.toml", "--json", "none/out.json"])
        .assert_refused(&["none", "no such directory"]);
    place.run(&["measure", "target.toml", "--json", "folder"]).assert_refused(&["folder", "directory"]);
    place.run(&["measure", "target.toml", "--json", ""]).assert_refused(&["empty"]);
    place.run(&["measure", "target.toml", "--json", "target.toml/x"]).assert_refused(&["target.toml/x"]);
    place.run(&["audit", "--json", "none/out.json"]).assert_refused(&["none"]);
    assert_eq!(place.files(), ["folder", "target.toml"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_takes_no_files_is_refused() {
    // Not even the superuser may write here.
    let outcome =
        Place::with("target.toml", GAUSSIAN).run(&["measure", "target.toml", "--json", "/proc/out.json"]);
    outcome.assert_refused(&["/proc/out.json", "cannot write in /proc"]);
}

#[cfg(unix)]
#[test]
fn a_read_only_directory_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with("target.toml", GAUSSIAN);
    let folder = place.path().join("locked");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // The superuser may write all the same.
    if fs::File::create(folder.join("probe")).is_err() {
        let outcome = place.run(&["measure", "target.toml", "--json", "locked/out.json"]);
        outcome.assert_refused(&["locked/out.json", "permission denied"]);
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_output_file_is_replaced_as_a_whole_or_not_at_all() {
    let place = Place::with("target.toml", GAUSSIAN);
    let out = place.path().join("out.json");
    fs::write(&out, "precious").unwrap();
    fs::write(place.path().join("bad.toml"), "[target]").unwrap();
    place.run(&["measure", "bad.toml", "--json", "out.json"]).assert_refused(&["bad.toml"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), "precious");
    assert_eq!(place.run(&["measure", "target.toml", "--json", "out.json"]).status, 0);
    assert!(serde_json::from_str::<Value>(&fs::read_to_string(&out).unwrap()).is_ok());
    assert_eq!(place.files(), ["bad.toml", "out.json", "target.toml"]);
}

#[cfg(unix)]
#[test]
fn devices_and_links_are_written_through() {
    use std::os::unix::fs::FileTypeExt;
    let place = Place::with("target.toml", GAUSSIAN);
    assert_eq!(place.run(&["measure", "target.toml", "--json", "/dev/null"]).status, 0);
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    fs::write(place.path().join("real.json"), "").unwrap();
    std::os::unix::fs::symlink("real.json", place.path().join("link.json")).unwrap();
    assert_eq!(place.run(&["measure", "target.toml", "--json", "link.json"]).status, 0);
    assert!(fs::symlink_metadata(place.path().join("link.json")).unwrap().is_symlink());
    assert!(fs::read_to_string(place.path().join("real.json")).unwrap().starts_with('{'));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_reported() {
    use std::process::{Command, Stdio};
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(assert_cmd::cargo::cargo_bin!("dald"))
        .args(["explain", "B2"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("standard output: No space left"));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_panic() {
    use std::process::{Command, Stdio};
    let place = Place::with("target.toml", GAUSSIAN);
    for arguments in [&["explain", "B2"][..], &["--help"], &["measure", "target.toml", "--json", "-"]] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("dald"))
            .args(arguments)
            .current_dir(place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closes the reading end before anything can have been read.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    }
}
