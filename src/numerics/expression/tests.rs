use super::*;
use crate::enclosure::Interval;
use crate::numerics::jet::Jet;

fn in_x(text: &str) -> Expression {
    Expression::parse(text, &["x"]).unwrap()
}

fn message(text: &str) -> String {
    Expression::parse(text, &["x"]).unwrap_err().to_string()
}

#[test]
fn precedence_is_the_usual_one() {
    let at_two = |text| in_x(text).evaluate(&[2.0]);
    assert_eq!(at_two("-x^2"), -4.0);
    assert_eq!(at_two("2^3^x"), 512.0);
    assert_eq!(at_two("2^-x"), 0.25);
    assert_eq!(at_two("8/4/x"), 1.0);
    assert_eq!(at_two("8 - 4 - x"), 2.0);
    assert_eq!(at_two("-x*3 + 1e-3*1000"), -5.0);
    assert_eq!(at_two("(-x)^3"), -8.0);
    assert_eq!(at_two("x^-2"), 0.25);
    assert_eq!(at_two("2*-x"), -4.0);
    assert_eq!(at_two("x^(1/2)"), core_math::pow(2.0, 0.5));
}

#[test]
fn printing_uses_as_few_brackets_as_possible() {
    for text in [
        "x^4/4 - 3*x^2/2",
        "-x^2",
        "(-x)^2",
        "-(x + 1)",
        "x - (1 - x)",
        "x/(2*x)",
        "x/2*x",
        "(x^2)^3",
        "x^x^x",
        "(x^x)^x",
        "x^-x",
        "x^-2",
        "x^-0.5",
        "--x",
        "x - -x",
        "log(cosh(x))",
        "exp(-abs(x)) + pi*sin(1e-7*x)",
        "1e300*x",
    ] {
        assert_eq!(in_x(text).to_string(), text);
    }
    assert_eq!(in_x("((x))^(1/2)+ ( 2 )").to_string(), "x^0.5 + 2");
}

#[test]
fn errors_name_position_finding_and_expectation() {
    assert_eq!(
        message("x + * 2"),
        "formula, character 5: found `*`: expected a number, a variable, pi, a function, `-` or `(`"
    );
    assert!(message("2 x").starts_with("formula, character 3: found `x`: expected an operator"));
    assert!(message("x^2 +").contains("character 6: found the end of the formula"));
    assert!(message("y").contains("found `y`: expected a variable (x), pi or a function (exp"));
    assert!(message("sin x").contains("found `x`: expected `(` after sin"));
    assert!(message("(x").contains("expected `)`"));
    assert!(message("x)").contains("found `)`"));
    assert!(message("2.").contains("digit after the decimal point"));
    assert!(message(".5").contains("found `.`"));
    assert!(message("1e400").contains("a number below 1.8e308"));
    assert!(message("x^(1/0)").contains("not inf"));
    assert!(message("x^sqrt(-1)").contains("not NaN"));
    assert!(message("x^1e10").contains("an exponent between"));
    assert!(message("").contains("the end of the formula"));
    assert!(message("2é").contains("found `é`"));
    assert!(message("x\n\u{0}").contains("`\\0`"));
    assert!(!message("x\n\u{0}").contains('\n'));
}

#[test]
fn length_and_depth_are_limited() {
    let deep = |n: usize| format!("{}x{}", "(".repeat(n), ")".repeat(n));
    assert!(Expression::parse(&deep(MAX_NESTING), &["x"]).is_ok());
    assert!(message(&deep(MAX_NESTING + 1)).contains("64 levels of nesting"));
    assert!(message(&format!("{}x", "-".repeat(4000))).contains("nesting"));
    assert!(message(&vec!["x"; 1000].join("^")).contains("nesting"));
    assert!(message(&deep(5000)).contains("4096"));
    let long = vec!["x"; 2000].join("+");
    assert_eq!(in_x(&long).evaluate(&[1.0]), 2000.0);
}

#[test]
fn names_of_variables_are_checked() {
    for names in [&["pi"] as &[&str], &["exp"], &["x", "x"], &["2x"], &[""], &["x y"]] {
        assert!(matches!(Expression::parse("1", names), Err(Error::Domain { .. })), "{names:?}");
    }
    let plane = Expression::parse("(x^2-1)^2 + y^2/2 + x*y/4", &["x", "y"]).unwrap();
    assert_eq!(plane.evaluate(&[2.0, 4.0]), 19.0);
    assert!(plane.depends_on(1) && !plane.has_abs());
}

#[test]
fn blocks_give_bit_for_bit_the_single_values() {
    let plane = Expression::parse("exp(-x^2)*cos(y) + abs(x - y)^1.5 - log(cosh(3*y))", &["x", "y"]).unwrap();
    let points: Vec<f64> = (0..2 * 150).map(|i| f64::from(i) * 0.37 - 40.0).collect();
    let mut values = vec![0.0; 150];
    plane.evaluate_many(&points, &mut values).unwrap();
    for (row, value) in points.chunks(2).zip(&values) {
        assert_eq!(plane.evaluate(row).to_bits(), value.to_bits());
    }
    assert!(plane.evaluate_many(&points[1..], &mut values).is_err());
    let constant = Expression::parse("2*pi", &[]).unwrap();
    constant.evaluate_many(&[], &mut values).unwrap();
    assert!(values.iter().all(|&v| v == 2.0 * std::f64::consts::PI));
}

#[test]
fn log_of_cosh_does_not_overflow() {
    let v = in_x("log(cosh(x))");
    assert_eq!(v.evaluate(&[1000.0]), 1000.0 - std::f64::consts::LN_2);
    let jet = v.evaluate(&[Jet::<f64, 2>::variable(1000.0)]);
    assert_eq!((jet.derivative(1), jet.derivative(2)), (1.0, 0.0));
}

#[test]
fn arguments_of_absolute_values_are_found() {
    let v = in_x("x^2 + abs(2*x - abs(x - 1)) - abs(3)");
    let arguments: Vec<String> = v.abs_arguments().iter().map(ToString::to_string).collect();
    assert_eq!(arguments, ["x - 1", "2*x - abs(x - 1)", "3"]);
}

#[test]
fn intervals_and_jets_share_the_formula() {
    let v = in_x("x^4/4 - x^2/2");
    let range = v.evaluate(&[Interval::new(-1.0, 1.0)]);
    assert!(range.contains(-0.25) && range.contains(0.0));
    let jet = v.evaluate(&[Jet::<Interval, 2>::variable(Interval::point(2.0))]);
    assert!(jet.derivative(1).contains(6.0) && jet.derivative(2).contains(11.0));
}
