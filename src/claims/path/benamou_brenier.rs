//! **P5**: the action is at least the squared distance, and least at constant speed.
//!
//! *Statement.* `A ≥ W₂²(p_0, p_1)`. For base γ and `s = −½log λ` every schedule has
//! `A ≥ (∫₀^∞ √I(ρ_s|γ) ds)² ≥ W₂²(π, γ)`; likewise on a part of the path.
//!
//! *Hypotheses.* H1: the path is absolutely continuous in W₂. H2: ν = γ (for the length).
//!
//! *Normalisation.* `A = ∫|p'_t|² dt` over unit time (over `[a, b]`: `(b−a)·A ≥ …`); `ρ_s` the law at OU time s, `I(q|p) = ∫|∇log(q/p)|² dq`.
//!
//! *Why.* `W₂(p_0, p_1)` is at most the length `∫|p'_t|dt`, and Cauchy-Schwarz. In OU time the speed is `√I(ρ_s|γ)` (T4), so
//! the length does not depend on the schedule.
//!
//! *Source.* Benamou, Brenier, *A computational fluid mechanics solution to the Monge-Kantorovich mass transfer
//! problem* (Numer. Math. 84, 2000).
//!
//! *Checked.* Left: the action by its closed form and quadrature in time. Right: Bures distances; the length by
//! quadrature in OU time. Whole paths and parts of them. On the line, for mixtures and potentials: the action by the
//! field, the length by the Fisher information, the distance by quantile functions. *Not checked here:* laws that are not
//! Gaussian in d ≥ 2.
//!
//! *Sharp.* A geodesic at constant speed: a translation with `√λ_t = t`, or a schedule that interpolates constant speed
//! between centred isotropic laws. *Dropping H1:* a path that jumps has no action.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_target, schedule};
use crate::claims::line_instances::LineInstance;
use crate::claims::path::instance::PathRange;
use crate::claims::path::line_instance::{LineRange, has_gaussian_base};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, Schedule};
use crate::transport::{action, length_in_ou_time, path_distance};
use rand::RngExt;
use std::fmt;

/// Which two of action, squared length and squared distance are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    ActionDistance,
    ActionLength,
    LengthDistance,
}

/// A path over a range.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "few instances are alive at a time")]
enum Subject {
    Gaussian(PathRange),
    Line(LineRange),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(range) => write!(f, "{range}"),
            Self::Line(range) => write!(f, "{range}"),
        }
    }
}

/// A path over a range, and what is compared.
#[derive(Clone, Debug)]
pub struct BenamouBrenierInstance {
    range: Subject,
    part: Part,
}

impl BenamouBrenierInstance {
    fn new(range: PathRange, part: Part) -> Result<Self> {
        if part != Part::ActionDistance && !range.path.has_standard_base() {
            return Err(Error::hypothesis("P5", "H2 (standard Gaussian base)", &range));
        }
        if finite_action(&range) {
            Ok(Self { range: Subject::Gaussian(range), part })
        } else {
            Err(Error::hypothesis("P5", "H1 (finite action)", &range))
        }
    }

    /// A path on the line; mixtures and potentials in turn.
    fn line(stream: &mut Stream, index: usize, part: Part) -> Result<Self> {
        let line = if index % 4 == 3 {
            LineInstance::random_potential(stream, index / 4)?
        } else {
            LineInstance::random_mixture(stream, index)?
        };
        if part != Part::ActionDistance && !has_gaussian_base(&line) {
            return Err(Error::hypothesis("P5", "H2 (standard Gaussian base)", &line));
        }
        Ok(Self { range: Subject::Line(LineRange::whole(line)?), part })
    }

    fn random_part(stream: &mut Stream, index: usize) -> Result<Self> {
        let path = GaussianPath::from_standard(random_target(stream, index)?, schedule("linear")?)?;
        let (from, until) = (stream.random_range(0.03..0.4), stream.random_range(0.6..1.0));
        let part = [Part::ActionDistance, Part::ActionLength, Part::LengthDistance][index % 3];
        Self::new(PathRange::new(path, from, until)?, part)
    }

    /// `N(√λ m, I)`.
    fn translation(length: f64, schedule_name: &str, part: Part) -> Result<Self> {
        let target = Gaussian::isotropic(vec![0.6 * length, 0.8 * length], 1.0)?;
        Self::new(PathRange::whole(target, schedule(schedule_name)?)?, part)
    }

    /// From γ to `N(0, 4)` by a schedule that interpolates constant speed at `1/mesh` points: `√v_t = 1 + t`.
    fn interpolated_geodesic(mesh: f64, part: Part) -> Result<Self> {
        let count = (1.0 / mesh).round();
        let times: Vec<f64> = std::iter::successors(Some(0.0), |i| Some(i + 1.0))
            .take_while(|&i| i <= count)
            .map(|i| i / count)
            .collect();
        // v = 1 + 3λ = (1+t)².
        let lambdas = times.iter().map(|t| t * (2.0 + t) / 3.0).collect();
        let path = GaussianPath::from_standard(
            Gaussian::isotropic(vec![0.0, 0.0], 4.0)?,
            Schedule::table(times, lambdas)?,
        )?;
        Self::new(PathRange::new(path, 0.0, 1.0)?, part)
    }

    /// `(until − from)·∫|p'|² dt`.
    fn action(&self) -> Result<Enclosure> {
        match &self.range {
            Subject::Gaussian(PathRange { path, from, until }) => {
                Ok(action(path, *from, *until)? * (Enclosure::exact(*until) - *from))
            }
            Subject::Line(range) => Ok(range.action()? * (Enclosure::exact(range.until) - range.from)),
        }
    }

    fn length(&self) -> Result<Enclosure> {
        match &self.range {
            Subject::Gaussian(range) => length_in_ou_time(&range.path, range.from, range.until),
            Subject::Line(range) => range.length(),
        }
    }

    fn distance(&self) -> Result<Enclosure> {
        match &self.range {
            Subject::Gaussian(range) => path_distance(&range.path, range.from, range.until),
            Subject::Line(range) => Ok(range.squared_distance()?.sqrt()),
        }
    }
}

/// Whether the action is finite (P4): at 0 the schedule decides, together with the mean of the target, at 1 together with that of the base.
fn finite_action(range: &PathRange) -> bool {
    let (path, schedule) = (&range.path, range.path.schedule());
    let moving = |law: &Gaussian| law.mean().iter().any(|&m| m != 0.0);
    let least_exponent = if moving(path.target()) { 1.0 } else { 0.5 };
    let starts = range.from > 0.0 || schedule.onset_exponent().is_none_or(|a| a > least_exponent);
    let stops = range.until < 1.0 || schedule.stops_smoothly() || !moving(path.base());
    starts && stops
}

impl fmt::Display for BenamouBrenierInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {:?}", self.range, self.part)
    }
}

/// The claim.
pub struct BenamouBrenier;

impl Theorem for BenamouBrenier {
    type Instance = BenamouBrenierInstance;

    const ABOUT: About = About {
        id: "P5",
        chapter: Chapter::Path,
        title: "Action is at least the squared distance",
        statement: "A ≥ W₂²(p_0,p_1). Base γ, s = −½log λ: A ≥ (∫₀^∞√I(ρ_s|γ) ds)² ≥ W₂²(π,γ) for every schedule; on a \
                    part [a,b] of the path the same with (b−a)·A",
        hypotheses: &[
            ("H1", "the path is absolutely continuous in W₂, with finite action"),
            ("H2", "the base is the standard Gaussian law γ (for the length)"),
        ],
        why: "W₂ ≤ ∫|p'_t|dt, and Cauchy-Schwarz; in OU time the speed is √I(ρ_s|γ), so the length does not depend on \
              the schedule.",
        checked: "The action by closed form and quadrature in time against Bures distances and against the length by \
                  quadrature in OU time; whole paths and parts, commuting and non-commuting covariances, up to d = 1000. \
                  Mixtures and potentials on the line: field, Fisher information, quantile functions.",
        not_checked: "Laws that are not Gaussian in d ≥ 2.",
        source: "Benamou, Brenier (Numer. Math. 84, 2000)",
        relation: Relation::Lower,
        rests_on: &["T4"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<BenamouBrenierInstance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("action and distance", 12, 120, |s, i| {
                BenamouBrenierInstance::new(PathRange::random(s, i)?, Part::ActionDistance)
            }),
            [
                family("action and length", 12, 120, |s, i| {
                    BenamouBrenierInstance::new(PathRange::random(s, i)?, Part::ActionLength)
                }),
                family("length and distance", 12, 120, |s, i| {
                    BenamouBrenierInstance::new(PathRange::random(s, i)?, Part::LengthDistance)
                }),
                family("parts of the linear path", 12, 120, BenamouBrenierInstance::random_part),
                family("covariances that do not commute", 3, 30, |s, i| {
                    BenamouBrenierInstance::new(PathRange::random_dense(s, i)?, Part::ActionDistance)
                }),
                family("on the line, action and distance", 3, 32, |s, i| {
                    BenamouBrenierInstance::line(s, i, Part::ActionDistance)
                }),
                family("on the line, action and length", 1, 16, |s, i| {
                    BenamouBrenierInstance::line(s, i, Part::ActionLength)
                }),
                family("on the line, length and distance", 1, 16, |s, i| {
                    BenamouBrenierInstance::line(s, i, Part::LengthDistance)
                }),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<BenamouBrenierInstance>> {
        const MESHES: &[f64] = &[0.125, 0.0625, 0.03125, 0.015625, 0.0078125];
        let attained = |name, instance| SharpCase { name, kind: SharpKind::Attained(instance) };
        vec![
            attained("A = W₂²: translation with √λ = t", || {
                BenamouBrenierInstance::translation(2.0, "power 2", Part::ActionDistance)
            }),
            attained("A = length²: translation with √λ = t", || {
                BenamouBrenierInstance::translation(2.0, "power 2", Part::ActionLength)
            }),
            attained("length = W₂: translation, any schedule", || {
                BenamouBrenierInstance::translation(2.0, "cosine", Part::LengthDistance)
            }),
            SharpCase {
                name: "A = W₂²: a schedule that interpolates constant speed, mesh to 0",
                kind: SharpKind::Limit {
                    instance: |mesh| {
                        BenamouBrenierInstance::interpolated_geodesic(mesh, Part::ActionDistance)
                    },
                    at: MESHES,
                },
            },
            SharpCase {
                name: "A = length²: a schedule that interpolates constant speed, mesh to 0",
                kind: SharpKind::Limit {
                    instance: |mesh| BenamouBrenierInstance::interpolated_geodesic(mesh, Part::ActionLength),
                    at: MESHES,
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<BenamouBrenierInstance>> {
        let short = || BenamouBrenierInstance::translation(0.5, "power 2", Part::ActionDistance);
        NonEmpty::new(
            FalseTwin {
                name: "distance without the square",
                instance: short,
                wrong: Wrong::Bound(BenamouBrenierInstance::distance),
            },
            [
                FalseTwin {
                    name: "cost of the independent coupling in place of W₂²",
                    instance: short,
                    wrong: Wrong::Bound(|i| {
                        let moment = |law: &Gaussian| -> Enclosure {
                            let mean = law.mean().iter().map(|&m| Enclosure::exact(m).square());
                            let trace = (0..law.dim()).map(|k| Enclosure::exact(law.covariance_entry(k, k)));
                            mean.chain(trace).sum()
                        };
                        let Subject::Gaussian(range) = &i.range else { return BenamouBrenier::bound(i) };
                        Ok(moment(range.path.target()) + moment(range.path.base()))
                    }),
                },
                FalseTwin {
                    name: "length in OU time with I in place of √I: KL(π|γ)²",
                    instance: || BenamouBrenierInstance::translation(4.0, "power 2", Part::ActionLength),
                    wrong: Wrong::Bound(|i| {
                        let Subject::Gaussian(range) = &i.range else { return BenamouBrenier::bound(i) };
                        let gamma = Gaussian::standard(range.path.dim())?;
                        Ok(range.path.target().kl_divergence(&gamma)?.square())
                    }),
                },
                FalseTwin {
                    name: "action at least the squared length for a quarter of the time",
                    instance: || BenamouBrenierInstance::translation(2.0, "cosine", Part::ActionLength),
                    wrong: Wrong::Bound(|i| Ok(BenamouBrenier::bound(i)? * 4.0)),
                },
            ],
        )
    }

    fn observed(instance: &BenamouBrenierInstance) -> Result<Enclosure> {
        match instance.part {
            Part::ActionDistance | Part::ActionLength => instance.action(),
            Part::LengthDistance => Ok(instance.length()?.square()),
        }
    }

    fn bound(instance: &BenamouBrenierInstance) -> Result<Enclosure> {
        match instance.part {
            Part::ActionDistance | Part::LengthDistance => Ok(instance.distance()?.square()),
            Part::ActionLength => Ok(instance.length()?.square()),
        }
    }
}
