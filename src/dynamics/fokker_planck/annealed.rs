//! The law of annealed Langevin dynamics on the line, as a deviation from the path.

use super::divergence::{Divergences, divergences, doubt};
use super::grid::{Grid, Map, Ramp};
use super::law::LineLaw;
use super::refinement::{limit, noise, tabulated_limit, witnessed};
use super::stepper::{FORMULAE, History, Masses, Rates};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive, within};
use crate::path::{LineCurve, LinePath, Schedule};
use rayon::prelude::*;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

/// How accurate the bias has to be, and how much may be spent on it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Accuracy {
    /// Relative error of both divergences at the end at which the refinement stops.
    pub tolerance: f64,
    /// Number of the finest grid, at most [`Accuracy::FINEST`]: grid `l` has `32·2^l` cells and 256 (`l = 1`) to
    /// 1536 (`l = 6`) steps on each smooth piece of the schedule. Where it is reached the error is what the enclosures say.
    pub finest: usize,
}

impl Accuracy {
    /// The finest grid there is.
    pub const FINEST: usize = 6;

    /// For many instances: three digits, with at most 256 cells.
    pub const QUICK: Self = Self { tolerance: 1e-3, finest: 3 };
}

impl Default for Accuracy {
    fn default() -> Self {
        Self { tolerance: 1e-5, finest: Self::FINEST }
    }
}

/// Cells of grid 0.
pub(super) const CELLS: usize = 32;

/// Figures are recorded at so many times on each smooth piece.
const RECORDS: usize = 16;

/// Steps between two records. The error in the angle is of order 4 once the steps resolve how fast tails fall, and much
/// larger before (a rational function of the step can't follow `e^{−rate·step}`): many steps already on coarse grids,
/// fewer per cell on fine ones.
const STRIDES: [usize; Accuracy::FINEST + 1] = [8, 16, 24, 32, 48, 64, 96];

/// Steps of a grid on each smooth piece.
pub(super) fn steps(number: usize) -> usize {
    RECORDS * STRIDES[number]
}

/// The refinement starts here: fewer cells don't show the order of the method.
const COARSEST: usize = 1;

/// With grids 1 and 2 alone a third one says whether their agreement is an accident.
const WITNESS: usize = 0;

/// The domain is checked on this grid, or on the first finer one on which no step falls back to a lower order.
const CHECKED: usize = 2;

/// How far the law `q` of the dynamics is from the path at one time. All entries are Converged.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LineBias {
    /// The time `t` of the path.
    pub time: f64,
    /// `KL(p_t|q)`.
    pub forward_kl: Enclosure,
    /// `KL(q|p_t)`.
    pub reverse_kl: Enclosure,
    /// `∫(q/p_t − 1)² p_t`; infinite or very uncertain where `q` has heavier tails than `p_t` resolves.
    pub chi_squared: Enclosure,
    /// `½∫|q − p_t|`; its integrand has kinks, for which the sum is corrected.
    pub total_variation: Enclosure,
}

/// The law of annealed Langevin dynamics along a path.
#[derive(Clone, PartialEq, Debug)]
pub struct AnnealedLaw {
    /// The bias at the start and at each coarse step, the end last. Times ascend.
    pub along: Vec<LineBias>,
    /// The law at the end.
    pub law: LineLaw,
    /// How many steps of the finest grid used the formula of order 4, 3, 2 and 1.
    pub steps: [usize; 4],
}

impl AnnealedLaw {
    /// The bias at the end.
    pub fn bias(&self) -> LineBias {
        self.along[self.along.len() - 1]
    }
}

/// Cell masses of the path at one angle, and the rates of the Langevin dynamics that keeps them.
struct Frame {
    masses: Vec<f64>,
    log_masses: Vec<f64>,
    rates: Rates,
    /// By how much the constant history of the path misses its mass, for the formula of highest order.
    source: Vec<f64>,
}

impl Frame {
    fn new(curve: &dyn LineCurve, grid: &Grid, angle: f64) -> Result<Self> {
        let slice = curve.slice(angle)?;
        let (masses, log_masses) = grid.masses(|points, values| slice.log_densities(points, values));
        if let Some(cell) = log_masses.iter().position(|log| !log.is_finite()) {
            // Where the law ends the drift is a wall, and cells that are cut by it give first order at best.
            return Err(Error::Undefined {
                what: format!("the law of annealed Langevin dynamics {curve}"),
                reason: format!(
                    "at angle {angle} the path has no density at {}: follow it up to an earlier time",
                    grid.nodes[cell]
                ),
            });
        }
        let n = masses.len();
        let (mut up, mut down) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for i in 0..n - 1 {
            let (left, right) = (grid.cells[i], grid.cells[i + 1]);
            // √(p_{i+1}/p_i): the flux −√(p_i p_{i+1})·(q_{i+1}/p_{i+1} − q_i/p_i)/gap vanishes at q = p. Clamped, so that
            // a coarse grid in a steep tail gives no infinite rate.
            let log_ratio = log_masses[i + 1] - log_masses[i] - core_math::log(right / left);
            let ratio = core_math::exp((0.5 * log_ratio).clamp(-STEEPEST, STEEPEST));
            up.push(ratio / (grid.gaps[i] * left));
            down.push(1.0 / (ratio * grid.gaps[i] * right));
        }
        Ok(Self { masses, log_masses, rates: Rates { up, down }, source: Vec::new() })
    }
}

/// `e^{STEEPEST}` times anything in sight is finite.
const STEEPEST: f64 = 300.0;

/// `Σ history[m]·p_{n−m} − p_n+1`: what the formula leaves of the moving path.
fn source(frames: &[Frame], start: usize, at: usize, order: usize) -> Vec<f64> {
    let [a, b, c, d] = FORMULAE[order].history;
    // Before the start of a piece the path stands still.
    let older = |back: usize| &frames[at.saturating_sub(back).max(start)].masses;
    let old = older(1).iter().zip(older(2)).zip(older(3)).zip(older(4));
    old.zip(&frames[at].masses).map(|((((w, x), y), z), new)| a * w + b * x + c * y + d * z - new).collect()
}

/// All frames of one grid.
struct Level {
    grid: Grid,
    /// Steps on each piece.
    steps: usize,
    frames: Vec<Frame>,
    /// Angle and `−dφ/ds` of each frame.
    angles: Vec<(f64, f64)>,
    /// Relative error of the densities.
    relative_error: f64,
}

impl Level {
    fn new(curve: &dyn LineCurve, pieces: &[Ramp], grid: Grid, steps: usize) -> Result<Self> {
        let mut angles = vec![(pieces[0].first, 0.0)];
        for piece in pieces {
            angles.extend((1..=steps).map(|j| piece.at(j as f64 / steps as f64)));
        }
        let mut frames = angles
            .par_iter()
            .map(|&(angle, _)| Frame::new(curve, &grid, angle))
            .collect::<Result<Vec<_>>>()?;
        let sources: Vec<Vec<f64>> = (1..frames.len())
            .into_par_iter()
            .map(|j| source(&frames, (j - 1) / steps * steps, j, 0))
            .collect();
        for (frame, source) in frames[1..].iter_mut().zip(sources) {
            frame.source = source;
        }
        let relative_error = [pieces[0].first, pieces[pieces.len() - 1].last]
            .iter()
            .map(|&angle| Ok(curve.slice(angle)?.relative_error()))
            .collect::<Result<Vec<f64>>>()?
            .into_iter()
            .fold(0.0, f64::max);
        Ok(Self { grid, steps, frames, angles, relative_error })
    }

    /// Follows the dynamics on the nodes in `part`, no mass passing its ends; the divergences after every `stride` steps.
    fn run(
        &self,
        schedule: &Schedule,
        kappa: f64,
        initial: &Initial<'_>,
        stride: usize,
        part: Range<usize>,
    ) -> Run {
        let mut history = History::new(initial.masses(&self.grid, &self.frames[0], part.clone()));
        let record = |frame: &Frame, history: &History<2>| {
            divergences(&frame.masses[part.clone()], &frame.log_masses[part.clone()], history.state())
        };
        let mut records = vec![record(&self.frames[0], &history)];
        let mut doubts = vec![0.0];
        for j in 1..self.frames.len() {
            let start = (j - 1) / self.steps * self.steps;
            if j == start + 1 {
                history.restart();
            }
            let (angle, speed) = self.angles[j];
            // Before a break of the schedule its rate is the one on this side of it.
            let inner = if j == start + self.steps && j + 1 < self.frames.len() {
                angle + BEFORE * (self.angles[start].0 - angle)
            } else {
                angle
            };
            let length = speed * schedule.time_rate(inner) / (kappa * self.steps as f64);
            let frame = &self.frames[j];
            let faces = part.start..part.end - 1;
            history.advance(&frame.rates.up[faces.clone()], &frame.rates.down[faces], length, |order| {
                match order {
                    0 => Cow::Borrowed(&frame.source[part.clone()]),
                    _ => Cow::Owned(source(&self.frames, start, j, order)[part.clone()].to_vec()),
                }
            });
            if j % stride == 0 {
                records.push(record(frame, &history));
                doubts.push(doubt(&frame.masses[part.clone()], history.state()));
            }
        }
        Run { records, doubts, history }
    }
}

/// Factor on the estimated error of the total variation.
const KINKED: f64 = 4.0;

/// Share of a piece by which a rate is read before its end.
const BEFORE: f64 = 1e-12;

/// Divergences along a run, and its final state.
struct Run {
    records: Vec<Divergences>,
    /// What masses that aren't positive may cost the first two of them.
    doubts: Vec<f64>,
    history: History<2>,
}

/// `h_0 = q_0/p_start − 1`, `None` for 0.
struct Initial<'a>(Option<&'a (dyn Fn(f64) -> f64 + Sync)>);

impl Initial<'_> {
    fn masses(&self, grid: &Grid, frame: &Frame, part: Range<usize>) -> Masses<2> {
        let masses = &frame.masses[part.clone()];
        let Some(excess) = self.0 else {
            return masses.iter().map(|&p| [p, 0.0]).collect();
        };
        let g: Vec<f64> = grid.nodes[part].iter().zip(masses).map(|(&y, p)| p * excess(y)).collect();
        // What is left of its mean is truncation of the domain and quadrature.
        let mean = g.iter().sum::<f64>() / masses.iter().sum::<f64>();
        masses.iter().zip(g).map(|(p, g)| [p + (g - mean * p), g - mean * p]).collect()
    }
}

/// Annealed Langevin dynamics along one curve of laws on the line between two angles, for any slowness and any schedule.
///
/// The equation `∂_τ q = ∂(p̂ ∂(q/p̂))` is solved for the masses of cells and, by the same matrices, for their deviations
/// `g = q − p̂`, which obey the same equation with source `−∂_τ p̂`: no small difference is ever formed. In space: finite
/// volumes with face weights `√(p_i p_{i+1})`, for which the cell masses of `p̂` are an exact equilibrium (second order).
/// In the angle: the backward differentiation formula of order 4, which is stiffly accurate and whose order doesn't fall
/// where the law is slaved to the path (κ small); a step that would leave a mass negative, but for negligible
/// ones, is redone with order 3, 2 and 1, the last one being backward Euler. Each matrix has column sums 1 and is an M-matrix. Grids are nested, and the figures are extrapolated.
///
/// The domain leaves out at most 10⁻¹⁶ of any slice on either side; the change when it leaves out 10⁻¹² is part of the error.
/// The cell masses of the path are computed once for each grid and shared by all runs.
pub struct AnnealedLine<'a> {
    curve: &'a dyn LineCurve,
    pieces: Vec<Ramp>,
    map: Map,
    levels: [OnceLock<Result<Level>>; Accuracy::FINEST + 1],
}

impl fmt::Debug for AnnealedLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnnealedLine")
            .field("pieces", &self.pieces)
            .field("map", &self.map)
            .finish_non_exhaustive()
    }
}

impl<'a> AnnealedLine<'a> {
    /// The dynamics from the angle `first` down to `last`; `breaks` are the angles at which a schedule isn't smooth.
    ///
    /// # Errors
    /// [`Error::Domain`] for angles outside `[0, π/2]` or out of order, or a curve without a density at one of them. Laws whose
    /// density vanishes somewhere are refused with [`Error::Undefined`] when they are followed.
    pub fn new(curve: &'a dyn LineCurve, first: f64, last: f64, breaks: &[f64]) -> Result<Self> {
        within("first angle", first, 0.0, std::f64::consts::FRAC_PI_2)?;
        within("last angle", last, 0.0, first)?;
        let mut ends: Vec<f64> = breaks.iter().copied().filter(|&b| last < b && b < first).collect();
        ends.push(first);
        ends.push(last);
        ends.sort_by(|a, b| b.total_cmp(a));
        let pieces = ends.windows(2).map(|w| Ramp { first: w[0], last: w[1] }).collect();
        let map = Map::graded(curve, first, last)?;
        Ok(Self { curve, pieces, map, levels: Default::default() })
    }

    /// The dynamics along a path between two times.
    ///
    /// # Errors
    /// [`Error::Domain`] for times out of order, and those of [`AnnealedLine::new`].
    pub fn along(path: &'a LinePath, from: f64, until: f64) -> Result<Self> {
        within("start", from, 0.0, until)?;
        within("end", until, from, 1.0)?;
        let schedule = path.schedule();
        Self::new(path.curve(), schedule.angle(from), schedule.angle(until), &schedule.angle_breaks())
    }

    /// The grid that [`Accuracy`] calls `number`.
    fn level(&self, number: usize) -> Result<&Level> {
        let build = || {
            let grid = self.map.grid(CELLS << number);
            Level::new(self.curve, &self.pieces, grid, steps(number))
        };
        self.levels[number].get_or_init(build).as_ref().map_err(Clone::clone)
    }

    /// The law of the dynamics with slowness `kappa` passed with `schedule`, started in the path.
    ///
    /// # Errors
    /// Those of [`AnnealedLine::from_excess`].
    pub fn law(&self, schedule: &Schedule, kappa: f64, accuracy: Accuracy) -> Result<AnnealedLaw> {
        self.solve(schedule, kappa, &Initial(None), accuracy)
    }

    /// The same started in the law `q_0 = (1 + excess)·p_first`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `kappa` and the tolerance are finite and positive, the finest grid exists, and the initial
    /// law is finite and not negative; [`Error::NoConvergence`] if a mass is not finite.
    pub fn from_excess(
        &self,
        schedule: &Schedule,
        kappa: f64,
        excess: &(dyn Fn(f64) -> f64 + Sync),
        accuracy: Accuracy,
    ) -> Result<AnnealedLaw> {
        self.solve(schedule, kappa, &Initial(Some(excess)), accuracy)
    }

    fn solve(
        &self,
        schedule: &Schedule,
        kappa: f64,
        initial: &Initial<'_>,
        accuracy: Accuracy,
    ) -> Result<AnnealedLaw> {
        positive("kappa", kappa)?;
        positive("tolerance", accuracy.tolerance)?;
        if !(COARSEST..=Accuracy::FINEST).contains(&accuracy.finest) {
            return Err(Error::domain(
                "finest",
                accuracy.finest,
                "a number of a grid from 1 to Accuracy::FINEST",
            ));
        }
        let start = if accuracy.finest == COARSEST + 1 { WITNESS } else { COARSEST };
        let coarsest = self.level(COARSEST)?;
        let masses = initial.masses(&coarsest.grid, &coarsest.frames[0], 0..coarsest.grid.nodes.len());
        if !masses.iter().all(|q| q[0] >= 0.0 && q[0].is_finite()) {
            return Err(Error::domain("excess", "below −1 or not finite", "a finite function ≥ −1"));
        }
        let run = |level: &Level, number: usize, part: Range<usize>| {
            let run = level.run(schedule, kappa, initial, STRIDES[number], part);
            if !run.history.state().iter().all(|q| q[0].is_finite() && q[1].is_finite()) {
                return Err(Error::NoConvergence {
                    what: format!("the law of annealed Langevin dynamics at κ = {kappa}"),
                    reached: f64::NAN,
                    wanted: accuracy.tolerance,
                });
            }
            Ok(run)
        };
        let mut runs: Vec<Run> = Vec::new();
        let mut truncation: Option<Vec<Divergences>> = None;
        for number in start..=accuracy.finest {
            let level = self.level(number)?;
            let newest = run(level, number, 0..level.grid.nodes.len())?;
            let regular = newest.history.taken[1..] == [0; 3] || number == accuracy.finest;
            if truncation.is_none() && number >= CHECKED.min(accuracy.finest) && regular {
                let narrower = run(level, number, self.map.inner(CELLS << number))?;
                let change =
                    |(a, b): (&Divergences, &Divergences)| std::array::from_fn(|k| (a[k] - b[k]).abs());
                truncation = Some(newest.records.iter().zip(&narrower.records).map(change).collect());
            }
            runs.push(newest);
            let last = runs[0].records.len() - 1;
            let good = |k: usize| {
                let figures: Vec<f64> = runs.iter().map(|r| r.records[last][k]).collect();
                let (value, radius) = limit(&figures);
                radius <= accuracy.tolerance * value.abs() + noise(self.relative_error(number), value)
            };
            if truncation.is_some() && number > CHECKED && good(0) && good(1) {
                break;
            }
        }
        let number = start + runs.len() - 1;
        let limit = if start == WITNESS { witnessed } else { limit };
        let level = self.level(number)?;
        let along = (0..runs[0].records.len()).map(|j| {
            let figure = |k: usize| {
                let figures: Vec<f64> = runs.iter().map(|r| r.records[j][k]).collect();
                let (value, radius) = limit(&figures);
                // What the zeros of q − p̂ contribute depends on where they lie between the nodes.
                let radius = if k == 3 { KINKED * radius } else { radius };
                let cut = truncation.as_ref().map_or(f64::INFINITY, |t| t[j][k]);
                // The extrapolation adds up to a half of what two coarser grids say.
                let doubt = runs.iter().rev().take(2).map(|r| r.doubts[j]).sum::<f64>();
                let doubt = if k < 2 { doubt } else { 0.0 };
                let error = radius + cut + doubt + noise(level.relative_error, value);
                Enclosure::around(value, error, Evidence::Converged)
                    .max(Enclosure::exact(0.0).weakened(Evidence::Converged))
            };
            let angle = level.angles[j * STRIDES[number]].0;
            LineBias {
                time: schedule.time_of_angle(angle),
                forward_kl: figure(0),
                reverse_kl: figure(1),
                chi_squared: figure(2),
                total_variation: figure(3),
            }
        });
        let along = along.collect();
        let fine = &runs[runs.len() - 1];
        let used = (number + 1 - COARSEST).min(3);
        let tables: Vec<Vec<f64>> = runs[runs.len() - used..]
            .iter()
            .zip(number + 1 - used..)
            .map(|(run, number)| Ok(self.level(number)?.log_density(&run.history)))
            .collect::<Result<_>>()?;
        let coarse = self.level(number + 1 - tables.len())?;
        let law =
            LineLaw::new(coarse.grid.nodes.clone(), coarse.grid.cells.clone(), tabulated_limit(&tables));
        Ok(AnnealedLaw { along, law, steps: fine.history.taken })
    }

    fn relative_error(&self, number: usize) -> f64 {
        self.level(number).map_or(f64::INFINITY, |level| level.relative_error)
    }
}

/// The bias at time `until` of annealed Langevin dynamics with slowness `kappa`, started at time `from` in the law of the
/// path. For several values of `kappa`, [`AnnealedLine`] computes the path once.
///
/// ```
/// use dald::dynamics::fokker_planck::{Accuracy, bias_on_line};
/// use dald::path::{LinePath, MixtureCurve, Schedule};
/// use std::sync::Arc;
/// let wells = MixtureCurve::new(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5]).unwrap();
/// let path = LinePath::new(Arc::new(wells), Schedule::cosine());
/// let bias = bias_on_line(&path, 0.1, 0.0, 1.0, Accuracy::QUICK).unwrap();
/// assert!(bias.forward_kl.contains(2.17514e-5) && bias.forward_kl.relative_width() < 1e-2);
/// ```
///
/// # Errors
/// Those of [`AnnealedLine::along`] and [`AnnealedLine::law`].
pub fn bias_on_line(
    path: &LinePath,
    kappa: f64,
    from: f64,
    until: f64,
    accuracy: Accuracy,
) -> Result<LineBias> {
    Ok(AnnealedLine::along(path, from, until)?.law(path.schedule(), kappa, accuracy)?.bias())
}

/// The bias of independent coordinates at the same time: the divergences add up, `1 + χ²` multiplies, and the total
/// variation distance lies between the largest one and the sum.
///
/// # Errors
/// [`Error::Domain`] for no coordinates, or times that differ.
pub fn product_bias(coordinates: &[LineBias]) -> Result<LineBias> {
    let Some((&first, others)) = coordinates.split_first() else {
        return Err(Error::domain("coordinates", "[]", "at least one coordinate"));
    };
    others.iter().try_fold(first, |product, other| {
        if other.time != product.time {
            return Err(Error::domain("time", other.time, "the same time for all coordinates"));
        }
        let (a, b) = (product.chi_squared, other.chi_squared);
        let (one, two) = (product.total_variation, other.total_variation);
        let total = (one + two).min(Enclosure::exact(1.0));
        Ok(LineBias {
            time: product.time,
            forward_kl: product.forward_kl + other.forward_kl,
            reverse_kl: product.reverse_kl + other.reverse_kl,
            chi_squared: a + b + a * b,
            total_variation: one.max(two).hull(total),
        })
    })
}

impl Level {
    /// `log q` at the nodes, from the deviation where that is the more accurate one.
    fn log_density(&self, history: &History<2>) -> Vec<f64> {
        let frame = &self.frames[self.frames.len() - 1];
        let cells = frame.masses.iter().zip(&frame.log_masses).zip(&self.grid.cells);
        let log_density = |(((p, log_p), cell), [q, g]): (((&f64, &f64), &f64), &[f64; 2])| {
            let w = g / p;
            let log_mass = if w.abs() < 0.5 {
                log_p + core_math::log1p(w)
            } else {
                core_math::log(q.max(f64::MIN_POSITIVE))
            };
            log_mass - core_math::log(*cell)
        };
        cells.zip(history.state()).map(log_density).collect()
    }
}
