//! Norms of the derivatives of the score along a mixture path, which say how much the score changes along a process.

use super::energy::{AngularEnergy, gaussian_target, unresolved, with_density};
use super::reduction::reduced;
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::mixture::Mixture;
use crate::path::{MixturePath, MixturePoint, MixtureSlice};

/// Spacings of the two lattices in units of the shortest standard deviation, where components overlap.
const SPACINGS: [f64; 2] = [0.4, 0.3];
/// Half-width of the box beyond the means, in standard deviations.
const REACH: f64 = 7.0;
/// Points of a difference on either side: the order of the difference is twice that.
const HALO: usize = 3;

/// `‖∇s‖²`, `‖Δs + ∇s·s‖²` and, per squared angle, `‖∂_φ s + ∇s·v‖²` in `L²(p_φ)`, `s = ∇log p_φ`, v the field that moves `p_φ`.
pub type ScoreNorms = [f64; 3];

/// The norms of a mixture path in the plane from a Gaussian base as functions of the angle.
///
/// `Δs = ∇tr∇²log p` and `∂_φ s = ∇∂_φ log p` by differences of order six on a lattice; the values are interpolated on panels of angles.
#[derive(Clone, Debug)]
pub struct ScoreNormCurves([AngularEnergy; 3]);

impl ScoreNormCurves {
    /// The norms along a path.
    ///
    /// # Errors
    /// [`Error::Dimension`] outside the plane; [`Error::Undefined`] for a Student base or a target without density;
    /// [`Error::NoConvergence`] for components too narrow for a lattice.
    pub fn of(path: &MixturePath) -> Result<Self> {
        let target = gaussian_target(path)?;
        with_density(target)?;
        if path.dim() != 2 {
            return Err(Error::Dimension { name: "target".to_owned(), found: path.dim(), expected: 2 });
        }
        let norms = |which: usize, angle: f64| {
            let found = on_lattice(&path.slice(angle)?, SPACINGS[which]).ok_or_else(unresolved)?;
            Ok(found)
        };
        AngularEnergy::interpolated(target, &norms).map(Self)
    }

    /// The norms at an angle, by the coarser (0) or the finer (1) of two lattices and interpolations.
    pub fn at(&self, which: usize, angle: f64) -> ScoreNorms {
        std::array::from_fn(|k| self.0[k].at(which.min(1), angle))
    }
}

/// A mixture in two dimensions or more from a Gaussian base as a mixture in the plane and, if there are coordinates across, a normal law that
/// is independent of it: all of one component, of the plane, or of equal isotropic components whose means lie in a plane.
///
/// # Errors
/// [`Error::Undefined`] for other mixtures.
pub fn mixture_parts(target: &Mixture) -> Result<(Mixture, Option<Gaussian>)> {
    let parts = reduced(target)?;
    if parts.across == 0 {
        return Ok((parts.plane, None));
    }
    let mut mean = vec![0.0; parts.across];
    mean[0] = parts.offset_squared.sqrt();
    Ok((parts.plane, Some(Gaussian::isotropic(mean, parts.variance)?)))
}

/// What is needed at a node.
#[derive(Clone, Copy)]
struct Node {
    density: f64,
    score: [f64; 2],
    velocity: [f64; 2],
    hessian: [f64; 3],
    rate: f64,
}

impl Node {
    fn of(point: &MixturePoint) -> Self {
        let h = &point.hessian;
        Self {
            density: point.log_density.exp(),
            score: [point.score[0], point.score[1]],
            velocity: [point.velocity[0], point.velocity[1]],
            hessian: [h[(0, 0)], h[(0, 1)], h[(1, 1)]],
            rate: point.log_density_rate,
        }
    }
}

/// The norms of a slice by the trapezoidal rule.
fn on_lattice(slice: &MixtureSlice<'_>, spacing: f64) -> Option<ScoreNorms> {
    let lattice = super::lattice::Lattice::new(slice, spacing, REACH)?;
    let [rows, columns] = lattice.counts.map(|n| 2 * n + 1 + 2 * HALO);
    let [dx, dy] = lattice.steps;
    let nodes: Vec<Node> = (0..rows * columns)
        .map(|index| {
            let place = |k: usize, count: usize| k as f64 - (count + HALO) as f64;
            let (i, j) = (index / columns, index % columns);
            let x = lattice.centre[0] + dx * place(i, lattice.counts[0]);
            let y = lattice.centre[1] + dy * place(j, lattice.counts[1]);
            Node::of(&slice.evaluate(&[x, y]))
        })
        .collect();
    let mut sums = [0.0; 3];
    for i in HALO..rows - HALO {
        for j in HALO..columns - HALO {
            let here = i * columns + j;
            let node = &nodes[here];
            if node.density == 0.0 {
                continue;
            }
            let gradient = |f: &dyn Fn(&Node) -> f64| {
                [(columns, dx), (1, dy)].map(|(stride, step)| {
                    let gap = |k: usize| f(&nodes[here + k * stride]) - f(&nodes[here - k * stride]);
                    (45.0 * gap(1) - 9.0 * gap(2) + gap(3)) / (60.0 * step)
                })
            };
            let [a, b, c] = node.hessian;
            let bent = |v: [f64; 2]| [a * v[0] + b * v[1], b * v[0] + c * v[1]];
            let square = |v: [f64; 2], w: [f64; 2]| (v[0] + w[0]).powi(2) + (v[1] + w[1]).powi(2);
            let still = square(gradient(&|n| n.hessian[0] + n.hessian[2]), bent(node.score));
            let moving = square(gradient(&|n| n.rate), bent(node.velocity));
            for (sum, x) in sums.iter_mut().zip([a * a + 2.0 * b * b + c * c, still, moving]) {
                *sum += node.density * x;
            }
        }
    }
    let norms = sums.map(|sum| sum * dx * dy);
    norms.iter().all(|x| x.is_finite()).then_some(norms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};

    #[test]
    fn one_component_has_the_norms_of_a_normal_law() {
        let covariance = DMatrix::from_diagonal(&DVector::from_vec(vec![0.25, 2.0]));
        let mean = DVector::from_vec(vec![1.0, -0.5]);
        let path = MixturePath::gaussian(Mixture::new(&[1.0], vec![mean], vec![covariance]).unwrap());
        let norms = ScoreNormCurves::of(&path).unwrap();
        for angle in [0.3, 0.9, 1.4] {
            let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
            let mut exact = [0.0; 3];
            for v in [0.25, 2.0] {
                let precision = 1.0 / (cosine * cosine * v + sine * sine);
                let rate = 2.0 * sine * cosine * (1.0 - v);
                exact[0] += precision.powi(2);
                exact[1] += precision.powi(3);
                exact[2] += 0.25 * precision.powi(3) * rate * rate;
            }
            for (found, exact) in norms.at(1, angle).into_iter().zip(exact) {
                let interpolation = 2e-3;
                assert!((found - exact).abs() < interpolation * exact, "{angle}: {found} {exact}");
            }
        }
    }
}
