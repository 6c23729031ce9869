//! Target laws as a user describes them: laws on the line, radial laws, Gaussian mixtures, and products of these.

use super::gaussian::Gaussian;
use super::line::LineMeasure;
use super::mixture::Mixture;
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use crate::numerics::expression::Expression;
use crate::numerics::jet::Jet;
use std::fmt;

/// A law in some dimension.
#[derive(Clone, Debug)]
pub enum Target {
    /// A normal law.
    Gaussian(Gaussian),
    /// A law on the line.
    Line(LineMeasure),
    /// A law with density a function of the distance from the origin.
    Radial(Box<Radial>),
    /// A Gaussian mixture in any dimension.
    Mixture(Box<Mixture>),
    /// A law on the plane with density `∝ e^{−V}`, `V` a formula in two variables.
    Plane(Expression),
    /// Independent coordinates or blocks of coordinates; never empty.
    Product(Vec<Target>),
}

/// The law on `R^d`, `d ≥ 2`, with density `∝ e^{−V(|x|)}`.
#[derive(Clone, PartialEq, Debug)]
pub struct Radial {
    potential: Expression,
    dimension: usize,
    /// `∝ e^{−V}` on `[0, ∞)`.
    profile: LineMeasure,
    /// The law of `|X|`, `∝ r^{d−1}e^{−V}`.
    norm: LineMeasure,
}

/// Cells on which the second derivative of a radial potential is enclosed.
const CELLS: u32 = 2000;
/// Height of the potential above its minimum where the cells end and the enclosure on a half-line begins.
const LAST_CELL: f64 = 60.0;

impl Radial {
    /// The radial law with potential `V`, a formula in one variable, the distance from the origin.
    ///
    /// # Errors
    /// [`Error::Domain`] if the dimension is below 2 or `e^{−V(|x|)}` not integrable on `R^dimension` or
    /// `e^{−V}` not on the half-line; otherwise as [`LineMeasure::formula`].
    pub fn new(potential: Expression, dimension: usize) -> Result<Self> {
        if dimension < 2 {
            return Err(Error::domain("dimension", dimension, "at least 2"));
        }
        let profile = LineMeasure::formula(potential.clone(), 0.0, f64::INFINITY)?;
        let name = potential.variables()[0].clone();
        let text = format!("{potential} - {}*log({name})", dimension - 1);
        let norm = LineMeasure::formula(Expression::parse(&text, &[&name])?, 0.0, f64::INFINITY)?;
        Ok(Self { potential, dimension, profile, norm })
    }

    /// Number of coordinates.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The measure `∝ e^{−V}` on the half-line.
    pub fn profile(&self) -> &LineMeasure {
        &self.profile
    }

    /// The law of `|X|` on the half-line, density `∝ r^{d−1}e^{−V(r)}`.
    pub fn norm(&self) -> &LineMeasure {
        &self.norm
    }

    /// The variance of each coordinate, `E|X|²/d`, infinite if a tail is too heavy.
    pub fn variance(&self) -> Enclosure {
        let spread = self.norm.variance();
        if spread.is_infinite() {
            return spread;
        }
        (spread + self.norm.mean().square()) / Enclosure::exact(self.dimension as f64)
    }

    /// A proved upper bound for the log-Sobolev constant by convexity, `None` if there is none.
    ///
    /// The Hessian of `V(|x|)` has the eigenvalues `V''` and `V'/r`; if `V'' ≥ k > 0` and `V'(0) ≥ 0` both are at
    /// least `k`, and `C_LS ≤ 2/k` (Bakry, Émery 1985). If `V'(0)` is only known to be `≥ −ε`, then
    /// `V + ε r/(1+r)` satisfies this with `k − 2ε`, and removing the term, which oscillates by at most `ε`, costs a
    /// factor `e^ε` (Holley, Stroock 1987).
    pub fn convexity_bound(&self) -> Option<f64> {
        // A kink of an absolute value may lie between two cells, where no second derivative shows it.
        if self.potential.has_abs() {
            return None;
        }
        let jet = |x: Interval| self.potential.evaluate(&[Jet::<Interval, 2>::variable(x)]);
        let end = self.profile.support(LAST_CELL).1;
        let mut lowest = self.profile.convexity_beyond(end, false);
        let at = |i: u32| end * (f64::from(i) / f64::from(CELLS));
        for i in 0..CELLS {
            let curvature = jet(Interval::new(at(i), at(i + 1))).derivative(2).lo();
            // Also the end of an enclosure of which nothing is known, −∞.
            if curvature <= 0.0 {
                return None;
            }
            lowest = lowest.min(curvature);
        }
        let defect = (-jet(Interval::ZERO).derivative(1).lo()).max(0.0);
        if !defect.is_finite() {
            return None;
        }
        let two = Interval::point(2.0);
        let convexity = Interval::point(lowest) - two * Interval::point(defect);
        let bound = (two * Interval::point(defect).exp() / convexity).hi();
        (convexity.lo() > 0.0 && bound.is_finite()).then_some(bound)
    }
}

impl fmt::Display for Radial {
    /// The potential and the dimension, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.potential.variables()[0];
        write!(f, "V = {}, {name} = |x|, in dimension {}", self.potential, self.dimension)
    }
}

impl fmt::Display for Target {
    /// The law on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(law) if law.dim() == 1 => {
                write!(f, "gaussian, mean {}, variance {}", law.mean()[0], law.covariance_entry(0, 0))
            }
            Self::Gaussian(law) => write!(f, "gaussian in dimension {}", law.dim()),
            Self::Line(law) => law.fmt(f),
            Self::Radial(law) => law.fmt(f),
            Self::Mixture(law) => law.fmt(f),
            Self::Plane(potential) => write!(f, "V = {potential} on the plane"),
            Self::Product(factors) => {
                let factors: Vec<String> = factors.iter().map(|factor| format!("[{factor}]")).collect();
                write!(f, "product of {}", factors.join(" and "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::tolerances::{ROUNDING, SOLVED};

    fn radial(potential: &str, dimension: usize) -> Result<Radial> {
        Radial::new(Expression::parse(potential, &["r"])?, dimension)
    }

    #[test]
    fn normal_law_as_a_radial_one() {
        for dimension in [2, 3, 10, 100] {
            let law = radial("r^2/2", dimension).unwrap();
            // Quadrature of a smooth density, and the rounding of V.
            let accuracy = 1e-10;
            assert!(law.variance().contains(1.0) && law.variance().width() < accuracy, "{}", law.variance());
            let rounding = 16.0 * f64::EPSILON;
            assert!(law.convexity_bound().is_some_and(|b| (2.0..=2.0 + rounding).contains(&b)));
        }
    }

    #[test]
    fn convexity_is_only_found_where_it_is() {
        let bound = |v: &str| radial(v, 3).unwrap().convexity_bound();
        // 1 − cos/2 ≥ 1/2, with cells of finite width.
        let cell_error = 0.05;
        assert!(bound("r^2/2 + cos(r)/2").is_some_and(|b| (4.0..4.0 + cell_error).contains(&b)));
        // A kink upward at the origin is convex, one downward is not.
        assert!(bound("r^2/2 + r").is_some_and(|b| b < 2.0 + cell_error));
        assert!(bound("r^2/2 - r").is_none());
        assert!(bound("r^2/2 + abs(r - 1)").is_none());
        assert!(bound("r^4/4").is_none() && bound("r").is_none() && bound("r^2/2 + cos(2*r)").is_none());
    }

    #[test]
    fn a_slope_at_the_origin_that_may_be_negative_costs_its_share() {
        // V'(0) = −ε: V + εr/(1+r) has curvature 1 − 2ε at least, and the term oscillates by ε.
        for epsilon in [1e-3, 0.05, 0.2] {
            let law = radial(&format!("r^2/2 - {epsilon}*r"), 3).unwrap();
            let exact = 2.0 * f64::exp(epsilon) / (1.0 - 2.0 * epsilon);
            let found = law.convexity_bound().unwrap();
            assert!(found >= exact && found <= exact * (1.0 + ROUNDING), "{epsilon}: {found}, {exact}");
        }
        assert!(radial("r^2/2 - 0.51*r", 3).unwrap().convexity_bound().is_none());
        // The smallest curvature, inside or beyond the cells: 3r² + 1 − 0.9 cos r at 0, and 2 + 12/(1+r)³… at infinity.
        let inner = radial("r^4/4 + r^2/2 + 9*cos(r)/10", 2).unwrap().convexity_bound().unwrap();
        assert!((20.0..20.1).contains(&inner), "{inner}");
        let outer = radial("r^2 + 6/(1 + r)", 2).unwrap().convexity_bound();
        // V'(0) = −6: too much to be removed.
        assert!(outer.is_none());
    }

    #[test]
    fn variance_is_that_of_one_coordinate() {
        // Uniform on a ball it is not, but exp(−r) in dimension 3: E r² = 12.
        let law = radial("r", 3).unwrap();
        let found = law.variance();
        assert!(found.contains(4.0) && found.relative_width() < SOLVED, "{found}");
        assert_eq!(law.dimension(), 3);
        assert!(
            (law.norm().mean().mid() - 3.0).abs() <= SOLVED
                && (law.profile().mean().mid() - 1.0).abs() <= SOLVED
        );
    }

    #[test]
    fn too_heavy_tails_are_refused_or_have_infinite_variance() {
        // (1+r²)^{−(n+d)/2}: Student with n degrees of freedom.
        assert!(radial("3*log(1 + r^2)", 3).unwrap().variance().is_finite());
        assert!(radial("2.25*log(1 + r^2)", 3).unwrap().variance().is_infinite());
        assert!(radial("1.25*log(1 + r^2)", 3).is_err());
        assert!(radial("r^2", 1).is_err());
    }
}
