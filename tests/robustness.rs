//! Extreme numbers: scales of 10⁻¹⁵⁰ and 10¹⁵⁰, means far away, slowness from 10⁻⁶ to 10³, a thousand dimensions. What is computed is
//! right or refused in words; it is never NaN and never a panic.

use dald::dynamics::bias;
use dald::enclosure::Enclosure;
use dald::inequality::log_sobolev::log_sobolev_constant;
use dald::inequality::poincare::poincare_constant;
use dald::measure::gaussian::Gaussian;
use dald::measure::line::LineMeasure;
use dald::path::{GaussianPath, Schedule};
use dald::transport::{action, metric_derivative_squared};

/// Powers of two near 10⁻¹⁵⁰, 10⁻³⁰, 10⁻⁸, 1, 10⁸, 10³⁰ and 10¹⁵⁰: scaling by them does not round.
const SCALES: [i32; 7] = [-498, -100, -27, 0, 27, 100, 498];

/// Beyond this power of two products of squares leave the range of floats: what is then computed may say that it knows little, but
/// not something wrong.
const IN_RANGE: i32 = 100;

/// Relative difference of two enclosures that enclose one number: none, if they meet.
fn apart(a: Enclosure, b: Enclosure) -> bool {
    !a.interval().intersects(b.interval())
}

/// Whether both are known to a relative width.
fn known(x: Enclosure, width: f64) -> bool {
    x.is_finite() && x.relative_width() <= width
}

/// Laws by scale `s` and shift, as texts of potentials and as families.
fn laws(s: f64, shift: f64) -> Vec<(&'static str, dald::error::Result<LineMeasure>)> {
    let whole = |text: String| LineMeasure::parse(&text, f64::NEG_INFINITY, f64::INFINITY);
    let z = format!("((x - ({shift:e}))/{s:e})");
    vec![
        ("normal", LineMeasure::gaussian(shift, s)),
        ("mixture", LineMeasure::gaussian_mixture(&[0.25, 0.75], &[shift - s, shift + s], &[s, 0.5 * s])),
        ("Student", LineMeasure::student(5.0, shift, s)),
        ("uniform", LineMeasure::uniform(shift - s, shift + s)),
        ("quadratic", whole(format!("{z}^2/2"))),
        ("quartic", whole(format!("{z}^4/4 - {z}^2/2"))),
        ("waves", whole(format!("{z}^2/2 + cos({z})/2"))),
        ("kink", whole(format!("abs({z}) + {z}^2"))),
    ]
}

#[test]
fn constants_of_laws_on_the_line_scale_with_the_square() {
    /// A digit of the constant of a family in closed form is certain; those of formulae are certified to more.
    const WIDTH: f64 = 1e-3;
    let reference = laws(1.0, 0.0);
    for k in SCALES {
        let s = 2_f64.powi(k);
        for ((name, law), (_, unit)) in laws(s, 0.0).into_iter().zip(&reference) {
            let (Ok(law), Ok(unit)) = (law, unit) else {
                // A formula of which intermediate values overflow is refused, a family never.
                assert!(
                    k.abs() > IN_RANGE && !["normal", "mixture", "Student", "uniform"].contains(&name),
                    "{name} at 2^{k}"
                );
                continue;
            };
            let square = s * s;
            let quantities = [
                ("variance", law.variance(), unit.variance() * square),
                ("mean", law.mean(), unit.mean() * s),
                ("median", law.quantile(0.5).unwrap(), unit.quantile(0.5).unwrap() * s),
            ];
            for (what, scaled, expected) in quantities {
                assert!(!apart(scaled, expected), "{name} at 2^{k}: {what} {scaled}, expected {expected}");
            }
            let (scaled, expected) = (poincare_constant(&law), poincare_constant(unit));
            let (Ok(scaled), Ok(expected)) = (scaled, expected) else {
                assert!(k.abs() > IN_RANGE, "{name} at 2^{k}: no Poincaré constant");
                continue;
            };
            let expected = expected.value * square;
            assert!(!apart(scaled.value, expected), "{name} at 2^{k}: {} against {expected}", scaled.value);
            assert!(
                k.abs() > IN_RANGE || expected.is_infinite() || known(scaled.value, WIDTH),
                "{name} at 2^{k}: {}",
                scaled.value
            );
        }
    }
}

#[test]
fn constants_do_not_see_a_translation() {
    for (far, name_of) in [(1e3_f64, "10³"), (1e8, "10⁸"), (-1e8, "−10⁸")] {
        // A formula far away costs its digits; a family of which the place is a parameter costs none.
        let count = if far.abs() > 1e4 { 4 } else { usize::MAX };
        for ((name, law), (_, near)) in laws(1.0, far).into_iter().zip(laws(1.0, 0.0)).take(count) {
            let (Ok(law), Ok(near)) = (law, near) else { panic!("{name} is refused {name_of} away") };
            let (there, here) = (poincare_constant(&law), poincare_constant(&near).unwrap());
            let there = there.unwrap_or_else(|error| panic!("{name} {name_of} away: {error}"));
            assert!(
                !apart(there.value, here.value),
                "{name} {name_of} away: {} against {}",
                there.value,
                here.value
            );
            let (there, here) = (law.mean() - far, near.mean());
            // Where a float away from the origin is no finer than that.
            let grain = far.abs() * 64.0 * f64::EPSILON;
            assert!(!apart(there.widened(grain), here), "{name} {name_of} away: mean {there} against {here}");
        }
    }
}

#[test]
fn log_sobolev_constants_scale_with_the_square() {
    for k in [-100, -27, 27, 100] {
        let s = 2_f64.powi(k);
        for name in ["mixture", "quartic"] {
            let find = |s: f64| {
                let law = laws(s, 0.0).into_iter().find(|(other, _)| *other == name).unwrap().1.unwrap();
                log_sobolev_constant(&law).unwrap_or_else(|error| panic!("{name} at 2^{k}: {error}")).value
            };
            let (scaled, expected) = (find(s), find(1.0) * (s * s));
            assert!(!apart(scaled, expected), "{name} at 2^{k}: {scaled} against {expected}");
        }
    }
}

/// From N(0, s²I) to N(s·m, s²Σ).
fn path(s: f64) -> GaussianPath {
    let target = Gaussian::diagonal(vec![s, -2.0 * s, 0.0], vec![0.25 * s * s, 4.0 * s * s, s * s]).unwrap();
    let base = Gaussian::isotropic(vec![0.0; 3], s * s).unwrap();
    GaussianPath::new(target, base, Schedule::cosine()).unwrap()
}

#[test]
fn actions_scale_with_the_square_and_divergences_with_the_time() {
    let unit = path(1.0);
    for k in SCALES {
        let s = 2_f64.powi(k);
        let scaled = path(s);
        let pairs = [
            (metric_derivative_squared(&scaled, 0.5), metric_derivative_squared(&unit, 0.5).unwrap()),
            (action(&scaled, 0.0, 1.0), action(&unit, 0.0, 1.0).unwrap()),
        ];
        for (there, here) in pairs {
            let there = there.unwrap_or_else(|error| panic!("2^{k}: {error}"));
            let decided = known(there, 1e-9);
            assert!(!apart(there, here * (s * s)) && decided, "2^{k}: {there} against {here}·s²");
        }
        // Space times s, time times s².
        let (there, here) = (bias(&scaled, 0.5 / (s * s), 0.0), bias(&unit, 0.5, 0.0).unwrap());
        let there = match there {
            Ok(there) => there,
            Err(error) => {
                assert!(k.abs() > IN_RANGE, "2^{k}: {error}");
                continue;
            }
        };
        assert!(
            !apart(there.forward_kl, here.forward_kl),
            "2^{k}: {} against {}",
            there.forward_kl,
            here.forward_kl
        );
        assert!(
            !apart(there.reverse_kl, here.reverse_kl),
            "2^{k}: {} against {}",
            there.reverse_kl,
            here.reverse_kl
        );
    }
}

/// Whatever is said of a target of scale 10¹⁵⁰ beside a standard base: its square is a float, the square of that is none.
#[test]
fn a_gaussian_target_of_any_scale_is_measured() {
    for scale in [1e-150, 1e150] {
        let target = Gaussian::isotropic(vec![0.0], scale * scale).unwrap();
        let path = GaussianPath::from_standard(target, Schedule::cosine()).unwrap();
        let constant = path.target().poincare_constant();
        let action = action(&path, 0.0, 1.0).unwrap();
        let width = 1e-9;
        assert!(constant.contains(scale * scale) && known(constant, width), "{constant}");
        // To the point mass the action is that of the standard law, π²/8 (the energy of the cosine's angle); from it, that of the target.
        let whole = std::f64::consts::PI.powi(2) / 8.0 * (scale * scale).max(1.0);
        assert!(known(action, width) && known(action.hull(whole.into()), width), "{action} {whole}");
        for kappa in [1.0, 0.1] {
            let found = bias(&path, kappa, 0.0).unwrap();
            assert!(found.forward_kl.is_finite(), "{scale}, κ = {kappa}: {}", found.forward_kl);
        }
    }
}

/// A law without closed form that lies 10⁸ of its deviations away: the constants, and a reason for the rest, at once.
#[test]
fn a_target_far_from_the_base_has_constants_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[target]\nkind = \"uniform\"\ninterval = [1e8, 100000001]\n";
    std::fs::write(folder.path().join("target.toml"), text).unwrap();
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("dald");
    let output = command.current_dir(folder.path()).args(["measure", "target.toml"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("0.101321"), "{text}");
    assert!(text.contains("bias: absent, the mean of the target lies more than 1e6"), "{text}");
}

#[test]
fn the_bias_is_known_for_every_slowness() {
    // One digit, also where the divergence is 10⁻¹².
    let width = 0.1;
    for schedule in [Schedule::cosine(), Schedule::power(2.0).unwrap()] {
        let target = Gaussian::diagonal(vec![1.0, 0.0], vec![0.25, 4.0]).unwrap();
        let path = GaussianPath::from_standard(target, schedule).unwrap();
        let ceiling = action(&path, 0.0, 1.0).unwrap();
        let mut last = 0.0;
        for exponent in -6..=3 {
            let kappa = 10_f64.powi(exponent);
            let found = bias(&path, kappa, 0.0).unwrap_or_else(|error| panic!("κ = {kappa}: {error}"));
            for kl in [found.forward_kl, found.reverse_kl] {
                assert!(kl.lo() >= 0.0 && known(kl, width), "κ = {kappa}: {kl}");
            }
            let kl = found.forward_kl;
            assert!(kl.hi() <= (ceiling * kappa / 4.0).hi() && kl.lo() > last, "κ = {kappa}: {kl}");
            last = kl.hi();
        }
    }
}

#[test]
fn a_thousand_dimensions() {
    let d = 1000;
    let variances: Vec<f64> = (0..d).map(|i| 0.25 + 3.75 * f64::from(i) / f64::from(d)).collect();
    let means = vec![0.5; variances.len()];
    let whole = Gaussian::diagonal(means, variances.clone()).unwrap();
    let path = GaussianPath::from_standard(whole, Schedule::cosine()).unwrap();
    let factor = |variance: f64| {
        let law = Gaussian::isotropic(vec![0.5], variance).unwrap();
        GaussianPath::from_standard(law, Schedule::cosine()).unwrap()
    };
    // Action and divergence of a product are sums.
    let mut sum = (Enclosure::exact(0.0), Enclosure::exact(0.0));
    for &variance in &variances {
        let one = factor(variance);
        sum.0 = sum.0 + action(&one, 0.0, 1.0).unwrap();
        sum.1 = sum.1 + bias(&one, 0.5, 0.0).unwrap().forward_kl;
    }
    let found = (action(&path, 0.0, 1.0).unwrap(), bias(&path, 0.5, 0.0).unwrap().forward_kl);
    assert!(!apart(found.0, sum.0) && known(found.0, 1e-9), "{} against {}", found.0, sum.0);
    assert!(!apart(found.1, sum.1) && known(found.1, 1e-6), "{} against {}", found.1, sum.1);
    let largest = path.target().poincare_constant();
    assert!(largest.contains(variances[variances.len() - 1]), "{largest}");
}

#[test]
fn numbers_that_are_none_are_refused() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0] {
        assert!(LineMeasure::gaussian(0.0, bad).is_err() && Gaussian::isotropic(vec![0.0], bad).is_err());
        assert!(bias(&path(1.0), bad, 0.0).is_err(), "κ = {bad}");
    }
    // Squares of these are no floats: refused, or computed with an unknown end, never a wrong finite one.
    for s in [1e-170, 1e170, 1e-300, 1e300] {
        for (name, law) in laws(s, 0.0).into_iter().take(4) {
            let Ok(law) = law else { continue };
            let variance = law.variance();
            let overflow = s > 1.0;
            assert!(
                if overflow { variance.hi() == f64::INFINITY } else { variance.lo() <= f64::MIN_POSITIVE },
                "{name} at {s}: {variance}"
            );
            if let Ok(report) = poincare_constant(&law) {
                let value = report.value;
                assert!(
                    value.is_infinite()
                        || if overflow {
                            value.hi() == f64::INFINITY
                        } else {
                            value.lo() <= f64::MIN_POSITIVE
                        },
                    "{name} at {s}: {value}"
                );
            }
        }
    }
}
