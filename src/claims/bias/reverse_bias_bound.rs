//! **B5**: the reverse bias under a log-Sobolev inequality for the path alone.
//!
//! *Statement.* If `C ≥ C_LS(p_t)` along the path, `v_t` is Λ-Lipschitz and `κΛC ≤ 1`, then
//! `KL(q_{1/κ}|π) ≤ e^{−1/(Cκ)} KL(q_0|p_0) + κ²·C·sup_t|p'_t|²`.
//!
//! *Hypotheses.* H1: `C_LS(p_t) ≤ C`. H2: `v_t` is Λ-Lipschitz. H3: `κΛC ≤ 1`.
//!
//! *Normalisation.* `Ent_μ(f²) ≤ C_LS∫|∇f|² dμ`.
//!
//! *Why.* `K' = −I(q|p̂) − ∫⟨v̂, ∇log(q/p̂)⟩dq ≤ −½I + ½‖v̂‖²_{L²(q)}`; `‖v̂‖_{L²(q)} ≤ κ|p'| + κΛW₂(q,p̂)` and
//! `W₂² ≤ CK` leave `K' ≤ −(2/C − κ²Λ²C)K + κ²|p'|²`.
//!
//! *Source.* \[CCG\] (rates under log-Sobolev); entropy dissipation and Otto, Villani, derived here.
//!
//! *Checked.* Left: the law of the dynamics. Right: the formula with `C = 2·max λ_max(Σ_t)` and Λ the
//! largest slope of the field. *Not checked here:* targets that are not Gaussian.
//!
//! *Sharp.* Not sharp: for slow translations the truth is a quarter of the bound.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::bias::instance::BiasInstance;
use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::dynamics::{InitialLaw, bias_at};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::transport::largest_metric_derivative_squared;
use rand::RngExt;

/// The claim.
pub struct ReverseBiasBound;

impl Theorem for ReverseBiasBound {
    type Instance = BiasInstance;

    const ABOUT: About = About {
        id: "B5",
        chapter: Chapter::Bias,
        title: "Reverse KL bias under log-Sobolev",
        statement: "C_LS(p_t) ≤ C, v_t Λ-Lipschitz, κΛC ≤ 1 ⇒ \
                    KL(q_{1/κ}|π) ≤ e^{−1/(Cκ)}KL(q_0|p_0) + κ²·C·sup|p'_t|²",
        hypotheses: &[("H1", "C_LS(p_t) ≤ C"), ("H2", "v_t is Λ-Lipschitz"), ("H3", "κΛC ≤ 1")],
        why: "K' ≤ −½I + ½‖v̂‖²_{L²(q)}, ‖v̂‖_{L²(q)} ≤ κ|p'| + κΛW₂(q,p̂) and W₂² ≤ CK leave \
              K' ≤ −(2/C − κ²Λ²C)K + κ²|p'|².",
        checked: "The law of the dynamics against the formula, with and without initial errors, under H3.",
        not_checked: "Targets that are not Gaussian.",
        source: "[CCG], rates under log-Sobolev; Otto, Villani, Generalization of an inequality by Talagrand (2000)",
        relation: Relation::Upper,
        rests_on: &["L3", "L12", "T4"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<BiasInstance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("random Gaussian targets", 12, 150, |stream: &mut Stream, index| {
                random(stream, index, false)
            }),
            [family("wrong initial laws", 12, 100, |stream, index| random(stream, index, true))],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<BiasInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "an eighth of the constant",
                instance: || translation(0.03125, InitialLaw::exact(1)),
                wrong: Wrong::Bound(|i| Ok(speed_term(i)? / 8.0)),
            },
            [
                FalseTwin {
                    name: "initial divergence left out",
                    instance: || translation(1.0, InitialLaw::perturbed(vec![20.0], 1.0)?),
                    wrong: Wrong::Bound(speed_term),
                },
                FalseTwin {
                    name: "initial divergence forgotten twenty times as fast",
                    instance: || translation(1.0, InitialLaw::perturbed(vec![20.0], 1.0)?),
                    wrong: Wrong::Bound(|i| Ok(initial_term(i, 20.0)? + speed_term(i)?)),
                },
            ],
        )
    }

    fn observed(instance: &BiasInstance) -> Result<Enclosure> {
        Ok(bias_at(&instance.path, instance.kappa, instance.from, 1.0, &instance.initial)?.reverse_kl)
    }

    fn bound(instance: &BiasInstance) -> Result<Enclosure> {
        Ok(initial_term(instance, 1.0)? + speed_term(instance)?)
    }
}

/// `e^{−speed·T/C}KL(q_0|p_0)` over the duration `T = (1 − from)/κ`.
fn initial_term(instance: &BiasInstance, speed: f64) -> Result<Enclosure> {
    let divergence = instance.initial.divergence(&instance.path, instance.from)?.reverse_kl;
    let duration = (1.0 - Enclosure::exact(instance.from)) / instance.kappa;
    Ok((-(duration * speed / instance.log_sobolev_ceiling()?)).exp() * divergence)
}

/// `κ²·C·sup|p'|²`.
fn speed_term(instance: &BiasInstance) -> Result<Enclosure> {
    let speed = largest_metric_derivative_squared(&instance.path, instance.from, 1.0)?;
    Ok(Enclosure::exact(instance.kappa).square() * instance.log_sobolev_ceiling()? * speed)
}

/// An upper bound for Λ: the largest `|λ̇(a − s)|/(2σ²)` over channels and times.
fn lipschitz_constant(path: &GaussianPath, from: f64) -> Result<f64> {
    const PIECES: u32 = 64;
    let channels = path.channels().ok_or_else(|| Error::Undefined {
        what: "the slopes of the field".to_owned(),
        reason: "the covariances do not commute".to_owned(),
    })?;
    let mut largest = 0.0_f64;
    for k in 0..PIECES {
        let at = |k: u32| from + (1.0 - from) * f64::from(k) / f64::from(PIECES);
        let range = path.schedule().over(at(k), at(k + 1));
        for channel in &channels {
            let variance = channel.target_variance * range.lambda + channel.base_variance * range.complement;
            let gap = channel.target_variance - channel.base_variance;
            largest = largest.max((range.lambda_dot * gap / (Interval::point(2.0) * variance)).magnitude());
        }
    }
    Ok(largest)
}

/// The instance, if H3 holds.
fn checked(path: GaussianPath, kappa: f64, from: f64, initial: InitialLaw) -> Result<BiasInstance> {
    let instance = BiasInstance::new(path, kappa, from, 1.0, initial)?;
    let product = kappa * lipschitz_constant(&instance.path, from)? * instance.log_sobolev_ceiling()?.hi();
    // One rounding in each of the two products.
    if product * (1.0 + 4.0 * f64::EPSILON) <= 1.0 {
        Ok(instance)
    } else {
        Err(Error::hypothesis("B5", "H3 (κΛC ≤ 1)", product))
    }
}

/// From N(0,1) to N(1,1) at constant speed: Λ = 0.
fn translation(kappa: f64, initial: InitialLaw) -> Result<BiasInstance> {
    let path = GaussianPath::from_standard(Gaussian::isotropic(vec![1.0], 1.0)?, schedule("power 2")?)?;
    checked(path, kappa, 0.0, initial)
}

fn random(stream: &mut Stream, index: usize, perturbed: bool) -> Result<BiasInstance> {
    let (dim, condition) = [(1, 16.0), (2, 10.0), (3, 100.0), (5, 4.0)][index % 4];
    let path =
        GaussianPath::from_standard(Gaussian::random(stream, dim, condition, 1.0)?, random_schedule(stream))?;
    let from = if path.schedule().onset_exponent().is_some_and(|a| a < 2.0) { 0.0625 } else { 0.0 };
    let ceiling = BiasInstance::whole(path.clone(), 1.0, from)?.log_sobolev_ceiling()?.hi();
    let kappa = stream.random_range(0.1..0.99) / (lipschitz_constant(&path, from)? * ceiling);
    let initial = if perturbed {
        let shift = (0..dim).map(|_| stream.random_range(-2.0..2.0)).collect();
        InitialLaw::perturbed(shift, stream.random_range(0.25..4.0))?
    } else {
        InitialLaw::exact(dim)
    };
    checked(path, kappa, from, initial)
}
