//! The law of a chain in one eigendirection of a Gaussian path.

use crate::enclosure::{Enclosure, Interval};
use crate::numerics::excess::excess_reverse;
use crate::path::{Channel, EnclosedSchedule};
use crate::sampler::Integrator;

/// How an integrator maps deviations from the mean of the path: `φh` and `2ψh` of the exponential integrator, `h` and `2h`
/// for the others.
pub(super) fn drift_and_noise(integrator: Integrator, h: f64, rate: f64) -> (Interval, Interval) {
    let point = Interval::point;
    let (h, a) = (point(h), point(rate));
    if integrator == Integrator::Exponential && rate != 0.0 {
        let drift = -(-(a * h)).exp_m1() / a;
        let noise = -(-(point(2.0) * a * h)).exp_m1() / a;
        (drift, noise)
    } else {
        (h, point(2.0) * h)
    }
}

/// `KL(p_1|chain)` for the chain that starts with the law of the path and takes a step of `h` at each of `times` but
/// the last; `rates` are those of the exponential integrator.
pub(super) fn divergence(
    channel: &Channel,
    times: &[EnclosedSchedule],
    integrator: Integrator,
    h: f64,
    rates: &[f64],
) -> Enclosure {
    let one = Interval::ONE;
    let variance_at =
        |s: &EnclosedSchedule| s.lambda * channel.target_variance + s.complement * channel.base_variance;
    let mean_at = |s: &EnclosedSchedule| {
        s.lambda.sqrt() * channel.target_mean + s.complement.sqrt() * channel.base_mean
    };
    let (mut mean, mut variance) = (mean_at(&times[0]), variance_at(&times[0]));
    let half = Interval::point(0.5);
    for (k, pair) in times.windows(2).enumerate() {
        let (drift, noise) = drift_and_noise(integrator, h, rates.get(k).copied().unwrap_or(0.0));
        let rate = drift / variance_at(&pair[0]);
        let centre = mean_at(&pair[0]);
        // Written so that the mean occurs once: its width does not grow along the chain.
        if integrator == Integrator::Heun {
            let next = drift / variance_at(&pair[1]);
            let kept = one - half * rate - half * next * (one - rate);
            let pull = half * rate * centre - half * next * (rate * centre - mean_at(&pair[1]));
            mean = kept * mean + pull;
            variance = kept.square() * variance + noise * (one - half * next).square();
        } else {
            mean = (one - rate) * mean + rate * centre;
            variance = (one - rate).square() * variance + noise;
        }
    }
    let end = &times[times.len() - 1];
    let own = variance_at(end);
    let excess = variance / own - one;
    let shift = mean_at(end) - mean;
    Enclosure::certified(half * (excess_reverse(excess) + shift.square() / variance))
}
