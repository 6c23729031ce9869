//! Gaussian laws `N(m, Σ)` with Σ positive definite: the exact ground of the verification.
//!
//! Every quantity is an enclosure with evidence Certified. A law with diagonal covariance is kept
//! as a list of variances and treated coordinate by coordinate in interval arithmetic, at cost
//! O(d). A dense covariance is treated in double-double with verified residuals, see
//! [`crate::numerics::linalg`], at cost O(d³) (comfortable up to d ≈ 100, minutes at d = 1000); the
//! results then have relative width about `d²·κ(Σ)·2⁻¹⁰²` or a few units in the last place of
//! a float, whichever is larger, where κ(Σ) is the condition number.
//!
//! The entries of `m` and Σ are taken as the exact real numbers that the floats are.

mod field;
mod pair;
mod random;
mod rate;
#[cfg(test)]
mod references;
mod spectrum;
#[cfg(test)]
mod tests;

pub use field::BuresField;
pub use spectrum::Spectrum;

use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, finite, positive};
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{self, Ball, Matrix, Whitening};
use nalgebra::{DMatrix, DVector};
use std::sync::OnceLock;

/// A Gaussian law on `R^d`, d ≥ 1, with positive definite covariance.
///
/// ```
/// use dald::measure::gaussian::Gaussian;
/// let law = Gaussian::isotropic(vec![1.0, 0.0], 4.0)?;
/// let standard = Gaussian::standard(2)?;
/// // KL(N(m, s)|N(0, I)) = ½(|m|² + d(s − 1 − log s))
/// let expected = 0.5 * (1.0 + 2.0 * (3.0 - 4f64.ln()));
/// let kl = law.kl_divergence(&standard)?;
/// assert!(kl.contains(expected) && kl.relative_width() < 1e-14);
/// # Ok::<(), dald::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gaussian {
    mean: DVector<f64>,
    covariance: Covariance,
    dense: OnceLock<Dense>,
    spectrum: OnceLock<Spectrum>,
}

#[derive(Clone, Debug)]
enum Covariance {
    Diagonal(Vec<f64>),
    Dense(DMatrix<f64>),
}

/// The covariance as `4^exponent · scaled` with entries of order one, and its whitening: for
/// σ = 10^±150 nothing overflows on the way.
#[derive(Clone, Debug)]
struct Dense {
    exponent: i32,
    scaled: Ball,
    whitening: Whitening,
}

impl Dense {
    fn new(matrix: &DMatrix<f64>) -> Result<Self> {
        let exponent = linalg::binary_exponent(matrix.amax()).div_euclid(2);
        let scaled = Ball::scaled(&Matrix::from_f64(matrix), -2 * exponent);
        if let Some(whitening) = Whitening::new(&scaled) {
            return Ok(Self { exponent, scaled, whitening });
        }
        let (smallest, _) = linalg::extreme_eigenvalues("covariance", matrix)?;
        Err(Error::Matrix {
            name: "covariance".to_owned(),
            expected: "certainly positive definite".to_owned(),
            reason: format!("its smallest eigenvalue lies in [{:e}, {:e}]", smallest.lo(), smallest.hi()),
        })
    }

    /// `−log₂ λ_min(Σ)`, roughly.
    fn smallness(&self) -> f64 {
        -2.0 * f64::from(self.exponent) - self.whitening.smallest_eigenvalue_bound().log2()
    }
}

/// `a − b` as an interval: a point if the difference is a float.
fn difference(a: f64, b: f64) -> Interval {
    Dd::difference(a, b).to_interval(0.0)
}

impl Gaussian {
    /// The law `N(mean, covariance)`, `mean` of shape `[d]` and `covariance` of shape `[d, d]`.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the shapes differ, [`Error::Domain`] if the law has dimension 0 or
    /// an entry of the mean is not finite, [`Error::Matrix`] if the covariance is not square,
    /// finite, exactly symmetric or certainly positive definite (condition numbers up to about
    /// 10²⁰ can be told from singular).
    pub fn new(mean: DVector<f64>, covariance: DMatrix<f64>) -> Result<Self> {
        linalg::check_symmetric("covariance", &covariance)?;
        check_mean(mean.as_slice(), covariance.nrows())?;
        let dense = Dense::new(&covariance)?;
        Ok(Self {
            mean,
            covariance: Covariance::Dense(covariance),
            dense: OnceLock::from(dense),
            spectrum: OnceLock::new(),
        })
    }

    /// The law with independent coordinates `N(meanᵢ, variancesᵢ)`.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the lengths differ, [`Error::Domain`] if there is no coordinate, a
    /// mean is not finite or a variance is not finite and strictly positive.
    pub fn diagonal(mean: Vec<f64>, variances: Vec<f64>) -> Result<Self> {
        if variances.is_empty() {
            return Err(Error::domain("variances", "an empty list", "at least one variance"));
        }
        check_mean(&mean, variances.len())?;
        for (i, &variance) in variances.iter().enumerate() {
            positive(&format!("variances[{i}]"), variance)?;
        }
        Ok(Self {
            mean: DVector::from_vec(mean),
            covariance: Covariance::Diagonal(variances),
            dense: OnceLock::new(),
            spectrum: OnceLock::new(),
        })
    }

    /// The law `N(mean, variance·I)`.
    ///
    /// # Errors
    /// As [`Gaussian::diagonal`].
    pub fn isotropic(mean: Vec<f64>, variance: f64) -> Result<Self> {
        let variances = vec![variance; mean.len()];
        Self::diagonal(mean, variances)
    }

    /// The standard Gaussian law γ = `N(0, I)` in dimension `dim`.
    ///
    /// # Errors
    /// [`Error::Domain`] if `dim` is 0.
    pub fn standard(dim: usize) -> Result<Self> {
        Self::isotropic(vec![0.0; dim], 1.0)
    }

    /// Dimension d ≥ 1.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Mean, shape `[d]`.
    pub fn mean(&self) -> &DVector<f64> {
        &self.mean
    }

    /// Covariance as a dense matrix, shape `[d, d]`.
    pub fn covariance(&self) -> DMatrix<f64> {
        match &self.covariance {
            Covariance::Diagonal(variances) => DMatrix::from_diagonal(&DVector::from_column_slice(variances)),
            Covariance::Dense(matrix) => matrix.clone(),
        }
    }

    /// Entry `(i, j)` of the covariance.
    pub fn covariance_entry(&self, i: usize, j: usize) -> f64 {
        match &self.covariance {
            Covariance::Diagonal(variances) if i == j => variances[i],
            Covariance::Diagonal(_) => 0.0,
            Covariance::Dense(matrix) => matrix[(i, j)],
        }
    }

    /// The variances of a law that was built with independent coordinates.
    pub fn variances(&self) -> Option<&[f64]> {
        match &self.covariance {
            Covariance::Diagonal(variances) => Some(variances),
            Covariance::Dense(_) => None,
        }
    }

    /// The law with the same covariance and mean 0.
    pub fn centred(&self) -> Self {
        Self { mean: DVector::zeros(self.dim()), ..self.clone() }
    }

    /// Whether the other law has the same covariance, entry by entry.
    pub fn covariance_equals(&self, other: &Self) -> bool {
        match (self.variances(), other.variances()) {
            (Some(a), Some(b)) => a == b,
            _ => self.dim() == other.dim() && self.covariance() == other.covariance(),
        }
    }

    /// The dense form, computed once.
    fn dense(&self) -> Result<&Dense> {
        if let Some(dense) = self.dense.get() {
            return Ok(dense);
        }
        let dense = Dense::new(&self.covariance())?;
        Ok(self.dense.get_or_init(|| dense))
    }

    /// The dense form of a law that was built from a matrix, and so has it already.
    fn matrix_form(&self) -> Option<&Dense> {
        match &self.covariance {
            Covariance::Diagonal(_) => None,
            Covariance::Dense(_) => self.dense.get(),
        }
    }

    /// Eigenvalues and eigenvectors of the covariance, computed at the first call.
    pub fn spectrum(&self) -> &Spectrum {
        self.spectrum.get_or_init(|| match (self.variances(), self.matrix_form()) {
            (Some(variances), _) => Spectrum::diagonal(variances),
            (None, Some(dense)) => Spectrum::dense(&dense.scaled, 2 * dense.exponent),
            (None, None) => unreachable!("a law is diagonal or carries its dense form"),
        })
    }

    /// Poincaré constant: `C_P(N(m, Σ)) = λ_max(Σ)` (Bakry, Gentil, Ledoux, *Analysis and Geometry
    /// of Markov Diffusion Operators*, 2014, §4.1).
    pub fn poincare_constant(&self) -> Enclosure {
        self.spectrum().largest()
    }

    /// Logarithmic Sobolev constant in the normalisation `Ent(f²) ≤ C ∫|∇f|²`:
    /// `C_LS(N(m, Σ)) = 2 λ_max(Σ)` (Gross, 1975).
    pub fn log_sobolev_constant(&self) -> Enclosure {
        2.0 * self.poincare_constant()
    }

    /// Variance of the projection onto a line: `⟨u, Σu⟩/|u|²` for the direction `u`.
    ///
    /// # Errors
    /// [`Error::Dimension`] for a vector of another dimension, [`Error::Domain`] if it is zero or
    /// not finite.
    pub fn variance_along(&self, direction: &[f64]) -> Result<Enclosure> {
        self.check_vector("direction", direction)?;
        let largest = direction.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
        if largest == 0.0 {
            return Err(Error::domain("direction", "the zero vector", "a direction"));
        }
        let exponent = -linalg::binary_exponent(largest);
        let column = Matrix::column(direction.iter().map(|&x| Dd::from(x)).collect());
        let u = Ball::scaled(&column, exponent);
        let numerator = match (self.variances(), self.matrix_form()) {
            (Some(variances), _) => variances
                .iter()
                .enumerate()
                .map(|(i, &variance)| Interval::point(variance) * u.entry(i, 0).square())
                .sum(),
            (None, Some(dense)) => {
                linalg::scale_interval(u.inner_product(&dense.scaled.product(&u)), 2 * dense.exponent)
            }
            (None, None) => Interval::ENTIRE,
        };
        Ok(Enclosure::certified(numerator / u.norm_squared()))
    }

    /// `4^{-k}`-scaled offset `2^{-k}(x − m)`; exact but for subnormal numbers.
    fn offset(&self, x: &[f64], exponent: i32) -> Ball {
        let offset = x.iter().zip(self.mean.iter()).map(|(&a, &b)| Dd::difference(a, b)).collect();
        Ball::scaled(&Matrix::column(offset), -exponent)
    }

    /// Score `∇log p(x) = −Σ⁻¹(x−m)`, shape `[d]`.
    ///
    /// # Errors
    /// [`Error::Dimension`] for a point of another dimension, [`Error::Domain`] if it is not finite.
    pub fn score(&self, x: &[f64]) -> Result<Vec<Enclosure>> {
        self.check_vector("point", x)?;
        let components: Vec<Interval> = match (self.variances(), self.matrix_form()) {
            (Some(variances), _) => (0..self.dim())
                .map(|i| difference(self.mean[i], x[i]) / Interval::point(variances[i]))
                .collect(),
            (None, Some(dense)) => {
                let offset = self.offset(x, dense.exponent);
                let row = dense.whitening.times_inverse(&offset.transpose());
                (0..self.dim()).map(|i| linalg::scale_interval(-row.entry(0, i), -dense.exponent)).collect()
            }
            (None, None) => vec![Interval::ENTIRE; self.dim()],
        };
        Ok(components.into_iter().map(Enclosure::certified).collect())
    }

    /// Logarithm of the density at `x`: `−½(⟨x−m, Σ⁻¹(x−m)⟩ + log det Σ + d log 2π)`.
    ///
    /// # Errors
    /// As [`Gaussian::score`].
    pub fn log_density(&self, x: &[f64]) -> Result<Enclosure> {
        self.check_vector("point", x)?;
        let square = self.precision_form(x);
        let constant = Interval::point(self.dim() as f64) * (Interval::point(2.0) * Interval::PI).ln();
        let twice = square + self.log_determinant().interval() + constant;
        Ok(Enclosure::certified(-(twice * Interval::point(0.5))))
    }

    /// `⟨x−m, Σ⁻¹(x−m)⟩` for a point of the right dimension.
    fn precision_form(&self, x: &[f64]) -> Interval {
        match (self.variances(), self.matrix_form()) {
            (Some(variances), _) => (0..self.dim())
                .map(|i| difference(x[i], self.mean[i]).square() / Interval::point(variances[i]))
                .sum(),
            (None, Some(dense)) => dense.whitening.inverse_quadratic_form(&self.offset(x, dense.exponent)),
            (None, None) => Interval::ENTIRE,
        }
    }

    /// `log det Σ`.
    pub fn log_determinant(&self) -> Enclosure {
        Enclosure::certified(match (self.variances(), self.matrix_form()) {
            (Some(variances), _) => variances.iter().map(|&v| Interval::point(v).ln()).sum(),
            (None, Some(dense)) => {
                // Each of the d dimensions contributes log 4^exponent.
                let powers = 2.0 * f64::from(dense.exponent) * self.dim() as f64;
                let log_two = Interval::point(2.0).ln();
                dense.whitening.log_determinant() + Interval::point(powers) * log_two
            }
            (None, None) => Interval::ENTIRE,
        })
    }

    /// Inverse Σ⁻¹ of the covariance, entry by entry, shape `[d, d]`.
    pub fn precision(&self) -> DMatrix<Enclosure> {
        let d = self.dim();
        match (self.variances(), self.matrix_form()) {
            (Some(variances), _) => DMatrix::from_fn(d, d, |i, j| {
                if i == j { 1.0 / Enclosure::exact(variances[i]) } else { Enclosure::exact(0.0) }
            }),
            (None, Some(dense)) => {
                let inverse = dense.whitening.times_inverse(&Ball::from(Matrix::identity(d)));
                DMatrix::from_fn(d, d, |i, j| {
                    Enclosure::certified(linalg::scale_interval(inverse.entry(i, j), -2 * dense.exponent))
                })
            }
            (None, None) => DMatrix::from_element(d, d, Enclosure::certified(Interval::ENTIRE)),
        }
    }

    /// Checks the dimension and finiteness of a vector.
    fn check_vector(&self, name: &str, vector: &[f64]) -> Result<()> {
        check_entries(name, vector, self.dim())
    }

    /// Checks that another law lives in the same space.
    fn check_same_space(&self, other: &Self) -> Result<()> {
        if self.dim() == other.dim() {
            Ok(())
        } else {
            let name = "other law".to_owned();
            Err(Error::Dimension { name, found: other.dim(), expected: self.dim() })
        }
    }
}

fn check_mean(mean: &[f64], dim: usize) -> Result<()> {
    check_entries("mean", mean, dim)
}

fn check_entries(name: &str, vector: &[f64], dim: usize) -> Result<()> {
    if vector.len() != dim {
        return Err(Error::Dimension { name: name.to_owned(), found: vector.len(), expected: dim });
    }
    for (i, &entry) in vector.iter().enumerate() {
        finite(&format!("{name}[{i}]"), entry)?;
    }
    Ok(())
}
