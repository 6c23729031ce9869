//! Equidistant times of a path.

use crate::error::{Error, Result, positive, within};

/// Equidistant times `t_k = from + k (until − from)/steps` of the path; the dynamics runs in
/// `τ = t/κ`, so its step is `(until − from)/(κ steps)`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Grid {
    from: f64,
    until: f64,
    kappa: f64,
    steps: usize,
}

impl Grid {
    /// `steps` steps from `from` to `until` with slowness `kappa`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ from < until ≤ 1`, κ is finite and positive and there is a step.
    pub fn new(from: f64, until: f64, kappa: f64, steps: usize) -> Result<Self> {
        within("from", from, 0.0, 1.0)?;
        within("until", until, from, 1.0)?;
        positive("until − from", until - from)?;
        positive("kappa", kappa)?;
        if steps == 0 {
            return Err(Error::domain("steps", steps, "at least one step"));
        }
        Ok(Self { from, until, kappa, steps })
    }

    /// Slowness κ.
    pub fn kappa(&self) -> f64 {
        self.kappa
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Time `t_k` of the path at which step `k` begins.
    pub fn time(&self, k: usize) -> f64 {
        self.from + (self.until - self.from) * (k as f64 / self.steps as f64)
    }

    /// Step h of the dynamics.
    pub fn step(&self) -> f64 {
        (self.until - self.from) / (self.kappa * self.steps as f64)
    }
}
