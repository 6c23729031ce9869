//! A certified upper end near the truth: two supersolutions and the star that joins them.

use super::frame::Frame;
use super::potential::Potential;
use super::profile::Profile;
use super::star::{self, Edge};
use super::supersolution::Supersolution;
use crate::error::{Error, Result, finite, positive};
use crate::measure::line::LineMeasure;

/// Boxes after which the proof for the star is given up.
const BOXES: usize = 2_000_000;

/// A proof that the log-Sobolev constant of a measure is at most a given number: functions on both sides of a
/// centre that bound what any `f` can gain there, see [`Certificate::verify`].
#[derive(Clone, Debug)]
pub struct Certificate {
    constant: f64,
    centre: f64,
    cells: usize,
    right: Supersolution,
    left: Supersolution,
}

impl Certificate {
    /// Looks for a proof that the constant is at most `constant`, which has to exceed the truth by some
    /// per mille: with `cells` cells on each side of `centre`. The functions are computed for a constant lower by the
    /// fraction `0.5·slack`, which pays for their discretisation. `None` if none is found.
    ///
    /// # Errors
    /// [`Error::Domain`] if `constant` or `slack` is not positive or `centre` lies outside the support.
    pub fn search(
        measure: &LineMeasure,
        constant: f64,
        slack: f64,
        centre: f64,
        cells: usize,
    ) -> Result<Option<Self>> {
        positive("constant", constant)?;
        positive("slack", slack)?;
        finite("centre", centre)?;
        let (lo, hi) = measure.domain();
        if !(centre > lo && centre < hi) {
            return Err(Error::domain("centre", centre, "a point inside the support"));
        }
        let potential = Potential::new(measure);
        let inner = constant / (1.0 + 0.5 * slack);
        let march = |potential: Potential<'_>, centre: f64| {
            let profile = Profile::new(potential, &Frame::new(potential), centre, constant, cells)?;
            let solution = Supersolution::march(&profile, inner, 0.3 * slack.min(1.0))?;
            Some((profile, solution))
        };
        let Some((right_profile, right)) = march(potential, centre) else { return Ok(None) };
        let Some((left_profile, left)) = march(potential.mirror(), -centre) else { return Ok(None) };
        let found = Self { constant, centre, cells, right, left };
        Ok(found.holds(&right_profile, &left_profile).then_some(found))
    }

    /// Checks the whole proof anew, in interval arithmetic, for this constant and this measure.
    pub fn verify(&self, measure: &LineMeasure) -> bool {
        self.verify_for(measure, self.constant)
    }

    /// Checks whether the same functions prove the inequality with another constant: the negative control is a constant
    /// below the truth, for which they must not.
    pub fn verify_for(&self, measure: &LineMeasure, constant: f64) -> bool {
        let potential = Potential::new(measure);
        let side = |potential: Potential<'_>, centre: f64| {
            Profile::new(potential, &Frame::new(potential), centre, self.constant, self.cells)
        };
        let changed = Self { constant, ..self.clone() };
        match (side(potential, self.centre), side(potential.mirror(), -self.centre)) {
            (Some(right), Some(left)) => changed.holds(&right, &left),
            _ => false,
        }
    }

    fn holds(&self, right: &Profile, left: &Profile) -> bool {
        if !self.right.fits(right) || !self.left.fits(left) {
            return false;
        }
        let edge = |profile: &Profile, solution: &Supersolution| {
            (profile.mass, solution.columns.clone(), solution.values[0].clone())
        };
        let (r, l) = (edge(right, &self.right), edge(left, &self.left));
        star::verify(
            &Edge { mass: r.0, columns: &r.1, values: &r.2 },
            &Edge { mass: l.0, columns: &l.1, values: &l.2 },
            BOXES,
        ) && self.right.verify(right, self.constant)
            && self.left.verify(left, self.constant)
    }

    /// The constant that is proven.
    pub fn constant(&self) -> f64 {
        self.constant
    }

    /// The point at which the line was cut in two.
    pub fn centre(&self) -> f64 {
        self.centre
    }
}
