//! Entropic maps on the line: between two laws by Sinkhorn's iteration, and from a noisy observation.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, finite, positive};
use crate::inequality::conditional::{ConditionalLaws, Quantity};
use crate::measure::line::{LineMeasure, Noise};
use crate::numerics::jet::Jet;
use crate::numerics::stream::Stream;
use crate::transport::sinkhorn::{Atoms, EntropicPlan};
use rand::RngExt;
use std::fmt;

/// Relative defect at which Sinkhorn stops.
const DEFECT: f64 = 1e-11;
/// The defect moves the exponents by itself over the gap of the iteration, which is seldom below a hundredth; in a point of
/// the bulk, of weight above a thousandth, by at most the root of that more.
const AMPLIFICATION: f64 = 100.0 * 32.0;
/// Units of the value that a conditional variance may lose in rounding: exponents of some hundred.
const ULPS: f64 = 1e3;
/// Panels of the discretised laws: coarse and fine.
const PANELS: [usize; 2] = [7, 12];
/// The largest slope is looked for where the source's potential is at most this high above its minimum.
const HEIGHT: f64 = 4.0;
/// Points at which it is looked for.
const POINTS: u32 = 24;
/// Points at which the hypotheses on the curvature are tested.
const SAMPLES: u32 = 400;
/// Rounding of a second derivative, relative.
const CURVATURE_ROUNDING: f64 = 1e-9;

/// Source and target on the line, a temperature, and bounds for the curvature of their potentials.
#[derive(Clone, PartialEq, Debug)]
pub struct LineMarginals {
    source: LineMeasure,
    target: LineMeasure,
    /// Temperature ε.
    pub epsilon: f64,
    /// `V'' ≤ β` for the source.
    pub beta: f64,
    /// `W'' ≥ α` for the target.
    pub alpha: f64,
}

/// Second derivatives of the potential at points of the visible support away from kinks.
fn curvatures(law: &LineMeasure) -> impl Iterator<Item = f64> + '_ {
    let (lo, hi) = law.support(30.0);
    (0..SAMPLES).map(move |k| {
        let x = lo + (hi - lo) * (f64::from(k) + 0.5) / f64::from(SAMPLES);
        law.potential(Jet::<f64, 2>::variable(x)).derivative(2)
    })
}

impl LineMarginals {
    /// Two laws; the hypotheses are tested at 400 points of either support, and kinks of the source are refused.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if a curvature fails; [`Error::Domain`] for parameters that are not positive.
    pub fn new(
        source: LineMeasure,
        beta: f64,
        target: LineMeasure,
        alpha: f64,
        epsilon: f64,
    ) -> Result<Self> {
        let laws = Self::unchecked(source, beta, target, alpha, epsilon)?;
        let most = curvatures(&laws.source).fold(f64::NEG_INFINITY, f64::max);
        let least = curvatures(&laws.target).fold(f64::INFINITY, f64::min);
        let unbounded =
            laws.source.domain() != (f64::NEG_INFINITY, f64::INFINITY) || !laws.source.kinks().is_empty();
        if unbounded || most > beta * (1.0 + CURVATURE_ROUNDING) || least < alpha * (1.0 - CURVATURE_ROUNDING)
        {
            let reason = format!("V'' up to {most}, β = {beta}; W'' from {least}, α = {alpha}");
            return Err(Error::hypothesis("E3", "H3 (∇²V ≤ β, ∇²W ≥ α)", reason));
        }
        Ok(laws)
    }

    /// The same without the test, for laws that violate the hypotheses.
    ///
    /// # Errors
    /// [`Error::Domain`] for parameters that are not positive.
    pub fn unchecked(
        source: LineMeasure,
        beta: f64,
        target: LineMeasure,
        alpha: f64,
        epsilon: f64,
    ) -> Result<Self> {
        positive("beta", beta)?;
        positive("alpha", alpha)?;
        Ok(Self { source, target, epsilon: positive("epsilon", epsilon)?, beta, alpha })
    }

    /// A random pair: sources that are mixtures, hyperbolic, or cosine perturbations; targets that are quartic, kinked
    /// or bounded.
    ///
    /// # Errors
    /// Those of [`LineMarginals::new`].
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let whole = |v: &str| LineMeasure::parse(v, f64::NEG_INFINITY, f64::INFINITY);
        let (source, beta) = match index % 4 {
            // The components of equal deviation s: −log of the mixture has V'' ≤ 1/s².
            0 => {
                let (s, gap): (f64, f64) = (stream.random_range(0.6..1.2), stream.random_range(1.0..2.0));
                (LineMeasure::gaussian_mixture(&[0.35, 0.65], &[-gap, gap], &[s, s])?, 1.0 / (s * s))
            }
            1 => {
                let k = stream.random_range(1.5..4.0);
                (LineMeasure::cosh_power(k)?, k)
            }
            2 => {
                let (a, b) = (stream.random_range(0.5..1.0), stream.random_range(0.3..0.9));
                (whole(&format!("{a}*x^2/2 + {b}*cos(x - 1)"))?, a + b)
            }
            _ => {
                let (a, b) = (stream.random_range(0.3..1.0), stream.random_range(0.3..2.0));
                (whole(&format!("{a}*x^2/2 + {b}*sqrt(1 + x^2) - 0.4*x"))?, a + b)
            }
        };
        let alpha: f64 = stream.random_range(0.4..2.0);
        let target = match index / 4 % 4 {
            0 => whole(&format!("{alpha}*x^2/2 + x^4/4 - 0.5*x"))?,
            1 => whole(&format!("{alpha}*x^2/2 + 0.8*abs(x - 0.5)"))?,
            2 => LineMeasure::gaussian(1.0, alpha.sqrt().recip())?.restricted(-0.5, 2.0)?,
            _ => whole(&format!("{alpha}*x^2/2 + exp(x)"))?,
        };
        Self::new(source, beta, target, alpha, stream.random_range(-2.5_f64..2.0).exp2())
    }

    /// The largest slope of the map `x ↦ E[Y|X=x]` of the optimal plan, as far as it was found: on 24 points in the bulk of the
    /// source; a refinement of both laws is the error estimate (Converged).
    ///
    /// # Errors
    /// Those of [`EntropicPlan::between`].
    pub fn largest_slope(&self) -> Result<Enclosure> {
        let mut values = Vec::with_capacity(PANELS.len());
        for panels in PANELS {
            let source = Atoms::of_line_law(&self.source, panels)?;
            let target = Atoms::of_line_law(&self.target, panels)?;
            let plan = EntropicPlan::between(&source, &target, self.epsilon, DEFECT)?;
            let (lo, hi) = self.source.support(HEIGHT);
            let slope = |k: u32| {
                let x = lo + (hi - lo) * (f64::from(k) + 0.5) / f64::from(POINTS);
                plan.target_given(&target, &[x]).covariance[(0, 0)] / self.epsilon
            };
            values.push((0..POINTS).map(slope).fold(0.0, f64::max));
        }
        let slope = Enclosure::refined(values[0], values[1], ULPS);
        Ok(slope.widened(AMPLIFICATION * DEFECT * values[1]))
    }
}

impl fmt::Display for LineMarginals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, target, epsilon, beta, alpha } = self;
        write!(f, "from {source} (V'' ≤ {beta}) to {target} (W'' ≥ {alpha}), ε={epsilon}")
    }
}

/// A law on the line observed with noise, and an observation.
#[derive(Clone, PartialEq, Debug)]
pub struct ObservedLine {
    laws: ConditionalLaws,
    /// Noise level σ.
    pub sigma: f64,
    y: f64,
}

impl ObservedLine {
    /// `Y = X + σZ = y`.
    ///
    /// # Errors
    /// [`Error::Domain`] for parameters out of range.
    pub fn new(prior: LineMeasure, sigma: f64, y: f64) -> Result<Self> {
        let laws = ConditionalLaws::new(prior, Noise::Gaussian { scale: sigma }, 1.0)?;
        Ok(Self { laws, sigma, y: finite("y", y)? })
    }

    /// Double wells, kinks, bounded and one-sided laws.
    ///
    /// # Errors
    /// Those of [`ObservedLine::new`].
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let prior = match index % 4 {
            0 => {
                let depth = stream.random_range(1.0..3.0);
                LineMeasure::parse(
                    &format!("x^4/4 - {depth}*x^2/2 + 0.3*x"),
                    f64::NEG_INFINITY,
                    f64::INFINITY,
                )?
            }
            1 => LineMeasure::asymmetric_laplace(1.0, stream.random_range(1.5..3.0))?,
            2 => LineMeasure::uniform(-1.0, stream.random_range(0.5..3.0))?,
            _ => LineMeasure::gamma(stream.random_range(1.5..4.0))?,
        };
        Self::new(prior, stream.random_range(-1.0_f64..1.5).exp2(), stream.random_range(-2.0..2.0))
    }

    /// Slope of `y ↦ E[X|Y=y]` by a central difference of conditional means, extrapolated (Converged).
    ///
    /// # Errors
    /// Errors of the conditional laws.
    pub fn slope(&self) -> Result<Enclosure> {
        // Relative accuracy of a mean by adaptive quadrature.
        const QUADRATURE: f64 = 1e-13;
        let quotient = |h: f64| -> Result<(f64, f64)> {
            let (up, down) = (self.laws.at(self.y + h)?.mean().mid(), self.laws.at(self.y - h)?.mean().mid());
            Ok(((up - down) / (2.0 * h), QUADRATURE * (up.abs() + down.abs() + self.sigma) / h))
        };
        // The mean is analytic in y on the scale of σ: fourth order in the step after one extrapolation.
        let third = |h: f64| -> Result<(f64, f64)> {
            let (coarse, fine) = (quotient(h)?, quotient(0.5 * h)?);
            Ok(((4.0 * fine.0 - coarse.0) / 3.0, 2.0 * fine.1 + coarse.1))
        };
        let (coarse, fine) = (third(0.04 * self.sigma)?, third(0.02 * self.sigma)?);
        Ok(Enclosure::around(fine.0, (fine.0 - coarse.0).abs() + fine.1, Evidence::Converged))
    }

    /// `Var(X|y)/σ²` or `C_P(X|y)/σ²`.
    ///
    /// # Errors
    /// Errors of the conditional laws.
    pub fn conditional(&self, quantity: Quantity) -> Result<Enclosure> {
        Ok(self.laws.value(quantity, self.y)? / Enclosure::exact(self.sigma).square())
    }
}

impl fmt::Display for ObservedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X {}, σ={}, y={}", self.laws.prior(), self.sigma, self.y)
    }
}
