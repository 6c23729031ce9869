//! **W5**: strong solutions: contraction of coupled solutions, and Euler-Maruyama converges to them.
//!
//! *Statement.* Two solutions of annealed Langevin dynamics with the same noise satisfy
//! `|X_τ − X'_τ| ≤ e^{∫Λ}|x − x'|`, `Λ = sup_y λ_max(∇²log p̂_τ(y))`: contraction where p̂ is strongly log-concave.
//! Euler-Maruyama refinements on one Brownian path are a Cauchy sequence of strong order 1, and
//! their limit is the solution.
//!
//! *Hypotheses.* H1: the score is Lipschitz, uniformly on the time range. H2 (order): its time derivative is bounded.
//!
//! *Normalisation.* `dX = ∇log p̂ dτ + √2 dB`, `τ = t/κ`.
//!
//! *Why.* The noise cancels in the difference, whose square has the derivative at most `2Λ|X−X'|²`. For
//! additive noise Euler-Maruyama is the Milstein scheme.
//!
//! *Source.* Kloeden, Platen, *Numerical Solution of Stochastic Differential Equations* (1992), §10.3;
//! \[CCG\] (well-posedness).
//!
//! *Checked.* Contraction: collocation of the linear equation for the difference, against quadrature of Λ.
//! Order: errors of the program's sampler on one Brownian path in 512 dimensions, in blocks of independent
//! coordinates, against the next refinement and against the solution itself, drawn jointly with the
//! increments of the path. Mixtures of equal variance: coupled solutions on one Brownian path against `Λ ≤ −1/c + λD²/(4c²)`, and
//! the sampler's errors in 512 asymmetric double wells and in 256 planes with three wells each, against the next refinement and, to
//! say what the limit is, against Heun's method on a finer grid. *Not checked here:* other targets.
//!
//! *Sharp.* Contraction: difference along the top eigenvector, Gaussian base γ. *Dropping H1:* W3's
//! mixture has no finite Λ.

use super::instance::{dense_target, normal_vector};
use super::strong_error::{RESOLUTION, Reference, fitted_order};
use super::wells::{CoupledPair, Kind, fitted_order_in_wells};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result, positive, within};
use crate::measure::gaussian::Gaussian;
use crate::numerics::collocation::solve_linear;
use crate::numerics::quadrature::{graded_panels, integrate};
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use std::fmt;

/// Which half of the statement is checked, on what.
#[derive(Clone, Debug)]
pub enum SolutionInstance {
    /// Two solutions at distance `gap` at time `from` of the path, compared at time `until`.
    Contraction {
        /// The path.
        path: Box<GaussianPath>,
        /// Slowness κ.
        kappa: f64,
        /// Start in the time of the path.
        from: f64,
        /// End in the time of the path.
        until: f64,
        /// Initial difference.
        gap: Vec<f64>,
    },
    /// Order of convergence on the Brownian path of a seed.
    Order {
        /// Schedule of the path.
        schedule: &'static str,
        /// Slowness κ.
        kappa: f64,
        /// What the refinements are compared with.
        reference: Reference,
        /// Seed of the Brownian path and of the target.
        seed: u64,
    },
    /// Two solutions towards a mixture.
    Wells(Box<CoupledPair>),
    /// Order of convergence towards wells: of the refinements among each other, or to the solution by another integrator.
    WellsOrder {
        /// On the line or in the plane.
        kind: Kind,
        /// What the refinements are compared with.
        reference: Reference,
        /// Schedule of the path.
        schedule: &'static str,
        /// Slowness κ.
        kappa: f64,
        /// Seed of the Brownian path and of the target.
        seed: u64,
    },
}
use SolutionInstance::{Contraction, Order, Wells, WellsOrder};

impl SolutionInstance {
    /// Two coupled solutions.
    ///
    /// # Errors
    /// [`Error::Domain`] for parameters out of range, [`Error::Dimension`] for a gap of another dimension.
    pub fn contraction(path: GaussianPath, kappa: f64, from: f64, until: f64, gap: Vec<f64>) -> Result<Self> {
        positive("kappa", kappa)?;
        within("from", from, 0.0, until)?;
        within("until", until, from, 1.0)?;
        if gap.len() != path.dim() {
            return Err(Error::Dimension { name: "gap".to_owned(), found: gap.len(), expected: path.dim() });
        }
        Ok(Contraction { path: Box::new(path), kappa, from, until, gap })
    }

    /// Refinements on the Brownian path of a seed.
    ///
    /// # Errors
    /// [`Error::Domain`] for an unknown schedule or a κ that is not finite and positive.
    pub fn refinements(
        schedule_name: &'static str,
        kappa: f64,
        reference: Reference,
        seed: u64,
    ) -> Result<Self> {
        schedule(schedule_name)?;
        Ok(Order { schedule: schedule_name, kappa: positive("kappa", kappa)?, reference, seed })
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        // In one dimension the bound is attained, d = 20 is slow.
        let target = match index % 7 {
            1 | 6 => Gaussian::random(stream, 3, 1e4, 0.0)?,
            other => dense_target(stream, other)?,
        };
        let base =
            if index.is_multiple_of(2) || target.dim() > 3 { 1.0 } else { stream.random_range(1.5..8.0) };
        let base = Gaussian::random(stream, target.dim(), base, 0.0)?;
        let path = GaussianPath::new(target, base, random_schedule(stream))?;
        let gap = normal_vector(stream, path.dim(), 1.0);
        let kappa = stream.random_range(-2.0_f64..3.0).exp2();
        let from = stream.random_range(0.05..0.5);
        Self::contraction(path, kappa, from, stream.random_range(0.6..1.0), gap)
    }

    fn order(stream: &mut Stream, index: usize) -> Result<Self> {
        let reference = if index.is_multiple_of(2) { Reference::Solution } else { Reference::Refinement };
        let schedule = ["power 2", "cosine", "linear", "ou 1"][(index / 2) % 4];
        Self::refinements(schedule, stream.random_range(1.0..2.0), reference, stream.random())
    }

    fn wells(stream: &mut Stream, index: usize) -> Result<Self> {
        let schedule = random_schedule(stream);
        Ok(Wells(Box::new(CoupledPair::random(stream, index, schedule)?)))
    }

    fn wells_order(stream: &mut Stream, index: usize) -> Result<Self> {
        let schedule = ["power 2", "cosine", "linear"][index % 3];
        let kappa = positive("kappa", stream.random_range(1.0..2.0))?;
        let kind = if index.is_multiple_of(2) { Kind::DoubleWells } else { Kind::Planes };
        let reference =
            if (index / 2).is_multiple_of(2) { Reference::Solution } else { Reference::Refinement };
        Ok(WellsOrder { kind, reference, schedule, kappa, seed: stream.random() })
    }

    fn wells_ordered(kind: Kind) -> Self {
        WellsOrder { kind, reference: Reference::Solution, schedule: "power 2", kappa: 1.0, seed: 7 }
    }

    fn ordered(reference: Reference) -> Result<Self> {
        Self::refinements("power 2", 1.0, reference, 7)
    }

    fn planar(gap: Vec<f64>, kappa: f64) -> Result<Self> {
        let target = Gaussian::diagonal(vec![1.0, 0.0], vec![3.0, 0.25])?;
        let path = GaussianPath::from_standard(target, schedule("power 2")?)?;
        Self::contraction(path, kappa, 0.125, 1.0, gap)
    }
}

impl fmt::Display for SolutionInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Contraction { path, kappa, from, until, gap } => {
                write!(f, "{path}, κ={kappa}, t from {from} to {until}, gap {gap:?}")
            }
            Wells(pair) => pair.fmt(f),
            WellsOrder { kind, reference, schedule, kappa, seed } => {
                write!(
                    f,
                    "order in {kind:?} against {reference:?}, schedule {schedule}, κ={kappa}, seed {seed}"
                )
            }
            Order { schedule, kappa, reference, seed } => {
                write!(f, "order against {reference:?}, schedule {schedule}, κ={kappa}, seed {seed}")
            }
        }
    }
}

/// The claim.
pub struct StrongSolution;

impl Theorem for StrongSolution {
    type Instance = SolutionInstance;

    const ABOUT: About = About {
        id: "W5",
        chapter: Chapter::WellPosedness,
        title: "Strong solutions, contraction and strong order 1",
        statement: "two solutions with the same noise: |X_τ−X'_τ| ≤ e^{∫Λ}|x−x'|, Λ = sup_y λ_max(∇²log p̂); \
                    Euler-Maruyama refinements on one Brownian path are Cauchy of strong order 1",
        hypotheses: &[
            ("H1", "the score is Lipschitz, uniformly on the time range"),
            ("H2", "order: the time derivative of the score is bounded"),
        ],
        why: "The noise cancels in the difference, whose square grows at a rate of at most 2Λ. For additive \
              noise Euler-Maruyama is the Milstein scheme.",
        checked: "Contraction: collocation of the linear equation of the difference against quadrature of Λ, \
                  general covariances and bases. Order: slope of the errors of the program's sampler on one \
                  Brownian path in 512 dimensions against the next refinement and against the solution. \
                  Mixtures of equal variance: coupled solutions on one path against the integral of \
                  Λ ≤ −1/c + λD²/(4c²), c = λs²+1−λ, D the diameter of the means; orders in 512 asymmetric double wells and \
                  in 256 planes with three wells, against the next refinement and, for the limit, another integrator on a finer grid.",
        not_checked: "Targets that are neither Gaussian nor mixtures of equal variance.",
        source: "Kloeden, Platen, Numerical Solution of Stochastic Differential Equations (1992); [CCG], well-posedness",
        relation: Relation::Upper,
        rests_on: &["W3", "S2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<SolutionInstance>> {
        NonEmpty::new(
            Family {
                name: "contraction for Gaussian targets and bases",
                evidence: Evidence::Converged,
                quick: 14,
                full: 105,
                draw: SolutionInstance::random,
            },
            [
                Family {
                    name: "order on one Brownian path",
                    evidence: Evidence::Statistical,
                    quick: 2,
                    full: 8,
                    draw: SolutionInstance::order,
                },
                Family {
                    name: "contraction for mixtures of equal variance",
                    evidence: Evidence::Converged,
                    quick: 4,
                    full: 60,
                    draw: SolutionInstance::wells,
                },
                Family {
                    name: "order in wells on the line and in the plane, against the next refinement or another integrator",
                    evidence: Evidence::Statistical,
                    quick: 2,
                    full: 12,
                    draw: SolutionInstance::wells_order,
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<SolutionInstance>> {
        vec![SharpCase {
            name: "difference along the top eigenvector",
            kind: SharpKind::Attained(|| SolutionInstance::planar(vec![1.0, 0.0], 2.0)),
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<SolutionInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "e^{2∫Λ}",
                instance: || SolutionInstance::planar(vec![1.0, 0.1], 2.0),
                wrong: Wrong::Bound(|i| contraction_bound(i, |values| 2.0 / values.max())),
            },
            [
                FalseTwin {
                    name: "contraction at the rate of the components, across a barrier",
                    instance: || Ok(Wells(Box::new(CoupledPair::across_the_barrier()?))),
                    wrong: Wrong::Bound(|i| match i {
                        Wells(pair) => Ok(pair.bound(0.0)),
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "strong order ½ in double wells",
                    instance: || Ok(SolutionInstance::wells_ordered(Kind::DoubleWells)),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.5))),
                },
                FalseTwin {
                    name: "wells in the plane: order 1 towards the solution of a dynamics that is a tenth slower",
                    instance: || Ok(SolutionInstance::wells_ordered(Kind::Planes)),
                    wrong: Wrong::Observed(|i| match i {
                        WellsOrder { kind, reference, schedule, kappa, seed } => {
                            fitted_order_in_wells(*kind, *reference, schedule, (*kappa, 1.1 * kappa), *seed)
                        }
                        _ => Self::observed(i),
                    }),
                },
                FalseTwin {
                    name: "the curvature of the narrowest direction",
                    instance: || SolutionInstance::planar(vec![1.0, 0.1], 2.0),
                    wrong: Wrong::Bound(|i| contraction_bound(i, |values| 1.0 / values.min())),
                },
                FalseTwin {
                    name: "strong order ½",
                    instance: || SolutionInstance::ordered(Reference::Refinement),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.5))),
                },
                FalseTwin {
                    name: "strong order 2",
                    instance: || SolutionInstance::ordered(Reference::Solution),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(2.0))),
                },
                FalseTwin {
                    name: "order 1 towards the solution of a dynamics that is a tenth slower",
                    instance: || SolutionInstance::ordered(Reference::Solution),
                    wrong: Wrong::Observed(|i| match i {
                        Order { schedule, kappa, reference, seed } => {
                            fitted_order(schedule, *kappa, 1.1 * kappa, *reference, *seed)
                        }
                        _ => Self::observed(i),
                    }),
                },
            ],
        )
    }

    fn relation(instance: &SolutionInstance) -> Relation {
        if matches!(instance, Order { .. } | WellsOrder { .. }) {
            Relation::Rate { resolution: RESOLUTION }
        } else {
            Relation::Upper
        }
    }

    fn observed(instance: &SolutionInstance) -> Result<Enclosure> {
        match instance {
            Order { schedule, kappa, reference, seed } => {
                fitted_order(schedule, *kappa, *kappa, *reference, *seed)
            }
            Wells(pair) => pair.gap(),
            WellsOrder { kind, reference, schedule, kappa, seed } => {
                fitted_order_in_wells(*kind, *reference, schedule, (*kappa, *kappa), *seed)
            }
            Contraction { path, kappa, from, until, gap } => {
                const TOLERANCE: f64 = 1e-13;
                let (target, base) = (path.target().covariance(), path.base().covariance());
                let d = path.dim();
                let mut breaks = vec![*from];
                let inside = path.schedule().time_breaks().into_iter().filter(|t| from < t && t < until);
                breaks.extend(inside);
                breaks.push(*until);
                let solution = solve_linear(&breaks, &DVector::from_column_slice(gap), TOLERANCE, |t| {
                    let law = covariance(path, &target, &base, t);
                    let precision = law.cholesky().map_or_else(|| DMatrix::zeros(d, d), |c| c.inverse());
                    (precision / -kappa, DVector::zeros(d))
                })?;
                let norm = solution.value.norm();
                let rounding =
                    precision_rounding(path, &breaks) / *kappa * contraction_bound(instance, slowest)?;
                Ok(Enclosure::around(norm, solution.error + rounding.hi(), Evidence::Converged))
            }
        }
    }

    fn bound(instance: &SolutionInstance) -> Result<Enclosure> {
        match instance {
            Order { .. } | WellsOrder { .. } => Ok(Enclosure::exact(1.0)),
            Wells(pair) => Ok(pair.bound(0.25)),
            Contraction { .. } => contraction_bound(instance, slowest),
        }
    }
}

/// `Σ_t` in floating point.
fn covariance(path: &GaussianPath, target: &DMatrix<f64>, base: &DMatrix<f64>, t: f64) -> DMatrix<f64> {
    target * path.schedule().lambda(t) + base * path.schedule().complement(t)
}

/// The rate `−Λ` at which every direction contracts at least.
fn slowest(variances: &DVector<f64>) -> f64 {
    1.0 / variances.max()
}

/// `∫|δP|dt` for the error `δP` of the inverse of `Σ_t` by its factorisation: `|δP| ≤ 16d·u·|Σ||P|²` with the unit roundoff u (Higham,
/// *Accuracy and Stability of Numerical Algorithms* (2002), sections 10.1 and 14.1, with room for the rounding of `Σ_t`). Both the exact and the
/// perturbed equation contract by the bound of the claim, so the solution is wrong by at most that times `κ⁻¹∫|δP|`.
fn precision_rounding(path: &GaussianPath, breaks: &[f64]) -> Enclosure {
    let (target, base) = (path.target().covariance(), path.base().covariance());
    let factor = 16.0 * path.dim() as f64 * f64::EPSILON;
    let mut ends = graded_panels(breaks[0], breaks[breaks.len() - 1], false, true, 20);
    ends.extend(breaks);
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    integrate(&ends, |t| {
        let values = covariance(path, &target, &base, t).symmetric_eigenvalues();
        factor * values.max() / values.min().powi(2)
    })
}

/// `|x − x'| exp(−κ⁻¹∫ rate dt)` for a rate that is a function of the eigenvalues of `Σ_t`.
fn contraction_bound(instance: &SolutionInstance, rate: impl Fn(&DVector<f64>) -> f64) -> Result<Enclosure> {
    let Contraction { path, kappa, from, until, gap } = instance else {
        return Err(Error::Undefined { what: "contraction".to_owned(), reason: instance.to_string() });
    };
    let (target, base) = (path.target().covariance(), path.base().covariance());
    let mut breaks = graded_panels(*from, *until, false, false, 0);
    breaks.extend(path.schedule().time_breaks().into_iter().filter(|t| from < t && t < until));
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    let integral = integrate(&breaks, |t| rate(&covariance(path, &target, &base, t).symmetric_eigenvalues()));
    let norm: Enclosure = gap.iter().map(|&x| Enclosure::exact(x).square()).sum();
    Ok(norm.sqrt() * (-(integral / *kappa)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Schedule;

    /// A condition number of 10⁸ at the end, a slow direction along the gap, and a base that keeps the covariance well conditioned
    /// on the way: rounding is that of the way.
    #[test]
    fn a_badly_conditioned_target_is_decided_before_the_end() {
        let law = |mean: [f64; 2], rows: [f64; 4]| {
            Gaussian::new(DVector::from_column_slice(&mean), DMatrix::from_row_slice(2, 2, &rows)).unwrap()
        };
        let target = law(
            [-0.3908860117027171, 0.5934539914754299],
            [897.6473934026089, 2858.444013953805, 2858.444013953805, 9102.352706597401],
        );
        let base = law(
            [0.0, 0.0],
            [2.6876112675449697, 0.21437779655369812, 0.21437779655369812, 0.38917750207628127],
        );
        let path = GaussianPath::new(target, base, Schedule::power(2.0).unwrap()).unwrap();
        let (from, until) = (0.23077670866175576, 0.815876087979044);
        let gap = vec![-0.6701913215008026, -2.1170412418935793];
        let instance = SolutionInstance::contraction(path, 2.9023440132442406, from, until, gap).unwrap();
        let (observed, bound) =
            (StrongSolution::observed(&instance).unwrap(), StrongSolution::bound(&instance).unwrap());
        assert!(observed.hi() <= bound.lo(), "{observed} {bound}");
    }
}
