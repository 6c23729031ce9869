//! Gaussian mixtures in target files.

use super::node::{Node, Section};
use super::sampled;
use crate::error::Result;
use crate::measure::line::LineMeasure;
use crate::measure::target::Target;

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
pub(super) fn sized<'a>(node: &Node<'a>, length: usize) -> Result<Vec<Node<'a>>> {
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
    sampled::mixture(section).map(|law| Target::Mixture(Box::new(law)))
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
