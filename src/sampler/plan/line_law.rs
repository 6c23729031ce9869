//! The law of a chain on the line at its end, and Girsanov's bound for it, by transition densities.

use super::KERNEL_ROUNDING;
use super::kernel::{Density, Resolution};
use super::search::window;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Result, positive};
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::vector::Units;
use crate::path::{LinePath, LineSlice, SlicePoint};
use crate::sampler::{Grid, PathScore, Score};

/// Parts of a step in which the Nelson process is followed.
const PARTS: [usize; 4] = [2, 4, 8, 16];

/// The law of an Euler-Maruyama chain on the line at the end of its grid, at two resolutions.
pub struct LineChainLaw {
    fine: Density,
    finest: Density,
}

impl LineChainLaw {
    /// The chain starts with the law of the path, moves by `h·drift` and adds normal variables of variance `noise·2h`; `noise` is 1
    /// for the dynamics of the program.
    ///
    /// # Errors
    /// [`crate::error::Error::Domain`] unless `noise` is finite and positive; those of the drift and of
    /// [`chain_divergence`](super::chain_divergence).
    pub fn new<P>(path: &LinePath, drift: &P, grid: &Grid, noise: f64) -> Result<Self>
    where
        P: PathScore,
        P::At: Score,
    {
        let variance = positive("noise", noise)? * 2.0 * grid.step();
        let window = window(path, grid.time(0))?;
        let start = path.curve().slice(path.schedule().angle(grid.time(0)))?;
        let at = |resolution: Resolution| -> Result<Density> {
            let mut density = Density::new(&*start, window, variance, resolution)?;
            let points = density.points().to_vec();
            let (mut values, mut scratch) = (vec![0.0; points.len()], Vec::new());
            for k in 0..grid.steps() {
                let score = drift.score_at(grid.time(k))?;
                score.scores(Units::widest(), points.len(), &points, &mut values, &mut scratch);
                density.step(&values, grid.step(), variance);
            }
            Ok(density)
        };
        Ok(Self { fine: at(Resolution::FINE)?, finest: at(Resolution::FINEST)? })
    }

    /// `E f(X)` over the grid (Converged). What left the grid is not in it: see [`LineChainLaw::mass`].
    pub fn expectation(&self, f: impl Fn(f64) -> f64) -> Enclosure {
        let [fine, finest] = [&self.fine, &self.finest].map(|law| law.integral(&f));
        Self::between(fine, finest)
    }

    /// The mass that is still on the grid.
    pub fn mass(&self) -> Enclosure {
        self.expectation(|_| 1.0)
    }

    /// `∫p log(p/q) − p + q` for the density p of a slice and that of the chain q (Converged).
    pub fn divergence_from(&self, slice: &dyn LineSlice) -> Enclosure {
        Self::between(self.fine.divergence_from(slice), self.finest.divergence_from(slice))
    }

    fn between(fine: f64, finest: f64) -> Enclosure {
        Enclosure::around(finest, (finest - fine).abs() + KERNEL_ROUNDING, Evidence::Converged)
    }
}

/// `KL(p_until|law of the Euler-Maruyama chain)` on the line for any drift, by transition densities (Converged); the chain starts
/// with the law of the path.
///
/// # Errors
/// Those of the drift and of [`chain_divergence`](super::chain_divergence).
pub fn line_chain_divergence<P>(path: &LinePath, drift: &P, grid: &Grid) -> Result<Enclosure>
where
    P: PathScore,
    P::At: Score,
{
    let law = LineChainLaw::new(path, drift, grid, 1.0)?;
    let end = path.curve().slice(path.schedule().angle(grid.time(grid.steps())))?;
    Ok(law.divergence_from(&*end))
}

/// `¼Σ_k∫E|v̂_τ(Y_τ) + s_τ(Y_τ) − ŝ_k(Y_{τ_k})|²dτ` over the joint law of the Nelson process Y of a path from the standard normal
/// law at two times, `ŝ` the drift of the chain (Converged).
///
/// Within a step the measure `ŝ_k p_{τ_k}` is carried on by the transition densities of the Nelson process in parts of the step,
/// and the integral over τ is a trapezoidal sum over the parts; the result is extrapolated in the length of a part.
///
/// # Errors
/// Those of the drift, of the slices and of the grid.
pub fn line_girsanov_bound<P>(path: &LinePath, drift: &P, grid: &Grid) -> Result<Enclosure>
where
    P: PathScore,
    P::At: Score,
{
    let window = window(path, grid.time(0))?;
    let mut values = Vec::with_capacity(PARTS.len());
    for parts in PARTS {
        let [fine, finest] = [Resolution::FINE, Resolution::FINEST]
            .map(|resolution| girsanov_with(path, drift, grid, (parts, window, resolution)));
        let (fine, finest) = (fine?, finest?);
        let rounding = KERNEL_ROUNDING * grid.step() * grid.steps() as f64;
        let error = (finest - fine).abs() + rounding;
        values.push((1.0 / parts as f64, Enclosure::around(finest, error, Evidence::Converged)));
    }
    Ok(limit_at_zero(&values))
}

/// `s + κv` at points. Near the target by `v = (λ̇/2λ)(y + s)`, near the base, where λ may vanish, by the field per angle.
fn nelson_drift(path: &LinePath, kappa: f64, t: f64, points: &[f64], at: &[SlicePoint]) -> Vec<f64> {
    let schedule = path.schedule();
    let lambda = schedule.lambda(t);
    let pairs = points.iter().zip(at);
    if lambda > 0.5 {
        let rate = 0.5 * kappa * schedule.lambda_dot(t) / lambda;
        pairs.map(|(y, p)| p.score + rate * (y + p.score)).collect()
    } else {
        // The angle falls.
        let rate = -kappa / schedule.time_rate(schedule.angle(t));
        pairs.map(|(_, p)| p.score + rate * p.velocity).collect()
    }
}

/// The bound with a number of parts, a window and a resolution.
fn girsanov_with<P>(
    path: &LinePath,
    drift: &P,
    grid: &Grid,
    (parts, window, resolution): (usize, (f64, f64), Resolution),
) -> Result<f64>
where
    P: PathScore,
    P::At: Score,
{
    let part = grid.step() / parts as f64;
    let fine = Grid::new(grid.time(0), grid.time(grid.steps()), grid.kappa(), grid.steps() * parts)?;
    let mut sum = 0.0;
    for k in 0..grid.steps() {
        let angle = |j: usize| path.schedule().angle(fine.time(k * parts + j));
        let slice = path.curve().slice(angle(0))?;
        let mut carried = Density::new(&*slice, window, 2.0 * part, resolution)?;
        let points = carried.points().to_vec();
        let mut scores = vec![0.0; points.len()];
        let score = drift.score_at(grid.time(k))?;
        score.scores(Units::widest(), points.len(), &points, &mut scores, &mut Vec::new());
        let own = carried.weighted(|i, _| scores[i] * scores[i]);
        carried.multiply(&scores);
        for j in 0..=parts {
            let slice = path.curve().slice(angle(j))?;
            let at: Vec<_> = points.iter().map(|y| slice.point(*y)).collect();
            let nelson = nelson_drift(path, grid.kappa(), fine.time(k * parts + j), &points, &at);
            let square: f64 = at.iter().zip(&nelson).map(|(p, f)| p.log_density.exp() * f * f).sum();
            let mixed = carried.weighted(|i, _| nelson[i]);
            let value = carried.spacing() * square - 2.0 * mixed + own;
            let weight = if j == 0 || j == parts { 0.5 } else { 1.0 };
            sum += 0.25 * weight * part * value;
            if j < parts {
                carried.step(&nelson, part, 2.0 * part);
            }
        }
    }
    Ok(sum)
}
