//! Linear differential equations by Gauss collocation with adaptive panels.

use super::quadrature::GaussRule;
use crate::error::{Error, Result};
use nalgebra::{DMatrix, DVector};
use std::sync::OnceLock;

/// Solution of a linear differential equation at the end of the range.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The solution vector.
    pub value: DVector<f64>,
    /// Estimate of the error in the Euclidean norm: accumulated differences between the two
    /// collocation rules, without credit for contraction, and rounding.
    pub error: f64,
}

fn rules() -> &'static (GaussRule, GaussRule) {
    static RULES: OnceLock<(GaussRule, GaussRule)> = OnceLock::new();
    RULES.get_or_init(|| (GaussRule::new(8), GaussRule::new(12)))
}

/// Solves `y′ = A(x) y + g(x)` from `breaks[0]` to the last break point; `coefficients(x)` returns
/// `(A(x), g(x))`.
///
/// Each panel is solved by collocation at 8 and at 12 Gauss nodes (orders 16 and 24, both
/// A-stable); a panel on which the two differ by more than `tolerance` (relative to the largest
/// norm seen) is halved. For dissipative equations the accumulated difference bounds the error of
/// the coarser rule; the finer one is returned.
///
/// # Errors
/// [`Error::NoConvergence`] if a panel becomes too short for floating point.
pub fn solve_linear(
    breaks: &[f64],
    start: &DVector<f64>,
    tolerance: f64,
    coefficients: impl Fn(f64) -> (DMatrix<f64>, DVector<f64>),
) -> Result<Solution> {
    solve_linear_of_size(breaks, start, start.norm(), tolerance, coefficients)
}

/// As [`solve_linear`], with a tolerance relative to `size` if that is larger than every norm seen: for a solution that starts at 0
/// and may stay there up to rounding, the size of what its terms would bring if they did not cancel.
///
/// # Errors
/// As [`solve_linear`].
pub fn solve_linear_of_size(
    breaks: &[f64],
    start: &DVector<f64>,
    size: f64,
    tolerance: f64,
    coefficients: impl Fn(f64) -> (DMatrix<f64>, DVector<f64>),
) -> Result<Solution> {
    let (coarse_rule, fine_rule) = rules();
    let mut value = start.clone();
    let (mut error, mut largest) = (0.0, start.norm().max(size));
    let mut panels = 0_usize;
    for range in breaks.windows(2) {
        let (mut at, mut step) = (range[0], range[1] - range[0]);
        while (range[1] - at) * step > 0.0 {
            let end = if (range[1] - at).abs() <= step.abs() * (1.0 + 1e-12) { range[1] } else { at + step };
            let solved = panel(coarse_rule, at, end, &value, &coefficients).zip(panel(
                fine_rule,
                at,
                end,
                &value,
                &coefficients,
            ));
            let difference = solved.as_ref().map_or(f64::INFINITY, |(c, f)| (c - f).norm());
            let scale = solved.as_ref().map_or(largest, |(_, f)| largest.max(f.norm()));
            panels += 1;
            if difference > tolerance * scale || !difference.is_finite() {
                step = 0.5 * (end - at);
                if panels > 200_000 || at + step == at {
                    return Err(Error::NoConvergence {
                        what: "collocation of a linear differential equation".to_owned(),
                        reached: difference,
                        wanted: tolerance * scale,
                    });
                }
                continue;
            }
            if let Some((_, fine)) = solved {
                value = fine;
            }
            error += difference + 32.0 * f64::EPSILON * value.norm();
            largest = scale;
            at = end;
            if difference < 1e-3 * tolerance * scale {
                step *= 2.0;
            }
        }
    }
    Ok(Solution { value, error })
}

/// One panel: the collocation polynomial's derivative at the nodes solves a linear system.
fn panel(
    rule: &GaussRule,
    at: f64,
    end: f64,
    start: &DVector<f64>,
    coefficients: &impl Fn(f64) -> (DMatrix<f64>, DVector<f64>),
) -> Option<DVector<f64>> {
    let (n, s) = (start.len(), rule.len());
    let half = 0.5 * (end - at);
    let mut system = DMatrix::identity(n * s, n * s);
    let mut right = DVector::zeros(n * s);
    for (j, &node) in rule.nodes.iter().enumerate() {
        let (a, g) = coefficients(at + half * (node + 1.0));
        right.rows_mut(j * n, n).copy_from(&(&a * start + g));
        for (i, &c) in rule.antiderivative[j].iter().enumerate() {
            let mut block = system.view_mut((j * n, i * n), (n, n));
            block -= &a * (half * c);
        }
    }
    let slopes = system.lu().solve(&right)?;
    let mut value = start.clone();
    for (j, &w) in rule.weights.iter().enumerate() {
        value += slopes.rows(j * n, n) * (half * w);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stiff_relaxation_is_solved() {
        // y′ = −k(y − cos x) − sin x with y(0) = 2: y = cos x + e^{−kx}.
        let k = 1e4;
        let solution = solve_linear(&[0.0, 1.0], &DVector::from_vec(vec![2.0]), 1e-12, |x| {
            (DMatrix::from_element(1, 1, -k), DVector::from_element(1, k * x.cos() - x.sin()))
        })
        .unwrap();
        let true_error = (solution.value[0] - 1.0_f64.cos()).abs();
        // The error that was asked for, 1e-12, times a thousand for the stiffness.
        let acceptable = 1e-9;
        assert!(
            true_error <= solution.error && solution.error < acceptable,
            "{true_error:e} {:e}",
            solution.error
        );
    }

    #[test]
    fn rotations_are_followed_backward_too() {
        let rotation = |_: f64| (DMatrix::from_row_slice(2, 2, &[0.0, -1.0, 1.0, 0.0]), DVector::zeros(2));
        let solution =
            solve_linear(&[3.0, 0.0], &DVector::from_vec(vec![1.0, 0.0]), 1e-12, rotation).unwrap();
        let exact = DVector::from_vec(vec![3.0_f64.cos(), -3.0_f64.sin()]);
        assert!((solution.value - exact).norm() <= solution.error);
    }

    #[test]
    fn panels_are_halved_where_the_coefficients_ask_for_it() {
        let calls = std::cell::Cell::new(0);
        let count = |tolerance: f64, rate: f64| {
            calls.set(0);
            let solution = solve_linear(&[0.0, 1.0], &DVector::from_vec(vec![1.0]), tolerance, |x| {
                calls.set(calls.get() + 1);
                let a = DMatrix::from_element(1, 1, -rate);
                (a, DVector::from_element(1, x))
            })
            .unwrap();
            // y = e^{−rx} + (x − (1 − e^{−rx})/r)/r.
            let decay = (-rate).exp();
            let exact = decay + (1.0 - (1.0 - decay) / rate) / rate;
            assert!((solution.value[0] - exact).abs() <= solution.error, "{rate}: {}", solution.error);
            calls.get()
        };
        // Twenty values of the coefficients a panel; one that is given up costs as many.
        assert_eq!(count(1e-10, 1.0), 20);
        let steep = count(1e-10, 1e3);
        assert!(steep % 20 == 0 && (200..800).contains(&steep), "{steep}");
        assert!(count(1e-4, 1e3) < steep);
        // No panel is short enough for coefficients that are no numbers.
        let nan = |_: f64| (DMatrix::from_element(1, 1, f64::NAN), DVector::zeros(1));
        let refused = solve_linear(&[0.0, 1.0], &DVector::from_vec(vec![1.0]), 1e-10, nan);
        assert!(matches!(refused, Err(Error::NoConvergence { .. })));
    }

    #[test]
    fn a_size_that_is_known_loosens_what_is_relative_to_it() {
        let calls = std::cell::Cell::new(0);
        // y′ = −y + cos 40x from 0: of the size of 1/40, or of 100.
        let count = |size: f64| {
            calls.set(0);
            let solution = solve_linear_of_size(&[0.0, 2.0], &DVector::zeros(1), size, 1e-12, |x| {
                calls.set(calls.get() + 1);
                (DMatrix::from_element(1, 1, -1.0), DVector::from_element(1, (40.0 * x).cos()))
            })
            .unwrap();
            let end = 80.0_f64;
            let exact = (end.cos() + 40.0 * end.sin() - (-2.0_f64).exp()) / 1601.0;
            assert!((solution.value[0] - exact).abs() <= solution.error && solution.error < 1e-9);
            calls.get()
        };
        assert!(count(100.0) < count(0.0));
    }
}
