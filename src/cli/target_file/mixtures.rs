//! Gaussian mixtures in target files.

use super::covariance_matrix;
use super::node::{Node, Section};
use crate::error::Result;
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::measure::target::Target;
use nalgebra::DVector;

/// A number, also as a list or matrix with nothing else in it.
fn single(node: &Node<'_>) -> Result<f64> {
    if node.is_number() {
        return node.number();
    }
    let cells = node.list("a number")?;
    let [cell] = cells.as_slice() else {
        return Err(node.unexpected("one number: this version measures mixtures on the line"));
    };
    single(cell)
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

/// A Gaussian mixture on the line, or, if the means are lists of two numbers or more, in several dimensions.
pub(super) fn target(section: &Section<'_>, notes: &mut Vec<String>) -> Result<Target> {
    let weights = weights(section)?;
    let expected = "a list of means, not empty";
    let means = section.require("means", expected)?.list(expected)?;
    let first = &means[0];
    if first.is_number() || first.list("a mean: a number or a list of numbers")?.len() == 1 {
        return on_line(section, &weights, notes).map(Target::Line);
    }
    in_space(section, &weights).map(|law| Target::Mixture(Box::new(law)))
}

/// Numbers ≥ 0.
fn weights(section: &Section<'_>) -> Result<Vec<f64>> {
    let list = section.require("weights", "a list of numbers, not empty")?;
    for cell in list.list("a list of numbers, not empty")? {
        if cell.number()? < 0.0 {
            return Err(cell.unexpected("a number ≥ 0"));
        }
    }
    list.numbers()
}

/// Components with full covariances, or `stds` for multiples of the identity.
fn in_space(section: &Section<'_>, weights: &[f64]) -> Result<Mixture> {
    let nodes = sized(&section.require("means", "a list of means, not empty")?, weights.len())?;
    let means = nodes.iter().map(Node::numbers).collect::<Result<Vec<_>>>()?;
    let dim = means[0].len();
    if let Some((node, mean)) = nodes.iter().zip(&means).find(|(_, mean)| mean.len() != dim) {
        let found = mean.len();
        return Err(node.unexpected(&format!("{dim} numbers, as many as the first mean has, not {found}")));
    }
    let kept: Vec<usize> = (0..weights.len()).filter(|&k| weights[k] > 0.0).collect();
    let positive: Vec<f64> = kept.iter().map(|&k| weights[k]).collect();
    let means = kept.iter().map(|&k| DVector::from_vec(means[k].clone())).collect();
    let law = match (section.get("stds"), section.get("covariances")) {
        (Some(stds), None) => {
            let stds =
                sized(&stds, weights.len())?.iter().map(Node::positive).collect::<Result<Vec<f64>>>()?;
            let variances: Vec<f64> = kept.iter().map(|&k| stds[k] * stds[k]).collect();
            Mixture::isotropic(&positive, means, &variances)
        }
        (None, Some(covariances)) => {
            let mut matrices = Vec::with_capacity(kept.len());
            for (k, node) in sized(&covariances, weights.len())?.iter().enumerate() {
                let matrix = covariance_matrix(node)?;
                if matrix.nrows() != dim {
                    return Err(node.unexpected(&format!("{dim} rows, as many as a mean has numbers")));
                }
                if matrix.clone().cholesky().is_none() {
                    return Err(node.error("expected a positive definite matrix"));
                }
                if weights[k] > 0.0 {
                    matrices.push(matrix);
                }
            }
            Mixture::new(&positive, means, matrices)
        }
        _ => return Err(section.error("expected exactly one of `stds` and `covariances`")),
    };
    law.map_err(|e| section.refused(e))
}

fn on_line(section: &Section<'_>, weights: &[f64], notes: &mut Vec<String>) -> Result<LineMeasure> {
    let means = sized(&section.require("means", "a list of numbers, not empty")?, weights.len())?;
    let means = means.iter().map(single).collect::<Result<Vec<f64>>>()?;
    let stds = match (section.get("stds"), section.get("covariances")) {
        (Some(stds), None) => {
            sized(&stds, weights.len())?.iter().map(Node::positive).collect::<Result<Vec<f64>>>()?
        }
        (None, Some(covariances)) => {
            let mut stds = Vec::with_capacity(weights.len());
            let mut rounded = false;
            for cell in sized(&covariances, weights.len())? {
                let variance = single(&cell)?;
                if variance <= 0.0 {
                    return Err(cell.unexpected("a number > 0"));
                }
                let std = variance.sqrt();
                // Exact: the error of a square is a float, underflow apart.
                rounded |= std.mul_add(std, -variance) != 0.0;
                stds.push(std);
            }
            if rounded {
                notes.push(
                    "target.covariances: the law measured has the floats next to their square roots as standard \
                     deviations; `stds` are taken as they are"
                        .to_owned(),
                );
            }
            stds
        }
        _ => return Err(section.error("expected exactly one of `stds` and `covariances`")),
    };
    LineMeasure::gaussian_mixture(weights, &means, &stds).map_err(|e| section.refused(e))
}
