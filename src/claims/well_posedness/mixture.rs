//! Gaussian mixtures with diagonal covariances: score and conditional law in closed form.

use crate::enclosure::Interval;
use crate::error::{Error, Result, finite, positive, within};
use std::fmt;

/// One component `N(mean, diag(variances))` and its weight.
#[derive(Clone, PartialEq, Debug)]
pub struct Component {
    /// Weight, not necessarily normalised.
    pub weight: f64,
    /// Mean, shape `[d]`.
    pub mean: Vec<f64>,
    /// Variances, shape `[d]`.
    pub variances: Vec<f64>,
}

/// The path from γ to a mixture, at one `λ`, at one point.
#[derive(Clone, Debug)]
pub struct MixtureSlice {
    components: Vec<Component>,
    lambda: f64,
    y: Vec<f64>,
}

/// A finite mixture seen at a point: posterior weights, and per component a vector and variances.
struct Parts {
    weights: Vec<Interval>,
    vectors: Vec<Vec<Interval>>,
    variances: Vec<Vec<Interval>>,
}

impl Parts {
    /// `⟨u, (E[diag] + sign-free covariance of the vectors) u⟩`: with `diag` weighted by `sign`.
    fn form(&self, sign: f64, u: &[f64]) -> Interval {
        let square: Vec<Interval> = self
            .variances
            .iter()
            .map(|v| v.iter().zip(u).map(|(&s, &x)| s * Interval::point(x).square()).sum())
            .collect();
        let along: Vec<Interval> = self
            .vectors
            .iter()
            .map(|v| v.iter().zip(u).map(|(&s, &x)| s * Interval::point(x)).sum())
            .collect();
        let diagonal: Interval = self.weights.iter().zip(&square).map(|(&w, &s)| w * s).sum();
        // Σ_{j<k} w_j w_k (a_j − a_k)², free of cancellation.
        let mut spread = Interval::ZERO;
        for k in 0..along.len() {
            for j in 0..k {
                spread = spread + self.weights[j] * self.weights[k] * (along[j] - along[k]).square();
            }
        }
        Interval::point(sign) * diagonal + spread
    }
}

impl MixtureSlice {
    /// The path from the standard Gaussian law at λ.
    ///
    /// # Errors
    /// [`Error::Domain`] for a parameter out of range, [`Error::Dimension`] for differing lengths.
    pub fn new(components: Vec<Component>, lambda: f64, y: Vec<f64>) -> Result<Self> {
        within("lambda", lambda, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        if components.is_empty() || y.is_empty() {
            return Err(Error::domain("components", "an empty list", "at least one component"));
        }
        for component in &components {
            positive("weight", component.weight)?;
            for (name, vector) in [("mean", &component.mean), ("variances", &component.variances)] {
                if vector.len() != y.len() {
                    let (found, expected) = (vector.len(), y.len());
                    return Err(Error::Dimension { name: name.to_owned(), found, expected });
                }
            }
            for (&m, &v) in component.mean.iter().zip(&component.variances) {
                finite("mean", m)?;
                positive("variance", v)?;
            }
        }
        for &x in &y {
            finite("y", x)?;
        }
        Ok(Self { components, lambda, y })
    }

    /// `½N(0, diag(1, ½)) + ½N(0, diag(½, 1))` at λ = ½, at the point `(a, a)`.
    ///
    /// # Errors
    /// Those of [`MixtureSlice::new`].
    pub fn crossed(a: f64) -> Result<Self> {
        let component = |variances: [f64; 2]| Component {
            weight: 0.5,
            mean: vec![0.0, 0.0],
            variances: variances.to_vec(),
        };
        Self::new(vec![component([1.0, 0.5]), component([0.5, 1.0])], 0.5, vec![a, a])
    }

    /// λ.
    pub fn lambda(&self) -> Interval {
        Interval::point(self.lambda)
    }

    /// `1 − λ`.
    pub fn complement(&self) -> Interval {
        Interval::ONE - self.lambda()
    }

    /// The components.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// `P(component|X_t = y)`, by densities relative to the first component.
    fn posterior_weights(&self) -> Vec<Interval> {
        let root = self.lambda().sqrt();
        let log_density = |c: &Component| -> Interval {
            let terms = (0..self.y.len()).map(|i| {
                let variance = self.marginal_variance(c, i);
                let gap = Interval::point(self.y[i]) - root * Interval::point(c.mean[i]);
                gap.square() / variance + variance.ln()
            });
            Interval::point(c.weight).ln() - Interval::point(0.5) * terms.sum()
        };
        let logs: Vec<Interval> = self.components.iter().map(log_density).collect();
        logs.iter()
            .map(|&own| {
                let ratios: Interval = logs.iter().map(|&other| (other - own).exp()).sum();
                Interval::ONE / ratios
            })
            .collect()
    }

    /// Variance of component `c` of `p_t` in coordinate `i`.
    fn marginal_variance(&self, c: &Component, i: usize) -> Interval {
        self.lambda() * Interval::point(c.variances[i]) + self.complement()
    }

    /// Variance of component `c` of `law(X|X_t=y)` in coordinate `i`: the inverse of a precision.
    pub fn conditional_variance(&self, c: &Component, i: usize) -> Interval {
        let prior = Interval::ONE / Interval::point(c.variances[i]);
        Interval::ONE / (prior + self.lambda() / self.complement())
    }

    /// `⟨u, ∇²log p_t(y) u⟩`: the mean of the components' Hessians plus the covariance of their scores.
    pub fn hessian_form(&self, u: &[f64]) -> Interval {
        let root = self.lambda().sqrt();
        let score = |c: &Component, i: usize| {
            (root * Interval::point(c.mean[i]) - Interval::point(self.y[i])) / self.marginal_variance(c, i)
        };
        self.parts(score, |c, i| Interval::ONE / self.marginal_variance(c, i)).form(-1.0, u)
    }

    /// `⟨u, Cov(X|X_t=y) u⟩`: within and between the components of the conditional law.
    pub fn covariance_form(&self, u: &[f64]) -> Interval {
        let root = self.lambda().sqrt();
        let mean = |c: &Component, i: usize| {
            let prior = Interval::point(c.mean[i]) / Interval::point(c.variances[i]);
            let data = root * Interval::point(self.y[i]) / self.complement();
            (prior + data) * self.conditional_variance(c, i)
        };
        self.parts(mean, |c, i| self.conditional_variance(c, i)).form(1.0, u)
    }

    fn parts(
        &self,
        vector: impl Fn(&Component, usize) -> Interval,
        variance: impl Fn(&Component, usize) -> Interval,
    ) -> Parts {
        let d = self.y.len();
        Parts {
            weights: self.posterior_weights(),
            vectors: self.components.iter().map(|c| (0..d).map(|i| vector(c, i)).collect()).collect(),
            variances: self.components.iter().map(|c| (0..d).map(|i| variance(c, i)).collect()).collect(),
        }
    }
}

impl fmt::Display for MixtureSlice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mixture of")?;
        for c in &self.components {
            write!(f, " {}·N({:?}, diag{:?})", c.weight, c.mean, c.variances)?;
        }
        write!(f, ", λ={}, y={:?}", self.lambda, self.y)
    }
}
