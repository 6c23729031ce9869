//! A law on the line as a table of its log-density.

use crate::error::{Error, Result};

/// A law on the line tabulated at nodes that carry a quadrature rule.
#[derive(Clone, PartialEq, Debug)]
pub struct LineLaw {
    nodes: Vec<f64>,
    cells: Vec<f64>,
    log_density: Vec<f64>,
}

impl LineLaw {
    /// All of one length.
    pub(super) fn new(nodes: Vec<f64>, cells: Vec<f64>, log_density: Vec<f64>) -> Self {
        Self { nodes, cells, log_density }
    }

    /// The same nodes with another log-density.
    pub(super) fn with_log_density(&self, log_density: Vec<f64>) -> Self {
        Self::new(self.nodes.clone(), self.cells.clone(), log_density)
    }

    /// The nodes, ascending.
    pub fn nodes(&self) -> &[f64] {
        &self.nodes
    }

    /// `log q` at the nodes.
    pub fn log_density(&self) -> &[f64] {
        &self.log_density
    }

    /// `∫ f(y, log q(y)) dy` by the trapezoidal rule of the grid, which is very accurate for integrands that vanish at
    /// its ends.
    pub fn integral(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        let values = self.nodes.iter().zip(&self.log_density).zip(&self.cells);
        values.map(|((&y, &log_q), cell)| cell * f(y, log_q)).sum()
    }

    /// `KL(p|q)` and `KL(q|p)` for a law with the given log-density.
    ///
    /// # Errors
    /// [`Error::Undefined`] if a value of the log-density is not finite.
    pub fn divergences(&self, log_density: impl Fn(f64) -> f64) -> Result<(f64, f64)> {
        let logs: Vec<f64> = self.nodes.iter().map(|&y| log_density(y)).collect();
        if let Some(position) = logs.iter().position(|l| !l.is_finite()) {
            return Err(Error::Undefined {
                what: "the divergence of a tabulated law".to_owned(),
                reason: format!(
                    "the other law has log-density {} at {}",
                    logs[position], self.nodes[position]
                ),
            });
        }
        let (mut forward, mut reverse) = (0.0, 0.0);
        for ((&cell, &log_q), log_p) in self.cells.iter().zip(&self.log_density).zip(logs) {
            // With r = log(q/p): p·(e^r − 1 − r) and q·(e^{−r} − 1 + r), non-negative without cancellation.
            let r = log_q - log_p;
            forward += cell * core_math::exp(log_p) * convex_excess(r);
            reverse += cell * core_math::exp(log_q) * convex_excess(-r);
        }
        Ok((forward, reverse))
    }
}

/// `e^r − 1 − r ≥ 0`, by its series where the difference would cancel.
fn convex_excess(r: f64) -> f64 {
    if r.abs() < 0.1 {
        // Σ_{j≥2} r^j/j!, ten terms: the next one is below 10^{-19} of the sum.
        r * r * 0.5 * (3..12).rev().fold(1.0, |sum, j| 1.0 + r / f64::from(j) * sum)
    } else {
        core_math::expm1(r) - r
    }
}
