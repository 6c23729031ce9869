//! **L4**: the log-Sobolev constant of a Lipschitz image.
//!
//! *Statement.* If T is L-Lipschitz then `C_LS(T#μ) ≤ L² C_LS(μ)`; so in one dimension
//! `C_LS ≤ 2 sup|T'|²`, T the increasing map from `N(0, 1)`.
//!
//! *Hypotheses.* H1: T is L-Lipschitz. H2: `C_LS(μ) < ∞`.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫|∇f|²`; `N(0, 1)` has 2.
//!
//! *Why.* Apply the inequality of μ to `f∘T`: `|∇(f∘T)| ≤ L|∇f|∘T`.
//!
//! *Source.* Bakry, Gentil, Ledoux (2014), ch. 5; for contractions Caffarelli (2000).
//!
//! *Checked.* Linear images of any shape, by the covariance of the image; laws on the line with a
//! known constant as images of `N(0, 1)`. *Not checked:* nonlinear maps in several dimensions.
//!
//! *Sharp.* Maps that stretch most where the law is widest; the half-Gaussian law. *Dropping* the
//! square of L, or the norm for the spectral radius, makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::LinearImage;
use crate::claims::poincare::exact_laws::ExactLaw;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::numerics::stream::Stream;
use std::fmt;

/// The claim.
pub struct LipschitzImage;

/// What L4 is checked on.
#[expect(clippy::large_enum_variant, reason = "an instance lives alone, one at a time")]
#[derive(Clone, Debug)]
pub enum Instance {
    /// A linear image.
    Matrix(LinearImage),
    /// A law as the image of `N(0, 1)` by an increasing map.
    MapOfTheLine(ExactLaw),
}

impl Instance {
    /// A uniform or a cosine law: for the half-Gaussian law there is equality.
    fn random_map(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::MapOfTheLine(ExactLaw::random_caffarelli(stream, [0, 2, 3][index % 3])?))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matrix(image) => write!(f, "{image}"),
            Self::MapOfTheLine(law) => write!(f, "map from N(0,1) to {law}"),
        }
    }
}

impl Theorem for LipschitzImage {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L4",
        chapter: Chapter::LogSobolev,
        title: "Log-Sobolev constant of a Lipschitz image",
        statement: "C_LS(T#μ) ≤ L² C_LS(μ) for L-Lipschitz T; in one dimension C_LS ≤ 2 sup|T'|², T from N(0,1)",
        hypotheses: &[("H1", "T is L-Lipschitz"), ("H2", "C_LS(μ) is finite")],
        why: "Apply the inequality of μ to f∘T.",
        checked: "Linear images of any shape by the covariance of the image; laws on the line with a known constant \
                  as images of N(0,1).",
        not_checked: "Nonlinear maps in several dimensions.",
        source: "Bakry, Gentil, Ledoux (2014), ch. 5; Caffarelli (2000)",
        relation: Relation::Upper,
        rests_on: &["L1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            family("linear images", 15, 100, |s, i| Ok(Instance::Matrix(LinearImage::random(s, i)?))),
            [family("maps of the line", 6, 40, Instance::random_map)],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "a map that stretches most where the law is widest",
                kind: SharpKind::Attained(|| Ok(Instance::Matrix(LinearImage::aligned()?))),
            },
            SharpCase {
                name: "half-Gaussian law",
                kind: SharpKind::Attained(|| {
                    Ok(Instance::MapOfTheLine(ExactLaw::HalfGaussian { deviation: 1.5 }))
                }),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "L in place of L²",
                instance: || Ok(Instance::Matrix(LinearImage::aligned()?)),
                wrong: Wrong::Bound(|i| match i {
                    Instance::Matrix(m) => Ok(m.lipschitz_squared()?.sqrt() * m.law.log_sobolev_constant()),
                    Instance::MapOfTheLine(_) => LipschitzImage::bound(i),
                }),
            },
            [
                FalseTwin {
                    name: "the spectral radius in place of the norm",
                    instance: || Ok(Instance::Matrix(LinearImage::shear()?)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Matrix(m) => {
                            let radius =
                                m.map.complex_eigenvalues().iter().map(|z| z.norm()).fold(0.0, f64::max);
                            Ok(m.law.log_sobolev_constant() * Enclosure::exact(radius).square())
                        }
                        Instance::MapOfTheLine(_) => LipschitzImage::bound(i),
                    }),
                },
                FalseTwin {
                    name: "sup|T'|² without the 2 of N(0,1)",
                    instance: || Ok(Instance::MapOfTheLine(ExactLaw::Uniform { length: 1.0 })),
                    wrong: Wrong::Bound(|i| Ok(LipschitzImage::bound(i)? / 2.0)),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Matrix(image) => Ok(2.0 * image.covariance_norm()?),
            Instance::MapOfTheLine(law) => Ok(law.log_sobolev_constant()),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Matrix(image) => Ok(image.lipschitz_squared()? * image.law.log_sobolev_constant()),
            Instance::MapOfTheLine(law) => Ok(2.0 * law.lipschitz_squared()),
        }
    }
}
