//! **T5**: between Gaussian laws the optimal field is affine, with a symmetric slope.
//!
//! *Statement.* `v(y) = ṁ + S(y−m)` with S symmetric, `SΣ + ΣS = Σ̇`; `‖v‖² = |ṁ|² + tr(SΣS)` is the squared metric derivative.
//!
//! *Hypotheses.* H1: all laws are Gaussian with positive definite covariance, differentiable at `t`.
//!
//! *Normalisation.* `m`, Σ mean and covariance of `p_t`; `‖v‖² = ∫|v|² dp_t`.
//!
//! *Why.* `y ↦ ṁ + S(y−m)` is the gradient of a quadratic polynomial, and transports mean and covariance at the
//! rates `ṁ` and `SΣ + ΣS`; a Gaussian law stays Gaussian under an affine field. Gradients are optimal (T3).
//!
//! *Source.* Takatsu, *Wasserstein geometry of Gaussian measures* (Osaka J. Math. 48, 2011); Bhatia, Jain,
//! Lim, *On the Bures-Wasserstein distance* (Expo. Math. 37, 2019).
//!
//! *Checked.* Left: Bures distances of neighbouring laws. Right: `|ṁ|² + tr(SΣS)`, with S from the
//! Lyapunov equation, evaluated in interval arithmetic. And `SΣ + ΣS = Σ̇` itself, entry by entry.
//!
//! *Sharp.* An equality itself. *Dropping H1:* for other laws the field is not affine.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::claims::transport::instance::{Tangent, direction};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::enclosed_matrix::{apply, exact, inner, product, trace_of_congruence, widened};
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, Schedule};
use crate::transport::metric_derivative_by_distances;
use nalgebra::{DMatrix, DVector};
use std::fmt;

/// What is compared.
#[derive(Clone, Debug)]
enum Part {
    /// The norm against distances.
    Norm,
    /// `⟨a, (SΣ + ΣS)b⟩` against `⟨a, Σ̇b⟩`.
    Equation { a: Vec<f64>, b: Vec<f64> },
}

/// A path at a time.
#[derive(Clone, Debug)]
pub struct GaussianPathsInstance {
    point: PathPoint,
    tangent: Tangent,
    part: Part,
}

impl GaussianPathsInstance {
    fn new(point: PathPoint, part: Part) -> Result<Self> {
        let tangent = Tangent::of_path(&point)?;
        Ok(Self { point, tangent, part })
    }

    fn random_equation(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = PathPoint::random_dense(stream, index)?;
        let (a, b) = (direction(stream, point.path.dim()), direction(stream, point.path.dim()));
        Self::new(point, Part::Equation { a, b })
    }

    /// Covariances that do not commute, no means.
    fn skew(part: Part) -> Result<Self> {
        let law =
            |entries: [f64; 4]| Gaussian::new(DVector::zeros(2), DMatrix::from_row_slice(2, 2, &entries));
        let (target, base) = (law([4.0, 1.5, 1.5, 1.0])?, law([0.25, 0.0, 0.0, 2.0])?);
        Self::new(PathPoint::new(GaussianPath::new(target, base, Schedule::linear())?, 0.5)?, part)
    }

    /// S, entries known to the bound of the Lyapunov solver.
    fn slope(&self) -> Result<DMatrix<Enclosure>> {
        let field = self.tangent.optimal_field()?;
        Ok(widened(&field.slope(), field.slope_error()))
    }

    /// `|ṁ|² + tr(WΣWᵀ)` for the field `ṁ + W(y−m)`.
    fn energy(&self, slope: &DMatrix<Enclosure>) -> Enclosure {
        let mean: Enclosure = self.tangent.mean_rate.iter().map(|&x| Enclosure::exact(x).square()).sum();
        // The laws of the path are rounded to floats on the way: that is not included.
        (mean + trace_of_congruence(slope, &exact(&self.tangent.law.covariance())))
            .weakened(Evidence::Converged)
    }
}

impl fmt::Display for GaussianPathsInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            Part::Norm => write!(f, "{}", self.point),
            Part::Equation { a, b } => write!(f, "{}, a={a:?}, b={b:?}", self.tangent),
        }
    }
}

/// The claim.
pub struct GaussianPaths;

impl Theorem for GaussianPaths {
    type Instance = GaussianPathsInstance;

    const ABOUT: About = About {
        id: "T5",
        chapter: Chapter::Transport,
        title: "Gaussian to Gaussian: the Bures field",
        statement: "v(y) = ṁ + S(y−m), S symmetric with SΣ + ΣS = Σ̇; ‖v‖² = |ṁ|² + tr(SΣS) = |p'_t|², the Bures metric \
                    derivative squared",
        hypotheses: &[("H1", "Gaussian laws with positive definite covariance, differentiable at t")],
        why: "The field is the gradient of a quadratic polynomial and moves mean and covariance at the right rates; an \
              affine field keeps laws Gaussian, and gradients are optimal.",
        checked: "Quotients of Bures distances, extrapolated, against |ṁ|² + tr(SΣS); the Lyapunov equation itself. \
                  General means and covariances, commuting or not.",
        not_checked: "Nothing within the hypotheses.",
        source: "Takatsu, Wasserstein geometry of Gaussian measures (2011); Bhatia, Jain, Lim (2019)",
        relation: Relation::Equality { resolution: 1e-7 },
        rests_on: &["T3"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<GaussianPathsInstance>> {
        NonEmpty::new(
            Family {
                name: "covariances that do not commute",
                evidence: Evidence::Converged,
                quick: 12,
                full: 120,
                draw: |s, i| GaussianPathsInstance::new(PathPoint::random_dense(s, i)?, Part::Norm),
            },
            [
                Family {
                    name: "general targets, standard base",
                    evidence: Evidence::Converged,
                    quick: 10,
                    full: 100,
                    // Dimensions 1 to 20, condition numbers up to 10⁸.
                    draw: |s, i| {
                        GaussianPathsInstance::new(
                            PathPoint::random(s, [0, 1, 2, 3, 4, 5, 7][i % 7])?,
                            Part::Norm,
                        )
                    },
                },
                Family {
                    name: "the Lyapunov equation",
                    evidence: Evidence::Certified,
                    quick: 12,
                    full: 120,
                    draw: GaussianPathsInstance::random_equation,
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<GaussianPathsInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "slope ½Σ̇Σ⁻¹, which moves the law but is not symmetric",
                instance: || GaussianPathsInstance::skew(Part::Norm),
                wrong: Wrong::Bound(|i| {
                    let half = i.tangent.rate_matrix().map(|x| 0.5 * Enclosure::exact(x));
                    Ok(i.energy(&product(&half, &i.tangent.law.precision())))
                }),
            },
            [
                FalseTwin {
                    name: "SΣ = Σ̇ in place of SΣ + ΣS = Σ̇",
                    instance: || {
                        GaussianPathsInstance::skew(Part::Equation { a: vec![1.0, 0.0], b: vec![1.0, 1.0] })
                    },
                    wrong: Wrong::Observed(|i| {
                        let image = product(&i.slope()?, &exact(&i.tangent.law.covariance()));
                        let Part::Equation { a, b } = &i.part else { return GaussianPaths::observed(i) };
                        let b: Vec<Enclosure> = b.iter().map(|&x| Enclosure::exact(x)).collect();
                        Ok(inner(a, &apply(&image, &b)))
                    }),
                },
                FalseTwin {
                    name: "tr(S²) in place of tr(SΣS)",
                    instance: || GaussianPathsInstance::skew(Part::Norm),
                    wrong: Wrong::Bound(|i| {
                        let identity = exact(&DMatrix::identity(2, 2));
                        Ok(trace_of_congruence(&i.slope()?, &identity))
                    }),
                },
            ],
        )
    }

    /// `⟨a, Σ̇b⟩` may vanish; its natural size is `|a||Σ̇||b|`.
    fn scale(instance: &GaussianPathsInstance) -> f64 {
        let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        match &instance.part {
            Part::Norm => 0.0,
            Part::Equation { a, b } => length(a) * length(b) * instance.tangent.rate_matrix().norm(),
        }
    }

    fn observed(instance: &GaussianPathsInstance) -> Result<Enclosure> {
        match &instance.part {
            Part::Norm => {
                Ok(metric_derivative_by_distances(&instance.point.path, instance.point.t)?.square())
            }
            Part::Equation { a, b } => {
                let half = product(&instance.slope()?, &exact(&instance.tangent.law.covariance()));
                let vector = |v: &[f64]| v.iter().map(|&x| Enclosure::exact(x)).collect::<Vec<_>>();
                Ok(inner(a, &apply(&half, &vector(b))) + inner(b, &apply(&half, &vector(a))))
            }
        }
    }

    fn bound(instance: &GaussianPathsInstance) -> Result<Enclosure> {
        match &instance.part {
            Part::Norm => Ok(instance.energy(&instance.slope()?)),
            Part::Equation { a, b } => {
                let b: Vec<Enclosure> = b.iter().map(|&x| Enclosure::exact(x)).collect();
                Ok(inner(a, &apply(&exact(&instance.tangent.rate_matrix()), &b)))
            }
        }
    }
}
