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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::line::{LineMeasure, Tail};

    /// Rounding, relative.
    const ROUNDING: f64 = 1e-12;

    fn parse(potential: &str) -> LineMeasure {
        LineMeasure::parse(potential, f64::NEG_INFINITY, f64::INFINITY).unwrap()
    }

    fn curvature_of(measure: &LineMeasure) -> f64 {
        let potential = Potential::new(measure);
        curvature(potential, &Frame::new(potential))
    }

    #[test]
    fn curvature_is_the_smallest_second_derivative() {
        let normal = curvature_of(&LineMeasure::gaussian(1.0, 2.0).unwrap());
        assert!((0.25 * (1.0 - ROUNDING)..=0.25).contains(&normal), "{normal}");
        // V'' = 3x² − 4x − 3, smallest at 2/3: −13/3. Cells of width 0.0035 see it up to their square.
        let skew = LineMeasure::parse("x^4/4 - 2*x^3/3 - 3*x^2/2", -3.0, 4.0).unwrap();
        let (skew, exact, cell) = (curvature_of(&skew), -13.0 / 3.0, 0.0035_f64);
        assert!(skew <= exact && skew >= exact - 12.0 * cell * cell, "{skew}, {exact}");
        // Smallest at an end that the law is cut at, and beyond the frame.
        let half = LineMeasure::parse("x^4/4", 1.0, f64::INFINITY).unwrap();
        let found = curvature_of(&half);
        assert!((3.0 - 0.05..=3.0).contains(&found), "{found}");
        let mirrored = LineMeasure::parse("x^4/4", f64::NEG_INFINITY, -1.0).unwrap();
        let found = curvature_of(&mirrored);
        assert!((3.0 - 0.05..=3.0).contains(&found), "{found}");
    }

    #[test]
    fn convex_kinks_do_not_matter_and_concave_ones_are_fatal() {
        let convex = parse("x^2/2 + abs(x - 0.3)");
        let found = curvature_of(&convex);
        assert!((1.0 - ROUNDING..=1.0).contains(&found), "{found}");
        assert_eq!(curvature_of(&parse("x^2/2 - abs(x - 0.3)")), f64::NEG_INFINITY);
        for (text, kink, exact) in
            [("x^2/2 - abs(x)", 0.0, 2.0), ("x^2 - 3*abs(x - 0.5)/4", 0.5, 1.5), ("x^2/2 + abs(x)", 0.0, 0.0)]
        {
            let measure = parse(text);
            let potential = Potential::new(&measure);
            let frame = Frame::new(potential);
            let found = drop_of_slope(potential, &frame, kink);
            // The slopes move by V''·reach on either side.
            let reach = 1e-6 * (frame.right - frame.left);
            assert!(found.lo() <= exact && exact <= found.hi(), "{text}: {found:?}");
            assert!(found.width() <= 8.0 * reach, "{text}: {found:?}");
        }
        let smooth = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let potential = Potential::new(&smooth);
        assert_eq!(drop_of_slope(potential, &Frame::new(potential), 0.4), Interval::ZERO);
    }

    /// `4B` for the split at `m` by the trapezoidal rule, up to `√` of the cut.
    fn reference(potential: &dyn Fn(f64) -> f64, ends: [f64; 2], m: f64) -> f64 {
        let n = 20_000;
        let h = (ends[1] - ends[0]) / n as f64;
        let x = |i: usize| ends[0] + h * i as f64;
        let p: Vec<f64> = (0..=n).map(|i| (-potential(x(i))).exp()).collect();
        let total: f64 = p.iter().sum::<f64>() * h;
        let start = (0..n).find(|i| x(*i) + 0.5 * h >= m).unwrap_or(n);
        let side = |order: Vec<usize>| {
            let mut best = 0.0_f64;
            let outward: f64 = order.windows(2).map(|pair| 0.5 * h * (p[pair[0]] + p[pair[1]])).sum();
            let (mut gone, mut resistance) = (0.0, 0.0);
            for pair in order.windows(2) {
                gone += 0.5 * h * (p[pair[0]] + p[pair[1]]);
                resistance += 0.5 * h * (1.0 / p[pair[0]] + 1.0 / p[pair[1]]);
                let q = (outward - gone) / total;
                if q > 1e-9 {
                    best = best.max(q * (1.0 + 2.0_f64.exp() / q).ln() * resistance * total);
                }
            }
            best
        };
        4.0 * side((start..=n).collect()).max(side((0..=start).rev().collect()))
    }

    #[test]
    fn hardy_type_bound_is_the_supremum_at_the_point_it_names() {
        let cases: [(LineMeasure, [f64; 2]); 4] = [
            (LineMeasure::gaussian(0.5, 1.0).unwrap(), [-7.0, 8.0]),
            (LineMeasure::uniform(0.0, 2.0).unwrap(), [0.0, 2.0]),
            (parse("x^4/4 - x^2 + 0.4*x"), [-4.5, 4.5]),
            (LineMeasure::gaussian(0.0, 1.0).unwrap().restricted(-0.4, f64::INFINITY).unwrap(), [-0.4, 7.5]),
        ];
        for (measure, ends) in &cases {
            let potential = Potential::new(measure);
            let (bound, centre) = barthe_roberto(potential, &Frame::new(potential)).unwrap();
            let expected = reference(&|x| measure.potential(x), *ends, centre);
            // Tail at one end of a cell, resistance at the other: up to some per cent more, and in Gaussian tails the
            // bound beyond the frame.
            assert!(bound >= expected * (1.0 - 2e-3), "{measure}: {bound}, {expected}");
            // Beyond the frame the formula gives up to 8.6 for laws with curvature 1 there.
            let bounded = measure.tails() == (Tail::Bounded, Tail::Bounded);
            let far = if bounded { 0.0 } else { 8.6 };
            assert!(bound <= expected.max(far) * 1.02, "{measure}: {bound}, {expected}");
            let median = measure.quantile(0.5).unwrap().mid();
            assert!((centre - median).abs() <= 0.02, "{measure}: {centre}, {median}");
        }
    }

    #[test]
    fn one_side_takes_the_tail_at_the_inner_and_the_resistance_at_the_outer_end() {
        let list = |v: &[f64]| v.iter().map(|x| Interval::point(*x)).collect::<Vec<_>>();
        let (masses, resistances) = ([0.5, 0.3, 0.1], [0.2, 1.0, 30.0]);
        let (outside, total) = (0.05, 2.0);
        let value = |q: f64, r: f64| q * (1.0 + 2.0_f64.exp() / q).ln() * r * total;
        let expected = [value(0.95 / 2.0, 0.2), value(0.45 / 2.0, 1.2), value(0.15 / 2.0, 31.2)];
        for cells in 1..=3 {
            // The outermost cells dropped: their mass lies outside.
            let rest: f64 = masses[cells..].iter().sum::<f64>() + outside;
            let found = side(
                &list(&masses[..cells]),
                &list(&resistances[..cells]),
                Interval::point(rest),
                Interval::point(total),
            )
            .unwrap();
            let exact = expected[..cells].iter().copied().fold(0.0, f64::max);
            assert!((found / exact - 1.0).abs() <= ROUNDING, "{cells}: {found}, {exact}");
        }
        assert!(side(&list(&[1.0]), &[Interval::ENTIRE], Interval::ZERO, Interval::ONE).is_none());
    }

    #[test]
    fn bound_beyond_a_point_is_the_formula_and_holds() {
        // V = x²/2·ρ at level 0, t with a = ρt.
        for (rho, t) in [(1.0_f64, 4.0_f64), (0.5, 9.0), (4.0, 2.0)] {
            let measure = LineMeasure::gaussian(0.0, 1.0 / rho.sqrt()).unwrap();
            let potential = Potential::new(&measure);
            let frame = Frame { level: potential.lowest(), ..Frame::new(potential) };
            let total = (2.0 * std::f64::consts::PI / rho).sqrt();
            let growth = (0.5 * rho * t * t).exp();
            // ∫_0^t e^V by the midpoint rule.
            let n = 4000;
            let h = t / f64::from(n);
            let inner: f64 = (0..n).map(|i| (0.5 * rho * ((f64::from(i) + 0.5) * h).powi(2)).exp() * h).sum();
            let found = beyond(potential, &frame, t, Interval::point(total), Interval::point(inner)).unwrap();
            let (a, k) = (rho * t, (total * growth).ln() + (1.0 + 2.0_f64.exp()).ln());
            let expected = (k / (a * a)).max(1.0 / rho)
                + 2.0 * a.ln() / (a * a)
                + k / (a * a)
                + inner / growth * (k + a.ln()) / a;
            assert!((found / expected - 1.0).abs() <= ROUNDING, "{found}, {expected}");
            // The product itself on ten points beyond.
            let (mut resistance, step) = (inner, 1e-3);
            let mut x = t;
            for _ in 0..2000 {
                resistance += step * (0.5 * rho * (x + 0.5 * step).powi(2)).exp();
                x += step;
                let q = 0.5 * core_math::erfc(x * (0.5 * rho).sqrt());
                let product = q * (1.0 + 2.0_f64.exp() / q).ln() * resistance * total;
                assert!(product <= found, "{x}: {product}, {found}");
            }
        }
        // Too near: V' below e.
        let measure = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let potential = Potential::new(&measure);
        let frame = Frame::new(potential);
        assert!(beyond(potential, &frame, 2.5, Interval::point(2.5), Interval::ONE).is_none());
        assert!(beyond(potential, &frame, 2.8, Interval::point(1e-3), Interval::ONE).is_none());
        let flat = LineMeasure::logistic(0.2).unwrap();
        let potential = Potential::new(&flat);
        assert!(
            beyond(potential, &Frame::new(potential), 5.0, Interval::ONE, Interval::ONE)
                .is_none_or(|b| b > 1e3)
        );
    }
}
