//! **L2**: log-Sobolev implies Poincaré.
//!
//! *Statement.* `2 C_P(μ) ≤ C_LS(μ)`.
//!
//! *Hypotheses.* H1: `C_LS(μ) < ∞`.
//!
//! *Normalisation.* `Var(f) ≤ C_P ∫|∇f|²`, `Ent(f²) ≤ C_LS ∫|∇f|²`.
//!
//! *Why.* `Ent((1+εf)²) = 2ε² Var f + O(ε³)` and `∫|∇(1+εf)|² = ε² ∫|∇f|²`.
//!
//! *Source.* Rothaus (1978); Bakry, Gentil, Ledoux (2014), §5.1.
//!
//! *Checked.* Twice the Rayleigh quotients of test functions on Gaussian laws against `2‖Σ‖`; exact
//! constants of laws on the line. *Not checked:* that the linearisation is needed.
//!
//! *Sharp.* Gaussian, uniform and cosine laws: `C_LS = 2C_P`. The half-Gaussian law shows that
//! equality is no rule: `C_LS = 2σ²`, `2C_P = σ²`.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::Probe;
use crate::claims::poincare::exact_laws::ExactLaw;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct PoincareFromLogSobolev;

/// What L2 is checked on.
#[expect(clippy::large_enum_variant, reason = "an instance lives alone, one at a time")]
#[derive(Clone, Debug)]
pub enum Instance {
    /// A test function on a Gaussian law.
    Quotient(Probe),
    /// A law on the line with known constants.
    Line(ExactLaw),
    /// The two constants with their roles exchanged: `C_LS ≤ 2C_P`, which is false.
    Converse(ExactLaw),
}

/// A law with `C_LS = 2C_P`.
const UNIFORM: ExactLaw = ExactLaw::Uniform { length: 3.0 };

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quotient(probe) => write!(f, "{probe}"),
            Self::Line(law) => write!(f, "{law}"),
            Self::Converse(law) => write!(f, "converse for {law}"),
        }
    }
}

impl Theorem for PoincareFromLogSobolev {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L2",
        chapter: Chapter::LogSobolev,
        title: "Log-Sobolev implies Poincaré",
        statement: "2 C_P(μ) ≤ C_LS(μ)",
        hypotheses: &[("H1", "C_LS(μ) is finite")],
        why: "Ent((1+εf)²) = 2ε² Var f + O(ε³), while ∫|∇(1+εf)|² = ε² ∫|∇f|².",
        checked: "Twice the Rayleigh quotients of quadratic, exponential, trigonometric and linear functions against \
                  the log-Sobolev constants of Gaussian laws; laws on the line with both constants known.",
        not_checked: "Laws whose constants are known numerically only.",
        source: "Rothaus (1978); Bakry, Gentil, Ledoux (2014), §5.1",
        relation: Relation::Upper,
        rests_on: &["L1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            family("test functions on Gaussian laws", 18, 120, |s, i| {
                Ok(Instance::Quotient(Probe::random(s, i)?))
            }),
            [family("half-Gaussian laws", 4, 20, |s, _| {
                let deviation = 2_f64.powf(s.random_range(-4.0..4.0));
                Ok(Instance::Line(ExactLaw::HalfGaussian { deviation }))
            })],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "Gaussian law",
                kind: SharpKind::Attained(|| Ok(Instance::Quotient(Probe::widest()?))),
            },
            SharpCase { name: "uniform law", kind: SharpKind::Attained(|| Ok(Instance::Line(UNIFORM))) },
            SharpCase {
                name: "density cos²",
                kind: SharpKind::Attained(|| Ok(Instance::Line(ExactLaw::Cosine { power: 2 }))),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "C_LS ≤ 2 C_P as well, so C_LS = 2 C_P always (half-Gaussian: 2 against 1)",
                instance: || Ok(Instance::Converse(ExactLaw::HalfGaussian { deviation: 1.0 })),
                wrong: Wrong::Hypothesis,
            },
            [
                FalseTwin {
                    name: "4 C_P ≤ C_LS",
                    instance: || Ok(Instance::Line(UNIFORM)),
                    wrong: Wrong::Observed(|i| Ok(2.0 * PoincareFromLogSobolev::observed(i)?)),
                },
                FalseTwin {
                    name: "2 C_P ≤ C_LS with C_LS in the other normalisation (half as large)",
                    instance: || Ok(Instance::Quotient(Probe::widest()?)),
                    wrong: Wrong::Bound(|i| Ok(PoincareFromLogSobolev::bound(i)? / 2.0)),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        Ok(match instance {
            Instance::Quotient(probe) => 2.0 * probe.function.poincare_quotient(&probe.law)?,
            Instance::Line(law) => 2.0 * law.poincare_constant(),
            Instance::Converse(law) => law.log_sobolev_constant(),
        })
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        Ok(match instance {
            Instance::Quotient(probe) => probe.law.log_sobolev_constant(),
            Instance::Line(law) => law.log_sobolev_constant(),
            Instance::Converse(law) => 2.0 * law.poincare_constant(),
        })
    }
}
