//! Targets made of points in a file: the Gaussian mixture centred at them.

use super::node::Section;
use super::text_of;
use crate::error::{Error, Result};
use crate::measure::line::LineMeasure;
use std::path::Path;

/// Points at most: the cost of every evaluation of the density is proportional to their number.
const MOST_POINTS: usize = 10_000;

/// The mixture with equal weights and the standard deviation `bandwidth` at every number of the file.
pub(super) fn mixture(section: &Section<'_>) -> Result<LineMeasure> {
    let bandwidth = section.require("bandwidth", "a number > 0")?.positive()?;
    let file = section.require("file", "the name of a file of numbers, in quotes")?.path()?;
    let mut points: Vec<f64> = read(&file, 1)?.into_iter().flatten().collect();
    points.sort_by(f64::total_cmp);
    // Equal points make one component with their number as its weight.
    let groups: Vec<(f64, f64)> = points.chunk_by(|a, b| a == b).map(|g| (g[0], g.len() as f64)).collect();
    let (means, weights): (Vec<f64>, Vec<f64>) = groups.into_iter().unzip();
    LineMeasure::gaussian_mixture(&weights, &means, &vec![bandwidth; means.len()])
        .map_err(|e| section.refused(e))
}

/// The points of the file, a row each, all of the same dimension, and the bandwidth.
pub(super) fn rows(section: &Section<'_>) -> Result<(Vec<Vec<f64>>, f64)> {
    let node = section.require("bandwidth", "a number > 0")?;
    if node.number()? == 0.0 {
        return Err(node.unexpected("a number > 0: points without width have no score at t = 1"));
    }
    let bandwidth = node.positive()?;
    let file = section.require("file", "the name of a file of points, in quotes")?.path()?;
    Ok((read(&file, usize::MAX)?, bandwidth))
}

/// The points of a file, one per line, with at most so many coordinates. Empty lines and what follows `#` are
/// skipped.
fn read(file: &Path, most_columns: usize) -> Result<Vec<Vec<f64>>> {
    let text = text_of(file, "a file with a point per line")?;
    let error = |line: usize, message: String| Error::Input {
        location: format!("{}: line {}", file.display(), line + 1),
        message,
    };
    let mut points: Vec<Vec<f64>> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let content = line.split('#').next().unwrap_or_default().trim();
        if content.is_empty() {
            continue;
        }
        let mut cells: Vec<&str> =
            content.split([',', ';', ' ', '\t']).filter(|cell| !cell.is_empty()).collect();
        if cells.is_empty() {
            // Nothing but separators: they are shown.
            cells.push(content);
        }
        let expected = points.first().map_or(most_columns, Vec::len);
        if cells.len() > expected || (!points.is_empty() && cells.len() != expected) {
            let message = if most_columns == 1 {
                format!("{} columns: expected one number, points on the line", cells.len())
            } else {
                format!("{} columns: expected {expected}, as in the first line", cells.len())
            };
            return Err(error(i, message));
        }
        let mut point = Vec::with_capacity(cells.len());
        for cell in cells {
            let number = cell.parse::<f64>().ok().filter(|x| x.is_finite());
            let Some(number) = number else {
                let shown: String = cell.chars().take(60).collect();
                return Err(error(i, format!("`{shown}`: expected a finite number")));
            };
            // −0 is 0.
            point.push(number + 0.0);
        }
        points.push(point);
        if points.len() > MOST_POINTS {
            return Err(error(i, format!("expected at most {MOST_POINTS} points")));
        }
    }
    if points.is_empty() {
        let location = file.display().to_string();
        return Err(Error::Input { location, message: "has no numbers: expected one per line".to_owned() });
    }
    Ok(points)
}
