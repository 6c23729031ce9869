//! The Student base as a mixture of normal laws of different scale.
//!
//! `Z = s·G` with `s^{−2} ~ χ²_n/n` has density `∝ (1 + |z|²/n)^{−(n+d)/2}`. With `s^{−2} = e^u` the law of `u` has density
//! `∝ exp(nu/2 − ne^u/2)`, analytic in the plane, and the trapezoidal rule in `u` converges geometrically: the density of
//! `Z` becomes a Γ-integral whose relative error at step `h` is `≤ 2Σ_k |Γ(a+2πik/h)|/Γ(a)`, `a = (n+d)/2`, wherever `z` is
//! (Poisson summation; shifting `u` by `log(n+|z|²)` removes `z`). Cutting the sum off costs the tail beyond a stated radius.

use crate::error::{Error, Result, positive};

/// One normal law of the mixture.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scale {
    /// Its standard deviation `s`.
    pub std: f64,
    /// Logarithm of its weight.
    pub log_weight: f64,
}

/// A Student base law `∝ (1 + |z|²/n)^{−(n+d)/2}` on `R^d` as a finite mixture of centred normal laws.
#[derive(Clone, PartialEq, Debug)]
pub struct StudentScales {
    freedom: f64,
    dim: usize,
    radius: f64,
    step: f64,
    scales: Vec<Scale>,
    relative_error: f64,
}

/// Relative error aimed at for the sum over shifted frequencies.
const ALIASING: f64 = 1e-15;
/// `−log` of what is cut off at either end, relative to the largest term.
const CUT: f64 = 39.0;
/// Derivatives of the density behave like a law with this much larger `a`.
const DERIVATIVES: f64 = 2.0;
/// Relative error at which the rule is refused.
const ACCEPTED: f64 = 1e-11;
/// Most terms.
const MOST: f64 = 4000.0;

impl StudentScales {
    /// The rule for `freedom > 0` degrees of freedom in dimension `dim`, good for `|z| ≤ radius`; `refinement` divides the step
    /// (1 suffices).
    ///
    /// # Errors
    /// [`Error::Domain`] unless all are finite and positive; [`Error::NoConvergence`] if more than 4000 terms would be needed
    /// (below 0.03 degrees of freedom or above 10⁷).
    pub fn new(freedom: f64, dim: usize, radius: f64, refinement: f64) -> Result<Self> {
        positive("degrees of freedom", freedom)?;
        positive("dimension", dim as f64)?;
        positive("radius", radius)?;
        positive("refinement", refinement)?;
        let a = 0.5 * (freedom + dim as f64);
        let step = std::f64::consts::TAU / frequency(a + DERIVATIVES) / refinement;
        // Logarithm of a term at the distance r from the origin.
        let term = |u: f64, square: f64| a * u - 0.5 * (freedom + square) * u.exp();
        let top = |square: f64| (2.0 * a / (freedom + square)).ln();
        let end = |square: f64, by: f64| {
            let (start, mut reach) = (top(square), by);
            let highest = term(start, square);
            while term(start + reach, square) > highest - CUT {
                reach += by;
            }
            start + reach
        };
        let (from, to) = (end(radius * radius, -step), end(0.0, step));
        let (first, last) = ((from / step).floor(), (to / step).ceil());
        if last - first > MOST || !step.is_finite() {
            let what = "Student law as a mixture of normal laws (number of terms)".to_owned();
            return Err(Error::NoConvergence { what, reached: last - first, wanted: MOST });
        }
        let half = 0.5 * freedom;
        let constant = step.ln() + half * half.ln() - core_math::lgamma(half);
        let mut scales = Vec::new();
        let mut k = first;
        while k <= last {
            let u = k * step;
            scales.push(Scale { std: (-0.5 * u).exp(), log_weight: constant + half * u - half * u.exp() });
            k += 1.0;
        }
        let mut rule = Self { freedom, dim, radius, step, scales, relative_error: 0.0 };
        // The exact density at radii of all sizes.
        let mut r = 0.0;
        while r < radius {
            rule.relative_error = rule.relative_error.max((rule.log_density(r) - rule.exact(r)).abs());
            r = if r == 0.0 { 1e-3 } else { 1.37 * r };
        }
        rule.relative_error = rule.relative_error.max((rule.log_density(radius) - rule.exact(radius)).abs());
        if rule.relative_error.is_nan() || rule.relative_error > ACCEPTED {
            let what = "Student law as a mixture of normal laws".to_owned();
            return Err(Error::NoConvergence { what, reached: rule.relative_error, wanted: ACCEPTED });
        }
        Ok(rule)
    }

    /// The rule with a radius beyond which the Student law has little mass: `10^{40/n}` on the line and `10^{20/n}` otherwise,
    /// not less than 10⁶ and not more than 10⁴⁰.
    ///
    /// # Errors
    /// As [`StudentScales::new`].
    pub fn standard(freedom: f64, dim: usize) -> Result<Self> {
        positive("degrees of freedom", freedom)?;
        let digits = if dim == 1 { 40.0 } else { 20.0 };
        Self::new(freedom, dim, 10f64.powf((digits / freedom).clamp(6.0, 40.0)), 1.0)
    }

    /// Degrees of freedom.
    pub fn freedom(&self) -> f64 {
        self.freedom
    }

    /// Dimension.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Largest distance from the origin up to which [`StudentScales::relative_error`] holds.
    pub fn radius(&self) -> f64 {
        self.radius
    }

    /// The normal laws, by falling scale.
    pub fn scales(&self) -> &[Scale] {
        &self.scales
    }

    /// Largest relative error of the density found at radii of all sizes up to the radius.
    pub fn relative_error(&self) -> f64 {
        self.relative_error
    }

    /// `E|Z|²`, `d·n/(n−2)`; infinite if `n ≤ 2`.
    pub fn second_moment(&self) -> f64 {
        if self.freedom > 2.0 { self.dim as f64 * self.freedom / (self.freedom - 2.0) } else { f64::INFINITY }
    }

    /// Logarithm of the density of the mixture at the distance `r` from the origin.
    pub fn log_density(&self, r: f64) -> f64 {
        let d = self.dim as f64;
        let term = |s: &Scale| {
            s.log_weight - 0.5 * d * std::f64::consts::TAU.ln() - d * s.std.ln() - 0.5 * (r / s.std).powi(2)
        };
        let top = self.scales.iter().map(term).fold(f64::NEG_INFINITY, f64::max);
        top + self.scales.iter().map(|s| (term(s) - top).exp()).sum::<f64>().ln()
    }

    /// Logarithm of the Student density itself.
    pub fn exact(&self, r: f64) -> f64 {
        let (n, d) = (self.freedom, self.dim as f64);
        let a = 0.5 * (n + d);
        core_math::lgamma(a)
            - core_math::lgamma(0.5 * n)
            - 0.5 * d * (std::f64::consts::PI * n).ln()
            - a * core_math::log1p(r * r / n)
    }
}

/// The frequency `ω` from which on `2|Γ(a+iω)|/Γ(a)` is below [`ALIASING`].
fn frequency(a: f64) -> f64 {
    // |Γ(a+iω)/Γ(a)|² = Π 1/(1 + ω²/(a+k)²); beyond some terms the sum of logarithms is an integral (midpoint rule).
    let log_ratio = |omega: f64| {
        const TERMS: u32 = 200;
        let part: f64 = (0..TERMS).map(|k| core_math::log1p((omega / (a + f64::from(k))).powi(2))).sum();
        // ∫_x^∞ log(1 + ω²/t²) dt = 2ω·atan(ω/x) − x·log(1 + ω²/x²).
        let x = a + f64::from(TERMS) - 0.5;
        let q = omega / x;
        -0.5 * (part + 2.0 * omega * q.atan() - x * core_math::log1p(q * q))
    };
    let target = (0.5 * ALIASING).ln();
    let (mut low, mut high) = (0.0, 1.0);
    while log_ratio(high) > target {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        if log_ratio(middle) > target {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mixture_is_the_student_law_up_to_its_radius() {
        for (freedom, dim) in [(3.0, 2), (1.0, 1), (3.0, 1), (5.5, 3), (0.5, 1), (40.0, 2), (1000.0, 7)] {
            let rule = StudentScales::standard(freedom, dim).unwrap();
            // Aliasing, cuts, and the rounding of logarithms that are of the size of a few hundred.
            let (method, rounding) =
                (2.0 * ALIASING + 4.0 * (-CUT).exp(), 4e3 * f64::EPSILON * (1.0 + freedom));
            assert!(rule.relative_error() < method + rounding, "{freedom}, {dim}: {}", rule.relative_error());
            let total: f64 = rule.scales().iter().map(|s| s.log_weight.exp()).sum();
            assert!((total - 1.0).abs() < method + rounding, "{freedom}, {dim}: {total}");
        }
    }

    #[test]
    fn moments_and_densities_are_those_of_the_student_law() {
        let rounding = 1e-12;
        for (freedom, dim, second) in [(3.0, 2, 6.0), (5.0, 3, 5.0), (4.0, 1, 2.0), (2.5, 4, 20.0)] {
            let rule = StudentScales::standard(freedom, dim).unwrap();
            assert!((rule.second_moment() - second).abs() < rounding, "{freedom} {dim}");
            // The same from the scales, E|Z|² = d·E s².
            let sum: f64 = rule.scales().iter().map(|s| s.log_weight.exp() * s.std * s.std).sum();
            assert!((dim as f64 * sum / second - 1.0).abs() < 1e-3, "{freedom} {dim}: {sum}");
            assert!(rule.scales().windows(2).all(|w| w[0].std > w[1].std));
            assert_eq!((rule.freedom(), rule.dim()), (freedom, dim));
        }
        assert_eq!(StudentScales::standard(2.0, 2).unwrap().second_moment(), f64::INFINITY);
        // Cauchy's density on the line and in the plane, 1/(π(1+r²)) and (1+r²)^{−3/2}/2π.
        let (line, plane) =
            (StudentScales::standard(1.0, 1).unwrap(), StudentScales::standard(1.0, 2).unwrap());
        for r in [0.0, 0.5, 3.0, 1e4_f64] {
            let square: f64 = 1.0 + r * r;
            let exact = -(std::f64::consts::PI * square).ln();
            assert!(
                (line.exact(r) - exact).abs() < rounding && (line.log_density(r) - exact).abs() < rounding
            );
            let exact = -1.5 * square.ln() - std::f64::consts::TAU.ln();
            assert!(
                (plane.exact(r) - exact).abs() < rounding && (plane.log_density(r) - exact).abs() < rounding
            );
        }
    }

    #[test]
    fn a_rule_has_the_steps_and_the_radius_that_are_asked_for() {
        // |Γ(1+iω)|² = πω/sinh(πω) and |Γ(½+iω)|² = π/cosh(πω).
        let pi = std::f64::consts::PI;
        let digits = 1e-4;
        let omega = frequency(1.0);
        assert!((2.0 * (pi * omega / (pi * omega).sinh()).sqrt() / ALIASING - 1.0).abs() < digits, "{omega}");
        let omega = frequency(0.5);
        assert!((2.0 / (pi * omega).cosh().sqrt() / ALIASING - 1.0).abs() < digits, "{omega}");
        // For large a the law is close to e^{−ω²/2a}.
        let omega = frequency(1e4);
        assert!((omega / (2e4 * (2.0 / ALIASING).ln()).sqrt() - 1.0).abs() < 1e-2, "{omega}");
        let rule = |radius: f64, refinement: f64| StudentScales::new(3.0, 2, radius, refinement).unwrap();
        let (plain, fine) = (rule(1e3, 1.0), rule(1e3, 2.0));
        let step = |rule: &StudentScales| -2.0 * (rule.scales()[1].std / rule.scales()[0].std).ln();
        let rounding = 1e-12;
        assert!((step(&plain) - std::f64::consts::TAU / frequency(2.5 + DERIVATIVES)).abs() < rounding);
        assert!((2.0 * step(&fine) - step(&plain)).abs() < rounding);
        // The ends are those of the terms: as many steps more as the logarithm of the square of the radius has.
        let more = rule(1e6, 1.0).scales().len() - plain.scales().len();
        assert!((more as f64 * step(&plain) - 6.0 * 10.0_f64.ln()).abs() < 2.0 * step(&plain), "{more}");
        let twice = fine.scales().len() as f64 / plain.scales().len() as f64;
        assert!((1.85..2.05).contains(&twice), "{twice}");
        // Not much more than the law from the term that is cut off on either side.
        let term = |u: f64, square: f64| 2.5 * u - 0.5 * (3.0 + square) * u.exp();
        let (first, last) =
            (-2.0 * plain.scales()[0].std.ln(), -2.0 * plain.scales()[plain.scales().len() - 1].std.ln());
        for (u, square, inward) in [(first, 1e6, 2.0), (last, 0.0, -2.0)] {
            let top = (5.0_f64 / (3.0 + square)).ln();
            let below = |u: f64| term(top, square) - term(u, square);
            assert!(below(u) >= CUT && below(u + inward * step(&plain)) < CUT, "{u}: {}", below(u));
        }
        assert_eq!((plain.radius(), StudentScales::standard(5.0, 1).unwrap().radius()), (1e3, 1e8));
        assert_eq!(StudentScales::standard(2.0, 2).unwrap().radius(), 1e10);
        assert_eq!(StudentScales::standard(50.0, 2).unwrap().radius(), 1e6);
    }

    #[test]
    fn a_coarse_step_is_seen() {
        // Twice the step squares the relative error away from rounding: the check against the density refuses it.
        assert!(matches!(StudentScales::new(3.0, 2, 1e3, 0.4), Err(Error::NoConvergence { .. })));
        assert!(StudentScales::new(3.0, 2, 1e3, 2.0).is_ok());
        for freedom in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
            assert!(StudentScales::standard(freedom, 2).is_err(), "{freedom}");
        }
    }
}
