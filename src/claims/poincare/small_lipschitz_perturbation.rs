//! **C7**: Lipschitz perturbations that are small against the spectral gap.
//!
//! *Statement.* If `|∇U| ≤ L` and `L√C_P(ν) < 2` then `C_P(e^{−U}ν/Z) ≤ C_P(ν)/(1 − (L/2)√C_P(ν))²`.
//!
//! *Hypotheses.* H1: U is L-Lipschitz. H2: `L√C_P(ν) < 2`.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`.
//!
//! *Why.* With the c that makes `g = (f − c)e^{−U/2}` centred under ν, `∫(f − c)² dμ ≤ C_P(ν)∫|∇f − ½(f − c)∇U|² dμ`;
//! the triangle inequality in `L²(μ)`.
//!
//! *Source.* Cattiaux, Guillin, *Functional inequalities for perturbed measures* (2022).
//!
//! *Checked.* Left: the constant of the perturbed law, from its spectral gap. Right: the formula with the
//! constant of ν. Kinks, soft kinks, waves, steps and bumps on Gaussian, quartic, double-well, asymmetric, two-sided
//! exponential and cut laws, `L√C_P(ν)` up to 1.9. *Not checked:* several dimensions.
//!
//! *Sharp.* Two-sided exponential ν (`C_P = 4`) and `U = −(1−a)|x|`: `4/a²`. *Dropping* H2 makes it false: a
//! double well.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::poincare::perturbed_law::{PerturbedLaw, Term};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::perturbation::small_lipschitz;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct SmallLipschitzPerturbation;

/// What C7 is checked on.
#[derive(Clone, Debug)]
pub struct Instance {
    laws: PerturbedLaw,
    reference_constant: Enclosure,
}

impl Instance {
    /// A small Lipschitz perturbation.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] unless `L√C_P(ν) < 2`.
    pub fn new(laws: PerturbedLaw) -> Result<Self> {
        let instance = Self::large(laws)?;
        let product = instance.laws.slope() * instance.reference_constant.sqrt();
        if product.hi() < 2.0 {
            Ok(instance)
        } else {
            Err(Error::hypothesis("C7", "H2 (L√C_P(ν) < 2)", format!("{}: {product}", instance.laws)))
        }
    }

    /// Without H2.
    fn large(laws: PerturbedLaw) -> Result<Self> {
        let reference_constant = laws.reference_constant()?;
        Ok(Self { laws, reference_constant })
    }

    /// A term whose slope is the given share of the largest, on `V₀`.
    fn random_on(stream: &mut Stream, index: usize, potential: &str, domain: (f64, f64)) -> Result<Self> {
        let root = PerturbedLaw::new(potential, Vec::new(), domain)?.reference_constant()?.sqrt().hi();
        let share = stream.random_range(0.1..0.95);
        let term = Term::random_lipschitz(stream, index, 2.0 * share / root);
        Self::new(PerturbedLaw::new(potential, vec![term], domain)?)
    }

    fn random_on_line(stream: &mut Stream, index: usize) -> Result<Self> {
        const REFERENCES: [&str; 5] =
            ["x^2/2", "x^4/4 - 3*x^2/2 + 0.3*x", "exp(x) - 3*x", "x^4", "x^4/4 - 2*x^2 - 0.2*x"];
        let potential = REFERENCES[(index + index / 5) % REFERENCES.len()];
        Self::random_on(stream, index, potential, (f64::NEG_INFINITY, f64::INFINITY))
    }

    fn random_cut(stream: &mut Stream, index: usize) -> Result<Self> {
        let (lo, hi) = (stream.random_range(-2.0..-0.5), stream.random_range(0.5..3.0));
        let (potential, domain) = match index % 3 {
            0 => ("0*x", (lo, hi)),
            1 => ("x^2/2", (lo, f64::INFINITY)),
            _ => ("x^4/4 - x^2", (lo, hi)),
        };
        Self::random_on(stream, index, potential, domain)
    }

    /// Two-sided exponential ν and a kink away from its centre.
    fn random_exponential(stream: &mut Stream, _index: usize) -> Result<Self> {
        let slope = -stream.random_range(0.1..0.6);
        let terms = vec![
            Term::Kink { slope, centre: stream.random_range(0.5..2.0) },
            Term::random_bounded(stream, 1, 0.05),
        ];
        Self::new(PerturbedLaw::on_line("abs(x)", terms)?)
    }

    /// Two-sided exponential ν and `U = −(1−a)|x|`.
    fn exponential(a: f64) -> Result<Self> {
        let kink = Term::Kink { slope: a - 1.0, centre: 0.0 };
        Self::new(PerturbedLaw::on_line("abs(x)", vec![kink])?)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.laws.fmt(f)
    }
}

/// `C/(1 − share·L√C)²`.
fn with_share(instance: &Instance, share: Enclosure) -> Enclosure {
    let root = instance.reference_constant.sqrt();
    (root / (1.0 - share * instance.laws.slope() * root)).square()
}

impl Theorem for SmallLipschitzPerturbation {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C7",
        chapter: Chapter::Poincare,
        title: "Small Lipschitz perturbations",
        statement: "|∇U| ≤ L and L√C_P(ν) < 2 give C_P(e^{−U}ν/Z) ≤ C_P(ν)/(1 − (L/2)√C_P(ν))²",
        hypotheses: &[("H1", "|∇U| ≤ L"), ("H2", "L√C_P(ν) < 2")],
        why: "Apply the inequality of ν to (f − c)e^{−U/2}, centred by c, and the triangle inequality in L²(μ) to \
              ∇f − ½(f − c)∇U.",
        checked: "Spectral gap of the perturbed law against the formula: kinks, soft kinks, waves, steps and bumps on \
                  Gaussian, quartic, double-well, asymmetric, two-sided exponential and cut laws.",
        not_checked: "Several dimensions.",
        source: "Cattiaux, Guillin, Functional inequalities for perturbed measures (2022)",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family = |name, evidence, quick, full, draw| Family { name, evidence, quick, full, draw };
        NonEmpty::new(
            // Certified for most draws, not for all.
            family("laws on the line", Evidence::Converged, 4, 60, Instance::random_on_line),
            [
                family("cut laws", Evidence::Converged, 2, 30, Instance::random_cut),
                family(
                    "two-sided exponential laws",
                    Evidence::Converged,
                    2,
                    20,
                    Instance::random_exponential,
                ),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![SharpCase {
            name: "two-sided exponential law, a = ½: constant 16",
            kind: SharpKind::Attained(|| Instance::exponential(0.5)),
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "1/3 in place of 1/2",
                instance: || Instance::exponential(0.5),
                wrong: Wrong::Bound(|i| Ok(with_share(i, Enclosure::exact(1.0) / 3.0))),
            },
            [
                FalseTwin {
                    name: "1 − (L/2)√C_P(ν) without the square",
                    instance: || Instance::exponential(0.5),
                    wrong: Wrong::Bound(|i| {
                        let root = i.reference_constant.sqrt();
                        Ok(i.reference_constant / (1.0 - i.laws.slope() / 2.0 * root))
                    }),
                },
                FalseTwin {
                    name: "the formula for L√C_P(ν) > 2",
                    // The double well x²/2 − 3|x| has the constant 86.
                    instance: || {
                        let kink = Term::Kink { slope: -3.0, centre: 0.0 };
                        Instance::large(PerturbedLaw::on_line("x^2/2", vec![kink])?)
                    },
                    wrong: Wrong::Bound(|i| Ok(with_share(i, Enclosure::exact(0.5)))),
                },
            ],
        )
    }

    fn target_file(instance: &Instance) -> Option<String> {
        instance.laws.law.target_table()
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        instance.laws.constant()
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        small_lipschitz(instance.reference_constant, instance.laws.slope())
    }
}
