//! Sample points, minima, widths and crossings on examples.

use super::*;
use crate::numerics::tolerances::{MESH, ROUNDING, SOLVED};

const INFINITY: f64 = f64::INFINITY;
/// A minimum is as sharp as the root of the rounding of its value.
const BLUR: f64 = 1e-7;

fn contains(points: &[f64], x: f64) -> bool {
    points.iter().any(|p| (p - x).abs() <= 4.0 * f64::EPSILON * x.abs())
}

#[test]
fn samples_are_geometric_around_zero_the_ends_and_the_centres() {
    let whole = scan(-INFINITY, INFINITY, &[(5.0, 0.5)]);
    assert!(whole.windows(2).all(|w| w[0] < w[1]));
    for x in [
        0.0,
        1.0,
        -1.0,
        2f64.powi(110),
        -(2f64.powi(-40)),
        2f64.powf(3.25),
        3.0,
        4.0,
        4.5,
        4.75,
        5.0,
        5.25,
        5.5,
        6.0,
        7.0,
    ] {
        assert!(contains(&whole, x), "{x}");
    }
    // Twelve to the octave, 151 octaves, two sides, zero, and nine around the centre of which 4 and others may coincide.
    let count = 2 * 12 * 151 + 1;
    assert!(whole.len() > count && whole.len() <= count + 9, "{}", whole.len());
    let half = scan(3.0, INFINITY, &[]);
    assert!(half[0] > 3.0 && contains(&half, 3.0 + 2f64.powi(-40)) && contains(&half, 3.0 + 2f64.powf(1.5)));
    assert!(contains(&half, 8.0) && contains(&half, 3.0 + 2f64.powi(20)));
    let left = scan(-INFINITY, -2.0, &[]);
    assert!(
        left.iter().all(|x| *x < -2.0) && contains(&left, -2.0 - 2f64.powi(-30)) && contains(&left, -4.0)
    );
    // From zero on nothing is added around the end.
    assert_eq!(scan(0.0, INFINITY, &[]).len(), 12 * 151);
    let many: Vec<(f64, f64)> = (0..65).map(|i| (0.01 + f64::from(i), 0.25)).collect();
    let fewer = scan(-INFINITY, INFINITY, &many);
    assert!(
        contains(&fewer, 0.01 + 7.25) && contains(&fewer, 0.01 + 6.75) && !contains(&fewer, 0.01 + 7.125)
    );
    let enough = scan(-INFINITY, INFINITY, &many[..64]);
    assert!(contains(&enough, 0.01 + 7.125) && contains(&enough, 0.01 + 8.0));
}

#[test]
fn bounded_domains_are_sampled_evenly_and_towards_their_ends() {
    let (lo, hi) = (2.0, 5.0);
    let points = scan(lo, hi, &[(2.1, 0.2)]);
    assert!(points.iter().all(|x| lo < *x && *x < hi) && points.windows(2).all(|w| w[0] < w[1]));
    for i in 1..768 {
        assert!(contains(&points, lo + 3.0 * f64::from(i) / 768.0), "{i}");
    }
    for k in 2..48 {
        let step = 3.0 * 2f64.powi(-k);
        assert!(contains(&points, lo + step) && contains(&points, hi - step), "{k}");
    }
    assert!(points[0] - lo <= 3.0 * 2f64.powi(-50) && hi - points[points.len() - 1] <= 3.0 * 2f64.powi(-50));
    assert!(contains(&points, 2.2) && contains(&points, 2.9));
    // No geometric samples around ends of a bounded domain: 767 even ones, 2·58 towards the ends (twelve of them even,
    // some of the last equal to an end), about 16 powers of two around zero, and the centre's.
    assert!(points.len() > 850 && points.len() < 920, "{}", points.len());
}

#[test]
fn minima_are_refined_and_dents_are_one_well() {
    let v = |x: f64| 0.25 * x.powi(4) - 1.5 * x * x + 0.3 * x;
    let points = scan(-INFINITY, INFINITY, &[]);
    let found = wells(&points, -INFINITY, INFINITY, v);
    assert_eq!(found.len(), 2, "{found:?}");
    for well in &found {
        assert!((well.at.powi(3) - 3.0 * well.at + 0.3).abs() <= 10.0 * BLUR, "{well:?}");
        assert_eq!(well.value, v(well.at));
        let rise = |x: f64| v(x) - well.value;
        // Doubled until one side has risen by 1.
        assert!(rise(well.at + well.width).max(rise(well.at - well.width)) >= 1.0);
        assert!(rise(well.at + 0.5 * well.width).max(rise(well.at - 0.5 * well.width)) < 1.0);
    }
    // Dents in the bottom that rounding makes: the deepest of those next to each other.
    let dented = |x: f64| (x - 1.0).powi(2) + 1e-14 * (1e7 * x).sin();
    let found = wells(&scan(-INFINITY, INFINITY, &[(1.0, 1e-6)]), -INFINITY, INFINITY, dented);
    assert!(found.len() == 1 && (found[0].at - 1.0).abs() <= 10.0 * MESH, "{found:?}");
    // Ends at which the potential is smallest, a plateau, and a point where it is infinite.
    let slope = wells(&scan(1.0, 4.0, &[]), 1.0, 4.0, |x| x);
    assert!(slope.len() == 1 && slope[0].at == 1.0 && slope[0].value == 1.0, "{slope:?}");
    let slope = wells(&scan(1.0, 4.0, &[]), 1.0, 4.0, |x| -x);
    assert!(slope.len() == 1 && slope[0].at == 4.0, "{slope:?}");
    assert!((wells(&scan(1.0, 1.5, &[]), 1.0, 1.5, |x| -x)[0].width - 0.5).abs() <= ROUNDING);
    let flat = wells(&scan(1.0, 4.0, &[]), 1.0, 4.0, |_| 2.0);
    assert_eq!(flat.len(), 1, "{flat:?}");
    let pole = wells(&scan(0.0, INFINITY, &[]), 0.0, INFINITY, |x| x - 2.0 * x.ln());
    assert!(pole.len() == 1 && (pole[0].at - 2.0).abs() <= BLUR, "{pole:?}");
}

#[test]
fn golden_section_finds_the_minimum_and_keeps_a_better_point() {
    for at in [-0.7, 0.1, 1.9] {
        let f = |x: f64| (x - at).abs() + 0.1 * (x - at).powi(2);
        let (x, y) = golden(-1.0, 2.0, (2.0, f(2.0)), f);
        assert!((x - at).abs() <= SOLVED && y == f(x), "{at}: {x}");
    }
    let calls = std::cell::Cell::new(0);
    let counted = |x: f64| {
        calls.set(calls.get() + 1);
        x * x
    };
    assert_eq!(golden(-1.0, 1.5, (9.0, -5.0), counted), (9.0, -5.0));
    assert_eq!(calls.get(), 2 + GOLDEN_STEPS);
}

#[test]
fn widths_are_the_distance_of_a_rise_by_one() {
    let quadratic = |stiff: f64| move |x: f64| stiff * (x - 3.0).powi(2);
    for stiff in [1e-6, 1.0, 1e8] {
        let width = width_of(3.0, 0.0, -INFINITY, INFINITY, quadratic(stiff));
        let exact = 1.0 / f64::sqrt(stiff);
        assert!(width >= exact * (1.0 - 1e-9) && width < 2.0 * exact, "{stiff}: {width}");
    }
    // Only inside the domain; one that is too short for the rise is its own width.
    assert_eq!(width_of(3.0, 0.0, 2.5, 3.25, quadratic(1.0)), 0.75);
    let one_sided = width_of(3.0, 0.0, 2.9, INFINITY, quadratic(1.0));
    assert!((1.0..2.0).contains(&one_sided), "{one_sided}");
    let steeper = |x: f64| if x < 0.0 { -100.0 * x } else { x };
    let width = width_of(0.0, 0.0, -INFINITY, INFINITY, steeper);
    assert!((0.01..0.02).contains(&width), "{width}");
}

#[test]
fn crossings_are_the_outermost_within_three_steps() {
    for sign in [-1.0, 1.0] {
        let at = |x: f64| sign * x;
        let plain = crossing(at(1.0), sign, 0.1, sign * INFINITY, |x| sign * x <= 7.3);
        assert!((plain - at(7.3)).abs() <= SOLVED, "{plain}");
        // Steps 0.1·2^k from 1: outside at 1.2 alone, then inside again up to 3.
        let gap = crossing(at(1.0), sign, 0.1, sign * INFINITY, |x| {
            let r = sign * x;
            r <= 1.15 || (1.3..=3.0).contains(&r)
        });
        assert!((gap - at(3.0)).abs() <= SOLVED, "{gap}");
        // Too wide a gap ends it.
        let far = crossing(at(1.0), sign, 0.1, sign * INFINITY, |x| {
            let r = sign * x;
            r <= 1.15 || (1.9..=3.0).contains(&r)
        });
        assert!((far - at(1.15)).abs() <= SOLVED, "{far}");
        let end = crossing(at(1.0), sign, 0.1, at(5.0), |x| sign * x <= 9.0);
        assert_eq!(end, at(5.0));
        let before = crossing(at(1.0), sign, 0.1, at(5.0), |x| sign * x <= 4.9);
        assert!((before - at(4.9)).abs() <= SOLVED, "{before}");
        // Resolved in proportion to the distance from a finite end.
        let close = crossing(at(1.0), sign, 0.1, at(5.0), |x| 5.0 - sign * x >= 1e-9);
        assert!((5.0 - sign * close - 1e-9).abs() <= 4e-15, "{close}");
        assert_eq!(crossing(at(1.0), sign, 1.0, sign * INFINITY, |_| true), sign * INFINITY);
    }
}

#[test]
fn kinks_are_changes_of_sign_to_the_last_float() {
    let formula =
        Expression::parse("abs(x^2 - 2) + 3*abs(x - 1/3) + abs((x + 1)^2) + abs(exp(x))", &["x"]).unwrap();
    let points: Vec<f64> = (-40..=40).map(|i| 0.1 * f64::from(i)).collect();
    let found = kinks(&formula, &points);
    let root = std::f64::consts::SQRT_2;
    assert_eq!(found.len(), 3, "{found:?}");
    for (x, exact) in found.iter().zip([-root, 1.0 / 3.0, root]) {
        assert!((x - exact).abs() <= 2.0 * f64::EPSILON * exact.abs(), "{x}, {exact}");
    }
    for at in [0.7, -12.5, 3e-200] {
        let found = zero_between(-20.0, 30.0, -20.0 - at, |x| x - at);
        assert_eq!(found, at);
        let falling = zero_between(-20.0, 30.0, at + 20.0, |x| at - x);
        assert_eq!(falling, at);
    }
}
