//! Small matrices of enclosures: products and traces in interval arithmetic.
//!
//! For the literal evaluation of matrix formulae in a few dimensions; the verified decompositions
//! are in [`super::linalg`].

use crate::enclosure::Enclosure;
use nalgebra::DMatrix;

/// A matrix of floats, taken as exact.
pub fn exact(matrix: &DMatrix<f64>) -> DMatrix<Enclosure> {
    matrix.map(Enclosure::exact)
}

/// A matrix of floats of which every entry is known to within `radius`.
pub fn widened(matrix: &DMatrix<f64>, radius: f64) -> DMatrix<Enclosure> {
    matrix.map(|x| Enclosure::exact(x).widened(radius))
}

/// `A·B` for shapes `[n, k]` and `[k, m]`.
pub fn product(a: &DMatrix<Enclosure>, b: &DMatrix<Enclosure>) -> DMatrix<Enclosure> {
    DMatrix::from_fn(a.nrows(), b.ncols(), |i, j| (0..a.ncols()).map(|k| a[(i, k)] * b[(k, j)]).sum())
}

/// `A + B` for equal shapes.
pub fn sum(a: &DMatrix<Enclosure>, b: &DMatrix<Enclosure>) -> DMatrix<Enclosure> {
    DMatrix::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)] + b[(i, j)])
}

/// `tr(A·B·Aᵀ)` for shapes `[n, k]` and `[k, k]`.
pub fn trace_of_congruence(a: &DMatrix<Enclosure>, b: &DMatrix<Enclosure>) -> Enclosure {
    let half = product(a, b);
    half.iter().zip(a.iter()).map(|(&x, &y)| x * y).sum()
}

/// `A·v` for shapes `[n, k]` and `[k]`.
pub fn apply(a: &DMatrix<Enclosure>, v: &[Enclosure]) -> Vec<Enclosure> {
    (0..a.nrows()).map(|i| v.iter().enumerate().map(|(j, &x)| a[(i, j)] * x).sum()).collect()
}

/// `⟨a, v⟩`.
pub fn inner(a: &[f64], v: &[Enclosure]) -> Enclosure {
    a.iter().zip(v).map(|(&x, &y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_traces() {
        let a = exact(&DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 3.0, 4.0]));
        let b = exact(&DMatrix::from_row_slice(2, 2, &[2.0, 1.0, 1.0, 5.0]));
        // AB = [[4, 11], [10, 23]], tr(ABAᵀ) = 4 + 22 + 30 + 92.
        let expected = [[4.0, 11.0], [10.0, 23.0]];
        let found = product(&a, &b);
        for (i, row) in expected.iter().enumerate() {
            for (j, &entry) in row.iter().enumerate() {
                assert!(found[(i, j)].contains(entry));
            }
        }
        assert!(trace_of_congruence(&a, &b).contains(148.0));
        assert!(sum(&a, &b)[(1, 1)].contains(9.0));
        let v = [Enclosure::exact(1.0), Enclosure::exact(-1.0)];
        assert!(apply(&a, &v)[1].contains(-1.0) && inner(&[2.0, 3.0], &v).contains(-1.0));
    }
}
