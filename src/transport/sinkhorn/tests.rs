//! Sinkhorn's plans against closed forms.

use super::*;

/// A normal law on equidistant points.
fn normal(mean: f64, variance: f64, n: usize) -> Atoms {
    let std = variance.sqrt();
    let points: Vec<f64> = (0..n).map(|i| mean + std * 16.0 * (i as f64 / (n as f64 - 1.0) - 0.5)).collect();
    let weights: Vec<f64> = points.iter().map(|x| (-(x - mean).powi(2) / (2.0 * variance)).exp()).collect();
    Atoms::on_line(&points, &weights).unwrap()
}

#[test]
fn gaussian_plans_have_their_closed_form() {
    // The slope J of the map solves aJ² + εJ = b.
    for (a, b, epsilon) in [(1.0_f64, 1.0_f64, 1.0_f64), (2.0, 0.5, 0.3), (0.4, 3.0, 0.15)] {
        let (source, target) = (normal(1.0, a, 120), normal(-0.5, b, 120));
        let plan = EntropicPlan::between(&source, &target, epsilon, 1e-12).unwrap();
        let slope = ((epsilon * epsilon + 4.0 * a * b).sqrt() - epsilon) / (2.0 * a);
        // Defect, amplified by the gap of the iteration, truncation of the window at 8 deviations, rounding.
        let gap = 1.0 - slope * slope * a / b;
        let tolerance = 1e-12 / gap + 1e-12 + plan.rounding(200.0);
        for x in [-0.3, 1.0, 2.0] {
            let conditional = plan.target_given(&target, &[x]);
            let mean = -0.5 + slope * (x - 1.0);
            assert!((conditional.mean[0] - mean).abs() < 10.0 * tolerance, "{} {mean}", conditional.mean[0]);
            let jacobian = conditional.covariance[(0, 0)] / epsilon;
            assert!((jacobian - slope).abs() < 10.0 * tolerance, "{jacobian} {slope}");
        }
        assert!(plan.sweeps() < 200, "{} sweeps", plan.sweeps());
    }
}

#[test]
fn two_points_give_a_quadratic_equation() {
    // Symmetric: P = [[p, ½−p], [½−p, p]] with p/(½−p) = e^{c/ε}, c = ½.
    let atoms = Atoms::on_line(&[0.0, 1.0], &[1.0, 1.0]).unwrap();
    for epsilon in [1.0, 0.1, 0.01] {
        let plan = EntropicPlan::between(&atoms, &atoms, epsilon, 1e-13).unwrap();
        let ratio: f64 = (-0.5 / epsilon).exp();
        let expected = 0.5 / (1.0 + ratio);
        assert!((plan.mass(0, 0, 0.0) - expected).abs() < plan.rounding(0.5), "ε = {epsilon}");
        assert!((plan.mass(0, 1, 0.5) - expected * ratio).abs() < plan.rounding(0.5), "ε = {epsilon}");
    }
}

#[test]
fn grids_and_points_agree() {
    let axis = |n: usize| (0..n).map(|i| 0.5 * i as f64 - 2.0).collect::<Vec<_>>();
    let source = PlaneGrid::new([axis(9), axis(8)], |p| (-p[0] * p[0] - 0.5 * p[1] * p[1]).exp()).unwrap();
    let target =
        PlaneGrid::new([axis(7), axis(10)], |p| (-(p[0] - 0.5).powi(2) - (p[0] * p[1]).abs()).exp()).unwrap();
    let dense = EntropicPlan::between(&source.atoms(), &target.atoms(), 0.4, 1e-12).unwrap();
    let separable = EntropicPlan::between_grids(&source, &target, 0.4, 1e-12).unwrap();
    let tolerance = 1e2 * (1e-12 + dense.rounding(30.0));
    assert!((dense.value() - separable.value()).abs() < tolerance);
    let itself = EntropicPlan::with_itself(&source, 0.4, 1e-12).unwrap();
    let twice = EntropicPlan::between(&source.atoms(), &source.atoms(), 0.4, 1e-12).unwrap();
    assert!((itself.value() - twice.value()).abs() < tolerance, "{} {}", itself.value(), twice.value());
}

#[test]
fn a_plan_is_a_fixed_point_of_a_sweep() {
    let (source, target) = (normal(0.0, 1.0, 40), normal(1.0, 2.0, 50));
    let plan = EntropicPlan::between(&source, &target, 0.5, 1e-13).unwrap();
    let again = EntropicPlan::swept(&source, &target, 0.5, plan.exponents()).unwrap();
    let largest =
        plan.exponents().0.iter().zip(again.exponents().0).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
    // A point of weight w feels a defect of size 10⁻¹³ in L² as at most 10⁻¹³/√w.
    let lightest = source.weights().iter().copied().fold(1.0, f64::min);
    assert!(largest < 1e-13 / lightest.sqrt() + plan.rounding(200.0), "{largest}");
    assert!(again.defect() <= 1e-13 + plan.rounding(200.0));
}

#[test]
fn low_temperatures_neither_overflow_nor_stall() {
    // 1/ε times the largest cost is 10⁵.
    let source = Atoms::on_line(&[0.0, 1.0, 5.0, 9.0], &[0.1, 0.2, 0.3, 0.4]).unwrap();
    let target = Atoms::on_line(&[-1.0, 2.0, 4.0, 9.5], &[0.1, 0.2, 0.3, 0.4]).unwrap();
    let plan = EntropicPlan::between(&source, &target, 5e-4, 1e-9).unwrap();
    // The monotone plan is the diagonal one.
    let cost = (1.0 * 0.1 + 1.0 * 0.2 + 1.0 * 0.3 + 0.25 * 0.4) / 2.0;
    // The plan has an entropy of at most log 4.
    assert!((plan.value() - cost).abs() < 5e-4 * 2.0 * 4.0_f64.ln(), "{} {cost}", plan.value());
}

#[test]
fn bad_input_is_refused() {
    let atoms = normal(0.0, 1.0, 5);
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(EntropicPlan::between(&atoms, &atoms, temperature, 1e-9).is_err());
    }
    for tolerance in [0.0, -1.0, f64::NAN] {
        assert!(EntropicPlan::between(&atoms, &atoms, 1.0, tolerance).is_err());
    }
    let plane = Atoms::new(&[vec![0.0, 1.0]], &[1.0]).unwrap();
    assert!(EntropicPlan::between(&atoms, &plane, 1.0, 1e-9).is_err());
    assert!(EntropicPlan::swept(&atoms, &atoms, 1.0, (&[0.0], &[0.0])).is_err());
    assert!(Atoms::on_line(&[], &[]).is_err());
    assert!(Atoms::on_line(&[0.0], &[0.0]).is_err());
    assert!(Atoms::on_line(&[f64::NAN], &[1.0]).is_err());
    assert!(Atoms::on_line(&[0.0, 1.0], &[1.0]).is_err());
    assert!(Atoms::new(&[vec![0.0], vec![0.0, 1.0]], &[1.0, 1.0]).is_err());
    assert!(PlaneGrid::new([vec![], vec![0.0]], |_| 1.0).is_err());
    assert!(PlaneGrid::new([vec![0.0], vec![0.0]], |_| 0.0).is_err());
}

#[test]
fn relaxations_come_from_the_factor_that_is_seen() {
    // Plain sweeps with the factor q: ω = 2/(1 + √(1−q)).
    let geometric = |q: f64, n: i32| -> Vec<f64> { (0..n).map(|k| 0.3 * q.powi(k)).collect() };
    let rounding = 1e-9;
    for q in [0.5, 0.9, 0.999_f64] {
        let optimal = 2.0 / (1.0 + (1.0 - q).sqrt());
        assert!(relaxation_from(&geometric(q, 5), 1.0).is_none());
        let found = relaxation_from(&geometric(q, 6), 1.0).unwrap();
        assert!((found - optimal.min(LARGEST_RELAXATION)).abs() < rounding, "{q}: {found}");
    }
    assert_eq!(relaxation_from(&geometric(1.0 - 1e-9, 6), 1.0), Some(LARGEST_RELAXATION));
    // Not settled, and not falling.
    assert!(relaxation_from(&[1.0, 0.9, 0.8, 0.7, 0.4, 0.3], 1.0).is_none());
    assert!(relaxation_from(&geometric(1.1, 6), 1.0).is_none());
    // Under the relaxation ω the factor λ belongs to q = (λ + ω − 1)²/(λω²), which is more than what ω is optimal for.
    let (omega, lambda) = (1.5_f64, 0.8_f64);
    let q = (lambda + omega - 1.0).powi(2) / (lambda * omega * omega);
    let found = relaxation_from(&geometric(lambda, 24), omega).unwrap();
    assert!((found - 2.0 / (1.0 + (1.0 - q).sqrt())).abs() < rounding && found > omega, "{found}");
    for n in [8, 16, 23, 25] {
        assert!(relaxation_from(&geometric(lambda, n), omega).is_none(), "{n}");
    }
    // At the optimum the factor is ω − 1: nothing to be gained.
    assert!(relaxation_from(&geometric(0.5, 24), omega).is_none());
    assert!(relaxation_from(&geometric(0.52, 24), omega).is_none());
    assert!(relaxation_from(&geometric(1.01, 24), omega).is_none());
}

#[test]
fn steps_and_their_norm() {
    let found = steps(&[-1.0, 2.0], &[0.5, 0.25], &[0.25, 3.0]);
    assert_eq!(found, [-1.75, -1.25]);
    let mut exponents = vec![1.0, 2.0];
    advance(&mut exponents, &found, 0.5);
    assert_eq!(exponents, [0.125, 1.375]);
    let rounding = 1e-14;
    let exact = (0.25 * (0.5_f64.exp() - 1.0).powi(2) + 0.75 * ((-0.25_f64).exp() - 1.0).powi(2)).sqrt();
    assert!((norm(&[0.25, 0.75], &[-0.5, 0.25]) - exact).abs() < rounding);
}

#[test]
fn plans_are_read_off_their_exponents() {
    let source = Atoms::new(&[vec![0.0, 1.0], vec![2.0, -1.0], vec![-1.0, 0.5]], &[0.2, 0.5, 0.3]).unwrap();
    let target = Atoms::new(&[vec![0.5, 0.5], vec![1.0, 2.0]], &[0.6, 0.4]).unwrap();
    let epsilon = 0.7;
    let plan = EntropicPlan::between(&source, &target, epsilon, 1e-12).unwrap();
    let cost = |i: usize, j: usize| {
        source.point(i).iter().zip(target.point(j)).map(|(a, b)| 0.5 * (a - b) * (a - b)).sum::<f64>()
    };
    let rounding = 1e-11;
    for (i, weight) in source.weights().iter().enumerate() {
        let row: f64 = (0..2).map(|j| plan.mass(i, j, cost(i, j))).sum();
        assert!((row - weight).abs() < rounding, "{i}");
    }
    let (f, g) = plan.potentials();
    let mut value = 0.0;
    for (j, own) in g.iter().enumerate() {
        let column: Vec<f64> = (0..3).map(|i| plan.mass(i, j, cost(i, j))).collect();
        assert!((column.iter().sum::<f64>() - target.weights()[j]).abs() < rounding, "{j}");
        for (i, mass) in column.iter().enumerate() {
            let product = source.weights()[i] * target.weights()[j];
            assert!((mass - product * ((f[i] + own - cost(i, j)) / epsilon).exp()).abs() < rounding);
            value += mass * cost(i, j) + epsilon * mass * (mass / product).ln();
        }
        // The law of the source given this atom of the target.
        let given = plan.source_given(&source, target.point(j));
        let total: f64 = column.iter().sum();
        let mean: Vec<f64> = (0..2)
            .map(|k| column.iter().enumerate().map(|(i, m)| m / total * source.point(i)[k]).sum())
            .collect();
        assert!((given.potential - own).abs() < rounding, "{j}: {} {own}", given.potential);
        for k in 0..2 {
            assert!((given.mean[k] - mean[k]).abs() < rounding, "{j} {k}");
            for l in 0..2 {
                let exact: f64 = column
                    .iter()
                    .enumerate()
                    .map(|(i, m)| m / total * (source.point(i)[k] - mean[k]) * (source.point(i)[l] - mean[l]))
                    .sum();
                assert!((given.covariance[(k, l)] - exact).abs() < rounding, "{j} {k} {l}");
            }
        }
        let densest = column.iter().zip(source.weights()).map(|(m, w)| m / total / w).fold(0.0, f64::max);
        assert!((given.largest_density - densest).abs() < rounding, "{j}");
    }
    assert!((plan.value() - value).abs() < rounding, "{} {value}", plan.value());
    let other = plan.target_given(&target, source.point(1));
    assert!((other.potential - f[1]).abs() < rounding);
    let (alpha, beta) = plan.exponents();
    let top = |e: &[f64]| e.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let exact = 4.0 * f64::EPSILON * (1.0 + top(alpha) + top(beta) + 2.1 / epsilon);
    assert!((plan.rounding(2.1) / exact - 1.0).abs() < rounding && plan.defect() <= 1e-12);
    // Few sweeps where the temperature is high; with over-relaxation not many more where it is low.
    assert!(plan.sweeps() < 60, "{}", plan.sweeps());
    let cold = EntropicPlan::between(&source, &target, 0.02, 1e-12).unwrap();
    assert!(cold.sweeps() < 600, "{}", cold.sweeps());
}
