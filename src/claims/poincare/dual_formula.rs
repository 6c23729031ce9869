//! **C12**: two sides of the Poincaré constant from one increasing function.
//!
//! *Statement.* For f with `f' > 0`: `Var(f)/∫f'² dμ ≤ C_P ≤ sup_x ∫_x^∞ (f − μf) dμ/(f'(x)p(x))`.
//!
//! *Hypotheses.* H1: a density p on the line. H2: f is increasing and square integrable.
//!
//! *Normalisation.* `Var(f) ≤ C_P ∫ f'² dμ`.
//!
//! *Why.* Let `I(x)` be the quotient. `h' = I f'` solves `(−Lh)' = f'`, so `φ = h'` is a positive function with
//! `(−L + V'')φ = φ/I ≥ φ/sup I`, and `1/C_P` is the bottom of `−L + V''`. The lower side is the definition.
//!
//! *Source.* M.-F. Chen, Sci. China A 44 (2001); Chen, Wang, Trans. Amer. Math. Soc. 349 (1997); Bonnefont, Joulin (2019).
//!
//! *Checked.* Left: the constant from the integral operator. Right: both quotients of given functions by quadrature on
//! panels. *Not checked here:* functions whose quotient is largest at infinity.
//!
//! *Sharp.* Both sides, at the eigenfunction: `x` (normal), `x²` (chi), `sin x` (`cos^m`), `sinh x` (`cosh^{−s}`),
//! `e^x` (log-Gamma). *Dropping the centring* breaks the lower side; the infimum of the quotient is not an upper bound.

use super::line_law::LineLaw;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result, positive};
use crate::inequality::poincare::converged_poincare_constant;
use crate::inequality::{Increasing, dual_infimum, dual_supremum, rayleigh_quotient};
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct DualFormula;

/// An increasing function.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Trial {
    /// `x`.
    Linear,
    /// `x + a x³`.
    Cubic(f64),
    /// `x + a tanh((x − c)/b)`.
    Step {
        /// Height a.
        height: f64,
        /// Width b.
        width: f64,
        /// Centre c.
        centre: f64,
    },
    /// `e^{ax}/a`.
    Exponential(f64),
    /// `x²`, on the half-line.
    Square,
    /// `sin x`, within a quarter turn.
    Sine,
    /// `sinh x`.
    HyperbolicSine,
}

impl Increasing for Trial {
    fn value(&self, x: f64) -> f64 {
        match *self {
            Self::Linear => x,
            Self::Cubic(a) => x + a * x * x * x,
            Self::Step { height, width, centre } => x + height * ((x - centre) / width).tanh(),
            Self::Exponential(a) => (a * x).exp() / a,
            Self::Square => x * x,
            Self::Sine => x.sin(),
            Self::HyperbolicSine => x.sinh(),
        }
    }

    fn slope(&self, x: f64) -> f64 {
        match *self {
            Self::Linear => 1.0,
            Self::Cubic(a) => 1.0 + 3.0 * a * x * x,
            Self::Step { height, width, centre } => {
                1.0 + height / width / ((x - centre) / width).cosh().powi(2)
            }
            Self::Exponential(a) => (a * x).exp(),
            Self::Square => 2.0 * x,
            Self::Sine => x.cos(),
            Self::HyperbolicSine => x.cosh(),
        }
    }
}

/// A law, a function, and which of the two inequalities.
#[derive(Clone, Debug)]
pub struct Instance {
    law: LineLaw,
    trial: Trial,
    upper: bool,
}

impl Instance {
    /// `C_P ≤ sup I_f` if `upper`, else `C_P ≥ Var(f)/∫f'²`.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if f is not increasing on the domain; [`Error::Domain`] for bad parameters.
    pub fn new(law: LineLaw, trial: Trial, upper: bool) -> Result<Self> {
        let (lo, hi) = law.measure.domain();
        let quarter = std::f64::consts::FRAC_PI_2;
        let increasing = match trial {
            Trial::Linear | Trial::HyperbolicSine => true,
            Trial::Cubic(a) => a >= 0.0 && a.is_finite(),
            Trial::Step { height, width, centre } => {
                positive("width", width)?;
                height >= 0.0 && height.is_finite() && centre.is_finite()
            }
            Trial::Exponential(a) => positive("exponent", a).is_ok(),
            Trial::Square => lo >= 0.0,
            Trial::Sine => lo >= -quarter && hi <= quarter,
        };
        if increasing {
            Ok(Self { law, trial, upper })
        } else {
            Err(Error::hypothesis("C12", "H2 (f increasing)", format!("{trial:?} on ({lo}, {hi})")))
        }
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = match index % 4 / 2 {
            0 => LineLaw::random_well(stream)?,
            _ => LineLaw::random_mixture(stream, index / 4)?,
        };
        let trial = match (index + index / 4) % 3 {
            0 => Trial::Linear,
            1 => Trial::Cubic(stream.random_range(0.02..0.3)),
            _ => Trial::Step {
                height: stream.random_range(0.5..3.0),
                width: stream.random_range(0.4..1.0),
                centre: stream.random_range(-0.5..0.5),
            },
        };
        Self::new(law, trial, index.is_multiple_of(2))
    }

    fn random_deep(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = LineLaw::random_deep(stream)?;
        let trial = Trial::Step { height: 100.0, width: stream.random_range(0.05..0.2), centre: 0.0 };
        Self::new(law, trial, index.is_multiple_of(2))
    }

    fn random_one_sided(stream: &mut Stream, index: usize) -> Result<Self> {
        let k = stream.random_range(1.1..4.0);
        let (law, rate) = match index % 6 / 2 {
            0 => (LineMeasure::exponential(k)?, k),
            1 => (LineMeasure::gamma(k)?, 1.0),
            _ => (LineMeasure::log_gamma(k)?, k.min(2.0)),
        };
        Self::new(
            law.into(),
            Trial::Exponential(rate * stream.random_range(0.15..0.4)),
            index.is_multiple_of(2),
        )
    }

    /// A tilted double well and the linear function.
    fn well(upper: bool) -> Result<Self> {
        Self::new(LineLaw::formula("x^4/4 - 3*x^2/2 - 0.5*x")?, Trial::Linear, upper)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.upper { "C_P ≤ sup I_f" } else { "C_P ≥ Var(f)/E f'²" };
        write!(f, "{side}, f = {:?}, {}", self.trial, self.law)
    }
}

/// A law with its eigenfunction as a sharp case of one side.
macro_rules! eigenfunction {
    ($name:literal, $law:expr, $trial:expr, $upper:literal) => {
        SharpCase { name: $name, kind: SharpKind::Attained(|| Instance::new($law?.into(), $trial, $upper)) }
    };
}

impl Theorem for DualFormula {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C12",
        chapter: Chapter::Poincare,
        title: "Two sides from one increasing function",
        statement: "f' > 0 ⇒ Var(f)/∫f'²dμ ≤ C_P ≤ sup_x ∫_x^∞(f − μf)dμ/(f'(x)p(x)), equal at the eigenfunction",
        hypotheses: &[("H1", "a density p on the line"), ("H2", "f is increasing and square integrable")],
        why: "With I the quotient, h' = I f' solves (−Lh)' = f', so φ = h' > 0 has (−L+V'')φ = φ/I ≥ φ/sup I, and \
              1/C_P is the bottom of −L+V''. The lower side is the definition.",
        checked: "The constant from an integral operator against both quotients of linear, cubic, step and exponential \
                  functions: tilted wells, mixtures, deep and unequal wells, one-sided exponential tails.",
        not_checked: "Functions whose quotient is largest at infinity.",
        source: "M.-F. Chen, Sci. China A 44 (2001); Chen, Wang, Trans. Amer. Math. Soc. 349 (1997)",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("tilted wells and mixtures", 8, 64, Instance::random),
            [
                family("deep, unequal wells", 6, 60, Instance::random_deep),
                family("exponential tails", 6, 60, Instance::random_one_sided),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            eigenfunction!("normal law, x, above", LineMeasure::gaussian(1.0, 2.0), Trial::Linear, true),
            eigenfunction!("normal law, x, below", LineMeasure::gaussian(1.0, 2.0), Trial::Linear, false),
            eigenfunction!("chi law, x², above", LineMeasure::chi(2.5), Trial::Square, true),
            eigenfunction!("chi law, x², below", LineMeasure::chi(2.5), Trial::Square, false),
            eigenfunction!("cos², sin x, above", LineMeasure::cos_power(2.0), Trial::Sine, true),
            eigenfunction!("cos², sin x, below", LineMeasure::cos_power(2.0), Trial::Sine, false),
            eigenfunction!(
                "cosh^{−4}, sinh x, above",
                LineMeasure::cosh_power(4.0),
                Trial::HyperbolicSine,
                true
            ),
            eigenfunction!(
                "cosh^{−4}, sinh x, below",
                LineMeasure::cosh_power(4.0),
                Trial::HyperbolicSine,
                false
            ),
            eigenfunction!(
                "log-Gamma, eˣ, above",
                LineMeasure::log_gamma(4.5),
                Trial::Exponential(1.0),
                true
            ),
            eigenfunction!(
                "log-Gamma, eˣ, below",
                LineMeasure::log_gamma(4.5),
                Trial::Exponential(1.0),
                false
            ),
        ]
    }

    fn relation(instance: &Instance) -> Relation {
        if instance.upper { Relation::Upper } else { Relation::Lower }
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "infimum in place of the supremum",
                instance: || Instance::well(true),
                wrong: Wrong::Bound(|i| dual_infimum(&i.law.measure, &i.trial)),
            },
            [
                FalseTwin {
                    name: "half the supremum",
                    instance: || Instance::new(LineMeasure::gaussian(1.0, 2.0)?.into(), Trial::Linear, true),
                    wrong: Wrong::Bound(|i| Ok(dual_supremum(&i.law.measure, &i.trial)? / 2.0)),
                },
                FalseTwin {
                    name: "f not centred in the quotient below",
                    instance: || Instance::new(LineMeasure::gaussian(1.0, 2.0)?.into(), Trial::Linear, false),
                    // E x²/1 in place of the variance.
                    wrong: Wrong::Bound(|i| Ok(i.law.measure.variance() + i.law.measure.mean().square())),
                },
                FalseTwin {
                    name: "supremum of the linear function below",
                    instance: || Instance::well(false),
                    wrong: Wrong::Bound(|i| dual_supremum(&i.law.measure, &i.trial)),
                },
            ],
        )
    }

    fn target_file(instance: &Instance) -> Option<String> {
        instance.law.measure.target_table()
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        converged_poincare_constant(&instance.law.measure)
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let (measure, f) = (&instance.law.measure, &instance.trial);
        if instance.upper { dual_supremum(measure, f) } else { rayleigh_quotient(measure, f) }
    }
}
