//! **L11**: Gaussian concentration from log-Sobolev (Herbst).
//!
//! *Statement.* `μ(e^{s(f−μf)}) ≤ e^{C_LS s²/4}` for every 1-Lipschitz f and every s.
//!
//! *Hypotheses.* H1: f is 1-Lipschitz. H2: f is centred under μ. H3: `C_LS(μ) < ∞`.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫|∇f|²`.
//!
//! *Why.* Apply the inequality to `e^{sf/2}`: `H(s) = s⁻¹ log μ(e^{sf})` has `H' ≤ C_LS/4`.
//!
//! *Source.* Herbst (1975, unpublished); Aida, Masuda, Shigekawa (1994); Ledoux, *Concentration of measure* (2001), ch. 5.
//!
//! *Checked.* Left: linear f in closed form, `|x|` through the error function (both certified),
//! `√(1+x²)` and `sin x` by quadrature. Right: the formula. *Not checked:* laws that are not Gaussian.
//!
//! *Sharp.* Linear f along the widest direction, at every s. *Dropping* H1 or H2 makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::{Probe, dense_law, describe};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result, finite, within};
use crate::measure::gaussian::Gaussian;
use crate::numerics::quadrature::integrate;
use crate::numerics::stream::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// The claim.
pub struct Herbst;

/// A function with slope at most 1.
#[derive(Clone, PartialEq, Debug)]
pub enum LipschitzFunction {
    /// `⟨u, x⟩/|u|`.
    Linear(Vec<f64>),
    /// `|x|` on the line.
    Absolute,
    /// `√(1+x²)` on the line.
    Smooth,
    /// `sin x` on the line.
    Sine,
}

/// A law, a function and an exponent.
#[derive(Clone, Debug)]
pub struct Instance {
    law: Gaussian,
    function: LipschitzFunction,
    exponent: f64,
    /// Twins multiply the function by more than 1.
    slope: f64,
}

/// Largest exponent, in standard deviations of f: beyond, a quadrature of fixed range would miss the mass.
const LARGEST_EXPONENT: f64 = 8.0;

impl Instance {
    /// A law with a 1-Lipschitz function.
    ///
    /// # Errors
    /// [`Error::Dimension`] for a function of the line in several dimensions, [`Error::Domain`] if the
    /// exponent is above 8 in units of the standard deviation, or not finite.
    pub fn new(law: Gaussian, function: LipschitzFunction, exponent: f64) -> Result<Self> {
        if !matches!(function, LipschitzFunction::Linear(_)) && law.dim() != 1 {
            return Err(Error::Dimension { name: "law".to_owned(), found: law.dim(), expected: 1 });
        }
        if matches!(function, LipschitzFunction::Smooth | LipschitzFunction::Sine) {
            let deviation = law.poincare_constant().hi().sqrt();
            within("s·σ", exponent * deviation, -LARGEST_EXPONENT, LARGEST_EXPONENT)?;
        }
        Ok(Self { law, function, exponent: finite("s", exponent)?, slope: 1.0 })
    }

    fn random_linear(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = dense_law(stream, index)?;
        let direction = (0..law.dim()).map(|_| stream.sample::<f64, _>(StandardNormal)).collect();
        let deviation = law.poincare_constant().mid().sqrt();
        let exponent =
            stream.random_range(0.25..4.0) / deviation * if index.is_multiple_of(2) { 1.0 } else { -1.0 };
        Self::new(law, LipschitzFunction::Linear(direction), exponent)
    }

    fn random_on_line(stream: &mut Stream, function: LipschitzFunction) -> Result<Self> {
        let deviation = 2_f64.powf(stream.random_range(-1.0..1.5));
        let law =
            Gaussian::isotropic(vec![stream.random_range(-2.0..2.0) * deviation], deviation * deviation)?;
        let sign = if stream.random_range(0.0..1.0) < 0.5 { -1.0 } else { 1.0 };
        Self::new(law, function, sign * stream.random_range(0.5..3.0) / deviation)
    }

    fn widest() -> Result<Self> {
        let probe = Probe::widest()?;
        Self::new(probe.law, LipschitzFunction::Linear(probe.function.direction().to_vec()), 1.25)
    }

    /// `μ(f)` and `μ(e^{sf})` for a function on the line, divided by `e^{s·f(mean)}`.
    fn by_quadrature(&self, f: impl Fn(f64) -> f64) -> Enclosure {
        let (mean, deviation) = (self.law.mean()[0], self.law.covariance_entry(0, 0).sqrt());
        // The weight e^{s(f−f(m))} shifts the mass by s·σ ≤ 8 standard deviations at most; 12 more leave e^{−72}.
        let reach = self.exponent.abs() * deviation + 12.0;
        // Panels of a quarter of a standard deviation, or of the length on which f bends.
        let length = 0.25 / deviation.max(1.0);
        let breaks: Vec<f64> = std::iter::successors(Some(-reach), |z| Some(z + length))
            .take_while(|&z| z < reach)
            .chain([reach])
            .collect();
        let centre = f(mean);
        let average = |g: &dyn Fn(f64) -> f64| {
            let density = |z: f64| core_math::exp(-0.5 * z * z);
            let root = Enclosure::certified((Interval::point(2.0) * Interval::PI).sqrt());
            integrate(&breaks, |z| density(z) * g(f(mean + deviation * z) - centre)) / root
        };
        let expectation = average(&|y| y);
        let exponential = average(&|y| core_math::exp(self.exponent * self.slope * y));
        // Tails beyond the range are below e^{−72}; σ itself is rounded.
        let rounding = 16.0 * f64::EPSILON * reach;
        exponential.widened(rounding * exponential.hi())
            * (-(Enclosure::exact(self.exponent * self.slope) * expectation.widened(rounding * deviation)))
                .exp()
    }

    /// `E e^{s|X|}` and `E|X|` for `X ~ N(m, σ²)`: with `r = m/σ`, the first is
    /// `e^{s²σ²/2}(e^{sm}Φ(r + sσ) + e^{−sm}Φ(−r + sσ))`, the second `σ√(2/π)e^{−r²/2} + m erf(r/√2)`.
    fn absolute_moments(&self) -> (Enclosure, Enclosure) {
        let point = Interval::point;
        let (m, s) = (point(self.law.mean()[0]), point(self.exponent * self.slope));
        let sigma = point(self.law.covariance_entry(0, 0)).sqrt();
        let (two, half) = (point(2.0), point(0.5));
        let r = m / sigma;
        let normal = |x: Interval| half * (-(x / two.sqrt())).erfc();
        let tilted = (s * m).exp() * normal(r + s * sigma) + (-(s * m)).exp() * normal(s * sigma - r);
        let exponential = (half * (s * sigma).square()).exp() * tilted;
        let mean =
            sigma * (two / Interval::PI).sqrt() * (-(half * r.square())).exp() + m * (r / two.sqrt()).erf();
        (Enclosure::certified(exponential), Enclosure::certified(mean))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (slope, s) = (self.slope, self.exponent);
        match &self.function {
            LipschitzFunction::Linear(u) => write!(f, "f = {slope}·⟨u, x⟩/|u|, u = {u:?}")?,
            LipschitzFunction::Absolute => write!(f, "f = {slope}·|x|")?,
            LipschitzFunction::Smooth => write!(f, "f = {slope}·√(1+x²)")?,
            LipschitzFunction::Sine => write!(f, "f = {slope}·sin x")?,
        }
        write!(f, ", s={s} on {}", describe(&self.law))
    }
}

impl Theorem for Herbst {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L11",
        chapter: Chapter::LogSobolev,
        title: "Concentration (Herbst)",
        statement: "μ(e^{s(f−μf)}) ≤ e^{C_LS s²/4} for 1-Lipschitz f and every s",
        hypotheses: &[
            ("H1", "f is 1-Lipschitz"),
            ("H2", "the exponent is centred: f − μ(f)"),
            ("H3", "C_LS(μ) is finite"),
        ],
        why: "Apply the inequality to e^{sf/2}: H(s) = s⁻¹ log μ(e^{sf}) has H' ≤ C_LS/4.",
        checked: "Exponential moments of linear functions and of |x| in closed form, of √(1+x²) and sin x by \
                  quadrature, both signs of s, general and non-centred Gaussian laws.",
        not_checked: "Laws that are not Gaussian.",
        source: "Herbst (1975); Ledoux, The concentration of measure phenomenon (2001), ch. 5",
        relation: Relation::Upper,
        rests_on: &["L1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family = |name, evidence, quick, full, draw| Family { name, evidence, quick, full, draw };
        NonEmpty::new(
            family("linear functions", Evidence::Certified, 12, 90, Instance::random_linear),
            [
                family("|x|", Evidence::Certified, 10, 60, |s, _| {
                    Instance::random_on_line(s, LipschitzFunction::Absolute)
                }),
                family("√(1+x²) and sin x", Evidence::Converged, 10, 60, |s, i| {
                    let function =
                        if i % 2 == 0 { LipschitzFunction::Smooth } else { LipschitzFunction::Sine };
                    Instance::random_on_line(s, function)
                }),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![SharpCase {
            name: "linear function along the widest direction",
            kind: SharpKind::Attained(Instance::widest),
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "C_LS s²/8 in the exponent",
                instance: Instance::widest,
                wrong: Wrong::Bound(|i| Ok(bound_with(i, 8.0))),
            },
            [
                FalseTwin {
                    name: "f not centred",
                    instance: || {
                        let law = Gaussian::isotropic(vec![3.0], 1.0)?;
                        Instance::new(law, LipschitzFunction::Absolute, 1.0)
                    },
                    wrong: Wrong::Observed(|i| Ok(i.absolute_moments().0)),
                },
                FalseTwin {
                    name: "f with slope 2",
                    instance: || Ok(Instance { slope: 2.0, ..Instance::widest()? }),
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "C_P in place of C_LS",
                    instance: Instance::widest,
                    wrong: Wrong::Bound(|i| {
                        let s = Enclosure::exact(i.exponent);
                        Ok((i.law.poincare_constant() * s.square() / 4.0).exp())
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match &instance.function {
            // s(f − μf) is normal with variance s²⟨u, Σu⟩/|u|².
            LipschitzFunction::Linear(u) => {
                let s = Enclosure::exact(instance.exponent * instance.slope);
                Ok((s.square() * instance.law.variance_along(u)? / 2.0).exp())
            }
            LipschitzFunction::Absolute => {
                let (exponential, mean) = instance.absolute_moments();
                Ok(exponential * (-(instance.exponent * instance.slope * mean)).exp())
            }
            LipschitzFunction::Smooth => Ok(instance.by_quadrature(|x| x.hypot(1.0))),
            LipschitzFunction::Sine => Ok(instance.by_quadrature(core_math::sin)),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        Ok(bound_with(instance, 4.0))
    }
}

/// `e^{C_LS s²/divisor}`.
fn bound_with(instance: &Instance, divisor: f64) -> Enclosure {
    let s = Enclosure::exact(instance.exponent);
    (instance.law.log_sobolev_constant() * s.square() / divisor).exp()
}
