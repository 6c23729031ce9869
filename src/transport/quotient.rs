//! The metric derivative of a Gaussian path from Wasserstein distances alone.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::differentiation::even_limit;
use crate::path::GaussianPath;

/// Entries of the law at a time are rounded by at most this many units in the last place.
const ULPS: f64 = 4.0;

/// Distance from `t ∈ (0, 1)` to the next time at which the path need not be analytic: 0, 1 and
/// the corners of the schedule.
pub fn room(path: &GaussianPath, t: f64) -> f64 {
    path.schedule().time_breaks().iter().map(|b| (t - b).abs()).fold(t.min(1.0 - t), f64::min)
}

/// Bound for the Frobenius distance of the covariance of `path.law(t)` from that of `p_t`: each entry is the midpoint
/// of an enclosure.
///
/// # Errors
/// Those of the covariance.
pub fn covariance_rounding(path: &GaussianPath, t: f64) -> Result<f64> {
    const SLACK: f64 = 1.0 + 1e-9; // the rounding of this sum, and of the midpoints within narrow enclosures
    let squares: f64 = path.covariance(t)?.iter().map(|entry| (half_width(*entry)).powi(2)).sum();
    Ok(SLACK * squares.sqrt())
}

/// Half the width, and the rounding of the midpoint.
fn half_width(entry: Enclosure) -> f64 {
    0.5 * entry.width() + f64::EPSILON * entry.mid().abs()
}

/// Bound for `W₂(path.law(t), p_t)`: the rounding of mean and covariance to floats. Uses
/// `W₂(N(0, Σ), N(0, Σ')) ≤ ‖√Σ − √Σ'‖_F ≤ ‖Σ − Σ'‖_F/(√λ_min(Σ) + √λ_min(Σ'))` for dense covariances.
fn displacement(path: &GaussianPath, t: f64, rounded: &Gaussian) -> Result<f64> {
    const SLACK: f64 = 1.0 + 1e-3; // λ_min(Σ') is that of Σ to within the rounding
    let mean: f64 = path.mean(t)?.iter().map(|m| half_width(*m).powi(2)).sum();
    let shape = if let Some(variances) = rounded.variances() {
        // |√v − √v'| is half the relative change of v, times √v.
        0.5 * ULPS * f64::EPSILON * variances.iter().sum::<f64>().sqrt()
    } else {
        let smallest = rounded.spectrum().smallest().lo();
        let rounding = covariance_rounding(path, t)?;
        if rounding > 1e-3 * smallest {
            return Ok(f64::INFINITY);
        }
        SLACK * 0.5 * rounding / smallest.sqrt()
    };
    Ok(mean.sqrt() + shape)
}

/// `W₂(p_s, p_t)`, with the rounding of the two laws included.
///
/// # Errors
/// Those of the laws and of their distance.
pub fn path_distance(path: &GaussianPath, s: f64, t: f64) -> Result<Enclosure> {
    let (first, second) = (path.law(s)?, path.law(t)?);
    let rounding = displacement(path, s, &first)? + displacement(path, t, &second)?;
    Ok(first.wasserstein2_squared(&second)?.sqrt().widened(rounding).weakened(Evidence::Exact))
}

/// `|p'_t| = lim_{h→0} W₂(p_t, p_{t+h})/|h|` for `t ∈ (0, 1)`: the root of the extrapolated mean
/// square of the quotients forward and backward, which is even in h (Converged). The square is smooth
/// in h where the path nearly stands still; its root would not be.
///
/// # Errors
/// [`crate::error::Error::Domain`] at a time where the path need not be smooth; errors of the
/// distances.
pub fn metric_derivative_by_distances(path: &GaussianPath, t: f64) -> Result<Enclosure> {
    let quotient = |s: f64| Ok((path_distance(path, t, s)? / (Enclosure::exact(s) - t)).square());
    let square = even_limit(room(path, t), |h| Ok((quotient(t + h)? + quotient(t - h)?) / 2.0))?;
    Ok(square.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Schedule;
    use crate::transport::metric_derivative_squared;

    #[test]
    fn room_ends_at_the_next_corner() {
        let of = |schedule: Schedule, t: f64| {
            room(&GaussianPath::from_standard(Gaussian::standard(1).unwrap(), schedule).unwrap(), t)
        };
        let table = || Schedule::table(vec![0.0, 0.25, 0.5, 1.0], vec![0.0, 0.125, 0.625, 1.0]).unwrap();
        let rounding = f64::EPSILON;
        for (t, exact) in
            [(0.0625, 0.0625), (0.1875, 0.0625), (0.375, 0.125), (0.5625, 0.0625), (0.875, 0.125)]
        {
            assert!((of(table(), t) - exact).abs() <= rounding);
        }
        assert!((of(Schedule::linear(), 0.3) - 0.3).abs() <= rounding);
        assert!((of(Schedule::linear(), 0.9) - 0.1).abs() <= rounding);
    }

    #[test]
    fn roundings_are_those_of_a_few_units_in_the_last_place() {
        let ulp = f64::EPSILON;
        let diagonal = Gaussian::diagonal(vec![1.0, -2.0], vec![0.5, 4.0]).unwrap();
        let dense = Gaussian::new(
            nalgebra::DVector::from_vec(vec![1.0, -2.0]),
            nalgebra::DMatrix::from_row_slice(2, 2, &[0.5, 0.3, 0.3, 4.0]),
        )
        .unwrap();
        for target in [diagonal, dense] {
            let path = GaussianPath::from_standard(target, Schedule::cosine()).unwrap();
            // √(0.75² + 2.5²) is the size of the entries, 1/√0.6 that of an inverse root.
            let size = 0.75_f64.hypot(2.5);
            let rounding = covariance_rounding(&path, 0.5).unwrap();
            assert!((0.5 * ulp * size..16.0 * ulp * size).contains(&rounding), "{path}: {rounding:e}");
            let moved = displacement(&path, 0.5, &path.law(0.5).unwrap()).unwrap();
            assert!((ulp * size.sqrt()..32.0 * ulp * size).contains(&moved), "{path}: {moved:e}");
            // √λ = 1/√2 at ½, and the distance of laws at two times is known by coordinates.
            let distance = path_distance(&path, 0.4, 0.6).unwrap();
            let other = path.law(0.4).unwrap().wasserstein2_squared(&path.law(0.6).unwrap()).unwrap().sqrt();
            assert!(distance.contains(other.mid()) && distance.width() >= 2.0 * moved, "{distance} {other}");
        }
        let exact = half_width(Enclosure::exact(3.0));
        assert!((exact - 3.0 * ulp).abs() <= ulp * ulp, "{exact}");
        let wide = half_width(Enclosure::exact(3.0).widened(0.25));
        assert!((wide - 0.25).abs() <= 8.0 * ulp, "{wide}");
    }

    #[test]
    fn distances_give_the_closed_form() {
        // |p'|² = |ṁ|² + (λ̇(a−1))²/(4v) for N(m, a) at λ = t: m²/(4t) + (a−1)²/(4(1+t(a−1))).
        let path =
            GaussianPath::from_standard(Gaussian::isotropic(vec![3.0], 5.0).unwrap(), Schedule::linear())
                .unwrap();
        let speed = metric_derivative_by_distances(&path, 0.25).unwrap().square();
        assert!(speed.contains(9.0 + 2.0), "{speed}");
        assert!(speed.interval().intersects(metric_derivative_squared(&path, 0.25).unwrap().interval()));
        assert!(metric_derivative_by_distances(&path, 0.0).is_err());
        assert!(metric_derivative_by_distances(&path, 1.0).is_err());
    }
}
