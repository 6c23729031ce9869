//! **E3**: the Jacobian of the entropic map is a conditional covariance, and convexity bounds it.
//!
//! *Statement.* For `Y = X + σZ` the map `y ↦ E[X|Y=y]` has the Jacobian `Cov(X|y)/σ² ≤ C_P(X|y)/σ²`; if
//! `∇²V ≥ ρ` for the law `e^{−V}` of X it is at most `1/(1+ρσ²)`. For general marginals, source
//! `e^{−V}` with `∇²V ≤ β` and target `e^{−W}` with `∇²W ≥ α`, at temperature ε:
//! at most `½(√(ε²β² + 4β/α) − εβ)`.
//!
//! *Hypotheses.* H1: `σ, ε > 0`. H2: `∇²V ≥ ρ > 0`. H3: `∇²V ≤ β`, `∇²W ≥ α > 0`.
//!
//! *Normalisation.* Cost `|x−y|²/2`; temperature σ² or ε; `Var(f) ≤ C_P ∫|∇f|²`.
//!
//! *Why.* W2 and E2 give the first; the conditional potential has Hessian at least `ρ + 1/σ²`, and
//! Brascamp-Lieb bounds the covariance. In general Brascamp-Lieb bounds one potential's
//! curvature by the other's and Cramér-Rao the other way round; solving both gives the root.
//!
//! *Source.* Chewi, Pooladian, *An entropic generalization of Caffarelli's contraction theorem via
//! covariance inequalities* (2023).
//!
//! *Checked.* Left: `I + σ²∇²log p` through the covariance of Y, or the closed form of the Gaussian entropic
//! map with verified residual. Right: the formulae. *Not checked here:* other marginals.
//!
//! *Sharp.* Gaussian laws: top eigen-direction; isotropic marginals. *Dropping H2* (a smaller
//! curvature than claimed) breaks the bound.

use super::instance::NoisyLaw;
use super::jacobian_instance::JacobianInstance::{
    self, Convex, Identity, LineIdentity, LinePoincare, Marginals, Poincare,
};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::conditional::Quantity;
use crate::measure::gaussian::Gaussian;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{Ball, Matrix, enclosed_eigen};
use crate::numerics::stream::Stream;
use crate::path::observation::{column, times};
use crate::transport::entropic_map_jacobian;

fn rayleigh(u: &[f64], m: &Ball) -> Result<Enclosure> {
    let u = column("u", u)?;
    let form = u.transpose().product(&m.product(&u)).entry(0, 0);
    Ok(Enclosure::certified(form) / Enclosure::certified(u.norm_squared()))
}

/// Draws an instance.
type Draw = fn(&mut Stream, usize) -> Result<JacobianInstance>;

/// The claim.
pub struct EntropicMapJacobian;

impl Theorem for EntropicMapJacobian {
    type Instance = JacobianInstance;

    const ABOUT: About = About {
        id: "E3",
        chapter: Chapter::Entropic,
        title: "Bounds on the Jacobian of the entropic map",
        statement: "Y=X+σZ: the Jacobian of y ↦ E[X|Y=y] is Cov(X|y)/σ² ≤ C_P(X|y)/σ², and ≤ 1/(1+ρσ²) if \
                    ∇²V ≥ ρ; source ∇²V ≤ β, target ∇²W ≥ α, temperature ε: ≤ ½(√(ε²β²+4β/α) − εβ)",
        hypotheses: &[
            ("H1", "σ, ε > 0"),
            ("H2", "∇²V ≥ ρ > 0 for the law e^{−V} of X"),
            ("H3", "source ∇²V ≤ β, target ∇²W ≥ α > 0"),
        ],
        why: "Tweedie's formula differentiated; Brascamp-Lieb for the conditional law, whose potential has Hessian \
              ≥ ρ + 1/σ². In general Brascamp-Lieb and Cramér-Rao bound the two potentials by each other.",
        checked: "Rayleigh quotients of I + σ²∇²log p, and of the closed form of the Gaussian entropic map with \
                  verified residual, against the formulae: general covariances that do not commute, condition \
                  numbers up to 10⁸, d up to 20, temperatures over ten octaves. On the line: the difference \
                  quotient of conditional means against variance and Poincaré constant of the conditional law; \
                  between mixtures, hyperbolic and perturbed laws and quartic, kinked and bounded ones the largest \
                  slope of Sinkhorn's map in the bulk of the source.",
        not_checked: "Laws in the plane that are not Gaussian.",
        source: "Chewi, Pooladian, An entropic generalization of Caffarelli's contraction theorem (2023)",
        relation: Relation::Upper,
        rests_on: &["E2", "W2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<JacobianInstance>> {
        let family =
            |name, quick, full, draw: Draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            family("noisy Gaussian laws", 21, 168, JacobianInstance::random),
            [
                family("two Gaussian marginals", 12, 120, JacobianInstance::random_marginals),
                Family {
                    name: "noisy laws on the line",
                    evidence: Evidence::Converged,
                    quick: 8,
                    full: 80,
                    draw: JacobianInstance::line,
                },
                Family {
                    name: "two laws on the line",
                    evidence: Evidence::Converged,
                    quick: 8,
                    full: 96,
                    draw: JacobianInstance::line_marginals,
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<JacobianInstance>> {
        vec![
            SharpCase {
                name: "Poincaré bound, Gaussian law, top eigen-direction",
                kind: SharpKind::Attained(|| Ok(Poincare(JacobianInstance::planar(vec![1.0, 0.0])?))),
            },
            SharpCase {
                name: "convexity bound, Gaussian law, top eigen-direction",
                kind: SharpKind::Attained(|| {
                    JacobianInstance::sharply_convex(JacobianInstance::planar(vec![1.0, 0.0])?)
                }),
            },
            SharpCase {
                name: "two isotropic Gaussian marginals",
                kind: SharpKind::Attained(|| {
                    let source = Gaussian::isotropic(vec![0.0, 1.0], 3.0)?;
                    let target = Gaussian::isotropic(vec![1.0, 0.0], 0.5)?;
                    Ok(Marginals(Box::new((source, target)), 0.75, vec![1.0, -2.0]))
                }),
            },
            SharpCase {
                name: "marginals: narrowest direction of the source widest in the target",
                kind: SharpKind::Attained(|| JacobianInstance::crossed(vec![0.0, 1.0])),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<JacobianInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "1/(1+ρσ) in place of 1/(1+ρσ²), σ < 1",
                instance: || JacobianInstance::sharply_convex(JacobianInstance::planar(vec![1.0, 0.0])?),
                wrong: Wrong::Bound(|i| match i {
                    Convex(noisy, rho) => Ok(1.0 / (1.0 + Enclosure::exact(*rho) * noisy.sigma)),
                    _ => Self::bound(i),
                }),
            },
            [
                FalseTwin {
                    name: "Cov(X|y)/σ in place of Cov(X|y)/σ²",
                    instance: || Ok(Identity(JacobianInstance::planar(vec![1.0, 0.5])?)),
                    wrong: Wrong::Bound(|i| Ok(Self::bound(i)? * i.noisy().map_or(1.0, |n| n.sigma))),
                },
                FalseTwin {
                    name: "curvature in the narrowest direction as ρ",
                    instance: || Ok(Convex(JacobianInstance::planar(vec![1.0, 0.0])?, 2.0)),
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "εβ in place of εβ/2 subtracted",
                    instance: || JacobianInstance::crossed(vec![0.0, 1.0]),
                    wrong: Wrong::Bound(|i| match i {
                        Marginals(laws, epsilon, _) => {
                            let (alpha, beta) = curvatures(laws);
                            Ok(marginal_bound(alpha, beta, *epsilon) - beta * *epsilon * 0.5)
                        }
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "a target with two wells and the curvature at their bottoms as α",
                    instance: JacobianInstance::wells,
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "half of the bound, from cosh⁻³ to a quartic well",
                    instance: JacobianInstance::hyperbolic,
                    wrong: Wrong::Bound(|i| Ok(Self::bound(i)? * 0.5)),
                },
                FalseTwin {
                    name: "the largest curvature of the target as α",
                    instance: || JacobianInstance::crossed(vec![0.0, 1.0]),
                    wrong: Wrong::Bound(|i| match i {
                        Marginals(laws, epsilon, _) => {
                            let alpha = 1.0 / laws.1.spectrum().smallest();
                            Ok(marginal_bound(alpha, curvatures(laws).1, *epsilon))
                        }
                        _ => Self::bound(i),
                    }),
                },
            ],
        )
    }

    fn relation(instance: &JacobianInstance) -> Relation {
        match instance {
            Identity(_) => Relation::Equality { resolution: 1e-11 },
            LineIdentity(_) => Relation::Equality { resolution: 1e-5 },
            _ => Relation::Upper,
        }
    }

    fn observed(instance: &JacobianInstance) -> Result<Enclosure> {
        match instance {
            LineIdentity(observed) | LinePoincare(observed) => observed.slope(),
            JacobianInstance::LineMarginals(laws) => laws.largest_slope(),
            Marginals(laws, epsilon, u) => rayleigh(u, &entropic_map_jacobian(&laws.0, &laws.1, *epsilon)?),
            Identity(noisy) | Poincare(noisy) | Convex(noisy, _) => {
                let hessian = noisy.observation.hessian();
                let scaled = times(&hessian, Dd::product(noisy.sigma, noisy.sigma), 0.0);
                rayleigh(&noisy.u, &scaled.plus(&Ball::from(Matrix::identity(noisy.u.len()))))
            }
        }
    }

    fn bound(instance: &JacobianInstance) -> Result<Enclosure> {
        let squared = |noisy: &NoisyLaw| Enclosure::exact(noisy.sigma).square();
        match instance {
            Identity(noisy) => {
                Ok(rayleigh(&noisy.u, &noisy.plan()?.conditional_covariance()?)? / squared(noisy))
            }
            Poincare(noisy) => {
                let (values, _) = enclosed_eigen(&noisy.observation.conditional_covariance());
                Ok(Enclosure::certified(values[values.len() - 1]) / squared(noisy))
            }
            Convex(noisy, rho) => Ok(1.0 / (1.0 + Enclosure::exact(*rho) * squared(noisy))),
            LineIdentity(observed) => observed.conditional(Quantity::Variance),
            LinePoincare(observed) => observed.conditional(Quantity::Poincare),
            JacobianInstance::LineMarginals(laws) => {
                Ok(marginal_bound(laws.alpha.into(), laws.beta.into(), laws.epsilon))
            }
            Marginals(laws, epsilon, _) => {
                let (alpha, beta) = curvatures(laws);
                Ok(marginal_bound(alpha, beta, *epsilon))
            }
        }
    }
}

/// The smallest curvature α of the target and the largest curvature β of the source.
fn curvatures(laws: &(Gaussian, Gaussian)) -> (Enclosure, Enclosure) {
    (1.0 / laws.1.spectrum().largest(), 1.0 / laws.0.spectrum().smallest())
}

/// `½(√(ε²β² + 4β/α) − εβ)`.
fn marginal_bound(alpha: Enclosure, beta: Enclosure, epsilon: f64) -> Enclosure {
    let product = beta * epsilon;
    ((product.square() + 4.0 * beta / alpha).sqrt() - product) * 0.5
}
