//! **C11**: on the line the Poincaré constant is known up to a factor from integrals alone.
//!
//! *Statement.* `½B ≤ C_P ≤ 4B` with `B = max_± sup_{x ≷ m} μ(tail beyond x)·|∫_m^x 1/p|`, `m` a median
//! (Muckenhoupt). For log-concave laws `Var ≤ C_P ≤ 12 Var` (Bobkov).
//!
//! *Hypotheses.* H1: density `p` on the line, split at a median. H2 (for `12 Var`): `−log p` is convex.
//!
//! *Normalisation.* `Var(f) ≤ C_P ∫ f'² dμ`.
//!
//! *Why.* Hardy's inequality on both sides of the median: `Var(f) ≤ ∫(f − f(m))²`, whence `4B`; a function that
//! vanishes on one side of `m` has `(∫f)² ≤ ½∫f²`, whence `½B`. For log-concave laws Cheeger's constant is
//! `1/(2p(m))`, and `p(m)² Var ≥ 1/12`.
//!
//! *Source.* Muckenhoupt, Studia Math. 44 (1972); Miclo, *Quand est-ce que des bornes de Hardy permettent de calculer
//! une constante de Poincaré exacte sur la droite?* (2008); Bobkov, Ann. Probab. 27 (1999).
//!
//! *Checked.* Left: the constant from the integral operator. Right: `B` on panels split at the median, variances by
//! quadrature. *Not checked here:* laws with atoms or without a density.
//!
//! *Sharp.* `4B`: exponential laws. `½B`: two deep wells of weights `½ ∓ ε`, `ε → 0`: the median lies behind the whole
//! barrier. `Var`: normal laws. `12 Var` nowhere. *Dropping H2* breaks `12 Var` (deep wells).

use super::line_law::LineLaw;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::muckenhoupt_constant;
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use std::fmt;

/// The claim.
pub struct MuckenhouptBracket;

/// One of the four inequalities.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Side {
    /// `C_P ≥ ½B`.
    HalfB,
    /// `C_P ≤ 4B`.
    FourB,
    /// `C_P ≥ Var`.
    Variance,
    /// `C_P ≤ 12 Var`, log-concave laws.
    TwelveVariances,
}

/// A law and the inequality.
#[derive(Clone, Debug)]
pub struct Instance {
    law: LineLaw,
    side: Side,
}

impl Instance {
    /// # Errors
    /// [`Error::Hypothesis`] for `12 Var` and a law that is not log-concave.
    pub fn new(law: LineLaw, side: Side) -> Result<Self> {
        if side == Side::TwelveVariances && !law.is_log_concave() {
            return Err(Error::hypothesis("C11", "H2 (log-concave)", law));
        }
        Ok(Self { law, side })
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = match index % 4 / 2 {
            0 => LineLaw::random_well(stream)?,
            _ => LineLaw::random_mixture(stream, index / 4)?,
        };
        Self::new(law, if index.is_multiple_of(2) { Side::HalfB } else { Side::FourB })
    }

    fn random_deep(stream: &mut Stream, index: usize) -> Result<Self> {
        Self::new(LineLaw::random_deep(stream)?, [Side::HalfB, Side::FourB, Side::Variance][index % 3])
    }

    fn random_log_concave(stream: &mut Stream, index: usize) -> Result<Self> {
        let side = [Side::TwelveVariances, Side::Variance, Side::FourB, Side::HalfB][(index + index / 8) % 4];
        Self::new(LineLaw::random_log_concave(stream, index)?, side)
    }

    /// Wells of weights `½ ∓ ε` with a barrier of 50.
    fn wells(epsilon: f64) -> Result<Self> {
        let law = LineLaw::mixture(&[0.5 - epsilon, 0.5 + epsilon], &[-1.0, 1.0], &[0.1, 0.1])?;
        Self::new(law, Side::HalfB)
    }

    fn constant(&self) -> Result<Enclosure> {
        converged_poincare_constant(&self.law.measure)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::HalfB => "½B ≤ C_P",
            Side::FourB => "C_P ≤ 4B",
            Side::Variance => "Var ≤ C_P",
            Side::TwelveVariances => "C_P ≤ 12 Var",
        };
        write!(f, "{side}, {}", self.law)
    }
}

impl Theorem for MuckenhouptBracket {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C11",
        chapter: Chapter::Poincare,
        title: "Muckenhoupt's bracket; variance",
        statement: "On the line ½B ≤ C_P ≤ 4B, B = max_± sup_{x≷m} μ(tail beyond x)·|∫_m^x 1/p|, m a median; \
                    log-concave: Var ≤ C_P ≤ 12 Var",
        hypotheses: &[
            ("H1", "a density p on the line, split at a median"),
            ("H2", "−log p is convex (for 12 Var)"),
        ],
        why: "Hardy's inequality on both sides of the median: Var(f) ≤ ∫(f − f(m))² gives 4B; a function that \
              vanishes on one side of m has (∫f)² ≤ ½∫f², which gives ½B. For log-concave laws Cheeger's constant is \
              1/(2p(m)) and p(m)²Var ≥ 1/12.",
        checked: "The constant from an integral operator against B on panels split at the median and variances by \
                  quadrature: tilted wells, mixtures, deep and unequal wells, log-concave laws of eight kinds.",
        not_checked: "Laws with atoms.",
        source: "Muckenhoupt, Studia Math. 44 (1972); Miclo (2008); Bobkov, Ann. Probab. 27 (1999)",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("tilted wells and mixtures", 8, 60, Instance::random),
            [
                family("deep, unequal wells", 6, 60, Instance::random_deep),
                family("log-concave laws", 8, 64, Instance::random_log_concave),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "4B: exponential law",
                kind: SharpKind::Attained(|| {
                    Instance::new(LineMeasure::exponential(1.5)?.into(), Side::FourB)
                }),
            },
            SharpCase {
                name: "½B: deep wells of weights ½ ∓ ε",
                kind: SharpKind::Limit { instance: Instance::wells, at: &[0.08, 0.04, 0.02, 0.01, 0.005] },
            },
            SharpCase {
                name: "Var: normal law",
                kind: SharpKind::Attained(|| {
                    Instance::new(LineMeasure::gaussian(-2.0, 3.0)?.into(), Side::Variance)
                }),
            },
        ]
    }

    fn relation(instance: &Instance) -> Relation {
        match instance.side {
            Side::HalfB | Side::Variance => Relation::Lower,
            Side::FourB | Side::TwelveVariances => Relation::Upper,
        }
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "B ≤ C_P",
                // C_P/B = 0.519.
                instance: || {
                    let law = LineLaw::mixture(&[0.49, 0.51], &[-1.0, 1.0], &[0.25, 0.25])?;
                    Instance::new(law, Side::HalfB)
                },
                wrong: Wrong::Bound(|i| muckenhoupt_constant(&i.law.measure)),
            },
            [
                FalseTwin {
                    name: "C_P ≤ 3B",
                    instance: || Instance::new(LineMeasure::exponential(1.0)?.into(), Side::FourB),
                    wrong: Wrong::Bound(|i| Ok(muckenhoupt_constant(&i.law.measure)? * 3.0)),
                },
                FalseTwin {
                    name: "C_P ≤ 3 Var for log-concave laws",
                    instance: || Instance::new(LineMeasure::exponential(1.0)?.into(), Side::TwelveVariances),
                    wrong: Wrong::Bound(|i| Ok(i.law.measure.variance() * 3.0)),
                },
                FalseTwin {
                    name: "C_P ≤ 12 Var without log-concavity",
                    instance: || {
                        let law = LineLaw::mixture(&[0.3, 0.7], &[-1.0, 1.0], &[0.25, 0.25])?;
                        Ok(Instance { law, side: Side::TwelveVariances })
                    },
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn target_file(instance: &Instance) -> Option<String> {
        instance.law.measure.target_table()
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        instance.constant()
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let measure = &instance.law.measure;
        Ok(match instance.side {
            Side::HalfB => muckenhoupt_constant(measure)? / 2.0,
            Side::FourB => muckenhoupt_constant(measure)? * 4.0,
            Side::Variance => measure.variance(),
            Side::TwelveVariances => measure.variance() * 12.0,
        })
    }
}
