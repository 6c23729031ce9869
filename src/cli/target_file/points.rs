//! Targets made of points in a file: the Gaussian mixture centred at them.

use super::node::Section;
use super::text_of;
use crate::error::{Error, Result};
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::measure::target::Target;
use nalgebra::DVector;
use std::path::Path;

/// Points at most: the cost of every evaluation of the density is proportional to their number.
const MOST_POINTS: usize = 10_000;

/// The mixture with equal weights and the standard deviation `bandwidth` at every point of the file; with bandwidth 0 the
/// points are atoms.
pub(super) fn mixture(section: &Section<'_>) -> Result<Target> {
    let node = section.require("bandwidth", "a number ≥ 0")?;
    let bandwidth = node.number()?;
    if bandwidth < 0.0 {
        return Err(node.unexpected("a number ≥ 0"));
    }
    let file = section.require("file", "the name of a file of numbers, in quotes")?.path()?;
    let mut points = read(&file)?;
    points.sort_by(|a, b| {
        a.iter().zip(b).map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    });
    // Equal points make one component with their number as its weight.
    let groups: Vec<(Vec<f64>, f64)> =
        points.chunk_by(|a, b| a == b).map(|g| (g[0].clone(), g.len() as f64)).collect();
    let (means, weights): (Vec<Vec<f64>>, Vec<f64>) = groups.into_iter().unzip();
    if means[0].len() == 1 && bandwidth > 0.0 {
        let law = LineMeasure::gaussian_mixture(&weights, &means.concat(), &vec![bandwidth; means.len()]);
        return law.map(Target::Line).map_err(|e| section.refused(e));
    }
    let means: Vec<DVector<f64>> = means.into_iter().map(DVector::from_vec).collect();
    let variances = vec![bandwidth * bandwidth; means.len()];
    let law = Mixture::isotropic(&weights, means, &variances);
    law.map(|law| Target::Mixture(Box::new(law))).map_err(|e| section.refused(e))
}

/// The points of a file, one per line, its coordinates separated by commas, semicolons or blanks. Empty lines and what follows
/// `#` are skipped.
fn read(file: &Path) -> Result<Vec<Vec<f64>>> {
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
        let expected = points.first().map_or(cells.len(), Vec::len);
        if cells.len() != expected {
            let message = format!("{} columns: expected {expected}, as in the first line", cells.len());
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
        return Err(Error::Input {
            location,
            message: "has no numbers: expected a point per line".to_owned(),
        });
    }
    Ok(points)
}
