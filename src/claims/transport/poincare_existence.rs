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
//! the covariance, times the Fisher information of the curve. Mixtures on the line: the norm of the field against the Poincaré
//! constant of the law at t from a solver; mixtures in the plane likewise, where the conditional velocity is the gradient field.
//! *Not checked here:* laws that are not Gaussian in d ≥ 3, Student bases (no Poincaré inequality holds).
//!
//! *Sharp.* A Gaussian law translated along a top eigenvector of its covariance. *Dropping H1:* none is
//! left to check on Gaussian laws, which have `C_P = λ_max(Σ)`.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::claims::path::line_instance::{LinePoint, has_gaussian_base, rounded};
use crate::claims::path::mixture_instance::MixtureTime;
use crate::claims::transport::instance::{Rate, Tangent};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::poincare::converged_poincare_constant;
use crate::inequality::poincare::plane::plane_poincare_constant;
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::transport::line::slice_integrals;
use crate::transport::plane_velocity;
use nalgebra::{DMatrix, DVector};
use std::fmt;

/// A curve at a time.
#[derive(Clone, Debug)]
pub enum PoincareCase {
    /// Gaussian laws.
    Gaussian(Box<Tangent>),
    /// A mixture on the line, Gaussian base.
    Line(Box<LinePoint>),
    /// A mixture in the plane, Gaussian base.
    Plane(Box<MixtureTime>),
}

impl PoincareCase {
    fn gaussian(tangent: Tangent) -> Self {
        Self::Gaussian(Box::new(tangent))
    }

    fn line(point: LinePoint) -> Result<Self> {
        if has_gaussian_base(&point.line) && point.line.target.mixture_parameters().is_some() {
            Ok(Self::Line(Box::new(point)))
        } else {
            Err(Error::hypothesis("T6", "H1 (a Poincaré inequality)", &point))
        }
    }
}

impl fmt::Display for PoincareCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(tangent) => write!(f, "{tangent}"),
            Self::Line(point) => write!(f, "{point}"),
            Self::Plane(case) => write!(f, "{case}"),
        }
    }
}

/// The claim.
pub struct PoincareExistence;

impl Theorem for PoincareExistence {
    type Instance = PoincareCase;

    const ABOUT: About = About {
        id: "T6",
        chapter: Chapter::Transport,
        title: "A Poincaré inequality gives and bounds the field",
        statement: "C_P(p_t) < ∞ and ∂_t log p_t ∈ L²(p_t) ⇒ v = ∇φ, −∇·(p_t∇φ) = ∂_tp_t, exists and \
                    ‖v_t‖² ≤ C_P(p_t)·‖∂_t log p_t‖²_{L²(p_t)}",
        hypotheses: &[("H1", "C_P(p_t) < ∞"), ("H2", "∂_t log p_t ∈ L²(p_t)")],
        why: "With g = ∂_t log p_t: ‖∇φ‖² = ∫φg dp_t ≤ √Var(φ)·‖g‖ ≤ √C_P·‖∇φ‖·‖g‖; existence by Lax-Milgram.",
        checked: "The norm of the gradient field from the Lyapunov equation against λ_max(Σ) times the Fisher \
                  information of the curve; general covariances and rates, up to d = 1000. On the line mixtures, near and \
                  far bumps, and mixtures in the plane with dense covariances, with the constant of p_t from a solver.",
        not_checked: "Laws that are not Gaussian in d ≥ 3; potentials on the line.",
        source: "Lax-Milgram; [CCG], existence of the field under a Poincaré inequality",
        relation: Relation::Upper,
        rests_on: &["T2", "T5"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<PoincareCase>> {
        NonEmpty::new(
            Family {
                name: "random targets, standard base",
                evidence: Evidence::Certified,
                quick: 16,
                full: 160,
                draw: |s, i| Ok(PoincareCase::gaussian(Tangent::of_path(&PathPoint::random(s, i)?)?)),
            },
            [
                Family {
                    name: "covariances that do not commute",
                    evidence: Evidence::Certified,
                    quick: 12,
                    full: 120,
                    draw: |s, i| {
                        Ok(PoincareCase::gaussian(Tangent::of_path(&PathPoint::random_dense(s, i)?)?))
                    },
                },
                Family {
                    name: "independent coordinates, means on both sides",
                    evidence: Evidence::Certified,
                    quick: 12,
                    full: 120,
                    draw: |s, i| {
                        Ok(PoincareCase::gaussian(Tangent::of_path(&PathPoint::random_product(s, i)?)?))
                    },
                },
                Family {
                    name: "mixtures on the line",
                    evidence: Evidence::Converged,
                    quick: 4,
                    full: 40,
                    draw: |s, i| PoincareCase::line(LinePoint::mixture(s, i)?),
                },
                Family {
                    name: "mixtures in the plane",
                    evidence: Evidence::Converged,
                    quick: 0,
                    full: 8,
                    draw: |s, _| Ok(PoincareCase::Plane(Box::new(MixtureTime::random(s, 2, None)?))),
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<PoincareCase>> {
        vec![
            SharpCase {
                name: "translation along a top eigenvector, coordinates",
                kind: SharpKind::Attained(|| {
                    let law = Gaussian::diagonal(vec![1.0, 0.0, -2.0], vec![0.5, 3.0, 1e-4])?;
                    Ok(PoincareCase::gaussian(Tangent::translation(law, vec![0.0, 0.75, 0.0])?))
                }),
            },
            SharpCase {
                name: "translation along a top eigenvector, dense covariance",
                kind: SharpKind::Attained(tilted_translation),
            },
            SharpCase {
                name: "translation along a top eigenvector, change of shape that dies out",
                kind: SharpKind::Limit {
                    instance: |size| {
                        let rate = DMatrix::from_row_slice(2, 2, &[size, 0.0, 0.0, -0.5 * size]);
                        let tangent = Tangent::new(tilted()?, vec![0.5, 0.5], Rate::Dense(rate))?;
                        Ok(PoincareCase::gaussian(tangent))
                    },
                    at: &[0.08, 0.04, 0.02, 0.01, 0.005],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<PoincareCase>> {
        NonEmpty::new(
            FalseTwin {
                name: "the mean variance tr(Σ)/d in place of C_P",
                instance: tilted_translation,
                wrong: Wrong::Bound(|i| {
                    let PoincareCase::Gaussian(case) = i else { return PoincareExistence::bound(i) };
                    let trace: Enclosure =
                        (0..case.dim()).map(|k| Enclosure::exact(case.law.covariance_entry(k, k))).sum();
                    Ok(trace / case.dim() as f64 * rate_norm_squared(case)?)
                }),
            },
            [
                FalseTwin {
                    name: "variances in place of the largest eigenvalue",
                    instance: tilted_translation,
                    wrong: Wrong::Bound(|i| {
                        let PoincareCase::Gaussian(case) = i else { return PoincareExistence::bound(i) };
                        let variances = (0..case.dim()).map(|k| case.law.covariance_entry(k, k));
                        Ok(variances.fold(0.0, f64::max) * rate_norm_squared(case)?)
                    }),
                },
                FalseTwin {
                    name: "C_P of the base in place of C_P(p_t)",
                    // λ = t = ½: p_t = N(·, 2.5), moved mostly.
                    instance: moved_mostly,
                    wrong: Wrong::Bound(|i| match i {
                        PoincareCase::Gaussian(case) => rate_norm_squared(case),
                        PoincareCase::Line(_) | PoincareCase::Plane(_) => PoincareExistence::bound(i),
                    }),
                },
                FalseTwin {
                    name: "½C_P in place of C_P",
                    instance: moved_mostly,
                    wrong: Wrong::Bound(|i| Ok(PoincareExistence::bound(i)? * 0.5)),
                },
            ],
        )
    }

    fn observed(instance: &PoincareCase) -> Result<Enclosure> {
        match instance {
            PoincareCase::Gaussian(tangent) => Ok(tangent.optimal_field()?.norm_squared()),
            PoincareCase::Line(point) => point.velocity_squared(),
            PoincareCase::Plane(case) => {
                let angle = case.schedule.angle(case.t);
                Ok(plane_velocity(&case.path, angle)?.norm_squared * case.angular_speed().square())
            }
        }
    }

    fn bound(instance: &PoincareCase) -> Result<Enclosure> {
        match instance {
            PoincareCase::Gaussian(tangent) => {
                Ok(tangent.law.poincare_constant() * rate_norm_squared(tangent)?)
            }
            PoincareCase::Line(point) => {
                let constant = converged_poincare_constant(&law_on_the_line(point)?)?;
                let rate = slice_integrals(point.law(point.t)?.as_ref()).log_density_rate_squared;
                Ok(constant * rounded(rate) * point.angular_speed().square())
            }
            PoincareCase::Plane(case) => {
                let law = case.law(case.t)?;
                let constant =
                    plane_poincare_constant(|x, y| law.log_density(&[x, y]).map_or(f64::INFINITY, |l| -l))?;
                let [rate] = case.region(case.t).integrals(STEP, |y| {
                    let Ok(point) = law.point(y) else { return [f64::NAN] };
                    [core_math::exp(point.log_density) * point.log_density_rate.powi(2)]
                });
                Ok(constant.value * rate * case.angular_speed().square())
            }
        }
    }
}

/// Step of the quadrature in the plane in standard deviations of the narrowest component.
const STEP: f64 = 0.25;

/// The law of a mixture on the line at a time, as a mixture.
fn law_on_the_line(point: &LinePoint) -> Result<LineMeasure> {
    let Some([weights, means, stds]) = point.line.target.mixture_parameters() else {
        return Err(Error::hypothesis("T6", "H1 (a Poincaré inequality)", point));
    };
    let (lambda, complement) = (point.schedule().lambda(point.t), point.schedule().complement(point.t));
    let means: Vec<f64> = means.iter().map(|m| lambda.sqrt() * m).collect();
    let stds: Vec<f64> = stds.iter().map(|s| (lambda * s * s + complement).sqrt()).collect();
    LineMeasure::gaussian_mixture(&weights, &means, &stds)
}

/// A translation along a top eigenvector.
fn tilted_translation() -> Result<PoincareCase> {
    Ok(PoincareCase::gaussian(Tangent::translation(tilted()?, vec![0.5, 0.5])?))
}

/// On the line from N(0, 1) to N(6, 4), at λ = ½.
fn moved_mostly() -> Result<PoincareCase> {
    let point = PathPoint::one_dimensional(6.0, 4.0, "linear", 0.5)?;
    Ok(PoincareCase::gaussian(Tangent::of_path(&point)?))
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
