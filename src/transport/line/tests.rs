use super::*;
use crate::enclosure::Enclosure;
use crate::measure::line::LineMeasure;
use crate::path::line::{AtomsCurve, CubicTails, LineBase, PotentialCurve};
use crate::path::{LineCurve, LineSlice, MixtureCurve, Schedule};
use std::f64::consts::FRAC_PI_2;

/// Quadrature of smooth functions, estimated errors included.
const QUADRATURE: f64 = 1e-8;
/// Half a unit of the last of ten decimal places.
const TENTH_PLACE: f64 = 0.5e-10;
const WHOLE: (f64, f64) = (0.0, FRAC_PI_2);

fn symmetric() -> MixtureCurve {
    MixtureCurve::new(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5]).unwrap()
}

fn skew() -> MixtureCurve {
    MixtureCurve::new(&[0.3, 0.7], &[-1.5, 1.0], &[0.5, 0.6]).unwrap()
}

fn skew_potential() -> PotentialCurve {
    let law = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-1.5, 1.0], &[0.5, 0.6]).unwrap();
    PotentialCurve::new(law, LineBase::Gaussian).unwrap()
}

fn assert_is(found: Enclosure, expected: f64, rounding: f64) {
    assert!(found.width() < QUADRATURE, "{found}");
    assert!(found.widened(rounding).contains(expected), "{found} {expected:e}");
}

#[test]
fn actions_of_mixtures() {
    let curve = symmetric();
    let profile = MetricDerivative::of(&curve, WHOLE).unwrap();
    assert_eq!(profile.exponents(), (2.0, 2.0));
    let action = |schedule: &Schedule| profile.action(schedule, 0.0, 1.0).unwrap();
    assert_is(action(&Schedule::linear()), 1.7535374178, TENTH_PLACE);
    assert_is(action(&Schedule::cosine()), 2.1250921598, TENTH_PLACE);
    // The target has no mean: finite for every exponent above 1/2, and not below.
    assert!(action(&Schedule::power(0.6).unwrap()).is_finite());
    assert!(action(&Schedule::power(0.5).unwrap()).is_infinite());
    let sum = profile.action(&Schedule::cosine(), 0.0, 0.3).unwrap()
        + profile.action(&Schedule::cosine(), 0.3, 1.0).unwrap();
    assert!(sum.interval().intersects(action(&Schedule::cosine()).interval()));

    let curve = skew();
    let profile = MetricDerivative::of(&curve, WHOLE).unwrap();
    assert_eq!(profile.exponents(), (2.0, 0.0));
    let sixth_place = 0.5e-6;
    let square = Schedule::power(2.0).unwrap();
    assert_is(profile.action(&square, 0.0, 1.0).unwrap(), 0.428472, 2.0 * sixth_place);
    assert_is(profile.action(&Schedule::cosine(), 0.0, 1.0).unwrap(), 0.354776, sixth_place);
    assert!(profile.action(&Schedule::linear(), 0.0, 1.0).unwrap().is_infinite());
    assert!(profile.action(&Schedule::linear(), 1e-6, 1.0).unwrap().is_finite());
    // The action is at least the squared distance of the ends.
    let (target, base) = (curve.slice(0.0).unwrap(), curve.slice(FRAC_PI_2).unwrap());
    let distance = wasserstein2_squared(target.as_ref(), base.as_ref());
    let fourth_place = 0.5e-4;
    assert_is(distance, 0.2419, fourth_place);
    assert!(distance.hi() < profile.action(&Schedule::cosine(), 0.0, 1.0).unwrap().lo());
}

#[test]
fn distances_give_the_norm_of_the_field() {
    for (curve, angle) in [(symmetric(), 0.5), (skew(), 1.1)] {
        let by_field = metric_derivative_squared(&curve, angle).unwrap();
        let by_distance = metric_derivative_squared_by_distances(&curve, angle).unwrap();
        assert!(by_field.interval().intersects(by_distance.interval()), "{by_field} {by_distance}");
        assert!(by_distance.relative_width() < QUADRATURE, "{by_distance}");
    }
    for angle in [0.0, FRAC_PI_2, f64::NAN] {
        assert!(metric_derivative_squared_by_distances(&skew(), angle).is_err());
    }
}

#[test]
fn quadrature_of_the_conditional_law_gives_the_same_integrals() {
    let (closed, potential) = (skew(), skew_potential());
    let angle = 0.6;
    let exact = slice_integrals(closed.slice(angle).unwrap().as_ref());
    let found = slice_integrals(&potential.at(angle).unwrap());
    let pairs = [
        (exact.mass, found.mass),
        (exact.velocity_squared, found.velocity_squared),
        (exact.log_density_rate_squared, found.log_density_rate_squared),
        (exact.relative_fisher_information, found.relative_fisher_information),
        (exact.relative_entropy, found.relative_entropy),
        (exact.expansion_squared, found.expansion_squared),
    ];
    for (exact, found) in pairs {
        assert!(exact.interval().intersects(found.interval()), "{exact} {found}");
        assert!(exact.width() < QUADRATURE && found.width() < QUADRATURE, "{exact} {found}");
    }
    assert!(found.mass.contains(1.0));
    // Gaussian base: w = −tan φ·(y + score).
    let by_fisher = found.relative_fisher_information * f64::tan(angle).powi(2);
    assert!(by_fisher.interval().intersects(found.velocity_squared.widened(1e-2 * QUADRATURE).interval()));
}

#[test]
fn limits_for_small_kappa() {
    let limit = |law: LineMeasure, schedule: &Schedule| {
        let curve = PotentialCurve::new(law, LineBase::Gaussian).unwrap();
        small_kappa_limit(&curve, schedule).unwrap()
    };
    let square = Schedule::power(2.0).unwrap();
    let gaussian = |mean: f64, std: f64| LineMeasure::gaussian(mean, std).unwrap();
    // Closed forms of Gaussian targets.
    for (mean, std, expected) in [(1.0, 1.0, 0.5), (0.0, 2.0, 2.25), (1.0, 0.5, 0.265625)] {
        assert_is(limit(gaussian(mean, std), &square), expected, 0.0);
    }
    // The integrals by mpmath, 25 digits.
    let mixture = |w: &[f64], m: &[f64], s: &[f64]| LineMeasure::gaussian_mixture(w, m, s).unwrap();
    let rounding = 8.0 * f64::EPSILON;
    let skew = mixture(&[0.3, 0.7], &[-1.5, 1.0], &[0.5, 0.6]);
    assert_is(limit(skew, &square), 0.24504506452104645, rounding);
    let well = LineMeasure::parse("x^4/4 - x^2/2", f64::NEG_INFINITY, f64::INFINITY).unwrap();
    assert_is(limit(well, &square), 0.068_441_507_525_041_25, rounding);
    let fifth_place = 0.5e-5;
    let symmetric = mixture(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5]);
    assert_is(limit(symmetric, &Schedule::linear()), 0.15994, fifth_place);
    let uniform = PotentialCurve::new(LineMeasure::uniform(0.0, 1.0).unwrap(), LineBase::Gaussian).unwrap();
    assert!(small_kappa_limit(&uniform, &square).is_err());
    let heavy = PotentialCurve::new(gaussian(0.0, 1.0), LineBase::Student { dof: 2.0 }).unwrap();
    assert!(limit_field(&heavy, &square, 0.0).is_err());
}

#[test]
fn fields_near_the_target_tend_to_the_limit() {
    let linear = Schedule::linear();
    for base in [LineBase::Gaussian, LineBase::Student { dof: 5.0 }] {
        let curve = PotentialCurve::new(skew_potential().target().clone(), base).unwrap();
        for y in [-2.0, 0.4, 1.3] {
            let limit = limit_field(&curve, &linear, y).unwrap();
            let at = |angle: f64| -curve.at(angle).unwrap().point(y).velocity / linear.time_rate(angle);
            // The next order is φ², for five degrees of freedom too.
            let (far, near) = ((at(8e-3) - limit).abs(), (at(2e-3) - limit).abs());
            assert!(near < 0.1 * far && near < 1e-3, "{base} {y}: {far} {near}");
        }
    }
}

#[test]
fn discounted_actions_and_suprema() {
    let profile = MetricDerivative::of(&skew(), WHOLE).unwrap();
    let square = Schedule::power(2.0).unwrap();
    let end = profile.squared_at_time(&square, 1.0).unwrap();
    // (κ/2)·|p'_1|²·(κC/2) to first order in κ.
    let (kappa, constant) = (1e-4, 2.0);
    let discounted = profile.discounted_action(&square, 0.0, kappa, constant).unwrap();
    let leading = 0.25 * kappa * kappa * constant * end.mid();
    assert!((discounted.mid() / leading - 1.0).abs() < 100.0 * kappa, "{discounted} {leading:e}");
    let largest = profile.largest_squared(&square, 0.0, 1.0).unwrap();
    for t in [0.1, 0.5, 0.9, 1.0] {
        assert!(profile.squared_at_time(&square, t).unwrap().lo() <= largest.hi());
    }
    assert!(profile.largest_squared(&Schedule::linear(), 0.0, 1.0).unwrap().is_infinite());
    let weighted = profile.weighted_action(&square, (0.0, 1.0), &|_| 3.0).unwrap();
    let action = profile.action(&square, 0.0, 1.0).unwrap();
    assert!(weighted.interval().intersects((action * 3.0).interval()));
    for (from, until) in [(-0.1, 1.0), (0.5, 0.5), (0.0, 1.1), (f64::NAN, 1.0)] {
        assert!(profile.action(&square, from, until).is_err());
    }
    assert!(profile.discounted_action(&square, 0.0, f64::NAN, 1.0).is_err());
    assert!(MetricDerivative::of(&skew(), (0.5, 0.2)).is_err());
    let part = MetricDerivative::of(&skew(), (0.5, 1.0)).unwrap();
    assert!(part.action(&square, 0.0, 1.0).is_err());
}

#[test]
fn a_jump_of_the_target_changes_the_exponent() {
    let law = LineMeasure::uniform(-1.0, 1.0).unwrap();
    let curve = PotentialCurve::new(law, LineBase::Gaussian).unwrap();
    let at = |angle: f64| metric_derivative_squared(&curve, angle).unwrap().mid();
    // m² ~ φ: the Fisher information grows like 1/φ.
    let corrections = 0.05;
    assert!((at(4e-3) / at(2e-3) - 2.0).abs() < corrections);
    let slice = curve.at(0.3).unwrap();
    assert!(expectation(&slice, |_| 1.0).contains(1.0));
    let same = monotone_map(&slice, &slice, 0.8);
    assert!((same - 0.8).abs() < QUADRATURE && slice.masses(0.8).0 > 0.5);
}

#[test]
fn student_bases_of_finite_variance_have_finite_speed() {
    // A target with light tails: the field's tail is that of the base.
    let target = LineMeasure::parse("x^2/2 + 0.5*cos(3*x)", f64::NEG_INFINITY, f64::INFINITY).unwrap();
    let second_moment = target.variance();
    let base = LineBase::Student { dof: 3.13 };
    let curve = PotentialCurve::new(target, base).unwrap();
    for angle in [0.01_f64, 0.6, 1.4] {
        let speed = metric_derivative_squared(&curve, angle).unwrap();
        let coupling = angle.sin().powi(2) * second_moment.hi() + angle.cos().powi(2) * base.variance();
        assert!(0.0 < speed.lo() && speed.hi() < coupling && speed.width() < QUADRATURE, "{angle}: {speed}");
    }
}

#[test]
fn a_path_that_stands_still_half_way_has_its_exponents() {
    // Target and base the same law: nothing moves at π/4, which is no measure of the size of the speed then.
    let profile = MetricDerivative::of(&CubicTails, WHOLE).unwrap();
    assert_eq!(profile.exponents(), (2.0, 2.0));
    let linear = profile.action(&Schedule::linear(), 0.0, 1.0).unwrap();
    // By the symmetry of λ ↔ 1−λ twice the action over half of the time.
    let half = MetricDerivative::of(&CubicTails, (0.0, 0.25 * std::f64::consts::PI)).unwrap();
    let doubled = half.action(&Schedule::linear(), 0.5, 1.0).unwrap() * 2.0;
    assert!(
        linear.width() < QUADRATURE && (linear.mid() - doubled.mid()).abs() < QUADRATURE,
        "{linear} {doubled}"
    );
}

#[test]
fn distances_between_several_atoms_with_a_heavy_base_keep_their_digits() {
    // Between the atoms the density is small and quantiles are ill-conditioned; integrated over the law they count little.
    let places = [-4.0, 0.3, 4.5];
    for dof in [2.5, 9.0] {
        let curve = AtomsCurve::new(&[0.1, 1.0, 0.5], &places, LineBase::Student { dof }).unwrap();
        let speed = metric_derivative_squared(&curve, 0.3).unwrap();
        let quotients = metric_derivative_squared_by_distances(&curve, 0.3).unwrap();
        let extrapolation = 1e-10;
        assert!((speed - quotients).abs().hi() < extrapolation * speed.lo(), "{dof}: {speed} {quotients}");
    }
}
