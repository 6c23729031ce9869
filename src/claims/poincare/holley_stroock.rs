//! **C6**: bounded perturbations (Holley-Stroock).
//!
//! *Statement.* If U is bounded then `C_P(e^{−U}ν/Z) ≤ e^{osc U} C_P(ν)`, `osc U = sup U − inf U`.
//!
//! *Hypotheses.* H1: `osc U` is finite.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`.
//!
//! *Why.* `Var_μ(f) ≤ ∫(f − ν(f))² dμ ≤ sup(dμ/dν) C_P(ν) ∫|∇f|² dν ≤ sup(dμ/dν) sup(dν/dμ) C_P(ν) ∫|∇f|² dμ`.
//!
//! *Source.* Holley, Stroock, J. Stat. Phys. 46 (1987).
//!
//! *Checked.* Left: the constant of the perturbed law, from its certified spectral gap. Right: the constant
//! of ν times `e^{osc U}`, with waves, steps, bumps and barriers for U, on convex, deep, asymmetric and cut ν.
//! *Not checked:* several dimensions.
//!
//! *Sharp.* As the perturbation vanishes. The exponent cannot be lowered either: a barrier of height h
//! divides the gap by `e^h` up to a constant. *Dropping* H1: no statement.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::poincare::perturbed_law::{PerturbedLaw, Term};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::perturbation::holley_stroock;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct HolleyStroock;

/// What C6 is checked on.
#[derive(Clone, Debug)]
pub struct Instance {
    laws: PerturbedLaw,
    oscillation: Enclosure,
}

impl Instance {
    /// A bounded perturbation.
    ///
    /// # Errors
    /// [`crate::error::Error::Hypothesis`] if it is not bounded.
    pub fn new(laws: PerturbedLaw) -> Result<Self> {
        let oscillation = laws.oscillation("C6")?;
        Ok(Self { laws, oscillation })
    }

    /// Convex, double-well and asymmetric ν on the line.
    fn random_on_line(stream: &mut Stream, index: usize) -> Result<Self> {
        const REFERENCES: [&str; 6] = [
            "x^2/2",
            "x^4/4 - 3*x^2/2 + 0.3*x",
            "x^4/4",
            "exp(x) - 2*x",
            "x^4/2 - 3*x^2 - 0.1*x",
            "x^2 + abs(x - 1)",
        ];
        let amplitude = stream.random_range(0.1..1.5);
        let mut terms = vec![Term::random_bounded(stream, index, amplitude)];
        if index.is_multiple_of(2) {
            terms.push(Term::random_bounded(stream, index / 2, 0.5));
        }
        Self::new(PerturbedLaw::on_line(REFERENCES[index % REFERENCES.len()], terms)?)
    }

    /// ν cut to an interval or a half-line.
    fn random_cut(stream: &mut Stream, index: usize) -> Result<Self> {
        let (lo, hi) = (stream.random_range(-2.0..-0.5), stream.random_range(0.5..3.0));
        let amplitude = stream.random_range(0.2..2.0);
        let term = Term::random_bounded(stream, index, amplitude);
        let (potential, domain) = match index % 4 {
            0 => ("0*x", (lo, hi)),
            1 => ("x^2/2", (lo, f64::INFINITY)),
            2 => ("2*x", (lo, f64::INFINITY)),
            _ => ("x^4/4 - x^2", (lo, hi)),
        };
        Self::new(PerturbedLaw::new(potential, vec![term], domain)?)
    }

    /// A barrier of the given height in the middle of the uniform law on `[−1, 1]`.
    fn barrier(height: f64) -> Result<Self> {
        let barrier = Term::Barrier { height, steepness: 16.0, width: 0.5 };
        Self::new(PerturbedLaw::new("0*x", vec![barrier], (-1.0, 1.0))?)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.laws.fmt(f)
    }
}

impl Theorem for HolleyStroock {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C6",
        chapter: Chapter::Poincare,
        title: "Bounded perturbations (Holley-Stroock)",
        statement: "C_P(e^{−U}ν/Z) ≤ e^{osc U} C_P(ν), osc U = sup U − inf U",
        hypotheses: &[("H1", "osc U is finite")],
        why: "Var_μ(f) ≤ ∫(f − ν(f))² dμ; compare the densities of μ and ν there and in the energy.",
        checked: "Certified spectral gap of the perturbed law against that of ν times e^{osc U}: waves, steps, bumps \
                  and barriers on convex, double-well, asymmetric and cut laws on the line.",
        not_checked: "Several dimensions.",
        source: "Holley, Stroock, Logarithmic Sobolev inequalities and stochastic Ising models, J. Stat. Phys. 46 (1987)",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family = |name, evidence, quick, full, draw| Family { name, evidence, quick, full, draw };
        NonEmpty::new(
            // Certified for most draws, not for all.
            family("laws on the line", Evidence::Converged, 6, 60, Instance::random_on_line),
            [
                family("cut laws", Evidence::Converged, 4, 40, Instance::random_cut),
                family("barriers", Evidence::Certified, 2, 20, |s, _| {
                    Instance::barrier(s.random_range(1.0..12.0))
                }),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![SharpCase {
            name: "a step that vanishes, on a double well",
            kind: SharpKind::Limit {
                instance: |h| {
                    let step = Term::Step { amplitude: h, steepness: 1.0, centre: 0.5 };
                    Instance::new(PerturbedLaw::on_line("x^4/4 - x^2/2", vec![step])?)
                },
                at: &[0.08, 0.04, 0.02, 0.01, 0.005],
            },
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "e^{½ osc U}: sup |U| in place of the oscillation",
                instance: || Instance::barrier(8.0),
                wrong: Wrong::Bound(|i| {
                    Ok(holley_stroock(i.laws.reference_constant()?, i.oscillation / 2.0))
                }),
            },
            [
                FalseTwin {
                    name: "the variance of ν in place of its Poincaré constant",
                    // The two-sided exponential law: variance 2, constant 4 with any bounded perturbation that
                    // is constant far out.
                    instance: || {
                        let step = Term::Step { amplitude: 0.125, steepness: 1.0, centre: 0.0 };
                        Instance::new(PerturbedLaw::on_line("abs(x)", vec![step])?)
                    },
                    wrong: Wrong::Bound(|i| Ok(holley_stroock(i.laws.reference_variance(), i.oscillation))),
                },
                FalseTwin {
                    name: "the sign: a perturbation lowers the constant by e^{−osc U}",
                    instance: || Instance::barrier(2.0),
                    wrong: Wrong::Bound(|i| Ok(holley_stroock(i.laws.reference_constant()?, -i.oscillation))),
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
        Ok(holley_stroock(instance.laws.reference_constant()?, instance.oscillation))
    }
}
