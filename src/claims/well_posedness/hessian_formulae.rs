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
//! *Checked.* Left: minus the inverse covariance of the marginal; for mixtures the derivatives of their density; for other targets on the
//! line, Gaussian or Student base, second differences of the logarithm of the density. Right: the formulae with the conditional
//! covariance, the inverse of a precision, that of a mixture, or by quadrature on the line, in the plane and in space. *Not checked
//! here:* targets in several dimensions that are not mixtures.
//!
//! *Sharp.* An equality. *Dropping H3* breaks the second formula.

use super::formula_instance::{Formula, FormulaInstance, Place};
use super::instance::Slice;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Relation};
use crate::error::Result;
use crate::numerics::linalg::Ball;
use crate::path::observation::{column, times};

/// A Gaussian slice and the formula.
struct Terms<'a> {
    slice: &'a Slice,
    formula: Formula,
}

impl<'a> Terms<'a> {
    fn of(instance: &'a FormulaInstance) -> Result<Self> {
        Ok(Self { slice: instance.slice()?, formula: instance.formula })
    }

    /// `⟨u, E[∇²log ·]w⟩` of the density that is differentiated.
    fn curvature(&self) -> Result<Enclosure> {
        let observation = &self.slice.observation;
        Ok(match self.formula {
            Formula::Noise => -self.slice.form(&observation.noise_precision())?,
            Formula::Target => -self.slice.form(&observation.prior_precision())?,
            Formula::Standard => -(self.slice.along(&column("w", &self.slice.w)?)? / self.slice.complement()),
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

/// Relative accuracy for Gaussian laws, and where a density is differentiated twice numerically.
const GAUSSIAN: f64 = 1e-9;
const DIFFERENCES: f64 = 1e-5;

/// The claim.
pub struct HessianFormulae;

impl Theorem for HessianFormulae {
    type Instance = FormulaInstance;

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
                  bases that do not commute with the target, condition numbers up to 10⁸, d up to 20. Mixtures and potentials on the line with \
                  Gaussian and Student bases: second derivatives of log p_t against conditional expectations by quadrature; mixtures in d = 2, 3 \
                  with both, all formulae.",
        not_checked: "Targets in several dimensions that are not mixtures.",
        source: "Hatsell, Nolte, Some geometric properties of the likelihood ratio (1971); [CCG], well-posedness",
        relation: Relation::Equality { resolution: GAUSSIAN },
        rests_on: &["W1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<FormulaInstance>> {
        FormulaInstance::families()
    }

    fn false_twins() -> NonEmpty<FalseTwin<FormulaInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "the covariance left out",
                instance: || FormulaInstance::example(Formula::Noise),
                wrong: Wrong::Bound(|i| {
                    let terms = Terms::of(i)?;
                    Ok(terms.assembled(terms.curvature()?, Enclosure::exact(0.0)))
                }),
            },
            [
                FalseTwin {
                    name: "the covariance subtracted",
                    instance: || FormulaInstance::example(Formula::Target),
                    wrong: Wrong::Bound(|i| {
                        let terms = Terms::of(i)?;
                        Ok(terms.assembled(terms.curvature()?, -terms.covariance()?))
                    }),
                },
                FalseTwin {
                    name: "1−λ in place of (1−λ)²",
                    instance: || FormulaInstance::example(Formula::Standard),
                    wrong: Wrong::Bound(|i| {
                        let terms = Terms::of(i)?;
                        Ok(terms.curvature()? + terms.covariance()? * terms.slice.complement())
                    }),
                },
                FalseTwin {
                    name: "√λ in place of λ",
                    instance: || FormulaInstance::example(Formula::Standard),
                    wrong: Wrong::Bound(|i| {
                        let terms = Terms::of(i)?;
                        Ok(terms.curvature()? + terms.covariance()? / terms.slice.lambda().sqrt())
                    }),
                },
                FalseTwin {
                    name: "Student base: the factor λ^{−1} left out",
                    instance: || FormulaInstance::student_example(Formula::Target),
                    wrong: Wrong::Bound(|i| Ok(Self::bound(i)? * core_math::cos(0.8).powi(2))),
                },
                FalseTwin {
                    name: "Student base in the plane: the formula of the standard base",
                    instance: || FormulaInstance::student_space_example(Formula::Standard),
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "the formula of the standard base for a base of variance 2",
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

    /// Forms of the Hessian may vanish.
    fn scale(instance: &FormulaInstance) -> f64 {
        match &instance.place {
            Place::Gaussian(slice) => slice.form_scale(&slice.observation.hessian()),
            Place::Line(_) => 1.0,
            Place::Space(space) => space.sizes().1,
        }
    }

    fn observed(instance: &FormulaInstance) -> Result<Enclosure> {
        match &instance.place {
            Place::Gaussian(slice) => slice.form(&slice.observation.hessian()),
            Place::Line(line) => line.derivative(2),
            Place::Space(space) => Ok(space.derivatives()?[1]),
        }
    }

    fn bound(instance: &FormulaInstance) -> Result<Enclosure> {
        match &instance.place {
            Place::Gaussian(_) => {
                let terms = Terms::of(instance)?;
                Ok(terms.assembled(terms.curvature()?, terms.covariance()?))
            }
            Place::Line(line) => Ok(line.formulae(instance.formula)?[1]),
            Place::Space(space) => Ok(space.formulae(instance.formula)?[1]),
        }
    }
}
