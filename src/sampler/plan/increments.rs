//! Bounds for how much the score of the path changes along the Nelson process within a step.
//!
//! Along `dY = (s + v̂)dτ + √2 dB` Itô's formula gives `ds_τ(Y) = g dτ + √2 ∇s dB` with
//! `g = κ(∂_t s + ∇s·v) + (Δs + ∇s·s)`. The law of `Y_τ` is `p̂_τ`, so with norms in `L²(p_t)`
//! `Σ_k∫E|s_τ(Y_τ) − s_k(Y_{τ_k})|²dτ ≤ (√M + (h/√2)‖g‖)²`, where `M = 2Σ_k∫(τ_{k+1} − u)‖∇s_u‖² du` is at most
//! `(h/κ)∫‖∇s_t‖² dt` plus `h²/2` of the total variation of `‖∇s_t‖²`, and `‖g‖` is the norm over all of `[0, 1/κ]`.

use super::{Kind, PlanPath};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::numerics::quadrature::GaussRule;
use crate::path::{Channel, LineSlice, Schedule};
use crate::transport::line::MetricDerivative;
use crate::transport::{AngularEnergy, ScoreNormCurves, action};
use rayon::prelude::*;

/// Relative error of the integrals beyond which they count as infinite.
const RESOLVED: f64 = 0.05;
/// Panels towards either end of the path.
const GRADES: i32 = 12;
const ORDER: usize = 8;
/// Points of a law on the line at the two resolutions.
const POINTS: [usize; 2] = [300, 440];

/// Integrals over a path that bound the step of Euler's scheme. All are sums over independent factors.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Increments {
    /// The action `∫‖v_t‖² dt`.
    pub action: Enclosure,
    /// `∫‖∇s_t‖² dt`.
    pub gradient: Enclosure,
    /// Total variation in t of `‖∇s_t‖²`.
    pub variation: Enclosure,
    /// `∫‖∂_t s + ∇s·v‖² dt`.
    pub moving: Enclosure,
    /// `∫‖Δs + ∇s·s‖² dt`.
    pub still: Enclosure,
}

/// Squared norms at one angle: `‖∇s‖²`, `‖Δs + ∇s·s‖²` and, per squared angle, `‖∂s + ∇s·v‖²`.
type Norms = [f64; 3];

impl Increments {
    /// The integrals over a path.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] where an integral is infinite or looks so; those of the slices.
    pub fn of(path: &PlanPath) -> Result<Self> {
        let zero = Enclosure::exact(0.0);
        let mut sum = Self { action: zero, gradient: zero, variation: zero, moving: zero, still: zero };
        let (schedule, start) = (path.schedule(), path.start());
        for factor in &path.factors {
            match &factor.kind {
                Kind::Gaussian(gaussian) => {
                    sum.action = sum.action + action(gaussian, start, 1.0)?;
                    let channels = gaussian.channels().ok_or_else(|| {
                        Error::domain("base", gaussian, "a covariance that commutes with the target's")
                    })?;
                    for channel in &channels {
                        sum.add(schedule, start, &|angle, _| Ok(gaussian_norms(channel, angle)))?;
                    }
                }
                Kind::Line(line, _) => {
                    let range = (0.0, schedule.angle(start));
                    let action = MetricDerivative::of(line.curve(), range)?.action(schedule, start, 1.0)?;
                    sum.action = sum.action + action;
                    sum.add(schedule, start, &|angle, points| {
                        line_norms(&*line.curve().slice(angle)?, points)
                    })?;
                }
                Kind::Plane(path, _) => {
                    let action = AngularEnergy::metric_derivative(path)?.whole(schedule, start)?;
                    sum.action = sum.action + action;
                    let curves = ScoreNormCurves::of(path)?;
                    sum.add(schedule, start, &|angle, points| {
                        Ok(curves.at(usize::from(points == POINTS[1]), angle))
                    })?;
                }
            }
        }
        if sum.action.is_finite() {
            return Ok(sum);
        }
        let what = "action of the path, which bounds the bias, (it is infinite for this schedule and start)";
        Err(Error::NoConvergence { what: what.to_owned(), reached: f64::INFINITY, wanted: f64::MAX })
    }

    /// Adds a factor, by quadrature in the angle with an error by refinement.
    fn add(
        &mut self,
        schedule: &Schedule,
        start: f64,
        norms: &(dyn Fn(f64, usize) -> Result<Norms> + Sync),
    ) -> Result<()> {
        let coarse = integrals(schedule, start, 1, &|angle| norms(angle, POINTS[0]))?;
        let fine = integrals(schedule, start, 2, &|angle| norms(angle, POINTS[1]))?;
        let mut found = [Enclosure::exact(0.0); 4];
        for ((entry, a), b) in found.iter_mut().zip(coarse).zip(fine) {
            let error = (a - b).abs();
            // Several times the rounding of sums of some hundred terms.
            let rounding = 1e-12 * b.abs();
            if error > RESOLVED * b.abs() + rounding || error.is_nan() {
                let what = "a norm of the score along the path, which bounds the step,".to_owned();
                return Err(Error::NoConvergence { what, reached: error, wanted: RESOLVED * b.abs() });
            }
            *entry = Enclosure::around(b, error + rounding, Evidence::Converged);
        }
        self.gradient = self.gradient + found[0];
        self.still = self.still + found[1];
        self.moving = self.moving + found[2];
        self.variation = self.variation + found[3];
        Ok(())
    }

    /// `κA/4`.
    pub fn bias_term(&self, kappa: f64) -> Enclosure {
        self.action * (0.25 * kappa)
    }

    /// Bound for `¼Σ_k∫E|s_τ(Y_τ) − s_k(Y_{τ_k})|²dτ` for steps of `step`.
    pub fn step_term(&self, kappa: f64, step: f64) -> Enclosure {
        let martingale = self.gradient * (step / kappa) + self.variation * (0.5 * step * step);
        let drift = self.moving.sqrt() * kappa.sqrt() + self.still.sqrt() * (1.0 / kappa.sqrt());
        (martingale.sqrt() + drift * (step * std::f64::consts::FRAC_1_SQRT_2)).square() * 0.25
    }
}

/// `∫‖∇s‖²dt`, `∫‖Δs + ∇s·s‖²dt`, `∫‖∂_t s + ∇s·v‖²dt` and the variation of `‖∇s‖²`.
fn integrals(
    schedule: &Schedule,
    start: f64,
    parts: u32,
    norms: &(dyn Fn(f64) -> Result<Norms> + Sync),
) -> Result<[f64; 4]> {
    let end = schedule.angle(start);
    let mut edges = vec![0.0, end];
    for grade in 1..GRADES {
        let share = 0.5 * 0.5_f64.powi(grade - 1);
        edges.extend([end * share, end * (1.0 - share)]);
    }
    edges.extend(schedule.angle_breaks().into_iter().filter(|a| *a < end));
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    let rule = GaussRule::new(ORDER);
    let mut nodes: Vec<(f64, f64)> = Vec::new();
    for pair in edges.windows(2) {
        let width = (pair[1] - pair[0]) / f64::from(parts);
        for part in 0..parts {
            let a = pair[0] + width * f64::from(part);
            let mut at = Vec::new();
            rule.integrate(a, a + width, |x| {
                at.push(x);
                0.0
            });
            // The weight of a node is the integral of its indicator.
            for &x in &at {
                let weight = rule.integrate(a, a + width, |y| f64::from(u8::from(y == x)));
                nodes.push((x, weight));
            }
        }
    }
    let values = nodes.par_iter().map(|(angle, _)| norms(*angle)).collect::<Result<Vec<_>>>()?;
    let mut sums = [0.0; 4];
    for ((angle, weight), [gradient, still, moving]) in nodes.iter().zip(&values) {
        let rate = schedule.time_rate(*angle);
        sums[0] += weight * rate * gradient;
        sums[1] += weight * rate * still;
        sums[2] += weight * moving / rate;
    }
    let mut ordered: Vec<(f64, f64)> = nodes.iter().zip(&values).map(|(n, v)| (n.0, v[0])).collect();
    ordered.sort_by(|x, y| x.0.total_cmp(&y.0));
    sums[3] = ordered.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).sum();
    Ok(sums)
}

/// With the precision P: `P²`, `P³` and `P³(dσ²/dφ)²/4`.
pub(super) fn gaussian_norms(channel: &Channel, angle: f64) -> Norms {
    let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
    let precision = 1.0 / channel.variance_between(sine, cosine);
    let rate = 2.0 * sine * cosine * (channel.base_variance.mid() - channel.target_variance.mid());
    let cube = precision.powi(3);
    [precision * precision, cube, 0.25 * cube * rate * rate]
}

/// Mass on either side of a window.
const BEYOND: f64 = 1e-11;

/// The norms of a law on the line, by the trapezoid rule, derivatives by differences of order six.
pub(super) fn line_norms(slice: &dyn LineSlice, points: usize) -> Result<Norms> {
    let (lo, hi) = slice.window(BEYOND);
    let spacing = (hi - lo) / points as f64;
    let values: Vec<_> = (0..=points + 6).map(|i| slice.point(lo + (i as f64 - 3.0) * spacing)).collect();
    let mut sums = [0.0; 3];
    for seven in values.windows(7) {
        let derivative = |f: &dyn Fn(usize) -> f64| {
            (45.0 * (f(4) - f(2)) - 9.0 * (f(5) - f(1)) + (f(6) - f(0))) / (60.0 * spacing)
        };
        let at = seven[3];
        let weight = spacing * core_math::exp(at.log_density);
        if weight == 0.0 {
            continue;
        }
        let still = derivative(&|i| seven[i].curvature) + at.score * at.curvature;
        let moving = derivative(&|i| seven[i].log_density_rate) + at.curvature * at.velocity;
        for (sum, x) in sums.iter_mut().zip([at.curvature, still, moving]) {
            *sum += weight * x * x;
        }
    }
    if sums.iter().all(|sum| sum.is_finite()) {
        Ok(sums)
    } else {
        let reason = "the score of the path has no finite derivatives".to_owned();
        Err(Error::Undefined { what: "a bound for the step".to_owned(), reason })
    }
}
