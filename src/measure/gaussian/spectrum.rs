//! Eigenvalues and eigenvectors of a covariance.

use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{self, Ball, Eigen, Matrix};
use nalgebra::DMatrix;

/// Eigenvalues of a covariance Σ, ascending, and a basis that diagonalises it.
///
/// The eigenvalues are enclosures of the true ones. Eigenvectors of close eigenvalues are
/// ill-determined, so the basis is described backwards: the columns of the stored matrix Q satisfy
/// `‖QᵀQ − I‖_F ≤` [`Spectrum::orthonormality_defect`] (about d²·10⁻³⁰) and diagonalise Σ up
/// to an off-diagonal part of norm at most [`Spectrum::off_diagonal`] (about d²·10⁻³⁰·‖Σ‖).
#[derive(Clone, Debug)]
pub struct Spectrum {
    eigenvalues: Vec<Enclosure>,
    basis: Basis,
    orthonormality_defect: f64,
    off_diagonal: f64,
}

#[derive(Clone, Debug)]
enum Basis {
    /// Eigenvector k is the coordinate vector with this index.
    Coordinates(Vec<usize>),
    /// Eigenvalues of the scaled matrix and columns.
    Dense(Eigen),
}

impl Spectrum {
    pub(super) fn diagonal(variances: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..variances.len()).collect();
        order.sort_by(|&i, &j| variances[i].total_cmp(&variances[j]));
        Self {
            eigenvalues: order.iter().map(|&i| Enclosure::exact(variances[i])).collect(),
            basis: Basis::Coordinates(order),
            orthonormality_defect: 0.0,
            off_diagonal: 0.0,
        }
    }

    /// Spectrum of `2^exponent · scaled`.
    pub(super) fn dense(scaled: &Ball, exponent: i32) -> Self {
        let (values, eigen) = linalg::enclosed_eigen(scaled);
        let orthonormality_defect = linalg::orthonormality_defect(&eigen.vectors);
        let mut congruent = scaled.congruence(&eigen.vectors.transpose());
        for i in 0..values.len() {
            congruent.centre[(i, i)] = Dd::ZERO;
        }
        let off_diagonal = linalg::scale_interval(Interval::point(congruent.norm()), exponent).hi();
        let eigenvalues =
            values.into_iter().map(|x| Enclosure::certified(linalg::scale_interval(x, exponent))).collect();
        Self { eigenvalues, basis: Basis::Dense(eigen), orthonormality_defect, off_diagonal }
    }

    /// Eigenvalues, ascending.
    pub fn eigenvalues(&self) -> &[Enclosure] {
        &self.eigenvalues
    }

    /// Smallest eigenvalue.
    pub fn smallest(&self) -> Enclosure {
        self.eigenvalues[0]
    }

    /// Largest eigenvalue.
    pub fn largest(&self) -> Enclosure {
        self.eigenvalues[self.eigenvalues.len() - 1]
    }

    /// Eigenvectors as columns, in the order of the eigenvalues, rounded to floats.
    pub fn eigenvectors(&self) -> DMatrix<f64> {
        let d = self.eigenvalues.len();
        match &self.basis {
            Basis::Coordinates(order) => DMatrix::from_fn(d, d, |i, k| if order[k] == i { 1.0 } else { 0.0 }),
            Basis::Dense(eigen) => eigen.vectors.to_f64(),
        }
    }

    /// Bound for `‖QᵀQ − I‖_F` of the stored basis Q.
    pub fn orthonormality_defect(&self) -> f64 {
        self.orthonormality_defect
    }

    /// Bound for the Frobenius norm of the off-diagonal part of `QᵀΣQ`.
    pub fn off_diagonal(&self) -> f64 {
        self.off_diagonal
    }

    /// Coordinates `Qᵀ·vector` in the stored basis, in the order of the eigenvalues.
    ///
    /// # Errors
    /// [`Error::Dimension`] for a vector of another dimension.
    pub fn coordinates(&self, vector: &[f64]) -> Result<Vec<Enclosure>> {
        let (found, expected) = (vector.len(), self.eigenvalues.len());
        if found != expected {
            return Err(Error::Dimension { name: "vector".to_owned(), found, expected });
        }
        Ok(match &self.basis {
            Basis::Coordinates(order) => order.iter().map(|&i| Enclosure::exact(vector[i])).collect(),
            Basis::Dense(eigen) => {
                let largest = vector.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
                let exponent = linalg::binary_exponent(largest);
                let column = Matrix::column(vector.iter().map(|&x| Dd::from(x)).collect());
                let rows = Ball::from(eigen.vectors.transpose());
                let rotated = rows.product(&Ball::scaled(&column, -exponent));
                (0..expected)
                    .map(|k| Enclosure::certified(linalg::scale_interval(rotated.entry(k, 0), exponent)))
                    .collect()
            }
        })
    }

    /// Approximate eigen-decomposition of the scaled covariance, for a dense law.
    pub(super) fn eigen(&self) -> Option<&Eigen> {
        match &self.basis {
            Basis::Coordinates(_) => None,
            Basis::Dense(eigen) => Some(eigen),
        }
    }
}
