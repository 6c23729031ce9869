//! Numbers that say how well they are known.
//!
//! A computed quantity travels through this crate only as an [`Enclosure`]: two ends between
//! which the true value lies, and the [`Evidence`] for that statement. Arithmetic rounds
//! outward and keeps the weakest evidence of its operands. A [`Comparison`] of two enclosures
//! gives a [`Verdict`].

mod comparison;
mod interval;

pub use comparison::{Comparison, Relation, Verdict};
pub use interval::Interval;

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// How the two ends of an [`Enclosure`] were found, strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Outward-rounded interval arithmetic, the error of every step included.
    Certified,
    /// A closed form whose rounding error is bounded.
    Exact,
    /// A numerical method whose error was estimated by refinement.
    Converged,
    /// A Monte Carlo estimate with a stated probability of error.
    Statistical,
}

impl Evidence {
    /// The weaker of the two tiers: a result is worth what its poorest ingredient is worth.
    pub fn weakest(self, other: Self) -> Self {
        self.max(other)
    }

    /// The tier as a lower-case word, as in the JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certified => "certified",
            Self::Exact => "exact",
            Self::Converged => "converged",
            Self::Statistical => "statistical",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A real number known to lie in `[lo, hi]`, with the evidence for that.
///
/// An end that is not known is infinite (`lo = −∞` or `hi = +∞`); a quantity that is known to
/// *be* infinite has both ends at the same infinity. NaN cannot occur: constructors refuse it and
/// an undefined operation gives the whole line.
///
/// ```
/// use dald::enclosure::{Enclosure, Evidence};
/// let x = Enclosure::exact(2.0).sqrt();
/// assert!(x.contains(std::f64::consts::SQRT_2) && x.width() < 1e-15);
/// assert_eq!(x.evidence(), Evidence::Certified);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Enclosure {
    interval: Interval,
    evidence: Evidence,
}

impl Enclosure {
    /// The enclosure `[lo, hi]`.
    ///
    /// # Errors
    /// [`Error::Domain`] if an end is NaN or the ends are reversed.
    pub fn new(lo: f64, hi: f64, evidence: Evidence) -> Result<Self> {
        if lo <= hi {
            Ok(Self { interval: Interval::new(lo, hi), evidence })
        } else {
            Err(Error::domain("enclosure", format!("[{lo}, {hi}]"), "two ends lo ≤ hi, neither NaN"))
        }
    }

    /// A floating-point number taken as the exact real number that it is (Certified).
    /// NaN gives the whole line.
    pub fn exact(x: f64) -> Self {
        Self::certified(Interval::point(x))
    }

    /// An interval obtained with outward rounding throughout.
    pub fn certified(interval: Interval) -> Self {
        Self { interval, evidence: Evidence::Certified }
    }

    /// An interval with the evidence behind it.
    pub fn from_interval(interval: Interval, evidence: Evidence) -> Self {
        Self { interval, evidence }
    }

    /// All numbers within `radius ≥ 0` of `centre`; a NaN centre or radius gives the whole line.
    pub fn around(centre: f64, radius: f64, evidence: Evidence) -> Self {
        Self { interval: Interval::around(centre, radius), evidence }
    }

    /// Two successive resolutions of a convergent method: the finer value, with their difference
    /// and a rounding allowance of `ulps` units of the value as the error estimate (Converged).
    pub fn refined(coarse: f64, fine: f64, ulps: f64) -> Self {
        let rounding = ulps * f64::EPSILON * fine.abs();
        Self::around(fine, (fine - coarse).abs() + rounding, Evidence::Converged)
    }

    /// The value `+∞`, known to be infinite.
    pub fn infinite(evidence: Evidence) -> Self {
        Self { interval: Interval::point(f64::INFINITY), evidence }
    }

    /// Nothing is known: both ends infinite.
    pub fn unknown(evidence: Evidence) -> Self {
        Self { interval: Interval::ENTIRE, evidence }
    }

    /// Only a lower bound is known.
    pub fn at_least(lo: f64, evidence: Evidence) -> Self {
        Self { interval: Interval::new(lo, f64::INFINITY), evidence }
    }

    /// Lower end (`−∞` if not known).
    pub fn lo(self) -> f64 {
        self.interval.lo()
    }

    /// Upper end (`+∞` if not known).
    pub fn hi(self) -> f64 {
        self.interval.hi()
    }

    /// A number inside, see [`Interval::mid`].
    pub fn mid(self) -> f64 {
        self.interval.mid()
    }

    /// Width `hi − lo`, rounded up.
    pub fn width(self) -> f64 {
        self.interval.width()
    }

    /// Width divided by the smallest absolute value in the enclosure (∞ if that is zero and the
    /// width is not).
    pub fn relative_width(self) -> f64 {
        if self.width() == 0.0 { 0.0 } else { self.width() / self.interval.mignitude() }
    }

    /// The two ends as an interval.
    pub fn interval(self) -> Interval {
        self.interval
    }

    /// How the ends were found.
    pub fn evidence(self) -> Evidence {
        self.evidence
    }

    /// Whether `x` lies between the ends.
    pub fn contains(self, x: f64) -> bool {
        self.interval.contains(x)
    }

    /// The quantity is known to be infinite.
    pub fn is_infinite(self) -> bool {
        self.interval.is_infinite_point()
    }

    /// Both ends finite.
    pub fn is_finite(self) -> bool {
        self.interval.is_finite()
    }

    /// The same ends, with evidence no stronger than `evidence`.
    pub fn weakened(self, evidence: Evidence) -> Self {
        Self { evidence: self.evidence.weakest(evidence), ..self }
    }

    /// The enclosure widened by `radius ≥ 0` on both sides.
    pub fn widened(self, radius: f64) -> Self {
        let ends =
            Interval::new(Interval::around(self.lo(), radius).lo(), Interval::around(self.hi(), radius).hi());
        Self { interval: if self.is_infinite() { self.interval } else { ends }, ..self }
    }

    /// Smallest enclosure containing both.
    pub fn hull(self, other: Self) -> Self {
        self.combined(other, Interval::hull)
    }

    /// Larger of two quantities.
    pub fn max(self, other: Self) -> Self {
        self.combined(other, Interval::max)
    }

    /// Smaller of two quantities.
    pub fn min(self, other: Self) -> Self {
        self.combined(other, Interval::min)
    }

    /// Applies an interval function, keeping the evidence.
    pub fn map(self, f: impl FnOnce(Interval) -> Interval) -> Self {
        Self { interval: f(self.interval), ..self }
    }

    /// Square root of the non-negative part.
    pub fn sqrt(self) -> Self {
        self.map(Interval::sqrt)
    }

    /// Square.
    pub fn square(self) -> Self {
        self.map(Interval::square)
    }

    /// Exponential.
    pub fn exp(self) -> Self {
        self.map(Interval::exp)
    }

    /// Natural logarithm of the positive part.
    pub fn ln(self) -> Self {
        self.map(Interval::ln)
    }

    /// Absolute value.
    pub fn abs(self) -> Self {
        self.map(Interval::abs)
    }

    /// Combines two intervals and keeps the weaker evidence.
    pub fn combined(self, other: Self, f: impl FnOnce(Interval, Interval) -> Interval) -> Self {
        Self { interval: f(self.interval, other.interval), evidence: self.evidence.weakest(other.evidence) }
    }
}

impl From<f64> for Enclosure {
    /// The exact real number that the float is.
    fn from(x: f64) -> Self {
        Self::exact(x)
    }
}

impl fmt::Display for Enclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:e}, {:e}] ({})", self.lo(), self.hi(), self.evidence)
    }
}

macro_rules! arithmetic {
    ($($operator:ident $method:ident),+ $(,)?) => {$(
        impl $operator for Enclosure {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.combined(other, $operator::$method)
            }
        }
        impl $operator<f64> for Enclosure {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                $operator::$method(self, Self::exact(other))
            }
        }
        impl $operator<Enclosure> for f64 {
            type Output = Enclosure;
            fn $method(self, other: Enclosure) -> Enclosure {
                $operator::$method(Enclosure::exact(self), other)
            }
        }
    )+};
}
arithmetic!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Enclosure {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(Neg::neg)
    }
}

impl std::iter::Sum for Enclosure {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::exact(0.0), Add::add)
    }
}

/// An end as JSON: a number, `"inf"` for a value known to be infinite, `null` for unknown.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum End {
    Number(f64),
    Infinity(String),
    Unknown(()),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends {
    lo: End,
    hi: End,
    evidence: Evidence,
}

impl Serialize for Enclosure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let end = |x: f64| {
            if x.is_finite() {
                End::Number(x)
            } else if self.is_infinite() {
                End::Infinity(if x > 0.0 { "inf" } else { "-inf" }.to_owned())
            } else {
                End::Unknown(())
            }
        };
        Ends { lo: end(self.lo()), hi: end(self.hi()), evidence: self.evidence }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Enclosure {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        use serde::de::Error as _;
        let ends = Ends::deserialize(deserializer)?;
        let value = |end: End, unknown: f64| match end {
            End::Number(x) => Ok(x),
            End::Infinity(word) => match word.as_str() {
                "inf" => Ok(f64::INFINITY),
                "-inf" => Ok(f64::NEG_INFINITY),
                _ => Err(D::Error::custom(format!("`{word}`: expected a number, \"inf\" or null"))),
            },
            End::Unknown(()) => Ok(unknown),
        };
        let lo = value(ends.lo, f64::NEG_INFINITY)?;
        let hi = value(ends.hi, f64::INFINITY)?;
        Self::new(lo, hi, ends.evidence).map_err(D::Error::custom)
    }
}
