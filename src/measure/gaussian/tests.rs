//! Closed forms, invariances and negative controls.

use super::Gaussian;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::Error;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{Matrix, symmetric_eigen, symmetric_square_root};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What "full accuracy in floats" means here: the relative width asked of every quantity, even
/// at condition number 10⁸.
pub(super) const ACCURACY: f64 = 1e-12;

fn stream(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A symmetric rational matrix `R·diag·Rᵀ` with the rotation by the angle of the 3-4-5 triangle,
/// `25·` the covariance being integer when the variances are: exact in floats for multiples of 25.
fn rotated(mean: [f64; 2], variances: [f64; 2]) -> Gaussian {
    let [a, b] = variances.map(|v| v / 25.0);
    let off = 12.0 * (a - b);
    let covariance = DMatrix::from_row_slice(2, 2, &[9.0 * a + 16.0 * b, off, off, 16.0 * a + 9.0 * b]);
    // R = [3 −4; 4 3]/5 sends e₁ to (3, 4)/5; means are multiples of 5.
    let [x, y] = mean.map(|m| m / 5.0);
    Gaussian::new(DVector::from_vec(vec![3.0 * x - 4.0 * y, 4.0 * x + 3.0 * y]), covariance).unwrap()
}

fn straight(mean: [f64; 2], variances: [f64; 2]) -> Gaussian {
    Gaussian::diagonal(mean.to_vec(), variances.to_vec()).unwrap()
}

fn assert_same(what: &str, a: Enclosure, b: Enclosure) {
    assert!(a.interval().intersects(b.interval()), "{what}: {a} and {b}");
    for x in [a, b] {
        assert!(x.relative_width() <= ACCURACY, "{what}: {x} is too wide");
        assert_eq!(x.evidence(), Evidence::Certified);
    }
}

pub(super) type Quantity = (&'static str, fn(&Gaussian, &Gaussian) -> Enclosure);

pub(super) const QUANTITIES: [Quantity; 4] = [
    ("KL", |a, b| a.kl_divergence(b).unwrap()),
    ("χ²", |a, b| a.chi_squared(b).unwrap()),
    ("W₂²", |a, b| a.wasserstein2_squared(b).unwrap()),
    ("I", |a, b| a.relative_fisher_information(b).unwrap()),
];

#[test]
fn rotation_changes_no_divergence() {
    let cases = [
        ([5.0, 10.0], [25.0, 100.0], [-5.0, 0.0], [50.0, 75.0]),
        ([0.0, 0.0], [25.0, 25.0 * 65536.0], [5.0, 15.0], [25.0 * 3.0, 25.0 * 40000.0]),
        // Condition number 2²⁶ ≈ 7·10⁷.
        ([0.0, 5.0], [25.0, 25.0 * 67108864.0], [5.0, 0.0], [50.0, 25.0 * 50000000.0]),
    ];
    for (m1, v1, m2, v2) in cases {
        let laws = (rotated(m1, v1), rotated(m2, v2));
        let reference = (straight(m1, v1), straight(m2, v2));
        for (name, quantity) in QUANTITIES {
            // χ² may be infinite.
            let (found, expected) = (quantity(&laws.0, &laws.1), quantity(&reference.0, &reference.1));
            if expected.is_infinite() {
                assert!(found.is_infinite(), "{name}: {found}");
            } else {
                assert_same(name, found, expected);
            }
            if name == "W₂²" {
                assert_same("W₂² exchanged", quantity(&laws.1, &laws.0), expected);
            }
        }
        assert_same("C_P", laws.0.poincare_constant(), reference.0.poincare_constant());
        assert_same("C_LS", laws.0.log_sobolev_constant(), 2.0 * reference.0.poincare_constant());
        assert_same("λ_min", laws.0.spectrum().smallest(), reference.0.spectrum().smallest());
        assert_same("log det", laws.0.log_determinant(), reference.0.log_determinant());
    }
}

#[test]
fn pointwise_quantities_follow_the_rotation() {
    let (m, v) = ([5.0, -10.0], [25.0, 25.0 * 1024.0]);
    let (law, reference) = (rotated(m, v), straight(m, v));
    // (x, y) ↦ (3x − 4y, 4x + 3y)/5, with multiples of 5.
    let (point, image) = ([20.0, 35.0], [3.0 * 4.0 - 4.0 * 7.0, 4.0 * 4.0 + 3.0 * 7.0]);
    assert_same("log density", law.log_density(&image).unwrap(), reference.log_density(&point).unwrap());
    let score = law.score(&image).unwrap();
    let expected = reference.score(&point).unwrap();
    assert_same("score 1", score[0], (3.0 * expected[0] - 4.0 * expected[1]) / 5.0);
    assert_same("score 2", score[1], (4.0 * expected[0] + 3.0 * expected[1]) / 5.0);
    assert_same("variance along", law.variance_along(&[3.0, 4.0]).unwrap(), Enclosure::exact(25.0));
    assert_same(
        "variance along",
        law.variance_along(&[-4e-200, 3e-200]).unwrap(),
        Enclosure::exact(25.0 * 1024.0),
    );
    // Σ⁻¹ = R diag(1/v) Rᵀ
    let precision = law.precision();
    let (p, q) = (1.0 / Enclosure::exact(v[0]), 1.0 / Enclosure::exact(v[1]));
    assert_same("precision 11", precision[(0, 0)], (9.0 * p + 16.0 * q) / 25.0);
    assert_same("precision 12", precision[(0, 1)], 12.0 * (p - q) / 25.0);
    let coordinates = law.spectrum().coordinates(&[3.0, 4.0]).unwrap();
    assert_same("coordinate", coordinates[0].abs(), Enclosure::exact(5.0));
    assert!(coordinates[1].contains(0.0) && coordinates[1].width() < ACCURACY);
}

#[test]
fn nearly_equal_laws_keep_their_relative_accuracy() {
    let mut rng = stream(1);
    for (dim, condition, exponent) in [(2, 10.0, -20), (5, 1e8, -20), (5, 1e4, -33), (12, 1e8, -30)] {
        let law = Gaussian::random(&mut rng, dim, condition, 1.0).unwrap();
        let factor = 1.0 + 2f64.powi(exponent);
        // Σ₁ = (1+h)Σ₂ up to the rounding of the entries, which must not be visible when the
        // exact factor is a power of two; hence the expansion in ρ = h (all ρᵢ equal h ± κε/h).
        let covariance = law.covariance() * factor;
        let near = Gaussian::new(law.mean().clone(), covariance).unwrap();
        for (name, quantity) in QUANTITIES {
            for value in [quantity(&near, &law), quantity(&law, &near)] {
                assert!(value.lo() > 0.0, "{name}: {value}");
                assert!(value.relative_width() <= ACCURACY, "{name}, condition {condition:e}: {value}");
            }
        }
        // To second order KL(near|law) = KL(law|near) = χ²/2 = dh²/4, W₂² = h² tr Σ/4; the
        // relative error is O(h) and O(κε/h) from the rounding of the entries.
        let h = 2f64.powi(exponent);
        let expected = dim as f64 * h * h / 4.0;
        let rounding = condition * f64::EPSILON * (dim as f64) / h;
        let tolerance = 4.0 * h + 4.0 * rounding;
        if tolerance < 0.1 {
            let kl = near.kl_divergence(&law).unwrap();
            assert!((kl.mid() / expected - 1.0).abs() <= tolerance, "{kl} against {expected:e}");
            let w2 = near.wasserstein2_squared(&law).unwrap();
            let expected = h * h * law.covariance().trace() / 4.0;
            assert!((w2.mid() / expected - 1.0).abs() <= tolerance, "{w2} against {expected:e}");
        }
    }
}

#[test]
fn ill_conditioned_laws_keep_their_relative_accuracy() {
    let mut rng = stream(2);
    for dim in [1, 2, 7, 20] {
        let a = Gaussian::random(&mut rng, dim, 1e8, 2.0).unwrap();
        let b = Gaussian::random(&mut rng, dim, 1e8, 2.0).unwrap();
        for (name, quantity) in QUANTITIES {
            for value in [quantity(&a, &b), quantity(&b, &a)] {
                assert!(value.is_infinite() || value.relative_width() <= ACCURACY, "{name}, {dim}: {value}");
            }
        }
        for x in
            [a.poincare_constant(), a.spectrum().smallest(), a.variance_along(b.mean().as_slice()).unwrap()]
        {
            assert!(x.relative_width() <= ACCURACY, "{x}");
        }
        assert!(a.score(b.mean().as_slice()).unwrap().iter().all(|x| x.relative_width() <= ACCURACY));
        assert_same(
            "W₂² is symmetric",
            a.wasserstein2_squared(&b).unwrap(),
            b.wasserstein2_squared(&a).unwrap(),
        );
    }
}

#[test]
fn distance_agrees_with_the_formula_of_square_roots() {
    // tr(A + B − 2(A^½BA^½)^½), with cancellation, in double-double.
    let mut rng = stream(9);
    for (dim, condition) in [(1, 1.0), (3, 1e6), (10, 1e3), (33, 10.0)] {
        let a = Gaussian::random(&mut rng, dim, condition, 1.0).unwrap();
        let b = Gaussian::random(&mut rng, dim, condition, 1.0).unwrap();
        let [first, second] = [&a, &b].map(|law| Matrix::from_f64(&law.covariance()));
        let root = symmetric_square_root(&symmetric_eigen(&first));
        let inner = root.product(&second.product(&root)).symmetrised();
        let fidelity: Dd = symmetric_eigen(&inner).values.iter().map(|x| x.sqrt()).sum();
        let traces: Dd = (0..dim).map(|i| first[(i, i)] + second[(i, i)]).sum();
        let shift = a.mean().iter().zip(b.mean().iter());
        let means: Dd = shift.map(|(&x, &y)| Dd::difference(x, y) * Dd::difference(x, y)).sum();
        let expected = traces - fidelity.times_power_of_two(2.0) + means;
        // Square roots of eigenvalues that are d²κ·2⁻¹⁰² off, relative to the largest.
        let size = (dim as f64).powi(2) * condition * traces.hi();
        let tolerance = 16.0 * Dd::UNIT * size;
        let found = a.wasserstein2_squared(&b).unwrap();
        assert!(found.interval().intersects(expected.to_interval(tolerance)), "{found} {expected:?}");
        assert!(found.relative_width() <= ACCURACY);
    }
}

#[test]
fn independent_coordinates_may_meet_a_dense_law() {
    let mut rng = stream(10);
    let dense = Gaussian::random(&mut rng, 3, 100.0, 1.0).unwrap();
    let diagonal = Gaussian::diagonal(vec![1.0, 0.0, -0.5], vec![0.5, 2.0, 30.0]).unwrap();
    let same = Gaussian::new(diagonal.mean().clone(), diagonal.covariance()).unwrap();
    for (_, quantity) in QUANTITIES {
        assert_eq!(quantity(&dense, &diagonal), quantity(&dense, &same));
        assert_eq!(quantity(&diagonal, &dense), quantity(&same, &dense));
    }
    let x = [0.25, -1.0, 3.0];
    assert_same("log density", same.log_density(&x).unwrap(), diagonal.log_density(&x).unwrap());
    for (a, b) in same.score(&x).unwrap().into_iter().zip(diagonal.score(&x).unwrap()) {
        assert_same("score", a, b);
    }
    assert_same("variance", same.variance_along(&x).unwrap(), diagonal.variance_along(&x).unwrap());
    assert_same("C_P", same.poincare_constant(), diagonal.poincare_constant());
    for (a, b) in same.precision().iter().zip(diagonal.precision().iter()) {
        assert!(a.interval().intersects(b.interval()));
    }
}

#[test]
fn classical_inequalities_between_the_divergences_hold() {
    let mut rng = stream(11);
    for case in 0..20 {
        // Condition number 1 is left out: translations are sharp there.
        let (dim, condition) = (1 + case % 5, 10f64.powi(1 + i32::try_from(case % 7).unwrap()));
        let a = Gaussian::random(&mut rng, dim, condition, 1.0).unwrap();
        let b = Gaussian::random(&mut rng, dim, condition, 1.0).unwrap();
        let [kl, chi, w2, fisher] = QUANTITIES.map(|(_, quantity)| quantity(&a, &b));
        let log_sobolev = b.log_sobolev_constant();
        // KL ≤ (C_LS/4) I, W₂² ≤ C_LS·KL, KL ≤ log(1+χ²)
        assert!(kl.hi() <= (log_sobolev * fisher / 4.0).lo());
        assert!(w2.hi() <= (log_sobolev * kl).lo());
        assert!(kl.hi() <= (1.0 + chi).ln().lo());
    }
}

#[test]
fn translation_along_a_top_eigenvector_is_sharp() {
    // Log-Sobolev and Talagrand are equalities there.
    let law = rotated([0.0, 0.0], [25.0, 25.0 * 64.0]);
    let moved = Gaussian::new(DVector::from_vec(vec![-4.0, 3.0]), law.covariance()).unwrap();
    let kl = moved.kl_divergence(&law).unwrap();
    let constant = law.log_sobolev_constant();
    let fisher = moved.relative_fisher_information(&law).unwrap();
    assert_same("log-Sobolev", kl, constant * fisher / 4.0);
    assert_same("Talagrand", moved.wasserstein2_squared(&law).unwrap(), constant * kl);
    let across = Gaussian::new(DVector::from_vec(vec![3.0, 4.0]), law.covariance()).unwrap();
    assert!(
        across.wasserstein2_squared(&law).unwrap().hi()
            < (constant * across.kl_divergence(&law).unwrap()).lo()
    );
}

#[test]
fn units_do_not_matter() {
    // Σ → c²Σ, m → cm: KL and χ² stay, W₂² gains c², I gains c⁻².
    for exponent in [-250, -31, 17, 250] {
        let c = 2f64.powi(exponent);
        let (m1, m2) = ([5.0, 10.0], [-5.0, 0.0]);
        let (v1, v2) = ([25.0, 100.0], [50.0, 75.0]);
        let unit = (rotated(m1, v1), rotated(m2, v2));
        let scale = |m: [f64; 2], v: [f64; 2]| rotated(m.map(|x| x * c), v.map(|x| x * c * c));
        let scaled = (scale(m1, v1), scale(m2, v2));
        for ((name, quantity), factor) in QUANTITIES.into_iter().zip([1.0, 1.0, c * c, 1.0 / (c * c)]) {
            let (found, expected) = (quantity(&scaled.0, &scaled.1), quantity(&unit.0, &unit.1));
            assert_same(name, found, expected * factor);
        }
        assert_same("C_P", scaled.0.poincare_constant(), unit.0.poincare_constant() * (c * c));
        let rate = DMatrix::from_row_slice(2, 2, &[1.0, -2.0, -2.0, 3.0]);
        let field = unit.0.bures_field(&[1.0, 0.0], &rate).unwrap();
        let scaled_field = scaled.0.bures_field(&[c, 0.0], &(rate * (c * c))).unwrap();
        assert_same("‖v‖²", scaled_field.norm_squared(), field.norm_squared() * (c * c));
    }
}

#[test]
fn laws_of_very_different_size_are_compared() {
    let (small, large) = ([25.0, 100.0].map(|v| v * 2f64.powi(-200)), [50.0, 75.0]);
    let (a, b) = (rotated([0.0, 5.0], small), rotated([5.0, 0.0], large));
    let (p, q) = (straight([0.0, 5.0], small), straight([5.0, 0.0], large));
    for (name, quantity) in QUANTITIES {
        assert_same(name, quantity(&a, &b), quantity(&p, &q));
    }
    assert_same("KL exchanged", b.kl_divergence(&a).unwrap(), q.kl_divergence(&p).unwrap());
    let tiny = rotated([0.0, 0.0], small.map(|v| v * 2f64.powi(-400)));
    assert!(matches!(tiny.kl_divergence(&b), Err(Error::Domain { .. })));
}

#[test]
fn divergences_tell_the_order_of_their_arguments() {
    let (a, b) = (rotated([0.0, 0.0], [25.0, 100.0]), rotated([5.0, 0.0], [75.0, 75.0]));
    let (forward, backward) = (a.kl_divergence(&b).unwrap(), b.kl_divergence(&a).unwrap());
    assert!(!forward.interval().intersects(backward.interval()));
    // 2Σ_a − Σ_b has the eigenvalue 50 − 75 < 0.
    assert!(b.chi_squared(&a).unwrap().is_infinite());
    assert!(a.chi_squared(&b).unwrap().is_finite());
}

#[test]
fn a_perturbation_of_a_billionth_is_seen() {
    let mut rng = stream(3);
    let a = Gaussian::random(&mut rng, 4, 1e3, 1.0).unwrap();
    let b = Gaussian::random(&mut rng, 4, 1e3, 1.0).unwrap();
    let factor = 1.0 + 1e-9;
    let wider = Gaussian::new(a.mean().clone(), a.covariance() * factor).unwrap();
    let shifted = Gaussian::new(a.mean() * factor, a.covariance()).unwrap();
    for (name, quantity) in QUANTITIES {
        let value = quantity(&b, &a);
        for other in [&wider, &shifted] {
            let moved = quantity(&b, other);
            assert!(value.is_infinite() || !value.interval().intersects(moved.interval()), "{name}: {value}");
        }
    }
    assert!(!a.poincare_constant().interval().intersects(wider.poincare_constant().interval()));
    let x = b.mean().as_slice();
    assert!(!a.log_density(x).unwrap().interval().intersects(wider.log_density(x).unwrap().interval()));
    assert!(!a.score(x).unwrap()[0].interval().intersects(wider.score(x).unwrap()[0].interval()));
}

#[test]
fn identical_laws_are_at_distance_zero() {
    let mut rng = stream(4);
    let a = Gaussian::random(&mut rng, 3, 1e6, 1.0).unwrap();
    for law in [a, straight([1.0, 2.0], [3.0, 0.1])] {
        for (name, quantity) in QUANTITIES {
            let value = quantity(&law, &law);
            // Underflow allowances are all that is left.
            assert!(value.contains(0.0) && value.hi() < 1e-290, "{name}: {value}");
        }
    }
}

#[test]
fn bures_field_is_the_derivative_of_the_distance() {
    let mut rng = stream(5);
    for (dim, condition) in [(2, 10.0), (4, 1e8)] {
        let law = Gaussian::random(&mut rng, dim, condition, 1.0).unwrap();
        let other = Gaussian::random(&mut rng, dim, 10.0, 1.0).unwrap();
        let rate = other.covariance();
        let field = law.bures_field(other.mean().as_slice(), &rate).unwrap();
        assert!(field.norm_squared().relative_width() <= ACCURACY);
        let slope = field.slope();
        let residual = &slope * law.covariance() + law.covariance() * &slope - &rate;
        let rounding = (dim as f64 + 2.0) * f64::EPSILON * slope.norm() * law.covariance().norm() * 2.0;
        assert!(residual.norm() <= rounding + 2.0 * field.slope_error() * law.covariance().norm());
        assert!(field.slope_error() <= 4.0 * f64::EPSILON * slope.norm());
        // The quotient W₂²(h)/h² is off by O(h), and rounding h·Σ̇ into Σ moves W₂ by
        // at most ε‖Σ‖/√λ_min.
        let smallest = law.spectrum().smallest().lo();
        let quotient = |h: f64| {
            let moved = Gaussian::new(law.mean() + other.mean() * h, law.covariance() + &rate * h).unwrap();
            moved.wasserstein2_squared(&law).unwrap().mid() / (h * h)
        };
        let h = 2f64.powi(-14) * smallest;
        let (coarse, fine) = (quotient(h), quotient(0.5 * h));
        let discretisation = 2.0 * (coarse - fine).abs();
        let rounding = 4.0 * f64::EPSILON * law.covariance().norm() / (smallest.sqrt() * 0.5 * h)
            * field.norm_squared().hi().sqrt();
        let value = field.norm_squared().mid();
        assert!(
            (fine - value).abs() <= discretisation + rounding,
            "{fine} {value} {discretisation} {rounding}"
        );
    }
}

#[test]
fn bures_field_of_independent_coordinates_agrees_with_the_dense_one() {
    let (mean_rate, rate) = ([1.0, -2.0], [3.0, -0.5]);
    let diagonal = straight([0.0, 0.0], [2.0, 0.25]);
    let dense = Gaussian::new(diagonal.mean().clone(), diagonal.covariance()).unwrap();
    let matrix = DMatrix::from_diagonal(&DVector::from_vec(rate.to_vec()));
    let expected = diagonal.bures_field_diagonal(&mean_rate, &rate).unwrap();
    for field in [
        diagonal.bures_field(&mean_rate, &matrix).unwrap(),
        dense.bures_field(&mean_rate, &matrix).unwrap(),
        dense.bures_field_diagonal(&mean_rate, &rate).unwrap(),
    ] {
        assert_same("‖v‖²", field.norm_squared(), expected.norm_squared());
        let distance = (field.slope() - expected.slope()).norm();
        assert!(distance <= field.slope_error() + expected.slope_error() + f64::EPSILON);
        assert_eq!(field.mean_rate().as_slice(), mean_rate);
    }
}

#[test]
fn dimension_one_thousand_is_cheap_for_independent_coordinates() {
    let d = 1000;
    let a = Gaussian::isotropic(vec![1.0; d], 4.0).unwrap();
    let b = Gaussian::standard(d).unwrap();
    let n = d as f64;
    let expected = 0.5 * n * (1.0 + 3.0 - 4f64.ln());
    let kl = a.kl_divergence(&b).unwrap();
    assert!((kl.mid() - expected).abs() <= 4.0 * f64::EPSILON * expected + kl.width());
    assert!(kl.relative_width() <= ACCURACY);
    assert!(a.wasserstein2_squared(&b).unwrap().contains(2.0 * n));
    // |m|² + 4(1 − ¼)² per coordinate
    assert!(a.relative_fisher_information(&b).unwrap().contains(n * (1.0 + 2.25)));
    assert_eq!(a.poincare_constant(), Enclosure::exact(4.0));
    assert!(a.bures_field_diagonal(&vec![0.0; d], &vec![4.0; d]).unwrap().norm_squared().contains(n));
}

#[test]
fn random_laws_have_the_prescribed_condition() {
    let mut rng = stream(6);
    for dim in [2, 3, 16] {
        let condition = 1e6;
        let law = Gaussian::random(&mut rng, dim, condition, 1.0).unwrap();
        let spectrum = law.spectrum();
        let found = spectrum.largest() / spectrum.smallest();
        // Rounding of the entries moves the smallest eigenvalue by d·ε·λ_max.
        let tolerance = 8.0 * dim as f64 * f64::EPSILON * condition * condition;
        assert!((found.mid() - condition).abs() <= tolerance, "{found}");
        assert!(spectrum.orthonormality_defect() < 1e-27);
        assert!(spectrum.off_diagonal() < 1e-27 * spectrum.largest().hi());
        assert_eq!(spectrum.eigenvectors().shape(), (dim, dim));
    }
    let twins = [7, 7].map(|seed| Gaussian::random(&mut stream(seed), 3, 10.0, 1.0).unwrap().covariance());
    assert_eq!(twins[0], twins[1]);
}

#[test]
fn bad_input_is_named() {
    let mean = |d: usize| DVector::from_element(d, 0.0);
    let matrix = |entries: &[f64]| DMatrix::from_row_slice(2, 2, entries);
    let message = |result: crate::error::Result<Gaussian>| result.unwrap_err().to_string();
    let asymmetric = 1.0 + f64::EPSILON;
    assert!(message(Gaussian::new(mean(2), matrix(&[2.0, 1.0, asymmetric, 2.0]))).contains("(1, 0)"));
    assert!(message(Gaussian::new(mean(2), matrix(&[1.0, 2.0, 2.0, 1.0]))).contains("smallest eigenvalue"));
    assert!(message(Gaussian::new(mean(2), matrix(&[1.0, 1.0, 1.0, 1.0]))).contains("positive definite"));
    assert!(message(Gaussian::new(mean(2), matrix(&[0.0; 4]))).contains("positive definite"));
    assert!(message(Gaussian::new(mean(2), matrix(&[f64::NAN, 0.0, 0.0, 1.0]))).contains("NaN"));
    assert!(message(Gaussian::new(mean(2), matrix(&[1.0, f64::INFINITY, 1.0, 1.0]))).contains("(0, 1)"));
    assert!(matches!(Gaussian::new(mean(3), DMatrix::identity(2, 2)), Err(Error::Dimension { .. })));
    assert!(matches!(Gaussian::new(mean(0), DMatrix::identity(0, 0)), Err(Error::Domain { .. })));
    assert!(matches!(Gaussian::new(mean(2), DMatrix::zeros(2, 3)), Err(Error::Matrix { .. })));
    assert!(matches!(Gaussian::new(mean(2) * f64::NAN, DMatrix::identity(2, 2)), Err(Error::Domain { .. })));
    assert!(matches!(Gaussian::standard(0), Err(Error::Domain { .. })));
    for variance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(message(Gaussian::diagonal(vec![0.0, 0.0], vec![1.0, variance])).contains("variances[1]"));
    }
    let law = Gaussian::standard(2).unwrap();
    let other = Gaussian::standard(3).unwrap();
    assert!(matches!(law.kl_divergence(&other), Err(Error::Dimension { .. })));
    assert!(matches!(law.score(&[0.0]), Err(Error::Dimension { .. })));
    assert!(matches!(law.log_density(&[0.0, f64::NAN]), Err(Error::Domain { .. })));
    assert!(matches!(law.variance_along(&[0.0, 0.0]), Err(Error::Domain { .. })));
    assert!(Gaussian::random(&mut stream(8), 2, 0.5, 1.0).is_err());
}

#[test]
fn extreme_but_valid_input_does_not_panic() {
    for scale in [1e-300, 1e-150, 1e150, 1e300] {
        let covariance = DMatrix::from_row_slice(2, 2, &[2.0, 1.0, 1.0, 2.0]) * scale;
        let law = Gaussian::new(DVector::from_element(2, 0.0), covariance).unwrap();
        assert_same("λ_min", law.spectrum().smallest(), Enclosure::exact(1.0) * scale);
        let far = [f64::MAX, -f64::MAX];
        assert!(law.log_density(&far).unwrap().lo() < 0.0);
        assert_eq!(law.score(&far).unwrap().len(), 2);
        let elsewhere = Gaussian::new(DVector::from_vec(far.to_vec()), law.covariance()).unwrap();
        for (name, quantity) in QUANTITIES {
            // Squares overflow: nothing better than an unbounded enclosure is asked for.
            assert!(quantity(&elsewhere, &law).hi() > 0.0, "{name}");
        }
        let near = law.log_density(&[0.0, 0.0]).unwrap();
        assert!(near.relative_width() <= ACCURACY);
    }
}

#[test]
fn overflowing_differences_do_not_panic() {
    let law = |correlation: f64| {
        let off = correlation * f64::MAX;
        let covariance = DMatrix::from_row_slice(2, 2, &[f64::MAX, off, off, f64::MAX]);
        Gaussian::new(DVector::zeros(2), covariance).unwrap()
    };
    let (a, b) = (law(0.75), law(-0.75));
    // χ² and KL do not depend on the unit.
    let unit =
        |r: f64| Gaussian::new(DVector::zeros(2), DMatrix::from_row_slice(2, 2, &[1.0, r, r, 1.0])).unwrap();
    let expected = unit(0.75).kl_divergence(&unit(-0.75)).unwrap();
    assert_same("KL", a.kl_divergence(&b).unwrap(), expected);
}
