//! Scores of laws as functions of points, many points at a time, and paths of laws that have them.

use crate::error::{Error, Result};
use crate::numerics::vector::Units;

/// The score of one law.
pub trait Score: Send + Sync {
    /// Dimension d.
    fn dim(&self) -> usize;

    /// `∇log p` at `lanes` points side by side: `points` and `scores` have the shape `[d, lanes]`, a row per
    /// coordinate. The score of a point must not depend on the other points, on their number or on the units.
    /// `scratch` may hold anything and be left in any state.
    fn scores(&self, units: Units, lanes: usize, points: &[f64], scores: &mut [f64], scratch: &mut Vec<f64>);

    /// A rate `a ≥ 0` for which `∇log p(x) + ax` varies little: what an exponential integrator treats exactly. With 0, which is what
    /// a score has that does not say, that integrator is Euler-Maruyama's.
    fn linear_rate(&self) -> f64 {
        0.0
    }

    /// The steepest descent of the score, a bound for `−λ_min(∇²log p)` or an estimate of it: explicit steps have to
    /// be shorter than 2 over it. Infinite where nothing is known.
    fn steepest(&self) -> f64 {
        f64::INFINITY
    }

    /// `∇log p(x)`, shape `[d]`, for a point of shape `[d]`.
    fn score(&self, x: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; x.len()];
        self.scores(Units::baseline(), 1, x, &mut out, &mut Vec::new());
        out
    }
}

impl<S: Score + ?Sized> Score for Box<S> {
    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn scores(&self, units: Units, lanes: usize, points: &[f64], scores: &mut [f64], scratch: &mut Vec<f64>) {
        (**self).scores(units, lanes, points, scores, scratch);
    }

    fn linear_rate(&self) -> f64 {
        (**self).linear_rate()
    }

    fn steepest(&self) -> f64 {
        (**self).steepest()
    }
}

/// The law at which chains begin, as a function of uniform and normal variates.
pub trait Start: Send + Sync {
    /// Turns standard normal vectors into points of the law: `points`, of shape `[d, lanes]`, holds the normal
    /// variates at first and the points afterwards; `uniforms`, of the same shape, are uniform on `[0, 1)`.
    fn place(&self, lanes: usize, uniforms: &[f64], points: &mut [f64]);
}

/// The standard normal law.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StandardStart;

impl Start for StandardStart {
    fn place(&self, _lanes: usize, _uniforms: &[f64], _points: &mut [f64]) {}
}

/// A path of laws with a score at every time.
pub trait PathScore: Sync {
    /// The score at one time.
    type At: Score;

    /// Dimension d.
    fn dim(&self) -> usize;

    /// The score of `p_t`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `t ∈ [0, 1]`; errors of the law at `t`.
    fn score_at(&self, t: f64) -> Result<Self::At>;

    /// The law `p_t`, to begin with.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `t ∈ [0, 1]`; [`Error::Undefined`] if no points of `p_t` can be drawn.
    fn start_at(&self, t: f64) -> Result<Box<dyn Start + '_>>;

    /// Bytes that a score takes, roughly. A run keeps as many scores at a time as fit into its memory.
    fn footprint(&self) -> usize {
        8 * self.dim()
    }
}

/// Checks that a vector has the dimension `expected`.
pub(super) fn same_dimension(name: &str, found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(Error::Dimension { name: name.to_owned(), found, expected }) }
}
