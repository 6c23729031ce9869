//! **T3**: the gradient field is the shortest one that moves the path.
//!
//! *Statement.* Every field w with `∂_t p_t + ∇·(w_t p_t) = 0` has `‖w_t‖ ≥ |p'_t|`, and
//! `‖w‖² = ‖v‖² + ‖w−v‖²` for the gradient field v.
//!
//! *Hypotheses.* H1: w solves the continuity equation at `t`. H2: `w ∈ L²(p_t)`.
//!
//! *Normalisation.* Norms in `L²(p_t)`; `|p'_t| = lim W₂(p_t, p_{t+h})/|h|`.
//!
//! *Why.* `∇·((w−v)p_t) = 0`, so `w−v` is orthogonal in `L²(p_t)` to gradients, among them v: Pythagoras.
//!
//! *Source.* Ambrosio, Gigli, Savaré, *Gradient Flows* (2008), §8.4; \[CCG\], Theorem 2.1.
//!
//! *Checked.* Fields `w(y) = ṁ + W(y−m)` with `WΣ + ΣWᵀ = Σ̇`: a rotation `RΣ⁻¹(y−m)`, R antisymmetric, added to the
//! gradient field, and the field `½Σ̇Σ⁻¹` of the conditional velocity. Norms by moments; the metric derivative by Wasserstein
//! distances. *Not checked here:* fields that are not affine.
//!
//! *Sharp.* `w = v`. *Dropping H1:* the field 0 is shorter.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::claims::transport::instance::Tangent;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::enclosed_matrix::{exact, product, sum, trace_of_congruence, widened};
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, Schedule};
use crate::transport::metric_derivative_by_distances;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use std::fmt;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// `‖w‖² = ‖v‖² + ‖w−v‖²`.
    Pythagoras,
    /// `‖w‖² ≥ |p'_t|²`.
    Minimality,
}

/// A path at a time and an affine field that moves it.
#[derive(Clone, Debug)]
pub struct MovingField {
    point: PathPoint,
    tangent: Tangent,
    /// Slope W of the field.
    slope: DMatrix<Enclosure>,
    /// Slope S of the gradient field.
    optimal: DMatrix<Enclosure>,
    part: Part,
}

impl MovingField {
    /// The field `v + RΣ⁻¹(y−m)` for an antisymmetric R.
    fn rotated(point: PathPoint, rotation: &DMatrix<f64>, part: Part) -> Result<Self> {
        let tangent = Tangent::of_path(&point)?;
        let field = tangent.optimal_field()?;
        let optimal = widened(&field.slope(), field.slope_error());
        let slope = sum(&optimal, &product(&exact(rotation), &tangent.law.precision()));
        Self::checked(point, tangent, slope, optimal, part)
    }

    /// The field with slope `½Σ̇Σ⁻¹`, the conditional velocity.
    fn conditional(point: PathPoint, part: Part) -> Result<Self> {
        let tangent = Tangent::of_path(&point)?;
        let field = tangent.optimal_field()?;
        let optimal = widened(&field.slope(), field.slope_error());
        let half = tangent.rate_matrix().map(|x| 0.5 * Enclosure::exact(x));
        let slope = product(&half, &tangent.law.precision());
        Self::checked(point, tangent, slope, optimal, part)
    }

    /// H1: `WΣ + ΣWᵀ = Σ̇`, which for an affine field is the continuity equation.
    fn checked(
        point: PathPoint,
        tangent: Tangent,
        slope: DMatrix<Enclosure>,
        optimal: DMatrix<Enclosure>,
        part: Part,
    ) -> Result<Self> {
        let half = product(&slope, &exact(&tangent.law.covariance()));
        let moved = sum(&half, &half.transpose());
        let rate = tangent.rate_matrix();
        let moves = moved.iter().zip(rate.iter()).all(|(m, &r)| m.contains(r));
        if moves {
            Ok(Self { point, tangent, slope, optimal, part })
        } else {
            Err(Error::hypothesis("T3", "H1 (the field moves the path)", &point))
        }
    }

    fn random_rotated(stream: &mut Stream, index: usize, part: Part) -> Result<Self> {
        let point = if index.is_multiple_of(2) {
            PathPoint::random_dense(stream, index / 2)?
        } else {
            PathPoint::random(stream, [1, 2, 7][(index / 2) % 3])?
        };
        let dim = point.path.dim();
        let mut rotation = DMatrix::zeros(dim, dim);
        for i in 0..dim {
            for j in 0..i {
                // No rotation is small: minimality is then decided with a margin.
                let size: f64 = stream.random_range(0.5..2.0);
                let entry = if stream.random::<bool>() { size } else { -size };
                (rotation[(i, j)], rotation[(j, i)]) = (entry, -entry);
            }
        }
        Self::rotated(point, &rotation, part)
    }

    /// Isotropic laws in the plane, with a rotation of the given strength.
    fn isotropic(strength: f64, part: Part) -> Result<Self> {
        let target = Gaussian::isotropic(vec![1.0, -0.5], 4.0)?;
        let path = GaussianPath::from_standard(target, Schedule::cosine())?;
        let rotation = DMatrix::from_row_slice(2, 2, &[0.0, strength, -strength, 0.0]);
        Self::rotated(PathPoint::new(path, 0.375)?, &rotation, part)
    }

    /// Covariances that do not commute.
    fn skew(part: Part) -> Result<Self> {
        let law =
            |entries: [f64; 4]| Gaussian::new(DVector::zeros(2), DMatrix::from_row_slice(2, 2, &entries));
        let (target, base) = (law([4.0, 1.5, 1.5, 1.0])?, law([0.25, 0.0, 0.0, 2.0])?);
        Self::conditional(PathPoint::new(GaussianPath::new(target, base, Schedule::linear())?, 0.5)?, part)
    }

    /// `tr(MΣMᵀ)`.
    fn energy(&self, slope: &DMatrix<Enclosure>) -> Enclosure {
        trace_of_congruence(slope, &exact(&self.tangent.law.covariance()))
    }

    fn mean_energy(&self) -> Enclosure {
        self.tangent.mean_rate.iter().map(|&x| Enclosure::exact(x).square()).sum()
    }
}

impl fmt::Display for MovingField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slope = self.slope.map(Enclosure::mid);
        write!(f, "{}, W={:?} (columns), {:?}", self.point, slope.as_slice(), self.part)
    }
}

/// The claim.
pub struct Minimality;

impl Theorem for Minimality {
    type Instance = MovingField;

    const ABOUT: About = About {
        id: "T3",
        chapter: Chapter::Transport,
        title: "The gradient field is the shortest",
        statement: "∂_t p_t + ∇·(w_t p_t) = 0 ⇒ ‖w_t‖ ≥ |p'_t|, and ‖w‖² = ‖v‖² + ‖w−v‖² for the gradient field v",
        hypotheses: &[("H1", "w solves the continuity equation at t"), ("H2", "w ∈ L²(p_t)")],
        why: "∇·((w−v)p_t) = 0 says that w−v is orthogonal in L²(p_t) to every gradient, among them v.",
        checked: "Affine fields that move a Gaussian path: the gradient field plus a rotation, and the conditional \
                  velocity where covariances do not commute; norms by moments, |p'_t| by Wasserstein distances.",
        not_checked: "Fields that are not affine; laws that are not Gaussian.",
        source: "Ambrosio, Gigli, Savaré, Gradient Flows (2008), §8.4; [CCG], Theorem 2.1",
        relation: Relation::Lower,
        rests_on: &["T2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<MovingField>> {
        NonEmpty::new(
            Family {
                name: "rotations: minimality",
                evidence: Evidence::Converged,
                quick: 12,
                full: 120,
                draw: |s, i| MovingField::random_rotated(s, i, Part::Minimality),
            },
            [
                Family {
                    name: "rotations: Pythagoras",
                    evidence: Evidence::Certified,
                    quick: 12,
                    full: 120,
                    draw: |s, i| MovingField::random_rotated(s, i, Part::Pythagoras),
                },
                Family {
                    name: "conditional velocity, covariances that do not commute: minimality",
                    evidence: Evidence::Converged,
                    quick: 9,
                    full: 90,
                    draw: |s, i| MovingField::conditional(PathPoint::random_dense(s, i)?, Part::Minimality),
                },
                Family {
                    name: "conditional velocity: Pythagoras",
                    evidence: Evidence::Certified,
                    quick: 9,
                    full: 90,
                    draw: |s, i| MovingField::conditional(PathPoint::random_dense(s, i)?, Part::Pythagoras),
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<MovingField>> {
        vec![
            SharpCase {
                name: "the gradient field itself",
                kind: SharpKind::Attained(|| MovingField::isotropic(0.0, Part::Minimality)),
            },
            SharpCase {
                name: "a rotation that dies out",
                kind: SharpKind::Limit {
                    instance: |strength| MovingField::isotropic(strength, Part::Minimality),
                    at: &[0.08, 0.04, 0.02, 0.01, 0.005],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<MovingField>> {
        NonEmpty::new(
            FalseTwin {
                name: "every solution of the continuity equation has norm |p'_t|",
                instance: || MovingField::isotropic(0.5, Part::Pythagoras),
                wrong: Wrong::Bound(|i| Ok(i.mean_energy() + i.energy(&i.optimal))),
            },
            [
                FalseTwin {
                    name: "every conditional velocity has norm |p'_t|",
                    instance: || MovingField::skew(Part::Pythagoras),
                    wrong: Wrong::Bound(|i| Ok(i.mean_energy() + i.energy(&i.optimal))),
                },
                FalseTwin {
                    name: "‖w‖ = ‖v‖ + ‖w−v‖ in place of the squares",
                    instance: || MovingField::isotropic(0.5, Part::Pythagoras),
                    wrong: Wrong::Bound(|i| {
                        let optimal = (i.mean_energy() + i.energy(&i.optimal)).sqrt();
                        let rest = sum(&i.slope, &i.optimal.map(|x| -x));
                        Ok((optimal + i.energy(&rest).sqrt()).square())
                    }),
                },
                FalseTwin {
                    name: "every field, whether or not it moves the path",
                    instance: || MovingField::isotropic(0.5, Part::Minimality),
                    wrong: Wrong::Observed(|_| Ok(Enclosure::exact(0.0))),
                },
            ],
        )
    }

    fn relation(instance: &MovingField) -> Relation {
        match instance.part {
            Part::Pythagoras => Relation::Equality { resolution: 1e-9 },
            Part::Minimality => Relation::Lower,
        }
    }

    fn observed(instance: &MovingField) -> Result<Enclosure> {
        Ok(instance.mean_energy() + instance.energy(&instance.slope))
    }

    fn bound(instance: &MovingField) -> Result<Enclosure> {
        match instance.part {
            Part::Minimality => {
                Ok(metric_derivative_by_distances(&instance.point.path, instance.point.t)?.square())
            }
            Part::Pythagoras => {
                let rest = sum(&instance.slope, &instance.optimal.map(|x| -x));
                Ok(instance.tangent.optimal_field()?.norm_squared() + instance.energy(&rest))
            }
        }
    }
}
