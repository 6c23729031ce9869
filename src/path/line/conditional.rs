//! The conditional law of the target variable given a point of the path.

use super::gather::Cloud;

/// The law of X given `X_φ = y`, as nodes and weights that integrate smooth functions.
#[derive(Clone, Debug)]
pub struct Conditional {
    cloud: Cloud,
}

impl Conditional {
    pub(super) fn new(cloud: Cloud) -> Self {
        Self { cloud }
    }

    /// `E[f(X) | X_φ = y]` for f smooth except at kinks of the target's potential; NaN if the law could not
    /// be resolved.
    pub fn expectation(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.joint_expectation(|x, _| f(x))
    }

    /// `E[f(X, Z) | X_φ = y]`, Z the noise in `y = cos φ·X + sin φ·Z`, computed without the cancellation that
    /// solving for it afterwards would bring. Z is NaN at angle 0, where y says nothing about it.
    pub fn joint_expectation(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        if self.cloud.nodes.is_empty() { f64::NAN } else { self.cloud.mean(|n| f(n.x, n.z)) }
    }

    /// `E[X | X_φ = y]`.
    pub fn mean(&self) -> f64 {
        self.expectation(|x| x)
    }

    /// `Var[X | X_φ = y]`.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.expectation(|x| (x - mean).powi(2))
    }

    /// `(x, weight)`, the weights summing to 1.
    pub fn nodes(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.cloud.nodes.iter().map(|n| (n.x, n.weight))
    }
}
