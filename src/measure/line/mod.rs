//! Probability measures on the line: density proportional to `e^{−V}` on a domain.
//!
//! A [`LineMeasure`] is a potential `V` (a formula or a named family), generic over the number
//! type, on the whole line, a half-line or an interval, together with what a computation has to
//! know before it starts: where `V` is not smooth, how the density decays at either end, where its
//! mass lies, and its normaliser. Constants of functional inequalities that are known in closed form
//! are in [`LineMeasure::exact_poincare_constant`] and
//! [`LineMeasure::exact_log_sobolev_constant`].

mod constants;
mod convexity;
mod distribution;
mod family;
mod integrals;
mod observed;
mod shape;
mod tail;
mod text;

pub use observed::Noise;
pub use tail::Tail;

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, finite, positive};
use crate::numerics::expression::Expression;
use crate::numerics::number::Number;
use family::{Component, Family};
use integrals::Panel;
use shape::Well;
use std::fmt;

/// A probability measure with density proportional to `e^{−V}` on an interval of the line.
///
/// ```
/// use dald::measure::line::LineMeasure;
/// let double_well = LineMeasure::parse("x^4/4 - 3*x^2/2", f64::NEG_INFINITY, f64::INFINITY)?;
/// assert_eq!(double_well.potential(2.0), -2.0);
/// assert!(double_well.mean().contains(0.0));
/// let exponential = LineMeasure::exponential(2.0)?;
/// assert!(exponential.exact_poincare_constant().is_some_and(|c| c.contains(1.0)));
/// # Ok::<(), dald::error::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct LineMeasure {
    family: Family,
    lo: f64,
    hi: f64,
    /// The domain is smaller than the family's own.
    cut: bool,
    kinks: Vec<f64>,
    tails: (Tail, Tail),
    /// Local minima of the potential, ascending; never empty.
    wells: Vec<Well>,
    /// Smallest value of the potential that was found: the density is computed as `e^{−(V − V*)}`.
    minimum: f64,
    /// Panels that resolve the density.
    panels: Vec<Panel>,
    /// Mass not covered by the panels at either end, bounded.
    remainders: (f64, f64),
    /// Relative error of integrals from the rounding of the potential.
    rounding: f64,
    log_normalizer: Enclosure,
}

/// Beyond this height above its minimum a potential hides wells from every integral: `e^{−60}` is
/// below rounding by a factor 10¹⁰.
const NEGLIGIBLE: f64 = 60.0;
/// Beyond this height the density is zero in double precision.
const VANISHING: f64 = 746.0;
/// Equidistant points of the support, besides those of the scan, between which kinks are looked for.
const KINK_SAMPLES: u32 = 4096;
/// The density, times the moment weight, falls to `e^{−42} < 10^{−18}` at the ends of the panels.
const INTEGRATION_LEVEL: f64 = 42.0;

impl LineMeasure {
    /// Density `∝ e^{−V}` on `(lo, hi)` (ends may be infinite) with `V` a formula in one variable.
    ///
    /// The decay at an infinite end is read off the increments of `V` over octaves up to `|x| = 2^{110}`,
    /// in interval arithmetic: growth like a power above `|x|^{0.05}` is recognised with its exponent,
    /// anything slower counts as a polynomial tail with the index that the last octaves show, so that a
    /// heavy tail is never taken for a lighter one. Between two sample points (12 per octave, 768 on
    /// a bounded domain) a well or a pole of `V` can hide; what it does to an integral shows in its error.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the formula is not in one variable; [`Error::Domain`] if the domain
    /// is empty or NaN, if `V` is not a number or `−∞` somewhere in it, or if `e^{−V}` is not
    /// integrable, with the reason.
    pub fn formula(potential: Expression, lo: f64, hi: f64) -> Result<Self> {
        if potential.variables().len() != 1 {
            let found = potential.variables().len();
            return Err(Error::Dimension { name: "V".to_owned(), found, expected: 1 });
        }
        Self::build(Family::Formula(potential), lo, hi, false)
    }

    /// [`LineMeasure::formula`] of a text in the variable `x`.
    ///
    /// # Errors
    /// Those of [`Expression::parse`] and [`LineMeasure::formula`].
    pub fn parse(potential: &str, lo: f64, hi: f64) -> Result<Self> {
        Self::formula(Expression::parse(potential, &["x"])?, lo, hi)
    }

    /// The normal law `N(mean, std²)`: `V = ((x − mean)/std)²/2`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `mean` is finite and `std` finite and positive; so for the other
    /// families.
    pub fn gaussian(mean: f64, std: f64) -> Result<Self> {
        let family = Family::Gaussian { mean: finite("mean", mean)?, std: positive("std", std)? };
        Self::on_line(family)
    }

    /// The mixture `Σ w_i N(m_i, s_i²)`, the weights divided by their sum; `V` is minus the logarithm
    /// of its density. Components of weight 0 are left out.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the lists differ in length, [`Error::Domain`] if one is empty, a mean
    /// is not finite, a deviation not positive, or the weights are not non-negative with a positive
    /// finite sum.
    pub fn gaussian_mixture(weights: &[f64], means: &[f64], stds: &[f64]) -> Result<Self> {
        for (name, list) in [("means", means), ("stds", stds)] {
            if list.len() != weights.len() {
                let (found, expected) = (list.len(), weights.len());
                return Err(Error::Dimension { name: name.to_owned(), found, expected });
            }
        }
        for &weight in weights {
            crate::error::within("weight", weight, 0.0, f64::MAX)?;
        }
        positive("sum of the weights", weights.iter().sum())?;
        let total: Interval = weights.iter().map(|&w| Interval::point(w)).sum();
        let root_two_pi = (Interval::PI * Interval::point(2.0)).sqrt();
        let mut components = Vec::with_capacity(weights.len());
        for ((&w, &mean), &std) in weights.iter().zip(means).zip(stds) {
            finite("mean", mean)?;
            positive("std", std)?;
            if w > 0.0 {
                let weight = Interval::point(w) / total;
                let log_height = weight.ln() - (Interval::point(std) * root_two_pi).ln();
                components.push(Component { weight, mean, std, log_height });
            }
        }
        Self::on_line(Family::Mixture(components))
    }

    /// Student's law with `dof` degrees of freedom, shifted and scaled:
    /// `V = ((dof + 1)/2) log(1 + z²/dof)`, `z = (x − location)/scale`.
    ///
    /// # Errors
    /// [`Error::Domain`], see [`LineMeasure::gaussian`].
    pub fn student(dof: f64, location: f64, scale: f64) -> Result<Self> {
        let dof = positive("dof", dof)?;
        let (location, scale) = (finite("location", location)?, positive("scale", scale)?);
        Self::on_line(Family::Student { dof, location, scale })
    }

    /// The uniform law on `[lo, hi]`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `lo < hi` are finite.
    pub fn uniform(lo: f64, hi: f64) -> Result<Self> {
        Self::build(Family::Uniform, finite("lo", lo)?, finite("hi", hi)?, false)
    }

    /// The two-sided exponential law `∝ e^{−rate·|x|}`.
    ///
    /// # Errors
    /// [`Error::Domain`], see [`LineMeasure::gaussian`].
    pub fn laplace(rate: f64) -> Result<Self> {
        Self::asymmetric_laplace(rate, rate)
    }

    /// `∝ e^{left·x}` for `x < 0`, `∝ e^{−right·x}` for `x > 0`, continuous at 0.
    ///
    /// # Errors
    /// [`Error::Domain`], see [`LineMeasure::gaussian`].
    pub fn asymmetric_laplace(left: f64, right: f64) -> Result<Self> {
        Self::on_line(Family::Laplace { left: positive("left", left)?, right: positive("right", right)? })
    }

    /// The logistic law with density `sech²(x/(2 scale))/(4 scale)`.
    ///
    /// # Errors
    /// [`Error::Domain`], see [`LineMeasure::gaussian`].
    pub fn logistic(scale: f64) -> Result<Self> {
        Self::on_line(Family::Logistic { scale: positive("scale", scale)? })
    }

    /// The exponential law `∝ e^{−rate·x}` on `[0, ∞)`.
    ///
    /// # Errors
    /// [`Error::Domain`], see [`LineMeasure::gaussian`].
    pub fn exponential(rate: f64) -> Result<Self> {
        Self::on_half_line(Family::Exponential { rate: positive("rate", rate)? })
    }

    /// The Gamma law `∝ x^{shape−1} e^{−x}` on `[0, ∞)`.
    ///
    /// # Errors
    /// [`Error::Domain`], see [`LineMeasure::gaussian`].
    pub fn gamma(shape: f64) -> Result<Self> {
        Self::on_half_line(Family::Gamma { shape: positive("shape", shape)? })
    }

    /// The chi law `∝ x^{dof−1} e^{−x²/2}` on `[0, ∞)`: half-Gaussian (1), Rayleigh (2), Maxwell (3).
    ///
    /// # Errors
    /// [`Error::Domain`], see [`LineMeasure::gaussian`].
    pub fn chi(dof: f64) -> Result<Self> {
        Self::on_half_line(Family::Chi { dof: positive("dof", dof)? })
    }

    /// Density `∝ cosh^{−exponent}(x)`.
    ///
    /// # Errors
    /// [`Error::Domain`], see [`LineMeasure::gaussian`].
    pub fn cosh_power(exponent: f64) -> Result<Self> {
        Self::on_line(Family::CoshPower { exponent: positive("exponent", exponent)? })
    }

    /// Density `∝ cos^exponent(x)` on `(−π/2, π/2)`, `exponent ≥ 0`. The ends of [`LineMeasure::domain`]
    /// are the floats next to `±π/2`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless the exponent is finite and not negative.
    pub fn cos_power(exponent: f64) -> Result<Self> {
        let exponent = crate::error::within("exponent", exponent, 0.0, f64::MAX)?;
        let quarter = std::f64::consts::FRAC_PI_2;
        Self::build(Family::CosPower { exponent }, -quarter, quarter, false)
    }

    /// Density `∝ exp(−shape·x − e^{−x})`, the law of minus the logarithm of a Gamma variable
    /// (Gumbel for `shape = 1`).
    ///
    /// # Errors
    /// [`Error::Domain`], see [`LineMeasure::gaussian`].
    pub fn log_gamma(shape: f64) -> Result<Self> {
        Self::on_line(Family::LogGamma { shape: positive("shape", shape)? })
    }

    /// Density `∝ exp(−convexity·x²/2 + slope·|x|)`, the extremal law among `slope`-Lipschitz
    /// perturbations of `convexity`-strongly log-concave laws; the slope may have either sign.
    ///
    /// # Errors
    /// [`Error::Domain`] unless the convexity is positive and both are finite.
    pub fn tilted_gaussian(convexity: f64, slope: f64) -> Result<Self> {
        let convexity = positive("convexity", convexity)?;
        Self::on_line(Family::TiltedGaussian { convexity, slope: finite("slope", slope)? })
    }

    /// The law conditioned to `(lo, hi)`, which has to meet the domain in an interval.
    ///
    /// # Errors
    /// [`Error::Domain`] if an end is NaN or nothing is left.
    pub fn restricted(&self, lo: f64, hi: f64) -> Result<Self> {
        if lo.is_nan() || hi.is_nan() {
            return Err(Error::domain("domain", format!("({lo}, {hi})"), "two numbers lo < hi"));
        }
        let (lo, hi) = (lo.max(self.lo), hi.min(self.hi));
        Self::build(self.family.clone(), lo, hi, self.cut || (lo, hi) != (self.lo, self.hi))
    }

    /// The law of `scale·X + shift` for `X` with this law; both constants of it that are known exactly
    /// are those of `X` times `scale²`. The ends of the domain are rounded to floats.
    ///
    /// # Errors
    /// [`Error::Domain`] unless both numbers are finite and the scale is not 0, or if the image is too
    /// narrow for its distance from 0.
    pub fn affine_image(&self, scale: f64, shift: f64) -> Result<Self> {
        let (scale, shift) = (finite("scale", scale)?, finite("shift", shift)?);
        positive("absolute value of the scale", scale.abs())?;
        let (a, b) = (scale * self.lo + shift, scale * self.hi + shift);
        let family = Family::Affine { original: Box::new(self.clone()), scale, shift };
        Self::build(family, a.min(b), a.max(b), false)
    }

    fn on_line(family: Family) -> Result<Self> {
        Self::build(family, f64::NEG_INFINITY, f64::INFINITY, false)
    }

    fn on_half_line(family: Family) -> Result<Self> {
        Self::build(family, 0.0, f64::INFINITY, false)
    }

    fn build(family: Family, lo: f64, hi: f64, cut: bool) -> Result<Self> {
        let nonempty = lo < hi && lo < f64::INFINITY && hi > f64::NEG_INFINITY;
        if !nonempty || (hi - lo).is_nan() || (lo.is_finite() && hi.is_finite() && !(hi - lo).is_finite()) {
            let expected = "two numbers lo < hi, either of which may be infinite";
            return Err(Error::domain("domain", format!("({lo}, {hi})"), expected));
        }
        let points = shape::scan(lo, hi, &family.centres());
        let value = |x: f64| family.potential(x);
        for &x in &points {
            let v = value(x);
            if v.is_nan() || v == f64::NEG_INFINITY {
                let expected = "a potential that is a number above -inf all over its domain";
                return Err(Error::domain("V", format!("{v} at x = {x:e}"), expected));
            }
        }
        let enclosed = |x: Interval| family.potential(x);
        let far = family.tails();
        let tail = |end: f64, sign: f64, known: Option<Tail>| match known {
            _ if end.is_finite() => tail::at_point(end, -sign, enclosed).map(|()| Tail::Bounded),
            Some(tail) => Ok(tail),
            None => tail::at_infinity(sign, enclosed),
        };
        let tails = (tail(lo, -1.0, far.map(|t| t.0))?, tail(hi, 1.0, far.map(|t| t.1))?);
        let mut wells = shape::wells(&points, lo, hi, value);
        let minimum = wells.iter().map(|w| w.value).fold(f64::INFINITY, f64::min);
        wells.retain(|w| w.value - minimum <= NEGLIGIBLE);
        if wells.is_empty() {
            return Err(Error::domain("V", f64::INFINITY, "a potential that is finite somewhere"));
        }
        let mut measure = Self {
            family,
            lo,
            hi,
            cut,
            kinks: Vec::new(),
            tails,
            wells,
            minimum,
            panels: Vec::new(),
            remainders: (0.0, 0.0),
            rounding: f64::EPSILON,
            log_normalizer: Enclosure::unknown(Evidence::Converged),
        };
        measure.kinks = measure.find_kinks(points);
        for &x in measure.kinks.iter().chain(&[0.0]).filter(|x| lo < **x && **x < hi) {
            for side in [1.0, -1.0] {
                tail::at_point(x, side, |y| measure.potential(y))?;
            }
        }
        measure.resolve()?;
        Ok(measure)
    }

    /// Kinks inside the domain at which the density is not zero in double precision.
    fn find_kinks(&self, mut points: Vec<f64>) -> Vec<f64> {
        let kinks = match (self.family.formula(), self.family.kinks()) {
            (Some(formula), _) if formula.has_abs() => {
                let (from, to) = self.support(VANISHING);
                points.extend((0..=KINK_SAMPLES).map(|i| {
                    let share = f64::from(i) / f64::from(KINK_SAMPLES);
                    from * (1.0 - share) + to * share
                }));
                points.sort_by(f64::total_cmp);
                shape::kinks(formula, &points)
            }
            (_, known) => known.unwrap_or_default(),
        };
        let visible = |k: &f64| {
            let height = self.potential(*k) - self.minimum;
            // A singular kink has no finite height and is kept: it has to be looked at.
            self.lo < *k && *k < self.hi && (height <= VANISHING || !height.is_finite())
        };
        kinks.into_iter().filter(visible).collect()
    }

    /// The potential, on any kind of number. Outside the domain it means nothing.
    pub fn potential<N: Number>(&self, x: N) -> N {
        self.family.potential(x)
    }

    /// The ends of the domain, possibly infinite.
    pub fn domain(&self) -> (f64, f64) {
        (self.lo, self.hi)
    }

    /// Points inside the domain at which the potential may fail to be smooth, ascending. For a
    /// formula these are the zeros (with a change of sign) of the arguments of `abs`, to the last
    /// float; a root or a power with another singularity is not found.
    pub fn kinks(&self) -> &[f64] {
        &self.kinks
    }

    /// Decay at the left and at the right end of the domain.
    pub fn tails(&self) -> (Tail, Tail) {
        self.tails
    }

    /// Where the potential is smallest, as far as it was found, and its value there.
    pub fn minimum(&self) -> (f64, f64) {
        let lowest = self.wells.iter().find(|w| w.value == self.minimum);
        (lowest.map_or(f64::NAN, |w| w.at), self.minimum)
    }

    /// Local minima of the potential (finite ends of the domain included) as pairs of place and natural
    /// length, the distance over which the potential rises by 1; ascending.
    pub fn local_minima(&self) -> Vec<(f64, f64)> {
        self.wells.iter().map(|w| (w.at, w.width)).collect()
    }

    /// Means and standard deviations of the components, if the measure is a normal law or a mixture of
    /// normal laws.
    pub fn gaussian_components(&self) -> Option<Vec<(f64, f64)>> {
        match &self.family {
            Family::Gaussian { mean, std } => Some(vec![(*mean, *std)]),
            Family::Mixture(components) => Some(components.iter().map(|k| (k.mean, k.std)).collect()),
            _ => None,
        }
    }

    /// Weights (summing to one), means and standard deviations of the components, if the measure is a normal law or a mixture
    /// of normal laws on the whole line.
    pub fn mixture_parameters(&self) -> Option<[Vec<f64>; 3]> {
        match &self.family {
            _ if self.cut => None,
            Family::Gaussian { mean, std } => Some([vec![1.0], vec![*mean], vec![*std]]),
            Family::Mixture(components) => {
                let column = |entry: fn(&Component) -> f64| components.iter().map(entry).collect();
                Some([column(|k| k.weight.mid()), column(|k| k.mean), column(|k| k.std)])
            }
            _ => None,
        }
    }

    /// The hull of `{V − min V ≤ level}`, `level ≥ 0`: outside, the density is below `e^{−level}`
    /// times its maximum.
    pub fn support(&self, level: f64) -> (f64, f64) {
        self.support_where(|x| self.family.potential(x) - self.minimum <= level, level)
    }

    /// The hull of the points that satisfy a condition that wells below `level` satisfy.
    fn support_where(&self, inside: impl Fn(f64) -> bool, level: f64) -> (f64, f64) {
        let deep = || self.wells.iter().filter(|w| w.value - self.minimum <= level);
        let reach = |sign: f64, end: f64| {
            deep()
                .map(|w| sign * shape::crossing(w.at, sign, w.width, end, &inside))
                .fold(f64::NEG_INFINITY, f64::max)
                * sign
        };
        (reach(-1.0, self.lo), reach(1.0, self.hi))
    }
}

impl fmt::Display for LineMeasure {
    /// The family with its parameters, and the domain, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on ({}, {})", self.family, self.lo, self.hi)
    }
}

#[cfg(test)]
mod tests;
