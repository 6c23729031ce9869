//! **C15**: Cheeger's constant bounds the Poincaré constant and survives small Lipschitz perturbations.
//!
//! *Statement.* `C_P ≤ 4C_C²`. If `|∇F| ≤ L` and `L·C_C(ν) < 1`, then `C_C(e^{−F}ν/Z) ≤ C_C(ν)/(1 − L·C_C(ν))`.
//!
//! *Hypotheses.* H1: `C_C` is finite. H2: F is L-Lipschitz with `L·C_C(ν) < 1`.
//!
//! *Normalisation.* `∫|f − m_f| dμ ≤ C_C ∫|∇f| dμ`; `Var(f) ≤ C_P ∫|∇f|² dμ`; F is a potential: density `∝ e^{−F}` with
//! respect to ν.
//!
//! *Why.* Let c be a median of f under ν: then 0 is one of `g = (f − c)e^{−F}`, and the inequality of ν for g reads
//! `∫|f−c|e^{−F}dν ≤ C_C ∫(|∇f| + L|f−c|)e^{−F}dν`; the median of the new law only makes the left side smaller.
//! Cheeger's inequality: the same for `f|f|`, and Cauchy-Schwarz.
//!
//! *Source.* Cheeger (1970); Bobkov, Houdré, Ann. Probab. 25 (1997); \[CCG\] (perturbation of functional inequalities).
//!
//! *Checked.* Left: Cheeger's constant `sup min(F,1−F)/p` of the perturbed law, and `C_P` from the integral operator.
//! Right: the formulae with Cheeger's constant of the base. *Not checked here:* more than one dimension.
//!
//! *Sharp.* Both: exponential laws. *Dropping H2* (a smaller L than that of F) breaks the second.

use super::line_law::LineLaw;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::cheeger_constant;
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct CheegerConstant;

/// One of the two statements.
#[derive(Clone, Debug)]
pub enum Instance {
    /// `C_P ≤ 4C_C²`.
    Poincare(Box<LineLaw>),
    /// A base, the perturbed law, and the Lipschitz constant of the logarithm of the density ratio.
    Perturbation(Box<(LineLaw, LineLaw)>, f64),
}

impl Instance {
    /// The base `∝ e^{−V}` perturbed by F, both formulae, `|F'| ≤ slope`.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] unless `slope·C_C < 1`, and those of [`LineMeasure::parse`].
    pub fn perturbation(v: &str, f: &str, slope: f64) -> Result<Self> {
        let base = LineLaw::formula(v)?;
        let product = cheeger_constant(&base.measure)? * slope;
        if product.hi() >= 1.0 || product.hi().is_nan() {
            return Err(Error::hypothesis("C15", "H2 (L·C_C < 1)", product));
        }
        let perturbed = LineLaw::formula(&format!("{v} + {f}"))?;
        Ok(Self::Perturbation(Box::new((base, perturbed)), slope))
    }

    fn law(measure: LineMeasure) -> Self {
        Self::Poincare(Box::new(measure.into()))
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let b = stream.random_range(-0.5..0.5);
        let v = match index % 4 {
            0 => format!("x^2/2 + {b}*x"),
            1 => format!("x^4/4 - x^2/2 + {b}*x"),
            2 => format!("2*log(cosh(x)) + {b}*x"),
            _ => format!("abs(x) + {}*x", 0.5 * b),
        };
        let base = cheeger_constant(&LineLaw::formula(&v)?.measure)?;
        let slope = stream.random_range(0.1..0.7) / base.hi();
        let c = stream.random_range(-1.0..1.0);
        // A concave F on exponential tails gives equality: that is a sharp case.
        let kind = if index % 4 == 3 { 2 * (index / 4 % 2) } else { (index + index / 4) % 4 };
        let f = match kind {
            0 => format!("{slope}*sqrt(1 + (x - {c})^2)"),
            1 => format!("(-{slope})*sqrt(1 + (x - {c})^2)"),
            2 => format!("{}*sin(2*x + {c})", 0.5 * slope),
            _ => format!("(-{slope})*log(cosh(x - {c}))"),
        };
        Self::perturbation(&v, &f, slope)
    }

    fn random_law(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::Poincare(Box::new(match index % 4 {
            0 => LineLaw::random_well(stream)?,
            1 => LineLaw::random_mixture(stream, index / 4)?,
            2 => LineLaw::random_deep(stream)?,
            _ => LineLaw::random_log_concave(stream, index / 4)?,
        })))
    }

    /// The two-sided exponential law made wider.
    fn widened_exponential() -> Result<Self> {
        Self::perturbation("abs(x)", "(-0.6)*abs(x)", 0.6)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poincare(law) => write!(f, "C_P ≤ 4C_C², {law}"),
            Self::Perturbation(laws, slope) => write!(f, "L={slope}, from {} to {}", laws.0, laws.1),
        }
    }
}

impl Theorem for CheegerConstant {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C15",
        chapter: Chapter::Poincare,
        title: "Cheeger's constant",
        statement: "C_P ≤ 4C_C²; |∇F| ≤ L, L·C_C(ν) < 1 ⇒ C_C(e^{−F}ν/Z) ≤ C_C(ν)/(1 − L·C_C(ν))",
        hypotheses: &[("H1", "C_C is finite"), ("H2", "F is L-Lipschitz and L·C_C(ν) < 1")],
        why: "The inequality of ν for (f − c)e^{−F}, c the median of f under ν, leaves L·C_C times the left side on \
              the right; the new median makes the left side smaller. Cheeger's inequality is the first-order one for f|f| with Cauchy-Schwarz.",
        checked: "sup min(F,1−F)/p of the perturbed law against the formula; C_P from an integral operator against \
                  4C_C²: wells, mixtures, deep and unequal wells, log-concave laws, tilted bases, exponential tails.",
        not_checked: "More than one dimension.",
        source: "Cheeger (1970); Bobkov, Houdré, Ann. Probab. 25 (1997); [CCG], perturbation of functional inequalities",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("Lipschitz perturbations", 8, 64, Instance::random),
            [family("Poincaré constants", 8, 64, Instance::random_law)],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "exponential law",
                kind: SharpKind::Attained(|| Ok(Instance::law(LineMeasure::exponential(0.5)?))),
            },
            SharpCase {
                name: "asymmetric two-sided exponential law",
                kind: SharpKind::Attained(|| Ok(Instance::law(LineMeasure::asymmetric_laplace(1.0, 3.0)?))),
            },
            SharpCase {
                name: "two-sided exponential law made wider",
                kind: SharpKind::Attained(Instance::widened_exponential),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "L/2 in place of L, as for C_P",
                instance: Instance::widened_exponential,
                wrong: Wrong::Bound(|i| bound_with(i, 4.0, 0.5)),
            },
            [
                FalseTwin {
                    name: "C_P ≤ 3C_C²",
                    instance: || Ok(Instance::law(LineMeasure::exponential(1.0)?)),
                    wrong: Wrong::Bound(|i| bound_with(i, 3.0, 1.0)),
                },
                FalseTwin {
                    name: "F steeper than L",
                    instance: || Instance::perturbation("abs(x)", "(-0.6)*abs(x)", 0.4),
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Poincare(law) => converged_poincare_constant(&law.measure),
            Instance::Perturbation(laws, _) => cheeger_constant(&laws.1.measure),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        bound_with(instance, 4.0, 1.0)
    }
}

/// `factor·C_C²`, or `C_C/(1 − share·L·C_C)`.
fn bound_with(instance: &Instance, factor: f64, share: f64) -> Result<Enclosure> {
    match instance {
        Instance::Poincare(law) => Ok(cheeger_constant(&law.measure)?.square() * factor),
        Instance::Perturbation(laws, slope) => {
            let c = cheeger_constant(&laws.0.measure)?;
            Ok(c / (1.0 - c * *slope * share))
        }
    }
}
