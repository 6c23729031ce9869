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
    sums
}
