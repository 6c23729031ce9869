//! Laws on the line given by a formula, for the claims on perturbations: the formula can be added to and
//! tilted, and no constant of such a law is taken from a table.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::inequality::log_sobolev::{Certificate, maximise};
use crate::measure::line::LineMeasure;
use std::fmt;

/// Density `∝ e^{−V}` on an interval, V a formula in x.
#[derive(Clone, PartialEq, Debug)]
pub struct LineLaw {
    potential: String,
    lo: f64,
    hi: f64,
}

impl LineLaw {
    /// The law with this potential on `(lo, hi)`; whether it is one shows when it is measured.
    pub fn new(potential: impl Into<String>, lo: f64, hi: f64) -> Self {
        Self { potential: potential.into(), lo, hi }
    }

    /// On the whole line.
    pub fn whole(potential: impl Into<String>) -> Self {
        Self::new(potential, f64::NEG_INFINITY, f64::INFINITY)
    }

    /// `e^{−U}μ/Z`.
    #[must_use]
    pub fn perturbed(&self, by: &str) -> Self {
        Self::new(format!("{} + ({by})", self.potential), self.lo, self.hi)
    }

    /// The law conditioned to `(lo, hi)`.
    #[must_use]
    pub fn restricted(&self, lo: f64, hi: f64) -> Self {
        Self::new(self.potential.clone(), self.lo.max(lo), self.hi.min(hi))
    }

    /// The measure.
    ///
    /// # Errors
    /// Those of [`LineMeasure::parse`].
    pub fn measure(&self) -> Result<LineMeasure> {
        LineMeasure::parse(&self.potential, self.lo, self.hi)
    }

    /// The largest value of `Ent(f²)/∫f'²` that a search from many starts finds, with the error of its discretisation
    /// (Converged): below `C_LS`, and equal to it unless the search misses the best function.
    ///
    /// # Errors
    /// Those of the measure and of [`maximise`].
    pub fn maximum(&self) -> Result<Enclosure> {
        Ok(maximise(&self.measure()?)?.value)
    }

    /// `C_LS` between the best function found and `slack` times its quotient, if a supersolution with so many cells
    /// per side proves that; otherwise the upper end is unknown.
    ///
    /// # Errors
    /// Those of the measure, of [`maximise`] and of [`Certificate::search`].
    pub fn proved_constant(&self, slack: f64, cells: usize) -> Result<Enclosure> {
        let measure = self.measure()?;
        let found = maximise(&measure)?.value;
        let claimed = slack * found.hi();
        let proof = Certificate::search(&measure, claimed, measure.mean().mid(), cells)?;
        let hi = if proof.is_some_and(|p| p.verify(&measure)) { claimed } else { f64::INFINITY };
        Enclosure::new(found.lo(), hi, Evidence::Converged)
    }

    /// `log μ(e^{sX})` and the mean of the law tilted by `e^{sx}`.
    ///
    /// # Errors
    /// Those of the measure.
    pub fn tilted(&self, s: f64) -> Result<(Enclosure, Enclosure)> {
        let tilted = self.perturbed(&format!("{}*x", -s)).measure()?;
        Ok((tilted.log_normalizer() - self.measure()?.log_normalizer(), tilted.mean()))
    }
}

impl fmt::Display for LineLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V = {} on ({}, {})", self.potential, self.lo, self.hi)
    }
}
