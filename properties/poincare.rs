//! Poincaré constants of random measures: the three values agree, certificates hold, comparisons do.

use dald::enclosure::Evidence;
use dald::inequality::poincare::{certify, converged_poincare_constant, poincare_constant};
use dald::measure::line::LineMeasure;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

/// How far above the gap a certificate has to be refused, relative to the gap.
const NEGATIVE_CONTROL: f64 = 1e-11;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x90),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

fn eighths(range: std::ops::RangeInclusive<i32>) -> impl Strategy<Value = f64> {
    range.prop_map(|n| f64::from(n) / 8.0)
}

/// Mixtures of up to three normal laws, near-coincident and far apart, and tilted quartic wells.
fn light_tailed() -> impl Strategy<Value = LineMeasure> {
    let component = (eighths(1..=16), eighths(-24..=24), eighths(2..=12));
    let mixture = proptest::collection::vec(component, 1..4).prop_map(|parts| {
        let column = |f: fn(&(f64, f64, f64)) -> f64| parts.iter().map(f).collect::<Vec<f64>>();
        LineMeasure::gaussian_mixture(&column(|p| p.0), &column(|p| p.1), &column(|p| p.2))
    });
    let well = (eighths(1..=8), eighths(-16..=16), eighths(-8..=8)).prop_map(|(a, b, c)| {
        LineMeasure::parse(&format!("{a}*x^4 + {b}*x^2 + {c}*x"), f64::NEG_INFINITY, f64::INFINITY)
    });
    prop_oneof![mixture, well].prop_map(|m| m.expect("every parameter drawn is in its domain"))
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn certified_converged_and_bracket_agree(m in light_tailed()) {
        let report = poincare_constant(&m).unwrap();
        let certificate = report.certificate.as_ref().map_err(ToString::to_string);
        prop_assert!(certificate.is_ok(), "{:?}", certificate.err());
        prop_assert_eq!(report.value.evidence(), Evidence::Certified);
        let (value, converged) = (report.value.interval(), report.converged.interval());
        prop_assert!(value.intersects(converged), "{} {}", report.value, report.converged);
        prop_assert!(report.muckenhoupt.lo() <= value.lo() && value.hi() <= report.muckenhoupt.hi());
        prop_assert_eq!(certificate.unwrap().recheck(&m).unwrap(), report.value);
        // Var ≤ C with f = x, and nothing above the gap is ever certified.
        prop_assert!(m.variance().lo() <= value.hi());
        prop_assert!(certify(&m, (1.0 / value.lo()) * (1.0 + NEGATIVE_CONTROL)).is_err());
    }

    #[test]
    fn restriction_lowers_the_constant(m in light_tailed(), a in eighths(-16..=0), length in eighths(2..=32)) {
        let whole = converged_poincare_constant(&m).unwrap();
        let part = m.restricted(a, a + length).unwrap();
        let cut = poincare_constant(&part).unwrap();
        prop_assert!(cut.value.lo() <= whole.hi(), "{} {whole}", cut.value);
        prop_assert!(cut.value.interval().intersects(cut.converged.interval()));
    }
}
