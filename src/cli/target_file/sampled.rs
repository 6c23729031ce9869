//! Targets to draw from: normal laws and mixtures in any dimension, laws on the line, points, and products of these.

use super::mixture::WrittenMixture;
use super::node::Section;
use super::{TARGET_KINDS, TargetFile, base_of, laws, points, schedule_of, text_of};
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
        gather(&section, &mut factors)?;
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
fn gather(section: &Section<'_>, factors: &mut Vec<SampledLaw>) -> Result<()> {
    let kind = section.require("kind", &format!("one of {}", TARGET_KINDS.join(", ")))?;
    let with = |keys: &[&str]| section.clone().with_keys(keys);
    match kind.word("a kind of target", TARGET_KINDS)? {
        "gaussian_mixture" => factors.push(SampledLaw::Mixture(WrittenMixture::read(section)?.law()?)),
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
            return Err(kind.error(
                "kind `radial`: no closed form for its scores, this version draws from the other kinds",
            ));
        }
        _ => factors.push(match laws::target(section, &mut Vec::new())? {
            Target::Gaussian(law) => {
                let law = Mixture::new(&[1.0], vec![law.mean().clone()], vec![law.covariance()]);
                SampledLaw::Mixture(law.map_err(|e| section.refused(e))?)
            }
            Target::Line(law) => SampledLaw::Line(law),
            Target::Mixture(law) => SampledLaw::Mixture(*law),
            Target::Radial(_) | Target::Product(_) => {
                return Err(kind.error("this version does not draw from it"));
            }
        }),
    }
    Ok(())
}
