//! Laws `e^{−V₀−U}` on the line, with `V₀` a reference potential and `U` a sum of terms whose oscillation,
//! slope and concavity are known in closed form: the instances of the perturbation claims.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result};
use crate::inequality::poincare::poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// A perturbation with known bounds; `x` is the variable.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Term {
    /// `a cos(ωx + φ)`, `ω ≥ 0`.
    Wave {
        /// a.
        amplitude: f64,
        /// ω.
        frequency: f64,
        /// φ.
        phase: f64,
    },
    /// `a tanh(s(x − c))`, `s ≥ 0`.
    Step {
        /// a.
        amplitude: f64,
        /// s.
        steepness: f64,
        /// c.
        centre: f64,
    },
    /// `a e^{−((x−c)/w)²}`.
    Bump {
        /// a.
        amplitude: f64,
        /// w.
        width: f64,
        /// c.
        centre: f64,
    },
    /// `(h/2)(tanh(s(x + w)) − tanh(s(x − w)))`: a barrier between `−w` and `w`, between 0 and `h tanh(sw)`.
    Barrier {
        /// h.
        height: f64,
        /// s.
        steepness: f64,
        /// w.
        width: f64,
    },
    /// `a|x − c|`.
    Kink {
        /// a.
        slope: f64,
        /// c.
        centre: f64,
    },
    /// `(a/s) log cosh(s(x − c))`.
    SoftKink {
        /// a.
        slope: f64,
        /// s.
        steepness: f64,
        /// c.
        centre: f64,
    },
}

/// `max |d²/dx² tanh| = 4/(3√3)`.
fn tanh_curvature() -> Interval {
    Interval::point(4.0) / (Interval::point(3.0) * Interval::point(3.0).sqrt())
}

fn size(x: f64) -> Interval {
    Interval::point(x).abs()
}

impl Term {
    /// An upper bound of `sup U − inf U`, the value itself except for a barrier, enclosed; `None` if unbounded.
    fn oscillation(self) -> Option<Interval> {
        match self {
            Self::Wave { amplitude, .. } | Self::Step { amplitude, .. } => {
                Some(size(amplitude) + size(amplitude))
            }
            Self::Bump { amplitude, .. } => Some(size(amplitude)),
            Self::Barrier { height, .. } => Some(size(height)),
            Self::Kink { .. } | Self::SoftKink { .. } => None,
        }
    }

    /// `sup |U'|` or an upper bound of it, enclosed.
    fn slope(self) -> Interval {
        match self {
            Self::Wave { amplitude, frequency, .. } => size(amplitude) * size(frequency),
            Self::Step { amplitude, steepness, .. } => size(amplitude) * size(steepness),
            Self::Bump { amplitude, width, .. } => {
                size(amplitude) * (Interval::point(2.0) / Interval::ONE.exp()).sqrt() / size(width)
            }
            Self::Barrier { height, steepness, .. } => size(height) * size(steepness) / Interval::point(2.0),
            Self::Kink { slope, .. } | Self::SoftKink { slope, .. } => size(slope),
        }
    }

    /// A bound `K` with `U'' ≥ −K`, enclosed; `None` if there is none.
    fn concavity(self) -> Option<Interval> {
        match self {
            Self::Wave { amplitude, frequency, .. } => Some(size(amplitude) * size(frequency).square()),
            Self::Step { amplitude, steepness, .. } => {
                Some(size(amplitude) * size(steepness).square() * tanh_curvature())
            }
            Self::Bump { amplitude, width, .. } => {
                Some(size(amplitude) * Interval::point(2.0) / size(width).square())
            }
            Self::Barrier { height, steepness, .. } => {
                Some(size(height) * size(steepness).square() * tanh_curvature())
            }
            Self::Kink { slope, .. } => (slope >= 0.0).then_some(Interval::ZERO),
            Self::SoftKink { slope, steepness, .. } => {
                Some(if slope >= 0.0 { Interval::ZERO } else { size(slope) * size(steepness) })
            }
        }
    }

    /// A random bounded term, of oscillation at most `2·amplitude`.
    pub fn random_bounded(stream: &mut Stream, index: usize, amplitude: f64) -> Self {
        let amplitude = amplitude * if stream.random() { 1.0 } else { -1.0 };
        let centre = stream.random_range(-1.5..1.5);
        match index % 3 {
            0 => Self::Wave {
                amplitude,
                frequency: stream.random_range(0.5..4.0),
                phase: stream.random_range(0.0..6.0),
            },
            1 => Self::Step { amplitude, steepness: stream.random_range(0.5..4.0), centre },
            _ => Self::Bump { amplitude, width: stream.random_range(0.4..1.5), centre },
        }
    }

    /// A random term with slope at most `slope` (or rounding above it).
    pub fn random_lipschitz(stream: &mut Stream, index: usize, slope: f64) -> Self {
        let signed = slope * if stream.random() { 1.0 } else { -1.0 };
        let centre = stream.random_range(-1.5..1.5);
        let rate = stream.random_range(0.5..4.0);
        match index % 5 {
            0 => Self::Kink { slope: signed, centre },
            1 => {
                Self::Wave { amplitude: signed / rate, frequency: rate, phase: stream.random_range(0.0..6.0) }
            }
            2 => Self::SoftKink { slope: signed, steepness: rate, centre },
            3 => Self::Step { amplitude: signed / rate, steepness: rate, centre },
            // sup |U'| = a√(2/e)/w < 0.86 a/w.
            _ => Self::Bump { amplitude: signed / rate / 0.86, width: 1.0 / rate, centre },
        }
    }
}

impl fmt::Display for Term {
    /// As a formula in `x`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wave { amplitude, frequency, phase } => {
                write!(f, "({amplitude})*cos({frequency}*x + {phase})")
            }
            Self::Step { amplitude, steepness, centre } => {
                write!(f, "({amplitude})*tanh({steepness}*(x - ({centre})))")
            }
            Self::Bump { amplitude, width, centre } => {
                write!(f, "({amplitude})*exp(-((x - ({centre}))/{width})^2)")
            }
            Self::Barrier { height, steepness, width } => {
                write!(f, "({height})/2*(tanh({steepness}*(x + {width})) - tanh({steepness}*(x - {width})))")
            }
            Self::Kink { slope, centre } => write!(f, "({slope})*abs(x - ({centre}))"),
            Self::SoftKink { slope, steepness, centre } => {
                write!(f, "({slope})/{steepness}*log(cosh({steepness}*(x - ({centre}))))")
            }
        }
    }
}

/// A reference law `ν ∝ e^{−V₀}` on an interval and `μ ∝ e^{−V₀−U}`.
#[derive(Clone, Debug)]
pub struct PerturbedLaw {
    potential: String,
    terms: Vec<Term>,
    /// ν.
    pub reference: LineMeasure,
    /// μ.
    pub law: LineMeasure,
}

impl PerturbedLaw {
    /// `V₀` as a formula in `x` on `(lo, hi)`, and the terms of U.
    ///
    /// # Errors
    /// Those of [`LineMeasure::parse`].
    pub fn new(potential: impl Into<String>, terms: Vec<Term>, (lo, hi): (f64, f64)) -> Result<Self> {
        let potential = potential.into();
        let reference = LineMeasure::parse(&potential, lo, hi)?;
        let whole = terms.iter().fold(potential.clone(), |sum, term| format!("{sum} + {term}"));
        let law = LineMeasure::parse(&whole, lo, hi)?;
        Ok(Self { potential, terms, reference, law })
    }

    /// On the whole line.
    ///
    /// # Errors
    /// As [`PerturbedLaw::new`].
    pub fn on_line(potential: impl Into<String>, terms: Vec<Term>) -> Result<Self> {
        Self::new(potential, terms, (f64::NEG_INFINITY, f64::INFINITY))
    }

    /// `sup U − inf U` at most.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if U is not bounded.
    pub fn oscillation(&self, claim: &str) -> Result<Enclosure> {
        let sum: Option<Interval> = self.terms.iter().map(|t| t.oscillation()).sum();
        let sum = sum.ok_or_else(|| Error::hypothesis(claim, "U bounded", self))?;
        Ok(Enclosure::certified(sum))
    }

    /// `sup |U'|` at most.
    pub fn slope(&self) -> Enclosure {
        Enclosure::certified(self.terms.iter().map(|t| t.slope()).sum())
    }

    /// `K` with `U'' ≥ −K`, if there is one.
    pub fn concavity(&self) -> Option<Enclosure> {
        self.terms.iter().map(|t| t.concavity()).sum::<Option<Interval>>().map(Enclosure::certified)
    }

    /// `C_P(ν)`.
    ///
    /// # Errors
    /// Those of [`poincare_constant`].
    pub fn reference_constant(&self) -> Result<Enclosure> {
        Ok(poincare_constant(&self.reference)?.value)
    }

    /// `C_P(μ)`.
    ///
    /// # Errors
    /// Those of [`poincare_constant`].
    pub fn constant(&self) -> Result<Enclosure> {
        Ok(poincare_constant(&self.law)?.value)
    }

    /// `Var ν`, with the evidence of a quadrature.
    pub fn reference_variance(&self) -> Enclosure {
        self.reference.variance().weakened(Evidence::Exact)
    }
}

impl fmt::Display for PerturbedLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lo, hi) = self.law.domain();
        write!(f, "V₀ = {}, U = ", self.potential)?;
        for (i, term) in self.terms.iter().enumerate() {
            write!(f, "{}{term}", if i == 0 { "" } else { " + " })?;
        }
        if self.terms.is_empty() {
            f.write_str("0")?;
        }
        write!(f, " on ({lo}, {hi})")
    }
}
