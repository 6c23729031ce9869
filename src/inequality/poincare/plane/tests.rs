//! Against the line, the radial solver, closed forms and symmetries.

use super::super::product::CollinearMixture;
use super::super::radial::radial_poincare_constant;
use super::*;
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::line::LineMeasure;

/// Relative width that smooth potentials of moderate depth reach.
const NARROW: f64 = 1e-8;

fn line(potential: &str) -> Enclosure {
    let measure = LineMeasure::parse(potential, f64::NEG_INFINITY, f64::INFINITY).unwrap();
    converged_poincare_constant(&measure).unwrap()
}

fn plane(potential: &str) -> PlaneReport {
    plane_poincare_constant_of(&Expression::parse(potential, &["x", "y"]).unwrap()).unwrap()
}

fn assert_same(name: &str, found: Enclosure, expected: Enclosure, width: f64) {
    assert!(found.interval().intersects(expected.interval()), "{name}: {found}, expected {expected}");
    assert!(found.relative_width() <= width, "{name}: {found}");
}

#[test]
fn separable_potentials_have_the_larger_constant_of_the_line() {
    for (well, y) in [("x^4/4 - 3*x^2/2", "y^2/2"), ("x^4/4 - x^2/2", "2*y^2"), ("x^4/4", "y^2/4")] {
        let expected = line(well).max(line(&y.replace('y', "x")));
        assert_same(well, plane(&format!("{well} + {y}")).value, expected, NARROW);
    }
}

#[test]
fn rotation_translation_and_scaling_act_as_they_should() {
    let well = |x: f64, y: f64| (x * x - 1.0).powi(2) + 0.5 * y * y + 0.25 * x * y + 0.2 * x;
    let plain = plane_poincare_constant(well).unwrap().value;
    assert!(plain.relative_width() <= NARROW, "{plain}");
    let (s, c) = 0.7_f64.sin_cos();
    let turned =
        plane_poincare_constant(|x, y| well(c * x + s * y - 3.0, c * y - s * x + 1.0)).unwrap().value;
    assert_same("rotated", turned, plain, NARROW);
    for scale in [1e-3, 50.0] {
        let scaled = plane_poincare_constant(|x, y| well(x / scale, y / scale)).unwrap().value;
        assert_same("scaled", scaled, plain * (scale * scale), NARROW);
    }
    let raised = plane_poincare_constant(|x, y| well(x, y) + 700.0).unwrap().value;
    // A constant in the potential costs digits of it: 700 units of the last place.
    assert_same("raised", raised, plain.widened(700.0 * f64::EPSILON * plain.mid()), NARROW);
}

#[test]
fn asymmetric_well_converges_and_beats_linear_functions() {
    let report = plane("(x^2-1)^2 + y^2/2 + x*y/4 + 0.2*x");
    assert!(report.value.relative_width() <= NARROW, "{}", report.value);
    let [xx, xy, yy] = report.covariance;
    let widest = 0.5 * (xx + yy) + (0.25 * (xx - yy).powi(2) + xy * xy).sqrt();
    assert!(widest < report.value.lo(), "{widest} against {}", report.value);
}

#[test]
fn radial_potentials_agree_with_the_radial_solver() {
    for (profile, potential) in [
        ("x^4/4", "(x^2 + y^2)^2/4"),
        ("x^4/4 - x^2", "(x^2 + y^2)^2/4 - x^2 - y^2"),
        ("x^2/2 + 2*exp(-x^2)", "(x^2 + y^2)/2 + 2*exp(-x^2 - y^2)"),
    ] {
        let law = LineMeasure::parse(profile, 0.0, f64::INFINITY).unwrap();
        let expected = radial_poincare_constant(&law, 2).unwrap().value;
        assert_same(profile, plane(potential).value, expected, 1e2 * NARROW);
    }
}

#[test]
fn gaussian_laws_have_their_largest_variance() {
    // The constant of e^{−(ax² + 2bxy + cy²)/2} is the inverse of the smallest eigenvalue.
    for (a, b, c) in [(1.0, 0.0, 1.0), (1.0, 0.9, 1.0), (2.0, -0.5, 30.0), (1.0, 0.99, 1.0)] {
        let smallest: f64 = 0.5 * (a + c) - (0.25_f64 * (a - c) * (a - c) + b * b).sqrt();
        let found = plane_poincare_constant(|x, y| 0.5 * (a * x * x + 2.0 * b * x * y + c * y * y)).unwrap();
        assert_same(
            "gaussian",
            found.value,
            Enclosure::around(1.0 / smallest, 4.0 * f64::EPSILON / smallest, Evidence::Exact),
            NARROW,
        );
    }
}

#[test]
fn collinear_mixture_is_a_product() {
    let means = [[-1.2, -1.6], [1.2, 1.6]];
    let mixture = CollinearMixture::isotropic(&[0.5, 0.5], &means.map(|m| m.to_vec()), 1.0).unwrap();
    let found = plane_poincare_constant(|x, y| {
        let [a, b] = means.map(|m| -0.5 * ((x - m[0]).powi(2) + (y - m[1]).powi(2)));
        -(a.max(b) + (-(a - b).abs()).exp().ln_1p())
    })
    .unwrap();
    assert_same("mixture", found.value, mixture.poincare_constant().unwrap(), NARROW);
}

#[test]
fn deep_wells_are_relatively_accurate_or_say_that_they_are_not() {
    for depth in [8.0, 14.0] {
        let expected = line(&format!("{depth}*(x^2 - 1)^2"));
        let turned = format!("{depth}*((x + y)^2/2 - 1)^2 + (x - y)^2");
        assert_same(&turned, plane(&turned).value, expected, 1e-6);
    }
}

#[test]
fn what_does_not_confine_is_refused() {
    for potential in ["x^2/2", "x", "-x^2 - y^2", "log(1 + x^2 + y^2)", "sqrt(-1 - x^2)", "0*x", "x^2 - y^4"]
    {
        let parsed = Expression::parse(potential, &["x", "y"]).unwrap();
        assert!(plane_poincare_constant_of(&parsed).is_err(), "{potential}");
    }
    // Exponential tails: the gap may lie at the edge of the essential spectrum.
    let exponential = plane_poincare_constant(|x, y| (1.0 + x * x + y * y).sqrt());
    assert!(matches!(exponential, Err(Error::NoConvergence { .. })), "{exponential:?}");
    let one = Expression::parse("x^2", &["x"]).unwrap();
    assert!(matches!(plane_poincare_constant_of(&one), Err(Error::Dimension { .. })));
}
