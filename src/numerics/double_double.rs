//! Double-double arithmetic: an unevaluated sum `hi + lo` of two floats, about 32 digits.
//!
//! The algorithms are the classical error-free transformations (Knuth's two-sum, Veltkamp's
//! splitting, Dekker's product), which need no fused multiply-add instruction. Sums and
//! products carry a relative error of at most 3u² and 7u² with u = 2⁻⁵³ (Joldes, Muller,
//! Popescu, *Tight and rigorous error bounds for basic building blocks of double-word
//! arithmetic*, ACM Trans. Math. Softw. 44, 2017, algorithms 6 and 10); [`Dd::UNIT`] is an
//! upper bound for both with room to spare. The bounds hold while no intermediate overflows
//! (operands below 2⁹⁹⁵) and no part of a product underflows; an underflow costs at most
//! [`Dd::UNDERFLOW`] in absolute terms.

use crate::enclosure::{Enclosure, Interval};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The unevaluated sum `hi + lo` with `|lo|` at most half a unit in the last place of `hi`.
///
/// ```
/// use dald::numerics::double_double::Dd;
/// let third = Dd::from(1.0) / Dd::from(3.0);
/// assert!((third * Dd::from(3.0) - Dd::from(1.0)).hi().abs() < Dd::UNIT);
/// ```
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default)]
pub struct Dd {
    // The derived order compares `hi` first and `lo` second, which is the order of the sums
    // because the pair is normalised.
    hi: f64,
    lo: f64,
}

/// `a + b` as a rounded sum and its exact error (Knuth).
#[inline]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let b_virtual = s - a;
    (s, (a - (s - b_virtual)) + (b - b_virtual))
}

/// The same for `|a| ≥ |b|` (Dekker).
#[inline]
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, b - (s - a))
}

/// Two halves of 26 bits each, whose products are exact (Veltkamp).
#[inline]
fn split(a: f64) -> (f64, f64) {
    const SPLITTER: f64 = 134_217_729.0; // 2²⁷ + 1
    let c = SPLITTER * a;
    let high = c - (c - a);
    (high, a - high)
}

/// `a·b` as a rounded product and its exact error (Dekker).
#[inline]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    let (a_high, a_low) = split(a);
    let (b_high, b_low) = split(b);
    (p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low)
}

impl Dd {
    /// The number zero.
    pub const ZERO: Self = Self { hi: 0.0, lo: 0.0 };
    /// The number one.
    pub const ONE: Self = Self { hi: 1.0, lo: 0.0 };
    /// Upper bound 2⁻¹⁰² = 16u² for the relative error of a sum or a product.
    pub const UNIT: f64 = 1.9721522630525295e-31;
    /// Upper bound 2⁻¹⁰⁷⁰ for what underflow adds to the error of one product: the four partial
    /// products and the two cross terms lose at most half of 2⁻¹⁰⁷⁴ each.
    pub const UNDERFLOW: f64 = 7.90505033345994e-323;

    /// Leading part: the float nearest to the number.
    #[inline]
    pub fn hi(self) -> f64 {
        self.hi
    }

    /// Trailing part.
    #[inline]
    pub fn lo(self) -> f64 {
        self.lo
    }

    /// `a + b` without any error (for finite operands whose sum does not overflow).
    #[inline]
    pub fn sum(a: f64, b: f64) -> Self {
        let (hi, lo) = two_sum(a, b);
        Self { hi, lo }
    }

    /// `a − b` without any error.
    #[inline]
    pub fn difference(a: f64, b: f64) -> Self {
        Self::sum(a, -b)
    }

    /// `a·b` without any error (barring underflow and overflow).
    #[inline]
    pub fn product(a: f64, b: f64) -> Self {
        let (hi, lo) = two_product(a, b);
        Self { hi, lo }
    }

    /// Absolute value.
    #[inline]
    pub fn abs(self) -> Self {
        if self.hi < 0.0 { -self } else { self }
    }

    /// Product with a power of two: exact unless a part leaves the normal range.
    #[inline]
    pub fn times_power_of_two(self, power: f64) -> Self {
        Self { hi: self.hi * power, lo: self.lo * power }
    }

    /// Square root of a non-negative number (NaN for a negative one); one Newton step from the
    /// square root of the leading part, relative error below [`Dd::UNIT`].
    pub fn sqrt(self) -> Self {
        if self.hi == 0.0 {
            return Self::ZERO;
        }
        let root = self.hi.sqrt();
        let remainder = self - Self::product(root, root);
        let (hi, lo) = fast_two_sum(root, remainder.hi / (2.0 * root));
        Self { hi, lo }
    }

    /// Neither part infinite or NaN.
    pub fn is_finite(self) -> bool {
        self.hi.is_finite() && self.lo.is_finite()
    }

    /// All numbers within `error ≥ 0` of this one, rounded outward to floats; a point if the
    /// number is a float and `error` is 0.
    pub fn to_interval(self, error: f64) -> Interval {
        if error == 0.0 && self.is_finite() {
            let lo = if self.lo < 0.0 { self.hi.next_down() } else { self.hi };
            let hi = if self.lo > 0.0 { self.hi.next_up() } else { self.hi };
            return Interval::new(lo, hi);
        }
        Interval::point(self.hi) + Interval::around(self.lo, error)
    }

    /// [`Dd::to_interval`] as an enclosure (Certified: `error` has to be a proven bound).
    pub fn to_enclosure(self, error: f64) -> Enclosure {
        Enclosure::certified(self.to_interval(error))
    }
}

impl From<f64> for Dd {
    #[inline]
    fn from(x: f64) -> Self {
        Self { hi: x, lo: 0.0 }
    }
}

impl Neg for Dd {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { hi: -self.hi, lo: -self.lo }
    }
}

impl Add for Dd {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        let (s, s_error) = two_sum(self.hi, other.hi);
        let (t, t_error) = two_sum(self.lo, other.lo);
        let (s, rest) = fast_two_sum(s, s_error + t);
        let (hi, lo) = fast_two_sum(s, t_error + rest);
        Self { hi, lo }
    }
}

impl Sub for Dd {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        self + (-other)
    }
}

impl Mul for Dd {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        let (p, error) = two_product(self.hi, other.hi);
        let (hi, lo) = fast_two_sum(p, error + (self.hi * other.lo + self.lo * other.hi));
        Self { hi, lo }
    }
}

impl Div for Dd {
    type Output = Self;
    /// Long division with three quotient digits.
    fn div(self, other: Self) -> Self {
        let first = self.hi / other.hi;
        let remainder = self - other * Self::from(first);
        let second = remainder.hi / other.hi;
        let remainder = remainder - other * Self::from(second);
        let third = remainder.hi / other.hi;
        let (hi, lo) = fast_two_sum(first, second);
        Self { hi, lo } + Self::from(third)
    }
}

impl std::iter::Sum for Dd {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A double-double whose parts are dyadic with few bits: sums and products of two of them fit
    /// into 128-bit integers, which makes exact comparisons possible.
    const GRID: f64 = 1.0 / 1_125_899_906_842_624.0; // 2⁻⁵⁰

    fn on_grid(n: i64) -> Dd {
        // 60-bit integers do not fit into one float: both parts are in use.
        let high = (n >> 30) as f64 * 1_073_741_824.0;
        Dd::sum(high, (n & 0x3fff_ffff) as f64).times_power_of_two(GRID)
    }

    /// `x·2^shift` as an integer; exact for the numbers that the tests below build.
    fn scaled_integer(x: Dd, scale: f64) -> i128 {
        let (hi, lo) = (x.hi() * scale, x.lo() * scale);
        assert!(hi.fract() == 0.0 && lo.fract() == 0.0);
        #[expect(clippy::cast_possible_truncation, reason = "whole numbers below 2^127")]
        let parts = (hi as i128, lo as i128);
        parts.0 + parts.1
    }

    proptest! {
        #[test]
        fn sum_and_difference_are_exact_when_they_fit(a in -(1i64 << 60)..(1i64 << 60), b in -(1i64 << 60)..(1i64 << 60)) {
            let (x, y) = (on_grid(a), on_grid(b));
            prop_assert_eq!(scaled_integer(x + y, 1.0 / GRID), i128::from(a) + i128::from(b));
            prop_assert_eq!(scaled_integer(x - y, 1.0 / GRID), i128::from(a) - i128::from(b));
            prop_assert_eq!(x < y, a < b);
        }

        #[test]
        fn product_of_floats_is_exact(a in -(1i64 << 52)..(1i64 << 52), b in -(1i64 << 52)..(1i64 << 52)) {
            prop_assert_eq!(scaled_integer(Dd::product(a as f64, b as f64), 1.0), i128::from(a) * i128::from(b));
        }

        #[test]
        fn product_is_within_the_stated_error(a in -(1i64 << 60)..(1i64 << 60), b in -(1i64 << 60)..(1i64 << 60)) {
            // ab·2⁻¹⁰⁰ against the exact 120-bit product.
            let exact = i128::from(a) * i128::from(b);
            let product = on_grid(a) * on_grid(b);
            let (hi, lo) = (product.hi() / GRID / GRID, product.lo() / GRID / GRID);
            #[expect(clippy::cast_possible_truncation, reason = "both are below 2^121; the fraction of lo is added below")]
            let error = (exact - hi as i128 - lo.floor() as i128) as f64 - lo.fract();
            prop_assert!(error.abs() <= Dd::UNIT * (exact as f64).abs() + 1.0);
        }

        #[test]
        fn division_and_square_root_invert(a in 1.0f64..1e3, b in 1.0f64..1e3, tail in -1.0f64..1.0) {
            let x = Dd::sum(a, tail * f64::EPSILON * 0.25);
            let y = Dd::from(b);
            let units = 4.0; // division, product, two for the comparison
            prop_assert!((x / y * y - x).abs().hi() <= units * Dd::UNIT * a);
            let root = x.sqrt();
            prop_assert!((root * root - x).abs().hi() <= units * Dd::UNIT * a);
        }

        #[test]
        fn interval_contains_the_number_and_little_else(a in -1e3f64..1e3, tail in -1.0f64..1.0, error in 0.0f64..1e-20) {
            let x = Dd::sum(a, tail * f64::EPSILON * a.abs() * 0.25);
            let interval = x.to_interval(error);
            prop_assert!(Dd::from(interval.lo()) <= x - Dd::from(error));
            prop_assert!(Dd::from(interval.hi()) >= x + Dd::from(error));
            let outward_steps = 6.0;
            prop_assert!(interval.width() <= outward_steps * f64::EPSILON * a.abs() + 4.0 * error);
        }
    }

    #[test]
    fn special_values_do_not_slip_through() {
        assert_eq!(Dd::ZERO.sqrt(), Dd::ZERO);
        assert!(!Dd::from(-1.0).sqrt().is_finite());
        assert!(!(Dd::ONE / Dd::ZERO).is_finite());
        assert_eq!(Dd::from(2.0).to_interval(0.0), Interval::point(2.0));
        assert_eq!(Dd::from(f64::NAN).to_interval(0.0), Interval::ENTIRE);
        assert_eq!(Dd::ONE.to_interval(f64::NAN), Interval::ENTIRE);
    }
}
