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
//! *Checked.* Left: the score of the Gaussian marginal, through its covariance; for mixtures the derivative of their density; for other
//! targets on the line, Gaussian or Student base, differences of the logarithm of the density. Right: the formulae through the
//! conditional law, known by its precision, as a mixture, or by quadrature on the line, in the plane and in space. *Not checked here:*
//! targets in several dimensions that are not mixtures.
//!
//! *Sharp.* An equality. *Dropping H3* breaks Tweedie's formula.

use super::formula_instance::{Formula, FormulaInstance, Place};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Relation};
use crate::error::Result;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::Ball;
use crate::path::observation::times;

/// Relative accuracy for Gaussian laws, and where a density is differentiated numerically.
const GAUSSIAN: f64 = 1e-11;
const DIFFERENCES: f64 = 1e-6;

/// The claim.
pub struct ScoreFormulae;

impl Theorem for ScoreFormulae {
    type Instance = FormulaInstance;

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
                  with the target, condition numbers up to 10⁸, d up to 20, all schedules. Mixtures and potentials on the line with Gaussian and \
                  Student bases: derivatives of log p_t against conditional expectations by quadrature; mixtures in d = 2, 3 with \
                  both, all formulae.",
        not_checked: "Targets in several dimensions that are not mixtures.",
        source: "Robbins, An empirical Bayes approach to statistics (1956); [CCG], well-posedness",
        relation: Relation::Equality { resolution: GAUSSIAN },
        rests_on: &["P1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<FormulaInstance>> {
        FormulaInstance::families()
    }

    fn false_twins() -> NonEmpty<FalseTwin<FormulaInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "λ^{−1} in place of λ^{−1/2}",
                instance: || FormulaInstance::example(Formula::Target),
                wrong: Wrong::Bound(|i| Ok(Self::bound(i)? / i.slice()?.lambda().sqrt())),
            },
            [
                FalseTwin {
                    name: "the factor λ^{−1/2} left out",
                    instance: || FormulaInstance::example(Formula::Target),
                    wrong: Wrong::Bound(|i| Ok(Self::bound(i)? * i.slice()?.lambda().sqrt())),
                },
                FalseTwin {
                    name: "λ in place of √λ in Tweedie's formula",
                    instance: || FormulaInstance::example(Formula::Standard),
                    wrong: Wrong::Bound(|i| {
                        let slice = i.slice()?;
                        let mean = slice.observation.conditional_mean(&slice.y)?;
                        let weighted = times(&mean, slice.observation.gain_squared(), 0.0);
                        let gap = weighted.minus(&slice.observation.point(&slice.y)?);
                        Ok(slice.along(&gap)? / slice.complement())
                    }),
                },
                FalseTwin {
                    name: "the unconditional mean in Tweedie's formula",
                    instance: || FormulaInstance::example(Formula::Standard),
                    wrong: Wrong::Bound(|i| {
                        let slice = i.slice()?;
                        let gap = slice.observation.law_mean().minus(&slice.observation.point(&slice.y)?);
                        Ok(slice.along(&gap)? / slice.complement())
                    }),
                },
                FalseTwin {
                    name: "Student base: λ^{−1} in place of λ^{−1/2}",
                    instance: || FormulaInstance::student_example(Formula::Target),
                    wrong: Wrong::Bound(|i| Ok(Self::bound(i)? / core_math::cos(0.8))),
                },
                FalseTwin {
                    name: "Student base in the plane: the score of the noise halved",
                    instance: || FormulaInstance::student_space_example(Formula::Noise),
                    wrong: Wrong::Bound(|i| Ok(Self::bound(i)? * 0.5)),
                },
                FalseTwin {
                    name: "Student base in the plane: Tweedie's formula",
                    instance: || FormulaInstance::student_space_example(Formula::Standard),
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "Tweedie's formula for a base of variance 2",
                    instance: FormulaInstance::wide_base,
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn relation(instance: &FormulaInstance) -> Relation {
        let resolution = if instance.is_numerical() { DIFFERENCES } else { GAUSSIAN };
        Relation::Equality { resolution }
    }

    /// The score vanishes somewhere.
    fn scale(instance: &FormulaInstance) -> f64 {
        match &instance.place {
            Place::Gaussian(slice) => {
                slice.observation.score(&slice.y).map_or(0.0, |s| slice.along_scale(&s))
            }
            Place::Line(_) => 1.0,
            Place::Space(space) => space.sizes().0,
        }
    }

    fn observed(instance: &FormulaInstance) -> Result<Enclosure> {
        match &instance.place {
            Place::Gaussian(slice) => slice.along(&slice.observation.score(&slice.y)?),
            Place::Line(line) => line.derivative(1),
            Place::Space(space) => Ok(space.derivatives()?[0]),
        }
    }

    fn bound(instance: &FormulaInstance) -> Result<Enclosure> {
        let slice = match &instance.place {
            Place::Gaussian(slice) => slice,
            Place::Line(line) => return Ok(line.formulae(instance.formula)?[0]),
            Place::Space(space) => return Ok(space.formulae(instance.formula)?[0]),
        };
        let observation = &slice.observation;
        let y = observation.point(&slice.y)?;
        // Both scores are affine, so their conditional expectation is their value at the mean.
        let mean = observation.conditional_mean(&slice.y)?;
        let signal: Ball = times(&mean, Dd::from(observation.gain()), 0.0);
        match instance.formula {
            Formula::Noise => slice.along(&observation.noise_score(&y.minus(&signal))),
            Formula::Target => Ok(slice.along(&observation.prior_score(&mean))? / slice.lambda().sqrt()),
            Formula::Standard => Ok(slice.along(&signal.minus(&y))? / slice.complement()),
        }
    }
}
