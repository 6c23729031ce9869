//! Functional inequalities along a diffusion whose drift contracts.
//!
//! For `dX = b_τ(X) dτ + √2 dB` with `½(∇b_τ + ∇b_τᵀ) ≤ −ρ_τ` the semigroup contracts gradients by
//! `e^{−∫ρ}`, hence
//!
//! `C_LS(q_τ) ≤ e^{−2∫_0^τ ρ} C_LS(q_0) + 4 ∫_0^τ e^{−2∫_s^τ ρ} ds`,
//!
//! and the same for `C_P` with 2 in place of 4 (Collet, Malrieu, *Logarithmic Sobolev inequalities
//! for inhomogeneous Markov semigroups*, 2008). For annealed Langevin dynamics along a Gaussian path
//! `ρ = 1/λ_max(Σ_t)`, and with `E(t) = ∫_t^T du/λ_max(Σ_u)` the bound reads, in the time `t = κτ`
//! of the path,
//!
//! `e^{−2E(0)/κ} C_0 + (4/κ) ∫ e^{−2E(t)/κ} dt`.
//!
//! The integrals run over the angle of the path, in which they are smooth for every schedule,
//! backward from the final time, where the weight sits; all terms are positive, so the result has
//! relative accuracy however small κ is.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, positive, within};
use crate::numerics::quadrature::{GaussRule, coarse_rule, fine_rule};
use crate::path::{Channel, GaussianPath, Schedule};
use nalgebra::DMatrix;

/// How fast a drift contracts along a path, as a function of the path's angle.
pub struct Contraction<'a> {
    schedule: &'a Schedule,
    /// Angles from the end of the range to its start, ascending; the rate is smooth in between.
    panels: Vec<f64>,
    rate: Box<dyn Fn(f64) -> f64 + Sync + 'a>,
    relative_error: f64,
    never_expands: bool,
}

impl<'a> Contraction<'a> {
    /// A rate `ρ(φ)`, known up to a relative error, where `φ` is the angle of the path
    /// (`λ = cos²φ`). `panels` ascends from `schedule.angle(until)` to `schedule.angle(from)` and holds
    /// every angle at which ρ or the schedule is not smooth. `never_expands` states `ρ ≥ 0`
    /// everywhere, which allows to stop where nothing can be remembered.
    ///
    /// # Errors
    /// [`Error::Domain`] unless the panels ascend and the error is in `[0, 1]`.
    pub fn new(
        schedule: &'a Schedule,
        panels: Vec<f64>,
        rate: impl Fn(f64) -> f64 + Sync + 'a,
        relative_error: f64,
        never_expands: bool,
    ) -> Result<Self> {
        within("relative_error", relative_error, 0.0, 1.0)?;
        // The negation also catches NaN.
        let ascending = panels.windows(2).all(|w| w[0] < w[1]) && panels.iter().all(|p| p.is_finite());
        if panels.is_empty() || !ascending {
            return Err(Error::domain(
                "panels",
                format!("{panels:?}"),
                "a non-empty ascending list of angles",
            ));
        }
        Ok(Self { schedule, panels, rate: Box::new(rate), relative_error, never_expands })
    }

    /// The rate `ρ_t = 1/λ_max(Σ_t) = −sup λ_max(∇²log p_t)` of annealed Langevin dynamics along a
    /// Gaussian path, between the times `from` and `until` of the path.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ from ≤ until ≤ 1`.
    pub fn of_annealed_langevin(path: &'a GaussianPath, from: f64, until: f64) -> Result<Self> {
        within("start", from, 0.0, until)?;
        within("end", until, from, 1.0)?;
        let schedule = path.schedule();
        let (first, last) = (schedule.angle(until), schedule.angle(from));
        if let Some(channels) = path.channels() {
            let (top, mut panels) = upper_envelope(&channels, schedule, first, last);
            panels.dedup();
            let uncertainty = top.iter().map(Channel::uncertainty).fold(0.0, f64::max);
            let largest = move |angle: f64| top.iter().map(|c| c.variance(angle)).fold(0.0, f64::max);
            let error = uncertainty + 8.0 * f64::EPSILON;
            return Self::new(schedule, panels, move |angle| 1.0 / largest(angle), error, true);
        }
        let (target, base) = (path.target().covariance(), path.base().covariance());
        let panels = Channel::from_standard(0.0, 1.0).panels(schedule, first, last);
        // The largest eigenvalue of a symmetric matrix is found to a few d·ε of itself.
        let error = 32.0 * path.dim() as f64 * f64::EPSILON;
        Self::new(schedule, panels, move |angle| 1.0 / largest_eigenvalue(&target, &base, angle), error, true)
    }
}

/// `λ_max(cos²φ·target + sin²φ·base)`.
fn largest_eigenvalue(target: &DMatrix<f64>, base: &DMatrix<f64>, angle: f64) -> f64 {
    let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
    let covariance = target * (cosine * cosine) + base * (sine * sine);
    covariance.symmetric_eigenvalues().max()
}

/// The channels whose variance is the largest somewhere between two angles, and panels on which the
/// largest one stays the same. Variances are linear in `sin²φ`, so this is an upper envelope of
/// lines, followed from the left.
fn upper_envelope(
    channels: &[Channel],
    schedule: &Schedule,
    first: f64,
    last: f64,
) -> (Vec<Channel>, Vec<f64>) {
    let slope = |c: &Channel| c.base_variance.mid() - c.target_variance.mid();
    let weight = |angle: f64| core_math::sin(angle).powi(2);
    let value = |c: &Channel, w: f64| c.target_variance.mid() * (1.0 - w) + c.base_variance.mid() * w;
    let (mut at, end) = (weight(first), weight(last));
    let higher = |w: f64| {
        move |a: &&Channel, b: &&Channel| {
            value(a, w).total_cmp(&value(b, w)).then(slope(a).total_cmp(&slope(b)))
        }
    };
    let (mut top, mut panels, mut start) = (Vec::new(), Vec::new(), first);
    let mut current = channels.iter().max_by(higher(at));
    while let Some(channel) = current {
        let crossing = |other: &Channel| {
            let gap = (value(channel, at) - value(other, at)).max(0.0);
            at + gap / (slope(other) - slope(channel))
        };
        let next = channels
            .iter()
            .filter(|c| slope(c) > slope(channel))
            .map(|c| (crossing(c), c))
            .min_by(|(w, c), (v, b)| w.total_cmp(v).then(slope(b).total_cmp(&slope(c))))
            .filter(|&(w, _)| w < end);
        let stop = next.map_or(last, |(w, _)| core_math::asin(w.sqrt()).clamp(start, last));
        top.push(*channel);
        panels.extend(channel.panels(schedule, start, stop));
        (start, current) = (stop, next.map(|(_, c)| c));
        at = next.map_or(end, |(w, _)| w);
    }
    panels.dedup();
    (top, panels)
}

/// A panel is halved until `2∫ρ dτ` grows by less than this across it.
const EXPONENT_PER_PANEL: f64 = 12.0;

/// Where `e^{−2∫ρ}` is below `e^{−this}`, nothing of the past is left; what lies beyond is bounded
/// and added to the error.
const LAST_EXPONENT: f64 = 440.0;

/// Relative disagreement of the two quadrature rules at which a panel is accepted: some hundred
/// roundings of a sum of 24 terms.
const PANEL_TOLERANCE: f64 = 1e-12;

/// Refuse to go on beyond this number of panels.
const MOST_PANELS: usize = 200_000;

/// `e^{−2∫ρ}·initial + source·∫ e^{−2∫_s ρ} ds` in the time `τ = t/κ` of the dynamics: the bound for the
/// log-Sobolev constant with `source = 4`, for the Poincaré constant with `source = 2`.
///
/// # Errors
/// [`Error::Domain`] unless `kappa` and `source` are finite and positive and `initial` is finite and
/// not negative; [`Error::NoConvergence`] if the panels become too short for floating point or the
/// expansion overflows.
pub fn contracted_constant(
    contraction: &Contraction<'_>,
    kappa: f64,
    source: f64,
    initial: Enclosure,
) -> Result<Enclosure> {
    positive("kappa", kappa)?;
    positive("source", source)?;
    if !(initial.is_finite() && initial.lo() >= 0.0) {
        return Err(Error::domain("initial constant", initial, "a finite number ≥ 0"));
    }
    let last = contraction.panels[contraction.panels.len() - 1];
    let (mut coarse, mut fine) = (0.0, 0.0);
    let mut sum = Exponent::default();
    let mut sensitivity = 0.0;
    let mut stopped = false;
    let mut panels = 0_usize;
    'panels: for panel in contraction.panels.windows(2) {
        let (mut at, mut step) = (panel[0], panel[1] - panel[0]);
        while at < panel[1] {
            let end = (at + step).min(panel[1]);
            let (one, two) = (
                PanelSum::new(coarse_rule(), contraction, kappa, at, end, &sum),
                PanelSum::new(fine_rule(), contraction, kappa, at, end, &sum),
            );
            panels += 1;
            let defect = (one.growth.value - two.growth.value).abs();
            let rough = defect > PANEL_TOLERANCE * two.growth.size.max(PANEL_TOLERANCE.sqrt());
            let steep = two.growth.size > EXPONENT_PER_PANEL;
            let shortest = 16.0 * f64::EPSILON * end.abs().max(f64::MIN_POSITIVE);
            if panels > MOST_PANELS || !two.value.is_finite() || (steep && step <= shortest) {
                return Err(Error::NoConvergence {
                    what: format!("the constant of a law along dynamics at κ = {kappa}"),
                    reached: step,
                    wanted: shortest,
                });
            }
            if (rough || steep) && step > shortest {
                step *= if steep { (0.5_f64).min(0.9 * EXPONENT_PER_PANEL / two.growth.size) } else { 0.5 };
                continue;
            }
            coarse += one.value;
            fine += two.value;
            sensitivity += two.sensitivity;
            sum.value += two.growth.value;
            sum.size += two.growth.size;
            sum.error += defect;
            at = end;
            step *= 2.0;
            if contraction.never_expands && sum.value > LAST_EXPONENT {
                stopped = at < last;
                break 'panels;
            }
        }
    }
    // Nodes, weights and sums of the exponent round; the rate itself is known to relative_error.
    let relative = 32.0 * f64::EPSILON + contraction.relative_error;
    let error =
        (fine - coarse).abs() + 64.0 * f64::EPSILON * fine + sensitivity * relative + fine * sum.error;
    let exponent_error = sum.error + relative * sum.size;
    let decay = if stopped {
        Enclosure::from_interval(
            Interval::new(0.0, core_math::exp(-sum.value + exponent_error)),
            Evidence::Converged,
        )
    } else {
        Enclosure::around(-sum.value, exponent_error, Evidence::Converged).exp()
    };
    // The rest of the range, of length at most 1 in t, has at most the weight of its end.
    let tail = if stopped { decay.hi() } else { 0.0 };
    let noise = Enclosure::from_interval(
        Interval::new((fine - error).max(0.0), fine + error + tail),
        Evidence::Converged,
    );
    Ok(decay * initial + noise * (source / Enclosure::exact(kappa)))
}

/// `2∫ρ dτ` over some range.
#[derive(Clone, Copy, Default)]
struct Exponent {
    value: f64,
    /// The same with `|ρ|`: the scale of its rounding error.
    size: f64,
    error: f64,
}

/// What one rule finds on one panel.
struct PanelSum {
    growth: Exponent,
    /// `∫ e^{−2∫ρ} dt`.
    value: f64,
    /// How much a relative error of ρ changes it.
    sensitivity: f64,
}

impl PanelSum {
    fn new(
        rule: &GaussRule,
        contraction: &Contraction<'_>,
        kappa: f64,
        at: f64,
        end: f64,
        before: &Exponent,
    ) -> Self {
        let (centre, half) = (0.5 * (at + end), 0.5 * (end - at));
        let speeds: Vec<(f64, f64)> = rule
            .nodes
            .iter()
            .map(|x| {
                let angle = centre + half * x;
                let time = contraction.schedule.time_rate(angle);
                (time, 2.0 * (contraction.rate)(angle) * time / kappa)
            })
            .collect();
        let weighted = |f: &dyn Fn(f64) -> f64| -> f64 {
            half * rule.weights.iter().zip(&speeds).map(|(w, s)| w * f(s.1)).sum::<f64>()
        };
        let growth = Exponent { value: weighted(&|s| s), size: weighted(&f64::abs), error: 0.0 };
        let (mut value, mut sensitivity) = (0.0, 0.0);
        for ((weight, row), (time, _)) in rule.weights.iter().zip(&rule.antiderivative).zip(&speeds) {
            let inside: f64 = row.iter().zip(&speeds).map(|(c, s)| c * s.1).sum();
            let term = half * weight * time * core_math::exp(-(before.value + half * inside));
            value += term;
            sensitivity += term * (before.size + growth.size);
        }
        Self { growth, value, sensitivity }
    }
}

/// Bound for `C_LS(q)` at time `until` of annealed Langevin dynamics with slowness `kappa` along a
/// Gaussian path, started at time `from` (times of the path, in `[0, 1]`) in a law with
/// log-Sobolev constant at most `initial_constant`; normalisation `Ent(f²) ≤ C ∫|∇f|²`.
///
/// ```
/// use dald::enclosure::Enclosure;
/// use dald::inequality::log_sobolev_along_dynamics;
/// use dald::measure::gaussian::Gaussian;
/// use dald::path::{GaussianPath, Schedule};
/// // The path from γ to γ stands still, and γ is invariant.
/// let path = GaussianPath::from_standard(Gaussian::standard(3)?, Schedule::cosine())?;
/// let constant = log_sobolev_along_dynamics(&path, 1e-3, 0.0, 1.0, Enclosure::exact(2.0))?;
/// assert!(constant.contains(2.0) && constant.relative_width() < 1e-9);
/// # Ok::<(), dald::error::Error>(())
/// ```
///
/// # Errors
/// Those of [`Contraction::of_annealed_langevin`] and [`contracted_constant`].
pub fn log_sobolev_along_dynamics(
    path: &GaussianPath,
    kappa: f64,
    from: f64,
    until: f64,
    initial_constant: Enclosure,
) -> Result<Enclosure> {
    const SOURCE: f64 = 4.0;
    let contraction = Contraction::of_annealed_langevin(path, from, until)?;
    contracted_constant(&contraction, kappa, SOURCE, initial_constant)
}

/// Bound for `C_P(q)`, as [`log_sobolev_along_dynamics`]; normalisation `Var(f) ≤ C ∫|∇f|²`.
///
/// # Errors
/// As [`log_sobolev_along_dynamics`].
pub fn poincare_along_dynamics(
    path: &GaussianPath,
    kappa: f64,
    from: f64,
    until: f64,
    initial_constant: Enclosure,
) -> Result<Enclosure> {
    const SOURCE: f64 = 2.0;
    let contraction = Contraction::of_annealed_langevin(path, from, until)?;
    contracted_constant(&contraction, kappa, SOURCE, initial_constant)
}

/// One number `C*` that bounds `C_LS(q_τ)` at every time of annealed Langevin dynamics between
/// `from` and `until`, whatever its slowness: `max(C_LS(q_0), 2 max λ_max(Σ_t))`.
///
/// The bound `C(τ)` of [`log_sobolev_along_dynamics`] solves `C' = −2ρC + 4`, so it falls as soon as
/// it is above `2/ρ = 2λ_max(Σ_t)`; and `λ_max(Σ_t)` is convex in `λ_t`, so its maximum sits at an end.
///
/// # Errors
/// [`Error::Domain`] unless `0 ≤ from ≤ until ≤ 1`; errors of the laws at the ends.
pub fn log_sobolev_ceiling(
    path: &GaussianPath,
    from: f64,
    until: f64,
    initial_constant: Enclosure,
) -> Result<Enclosure> {
    within("start", from, 0.0, until)?;
    within("end", until, from, 1.0)?;
    [from, until].into_iter().try_fold(initial_constant, |largest, t| {
        let law = path.law(t)?;
        // The rounded covariance differs by law_rounding as a quadratic form relative to itself.
        let rounding = Interval::around(1.0, GaussianPath::law_rounding(&law));
        Ok(largest.max(law.log_sobolev_constant() * Enclosure::certified(rounding)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;

    /// Agreement of the kernel with routes that are exact or accurate to some 1e-12.
    const AGREEMENT: f64 = 1e-10;

    fn matrix(entries: &[f64], d: usize) -> DMatrix<f64> {
        DMatrix::from_row_slice(d, d, entries)
    }

    /// A covariance that does not commute with [`other_covariance`].
    fn covariance() -> Gaussian {
        Gaussian::new(vec![0.5, -1.0].into(), matrix(&[2.0, 0.7, 0.7, 0.5], 2)).unwrap()
    }

    fn other_covariance() -> Gaussian {
        Gaussian::new(vec![0.0, 0.0].into(), matrix(&[0.25, -0.1, -0.1, 3.0], 2)).unwrap()
    }

    /// `C' = (−2ρC + source)/κ` by the classical Runge-Kutta scheme in time.
    fn by_runge_kutta(
        path: &GaussianPath,
        kappa: f64,
        from: f64,
        source: f64,
        initial: f64,
        steps: u32,
    ) -> f64 {
        let slope = |t: f64, c: f64| {
            let top = path.covariance(t).unwrap().map(Enclosure::mid).symmetric_eigenvalues().max();
            (source - 2.0 * c / top) / kappa
        };
        let h = (1.0 - from) / f64::from(steps);
        (0..steps).fold(initial, |c, i| {
            let t = from + h * f64::from(i);
            let one = slope(t, c);
            let two = slope(t + 0.5 * h, c + 0.5 * h * one);
            let three = slope(t + 0.5 * h, c + 0.5 * h * two);
            let four = slope((t + h).min(1.0), c + h * three);
            c + h / 6.0 * (one + 2.0 * two + 2.0 * three + four)
        })
    }

    #[test]
    fn the_differential_equation_is_solved() {
        for schedule in [Schedule::linear(), Schedule::cosine(), Schedule::ornstein_uhlenbeck(1.0).unwrap()] {
            let commuting = GaussianPath::new(
                Gaussian::diagonal(vec![1.0, 0.0], vec![0.25, 3.0]).unwrap(),
                Gaussian::diagonal(vec![0.0, 0.0], vec![2.0, 0.5]).unwrap(),
                schedule.clone(),
            );
            let dense = GaussianPath::new(covariance(), other_covariance(), schedule);
            for path in [commuting.unwrap(), dense.unwrap()] {
                for kappa in [0.3, 2.0] {
                    let found =
                        log_sobolev_along_dynamics(&path, kappa, 0.0, 1.0, Enclosure::exact(5.0)).unwrap();
                    let (rough, fine) = (
                        by_runge_kutta(&path, kappa, 0.0, 4.0, 5.0, 500),
                        by_runge_kutta(&path, kappa, 0.0, 4.0, 5.0, 1000),
                    );
                    // At the kink of λ_max of commuting paths the scheme is of second order only.
                    let discretisation = 2.0 * (rough - fine).abs();
                    assert!(
                        (found.mid() - fine).abs() <= discretisation + AGREEMENT * fine,
                        "{path} κ={kappa}: {found} {rough} {fine}"
                    );
                    assert!(found.relative_width() < AGREEMENT, "{path} κ={kappa}: {found}");
                }
            }
        }
    }

    #[test]
    fn an_invariant_law_keeps_its_constant_for_every_slowness_and_schedule() {
        for variance in [1e-6, 0.3, 1e4] {
            let law = Gaussian::isotropic(vec![0.0; 2], variance).unwrap();
            for schedule in Schedule::examples() {
                let path = GaussianPath::new(law.clone(), law.clone(), schedule).unwrap();
                for kappa in [1e-6, 1e-3, 1.0, 1e3] {
                    let start = law.log_sobolev_constant();
                    let end = log_sobolev_along_dynamics(&path, kappa, 0.0, 1.0, start).unwrap();
                    assert!(end.contains(start.mid()), "{path} κ={kappa}: {end}");
                    assert!(end.relative_width() < AGREEMENT, "{path} κ={kappa}: {end}");
                    let half = poincare_along_dynamics(&path, kappa, 0.0, 1.0, start * 0.5).unwrap() * 2.0;
                    assert!(half.contains(start.mid()));
                }
            }
        }
    }

    #[test]
    fn slow_dynamics_forgets_its_start_and_the_ceiling_holds() {
        for schedule in Schedule::examples() {
            for (target, base) in [
                (covariance(), Gaussian::standard(2).unwrap()),
                (covariance(), other_covariance()),
                (other_covariance(), covariance()),
            ] {
                let path = GaussianPath::new(target, base, schedule.clone()).unwrap();
                let initial = path.base().log_sobolev_constant();
                let ceiling = log_sobolev_ceiling(&path, 0.0, 1.0, initial).unwrap();
                for kappa in [1e-3, 0.1, 10.0] {
                    let constant = log_sobolev_along_dynamics(&path, kappa, 0.0, 1.0, initial).unwrap();
                    assert!(constant.relative_width() < AGREEMENT, "{path} κ={kappa}: {constant}");
                    assert!(constant.lo() <= ceiling.hi(), "{path} κ={kappa}: {constant} {ceiling}");
                    if kappa == 1e-3 {
                        // 2λ_max(Σ_1) up to a few κ·λ_max·(slope of λ_max).
                        let limit = path.target().log_sobolev_constant().mid();
                        let lag = 32.0 * kappa * limit * ceiling.hi();
                        assert!((constant.mid() - limit).abs() < lag, "{path}: {constant} {limit}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_expanding_drift_is_integrated_too() {
        // ρ = −1/2 throughout: C(1/κ) = (C_0 + 4)e^{1/κ} − 4.
        let schedule = Schedule::cosine();
        let panels = Channel::from_standard(0.0, 1.0).panels(&schedule, 0.0, schedule.angle(0.0));
        let contraction = Contraction::new(&schedule, panels, |_| -0.5, 0.0, false).unwrap();
        let constant = contracted_constant(&contraction, 0.25, 4.0, Enclosure::exact(2.0)).unwrap();
        let expected = 6.0 * 4_f64.exp() - 4.0;
        assert!((constant.mid() / expected - 1.0).abs() < AGREEMENT && constant.relative_width() < AGREEMENT);
        assert!(contracted_constant(&contraction, 1e-6, 4.0, Enclosure::exact(2.0)).is_err());
    }

    #[test]
    fn bad_arguments_are_refused() {
        let path = GaussianPath::from_standard(covariance(), Schedule::linear()).unwrap();
        let two = Enclosure::exact(2.0);
        for (kappa, from, until, initial) in [
            (0.0, 0.0, 1.0, two),
            (f64::NAN, 0.0, 1.0, two),
            (1.0, 0.5, 0.25, two),
            (1.0, f64::NAN, 1.0, two),
            (1.0, 0.0, 2.0, two),
            (1.0, 0.0, 1.0, -two),
            (1.0, 0.0, 1.0, Enclosure::infinite(Evidence::Exact)),
        ] {
            assert!(log_sobolev_along_dynamics(&path, kappa, from, until, initial).is_err());
        }
        let still = log_sobolev_along_dynamics(&path, 1.0, 0.5, 0.5, two).unwrap();
        assert!(still.contains(2.0) && still.width() < AGREEMENT);
        assert!(Contraction::new(path.schedule(), vec![0.5, 0.1], |_| 1.0, 0.0, true).is_err());
        assert!(Contraction::new(path.schedule(), vec![], |_| 1.0, 0.0, true).is_err());
    }

    /// `e^{−2ρT}C + s(1 − e^{−2ρT})/(2ρ)` with `T = (1 − from)/κ`: a constant rate.
    fn at_constant_rate(rate: f64, source: f64, time: f64, initial: f64) -> f64 {
        let decay = (-2.0 * rate * time).exp();
        decay * initial + source * (1.0 - decay) / (2.0 * rate)
    }

    #[test]
    fn constant_rates_have_their_closed_form_and_take_few_panels() {
        let schedule = Schedule::linear();
        let from = 0.2;
        let panels = vec![0.0, schedule.angle(from)];
        for (rate, kappa) in [(0.7, 1.0), (-0.9, 0.5), (40.0, 0.1), (-3.0, 0.2), (5.0, 1e-3)] {
            let calls = std::sync::atomic::AtomicUsize::new(0);
            let counted = |_: f64| {
                calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                rate
            };
            let contraction = Contraction::new(&schedule, panels.clone(), counted, 0.0, rate >= 0.0).unwrap();
            let found = contracted_constant(&contraction, kappa, 3.0, Enclosure::exact(1.5)).unwrap();
            let exact = at_constant_rate(rate, 3.0, (1.0 - from) / kappa, 1.5);
            assert!((found.mid() - exact).abs() <= AGREEMENT * exact, "{rate} {kappa}: {found} {exact}");
            assert!(found.relative_width() < AGREEMENT, "{rate} {kappa}: {found}");
            // Forty values a panel, on which the exponent grows by twelve at most; those that are given up, and the first,
            // smaller ones, cost as much again. Nothing is looked at beyond an exponent of 440.
            let exponent =
                (2.0 * rate * (1.0 - from) / kappa).abs().min(if rate > 0.0 { 440.0 } else { f64::MAX });
            let most = 40.0 * (4.0 + 4.0 * exponent / 12.0);
            let calls = calls.load(std::sync::atomic::Ordering::Relaxed);
            assert!(calls >= 40 && calls as f64 <= most, "{rate} {kappa}: {calls} values, at most {most}");
        }
    }

    #[test]
    fn an_error_of_the_rate_is_felt_as_much_as_it_is() {
        let schedule = Schedule::linear();
        let (rate, kappa, error) = (0.8, 0.5, 1e-3);
        let contraction =
            Contraction::new(&schedule, vec![0.0, schedule.angle(0.0)], |_| rate, error, true).unwrap();
        let found = contracted_constant(&contraction, kappa, 4.0, Enclosure::exact(3.0)).unwrap();
        let ends =
            [-1.0, 1.0].map(|sign| at_constant_rate(rate * (1.0 + sign * error), 4.0, 1.0 / kappa, 3.0));
        assert!(ends.iter().all(|end| found.contains(*end)), "{found} {ends:?}");
        // The bound adds what cancels: the decay of the initial constant and the growth of the rest.
        assert!(found.width() < 12.0 * (ends[0] - ends[1]).abs(), "{found} {ends:?}");
        // A memory of nothing but the last e^{−440}.
        let long = Contraction::new(&schedule, vec![0.0, schedule.angle(0.0)], |_| 1e6, 0.0, true).unwrap();
        let found = contracted_constant(&long, 1e-3, 4.0, Enclosure::exact(1e9)).unwrap();
        assert!((found.mid() - 2e-6).abs() < AGREEMENT * 2e-6, "{found}");
        for bad in [0.0, f64::NAN, -1.0] {
            assert!(contracted_constant(&long, bad, 4.0, Enclosure::exact(1.0)).is_err());
            assert!(contracted_constant(&long, 1.0, bad, Enclosure::exact(1.0)).is_err());
        }
        assert!(contracted_constant(&long, 1.0, 4.0, Enclosure::exact(-1.0)).is_err());
    }
}
