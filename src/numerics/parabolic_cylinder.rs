//! Zeros of Hermite functions (parabolic cylinder functions) in their degree, enclosed.
//!
//! `D_ν(z) = 2^{−ν/2} e^{−z²/4} H_ν(z/√2)`; up to a factor without zeros in `ν`,
//!
//! ```text
//! F(ν, z) = M(−ν/2, 1/2, z²/2) / Γ((1−ν)/2)  +  ν z / √2 · M((1−ν)/2, 3/2, z²/2) / Γ(1 − ν/2)
//! ```
//!
//! with Kummer's function `M` (DLMF 12.4 and 12.7.14). Everything is evaluated in interval
//! arithmetic, the tail of the series included.

use crate::enclosure::Interval;

/// Terms of Kummer's series at most.
const TERMS: usize = 4000;
/// Bisections of a bracket.
const BISECTIONS: usize = 200;
/// Range of arguments: `e^{z²/2}` cancels to at most eight digits above, and stays below 10^{150}
/// below.
const LARGEST: f64 = 6.0;
const SMALLEST: f64 = -26.0;
/// Pieces tried on the walk to the zero.
const PIECES: usize = 4000;

fn point(x: f64) -> Interval {
    Interval::point(x)
}

/// Kummer's function `M(a, b, x) = Σ (a)_k/(b)_k x^k/k!` for `b > 0`, `x ≥ 0`.
pub fn kummer(a: Interval, b: f64, x: Interval) -> Interval {
    let (mut sum, mut term) = (Interval::ONE, Interval::ONE);
    for k in 0..TERMS {
        let index = point(k as f64);
        let ratio = (a + index) * x / ((point(b) + index) * point(k as f64 + 1.0));
        term = term * ratio;
        sum = sum + term;
        // Beyond this term |a + j|/(b + j) is at most `growth`, and x/(j + 1) decreases.
        let growth =
            ((a + index + Interval::ONE).abs() / (point(b) + index + Interval::ONE)).max(Interval::ONE);
        let bound = (growth * x / (index + point(2.0))).hi();
        if bound < 0.5 && term.magnitude() <= f64::EPSILON * f64::EPSILON * (1.0 + sum.magnitude()) {
            // Geometric tail with ratio below 1/2: at most the last term once more.
            let tail = term.magnitude();
            return sum + Interval::new(-tail, tail);
        }
    }
    Interval::ENTIRE
}

/// `1/Γ(x)`, entire in `x`.
pub fn reciprocal_gamma(x: Interval) -> Interval {
    if !x.is_finite() || x.lo() < -170.0 || x.hi() > 170.0 {
        return Interval::ENTIRE;
    }
    // Γ increases beyond 1.4616…; the recursion carries x there.
    let (mut shifted, mut factor) = (x, Interval::ONE);
    while shifted.lo() < 1.5 {
        factor = factor * shifted;
        shifted = shifted + Interval::ONE;
    }
    let (low, high) = (core_math::tgamma(shifted.lo()), core_math::tgamma(shifted.hi()));
    factor / Interval::new(low.next_down(), high.next_up())
}

/// `F(ν, z)` of the module's documentation: zero exactly where `D_ν(z)` is.
fn hermite(nu: Interval, z: Interval) -> Interval {
    let two = point(2.0);
    let x = z.square() / two;
    let (half, rest) = (nu / two, (Interval::ONE - nu) / two);
    let even = kummer(-half, 0.5, x) * reciprocal_gamma(rest);
    let odd = nu * z / two.sqrt() * kummer(rest, 1.5, x) * reciprocal_gamma(Interval::ONE - half);
    even + odd
}

/// Sign of `F(ν, z)` where it is certain.
fn sign(nu: Interval, z: Interval) -> Option<f64> {
    let f = hermite(nu, z);
    if f.lo() > 0.0 {
        Some(1.0)
    } else if f.hi() < 0.0 {
        Some(-1.0)
    } else {
        None
    }
}

/// The smallest positive zero `ν` of `ν ↦ D_ν(z)`, enclosed; `None` if interval arithmetic in
/// double precision cannot isolate it: for `z > 6`, where the two series cancel, or `z < −26`, where
/// they overflow.
///
/// `F(0, z) = 1/√π > 0`. The line is walked from 0 in pieces on all of which `F > 0` is proved, so
/// that no zero is passed; a later point with `F < 0` closes the enclosure.
pub fn smallest_degree(z: Interval) -> Option<Interval> {
    if z.hi() > LARGEST || z.lo() < SMALLEST {
        return None;
    }
    let (mut proved, mut step) = (0.0_f64, 0.125_f64);
    let mut negative = f64::INFINITY;
    for _ in 0..PIECES {
        let next = proved + step;
        if next < negative && sign(Interval::new(proved, next), z) == Some(1.0) {
            proved = next;
            step *= 1.5;
            continue;
        }
        if next < negative && sign(point(next), z) == Some(-1.0) {
            negative = next;
        }
        step *= 0.5;
        if step <= f64::EPSILON * proved || step < f64::MIN_POSITIVE {
            break;
        }
    }
    // The walk may stop too short of the zero to step across it: look a little further.
    let mut ahead = 4.0 * f64::EPSILON;
    while negative.is_infinite() && ahead <= 1.0 {
        if sign(point(proved * (1.0 + ahead)), z) == Some(-1.0) {
            negative = proved * (1.0 + ahead);
        }
        ahead *= 2.0;
    }
    let (mut low, mut high) = (proved, negative);
    if high.is_infinite() {
        return None;
    }
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if sign(point(middle), z) == Some(-1.0) { high = middle } else { low = middle }
    }
    Some(Interval::new(proved, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kummer_and_gamma_match_known_values() {
        // M(1, 1, x) = e^x, M(−1, b, x) = 1 − x/b, 1/Γ(−1/2) = −1/(2√π).
        let e = kummer(Interval::ONE, 1.0, Interval::ONE);
        assert!(e.contains(std::f64::consts::E) && e.width() < 1e-13);
        assert!(kummer(-Interval::ONE, 0.5, Interval::ONE).contains(-1.0));
        let gamma = reciprocal_gamma(point(-0.5));
        assert!(
            gamma.intersects(-Interval::ONE / (point(2.0) * Interval::PI.sqrt())) && gamma.width() < 1e-14
        );
        assert!(reciprocal_gamma(point(-3.0)).contains(0.0));
    }

    #[test]
    fn degrees_at_zeros_of_hermite_polynomials() {
        // He₁(0) = 0, He₂(1) = 0, He₃(√3) = 0, and these are the largest zeros.
        for (z, degree) in [(0.0, 1.0), (1.0, 2.0), (3_f64.sqrt(), 3.0)] {
            let nu = smallest_degree(point(z)).unwrap();
            let slack = 8.0 * f64::EPSILON * degree;
            assert!(nu.intersects(Interval::around(degree, slack)) && nu.width() < 1e-11, "{z}: {nu:?}");
        }
    }

    #[test]
    fn degrees_agree_with_independent_values() {
        // 1/ν from an arbitrary-precision solution of D_ν(−ℓ) = 0, to the digits given.
        for (slope, constant) in [
            (0.5, 1.54122273032613),
            (1.0, 2.57573766842151),
            (1.5, 4.79217970515769),
            (2.0, 10.280176352016),
            (3.0, 86.1645299916791),
        ] {
            let nu = smallest_degree(point(-slope)).unwrap();
            let digits = 1e-13 * constant;
            assert!((Interval::ONE / nu).intersects(Interval::around(constant, digits)), "{slope}: {nu:?}");
            assert!(nu.width() < 1e-12 * nu.hi());
        }
    }

    #[test]
    fn an_unreachable_zero_is_not_invented() {
        for z in [-60.0, -26.0, 6.0, 40.0] {
            if let Some(nu) = smallest_degree(point(z)) {
                assert!(nu.lo() > 0.0 && nu.lo() <= nu.hi(), "{z}: {nu:?}");
            }
        }
    }
}
