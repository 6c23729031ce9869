//! Truncated Taylor series in one variable: exact derivatives, rigorous on intervals.
//!
//! A [`Jet`] over `f64` carries the value and the first `ORDER` Taylor coefficients of a formula
//! at a point, without truncation error. A jet over [`Interval`]
//! carries enclosures of the coefficients at *every* point of the interval that the variable was
//! given, which is what remainder terms of quadrature and Taylor expansions need.
//!
//! The recurrences are the classical ones (Griewank and Walther, *Evaluating Derivatives*, 2008,
//! chapter 13); powers, logarithms and absolute values are composed from the Taylor coefficients
//! of the outer function, so that an infinite derivative (a root at 0) shows up as an infinite
//! coefficient in its own place and does not disturb the lower ones.

use super::number::Number;
use crate::enclosure::Interval;
use std::array;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Value and Taylor coefficients `1 … ORDER` of a function of one variable.
///
/// ```
/// use dald::numerics::{jet::Jet, number::Number};
/// let x = Jet::<f64, 2>::variable(3.0);
/// let y = x.powi(3);
/// assert_eq!((y.value(), y.derivative(1), y.derivative(2)), (27.0, 27.0, 18.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jet<N, const ORDER: usize> {
    value: N,
    /// Coefficients of h, h², …; the k-th derivative is k! times the k-th coefficient.
    higher: [N; ORDER],
}

impl<N: Number, const ORDER: usize> Jet<N, ORDER> {
    /// The variable itself at the point (or over the interval) `x`: coefficients `x, 1, 0, …`.
    pub fn variable(x: N) -> Self {
        Self::build(|k, _| match k {
            0 => x,
            1 => N::from_f64(1.0),
            _ => N::from_f64(0.0),
        })
    }

    /// A constant: all derivatives vanish.
    pub fn constant(value: N) -> Self {
        Self { value, higher: [N::from_f64(0.0); ORDER] }
    }

    /// The value.
    pub fn value(&self) -> N {
        self.value
    }

    /// Taylor coefficient `k ≤ ORDER`; coefficient 0 is the value.
    ///
    /// # Panics
    /// If `k > ORDER`: the jet does not know that coefficient.
    pub fn coefficient(&self, k: usize) -> N {
        if k == 0 { self.value } else { self.higher[k - 1] }
    }

    /// Derivative of order `k ≤ ORDER`, that is `k!` times [`Jet::coefficient`].
    ///
    /// # Panics
    /// If `k > ORDER`.
    pub fn derivative(&self, k: usize) -> N {
        let factorial: f64 = (1..=k).map(|j| j as f64).product();
        if k <= 1 { self.coefficient(k) } else { self.coefficient(k) * N::from_f64(factorial) }
    }

    /// Fills the coefficients in ascending order; `rule(k, so_far)` may use those below `k`.
    fn build(rule: impl Fn(usize, &Self) -> N) -> Self {
        let mut jet = Self::constant(N::from_f64(0.0));
        jet.value = rule(0, &jet);
        for k in 1..=ORDER {
            jet.higher[k - 1] = rule(k, &jet);
        }
        jet
    }

    /// Applies `f` to every coefficient.
    fn map(self, f: impl Fn(N) -> N) -> Self {
        Self { value: f(self.value), higher: self.higher.map(f) }
    }

    /// Combines two jets coefficient by coefficient.
    fn zip(self, other: Self, f: impl Fn(N, N) -> N) -> Self {
        Self {
            value: f(self.value, other.value),
            higher: array::from_fn(|k| f(self.higher[k], other.higher[k])),
        }
    }

    /// `Σ_{first ≤ j ≤ last} a_j b_{k−j}`.
    fn convolution(a: &Self, b: &Self, k: usize, first: usize, last: usize) -> N {
        (first..=last)
            .map(|j| a.coefficient(j) * b.coefficient(k - j))
            .reduce(|x, y| x + y)
            .unwrap_or(N::from_f64(0.0))
    }

    /// `(1/k) Σ_{1 ≤ j ≤ k} j a_j b_{k−j}`: coefficient `k` of the `w` with `w' = a' b`.
    fn integral_coefficient(a: &Self, b: &Self, k: usize) -> N {
        let sum = (1..=k)
            .map(|j| N::from_f64(j as f64) * a.coefficient(j) * b.coefficient(k - j))
            .reduce(|x, y| x + y)
            .unwrap_or(N::from_f64(0.0));
        sum / N::from_f64(k as f64)
    }

    /// Composition with an outer function that has the value `value` and the Taylor coefficients
    /// `outer(k)`, `k ≥ 1`, at [`Jet::value`]; only non-vanishing powers are touched, so an
    /// infinite outer coefficient stays in its place. Outer coefficients beyond `last` vanish.
    fn compose(self, value: N, last: usize, outer: impl Fn(usize) -> N) -> Self {
        let mut result = Self::constant(value);
        let increment = Self { value: N::from_f64(0.0), ..self };
        let mut power = increment;
        let last = last.min(ORDER);
        for k in 1..=last {
            let factor = outer(k);
            for n in k..=ORDER {
                let term = factor * power.coefficient(n);
                result.higher[n - 1] = if k == 1 { term } else { result.higher[n - 1] + term };
            }
            if k < last {
                // Coefficients of (u − u₀)^(k+1) start at k + 1.
                power = Self::build(|n, _| {
                    if n <= k { N::from_f64(0.0) } else { Self::convolution(&increment, &power, n, 1, n - k) }
                });
            }
        }
        result
    }

    /// `f` and `f'` of a pair of functions with `f' = u' g`, `g' = ± u' f`.
    fn pair(self, f0: N, g0: N, sign: f64) -> (Self, Self) {
        let (mut f, mut g) = (Self::constant(f0), Self::constant(g0));
        for k in 1..=ORDER {
            let (next_f, next_g) =
                (Self::integral_coefficient(&self, &g, k), Self::integral_coefficient(&self, &f, k));
            f.higher[k - 1] = next_f;
            g.higher[k - 1] = if sign < 0.0 { -next_g } else { next_g };
        }
        (f, g)
    }

    /// Every derivative vanishes.
    fn is_constant(&self) -> bool {
        self.higher.iter().all(|&c| c == N::from_f64(0.0))
    }
}

impl<N: Number, const ORDER: usize> Add for Jet<N, ORDER> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl<N: Number, const ORDER: usize> Sub for Jet<N, ORDER> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl<N: Number, const ORDER: usize> Neg for Jet<N, ORDER> {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(|a| -a)
    }
}

impl<N: Number, const ORDER: usize> Mul for Jet<N, ORDER> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::build(|k, _| Self::convolution(&self, &other, k, 0, k))
    }
}

impl<N: Number, const ORDER: usize> Div for Jet<N, ORDER> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::build(|k, quotient| {
            let known = if k == 0 {
                self.value
            } else {
                self.coefficient(k) - Self::convolution(quotient, &other, k, 0, k - 1)
            };
            known / other.value
        })
    }
}

/// Binomial coefficient `C(a, k)` of a real `a`.
fn binomial(a: f64, k: usize) -> f64 {
    (0..k).fold(1.0, |product, j| product * (a - j as f64) / (j + 1) as f64)
}

/// The same as a [`Number`], every operation of which counts its own rounding.
fn binomial_number<N: Number>(a: f64, k: usize) -> N {
    (0..k).fold(N::from_f64(1.0), |product, j| {
        product * (N::from_f64(a) - N::from_f64(j as f64)) / N::from_f64((j + 1) as f64)
    })
}

impl<N: Number, const ORDER: usize> Number for Jet<N, ORDER> {
    fn from_f64(x: f64) -> Self {
        Self::constant(N::from_f64(x))
    }

    fn from_interval(x: Interval) -> Self {
        Self::constant(N::from_interval(x))
    }

    fn representative(self) -> f64 {
        self.value.representative()
    }

    fn square(self) -> Self {
        let mut result = self * self;
        result.value = self.value.square();
        result
    }

    fn powi(self, exponent: i32) -> Self {
        let last = if exponent < 0 { ORDER } else { exponent.unsigned_abs() as usize };
        self.compose(self.value.powi(exponent), last, |k| {
            let a = f64::from(exponent);
            let order = i32::try_from(k).unwrap_or(i32::MAX);
            if binomial(a, k) == 0.0 {
                return N::from_f64(0.0);
            }
            binomial_number::<N>(a, k) * self.value.powi(exponent.saturating_sub(order))
        })
    }

    fn powf(self, exponent: f64) -> Self {
        self.compose(self.value.powf(exponent), ORDER, |k| {
            if binomial(exponent, k) == 0.0 {
                return N::from_f64(0.0);
            }
            // exponent − k may round; dividing by the integer power instead would lose the
            // vanishing of the coefficient at 0, so the rounded case alone takes that road.
            let order = k as f64;
            let power = if (exponent - order) + order == exponent && exponent.abs() < 2f64.powi(52) {
                self.value.powf(exponent - order)
            } else {
                self.value.powf(exponent) / self.value.powi(i32::try_from(k).unwrap_or(i32::MAX))
            };
            binomial_number::<N>(exponent, k) * power
        })
    }

    fn exp(self) -> Self {
        let value = self.value.exp();
        Self::build(|k, e| if k == 0 { value } else { Self::integral_coefficient(&self, e, k) })
    }

    fn ln(self) -> Self {
        self.compose(self.value.ln(), ORDER, |k| {
            let order = i32::try_from(k).unwrap_or(i32::MAX);
            let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
            N::from_f64(sign) / (N::from_f64(k as f64) * self.value.powi(order))
        })
    }

    fn sqrt(self) -> Self {
        let mut result = self.powf(0.5);
        result.value = self.value.sqrt();
        result
    }

    fn sin(self) -> Self {
        self.pair(self.value.sin(), self.value.cos(), -1.0).0
    }

    fn cos(self) -> Self {
        self.pair(self.value.sin(), self.value.cos(), -1.0).1
    }

    fn tanh(self) -> Self {
        let one = N::from_f64(1.0);
        let (mut t, mut slope) = (Self::constant(self.value.tanh()), Self::constant(one));
        slope.value = one / self.value.cosh().square();
        for k in 1..=ORDER {
            t.higher[k - 1] = Self::integral_coefficient(&self, &slope, k);
            slope.higher[k - 1] = -Self::convolution(&t, &t, k, 0, k);
        }
        t
    }

    fn sinh(self) -> Self {
        self.pair(self.value.sinh(), self.value.cosh(), 1.0).0
    }

    fn cosh(self) -> Self {
        self.pair(self.value.sinh(), self.value.cosh(), 1.0).1
    }

    fn ln_cosh(self) -> Self {
        let slope = self.tanh();
        let value = self.value.ln_cosh();
        Self::build(|k, _| if k == 0 { value } else { Self::integral_coefficient(&self, &slope, k) })
    }

    fn abs(self) -> Self {
        if self.is_constant() {
            return Self::constant(self.value.abs());
        }
        self.compose(self.value.abs(), ORDER, |k| {
            if k == 1 { self.value.sign() } else { self.value.abs_curvature() }
        })
    }

    fn sign(self) -> Self {
        let mut result = Self::constant(self.value.sign());
        if !self.is_constant() {
            result.higher = [self.value.abs_curvature(); ORDER];
        }
        result
    }

    fn abs_curvature(self) -> Self {
        Self::constant(self.value.abs_curvature())
    }

    fn probability(self) -> Self {
        Self { value: self.value.probability(), ..self }
    }

    /// With the weights `w_i = exp(a_i − s)` and a dominant term `r`:
    /// `s' = a_r' + Σ w_i (a_i − a_r)'` and `w_i' = w_i (a_i − s)'`. Measuring from the dominant
    /// term keeps intervals narrow where it dominates.
    fn log_sum_exp(count: usize, term: impl Fn(usize) -> Self) -> Self {
        let terms: Vec<Self> = (0..count).map(term).collect();
        let mut sum = Self::constant(N::log_sum_exp(count, |i| terms[i].value));
        let height = |i: &usize| terms[*i].representative();
        let Some(dominant) = (0..count).max_by(|i, j| height(i).total_cmp(&height(j))) else {
            return sum;
        };
        let pivot = terms[dominant];
        let mut weights: Vec<Self> =
            terms.iter().map(|t| Self::constant((t.value - sum.value).exp().probability())).collect();
        for k in 1..=ORDER {
            let excess = terms
                .iter()
                .zip(&weights)
                .enumerate()
                .filter(|(i, _)| *i != dominant)
                .map(|(_, (t, w))| Self::integral_coefficient(&(*t - pivot), w, k))
                .reduce(|x, y| x + y);
            sum.higher[k - 1] = excess.map_or(pivot.coefficient(k), |e| pivot.coefficient(k) + e);
            for (t, w) in terms.iter().zip(&mut weights) {
                w.higher[k - 1] = Self::integral_coefficient(&(*t - sum), w, k);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Four = Jet<f64, 4>;

    /// Step of the differences.
    const STEP: f64 = 1e-3;
    /// What rounding in the stencil and in the jet it is applied to leaves.
    const STENCIL: f64 = 1e-10;
    /// Width of coefficients at a point: rounding, amplified by the recurrences.
    const THIN: f64 = 1e-9;

    /// Central fourth-order difference of the derivative one below, and its error estimate from
    /// a step twice as long.
    fn slope(f: impl Fn(f64) -> f64, x: f64) -> (f64, f64) {
        let stencil = |h: f64| (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h);
        let (fine, coarse) = (stencil(STEP), stencil(2.0 * STEP));
        let rounding = 2.0 * f64::EPSILON * f(x).abs() / STEP;
        (fine, (fine - coarse).abs() + rounding + STENCIL * (1.0 + fine.abs()))
    }

    fn check(name: &str, x: f64, f: impl Fn(Four) -> Four, g: impl Fn(Jet<Interval, 4>) -> Jet<Interval, 4>) {
        let jet = f(Four::variable(x));
        for k in 1..=4 {
            let (expected, error) = slope(|y| f(Four::variable(y)).derivative(k - 1), x);
            assert!(
                (jet.derivative(k) - expected).abs() <= error,
                "{name}: derivative {k} at {x} is {}, differences give {expected} ± {error:e}",
                jet.derivative(k)
            );
        }
        let rigorous = g(Jet::variable(Interval::point(x)));
        let wide = g(Jet::variable(Interval::around(x, 1e-2)));
        for k in 0..=4 {
            let (thin, c) = (rigorous.coefficient(k), jet.coefficient(k));
            let rounding = 64.0 * f64::EPSILON * (1.0 + c.abs());
            assert!(Interval::around(c, rounding).intersects(thin), "{name}: {c} against {thin:?}");
            assert!(thin.width() <= THIN * (1.0 + c.abs()), "{name}: {thin:?}");
            for step in [-1e-2, 3e-3, 1e-2] {
                let there = f(Four::variable(x + step)).coefficient(k);
                let room = Interval::around(there, 64.0 * f64::EPSILON * (1.0 + there.abs()));
                assert!(room.intersects(wide.coefficient(k)), "{name}: coefficient {k}");
            }
        }
    }

    macro_rules! check_functions {
        ($($name:literal at $x:expr, |$u:ident| $body:expr);+ $(;)?) => {
            $(check($name, $x, |$u| $body, |$u| $body);)+
        };
    }

    #[test]
    fn derivatives_agree_with_differences_and_with_interval_jets() {
        check_functions! {
            "quotient" at 0.7, |u| u / (u * u + Number::from_f64(1.0));
            "powi" at -1.3, |u| u.powi(5) + u.powi(-2);
            "powf" at 0.8, |u| u.powf(2.5) + u.powf(-0.3);
            "square" at 0.0, |u| u.square();
            "exp" at 0.4, |u| (u * u).exp();
            "ln" at 1.7, |u| (u * u + u).ln();
            "sqrt" at 1.2, |u| (u * u + Number::from_f64(0.5)).sqrt();
            "sin" at 0.9, |u| (u * u).sin();
            "cos" at -0.9, |u| (u * u).cos();
            "tanh" at 0.6, |u| (u * u).tanh();
            "sinh" at 0.6, |u| u.sinh() * u;
            "cosh" at 0.3, |u| u.cosh() / u;
            "ln_cosh" at 1.1, |u| (u + u * u).ln_cosh();
            "abs" at -0.5, |u| u.abs() * u;
            "pow" at 1.5, |u| u.pow(u);
            "log_sum_exp" at 0.3, |u| Jet::log_sum_exp(3, |i| u * u * Number::from_f64(i as f64 - 1.0) + u);
        }
    }

    #[test]
    fn roots_at_zero_keep_their_finite_derivatives() {
        let x = Jet::<f64, 2>::variable(0.0).powf(1.5);
        assert_eq!((x.coefficient(0), x.coefficient(1), x.coefficient(2)), (0.0, 0.0, f64::INFINITY));
        let panel = Jet::<Interval, 2>::variable(Interval::new(0.0, 1.0)).sqrt();
        assert!(panel.value().contains(1.0) && panel.coefficient(1).hi() == f64::INFINITY);
        assert!(panel.coefficient(1).contains(0.5));
    }

    #[test]
    fn abs_at_its_kink_is_honest_on_intervals() {
        let jet = Jet::<Interval, 2>::variable(Interval::new(-1.0, 1.0)).abs();
        assert_eq!(jet.coefficient(1), Interval::new(-1.0, 1.0).hull(jet.coefficient(1)));
        assert_eq!(jet.coefficient(2), Interval::ENTIRE);
        let smooth_side = Jet::<Interval, 2>::variable(Interval::new(0.0, 1.0)).abs();
        assert!(smooth_side.coefficient(1).contains(1.0) && smooth_side.coefficient(1).width() < THIN);
        let constant = Jet::<Interval, 2>::constant(Interval::ZERO).abs();
        assert_eq!(constant.coefficient(2), Interval::ZERO);
    }

    #[test]
    fn log_sum_exp_of_far_components_stays_narrow() {
        let potential = |u: Jet<Interval, 3>| {
            Jet::log_sum_exp(2, |i| {
                let centre = [-40.0, 40.0][i];
                -(u - Number::from_f64(centre)).square() / Number::from_f64(2.0)
            })
        };
        let jet = potential(Jet::variable(Interval::new(39.9, 40.1)));
        assert!(jet.derivative(2).contains(-1.0) && jet.derivative(2).width() < THIN);
        assert!(jet.derivative(3).width() < THIN);
    }
}
