use super::*;

/// A few roundings of numbers of size 1, and as much for the derivative's conditioning.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

#[test]
fn values_complements_and_enclosures_agree() {
    for schedule in Schedule::examples() {
        for i in 0..=64 {
            let t = f64::from(i) / 64.0;
            let enclosed = schedule.enclosed(t);
            let (lambda, rate) = (schedule.lambda(t), schedule.lambda_dot(t));
            assert!((lambda + schedule.complement(t) - 1.0).abs() <= ROUNDING, "{schedule} at {t}");
            assert!((enclosed.lambda.mid() - lambda).abs() <= ROUNDING, "{schedule} at {t}");
            assert!(enclosed.lambda.width() <= ROUNDING && enclosed.complement.width() <= ROUNDING);
            assert!(
                enclosed.lambda_dot.contains(rate)
                    || (enclosed.lambda_dot.mid() - rate).abs() <= ROUNDING * rate
            );
        }
        assert_eq!(schedule.lambda(1.0), 1.0);
        assert_eq!(schedule.complement(1.0), 0.0);
    }
}

#[test]
fn derivative_is_the_slope() {
    let h = 1e-5;
    let discretisation = 100.0 * h * h;
    for schedule in Schedule::examples() {
        for t in [0.1, 0.3, 0.7, 0.9] {
            let slope = (schedule.lambda(t + h) - schedule.lambda(t - h)) / (2.0 * h);
            assert!((slope - schedule.lambda_dot(t)).abs() < discretisation, "{schedule} at {t}");
            let angle = schedule.angle(t);
            // t(φ) is as steep as tan φ, its third derivative as large as 1/cos³φ.
            let steepness = 1.0 / core_math::cos(angle);
            assert!((schedule.time_of_angle(angle) - t).abs() < ROUNDING * steepness, "{schedule} at {t}");
            let rate = (schedule.time_of_angle(angle - h) - schedule.time_of_angle(angle + h)) / (2.0 * h);
            let error = (rate - schedule.time_rate(angle)).abs();
            assert!(error < discretisation * steepness.powi(3), "{schedule} at {t}");
        }
    }
}

#[test]
fn ranges_contain_every_value() {
    for schedule in Schedule::examples() {
        for i in 1..32 {
            let (from, until) = (f64::from(i) / 40.0, f64::from(i + 7) / 40.0);
            let (range, roots) = (schedule.over(from, until), schedule.root_rate_over(from, until));
            for j in 0..=10 {
                let t = from + (until - from) * f64::from(j) / 10.0;
                let (lambda, rate) = (schedule.lambda(t), schedule.lambda_dot(t));
                let wider = |i: Interval| Interval::new(i.lo() - ROUNDING, i.hi() + ROUNDING);
                assert!(wider(range.lambda).contains(lambda), "{schedule}");
                assert!(wider(range.complement).contains(1.0 - lambda), "{schedule}");
                assert!(wider(range.lambda_dot).contains(rate), "{schedule}");
                assert!(wider(roots).contains(rate / (2.0 * lambda.sqrt())), "{schedule}");
            }
        }
    }
}

#[test]
fn root_energy_is_the_integral_of_the_squared_slope() {
    use crate::numerics::quadrature::integrate;
    for schedule in Schedule::examples() {
        let (from, until) = (0.0625, 0.9375);
        let mut breaks: Vec<f64> = (0..=64).map(|i| from + (until - from) * f64::from(i) / 64.0).collect();
        breaks.extend(schedule.time_breaks());
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        let integral = integrate(&breaks, |t| schedule.lambda_dot(t).powi(2) / (4.0 * schedule.lambda(t)));
        let closed = schedule.root_energy(from, until).unwrap();
        assert!(integral.interval().intersects(closed), "{schedule}: {integral} {closed:?}");
        let integral = integrate(&breaks, |t| schedule.lambda_dot(t).powi(2));
        let closed = schedule.rate_energy(from, until).unwrap();
        assert!(integral.interval().intersects(closed), "{schedule}: {integral} {closed:?}");
        assert!(schedule.rate_energy(0.0, 1.0).unwrap().is_finite(), "{schedule}");
        assert!(schedule.rate_energy(0.5, 0.25).is_err());
        let steepest = (0..=1000)
            .map(|i| schedule.lambda_dot(from + (1.0 - from) * f64::from(i) / 1000.0))
            .fold(0.0, f64::max);
        // The grid misses the top by its spacing at most.
        assert!((0.0..1e-4).contains(&(schedule.steepest(from) / steepest - 1.0)), "{schedule}");
        let whole = schedule.root_energy(0.0, 1.0).unwrap();
        let finite = schedule.onset_exponent().is_none_or(|a| a > 1.0);
        assert_eq!(whole.is_finite(), finite, "{schedule}");
        assert!(schedule.root_energy(0.5, 0.25).is_err());
    }
}

#[test]
fn bad_parameters_are_refused() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Schedule::power(bad).is_err());
        assert!(Schedule::ornstein_uhlenbeck(bad).is_err());
    }
    let table = |t: &[f64], l: &[f64]| Schedule::table(t.to_vec(), l.to_vec());
    assert!(table(&[], &[]).is_err());
    assert!(table(&[0.0, 1.0], &[0.0]).is_err());
    assert!(table(&[0.0, 0.5, 1.0], &[0.0, 0.0, 1.0]).is_err());
    assert!(table(&[0.0, 0.5, 1.0], &[0.0, f64::NAN, 1.0]).is_err());
    assert!(table(&[0.0, 0.5, 0.9], &[0.0, 0.5, 1.0]).is_err());
    assert!(table(&[0.0, 0.5, 1.0], &[0.0, 0.5, 1.0]).is_ok());
}
