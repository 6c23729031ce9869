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
//! distances. For mixtures in the plane (Gaussian base) the conditional velocity plus `J∇(hp)/p`, h a bump: norms by quadrature, that
//! of the optimal field by the Fisher information. For mixtures in the plane also the conditional velocity against the best gradient, by least
//! squares on spectral elements with bounds from both sides: equal from a Gaussian base, strictly longer from a Student base.
//! *Not checked here:* other fields; other laws that are not Gaussian.
//!
//! *Sharp.* `w = v`. *Dropping H1:* the field 0 is shorter.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::claims::path::mixture_instance::MixtureTime;
use crate::claims::transport::instance::Tangent;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::mixture::Mixture;
use crate::numerics::enclosed_matrix::{exact, product, sum, trace_of_congruence, widened};
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, MixturePath, Schedule};
use crate::transport::{metric_derivative_by_distances, plane_transport, plane_velocity};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use std::fmt;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// `‖w‖² = ‖v‖² + ‖w−v‖²`.
    Pythagoras,
    /// `‖w‖² ≥ |p'_t|²`.
    Minimality,
}

/// A path at a time and a field that moves it.
#[derive(Clone, Debug)]
pub enum FieldCase {
    /// Gaussian laws and an affine field.
    Affine(Box<MovingField>),
    /// A mixture in the plane, Gaussian base: the conditional velocity plus `J∇(hp)/p` with a bump h around a point.
    Swirl(Box<MixtureTime>, [f64; 2], Part),
    /// A mixture in the plane, any base: the conditional velocity against the best gradient. From a Gaussian base it is one itself
    /// (Pythagoras), from a Student base it is longer (minimality).
    Conditional(Box<MixtureTime>),
}

impl FieldCase {
    fn affine(field: MovingField) -> Self {
        Self::Affine(Box::new(field))
    }

    fn swirl(stream: &mut Stream, index: usize) -> Result<Self> {
        let case = MixtureTime::random(stream, 2, None)?;
        let b = case.point_near(stream);
        let part = if index.is_multiple_of(2) { Part::Pythagoras } else { Part::Minimality };
        Ok(Self::Swirl(Box::new(case), [b[0], b[1]], part))
    }

    /// A Student base and two unequal components that are turned against each other: a conditional velocity far from a gradient.
    fn conditional(stream: &mut Stream, index: usize) -> Result<Self> {
        if index % 3 == 2 {
            return Ok(Self::Conditional(Box::new(MixtureTime::random(stream, 2, None)?)));
        }
        let freedom = stream.random_range(2.5..6.0);
        let weight = stream.random_range(0.3..0.7);
        let turned = |corner: f64| DMatrix::from_row_slice(2, 2, &[0.25, corner, corner, 0.25]);
        let mut mean = |x: f64| DVector::from_vec(vec![x, stream.random_range(-0.5..0.5)]);
        let means = vec![mean(1.5), mean(-1.25)];
        let target = Mixture::new(&[weight, 1.0 - weight], means, vec![turned(0.1), turned(-0.15)])?;
        let schedule = [Schedule::cosine(), Schedule::power(2.0)?][index % 2].clone();
        let case = MixtureTime::new(MixturePath::student(target, freedom)?, schedule, 0.625)?;
        Ok(Self::Conditional(Box::new(case)))
    }
}

impl fmt::Display for FieldCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Affine(field) => write!(f, "{field}"),
            Self::Swirl(case, b, part) => write!(f, "{case}, swirl at {b:?}, {part:?}"),
            Self::Conditional(case) => write!(f, "{case}, conditional velocity and best gradient"),
        }
    }
}

/// A Gaussian path at a time and an affine field that moves it.
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
    type Instance = FieldCase;

    const ABOUT: About = About {
        id: "T3",
        chapter: Chapter::Transport,
        title: "The gradient field is the shortest",
        statement: "∂_t p_t + ∇·(w_t p_t) = 0 ⇒ ‖w_t‖ ≥ |p'_t|, and ‖w‖² = ‖v‖² + ‖w−v‖² for the gradient field v",
        hypotheses: &[("H1", "w solves the continuity equation at t"), ("H2", "w ∈ L²(p_t)")],
        why: "∇·((w−v)p_t) = 0 says that w−v is orthogonal in L²(p_t) to every gradient, among them v.",
        checked: "Affine fields that move a Gaussian path: the gradient field plus a rotation, and the conditional \
                  velocity where covariances do not commute; norms by moments, |p'_t| by Wasserstein distances. Mixtures in \
                  the plane: the conditional velocity plus a divergence-free field around a bump, by quadrature; and the \
                  conditional velocity against the best gradient, by least squares on spectral elements bounded from both sides: \
                  equal from a Gaussian base, strictly longer from a Student base.",
        not_checked: "d ≥ 3 beyond affine fields.",
        source: "Ambrosio, Gigli, Savaré, Gradient Flows (2008), §8.4; [CCG], Theorem 2.1",
        relation: Relation::Lower,
        rests_on: &["T2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<FieldCase>> {
        NonEmpty::new(
            Family {
                name: "rotations: minimality",
                evidence: Evidence::Converged,
                quick: 12,
                full: 120,
                draw: |s, i| Ok(FieldCase::affine(MovingField::random_rotated(s, i, Part::Minimality)?)),
            },
            [
                Family {
                    name: "rotations: Pythagoras",
                    evidence: Evidence::Certified,
                    quick: 12,
                    full: 120,
                    draw: |s, i| Ok(FieldCase::affine(MovingField::random_rotated(s, i, Part::Pythagoras)?)),
                },
                Family {
                    name: "conditional velocity, covariances that do not commute: minimality",
                    evidence: Evidence::Converged,
                    quick: 9,
                    full: 90,
                    draw: |s, i| {
                        Ok(FieldCase::affine(MovingField::conditional(
                            PathPoint::random_dense(s, i)?,
                            Part::Minimality,
                        )?))
                    },
                },
                Family {
                    name: "mixtures in the plane with a swirl",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 24,
                    draw: FieldCase::swirl,
                },
                Family {
                    name: "conditional velocity and best gradient, mixtures in the plane",
                    evidence: Evidence::Converged,
                    quick: 0,
                    full: 6,
                    draw: FieldCase::conditional,
                },
                Family {
                    name: "conditional velocity: Pythagoras",
                    evidence: Evidence::Certified,
                    quick: 9,
                    full: 90,
                    draw: |s, i| {
                        Ok(FieldCase::affine(MovingField::conditional(
                            PathPoint::random_dense(s, i)?,
                            Part::Pythagoras,
                        )?))
                    },
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<FieldCase>> {
        vec![
            SharpCase {
                name: "the gradient field itself",
                kind: SharpKind::Attained(|| {
                    Ok(FieldCase::affine(MovingField::isotropic(0.0, Part::Minimality)?))
                }),
            },
            SharpCase {
                name: "a rotation that dies out",
                kind: SharpKind::Limit {
                    instance: |strength| {
                        Ok(FieldCase::affine(MovingField::isotropic(strength, Part::Minimality)?))
                    },
                    at: &[0.08, 0.04, 0.02, 0.01, 0.005],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<FieldCase>> {
        NonEmpty::new(
            FalseTwin {
                name: "every solution of the continuity equation has norm |p'_t|",
                instance: || Ok(FieldCase::affine(MovingField::isotropic(0.5, Part::Pythagoras)?)),
                wrong: Wrong::Bound(of_optimal),
            },
            [
                FalseTwin {
                    name: "every conditional velocity has norm |p'_t|",
                    instance: || Ok(FieldCase::affine(MovingField::skew(Part::Pythagoras)?)),
                    wrong: Wrong::Bound(of_optimal),
                },
                FalseTwin {
                    name: "‖w‖ = ‖v‖ + ‖w−v‖ in place of the squares",
                    instance: || Ok(FieldCase::affine(MovingField::isotropic(0.5, Part::Pythagoras)?)),
                    wrong: Wrong::Bound(|i| {
                        let FieldCase::Affine(field) = i else { return Minimality::bound(i) };
                        let rest = sum(&field.slope, &field.optimal.map(|x| -x));
                        Ok((of_optimal(i)?.sqrt() + field.energy(&rest).sqrt()).square())
                    }),
                },
                FalseTwin {
                    name: "every field, whether or not it moves the path",
                    instance: || Ok(FieldCase::affine(MovingField::isotropic(0.5, Part::Minimality)?)),
                    wrong: Wrong::Observed(|_| Ok(Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "a swirl costs nothing: ‖w‖ = ‖v‖ for a mixture in the plane",
                    instance: || {
                        let means =
                            vec![DVector::from_vec(vec![1.0, 0.5]), DVector::from_vec(vec![-1.0, 0.25])];
                        let target = Mixture::isotropic(&[1.0, 2.0], means, &[0.5, 0.75])?;
                        let case = MixtureTime::new(MixturePath::gaussian(target), Schedule::cosine(), 0.5)?;
                        Ok(FieldCase::Swirl(Box::new(case), [0.5, 0.25], Part::Pythagoras))
                    },
                    wrong: Wrong::Bound(of_optimal),
                },
            ],
        )
    }

    fn relation(instance: &FieldCase) -> Relation {
        match instance.part() {
            // A fit on spectral elements.
            Part::Pythagoras if matches!(instance, FieldCase::Conditional(_)) => {
                Relation::Equality { resolution: 1e-4 }
            }
            Part::Pythagoras => Relation::Equality { resolution: 1e-9 },
            Part::Minimality => Relation::Lower,
        }
    }

    fn observed(instance: &FieldCase) -> Result<Enclosure> {
        match instance {
            FieldCase::Affine(field) => Ok(field.mean_energy() + field.energy(&field.slope)),
            FieldCase::Swirl(case, b, _) => Ok(swirl_norms(case, b)?.0),
            FieldCase::Conditional(case) => {
                let angle = case.schedule.angle(case.t);
                Ok(plane_velocity(&case.path, angle)?.norm_squared * case.angular_speed().square())
            }
        }
    }

    fn bound(instance: &FieldCase) -> Result<Enclosure> {
        match (instance, instance.part()) {
            (FieldCase::Affine(field), Part::Minimality) => {
                Ok(metric_derivative_by_distances(&field.point.path, field.point.t)?.square())
            }
            (FieldCase::Affine(field), Part::Pythagoras) => {
                let rest = sum(&field.slope, &field.optimal.map(|x| -x));
                Ok(field.tangent.optimal_field()?.norm_squared() + field.energy(&rest))
            }
            (FieldCase::Swirl(..), Part::Minimality) | (FieldCase::Conditional(_), _) => of_optimal(instance),
            (FieldCase::Swirl(case, b, _), Part::Pythagoras) => {
                Ok(of_optimal(instance)? + swirl_norms(case, b)?.1)
            }
        }
    }
}

impl FieldCase {
    fn part(&self) -> Part {
        match self {
            Self::Affine(field) => field.part,
            Self::Swirl(_, _, part) => *part,
            Self::Conditional(case) if case.path.has_gaussian_base() => Part::Pythagoras,
            Self::Conditional(_) => Part::Minimality,
        }
    }
}

/// `‖v‖²` of the optimal field: by its slope, `(λ̇/2λ)²·I(p_t|γ)` from the score (T4), or the best gradient in the plane.
fn of_optimal(instance: &FieldCase) -> Result<Enclosure> {
    match instance {
        FieldCase::Affine(field) => Ok(field.mean_energy() + field.energy(&field.optimal)),
        FieldCase::Swirl(case, ..) => {
            let law = case.law(case.t)?;
            let [fisher] = case.region(case.t).integrals(STEP, |y| {
                let Ok(point) = law.point(y) else { return [f64::NAN] };
                let square: f64 = point.score.iter().zip(y).map(|(s, x)| (s + x).powi(2)).sum();
                [core_math::exp(point.log_density) * square]
            });
            Ok(case.factor().square() * fisher)
        }
        FieldCase::Conditional(case) => {
            let fit = plane_transport(&case.path, case.schedule.angle(case.t))?;
            Ok(fit.metric_derivative * case.angular_speed().square())
        }
    }
}

/// Step of the quadrature in standard deviations of the narrowest component.
const STEP: f64 = 0.25;

/// `‖w‖²` and `‖w−v‖²` for `w = u + c·J(∇h + h∇log p)`, `h = e^{−|y−b|²/2}`, c the speed of the angle.
fn swirl_norms(case: &MixtureTime, b: &[f64; 2]) -> Result<(Enclosure, Enclosure)> {
    let law = case.law(case.t)?;
    let [whole, rest] = case.region(case.t).integrals(STEP, |y| {
        let Ok(point) = law.point(y) else { return [f64::NAN; 2] };
        let shift = [y[0] - b[0], y[1] - b[1]];
        let bump = core_math::exp(-0.5 * (shift[0] * shift[0] + shift[1] * shift[1]));
        let slope = [bump * (point.score[0] - shift[0]), bump * (point.score[1] - shift[1])];
        let density = core_math::exp(point.log_density);
        // J(a, b) = (b, −a); angles decrease as time increases.
        let field = [slope[1] - point.velocity[0], -slope[0] - point.velocity[1]];
        let square = |v: [f64; 2]| density * (v[0] * v[0] + v[1] * v[1]);
        [square(field), square(slope)]
    });
    let speed = case.angular_speed().square();
    Ok((whole * speed, rest * speed))
}
