//! The instances of the bounds for the Jacobian of the entropic map.

use super::instance::NoisyLaw;
use super::line_marginals::{LineMarginals, ObservedLine};
use crate::claims::well_posedness::instance::{law_text, normal_vector};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// Which part of the statement is checked, on what.
#[derive(Clone, Debug)]
pub enum JacobianInstance {
    /// `⟨u, (I + σ²∇²log p) u⟩ = ⟨u, Cov(X|y) u⟩/σ²`.
    Identity(NoisyLaw),
    /// The same Rayleigh quotient is at most `C_P(X|y)/σ²`.
    Poincare(NoisyLaw),
    /// It is at most `1/(1+ρσ²)`.
    Convex(NoisyLaw, f64),
    /// Two Gaussian marginals, temperature, direction.
    Marginals(Box<(Gaussian, Gaussian)>, f64, Vec<f64>),
    /// Slope of the map and `Var(X|y)/σ²` on the line.
    LineIdentity(Box<ObservedLine>),
    /// Slope of the map and `C_P(X|y)/σ²` on the line.
    LinePoincare(Box<ObservedLine>),
    /// Two laws on the line.
    LineMarginals(Box<LineMarginals>),
}
use JacobianInstance::{Convex, Identity, LineIdentity, LinePoincare, Marginals, Poincare};

impl JacobianInstance {
    /// The bound by convexity with `∇²V ≥ rho`.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if the law is less convex.
    pub fn convex(noisy: NoisyLaw, rho: f64) -> Result<Self> {
        let curvature = 1.0 / noisy.observation.target().poincare_constant();
        if rho <= curvature.hi() {
            Ok(Convex(noisy, rho))
        } else {
            Err(Error::hypothesis("E3", "H2 (∇²V ≥ ρ)", format!("ρ = {rho}, curvature {curvature}")))
        }
    }

    /// `∇²V ≥ ρ` with the largest ρ.
    pub(super) fn sharply_convex(noisy: NoisyLaw) -> Result<Self> {
        let rho = (1.0 / noisy.observation.target().poincare_constant()).lo();
        Self::convex(noisy, rho)
    }

    pub(super) fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let noisy = NoisyLaw::random(stream, index / 3)?;
        // In one dimension the two inequalities are equalities.
        match index % 3 {
            1 if noisy.u.len() > 1 => Ok(Poincare(noisy)),
            2 if noisy.u.len() > 1 => Self::sharply_convex(noisy),
            _ => Ok(Identity(noisy)),
        }
    }

    pub(super) fn random_marginals(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 2 + index % 3;
        let source = Gaussian::random(stream, d, if index % 4 == 3 { 1e6 } else { 20.0 }, 0.0)?;
        let target = Gaussian::random(stream, d, 10.0, 0.0)?;
        let epsilon = stream.random_range(-5.0_f64..5.0).exp2();
        Ok(Marginals(Box::new((source, target)), epsilon, normal_vector(stream, d, 1.0)))
    }

    pub(super) fn line(stream: &mut Stream, index: usize) -> Result<Self> {
        let observed = Box::new(ObservedLine::random(stream, index / 2)?);
        Ok(if index.is_multiple_of(2) { LineIdentity(observed) } else { LinePoincare(observed) })
    }

    pub(super) fn line_marginals(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::LineMarginals(Box::new(LineMarginals::random(stream, index)?)))
    }

    /// To a double well with the curvature 6 of its wells in the place of α, which the barrier violates.
    pub(super) fn wells() -> Result<Self> {
        let target = LineMeasure::parse("x^4/4 - 3*x^2/2", f64::NEG_INFINITY, f64::INFINITY)?;
        let laws = LineMarginals::unchecked(LineMeasure::gaussian(0.5, 1.0)?, 1.0, target, 6.0, 0.5)?;
        Ok(Self::LineMarginals(Box::new(laws)))
    }

    /// From `cosh⁻³` to a quartic well.
    pub(super) fn hyperbolic() -> Result<Self> {
        let target = LineMeasure::parse("2*x^2 + x^4/100", f64::NEG_INFINITY, f64::INFINITY)?;
        let laws = LineMarginals::new(LineMeasure::cosh_power(3.0)?, 3.0, target, 4.0, 0.5)?;
        Ok(Self::LineMarginals(Box::new(laws)))
    }

    pub(super) fn planar(u: Vec<f64>) -> Result<NoisyLaw> {
        let law = Gaussian::diagonal(vec![1.0, -1.0], vec![2.0, 0.5])?;
        NoisyLaw::new(&law, 0.5, vec![0.0, 0.0], vec![1.0, 2.0], u)
    }

    /// `N(·, diag(3, ½))` to `N(·, diag(¼, 2))`: narrowest where the target is widest.
    pub(super) fn crossed(u: Vec<f64>) -> Result<Self> {
        let source = Gaussian::diagonal(vec![0.0, 0.0], vec![3.0, 0.5])?;
        let target = Gaussian::diagonal(vec![1.0, 0.0], vec![0.25, 2.0])?;
        Ok(Marginals(Box::new((source, target)), 0.75, u))
    }

    pub(super) fn noisy(&self) -> Option<&NoisyLaw> {
        match self {
            Identity(noisy) | Poincare(noisy) | Convex(noisy, _) => Some(noisy),
            _ => None,
        }
    }
}

impl fmt::Display for JacobianInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity(noisy) => write!(f, "identity, {noisy}"),
            Poincare(noisy) => write!(f, "Poincaré bound, {noisy}"),
            Convex(noisy, rho) => write!(f, "convexity bound with ρ={rho}, {noisy}"),
            LineIdentity(observed) => write!(f, "identity, {observed}"),
            LinePoincare(observed) => write!(f, "Poincaré bound, {observed}"),
            Self::LineMarginals(laws) => laws.fmt(f),
            Marginals(laws, epsilon, u) => {
                write!(f, "from {} to {}, ε={epsilon}, u={u:?}", law_text(&laws.0), law_text(&laws.1))
            }
        }
    }
}
