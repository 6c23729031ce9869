//! **T8**: with a base that is not Gaussian the conditional velocity need not be a gradient.
//!
//! *Statement.* In `d ≥ 2` the field `u_t(y) = E[Ẋ_t|X_t=y]` need not be a gradient, and then `‖u_t‖ > |p'_t|`. For atoms `m_k` of
//! weights `w_k` and a Student base with n degrees of freedom, in the plane, with `d_k = y − √λ·m_k`,
//! `r_k ∝ w_k(n(1−λ) + |d_k|²)^{−(n+2)/2}` (of sum 1) and `g_k = (n+2)/(n(1−λ) + |d_k|²)`,
//! `curl E[√(1−λ)Z|y] = Σ_{j<k} r_jr_k(g_j − g_k)(d_j × d_k)` and `curl u_t = −λ̇/(2λ(1−λ))` times that. In `d = 1` always
//! `‖u_t‖ = |p'_t|`.
//!
//! *Hypotheses.* H1: target and base have finite second moments. H2: `0 < λ_t < 1`, λ differentiable at `t`.
//!
//! *Normalisation.* `curl F = ∂_1F_2 − ∂_2F_1`, `a × b = a_1b_2 − a_2b_1`. Student base `∝ (1+|z|²/n)^{−(n+2)/2}`.
//!
//! *Why.* `E[√(1−λ)Z|y] = Σr_kd_k` and `∇r_k = r_k(Σ_jr_jg_jd_j − g_kd_k)`, while the `d_k` have no curl. What a field has beyond its
//! gradient part moves no mass (T3) but has a norm. A Gaussian base is no way out if its covariance does not commute with that
//! of the target.
//!
//! *Source.* \[CCG\], Theorem 2.1 (the field); Ambrosio, Gigli, Savaré, *Gradient Flows* (2008), §8.4.
//!
//! *Checked.* The curl: derivatives of the conditional velocity, with the base as a mixture over scales, against the sum.
//! Circulation: `∫⟨u_t, J∇χ⟩ = ∫χ·curl u_t` for bumps χ. Norms: a field
//! `w = u − cJ∇χ/p` that moves p as u does and is shorter, `‖w‖² − ‖u‖² < 0` by quadrature (so that `|p'| ≤ ‖w‖ < ‖u‖`), while with a
//! Gaussian base every such field is longer; Gaussian laws whose covariances do not commute in closed form; the line by
//! quantile functions. *Not checked here:* the size of the gap `‖u‖² − |p'|²` itself beyond Gaussian laws; `d ≥ 3` beyond these.
//!
//! *Sharp.* On the axes of symmetry of two equal atoms the curl is 0. *Dropping the dimension:* on the line there is equality.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::claims::path::instance::PathPoint;
use crate::claims::path::line_instance::{LinePoint, random_time};
use crate::claims::path::mixture_instance::{MixtureTime, Region};
use crate::claims::transport::instance::Tangent;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::mixture::Mixture;
use crate::numerics::enclosed_matrix::{exact, product, trace_of_congruence};
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, MixturePath};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use std::fmt;

/// What is compared.
#[derive(Clone, Debug)]
pub enum NoGradientInstance {
    /// `curl u_t` at a point of the plane; atoms, Student base.
    Curl(Box<MixtureTime>, [f64; 2]),
    /// `∫⟨u_t, J∇χ⟩` for a bump at a point; atoms, Student base.
    Circulation(Box<MixtureTime>, [f64; 2]),
    /// `‖u_t − cJ∇χ/p_t‖² − ‖u_t‖²` for a bump at a point: with the best c it is below 0 if u is no gradient (false), with
    /// any it is above 0 if u is one (true).
    Shorter(Box<MixtureTime>, [f64; 2], bool),
    /// `|p'_t|²` and `‖u_t‖²` for Gaussian laws: the first is less if the covariances do not commute (false), the two are equal
    /// if u is a gradient (true).
    GaussianNorm(Box<PathPoint>, bool),
    /// `|p'_t| = ‖u_t‖` on the line.
    Line(Box<LinePoint>),
}

use NoGradientInstance as Instance;

/// Degrees of freedom of the witness.
const WITNESS: f64 = 3.0;
/// Width τ of the bump `χ = e^{−|y−b|²/2τ}`.
const WIDTH: f64 = 0.25;

impl Instance {
    /// Two to four atoms in the plane at a random time.
    fn random_atoms(stream: &mut Stream, index: usize) -> Result<MixtureTime> {
        let count = 2 + index % 3;
        let mut uniform = |lo: f64, hi: f64| stream.random_range(lo..hi);
        let points =
            (0..count).map(|_| DVector::from_vec(vec![uniform(-2.0, 2.0), uniform(-2.0, 2.0)])).collect();
        let weights: Vec<f64> = (0..count).map(|_| uniform(0.25, 1.0)).collect();
        let freedom = uniform(2.5, 8.0);
        let target = Mixture::isotropic(&weights, points, &vec![0.0; count])?;
        let schedule = random_schedule(stream);
        // Atoms in a law of small noise are far apart, and there is no curl in between.
        let t = loop {
            let t = random_time(stream, &schedule);
            if (0.1..0.8).contains(&schedule.lambda(t)) {
                break t;
            }
        };
        MixtureTime::new(MixturePath::student(target, freedom)?, schedule, t)
    }

    fn random_point(stream: &mut Stream) -> [f64; 2] {
        [stream.random_range(-2.0..2.0), stream.random_range(-2.0..2.0)]
    }

    /// Atoms `±(1, 0)`, Student base with three degrees of freedom, λ = t = ½: there `λ̇/(2λ(1−λ)) = 2`.
    fn witness() -> Result<MixtureTime> {
        let points = [1.0, -1.0].map(|x| DVector::from_vec(vec![x, 0.0])).to_vec();
        let target = Mixture::isotropic(&[1.0, 1.0], points, &[0.0, 0.0])?;
        MixtureTime::new(MixturePath::student(target, WITNESS)?, schedule("linear")?, 0.5)
    }

    /// A point on one of the axes of the witness.
    fn on_the_axes(stream: &mut Stream, index: usize) -> Result<Self> {
        let x = stream.random_range(0.25..2.0);
        let y = if index.is_multiple_of(2) { [x, 0.0] } else { [0.0, x] };
        Ok(Self::Curl(Box::new(Self::witness()?), y))
    }

    /// A mixture and a Gaussian base: the conditional velocity is a gradient (T4).
    fn gradient(stream: &mut Stream) -> Result<Self> {
        let case = MixtureTime::random(stream, 2, None)?;
        let b = case.point_near(stream);
        Ok(Self::Shorter(Box::new(case), [b[0], b[1]], true))
    }

    fn gaussian_norm(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = PathPoint::random_dense(stream, index)?;
        let (target, base) = (point.path.target().covariance(), point.path.base().covariance());
        if (&target * &base - &base * &target).amax() > 0.0 {
            Ok(Self::GaussianNorm(Box::new(point), false))
        } else {
            Err(Error::hypothesis("T8", "covariances that do not commute", &point))
        }
    }

    /// `λ̇/(2λ(1−λ))`.
    fn factor(case: &MixtureTime) -> Enclosure {
        let at = case.schedule.enclosed(case.t);
        let product = Enclosure::certified(at.lambda) * Enclosure::certified(at.complement);
        Enclosure::certified(at.lambda_dot) / (2.0 * product)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Curl(case, y) => write!(f, "{case}, curl at {y:?}"),
            Self::Circulation(case, b) => write!(f, "{case}, circulation, bump at {b:?}"),
            Self::Shorter(case, b, gradient) => {
                write!(f, "{case}, another field, bump at {b:?}, u a gradient: {gradient}")
            }
            Self::GaussianNorm(point, _) => write!(f, "{point}, norms"),
            Self::Line(point) => write!(f, "{point}, norms"),
        }
    }
}

/// The claim.
pub struct ConditionalFieldIsNoGradient;

impl Theorem for ConditionalFieldIsNoGradient {
    type Instance = NoGradientInstance;

    const ABOUT: About = About {
        id: "T8",
        chapter: Chapter::Transport,
        title: "Other bases: the conditional velocity is no gradient",
        statement: "d ≥ 2: u_t(y) = E[Ẋ_t|X_t=y] need not be a gradient, and then ‖u_t‖ > |p'_t|. Atoms m_k, Student base, d = 2: \
                    curl u_t = −(λ̇/2λ(1−λ))Σ_{j<k}r_jr_k(g_j−g_k)(d_j×d_k), d_k = y−√λm_k, g_k = (n+2)/(n(1−λ)+|d_k|²), \
                    r_k ∝ w_kg_k^{(n+2)/2}. In d = 1: ‖u_t‖ = |p'_t|",
        hypotheses: &[
            ("H1", "target and base have finite second moments"),
            ("H2", "0 < λ_t < 1 and λ is differentiable at t"),
        ],
        why: "E[√(1−λ)Z|y] = Σr_kd_k with ∇r_k = r_k(Σr_jg_jd_j − g_kd_k); what a field has beyond its gradient part moves no \
              mass but has a norm.",
        checked: "The curl of the conditional velocity at points (the base as a mixture over scales) against the sum; its \
                  circulation around bumps by integration; a shorter field that moves p_t as well (Student base), none \
                  (Gaussian base); Gaussian laws whose covariances do not commute; the line by quantile functions.",
        not_checked: "The size of the gap ‖u‖² − |p'|² beyond Gaussian laws (a lower bound for it is); d ≥ 3 beyond \
                      Gaussian laws.",
        source: "[CCG], Theorem 2.1; Ambrosio, Gigli, Savaré, Gradient Flows (2008), §8.4",
        relation: Relation::Equality { resolution: 1e-7 },
        rests_on: &["T1", "T3"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("curl at a point, atoms in the plane", 12, 160, |s, i| {
                let case = Instance::random_atoms(s, i)?;
                Ok(Instance::Curl(Box::new(case), Instance::random_point(s)))
            }),
            [
                family("the witness on its axes", 4, 40, Instance::on_the_axes),
                family("circulation around a bump", 1, 12, |s, i| {
                    let case = Instance::random_atoms(s, i)?;
                    Ok(Instance::Circulation(Box::new(case), Instance::random_point(s)))
                }),
                family("a shorter field, Student base", 1, 12, |s, i| {
                    let case = if i == 0 { Instance::witness()? } else { Instance::random_atoms(s, i)? };
                    let b = if i == 0 { [0.75, 0.75] } else { Instance::random_point(s) };
                    Ok(Instance::Shorter(Box::new(case), b, false))
                }),
                family("no shorter field, Gaussian base", 2, 24, |s, _| Instance::gradient(s)),
                family("norms of Gaussian laws", 6, 60, Instance::gaussian_norm),
                family("norms on the line", 3, 24, |s, i| {
                    let student = i % 24 == 23;
                    let point =
                        if student { LinePoint::student_mixture(s, i) } else { LinePoint::mixture(s, i) };
                    Ok(Instance::Line(Box::new(point?)))
                }),
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        let at_corner = || Ok(Instance::Curl(Box::new(Instance::witness()?), [1.0, 1.0]));
        NonEmpty::new(
            FalseTwin {
                name: "u is a gradient",
                instance: at_corner,
                wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
            },
            [
                FalseTwin {
                    name: "u is a gradient (circulation)",
                    instance: || Ok(Instance::Circulation(Box::new(Instance::witness()?), [1.0, 1.0])),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "curl with the other sign",
                    instance: at_corner,
                    wrong: Wrong::Bound(|i| Ok(-ConditionalFieldIsNoGradient::bound(i)?)),
                },
                FalseTwin {
                    name: "equal norms in the plane: no field that moves p_t is shorter than u_t, Student base",
                    instance: || Ok(Instance::Shorter(Box::new(Instance::witness()?), [0.75, 0.75], true)),
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "|p'_t| = ‖u_t‖ for Gaussian laws whose covariances do not commute",
                    instance: || {
                        let law = |entries: [f64; 4]| {
                            Gaussian::new(DVector::zeros(2), DMatrix::from_row_slice(2, 2, &entries))
                        };
                        let (target, base) = (law([4.0, 1.5, 1.5, 1.0])?, law([0.25, 0.0, 0.0, 2.0])?);
                        let path = GaussianPath::new(target, base, schedule("linear")?)?;
                        Ok(Instance::GaussianNorm(Box::new(PathPoint::new(path, 0.5)?), true))
                    },
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::GaussianNorm(_, false) | Instance::Shorter(_, _, false) => Relation::Upper,
            Instance::Shorter(_, _, true) => Relation::Lower,
            _ => Self::ABOUT.relation,
        }
    }

    /// A curl may vanish; its natural size is that of the factor before the sum.
    fn scale(instance: &Instance) -> f64 {
        match instance {
            Instance::Curl(case, _) | Instance::Circulation(case, _) => Instance::factor(case).hi(),
            _ => 0.0,
        }
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Curl(case, y) => {
                let curl = case.law(case.t)?.point(y)?.curl()?;
                let error = case.path.relative_error() + ROUNDING;
                // Angles decrease as time increases.
                Ok(-(Enclosure::around(curl, error, Evidence::Converged) * case.angular_speed()))
            }
            Instance::Circulation(case, b) => circulation(case, b),
            Instance::Shorter(case, b, gradient) => excess_of_norm(case, b, *gradient),
            Instance::GaussianNorm(point, _) => Ok(gaussian_norms(point)?.0),
            Instance::Line(point) => Ok(point.velocity_squared()?.sqrt()),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Curl(case, y) => Ok(-(Instance::factor(case) * curl_of_noise(case, *y))),
            Instance::Circulation(case, b) => {
                let [value] = bump_region(case, b)
                    .integrals(STEP, |y| [bump(y, b) * curl_of_noise(case, [y[0], y[1]]).mid()]);
                Ok(-(Instance::factor(case) * value))
            }
            Instance::Shorter(..) => Ok(Enclosure::exact(0.0)),
            Instance::GaussianNorm(point, _) => Ok(gaussian_norms(point)?.1),
            Instance::Line(point) => Ok(point.metric_derivative_squared()?.sqrt()),
        }
    }
}

/// Rounding of a field of order one.
const ROUNDING: f64 = 1e-12;
/// Step of the quadrature in units of the length on which the integrand varies.
const STEP: f64 = 0.5;

/// `Σ_{j<k} r_jr_k(g_j − g_k)(d_j × d_k)`.
fn curl_of_noise(case: &MixtureTime, y: [f64; 2]) -> Enclosure {
    let at = case.schedule.enclosed(case.t);
    let (root, complement) = (Enclosure::certified(at.lambda).sqrt(), Enclosure::certified(at.complement));
    let n = case.path.freedom().unwrap_or(f64::INFINITY);
    let target = case.path.target();
    let atoms: Vec<(Enclosure, Enclosure, [Enclosure; 2])> = (0..target.len())
        .map(|k| {
            let mean = target.component_mean(k);
            let d = [y[0] - root * mean[0], y[1] - root * mean[1]];
            let q = n * complement + d[0].square() + d[1].square();
            let power = (-0.5 * (n + 2.0) * q.ln()).exp();
            (target.weight(k) * power, (n + 2.0) / q, d)
        })
        .collect();
    let total: Enclosure = atoms.iter().map(|a| a.0).sum();
    let mut curl = Enclosure::exact(0.0);
    for (k, (weight, g, d)) in atoms.iter().enumerate() {
        for (other, h, e) in &atoms[..k] {
            let cross = e[0] * d[1] - e[1] * d[0];
            curl = curl + *other / total * (*weight / total) * (*h - *g) * cross;
        }
    }
    curl
}

fn bump(y: &[f64], b: &[f64; 2]) -> f64 {
    let square = (y[0] - b[0]).powi(2) + (y[1] - b[1]).powi(2);
    core_math::exp(-0.5 * square / WIDTH)
}

fn bump_region(case: &MixtureTime, b: &[f64; 2]) -> Region {
    /// Half-width of the box in standard deviations of the bump.
    const REACH: f64 = 7.5;
    // The density of the noise is analytic up to √n times its width.
    let noise = 0.25 * case.schedule.complement(case.t);
    Region {
        centre: b.to_vec(),
        half: vec![REACH * WIDTH.sqrt(); 2],
        scale: (WIDTH * noise / (WIDTH + noise)).sqrt(),
    }
}

/// `∫⟨u_t, J∇χ⟩`, `J(a, b) = (b, −a)`, so that integration by parts gives `∫χ·curl u_t`.
fn circulation(case: &MixtureTime, b: &[f64; 2]) -> Result<Enclosure> {
    let law = case.law(case.t)?;
    let [per_angle] = bump_region(case, b).integrals(STEP, |y| {
        let Ok(point) = law.point(y) else { return [f64::NAN] };
        // ∇χ = −χ(y − b)/τ.
        let gradient = [-(y[0] - b[0]) / WIDTH, -(y[1] - b[1]) / WIDTH];
        [bump(y, b) * (point.velocity[0] * gradient[1] - point.velocity[1] * gradient[0])]
    });
    let relative = case.path.relative_error() * per_angle.interval().magnitude();
    Ok(-(per_angle.widened(relative + ROUNDING) * case.angular_speed()))
}

/// `‖u − cz‖² − ‖u‖² = c²‖z‖² − 2c⟨u, z⟩` in `L²(p_t)` per squared angle, `z = J∇χ/p_t`. With the best c it is `−⟨u, z⟩²/‖z‖²`; where u
/// is a gradient that is 0, and `c = 1/‖z‖` is taken.
fn excess_of_norm(case: &MixtureTime, b: &[f64; 2], gradient: bool) -> Result<Enclosure> {
    let law = case.law(case.t)?;
    // 1/p varies on the scale of p, and χ² is narrower than χ.
    let mut region = bump_region(case, b);
    region.scale *= std::f64::consts::FRAC_1_SQRT_2;
    let [along, square] = region.integrals(STEP, |y| {
        let Ok(point) = law.point(y) else { return [f64::NAN; 2] };
        let chi = bump(y, b);
        let slope = [-chi * (y[0] - b[0]) / WIDTH, -chi * (y[1] - b[1]) / WIDTH];
        let product = point.velocity[0] * slope[1] - point.velocity[1] * slope[0];
        [product, (slope[0].powi(2) + slope[1].powi(2)) * core_math::exp(-point.log_density)]
    });
    let relative = case.path.relative_error();
    let along = along.widened(relative * along.interval().magnitude() + ROUNDING);
    let square = square.widened(relative * square.interval().magnitude());
    // Any number will do for c.
    let c = if gradient && case.path.has_gaussian_base() {
        1.0 / square.mid().sqrt()
    } else {
        along.mid() / square.mid()
    };
    Ok(c * (c * square - 2.0 * along))
}

/// `|p'_t|²` and `‖u_t‖² = |ṁ|² + ¼tr(Σ̇Σ⁻¹Σ̇)` of Gaussian laws.
fn gaussian_norms(point: &PathPoint) -> Result<(Enclosure, Enclosure)> {
    let tangent = Tangent::of_path(point)?;
    let half = tangent.rate_matrix().map(|x| 0.5 * Enclosure::exact(x));
    let slope = product(&half, &tangent.law.precision());
    let mean: Enclosure = tangent.mean_rate.iter().map(|&x| Enclosure::exact(x).square()).sum();
    let larger = mean + trace_of_congruence(&slope, &exact(&tangent.law.covariance()));
    Ok((tangent.optimal_field()?.norm_squared(), larger))
}
