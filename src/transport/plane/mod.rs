//! Transport fields of mixture paths in the plane: `‖u‖²`, the best gradient, and what separates them.
//!
//! Per angle, `u_φ(y) = E[−sin φ·X + cos φ·Z|y] = cot φ·y − E[X|y]/sin φ` moves `p_φ`. Every field that does so has the same
//! projection `v` on the closure of the gradients in `L²(p_φ)`, the optimal field, so `‖u‖² = ‖v‖² + ‖u−v‖²`. As `cot φ·y` is a
//! gradient,
//!
//! `‖u−v‖² = min_ψ ∫p|F − ∇ψ|² = max_z (∫p F·z)²/∫p|z|²`,  `F = −E[X|y]/sin φ`,  `div(pz) = 0`:
//!
//! any ψ bounds it from above and any stream function χ, `pz = J∇χ`, from below. With `χ = pη` the field is `z = J(∇η + η∇log p)`.
//! Both problems are least squares on one mesh of spectral elements (degrees 6 and 8); η vanishes at the edge of the mesh, so `z`
//! continued by zero is admissible. `F` is bounded, or nearly so, where the tails of `u` are not square integrable to any
//! accuracy.
//!
//! `‖u‖² = E|U|² − E tr Cov(U|X_φ)`, `E|U|² = sin²φ·E|X|² + cos²φ·E|Z|²`, for the same reason; with a Gaussian base, whose tails are
//! light, `‖u‖² = ∫p|u|²` directly. All values are converged.

mod action;
mod energy;
mod lattice;
mod mesh;
mod reduction;
mod score_norms;

pub use action::{mixture_action, mixture_metric_derivative_squared};
pub use energy::{AngularEnergy, mixture_small_kappa_limit};
pub use score_norms::{ScoreNormCurves, mixture_parts};

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result};
use crate::numerics::plane_fit::{Boundary, Fit, PlaneMesh, Sample};
use crate::path::{MixturePath, MixtureSlice};
use mesh::mesh_for;
use std::f64::consts::FRAC_PI_2;

/// Degrees and quadrature orders of the two resolutions.
const DEGREES: [usize; 2] = [6, 8];
const ORDERS: [usize; 2] = [12, 16];
/// Refinements of the mesh.
const REFINEMENTS: [f64; 2] = [0.75, 1.0];
/// Rounding of a sum over the plane, relative.
const ROUNDING: f64 = 1e-13;
/// Mass not accounted for at which there is no value.
const LOST: f64 = 1e-6;

/// `‖u_φ‖²` in the plane.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlaneVelocity {
    /// `∫|u_φ|² p_φ`, per squared angle.
    pub norm_squared: Enclosure,
    /// One minus the mass found by quadrature.
    pub outside: f64,
}

/// Norms of the transport field and of its gradient part at one angle, per squared angle.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlaneTransport {
    /// `‖u_φ‖²`, `u_φ` the conditional mean of the velocity.
    pub velocity: Enclosure,
    /// `‖v_φ‖² = |p'_φ|²`, `v_φ` the optimal field.
    pub metric_derivative: Enclosure,
    /// `‖u_φ − v_φ‖² = ‖u_φ‖² − ‖v_φ‖²`, bounded from both sides; zero with a Gaussian base.
    pub rotational: Enclosure,
    /// Rectangles in either direction of the finest mesh.
    pub rectangles: [usize; 2],
    /// Unknowns of the fits.
    pub unknowns: usize,
}

/// What is needed at a node.
struct Node {
    weight: f64,
    /// The field to be fitted.
    field: [f64; 2],
    score: [f64; 2],
    /// What is integrated for `‖u‖²`.
    energy: f64,
}

/// `∫|u_φ|² p_φ` of a path in the plane.
///
/// # Errors
/// [`Error::Dimension`] for another dimension; [`Error::Domain`] for an angle that is not in `(0, π/2]`;
/// [`Error::NoConvergence`] if the law is not resolved.
pub fn plane_velocity(path: &MixturePath, angle: f64) -> Result<PlaneVelocity> {
    let slice = in_the_plane(path, angle)?;
    if path.has_gaussian_base() {
        let on_lattice = lattice::integrals(&slice, |y| {
            let (log_density, _, u) = slice.first_order(y);
            let density = log_density.exp();
            [density, density * (u[0] * u[0] + u[1] * u[1])]
        });
        if let Some([mass, norm_squared]) = on_lattice {
            return Ok(PlaneVelocity { norm_squared, outside: 1.0 - mass.mid() });
        }
    }
    let mut found: Vec<(f64, f64, f64)> = Vec::new();
    for (refinement, order) in REFINEMENTS.into_iter().zip(ORDERS) {
        let nodes = nodes(&slice, &mesh_for(&slice, refinement)?, order)?;
        found.push(energy(&slice, &nodes));
    }
    let (coarse, fine) = (found[0], found[1]);
    resolved(fine.1)?;
    Ok(PlaneVelocity { norm_squared: velocity(&slice, coarse, fine), outside: fine.1 })
}

/// `‖u_φ‖²`, `‖v_φ‖²` and `‖u_φ − v_φ‖²` of a path in the plane.
///
/// # Errors
/// As [`plane_velocity`].
pub fn plane_transport(path: &MixturePath, angle: f64) -> Result<PlaneTransport> {
    let slice = in_the_plane(path, angle)?;
    let mut found = Vec::new();
    for ((refinement, order), degree) in REFINEMENTS.into_iter().zip(ORDERS).zip(DEGREES) {
        let mesh = mesh_for(&slice, refinement)?;
        let nodes = nodes(&slice, &mesh, order)?;
        let sums = energy(&slice, &nodes);
        let samples = |dual: bool| -> Vec<Vec<Sample>> {
            let of = |node: &Node| {
                let [a, b] = node.field;
                // F·J(B) = (JᵀF)·B.
                let (field, shift) = if dual { ([b, -a], node.score) } else { (node.field, [0.0; 2]) };
                Sample { weight: node.weight, field, shift }
            };
            nodes.iter().map(|cell| cell.iter().map(of).collect()).collect()
        };
        let above = mesh.fit(degree, order, &samples(false), Boundary::Free)?;
        let below = mesh.fit(degree, order, &samples(true), Boundary::Zero)?;
        found.push((sums, above, below, mesh.count()));
    }
    let (coarse, fine) = (&found[0], &found[1]);
    resolved(fine.0.1)?;
    let velocity = velocity(&slice, coarse.0, fine.0);
    let rotational = rotational((&coarse.1, &coarse.2), (&fine.1, &fine.2), fine.0.1, &slice);
    let difference = velocity - rotational;
    let metric_derivative = difference.map(|x| x.max(Interval::ZERO));
    Ok(PlaneTransport {
        velocity,
        metric_derivative,
        rotational,
        rectangles: fine.3,
        unknowns: fine.1.unknowns,
    })
}

fn in_the_plane(path: &MixturePath, angle: f64) -> Result<MixtureSlice<'_>> {
    if path.dim() != 2 {
        return Err(Error::Dimension { name: "target".to_owned(), found: path.dim(), expected: 2 });
    }
    if !(angle > 0.0 && angle <= FRAC_PI_2) {
        return Err(Error::domain("angle", angle, "0 < angle ≤ π/2"));
    }
    path.slice(angle)
}

fn resolved(outside: f64) -> Result<()> {
    if outside.abs() < LOST {
        return Ok(());
    }
    let what = "mass of a mixture in the plane".to_owned();
    Err(Error::NoConvergence { what, reached: outside.abs(), wanted: LOST })
}

/// Densities and fields at the quadrature points.
fn nodes(slice: &MixtureSlice<'_>, mesh: &PlaneMesh, order: usize) -> Result<Vec<Vec<Node>>> {
    let (sine, cosine) = slice.sine_cosine();
    let gaussian = slice.path().has_gaussian_base();
    mesh.sample(order, |y, w| {
        if gaussian {
            let (log_density, score, u) = slice.first_order(&y);
            let energy = u[0] * u[0] + u[1] * u[1];
            return Node {
                weight: w * log_density.exp(),
                field: [u[0], u[1]],
                score: [score[0], score[1]],
                energy,
            };
        }
        let point = slice.evaluate(&y);
        // −E[X|y]/sin φ = u − cot φ·y.
        let bounded = [0, 1].map(|i| point.velocity[i] - cosine / sine * y[i]);
        Node {
            weight: w * point.log_density.exp(),
            field: bounded,
            score: [point.score[0], point.score[1]],
            energy: point.posterior_covariance.trace() / (sine * sine),
        }
    })
}

/// `Σ weight·energy`, one minus the mass, and the largest energy at nodes on the outermost rectangles that matter.
fn energy(slice: &MixtureSlice<'_>, nodes: &[Vec<Node>]) -> (f64, f64, f64) {
    let all = || nodes.iter().flatten().filter(|n| n.weight > 0.0);
    let mass: f64 = all().map(|n| n.weight).sum();
    let sum: f64 = all().map(|n| n.weight * n.energy).sum();
    // Light tails end with the mesh; what a heavy one carries outside is of the size of its last values.
    let reach = if slice.path().has_gaussian_base() {
        10.0 * sum
    } else {
        2.0 * all().fold(0.0_f64, |a, n| a.max(n.energy))
    };
    (sum, 1.0 - mass, reach)
}

fn velocity(slice: &MixtureSlice<'_>, coarse: (f64, f64, f64), fine: (f64, f64, f64)) -> Enclosure {
    let tail = fine.1.abs() * fine.2;
    let rounding = ROUNDING / f64::EPSILON;
    let sum = Enclosure::refined(coarse.0, fine.0, rounding).widened(tail);
    if slice.path().has_gaussian_base() {
        return sum;
    }
    let whole = slice.coupling_bound();
    if whole.is_infinite() {
        return Enclosure::infinite(Evidence::Converged);
    }
    let value = Enclosure::around(whole, ROUNDING * whole, Evidence::Converged) - sum;
    value.map(|x| x.max(Interval::ZERO))
}

/// Both bounds on the finer mesh; what changed between the meshes beyond the distance of the bounds is quadrature.
fn rotational(coarse: (&Fit, &Fit), fine: (&Fit, &Fit), outside: f64, slice: &MixtureSlice<'_>) -> Enclosure {
    let lower = |fit: &Fit| if fit.norm > 0.0 { fit.product * fit.product / fit.norm } else { 0.0 };
    let (above, below) = (fine.0.residual, lower(fine.1));
    // Outside the mesh ψ is continued by reflection at its edge: the density falls outward, so this costs no more than what the
    // outermost rectangles hold, and F its own share; twice for the mixed term.
    let field =
        slice.coupling_bound().min(slice.path().target().second_moment() / slice.sine_cosine().0.powi(2));
    let tail = 2.0 * (fine.0.outer + outside.abs() * field);
    let crossing = (below - above).max(0.0).max((lower(coarse.1) - above).max(0.0));
    let rounding = ROUNDING * (fine.0.norm + above);
    let lo = (below - crossing - rounding).max(0.0);
    let hi = (above + crossing + tail + rounding).max(lo);
    Enclosure::new(lo, hi, Evidence::Converged).unwrap_or(Enclosure::unknown(Evidence::Converged))
}

#[cfg(test)]
mod tests;
