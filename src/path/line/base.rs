//! The base laws of a path on the line.

use crate::error::{Result, positive};
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::fmt;

/// Terms of a continued fraction at most.
const TERMS: u32 = 400;

/// The law of Z: standard normal, or Student's with unit scale (not unit variance).
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum LineBase {
    /// `N(0, 1)`.
    Gaussian,
    /// Density `∝ (1 + z²/n)^{−(n+1)/2}`.
    Student {
        /// Degrees of freedom `n > 0`.
        dof: f64,
    },
}

impl LineBase {
    /// The base itself if its parameter makes sense.
    pub(super) fn checked(self) -> Result<Self> {
        if let Self::Student { dof } = self {
            positive("dof", dof)?;
        }
        Ok(self)
    }

    /// `E Z²`: 1, or `n/(n−2)` for Student's law (infinite for `n ≤ 2`).
    pub fn variance(&self) -> f64 {
        match self {
            Self::Gaussian => 1.0,
            Self::Student { dof } if *dof > 2.0 => dof / (dof - 2.0),
            Self::Student { .. } => f64::INFINITY,
        }
    }

    /// Logarithm of the density.
    pub fn log_density(&self, z: f64) -> f64 {
        -self.cost(z) - self.log_normalizer()
    }

    /// Minus the logarithm of the density without its normaliser, 0 at 0.
    pub(super) fn cost(&self, z: f64) -> f64 {
        match self {
            Self::Gaussian => 0.5 * z * z,
            Self::Student { dof } => 0.5 * (dof + 1.0) * log_one_plus_square(z, *dof),
        }
    }

    /// `log ∫ e^{−cost}`.
    pub(super) fn log_normalizer(&self) -> f64 {
        match self {
            Self::Gaussian => 0.5 * core_math::log(2.0 * PI),
            Self::Student { dof } => {
                0.5 * core_math::log(dof * PI) + core_math::lgamma(0.5 * dof)
                    - core_math::lgamma(0.5 * dof + 0.5)
            }
        }
    }

    /// First derivative of the cost.
    pub(super) fn slope(&self, z: f64) -> f64 {
        match self {
            Self::Gaussian => z,
            Self::Student { dof } => (dof + 1.0) * z / (dof + z * z),
        }
    }

    /// Second derivative of the cost.
    pub(super) fn bend(&self, z: f64) -> f64 {
        match self {
            Self::Gaussian => 1.0,
            Self::Student { dof } => {
                let q = dof + z * z;
                (dof + 1.0) * (dof - z * z) / q / q
            }
        }
    }

    /// The Stein kernel `τ(z) = ∫_z^∞ tν(t)dt / ν(z)`: 1, or `(n + z²)/(n − 1)` for `n > 1`.
    pub(super) fn stein_kernel(&self, z: f64) -> f64 {
        match self {
            Self::Gaussian => 1.0,
            Self::Student { dof } => (dof + z * z) / (dof - 1.0),
        }
    }

    /// Whether `E Z` exists (and is then 0).
    pub(super) fn has_mean(&self) -> bool {
        match self {
            Self::Gaussian => true,
            Self::Student { dof } => *dof > 1.0,
        }
    }

    /// Distance from 0 over which the cost is analytic: its singularities are at `±i√n`.
    pub(super) fn core(&self) -> f64 {
        match self {
            Self::Gaussian => 4.0,
            Self::Student { dof } => dof.sqrt().min(4.0),
        }
    }

    /// `−log P(Z > z)`, with the relative accuracy of the probability in both tails.
    pub(super) fn survival_cost(&self, z: f64) -> f64 {
        match self {
            Self::Gaussian if z < 25.0 => -core_math::log(0.5 * core_math::erfc(z * FRAC_1_SQRT_2)),
            Self::Gaussian => {
                // Mills' ratio by its continued fraction 1/(z + 1/(z + 2/(z + …))).
                let fraction = (1..=24).rev().fold(z, |tail, k| z + f64::from(k) / tail);
                0.5 * z * z + self.log_normalizer() + core_math::log(fraction)
            }
            Self::Student { dof } => {
                let log_half_tail = log_student_tail(z.abs(), *dof);
                if z >= 0.0 { -log_half_tail } else { -core_math::log1p(-core_math::exp(log_half_tail)) }
            }
        }
    }

    /// Masses of `(−∞, z)` and `(z, ∞)`.
    pub fn masses(&self, z: f64) -> (f64, f64) {
        (core_math::exp(-self.survival_cost(-z)), core_math::exp(-self.survival_cost(z)))
    }
}

impl fmt::Display for LineBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian => write!(f, "N(0, 1)"),
            Self::Student { dof } => write!(f, "student, dof {dof}"),
        }
    }
}

/// `log(1 + z²/n)` without overflow.
fn log_one_plus_square(z: f64, n: f64) -> f64 {
    if z.abs() < 1e150 {
        core_math::log1p(z * z / n)
    } else {
        2.0 * core_math::log(z.abs()) - core_math::log(n)
    }
}

/// `log P(Z > z)` for `z ≥ 0` and Student's law: half the regularised incomplete beta function
/// `I_x(n/2, 1/2)` at `x = n/(n + z²)`.
fn log_student_tail(z: f64, n: f64) -> f64 {
    let (a, b) = (0.5 * n, 0.5);
    let ln_beta = core_math::lgamma(a) + core_math::lgamma(b) - core_math::lgamma(a + b);
    // log x and log(1 − x), each without cancellation.
    let ln_x = -log_one_plus_square(z, n);
    let ln_complement = 2.0 * core_math::log(z) - core_math::log(n) + ln_x;
    let (x, complement) = (core_math::exp(ln_x), core_math::exp(ln_complement));
    let front = a * ln_x + b * ln_complement - ln_beta;
    let half = -std::f64::consts::LN_2;
    if z == 0.0 {
        half
    } else if x < (a + 1.0) / (a + b + 2.0) {
        half + front - core_math::log(a) + core_math::log(beta_fraction(a, b, x))
    } else {
        half + core_math::log1p(-core_math::exp(front) / b * beta_fraction(b, a, complement))
    }
}

/// The continued fraction of the incomplete beta function by Lentz's method, for `x < (a+1)/(a+b+2)`.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let tiny = 1e-300;
    let guarded = |v: f64| if v.abs() < tiny { tiny } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..=TERMS {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut factor = 1.0;
        for term in [even, odd] {
            d = 1.0 / guarded(1.0 + term * d);
            c = guarded(1.0 + term / c);
            factor = d * c;
            value *= factor;
        }
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_tails_have_relative_accuracy() {
        // Closed forms: n = 1: 1/2 − atan(z)/π; n = 2: 1/2 − z/(2√(2+z²)).
        for z in [1e-9, 0.3, 1.0, 2.7, 40.0, 1e6, 1e200] {
            let cauchy = core_math::atan2(1.0, z) / PI;
            let root = (2.0 + z * z).sqrt();
            let two = if z < 1e100 { 1.0 / (root * (root + z)) } else { 0.5 / z / z };
            let rounding = 64.0 * f64::EPSILON * (1.0 + core_math::log1p(z));
            let base = |dof| LineBase::Student { dof };
            assert!((base(1.0).masses(z).1 / cauchy - 1.0).abs() < rounding, "{z}");
            assert!(two == 0.0 || (base(2.0).masses(z).1 / two - 1.0).abs() < rounding, "{z}");
            let (below, above) = base(3.7).masses(-z);
            assert!((below + above - 1.0).abs() < rounding && below < above);
        }
    }

    #[test]
    fn normal_tail_is_continued_beyond_underflow() {
        let base = LineBase::Gaussian;
        let (near, far) = (base.survival_cost(25.0 - 1e-9), base.survival_cost(25.0));
        // The slope of the cost there is 25 + 1/25.
        let step = 1e-9 * 26.0;
        assert!(near <= far && far - near < step + 64.0 * f64::EPSILON * far);
        // log of the tail at 100 (mpmath).
        let reference = 5_005.524_208_694_205;
        assert!((base.survival_cost(100.0) - reference).abs() < 4.0 * f64::EPSILON * reference);
    }

    #[test]
    fn stein_kernel_integrates_the_density() {
        let base = LineBase::Student { dof: 3.0 };
        let z = 0.7;
        // τν = ∫_z^∞ tν for n = 3: ν = c(1+t²/3)^{−2}, ∫ tν = (3c/2)/(1+z²/3).
        let c = core_math::exp(-base.log_normalizer());
        let exact = 1.5 * c / (1.0 + z * z / 3.0);
        let found = base.stein_kernel(z) * core_math::exp(base.log_density(z));
        assert!((found / exact - 1.0).abs() < 64.0 * f64::EPSILON);
    }
}
