//! `dald sample`: formats, reproducibility, plans, refusals.

use assert_cmd::Command;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A mixture in the plane.
const PLANE: &str = "kind = \"gaussian_mixture\"\nweights = [0.3, 0.7]\nmeans = [[-2, 0], [1, 1]]\n\
                     covariances = [[[0.5, 0.2], [0.2, 0.5]], [[1, 0], [0, 0.25]]]\n[run]\nkappa = [1.0, 0.5]";

/// A folder with `target.toml`.
struct Place(TempDir);

impl Place {
    fn new(target: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("target.toml"), format!("[target]\n{target}\n")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    /// Status, standard output and standard error of `dald sample target.toml …`.
    fn run(&self, arguments: &[&str], threads: &str) -> (i32, Vec<u8>, String) {
        let mut command: Command = assert_cmd::cargo::cargo_bin_cmd!("dald");
        let command = command.current_dir(self.0.path()).env("RAYON_NUM_THREADS", threads);
        let output = command.args(["sample", "target.toml"]).args(arguments).output().unwrap();
        (output.status.code().unwrap(), output.stdout, String::from_utf8(output.stderr).unwrap())
    }

    /// The bytes of the file that is written.
    fn sampled(&self, n: &str, name: &str, threads: &str) -> Vec<u8> {
        let (status, stdout, stderr) = self.run(&["-n", n, "-o", name], threads);
        assert_eq!((status, stdout.as_slice()), (0, b"".as_slice()), "{stderr}");
        fs::read(self.path(name)).unwrap()
    }

    /// Status 2, one line with all the words, and no file beside those that were there.
    fn assert_refused(&self, arguments: &[&str], words: &[&str]) {
        let files = || fs::read_dir(self.0.path()).unwrap().count();
        let before = files();
        let (status, stdout, stderr) = self.run(arguments, "2");
        assert_eq!((status, stdout.as_slice(), stderr.lines().count()), (2, b"".as_slice(), 1), "{stderr}");
        for word in words {
            assert!(stderr.contains(word), "no “{word}” in: {stderr}");
        }
        assert_eq!(files(), before, "a file was left behind");
    }
}

/// The doubles of an npy file after its header, which has to give the shape.
fn npy(bytes: &[u8], shape: &str) -> Vec<f64> {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..10 + length]);
    assert!(header.contains(shape) && header.contains("'<f8'"), "{header}");
    bytes[10 + length..].chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
}

#[test]
fn formats_hold_the_same_points_on_any_number_of_threads() {
    let place = Place::new(PLANE);
    let bytes = place.sampled("300", "out.npy", "1");
    assert_eq!(bytes, place.sampled("300", "again.npy", "2"));
    let points = npy(&bytes, "(300, 2)");
    let csv = String::from_utf8(place.sampled("300", "out.csv", "2")).unwrap();
    let (header, lines) = csv.split_once('\n').unwrap();
    let read: Vec<f64> = lines.lines().flat_map(|l| l.split(',')).map(|x| x.parse().unwrap()).collect();
    assert_eq!((header, read), ("x0,x1", points));
    let (status, stdout, _) = place.run(&["-n", "300"], "2");
    assert_eq!((status, String::from_utf8(stdout).unwrap()), (0, csv));
    let parquet = place.sampled("300", "out.parquet", "1");
    assert_eq!((&parquet[..4], parquet.len() > 300 * 16), (b"PAR1".as_slice(), true));
    assert_eq!(parquet, place.sampled("300", "again.parquet", "2"));
    // The first points are those of a shorter run, another seed gives others.
    assert_eq!(npy(&place.sampled("100", "short.npy", "2"), "(100, 2)"), npy(&bytes, "(300, 2)")[..200]);
    place.run(&["-n", "300", "--seed", "7", "-o", "other.npy"], "2");
    assert_ne!(fs::read(place.path("other.npy")).unwrap(), bytes);
}

#[test]
fn an_existing_file_is_replaced_and_the_report_goes_to_standard_error() {
    let place = Place::new(PLANE).with("out.csv", "old");
    let (status, stdout, stderr) = place.run(&["-n", "2000", "-o", "out.csv"], "2");
    assert_eq!((status, stdout.len()), (0, 0), "{stderr}");
    assert_eq!(fs::read_to_string(place.path("out.csv")).unwrap().lines().count(), 2001);
    for words in [
        "2000 points in dimension 2",
        "mean",
        "variance",
        "κ = 0.5",
        "no plan: diagnostics only, nothing is judged",
    ] {
        assert!(stderr.contains(words), "{stderr}");
    }
    let (status, _, stderr) = place.run(&["-n", "10", "-o", "out.csv", "--quiet"], "2");
    assert_eq!((status, stderr.as_str()), (0, ""));
}

#[test]
fn every_kind_of_target_that_can_be_drawn_from() {
    let plan = "{\"kl\": 0.5, \"schedule\": \"linear\", \"integrator\": \"exponential\", \"kappa\": 1, \"step\": 0.25, \
                \"steps\": 4}";
    let student = "[base]\nkind = \"student\"\ndof = 3";
    // Tables of scores on the line take their time: only few of them without a plan.
    let kinds = [
        ("kind = \"gaussian\"\nmean = [0, 1]\ncovariance = [[1, 0.2], [0.2, 2]]".to_owned(), 2, false),
        ("kind = \"gaussian\"\nstd = 2".to_owned(), 1, false),
        ("kind = \"gaussian_mixture\"\nweights = [1, 1]\nmeans = [0, 2]\nstds = [1, 1]".to_owned(), 1, false),
        ("kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 0.5".to_owned(), 2, false),
        (format!("kind = \"gaussian\"\ncovariance = [[1, 0.2], [0.2, 2]]\n{student}"), 2, false),
        ("kind = \"laplace\"".to_owned(), 1, false),
        (
            "kind = \"product\"\nfactors = [{kind = \"gaussian\", std = 2}, {kind = \"logistic\"}]"
                .to_owned(),
            2,
            true,
        ),
        ("kind = \"potential\"\nV = \"x^4/4 - x^2/2\"".to_owned(), 1, true),
        (format!("kind = \"student\"\ndof = 2\n{student}"), 1, true),
    ];
    for (target, dim, planned) in kinds {
        let place =
            Place::new(&format!("{target}\n[run]\nkappa = [1]")).with("data.csv", "0, 1\n2, 3\n\n-1 4\n");
        let place = place.with("plan.json", plan);
        let mut arguments = vec!["-n", "20", "-o", "out.npy"];
        if planned {
            arguments.extend(["--plan", "plan.json"]);
        }
        let (status, _, stderr) = place.run(&arguments, "2");
        // Whether points of so coarse a plan are accepted is left to chance.
        assert!(status == 0 || (planned && status == 1), "{target}: {stderr}");
        let bytes = fs::read(place.path("out.npy")).unwrap();
        assert_eq!(npy(&bytes, &format!("(20, {dim})")).len(), 20 * dim, "{target}");
    }
}

#[test]
fn a_plan_is_followed_and_accepted_or_not() {
    let plan = |kl: f64, step: f64| {
        format!(
            "{{\"kl\": {kl}, \"by\": \"bounds\", \"schedule\": \"cosine\", \"integrator\": \"heun\", \"kappa\": 0.5, \
             \"step\": {step}, \"steps\": 40}}"
        )
    };
    let place = Place::new(PLANE).with("good.json", &plan(0.5, 0.05)).with("bad.json", &plan(0.5, 0.06));
    let (status, _, stderr) = place.run(&["-n", "500", "--plan", "good.json", "-o", "out.csv"], "2");
    assert_eq!(status, 0, "{stderr}");
    assert!(
        stderr.contains("heun") && stderr.contains("40 steps") && stderr.contains("plan: accepted"),
        "{stderr}"
    );
    // √(KL/2) for KL = 0.5, and five times ½/√500.
    for words in
        ["√(KL/2) = 5.00e-1", "5 standard errors of at most 2.2e-2", "allowed 6.12e-1", "are not judged"]
    {
        assert!(stderr.contains(words), "no “{words}” in: {stderr}");
    }
    assert!(!stderr.contains("no plan"), "{stderr}");
    place.assert_refused(&["-n", "5", "--plan", "bad.json"], &["bad.json: step", "0.06", "expected 0.05"]);
    place.assert_refused(&["-n", "5", "--plan", "none.json"], &["none.json"]);
    place.assert_refused(&["-n", "5", "--plan", "target.toml"], &["expected the JSON of `dald plan`"]);
    // The plan's schedule: the file gives none, or the same, or another.
    let other = plan(0.5, 0.05).replace("cosine", "power 2");
    let place =
        place.with("power.json", &other).with("odd.json", &plan(0.5, 0.05).replace("cosine", "cubic"));
    let (status, _, stderr) = place.run(&["-n", "50", "--plan", "power.json", "-o", "out.csv"], "2");
    assert!(status == 0 && stderr.contains("schedule power 2"), "{stderr}");
    place.assert_refused(&["-n", "5", "--plan", "odd.json"], &["odd.json: schedule", "cubic"]);
    let given = Place::new(&format!("{PLANE}\n[schedule]\nkind = \"linear\"")).with("power.json", &other);
    given.assert_refused(
        &["-n", "5", "--plan", "power.json"],
        &["power.json: schedule", "power 2", "expected linear"],
    );
    // Far too fast for the divergence that it promises.
    let rash = plan(1e-9, 0.0025).replace("0.5", "10").replace("heun", "euler_maruyama");
    let place = place.with("rash.json", &rash);
    let (status, _, stderr) = place.run(&["-n", "20000", "--plan", "rash.json", "-o", "out.csv"], "2");
    assert!(status == 1 && stderr.contains("plan: not accepted"), "{stderr}");
}

#[test]
fn points_without_width_are_approached() {
    let points = [[-1.0, 0.5], [2.0, 0.0], [2.0, 3.0]];
    let data = "-1, 0.5\n2, 0\n2, 3\n2, 3\n";
    for base in ["gaussian\"", "student\"\ndof = 3"] {
        let target = format!(
            "kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 0\n[base]\nkind = \"{base}\n[run]\nkappa = [1]"
        );
        let place = Place::new(&target).with("data.csv", data);
        let (status, _, stderr) = place.run(&["-n", "60", "-o", "out.npy"], "2");
        assert_eq!(status, 0, "{base}: {stderr}");
        for words in [
            "points without width: the dynamics ends at t = 0.9",
            "noise of deviation 5",
            "no plan: diagnostics only",
        ] {
            assert!(stderr.contains(words), "no “{words}” in: {stderr}");
        }
        // The noise that is left has the deviation 0.05. From the Gaussian base the dynamics follows; the score of a Student path is bounded
        // far from the points, so that with κ = 1 about half of the chains are still on their way.
        let samples = npy(&fs::read(place.path("out.npy")).unwrap(), "(60, 2)");
        let near = |x: &[f64], y: &[f64; 2]| (x[0] - y[0]).hypot(x[1] - y[1]) < 6.0 * 0.05;
        let arrived = samples.chunks_exact(2).filter(|x| points.iter().any(|y| near(x, y))).count();
        assert!(arrived >= if base.starts_with("gaussian") { 60 } else { 15 }, "{base}: {arrived}");
        for y in &points {
            assert!(samples.chunks_exact(2).any(|x| near(x, y)), "{base}: none at {y:?}");
        }
    }
    // One point, and points on the line with a Student base.
    for data in ["2\n", "0\n1\n"] {
        let target = "kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 0\n[base]\nkind = \"student\"\ndof = 2\n[run]\nkappa = [1]";
        let (status, _, stderr) =
            Place::new(target).with("data.csv", data).run(&["-n", "5", "-o", "out.csv"], "2");
        assert_eq!(status, 0, "{stderr}");
    }
    let place = Place::new("kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 0").with("data.csv", data);
    let plan = "{\"kl\": 0.5, \"schedule\": \"linear\", \"integrator\": \"heun\", \"kappa\": 1, \"step\": 0.25, \"steps\": 4}";
    let place = place.with("plan.json", plan);
    place.assert_refused(
        &["-n", "5", "--plan", "plan.json"],
        &["target: a plan for points without width", "bandwidth > 0"],
    );
    let late = "kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 0\n[run]\nstart = 0.9999";
    Place::new(late)
        .with("data.csv", data)
        .assert_refused(&["-n", "5"], &["run.start: 0.9999", "expected a start before"]);
}

#[test]
fn bad_input_is_refused() {
    let place = Place::new(PLANE).with("folder.csv", "");
    fs::remove_file(place.path("folder.csv")).unwrap();
    fs::create_dir(place.path("folder.csv")).unwrap();
    place.assert_refused(&["-n", "0"], &["-n", "0", "expected a whole number from 1"]);
    place.assert_refused(&["-n", "18446744073709551615"], &["-n", "expected a whole number"]);
    place.assert_refused(&["-n", "-5"], &["-5"]);
    place.assert_refused(&["-n", "many"], &["many"]);
    place.assert_refused(&[], &["-n"]);
    place.assert_refused(&["-n", "5", "-o", "out.txt"], &["out.txt", ".npy, .csv or .parquet"]);
    place.assert_refused(&["-n", "5", "-o", "no/such/folder/out.npy"], &["out.npy", "no such directory"]);
    place.assert_refused(&["-n", "5", "-o", "folder.csv"], &["folder.csv", "directory"]);
    let refused = |target: &str, words: &[&str]| {
        Place::new(target).with("data.csv", "1 2\n3\n").assert_refused(&["-n", "5"], words);
    };
    refused("kind = \"radial\"\ndimension = 3\nV = \"r^2/2\"", &["target.kind", "no closed form"]);
    refused("kind = \"points\"\nfile = \"data.csv\"\nbandwidth = 1", &["data.csv: line 2", "expected 2"]);
    let mixture = |rest: &str| format!("kind = \"gaussian_mixture\"\nweights = [1, 2]\n{rest}");
    refused(&mixture("means = [[0, 1], [2]]\nstds = [1, 1]"), &["target.means[1]", "expected 2 numbers"]);
    refused(&mixture("means = [[0, 1], [2, 3]]\nstds = [1]"), &["target.stds", "a list of 2"]);
    refused(&mixture("means = [[0], [2]]\nstds = [1, 0]"), &["target.stds[1]", "expected a number > 0"]);
    refused(
        &mixture("means = [[0, 0], [2, 0]]\ncovariances = [[[1, 2], [2, 1]], [[1, 0], [0, 1]]]"),
        &["target", "positive"],
    );
    let student = "[base]\nkind = \"student\"\ndof = 3";
    refused(
        &format!(
            "kind = \"product\"\nfactors = [{{kind = \"laplace\"}}, {{kind = \"logistic\"}}]\n{student}"
        ),
        &["target.toml: base.kind", "no independent coordinates"],
    );
    refused("kind = \"potential\"\nV = \"x\"\ndomain = [0, inf]", &["target: ", "its density ends at 0"]);
    refused("kind = \"uniform\"\ninterval = [0, 1]", &["target: ", "its density ends at 0"]);
    refused(&mixture("means = [0, 1]\nstds = [1, 1e-9]\n[run]\nkappa = [0.001]"), &["run.kappa", "steps"]);
}
