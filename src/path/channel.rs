//! One coordinate of a Gaussian path whose two covariances commute.

use super::Schedule;
use crate::enclosure::Interval;

/// A path between two one-dimensional Gaussian laws, as a curve in the angle `φ` (`√λ = cos φ`):
/// mean `μ cos φ + b sin φ`, variance `a cos²φ + s sin²φ`.
///
/// When the covariances of target and base commute, a Gaussian path in `R^d` is a product of `d`
/// such channels in their common eigenbasis, and so are all its fields and biases.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Channel {
    /// Mean `μ` of the target.
    pub target_mean: Interval,
    /// Variance `a > 0` of the target.
    pub target_variance: Interval,
    /// Mean `b` of the base.
    pub base_mean: Interval,
    /// Variance `s > 0` of the base.
    pub base_variance: Interval,
}

impl Channel {
    /// A channel from the standard normal base to the target `N(mean, variance)`.
    pub fn from_standard(mean: f64, variance: f64) -> Self {
        Self {
            target_mean: Interval::point(mean),
            target_variance: Interval::point(variance),
            base_mean: Interval::ZERO,
            base_variance: Interval::ONE,
        }
    }

    /// Variance `a cos²φ + s sin²φ` in floating point (two positive terms, no cancellation).
    pub fn variance(&self, angle: f64) -> f64 {
        self.variance_between(core_math::sin(angle), core_math::cos(angle))
    }

    /// The same from the sine and the cosine of the angle.
    pub fn variance_between(&self, sine: f64, cosine: f64) -> f64 {
        self.target_variance.mid() * cosine * cosine + self.base_variance.mid() * sine * sine
    }

    /// Largest relative half-width of the two variances: how far the channel itself is uncertain.
    pub fn uncertainty(&self) -> f64 {
        let relative = |i: Interval| 0.5 * i.width() / i.mignitude();
        relative(self.target_variance).max(relative(self.base_variance))
    }

    /// Break points of `[start, end]` (angles) between which variance and schedule are analytic
    /// well beyond the panel, so that Gauss quadrature converges geometrically.
    ///
    /// The variance vanishes at the complex angles `i·artanh √(a/s)` (if `a < s`) or
    /// `π/2 + i·artanh √(s/a)`; a panel is at most 0.7 times as long as its left end is far from
    /// there, and shrinks geometrically towards a branch point of the schedule at `φ = π/2`.
    pub fn panels(&self, schedule: &Schedule, start: f64, end: f64) -> Vec<f64> {
        let (a, s) = (self.target_variance.mid(), self.base_variance.mid());
        let (pole, height) = if a < s {
            (0.0, (a / s).sqrt().atanh())
        } else {
            (std::f64::consts::FRAC_PI_2, (s / a).sqrt().atanh())
        };
        let breaks = schedule.angle_breaks();
        let mut panels = vec![start];
        let mut at = start;
        while at < end {
            let room = if at < pole { pole - at } else { at - pole };
            let mut step = (0.7 * room.hypot(height)).min(LONGEST_PANEL);
            let to_start = std::f64::consts::FRAC_PI_2 - at;
            if schedule.is_singular_at_start() {
                step = step.min(0.5 * to_start);
            }
            // A panel is never shorter than floating point resolves it.
            let mut next =
                if end - at <= SHORTEST_PANEL { end } else { (at + step.max(SHORTEST_PANEL)).min(end) };
            if let Some(&stop) = breaks.iter().find(|&&b| b > at) {
                next = next.min(stop);
            }
            panels.push(next);
            at = next;
        }
        panels
    }
}

/// No panel is longer: sines and cosines are resolved to rounding by 16 nodes on it.
const LONGEST_PANEL: f64 = 0.4;

/// No panel is shorter than some ten units in the last place of an angle.
const SHORTEST_PANEL: f64 = 2e-15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_as_long_as_the_nearest_singularity_allows() {
        for schedule in Schedule::examples() {
            for variance in [1e-6, 0.3, 7.0, 1e6] {
                let (start, end) = (0.05, schedule.angle(0.0).min(1.5));
                let channel = Channel::from_standard(1.0, variance);
                let panels = channel.panels(&schedule, start, end);
                let stops: Vec<f64> = schedule.angle_breaks().into_iter().chain([end]).collect();
                // The zero of cos²φ·a + sin²φ has tan²φ = −a.
                let (pole, height) = if variance < 1.0 {
                    (0.0, variance.sqrt().atanh())
                } else {
                    (std::f64::consts::FRAC_PI_2, variance.sqrt().recip().atanh())
                };
                for pair in panels.windows(2) {
                    let mut longest = (0.7 * (pair[0] - pole).hypot(height)).min(0.4);
                    if schedule.is_singular_at_start() {
                        longest = longest.min(0.5 * (std::f64::consts::FRAC_PI_2 - pair[0]));
                    }
                    let length = pair[1] - pair[0];
                    let rounding = 8.0 * f64::EPSILON;
                    assert!(length <= longest + rounding, "{schedule} {variance}: {pair:?}");
                    let cut = stops.contains(&pair[1]);
                    assert!(cut || length >= longest - rounding, "{schedule} {variance}: {pair:?}");
                }
            }
        }
    }

    #[test]
    fn variances_and_their_uncertainty() {
        let channel = Channel {
            target_mean: Interval::ZERO,
            target_variance: Interval::new(3.0, 5.0),
            base_mean: Interval::ZERO,
            base_variance: Interval::new(0.5, 0.75),
        };
        let rounding = 4.0 * f64::EPSILON;
        assert!((channel.uncertainty() - 1.0 / 3.0).abs() < rounding);
        let turned = Channel {
            target_variance: channel.base_variance,
            base_variance: channel.target_variance,
            ..channel
        };
        assert!((turned.uncertainty() - 1.0 / 3.0).abs() < rounding);
        let angle = 0.4_f64;
        let exact = 4.0 * angle.cos().powi(2) + 0.625 * angle.sin().powi(2);
        assert!((channel.variance(angle) - exact).abs() < rounding);
        assert_eq!(Channel::from_standard(1.0, 2.0).uncertainty(), 0.0);
    }

    #[test]
    fn panels_run_through_and_shrink_towards_singularities() {
        for schedule in Schedule::examples() {
            for variance in [1e-12, 0.3, 1.0, 7.0, 1e12] {
                let end = schedule.angle(0.0);
                let panels = Channel::from_standard(1.0, variance).panels(&schedule, 0.0, end);
                assert!(
                    panels
                        .windows(2)
                        .all(|w| w[0] < w[1] && w[1] - w[0] <= LONGEST_PANEL * (1.0 + 4.0 * f64::EPSILON))
                );
                assert_eq!((panels[0], panels[panels.len() - 1]), (0.0, end));
                assert!(schedule.angle_breaks().iter().all(|b| panels.contains(b)));
            }
        }
    }
}
