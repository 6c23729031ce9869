//! Mixtures of equal isotropic components whose means lie in a plane: a mixture in the plane and a normal law across.

use super::energy::normal_rate;
use crate::error::{Error, Result};
use crate::measure::mixture::Mixture;
use nalgebra::{DMatrix, DVector};

/// A mixture in the plane, and independent of it `N(offset, variance·I)` in the directions across.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Reduced {
    /// The part in the plane.
    pub plane: Mixture,
    /// Number of directions across.
    pub across: usize,
    /// `|offset|²`.
    pub offset_squared: f64,
    /// Variance across.
    pub variance: f64,
}

/// Means within this share of their size from a plane lie in it.
const FLAT: f64 = 1e-12;

/// The reduction for a Gaussian base, which splits over orthogonal directions.
///
/// # Errors
/// [`Error::Undefined`] for a target above the plane that is not of this kind.
pub(super) fn reduced(target: &Mixture) -> Result<Reduced> {
    let d = target.dim();
    let weights: Vec<f64> = (0..target.len()).map(|k| target.weight(k)).collect();
    if d == 2 {
        return Ok(Reduced { plane: target.clone(), across: 0, offset_squared: 0.0, variance: 1.0 });
    }
    if d == 1 {
        // A coordinate with the law of the base does not move.
        let means = (0..target.len()).map(|k| DVector::from_vec(vec![target.component_mean(k)[0], 0.0]));
        let variances = (0..target.len()).map(|k| target.component_variances(k)[0]);
        let covariances = variances.map(|v| DMatrix::from_diagonal(&DVector::from_vec(vec![v, 1.0])));
        let plane = Mixture::new(&weights, means.collect(), covariances.collect())?;
        return Ok(Reduced { plane, across: 0, offset_squared: 0.0, variance: 1.0 });
    }
    let not_reducible = |reason: &str| Error::Undefined {
        what: "reduction of a mixture to the plane".to_owned(),
        reason: reason.to_owned(),
    };
    let Some(variance) = target.common_variance() else {
        return Err(not_reducible("the covariances are not all the same multiple of the identity"));
    };
    let means: Vec<DVector<f64>> =
        (0..target.len()).map(|k| DVector::from_column_slice(target.component_mean(k))).collect();
    let size = means.iter().map(DVector::norm).fold(0.0, f64::max);
    // Gram-Schmidt, each time with the direction of the farthest mean; coordinate axes complete a smaller span.
    let mut axes: Vec<DVector<f64>> = Vec::new();
    let rest = |v: DVector<f64>, axes: &[DVector<f64>]| {
        let mut v = v;
        for _ in 0..2 {
            for axis in axes {
                let along = v.dot(axis);
                v.axpy(-along, axis, 1.0);
            }
        }
        v
    };
    let longest =
        |vectors: Vec<DVector<f64>>| vectors.into_iter().max_by(|a, b| a.norm().total_cmp(&b.norm()));
    for step in 0..3 {
        let spans = means.iter().map(|m| rest(m - &means[0], &axes)).collect();
        let mut next = longest(spans).filter(|v| v.norm() > FLAT * size);
        if step == 2 {
            if next.is_some() {
                return Err(not_reducible("the means span more than a plane"));
            }
            break;
        }
        if next.is_none() {
            let unit = (0..d).map(|i| DVector::from_fn(d, |j, _| f64::from(u8::from(i == j))));
            next = longest(unit.map(|e| rest(e, &axes)).collect());
        }
        if let Some(v) = next {
            axes.push(v.normalize());
        }
    }
    let inside = means.iter().map(|m| DVector::from_iterator(2, axes.iter().map(|a| a.dot(m)))).collect();
    let offset_squared = rest(means[0].clone(), &axes).norm_squared();
    let plane = Mixture::isotropic(&weights, inside, &vec![variance; weights.len()])?;
    Ok(Reduced { plane, across: d - 2, offset_squared, variance })
}

impl Reduced {
    /// `‖∂_φ log p_φ‖²` of the part across.
    pub fn log_density_rate_across(&self, sine: f64, cosine: f64) -> f64 {
        if self.across == 0 {
            return 0.0;
        }
        let still = normal_rate(0.0, self.variance, sine, cosine);
        let moving = normal_rate(self.offset_squared.sqrt(), self.variance, sine, cosine);
        moving + (self.across - 1) as f64 * still
    }

    /// `Var(|y|²/2 + σ²·log p(y))` of the part across at the target, `σ²` the variance of the base: with `y = o + √v·z` the function is
    /// `√v⟨o, z⟩ + ½(v−σ²)|z|²` and a constant.
    pub fn potential_variance_across(&self, base: f64) -> f64 {
        if self.across == 0 {
            return 0.0;
        }
        let shape = 0.5 * (self.variance - base).powi(2);
        self.offset_squared * self.variance + self.across as f64 * shape
    }

    /// `|p'_φ|²` of the part across: its mean moves with `−sin φ·offset` and its variance is `c = cos²φ·v + sin²φ`, so the field is
    /// `−sin φ·offset + (c'/2c)·(y−mean)` (Bures).
    pub fn across_squared(&self, sine: f64, cosine: f64) -> f64 {
        let c = cosine * cosine * self.variance + sine * sine;
        let half_rate = sine * cosine * (1.0 - self.variance);
        sine * sine * self.offset_squared + self.across as f64 * (half_rate * half_rate / c)
    }
}
