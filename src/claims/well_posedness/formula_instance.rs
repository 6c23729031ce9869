//! The instances that the formulae for the score and for the Hessian share: a path at one time and a point, with any target.

use super::instance::Slice;
use super::space_slice::InSpace;
use crate::claim::{Family, NonEmpty};
use crate::claims::line_instances::{random_mixture, random_potential};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::differentiation::{central_derivative, even_limit};
use crate::numerics::jet::Jet;
use crate::numerics::stream::Stream;
use crate::path::line::{LineBase, PotentialCurve, PotentialSlice};
use crate::path::{LineCurve, LineSlice, MixtureCurve};
use rand::RngExt;
use std::fmt;

/// Which expression is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Formula {
    /// The derivatives fall on the noise.
    Noise,
    /// The derivatives fall on the target.
    Target,
    /// The formula for the standard Gaussian base (Tweedie's for the score).
    Standard,
}

/// A path at one time, and a point.
#[derive(Clone, Debug)]
pub enum Place {
    /// Target and base Gaussian.
    Gaussian(Box<Slice>),
    /// Any target on the line, Gaussian or Student base.
    Line(Box<OnLine>),
    /// A Gaussian mixture in the plane or in space, Gaussian or Student base.
    Space(Box<InSpace>),
}

/// A path on the line at an angle, and a point.
#[derive(Clone, Debug)]
pub struct OnLine {
    curve: PotentialCurve,
    angle: f64,
    y: f64,
}

/// A place and the formula.
#[derive(Clone, Debug)]
pub struct FormulaInstance {
    /// Where.
    pub place: Place,
    /// Which formula.
    pub formula: Formula,
}

/// Share of the distance to singularities of the density that differences use.
const ROOM: f64 = 0.5;
/// Relative error of quadratures of the conditional law with the moments of derivatives.
const QUADRATURE: f64 = 1e-9;
/// Roundings of sums over the components of a mixture, relative to the largest term.
const ROUNDING: f64 = 1e4 * f64::EPSILON;

impl FormulaInstance {
    /// The families on which W1 and W2 are checked: the same points of the same paths.
    pub fn families() -> NonEmpty<Family<Self>> {
        NonEmpty::new(
            Family {
                name: "standard base, all three formulae",
                evidence: Evidence::Certified,
                quick: 21,
                full: 168,
                draw: Self::standard,
            },
            [
                Family {
                    name: "Gaussian bases that do not commute with the target",
                    evidence: Evidence::Certified,
                    quick: 12,
                    full: 120,
                    draw: Self::general,
                },
                Family {
                    name: "mixtures and potentials on the line, Gaussian and Student bases",
                    evidence: Evidence::Converged,
                    quick: 24,
                    full: 144,
                    draw: Self::on_line,
                },
                Family {
                    name: "mixtures in d = 2 and 3",
                    evidence: Evidence::Converged,
                    quick: 12,
                    full: 120,
                    draw: Self::in_space,
                },
                Family {
                    name: "mixtures in d = 2 and 3, Student bases",
                    evidence: Evidence::Converged,
                    quick: 4,
                    full: 48,
                    draw: Self::in_space_by_quadrature,
                },
            ],
        )
    }

    /// The formula for the standard base needs that base.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if it is another one.
    pub fn new(claim: &'static str, place: Place, formula: Formula) -> Result<Self> {
        if formula == Formula::Standard && !place.has_standard_base() {
            return Err(Error::hypothesis(claim, "H3 (the base is γ)", &place));
        }
        Ok(Self { place, formula })
    }

    /// Gaussian targets, standard base.
    ///
    /// # Errors
    /// Never in practice.
    pub fn standard(stream: &mut Stream, index: usize) -> Result<Self> {
        // Beside a condition number of 10⁸ the target side would lose too many digits.
        let formula = if index % 7 == 3 {
            Formula::Standard
        } else {
            [Formula::Standard, Formula::Target, Formula::Noise][index % 3]
        };
        Self::new("W1", Place::Gaussian(Box::new(Slice::random(stream, index)?)), formula)
    }

    /// Gaussian targets and bases.
    ///
    /// # Errors
    /// Never in practice.
    pub fn general(stream: &mut Stream, index: usize) -> Result<Self> {
        let formula = if index.is_multiple_of(2) { Formula::Noise } else { Formula::Target };
        Self::new("W1", Place::Gaussian(Box::new(Slice::random_base(stream, index)?)), formula)
    }

    /// Mixtures and potentials on the line; Gaussian base for two instances of three, else a Student base with n from 1 to 12.
    ///
    /// # Errors
    /// Never in practice.
    pub fn on_line(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = if index.is_multiple_of(2) {
            random_mixture(stream, index / 2)?
        } else {
            random_potential(stream, index / 2)?
        };
        let base = if index % 3 == 2 {
            LineBase::Student { dof: stream.random_range(1.0..12.0) }
        } else {
            LineBase::Gaussian
        };
        let formula = match (index % 3, index / 3 % 2) {
            (0, _) => Formula::Standard,
            (_, 0) => Formula::Noise,
            _ => Formula::Target,
        };
        let (angle, y) = (stream.random_range(0.4..1.1), stream.random_range(-2.5..2.5));
        Self::new(
            "W1",
            Place::Line(Box::new(OnLine { curve: PotentialCurve::new(target, base)?, angle, y })),
            formula,
        )
    }

    /// Mixtures of general covariances in d = 2 and 3, the formula for the standard base.
    ///
    /// # Errors
    /// Never in practice.
    pub fn in_space(stream: &mut Stream, index: usize) -> Result<Self> {
        Self::new("W1", Place::Space(Box::new(InSpace::random(stream, index)?)), Formula::Standard)
    }

    /// Mixtures in d = 2 and 3 with a Student base, for one instance of three with γ: the derivatives on the noise or on the target.
    ///
    /// # Errors
    /// Never in practice.
    pub fn in_space_by_quadrature(stream: &mut Stream, index: usize) -> Result<Self> {
        let formula = if index.is_multiple_of(2) { Formula::Noise } else { Formula::Target };
        let dof = (index % 3 != 2).then(|| stream.random_range(3.0..12.0));
        Self::new("W1", Place::Space(Box::new(InSpace::wide(stream, 2 + index / 2 % 2, dof)?)), formula)
    }

    /// Two components in the plane, a Student base with n = 4.
    ///
    /// # Errors
    /// Never in practice.
    pub fn student_space_example(formula: Formula) -> Result<Self> {
        Ok(Self { place: Place::Space(Box::new(InSpace::example()?)), formula })
    }

    /// `N(1, ½)` at `√λ = ½`, seen at 2.
    ///
    /// # Errors
    /// Never in practice.
    pub fn example(formula: Formula) -> Result<Self> {
        Self::new("W1", Place::Gaussian(Box::new(Slice::one_dimensional(1.0, 0.5, 0.5, 2.0)?)), formula)
    }

    /// Two bumps with a Student base, n = 3.
    ///
    /// # Errors
    /// Never in practice.
    pub fn student_example(formula: Formula) -> Result<Self> {
        let target = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-1.5, 1.0], &[0.5, 0.6])?;
        let curve = PotentialCurve::new(target, LineBase::Student { dof: 3.0 })?;
        Ok(Self { place: Place::Line(Box::new(OnLine { curve, angle: 0.8, y: 1.7 })), formula })
    }

    /// A target and a base of variance 2, where the formula of the standard base does not belong.
    ///
    /// # Errors
    /// Never in practice.
    pub fn wide_base() -> Result<Self> {
        let (target, base) = (Gaussian::isotropic(vec![1.0], 0.5)?, Gaussian::isotropic(vec![0.0], 2.0)?);
        let slice = Slice::new(&target, base, 0.5, vec![2.0], vec![1.0], vec![1.0])?;
        Ok(Self { place: Place::Gaussian(Box::new(slice)), formula: Formula::Standard })
    }

    /// Whether derivatives or expectations are numerical.
    pub fn is_numerical(&self) -> bool {
        match self.place {
            Place::Gaussian(_) => false,
            Place::Line(_) => true,
            Place::Space(_) => self.formula != Formula::Standard,
        }
    }

    /// The Gaussian slice, for twins.
    ///
    /// # Errors
    /// [`Error::Undefined`] if the instance is another one.
    pub fn slice(&self) -> Result<&Slice> {
        match &self.place {
            Place::Gaussian(slice) => Ok(slice.as_ref()),
            _ => Err(Error::Undefined { what: "a Gaussian slice".to_owned(), reason: self.to_string() }),
        }
    }
}

impl Place {
    fn has_standard_base(&self) -> bool {
        match self {
            Self::Gaussian(slice) => slice.has_standard_base(),
            Self::Line(line) => line.curve.base() == LineBase::Gaussian,
            Self::Space(space) => space.has_standard_base(),
        }
    }
}

impl OnLine {
    /// `log p_t`, its first or its second derivative at y: in closed form for a mixture and a Gaussian base, else by differences of
    /// the logarithm of the density.
    ///
    /// # Errors
    /// Those of the curve.
    pub fn derivative(&self, order: usize) -> Result<Enclosure> {
        if let (LineBase::Gaussian, Some([weights, means, stds])) =
            (self.curve.base(), self.curve.target().mixture_parameters())
        {
            let point = MixtureCurve::new(&weights, &means, &stds)?.slice(self.angle)?.point(self.y);
            let value = if order == 1 { point.score } else { point.curvature };
            return Ok(Enclosure::around(value, ROUNDING * (1.0 + value.abs()), Evidence::Converged));
        }
        let slice = self.curve.at(self.angle)?;
        let error = slice.relative_error();
        let log = |y: f64| Ok(Enclosure::around(slice.log_density(y), error, Evidence::Converged));
        // The density is analytic within the width of the noise (Student's has poles at ±i√n).
        let room = ROOM * core_math::sin(self.angle);
        if order == 1 {
            return central_derivative(self.y, room, log);
        }
        let here = log(self.y)?;
        even_limit(4.0 * room, |h| {
            Ok((log(self.y + h)? + log(self.y - h)? - 2.0 * here) / Enclosure::exact(h).square())
        })
    }

    /// `E[f'] ` and `E[f''] + Var(f')` for `f = log ν_σ(y − √λ·)` or `λ^{−1/2}`-scaled `log π`, by quadrature of the conditional law.
    ///
    /// # Errors
    /// Those of the curve.
    pub fn formulae(&self, formula: Formula) -> Result<[Enclosure; 2]> {
        let slice: PotentialSlice<'_> = self.curve.at(self.angle)?;
        let law = slice.conditional(self.y);
        let (s, c) = (core_math::sin(self.angle), core_math::cos(self.angle));
        let base = self.curve.base();
        let mean = |f: &dyn Fn(f64, f64) -> f64| law.joint_expectation(f);
        let enclosed = |value: f64, size: f64| {
            Enclosure::around(value, QUADRATURE * (size + value.abs()), Evidence::Converged)
        };
        if formula == Formula::Standard {
            let (first, second) = (law.mean(), law.variance());
            return Ok([
                enclosed((c * first - self.y) / (s * s), (c * first).abs() / (s * s)),
                enclosed(-1.0 / (s * s) + c * c * second / (s * s * s * s), 1.0 / (s * s)),
            ]);
        }
        let potential = |x: f64| self.curve.target().potential(Jet::<f64, 2>::variable(x));
        // First and second derivatives of the logarithm, per unit of y.
        let slope = |x: f64, z: f64| match (formula, base) {
            (Formula::Target, _) => -potential(x).derivative(1) / c,
            (_, LineBase::Gaussian) => -z / s,
            (_, LineBase::Student { dof }) => -(dof + 1.0) * z / (dof + z * z) / s,
        };
        let bend = |x: f64, z: f64| match (formula, base) {
            (Formula::Target, _) => -potential(x).derivative(2) / (c * c),
            (_, LineBase::Gaussian) => -1.0 / (s * s),
            (_, LineBase::Student { dof }) => -(dof + 1.0) * (dof - z * z) / (dof + z * z).powi(2) / (s * s),
        };
        let first = mean(&slope);
        let spread = mean(&|x, z| (slope(x, z) - first).powi(2));
        let curvature = mean(&bend);
        Ok([
            enclosed(first, mean(&|x, z| slope(x, z).abs())),
            enclosed(curvature + spread, spread + mean(&|x, z| bend(x, z).abs())),
        ])
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(slice) => slice.fmt(f),
            Self::Line(line) => write!(f, "{}, φ={}, y={}", line.curve, line.angle, line.y),
            Self::Space(space) => space.fmt(f),
        }
    }
}

impl fmt::Display for FormulaInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} formula, {}", self.formula, self.place)
    }
}
