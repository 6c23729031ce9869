//! `dald measure` on targets that are not Gaussian: constants, absences with their notes, refusals.

#[path = "../locked/mod.rs"]
mod locked;
mod refusals;

use assert_cmd::Command;
use dald::dynamics::fokker_planck::{Accuracy, bias_on_line};
use dald::enclosure::Enclosure;
use dald::measure::gaussian::Gaussian;
use dald::measure::line::LineMeasure;
use dald::path::line::{LineBase, PotentialCurve};
use dald::path::{GaussianPath, LinePath, MixtureCurve, Schedule};
use dald::transport::line::MetricDerivative;
use serde_json::Value;
use std::f64::consts::FRAC_PI_2;
use std::fmt::Write;
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;

/// What the JSON calls infinite.
const INFINITE: (f64, f64) = (f64::INFINITY, f64::INFINITY);

/// A folder with `target.toml` and perhaps `data.csv`.
struct Place(TempDir);

impl Place {
    fn new(target: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("target.toml"), format!("[target]\n{target}\n")).unwrap();
        Self(folder)
    }

    fn with_data(self, data: &str) -> Self {
        fs::write(self.0.path().join("data.csv"), data).unwrap();
        self
    }

    /// Status, standard output and standard error.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command: Command = assert_cmd::cargo::cargo_bin_cmd!("dald");
        let output = command.current_dir(self.0.path()).args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// The JSON, which has to follow its schema, with its numbers as locked under `name`.
    fn measured(&self, name: &str) -> Value {
        let (status, stdout, stderr) = self.run(&["measure", "target.toml", "--json", "-"]);
        assert_eq!(status, 0, "{stderr}");
        let value: Value = serde_json::from_str(&stdout).unwrap();
        let schema =
            fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/measure.schema.json"));
        let schema: Value = serde_json::from_str(&schema.unwrap()).unwrap();
        let complaints: Vec<String> = jsonschema::draft202012::new(&schema)
            .unwrap()
            .iter_errors(&value)
            .map(|e| format!("{e} at {}", e.instance_path()))
            .collect();
        assert_eq!(complaints, Vec::<String>::new());
        let mut numbers = String::new();
        quantities(&value, "", &mut numbers);
        let differences = locked::differences(&format!("measured/{name}.txt"), &numbers);
        assert!(differences.is_empty(), "{name}:\n{}", differences.join("\n"));
        value
    }

    /// Status 2, nothing on standard output or left behind, one line with all the words.
    fn assert_refused(&self, words: &[&str]) {
        let (status, stdout, stderr) = self.run(&["measure", "target.toml", "--json", "out.json"]);
        assert_eq!((status, stdout.as_str(), stderr.lines().count()), (2, "", 1), "{stdout}{stderr}");
        for word in words {
            assert!(stderr.contains(word), "no “{word}” in: {stderr}");
        }
        assert!(!self.0.path().join("out.json").exists());
    }
}

/// Every enclosure in the JSON under its path, a heading and a line each.
fn quantities(value: &Value, path: &str, text: &mut String) {
    match value {
        Value::Object(fields) if fields.contains_key("evidence") => {
            if let Ok(enclosure) = serde_json::from_value::<Enclosure>(value.clone()) {
                let side = locked::side(enclosure);
                writeln!(text, "{path}\n  {side} = {side}").unwrap();
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(k, v)| quantities(v, &format!("{path}/{k}"), text)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(k, v)| quantities(v, &format!("{path}/{k}"), text));
        }
        _ => {}
    }
}

/// Both ends of a quantity; an unknown end is infinite on its side.
fn ends(value: &Value, key: &str) -> (f64, f64) {
    let end = |name: &str, unknown: f64| match &value[key][name] {
        Value::Number(x) => x.as_f64().unwrap(),
        Value::String(word) if word == "inf" => f64::INFINITY,
        Value::Null => unknown,
        other => panic!("{key}.{name}: {other}"),
    };
    (end("lo", f64::NEG_INFINITY), end("hi", f64::INFINITY))
}

/// The constants alone of a target, quickly: it is measured beside a factor with smaller constants, with a base from which no path of
/// a product is followed.
fn constants_of(target: &str, name: &str) -> Value {
    let factor = format!("{{ {} }}", target.replace('\n', ", "));
    Place::new(&format!("kind = \"product\"\nfactors = [{factor}, {NARROW_FACTOR}]\n{NO_PATH}"))
        .measured(name)
}

const NARROW_FACTOR: &str = "{ kind = \"gaussian\", mean = 0, std = 0.001 }";

const NO_PATH: &str = "[base]\nkind = \"student\"\ndof = 3";

fn evidence<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]["evidence"].as_str().unwrap()
}

/// Asserts that the enclosure has the number inside, up to its rounding, and is narrow.
fn assert_at(value: &Value, key: &str, exact: f64, width: f64) {
    let (lo, hi) = ends(value, key);
    let rounding = 4.0 * f64::EPSILON * exact;
    assert!(lo - rounding <= exact && exact <= hi + rounding, "{key}: [{lo}, {hi}], exact {exact}");
    assert!(hi - lo <= width * exact, "{key}: [{lo}, {hi}], relative width {width}");
}

/// Relative width of values that are found by closed forms, certificates or quadrature.
const NARROW: f64 = 1e-8;
/// Slack of the log-Sobolev certificate for the double well: the second of those that the search tries.
const CERTIFICATE: f64 = 0.03;
/// A certified lower end is preferred to one without certificate that is higher by this share.
const PREFERENCE: f64 = 1e-6;

#[test]
fn double_well_is_certified_and_agrees_with_another_method() {
    let value = constants_of("kind = \"potential\"\nV = \"x^4/4 - 3*x^2/2\"", "double_well");
    assert_eq!(evidence(&value, "poincare_constant"), "certified");
    // The Schrödinger operator in a basis of 500 sinc functions on [−7, 7] (numpy), and scipy's quadrature; the
    // digits on which two meshes agree.
    let digits = 1e-10;
    for (key, other) in [("poincare_constant", 7.657_679_465_4), ("variance", 2.585_304_878_207_7)] {
        let (lo, hi) = ends(&value, key);
        assert!(hi - lo <= NARROW * hi, "{key}: [{lo}, {hi}]");
        assert!(lo * (1.0 - digits) <= other && other <= hi * (1.0 + digits), "{key}: [{lo}, {hi}], {other}");
    }
    let (lo, hi) = ends(&value, "log_sobolev_constant");
    let twice = 2.0 * ends(&value, "poincare_constant").0;
    let widest = 1.0 + CERTIFICATE + 2.0 * PREFERENCE;
    assert!(lo >= twice * (1.0 - PREFERENCE) && hi <= lo * widest, "[{lo}, {hi}], 2C_P = {twice}");
}

#[test]
fn exponential_on_a_half_line_has_no_log_sobolev_inequality() {
    let value = constants_of("kind = \"potential\"\nV = \"x\"\ndomain = [0, inf]", "exponential");
    assert_at(&value, "poincare_constant", 4.0, 1e-6);
    assert_at(&value, "variance", 1.0, NARROW);
    assert_eq!(ends(&value, "log_sobolev_constant"), INFINITE);
    assert!(value["log_sobolev_constant"]["lo"] == "inf" && value["log_sobolev_constant"]["hi"] == "inf");
}

#[test]
fn named_laws_have_their_known_constants() {
    let pi = std::f64::consts::PI;
    let infinite = f64::INFINITY;
    for (target, poincare, log_sobolev, variance) in [
        ("kind = \"student\"\ndof = 5\nscale = 2", infinite, infinite, 20.0 / 3.0),
        ("kind = \"student\"\ndof = 2", infinite, infinite, infinite),
        ("kind = \"uniform\"\ninterval = [-1, 2]", 9.0 / (pi * pi), 18.0 / (pi * pi), 0.75),
        ("kind = \"laplace\"\nrate = 2", 1.0, infinite, 0.5),
        ("kind = \"logistic\"\nscale = 0.5", 1.0, infinite, pi * pi / 12.0),
        ("kind = \"gaussian_mixture\"\nweights = [3]\nmeans = [[1]]\nstds = [2]", 4.0, 8.0, 4.0),
    ] {
        let kind = target.split('"').nth(1).unwrap();
        let value = constants_of(target, &format!("{kind}_{variance:.2}"));
        for (key, exact, width) in [
            ("poincare_constant", poincare, 1e-6),
            ("log_sobolev_constant", log_sobolev, 1e-6),
            ("variance", variance, NARROW),
        ] {
            if exact.is_infinite() {
                assert_eq!(ends(&value, key), INFINITE, "{target} {key}");
            } else {
                assert_at(&value, key, exact, width);
            }
        }
    }
}

#[test]
fn products_take_the_largest_constant_of_their_factors() {
    let gaussian = "{ kind = \"gaussian\", mean = [0, 1], covariance = [[1, 0], [0, 4]] }";
    let uniform = "{ kind = \"uniform\", interval = [0, 1] }";
    let value = Place::new(&format!("kind = \"product\"\nfactors = [{gaussian}, {uniform}]\n{NO_PATH}"))
        .measured("product_of_two");
    assert_at(&value, "poincare_constant", 4.0, NARROW);
    assert_at(&value, "log_sobolev_constant", 8.0, NARROW);
    assert_at(&value, "variance", 4.0, NARROW);
    // A factor without an inequality decides; a product may be a factor.
    let inner = format!("{{ kind = \"product\", factors = [{gaussian}, {{ kind = \"laplace\" }}] }}");
    let value = Place::new(&format!("kind = \"product\"\nfactors = [{uniform}, {inner}]\n{NO_PATH}"))
        .measured("product_in_product");
    assert_at(&value, "poincare_constant", 4.0, NARROW);
    assert_eq!(ends(&value, "log_sobolev_constant"), INFINITE);
    assert_eq!(evidence(&value, "log_sobolev_constant"), "certified");
}

#[test]
fn radial_laws_are_bounded_by_convexity_where_there_is_some() {
    let value = Place::new(&format!("kind = \"radial\"\ndimension = 10\nV = \"r^2/2\"\n{NO_PATH}"))
        .measured("radial_normal");
    assert_at(&value, "poincare_constant", 1.0, NARROW);
    assert_at(&value, "log_sobolev_constant", 2.0, NARROW);
    assert_at(&value, "variance", 1.0, NARROW);
    // Not convex: the upper end is not known, and the notes say so.
    let value = Place::new(&format!("kind = \"radial\"\ndimension = 3\nV = \"r^4/4 - r^2\"\n{NO_PATH}"))
        .measured("radial_double_well");
    let (lo, hi) = ends(&value, "poincare_constant");
    assert!(lo > ends(&value, "variance").0 * (1.0 - NARROW) && hi.is_finite());
    assert!(value["log_sobolev_constant"]["hi"].is_null());
    assert!(ends(&value, "log_sobolev_constant").0 >= 2.0 * lo * (1.0 - f64::EPSILON));
    assert!(value["notes"][0].as_str().unwrap().contains("the upper end is not known"));
    let value = Place::new(&format!("kind = \"radial\"\ndimension = 3\nV = \"r\"\n{NO_PATH}"))
        .measured("radial_exponential");
    assert_at(&value, "poincare_constant", 16.0 / 3.0, NARROW);
    assert_at(&value, "variance", 4.0, NARROW);
    assert_eq!(ends(&value, "log_sobolev_constant"), INFINITE);
}

#[test]
fn a_radial_path_is_followed_through_its_norm() {
    let run = "[schedule]\nkind = \"power\"\nexponent = 2\n[run]\nkappa = [0.1]";
    let radial = Place::new(&format!("kind = \"radial\"\ndimension = 3\nV = \"r^2/8\"\n{run}"))
        .measured("radial_path");
    let covariance = "[[4, 0, 0], [0, 4, 0], [0, 0, 4]]";
    let normal = format!("kind = \"gaussian\"\nmean = [0, 0, 0]\ncovariance = {covariance}\n{run}");
    let normal = Place::new(&normal).measured("radial_path_as_normal");
    let meet = |a: (f64, f64), b: (f64, f64)| {
        let rounding = 1e-9 * (1.0 + b.0.abs());
        assert!(a.0 <= b.1 + rounding && b.0 <= a.1 + rounding, "{a:?} {b:?}");
    };
    for key in ["action", "small_kappa_limit", "variance"] {
        meet(ends(&radial, key), ends(&normal, key));
    }
    for key in ["forward_kl", "reverse_kl", "girsanov_bound", "poincare_bound"] {
        let (of_radial, of_normal) = (ends(&radial["bias"][0], key), ends(&normal["bias"][0], key));
        meet(of_radial, of_normal);
        assert!(of_radial.1 - of_radial.0 < 0.01 * of_normal.0, "{key}: {of_radial:?}");
    }
    // The norm contracts more than the whole: its bound is the smaller one, and it is one.
    let bound = ends(&radial["bias"][0], "log_sobolev_bound").0;
    assert!(ends(&normal["bias"][0], "forward_kl").1 < bound);
    assert!(bound < ends(&normal["bias"][0], "log_sobolev_bound").1);
    for key in ["score_lipschitz", "conditional_poincare_sup"] {
        let (ours, theirs) = (radial[key].as_array().unwrap(), normal[key].as_array().unwrap());
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            for inner in ["lower", "upper", "value"] {
                if !ours[inner].is_null() {
                    meet(ends(ours, inner), ends(theirs, inner));
                }
            }
        }
    }
}

#[test]
fn points_are_a_mixture_with_equal_weights() {
    let data = "# height\n-1\n\n1\r\n 1 # twice\n";
    let points = "kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 0.75";
    let place = Place::new(&format!("{points}\n[run]\nkappa = [1]")).with_data(data);
    let mixture = "kind = \"gaussian_mixture\"\nweights = [1, 2]\nmeans = [-1, 1]\ncovariances = [[[0.5625]], 0.5625]\n[run]\nkappa = [1]";
    let (of_points, of_mixture) =
        (place.measured("points"), Place::new(mixture).measured("points_as_mixture"));
    assert_eq!(of_points, of_mixture);
    // Var = s² + 4·(1/3)(2/3).
    assert_at(&of_points, "variance", 0.5625 + 8.0 / 9.0, NARROW);
    // The file is looked for beside the target file, wherever the program runs; a single point is measured quickly.
    let place = Place::new(points).with_data("1\n");
    let path = place.0.path().join("target.toml");
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command: Command = assert_cmd::cargo::cargo_bin_cmd!("dald");
    let output = command.current_dir(elsewhere.path()).arg("measure").arg(path).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_text_has_constants_and_notes_alone() {
    let place = Place::new(
        "kind = \"product\"\nfactors = [{ kind = \"laplace\" }, { kind = \"laplace\" }]\n[base]\nkind = \"student\"\ndof = 3",
    );
    let (status, stdout, stderr) = place.run(&["measure", "target.toml"]);
    assert_eq!((status, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with("target product of [laplace, rate 1 on (-inf, inf)]"), "{stdout}");
    assert!(stdout.contains("Poincaré constant of the target      4            certified\n"), "{stdout}");
    assert!(stdout.contains("log-Sobolev constant of the target   inf          certified\n"), "{stdout}");
    assert!(!stdout.contains("Girsanov") && stdout.contains("- bias: absent"), "{stdout}");
    assert!(
        stdout.lines().all(|line| line.chars().count() <= 100 || line.starts_with("Bias at")),
        "{stdout}"
    );
    assert_eq!(place.run(&["measure", "target.toml"]).1, stdout);
}

/// The entry of a list whose `key` has the value.
fn entry<'a>(value: &'a Value, list: &str, key: &str, at: f64) -> &'a Value {
    let all = value[list].as_array().unwrap();
    all.iter()
        .find(|entry| entry[key].as_f64() == Some(at))
        .unwrap_or_else(|| panic!("{list} {key} {at}: {value}"))
}

/// Half a unit of the last digit of a reference, relative.
const FIVE_DIGITS: f64 = 5e-5;

/// Asserts that the enclosure and the reference agree to the digits of the latter and what is asked of the former.
fn assert_agrees(value: &Value, key: &str, reference: f64, digits: f64) {
    let (lo, hi) = ends(value, key);
    let slack = digits * reference.abs();
    assert!(lo - slack <= reference && reference <= hi + slack, "{key}: [{lo}, {hi}], {reference}");
    assert!(hi - lo <= 40.0 * slack, "{key}: [{lo}, {hi}]");
}

const WELLS: &str = "kind = \"gaussian_mixture\"\nweights = [1, 1]\nmeans = [-2, 2]\nstds = [0.5, 0.5]";

#[test]
fn two_wells_have_their_action_and_bias() {
    let value = Place::new(&format!("{WELLS}\n[run]\nkappa = [0.1]")).measured("two_wells");
    // mpmath, and the Fokker-Planck equation by another program.
    assert_agrees(&value, "action", 2.125_092_159_8, 1e-9);
    assert_at(&value, "small_kappa_limit", 0.0, NARROW);
    let bias = entry(&value, "bias", "kappa", 0.1);
    assert_agrees(bias, "forward_kl", 2.1751e-5, FIVE_DIGITS);
    assert_agrees(bias, "girsanov_bound", 0.025 * 2.125_092_159_8, 1e-9);
    for bound in ["girsanov_bound", "poincare_bound", "log_sobolev_bound"] {
        assert!(ends(bias, "forward_kl").1 < ends(bias, bound).0, "{bias}");
    }
    // At t = ½: components of variance c = (¼ + 1)/2 at ±√2; between them −1/c + 2/c².
    let (half, c) = (entry(&value, "score_lipschitz", "t", 0.5), 0.625);
    assert_agrees(half, "lower", -1.0 / c, NARROW);
    assert_agrees(half, "upper", -1.0 / c + 2.0 / (c * c), NARROW);

    let value = Place::new(&format!("{WELLS}\n[schedule]\nkind = \"linear\"\n[run]\nkappa = [0.1]"))
        .measured("two_wells_linear");
    assert_agrees(&value, "action", 1.753_537_417_8, 1e-9);
    assert_agrees(&value, "small_kappa_limit", 0.159_94, FIVE_DIGITS);
    let bias = entry(&value, "bias", "kappa", 0.1);
    assert_agrees(bias, "forward_kl", 1.8035e-3, FIVE_DIGITS);
    assert_agrees(bias, "reverse_kl", 1.8682e-3, FIVE_DIGITS);
}

#[test]
fn an_asymmetric_mixture_has_its_action_and_limit() {
    let target = "kind = \"gaussian_mixture\"\nweights = [0.3, 0.7]\nmeans = [-1.5, 1]\nstds = [0.5, 0.6]";
    let square = "[schedule]\nkind = \"power\"\nexponent = 2\n[run]\nkappa = [0.1]";
    let value = Place::new(&format!("{target}\n{square}")).measured("asymmetric_mixture");
    // mpmath.
    assert_agrees(&value, "action", 0.428_472_5, 2e-6);
    assert_agrees(&value, "small_kappa_limit", 0.245_045_064_5, 1e-9);
    // Towards it: the next order is κ.
    let (lo, hi) = ends(entry(&value, "bias", "kappa", 0.1), "forward_kl");
    assert!(0.9 * 0.245e-2 < lo && hi < 1.1 * 0.245e-2, "[{lo}, {hi}]");
}

#[test]
fn products_add_actions_and_divergences() {
    let well = "{ kind = \"gaussian_mixture\", weights = [1], means = [1], stds = [0.5] }";
    let run = "[schedule]\nkind = \"power\"\nexponent = 2\n[run]\nkappa = [1]";
    let value = Place::new(&format!("kind = \"product\"\nfactors = [{well}, {well}]\n{run}"))
        .measured("product_of_wells");
    let bias = entry(&value, "bias", "kappa", 1.0);
    // Of N(1, 1/4): KL 0.2825164 and 0.52005137, limit 0.265625.
    assert_agrees(bias, "forward_kl", 2.0 * 0.282_516_4, FIVE_DIGITS);
    assert_agrees(bias, "reverse_kl", 2.0 * 0.520_051_37, FIVE_DIGITS);
    assert_agrees(&value, "small_kappa_limit", 2.0 * 0.265_625, NARROW);
}

#[test]
fn atoms_have_an_action_where_the_schedule_slows_down() {
    let atoms = "kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 0";
    let cosine = Place::new(atoms).with_data("-1\n1\n").measured("atoms_cosine");
    assert!(ends(&cosine, "action").1.is_finite());
    assert_eq!(ends(&cosine, "poincare_constant"), INFINITE);
    let linear = Place::new(&format!("{atoms}\n[schedule]\nkind = \"linear\""))
        .with_data("-1\n1\n")
        .measured("atoms_linear");
    assert_eq!(ends(&linear, "action"), INFINITE);
    assert!(linear["notes"].as_array().unwrap().iter().any(|n| n.as_str().unwrap().contains("forward_kl")));
}

#[test]
fn atoms_with_a_student_base_have_a_lipschitz_score() {
    let student = "[base]\nkind = \"student\"\ndof = 3\n[run]\nkappa = [1]";
    let text = format!("kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 0\n{student}");
    let value = Place::new(&text).with_data("-1\n0\n3\n").measured("atoms_student_base");
    // At any t from −(n+d)/(n(1−λ)) to (m/(8n) + m²/(4n))/(1−λ), m = n + d; at t = 0 the base.
    let (n, m) = (3.0, 4.0);
    assert_agrees(entry(&value, "score_lipschitz", "t", 0.0), "lower", -m / n, NARROW);
    // The cosine schedule has λ = ½ there.
    let half = entry(&value, "score_lipschitz", "t", 0.5);
    let bracket = 2.0 * (m / (8.0 * n) + m * m / (4.0 * n));
    assert!(ends(half, "lower").0 >= -2.0 * m / n * (1.0 + NARROW), "{half}");
    assert!(ends(half, "upper").0 > 1.0 && ends(half, "upper").1 <= bracket * (1.0 + NARROW), "{half}");
}

#[test]
fn a_student_base_makes_the_score_lipschitz() {
    const BASE: &str = "[base]\nkind = \"student\"\ndof = 3\n[run]\nkappa = [1]";
    let law = "kind = \"gaussian_mixture\"\nweights = [1]\nmeans = [1]\nstds = [0.5]";
    let value = Place::new(&format!("{law}\n{BASE}")).measured("student_base");
    // At t = 0 the base: from −(n+1)/n to (n+1)/(8n).
    let start = entry(&value, "score_lipschitz", "t", 0.0);
    assert_agrees(start, "lower", -4.0 / 3.0, NARROW);
    assert_agrees(start, "upper", 1.0 / 6.0, NARROW);
    let half = entry(&value, "score_lipschitz", "t", 0.5);
    assert!(ends(half, "lower").0 >= -8.0 / 3.0 * (1.0 + NARROW));
    let bias = entry(&value, "bias", "kappa", 1.0);
    assert_eq!(ends(bias, "poincare_bound"), INFINITE);
    assert!(ends(bias, "forward_kl").1 < ends(bias, "girsanov_bound").0, "{bias}");
}

#[test]
fn equal_components_in_space_have_what_their_coordinates_have() {
    let space = "kind = \"gaussian_mixture\"\nweights = [1, 1]\nmeans = [[-2, 0, 0.5], [2, 0, 0.5]]\nstds = [0.5, 0.5]\n\
                 [schedule]\nkind = \"power\"\nexponent = 2\n[run]\nkappa = [0.1]";
    let value = Place::new(space).measured("mixture_in_space_equal");
    // The first coordinate on its own, and the others.
    let schedule = Schedule::power(2.0).unwrap();
    let wells = LineMeasure::gaussian_mixture(&[1.0, 1.0], &[-2.0, 2.0], &[0.5, 0.5]).unwrap();
    let wells = PotentialCurve::new(wells, LineBase::Gaussian).unwrap();
    let curve = MixtureCurve::new(&[1.0, 1.0], &[-2.0, 2.0], &[0.5, 0.5]).unwrap();
    let line = LinePath::new(Arc::new(curve), schedule.clone());
    let across = Gaussian::isotropic(vec![0.0, 0.5], 0.25).unwrap();
    let across = GaussianPath::from_standard(across, schedule.clone()).unwrap();
    let action = MetricDerivative::of(line.curve(), (0.0, FRAC_PI_2)).unwrap();
    let action =
        action.action(&schedule, 0.0, 1.0).unwrap() + dald::transport::action(&across, 0.0, 1.0).unwrap();
    let limit = dald::transport::line::small_kappa_limit(&wells, &schedule).unwrap()
        + dald::dynamics::small_kappa_limit(&across).unwrap();
    let on_line = bias_on_line(&line, 0.1, 0.0, 1.0, Accuracy::QUICK).unwrap();
    let beside = dald::dynamics::bias(&across, 0.1, 0.0).unwrap();
    let bias = entry(&value, "bias", "kappa", 0.1);
    for (at, key, expected) in [
        (&value, "action", action),
        (&value, "small_kappa_limit", limit),
        (bias, "girsanov_bound", action * 0.025),
        (bias, "forward_kl", on_line.forward_kl + beside.forward_kl),
        (bias, "reverse_kl", on_line.reverse_kl + beside.reverse_kl),
    ] {
        let (lo, hi) = ends(at, key);
        // Two methods; both know their errors.
        assert!(
            lo <= expected.hi() && expected.lo() <= hi && hi - lo < 0.01 * hi,
            "{key}: [{lo}, {hi}], {expected}"
        );
    }
    for key in ["girsanov_bound", "poincare_bound", "log_sobolev_bound"] {
        assert!(ends(bias, "forward_kl").1 < ends(bias, key).0, "{key}: {bias}");
    }
    let (lo, hi) = ends(&value, "log_sobolev_constant");
    assert!(lo >= 2.0 * ends(&value, "poincare_constant").0 * (1.0 - NARROW) && hi.is_finite());
    // Two equal components are the worst case of the bound.
    for t in [0.25, 0.5, 0.75] {
        let (lo, hi) = ends(entry(&value, "conditional_poincare_sup", "t", t), "value");
        assert!(hi.is_finite() && lo > 0.99 * hi, "[{lo}, {hi}]");
    }
}

#[test]
fn turned_components_in_the_plane_have_no_bound_by_log_sobolev() {
    let plane = "kind = \"gaussian_mixture\"\nweights = [0.7, 0.3]\nmeans = [[1.25, 0.5], [-1, 0.75]]\n\
                 covariances = [[[0.5, 0.2], [0.2, 0.75]], [[0.8, -0.3], [-0.3, 0.4]]]\n\
                 [schedule]\nkind = \"power\"\nexponent = 2\n[run]\nkappa = [0.1]";
    let value = Place::new(plane).measured("mixture_in_plane_turned");
    let bias = entry(&value, "bias", "kappa", 0.1);
    let (lo, hi) = ends(bias, "forward_kl");
    assert!(0.0 < lo && hi < 1.1 * lo, "[{lo}, {hi}]");
    for key in ["girsanov_bound", "poincare_bound"] {
        assert!(hi < ends(bias, key).0, "{key}: {bias}");
    }
    // Towards the limit: the next order is κ.
    let limit = ends(&value, "small_kappa_limit");
    assert!(0.5 * limit.0 < 100.0 * lo && 100.0 * hi < 1.5 * limit.1, "{limit:?} {bias}");
    assert!(bias.get("log_sobolev_bound").is_none());
    let notes = value["notes"].to_string();
    assert!(
        notes.contains("log_sobolev_bound: absent") && notes.contains("different covariances"),
        "{notes}"
    );
    // The score is not Lipschitz, and no constant is uniform in y.
    assert_eq!(ends(entry(&value, "score_lipschitz", "t", 0.5), "upper"), INFINITE);
    assert_eq!(ends(entry(&value, "conditional_poincare_sup", "t", 0.5), "value"), INFINITE);
}

#[test]
fn other_mixtures_in_space_have_an_action_between_bounds() {
    let space = "kind = \"gaussian_mixture\"\nweights = [1, 1]\nmeans = [[-1, 0, 0], [1, 0, 0]]\nstds = [0.5, 0.6]\n\
                 [run]\nkappa = [0.1]";
    let value = Place::new(space).measured("mixture_in_space");
    let (lo, hi) = ends(&value, "action");
    assert!(0.0 < lo && lo < hi && hi.is_finite(), "[{lo}, {hi}]");
    let bias = entry(&value, "bias", "kappa", 0.1);
    assert_agrees(bias, "girsanov_bound", 0.025 * hi, 1.0);
    assert!(bias.get("forward_kl").is_none() && value["notes"].to_string().contains("forward_kl"));
    assert!(ends(&value, "poincare_constant").1.is_finite());
}

#[test]
fn mixtures_in_the_plane_have_action_and_score() {
    let plane = "kind = \"gaussian_mixture\"\nweights = [1, 1]\nmeans = [[-2, 0], [2, 0]]\n\
                 covariances = [[[0.25, 0], [0, 1]], [[0.25, 0], [0, 1]]]\n[run]\nkappa = [1]";
    let value = Place::new(plane).measured("mixture_in_plane");
    // The second coordinate stands still.
    let (lo, hi) = ends(&value, "action");
    let quadrature = 1e-3;
    assert!((0.5 * (lo + hi) / 2.125_092_159_8 - 1.0).abs() < quadrature, "[{lo}, {hi}]");
    let (lo, hi) = ends(entry(&value, "score_lipschitz", "t", 0.5), "upper");
    assert!(lo <= 3.52 * (1.0 + NARROW) && 3.52 * (1.0 - NARROW) <= hi, "[{lo}, {hi}]");
    let potential = "kind = \"potential\"\nvariables = [\"x\", \"y\"]\nV = \"x^2/2 + y^2/8\"";
    let value = Place::new(potential).measured("potential_in_plane");
    assert_at(&value, "poincare_constant", 4.0, 1e-5);
    assert_at(&value, "variance", 4.0, 1e-5);
}
