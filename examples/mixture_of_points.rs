//! A kernel density estimate, sampled: the Gaussian mixture centred at points from a file (petals of 150 irises).
//!
//! `cargo run --release --example mixture_of_points`; the exit status is 1 if the samples are not from the mixture.
//! The same from the command line: `dald sample` for a target of the kind `points`.

use dald::error::Result;
use dald::measure::gaussian::Gaussian;
use dald::path::Schedule;
use dald::sampler::{Batch, Grid, Integrator, MixtureScores, SampleMoments};
use std::process::ExitCode;

const DATA: &str = include_str!("data/iris_petals.csv");
const BANDWIDTH: f64 = 0.25;
/// A length between 1.9 and 3 cm, standardised.
const GAP: f64 = -0.74;
const SEED: u64 = 1;

/// The points of the file, every coordinate with mean 0 and variance 1: far from the base, the standard normal law, too
/// many chains would end in the nearest mode.
fn standardised() -> Vec<[f64; 2]> {
    let rows = DATA.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(','));
    let number = |text: &str| text.trim().parse::<f64>().expect("a number");
    let mut points: Vec<[f64; 2]> = rows.map(|(length, width)| [number(length), number(width)]).collect();
    let count = points.len() as f64;
    for j in 0..2 {
        let mean = points.iter().map(|x| x[j]).sum::<f64>() / count;
        let deviation = (points.iter().map(|x| (x[j] - mean).powi(2)).sum::<f64>() / count).sqrt();
        for x in &mut points {
            x[j] = (x[j] - mean) / deviation;
        }
    }
    points
}

fn main() -> Result<ExitCode> {
    let points = standardised();
    let components: Result<Vec<Gaussian>> =
        points.iter().map(|point| Gaussian::isotropic(point.to_vec(), BANDWIDTH * BANDWIDTH)).collect();
    let components = components?;
    let path = MixtureScores::new(&vec![1.0; components.len()], &components, Schedule::cosine())?;

    // The scores fall nowhere more steeply than at the end, by 1/BANDWIDTH² = 16: steps of an eighth of the inverse.
    let (chains, kappa, steps) = (4000, 0.1, 1280);
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
    // The data have a gap there: the mass below is that of one of the three species.
    let below = samples.chunks_exact(2).filter(|x| x[0] < GAP).count() as f64 / chains as f64;
    let error = (below * (1.0 - below) / chains as f64).sqrt();
    let masses = points.iter().map(|m| 0.5 * core_math::erfc((m[0] - GAP) / (BANDWIDTH * 2f64.sqrt())));
    line("mass of I. setosa", below, error, masses.sum::<f64>() / points.len() as f64, 0.03);
    println!("{}", if accepted { "Accepted." } else { "Not accepted." });
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
