//! Derivatives of functions that are known by enclosures of their values.

use super::extrapolation::limit_at_zero;
use crate::enclosure::Enclosure;
use crate::error::{Result, positive};

/// Number of steps; they shrink by halves from an eighth of the room.
const STEPS: i32 = 5;

/// `f'(at)` by central differences, extrapolated in the square of the step (Converged).
///
/// `room` is the distance from `at` within which `f` is analytic; steps are at most an eighth of
/// it, so that the last extrapolation changes the result by some `2⁻³⁶` of its size.
///
/// # Errors
/// [`crate::error::Error::Domain`] if `room` is not finite and positive; errors of `f`.
pub fn central_derivative(
    at: f64,
    room: f64,
    mut f: impl FnMut(f64) -> Result<Enclosure>,
) -> Result<Enclosure> {
    even_limit(room, |step| {
        let (right, left) = (at + step, at - step);
        // The distance of the two floats, which need not be twice the step.
        Ok((f(right)? - f(left)?) / (Enclosure::exact(right) - left))
    })
}

/// `lim_{h→0} q(h)` of an even quotient, with an expansion in powers of `h²` (Converged); `room` as
/// in [`central_derivative`].
///
/// # Errors
/// [`crate::error::Error::Domain`] if `room` is not finite and positive; errors of `q`.
pub fn even_limit(room: f64, mut q: impl FnMut(f64) -> Result<Enclosure>) -> Result<Enclosure> {
    positive("room", room)?;
    let mut points = Vec::new();
    for k in 0..STEPS {
        let step = room * 0.5_f64.powi(k + 3);
        points.push((step * step, q(step)?));
    }
    Ok(limit_at_zero(&points))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of values of size 1, divided by the smallest step `2⁻⁷`, and as much for the weights.
    const ROUNDING: f64 = 1e5 * f64::EPSILON;
    /// What the last extrapolation changes, for a function with unit radius of convergence.
    const EXTRAPOLATION: f64 = 1e-9;

    #[test]
    fn derivative_of_a_function_with_a_singularity_at_the_end_of_the_room() {
        for at in [0.05, 0.3, 1.0] {
            let slope = central_derivative(at, at, |t| Ok(Enclosure::exact(t).ln())).unwrap();
            assert!(slope.contains(1.0 / at), "{slope}");
            assert!(slope.relative_width() < ROUNDING + EXTRAPOLATION, "{slope}");
        }
    }

    #[test]
    fn an_even_quotient() {
        let cosine =
            even_limit(1.0, |h| Ok(Enclosure::exact(h).map(crate::enclosure::Interval::cosh))).unwrap();
        assert!(cosine.contains(1.0) && cosine.width() < ROUNDING + EXTRAPOLATION, "{cosine}");
    }

    #[test]
    fn no_room_is_refused() {
        for room in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(central_derivative(0.5, room, |t| Ok(Enclosure::exact(t))).is_err());
            assert!(even_limit(room, |t| Ok(Enclosure::exact(t))).is_err());
        }
    }
}
