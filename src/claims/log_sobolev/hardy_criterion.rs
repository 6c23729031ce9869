//! **L13**: the Hardy-type criterion for log-Sobolev inequalities on the line (Bobkov-Götze, Barthe-Roberto).
//!
//! *Statement.* With m the median, p the density and `q = μ[x, ∞)`, `max b_± ≤ C_LS ≤ 4 max B_±`, where
//! `b_+ = sup_{x>m} q log(1 + 1/(2q)) ∫_m^x 1/p`, `B_+ = sup_{x>m} q log(1 + e²/q) ∫_m^x 1/p`, and `b_−`, `B_−` are their mirror images.
//!
//! *Hypotheses.* H1: μ has a density that is positive inside an interval.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫f'²`; `N(0, σ²)` has `2σ²`.
//!
//! *Why.* Cut f at the median and write the entropy as a norm of `f²` dual to an Orlicz space: Hardy's inequality
//! with weights holds with a constant between B and 4B, where the norm of an indicator gives the logarithm.
//!
//! *Source.* Bobkov, Götze, *Exponential integrability and transportation cost related to logarithmic Sobolev inequalities*
//! (1999); constants: Barthe, Roberto, *Sobolev inequalities for probability measures on the real line* (2003).
//!
//! *Checked.* Left: the quotient of the best function found, converged. Right: both integrals accumulated over cells. *Not
//! checked:* that no function beats the best one found from many starts (for the upper bound); suprema beyond the
//! level `e^{−40}` of the density.
//!
//! *Dropping* the factor 4, or the logarithm, makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::log_sobolev::maximise;
use crate::inequality::log_sobolev_perturbation::hardy_bracket;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct HardyCriterion;

/// A law on the line and which end of the bracket is looked at.
#[derive(Clone, Debug)]
pub struct Instance {
    law: LineMeasure,
    below: bool,
}

impl Instance {
    fn new(law: LineMeasure, below: bool) -> Self {
        Self { law, below }
    }

    fn random_law(stream: &mut Stream, index: usize) -> Result<LineMeasure> {
        let infinity = f64::INFINITY;
        let scale = 2_f64.powf(stream.random_range(-1.0..1.0));
        match index % 6 {
            0 => LineMeasure::gaussian(scale, scale),
            1 => LineMeasure::gaussian_mixture(&[0.2, 0.8], &[-scale, scale], &[0.5, 0.75]),
            2 => LineMeasure::exponential(1.0)?.restricted(0.0, 8.0 * scale),
            3 => LineMeasure::uniform(0.0, scale),
            4 => LineMeasure::parse(&format!("x^4/4 - x^2 + {}*x", 0.2 * scale), -infinity, infinity),
            _ => LineMeasure::gaussian(0.0, 1.0)?.restricted(-scale, 2.0),
        }
    }

    fn random_above(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::new(Self::random_law(stream, index)?, false))
    }

    fn random_below(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::new(Self::random_law(stream, index)?, true))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} end, {}", if self.below { "lower" } else { "upper" }, self.law)
    }
}

impl Theorem for HardyCriterion {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L13",
        chapter: Chapter::LogSobolev,
        title: "Hardy-type criterion on the line",
        statement: "max b_± ≤ C_LS ≤ 4 max B_±, b_+ = sup_{x>m} q log(1+1/(2q)) ∫_m^x 1/p, \
                    B_+ = sup_{x>m} q log(1+e²/q) ∫_m^x 1/p, q = μ[x,∞), m the median",
        hypotheses: &[("H1", "μ has a density p that is positive inside an interval")],
        why: "The entropy is a norm of f² dual to an Orlicz space; Hardy's inequality with weights holds with a constant \
              between B and 4B.",
        checked: "The quotient of the best function found (Gaussian and cut Gaussian laws, mixtures, cut exponential laws, \
                  uniform laws, tilted wells) against both ends.",
        not_checked: "That no function beats the best one found from many starts, for the upper end; suprema beyond the \
                      level e^{−40} of the density.",
        source: "Bobkov, Götze (1999); Barthe, Roberto (2003)",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("upper end", 6, 36, Instance::random_above),
            [family("lower end", 6, 36, Instance::random_below)],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "B in place of 4B",
                instance: || Ok(Instance::new(LineMeasure::gaussian(1.0, 2.0)?, false)),
                wrong: Wrong::Bound(|i| Ok(hardy_bracket(&i.law)?.upper)),
            },
            [
                FalseTwin {
                    name: "4b is a lower bound as well",
                    instance: || Ok(Instance::new(LineMeasure::gaussian(1.0, 2.0)?, true)),
                    wrong: Wrong::Bound(|i| Ok(4.0 * hardy_bracket(&i.law)?.lower)),
                },
                FalseTwin {
                    name: "no logarithm, as for the Poincaré constant",
                    instance: || {
                        Ok(Instance::new(LineMeasure::exponential(1.0)?.restricted(0.0, 24.0)?, false))
                    },
                    wrong: Wrong::Bound(|i| Ok(4.0 * hardy_bracket(&i.law)?.muckenhoupt)),
                },
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        if instance.below { Relation::Lower } else { Relation::Upper }
    }

    fn target_file(instance: &Instance) -> Option<String> {
        instance.law.target_table()
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        Ok(maximise(&instance.law)?.value)
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let bracket = hardy_bracket(&instance.law)?;
        Ok(if instance.below { bracket.lower } else { 4.0 * bracket.upper })
    }
}
