//! Log-Sobolev constants against exact values, independent computations and negative controls.

use dald::enclosure::{Comparison, Enclosure, Evidence, Relation, Verdict};
use dald::error::Result;
use dald::inequality::log_sobolev::{Certificate, LogSobolevReport, Witness, log_sobolev_constant, maximise};
use dald::measure::line::LineMeasure;

const INFINITY: f64 = f64::INFINITY;
/// Relative accuracy that the search promises on smooth potentials.
const SEARCH_ACCURACY: f64 = 1e-8;

fn formula(potential: &str) -> Result<LineMeasure> {
    LineMeasure::parse(potential, -INFINITY, INFINITY)
}

fn tilted_well() -> Result<LineMeasure> {
    formula("x^4/4 - 3*x^2/2 + 0.3*x")
}

fn mixture(weight: f64, distance: f64, std: f64) -> Result<LineMeasure> {
    LineMeasure::gaussian_mixture(&[weight, 1.0 - weight], &[-distance, distance], &[std, std])
}

fn upper(report: &LogSobolevReport, name: &str) -> Option<f64> {
    report.upper.iter().find(|b| b.name == name).map(|b| b.value)
}

#[test]
fn constants_known_exactly_are_met_from_both_sides() -> Result<()> {
    let pi = std::f64::consts::PI;
    let rows = [
        (LineMeasure::gaussian(1.0, 2.0)?, 8.0),
        (LineMeasure::uniform(0.0, 3.0)?, 18.0 / (pi * pi)),
        (LineMeasure::cos_power(1.0)?, 1.0),
        (LineMeasure::cos_power(2.0)?, 2.0 / 3.0),
        (LineMeasure::gaussian(0.0, 1.0)?.restricted(0.0, INFINITY)?, 2.0),
        (LineMeasure::chi(3.0)?, 2.0),
        (LineMeasure::tilted_gaussian(1.0, -1.0)?, 2.0),
    ];
    for (measure, exact) in rows {
        let report = log_sobolev_constant(&measure)?;
        let rounding = 16.0 * f64::EPSILON * exact;
        assert!(
            (report.value.mid() - exact).abs() <= rounding + report.value.width(),
            "{exact}: {}",
            report.value
        );
        assert!(report.value.width() <= SEARCH_ACCURACY * exact, "{exact}: {}", report.value);
        // No function may beat the exact value.
        for bound in &report.lower {
            assert!(bound.value <= exact + rounding, "{exact}: {} {}", bound.name, bound.value);
        }
    }
    Ok(())
}

#[test]
fn search_reaches_twice_the_poincare_constant_where_that_is_the_answer() -> Result<()> {
    let pi = std::f64::consts::PI;
    for (measure, exact) in [
        (LineMeasure::gaussian(0.0, 1.0)?, 2.0),
        (LineMeasure::uniform(0.0, 1.0)?, 2.0 / (pi * pi)),
        (LineMeasure::cos_power(2.0)?, 2.0 / 3.0),
        (formula("x^4/4 - x^2/2")?, 2.0 * 1.2624853064933554),
        (formula("x^4/4 - 3*x^2/2")?, 2.0 * 7.657679465281622),
    ] {
        let found = maximise(&measure)?;
        assert!((found.value.mid() - exact).abs() <= SEARCH_ACCURACY * exact, "{exact}: {}", found.value);
        assert!(!found.attained, "{exact}");
    }
    Ok(())
}

#[test]
fn asymmetric_wells_agree_with_independent_computations() -> Result<()> {
    // Value, and half a unit of the last digit given (a whole one for the first).
    let rows = [
        (tilted_well()?, 15.042647, 1e-6),
        (mixture(0.5, 1.0, 1.0)?, 4.1233, 5e-4),
        (mixture(0.1, 1.0, 1.0)?, 3.94, 5e-3),
        (mixture(0.001, 2.0, 1.0)?, 10.72, 5e-3),
        (LineMeasure::gaussian(0.0, 1.0)?.restricted(0.0, 3.0_f64.sqrt())?, 0.520777, 5e-7),
        (LineMeasure::exponential(1.0)?.restricted(0.0, 8.0)?, 10.8, 5e-2),
        (LineMeasure::exponential(1.0)?.restricted(0.0, 16.0)?, 32.6, 5e-2),
        (LineMeasure::exponential(1.0)?.restricted(0.0, 32.0)?, 84.5, 5e-2),
    ];
    for (measure, oracle, digits) in rows {
        let found = maximise(&measure)?;
        assert!(
            (found.value.mid() - oracle).abs() <= digits + found.value.width(),
            "{oracle}: {}",
            found.value
        );
        assert!(found.value.hi() >= found.twice_poincare.lo());
    }
    Ok(())
}

#[test]
fn tilted_well_is_certified_within_one_per_cent() -> Result<()> {
    let measure = tilted_well()?;
    let report = log_sobolev_constant(&measure)?;
    assert_eq!(report.value.evidence(), Evidence::Certified);
    assert!(report.value.lo() >= 15.04264, "{}", report.value);
    assert!(report.value.hi() <= 1.01 * report.value.lo(), "{}", report.value);
    // Weaker bounds are there as well, and finite.
    assert!(upper(&report, "Barthe-Roberto").is_some_and(|b| b.is_finite() && b > report.value.hi()));
    let witness = report.upper.iter().find_map(|b| match &b.witness {
        Witness::Supersolution(certificate) => Some(certificate),
        _ => None,
    });
    let certificate = witness.expect("the best upper end has its witness");
    assert!(certificate.verify(&measure));
    // Negative controls: not for a smaller constant, not for another measure.
    assert!(!certificate.verify_for(&measure, 0.99 * report.value.lo()));
    assert!(!certificate.verify(&formula("x^4/4 - 1.6*x^2 + 0.3*x")?));
    // And none can be found below the truth.
    let below = 0.995 * report.value.lo();
    assert!(Certificate::search(&measure, below, certificate.centre(), 600)?.is_none());
    Ok(())
}

#[test]
fn unequal_mixture_is_certified_within_one_per_cent() -> Result<()> {
    let report = log_sobolev_constant(&mixture(0.1, 1.0, 1.0)?)?;
    assert_eq!(report.value.evidence(), Evidence::Certified);
    assert!(report.value.hi() <= 1.01 * report.value.lo(), "{}", report.value);
    Ok(())
}

#[test]
fn constants_scale_like_squares() -> Result<()> {
    let scale: f64 = 3.0;
    let plain = maximise(&mixture(0.1, 1.0, 1.0)?)?.value.mid();
    let wide = maximise(&mixture(0.1, scale, scale)?)?.value.mid();
    assert!((wide - scale.powi(2) * plain).abs() <= 2.0 * SEARCH_ACCURACY * wide, "{wide} {plain}");
    let mirrored = maximise(&mixture(0.9, 1.0, 1.0)?)?.value.mid();
    assert!((mirrored - plain).abs() <= 2.0 * SEARCH_ACCURACY * plain);
    Ok(())
}

#[test]
fn deep_wells_behave_like_two_points() -> Result<()> {
    // Between two points of weights p, q the ratio of the constants is log(q/p)/(2(q−p)).
    let (p, q): (f64, f64) = (0.2, 0.8);
    let found = maximise(&mixture(p, 2.0, 0.25)?)?;
    let ratio = found.value.mid() / found.twice_poincare.mid();
    let two_points = (q / p).ln() / (2.0 * (q - p));
    // The wells have a width: corrections are of the order of 1/(barrier height), here 1/32 squared.
    let width_of_wells = 1e-3;
    assert!((ratio - two_points).abs() <= width_of_wells, "{ratio} {two_points}");
    // The symmetric pair has 2C_P = 2/8.07e-13.
    let pair = maximise(&mixture(0.5, 2.0, 0.25)?)?;
    let quoted = 2.0 / 8.07e-13;
    let digits = 0.005 / 8.07;
    assert!((pair.value.mid() / quoted - 1.0).abs() <= digits, "{}", pair.value);
    Ok(())
}

#[test]
fn exponential_tails_have_no_inequality() -> Result<()> {
    for measure in [LineMeasure::exponential(1.0)?, LineMeasure::logistic(2.0)?, LineMeasure::laplace(1.0)?] {
        assert!(log_sobolev_constant(&measure)?.value.is_infinite());
        assert!(maximise(&measure).is_err());
    }
    // The constants of the cut laws grow without bound.
    let cut = |r: f64| Ok(maximise(&LineMeasure::exponential(1.0)?.restricted(0.0, r)?)?.value.mid());
    let values: Vec<f64> = [4.0, 8.0, 16.0, 32.0].into_iter().map(cut).collect::<Result<_>>()?;
    assert!(values.windows(2).all(|pair| pair[1] > 2.0 * pair[0]), "{values:?}");
    Ok(())
}

#[test]
fn one_sided_estimates_do_not_confirm() -> Result<()> {
    // The search alone knows a lower end: it may refute an upper bound, but not confirm one.
    let found = maximise(&formula("x^2/2 + 0.5*cos(3*x)")?)?;
    let observed = Enclosure::at_least(found.value.lo(), found.value.evidence());
    let compare = |bound: f64| {
        let bound = Enclosure::exact(bound);
        Comparison { relation: Relation::Upper, observed, bound, scale: 0.0 }.verdict()
    };
    assert_eq!(compare(1e6), Verdict::Inconclusive);
    assert_eq!(compare(2.0), Verdict::Refuted);
    Ok(())
}

#[test]
fn classical_upper_ends_hold_and_are_ordered_as_expected() -> Result<()> {
    let measure = mixture(0.5, 1.0, 1.0)?;
    let report = log_sobolev_constant(&measure)?;
    let found = maximise(&measure)?.value;
    for bound in &report.upper {
        assert!(bound.value >= found.lo(), "{} {}", bound.name, bound.value);
    }
    for name in ["Barthe-Roberto", "Lipschitz perturbation", "transport map", "supersolution"] {
        assert!(upper(&report, name).is_some_and(f64::is_finite), "{name}");
    }
    // N(0,1) convolved with a law in [−1, 1]: the map has slope at most e^{1/2}, so the bound is 2e, and its slope at 0 is just that.
    let exact = 2.0 * std::f64::consts::E;
    let mesh_error = 1e-4;
    assert!(upper(&report, "transport map").is_some_and(|b| (b - exact).abs() <= mesh_error));
    Ok(())
}

#[test]
fn concave_kinks_are_no_convexity() -> Result<()> {
    // V'' = 1 on either side of the kink of x²/2 − |x|, but V is not convex: 2/1 would be too small.
    let report = log_sobolev_constant(&LineMeasure::tilted_gaussian(1.0, 1.0)?)?;
    assert!(upper(&report, "Bakry-Émery").is_none());
    assert!(report.value.lo() > 5.15 && report.value.hi() < INFINITY, "{}", report.value);
    Ok(())
}
