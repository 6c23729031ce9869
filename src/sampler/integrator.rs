//! Integrators for annealed Langevin dynamics: a step as a pure function of state and noise.

use super::Grid;
use super::score::{PathScore, Score, same_dimension};
use crate::error::{Error, Result};
use crate::numerics::vector::{Units, aligned};
use rayon::prelude::*;
use std::fmt;
use std::ops::Range;

/// A one-step method for `dX = s_τ(X)dτ + √2 dB`, `s` the score of the path. With step h, score `s_k` at the
/// beginning of the step and a standard normal vector ξ.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Integrator {
    /// `x + h s_k(x) + √(2h) ξ`.
    EulerMaruyama,
    /// `x + h φ s_k(x) + √(2hψ) ξ` with `φ = (1 − e^{−ah})/(ah)` and `ψ = (1 − e^{−2ah})/(2ah)`, where
    /// `a` is [`Score::linear_rate`] of `s_k`: the exact solution over the step of `dX = (−aX + g)dτ + √2 dB`
    /// with `g = s_k(x) + ax` frozen. It is stable for any h as far as `−ax` is concerned; exact for a law
    /// `N(m, I/a)` that does not move. Equal to Euler-Maruyama for `a = 0`.
    Exponential,
    /// `x + ½h (s_k(x) + s_{k+1}(y)) + √(2h) ξ` with `y = x + h s_k(x) + √(2h) ξ` (Platen's scheme of weak order
    /// 2, which for additive noise is this one; Kloeden, Platen, *Numerical Solution of Stochastic
    /// Differential Equations*, 1992, section 15.1). Two scores a step.
    Heun,
}

impl Integrator {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::EulerMaruyama, Self::Exponential, Self::Heun];

    /// Order in h of the error of expectations of smooth functions, for smooth scores.
    pub fn weak_order(self) -> u32 {
        match self {
            Self::EulerMaruyama | Self::Exponential => 1,
            Self::Heun => 2,
        }
    }

    /// Order in h of the error in mean square along a Brownian path, its increments over the steps being
    /// `√h ξ`: 1 for all, as the noise is additive.
    pub fn strong_order(self) -> u32 {
        1
    }

    /// Scores evaluated in a step.
    pub fn scores_per_step(self) -> usize {
        match self {
            Self::EulerMaruyama | Self::Exponential => 1,
            Self::Heun => 2,
        }
    }

    /// The name in files: `euler_maruyama`, `exponential` or `heun`.
    pub fn name(self) -> &'static str {
        match self {
            Self::EulerMaruyama => "euler_maruyama",
            Self::Exponential => "exponential",
            Self::Heun => "heun",
        }
    }

    /// The integrator of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|integrator| integrator.name() == name)
    }
}

impl fmt::Display for Integrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An integrator on (a part of) a grid with its scores frozen, so that stepping is pure arithmetic.
#[derive(Clone, Debug)]
pub struct Scheme<S> {
    integrator: Integrator,
    grid: Grid,
    /// The step that the first score belongs to.
    first: usize,
    scores: Vec<S>,
}

/// Memory for steps, to be used again.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    drift: Vec<f64>,
    predicted: Vec<f64>,
    second: Vec<f64>,
    scratch: Vec<f64>,
}

impl<S: Score> Scheme<S> {
    /// The integrator on all of the grid.
    ///
    /// # Errors
    /// Errors of the scores.
    pub fn new(path: &impl PathScore<At = S>, grid: &Grid, integrator: Integrator) -> Result<Self> {
        Self::window(path, grid, integrator, 0..grid.steps())
    }

    /// The integrator for the steps in a range.
    ///
    /// # Errors
    /// [`Error::Domain`] for a range beyond the grid; errors of the scores.
    pub fn window(
        path: &impl PathScore<At = S>,
        grid: &Grid,
        integrator: Integrator,
        steps: Range<usize>,
    ) -> Result<Self> {
        if steps.end > grid.steps() {
            return Err(Error::domain("steps", steps.end, &format!("at most {}", grid.steps())));
        }
        let ahead = integrator.scores_per_step() - 1;
        let times = steps.start..steps.end + ahead;
        let scores = times.into_par_iter().map(|k| path.score_at(grid.time(k))).collect::<Result<_>>()?;
        Ok(Self { integrator, grid: *grid, first: steps.start, scores })
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.scores.first().map_or(0, Score::dim)
    }

    /// The steps that it can do.
    pub fn steps(&self) -> Range<usize> {
        self.first..self.first + self.scores.len() + 1 - self.integrator.scores_per_step()
    }

    /// The state after step `k` (from 0) for a state and a standard normal noise of shape `[d]`.
    ///
    /// # Errors
    /// [`Error::Domain`] for a step beyond the grid, [`Error::Dimension`] for vectors of another dimension.
    pub fn step(&self, k: usize, state: &[f64], noise: &[f64]) -> Result<Vec<f64>> {
        if !self.steps().contains(&k) {
            return Err(Error::domain("k", k, &format!("a step in {:?}", self.steps())));
        }
        same_dimension("state", state.len(), self.dim())?;
        same_dimension("noise", noise.len(), self.dim())?;
        let mut next = state.to_vec();
        self.advance(k, Units::baseline(), 1, &mut next, noise, &mut Workspace::default());
        Ok(next)
    }

    /// Step `k` of many chains side by side: `states` and `noise` have the shape `[d, lanes]`.
    ///
    /// # Panics
    /// For a step that is not in [`Self::steps`], or if a length is not `d·lanes`.
    pub fn advance(
        &self,
        k: usize,
        units: Units,
        lanes: usize,
        states: &mut [f64],
        noise: &[f64],
        work: &mut Workspace,
    ) {
        let score = &self.scores[k - self.first];
        let h = self.grid.step();
        let size = score.dim() * lanes;
        assert!(states.len() == size && noise.len() == size, "rows of another width");
        let drift = aligned(&mut work.drift, size);
        score.scores(units, lanes, states, drift, &mut work.scratch);
        match self.integrator {
            Integrator::EulerMaruyama => euler_step(units, states, drift, h, noise, (2.0 * h).sqrt()),
            Integrator::Exponential => {
                let ah = score.linear_rate() * h;
                let (phi, psi) = if ah == 0.0 {
                    (1.0, 1.0)
                } else {
                    (-core_math::expm1(-ah) / ah, -core_math::expm1(-2.0 * ah) / (2.0 * ah))
                };
                euler_step(units, states, drift, h * phi, noise, (2.0 * h * psi).sqrt());
            }
            Integrator::Heun => {
                let predicted = aligned(&mut work.predicted, size);
                let second = aligned(&mut work.second, size);
                predicted.copy_from_slice(states);
                let root = (2.0 * h).sqrt();
                euler_step(units, predicted, drift, h, noise, root);
                let next = &self.scores[k + 1 - self.first];
                next.scores(units, lanes, predicted, second, &mut work.scratch);
                heun_step(units, states, [drift, second], 0.5 * h, noise, root);
            }
        }
    }
}

/// `x += a·s + b·ξ`.
fn euler_step(units: Units, x: &mut [f64], s: &[f64], a: f64, noise: &[f64], b: f64) {
    units.run(
        #[inline(always)]
        || {
            for ((x, s), xi) in x.iter_mut().zip(s).zip(noise) {
                *x = *x + a * s + b * xi;
            }
        },
    );
}

/// `x += a·(s + r) + b·ξ`.
fn heun_step(units: Units, x: &mut [f64], drifts: [&[f64]; 2], a: f64, noise: &[f64], b: f64) {
    let [s, r] = drifts;
    units.run(
        #[inline(always)]
        || {
            for (((x, s), r), xi) in x.iter_mut().zip(s).zip(r).zip(noise) {
                *x = *x + a * (s + r) + b * xi;
            }
        },
    );
}

#[cfg(test)]
mod tests;
