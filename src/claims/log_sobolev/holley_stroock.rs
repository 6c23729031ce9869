//! **L6**: log-Sobolev constants under bounded perturbations (Holley-Stroock).
//!
//! *Statement.* `C_LS(e^{−U}ν/Z) ≤ e^{osc U} C_LS(ν)`, `osc U = sup U − inf U`.
//!
//! *Hypotheses.* H1: U is bounded. H2: `C_LS(ν) < ∞`.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫|∇f|²`; `N(0, σ²)` has `2σ²`.
//!
//! *Why.* `Ent_μ(f²) = inf_c ∫(f² log(f²/c) − f² + c)dμ` with a non-negative integrand: replacing μ by ν costs the
//! largest ratio of the densities, and replacing ν by μ in the energy costs the inverse of the smallest.
//!
//! *Source.* Holley, Stroock, *Logarithmic Sobolev inequalities and stochastic Ising models* (1987).
//!
//! *Checked.* Left: the quotient of the best function found on the perturbed law on the line, converged. Right: exact constants of Gaussian, half-Gaussian and uniform laws, and
//! for wells the quotient of the best function found, which can only make the right side smaller. *Not
//! checked:* that no function beats the best one found from many starts; dimension above one.
//!
//! *Sharp.* A constant U. *Dropping* half of the oscillation makes it false: a barrier that
//! is raised by h raises the constant of a deep well almost by `e^h`.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::log_sobolev::line_law::LineLaw;
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::inequality::log_sobolev_perturbation::bounded_perturbation;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct HolleyStroock;

/// The law ν.
#[derive(Clone, Debug)]
enum Reference {
    /// `N(0, v)`.
    Gaussian(f64),
    /// `|N(0, 1)|`.
    HalfGaussian,
    /// Uniform on `(0, a)`.
    Uniform(f64),
    /// A law whose constant is not known exactly.
    Well(&'static str),
}

impl Reference {
    fn law(&self) -> LineLaw {
        match self {
            Self::Gaussian(variance) => LineLaw::whole(format!("x^2/(2*{variance})")),
            Self::HalfGaussian => LineLaw::new("x^2/2", 0.0, f64::INFINITY),
            Self::Uniform(length) => LineLaw::new("0", 0.0, *length),
            Self::Well(potential) => LineLaw::whole(*potential),
        }
    }

    fn constant(&self) -> Result<Enclosure> {
        Ok(match self {
            Self::Gaussian(variance) => 2.0 * Enclosure::exact(*variance),
            Self::HalfGaussian => Enclosure::exact(2.0),
            Self::Uniform(length) => {
                2.0 * (Enclosure::exact(*length) / Enclosure::certified(Interval::PI)).square()
            }
            Self::Well(_) => self.law().maximum()?,
        })
    }
}

/// The function U.
#[derive(Clone, Copy, Debug)]
enum Perturbation {
    /// `h sin(kx + φ)`.
    Wave(f64, f64, f64),
    /// `h tanh(k(x − a))`.
    Step(f64, f64, f64),
    /// `h exp(−((x − a)/w)²)`.
    Bump(f64, f64, f64),
}

impl Perturbation {
    fn text(self) -> String {
        match self {
            Self::Wave(h, k, phase) => format!("{h}*sin({k}*x + {phase})"),
            Self::Step(h, k, a) => format!("{h}*tanh({k}*(x - {a}))"),
            Self::Bump(h, a, w) => format!("{h}*exp(-((x - {a})/{w})^2)"),
        }
    }

    /// `sup U − inf U` over the line.
    fn oscillation(self) -> Enclosure {
        match self {
            Self::Wave(h, ..) | Self::Step(h, ..) => 2.0 * Enclosure::exact(h.abs()),
            Self::Bump(h, ..) => Enclosure::exact(h.abs()),
        }
    }
}

/// A law and a bounded perturbation of it.
#[derive(Clone, Debug)]
pub struct Instance {
    reference: Reference,
    perturbation: Perturbation,
}

impl Instance {
    fn new(reference: Reference, perturbation: Perturbation) -> Result<Self> {
        if perturbation.oscillation().is_finite() {
            Ok(Self { reference, perturbation })
        } else {
            Err(Error::hypothesis("L6", "H1 (U bounded)", perturbation.text()))
        }
    }

    fn random_perturbation(stream: &mut Stream, index: usize, height: f64) -> Perturbation {
        let h = height * [1.0, -1.0][index / 2 % 2] * stream.random_range(0.3..1.0);
        if index.is_multiple_of(2) {
            Perturbation::Step(h, stream.random_range(0.5..3.0), stream.random_range(-0.7..0.7))
        } else {
            Perturbation::Bump(h, stream.random_range(-0.7..0.7), stream.random_range(0.4..1.2))
        }
    }

    fn random_gaussian(stream: &mut Stream, index: usize) -> Result<Self> {
        let reference = if index % 3 == 2 {
            Reference::HalfGaussian
        } else {
            Reference::Gaussian(2_f64.powf(stream.random_range(-1.0..1.0)))
        };
        Self::new(reference, Self::random_perturbation(stream, index, 1.5))
    }

    fn random_uniform(stream: &mut Stream, _: usize) -> Result<Self> {
        let wave = Perturbation::Wave(
            stream.random_range(0.2..2.0),
            stream.random_range(0.5..4.0),
            stream.random_range(0.0..6.0),
        );
        Self::new(Reference::Uniform(stream.random_range(1.0..4.0)), wave)
    }

    fn random_well(stream: &mut Stream, index: usize) -> Result<Self> {
        let wells = ["x^4/4 - x^2/2 + 0.1*x", "x^4/4 - 3*x^2/2 + 0.3*x", "x^4 - 4*x^2 + 0.2*x"];
        Self::new(Reference::Well(wells[index % 3]), Self::random_perturbation(stream, index, 1.0))
    }

    /// A deep symmetric well whose barrier is raised by 2.
    fn raised_barrier() -> Result<Self> {
        Self::new(Reference::Well("4*(x^2 - 1)^2"), Perturbation::Bump(2.0, 0.0, 0.5))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, U = {}", self.reference.law(), self.perturbation.text())
    }
}

impl Theorem for HolleyStroock {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L6",
        chapter: Chapter::LogSobolev,
        title: "Bounded perturbations (Holley-Stroock)",
        statement: "C_LS(e^{−U}ν/Z) ≤ e^{osc U} C_LS(ν), osc U = sup U − inf U",
        hypotheses: &[("H1", "U is bounded"), ("H2", "C_LS(ν) < ∞")],
        why: "The entropy is an infimum over constants of integrals of a non-negative function, and so is the energy: \
              a change of measure costs the ratio of the largest to the smallest density.",
        checked: "The quotient of the best function found on the perturbed law on the line \
                  (Gaussian, half-Gaussian and uniform laws, tilted wells), against the exact constant of the law, or for \
                  wells the best quotient found, which is a lower bound.",
        not_checked: "That no function beats the best one found from many starts; dimension above one.",
        source: "Holley, Stroock, Logarithmic Sobolev inequalities and stochastic Ising models (1987)",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("Gaussian and half-Gaussian laws", 6, 40, Instance::random_gaussian),
            [
                family("uniform laws", 3, 20, Instance::random_uniform),
                family("tilted wells", 3, 24, Instance::random_well),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![SharpCase {
            name: "a constant U",
            kind: SharpKind::Attained(|| {
                Instance::new(Reference::Gaussian(0.75), Perturbation::Wave(0.0, 1.0, 0.5))
            }),
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "half of the oscillation",
                instance: Instance::raised_barrier,
                wrong: Wrong::Bound(|i| {
                    Ok(bounded_perturbation(i.reference.constant()?, i.perturbation.oscillation() / 2.0))
                }),
            },
            [
                FalseTwin {
                    name: "a perturbation of mean near 0 leaves the constant as it is",
                    instance: Instance::raised_barrier,
                    wrong: Wrong::Bound(|i| i.reference.constant()),
                },
                FalseTwin {
                    name: "1 + osc U in place of its exponential",
                    instance: Instance::raised_barrier,
                    wrong: Wrong::Bound(|i| {
                        Ok((1.0 + i.perturbation.oscillation()) * i.reference.constant()?)
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        instance.reference.law().perturbed(&instance.perturbation.text()).maximum()
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        Ok(bounded_perturbation(instance.reference.constant()?, instance.perturbation.oscillation()))
    }
}
