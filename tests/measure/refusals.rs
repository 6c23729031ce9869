//! Malformed targets and data are refused with one line that says where.

use super::Place;

/// Targets, and words that the one line about them has to contain.
const MALFORMED: &[(&str, &[&str])] = &[
    ("kind = \"potential\"", &["target.V", "missing", "a formula in x"]),
    ("kind = \"potential\"\nV = 3", &["target.V", "3", "a formula in x"]),
    ("kind = \"potential\"\nV = \"\"", &["target.V"]),
    ("kind = \"potential\"\nV = \"x^2 +\"", &["target.V", "character 6"]),
    ("kind = \"potential\"\nV = \"x^2 + y\"", &["target.V", "y"]),
    ("kind = \"potential\"\nV = \"(x^2\"", &["target.V", "character"]),
    ("kind = \"potential\"\nV = \"sinh(x)\"", &["target.V", "sinh"]),
    ("kind = \"potential\"\nV = \"-x^2\"", &["target.V", "integrable"]),
    ("kind = \"potential\"\nV = \"log(x)\"", &["target.V", "NaN"]),
    ("kind = \"potential\"\nV = \"x^2\"\ndomain = [1, 0]", &["target.domain", "[1, 0]", "lo < hi"]),
    ("kind = \"potential\"\nV = \"x^2\"\ndomain = [1, 1]", &["target.domain", "lo < hi"]),
    ("kind = \"potential\"\nV = \"x^2\"\ndomain = [0, nan]", &["target.domain[1]", "nan"]),
    ("kind = \"potential\"\nV = \"x^2\"\ndomain = [0]", &["target.domain", "two numbers"]),
    ("kind = \"potential\"\nV = \"x^2\"\ndomain = 1", &["target.domain", "two numbers"]),
    ("kind = \"potential\"\nV = \"x^2\"\ncolour = 1", &["target.colour", "unknown key", "domain"]),
    (
        "kind = \"potential\"\nvariables = [\"x\", \"y\", \"z\"]\nV = \"x^2 + y^2 + z^2\"",
        &["target.variables", "one name or two"],
    ),
    ("kind = \"potential\"\nvariables = [\"x\", \"x\"]\nV = \"x^2\"", &["target.variables", "different"]),
    ("kind = \"potential\"\nvariables = [\"x\", \"y\"]\nV = \"x^2 - y^2\"", &["target.V"]),
    (
        "kind = \"potential\"\nvariables = [\"x\", \"y\"]\nV = \"x^2 + y^2\"\ndomain = [0, 1]",
        &["target.domain", "two variables"],
    ),
    ("kind = \"potential\"\nvariables = [\"exp\"]\nV = \"1\"", &["target.variables[0]", "exp"]),
    ("kind = \"gaussian_mixture\"\nmeans = [0]\nstds = [1]", &["target.weights", "missing"]),
    ("kind = \"gaussian_mixture\"\nweights = [1]\nmeans = [0]", &["target", "`stds` and `covariances`"]),
    (
        "kind = \"gaussian_mixture\"\nweights = [1]\nmeans = [0, 1]\nstds = [1]",
        &["target.means", "a list of 1"],
    ),
    (
        "kind = \"gaussian_mixture\"\nweights = [1, -1]\nmeans = [0, 1]\nstds = [1, 1]",
        &["target.weights[1]", "-1"],
    ),
    (
        "kind = \"gaussian_mixture\"\nweights = [0]\nmeans = [0]\nstds = [1]",
        &["target", "sum of the weights"],
    ),
    ("kind = \"gaussian_mixture\"\nweights = [1]\nmeans = [nan]\nstds = [1]", &["target.means[0]", "nan"]),
    ("kind = \"gaussian_mixture\"\nweights = [1]\nmeans = [0]\nstds = [0]", &["target.stds[0]", "> 0"]),
    (
        "kind = \"gaussian_mixture\"\nweights = [1]\nmeans = [0]\ncovariances = [[[-1]]]",
        &["target.covariances[0]", "-1", "> 0"],
    ),
    (
        "kind = \"gaussian_mixture\"\nweights = [1, 1]\nmeans = [[0, 1], [0]]\nstds = [1, 1]",
        &["target.means[1]", "2 numbers"],
    ),
    (
        "kind = \"gaussian_mixture\"\nweights = [1]\nmeans = [[0, 1]]\ncovariances = [[[1]]]",
        &["target.covariances[0]", "2 rows"],
    ),
    (
        "kind = \"gaussian_mixture\"\nweights = [1]\nmeans = [[0, 1]]\ncovariances = [[[1, 2], [2, 1]]]",
        &["target", "positive definite"],
    ),
    ("kind = \"student\"", &["target.dof", "missing"]),
    ("kind = \"student\"\ndof = -1", &["target.dof", "-1"]),
    ("kind = \"student\"\ndof = 3\nlocation = inf", &["target.location", "inf"]),
    ("kind = \"student\"\ndof = 3\ndimension = 0", &["target.dimension", "0", "at least 1"]),
    ("kind = \"student\"\ndof = 3\ndimension = 2\nlocation = 1", &["target.location", "0 in several"]),
    ("kind = \"uniform\"", &["target.interval", "missing"]),
    ("kind = \"uniform\"\ninterval = [0, inf]", &["target.interval[1]", "inf", "finite"]),
    ("kind = \"uniform\"\ninterval = [2, 1]", &["target.interval", "lo < hi"]),
    ("kind = \"laplace\"\nrate = 0", &["target.rate", "0", "> 0"]),
    ("kind = \"logistic\"\nscale = nan", &["target.scale", "nan"]),
    ("kind = \"product\"", &["target.factors", "missing"]),
    ("kind = \"product\"\nfactors = []", &["target.factors", "not empty"]),
    ("kind = \"product\"\nfactors = [1]", &["target.factors[0]", "a table"]),
    ("kind = \"product\"\nfactors = [{ kind = \"laplace\", rate = -1 }]", &["target.factors[0].rate", "-1"]),
    ("kind = \"product\"\nfactors = [{ kind = \"potential\", V = \"x x\" }]", &["target.factors[0].V"]),
    ("kind = \"radial\"\nV = \"r^2\"", &["target.dimension", "missing"]),
    ("kind = \"radial\"\nV = \"r^2\"\ndimension = 1", &["target.dimension", "at least 2"]),
    ("kind = \"radial\"\nV = \"r^2\"\ndimension = 2.5", &["target.dimension", "2.5", "whole"]),
    ("kind = \"radial\"\nV = \"r^2\"\ndimension = 1000000", &["target.dimension", "at most"]),
    ("kind = \"radial\"\nV = \"x^2\"\ndimension = 3", &["target.V", "x"]),
    ("kind = \"radial\"\nV = \"1.25*log(1 + r^2)\"\ndimension = 3", &["target.V", "integrable"]),
    ("kind = \"points\"\nfile = \"data.csv\"", &["target.bandwidth", "missing"]),
    ("kind = \"points\"\nbandwidth = 1", &["target.file", "missing"]),
    ("kind = \"points\"\nfile = \"data.csv\"\nbandwidth = -1", &["target.bandwidth", "-1", "≥ 0"]),
    ("kind = \"points\"\nfile = \"data.csv\"\nbandwidth = nan", &["target.bandwidth", "nan"]),
    ("kind = \"points\"\nfile = 3\nbandwidth = 1", &["target.file", "3", "quotes"]),
];

#[test]
fn malformed_targets_are_refused_with_file_and_key() {
    for (target, words) in MALFORMED {
        Place::new(target).assert_refused(&[*words, &["target.toml"]].concat());
    }
}

#[test]
fn malformed_data_files_are_refused_with_file_and_line() {
    let target = "kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 0.5";
    Place::new(target).assert_refused(&["data.csv", "No such file"]);
    Place::new("kind = \"points\"\nfile = \".\"\nbandwidth = 1")
        .assert_refused(&["directory", "a point per line"]);
    for (data, words) in [
        ("", &["data.csv", "is empty"][..]),
        ("# only a remark\n", &["data.csv", "no numbers"]),
        ("1\n2\nthree\n", &["data.csv: line 3", "`three`", "finite number"]),
        ("1\nnan\n", &["data.csv: line 2", "nan"]),
        ("1e999\n", &["data.csv: line 1", "1e999"]),
        ("1\n1,2\n", &["data.csv: line 2", "2 columns", "expected 1"]),
        ("1,2\n1;x\n", &["data.csv: line 2", "`x`"]),
    ] {
        Place::new(target).with_data(data).assert_refused(words);
    }
}
