//! **P1**: moments along the path.
//!
//! *Statement.* `E X_t = √λ EX + √(1−λ) EZ` and `Cov X_t = λ Cov X + (1−λ) Cov Z`.
//!
//! *Hypotheses.* H1: X and Z are independent, with finite second moments.
//!
//! *Normalisation.* `X_t = √λ X + √(1−λ) Z`.
//!
//! *Why.* Expectation is linear, and covariances of independent vectors add.
//!
//! *Source.* Elementary; \[CCG\] (definition of the path).
//!
//! *Checked.* Left: all pairs of atoms of two discrete laws, weighted, in interval arithmetic; for Gaussian laws
//! in any dimension, quadrature of the joint law of `⟨a, X⟩` and `⟨a, Z⟩`; on the line (mixtures, potentials, Student bases) and for mixtures in
//! two and three dimensions quadrature of the density of `p_t`. Right: the formulae, and for Gaussian laws the moments of the
//! path that the other claims use. *Not checked here:* continuous laws that are not mixtures in d ≥ 2.
//!
//! *Sharp.* An equality itself. *Dropping H1* (X and Z dependent) adds `√(λ(1−λ))` times the cross-covariances.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::path::line_instance::rounded;
use crate::claims::path::mixture_instance::MixtureTime;
use crate::claims::path::moments_instance::{Laws, MomentsInstance, inner_exact, joint_moment};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::enclosed_matrix::{apply, inner};
use crate::transport::line::expectation;

/// The claim.
pub struct Moments;

impl Theorem for Moments {
    type Instance = MomentsInstance;

    const ABOUT: About = About {
        id: "P1",
        chapter: Chapter::Path,
        title: "Mean and covariance along the path",
        statement: "E X_t = √λ EX + √(1−λ) EZ; Cov X_t = λ Cov X + (1−λ) Cov Z",
        hypotheses: &[("H1", "X and Z are independent, with finite second moments")],
        why: "Expectation is linear, and covariances of independent vectors add.",
        checked: "Discrete laws in d = 1 to 4, all pairs of atoms, means and covariances along random directions; \
                  Gaussian laws up to d = 1000, quadrature of the joint law against the moments of the path; mixtures, \
                  potentials and Student bases on the line, and mixtures in d = 2, 3, by quadrature of the density of p_t.",
        not_checked: "Continuous laws in d ≥ 2 that are not Gaussian mixtures.",
        source: "Elementary; [CCG], definition of the path",
        relation: Relation::Equality { resolution: 1e-10 },
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<MomentsInstance>> {
        NonEmpty::new(
            Family {
                name: "discrete laws",
                evidence: Evidence::Certified,
                quick: 24,
                full: 200,
                draw: |s, i| Ok(MomentsInstance::discrete(s, i)),
            },
            [
                Family {
                    name: "Gaussian laws",
                    evidence: Evidence::Converged,
                    quick: 24,
                    full: 200,
                    draw: MomentsInstance::gaussian,
                },
                Family {
                    name: "on the line: mixtures, potentials, Student bases",
                    evidence: Evidence::Converged,
                    quick: 6,
                    full: 60,
                    draw: MomentsInstance::line,
                },
                Family {
                    name: "mixtures in two and three dimensions",
                    evidence: Evidence::Converged,
                    quick: 3,
                    full: 32,
                    draw: MomentsInstance::mixture,
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<MomentsInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "mean with weights λ and 1−λ",
                instance: || MomentsInstance::simple(false),
                wrong: Wrong::Bound(|i| {
                    let ((x, z), (lambda, complement)) = (i.ends()?, i.weights());
                    Ok(lambda * x + complement * z)
                }),
            },
            [
                FalseTwin {
                    name: "covariance with weights √λ and √(1−λ)",
                    instance: || MomentsInstance::simple(true),
                    wrong: Wrong::Bound(|i| {
                        let ((x, z), (lambda, complement)) = (i.ends()?, i.weights());
                        Ok(lambda.sqrt() * x + complement.sqrt() * z)
                    }),
                },
                FalseTwin {
                    name: "covariance with weights λ² and (1−λ)²",
                    instance: || MomentsInstance::simple(true),
                    wrong: Wrong::Bound(|i| {
                        let ((x, z), (lambda, complement)) = (i.ends()?, i.weights());
                        Ok(lambda.square() * x + complement.square() * z)
                    }),
                },
                FalseTwin {
                    name: "dependent X and Z (comonotone)",
                    instance: || MomentsInstance::simple(true),
                    // Var(√λX + √(1−λ)Z) with X = 3·[U > 1/4], Z = 3·[U > 1/2] − 1: Cov(X, Z) = 9·(1/2 − 3/8).
                    wrong: Wrong::Observed(|i| {
                        let (lambda, complement) = i.weights();
                        let cross = 9.0 * (0.5 - 0.375);
                        Ok(Moments::bound(i)? + 2.0 * (lambda * complement).sqrt() * cross)
                    }),
                },
            ],
        )
    }

    /// Means and covariances along a direction may vanish: the size of the direction times that of the laws.
    fn scale(instance: &MomentsInstance) -> f64 {
        let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        match &instance.laws {
            // Coordinates are of order one.
            Laws::Discrete { .. } => length(&instance.a) * instance.b.as_ref().map_or(1.0, |b| length(b)),
            Laws::Gaussian(_) if instance.b.is_some() => 0.0,
            // Coordinates of order one again.
            Laws::Line(_) => 1.0,
            Laws::Mixture(_) => length(&instance.a) * instance.b.as_ref().map_or(1.0, |b| length(b)),
            Laws::Gaussian(point) => {
                let law = point.path.target();
                length(&instance.a) * (law.covariance_entry(0, 0) + law.mean()[0].powi(2)).sqrt()
            }
        }
    }

    fn observed(instance: &MomentsInstance) -> Result<Enclosure> {
        let (lambda, complement) = instance.weights();
        let (x, z) = (lambda.sqrt(), complement.sqrt());
        match &instance.laws {
            Laws::Discrete { target, base, .. } => {
                // Every pair of atoms is an atom of the law of X_t.
                let value = |d: &[f64], p: &[f64], q: &[f64]| x * inner_exact(d, p) + z * inner_exact(d, q);
                let mean = |d: &[f64]| target.mean(|p| base.mean(|q| value(d, p, q)));
                let first = mean(&instance.a);
                Ok(instance.b.as_ref().map_or(first, |b| {
                    let second = mean(b);
                    let product =
                        |p: &[f64], q: &[f64]| (value(&instance.a, p, q) - first) * (value(b, p, q) - second);
                    target.mean(|p| base.mean(|q| product(p, q)))
                }))
            }
            Laws::Gaussian(point) => {
                let marginal = |law: &Gaussian| -> Result<(f64, f64)> {
                    let square: f64 = instance.a.iter().map(|u| u * u).sum();
                    let variance = law.variance_along(&instance.a)?.mid() * square;
                    Ok((inner_exact(&instance.a, law.mean().as_slice()).mid(), variance.sqrt()))
                };
                let (target, base) = (marginal(point.path.target())?, marginal(point.path.base())?);
                Ok(joint_moment((x.mid(), target), (z.mid(), base), instance.b.is_some()))
            }
            Laws::Line(point) => {
                let law = point.law(point.t)?;
                let mean = expectation(law.as_ref(), |y| y);
                let value = match &instance.b {
                    None => mean,
                    Some(_) => {
                        expectation(law.as_ref(), |y| (y - mean.mid()).powi(2)) - (mean - mean.mid()).square()
                    }
                };
                Ok(rounded(value))
            }
            Laws::Mixture(case) => density_moment(case, &instance.a, instance.b.as_deref()),
        }
    }

    fn bound(instance: &MomentsInstance) -> Result<Enclosure> {
        if let (Laws::Gaussian(point), true) = (&instance.laws, instance.a.len() <= 20) {
            // The moments of the path, as all other claims use them.
            return Ok(match &instance.b {
                None => inner(&instance.a, &point.path.mean(point.t)?),
                Some(b) => {
                    let b: Vec<Enclosure> = b.iter().map(|&x| Enclosure::exact(x)).collect();
                    inner(&instance.a, &apply(&point.path.covariance(point.t)?, &b))
                }
            });
        }
        let ((x, z), (lambda, complement)) = (instance.ends()?, instance.weights());
        Ok(match &instance.b {
            None => lambda.sqrt() * x + complement.sqrt() * z,
            Some(_) => lambda * x + complement * z,
        })
    }
}

/// `E⟨a, X_t⟩` or `Cov(⟨a, X_t⟩, ⟨b, X_t⟩)` by quadrature of the density of a mixture.
fn density_moment(case: &MixtureTime, a: &[f64], b: Option<&[f64]>) -> Result<Enclosure> {
    /// Step in standard deviations of the narrowest component: `e^{−2π²/0.9²}`, on every second point, is near the resolution already.
    const STEP: f64 = 0.45;
    let law = case.law(case.t)?;
    let region = case.region(case.t);
    let dot = |u: &[f64], y: &[f64]| -> f64 {
        u.iter().zip(y).zip(&region.centre).map(|((x, y), c)| x * (y - c)).sum()
    };
    let second = b.unwrap_or(a);
    let [mass, x, y, xy] = region.integrals(STEP, |point| {
        let density = law.log_density(point).map_or(f64::NAN, core_math::exp);
        let (u, v) = (dot(a, point), dot(second, point));
        [density, density * u, density * v, density * u * v]
    });
    // Rounding of the angle.
    let value = if b.is_some() {
        xy / mass - (x / mass) * (y / mass)
    } else {
        x / mass + inner_exact(a, &region.centre)
    };
    Ok(value.widened(f64::EPSILON * 64.0))
}
