//! Constants of cut laws, and which of them are known at all.

use super::super::LineMeasure;
use super::*;
use crate::numerics::tolerances::SOLVED;

/// Rounding of some ten operations.
const ROUNDING: f64 = 64.0 * f64::EPSILON;
/// Relative width of a root that was bisected in interval arithmetic.
const ROOT: f64 = 1e-12;

fn constant(law: &LineMeasure) -> Option<Enclosure> {
    law.exact_poincare_constant()
}

fn assert_constant(law: &LineMeasure, exact: f64, width: f64) {
    let found = constant(law).unwrap();
    assert!(found.widened(ROUNDING * exact).contains(exact), "{law}: {found}, {exact}");
    assert!(found.relative_width() <= width, "{law}: {found}");
}

#[test]
fn two_sided_exponential_on_a_symmetric_interval_solves_its_equation() {
    for (rate, end) in [(1.5, 2.0), (0.1, 0.5), (4.0, 3.0), (1.0, 20.0)] {
        let law = LineMeasure::laplace(rate).unwrap().restricted(-end, end).unwrap();
        let found = constant(&law).unwrap();
        // k from the constant, by tan(ka) = −2k/r between π/2a and π/a.
        let k = (1.0 / found.mid() - 0.25 * rate * rate).sqrt();
        let pi = std::f64::consts::PI;
        assert!(k > 0.5 * pi / end && k < pi / end, "{rate}, {end}: {found}");
        let balance = rate * (k * end).sin() + 2.0 * k * (k * end).cos();
        assert!(balance.abs() <= SOLVED * (rate + 2.0 * k), "{rate}, {end}: {balance}");
        assert!(found.relative_width() <= ROOT, "{rate}, {end}: {found}");
    }
    assert!(cut_laplace(1.0, f64::INFINITY).is_none());
}

#[test]
fn other_cuts_of_the_two_sided_exponential_are_one_sided_or_unknown() {
    let plain = LineMeasure::laplace(1.5).unwrap();
    let skew = LineMeasure::asymmetric_laplace(1.0, 3.0).unwrap();
    let cut = |law: &LineMeasure, lo: f64, hi: f64| law.restricted(lo, hi).unwrap();
    for law in [
        cut(&plain, -1.0, 2.0),
        cut(&skew, -2.0, 2.0),
        cut(&skew, -1.0, 2.0),
        cut(&skew, -2.0, f64::INFINITY),
    ] {
        assert!(constant(&law).is_none(), "{law}");
    }
    let pi = std::f64::consts::PI;
    let linear = |rate: f64, length: f64| 1.0 / (0.25 * rate * rate + (pi / length).powi(2));
    assert_constant(&cut(&skew, -3.0, -1.0), linear(1.0, 2.0), ROUNDING);
    assert_constant(&cut(&skew, -3.0, 0.0), linear(1.0, 3.0), ROUNDING);
    assert_constant(&cut(&skew, 0.0, 0.5), linear(3.0, 0.5), ROUNDING);
    assert_constant(&cut(&skew, 0.5, f64::INFINITY), 4.0 / 9.0, ROUNDING);
    assert_constant(&cut(&skew, -f64::INFINITY, -0.5), 4.0, ROUNDING);
    let exponential = LineMeasure::exponential(2.0).unwrap();
    assert_constant(&cut(&exponential, 1.0, 4.0), linear(2.0, 3.0), ROUNDING);
    assert_constant(&cut(&exponential, 1.0, f64::INFINITY), 1.0, ROUNDING);
    let uniform = LineMeasure::uniform(-1.0, 5.0).unwrap();
    assert_constant(&cut(&uniform, 1.0, 3.0), 4.0 / (pi * pi), ROUNDING);
}

#[test]
fn cut_normal_laws_are_standardised() {
    let law = LineMeasure::gaussian(1.0, 2.0).unwrap();
    // From the mean on: odd eigenfunctions remain, x³ − 3x is even there no more: 1/2 of σ².
    assert_constant(&law.restricted(1.0, f64::INFINITY).unwrap(), 2.0, ROOT);
    assert_constant(&law.restricted(f64::NEG_INFINITY, 1.0).unwrap(), 2.0, ROOT);
    // Between the zeros ±1 of He_2 the eigenfunction is He_3.
    assert_constant(&law.restricted(-1.0, 3.0).unwrap(), 4.0 / 3.0, ROOT);
    let left = constant(&law.restricted(f64::NEG_INFINITY, 2.5).unwrap()).unwrap();
    let right = constant(&law.restricted(-0.5, f64::INFINITY).unwrap()).unwrap();
    assert!(
        left.interval().intersects(right.interval()) && left.mid() > 2.0 && left.mid() < 4.0,
        "{left}, {right}"
    );
}

#[test]
fn log_sobolev_constants_are_known_where_the_table_says() {
    let pi = std::f64::consts::PI;
    let known = |law: &LineMeasure| law.exact_log_sobolev_constant().map(Enclosure::mid);
    let close = |law: &LineMeasure, exact: f64| {
        let found = known(law).unwrap();
        assert!((found - exact).abs() <= ROUNDING * exact, "{law}: {found}, {exact}");
    };
    let normal = LineMeasure::gaussian(1.0, 2.0).unwrap();
    close(&normal, 8.0);
    close(&normal.restricted(0.0, f64::INFINITY).unwrap(), 8.0);
    close(&normal.restricted(f64::NEG_INFINITY, 0.0).unwrap(), 8.0);
    assert!(known(&normal.restricted(0.0, 3.0).unwrap()).is_none());
    close(&LineMeasure::uniform(1.0, 4.0).unwrap(), 18.0 / (pi * pi));
    close(&LineMeasure::cos_power(3.0).unwrap(), 0.5);
    assert!(known(&LineMeasure::cos_power(3.0).unwrap().restricted(-0.5, 0.5).unwrap()).is_none());
    close(&LineMeasure::tilted_gaussian(4.0, -1.0).unwrap(), 0.5);
    close(&LineMeasure::tilted_gaussian(4.0, 0.0).unwrap(), 0.5);
    assert!(known(&LineMeasure::tilted_gaussian(4.0, 1.0).unwrap()).is_none());
    let tilted = LineMeasure::tilted_gaussian(4.0, -1.0).unwrap();
    close(&tilted.restricted(-0.5, f64::INFINITY).unwrap(), 0.5);
    assert!(known(&tilted.restricted(-0.5, 0.5).unwrap()).is_none());
    close(&LineMeasure::chi(1.0).unwrap(), 2.0);
    close(&LineMeasure::chi(3.5).unwrap(), 2.0);
    assert!(known(&LineMeasure::chi(0.5).unwrap()).is_none());
    assert!(known(&LineMeasure::chi(3.5).unwrap().restricted(0.0, 2.0).unwrap()).is_none());
    let one = LineMeasure::gaussian_mixture(&[1.0], &[3.0], &[0.5]).unwrap();
    close(&one, 0.5);
    assert!(known(&one.restricted(2.0, 3.0).unwrap()).is_none());
    let two = LineMeasure::gaussian_mixture(&[1.0, 1.0], &[3.0, 4.0], &[0.5, 0.5]).unwrap();
    assert!(known(&two).is_none());
    close(&normal.affine_image(-0.5, 1.0).unwrap(), 2.0);
    close(&LineMeasure::chi(3.0).unwrap().affine_image(3.0, 1.0).unwrap(), 18.0);
    assert_eq!(known(&LineMeasure::logistic(1.0).unwrap()), Some(f64::INFINITY));
    // One heavy end is enough.
    for law in [
        LineMeasure::exponential(1.0).unwrap(),
        LineMeasure::exponential(1.0).unwrap().affine_image(-1.0, 0.0).unwrap(),
    ] {
        assert_eq!(known(&law), Some(f64::INFINITY), "{law}");
    }
    for law in [
        LineMeasure::student(3.0, 0.0, 1.0).unwrap().restricted(0.0, f64::INFINITY).unwrap(),
        LineMeasure::student(3.0, 0.0, 1.0).unwrap().restricted(f64::NEG_INFINITY, 0.0).unwrap(),
    ] {
        assert!(constant(&law).is_some_and(Enclosure::is_infinite), "{law}");
    }
}
