use super::*;
use crate::dynamics::fokker_planck::{Accuracy, bias_on_line};
use crate::dynamics::{InitialLaw, bias_at};
use crate::measure::gaussian::Gaussian;
use crate::path::{GaussianPath, LinePath};
use nalgebra::DMatrix;
use std::sync::Arc;

fn vector(values: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(values)
}

fn matrix(rows: [f64; 4]) -> DMatrix<f64> {
    DMatrix::from_row_slice(2, 2, &rows)
}

/// Turned by an angle of cosine 0.8.
fn turned(x: f64, y: f64) -> DVector<f64> {
    vector(&[0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y])
}

/// Holds the value, and is narrow enough to say something.
#[track_caller]
fn agrees(found: Enclosure, exact: Enclosure, relative: f64) {
    assert!(found.lo() <= exact.hi() && exact.lo() <= found.hi(), "{found}, expected {exact}");
    assert!(found.relative_width() < relative, "{found}");
}

const ACCURACY: PlaneAccuracy = PlaneAccuracy { tolerance: 3e-3, grids: 4 };

fn two(mean: f64, variance: f64) -> MixturePath {
    MixturePath::gaussian(
        Mixture::isotropic(&[1.0, 1.0], vec![vector(&[mean]), vector(&[-mean])], &[variance; 2]).unwrap(),
    )
}

#[test]
fn extrapolation_is_exact_for_even_polynomials() {
    let cells = [32, 48, 64];
    let figures = cells.map(|n| {
        let h = 32.0 / n as f64;
        2.0 + h * h - 0.5 * h.powi(4)
    });
    let rounding = 1e2 * f64::EPSILON;
    assert!((extrapolated(&cells, &figures) - 2.0).abs() < rounding);
}

#[test]
fn pieces_end_at_the_corners_strictly_between() {
    let table = Schedule::table(vec![0.0, 0.25, 0.5, 1.0], vec![0.0, 0.125, 0.625, 1.0]).unwrap();
    let breaks = table.angle_breaks();
    let of = |first: f64, last: f64| -> Vec<(f64, f64)> {
        pieces(&table, first, last).iter().map(|ramp| (ramp.first, ramp.last)).collect()
    };
    assert_eq!(of(1.5, 0.0), [(1.5, breaks[1]), (breaks[1], breaks[0]), (breaks[0], 0.0)]);
    assert_eq!(of(breaks[1], breaks[0]), [(breaks[1], breaks[0])]);
    assert_eq!(of(1.5, breaks[1]), [(1.5, breaks[1])]);
    assert_eq!(of(breaks[0], 0.1), [(breaks[0], 0.1)]);
    assert_eq!(of(0.4, 0.3), [(0.4, 0.3)]);
}

#[test]
fn marginals_are_the_laws_of_coordinates() {
    let means = vec![vector(&[1.0, -2.0]), vector(&[0.5, 1.5])];
    let covariances = vec![matrix([1.0, 0.4, 0.4, 0.5]), matrix([0.25, 0.0, 0.0, 2.0])];
    let target = Mixture::new(&[0.3, 1.2], means, covariances).unwrap();
    let rounding = 1e2 * f64::EPSILON;
    for path in [MixturePath::gaussian(target.clone()), MixturePath::student(target, 3.0).unwrap()] {
        for (axis, (mean, variance)) in
            [([1.0, 0.5], [1.0, 0.25]), ([-2.0, 1.5], [0.5, 2.0])].into_iter().enumerate()
        {
            let found = marginal(&path, axis).unwrap();
            assert_eq!((found.dim(), found.freedom()), (1, path.freedom()));
            for k in 0..2 {
                assert!((found.target().weight(k) - [0.2, 0.8][k]).abs() < rounding);
                assert!((found.target().component_mean(k)[0] - mean[k]).abs() < rounding);
                assert!((found.target().component_variances(k)[0] - variance[k]).abs() < rounding);
            }
        }
    }
}

#[test]
fn part_of_a_grid_has_the_faces_between_its_nodes() {
    let list = |from: usize, to: usize| (from..to).map(|i| i as f64).collect::<Vec<f64>>();
    let grid = Grid { nodes: list(0, 6), cells: list(10, 16), faces: list(20, 25), gaps: list(30, 35) };
    let found = part(&grid, 1..4);
    assert_eq!((found.nodes, found.cells), (list(1, 4), list(11, 14)));
    assert_eq!((found.faces, found.gaps), (list(21, 23), list(31, 33)));
}

#[test]
fn a_product_turned_or_not_has_the_sum_of_the_biases() {
    let schedule = Schedule::cosine();
    let normal = Mixture::isotropic(&[1.0], vec![vector(&[0.5])], &[0.4]).unwrap();
    let lines = [two(1.5, 0.3), MixturePath::gaussian(normal)]
        .map(|path| LinePath::new(Arc::new(path), schedule.clone()));
    let variances = matrix([0.3, 0.0, 0.0, 0.4]);
    // QVQ^T with the rotation Q.
    let skew = matrix([0.336, -0.048, -0.048, 0.364]);
    let straight =
        Mixture::new(&[1.0, 1.0], vec![vector(&[1.5, 0.5]), vector(&[-1.5, 0.5])], vec![variances; 2]);
    let oblique = Mixture::new(&[1.0, 1.0], vec![turned(1.5, 0.5), turned(-1.5, 0.5)], vec![skew; 2]);
    let paths = [straight, oblique].map(|law| MixturePath::gaussian(law.unwrap()));
    for kappa in [0.01, 0.3, 10.0] {
        let [a, b] = [0, 1].map(|k| bias_on_line(&lines[k], kappa, 0.0, 1.0, Accuracy::QUICK).unwrap());
        for path in &paths {
            let found = plane_bias(path, &schedule, kappa, 0.0, 1.0, ACCURACY).unwrap();
            agrees(found.forward_kl, a.forward_kl + b.forward_kl, 1e-2);
            agrees(found.reverse_kl, a.reverse_kl + b.reverse_kl, 1e-2);
            // The larger of two distances, and their sum.
            assert!(found.total_variation.hi() >= a.total_variation.max(b.total_variation).lo());
            assert!(found.total_variation.lo() <= (a.total_variation + b.total_variation).hi());
            assert_eq!(found.steps[4], 0, "{found:?}");
        }
    }
}

#[test]
fn correlated_normal_laws_have_their_closed_form() {
    let law = Gaussian::new(vector(&[0.7, -0.4]), matrix([0.5, 0.3, 0.3, 0.8])).unwrap();
    let target =
        Mixture::new(&[1.0], vec![vector(&[0.7, -0.4])], vec![matrix([0.5, 0.3, 0.3, 0.8])]).unwrap();
    let (schedule, until) = (Schedule::ornstein_uhlenbeck(1.0).unwrap(), 0.9);
    let exact = GaussianPath::from_standard(law, schedule.clone()).unwrap();
    for kappa in [0.05, 2.0] {
        let exact = bias_at(&exact, kappa, 0.1, until, &InitialLaw::exact(2)).unwrap();
        let path = MixturePath::gaussian(target.clone());
        let found = plane_bias(&path, &schedule, kappa, 0.1, until, ACCURACY).unwrap();
        agrees(found.forward_kl, exact.forward_kl, 1e-2);
        agrees(found.reverse_kl, exact.reverse_kl, 1e-2);
    }
}

#[test]
fn finer_grids_stay_within_the_error() {
    // No symmetry, no product.
    let means = vec![vector(&[1.2, 0.3]), vector(&[-0.8, -1.0]), vector(&[-0.2, 1.4])];
    let covariances =
        vec![matrix([0.5, 0.2, 0.2, 0.4]), matrix([0.6, 0.0, 0.0, 0.35]), matrix([0.4, -0.1, -0.1, 0.7])];
    let path = MixturePath::gaussian(Mixture::new(&[1.0, 2.0, 0.7], means, covariances).unwrap());
    let schedule = Schedule::linear();
    let at = |grids: usize| {
        let accuracy = PlaneAccuracy { tolerance: 1e-9, grids };
        plane_bias(&path, &schedule, 0.5, 0.0, 1.0, accuracy).unwrap()
    };
    let (coarse, fine) = (at(3), at(4));
    assert_eq!((coarse.cells, fine.cells), (64, 96));
    agrees(coarse.forward_kl, fine.forward_kl, 1e-1);
    agrees(coarse.reverse_kl, fine.reverse_kl, 1e-1);
    assert!(fine.forward_kl.width() < coarse.forward_kl.width(), "{coarse:?} {fine:?}");
    assert!(fine.total_variation.hi() < 1.0);
    // Pinsker.
    assert!(2.0 * fine.total_variation.lo().powi(2) <= fine.reverse_kl.hi());
}

#[test]
fn mixtures_in_space_are_reduced() {
    let (schedule, kappa) = (Schedule::cosine(), 0.5);
    let bias = |path: &MixturePath| mixture_bias(path, &schedule, kappa, 0.0, 1.0, PlaneAccuracy::QUICK);
    // Two points on a line off the origin: the line, and two directions across, one of which has a mean.
    let points = vec![vector(&[1.0, 2.0, -1.0]), vector(&[1.0, -1.0, -1.0])];
    let space = MixturePath::gaussian(Mixture::isotropic(&[1.0, 1.0], points, &[0.4; 2]).unwrap());
    let found = bias(&space).unwrap();
    let line = Mixture::isotropic(&[1.0, 1.0], vec![vector(&[2.0]), vector(&[-1.0])], &[0.4; 2]).unwrap();
    let line = bias(&MixturePath::gaussian(line)).unwrap();
    let across = Mixture::isotropic(&[1.0], vec![vector(&[1.0, -1.0])], &[0.4]).unwrap();
    let across = bias(&MixturePath::gaussian(across)).unwrap();
    assert_eq!([found.solved, line.solved, across.solved], [1, 1, 0]);
    agrees(found.forward_kl, line.forward_kl + across.forward_kl, 1e-3);
    agrees(found.reverse_kl, line.reverse_kl + across.reverse_kl, 1e-3);
    // Equal means: a normal law.
    let equal = Mixture::isotropic(&[1.0, 3.0], vec![vector(&[1.0, -1.0]); 2], &[0.4; 2]).unwrap();
    agrees(bias(&MixturePath::gaussian(equal)).unwrap().forward_kl, across.forward_kl, 1e-9);
    // What is not of this kind is refused.
    let corners: Vec<_> = (0..4).map(|i| DVector::from_fn(3, |j, _| f64::from(u8::from(i == j)))).collect();
    let solid = Mixture::isotropic(&[1.0; 4], corners.clone(), &[0.5; 4]).unwrap();
    let uneven = Mixture::isotropic(&[1.0; 2], corners[..2].to_vec(), &[0.5, 0.6]).unwrap();
    let heavy = Mixture::isotropic(&[1.0; 2], corners[..2].to_vec(), &[0.5; 2]).unwrap();
    for path in [
        MixturePath::gaussian(solid),
        MixturePath::gaussian(uneven),
        MixturePath::student(heavy, 3.0).unwrap(),
    ] {
        assert!(matches!(bias(&path), Err(Error::Undefined { .. })));
    }
}

#[test]
fn bad_input_is_refused() {
    let path = MixturePath::gaussian(
        Mixture::isotropic(&[1.0, 1.0], vec![vector(&[1.0, 0.0]), vector(&[0.0, 1.0])], &[0.5; 2]).unwrap(),
    );
    let schedule = Schedule::cosine();
    let quick = PlaneAccuracy::QUICK;
    for (kappa, from, until, accuracy) in [
        (0.0, 0.0, 1.0, quick),
        (f64::NAN, 0.0, 1.0, quick),
        (1.0, 0.5, 0.4, quick),
        (1.0, 0.0, 1.5, quick),
        (1.0, f64::NAN, 1.0, quick),
        (1.0, 0.0, 1.0, PlaneAccuracy { tolerance: -1.0, ..quick }),
        (1.0, 0.0, 1.0, PlaneAccuracy { grids: 2, ..quick }),
        (1.0, 0.0, 1.0, PlaneAccuracy { grids: 7, ..quick }),
    ] {
        assert!(
            plane_bias(&path, &schedule, kappa, from, until, accuracy).is_err(),
            "{kappa} {from} {until}"
        );
    }
    assert!(plane_bias(&two(1.0, 0.5), &schedule, 1.0, 0.0, 1.0, quick).is_err());
    // A point mass has no density.
    let atom = MixturePath::gaussian(Mixture::isotropic(&[1.0], vec![vector(&[1.0, 0.0])], &[0.0]).unwrap());
    assert!(plane_bias(&atom, &schedule, 1.0, 0.0, 1.0, quick).is_err());
}
