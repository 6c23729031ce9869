//! The law of annealed Langevin dynamics in the plane, as a deviation from the path.
//!
//! The equation `∂_τ q = ∇·(p̂∇(q/p̂))` is solved as on the line ([`fokker_planck`](super::fokker_planck)): finite volumes on a tensor
//! grid with face weights `√(p_i p_j)`, for which the cell masses of `p̂` are an exact equilibrium; masses `q` and deviations
//! `g = q − p̂` by the same matrices, so that no small difference is formed; the backward differentiation formula of order 4 in the
//! angle, and lower orders where a mass would become negative. The linear systems are solved by alternating directions with a cycle
//! of shifts: each sweep inverts M-matrices along lines without a subtraction, is positive and of norm 1 in total variation, and
//! the residual in that norm bounds the error. (Conjugate gradients in `L²(1/p̂)` lose the middle where `q` has heavier tails
//! than `p̂`.)
//!
//! All grids take the same steps; figures are extrapolated in the squares of the cells' sizes, over all grids, the error being
//! twice the change when the coarsest grid is left out, plus that on halving the number of steps, plus that when the domain leaves
//! out 10⁻¹² instead of 10⁻¹⁶ of the mass of a coordinate.
//! Four grids up to 96² give four digits of both divergences for components half as wide as the base, for a κ from 0.01 to 10,
//! in a second or two; components a seventh as wide have errors of several percent there, or none that is worth the name, and the
//! enclosures say so. A Student base is a mixture of some hundred scales: its densities take ten times as long, and its
//! tails leave fewer cells for the middle.

mod reduction;
mod solver;
#[cfg(test)]
mod tests;

pub use reduction::{MixtureBias, mixture_bias};

use crate::dynamics::fokker_planck::grid::{Grid, Map, Ramp};
use crate::dynamics::fokker_planck::refinement::noise;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive, within};
use crate::measure::mixture::Mixture;
use crate::path::{MixturePath, Schedule};
use nalgebra::DVector;
use rayon::prelude::*;

/// How accurate the bias has to be, and how much may be spent on it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlaneAccuracy {
    /// Relative error of both divergences at which the refinement stops.
    pub tolerance: f64,
    /// How many of [`PlaneAccuracy::GRIDS`] are used at most, at least 3. Where that is reached the error is what the enclosures
    /// say.
    pub grids: usize,
}

impl PlaneAccuracy {
    /// Cells of the grids in either direction.
    pub const GRIDS: [usize; 6] = [32, 48, 64, 96, 128, 192];

    /// For many instances: two digits, with at most 64 cells in either direction.
    pub const QUICK: Self = Self { tolerance: 1e-2, grids: 3 };
}

impl Default for PlaneAccuracy {
    /// Three digits, with at most 128 cells in either direction.
    fn default() -> Self {
        Self { tolerance: 1e-3, grids: 5 }
    }
}

/// Steps on each smooth piece of the schedule.
const STEPS: usize = 128;

/// The grid on which steps and domain are checked.
const CHECKED: usize = 1;

/// Factor of the scale of the map with light tails: in the plane cells are scarce, and shorter ones in the middle halve the error.
const SCALE: f64 = 0.4;

/// How far the law `q` of the dynamics is from the law `p` of the path at one time. All entries are Converged.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlaneBias {
    /// `KL(p|q)`.
    pub forward_kl: Enclosure,
    /// `KL(q|p)`.
    pub reverse_kl: Enclosure,
    /// `½∫|q − p|`.
    pub total_variation: Enclosure,
    /// Cells of the finest grid in either direction.
    pub cells: usize,
    /// How many steps of the finest grid used the formula of order 4, 3, 2 and 1, and split directions.
    pub steps: [usize; 5],
}

/// The bias at time `until` of annealed Langevin dynamics in the plane with slowness `kappa`, started at time `from` in the law of
/// the path.
///
/// # Errors
/// [`Error::Dimension`] in any other dimension; [`Error::Domain`] for times out of order, a `kappa` or tolerance that is not
/// finite and positive, a grid that there isn't, or a target without density at `until`; [`Error::NoConvergence`] if a mass is
/// not finite.
pub fn plane_bias(
    path: &MixturePath,
    schedule: &Schedule,
    kappa: f64,
    from: f64,
    until: f64,
    accuracy: PlaneAccuracy,
) -> Result<PlaneBias> {
    if path.dim() != 2 {
        return Err(Error::Dimension { name: "target".to_owned(), found: path.dim(), expected: 2 });
    }
    positive("kappa", kappa)?;
    positive("tolerance", accuracy.tolerance)?;
    within("start", from, 0.0, until)?;
    within("end", until, from, 1.0)?;
    if !(3..=PlaneAccuracy::GRIDS.len()).contains(&accuracy.grids) {
        return Err(Error::domain("grids", accuracy.grids, "a number of grids from 3 to 6"));
    }
    let (first, last) = (schedule.angle(from), schedule.angle(until));
    let pieces = pieces(schedule, first, last);
    let [x, y] = [marginal(path, 0)?, marginal(path, 1)?];
    let scale = if path.has_gaussian_base() { SCALE } else { 1.0 };
    let maps = [Map::around(&x, first, last)?, Map::around(&y, first, last)?].map(|map| map.rescaled(scale));

    let on = |number: usize, narrow: bool, steps: usize| {
        let cells = PlaneAccuracy::GRIDS[number];
        let grids = maps.each_ref().map(|map| {
            let grid = map.grid(cells);
            if narrow { part(&grid, map.inner(cells)) } else { grid }
        });
        solver::run(path, schedule, kappa, &pieces, &grids, steps)
    };
    let plan = [
        (0, false, STEPS),
        (1, false, STEPS),
        (2, false, STEPS),
        (CHECKED, true, STEPS),
        (CHECKED, false, STEPS / 2),
    ];
    let mut runs: Vec<solver::Run> = plan
        .into_par_iter()
        .map(|(number, narrow, steps)| on(number, narrow, steps))
        .collect::<Result<_>>()?;
    let checks = runs.split_off(3);
    let checked = runs[CHECKED].divergences;
    // The steps are resolved where their halving changes little; twice as many would then change less than half of that.
    let fixed: [f64; 4] = std::array::from_fn(|k| {
        let change = |run: &solver::Run| (checked[k] - run.divergences[k]).abs();
        change(&checks[0]) + 0.5 * change(&checks[1])
    });
    let relative_error = path.relative_error().max(ROUNDING);
    let figure = |runs: &[solver::Run], k: usize| {
        let figures: Vec<f64> = runs.iter().map(|r| r.divergences[k]).collect();
        let cells = &PlaneAccuracy::GRIDS[..runs.len()];
        let last = runs.len() - 2;
        let (all, finer) = (extrapolated(cells, &figures), extrapolated(&cells[1..], &figures[1..]));
        let (value, change) = if k < 3 {
            (all, 2.0 * (all - finer).abs())
        } else {
            // Kinks of the integrand leave no expansion to extrapolate in, only its first term on the average.
            let once = extrapolated(&cells[last..], &figures[last..]);
            (once, (once - figures[last + 1]).abs() + (once - all).abs())
        };
        // What is checked on a coarse grid counts relative to its figure there.
        let share = if checked[k] > 0.0 { (value / checked[k]).abs().max(1.0) } else { 1.0 };
        (value, change + share * fixed[k] + noise(relative_error, value))
    };
    let good = |runs: &[solver::Run]| {
        [0, 1].iter().all(|&k| {
            let (value, radius) = figure(runs, k);
            radius <= accuracy.tolerance * value.abs()
        })
    };
    while runs.len() < accuracy.grids && !good(&runs) {
        runs.push(on(runs.len(), false, STEPS)?);
    }
    let enclosed = |k: usize| {
        let (value, radius) = figure(&runs, k);
        Enclosure::around(value, radius, Evidence::Converged)
            .max(Enclosure::exact(0.0).weakened(Evidence::Converged))
    };
    Ok(PlaneBias {
        forward_kl: enclosed(0),
        reverse_kl: enclosed(1),
        total_variation: enclosed(3),
        cells: PlaneAccuracy::GRIDS[runs.len() - 1],
        steps: runs[runs.len() - 1].steps,
    })
}

/// The smooth pieces of a schedule between two angles, from the first one down.
fn pieces(schedule: &Schedule, first: f64, last: f64) -> Vec<Ramp> {
    let mut ends: Vec<f64> =
        schedule.angle_breaks().into_iter().filter(|b| last < *b && *b < first).collect();
    ends.extend([first, last]);
    ends.sort_by(|a, b| b.total_cmp(a));
    ends.windows(2).map(|w| Ramp { first: w[0], last: w[1] }).collect()
}

/// The limit of figures on grids of so many cells, with an expansion in even powers of the cells' sizes (Lagrange's formula at zero).
fn extrapolated(cells: &[usize], figures: &[f64]) -> f64 {
    let square = |n: usize| (n * n) as f64;
    let weight = |n: usize| -> f64 {
        cells.iter().filter(|m| **m != n).map(|&m| square(n) / (square(n) - square(m))).product()
    };
    cells.iter().zip(figures).map(|(&n, figure)| weight(n) * figure).sum()
}

/// Relative rounding of a density.
const ROUNDING: f64 = 1e-13;

/// The path of one coordinate.
fn marginal(path: &MixturePath, axis: usize) -> Result<MixturePath> {
    let target = path.target();
    let weights: Vec<f64> = (0..target.len()).map(|k| target.weight(k)).collect();
    let means = (0..target.len()).map(|k| DVector::from_vec(vec![target.component_mean(k)[axis]])).collect();
    let variances: Vec<f64> =
        (0..target.len()).map(|k| target.component_covariance(k)[(axis, axis)]).collect();
    let law = Mixture::isotropic(&weights, means, &variances)?;
    match path.freedom() {
        None => Ok(MixturePath::gaussian(law)),
        Some(freedom) => MixturePath::student(law, freedom),
    }
}

/// Some of the nodes of a grid, with their cells.
fn part(grid: &Grid, nodes: std::ops::Range<usize>) -> Grid {
    let faces = nodes.start..nodes.end - 1;
    Grid {
        nodes: grid.nodes[nodes.clone()].to_vec(),
        cells: grid.cells[nodes].to_vec(),
        faces: grid.faces[faces.clone()].to_vec(),
        gaps: grid.gaps[faces].to_vec(),
    }
}
