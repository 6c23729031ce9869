//! A Student target with a Gaussian base and with the same Student law as base.

use crate::dynamics::fokker_planck::{Accuracy, bias_on_line};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Result, finite, positive, within};
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::numerics::quadrature::{GaussRule, integrate};
use crate::numerics::stream::Stream;
use crate::path::line::{CubicTails, LineBase, PotentialCurve};
use crate::path::{LineCurve, LinePath, LineSlice, MixtureCurve, MixturePath, Schedule, StudentScales};
use crate::transport::line::{MetricDerivative, truncated_distance_squared};
use nalgebra::DVector;
use rand::RngExt;
use std::f64::consts::FRAC_PI_2;
use std::fmt;
use std::sync::Arc;

/// Degrees of freedom in the comparison of actions and biases.
const DOF: f64 = 3.0;
/// Relative error of fields by quadrature of the conditional law.
const QUADRATURE: f64 = 1e-9;
/// Quantiles up to which a distance is integrated; what is beyond is below `6√3/π·z^{−1}`.
const FAR: f64 = 1e12;
/// Where the field is cut off on the scale of `asinh y`: `∫w²p` has a tail like `e^{−x}` there.
const REACH: f64 = 12.0;
/// Radius up to which a mixture of normal laws stands for the target, and weight of components that are left out: all that is
/// changed has mass below 10⁻¹⁰, against biases of the order 0.1.
const RADIUS: f64 = 1e4;
const FAINT: f64 = 1e-13;
/// Points and refinements of the search for the largest curvature.
const GRID: u32 = 40;
const GOLDEN_STEPS: usize = 20;

/// Which base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// The same Student law as the target.
    Student,
    /// `N(0, 1)`.
    Gaussian,
}

/// `∇²log p_t` at a point.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// Base.
    pub base: Base,
    /// Degrees of freedom of the target.
    pub dof: f64,
    /// λ.
    pub lambda: f64,
    /// Place.
    pub y: f64,
    /// Whether the bound from below is looked at.
    pub below: bool,
}

/// What H4 is checked on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Instance {
    /// (i) at a point.
    Curvature(Point),
    /// (i), the largest curvature with a Gaussian base.
    Start {
        /// Degrees of freedom of the target.
        dof: f64,
        /// λ.
        lambda: f64,
    },
    /// (ii), the action with the Student base; number of the schedule.
    Action(usize),
    /// (ii), the action with the Gaussian base, cosine schedule.
    GaussianAction,
    /// (iii), cosine schedule.
    Bias {
        /// Slowness.
        kappa: f64,
    },
}

impl Instance {
    /// A point of a path.
    ///
    /// # Errors
    /// [`crate::error::Error::Domain`] for parameters out of range.
    pub fn curvature(base: Base, dof: f64, lambda: f64, y: f64, below: bool) -> Result<Self> {
        within("lambda", lambda, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        Ok(Self::Curvature(Point { base, dof: positive("dof", dof)?, lambda, y: finite("y", y)?, below }))
    }

    /// The largest curvature with a Gaussian base.
    ///
    /// # Errors
    /// [`crate::error::Error::Domain`] for parameters out of range.
    pub fn start(dof: f64, lambda: f64) -> Result<Self> {
        within("lambda", lambda, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        Ok(Self::Start { dof: positive("dof", dof)?, lambda })
    }

    /// Points in the bulk and in the tails.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_curvature(stream: &mut Stream, index: usize) -> Result<Self> {
        let dof = 2_f64.powf(stream.random_range(-0.5..3.5));
        let y = stream.random_range(-1.0..1.0) * [1.0, 4.0, 20.0][index % 3] * dof.sqrt();
        Self::curvature(Base::Student, dof, stream.random_range(0.02..0.98), y, index.is_multiple_of(2))
    }

    /// λ from 10⁻⁶ to 10⁻⁴, n = 3, 4, 5.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_start(stream: &mut Stream, index: usize) -> Result<Self> {
        Self::start([3.0, 4.0, 5.0][index % 3], 10_f64.powf(stream.random_range(-6.0..-4.0)))
    }

    /// The schedules in turn.
    ///
    /// # Errors
    /// Never.
    pub fn action(_stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::Action(index))
    }

    /// κ = 1, ½, ….
    ///
    /// # Errors
    /// Never.
    pub fn bias(_stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::Bias { kappa: [1.0, 0.5, 0.2, 0.1][index % 4] })
    }
}

fn curve(base: Base, dof: f64) -> Result<PotentialCurve> {
    let noise = if base == Base::Student { LineBase::Student { dof } } else { LineBase::Gaussian };
    PotentialCurve::new(LineMeasure::student(dof, 0.0, 1.0)?, noise)
}

fn angle(lambda: f64) -> f64 {
    core_math::acos(lambda.sqrt())
}

impl Point {
    /// `±∇²log p_t(y)`, by quadrature of the conditional law.
    ///
    /// # Errors
    /// Those of the curve.
    pub fn curvature(&self) -> Result<Enclosure> {
        let curve = curve(self.base, self.dof)?;
        let value = curve.at(angle(self.lambda))?.point(self.y).curvature;
        let sign = if self.below { -1.0 } else { 1.0 };
        Ok(Enclosure::around(sign * value, QUADRATURE * (1.0 + value.abs()), Evidence::Converged))
    }
}

/// The largest `∇²log p_t` that a search finds with a Gaussian base: no more than the supremum.
///
/// # Errors
/// Those of the curve.
pub fn largest_curvature(dof: f64, lambda: f64) -> Result<Enclosure> {
    let curve = curve(Base::Gaussian, dof)?;
    let slice = curve.at(angle(lambda))?;
    let value = |y: f64| slice.point(y).curvature;
    // The bulk of γ ends where its density is that of the tail, well before this.
    let (lo, hi) = (1.0, 2.0 * (-(dof + 1.0) * core_math::log(lambda)).sqrt());
    let step = (hi - lo) / f64::from(GRID);
    let best = (0..=GRID).map(|i| lo + step * f64::from(i)).max_by(|a, b| value(*a).total_cmp(&value(*b)));
    let centre = best.unwrap_or(lo);
    let (mut a, mut b) = (centre - step, centre + step);
    let ratio = 0.5 * (5_f64.sqrt() - 1.0);
    for _ in 0..GOLDEN_STEPS {
        let (x, y) = (b - ratio * (b - a), a + ratio * (b - a));
        if value(x) >= value(y) { b = y } else { a = x }
    }
    let found = value(0.5 * (a + b));
    Ok(Enclosure::around(found, QUADRATURE * (1.0 + found.abs()), Evidence::Converged))
}

fn schedule(index: usize) -> Result<Schedule> {
    Ok(match index % 3 {
        0 => Schedule::cosine(),
        1 => Schedule::linear(),
        _ => Schedule::power(2.0)?,
    })
}

/// `A_ν`.
///
/// # Errors
/// Those of [`MetricDerivative`].
pub fn student_action(index: usize) -> Result<Enclosure> {
    MetricDerivative::of(&CubicTails, (0.0, FRAC_PI_2))?.action(&schedule(index)?, 0.0, 1.0)
}

/// `A_γ` for the cosine schedule, `(π/2)∫m²(φ)dφ`: the field on the half-line (the laws are symmetric), Gauss' rules in the angle.
///
/// # Errors
/// Those of the curve.
pub fn gaussian_action() -> Result<Enclosure> {
    let curve = curve(Base::Gaussian, DOF)?;
    let breaks: Vec<f64> = (0..=3).map(|i| f64::from(i) * REACH / 3.0).collect();
    let square = |angle: f64| -> f64 {
        curve.at(angle).map_or(f64::NAN, |slice| {
            let half = integrate(&breaks, |x| {
                let point = slice.point(x.sinh());
                point.velocity.powi(2) * core_math::exp(point.log_density) * x.cosh()
            });
            2.0 * half.mid()
        })
    };
    let [coarse, fine] = [3, 5].map(|order| GaussRule::new(order).integrate(0.0, FRAC_PI_2, square));
    // Both tails of ∫w²p, w ≈ −y·tan φ and p ≈ (6√3/π)cos³φ·y^{−4}, integrated over the angle: below 13e^{−REACH}. Three times that.
    let rest = 40.0 * core_math::exp(-REACH);
    Ok(Enclosure::refined(FRAC_PI_2 * coarse, FRAC_PI_2 * fine, 1.0).widened(rest))
}

/// `W₂²(π, γ)`.
///
/// # Errors
/// Those of the slices.
pub fn distance_squared() -> Result<Enclosure> {
    let (target, normal) = (CubicTails.slice(0.0)?, MixtureCurve::new(&[1.0], &[0.0], &[1.0])?);
    let normal = normal.slice(0.0)?;
    let square = truncated_distance_squared(target.as_ref(), target.as_ref(), normal.as_ref(), (-FAR, FAR))?;
    // Beyond, the map is between 0 and z: ∫_{|z|>Z} z²·6√3/(π z⁴).
    let rest = 12.0 * 3_f64.sqrt() / std::f64::consts::PI / FAR;
    Ok(square.widened(rest))
}

fn bias(curve: Arc<dyn LineCurve>, kappa: f64, accuracy: Accuracy) -> Result<Enclosure> {
    Ok(bias_on_line(&LinePath::new(curve, Schedule::cosine()), kappa, 0.0, 1.0, accuracy)?.forward_kl)
}

/// `KL(p_1|q)` with the Student base.
///
/// # Errors
/// Those of [`bias_on_line`].
pub fn student_bias(kappa: f64) -> Result<Enclosure> {
    bias(Arc::new(CubicTails), kappa, Accuracy::QUICK)
}

/// `KL(p_1|q)` with the Gaussian base, the target as a mixture of normal laws.
///
/// # Errors
/// Those of [`bias_on_line`] and of [`StudentScales::new`].
pub fn gaussian_bias(kappa: f64) -> Result<Enclosure> {
    let scales = StudentScales::new(DOF, 1, RADIUS, 1.0)?;
    let heavy = scales.scales().iter().map(|s| (s.log_weight.exp(), s.std * s.std)).filter(|s| s.0 > FAINT);
    let (weights, variances): (Vec<f64>, Vec<f64>) = heavy.unzip();
    let means = vec![DVector::zeros(1); weights.len()];
    let target = Mixture::isotropic(&weights, means, &variances)?;
    let coarse = Accuracy { tolerance: 1e-2, finest: 2 };
    bias(Arc::new(MixturePath::gaussian(target)), kappa, coarse)
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Curvature(p) => {
                let side = if p.below { "below" } else { "above" };
                let (base, n, lambda, y) = (p.base, p.dof, p.lambda, p.y);
                write!(f, "curvature from {side}, {base:?} base, n={n}, λ={lambda}, y={y}")
            }
            Self::Start { dof, lambda } => {
                write!(f, "largest curvature, Gaussian base, n={dof}, λ={lambda}")
            }
            Self::Action(index) => {
                let name = ["cosine", "linear", "power 2"][index % 3];
                write!(f, "action, Student base, n=3, {name}")
            }
            Self::GaussianAction => f.write_str("action, Gaussian base, n=3, cosine"),
            Self::Bias { kappa } => write!(f, "bias, n=3, cosine, κ={kappa}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_curvature_is_found_where_bulk_and_tail_meet() {
        for (dof, lambda) in [(3.0, 1e-4), (5.0, 1e-6), (4.0, 1e-5)] {
            let found = largest_curvature(dof, lambda).unwrap();
            let curve = curve(Base::Gaussian, dof).unwrap();
            let slice = curve.at(angle(lambda)).unwrap();
            let (mut most, mut place) = (f64::NEG_INFINITY, 0.0);
            for k in 0..4000 {
                let y = 0.005 * f64::from(k);
                let value = slice.point(y).curvature;
                if value > most {
                    (most, place) = (value, y);
                }
            }
            // Between points of the grid the peak is higher by its curvature times the square of their distance.
            let between = 0.005;
            assert!(
                (found.mid() - most).abs() < between * most && found.hi() >= most,
                "{dof}: {found} {most}"
            );
            assert!(
                place > 1.0 && place < 19.0 && found.relative_width() < between,
                "{dof}: {place} {found}"
            );
        }
    }
}
