use super::*;
use crate::dynamics::fokker_planck::grid::Map;
use crate::measure::mixture::Mixture;
use crate::path::LineCurve;
use nalgebra::{DMatrix, DVector};

/// Rounding of some hundred operations on numbers of size one.
const ROUNDING: f64 = 1e-12;

fn grid(nodes: &[f64]) -> Grid {
    let gaps: Vec<f64> = nodes.windows(2).map(|w| w[1] - w[0]).collect();
    let faces = nodes.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect();
    // Cells that are not the means of the gaps.
    let cells = (0..nodes.len()).map(|i| 0.7 + 0.1 * i as f64).collect();
    Grid { nodes: nodes.to_vec(), cells, faces, gaps }
}

fn skewed() -> Mixture {
    let (first, second) = (DVector::from_vec(vec![1.0, -0.5]), DVector::from_vec(vec![-0.3, 0.8]));
    let matrix = |rows: [f64; 4]| DMatrix::from_row_slice(2, 2, &rows);
    let covariances = vec![matrix([1.0, 0.4, 0.4, 0.5]), matrix([0.6, -0.2, -0.2, 1.5])];
    Mixture::new(&[1.0, 2.0], vec![first, second], covariances).unwrap()
}

fn frame() -> (Frame, [Grid; 2]) {
    let grids = [grid(&[-1.5, -0.4, 0.9, 1.8]), grid(&[-1.0, 0.1, 1.4])];
    (Frame::new(&MixturePath::gaussian(skewed()), &grids, 0.6).unwrap(), grids)
}

/// The matrix of the flow `F + G` on the cells, by its action on unit vectors.
fn flow(frame: &Frame, inner: usize, parts: [bool; 2]) -> DMatrix<f64> {
    let n = frame.masses.len();
    let outer = n / inner;
    let mut matrix = DMatrix::zeros(n, n);
    for k in 0..n {
        let mut unit = vec![0.0; n];
        unit[k] = 1.0;
        let mut first = vec![0.0; n];
        if parts[0] {
            add_flow(&frame.first, 1.0, inner, &unit, &mut first);
        }
        let mut second = vec![0.0; n];
        if parts[1] {
            add_flow(&frame.second, 1.0, outer, &transposed(&unit, inner), &mut second);
        }
        let second = transposed(&second, outer);
        for i in 0..n {
            matrix[(i, k)] = first[i] + second[i];
        }
    }
    matrix
}

#[test]
fn densities_are_those_of_the_slice() {
    for path in [MixturePath::gaussian(skewed()), MixturePath::student(skewed(), 3.5).unwrap()] {
        let list = bumps(&path, 0.6).unwrap();
        let slice = path.slice(0.6).unwrap();
        let mut exponents = Vec::new();
        for at in [[0.0, 0.0], [1.0, -2.0], [-3.0, 0.5], [9.0, 9.0]] {
            let found = log_density(&list, &mut exponents, at);
            let exact = slice.log_density(&at).unwrap();
            assert!((found - exact).abs() < ROUNDING * (1.0 + exact.abs()), "{at:?}: {found} {exact}");
        }
    }
    let atom = Mixture::isotropic(&[1.0], vec![DVector::zeros(2)], &[0.0]).unwrap();
    assert!(bumps(&MixturePath::gaussian(atom), 0.0).is_err());
}

#[test]
fn frames_hold_masses_and_rates_at_which_they_stand_still() {
    let (frame, grids) = frame();
    let path = MixturePath::gaussian(skewed());
    let slice = path.slice(0.6).unwrap();
    let mut weights = Vec::new();
    for (x, a) in grids[0].nodes.iter().zip(&grids[0].cells) {
        for (y, b) in grids[1].nodes.iter().zip(&grids[1].cells) {
            weights.push(slice.log_density(&[*x, *y]).unwrap().exp() * a * b);
        }
    }
    let total: f64 = weights.iter().sum();
    for ((mass, log), weight) in frame.masses.iter().zip(&frame.log_masses).zip(&weights) {
        assert!((mass - weight / total).abs() < ROUNDING && (log - mass.ln()).abs() < ROUNDING);
    }
    // √(p_{i+1}/p_i)/(gap·cell) with densities p, in either direction.
    assert_eq!((frame.first.up.len(), frame.second.up.len()), (9, 8));
    let density = |i: usize, j: usize| weights[3 * i + j] / (grids[0].cells[i] * grids[1].cells[j]);
    for i in 0..3 {
        for j in 0..3 {
            let ratio = (density(i + 1, j) / density(i, j)).sqrt();
            let (up, down) = (frame.first.up[3 * i + j], frame.first.down[3 * i + j]);
            assert!((up * grids[0].gaps[i] * grids[0].cells[i] / ratio - 1.0).abs() < ROUNDING);
            assert!((down * grids[0].gaps[i] * grids[0].cells[i + 1] * ratio - 1.0).abs() < ROUNDING);
        }
    }
    for j in 0..2 {
        for i in 0..4 {
            let ratio = (density(i, j + 1) / density(i, j)).sqrt();
            let (up, down) = (frame.second.up[4 * j + i], frame.second.down[4 * j + i]);
            assert!((up * grids[1].gaps[j] * grids[1].cells[j] / ratio - 1.0).abs() < ROUNDING);
            assert!((down * grids[1].gaps[j] * grids[1].cells[j + 1] * ratio - 1.0).abs() < ROUNDING);
        }
    }
    let masses = DVector::from_column_slice(&frame.masses);
    for parts in [[true, false], [false, true]] {
        let matrix = flow(&frame, 3, parts);
        assert!((&matrix * &masses).amax() < ROUNDING);
        assert!(matrix.row_sum().amax() < ROUNDING && matrix.amax() > 0.1);
    }
    // A ratio beyond all floats is cut off.
    let steep = rates(&[0.0, -1e5], &Grid { cells: vec![1.0; 2], ..grid(&[0.0, 1.0]) });
    assert!((steep.up[0].ln() + STEEPEST).abs() < ROUNDING * STEEPEST && steep.down[0].is_finite());
}

#[test]
fn transposition_turns_rows_into_columns() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    assert_eq!(transposed(&x, 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    assert_eq!(transposed(&transposed(&x, 3), 2), x);
    assert_eq!(size(&[1.0, -2.0, 0.5]), 3.5);
}

#[test]
fn eliminations_invert_the_matrix_of_a_step() {
    let (frame, _) = frame();
    let n = frame.masses.len();
    let right: State = [
        (0..n).map(|i| (1.3 * i as f64).sin().abs()).collect(),
        (0..n).map(|i| (0.7 * i as f64).cos()).collect(),
    ];
    let inverse = |c: f64, parts: [bool; 2]| {
        (DMatrix::identity(n, n) - flow(&frame, 3, parts) * c).try_inverse().unwrap()
    };
    for c in [1e-3, 0.05, 0.4] {
        let mut pivots = [vec![0.0; n], vec![0.0; n]];
        let mut rows = right.clone();
        eliminate(&frame.first, c, 3, &mut rows, &mut pivots);
        let mut both = right.clone();
        sweep(&frame, c, 3, &mut both, &mut pivots);
        let mut whole = right.clone();
        // From another guess than the right side.
        whole[0].fill(0.1);
        assert!(solve(&frame, c, 3, &right, &mut whole, 1.1), "{c}");
        for k in 0..2 {
            let b = DVector::from_column_slice(&right[k]);
            let exact = inverse(c, [true, false]) * &b;
            assert!((DVector::from_column_slice(&rows[k]) - &exact).amax() < ROUNDING, "{c}");
            let exact = inverse(c, [false, true]) * exact;
            assert!((DVector::from_column_slice(&both[k]) - exact).amax() < ROUNDING, "{c}");
            let exact = inverse(c, [true, true]) * b;
            let residual = 10.0 * RESIDUALS[1] * size(&right[k]);
            assert!((DVector::from_column_slice(&whole[k]) - exact).amax() < residual, "{c}");
        }
    }
    let broken: State = [vec![f64::NAN; n], vec![0.0; n]];
    assert!(!solve(&frame, 0.4, 3, &broken, &mut right.clone(), 1.1));
}

#[test]
fn a_step_keeps_the_path_and_relaxes_towards_it() {
    let (frame, _) = frame();
    let n = frame.masses.len();
    let start: State = [frame.masses.clone(), vec![0.0; n]];
    let path_masses = VecDeque::from([frame.masses.clone()]);
    let (still, order) = step(&frame, 0.3, 3, 1.1, &VecDeque::from([start]), &path_masses);
    assert_eq!(order, 0);
    for ((q, g), p) in still[0].iter().zip(&still[1]).zip(&frame.masses) {
        assert!((q - p).abs() < 1e2 * ROUNDING && g.abs() < 1e2 * ROUNDING);
    }
    // A path that moved: masses and deviations stay consistent, q = p + g, and sum to one and to zero.
    let mut older = frame.masses.clone();
    older.reverse();
    let states = VecDeque::from([[older.clone(), vec![0.0; n]]]);
    let moved: f64 = older.iter().zip(&frame.masses).map(|(a, b)| (a - b).abs()).sum();
    let mut before = moved;
    for length in [1e-3, 0.1, 1.0] {
        let ([q, g], order) = step(&frame, length, 3, 1.1, &states, &VecDeque::from([older.clone()]));
        assert!(order < 4 && q.iter().all(|q| *q >= 0.0), "{length} {order}");
        assert!(
            (q.iter().sum::<f64>() - 1.0).abs() < 1e2 * ROUNDING
                && g.iter().sum::<f64>().abs() < 1e2 * ROUNDING
        );
        for i in 0..n {
            assert!((q[i] - frame.masses[i] - g[i]).abs() < 1e2 * ROUNDING, "{length}");
        }
        let off = size(&g);
        assert!(off < before, "{length}: {off} {before}");
        before = off;
    }
    // What is left of the difference of the two laws.
    assert!(before < 0.5 * moved, "{before} {moved}");
}

#[test]
fn a_run_takes_its_steps_and_extends_that_of_the_line() {
    // Independent coordinates, one of which stands still.
    let target = Mixture::new(
        &[1.0],
        vec![DVector::from_vec(vec![1.0, 0.0])],
        vec![DMatrix::from_diagonal(&DVector::from_vec(vec![0.5, 1.0]))],
    );
    let path = MixturePath::gaussian(target.unwrap());
    let line = |mean: f64, variance: f64| {
        MixturePath::gaussian(
            Mixture::isotropic(&[1.0], vec![DVector::from_vec(vec![mean])], &[variance]).unwrap(),
        )
    };
    let schedule = Schedule::cosine();
    let (first, last) = (schedule.angle(0.0), schedule.angle(1.0));
    let curves = [line(1.0, 0.5), line(0.0, 1.0)];
    let grids = curves.each_ref().map(|c| Map::around(c as &dyn LineCurve, first, last).unwrap().grid(24));
    let middle = 0.5 * first;
    let pieces = [Ramp { first, last: middle }, Ramp { first: middle, last }];
    let whole = run(&path, &schedule, 0.5, &pieces, &grids, 24).unwrap();
    assert_eq!(whole.steps.iter().sum::<usize>(), 48);
    assert_eq!(whole.steps[0], 48, "{:?}", whole.steps);
    // Slower dynamics follow more closely, and the second coordinate adds nothing.
    let slow = run(&path, &schedule, 0.05, &pieces, &grids, 24).unwrap();
    assert!(slow.divergences[0] < whole.divergences[0] && whole.divergences[0] < 1.0);
    let few = [grids[0].clone(), curves_grid(&curves[1], first, last)];
    let other = run(&path, &schedule, 0.5, &pieces, &few, 24).unwrap();
    let quadrature = 1e-6;
    for k in 0..3 {
        assert!((other.divergences[k] / whole.divergences[k] - 1.0).abs() < quadrature, "{k}");
    }
}

fn curves_grid(curve: &MixturePath, first: f64, last: f64) -> Grid {
    Map::around(curve, first, last).unwrap().grid(36)
}
