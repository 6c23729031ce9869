//! **S3**: Girsanov's theorem bounds the error of the chain, also with an inexact score.
//!
//! *Statement.* `KL(p_1|law of the chain) ≤ KL(p_0|initial law) + ¼Σ_k∫E|v̂_τ(Y_τ) + s_τ(Y_τ) − ŝ_k(Y_{τ_k})|²dτ`, the
//! integral over the steps `[τ_k, τ_{k+1}]` and the expectation over the joint law of the Nelson process at two times.
//!
//! *Hypotheses.* H1: finite action. H2: the expectation is finite.
//!
//! *Normalisation.* Chain `X + hŝ_k(X) + √(2h)ξ`; Nelson process `dY = (s_τ + v̂_τ)dτ + √2 dB`, of law `p̂_τ`.
//!
//! *Why.* The chain is the process with the drift `ŝ_k(X_{τ_k})` at its times; Girsanov's theorem gives the divergence of
//! the path laws with the factor ¼ = ½·½, and marginals are closer than paths.
//!
//! *Source.* \[CCG\], Nelson processes and Girsanov; Chen, Chewi, Li, Li, Salim, Zhang, *Sampling is as easy as learning
//! the score* (2023), for discretised drifts.
//!
//! *Checked.* Left: the recursion of the chain with a score that is wrong in mean and precision. Right: quadrature over the joint law
//! of the Nelson process. Mixtures on the line: the law of the chain, and measures carried on by the Nelson process within a step, by
//! transition densities. *Not checked:* other targets; initial laws other than that of the path for mixtures.
//!
//! *Sharp.* Nowhere in general: the marginal at the end forgets. *Dropping H1* makes the right side infinite.

use super::instance::ChainInstance;
use super::line_chain::LineChain;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::numerics::stream::Stream;
use crate::path::Schedule;
use std::fmt;

/// A chain and its path.
#[derive(Clone, Debug)]
pub enum Instance {
    /// Towards a Gaussian target.
    Gaussian(Box<ChainInstance>),
    /// Towards a mixture on the line.
    Line(Box<LineChain>),
}
use Instance::{Gaussian, Line};

impl Instance {
    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Gaussian(Box::new(ChainInstance::random(stream, index)?)))
    }

    fn on_line(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Line(Box::new(LineChain::random(stream, index)?)))
    }

    fn gaussian(chain: Result<ChainInstance>) -> Result<Self> {
        Ok(Gaussian(Box::new(chain?)))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gaussian(chain) => chain.fmt(f),
            Line(chain) => chain.fmt(f),
        }
    }
}

/// The claim.
pub struct DiscreteGirsanov;

impl Theorem for DiscreteGirsanov {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "S3",
        chapter: Chapter::Sampler,
        title: "Girsanov bounds the chain, also with an inexact score",
        statement: "KL(p_1|law of the chain) ≤ KL(p_0|initial law) + ¼Σ_k∫E|v̂_τ(Y_τ) + s_τ(Y_τ) − ŝ_k(Y_{τ_k})|²dτ, Y the \
                    Nelson process",
        hypotheses: &[("H1", "finite action"), ("H2", "the expectation is finite")],
        why: "The chain is the process with the drift ŝ_k(X_{τ_k}) at its times; Girsanov's theorem for the path laws, and \
              marginals are closer than paths.",
        checked: "The law of the chain by its recursion, with scores wrong in mean and precision and wrong initial laws, against \
                  quadrature over the joint law of the Nelson process at two times: Gaussian targets in d = 1 to 5. Mixtures on the line, \
                  exact and inexact scores: both sides by transition densities.",
        not_checked: "Other targets; mixtures with an initial law other than the path's.",
        source: "[CCG], Nelson processes; Chen, Chewi, Li, Li, Salim, Zhang, Sampling is as easy as learning the score (2023)",
        relation: Relation::Upper,
        rests_on: &["B1", "S2", "T5"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        NonEmpty::new(
            Family {
                name: "random Gaussian targets, scores and starts",
                evidence: Evidence::Converged,
                quick: 16,
                full: 160,
                draw: Instance::random,
            },
            [Family {
                name: "mixtures on the line, exact and inexact scores",
                evidence: Evidence::Converged,
                quick: 2,
                full: 24,
                draw: Instance::on_line,
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "1/8 in place of 1/4",
                instance: || {
                    Instance::gaussian(ChainInstance::on_line(1.0, 1.0, Schedule::power(2.0)?, 1.0, 100))
                },
                wrong: Wrong::Bound(|i| match i {
                    Gaussian(chain) => Ok(chain.initial_divergence() + chain.parts().whole * 0.125),
                    Line(_) => Self::bound(i),
                }),
            },
            [
                FalseTwin {
                    name: "no initial divergence",
                    instance: || {
                        let chain = ChainInstance::on_line(0.0, 1.0, Schedule::cosine(), 10.0, 10)?;
                        Instance::gaussian(Ok(chain.with_start(1.0, 1.0)))
                    },
                    wrong: Wrong::Bound(|i| match i {
                        Gaussian(chain) => Ok(chain.parts().whole * 0.25),
                        Line(_) => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "the exact score in the bound for a chain with an inexact one",
                    instance: || {
                        let chain = ChainInstance::on_line(0.0, 1.0, Schedule::cosine(), 0.1, 100)?;
                        Instance::gaussian(Ok(chain.with_score(0.0, 1.0)))
                    },
                    wrong: Wrong::Bound(|i| match i {
                        Gaussian(chain) => {
                            Self::bound(&Gaussian(Box::new((**chain).clone().with_score(0.0, 0.0))))
                        }
                        Line(_) => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "the divergence of the chain from the target",
                    instance: || {
                        Instance::gaussian(ChainInstance::on_line(1.0, 0.25, Schedule::power(2.0)?, 1.0, 200))
                    },
                    wrong: Wrong::Observed(|i| match i {
                        Gaussian(chain) => Ok(chain.reverse_divergence()),
                        Line(_) => Self::observed(i),
                    }),
                },
                FalseTwin {
                    name: "a mixture: the exact score in the bound for a chain with an inexact one",
                    instance: || Ok(Line(Box::new(LineChain::example()?.with_score(0.0, 1.5)))),
                    wrong: Wrong::Bound(|i| match i {
                        Line(chain) => (**chain).clone().with_score(0.0, 0.0).girsanov_bound(),
                        Gaussian(_) => Self::bound(i),
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Gaussian(chain) => Ok(chain.divergence()),
            Line(chain) => chain.divergence(),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Gaussian(chain) => Ok(chain.initial_divergence() + chain.parts().whole * 0.25),
            Line(chain) => chain.girsanov_bound(),
        }
    }
}
