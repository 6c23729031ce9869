//! The law of a diffusion on the line with a given drift.
//!
//! Nothing here knows an invariant law: only values of the drift enter. This makes the solver an independent check of the
//! one for annealed Langevin dynamics, and of the claim that a Nelson process stays on its path.

use super::annealed::{CELLS, steps};
use super::grid::{Grid, Map, Ramp};
use super::law::LineLaw;
use super::refinement::tabulated_limit;
use super::stepper::{History, Rates};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive, within};
use crate::path::LinePath;
use std::borrow::Cow;

/// A diffusion driven by the score of a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineProcess {
    /// `dX = ∂log p̂ dτ + √2 dB`.
    AnnealedLangevin,
    /// `dX = (∂log p̂ + v̂) dτ + √2 dB` with the velocity `v̂` of the path.
    Nelson,
}

/// Laws at the end of a diffusion on three grids nested under halving, and their limit.
#[derive(Clone, PartialEq, Debug)]
pub struct DriftLaw {
    /// On each grid, coarsest first; twice as many cells each time.
    pub grids: [LineLaw; 3],
    /// Extrapolated from all three, at the nodes of the coarsest one.
    pub law: LineLaw,
    /// Extrapolated from the two coarser ones.
    pub coarser: LineLaw,
    /// How many steps of the finest grid used the formula of order 4, 3, 2 and 1.
    pub steps: [usize; 4],
}

impl DriftLaw {
    /// `KL(p|q)` and `KL(q|p)` for a law with the given log-density; the error is the change from one extrapolation to the
    /// next (Converged).
    ///
    /// # Errors
    /// Those of [`LineLaw::divergences`].
    pub fn divergences(&self, log_density: impl Fn(f64) -> f64) -> Result<(Enclosure, Enclosure)> {
        let fine = self.law.divergences(&log_density)?;
        let coarse = self.coarser.divergences(&log_density)?;
        let around =
            |fine: f64, coarse: f64| Enclosure::around(fine, (fine - coarse).abs(), Evidence::Converged);
        Ok((around(fine.0, coarse.0), around(fine.1, coarse.1)))
    }
}

/// `x/(e^x − 1)`, the flux between two cells relative to pure diffusion.
fn bernoulli(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x / core_math::expm1(x) }
}

/// Exponentially fitted rates for `dX = drift dα + √(2·diffusion) dB`: exact for a constant drift, upwind without
/// diffusion, of second order.
fn fitted_rates(grid: &Grid, drift: &[f64], diffusion: f64) -> Rates {
    let (mut up, mut down) = (Vec::with_capacity(drift.len()), Vec::with_capacity(drift.len()));
    for (i, (&drift, &gap)) in drift.iter().zip(&grid.gaps).enumerate() {
        let peclet = drift * gap / diffusion;
        let (forth, back) = if peclet.is_finite() {
            (diffusion / gap * bernoulli(-peclet), diffusion / gap * bernoulli(peclet))
        } else {
            (drift.max(0.0), (-drift).max(0.0))
        };
        up.push(forth / grid.cells[i]);
        down.push(back / grid.cells[i + 1]);
    }
    Rates { up, down }
}

/// The law at the angle `last` of the diffusion that starts at the angle `first` in the law of the path and moves by
/// `dX = drift dα + √(2·diffusion) dB` while the angle falls by `dα`.
///
/// `coefficients(angle, points, values)` fills in the drift at the points and returns the diffusion. The path gives the
/// domain and the initial law only. `coarsest` is the number of the coarsest of the three grids, as in
/// [`Accuracy::finest`](super::Accuracy::finest).
///
/// # Errors
/// [`Error::Domain`] for angles out of order or a `coarsest` outside 0…4, whatever `coefficients` returns, and
/// [`Error::NoConvergence`] for coefficients that are not finite or a negative diffusion.
pub fn law_of_drift(
    path: &LinePath,
    first: f64,
    last: f64,
    coarsest: usize,
    coefficients: impl Fn(f64, &[f64], &mut [f64]) -> Result<f64>,
) -> Result<DriftLaw> {
    within("first angle", first, 0.0, std::f64::consts::FRAC_PI_2)?;
    within("last angle", last, 0.0, first)?;
    within("coarsest", coarsest as f64, 0.0, 4.0)?;
    let map = Map::graded(path.curve(), first, last)?;
    let ramp = Ramp { first, last };
    let start = path.curve().slice(first)?;
    let run = |number: usize| {
        let (grid, steps) = (map.grid(CELLS << number), steps(number));
        let (masses, _) = grid.masses(|points, values| start.log_densities(points, values));
        let mut history = History::new(masses.into_iter().map(|q| [q]).collect());
        let mut drift = vec![0.0; grid.faces.len()];
        for j in 1..=steps {
            let (angle, speed) = ramp.at(j as f64 / steps as f64);
            let diffusion = coefficients(angle, &grid.faces, &mut drift)?;
            if !(diffusion >= 0.0 && diffusion.is_finite() && drift.iter().all(|b| b.is_finite())) {
                let what = format!("a diffusion on the line with a drift that isn't finite at angle {angle}");
                return Err(Error::NoConvergence { what, reached: diffusion, wanted: 0.0 });
            }
            let rates = fitted_rates(&grid, &drift, diffusion);
            history.advance(&rates.up, &rates.down, speed / steps as f64, |_| Cow::Borrowed(&[]));
        }
        let log_density = history
            .state()
            .iter()
            .zip(&grid.cells)
            .map(|([q], cell)| core_math::log(q.max(f64::MIN_POSITIVE) / cell))
            .collect();
        Ok((LineLaw::new(grid.nodes, grid.cells, log_density), history.taken))
    };
    let [(a, _), (b, _), (c, steps)] = [run(coarsest)?, run(coarsest + 1)?, run(coarsest + 2)?];
    let tables = [&a, &b, &c].map(|law| law.log_density().to_vec());
    let law = a.with_log_density(tabulated_limit(&tables));
    let coarser = a.with_log_density(tabulated_limit(&tables[..2]));
    Ok(DriftLaw { grids: [a, b, c], law, coarser, steps })
}

/// The law at time `until` of a process with slowness `kappa` that starts at time `from` in the law of the path, from
/// values of its drift alone.
///
/// # Errors
/// [`Error::Domain`] for times out of order or a `kappa` that is not finite and positive; those of [`law_of_drift`].
pub fn process_on_line(
    path: &LinePath,
    process: LineProcess,
    kappa: f64,
    from: f64,
    until: f64,
    coarsest: usize,
) -> Result<DriftLaw> {
    positive("kappa", kappa)?;
    within("start", from, 0.0, until)?;
    within("end", until, from, 1.0)?;
    let schedule = path.schedule();
    law_of_drift(path, schedule.angle(from), schedule.angle(until), coarsest, |angle, points, values| {
        let slice = path.curve().slice(angle)?;
        // dτ = dt/κ and dt = time_rate·dα; the velocity per falling angle is −w.
        let diffusion = schedule.time_rate(angle) / kappa;
        for (value, &y) in values.iter_mut().zip(points) {
            let at = slice.point(y);
            *value = match process {
                LineProcess::AnnealedLangevin => diffusion * at.score,
                LineProcess::Nelson => diffusion * at.score - at.velocity,
            };
        }
        Ok(diffusion)
    })
}

#[cfg(test)]
mod rates {
    use super::*;

    #[test]
    fn rates_are_exact_for_constant_drifts() {
        let rounding = 1e-12;
        assert_eq!(bernoulli(0.0), 1.0);
        assert!((bernoulli(2.0) - 2.0 / (2.0_f64.exp() - 1.0)).abs() < rounding);
        assert!((bernoulli(-2.0) - bernoulli(2.0) - 2.0).abs() < rounding);
        let grid = Grid {
            nodes: vec![0.0, 0.5, 1.5, 2.0],
            cells: vec![0.25, 0.75, 0.75, 0.25],
            faces: vec![0.25, 1.0, 1.75],
            gaps: vec![0.5, 1.0, 0.5],
        };
        let (drift, diffusion) = ([1.5, -2.0, 0.0], 0.3);
        let found = fitted_rates(&grid, &drift, diffusion);
        for (i, drift) in drift.into_iter().enumerate() {
            // The density e^{drift·y/diffusion} has no flux, and the mean drift of uniform densities is the drift.
            let density = |y: f64| (drift * y / diffusion).exp();
            let (left, right) = (found.up[i] * grid.cells[i], found.down[i] * grid.cells[i + 1]);
            let (a, b) = (left * density(grid.nodes[i]), right * density(grid.nodes[i + 1]));
            assert!((a / b - 1.0).abs() < 1e2 * rounding, "{i}: {a} {b}");
            assert!((left - right - drift).abs() < rounding, "{i}: {left} {right}");
        }
        // Upwind without diffusion.
        let upwind = fitted_rates(&grid, &drift, 0.0);
        assert_eq!(upwind.up[..2], [6.0, 0.0]);
        assert!((upwind.down[0], upwind.down[1]) == (0.0, 2.0 / 0.75), "{upwind:?}");
    }
}
