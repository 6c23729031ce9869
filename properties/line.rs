//! Measures on the line: cdf, quantile, tails and moments hang together for random parameters.

use dald::measure::line::{LineMeasure, Tail};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

/// Relative accuracy asked of quantities computed by quadrature on these well-scaled instances.
const QUADRATURE: f64 = 1e-9;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x11e),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// Dyadic positive parameters from 1/16 to 16, biased to no end.
fn positive() -> impl Strategy<Value = f64> {
    (1_u32..=16, -4_i32..=0).prop_map(|(n, k)| f64::from(n) * 2_f64.powi(k))
}

fn real() -> impl Strategy<Value = f64> {
    (-64_i32..=64).prop_map(|n| f64::from(n) / 8.0)
}

/// A random measure with the label of its family.
fn measure() -> impl Strategy<Value = LineMeasure> {
    let family = prop_oneof![
        (real(), positive()).prop_map(|(m, s)| LineMeasure::gaussian(m, s)),
        (positive(), real(), positive()).prop_map(|(n, m, s)| LineMeasure::student(n, m, s)),
        (positive(), positive()).prop_map(|(a, b)| LineMeasure::asymmetric_laplace(a, b)),
        positive().prop_map(LineMeasure::logistic),
        positive().prop_map(LineMeasure::gamma),
        positive().prop_map(LineMeasure::chi),
        positive().prop_map(LineMeasure::cosh_power),
        positive().prop_map(LineMeasure::cos_power),
        positive().prop_map(LineMeasure::log_gamma),
        (positive(), real()).prop_map(|(t, l)| LineMeasure::tilted_gaussian(t, l / 4.0)),
        proptest::collection::vec((positive(), real(), positive()), 1..5).prop_map(|parts| {
            let column = |f: fn(&(f64, f64, f64)) -> f64| parts.iter().map(f).collect::<Vec<f64>>();
            LineMeasure::gaussian_mixture(&column(|p| p.0), &column(|p| p.1), &column(|p| p.2))
        }),
        (positive(), real(), positive()).prop_map(|(a, b, c)| {
            let text = format!("{a}*x^4 + {b}*x^2 + {c}*abs(x - 1) + sin(3*x)");
            LineMeasure::parse(&text, f64::NEG_INFINITY, f64::INFINITY)
        }),
    ];
    family.prop_map(|m| m.expect("every parameter drawn is in its domain"))
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn random_formulae_give_a_measure_or_a_reason(text in crate::expression::formula(), confine in any::<bool>()) {
        let text = text.replace('y', "x");
        let text = if confine { format!("{text} + x^2") } else { text };
        match LineMeasure::parse(&text, f64::NEG_INFINITY, f64::INFINITY) {
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1),
            Ok(m) => {
                prop_assert!(m.log_normalizer().is_finite(), "{}", text);
                let (lo, hi) = m.support(1.0);
                prop_assert!(lo <= hi && !lo.is_nan() && !hi.is_nan(), "{}", text);
                let both = m.cdf(0.0) + m.survival(0.0);
                prop_assert!(both.contains(1.0), "{}: {}", text, both);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn quantiles_invert_the_distribution(m in measure(), k in 1_u32..1024) {
        let p = f64::from(k) / 1024.0;
        let x = m.quantile(p).unwrap();
        // The cdf at either end of the enclosure lies on its own side.
        prop_assert!(m.cdf(x.lo()).lo() <= p && m.cdf(x.hi()).hi() >= p, "{}", x);
        prop_assert!(x.width() * m.density(x.mid()) < QUADRATURE, "{}", x);
        let both = m.cdf(x.mid()) + m.survival(x.mid());
        prop_assert!(both.contains(1.0) && both.width() < QUADRATURE, "{}", both);
    }

    #[test]
    fn the_distribution_increases(m in measure(), a in real(), b in real()) {
        let (a, b) = (a.min(b), a.max(b));
        prop_assert!(m.cdf(a).lo() <= m.cdf(b).hi());
        prop_assert!(m.survival(b).lo() <= m.survival(a).hi());
    }

    #[test]
    fn cutting_conditions(m in measure(), p in 1_u32..8, q in 1_u32..8) {
        let (p, q) = (f64::from(p) / 20.0, 0.5 + f64::from(q) / 20.0);
        let (a, b) = (m.quantile(p).unwrap().mid(), m.quantile(q).unwrap().mid());
        let cut = m.restricted(a, b).unwrap();
        let x = m.quantile(0.5 * (p + q)).unwrap().mid();
        let inside = (m.cdf(x) - m.cdf(a)) / (m.cdf(b) - m.cdf(a));
        let direct = cut.cdf(x);
        prop_assert!((direct.mid() - inside.mid()).abs() < QUADRATURE, "{} {}", direct, inside);
        prop_assert_eq!(cut.tails(), (Tail::Bounded, Tail::Bounded));
        let length = b - a;
        prop_assert!(cut.variance().lo() <= 0.25 * length * length, "Popoviciu");
    }

    #[test]
    fn exact_constants_respect_the_general_inequalities(m in measure()) {
        let variance = m.variance();
        if let Some(c) = m.exact_poincare_constant() {
            prop_assert!(c.hi() >= variance.lo(), "C_P {} below the variance {}", c, variance);
            if let Some(l) = m.exact_log_sobolev_constant() {
                prop_assert!(l.hi() >= 2.0 * c.lo(), "C_LS {} below 2 C_P {}", l, c);
            }
        }
        if m.tails().0.has_moment(2.0) && m.tails().1.has_moment(2.0) {
            // Heavy tails with an index near 2 leave a remainder: report, not resolve.
            let light = m.tails().0.has_moment(2.5) && m.tails().1.has_moment(2.5);
            prop_assert!(variance.lo() > 0.0 || !light);
            prop_assert!(!light || variance.relative_width() < QUADRATURE, "{}", variance);
        } else {
            prop_assert!(variance.is_infinite());
        }
    }
}
