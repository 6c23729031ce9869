//! Instances of the path with a Student base: its speed, its far quantiles, and its bias.

use crate::dynamics::fokker_planck::{Accuracy, bias_on_line};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive, within};
use crate::measure::line::LineMeasure;
use crate::numerics::quadrature::GaussRule;
use crate::numerics::stream::Stream;
use crate::path::line::{AtomsCurve, CubicTails, LineBase, PotentialCurve};
use crate::path::{LineCurve, LinePath, Schedule};
use crate::transport::line::{
    metric_derivative_squared, metric_derivative_squared_by_distances, monotone_map,
};
use rand::RngExt;
use std::f64::consts::{FRAC_PI_2, PI};
use std::fmt;
use std::sync::Arc;

/// What H3 is checked on.
#[derive(Debug)]
pub enum Instance {
    /// Part (i), and the speed by distances.
    Speed(Speed),
    /// Parts (ii) and (iii).
    Tail(Tails),
    /// Part (i), the bias.
    Bias(Bias),
}

/// The squared metric derivative per angle for atoms with a Student base.
#[derive(Clone, Debug)]
pub struct Speed {
    curve: AtomsCurve,
    dof: f64,
    angle: f64,
    /// Compare with distances in place of the bound.
    pub by_distances: bool,
}

/// Far quantiles at two angles.
#[derive(Debug)]
pub struct Tails {
    curve: Arc<dyn LineCurve>,
    dof: f64,
    angles: (f64, f64),
    /// Whether the claim is made that the target has the same tails as the base.
    equal: bool,
}

/// Annealed Langevin dynamics with the cosine schedule between two Student laws with three degrees of freedom.
#[derive(Clone, Copy, Debug)]
pub struct Bias {
    /// Slowness.
    pub kappa: f64,
}

/// Where growth is measured.
const DEPTHS: [f64; 2] = [1e6, 1e7];
/// Nodes for the growth over a factor 4, in which a power of z is smooth.
const NODES: usize = 6;
/// Relative accuracy of the square of a gap between far quantiles.
const QUANTILE: f64 = 1e6 * f64::EPSILON;
/// Roundings of a quotient of gamma functions and powers.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

fn student(dof: f64) -> LineBase {
    LineBase::Student { dof }
}

fn rounded(value: f64, size: f64) -> Enclosure {
    Enclosure::around(value, ROUNDING * size, Evidence::Exact)
}

impl Instance {
    /// Part (i) at one angle.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] unless `n > 2`; those of [`AtomsCurve::new`].
    pub fn speed(dof: f64, weights: &[f64], places: &[f64], angle: f64) -> Result<Self> {
        let curve = AtomsCurve::new(weights, places, student(dof))?;
        if dof <= 2.0 {
            return Err(Error::hypothesis("H3", "H1 (n > 2)", dof));
        }
        within("angle", angle, f64::MIN_POSITIVE, FRAC_PI_2)?;
        Ok(Self::Speed(Speed { curve, dof, angle, by_distances: false }))
    }

    /// Part (ii) for atoms.
    ///
    /// # Errors
    /// Those of [`AtomsCurve::new`].
    pub fn atoms(dof: f64, weights: &[f64], places: &[f64], angles: (f64, f64)) -> Result<Self> {
        let curve = Arc::new(AtomsCurve::new(weights, places, student(dof))?);
        Ok(Self::Tail(Tails { curve, dof, angles, equal: false }))
    }

    fn draw_atoms(stream: &mut Stream, count: usize) -> (Vec<f64>, Vec<f64>) {
        let weights = (0..count).map(|_| stream.random_range(0.1..1.0)).collect();
        (weights, (0..count).map(|_| stream.random_range(-4.0..5.0)).collect())
    }

    fn draw_angles(stream: &mut Stream) -> (f64, f64) {
        let first = stream.random_range(0.1..0.7);
        (first, first + stream.random_range(0.2..0.7))
    }

    /// Two to five atoms.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_speed(stream: &mut Stream, index: usize) -> Result<Self> {
        let (weights, places) = Self::draw_atoms(stream, 2 + index % 4);
        Self::speed(stream.random_range(2.5..12.0), &weights, &places, stream.random_range(0.1..1.4))
    }

    /// One to four atoms.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_distances(stream: &mut Stream, index: usize) -> Result<Self> {
        let (weights, places) = Self::draw_atoms(stream, 1 + (index + 1) % 4);
        let dof = stream.random_range(2.5..12.0);
        match Self::speed(dof, &weights, &places, stream.random_range(0.2..1.3))? {
            Self::Speed(speed) => Ok(Self::Speed(Speed { by_distances: true, ..speed })),
            other => Ok(other),
        }
    }

    /// κ between 10⁻² and 1.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_bias(stream: &mut Stream, _index: usize) -> Result<Self> {
        Ok(Self::Bias(Bias { kappa: positive("kappa", 10_f64.powf(stream.random_range(-2.0..0.0)))? }))
    }

    /// Two to four atoms, n on either side of 2.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_atoms(stream: &mut Stream, index: usize) -> Result<Self> {
        let (weights, places) = Self::draw_atoms(stream, 2 + index % 3);
        let dof = [2.0, stream.random_range(0.8..2.0), stream.random_range(2.0..4.0)][index % 3];
        let angles = Self::draw_angles(stream);
        Self::atoms(dof, &weights, &places, angles)
    }

    /// A Student target with lighter tails than the base.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_lighter(stream: &mut Stream, index: usize) -> Result<Self> {
        let dof = [2.0, stream.random_range(1.0..2.0)][index % 2];
        let target = LineMeasure::student(dof + stream.random_range(1.5..4.0), 0.5, 1.5)?;
        let curve = Arc::new(PotentialCurve::new(target, student(dof))?);
        Ok(Self::Tail(Tails { curve, dof, angles: Self::draw_angles(stream), equal: false }))
    }

    /// Part (iii): n = 2, n = 3 in closed form, n = 1.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_equal(stream: &mut Stream, index: usize) -> Result<Self> {
        let dof = [2.0, 3.0, 1.0, stream.random_range(1.0..3.0)][index % 4];
        Ok(Self::Tail(Tails::equal(dof, Self::draw_angles(stream))?))
    }
}

impl Speed {
    /// `E Z²`.
    pub fn base_variance(&self) -> Enclosure {
        Enclosure::exact(self.dof) / (Enclosure::exact(self.dof) - 2.0)
    }

    /// `sin²φ·E X² + cos²φ·v`.
    pub fn coupling_bound_with(&self, variance: Enclosure) -> Enclosure {
        let (sine, cosine) = (core_math::sin(self.angle), core_math::cos(self.angle));
        let moment = self.curve.second_moment();
        rounded(sine, 1.0).square() * rounded(moment, moment) + rounded(cosine, 1.0).square() * variance
    }

    /// `∫w²p`.
    ///
    /// # Errors
    /// Those of the slices.
    pub fn by_field(&self) -> Result<Enclosure> {
        metric_derivative_squared(&self.curve, self.angle)
    }

    /// `lim W₂²(p_φ, p_{φ+h})/h²`, over the whole line.
    ///
    /// # Errors
    /// Those of the slices.
    pub fn by_distances(&self) -> Result<Enclosure> {
        metric_derivative_squared_by_distances(&self.curve, self.angle)
    }
}

impl Tails {
    /// Target and base the same Student law.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `n ≥ 1` (below, the sums of two large summands are seen at the depths used).
    pub fn equal(dof: f64, angles: (f64, f64)) -> Result<Self> {
        within("dof", dof, 1.0, f64::MAX)?;
        let curve: Arc<dyn LineCurve> = if dof == 3.0 {
            Arc::new(CubicTails)
        } else {
            Arc::new(PotentialCurve::new(LineMeasure::student(dof, 0.0, 1.0)?, student(dof))?)
        };
        Ok(Self { curve, dof, angles, equal: true })
    }

    /// The same with the claim that the target has lighter tails, which it may not have.
    #[must_use]
    pub fn claimed_lighter(self) -> Self {
        Self { equal: false, ..self }
    }

    /// `2C^{2/n}`.
    pub fn constant(&self) -> Enclosure {
        let n = self.dof;
        let log_c = core_math::lgamma(0.5 * n + 0.5) - core_math::lgamma(0.5 * n) - 0.5 * core_math::log(PI)
            + (0.5 * n - 1.0) * core_math::log(n);
        let value = 2.0 * core_math::exp(2.0 / n * log_c);
        rounded(value, value)
    }

    fn scale_at(&self, angle: f64) -> f64 {
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        if !self.equal {
            return sine;
        }
        let power = |x: f64| core_math::pow(x, self.dof);
        core_math::pow(power(sine) + power(cosine), 1.0 / self.dof)
    }

    /// By how much the scale of the tails changes.
    pub fn scale_gap(&self) -> Enclosure {
        rounded(self.scale_at(self.angles.1), 1.0) - rounded(self.scale_at(self.angles.0), 1.0)
    }

    /// The change of the squared scale.
    pub fn difference_of_squares(&self) -> Enclosure {
        rounded(self.scale_at(self.angles.1), 1.0).square()
            - rounded(self.scale_at(self.angles.0), 1.0).square()
    }

    /// The growth for a target with lighter tails.
    pub fn size(&self) -> f64 {
        let gap = core_math::sin(self.angles.1) - core_math::sin(self.angles.0);
        self.constant().mid() * gap * gap
    }

    /// The part of `W₂²` between the quantiles of z and 4z at both ends, divided by `∫u^{−2/n}du`; at two depths.
    ///
    /// # Errors
    /// Those of the slices.
    pub fn growth(&self) -> Result<Enclosure> {
        let base = student(self.dof);
        let reference = AtomsCurve::new(&[1.0], &[0.0], base)?;
        let reference = reference.slice(FRAC_PI_2)?;
        let (first, second) = (self.curve.slice(self.angles.0)?, self.curve.slice(self.angles.1)?);
        let rule = GaussRule::new(NODES);
        let gap = |z: f64| {
            monotone_map(reference.as_ref(), second.as_ref(), z)
                - monotone_map(reference.as_ref(), first.as_ref(), z)
        };
        let at = |depth: f64| {
            let (log, end) = (core_math::log(depth), core_math::log(4.0 * depth));
            let part = rule.integrate(log, end, |x| {
                let z = core_math::exp(x);
                (gap(z).powi(2) + gap(-z).powi(2)) * core_math::exp(base.log_density(z)) * z
            });
            let (outer, inner) = (base.masses(4.0 * depth).1, base.masses(depth).1);
            let e = 1.0 - 2.0 / self.dof;
            let unit = if e == 0.0 {
                core_math::log(inner / outer)
            } else {
                (core_math::pow(inner, e) - core_math::pow(outer, e)) / e
            };
            part / unit
        };
        let error = 8.0 * (first.relative_error() + second.relative_error()) * self.size();
        let value = Enclosure::refined(at(DEPTHS[0]), at(DEPTHS[1]), 1.0);
        // Quantiles are found to rounding of masses that the gaps are smaller than by the depth.
        Ok(value.widened(error + QUANTILE * value.interval().magnitude()))
    }
}

impl Bias {
    /// `KL(p_1|q)`.
    ///
    /// # Errors
    /// Those of [`bias_on_line`].
    pub fn forward_kl(&self) -> Result<Enclosure> {
        let path = LinePath::new(Arc::new(CubicTails), Schedule::cosine());
        Ok(bias_on_line(&path, self.kappa, 0.0, 1.0, Accuracy::QUICK)?.forward_kl)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Speed(s) => {
                let how = if s.by_distances { "by distances" } else { "bound" };
                write!(f, "speed, {how}: {}, φ={}", s.curve, s.angle)
            }
            Self::Tail(t) => {
                let how = if t.equal { "equal" } else { "lighter" };
                write!(f, "{how} tails: {}, φ={}, φ'={}", t.curve, t.angles.0, t.angles.1)
            }
            Self::Bias(b) => write!(f, "bias: {CubicTails}, cosine schedule, κ={}", b.kappa),
        }
    }
}
