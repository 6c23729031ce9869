//! Modified Bessel functions of the first kind, scaled, as they occur in averages over spheres.

use std::f64::consts::PI;

/// From this argument on, beyond the square of the order, the expansion for large arguments is used.
const LARGE: f64 = 40.0;
/// Terms of that expansion at most.
const TERMS: u32 = 60;
/// The sum of the Neumann series is cut where its terms are below `e^{−40}` of the first.
const CUT: f64 = 40.0;

/// The mean of `e^{z(cos θ − 1)}` over the unit sphere of `R^d`, up to a constant, and the mean cosine under it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SphereAverage {
    /// `e^{−z} z^{−ν} I_ν(z)` with `ν = d/2 − 1`; it decreases from `2^{−ν}/Γ(ν+1)` at 0.
    pub scaled: f64,
    /// `I_{ν+1}(z)/I_ν(z) ∈ [0, 1)`: the mean of `cos θ`.
    pub cosine: f64,
    /// The mean of `cos² θ`, which is `1 − (2ν+1)·cosine/z`, and `1/d` at 0.
    pub cosine_squared: f64,
}

/// The averages in dimension `d ≥ 2` at `z ≥ 0`, each with a relative error of some `10⁻¹⁴`.
///
/// For moderate `z` the series `(z/2)^ν e^z = Γ(ν) Σ (ν+k) C_k^{(ν)}(1) I_{ν+k}(z)` (Gegenbauer), whose terms are positive, summed by
/// Horner's rule beside the continued fraction of the ratios of neighbouring orders; for large `z` the expansion in `1/z` (Hankel).
///
/// *Source.* Watson, *A Treatise on the Theory of Bessel Functions* (1944), §7.23 and §11.5.
///
/// ```
/// use dald::numerics::bessel::sphere_average;
/// // In three dimensions the mean cosine is Langevin's function coth z − 1/z.
/// let rounding = 1e-14;
/// assert!((sphere_average(3, 2.0).cosine - (1.0 / 2.0_f64.tanh() - 0.5)).abs() < rounding);
/// ```
pub fn sphere_average(dimension: usize, z: f64) -> SphereAverage {
    let order = 0.5 * dimension as f64 - 1.0;
    if z > LARGE + 2.0 * order * order { by_expansion(order, z) } else { by_series(order, z) }
}

fn of(order: f64, z: f64, scaled: f64, cosine: f64) -> SphereAverage {
    // 2(ν+1) is the dimension.
    let cosine_squared = if z > 0.0 { 1.0 - (2.0 * order + 1.0) * (cosine / z) } else { 0.5 / (order + 1.0) };
    SphereAverage { scaled, cosine, cosine_squared }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some hundred at most, as z is not large"
)]
fn by_series(order: f64, z: f64) -> SphereAverage {
    // I_{ν+k}/I_ν is about e^{−k²/2z} until k exceeds z and falls faster than geometrically then; the coefficients are
    // polynomials of degree 2ν in k.
    let last = (2.0 * z * CUT).sqrt() + 4.0 * order + CUT;
    let last = last as usize;
    let top = order + last as f64 + 1.0;
    let mut ratio = z / (top + top.hypot(z));
    let mut sum = 1.0;
    for k in (0..last).rev() {
        let k = k as f64;
        // I_{ν+k+1}/I_{ν+k}, from the recurrence I_{ν+k} − I_{ν+k+2} = 2(ν+k+1)/z·I_{ν+k+1}.
        ratio = z / (2.0 * (order + k + 1.0) + z * ratio);
        // At ν = 0 the coefficients are 1, 2, 2, …
        let growth = if order == 0.0 && k == 0.0 {
            2.0
        } else {
            (order + k + 1.0) / (order + k) * ((2.0 * order + k) / (k + 1.0))
        };
        sum = 1.0 + growth * ratio * sum;
    }
    let at_zero = core_math::exp(-order * std::f64::consts::LN_2 - core_math::lgamma(order + 1.0));
    of(order, z, at_zero / sum, ratio)
}

/// `e^{−z}√(2πz)·I_ν(z) = Σ(−1)^k a_k/z^k` with `a_k = Π_{j≤k}(4ν² − (2j−1)²)/(8j)`.
fn expansion(order: f64, z: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0_f64);
    for k in 1..=TERMS {
        let odd = f64::from(2 * k - 1);
        let next = -term * (2.0 * order - odd) * (2.0 * order + odd) / (8.0 * f64::from(k) * z);
        if next.abs() > term.abs() || next == 0.0 {
            break;
        }
        term = next;
        sum += term;
        if term.abs() < 0.25 * f64::EPSILON {
            break;
        }
    }
    sum
}

fn by_expansion(order: f64, z: f64) -> SphereAverage {
    let (this, next) = (expansion(order, z), expansion(order + 1.0, z));
    let scaled = core_math::exp(-(order + 0.5) * core_math::log(z)) * this / (2.0 * PI).sqrt();
    of(order, z, scaled, next / this)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::LN_2;

    /// `e^{−z}I_ν(z)z^{−ν}` and `I_{ν+1}/I_ν` by the power series in multiple precision, rounded.
    const VALUES: &[(usize, f64, f64, f64)] = &[
        (2, 0.3, 0.7575806251825479, 0.14833742694087526),
        (2, 5.0, 0.18354081260932836, 0.8933831370440852),
        (2, 45.0, 0.05963811501173195, 0.9888257387846646),
        (2, 10000.0, 0.003989472674604732, 0.999949998749875),
        (3, 0.001, 0.7970872078992478, 0.0003333333111111132),
        (3, 30.0, 0.013298076013381089, 0.9666666666666667),
        (5, 12.0, 0.0025395631276687197, 0.8409090908192365),
        (5, 60.0, 0.0001089703451096506, 0.9669491525423729),
        (10, 2.5, 0.00028994190189971024, 0.2380355818661277),
        (10, 70.0, 1.7732514833612114e-09, 0.937343527503595),
        (10, 1000000.0, 3.9893913874177397e-28, 0.999995500007875),
        (40, 300.0, 1.085368914155854e-49, 0.9370088495374538),
    ];

    #[test]
    fn known_values() {
        for &(dimension, z, scaled, cosine) in VALUES {
            let found = sphere_average(dimension, z);
            let rounding = 256.0 * f64::EPSILON;
            assert!((found.scaled / scaled - 1.0).abs() < rounding, "{dimension} {z}: {found:?}");
            assert!((found.cosine / cosine - 1.0).abs() < rounding, "{dimension} {z}: {found:?}");
        }
    }

    #[test]
    fn both_ways_agree_where_they_meet() {
        for dimension in 2..=24_u32 {
            let order = 0.5 * f64::from(dimension) - 1.0;
            let z = LARGE + 2.0 * order * order + 1.0;
            let (a, b) = (by_series(order, z), by_expansion(order, z));
            let rounding = 256.0 * f64::EPSILON;
            assert!((a.scaled / b.scaled - 1.0).abs() < rounding, "{dimension}: {a:?} {b:?}");
            assert!((a.cosine - b.cosine).abs() < rounding, "{dimension}: {a:?} {b:?}");
        }
    }

    #[test]
    fn averages_are_those_of_quadrature_over_the_sphere() {
        // cos θ has the density ∝ (1 − u²)^{(d−3)/2}; in four dimensions and more it is smooth enough.
        use crate::numerics::quadrature::{graded_panels, integrate};
        let breaks = graded_panels(-1.0, 1.0, true, true, 40);
        for (dimension, z) in [(4, 0.5), (5, 3.0), (7, 20.0), (12, 55.0), (4, 200.0), (3, 41.0)] {
            let power = 0.5 * (dimension as f64 - 3.0);
            let mean = |f: &dyn Fn(f64) -> f64| {
                integrate(&breaks, |u| f(u) * (z * (u - 1.0)).exp() * (1.0 - u * u).powf(power)).mid()
            };
            let (whole, first, second) = (mean(&|_| 1.0), mean(&|u| u), mean(&|u| u * u));
            let found = sphere_average(dimension, z);
            let digits = 1e-9;
            assert!((found.cosine - first / whole).abs() < digits, "{dimension} {z}: {found:?}");
            assert!((found.cosine_squared - second / whole).abs() < digits, "{dimension} {z}: {found:?}");
            // Poisson's integral: I_ν(z)z^{−ν} = ∫e^{zu}(1−u²)^{ν−½}du/(2^ν √π Γ(ν+½)).
            let order = 0.5 * dimension as f64 - 1.0;
            let scale = order * LN_2 + 0.5 * PI.ln() + core_math::lgamma(order + 0.5);
            assert!(
                (found.scaled / (whole * (-scale).exp()) - 1.0).abs() < 1e2 * digits,
                "{dimension} {z}: {found:?}"
            );
        }
    }

    #[test]
    fn at_zero_the_average_is_over_the_uniform_law() {
        for dimension in [2_usize, 3, 7, 100] {
            let found = sphere_average(dimension, 0.0);
            assert_eq!((found.cosine, found.cosine_squared), (0.0, 1.0 / dimension as f64));
            assert!(found.scaled > 0.0);
        }
    }

    #[test]
    fn the_mean_square_of_the_cosine_is_that_of_the_density() {
        // e^{z cos θ} sin^{d−2} θ on (0, π), by the trapezoidal rule, which is exact for periodic functions.
        for (dimension, z) in [(2_i32, 0.7), (3, 4.0), (4, 12.0), (7, 2.0), (7, 90.0)] {
            let count = 4000;
            let mut sums = [0.0; 3];
            for k in 1..count {
                let angle = PI * f64::from(k) / f64::from(count);
                let weight = (z * (angle.cos() - 1.0)).exp() * angle.sin().powi(dimension - 2);
                for (sum, power) in sums.iter_mut().zip(0..) {
                    *sum += weight * angle.cos().powi(power);
                }
            }
            if dimension == 2 {
                let end = (-2.0 * z).exp();
                sums = [sums[0] + 0.5 + 0.5 * end, sums[1] + 0.5 - 0.5 * end, sums[2] + 0.5 + 0.5 * end];
            }
            let found = sphere_average(usize::try_from(dimension).unwrap(), z);
            // sin^{d−2} has kinks at the ends for odd d, of order d − 1.
            let quadrature = if dimension % 2 == 0 { 1e-12 } else { 1e-6 };
            assert!((found.cosine - sums[1] / sums[0]).abs() < quadrature, "{dimension} {z}");
            assert!((found.cosine_squared - sums[2] / sums[0]).abs() < quadrature, "{dimension} {z}");
        }
    }
}
