//! Laws on the line whose Poincaré constant, variance and (for some) log-Sobolev constant are known
//! in closed form: the instances of the general rules that are not Gaussian.
//!
//! Sources: two-sided exponential and uniform laws: Bakry, Gentil, Ledoux, *Analysis and Geometry of
//! Markov Diffusion Operators* (2014), §4.4; cosine powers: the ultraspherical operator (ibid. §2.7) in the variable
//! `sin x`, and its curvature-dimension condition for the log-Sobolev constant; half-Gaussian: the
//! Hermite operator on even functions.

use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, positive};
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// A law on the line with exactly known constants.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ExactLaw {
    /// Density `(r/2)e^{−r|x|}`.
    Laplace {
        /// Rate r.
        rate: f64,
    },
    /// Uniform on an interval.
    Uniform {
        /// Length of the interval.
        length: f64,
    },
    /// `|N(0, σ²)|`.
    HalfGaussian {
        /// σ.
        deviation: f64,
    },
    /// Density proportional to `cos^m x` on `(−π/2, π/2)`, m = 1 or 2.
    Cosine {
        /// m.
        power: u32,
    },
}

impl ExactLaw {
    /// Two-sided exponential law.
    ///
    /// # Errors
    /// [`Error::Domain`] unless the rate is finite and positive.
    pub fn laplace(rate: f64) -> Result<Self> {
        Ok(Self::Laplace { rate: positive("rate", rate)? })
    }

    /// A law of each kind by index, with a random scale.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        match index % 5 {
            0 => Self::laplace(2_f64.powf(stream.random_range(-3.0..3.0))),
            _ => Self::random_caffarelli(stream, index - 1),
        }
    }

    /// A law that is a contraction of a Gaussian law, see [`ExactLaw::lipschitz_squared`].
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_caffarelli(stream: &mut Stream, index: usize) -> Result<Self> {
        let scale = 2_f64.powf(stream.random_range(-3.0..3.0));
        Ok(match index % 4 {
            0 => Self::Uniform { length: scale },
            1 => Self::HalfGaussian { deviation: scale },
            2 => Self::Cosine { power: 1 },
            _ => Self::Cosine { power: 2 },
        })
    }

    /// `C_P`: `4/r²`, `a²/π²`, `σ²/2`, `1/(m+1)`.
    pub fn poincare_constant(self) -> Enclosure {
        match self {
            Self::Laplace { rate } => 4.0 / Enclosure::exact(rate).square(),
            Self::Uniform { length } => (Enclosure::exact(length) / pi()).square(),
            Self::HalfGaussian { deviation } => Enclosure::exact(deviation).square() / 2.0,
            Self::Cosine { power } => 1.0 / Enclosure::exact(f64::from(power) + 1.0),
        }
    }

    /// `C_LS`: infinite for the two-sided exponential law, `2a²/π²`, `2σ²`, `2/(m+1)`.
    pub fn log_sobolev_constant(self) -> Enclosure {
        match self {
            Self::Laplace { .. } => Enclosure::infinite(crate::enclosure::Evidence::Certified),
            Self::HalfGaussian { deviation } => 2.0 * Enclosure::exact(deviation).square(),
            Self::Uniform { .. } | Self::Cosine { .. } => 2.0 * self.poincare_constant(),
        }
    }

    /// Variance: `2/r²`, `a²/12`, `σ²(1−2/π)`, and for cosines `π²/4 − 2` and `π²/12 − ½`.
    pub fn variance(self) -> Enclosure {
        match self {
            Self::Laplace { rate } => 2.0 / Enclosure::exact(rate).square(),
            Self::Uniform { length } => Enclosure::exact(length).square() / 12.0,
            Self::HalfGaussian { deviation } => Enclosure::exact(deviation).square() * (1.0 - 2.0 / pi()),
            Self::Cosine { power: 1 } => pi().square() / 4.0 - 2.0,
            Self::Cosine { .. } => pi().square() / 12.0 - 0.5,
        }
    }

    /// Convexity `ρ = inf V''` of the potential: 0, 0, `1/σ²`, `m` (as `(−m log cos x)'' = m/cos²x`).
    pub fn convexity(self) -> Enclosure {
        match self {
            Self::Laplace { .. } | Self::Uniform { .. } => Enclosure::exact(0.0),
            Self::HalfGaussian { deviation } => 1.0 / Enclosure::exact(deviation).square(),
            Self::Cosine { power } => Enclosure::exact(f64::from(power)),
        }
    }

    /// `sup |T'|²` (or a bound for it) of the increasing map T from `N(0, 1)`: `aΦ` has the slope
    /// `a/√(2π)` at most; the other maps contract by `ρ^{−½}` (Caffarelli, Comm. Math. Phys. 214, 2000),
    /// attained at infinity by the half-Gaussian. Infinite for the two-sided exponential law.
    pub fn lipschitz_squared(self) -> Enclosure {
        match self {
            Self::Laplace { .. } => Enclosure::infinite(crate::enclosure::Evidence::Certified),
            Self::Uniform { length } => Enclosure::exact(length).square() / (2.0 * pi()),
            Self::HalfGaussian { .. } | Self::Cosine { .. } => 1.0 / self.convexity(),
        }
    }

    /// The law, if its potential is strongly convex.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] otherwise.
    pub fn strongly_convex(self, claim: &str) -> Result<Self> {
        if self.convexity().lo() > 0.0 {
            Ok(self)
        } else {
            Err(Error::hypothesis(claim, "H1 (∇²V ≥ ρ > 0)", self))
        }
    }
}

/// π.
fn pi() -> Enclosure {
    Enclosure::certified(Interval::PI)
}

impl fmt::Display for ExactLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Laplace { rate } => write!(f, "two-sided exponential of rate {rate}"),
            Self::Uniform { length } => write!(f, "uniform of length {length}"),
            Self::HalfGaussian { deviation } => write!(f, "|N(0, {deviation}²)|"),
            Self::Cosine { power } => write!(f, "density ∝ cos^{power} on (−π/2, π/2)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::quadrature::integrate;

    /// Gauss quadrature of analytic functions on panels of length ¼ or less.
    const QUADRATURE: f64 = 1e-11;

    /// `E f` under a law with the given unnormalised density on `[a, b]`.
    fn mean(density: impl Fn(f64) -> f64, a: f64, b: f64, f: impl Fn(f64) -> f64) -> f64 {
        let breaks: Vec<f64> = (0..=200).map(|i| a + (b - a) * f64::from(i) / 200.0).collect();
        integrate(&breaks, |x| density(x) * f(x)).mid() / integrate(&breaks, &density).mid()
    }

    #[test]
    fn variances_and_eigenfunctions_are_those_of_the_densities() {
        let half = std::f64::consts::FRAC_PI_2;
        for power in [1, 2] {
            let law = ExactLaw::Cosine { power };
            let density = |x: f64| x.cos().powi(power.cast_signed());
            let variance = mean(density, -half, half, |x| x * x);
            assert!((law.variance().mid() - variance).abs() < QUADRATURE);
            // sin is the eigenfunction.
            let quotient = mean(density, -half, half, |x| x.sin().powi(2))
                / mean(density, -half, half, |x| x.cos().powi(2));
            assert!((law.poincare_constant().mid() - quotient).abs() < QUADRATURE);
        }
        let law = ExactLaw::HalfGaussian { deviation: 1.5 };
        let density = |x: f64| (-0.5 * (x / 1.5).powi(2)).exp();
        let (m, square) = (mean(density, 0.0, 24.0, |x| x), mean(density, 0.0, 24.0, |x| x * x));
        assert!((law.variance().mid() - (square - m * m)).abs() < QUADRATURE);
        // The second Hermite polynomial is the eigenfunction.
        let fourth = mean(density, 0.0, 24.0, |x| x.powi(4));
        let quotient = (fourth - square * square) / (4.0 * square);
        assert!((law.poincare_constant().mid() - quotient).abs() < QUADRATURE);
    }

    #[test]
    fn bad_parameters_and_missing_convexity_are_refused() {
        assert!(ExactLaw::laplace(f64::NAN).is_err() && ExactLaw::laplace(0.0).is_err());
        assert!(ExactLaw::Uniform { length: 1.0 }.strongly_convex("C5").is_err());
        assert!(ExactLaw::Cosine { power: 1 }.strongly_convex("C5").is_ok());
    }
}
