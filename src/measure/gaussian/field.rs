//! The optimal velocity field of a curve of Gaussian laws (Bures geometry).

use super::{Dense, Gaussian};
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{self, Ball, Matrix};
use nalgebra::{DMatrix, DVector};

/// The gradient field `v(y) = ṁ + S(y−m)` that moves `N(m, Σ)` with rates `ṁ`, `Σ̇`: S is the
/// symmetric solution of `SΣ + ΣS = Σ̇`, and `‖v‖²_{L²(N(m,Σ))} = |ṁ|² + tr(SΣS)` is the squared
/// Wasserstein metric derivative (Takatsu, *Wasserstein geometry of Gaussian measures*, Osaka J.
/// Math. 48, 2011; Bhatia, Jain, Lim, *On the Bures-Wasserstein distance*, Expo. Math. 37, 2019).
#[derive(Clone, Debug)]
pub struct BuresField {
    mean_rate: DVector<f64>,
    slope: Slope,
    slope_error: f64,
    norm_squared: Enclosure,
}

#[derive(Clone, Debug)]
enum Slope {
    Diagonal(DVector<f64>),
    Dense(DMatrix<f64>),
}

impl BuresField {
    /// `ṁ`, shape `[d]`.
    pub fn mean_rate(&self) -> &DVector<f64> {
        &self.mean_rate
    }

    /// S rounded to floats, shape `[d, d]`.
    pub fn slope(&self) -> DMatrix<f64> {
        match &self.slope {
            Slope::Diagonal(entries) => DMatrix::from_diagonal(entries),
            Slope::Dense(matrix) => matrix.clone(),
        }
    }

    /// Bound for the Frobenius distance of [`BuresField::slope`] from S.
    pub fn slope_error(&self) -> f64 {
        self.slope_error
    }

    /// `|ṁ|² + tr(SΣS)`.
    pub fn norm_squared(&self) -> Enclosure {
        self.norm_squared
    }
}

impl Gaussian {
    /// The optimal field for the rates `mean_rate` (shape `[d]`) and `covariance_rate` (shape
    /// `[d, d]`, symmetric).
    ///
    /// # Errors
    /// [`Error::Dimension`] if a shape differs, [`Error::Domain`] or [`Error::Matrix`] if an entry
    /// is not finite or the rate is not exactly symmetric.
    pub fn bures_field(&self, mean_rate: &[f64], covariance_rate: &DMatrix<f64>) -> Result<BuresField> {
        linalg::check_symmetric("covariance rate", covariance_rate)?;
        if covariance_rate.nrows() != self.dim() {
            let name = "covariance rate".to_owned();
            return Err(Error::Dimension { name, found: covariance_rate.nrows(), expected: self.dim() });
        }
        self.check_vector("mean rate", mean_rate)?;
        let (slope, error, energy) = match (self.variances(), self.matrix_form()) {
            (Some(variances), _) => slope_by_entries(variances, covariance_rate),
            (None, Some(_)) => self.slope_by_residual(covariance_rate),
            (None, None) => unreachable!("a law is diagonal or carries its dense form"),
        };
        Ok(assembled(mean_rate, Slope::Dense(slope), error, energy))
    }

    /// The same for independent coordinates: variances that change at the rates
    /// `variance_rate`, at cost O(d) if the law is diagonal as well.
    ///
    /// # Errors
    /// As [`Gaussian::bures_field`].
    pub fn bures_field_diagonal(&self, mean_rate: &[f64], variance_rate: &[f64]) -> Result<BuresField> {
        self.check_vector("mean rate", mean_rate)?;
        self.check_vector("variance rate", variance_rate)?;
        let Some(variances) = self.variances() else {
            let rate = DMatrix::from_diagonal(&DVector::from_column_slice(variance_rate));
            return self.bures_field(mean_rate, &rate);
        };
        let mut energy = Interval::ZERO;
        let mut error = Interval::ZERO;
        let slope = DVector::from_fn(self.dim(), |i, _| {
            let (rate, variance) = (Interval::point(variance_rate[i]), Interval::point(variances[i]));
            let entry = rate / (variance + variance);
            // S²Σ = rate²/(4σ²)
            energy = energy + rate.square() / (Interval::point(4.0) * variance);
            error = error + (entry - Interval::point(entry.mid())).square();
            entry.mid()
        });
        Ok(assembled(mean_rate, Slope::Diagonal(slope), error.sqrt().hi(), energy))
    }

    /// S in an eigenbasis, verified by its residual.
    fn slope_by_residual(&self, covariance_rate: &DMatrix<f64>) -> (DMatrix<f64>, f64, Interval) {
        let unknown = (DMatrix::zeros(self.dim(), self.dim()), f64::INFINITY, Interval::ENTIRE);
        let (Some(dense), Some(eigen)) = (self.matrix_form(), self.spectrum().eigen()) else {
            return unknown;
        };
        let rate_exponent = linalg::binary_exponent(covariance_rate.amax());
        let rate = Ball::scaled(&Matrix::from_f64(covariance_rate), -rate_exponent);
        let solution = linalg::lyapunov(eigen, &rate.centre);
        let (distance, energy) = distance_and_energy(dense, &rate, &solution);
        // With Σ = 4^k Σ' and Σ̇ = 2^j Σ̇': S = 2^{j−2k} S', tr(SΣS) = 2^{2j−2k} tr(S'Σ'S').
        let shift = rate_exponent - 2 * dense.exponent;
        let entries = DMatrix::from_fn(self.dim(), self.dim(), |i, j| {
            linalg::scale_interval(solution[(i, j)].to_interval(0.0), shift).mid()
        });
        // Rounding to floats moves each entry by less than two units in the last place.
        let rounding = 2.0 * f64::EPSILON * solution.norm();
        let error = linalg::scale_interval(Interval::point(distance + rounding), shift).hi();
        (entries, error.next_up(), linalg::scale_interval(energy, 2 * (rate_exponent - dense.exponent)))
    }
}

/// Distance of a proposed symmetric S from the solution, and `tr(SΣS)` of the solution, in the units of
/// the scaled covariance.
///
/// If `R = Σ̇ − SΣ − ΣS` then the true solution is `S + δ` with `δΣ + Σδ = R`, hence
/// `‖δ‖ ≤ ‖R‖/2λ_min`. `N(S) = √tr(SΣS)` is a norm, and `N(δ)² = ½⟨δ, R⟩ ≤ ‖R‖²/4λ_min`, so
/// `|N(S+δ) − N(S)| ≤ ‖R‖/(2√λ_min)`.
fn distance_and_energy(dense: &Dense, rate: &Ball, solution: &Matrix) -> (f64, Interval) {
    let slope = Ball::from(solution.clone());
    let half = slope.product(&dense.scaled);
    let residual = rate.minus(&half).minus(&half.transpose()).norm();
    let smallest = Interval::point(dense.whitening.smallest_eigenvalue_bound());
    let two = Interval::point(2.0);
    let distance = (Interval::point(residual) / (two * smallest)).hi();
    let norm_error = (Interval::point(residual) / (two * smallest.sqrt())).hi();
    let norm = slope.inner_product(&half).sqrt() + Interval::new(-norm_error, norm_error);
    let energy =
        norm.intersection(Interval::new(0.0, f64::INFINITY)).map_or(Interval::ENTIRE, Interval::square);
    (distance, energy)
}

/// `S_ij = Σ̇_ij/(σᵢ + σⱼ)` and `tr(SΣS) = Σ_ij S_ij² σ_j` for a diagonal covariance.
fn slope_by_entries(variances: &[f64], rate: &DMatrix<f64>) -> (DMatrix<f64>, f64, Interval) {
    let mut energy = Interval::ZERO;
    let mut error = Interval::ZERO;
    let slope = DMatrix::from_fn(variances.len(), variances.len(), |i, j| {
        if rate[(i, j)] == 0.0 {
            return 0.0;
        }
        let sum = Dd::sum(variances[i], variances[j]).to_interval(0.0);
        let entry = Interval::point(rate[(i, j)]) / sum;
        energy = energy + entry.square() * Interval::point(variances[j]);
        error = error + (entry - Interval::point(entry.mid())).square();
        entry.mid()
    });
    (slope, error.sqrt().hi(), energy)
}

fn assembled(mean_rate: &[f64], slope: Slope, slope_error: f64, energy: Interval) -> BuresField {
    let drift: Interval = mean_rate.iter().map(|&x| Interval::point(x).square()).sum();
    BuresField {
        mean_rate: DVector::from_column_slice(mean_rate),
        slope,
        slope_error,
        norm_squared: Enclosure::certified(drift + energy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_for_a_bad_solution() {
        let covariance = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.5, 2.0]);
        let law = Gaussian::new(DVector::zeros(2), covariance).unwrap();
        let (dense, eigen) = (law.dense().unwrap(), law.spectrum().eigen().unwrap());
        let rate = Ball::from(Matrix::from_f64(&DMatrix::from_row_slice(2, 2, &[1.0, -2.0, -2.0, 0.5])));
        let solution = linalg::lyapunov(eigen, &rate.centre);
        let (_, exact) = distance_and_energy(dense, &rate, &solution);
        for size in [1e-1, -1e-2, 1e-6, 1e-12] {
            let disturbed =
                Matrix::from_fn(2, 2, |i, j| solution[(i, j)] + Dd::from(size * (1 + i + j) as f64));
            let (distance, energy) = distance_and_energy(dense, &rate, &disturbed);
            let shift = Ball::from(disturbed).minus(&Ball::from(solution.clone()));
            assert!(distance >= shift.centre.norm(), "{distance:e}");
            assert!(energy.encloses(exact) && energy.width() > size.abs(), "{size:e}: {energy:?}");
        }
    }
}
