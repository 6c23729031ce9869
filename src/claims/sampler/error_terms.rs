//! **S4**: the error of the chain is made of bias, step and score error.
//!
//! *Statement.* With `b² = κA/4`, `d² = ¼Σ_k∫E|s_τ(Y_τ) − s_k(Y_{τ_k})|²dτ` and `e² = ¼Σ_k∫E|s_k − ŝ_k|²(Y_{τ_k})dτ`:
//! (i) the integral of S3 is `b² + d² + e²` plus twice the three mixed terms; (ii)
//! `KL(p_1|law of the chain) ≤ KL(p_0|initial law) + (b + d + e)²`.
//!
//! *Hypotheses.* H1: finite action. H2: d and e are finite.
//!
//! *Normalisation.* Chain `X + hŝ_k(X) + √(2h)ξ`, Y the Nelson process.
//!
//! *Why.* `v̂ + s_τ(Y_τ) − ŝ_k(Y_{τ_k})` is the sum of the three; (i) expands its square, (ii) is Minkowski's inequality. The three
//! squares alone do not bound it, as the mixed terms need not be negative; divergences obey no triangle inequality.
//!
//! *Source.* Elementary on top of S3; Lee, Lu, Tan, *Convergence for score-based generative modeling with polynomial
//! complexity* (2022), for the three kinds of error.
//!
//! *Checked.* (i) left: the square as a whole, by quadrature over the joint law; right: the action, and the parts one by
//! one. (ii) left: the recursion of the chain. Gaussian targets. *Not checked:* other targets.
//!
//! *Sharp.* (i) is an equality. *Dropping the mixed terms* makes (i) false.

use super::instance::ChainInstance;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::numerics::stream::Stream;
use crate::path::Schedule;
use std::fmt;

/// The two statements.
#[derive(Clone, Debug)]
pub enum ErrorInstance {
    /// (i): the square.
    Square(ChainInstance),
    /// (ii): the divergence.
    Divergence(ChainInstance),
}

impl ErrorInstance {
    fn chain(&self) -> &ChainInstance {
        match self {
            Self::Square(chain) | Self::Divergence(chain) => chain,
        }
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let chain = ChainInstance::random(stream, index / 2)?;
        Ok(if index.is_multiple_of(2) { Self::Square(chain) } else { Self::Divergence(chain) })
    }

    /// All three errors, each of some size.
    fn example() -> Result<ChainInstance> {
        Ok(ChainInstance::on_line(1.0, 0.25, Schedule::cosine(), 0.5, 20)?.with_score(0.1, -0.2))
    }

    /// `KL(p_0|initial law)` and the square of the sum of some of the roots.
    fn sum_of_roots(&self, which: [bool; 3]) -> Result<Enclosure> {
        let chain = self.chain();
        let parts = chain.parts();
        let mut sum = Enclosure::exact(0.0);
        for (part, wanted) in [chain.bias()?, parts.step, parts.score].into_iter().zip(which) {
            if wanted {
                sum = sum + (part.max(Enclosure::exact(0.0)) * 0.25).sqrt();
            }
        }
        Ok(chain.initial_divergence() + sum.square())
    }
}

impl fmt::Display for ErrorInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if matches!(self, Self::Square(_)) { "square" } else { "divergence" };
        write!(f, "{name}: {}", self.chain())
    }
}

/// The claim.
pub struct ErrorTerms;

impl Theorem for ErrorTerms {
    type Instance = ErrorInstance;

    const ABOUT: About = About {
        id: "S4",
        chapter: Chapter::Sampler,
        title: "Bias, step and score error of the chain",
        statement: "With b² = κA/4, d² = ¼Σ_k∫E|s_τ(Y_τ) − s_k(Y_{τ_k})|²dτ, e² = ¼Σ_k∫E|s_k − ŝ_k|²dτ: (i) the integral of S3 is \
                    b² + d² + e² plus twice the three mixed terms; (ii) KL(p_1|law of the chain) ≤ KL(p_0|initial law) + (b + d + e)²",
        hypotheses: &[("H1", "finite action"), ("H2", "d and e are finite")],
        why: "v̂ + s_τ(Y_τ) − ŝ_k(Y_{τ_k}) is the sum of the three: its square expanded, and Minkowski's inequality.",
        checked: "(i) The square as a whole by quadrature over the joint law of the Nelson process, against κ times the action and the \
                  other parts one by one. (ii) The recursion of the chain. Gaussian targets in d = 1 to 5.",
        not_checked: "Targets that are not Gaussian.",
        source: "elementary on top of S3; Lee, Lu, Tan, Convergence for score-based generative modeling with polynomial complexity (2022)",
        relation: Relation::Equality { resolution: 1e-6 },
        rests_on: &["S3"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<ErrorInstance>> {
        NonEmpty::new(
            Family {
                name: "random Gaussian targets, scores and starts",
                evidence: Evidence::Converged,
                quick: 16,
                full: 160,
                draw: ErrorInstance::random,
            },
            [],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<ErrorInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "(i) without the mixed terms",
                instance: || Ok(ErrorInstance::Square(ErrorInstance::example()?)),
                wrong: Wrong::Bound(|i| {
                    let parts = i.chain().parts();
                    Ok((i.chain().bias()? + parts.step + parts.score) * 0.25)
                }),
            },
            [
                FalseTwin {
                    name: "(ii) without the score error",
                    instance: || {
                        let chain = ChainInstance::on_line(0.0, 1.0, Schedule::cosine(), 0.1, 100)?;
                        Ok(ErrorInstance::Divergence(chain.with_score(0.0, 1.0)))
                    },
                    wrong: Wrong::Bound(|i| i.sum_of_roots([true, true, false])),
                },
                FalseTwin {
                    name: "(ii) without the bias",
                    instance: || {
                        let chain = ChainInstance::on_line(1.0, 1.0, Schedule::power(2.0)?, 1.0, 200)?;
                        Ok(ErrorInstance::Divergence(chain))
                    },
                    wrong: Wrong::Bound(|i| i.sum_of_roots([false, true, true])),
                },
                FalseTwin {
                    name: "(ii) with half of the score error",
                    instance: || {
                        let chain = ChainInstance::on_line(0.0, 1.0, Schedule::cosine(), 1.0, 1000)?;
                        Ok(ErrorInstance::Divergence(chain.with_score(0.0, 1.0)))
                    },
                    wrong: Wrong::Bound(|i| {
                        let parts = i.chain().parts();
                        Ok(((parts.step * 0.25).sqrt() + (parts.score * 0.0625).sqrt()).square())
                    }),
                },
            ],
        )
    }

    fn relation(instance: &ErrorInstance) -> Relation {
        match instance {
            ErrorInstance::Square(_) => Self::ABOUT.relation,
            ErrorInstance::Divergence(_) => Relation::Upper,
        }
    }

    fn observed(instance: &ErrorInstance) -> Result<Enclosure> {
        Ok(match instance {
            ErrorInstance::Square(chain) => chain.parts().whole * 0.25,
            ErrorInstance::Divergence(chain) => chain.divergence(),
        })
    }

    fn bound(instance: &ErrorInstance) -> Result<Enclosure> {
        match instance {
            ErrorInstance::Square(chain) => {
                let parts = chain.parts();
                Ok((chain.bias()? + parts.step + parts.score + parts.mixed * 2.0) * 0.25)
            }
            ErrorInstance::Divergence(_) => instance.sum_of_roots([true; 3]),
        }
    }
}
