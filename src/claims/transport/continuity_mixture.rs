//! The instances of T1 that are not Gaussian, and the two sides of the continuity equation on them.

use crate::claims::path::line_instance::LinePoint;
use crate::claims::path::mixture_instance::{MixtureTime, Region};
use crate::claims::transport::continuity_instance::ContinuityInstance;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::measure::mixture::Mixture;
use crate::numerics::differentiation::central_derivative;
use crate::numerics::stream::Stream;
use crate::path::MixturePath;
use nalgebra::DVector;
use rand::RngExt;
use std::fmt;

/// Width τ of the test function `e^{−|y−b|²/2τ}`.
const WIDTH: f64 = 0.25;
/// Relative error of densities and fields by quadrature on the line.
const FIELD: f64 = 1e-12;
/// Relative rounding of a sum of some hundred exponentials.
const ROUNDING: f64 = 1e-14;

/// A path at a time, and where the equation is tested.
#[derive(Clone, Debug)]
pub enum ContinuityCase {
    /// Gaussian laws.
    Gaussian(Box<ContinuityInstance>),
    /// A mixture in several dimensions, weakly, with a bump around a point.
    Bump(Box<MixtureTime>, Vec<f64>),
    /// On the line, at a point.
    Line(Box<LinePoint>, f64),
}

impl ContinuityCase {
    pub(super) fn gaussian(instance: ContinuityInstance) -> Self {
        Self::Gaussian(Box::new(instance))
    }

    /// A mixture and a bump where it has mass.
    pub(super) fn bump(stream: &mut Stream, dim: usize, freedom: Option<f64>) -> Result<Self> {
        let case = MixtureTime::random(stream, dim, freedom)?;
        let centre = case.point_near(stream);
        Ok(Self::Bump(Box::new(case), centre))
    }

    /// A law on the line and a point where it has mass.
    pub(super) fn line(stream: &mut Stream, point: LinePoint) -> Result<Self> {
        let (lo, hi) = point.law(point.t)?.window(0.05);
        let y = stream.random_range(lo..hi);
        Ok(Self::Line(Box::new(point), y))
    }

    /// Two unequal components in the plane, Student base, cosine schedule.
    pub(super) fn simple_bump(freedom: Option<f64>) -> Result<Self> {
        let means = vec![DVector::from_vec(vec![1.0, 0.5]), DVector::from_vec(vec![-1.0, 0.25])];
        let target = Mixture::isotropic(&[1.0, 2.0], means, &[0.5, 0.75])?;
        let path = match freedom {
            None => MixturePath::gaussian(target),
            Some(n) => MixturePath::student(target, n)?,
        };
        let case = MixtureTime::new(path, crate::path::Schedule::cosine(), 0.5)?;
        Ok(Self::Bump(Box::new(case), vec![0.75, -0.5]))
    }
}

impl fmt::Display for ContinuityCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(instance) => write!(f, "{instance}"),
            Self::Bump(case, b) => write!(f, "{case}, bump of width {WIDTH} at {b:?}"),
            Self::Line(point, y) => write!(f, "{point}, at y={y}"),
        }
    }
}

/// `E g(X_t)` for a bump around b, in closed form but for the scale of a Student base. Given component and scale of the
/// base `X_t` is normal, and the integral of two normal densities is one.
pub(super) fn expected_bump(case: &MixtureTime, t: f64, b: &[f64]) -> Enclosure {
    let at = case.schedule.enclosed(t);
    let (lambda, complement) = (at.lambda.mid(), at.complement.mid());
    let target = case.path.target();
    let dim = case.dim();
    let scales = case.path.freedom().map_or_else(|| vec![(1.0, 1.0)], student_scales);
    let mut total = 0.0;
    for k in 0..target.len() {
        let shift = DVector::from_iterator(
            dim,
            target.component_mean(k).iter().zip(b).map(|(m, b)| lambda.sqrt() * m - b),
        );
        let eigen = (target.component_covariance(k) * lambda).symmetric_eigen();
        let along = eigen.eigenvectors.transpose() * shift;
        for &(weight, square) in &scales {
            let (mut exponent, mut volume) = (0.0, 1.0);
            for i in 0..dim {
                let variance = eigen.eigenvalues[i] + complement * square + WIDTH;
                exponent -= 0.5 * along[i] * along[i] / variance;
                volume *= WIDTH / variance;
            }
            total += target.weight(k) * weight * volume.sqrt() * core_math::exp(exponent);
        }
    }
    Enclosure::around(total, ROUNDING * total.abs(), Evidence::Converged)
}

/// `(weight, s²)`: Student's law with n degrees of freedom is that of `sG`, `n/s²` of the law χ² with n degrees of freedom. The
/// trapezoidal rule in `log s²`, where the density is `∝ s^{−n}e^{−n/2s²}`.
fn student_scales(n: f64) -> Vec<(f64, f64)> {
    const STEP: f64 = 0.125;
    const NEGLIGIBLE: f64 = 40.0; // e^{−40} is below rounding
    let log_weight = |x: f64| -0.5 * n * (x + core_math::exp(-x)) + 0.5 * n;
    let up = (2.0 * NEGLIGIBLE / n + 1.0) / STEP;
    let nodes: Vec<f64> = (-800..4000)
        .map(|k| f64::from(k) * STEP)
        .filter(|x| *x <= up * STEP && log_weight(*x) > -NEGLIGIBLE)
        .collect();
    let mass: f64 = nodes.iter().map(|x| core_math::exp(log_weight(*x))).sum();
    nodes.iter().map(|x| (core_math::exp(log_weight(*x)) / mass, core_math::exp(*x))).collect()
}

/// `E⟨∇g(X_t), u_t(X_t)⟩` for the bump around b, by the trapezoidal rule around it.
pub(super) fn bump_flux(case: &MixtureTime, b: &[f64]) -> Result<Enclosure> {
    /// Half-width of the box in standard deviations of the bump.
    const REACH: f64 = 8.0;
    /// Step in units of the length scale of the product of density and bump.
    const STEP: f64 = 0.6;
    let law = case.law(case.t)?;
    let target = case.path.target();
    let (lambda, complement) = (case.schedule.lambda(case.t), case.schedule.complement(case.t));
    let least = (0..target.len())
        .flat_map(|k| target.component_variances(k).iter().copied())
        .fold(f64::INFINITY, f64::min);
    // A Student law is about half as wide at its core.
    let noise = if case.path.has_gaussian_base() { complement } else { 0.25 * complement };
    let variance = lambda * least + noise;
    let region = Region {
        centre: b.to_vec(),
        half: vec![REACH * WIDTH.sqrt(); b.len()],
        scale: (WIDTH * variance / (WIDTH + variance)).sqrt(),
    };
    let [per_angle] = region.integrals(STEP, |y| {
        let Ok(point) = law.point(y) else { return [f64::NAN] };
        let (mut square, mut along) = (0.0, 0.0);
        for i in 0..y.len() {
            square += (y[i] - b[i]).powi(2);
            along -= (y[i] - b[i]) / WIDTH * point.velocity[i];
        }
        [core_math::exp(point.log_density - 0.5 * square / WIDTH) * along]
    });
    // Angles decrease as time increases; the field has the relative error of the rule for the base.
    let relative = case.path.relative_error() * per_angle.interval().magnitude();
    Ok(-(per_angle.widened(relative) * case.angular_speed()))
}

/// `∂_t log p_t(y)` on the line, by differences.
pub(super) fn log_density_rate(point: &LinePoint, y: f64) -> Result<Enclosure> {
    central_derivative(point.t, point.room(), |s| Ok(known(point.law(s)?.log_density(y))))
}

/// `−u'(y)` and `−u(y)·∂_y log p_t(y)` on the line.
pub(super) fn line_terms(point: &LinePoint, y: f64) -> Result<(Enclosure, Enclosure)> {
    /// Room for differences of the field: its complex poles lie farther away than the steps, an eighth of this.
    const ROOM: f64 = 0.5;
    let law = point.law(point.t)?;
    let slope = central_derivative(y, ROOM, |x| Ok(known(law.point(x).velocity)))?;
    let here = law.point(y);
    let speed = point.angular_speed();
    Ok((slope * speed, known(here.velocity) * known(here.score) * speed))
}

fn known(value: f64) -> Enclosure {
    Enclosure::around(value, FIELD * value.abs().max(1.0), Evidence::Converged)
}

/// Natural size of the two sides.
pub(super) fn scale(case: &ContinuityCase) -> f64 {
    match case {
        ContinuityCase::Gaussian(_) => 0.0,
        ContinuityCase::Bump(case, _) => case.angular_speed().hi(),
        ContinuityCase::Line(point, _) => point.angular_speed().hi(),
    }
}

#[cfg(test)]
mod tests;
