//! Poincaré constants in any dimension from the line: products, and Gaussian mixtures with collinear means.
//!
//! A product has the largest constant of its factors. A mixture `Σ w_i N(m_i, Σ)` whose means lie on a line
//! along a unit eigenvector `e` of the common covariance, `Σe = s²e`, is such a product in an
//! orthonormal basis that contains `e`: of the mixture `Σ w_i N(⟨m_i, e⟩, s²)` on the line and a Gaussian law
//! orthogonal to it. So its constant is that of the line or the largest variance orthogonal to it,
//! whichever is larger. For `Σ = σ²I` every line will do. If the line is not along an eigenvector, whitening
//! gives a product as well, but distorts the gradient, and the constant is not the larger of the two.

use super::converged_poincare_constant;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, finite, positive};
use crate::measure::line::LineMeasure;
use crate::numerics::linalg::symmetric_eigenvalues;
use nalgebra::{DMatrix, DVector};

/// Distance of a mean from the line, and of `Σe` from `s²e`, that counts as rounding: in units of the
/// last place of the largest entries.
const ALIGNED_ULPS: f64 = 64.0;

/// Poincaré constant of a product measure: the largest of its factors'. The gradient is Euclidean in both.
///
/// # Errors
/// [`Error::Domain`] without factors, or for one whose constant has a negative end.
pub fn product_poincare_constant(factors: &[Enclosure]) -> Result<Enclosure> {
    if let Some(bad) = factors.iter().find(|c| c.hi() < 0.0) {
        return Err(Error::domain("factors", bad, "constants ≥ 0"));
    }
    let largest = factors.iter().copied().reduce(Enclosure::max);
    largest.ok_or_else(|| Error::domain("factors", "none", "at least one constant"))
}

/// A Gaussian mixture in `R^d`, `d ≥ 1`, with a common covariance and means on a line along one of its
/// eigenvectors: a mixture on the line times a Gaussian law.
#[derive(Clone, Debug)]
pub struct CollinearMixture {
    line: LineMeasure,
    orthogonal: Enclosure,
    direction: DVector<f64>,
}

impl CollinearMixture {
    /// The mixture `Σ w_i N(m_i, σ²I)`; `variance` is `σ²`, weights need not add up to one.
    ///
    /// # Errors
    /// [`Error::Domain`] for a variance that is not positive and otherwise as [`CollinearMixture::new`].
    pub fn isotropic(weights: &[f64], means: &[Vec<f64>], variance: f64) -> Result<Self> {
        positive("variance", variance)?;
        let d = means.first().map_or(0, Vec::len);
        Self::new(weights, means, &DMatrix::from_diagonal_element(d, d, variance))
    }

    /// The mixture `Σ w_i N(m_i, Σ)`.
    ///
    /// # Errors
    /// [`Error::Dimension`] for means of different lengths or another number of weights; [`Error::Matrix`] for
    /// a covariance that is not symmetric positive definite; [`Error::Undefined`] if the means are not
    /// collinear, or their line is not along an eigenvector of the covariance; [`Error::Domain`] for
    /// weights or means that are not admissible numbers.
    pub fn new(weights: &[f64], means: &[Vec<f64>], covariance: &DMatrix<f64>) -> Result<Self> {
        let d = covariance.nrows();
        let Some(base) = means.first().filter(|_| d > 0) else {
            return Err(Error::domain("means", "none", "at least one mean in dimension ≥ 1"));
        };
        for mean in means {
            if mean.len() != d {
                return Err(Error::Dimension { name: "mean".to_owned(), found: mean.len(), expected: d });
            }
            for x in mean {
                finite("mean", *x)?;
            }
        }
        let spectrum = symmetric_eigenvalues("covariance", covariance)?;
        let smallest = spectrum.iter().copied().reduce(Enclosure::min);
        if smallest.is_none_or(|s| s.lo() <= 0.0) {
            return Err(Error::Matrix {
                name: "covariance".to_owned(),
                expected: "positive definite".to_owned(),
                reason: format!("smallest eigenvalue {smallest:?}"),
            });
        }
        let base = DVector::from_column_slice(base);
        let offsets: Vec<DVector<f64>> =
            means.iter().map(|m| DVector::from_column_slice(m) - &base).collect();
        let farthest = offsets.iter().max_by(|a, b| a.norm().total_cmp(&b.norm()));
        let reach = farthest.map_or(0.0, DVector::norm);
        let direction = match farthest {
            Some(offset) if reach > 0.0 => offset / reach,
            // Equal means: one Gaussian law, on any axis of it. The widest is found among the eigenvectors.
            _ => {
                let eigen = covariance.clone().symmetric_eigen();
                eigen.eigenvectors.column(eigen.eigenvalues.imax()).into_owned()
            }
        };
        let size = means.iter().flatten().fold(0.0_f64, |a, x| a.max(x.abs()));
        let along: Vec<f64> = offsets.iter().map(|o| o.dot(&direction)).collect();
        for (offset, t) in offsets.iter().zip(&along) {
            let off = (offset - &direction * *t).norm();
            if off > ALIGNED_ULPS * f64::EPSILON * size * (d as f64).sqrt() {
                return Err(Error::Undefined {
                    what: "product structure of the mixture".to_owned(),
                    reason: format!("the means are not collinear: one is {off:e} off the line"),
                });
            }
        }
        let image = covariance * &direction;
        let variance = direction.dot(&image);
        let bent = (&image - &direction * variance).norm();
        let rounding = ALIGNED_ULPS * f64::EPSILON * covariance.norm() * (d as f64).sqrt();
        if reach > 0.0 && bent > rounding {
            return Err(Error::Undefined {
                what: "product structure of the mixture".to_owned(),
                reason: format!(
                    "the line through the means is not along an eigenvector of the covariance (|Se - s^2 e| = {bent:e})"
                ),
            });
        }
        // The spectrum orthogonal to the line: of Σ + (c − s²)ee^T with c below all of it, the largest.
        let removed = covariance - &direction * direction.transpose() * variance;
        let removed = (&removed + removed.transpose()) * 0.5;
        let orthogonal = if d == 1 {
            Enclosure::exact(0.0)
        } else {
            let rest = symmetric_eigenvalues("covariance orthogonal to the line", &removed)?;
            let largest = rest.into_iter().reduce(Enclosure::max).unwrap_or(Enclosure::exact(0.0));
            largest.widened(bent + rounding).weakened(Evidence::Exact)
        };
        let deviations = vec![positive("variance along the line", variance)?.sqrt(); means.len()];
        let line = LineMeasure::gaussian_mixture(weights, &along, &deviations)?;
        Ok(Self { line, orthogonal, direction })
    }

    /// The mixture on the line, its origin at the first mean.
    pub fn line(&self) -> &LineMeasure {
        &self.line
    }

    /// Largest variance orthogonal to the line (0 in dimension 1).
    pub fn orthogonal_variance(&self) -> Enclosure {
        self.orthogonal
    }

    /// Unit vector along the line.
    pub fn direction(&self) -> &DVector<f64> {
        &self.direction
    }

    /// The Poincaré constant; converged. [`super::poincare_constant`] of [`CollinearMixture::line`] gives a
    /// certificate for the factor that depends on the weights.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] if the mixture on the line is not resolved.
    pub fn poincare_constant(&self) -> Result<Enclosure> {
        product_poincare_constant(&[converged_poincare_constant(&self.line)?, self.orthogonal])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits of the reference value, cut.
    const LAST_DIGIT: f64 = 1e-7;

    #[test]
    fn two_point_mixture_has_the_constant_of_the_line_in_every_dimension() {
        for d in [1, 2, 3, 7] {
            // Means ±2 along the diagonal.
            let end = 2.0 / (d as f64).sqrt();
            let means = [vec![-end; d], vec![end; d]];
            let mixture = CollinearMixture::isotropic(&[0.5, 0.5], &means, 1.0).unwrap();
            let value = mixture.poincare_constant().unwrap();
            assert!((value.mid() - 8.3987988).abs() <= LAST_DIGIT + value.width(), "d = {d}: {value}");
        }
    }

    #[test]
    fn the_wider_factor_decides() {
        let means = [vec![0.0, 1.0], vec![0.0, -1.0], vec![0.0, 0.25]];
        let weights = [1.0, 2.0, 1.0];
        for wide in [0.5, 30.0] {
            let covariance = DMatrix::from_diagonal(&DVector::from_vec(vec![wide, 1.0]));
            let mixture = CollinearMixture::new(&weights, &means, &covariance).unwrap();
            let line = converged_poincare_constant(mixture.line()).unwrap();
            let expected = if wide > line.hi() { wide } else { line.mid() };
            let value = mixture.poincare_constant().unwrap();
            assert!(value.contains(expected), "{value} against {expected}");
        }
        let equal = CollinearMixture::isotropic(&[1.0, 1.0], &[vec![1.0, 2.0], vec![1.0, 2.0]], 4.0).unwrap();
        let value = equal.poincare_constant().unwrap();
        assert!(value.contains(4.0), "{value}");
    }

    #[test]
    fn what_is_not_a_product_is_refused() {
        let means = [vec![-1.0, -1.0], vec![1.0, 1.0]];
        let oblique = DMatrix::from_diagonal(&DVector::from_vec(vec![1.0, 2.0]));
        assert!(matches!(CollinearMixture::new(&[1.0, 1.0], &means, &oblique), Err(Error::Undefined { .. })));
        let bent = [vec![-1.0, -1.0], vec![1.0, 1.0], vec![0.0, 0.5]];
        assert!(matches!(CollinearMixture::isotropic(&[1.0; 3], &bent, 1.0), Err(Error::Undefined { .. })));
        assert!(CollinearMixture::isotropic(&[1.0; 2], &means, 0.0).is_err());
        assert!(CollinearMixture::isotropic(&[1.0; 2], &means, f64::NAN).is_err());
        assert!(CollinearMixture::isotropic(&[1.0; 2], &[vec![f64::NAN, 0.0], vec![0.0, 1.0]], 1.0).is_err());
        assert!(CollinearMixture::isotropic(&[], &[], 1.0).is_err());
        assert!(CollinearMixture::isotropic(&[1.0, -1.0], &means, 1.0).is_err());
        assert!(CollinearMixture::isotropic(&[1.0], &means, 1.0).is_err());
        assert!(product_poincare_constant(&[]).is_err());
    }
}
