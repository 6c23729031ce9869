//! Bounds for the KL bias along a Gaussian path that use functional inequalities: Poincaré of the
//! path, log-Sobolev of the law of the dynamics.
//!
//! Both are integrals in the angle `φ` of the path (`√λ = cos φ`, `dt = −rate·dφ`), channel by channel
//! in the eigenbasis of the target; the base is standard, so the channel with the largest target
//! variance has the largest variance `S_t = λ_t a + 1 − λ_t = C_P(p_t)` all along.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, positive, within};
use crate::path::{Channel, GaussianPath};
use crate::transport::{action, discounted_action_by, squared_rate_integral};

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
        // Variances enter the weights below with powers that sum to at most 3.
        let uncertainty = 3.0 * channel.uncertainty().max(top.uncertainty());
        let integral = |weight: &dyn Fn(f64) -> f64| -> Result<Enclosure> {
            let value = squared_rate_integral(channel, schedule, from, 1.0, weight)?;
            Ok(value.widened(uncertainty * value.hi()))
        };
        let (m, a) = (known(channel.target_mean), known(channel.target_variance));
        // A mean that is not there costs nothing, even where a moving one would cost infinitely much.
        if moving {
            // S/σ² = 1 + λ(a_top − a)/σ²: the part of 1 has a closed form that is singular where
            // the rest is not.
            let gap = (known(top.target_variance) - a).max(Enclosure::exact(0.0));
            total = total
                + m.square() * (root_energy + gap * integral(&|angle| 1.0 / channel.variance(angle))? / 4.0);
        }
        if channel.target_variance != Interval::ONE {
            let deviation = (a - 1.0).square() / 2.0;
            let shape = integral(&|angle| top.variance(angle) / channel.variance(angle).powi(2))?;
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
    let (_, top) = standard_channels(path)?;
    positive("kappa", kappa)?;
    check_start(from)?;
    if action(path, from, 1.0)?.is_infinite() {
        return Ok(Enclosure::infinite(Evidence::Exact));
    }
    // The weight decays at the rate 2/(κC_t) = 1/(κV_t).
    let discounted =
        |bound: &dyn Fn(f64) -> f64| discounted_action_by(path, from, &|angle| 1.0 / (kappa * bound(angle)));
    let integral = if top.target_variance.lo() >= 1.0 {
        discounted(&|angle| top.variance(angle))?
    } else {
        let initial = top.variance(path.schedule().angle(from));
        let slack = 0.5
            * kappa
            * initial
            * path.schedule().steepest(from)
            * (1.0 - top.target_variance.mid()).max(0.0);
        let constant = discounted(&|_| initial)?;
        if slack < initial {
            constant.min(discounted(&|angle| top.variance(angle) + slack)?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::bias;
    use crate::inequality::log_sobolev_ceiling;
    use crate::measure::gaussian::Gaussian;
    use crate::path::Schedule;
    use crate::transport::discounted_action;
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
        // λ = t^0.55, N(0, 2): ½∫λ̇²/(1+λ)dt, computed independently.
        let energy = poincare_energy(&path(0.0, 2.0, Schedule::power(0.55).unwrap()), 0.0).unwrap();
        let expected = 2.0 * 0.6780653717136309;
        assert!(energy.contains(expected) && energy.relative_width() < 1e-6, "{energy}");
        // λ = t², N(m, 1): the speed m² is constant and S = 1, so with q = 1/κ the bound is
        // (κ/2)·m²·κ(1 − e^{−1/κ}).
        let kappa = 0.3_f64;
        let square = path(1.5, 1.0, Schedule::power(2.0).unwrap());
        let expected = 0.5 * kappa * kappa * 2.25 * -(-1.0 / kappa).exp_m1();
        let bound = log_sobolev_bias_bound(&square, kappa, 0.0).unwrap();
        assert!(bound.contains(expected) && bound.relative_width() < 1e-11, "{bound}, {expected}");
    }

    #[test]
    fn log_sobolev_bound_is_no_worse_than_with_one_constant() {
        for path in examples() {
            for (from, kappa) in [(0.0, 1.0), (0.25, 0.1), (0.25, 0.01)] {
                let bound = log_sobolev_bias_bound(&path, kappa, from).unwrap();
                let constant =
                    log_sobolev_ceiling(&path, from, 1.0, path.law(from).unwrap().log_sobolev_constant())
                        .unwrap();
                let rate = 2.0 / (kappa * constant.hi());
                let simple = discounted_action(&path, from, rate).unwrap() * kappa / 2.0;
                assert!(bound.lo() <= simple.hi(), "{path}, κ = {kappa}: {bound}, {simple}");
                // A translation of variance one has the same constant at all times.
                let same = path.target().variances().is_some_and(|v| v == [1.0]);
                assert!(!same || bound.hi() >= simple.lo(), "{path}, κ = {kappa}: {bound}, {simple}");
            }
        }
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
