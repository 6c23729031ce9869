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

    #[test]
    fn one_point_says_nothing() {
        assert!(!limit_at_zero(&[(0.1, Enclosure::exact(1.0))]).is_finite());
        assert!(!limit_at_zero(&[]).is_finite());
    }
}
