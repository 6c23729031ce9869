//! Targets to draw from: normal laws and mixtures in any dimension, laws on the line, points, and products of these.

use super::node::Section;
use super::{TargetFile, laws, schedule_of, text_of};
use crate::error::Result;
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::measure::target::Target;
use crate::path::line::{LineBase, curve_on_line};
use crate::path::{LinePath, Schedule};
use crate::sampler::{Factor, MixtureScores, ProductScores};
use nalgebra::DVector;
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
        gather(&section, laws::target(&section, &mut Vec::new())?, &mut factors)?;
        if let Some(base) = root.get("base")
            && super::base_law(&base.section()?)? != LineBase::Gaussian
        {
            return Err(base.unexpected("a Gaussian base: this version draws along no other path"));
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
fn gather(section: &Section<'_>, target: Target, factors: &mut Vec<SampledLaw>) -> Result<()> {
    factors.push(match target {
        Target::Gaussian(law) => {
            let law = Mixture::new(&[1.0], vec![law.mean().clone()], vec![law.covariance()]);
            SampledLaw::Mixture(law.map_err(|e| section.refused(e))?)
        }
        Target::Mixture(law) => SampledLaw::Mixture(*law),
        Target::Line(law) => match law.mixture_parameters() {
            Some([weights, means, stds]) => {
                let means = means.into_iter().map(|m| DVector::from_element(1, m)).collect();
                let variances: Vec<f64> = stds.iter().map(|s| s * s).collect();
                SampledLaw::Mixture(
                    Mixture::isotropic(&weights, means, &variances).map_err(|e| section.refused(e))?,
                )
            }
            None => SampledLaw::Line(law),
        },
        Target::Product(list) => {
            return list.into_iter().try_for_each(|factor| gather(section, factor, factors));
        }
        _ => return Err(section.error("this version does not draw from this kind of target")),
    });
    Ok(())
}
