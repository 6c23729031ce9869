//! A kernel density estimate, sampled: the Gaussian mixture centred at points from a file (petals of 150 irises).
//!
//! `cargo run --release --example mixture_of_points`; the exit status is 1 if the samples are not from the mixture.
//! The same from the command line: `dald sample` for a target of the kind `points`.

use dald::error::Result;
use dald::measure::gaussian::Gaussian;
use dald::path::Schedule;
use dald::sampler::{Batch, Grid, Integrator, MixtureScores, PathScore, SampleMoments, Score};
use std::process::ExitCode;

const DATA: &str = include_str!("data/iris_petals.csv");
const BANDWIDTH: f64 = 0.25;
const SEED: u64 = 1;

fn main() -> Result<ExitCode> {
    let rows = DATA.lines().filter(|line| !line.starts_with('#'));
    let points = rows.map(|line| line.split(',').map(|x| x.parse().expect("a number")).collect());
    let components: Result<Vec<Gaussian>> =
        points.map(|point| Gaussian::isotropic(point, BANDWIDTH * BANDWIDTH)).collect();
    let components = components?;
    let path = MixtureScores::new(&vec![1.0; components.len()], &components, Schedule::cosine())?;

    // A step of an eighth of the steepest descent of the scores, which is that of the target.
    let (chains, kappa) = (4000, 0.1);
    let step = 0.125 / path.score_at(1.0)?.steepest();
    let steps = (1.0 / (kappa * step)).ceil() as usize;
    let grid = Grid::new(0.0, 1.0, kappa, steps)?;
    let samples = Batch::new(SEED, chains).run(&path, &grid, Integrator::EulerMaruyama, &|_| ())?;

    println!("{chains} chains of {steps} steps, mixture of {} components", path.components());
    let (mean, covariance) = (path.target_mean(), path.target_covariance());
    let mut sampled = SampleMoments::about(mean.clone());
    sampled.add(&samples);
    let mut accepted = true;
    let mut line = |name: &str, found: f64, error: f64, exact: f64, bias: f64| {
        println!("{name:<18} {found:.4} ± {error:.4}, exact {exact:.4}");
        accepted &= (found - exact).abs() < 4.0 * error + bias;
    };
    // Bias of a finite κ and of the step: some per cent of the width.
    for (j, name) in ["length", "width"].into_iter().enumerate() {
        let (found, variance) = (sampled.coordinate(j), covariance[(j, j)]);
        line(&format!("mean {name}"), found.mean, found.mean_error, mean[j], 0.03 * variance.sqrt());
        let (second, error) = (found.second_moment, found.second_moment_error);
        line(&format!("variance of {name}"), second, error, variance, 0.03 * variance);
    }
    // A gap in the data lies at a length of 2.45 cm: the mass below is that of one of the three species.
    let below = samples.chunks_exact(2).filter(|x| x[0] < 2.45).count() as f64 / chains as f64;
    let error = (below * (1.0 - below) / chains as f64).sqrt();
    let masses = components
        .iter()
        .map(|c| c.mean()[0])
        .map(|m| 0.5 * core_math::erfc((m - 2.45) / BANDWIDTH / 2f64.sqrt()));
    line("mass below 2.45 cm", below, error, masses.sum::<f64>() / components.len() as f64, 0.03);
    println!("{}", if accepted { "Accepted." } else { "Not accepted." });
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
