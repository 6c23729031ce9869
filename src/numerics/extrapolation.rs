//! Polynomial extrapolation to the limit.

use crate::enclosure::{Enclosure, Evidence};

/// Limit at 0 of a function known at the distinct positive abscissae `points`, by the polynomial
/// through all of them (Neville's scheme), for a function with an expansion in powers of its
/// argument.
///
/// The points are ordered from coarse to fine. The error estimate is a sum of differences between
/// extrapolations: with all points against those without the finest and without the coarsest one, and
/// an eighth of what the second coarsest adds to the finer ones (the errors of successive orders shrink by
/// the ratio of abscissa to radius of convergence; a radius of twice the largest abscissa gives
/// ½·¼). The last term is there because the first two can be small by accident together. What the
/// uncertainties of the values can do (the sum of the moduli of the Lagrange weights times their
/// half-widths) comes on top. The result is Converged at best.
pub fn limit_at_zero(points: &[(f64, Enclosure)]) -> Enclosure {
    let value = |points: &[(f64, Enclosure)]| -> (f64, f64) {
        let (mut sum, mut spread) = (0.0, 0.0);
        for (i, &(h, y)) in points.iter().enumerate() {
            let weight: f64 = points
                .iter()
                .enumerate()
                .filter(|&(j, _)| j != i)
                .map(|(_, &(other, _))| other / (other - h))
                .product();
            sum += weight * y.mid();
            spread += weight.abs() * (0.5 * y.width() + f64::EPSILON * y.mid().abs());
        }
        (sum, spread)
    };
    if points.len() < 2 {
        return Enclosure::unknown(Evidence::Converged);
    }
    let (limit, spread) = value(points);
    let (without_finest, _) = value(&points[..points.len() - 1]);
    let (without_coarsest, _) = value(&points[1..]);
    let mut change = (limit - without_finest).abs() + (limit - without_coarsest).abs();
    if points.len() > 2 {
        change += (without_coarsest - value(&points[2..]).0).abs() / 8.0;
    }
    let evidence = points.iter().fold(Evidence::Converged, |e, (_, y)| e.weakest(y.evidence()));
    Enclosure::around(limit, change + spread, evidence)
}

/// The order p of `|e(h)| ~ h^p` as h → 0, from vectors of errors at steps that halve, ordered from coarse to fine: the local orders
/// `log₂(|e(h)|/|e(h/2)|)` in the norm of the vector, extrapolated to h → 0 by [`limit_at_zero`].
///
/// `expected` is the order to look for, a multiple of ½. Whether `c = lim e(h)/h^expected` is not zero is decided first: the rest
/// `e(h)/h^expected − c` at the coarsest step must be at most `largest_rest` of `|c|`, uncertainties included. Where the leading
/// coefficient nearly vanishes the local orders are those of the next power for every step in use, and an extrapolation of them
/// would be wrong beside a small error estimate. A lower order by halves that stands out in the same way is accepted too:
/// it remains when finer steps are taken, as a higher one need not. `None` says that no leading term stands out, and that
/// finer steps are needed.
///
/// The logarithm of an error `c₁h(1 + h/R + …)` has an expansion up to `h = R`, and [`limit_at_zero`] counts on a radius of twice
/// the coarsest step, so `largest_rest` should be at most ½; with ¼ the result is narrower.
pub fn order_at_zero(
    errors: &[(f64, Vec<Enclosure>)],
    expected: f64,
    largest_rest: f64,
) -> Option<Enclosure> {
    let (coarsest, first) = errors.first()?;
    let stands_out = |order: f64| {
        let (mut leading, mut rest) = (Enclosure::exact(0.0), Enclosure::exact(0.0));
        for (i, &e) in first.iter().enumerate() {
            let quotients: Vec<_> = errors.iter().map(|(h, e)| (*h, e[i] / h.powf(order))).collect();
            let limit = limit_at_zero(&quotients);
            leading = leading + limit.square();
            rest = rest + (e / coarsest.powf(order) - limit).square();
        }
        leading.is_finite() && rest.hi() <= largest_rest.powi(2) * leading.lo()
    };
    let mut halves = (0..).map(|k| 0.5 * f64::from(k)).take_while(|order| *order <= expected);
    if !halves.any(stands_out) {
        return None;
    }
    let norm =
        |e: &[Enclosure]| e.iter().map(|x| x.square()).fold(Enclosure::exact(0.0), |a, b| a + b).sqrt();
    let orders: Vec<_> = errors
        .windows(2)
        .map(|pair| (pair[0].0, (norm(&pair[0].1) / norm(&pair[1].1)).ln() * std::f64::consts::LOG2_E))
        .collect();
    let all = limit_at_zero(&orders);
    // An error estimate that is too small by accident is not so for other points as well.
    Some(if orders.len() > 3 { all.hull(limit_at_zero(&orders[1..])) } else { all })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_is_extrapolated_to_rounding() {
        let f = |h: f64| 3.0 - 2.0 * h + 0.5 * h * h;
        // Two points more than the degree asks for: the error estimate looks at two fewer.
        let points: Vec<_> =
            [0.4, 0.2, 0.1, 0.05, 0.025].iter().map(|&h| (h, Enclosure::exact(f(h)))).collect();
        let limit = limit_at_zero(&points);
        let rounding = 1e3 * f64::EPSILON;
        assert!(limit.contains(3.0) && limit.width() < rounding, "{limit}");
    }

    #[test]
    fn the_error_estimate_covers_functions_that_are_no_polynomials() {
        // Radius of convergence ½: the coarsest points are barely useful.
        for rate in [0.5_f64, 2.0, 7.0] {
            let f = |h: f64| (-rate * h).exp() / (1.0 + 2.0 * h);
            let points: Vec<_> =
                (2..7).map(|k| 0.5_f64.powi(k)).map(|h| (h, Enclosure::exact(f(h)))).collect();
            let limit = limit_at_zero(&points);
            assert!(limit.contains(1.0) && limit.width() > 0.0, "rate {rate}: {limit}");
        }
    }

    fn errors(c: [f64; 3], coarsest: f64) -> Vec<(f64, Vec<Enclosure>)> {
        let steps = (0..6).map(|k| coarsest * 0.5_f64.powi(k));
        steps.map(|h| (h, vec![Enclosure::exact(c[0] * h + c[1] * h * h + c[2] * h.powi(3))])).collect()
    }

    /// Leading coefficients down to nothing, of either sign: the local orders are near 2 with steps of 1/32.
    #[test]
    fn an_order_is_never_wrong_where_the_leading_coefficient_nearly_vanishes() {
        let mut decided = 0;
        for k in 0..40 {
            for sign in [1.0, -1.0] {
                let leading = sign * 0.7_f64.powi(k);
                for coarsest in [1.0 / 32.0, 1.0 / 1024.0] {
                    let Some(order) = order_at_zero(&errors([leading, 1.0, 0.3], coarsest), 1.0, 0.5) else {
                        continue;
                    };
                    assert!(order.contains(1.0), "{leading}, {coarsest}: {order}");
                    decided += 1;
                }
            }
        }
        assert!(decided > 40, "{decided}");
        // The rest is the whole error.
        assert!(order_at_zero(&errors([0.0, 1.0, 0.3], 1e-2), 1.0, 0.5).is_none());
        assert!(order_at_zero(&errors([0.0, 1.0, 0.3], 1e-2), 2.0, 0.5).unwrap().contains(2.0));
        assert!(order_at_zero(&[], 1.0, 0.5).is_none());
    }

    #[test]
    fn a_lower_order_than_expected_is_seen() {
        for (order, at) in [(0.0, 1e-1), (0.5, 1e-2), (1.0, 1e-2)] {
            let errors: Vec<_> = (0..5)
                .map(|k| at * 0.5_f64.powi(k))
                .map(|h| (h, vec![Enclosure::exact(h.powf(order) * (2.0 + 0.5 * h))]))
                .collect();
            let found = order_at_zero(&errors, 1.0, 0.5).unwrap();
            let accuracy = 1e-3;
            assert!(found.contains(order) && found.width() < accuracy, "{order}: {found}");
        }
    }

    /// Two errors of which one vanishes to first order at each of these steps.
    #[test]
    fn the_norm_of_several_errors_has_the_order_of_the_largest() {
        let [a, b] = [errors([0.0, 1.0, 0.3], 1.0 / 32.0), errors([1.0, -2.0, 0.0], 1.0 / 32.0)];
        let both: Vec<_> = a.iter().zip(b).map(|((h, a), (_, b))| (*h, vec![a[0], b[0]])).collect();
        let order = order_at_zero(&both, 1.0, 0.5).unwrap();
        let accuracy = 1e-3;
        assert!(order.contains(1.0) && order.width() < accuracy, "{order}");
    }

    #[test]
    fn the_error_is_the_sum_of_what_fewer_points_change() {
        let exact = |h: f64, y: f64| (h, Enclosure::exact(y));
        let rounding = 1e2 * f64::EPSILON;
        // Two points: a line through (0.4, 1) and (0.1, 4) has the limit 5; alone they say 1 and 4.
        let two = limit_at_zero(&[exact(0.4, 1.0), exact(0.1, 4.0)]);
        assert!(
            (two.mid() - 5.0).abs() < rounding && (0.5 * two.width() - (4.0 + 1.0)).abs() < rounding,
            "{two}"
        );
        // Three: lines through two of them say 5 and 3.5, the last point alone 3.75.
        let points = [exact(0.4, 1.0), exact(0.1, 4.0), exact(0.2, 4.5)];
        let three = limit_at_zero(&points);
        // Lagrange's weights at 0: h_j h_k/((h_j − h_i)(h_k − h_i)).
        let weights = [0.02 / (0.3 * 0.2), 0.08 / (0.3 * 0.1), -0.04 / (0.2 * 0.1)];
        let value: f64 = weights.iter().zip([1.0, 4.0, 4.5]).map(|(w, y)| w * y).sum();
        let last = 2.0 * 4.0 - 4.5;
        let change = (value - 5.0).abs() + (value - last).abs() + (last - 4.5_f64).abs() / 8.0;
        assert!((three.mid() - value).abs() < 1e2 * rounding, "{three} {value}");
        assert!((0.5 * three.width() - change).abs() < 1e2 * rounding, "{three} {change}");
        // Uncertain values count with the moduli of their weights, 1/3 and 4/3.
        let vague = |h: f64, y: f64, r: f64| (h, Enclosure::exact(y).widened(r));
        let found = limit_at_zero(&[vague(0.4, 1.0, 0.3), vague(0.1, 4.0, 0.06)]);
        assert!((0.5 * found.width() - (5.0 + 0.1 + 0.08)).abs() < rounding, "{found}");
    }

    #[test]
    fn one_point_says_nothing() {
        assert!(!limit_at_zero(&[(0.1, Enclosure::exact(1.0))]).is_finite());
        assert!(!limit_at_zero(&[]).is_finite());
    }
}
