//! Tails read off potentials that are known on few octaves, or oscillate.

use super::*;

/// Accuracy with which a power or an index is read off.
const READING: f64 = 1e-9;

/// A potential that depends on `|x|`, known only from `2^from` on.
fn known_from(from: i32, v: impl Fn(f64) -> f64) -> impl Fn(Interval) -> Interval {
    move |x: Interval| {
        let r = x.mid().abs();
        let value = Interval::point(v(r));
        if r < 2f64.powi(from) { value + Interval::new(-1e300, 1e300) } else { value }
    }
}

#[test]
fn powers_are_read_off_the_last_octaves_on_either_side() {
    for sign in [-1.0, 1.0] {
        for from in [-40, 40, 100] {
            let tail = |v: fn(f64) -> f64| at_infinity(sign, known_from(from, v)).unwrap();
            assert_eq!(tail(|r| 0.3 * r * r), Tail::Gaussian);
            assert_eq!(tail(|r| 0.3 * r.powi(3)), Tail::Gaussian);
            let Tail::Exponential { rate } = tail(|r| 0.7 * r + r.sqrt()) else { panic!("{sign}, {from}") };
            assert!((rate - 0.7).abs() <= READING, "{rate}");
            for exponent in [0.5, 1.5] {
                let found = at_infinity(sign, known_from(from, move |r| 2.0 * r.powf(exponent))).unwrap();
                let Tail::Weibull { exponent: read } = found else { panic!("{found:?}") };
                assert!((read - exponent).abs() <= READING, "{read}, {exponent}");
            }
            let Tail::Polynomial { index } = tail(|r| 3.5 * r.ln()) else { panic!("{sign}, {from}") };
            assert!((index - 2.5).abs() <= READING, "{index}");
        }
    }
}

#[test]
fn bounded_oscillations_average_out_over_the_octaves_that_are_known() {
    // Increments 3·log 2 ± 1 by turns: the mean over an even number of octaves is exact.
    let wave = |r: f64| {
        let octave = r.log2();
        3.0 * r.ln() + 0.5 * (std::f64::consts::PI * octave).cos()
    };
    for from in [-40, 60, 70, 91] {
        let found = at_infinity(1.0, known_from(from, wave)).unwrap();
        let Tail::Polynomial { index } = found else { panic!("{from}: {found:?}") };
        // Twice half of the known octaves, rounded down to whole numbers, at most 32 of them.
        assert!((index - 2.0).abs() <= 0.35, "{from}: {index}");
    }
}

#[test]
fn what_is_not_integrable_at_infinity_is_refused() {
    let refused = |v: fn(f64) -> f64| at_infinity(1.0, known_from(-40, v)).is_err();
    assert!(refused(f64::ln) && refused(|r| 0.5 * r.ln()) && refused(|_| 3.0) && refused(|r| -r));
    assert!(!refused(|r| 1.001 * r.ln()));
    assert!(at_infinity(1.0, known_from(200, |r| r * r)).is_err());
    assert!(at_infinity(1.0, known_from(109, |r| r * r)).is_err());
    // The side that is asked for.
    let one_sided = |x: Interval| Interval::point(if x.mid() > 0.0 { x.mid() } else { 2.0 * x.mid() });
    assert!(at_infinity(1.0, one_sided).is_ok() && at_infinity(-1.0, one_sided).is_err());
}

#[test]
fn singularities_at_a_point_are_integrable_below_the_power_one() {
    for at in [0.0, 2.0, -3.0] {
        for sign in [-1.0, 1.0] {
            for (power, holds) in
                [(0.5, true), (0.95, true), (1.0, false), (1.5, false), (-2.0, true), (0.0, true)]
            {
                let potential = |x: Interval| Interval::point(power) * (x - Interval::point(at)).abs().ln();
                assert_eq!(at_point(at, sign, potential).is_ok(), holds, "{at}, {sign}, {power}");
            }
            // A singularity on one side only.
            let half = |x: Interval| {
                let distance = x - Interval::point(at);
                if distance.mid() > 0.0 { Interval::point(2.0) * distance.ln() } else { Interval::ZERO }
            };
            assert_eq!(at_point(at, sign, half).is_ok(), sign < 0.0, "{at}, {sign}");
        }
    }
}

#[test]
fn tails_say_what_they_allow() {
    let weibull = |exponent| Tail::Weibull { exponent };
    let (exponential, polynomial) = (Tail::Exponential { rate: 2.0 }, Tail::Polynomial { index: 2.0 });
    for (tail, poincare, log_sobolev) in [
        (Tail::Bounded, true, true),
        (Tail::Gaussian, true, true),
        (weibull(1.5), true, false),
        (weibull(0.5), false, false),
        (exponential, true, false),
        (polynomial, false, false),
    ] {
        assert_eq!((tail.allows_poincare(), tail.allows_log_sobolev()), (poincare, log_sobolev), "{tail:?}");
    }
    assert!(polynomial.has_moment(1.5) && !polynomial.has_moment(2.0) && exponential.has_moment(9.0));
    assert_eq!(exponential.scaled(4.0), Tail::Exponential { rate: 0.5 });
    assert_eq!(polynomial.scaled(4.0), polynomial);
}

#[test]
fn tails_of_laws_wider_than_the_first_octaves_begin_farther_out() {
    for sign in [-1.0, 1.0] {
        for size in [1e20, 1e50, 1e150] {
            let tail = |v: fn(f64) -> f64| {
                let scaled = move |x: Interval| Interval::point(v(x.mid().abs() / size));
                at_infinity(sign, scaled).unwrap()
            };
            // The slope at 0 is not that at infinity.
            assert_eq!(tail(|r| r + r * r), Tail::Gaussian, "{size}");
            let Tail::Exponential { rate } = tail(|r| (1.0 + r * r).sqrt()) else { panic!("{sign}, {size}") };
            assert!((rate * size - 1.0).abs() <= READING, "{rate}");
            let Tail::Polynomial { index } = tail(|r| 2.0 * (1.0 + r * r).ln()) else {
                panic!("{sign}, {size}")
            };
            // Averaged over octaves that begin at some thousand times the size.
            let mean = 1e-7;
            assert!((index - 3.0).abs() <= mean, "{index}");
        }
    }
}
