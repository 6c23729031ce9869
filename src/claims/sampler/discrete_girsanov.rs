//! **S3**: Girsanov's theorem bounds the error of the chain, also with an inexact score.
//!
//! *Statement.* `KL(p_1|law of the chain) ≤ KL(p_0|initial law) + ¼Σ_k∫E|v̂_τ(Y_τ) + s_τ(Y_τ) − ŝ_k(Y_{τ_k})|²dτ`, the
//! integral over the steps `[τ_k, τ_{k+1}]` and the expectation over the joint law of the Nelson process at two times.
//!
//! *Hypotheses.* H1: finite action. H2: the expectation is finite.
//!
//! *Normalisation.* Chain `X + hŝ_k(X) + √(2h)ξ`; Nelson process `dY = (s_τ + v̂_τ)dτ + √2 dB`, of law p̂_τ.
//!
//! *Why.* The chain is the process with the drift `ŝ_k(X_{τ_k})` at its times; Girsanov's theorem gives the divergence of
//! the path laws with the factor ¼ = ½·½, and marginals are closer than paths.
//!
//! *Source.* \[CCG\], Nelson processes and Girsanov; Chen, Chewi, Li, Li, Salim, Zhang, *Sampling is as easy as learning
//! the score* (2023), for discretised drifts.
//!
//! *Checked.* Left: the recursion of the chain with a score that is wrong in mean and precision. Right: quadrature over the joint law
//! of the Nelson process. Gaussian targets. *Not checked:* other targets.
//!
//! *Sharp.* Nowhere in general: the marginal at the end forgets. *Dropping H1* makes the right side infinite.

use super::instance::ChainInstance;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::path::Schedule;

/// The claim.
pub struct DiscreteGirsanov;

impl Theorem for DiscreteGirsanov {
    type Instance = ChainInstance;

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
                  quadrature over the joint law of the Nelson process at two times: Gaussian targets in d = 1 to 5.",
        not_checked: "Targets that are not Gaussian.",
        source: "[CCG], Nelson processes; Chen, Chewi, Li, Li, Salim, Zhang, Sampling is as easy as learning the score (2023)",
        relation: Relation::Upper,
        rests_on: &["B1", "S2", "T5"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<ChainInstance>> {
        NonEmpty::new(
            Family {
                name: "random Gaussian targets, scores and starts",
                evidence: Evidence::Converged,
                quick: 16,
                full: 160,
                draw: ChainInstance::random,
            },
            [],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<ChainInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "1/8 in place of 1/4",
                instance: || ChainInstance::on_line(1.0, 1.0, Schedule::power(2.0)?, 1.0, 100),
                wrong: Wrong::Bound(|i| Ok(i.initial_divergence() + i.parts().whole * 0.125)),
            },
            [
                FalseTwin {
                    name: "no initial divergence",
                    instance: || {
                        Ok(ChainInstance::on_line(0.0, 1.0, Schedule::cosine(), 10.0, 10)?
                            .with_start(1.0, 1.0))
                    },
                    wrong: Wrong::Bound(|i| Ok(i.parts().whole * 0.25)),
                },
                FalseTwin {
                    name: "the exact score in the bound for a chain with an inexact one",
                    instance: || {
                        Ok(ChainInstance::on_line(0.0, 1.0, Schedule::cosine(), 0.1, 100)?
                            .with_score(0.0, 1.0))
                    },
                    wrong: Wrong::Bound(|i| Self::bound(&i.clone().with_score(0.0, 0.0))),
                },
                FalseTwin {
                    name: "the divergence of the chain from the target",
                    instance: || ChainInstance::on_line(1.0, 0.25, Schedule::power(2.0)?, 1.0, 200),
                    wrong: Wrong::Observed(|i| Ok(i.reverse_divergence())),
                },
            ],
        )
    }

    fn observed(instance: &ChainInstance) -> Result<Enclosure> {
        Ok(instance.divergence())
    }

    fn bound(instance: &ChainInstance) -> Result<Enclosure> {
        Ok(instance.initial_divergence() + instance.parts().whole * 0.25)
    }
}
