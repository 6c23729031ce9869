//! One grid of the equation in the plane: frames of the path, and steps of the law.

use crate::dynamics::fokker_planck::divergence::{Divergences, divergences};
use crate::dynamics::fokker_planck::grid::{Grid, Ramp};
use crate::dynamics::fokker_planck::stepper::FORMULAE;
use crate::error::{Error, Result};
use crate::path::{MixtureBase, MixturePath, Schedule};
use rayon::prelude::*;
use std::collections::VecDeque;

/// Masses of the cells and their deviations from the path, the second direction running fastest.
pub(super) type State = [Vec<f64>; 2];

/// `e^{STEEPEST}` times anything in sight is finite.
const STEEPEST: f64 = 300.0;
/// Frames computed at once.
const BATCH: usize = 16;
/// Residuals at which an iteration ends, in total variation relative to the right side; an inverse has norm 1 there.
const RESIDUALS: [f64; 2] = [1e-13, 1e-11];
/// Residuals that are accepted where rounding lets them fall no further.
const ACCEPTED: [f64; 2] = [1e-10, 1e-8];
/// Iterations at most.
const ITERATIONS: i32 = 60;
/// Ratio of one shift to the next.
const SHIFT_RATIO: f64 = 4.0;
/// Shifts in a cycle at most.
const SHIFTS: i32 = 7;
/// Negative masses of this sum are residuals, and set to zero.
const NEGLIGIBLE: f64 = 1e-12;

/// Rates at which mass passes the faces between neighbours along the outer direction of an array.
struct Rates {
    up: Vec<f64>,
    down: Vec<f64>,
}

/// Cell masses of the path at one angle, and the rates of the dynamics that keeps them, along either direction.
struct Frame {
    masses: Vec<f64>,
    log_masses: Vec<f64>,
    /// Between rows.
    first: Rates,
    /// Between columns, transposed.
    second: Rates,
}

/// A normal law in the plane: height, mean, and inverse covariance.
struct Bump {
    log_height: f64,
    mean: [f64; 2],
    precision: [f64; 3],
}

/// The law at one angle as a list of normal laws.
fn bumps(path: &MixturePath, angle: f64) -> Result<Vec<Bump>> {
    let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
    let scales: Vec<(f64, f64)> = match path.base() {
        MixtureBase::Gaussian => vec![(1.0, 0.0)],
        MixtureBase::Student(rule) => rule.scales().iter().map(|s| (s.std, s.log_weight)).collect(),
    };
    let target = path.target();
    let mut list = Vec::with_capacity(target.len() * scales.len());
    for k in 0..target.len() {
        let (mean, own) = (target.component_mean(k), target.component_covariance(k));
        for (std, log_weight) in &scales {
            let noise = (std * sine).powi(2);
            let entry = |i: usize, j: usize| cosine * cosine * own[(i, j)] + if i == j { noise } else { 0.0 };
            let (a, b, c) = (entry(0, 0), entry(0, 1), entry(1, 1));
            let determinant = a * c - b * b;
            if !(determinant > 0.0 && determinant.recip().is_finite()) {
                return Err(Error::domain("angle", angle, "an angle at which the law has a density"));
            }
            list.push(Bump {
                log_height: core_math::log(target.weight(k)) + log_weight
                    - core_math::log(std::f64::consts::TAU)
                    - 0.5 * core_math::log(determinant),
                mean: [cosine * mean[0], cosine * mean[1]],
                precision: [c / determinant, -b / determinant, a / determinant],
            });
        }
    }
    Ok(list)
}

/// Terms of a sum of exponentials below this share of the largest one are not felt.
const UNFELT: f64 = -45.0;

fn log_density(bumps: &[Bump], exponents: &mut Vec<f64>, at: [f64; 2]) -> f64 {
    exponents.clear();
    let mut top = f64::NEG_INFINITY;
    for bump in bumps {
        let (x, y) = (at[0] - bump.mean[0], at[1] - bump.mean[1]);
        let [a, b, c] = bump.precision;
        let exponent = bump.log_height - 0.5 * (x * (a * x + 2.0 * b * y) + c * y * y);
        top = top.max(exponent);
        exponents.push(exponent);
    }
    let sum: f64 = exponents.iter().filter(|e| **e - top > UNFELT).map(|e| core_math::exp(e - top)).sum();
    top + core_math::log(sum)
}

fn transposed(x: &[f64], inner: usize) -> Vec<f64> {
    let outer = x.len() / inner;
    let mut turned = vec![0.0; x.len()];
    for (i, row) in x.chunks_exact(inner).enumerate() {
        for (j, value) in row.iter().enumerate() {
            turned[j * outer + i] = *value;
        }
    }
    turned
}

/// Rates between neighbours along the outer direction: the flux `−√(p_i p_{i+1})·(q_{i+1}/p_{i+1} − q_i/p_i)/gap` vanishes at `q = p`.
fn rates(log_masses: &[f64], grid: &Grid) -> Rates {
    let outer = grid.nodes.len();
    let inner = log_masses.len() / outer;
    let (mut up, mut down) = (Vec::with_capacity(log_masses.len()), Vec::with_capacity(log_masses.len()));
    for i in 0..outer - 1 {
        let (left, right, gap) = (grid.cells[i], grid.cells[i + 1], grid.gaps[i]);
        let shift = core_math::log(right / left);
        let rows = log_masses[i * inner..].iter().zip(&log_masses[(i + 1) * inner..]).take(inner);
        for (here, there) in rows {
            let ratio = core_math::exp((0.5 * (there - here - shift)).clamp(-STEEPEST, STEEPEST));
            up.push(ratio / (gap * left));
            down.push(1.0 / (ratio * gap * right));
        }
    }
    Rates { up, down }
}

impl Frame {
    fn new(path: &MixturePath, grids: &[Grid; 2], angle: f64) -> Result<Self> {
        let bumps = bumps(path, angle)?;
        let inner = grids[1].nodes.len();
        let mut exponents = Vec::with_capacity(bumps.len());
        let mut log_masses = Vec::with_capacity(grids[0].nodes.len() * inner);
        let widths: Vec<f64> = grids[1].cells.iter().map(|c| core_math::log(*c)).collect();
        for (x, cell) in grids[0].nodes.iter().zip(&grids[0].cells) {
            let height = core_math::log(*cell);
            for (y, width) in grids[1].nodes.iter().zip(&widths) {
                log_masses.push(log_density(&bumps, &mut exponents, [*x, *y]) + height + width);
            }
        }
        let mut masses: Vec<f64> = log_masses.iter().map(|&log| core_math::exp(log)).collect();
        let total: f64 = masses.iter().sum();
        let shift = core_math::log(total);
        for (mass, log) in masses.iter_mut().zip(&mut log_masses) {
            *mass /= total;
            *log -= shift;
        }
        let first = rates(&log_masses, &grids[0]);
        let second = rates(&transposed(&log_masses, inner), &grids[1]);
        Ok(Self { masses, log_masses, first, second })
    }
}

/// Solves `(1 − c·F)x = r` in place for the rates between neighbours along the outer direction, all lines at once. As on the line
/// nothing is subtracted in the elimination.
fn eliminate(rates: &Rates, c: f64, inner: usize, x: &mut State, pivots: &mut State) {
    let outer = x[0].len() / inner;
    let mut rest = vec![1.0_f64; inner];
    let mut passed = vec![0.0; inner];
    for i in 0..outer {
        let row = i * inner..(i + 1) * inner;
        let [ratios, inverses] = &mut *pivots;
        let (ratios, inverses) = (&mut ratios[row.clone()], &mut inverses[row.clone()]);
        if i + 1 == outer {
            inverses.iter_mut().zip(&rest).for_each(|(inverse, rest)| *inverse = rest.recip());
            ratios.fill(0.0);
            break;
        }
        let (up, down) = (&rates.up[row.clone()], &rates.down[row]);
        for j in 0..inner {
            let outflow = c * up[j];
            let inverse = 1.0 / (rest[j] + outflow);
            let back = c * down[j];
            passed[j] = outflow * inverse;
            ratios[j] = back * inverse;
            inverses[j] = inverse;
            rest[j] = 1.0 + back * (rest[j] * inverse);
        }
        for part in x.iter_mut() {
            let (here, there) = part[i * inner..(i + 2) * inner].split_at_mut(inner);
            for j in 0..inner {
                there[j] += passed[j] * here[j];
            }
        }
    }
    for part in x.iter_mut() {
        for i in (0..outer).rev() {
            let (head, tail) = part.split_at_mut((i + 1) * inner);
            let here = &mut head[i * inner..];
            let (ratios, inverses) =
                (&pivots[0][i * inner..(i + 1) * inner], &pivots[1][i * inner..(i + 1) * inner]);
            if tail.is_empty() {
                here.iter_mut().zip(inverses).for_each(|(x, inverse)| *x *= inverse);
            } else {
                for j in 0..inner {
                    here[j] = here[j] * inverses[j] + ratios[j] * tail[j];
                }
            }
        }
    }
}

/// Adds `c·F x` for the rates between neighbours along the outer direction.
fn add_flow(rates: &Rates, c: f64, inner: usize, x: &[f64], to: &mut [f64]) {
    let outer = x.len() / inner;
    for i in 0..outer - 1 {
        let row = i * inner..(i + 1) * inner;
        let (up, down) = (&rates.up[row.clone()], &rates.down[row]);
        let (here, there) = x[i * inner..(i + 2) * inner].split_at(inner);
        let (source, sink) = to[i * inner..(i + 2) * inner].split_at_mut(inner);
        for j in 0..inner {
            let flux = c * (up[j] * here[j] - down[j] * there[j]);
            source[j] -= flux;
            sink[j] += flux;
        }
    }
}

/// `(1 − c·G)^{-1}(1 − c·F)^{-1}`, F between rows and G between columns: positive, of norm 1 in total variation.
fn sweep(frame: &Frame, c: f64, inner: usize, x: &mut State, pivots: &mut State) {
    eliminate(&frame.first, c, inner, x, pivots);
    let outer = x[0].len() / inner;
    let mut turned = [transposed(&x[0], inner), transposed(&x[1], inner)];
    eliminate(&frame.second, c, outer, &mut turned, pivots);
    *x = [transposed(&turned[0], outer), transposed(&turned[1], outer)];
}

fn size(x: &[f64]) -> f64 {
    x.iter().map(|v| v.abs()).sum()
}

/// Solves `(1 − c(F + G))x = right` from a first guess by alternating directions with a cycle of shifts; whether it converged.
fn solve(frame: &Frame, c: f64, inner: usize, right: &State, x: &mut State, gap: f64) -> bool {
    let outer = right[0].len() / inner;
    let stiffness = 1.0 + 8.0 * c / (gap * gap);
    let mut cycle = 1;
    while cycle < SHIFTS && SHIFT_RATIO.powi(cycle) < stiffness {
        cycle += 1;
    }
    let wanted = [0, 1].map(|k| size(&right[k]).max(f64::MIN_POSITIVE));
    let mut pivots = [vec![0.0; right[0].len()], vec![0.0; right[0].len()]];
    let mut best = [f64::INFINITY; 2];
    let mut stalled = 0;
    for iteration in 0..ITERATIONS {
        let mut residual: State = [0, 1].map(|k| {
            let mut r: Vec<f64> = right[k].iter().zip(&x[k]).map(|(b, x)| b - x).collect();
            add_flow(&frame.first, c, inner, &x[k], &mut r);
            let mut flow = vec![0.0; r.len()];
            add_flow(&frame.second, c, outer, &transposed(&x[k], inner), &mut flow);
            r.iter_mut().zip(transposed(&flow, outer)).for_each(|(r, f)| *r += f);
            r
        });
        let sizes = [0, 1].map(|k| size(&residual[k]) / wanted[k]);
        let within = |limits: [f64; 2]| (0..2).all(|k| sizes[k] <= limits[k]);
        if within(RESIDUALS) {
            return true;
        }
        if sizes.iter().any(|s| s.is_nan()) {
            return false;
        }
        // A whole cycle may be needed for progress.
        let progress = (0..2).any(|k| sizes[k] > RESIDUALS[k] && sizes[k] < 0.7 * best[k]);
        best = [0, 1].map(|k| best[k].min(sizes[k]));
        stalled = if progress { 0 } else { stalled + 1 };
        if stalled > 2 * cycle && within(ACCEPTED) {
            return true;
        }
        let shift = 0.5 * SHIFT_RATIO.powi(iteration % cycle);
        let factor = 0.5 + shift;
        sweep(frame, c / factor, inner, &mut residual, &mut pivots);
        let weight = 2.0 * shift / (factor * factor);
        for k in 0..2 {
            x[k].iter_mut().zip(&residual[k]).for_each(|(x, r)| *x += weight * r);
        }
    }
    false
}

/// The divergences at the end of a run, and how many steps used the formula of order 4, 3, 2, 1, and split directions.
pub(super) struct Run {
    pub divergences: Divergences,
    pub steps: [usize; 5],
}

/// The dynamics on one grid, started in the path, with so many steps on each piece of the schedule.
pub(super) fn run(
    path: &MixturePath,
    schedule: &Schedule,
    kappa: f64,
    pieces: &[Ramp],
    grids: &[Grid; 2],
    steps: usize,
) -> Result<Run> {
    let inner = grids[1].nodes.len();
    let gap = grids.iter().flat_map(|g| &g.gaps).copied().fold(f64::INFINITY, f64::min);
    let start = Frame::new(path, grids, pieces[0].first)?;
    let still = vec![0.0; start.masses.len()];
    // Newest first; before the start of a piece law and path stand still.
    let mut states: VecDeque<State> = VecDeque::from([[start.masses.clone(), still]]);
    let mut path_masses: VecDeque<Vec<f64>> = VecDeque::from([start.masses.clone()]);
    let mut taken = [0; 5];
    let mut last = start;
    for piece in pieces {
        states.truncate(1);
        path_masses.truncate(1);
        let angles: Vec<(f64, f64)> = (1..=steps).map(|j| piece.at(j as f64 / steps as f64)).collect();
        for batch in angles.chunks(BATCH) {
            let frames: Vec<Frame> =
                batch.par_iter().map(|&(angle, _)| Frame::new(path, grids, angle)).collect::<Result<_>>()?;
            for (frame, &(angle, speed)) in frames.into_iter().zip(batch) {
                let length = speed * schedule.time_rate(angle) / (kappa * steps as f64);
                let (state, order) = step(&frame, length, inner, gap, &states, &path_masses);
                taken[order] += 1;
                states.push_front(state);
                states.truncate(4);
                path_masses.push_front(frame.masses.clone());
                path_masses.truncate(4);
                last = frame;
            }
        }
    }
    let [q, g] = &states[0];
    if !q.iter().chain(g).all(|x| x.is_finite()) {
        let what = format!("the law of annealed Langevin dynamics in the plane at κ = {kappa}");
        return Err(Error::NoConvergence { what, reached: f64::NAN, wanted: 0.0 });
    }
    let pairs: Vec<[f64; 2]> = q.iter().zip(g).map(|(q, g)| [*q, *g]).collect();
    Ok(Run { divergences: divergences(&last.masses, &last.log_masses, &pairs), steps: taken })
}

/// One step with the formula of highest order that leaves the masses non-negative; the last resort splits the directions of
/// a step of backward Euler, which keeps positive laws positive whatever the step.
fn step(
    frame: &Frame,
    length: f64,
    inner: usize,
    gap: f64,
    states: &VecDeque<State>,
    path_masses: &VecDeque<Vec<f64>>,
) -> (State, usize) {
    let older = |back: usize| back.min(states.len() - 1);
    let assembled = |history: [f64; 4]| -> State {
        let sum = |parts: [&Vec<f64>; 4]| -> Vec<f64> {
            (0..frame.masses.len())
                .map(|i| history.iter().zip(parts).map(|(h, part)| h * part[i]).sum())
                .collect()
        };
        let [q, mut g] = [0, 1].map(|k| sum([0, 1, 2, 3].map(|back| &states[older(back)][k])));
        let path = sum([0, 1, 2, 3].map(|back| &path_masses[older(back)]));
        // The deviation obeys the same equation, driven by what the formula leaves of the moving path.
        for (g, (old, new)) in g.iter_mut().zip(path.iter().zip(&frame.masses)) {
            *g += old - new;
        }
        [q, g]
    };
    for (order, formula) in FORMULAE.iter().enumerate() {
        let right = assembled(formula.history);
        let mut x = states[0].clone();
        if !solve(frame, formula.weight * length, inner, &right, &mut x, gap) {
            continue;
        }
        let negative: f64 = x[0].iter().map(|q| (-q).max(0.0)).sum();
        if negative < NEGLIGIBLE {
            x[0].iter_mut().for_each(|q| *q = q.max(0.0));
            return (x, order);
        }
    }
    let mut x = assembled(FORMULAE[3].history);
    let mut pivots = [vec![0.0; x[0].len()], vec![0.0; x[0].len()]];
    sweep(frame, length, inner, &mut x, &mut pivots);
    (x, FORMULAE.len())
}

#[cfg(test)]
mod tests;
