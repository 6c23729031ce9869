//! **S1**: Euler-Maruyama for annealed Langevin dynamics has strong order 1 and weak order 1.
//!
//! *Statement.* With h → 0 at fixed κ: `(E|X_T − X_n|²)^{1/2} ~ h` for the chain `X_n` driven by the increments of the same Brownian
//! motion, and `E g(X_n) − E g(X_T) ~ h`, T = 1/κ.
//!
//! *Hypotheses.* H1: smooth scores with bounded derivatives. H2: the noise is additive (it is).
//!
//! *Normalisation.* `dX = ∇log p̂ dτ + √2 dB`, `X_{k+1} = X_k + h s_k(X_k) + √2 ΔB`.
//!
//! *Why.* Milstein's correction contains the derivative of the diffusion coefficient, which is 0.
//!
//! *Source.* Kloeden, Platen, *Numerical Solution of Stochastic Differential Equations* (1992), sections 10.2, 10.3 and 14.1.
//!
//! *Checked.* Left: local orders from halved steps, extrapolated to h → 0: the norm of the errors of mean and variance of the chain,
//! against the dynamics by its own quadrature (the leading coefficient of one alone vanishes for some targets, and its order
//! is 2 there), with steps so fine that the rest of the error is at most a quarter of the leading term; the mean square of the difference of chain and dynamics by a recursion for their joint
//! Gaussian law. Right: 1. Mixtures on the line: expectations under the law of the chain by its transition densities, differences between
//! halved steps. Wells on the line and in the plane: the sampler on one Brownian path in 512 dimensions, against its next refinement
//! and against another integrator on a finer grid, slope and standard error over 64 independent blocks; the enclosure leaves out
//! the true slope with probability 1.4·10⁻⁸ (6.5 standard errors). *Not checked:* other scores.
//!
//! *Sharp.* An equality. *Dropping H2* leaves strong order 1/2; other noise leaves none.

use super::line_chain::{LineChain, Observable};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::well_posedness::strong_error::{RESOLUTION, Reference};
use crate::claims::well_posedness::wells::{Kind as Wells, fitted_order_in_wells};
use crate::dynamics::{Deviation, annealed_langevin};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Result, positive};
use crate::numerics::extrapolation::order_at_zero;
use crate::numerics::quadrature::GaussRule;
use crate::numerics::stream::Stream;
use crate::path::{Channel, Schedule};
use rand::RngExt;
use std::fmt;

/// Fewest steps.
const FEWEST: u32 = 32;

/// Numbers of steps that halve the step from one to the next.
const LEVELS: usize = 5;

/// The fewest steps are doubled so many times where the leading term does not stand out.
const DOUBLINGS: usize = 7;

/// Share of the leading term that the rest of the error has at most at the coarsest step.
const LARGEST_REST: f64 = 0.25;

/// What converges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Mean and variance together.
    Weak,
    /// The mean square of the difference to the dynamics with the same Brownian motion.
    Strong,
}

/// A Gaussian path on the line and a slowness.
#[derive(Clone, Debug)]
pub struct GaussianOrder {
    kind: Kind,
    mean: f64,
    variance: f64,
    schedule: Schedule,
    kappa: f64,
}

/// Whose order is looked at.
#[derive(Clone, Debug)]
pub enum OrderInstance {
    /// A Gaussian target on the line.
    Gaussian(GaussianOrder),
    /// The weak order for a mixture on the line.
    Weak(Box<LineChain>, Observable),
    /// The strong order for wells.
    Strong {
        /// On the line or in the plane.
        wells: Wells,
        /// Next refinement or another integrator.
        reference: Reference,
        /// Slowness κ.
        kappa: f64,
        /// Seed of target and Brownian path.
        seed: u64,
    },
}

impl OrderInstance {
    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::Gaussian(GaussianOrder::random(stream, index)?))
    }

    fn example(kind: Kind) -> Self {
        Self::Gaussian(GaussianOrder::example(kind))
    }

    fn weak(stream: &mut Stream, index: usize) -> Result<Self> {
        let observable = if index.is_multiple_of(3) { Observable::Mean } else { Observable::Tanh };
        Ok(Self::Weak(Box::new(LineChain::for_orders(stream, index / 3)?), observable))
    }

    fn strong(stream: &mut Stream, index: usize) -> Result<Self> {
        let wells = if index.is_multiple_of(2) { Wells::DoubleWells } else { Wells::Planes };
        let reference =
            if (index / 2).is_multiple_of(2) { Reference::Refinement } else { Reference::Solution };
        let kappa = positive("kappa", stream.random_range(1.0..2.0))?;
        Ok(Self::Strong { wells, reference, kappa, seed: stream.random() })
    }
}

impl GaussianOrder {
    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let kind = if index % 3 == 2 { Kind::Strong } else { Kind::Weak };
        let schedules = [Schedule::cosine(), Schedule::power(2.0)?, Schedule::ornstein_uhlenbeck(1.0)?];
        let schedule = schedules[index / 3 % 3].clone();
        // Steps of at most an eighth of the relaxation time.
        let variance = stream.random_range(-1.0..1.5_f64).exp2();
        let kappa = stream.random_range(0.5..1.0);
        Ok(Self { kind, mean: stream.random_range(0.5..2.0), variance, schedule, kappa })
    }

    fn example(kind: Kind) -> Self {
        Self { kind, mean: 1.0, variance: 0.5, schedule: Schedule::cosine(), kappa: 0.5 }
    }

    fn channel(&self) -> Channel {
        Channel::from_standard(self.mean, self.variance)
    }

    fn law(&self, t: f64) -> (f64, f64) {
        let lambda = self.schedule.lambda(t);
        (lambda.sqrt() * self.mean, lambda * self.variance + self.schedule.complement(t))
    }

    /// Errors of mean and variance of the chain with `n` steps, in units of the law's deviation and variance at the end.
    fn weak_errors(&self, n: u32) -> Result<Vec<Enclosure>> {
        let channel = self.channel();
        let at = |t: f64| {
            let s = self.schedule.enclosed(t);
            (s.lambda.sqrt() * channel.target_mean, s.lambda * channel.target_variance + s.complement)
        };
        let h = Interval::point(1.0 / (self.kappa * f64::from(n)));
        let (mut mean, mut variance) = at(0.0);
        let start = Deviation::none(variance);
        for k in 0..n {
            let (centre, own) = at(f64::from(k) / f64::from(n));
            let rate = h / own;
            mean = (Interval::ONE - rate) * mean + rate * centre;
            variance = (Interval::ONE - rate).square() * variance + Interval::point(2.0) * h;
        }
        let end = annealed_langevin(&channel, &self.schedule, self.kappa, 0.0, 1.0, &start)?;
        let (centre, own) = at(1.0);
        let gap = |found: Interval, exact: Enclosure| Enclosure::certified(found) - exact;
        Ok(vec![
            gap(mean - centre, end.shift) / Enclosure::certified(own).sqrt(),
            gap(variance / own, end.ratio),
        ])
    }

    /// Root mean square of the difference e of dynamics and chain. Over a step, with `w(s) = exp(−∫_s P)`,
    /// `e ↦ De + (D − 1 + hP_k)x + ∫wPm − hP_k m_k + √2∫(w − 1)dB` and `x ↦ x − hP_k(x − m_k) + √2ΔB`.
    fn strong_error(&self, n: u32, same_noise: bool, rule: &GaussRule) -> f64 {
        let h = 1.0 / (self.kappa * f64::from(n));
        let (mut mean, mut variance) = self.law(0.0);
        let (mut gap, mut square, mut mixed) = (0.0, 0.0, 0.0);
        for k in 0..n {
            let (from, until) = (f64::from(k) / f64::from(n), f64::from(k + 1) / f64::from(n));
            let (centre, own) = self.law(from);
            let kept = 1.0 - h / own;
            let weight =
                |s: f64| core_math::exp(-rule.integrate(s, until, |u| 1.0 / self.law(u).1) / self.kappa);
            let decay = weight(from);
            let pull = rule.integrate(from, until, |s| {
                let (m, v) = self.law(s);
                weight(s) * m / v
            }) / self.kappa;
            let (along, over) = if same_noise {
                let along = rule.integrate(from, until, |s| weight(s) - 1.0);
                (along, rule.integrate(from, until, |s| (weight(s) - 1.0).powi(2)))
            } else {
                // Noise of the chain's own.
                (-(until - from), rule.integrate(from, until, |s| weight(s).powi(2)) + (until - from))
            };
            let extra = decay - kept;
            square = decay * decay * square
                + 2.0 * decay * extra * mixed
                + extra * extra * variance
                + 2.0 * over / self.kappa;
            mixed = kept * (decay * mixed + extra * variance) + 2.0 * along / self.kappa;
            gap = decay * gap + extra * mean + pull - (1.0 - kept) * centre;
            mean = kept * mean + (1.0 - kept) * centre;
            variance = kept * kept * variance + 2.0 * h;
        }
        (gap * gap + square).sqrt()
    }

    fn order(&self, same_noise: bool) -> Result<Enclosure> {
        let (coarse, fine) = (GaussRule::new(4), GaussRule::new(6));
        let mut errors = Vec::new();
        for n in (0..LEVELS + DOUBLINGS).map(|k| FEWEST << k) {
            let error = match self.kind {
                Kind::Strong => {
                    let [a, b] = [&coarse, &fine].map(|rule| self.strong_error(n, same_noise, rule));
                    // Rounding of n steps on top of the quadrature.
                    let rounding = f64::from(n) * f64::EPSILON;
                    vec![Enclosure::around(b, (a - b).abs() + rounding, Evidence::Converged)]
                }
                Kind::Weak => self.weak_errors(n)?,
            };
            errors.push((1.0 / f64::from(n), error));
            let finest = &errors[errors.len().saturating_sub(LEVELS)..];
            if finest.len() == LEVELS
                && let Some(order) = order_at_zero(finest, 1.0, LARGEST_REST)
            {
                return Ok(order);
            }
        }
        Ok(Enclosure::unknown(Evidence::Converged))
    }
}

impl fmt::Display for OrderInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(GaussianOrder { kind, mean, variance, schedule, kappa }) => {
                write!(f, "{kind:?}: N({mean}, {variance}), {schedule}, κ={kappa}")
            }
            Self::Weak(chain, observable) => write!(f, "weak, {observable:?}: {chain}"),
            Self::Strong { wells, reference, kappa, seed } => {
                write!(f, "strong, {wells:?} against {reference:?}, cosine, κ={kappa}, seed {seed}")
            }
        }
    }
}

/// The claim.
pub struct ConvergenceOrders;

impl Theorem for ConvergenceOrders {
    type Instance = OrderInstance;

    const ABOUT: About = About {
        id: "S1",
        chapter: Chapter::Sampler,
        title: "Euler-Maruyama: strong order 1, weak order 1",
        statement: "As h → 0 at fixed κ: (E|X_T − X_n|²)^{1/2} ~ h with the same Brownian motion, and E g(X_n) − E g(X_T) ~ h",
        hypotheses: &[("H1", "smooth scores with bounded derivatives"), ("H2", "additive noise")],
        why: "Milstein's correction contains the derivative of the diffusion coefficient, which is 0.",
        checked: "Local orders from halved steps, extrapolated to h → 0: the norm of the errors of mean and variance of the chain \
                  against the dynamics (one of them alone has order 2 where its leading coefficient vanishes); the mean square of the difference by a recursion for the joint Gaussian law of chain and dynamics. Mixtures on the line: \
                  expectations by transition densities of the chain. Wells on the line and in the plane: the sampler on one Brownian path in \
                  512 dimensions, slopes with their standard error (probability of error 1.4e-8 each).",
        not_checked: "Other scores that are not affine.",
        source: "Kloeden, Platen, Numerical Solution of Stochastic Differential Equations (1992), sections 10.2, 10.3, 14.1",
        relation: Relation::Equality { resolution: 0.01 },
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<OrderInstance>> {
        NonEmpty::new(
            Family {
                name: "random Gaussian targets on the line",
                evidence: Evidence::Converged,
                quick: 9,
                full: 90,
                draw: OrderInstance::random,
            },
            [
                Family {
                    name: "weak order for mixtures on the line",
                    evidence: Evidence::Converged,
                    quick: 1,
                    full: 18,
                    draw: OrderInstance::weak,
                },
                Family {
                    name: "strong order in wells on the line and in the plane",
                    evidence: Evidence::Statistical,
                    quick: 1,
                    full: 8,
                    draw: OrderInstance::strong,
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<OrderInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "strong order 1/2, as for multiplicative noise",
                instance: || Ok(OrderInstance::example(Kind::Strong)),
                wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.5))),
            },
            [
                FalseTwin {
                    name: "weak order 2",
                    instance: || Ok(OrderInstance::example(Kind::Weak)),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(2.0))),
                },
                FalseTwin {
                    name: "a chain with noise of its own",
                    instance: || Ok(OrderInstance::example(Kind::Strong)),
                    wrong: Wrong::Observed(|i| match i {
                        OrderInstance::Gaussian(gaussian) => gaussian.order(false),
                        _ => Self::observed(i),
                    }),
                },
                FalseTwin {
                    name: "a mixture: weak order 2",
                    instance: || Ok(OrderInstance::Weak(Box::new(LineChain::example()?), Observable::Mean)),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(2.0))),
                },
                FalseTwin {
                    name: "wells: strong order ½",
                    instance: || {
                        let (wells, reference) = (Wells::DoubleWells, Reference::Refinement);
                        Ok(OrderInstance::Strong { wells, reference, kappa: 1.0, seed: 11 })
                    },
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.5))),
                },
            ],
        )
    }

    fn relation(instance: &OrderInstance) -> Relation {
        match instance {
            OrderInstance::Strong { .. } => Relation::Rate { resolution: RESOLUTION },
            _ => Self::ABOUT.relation,
        }
    }

    fn observed(instance: &OrderInstance) -> Result<Enclosure> {
        match instance {
            OrderInstance::Gaussian(gaussian) => gaussian.order(true),
            OrderInstance::Weak(chain, observable) => chain.weak_order(*observable),
            OrderInstance::Strong { wells, reference, kappa, seed } => {
                fitted_order_in_wells(*wells, *reference, "cosine", (*kappa, *kappa), *seed)
            }
        }
    }

    fn bound(_: &OrderInstance) -> Result<Enclosure> {
        Ok(Enclosure::exact(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Targets for which the leading coefficient of the mean, or of the variance, nearly vanishes.
    #[test]
    fn the_order_is_one_where_the_error_of_the_mean_or_of_the_variance_cancels() {
        let cosine = Schedule::cosine();
        let power = Schedule::power(2.0).unwrap();
        for (mean, variance, schedule, kappa) in [
            (1.06857, 1.07111, cosine.clone(), 0.50385),
            (0.6243398849290598, 0.5144742344256915, cosine, 0.7023276042122134),
            (1.37571195239731, 2.739581633995027, power, 0.9999999995),
        ] {
            let order = GaussianOrder { kind: Kind::Weak, mean, variance, schedule, kappa };
            let found = order.order(true).unwrap();
            let Relation::Equality { resolution } = ConvergenceOrders::ABOUT.relation else { panic!() };
            assert!(found.contains(1.0) && found.width() < resolution, "{order:?}: {found}");
            // Either alone: undecided or right, with any number of steps.
            for part in 0..2 {
                for fewest in [32, 256] {
                    let errors: Vec<_> = (0..LEVELS)
                        .map(|k| fewest << k)
                        .map(|n| (1.0 / f64::from(n), vec![order.weak_errors(n).unwrap()[part]]))
                        .collect();
                    let alone = order_at_zero(&errors, 1.0, LARGEST_REST);
                    assert!(alone.is_none_or(|found| found.contains(1.0)), "{order:?}, {part}: {alone:?}");
                }
            }
        }
    }
}
