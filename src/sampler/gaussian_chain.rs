//! The law of the Euler-Maruyama chain along a Gaussian path: an explicit recursion.
//!
//! With `P_k = Σ_{t_k}⁻¹` the chain `X ↦ X − hP_k(X − m_k) + √(2h) ξ` maps Gaussian laws to Gaussian laws:
//! `mean ↦ mean − hP_k(mean − m_k)`, `C ↦ (I − hP_k) C (I − hP_k) + 2hI`.

use super::Grid;
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{Ball, Matrix, enclosed_eigen};
use crate::path::observation::{covariance_ball, mean_ball, times, whitened};
use crate::path::{EnclosedSchedule, GaussianPath};
use nalgebra::{DMatrix, DVector};

/// Covers the roundings of a radius itself.
const ROUND_UP: f64 = 1.0 + 1e-7;

/// An affine step `x ↦ linear·x + offset + noise·ξ`.
#[derive(Clone, PartialEq, Debug)]
pub struct AffineStep {
    /// Shape `[d, d]`.
    pub linear: DMatrix<f64>,
    /// Shape `[d]`.
    pub offset: DVector<f64>,
    /// Shape `[d, d]`.
    pub noise: DMatrix<f64>,
}

/// The matrices of a step function that is affine in state and noise, found by pushing `probe`,
/// `probe + e_i` and unit noises through it.
///
/// # Errors
/// Errors of the step; [`Error::Dimension`] if it returns another dimension.
pub fn affine_step(probe: &[f64], step: impl Fn(&[f64], &[f64]) -> Result<Vec<f64>>) -> Result<AffineStep> {
    let d = probe.len();
    let pushed = |state: &[f64], noise: &[f64]| {
        let image = step(state, noise)?;
        if image.len() == d {
            Ok(DVector::from_vec(image))
        } else {
            Err(Error::Dimension { name: "image of the step".to_owned(), found: image.len(), expected: d })
        }
    };
    let zero = vec![0.0; d];
    let origin = pushed(probe, &zero)?;
    let (mut linear, mut noise) = (DMatrix::zeros(d, d), DMatrix::zeros(d, d));
    for i in 0..d {
        let mut moved = probe.to_vec();
        moved[i] += 1.0;
        // The increment that the float really made.
        let increment = moved[i] - probe[i];
        linear.set_column(i, &((pushed(&moved, &zero)? - &origin) / increment));
        let mut unit = zero.clone();
        unit[i] = 1.0;
        noise.set_column(i, &(pushed(probe, &unit)? - &origin));
    }
    let offset = origin - &linear * DVector::from_column_slice(probe);
    Ok(AffineStep { linear, offset, noise })
}

/// The Gaussian law of the chain (Certified).
#[derive(Clone, Debug)]
pub enum ChainLaw {
    /// Independent coordinates: means and variances.
    Diagonal(Vec<Interval>, Vec<Interval>),
    /// Mean of shape `[d, 1]` and covariance of shape `[d, d]`.
    Dense(Ball, Ball),
}

/// The law after all steps of the chain on `grid` that starts with the law `initial`.
///
/// # Errors
/// [`Error::Dimension`] for a start in another dimension, [`Error::Matrix`] for covariances that are too
/// ill-conditioned.
pub fn chain_law(path: &GaussianPath, grid: &Grid, initial: &Gaussian) -> Result<ChainLaw> {
    if initial.dim() != path.dim() {
        let (found, expected) = (initial.dim(), path.dim());
        return Err(Error::Dimension { name: "initial law".to_owned(), found, expected });
    }
    match (path.target().variances(), path.base().variances(), initial.variances()) {
        (Some(target), Some(base), Some(start)) => Ok(diagonal_law(path, grid, target, base, initial, start)),
        _ => dense_law(path, grid, initial),
    }
}

fn diagonal_law(
    path: &GaussianPath,
    grid: &Grid,
    target: &[f64],
    base: &[f64],
    initial: &Gaussian,
    start: &[f64],
) -> ChainLaw {
    let at: Vec<EnclosedSchedule> =
        (0..grid.steps()).map(|k| path.schedule().enclosed(grid.time(k))).collect();
    let h = Interval::point(grid.step());
    let point = Interval::point;
    let (mut means, mut variances) = (Vec::new(), Vec::new());
    for i in 0..path.dim() {
        let (mut mean, mut variance) = (point(initial.mean()[i]), point(start[i]));
        for s in &at {
            let rate = h / (s.lambda * point(target[i]) + s.complement * point(base[i]));
            let centre = s.lambda.sqrt() * point(path.target().mean()[i])
                + s.complement.sqrt() * point(path.base().mean()[i]);
            // Written so that the mean occurs once: its width does not grow along the chain.
            mean = (Interval::ONE - rate) * mean + rate * centre;
            variance = (Interval::ONE - rate).square() * variance + point(2.0) * h;
        }
        means.push(mean);
        variances.push(variance);
    }
    ChainLaw::Diagonal(means, variances)
}

/// An interval as a double-double and a relative uncertainty.
fn scalar(interval: Interval) -> (Dd, f64) {
    let mid = interval.mid();
    let relative = if mid == 0.0 { 0.0 } else { interval.width() / mid.abs() };
    (Dd::from(mid), relative * ROUND_UP)
}

fn dense_law(path: &GaussianPath, grid: &Grid, initial: &Gaussian) -> Result<ChainLaw> {
    let (target, base) = (covariance_ball(path.target()), covariance_ball(path.base()));
    let (target_mean, base_mean) = (mean_ball(path.target()), mean_ball(path.base()));
    let combined = |x: &Ball, z: &Ball, weight: Interval, complement: Interval| {
        let ((a, ea), (b, eb)) = (scalar(weight), scalar(complement));
        times(x, a, ea).plus(&times(z, b, eb))
    };
    let identity = Ball::from(Matrix::identity(path.dim()));
    let h = Dd::from(grid.step());
    let input = times(&identity, h.times_power_of_two(2.0), 0.0);
    let (mut mean, mut covariance) = (mean_ball(initial), covariance_ball(initial));
    for k in 0..grid.steps() {
        let at = path.schedule().enclosed(grid.time(k));
        let law = combined(&target, &base, at.lambda, at.complement);
        let centre = combined(&target_mean, &base_mean, at.lambda.sqrt(), at.complement.sqrt());
        let precision = whitened("covariance of the path", &law)?.times_inverse(&identity);
        let kept = identity.minus(&times(&precision, h, 0.0));
        let norm = spectral_norm(&kept);
        mean = centre.plus(&contracted(&kept, &mean.minus(&centre), norm));
        let half = contracted(&kept, &covariance, norm);
        covariance = contracted(&kept, &half.transpose(), norm).plus(&input);
    }
    Ok(ChainLaw::Dense(mean, covariance))
}

/// Bound for the spectral norm of the members of a symmetric ball.
fn spectral_norm(m: &Ball) -> f64 {
    let centre = Ball::from(m.centre.symmetrised());
    let asymmetry = m.centre.norm() * Dd::UNIT + m.minus(&m.transpose()).norm();
    let (values, _) = enclosed_eigen(&centre);
    values.iter().fold(0.0, |norm: f64, v| norm.max(v.magnitude())) * ROUND_UP + asymmetry
}

/// `M·X`, where the radius of X is multiplied by the spectral norm of M, not by the Frobenius norm,
/// so that it does not grow along the chain.
fn contracted(m: &Ball, x: &Ball, norm: f64) -> Ball {
    let product = Ball::from(m.centre.clone()).product(&Ball::from(x.centre.clone()));
    let radius = product.radius + norm * x.radius + m.radius * x.norm();
    Ball { centre: product.centre, radius: radius * ROUND_UP }
}

impl ChainLaw {
    /// `⟨u, mean⟩`.
    pub fn mean_along(&self, u: &[f64]) -> Enclosure {
        Enclosure::certified(match self {
            Self::Diagonal(means, _) => means.iter().zip(u).map(|(&m, &x)| m * Interval::point(x)).sum(),
            Self::Dense(mean, _) => column(u).transpose().product(mean).entry(0, 0),
        })
    }

    /// `⟨u, C w⟩`.
    pub fn covariance_form(&self, u: &[f64], w: &[f64]) -> Enclosure {
        Enclosure::certified(match self {
            Self::Diagonal(_, variances) => variances
                .iter()
                .zip(u.iter().zip(w))
                .map(|(&v, (&x, &z))| v * Interval::point(x) * Interval::point(z))
                .sum(),
            Self::Dense(_, covariance) => {
                column(u).transpose().product(&covariance.product(&column(w))).entry(0, 0)
            }
        })
    }

    /// `KL(law|chain) = ½[tr(C⁻¹Σ) − d + ⟨δ, C⁻¹δ⟩ + log det C − log det Σ]`.
    ///
    /// # Errors
    /// [`Error::Matrix`] if the covariance is too ill-conditioned; [`Error::Dimension`] for a law in
    /// another dimension or one that is dense where the chain is diagonal.
    pub fn kl_from(&self, law: &Gaussian) -> Result<Enclosure> {
        let log_determinant = law.log_determinant().interval();
        let twice = match (self, law.variances()) {
            (Self::Diagonal(means, variances), Some(own)) if own.len() == means.len() => {
                let terms = means.iter().zip(variances).enumerate().map(|(i, (&m, &v))| {
                    let shift = Interval::point(law.mean()[i]) - m;
                    Interval::point(own[i]) / v - Interval::ONE + shift.square() / v + v.ln()
                });
                terms.sum::<Interval>() - log_determinant
            }
            (Self::Dense(mean, covariance), _) if mean.centre.rows() == law.dim() => {
                let white = whitened("covariance of the chain", covariance)?;
                let product = white.times_inverse(&covariance_ball(law));
                let trace: Interval = (0..law.dim()).map(|i| product.entry(i, i)).sum();
                let shift = mean_ball(law).minus(mean);
                trace - Interval::point(law.dim() as f64)
                    + white.inverse_quadratic_form(&shift)
                    + white.log_determinant()
                    - log_determinant
            }
            (Self::Diagonal(means, _), _) => {
                let (found, expected) = (law.dim(), means.len());
                return Err(Error::Dimension { name: "diagonal law".to_owned(), found, expected });
            }
            (Self::Dense(mean, _), _) => {
                let (found, expected) = (law.dim(), mean.centre.rows());
                return Err(Error::Dimension { name: "law".to_owned(), found, expected });
            }
        };
        Ok(Enclosure::certified(twice * Interval::point(0.5)))
    }
}

fn column(u: &[f64]) -> Ball {
    Ball::from(Matrix::column(u.iter().map(|&x| Dd::from(x)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Schedule;

    #[test]
    fn dense_and_diagonal_recursions_agree() {
        let variances = vec![0.5, 2.0, 1.25];
        let mean = vec![1.0, -1.0, 0.25];
        let diagonal = Gaussian::diagonal(mean.clone(), variances.clone()).unwrap();
        let dense =
            Gaussian::new(DVector::from_vec(mean), DMatrix::from_diagonal(&DVector::from_vec(variances)))
                .unwrap();
        let grid = Grid::new(0.0, 1.0, 0.5, 12).unwrap();
        let start = Gaussian::standard(3).unwrap();
        let law = |target: &Gaussian| {
            let path = GaussianPath::from_standard(target.clone(), Schedule::cosine()).unwrap();
            chain_law(&path, &grid, &start).unwrap()
        };
        let (first, second) = (law(&diagonal), law(&dense));
        let (u, w) = ([1.0, 2.0, -1.0], [0.5, 1.0, 3.0]);
        // Each step takes in a schedule known to a few units, multiplied by norms of matrices.
        let per_step = 1e3 * f64::EPSILON;
        let rounding = grid.steps() as f64 * per_step;
        for (a, b) in [
            (first.mean_along(&u), second.mean_along(&u)),
            (first.covariance_form(&u, &w), second.covariance_form(&u, &w)),
            (first.kl_from(&diagonal).unwrap(), second.kl_from(&dense).unwrap()),
        ] {
            assert!(a.interval().intersects(b.interval()) && a.hull(b).width() < rounding, "{a} {b}");
        }
        assert!(first.kl_from(&dense).is_err() && first.kl_from(&Gaussian::standard(2).unwrap()).is_err());
    }

    #[test]
    fn an_affine_function_is_found() {
        let step = |x: &[f64], n: &[f64]| Ok(vec![2.0 * x[0] - x[1] + 1.0, x[1] + 0.5 * n[0] - n[1]]);
        let found = affine_step(&[0.5, 2.0], step).unwrap();
        assert_eq!(found.linear, DMatrix::from_row_slice(2, 2, &[2.0, -1.0, 0.0, 1.0]));
        assert_eq!(found.noise, DMatrix::from_row_slice(2, 2, &[0.0, 0.0, 0.5, -1.0]));
        assert_eq!(found.offset, DVector::from_vec(vec![1.0, 0.0]));
    }

    #[test]
    fn an_interval_is_its_middle_and_its_relative_width() {
        /// That the radius covers its own rounding.
        const COVER: f64 = 1e-6;
        for (lo, hi) in [(3.0, 3.5), (-8.0, -7.0), (0.5, 0.5)] {
            let (middle, relative) = scalar(Interval::new(lo, hi));
            let exact = (hi - lo) / (0.5 * (lo + hi)).abs();
            assert!(middle.to_interval(0.0).contains(0.5 * (lo + hi)));
            assert!(relative >= exact && relative <= exact * (1.0 + COVER), "{relative} {exact}");
        }
        assert_eq!(scalar(Interval::new(-1.0, 1.0)).1, 0.0);
    }
}
