//! Exact integer matrices, known spectra, and bounds that have to be bounds.

use super::*;
use proptest::prelude::*;

fn integers(n: usize, entries: &[i32]) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| f64::from(entries[i * n + j]))
}

/// The second-difference matrix: eigenvalues `2 − 2cos(kπ/(n+1)) = 4 sin²(kπ/(2n+2))`.
fn second_difference(n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    })
}

#[test]
fn known_spectrum_is_enclosed() {
    for n in [1, 2, 5, 24, 64] {
        let found = symmetric_eigenvalues("test matrix", &second_difference(n)).unwrap();
        for (k, value) in found.iter().enumerate() {
            let angle =
                Interval::PI * Interval::point((k + 1) as f64) / Interval::point(2.0 * (n + 1) as f64);
            let expected = angle.sin().square() * Interval::point(4.0);
            assert!(value.interval().intersects(expected), "{n}, {k}: {value} misses {expected:?}");
            // d²·2⁻¹⁰² of the norm, relative to the smallest eigenvalue ~ d⁻², vanishes beside
            // the outward rounding to floats.
            let outward = 16.0 * f64::EPSILON;
            assert!(value.relative_width() <= outward, "{n}, {k}: {value}");
        }
    }
}

#[test]
fn multiple_eigenvalues_and_signs_are_no_obstacle() {
    // Householder reflection I − 2vvᵀ/|v|² with |v|² = 4: eigenvalues −1, 1, 1, 1.
    let reflection = DMatrix::from_fn(4, 4, |i, j| if i == j { 0.5 } else { -0.5 });
    let values = symmetric_eigenvalues("reflection", &reflection).unwrap();
    for (value, expected) in values.iter().zip([-1.0, 1.0, 1.0, 1.0]) {
        assert!(value.contains(expected) && value.width() < 16.0 * f64::EPSILON);
        assert!(!value.contains(expected + 1e-9), "a false eigenvalue is excluded");
    }
    let (smallest, largest) = extreme_eigenvalues("reflection", &(reflection * 1e300)).unwrap();
    assert!(smallest.contains(-1e300) && largest.contains(1e300));
    let zero = symmetric_eigenvalues("zero", &DMatrix::zeros(3, 3)).unwrap();
    assert!(zero.iter().all(|x| x.contains(0.0) && x.width() < f64::MIN_POSITIVE));
}

#[test]
fn decompositions_have_small_residuals() {
    let matrix = Matrix::from_f64(&second_difference(12));
    let size = matrix.norm();
    let rounding = 12.0 * 12.0 * Dd::UNIT * size;
    let distance = |a: &Matrix, b: &Matrix| Ball::from(a.clone()).minus(&Ball::from(b.clone())).norm();
    let lower = cholesky(&matrix).unwrap();
    assert!(distance(&lower.product(&lower.transpose()), &matrix) <= rounding);
    let inverse = inverse_lower(&lower);
    let condition = inverse.norm() * lower.norm();
    assert!(distance(&lower.product(&inverse), &Matrix::identity(12)) <= rounding * condition);
    let eigen = symmetric_eigen(&matrix);
    let root = symmetric_square_root(&eigen);
    assert!(distance(&root.product(&root), &matrix) <= rounding);
    let solution = lyapunov(&eigen, &matrix);
    // SΣ + ΣS = Σ has the solution I/2.
    let half = Matrix::identity(12).map(|x| x.times_power_of_two(0.5));
    assert!(distance(&solution, &half) <= rounding * condition * condition);
}

#[test]
fn positivity_is_decided_or_refused() {
    let whiten = |m: DMatrix<f64>| Whitening::new(&Ball::from(Matrix::from_f64(&m)));
    assert!(whiten(DMatrix::from_row_slice(2, 2, &[1.0, 1.0, 1.0, 1.0])).is_none());
    assert!(whiten(DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0])).is_none());
    assert!(whiten(DMatrix::from_row_slice(2, 2, &[1.0, f64::NAN, f64::NAN, 1.0])).is_none());
    // det = ε·(1) > 0, eigenvalue ε/2.
    let barely = whiten(DMatrix::from_row_slice(2, 2, &[1.0 + f64::EPSILON, 1.0, 1.0, 1.0])).unwrap();
    let log_determinant = barely.log_determinant();
    assert!(log_determinant.intersects(Interval::point(f64::EPSILON).ln()));
    assert!(barely.smallest_eigenvalue_bound() <= f64::EPSILON / 2.0);
    // A ball that reaches over the edge is not certainly positive.
    let wide = Ball { centre: Matrix::identity(3), radius: 1.0 };
    assert!(Whitening::new(&wide).is_none());
}

/// A reproducible disturbance of relative size `size`.
fn disturbed(matrix: &Matrix, size: f64) -> Matrix {
    let mut sign = 1.0;
    Matrix::from_fn(matrix.rows(), matrix.columns(), |i, j| {
        sign = -sign;
        matrix[(i, j)] * Dd::from(1.0 + sign * size) + Dd::from(0.5 * sign * size)
    })
}

#[test]
fn verified_results_survive_a_bad_decomposition() {
    // The bounds have to hold for whatever was proposed, not only for accurate factors.
    let n = 6;
    let matrix = Ball::from(Matrix::from_f64(&second_difference(n)));
    // Σ⁻¹ has the entries min(i,j)(n+1−max(i,j))/(n+1): e₁ᵀΣ⁻¹e₁ = n/(n+1), det Σ = n+1.
    let first = Matrix::from_fn(n, 1, |i, _| if i == 0 { Dd::ONE } else { Dd::ZERO });
    let expected = Interval::point(n as f64) / Interval::point((n + 1) as f64);
    let lower = cholesky(&matrix.centre).unwrap();
    for size in [1e-3, 1e-6, 1e-12] {
        let proposal = Matrix::from_fn(n, n, |i, j| {
            // Stays lower triangular, as the determinant needs.
            if j > i { Dd::ZERO } else { disturbed(&inverse_lower(&lower), size)[(i, j)] }
        });
        let whitening = Whitening::verified(lower.clone(), proposal, &matrix).unwrap();
        assert!(whitening.defect > size, "the disturbance is seen");
        assert!(whitening.inverse_quadratic_form(&first.clone().into()).encloses(expected));
        assert!(whitening.log_determinant().encloses(Interval::point((n + 1) as f64).ln()));
        let row = whitening.times_inverse(&first.transpose().into());
        assert!(row.entry(0, 0).encloses(expected));

        let eigen = symmetric_eigen(&matrix.centre);
        let vectors = disturbed(&eigen.vectors, size);
        let defect = orthonormality_defect(&vectors);
        let values = congruent_eigenvalues(&matrix.congruence(&vectors.transpose()), defect);
        for (value, exact) in values.iter().zip(eigen.values) {
            assert!(value.encloses(exact.to_interval(0.0)) && value.width() > size * size);
        }
    }
}

#[test]
fn a_basis_that_does_not_diagonalise_is_paid_for() {
    // Eigenvalues (5 ± √(1+4h²))/2 of [2 h; h 3], in the orthonormal basis of coordinates.
    for h in [0.5, 1e-3, 1e-7] {
        let matrix = Matrix::from_f64(&DMatrix::from_row_slice(2, 2, &[2.0, h, h, 3.0]));
        let gap = (Interval::ONE + Interval::point(4.0) * Interval::point(h).square()).sqrt();
        let five = Interval::point(5.0);
        let half = Interval::point(0.5);
        let values = congruent_eigenvalues(&matrix.into(), 0.0);
        assert!(values[0].encloses((five - gap) * half) && values[1].encloses((five + gap) * half));
    }
}

#[test]
fn exponents_and_scaling_are_exact() {
    for x in [1.0, 1.5, 0.75, -3.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, 3e-310] {
        let e = binary_exponent(x);
        let mantissa = scale_interval(Interval::point(x.abs()), -e).mid();
        assert!((1.0..=2.0).contains(&mantissa), "{x:e}: {e}, {mantissa}");
    }
    assert_eq!(scale_interval(Interval::ONE, 1000), Interval::point(power_of_two(1000)));
    let lost = scale_interval(Interval::ONE, -3000);
    assert!(lost.contains(0.0) && lost.hi() > 0.0, "underflow is rounded outward");
    let overflow = scale_interval(Interval::ONE, 3000);
    assert!(overflow.lo().is_finite() && overflow.hi().is_infinite(), "overflow is not a value");
}

#[test]
fn bad_matrices_are_named() {
    let message = |m: &DMatrix<f64>| symmetric_eigenvalues("Hessian", m).unwrap_err().to_string();
    assert!(message(&DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 3.0, 4.0])).contains("(1, 0)"));
    assert!(message(&DMatrix::zeros(0, 0)).contains("Hessian"));
    assert!(message(&DMatrix::zeros(2, 3)).contains("square"));
    assert!(message(&DMatrix::from_element(1, 1, f64::INFINITY)).contains("(0, 0)"));
}

proptest! {
    #[test]
    fn balls_contain_exact_products(a in prop::collection::vec(-1000i32..1000, 9), b in prop::collection::vec(-1000i32..1000, 9)) {
        // Thirds are not floats; 3·(A/3) = A has to stay in the ball after products.
        let (first, second) = (integers(3, &a), integers(3, &b));
        let exact = Matrix::from_f64(&(&first * &second));
        let third = Matrix::from_f64(&first).map(|x| x / Dd::from(3.0));
        // The division is off by at most one unit per entry.
        let ball = Ball { radius: Dd::UNIT * third.norm(), centre: third };
        let triple = Ball::from(Matrix::identity(3).map(|_| Dd::ZERO)).plus(&ball).plus(&ball).plus(&ball);
        let product = triple.product(&Ball::from(Matrix::from_f64(&second)));
        for i in 0..3 {
            for j in 0..3 {
                prop_assert!(product.entry(i, j).contains(exact[(i, j)].hi()));
            }
        }
        let (rows, count) = (10.0, 27.0);
        prop_assert!(product.radius <= rows * count * Dd::UNIT * first.norm() * second.norm() + f64::MIN_POSITIVE);
        let squares: i64 = a.iter().map(|&x| i64::from(x) * i64::from(x)).sum();
        prop_assert!(triple.norm_squared().contains(squares as f64));
        let inner: i64 = a.iter().zip(&b).map(|(&x, &y)| i64::from(x) * i64::from(y)).sum();
        prop_assert!(triple.inner_product(&Ball::from(Matrix::from_f64(&second))).contains(inner as f64));
    }

    #[test]
    fn spectrum_has_the_right_trace_and_frobenius_norm(entries in prop::collection::vec(-64i32..64, 25)) {
        let full = integers(5, &entries);
        let matrix = &full + full.transpose();
        let values = symmetric_eigenvalues("random", &matrix).unwrap();
        let trace: Enclosure = values.iter().copied().sum();
        prop_assert!(trace.contains(matrix.trace()));
        let squares: Enclosure = values.iter().map(|x| x.square()).sum();
        prop_assert!(squares.contains(matrix.norm_squared().round()));
        prop_assert!(trace.width() <= 64.0 * f64::EPSILON * matrix.norm().max(1.0));
    }
}

/// A ball around integers.
fn ball(rows: usize, columns: usize, entries: &[i32], radius: f64) -> Ball {
    Ball {
        centre: Matrix::from_fn(rows, columns, |i, j| Dd::from(f64::from(entries[i * columns + j]))),
        radius,
    }
}

#[test]
fn radii_are_those_of_the_members_and_of_the_roundings() {
    let tiny = 1e-6;
    // |A| = √91, |B| = √(1+4+9+16+25+36+49+64+81+100+121+144)=√650, rows × inner × columns = 2 × 3 × 4.
    let a = ball(2, 3, &[1, 2, 3, 4, 5, 6], 0.25);
    let b = ball(3, 4, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 0.5);
    let product = a.product(&b);
    assert_eq!((product.centre[(0, 0)], product.centre[(1, 3)]), (Dd::from(38.0), Dd::from(128.0)));
    let exact = 91.0_f64.sqrt() * 0.5 + 0.25 * 650.0_f64.sqrt() + 0.125;
    assert!(product.radius >= exact && product.radius < exact * (1.0 + tiny), "{} {exact}", product.radius);
    // What underflow may cost is counted by products: three for each of eight entries.
    let zeros = |rows: usize, columns: usize| Ball::from(Matrix::zeros(rows, columns));
    let radius = zeros(2, 3).product(&zeros(3, 4)).radius;
    assert!((24.0 * Dd::UNDERFLOW..25.0 * Dd::UNDERFLOW).contains(&radius), "{radius:e}");
    // Five units for entries of size |A||B|.
    let sharp = Ball { radius: 0.0, ..a.clone() }.product(&Ball { radius: 0.0, ..b });
    let exact = 5.0 * Dd::UNIT * (91.0_f64 * 650.0).sqrt();
    assert!(sharp.radius >= exact && sharp.radius < exact * (1.0 + tiny), "{:e} {exact:e}", sharp.radius);
    let other = ball(2, 3, &[0, -1, 2, 5, 1, 1], 0.5);
    for (found, first, norm_squared) in [
        (a.plus(&other), 1.0, 1.0 + 1.0 + 25.0 + 81.0 + 36.0 + 49.0),
        (a.minus(&other), 1.0, 1.0 + 9.0 + 1.0 + 1.0 + 16.0 + 25.0_f64),
    ] {
        let exact = 0.75 + Dd::UNIT * norm_squared.sqrt();
        assert_eq!(found.centre[(0, 0)], Dd::from(first));
        assert!(found.radius >= exact && found.radius < exact * (1.0 + tiny), "{}", found.radius);
        let norm = norm_squared.sqrt() + exact;
        assert!(found.norm() >= norm * (1.0 - tiny * tiny) && found.norm() < norm * (1.0 + tiny));
        let square = found.norm_squared();
        let ends = [(norm_squared.sqrt() - exact).powi(2), norm.powi(2)];
        assert!(
            (square.lo() - ends[0]).abs() < tiny * ends[1] && (square.hi() - ends[1]).abs() < tiny * ends[1]
        );
    }
    let exact = a.difference_of_floats(&other);
    assert!(exact.centre[(1, 0)] == Dd::from(-1.0) && (exact.radius - 0.75).abs() < tiny);
    assert_eq!((a.transpose().centre[(2, 0)], a.transpose().radius), (Dd::from(3.0), 0.25));
    let entry = a.entry(1, 1);
    assert!(entry.contains(4.75) && entry.contains(5.25) && entry.width() < 0.5 + tiny, "{entry:?}");
    // tr(AᵀC) = −2 + 6 + 20 + 5 + 6, for all members of both.
    let inner = a.inner_product(&other);
    let spread = 91.0_f64.sqrt() * 0.5 + 0.25 * 32.0_f64.sqrt() + 0.125;
    assert!(
        (inner.mid() - 35.0).abs() < tiny && (0.5 * inner.width() / spread - 1.0).abs() < tiny,
        "{inner:?}"
    );
    let none = zeros(2, 3).inner_product(&zeros(2, 3));
    assert!(none.hi() >= 6.0 * Dd::UNDERFLOW && none.hi() < 8.0 * Dd::UNDERFLOW, "{none:?}");
}

#[test]
fn scaled_balls_keep_their_shape() {
    let a = ball(1, 2, &[3, -5], 0.25);
    for exponent in [7, 0, -9] {
        let found = Ball::scaled_ball(&a, exponent);
        let factor = 2.0_f64.powi(exponent);
        assert_eq!(found.centre[(0, 1)], Dd::from(-5.0 * factor));
        let rounding = 1e-6;
        assert!(found.radius >= 0.25 * factor && found.radius < 0.25 * factor * (1.0 + rounding));
    }
    // Scaling up is exact, scaling down may lose bits of each entry.
    assert_eq!(Ball::scaled(&a.centre, 3).radius, 0.0);
    assert!((Ball::scaled(&a.centre, -3).radius - 2.0 * Dd::UNDERFLOW).abs() < 0.5 * Dd::UNDERFLOW);
    // Y M Yᵀ for Y = (1 2; 0 1), and eigenvalues of what is near the identity.
    let congruent = ball(2, 2, &[2, 1, 1, 3], 0.0).congruence(&ball(2, 2, &[1, 2, 0, 1], 0.0).centre);
    for (k, entry) in [18.0, 7.0, 7.0, 3.0].into_iter().enumerate() {
        assert_eq!(congruent.centre[(k / 2, k % 2)], Dd::from(entry));
    }
    let tiny = 1e-12;
    let factor = ostrowski(0.25);
    assert!((factor.lo() - 0.8).abs() < tiny && (factor.hi() - 4.0 / 3.0).abs() < tiny);
    assert_eq!(ostrowski(1.0), Interval::ENTIRE);
    let distance = distance_to_identity(&ball(2, 2, &[1, 3, 0, 5], 0.5));
    assert!((distance - 5.5).abs() < 1e-5, "{distance}");
}

#[test]
fn whitened_balls_have_the_bounds_of_their_worst_members() {
    // Σ = diag(4, 9) within 0.1: eigenvalues from 3.9, log det within those of diag(4∓0.1, 9).
    let whitening = Whitening::new(&ball(2, 2, &[4, 0, 0, 9], 0.1)).unwrap();
    let (rounding, looseness) = (1e-9, 0.2);
    assert!(
        (whitening.defect - 0.1 * (1.0 / 16.0 + 1.0 / 81.0 + 2.0 / 36.0_f64).sqrt()).abs()
            < looseness * whitening.defect
    );
    let bound = whitening.smallest_eigenvalue_bound();
    // 1/tr Σ⁻¹ less the share of the defect.
    let exact = (1.0 - whitening.defect) / (0.25 + 1.0 / 9.0);
    assert!(bound <= exact && bound > exact * (1.0 - 1e-6), "{bound} {exact}");
    let found = whitening.log_determinant();
    let rest = 2.0_f64.sqrt() * whitening.defect / (1.0 - whitening.defect);
    assert!(
        (found.mid() - 36.0_f64.ln()).abs() < rounding && (0.5 * found.width() / rest - 1.0).abs() < 1e-6
    );
    let form = whitening.inverse_quadratic_form(&ball(2, 1, &[2, 3], 0.0));
    assert!(
        (form.lo() - 2.0 / (1.0 + whitening.defect)).abs() < rounding
            && (form.hi() - 2.0 / (1.0 - whitening.defect)).abs() < rounding
    );
    let product = whitening.times_inverse(&ball(1, 2, &[8, 9], 0.0));
    assert!(product.entry(0, 0).contains(2.0) && product.entry(0, 1).contains(1.0));
    // |M Xᵀ|·e/(1−e)·|X| for MXᵀ = (4, 3).
    let exact = 5.0 * whitening.defect / (1.0 - whitening.defect) * (0.25 + 1.0 / 9.0_f64).sqrt();
    assert!(product.radius >= exact && product.radius < exact * (1.0 + 1e-6), "{} {exact}", product.radius);
}
