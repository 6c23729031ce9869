//! Bounds of a formula on a whole half-line `[Y, ∞)`.
//!
//! Interval arithmetic on `[Y, ∞)` loses `x³ − x` to `∞ − ∞`. A [`Germ`] keeps the polynomial part of a
//! formula symbolically and everything else as a range, so that polynomials, and what they
//! dominate, keep their leading terms. Evaluating a potential on jets over germs gives proved
//! bounds of its slope along a tail.

use super::number::Number;
use crate::enclosure::Interval;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Highest power kept symbolically.
const DEGREE: usize = 8;

/// A function on `[from, ∞)`: a polynomial with enclosed coefficients plus a rest with known range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Germ {
    /// Left end of the half-line, positive (0 for constants, which live on every half-line).
    from: f64,
    coefficients: [Interval; DEGREE + 1],
    rest: Interval,
}

impl Germ {
    /// The variable `x ≥ from > 0` (a `from` that is not positive gives a germ that knows nothing).
    pub fn variable(from: f64) -> Self {
        let mut germ = Self::constant(Interval::ZERO);
        if from > 0.0 && from.is_finite() {
            germ.from = from;
            germ.coefficients[1] = Interval::ONE;
        } else {
            germ.rest = Interval::ENTIRE;
        }
        germ
    }

    fn constant(value: Interval) -> Self {
        let mut coefficients = [Interval::ZERO; DEGREE + 1];
        coefficients[0] = value;
        Self { from: 0.0, coefficients, rest: Interval::ZERO }
    }

    /// A function of which only the range on the half-line is known.
    fn ranged(from: f64, range: Interval) -> Self {
        Self { from, rest: range, ..Self::constant(Interval::ZERO) }
    }

    fn degree(&self) -> usize {
        (1..=DEGREE).rev().find(|&k| self.coefficients[k] != Interval::ZERO).unwrap_or(0)
    }

    /// Enclosure of all values on `[from, ∞)`.
    pub fn range(&self) -> Interval {
        let degree = self.degree();
        let polynomial = if degree == 0 {
            self.coefficients[0]
        } else {
            // x^d (c_d + c_{d−1} t + … + c_0 t^d) with t = 1/x ∈ [0, 1/from].
            let t = Interval::new(0.0, (Interval::ONE / Interval::point(self.from)).hi());
            let head = self.coefficients[..=degree].iter().fold(Interval::ZERO, |sum, &c| sum * t + c);
            let least = Interval::point(self.from).powi(i32::try_from(degree).unwrap_or(0)).lo();
            let power = Interval::new(least.min(f64::MAX), f64::INFINITY);
            head * power
        };
        polynomial + self.rest
    }

    fn map(self, f: impl FnOnce(Interval) -> Interval) -> Self {
        if self.degree() == 0 && self.rest == Interval::ZERO {
            return Self { from: self.from, ..Self::constant(f(self.coefficients[0])) };
        }
        Self::ranged(self.from, f(self.range()))
    }
}

impl Add for Germ {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let mut sum = self;
        sum.from = self.from.max(other.from);
        for (a, b) in sum.coefficients.iter_mut().zip(other.coefficients) {
            *a = *a + b;
        }
        sum.rest = self.rest + other.rest;
        sum
    }
}

impl Neg for Germ {
    type Output = Self;
    fn neg(self) -> Self {
        Self { from: self.from, coefficients: self.coefficients.map(Neg::neg), rest: -self.rest }
    }
}

impl Sub for Germ {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + (-other)
    }
}

impl Mul for Germ {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let from = self.from.max(other.from);
        let (p, q) = (self.degree(), other.degree());
        let mixed_terms_stay_ranges =
            (other.rest == Interval::ZERO || p == 0) && (self.rest == Interval::ZERO || q == 0);
        if p + q > DEGREE || !mixed_terms_stay_ranges {
            return Self::ranged(from, self.range() * other.range());
        }
        let mut product = Self::constant(Interval::ZERO);
        product.from = from;
        for (i, a) in self.coefficients[..=p].iter().enumerate() {
            for (j, b) in other.coefficients[..=q].iter().enumerate() {
                product.coefficients[i + j] = product.coefficients[i + j] + *a * *b;
            }
        }
        // Of the mixed products only those with a constant factor are left, or with a zero rest.
        let (a, b) = (self.coefficients[0], other.coefficients[0]);
        let zero = Interval::ZERO;
        let mixed = |c: Interval, rest: Interval| if c == zero || rest == zero { zero } else { c * rest };
        product.rest = mixed(a, other.rest) + mixed(b, self.rest) + mixed(self.rest, other.rest);
        product
    }
}

impl Div for Germ {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        if other.degree() == 0 && other.rest == Interval::ZERO && !other.coefficients[0].contains(0.0) {
            let by = other.coefficients[0];
            let mut quotient = self;
            let divided = |c: Interval| if c == Interval::ZERO { c } else { c / by };
            quotient.coefficients = self.coefficients.map(divided);
            quotient.rest = divided(self.rest);
            return quotient;
        }
        Self::ranged(self.from.max(other.from), self.range() / other.range())
    }
}

impl Number for Germ {
    fn from_f64(x: f64) -> Self {
        Self::constant(Interval::point(x))
    }

    fn from_interval(x: Interval) -> Self {
        Self::constant(x)
    }

    fn representative(self) -> f64 {
        // Well inside the half-line, where the leading term has taken over.
        let x = 8.0 * self.from;
        self.coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c.mid())
    }

    fn powi(self, exponent: i32) -> Self {
        let count = exponent.unsigned_abs() as usize;
        if exponent >= 0 && self.rest == Interval::ZERO && self.degree() * count <= DEGREE {
            return (0..count).fold(Self::from_f64(1.0), |product, _| product * self);
        }
        self.map(|x| x.powi(exponent))
    }

    fn powf(self, exponent: f64) -> Self {
        self.map(|x| Number::powf(x, exponent))
    }

    fn exp(self) -> Self {
        self.map(Interval::exp)
    }

    fn ln(self) -> Self {
        self.map(Number::ln)
    }

    fn sqrt(self) -> Self {
        self.map(Number::sqrt)
    }

    fn sin(self) -> Self {
        self.map(Interval::sin)
    }

    fn cos(self) -> Self {
        self.map(Interval::cos)
    }

    fn tanh(self) -> Self {
        self.map(Interval::tanh)
    }

    fn sinh(self) -> Self {
        self.map(Interval::sinh)
    }

    fn cosh(self) -> Self {
        self.map(Interval::cosh)
    }

    fn ln_cosh(self) -> Self {
        self.map(Number::ln_cosh)
    }

    fn abs(self) -> Self {
        let range = self.range();
        if range.lo() >= 0.0 {
            self
        } else if range.hi() <= 0.0 {
            -self
        } else {
            Self::ranged(self.from, range.abs())
        }
    }

    fn sign(self) -> Self {
        Self::ranged(self.from, self.range().sign())
    }

    fn abs_curvature(self) -> Self {
        Self::ranged(self.from, self.range().abs_curvature())
    }

    fn probability(self) -> Self {
        self.map(Number::probability)
    }

    fn log_sum_exp(count: usize, term: impl Fn(usize) -> Self) -> Self {
        let height = |i: &usize| term(*i).representative();
        let Some(dominant) = (0..count).max_by(|i, j| height(i).total_cmp(&height(j))) else {
            return Self::from_f64(f64::NEG_INFINITY);
        };
        let pivot = term(dominant);
        let others: Interval =
            (0..count).filter(|i| *i != dominant).map(|i| (term(i) - pivot).range().exp()).sum();
        let excess = Interval::new(others.lo().max(0.0), others.hi()).ln_1p();
        pivot + Self::ranged(pivot.from, excess)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::jet::Jet;

    fn slope(from: f64, potential: impl Fn(Jet<Germ, 1>) -> Jet<Germ, 1>) -> Interval {
        potential(Jet::variable(Germ::variable(from))).coefficient(1).range()
    }

    #[test]
    fn polynomials_keep_their_leading_term() {
        // V' = x³ − 3x on [4, ∞), least at 4: 52.
        let c = Jet::<Germ, 1>::from_f64;
        let bound = slope(4.0, |x| x.powi(4) / c(4.0) - c(1.5) * x.square());
        assert!(bound.lo() > 50.0 && bound.lo() <= 52.0, "{bound:?}");
        assert!(bound.hi() == f64::INFINITY);
        let negative = slope(4.0, |x| -(x.powi(3)));
        assert!(negative.hi() <= -47.9 && negative.lo() == f64::NEG_INFINITY);
    }

    #[test]
    fn bounded_perturbations_and_mixtures_are_dominated() {
        let c = Jet::<Germ, 1>::from_f64;
        let wavy = slope(8.0, |x| x.square() / c(2.0) + c(0.5) * (c(3.0) * x).cos());
        assert!(wavy.lo() > 6.4 && wavy.lo() <= 6.5, "{wavy:?}");
        let mixture = slope(9.0, |x| {
            -Jet::log_sum_exp(2, |i| {
                let (centre, std) = [(-2.0, 0.5), (2.0, 1.0)][i];
                -((x - c(centre)) / c(std)).square() / c(2.0)
            })
        });
        assert!(mixture.lo() > 6.9 && mixture.lo() <= 7.0, "{mixture:?}");
        let logistic = slope(30.0, |x| c(2.0) * (x / c(2.0)).ln_cosh());
        assert!(logistic.lo() > 1.0 - 1e-12 && logistic.hi() <= 1.0 + 1e-12);
    }

    /// A range holds all values from the end of the half-line on, and its ends are near the extreme ones that are finite.
    #[track_caller]
    fn holds(germ: Germ, from: f64, f: impl Fn(f64) -> f64, tight: [f64; 2]) {
        let range = germ.range();
        for k in 0..200 {
            let x = from * 1.05_f64.powi(k);
            let slack = 1e-9 * (1.0 + f(x).abs());
            assert!(
                range.lo() - slack <= f(x) && f(x) <= range.hi() + slack,
                "{x}: {} not in {range:?}",
                f(x)
            );
        }
        let near =
            |found: f64, wanted: f64| found == wanted || (found - wanted).abs() < 1e-9 * (1.0 + wanted.abs());
        assert!(near(range.lo(), tight[0]) && near(range.hi(), tight[1]), "{range:?} {tight:?}");
    }

    #[test]
    fn ranges_hold_the_values_and_are_tight_where_they_can_be() {
        let (x, c) = (Germ::variable(2.0), Germ::from_f64);
        let infinite = f64::INFINITY;
        holds(x, 2.0, |x| x, [2.0, infinite]);
        holds(c(3.0) * x * x - x, 2.0, |x| 3.0 * x * x - x, [10.0, infinite]);
        holds(-(x * x) + c(1.0), 2.0, |x| 1.0 - x * x, [-infinite, -3.0]);
        holds((x + c(1.0)).powi(2), 2.0, |x| (x + 1.0).powi(2), [4.0, infinite]);
        holds(x.powi(3) / c(-2.0), 2.0, |x| -0.5 * x.powi(3), [-infinite, -4.0]);
        holds(c(1.0) / x, 2.0, |x| 1.0 / x, [0.0, 0.5]);
        holds(x.powi(-2), 2.0, |x| 1.0 / (x * x), [0.0, 0.25]);
        holds(x + x.sin(), 2.0, |x| x + x.sin(), [1.0, infinite]);
        holds(c(2.0) * (x.cos() + c(3.0)), 2.0, |x| 2.0 * x.cos() + 6.0, [4.0, 8.0]);
        holds(x.sin() * x.cos(), 2.0, |x| x.sin() * x.cos(), [-1.0, 1.0]);
        holds(x * x.sin() - x * x.sin(), 2.0, |_| 0.0, [-infinite, infinite]);
        holds((-x).exp(), 2.0, |x| (-x).exp(), [0.0, (-2.0_f64).exp()]);
        holds(x.ln(), 2.0, f64::ln, [2.0_f64.ln(), infinite]);
        holds(x.sqrt(), 2.0, f64::sqrt, [2.0_f64.sqrt(), infinite]);
        // Beyond the highest power that is kept only the range is.
        holds(x.powi(8) - x.powi(2), 2.0, |x| x.powi(8) - x * x, [252.0, infinite]);
        holds(x.powi(5) * x.powi(4), 2.0, |x| x.powi(9), [512.0, infinite]);
        assert_eq!((x.powi(9) - x.powi(9)).range(), Interval::ENTIRE);
        // The larger of two ends counts.
        let later = Germ::variable(5.0);
        holds(x + later, 5.0, |x| 2.0 * x, [10.0, infinite]);
        holds(later * x, 5.0, |x| x * x, [25.0, infinite]);
        holds(later - c(1.0), 5.0, |x| x - 1.0, [4.0, infinite]);
        holds(c(1.0) / (c(1.0) + later * x), 5.0, |x| 1.0 / (1.0 + x * x), [0.0, 1.0 / 25.0]);
    }

    #[test]
    fn absolute_values_keep_what_has_one_sign() {
        let (x, c) = (Germ::variable(2.0), Germ::from_f64);
        // Still a polynomial, not only a range.
        let square = x * x;
        assert_eq!(Number::abs(square), square);
        assert_eq!(Number::abs(-square), square);
        holds(Number::abs(c(1.0) - x), 2.0, |x| x - 1.0, [1.0, f64::INFINITY]);
        holds(Number::abs(x.sin()), 2.0, |x| x.sin().abs(), [0.0, 1.0]);
        holds(Number::abs(x.sin() - c(3.0)), 2.0, |x| 3.0 - x.sin(), [2.0, 4.0]);
        holds(Number::sign(x), 2.0, |_| 1.0, [1.0, 1.0]);
        holds(Number::sign(-x), 2.0, |_| -1.0, [-1.0, -1.0]);
        assert!(x.representative() > 2.0 && (c(2.0) * x * x - x).representative() > 0.0);
        assert!((c(5.0) - x).representative() < 0.0);
        // log(e^{−x} + e^{−2x}) = −x + log(1 + e^{−x}).
        let sum = Germ::log_sum_exp(2, |i| if i == 0 { -(x + x) } else { -x });
        let excess = (sum + x).range();
        assert!(excess.lo().abs() < 1e-12, "{excess:?}");
        assert!((excess.hi() - (-2.0_f64).exp().ln_1p()).abs() < 1e-12, "{excess:?}");
    }

    #[test]
    fn what_is_not_known_is_unbounded() {
        assert_eq!(Germ::variable(-1.0).range(), Interval::ENTIRE);
        let x = Germ::variable(1.0);
        assert_eq!((x * x.sin()).range(), Interval::ENTIRE);
        assert!((x - x).range().contains(0.0));
    }

    /// A name, the germ and the function.
    type Case = (&'static str, Germ, fn(f64) -> f64);

    /// Values at points of the half-line, near and far.
    fn samples(from: f64, f: impl Fn(f64) -> f64) -> Vec<f64> {
        [1.0, 1.01, 1.3, 2.0, 7.0, 1e2, 1e4].map(|t| f(from * t)).to_vec()
    }

    #[test]
    fn ranges_contain_all_values_and_begin_at_the_least() {
        /// Relative, of some operations on intervals.
        const ROUNDING: f64 = 1e-12;
        let c = Germ::from_f64;
        let (from, x) = (3.0, Germ::variable(3.0));
        let cases: [Case; 9] = [
            ("x", x, |x| x),
            ("x² − 2x + 5", x.square() - c(2.0) * x + c(5.0), |x| x * x - 2.0 * x + 5.0),
            ("(x − 1)(x + 2)", (x - c(1.0)) * (x + c(2.0)), |x| (x - 1.0) * (x + 2.0)),
            ("x³/4", x.powi(3) / c(4.0), |x| x.powi(3) / 4.0),
            ("|x|", x.abs(), |x| x),
            ("|−x|", (-x).abs(), |x| x),
            ("x·x^7", x * x.powi(7), |x| x.powi(8)),
            ("x + sin x", x + x.sin(), |x| x + x.sin()),
            ("2(x + sin x)", c(2.0) * (x + x.sin()), |x| 2.0 * (x + x.sin())),
        ];
        for (name, germ, f) in cases {
            let range = germ.range();
            assert!(samples(from, f).iter().all(|y| range.contains(*y)), "{name}: {range:?}");
            assert!(range.hi() == f64::INFINITY, "{name}");
        }
        // Exact at the end where the polynomial increases coefficient by coefficient in 1/x, else near it.
        assert!((x.range().lo() - 3.0).abs() < ROUNDING);
        assert!((x.powi(3).range().lo() - 27.0).abs() < 27.0 * ROUNDING);
        assert!((x + x.sin()).range().lo() > 2.0 - ROUNDING && (x + x.sin()).range().lo() < 2.1);
        let square = (x.square() - c(2.0) * x + c(5.0)).range().lo();
        assert!(square > 2.9 && square <= 8.0, "{square}");
        // What falls to nothing.
        let inverse = (c(1.0) / x).range();
        assert!(inverse.contains(0.0) && (inverse.hi() - 1.0 / 3.0).abs() < ROUNDING);
        let gone = (-x.square()).exp().range();
        assert!(gone.lo() <= 0.0 && gone.hi() >= (-9.0_f64).exp() && gone.hi() < 1.1 * (-9.0_f64).exp());
        assert!((x.ln().range().lo() - 3.0_f64.ln()).abs() < ROUNDING);
        assert!((x.sqrt().range().lo() - 3.0_f64.sqrt()).abs() < ROUNDING);
        assert!(x.tanh().range().hi() <= 1.0 && x.tanh().range().lo() > 0.99);
        assert!((x.cosh().range().lo() - 3.0_f64.cosh()).abs() < 1e2 * ROUNDING);
        assert!((x.sinh().range().lo() - 3.0_f64.sinh()).abs() < 1e2 * ROUNDING);
        assert!((x.powf(1.5).range().lo() - 3.0_f64.powf(1.5)).abs() < 1e2 * ROUNDING);
        assert_eq!((x.sign().range(), (-x).sign().range()), (Interval::ONE, -Interval::ONE));
    }

    #[test]
    fn degrees_and_representatives() {
        let c = Germ::from_f64;
        let x = Germ::variable(2.0);
        assert_eq!((c(7.0).degree(), x.degree(), x.powi(8).degree()), (0, 1, 8));
        // Beyond the highest power only the range is kept.
        assert_eq!(x.powi(9).degree(), 0);
        assert!(x.powi(9).range().lo() >= 511.0 && x.powi(9).range().lo() <= 512.0);
        // 8 times the end: 16² − 3·16 + 1.
        assert!((x.square() - c(3.0) * x + c(1.0)).representative() == 209.0);
        let sum = Germ::log_sum_exp(2, |i| if i == 0 { x } else { -x });
        let value = 2.0 + (1.0 + (-4.0_f64).exp()).ln();
        assert!(sum.range().contains(value) && sum.range().lo() > 1.99);
        assert_eq!(Germ::log_sum_exp(0, |_| x).range().hi(), f64::NEG_INFINITY);
    }
}
