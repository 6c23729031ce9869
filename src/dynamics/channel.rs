//! The law of annealed Langevin dynamics along one channel of a Gaussian path.
//!
//! Along a channel with mean `m_t` and variance `σ²_t` the dynamics
//! `dX = −(X − m̂_τ)/σ̂²_τ dτ + √2 dB` is linear, so its law stays Gaussian. Relative to the path
//! it is described by the shift `δ = E X − m` and the variance gap `r = Var X − σ²`, which solve
//! `κ δ̇ = −δ/σ² − κ ṁ` and `κ ṙ = −2r/σ² − κ (σ²)˙` in the time `t = κτ` of the path. With
//! `E(t) = ∫_t^T du/σ²_u`,
//!
//! `δ(T) = e^{−E/κ} δ_0 − ∫ e^{−E/κ} dm`,   `r(T) = e^{−2E/κ} r_0 − ∫ e^{−2E/κ} dσ²`.
//!
//! In the angle `φ` of the path `dm` and `dσ²` are smooth and free of the schedule. All integrands
//! below are positive, so the integrals come out with relative accuracy however small the
//! bias is; the quadrature runs backward from the final time, where the weight sits, and stops
//! where the weight has died out.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, positive};
use crate::numerics::excess::{excess_forward, excess_reverse};
use crate::numerics::quadrature::{GaussRule, coarse_rule, fine_rule};
use crate::path::{Channel, Schedule};

/// How the law `q` of the dynamics deviates from the law `p` of the path in one channel.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Deviation {
    /// `E_q X − E_p X`.
    pub shift: Enclosure,
    /// `ρ = Var_q X / Var_p X − 1`, above −1, with relative accuracy near 0.
    pub excess: Enclosure,
    /// `1 + ρ = Var_q X / Var_p X`, with relative accuracy near 0.
    pub ratio: Enclosure,
    /// `Var_p X`.
    pub variance: Enclosure,
}

impl Deviation {
    /// No deviation: `q = p`, of the given variance.
    pub fn none(variance: Interval) -> Self {
        Self {
            shift: Enclosure::exact(0.0),
            excess: Enclosure::exact(0.0),
            ratio: Enclosure::exact(1.0),
            variance: Enclosure::certified(variance),
        }
    }

    /// `KL(p|q) = ½[log(1+ρ) − ρ/(1+ρ) + δ²/(σ²(1+ρ))]`, without cancellation.
    pub fn forward_kl(&self) -> Enclosure {
        let shape = if self.is_far_narrower() {
            self.ratio.ln() + (1.0 / self.ratio - 1.0)
        } else {
            self.excess.map(excess_reverse)
        };
        (shape + self.shift.square() / (self.variance * self.ratio)) * 0.5
    }

    /// `KL(q|p) = ½[ρ − log(1+ρ) + δ²/σ²]`, without cancellation.
    pub fn reverse_kl(&self) -> Enclosure {
        let shape = if self.is_far_narrower() {
            (self.ratio - 1.0) - self.ratio.ln()
        } else {
            self.excess.map(excess_forward)
        };
        (shape + self.shift.square() / self.variance) * 0.5
    }

    /// Where `1 + ρ` is known more accurately than through ρ.
    fn is_far_narrower(&self) -> bool {
        self.excess.hi() < -0.5
    }
}

/// Beyond this exponent the weight `e^{−E/κ}` is below every relative accuracy in use; what lies
/// beyond is bounded and added to the error.
const LAST_EXPONENT: f64 = 220.0;

/// A panel is halved until the exponent grows by less than this across it.
const EXPONENT_PER_PANEL: f64 = 6.0;

/// Refuse to go on beyond this number of panels.
const MOST_PANELS: usize = 200_000;

/// The deviation at time `until` of annealed Langevin dynamics with slowness `kappa` that starts
/// at time `from` (both in the time `t ∈ [0, 1]` of the path) with the deviation `initial`.
///
/// # Errors
/// [`Error::Domain`] unless `0 ≤ from ≤ until ≤ 1` and `kappa` is finite and positive;
/// [`Error::NoConvergence`] if the panels become too short for floating point.
pub fn annealed_langevin(
    channel: &Channel,
    schedule: &Schedule,
    kappa: f64,
    from: f64,
    until: f64,
    initial: &Deviation,
) -> Result<Deviation> {
    positive("kappa", kappa)?;
    if !(0.0 <= from && from <= until && until <= 1.0) {
        return Err(Error::domain("start", format!("[{from}, {until}]"), "0 ≤ start ≤ end ≤ 1"));
    }
    let (first, last) = (schedule.angle(until), schedule.angle(from));
    let weights = Weights::new(channel, schedule, kappa, first, last)?;
    let at = |i: Interval| Enclosure::certified(i);
    let (a, s) = (at(channel.target_variance), at(channel.base_variance));
    let complement = schedule.enclosed(until).complement;
    let lambda = schedule.enclosed(until).lambda;
    let variance = a * at(lambda) + s * at(complement);
    let shift = weights.decay * initial.shift
        - (at(channel.target_mean) * weights.sine - at(channel.base_mean) * weights.cosine);
    let kept = weights.decay.square() * initial.variance;
    let gap = kept * initial.excess - (a - s) * weights.double;
    // Var q itself is a sum of positive terms: the noise put in, and what is left of the start.
    let law_variance = kept * initial.ratio + weights.noise * (2.0 / Enclosure::exact(kappa));
    Ok(Deviation { shift, excess: gap / variance, ratio: law_variance / variance, variance })
}

/// The four integrals of the variation-of-constants formula, and the decay of the initial law.
struct Weights {
    /// `∫ sin φ e^{−E/κ} dφ`.
    sine: Enclosure,
    /// `∫ cos φ e^{−E/κ} dφ`.
    cosine: Enclosure,
    /// `∫ sin 2φ e^{−2E/κ} dφ`.
    double: Enclosure,
    /// `∫ e^{−2E/κ} dt`.
    noise: Enclosure,
    /// `e^{−E/κ}` over the whole range.
    decay: Enclosure,
}

/// Sums of the four integrals by one rule, with the sensitivity `Σ |term|·E/κ` to an error of E.
#[derive(Default, Clone, Copy)]
struct Sums {
    value: [f64; 4],
    sensitivity: [f64; 4],
}

impl Weights {
    fn new(channel: &Channel, schedule: &Schedule, kappa: f64, first: f64, last: f64) -> Result<Self> {
        let (mut coarse, mut fine) = (Sums::default(), Sums::default());
        let (mut exponent, mut exponent_error) = (0.0, 0.0);
        let mut stopped_at = last;
        let mut panels = 0_usize;
        'panels: for panel in channel.panels(schedule, first, last).windows(2) {
            let (mut at, mut step) = (panel[0], panel[1] - panel[0]);
            while at < panel[1] {
                let end = (at + step).min(panel[1]);
                let evaluate = |rule, sums: Option<&mut Sums>| {
                    panel_sums(rule, channel, schedule, kappa, at, end, exponent, sums)
                };
                let mut refined = fine;
                let growth = evaluate(fine_rule(), Some(&mut refined));
                if growth > EXPONENT_PER_PANEL && end > at {
                    step *= (0.5_f64).min(0.9 * EXPONENT_PER_PANEL / growth);
                    panels += 1;
                    if panels > MOST_PANELS || at + step == at {
                        return Err(Error::NoConvergence {
                            what: format!("the law of annealed Langevin dynamics at κ = {kappa}"),
                            reached: step,
                            wanted: f64::EPSILON * at,
                        });
                    }
                    continue;
                }
                let growth_coarse = evaluate(coarse_rule(), Some(&mut coarse));
                fine = refined;
                exponent += growth;
                exponent_error += (growth - growth_coarse).abs();
                at = end;
                if exponent > LAST_EXPONENT {
                    stopped_at = at;
                    break 'panels;
                }
            }
        }
        // What was left out is at most weight × range in φ or in t, for each of the integrands.
        let tail = core_math::exp(-exponent) * (last - stopped_at).max(1.0);
        // Relative error of E: rounding of nodes, weights and sums, uncertainty of the channel.
        let relative = 32.0 * f64::EPSILON + channel.uncertainty();
        let enclosure = |i: usize| {
            let quadrature = (fine.value[i] - coarse.value[i]).abs();
            let rounding = 64.0 * f64::EPSILON * fine.value[i];
            let sensitivity = fine.sensitivity[i] * relative;
            let error = quadrature + rounding + sensitivity;
            let low = (fine.value[i] - error).max(0.0);
            Enclosure::from_interval(
                Interval::new(low, fine.value[i] + error + if stopped_at < last { tail } else { 0.0 }),
                Evidence::Converged,
            )
        };
        let decay = if stopped_at < last {
            Enclosure::from_interval(Interval::new(0.0, core_math::exp(-exponent)), Evidence::Converged)
        } else {
            Enclosure::around(-exponent, exponent_error + relative * exponent, Evidence::Converged).exp()
        };
        Ok(Self {
            sine: enclosure(0),
            cosine: enclosure(1),
            double: enclosure(2),
            noise: enclosure(3),
            decay,
        })
    }
}

/// Adds the contributions of the panel `[at, end]` to `sums`, where the exponent is `base` at
/// `at`; returns the growth of the exponent over the panel.
#[expect(clippy::too_many_arguments, reason = "the plain data of one quadrature panel")]
fn panel_sums(
    rule: &GaussRule,
    channel: &Channel,
    schedule: &Schedule,
    kappa: f64,
    at: f64,
    end: f64,
    base: f64,
    sums: Option<&mut Sums>,
) -> f64 {
    let (centre, half) = (0.5 * (at + end), 0.5 * (end - at));
    let angles: Vec<f64> = rule.nodes.iter().map(|x| centre + half * x).collect();
    let rates: Vec<f64> =
        angles.iter().map(|&p| schedule.time_rate(p) / (kappa * channel.variance(p))).collect();
    if let Some(sums) = sums {
        for (j, (weight, row)) in rule.weights.iter().zip(&rule.antiderivative).enumerate() {
            let angle = angles[j];
            let inside: f64 = row.iter().zip(&rates).map(|(c, r)| c * r).sum();
            let exponent = base + half * inside;
            let (decay, sine, cosine) =
                (core_math::exp(-exponent), core_math::sin(angle), core_math::cos(angle));
            let squared = decay * decay;
            let terms = [
                sine * decay,
                cosine * decay,
                2.0 * sine * cosine * squared,
                schedule.time_rate(angle) * squared,
            ];
            for (i, term) in terms.into_iter().enumerate() {
                let share = half * weight * term;
                sums.value[i] += share;
                sums.sensitivity[i] += share * exponent * if i >= 2 { 2.0 } else { 1.0 };
            }
        }
    }
    half * rule.weights.iter().zip(&rates).map(|(w, r)| w * r).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::collocation::solve_linear;
    use nalgebra::{DMatrix, DVector};

    fn final_deviation(channel: &Channel, schedule: &Schedule, kappa: f64) -> Deviation {
        let start = Deviation::none(Interval::ONE);
        annealed_langevin(channel, schedule, kappa, 0.0, 1.0, &start).unwrap()
    }

    /// The same law from the differential equations in φ by collocation.
    fn by_collocation(channel: &Channel, schedule: &Schedule, kappa: f64) -> (f64, f64) {
        let (m, a) = (channel.target_mean.mid(), channel.target_variance.mid());
        let (b, s) = (channel.base_mean.mid(), channel.base_variance.mid());
        let first = schedule.angle(0.0);
        let solution = solve_linear(&[first, 0.0], &DVector::zeros(2), 1e-13, |p| {
            let (sine, cosine) = (p.sin(), p.cos());
            let rate = schedule.time_rate(p) / (kappa * channel.variance(p));
            // φ decreases with time, so a derivative in φ is minus the one along the dynamics.
            (
                DMatrix::from_diagonal(&DVector::from_vec(vec![rate, 2.0 * rate])),
                DVector::from_vec(vec![m * sine - b * cosine, (a - s) * 2.0 * sine * cosine]),
            )
        })
        .unwrap();
        (solution.value[0], solution.value[1])
    }

    #[test]
    fn two_routes_to_the_same_law_agree() {
        let channel = Channel {
            target_mean: Interval::point(-1.5),
            target_variance: Interval::point(0.3),
            base_mean: Interval::point(0.4),
            base_variance: Interval::point(1.7),
        };
        // Collocation stops at differences of 1e-13 of the solution's size.
        let collocation = 1e-10;
        for schedule in [Schedule::linear(), Schedule::cosine(), Schedule::power(2.0).unwrap()] {
            for kappa in [10.0, 1.0, 0.1, 0.01] {
                let deviation = final_deviation(&channel, &schedule, kappa);
                let (shift, gap) = by_collocation(&channel, &schedule, kappa);
                assert!(
                    deviation.shift.relative_width() < collocation,
                    "{schedule} {kappa} {}",
                    deviation.shift
                );
                assert!((deviation.shift.mid() - shift).abs() < collocation, "{schedule} {kappa}");
                let excess = gap / 0.3;
                assert!((deviation.excess.mid() - excess).abs() < collocation, "{schedule} {kappa}");
            }
        }
    }

    #[test]
    fn known_biases_are_reproduced() {
        // Values computed independently, 7 to 8 digits.
        let digits = 5e-8;
        let square = Schedule::power(2.0).unwrap();
        for (mean, variance, kappa, forward, reverse) in [
            (1.0, 0.25, 1.0, 0.2825164, 0.52005137),
            (1.0, 0.25, 0.1, 0.0030193545, 0.0032211026),
            (0.0, 4.0, 1.0, 0.27699901, 0.1521432),
        ] {
            let deviation = final_deviation(&Channel::from_standard(mean, variance), &square, kappa);
            let (p, q) = (deviation.forward_kl(), deviation.reverse_kl());
            assert!((p.mid() - forward).abs() < digits && p.relative_width() < 1e-11, "{p}");
            assert!((q.mid() - reverse).abs() < digits && q.relative_width() < 1e-11, "{q}");
        }
        let tiny =
            final_deviation(&Channel::from_standard(1.0, 1.0), &Schedule::cosine(), 0.003).forward_kl();
        assert!((tiny.mid() / 2.466e-10 - 1.0).abs() < 1e-3 && tiny.relative_width() < 1e-11, "{tiny}");
    }

    #[test]
    fn extreme_slowness_and_variances_keep_relative_accuracy() {
        for schedule in Schedule::examples() {
            for kappa in [1e-6, 1e-3, 1.0, 1e3] {
                for variance in [1e-8, 1e-2, 1.0, 1e8] {
                    let channel = Channel::from_standard(2.0, variance);
                    let kl = final_deviation(&channel, &schedule, kappa).forward_kl();
                    assert!(kl.relative_width() < 1e-9, "{schedule} κ={kappa} a={variance}: {kl}");
                }
            }
        }
    }

    #[test]
    fn bad_arguments_are_refused() {
        let channel = Channel::from_standard(1.0, 1.0);
        let start = Deviation::none(Interval::ONE);
        for (kappa, from, until) in
            [(0.0, 0.0, 1.0), (-1.0, 0.0, 1.0), (f64::NAN, 0.0, 1.0), (1.0, 0.5, 0.2), (1.0, 0.0, 1.5)]
        {
            assert!(annealed_langevin(&channel, &Schedule::linear(), kappa, from, until, &start).is_err());
        }
    }
}
