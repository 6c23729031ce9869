//! Actions of normal targets and of atoms, which have closed forms.

use super::*;
use crate::measure::gaussian::Gaussian;
use crate::path::line::{AtomsCurve, LineBase};
use crate::path::{GaussianPath, LineCurve, MixtureCurve, Schedule};
use crate::transport;
use std::f64::consts::{FRAC_PI_2, PI};

/// Quadrature and interpolation, estimated errors included.
const QUADRATURE: f64 = 1e-8;
/// Effect of the distance from an end at which a limit is evaluated, relative.
const LIMIT: f64 = 1e-6;
const WHOLE: (f64, f64) = (0.0, FRAC_PI_2);

fn profile(mean: f64, std: f64) -> MetricDerivative {
    MetricDerivative::of(&MixtureCurve::new(&[1.0], &[mean], &[std]).unwrap(), WHOLE).unwrap()
}

fn path(mean: f64, std: f64, schedule: &Schedule) -> GaussianPath {
    let target = Gaussian::isotropic(vec![mean], std * std).unwrap();
    GaussianPath::from_standard(target, schedule.clone()).unwrap()
}

fn power(exponent: f64) -> Schedule {
    Schedule::power(exponent).unwrap()
}

#[test]
fn actions_of_normal_targets_are_those_of_gaussian_paths() {
    for (mean, std) in [(0.0, 2.0), (1.0, 0.6)] {
        let profile = profile(mean, std);
        assert_eq!(profile.exponents(), (2.0, if mean == 0.0 { 2.0 } else { 0.0 }));
        for schedule in Schedule::examples() {
            let path = path(mean, std, &schedule);
            for (from, until) in [(0.0, 1.0), (0.0, 0.7), (0.2, 1.0), (0.3, 0.8)] {
                let exact = transport::action(&path, from, until).unwrap();
                let found = profile.action(&schedule, from, until).unwrap();
                assert_eq!(found.is_infinite(), exact.is_infinite(), "{path} {from} {until}");
                if exact.is_finite() {
                    assert!((found - exact).abs().lo() <= 0.0, "{path} {from} {until}: {found} {exact}");
                    assert!(found.relative_width() < QUADRATURE, "{path} {from} {until}: {found}");
                }
            }
            let exact = transport::largest_metric_derivative_squared(&path, 0.0625, 1.0).unwrap();
            let found = profile.largest_squared(&schedule, 0.0625, 1.0).unwrap();
            assert!((found - exact).abs().lo() <= LIMIT * exact.hi(), "{path}: {found} {exact}");
            assert!(found.relative_width() < LIMIT, "{path}: {found}");
            for (kappa, constant) in [(0.5, 3.0), (4.0, 0.2)] {
                let rate = 2.0 / (kappa * constant);
                let exact = transport::discounted_action(&path, 0.1, rate).unwrap() * (0.5 * kappa);
                let found = profile.discounted_action(&schedule, 0.1, kappa, constant).unwrap();
                assert!((found - exact).abs().lo() <= 0.0, "{path}: {found} {exact}");
                assert!(found.relative_width() < QUADRATURE, "{path}: {found}");
            }
        }
    }
}

#[test]
fn what_lies_beyond_the_last_panel_follows_a_power_law() {
    // Hardly integrable: a tenth of the action, or more, belongs to the last angles.
    for (mean, exponent, share) in [(1.0, 1.05, 0.2), (0.0, 0.55, 1e-3), (0.0, 0.53, 2e-2)] {
        let exact = transport::action(&path(mean, 0.6, &power(exponent)), 0.0, 1.0).unwrap();
        let found = profile(mean, 0.6).action(&power(exponent), 0.0, 1.0).unwrap();
        assert!(found.contains(exact.mid()), "{exponent}: {found} {exact}");
        assert!((found.mid() / exact.mid() - 1.0).abs() < LIMIT, "{exponent}: {found} {exact}");
        assert!(found.relative_width() < share && found.relative_width() > QUADRATURE, "{exponent}: {found}");
    }
}

/// Mean and standard deviation of the target, schedule, and `|p'_t|²` at 0 and 1.
fn limits() -> Vec<(f64, f64, Schedule, f64, f64)> {
    let infinite = f64::INFINITY;
    // (v − 1)²/v at the target for v = ¼, and (v − 1)²/4 at the base.
    let (shape, start) = (2.25, 0.140625);
    vec![
        (2.0, 0.5, power(1.0), infinite, 1.0 + 0.25 * shape),
        (2.0, 0.5, power(1.5), infinite, 2.25 * (1.0 + 0.25 * shape)),
        (2.0, 0.5, power(2.0), 4.0, 4.0 * (1.0 + 0.25 * shape)),
        (2.0, 0.5, power(3.0), 0.0, 9.0 * (1.0 + 0.25 * shape)),
        (2.0, 0.5, Schedule::cosine(), PI * PI, 0.0),
        (0.0, 0.5, power(0.7), infinite, 0.49 * 0.25 * shape),
        (0.0, 0.5, power(1.0), start, 0.25 * shape),
        (0.0, 0.5, power(2.0), 0.0, shape),
        (0.0, 0.5, Schedule::cosine(), 0.0, 0.0),
    ]
}

#[test]
fn speeds_have_their_limits_at_the_ends() {
    for (mean, std, schedule, at_base, at_target) in limits() {
        let profile = profile(mean, std);
        for (t, exact) in [(0.0, at_base), (1.0, at_target)] {
            let found = profile.squared_at_time(&schedule, t).unwrap();
            assert_eq!(found.is_infinite(), exact.is_infinite(), "{schedule} {t}: {found} {exact}");
            if exact.is_finite() {
                let vanishing = if exact == 0.0 { 1e-3 } else { 0.0 };
                assert!(found.widened(LIMIT * exact).contains(exact), "{schedule} {t}: {found} {exact}");
                assert!(found.width() <= 4.0 * LIMIT * exact + vanishing, "{schedule} {t}: {found}");
            }
        }
        for t in [0.01, 0.4, 0.99] {
            let exact = transport::metric_derivative_squared(&path(mean, std, &schedule), t).unwrap();
            let found = profile.squared_at_time(&schedule, t).unwrap();
            assert!((found - exact).abs().lo() <= 0.0, "{schedule} {t}: {found} {exact}");
            assert!(found.relative_width() < QUADRATURE, "{schedule} {t}: {found}");
        }
        let largest = profile.largest_squared(&schedule, 0.0, 1.0).unwrap();
        assert_eq!(largest.is_infinite(), at_base.is_infinite(), "{schedule}: {largest}");
        assert!(largest.hi() * (1.0 + LIMIT) >= at_base.max(at_target), "{schedule}: {largest}");
    }
}

#[test]
fn an_atom_is_reached_only_by_stopping_smoothly() {
    let mean = -1.5;
    let curve = AtomsCurve::new(&[1.0], &[mean], LineBase::Gaussian).unwrap();
    let profile = MetricDerivative::of(&curve, WHOLE).unwrap();
    assert_eq!(profile.exponents(), (0.0, 0.0));
    // (π/2)²(m²cos² + sin²)(πt/2).
    let cosine = Schedule::cosine();
    let action = profile.action(&cosine, 0.0, 1.0).unwrap();
    let exact = 0.125 * PI * PI * (1.0 + mean * mean);
    assert!(action.contains(exact) && action.relative_width() < QUADRATURE, "{action} {exact}");
    let largest = profile.largest_squared(&cosine, 0.0, 1.0).unwrap();
    let top = 0.25 * PI * PI * mean * mean;
    assert!((largest.mid() / top - 1.0).abs() < LIMIT, "{largest} {top}");
    let end = profile.squared_at_time(&cosine, 1.0).unwrap();
    assert!((end.mid() / (0.25 * PI * PI) - 1.0).abs() < LIMIT, "{end}");
    for schedule in [Schedule::linear(), power(2.0)] {
        assert!(profile.action(&schedule, 0.5, 1.0).unwrap().is_infinite());
        assert!(profile.squared_at_time(&schedule, 1.0).unwrap().is_infinite());
        assert!(profile.largest_squared(&schedule, 0.5, 1.0).unwrap().is_infinite());
        assert!(profile.action(&schedule, 0.5, 0.999).unwrap().is_finite());
        assert!(profile.largest_squared(&schedule, 0.5, 0.999).unwrap().is_finite());
    }
}

#[test]
fn a_profile_is_the_metric_derivative_between_its_nodes() {
    let narrow = MixtureCurve::new(&[0.3, 0.7], &[-1.0, 1.5], &[0.1, 0.4]).unwrap();
    let resolved = 1e-8;
    for range in [WHOLE, (0.2, 0.9)] {
        let profile = MetricDerivative::of(&narrow, range).unwrap();
        let edges = profile.edges();
        assert_eq!((edges[0], edges[edges.len() - 1]), range);
        assert!(edges.windows(2).all(|w| w[0] < w[1]), "{edges:?}");
        // First panels are halved where a bump separates from the noise, and only there.
        assert!((4..40).contains(&edges.len()), "{edges:?}");
        for k in 1..12 {
            let angle = range.0 + (range.1 - range.0) * (f64::from(k) / 12.0);
            let (found, exact) =
                (profile.squared(angle).unwrap(), metric_derivative_squared(&narrow, angle).unwrap());
            assert!((found.mid() / exact.mid() - 1.0).abs() < resolved, "{angle}: {found} {exact}");
            assert!(
                (found - exact).abs().lo() <= resolved * resolved + 1e-2 * resolved * exact.hi(),
                "{angle}: {found} {exact}"
            );
        }
        assert!(profile.squared(range.0 - 0.01).is_err() && profile.squared(range.1 + 0.01).is_err());
    }
    // Nothing to be resolved: the first panels do.
    let smooth = profile(1.0, 0.8).edges();
    assert_eq!(smooth, [0.0, 0.3, 0.75, 1.2, FRAC_PI_2]);
}

#[test]
fn monotone_maps_of_normal_laws_are_affine() {
    let law = |mean: f64, std: f64| MixtureCurve::new(&[1.0], &[mean], &[std]).unwrap();
    let digits = 1e-12;
    for ((m, s), (n, t)) in [((0.5, 1.0), (-2.0, 3.0)), ((0.0, 2.0), (500.0, 0.01)), ((3.0, 0.1), (3.0, 0.1))]
    {
        let (first, second) = (law(m, s), law(n, t));
        let (p, q) = (first.slice(0.0).unwrap(), second.slice(0.0).unwrap());
        for z in [-9.0, -3.0, -0.1, 0.0, 0.2, 2.0, 9.0] {
            let found = monotone_map(p.as_ref(), q.as_ref(), m + s * z);
            let exact = n + t * z;
            // Quantiles far out have the relative accuracy of the logarithm of a mass.
            assert!((found - exact).abs() < digits * (1.0 + exact.abs()), "{z}: {found} {exact}");
        }
        // Masses underflow on either side.
        assert!(monotone_map(p.as_ref(), q.as_ref(), m + 50.0 * s).is_nan());
        assert!(monotone_map(p.as_ref(), q.as_ref(), m - 50.0 * s).is_nan());
        let distance = wasserstein2_squared(p.as_ref(), q.as_ref());
        let exact = (m - n) * (m - n) + (s - t) * (s - t);
        assert!(distance.widened(digits).contains(exact), "{distance} {exact}");
        assert!(distance.width() < QUADRATURE * (exact + digits), "{distance} {exact}");
    }
}
