//! The path from a Student base to a Gaussian mixture or to atoms in several dimensions: extreme curvatures over all points.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, within};
use crate::inequality::perturbation::small_lipschitz;
use crate::inequality::poincare::product::CollinearMixture;
use crate::measure::mixture::Mixture;
use crate::numerics::stream::Stream;
use crate::path::MixturePath;
use nalgebra::DVector;
use rand::RngExt;
use std::fmt;

/// Rounding of an eigenvalue of the Hessian, and the error of the finite mixture that stands for the base, relative to its size.
const ROUNDING: f64 = 1e-9;

/// A target, the degrees of freedom n of the base, and λ.
#[derive(Clone, Debug)]
pub struct StudentSpace {
    path: MixturePath,
    freedom: f64,
    lambda: f64,
    /// `C_P(π)`, where it is known.
    constant: Option<Enclosure>,
}

impl StudentSpace {
    /// A path at one λ.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 < λ < 1`; those of [`MixturePath::student`].
    pub fn new(target: Mixture, freedom: f64, lambda: f64) -> Result<Self> {
        within("lambda", lambda, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        let path = MixturePath::student(target, freedom)?;
        Ok(Self { path, freedom, lambda, constant: None })
    }

    /// Three or four atoms or normal laws in d = 2 or 3 whose means span the plane or space, with unequal weights.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 2 + index % 2;
        let mut means: Vec<DVector<f64>> = Vec::new();
        for k in 0..=d {
            // The corners of a simplex, moved.
            let corner = |j: usize| if j + 1 == k { 3.0 } else { 0.0 };
            means.push(DVector::from_fn(d, |j, _| corner(j) + stream.random_range(-1.0..1.0)));
        }
        let weights: Vec<f64> = means.iter().map(|_| 10_f64.powf(stream.random_range(-2.0..0.0))).collect();
        let variance = |stream: &mut Stream| {
            if index % 4 < 2 { 0.0 } else { stream.random_range(0.01..0.5) }
        };
        let variances: Vec<f64> = means.iter().map(|_| variance(stream)).collect();
        let freedom = 2_f64.powf(stream.random_range(0.0..4.0));
        Self::new(Mixture::isotropic(&weights, means, &variances)?, freedom, stream.random_range(0.1..0.9))
    }

    /// Means on a line in d = 2 or 3, where the Poincaré constant of the target is that of a law on the line, and λ such that
    /// `ℓ√C_P(π) < 2` for the slope ℓ of the noise.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn with_constant(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 2 + index % 2;
        let direction: Vec<f64> = (0..d).map(|_| stream.random_range(0.2..1.0)).collect();
        let places =
            [-stream.random_range(0.5..1.5), stream.random_range(-0.3..0.3), stream.random_range(0.5..1.5)];
        let means: Vec<Vec<f64>> = places.iter().map(|t| direction.iter().map(|e| t * e).collect()).collect();
        let weights: Vec<f64> = (0..3).map(|_| stream.random_range(0.1..1.0)).collect();
        let variance = stream.random_range(0.2..1.0);
        let freedom = 2_f64.powf(stream.random_range(1.0..4.0));
        Self::collinear((&weights, &means, variance), freedom, stream.random_range(0.3..1.6))
    }

    /// `0.3 N((−1,−½), ½I) + 0.7 N((1,½), ½I)`, n = 3, `ℓ√C_P(π) = 0.3`.
    ///
    /// # Errors
    /// Never in practice.
    pub fn example() -> Result<Self> {
        Self::collinear((&[0.3, 0.7], &[vec![-1.0, -0.5], vec![1.0, 0.5]], 0.5), 3.0, 0.3)
    }

    /// Weights, collinear means and a common variance; λ from `ℓ√C_P(π) = share`.
    fn collinear(
        (weights, means, variance): (&[f64], &[Vec<f64>], f64),
        freedom: f64,
        share: f64,
    ) -> Result<Self> {
        let d = means.first().map_or(0, Vec::len);
        let constant = CollinearMixture::isotropic(weights, means, variance)?.poincare_constant()?;
        let unit = (freedom + d as f64) / (2.0 * freedom.sqrt());
        let ratio = (share / unit).powi(2) / constant.mid();
        let means: Vec<DVector<f64>> = means.iter().map(|m| DVector::from_column_slice(m)).collect();
        let target = Mixture::isotropic(weights, means, &vec![variance; weights.len()])?;
        Ok(Self { constant: Some(constant), ..Self::new(target, freedom, ratio / (1.0 + ratio))? })
    }

    /// Number of coordinates.
    pub fn dim(&self) -> usize {
        self.path.dim()
    }

    /// n.
    pub fn freedom(&self) -> f64 {
        self.freedom
    }

    /// λ.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// The least and the largest eigenvalue of `∇²log p_t` that a search over all points finds: no less than the infimum and no more
    /// than the supremum.
    ///
    /// # Errors
    /// Those of the search.
    pub fn extremes(&self) -> Result<[Enclosure; 2]> {
        let slice = self.path.slice(core_math::acos(self.lambda.sqrt()))?;
        let found = slice.hessian_range()?.found;
        let size = found[0].abs().max(found[1].abs());
        Ok(found.map(|x| Enclosure::around(x, ROUNDING * size, Evidence::Converged)))
    }

    /// `C_P(π)/(1 − (ℓ/2)√C_P(π))²` with `ℓ = √λ(n+d)/(2√(n(1−λ)))`: no conditional law of X has a larger constant.
    ///
    /// # Errors
    /// [`Error::Undefined`] where nothing is known of the target; those of the bound.
    pub fn conditional_constant(&self) -> Result<Enclosure> {
        let Some(constant) = self.constant else {
            let reason = self.to_string();
            return Err(Error::Undefined { what: "the Poincaré constant of the target".to_owned(), reason });
        };
        let (n, lambda) = (Enclosure::exact(self.freedom), Enclosure::exact(self.lambda));
        let slope = lambda.sqrt() * (n + self.dim() as f64) / (2.0 * (n * (1.0 - lambda)).sqrt());
        small_lipschitz(constant, slope)
    }
}

impl fmt::Display for StudentSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.path.target();
        for k in 0..target.len() {
            let variances = target.component_variances(k);
            write!(f, "{}·N({:?}, {variances:?}) ", target.weight(k), target.component_mean(k))?;
        }
        write!(f, "n={}, λ={}, all points", self.freedom, self.lambda)
    }
}
