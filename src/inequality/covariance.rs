//! Certified largest eigenvalues of covariances built from those of Gaussian laws: of an image, a
//! convolution, a product seen in another basis.
//!
//! The largest eigenvalue of its covariance is the Poincaré constant of a Gaussian law, and half its
//! log-Sobolev constant; here it is found from the matrix of the law that was built, in verified
//! double-double arithmetic.

use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{Ball, Matrix, enclosed_eigen};
use nalgebra::DMatrix;

/// Largest eigenvalue of the symmetric member of a ball.
fn largest_eigenvalue(ball: &Ball) -> Enclosure {
    // Averaging with the transpose brings the centre no farther from a symmetric matrix.
    let rounding = Dd::UNIT * ball.centre.norm();
    let symmetric = Ball { centre: ball.centre.symmetrised(), radius: 2.0 * (ball.radius + rounding) };
    let (values, _) = enclosed_eigen(&symmetric);
    Enclosure::certified(values.last().copied().unwrap_or(Interval::ENTIRE))
}

/// `‖Cov(AX)‖ = λ_max(AΣAᵀ)` for `X ~ law` and a matrix `A` of shape `[k, d]`.
///
/// # Errors
/// [`Error::Dimension`] if `A` has not d columns, [`Error::Domain`] if it has no row or an entry
/// that is not finite.
pub fn image_covariance_norm(law: &Gaussian, map: &DMatrix<f64>) -> Result<Enclosure> {
    check_map(map, law.dim())?;
    let covariance = Ball::from(Matrix::from_f64(&law.covariance()));
    Ok(largest_eigenvalue(&covariance.congruence(&Matrix::from_f64(map))))
}

/// `‖A‖² = λ_max(AᵀA)`, the squared Lipschitz constant of `x ↦ Ax`.
///
/// # Errors
/// [`Error::Domain`] if the matrix is empty or an entry is not finite.
pub fn operator_norm_squared(map: &DMatrix<f64>) -> Result<Enclosure> {
    check_map(map, map.ncols())?;
    let map = Ball::from(Matrix::from_f64(map));
    Ok(largest_eigenvalue(&map.transpose().product(&map)))
}

fn check_map(map: &DMatrix<f64>, dim: usize) -> Result<()> {
    if map.ncols() != dim {
        return Err(Error::Dimension { name: "map".to_owned(), found: map.ncols(), expected: dim });
    }
    if map.is_empty() || map.iter().any(|x| !x.is_finite()) {
        return Err(Error::domain("map", map, "a non-empty matrix of finite numbers"));
    }
    Ok(())
}

/// `‖Cov(aX)‖` for a number `a`, from the entries of the scaled covariance.
pub fn scaled_covariance_norm(law: &Gaussian, factor: f64) -> Enclosure {
    let square = Interval::point(factor).square();
    if let Some(variances) = law.variances() {
        let largest =
            variances.iter().map(|&v| square * Interval::point(v)).fold(Interval::ZERO, Interval::max);
        return Enclosure::certified(largest);
    }
    let covariance = law.covariance();
    let scaled = Matrix::from_fn(law.dim(), law.dim(), |i, j| {
        Dd::product(factor, factor) * Dd::from(covariance[(i, j)])
    });
    let radius = 2.0 * Dd::UNIT * scaled.norm();
    largest_eigenvalue(&Ball { centre: scaled, radius })
}

/// `‖Cov(X + Y)‖` for independent `X ~ first` and `Y ~ second`.
///
/// # Errors
/// [`Error::Dimension`] if the laws live in different spaces.
pub fn convolution_covariance_norm(first: &Gaussian, second: &Gaussian) -> Result<Enclosure> {
    if first.dim() != second.dim() {
        let name = "second law".to_owned();
        return Err(Error::Dimension { name, found: second.dim(), expected: first.dim() });
    }
    if let (Some(a), Some(b)) = (first.variances(), second.variances()) {
        let sums = a.iter().zip(b).map(|(&x, &y)| Interval::point(x) + Interval::point(y));
        return Ok(Enclosure::certified(sums.fold(Interval::ZERO, Interval::max)));
    }
    let (a, b) = (first.covariance(), second.covariance());
    // Sums of two floats are exact in double-double.
    let sum = Matrix::from_fn(first.dim(), first.dim(), |i, j| Dd::sum(a[(i, j)], b[(i, j)]));
    Ok(largest_eigenvalue(&sum.into()))
}

/// `‖Cov(Q(X_1, …, X_n))‖` for independent `X_i ~ laws[i]` and the reflection `Q = I − 2vvᵀ/|v|²` of the whole
/// space: the product law in a basis that mixes its factors.
///
/// # Errors
/// [`Error::Dimension`] unless the normal vector has the sum of the dimensions, [`Error::Domain`] if
/// it vanishes or is not finite.
pub fn reflected_product_covariance_norm(laws: &[Gaussian], normal: &[f64]) -> Result<Enclosure> {
    let dim: usize = laws.iter().map(Gaussian::dim).sum();
    if normal.len() != dim {
        return Err(Error::Dimension { name: "normal".to_owned(), found: normal.len(), expected: dim });
    }
    let square: Dd = normal.iter().map(|&x| Dd::product(x, x)).sum();
    if !(square > Dd::ZERO && square.is_finite()) {
        return Err(Error::domain("normal", format!("{normal:?}"), "a finite vector other than 0"));
    }
    let reflection = Matrix::from_fn(dim, dim, |i, j| {
        let identity = if i == j { Dd::ONE } else { Dd::ZERO };
        identity - (Dd::product(normal[i], normal[j]) / square).times_power_of_two(2.0)
    });
    // |v|² is off by (d+2) units, product, quotient and difference by one each; entries are at most 3.
    let (d, roundings) = (dim as f64, dim as f64 + 8.0);
    let reflection = Ball { centre: reflection, radius: 3.0 * d * roundings * Dd::UNIT };
    let mut block = Matrix::zeros(dim, dim);
    let mut offset = 0;
    for law in laws {
        for i in 0..law.dim() {
            for j in 0..law.dim() {
                block[(offset + i, offset + j)] = Dd::from(law.covariance_entry(i, j));
            }
        }
        offset += law.dim();
    }
    let image = reflection.product(&Ball::from(block).product(&reflection.transpose()));
    Ok(largest_eigenvalue(&image))
}

/// Smallest eigenvalue of the precision `Σ⁻¹ = ∇²V` of `law = e^{−V}`: the convexity ρ of its
/// potential, from the entries of the inverse matrix.
///
/// # Errors
/// Never in practice: the precision of a law is a symmetric matrix.
pub fn convexity(law: &Gaussian) -> Result<Enclosure> {
    if let Some(variances) = law.variances() {
        let smallest = variances.iter().map(|&v| Interval::ONE / Interval::point(v)).reduce(Interval::min);
        return Ok(Enclosure::certified(smallest.unwrap_or(Interval::ENTIRE)));
    }
    let precision = law.precision();
    let centre =
        Matrix::from_fn(law.dim(), law.dim(), |i, j| Dd::from(precision[(i.max(j), i.min(j))].mid()));
    // An entry is within the width of the enclosure that its centre was taken from.
    let width: Interval = precision.iter().map(|e| Interval::point(e.width()).square()).sum();
    let (values, _) = enclosed_eigen(&Ball { centre, radius: width.sqrt().hi() * 2.0 });
    Ok(Enclosure::certified(values.first().copied().unwrap_or(Interval::ENTIRE)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::stream::stream;

    /// Relative width that double-double arithmetic leaves for condition numbers up to 10⁴.
    const WIDTH: f64 = 1e-14;

    fn random(dim: usize, index: u64) -> Gaussian {
        Gaussian::random(&mut stream(5, "covariance tests", index), dim, 1e4, 1.0).unwrap()
    }

    #[test]
    fn reflections_and_exact_powers_of_two_keep_the_largest_eigenvalue() {
        let (a, b) = (random(3, 0), random(2, 1));
        let top = a.poincare_constant().max(b.poincare_constant());
        let seen = reflected_product_covariance_norm(&[a.clone(), b], &[1.0, -0.3, 2.0, 0.7, 0.1]).unwrap();
        assert!(seen.interval().intersects(top.interval()) && seen.relative_width() < WIDTH, "{seen} {top}");
        let scaled = scaled_covariance_norm(&a, -4.0);
        assert!(scaled.interval().intersects((a.poincare_constant() * 16.0).interval()));
        let map = DMatrix::from_diagonal_element(3, 3, -4.0);
        assert!(image_covariance_norm(&a, &map).unwrap().interval().intersects(scaled.interval()));
        assert!(operator_norm_squared(&map).unwrap().contains(16.0));
        let doubled = convolution_covariance_norm(&a, &a).unwrap();
        assert!(doubled.interval().intersects((a.poincare_constant() * 2.0).interval()));
    }

    #[test]
    fn convexity_is_the_inverse_of_the_largest_variance() {
        for index in 0..4 {
            let law = random(4, index);
            let product = convexity(&law).unwrap() * law.poincare_constant();
            // The precision of condition 10⁴ is rounded to floats.
            assert!(product.contains(1.0) && product.width() < 1e4 * 4.0 * WIDTH, "{product}");
        }
    }

    #[test]
    fn bad_arguments_are_refused() {
        let law = random(2, 9);
        assert!(image_covariance_norm(&law, &DMatrix::zeros(2, 3)).is_err());
        assert!(image_covariance_norm(&law, &DMatrix::from_element(2, 2, f64::NAN)).is_err());
        assert!(operator_norm_squared(&DMatrix::zeros(0, 0)).is_err());
        assert!(convolution_covariance_norm(&law, &random(3, 1)).is_err());
        for normal in [&[0.0, 0.0][..], &[1.0], &[f64::NAN, 1.0]] {
            assert!(reflected_product_covariance_norm(std::slice::from_ref(&law), normal).is_err());
        }
    }
}
