//! Laws of intervals and enclosures: inclusion isotonicity, no silent NaN, the weakest evidence wins.

use dald::enclosure::{Comparison, Enclosure, Evidence, Interval, Relation, Verdict};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};
use quickcheck::{Arbitrary, Gen, QuickCheck};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        rng_seed: RngSeed::Fixed(0xe1c),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// Dyadic numbers of every size, with the edges that break arithmetic.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-64_i32..=64, -8_i32..=8).prop_map(|(n, k)| f64::from(n) * 2_f64.powi(k)),
        1 => (-64_i32..=64, -900_i32..=900).prop_map(|(n, k)| f64::from(n) * 2_f64.powi(k)),
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, -1.0, f64::MIN_POSITIVE, -f64::MIN_POSITIVE, 5e-324, f64::MAX, f64::MIN, f64::EPSILON,
        ]),
    ]
}

/// An interval and a number inside it.
fn member() -> impl Strategy<Value = (Interval, f64)> {
    (number(), number(), 0.0..=1.0_f64).prop_map(|(a, b, share)| {
        let (lo, hi) = if a <= b { (a, b) } else { (b, a) };
        let inside = (lo * (1.0 - share) + hi * share).clamp(lo, hi);
        (Interval::new(lo, hi), inside)
    })
}

/// Ends that need not be numbers.
fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => number(),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
}

fn evidence() -> impl Strategy<Value = Evidence> {
    prop::sample::select(vec![
        Evidence::Certified,
        Evidence::Exact,
        Evidence::Converged,
        Evidence::Statistical,
    ])
}

/// The exact result rounded to nearest is a float inside every correct enclosure, unless it is
/// undefined.
fn encloses(result: Interval, value: f64) -> bool {
    value.is_nan() || result.contains(value)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn basic_operations_are_inclusion_isotonic((x, a) in member(), (y, b) in member()) {
        prop_assert!(encloses(x + y, a + b));
        prop_assert!(encloses(x - y, a - b));
        prop_assert!(encloses(x * y, a * b));
        prop_assert!(b == 0.0 || encloses(x / y, a / b));
        prop_assert!(encloses(-x, -a) && encloses(x.abs(), a.abs()) && encloses(x.square(), a * a));
        prop_assert!(encloses(x.hull(y), a) && encloses(x.hull(y), b));
        prop_assert!(encloses(x.max(y), a.max(b)) && encloses(x.min(y), a.min(b)));
    }

    #[test]
    fn smaller_operands_give_smaller_results((x, a) in member(), (y, b) in member()) {
        let (p, q) = (Interval::point(a), Interval::point(b));
        prop_assert!((x + y).encloses(p + q) && (x - y).encloses(p - q) && (x * y).encloses(p * q));
        prop_assert!(x.exp().encloses(p.exp()) && x.square().encloses(p.square()) && x.tanh().encloses(p.tanh()));
        if !y.contains(0.0) {
            prop_assert!((x / y).encloses(p / q));
        }
    }

    #[test]
    fn elementary_functions_are_inclusion_isotonic((x, a) in member()) {
        prop_assert!(encloses(x.exp(), core_math::exp(a)));
        prop_assert!(encloses(x.exp_m1(), core_math::expm1(a)));
        prop_assert!(encloses(x.tanh(), core_math::tanh(a)));
        prop_assert!(encloses(x.sinh(), core_math::sinh(a)));
        prop_assert!(encloses(x.cosh(), core_math::cosh(a)));
        prop_assert!(encloses(x.atan(), core_math::atan(a)));
        prop_assert!(encloses(x.erf(), core_math::erf(a)));
        prop_assert!(encloses(x.erfc(), core_math::erfc(a)));
        prop_assert!(encloses(x.sin(), core_math::sin(a)), "{x:?} {a}");
        prop_assert!(encloses(x.cos(), core_math::cos(a)), "{x:?} {a}");
        if a >= 0.0 {
            prop_assert!(encloses(x.sqrt(), a.sqrt()) && encloses(x.ln(), core_math::log(a)));
            prop_assert!(encloses(x.powf(0.3), core_math::pow(a, 0.3)));
            prop_assert!(encloses(x.powf(-1.7), core_math::pow(a, -1.7)));
        }
        if a > -1.0 {
            prop_assert!(encloses(x.ln_1p(), core_math::log1p(a)));
        }
    }

    #[test]
    fn integer_powers_enclose_products((x, a) in member(), n in -6_i32..=6) {
        let power = Interval::point(a).powi(n);
        prop_assert!(a == 0.0 || x.powi(n).encloses(power), "{x:?}^{n}");
        // n roundings of the float power and as many of the enclosure.
        let float = a.powi(n);
        let rounding = 8.0 * f64::EPSILON * float.abs();
        prop_assert!(!float.is_normal() || a == 0.0
            || (power.lo() <= float + rounding && float - rounding <= power.hi()));
    }

    #[test]
    fn no_operation_stores_a_nan(a in wild(), b in wild(), c in wild(), d in wild()) {
        let (x, y) = (Interval::new(a, b), Interval::new(c, d));
        let results = [
            x + y, x - y, x * y, x / y, -x, x.abs(), x.square(), x.sqrt(), x.exp(), x.exp_m1(), x.ln(), x.ln_1p(),
            x.sin(), x.cos(), x.tanh(), x.sinh(), x.cosh(), x.atan(), x.erf(), x.erfc(), x.powi(3), x.powi(-2),
            x.powf(0.5), x.powf(-0.5), x.max(y), x.min(y), x.hull(y), Interval::around(a, b),
        ];
        for (i, result) in results.into_iter().enumerate() {
            prop_assert!(result.lo() <= result.hi(), "operation {i} on {x:?}, {y:?}: {result:?}");
        }
        prop_assert!(x.mid().is_finite() || x.is_infinite_point());
        prop_assert_eq!(Enclosure::new(a, b, Evidence::Exact).is_ok(), a <= b);
        prop_assert!(Enclosure::around(a, b, Evidence::Exact).lo() <= Enclosure::around(a, b, Evidence::Exact).hi());
    }

    #[test]
    fn the_weakest_evidence_wins((x, _) in member(), (y, _) in member(), e in evidence(), f in evidence()) {
        let (p, q) = (Enclosure::from_interval(x, e), Enclosure::from_interval(y, f));
        for result in [p + q, p - q, p * q, p / q, p.hull(q), p.max(q), p.min(q)] {
            prop_assert_eq!(result.evidence(), e.max(f));
            prop_assert_eq!(result.evidence(), e.weakest(f));
        }
        for result in [p.sqrt(), p.exp(), p.ln(), p.square(), p.abs(), -p, p + 1.0, 2.0 * p] {
            prop_assert_eq!(result.evidence(), e);
        }
        prop_assert!(Evidence::Certified < Evidence::Exact && Evidence::Converged < Evidence::Statistical);
    }

    #[test]
    fn verdicts_follow_the_ends((x, a) in member(), (y, b) in member()) {
        let compare = |relation| Comparison {
            relation,
            observed: Enclosure::certified(x),
            bound: Enclosure::certified(y),
            scale: 0.0,
        };
        let (upper, lower) = (compare(Relation::Upper), compare(Relation::Lower));
        match upper.verdict() {
            Verdict::Holds => prop_assert!(a <= b),
            Verdict::Refuted => prop_assert!(a > b && lower.verdict() == Verdict::Holds && upper.excess().lo() > 0.0),
            Verdict::Inconclusive => prop_assert!(x.hi() > y.lo() && x.lo() <= y.hi()),
        }
        let equality = compare(Relation::Equality { resolution: 1e-3 });
        match equality.verdict() {
            Verdict::Refuted => prop_assert!(a != b && !x.intersects(y)),
            Verdict::Holds => {
                let scale = x.magnitude().max(y.magnitude());
                prop_assert!((a - b).abs() <= 1e-3 * scale);
            }
            Verdict::Inconclusive => prop_assert!(x.intersects(y)),
        }
    }

    #[test]
    fn enclosures_survive_json((x, _) in member(), e in evidence()) {
        for enclosure in [
            Enclosure::from_interval(x, e),
            Enclosure::at_least(x.lo(), e),
            Enclosure::infinite(e),
            Enclosure::unknown(e),
        ] {
            let text = serde_json::to_string(&enclosure).unwrap();
            let back: Enclosure = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(enclosure, back, "{}", text);
        }
    }

    /// The reference implementation is good to some 1e-11, see its documentation.
    #[test]
    fn the_error_function_agrees_with_another_implementation(n in -640_i32..=640) {
        let x = f64::from(n) / 128.0;
        let reference = statrs::function::erf::erf(x);
        let other_implementation = 1e-10;
        approx::assert_abs_diff_eq!(Interval::point(x).erf().mid(), reference, epsilon = other_implementation);
    }
}

/// An interval with small dyadic ends, on which float arithmetic is exact.
#[derive(Clone, Copy, Debug)]
struct Dyadic(Interval);

impl Arbitrary for Dyadic {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut end = || f64::from(i8::arbitrary(g)) / 8.0;
        let (a, b) = (end(), end());
        Self(Interval::new(a.min(b), a.max(b)))
    }
}

fn check<A: quickcheck::Testable>(property: A) {
    const SEED: u64 = 0xda1d;
    QuickCheck::new().tests(500).rng(Gen::from_size_and_seed(64, SEED)).quickcheck(property);
}

#[test]
fn addition_and_multiplication_commute() {
    check(
        (|x: Dyadic, y: Dyadic| x.0 + y.0 == y.0 + x.0 && x.0 * y.0 == y.0 * x.0)
            as fn(Dyadic, Dyadic) -> bool,
    );
}

#[test]
fn negation_is_an_involution_and_turns_differences() {
    check((|x: Dyadic, y: Dyadic| -(-x.0) == x.0 && -(x.0 - y.0) == y.0 - x.0) as fn(Dyadic, Dyadic) -> bool);
}

#[test]
fn multiplication_is_subdistributive() {
    fn property(x: Dyadic, y: Dyadic, z: Dyadic) -> bool {
        // x(y + z) ⊂ xy + xz, up to the steps outward of two more operations.
        let (left, right) = (x.0 * (y.0 + z.0), x.0 * y.0 + x.0 * z.0);
        let steps = 4.0 * f64::EPSILON * (1.0 + right.magnitude());
        Interval::new(right.lo() - steps, right.hi() + steps).encloses(left)
    }
    check(property as fn(Dyadic, Dyadic, Dyadic) -> bool);
}

#[test]
fn hull_and_intersection_form_a_lattice() {
    fn property(x: Dyadic, y: Dyadic) -> bool {
        let hull = x.0.hull(y.0);
        let absorbed = x.0.intersection(hull) == Some(x.0);
        let common = x.0.intersection(y.0).is_none_or(|i| x.0.encloses(i) && y.0.encloses(i));
        absorbed && common && hull.encloses(x.0) && hull.encloses(y.0) && x.0.hull(x.0) == x.0
    }
    check(property as fn(Dyadic, Dyadic) -> bool);
}

#[test]
fn an_infinite_value_stays_infinite() {
    let infinite = Enclosure::infinite(Evidence::Exact);
    assert!(
        (infinite + 1.0).is_infinite() && (infinite * 0.25).is_infinite() && (infinite / 3.0).is_infinite()
    );
    assert_eq!((1.0 / infinite).interval(), Interval::ZERO);
    assert!(!(infinite - infinite).is_finite() && !(infinite - infinite).is_infinite());
    assert!(!(infinite * 0.0).is_infinite());
}
