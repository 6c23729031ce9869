//! **C8**: perturbations controlled by the generator.
//!
//! *Statement.* Let `ν = e^{−V}` and `W = ½(ΔU − ∇V·∇U) − ¼|∇U|²`. If `W ≤ K` with `K·C_P(ν) < 1` then
//! `C_P(e^{−U}ν/Z) ≤ C_P(ν)/(1 − K·C_P(ν))`.
//!
//! *Hypotheses.* H1: `W ≤ K` everywhere (in the sense of measures where U has kinks). H2: `K < 1/C_P(ν)`.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`.
//!
//! *Why.* With μ(f) replaced by the c that makes `g = (f−c)e^{−U/2}` centred under ν, `∫(f−c)²dμ ≤ C_P(ν)∫|∇g|²dν`;
//! integrating by parts `∫|∇g|²dν = ∫|∇f|²dμ + ∫W(f−c)²dμ`.
//!
//! *Source.* Cattiaux, Guillin, *Functional inequalities for perturbed measures* (2022), generator form.
//!
//! *Checked.* Left: the constant of μ, known exactly because μ is Gaussian or a product of exponentials
//! again, or computed, for `U = a√(1 + (x−c)²)` on Gaussian laws of the line. Right: `sup W` by hand.
//! *Not checked:* other perturbations in d ≥ 2.
//!
//! *Sharp.* Two-sided exponential ν (`C_P = 4`) and `U = −(1−a)|x|`: `4/a²`. *Dropping* H1 (a negative
//! quadratic U on a Gaussian law) makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::poincare::quadratic_perturbation::QuadraticPerturbation;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result, finite, positive};
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct GeneratorPerturbation;

/// What C8 is checked on.
#[derive(Clone, Debug)]
pub enum Instance {
    /// A Gaussian ν and a quadratic U.
    Quadratic(QuadraticPerturbation),
    /// ν a product of asymmetric two-sided exponential laws `∝ e^{−rᵢx}` (x > 0), `e^{−lᵢ|x|}` (x < 0), and
    /// `U = −Σ sᵢ|xᵢ|`: triples `(lᵢ, rᵢ, sᵢ)`.
    Exponential(Vec<(f64, f64, f64)>),
    /// `ν = N(0, variance)` on the line and `U(x) = slope·√(1 + (x − centre)²)`.
    Hyperbolic {
        /// Variance of ν.
        variance: f64,
        /// Slope of U far out, positive.
        slope: f64,
        /// Where U is least.
        centre: f64,
    },
}

impl Instance {
    /// A quadratic perturbation of a Gaussian law.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if W is unbounded above or `K·C_P(ν) ≥ 1`.
    pub fn quadratic(perturbation: QuadraticPerturbation) -> Result<Self> {
        if !perturbation.is_convex() {
            return Err(Error::hypothesis("C8", "H1 (W bounded above)", perturbation));
        }
        Self::Quadratic(perturbation).with_small_growth()
    }

    /// Exponential laws, perturbed by `−Σ sᵢ|xᵢ|`.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] unless `0 ≤ sᵢ < min(lᵢ, rᵢ)` (for `sᵢ < 0` W has a positive atom at 0) and
    /// `K·C_P(ν) < 1`.
    pub fn exponential(factors: Vec<(f64, f64, f64)>) -> Result<Self> {
        if factors.is_empty()
            || !factors.iter().all(|&(l, r, s)| s >= 0.0 && s < l.min(r) && l.max(r).is_finite())
        {
            return Err(Error::hypothesis("C8", "H1 (W bounded above)", format!("{factors:?}")));
        }
        Self::Exponential(factors).with_small_growth()
    }

    /// The Gaussian law `N(0, variance)`, perturbed by `slope·√(1 + (x − centre)²)`.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] unless `slope > 0` (else W grows like |x|) and `K·C_P(ν) < 1`.
    pub fn hyperbolic(variance: f64, slope: f64, centre: f64) -> Result<Self> {
        positive("variance", variance)?;
        finite("centre", centre)?;
        let instance = Self::Hyperbolic { variance, slope, centre };
        if slope > 0.0 && slope.is_finite() {
            instance.with_small_growth()
        } else {
            Err(Error::hypothesis("C8", "H1 (W bounded above)", instance))
        }
    }

    /// The growth is kept below `1/C_P(ν)` by choosing the slope small.
    fn random_hyperbolic(stream: &mut Stream, _index: usize) -> Result<Self> {
        let (variance, centre) = (2_f64.powf(stream.random_range(-2.0..2.0)), stream.random_range(-1.0..1.0));
        let unit = 0.5 * (variance + 0.25 * centre * centre);
        Self::hyperbolic(variance, stream.random_range(0.1..0.9) / unit, centre)
    }

    fn with_small_growth(self) -> Result<Self> {
        let product = (self.growth() * self.reference_constant()).hi();
        if product < 1.0 { Ok(self) } else { Err(Error::hypothesis("C8", "H2 (K < 1/C_P(ν))", self)) }
    }

    fn random_quadratic(stream: &mut Stream, index: usize) -> Result<Self> {
        Self::quadratic(QuadraticPerturbation::random(stream, index)?)
    }

    /// One to four factors; the growth is kept below `1/C_P(ν)` by choosing `s` small.
    fn random_exponential(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 1 + index % 4;
        let factors = (0..d).map(|_| {
            let (l, r) = (stream.random_range(1.0..2.0), stream.random_range(1.0..2.0));
            // K ≤ Σ ½ s r ≤ Σ s and C_P(ν) ≤ 4.
            (l, r, stream.random_range(0.01..0.24) / d as f64)
        });
        Self::exponential(factors.collect())
    }

    fn laplace(rate: f64) -> Result<Self> {
        Self::exponential(vec![(1.0, 1.0, 1.0 - rate)])
    }

    /// `C_P(ν)`: the widest variance, and `4/min(l, r)²` for exponentials.
    fn reference_constant(&self) -> Enclosure {
        match self {
            Self::Quadratic(q) => q.reference_constant(),
            Self::Exponential(factors) => exponential_constant(factors.iter().map(|&(l, r, _)| l.min(r))),
            Self::Hyperbolic { variance, .. } => Enclosure::exact(*variance),
        }
    }

    /// `K ≥ sup W`: on either side of 0 the i-th term of W is `½ s r − ¼ s²`, and at 0 a negative atom. For
    /// the hyperbolic perturbation `U'' ≤ slope` and `−x(x−c) ≤ c²/4`, so `W ≤ ½·slope·(1 + c²/(4σ²))`.
    fn growth(&self) -> Enclosure {
        match self {
            Self::Quadratic(q) => q.growth(),
            Self::Exponential(factors) => factors.iter().map(|f| side_term(f, 0.5, 0.25)).sum(),
            Self::Hyperbolic { variance, slope, centre } => {
                let excess = Enclosure::exact(*centre).square() / (4.0 * Enclosure::exact(*variance));
                Enclosure::exact(*slope) / 2.0 * (1.0 + excess)
            }
        }
    }
}

/// `first·s·max(l, r) − second·s²`.
fn side_term(&(l, r, s): &(f64, f64, f64), first: f64, second: f64) -> Enclosure {
    let s = Enclosure::exact(s);
    first * s * l.max(r) - second * s.square()
}

/// `4/min²` over the rates of a product of exponential laws.
fn exponential_constant(rates: impl Iterator<Item = f64>) -> Enclosure {
    4.0 / Enclosure::exact(rates.fold(f64::INFINITY, f64::min)).square()
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quadratic(q) => write!(f, "{q}"),
            Self::Exponential(factors) => {
                write!(f, "exponential laws (left rate, right rate, s) {factors:?}")
            }
            Self::Hyperbolic { variance, slope, centre } => {
                write!(f, "N(0, {variance}), U = {slope}·√(1 + (x − {centre})²)")
            }
        }
    }
}

impl Theorem for GeneratorPerturbation {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C8",
        chapter: Chapter::Poincare,
        title: "Perturbations controlled by the generator",
        statement: "W = ½(ΔU − ∇V·∇U) − ¼|∇U|² ≤ K < 1/C_P(ν) gives C_P(e^{−U}ν/Z) ≤ C_P(ν)/(1 − K·C_P(ν))",
        hypotheses: &[("H1", "W ≤ K everywhere, as a measure where U has kinks"), ("H2", "K < 1/C_P(ν)")],
        why: "Test ν with g = (f−c)e^{−U/2}: ∫|∇g|²dν = ∫|∇f|²dμ + ∫W(f−c)²dμ after an integration by parts.",
        checked: "The exact constant of μ against the formula with sup W found by hand: quadratic U with another \
                  centre on Gaussian laws, U = −Σ sᵢ|xᵢ| on products of asymmetric exponential laws; the computed constant for \
                  U = a√(1 + (x−c)²) on Gaussian laws of the line.",
        not_checked: "Other perturbations in d ≥ 2.",
        source: "Cattiaux, Guillin, Functional inequalities for perturbed measures (2022), generator form",
        relation: Relation::Upper,
        rests_on: &["C2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family = |name, draw| Family { name, evidence: Evidence::Certified, quick: 16, full: 120, draw };
        NonEmpty::new(
            family("quadratic perturbations of Gaussian laws", Instance::random_quadratic),
            [
                family("perturbed exponential laws", Instance::random_exponential),
                Family {
                    name: "hyperbolic perturbations of Gaussian laws on the line",
                    evidence: Evidence::Converged,
                    quick: 6,
                    full: 60,
                    draw: Instance::random_hyperbolic,
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "two-sided exponential law, a = 1/2",
                kind: SharpKind::Attained(|| Instance::laplace(0.5)),
            },
            SharpCase {
                name: "two-sided exponential law, a = 1/64",
                kind: SharpKind::Attained(|| Instance::laplace(0.015625)),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        /// The formula with another K.
        fn with(instance: &Instance, growth: Enclosure) -> Enclosure {
            let constant = instance.reference_constant();
            constant / (1.0 - growth * constant)
        }
        fn sides(instance: &Instance, first: f64, second: f64) -> Result<Enclosure> {
            match instance {
                Instance::Exponential(factors) => {
                    Ok(with(instance, factors.iter().map(|f| side_term(f, first, second)).sum()))
                }
                Instance::Quadratic(_) | Instance::Hyperbolic { .. } => {
                    GeneratorPerturbation::bound(instance)
                }
            }
        }
        NonEmpty::new(
            FalseTwin {
                name: "½|∇U|² in place of ¼|∇U|²",
                instance: || Instance::laplace(0.5),
                wrong: Wrong::Bound(|i| sides(i, 0.5, 0.5)),
            },
            [
                FalseTwin {
                    name: "¼ in place of ½ in front of the generator",
                    instance: || Instance::laplace(0.5),
                    wrong: Wrong::Bound(|i| sides(i, 0.25, 0.25)),
                },
                FalseTwin {
                    name: "the sign of ∇V·∇U flipped",
                    instance: || Instance::laplace(0.5),
                    wrong: Wrong::Bound(|i| sides(i, -0.5, 0.25)),
                },
                FalseTwin {
                    name: "W bounded at the origin only",
                    // U = −x²/4 on N(0, 1) gives N(0, 2); W(0) = −1/4, and W grows like x².
                    instance: || Ok(Instance::Quadratic(QuadraticPerturbation::widening()?)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Quadratic(q) => Ok(with(i, q.growth_at_centre())),
                        _ => GeneratorPerturbation::bound(i),
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Quadratic(q) => Ok(q.perturbed_constant()),
            Instance::Exponential(factors) => {
                let rates: Vec<f64> = factors.iter().flat_map(|&(l, r, s)| [l - s, r - s]).collect();
                Ok(exponential_constant(rates.into_iter()))
            }
            Instance::Hyperbolic { variance, slope, centre } => {
                let potential = format!("x^2/(2*{variance}) + {slope}*sqrt(1+(x-({centre}))^2)");
                let law = LineMeasure::parse(&potential, f64::NEG_INFINITY, f64::INFINITY)?;
                converged_poincare_constant(&law)
            }
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let constant = instance.reference_constant();
        Ok(constant / (1.0 - instance.growth() * constant))
    }
}
