//! The path between two Student laws with three degrees of freedom, in closed form.
//!
//! The characteristic function of the standard law is `e^{−√3|t|}(1 + √3|t|)`, so that of `cX + sZ` is
//! `e^{−A|t|}(1 + A|t| + 3cs·t²)` with `A = √3(c+s)`, and its density is rational:
//! a mixture of Student laws with 3 and 5 degrees of freedom, weights `1 − 3cs/(c+s)²` and `3cs/(c+s)²`, both
//! `∝ (1 + y²/A²)^{−k}`, k = 2 and 3 (Walker, Saw, *The distribution of linear combinations of t-variables*, JASA 73, 1978).

use super::LineBase;
use crate::error::{Result, within};
use crate::path::curve::{LineCurve, LineSlice, SlicePoint};
use std::f64::consts::{FRAC_PI_2, PI};
use std::fmt;

/// A few roundings.
const RELATIVE_ERROR: f64 = 64.0 * f64::EPSILON;
/// Breaks at these multiples of A.
const MULTIPLES: [f64; 4] = [0.5, 1.0, 2.0, 4.0];
/// Bisections for the ends of a window.
const BISECTIONS: usize = 60;

const THREE: LineBase = LineBase::Student { dof: 3.0 };
const FIVE: LineBase = LineBase::Student { dof: 5.0 };

/// The curve whose target and base are both Student's law with three degrees of freedom and unit scale.
///
/// ```
/// use dald::path::LineCurve;
/// use dald::path::line::CubicTails;
/// let halfway = CubicTails.slice(std::f64::consts::FRAC_PI_4)?;
/// // Half-way the roles of X and Z can be exchanged: nothing moves.
/// assert!(halfway.point(2.0).velocity.abs() < 4.0 * f64::EPSILON);
/// # Ok::<(), dald::error::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CubicTails;

impl fmt::Display for CubicTails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {THREE} to {THREE}")
    }
}

impl LineCurve for CubicTails {
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>> {
        within("angle", angle, 0.0, FRAC_PI_2)?;
        let (s, c) = (core_math::sin(angle), core_math::cos(angle));
        let sum = c + s;
        let share = 3.0 * c * s / (sum * sum);
        Ok(Box::new(Slice {
            width: 3_f64.sqrt() * sum,
            share,
            // σ̇/σ and the derivative of 3cs/(c+s)², from d(cs) = c² − s², d(c+s) = c − s.
            expansion: (c - s) / sum,
            share_rate: 3.0 * (c - s) * (1.0 - 2.0 * c * s / (sum * sum)) / sum,
        }))
    }
}

#[derive(Debug)]
struct Slice {
    /// A.
    width: f64,
    /// Weight of the law with five degrees of freedom.
    share: f64,
    expansion: f64,
    share_rate: f64,
}

impl Slice {
    /// `(y/A)²`, and the densities of the two laws.
    fn densities(&self, y: f64) -> (f64, f64, f64) {
        let q = (y / self.width).powi(2);
        let three = 2.0 / (PI * self.width) / (1.0 + q).powi(2);
        (q, three, three * (4.0 / 3.0) / (1.0 + q))
    }

    fn components(&self, y: f64) -> [(f64, f64); 2] {
        let z = y / self.width;
        [THREE.masses(z * 3_f64.sqrt()), FIVE.masses(z * 5_f64.sqrt())]
    }
}

impl LineSlice for Slice {
    fn point(&self, y: f64) -> SlicePoint {
        let (q, three, five) = self.densities(y);
        let (a, b) = ((1.0 - self.share) * three, self.share * five);
        let density = a + b;
        let (p, r) = (a / density, b / density);
        // Scores −4z/(A(1+q)) and −6z/(A(1+q)), curvatures their derivatives.
        let unit = y / self.width / (self.width * (1.0 + q));
        let bend = (1.0 - q) / (self.width * (1.0 + q)).powi(2);
        let score = -(4.0 * p + 6.0 * r) * unit;
        let curvature = -(4.0 * p + 6.0 * r) * bend + p * r * (2.0 * unit).powi(2);
        // −∂_φF/p: all is stretched, and mass goes from one component to the other.
        // The distribution functions differ by (2/3π)·z/(1+z²)², z = y/A.
        let excess = 2.0 / (3.0 * PI) * (y / self.width) / (1.0 + q).powi(2);
        let stretched = self.expansion * y;
        let rate = self.share_rate * (five - three) / density - self.expansion * (1.0 + y * score);
        SlicePoint {
            log_density: core_math::log(density),
            score,
            curvature,
            velocity: stretched - self.share_rate * excess / density,
            log_density_rate: rate,
        }
    }

    fn log_density(&self, y: f64) -> f64 {
        let (_, three, five) = self.densities(y);
        core_math::log((1.0 - self.share) * three + self.share * five)
    }

    fn masses(&self, y: f64) -> (f64, f64) {
        let [three, five] = self.components(y);
        let mix = |a: f64, b: f64| (1.0 - self.share) * a + self.share * b;
        (mix(three.0, five.0), mix(three.1, five.1))
    }

    fn window(&self, level: f64) -> (f64, f64) {
        let (mut near, mut far) = (0.0, self.width);
        while self.masses(far).1 > level && far < f64::MAX {
            (near, far) = (far, 4.0 * far);
        }
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (near + far);
            if self.masses(middle).1 > level { near = middle } else { far = middle }
        }
        (-far, far)
    }

    fn breaks(&self) -> Vec<f64> {
        let right = MULTIPLES.map(|m| m * self.width);
        let left = MULTIPLES.iter().rev().map(|m| -m * self.width);
        left.chain([0.0]).chain(right).collect()
    }

    fn bumps(&self) -> Vec<(f64, f64, f64)> {
        vec![(1.0, 0.0, self.width)]
    }

    fn relative_error(&self) -> f64 {
        RELATIVE_ERROR
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::line::LineMeasure;
    use crate::path::line::PotentialCurve;

    #[test]
    fn the_closed_form_agrees_with_quadrature() {
        let target = LineMeasure::student(3.0, 0.0, 1.0).unwrap();
        let curve = PotentialCurve::new(target, THREE).unwrap();
        // Accuracy of the quadrature, relative to the natural sizes of the fields.
        let quadrature = 1e-10;
        for angle in [0.2, 0.7, 1.3] {
            let (by_quadrature, closed) = (curve.at(angle).unwrap(), CubicTails.slice(angle).unwrap());
            for y in [-40.0, -3.0, -0.5, 0.0, 0.1, 1.7, 12.0] {
                let (a, b) = (by_quadrature.point(y), closed.point(y));
                let size = 1.0 + y.abs();
                for (found, expected) in [
                    (b.log_density, a.log_density),
                    (b.score, a.score),
                    (b.curvature, a.curvature),
                    (b.velocity, a.velocity),
                    (b.log_density_rate, a.log_density_rate),
                    (closed.masses(y).0, by_quadrature.masses(y).0),
                ] {
                    assert!((found - expected).abs() < quadrature * size, "{angle} {y}: {b:?} {a:?}");
                }
            }
        }
        assert!(CubicTails.slice(-0.1).is_err() && CubicTails.slice(f64::NAN).is_err());
    }
}
