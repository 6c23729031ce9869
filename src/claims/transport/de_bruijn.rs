//! **T7**: de Bruijn's identity along the path.
//!
//! *Statement.* With base γ: `d/dt KL(p_t|γ) = (λ̇/2λ)·I(p_t|γ)`. Hence for the Ornstein-Uhlenbeck schedule
//! (`λ̇/2λ = c`) the action is `c·(KL(p_1|γ) − KL(p_0|γ))`, and that of the whole curve in its own time
//! `s = −½log λ` is `∫₀^∞ I(ρ_s|γ) ds = KL(π|γ)`.
//!
//! *Hypotheses.* H1: ν = γ. H2: `0 < λ_t < 1`, λ differentiable at `t`; `KL(π|γ) < ∞` for the action.
//!
//! *Normalisation.* `KL(q|p) = ∫q log(q/p)`, `I(q|p) = ∫|∇log(q/p)|² dq`.
//!
//! *Why.* `d/dt KL(p_t|γ) = ∫⟨v_t, ∇log(p_t/γ)⟩dp_t` and `v_t = (λ̇/2λ)∇log(p_t/γ)` (T4); the action is the integral of
//! `‖v_t‖² = (λ̇/2λ)²I = (λ̇/2λ)·d/dt KL`.
//!
//! *Source.* Stam 1959 (de Bruijn's identity); Bakry, Émery 1985; \[CCG\].
//!
//! *Checked.* Rate: extrapolated quotients of certified divergences against the Fisher information. Action:
//! quadrature of Bures norms against the divergences at the two ends. Own time: quadrature of the Fisher information. The
//! rate and the action also for mixtures and potentials on the line, the rate for mixtures in the plane: entropy and Fisher
//! information by quadrature of the density and the score, the action by the field. *Not checked here:* other targets in d ≥ 2.
//!
//! *Sharp.* An equality itself. *Dropping H1:* another base changes the field, and the identity with it.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::gaussian_instances::random_target;
use crate::claims::line_instances::{LineInstance, random_mixture, two_bumps};
use crate::claims::path::instance::PathPoint;
use crate::claims::path::line_instance::{
    LinePoint, LineRange, has_gaussian_base, law, random_line_target, rounded,
};
use crate::claims::path::mixture_instance::MixtureTime;
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::differentiation::central_derivative;
use crate::numerics::excess::{excess_forward, excess_reverse};
use crate::numerics::stream::Stream;
use crate::path::line::LineBase;
use crate::path::{Channel, GaussianPath, LineSlice, Schedule};
use crate::transport::line::expectations;
use crate::transport::{action, action_in_ou_time, fisher_along_path, room};
use rand::RngExt;
use std::fmt;

/// What is compared.
#[derive(Clone, Debug)]
pub enum DeBruijnInstance {
    /// `d/dt KL(p_t|γ)` at a time.
    Rate(Box<PathPoint>),
    /// The action of the Ornstein-Uhlenbeck schedule with this rate.
    Action(Gaussian, f64),
    /// The action of the whole curve in its own time.
    OwnTime(Gaussian),
    /// `d/dt KL(p_t|γ)` on the line.
    LineRate(Box<LinePoint>),
    /// `d/dt KL(p_t|γ)` of a mixture.
    MixtureRate(Box<MixtureTime>),
    /// The action of an Ornstein-Uhlenbeck schedule on the line.
    LineAction(Box<LineRange>, f64),
}

impl DeBruijnInstance {
    fn rate(point: PathPoint) -> Result<Self> {
        if point.path.has_standard_base() {
            Ok(Self::Rate(Box::new(point)))
        } else {
            Err(Error::hypothesis("T7", "H1 (standard Gaussian base)", &point))
        }
    }

    fn random_action(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::Action(random_target(stream, index)?, stream.random_range(0.25..4.0)))
    }

    fn line_rate(point: LinePoint) -> Result<Self> {
        if has_gaussian_base(&point.line) {
            Ok(Self::LineRate(Box::new(point)))
        } else {
            Err(Error::hypothesis("T7", "H1 (standard Gaussian base)", &point))
        }
    }

    fn line_action(stream: &mut Stream, index: usize) -> Result<Self> {
        let target =
            if index % 8 == 7 { random_line_target(stream, index)? } else { random_mixture(stream, index)? };
        let c = stream.random_range(0.25..4.0);
        let line = LineInstance::new(target, LineBase::Gaussian, Schedule::ornstein_uhlenbeck(c)?)?;
        Ok(Self::LineAction(Box::new(LineRange::whole(line)?), c))
    }

    fn simple_action() -> Result<Self> {
        Ok(Self::Action(Gaussian::isotropic(vec![1.0, -0.5], 0.25)?, 2.0))
    }

    fn simple_rate() -> Result<Self> {
        Self::rate(PathPoint::one_dimensional(1.0, 4.0, "power 2", 0.5)?)
    }
}

impl fmt::Display for DeBruijnInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let law = |law: &Gaussian, f: &mut fmt::Formatter<'_>| match law.dim() {
            1..=4 => write!(f, "N({:?}, {:?})", law.mean().as_slice(), law.covariance().as_slice()),
            d => write!(f, "N in d={d}, |m|={:e}", law.mean().norm()),
        };
        match self {
            Self::Rate(point) => write!(f, "{point}, rate"),
            Self::Action(target, c) => law(target, f).and_then(|()| write!(f, ", action of ou {c}")),
            Self::OwnTime(target) => law(target, f).and_then(|()| write!(f, ", action in OU time")),
            Self::LineRate(point) => write!(f, "{point}, rate"),
            Self::MixtureRate(case) => write!(f, "{case}, rate"),
            Self::LineAction(range, c) => write!(f, "{range}, action of ou {c}"),
        }
    }
}

/// The claim.
pub struct DeBruijn;

impl Theorem for DeBruijn {
    type Instance = DeBruijnInstance;

    const ABOUT: About = About {
        id: "T7",
        chapter: Chapter::Transport,
        title: "De Bruijn's identity along the path",
        statement: "ν = γ: d/dt KL(p_t|γ) = (λ̇/2λ)·I(p_t|γ). For the OU schedule (λ̇/2λ = c) the action is \
                    c·(KL(p_1|γ) − KL(p_0|γ)); in OU time s = −½log λ the whole curve has action KL(π|γ)",
        hypotheses: &[
            ("H1", "the base is the standard Gaussian law γ"),
            ("H2", "0 < λ_t < 1, λ differentiable at t; KL(π|γ) < ∞ for the action"),
        ],
        why: "d/dt KL(p_t|γ) = ∫⟨v_t, ∇log(p_t/γ)⟩dp_t with v_t = (λ̇/2λ)∇log(p_t/γ).",
        checked: "Extrapolated quotients of certified divergences against the Fisher information; the action by \
                  quadrature of Bures norms against divergences at the ends; the Fisher information integrated over \
                  OU time. Gaussian targets up to d = 1000; mixtures and potentials on the line (rate and action), mixtures \
                  in the plane (rate), by quadrature.",
        not_checked: "Targets in d ≥ 2 that are not Gaussian mixtures; the action of mixtures in the plane.",
        source: "Stam 1959; Bakry, Émery 1985; [CCG]",
        relation: Relation::Equality { resolution: 1e-8 },
        rests_on: &["T4"],
        file: file!(),
    };

    fn relation(instance: &DeBruijnInstance) -> Relation {
        match instance {
            // Differences of divergences by quadrature lose digits that certified divergences keep.
            DeBruijnInstance::LineRate(_) => Relation::Equality { resolution: 1e-6 },
            _ => Self::ABOUT.relation,
        }
    }

    fn families() -> NonEmpty<Family<DeBruijnInstance>> {
        NonEmpty::new(
            Family {
                name: "the rate at a time",
                evidence: Evidence::Converged,
                quick: 16,
                full: 160,
                draw: |s, i| DeBruijnInstance::rate(PathPoint::random(s, i)?),
            },
            [
                Family {
                    name: "action of the Ornstein-Uhlenbeck schedule",
                    evidence: Evidence::Converged,
                    quick: 16,
                    full: 160,
                    draw: DeBruijnInstance::random_action,
                },
                Family {
                    name: "action in Ornstein-Uhlenbeck time",
                    evidence: Evidence::Converged,
                    quick: 8,
                    full: 80,
                    draw: |s, i| Ok(DeBruijnInstance::OwnTime(random_target(s, i)?)),
                },
                Family {
                    name: "the rate on the line, mixtures",
                    evidence: Evidence::Converged,
                    quick: 4,
                    full: 40,
                    draw: |s, i| DeBruijnInstance::line_rate(LinePoint::mixture(s, i)?),
                },
                Family {
                    name: "the rate on the line, potentials",
                    evidence: Evidence::Converged,
                    quick: 1,
                    full: 6,
                    draw: |s, i| DeBruijnInstance::line_rate(LinePoint::potential(s, i)?),
                },
                Family {
                    name: "the action on the line",
                    evidence: Evidence::Converged,
                    quick: 3,
                    full: 16,
                    draw: DeBruijnInstance::line_action,
                },
                Family {
                    name: "the rate in the plane, mixtures",
                    evidence: Evidence::Converged,
                    quick: 1,
                    full: 8,
                    draw: |s, _| {
                        let case = MixtureTime::random(s, 2, None)?;
                        Ok(DeBruijnInstance::MixtureRate(Box::new(case)))
                    },
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<DeBruijnInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "λ̇/λ in place of λ̇/2λ",
                instance: DeBruijnInstance::simple_rate,
                wrong: Wrong::Bound(|i| Ok(DeBruijn::bound(i)? * 2.0)),
            },
            [
                FalseTwin {
                    name: "KL(γ|p_t) in place of KL(p_t|γ)",
                    instance: DeBruijnInstance::simple_rate,
                    wrong: Wrong::Observed(|i| match i {
                        DeBruijnInstance::Rate(point) => divergence_rate(point, reverse_divergence),
                        _ => DeBruijn::observed(i),
                    }),
                },
                FalseTwin {
                    name: "the action is KL(p_1|γ) − KL(p_0|γ) for every rate c, two bumps",
                    instance: || {
                        let schedule = Schedule::ornstein_uhlenbeck(2.0)?;
                        let line = LineInstance::new(two_bumps()?, LineBase::Gaussian, schedule)?;
                        Ok(DeBruijnInstance::LineAction(Box::new(LineRange::whole(line)?), 2.0))
                    },
                    wrong: Wrong::Bound(|i| Ok(DeBruijn::bound(i)? / 2.0)),
                },
                FalseTwin {
                    name: "the squared rate (λ̇/2λ)², which belongs to the action",
                    instance: DeBruijnInstance::simple_rate,
                    wrong: Wrong::Bound(|i| match i {
                        DeBruijnInstance::Rate(point) => Ok(DeBruijn::bound(i)? * factor(point)),
                        _ => DeBruijn::bound(i),
                    }),
                },
                FalseTwin {
                    name: "the schedule starts at the base: KL(p_0|γ) left out",
                    instance: DeBruijnInstance::simple_action,
                    wrong: Wrong::Bound(|i| match i {
                        DeBruijnInstance::Action(target, c) => Ok(*c * divergence_of(target)?),
                        _ => DeBruijn::bound(i),
                    }),
                },
            ],
        )
    }

    fn observed(instance: &DeBruijnInstance) -> Result<Enclosure> {
        match instance {
            DeBruijnInstance::Rate(point) => divergence_rate(point, forward_divergence),
            DeBruijnInstance::Action(target, c) => {
                let schedule = Schedule::ornstein_uhlenbeck(*c)?;
                action(&GaussianPath::from_standard(target.clone(), schedule)?, 0.0, 1.0)
            }
            DeBruijnInstance::OwnTime(target) => {
                action_in_ou_time(&GaussianPath::from_standard(target.clone(), Schedule::linear())?)
            }
            DeBruijnInstance::LineRate(point) => {
                central_derivative(point.t, point.room(), |s| Ok(relative_entropy(point.law(s)?.as_ref())))
            }
            DeBruijnInstance::MixtureRate(case) => central_derivative(case.t, case.room(), |s| {
                let law = case.law(s)?;
                Ok(plane_integral(case, s, |y| {
                    let log_density = law.log_density(y).unwrap_or(f64::NAN);
                    core_math::exp(log_density) * (log_density - log_normal(y))
                }))
            }),
            DeBruijnInstance::LineAction(range, _) => range.action(),
        }
    }

    fn bound(instance: &DeBruijnInstance) -> Result<Enclosure> {
        match instance {
            DeBruijnInstance::Rate(point) => Ok(factor(point) * fisher_along_path(&point.path, point.t)?),
            DeBruijnInstance::Action(target, c) => {
                let schedule = Schedule::ornstein_uhlenbeck(*c)?;
                let path = GaussianPath::from_standard(target.clone(), schedule)?;
                let start: Enclosure =
                    channels(&path)?.iter().map(|ch| forward_divergence(ch, &path, 0.0)).sum();
                Ok(*c * (divergence_of(target)? - start))
            }
            DeBruijnInstance::OwnTime(target) => divergence_of(target),
            DeBruijnInstance::LineRate(point) => Ok(point.factor() * point.fisher_information()?),
            DeBruijnInstance::MixtureRate(case) => {
                let law = case.law(case.t)?;
                let fisher = plane_integral(case, case.t, |y| {
                    law.point(y).map_or(f64::NAN, |point| {
                        let square: f64 = point.score.iter().zip(y).map(|(s, x)| (s + x).powi(2)).sum();
                        core_math::exp(point.log_density) * square
                    })
                });
                Ok(case.factor() * fisher)
            }
            DeBruijnInstance::LineAction(range, c) => {
                let at = |t: f64| Ok(relative_entropy(law(&range.line.path, t)?.as_ref()));
                let (end, start): (Result<Enclosure>, Result<Enclosure>) = (at(range.until), at(range.from));
                Ok(*c * (end? - start?))
            }
        }
    }
}

/// `KL(p|γ)` of a law on the line.
fn relative_entropy(law: &dyn LineSlice) -> Enclosure {
    let [value] = expectations(law, |y, point| [point.log_density - LineBase::Gaussian.log_density(y)]);
    rounded(value)
}

/// `log γ(y)`.
fn log_normal(y: &[f64]) -> f64 {
    y.iter().map(|x| LineBase::Gaussian.log_density(*x)).sum()
}

/// The integral of a function against the law of a mixture at a time, density included.
fn plane_integral(case: &MixtureTime, t: f64, f: impl Fn(&[f64]) -> f64) -> Enclosure {
    /// Step in standard deviations of the narrowest component.
    const STEP: f64 = 0.25;
    let [value] = case.region(t).integrals(STEP, |y| [f(y)]);
    value
}

/// `λ̇/2λ`.
fn factor(point: &PathPoint) -> Enclosure {
    let at = point.path.schedule().enclosed(point.t);
    Enclosure::certified(at.lambda_dot) / (2.0 * Enclosure::certified(at.lambda))
}

/// `KL(π|γ)`.
fn divergence_of(target: &Gaussian) -> Result<Enclosure> {
    target.kl_divergence(&Gaussian::standard(target.dim())?)
}

fn channels(path: &GaussianPath) -> Result<Vec<Channel>> {
    path.channels().ok_or_else(|| Error::hypothesis("T7", "H1 (standard Gaussian base)", path))
}

/// `d/dt` of a divergence that is a sum over the channels of the path.
fn divergence_rate(
    point: &PathPoint,
    divergence: fn(&Channel, &GaussianPath, f64) -> Enclosure,
) -> Result<Enclosure> {
    let PathPoint { path, t } = point;
    let channels = channels(path)?;
    central_derivative(*t, room(path, *t), |s| Ok(channels.iter().map(|c| divergence(c, path, s)).sum()))
}

/// Excess variance `ρ = λ(a−1)` and squared mean `λμ²` of a channel from `N(0, 1)`.
fn moments(channel: &Channel, path: &GaussianPath, t: f64) -> (Interval, Interval) {
    let lambda = path.schedule().enclosed(t).lambda;
    (lambda * (channel.target_variance - Interval::ONE), lambda * channel.target_mean.square())
}

/// `KL(p_t|γ) = ½(ρ − log(1+ρ) + m²)` of a channel.
fn forward_divergence(channel: &Channel, path: &GaussianPath, t: f64) -> Enclosure {
    let (excess, mean) = moments(channel, path, t);
    Enclosure::certified((excess_forward(excess) + mean) * Interval::point(0.5))
}

/// `KL(γ|p_t) = ½(1/(1+ρ) − 1 + log(1+ρ) + m²/(1+ρ))` of a channel.
fn reverse_divergence(channel: &Channel, path: &GaussianPath, t: f64) -> Enclosure {
    let (excess, mean) = moments(channel, path, t);
    let ratio = Interval::ONE + excess;
    Enclosure::certified((excess_reverse(excess) + mean / ratio) * Interval::point(0.5))
}
