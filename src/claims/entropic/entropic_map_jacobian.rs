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
use super::line_marginals::{LineMarginals, ObservedLine};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::well_posedness::instance::{law_text, normal_vector};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::conditional::Quantity;
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{Ball, Matrix, enclosed_eigen};
use crate::numerics::stream::Stream;
use crate::path::observation::{column, times};
use crate::transport::entropic_map_jacobian;
use rand::RngExt;
use std::fmt;

/// Which part of the statement is checked, on what.
#[derive(Clone, Debug)]
pub enum JacobianInstance {
    /// `⟨u, (I + σ²∇²log p) u⟩ = ⟨u, Cov(X|y) u⟩/σ²`.
    Identity(NoisyLaw),
    /// The same Rayleigh quotient is at most `C_P(X|y)/σ²`.
    Poincare(NoisyLaw),
    /// It is at most `1/(1+ρσ²)`.
    Convex(NoisyLaw, f64),
    /// Two Gaussian marginals, temperature, direction.
    Marginals(Box<(Gaussian, Gaussian)>, f64, Vec<f64>),
    /// Slope of the map and `Var(X|y)/σ²` on the line.
    LineIdentity(Box<ObservedLine>),
    /// Slope of the map and `C_P(X|y)/σ²` on the line.
    LinePoincare(Box<ObservedLine>),
    /// Two laws on the line.
    LineMarginals(Box<LineMarginals>),
}
use JacobianInstance::{Convex, Identity, LineIdentity, LinePoincare, Marginals, Poincare};

impl JacobianInstance {
    /// The bound by convexity with `∇²V ≥ rho`.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if the law is less convex.
    pub fn convex(noisy: NoisyLaw, rho: f64) -> Result<Self> {
        let curvature = 1.0 / noisy.observation.target().poincare_constant();
        if rho <= curvature.hi() {
            Ok(Convex(noisy, rho))
        } else {
            Err(Error::hypothesis("E3", "H2 (∇²V ≥ ρ)", format!("ρ = {rho}, curvature {curvature}")))
        }
    }

    /// `∇²V ≥ ρ` with the largest ρ.
    fn sharply_convex(noisy: NoisyLaw) -> Result<Self> {
        let rho = (1.0 / noisy.observation.target().poincare_constant()).lo();
        Self::convex(noisy, rho)
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let noisy = NoisyLaw::random(stream, index / 3)?;
        // In one dimension the two inequalities are equalities.
        match index % 3 {
            1 if noisy.u.len() > 1 => Ok(Poincare(noisy)),
            2 if noisy.u.len() > 1 => Self::sharply_convex(noisy),
            _ => Ok(Identity(noisy)),
        }
    }

    fn random_marginals(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 2 + index % 3;
        let source = Gaussian::random(stream, d, if index % 4 == 3 { 1e6 } else { 20.0 }, 0.0)?;
        let target = Gaussian::random(stream, d, 10.0, 0.0)?;
        let epsilon = stream.random_range(-5.0_f64..5.0).exp2();
        Ok(Marginals(Box::new((source, target)), epsilon, normal_vector(stream, d, 1.0)))
    }

    fn line(stream: &mut Stream, index: usize) -> Result<Self> {
        let observed = Box::new(ObservedLine::random(stream, index / 2)?);
        Ok(if index.is_multiple_of(2) { LineIdentity(observed) } else { LinePoincare(observed) })
    }

    fn line_marginals(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::LineMarginals(Box::new(LineMarginals::random(stream, index)?)))
    }

    /// To a double well with the curvature 6 of its wells in the place of α, which the barrier violates.
    fn wells() -> Result<Self> {
        let target = LineMeasure::parse("x^4/4 - 3*x^2/2", f64::NEG_INFINITY, f64::INFINITY)?;
        let laws = LineMarginals::unchecked(LineMeasure::gaussian(0.5, 1.0)?, 1.0, target, 6.0, 0.5)?;
        Ok(Self::LineMarginals(Box::new(laws)))
    }

    /// From `cosh⁻³` to a quartic well.
    fn hyperbolic() -> Result<Self> {
        let target = LineMeasure::parse("2*x^2 + x^4/100", f64::NEG_INFINITY, f64::INFINITY)?;
        let laws = LineMarginals::new(LineMeasure::cosh_power(3.0)?, 3.0, target, 4.0, 0.5)?;
        Ok(Self::LineMarginals(Box::new(laws)))
    }

    fn planar(u: Vec<f64>) -> Result<NoisyLaw> {
        let law = Gaussian::diagonal(vec![1.0, -1.0], vec![2.0, 0.5])?;
        NoisyLaw::new(&law, 0.5, vec![0.0, 0.0], vec![1.0, 2.0], u)
    }

    /// `N(·, diag(3, ½))` to `N(·, diag(¼, 2))`: narrowest where the target is widest.
    fn crossed(u: Vec<f64>) -> Result<Self> {
        let source = Gaussian::diagonal(vec![0.0, 0.0], vec![3.0, 0.5])?;
        let target = Gaussian::diagonal(vec![1.0, 0.0], vec![0.25, 2.0])?;
        Ok(Marginals(Box::new((source, target)), 0.75, u))
    }

    fn noisy(&self) -> Option<&NoisyLaw> {
        match self {
            Identity(noisy) | Poincare(noisy) | Convex(noisy, _) => Some(noisy),
            _ => None,
        }
    }
}

impl fmt::Display for JacobianInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity(noisy) => write!(f, "identity, {noisy}"),
            Poincare(noisy) => write!(f, "Poincaré bound, {noisy}"),
            Convex(noisy, rho) => write!(f, "convexity bound with ρ={rho}, {noisy}"),
            LineIdentity(observed) => write!(f, "identity, {observed}"),
            LinePoincare(observed) => write!(f, "Poincaré bound, {observed}"),
            Self::LineMarginals(laws) => laws.fmt(f),
            Marginals(laws, epsilon, u) => {
                write!(f, "from {} to {}, ε={epsilon}, u={u:?}", law_text(&laws.0), law_text(&laws.1))
            }
        }
    }
}

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
