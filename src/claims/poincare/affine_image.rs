//! **C1**: the Poincaré constant of an affine image.
//!
//! *Statement.* `C_P(aX + b) = a² C_P(X)` for a number `a` and a vector `b`; for a matrix A,
//! `C_P(AX + b) ≤ ‖A‖² C_P(X)`.
//!
//! *Hypotheses.* H1: `C_P(X) < ∞`.
//!
//! *Normalisation.* `C_P(μ)` is the smallest C with `Var_μ(f) ≤ C ∫|∇f|² dμ`; `N(0, σ²I)` has σ².
//!
//! *Why.* `f(aX + b)` has the gradient `a∇f`, and `x ↦ ax + b` can be undone; a matrix stretches
//! gradients by at most its norm, and cannot always be undone.
//!
//! *Source.* Bakry, Gentil, Ledoux, *Analysis and Geometry of Markov Diffusion Operators* (2014), §4.3.
//!
//! *Checked.* Left: largest eigenvalue of the covariance matrix of the image, certified, and
//! Rayleigh quotients of test functions on the image. Right: the formula. *Not checked:* laws
//! that are not Gaussian.
//!
//! *Sharp.* For matrices where A stretches most in the direction in which the law is widest.
//! *Dropping* the norm for the spectral radius makes it false (shears).

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::{LinearImage, Probe, describe, small_law};
use crate::claims::gaussian_instances::random_target;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::scaled_covariance_norm;
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use nalgebra::SymmetricEigen;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct AffineImage;

/// What C1 is checked on.
#[derive(Clone, Debug)]
pub enum Instance {
    /// `aX + b`.
    Scaling {
        /// Law of X.
        law: Gaussian,
        /// The number a.
        factor: f64,
        /// Every component of the shift b.
        shift: f64,
    },
    /// `AX`.
    Matrix(LinearImage),
    /// A test function on the image of its law by the factor.
    Quotient(Probe, f64),
}

impl Instance {
    fn random_scaling(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = random_target(stream, index)?;
        let factor = stream.random_range(-3.0..3.0);
        Ok(Self::Scaling { law, factor, shift: stream.random_range(-2.0..2.0) })
    }

    fn random_quotient(stream: &mut Stream, index: usize) -> Result<Self> {
        // A power of two scales a covariance of floats without rounding.
        let factor = 2_f64.powi(stream.random_range(-3..4));
        let Probe { law, function } = Probe::random(stream, index)?;
        Ok(Self::Quotient(Probe { law: scaled(&law, 1.0 / factor)?, function }, factor))
    }
}

/// The law of `factor·X`, for a power of two.
fn scaled(law: &Gaussian, factor: f64) -> Result<Gaussian> {
    match law.variances() {
        Some(v) => Gaussian::diagonal(
            law.mean().iter().map(|m| factor * m).collect(),
            v.iter().map(|x| factor * factor * x).collect(),
        ),
        None => Gaussian::new(law.mean() * factor, law.covariance() * (factor * factor)),
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scaling { law, factor, shift } => write!(f, "{factor}·X + {shift}, X ~ {}", describe(law)),
            Self::Matrix(image) => write!(f, "{image}"),
            Self::Quotient(probe, factor) => write!(f, "f({factor}·x), {probe}"),
        }
    }
}

impl Theorem for AffineImage {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C1",
        chapter: Chapter::Poincare,
        title: "Poincaré constant of an affine image",
        statement: "C_P(aX + b) = a² C_P(X); C_P(AX + b) ≤ ‖A‖² C_P(X) for a matrix A",
        hypotheses: &[("H1", "C_P(X) is finite")],
        why: "f(aX + b) has the gradient a∇f, and the map can be undone; a matrix stretches gradients by at most \
              its norm.",
        checked: "The largest eigenvalue of the covariance of the image and Rayleigh quotients of quadratic, \
                  exponential and trigonometric functions on it, against the formula, in d up to 1000.",
        not_checked: "Laws that are not Gaussian.",
        source: "Bakry, Gentil, Ledoux, Analysis and Geometry of Markov Diffusion Operators (2014), §4.3",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            family("scalings and shifts", 16, 120, Instance::random_scaling),
            [
                family("general matrices", 12, 90, |s, i| Ok(Instance::Matrix(LinearImage::random(s, i)?))),
                family("test functions on scaled laws", 12, 90, Instance::random_quotient),
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            // Both sides are certified to a few roundings, also at condition number 10⁸.
            Instance::Scaling { .. } => Relation::Equality { resolution: 1e-13 },
            Instance::Matrix(_) | Instance::Quotient(..) => Relation::Upper,
        }
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "a matrix that stretches most where the law is widest",
                kind: SharpKind::Attained(|| Ok(Instance::Matrix(LinearImage::aligned()?))),
            },
            SharpCase {
                name: "a linear function along the widest direction",
                kind: SharpKind::Attained(|| Ok(Instance::Quotient(Probe::widest()?, 4.0))),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        fn scaling() -> Result<Instance> {
            let law = small_law(&mut crate::numerics::stream::stream(0, "C1/twin", 0), 1)?;
            Ok(Instance::Scaling { law, factor: 3.0, shift: 1.5 })
        }
        NonEmpty::new(
            FalseTwin {
                name: "|a| in place of a²",
                instance: scaling,
                wrong: Wrong::Bound(|i| match i {
                    Instance::Scaling { law, factor, .. } => Ok(law.poincare_constant() * factor.abs()),
                    _ => AffineImage::bound(i),
                }),
            },
            [
                FalseTwin {
                    name: "the shift adds to the constant",
                    instance: scaling,
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Scaling { shift, .. } => {
                            Ok(AffineImage::bound(i)? + Enclosure::exact(*shift).square())
                        }
                        _ => AffineImage::bound(i),
                    }),
                },
                FalseTwin {
                    name: "the spectral radius in place of the norm of A",
                    instance: || Ok(Instance::Matrix(LinearImage::shear()?)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Matrix(image) => {
                            let radius =
                                image.map.complex_eigenvalues().iter().map(|z| z.norm()).fold(0.0, f64::max);
                            Ok(image.law.poincare_constant() * Enclosure::exact(radius).square())
                        }
                        _ => AffineImage::bound(i),
                    }),
                },
                FalseTwin {
                    name: "the smallest singular value in place of the norm of A",
                    instance: || Ok(Instance::Matrix(LinearImage::aligned()?)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Matrix(image) => {
                            let gram = SymmetricEigen::new(image.map.transpose() * &image.map);
                            Ok(image.law.poincare_constant() * gram.eigenvalues.min())
                        }
                        _ => AffineImage::bound(i),
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Scaling { law, factor, .. } => Ok(scaled_covariance_norm(law, *factor)),
            Instance::Matrix(image) => image.covariance_norm(),
            Instance::Quotient(probe, factor) => {
                probe.function.poincare_quotient(&scaled(&probe.law, *factor)?)
            }
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        Ok(match instance {
            Instance::Scaling { law, factor, .. } => {
                Enclosure::exact(*factor).square() * law.poincare_constant()
            }
            Instance::Matrix(image) => image.lipschitz_squared()? * image.law.poincare_constant(),
            Instance::Quotient(probe, factor) => {
                Enclosure::exact(*factor).square() * probe.law.poincare_constant()
            }
        })
    }
}
