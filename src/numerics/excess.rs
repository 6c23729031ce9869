//! `ρ − log(1+ρ)` and `log(1+ρ) − ρ/(1+ρ)` on intervals, without cancellation near 0.
//!
//! Both vanish to second order at `ρ = 0`, decrease on `(−1, 0]` and increase on `[0, ∞)`. With
//! `ρ` the relative excess of a variance they are twice the Kullback-Leibler divergences
//! `KL(N(0,1+ρ)|N(0,1))` and `KL(N(0,1)|N(0,1+ρ))`.

use crate::enclosure::Interval;

/// Below this the power series is used, above it the difference, which then loses at most a
/// factor `log(1+ρ)/(ρ − log(1+ρ)) < 20` of the relative accuracy.
const SERIES_RADIUS: f64 = 0.125;

/// Terms of the series: at the radius above the tail is below `2·8⁻²⁴ ≈ 4·10⁻²²`.
const TERMS: u32 = 24;

/// `ρ − log(1+ρ)` for all `ρ` in the interval; the part `ρ ≤ −1` is ignored.
pub fn excess_forward(rho: Interval) -> Interval {
    // ρ − log(1+ρ) = ρ² Σ_{j≥0} (−ρ)^j / (j+2)
    valley(rho, |j| (1.0, j + 2.0), |x| x - x.ln_1p())
}

/// `log(1+ρ) − ρ/(1+ρ)` for all `ρ` in the interval; the part `ρ ≤ −1` is ignored.
pub fn excess_reverse(rho: Interval) -> Interval {
    // log(1+ρ) − ρ/(1+ρ) = ρ² Σ_{j≥0} (−ρ)^j (j+1)/(j+2)
    valley(rho, |j| (j + 1.0, j + 2.0), |x| x.ln_1p() - x / (Interval::ONE + x))
}

/// Range of a function that decreases to 0 at 0 and increases afterwards, from its values at the
/// ends. `coefficient(j)` is the fraction in front of `(−ρ)^j`, at most 1; `direct` evaluates the
/// function away from 0.
fn valley(
    rho: Interval,
    coefficient: impl Fn(f64) -> (f64, f64),
    direct: impl Fn(Interval) -> Interval,
) -> Interval {
    let at = |x: f64| {
        if x <= -1.0 || x == f64::INFINITY {
            // The limit at either end of the domain.
            Interval::new(f64::MAX, f64::INFINITY)
        } else if x == 0.0 {
            Interval::ZERO
        } else if x.abs() < SERIES_RADIUS {
            series(x, &coefficient)
        } else {
            direct(Interval::point(x))
        }
    };
    let (left, right) = (at(rho.lo()), at(rho.hi()));
    let hi = if left.hi() > right.hi() { left.hi() } else { right.hi() };
    let lo = if rho.contains(0.0) {
        0.0
    } else {
        let lo = if left.lo() < right.lo() { left.lo() } else { right.lo() };
        if lo > 0.0 { lo } else { 0.0 }
    };
    Interval::new(lo, hi)
}

/// `x² Σ_j c_j (−x)^j` with a bound for the tail, for `0 < |x| < SERIES_RADIUS`.
fn series(x: f64, coefficient: impl Fn(f64) -> (f64, f64)) -> Interval {
    let minus_x = Interval::point(-x);
    // What follows the last term, divided by (−x)^K: |Σ_{j≥0} c_{K+j} (−x)^j| ≤ 1/(1−|x|) < 2
    // because 0 ≤ c_j ≤ 1.
    let tail = Interval::new(-2.0, 2.0);
    let polynomial = (0..TERMS).rev().fold(tail, |sum, j| {
        let (numerator, denominator) = coefficient(f64::from(j));
        sum * minus_x + Interval::point(numerator) / Interval::point(denominator)
    });
    Interval::point(x).square() * polynomial
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ρ`, `ρ − log(1+ρ)` and `log(1+ρ) − ρ/(1+ρ)`, the latter two rounded to floats from a
    /// computation with 120 digits.
    const REFERENCE: [(f64, f64, f64); 7] = [
        (1e-150, 5e-301, 5e-301),
        (-1e-10, 5.000000000333334e-21, 5.000000000666667e-21),
        (1e-5, 4.9999666669166655e-11, 4.999933334083326e-11),
        (-0.1, 0.005360515657826302, 0.005750595453284811),
        (0.125, 0.007216964343616545, 0.006671924545272344),
        (-0.9, 1.402585092994046, 6.697414907005956),
        (7.5, 5.359933836503729, 1.2577132223198002),
    ];

    #[test]
    fn reference_values_lie_in_narrow_enclosures() {
        // At most four operations, each of which widens by two units, times the loss of accuracy
        // named at SERIES_RADIUS; the series loses less.
        let (operations, units, loss) = (4.0, 2.0, 20.0);
        let relative_width = operations * units * loss * f64::EPSILON;
        for (rho, forward, reverse) in REFERENCE {
            for (found, expected) in [
                (excess_forward(Interval::point(rho)), forward),
                (excess_reverse(Interval::point(rho)), reverse),
            ] {
                // The reference itself is half a unit off.
                let reference = Interval::new(expected.next_down(), expected.next_up());
                assert!(found.intersects(reference), "{rho}: {found:?} misses {expected}");
                assert!(found.width() <= relative_width * expected, "{rho}: {found:?} is too wide");
            }
        }
    }

    #[test]
    fn series_and_difference_meet_at_the_radius() {
        for x in [SERIES_RADIUS, -SERIES_RADIUS] {
            let (inside, outside) = (x * (1.0 - f64::EPSILON), x);
            for f in [excess_forward, excess_reverse] {
                let step = f(Interval::point(outside)) - f(Interval::point(inside));
                // |f'| ≤ |x|/(1+x)² ≤ 1 near the radius, so the step is at most ε|x| and rounding.
                let rounding = f(Interval::point(inside)).width() + f(Interval::point(outside)).width();
                assert!(step.magnitude() <= f64::EPSILON + rounding);
            }
        }
    }

    #[test]
    fn the_two_functions_are_exchanged_by_inversion() {
        // KL(N(0,s)|N(0,1)) = KL(N(0,1)|N(0,1/s)): f(ρ) = g(−ρ/(1+ρ)).
        for rho in [-0.5, -0.01, 1e-7, 0.03, 0.2, 4.0] {
            let x = Interval::point(rho);
            let inverse = -(x / (Interval::ONE + x));
            assert!(excess_forward(x).intersects(excess_reverse(inverse)));
        }
    }

    #[test]
    fn wide_intervals_include_the_minimum_and_the_ends() {
        let range = excess_forward(Interval::new(-0.5, 0.25));
        assert_eq!(range.lo(), 0.0);
        assert!(range.encloses(excess_forward(Interval::point(-0.5))));
        assert_eq!(excess_forward(Interval::ZERO), Interval::ZERO);
        assert_eq!(excess_forward(Interval::new(-2.0, 0.0)).hi(), f64::INFINITY);
        assert!(excess_reverse(Interval::new(1.0, f64::INFINITY)).hi().is_infinite());
        assert!(excess_reverse(Interval::new(1.0, f64::INFINITY)).lo() > 0.0);
    }
}
