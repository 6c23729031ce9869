//! Quadrature along a path from γ in its Ornstein-Uhlenbeck time `s = −½log λ`, in which the schedule
//! does not matter: `ρ_s = N(e^{−s}m, I + e^{−2s}(Σ−I))`.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, within};
use crate::numerics::quadrature::{graded_panels, integrate};
use crate::path::{Channel, GaussianPath};

/// Panels are this long, but near `s = 0`; poles of the integrands elsewhere are at the distance π/2 or more.
const PANEL: f64 = 1.0;

/// What lies beyond is below rounding: integrands decay like `e^{−s}`.
const END: f64 = 40.0;

fn channels(path: &GaussianPath) -> Result<Vec<Channel>> {
    if !path.has_standard_base() {
        return Err(Error::domain("base", path, "the standard Gaussian law"));
    }
    path.channels().ok_or_else(|| Error::domain("path", path, "covariances that commute"))
}

/// Break points of `[first, last]`; panels shrink towards `s = 0`, near which a variance `a < 1` of the target makes a pole
/// at `½log(1−a)`.
fn breaks(first: f64, last: f64, smallest_variance: f64) -> Vec<f64> {
    const DEEPEST: u32 = 40;
    let mut depth = 2;
    while depth < DEEPEST && 0.5_f64.powi(depth.cast_signed()) > 0.25 * smallest_variance {
        depth += 1;
    }
    let mut breaks = graded_panels(0.0, PANEL, true, false, depth);
    while let Some(&at) = breaks.last()
        && at < last
    {
        breaks.push(at + PANEL);
    }
    breaks.retain(|&s| first < s && s < last);
    breaks.insert(0, first);
    breaks.push(last);
    breaks
}

/// `λμ² + λ²(a−1)²/v` with `λ = e^{−2s}`, `v = 1 + λ(a−1)`: the part of one channel in `I(ρ_s|γ)`.
fn channel_information(square: f64, variance: f64, s: f64) -> f64 {
    let (lambda, complement) = (core_math::exp(-2.0 * s), -core_math::expm1(-2.0 * s));
    let gap = lambda * (variance - 1.0);
    lambda * square + gap * gap / (lambda * variance + complement)
}

/// Length `∫ √I(ρ_s|γ) ds` of the path between the times `from < until` of its schedule (Converged).
///
/// # Errors
/// [`Error::Domain`] unless `0 ≤ from < until ≤ 1` and the base is γ.
pub fn length_in_ou_time(path: &GaussianPath, from: f64, until: f64) -> Result<Enclosure> {
    const ULPS: f64 = 1e3; // the ends are rounded, and the tail beyond END is smaller
    within("from", from, 0.0, until)?;
    within("until", until, from, 1.0)?;
    let time = |t: f64| -0.5 * core_math::log(path.schedule().lambda(t));
    let channels: Vec<(f64, f64)> =
        channels(path)?.into_iter().map(|c| (c.target_mean.mid().powi(2), c.target_variance.mid())).collect();
    let smallest = channels.iter().map(|c| c.1).fold(1.0, f64::min);
    let integral = integrate(&breaks(time(until), time(from).min(END), smallest), |s| {
        channels
            .iter()
            .map(|&(square, variance)| channel_information(square, variance, s))
            .sum::<f64>()
            .sqrt()
    });
    Ok(integral.widened(ULPS * f64::EPSILON * integral.hi()))
}

/// Action `∫₀^∞ I(ρ_s|γ) ds` of the whole path in its own Ornstein-Uhlenbeck time (Converged).
///
/// # Errors
/// [`Error::Domain`] unless the base is γ.
pub fn action_in_ou_time(path: &GaussianPath) -> Result<Enclosure> {
    let mut total = Enclosure::exact(0.0);
    for channel in channels(path)? {
        let (square, variance) = (channel.target_mean.square().mid(), channel.target_variance.mid());
        let integral =
            integrate(&breaks(0.0, 0.5 * END, variance), |s| channel_information(square, variance, s));
        // The integrand moves with the variance by at most 2λx + λx² with x = λ|a−1|/v ≤ |a−1|/a.
        let steepness = (Interval::point(variance) - Interval::ONE).magnitude() / variance;
        let uncertainty = channel.target_variance.width() * (2.0 * steepness + steepness * steepness)
            + channel.target_mean.square().width();
        let tail = core_math::exp(-END) * integral.hi();
        total = total + integral.widened(uncertainty + tail);
    }
    Ok(total.weakened(Evidence::Converged))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;
    use crate::path::Schedule;

    #[test]
    fn centred_laws_on_the_line_have_the_length_of_a_geodesic() {
        let digits = 1e-11;
        for variance in [1e-8, 0.3, 2.0, 1e6_f64] {
            let target = Gaussian::isotropic(vec![0.0], variance).unwrap();
            let path = GaussianPath::from_standard(target, Schedule::cosine()).unwrap();
            let length = length_in_ou_time(&path, 0.0, 1.0).unwrap();
            let distance = (variance.sqrt() - 1.0).abs();
            assert!(length.contains(distance) && length.relative_width() < digits, "{variance}: {length}");
            let action = action_in_ou_time(&path).unwrap();
            let divergence = 0.5 * (variance - 1.0 - variance.ln());
            assert!((action.mid() / divergence - 1.0).abs() < digits, "{variance}: {action}");
        }
    }

    #[test]
    fn means_and_coordinates_add_up() {
        let digits = 1e-11;
        // The action is KL(π|γ), a sum over coordinates.
        let (means, variances) = ([0.5, -2.0, 0.0], [0.2, 3.0, 1.0]);
        let target = Gaussian::diagonal(means.to_vec(), variances.to_vec()).unwrap();
        let path = GaussianPath::from_standard(target, Schedule::linear()).unwrap();
        let part = |(m, v): (&f64, &f64)| 0.5 * (m * m + v - 1.0 - v.ln());
        let exact: f64 = means.iter().zip(&variances).map(part).sum();
        let found = action_in_ou_time(&path).unwrap();
        assert!(
            (found.mid() / exact - 1.0).abs() < digits && found.relative_width() < digits,
            "{found} {exact}"
        );
        // A translation passes |m|·√λ.
        for schedule in [Schedule::linear(), Schedule::ornstein_uhlenbeck(2.0).unwrap(), Schedule::cosine()] {
            let target = Gaussian::isotropic(vec![3.0, -4.0], 1.0).unwrap();
            let path = GaussianPath::from_standard(target, schedule.clone()).unwrap();
            for (from, until) in [(0.1, 0.6), (0.3, 1.0), (0.0, 0.5)] {
                let exact = 5.0 * (schedule.lambda(until).sqrt() - schedule.lambda(from).sqrt());
                let found = length_in_ou_time(&path, from, until).unwrap();
                assert!(found.contains(exact) && found.relative_width() < digits, "{path}: {found} {exact}");
            }
        }
        // Centred on the line between two times: the difference of standard deviations.
        let target = Gaussian::isotropic(vec![0.0], 9.0).unwrap();
        let path = GaussianPath::from_standard(target, Schedule::linear()).unwrap();
        let found = length_in_ou_time(&path, 0.25, 0.75).unwrap();
        let exact = 7.0_f64.sqrt() - 3.0_f64.sqrt();
        assert!(found.contains(exact) && found.relative_width() < digits, "{found} {exact}");
    }

    #[test]
    fn panels_shrink_towards_the_pole_of_a_small_variance() {
        assert_eq!(breaks(0.0, 3.5, 1.0), [0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 3.5]);
        // 2^{−5} is the first that is not above a quarter of 1/8.
        assert_eq!(breaks(0.0, 0.75, 0.125), [0.0, 0.03125, 0.0625, 0.125, 0.25, 0.5, 0.75]);
        assert_eq!(breaks(0.3, 2.0, 1.0), [0.3, 0.5, 1.0, 2.0]);
        // Forty halvings at most.
        assert_eq!(breaks(0.0, 1.0, 1e-300).len(), 42);
        assert_eq!(breaks(0.0, 40.0, 1.0).len(), 43);
    }

    #[test]
    fn another_base_and_bad_times_are_refused() {
        let law = |v| Gaussian::isotropic(vec![0.0], v).unwrap();
        let other = GaussianPath::new(law(1.0), law(2.0), Schedule::linear()).unwrap();
        assert!(length_in_ou_time(&other, 0.0, 1.0).is_err() && action_in_ou_time(&other).is_err());
        let path = GaussianPath::from_standard(law(2.0), Schedule::linear()).unwrap();
        for (from, until) in [(-0.5, 1.0), (0.5, 0.25), (0.0, 2.0), (f64::NAN, 1.0)] {
            assert!(length_in_ou_time(&path, from, until).is_err());
        }
    }
}
