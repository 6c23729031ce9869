//! **W1**: the score of the path as a conditional expectation, in two ways.
//!
//! *Statement.* `∇log p_t(y) = E[∇log ν_σ(y−√λX)|X_t=y] = λ^{−1/2} E[∇log π(X)|X_t=y]`, where `ν_σ` is
//! the law of `√(1−λ) Z`. For ν = γ (Tweedie): `∇log p_t(y) = (√λ E[X|X_t=y] − y)/(1−λ)`.
//!
//! *Hypotheses.* H1: `0 < λ < 1`. H2: the density that is differentiated (of the noise, or of the target) is
//! smooth with integrable gradient. H3 (Tweedie): the base is γ.
//!
//! *Normalisation.* `X_t = √λ X + √(1−λ) Z`.
//!
//! *Why.* `p_t = law(√λX) * ν_σ`: the derivative of a convolution may be put on either factor, and
//! dividing by `p_t` makes the integral a conditional expectation.
//!
//! *Source.* Robbins, *An empirical Bayes approach to statistics* (1956), for Tweedie's formula;
//! \[CCG\] (well-posedness).
//!
//! *Checked.* Left: the score of the Gaussian marginal, through its covariance. Right: the formulae
//! through the conditional law, known by its precision. *Not checked here:* other targets.
//!
//! *Sharp.* An equality. *Dropping H3* breaks Tweedie's formula.

use super::instance::Slice;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::Ball;
use crate::numerics::stream::Stream;
use crate::path::observation::times;
use std::fmt;

/// Which expression for the score is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Formula {
    /// The derivative falls on the noise.
    Noise,
    /// The derivative falls on the target.
    Target,
    /// Tweedie's formula.
    Tweedie,
}

/// A slice of a path and the formula.
#[derive(Clone, Debug)]
pub struct ScoreInstance {
    slice: Slice,
    formula: Formula,
}

impl ScoreInstance {
    /// Tweedie's formula needs the standard base.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if it is another one.
    pub fn new(slice: Slice, formula: Formula) -> Result<Self> {
        if formula == Formula::Tweedie && !slice.has_standard_base() {
            return Err(Error::hypothesis("W1", "H3 (the base is γ)", &slice));
        }
        Ok(Self { slice, formula })
    }

    fn standard(stream: &mut Stream, index: usize) -> Result<Self> {
        // Beside a condition number of 10⁸ the target side would lose too many digits.
        let formula = if index % 7 == 3 {
            Formula::Tweedie
        } else {
            [Formula::Tweedie, Formula::Target, Formula::Noise][index % 3]
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
}

impl fmt::Display for ScoreInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} formula, {}", self.formula, self.slice)
    }
}

/// The claim.
pub struct ScoreFormulae;

impl Theorem for ScoreFormulae {
    type Instance = ScoreInstance;

    const ABOUT: About = About {
        id: "W1",
        chapter: Chapter::WellPosedness,
        title: "Two formulae for the score, Tweedie's among them",
        statement: "∇log p_t(y) = E[∇log ν_σ(y−√λX)|X_t=y] = λ^{−1/2} E[∇log π(X)|X_t=y], ν_σ = law of √(1−λ)Z; \
                    for ν=γ: ∇log p_t(y) = (√λ E[X|X_t=y] − y)/(1−λ)",
        hypotheses: &[
            ("H1", "0 < λ < 1"),
            ("H2", "the density that is differentiated is smooth with integrable gradient"),
            ("H3", "Tweedie: the base is γ"),
        ],
        why: "The derivative of a convolution may be put on either factor; dividing by p_t makes the integral \
              a conditional expectation.",
        checked: "Projections of the score, through the covariance of the marginal, against the formulae \
                  through the precision of the conditional law: general covariances, bases that do not commute \
                  with the target, condition numbers up to 10⁸, d up to 20, all schedules.",
        not_checked: "Targets and bases that are not Gaussian.",
        source: "Robbins, An empirical Bayes approach to statistics (1956); [CCG], well-posedness",
        relation: Relation::Equality { resolution: 1e-11 },
        rests_on: &["P1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<ScoreInstance>> {
        NonEmpty::new(
            Family {
                name: "standard base, all three formulae",
                evidence: Evidence::Certified,
                quick: 21,
                full: 168,
                draw: ScoreInstance::standard,
            },
            [Family {
                name: "Gaussian bases that do not commute with the target",
                evidence: Evidence::Certified,
                quick: 12,
                full: 120,
                draw: ScoreInstance::general,
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<ScoreInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "λ^{−1} in place of λ^{−1/2}",
                instance: || ScoreInstance::example(Formula::Target),
                wrong: Wrong::Bound(|i| Ok(Self::bound(i)? / i.slice.lambda().sqrt())),
            },
            [
                FalseTwin {
                    name: "the factor λ^{−1/2} left out",
                    instance: || ScoreInstance::example(Formula::Target),
                    wrong: Wrong::Bound(|i| Ok(Self::bound(i)? * i.slice.lambda().sqrt())),
                },
                FalseTwin {
                    name: "λ in place of √λ in Tweedie's formula",
                    instance: || ScoreInstance::example(Formula::Tweedie),
                    wrong: Wrong::Bound(|i| {
                        let mean = i.slice.observation.conditional_mean(&i.slice.y)?;
                        let weighted = times(&mean, i.slice.observation.gain_squared(), 0.0);
                        let gap = weighted.minus(&i.slice.observation.point(&i.slice.y)?);
                        Ok(i.slice.along(&gap)? / i.slice.complement())
                    }),
                },
                FalseTwin {
                    name: "the unconditional mean in Tweedie's formula",
                    instance: || ScoreInstance::example(Formula::Tweedie),
                    wrong: Wrong::Bound(|i| {
                        let gap =
                            i.slice.observation.law_mean().minus(&i.slice.observation.point(&i.slice.y)?);
                        Ok(i.slice.along(&gap)? / i.slice.complement())
                    }),
                },
                FalseTwin {
                    name: "Tweedie's formula for a base of variance 2",
                    instance: || {
                        let (target, base) =
                            (Gaussian::isotropic(vec![1.0], 0.5)?, Gaussian::isotropic(vec![0.0], 2.0)?);
                        let slice = Slice::new(&target, base, 0.5, vec![2.0], vec![1.0], vec![1.0])?;
                        Ok(ScoreInstance { slice, formula: Formula::Tweedie })
                    },
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn scale(instance: &ScoreInstance) -> f64 {
        let slice = &instance.slice;
        slice.observation.score(&slice.y).map_or(0.0, |s| slice.along_scale(&s))
    }

    fn observed(instance: &ScoreInstance) -> Result<Enclosure> {
        let slice = &instance.slice;
        slice.along(&slice.observation.score(&slice.y)?)
    }

    fn bound(instance: &ScoreInstance) -> Result<Enclosure> {
        let slice = &instance.slice;
        let observation = &slice.observation;
        let y = observation.point(&slice.y)?;
        // Both scores are affine, so their conditional expectation is their value at the mean.
        let mean = observation.conditional_mean(&slice.y)?;
        let signal: Ball = times(&mean, Dd::from(observation.gain()), 0.0);
        match instance.formula {
            Formula::Noise => slice.along(&observation.noise_score(&y.minus(&signal))),
            Formula::Target => Ok(slice.along(&observation.prior_score(&mean))? / slice.lambda().sqrt()),
            Formula::Tweedie => Ok(slice.along(&signal.minus(&y))? / slice.complement()),
        }
    }
}
