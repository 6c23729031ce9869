//! Laws of X given `X_t = y`, with what is known of the target: the instances of the claim on uniform conditional Poincaré
//! inequalities.

use super::mixture::{Component, MixtureSlice};
use crate::claims::poincare::perturbed_law::{PerturbedLaw, Term};
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, positive, within};
use crate::inequality::conditional::{ConditionalLaws, Quantity, collinear_mixture_given};
use crate::inequality::poincare::poincare_constant;
use crate::measure::line::{LineMeasure, Noise};
use std::fmt;

/// What is known of the target, and so which bound applies.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Known {
    /// (i) `V'' ≥ ρ`.
    Convex {
        /// ρ, of either sign.
        rho: f64,
    },
    /// (ii) `V'' ≥ ρ` up to a term W of bounded oscillation.
    Bounded {
        /// ρ.
        rho: f64,
        /// `sup W − inf W`.
        oscillation: Enclosure,
    },
    /// (iv) `V = V₀ + H`, `V₀'' ≥ α`, H Lipschitz.
    Lipschitz {
        /// α, of either sign.
        alpha: f64,
        /// L.
        slope: Enclosure,
    },
    /// (iv) the same, for the conditional variance.
    Covariance {
        /// α, of either sign.
        alpha: f64,
        /// L.
        slope: Enclosure,
    },
    /// (iii) `C_P(π) < ∞`.
    Poincare,
}

/// What is used of a perturbation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Its oscillation.
    Bounded,
    /// Its slope, for the Poincaré constant.
    Lipschitz,
    /// Its slope, for the variance.
    Covariance,
}

/// A target on the line, noise, λ, and an observation or all of them.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The laws of X given an observation.
    pub laws: ConditionalLaws,
    /// What is known of the law of X.
    pub known: Known,
    description: String,
    /// y, or `None` for the supremum over y.
    y: Option<f64>,
}

impl Observation {
    /// A law given `X_t = y` (for all y if none is given), `dof` degrees of freedom of a Student base or `None` for γ.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] unless θ is certainly positive where a bound needs it, and those of
    /// [`ConditionalLaws::on_path`].
    pub fn new(
        prior: LineMeasure,
        known: Known,
        dof: Option<f64>,
        lambda: f64,
        y: Option<f64>,
    ) -> Result<Self> {
        let description = prior.to_string();
        let laws = ConditionalLaws::on_path(prior, dof, lambda)?;
        let observation = Self { laws, known, description, y };
        if known == Known::Poincare && dof.is_none() {
            return Err(Error::hypothesis("W4", "a Student base", &observation));
        }
        if observation.theta().is_some_and(|theta| theta.lo() <= 0.0) {
            return Err(Error::hypothesis("W4", "α + λ/(1−λ) > 0", &observation));
        }
        Ok(observation)
    }

    /// `V = V₀ + terms` with `V₀'' ≥ alpha`; the caller answers for that.
    ///
    /// # Errors
    /// As [`Observation::new`], and [`Error::Hypothesis`] for a term that is not bounded where that is asked for.
    pub fn perturbed(
        kind: Kind,
        (alpha, potential): (f64, String),
        terms: Vec<Term>,
        dof: Option<f64>,
        (lambda, y): (f64, Option<f64>),
    ) -> Result<Self> {
        let law = PerturbedLaw::on_line(potential, terms)?;
        let known = match kind {
            Kind::Bounded => Known::Bounded { rho: alpha, oscillation: law.oscillation("W4")? },
            Kind::Lipschitz => Known::Lipschitz { alpha, slope: law.slope() },
            Kind::Covariance => Known::Covariance { alpha, slope: law.slope() },
        };
        Self::new(law.law, known, dof, lambda, y)
    }

    /// `gain²/scale²`, that is `λ/(1−λ)` for the rounded numbers that the laws have.
    fn precision(&self) -> Enclosure {
        (Enclosure::exact(self.laws.gain()) / Enclosure::exact(self.laws.noise().scale())).square()
    }

    /// `θ = α + λ/(1−λ)` for Gaussian noise, α for Student noise, where a convexity is known.
    pub fn theta(&self) -> Option<Enclosure> {
        let alpha = match self.known {
            Known::Convex { rho } | Known::Bounded { rho, .. } => rho,
            Known::Lipschitz { alpha, .. } | Known::Covariance { alpha, .. } => alpha,
            Known::Poincare => return None,
        };
        Some(match self.laws.noise() {
            Noise::Gaussian { .. } => self.precision() + alpha,
            Noise::Student { .. } => Enclosure::exact(alpha),
        })
    }

    /// `√λ(n+1)/(2√(n(1−λ)))`, 0 for Gaussian noise.
    pub fn noise_slope(&self) -> Enclosure {
        match self.laws.noise() {
            Noise::Gaussian { .. } => Enclosure::exact(0.0),
            Noise::Student { dof, scale } => {
                let n = Enclosure::exact(dof);
                Enclosure::exact(self.laws.gain()) * (n + 1.0) / (2.0 * n.sqrt() * scale)
            }
        }
    }

    /// The constant, or the variance, of the conditional law; the supremum over y if none is given.
    ///
    /// # Errors
    /// Those of the engines.
    pub fn observed(&self) -> Result<Enclosure> {
        let quantity = match self.known {
            Known::Covariance { .. } => Quantity::Variance,
            _ => Quantity::Poincare,
        };
        match (self.y, quantity) {
            (None, Quantity::Poincare) => Ok(self.laws.certified_supremum()?.value),
            (None, Quantity::Variance) => Ok(self.laws.supremum(quantity)?.value),
            // A certificate where the whole instance can be certified.
            (Some(y), _) if matches!(self.known, Known::Convex { .. }) => {
                Ok(poincare_constant(&self.laws.at(y)?)?.value)
            }
            (Some(y), _) => self.laws.value(quantity, y),
        }
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noise, gain) = (self.laws.noise(), self.laws.gain());
        write!(f, "{} given {gain}*X + {noise}", self.description)?;
        match self.y {
            Some(y) => write!(f, " = {y}")?,
            None => f.write_str(", all observations")?,
        }
        write!(f, ", {:?}", self.known)
    }
}

/// `Σ w_i N(m_i, variance·I)` on `R^d` with means on a line, in a ball of the radius claimed, given `X_t = y`.
#[derive(Clone, Debug)]
pub struct Ball {
    /// Weights.
    pub weights: Vec<f64>,
    /// Means, collinear, shape `[d]` each.
    pub means: Vec<Vec<f64>>,
    /// Variance of the components.
    pub variance: f64,
    /// Radius of a ball that holds the means.
    pub radius: f64,
    /// λ.
    pub lambda: f64,
    /// The observation, shape `[d]`.
    pub y: Vec<f64>,
}

impl Ball {
    /// Refuses means outside the ball around their first and last ones' middle.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if a mean is not in the ball.
    pub fn checked(self) -> Result<Self> {
        within("lambda", self.lambda, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        let norm = |m: &Vec<f64>| m.iter().map(|&x| Interval::point(x).square()).sum::<Interval>().sqrt();
        if self.means.iter().all(|m| norm(m).lo() <= self.radius) {
            Ok(self)
        } else {
            Err(Error::hypothesis("W4", "means in the ball", &self))
        }
    }

    /// The constant of the conditional law.
    ///
    /// # Errors
    /// Those of [`collinear_mixture_given`].
    pub fn observed(&self) -> Result<Enclosure> {
        let channel = (self.lambda.sqrt(), (1.0 - self.lambda).sqrt());
        collinear_mixture_given(&self.weights, &self.means, self.variance, channel, &self.y)?
            .poincare_constant()
    }

    /// `v = 1/(1/s² + λ/(1−λ))` and `R' = R v/s²`: variance and radius of the conditional law.
    pub fn posterior(&self) -> (f64, f64) {
        let variance = 1.0 / (1.0 / self.variance + self.lambda / (1.0 - self.lambda));
        (variance, self.radius * variance / self.variance)
    }
}

impl fmt::Display for Ball {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (weights, means) = (&self.weights, &self.means);
        write!(f, "weights {weights:?}, means {means:?}, variance {}, ", self.variance)?;
        write!(f, "R={}, λ={}, y={:?}", self.radius, self.lambda, self.y)
    }
}

/// The mixture of `N(k², s²)` with weights `2^{−k}`, `k ≤ last`: its gaps `2k + 1` grow.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GrowingGaps {
    /// Standard deviation s of the components.
    pub std: f64,
    /// λ.
    pub lambda: f64,
    /// The crossing looked at: between components k and `k + 1`.
    pub crossing: u32,
}

impl GrowingGaps {
    /// A crossing of the mixture.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 < λ < 1` and the deviation is positive.
    pub fn new(std: f64, lambda: f64, crossing: u32) -> Result<Self> {
        within("lambda", lambda, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        Ok(Self { std: positive("std", std)?, lambda, crossing })
    }

    /// `v = λs² + 1 − λ`.
    pub fn variance(&self) -> Interval {
        let lambda = Interval::point(self.lambda);
        lambda * Interval::point(self.std).square() + (Interval::ONE - lambda)
    }

    /// `2k + 1`.
    pub fn gap(&self) -> Interval {
        Interval::point(f64::from(2 * self.crossing + 1))
    }

    /// Where components k and `k + 1` of `p_t` have the same weight: the middle, moved by `v log 2/(√λ gap)`.
    pub fn place(&self) -> f64 {
        let (k, root) = (f64::from(self.crossing), self.lambda.sqrt());
        let shift = self.variance().mid() * std::f64::consts::LN_2 / (root * self.gap().mid());
        root * (k * k + k + 0.5) + shift
    }

    /// `∂² log p_t` at the crossing, certified; components beyond the next two are left out of the finite mixture.
    ///
    /// # Errors
    /// Those of [`MixtureSlice::new`].
    pub fn curvature(&self) -> Result<Interval> {
        let components = (0..=self.crossing + 3)
            .map(|k| Component {
                weight: 0.5_f64.powi(k.cast_signed()),
                mean: vec![f64::from(k * k)],
                variances: vec![self.std * self.std],
            })
            .collect();
        Ok(MixtureSlice::new(components, self.lambda, vec![self.place()])?.hessian_form(&[1.0]))
    }

    /// The target with the components up to the crossing and two more, as a ball whose radius claims to be that of the
    /// first crossing.
    pub fn as_ball(&self) -> Ball {
        let means: Vec<Vec<f64>> = (0..=self.crossing + 3).map(|k| vec![f64::from(k * k)]).collect();
        let weights = (0..=self.crossing + 3).map(|k| 0.5_f64.powi(k.cast_signed())).collect();
        let (variance, lambda) = (self.std * self.std, self.lambda);
        Ball { weights, means, variance, radius: 0.5, lambda, y: vec![self.place()] }
    }
}

impl fmt::Display for GrowingGaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { std, lambda, crossing } = self;
        write!(f, "Σ 2^{{−k}} N(k², {std}²), λ={lambda}, crossing of k={crossing} and {}", crossing + 1)
    }
}
