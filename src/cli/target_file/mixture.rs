//! Gaussian mixtures, as they are written.

use super::covariance_matrix;
use super::node::{Node, Section};
use crate::error::{Error, Result};
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use nalgebra::{DMatrix, DVector};

/// Keys of a mixture.
const KEYS: &[&str] = &["kind", "weights", "means", "covariances", "stds"];

/// A mixture whose numbers have been checked one by one.
pub(super) struct WrittenMixture<'a> {
    section: Section<'a>,
    /// Not negative, one at least positive.
    weights: Vec<f64>,
    /// Shape `[K][d]`.
    means: Vec<Vec<f64>>,
    spread: Spread,
}

/// How the components' widths are written.
enum Spread {
    /// A standard deviation for each component.
    Deviations(Vec<f64>),
    /// A symmetric matrix for each component.
    Covariances(Vec<DMatrix<f64>>),
}

impl<'a> WrittenMixture<'a> {
    /// Reads a section of the kind `gaussian_mixture`.
    ///
    /// # Errors
    /// [`Error::Input`] that names the key.
    pub(super) fn read(section: &Section<'a>) -> Result<Self> {
        let section = section.clone().with_keys(KEYS)?;
        let list = section.require("weights", "a list of numbers, not empty")?;
        let mut weights = Vec::new();
        for cell in list.list("a list of numbers, not empty")? {
            let weight = cell.number()?;
            if weight < 0.0 {
                return Err(cell.unexpected("a number ≥ 0"));
            }
            weights.push(weight);
        }
        if weights.iter().all(|w| *w == 0.0) {
            return Err(list.unexpected("numbers ≥ 0 with a sum of the weights > 0"));
        }
        let cells = sized(&section.require("means", "a list of means, not empty")?, weights.len())?;
        let means = cells.iter().map(vector).collect::<Result<Vec<_>>>()?;
        let dim = means[0].len();
        if let Some(odd) = means.iter().position(|mean| mean.len() != dim) {
            return Err(cells[odd].unexpected(&format!("{dim} numbers, as many as in the first mean")));
        }
        let spread = match (section.get("stds"), section.get("covariances")) {
            (Some(stds), None) => {
                let cells = sized(&stds, weights.len())?;
                Spread::Deviations(cells.iter().map(Node::positive).collect::<Result<_>>()?)
            }
            (None, Some(list)) => {
                let cells = sized(&list, weights.len())?;
                Spread::Covariances(cells.iter().map(|cell| covariance(cell, dim)).collect::<Result<_>>()?)
            }
            _ => return Err(section.error("expected exactly one of `stds` and `covariances`")),
        };
        Ok(Self { section, weights, means, spread })
    }

    /// Number of coordinates.
    pub(super) fn dim(&self) -> usize {
        self.means[0].len()
    }

    /// The law, which has a density.
    ///
    /// # Errors
    /// [`Error::Input`] that names the section.
    pub(super) fn law(&self) -> Result<Mixture> {
        let dim = self.dim();
        // A component without weight is none.
        let kept = || self.weights.iter().enumerate().filter(|(_, w)| **w > 0.0).map(|(k, _)| k);
        let covariance = |k: usize| match &self.spread {
            Spread::Deviations(stds) => DMatrix::from_diagonal_element(dim, dim, stds[k] * stds[k]),
            Spread::Covariances(matrices) => matrices[k].clone(),
        };
        let weights: Vec<f64> = kept().map(|k| self.weights[k]).collect();
        let means = kept().map(|k| DVector::from_column_slice(&self.means[k])).collect();
        let law = Mixture::new(&weights, means, kept().map(covariance).collect());
        let law = law.map_err(|e| self.section.refused(e))?;
        if law.has_density() {
            return Ok(law);
        }
        Err(self.section.refused(Error::Matrix {
            name: "covariance".to_owned(),
            expected: "positive definite".to_owned(),
            reason: "a variance is 0 to rounding".to_owned(),
        }))
    }

    /// The law on the line. A note is made where what is measured differs from what is written.
    ///
    /// # Errors
    /// [`Error::Input`] in another dimension, and for numbers that the law cannot have.
    pub(super) fn line(&self, notes: &mut Vec<String>) -> Result<LineMeasure> {
        if self.dim() != 1 {
            let means = self.section.require("means", "a list of numbers")?;
            let first = &means.list("a list of numbers")?[0];
            return Err(first.unexpected("one number: this version measures mixtures on the line"));
        }
        let means: Vec<f64> = self.means.iter().map(|mean| mean[0]).collect();
        let stds: Vec<f64> = match &self.spread {
            Spread::Deviations(stds) => stds.clone(),
            Spread::Covariances(matrices) => {
                let variances = || matrices.iter().map(|matrix| matrix[(0, 0)]);
                // Exact: the error of a square is a float, underflow apart.
                if variances().any(|variance| variance.sqrt().mul_add(variance.sqrt(), -variance) != 0.0) {
                    notes.push(
                        "target.covariances: the law measured has the floats next to their square roots as standard \
                         deviations; `stds` are taken as they are"
                            .to_owned(),
                    );
                }
                variances().map(f64::sqrt).collect()
            }
        };
        LineMeasure::gaussian_mixture(&self.weights, &means, &stds).map_err(|e| self.section.refused(e))
    }
}

/// A list of the given length.
fn sized<'a>(node: &Node<'a>, length: usize) -> Result<Vec<Node<'a>>> {
    let cells = node.list("a list, not empty")?;
    if cells.len() == length {
        Ok(cells)
    } else {
        Err(node.unexpected(&format!("a list of {length}, as many as there are weights")))
    }
}

/// A list of numbers; a number is a list of one.
fn vector(node: &Node<'_>) -> Result<Vec<f64>> {
    if node.is_number() { Ok(vec![node.number()?]) } else { node.numbers() }
}

/// A matrix with `dim` rows; on the line also its only entry.
fn covariance(node: &Node<'_>, dim: usize) -> Result<DMatrix<f64>> {
    let entry = if node.is_number() { Some(node.clone()) } else { node.list("a matrix")?.into_iter().next() };
    let matrix = match entry.filter(Node::is_number) {
        Some(entry) if dim == 1 => DMatrix::from_element(1, 1, entry.positive()?),
        _ => covariance_matrix(node)?,
    };
    if matrix.nrows() == dim {
        Ok(matrix)
    } else {
        Err(node.unexpected(&format!("{dim} rows, as many as the means have numbers")))
    }
}
