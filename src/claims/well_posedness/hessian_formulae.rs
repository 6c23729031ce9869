//! **W2**: the Hessian of the log-density of the path as a conditional covariance.
//!
//! *Statement.* `∇²log p_t(y) = E[∇²log ν_σ(y−√λX)|y] + Cov(∇log ν_σ(y−√λX)|y)`, where `ν_σ` is the law
//! of `√(1−λ) Z`; for ν = γ: `∇²log p_t(y) = −I/(1−λ) + λ Cov(X|y)/(1−λ)²`. With the derivatives on the
//! target: `∇²log p_t(y) = λ^{−1}{E[∇²log π(X)|y] + Cov(∇log π(X)|y)}`.
//!
//! *Hypotheses.* H1: `0 < λ < 1`. H2: the density that is differentiated is smooth with integrable
//! derivatives. H3 (second formula): the base is γ.
//!
//! *Normalisation.* `X_t = √λ X + √(1−λ) Z`.
//!
//! *Why.* Differentiate W1 once more; the derivative of the conditional weights is the covariance.
//!
//! *Source.* \[CCG\] (well-posedness); for ν = γ Hatsell, Nolte, *Some geometric properties of the
//! likelihood ratio* (1971).
//!
//! *Checked.* Left: minus the inverse covariance of the marginal. Right: the formulae with the
//! conditional covariance, the inverse of a precision. *Not checked here:* other targets.
//!
//! *Sharp.* An equality. *Dropping H3* breaks the second formula.

use super::instance::Slice;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::linalg::Ball;
use crate::numerics::stream::Stream;
use crate::path::observation::{column, times};
use std::fmt;

/// Which expression for the Hessian is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Formula {
    /// The derivatives fall on the noise.
    Noise,
    /// The derivatives fall on the target.
    Target,
    /// The formula for the standard Gaussian base.
    Standard,
}

/// A slice of a path and the formula.
#[derive(Clone, Debug)]
pub struct HessianInstance {
    slice: Slice,
    formula: Formula,
}

impl HessianInstance {
    /// The standard formula needs the standard base.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if it is another one.
    pub fn new(slice: Slice, formula: Formula) -> Result<Self> {
        if formula == Formula::Standard && !slice.has_standard_base() {
            return Err(Error::hypothesis("W2", "H3 (the base is γ)", &slice));
        }
        Ok(Self { slice, formula })
    }

    fn standard(stream: &mut Stream, index: usize) -> Result<Self> {
        // Beside a condition number of 10⁸ the target side would lose too many digits.
        let formula = if index % 7 == 3 {
            Formula::Standard
        } else {
            [Formula::Standard, Formula::Target, Formula::Noise][index % 3]
        };
        Self::new(Slice::random(stream, index)?, formula)
    }

    fn general(stream: &mut Stream, index: usize) -> Result<Self> {
        let formula = if index.is_multiple_of(2) { Formula::Noise } else { Formula::Target };
        Self::new(Slice::random_base(stream, index)?, formula)
    }

    fn example(formula: Formula) -> Result<Self> {
        Self::new(Slice::one_dimensional(1.0, 0.5, 0.5, 2.0)?, formula)
    }

    /// `⟨u, E[∇²log ·]w⟩` of the density that is differentiated.
    fn curvature(&self) -> Result<Enclosure> {
        let observation = &self.slice.observation;
        Ok(match self.formula {
            Formula::Noise => -self.slice.form(&observation.noise_precision())?,
            Formula::Target => -self.slice.form(&observation.prior_precision())?,
            Formula::Standard => -(self.slice.inner()? / self.slice.complement()),
        })
    }

    /// `⟨u, Cov(∇log ·|y)w⟩` of the density that is differentiated.
    fn covariance(&self) -> Result<Enclosure> {
        let observation = &self.slice.observation;
        let covariance = observation.conditional_covariance();
        let sandwiched = |precision: &Ball| precision.product(&covariance.product(precision));
        Ok(match self.formula {
            Formula::Noise => {
                let sandwich = sandwiched(&observation.noise_precision());
                self.slice.form(&times(&sandwich, observation.gain_squared(), 0.0))?
            }
            Formula::Target => self.slice.form(&sandwiched(&observation.prior_precision()))?,
            Formula::Standard => {
                self.slice.lambda() * self.slice.form(&covariance)? / self.slice.complement().square()
            }
        })
    }

    fn assembled(&self, curvature: Enclosure, covariance: Enclosure) -> Enclosure {
        let sum = curvature + covariance;
        if self.formula == Formula::Target { sum / self.slice.lambda() } else { sum }
    }
}

impl Slice {
    /// `⟨u, w⟩`.
    fn inner(&self) -> Result<Enclosure> {
        self.along(&column("w", &self.w)?)
    }
}

impl fmt::Display for HessianInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} formula, {}", self.formula, self.slice)
    }
}

/// The claim.
pub struct HessianFormulae;

impl Theorem for HessianFormulae {
    type Instance = HessianInstance;

    const ABOUT: About = About {
        id: "W2",
        chapter: Chapter::WellPosedness,
        title: "The Hessian of log p_t is a conditional covariance",
        statement: "∇²log p_t(y) = E[∇²log ν_σ(y−√λX)|y] + Cov(∇log ν_σ(y−√λX)|y) \
                    = λ^{−1}{E[∇²log π(X)|y] + Cov(∇log π(X)|y)}; for ν=γ: −I/(1−λ) + λ Cov(X|y)/(1−λ)²",
        hypotheses: &[
            ("H1", "0 < λ < 1"),
            ("H2", "the density that is differentiated is smooth with integrable derivatives"),
            ("H3", "last formula: the base is γ"),
        ],
        why: "Differentiate W1 once more: the derivative of the conditional weights is the covariance.",
        checked: "Bilinear forms of the Hessian, minus the inverse covariance of the marginal, against the \
                  formulae with the conditional covariance, the inverse of a precision: general covariances, \
                  bases that do not commute with the target, condition numbers up to 10⁸, d up to 20.",
        not_checked: "Targets and bases that are not Gaussian.",
        source: "Hatsell, Nolte, Some geometric properties of the likelihood ratio (1971); [CCG], well-posedness",
        relation: Relation::Equality { resolution: 1e-9 },
        rests_on: &["W1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<HessianInstance>> {
        NonEmpty::new(
            Family {
                name: "standard base, all three formulae",
                evidence: Evidence::Certified,
                quick: 21,
                full: 168,
                draw: HessianInstance::standard,
            },
            [Family {
                name: "Gaussian bases that do not commute with the target",
                evidence: Evidence::Certified,
                quick: 12,
                full: 120,
                draw: HessianInstance::general,
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<HessianInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "the covariance left out",
                instance: || HessianInstance::example(Formula::Noise),
                wrong: Wrong::Bound(|i| Ok(i.assembled(i.curvature()?, Enclosure::exact(0.0)))),
            },
            [
                FalseTwin {
                    name: "the covariance subtracted",
                    instance: || HessianInstance::example(Formula::Target),
                    wrong: Wrong::Bound(|i| Ok(i.assembled(i.curvature()?, -i.covariance()?))),
                },
                FalseTwin {
                    name: "1−λ in place of (1−λ)²",
                    instance: || HessianInstance::example(Formula::Standard),
                    wrong: Wrong::Bound(|i| Ok(i.curvature()? + i.covariance()? * i.slice.complement())),
                },
                FalseTwin {
                    name: "√λ in place of λ",
                    instance: || HessianInstance::example(Formula::Standard),
                    wrong: Wrong::Bound(|i| Ok(i.curvature()? + i.covariance()? / i.slice.lambda().sqrt())),
                },
                FalseTwin {
                    name: "the formula of the standard base for a base of variance 2",
                    instance: || {
                        let (target, base) =
                            (Gaussian::isotropic(vec![1.0], 0.5)?, Gaussian::isotropic(vec![0.0], 2.0)?);
                        let slice = Slice::new(&target, base, 0.5, vec![2.0], vec![1.0], vec![1.0])?;
                        Ok(HessianInstance { slice, formula: Formula::Standard })
                    },
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn scale(instance: &HessianInstance) -> f64 {
        instance.slice.form_scale(&instance.slice.observation.hessian())
    }

    fn observed(instance: &HessianInstance) -> Result<Enclosure> {
        instance.slice.form(&instance.slice.observation.hessian())
    }

    fn bound(instance: &HessianInstance) -> Result<Enclosure> {
        Ok(instance.assembled(instance.curvature()?, instance.covariance()?))
    }
}
