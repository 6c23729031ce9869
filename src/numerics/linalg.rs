//! Small dense linear algebra in double-double, with verified error bounds.
//!
//! Decompositions (Cholesky, Jacobi) are computed without regard to their error and then treated
//! as *exact* matrices of which one residual is enclosed: if `XΣXᵀ = I + E` with `‖E‖ ≤ e < 1`
//! then Σ is positive definite and `Σ⁻¹ = Xᵀ(I+E)⁻¹X`, whatever rounding did to X. Residuals are
//! products of matrices, and the only rounding analysis that is needed is that of a product:
//! a sum of n products in double-double is off by at most `γ_n Σ|a||b|` with
//! `γ_n = (n+2)·2⁻¹⁰²`, hence `‖fl(AB) − AB‖_F ≤ γ_n ‖A‖_F ‖B‖_F` (Higham, *Accuracy and
//! Stability of Numerical Algorithms*, 2002, §3.5). A [`Ball`] carries such bounds along; so the
//! results are rigorous enclosures, with a width of about `d·κ(Σ)·2⁻¹⁰²` relative to the truth.

#[cfg(test)]
mod tests;

use super::double_double::Dd;
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use nalgebra::{DMatrix, SymmetricEigen};
use std::ops::{Index, IndexMut};

/// Factor that covers the rounding of the radii themselves: norms are sums of at most 10⁸ squares,
/// each addition off by 2⁻⁵³.
const ROUND_UP: f64 = 1.0 + 1e-7;

/// The power of two `2^exponent` for exponents of normal numbers.
///
/// # Panics
/// If the exponent is outside `−1022..=1023`.
pub fn power_of_two(exponent: i32) -> f64 {
    assert!((-1022..=1023).contains(&exponent), "2^{exponent} is not a normal float");
    f64::from_bits(u64::from((1023 + exponent).unsigned_abs()) << 52)
}

/// `interval · 2^exponent`: exact where the result is a normal number, else rounded outward.
pub fn scale_interval(interval: Interval, exponent: i32) -> Interval {
    const STEP: i32 = 500;
    let (mut result, mut rest) = (interval, exponent);
    while rest != 0 {
        let step = rest.clamp(-STEP, STEP);
        let end = |x: f64, outward: fn(f64) -> f64| {
            let scaled = x * power_of_two(step);
            if scaled.is_normal() || x == 0.0 || x.is_infinite() { scaled } else { outward(scaled) }
        };
        result = Interval::new(end(result.lo(), f64::next_down), end(result.hi(), f64::next_up));
        rest -= step;
    }
    result
}

/// Largest `e` with `2^e ≤ |x|` for a finite `x ≠ 0` (subnormal numbers included); 0 for 0.
pub fn binary_exponent(x: f64) -> i32 {
    let field = |y: f64| i32::try_from((y.to_bits() >> 52) & 0x7ff).unwrap_or(0);
    if x == 0.0 {
        0
    } else if field(x) == 0 {
        field(x * power_of_two(60)) - 1083
    } else {
        field(x) - 1023
    }
}

/// A dense matrix of double-doubles, stored by rows. Vectors are matrices with one column.
#[derive(Clone, PartialEq, Debug)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    entries: Vec<Dd>,
}

impl Index<(usize, usize)> for Matrix {
    type Output = Dd;
    #[inline]
    fn index(&self, (i, j): (usize, usize)) -> &Dd {
        &self.entries[i * self.columns + j]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    #[inline]
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut Dd {
        &mut self.entries[i * self.columns + j]
    }
}

impl Matrix {
    /// The matrix with entry `f(i, j)` in row `i`, column `j`.
    pub fn from_fn(rows: usize, columns: usize, mut f: impl FnMut(usize, usize) -> Dd) -> Self {
        let mut entries = Vec::with_capacity(rows * columns);
        for i in 0..rows {
            for j in 0..columns {
                entries.push(f(i, j));
            }
        }
        Self { rows, columns, entries }
    }

    /// The zero matrix.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, entries: vec![Dd::ZERO; rows * columns] }
    }

    /// The identity.
    pub fn identity(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| if i == j { Dd::ONE } else { Dd::ZERO })
    }

    /// A matrix of floats, without error.
    pub fn from_f64(matrix: &DMatrix<f64>) -> Self {
        Self::from_fn(matrix.nrows(), matrix.ncols(), |i, j| Dd::from(matrix[(i, j)]))
    }

    /// One column.
    pub fn column(entries: Vec<Dd>) -> Self {
        Self { rows: entries.len(), columns: 1, entries }
    }

    /// The leading parts of the entries.
    pub fn to_f64(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.rows, self.columns, |i, j| self[(i, j)].hi())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All entries, row by row.
    pub fn entries(&self) -> &[Dd] {
        &self.entries
    }

    /// Applies `f` to each entry.
    pub fn map(&self, f: impl Fn(Dd) -> Dd) -> Self {
        let entries = self.entries.iter().map(|&x| f(x)).collect();
        Self { entries, ..*self }
    }

    /// Combines two matrices of the same shape entry by entry.
    fn zip(&self, other: &Self, f: impl Fn(Dd, Dd) -> Dd) -> Self {
        debug_assert!(self.rows == other.rows && self.columns == other.columns);
        let entries = self.entries.iter().zip(&other.entries).map(|(&a, &b)| f(a, b)).collect();
        Self { entries, ..*self }
    }

    /// Transpose.
    pub fn transpose(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |i, j| self[(j, i)])
    }

    /// Matrix product, rounded.
    pub fn product(&self, other: &Self) -> Self {
        debug_assert_eq!(self.columns, other.rows);
        let mut result = Self::zeros(self.rows, other.columns);
        let width = other.columns.max(1);
        for (row, out) in self.entries.chunks(self.columns.max(1)).zip(result.entries.chunks_mut(width)) {
            for (&a, others) in row.iter().zip(other.entries.chunks(width)) {
                if a == Dd::ZERO {
                    continue;
                }
                for (sum, &b) in out.iter_mut().zip(others) {
                    *sum = *sum + a * b;
                }
            }
        }
        result
    }

    /// Upper bound for the Frobenius norm (NaN if an entry is).
    pub fn norm(&self) -> f64 {
        let largest = self
            .entries
            .iter()
            .map(|x| x.hi().abs())
            .fold(0.0, |a: f64, b| if b > a || b.is_nan() { b } else { a });
        if largest == 0.0 || !largest.is_finite() {
            return largest;
        }
        // Squares of the entries relative to the largest one neither overflow nor, as far as it
        // matters, underflow.
        let squares: f64 = self.entries.iter().map(|x| (x.hi() / largest).powi(2)).sum();
        largest * squares.sqrt() * ROUND_UP
    }

    /// `(M + Mᵀ)/2`, rounded.
    pub fn symmetrised(&self) -> Self {
        Self::from_fn(self.rows, self.columns, |i, j| (self[(i, j)] + self[(j, i)]).times_power_of_two(0.5))
    }
}

/// All matrices within Frobenius distance `radius` of `centre`.
#[derive(Clone, Debug)]
pub struct Ball {
    /// Centre.
    pub centre: Matrix,
    /// Radius in the Frobenius norm; NaN and ∞ mean that nothing is known.
    pub radius: f64,
}

impl From<Matrix> for Ball {
    fn from(centre: Matrix) -> Self {
        Self { centre, radius: 0.0 }
    }
}

impl Ball {
    /// `matrix · 2^exponent`; a scaled entry may be a subnormal number and then lose bits.
    pub fn scaled(matrix: &Matrix, exponent: i32) -> Self {
        let (first, second) = (exponent / 2, exponent - exponent / 2);
        let (first, second) = (power_of_two(first), power_of_two(second));
        let centre = matrix.map(|x| x.times_power_of_two(first).times_power_of_two(second));
        let count = matrix.entries.len() as f64;
        Self { centre, radius: if exponent >= 0 { 0.0 } else { count * Dd::UNDERFLOW } }
    }

    /// All members times `2^exponent`, see [`Ball::scaled`].
    pub fn scaled_ball(ball: &Self, exponent: i32) -> Self {
        let mut result = Self::scaled(&ball.centre, exponent);
        let inherited = scale_interval(Interval::point(ball.radius), exponent).hi();
        result.radius = (result.radius + inherited) * ROUND_UP;
        result
    }

    /// Upper bound for the Frobenius norm of every member.
    pub fn norm(&self) -> f64 {
        (self.centre.norm() + self.radius) * ROUND_UP
    }

    /// All products of a member of each.
    pub fn product(&self, other: &Self) -> Self {
        let (a, b) = (self.centre.norm(), other.centre.norm());
        let inner = self.centre.columns as f64;
        let outer = (self.centre.rows * other.centre.columns) as f64;
        let rounding = (inner + 2.0) * Dd::UNIT * a * b + inner * outer * Dd::UNDERFLOW;
        let inherited = a * other.radius + self.radius * b + self.radius * other.radius;
        Self { centre: self.centre.product(&other.centre), radius: (rounding + inherited) * ROUND_UP }
    }

    /// All sums of a member of each.
    pub fn plus(&self, other: &Self) -> Self {
        self.combined(other, |a, b| a + b)
    }

    /// All differences of a member of each.
    pub fn minus(&self, other: &Self) -> Self {
        self.combined(other, |a, b| a - b)
    }

    /// The same for centres whose entries are floats: the centre is exact.
    pub fn difference_of_floats(&self, other: &Self) -> Self {
        debug_assert!(self.centre.entries.iter().chain(&other.centre.entries).all(|x| x.lo() == 0.0));
        let centre = self.centre.zip(&other.centre, |a, b| Dd::difference(a.hi(), b.hi()));
        Self { centre, radius: (self.radius + other.radius) * ROUND_UP }
    }

    fn combined(&self, other: &Self, f: impl Fn(Dd, Dd) -> Dd) -> Self {
        let centre = self.centre.zip(&other.centre, f);
        let rounding = Dd::UNIT * centre.norm();
        Self { centre, radius: (rounding + self.radius + other.radius) * ROUND_UP }
    }

    /// All transposes.
    pub fn transpose(&self) -> Self {
        Self { centre: self.centre.transpose(), radius: self.radius }
    }

    /// `Y·M·Yᵀ` for the members M.
    pub fn congruence(&self, y: &Matrix) -> Self {
        let y = Self::from(y.clone());
        y.product(&self.product(&y.transpose()))
    }

    /// Entry `(i, j)` of the members.
    pub fn entry(&self, i: usize, j: usize) -> Interval {
        self.centre[(i, j)].to_interval(self.radius)
    }

    /// Squared Frobenius norm of the members.
    pub fn norm_squared(&self) -> Interval {
        let terms = self.centre.entries.iter().map(|&x| x * x).sum::<Dd>();
        let count = self.centre.entries.len() as f64;
        let rounding = (count + 2.0) * Dd::UNIT * terms.hi() + count * Dd::UNDERFLOW;
        let norm = terms.to_interval(rounding * ROUND_UP).sqrt();
        (norm + Interval::new(-self.radius, self.radius))
            .intersection(Interval::new(0.0, f64::INFINITY))
            .map_or(Interval::ENTIRE, Interval::square)
    }

    /// Sum of the entrywise products with the members of `other`: `tr(Mᵀ N)`.
    pub fn inner_product(&self, other: &Self) -> Interval {
        let (a, b) = (self.centre.norm(), other.centre.norm());
        let terms = self.centre.entries.iter().zip(&other.centre.entries).map(|(&x, &y)| x * y);
        let count = self.centre.entries.len() as f64;
        let rounding = (count + 2.0) * Dd::UNIT * a * b + count * Dd::UNDERFLOW;
        let inherited = a * other.radius + self.radius * b + self.radius * other.radius;
        terms.sum::<Dd>().to_interval((rounding + inherited) * ROUND_UP)
    }
}

/// Lower triangular `L` with `LLᵀ ≈ matrix`; `None` if a pivot is not positive.
pub fn cholesky(matrix: &Matrix) -> Option<Matrix> {
    let n = matrix.rows;
    let mut lower = Matrix::zeros(n, n);
    for j in 0..n {
        for i in j..n {
            let inner = (0..j).map(|k| lower[(i, k)] * lower[(j, k)]).sum::<Dd>();
            let rest = matrix[(i, j)] - inner;
            lower[(i, j)] = if i > j {
                rest / lower[(j, j)]
            } else if rest > Dd::ZERO {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    Some(lower)
}

/// Inverse of a lower triangular matrix, by forward substitution.
pub fn inverse_lower(lower: &Matrix) -> Matrix {
    let n = lower.rows;
    let mut inverse = Matrix::zeros(n, n);
    for j in 0..n {
        inverse[(j, j)] = Dd::ONE / lower[(j, j)];
        for i in j + 1..n {
            let inner = (j..i).map(|k| lower[(i, k)] * inverse[(k, j)]).sum::<Dd>();
            inverse[(i, j)] = -(inner / lower[(i, i)]);
        }
    }
    inverse
}

/// A matrix X, taken as exact, with `XΣXᵀ = I + E`, `‖E‖_F ≤ defect < ½`; its existence proves
/// that every member Σ of the ball is positive definite.
#[derive(Clone, Debug)]
pub struct Whitening {
    /// Cholesky factor L, `LLᵀ ≈ Σ`.
    pub lower: Matrix,
    /// X ≈ L⁻¹, lower triangular.
    pub whitener: Matrix,
    /// Bound for `‖XΣXᵀ − I‖_F`.
    pub defect: f64,
}

impl Whitening {
    /// Whitens a symmetric ball; `None` if its members are not certainly positive definite.
    pub fn new(matrix: &Ball) -> Option<Self> {
        let lower = cholesky(&matrix.centre)?;
        let whitener = inverse_lower(&lower);
        Self::verified(lower, whitener, matrix)
    }

    /// Encloses the defect of a proposed whitener; `None` if it is not below ½.
    fn verified(lower: Matrix, whitener: Matrix, matrix: &Ball) -> Option<Self> {
        let defect = distance_to_identity(&matrix.congruence(&whitener));
        (defect < 0.5).then_some(Self { lower, whitener, defect })
    }

    /// Interval that contains the eigenvalues of `(I+E)⁻¹`.
    pub fn factor(&self) -> Interval {
        ostrowski(self.defect)
    }

    /// `vᵀΣ⁻¹v` for the members v of a ball of columns: `|Xv|²` times an eigenvalue of `(I+E)⁻¹`.
    pub fn inverse_quadratic_form(&self, vector: &Ball) -> Interval {
        Ball::from(self.whitener.clone()).product(vector).norm_squared() * self.factor()
    }

    /// `MΣ⁻¹` for the members M: `MXᵀ(I+E)⁻¹X`, where `(I+E)⁻¹` differs from I by at most
    /// `e/(1−e)` in norm.
    pub fn times_inverse(&self, matrix: &Ball) -> Ball {
        let whitener = Ball::from(self.whitener.clone());
        let half = matrix.product(&whitener.transpose());
        let mut product = half.product(&whitener);
        let defect = self.defect / (1.0 - self.defect);
        product.radius = (product.radius + half.norm() * defect * whitener.norm()) * ROUND_UP;
        product
    }

    /// Lower bound for the smallest eigenvalue: `1/‖Σ⁻¹‖ ≥ (1−e)/‖X‖_F²`.
    pub fn smallest_eigenvalue_bound(&self) -> f64 {
        ((1.0 - self.defect) / (self.whitener.norm() * self.whitener.norm())) / ROUND_UP
    }

    /// `log det Σ = −2 log|det X| + log det(I+E)`; the last term is at most `√d·e/(1−e)`.
    pub fn log_determinant(&self) -> Interval {
        let n = self.whitener.rows;
        let diagonal: Interval = (0..n).map(|i| self.whitener[(i, i)].to_interval(0.0).ln()).sum();
        let rest = (n as f64).sqrt() * self.defect / (1.0 - self.defect) * ROUND_UP;
        Interval::point(-2.0) * diagonal + Interval::new(-rest, rest)
    }
}

/// Bound for the Frobenius distance of the members from the identity.
fn distance_to_identity(ball: &Ball) -> f64 {
    ball.minus(&Ball::from(Matrix::identity(ball.centre.rows))).norm()
}

/// `[1/(1+e), 1/(1−e)]`, the eigenvalues of `(I+E)⁻¹` for `‖E‖ ≤ e`; everything if `e ≥ 1`.
fn ostrowski(defect: f64) -> Interval {
    if defect < 1.0 {
        Interval::ONE / (Interval::ONE + Interval::new(-defect, defect))
    } else {
        Interval::ENTIRE
    }
}

/// Approximate eigen-decomposition: `values` ascend, column k of `vectors` belongs to value k.
#[derive(Clone, Debug)]
pub struct Eigen {
    /// Eigenvalues, ascending.
    pub values: Vec<Dd>,
    /// Eigenvectors as columns.
    pub vectors: Matrix,
}

/// Eigen-decomposition of a symmetric matrix to about full double-double accuracy: an ordinary one in
/// floats, improved by cyclic Jacobi rotations (which converge quadratically from there).
pub fn symmetric_eigen(matrix: &Matrix) -> Eigen {
    const SWEEPS: usize = 40;
    let n = matrix.rows;
    let exponent = binary_exponent(matrix.norm());
    let scaled = Ball::scaled(matrix, -exponent).centre;
    // QR iterations in floats need a few per eigenvalue; without convergence start at I.
    let start = SymmetricEigen::try_new(scaled.to_f64(), f64::EPSILON, 100 * n.max(10));
    let mut vectors = start.map_or_else(|| Matrix::identity(n), |e| Matrix::from_f64(&e.eigenvectors));
    for _ in 0..2 {
        vectors = orthonormalised(&vectors);
    }
    let mut work = vectors.transpose().product(&scaled.product(&vectors)).symmetrised();
    let negligible = Dd::UNIT * work.norm() / 1024.0;
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                if work[(p, q)].hi().abs() > negligible {
                    rotate(&mut work, &mut vectors, p, q);
                    rotated = true;
                }
            }
        }
        if !rotated {
            break;
        }
    }
    vectors = orthonormalised(&vectors);
    let rayleigh = vectors.transpose().product(&matrix.product(&vectors));
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| {
        rayleigh[(i, i)].partial_cmp(&rayleigh[(j, j)]).unwrap_or(std::cmp::Ordering::Equal)
    });
    Eigen {
        values: order.iter().map(|&k| rayleigh[(k, k)]).collect(),
        vectors: Matrix::from_fn(n, n, |i, k| vectors[(i, order[k])]),
    }
}

/// One Newton-Schulz step `Q(3I − QᵀQ)/2` towards the nearest orthonormal matrix: squares the
/// defect of Q.
fn orthonormalised(q: &Matrix) -> Matrix {
    let three = Matrix::identity(q.columns).map(|x| x * Dd::from(3.0));
    let correction = three.zip(&q.transpose().product(q), |a, b| (a - b).times_power_of_two(0.5));
    q.product(&correction)
}

/// Rotation of the coordinates p and q that annihilates entry `(p, q)` of the symmetric `work`
/// (Golub, Van Loan, *Matrix Computations*, §8.5).
fn rotate(work: &mut Matrix, vectors: &mut Matrix, p: usize, q: usize) {
    let n = work.rows;
    let theta = (work[(q, q)] - work[(p, p)]) / work[(p, q)].times_power_of_two(2.0);
    let t = if theta.abs().hi() > 1e40 {
        Dd::ONE / theta.times_power_of_two(2.0)
    } else {
        let t = Dd::ONE / (theta.abs() + (theta * theta + Dd::ONE).sqrt());
        if theta.hi() < 0.0 { -t } else { t }
    };
    let c = Dd::ONE / (t * t + Dd::ONE).sqrt();
    let s = t * c;
    let turn = |a: Dd, b: Dd| (c * a - s * b, s * a + c * b);
    let shift = t * work[(p, q)];
    for k in (0..n).filter(|&k| k != p && k != q) {
        let (a, b) = turn(work[(k, p)], work[(k, q)]);
        (work[(k, p)], work[(k, q)]) = (a, b);
        (work[(p, k)], work[(q, k)]) = (a, b);
    }
    work[(p, p)] = work[(p, p)] - shift;
    work[(q, q)] = work[(q, q)] + shift;
    (work[(p, q)], work[(q, p)]) = (Dd::ZERO, Dd::ZERO);
    for k in 0..vectors.rows {
        (vectors[(k, p)], vectors[(k, q)]) = turn(vectors[(k, p)], vectors[(k, q)]);
    }
}

/// Eigenvalues, ascending, of a symmetric matrix N that is congruent to it by a matrix Y with
/// `‖YYᵀ − I‖ ≤ defect` (with respect to the metric in question): by Weyl they lie within the norm
/// of the off-diagonal part of `N` from its diagonal, by Ostrowski the congruence multiplies them
/// by at most `1 ± defect`.
pub fn congruent_eigenvalues(congruent: &Ball, defect: f64) -> Vec<Interval> {
    let n = congruent.centre.rows;
    let mut diagonal: Vec<Dd> = (0..n).map(|i| congruent.centre[(i, i)]).collect();
    diagonal.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    let mut rest = congruent.clone();
    for i in 0..n {
        rest.centre[(i, i)] = Dd::ZERO;
    }
    let radius = rest.norm();
    diagonal.iter().map(|x| x.to_interval(radius) * ostrowski(defect)).collect()
}

/// Eigenvalues of the members of a symmetric ball, ascending, with the orthonormal basis used.
pub fn enclosed_eigen(matrix: &Ball) -> (Vec<Interval>, Eigen) {
    let eigen = symmetric_eigen(&matrix.centre);
    let rows = eigen.vectors.transpose();
    let defect = orthonormality_defect(&eigen.vectors);
    (congruent_eigenvalues(&matrix.congruence(&rows), defect), eigen)
}

/// Bound for `‖QᵀQ − I‖_F`.
pub fn orthonormality_defect(vectors: &Matrix) -> f64 {
    let q = Ball::from(vectors.clone());
    distance_to_identity(&q.transpose().product(&q))
}

/// Approximate solution S of `SΣ + ΣS = Q` in an eigenbasis of Σ.
pub fn lyapunov(eigen: &Eigen, right_side: &Matrix) -> Matrix {
    let basis = &eigen.vectors;
    let rotated = basis.transpose().product(&right_side.product(basis));
    let solved = Matrix::from_fn(rotated.rows, rotated.columns, |i, j| {
        rotated[(i, j)] / (eigen.values[i] + eigen.values[j])
    });
    basis.product(&solved.product(&basis.transpose())).symmetrised()
}

/// Approximate square root of a symmetric positive matrix.
pub fn symmetric_square_root(eigen: &Eigen) -> Matrix {
    let basis = &eigen.vectors;
    let n = basis.rows;
    let half = Matrix::from_fn(n, n, |i, k| basis[(i, k)] * eigen.values[k].sqrt());
    half.product(&basis.transpose())
}

/// Eigenvalues, ascending, of a symmetric matrix of floats (Certified).
///
/// # Errors
/// [`Error::Matrix`] if the matrix is empty, not square, not finite or not exactly symmetric.
pub fn symmetric_eigenvalues(name: &str, matrix: &DMatrix<f64>) -> Result<Vec<Enclosure>> {
    check_symmetric(name, matrix)?;
    let exponent = binary_exponent(matrix.amax());
    let scaled = Ball::scaled(&Matrix::from_f64(matrix), -exponent);
    let (values, _) = enclosed_eigen(&scaled);
    Ok(values.into_iter().map(|x| Enclosure::certified(scale_interval(x, exponent))).collect())
}

/// Smallest and largest eigenvalue of a symmetric matrix of floats (Certified).
///
/// # Errors
/// As [`symmetric_eigenvalues`].
pub fn extreme_eigenvalues(name: &str, matrix: &DMatrix<f64>) -> Result<(Enclosure, Enclosure)> {
    let values = symmetric_eigenvalues(name, matrix)?;
    Ok((values[0], values[values.len() - 1]))
}

/// Checks that a matrix is square, non-empty, finite and exactly symmetric.
///
/// # Errors
/// [`Error::Matrix`] that names the first offending entry, [`Error::Domain`] if it is empty.
pub fn check_symmetric(name: &str, matrix: &DMatrix<f64>) -> Result<()> {
    let wrong = |expected: &str, reason: String| {
        Err(Error::Matrix { name: name.to_owned(), expected: expected.to_owned(), reason })
    };
    let (rows, columns) = matrix.shape();
    if rows == 0 || columns == 0 {
        return Err(Error::domain(name, format!("a {rows}×{columns} matrix"), "at least one row"));
    }
    if rows != columns {
        return wrong("square", format!("it has {rows} rows and {columns} columns"));
    }
    for i in 0..rows {
        for j in 0..=i {
            let (a, b) = (matrix[(i, j)], matrix[(j, i)]);
            if !a.is_finite() || !b.is_finite() {
                let (i, j, x) = if a.is_finite() { (j, i, b) } else { (i, j, a) };
                return wrong("finite", format!("entry ({i}, {j}) is {x}"));
            }
            if a != b {
                return wrong(
                    "symmetric",
                    format!("entry ({i}, {j}) is {a:e} but entry ({j}, {i}) is {b:e}"),
                );
            }
        }
    }
    Ok(())
}
