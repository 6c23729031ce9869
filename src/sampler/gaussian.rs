//! Scores of Gaussian laws and paths.

use super::mixture::apply;
use super::score::{PathScore, Score, Start};
use crate::enclosure::Enclosure;
use crate::error::{Error, Result, within};
use crate::measure::gaussian::Gaussian;
use crate::numerics::vector::Units;
use crate::path::GaussianPath;
use nalgebra::DMatrix;

/// `x ↦ −Σ⁻¹(x − m)` in floating point.
#[derive(Clone, Debug)]
pub struct GaussianScore {
    mean: Vec<f64>,
    precision: Precision,
    /// The extreme precisions.
    range: (f64, f64),
}

#[derive(Clone, Debug)]
enum Precision {
    Diagonal(Vec<f64>),
    /// Columns of a symmetric matrix.
    Dense(Vec<f64>),
}

impl GaussianScore {
    /// The score of a Gaussian law.
    pub fn new(law: &Gaussian) -> Self {
        let mean = law.mean().as_slice().to_vec();
        if let Some(variances) = law.variances() {
            return Self::diagonal(mean, variances.iter().map(|v| 1.0 / v).collect());
        }
        let spectrum = law.spectrum();
        let range = (1.0 / spectrum.largest().mid(), 1.0 / spectrum.smallest().mid());
        let matrix = law.precision().map(Enclosure::mid);
        Self { mean, precision: Precision::Dense(matrix.as_slice().to_vec()), range }
    }

    fn diagonal(mean: Vec<f64>, precisions: Vec<f64>) -> Self {
        let range = precisions.iter().fold((f64::INFINITY, 0.0_f64), |(lo, hi), p| (lo.min(*p), hi.max(*p)));
        Self { mean, precision: Precision::Diagonal(precisions), range }
    }
}

impl Score for GaussianScore {
    fn dim(&self) -> usize {
        self.mean.len()
    }

    fn scores(&self, units: Units, lanes: usize, points: &[f64], scores: &mut [f64], scratch: &mut Vec<f64>) {
        scratch.resize(points.len(), 0.0);
        units.run(
            #[inline(always)]
            || {
                let rows = scratch.chunks_exact_mut(lanes).zip(points.chunks_exact(lanes));
                for ((offset, x), m) in rows.zip(&self.mean) {
                    for (o, x) in offset.iter_mut().zip(x) {
                        *o = m - x;
                    }
                }
                match &self.precision {
                    Precision::Diagonal(precisions) => {
                        let rows = scores.chunks_exact_mut(lanes).zip(scratch.chunks_exact(lanes));
                        for ((s, offset), p) in rows.zip(precisions) {
                            for (s, o) in s.iter_mut().zip(offset) {
                                *s = p * o;
                            }
                        }
                    }
                    Precision::Dense(matrix) => apply(lanes, matrix, scratch, scores),
                }
            },
        );
    }

    fn linear_rate(&self) -> f64 {
        0.5 * (self.range.0 + self.range.1)
    }

    fn steepest(&self) -> f64 {
        self.range.1
    }
}

impl PathScore for GaussianPath {
    type At = GaussianScore;

    fn dim(&self) -> usize {
        self.dim()
    }

    fn score_at(&self, t: f64) -> Result<GaussianScore> {
        let (Some(target), Some(base)) = (self.target().variances(), self.base().variances()) else {
            return Ok(GaussianScore::new(&self.law(t)?));
        };
        // Independent coordinates in plain floating point: a sampler does this at every step.
        within("t", t, 0.0, 1.0)?;
        let (lambda, complement) = (self.schedule().lambda(t), self.schedule().complement(t));
        let (signal, noise) = (lambda.sqrt(), complement.sqrt());
        let means = self.target().mean().iter().zip(self.base().mean().iter());
        let mean = means.map(|(m, b)| signal * m + noise * b).collect();
        let precisions = target.iter().zip(base).map(|(a, s)| 1.0 / (lambda * a + complement * s)).collect();
        Ok(GaussianScore::diagonal(mean, precisions))
    }

    fn start_at(&self, t: f64) -> Result<Box<dyn Start + '_>> {
        let law = self.law(t)?;
        let mean = law.mean().as_slice().to_vec();
        let root = match law.variances() {
            Some(variances) => Root::Diagonal(variances.iter().map(|v| v.sqrt()).collect()),
            None => Root::Dense(
                law.covariance()
                    .cholesky()
                    .ok_or_else(|| Error::Matrix {
                        name: format!("covariance of the path at t = {t}"),
                        expected: "positive definite in floating point".to_owned(),
                        reason: "its Cholesky factorisation fails".to_owned(),
                    })?
                    .unpack(),
            ),
        };
        Ok(Box::new(GaussianStart { mean, root }))
    }

    fn footprint(&self) -> usize {
        let independent = self.target().variances().is_some() && self.base().variances().is_some();
        8 * self.dim() * if independent { 2 } else { self.dim() + 1 }
    }
}

/// A square root of a covariance.
enum Root {
    Diagonal(Vec<f64>),
    /// Lower triangular.
    Dense(DMatrix<f64>),
}

struct GaussianStart {
    mean: Vec<f64>,
    root: Root,
}

impl Start for GaussianStart {
    fn place(&self, lanes: usize, _uniforms: &[f64], points: &mut [f64]) {
        match &self.root {
            Root::Diagonal(deviations) => {
                for ((row, m), s) in points.chunks_exact_mut(lanes).zip(&self.mean).zip(deviations) {
                    for x in row {
                        *x = m + s * *x;
                    }
                }
            }
            Root::Dense(root) => {
                // From the last coordinate: each needs the normals of those before it.
                for i in (0..self.mean.len()).rev() {
                    for lane in 0..lanes {
                        let sum: f64 = (0..=i).map(|j| root[(i, j)] * points[j * lanes + lane]).sum();
                        points[i * lanes + lane] = self.mean[i] + sum;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Schedule;
    use nalgebra::DVector;

    /// Sums of a few terms of size one.
    const ROUNDING: f64 = 1e-13;

    fn correlated() -> Gaussian {
        let covariance = DMatrix::from_row_slice(2, 2, &[1.7, -0.6, -0.6, 0.5]);
        Gaussian::new(DVector::from_column_slice(&[1.0, -2.0]), covariance).unwrap()
    }

    #[test]
    fn scores_solve_with_the_covariance() {
        let path = GaussianPath::from_standard(correlated(), Schedule::linear()).unwrap();
        let t = 0.64_f64;
        let score = path.score_at(t).unwrap();
        let covariance = correlated().covariance() * t + DMatrix::identity(2, 2) * (1.0 - t);
        let x = DVector::from_column_slice(&[0.3, 0.9]);
        let found = DVector::from_vec(score.score(x.as_slice()));
        let expected = correlated().mean() * t.sqrt() - &x;
        assert!((&covariance * found - expected).norm() < ROUNDING);
        let eigenvalues = covariance.symmetric_eigenvalues();
        let (steep, flat) = (1.0 / eigenvalues.min(), 1.0 / eigenvalues.max());
        assert!((score.steepest() - steep).abs() < ROUNDING * steep);
        assert!((score.linear_rate() - 0.5 * (steep + flat)).abs() < ROUNDING * steep);
        // Matrix and mean.
        assert_eq!(path.footprint(), 8 * (4 + 2));
        let diagonal = Gaussian::diagonal(vec![0.0; 3], vec![1.0, 2.0, 0.5]).unwrap();
        let diagonal = GaussianPath::from_standard(diagonal, Schedule::linear()).unwrap();
        assert_eq!(diagonal.footprint(), 8 * (3 + 3));
        let score = diagonal.score_at(1.0).unwrap();
        assert!((score.steepest() - 2.0).abs() < ROUNDING && (score.linear_rate() - 1.25).abs() < ROUNDING);
    }

    #[test]
    fn starts_have_the_law_of_the_path() {
        let path = GaussianPath::from_standard(correlated(), Schedule::linear()).unwrap();
        let t = 0.64_f64;
        // Three points side by side: the origin and the unit vectors.
        let mut points = vec![0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        path.start_at(t).unwrap().place(3, &[0.0; 6], &mut points);
        let centre = DVector::from_fn(2, |i, _| points[3 * i]);
        let root = DMatrix::from_fn(2, 2, |i, j| points[3 * i + j + 1] - points[3 * i]);
        let expected = correlated().covariance() * t + DMatrix::identity(2, 2) * (1.0 - t);
        assert!((&root * root.transpose() - expected).norm() < ROUNDING);
        assert!(root[(0, 0)] > 0.0 && root[(0, 1)] == 0.0 && root[(1, 1)] > 0.0);
        assert!((centre - correlated().mean() * t.sqrt()).norm() < ROUNDING);
    }
}
