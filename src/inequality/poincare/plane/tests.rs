//! Against the line, the radial solver, closed forms and symmetries.

use super::super::product::CollinearMixture;
use super::super::radial::radial_poincare_constant;
use super::*;
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::tolerances::{COARSE, MESH, ROUNDING, SOLVED};

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

#[test]
fn rings_find_a_minimum_in_any_direction() {
    for (at, stiff) in [([-3.0, 5.0], [2.0, 8.0]), ([0.02, -0.7], [1.0, 30.0]), ([400.0, 1e-3], [0.1, 0.1])] {
        let calls = std::cell::Cell::new(0_i32);
        let potential = |x: f64, y: f64| {
            calls.set(calls.get() + 1);
            7.0 + stiff[0] * (x - at[0]).powi(2) + stiff[1] * (y - at[1]).powi(2)
        };
        let (found, floor) = minimum(&potential).unwrap();
        // "Any point near the minimum will do": far below the levels of the cuts.
        let near = 1e-3;
        assert!(floor >= 7.0 && floor <= 7.0 + near, "{at:?}: {found:?}, {floor}");
        for k in 0..2 {
            assert!(stiff[k] * (found[k] - at[k]).powi(2) <= near, "{at:?}: {found:?}");
        }
        // Every move costs a ring of directions for each of the radii.
        let ring = DIRECTIONS * (2 * HALF_OCTAVES + 1);
        assert!((calls.get() - 1) % ring == 0 && calls.get() <= 20 * ring, "{}", calls.get() / ring);
    }
    // NaN at the origin is passed over; a potential that is NaN everywhere or −∞ somewhere is not.
    let punctured = |x: f64, y: f64| if x == 0.0 && y == 0.0 { f64::NAN } else { (x - 1.0).powi(2) + y * y };
    assert!(minimum(&punctured).unwrap().1 <= COARSE);
    assert!(matches!(minimum(&|_, _| f64::NAN), Err(Error::Domain { .. })));
    assert!(matches!(minimum(&|x, _| x.ln()), Err(Error::Undefined { .. } | Error::Domain { .. })));
    assert!(matches!(minimum(&|x, y| -x - 2.0 * y), Err(Error::Undefined { .. })));
    assert!(matches!(minimum(&|x, y| x * x - y), Err(Error::Undefined { .. })));
}

/// `[a, b, c]` of `a u² + 2b uv + c v²` for axes turned by an angle.
fn quadratic(angle: f64, stiff: [f64; 2], centre: [f64; 2]) -> impl Fn(f64, f64) -> f64 {
    let (s, c) = angle.sin_cos();
    move |x, y| {
        let (x, y) = (x - centre[0], y - centre[1]);
        let (u, v) = (c * x + s * y, c * y - s * x);
        0.5 * (stiff[0] * u * u + stiff[1] * v * v)
    }
}

const AXES: [f64; 2] = [1.0, 0.0];

#[test]
fn frames_turn_and_shift() {
    let (s, c) = 0.4_f64.sin_cos();
    let frame = Frame { centre: [1.0, -2.0], axis: [c, s] };
    let (x, y) = frame.point(2.0, 3.0);
    assert!((x - (1.0 + 2.0 * c - 3.0 * s)).abs() <= 8.0 * f64::EPSILON);
    assert!((y - (-2.0 + 2.0 * s + 3.0 * c)).abs() <= 8.0 * f64::EPSILON);
}

#[test]
fn box_is_tight_around_the_level_set() {
    let potential = quadratic(0.0, [1.0, 16.0], [0.0, 0.0]);
    for centre in [[0.0, 0.0], [1.5, -0.3]] {
        let scan = Scan::new(&potential, Frame { centre, axis: AXES }).unwrap();
        let (reach, level) = ([1.0, 0.25], (2.0 * CUTS[1]).sqrt());
        // Two tightenings leave a lattice interval or so on either side, of which the level is as far away as the
        // origin of the frame lies high.
        let origin = potential(centre[0], centre[1]);
        let outer = (2.0 * (CUTS[1] + origin)).sqrt();
        for k in 0..2 {
            let spacing = scan.spacing(k);
            for end in [-scan.lo[k] - centre[k], scan.hi[k] + centre[k]] {
                assert!(
                    end >= level * reach[k] && end <= outer * reach[k] + 3.0 * spacing,
                    "{centre:?}, {k}: {end}"
                );
            }
            assert!((spacing - (scan.hi[k] - scan.lo[k]) / SCAN as f64).abs() <= f64::EPSILON * 100.0);
            assert!((scan.coordinate(k, SCAN) - scan.hi[k]).abs() <= ROUNDING);
            assert!((scan.coordinate(k, 3) - scan.lo[k] - 3.0 * spacing).abs() <= ROUNDING);
        }
        assert!(scan.floor >= 0.0 && scan.floor <= 0.05, "{}", scan.floor);
        assert_eq!(scan.values.len(), (SCAN + 1) * (SCAN + 1));
        let (u, v) = (scan.coordinate(0, 5), scan.coordinate(1, 77));
        let (x, y) = scan.frame.point(u, v);
        let expected = potential(x, y) - scan.floor;
        assert!((scan.values[5 * (SCAN + 1) + 77] - expected).abs() <= ROUNDING * expected.max(1.0));
    }
}

#[test]
fn box_grows_until_no_side_cuts_the_level_set() {
    // A narrow valley along a diagonal: the half axes see little of it.
    let valley = quadratic(std::f64::consts::FRAC_PI_4, [0.02, 50.0], [0.0, 0.0]);
    let scan = Scan::new(&valley, Frame { centre: [0.0, 0.0], axis: AXES }).unwrap();
    let reach = (2.0 * CUTS[1] / 0.02).sqrt() / std::f64::consts::SQRT_2;
    for k in 0..2 {
        assert!(-scan.lo[k] >= 0.99 * reach && -scan.lo[k] <= 1.1 * reach, "{:?}, {reach}", scan.lo);
        assert!(scan.hi[k] >= 0.99 * reach && scan.hi[k] <= 1.1 * reach, "{:?}, {reach}", scan.hi);
    }
    assert!(matches!(
        Scan::new(&|x, y| (1.0 + x * x + y * y).ln(), Frame { centre: [0.0; 2], axis: AXES }),
        Err(Error::Undefined { .. })
    ));
}

#[test]
fn moments_and_principal_axes_are_those_of_the_law() {
    let (angle, stiff, centre) = (0.6, [0.5, 4.0], [2.0, -1.0]);
    let potential = quadratic(angle, stiff, centre);
    let scan = Scan::new(&potential, Frame { centre: [1.8, -0.7], axis: AXES }).unwrap();
    let (mean, covariance) = scan.moments();
    let (s, c) = f64::sin_cos(angle);
    let (wide, narrow) = (1.0 / stiff[0], 1.0 / stiff[1]);
    let expected = [c * c * wide + s * s * narrow, c * s * (wide - narrow), s * s * wide + c * c * narrow];
    // Sums over a lattice of a density that it resolves.
    let accuracy = 1e-9;
    assert!((mean[0] - 0.2).abs() <= accuracy && (mean[1] + 0.3).abs() <= accuracy, "{mean:?}");
    for (found, expected) in covariance.iter().zip(expected) {
        assert!((found - expected).abs() <= accuracy, "{covariance:?}, {expected}");
    }
    let turned = scan.principal();
    assert!(
        (turned.centre[0] - 2.0).abs() <= accuracy && (turned.centre[1] + 1.0).abs() <= accuracy,
        "{turned:?}"
    );
    assert!((turned.axis[0] - c).abs() <= accuracy && (turned.axis[1] - s).abs() <= accuracy, "{turned:?}");
    // From a turned frame the angles add up; where the correlation is not felt the frame stays.
    let (s0, c0) = 0.25_f64.sin_cos();
    let again = Scan::new(&potential, Frame { centre, axis: [c0, s0] }).unwrap().principal();
    assert!((again.axis[0] - c).abs() <= accuracy && (again.axis[1] - s).abs() <= accuracy, "{again:?}");
    let settled = Scan::new(&potential, turned).unwrap();
    assert_eq!(settled.principal().axis, turned.axis);
    let nearly = Scan::new(&quadratic(2e-3, stiff, centre), Frame { centre, axis: AXES }).unwrap();
    assert!(nearly.principal().axis != AXES);
}

#[test]
fn rectangles_follow_the_largest_curvature() {
    let frame = Frame { centre: [0.0, 0.0], axis: AXES };
    // Normal laws: the whole box √(8·44) deviations wide, sides of 3.5 of them, at least four.
    let scan = Scan::new(&quadratic(0.0, [1.0, 9.0], [0.0, 0.0]), frame).unwrap();
    let wanted = scan.rectangles();
    for (k, deviation) in [(0, 1.0), (1, 1.0 / 3.0)] {
        let expected = (scan.hi[k] - scan.lo[k]) / (CURVATURES * deviation);
        assert!((wanted[k] / expected - 1.0).abs() <= MESH, "{wanted:?}, {expected}");
    }
    // x⁴: V'' = 12x² up to the height SCANNED; y² as before.
    let scan = Scan::new(&|x: f64, y: f64| x.powi(4) + 0.5 * y * y, frame).unwrap();
    let wanted = scan.rectangles();
    let steepest = (12.0 * SCANNED.sqrt()).sqrt();
    let expected = (scan.hi[0] - scan.lo[0]) * steepest / CURVATURES;
    assert!((wanted[0] / expected - 1.0).abs() <= 0.03, "{wanted:?}, {expected}");
    // Rough in both directions: no more than the largest mesh.
    let rough = |x: f64, y: f64| 0.5 * (x * x + y * y) + 3.0 * ((9.0 * x).cos() + (9.0 * y).cos());
    let wanted = Scan::new(&rough, frame).unwrap().rectangles();
    assert!((wanted[0] * wanted[1] / LARGEST_MESH - 1.0).abs() <= SOLVED, "{wanted:?}");
    // Rough in one direction: no more than 48 there, no fewer than four in the other.
    let rough = |x: f64, y: f64| 0.5 * x * x + 0.02 * y.powi(2) + 3.0 * (9.0 * x).cos();
    let wanted = Scan::new(&rough, frame).unwrap().rectangles();
    assert!(
        (wanted[0] - RECTANGLES.1 as f64).abs() <= SOLVED && wanted[1] >= RECTANGLES.0 as f64,
        "{wanted:?}"
    );
    assert_eq!((rounded_up(4.0), rounded_up(4.1), rounded_up(5.9)), (4, 5, 6));
}

#[test]
fn enclosure_holds_both_resolutions_and_what_they_say_of_themselves() {
    let solved = |constant: f64, error: f64, outer: f64| Solved { constant, error, outer, unknowns: 7 };
    let found = enclosure(&solved(1.99, 1e-3, 0.0), &solved(2.0, 2e-3, 5e-7)).unwrap();
    let radius = 0.006 + 1e-6;
    let both = Enclosure::refined(1.99, 2.0, ULPS);
    assert!((found.lo() - (both.lo() - radius)).abs() <= ROUNDING, "{found}");
    assert!((found.hi() - (both.hi() + radius)).abs() <= ROUNDING, "{found}");
    assert!(enclosure(&solved(1.0, 0.0, 1.0), &solved(1.0, 0.0, 0.9 * FELT)).is_ok());
    assert!(enclosure(&solved(1.0, 0.0, 0.0), &solved(1.0, 0.0, 1.1 * FELT)).is_err());
    assert!(!enclosure(&solved(1.0, f64::INFINITY, 0.0), &solved(1.0, 0.0, 0.0)).unwrap().is_finite());
}

#[test]
fn report_is_in_the_coordinates_of_the_user() {
    let report = plane("(x - 2)^2/2 + 4*(y + 1)^2 + 1.2*(x - 2)*(y + 1)");
    // Precision [[1, 1.2], [1.2, 8]].
    let determinant = 8.0 - 1.44;
    let expected = [8.0 / determinant, -1.2 / determinant, 1.0 / determinant];
    let accuracy = 1e-9;
    for (found, expected) in report.covariance.iter().zip(expected) {
        assert!((found - expected).abs() <= accuracy, "{:?}", report.covariance);
    }
    assert!(
        (report.mean[0] - 2.0).abs() <= accuracy && (report.mean[1] + 1.0).abs() <= accuracy,
        "{:?}",
        report.mean
    );
    // A normal law is resolved by the first mesh, four to six rectangles in either direction.
    assert!(report.rectangles.iter().all(|n| (4..=7).contains(n)), "{:?}", report.rectangles);
    // The wider direction of another law has more of them, whichever comes first.
    let along_x = plane("x^4/4 + y^2/2").rectangles;
    let along_y = plane("y^4/4 + x^2/2").rectangles;
    assert!(along_x[0] > along_x[1] && along_y == [along_x[1], along_x[0]], "{along_x:?}, {along_y:?}");
}
