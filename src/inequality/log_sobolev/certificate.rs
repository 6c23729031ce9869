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

/// Rounds of correction.
const ROUNDS: usize = 4;
/// The functions are computed for a constant lower by this fraction, which absorbs what the rounds leave.
const RESERVE: f64 = 3e-3;
/// More is added than the defect asks for, because the correction moves the solution a little.
const OVERCORRECTION: f64 = 1.1;
/// The same for the later rounds, which deal with remnants.
const LATER: f64 = 4.0;
/// Rows of cells to either side that a later correction reaches.
const SPREAD: usize = 12;

/// The profile of one side with a function on it: the equation is solved, the defect of the solution on its cells is
/// bounded, and the equation is solved again with that much added to its right side.
fn side(
    potential: Potential<'_>,
    centre: f64,
    constant: f64,
    cells: usize,
) -> Option<(Profile, Supersolution)> {
    let profile = Profile::new(potential, &Frame::new(potential), centre, constant, cells)?;
    let mut solution = Supersolution::march(&profile, constant * (1.0 - RESERVE), &[])?;
    let mut extra: Vec<Vec<f64>> = Vec::new();
    for _ in 0..ROUNDS {
        let defects = solution.defects(&profile, constant);
        if !defects.iter().flatten().any(|d| *d > 0.0 || d.is_nan()) {
            break;
        }
        let factor = if extra.is_empty() { OVERCORRECTION } else { LATER };
        let wanted = |i: usize, j: usize| {
            let d = defects[i][j];
            if d.is_finite() { factor * d.max(0.0) } else { 0.0 }
        };
        let (rows, columns) = (defects.len(), solution.columns.len());
        extra = (0..rows)
            .map(|i| {
                (0..columns)
                    .map(|j| {
                        // What little is left after the first round moves about, so its neighbourhood is served as well.
                        let reach = if extra.is_empty() { 0 } else { SPREAD };
                        let near = (i.saturating_sub(reach)..(i + reach + 1).min(rows)).map(|i| {
                            let beside = j.saturating_sub(reach.min(1))..(j + reach.min(1) + 1).min(columns);
                            beside.map(|j| wanted(i, j)).fold(0.0, f64::max)
                        });
                        extra.get(i).map_or(0.0, |row| row[j]) + near.fold(0.0, f64::max)
                    })
                    .collect()
            })
            .collect();
        // Columns depend on the march, so a change in their number drops what was learnt.
        let next = Supersolution::march(&profile, constant * (1.0 - RESERVE), &extra)?;
        if next.columns.len() != solution.columns.len() {
            extra.clear();
        }
        solution = next;
    }
    Some((profile, solution))
}

impl Certificate {
    /// Looks for a proof that the constant is at most `constant`, which has to exceed the truth by some per mille, with
    /// about `cells` cells on each side of `centre`. `None` if none is found.
    ///
    /// # Errors
    /// [`Error::Domain`] if `constant` is not positive or `centre` lies outside the support.
    pub fn search(measure: &LineMeasure, constant: f64, centre: f64, cells: usize) -> Result<Option<Self>> {
        positive("constant", constant)?;
        finite("centre", centre)?;
        let (lo, hi) = measure.domain();
        if !(centre > lo && centre < hi) {
            return Err(Error::domain("centre", centre, "a point inside the support"));
        }
        let potential = Potential::new(measure);
        let Some((right_profile, right)) = side(potential, centre, constant, cells) else { return Ok(None) };
        let Some((left_profile, left)) = side(potential.mirror(), -centre, constant, cells) else {
            return Ok(None);
        };
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
