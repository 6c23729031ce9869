//! Two classical upper ends, certified: curvature, and the Hardy-type criterion.

use super::frame::{Frame, right_remainder};
use super::potential::{Potential, cell_integral, exponential};
use crate::enclosure::Interval;

/// Lower bound of `V''` over the support, by interval evaluation on cells and on the two half-lines outside them. `−∞` if
/// an enclosure is unbounded below.
pub(super) fn curvature(potential: Potential<'_>, frame: &Frame) -> f64 {
    let two = Interval::point(2.0);
    let mut lowest = f64::INFINITY;
    if frame.support.0.is_infinite() {
        lowest = lowest.min(potential.mirror().convexity_beyond(-frame.left));
    }
    if frame.support.1.is_infinite() {
        lowest = lowest.min(potential.convexity_beyond(frame.right));
    }
    if frame.breaks.iter().any(|&kink| drop_of_slope(potential, frame, kink).hi() > 0.0) {
        return f64::NEG_INFINITY;
    }
    for pair in frame.edges(2000).windows(2) {
        if lowest == f64::NEG_INFINITY {
            return lowest;
        }
        let cell = potential.series(Interval::new(pair[0], pair[1]));
        let direct = two * cell[2];
        // Mean-value form: V''(x) = V''(m) + 6c_3(ξ)(x − m).
        let middle = Interval::point(0.5 * (pair[0] + pair[1]));
        let centred = two * potential.series(middle)[2]
            + Interval::point(6.0) * cell[3] * (Interval::new(pair[0], pair[1]) - middle);
        lowest = lowest.min(direct.lo().max(centred.lo()));
    }
    lowest
}

/// How far `V'` may jump down at a break point: `[0, …]`, infinite if unknown.
pub(super) fn drop_of_slope(potential: Potential<'_>, frame: &Frame, kink: f64) -> Interval {
    if potential.series(Interval::point(kink))[2].is_finite() {
        return Interval::ZERO;
    }
    let reach = 1e-6 * (frame.right - frame.left);
    let left = potential.series(Interval::new(kink - reach, kink));
    let right = potential.series(Interval::new(kink, kink + reach));
    // A kink that is no float lies inside one of the two, whose curvature is then unbounded.
    if left[2].is_finite() && right[2].is_finite() {
        (left[1] - right[1]).max(Interval::ZERO)
    } else {
        Interval::new(0.0, f64::INFINITY)
    }
}

/// `4·max B`, `B = sup_{x>m} q log(1 + e²/q) ∫_m^x 1/p` with `q = μ[x,∞)`, and its mirror image: an upper bound for the
/// log-Sobolev constant for every `m` (Barthe and Roberto, 2003, who take the median), with the point `m`.
///
/// On a cell `[x_i, x_{i+1}]` the tail is largest at the left end and the integral at the right end.
pub(super) fn barthe_roberto(potential: Potential<'_>, frame: &Frame) -> Option<(f64, f64)> {
    let level = Interval::point(frame.level);
    let edges = frame.edges(4000);
    let (mut masses, mut resistances) = (Vec::new(), Vec::new());
    for pair in edges.windows(2) {
        let (x, y) = (Interval::point(pair[0]), Interval::point(pair[1]));
        let mut cell = potential.series(Interval::new(pair[0], pair[1]));
        let mut middle = potential.series((x + y) * Interval::point(0.5));
        cell[0] = cell[0] - level;
        middle[0] = middle[0] - level;
        let negative = |s: &[Interval; 5]| s.map(|c| -c);
        masses.push(cell_integral(&exponential(&negative(&middle)), &exponential(&negative(&cell)), y - x));
        resistances.push(cell_integral(&exponential(&middle), &exponential(&cell), y - x));
    }
    let outside = [
        if frame.support.0.is_finite() {
            Interval::ZERO
        } else {
            right_remainder(potential.mirror(), frame.level, -frame.left)?
        },
        if frame.support.1.is_finite() {
            Interval::ZERO
        } else {
            right_remainder(potential, frame.level, frame.right)?
        },
    ];
    let total = masses.iter().copied().sum::<Interval>() + outside[0] + outside[1];
    // The edge nearest to the median.
    let mut sum = outside[0].hi();
    let median = masses.iter().position(|m| {
        sum += m.mid();
        sum >= 0.5 * total.mid()
    })?;
    let right = side(&masses[median..], &resistances[median..], outside[1], total)?;
    let flipped = |v: &[Interval]| v[..median].iter().rev().copied().collect::<Vec<_>>();
    let left = side(&flipped(&masses), &flipped(&resistances), outside[0], total)?;
    let mut bound = right.max(left);
    if frame.support.1.is_infinite() {
        let resistance: Interval = resistances[median..].iter().copied().sum();
        bound = bound.max(beyond(potential, frame, frame.right, total, resistance)?);
    }
    if frame.support.0.is_infinite() {
        let resistance: Interval = resistances[..median].iter().copied().sum();
        bound = bound.max(beyond(potential.mirror(), frame, -frame.left, total, resistance)?);
    }
    let bound = (Interval::point(4.0) * Interval::point(bound)).hi();
    bound.is_finite().then_some((bound, edges[median]))
}

/// The supremum over the cells of one side, listed from the centre outward.
fn side(masses: &[Interval], resistances: &[Interval], outside: Interval, total: Interval) -> Option<f64> {
    let mut tails = vec![outside];
    for m in masses.iter().rev() {
        tails.push(tails[tails.len() - 1] + *m);
    }
    let e2 = (Interval::point(2.0)).exp();
    let (mut resistance, mut bound) = (Interval::ZERO, 0.0_f64);
    for (i, r) in resistances.iter().enumerate() {
        resistance = resistance + *r;
        let q = tails[masses.len() - i] / total;
        // q log(1 + e²/q) increases with q.
        let q = Interval::point(q.hi());
        let value = q * (e2 / q).ln_1p() * resistance * total;
        if !value.is_finite() {
            return None;
        }
        bound = bound.max(value.hi());
    }
    Some(bound)
}

/// Bound of `q log(1+e²/q)∫1/p` beyond `t`, where `V'' ≥ ρ > 0` and `a = V'(t) ≥ e`, from the mass of the measure
/// and `∫_m^t e^V`, both relative to the frame's level.
///
/// There `q ≤ p/V'`, and with `y = V(x) − V(t)` convexity gives `V'(x)² ≥ a² + 2ρy`. Splitting `∫e^V` at `y/2` bounds the product by
/// `(y + k + log V')/V'·(1/m + e^{−y/2}/a + r e^{−y})` with `m² = a² + ρy ≤ V'²`, `k = log(1/p(t)) + log(1+e²)` and
/// `r = p(t)∫_m^t 1/p`; each term is largest at `y = 0` or, the first, at infinity.
fn beyond(
    potential: Potential<'_>,
    frame: &Frame,
    t: f64,
    total: Interval,
    resistance: Interval,
) -> Option<f64> {
    let at = potential.series(Interval::point(t));
    let rho = Interval::point(potential.convexity_beyond(t));
    let a = Interval::point(at[1].lo());
    let growth = (at[0] - Interval::point(frame.level)).exp();
    let k = (total * growth).ln() + (Interval::ONE + Interval::point(2.0).exp()).ln();
    if !(rho.lo() > 0.0 && a.lo() >= std::f64::consts::E.next_up() && k.lo() >= 2.0) {
        return None;
    }
    let square = a.square();
    let log = a.ln() / square;
    // (y+k)/(a²+ρy) ≤ max(k/a², 1/ρ); log V'/V'² ≤ log a/a²; (y+k)e^{−y/2} ≤ k because k ≥ 2.
    let new = (k / square).max(Interval::ONE / rho) + log + k / square + log;
    let old = resistance / growth * (k + a.ln()) / a;
    let bound = (new + old).hi();
    bound.is_finite().then_some(bound)
}
