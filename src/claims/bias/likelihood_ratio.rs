//! The mean log-likelihood ratio of the Nelson process against annealed Langevin dynamics, by simulation on the line and in the
//! plane.

use super::line_instance::LineBiasInstance;
use super::plane_instance::PlaneBiasInstance;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::numerics::false_alarms::standard_errors;
use crate::numerics::stream::stream;
use crate::path::Schedule;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// Steps of the coarser chain; the finer one has twice as many and the same noise.
const STEPS: u32 = 48;
/// Seed of the noise.
const SEED: u64 = 0x6B31;

/// Score and drift v̂ of the dynamics in a point, at one step.
type Step<'a, const D: usize> = Box<dyn Fn(&[f64; D]) -> [[f64; D]; 2] + 'a>;

/// The logarithm's mean on the line, see [`mean_log_ratio`].
///
/// # Errors
/// Those of [`mean_log_ratio`].
pub fn on_line(run: &LineBiasInstance) -> Result<Enclosure> {
    const PAIRS: u32 = 1 << 12;
    let (schedule, kappa) = (run.schedule(), run.kappa);
    let step = |angle: f64| -> Result<Step<'_, 1>> {
        let (slice, time_rate) = (run.line.path.curve().slice(angle)?, schedule.time_rate(angle));
        Ok(Box::new(move |at| {
            let point = slice.point(at[0]);
            // v = w·dφ/dt, and the angle falls.
            [[point.score], [-kappa * point.velocity / time_rate]]
        }))
    };
    mean_log_ratio(run, schedule, kappa, (run.from, run.until), PAIRS, step)
}

/// The logarithm's mean in the plane, see [`mean_log_ratio`].
///
/// # Errors
/// Those of [`mean_log_ratio`].
pub fn in_the_plane(run: &PlaneBiasInstance) -> Result<Enclosure> {
    let (schedule, kappa) = (&run.schedule, run.kappa);
    let step = |angle: f64| -> Result<Step<'_, 2>> {
        let (slice, time_rate) = (run.path.slice(angle)?, schedule.time_rate(angle));
        Ok(Box::new(move |at| {
            let (_, score, velocity) = slice.first_order(at);
            [[score[0], score[1]], [0, 1].map(|i| -kappa * velocity[i] / time_rate)]
        }))
    };
    mean_log_ratio(run, schedule, kappa, (0.0, 1.0), run.pairs, step)
}

/// Mean over Nelson's Euler-Maruyama chain of the logarithm of the ratio of its transition density to that of the chain
/// of annealed Langevin dynamics, both started in `N(0, I)`, the law of the path (Statistical: a normal confidence interval of the
/// claim's share of the suite's probability of false alarm).
///
/// The logarithm is a sum of `log N(x'; x + (s+v̂)h, 2h) − log N(x'; x + sh, 2h)`. The martingale `Σ v̂·√(h/2)·ξ`, whose
/// mean is exactly 0, is subtracted: it carries most of the variance. Steps are extrapolated from two chains on common
/// noise, and all that they differ by is added to the error. Paths come in antithetic pairs.
///
/// # Errors
/// [`Error::Hypothesis`] unless the run starts in `N(0, I)`; those of the slices.
fn mean_log_ratio<'a, const D: usize>(
    run: &dyn fmt::Display,
    schedule: &Schedule,
    kappa: f64,
    (from, until): (f64, f64),
    pairs: u32,
    step: impl Fn(f64) -> Result<Step<'a, D>>,
) -> Result<Enclosure> {
    if schedule.lambda(from) > 0.0 {
        return Err(Error::hypothesis("B1", "a start in the base, which is simple to draw from", run));
    }
    let chain = |steps: u32| -> Result<Chain<'a, D>> {
        let length = (until - from) / f64::from(steps);
        // The drift in the middle of the step: the error of the quadrature in time is of second order.
        let angle = |k: u32| schedule.angle(from + length * (f64::from(k) + 0.5));
        Ok(Chain { steps: (0..steps).map(|k| step(angle(k))).collect::<Result<_>>()?, step: length / kappa })
    };
    let (coarse, fine) = (chain(STEPS)?, chain(2 * STEPS)?);
    let mut random = stream(SEED, "B1/likelihood ratio", D as u64 - 1);
    let (mut sum, mut squares, mut change) = (0.0, 0.0, 0.0);
    let mut noise = vec![[0.0; D]; 2 * STEPS as usize];
    for _ in 0..pairs {
        let mut normal = || std::array::from_fn::<f64, D, _>(|_| random.sample(StandardNormal));
        let start = normal();
        noise.fill_with(normal);
        let mut value = 0.0;
        for sign in [1.0, -1.0] {
            let signed = |v: [f64; D]| v.map(|x| sign * x);
            let finer = fine.log_ratio(signed(start), |k| signed(noise[k]));
            // The sum of two steps' noise.
            let joined = |k: usize| {
                let (a, b) = (noise[2 * k], noise[2 * k + 1]);
                signed(std::array::from_fn(|i| (a[i] + b[i]) * std::f64::consts::FRAC_1_SQRT_2))
            };
            let coarser = coarse.log_ratio(signed(start), joined);
            value += 0.5 * (2.0 * finer - coarser);
            change += 0.5 * (finer - coarser);
        }
        sum += value;
        squares += value * value;
    }
    let count = f64::from(pairs);
    let mean = sum / count;
    let variance = (squares / count - mean * mean).max(0.0);
    let sampling = standard_errors("B1") * (variance / (count - 1.0)).sqrt();
    let steps = (change / count).abs();
    Ok(Enclosure::around(mean, sampling + steps, Evidence::Statistical))
}

/// The drifts in the middle of equal steps.
struct Chain<'a, const D: usize> {
    steps: Vec<Step<'a, D>>,
    /// Step in the time of the dynamics.
    step: f64,
}

impl<const D: usize> Chain<'_, D> {
    fn log_ratio(&self, start: [f64; D], noise: impl Fn(usize) -> [f64; D]) -> f64 {
        let h = self.step;
        let (mut at, mut total) = (start, 0.0);
        for (k, drifts) in self.steps.iter().enumerate() {
            let ([score, field], xi) = (drifts(&at), noise(k));
            for i in 0..D {
                let (nelson, langevin) = (at[i] + (score[i] + field[i]) * h, at[i] + score[i] * h);
                let next = nelson + (2.0 * h).sqrt() * xi[i];
                total += ((next - langevin).powi(2) - (next - nelson).powi(2)) / (4.0 * h);
                total -= field[i] * (0.5 * h).sqrt() * xi[i];
                at[i] = next;
            }
        }
        total
    }
}
