//! **C4**: the Poincaré constant dominates the covariance, and Lipschitz maps.
//!
//! *Statement.* `C_P(μ) ≥ ‖Cov(μ)‖`, with equality iff the law has an independent Gaussian factor in the top
//! direction. If T is L-Lipschitz, `C_P(T#μ) ≤ L² C_P(μ)`.
//!
//! *Hypotheses.* H1: `C_P(μ) < ∞`. H2 (for the equality): an independent Gaussian factor; a Gaussian
//! marginal is not enough.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`.
//!
//! *Why.* Linear functions have the Rayleigh quotients `⟨u, Cov u⟩`. If a linear function is extremal it is an
//! eigenfunction, which fixes `∂_u V` and splits off a Gaussian factor. For T apply the inequality to `f∘T`.
//!
//! *Source.* Bakry, Gentil, Ledoux, *Analysis and Geometry of Markov Diffusion Operators* (2014), ch. 4;
//! constants of the laws on the line as in [`ExactLaw`]; equality: Courtade, Fathi (2020) for log-concave laws.
//!
//! *Checked.* Constants against variances along random directions, for Gaussian laws and for laws on
//! the line whose constant is known exactly; a Gaussian factor beside such a law; linear images
//! of any shape, and maps of the line with known image. *Not checked:* that equality forces a factor
//! (only that a Gaussian marginal does not give it).
//!
//! *Sharp.* Gaussian laws; maps that stretch most where the law is widest. *Dropping* the
//! independence in H2 makes the equality false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::{LinearImage, Probe, describe};
use crate::claims::gaussian_instances::random_target;
use crate::claims::poincare::exact_laws::ExactLaw;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// The claim.
pub struct LipschitzImage;

/// What C4 is checked on.
#[derive(Clone, Debug)]
pub enum Instance {
    /// A Gaussian law and a direction.
    Direction(Gaussian, Vec<f64>),
    /// A law on the line whose constant and variance are known.
    Line(ExactLaw),
    /// `N(0, variance) ⊗ law` with a Gaussian factor that is the wider one in the sense of `C_P`.
    Factor(f64, ExactLaw),
    /// A linear image.
    Matrix(LinearImage),
    /// The law as the image of a Gaussian law on the line by an increasing map.
    MapOfTheLine(ExactLaw),
    /// The law of `(G, ε(G²−1) + δH)`, G and H standard and independent: the marginal in the widest
    /// direction is Gaussian and uncorrelated with the rest, but not independent of it.
    GaussianMarginal {
        /// ε.
        bend: f64,
        /// δ.
        width: f64,
    },
}

impl Instance {
    fn random_direction(stream: &mut Stream, index: usize) -> Result<Self> {
        // In d = 1 there is one direction, and equality.
        let law = random_target(stream, if index.is_multiple_of(8) { 1 } else { index })?;
        let direction = (0..law.dim()).map(|_| stream.sample::<f64, _>(StandardNormal)).collect();
        Ok(Self::Direction(law, direction))
    }

    fn random_factor(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = ExactLaw::random(stream, index)?;
        Ok(Self::Factor(law.poincare_constant().hi() * stream.random_range(1.0..4.0), law))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direction(law, u) if u.len() > 5 => {
                write!(f, "{}, direction {:?}…", describe(law), &u[..2])
            }
            Self::Direction(law, u) => write!(f, "{}, direction {u:?}", describe(law)),
            Self::Line(law) => write!(f, "{law}"),
            Self::Factor(variance, law) => write!(f, "N(0, {variance}) ⊗ {law}"),
            Self::Matrix(image) => write!(f, "{image}"),
            Self::MapOfTheLine(law) => write!(f, "map from N(0,1) to {law}"),
            Self::GaussianMarginal { bend, width } => write!(f, "(G, {bend}(G²−1) + {width}H)"),
        }
    }
}

impl Theorem for LipschitzImage {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C4",
        chapter: Chapter::Poincare,
        title: "Poincaré constant, covariance and Lipschitz maps",
        statement: "C_P(μ) ≥ ‖Cov μ‖, equal iff the law has an independent Gaussian factor in that direction; \
                    C_P(T#μ) ≤ L² C_P(μ) for L-Lipschitz T",
        hypotheses: &[
            ("H1", "C_P(μ) is finite"),
            ("H2", "for the equality: an independent Gaussian factor in the top direction"),
        ],
        why: "Linear functions have the Rayleigh quotients ⟨u, Cov u⟩; an extremal linear function is an \
              eigenfunction and splits off a Gaussian factor. For T apply the inequality to f∘T.",
        checked: "Constants against variances along directions (Gaussian laws to d = 1000, exactly known laws on the \
                  line), equality with a Gaussian factor, linear images of any shape, maps of the line.",
        not_checked: "That equality forces a Gaussian factor, beyond a Gaussian marginal that does not give it.",
        source: "Bakry, Gentil, Ledoux, Analysis and Geometry of Markov Diffusion Operators (2014), ch. 4",
        relation: Relation::Lower,
        rests_on: &["C1", "C2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family = |name, evidence, quick, full, draw| Family { name, evidence, quick, full, draw };
        NonEmpty::new(
            family("variances of Gaussian laws", Evidence::Certified, 12, 100, Instance::random_direction),
            [
                family("laws on the line", Evidence::Certified, 10, 60, |s, i| {
                    Ok(Instance::Line(ExactLaw::random(s, i)?))
                }),
                family("a Gaussian factor", Evidence::Certified, 5, 30, Instance::random_factor),
                family("linear images", Evidence::Certified, 12, 90, |s, i| {
                    Ok(Instance::Matrix(LinearImage::random(s, i)?))
                }),
                family("maps of the line", Evidence::Certified, 6, 40, |s, i| {
                    Ok(Instance::MapOfTheLine(ExactLaw::random_caffarelli(s, i)?))
                }),
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Direction(..) | Instance::Line(_) => Relation::Lower,
            // Certified arithmetic on a handful of numbers.
            Instance::Factor(..) => Relation::Equality { resolution: 1e-13 },
            Instance::Matrix(_) | Instance::MapOfTheLine(_) | Instance::GaussianMarginal { .. } => {
                Relation::Upper
            }
        }
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "Gaussian law along its widest direction",
                kind: SharpKind::Attained(|| {
                    let probe = Probe::widest()?;
                    let direction = probe.function.direction().to_vec();
                    Ok(Instance::Direction(probe.law, direction))
                }),
            },
            SharpCase {
                name: "a map that stretches most where the law is widest",
                kind: SharpKind::Attained(|| Ok(Instance::Matrix(LinearImage::aligned()?))),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "a Gaussian marginal in the top direction gives equality",
                instance: || Ok(Instance::GaussianMarginal { bend: 0.5, width: 0.125 }),
                wrong: Wrong::Hypothesis,
            },
            [
                FalseTwin {
                    name: "C_P dominates the trace of the covariance",
                    instance: || {
                        let law = LinearImage::aligned()?.law;
                        Ok(Instance::Direction(law, vec![1.0, 0.0, 0.0]))
                    },
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Direction(law, _) => {
                            Ok((0..law.dim()).map(|k| Enclosure::exact(law.covariance_entry(k, k))).sum())
                        }
                        _ => LipschitzImage::bound(i),
                    }),
                },
                FalseTwin {
                    name: "L in place of L²",
                    instance: || Ok(Instance::Matrix(LinearImage::aligned()?)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Matrix(m) => Ok(m.lipschitz_squared()?.sqrt() * m.law.poincare_constant()),
                        _ => LipschitzImage::bound(i),
                    }),
                },
                FalseTwin {
                    name: "C_P = ‖Cov‖ for a factor that is not Gaussian",
                    // The two-sided exponential law: constant 4, variance 2.
                    instance: || Ok(Instance::Factor(1.0, ExactLaw::laplace(1.0)?)),
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Direction(law, _) => Ok(law.poincare_constant()),
            Instance::Line(law) | Instance::MapOfTheLine(law) => Ok(law.poincare_constant()),
            Instance::Factor(variance, law) => Ok(law.poincare_constant().max(Enclosure::exact(*variance))),
            Instance::Matrix(image) => image.covariance_norm(),
            Instance::GaussianMarginal { bend, width } => Ok(bent_quotient(*bend, *width)),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Direction(law, direction) => law.variance_along(direction),
            Instance::Line(law) => Ok(law.variance()),
            Instance::Factor(variance, law) => Ok(law.variance().max(Enclosure::exact(*variance))),
            Instance::Matrix(image) => Ok(image.lipschitz_squared()? * image.law.poincare_constant()),
            // The standard law has the constant 1.
            Instance::MapOfTheLine(law) => Ok(law.lipschitz_squared()),
            // ‖Cov‖ = max(1, 2ε² + δ²): the two coordinates are uncorrelated.
            Instance::GaussianMarginal { bend, width } => {
                let other = 2.0 * Enclosure::exact(*bend).square() + Enclosure::exact(*width).square();
                Ok(other.max(Enclosure::exact(1.0)))
            }
        }
    }
}

/// Rayleigh quotient of `f(x, y) = x + ½xy` under the law of `(G, ε(G²−1) + δH)`: with `s = ½`
/// `f = (1−sε)G + sεG³ + sδGH`, `|∇f|² = (1+sy)² + s²x²`, and `E G² = 1`, `E G⁴ = 3`, `E G⁶ = 15`.
fn bent_quotient(bend: f64, width: f64) -> Enclosure {
    let s = 0.5;
    let (slope, cube, mixed) =
        (1.0 - s * Enclosure::exact(bend), s * Enclosure::exact(bend), s * Enclosure::exact(width));
    let variance = slope.square() + 6.0 * slope * cube + 15.0 * cube.square() + mixed.square();
    let square = 2.0 * Enclosure::exact(bend).square() + Enclosure::exact(width).square();
    let energy = 1.0 + Enclosure::exact(s).square() * (1.0 + square);
    variance / energy
}
