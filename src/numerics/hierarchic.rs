//! The local basis of spectral elements on an interval.

/// Values and slopes at nodes on `[−1, 1]`, function by function: the two hats first and last, between
/// them the bubbles, integrated Legendre polynomials of degree 2 and up.
pub struct Basis {
    /// Values, `[functions][nodes]`.
    pub values: Vec<Vec<f64>>,
    /// Slopes, `[functions][nodes]`.
    pub slopes: Vec<Vec<f64>>,
}

impl Basis {
    /// The `degree + 1` functions at the nodes.
    pub fn new(degree: usize, nodes: &[f64]) -> Self {
        let mut values = vec![vec![0.0; nodes.len()]; degree + 1];
        let mut slopes = values.clone();
        for (i, &t) in nodes.iter().enumerate() {
            let mut p = vec![1.0, t];
            for k in 1..=degree {
                let kf = k as f64;
                p.push(((2.0 * kf + 1.0) * t * p[k] - kf * p[k - 1]) / (kf + 1.0));
            }
            (values[0][i], slopes[0][i]) = (0.5 * (1.0 - t), -0.5);
            (values[degree][i], slopes[degree][i]) = (0.5 * (1.0 + t), 0.5);
            for j in 2..=degree {
                let factor = ((4 * j - 2) as f64).sqrt();
                values[j - 1][i] = (p[j] - p[j - 2]) / factor;
                slopes[j - 1][i] = (2 * j - 1) as f64 * p[j - 1] / factor;
            }
        }
        Self { values, slopes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::panels::GaussRule;

    #[test]
    fn bubbles_vanish_at_the_ends_and_have_orthonormal_slopes() {
        let rule = GaussRule::shared(12).unwrap();
        let rounding = 1e2 * f64::EPSILON;
        let degree = 7;
        let ends = Basis::new(degree, &[-1.0, 1.0]);
        for (j, values) in ends.values.iter().enumerate() {
            let exact = if j == 0 { [1.0, 0.0] } else { [0.0, if j == degree { 1.0 } else { 0.0 }] };
            assert!(values.iter().zip(exact).all(|(v, e)| (v - e).abs() < rounding), "{j}: {values:?}");
        }
        let basis = Basis::new(degree, rule.nodes());
        let mean = |a: &[f64], b: &[f64]| -> f64 {
            a.iter().zip(b).zip(rule.weights()).map(|((a, b), w)| w * a * b).sum()
        };
        let inside = 1..degree;
        for j in inside.clone() {
            for k in inside.clone() {
                let exact = if j == k { 1.0 } else { 0.0 };
                assert!((mean(&basis.slopes[j], &basis.slopes[k]) - exact).abs() < rounding, "{j} {k}");
            }
            // Slopes are those of the values, by parts against t.
            let by_parts = -basis.values[j].iter().zip(rule.weights()).map(|(v, w)| w * v).sum::<f64>();
            assert!((mean(&basis.slopes[j], rule.nodes()) - by_parts).abs() < rounding, "{j}");
        }
        assert!((mean(&basis.slopes[0], &basis.slopes[degree]) + 0.5).abs() < rounding);
        // The first bubble is (t² − 1)·√(3/8).
        let exact = |t: f64| (t * t - 1.0) * 0.375_f64.sqrt();
        assert!(rule.nodes().iter().zip(&basis.values[1]).all(|(t, v)| (v - exact(*t)).abs() < rounding));
    }
}
