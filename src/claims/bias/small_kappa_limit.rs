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
//! *Checked.* Left: the bias at a sequence of κ, extrapolated. Right: the formula. *Not checked here:*
//! targets that are not Gaussian.
//!
//! *Sharp.* The limit is an equality; its corollary is one for translations along a top eigenvector.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_target, schedule};
use crate::dynamics::{bias, small_kappa_limit};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::transport::metric_derivative_squared;
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

/// A path that does not stop smoothly, and the part of the statement to check on it.
#[derive(Debug)]
pub struct Instance {
    path: GaussianPath,
    part: Part,
}

impl Instance {
    fn new(target: Gaussian, schedule_name: &str, part: Part) -> Result<Self> {
        let path = GaussianPath::from_standard(target, schedule(schedule_name)?)?;
        if path.schedule().stops_smoothly() {
            return Err(Error::hypothesis("B7", "λ̇(1) > 0, else the limit is 0", schedule_name));
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
        checked: "The bias at a sequence of κ, extrapolated to 0, against the formula, in both directions.",
        not_checked: "Targets that are not Gaussian.",
        source: "First-order expansion of the law of the dynamics around the path; cf. [CCG], rates under log-Sobolev",
        relation: Relation::Equality { resolution: 1e-5 },
        rests_on: &["T4"],
        file: file!(),
    };

    fn relation(instance: &Instance) -> Relation {
        if instance.part == Part::Corollary { Relation::Upper } else { Self::ABOUT.relation }
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
                wrong: Wrong::Bound(|i| Ok(small_kappa_limit(&i.path)? * 2.0)),
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
                    name: "the limit of KL/κ in place of KL/κ²",
                    instance: || Instance::one_dimensional(1.0, 1.0, Part::Forward),
                    wrong: Wrong::Observed(|i| scaled_limit(i, 1)),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance.part {
            Part::Corollary => small_kappa_limit(&instance.path),
            Part::Forward | Part::Reverse => scaled_limit(instance, 2),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance.part {
            Part::Corollary => corollary(instance),
            Part::Forward | Part::Reverse => small_kappa_limit(&instance.path),
        }
    }
}

/// `½ C_P(p_1)|p'_1|²`.
fn corollary(instance: &Instance) -> Result<Enclosure> {
    let constant = instance.path.target().poincare_constant();
    Ok(constant * metric_derivative_squared(&instance.path, 1.0)? * 0.5)
}

/// Limit of `KL/κ^power`; the expansion runs in powers of κ over the relaxation rate `1/C_P(p_1)`.
fn scaled_limit(instance: &Instance, power: i32) -> Result<Enclosure> {
    let unit = 1.0 / instance.path.target().poincare_constant().mid().max(1.0);
    let mut points = Vec::new();
    for k in 0..7 {
        let kappa = 0.02 * unit * 0.5_f64.powi(k);
        let bias = bias(&instance.path, kappa, 0.0)?;
        let kl = if instance.part == Part::Reverse { bias.reverse_kl } else { bias.forward_kl };
        points.push((kappa, kl / Enclosure::exact(kappa).map(|i| i.powi(power))));
    }
    Ok(limit_at_zero(&points))
}

fn random(stream: &mut Stream, index: usize, part: Part) -> Result<Instance> {
    let (dim, condition) = [(1, 64.0), (2, 10.0), (3, 100.0), (5, 16.0)][index % 4];
    let target = Gaussian::random(stream, dim, condition, 1.0)?;
    Instance::new(target, ["power 2", "linear", "ou 1", "power 1.5", "power 0.7"][index % 5], part)
}
