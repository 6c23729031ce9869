//! **T6**: a Poincaré inequality gives the field, and bounds it.
//!
//! *Statement.* If `C_P(p_t) < ∞` and `∂_t log p_t ∈ L²(p_t)` there is `v = ∇φ` with `−∇·(p_t∇φ) = ∂_tp_t`, and
//! `‖v_t‖² ≤ C_P(p_t)·‖∂_t log p_t‖²_{L²(p_t)}`.
//!
//! *Hypotheses.* H1: `C_P(p_t) < ∞`. H2: `∂_t log p_t ∈ L²(p_t)`.
//!
//! *Normalisation.* `C_P` the smallest C with `Var(f) ≤ C∫|∇f|²`; `C_P(N(0, σ²I)) = σ²`.
//!
//! *Why.* With `g = ∂_t log p_t`, of mean 0: `‖∇φ‖² = ∫φg dp_t ≤ √Var(φ)·‖g‖ ≤ √C_P·‖∇φ‖·‖g‖`. Existence is the
//! Lax-Milgram theorem on the functions of mean 0.
//!
//! *Source.* Lax-Milgram; \[CCG\] (existence of the field under a Poincaré inequality).
//!
//! *Checked.* Left: the norm of the gradient field from the Lyapunov equation. Right: the largest eigenvalue of
//! the covariance, times the Fisher information of the curve. *Not checked here:* laws that are not Gaussian.
//!
//! *Sharp.* A Gaussian law translated along a top eigenvector of its covariance. *Dropping H1:* none is
//! left to check on Gaussian laws, which have `C_P = λ_max(Σ)`.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::claims::transport::instance::{Rate, Tangent};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use nalgebra::{DMatrix, DVector};

/// The claim.
pub struct PoincareExistence;

impl Theorem for PoincareExistence {
    type Instance = Tangent;

    const ABOUT: About = About {
        id: "T6",
        chapter: Chapter::Transport,
        title: "A Poincaré inequality gives and bounds the field",
        statement: "C_P(p_t) < ∞ and ∂_t log p_t ∈ L²(p_t) ⇒ v = ∇φ, −∇·(p_t∇φ) = ∂_tp_t, exists and \
                    ‖v_t‖² ≤ C_P(p_t)·‖∂_t log p_t‖²_{L²(p_t)}",
        hypotheses: &[("H1", "C_P(p_t) < ∞"), ("H2", "∂_t log p_t ∈ L²(p_t)")],
        why: "With g = ∂_t log p_t: ‖∇φ‖² = ∫φg dp_t ≤ √Var(φ)·‖g‖ ≤ √C_P·‖∇φ‖·‖g‖; existence by Lax-Milgram.",
        checked: "The norm of the gradient field from the Lyapunov equation against λ_max(Σ) times the Fisher \
                  information of the curve; general covariances and rates, up to d = 1000.",
        not_checked: "Laws that are not Gaussian.",
        source: "Lax-Milgram; [CCG], existence of the field under a Poincaré inequality",
        relation: Relation::Upper,
        rests_on: &["T2", "T5"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Tangent>> {
        NonEmpty::new(
            Family {
                name: "random targets, standard base",
                evidence: Evidence::Certified,
                quick: 16,
                full: 160,
                draw: |s, i| Tangent::of_path(&PathPoint::random(s, i)?),
            },
            [
                Family {
                    name: "covariances that do not commute",
                    evidence: Evidence::Certified,
                    quick: 12,
                    full: 120,
                    draw: |s, i| Tangent::of_path(&PathPoint::random_dense(s, i)?),
                },
                Family {
                    name: "independent coordinates, means on both sides",
                    evidence: Evidence::Certified,
                    quick: 12,
                    full: 120,
                    draw: |s, i| Tangent::of_path(&PathPoint::random_product(s, i)?),
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Tangent>> {
        vec![
            SharpCase {
                name: "translation along a top eigenvector, coordinates",
                kind: SharpKind::Attained(|| {
                    let law = Gaussian::diagonal(vec![1.0, 0.0, -2.0], vec![0.5, 3.0, 1e-4])?;
                    Tangent::translation(law, vec![0.0, 0.75, 0.0])
                }),
            },
            SharpCase {
                name: "translation along a top eigenvector, dense covariance",
                kind: SharpKind::Attained(|| Tangent::translation(tilted()?, vec![0.5, 0.5])),
            },
            SharpCase {
                name: "translation along a top eigenvector, change of shape that dies out",
                kind: SharpKind::Limit {
                    instance: |size| {
                        let rate = DMatrix::from_row_slice(2, 2, &[size, 0.0, 0.0, -0.5 * size]);
                        Tangent::new(tilted()?, vec![0.5, 0.5], Rate::Dense(rate))
                    },
                    at: &[0.08, 0.04, 0.02, 0.01, 0.005],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Tangent>> {
        NonEmpty::new(
            FalseTwin {
                name: "the mean variance tr(Σ)/d in place of C_P",
                instance: || Tangent::translation(tilted()?, vec![0.5, 0.5]),
                wrong: Wrong::Bound(|i| {
                    let trace: Enclosure =
                        (0..i.dim()).map(|k| Enclosure::exact(i.law.covariance_entry(k, k))).sum();
                    Ok(trace / i.dim() as f64 * rate_norm_squared(i)?)
                }),
            },
            [
                FalseTwin {
                    name: "variances in place of the largest eigenvalue",
                    instance: || Tangent::translation(tilted()?, vec![0.5, 0.5]),
                    wrong: Wrong::Bound(|i| {
                        let largest = (0..i.dim()).map(|k| i.law.covariance_entry(k, k)).fold(0.0, f64::max);
                        Ok(largest * rate_norm_squared(i)?)
                    }),
                },
                FalseTwin {
                    name: "C_P of the base in place of C_P(p_t)",
                    // λ = t = ½: p_t = N(·, 2.5), moved mostly.
                    instance: || Tangent::of_path(&PathPoint::one_dimensional(6.0, 4.0, "linear", 0.5)?),
                    wrong: Wrong::Bound(rate_norm_squared),
                },
                FalseTwin {
                    name: "½C_P in place of C_P",
                    instance: || Tangent::of_path(&PathPoint::one_dimensional(6.0, 4.0, "linear", 0.5)?),
                    wrong: Wrong::Bound(|i| Ok(PoincareExistence::bound(i)? * 0.5)),
                },
            ],
        )
    }

    fn observed(instance: &Tangent) -> Result<Enclosure> {
        Ok(instance.optimal_field()?.norm_squared())
    }

    fn bound(instance: &Tangent) -> Result<Enclosure> {
        Ok(instance.law.poincare_constant() * rate_norm_squared(instance)?)
    }
}

/// `‖∂_t log p_t‖²_{L²(p_t)}`.
fn rate_norm_squared(instance: &Tangent) -> Result<Enclosure> {
    match &instance.covariance_rate {
        Rate::Dense(rate) => instance.law.log_density_rate_norm_squared(&instance.mean_rate, rate),
        Rate::Diagonal(rate) => {
            instance.law.log_density_rate_norm_squared_diagonal(&instance.mean_rate, rate)
        }
    }
}

/// A covariance with eigenvalues 3, along (1, 1), and 1.
fn tilted() -> Result<Gaussian> {
    Gaussian::new(DVector::from_vec(vec![0.5, -1.0]), DMatrix::from_row_slice(2, 2, &[2.0, 1.0, 1.0, 2.0]))
}
