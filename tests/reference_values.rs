//! Reference values: computed here, compared with values that independent programs found, and
//! locked to their stated digits in a snapshot.

use approx::assert_relative_eq;
use dald::claims::line_instances::{near_bumps, two_bumps};
use dald::dynamics::fokker_planck::{Accuracy, bias_on_line};
use dald::dynamics::{bias, small_kappa_limit};
use dald::enclosure::Enclosure;
use dald::inequality::poincare::poincare_constant;
use dald::measure::gaussian::Gaussian;
use dald::measure::line::LineMeasure;
use dald::path::line::{LineBase, PotentialCurve, curve_on_line};
use dald::path::{GaussianPath, LinePath, Schedule};
use dald::transport::line::{MetricDerivative, wasserstein2_squared};
use dald::transport::{self, action};
use std::f64::consts::FRAC_PI_2;
use std::fmt::Write;

/// A computed value, the reference and the number of digits of the reference.
struct Row {
    name: String,
    value: Enclosure,
    reference: f64,
    digits: i32,
}

fn path(mean: f64, variance: f64, schedule: &Schedule) -> GaussianPath {
    GaussianPath::from_standard(Gaussian::isotropic(vec![mean], variance).unwrap(), schedule.clone()).unwrap()
}

fn bias_rows() -> Vec<Row> {
    let square = Schedule::power(2.0).unwrap();
    let mut rows = Vec::new();
    let mut row = |name: String, value: Enclosure, reference: f64, digits: i32| {
        rows.push(Row { name, value, reference, digits });
    };
    for (mean, variance, kappa, forward, reverse, digits) in [
        (1.0, 0.25, 1.0, 0.2825164, 0.52005137, 7),
        (1.0, 0.25, 0.1, 0.0030193545, 0.0032211026, 8),
        (0.0, 4.0, 1.0, 0.27699901, 0.1521432, 7),
    ] {
        let bias = bias(&path(mean, variance, &square), kappa, 0.0).unwrap();
        row(format!("KL(p|q), N({mean}, {variance}), t², κ = {kappa}"), bias.forward_kl, forward, digits);
        row(format!("KL(q|p), N({mean}, {variance}), t², κ = {kappa}"), bias.reverse_kl, reverse, digits);
    }
    let translation = path(1.0, 1.0, &square);
    row(
        "KL(p|q), N(1, 1), t², κ = 1".to_owned(),
        bias(&translation, 1.0, 0.0).unwrap().forward_kl,
        0.1998,
        4,
    );
    row("κA/4, N(1, 1), t², κ = 1".to_owned(), action(&translation, 0.0, 1.0).unwrap() / 4.0, 0.25, 15);
    let narrow = action(&path(1.0, 0.25, &square), 0.0, 1.0).unwrap() / 4.0;
    row("κA/4, N(1, 0.25), t², κ = 1".to_owned(), narrow, 0.3476, 4);
    let smooth = bias(&path(1.0, 1.0, &Schedule::cosine()), 0.003, 0.0).unwrap().forward_kl;
    row("KL(p|q), N(1, 1), cosine, κ = 0.003".to_owned(), smooth, 2.466e-10, 4);
    for (mean, variance, limit) in [(1.0, 1.0, 0.5), (0.0, 4.0, 2.25), (1.0, 0.25, 0.265625)] {
        let value = small_kappa_limit(&path(mean, variance, &square)).unwrap();
        row(format!("lim KL/κ², N({mean}, {variance}), t²"), value, limit, 14);
    }
    rows
}

fn constant_rows() -> Vec<Row> {
    let infinite = f64::INFINITY;
    let formula = |text: &str| LineMeasure::parse(text, -infinite, infinite).unwrap();
    let pair = |r: f64| LineMeasure::gaussian_mixture(&[0.5, 0.5], &[-r, r], &[1.0, 1.0]).unwrap();
    let mut laws = vec![
        ("C_P, x⁴/4 − x²/2".to_owned(), formula("x^4/4 - x^2/2"), 1.262_485_306_493_355_4, 11),
        ("C_P, x⁴/4 − 3x²/2".to_owned(), formula("x^4/4 - 3*x^2/2"), 7.657_679_465_281_621, 11),
        ("C_P, x²/2 + ½cos 3x".to_owned(), formula("x^2/2 + cos(3*x)/2"), 1.228_336_290_592_826_7, 11),
        ("C_P, x⁴/4".to_owned(), formula("x^4/4"), 0.730_677_67, 8),
        ("C_P, x⁴".to_owned(), formula("x^4"), 0.365_338_84, 8),
        ("C_P, N(±1, 1)".to_owned(), pair(1.0), 2.061_566_7, 8),
        // The published digits 8.3987988 are cut, not rounded.
        ("C_P, N(±2, 1)".to_owned(), pair(2.0), 8.398_798_8, 7),
        ("C_P, N(±3, 1)".to_owned(), pair(3.0), 69.847_518, 8),
    ];
    for (slope, constant) in [
        (0.5, 1.541_222_730_326_13),
        (1.0, 2.575_737_668_421_51),
        (1.5, 4.792_179_705_157_69),
        (2.0, 10.280_176_352_016),
        (3.0, 86.164_529_991_679_1),
    ] {
        laws.push((
            format!("c(1, {slope})"),
            LineMeasure::tilted_gaussian(1.0, slope).unwrap(),
            constant,
            11,
        ));
    }
    laws.into_iter()
        .map(|(name, law, reference, digits)| Row {
            name,
            value: poincare_constant(&law).unwrap().value,
            reference,
            digits,
        })
        .collect()
}

fn transport_rows() -> Vec<Row> {
    let (two, near) = (two_bumps().unwrap(), near_bumps().unwrap());
    let square = Schedule::power(2.0).unwrap();
    let mut rows = Vec::new();
    // The published digits of the near bumps are cut, not rounded.
    for (name, law, schedule, reference, digits) in [
        ("A, ½N(±2, ¼), t", &two, Schedule::linear(), 1.753_537_417_8, 11),
        ("A, ½N(±2, ¼), cosine", &two, Schedule::cosine(), 2.125_092_159_8, 11),
        ("A, 0.3N(−1.5, ¼)+0.7N(1, 0.36), t²", &near, square, 0.428_472, 6),
        ("A, 0.3N(−1.5, ¼)+0.7N(1, 0.36), cosine", &near, Schedule::cosine(), 0.354_776, 6),
    ] {
        let curve = curve_on_line(law, LineBase::Gaussian).unwrap();
        let profile = MetricDerivative::of(curve.as_ref(), (0.0, FRAC_PI_2)).unwrap();
        let value = profile.action(&schedule, 0.0, 1.0).unwrap();
        rows.push(Row { name: name.to_owned(), value, reference, digits });
    }
    let curve = curve_on_line(&near, LineBase::Gaussian).unwrap();
    let (base, target) = (curve.slice(FRAC_PI_2).unwrap(), curve.slice(0.0).unwrap());
    rows.push(Row {
        name: "W₂², 0.3N(−1.5, ¼)+0.7N(1, 0.36), N(0, 1)".to_owned(),
        value: wasserstein2_squared(base.as_ref(), target.as_ref()),
        reference: 0.2419,
        digits: 4,
    });
    rows
}

/// The bias on the line: figures of independent finite-volume programs.
fn line_bias_rows() -> Vec<Row> {
    let two = two_bumps().unwrap();
    let quartic = LineMeasure::parse("x^4/4 - x^2/2", -f64::INFINITY, f64::INFINITY).unwrap();
    let square = Schedule::power(2.0).unwrap();
    let mut rows = Vec::new();
    for (name, law, schedule, kappa, forward, reverse, digits) in [
        ("½N(±2, ¼), cosine", &two, Schedule::cosine(), 0.1, 2.1751e-5, None, 5),
        ("½N(±2, ¼), cosine", &two, Schedule::cosine(), 0.01, 2.0345e-9, None, 5),
        ("½N(±2, ¼), t", &two, Schedule::linear(), 0.1, 1.8035e-3, Some(1.8682e-3), 5),
        ("x⁴/4 − x²/2, t²", &quartic, square.clone(), 1.0, 0.02373, Some(0.03033), 4),
        ("x⁴/4 − x²/2, t²", &quartic, square, 0.1, 5.80e-4, Some(5.87e-4), 3),
    ] {
        let path = LinePath::new(curve_on_line(law, LineBase::Gaussian).unwrap(), schedule);
        let accuracy = Accuracy { tolerance: 10_f64.powi(1 - digits) / 4.0, finest: 5 };
        let bias = bias_on_line(&path, kappa, 0.0, 1.0, accuracy).unwrap();
        let mut row = |direction: &str, value: Enclosure, reference: f64| {
            rows.push(Row { name: format!("{direction}, {name}, κ = {kappa}"), value, reference, digits });
        };
        row("KL(p|q)", bias.forward_kl, forward);
        if let Some(reverse) = reverse {
            row("KL(q|p)", bias.reverse_kl, reverse);
        }
    }
    for (name, law, schedule, reference, digits) in [
        ("½N(±2, ¼), t", two, Schedule::linear(), 0.15994, 5),
        // Published as 0.245031; 25 digits of other arithmetic say 0.2450450645.
        (
            "0.3N(−1.5, ¼)+0.7N(1, 0.36), t²",
            near_bumps().unwrap(),
            Schedule::power(2.0).unwrap(),
            0.245_045_06,
            8,
        ),
        ("x⁴/4 − x²/2, t²", quartic, Schedule::power(2.0).unwrap(), 0.068_441_5, 6),
    ] {
        let curve = PotentialCurve::new(law, LineBase::Gaussian).unwrap();
        let value = transport::line::small_kappa_limit(&curve, &schedule).unwrap();
        rows.push(Row { name: format!("lim KL/κ², {name}"), value, reference, digits });
    }
    rows
}

#[test]
fn computed_values_agree_with_independent_programs() {
    let mut table = String::new();
    for Row { name, value, reference, digits } in
        bias_rows().into_iter().chain(constant_rows()).chain(transport_rows()).chain(line_bias_rows())
    {
        // Half a unit in the last stated digit, doubled for references that were cut.
        let stated = 10_f64.powi(1 - digits);
        assert_relative_eq!(value.mid(), reference, max_relative = stated);
        assert!(value.relative_width() < stated, "{name}: {value}");
        let places = usize::try_from(digits - 1).unwrap();
        writeln!(table, "{name:38} {:.places$e}  {}", value.mid(), value.evidence()).unwrap();
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("reference_values", table));
}
