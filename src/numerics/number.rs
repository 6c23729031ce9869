//! One trait for the kinds of numbers that a formula is evaluated on.
//!
//! A formula written once, generic over [`Number`], gives values (`f64`), rigorous enclosures
//! ([`Interval`]), derivatives ([`Jet<f64, K>`](super::jet::Jet)) and enclosures of derivatives
//! (`Jet<Interval, K>`).
//!
//! The `f64` functions are the correctly rounded ones of CORE-MATH: the same on every machine,
//! and always inside the interval that the [`Interval`] version returns.
//!
//! Outside its natural domain a function gives NaN on `f64` and the whole line on an interval
//! that misses the domain altogether; an interval that only sticks out of the domain gives the
//! range over the part inside (so does [`Interval`] itself).

use crate::enclosure::Interval;
use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number that formulae can be evaluated on.
pub trait Number:
    Copy
    + Debug
    + PartialEq
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The number that the float `x` is, exactly.
    fn from_f64(x: f64) -> Self;

    /// A real constant known through an enclosure (a float takes its midpoint).
    fn from_interval(x: Interval) -> Self;

    /// The circle constant.
    fn pi() -> Self {
        Self::from_interval(Interval::PI)
    }

    /// A float near the value (the value itself, the midpoint of an interval, the constant term
    /// of a jet): good for choosing a pivot, never for a bound.
    fn representative(self) -> f64;

    /// Square.
    fn square(self) -> Self {
        self * self
    }

    /// Integer power; `0⁰ = 1`.
    fn powi(self, exponent: i32) -> Self;

    /// Power with a constant real exponent, of a non-negative number.
    fn powf(self, exponent: f64) -> Self;

    /// General power `exp(exponent · log self)` of a positive number.
    fn pow(self, exponent: Self) -> Self {
        (exponent * self.ln()).exp()
    }

    /// Exponential.
    fn exp(self) -> Self;

    /// Natural logarithm.
    fn ln(self) -> Self;

    /// Square root.
    fn sqrt(self) -> Self {
        self.powf(0.5)
    }

    /// Sine.
    fn sin(self) -> Self;

    /// Cosine.
    fn cos(self) -> Self;

    /// Hyperbolic tangent.
    fn tanh(self) -> Self;

    /// Hyperbolic sine.
    fn sinh(self) -> Self;

    /// Hyperbolic cosine.
    fn cosh(self) -> Self;

    /// `log cosh x` without overflow.
    fn ln_cosh(self) -> Self;

    /// Absolute value. At its kink a float jet takes the mean of the two slopes, 0; an interval
    /// jet takes the slopes `[−1, 1]` and unknown higher derivatives.
    fn abs(self) -> Self;

    /// Slope of the absolute value: the sign. An interval `[0, h]` with `h > 0` has slope 1: it
    /// stands for a panel on which the argument is not negative, where `|u| = u`.
    fn sign(self) -> Self;

    /// Derivatives of the absolute value from the second on: 0 away from the kink, unknown at it
    /// (a float does not see the kink and answers 0).
    fn abs_curvature(self) -> Self;

    /// The same number, known to be a probability: an interval is cut to `[0, 1]`.
    fn probability(self) -> Self {
        self
    }

    /// `log Σ exp(term(i))` over `0 ≤ i < count`, without overflow or cancellation; `count = 0`
    /// gives `−∞`. The terms are asked for several times each.
    fn log_sum_exp(count: usize, term: impl Fn(usize) -> Self) -> Self;
}

/// Product of `count` copies by repeated squaring, in the order that [`Interval::powi`] uses, so
/// that the rounded result lies in the interval's.
fn repeated_product(x: f64, count: u32) -> f64 {
    let (mut result, mut base, mut n) = (None, x, count);
    while n > 0 {
        if n % 2 == 1 {
            result = Some(result.map_or(base, |r: f64| r * base));
        }
        n /= 2;
        if n > 0 {
            base *= base;
        }
    }
    result.unwrap_or(1.0)
}

/// Below this argument the exponential is zero in double precision.
const UNDERFLOW: f64 = -746.0;
/// Below this argument `log cosh` is computed as `½ log(1 + sinh²)`, which does not cancel.
const LN_COSH_SWITCH: f64 = 1.0;

impl Number for f64 {
    fn from_f64(x: f64) -> Self {
        x
    }

    fn from_interval(x: Interval) -> Self {
        x.mid()
    }

    fn pi() -> Self {
        std::f64::consts::PI
    }

    fn representative(self) -> f64 {
        self
    }

    fn powi(self, exponent: i32) -> Self {
        let power = repeated_product(self, exponent.unsigned_abs());
        if exponent < 0 { 1.0 / power } else { power }
    }

    fn powf(self, exponent: f64) -> Self {
        if self < 0.0 { f64::NAN } else { core_math::pow(self, exponent) }
    }

    fn pow(self, exponent: Self) -> Self {
        if self < 0.0 { f64::NAN } else { core_math::pow(self, exponent) }
    }

    fn exp(self) -> Self {
        core_math::exp(self)
    }

    fn ln(self) -> Self {
        core_math::log(self)
    }

    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }

    fn sin(self) -> Self {
        core_math::sin(self)
    }

    fn cos(self) -> Self {
        core_math::cos(self)
    }

    fn tanh(self) -> Self {
        core_math::tanh(self)
    }

    fn sinh(self) -> Self {
        core_math::sinh(self)
    }

    fn cosh(self) -> Self {
        core_math::cosh(self)
    }

    fn ln_cosh(self) -> Self {
        let a = f64::abs(self);
        if a < LN_COSH_SWITCH {
            0.5 * core_math::log1p(core_math::sinh(a) * core_math::sinh(a))
        } else {
            a + core_math::log1p(core_math::exp(-2.0 * a)) - std::f64::consts::LN_2
        }
    }

    fn abs(self) -> Self {
        f64::abs(self)
    }

    fn sign(self) -> Self {
        if self > 0.0 {
            1.0
        } else if self < 0.0 {
            -1.0
        } else {
            // 0 at the kink, and NaN stays NaN.
            self * 0.0
        }
    }

    fn abs_curvature(self) -> Self {
        0.0
    }

    fn log_sum_exp(count: usize, term: impl Fn(usize) -> Self) -> Self {
        let largest = (0..count).map(&term).fold(f64::NEG_INFINITY, f64::max);
        if largest.is_infinite() {
            return largest;
        }
        // Terms that underflow are most of them in a mixture of many narrow components.
        let share = |depth: f64| if depth < UNDERFLOW { 0.0 } else { core_math::exp(depth) };
        largest + core_math::log((0..count).map(|i| share(term(i) - largest)).sum())
    }
}

/// `log Σ exp(end(i))` of exactly known ends, enclosed.
fn log_sum_exp_of_ends(count: usize, end: impl Fn(usize) -> f64) -> Interval {
    let largest = (0..count).map(&end).fold(f64::NEG_INFINITY, f64::max);
    if largest.is_infinite() {
        return Interval::point(largest);
    }
    let pivot = Interval::point(largest);
    let sum: Interval = (0..count).map(|i| (Interval::point(end(i)) - pivot).exp()).sum();
    pivot + sum.ln()
}

/// `log cosh` of an exactly known non-negative number, enclosed.
fn ln_cosh_of_end(a: f64) -> Interval {
    let x = Interval::point(a);
    if a < LN_COSH_SWITCH {
        x.sinh().square().ln_1p() / Interval::point(2.0)
    } else {
        x + (x * Interval::point(-2.0)).exp().ln_1p() - Interval::point(2.0).ln()
    }
}

impl Number for Interval {
    fn from_f64(x: f64) -> Self {
        Self::point(x)
    }

    fn from_interval(x: Interval) -> Self {
        x
    }

    fn representative(self) -> f64 {
        self.mid()
    }

    fn square(self) -> Self {
        Self::square(self)
    }

    fn powi(self, exponent: i32) -> Self {
        Self::powi(self, exponent)
    }

    fn powf(self, exponent: f64) -> Self {
        if self.hi() < 0.0 { Self::ENTIRE } else { Self::powf(self, exponent) }
    }

    fn pow(self, exponent: Self) -> Self {
        if self.hi() < 0.0 { Self::ENTIRE } else { Self::exp(exponent * Self::ln(self)) }
    }

    fn exp(self) -> Self {
        Self::exp(self)
    }

    fn ln(self) -> Self {
        if self.hi() < 0.0 { Self::ENTIRE } else { Self::ln(self) }
    }

    fn sqrt(self) -> Self {
        if self.hi() < 0.0 { Self::ENTIRE } else { Self::sqrt(self) }
    }

    fn sin(self) -> Self {
        Self::sin(self)
    }

    fn cos(self) -> Self {
        Self::cos(self)
    }

    fn tanh(self) -> Self {
        Self::tanh(self)
    }

    fn sinh(self) -> Self {
        Self::sinh(self)
    }

    fn cosh(self) -> Self {
        Self::cosh(self)
    }

    fn ln_cosh(self) -> Self {
        let (low, high) = (ln_cosh_of_end(self.mignitude()), ln_cosh_of_end(self.magnitude()));
        Self::new(low.lo(), high.hi()).max(Self::ZERO)
    }

    fn abs(self) -> Self {
        Self::abs(self)
    }

    fn sign(self) -> Self {
        if self.lo() >= 0.0 && self.hi() > 0.0 {
            Self::ONE
        } else if self.hi() <= 0.0 && self.lo() < 0.0 {
            -Self::ONE
        } else {
            Self::new(-1.0, 1.0)
        }
    }

    fn abs_curvature(self) -> Self {
        let kink_inside = self == Self::ZERO || (self.lo() < 0.0 && self.hi() > 0.0);
        if kink_inside { Self::ENTIRE } else { Self::ZERO }
    }

    fn probability(self) -> Self {
        let unit = Self::new(0.0, 1.0);
        self.intersection(unit).unwrap_or(unit)
    }

    fn log_sum_exp(count: usize, term: impl Fn(usize) -> Self) -> Self {
        // Increasing in every term, so the ends come from the ends.
        let low = log_sum_exp_of_ends(count, |i| term(i).lo());
        let high = log_sum_exp_of_ends(count, |i| term(i).hi());
        Self::new(low.lo(), high.hi())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_cosh_is_accurate_on_both_sides_of_the_switch() {
        // x²/2 − x⁴/12 + x⁶/45 near zero, |x| − log 2 far away.
        let x: f64 = 1e-3;
        let series = x.powi(2) / 2.0 - x.powi(4) / 12.0 + x.powi(6) / 45.0;
        let truncation = 17.0 * x.powi(8) / 2520.0;
        assert!((x.ln_cosh() - series).abs() <= truncation + 4.0 * f64::EPSILON * series);
        assert_eq!(Number::ln_cosh(-800.0), 800.0 - std::f64::consts::LN_2);
        for x in [0.0, 0.5, 0.999, 1.0, 1.001, 30.0, 1e5] {
            assert!(Number::ln_cosh(Interval::point(x)).contains(x.ln_cosh()), "{x}");
            let direct = x.cosh().ln();
            let rounding = 4.0 * f64::EPSILON * (1.0 + direct.abs());
            assert!(!direct.is_finite() || (x.ln_cosh() - direct).abs() <= rounding, "{x}");
        }
    }

    #[test]
    fn log_sum_exp_survives_deep_and_unequal_terms() {
        let deep = [-1e300, -1e300];
        assert_eq!(f64::log_sum_exp(2, |i| deep[i]), -1e300);
        assert_eq!(f64::log_sum_exp(0, |_| 0.0), f64::NEG_INFINITY);
        assert_eq!(f64::log_sum_exp(2, |i| [f64::NEG_INFINITY, 3.0][i]), 3.0);
        let two = f64::log_sum_exp(2, |_| 1000.0);
        assert!((two - 1000.0 - std::f64::consts::LN_2).abs() <= 1000.0 * f64::EPSILON);
        let wide = Interval::log_sum_exp(1, |_| Interval::new(-1e6, 2.0));
        assert!(wide.lo() <= -1e6 && wide.hi() >= 2.0 && wide.hi() < 2.0 + 16.0 * f64::EPSILON);
        let unbounded = Interval::log_sum_exp(2, |_| Interval::new(f64::NEG_INFINITY, 0.0));
        assert!(unbounded.lo() == f64::NEG_INFINITY && unbounded.contains(std::f64::consts::LN_2));
    }

    #[test]
    fn undefined_values_are_the_whole_line_on_intervals() {
        let negative = Interval::new(-2.0, -1.0);
        assert_eq!(Number::ln(negative), Interval::ENTIRE);
        assert_eq!(Number::sqrt(negative), Interval::ENTIRE);
        assert_eq!(Number::powf(negative, 1.5), Interval::ENTIRE);
        assert_eq!(Number::pow(negative, Interval::ONE), Interval::ENTIRE);
    }

    #[test]
    fn the_slope_of_abs_knows_the_kink() {
        assert_eq!(Number::sign(Interval::new(-1.0, 2.0)), Interval::new(-1.0, 1.0));
        assert_eq!(Number::sign(Interval::new(0.0, 2.0)), Interval::ONE);
        assert_eq!(Number::sign(Interval::ZERO), Interval::new(-1.0, 1.0));
        assert_eq!(Interval::ZERO.abs_curvature(), Interval::ENTIRE);
        assert_eq!(Interval::new(-3.0, 0.0).abs_curvature(), Interval::ZERO);
    }

    #[test]
    fn powers_of_floats_are_inside_those_of_intervals() {
        for x in [0.0, 0.3, -1.7, 2.0, 11.0] {
            for n in -5..=9 {
                let expected: f64 = if n < 0 { 1.0 / x.powi(-n) } else { x.powi(n) };
                let found = Number::powi(x, n);
                let rounding = 8.0 * f64::EPSILON * expected.abs();
                assert!(found == expected || (found - expected).abs() <= rounding, "{x}^{n}: {found}");
                let enclosed = Number::powi(Interval::point(x), n);
                assert!(x == 0.0 || enclosed.contains(found), "{x}^{n}: {found} {enclosed:?}");
            }
            for p in [0.5, 1.5, -0.3] {
                assert!(x >= 0.0 || (Number::powf(x, p).is_nan() && Number::pow(x, p).is_nan()));
                assert!(x <= 0.0 || Number::powf(Interval::point(x), p).contains(Number::powf(x, p)));
                assert!(
                    x <= 0.0
                        || Number::pow(Interval::point(x), Interval::point(p)).contains(Number::pow(x, p))
                );
            }
        }
        assert_eq!((Number::powf(0.0, 0.5), Number::pow(0.0, 2.0)), (0.0, 0.0));
        assert_eq!((Number::sign(-2.0), Number::sign(0.0), Number::sign(3.0)), (-1.0, 0.0, 1.0));
        assert!(Number::sign(f64::NAN).is_nan());
    }

    #[test]
    fn ranges_of_even_functions_on_intervals() {
        let wide = Number::ln_cosh(Interval::new(-3.0, 0.5));
        assert!(wide.lo() == 0.0 && wide.contains(3.0_f64.ln_cosh()));
        assert!(wide.hi() < 3.0_f64.ln_cosh() + 16.0 * f64::EPSILON);
        let away = Number::ln_cosh(Interval::new(-3.0, -2.0));
        assert!(away.contains(2.0_f64.ln_cosh()) && away.contains(3.0_f64.ln_cosh()));
        assert!(away.width() < 3.0_f64.ln_cosh() - 2.0_f64.ln_cosh() + 16.0 * f64::EPSILON);
        let clipped = Interval::new(-0.5, 0.25).probability();
        assert_eq!(
            (clipped, Interval::new(2.0, 3.0).probability()),
            (Interval::new(0.0, 0.25), Interval::new(0.0, 1.0))
        );
        // Terms so deep that they do not count, beside one that does.
        let many = f64::log_sum_exp(3, |i| [0.0, -800.0, -1.0][i]);
        assert!((many - (1.0 + (-1.0_f64).exp()).ln()).abs() < 4.0 * f64::EPSILON);
        let enclosed = Interval::log_sum_exp(3, |i| Interval::point([0.0, -800.0, -1.0][i]));
        assert!(enclosed.contains(many) && enclosed.width() < 16.0 * f64::EPSILON);
        assert_eq!(Interval::log_sum_exp(0, |_| Interval::ONE).hi(), f64::NEG_INFINITY);
    }

    #[test]
    fn logarithms_of_hyperbolic_cosines_on_either_side_of_the_switch() {
        let rounding = 4.0 * f64::EPSILON;
        for a in [1e-8, 0.3, LN_COSH_SWITCH * 0.999, LN_COSH_SWITCH, LN_COSH_SWITCH * 1.001, 5.0, 800.0] {
            // By e^{−2a} and by sinh², one of which is accurate.
            let exact = if a < 0.1 {
                0.5 * (a.sinh() * a.sinh()).ln_1p()
            } else {
                a + (-2.0 * a).exp().ln_1p() - 2.0_f64.ln()
            };
            for x in [a, -a] {
                assert!((Number::ln_cosh(x) - exact).abs() <= rounding * (1.0 + exact), "{x}");
            }
            let found = ln_cosh_of_end(a);
            assert!(found.width() <= 16.0 * rounding * (1.0 + exact), "{a}: {found:?}");
            assert!((found.mid() - exact).abs() <= found.width() + rounding * exact, "{a}: {found:?}");
        }
        let sum = log_sum_exp_of_ends(3, |i| [1.0, -2.0, 0.5][i]);
        let exact = (1.0_f64.exp() + (-2.0_f64).exp() + 0.5_f64.exp()).ln();
        assert!((sum.mid() - exact).abs() < rounding && sum.width() < 8.0 * rounding, "{sum:?}");
        assert_eq!(log_sum_exp_of_ends(0, |_| 0.0).hi(), f64::NEG_INFINITY);
        let plain = f64::log_sum_exp(3, |i| [1.0, -2.0, 0.5][i]);
        assert!((plain - exact).abs() < rounding);
        assert_eq!(f64::log_sum_exp(2, |_| f64::NEG_INFINITY), f64::NEG_INFINITY);
    }
}
