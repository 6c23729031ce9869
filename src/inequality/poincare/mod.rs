//! Poincaré constants of measures on the line: the smallest `C` with `Var_μ(f) ≤ C ∫ f'² dμ`,
//! `μ ∝ e^{−V}`, that is the inverse of the spectral gap `λ₁` of `f ↦ −f'' + V'f'`.
//!
//! [`poincare_constant`] gives three values of independent origin:
//! - a converged one from a positive integral operator ([`solver`]), accurate *relatively* for
//!   deep wells (`λ₁ = 10^{−20}` to twelve digits);
//! - a certified enclosure: two piecewise polynomial fluxes decide the two ends by a pointwise
//!   differential inequality, in interval arithmetic with proved tails ([`witness`]); the proof is
//!   data ([`Certificate`]) and [`Certificate::recheck`] decides it anew;
//! - Muckenhoupt's bracket.
//!
//! Heavy tails give `+∞`. If the gap lies at the edge of the essential spectrum (exponential,
//! logistic, Gamma with shape ≤ 1), cutting the line converges like the inverse square of the
//! cut: there the value comes from the slope of `V` at infinity, `C_P = 4/slope²`, and the cut law
//! only decides that no eigenvalue lies below.

mod certificate;
mod law;
pub mod plane;
pub mod product;
pub mod radial;
pub mod shooting;
pub mod solver;
pub mod witness;

pub use certificate::{Ceiling, Certificate};

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result};
use crate::measure::line::{LineMeasure, Tail};
use crate::numerics::panels::{Grading, PanelGrid};
use certificate::{Approximation, Builder, Start};
use law::LawSlope;
use solver::{CovarianceOperator, TopEigenpair};
use witness::{Direction, Side};

/// What is known of a Poincaré constant.
#[derive(Clone, Debug)]
pub struct PoincareReport {
    /// The best of the following: certified if there is a two-sided certificate, else converged.
    pub value: Enclosure,
    /// From the integral operator at two resolutions (and the slope at infinity at the edge of the
    /// essential spectrum).
    pub converged: Enclosure,
    /// Muckenhoupt's bracket `[½B, 4B]`, from a quadrature of its own.
    pub muckenhoupt: Enclosure,
    /// The proof of the certified ends, if one was found; why not, otherwise.
    pub certificate: std::result::Result<Certificate, Error>,
    /// The trial function of the converged value; `None` where the constant is infinite.
    pub trial: Option<Trial>,
}

/// An increasing function close to one at which the Poincaré inequality is an equality.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The grid.
    pub grid: PanelGrid,
    /// Its derivative at the nodes, positive.
    pub derivative: Vec<f64>,
    /// `∫ f'² dμ`-densest point: where the constant is decided.
    pub bottleneck: f64,
}

/// Orders of the two resolutions.
const COARSE: usize = 20;
const FINE: usize = 24;
/// `V − min V` at the ends of the grid when the tails are lighter than exponential.
const LEVEL: f64 = 45.0;
/// The same for exponential tails: first, and the most that floats can hold.
const EXPONENTIAL_LEVEL: f64 = 80.0;
const HIGHEST_LEVEL: f64 = 640.0;
/// Relative distances below the edge at which a flux is looked for.
const EDGE_MARGINS: [f64; 5] = [1e-12, 1e-10, 1e-9, 1e-8, 1e-6];
/// The two levels from which the cut laws' gaps are extrapolated when the gap seems to lie at the edge.
const EDGE_LEVELS: [f64; 2] = [160.0, 320.0];
/// Allowances of the flux for rounding bias a gap found by shooting by about 1e-12.
const SHOOTING_ULPS: f64 = 8192.0;
/// Mass beyond a point at which the certificate's mesh may end in front of a singular end.
const NEGLIGIBLE_MASS: f64 = 1e-14;
/// The part of the domain next to a cut, in units of the level, and the energy density there at which
/// the cut is not felt: between there and the cut the energy falls as much again as this allows.
const SHARE_OF_LEVEL: f64 = 0.8;
const NEGLIGIBLE_ENERGY: f64 = 1e-13;
/// Rounding of the integral operator in units of the last place: the sums over the nodes of a
/// panel and over panels, measured on laws with known constants.
const ULPS: f64 = 256.0;

/// The operator on one domain at two resolutions.
struct Solution {
    constant: Enclosure,
    trial: Trial,
    /// `e^{−V}` up to a factor, at the nodes of the trial function's grid.
    density: Vec<f64>,
    ends: (f64, f64),
    starts: [Option<Start>; 2],
    width: f64,
    /// Largest energy density `p f'²` near a cut, as a share of the largest of all.
    outer_energy: f64,
}

impl Solution {
    /// What a cut that is still felt does to the constant: it lacks a share of the order of the energy there.
    fn with_cut_error(mut self) -> Self {
        if self.outer_energy > NEGLIGIBLE_ENERGY {
            self.constant = self.constant.widened(self.constant.mid() * self.outer_energy.sqrt());
        }
        self
    }

    fn near(&self, lambda: f64) -> Approximation {
        Approximation { lambda, matching: self.trial.bottleneck, ends: self.ends, starts: self.starts }
    }
}

fn solve_at(measure: &LineMeasure, level: f64) -> Result<Solution> {
    let (lo, hi) = measure.support(level);
    let (_, floor) = measure.minimum();
    let mut breaks = measure.kinks().to_vec();
    for (at, width) in measure.local_minima() {
        breaks.extend([at - 3.0 * width, at, at + 3.0 * width]);
    }
    let grading = Grading { order: COARSE, ..Grading::default() };
    let (grid, potential) = PanelGrid::graded(|x| measure.potential(x), (lo, hi), &breaks, floor, &grading)?;
    let density: Vec<f64> = potential.iter().map(|v| (floor - v).exp()).collect();
    let coarse = CovarianceOperator::new(&grid, &density, &density).top_eigenpair(None);

    let fine_grid = grid.with_order(FINE)?;
    let fine_density: Vec<f64> =
        fine_grid.nodes().iter().map(|x| (floor - measure.potential(*x)).exp()).collect();
    let guess = transfer(&grid, &coarse.derivative, &fine_grid);
    let operator = CovarianceOperator::new(&fine_grid, &fine_density, &fine_density);
    let fine = operator.top_eigenpair(Some(&guess));
    let TopEigenpair { value, iteration_error, derivative } = fine;
    let energy = |i: &usize| fine_density[*i] * derivative[*i] * derivative[*i];
    let densest = (0..fine_grid.len()).max_by(|i, j| energy(i).total_cmp(&energy(j))).unwrap_or_default();
    let iteration = (iteration_error + coarse.iteration_error) * value;
    // The nodes next to the cuts; a barrier between wells may be as high without being near one.
    let bulk = |i: &usize| fine_density[*i] > (-SHARE_OF_LEVEL * level).exp();
    let (inner_first, inner_last) =
        ((0..fine_grid.len()).find(bulk).unwrap_or(0), (0..fine_grid.len()).rev().find(bulk).unwrap_or(0));
    let outer =
        (0..inner_first).chain(inner_last + 1..fine_grid.len()).map(|i| energy(&i)).fold(0.0, f64::max);
    let outer_energy = outer / energy(&densest);
    // Where the certificate's mesh may end: a singular finite end is cut off where next to nothing
    // lies beyond. There the flux is proportional to the mass beyond, so w'/w = p/F.
    let nodes = fine_grid.nodes();
    let beyond = |masses: &[f64], i: usize| masses[i] > NEGLIGIBLE_MASS;
    let first = (0..nodes.len()).find(|&i| beyond(operator.below(), i)).unwrap_or(0);
    let last = (0..nodes.len()).rev().find(|&i| beyond(operator.above(), i)).unwrap_or(nodes.len() - 1);
    let total = fine_grid.integral(&fine_density);
    let start =
        |i: usize, masses: &[f64]| Start { at: nodes[i], ratio: fine_density[i] / (total * masses[i]) };
    let (domain_lo, domain_hi) = measure.domain();
    let (closed_lo, closed_hi) = (domain_lo.is_finite(), domain_hi.is_finite());
    let ends = (if closed_lo { nodes[first] } else { lo }, if closed_hi { nodes[last] } else { hi });
    let apart = 1e-8 * (hi - lo);
    let from = (first..nodes.len()).find(|&i| nodes[i] - lo > apart).unwrap_or(first);
    let to = (0..=last).rev().find(|&i| hi - nodes[i] > apart).unwrap_or(last);
    let starts =
        [closed_lo.then(|| start(from, operator.below())), closed_hi.then(|| start(to, operator.above()))];
    Ok(Solution {
        constant: Enclosure::refined(coarse.value, value, ULPS).widened(iteration),
        trial: Trial { bottleneck: fine_grid.nodes()[densest], grid: fine_grid, derivative },
        ends,
        starts,
        width: hi - lo,
        outer_energy,
        density: fine_density,
    })
}

/// The operator on the smallest domain on which the cut is not felt.
fn solve(measure: &LineMeasure) -> Result<Solution> {
    let mut level = LEVEL;
    loop {
        let solution = solve_at(measure, level)?;
        if solution.outer_energy <= NEGLIGIBLE_ENERGY || 2.0 * level > HIGHEST_LEVEL {
            return Ok(solution.with_cut_error());
        }
        level *= 2.0;
    }
}

/// A panelwise function carried to another order on the same panels, positive.
fn transfer(from: &PanelGrid, values: &[f64], to: &PanelGrid) -> Vec<f64> {
    let n = from.rule().order();
    let mut unit = vec![0.0; n];
    let mut matrix = vec![vec![0.0; n]; to.rule().order()];
    for j in 0..n {
        unit[j] = 1.0;
        for (row, t) in matrix.iter_mut().zip(to.rule().nodes()) {
            row[j] = from.rule().interpolate(&unit, *t);
        }
        unit[j] = 0.0;
    }
    let mut out = Vec::with_capacity(to.len());
    for panel in values.chunks_exact(n) {
        let smallest = panel.iter().fold(f64::INFINITY, |a, v| a.min(*v));
        let at = |row: &Vec<f64>| row.iter().zip(panel).map(|(a, v)| a * v).sum::<f64>();
        out.extend(matrix.iter().map(|row| at(row).max(0.1 * smallest)));
    }
    out
}

/// The slope at infinity that decides the essential spectrum: the smallest rate of an exponential
/// tail, and its side.
fn essential_rate(measure: &LineMeasure) -> Option<(Side, f64)> {
    let (left, right) = measure.tails();
    let rate = |tail| match tail {
        Tail::Exponential { rate } => Some(rate),
        _ => None,
    };
    let candidates = [(Side::Left, rate(left)), (Side::Right, rate(right))];
    candidates
        .into_iter()
        .filter_map(|(side, rate)| rate.map(|r| (side, r)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

/// Poincaré constant of a measure on the line.
///
/// # Errors
/// [`Error::NoConvergence`] if the potential is too rough to be resolved.
pub fn poincare_constant(measure: &LineMeasure) -> Result<PoincareReport> {
    let (left, right) = measure.tails();
    if !(left.allows_poincare() && right.allows_poincare()) {
        let evidence = infinite_evidence(measure);
        let infinite = Enclosure::infinite(evidence);
        let reason = format!("tails {left:?}, {right:?} leave no Poincare inequality");
        return Ok(PoincareReport {
            value: infinite,
            converged: infinite,
            muckenhoupt: infinite,
            certificate: Err(Error::Undefined {
                what: "certificate of a finite constant".to_owned(),
                reason,
            }),
            trial: None,
        });
    }
    let Converged { solution, constant: converged, edge } = converge(measure)?;
    let near = solution.near(1.0 / converged.mid());
    let certificate = certify_around(measure, &near, edge);
    // Both ends were verified when they were proved; `Certificate::recheck` does it anew.
    let value = match certificate.as_ref().map(Certificate::claimed) {
        Ok(enclosure) if enclosure.lo() > 0.0 => enclosure,
        _ => converged,
    };
    Ok(PoincareReport {
        value,
        converged,
        muckenhoupt: muckenhoupt(measure, &solution)?,
        certificate,
        trial: Some(solution.trial),
    })
}

/// Muckenhoupt's bracket, with the limit of its quotient along exponential tails, `1/rate²`, which
/// nodes do not reach.
fn muckenhoupt(measure: &LineMeasure, solution: &Solution) -> Result<Enclosure> {
    let (grid, density) = (&solution.trial.grid, &solution.density);
    let (lo, mut hi) = CovarianceOperator::new(grid, density, density).muckenhoupt();
    if let Some((_, rate)) = essential_rate(measure) {
        hi = hi.max((4.0 + ULPS * f64::EPSILON) / (rate * rate));
    }
    Enclosure::new(lo, hi, Evidence::Converged)
}

/// A converged constant with its solution, and the tail that decides it, if the gap lies at the edge
/// of the essential spectrum.
struct Converged {
    solution: Solution,
    constant: Enclosure,
    edge: Option<(Side, f64)>,
}

fn converge(measure: &LineMeasure) -> Result<Converged> {
    let Some((side, rate)) = essential_rate(measure) else {
        let solution = solve(measure)?;
        let constant = solution.constant;
        return Ok(Converged { solution, constant, edge: None });
    };
    let (solution, constant, at_edge) = solve_with_edge(measure, 0.25 * rate * rate)?;
    Ok(Converged { solution, constant, edge: at_edge.then_some((side, rate)) })
}

/// The converged value of [`poincare_constant`] alone, without certificate, ten times as fast.
///
/// # Errors
/// As [`poincare_constant`].
pub fn converged_poincare_constant(measure: &LineMeasure) -> Result<Enclosure> {
    let (left, right) = measure.tails();
    if left.allows_poincare() && right.allows_poincare() {
        Ok(converge(measure)?.constant)
    } else {
        Ok(Enclosure::infinite(infinite_evidence(measure)))
    }
}

/// How well it is known that a tail is too heavy: certified for the named families, otherwise a
/// numerical finding about the growth of the potential.
fn infinite_evidence(measure: &LineMeasure) -> Evidence {
    measure.exact_poincare_constant().map_or(Evidence::Converged, Enclosure::evidence)
}

/// The converged constant when the essential spectrum starts at `edge`; also whether the gap lies there.
fn solve_with_edge(measure: &LineMeasure, edge: f64) -> Result<(Solution, Enclosure, bool)> {
    // Below the edge the energy of the eigenfunction decays like e^{−V√(1−λ/λ_ess)}; the level that
    // makes a cut at it negligible follows from a first value.
    let first = solve_at(measure, EXPONENTIAL_LEVEL)?;
    let share = |s: &Solution| 1.0 - 1.0 / (s.constant.mid() * edge);
    let needed = if share(&first) > 0.0 { 38.0 / share(&first).sqrt() } else { f64::INFINITY };
    if needed <= EXPONENTIAL_LEVEL && first.outer_energy <= NEGLIGIBLE_ENERGY {
        let constant = first.constant;
        return Ok((first, constant, false));
    }
    let levels = if needed.is_finite() {
        let level = (1.5 * needed).clamp(2.0 * EXPONENTIAL_LEVEL, HIGHEST_LEVEL);
        [0.5 * level, level]
    } else {
        EDGE_LEVELS
    };
    let whole = solve_at(measure, levels[1])?;
    let seen = whole.outer_energy > NEGLIGIBLE_ENERGY;
    if !seen && share(&whole) > 0.0 && 38.0 / share(&whole).sqrt() <= HIGHEST_LEVEL {
        let constant = whole.constant;
        return Ok((whole, constant, false));
    }
    // At the edge there is a flux for every λ below it, and cutting only raises the gap.
    let at_whole = 1.0 / whole.constant.mid();
    let inverse_edge = Enclosure::exact(edge).map(|e| Interval::ONE / e);
    if at_whole >= edge {
        for margin in EDGE_MARGINS {
            let lambda = edge * (1.0 - margin);
            if Builder::new(measure, &whole.near(lambda)).is_ok_and(|b| b.supports(lambda)) {
                let constant = Enclosure::new(
                    inverse_edge.lo(),
                    inverse_edge.hi() * (1.0 + 2.0 * margin),
                    Evidence::Converged,
                )?;
                return Ok((whole, constant, true));
            }
        }
    }
    // Below the edge, but so near that a cut is felt: shooting knows the decay of the flux.
    let half = solve_at(measure, levels[0])?;
    let root =
        |s: &Solution| Builder::new(measure, &s.near(at_whole.min(edge))).ok()?.root(at_whole.min(edge));
    if let (true, Some(coarse), Some(fine)) = (at_whole < edge, root(&half), root(&whole)) {
        let constant = Enclosure::refined(1.0 / coarse, 1.0 / fine, SHOOTING_ULPS);
        return Ok((whole, constant, false));
    }
    // Too near it to tell: the gap of the cut law is λ₁ + c/R² or nearer.
    let (a, b) = (half.width.powi(-2), whole.width.powi(-2));
    let (coarse, fine) = (half.constant.mid(), whole.constant.mid());
    let at_half = 1.0 / coarse;
    let limit = (at_whole - (at_half - at_whole) * b / (a - b)).min(edge);
    let lower = fine.max(inverse_edge.lo()) * (1.0 - ULPS * f64::EPSILON);
    let upper = (1.0 / limit).max(lower) + (coarse - fine).abs();
    let constant = Enclosure::new(lower, upper, Evidence::Converged)?;
    Ok((whole, constant, at_whole >= edge))
}

/// A certificate around an approximate gap; at the edge of the essential spectrum its ceiling is the
/// slope of the tail.
fn certify_around(
    measure: &LineMeasure,
    near: &Approximation,
    edge: Option<(Side, f64)>,
) -> Result<Certificate> {
    let ceiling = edge.and_then(|(side, rate)| tail_ceiling(measure, side, rate));
    let lambda = match (&ceiling, edge) {
        (Some(Ceiling::Tail { slope, .. }), _) => 0.25 * slope * slope,
        (_, Some((_, rate))) => 0.25 * rate * rate,
        _ => near.lambda,
    };
    Builder::new(
        measure,
        &Approximation { lambda: lambda * (1.0 - 1e-6 * f64::from(u8::from(edge.is_some()))), ..*near },
    )?
    .enclose(lambda, ceiling)
}

/// The best upper bound of the slope on a tail that can be proved.
fn tail_ceiling(measure: &LineMeasure, side: Side, rate: f64) -> Option<Ceiling> {
    let slope = LawSlope::new(measure);
    let sign = if side == Side::Left { -1.0 } else { 1.0 };
    (0..12)
        .map(|k| sign * 10f64.powi(3 * k) * (1.0 + 1.0 / rate))
        .map(|from| (from, slope.tail_slope_range(side, from).hi()))
        .filter(|(_, hi)| hi.is_finite() && *hi > 0.0)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(from, slope)| Ceiling::Tail { side, from, slope })
}

/// A proof that the spectral gap `λ₁ = 1/C_P` of the measure is at least `lambda`.
///
/// # Errors
/// [`Error::Domain`] unless `lambda` is positive and finite; [`Error::Undefined`] if it is not proved, in
/// particular whenever it is false.
pub fn certify(measure: &LineMeasure, lambda: f64) -> Result<Certificate> {
    certificate::requested(lambda)?;
    let (left, right) = measure.tails();
    if !(left.allows_poincare() && right.allows_poincare()) {
        let reason = format!("tails {left:?}, {right:?} leave no Poincare inequality");
        return Err(Error::Undefined { what: "certificate".to_owned(), reason });
    }
    let Converged { solution, constant: converged, .. } = converge(measure)?;
    let near = solution.near((1.0 / converged.mid()).min(lambda));
    let floor = Builder::new(measure, &near)?.prove(Direction::AtLeast, lambda)?;
    Ok(Certificate { floor, ceiling: None })
}

#[cfg(test)]
mod tests;
