//! Formulae: no input panics, printing and reading are inverse, intervals enclose, jets agree
//! with differences.

use dald::enclosure::Interval;
use dald::numerics::expression::Expression;
use dald::numerics::jet::Jet;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// Random formulae as fully bracketed text in x and y.
pub fn formula() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => Just("x".to_owned()),
        2 => Just("y".to_owned()),
        1 => Just("pi".to_owned()),
        3 => (0_u32..64).prop_map(|n| format!("{}", f64::from(n) / 8.0)),
        1 => (-12_i32..12).prop_map(|n| format!("3e{n}")),
    ];
    leaf.prop_recursive(6, 40, 2, |inner| {
        let binary = prop_oneof![Just("+"), Just("-"), Just("*"), Just("/"), Just("^")];
        let function = prop_oneof![
            Just("exp"),
            Just("log"),
            Just("sqrt"),
            Just("sin"),
            Just("cos"),
            Just("tanh"),
            Just("cosh"),
            Just("abs"),
        ];
        prop_oneof![
            4 => (inner.clone(), binary, inner.clone()).prop_map(|(a, o, b)| format!("({a}) {o} ({b})")),
            2 => (function, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            1 => inner.clone().prop_map(|a| format!("-({a})")),
            1 => (inner, -4_i32..5).prop_map(|(a, n)| format!("({a})^({n})")),
        ]
    })
}

/// Dyadic coordinates, zero and the neighbourhood of one among them.
fn coordinate() -> impl Strategy<Value = f64> {
    (-64_i32..65).prop_map(|n| f64::from(n) / 16.0)
}

/// Reads a random formula; one that the reader rightly refuses (a constant exponent that is not
/// a number, too deep) counts as nothing to check.
fn read(text: &str) -> Option<Expression> {
    Expression::parse(text, &["x", "y"]).ok()
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        if let Err(error) = Expression::parse(&text, &["x"]) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }

    #[test]
    fn no_tokens_panic(tokens in proptest::collection::vec(
        proptest::sample::select(vec!["x", "(", ")", "-", "^", "*", "1", "e", ".", "log", "exp(", "abs(", "pi", " "]),
        0..400,
    )) {
        if let Ok(e) = Expression::parse(&tokens.concat(), &["x"]) {
            let _ = e.evaluate(&[Jet::<Interval, 3>::variable(Interval::new(-1.0, 1.0))]);
            prop_assert_eq!(Expression::parse(&e.to_string(), &["x"]), Ok(e));
        }
    }

    #[test]
    fn printed_formulae_read_back_as_the_same_tree(text in formula()) {
        if let Some(e) = read(&text) {
            prop_assert_eq!(Expression::parse(&e.to_string(), &["x", "y"]), Ok(e));
        }
    }

    #[test]
    fn intervals_contain_point_values(text in formula(), x in coordinate(), y in coordinate(), width in 0_u32..8) {
        let Some(e) = read(&text) else { return Ok(()) };
        let value = e.evaluate(&[x, y]);
        let around = |c: f64| Interval::new(c - f64::from(width) / 32.0, c + f64::from(width) / 16.0);
        let range = e.evaluate(&[around(x), around(y)]);
        // A float NaN says that the formula is undefined at the point: nothing to enclose.
        prop_assert!(value.is_nan() || range.contains(value), "{} = {} outside {:?}", e, value, range);
    }

    #[test]
    fn jets_contain_their_point_values_on_intervals(text in formula(), x in coordinate(), y in coordinate()) {
        let Some(e) = read(&text) else { return Ok(()) };
        let thin = Jet::<Interval, 2>::variable(Interval::point(x));
        let wide = Jet::<Interval, 2>::variable(Interval::new(x - 0.03125, x + 0.0625));
        let constant = Jet::constant(Interval::point(y));
        let (thin, wide) = (e.evaluate(&[thin, constant]), e.evaluate(&[wide, constant]));
        for k in 0..=2 {
            let (inner, outer) = (thin.coefficient(k), wide.coefficient(k));
            prop_assert!(!inner.lo().is_nan() && !inner.hi().is_nan());
            prop_assert!(inner.intersects(outer), "{}: coefficient {} {:?} {:?}", e, k, inner, outer);
        }
    }

    #[test]
    fn jets_agree_with_differences(text in formula(), x in coordinate(), y in coordinate()) {
        let Some(e) = read(&text) else { return Ok(()) };
        let (step, shift) = (1.0 / 1024.0, 0.013);
        let at = |h: f64| e.evaluate(&[x + shift + h, y]);
        let jet = e.evaluate(&[Jet::<f64, 1>::variable(x + shift), Jet::constant(y)]);
        // Taylor with an enclosed third derivative over the stencil bounds the truncation.
        let panel = Jet::<Interval, 3>::variable(Interval::new(x + shift - step, x + shift + step));
        let third = e.evaluate(&[panel, Jet::constant(Interval::point(y))]).derivative(3);
        let values = e.evaluate(&[Interval::point(x + shift + step), Interval::point(y)]);
        if !third.is_finite() || !values.is_finite() || !jet.derivative(1).is_finite() {
            return Ok(());
        }
        let truncation = third.magnitude() * step * step / 6.0;
        let below = e.evaluate(&[Interval::point(x + shift - step), Interval::point(y)]);
        let rounding = (values.width() + below.width()) / step
            + 1024.0 * f64::EPSILON * (values.magnitude() / step + jet.derivative(1).abs());
        let slope = (at(step) - at(-step)) / (2.0 * step);
        prop_assert!(
            (slope - jet.derivative(1)).abs() <= truncation + rounding,
            "{}: {} against {}", e, jet.derivative(1), slope
        );
    }
}
