//! Targets to draw from: normal laws and mixtures in any dimension, laws on the line, points, and products of these.

use super::node::Section;
use super::{TargetFile, base_of, laws, schedule_of, text_of};
use crate::error::{Error, Result};
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
    /// The factors of the target: blocks of coordinates.
    pub(in crate::cli) factors: Vec<SampledLaw>,
    base: LineBase,
    /// Schedule, if the file gives one.
    pub(in crate::cli) schedule: Option<Schedule>,
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
        let base = base_of(&root)?;
        if base != LineBase::Gaussian && factors.len() > 1 {
            let message = "a product with a student base: that base has no independent coordinates, expected the \
                           gaussian base";
            return Err(Error::Input { location: format!("{name}: base.kind"), message: message.to_owned() });
        }
        let schedule = schedule_of(&root)?;
        let (kappas, start) = super::run_of(&root)?;
        Ok(Self { factors, base, schedule, kappas, start })
    }

    /// The path from the base to the target.
    ///
    /// # Errors
    /// [`Error::Input`] if there is none for this target.
    pub(in crate::cli) fn path(&self, schedule: &Schedule) -> Result<ProductScores> {
        let refused = |error: Error| match error {
            Error::NoConvergence { .. } => error,
            other => Error::Input { location: "target".to_owned(), message: other.to_string() },
        };
        let paths = self.factors.iter().map(|law| law.path(self.base, schedule).map_err(refused));
        ProductScores::new(paths.collect::<Result<_>>()?)
    }

    /// Points without width among the factors.
    pub(in crate::cli) fn points(&self) -> impl Iterator<Item = &Mixture> {
        self.factors.iter().filter_map(|law| match law {
            SampledLaw::Mixture(mixture) if !mixture.has_density() => Some(mixture),
            _ => None,
        })
    }

    /// Number of coordinates.
    pub(in crate::cli) fn dim(&self) -> usize {
        self.factors.iter().map(SampledLaw::dim).sum()
    }
}

impl SampledLaw {
    fn path(&self, base: LineBase, schedule: &Schedule) -> Result<Factor> {
        Ok(match self {
            Self::Mixture(mixture) => {
                let path = MixtureScores::to_mixture(mixture, schedule.clone())?;
                Factor::Mixture(match base {
                    LineBase::Gaussian => path,
                    LineBase::Student { dof } => path.from_student(dof)?,
                })
            }
            Self::Line(law) => Factor::Line(LinePath::new(curve_on_line(law, base)?, schedule.clone())),
        })
    }

    /// A finite end of the support: the scores of the path have no bound there.
    pub(in crate::cli) fn end_of_support(&self) -> Option<f64> {
        match self {
            Self::Mixture(_) => None,
            Self::Line(law) => [law.domain().0, law.domain().1].into_iter().find(|end| end.is_finite()),
        }
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
    let refused = |e| section.refused(e);
    factors.push(match target {
        Target::Gaussian(law) => {
            let law = Mixture::new(&[1.0], vec![law.mean().clone()], vec![law.covariance()]);
            SampledLaw::Mixture(law.map_err(refused)?)
        }
        Target::Mixture(law) => SampledLaw::Mixture(*law),
        Target::Line(law) => match law.mixture_parameters() {
            Some([weights, means, stds]) => {
                let means = means.into_iter().map(|m| DVector::from_element(1, m)).collect();
                let variances: Vec<f64> = stds.iter().map(|s| s * s).collect();
                SampledLaw::Mixture(Mixture::isotropic(&weights, means, &variances).map_err(refused)?)
            }
            None => SampledLaw::Line(law),
        },
        Target::Product(list) => {
            return list.into_iter().try_for_each(|factor| gather(section, factor, factors));
        }
        Target::Radial(_) | Target::Plane(_) => {
            let message = "its scores have no closed form: this version draws from the other kinds";
            return Err(section.require("kind", "a kind of target")?.error(message));
        }
    });
    Ok(())
}
