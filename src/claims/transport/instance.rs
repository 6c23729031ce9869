//! Random points and directions for the claims on transport fields, and the tangent to a curve of
//! Gaussian laws as an instance.

use crate::claims::path::instance::PathPoint;
use crate::enclosure::Enclosure;
use crate::error::{Error, Result};
use crate::measure::gaussian::{BuresField, Gaussian};
use crate::numerics::stream::Stream;
use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// A random vector with coordinates of order one.
pub fn direction(stream: &mut Stream, dim: usize) -> Vec<f64> {
    (0..dim).map(|_| stream.sample::<f64, _>(StandardNormal)).collect()
}

/// A point at a typical distance from the mean of `p_t`, coordinate by coordinate, on a dyadic
/// grid (so that differences of such points are floats).
///
/// # Errors
/// Those of the law at `t`.
pub fn point_near(stream: &mut Stream, point: &PathPoint) -> Result<Vec<f64>> {
    const GRID: f64 = 1048576.0; // 2²⁰
    let law = point.path.law(point.t)?;
    let coordinates = (0..law.dim()).map(|i| {
        let deviation = law.covariance_entry(i, i).sqrt();
        law.mean()[i] + deviation * stream.sample::<f64, _>(StandardNormal)
    });
    Ok(coordinates.map(|x| (x * GRID).round() / GRID).collect())
}

/// A Gaussian law `N(m, Σ)` with rates `ṁ` and `Σ̇`: a curve of Gaussian laws at one time, with floats
/// for entries, so that everything about it can be certified.
#[derive(Clone, Debug)]
pub struct Tangent {
    /// The law.
    pub law: Gaussian,
    /// `ṁ`, shape `[d]`.
    pub mean_rate: Vec<f64>,
    /// `Σ̇`: dense, or the rates of the variances of independent coordinates.
    pub covariance_rate: Rate,
}

/// Rate of change of a covariance.
#[derive(Clone, Debug)]
pub enum Rate {
    /// Symmetric matrix, shape `[d, d]`.
    Dense(DMatrix<f64>),
    /// Rates of the variances of a law with independent coordinates, shape `[d]`.
    Diagonal(Vec<f64>),
}

impl Tangent {
    /// A law with rates.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the shapes differ.
    pub fn new(law: Gaussian, mean_rate: Vec<f64>, covariance_rate: Rate) -> Result<Self> {
        let found = match &covariance_rate {
            Rate::Dense(matrix) => matrix.nrows(),
            Rate::Diagonal(rates) => rates.len(),
        };
        if found != law.dim() || mean_rate.len() != law.dim() {
            let name = "rate".to_owned();
            return Err(Error::Dimension { name, found: found.min(mean_rate.len()), expected: law.dim() });
        }
        Ok(Self { law, mean_rate, covariance_rate })
    }

    /// The tangent of a path, entries rounded to floats.
    ///
    /// # Errors
    /// Those of the law at the time.
    pub fn of_path(point: &PathPoint) -> Result<Self> {
        let PathPoint { path, t } = point;
        let law = path.law(*t)?;
        let mean_rate = path.mean_rate(*t)?.into_iter().map(Enclosure::mid).collect();
        let rate = if let (Some(x), Some(z)) = (path.target().variances(), path.base().variances()) {
            let speed = path.schedule().lambda_dot(*t);
            Rate::Diagonal(x.iter().zip(z).map(|(a, s)| speed * (a - s)).collect())
        } else {
            Rate::Dense(path.covariance_rate(*t)?.map(Enclosure::mid))
        };
        Self::new(law, mean_rate, rate)
    }

    /// A law that is moved without change of shape.
    ///
    /// # Errors
    /// Those of [`Tangent::new`].
    pub fn translation(law: Gaussian, mean_rate: Vec<f64>) -> Result<Self> {
        let dim = law.dim();
        Self::new(law, mean_rate, Rate::Diagonal(vec![0.0; dim]))
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.law.dim()
    }

    /// `Σ̇` as a matrix, shape `[d, d]`.
    pub fn rate_matrix(&self) -> DMatrix<f64> {
        match &self.covariance_rate {
            Rate::Dense(matrix) => matrix.clone(),
            Rate::Diagonal(rates) => DMatrix::from_diagonal(&nalgebra::DVector::from_column_slice(rates)),
        }
    }

    /// The optimal field.
    ///
    /// # Errors
    /// Those of [`Gaussian::bures_field`].
    pub fn optimal_field(&self) -> Result<BuresField> {
        match &self.covariance_rate {
            Rate::Dense(matrix) => self.law.bures_field(&self.mean_rate, matrix),
            Rate::Diagonal(rates) => self.law.bures_field_diagonal(&self.mean_rate, rates),
        }
    }
}

impl fmt::Display for Tangent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dim() <= 4 {
            let (m, c) = (self.law.mean().as_slice(), self.law.covariance());
            write!(
                f,
                "N({m:?}, {:?}), ṁ={:?}, Σ̇={:?} (columns)",
                c.as_slice(),
                self.mean_rate,
                self.rate_matrix().as_slice()
            )
        } else {
            let speed = self.mean_rate.iter().map(|x| x * x).sum::<f64>().sqrt();
            write!(f, "Gaussian law in d={}, |ṁ|={speed:e}", self.dim())
        }
    }
}
