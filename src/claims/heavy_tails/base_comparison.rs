//! **H4**: a Student base against a Gaussian one, for a Student target.
//!
//! *Statement.* d = 1, π the Student law with n degrees of freedom and unit scale; `m = n + 1`, `K = m(m+1)²/(4n(m+2))`. Student base ν = π: (i)
//! `−(m/n)/max(λ, 1−λ) ≤ ∇²log p_t ≤ K/max(λ, 1−λ)`, so the Lipschitz constant of the score is at most `2·max(K, m/n)` on the whole path; with a
//! Gaussian base it is above that at the start (for n = 3, 4, 5 at every `λ` from 10⁻⁶ to 10⁻⁴ that was tried). For n = 3: (ii) `A_ν ≤ W₂²(π, γ) ≤ A_γ` for the
//! cosine, linear and quadratic schedules: the action with the Student base is less than that of any curve from γ to π; (iii)
//! `KL(p_1|q)` is less with the Student base at the same κ.
//!
//! *Hypotheses.* H1: n > 0 in (i), n = 3 otherwise. H2: `0 < λ < 1`.
//!
//! *Normalisation.* `X_t = √λ X + √(1−λ) Z`; π = ν ∝ `(1 + z²/n)^{−(n+1)/2}`, not of unit variance; γ = `N(0,1)`.
//!
//! *Why.* (i) W6, and the same with the derivatives on the target (W2). For a Gaussian base, where its bulk meets the tail of `√λX`, X given y is
//! either near 0 or near `y/√λ`: the variance of `√λX` is about `y²/4` there, and y grows like `√(log 1/λ)`. (ii) `∫|p'|²dt ≥ W₂²` for every curve with
//! these ends. That `A_ν` is below is a computation: the two tails are equal and all that moves is how they are shared.
//!
//! *Source.* \[CCG\] (heavy-tailed base); the comparison is made here.
//!
//! *Numbers, n = 3.* Cosine schedule: `A_ν = 0.0770` (`0.0636` is the least over schedules), `A_γ = 1.09`, and at κ = 1 a bias of `8.4·10⁻⁴` with
//! the Student base, `0.1` with the Gaussian one. `W₂²(π, γ) = 0.8483`. Lipschitz constant: at most 2.78 with
//! the Student base; with the Gaussian one at least 4.7 at `λ = 10⁻³`, 6.7 at `λ = 10⁻⁴`.
//!
//! *Checked.* (i) second derivatives at points of the path, and for a Gaussian base the largest one found. (ii) the metric derivative of the closed form
//! for two Student laws, quantile distances, and for `A_γ` quadratures of the field. (iii) Fokker-Planck. *Not checked:* that (ii) and (iii) hold
//! for all n, schedules and κ; `d ≥ 2`.
//!
//! *Sharp.* Nowhere claimed. *The Student bound for a Gaussian base* is false, and so is “π = ν: nothing moves”.

use super::comparison_instance::{Base, Instance};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;

/// The claim.
pub struct BaseComparison;

impl Theorem for BaseComparison {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "H4",
        chapter: Chapter::HeavyTails,
        title: "Student base against Gaussian base, Student target",
        statement: "d=1, π Student, n degrees of freedom, K = m(m+1)²/(4n(m+2)), m=n+1. Base ν=π: (i) −(m/n)/max(λ,1−λ) ≤ ∇²log p_t ≤ \
                    K/max(λ,1−λ); with base γ the curvature exceeds 2K at the start. n=3: (ii) A_ν ≤ W₂²(π,γ) ≤ A_γ; (iii) KL(p_1|q) is \
                    less with ν than with γ. Numbers, n=3, cosine schedule: A_ν = 0.0770, A_γ = 1.09, W₂²(π,γ) = 0.8483; bias at κ=1: 8.4·10⁻⁴ with ν, 0.1 with γ; Lipschitz constant ≤ 2.78 with ν, ≥ 4.7 with γ \
                    at λ=10⁻³, ≥ 6.7 at λ=10⁻⁴",
        hypotheses: &[("H1", "(i) n > 0; (ii), (iii) n = 3"), ("H2", "0 < λ < 1")],
        why: "(i) W6, and W2 with the derivatives on the target; where the bulk of γ meets the tail of √λX, Var(√λX|y) is about y²/4 with y of \
              order √log(1/λ). (ii) Every curve has ∫|p'|²dt ≥ W₂² of its ends; equal tails hardly move.",
        checked: "(i) Second derivatives of log p_t, for base γ the largest found; (ii) metric derivative in closed form, quantile distances, and \
                  the field by quadrature; (iii) Fokker-Planck.",
        not_checked: "Other n, schedules and κ in (ii) and (iii), which are computations and no theorem; d ≥ 2.",
        source: "[CCG] (heavy-tailed base); the comparison is made here",
        relation: Relation::Upper,
        rests_on: &["W2", "W6", "P4"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("(i) Student base", 12, 120, Instance::random_curvature),
            [
                family("(i) Gaussian base, near the start", 3, 24, Instance::random_start),
                family("(ii) action, Student base", 1, 3, Instance::action),
                family("(ii) action, Gaussian base", 1, 1, |_, _| Ok(Instance::GaussianAction)),
                family("(iii) bias", 1, 4, Instance::bias),
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "(i) the same bound for a Gaussian base",
                instance: || Instance::curvature(Base::Gaussian, 3.0, 1e-4, 6.15, false),
                wrong: Wrong::Hypothesis,
            },
            [
                FalseTwin {
                    name: "(i) Gaussian base: concave at the start, as γ is",
                    instance: || Instance::start(3.0, 1e-4),
                    wrong: Wrong::Observed(|_| Ok(Enclosure::exact(-1.0))),
                },
                FalseTwin {
                    name: "(i) from below: times max(λ, 1−λ)",
                    instance: || Instance::curvature(Base::Student, 3.0, 0.5, 0.0, true),
                    // 4/3 divided by 1/2 in the claim.
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(4.0) / 3.0 * 0.5)),
                },
                FalseTwin {
                    name: "(ii) π = ν: nothing moves, no action",
                    instance: || Ok(Instance::Action(0)),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
                },
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Start { .. } | Instance::GaussianAction => Relation::Lower,
            _ => Relation::Upper,
        }
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Curvature(point) => point.curvature(),
            Instance::Start { dof, lambda } => super::comparison_instance::largest_curvature(*dof, *lambda),
            Instance::Action(index) => super::comparison_instance::student_action(*index),
            Instance::GaussianAction => super::comparison_instance::gaussian_action(),
            Instance::Bias { kappa } => super::comparison_instance::student_bias(*kappa),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Curvature(point) => {
                let n = Enclosure::exact(point.dof);
                let m = n + 1.0;
                let larger = Enclosure::exact(point.lambda).max(1.0 - Enclosure::exact(point.lambda));
                let constant =
                    if point.below { m / n } else { m * (m + 1.0).square() / (4.0 * n * (m + 2.0)) };
                Ok(constant / larger)
            }
            Instance::Start { dof, .. } => {
                let n = Enclosure::exact(*dof);
                let m = n + 1.0;
                Ok(m * (m + 1.0).square() / (2.0 * n * (m + 2.0)))
            }
            Instance::Action(_) | Instance::GaussianAction => super::comparison_instance::distance_squared(),
            Instance::Bias { kappa } => super::comparison_instance::gaussian_bias(*kappa),
        }
    }
}
