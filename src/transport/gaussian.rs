//! Metric derivative and action of Gaussian paths.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result};
use crate::numerics::quadrature::{graded_panels, integrate};
use crate::path::{Channel, EnclosedSchedule, GaussianPath, Schedule};
use nalgebra::DVector;
use std::f64::consts::FRAC_PI_2;

/// `|p'_t|² = |ṁ|² + tr(SΣS)`, S symmetric with `SΣ + ΣS = Σ̇`: the squared metric derivative of a
/// Gaussian path in the Wasserstein space, which is the squared norm of its optimal field.
///
/// # Errors
/// [`Error::Domain`] unless `t ∈ [0, 1]`; errors of the law at `t`.
pub fn metric_derivative_squared(path: &GaussianPath, t: f64) -> Result<Enclosure> {
    let mean: Enclosure = path.mean_rate(t)?.into_iter().map(Enclosure::square).sum();
    if let Some(channels) = path.channels() {
        let at = path.schedule().enclosed(t);
        let shape: Interval = channels.iter().map(|c| shape_rate_squared(c, &at)).sum();
        return Ok(mean + Enclosure::certified(shape));
    }
    let law = path.law(t)?;
    let rate = path.covariance_rate(t)?.map(Enclosure::mid);
    let shape = law.bures_field(&vec![0.0; path.dim()], &rate)?.norm_squared();
    // A relative change η of Σ and of Σ̇ changes tr(SΣS), which is homogeneous of degree −1 in Σ
    // and 2 in Σ̇ and monotone under congruence, by a relative 3η at most to first order.
    let rounding = 4.0 * GaussianPath::law_rounding(&law) * shape.hi();
    Ok(mean + shape.widened(rounding).weakened(Evidence::Exact))
}

/// The action `A = ∫ |p'_t|² dt` of a Gaussian path over `[from, until] ⊂ [0, 1]`; infinite where
/// theory says so: from 0 if the target has a mean and `λ ~ t^a` with `a ≤ 1`, or if the
/// covariances (or the mean of the base) differ from those at 0 and `a ≤ ½`; until 1 if the base
/// has a mean and `λ̇(1) > 0`.
///
/// The part of a moving target mean is a closed form; the rest is quadrature (Converged).
///
/// # Errors
/// [`Error::Domain`] unless `0 ≤ from ≤ until ≤ 1`; errors of the laws on the way.
pub fn action(path: &GaussianPath, from: f64, until: f64) -> Result<Enclosure> {
    let schedule = path.schedule();
    // Also checks the range.
    let root_energy = schedule.root_energy(from, until)?;
    if from == until {
        return Ok(Enclosure::exact(0.0));
    }
    let moving_base = path.base().mean().iter().any(|&b| b != 0.0);
    let moving_target = path.target().mean().iter().any(|&m| m != 0.0);
    let same_covariance = path.target().covariance_equals(path.base());
    let steep = from == 0.0 && schedule.onset_exponent().is_some_and(|a| a <= 0.5);
    if (moving_target && root_energy.is_infinite_point())
        || (steep && (moving_base || !same_covariance))
        || (until == 1.0 && moving_base && !schedule.stops_smoothly())
    {
        return Ok(Enclosure::infinite(Evidence::Exact));
    }
    let mean = if moving_base {
        moving_mean_action(path, from, until)?
    } else if !moving_target {
        // Not 0 times the root energy, which is infinite for the linear schedule from 0.
        Enclosure::exact(0.0)
    } else {
        let square: Interval = path.target().mean().iter().map(|&m| Interval::point(m).square()).sum();
        Enclosure::certified(square * root_energy)
    };
    let shape = if same_covariance {
        Enclosure::exact(0.0)
    } else if let Some(channels) = path.channels() {
        channels
            .iter()
            .map(|c| channel_shape_action(c, schedule, from, until))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .sum()
    } else {
        dense_shape_action(path, from, until)?
    };
    let total = mean + shape;
    if total.is_finite() {
        Ok(total)
    } else {
        Err(Error::NoConvergence {
            what: format!("the action of {path}"),
            reached: f64::INFINITY,
            wanted: 1.0,
        })
    }
}

/// `sup |p'_t|²` over `[from, until]` for a path with commuting covariances and a centred base,
/// by branch and bound on interval ranges (Certified): the supremum lies within a relative
/// 10⁻⁵, or within what some thousand ranges resolve.
///
/// # Errors
/// [`Error::Undefined`] for other paths, [`Error::Domain`] unless `0 ≤ from ≤ until ≤ 1`.
pub fn largest_metric_derivative_squared(path: &GaussianPath, from: f64, until: f64) -> Result<Enclosure> {
    const RELATIVE_WIDTH: f64 = 1e-5;
    if !(0.0 <= from && from <= until && until <= 1.0) {
        return Err(Error::domain("start", format!("[{from}, {until}]"), "0 ≤ start ≤ end ≤ 1"));
    }
    let (channels, schedule) = (commuting_channels(path)?, path.schedule());
    if path.base().mean().iter().any(|&b| b != 0.0) {
        return Err(Error::Undefined {
            what: "the range of the metric derivative".to_owned(),
            reason: "it is implemented for a centred base".to_owned(),
        });
    }
    let mean_square: Interval = path.target().mean().iter().map(|&m| Interval::point(m).square()).sum();
    let range = |from: f64, until: f64| {
        let at = schedule.over(from, until);
        // Not the square, whose upper end is rounded up from 0.
        let mean = if path.target().mean().iter().all(|&m| m == 0.0) {
            Interval::ZERO
        } else {
            mean_square * schedule.root_rate_over(from, until).square()
        };
        let shape: Interval = channels.iter().map(|c| shape_rate_squared(c, &at)).sum();
        mean + shape
    };
    let mut queue = vec![(range(from, until), from, until)];
    let mut reached = range(from, from).max(range(until, until)).lo();
    for _ in 0..MOST_RANGES {
        let Some(worst) = (0..queue.len()).max_by(|&i, &j| queue[i].0.hi().total_cmp(&queue[j].0.hi()))
        else {
            break;
        };
        let (value, left, right) = queue[worst];
        if value.is_infinite_point() || value.hi() <= reached * (1.0 + RELATIVE_WIDTH) {
            break;
        }
        let middle = 0.5 * (left + right);
        if !(left < middle && middle < right) {
            break;
        }
        queue.swap_remove(worst);
        reached = reached.max(range(middle, middle).lo());
        queue.push((range(left, middle), left, middle));
        queue.push((range(middle, right), middle, right));
        queue.retain(|(value, ..)| value.hi() >= reached);
    }
    let top = queue.iter().map(|(value, ..)| value.hi()).fold(reached, f64::max);
    Enclosure::new(reached, top, Evidence::Certified)
}

/// Largest number of ranges that the branch and bound looks at.
const MOST_RANGES: usize = 1000;

/// `(σ²˙)²/(4σ²)` of a channel for all values of the schedule in an enclosure.
fn shape_rate_squared(channel: &Channel, at: &EnclosedSchedule) -> Interval {
    let variance = channel.target_variance * at.lambda + channel.base_variance * at.complement;
    let gap = (channel.target_variance - channel.base_variance).abs();
    let (a, s) = (channel.target_variance, channel.base_variance);
    if a == s && a.width() == 0.0 {
        return Interval::ZERO;
    }
    at.lambda_dot.square() * (gap * (gap / (Interval::point(4.0) * variance)))
}

/// The channels of a path, or an error that says why there are none.
pub(super) fn commuting_channels(path: &GaussianPath) -> Result<Vec<Channel>> {
    path.channels().ok_or_else(|| Error::Undefined {
        what: format!("a decomposition into channels of {path}"),
        reason: "the covariances of target and base do not share an eigenbasis that is known".to_owned(),
    })
}

/// The union of the panels of the channels with the most extreme variances: those resolve the
/// others too.
pub(super) fn distinct_panels(channels: &[Channel], schedule: &Schedule, first: f64, last: f64) -> Vec<f64> {
    let ratio = |c: &Channel| c.target_variance.mid() / c.base_variance.mid();
    let extreme = [
        channels.iter().min_by(|a, b| ratio(a).total_cmp(&ratio(b))),
        channels.iter().max_by(|a, b| ratio(a).total_cmp(&ratio(b))),
    ];
    extreme.into_iter().flatten().flat_map(|c| c.panels(schedule, first, last)).collect()
}

/// `∫ |ṁ|² dt` in the angle: `dm/dφ = −(m sin φ − b cos φ)` and `dt = rate·dφ`.
fn moving_mean_action(path: &GaussianPath, from: f64, until: f64) -> Result<Enclosure> {
    let schedule = path.schedule();
    let (first, last) = (schedule.angle(until), schedule.angle(from));
    let start = (FRAC_PI_2 - SINGULAR_END).max(first);
    let singular = schedule.is_singular_at_start() && last > start;
    let unit = Channel::from_standard(0.0, 1.0);
    let panels = unit.panels(schedule, first, if singular { start } else { last });
    let (m, b) = (path.target().mean(), path.base().mean());
    let swept = integrate(&graded_towards_target(schedule, panels), |angle| {
        let rate = m * core_math::sin(angle) - b * core_math::cos(angle);
        rate.norm_squared() / schedule.time_rate(angle)
    });
    if !singular {
        return Ok(swept);
    }
    // ṁ = m·(√λ)˙ + b·(√(1−λ))˙: Minkowski's inequality with the norms of the two parts, of which
    // the second has the square λ̇²/(4(1−λ)).
    let end = schedule.time_of_angle(start).clamp(from, until);
    let part = |mean: &DVector<f64>, energy: Interval| {
        let square: Interval = mean.iter().map(|&x| Interval::point(x).square()).sum();
        // A mean that is not there costs nothing, even where a moving one would cost infinitely much.
        if mean.iter().all(|&x| x == 0.0) { Interval::ZERO } else { (square * energy).sqrt() }
    };
    let of_target = part(m, schedule.root_energy(from, end)?);
    let of_base = part(b, schedule.rate_energy(from, end)?)
        / (Interval::point(4.0) * schedule.enclosed(end).complement).sqrt();
    let [low, high] = [(of_target - of_base).abs(), of_target + of_base].map(Interval::square);
    let rest = Enclosure::from_interval(low.hull(high), Evidence::Converged);
    Ok(swept + rest.widened(SINGULAR_ROUNDING * rest.hi()))
}

/// For a smooth stop nothing is singular at `φ = 0`; otherwise `1/rate ~ 1/φ` is, unless the
/// range ends before.
fn graded_towards_target(schedule: &Schedule, mut breaks: Vec<f64>) -> Vec<f64> {
    if !schedule.stops_smoothly()
        && breaks.len() > 1
        && let Some(&first) = breaks.first()
        && first > 0.0
    {
        let mut at = 2.0 * first;
        while at < breaks[breaks.len() - 1] {
            breaks.push(at);
            breaks.sort_by(f64::total_cmp);
            at *= 2.0;
        }
        breaks.dedup();
    }
    breaks
}

/// Where the schedule is singular at `φ = π/2`, quadrature ends at this distance from there and
/// closed forms take over: floats near `π/2` do not resolve the singularity.
pub(super) const SINGULAR_END: f64 = 1e-8;

/// Relative error of what belongs to the angle [`SINGULAR_END`] before `π/2` and is at most its
/// fourth power: the rounding of an angle near `π/2`, over that distance.
pub(super) const SINGULAR_ROUNDING: f64 = 4.0 * f64::EPSILON / SINGULAR_END;

/// `∫ (σ²˙)²/(4σ²) dt` of one channel, in the angle.
fn channel_shape_action(channel: &Channel, schedule: &Schedule, from: f64, until: f64) -> Result<Enclosure> {
    // The square of the gap may leave the range of floats where the action does not.
    let gap = Enclosure::certified(channel.target_variance - channel.base_variance).abs();
    let integral =
        squared_rate_integral(channel, schedule, from, until, &|angle| 1.0 / channel.variance(angle))?;
    Ok(gap * (gap * integral.widened(2.0 * channel.uncertainty() * integral.hi())) / 4.0)
}

/// `∫_from^until λ̇²·weight dt` for a positive weight, a function of the angle φ that is monotone near
/// `φ = π/2` and smooth wherever the variance of `channel` is; finite if it is so for weight 1.
///
/// # Errors
/// [`Error::Domain`] unless `0 ≤ from ≤ until ≤ 1`.
pub fn squared_rate_integral(
    channel: &Channel,
    schedule: &Schedule,
    from: f64,
    until: f64,
    weight: &dyn Fn(f64) -> f64,
) -> Result<Enclosure> {
    let whole = schedule.rate_energy(from, until)?;
    if !whole.is_finite() {
        return Ok(Enclosure::certified(whole));
    }
    let (first, last) = (schedule.angle(until), schedule.angle(from));
    let start = (FRAC_PI_2 - SINGULAR_END).max(first);
    let singular = schedule.is_singular_at_start() && last > start;
    let breaks = channel.panels(schedule, first, if singular { start } else { last });
    // With λ = cos²φ: λ̇² dt = (sin 2φ)²/rate dφ.
    let swept = integrate(&breaks, |angle| {
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        (2.0 * sine * cosine).powi(2) / schedule.time_rate(angle) * weight(angle)
    });
    if !singular {
        return Ok(swept);
    }
    let end = schedule.time_of_angle(start).clamp(from, until);
    let weights = Enclosure::exact(weight(start)).hull(weight(last).into()).weakened(Evidence::Converged);
    let rest = weights * Enclosure::certified(schedule.rate_energy(from, end)?);
    Ok(swept + rest.widened(SINGULAR_ROUNDING * rest.hi()))
}

/// `∫ tr(SΣS) dt` of a path whose covariances do not commute, in time, with panels that shrink
/// towards a singular start, where a closed form takes over.
fn dense_shape_action(path: &GaussianPath, from: f64, until: f64) -> Result<Enclosure> {
    let schedule = path.schedule();
    let centred = GaussianPath::new(path.target().centred(), path.base().centred(), schedule.clone())?;
    let singular = from == 0.0 && schedule.onset_exponent().is_some_and(|a| a < 1.0);
    let first = if singular { schedule.time_of(SINGULAR_LAMBDA)?.min(until) } else { from };
    let mut breaks = if singular {
        // Down to 2^−120: below the first time for every exponent above ½.
        graded_panels(0.0, until, true, false, 120).into_iter().filter(|&t| t > first).collect()
    } else {
        graded_panels(from, until, false, false, 50)
    };
    breaks.push(first);
    breaks.extend(schedule.time_breaks().into_iter().filter(|&t| first < t && t < until));
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    let mut failure = None;
    let mut width = 0.0_f64;
    let integral = integrate(&breaks, |t| match metric_derivative_squared(&centred, t) {
        Ok(value) => {
            width = width.max(value.relative_width());
            value.mid()
        }
        Err(error) => {
            failure = Some(error);
            f64::NAN
        }
    });
    if let Some(error) = failure {
        return Err(error);
    }
    let swept = integral.widened(width * integral.hi().abs());
    if !singular {
        return Ok(swept);
    }
    // tr(SΣS)/λ̇² is homogeneous of degree −1 in Σ and decreases in it, and Σ moves by a relative
    // η ≤ λ‖Σ_1 − Σ_0‖/λ_min(Σ_0) on the rest.
    let rate = Enclosure::certified(schedule.enclosed(first).lambda_dot.square());
    let weight = metric_derivative_squared(&centred, first)? / rate;
    let eta = change_at_the_start(path);
    let rest = weight * Enclosure::certified(schedule.rate_energy(0.0, first)?);
    Ok(swept + rest.widened(2.0 * eta * rest.hi()).weakened(Evidence::Converged))
}

/// Bound for the relative change of Σ while λ is below twice [`SINGULAR_LAMBDA`].
fn change_at_the_start(path: &GaussianPath) -> f64 {
    let difference = (path.target().covariance() - path.base().covariance()).norm();
    2.0 * SINGULAR_LAMBDA * difference / path.base().spectrum().smallest().lo()
}

/// Value of λ below which the closed form stands for the integral of a dense path.
const SINGULAR_LAMBDA: f64 = 1e-12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;
    use nalgebra::DMatrix;

    fn path(mean: Vec<f64>, variances: Vec<f64>, schedule: Schedule) -> GaussianPath {
        GaussianPath::from_standard(Gaussian::diagonal(mean, variances).unwrap(), schedule).unwrap()
    }

    #[test]
    fn action_of_a_translation_at_constant_speed_is_its_squared_length() {
        let square = Schedule::power(2.0).unwrap();
        let value = action(&path(vec![3.0, -4.0], vec![1.0, 1.0], square), 0.0, 1.0).unwrap();
        assert!(value.contains(25.0) && value.relative_width() < 64.0 * f64::EPSILON, "{value}");
    }

    #[test]
    fn action_is_infinite_exactly_where_theory_says() {
        let infinite = |mean: f64, variance: f64, schedule: Schedule, from: f64| {
            action(&path(vec![mean], vec![variance], schedule), from, 1.0).unwrap().is_infinite()
        };
        assert!(infinite(1.0, 2.0, Schedule::linear(), 0.0));
        assert!(!infinite(1.0, 2.0, Schedule::linear(), 1e-9));
        assert!(!infinite(0.0, 2.0, Schedule::linear(), 0.0));
        assert!(!infinite(1.0, 2.0, Schedule::power(1.1).unwrap(), 0.0));
        assert!(!infinite(0.0, 2.0, Schedule::power(0.7).unwrap(), 0.0));
        assert!(infinite(0.0, 2.0, Schedule::power(0.5).unwrap(), 0.0));
        assert!(!infinite(0.0, 1.0, Schedule::power(0.5).unwrap(), 0.0));
        let moving_base = |schedule: Schedule| {
            let target = Gaussian::isotropic(vec![0.0], 2.0).unwrap();
            let base = Gaussian::isotropic(vec![1.0], 1.0).unwrap();
            action(&GaussianPath::new(target, base, schedule).unwrap(), 0.0, 1.0).unwrap()
        };
        assert!(moving_base(Schedule::power(2.0).unwrap()).is_infinite());
        assert!(moving_base(Schedule::cosine()).is_finite());
    }

    #[test]
    fn two_routes_to_the_action_agree() {
        // The same laws once as channels and once as matrices that are not known to commute.
        let discretisation = 1e-9;
        for schedule in
            [Schedule::cosine(), Schedule::power(1.5).unwrap(), Schedule::ornstein_uhlenbeck(2.0).unwrap()]
        {
            let target = Gaussian::diagonal(vec![0.0, 0.0], vec![0.25, 5.0]).unwrap();
            let base = Gaussian::diagonal(vec![0.0, 0.0], vec![2.0, 0.5]).unwrap();
            let dense = |law: &Gaussian| Gaussian::new(law.mean().clone(), law.covariance()).unwrap();
            let matrices = GaussianPath::new(dense(&target), dense(&base), schedule.clone()).unwrap();
            let channels = GaussianPath::new(target, base, schedule).unwrap();
            assert!(matrices.channels().is_none());
            let (a, b) = (action(&channels, 0.0, 1.0).unwrap(), action(&matrices, 0.0, 1.0).unwrap());
            assert!((a.mid() - b.mid()).abs() < discretisation * a.mid(), "{a} {b}");
            assert!(a.relative_width() < discretisation && b.relative_width() < discretisation, "{a} {b}");
        }
    }

    #[test]
    fn the_largest_metric_derivative_is_found() {
        for schedule in Schedule::examples() {
            let path = path(vec![0.3, -1.0, 0.0], vec![0.05, 1.5, 9.0], schedule);
            let top = largest_metric_derivative_squared(&path, 0.0625, 1.0).unwrap();
            let mut seen = 0.0_f64;
            for i in 0..=1000 {
                let t = 0.0625 + 0.9375 * f64::from(i) / 1000.0;
                seen = seen.max(metric_derivative_squared(&path, t).unwrap().lo());
            }
            // The grid misses the top by its spacing at most.
            assert!(
                seen <= top.hi() && top.lo() >= seen * 0.999 && top.relative_width() < 1e-4,
                "{path}: {seen} {top}"
            );
        }
    }

    #[test]
    fn a_still_mean_and_equal_covariances_cost_nothing_at_the_start() {
        let centred = path(vec![0.0], vec![4.0], Schedule::linear());
        let top = largest_metric_derivative_squared(&centred, 0.0, 1.0).unwrap();
        // (3/2)²/(1 + 3t) is largest at 0.
        assert!(top.contains(2.25) && top.relative_width() < 1e-4, "{top}");
        let still = path(vec![0.0], vec![1.0], Schedule::power(0.25).unwrap());
        // A sum of zeros, each rounded up.
        assert!(largest_metric_derivative_squared(&still, 0.0, 1.0).unwrap().hi() <= f64::MIN_POSITIVE);
    }

    #[test]
    fn a_singular_start_is_enclosed() {
        // ∫λ̇²/(4(1+λ))dt for λ = t^a, computed independently.
        for (exponent, expected) in [
            (0.51, 3.166816296714295),
            (0.55, 0.6780653717136309),
            (0.6, 0.37604198171912447),
            (0.7, 0.2351300113408387),
        ] {
            let path = path(vec![0.0], vec![2.0], Schedule::power(exponent).unwrap());
            let value = action(&path, 0.0, 1.0).unwrap();
            assert!(value.contains(expected) && value.relative_width() < 1e-6, "{exponent}: {value}");
            // The same covariances as matrices that are not known to commute.
            let matrix = |variance: f64| {
                Gaussian::new(DVector::zeros(2), DMatrix::from_diagonal_element(2, 2, variance)).unwrap()
            };
            let schedule = Schedule::power(exponent).unwrap();
            let dense = GaussianPath::new(matrix(2.0), matrix(1.0), schedule).unwrap();
            assert!(dense.channels().is_none());
            let value = action(&dense, 0.0, 1.0).unwrap() / 2.0;
            assert!(value.contains(expected) && value.relative_width() < 1e-6, "dense {exponent}: {value}");
        }
    }

    #[test]
    fn the_change_near_the_base_is_bounded() {
        let law =
            |rows: [f64; 4]| Gaussian::new(DVector::zeros(2), DMatrix::from_row_slice(2, 2, &rows)).unwrap();
        let schedule = Schedule::power(0.6).unwrap();
        let path = GaussianPath::new(law([4.0, 1.0, 1.0, 3.0]), law([1.0, 0.5, 0.5, 1.0]), schedule).unwrap();
        // |(3, ½; ½, 2)| = √13.5, and the smallest eigenvalue ½.
        let exact = 2.0 * 1e-12 * 13.5_f64.sqrt() / 0.5;
        let rounding = 1e2 * f64::EPSILON;
        assert!((change_at_the_start(&path) / exact - 1.0).abs() < rounding);
    }

    #[test]
    fn panels_come_from_the_extreme_channels() {
        let schedule = Schedule::linear();
        let channel = |variance: f64| Channel::from_standard(0.0, variance);
        let middle = [0.5, 1.0, 2.0].map(channel);
        let all: Vec<Channel> = [1e3, 0.5, 1e-4, 1.0, 2.0].into_iter().map(channel).collect();
        let of = |channels: &[Channel]| {
            let mut panels = distinct_panels(channels, &schedule, 0.0, 1.5);
            panels.sort_by(f64::total_cmp);
            panels
        };
        let mut extreme: Vec<f64> =
            [1e-4, 1e3].iter().flat_map(|&v| channel(v).panels(&schedule, 0.0, 1.5)).collect();
        extreme.sort_by(f64::total_cmp);
        assert_eq!(of(&all), extreme);
        assert!(of(&middle).len() < extreme.len());
    }

    #[test]
    fn panels_double_away_from_a_target_that_is_not_reached_smoothly() {
        let breaks = vec![0.1, 0.5, 1.5];
        let linear = graded_towards_target(&Schedule::linear(), breaks.clone());
        assert_eq!(linear, [0.1, 0.2, 0.4, 0.5, 0.8, 1.5]);
        assert_eq!(graded_towards_target(&Schedule::cosine(), breaks.clone()), breaks);
        let whole = vec![0.0, 0.5, 1.5];
        assert_eq!(graded_towards_target(&Schedule::linear(), whole.clone()), whole);
        assert_eq!(graded_towards_target(&Schedule::linear(), vec![0.1]), [0.1]);
        assert_eq!(graded_towards_target(&Schedule::linear(), vec![0.1, 0.2]), [0.1, 0.2]);
    }

    #[test]
    fn actions_are_the_integrals_of_the_speed() {
        // With a moving base, dense matrices, and by channels: against quadrature in time of the speed itself.
        let turned = |a: f64, b: f64, mean: [f64; 2]| {
            let rows = [0.36 * a + 0.64 * b, 0.48 * (a - b), 0.48 * (a - b), 0.64 * a + 0.36 * b];
            Gaussian::new(DVector::from_vec(mean.to_vec()), DMatrix::from_row_slice(2, 2, &rows)).unwrap()
        };
        let straight =
            |a: f64, b: f64, mean: [f64; 2]| Gaussian::diagonal(mean.to_vec(), vec![a, b]).unwrap();
        let digits = 1e-9;
        for schedule in Schedule::examples() {
            for (target, base) in [
                (turned(4.0, 0.3, [1.0, -0.5]), turned(1.0, 1.0, [0.0, 0.0])),
                (turned(4.0, 0.3, [1.0, -0.5]), straight(0.5, 2.0, [-1.0, 2.0])),
                (straight(4.0, 0.3, [1.0, -0.5]), straight(0.5, 2.0, [-1.0, 2.0])),
            ] {
                let path = GaussianPath::new(target, base, schedule.clone()).unwrap();
                let (from, until) = (0.15, 0.85);
                let mut breaks: Vec<f64> = (0..=14).map(|k| from + 0.05 * f64::from(k)).collect();
                breaks[14] = until;
                breaks.extend(schedule.time_breaks().into_iter().filter(|b| *b > from && *b < until));
                breaks.sort_by(f64::total_cmp);
                breaks.dedup_by(|a, b| *a - *b < digits);
                let exact = integrate(&breaks, |t| metric_derivative_squared(&path, t).unwrap().mid());
                let found = action(&path, from, until).unwrap();
                assert!((found - exact).abs().lo() <= digits * exact.mid(), "{path}: {found} {exact}");
                assert!(found.relative_width() < digits, "{path}: {found}");
                let [a, b] = [(from, 0.5), (0.5, until)].map(|(a, b)| action(&path, a, b).unwrap());
                assert!((a + b - found).abs().lo() <= 0.0, "{path}: {a} {b} {found}");
                assert_eq!(action(&path, 0.5, 0.5).unwrap().hi(), 0.0);
            }
        }
    }

    /// Exponent, mean of target and base, action over `[0, ½]`.
    const MOVING_BASE: [(f64, f64, f64, f64); 4] = [
        (1.05, 2.0, 1.0, 20.027760098735253),
        (1.2, 1.0, -1.0, 2.272172269416818),
        (0.6, 0.0, 1.0, 0.5048080207278708),
        (0.8, 0.0, 2.0, 0.9904711429114675),
    ];

    #[test]
    fn a_singular_start_of_a_moving_base_is_enclosed() {
        // ∫_0^½ (m(√λ)˙ + b(√(1−λ))˙)² dt for λ = t^a, computed independently.
        for (exponent, mean, base_mean, expected) in MOVING_BASE {
            let law = |mean: f64| Gaussian::isotropic(vec![mean], 1.0).unwrap();
            let schedule = Schedule::power(exponent).unwrap();
            let path = GaussianPath::new(law(mean), law(base_mean), schedule).unwrap();
            let value = action(&path, 0.0, 0.5).unwrap();
            assert!(value.contains(expected) && value.relative_width() < 1e-6, "{exponent}: {value}");
        }
    }
}
