//! Bounds for the KL bias along a Gaussian path that use functional inequalities: Poincaré of the
//! path, log-Sobolev of the law of the dynamics.
//!
//! Both are integrals in the angle `φ` of the path (`√λ = cos φ`, `dt = −rate·dφ`), channel by channel
//! in the eigenbasis of the target; the base is standard, so the channel with the largest target
//! variance has the largest variance `S_t = λ_t a + 1 − λ_t = C_P(p_t)` all along.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, positive, within};
use crate::numerics::quadrature::{GaussRule, coarse_rule, fine_rule, integrate};
use crate::path::{Channel, GaussianPath, Schedule};
use crate::transport::action;
use std::f64::consts::FRAC_PI_2;

/// `∫_from^1 C_P(p_t)·‖∂_t log p_t‖²_{L²(p_t)} dt` for a Gaussian path from the standard base; κ/4
/// times it bounds `KL(p_1|q)` when the dynamics starts from `p_from`. Infinite with the action.
///
/// In a channel of variance σ² the time derivative is `(ṁ/σ) z + (σ²˙/2σ²)(z² − 1)` with z standard
/// normal, of squared norm `ṁ²/σ² + (σ²˙)²/2σ⁴`, and channels are orthogonal.
///
/// # Errors
/// [`Error::Domain`] unless `0 ≤ from < 1` and the base is standard; errors of the action.
pub fn poincare_energy(path: &GaussianPath, from: f64) -> Result<Enclosure> {
    let (channels, top) = standard_channels(path)?;
    check_start(from)?;
    if action(path, from, 1.0)?.is_infinite() {
        return Ok(Enclosure::infinite(Evidence::Exact));
    }
    let schedule = path.schedule();
    let root_energy = Enclosure::certified(schedule.root_energy(from, 1.0)?);
    let moving = path.target().mean().iter().any(|&m| m != 0.0);
    let known = |i: Interval| Enclosure::certified(i);
    let mut total = Enclosure::exact(0.0);
    for channel in &channels {
        let breaks = channel.panels(schedule, schedule.angle(1.0), schedule.angle(from));
        // Variances enter the integrands below with powers that sum to at most 3.
        let uncertainty = 3.0 * channel.uncertainty().max(top.uncertainty());
        let integral = |f: &dyn Fn(f64) -> f64| {
            let value = integrate(&breaks, |angle| {
                let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
                (sine * cosine).powi(2) / schedule.time_rate(angle) * f(angle)
            });
            value.widened(uncertainty * value.hi())
        };
        let (m, a) = (known(channel.target_mean), known(channel.target_variance));
        // A mean that is not there costs nothing, even where a moving one would cost infinitely much.
        if moving {
            // S/σ² = 1 + λ(a_top − a)/σ²: the part of 1 has a closed form that is singular where
            // the rest is not.
            let gap = (known(top.target_variance) - a).max(Enclosure::exact(0.0));
            total =
                total + m.square() * (root_energy + gap * integral(&|angle| 1.0 / channel.variance(angle)));
        }
        if channel.target_variance != Interval::ONE {
            let deviation = (a - 1.0).square() * 2.0;
            let shape = integral(&|angle| top.variance(angle) / channel.variance(angle).powi(2));
            total = total + deviation * shape;
        }
    }
    Ok(total)
}

/// A bound for `KL(p_1|q)` of annealed Langevin dynamics with slowness κ started from `p_from`, by
/// the log-Sobolev inequality of the law `q` of the dynamics:
/// `(κ/2)∫_from^1 e^{−∫_u^1 2/(κ C_t) dt} |p'_u|² du` whenever `C_t ≥ C_LS(q_t)`. Infinite with the action.
///
/// With `K = KL(p̂|q)`, `dK/dτ = −I(p̂|q) + ∫⟨v̂, ∇log(p̂/q)⟩dp̂ ≤ −½I + ½‖v̂‖²`, and `K ≤ (C/4)I`, so that
/// `dK/dt ≤ −2K/(κC_t) + (κ/2)|p'_t|²`; Grönwall's lemma gives the bound.
///
/// For `C_t`: the drift's Jacobian is at most `−1/S_t`, so `C_LS(q_t) ≤ 2V_t` with
/// `κV̇ = −2V/S + 2`, `V = S` at the start (the evolution of log-Sobolev constants along a contracting
/// diffusion). The lag `r = V − S` solves `κṙ = −2r/S − κṠ`:
/// - if S increases (`a ≥ 1`) then `r ≤ 0`, so `V_t ≤ S_t`;
/// - if S decreases, `V_t ≤ S_from`, and, as `e^{−2(t−u)/(κ S_from)}` bounds what is left at time t of
///   the lag made at u, also `V_t ≤ S_t + ½κ S_from·sup|Ṡ|`. The better of the two bounds is returned.
///
/// # Errors
/// [`Error::Domain`] unless κ is finite and positive, `0 ≤ from < 1` and the base is standard;
/// [`Error::NoConvergence`] if κ is too small for floating point; errors of the action.
pub fn log_sobolev_bias_bound(path: &GaussianPath, kappa: f64, from: f64) -> Result<Enclosure> {
    let (channels, top) = standard_channels(path)?;
    positive("kappa", kappa)?;
    check_start(from)?;
    if action(path, from, 1.0)?.is_infinite() {
        return Ok(Enclosure::infinite(Evidence::Exact));
    }
    let contraction = Contraction { path, channels, kappa, from };
    let integral = if top.target_variance.lo() >= 1.0 {
        contraction.action(&|angle| top.variance(angle))?
    } else {
        let initial = top.variance(path.schedule().angle(from));
        let slack = 0.5
            * kappa
            * initial
            * path.schedule().steepest(from)
            * (1.0 - top.target_variance.mid()).max(0.0);
        let constant = contraction.action(&|_| initial)?;
        if slack < initial {
            constant.min(contraction.action(&|angle| top.variance(angle) + slack)?)
        } else {
            constant
        }
    };
    Ok(integral * (0.5 * kappa))
}

/// The channels of a path from the standard base, and the one with the largest target variance.
fn standard_channels(path: &GaussianPath) -> Result<(Vec<Channel>, Channel)> {
    let channels = path.channels().filter(|_| path.has_standard_base());
    let top = channels.as_ref().and_then(|channels| {
        channels.iter().copied().max_by(|x, y| x.target_variance.mid().total_cmp(&y.target_variance.mid()))
    });
    channels.zip(top).ok_or_else(|| Error::domain("base", path, "the standard Gaussian law"))
}

fn check_start(from: f64) -> Result<()> {
    within("start", from, 0.0, 1.0_f64.next_down()).map(|_| ())
}

/// Beyond this exponent the weight is below every relative accuracy in use.
const LAST_EXPONENT: f64 = 220.0;

/// A panel is halved until the exponent grows by less than this across it.
const EXPONENT_PER_PANEL: f64 = 6.0;

/// Refuse to go on beyond this number of panels.
const MOST_PANELS: usize = 200_000;

/// Where the schedule is singular at `φ = π/2`, quadrature ends at this distance from there and the
/// closed form of the action takes over.
const SINGULAR_END: f64 = 1e-8;

/// Relative error of the time that belongs to the angle [`SINGULAR_END`] before `π/2`: the rounding
/// of an angle near `π/2`, over that distance.
const SINGULAR_ROUNDING: f64 = 4.0 * f64::EPSILON / SINGULAR_END;

/// The dynamics with slowness `kappa` along `path` from the time `from` to 1.
struct Contraction<'a> {
    path: &'a GaussianPath,
    channels: Vec<Channel>,
    kappa: f64,
    from: f64,
}

/// Contribution of a panel: growth of the exponent, integral, and its sensitivity to an error of
/// the exponent.
struct PanelSum {
    growth: f64,
    value: f64,
    sensitivity: f64,
    /// What the uncertainty of the channels' means and variances amounts to.
    uncertainty: f64,
}

impl Contraction<'_> {
    fn schedule(&self) -> &Schedule {
        self.path.schedule()
    }

    /// Panels fit for the channels of smallest and largest variance fit for all between.
    fn panels(&self, end: f64) -> Vec<f64> {
        let by_variance =
            |x: &&Channel, y: &&Channel| x.target_variance.mid().total_cmp(&y.target_variance.mid());
        let mut panels: Vec<f64> =
            [self.channels.iter().min_by(by_variance), self.channels.iter().max_by(by_variance)]
                .into_iter()
                .flatten()
                .flat_map(|channel| channel.panels(self.schedule(), self.schedule().angle(1.0), end))
                .collect();
        panels.sort_by(f64::total_cmp);
        panels.dedup();
        panels
    }

    /// `∫_from^1 e^{−∫_u^1 dt/(κV_t)}|p'_u|² du`, where `bound(φ)` is V at the angle φ, monotone.
    fn action(&self, bound: &dyn Fn(f64) -> f64) -> Result<Enclosure> {
        let last = self.schedule().angle(self.from);
        let singular = self.schedule().is_singular_at_start() && last > FRAC_PI_2 - SINGULAR_END;
        let end = if singular { FRAC_PI_2 - SINGULAR_END } else { last };
        let (mut value, mut error, mut exponent) = (0.0, 0.0, 0.0);
        let (mut reached, mut panels) = (0.0, 0_usize);
        'panels: for panel in self.panels(end).windows(2) {
            let (mut at, mut step) = (panel[0], panel[1] - panel[0]);
            while at < panel[1] {
                let next = (at + step).min(panel[1]);
                let fine = self.panel(fine_rule(), at, next, exponent, bound);
                panels += 1;
                if fine.growth > EXPONENT_PER_PANEL {
                    step *= (0.5_f64).min(0.9 * EXPONENT_PER_PANEL / fine.growth);
                    if panels > MOST_PANELS || at + step == at {
                        return Err(Error::NoConvergence {
                            what: format!("the log-Sobolev bound at κ = {}", self.kappa),
                            reached: step,
                            wanted: f64::EPSILON * at,
                        });
                    }
                    continue;
                }
                let coarse = self.panel(coarse_rule(), at, next, exponent, bound);
                value += fine.value;
                // Quadrature; nodes, weights and sums; what an error of the exponent does.
                error += (fine.value - coarse.value).abs()
                    + 64.0 * f64::EPSILON * fine.value
                    + fine.sensitivity * (32.0 * f64::EPSILON + 2.0 * self.uncertainty())
                    + fine.uncertainty;
                error += fine.value * (fine.growth - coarse.growth).abs();
                exponent += fine.growth;
                (at, reached) = (next, next);
                if exponent > LAST_EXPONENT {
                    break 'panels;
                }
            }
        }
        let swept = Enclosure::around(value, error, Evidence::Converged);
        if reached >= last {
            return Ok(swept);
        }
        // The rest has weights between those at its two ends.
        let time = self.schedule().time_of_angle(reached);
        let smallest = bound(reached).min(bound(last));
        let growth = (time - self.from) / (self.kappa * smallest) * (1.0 + SINGULAR_ROUNDING);
        let weight = Interval::new(core_math::exp(-(exponent + growth)), core_math::exp(-exponent));
        let rest = action(self.path, self.from, time.max(self.from))?;
        let rest = rest.widened(SINGULAR_ROUNDING * rest.hi());
        Ok(swept + rest * Enclosure::from_interval(weight, Evidence::Converged))
    }

    fn uncertainty(&self) -> f64 {
        self.channels.iter().map(Channel::uncertainty).fold(0.0, f64::max)
    }

    fn panel(&self, rule: &GaussRule, at: f64, end: f64, base: f64, bound: &dyn Fn(f64) -> f64) -> PanelSum {
        let (centre, half) = (0.5 * (at + end), 0.5 * (end - at));
        let angles: Vec<f64> = rule.nodes.iter().map(|x| centre + half * x).collect();
        let rates: Vec<f64> =
            angles.iter().map(|&p| self.schedule().time_rate(p) / (self.kappa * bound(p))).collect();
        let growth = half * rule.weights.iter().zip(&rates).map(|(w, r)| w * r).sum::<f64>();
        let (mut value, mut sensitivity, mut uncertainty) = (0.0, 0.0, 0.0);
        for ((weight, row), &angle) in rule.weights.iter().zip(&rule.antiderivative).zip(&angles) {
            let inside: f64 = row.iter().zip(&rates).map(|(c, r)| c * r).sum();
            let exponent = base + half * inside;
            let scale = half * weight * core_math::exp(-exponent);
            let (speed, speed_uncertainty) = self.speed(angle);
            value += scale * speed;
            sensitivity += scale * speed * (1.0 + exponent);
            uncertainty += scale * speed_uncertainty;
        }
        PanelSum { growth, value, sensitivity, uncertainty }
    }

    /// `|p'_t|²·|dt/dφ| = Σ [m² sin²φ + (a−1)² sin²φ cos²φ/σ²]/rate`, by channel, and how far the
    /// intervals of m and a leave the numerators open.
    fn speed(&self, angle: f64) -> (f64, f64) {
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        let (mut sum, mut open) = (0.0, 0.0);
        for channel in &self.channels {
            let shape = cosine * cosine / channel.variance(angle);
            for (number, weight) in
                [(channel.target_mean, 1.0), (channel.target_variance - Interval::ONE, shape)]
            {
                sum += number.mid().powi(2) * weight;
                open += (2.0 * number.magnitude() * number.width()) * weight;
            }
        }
        let scale = sine * sine / self.schedule().time_rate(angle);
        (scale * sum, scale * open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::bias;
    use crate::measure::gaussian::Gaussian;
    use nalgebra::{DMatrix, DVector};

    fn path(mean: f64, variance: f64, schedule: Schedule) -> GaussianPath {
        GaussianPath::from_standard(Gaussian::isotropic(vec![mean], variance).unwrap(), schedule).unwrap()
    }

    fn examples() -> Vec<GaussianPath> {
        let mut paths = Vec::new();
        for schedule in Schedule::examples() {
            for (mean, variance) in [(1.0, 1.0), (0.0, 4.0), (1.0, 0.25), (-2.0, 1e-3), (0.5, 1e3)] {
                paths.push(path(mean, variance, schedule.clone()));
            }
            let covariance = DMatrix::from_row_slice(2, 2, &[1.0, 0.2, 0.2, 2.0]);
            let dense = Gaussian::new(DVector::from_vec(vec![0.0, 1.0]), covariance).unwrap();
            paths.push(GaussianPath::from_standard(dense, schedule).unwrap());
        }
        paths
    }

    #[test]
    fn bounds_lie_above_the_bias() {
        for path in examples() {
            for (from, kappa) in [(0.0, 1.0), (0.0, 0.01), (0.25, 10.0), (0.25, 0.1)] {
                let kl = bias(&path, kappa, from).unwrap().forward_kl;
                let poincare = poincare_energy(&path, from).unwrap() * kappa / 4.0;
                let log_sobolev = log_sobolev_bias_bound(&path, kappa, from).unwrap();
                assert!(kl.hi() <= poincare.lo(), "{path}, κ = {kappa}: {kl}, {poincare}");
                // Slow translations attain the bound up to what the dynamics has not yet forgotten.
                assert!(kl.lo() <= log_sobolev.hi(), "{path}, κ = {kappa}: {kl}, {log_sobolev}");
                assert!(log_sobolev.is_infinite() || log_sobolev.relative_width() < 1e-9, "{log_sobolev}");
            }
        }
    }

    #[test]
    fn poincare_energy_is_never_below_the_action() {
        for path in examples() {
            for from in [0.0, 0.25] {
                let energy = poincare_energy(&path, from).unwrap();
                let action = action(&path, from, 1.0).unwrap();
                assert_eq!(energy.is_infinite(), action.is_infinite(), "{path}");
                // A translation makes the two equal.
                assert!(energy.is_infinite() || energy.hi() >= action.lo(), "{path}: {energy}, {action}");
            }
        }
    }

    #[test]
    fn energies_in_closed_form_are_reproduced() {
        // λ = t, N(0, a): ∫ S·(a−1)²/(2S²) dt = (a−1)/2·log a.
        let energy = poincare_energy(&path(0.0, 4.0, Schedule::linear()), 0.0).unwrap();
        assert!(energy.contains(1.5 * 4.0_f64.ln()) && energy.relative_width() < 1e-12, "{energy}");
        // λ = t², N(m, 1): the speed m² is constant and S = 1, so with q = 1/κ the bound is
        // (κ/2)·m²·κ(1 − e^{−1/κ}).
        let kappa = 0.3_f64;
        let square = path(1.5, 1.0, Schedule::power(2.0).unwrap());
        let expected = 0.5 * kappa * kappa * 2.25 * -(-1.0 / kappa).exp_m1();
        let bound = log_sobolev_bias_bound(&square, kappa, 0.0).unwrap();
        assert!(bound.contains(expected) && bound.relative_width() < 1e-11, "{bound}, {expected}");
    }

    #[test]
    fn log_sobolev_bound_is_sharp_for_slow_translations() {
        let square = path(1.0, 1.0, Schedule::power(2.0).unwrap());
        for kappa in [1e-2, 1e-3, 1e-4] {
            let kl = bias(&square, kappa, 0.0).unwrap().forward_kl;
            let ratio = kl / log_sobolev_bias_bound(&square, kappa, 0.0).unwrap();
            // The first correction is of relative order κ.
            assert!(ratio.lo() > 1.0 - 10.0 * kappa && ratio.lo() <= 1.0, "{ratio}");
        }
    }

    #[test]
    fn bounds_keep_their_accuracy_for_schedules_singular_at_the_start() {
        for exponent in [0.7, 1.05, 1.2, 1.9, 2.5] {
            for kappa in [1e3, 1.0, 1e-2] {
                let mean = if exponent > 1.0 { 1.0 } else { 0.0 };
                let path = path(mean, 0.5, Schedule::power(exponent).unwrap());
                let bound = log_sobolev_bias_bound(&path, kappa, 0.0).unwrap();
                assert!(bound.relative_width() < 1e-7, "exponent {exponent}, κ = {kappa}: {bound}");
                // Fast dynamics forgets nothing: the weight is 1 and the bound is κ/2 of the action.
                let plain = action(&path, 0.0, 1.0).unwrap() * kappa / 2.0;
                assert!(bound.lo() <= plain.hi(), "{bound}, {plain}");
                assert!(kappa < 1e3 || bound.hi() > plain.lo() * (1.0 - 4.0 / kappa), "{bound}, {plain}");
            }
        }
    }

    #[test]
    fn bad_arguments_are_refused() {
        let path = path(1.0, 1.0, Schedule::linear());
        for (kappa, from) in
            [(0.0, 0.5), (-1.0, 0.5), (f64::NAN, 0.5), (1.0, 1.0), (1.0, -0.5), (1.0, f64::NAN)]
        {
            assert!(log_sobolev_bias_bound(&path, kappa, from).is_err());
        }
        assert!(poincare_energy(&path, 1.0).is_err());
        let wide = Gaussian::isotropic(vec![0.0], 2.0).unwrap();
        let other = GaussianPath::new(wide.clone(), wide, Schedule::linear()).unwrap();
        assert!(poincare_energy(&other, 0.5).is_err());
    }
}
