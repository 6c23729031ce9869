//! A posterior of one's own: Bayesian logistic regression of O-ring damage on temperature (23 flights of the space
//! shuttle), sampled with annealed Langevin dynamics and compared with quadrature and a long Metropolis run.
//!
//! `cargo run --release --example logistic_regression`; the exit status is 1 if they do not agree.

use dald::error::Result;
use dald::numerics::stream::stream;
use dald::path::Schedule;
use dald::sampler::{Batch, Grid, Integrator, LogDensity, UserPath};
use rand::RngExt;
use std::process::ExitCode;

const DATA: &str = include_str!("data/o_rings.csv");
/// Standard deviation of the prior of both coefficients, for standardised temperatures.
const PRIOR: f64 = 2.0;
const SEED: u64 = 1;

/// `P(damage) = 1/(1 + e^{−x_0 − x_1 T})` with `x ~ N(0, PRIOR²I)` and T the standardised temperature.
struct Posterior {
    flights: Vec<(f64, f64)>,
}

impl LogDensity for Posterior {
    fn dim(&self) -> usize {
        2
    }

    fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let precision = 1.0 / (PRIOR * PRIOR);
        gradient.copy_from_slice(&[-precision * x[0], -precision * x[1]]);
        let mut log_density = -0.5 * precision * (x[0] * x[0] + x[1] * x[1]);
        for &(temperature, damage) in &self.flights {
            let logit = x[0] + x[1] * temperature;
            let small = (-logit.abs()).exp();
            let probability = if logit > 0.0 { 1.0 } else { small } / (1.0 + small);
            log_density += damage * logit - logit.max(0.0) - small.ln_1p();
            gradient[0] += damage - probability;
            gradient[1] += (damage - probability) * temperature;
        }
        log_density
    }
}

/// The flights, temperatures with mean 0 and variance 1.
fn read() -> Posterior {
    let rows = DATA.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(','));
    let number = |text: &str| text.trim().parse::<f64>().expect("a number");
    let rows: Vec<(f64, f64)> =
        rows.map(|(temperature, damage)| (number(temperature), number(damage))).collect();
    let count = rows.len() as f64;
    let mean = rows.iter().map(|row| row.0).sum::<f64>() / count;
    let deviation = (rows.iter().map(|row| (row.0 - mean).powi(2)).sum::<f64>() / count).sqrt();
    Posterior { flights: rows.iter().map(|row| ((row.0 - mean) / deviation, row.1)).collect() }
}

/// Means and standard deviations.
type Moments = [(f64, f64); 2];

/// Moments of points of equal weight.
fn moments(points: &[f64]) -> Moments {
    let count = (points.len() / 2) as f64;
    [0, 1].map(|j| {
        let column = || points.iter().skip(j).step_by(2);
        let mean = column().sum::<f64>() / count;
        (mean, (column().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt())
    })
}

/// Quadrature: the trapezoidal rule on a square of eight prior deviations, exact to many digits.
fn quadrature(posterior: &Posterior) -> Moments {
    const CELLS: i32 = 320;
    let node = |i: i32| 4.0 * PRIOR * f64::from(i) / f64::from(CELLS / 2);
    let mut sums = [0.0; 5];
    for (i, j) in (-CELLS / 2..=CELLS / 2).flat_map(|i| (-CELLS / 2..=CELLS / 2).map(move |j| (i, j))) {
        let x = [node(i), node(j)];
        let density = posterior.evaluate(&x, &mut [0.0; 2]).exp();
        for (sum, f) in sums.iter_mut().zip([1.0, x[0], x[1], x[0] * x[0], x[1] * x[1]]) {
            *sum += density * f;
        }
    }
    let [total, ..] = sums;
    [0, 1].map(|j| {
        let mean = sums[1 + j] / total;
        (mean, (sums[3 + j] / total - mean * mean).sqrt())
    })
}

/// Random-walk Metropolis: moments, and the standard errors of the means from the means of `BATCHES` parts.
fn metropolis(posterior: &Posterior) -> (Moments, [f64; 2]) {
    const STEPS: usize = 400_000;
    const BATCHES: usize = 50;
    let mut random = stream(SEED, "examples/metropolis", 0);
    let mut x = [0.0; 2];
    let mut log_density = posterior.evaluate(&x, &mut [0.0; 2]);
    let mut points = Vec::with_capacity(2 * STEPS);
    for _ in 0..STEPS {
        let proposal = x.map(|x| x + random.random_range(-1.5..1.5));
        let proposed = posterior.evaluate(&proposal, &mut [0.0; 2]);
        if random.random::<f64>() < (proposed - log_density).exp() {
            (x, log_density) = (proposal, proposed);
        }
        points.extend(x);
    }
    let all = moments(&points);
    let errors = [0, 1].map(|j| {
        let parts = points.chunks_exact(2 * STEPS / BATCHES).map(|part| moments(part)[j].0 - all[j].0);
        parts.map(|e| e * e).sum::<f64>().sqrt() / BATCHES as f64
    });
    (all, errors)
}

fn main() -> Result<ExitCode> {
    let exact = quadrature(&read());
    let (walk, walk_errors) = metropolis(&read());

    // The prior as the reference: the weights of its draws are likelihoods.
    let path = UserPath::new(read(), Schedule::cosine(), vec![0.0; 2], PRIOR, 100, SEED)?;
    let (chains, kappa, steps) = (1000, 0.4, 60);
    let grid = Grid::new(0.0, 1.0, kappa, steps)?;
    let points = Batch::new(SEED, chains).run(&&path, &grid, Integrator::EulerMaruyama, &|_| ())?;
    let langevin = moments(&points);

    println!(
        "            quadrature         Metropolis                  annealed Langevin, {chains} chains of {steps} steps"
    );
    println!("            mean      sd       mean              sd       mean              sd");
    let mut agree = true;
    for (j, name) in ["intercept", "slope"].into_iter().enumerate() {
        let ((mean, sd), error) = (exact[j], langevin[j].1 / (chains as f64).sqrt());
        println!(
            "{name:<10} {mean:>7.4} {sd:>7.4}   {:>7.4} ± {:.4} {:>7.4}   {:>7.4} ± {error:.4} {:>7.4}",
            walk[j].0, walk_errors[j], walk[j].1, langevin[j].0, langevin[j].1
        );
        // Chance, and for Langevin dynamics its bias: of the finite κ, of the step, and of estimated scores.
        let (standard_errors, bias) = (4.0, 0.1 * sd);
        agree &= (walk[j].0 - mean).abs() < standard_errors * walk_errors[j];
        agree &= (langevin[j].0 - mean).abs() < standard_errors * error + bias;
        // The standard error of a deviation is, for a nearly normal law, that of the mean over √2.
        agree &= (langevin[j].1 - sd).abs() < standard_errors * error / 2f64.sqrt() + bias;
    }
    println!("{}", if agree { "They agree." } else { "They do not agree." });
    Ok(if agree { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
