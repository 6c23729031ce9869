//! **B3**: the bias bound through the Poincaré constants of the path.
//!
//! *Statement.* `KL(p_1|q) ≤ KL(p_0|q_0) + (κ/4)∫C_P(p_t)‖∂_t log p_t‖²_{L²(p_t)} dt`.
//!
//! *Hypotheses.* H1: `C_P(p_t) < ∞` and `∂_t log p_t ∈ L²(p_t)` for almost every t, with a finite
//! integral. H2: the Nelson process exists and annealed Langevin dynamics is well posed.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`.
//!
//! *Why.* B2, and `‖v_t‖² ≤ C_P(p_t)‖∂_t log p_t‖²` (T6).
//!
//! *Source.* \[CCG\] (existence of the transport field under a Poincaré inequality), with B2.
//!
//! *Checked.* Left: the law of the dynamics. Right: quadrature of the formula. *Not checked here:*
//! targets that are not Gaussian.
//!
//! *Sharp.* As B2, nowhere at fixed κ; the step through T6 is an equality for translations along a
//! top eigenvector. *Dropping the Poincaré constant* makes it false (a twin).

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::bias::instance::BiasInstance;
use crate::claims::gaussian_instances::schedule;
use crate::dynamics::{bias_at, poincare_energy};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::path::GaussianPath;
use crate::transport::action;

/// The claim.
pub struct PoincareBiasBound;

impl Theorem for PoincareBiasBound {
    type Instance = BiasInstance;

    const ABOUT: About = About {
        id: "B3",
        chapter: Chapter::Bias,
        title: "KL bias through Poincaré constants",
        statement: "KL(p_1|q) ≤ KL(p_0|q_0) + (κ/4)∫C_P(p_t)‖∂_t log p_t‖²_{L²(p_t)} dt",
        hypotheses: &[
            ("H1", "C_P(p_t)‖∂_t log p_t‖² is integrable over the range"),
            ("H2", "the Nelson process exists and annealed Langevin dynamics is well posed"),
        ],
        why: "The Girsanov bound B2, and ‖v_t‖² ≤ C_P(p_t)‖∂_t log p_t‖² (T6).",
        checked: "The law of the dynamics against quadrature of the formula, with and without initial errors.",
        not_checked: "Targets that are not Gaussian; bases other than the standard one.",
        source: "[CCG], existence of the transport field under a Poincaré inequality",
        relation: Relation::Upper,
        rests_on: &["B2", "T6"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<BiasInstance>> {
        NonEmpty::new(
            Family {
                name: "random Gaussian targets",
                evidence: Evidence::Converged,
                quick: 16,
                full: 200,
                draw: BiasInstance::random,
            },
            [Family {
                name: "initial errors",
                evidence: Evidence::Converged,
                quick: 8,
                full: 60,
                draw: |stream, index| {
                    let drawn = BiasInstance::random_perturbed(stream, index)?;
                    BiasInstance::new(drawn.path, drawn.kappa, drawn.from, 1.0, drawn.initial)
                },
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<BiasInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "κ/8 in place of κ/4",
                instance: || BiasInstance::one_dimensional(1.0, 1.0, "power 2", 1.0),
                wrong: Wrong::Bound(|i| Ok(i.initial_forward_kl()? + poincare_term(i)? * 0.5)),
            },
            [
                FalseTwin {
                    name: "the Poincaré constant left out",
                    instance: translation_of_a_wide_law,
                    // A translation by m of N(0, σ²I): ‖∂_t log p‖² is the action divided by σ².
                    wrong: Wrong::Bound(|i| {
                        let constant = i.path.target().poincare_constant();
                        Ok(action(&i.path, i.from, i.until)? / constant * i.kappa / 4.0)
                    }),
                },
                FalseTwin {
                    name: "initial divergence left out",
                    instance: || {
                        let short = BiasInstance::badly_started()?;
                        BiasInstance::new(short.path, short.kappa, 0.875, 1.0, short.initial)
                    },
                    wrong: Wrong::Bound(poincare_term),
                },
            ],
        )
    }

    fn observed(instance: &BiasInstance) -> Result<Enclosure> {
        Ok(bias_at(&instance.path, instance.kappa, instance.from, instance.until, &instance.initial)?
            .forward_kl)
    }

    fn bound(instance: &BiasInstance) -> Result<Enclosure> {
        Ok(instance.initial_forward_kl()? + poincare_term(instance)?)
    }
}

fn poincare_term(instance: &BiasInstance) -> Result<Enclosure> {
    Ok(poincare_energy(&instance.path, instance.from)? * instance.kappa / 4.0)
}

/// From `N(0, 16)` to `N(4, 16)`.
fn translation_of_a_wide_law() -> Result<BiasInstance> {
    let (target, base) = (Gaussian::isotropic(vec![4.0], 16.0)?, Gaussian::isotropic(vec![0.0], 16.0)?);
    BiasInstance::whole(GaussianPath::new(target, base, schedule("power 2")?)?, 0.5, 0.0)
}
