//! **W4**: when the laws of X given `X_t = y` satisfy a Poincaré inequality with one constant for all y.
//!
//! *Statement.* With `θ = α + λ/(1−λ) > 0`, for all y at once. (i) ν = γ, `∇²V ≥ α`: `C_P(X|y) ≤ 1/θ`. (ii) W bounded besides: times
//! `e^{osc W}`. (iii) Student base with n degrees of freedom: the conditional law is a Lipschitz perturbation of π with the constant
//! `ℓ = √λ(n+d)/(2√(n(1−λ)))` whatever y is: `C_P(X|y) ≤ C_P(π)/(1 − (ℓ/2)√C_P(π))²` while `ℓ√C_P(π) < 2`, and `c(α, L+ℓ)` if
//! `V = V₀ + H`. (iv) ν = γ, `V = V₀ + H`, `∇²V₀ ≥ α`, H L-Lipschitz: `C_P(X|y) ≤ c(θ, L)` and `‖Cov(X|y)‖ ≤ (θ^{−1/2} + L/θ)²`.
//! (v) ν = γ, `π = μ * N(0, s²I)`, μ in a ball of radius R: `C_P(X|y) ≤ C_P(½(δ_{R'} + δ_{−R'}) * N(0, v))`, `1/v = 1/s² + λ/(1−λ)`, `R' = Rv/s²`.
//!
//! *Hypotheses.* H1: `0 < λ < 1`. H2: `α + λ/(1−λ) > 0` for ν = γ, `α > 0` for a Student base; α of either sign otherwise. H3: the part's own
//! condition on the target.
//!
//! *Normalisation.* `Var(f) ≤ C_P ∫|∇f|²`; `X_t = √λ X + √(1−λ) Z`; `c(θ, L) = C_P(e^{−θx²/2+L|x|} on R)` (C9).
//!
//! *Why.* The conditional law has the potential `V(x) + |y − √λ x|²/(2(1−λ))`: convexity grows by `λ/(1−λ)`, and convexity profiles
//! do not see a translation. So C5, C6, C9 and C14 hold uniformly in y by themselves. For a Student base H1 bounds the slope of
//! what is added, for C7 and C9. For the covariance a synchronous coupling moves the mean of `e^{−V₀}` by at most `L/θ`.
//!
//! *Source.* \[CCG\] (uniform Poincaré inequalities for conditional laws); the constants are those of C5, C6, C7, C9, C14.
//!
//! *Checked.* Left: spectral gaps (or variances) of the conditional laws at observations near and far, and their supremum found
//! by a search. Right: the formulae. The growing-gap mixture, for which there is no uniform constant: its curvature
//! at the crossing of two components is `−1/v + (√λ gap/2v)²`, `v = λs² + 1 − λ`, and grows with exponent 2. *Not checked:* targets in
//! several dimensions other than mixtures with collinear means; the search for a supremum is no proof (its lower end is certified at
//! the observation found, its upper end is not).
//!
//! *Sharp.* (i) Gaussian targets. (iv) `H = −L|x|` at y = 0. (v) two equal components at y = 0. Not sharp: (ii), (iii), the covariance. *Dropping* H3
//! (every smooth density) makes it false: narrow normal laws with growing gaps.

use super::conditional_instance::{Ball, GrowingGaps, Kind, Known, Observation};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::poincare::perturbed_law::Term;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::ConvexityProfile;
use crate::inequality::perturbation::{holley_stroock, lipschitz_constant, small_lipschitz};
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct UniformConditionalPoincare;

/// Relative accuracy of the curvature at a crossing: the weights of the two components are known to the rounding of exponents
/// below 10⁴, and the place of the crossing to a unit.
const CURVATURE: f64 = 1e-9;
/// Accuracy of an exponent over an octave of such curvatures.
const EXPONENT: f64 = 1e-8;

/// What W4 is checked on.
#[derive(Clone, Debug)]
pub enum Instance {
    /// Parts (i) to (iv) at one observation or at all.
    Line(Box<Observation>),
    /// Part (v).
    Mixture(Ball),
    /// The curvature of `log p_t` where two components of the growing-gap mixture meet.
    Crossing(GrowingGaps),
    /// Its exponent of growth in the gap between this crossing and the one of `2k + 1`.
    Growth(GrowingGaps),
}
use Instance::{Crossing, Growth, Line, Mixture};

/// λ with `λ/(1−λ)` near a number.
fn lambda_of(ratio: f64) -> f64 {
    ratio / (1.0 + ratio)
}

impl Instance {
    fn line(law: LineMeasure, known: Known, dof: Option<f64>, lambda: f64, y: f64) -> Result<Self> {
        Ok(Line(Box::new(Observation::new(law, known, dof, lambda, Some(y))?)))
    }

    /// Part (i): asymmetric quartic wells (the deep one, `V'' ≥ −3`, among them) and exponentials.
    fn random_convex(stream: &mut Stream, index: usize) -> Result<Self> {
        let (b, c): (f64, f64) = (stream.random_range(-2.0..1.5), stream.random_range(-1.0..1.0));
        let (rho, text) = match index % 3 {
            0 => (b, format!("{}*x^4/4 + {b}*x^2/2 + {c}*x", stream.random_range(0.1..2.0))),
            1 => (-3.0, "x^4/4 - 3*x^2/2 + 0.3*x".to_owned()),
            _ => (b.abs(), format!("{}*x^2/2 + exp({c}*x)", b.abs() + 0.05)),
        };
        let theta = rho.max(0.0) + 2_f64.powf(stream.random_range(-3.0..2.0));
        let law = LineMeasure::parse(&text, f64::NEG_INFINITY, f64::INFINITY)?;
        let y = stream.random_range(-6.0..6.0);
        Self::line(law, Known::Convex { rho }, None, lambda_of(theta - rho), y)
    }

    /// Parts (ii) and (iv): a quartic with a quadratic part of either sign, perturbed.
    fn random_perturbed(stream: &mut Stream, index: usize) -> Result<Self> {
        let alpha: f64 = stream.random_range(-1.5..1.5);
        let quartic = stream.random_range(0.05..0.5);
        let tilt = stream.random_range(-1.0..1.0);
        let theta = alpha.max(0.0) + 2_f64.powf(stream.random_range(-2.0..1.0));
        let size = stream.random_range(0.3..2.5) * theta.sqrt();
        let (kind, terms) = match index % 3 {
            0 => (Kind::Bounded, vec![Term::random_bounded(stream, index / 3, 0.5 * size)]),
            kind => {
                let first = Term::random_lipschitz(stream, index / 3, 0.7 * size);
                let terms = vec![first, Term::random_lipschitz(stream, index / 3 + 2, 0.3 * size)];
                (if kind == 1 { Kind::Lipschitz } else { Kind::Covariance }, terms)
            }
        };
        let potential = (alpha, format!("{alpha}*x^2/2 + {quartic}*x^4/4 + {tilt}*x"));
        let at = (lambda_of(theta - alpha), Some(stream.random_range(-5.0..5.0)));
        Ok(Line(Box::new(Observation::perturbed(kind, potential, terms, None, at)?)))
    }

    /// Part (iii): wells and log-concave laws seen through Student noise.
    fn random_student(stream: &mut Stream, index: usize) -> Result<Self> {
        let dof = 2_f64.powf(stream.random_range(-1.0..5.0));
        let y = 10_f64.powf(stream.random_range(-1.0..2.0)) * if stream.random() { 1.0 } else { -1.0 };
        // The slope of the noise is √(λ/(1−λ)) times this.
        let unit = (dof + 1.0) / (2.0 * dof.sqrt());
        if index.is_multiple_of(2) {
            let (a, b) = (stream.random_range(-1.0..3.0), stream.random_range(-0.5..0.5));
            let text = format!("x^4/4 - {a}*x^2/2 + {b}*x");
            let law = LineMeasure::parse(&text, f64::NEG_INFINITY, f64::INFINITY)?;
            let root = converged_poincare_constant(&law)?.mid().sqrt();
            let slope = stream.random_range(0.2..1.9) / root;
            let lambda = lambda_of((slope / unit).powi(2));
            return Self::line(law, Known::Poincare, Some(dof), lambda, y);
        }
        let alpha: f64 = 2_f64.powf(stream.random_range(-1.0..1.0));
        let size = stream.random_range(0.3..1.5) * alpha.sqrt();
        let slope = stream.random_range(0.3..1.5) * alpha.sqrt();
        let terms = vec![Term::random_lipschitz(stream, index / 2, size)];
        let at = (lambda_of((slope / unit).powi(2)), Some(y));
        let kind = if index % 4 == 1 { Kind::Lipschitz } else { Kind::Covariance };
        let potential = (alpha, format!("{alpha}*x^2/2"));
        Ok(Line(Box::new(Observation::perturbed(kind, potential, terms, Some(dof), at)?)))
    }

    /// The supremum over y of a tilted double well `αx²/2 − L log cosh(s(x − c))/s`, for both quantities.
    fn random_supremum(stream: &mut Stream, index: usize) -> Result<Self> {
        let alpha: f64 = stream.random_range(0.2..1.0);
        let lambda = stream.random_range(0.1..0.6);
        let theta = alpha + lambda / (1.0 - lambda);
        let slope = -stream.random_range(1.0..2.5) * theta.sqrt();
        let (steepness, centre) = (stream.random_range(2.0..5.0), stream.random_range(-1.0..1.0));
        let terms = vec![Term::SoftKink { slope, steepness, centre }];
        let kind = if index.is_multiple_of(2) { Kind::Lipschitz } else { Kind::Covariance };
        let potential = (alpha, format!("{alpha}*x^2/2 + 0.3*x"));
        Ok(Line(Box::new(Observation::perturbed(kind, potential, terms, None, (lambda, None))?)))
    }

    /// Part (v), d = 1 to 4: three unequal components on a line.
    fn random_mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 1 + index % 4;
        let mut direction: Vec<f64> = (0..d).map(|_| stream.random_range(0.2..1.0)).collect();
        let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        for x in &mut direction {
            *x /= length;
        }
        let radius = stream.random_range(0.5..2.0);
        let variance = 2_f64.powf(stream.random_range(-1.0..1.0));
        let places = [-1.0, stream.random_range(-0.9..0.9), 1.0].map(|t: f64| t * radius);
        let means = places.iter().map(|t| direction.iter().map(|e| t * e).collect()).collect();
        let weights = (0..3).map(|_| stream.random_range(0.05..1.0)).collect();
        let y = (0..d).map(|_| stream.random_range(-3.0..3.0)).collect();
        let lambda = stream.random_range(0.1..0.9);
        // Rounding may put the ends outside by a unit.
        let radius = radius * (1.0 + 4.0 * f64::EPSILON);
        Ok(Mixture(Ball { weights, means, variance, radius, lambda, y }.checked()?))
    }

    /// Two equal components, seen from the middle.
    fn symmetric_mixture(mean: Vec<f64>, radius: f64) -> Result<Self> {
        let (y, opposite) = (vec![0.0; mean.len()], mean.iter().map(|x| -x).collect());
        let (weights, means) = (vec![0.5, 0.5], vec![mean, opposite]);
        Ok(Mixture(Ball { weights, means, variance: 0.5, radius, lambda: 0.375, y }.checked()?))
    }

    fn growing(stream: &mut Stream, index: usize) -> Result<Self> {
        let lambda = stream.random_range(0.2..0.8);
        // Narrow enough for the neighbours' tails to vanish at the crossing.
        let std = [0.25, 0.125][index % 2];
        let crossing = stream.random_range(6..20);
        let gaps = GrowingGaps::new(std, lambda, crossing)?;
        Ok(if index.is_multiple_of(3) { Growth(gaps) } else { Crossing(gaps) })
    }

    /// `αx²/2 − L|x − c|` seen from the kink.
    fn kink(alpha: f64, slope: f64, (lambda, centre): (f64, f64), kind: Kind) -> Result<Self> {
        let terms = vec![Term::Kink { slope: -slope, centre }];
        let potential = (alpha, format!("{alpha}*(x - ({centre}))^2/2"));
        let at = (lambda, Some(lambda.sqrt() * centre));
        Ok(Line(Box::new(Observation::perturbed(kind, potential, terms, None, at)?)))
    }
}

/// The crossing of the mixture with std ¼ at λ = ½.
fn gaps(crossing: u32) -> GrowingGaps {
    GrowingGaps { std: 0.25, lambda: 0.5, crossing }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line(observation) => observation.fmt(f),
            Mixture(ball) => ball.fmt(f),
            Crossing(gaps) => write!(f, "curvature, {gaps}"),
            Growth(gaps) => write!(f, "growth, {gaps}"),
        }
    }
}

impl Theorem for UniformConditionalPoincare {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "W4",
        chapter: Chapter::WellPosedness,
        title: "Poincaré inequalities uniform in the observation",
        statement: "For all y, with θ = α+λ/(1−λ) > 0, c of C9. ν = γ: (i) ∇²V ≥ α: C_P(X|X_t=y) ≤ 1/θ; (ii) plus W bounded: times e^{osc W}; \
                    (iv) V = V₀+H, ∇²V₀ ≥ α, H L-Lipschitz: ≤ c(θ, L), and ‖Cov(X|y)‖ ≤ (θ^{−1/2}+L/θ)²; (v) π = μ*N(0,s²I), μ in a ball \
                    of radius R: ≤ C_P(½(δ_{R'}+δ_{−R'})*N(0,v)), 1/v = 1/s²+λ/(1−λ), R' = Rv/s². (iii) Student base, \
                    ℓ = √λ(n+d)/(2√(n(1−λ))): ≤ C_P(π)/(1−(ℓ/2)√C_P(π))², and c(α, L+ℓ)",
        hypotheses: &[
            ("H1", "0 < λ < 1"),
            ("H2", "α + λ/(1−λ) > 0 for ν = γ, α > 0 for a Student base"),
            ("H3", "the condition of the part on the target"),
        ],
        why: "The noise adds λ/(1−λ) of convexity (Student: a slope of at most ℓ), and convexity profiles do not see the \
              translation by y: C5, C6, C7, C9 and C14 are uniform in y by themselves.",
        checked: "Spectral gaps and variances of conditional laws at given observations, and their supremum by a search, against the \
                  formulae; α of either sign, asymmetric and deep double wells; mixtures in d = 1 to 4. Growing gaps: the curvature at a \
                  crossing, −1/v+(√λ gap/2v)² with v = λs²+1−λ, certified, and its exponent 2.",
        not_checked: "Targets in several dimensions other than mixtures with collinear means; the search for a supremum is no proof \
                      (the lower end is certified at the observation found).",
        source: "[CCG] (uniform Poincaré inequalities for conditional laws), with the constants of C5, C6, C7, C9, C14",
        relation: Relation::Upper,
        rests_on: &["C5", "C6", "C7", "C9", "C14", "H1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("(i) convex up to a square", 6, 60, Instance::random_convex),
            [
                family("(ii), (iv) perturbed, with the covariance", 9, 90, Instance::random_perturbed),
                family("(iii) Student base", 8, 80, Instance::random_student),
                family("(iv) suprema over y", 1, 8, Instance::random_supremum),
                family("(v) mixtures", 6, 40, Instance::random_mixture),
                Family {
                    name: "growing gaps",
                    evidence: Evidence::Certified,
                    quick: 9,
                    full: 60,
                    draw: Instance::growing,
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        let attained = |name, instance| SharpCase { name, kind: SharpKind::Attained(instance) };
        vec![
            attained("(i) a Gaussian target", || {
                Instance::line(LineMeasure::gaussian(1.0, 2.0)?, Known::Convex { rho: 0.25 }, None, 0.25, 3.0)
            }),
            attained("(i) a Gaussian target, by its spectral gap", || {
                let law = LineMeasure::parse("(x - 1)^2 + x", f64::NEG_INFINITY, f64::INFINITY)?;
                Instance::line(law, Known::Convex { rho: 2.0 }, None, 0.6, -7.0)
            }),
            attained("(iv) H = −|x| at y = 0", || Instance::kink(1.0, 1.0, (0.5, 0.0), Kind::Lipschitz)),
            attained("(iv) H = −2|x − 1| seen from the kink", || {
                Instance::kink(0.25, 2.0, (0.5, 1.0), Kind::Lipschitz)
            }),
            attained("(v) two equal components, d = 1", || Instance::symmetric_mixture(vec![1.5], 1.5)),
            attained("(v) two equal components, d = 3", || {
                Instance::symmetric_mixture(vec![0.5, -1.0, 1.0], 1.5)
            }),
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        let at_kink = || Instance::kink(1.0, 1.0, (0.5, 0.0), Kind::Lipschitz);
        NonEmpty::new(
            FalseTwin {
                name: "for every smooth density: growing gaps, with the constant of the first",
                instance: || Ok(Mixture(gaps(1).as_ball())),
                wrong: Wrong::Hypothesis,
            },
            [
                FalseTwin {
                    name: "growth of order one in the gap",
                    instance: || Ok(Growth(gaps(10))),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(1.0))),
                },
                FalseTwin {
                    name: "curvature (gap/2)² at the crossing, without √λ and v",
                    instance: || Ok(Crossing(gaps(10))),
                    wrong: Wrong::Bound(|i| match i {
                        Crossing(gaps) => Ok(Enclosure::certified(gaps.gap()).square() / 4.0),
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "(i) 1/(1−λ) in place of λ/(1−λ)",
                    instance: || {
                        let law = LineMeasure::gaussian(1.0, 2.0)?;
                        Instance::line(law, Known::Convex { rho: 0.25 }, None, 0.25, 3.0)
                    },
                    // 1/(1−λ) = 1 + λ/(1−λ).
                    wrong: Wrong::Bound(|i| Ok(1.0 / (1.0 / Self::bound(i)? + 1.0))),
                },
                FalseTwin {
                    name: "(iv) H ignored: 1/θ",
                    instance: at_kink,
                    wrong: Wrong::Bound(|i| match i {
                        Line(o) => Ok(1.0 / o.theta().unwrap_or(Enclosure::exact(1.0))),
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "(iv) covariance without the cross term: 1/θ + L²/θ²",
                    instance: || Instance::kink(1.0, 1.0, (0.5, 0.0), Kind::Covariance),
                    wrong: Wrong::Bound(|i| match (i, i.theta_and_slope()) {
                        (Line(_), Some((theta, slope))) => Ok(1.0 / theta + (slope / theta).square()),
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "(ii) e^{osc W/2}",
                    instance: || {
                        let barrier = Term::Barrier { height: 6.0, steepness: 8.0, width: 1.0 };
                        let potential = (0.5, "0.5*x^2/2".to_owned());
                        let at = (0.25, Some(0.0));
                        Ok(Line(Box::new(Observation::perturbed(
                            Kind::Bounded,
                            potential,
                            vec![barrier],
                            None,
                            at,
                        )?)))
                    },
                    wrong: Wrong::Bound(|i| match i {
                        Line(o) => match (o.theta(), o.known) {
                            (Some(theta), Known::Bounded { oscillation, .. }) => {
                                Ok(holley_stroock(1.0 / theta, oscillation / 2.0))
                            }
                            _ => Self::bound(i),
                        },
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "(iii) an observation does not raise the constant: C_P(π)",
                    instance: || {
                        let law = LineMeasure::gaussian(0.0, 1.0)?;
                        Instance::line(law, Known::Poincare, Some(1.0), 0.75, 4.0)
                    },
                    wrong: Wrong::Bound(|i| match i {
                        Line(o) => converged_poincare_constant(o.laws.prior()),
                        _ => Self::bound(i),
                    }),
                },
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Line(_) | Mixture(_) => Relation::Upper,
            Crossing(_) => Relation::Equality { resolution: CURVATURE },
            Growth(_) => Relation::Rate { resolution: EXPONENT },
        }
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Line(observation) => observation.observed(),
            Mixture(ball) => ball.observed(),
            Crossing(gaps) => Ok(Enclosure::certified(gaps.curvature()?)),
            Growth(gaps) => {
                let next = GrowingGaps { crossing: 2 * gaps.crossing + 1, ..*gaps };
                let part = |g: &GrowingGaps| -> Result<Enclosure> {
                    Ok(Enclosure::certified(g.curvature()?) + 1.0 / Enclosure::certified(g.variance()))
                };
                let ratio = Enclosure::certified(next.gap()) / Enclosure::certified(gaps.gap());
                Ok((part(&next)? / part(gaps)?).ln() / ratio.ln())
            }
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Line(observation) => match (observation.known, instance.theta_and_slope()) {
                (Known::Convex { .. }, Some((theta, _))) => Ok(1.0 / theta),
                (Known::Bounded { oscillation, .. }, Some((theta, _))) => {
                    Ok(holley_stroock(1.0 / theta, oscillation))
                }
                (Known::Lipschitz { .. }, Some((theta, slope))) => lipschitz_constant(theta.lo(), slope),
                (Known::Covariance { .. }, Some((theta, slope))) => {
                    Ok((1.0 / theta.sqrt() + slope / theta).square())
                }
                _ => {
                    let prior = converged_poincare_constant(observation.laws.prior())?;
                    small_lipschitz(prior, observation.noise_slope())
                }
            },
            Mixture(ball) => {
                let (variance, radius) = ball.posterior();
                let law = ConvexityProfile::Ball { radius, variance }.comparison_law()?;
                converged_poincare_constant(&law)
            }
            Crossing(gaps) => {
                let v = Enclosure::certified(gaps.variance());
                let root = Enclosure::exact(gaps.lambda).sqrt();
                Ok((root * Enclosure::certified(gaps.gap()) / (2.0 * v)).square() - 1.0 / v)
            }
            Growth(_) => Ok(Enclosure::exact(2.0)),
        }
    }
}

impl Instance {
    /// θ, and the slopes of H and of the noise together.
    fn theta_and_slope(&self) -> Option<(Enclosure, Enclosure)> {
        let Line(observation) = self else { return None };
        let slope = match observation.known {
            Known::Lipschitz { slope, .. } | Known::Covariance { slope, .. } => slope,
            _ => Enclosure::exact(0.0),
        };
        Some((observation.theta()?, slope + observation.noise_slope()))
    }
}
