//! Test functions whose moments under a Gaussian law are closed forms, in any dimension.
//!
//! A test function bounds a Poincaré or log-Sobolev constant from below by its Rayleigh quotient; the
//! quotients of this module are certified, so they can refute a constant that is too small.

use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// A function on `R^d`.
#[derive(Clone, PartialEq, Debug)]
pub enum TestFunction {
    /// `⟨a, x⟩`.
    Linear(Vec<f64>),
    /// `½ Σ hᵢxᵢ² + ⟨a, x⟩`, the curvatures `h` first.
    Quadratic(Vec<f64>, Vec<f64>),
    /// `e^{⟨a, x⟩}`.
    Exponential(Vec<f64>),
    /// `sin⟨a, x⟩`.
    Sine(Vec<f64>),
}

impl TestFunction {
    /// One of the four kinds by index, with a normal direction scaled so that `⟨a, x⟩` has standard
    /// deviation `size` under `law`.
    ///
    /// # Errors
    /// Never in practice: a normal direction does not vanish.
    pub fn random(stream: &mut Stream, law: &Gaussian, index: usize, size: f64) -> Result<Self> {
        let mut normal = |_| stream.sample::<f64, _>(StandardNormal);
        let raw: Vec<f64> = (0..law.dim()).map(&mut normal).collect();
        let norm = raw.iter().map(|x| x * x).sum::<f64>();
        let deviation = (law.variance_along(&raw)?.mid() * norm).sqrt();
        let direction: Vec<f64> = raw.iter().map(|x| size * x / deviation).collect();
        Ok(match index % 4 {
            0 => Self::Quadratic((0..law.dim()).map(&mut normal).collect(), direction),
            1 => Self::Exponential(direction),
            2 => Self::Sine(direction),
            _ => Self::Linear(direction),
        })
    }

    /// `a` in the four kinds.
    pub fn direction(&self) -> &[f64] {
        match self {
            Self::Linear(a) | Self::Quadratic(_, a) | Self::Exponential(a) | Self::Sine(a) => a,
        }
    }

    /// Mean and variance of `⟨a, X⟩`, and `|a|²`.
    fn projected(&self, law: &Gaussian) -> Result<Projected> {
        let a = self.direction();
        let spread = law.variance_along(a)?.interval();
        let norm: Interval = a.iter().map(|&x| Interval::point(x).square()).sum();
        let mean =
            a.iter().zip(law.mean().iter()).map(|(&x, &m)| Interval::point(x) * Interval::point(m)).sum();
        Ok(Projected { mean, variance: spread * norm, norm })
    }

    /// `Var f(X)`.
    ///
    /// # Errors
    /// [`Error::Dimension`] or [`Error::Domain`] if the function does not fit the law.
    pub fn variance(&self, law: &Gaussian) -> Result<Enclosure> {
        let p = self.projected(law)?;
        let s = p.variance;
        Ok(Enclosure::certified(match self {
            Self::Linear(_) => s,
            Self::Quadratic(h, a) => {
                // ½ tr((HΣ)²) + ⟨g, Σg⟩ with g = Hm + a: fluctuations of the two Hermite degrees.
                let q = Moments::new(law, h, a)?;
                q.trace_of_square / Interval::point(2.0) + q.linear
            }
            // E f² − (E f)² = e^{2⟨a,m⟩+s}(e^s − 1).
            Self::Exponential(_) => (Interval::point(2.0) * p.mean + s).exp() * s.exp_m1(),
            Self::Sine(_) => {
                let square = (Interval::ONE - p.doubled_cosine()) / Interval::point(2.0);
                square - p.mean.sin().square() * (-s).exp()
            }
        }))
    }

    /// `E|∇f(X)|²`.
    ///
    /// # Errors
    /// As [`TestFunction::variance`].
    pub fn energy(&self, law: &Gaussian) -> Result<Enclosure> {
        let p = self.projected(law)?;
        Ok(Enclosure::certified(match self {
            Self::Quadratic(h, a) => Moments::new(law, h, a)?.gradient_square,
            _ => p.norm * self.squared_profile(&p),
        }))
    }

    /// `E⟨∇f(X), Σ∇f(X)⟩`, the right side of the Brascamp-Lieb inequality.
    ///
    /// # Errors
    /// As [`TestFunction::variance`].
    pub fn weighted_energy(&self, law: &Gaussian) -> Result<Enclosure> {
        let p = self.projected(law)?;
        Ok(Enclosure::certified(match self {
            Self::Quadratic(h, a) => {
                let q = Moments::new(law, h, a)?;
                q.trace_of_square + q.linear
            }
            _ => p.variance * self.squared_profile(&p),
        }))
    }

    /// `E φ'(⟨a, X⟩)²` for `f = φ(⟨a, x⟩)`.
    fn squared_profile(&self, p: &Projected) -> Interval {
        match self {
            Self::Linear(_) | Self::Quadratic(..) => Interval::ONE,
            Self::Exponential(_) => (Interval::point(2.0) * (p.mean + p.variance)).exp(),
            Self::Sine(_) => (Interval::ONE + p.doubled_cosine()) / Interval::point(2.0),
        }
    }

    /// `Var f / E|∇f|²`, a lower bound for the Poincaré constant.
    ///
    /// # Errors
    /// As [`TestFunction::variance`].
    pub fn poincare_quotient(&self, law: &Gaussian) -> Result<Enclosure> {
        Ok(self.variance(law)? / self.energy(law)?)
    }
}

/// `Ent(f²) / E|∇f|²` for `f = e^{⟨a,x⟩/2}`, a lower bound for the log-Sobolev constant: with
/// `s = Var⟨a, X⟩`, `f²` has the mean `M = e^{⟨a,m⟩+s/2}`, the entropy `M·s/2` and the energy `M·|a|²/4`.
///
/// # Errors
/// [`Error::Dimension`] or [`Error::Domain`] if the direction does not fit the law.
pub fn exponential_log_sobolev_quotient(law: &Gaussian, direction: &[f64]) -> Result<Enclosure> {
    let p = TestFunction::Exponential(direction.to_vec()).projected(law)?;
    let half = Interval::point(0.5);
    let log_mean = p.mean + half * p.variance;
    // E f² log f² is M times the mean of ⟨a, X⟩ under the law tilted by f², ⟨a, m⟩ + s.
    let entropy = (p.mean + p.variance) - log_mean;
    let energy = p.norm * half * half;
    Ok(Enclosure::certified(entropy / energy))
}

/// `Ent(f²)/E|∇f|² = 4 KL(q|law)/I(q|law)` for `f² = dq/dlaw`: a lower bound for the log-Sobolev constant.
///
/// # Errors
/// Those of the two divergences.
pub fn relative_log_sobolev_quotient(law: &Gaussian, q: &Gaussian) -> Result<Enclosure> {
    Ok(4.0 * q.kl_divergence(law)? / q.relative_fisher_information(law)?)
}

/// `⟨a, X⟩` under a law, and `|a|²`.
struct Projected {
    mean: Interval,
    variance: Interval,
    norm: Interval,
}

impl Projected {
    /// `E cos 2⟨a, X⟩ = cos(2 mean) e^{−2 variance}`.
    fn doubled_cosine(&self) -> Interval {
        let two = Interval::point(2.0);
        (two * self.mean).cos() * (-(two * self.variance)).exp()
    }
}

/// Moments of `½⟨x, Hx⟩ + ⟨a, x⟩`, H diagonal.
struct Moments {
    /// `tr(HΣHΣ)`.
    trace_of_square: Interval,
    /// `⟨g, Σg⟩`, `g = Hm + a` the mean gradient.
    linear: Interval,
    /// `|g|² + tr(HΣH)`.
    gradient_square: Interval,
}

impl Moments {
    fn new(law: &Gaussian, curvature: &[f64], direction: &[f64]) -> Result<Self> {
        let d = law.dim();
        if curvature.len() != d {
            let name = "curvature".to_owned();
            return Err(Error::Dimension { name, found: curvature.len(), expected: d });
        }
        let point = Interval::point;
        let gradient: Vec<Interval> =
            (0..d).map(|i| point(curvature[i]) * point(law.mean()[i]) + point(direction[i])).collect();
        let diagonal = |i: usize| point(law.covariance_entry(i, i));
        let (mut trace_of_square, mut linear) = (Interval::ZERO, Interval::ZERO);
        for i in 0..d {
            if law.variances().is_some() {
                trace_of_square = trace_of_square + (point(curvature[i]) * diagonal(i)).square();
                linear = linear + gradient[i].square() * diagonal(i);
                continue;
            }
            for j in 0..d {
                let entry = point(law.covariance_entry(i, j));
                trace_of_square =
                    trace_of_square + point(curvature[i]) * point(curvature[j]) * entry.square();
                linear = linear + gradient[i] * gradient[j] * entry;
            }
        }
        let fluctuation: Interval = (0..d).map(|i| point(curvature[i]).square() * diagonal(i)).sum();
        let gradient_square = gradient.iter().map(|g| g.square()).sum::<Interval>() + fluctuation;
        Ok(Self { trace_of_square, linear, gradient_square })
    }
}

impl fmt::Display for TestFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |v: &[f64]| if v.len() > 4 { format!("{:?}…", &v[..2]) } else { format!("{v:?}") };
        match self {
            Self::Linear(a) => write!(f, "⟨{}, x⟩", shown(a)),
            Self::Quadratic(h, a) => write!(f, "½⟨x, diag({}) x⟩ + ⟨{}, x⟩", shown(h), shown(a)),
            Self::Exponential(a) => write!(f, "exp⟨{}, x⟩", shown(a)),
            Self::Sine(a) => write!(f, "sin⟨{}, x⟩", shown(a)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::quadrature::integrate;

    /// What certified closed forms and quadrature of smooth functions agree to.
    const AGREEMENT: f64 = 1e-11;

    /// `E g(X)` for `X ~ N(m, s)` by quadrature over twelve standard deviations.
    fn mean(m: f64, s: f64, g: impl Fn(f64) -> f64) -> f64 {
        let breaks: Vec<f64> = (-24..=24).map(|i| 0.5 * f64::from(i)).collect();
        let root = (2.0 * std::f64::consts::PI).sqrt();
        integrate(&breaks, |z| (-0.5 * z * z).exp() / root * g(m + s.sqrt() * z)).mid()
    }

    /// A test function, and the same and its derivative on the line.
    type Case = (TestFunction, fn(f64) -> f64, fn(f64) -> f64);

    #[test]
    fn closed_forms_agree_with_quadrature_in_one_dimension() {
        let (m, s) = (-0.4, 0.8);
        let law = Gaussian::isotropic(vec![m], s).unwrap();
        let cases: [Case; 4] = [
            (TestFunction::Linear(vec![1.5]), |x| 1.5 * x, |_| 1.5),
            (TestFunction::Quadratic(vec![-2.0], vec![0.5]), |x| 0.5 * x - x * x, |x| 0.5 - 2.0 * x),
            (TestFunction::Exponential(vec![0.7]), |x| (0.7 * x).exp(), |x| 0.7 * (0.7 * x).exp()),
            (TestFunction::Sine(vec![1.3]), |x| (1.3 * x).sin(), |x| 1.3 * (1.3 * x).cos()),
        ];
        for (function, f, slope) in cases {
            let variance = mean(m, s, |x| f(x).powi(2)) - mean(m, s, f).powi(2);
            let energy = mean(m, s, |x| slope(x).powi(2));
            let close = |a: Enclosure, b: f64| (a.mid() - b).abs() < AGREEMENT && a.width() < AGREEMENT;
            assert!(close(function.variance(&law).unwrap(), variance), "{function}");
            assert!(close(function.energy(&law).unwrap(), energy), "{function}");
            assert!(close(function.weighted_energy(&law).unwrap(), s * energy), "{function}");
        }
        let entropy_quotient = exponential_log_sobolev_quotient(&law, &[0.7]).unwrap();
        let f2 = |x: f64| (0.7 * x).exp();
        let entropy = mean(m, s, |x| f2(x) * 0.7 * x) - mean(m, s, f2) * mean(m, s, f2).ln();
        let energy = mean(m, s, |x| 0.35 * 0.35 * f2(x));
        assert!((entropy_quotient.mid() - entropy / energy).abs() < AGREEMENT);
    }

    #[test]
    fn dense_quadratic_moments_agree_with_their_diagonal_form() {
        let diagonal = Gaussian::diagonal(vec![0.5, -1.0], vec![2.0, 0.3]).unwrap();
        let dense = Gaussian::new(diagonal.mean().clone(), diagonal.covariance()).unwrap();
        let function = TestFunction::Quadratic(vec![1.0, -0.5], vec![0.25, 2.0]);
        for (a, b) in [
            (function.variance(&diagonal), function.variance(&dense)),
            (function.energy(&diagonal), function.energy(&dense)),
            (function.weighted_energy(&diagonal), function.weighted_energy(&dense)),
        ] {
            assert!(a.unwrap().interval().intersects(b.unwrap().interval()));
        }
        assert!(TestFunction::Quadratic(vec![1.0], vec![1.0, 1.0]).variance(&dense).is_err());
        assert!(TestFunction::Linear(vec![1.0]).variance(&dense).is_err());
        assert!(TestFunction::Linear(vec![0.0, 0.0]).poincare_quotient(&dense).is_err());
    }
}
