//! Targets to draw from: normal laws and mixtures in any dimension, laws on the line, points, and products of these.

use super::node::{Node, Section};
use super::{TARGET_KINDS, TargetFile, covariance_matrix, laws, mixtures, points, schedule_of, text_of};
use crate::error::{Error, Result};
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::measure::target::Target;
use crate::path::line::{LineBase, curve_on_line};
use crate::path::{LinePath, Schedule};
use crate::sampler::{Factor, MixtureScores, ProductScores};
use nalgebra::{DMatrix, DVector};
use std::path::Path;

/// What a target file asks to draw from.
#[derive(Debug)]
pub(in crate::cli) struct Sampled {
    /// The path to the target from the standard normal law.
    pub(in crate::cli) path: ProductScores,
    /// The factors of the target, as those of the path.
    pub(in crate::cli) factors: Vec<SampledLaw>,
    /// Schedule.
    pub(in crate::cli) schedule: Schedule,
    /// Slownesses κ.
    pub(in crate::cli) kappas: Vec<f64>,
    /// Time of the path at which the dynamics begins.
    pub(in crate::cli) start: f64,
}

/// One block of coordinates.
#[derive(Debug)]
pub(in crate::cli) enum SampledLaw {
    /// A mixture of normal laws, or one normal law.
    Mixture(Mixture),
    /// A law on the line.
    Line(LineMeasure),
}

impl Sampled {
    /// Reads and checks a target file.
    ///
    /// # Errors
    /// As [`TargetFile::read`]; [`Error::Input`] for targets that cannot be drawn from.
    pub(in crate::cli) fn read(file: &Path) -> Result<Self> {
        let name = file.display().to_string();
        let text = text_of(file, "a target file in TOML")?;
        let table = TargetFile::table(&name, &text)?;
        let root = Section::root(&name, &table, &["target", "base", "schedule", "run"])?;
        let section = root.require("target", "a table with the key `kind`")?.section()?;
        let mut factors = Vec::new();
        gather(&section, &mut factors)?;
        if let Some(base) = root.get("base") {
            super::check_base(&base.section()?)?;
        }
        let schedule = schedule_of(&root)?;
        let (kappas, start) = super::run_of(&root)?;
        let paths = factors.iter().map(|law| law.path(&schedule).map_err(|e| section.refused(e)));
        let path = ProductScores::new(paths.collect::<Result<_>>()?)?;
        Ok(Self { path, factors, schedule, kappas, start })
    }
}

impl SampledLaw {
    fn path(&self, schedule: &Schedule) -> Result<Factor> {
        Ok(match self {
            Self::Mixture(mixture) => Factor::Mixture(MixtureScores::to_mixture(mixture, schedule.clone())?),
            Self::Line(law) => {
                Factor::Line(LinePath::new(curve_on_line(law, LineBase::Gaussian)?, schedule.clone()))
            }
        })
    }

    /// Number of coordinates.
    pub(in crate::cli) fn dim(&self) -> usize {
        match self {
            Self::Mixture(mixture) => mixture.dim(),
            Self::Line(_) => 1,
        }
    }
}

/// Adds the factors of a target.
fn gather(section: &Section<'_>, factors: &mut Vec<SampledLaw>) -> Result<()> {
    let kind = section.require("kind", &format!("one of {}", TARGET_KINDS.join(", ")))?;
    let with = |keys: &[&str]| section.clone().with_keys(keys);
    match kind.word("a kind of target", TARGET_KINDS)? {
        "gaussian_mixture" => {
            factors.push(SampledLaw::Mixture(mixture(&with(&[
                "kind",
                "weights",
                "means",
                "covariances",
                "stds",
            ])?)?));
        }
        "points" => {
            let section = with(&["kind", "file", "bandwidth"])?;
            let (rows, bandwidth) = points::rows(&section)?;
            let means: Vec<DVector<f64>> = rows.into_iter().map(DVector::from_vec).collect();
            let equal = vec![1.0; means.len()];
            let variances = vec![bandwidth * bandwidth; means.len()];
            let law = Mixture::isotropic(&equal, means, &variances).map_err(|e| section.refused(e))?;
            factors.push(SampledLaw::Mixture(law));
        }
        "product" => {
            let list = with(&["kind", "factors"])?.require("factors", "a list of targets, not empty")?;
            for factor in list.list("a list of targets, not empty")? {
                gather(&factor.section()?, factors)?;
            }
        }
        "radial" => {
            return Err(kind.error("kind `radial`: this version draws from the other kinds"));
        }
        _ => factors.push(match laws::target(section, &mut Vec::new())? {
            Target::Gaussian(law) => {
                let law = Mixture::new(&[1.0], vec![law.mean().clone()], vec![law.covariance()]);
                SampledLaw::Mixture(law.map_err(|e| section.refused(e))?)
            }
            Target::Line(law) => SampledLaw::Line(law),
            Target::Mixture(law) => SampledLaw::Mixture(*law),
            Target::Radial(_) | Target::Plane(_) | Target::Product(_) => {
                return Err(kind.error("this version does not draw from it"));
            }
        }),
    }
    Ok(())
}

/// A mixture in any dimension.
pub(super) fn mixture(section: &Section<'_>) -> Result<Mixture> {
    let list = section.require("weights", "a list of numbers, not empty")?;
    let mut weights = Vec::new();
    for cell in list.list("a list of numbers, not empty")? {
        let weight = cell.number()?;
        if weight < 0.0 {
            return Err(cell.unexpected("a number ≥ 0"));
        }
        weights.push(weight);
    }
    let means = mixtures::sized(&section.require("means", "a list of means, not empty")?, weights.len())?;
    let rows = means.iter().map(vector).collect::<Result<Vec<_>>>()?;
    let dim = rows[0].len();
    if let Some(odd) = rows.iter().position(|row| row.len() != dim) {
        return Err(means[odd].unexpected(&format!("{dim} numbers, as many as in the first mean")));
    }
    let covariances: Vec<DMatrix<f64>> = match (section.get("stds"), section.get("covariances")) {
        (Some(stds), None) => mixtures::sized(&stds, weights.len())?
            .iter()
            .map(|cell| cell.positive().map(|s| DMatrix::from_diagonal_element(dim, dim, s * s)))
            .collect::<Result<_>>()?,
        (None, Some(list)) => mixtures::sized(&list, weights.len())?
            .iter()
            .map(|cell| {
                let matrix = if cell.is_number() {
                    DMatrix::from_element(1, 1, cell.positive()?)
                } else {
                    covariance_matrix(cell)?
                };
                if matrix.nrows() == dim {
                    Ok(matrix)
                } else {
                    Err(cell.unexpected(&format!("{dim} rows, as many as the means have numbers")))
                }
            })
            .collect::<Result<_>>()?,
        _ => return Err(section.error("expected exactly one of `stds` and `covariances`")),
    };
    // A component without weight is none.
    let kept = || weights.iter().enumerate().filter(|(_, w)| **w > 0.0).map(|(k, _)| k);
    let positive: Vec<f64> = kept().map(|k| weights[k]).collect();
    if positive.is_empty() {
        return Err(list.unexpected("at least one weight > 0"));
    }
    let means = kept().map(|k| DVector::from_column_slice(&rows[k])).collect();
    let covariances = kept().map(|k| covariances[k].clone()).collect();
    Mixture::new(&positive, means, covariances)
        .and_then(|mixture| {
            if mixture.has_density() {
                Ok(mixture)
            } else {
                Err(Error::Matrix {
                    name: "covariance".to_owned(),
                    expected: "positive definite".to_owned(),
                    reason: "a variance is 0 to rounding".to_owned(),
                })
            }
        })
        .map_err(|e| section.refused(e))
}

/// A list of numbers; a number is a list of one.
fn vector(node: &Node<'_>) -> Result<Vec<f64>> {
    if node.is_number() { Ok(vec![node.number()?]) } else { node.numbers() }
}
