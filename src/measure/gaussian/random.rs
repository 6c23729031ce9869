//! Random Gaussian laws for property checks.

use super::Gaussian;
use crate::error::{Error, Result, finite};
use nalgebra::{DMatrix, DVector};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

impl Gaussian {
    /// A random law in dimension `dim`: covariance `QΛQᵀ` with Q Haar-distributed on the orthogonal
    /// group and Λ log-uniform on `[condition^{-½}, condition^{½}]`, both ends attained if `dim ≥ 2`; mean
    /// `mean_scale` times a standard normal vector. The matrix is rounded to floats, so its
    /// condition number is the prescribed one up to rounding.
    ///
    /// # Errors
    /// [`Error::Domain`] if `dim` is 0, `condition` is not in `[1, 10¹²]` or `mean_scale` is not finite.
    pub fn random(stream: &mut impl Rng, dim: usize, condition: f64, mean_scale: f64) -> Result<Self> {
        const LARGEST_CONDITION: f64 = 1e12; // beyond, rounding to floats may destroy positivity
        if dim == 0 {
            return Err(Error::domain("dim", dim, "a dimension ≥ 1"));
        }
        crate::error::within("condition", condition, 1.0, LARGEST_CONDITION)?;
        finite("mean_scale", mean_scale)?;
        let mut normal = || stream.sample::<f64, _>(StandardNormal);
        let mean = DVector::from_fn(dim, |_, _| mean_scale * normal());
        let (mut rotation, triangular) = DMatrix::from_fn(dim, dim, |_, _| normal()).qr().unpack();
        for k in 0..dim {
            // Haar needs R with positive diagonal (Mezzadri, Notices AMS 54, 2007).
            if triangular[(k, k)] < 0.0 {
                rotation.column_mut(k).neg_mut();
            }
        }
        let half_range = 0.5 * condition.ln();
        let eigenvalues = DVector::from_fn(dim, |k, _| {
            let position: f64 = match k {
                0 if dim > 1 => -1.0,
                1 => 1.0,
                _ => stream.random_range(-1.0..=1.0),
            };
            (position * half_range).exp()
        });
        let covariance = &rotation * DMatrix::from_diagonal(&eigenvalues) * rotation.transpose();
        let symmetric = DMatrix::from_fn(dim, dim, |i, j| covariance[(i.max(j), i.min(j))]);
        Self::new(mean, symmetric)
    }
}
