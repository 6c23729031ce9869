//! The dual variational formula of a Poincaré constant on the line: two sides from one function.
//!
//! For `f' > 0` let `I_f(x) = ∫_x^∞ (f − μf) dμ / (f'(x)p(x))`. Then `C_P ≤ sup I_f`, with equality at the first
//! eigenfunction, where `I_f` is constant (M.-F. Chen, *Variational formulas and approximation theorems for the first
//! eigenvalue in dimension one*, Sci. China A 44, 2001); and `C_P ≥ Var(f)/∫f'² dμ` by definition.

use super::line_profile::{LineProfile, converged};
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::measure::line::LineMeasure;

/// An increasing function with its derivative.
pub trait Increasing {
    /// `f(x)`.
    fn value(&self, x: f64) -> f64;
    /// `f'(x) > 0`.
    fn slope(&self, x: f64) -> f64;
}

/// Values and slopes of `f` at the nodes, `f` centred.
fn centred(profile: &LineProfile, f: &impl Increasing) -> (Vec<f64>, Vec<f64>) {
    let values: Vec<f64> = profile.nodes().iter().map(|x| f.value(*x)).collect();
    let weighted: Vec<f64> = values.iter().zip(profile.density()).map(|(v, p)| v * p).collect();
    let mean = profile.integral(&weighted) / profile.integral(profile.density());
    (values.iter().map(|v| v - mean).collect(), profile.nodes().iter().map(|x| f.slope(*x)).collect())
}

/// `I_f` at the nodes, its numerator summed from the nearer end.
fn dual_quotient(profile: &LineProfile, f: &impl Increasing) -> Vec<f64> {
    let (values, slopes) = centred(profile, f);
    let weighted: Vec<f64> = values.iter().zip(profile.density()).map(|(v, p)| v * p).collect();
    let (left, right) = (profile.integral_left(&weighted), profile.integral_right(&weighted));
    (0..values.len())
        .map(|i| {
            let numerator = if values[i] < 0.0 { -left[i] } else { right[i] };
            numerator / (slopes[i] * profile.density()[i])
        })
        .collect()
}

/// `sup I_f` (Converged), an upper bound of the Poincaré constant. The supremum is taken where the potential
/// is not above its minimum by more than 45 (150 for tails that are not Gaussian), and a millionth of its
/// coordinate away from a finite end: a larger limit at infinity is not seen.
///
/// # Errors
/// [`Error::NoConvergence`](crate::error::Error::NoConvergence) if the potential is too rough.
pub fn dual_supremum(measure: &LineMeasure, f: &impl Increasing) -> Result<Enclosure> {
    converged(measure, |profile| profile.supremum(&dual_quotient(profile, f)))
}

/// `inf I_f` (Converged) over the same range.
///
/// # Errors
/// As [`dual_supremum`].
pub fn dual_infimum(measure: &LineMeasure, f: &impl Increasing) -> Result<Enclosure> {
    converged(measure, |profile| {
        let negative: Vec<f64> = dual_quotient(profile, f).iter().map(|y| -y).collect();
        -profile.supremum(&negative)
    })
}

/// The Rayleigh quotient `Var(f)/∫f'² dμ` (Converged), a lower bound of the Poincaré constant.
///
/// # Errors
/// As [`dual_supremum`].
pub fn rayleigh_quotient(measure: &LineMeasure, f: &impl Increasing) -> Result<Enclosure> {
    converged(measure, |profile| {
        let (values, slopes) = centred(profile, f);
        let square = |g: &[f64]| -> f64 {
            let weighted: Vec<f64> = g.iter().zip(profile.density()).map(|(y, p)| y * y * p).collect();
            profile.integral(&weighted)
        };
        square(&values) / square(&slopes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Cube;

    impl Increasing for Cube {
        fn value(&self, x: f64) -> f64 {
            x * x * x + x
        }
        fn slope(&self, x: f64) -> f64 {
            3.0 * x * x + 1.0
        }
    }

    #[test]
    fn normal_law_with_a_cubic() {
        /// Difference of two orders.
        const RESOLVED: f64 = 1e-9;
        /// The same for the quotient, whose poles at ±i/√3 the panels do not know of.
        const QUOTIENT: f64 = 1e-6;
        // E(x³+x)² = 15+6+1 and E(3x²+1)² = 27+6+1; ∫_x^∞ (y³+y)p = (x²+3)p.
        let normal = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let low = rayleigh_quotient(&normal, &Cube).unwrap();
        assert!((low.mid() - 22.0 / 34.0).abs() < RESOLVED, "{low}");
        let high = dual_supremum(&normal, &Cube).unwrap();
        assert!(high.contains(3.0) && high.width() < QUOTIENT, "{high}");
    }
}
