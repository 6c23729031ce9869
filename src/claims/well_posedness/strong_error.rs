//! Strong errors of the sampler on one Brownian path, and the order fitted to them.
//!
//! The target has independent coordinates, so one path in a high dimension is many independent
//! experiments: the error of a block of coordinates fluctuates little, and the spread of the slopes over the
//! blocks is their standard error.

use crate::claims::gaussian_instances::schedule;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::quadrature::GaussRule;
use crate::numerics::stream::{Stream, stream};
use crate::path::GaussianPath;
use crate::sampler::{Grid, Integrator, Scheme};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// What the refinements are compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reference {
    /// The next refinement: the sequence is Cauchy.
    Refinement,
    /// The solution on the same Brownian path: the limit is the right one.
    Solution,
}

/// Dimension.
pub(super) const DIM: usize = 512;
/// Blocks of coordinates.
const BLOCKS: usize = 64;
/// Steps of the finest refinement.
pub(super) const FINEST: usize = 256;
/// Number of errors that are fitted, each for half the step of the one before.
pub(super) const LEVELS: u32 = 5;
/// Standard errors: beyond 6.5 Student's law with 63 degrees of freedom has probability 1.4·10⁻⁸.
const STANDARD_ERRORS: f64 = 6.5;
/// Width of an order that is decided: far from the neighbouring orders ½ and 2, wide enough for the stated probability.
pub const RESOLUTION: f64 = 0.4;
/// Samples that are drawn at most until one decides.
const SAMPLES: u64 = 3;

/// The order fitted to the errors of a sample, a list per level, of the first sample that decides: about one in three hundred does not,
/// and another one, independent of it, takes its place. Which one counts depends on the widths alone.
pub(super) fn decided(errors: impl Fn(u64) -> Result<Vec<Vec<f64>>>) -> Result<Enclosure> {
    let order = |sample: u64| {
        let errors = errors(sample)?;
        let (all, error) = slope(&errors);
        let (fine, _) = slope(&errors[1..]);
        Ok(Enclosure::around(all, STANDARD_ERRORS * error + (all - fine).abs(), Evidence::Statistical))
    };
    let mut found: Enclosure = order(0)?;
    for sample in 1..SAMPLES {
        if found.width() < RESOLUTION {
            break;
        }
        found = order(sample)?;
    }
    Ok(found)
}

/// The order of convergence at time 1 of the program's Euler-Maruyama scheme, fitted on a path of
/// seed `seed`; the solution is that of the dynamics with slowness `solution_kappa`.
///
/// The enclosure is 6.5 standard errors wide on either side, plus the difference that
/// leaving out the coarsest refinement makes (Statistical); a sample that does not decide is replaced by another.
///
/// # Errors
/// Errors of the laws on the way.
pub fn fitted_order(
    schedule_name: &str,
    kappa: f64,
    solution_kappa: f64,
    reference: Reference,
    seed: u64,
) -> Result<Enclosure> {
    decided(|sample| {
        let mut draw = stream(seed, "W5/target", sample);
        let mean = (0..DIM).map(|_| draw.random_range(-2.0..2.0)).collect();
        let variances = (0..DIM).map(|_| draw.random_range(-1.0_f64..2.0).exp2()).collect();
        let target = Gaussian::diagonal(mean, variances)?;
        let path = GaussianPath::from_standard(target, schedule(schedule_name)?)?;
        let mut brownian = stream(seed, "W5/brownian path", sample);
        let start = normals(&mut brownian);
        let (increments, solution) = brownian_path(&path, solution_kappa, &start, &mut brownian)?;
        let mut ends = Vec::new();
        // One refinement more than differences between refinements.
        let refinements = if reference == Reference::Refinement { LEVELS + 1 } else { LEVELS };
        for level in (0..refinements).rev() {
            ends.push(refinement(&path, kappa, &start, &increments, 1 << level)?);
        }
        Ok(match reference {
            Reference::Refinement => ends.windows(2).map(|w| difference(&w[0], &w[1])).collect(),
            Reference::Solution => ends.iter().map(|end| difference(end, &solution)).collect(),
        })
    })
}

fn normals(stream: &mut Stream) -> Vec<f64> {
    (0..DIM).map(|_| stream.sample::<f64, _>(StandardNormal)).collect()
}

/// Squared differences, coordinate by coordinate.
pub(super) fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).collect()
}

/// The end of the program's chain with steps of `stride` fine steps each.
fn refinement(
    path: &GaussianPath,
    kappa: f64,
    start: &[f64],
    increments: &[Vec<f64>],
    stride: usize,
) -> Result<Vec<f64>> {
    let grid = Grid::new(0.0, 1.0, kappa, FINEST / stride)?;
    let scheme = Scheme::new(path, &grid, Integrator::EulerMaruyama)?;
    let scale = 1.0 / (stride as f64).sqrt();
    let mut state = start.to_vec();
    for (k, fine) in increments.chunks(stride).enumerate() {
        let noise: Vec<f64> = (0..DIM).map(|i| scale * fine.iter().map(|row| row[i]).sum::<f64>()).collect();
        state = scheme.step(k, &state, &noise)?;
    }
    Ok(state)
}

/// Standardised increments of the Brownian path on the fine grid, and the solution at time 1.
///
/// On a step of length h the solution needs `∫φ dB` with `φ(s) = e^{−∫_s a}`, `a = 1/σ²`; given the increment
/// ΔB it is Gaussian with mean `ΔB ∫φ/h` and variance `∫φ² − (∫φ)²/h`, and is drawn from that law.
fn brownian_path(
    path: &GaussianPath,
    kappa: f64,
    start: &[f64],
    stream: &mut impl Rng,
) -> Result<(Vec<Vec<f64>>, Vec<f64>)> {
    const NODES: usize = 4;
    let rule = GaussRule::new(NODES);
    let (target, mean) = (path.target().covariance().diagonal(), path.target().mean());
    let mut state = start.to_vec();
    let mut increments = Vec::with_capacity(FINEST);
    let grid = Grid::new(0.0, 1.0, kappa, FINEST)?;
    let h = grid.step();
    for k in 0..FINEST {
        let (left, width) = (grid.time(k), grid.time(k + 1) - grid.time(k));
        let lambdas: Vec<f64> =
            rule.nodes.iter().map(|x| path.schedule().lambda(left + 0.5 * width * (x + 1.0))).collect();
        let mut row = Vec::with_capacity(DIM);
        for i in 0..DIM {
            let rates: Vec<f64> = lambdas.iter().map(|l| 1.0 / (l * target[i] + 1.0 - l)).collect();
            let whole: f64 = 0.5 * h * rule.weights.iter().zip(&rates).map(|(w, r)| w * r).sum::<f64>();
            let (mut first, mut second, mut pull) = (0.0, 0.0, 0.0);
            for j in 0..NODES {
                let before: f64 = rule.antiderivative[j].iter().zip(&rates).map(|(c, r)| c * r).sum();
                let phi = core_math::exp(0.5 * h * before - whole);
                let weight = 0.5 * h * rule.weights[j];
                first += weight * phi;
                second += weight * phi * phi;
                pull += weight * phi * rates[j] * lambdas[j].sqrt() * mean[i];
            }
            let (xi, other): (f64, f64) = (stream.sample(StandardNormal), stream.sample(StandardNormal));
            let integral = xi * first / h.sqrt() + other * (second - first * first / h).max(0.0).sqrt();
            state[i] = core_math::exp(-whole) * state[i] + pull + 2.0_f64.sqrt() * integral;
            row.push(xi);
        }
        increments.push(row);
    }
    Ok((increments, state))
}

/// Least-squares slope of log₂ of the error against log₂ of the step, over levels with halved steps:
/// mean over the blocks and its standard error.
fn slope(errors: &[Vec<f64>]) -> (f64, f64) {
    let size = DIM / BLOCKS;
    let centre = 0.5 * (errors.len() as f64 - 1.0);
    let slopes: Vec<f64> = (0..BLOCKS)
        .map(|b| {
            let (mut numerator, mut denominator) = (0.0, 0.0);
            for (level, squares) in errors.iter().enumerate() {
                let mean_square = squares[b * size..(b + 1) * size].iter().sum::<f64>() / size as f64;
                // Each level has half the step of the one before.
                let abscissa = centre - level as f64;
                numerator += abscissa * 0.5 * mean_square.log2();
                denominator += abscissa * abscissa;
            }
            numerator / denominator
        })
        .collect();
    let mean = slopes.iter().sum::<f64>() / BLOCKS as f64;
    let variance = slopes.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (BLOCKS as f64 - 1.0);
    (mean, (variance / BLOCKS as f64).sqrt())
}
