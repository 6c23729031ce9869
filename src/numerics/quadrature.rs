//! Gauss-Legendre quadrature on panels, with the spectral integration matrix.

use crate::enclosure::{Enclosure, Evidence};
use std::sync::OnceLock;

/// A Gauss-Legendre rule on `[−1, 1]` with the matrix that integrates from −1 to each node.
#[derive(Debug)]
pub struct GaussRule {
    /// The nodes, ascending.
    pub nodes: Vec<f64>,
    /// The weights, summing to 2.
    pub weights: Vec<f64>,
    /// Row `j` holds the coefficients of `∫_{−1}^{x_j} f` in the values of `f` at the nodes, exact
    /// for polynomials of degree below the number of nodes.
    pub antiderivative: Vec<Vec<f64>>,
}

impl GaussRule {
    /// The rule with `n ≥ 1` nodes, exact for polynomials up to degree `2n − 1`.
    pub fn new(n: usize) -> Self {
        let mut nodes = vec![0.0; n];
        let mut weights = vec![0.0; n];
        for i in 0..n {
            // Tricomi's starting value, then Newton's iteration on the Legendre polynomial.
            let mut x = -(std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let p = legendre(n, x);
                slope = n as f64 * (x * p[n] - p[n - 1]) / (x * x - 1.0);
                let step = p[n] / slope;
                x -= step;
                if step.abs() < f64::EPSILON {
                    break;
                }
            }
            nodes[i] = if 2 * i + 1 == n { 0.0 } else { x };
            weights[i] = 2.0 / ((1.0 - x * x) * slope * slope);
        }
        let values: Vec<Vec<f64>> = nodes.iter().map(|&x| legendre(n, x)).collect();
        let antiderivative = values
            .iter()
            .zip(&nodes)
            .map(|(at_j, &x)| {
                (0..n)
                    .map(|i| {
                        // Expand the i-th Lagrange polynomial in Legendre polynomials P_k and use
                        // ∫_{−1}^{x} P_k = (P_{k+1}(x) − P_{k−1}(x))/(2k+1).
                        let first = 0.5 * (x + 1.0);
                        let rest: f64 =
                            (1..n).map(|k| 0.5 * values[i][k] * (at_j[k + 1] - at_j[k - 1])).sum();
                        weights[i] * (first + rest)
                    })
                    .collect()
            })
            .collect();
        Self { nodes, weights, antiderivative }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a rule has at least one node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// `∫_a^b f` by the rule mapped to `[a, b]`.
    pub fn integrate(&self, a: f64, b: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
        let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
        let sum: f64 = self.nodes.iter().zip(&self.weights).map(|(x, w)| w * f(centre + half * x)).sum();
        half * sum
    }
}

/// Legendre polynomials `P_0(x), …, P_{n+1}(x)` by their three-term recursion.
fn legendre(n: usize, x: f64) -> Vec<f64> {
    let mut p = Vec::with_capacity(n + 2);
    p.push(1.0);
    p.push(x);
    for k in 1..=n {
        let k_real = k as f64;
        p.push(((2.0 * k_real + 1.0) * x * p[k] - k_real * p[k - 1]) / (k_real + 1.0));
    }
    p
}

/// The coarser of the two rules that [`integrate`] compares.
pub fn coarse_rule() -> &'static GaussRule {
    static RULE: OnceLock<GaussRule> = OnceLock::new();
    RULE.get_or_init(|| GaussRule::new(16))
}

/// The finer of the two rules that [`integrate`] compares.
pub fn fine_rule() -> &'static GaussRule {
    static RULE: OnceLock<GaussRule> = OnceLock::new();
    RULE.get_or_init(|| GaussRule::new(24))
}

/// Break points of `[a, b]` with panels that shrink by halves towards the ends named, down to
/// `2^{−depth}` of the length, for integrands with an integrable singularity there.
pub fn graded_panels(a: f64, b: f64, towards_a: bool, towards_b: bool, depth: u32) -> Vec<f64> {
    let length = b - a;
    let (left_end, right_start) = match (towards_a, towards_b) {
        (true, true) => (0.5, 0.5),
        (true, false) => (1.0, 1.0),
        (false, true) => (0.0, 0.0),
        (false, false) => return (0..=8).map(|i| a + length * f64::from(i) / 8.0).collect(),
    };
    let mut breaks = vec![a];
    if towards_a {
        breaks.extend((0..=depth).rev().map(|k| a + length * left_end * 0.5_f64.powi(k.cast_signed())));
    }
    if towards_b {
        let half = 1.0 - right_start;
        let first = u32::from(towards_a);
        breaks.extend((first..=depth).map(|k| b - length * half * 0.5_f64.powi(k.cast_signed())));
        breaks.push(b);
    }
    breaks.dedup();
    breaks
}

/// Integral over consecutive panels `breaks[0] < breaks[1] < …`, by two Gauss rules on every
/// panel whose difference is the error estimate (Converged). An integrand that is NaN or infinite
/// anywhere gives an unknown result.
pub fn integrate(breaks: &[f64], mut f: impl FnMut(f64) -> f64) -> Enclosure {
    let (mut coarse, mut fine, mut error, mut size) = (0.0, 0.0, 0.0, 0.0);
    for panel in breaks.windows(2) {
        let c = coarse_rule().integrate(panel[0], panel[1], &mut f);
        let mut absolute = 0.0;
        let g = fine_rule().integrate(panel[0], panel[1], |x| {
            let y = f(x);
            absolute += y.abs();
            y
        });
        coarse += c;
        fine += g;
        error += (c - g).abs();
        // The weights are at most 0.2, so this bounds the sum of |terms|.
        size += absolute * 0.1 * (panel[1] - panel[0]).abs();
    }
    // 24 products and sums per panel, nodes and weights good to a few units.
    let rounding = 64.0 * f64::EPSILON * size;
    if !(coarse + fine + error).is_finite() {
        return Enclosure::unknown(Evidence::Converged);
    }
    Enclosure::around(fine, error + rounding, Evidence::Converged)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDING: f64 = 1e3 * f64::EPSILON;

    #[test]
    fn rules_are_exact_for_polynomials() {
        for n in [1, 2, 5, 16, 24, 40] {
            let rule = GaussRule::new(n);
            assert!((rule.weights.iter().sum::<f64>() - 2.0).abs() < ROUNDING);
            let degree = i32::try_from(2 * n - 1).unwrap();
            let integral = rule.integrate(0.0, 1.0, |x| x.powi(degree));
            assert!((integral * f64::from(degree + 1) - 1.0).abs() < ROUNDING, "n = {n}: {integral}");
        }
    }

    #[test]
    fn antiderivative_integrates_to_each_node() {
        let rule = GaussRule::new(12);
        for (x, row) in rule.nodes.iter().zip(&rule.antiderivative) {
            let integral: f64 = rule.nodes.iter().zip(row).map(|(y, c)| c * y.powi(7)).sum();
            assert!((integral - (x.powi(8) - 1.0) / 8.0).abs() < ROUNDING);
        }
    }

    #[test]
    fn graded_panels_resolve_an_end_singularity() {
        let breaks = graded_panels(0.0, 1.0, true, false, 100);
        let integral = integrate(&breaks, |x| 1.0 / x.sqrt());
        let singular_panel = 2.0 * 0.5_f64.powi(50);
        assert!((integral.mid() - 2.0).abs() < singular_panel + ROUNDING, "{integral}");
        let both = graded_panels(-1.0, 3.0, true, true, 30);
        assert_eq!((both[0], *both.last().unwrap()), (-1.0, 3.0));
        assert!(both.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn rules_are_those_of_gauss() {
        for n in [1, 2, 5, 16, 40] {
            let rule = GaussRule::new(n);
            assert!(rule.len() == n && !rule.is_empty() && rule.antiderivative.len() == n);
            assert!(rule.nodes.windows(2).all(|w| w[0] < w[1]) && rule.weights.iter().all(|w| *w > 0.0));
            for i in 0..n {
                assert!((rule.nodes[i] + rule.nodes[n - 1 - i]).abs() < ROUNDING, "{n}");
                assert!((rule.weights[i] - rule.weights[n - 1 - i]).abs() < ROUNDING, "{n}");
                // Constants and the identity are integrated from −1 to each node.
                let row = &rule.antiderivative[i];
                let x = rule.nodes[i];
                assert!((row.iter().sum::<f64>() - (x + 1.0)).abs() < ROUNDING, "{n}");
                let first: f64 = row.iter().zip(&rule.nodes).map(|(c, y)| c * y).sum();
                assert!(n == 1 || (first - 0.5 * (x * x - 1.0)).abs() < ROUNDING, "{n}");
            }
        }
        let two = GaussRule::new(2);
        assert!(
            (two.nodes[1] - 3.0_f64.sqrt().recip()).abs() < ROUNDING
                && (two.weights[0] - 1.0).abs() < ROUNDING
        );
        assert_eq!((coarse_rule().len(), fine_rule().len()), (16, 24));
        let p = legendre(3, 0.5);
        assert_eq!(p.len(), 5);
        for (found, exact) in p.iter().zip([1.0, 0.5, -0.125, -0.4375, -0.2890625]) {
            assert!((found - exact).abs() < ROUNDING, "{p:?}");
        }
    }

    #[test]
    fn graded_panels_are_those_named() {
        assert_eq!(graded_panels(0.0, 8.0, true, false, 3), [0.0, 1.0, 2.0, 4.0, 8.0]);
        assert_eq!(graded_panels(0.0, 8.0, false, true, 3), [0.0, 4.0, 6.0, 7.0, 8.0]);
        assert_eq!(graded_panels(-4.0, 4.0, true, true, 2), [-4.0, -3.0, -2.0, 0.0, 2.0, 3.0, 4.0]);
        assert_eq!(graded_panels(1.0, 5.0, false, false, 9), [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]);
    }

    #[test]
    fn errors_are_those_of_the_coarser_rule_and_of_rounding() {
        // x^40 on [−1, 1]: beyond degree 31 of the coarser rule, within 47 of the finer.
        let power = |x: f64| 3.0 * x.powi(40);
        let found = integrate(&[-1.0, 1.0], power);
        let difference = (coarse_rule().integrate(-1.0, 1.0, power) - 6.0 / 41.0).abs();
        assert!((found.mid() - 6.0 / 41.0).abs() < ROUNDING, "{found}");
        assert!(
            (0.5 * found.width() - difference).abs() < ROUNDING && difference > 1e-9,
            "{found} {difference:e}"
        );
        // Of a smooth integrand that changes sign only rounding is left, relative to the size of what cancels.
        let wave = integrate(&[-2.0, 0.5, 2.0], |x| 1e3 * x);
        let rounding = 64.0 * f64::EPSILON * 1e3 * 4.0;
        assert!(
            wave.contains(0.0) && wave.width() > 0.2 * rounding && wave.width() < 8.0 * rounding,
            "{wave}"
        );
        assert_eq!(integrate(&[1.0], |_| f64::NAN).mid(), 0.0);
        assert!(!integrate(&[0.0, 1.0], |x| if x > 0.5 { f64::INFINITY } else { 0.0 }).is_finite());
    }

    #[test]
    fn an_undefined_integrand_gives_no_number() {
        assert!(!integrate(&[0.0, 1.0], |_| f64::NAN).is_finite());
    }

    #[test]
    fn panels_shrink_by_halves_towards_the_ends_named() {
        assert_eq!(graded_panels(1.0, 3.0, true, false, 2), [1.0, 1.5, 2.0, 3.0]);
        assert_eq!(graded_panels(1.0, 3.0, false, true, 2), [1.0, 2.0, 2.5, 3.0]);
        assert_eq!(graded_panels(0.0, 8.0, true, true, 2), [0.0, 1.0, 2.0, 4.0, 6.0, 7.0, 8.0]);
        let even: Vec<f64> = (0..=8).map(|i| -1.0 + 0.25 * f64::from(i)).collect();
        assert_eq!(graded_panels(-1.0, 1.0, false, false, 5), even);
    }

    #[test]
    fn errors_are_known_and_not_exaggerated() {
        // |x|^{5/2} about a point inside a panel: the rules miss by some 1e-7.
        let exact = (0.3_f64.powf(3.5) + 0.7_f64.powf(3.5)) / 3.5;
        let found = integrate(&[0.0, 1.0], |x| (x - 0.3).abs().powf(2.5));
        let true_error = (found.mid() - exact).abs();
        assert!(found.contains(exact) && found.width() < 1e3 * true_error + ROUNDING, "{found} {exact}");
        let smooth = integrate(&[0.0, 0.5, 2.0], |x| 1e3 * x.exp());
        let exact = 1e3 * (2_f64.exp() - 1.0);
        assert!(smooth.contains(exact) && smooth.width() < ROUNDING * exact, "{smooth}");
        assert!(smooth.width() > f64::EPSILON * exact);
        // A positive and a negative half: the rounding is that of their sizes.
        let odd = integrate(&[-1.0, 0.0, 1.0], |x| 1e6 * x);
        assert!(odd.contains(0.0) && odd.width() > f64::EPSILON * 1e5 && odd.width() < 1e6 * ROUNDING);
        assert!(integrate(&[0.0, 1.0], |x| if x > 0.9 { f64::INFINITY } else { x }).hi() == f64::INFINITY);
        assert_eq!((GaussRule::new(3).len(), GaussRule::new(3).is_empty()), (3, false));
    }
}
