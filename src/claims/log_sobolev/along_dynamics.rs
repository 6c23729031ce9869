//! **L16**: functional inequalities along a diffusion with a contracting drift.
//!
//! *Statement.* Along `dX = b_τ(X)dτ + √2 dB` with `½(∇b + ∇bᵀ) ≤ −ρ_τ`:
//! `C_LS(q_τ) ≤ e^{−2∫ρ} C_LS(q_0) + 4∫_0^τ e^{−2∫_s^τ ρ} ds`, and `C_P(q_τ)` likewise with 2 in place of 4. For annealed
//! Langevin dynamics `ρ = −sup λ_max(∇²log p̂)`.
//!
//! *Hypotheses.* H1: the drift is smooth with that bound (ρ of any sign). H2: `C(q_0) < ∞`.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫|∇f|²`, `Var(f) ≤ C_P ∫|∇f|²`.
//!
//! *Why.* Synchronous coupling gives `|∇P_{s,τ}f| ≤ e^{−∫ρ} P_{s,τ}|∇f|`; differentiate the entropy of
//! `P_{s,τ}f²` along the way and add up.
//!
//! *Source.* Collet, Malrieu, *Logarithmic Sobolev inequalities for inhomogeneous Markov semigroups* (2008).
//!
//! *Checked.* Left: covariance of the law of annealed Langevin dynamics along Gaussian paths, from its
//! linear equations; closed form for linear drifts (contracting and expanding). Right: the integrals,
//! by quadrature in the angle. *Not checked:* drifts that are not linear.
//!
//! *Sharp.* Ornstein-Uhlenbeck drifts; paths whose widest direction stays the same. *Dropping* the
//! initial term, or taking ρ at the target only, makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::{LinearImage, dense_law, describe};
use crate::claims::gaussian_instances::random_schedule;
use crate::dynamics::law_covariance_norm;
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Result, finite, positive};
use crate::inequality::{
    Contraction, contracted_constant, log_sobolev_along_dynamics, poincare_along_dynamics,
};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::{Channel, GaussianPath, Schedule};
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct AlongDynamics;

/// Which of the two constants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `C_P`.
    Poincare,
    /// `C_LS`.
    LogSobolev,
}

impl Kind {
    fn of(index: usize) -> Self {
        if index % 2 == 0 { Self::LogSobolev } else { Self::Poincare }
    }

    /// The constant of a Gaussian law whose widest variance is given.
    fn gaussian(self, variance: Enclosure) -> Enclosure {
        match self {
            Self::Poincare => variance,
            Self::LogSobolev => 2.0 * variance,
        }
    }

    /// The number in front of the integral.
    fn source(self) -> f64 {
        match self {
            Self::Poincare => 2.0,
            Self::LogSobolev => 4.0,
        }
    }
}

/// What L16 is checked on.
#[derive(Clone, Debug)]
pub enum Instance {
    /// Annealed Langevin dynamics from `from` to 1 along a path, from the covariance `factor·Σ_from`.
    Annealed {
        /// The constant.
        kind: Kind,
        /// The path.
        path: Box<GaussianPath>,
        /// Slowness κ.
        kappa: f64,
        /// Factor of the initial covariance.
        factor: f64,
        /// The widest direction never changes, so that the statement is an equality.
        fixed_direction: bool,
    },
    /// The drift `−ρx` over a time, from a Gaussian law.
    Linear {
        /// The constant.
        kind: Kind,
        /// Initial law.
        law: Gaussian,
        /// ρ, of any sign, not 0.
        rate: f64,
        /// Time.
        duration: f64,
    },
}

impl Instance {
    fn annealed(kind: Kind, path: GaussianPath, kappa: f64, factor: f64, fixed: bool) -> Result<Self> {
        positive("kappa", kappa)?;
        Ok(Self::Annealed { kind, path: Box::new(path), kappa, factor, fixed_direction: fixed })
    }

    /// A linear drift.
    ///
    /// # Errors
    /// [`crate::error::Error::Domain`] unless the rate is finite and not 0, and the duration finite and
    /// positive.
    pub fn linear(kind: Kind, law: Gaussian, rate: f64, duration: f64) -> Result<Self> {
        positive("|rate|", finite("rate", rate)?.abs())?;
        Ok(Self::Linear { kind, law, rate, duration: positive("duration", duration)? })
    }

    /// A general target from the standard base: the widest direction of the target is that of every
    /// `p_t`. Any schedule, κ down to 10⁻³.
    fn random_fixed(stream: &mut Stream, index: usize) -> Result<Self> {
        let path = GaussianPath::from_standard(dense_law(stream, index)?, random_schedule(stream))?;
        let factor = 2_f64.powf(stream.random_range(-2.0..2.0));
        Self::annealed(Kind::of(index), path, 10_f64.powf(stream.random_range(-3.0..1.0)), factor, true)
    }

    /// Two coordinates that change roles: the widest one of the base is the narrower one of the target.
    /// Fast enough to remember it.
    fn random_crossing(stream: &mut Stream, index: usize) -> Result<Self> {
        let mut ordered = || {
            let low: f64 = stream.random_range(0.25..1.0);
            [low, low * stream.random_range(1.5..3.0)]
        };
        let ([a, b], [s, r]) = (ordered(), ordered());
        let (target, base) = (vec![a, b, 0.125], vec![r, s, 0.125]);
        let mean = vec![0.0; 3];
        let path = GaussianPath::new(
            Gaussian::diagonal(mean.clone(), target)?,
            Gaussian::diagonal(mean, base)?,
            random_schedule(stream),
        )?;
        let factor = 2_f64.powf(stream.random_range(-1.0..1.0));
        Self::annealed(Kind::of(index), path, stream.random_range(0.5..20.0), factor, false)
    }

    /// Two general laws that do not commute.
    fn random_dense(stream: &mut Stream, index: usize) -> Result<Self> {
        let dim = 2 + index % 2;
        let target = Gaussian::random(stream, dim, 10.0, 1.0)?;
        let base = Gaussian::random(stream, dim, 4.0, 0.0)?;
        let path = GaussianPath::new(target, base, Schedule::cosine())?;
        Self::annealed(Kind::of(index), path, 10_f64.powf(stream.random_range(-0.5..1.0)), 1.0, false)
    }

    fn random_linear(stream: &mut Stream, index: usize) -> Result<Self> {
        let sign = if index % 3 == 2 { -1.0 } else { 1.0 };
        let rate = sign * 2_f64.powf(stream.random_range(-3.0..2.0));
        let duration = stream.random_range(0.25..4.0) / rate.abs();
        Self::linear(Kind::of(index), dense_law(stream, index)?, rate, duration)
    }

    /// The bound with another contraction or source; `slowdown` divides every rate.
    fn formula(&self, source: f64, slowdown: f64, initial: Enclosure) -> Result<Enclosure> {
        match self {
            // e^{−2∫ρ/slowdown}: the same integrals at slowness κ·slowdown, where the time τ = t/κ is
            // slowdown times shorter, so that the source has to be as much stronger.
            Self::Annealed { path, kappa, .. } => {
                let contraction = Contraction::of_annealed_langevin(path, self.start(), 1.0)?;
                contracted_constant(&contraction, kappa * slowdown, source * slowdown, initial)
            }
            Self::Linear { rate, duration, .. } => {
                let schedule = Schedule::linear();
                let panels = Channel::from_standard(0.0, 1.0).panels(&schedule, 0.0, schedule.angle(0.0));
                let contraction =
                    Contraction::new(&schedule, panels, |_| rate / slowdown, 0.0, *rate >= 0.0)?;
                contracted_constant(&contraction, 1.0 / duration, source, initial)
            }
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Annealed { kind, .. } | Self::Linear { kind, .. } => *kind,
        }
    }

    /// Where the dynamics starts: at the beginning of the path.
    fn start(&self) -> f64 {
        0.0
    }

    /// `C(q_0)`.
    fn initial(&self) -> Result<Enclosure> {
        Ok(match self {
            Self::Annealed { kind, path, factor, .. } => {
                let law = path.law(self.start())?;
                let rounding = Interval::around(1.0, GaussianPath::law_rounding(&law));
                kind.gaussian(law.poincare_constant() * Enclosure::certified(rounding) * *factor)
            }
            Self::Linear { kind, law, .. } => kind.gaussian(law.poincare_constant()),
        })
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Annealed { kind, path, kappa, factor, .. } => {
                write!(f, "{kind:?}: {path}, κ={kappa}, initial covariance times {factor}")
            }
            Self::Linear { kind, law, rate, duration } => {
                write!(f, "{kind:?}: drift −{rate}·x for time {duration} from {}", describe(law))
            }
        }
    }
}

impl Theorem for AlongDynamics {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L16",
        chapter: Chapter::LogSobolev,
        title: "Inequalities along a contracting diffusion",
        statement: "½(∇b + ∇bᵀ) ≤ −ρ gives C_LS(q_τ) ≤ e^{−2∫ρ} C_LS(q_0) + 4∫e^{−2∫_s^τ ρ} ds; C_P with 2 for 4",
        hypotheses: &[
            ("H1", "the symmetrised Jacobian of the drift is at most −ρ_τ"),
            ("H2", "C(q_0) is finite"),
        ],
        why: "Synchronous coupling contracts gradients by e^{−∫ρ}; add up the entropy produced along the way.",
        checked: "Covariances of annealed Langevin dynamics along Gaussian paths (widest direction fixed: equality; \
                  crossing or turning: inequality), all schedules, κ from 10⁻³ to 20; linear drifts that contract \
                  or expand, in closed form.",
        not_checked: "Drifts that are not linear.",
        source: "Collet, Malrieu, Logarithmic Sobolev inequalities for inhomogeneous Markov semigroups (2008)",
        relation: Relation::Upper,
        rests_on: &["L1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("annealed Langevin from the standard base", 16, 120, Instance::random_fixed),
            [
                family("coordinates that change roles", 12, 90, Instance::random_crossing),
                family("covariances that do not commute", 4, 30, Instance::random_dense),
                family("linear drifts", 12, 90, Instance::random_linear),
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Annealed { fixed_direction: false, .. } => Relation::Upper,
            // Two quadratures with relative errors of some 1e-11 at the smallest κ.
            Instance::Annealed { .. } | Instance::Linear { .. } => Relation::Equality { resolution: 1e-9 },
        }
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        fn drift(kind: Kind) -> Result<Instance> {
            Instance::linear(kind, LinearImage::aligned()?.law, 0.75, 0.5)
        }
        vec![
            SharpCase {
                name: "Ornstein-Uhlenbeck drift, log-Sobolev",
                kind: SharpKind::Attained(|| drift(Kind::LogSobolev)),
            },
            SharpCase {
                name: "Ornstein-Uhlenbeck drift, Poincaré",
                kind: SharpKind::Attained(|| drift(Kind::Poincare)),
            },
            SharpCase {
                name: "annealed Langevin with a fixed widest direction",
                kind: SharpKind::Attained(|| slow(Kind::LogSobolev, 0.01)),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "2 in place of 4 for the log-Sobolev constant",
                instance: || slow(Kind::LogSobolev, 0.1),
                wrong: Wrong::Bound(|i| i.formula(2.0, 1.0, i.initial()?)),
            },
            [
                FalseTwin {
                    name: "1 in place of 2 for the Poincaré constant",
                    instance: || slow(Kind::Poincare, 0.1),
                    wrong: Wrong::Bound(|i| i.formula(1.0, 1.0, i.initial()?)),
                },
                FalseTwin {
                    name: "ρ in place of 2ρ, drift that expands",
                    instance: || Instance::linear(Kind::LogSobolev, Gaussian::standard(2)?, -1.0, 1.0),
                    wrong: Wrong::Bound(|i| i.formula(i.kind().source(), 2.0, i.initial()?)),
                },
                FalseTwin {
                    name: "ρ in place of 2ρ, annealed Langevin",
                    instance: || slow(Kind::LogSobolev, 0.1),
                    wrong: Wrong::Bound(|i| i.formula(i.kind().source(), 2.0, i.initial()?)),
                },
                FalseTwin {
                    name: "the initial constant left out",
                    instance: || crossing(2.0),
                    wrong: Wrong::Bound(|i| i.formula(i.kind().source(), 1.0, Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "ρ of the target in place of ρ along the path",
                    instance: || crossing(2.0),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Annealed { kind, path, kappa, .. } => {
                            let still = GaussianPath::new(
                                path.target().clone(),
                                path.target().clone(),
                                path.schedule().clone(),
                            )?;
                            let contraction = Contraction::of_annealed_langevin(&still, 0.0, 1.0)?;
                            contracted_constant(&contraction, *kappa, kind.source(), i.initial()?)
                        }
                        Instance::Linear { .. } => AlongDynamics::bound(i),
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Annealed { kind, path, kappa, factor, .. } => {
                Ok(kind.gaussian(law_covariance_norm(path, *kappa, instance.start(), 1.0, *factor)?))
            }
            Instance::Linear { kind, law, rate, duration } => {
                // Cov = e^{−2ρτ}Σ_0 + (1 − e^{−2ρτ})/ρ·I.
                let exponent = Interval::point(-2.0) * Interval::point(*rate) * Interval::point(*duration);
                let kept = Enclosure::certified(exponent.exp());
                let made = Enclosure::certified(-exponent.exp_m1() / Interval::point(*rate));
                Ok(kind.gaussian(kept * law.spectrum().largest() + made))
            }
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Annealed { kind, path, kappa, .. } => {
                let along = match kind {
                    Kind::Poincare => poincare_along_dynamics,
                    Kind::LogSobolev => log_sobolev_along_dynamics,
                };
                along(path, *kappa, instance.start(), 1.0, instance.initial()?)
            }
            Instance::Linear { kind, .. } => instance.formula(kind.source(), 1.0, instance.initial()?),
        }
    }
}

/// A general target, slowly approached from the standard base.
fn slow(kind: Kind, kappa: f64) -> Result<Instance> {
    let path = GaussianPath::from_standard(LinearImage::aligned()?.law, Schedule::power(2.0)?)?;
    Instance::annealed(kind, path, kappa, 1.0, true)
}

/// Coordinates that change roles on the way from a wide base to a narrow target.
fn crossing(kappa: f64) -> Result<Instance> {
    let path = GaussianPath::new(
        Gaussian::diagonal(vec![1.0, 0.0], vec![0.25, 0.5])?,
        Gaussian::diagonal(vec![0.0, 0.0], vec![4.0, 2.0])?,
        Schedule::cosine(),
    )?;
    Instance::annealed(Kind::LogSobolev, path, kappa, 1.0, false)
}
