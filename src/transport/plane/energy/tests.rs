use super::*;
use crate::measure::gaussian::Gaussian;
use crate::path::GaussianPath;
use crate::transport::{action, discounted_action};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::FRAC_PI_4;

/// Rounding, relative to numbers of size one.
const SMALL: f64 = 1e-12;
/// Interpolation in the angle by nodes on panels.
const INTERPOLATION: f64 = 1e-3;

fn vector(values: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(values)
}

fn normal(mean: &[f64], variances: &[f64]) -> Mixture {
    Mixture::new(&[1.0], vec![vector(mean)], vec![DMatrix::from_diagonal(&vector(variances))]).unwrap()
}

fn two(separation: f64, variance: f64) -> Mixture {
    let means = vec![vector(&[0.6 * separation, 0.8 * separation]), vector(&[0.0, 0.0])];
    Mixture::isotropic(&[1.0, 2.0], means, &[variance; 2]).unwrap()
}

#[test]
fn limits_for_small_kappa_have_closed_forms_for_normal_laws() {
    // φ_1 is a polynomial of order two: variance m²v + ½(v − σ²)² by coordinate, with m, v of the target.
    for (schedule, rate) in
        [(Schedule::linear(), 0.5), (Schedule::power(3.0).unwrap(), 1.5), (Schedule::cosine(), 0.0)]
    {
        for (mean, variances) in [
            (vec![1.0, -2.0], vec![0.5, 3.0]),
            (vec![0.0, 0.7], vec![2.0, 0.3]),
            (vec![0.4, -0.2, 1.0], vec![0.6; 3]),
        ] {
            let target = normal(&mean, &variances);
            let part = |(m, v): (&f64, &f64)| m * m * v + 0.5 * (v - 1.0).powi(2);
            let exact = 0.5 * rate * rate * mean.iter().zip(&variances).map(part).sum::<f64>();
            let found = mixture_small_kappa_limit(&MixturePath::gaussian(target), &schedule).unwrap();
            assert!(found.widened(SMALL * exact).contains(exact) && found.width() < 1e-9, "{found} {exact}");
        }
    }
    // A Student base counts by its variance, 3 for three degrees of freedom.
    let path = MixturePath::student(normal(&[1.0, -2.0], &[0.5, 5.0]), 3.0).unwrap();
    let found = mixture_small_kappa_limit(&path, &Schedule::linear()).unwrap();
    let quadratic = |m: f64, v: f64| m * m * v + 0.5 * (v - 3.0).powi(2);
    let exact = 0.125 * (quadratic(1.0, 0.5) + quadratic(-2.0, 5.0));
    assert!(found.widened(SMALL).contains(exact) && found.width() < 1e-9, "{found} {exact}");
    let line = MixturePath::gaussian(Mixture::isotropic(&[1.0], vec![vector(&[0.0])], &[2.0]).unwrap());
    assert!(mixture_small_kappa_limit(&line, &Schedule::linear()).is_err());
    let heavy = MixturePath::student(two(1.0, 0.5), 2.0).unwrap();
    assert!(mixture_small_kappa_limit(&heavy, &Schedule::linear()).is_err());
    assert!(mixture_small_kappa_limit(&MixturePath::gaussian(two(1.0, 0.0)), &Schedule::linear()).is_err());
}

#[test]
fn rates_of_normal_laws_are_differences_of_their_logarithms() {
    let (mean, variance, angle, h) = (1.3, 0.4, 0.8, 1e-4);
    let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
    let log = |angle: f64, y: f64| {
        let (s, c) = angle.sin_cos();
        let v = c * c * variance + s * s;
        -0.5 * (y - c * mean).powi(2) / v - 0.5 * v.ln()
    };
    let breaks: Vec<f64> = (-20..=20).map(|k| 0.5 * f64::from(k)).collect();
    let squared = integrate(&breaks, |y| {
        let rate = (log(angle + h, y) - log(angle - h, y)) / (2.0 * h);
        rate * rate * log(angle, y).exp() / std::f64::consts::TAU.sqrt()
    });
    let difference = 1e-6;
    assert!((normal_rate(mean, variance, sine, cosine) - squared.mid()).abs() < difference, "{squared}");
    // What a change of shape costs is the distance per angle of standard deviations.
    let std = |v: f64, angle: f64| (angle.cos().powi(2) * v + angle.sin().powi(2)).sqrt();
    let variances = [0.4, 3.0, 0.0];
    let speeds = variances.map(|v| (std(v, angle + h) - std(v, angle - h)) / (2.0 * h));
    let exact: f64 = speeds.iter().map(|x| x * x).sum();
    assert!((bures(&variances, angle) - exact).abs() < difference, "{exact}");
    // A variance below zero is rounding.
    assert!((bures(&[-1e-17], angle) - bures(&[0.0], angle)).abs() < SMALL);
}

#[test]
fn zeros_are_split_off() {
    let (s, c) = (0.7_f64.sin(), 0.7_f64.cos());
    for (zeros, exact) in
        [([false, false], 1.0), ([true, false], s * s), ([false, true], c * c), ([true, true], s * s * c * c)]
    {
        assert!((split_off(zeros, 0.7) - exact).abs() < SMALL);
    }
}

#[test]
fn panels_of_angles_shrink_to_the_narrowest_direction() {
    let of = |target: &Mixture| {
        let edges = edges(target);
        assert!(edges[0] == 0.0 && edges[edges.len() - 1] == FRAC_PI_2, "{edges:?}");
        assert!(edges.windows(2).all(|w| w[0] < w[1]) && edges.contains(&FRAC_PI_4), "{edges:?}");
        edges
    };
    let smallest = |least: f64, apart: f64| least.min(0.25 * apart).atan().clamp(1e-3, 0.5);
    for (separation, variance) in [(3.0, 1.0), (3.0, 0.01), (0.2, 1.0), (2.0, 0.0), (8.0, 0.09)] {
        let edges = of(&two(separation, variance));
        let least = if variance > 0.0 { variance.sqrt() } else { f64::INFINITY };
        let wanted = smallest(least, separation);
        assert!(edges[1] <= wanted && (edges[2] > wanted || edges[2] == FRAC_PI_4), "{edges:?} {wanted}");
        for pair in edges[1..].windows(2).filter(|w| w[1] <= FRAC_PI_4) {
            assert!((pair[0] / pair[1] - SHRINK).abs() < SMALL, "{edges:?}");
        }
    }
    // Not for ever.
    assert_eq!(of(&two(3.0, 1e-8)).len(), MOST_PANELS + 1);
    // The least variance of all.
    assert_eq!(of(&normal(&[0.0, 0.0], &[4.0, 0.01])), of(&normal(&[0.0, 0.0], &[0.01, 0.5])));
}

#[test]
fn nodes_lie_on_their_panels() {
    let rule = GaussRule::shared(5).unwrap();
    let edges = [0.0, 0.5, 1.5];
    let found = nodes(&edges, &rule);
    assert_eq!(found.len(), 10);
    assert!(found.windows(2).all(|w| w[0] < w[1]) && found[4] < 0.5 && 0.5 < found[5], "{found:?}");
    // Middles, and reflection.
    assert!((found[2] - 0.25).abs() < SMALL && (found[7] - 1.0).abs() < SMALL, "{found:?}");
    for k in 0..5 {
        assert!(
            (found[k] + found[4 - k] - 0.5).abs() < SMALL
                && (found[5 + k] + found[9 - k] - 2.0).abs() < SMALL
        );
    }
}

#[test]
fn bounds_are_attained_by_normal_laws() {
    for (mean, variances) in [([0.0, 0.0], [0.3, 4.0]), ([1.0, -2.0], [0.3, 4.0]), ([1.0, -2.0], [1.0, 1.0])]
    {
        let path = MixturePath::gaussian(normal(&mean, &variances));
        let bounds = AngularEnergy::metric_derivative_bounds(&path).unwrap();
        for schedule in Schedule::examples() {
            let law = Gaussian::diagonal(mean.to_vec(), variances.to_vec()).unwrap();
            let exact = GaussianPath::from_standard(law, schedule.clone()).unwrap();
            for from in [0.0, 0.25] {
                let whole = action(&exact, from, 1.0).unwrap();
                for (bound, zero) in bounds.iter().zip([true, false]) {
                    let found = bound.whole(&schedule, from).unwrap();
                    // Above, what vanishes at the base is not split off: infinite where that would be needed.
                    if whole.is_infinite() {
                        assert!(found.is_infinite() && bound.is_infinite(&schedule, from), "{exact} {from}");
                    } else if zero || !found.is_infinite() {
                        assert!(
                            (found.mid() - whole.mid()).abs() < INTERPOLATION * whole.mid(),
                            "{found} {whole}"
                        );
                        assert!(
                            (found - whole).abs().lo() <= SMALL * whole.mid(),
                            "{exact}: {found} {whole}"
                        );
                    }
                }
                let rate = 2.5;
                let felt = discounted_action(&exact, 0.25, rate).unwrap();
                let weight = |angle: f64| (-rate * (1.0 - schedule.time_of_angle(angle))).exp();
                for bound in &bounds {
                    let found = bound.integral(&schedule, 0.25, &weight).unwrap();
                    assert!((found.mid() - felt.mid()).abs() < INTERPOLATION * felt.mid(), "{found} {felt}");
                }
            }
        }
        for from in [-0.1, 1.0, f64::NAN] {
            assert!(bounds[0].whole(&Schedule::cosine(), from).is_err());
        }
    }
}

#[test]
fn actions_are_infinite_where_the_exponents_say_so() {
    let energy = |zeros: [bool; 2], mean_squared: f64| {
        let [plain, _] =
            AngularEnergy::metric_derivative_bounds(&MixturePath::gaussian(two(1.0, 0.5))).unwrap();
        AngularEnergy { zeros, mean_squared, ..plain }
    };
    let power = |exponent: f64| Schedule::power(exponent).unwrap();
    let centred = energy([true, true], 0.0);
    assert!(centred.is_infinite(&power(0.5), 0.0) && !centred.is_infinite(&power(0.51), 0.0));
    assert!(!centred.is_infinite(&power(0.5), 0.01));
    for moving in [energy([true, true], 1.0), energy([true, false], 0.0)] {
        assert!(moving.is_infinite(&Schedule::linear(), 0.0) && !moving.is_infinite(&power(1.01), 0.0));
        assert!(!moving.is_infinite(&Schedule::linear(), 0.01));
        assert!(!moving.is_infinite(&Schedule::ornstein_uhlenbeck(1.0).unwrap(), 0.0));
    }
    let singular = energy([false, true], 0.0);
    assert!(
        singular.is_infinite(&Schedule::linear(), 0.5) && !singular.is_infinite(&Schedule::cosine(), 0.0)
    );
}

#[test]
fn the_rate_of_a_normal_law_has_its_closed_form() {
    let (mean, variances) = ([1.0, -0.5], [0.4, 2.0]);
    let path = MixturePath::gaussian(normal(&mean, &variances));
    let schedule = Schedule::power(2.0).unwrap();
    let from = 0.2;
    let breaks: Vec<f64> = (0..=40).map(|k| schedule.angle(from) * f64::from(k) / 40.0).collect();
    let exact = integrate(&breaks, |angle| {
        let (s, c) = (core_math::sin(angle), core_math::cos(angle));
        let rate: f64 = mean.iter().zip(&variances).map(|(m, v)| normal_rate(*m, *v, s, c)).sum();
        if angle == 0.0 { 0.0 } else { rate / schedule.time_rate(angle) }
    });
    for energy in [
        AngularEnergy::log_density_rate(&path).unwrap(),
        AngularEnergy::log_density_rate_bound(&path).unwrap(),
    ] {
        let found = energy.whole(&schedule, from).unwrap();
        assert!((found.mid() - exact.mid()).abs() < INTERPOLATION * exact.mid(), "{found} {exact}");
    }
    // In space: independent coordinates.
    let space = MixturePath::gaussian(normal(&[1.0, -0.5, 0.3, 0.0], &[0.4; 4]));
    let exact = integrate(&breaks, |angle| {
        let (s, c) = (core_math::sin(angle), core_math::cos(angle));
        let rate: f64 = [1.0, -0.5, 0.3, 0.0].iter().map(|m| normal_rate(*m, 0.4, s, c)).sum();
        if angle == 0.0 { 0.0 } else { rate / schedule.time_rate(angle) }
    });
    let found = AngularEnergy::log_density_rate(&space).unwrap().whole(&schedule, from).unwrap();
    assert!((found.mid() - exact.mid()).abs() < INTERPOLATION * exact.mid(), "{found} {exact}");
    assert!(AngularEnergy::log_density_rate(&MixturePath::gaussian(two(1.0, 0.0))).is_err());
    assert!(AngularEnergy::log_density_rate_bound(&MixturePath::gaussian(two(1.0, 0.0))).is_err());
}

#[test]
fn a_mean_is_zero_up_to_rounding() {
    let pair = |a: f64, b: f64| {
        let means = vec![vector(&[a, 0.0]), vector(&[-b, 0.0])];
        Mixture::isotropic(&[1.0, 1.0], means, &[0.5; 2]).unwrap()
    };
    assert_eq!(mean_squared(&pair(3.0, 3.0)), 0.0);
    assert_eq!(mean_squared(&pair(3.0, 3.0 + 2.0 * f64::EPSILON)), 0.0);
    assert!((mean_squared(&pair(3.0, 1.0)) - 1.0).abs() < SMALL);
    assert!(
        AngularEnergy::mean_moves(&pair(3.0, 3.0 + 1e-13)) && !AngularEnergy::mean_moves(&pair(2.0, 2.0))
    );
}
