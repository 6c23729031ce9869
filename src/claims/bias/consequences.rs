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
//! cross; W₂ coordinate by coordinate. *Not checked here:* TV in more than one dimension.
//!
//! *Sharp.* The transport inequality is an equality for translations along a top eigenvector.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::bias::instance::BiasInstance;
use crate::claims::gaussian_instances::random_schedule;
use crate::dynamics::{Deviation, bias, channel_deviations};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
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
    run: BiasInstance,
    part: Part,
}

impl Instance {
    fn new(run: BiasInstance, part: Part) -> Result<Self> {
        if part == Part::TotalVariation && run.path.dim() != 1 {
            return Err(Error::hypothesis("B6", "total variation is computed in d = 1", run.path.dim()));
        }
        Ok(Self { run, part })
    }

    fn one_dimensional(mean: f64, variance: f64, part: Part) -> Result<Self> {
        Self::new(BiasInstance::one_dimensional(mean, variance, "power 2", 1.0)?, part)
    }

    fn deviations(&self) -> Result<Vec<Deviation>> {
        let run = &self.run;
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
        checked: "The final law of the dynamics: TV in d = 1 from the crossing points of the densities, W₂ in any d.",
        not_checked: "TV in more than one dimension; targets that are not Gaussian.",
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
            [family("Wasserstein distance, d = 2 to 5", 12, 100, |stream, index| {
                Instance::new(random(stream, 2 + index % 4)?, Part::Wasserstein)
            })],
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
                    wrong: Wrong::Bound(|i| Ok(bias(&i.run.path, i.run.kappa, i.run.from)?.forward_kl)),
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
        let deviations = instance.deviations()?;
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
        let run = &instance.run;
        let bias = bias(&run.path, run.kappa, run.from)?;
        Ok(match instance.part {
            Part::TotalVariation => (bias.forward_kl / 2.0).sqrt(),
            Part::Wasserstein => run.path.target().log_sobolev_constant() * bias.reverse_kl,
        })
    }
}

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
