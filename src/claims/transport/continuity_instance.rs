//! The instances of T1, and the two sides of the continuity equation on them.

use crate::claims::path::instance::PathPoint;
use crate::claims::transport::instance::{direction, point_near};
use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::enclosed_matrix::inner;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::transport::{conditional_velocity, path_score};
use std::fmt;

/// A test function of `⟨a, x⟩`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Test {
    Linear,
    Square,
    Exponential,
    Cosine,
}

/// Weak form with a test function, or pointwise form.
#[derive(Clone, Debug)]
pub(super) enum Form {
    Weak { test: Test, a: Vec<f64> },
    Pointwise { y: Vec<f64> },
}

/// A path at a time, and where the equation is tested.
#[derive(Clone, Debug)]
pub struct ContinuityInstance {
    pub(super) point: PathPoint,
    pub(super) form: Form,
}

impl ContinuityInstance {
    /// The direction is scaled so that `⟨a, X_t⟩` has variance one: exponentials stay of order one.
    pub(super) fn weak(stream: &mut Stream, index: usize, point: PathPoint) -> Result<Self> {
        let test = [Test::Linear, Test::Square, Test::Exponential, Test::Cosine][index % 4];
        let raw = direction(stream, point.path.dim());
        let deviation = point.path.law(point.t)?.variance_along(&raw)?.mid().sqrt();
        let length = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
        let a = raw.iter().map(|x| x / (length * deviation)).collect();
        Ok(Self { point, form: Form::Weak { test, a } })
    }

    pub(super) fn pointwise(stream: &mut Stream, point: PathPoint) -> Result<Self> {
        let y = point_near(stream, &point)?;
        Ok(Self { point, form: Form::Pointwise { y } })
    }

    pub(super) fn simple(test: Test) -> Result<Self> {
        let point = PathPoint::between((1.0, 4.0), (-0.5, 0.5), "power 2", 0.5)?;
        Ok(Self { point, form: Form::Weak { test, a: vec![0.75] } })
    }

    /// The velocity at `y`.
    fn velocity(&self, y: &[f64]) -> Result<Vec<Enclosure>> {
        conditional_velocity(&self.point.path, self.point.t, y)
    }
}

impl fmt::Display for ContinuityInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Weak { test, a } if a.len() <= 6 => write!(f, "{}, {test:?}, a={a:?}", self.point),
            Form::Weak { test, .. } => write!(f, "{}, {test:?}", self.point),
            Form::Pointwise { y } => write!(f, "{}, at y={y:?}", self.point),
        }
    }
}

/// Mean and variance of `⟨a, X_t⟩`, from the formulae for mean and covariance (P1).
fn projected(path: &GaussianPath, t: f64, a: &[f64]) -> Result<(Enclosure, Enclosure)> {
    let at = path.schedule().enclosed(t);
    let form = |law: &Gaussian| -> Enclosure {
        let image = |i: usize| -> Enclosure {
            match law.variances() {
                Some(variances) => Enclosure::exact(variances[i]) * a[i],
                None => {
                    a.iter().enumerate().map(|(j, &x)| Enclosure::exact(law.covariance_entry(i, j)) * x).sum()
                }
            }
        };
        (0..a.len()).map(|i| a[i] * image(i)).sum()
    };
    let (lambda, complement) = (Enclosure::certified(at.lambda), Enclosure::certified(at.complement));
    let variance = lambda * form(path.target()) + complement * form(path.base());
    Ok((inner(a, &path.mean(t)?), variance))
}

/// `E g(⟨a, X_t⟩)` in closed form.
pub(super) fn expectation(path: &GaussianPath, t: f64, test: Test, a: &[f64]) -> Result<Enclosure> {
    let (mean, variance) = projected(path, t, a)?;
    Ok(match test {
        Test::Linear => mean,
        Test::Square => mean.square() + variance,
        Test::Exponential => (mean + 0.5 * variance).exp(),
        Test::Cosine => mean.map(Interval::cos) * (-0.5 * variance).exp(),
    })
}

/// `E⟨∇g(X_t), u_t(X_t)⟩ = E[g'(⟨a,X⟩)⟨a,u(X)⟩]`. The field is affine, so with `μ = ⟨a, u(m)⟩` and
/// `c = ⟨a, u(m+Σa) − u(m)⟩ = Cov(⟨a,X⟩, ⟨a,u(X)⟩)` Stein's lemma gives `μE g'(⟨a,X⟩) + cE g''(⟨a,X⟩)`.
pub(super) fn flux(instance: &ContinuityInstance, test: Test, a: &[f64]) -> Result<Enclosure> {
    let PathPoint { path, t } = &instance.point;
    let law = path.law(*t)?;
    let (m, d) = (law.mean().as_slice(), law.dim());
    let image = |i: usize| match law.variances() {
        Some(variances) => variances[i] * a[i],
        None => (0..d).map(|j| law.covariance_entry(i, j) * a[j]).sum(),
    };
    let shifted: Vec<f64> = (0..d).map(|i| m[i] + image(i)).collect();
    let at_mean = inner(a, &instance.velocity(m)?);
    let covariance = inner(a, &instance.velocity(&shifted)?) - at_mean;
    let (mean, variance) = projected(path, *t, a)?;
    let damping = (-0.5 * variance).exp();
    let (first, second) = match test {
        Test::Linear => (Enclosure::exact(1.0), Enclosure::exact(0.0)),
        Test::Square => (2.0 * mean, Enclosure::exact(2.0)),
        Test::Exponential => {
            let both = (mean + 0.5 * variance).exp();
            (both, both)
        }
        Test::Cosine => (-(mean.map(Interval::sin) * damping), -(mean.map(Interval::cos) * damping)),
    };
    // The point m + Σa and the mean are rounded to floats: a few units of what the field is made of.
    let rounding = 16.0 * f64::EPSILON * d as f64;
    let size = (at_mean.interval().magnitude() + covariance.interval().magnitude()) * rounding;
    Ok((at_mean.widened(size) * first + covariance.widened(size) * second).weakened(Evidence::Exact))
}

/// `log p_t(y)` with the coefficients enclosed: through the law at `t`, whose rounding is a few units.
pub(super) fn log_density(path: &GaussianPath, t: f64, y: &[f64]) -> Result<Enclosure> {
    let law = path.law(t)?;
    // δ log p = ⟨s, δm⟩ + ½tr((ssᵀ − Σ⁻¹)δΣ), δΣ at most `law_rounding` relative to Σ.
    let rounding = GaussianPath::law_rounding(&law);
    let score: f64 = law.score(y)?.iter().map(|s| s.interval().magnitude().powi(2)).sum();
    let shift: f64 = path.mean(t)?.iter().map(|m| m.width().powi(2)).sum();
    let form = score * law.spectrum().largest().hi();
    let radius = (score * shift).sqrt() + 0.5 * rounding * (form + law.dim() as f64);
    Ok(law.log_density(y)?.widened(radius).weakened(Evidence::Exact))
}

/// `∇·u` of the affine field: differences along the coordinates.
pub(super) fn divergence(instance: &ContinuityInstance, y: &[f64]) -> Result<Enclosure> {
    let here = instance.velocity(y)?;
    let mut total = Enclosure::exact(0.0);
    for i in 0..y.len() {
        let mut moved = y.to_vec();
        moved[i] += 1.0;
        let step = Enclosure::exact(moved[i]) - y[i];
        total = total + (instance.velocity(&moved)?[i] - here[i]) / step;
    }
    Ok(total)
}

/// `⟨u, ∇log p⟩`.
pub(super) fn transported(instance: &ContinuityInstance, y: &[f64]) -> Result<Enclosure> {
    let score = path_score(&instance.point.path, instance.point.t, y)?;
    Ok(instance.velocity(y)?.into_iter().zip(score).map(|(u, s)| u * s).sum())
}
