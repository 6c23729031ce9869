//! **B7**: the exact limit of the bias as κ → 0.
//!
//! *Statement.* `KL(p_1|q_{1/κ})/κ² → ½ Var_{p_1}(φ_1)` and `KL(q_{1/κ}|p_1)/κ² →` the same, where
//! `v_1 = ∇φ_1`; the limit is at most `½ C_P(p_1)|p'_1|²`.
//!
//! *Hypotheses.* H1: `C_P(p_1) < ∞`. H2: `φ_1 ∈ L²(p_1)`. Gaussian laws have both.
//!
//! *Normalisation.* As everywhere: `KL(q|p) = ∫q log(q/p)`, `Var ≤ C_P∫|∇f|²`.
//!
//! *Why.* `q = p(1 + κh + …)` with `Lh = ∂_t log p`, `L = Δ + ∇log p·∇`; since `∂_t log p = −L φ` this
//! gives `h = −φ` up to a constant, and `KL = ½κ²‖h‖² + …` either way.
//!
//! *Source.* Formal expansion, in the spirit of \[CCG\] (log-Sobolev improves the rate); proved for
//! Gaussian laws by the explicit solution.
//!
//! *Checked.* Left: the bias at a sequence of κ, extrapolated; on the line from the Fokker-Planck equation. Right: the
//! formula. *Not checked here:* more than one dimension beyond Gaussian laws; Student bases; deep wells, whose range
//! of κ (below `1/C_P`) is out of reach.
//!
//! *Sharp.* The limit is an equality; its corollary is one for translations along a top eigenvector.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_target, schedule};
use crate::claims::line_instances::{LineInstance, near_bumps, random_mixture, two_bumps};
use crate::claims::target_text;
use crate::dynamics::fokker_planck::{Accuracy, AnnealedLine};
use crate::dynamics::{bias, small_kappa_limit};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::stream::Stream;
use crate::path::line::PotentialCurve;
use crate::path::{GaussianPath, Schedule};
use crate::transport::line::{MetricDerivative, small_kappa_limit as limit_on_line};
use crate::transport::metric_derivative_squared;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
use std::fmt;

/// The claim.
pub struct SmallKappaLimit;

/// What is compared with what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// Limit of `KL(p_1|q)/κ²`.
    Forward,
    /// Limit of `KL(q|p_1)/κ²`.
    Reverse,
    /// `½ Var φ_1 ≤ ½ C_P(p_1)|p'_1|²`.
    Corollary,
}

/// Gaussian laws in any dimension, or any laws on the line.
#[derive(Debug)]
enum Path {
    Gaussian(Box<GaussianPath>),
    Line(Box<LineInstance>),
}

impl Path {
    fn schedule(&self) -> &Schedule {
        match self {
            Self::Gaussian(path) => path.schedule(),
            Self::Line(line) => line.path.schedule(),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(path) => path.fmt(f),
            Self::Line(line) => line.fmt(f),
        }
    }
}

/// A path that does not stop smoothly, and the part of the statement to check on it.
#[derive(Debug)]
pub struct Instance {
    path: Path,
    part: Part,
}

impl Instance {
    fn new(target: Gaussian, schedule_name: &str, part: Part) -> Result<Self> {
        let path = GaussianPath::from_standard(target, schedule(schedule_name)?)?;
        Self::checked(Path::Gaussian(Box::new(path)), part)
    }

    fn on_line(target: LineMeasure, schedule_name: &str, part: Part) -> Result<Self> {
        let line = LineInstance::from_standard(target, schedule_name)?;
        Self::checked(Path::Line(Box::new(line)), part)
    }

    fn checked(path: Path, part: Part) -> Result<Self> {
        if path.schedule().stops_smoothly() {
            return Err(Error::hypothesis("B7", "λ̇(1) > 0, else the limit is 0", &path));
        }
        Ok(Self { path, part })
    }

    fn one_dimensional(mean: f64, variance: f64, part: Part) -> Result<Self> {
        Self::new(Gaussian::isotropic(vec![mean], variance)?, "power 2", part)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.part, self.path)
    }
}

impl Theorem for SmallKappaLimit {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "B7",
        chapter: Chapter::Bias,
        title: "Exact limit of KL/κ² as κ → 0",
        statement: "KL(p_1|q)/κ² → ½Var_{p_1}(φ_1) and KL(q|p_1)/κ² → the same, v_1 = ∇φ_1; ≤ ½C_P(p_1)|p'_1|²",
        hypotheses: &[("H1", "C_P(p_1) < ∞"), ("H2", "φ_1 ∈ L²(p_1)")],
        why: "q = p(1 + κh + …) with Lh = ∂_t log p = −Lφ, so h = −φ up to a constant and KL = ½κ²Var(φ) + ….",
        checked: "The bias at a sequence of κ, extrapolated to 0, against the formula, in both directions: Gaussian \
                  laws, and mixtures on the line by the Fokker-Planck equation (two wells ½N(±2, ¼) among them). The \
                  corollary on both.",
        not_checked: "Laws in more than one dimension that are not Gaussian; Student bases; potentials; very deep wells.",
        source: "First-order expansion of the law of the dynamics around the path; cf. [CCG], rates under log-Sobolev",
        relation: Relation::Equality { resolution: 1e-5 },
        rests_on: &["T4"],
        file: file!(),
    };

    fn relation(instance: &Instance) -> Relation {
        match (instance.part, &instance.path) {
            (Part::Corollary, _) => Relation::Upper,
            (_, Path::Gaussian(_)) => Self::ABOUT.relation,
            (_, Path::Line(_)) => Relation::Equality { resolution: LINE_RESOLUTION },
        }
    }

    fn families() -> NonEmpty<Family<Instance>> {
        NonEmpty::new(
            Family {
                name: "known values: N(1,1), N(0,4), N(1,1/4) with λ = t²",
                evidence: Evidence::Converged,
                quick: 6,
                full: 6,
                draw: |_, index| {
                    let (mean, variance) = [(1.0, 1.0), (0.0, 4.0), (1.0, 0.25)][index / 2];
                    Instance::one_dimensional(mean, variance, [Part::Forward, Part::Reverse][index % 2])
                },
            },
            [
                Family {
                    name: "random Gaussian targets",
                    evidence: Evidence::Converged,
                    quick: 8,
                    full: 80,
                    draw: |stream, index| random(stream, index, [Part::Forward, Part::Reverse][index % 2]),
                },
                Family {
                    name: "the corollary on random Gaussian targets",
                    evidence: Evidence::Certified,
                    quick: 8,
                    full: 80,
                    draw: |stream, index| {
                        let target = random_target(stream, index)?;
                        Instance::new(target, ["power 2", "linear", "ou 1"][index % 3], Part::Corollary)
                    },
                },
                Family {
                    name: "mixtures on the line",
                    evidence: Evidence::Converged,
                    quick: 3,
                    full: 60,
                    draw: |stream, index| {
                        let target = match index {
                            0 => near_bumps()?,
                            1 | 2 => two_bumps()?,
                            // Nearly one bump, and two near ones.
                            _ => random_mixture(stream, [3, 0][index % 2])?,
                        };
                        let schedule = ["power 2", "linear", "ou 1"][index % 3];
                        Instance::on_line(target, schedule, [Part::Forward, Part::Reverse][index / 2 % 2])
                    },
                },
                Family {
                    name: "the corollary on the line",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 60,
                    draw: |stream, index| {
                        let schedule = ["power 2", "linear", "ou 1"][index % 3];
                        Instance::on_line(random_mixture(stream, index)?, schedule, Part::Corollary)
                    },
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "corollary: translation",
                kind: SharpKind::Attained(|| Instance::one_dimensional(1.0, 1.0, Part::Corollary)),
            },
            SharpCase {
                name: "corollary: translation in d = 3",
                kind: SharpKind::Attained(|| {
                    Instance::new(Gaussian::isotropic(vec![1.0, -2.0, 0.5], 1.0)?, "linear", Part::Corollary)
                }),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "Var(φ) in place of ½Var(φ)",
                instance: || Instance::one_dimensional(1.0, 0.25, Part::Forward),
                wrong: Wrong::Bound(|i| Ok(limit(i)? * 2.0)),
            },
            [
                FalseTwin {
                    name: "equality in the corollary",
                    instance: || Instance::one_dimensional(1.0, 0.25, Part::Reverse),
                    wrong: Wrong::Bound(corollary),
                },
                FalseTwin {
                    name: "corollary with C_P/4",
                    instance: || Instance::one_dimensional(0.0, 4.0, Part::Corollary),
                    wrong: Wrong::Bound(|i| Ok(corollary(i)? * 0.25)),
                },
                FalseTwin {
                    name: "two near bumps: the limit for the Gaussian law with their mean and variance",
                    instance: || Instance::on_line(near_bumps()?, "power 2", Part::Forward),
                    wrong: Wrong::Bound(|i| match &i.path {
                        Path::Line(line) => {
                            let (mean, variance) = (line.target.mean().mid(), line.target.variance().mid());
                            limit(&Instance::one_dimensional(mean, variance, Part::Forward)?)
                        }
                        Path::Gaussian(_) => limit(i),
                    }),
                },
                FalseTwin {
                    name: "the limit of KL/κ in place of KL/κ²",
                    instance: || Instance::one_dimensional(1.0, 1.0, Part::Forward),
                    wrong: Wrong::Observed(|i| scaled_limit(i, 1)),
                },
            ],
        )
    }

    fn target_file(instance: &Instance) -> Option<String> {
        match &instance.path {
            Path::Gaussian(path) => target_text::gaussian_run(path, None, 0.0),
            Path::Line(line) => {
                target_text::line_run(&line.target, line.base, line.path.schedule(), None, 0.0)
            }
        }
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance.part {
            Part::Corollary => limit(instance),
            Part::Forward | Part::Reverse => scaled_limit(instance, 2),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance.part {
            Part::Corollary => corollary(instance),
            Part::Forward | Part::Reverse => limit(instance),
        }
    }
}

/// `½ Var_{p_1}(φ_1)`; on the line `φ_1 = (λ̇(1)/2)(y²/2 + log π)` by quadrature.
fn limit(instance: &Instance) -> Result<Enclosure> {
    match &instance.path {
        Path::Gaussian(path) => small_kappa_limit(path),
        Path::Line(line) => {
            limit_on_line(&PotentialCurve::new(line.target.clone(), line.base)?, line.path.schedule())
        }
    }
}

/// `½ C_P(p_1)|p'_1|²`.
fn corollary(instance: &Instance) -> Result<Enclosure> {
    let (constant, speed) = match &instance.path {
        Path::Gaussian(path) => (path.target().poincare_constant(), metric_derivative_squared(path, 1.0)?),
        Path::Line(line) => {
            let profile = MetricDerivative::of(line.path.curve(), (0.0, FRAC_PI_4))?;
            let speed = profile.squared_at_time(line.path.schedule(), 1.0)?;
            (converged_poincare_constant(&line.target)?, speed)
        }
    };
    Ok(constant * speed * 0.5)
}

/// Relative uncertainty at which a limit on the line counts as computed.
const LINE_RESOLUTION: f64 = 2e-3;
/// Accuracy of the divergences on the line, and how many values of κ are extrapolated.
const LINE_ACCURACY: Accuracy = Accuracy { tolerance: 1e-5, finest: 5 };
const LINE_POINTS: i32 = 5;
/// The largest κ times the Poincaré constant of the target, on the line and for Gaussian laws.
const LARGEST: f64 = 0.02;

/// Limit of `KL/κ^power`; the expansion runs in powers of κ over the relaxation rate `1/C_P(p_1)`.
fn scaled_limit(instance: &Instance, power: i32) -> Result<Enclosure> {
    let reverse = instance.part == Part::Reverse;
    let mut points = Vec::new();
    match &instance.path {
        Path::Gaussian(path) => {
            let unit = 1.0 / path.target().poincare_constant().mid().max(1.0);
            for k in 0..7 {
                let kappa = LARGEST * unit * 0.5_f64.powi(k);
                let bias = bias(path, kappa, 0.0)?;
                let kl = if reverse { bias.reverse_kl } else { bias.forward_kl };
                points.push((kappa, kl / Enclosure::exact(kappa).map(|i| i.powi(power))));
            }
        }
        Path::Line(line) => {
            let unit = 1.0 / converged_poincare_constant(&line.target)?.mid().max(1.0);
            let schedule = line.path.schedule();
            let start = schedule.angle(0.0).min(FRAC_PI_2);
            let dynamics = AnnealedLine::new(line.path.curve(), start, 0.0, &schedule.angle_breaks())?;
            for k in 0..LINE_POINTS {
                let kappa = LARGEST * unit * 0.5_f64.powi(k);
                let bias = dynamics.law(schedule, kappa, LINE_ACCURACY)?.bias();
                let kl = if reverse { bias.reverse_kl } else { bias.forward_kl };
                points.push((kappa, kl / Enclosure::exact(kappa).map(|i| i.powi(power))));
            }
        }
    }
    Ok(limit_at_zero(&points))
}

fn random(stream: &mut Stream, index: usize, part: Part) -> Result<Instance> {
    let (dim, condition) = [(1, 64.0), (2, 10.0), (3, 100.0), (5, 16.0)][index % 4];
    let target = Gaussian::random(stream, dim, condition, 1.0)?;
    Instance::new(target, ["power 2", "linear", "ou 1", "power 1.5", "power 0.7"][index % 5], part)
}
