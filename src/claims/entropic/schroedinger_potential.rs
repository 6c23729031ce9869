//! **E2**: the Schrödinger potential of the noisy observation is the score, and its barycentric map is Tweedie's.
//!
//! *Statement.* The law P of `(X, Y)`, `Y = X + σZ`, has the form `dP = e^{(f+g−c)/σ²} dπ⊗p` with
//! `c = |x−y|²/2`, `∇g = −σ²∇log p` and `E[X|Y=y] = y + σ²∇log p(y)`, p the law of Y.
//!
//! *Hypotheses.* H1: `σ > 0`. H2: Z is standard Gaussian and independent of X.
//!
//! *Normalisation.* Temperature σ² for the cost `|x−y|²/2`.
//!
//! *Why.* The density of Y given X is `e^{−c/σ²}` up to a constant, so `e^{(f+g)/σ²}` has to be `1/p(y)`
//! up to a constant: `g = −σ² log p`. The second statement is Tweedie's formula.
//!
//! *Source.* Rigollet, Stromme, *On the sample complexity of entropic optimal transport* (2022), for the form of
//! the plan; Robbins (1956) for the map.
//!
//! *Checked.* Left: `∇_y log(dP/dπ⊗p) + ∇_y c/σ²`, and the conditional mean, from the inverse of the
//! joint covariance `[[Σ, Σ], [Σ, Σ+σ²I]]`; for mixtures and points on the line difference quotients of Sinkhorn's potential
//! and conditional means of its plan. Right: the score through the covariance of Y, or that of a mixture. *Not
//! checked here:* other laws of X; that the plan is optimal (E1).
//!
//! *Sharp.* An equality. *Dropping H2* (noise of another shape) breaks both.

use super::grid_potential::GridPotential;
use super::instance::{NoisyLaw, Plan};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::Ball;
use crate::numerics::stream::Stream;
use crate::path::observation::times;
use std::fmt;

/// Which half of the statement is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// `⟨u, ∇g(y)⟩`.
    Potential,
    /// `⟨u, E[X|Y=y]⟩`.
    Map,
}

/// A law, a noise level, two points, a direction, and the half of the statement.
#[derive(Clone, Debug)]
pub struct PotentialInstance {
    law: Law,
    part: Part,
}

#[derive(Clone, Debug)]
enum Law {
    Gaussian(Box<NoisyLaw>),
    Grid(GridPotential),
}

impl PotentialInstance {
    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let part = if index.is_multiple_of(2) { Part::Potential } else { Part::Map };
        Ok(Self { law: Law::Gaussian(Box::new(NoisyLaw::random(stream, index)?)), part })
    }

    fn on_grid(stream: &mut Stream, index: usize) -> Result<Self> {
        let part = if index.is_multiple_of(2) { Part::Potential } else { Part::Map };
        Ok(Self { law: Law::Grid(GridPotential::random(stream, index / 2)?), part })
    }

    fn example(part: Part) -> Result<Self> {
        Ok(Self { law: Law::Gaussian(Box::new(NoisyLaw::example()?)), part })
    }

    fn points(part: Part) -> Result<Self> {
        Ok(Self { law: Law::Grid(GridPotential::example()?), part })
    }

    /// `⟨u, ay + bσ^power ∇log p(y)⟩`.
    fn combination(&self, a: f64, b: f64, power: i32) -> Result<Enclosure> {
        let noisy = match &self.law {
            Law::Gaussian(noisy) => noisy,
            Law::Grid(grid) => {
                return grid.combination(a, b * grid.sigma().powi(power), self.part == Part::Potential);
            }
        };
        let y = noisy.observation.point(&noisy.y)?;
        let score = times(&noisy.observation.score(&noisy.y)?, Dd::from(b), 0.0);
        let sigma = Dd::from(noisy.sigma);
        let scaled = (0..power).fold(score, |s, _| times(&s, sigma, 0.0));
        noisy.along(&times(&y, Dd::from(a), 0.0).plus(&scaled))
    }

    /// The literal formula with another power of σ, or another sign, of the score.
    fn formula(&self, sign: f64, power: i32) -> Result<Enclosure> {
        match self.part {
            Part::Potential => self.combination(0.0, -sign, power),
            Part::Map => self.combination(1.0, sign, power),
        }
    }
}

impl fmt::Display for PotentialInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.law {
            Law::Gaussian(noisy) => write!(f, "{:?}, {noisy}", self.part),
            Law::Grid(grid) => write!(f, "{:?} by Sinkhorn, {grid}", self.part),
        }
    }
}

/// The claim.
pub struct SchroedingerPotential;

impl Theorem for SchroedingerPotential {
    type Instance = PotentialInstance;

    const ABOUT: About = About {
        id: "E2",
        chapter: Chapter::Entropic,
        title: "The Schrödinger potential is the score",
        statement: "for the law P of (X, Y=X+σZ), dP = e^{(f+g−c)/σ²} dπ⊗p, c = |x−y|²/2: \
                    ∇g = −σ²∇log p and E[X|Y=y] = y + σ²∇log p(y)",
        hypotheses: &[("H1", "σ > 0"), ("H2", "Z is standard Gaussian and independent of X")],
        why: "The density of Y given X is e^{−c/σ²} up to a constant, so e^{g/σ²} is 1/p up to a constant; the \
              map is Tweedie's formula.",
        checked: "The gradient of log dP/d(π⊗p) + c/σ² at random pairs of points and the conditional mean, from \
                  the inverse of the joint covariance, against the score through the covariance of Y: general \
                  covariances, condition numbers up to 10⁸, d up to 20, σ from 1/8 to 8. For mixtures and points on \
                  the line: difference quotients of Sinkhorn's potential and conditional means of its plan against \
                  the closed form of the score.",
        not_checked: "Laws in higher dimension that are not Gaussian; optimality of the plan (E1).",
        source: "Rigollet, Stromme, On the sample complexity of entropic optimal transport (2022); Robbins (1956)",
        relation: Relation::Equality { resolution: 1e-9 },
        rests_on: &["W1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<PotentialInstance>> {
        NonEmpty::new(
            Family {
                name: "random Gaussian laws and noise levels",
                evidence: Evidence::Certified,
                quick: 14,
                full: 140,
                draw: PotentialInstance::random,
            },
            [Family {
                name: "mixtures and points on the line, by Sinkhorn",
                evidence: Evidence::Converged,
                quick: 8,
                full: 80,
                draw: PotentialInstance::on_grid,
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<PotentialInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "σ in place of σ² in the potential",
                instance: || PotentialInstance::example(Part::Potential),
                wrong: Wrong::Bound(|i| i.formula(1.0, 1)),
            },
            [
                FalseTwin {
                    name: "the sign of the potential flipped",
                    instance: || PotentialInstance::example(Part::Potential),
                    wrong: Wrong::Bound(|i| i.formula(-1.0, 2)),
                },
                FalseTwin {
                    name: "the sign of the map's score flipped",
                    instance: || PotentialInstance::example(Part::Map),
                    wrong: Wrong::Bound(|i| i.formula(-1.0, 2)),
                },
                FalseTwin {
                    name: "σ in place of σ² in the map",
                    instance: || PotentialInstance::example(Part::Map),
                    wrong: Wrong::Bound(|i| i.formula(1.0, 1)),
                },
                FalseTwin {
                    name: "the cost left out of the exponent",
                    instance: || PotentialInstance::example(Part::Potential),
                    wrong: Wrong::Observed(|i| match &i.law {
                        Law::Gaussian(noisy) => noisy.along(&noisy.plan()?.log_density_gradient(noisy)?),
                        Law::Grid(_) => Self::observed(i),
                    }),
                },
                FalseTwin {
                    name: "half of the score in Sinkhorn's potential",
                    instance: || PotentialInstance::points(Part::Potential),
                    wrong: Wrong::Bound(|i| Ok(i.formula(1.0, 2)? * 0.5)),
                },
                FalseTwin {
                    name: "σ in place of σ² in Sinkhorn's map",
                    instance: || PotentialInstance::points(Part::Map),
                    wrong: Wrong::Bound(|i| i.formula(1.0, 1)),
                },
            ],
        )
    }

    fn relation(instance: &PotentialInstance) -> Relation {
        match &instance.law {
            Law::Gaussian(_) => Self::ABOUT.relation,
            Law::Grid(_) => Relation::Equality { resolution: 1e-6 },
        }
    }

    fn scale(instance: &PotentialInstance) -> f64 {
        let noisy = match &instance.law {
            Law::Gaussian(noisy) => noisy,
            // The score is of the size of 1/σ and may vanish.
            Law::Grid(grid) => return grid.sigma(),
        };
        let squared = noisy.sigma * noisy.sigma;
        let score = noisy.observation.score(&noisy.y).map_or(0.0, |s: Ball| squared * s.norm());
        let offset = if instance.part == Part::Map { euclidean(&noisy.y) } else { 0.0 };
        euclidean(&noisy.u) * (score + offset)
    }

    fn observed(instance: &PotentialInstance) -> Result<Enclosure> {
        let noisy = match (&instance.law, instance.part) {
            (Law::Gaussian(noisy), _) => noisy,
            (Law::Grid(grid), Part::Potential) => return grid.potential_slope(),
            (Law::Grid(grid), Part::Map) => return grid.map(),
        };
        let plan: Plan = noisy.plan()?;
        match instance.part {
            Part::Potential => {
                // ∇g = σ² ∇_y log(dP/dπ⊗p) + ∇_y c, the same for every x.
                let cost = noisy.observation.point(&noisy.y)?.minus(&noisy.observation.point(&noisy.x)?);
                noisy.along(&plan.log_density_gradient(noisy)?.plus(&cost))
            }
            Part::Map => noisy.along(&plan.conditional_mean(noisy)?),
        }
    }

    fn bound(instance: &PotentialInstance) -> Result<Enclosure> {
        instance.formula(1.0, 2)
    }
}

/// Euclidean norm.
fn euclidean(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}
