//! **B2**: the KL bias of annealed Langevin dynamics is at most κ/4 times the action.
//!
//! *Statement.* `KL(p_t|q_{t/κ}) ≤ KL(p_0|q_0) + (κ/4)∫_0^t |p'_u|² du` at every time `t` of the path.
//!
//! *Hypotheses.* H1: the action is finite on the range. H2: the Nelson process exists and
//! annealed Langevin dynamics is well posed; both hold for Gaussian laws with positive definite
//! covariance once H1 does.
//!
//! *Normalisation.* `KL(p|q) = ∫ p log(p/q)`; action `A = ∫|p'_t|² dt`; `dX = ∇log p̂ dτ + √2 dB`.
//!
//! *Why.* The Nelson process follows the path exactly and differs from annealed Langevin dynamics
//! by the drift v̂ only; Girsanov's theorem gives the divergence of the two path laws, and the
//! marginals at one time know no more than the paths (data processing).
//!
//! *Source.* Data-processing argument of Guo, Tao, Chen, *Provable benefit of annealed Langevin Monte Carlo for
//! non-log-concave sampling* (2025), and \[CCG\] (bias of annealed Langevin).
//!
//! *Checked.* Left: the law of the dynamics, for Gaussian paths by its linear equations and on the line by the
//! Fokker-Planck equation (relative accuracy). Right: the action in closed form and by quadrature. *Not checked
//! here:* laws in the plane that are neither Gaussian nor products; initial errors on the line.
//!
//! *Sharp.* Nowhere at fixed κ (the dynamics forgets); B4 is the sharp form. *Dropping H1*
//! makes the right side infinite.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::bias::instance::BiasInstance;
use crate::claims::bias::line_instance::{BiasRun, LineBiasInstance};
use crate::claims::line_instances::{LineInstance, unequal_bumps};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;

/// The claim.
pub struct GirsanovBiasBound;

impl Theorem for GirsanovBiasBound {
    type Instance = BiasRun;

    const ABOUT: About = About {
        id: "B2",
        chapter: Chapter::Bias,
        title: "KL bias is at most κ/4 times the action",
        statement: "KL(p_t|q_{t/κ}) ≤ KL(p_0|q_0) + (κ/4)∫₀ᵗ|p'_u|² du, at every time t",
        hypotheses: &[
            ("H1", "the action ∫|p'_u|² du is finite on the range"),
            ("H2", "the Nelson process exists and annealed Langevin dynamics is well posed"),
        ],
        why: "The Nelson process follows the path and differs from annealed Langevin dynamics by the drift v̂ \
              alone. Girsanov's theorem gives the divergence of the path laws, KL(p_0|q_0) + (κ/4)∫‖v‖², and a \
              marginal knows no more than the whole path.",
        checked: "The law of the dynamics from its linear equations against the action, for Gaussian laws in \
                  several dimensions, commuting and not, non-centred, ill-conditioned, at several times, with \
                  and without an initial error. On the line: the Fokker-Planck equation against the action for \
                  mixtures (deep wells included), some potentials and some Student bases with finite variance, \
                  κ from 10⁻³ to 10, all schedules, at the end and at earlier times.",
        not_checked: "Laws in more than one dimension that are neither Gaussian nor products; initial errors for \
                      laws that are not Gaussian.",
        source: "Guo, Tao, Chen, Provable benefit of annealed Langevin Monte Carlo (2025); [CCG], bias of annealed Langevin",
        relation: Relation::Upper,
        rests_on: &["B1", "T2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<BiasRun>> {
        let line =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            Family {
                name: "random Gaussian targets",
                evidence: Evidence::Converged,
                quick: 24,
                full: 200,
                draw: |stream, index| Ok(BiasInstance::random(stream, index)?.into()),
            },
            [
                Family {
                    name: "Gaussian bases that do not commute with the target",
                    evidence: Evidence::Converged,
                    quick: 3,
                    full: 20,
                    draw: |stream, index| Ok(BiasInstance::random_dense(stream, index)?.into()),
                },
                Family {
                    name: "initial errors and intermediate times",
                    evidence: Evidence::Converged,
                    quick: 8,
                    full: 60,
                    draw: |stream, index| Ok(BiasInstance::random_perturbed(stream, index)?.into()),
                },
                line("mixtures and, at level full, potentials on the line", 6, 210, |stream, index| {
                    // The laws on the way to a potential are quadratures: one in twenty-one, the first one late.
                    let draw = if index % 21 == 20 {
                        LineBiasInstance::random_potential
                    } else {
                        LineBiasInstance::random_mixture
                    };
                    Ok(draw(stream, index)?.into())
                }),
                line("Student bases and mixtures on the line", 2, 50, |stream, index| {
                    // Even numbers are mixtures, the others potentials.
                    Ok(LineBiasInstance::random_with_student_base(stream, 2 * index)?.into())
                }),
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<BiasRun>> {
        NonEmpty::new(
            FalseTwin {
                name: "κ/8 in place of κ/4",
                // Left side 0.1998, right side 0.125.
                instance: || Ok(BiasInstance::one_dimensional(1.0, 1.0, "power 2", 1.0)?.into()),
                wrong: Wrong::Bound(|i| Ok(i.initial_forward_kl()? + i.girsanov_term()? * 0.5)),
            },
            [
                FalseTwin {
                    name: "the same bound for KL(q|p)",
                    // Left side 0.5201, right side 0.3476.
                    instance: || Ok(BiasInstance::one_dimensional(1.0, 0.25, "power 2", 1.0)?.into()),
                    wrong: Wrong::Observed(BiasRun::reverse_kl),
                },
                FalseTwin {
                    name: "initial divergence left out",
                    instance: || Ok(BiasInstance::badly_started()?.into()),
                    wrong: Wrong::Bound(BiasRun::girsanov_term),
                },
                FalseTwin {
                    name: "κ³/4 in place of κ/4 for two wells",
                    instance: || {
                        let line = LineInstance::from_standard(unequal_bumps()?, "cosine")?;
                        Ok(LineBiasInstance::whole(line, 0.01)?.into())
                    },
                    wrong: Wrong::Bound(|i| Ok(i.girsanov_term()? * 1e-4)),
                },
            ],
        )
    }

    fn target_file(instance: &BiasRun) -> Option<String> {
        instance.target_file()
    }

    fn observed(instance: &BiasRun) -> Result<Enclosure> {
        instance.forward_kl()
    }

    fn bound(instance: &BiasRun) -> Result<Enclosure> {
        Ok(instance.initial_forward_kl()? + instance.girsanov_term()?)
    }
}
