//! The path to a Gaussian mixture in the plane or in space at one angle, with the formulae for its score and Hessian in one point.
//!
//! The formulae for the standard base need mean and covariance of the conditional law, again a mixture. The others are expectations of
//! rational functions or of derivatives of `log π` under the conditional law `∝ π(x) ν_σ(y − √λ x)`: trapezoidal sums, component by
//! component in the coordinates `x = m + Lz` in which it is standard normal. They converge like `e^{−2πa/h}`, where a is the
//! distance of the singularities of `ν_σ` from the real points; the error is the difference of two spacings.

use super::formula_instance::Formula;
use super::instance::normal_vector;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::measure::mixture::Mixture;
use crate::numerics::stream::Stream;
use crate::path::MixturePath;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use std::fmt;

/// The path to a mixture at an angle, a point, and two directions.
#[derive(Clone, Debug)]
pub struct InSpace {
    path: MixturePath,
    angle: f64,
    y: Vec<f64>,
    u: DVector<f64>,
    w: DVector<f64>,
}

/// Roundings of sums over the components of a mixture, relative to the largest term.
const ROUNDING: f64 = 1e4 * f64::EPSILON;
/// Relative error of what a trapezoidal sum leaves out: `e^{−REACH²/2}` of the mass, with the polynomial growth of the integrands.
const LEFT_OUT: f64 = 1e-9;
const REACH: f64 = 7.5;
/// Spacings in the plane and in space, and the factor between the two resolutions.
const SPACINGS: [f64; 2] = [0.15, 0.32];
const FINER: f64 = 0.8;

impl InSpace {
    /// Two to four components of general covariances in d = 2 and 3, standard base.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let (d, count) = (2 + index % 2, 2 + index % 3);
        let weights: Vec<f64> = (0..count).map(|_| stream.random_range(0.1..1.0)).collect();
        let (mut means, mut covariances) = (Vec::new(), Vec::new());
        for _ in 0..count {
            means.push(DVector::from_vec(normal_vector(stream, d, 1.5)));
            let law = Gaussian::random(stream, d, 20.0, 1.0)?;
            covariances.push(DMatrix::from_fn(d, d, |i, j| law.covariance_entry(i, j)));
        }
        let path = MixturePath::gaussian(Mixture::new(&weights, means, covariances)?);
        let angle = stream.random_range(0.1..1.4);
        let y = normal_vector(stream, d, 2.0);
        let [u, w] = [1.0, 1.0].map(|deviation| DVector::from_vec(normal_vector(stream, d, deviation)));
        Ok(Self { path, angle, y, u, w })
    }

    /// Two components in dimension `d` with variances of at most 1, and noise that is not narrow: what sums on a grid resolve.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn wide(stream: &mut Stream, d: usize, dof: Option<f64>) -> Result<Self> {
        let weights = [stream.random_range(0.2..0.5), 0.5];
        let (mut means, mut covariances) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            means.push(DVector::from_vec(normal_vector(stream, d, 1.0)));
            let law = Gaussian::random(stream, d, 4.0, 1.0)?;
            let largest = law.spectrum().largest().hi();
            covariances.push(DMatrix::from_fn(d, d, |i, j| law.covariance_entry(i, j) / largest));
        }
        let target = Mixture::new(&weights, means, covariances)?;
        let path = match dof {
            None => MixturePath::gaussian(target),
            Some(dof) => MixturePath::student(target, dof)?,
        };
        let angle = stream.random_range(0.75..1.2);
        let y = normal_vector(stream, d, 1.0);
        let [u, w] = [1.0, 1.0].map(|deviation| DVector::from_vec(normal_vector(stream, d, deviation)));
        Ok(Self { path, angle, y, u, w })
    }

    /// `0.3 N((−1,0), ½I) + 0.7 N((1,½), I)` with n = 4 at `φ = 0.8`.
    ///
    /// # Errors
    /// Never in practice.
    pub fn example() -> Result<Self> {
        let means = [[-1.0, 0.0], [1.0, 0.5]].map(|m| DVector::from_column_slice(&m)).to_vec();
        let path = MixturePath::student(Mixture::isotropic(&[0.3, 0.7], means, &[0.5, 1.0])?, 4.0)?;
        let [u, w] = [[1.0, 0.5], [0.25, 1.0]].map(|x| DVector::from_column_slice(&x));
        Ok(Self { path, angle: 0.8, y: vec![1.5, -0.5], u, w })
    }

    /// Whether the base is γ.
    pub fn has_standard_base(&self) -> bool {
        self.path.has_gaussian_base()
    }

    /// `⟨u, ∇log p_t⟩` and `⟨u, ∇²log p_t w⟩`, derivatives of the density of the mixture.
    ///
    /// # Errors
    /// Those of the slice.
    pub fn derivatives(&self) -> Result<[Enclosure; 2]> {
        let slice = self.path.slice(self.angle)?;
        let point = slice.point(&self.y)?;
        let (first, second) = (self.u.dot(&point.score), self.u.dot(&(&point.hessian * &self.w)));
        let (size, scale) = self.sizes();
        // Finite mixtures stand for a Student base, to this relative error of the density and of its derivatives.
        let relative = ROUNDING + self.path.relative_error();
        Ok([
            Enclosure::around(first, relative * size, Evidence::Converged),
            Enclosure::around(second, relative * scale, Evidence::Converged),
        ])
    }

    /// The formulae for score and Hessian.
    ///
    /// # Errors
    /// Those of the slice and of the target's score.
    pub fn formulae(&self, formula: Formula) -> Result<[Enclosure; 2]> {
        if formula == Formula::Standard {
            return self.standard();
        }
        let spacing = SPACINGS[usize::from(self.y.len() > 2)];
        let (coarse, fine) = (self.sums(formula, spacing)?, self.sums(formula, FINER * spacing)?);
        Ok(std::array::from_fn(|i| {
            let error = (fine[i].0 - coarse[i].0).abs() + LEFT_OUT * fine[i].1;
            Enclosure::around(fine[i].0, error, Evidence::Converged)
        }))
    }

    /// With mean and covariance of the conditional law, again a mixture.
    fn standard(&self) -> Result<[Enclosure; 2]> {
        let slice = self.path.slice(self.angle)?;
        let law = slice.conditional(&self.y)?;
        let (s, c) = slice.sine_cosine();
        let square = s * s;
        let mean = law.mean() * c - DVector::from_vec(self.y.clone());
        let covariance = law.covariance();
        let form = self.u.dot(&(covariance * &self.w));
        let (first, second) =
            (self.u.dot(&mean) / square, -self.u.dot(&self.w) / square + c * c * form / (square * square));
        let (size, scale) = self.sizes();
        Ok([
            Enclosure::around(first, ROUNDING * size, Evidence::Converged),
            Enclosure::around(second, ROUNDING * scale, Evidence::Converged),
        ])
    }

    /// `E[⟨u, g⟩]` and `E[⟨u, Hw⟩] + Cov(⟨u, g⟩, ⟨w, g⟩)` under the conditional law, `g` and `H` the derivatives of the logarithm that
    /// the formula differentiates, each with the mean modulus of its terms.
    fn sums(&self, formula: Formula, spacing: f64) -> Result<[(f64, f64); 2]> {
        let (s, c) = (core_math::sin(self.angle), core_math::cos(self.angle));
        let (target, d) = (self.path.target(), self.y.len());
        let (u, w) = (&self.u, &self.w);
        #[expect(clippy::cast_possible_truncation, reason = "below a hundred")]
        let half = (REACH / spacing) as i32;
        // Mass, g_u, g_w, H_uw + g_u g_w, and moduli of the first and the last.
        let mut sums = [0.0; 6];
        for k in 0..target.len() {
            let covariance = target.component_covariance(k);
            let Some(root) = covariance.cholesky() else { continue };
            let root = root.l();
            let mean = DVector::from_column_slice(target.component_mean(k));
            let mut index = vec![-half; d];
            loop {
                let z = DVector::from_iterator(d, index.iter().map(|i| f64::from(*i) * spacing));
                let square = z.norm_squared();
                if square <= REACH * REACH {
                    let x = &mean + &root * z;
                    let noise = DVector::from_column_slice(&self.y) - &x * c;
                    let (log_density, gradient, hessian) = self.noise(&noise, s);
                    let mass = target.weight(k) * core_math::exp(log_density - 0.5 * square);
                    let (g_u, g_w, h) = if formula == Formula::Noise {
                        (u.dot(&gradient), w.dot(&gradient), u.dot(&(hessian * w)))
                    } else {
                        let gradient = target.score(x.as_slice())? / c;
                        let hessian = target.hessian(x.as_slice())? / (c * c);
                        (u.dot(&gradient), w.dot(&gradient), u.dot(&(hessian * w)))
                    };
                    let terms = [1.0, g_u, g_w, h + g_u * g_w, g_u.abs(), h.abs() + (g_u * g_w).abs()];
                    sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += mass * term);
                }
                // The next point of the cube.
                let Some(j) = index.iter().position(|i| *i < half) else { break };
                index[..j].fill(-half);
                index[j] += 1;
            }
        }
        let [mass, first, other, second, size, scale] = sums;
        let (first, other) = (first / mass, other / mass);
        Ok([(first, size / mass), (second / mass - first * other, scale / mass + (first * other).abs())])
    }

    /// `log ν_σ` up to a constant, its gradient and its Hessian at `v`.
    fn noise(&self, v: &DVector<f64>, sigma: f64) -> (f64, DVector<f64>, DMatrix<f64>) {
        let (d, square) = (v.len(), sigma * sigma);
        let one = DMatrix::identity(d, d);
        match self.path.freedom() {
            None => (-0.5 * v.norm_squared() / square, -v / square, -one / square),
            Some(n) => {
                let (power, q) = (n + d as f64, n * square + v.norm_squared());
                let log = -0.5 * power * core_math::log(q);
                (log, v * (-power / q), (v * v.transpose() * (2.0 / q) - one) * (power / q))
            }
        }
    }

    /// Natural sizes: the terms of the formulae.
    pub fn sizes(&self) -> (f64, f64) {
        let square = core_math::sin(self.angle).powi(2);
        let y: f64 = self.y.iter().map(|x| x * x).sum::<f64>().sqrt();
        let spread = self.path.target().second_moment() + y * y;
        let (u, w) = (self.u.norm(), self.w.norm());
        (u * (spread.sqrt() + y) / square, u * w * (1.0 + spread / square) / square)
    }
}

impl fmt::Display for InSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.path.target();
        for k in 0..target.len() {
            let (mean, covariance) = (target.component_mean(k), target.component_covariance(k));
            write!(f, "{}·N({mean:?}, {:?}) ", target.weight(k), covariance.as_slice())?;
        }
        if let Some(n) = self.path.freedom() {
            write!(f, "Student base, n={n}, ")?;
        }
        let (u, w) = (self.u.as_slice(), self.w.as_slice());
        write!(f, "φ={}, y={:?}, u={u:?}, w={w:?}", self.angle, self.y)
    }
}
