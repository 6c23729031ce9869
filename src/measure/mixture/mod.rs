//! Gaussian mixtures in any dimension.

pub(crate) mod kernel;

use crate::error::{Error, Result, finite, positive};
use crate::numerics::linalg::check_symmetric;
use crate::numerics::stream::Stream;
use kernel::{First, Group, Member};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// Negative eigenvalues down to this share of the largest entry are taken for rounding of zero.
const PSD_SLACK: f64 = 64.0 * f64::EPSILON;

/// The law `Σ w_k N(m_k, Σ_k)` on `R^d`; the covariances may be singular, atoms included.
///
/// ```
/// use dald::measure::mixture::Mixture;
/// use nalgebra::DVector;
/// let two = Mixture::isotropic(&[1.0, 3.0], vec![DVector::from_vec(vec![4.0, 0.0]); 2], &[1.0, 2.0]).unwrap();
/// assert_eq!(two.mean().as_slice(), [4.0, 0.0]);
/// assert!((two.covariance()[(1, 1)] - 1.75).abs() < 1e-15 && two.has_density());
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Mixture {
    dim: usize,
    components: Vec<Component>,
    /// Empty if a component has no density.
    groups: Vec<Group>,
}

/// One component in its axes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Component {
    pub weight: f64,
    pub mean: Vec<f64>,
    /// Orthonormal columns; the coordinate axes if `None`.
    pub axes: Option<DMatrix<f64>>,
    /// Variances along the axes, `≥ 0`.
    pub variances: Vec<f64>,
}

impl Component {
    fn covariance(&self) -> DMatrix<f64> {
        let diagonal = DMatrix::from_diagonal(&kernel::column(&self.variances));
        match &self.axes {
            None => diagonal,
            Some(q) => {
                let mut turned = q * diagonal * q.transpose();
                kernel::symmetrise(&mut turned);
                turned
            }
        }
    }
}

impl Mixture {
    /// The mixture of `N(means[k], covariances[k])` with weights proportional to `weights`.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no component, a weight is not finite and positive, or a mean not finite;
    /// [`Error::Dimension`] if shapes differ; [`Error::Matrix`] if a covariance is not finite, exactly symmetric and,
    /// to rounding, positive semi-definite.
    #[expect(clippy::needless_pass_by_value, reason = "a caller's list reads better than a reference to it")]
    pub fn new(weights: &[f64], means: Vec<DVector<f64>>, covariances: Vec<DMatrix<f64>>) -> Result<Self> {
        let found = covariances.len();
        if found != weights.len() {
            return Err(Error::Dimension { name: "covariances".to_owned(), found, expected: weights.len() });
        }
        let mut spectra = Vec::with_capacity(found);
        for (mean, covariance) in means.iter().zip(covariances) {
            check_symmetric("covariance", &covariance)?;
            if covariance.nrows() != mean.len() {
                let name = "covariance".to_owned();
                return Err(Error::Dimension { name, found: covariance.nrows(), expected: mean.len() });
            }
            spectra.push(axes_of(covariance)?);
        }
        Self::checked(weights, &means, spectra)
    }

    /// Components `N(means[k], variances[k]·I)`; a variance of 0 is an atom.
    ///
    /// # Errors
    /// As [`Mixture::new`]; [`Error::Domain`] for a variance that is not finite or negative.
    #[expect(clippy::needless_pass_by_value, reason = "a caller's list reads better than a reference to it")]
    pub fn isotropic(weights: &[f64], means: Vec<DVector<f64>>, variances: &[f64]) -> Result<Self> {
        let found = variances.len();
        if found != weights.len() {
            return Err(Error::Dimension { name: "variances".to_owned(), found, expected: weights.len() });
        }
        let mut spectra = Vec::with_capacity(found);
        for (mean, &variance) in means.iter().zip(variances) {
            crate::error::within("variance", variance, 0.0, f64::MAX)?;
            spectra.push((None, vec![variance; mean.len()]));
        }
        Self::checked(weights, &means, spectra)
    }

    fn checked(
        weights: &[f64],
        means: &[DVector<f64>],
        spectra: Vec<(Option<DMatrix<f64>>, Vec<f64>)>,
    ) -> Result<Self> {
        let found = means.len();
        if found != weights.len() {
            return Err(Error::Dimension { name: "means".to_owned(), found, expected: weights.len() });
        }
        let Some(dim) = means.first().map(DVector::len) else {
            return Err(Error::domain("weights", "[]", "at least one component"));
        };
        if dim == 0 {
            return Err(Error::domain("dimension", dim, "at least 1"));
        }
        for &weight in weights {
            positive("weight", weight)?;
        }
        let total = positive("sum of the weights", weights.iter().sum())?;
        let mut components = Vec::with_capacity(found);
        for ((&weight, mean), (axes, variances)) in weights.iter().zip(means).zip(spectra) {
            if mean.len() != dim {
                return Err(Error::Dimension { name: "mean".to_owned(), found: mean.len(), expected: dim });
            }
            for &x in mean {
                finite("mean", x)?;
            }
            let mean = mean.as_slice().to_vec();
            components.push(Component { weight: weight / total, mean, axes, variances });
        }
        Ok(Self::from_components(dim, components))
    }

    /// From components that are known to be in order.
    pub(crate) fn from_components(dim: usize, components: Vec<Component>) -> Self {
        let regular =
            components.iter().all(|c| c.variances.iter().all(|v| *v > 0.0 && v.recip().is_finite()));
        let group = |c: &Component| Group {
            mean: c.mean.clone(),
            axes: c.axes.clone(),
            offset: vec![0.0; dim],
            members: vec![Member::new(c.weight.ln(), &c.variances)],
        };
        let groups = if regular { components.iter().map(group).collect() } else { vec![] };
        Self { dim, components, groups }
    }

    /// Number of coordinates.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of components, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a mixture is never empty")]
    pub fn len(&self) -> usize {
        self.components.len()
    }

    pub(crate) fn components(&self) -> &[Component] {
        &self.components
    }

    /// Weight of a component; they sum to 1.
    pub fn weight(&self, k: usize) -> f64 {
        self.components[k].weight
    }

    /// Mean of a component, shape `[d]`.
    pub fn component_mean(&self, k: usize) -> &[f64] {
        &self.components[k].mean
    }

    /// Covariance of a component, shape `[d, d]`, rebuilt from its axes (to rounding the one that was given).
    pub fn component_covariance(&self, k: usize) -> DMatrix<f64> {
        self.components[k].covariance()
    }

    /// The mean of component `k` along the axes in which [`Mixture::component_variances`] are given.
    pub fn mean_along_axes(&self, k: usize) -> Vec<f64> {
        let component = &self.components[k];
        match &component.axes {
            None => component.mean.clone(),
            Some(axes) => axes.tr_mul(&kernel::column(&component.mean)).as_slice().to_vec(),
        }
    }

    /// Variances of a component along its axes, shape `[d]`, in no particular order.
    pub fn component_variances(&self, k: usize) -> &[f64] {
        &self.components[k].variances
    }

    /// The one variance of all components in all directions, if there is one.
    pub fn common_variance(&self) -> Option<f64> {
        let first = self.components[0].variances[0];
        self.components.iter().all(|c| c.variances.iter().all(|v| *v == first)).then_some(first)
    }

    /// Whether each component varies equally in all directions.
    pub fn is_isotropic(&self) -> bool {
        self.components.iter().all(|c| c.variances.iter().all(|v| *v == c.variances[0]))
    }

    /// Whether every covariance is positive definite.
    pub fn has_density(&self) -> bool {
        !self.groups.is_empty()
    }

    /// The mean, shape `[d]`.
    pub fn mean(&self) -> DVector<f64> {
        let mut mean = DVector::zeros(self.dim);
        for c in &self.components {
            mean.axpy(c.weight, &kernel::column(&c.mean), 1.0);
        }
        mean
    }

    /// The law moved by minus its mean.
    #[must_use]
    pub fn centred(&self) -> Self {
        let mean = self.mean();
        let mut components = self.components.clone();
        for c in &mut components {
            c.mean.iter_mut().zip(&mean).for_each(|(x, m)| *x -= m);
        }
        Self::from_components(self.dim, components)
    }

    /// The covariance, shape `[d, d]`.
    pub fn covariance(&self) -> DMatrix<f64> {
        let mean = self.mean();
        let mut sum = DMatrix::zeros(self.dim, self.dim);
        for c in &self.components {
            let shift = kernel::column(&c.mean) - &mean;
            sum += (&shift * shift.transpose() + c.covariance()) * c.weight;
        }
        kernel::symmetrise(&mut sum);
        sum
    }

    /// `E|X|²`.
    pub fn second_moment(&self) -> f64 {
        let of = |c: &Component| c.mean.iter().map(|m| m * m).sum::<f64>() + c.variances.iter().sum::<f64>();
        self.components.iter().map(|c| c.weight * of(c)).sum()
    }

    fn at(&self, y: &[f64]) -> Result<First> {
        if y.len() != self.dim {
            return Err(Error::Dimension { name: "point".to_owned(), found: y.len(), expected: self.dim });
        }
        if self.groups.is_empty() {
            let reason = "a component has a singular covariance".to_owned();
            return Err(Error::Undefined { what: "density of a Gaussian mixture".to_owned(), reason });
        }
        for &x in y {
            finite("coordinate", x)?;
        }
        let first = kernel::first(&self.groups, y);
        if first.score.iter().all(|s| s.is_finite()) && first.log_density.is_finite() {
            return Ok(first);
        }
        Err(Error::domain("point", format!("{y:?}"), "a point at which squared distances do not overflow"))
    }

    /// `log p(y)`, normalised, relatively accurate in the far tails.
    ///
    /// # Errors
    /// [`Error::Dimension`] or [`Error::Domain`] for a point of another dimension, not finite, or so far away that its
    /// squared distance overflows; [`Error::Undefined`] if a covariance is singular.
    pub fn log_density(&self, y: &[f64]) -> Result<f64> {
        Ok(self.at(y)?.log_density)
    }

    /// `∇log p(y)`, shape `[d]`.
    ///
    /// # Errors
    /// As [`Mixture::log_density`].
    pub fn score(&self, y: &[f64]) -> Result<DVector<f64>> {
        Ok(DVector::from_vec(self.at(y)?.score))
    }

    /// `∇²log p(y)`, shape `[d, d]`.
    ///
    /// # Errors
    /// As [`Mixture::log_density`].
    pub fn hessian(&self, y: &[f64]) -> Result<DMatrix<f64>> {
        Ok(kernel::second(&self.groups, y, &self.at(y)?).hessian)
    }

    /// One draw, shape `[d]`.
    pub fn sample(&self, stream: &mut Stream) -> Vec<f64> {
        let mut level: f64 = stream.random();
        let chosen = self.components.iter().find(|c| {
            level -= c.weight;
            level < 0.0
        });
        // The weights may sum to a little less than 1.
        let c = chosen.unwrap_or(&self.components[self.components.len() - 1]);
        let along: Vec<f64> =
            c.variances.iter().map(|v| v.sqrt() * stream.sample::<f64, _>(StandardNormal)).collect();
        let turned = match &c.axes {
            None => kernel::column(&along),
            Some(q) => q * kernel::column(&along),
        };
        turned.iter().zip(&c.mean).map(|(x, m)| x + m).collect()
    }
}

/// Axes and variances of a symmetric matrix, which must be positive semi-definite to rounding.
fn axes_of(covariance: DMatrix<f64>) -> Result<(Option<DMatrix<f64>>, Vec<f64>)> {
    let d = covariance.nrows();
    let diagonal = (0..d).all(|i| (0..i).all(|j| covariance[(i, j)] == 0.0));
    let slack = PSD_SLACK * d as f64 * covariance.amax();
    let (axes, mut variances) = if diagonal {
        (None, covariance.diagonal().as_slice().to_vec())
    } else {
        let eigen = covariance.symmetric_eigen();
        (Some(eigen.eigenvectors), eigen.eigenvalues.as_slice().to_vec())
    };
    for v in &mut variances {
        if v.is_nan() || *v < if diagonal { 0.0 } else { -slack } {
            return Err(Error::Matrix {
                name: "covariance".to_owned(),
                expected: "positive semi-definite".to_owned(),
                reason: format!("it has the eigenvalue {v:e}"),
            });
        }
        if !diagonal && *v <= slack {
            *v = 0.0;
        }
    }
    Ok((axes, variances))
}

impl fmt::Display for Mixture {
    /// One line: number of components and dimension, and the components if they are few and on the line or isotropic.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        if self.len() > SHOWN || !self.is_isotropic() || self.dim > 3 {
            return write!(f, "mixture of {} Gaussian laws in dimension {}", self.len(), self.dim);
        }
        for (k, c) in self.components.iter().enumerate() {
            let plus = if k == 0 { "" } else { " + " };
            write!(f, "{plus}{} N({:?}, {})", c.weight, c.mean, c.variances[0])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
