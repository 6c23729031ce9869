//! Strongly log-concave laws in the plane that are neither Gaussian nor products.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::inequality::poincare::plane::plane_poincare_constant;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::f64::consts::TAU;
use std::fmt;

/// Rounding of a rotated quadratic form's smallest eigenvalue, in units of its last place per unit of
/// the ratio of the eigenvalues.
const FORM_ULPS: f64 = 16.0;

/// `V = ½(ρu² + κv²) + quartic·w⁴/4 + log cosh(bend·w)`, `ρ ≤ κ`: `u, v` are rotated coordinates and `w` is
/// the coordinate along an oblique direction. The last two terms are convex.
#[derive(Clone, Copy, Debug)]
pub struct PlaneLaw {
    curvatures: [f64; 2],
    /// Directions of `u` and `w`.
    angles: [f64; 2],
    quartic: f64,
    bend: f64,
}

impl PlaneLaw {
    /// A random law; `w` keeps at least 0.3 away from the directions of `u` and `v`.
    pub fn random(stream: &mut Stream) -> Self {
        let rho = 2f64.powf(stream.random_range(-3.0..3.0));
        let angle = stream.random_range(0.0..TAU);
        Self {
            curvatures: [rho, rho * stream.random_range(1.0..4.0)],
            angles: [angle, angle + stream.random_range(0.3..1.2)],
            quartic: rho * rho * stream.random_range(0.05..0.5),
            bend: (rho * stream.random_range(0.1..1.0)).sqrt(),
        }
    }

    fn potential(&self, x: f64, y: f64) -> f64 {
        let [(s, c), (t, d)] = self.angles.map(f64::sin_cos);
        let (u, v, w) = (c * x + s * y, c * y - s * x, d * x + t * y);
        let bent = (self.bend * w).abs();
        0.5 * (self.curvatures[0] * u * u + self.curvatures[1] * v * v)
            + 0.25 * self.quartic * w.powi(4)
            + bent
            + (-2.0 * bent).exp().ln_1p()
    }

    /// `ρ`: the Hessian is nowhere smaller.
    pub fn convexity(&self) -> Enclosure {
        let [rho, kappa] = self.curvatures;
        Enclosure::around(rho, FORM_ULPS * f64::EPSILON * kappa, Evidence::Exact)
    }

    /// The Poincaré constant, from spectral elements.
    ///
    /// # Errors
    /// As [`plane_poincare_constant`].
    pub fn poincare_constant(&self) -> Result<Enclosure> {
        Ok(plane_poincare_constant(|x, y| self.potential(x, y))?.value)
    }
}

impl fmt::Display for PlaneLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([rho, kappa], [u, w]) = (self.curvatures, self.angles);
        write!(
            f,
            "plane law with curvatures {rho:.3}, {kappa:.3} at angle {u:.2}, quartic {:.3} and bend {:.3} at {w:.2}",
            self.quartic, self.bend
        )
    }
}
