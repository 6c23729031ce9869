//! The operator against its kernel, the iteration against matrices with known spectra.

use super::*;
use crate::numerics::tolerances::{COARSE, MESH, SOLVED};

/// Rounding of sums over some hundred terms.
const ROUNDING: f64 = 1e-13;

fn uniform_grid(a: f64, b: f64, panels: i32) -> PanelGrid {
    let edge = |i: i32| a + (b - a) * f64::from(i) / f64::from(panels);
    PanelGrid::from_edges((0..=panels).map(edge).collect(), 7).unwrap()
}

fn at_nodes(grid: &PanelGrid, f: impl Fn(f64) -> f64) -> Vec<f64> {
    grid.nodes().iter().map(|x| f(*x)).collect()
}

fn assert_list(found: &[f64], expected: &[f64], accuracy: f64) {
    assert_eq!(found.len(), expected.len());
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= accuracy * b.abs().max(1.0), "entry {i}: {a}, expected {b}");
    }
}

#[test]
fn operator_is_the_covariance_kernel() {
    // Mass 3 on (0, 1), conductance 3(1 + x): F = x, 1/k relative to the mass 1/(1 + x).
    let grid = uniform_grid(0.0, 1.0, 3);
    let (mass, conductance) = (at_nodes(&grid, |_| 3.0), at_nodes(&grid, |x| 3.0 * (1.0 + x)));
    let operator = CovarianceOperator::new(&grid, &mass, &conductance);
    assert_list(operator.below(), &at_nodes(&grid, |x| x), ROUNDING);
    assert_list(operator.above(), &at_nodes(&grid, |x| 1.0 - x), ROUNDING);
    let mut scratch = [vec![0.0; grid.len()], vec![0.0; grid.len()]];
    let mut out = vec![0.0; grid.len()];
    operator.apply(&at_nodes(&grid, |x| x * x), &mut scratch, &mut out);
    // (1−x)∫₀ˣ y³ + x∫ₓ¹ (1−y)y².
    let exact = |x: f64| {
        ((1.0 - x) * x.powi(4) / 4.0 + x * (1.0 / 12.0 - x.powi(3) / 3.0 + x.powi(4) / 4.0)) / (1.0 + x)
    };
    assert_list(&out, &at_nodes(&grid, exact), ROUNDING);
    // ∫ x·x²·(1+x) dx = 1/4 + 1/5, on 21 nodes: not a multiple of four.
    let product = operator.product(&at_nodes(&grid, |x| x), &at_nodes(&grid, |x| x * x));
    assert!((product - 0.45).abs() <= ROUNDING, "{product}");
    assert_eq!(grid.len() % 4, 1);
}

#[test]
fn top_of_the_uniform_law_is_a_sine() {
    let pi = std::f64::consts::PI;
    let grid = uniform_grid(-1.0, 2.0, 6);
    let ones = at_nodes(&grid, |_| 0.2);
    let operator = CovarianceOperator::new(&grid, &ones, &ones);
    let pair = operator.top_eigenpair(None);
    let exact = 9.0 / (pi * pi);
    assert!((pair.value / exact - 1.0).abs() <= SOLVED, "{}", pair.value);
    assert!(pair.iteration_error <= 4.0 * f64::EPSILON, "{}", pair.iteration_error);
    let top = pair.derivative.iter().copied().fold(0.0, f64::max);
    for (x, u) in grid.nodes().iter().zip(&pair.derivative) {
        assert!(*u > 0.0);
        let expected = (pi * (x + 1.0) / 3.0).sin();
        // The largest node is beside the middle.
        assert!((u / top - expected).abs() <= 0.01, "{x}: {u}, {expected}");
    }
    // From a start at the solution the same.
    let again = operator.top_eigenpair(Some(&pair.derivative));
    assert!((again.value / pair.value - 1.0).abs() <= ROUNDING);
}

#[test]
fn median_is_where_half_of_the_mass_lies() {
    let grid = uniform_grid(0.0, 40.0, 160);
    let density = at_nodes(&grid, |x| (-x).exp());
    let median = CovarianceOperator::new(&grid, &density, &density).median();
    assert!((median - std::f64::consts::LN_2).abs() <= SOLVED, "{median}");
    // Two humps and nothing between: the middle of what is flat.
    let density = at_nodes(&grid, |x| (-(x - 10.0).powi(2)).exp() + (-(x - 31.0).powi(2)).exp());
    let median = CovarianceOperator::new(&grid, &density, &density).median();
    assert!((median - 20.5).abs() <= 0.5, "{median}");
}

#[test]
fn muckenhoupts_supremum_is_found_between_the_nodes() {
    // Uniform: (1−x)(x−½) is largest at ¾.
    let grid = uniform_grid(0.0, 1.0, 2);
    let ones = at_nodes(&grid, |_| 1.0);
    let (lo, hi) = CovarianceOperator::new(&grid, &ones, &ones).muckenhoupt();
    let missed = 1.0 / 64.0_f64.powi(2);
    assert!((lo - 1.0 / 32.0).abs() <= missed / 32.0 && lo <= 1.0 / 32.0 + ROUNDING, "{lo}");
    assert!(hi >= 0.25 && hi <= 0.25 * (1.0 + 2.0 * missed), "{hi}");
    // With other conductances, the larger side to the left or to the right.
    for direction in [1.0, -1.0] {
        let grid = uniform_grid(0.0, 1.0, 8);
        let mass = at_nodes(&grid, |x| 1.0 + 0.6 * direction * (x - 0.5));
        let conductance = at_nodes(&grid, |x| (2.0 * direction * (x - 0.5)).exp());
        let (lo, hi) = CovarianceOperator::new(&grid, &mass, &conductance).muckenhoupt();
        let n = 40_000;
        let h = 1.0 / f64::from(n);
        let below = |x: f64| x + 0.3 * direction * (x * x - x);
        let resistance = |x: f64| -(-2.0 * direction * (x - 0.5)).exp() / (2.0 * direction);
        let median = (0..n).map(|i| f64::from(i) * h).find(|x| below(*x) >= 0.5).unwrap();
        let best = (0..n)
            .map(|i| f64::from(i) * h)
            .map(|x| {
                let tail = if x >= median { 1.0 - below(x) } else { below(x) };
                tail * (resistance(x) - resistance(median)).abs()
            })
            .fold(0.0, f64::max);
        // The median is known to the step of the reference.
        assert!((lo / (0.5 * best) - 1.0).abs() <= COARSE, "{direction}: {lo}, {}", 0.5 * best);
        assert!((hi / (4.0 * best) - 1.0).abs() <= COARSE + missed, "{direction}: {hi}, {}", 4.0 * best);
    }
}

#[test]
fn tridiagonal_matrices_have_their_largest_eigenvalue() {
    // Diagonal d, neighbours c: d + 2c·cos(π/(m+1)) with the eigenvector sin(πj/(m+1)).
    for (m, d, c) in [(1, 2.0, 0.7), (2, 1.0, 0.5), (9, 2.0, 1.0), (24, 3.0, 0.25)] {
        let (value, vector) = top_of_tridiagonal(&vec![d; m], &vec![c; m - 1]);
        let angle = std::f64::consts::PI / (m + 1) as f64;
        let exact = d + 2.0 * c * angle.cos();
        assert!((value / exact - 1.0).abs() <= 8.0 * f64::EPSILON, "{m}: {value}, {exact}");
        let norm = (0.5 * (m + 1) as f64).sqrt();
        let expected: Vec<f64> = (1..=m).map(|j| (angle * j as f64).sin() / norm).collect();
        assert_list(&vector, &expected, SOLVED);
        if m > 1 {
            let next = d + 2.0 * c * (2.0 * angle).cos();
            let gap = relative_gap(&vec![d; m], &vec![c; m - 1]);
            assert!((gap - (exact - next.max(0.0)) / exact).abs() <= ROUNDING, "{m}: {gap}");
        }
    }
    // Uneven: against the eigenvectors of the dense matrix.
    let (diagonal, off) = ([0.3, 2.0, 0.1, 1.7, 0.9], [0.4, 0.2, 0.8, 0.3]);
    let matrix = DMatrix::from_fn(5, 5, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => off[i.min(j)],
        _ => 0.0,
    });
    let dense = matrix.clone().symmetric_eigen();
    let top = dense.eigenvalues.imax();
    let (value, vector) = top_of_tridiagonal(&diagonal, &off);
    assert!((value - dense.eigenvalues[top]).abs() <= ROUNDING, "{value}");
    let column: Vec<f64> = dense.eigenvectors.column(top).iter().map(|v| v.abs()).collect();
    assert_list(&vector, &column, SOLVED);
    let mut sorted: Vec<f64> = dense.eigenvalues.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let gap = relative_gap(&diagonal, &off);
    assert!((gap - (sorted[4] - sorted[3]) / sorted[4]).abs() <= ROUNDING, "{gap}");
}

/// Lanczos for a diagonal operator, with the number of applications.
fn diagonal(values: &[f64], weights: &[f64]) -> (TopEigenpair, usize) {
    let mut count = 0;
    let apply = |u: &[f64], out: &mut [f64]| {
        count += 1;
        for ((o, u), v) in out.iter_mut().zip(u).zip(values) {
            *o = v * u;
        }
    };
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).zip(weights).map(|((a, b), w)| w * a * b).sum();
    (lanczos(vec![1.0; values.len()], apply, product), count)
}

#[test]
fn few_distinct_eigenvalues_need_as_many_applications() {
    let values = [0.3, 5.0, 1.0, 0.3, 2.0, 1.0];
    let (pair, count) = diagonal(&values, &[1.0, 0.5, 2.0, 1.0, 3.0, 0.1]);
    assert!((pair.value - 5.0).abs() <= 8.0 * f64::EPSILON * 5.0, "{}", pair.value);
    assert_eq!(count, 4);
    assert!(pair.iteration_error <= f64::EPSILON, "{}", pair.iteration_error);
    let largest = pair.derivative[1].abs();
    for (i, v) in pair.derivative.iter().enumerate() {
        assert!(i == 1 || v.abs() <= MESH * largest, "{i}: {v}");
    }
    // A start at the eigenvector is done at once.
    let (pair, count) = diagonal(&[2.0; 5], &[1.0; 5]);
    assert!((pair.value - 2.0).abs() <= 8.0 * f64::EPSILON && count == 1, "{}, {count}", pair.value);
}

#[test]
fn a_clear_gap_converges_before_the_window_is_full_and_a_small_one_after_restarts() {
    // Largest 1, the others in [0, ½]: Chebyshev polynomials fall by (√2+1)^2 or so per step.
    let clear: Vec<f64> = (0..200).map(|i| if i == 0 { 1.0 } else { 0.5 * f64::from(i) / 200.0 }).collect();
    let (pair, count) = diagonal(&clear, &[1.0; 200]);
    assert!((pair.value - 1.0).abs() <= 8.0 * f64::EPSILON, "{}", pair.value);
    assert!((8..=20).contains(&count), "{count}");
    // A relative gap of one per cent: restarts, a few windows of 24.
    let close: Vec<f64> = (0..200).map(|i| if i == 0 { 1.0 } else { 0.99 * f64::from(i) / 199.0 }).collect();
    let (pair, count) = diagonal(&close, &[1.0; 200]);
    assert!((pair.value - 1.0).abs() <= 10.0 * ROUNDING, "{}", pair.value);
    assert!(count > 24 && count <= 24 * 14, "{count}");
    assert!(pair.iteration_error < f64::EPSILON, "{}", pair.iteration_error);
}
