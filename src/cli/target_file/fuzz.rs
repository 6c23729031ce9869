//! Damaged target files and formulae: each is read or refused in a line that names the file, within a time limit, never with a panic.
//!
//! A short run is part of the tests; a long one is `cargo test --lib target_file::fuzz -- --ignored` (seconds from `DALD_FUZZ_SECONDS`, 600 if absent;
//! `DALD_SEED` for other cases). What a long run finds becomes a line of [`FOUND`].

use super::TargetFile;
use crate::enclosure::Interval;
use crate::numerics::expression::Expression;
use crate::numerics::jet::Jet;
use crate::numerics::stream::{Stream, stream};
use rand::RngExt;
use std::panic::catch_unwind;
use std::time::{Duration, Instant};

/// Files from which the damaged ones are made, every kind of target among them.
const CORPUS: &[&str] = &[
    "[target]\nkind = \"gaussian\"\nmean = [0, 1]\ncovariance = [[1, 0.25], [0.25, 2]]\n[schedule]\nkind = \"table\"\nt = [0, 0.5, 1]\n\
     lambda = [0, 0.25, 1]\n[run]\nkappa = [2, 0.5]\nstart = 0.125\n",
    "[target]\nkind = \"gaussian\"\nmean = 3\nstd = 1.5\n[base]\nkind = \"student\"\ndof = 5\n",
    "[target]\nkind = \"potential\"\nV = \"x^4/4 - 3*x^2/2\"\n[schedule]\nkind = \"power\"\nexponent = 2\n",
    "[target]\nkind = \"potential\"\nV = \"x + abs(x - 1)\"\ndomain = [0, inf]\n[schedule]\nkind = \"ou\"\nrate = 1\n",
    "[target]\nkind = \"gaussian_mixture\"\nweights = [1, 3]\nmeans = [-2, 2]\nstds = [0.5, 1]\n[run]\nkappa = [1e-3]\n",
    "[target]\nkind = \"gaussian_mixture\"\nweights = [0.3, 0.7]\nmeans = [[-2, 0], [1, 1]]\n\
     covariances = [[[0.5, 0.2], [0.2, 0.5]], [[1, 0], [0, 0.25]]]\n",
    "[target]\nkind = \"student\"\ndof = 5\nlocation = 1\nscale = 2\n",
    "[target]\nkind = \"student\"\ndof = 5\ndimension = 3\n",
    "[target]\nkind = \"uniform\"\ninterval = [0, 1]\n",
    "[target]\nkind = \"laplace\"\nrate = 2\n",
    "[target]\nkind = \"logistic\"\nscale = 0.5\n",
    "[target]\nkind = \"product\"\nfactors = [{kind = \"gaussian\", std = 2}, {kind = \"laplace\"}]\n",
    "[target]\nkind = \"radial\"\ndimension = 10\nV = \"r^2/2 + cos(r)\"\n",
    "[target]\nkind = \"points\"\nfile = \"none.csv\"\nbandwidth = 0.3\n",
];

/// What is put in.
const TOKENS: &[&str] = &[
    "nan",
    "inf",
    "-inf",
    "0",
    "-0.0",
    "-1",
    "1e999",
    "1e-320",
    "5e-324",
    "1e308",
    "-1e308",
    "1e-150",
    "1e150",
    "1e17",
    "0x10",
    "1_000_000",
    "9223372036854775807",
    "-9223372036854775808",
    "100000",
    "1000000000",
    "true",
    "1979-05-27",
    "[]",
    "[[]]",
    "{}",
    "\"\"",
    "'''",
    "\"\"\"",
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "#",
    "\n",
    "\\",
    "\u{0}",
    "é",
    "κ",
    "[run]\n",
    "[target]\n",
    "[[target]]\n",
    "[base]\n",
    "kind",
    "mean",
    "std",
    "covariance",
    "V",
    "variables = [\"x\", \"y\"]\n",
    "domain = [0, 1]\n",
    "domain = [-inf, inf]\n",
    "dimension",
    "dof",
    "weights",
    "means",
    "stds",
    "covariances",
    "factors",
    "file",
    "bandwidth",
    "kappa",
    "start",
    "\"gaussian\"",
    "\"potential\"",
    "\"gaussian_mixture\"",
    "\"student\"",
    "\"uniform\"",
    "\"product\"",
    "\"radial\"",
    "\"points\"",
    "\"linear\"",
    "\"table\"",
    "\"power\"",
    "x",
    "r",
    "y",
    "x^2",
    "^",
    "^^",
    "*",
    "/",
    "-",
    "(",
    ")",
    "((((",
    "exp(",
    "log(",
    "sqrt(",
    "cosh(",
    "tanh(",
    "abs(",
    "sin(",
    "log(x)",
    "exp(x)",
    "1/x",
    "pi",
    "e",
    "x^x",
    "x^1e9",
    "x^0.5",
    "x^-2",
    "exp(exp(x))",
    "log(abs(x))",
    "sin(1000*x)",
    "1e300*x^2",
    "1e-300*x^2",
    "abs(abs(abs(x)))",
];

/// Damaged files that once did harm.
const FOUND: &[&str] = &[
    // Shown as a text of several lines.
    "[target]\nkind = \"\\niform\"\ninterval = [0, 1]\n",
    "[target]\nkind = \"points\"\nfile = \"no\\ne.csv\"\nbandwidth = 0.3\n",
];

/// One case may take this long: reading finds the wells of a potential, which takes a fraction of a second with optimisation.
const LIMIT: Duration = Duration::from_secs(60);

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

fn pick<'a>(random: &mut Stream, list: &[&'a str]) -> &'a str {
    list[random.random_range(0..list.len())]
}

/// The text with a few stretches cut, doubled, moved, replaced, nested or repeated.
fn damaged(random: &mut Stream, mut text: String, tokens: &[&str]) -> String {
    for _ in 0..random.random_range(1..5) {
        let from = boundary(&text, random.random_range(0..text.len() + 1));
        let length = [0, 1, 3, 8, 30][random.random_range(0..5)];
        let until = boundary(&text, from + length).max(from);
        let stretch = text[from..until].to_owned();
        let with = match random.random_range(0..8) {
            0 => String::new(),
            1..=3 => pick(random, tokens).to_owned(),
            4 => format!("{stretch}{}", pick(random, tokens)),
            5 => stretch.repeat(random.random_range(2..20)),
            6 => {
                let token = pick(random, tokens);
                token.repeat([2, 30, 100, 3000][random.random_range(0..4)])
            }
            _ => {
                let depth = [2, 20, 70, 200][random.random_range(0..4)];
                let (open, close) =
                    [("(", ")"), ("[", "]"), ("-(", ")"), ("exp(", ")")][random.random_range(0..4)];
                format!("{}{stretch}{}", open.repeat(depth), close.repeat(depth))
            }
        };
        text.replace_range(from..until, &with);
        if random.random_range(0..8) == 0 {
            let to = boundary(&text, random.random_range(0..text.len() + 1));
            text.insert_str(to, &stretch);
        }
    }
    text
}

/// Reads a file; the reason if that did harm.
fn harm(text: &str) -> Option<String> {
    let start = Instant::now();
    let outcome = catch_unwind(|| TargetFile::parse("x.toml", text).map(|_| ()).map_err(|e| e.to_string()));
    let time = start.elapsed();
    match outcome {
        Err(_) => Some("panic".to_owned()),
        Ok(_) if time > LIMIT => Some(format!("{time:?}")),
        // Only what the whole of the file says has no place in it.
        Ok(Err(message)) if message.lines().count() != 1 => Some(format!("several lines: {message}")),
        Ok(_) => None,
    }
}

/// Reads a formula, evaluates it, prints it and reads it again.
fn harm_of_formula(text: &str) -> Option<String> {
    let start = Instant::now();
    let outcome = catch_unwind(|| {
        let Ok(formula) = Expression::parse(text, &["x"]) else { return true };
        for x in [0.0, -1.0, 1e-300, 1e300, f64::INFINITY, f64::NAN] {
            let _ = formula.evaluate(&[x]);
            let _ = formula.evaluate(&[Jet::<f64, 3>::variable(x)]);
        }
        for (lo, hi) in [(-1.0, 1.0), (0.0, f64::INFINITY), (f64::NEG_INFINITY, f64::INFINITY)] {
            let _ = formula.evaluate(&[Jet::<Interval, 3>::variable(Interval::new(lo, hi))]);
        }
        Expression::parse(&formula.to_string(), &["x"]) == Ok(formula)
    });
    let time = start.elapsed();
    match outcome {
        Err(_) => Some("panic".to_owned()),
        Ok(_) if time > LIMIT => Some(format!("{time:?}")),
        Ok(false) => Some("reads back as another formula".to_owned()),
        Ok(true) => None,
    }
}

/// Cases until the end is reached; all that did harm.
fn run(seed: u64, mut more: impl FnMut(u64) -> bool) -> (u64, Vec<(String, String)>) {
    const FORMULAE: &[&str] = &[
        "x^4/4 - 3*x^2/2",
        "exp(-x^2/2)*cos(3*x)",
        "log(cosh(x)) + abs(x - 1)/2",
        "1e-3*x^-2 + sqrt(x^2 + 1)",
        "-x^2^3",
    ];
    let mut harmful = Vec::new();
    let mut count = 0;
    while more(count) {
        let mut random = stream(seed, "fuzz/target file", count);
        let (text, reason) = if random.random_range(0..3) == 0 {
            let text = pick(&mut random, FORMULAE).to_owned();
            let text = damaged(&mut random, text, &TOKENS[TOKENS.len() - 40..]);
            let reason = harm_of_formula(&text);
            (text, reason)
        } else {
            let text = pick(&mut random, CORPUS).to_owned();
            let text = damaged(&mut random, text, TOKENS);
            let reason = harm(&text);
            (text, reason)
        };
        harmful.extend(reason.map(|reason| (reason, text)));
        count += 1;
    }
    (count, harmful)
}

#[test]
fn what_once_did_harm_does_none() {
    for text in CORPUS.iter().chain(FOUND) {
        assert_eq!(harm(text), None, "{text}");
    }
}

#[test]
fn damaged_files_and_formulae_do_no_harm() {
    let (_, harmful) = run(1, |count| count < 400);
    assert_eq!(harmful, Vec::new());
}

#[test]
#[ignore = "takes ten minutes"]
fn damaged_files_and_formulae_do_no_harm_for_long() {
    let number =
        |name: &str, default| std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(default);
    let end = Instant::now() + Duration::from_secs(number("DALD_FUZZ_SECONDS", 600));
    let (count, harmful) = run(number("DALD_SEED", 2), |_| Instant::now() < end);
    println!("{count} cases, {} harmful", harmful.len());
    for (reason, text) in &harmful {
        println!("{reason}: {text:?}");
    }
    // The most memory that was ever in use, where the system tells.
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: Option<u64> =
            peak.and_then(|text| text.trim().trim_end_matches(" kB").trim().parse().ok());
        println!("peak {kilobytes:?} kB");
        assert!(kilobytes.is_none_or(|k| k < 2 << 20), "more than 2 GiB");
    }
    assert!(harmful.is_empty());
}
