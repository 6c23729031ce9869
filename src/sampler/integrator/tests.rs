use super::*;
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::stream;
use crate::numerics::vector::Normals;
use crate::path::{GaussianPath, Schedule};
use crate::sampler::{Batch, MixtureScores, affine_step, chain_law};
use nalgebra::{DMatrix, DVector};

fn path(mean: f64, variance: f64) -> GaussianPath {
    let target = Gaussian::isotropic(vec![mean], variance).unwrap();
    GaussianPath::from_standard(target, Schedule::cosine()).unwrap()
}

/// Mean and variance of the law of the chain on the line that begins with the standard normal law, exactly.
fn law(path: &GaussianPath, integrator: Integrator, kappa: f64, steps: usize) -> (f64, f64) {
    let scheme = Scheme::new(path, &Grid::new(0.0, 1.0, kappa, steps).unwrap(), integrator).unwrap();
    let (mut mean, mut variance) = (0.0, 1.0);
    for k in scheme.steps() {
        let step = affine_step(&[0.5], |state, noise| scheme.step(k, state, noise)).unwrap();
        let (a, b) = (step.linear[(0, 0)], step.noise[(0, 0)]);
        mean = a * mean + step.offset[0];
        variance = a * a * variance + b * b;
    }
    (mean, variance)
}

#[test]
fn one_step_is_the_formula() {
    let target = Gaussian::isotropic(vec![1.0, -1.0], 0.5).unwrap();
    let path = GaussianPath::from_standard(target, Schedule::linear()).unwrap();
    let grid = Grid::new(0.0, 1.0, 2.0, 4).unwrap();
    let stepped = |integrator| {
        let scheme = Scheme::new(&path, &grid, integrator).unwrap();
        scheme.step(0, &[1.0, 2.0], &[1.0, 0.0]).unwrap()
    };
    // At t = 0 the score is −x; h = 1/8, √(2h) = ½.
    assert_eq!(stepped(Integrator::EulerMaruyama), vec![1.0 - 0.125 + 0.5, 2.0 - 0.25]);
    // a = 1: the exact step of an Ornstein-Uhlenbeck process.
    let (decay, spread) = ((-0.125_f64).exp(), (1.0 - (-0.25_f64).exp()).sqrt());
    let rounding = 8.0 * f64::EPSILON;
    let exponential = stepped(Integrator::Exponential);
    assert!((exponential[0] - (decay + spread)).abs() < rounding, "{exponential:?}");
    assert!((exponential[1] - 2.0 * decay).abs() < rounding, "{exponential:?}");
    // The law at t = ¼ is N(½(1, −1), 7/8).
    let predicted = [1.375, 1.75];
    let second = [(0.5 - predicted[0]) / 0.875, (-0.5 - predicted[1]) / 0.875];
    let heun = stepped(Integrator::Heun);
    assert!((heun[0] - (1.0 + (second[0] - 1.0) / 16.0 + 0.5)).abs() < rounding, "{heun:?}");
    assert!((heun[1] - (2.0 + (second[1] - 2.0) / 16.0)).abs() < rounding, "{heun:?}");
}

#[test]
fn euler_is_the_recursion_of_the_chain() {
    let path = path(1.5, 0.25);
    let (mean, variance) = law(&path, Integrator::EulerMaruyama, 0.5, 32);
    let exact =
        chain_law(&path, &Grid::new(0.0, 1.0, 0.5, 32).unwrap(), &Gaussian::standard(1).unwrap()).unwrap();
    let rounding = 32.0 * 64.0 * f64::EPSILON;
    assert!((mean - exact.mean_along(&[1.0]).mid()).abs() < rounding);
    assert!((variance - exact.covariance_form(&[1.0], &[1.0]).mid()).abs() < rounding);
}

#[test]
fn weak_orders_are_those_claimed() {
    // Differences of mean and of variance on nested grids fall by 2^order per halving of the step.
    for integrator in Integrator::ALL {
        let path = path(1.5, 0.25);
        let laws: Vec<(f64, f64)> =
            [64, 128, 256, 512].iter().map(|steps| law(&path, integrator, 0.5, *steps)).collect();
        let differences: Vec<(f64, f64)> =
            laws.windows(2).map(|w| (w[1].0 - w[0].0, w[1].1 - w[0].1)).collect();
        for w in differences.windows(2) {
            for ratio in [w[0].0 / w[1].0, w[0].1 / w[1].1] {
                let order = ratio.abs().log2();
                // What the next power of the step adds at the coarsest pair of grids.
                let next_order = 0.2;
                let claimed = f64::from(integrator.weak_order());
                assert!((order - claimed).abs() < next_order, "{integrator}: {order}");
            }
        }
    }
}

#[test]
fn strong_orders_are_those_claimed() {
    // Coarse steps take the increments of the fine ones; the errors of two refinements in mean square over paths.
    let path = path(1.5, 0.25);
    let end = |integrator, increments: &[f64], stride: usize| {
        let grid = Grid::new(0.0, 1.0, 0.5, increments.len() / stride).unwrap();
        let scheme = Scheme::new(&path, &grid, integrator).unwrap();
        let mut state = vec![0.3];
        for (k, fine) in increments.chunks(stride).enumerate() {
            let noise = fine.iter().sum::<f64>() / (stride as f64).sqrt();
            state = scheme.step(k, &state, &[noise]).unwrap();
        }
        state[0]
    };
    // The exponential scheme's noise is that of the Ornstein-Uhlenbeck process, of which the increment is a
    // first-order stand-in.
    for integrator in Integrator::ALL {
        let mut squares = [0.0; 3];
        for seed in 0..64 {
            let mut increments = vec![0.0; 512];
            Normals::new([stream(seed, "sampler/strong order", 0)]).fill(Units::widest(), &mut increments);
            let ends: Vec<f64> = [16, 8, 4, 2].iter().map(|s| end(integrator, &increments, *s)).collect();
            for (square, w) in squares.iter_mut().zip(ends.windows(2)) {
                *square += (w[1] - w[0]).powi(2);
            }
        }
        let order = 0.25 * (squares[0] / squares[2]).log2();
        // Sixty-four paths know a mean square to a fifth or so; half its logarithm's error over two halvings, five
        // times.
        let statistical = 5.0 * 0.25 * 0.2 / std::f64::consts::LN_2;
        assert!((order - f64::from(integrator.strong_order())).abs() < statistical, "{integrator}: {order}");
    }
}

#[test]
fn exponential_steps_are_exact_for_a_law_at_rest_and_stable() {
    // From the standard normal law to itself, steps of length 50.
    let path = GaussianPath::from_standard(Gaussian::standard(1).unwrap(), Schedule::linear()).unwrap();
    let (mean, variance) = law(&path, Integrator::Exponential, 0.01, 2);
    let rounding = 16.0 * f64::EPSILON;
    assert!(mean.abs() < rounding && (variance - 1.0).abs() < rounding, "{mean} {variance}");
    assert!(law(&path, Integrator::EulerMaruyama, 0.01, 2).1 > 1e3);
}

fn two_wells() -> MixtureScores {
    let covariance = DMatrix::from_row_slice(2, 2, &[0.5, 0.2, 0.2, 0.4]);
    let laws = [
        Gaussian::isotropic(vec![-1.0, 0.5], 0.25).unwrap(),
        Gaussian::new(DVector::from_vec(vec![2.0, 0.0]), covariance).unwrap(),
    ];
    MixtureScores::new(&[0.25, 0.75], &laws, Schedule::cosine()).unwrap()
}

#[test]
fn batches_are_the_same_however_they_are_run() {
    let path = two_wells();
    let grid = Grid::new(0.25, 1.0, 0.5, 11).unwrap();
    for integrator in Integrator::ALL {
        let run = |batch: &Batch| batch.run(&path, &grid, integrator, &|_| ()).unwrap();
        let whole = run(&Batch::new(5, 300));
        for units in Units::available() {
            for lanes in [1, 7, 64, 1000] {
                let mut batch = Batch::new(5, 300);
                (batch.units, batch.lanes) = (units, lanes);
                assert_eq!(run(&batch), whole, "{units:?} {lanes}");
            }
        }
        let mut part = Batch::new(5, 0);
        part.chains = 100..150;
        assert_eq!(run(&part), whole[200..300]);
        let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(single.install(|| run(&Batch::new(5, 300))), whole);
        assert_ne!(run(&Batch::new(6, 300)), whole);
    }
}

#[test]
fn batches_have_the_law_of_the_chain() {
    let target = Gaussian::diagonal(vec![1.0, -2.0], vec![0.5, 2.0]).unwrap();
    let path = GaussianPath::from_standard(target, Schedule::cosine()).unwrap();
    let grid = Grid::new(0.25, 1.0, 1.0, 8).unwrap();
    let exact = chain_law(&path, &grid, &path.law(0.25).unwrap()).unwrap();
    let count = 20_000;
    let samples = Batch::new(1, count).run(&path, &grid, Integrator::EulerMaruyama, &|_| ()).unwrap();
    let n = count as f64;
    let standard_errors = crate::numerics::false_alarms::standard_errors("law of a batch");
    for (j, unit) in [[1.0, 0.0], [0.0, 1.0]].iter().enumerate() {
        let (m, v) = (exact.mean_along(unit).mid(), exact.covariance_form(unit, unit).mid());
        let mean = samples.chunks_exact(2).map(|x| x[j]).sum::<f64>() / n;
        let variance = samples.chunks_exact(2).map(|x| (x[j] - m).powi(2)).sum::<f64>() / n;
        assert!((mean - m).abs() < standard_errors * (v / n).sqrt(), "{mean} {m}");
        assert!((variance - v).abs() < standard_errors * v * (2.0 / n).sqrt(), "{variance} {v}");
    }
}

#[test]
fn bad_input_is_refused() {
    for (from, until, kappa, steps) in [
        (0.5, 0.5, 1.0, 4),
        (-0.1, 1.0, 1.0, 4),
        (0.0, 1.5, 1.0, 4),
        (0.0, 1.0, 0.0, 4),
        (0.0, 1.0, f64::NAN, 4),
        (f64::NAN, 1.0, 1.0, 4),
        (0.0, 1.0, 1.0, 0),
    ] {
        assert!(Grid::new(from, until, kappa, steps).is_err());
    }
    let path = GaussianPath::from_standard(Gaussian::standard(1).unwrap(), Schedule::linear()).unwrap();
    let grid = Grid::new(0.0, 1.0, 1.0, 2).unwrap();
    let scheme = Scheme::new(&path, &grid, Integrator::EulerMaruyama).unwrap();
    assert!(scheme.step(2, &[0.0], &[0.0]).is_err());
    assert!(scheme.step(0, &[0.0, 1.0], &[0.0]).is_err());
    assert!(scheme.step(0, &[0.0], &[]).is_err());
    assert!(Scheme::window(&path, &grid, Integrator::Heun, 1..3).is_err());
    let run = |batch: &Batch, grid: &Grid| batch.run(&path, grid, Integrator::EulerMaruyama, &|_| ());
    assert!(run(&Batch::new(1, 0), &grid).is_err());
    let mut batch = Batch::new(1, 4);
    batch.lanes = 0;
    assert!(run(&batch, &grid).is_err());
    // A step of 5000 times the length that is stable.
    let steep = Grid::new(0.0, 1.0, 1e-7, 1000).unwrap();
    assert!(run(&Batch::new(1, 4), &steep).is_err_and(|e| e.to_string().contains("too large")));
    assert_eq!(Integrator::named("heun"), Some(Integrator::Heun));
    assert_eq!(Integrator::named("euler"), None);
}
