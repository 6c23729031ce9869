//! **B6**: what a KL bias says of total variation and of the Wasserstein distance.
//!
//! *Statement.* `TV(p_1,q) ≤ √(KL(p_1|q)/2)` and `W₂²(q,p_1) ≤ C_LS(p_1)·KL(q|p_1)`.
//!
//! *Hypotheses.* H1: `C_LS(p_1) < ∞` for the second.
//!
//! *Normalisation.* `TV = sup_A|p(A) − q(A)| = ½∫|p − q|`; `Ent_μ(f²) ≤ C_LS∫|∇f|² dμ`.
//!
//! *Why.* Pinsker's inequality; Otto and Villani's transport inequality.
//!
//! *Source.* Pinsker (1964), Csiszár (1967); Otto, Villani, *Generalization of an inequality by Talagrand* (2000).
//!
//! *Checked.* q is the law of annealed Langevin dynamics. TV from the points at which the densities
//! cross; W₂ coordinate by coordinate. On the line: TV of the solution of the Fokker-Planck equation and W₂ by quantile
//! functions, with `C_LS(p_1) ≤ 2/ρ` for log-concave mixtures. *Not checked here:* TV in more than one dimension.
//!
//! *Sharp.* The transport inequality is an equality for translations along a top eigenvector.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::bias::instance::BiasInstance;
use crate::claims::bias::line_instance::{BiasRun, LineBiasInstance, supremum};
use crate::claims::gaussian_instances::random_schedule;
use crate::claims::line_instances::{LineInstance, random_mixture, unequal_bumps};
use crate::dynamics::fokker_planck::{Accuracy, LineLaw};
use crate::dynamics::{Deviation, channel_deviations};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct Consequences;

/// The two inequalities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    TotalVariation,
    Wasserstein,
}

/// A run of the dynamics and the inequality to check on its final law.
#[derive(Debug)]
pub struct Instance {
    run: BiasRun,
    part: Part,
}

impl Instance {
    fn new(run: BiasInstance, part: Part) -> Result<Self> {
        if part == Part::TotalVariation && run.path.dim() != 1 {
            return Err(Error::hypothesis("B6", "total variation is computed in d = 1", run.path.dim()));
        }
        Ok(Self { run: run.into(), part })
    }

    /// On the line, at the end of the path; for the second part the target has to be log-concave, so that
    /// `C_LS(p_1) ≤ 2/ρ`.
    fn on_line(run: LineBiasInstance, part: Part) -> Result<Self> {
        if part == Part::Wasserstein && convexity(&run.line)? <= 0.0 {
            return Err(Error::hypothesis("B6", "H1 (C_LS(p_1) known: a log-concave target)", &run));
        }
        Ok(Self { run: run.into(), part })
    }

    fn one_dimensional(mean: f64, variance: f64, part: Part) -> Result<Self> {
        Self::new(BiasInstance::one_dimensional(mean, variance, "power 2", 1.0)?, part)
    }

    fn deviations(run: &BiasInstance) -> Result<Vec<Deviation>> {
        let channels = run.path.channels().ok_or_else(|| Error::Undefined {
            what: "the law of the dynamics in channels".to_owned(),
            reason: "the covariances do not commute".to_owned(),
        })?;
        channel_deviations(&run.path, &channels, run.kappa, run.from, run.until, &run.initial)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.part, self.run)
    }
}

impl Theorem for Consequences {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "B6",
        chapter: Chapter::Bias,
        title: "From KL bias to total variation and W₂",
        statement: "TV(p_1,q) ≤ √(KL(p_1|q)/2) and W₂²(q,p_1) ≤ C_LS(p_1)·KL(q|p_1)",
        hypotheses: &[("H1", "C_LS(p_1) < ∞, for the second")],
        why: "Pinsker's inequality; Otto and Villani: log-Sobolev implies the transport inequality.",
        checked: "The final law of the dynamics: TV in d = 1 from the crossing points of the densities, W₂ in any \
                  d. On the line: TV for mixtures of all kinds and potentials, W₂ by quantile functions for log-concave ones \
                  (C_LS ≤ 2/ρ), with the law of the dynamics from the Fokker-Planck equation.",
        not_checked: "TV in more than one dimension; W₂ for targets that are neither Gaussian nor log-concave.",
        source: "Pinsker (1964); Otto, Villani, Generalization of an inequality by Talagrand (2000)",
        relation: Relation::Upper,
        rests_on: &["L12"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("total variation, d = 1", 12, 100, |stream: &mut Stream, _| {
                Instance::new(random(stream, 1)?, Part::TotalVariation)
            }),
            [
                family("Wasserstein distance, d = 2 to 5", 12, 100, |stream, index| {
                    Instance::new(random(stream, 2 + index % 4)?, Part::Wasserstein)
                }),
                family("total variation, mixtures on the line", 3, 100, |stream, index| {
                    let line = LineInstance::random_mixture(stream, index)?;
                    let kappa = 10_f64.powf(stream.random_range(-2.0..1.0));
                    Instance::on_line(LineBiasInstance::whole(line, kappa)?, Part::TotalVariation)
                }),
                family("total variation, potentials on the line", 1, 40, |stream, index| {
                    let line = LineInstance::random_potential(stream, index)?;
                    let kappa = 10_f64.powf(stream.random_range(-2.0..1.0));
                    Instance::on_line(LineBiasInstance::whole(line, kappa)?, Part::TotalVariation)
                }),
                family("Wasserstein distance, log-concave mixtures on the line", 1, 12, |stream, index| {
                    let line = loop {
                        let target = random_mixture(stream, [3, 0][index % 2])?;
                        let line = LineInstance::new(
                            target,
                            crate::path::line::LineBase::Gaussian,
                            random_schedule(stream),
                        )?;
                        if convexity(&line)? > LEAST_CONVEXITY {
                            break line;
                        }
                    };
                    let kappa = 10_f64.powf(stream.random_range(0.0..1.0));
                    // The table of the law is on the coarsest of the last three grids.
                    let accuracy = Accuracy { tolerance: 1e-6, finest: 5 };
                    let run = LineBiasInstance::whole(line, kappa)?.with_accuracy(accuracy);
                    Instance::on_line(run, Part::Wasserstein)
                }),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![SharpCase {
            name: "Wasserstein, translation",
            kind: SharpKind::Attained(|| Instance::one_dimensional(-2.0, 1.0, Part::Wasserstein)),
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "TV ≤ √KL/2",
                instance: || Instance::one_dimensional(1.0, 1.0, Part::TotalVariation),
                wrong: Wrong::Bound(|i| Ok(Consequences::bound(i)? / Enclosure::exact(2.0).sqrt())),
            },
            [
                FalseTwin {
                    name: "TV ≤ KL",
                    instance: || Instance::one_dimensional(1.0, 1.0, Part::TotalVariation),
                    wrong: Wrong::Bound(|i| i.run.forward_kl()),
                },
                FalseTwin {
                    name: "two unequal wells: TV ≤ 3 KL",
                    instance: || {
                        let line = LineInstance::from_standard(unequal_bumps()?, "cosine")?;
                        Instance::on_line(LineBiasInstance::whole(line, 0.1)?, Part::TotalVariation)
                    },
                    wrong: Wrong::Bound(|i| Ok(i.run.forward_kl()? * 3.0)),
                },
                FalseTwin {
                    name: "C_P in place of C_LS",
                    instance: || Instance::one_dimensional(1.0, 0.5, Part::Wasserstein),
                    wrong: Wrong::Bound(|i| Ok(Consequences::bound(i)? * 0.5)),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        let run = match &instance.run {
            BiasRun::Gaussian(run) => run,
            BiasRun::Line(run) => {
                return match instance.part {
                    Part::TotalVariation => Ok(run.bias()?.total_variation),
                    Part::Wasserstein => distance_squared(&run.law()?.law, &run.line.target),
                };
            }
        };
        let deviations = Instance::deviations(run)?;
        Ok(match instance.part {
            Part::TotalVariation => deviations.into_iter().map(|d| total_variation(&d)).sum(),
            // √(Var q) − √(Var p) = σ·ρ/(1 + √(1+ρ)).
            Part::Wasserstein => deviations
                .into_iter()
                .map(|d| {
                    let spread = d.excess / (1.0 + d.ratio.sqrt());
                    d.shift.square() + d.variance * spread.square()
                })
                .sum(),
        })
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let constant = match &instance.run {
            _ if instance.part == Part::TotalVariation => {
                return Ok((instance.run.forward_kl()? / 2.0).sqrt());
            }
            BiasRun::Gaussian(run) => run.path.target().log_sobolev_constant(),
            BiasRun::Line(run) => Enclosure::exact(2.0 / convexity(&run.line)?).weakened(Evidence::Converged),
        };
        Ok(constant * instance.run.reverse_kl()?)
    }
}

/// Convexity of the potential of the target, by search: `inf −∂²log π`, less what the search may miss.
fn convexity(line: &LineInstance) -> Result<f64> {
    let slice = line.path.curve().slice(0.0)?;
    let largest = supremum(slice.as_ref(), |y| slice.point(y).curvature);
    Ok(-largest - SEARCH * largest.abs())
}

/// Share of a convexity by which the search may be wrong, and convexity below which a target is drawn again.
const SEARCH: f64 = 1e-3;
const LEAST_CONVEXITY: f64 = 0.05;

/// `W₂²(q, π) = ∫_0^1 (Q⁻¹(u) − F⁻¹(u))² du`: the quantiles of q from its table, those of π by its distribution; on all
/// nodes of the table and on every second one (Converged).
fn distance_squared(law: &LineLaw, target: &LineMeasure) -> Result<Enclosure> {
    let at = |stride: usize| -> Result<f64> {
        let picked: Vec<(f64, f64)> =
            law.nodes().iter().zip(law.log_density()).step_by(stride).map(|(y, l)| (*y, l.exp())).collect();
        let mut below = 0.0;
        let mut moved = Vec::with_capacity(picked.len());
        let mut masses = vec![0.0];
        for pair in picked.windows(2) {
            masses.push(masses[masses.len() - 1] + 0.5 * (pair[0].1 + pair[1].1) * (pair[1].0 - pair[0].0));
        }
        let total = masses[masses.len() - 1];
        for ((y, density), mass) in picked.iter().zip(&masses) {
            let share = mass / total;
            let move_to = if share <= NEGLIGIBLE || share >= 1.0 - NEGLIGIBLE {
                *y
            } else {
                target.quantile(share)?.mid()
            };
            moved.push(density * (move_to - y).powi(2));
        }
        for (pair, cost) in picked.windows(2).zip(moved.windows(2)) {
            below += 0.5 * (cost[0] + cost[1]) * (pair[1].0 - pair[0].0);
        }
        Ok(below)
    };
    let (fine, coarse) = (at(1)?, at(2)?);
    Ok(Enclosure::around(fine, (fine - coarse).abs(), Evidence::Converged))
}

/// Mass whose transport is left out: it moves by a few units at most.
const NEGLIGIBLE: f64 = 1e-9;

/// Total variation between N(0, 1) and N(d, 1 + ρ), `d = |δ|/σ`: the densities cross where
/// `ρu² + 2du = c` with `c = d² + (1+ρ)log(1+ρ)`, and TV is the difference of the probabilities of
/// the set between the crossings.
fn total_variation(deviation: &Deviation) -> Enclosure {
    let d = deviation.shift.abs() / deviation.variance.sqrt();
    let (rho, ratio) = (deviation.excess, deviation.ratio);
    let normal = |x: Enclosure| (x / Enclosure::exact(2.0).sqrt()).map(Interval::erf) * 0.5;
    if rho.contains(0.0) {
        // Equal variances (a translation): one crossing, halfway.
        return normal(d / 2.0) * 2.0;
    }
    let c = d.square() + ratio * ratio.ln();
    let root = (d.square() + rho * c).sqrt();
    let (near, far) = (c / (d + root), -((d + root) / rho));
    let between = |map: &dyn Fn(Enclosure) -> Enclosure| normal(map(near)) - normal(map(far));
    let (p, q) = (between(&|u| u), between(&|u| (u - d) / ratio.sqrt()));
    (p - q).abs()
}

fn random(stream: &mut Stream, dim: usize) -> Result<BiasInstance> {
    let target = Gaussian::random(stream, dim, 64.0, 1.5)?;
    let schedule = random_schedule(stream);
    let from = if schedule.onset_exponent().is_some_and(|a| a <= 1.0) { 0.0625 } else { 0.0 };
    let kappa = 10_f64.powf(stream.random_range(-1.0..1.0));
    BiasInstance::whole(GaussianPath::from_standard(target, schedule)?, kappa, from)
}
