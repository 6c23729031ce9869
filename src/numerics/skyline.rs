//! Symmetric positive definite matrices stored along their profile, and their Cholesky factors.

use crate::error::{Error, Result};

/// Inner product, in four sums.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (heads, tails) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = heads.remainder().iter().zip(tails.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in heads.zip(tails) {
        for k in 0..4 {
            sums[k] += x[k] * y[k];
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// The error for a pivot that is not positive.
pub fn not_positive(what: &str, pivot: f64) -> Error {
    Error::NoConvergence { what: what.to_owned(), reached: pivot, wanted: f64::MIN_POSITIVE }
}

/// A symmetric matrix by rows from the first entry that is not zero to the diagonal; then its Cholesky factor.
#[derive(Clone, PartialEq, Debug)]
pub struct Skyline {
    /// Column of the first entry of each row.
    pub starts: Vec<usize>,
    /// Entries from there to the diagonal.
    pub rows: Vec<Vec<f64>>,
}

impl Skyline {
    /// A profile without entries yet, to be filled or [cleared](Skyline::clear).
    pub fn new(starts: Vec<usize>) -> Self {
        Self { starts, rows: vec![] }
    }

    /// Makes the matrix zero on its profile.
    pub fn clear(&mut self) {
        self.rows = self.starts.iter().enumerate().map(|(i, start)| vec![0.0; i - start + 1]).collect();
    }

    /// The Cholesky factor in place.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] if a pivot is not positive.
    pub fn factorise(&mut self) -> Result<()> {
        self.eliminate(|pivot, _| {
            if pivot.is_nan() || pivot <= 0.0 {
                Err(not_positive("Cholesky factor", pivot))
            } else {
                Ok(pivot.sqrt())
            }
        })
    }

    /// The Cholesky factor of a matrix that may be singular: an unknown whose pivot is at most `share` of its diagonal entry is
    /// given up, its value after [`Skyline::backward`] being zero to rounding.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] if an entry is NaN.
    pub fn factorise_semidefinite(&mut self, share: f64) -> Result<()> {
        self.eliminate(|pivot, diagonal| {
            if pivot.is_nan() {
                Err(not_positive("Cholesky factor", pivot))
            } else {
                Ok(if pivot > share * diagonal { pivot.sqrt() } else { given_up(diagonal) })
            }
        })
    }

    fn eliminate(&mut self, root: impl Fn(f64, f64) -> Result<f64>) -> Result<()> {
        for i in 0..self.rows.len() {
            let (before, after) = self.rows.split_at_mut(i);
            let (row, start) = (&mut after[0], self.starts[i]);
            for j in start..i {
                let from = start.max(self.starts[j]);
                let other = &before[j];
                let sum =
                    dot(&row[from - start..j - start], &other[from - self.starts[j]..j - self.starts[j]]);
                row[j - start] = (row[j - start] - sum) / other[j - self.starts[j]];
            }
            let pivot = row[i - start] - dot(&row[..i - start], &row[..i - start]);
            row[i - start] = root(pivot, row[i - start])?;
        }
        Ok(())
    }

    /// `L⁻¹x` in place.
    pub fn forward(&self, x: &mut [f64]) {
        for (i, (row, &start)) in self.rows.iter().zip(&self.starts).enumerate() {
            x[i] = (x[i] - dot(&row[..i - start], &x[start..i])) / row[i - start];
        }
    }

    /// `L⁻ᵀx` in place.
    pub fn backward(&self, x: &mut [f64]) {
        for (i, (row, &start)) in self.rows.iter().zip(&self.starts).enumerate().rev() {
            let value = x[i] / row[i - start];
            x[i] = value;
            for (slot, l) in x[start..i].iter_mut().zip(row) {
                *slot -= l * value;
            }
        }
    }
}

/// The pivot of an unknown that is given up: so large that its value is zero to rounding, and its square finite.
pub fn given_up(diagonal: f64) -> f64 {
    1e30 * diagonal.max(f64::MIN_POSITIVE).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path graph's Laplacian plus `shift`.
    fn laplacian(n: usize, shift: f64) -> Skyline {
        let mut matrix = Skyline::new((0..n).map(|i: usize| i.saturating_sub(1)).collect());
        matrix.clear();
        for i in 0..n {
            let ends = usize::from(i == 0) + usize::from(i + 1 == n);
            if let Some(diagonal) = matrix.rows[i].last_mut() {
                *diagonal = shift + 2.0 - ends as f64;
            }
            if i > 0 {
                matrix.rows[i][0] = -1.0;
            }
        }
        matrix
    }

    #[test]
    fn solves_what_it_factorised() {
        let (n, shift) = (23, 0.25);
        let exact: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
        let at = |i: usize| if i < n { exact[i] } else { 0.0 };
        let mut x: Vec<f64> = (0..n)
            .map(|i| {
                let ends = usize::from(i == 0) + usize::from(i + 1 == n);
                (shift + 2.0 - ends as f64) * at(i) - at(i + 1) - if i > 0 { at(i - 1) } else { 0.0 }
            })
            .collect();
        let mut matrix = laplacian(n, shift);
        matrix.factorise().unwrap();
        matrix.forward(&mut x);
        matrix.backward(&mut x);
        let rounding = 1e3 * f64::EPSILON;
        assert!(x.iter().zip(&exact).all(|(a, b)| (a - b).abs() < rounding));
    }

    #[test]
    fn inner_products_of_any_length() {
        for n in 0..11_usize {
            let a: Vec<f64> = (0..n).map(|i| i as f64 + 1.0).collect();
            let b: Vec<f64> = (0..n).map(|i| 3.0 - 2.0 * i as f64).collect();
            let exact: f64 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            assert!((dot(&a, &b) - exact).abs() < f64::EPSILON, "{n}");
        }
    }

    #[test]
    fn a_profile_of_any_shape_is_factorised() {
        // Rows that begin in different columns, and entries of either sign.
        let starts = vec![0, 0, 1, 0, 3, 2, 6];
        let n = starts.len();
        let mut matrix = Skyline::new(starts.clone());
        matrix.clear();
        let entry =
            |i: usize, j: usize| if i == j { 4.0 + i as f64 } else { (1.7 * (i + 3 * j) as f64).sin() };
        for (i, (row, &start)) in matrix.rows.iter_mut().zip(&starts).enumerate() {
            for (k, slot) in row.iter_mut().enumerate() {
                *slot = entry(i, start + k);
            }
        }
        let at = |i: usize, j: usize| {
            let (i, j) = (i.max(j), i.min(j));
            if j < starts[i] { 0.0 } else { entry(i, j) }
        };
        let exact: Vec<f64> = (0..n).map(|i| (0.9 * i as f64).cos()).collect();
        let mut x: Vec<f64> = (0..n).map(|i| (0..n).map(|j| at(i, j) * exact[j]).sum()).collect();
        let rounding = 1e2 * f64::EPSILON;
        matrix.factorise().unwrap();
        for i in 0..n {
            for j in 0..=i {
                let l = |i: usize, j: usize| if j < starts[i] { 0.0 } else { matrix.rows[i][j - starts[i]] };
                let product: f64 = (0..=j).map(|k| l(i, k) * l(j, k)).sum();
                assert!((product - at(i, j)).abs() < rounding, "{i} {j}");
            }
        }
        matrix.forward(&mut x);
        matrix.backward(&mut x);
        assert!(x.iter().zip(&exact).all(|(a, b)| (a - b).abs() < rounding), "{x:?}");
        // A pivot is given up at the share of its diagonal and not above.
        for (corner, kept) in [(1.0 + 1e-3, true), (1.0 + 1e-5, false)] {
            let mut pair = Skyline { starts: vec![0, 0], rows: vec![vec![1.0], vec![1.0, corner]] };
            pair.factorise_semidefinite(1e-4).unwrap();
            assert_eq!(pair.rows[1][1] < 1.0, kept);
        }
        assert!((given_up(4.0) - 2e30).abs() < 1e15 && given_up(0.0) > 0.0);
    }

    #[test]
    fn a_constant_that_costs_nothing_is_given_up() {
        let n = 9;
        let mut matrix = laplacian(n, 0.0);
        matrix.factorise_semidefinite(1e-12).unwrap();
        // −x'' = δ_0 − δ_{n−1}: a line, with the last value pinned at zero.
        let mut x = vec![0.0; n];
        (x[0], x[n - 1]) = (1.0, -1.0);
        matrix.forward(&mut x);
        matrix.backward(&mut x);
        let rounding = 1e3 * f64::EPSILON;
        assert!((0..n).all(|i| (x[i] - (n - 1 - i) as f64).abs() < rounding), "{x:?}");
        let mut bad = laplacian(n, f64::NAN);
        assert!(bad.factorise_semidefinite(1e-12).is_err());
        assert!(laplacian(n, -1.0).factorise().is_err());
    }
}
