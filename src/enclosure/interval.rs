//! Closed intervals of real numbers with outward-rounded arithmetic.
//!
//! An [`Interval`] `[lo, hi]` stands for an unknown real number between its ends. Every
//! operation returns an interval that contains all values the exact operation can take on
//! the operands (inclusion isotonicity). The basic operations of IEEE arithmetic are
//! correctly rounded, and so are the elementary functions of the CORE-MATH project
//! (Sibidanov, Zimmermann, Glondu, *The CORE-MATH Project*, 2022); a correctly rounded result
//! lies within half a unit in the last place of the truth, hence one step outward encloses it.
//!
//! Infinite ends mean "unbounded", NaN is never stored, and an undefined operation
//! (`0 · ∞`, division by an interval that contains zero, logarithm of a negative number)
//! gives the widest interval compatible with its defined part.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A closed interval `[lo, hi]`, possibly unbounded, never empty, never NaN.
///
/// ```
/// use dald::enclosure::Interval;
/// let third = Interval::point(1.0) / Interval::point(3.0);
/// assert!(third.lo() < third.hi() && third.contains(1.0 / 3.0));
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    lo: f64,
    hi: f64,
}

/// One step down, for results that carry a rounding error of at most one unit.
#[inline]
fn down(x: f64) -> f64 {
    x.next_down()
}

/// One step up.
#[inline]
fn up(x: f64) -> f64 {
    x.next_up()
}

/// Smaller of two ends, neither of which may be NaN.
#[inline]
fn min(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Larger of two ends, neither of which may be NaN.
#[inline]
fn max(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Product of two ends with the convention `0 · ∞ = 0` that interval arithmetic needs:
/// an infinite end is a limit, never a value.
#[inline]
fn end_product(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

impl Interval {
    /// The whole real line: nothing is known.
    pub const ENTIRE: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY };
    /// The number zero.
    pub const ZERO: Self = Self { lo: 0.0, hi: 0.0 };
    /// The number one.
    pub const ONE: Self = Self { lo: 1.0, hi: 1.0 };
    /// The circle constant π.
    pub const PI: Self = Self { lo: std::f64::consts::PI, hi: 3.1415926535897936 };

    /// The interval `[lo, hi]`; NaN or reversed ends give [`Interval::ENTIRE`], the sound answer
    /// for an undefined number.
    #[inline]
    pub fn new(lo: f64, hi: f64) -> Self {
        if lo <= hi { Self { lo, hi } } else { Self::ENTIRE }
    }

    /// The single number `x` (NaN gives [`Interval::ENTIRE`]).
    #[inline]
    pub fn point(x: f64) -> Self {
        Self::new(x, x)
    }

    /// All numbers within `radius` of `centre`, rounded outward.
    pub fn around(centre: f64, radius: f64) -> Self {
        Self::new(down(centre - radius), up(centre + radius))
    }

    /// Lower end.
    #[inline]
    pub fn lo(self) -> f64 {
        self.lo
    }

    /// Upper end.
    #[inline]
    pub fn hi(self) -> f64 {
        self.hi
    }

    /// A floating-point number inside: the midpoint, or a finite end of a half-line, or 0.
    pub fn mid(self) -> f64 {
        if self.lo == self.hi {
            self.lo
        } else if self.lo.is_infinite() && self.hi.is_infinite() {
            0.0
        } else if self.lo.is_infinite() {
            self.hi
        } else if self.hi.is_infinite() {
            self.lo
        } else {
            0.5 * self.lo + 0.5 * self.hi
        }
    }

    /// Upper bound for the width `hi − lo` (0 for a point, infinite points included).
    pub fn width(self) -> f64 {
        if self.lo == self.hi { 0.0 } else { up(self.hi - self.lo) }
    }

    /// Largest absolute value.
    #[inline]
    pub fn magnitude(self) -> f64 {
        max(self.lo.abs(), self.hi.abs())
    }

    /// Smallest absolute value.
    #[inline]
    pub fn mignitude(self) -> f64 {
        if self.contains(0.0) { 0.0 } else { min(self.lo.abs(), self.hi.abs()) }
    }

    /// Whether `x` lies in the interval.
    #[inline]
    pub fn contains(self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }

    /// Whether every number of `other` lies in this interval.
    pub fn encloses(self, other: Self) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// Whether the two intervals have a number in common.
    pub fn intersects(self, other: Self) -> bool {
        self.lo <= other.hi && other.lo <= self.hi
    }

    /// Common part; `None` when the two are disjoint.
    pub fn intersection(self, other: Self) -> Option<Self> {
        self.intersects(other).then(|| Self { lo: max(self.lo, other.lo), hi: min(self.hi, other.hi) })
    }

    /// Smallest interval that contains both.
    #[inline]
    pub fn hull(self, other: Self) -> Self {
        Self { lo: min(self.lo, other.lo), hi: max(self.hi, other.hi) }
    }

    /// Both ends finite.
    #[inline]
    pub fn is_finite(self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    /// Enclosure of a function that increases on `[lo, hi]` and whose floating-point version is
    /// correctly rounded.
    #[inline]
    fn increasing(self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(down(f(self.lo)), up(f(self.hi)))
    }

    /// Absolute value.
    #[inline]
    pub fn abs(self) -> Self {
        Self { lo: self.mignitude(), hi: self.magnitude() }
    }

    /// Pointwise maximum of two numbers.
    pub fn max(self, other: Self) -> Self {
        Self { lo: max(self.lo, other.lo), hi: max(self.hi, other.hi) }
    }

    /// Pointwise minimum of two numbers.
    pub fn min(self, other: Self) -> Self {
        Self { lo: min(self.lo, other.lo), hi: min(self.hi, other.hi) }
    }

    /// Square, tighter than `self * self` when the interval contains zero.
    #[inline]
    pub fn square(self) -> Self {
        let (a, b) = (self.mignitude(), self.magnitude());
        Self::new(max(0.0, down(a * a)), up(b * b))
    }

    /// Integer power; even powers are tight around zero.
    pub fn powi(self, exponent: i32) -> Self {
        let power = |x: f64| Self::point(x).repeated_product(exponent.unsigned_abs());
        let result = if exponent % 2 == 0 {
            // Rounding outward must not make an even power negative, least of all around 1/0.
            power(self.mignitude()).hull(power(self.magnitude())).max(Self::ZERO)
        } else {
            power(self.lo).hull(power(self.hi))
        };
        if exponent < 0 { Self::ONE / result } else { result }
    }

    /// Product of `count` copies by repeated squaring.
    fn repeated_product(self, count: u32) -> Self {
        let (mut result, mut base, mut n) = (None, self, count);
        while n > 0 {
            if n % 2 == 1 {
                result = Some(result.map_or(base, |r| r * base));
            }
            n /= 2;
            if n > 0 {
                base = base.square();
            }
        }
        result.unwrap_or(Self::ONE)
    }

    /// Real power `self^exponent` of a non-negative number; the negative part is ignored.
    pub fn powf(self, exponent: f64) -> Self {
        if exponent == 0.0 {
            return Self::ONE;
        }
        let (lo, hi) = (max(self.lo, 0.0), max(self.hi, 0.0));
        let (a, b) = (core_math::pow(lo, exponent), core_math::pow(hi, exponent));
        if exponent > 0.0 { Self::new(max(0.0, down(a)), up(b)) } else { Self::new(max(0.0, down(b)), up(a)) }
    }

    /// Square root; the negative part of the interval is ignored.
    #[inline]
    pub fn sqrt(self) -> Self {
        let (lo, hi) = (max(self.lo, 0.0), max(self.hi, 0.0));
        Self::new(max(0.0, down(lo.sqrt())), up(hi.sqrt()))
    }

    /// Exponential.
    #[inline]
    pub fn exp(self) -> Self {
        let Self { lo, hi } = self.increasing(core_math::exp);
        Self { lo: max(lo, 0.0), hi }
    }

    /// `e^x − 1`, accurate near zero.
    pub fn exp_m1(self) -> Self {
        let Self { lo, hi } = self.increasing(core_math::expm1);
        Self { lo: max(lo, -1.0), hi }
    }

    /// Natural logarithm of the positive part; an interval that reaches 0 gives `−∞` below.
    #[inline]
    pub fn ln(self) -> Self {
        let (lo, hi) = (max(self.lo, 0.0), max(self.hi, 0.0));
        Self::new(down(core_math::log(lo)), up(core_math::log(hi)))
    }

    /// `log(1 + x)` for `x > −1`, accurate near zero.
    pub fn ln_1p(self) -> Self {
        let (lo, hi) = (max(self.lo, -1.0), max(self.hi, -1.0));
        Self::new(down(core_math::log1p(lo)), up(core_math::log1p(hi)))
    }

    /// Hyperbolic tangent.
    pub fn tanh(self) -> Self {
        let Self { lo, hi } = self.increasing(core_math::tanh);
        Self { lo: max(lo, -1.0), hi: min(hi, 1.0) }
    }

    /// Hyperbolic sine.
    pub fn sinh(self) -> Self {
        self.increasing(core_math::sinh)
    }

    /// Hyperbolic cosine.
    pub fn cosh(self) -> Self {
        let (a, b) = (self.mignitude(), self.magnitude());
        Self::new(max(1.0, down(core_math::cosh(a))), up(core_math::cosh(b)))
    }

    /// Arcus tangent.
    pub fn atan(self) -> Self {
        self.increasing(core_math::atan)
    }

    /// Error function.
    pub fn erf(self) -> Self {
        let Self { lo, hi } = self.increasing(core_math::erf);
        Self { lo: max(lo, -1.0), hi: min(hi, 1.0) }
    }

    /// Complementary error function.
    pub fn erfc(self) -> Self {
        Self::new(max(0.0, down(core_math::erfc(self.hi))), up(core_math::erfc(self.lo)))
    }

    /// Sine: monotone pieces are found from the quarter turns that the interval may contain.
    pub fn sin(self) -> Self {
        (self - Self::PI / Self::point(2.0)).cos_of(core_math::sin, self)
    }

    /// Cosine.
    pub fn cos(self) -> Self {
        self.cos_of(core_math::cos, self)
    }

    /// Range of a cosine with phase `self`, where `f(argument)` is its correctly rounded value.
    /// Extrema lie at integer multiples of π of the phase; a multiple that may lie inside counts.
    fn cos_of(self, f: impl Fn(f64) -> f64, argument: Self) -> Self {
        let unit = Self { lo: -1.0, hi: 1.0 };
        if !self.is_finite() || !argument.is_finite() || self.width() >= 6.0 || self.magnitude() > 1e15 {
            return unit;
        }
        let turns = self / Self::PI;
        let (first, last) = (turns.lo.ceil(), turns.hi.floor());
        let (a, b) = (f(argument.lo), f(argument.hi));
        let mut range = Self::new(down(min(a, b)), up(max(a, b)));
        let mut k = first;
        while k <= last {
            let extremum = if k.rem_euclid(2.0) == 0.0 { 1.0 } else { -1.0 };
            range = range.hull(Self::point(extremum));
            k += 1.0;
        }
        Self { lo: max(range.lo, -1.0), hi: min(range.hi, 1.0) }
    }
}

impl From<f64> for Interval {
    fn from(x: f64) -> Self {
        Self::point(x)
    }
}

impl Neg for Interval {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }
}

impl Add for Interval {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        // Adding zero is exact: a vanishing derivative must not become a tiny interval around 0.
        if self == Self::ZERO {
            return other;
        }
        if other == Self::ZERO {
            return self;
        }
        if let Some(sum) = self.infinite_sum(other) {
            return sum;
        }
        // A sum of floats that is 0 is exact (underflow is gradual): a kink at the end of an interval
        // must stay at its end.
        let (lo, hi) = (self.lo + other.lo, self.hi + other.hi);
        Self::new(if lo == 0.0 { lo } else { down(lo) }, if hi == 0.0 { hi } else { up(hi) })
    }
}

impl Sub for Interval {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        self + (-other)
    }
}

impl Mul for Interval {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        if self.is_infinite_point() || other.is_infinite_point() {
            return self.infinite_product(other);
        }
        if self == Self::ZERO || other == Self::ZERO {
            return Self::ZERO;
        }
        let products = [
            end_product(self.lo, other.lo),
            end_product(self.lo, other.hi),
            end_product(self.hi, other.lo),
            end_product(self.hi, other.hi),
        ];
        let lo = products.iter().copied().fold(f64::INFINITY, min);
        let hi = products.iter().copied().fold(f64::NEG_INFINITY, max);
        // A product of factors with known signs has a known sign: rounding outward must not hide it.
        let (positive, other_positive) = (self.lo >= 0.0, other.lo >= 0.0);
        let signed = (positive || self.hi <= 0.0) && (other_positive || other.hi <= 0.0);
        match (signed, positive == other_positive) {
            (false, _) => Self::new(down(lo), up(hi)),
            (true, true) => Self::new(max(down(lo), 0.0), up(hi)),
            (true, false) => Self::new(down(lo), min(up(hi), 0.0)),
        }
    }
}

impl Div for Interval {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        if other.is_infinite_point() {
            return if self.is_infinite_point() { Self::ENTIRE } else { Self::ZERO };
        }
        if other.contains(0.0) {
            return self.divided_across_zero(other);
        }
        if self.is_infinite_point() {
            return self.infinite_product(other);
        }
        let quotients = [self.lo / other.lo, self.lo / other.hi, self.hi / other.lo, self.hi / other.hi];
        if quotients.iter().any(|q| q.is_nan()) {
            return Self::ENTIRE;
        }
        let lo = quotients.iter().copied().fold(f64::INFINITY, min);
        let hi = quotients.iter().copied().fold(f64::NEG_INFINITY, max);
        Self::new(down(lo), up(hi))
    }
}

impl Interval {
    /// The value is `+∞` or `−∞` itself, not merely unbounded.
    pub fn is_infinite_point(self) -> bool {
        self.lo == self.hi && self.lo.is_infinite()
    }

    /// Sum in which a summand is infinite as a value; `None` when none is.
    fn infinite_sum(self, other: Self) -> Option<Self> {
        match (self.is_infinite_point(), other.is_infinite_point()) {
            (false, false) => None,
            (true, true) if self != other => Some(Self::ENTIRE),
            (true, _) => Some(self),
            (false, true) => Some(other),
        }
    }

    /// Product in which a factor is infinite as a value: `∞ · 0` is undefined.
    fn infinite_product(self, other: Self) -> Self {
        let sign = |i: Self| {
            if i.lo > 0.0 {
                1.0
            } else if i.hi < 0.0 {
                -1.0
            } else {
                f64::NAN
            }
        };
        Self::point(f64::INFINITY * sign(self) * sign(other))
    }

    /// Quotient by an interval that contains zero: a half-line when zero is only an end and the
    /// numerator has a sign, else the whole line.
    fn divided_across_zero(self, other: Self) -> Self {
        if other == Self::ZERO || self.contains(0.0) || (other.lo < 0.0 && other.hi > 0.0) {
            return Self::ENTIRE;
        }
        let (numerator, denominator) = if other.hi == 0.0 { (-self, -other) } else { (self, other) };
        if numerator.lo > 0.0 {
            Self::new(down(numerator.lo / denominator.hi), f64::INFINITY)
        } else {
            Self::new(f64::NEG_INFINITY, up(numerator.hi / denominator.hi))
        }
    }
}

impl std::iter::Sum for Interval {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests;
