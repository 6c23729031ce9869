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
