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

#[test]
fn every_kind_knows_its_ends() {
    let power = |exponent: f64| Schedule::power(exponent).unwrap();
    let table = Schedule::table(vec![0.0, 0.25, 0.5, 1.0], vec![0.0, 0.125, 0.625, 1.0]).unwrap();
    let ou = Schedule::ornstein_uhlenbeck(1.5).unwrap();
    // Onset, whether t(φ) is singular at π/2, whether it stops smoothly.
    for (schedule, onset, singular, smooth) in [
        (Schedule::linear(), Some(1.0), false, false),
        (power(1.0), Some(1.0), false, false),
        (power(2.0), Some(2.0), false, false),
        (power(0.5), Some(0.5), false, false),
        (power(0.7), Some(0.7), true, false),
        (power(1.5), Some(1.5), true, false),
        (Schedule::cosine(), Some(2.0), false, true),
        (table.clone(), Some(1.0), false, false),
        (ou.clone(), None, true, false),
    ] {
        assert_eq!(schedule.onset_exponent(), onset, "{schedule}");
        assert_eq!(schedule.is_singular_at_start(), singular, "{schedule}");
        assert_eq!(schedule.stops_smoothly(), smooth, "{schedule}");
        let rate = schedule.lambda_dot(1.0);
        assert_eq!(rate.abs() < ROUNDING, smooth, "{schedule}: {rate}");
        if let Some(exponent) = onset {
            let (t, s) = (1e-6, 2e-6);
            let found = (schedule.lambda(s) / schedule.lambda(t)).log2();
            assert!((found - exponent).abs() < ROUNDING + s * s, "{schedule}: {found}");
        }
    }
    assert_eq!(ou.ornstein_uhlenbeck_rate(), Some(1.5));
    assert_eq!(table.ornstein_uhlenbeck_rate(), None);
    assert_eq!(table.time_breaks(), [0.25, 0.5]);
    let angles = table.angle_breaks();
    assert_eq!(angles.len(), 2);
    for (angle, lambda) in angles.iter().zip([0.625, 0.125]) {
        assert!((angle.cos().powi(2) - lambda).abs() < ROUNDING);
    }
    assert!(Schedule::cosine().angle_breaks().is_empty() && ou.time_breaks().is_empty());
}

#[test]
fn values_near_the_target_keep_their_digits() {
    // 1 − λ at the distance h from the end, relative to its first term.
    let h = 2.0_f64.powi(-40);
    let table = Schedule::table(vec![0.0, 0.25, 0.5, 1.0], vec![0.0, 0.125, 0.625, 1.0]).unwrap();
    for (schedule, expected) in [
        (Schedule::linear(), h),
        (Schedule::power(3.0).unwrap(), 3.0 * h),
        (Schedule::cosine(), (FRAC_PI_2 * h).powi(2)),
        (Schedule::ornstein_uhlenbeck(1.5).unwrap(), 3.0 * h),
        (table.clone(), 0.75 * h),
    ] {
        let found = schedule.complement(1.0 - h);
        let second_order = 4.0 * h;
        assert!((found / expected - 1.0).abs() < ROUNDING + second_order, "{schedule}: {found:e}");
        let angle = schedule.angle(1.0 - h);
        assert!((angle * angle / expected - 1.0).abs() < ROUNDING + second_order, "{schedule}: {angle:e}");
    }
    // Inside the table and on its corners.
    for (t, lambda, slope) in [
        (0.0, 0.0, 0.5),
        (0.125, 0.0625, 0.5),
        (0.25, 0.125, 2.0),
        (0.4, 0.425, 2.0),
        (0.5, 0.625, 0.75),
        (0.9, 0.925, 0.75),
        (1.0, 1.0, 0.75),
    ] {
        assert!((table.lambda(t) - lambda).abs() < ROUNDING, "{t}");
        assert!((table.complement(t) - (1.0 - lambda)).abs() < ROUNDING, "{t}");
        assert!((table.lambda_dot(t) - slope).abs() < ROUNDING, "{t}");
        let enclosed = table.enclosed(t);
        assert!(
            (enclosed.lambda.mid() - lambda).abs() < ROUNDING && enclosed.lambda.width() < ROUNDING,
            "{t}"
        );
        assert!((enclosed.lambda_dot.mid() - slope).abs() < ROUNDING, "{t}");
        assert!((table.time_of(lambda).unwrap() - t).abs() < ROUNDING, "{t}");
    }
}

#[test]
fn suprema_are_taken() {
    let power = |exponent: f64| Schedule::power(exponent).unwrap();
    let table = Schedule::table(vec![0.0, 0.25, 0.5, 1.0], vec![0.0, 0.125, 0.625, 1.0]).unwrap();
    let pi = std::f64::consts::PI;
    for (schedule, from, steepest) in [
        (Schedule::linear(), 0.3, 1.0),
        (power(3.0), 0.3, 3.0),
        (power(0.5), 0.25, 1.0),
        (power(0.5), 0.0, f64::INFINITY),
        (Schedule::cosine(), 0.0, 0.5 * pi),
        (Schedule::cosine(), 0.75, 0.5 * pi * 0.5_f64.sqrt()),
        (Schedule::ornstein_uhlenbeck(1.5).unwrap(), 0.2, 3.0),
        (table.clone(), 0.1, 2.0),
        (table.clone(), 0.4, 2.0),
        (table.clone(), 0.5, 0.75),
    ] {
        let found = schedule.steepest(from);
        assert!(found == steepest || (found - steepest).abs() < ROUNDING, "{schedule} {from}: {found}");
    }
    // Ranges of rates have the values at their ends and between them, and no others.
    for (schedule, from, until, low, high) in [
        (Schedule::cosine(), 0.25, 0.5, 0.5 * pi * 0.5_f64.sqrt(), 0.5 * pi),
        (Schedule::cosine(), 1.0 / 6.0, 0.75, 0.25 * pi, 0.5 * pi),
        (Schedule::cosine(), 0.0, 1.0 / 6.0, 0.0, 0.25 * pi),
        (table.clone(), 0.1, 0.2, 0.5, 0.5),
        (table.clone(), 0.1, 0.3, 0.5, 2.0),
        (table.clone(), 0.3, 0.6, 0.75, 2.0),
        (table, 0.1, 0.9, 0.5, 2.0),
        (power(2.0), 0.1, 0.4, 0.2, 0.8),
    ] {
        let found = schedule.over(from, until).lambda_dot;
        assert!(
            (found.lo() - low).abs() < ROUNDING && (found.hi() - high).abs() < ROUNDING,
            "{schedule}: {found:?}"
        );
        let lambda = schedule.over(from, until).lambda;
        assert!((lambda.lo() - schedule.lambda(from)).abs() < ROUNDING, "{schedule}: {lambda:?}");
        assert!((lambda.hi() - schedule.lambda(until)).abs() < ROUNDING, "{schedule}: {lambda:?}");
        let roots = schedule.root_rate_over(from, until);
        assert!(roots.hi() >= schedule.lambda_dot(until) / (2.0 * schedule.lambda(until).sqrt()) - ROUNDING);
    }
    // Monotone rates of the root: exactly their ends.
    for schedule in [
        Schedule::linear(),
        power(3.0),
        power(1.5),
        Schedule::cosine(),
        Schedule::ornstein_uhlenbeck(1.5).unwrap(),
    ] {
        let rate = |t: f64| schedule.lambda_dot(t) / (2.0 * schedule.lambda(t).sqrt());
        let found = schedule.root_rate_over(0.2, 0.7);
        assert!((found.lo() - rate(0.2).min(rate(0.7))).abs() < ROUNDING, "{schedule}: {found:?}");
        assert!((found.hi() - rate(0.2).max(rate(0.7))).abs() < ROUNDING, "{schedule}: {found:?}");
    }
}

#[test]
fn energies_between_any_two_times_have_closed_forms() {
    let power = |exponent: f64| Schedule::power(exponent).unwrap();
    for (schedule, from, until, root, rate) in [
        (Schedule::linear(), 0.25, 1.0, 0.25 * 4.0_f64.ln(), 0.75),
        (power(2.0), 0.0, 1.0, 1.0, 4.0 / 3.0),
        (power(2.0), 0.5, 1.0, 0.5, 7.0 / 6.0),
        (
            power(0.5),
            0.25,
            1.0,
            0.25 * 0.5_f64.powi(2) / 0.5 * (0.25_f64.powf(-0.5) - 1.0),
            0.25 * 4.0_f64.ln(),
        ),
        (
            Schedule::cosine(),
            0.0,
            1.0,
            std::f64::consts::PI.powi(2) / 8.0,
            std::f64::consts::PI.powi(2) / 8.0,
        ),
    ] {
        let found = schedule.root_energy(from, until).unwrap();
        assert!(
            (found.mid() - root).abs() < ROUNDING && found.width() < ROUNDING,
            "{schedule}: {found:?} {root}"
        );
        let found = schedule.rate_energy(from, until).unwrap();
        assert!(
            (found.mid() - rate).abs() < ROUNDING && found.width() < ROUNDING,
            "{schedule}: {found:?} {rate}"
        );
        for energy in [schedule.root_energy(0.5, 0.5), schedule.rate_energy(0.5, 0.5)] {
            assert_eq!(energy.unwrap(), Interval::ZERO);
        }
        for (a, b) in [(-0.1, 0.5), (0.5, 1.5), (f64::NAN, 1.0)] {
            assert!(schedule.root_energy(a, b).is_err() && schedule.rate_energy(a, b).is_err());
        }
    }
    assert!(power(0.5).rate_energy(0.0, 1.0).unwrap().hi().is_infinite());
    assert!(Schedule::linear().root_energy(0.0, 1.0).unwrap().hi().is_infinite());
    for schedule in Schedule::examples() {
        for (from, until) in [(0.1, 0.4), (0.3, 0.95), (0.0, 0.25)] {
            let middle = 0.5 * (from + until);
            let energies =
                |a: f64, b: f64| [schedule.root_energy(a, b).unwrap(), schedule.rate_energy(a, b).unwrap()];
            let (whole, first, second) =
                (energies(from, until), energies(from, middle), energies(middle, until));
            for k in 0..2 {
                assert!(
                    whole[k].hi().is_infinite() || whole[k].intersects(first[k] + second[k]),
                    "{schedule} {from}"
                );
            }
        }
    }
}
