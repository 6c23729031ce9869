//! Zeros of Hermite functions (parabolic cylinder functions) in their degree, enclosed.
//!
//! `D_ν(z) = 2^{−ν/2} e^{−z²/4} H_ν(z/√2)`; up to a factor without zeros in `ν`,
//!
//! ```text
//! F(ν, z) = M(−ν/2, 1/2, z²/2) / Γ((1−ν)/2)  +  ν z / √2 · M((1−ν)/2, 3/2, z²/2) / Γ(1 − ν/2)
//! ```
//!
//! with Kummer's function `M` (DLMF 12.4 and 12.7.14). The spectral gap of the normal law on an interval
//! comes from the same functions with Neumann conditions. Everything is evaluated in interval
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
/// First step of the walk to a zero.
const FIRST_STEP: f64 = 0.125;
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

/// `G(ν; a, b) = E'(a) O'(b) − E'(b) O'(a)` for the even and the odd solution
/// `E = M(−ν/2, 1/2, x²/2)`, `O = x M((1−ν)/2, 3/2, x²/2)` of `f'' − x f' + ν f = 0`, divided by `−ν`:
/// `E' = −ν x M(1 − ν/2, 3/2, x²/2)`, `O' = M((1−ν)/2, 1/2, x²/2)`.
fn neumann(nu: Interval, a: Interval, b: Interval) -> Interval {
    let half = nu / point(2.0);
    let even_slope = |x: Interval| x * kummer(Interval::ONE - half, 1.5, x.square() / point(2.0));
    let odd_slope = |x: Interval| kummer(point(0.5) - half, 0.5, x.square() / point(2.0));
    even_slope(a) * odd_slope(b) - even_slope(b) * odd_slope(a)
}

/// Sign of a number where it is certain.
fn sign(x: Interval) -> Option<f64> {
    if x.lo() > 0.0 {
        Some(1.0)
    } else if x.hi() < 0.0 {
        Some(-1.0)
    } else {
        None
    }
}

/// The first zero beyond `start` of a continuous function with a certain sign there, enclosed; `None`
/// if interval arithmetic cannot isolate it.
///
/// The line is walked from `start` in pieces on all of which the sign is proved to be the first one,
/// so that no zero is passed; a later point with the other sign closes the enclosure.
fn first_zero(start: f64, f: impl Fn(Interval) -> Interval) -> Option<Interval> {
    let side = sign(f(point(start)))?;
    let before = |piece: Interval| sign(f(piece)) == Some(side);
    let beyond = |x: f64| sign(f(point(x))) == Some(-side);
    let (mut proved, mut step) = (start, FIRST_STEP);
    let mut other = f64::INFINITY;
    for _ in 0..PIECES {
        let next = proved + step;
        if next < other && before(Interval::new(proved, next)) {
            proved = next;
            step *= 1.5;
            continue;
        }
        if next < other && beyond(next) {
            other = next;
        }
        step *= 0.5;
        if step <= f64::EPSILON * proved || step < f64::MIN_POSITIVE {
            break;
        }
    }
    // The walk may stop too short of the zero to step across it: look a little further.
    let mut ahead = 4.0 * f64::EPSILON;
    while other.is_infinite() && ahead <= 1.0 {
        if beyond(proved * (1.0 + ahead)) {
            other = proved * (1.0 + ahead);
        }
        ahead *= 2.0;
    }
    if other.is_infinite() {
        return None;
    }
    let (mut low, mut high) = (proved, other);
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beyond(middle) { high = middle } else { low = middle }
    }
    Some(Interval::new(proved, high))
}

/// The smallest positive zero `ν` of `ν ↦ D_ν(z)`, enclosed; `None` if interval arithmetic in
/// double precision cannot isolate it: for `z > 6`, where the two series cancel, or `z < −26`, where
/// they overflow.
pub fn smallest_degree(z: Interval) -> Option<Interval> {
    if z.hi() > LARGEST || z.lo() < SMALLEST {
        return None;
    }
    // F(0, z) = 1/√π > 0.
    first_zero(0.0, |nu| hermite(nu, z))
}

/// The smallest `ν > 1` for which `f'' − x f' + ν f = 0` has a solution with `f'(a) = f'(b) = 0`, the
/// spectral gap of the normal law on `[a, b]`, enclosed. There is none in `(0, 1]`: the law is
/// strictly more log-concave than the normal law, whose gap is 1.
///
/// `None` if an end lies beyond `±6`, or if interval arithmetic cannot tell the gap from 1.
pub fn smallest_neumann_degree(a: Interval, b: Interval) -> Option<Interval> {
    if a.magnitude().max(b.magnitude()) > LARGEST || a.hi() >= b.lo() {
        return None;
    }
    first_zero(1.0, |nu| neumann(nu, a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Width of values of the special functions, of order one.
    const VALUE: f64 = 1e-13;
    /// Relative width of their zeros: that of the values over their slopes.
    const ZERO: f64 = 1e-11;

    #[test]
    fn kummer_and_gamma_match_known_values() {
        // M(1, 1, x) = e^x, M(−1, b, x) = 1 − x/b, 1/Γ(−1/2) = −1/(2√π).
        let e = kummer(Interval::ONE, 1.0, Interval::ONE);
        assert!(e.contains(std::f64::consts::E) && e.width() < VALUE);
        assert!(kummer(-Interval::ONE, 0.5, Interval::ONE).contains(-1.0));
        let gamma = reciprocal_gamma(point(-0.5));
        assert!(
            gamma.intersects(-Interval::ONE / (point(2.0) * Interval::PI.sqrt())) && gamma.width() < VALUE
        );
        assert!(reciprocal_gamma(point(-3.0)).contains(0.0));
    }

    #[test]
    fn degrees_at_zeros_of_hermite_polynomials() {
        // He₁(0) = 0, He₂(1) = 0, He₃(√3) = 0, and these are the largest zeros.
        for (z, degree) in [(0.0, 1.0), (1.0, 2.0), (3_f64.sqrt(), 3.0)] {
            let nu = smallest_degree(point(z)).unwrap();
            let slack = 8.0 * f64::EPSILON * degree;
            assert!(nu.intersects(Interval::around(degree, slack)) && nu.width() < ZERO, "{z}: {nu:?}");
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
            assert!(nu.width() < ZERO * nu.hi());
        }
    }

    #[test]
    fn gaps_between_critical_points_of_hermite_polynomials() {
        // He₃ on [−1, 1], He₄ on [0, √3]; on a short interval the gap is nearly that of the uniform law.
        for (a, b, gap) in [(-1.0, 1.0, 3.0), (0.0, 3_f64.sqrt(), 4.0), (-(3_f64.sqrt()), 0.0, 4.0)] {
            let nu = smallest_neumann_degree(point(a), point(b)).unwrap();
            let slack = 8.0 * f64::EPSILON * gap;
            assert!(nu.intersects(Interval::around(gap, slack)) && nu.width() < ZERO, "[{a}, {b}]: {nu:?}");
        }
        let (length, half) = (0.01, 0.005);
        let nu = smallest_neumann_degree(point(-half), point(half)).unwrap();
        let uniform = (std::f64::consts::PI / length).powi(2);
        assert!(nu.lo() > uniform && nu.hi() < uniform + 1.0 && nu.width() < ZERO * uniform, "{nu:?}");
        assert!(smallest_neumann_degree(point(1.0), point(1.0)).is_none());
        assert!(smallest_neumann_degree(point(-7.0), point(1.0)).is_none());
        if let Some(wide) = smallest_neumann_degree(point(-5.5), point(5.5)) {
            assert!(wide.lo() >= 1.0 && wide.hi() < 1.001, "{wide:?}");
        }
    }

    #[test]
    fn ends_up_to_six_are_allowed() {
        // A little above the gaps of the half-lines and of what is almost the whole line.
        let (at, inside) =
            (smallest_neumann_degree, smallest_neumann_degree(point(0.0), point(5.99)).unwrap());
        let (right, left) = (at(point(0.0), point(6.0)).unwrap(), at(point(-6.0), point(0.0)).unwrap());
        assert!(right.intersects(left) && right.lo() > 2.0 && right.hi() < inside.lo(), "{right:?} {left:?}");
        let whole = at(point(-6.0), point(6.0)).unwrap();
        assert!(whole.lo() > 1.0 && whole.hi() < 1.000_000_1, "{whole:?}");
        assert!(smallest_neumann_degree(point(5.5), point(6.0_f64.next_up())).is_none());
        assert!(smallest_neumann_degree(point(-6.0_f64.next_up()), point(0.0)).is_none());
        assert!(smallest_neumann_degree(point(1.0), point(0.5)).is_none());
        assert!(smallest_degree(point(6.5)).is_none() && smallest_degree(point(-27.0)).is_none());
    }

    #[test]
    fn an_unreachable_zero_is_not_invented() {
        for z in [-60.0, -26.0, 6.0, 40.0] {
            if let Some(nu) = smallest_degree(point(z)) {
                assert!(nu.lo() > 0.0 && nu.lo() <= nu.hi(), "{z}: {nu:?}");
            }
        }
    }

    #[test]
    fn kummer_agrees_with_elementary_functions_and_its_recurrence() {
        for x in [0.0, 0.01, 0.7, 3.0, 17.5] {
            let at = point(x);
            // M(1, 2, x) = (e^x − 1)/x, M(2, 1, x) = e^x(1 + x), M(−2, ½, x) = 1 − 4x + 4x²/3.
            let known = [
                (kummer(Interval::ONE, 2.0, at) * at, at.exp() - Interval::ONE),
                (kummer(point(2.0), 1.0, at), at.exp() * (at + Interval::ONE)),
                (
                    kummer(point(-2.0), 0.5, at),
                    Interval::ONE - point(4.0) * at + point(4.0) * at.square() / point(3.0),
                ),
            ];
            for (found, expected) in known {
                assert!(found.intersects(expected), "{x}: {found:?} {expected:?}");
                assert!(found.width() <= VALUE * (1.0 + found.magnitude()), "{x}: {found:?}");
            }
            // b(b−1)M(a,b−1) + b(1−b−x)M(a,b) + x(b−a)M(a,b+1) = 0 (DLMF 13.3.2).
            for (a, b) in [(-1.3, 1.5), (0.4, 2.5), (-7.7, 3.5)] {
                let m = |shift: f64| kummer(point(a), b + shift, at);
                let b = point(b);
                let one = Interval::ONE;
                let terms =
                    [b * (b - one) * m(-1.0), b * (one - b - at) * m(0.0), at * (b - point(a)) * m(1.0)];
                let sum: Interval = terms.into_iter().sum();
                let size = terms.iter().map(|t| t.magnitude()).sum::<f64>() + x.exp();
                // Terms of the series alternate for a negative a: their size is e^x at most.
                let width = 2.0 * VALUE * size * x.exp();
                assert!(sum.contains(0.0) && sum.width() < width, "{a} {x}: {sum:?}");
            }
        }
        // Terms that grow before they fall: the tail is counted from where they fall.
        let wide = kummer(Interval::new(-0.5, 0.5), 0.5, Interval::new(0.0, 2.0));
        assert!(wide.contains(1.0) && wide.contains(2_f64.exp()) && wide.is_finite());
        assert_eq!(kummer(point(1e9), 0.5, point(30.0)), Interval::ENTIRE);
    }

    #[test]
    fn reciprocal_gammas_on_both_sides() {
        let root_pi = Interval::PI.sqrt();
        let known = [
            (5.0, Interval::ONE / point(24.0)),
            (0.5, Interval::ONE / root_pi),
            (1.0, Interval::ONE),
            (1.5, point(2.0) / root_pi),
            (-1.5, point(3.0) / (point(4.0) * root_pi)),
            (-2.5, point(-15.0) / (point(8.0) * root_pi)),
        ];
        for (x, expected) in known {
            let found = reciprocal_gamma(point(x));
            assert!(found.intersects(expected) && found.width() < VALUE, "{x}: {found:?} {expected:?}");
        }
        for x in [f64::INFINITY, -170.5, 170.5, f64::NEG_INFINITY] {
            assert_eq!(reciprocal_gamma(Interval::new(x.min(1.0), x.max(1.0))), Interval::ENTIRE);
        }
        assert!(reciprocal_gamma(point(-169.5)).is_finite() && reciprocal_gamma(point(169.5)).lo() > 0.0);
    }

    #[test]
    fn the_first_zero_is_enclosed_and_none_is_passed() {
        /// A walk in steps that grow and shrink, then bisections.
        const CALLS: usize = 400;
        for zero in [1e-3, 0.3, 1.7, 400.0] {
            for sign in [-1.0, 1.0] {
                let calls = std::cell::Cell::new(0);
                // Two zeros: the second would take the sign back.
                let f = |x: Interval| {
                    calls.set(calls.get() + 1);
                    point(sign) * (x - point(zero)) * (x - point(3.0 * zero))
                };
                let found = first_zero(0.0, f).unwrap();
                let rounding = 64.0 * f64::EPSILON * zero;
                assert!(found.contains(zero) && found.width() < rounding, "{zero}: {found:?}");
                assert!(calls.get() < CALLS, "{zero}: {}", calls.get());
            }
        }
        // From 2 on, the next one.
        let found = first_zero(2.0, |x| (x - Interval::ONE) * (x - point(2.5))).unwrap();
        assert!(found.contains(2.5));
        assert!(first_zero(1.0, |x| x - Interval::ONE).is_none());
        assert!(first_zero(0.0, |x| x + Interval::ONE).is_none());
        assert!(first_zero(0.0, |_| Interval::ENTIRE).is_none());
    }
}
