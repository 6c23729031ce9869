//! **P2**: slowing the path down divides its speed, and multiplies its action by κ.
//!
//! *Statement.* For the slowed path `p̂_τ = p_{κτ}`, `τ ∈ [0, 1/κ]`: `|p̂'_τ| = κ|p'_{κτ}|` and `A(p̂) = ∫₀^{1/κ}|p̂'_τ|² dτ = κ·A(p)`.
//!
//! *Hypotheses.* H1: the action of p is finite on the range. H2: κ > 0.
//!
//! *Normalisation.* `|p'_t| = lim W₂(p_t, p_{t+h})/|h|`, `A = ∫|p'_t|² dt`.
//!
//! *Why.* The chain rule, and `dτ = dt/κ`.
//!
//! *Source.* \[CCG\], Theorem 2.1, second part.
//!
//! *Checked.* Left: distances of the slowed path, as quotients and as sums `Σ W₂²(p̂_{τ_i}, p̂_{τ_{i+1}})/Δτ` over refined
//! partitions of its own time. Right: the Bures formula and its quadrature in the time of p.
//! The same for mixtures on the line, with quantile functions on the left and the field on the right.
//! *Not checked here:* laws that are not Gaussian in d ≥ 2.
//!
//! *Sharp.* An equality itself. *Dropping H1* makes both sides infinite.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::gaussian_instances::schedule;
use crate::claims::path::instance::PathPoint;
use crate::claims::path::line_instance::{LinePoint, LineRange, law, rounded};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result, positive};
use crate::measure::gaussian::Gaussian;
use crate::numerics::differentiation::even_limit;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::transport::line::wasserstein2_squared;
use crate::transport::{action, metric_derivative_squared, path_distance, room};
use rand::RngExt;
use std::fmt;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Part {
    /// The metric derivative at the time of the instance.
    Speed,
    /// The action on `[from, until]`, in the time of p.
    Action { from: f64, until: f64 },
}

/// A path at a time.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "few instances are alive at a time")]
enum Subject {
    Gaussian(PathPoint),
    Line(LinePoint),
}

impl Subject {
    fn t(&self) -> f64 {
        match self {
            Self::Gaussian(point) => point.t,
            Self::Line(point) => point.t,
        }
    }

    fn room(&self) -> f64 {
        match self {
            Self::Gaussian(point) => room(&point.path, point.t),
            Self::Line(point) => point.room(),
        }
    }

    /// `W₂(p_s, p_t)`.
    fn distance(&self, s: f64, t: f64) -> Result<Enclosure> {
        match self {
            Self::Gaussian(point) => path_distance(&point.path, s, t),
            Self::Line(point) => {
                let (first, second) = (law(&point.line.path, s)?, law(&point.line.path, t)?);
                Ok(rounded(wasserstein2_squared(first.as_ref(), second.as_ref())).sqrt())
            }
        }
    }

    /// `|p'_t|` at a time, by the field.
    fn speed(&self, t: f64) -> Result<Enclosure> {
        match self {
            Self::Gaussian(point) => Ok(metric_derivative_squared(&point.path, t)?.sqrt()),
            Self::Line(point) => Ok(LinePoint::new(point.line.clone(), t)?.velocity_squared()?.sqrt()),
        }
    }

    fn action(&self, from: f64, until: f64) -> Result<Enclosure> {
        match self {
            Self::Gaussian(point) => action(&point.path, from, until),
            Self::Line(point) => LineRange::new(point.line.clone(), from, until)?.action(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(point) => write!(f, "{point}"),
            Self::Line(point) => write!(f, "{point}"),
        }
    }
}

/// A path, a slowness, and what is compared.
#[derive(Clone, Debug)]
pub struct TimeChangeInstance {
    point: Subject,
    kappa: f64,
    part: Part,
}

impl TimeChangeInstance {
    fn new(point: Subject, kappa: f64, part: Part) -> Result<Self> {
        positive("kappa", kappa)?;
        if let Part::Action { from, until } = part
            && !point.action(from, until)?.is_finite()
        {
            return Err(Error::hypothesis("P2", "H1 (finite action)", &point));
        }
        Ok(Self { point, kappa, part })
    }

    fn random_speed(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = match index % 3 {
            0 => PathPoint::random(stream, [0, 1, 2, 4, 5, 6, 7][(index / 3) % 7])?,
            1 => PathPoint::random_product(stream, index / 3)?,
            _ => PathPoint::random_dense(stream, index / 3)?,
        };
        Self::new(Subject::Gaussian(point), random_kappa(stream), Part::Speed)
    }

    fn random_line_speed(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = LinePoint::mixture(stream, index)?;
        Self::new(Subject::Line(point), random_kappa(stream), Part::Speed)
    }

    fn random_line_action(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = LinePoint::mixture(stream, index)?;
        let half = 0.5 * point.room();
        let part = Part::Action { from: point.t - half, until: point.t + half };
        Self::new(Subject::Line(point), random_kappa(stream), part)
    }

    /// A range on which the path is analytic well beyond the ends, see [`energy`].
    fn random_action(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = if index.is_multiple_of(2) {
            PathPoint::random(stream, [0, 1, 7, 5][(index / 2) % 4])?
        } else {
            PathPoint::random_dense(stream, index / 2)?
        };
        let half = 0.5 * room(&point.path, point.t);
        let part = Part::Action { from: point.t - half, until: point.t + half };
        Self::new(Subject::Gaussian(point), random_kappa(stream), part)
    }

    fn simple(part: Part) -> Result<Self> {
        let law = |mean: f64, variance: f64| Gaussian::isotropic(vec![mean, 0.5 * mean], variance);
        let path = GaussianPath::new(law(1.0, 4.0)?, law(-1.0, 0.5)?, schedule("cosine")?)?;
        Self::new(Subject::Gaussian(PathPoint::new(path, 0.375)?), 0.125, part)
    }

    /// `W₂(p̂_σ, p̂_τ)` of the slowed path, and the slowed times between the two laws.
    fn distance(&self, sigma: f64, tau: f64) -> Result<Enclosure> {
        self.point.distance(self.kappa * sigma, self.kappa * tau)
    }
}

fn random_kappa(stream: &mut Stream) -> f64 {
    // Powers of two: κτ is then a float for every float τ, and no rounding enters through the time.
    2.0_f64.powi(stream.random_range(-10..4))
}

impl fmt::Display for TimeChangeInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, κ={}, {:?}", self.point, self.kappa, self.part)
    }
}

/// The claim.
pub struct TimeChange;

impl Theorem for TimeChange {
    type Instance = TimeChangeInstance;

    const ABOUT: About = About {
        id: "P2",
        chapter: Chapter::Path,
        title: "Slowing down multiplies the action by κ",
        statement: "p̂_τ = p_{κτ}, τ ∈ [0,1/κ]: |p̂'_τ| = κ|p'_{κτ}| and A(p̂) = κ·A(p)",
        hypotheses: &[("H1", "the action of p is finite on the range"), ("H2", "κ > 0")],
        why: "The chain rule, and dτ = dt/κ.",
        checked: "Distances of the slowed path in its own time (quotients; sums over refined partitions) against \
                  the Bures formula and its quadrature in the time of p. On the line the same for Gaussian mixtures: quantile functions against \
                  the norm of the field. κ from 2⁻¹⁰ to 8.",
        not_checked: "Laws that are not Gaussian in d ≥ 2; Student bases.",
        source: "[CCG], Theorem 2.1",
        relation: Relation::Equality { resolution: 1e-6 },
        rests_on: &["T2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<TimeChangeInstance>> {
        NonEmpty::new(
            Family {
                name: "metric derivative",
                evidence: Evidence::Converged,
                quick: 15,
                full: 150,
                draw: TimeChangeInstance::random_speed,
            },
            [
                Family {
                    name: "action",
                    evidence: Evidence::Converged,
                    quick: 10,
                    full: 100,
                    draw: TimeChangeInstance::random_action,
                },
                Family {
                    name: "metric derivative, mixtures on the line",
                    evidence: Evidence::Converged,
                    quick: 3,
                    full: 40,
                    draw: TimeChangeInstance::random_line_speed,
                },
                Family {
                    name: "action, mixtures on the line",
                    evidence: Evidence::Converged,
                    quick: 1,
                    full: 16,
                    draw: TimeChangeInstance::random_line_action,
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<TimeChangeInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "the action does not depend on the clock",
                instance: || TimeChangeInstance::simple(Part::Action { from: 0.25, until: 0.75 }),
                wrong: Wrong::Bound(|i| Ok(TimeChange::bound(i)? / i.kappa)),
            },
            [
                FalseTwin {
                    name: "A(p̂) = κ²A(p): the square of the speed without the longer time",
                    instance: || TimeChangeInstance::simple(Part::Action { from: 0.25, until: 0.75 }),
                    wrong: Wrong::Bound(|i| Ok(TimeChange::bound(i)? * i.kappa)),
                },
                FalseTwin {
                    name: "|p̂'_τ| = |p'_{κτ}|/κ",
                    instance: || TimeChangeInstance::simple(Part::Speed),
                    wrong: Wrong::Bound(|i| Ok(TimeChange::bound(i)? / (i.kappa * i.kappa))),
                },
                FalseTwin {
                    name: "speed at the time τ in place of κτ",
                    instance: || TimeChangeInstance::simple(Part::Speed),
                    wrong: Wrong::Bound(|i| {
                        let early = i.kappa * i.point.t();
                        Ok(i.point.speed(early)? * i.kappa)
                    }),
                },
            ],
        )
    }

    fn observed(instance: &TimeChangeInstance) -> Result<Enclosure> {
        let kappa = instance.kappa;
        match instance.part {
            Part::Speed => {
                let (tau, space) = (instance.point.t() / kappa, instance.point.room() / kappa);
                let quotient =
                    |s: f64| Ok((instance.distance(tau, s)? / (Enclosure::exact(s) - tau)).square());
                even_limit(space, |h| Ok(((quotient(tau + h)? + quotient(tau - h)?) / 2.0).sqrt()))
            }
            Part::Action { from, until } => energy(instance, from / kappa, until / kappa),
        }
    }

    fn bound(instance: &TimeChangeInstance) -> Result<Enclosure> {
        let (point, kappa) = (&instance.point, instance.kappa);
        match instance.part {
            Part::Speed => Ok(point.speed(point.t())? * kappa),
            Part::Action { from, until } => Ok(point.action(from, until)? * kappa),
        }
    }
}

/// `lim Σ W₂²(p̂_{τ_i}, p̂_{τ_{i+1}})/Δτ` over partitions of `[from, until]` into 4, 8, …, 64 equal parts, extrapolated in the square
/// of their number. The range lies well inside the analytic part, so the sums have such an expansion.
fn energy(instance: &TimeChangeInstance, from: f64, until: f64) -> Result<Enclosure> {
    let mut points = Vec::new();
    for parts in [4, 8, 16, 32, 64] {
        let time = |i: i32| {
            if i == parts { until } else { from + (until - from) * f64::from(i) / f64::from(parts) }
        };
        let mut sum = Enclosure::exact(0.0);
        for i in 0..parts {
            let (sigma, tau) = (time(i), time(i + 1));
            sum = sum + instance.distance(sigma, tau)?.square() / (Enclosure::exact(tau) - sigma);
        }
        points.push((f64::from(parts).powi(-2), sum));
    }
    Ok(limit_at_zero(&points))
}
