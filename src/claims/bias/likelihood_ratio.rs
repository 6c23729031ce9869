//! The mean log-likelihood ratio of the Nelson process against annealed Langevin dynamics, by simulation on the line.

use super::line_instance::LineBiasInstance;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::numerics::false_alarms::standard_errors;
use crate::numerics::stream::stream;
use crate::path::LineSlice;
use rand::RngExt;
use rand_distr::StandardNormal;

/// Pairs of antithetic paths.
const PAIRS: u32 = 1 << 12;
/// Steps of the coarser chain; the finer one has twice as many and the same noise.
const STEPS: u32 = 48;
/// Seed of the noise.
const SEED: u64 = 0x6B31;

/// Mean over Nelson's Euler-Maruyama chain of the logarithm of the ratio of its transition density to that of the chain
/// of annealed Langevin dynamics, both started in the law of the path (Statistical).
///
/// The logarithm is a sum of `log N(x'; x + (s+v̂)h, 2h) − log N(x'; x + sh, 2h)`. The martingale `Σ v̂·√(h/2)·ξ`, whose
/// mean is exactly 0, is subtracted: it carries most of the variance. Steps are extrapolated from two chains on common
/// noise, and all that they differ by is added to the error.
///
/// # Errors
/// [`Error::Hypothesis`] unless the run starts in N(0, 1); those of the slices.
pub fn mean_log_ratio(run: &LineBiasInstance) -> Result<Enclosure> {
    if run.schedule().lambda(run.from) > 0.0 {
        return Err(Error::hypothesis("B1", "a start in the base, which is simple to draw from", run));
    }
    let (coarse, fine) = (Chain::new(run, STEPS)?, Chain::new(run, 2 * STEPS)?);
    let mut random = stream(SEED, "B1/likelihood ratio", 0);
    let (mut sum, mut squares, mut change) = (0.0, 0.0, 0.0);
    let mut noise = vec![0.0; 2 * STEPS as usize];
    for _ in 0..PAIRS {
        let start: f64 = random.sample(StandardNormal);
        noise.fill_with(|| random.sample(StandardNormal));
        let mut value = 0.0;
        for sign in [1.0, -1.0] {
            let finer = fine.log_ratio(sign * start, |k| sign * noise[k]);
            // The sum of two steps' noise.
            let pairs = |k: usize| sign * (noise[2 * k] + noise[2 * k + 1]) * std::f64::consts::FRAC_1_SQRT_2;
            let coarser = coarse.log_ratio(sign * start, pairs);
            value += 0.5 * (2.0 * finer - coarser);
            change += 0.5 * (finer - coarser);
        }
        sum += value;
        squares += value * value;
    }
    let count = f64::from(PAIRS);
    let mean = sum / count;
    let variance = (squares / count - mean * mean).max(0.0);
    let sampling = standard_errors("B1") * (variance / (count - 1.0)).sqrt();
    let steps = (change / count).abs();
    Ok(Enclosure::around(mean, sampling + steps, Evidence::Statistical))
}

/// Slices of the path at the beginnings of equal steps.
struct Chain<'a> {
    slices: Vec<(Box<dyn LineSlice + 'a>, f64)>,
    kappa: f64,
    /// Step in the time of the dynamics.
    step: f64,
}

impl<'a> Chain<'a> {
    fn new(run: &'a LineBiasInstance, steps: u32) -> Result<Self> {
        let length = (run.until - run.from) / f64::from(steps);
        let slices = (0..steps)
            .map(|k| {
                // The drift in the middle of the step: the error of the quadrature in time is of second order.
                let angle = run.schedule().angle(run.from + length * (f64::from(k) + 0.5));
                Ok((run.line.path.curve().slice(angle)?, run.schedule().time_rate(angle)))
            })
            .collect::<Result<_>>()?;
        Ok(Self { slices, kappa: run.kappa, step: length / run.kappa })
    }

    fn log_ratio(&self, start: f64, noise: impl Fn(usize) -> f64) -> f64 {
        let h = self.step;
        let (mut at, mut total) = (start, 0.0);
        for (k, (slice, time_rate)) in self.slices.iter().enumerate() {
            let point = slice.point(at);
            // v = w·dφ/dt, and the angle falls.
            let field = -self.kappa * point.velocity / time_rate;
            let (nelson, langevin) = (at + (point.score + field) * h, at + point.score * h);
            let xi = noise(k);
            let next = nelson + (2.0 * h).sqrt() * xi;
            total += ((next - langevin).powi(2) - (next - nelson).powi(2)) / (4.0 * h);
            total -= field * (0.5 * h).sqrt() * xi;
            at = next;
        }
        total
    }
}
