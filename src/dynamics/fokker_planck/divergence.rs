//! Divergences of two laws given by masses of cells and the deviation of one from the other.

/// `KL(p|q)`, `KL(q|p)`, `χ²(q|p) = ∫(q/p − 1)²p` and the total variation distance `½∫|q − p|`.
pub(in crate::dynamics) type Divergences = [f64; 4];

/// Below this the power series are used: nine terms give full precision.
const SERIES_RADIUS: f64 = 0.01;

/// Up to this relative deviation the forms with `log(1+w)` are used, beyond it differences of logarithms.
const NEAR: f64 = 0.5;

/// `Σ_{j=2}^{9} (−w)^j·coefficient(j)`.
fn series(w: f64, coefficient: impl Fn(f64) -> f64) -> f64 {
    w * w * (2..10).rev().fold(0.0, |sum, j| coefficient(f64::from(j)) - w * sum)
}

/// Divergences from masses `p`, `q` and `g = q − p` of the cells, `q` and `g` each to its own relative accuracy.
/// All integrands are written as non-negative functions that vanish to second order at `q = p`.
pub(in crate::dynamics) fn divergences(p: &[f64], log_p: &[f64], state: &[[f64; 2]]) -> Divergences {
    let mut sums = [0.0; 4];
    for ((&p, &log_p), &[q, g]) in p.iter().zip(log_p).zip(state) {
        let w = g / p;
        let [forward, reverse, square] = if w.abs() < SERIES_RADIUS {
            [p * series(w, |j| 1.0 / j), p * series(w, |j| 1.0 / (j * (j - 1.0))), g * w]
        } else if w.abs() < NEAR {
            let log = core_math::log1p(w);
            [p * (w - log), p * ((1.0 + w) * log - w), g * w]
        } else {
            // A mass that underflowed is counted as the smallest number.
            let log_q = core_math::log(q.max(f64::MIN_POSITIVE));
            let square = core_math::exp(2.0 * core_math::log(g.abs().max(f64::MIN_POSITIVE)) - log_p);
            [p * (log_p - log_q) - p + q, q * (log_q - log_p) - q + p, square]
        };
        sums[0] += forward;
        sums[1] += reverse;
        sums[2] += square;
        sums[3] += 0.5 * g.abs();
    }
    sums[3] += kinks(state);
    sums
}

/// What the sum `½Σ|g|` misses of the integral at the zeros of `g`.
///
/// With `g` as a function of the number of the cell, a jump `J_k` of the `k`th derivative of `½|g|` at a distance `a` below
/// a node costs `B_{k+1}(a)/(k+1)!·J_k` (Bernoulli polynomials; the Euler-Maclaurin formula at a singular point). Zero and
/// derivatives are those of the cubic through four values; at the ends and where that has no zero, of the line through two.
fn kinks(state: &[[f64; 2]]) -> f64 {
    let mut total = 0.0;
    for (i, pair) in state.windows(2).enumerate() {
        let (left, right) = (pair[0][1], pair[1][1]);
        // A zero at a node is counted once.
        if (left < 0.0) == (right < 0.0) {
            continue;
        }
        let line = [left, right - left, 0.0, 0.0];
        let cubic = match (i.checked_sub(1).map(|k| state[k][1]), state.get(i + 2)) {
            (Some(before), Some(&[_, after])) => {
                // Newton's form at −1, 0, 1, 2 in powers of the distance from the left node.
                let third = (after - 3.0 * right + 3.0 * left - before) / 6.0;
                let second = 0.5 * (right - 2.0 * left + before);
                [left, right - left - second - third, second, third]
            }
            _ => line,
        };
        let (cubic, at) = match zero(&cubic) {
            Some(at) => (cubic, at),
            None => (line, left / (left - right)),
        };
        let [_, one, two, three] = cubic;
        let jumps = [one + at * (2.0 * two + 3.0 * three * at), 2.0 * two + 6.0 * three * at, 6.0 * three];
        let a = 1.0 - at;
        let bernoulli = [
            0.5 * (a * (a - 1.0)) + 1.0 / 12.0,
            a * (a - 0.5) * (a - 1.0) / 6.0,
            ((a * (a - 1.0)).powi(2) - 1.0 / 30.0) / 24.0,
        ];
        let sum: f64 = jumps.iter().zip(bernoulli).map(|(jump, b)| jump * b).sum();
        total += sum * right.signum();
    }
    total
}

/// The zero in `[0, 1]` of a cubic that changes sign there, by bisection and Newton's method; none if the slope vanishes.
fn zero(cubic: &[f64; 4]) -> Option<f64> {
    let [c0, c1, c2, c3] = *cubic;
    let value = |x: f64| c0 + x * (c1 + x * (c2 + x * c3));
    let (mut lo, mut hi) = (0.0, 1.0);
    let mut at = c0 / (c0 - value(1.0));
    for _ in 0..ITERATIONS {
        let here = value(at);
        if here * c0 > 0.0 {
            lo = at;
        } else {
            hi = at;
        }
        let newton = at - here / (c1 + at * (2.0 * c2 + 3.0 * c3 * at));
        at = if lo < newton && newton < hi { newton } else { 0.5 * (lo + hi) };
    }
    at.is_finite().then_some(at)
}

/// Steps towards a zero: Newton's method doubles the digits of each.
const ITERATIONS: usize = 12;

/// What a mass that is not positive may cost a divergence: its logarithm is unknown, but above that of the smallest number.
pub(super) fn doubt(p: &[f64], state: &[[f64; 2]]) -> f64 {
    let lost = |(p, [q, _]): (&f64, &[f64; 2])| if *q > 0.0 { 0.0 } else { p + q.abs() };
    -core_math::log(f64::MIN_POSITIVE) * p.iter().zip(state).map(lost).sum::<f64>()
}
