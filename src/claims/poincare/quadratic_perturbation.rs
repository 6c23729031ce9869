//! Gaussian laws perturbed by quadratic potentials with another centre: the perturbed law is Gaussian
//! again, and the suprema that the generator forms ask for are those of parabolas.

use crate::enclosure::Enclosure;
use crate::error::{Error, Result, finite, positive};
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// One coordinate: `ν = N(0, 1/p)` and `U = ½h(x−c)²`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Coordinate {
    /// Precision p of ν.
    pub precision: f64,
    /// Curvature h of U.
    pub curvature: f64,
    /// Centre c of U.
    pub centre: f64,
}

/// `ν = N(0, diag(1/pᵢ))` and `U(x) = Σ ½hᵢ(xᵢ−cᵢ)²`.
#[derive(Clone, PartialEq, Debug)]
pub struct QuadraticPerturbation {
    coordinates: Vec<Coordinate>,
}

impl QuadraticPerturbation {
    /// A law and a perturbation, coordinate by coordinate.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no coordinate, a precision `p` or a perturbed precision `p + h` is not
    /// finite and positive, or a centre is not finite.
    pub fn new(coordinates: Vec<Coordinate>) -> Result<Self> {
        if coordinates.is_empty() {
            return Err(Error::domain("coordinates", "[]", "at least one coordinate"));
        }
        for c in &coordinates {
            positive("precision", c.precision)?;
            positive("perturbed precision", c.precision + c.curvature)?;
            finite("centre", c.centre)?;
        }
        Ok(Self { coordinates })
    }

    /// Up to four coordinates, or a hundred of which one is perturbed; `sup W·C_P(ν) < 1`.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let d: u32 = [1, 2, 4, 100][index % 4];
        let coordinates = (0..d).map(|i| {
            let precision = stream.random_range(1.0..8.0);
            // sup W ≤ Σ ½h + ¼hc²·p/2 with |c| ≤ ½ stays below 0.96·min p = 0.96/C_P(ν).
            let curvature: f64 = if d < 100 || i == 7 { stream.random_range(0.05..0.8) } else { 0.0 };
            let share = if d < 100 { f64::from(d) } else { 1.0 };
            Coordinate { precision, curvature: curvature / share, centre: stream.random_range(-0.5..0.5) }
        });
        Self::new(coordinates.collect())
    }

    /// `N(0, 1)` and `U = −x²/4`: the perturbed law `N(0, 2)` is wider.
    ///
    /// # Errors
    /// Never in practice.
    pub fn widening() -> Result<Self> {
        Self::new(vec![Coordinate { precision: 1.0, curvature: -0.5, centre: 0.0 }])
    }

    /// The perturbation is convex, which bounds W from above.
    pub fn is_convex(&self) -> bool {
        self.coordinates.iter().all(|c| c.curvature >= 0.0)
    }

    /// The coordinates.
    pub fn coordinates(&self) -> &[Coordinate] {
        &self.coordinates
    }

    /// The coordinates in which U does not vanish.
    fn perturbed(&self) -> impl Iterator<Item = &Coordinate> {
        self.coordinates.iter().filter(|c| c.curvature != 0.0)
    }

    /// `C_P(ν) = 1/min p`.
    pub fn reference_constant(&self) -> Enclosure {
        let smallest = self.coordinates.iter().map(|c| c.precision).fold(f64::INFINITY, f64::min);
        1.0 / Enclosure::exact(smallest)
    }

    /// `sup W` for `W = Σ ½h − ½ph·x(x−c) − ¼h²(x−c)²`, `h ≥ 0`.
    pub fn growth(&self) -> Enclosure {
        self.perturbed().map(|c| generator_term(*c).supremum()).sum()
    }

    /// W at the common centre 0 of the laws, for `c = 0`: `Σ ½h`.
    pub fn growth_at_centre(&self) -> Enclosure {
        self.coordinates.iter().map(|c| 0.5 * Enclosure::exact(c.curvature)).sum()
    }

    /// `sup(C·W + U)` for a constant C with `C·p > 1` in every perturbed coordinate.
    pub fn weighted_growth(&self, constant: Enclosure) -> Enclosure {
        let term = |c: &Coordinate| {
            let generator = generator_term(*c);
            let half = 0.5 * Enclosure::exact(c.curvature);
            let centre = Enclosure::exact(c.centre);
            Parabola {
                square: constant * generator.square + half,
                linear: constant * generator.linear - 2.0 * half * centre,
                constant: constant * generator.constant + half * centre.square(),
            }
            .supremum()
        };
        self.perturbed().map(term).sum()
    }

    /// `log ν(e^{−U}) = Σ ½ log(p/(p+h)) − ½ phc²/(p+h)`.
    pub fn log_normalisation(&self) -> Enclosure {
        let term = |c: &Coordinate| {
            let (p, h) = (Enclosure::exact(c.precision), Enclosure::exact(c.curvature));
            0.5 * ((p / (p + h)).ln() - p * h * Enclosure::exact(c.centre).square() / (p + h))
        };
        self.coordinates.iter().map(term).sum()
    }

    /// Widest variance `max 1/(p+h)` of the perturbed law `N(hc/(p+h), 1/(p+h))`: its Poincaré constant.
    pub fn perturbed_constant(&self) -> Enclosure {
        let variance = |c: &Coordinate| 1.0 / (Enclosure::exact(c.precision) + Enclosure::exact(c.curvature));
        self.coordinates.iter().map(variance).fold(Enclosure::exact(0.0), Enclosure::max)
    }
}

/// `W` of one coordinate as a parabola in x.
fn generator_term(c: Coordinate) -> Parabola {
    let (p, h, centre) =
        (Enclosure::exact(c.precision), Enclosure::exact(c.curvature), Enclosure::exact(c.centre));
    let quarter = h.square() / 4.0;
    Parabola {
        square: -(p * h / 2.0 + quarter),
        linear: centre * (p * h / 2.0 + 2.0 * quarter),
        constant: h / 2.0 - quarter * centre.square(),
    }
}

/// `square·x² + linear·x + constant`.
struct Parabola {
    square: Enclosure,
    linear: Enclosure,
    constant: Enclosure,
}

impl Parabola {
    fn supremum(&self) -> Enclosure {
        if self.square.hi() < 0.0 {
            self.constant + self.linear.square() / (-4.0 * self.square)
        } else {
            Enclosure::unknown(self.constant.evidence())
        }
    }
}

impl fmt::Display for QuadraticPerturbation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.coordinates[..self.coordinates.len().min(8)];
        let list: Vec<_> = shown.iter().map(|c| (c.precision, c.curvature, c.centre)).collect();
        let more = if shown.len() < self.coordinates.len() { ", …" } else { "" };
        write!(f, "d={}, (precision, curvature, centre) {list:?}{more}", self.coordinates.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::quadrature::integrate;

    #[test]
    fn suprema_and_normalisation_agree_with_a_grid_and_quadrature() {
        let (p, h, c) = (1.5, 0.75, 0.5);
        let q =
            QuadraticPerturbation::new(vec![Coordinate { precision: p, curvature: h, centre: c }]).unwrap();
        let w = |x: f64| 0.5 * (h - p * x * h * (x - c)) - 0.25 * (h * (x - c)).powi(2);
        let u = |x: f64| 0.5 * h * (x - c).powi(2);
        let grid =
            |f: &dyn Fn(f64) -> f64| (-4000..4000).map(|i| f(f64::from(i) * 1e-3)).fold(f64::MIN, f64::max);
        // A grid of step h misses the top of a parabola by its curvature times h²/8.
        let resolution = 1e-5;
        assert!((q.growth().mid() - grid(&w)).abs() < resolution);
        let constant = 2.0 / p;
        let top = q.weighted_growth(Enclosure::exact(constant)).mid();
        assert!((top - grid(&|x| constant * w(x) + u(x))).abs() < resolution);
        let breaks: Vec<f64> = (-40..=40).map(|i| f64::from(i) * 0.25).collect();
        let mass = |f: &dyn Fn(f64) -> f64| integrate(&breaks, |x| (-0.5 * p * x * x - f(x)).exp()).mid();
        let ratio = mass(&u) / mass(&|_| 0.0);
        assert!((q.log_normalisation().mid() - ratio.ln()).abs() < resolution);
    }

    #[test]
    fn bad_perturbations_are_refused() {
        for (precision, curvature, centre) in
            [(0.0, 1.0, 0.0), (1.0, -1.0, 0.0), (1.0, 1.0, f64::NAN), (f64::INFINITY, 1.0, 0.0)]
        {
            assert!(QuadraticPerturbation::new(vec![Coordinate { precision, curvature, centre }]).is_err());
        }
        assert!(QuadraticPerturbation::new(vec![]).is_err());
        // An unbounded supremum is not a number.
        assert!(!QuadraticPerturbation::widening().unwrap().growth().is_finite());
    }
}
