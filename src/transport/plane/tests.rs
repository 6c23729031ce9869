use super::*;
use crate::measure::gaussian::Gaussian;
use crate::measure::mixture::Mixture;
use crate::numerics::quadrature::integrate;
use crate::path::{GaussianPath, LineCurve, Schedule};
use crate::transport::action;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::FRAC_PI_4;

/// Rounding in tests, relative to numbers of size one.
const SMALL: f64 = 1e-12;

fn vector(values: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(values)
}

fn matrix(rows: &[f64; 4]) -> DMatrix<f64> {
    DMatrix::from_row_slice(2, 2, rows)
}

fn skewed() -> Mixture {
    Mixture::new(
        &[0.3, 1.2],
        vec![vector(&[1.0, -2.0]), vector(&[0.5, 1.5])],
        vec![matrix(&[1.0, 0.4, 0.4, 0.5]), matrix(&[0.25, 0.0, 0.0, 2.0])],
    )
    .unwrap()
}

fn atoms() -> Mixture {
    Mixture::isotropic(&[1.0, 1.0], vec![vector(&[1.0, 0.0]), vector(&[-1.0, 0.0])], &[0.0; 2]).unwrap()
}

/// Contains the value, and is narrow.
fn agrees(found: Enclosure, exact: f64, width: f64) {
    let rounding = SMALL * (1.0 + exact.abs());
    assert!(found.widened(rounding).contains(exact) && found.width() < width, "{found}, expected {exact}");
}

#[test]
fn one_component_has_the_bures_metric_derivative() {
    let (mean, covariance) = (vector(&[1.0, -2.0]), matrix(&[1.0, 0.4, 0.4, 0.5]));
    let law = Gaussian::new(mean.clone(), covariance.clone()).unwrap();
    let exact = GaussianPath::from_standard(law, Schedule::cosine()).unwrap();
    let path = MixturePath::gaussian(Mixture::new(&[1.0], vec![mean], vec![covariance]).unwrap());
    for t in [0.1, 0.5, 0.95] {
        let angle = Schedule::cosine().angle(t);
        let per_time = crate::transport::metric_derivative_squared(&exact, t).unwrap().mid();
        let per_angle = per_time * Schedule::cosine().time_rate(angle).powi(2);
        agrees(plane_velocity(&path, angle).unwrap().norm_squared, per_angle, 1e-9 * per_angle);
    }
    let schedules =
        [Schedule::cosine(), Schedule::power(1.25).unwrap(), Schedule::ornstein_uhlenbeck(1.0).unwrap()];
    let found = mixture_action(&path, &schedules).unwrap();
    for (schedule, found) in schedules.into_iter().zip(found) {
        let path = GaussianPath::from_standard(exact.target().clone(), schedule).unwrap();
        let exact = action(&path, 0.0, 1.0).unwrap();
        agrees(found, exact.mid(), 1e-3 * exact.mid());
    }
    assert!(mixture_action(&path, &[Schedule::linear()]).unwrap()[0].is_infinite(), "the mean moves");
}

#[test]
fn bounds_meet_at_one_component_and_enclose_the_action_of_several() {
    let off_centre = Mixture::new(&[1.0], vec![vector(&[1.0, -2.0])], vec![matrix(&[1.0, 0.4, 0.4, 0.5])]);
    let schedule = Schedule::power(1.25).unwrap();
    let several = Mixture::new(
        &[0.3, 1.2],
        vec![vector(&[1.0, -2.0]), vector(&[0.5, 1.5])],
        vec![matrix(&[1.0, 0.4, 0.4, 0.5]), matrix(&[0.25, 0.0, 0.0, 2.0])],
    );
    // Interpolation in the angle, by samples at two sets of nodes.
    let interpolation = 1e-3;
    for (law, gap) in [(off_centre.unwrap(), 0.0), (several.unwrap(), 1.0)] {
        let path = MixturePath::gaussian(law);
        let found = mixture_action(&path, std::slice::from_ref(&schedule)).unwrap()[0].mid();
        let [below, above] = AngularEnergy::metric_derivative_bounds(&path)
            .unwrap()
            .map(|bound| bound.whole(&schedule, 0.0).unwrap().mid());
        let slack = interpolation * found;
        assert!(below <= found + slack && found <= above + slack, "{below} {found} {above}");
        assert!((above - below) <= slack + gap * found, "{below} {found} {above}");
    }
}

#[test]
fn on_the_line_it_is_the_integral_over_the_line() {
    let means = vec![vector(&[1.5]), vector(&[-2.0])];
    let path = MixturePath::gaussian(Mixture::isotropic(&[1.0, 2.0], means, &[0.5, 0.1]).unwrap());
    for angle in [0.2, 0.9] {
        let slice = LineCurve::slice(&path, angle).unwrap();
        let breaks: Vec<f64> = (0..=200).map(|i| -12.0 + 0.12 * f64::from(i)).collect();
        let exact = integrate(&breaks, |y| {
            let point = slice.point(y);
            point.log_density.exp() * point.velocity * point.velocity
        });
        agrees(mixture_metric_derivative_squared(&path, angle).unwrap(), exact.mid(), 1e-6);
    }
}

#[test]
fn two_bumps_have_the_known_action() {
    // ½N(±2, ¼): quantile functions and another quadrature give these ten digits.
    let means = vec![vector(&[2.0]), vector(&[-2.0])];
    let path = MixturePath::gaussian(Mixture::isotropic(&[1.0, 1.0], means, &[0.25; 2]).unwrap());
    let found = mixture_action(&path, &[Schedule::linear(), Schedule::cosine()]).unwrap();
    let interpolation = 1e-3;
    agrees(found[0], 1.753_537_417_8, interpolation);
    agrees(found[1], 2.125_092_159_8, interpolation);
}

#[test]
fn a_plane_in_space_is_a_plane_and_a_channel() {
    // Along an orthonormal pair, off the origin.
    let (a, b, c) = ([0.6, 0.8, 0.0], [0.0, 0.0, 1.0], [0.8, -0.6, 0.0]);
    let place = |x: f64, y: f64| DVector::from_fn(3, |i, _| x * a[i] + y * b[i] + 0.5 * c[i]);
    let points = [(1.0, 0.0), (-2.0, 1.0), (0.5, -1.5)];
    let weights = [1.0, 2.0, 1.5];
    let variance = 0.3;
    let space =
        Mixture::isotropic(&weights, points.map(|(x, y)| place(x, y)).to_vec(), &[variance; 3]).unwrap();
    let flat = points.map(|(x, y)| vector(&[x, y])).to_vec();
    let plane = Mixture::isotropic(&weights, flat, &[variance; 3]).unwrap();
    let angle = 0.7_f64;
    let (s, k) = angle.sin_cos();
    let across = s * s * 0.25 + (s * k * (1.0 - variance)).powi(2) / (k * k * variance + s * s);
    let inside = plane_velocity(&MixturePath::gaussian(plane), angle).unwrap().norm_squared.mid();
    let found = mixture_metric_derivative_squared(&MixturePath::gaussian(space), angle).unwrap();
    agrees(found, inside + across, 1e-6);
    let spanning = (0..4).map(|i| DVector::from_fn(3, |j, _| f64::from(u8::from(i == j)))).collect();
    let solid = Mixture::isotropic(&[1.0; 4], spanning, &[0.5; 4]).unwrap();
    let refused = mixture_metric_derivative_squared(&MixturePath::gaussian(solid), angle);
    assert!(matches!(refused, Err(Error::Undefined { .. })));
}

#[test]
fn with_a_gaussian_base_the_field_is_a_gradient() {
    let transport = plane_transport(&MixturePath::gaussian(skewed()), 0.9).unwrap();
    let fit = 1e-6;
    assert!(transport.rotational.lo() == 0.0 && transport.rotational.hi() < fit, "{transport:?}");
    assert!(transport.metric_derivative.width() < 2.0 * fit);
}

#[test]
fn with_a_student_base_the_field_is_not_a_gradient() {
    let path = MixturePath::student(atoms(), 3.0).unwrap();
    let transport = plane_transport(&path, FRAC_PI_4).unwrap();
    let (rotational, velocity) = (transport.rotational, transport.velocity);
    assert!(rotational.lo() > 0.0 && rotational.relative_width() < 1e-2, "{rotational}");
    assert!(transport.metric_derivative.hi() < velocity.lo(), "{transport:?}");
    // ‖u‖² is less than the coupling's own energy.
    let slice = path.slice(FRAC_PI_4).unwrap();
    assert!(velocity.hi() < slice.coupling_bound(), "{velocity}");
    // A point mass in place of the atoms makes everything radial: a gradient.
    let point = Mixture::isotropic(&[1.0], vec![vector(&[0.5, -0.3])], &[0.0]).unwrap();
    let radial = plane_transport(&MixturePath::student(point, 3.0).unwrap(), FRAC_PI_4).unwrap();
    // w = −sin φ·m + cot φ·(y − cos φ·m): ‖w‖² = sin²φ|m|² + cos²φ·E|Z|² + …, all in closed form: E|U|² itself.
    let exact = 0.5 * 0.34 + 0.5 * 6.0;
    assert!(radial.rotational.lo() == 0.0 && radial.rotational.hi() < 1e-6, "{radial:?}");
    agrees(radial.velocity, exact, 1e-6);
}

#[test]
fn bad_input_is_refused() {
    let path = MixturePath::gaussian(atoms());
    for angle in [0.0, -0.1, 2.0, f64::NAN] {
        assert!(plane_velocity(&path, angle).is_err() && plane_transport(&path, angle).is_err(), "{angle}");
    }
    let line = Mixture::isotropic(&[1.0], vec![vector(&[0.0])], &[1.0]).unwrap();
    assert!(plane_transport(&MixturePath::gaussian(line), 0.5).is_err());
    // Two degrees of freedom: no second moment.
    let heavy = MixturePath::student(atoms(), 2.0).unwrap();
    assert!(mixture_metric_derivative_squared(&heavy, 0.5).unwrap().is_infinite());
    assert!(mixture_action(&heavy, &[Schedule::cosine()]).unwrap()[0].is_infinite());
    // Atoms have an action only if the path stops smoothly; they are centred, so linear fails at the target alone.
    assert!(mixture_action(&path, &[Schedule::linear()]).unwrap()[0].is_infinite());
}

#[test]
fn components_far_apart_move_by_themselves() {
    // Too fine for a lattice: the mesh around each of them serves.
    let variance = 0.01;
    let means = vec![vector(&[-12.0, -12.0]), vector(&[12.0, 12.0])];
    let path = MixturePath::gaussian(Mixture::isotropic(&[1.0, 3.0], means, &[variance; 2]).unwrap());
    let angle = 0.1_f64;
    let (s, c) = angle.sin_cos();
    let slice = path.slice(angle).unwrap();
    assert!(lattice::integrals(&slice, |y| [slice.log_density(y).unwrap().exp()]).is_none());
    let found = plane_velocity(&path, angle).unwrap();
    let shape = 2.0 * (s * c * (1.0 - variance)).powi(2) / (c * c * variance + s * s);
    let exact = s * s * 288.0 + shape;
    assert!(found.outside.abs() < 1e-8, "{found:?}");
    agrees(found.norm_squared, exact, 1e-4);
}

#[test]
fn nothing_is_integrated_where_all_actions_are_infinite() {
    let power = |exponent: f64| Schedule::power(exponent).unwrap();
    let moving = MixturePath::gaussian(skewed());
    let centred = moving.centred();
    for (path, schedules, infinite) in [
        (&moving, vec![Schedule::linear(), power(0.9)], true),
        (&moving, vec![Schedule::linear(), power(1.1)], false),
        (&centred, vec![power(0.5), power(0.3)], true),
        (&centred, vec![power(0.51)], false),
        (&centred, vec![Schedule::linear()], false),
        (&moving, vec![Schedule::ornstein_uhlenbeck(1.0).unwrap()], false),
        (&MixturePath::gaussian(atoms()), vec![Schedule::linear(), power(2.0)], true),
        (&MixturePath::gaussian(atoms()), vec![Schedule::cosine()], false),
    ] {
        let found = super::action::certainly_infinite(path, &schedules);
        assert_eq!(found.is_some(), infinite, "{path}");
        assert!(found.is_none_or(|all| all.len() == schedules.len() && all.iter().all(|a| a.is_infinite())));
    }
}

#[test]
fn bounds_of_the_rotational_part_meet_up_to_what_is_not_resolved() {
    let path = MixturePath::student(atoms(), 3.0).unwrap();
    let slice = path.slice(FRAC_PI_4).unwrap();
    let fit = |residual: f64, product: f64, norm: f64, outer: f64| Fit {
        residual,
        product,
        norm,
        outer,
        unknowns: 9,
    };
    let below = |value: f64| fit(0.0, value, value, 0.0);
    let (size, rounding) = (2.0, 2.0 * ROUNDING);
    // max (∫F·z)²/∫|z|² from below, the residual from above.
    let found = rotational(
        (&fit(0.5, 0.0, size, 0.0), &fit(0.0, 0.6, 0.9, 0.0)),
        (&fit(0.5, 0.0, size, 0.0), &fit(0.0, 0.6, 0.8, 0.0)),
        0.0,
        &slice,
    );
    assert!(
        (found.lo() - 0.45).abs() <= 4.0 * rounding && (found.hi() - 0.5).abs() <= 4.0 * rounding,
        "{found}"
    );
    // Mass outside and on the edge widens above only; a lower bound above the upper one, of either mesh, widens both.
    let field = slice.coupling_bound().min(1.0 / 0.5);
    let found = rotational(
        (&fit(0.5, 0.0, size, 0.0), &below(0.4)),
        (&fit(0.5, 0.0, size, 0.03), &below(0.45)),
        -1e-3,
        &slice,
    );
    assert!((found.lo() - 0.45).abs() <= 4.0 * rounding, "{found}");
    assert!((found.hi() - 0.5 - 2.0 * (0.03 + 1e-3 * field)).abs() <= 4.0 * rounding, "{found}");
    for (coarse, fine, crossing) in [(0.4, 0.53, 0.03), (0.55, 0.45, 0.05), (0.55, 0.53, 0.05)] {
        let found = rotational(
            (&fit(0.5, 0.0, size, 0.0), &below(coarse)),
            (&fit(0.5, 0.0, size, 0.0), &below(fine)),
            0.0,
            &slice,
        );
        assert!((found.lo() - (fine - crossing)).abs() <= 4.0 * rounding, "{found}");
        assert!((found.hi() - (0.5 + crossing)).abs() <= 4.0 * rounding, "{found}");
    }
    let nothing = fit(0.0, 0.0, 0.0, 0.0);
    assert_eq!(rotational((&nothing, &nothing), (&nothing, &nothing), 0.0, &slice).hi(), 0.0);
    assert!(resolved(0.9 * LOST).is_ok() && resolved(-0.9 * LOST).is_ok());
    assert!(resolved(1.1 * LOST).is_err() && resolved(-1.1 * LOST).is_err() && resolved(f64::NAN).is_err());
}

#[test]
fn the_velocity_is_what_the_spread_leaves_of_the_coupling() {
    let (coarse, fine) = ((0.7, 0.0, 5.0), (0.75, -2e-9, 6.0));
    let small = 1e-12;
    let gaussian = MixturePath::gaussian(skewed());
    let found = velocity(&gaussian.slice(0.7).unwrap(), coarse, fine);
    assert!(
        (found.mid() - 0.75).abs() < small && (0.5 * found.width() - 0.05 - 1.2e-8).abs() < small,
        "{found}"
    );
    let student = MixturePath::student(skewed(), 5.0).unwrap();
    let slice = student.slice(0.7).unwrap();
    let found = velocity(&slice, coarse, fine);
    assert!((found.mid() - (slice.coupling_bound() - 0.75)).abs() < small, "{found}");
    assert!((0.5 * found.width() - 0.05 - 1.2e-8).abs() < small, "{found}");
    assert_eq!(velocity(&slice, (1e9, 0.0, 0.0), (1e9, 0.0, 0.0)).lo(), 0.0);
    let heavy = MixturePath::student(skewed(), 2.0).unwrap();
    assert!(velocity(&heavy.slice(0.7).unwrap(), coarse, fine).is_infinite());
    // Sums over nodes: the mass that is missing, and what the tail may hold.
    let node = |weight: f64, energy: f64| Node { weight, field: [0.0; 2], score: [0.0; 2], energy };
    let nodes = vec![vec![node(0.5, 2.0), node(0.0, 99.0)], vec![node(0.25, 4.0)]];
    assert_eq!(energy(&gaussian.slice(0.7).unwrap(), &nodes), (2.0, 0.25, 20.0));
    assert_eq!(energy(&slice, &nodes), (2.0, 0.25, 8.0));
}
