//! **C5**: strongly log-concave laws (Bakry-Émery, Brascamp-Lieb).
//!
//! *Statement.* If `μ = e^{−V}` with `∇²V ≥ ρ > 0` then `C_P(μ) ≤ 1/ρ`; and for every f
//! `Var_μ(f) ≤ E⟨∇f, (∇²V)⁻¹∇f⟩`.
//!
//! *Hypotheses.* H1: `∇²V ≥ ρ > 0`.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`.
//!
//! *Why.* Solve `−Lφ = f − μ(f)`; Bochner's formula bounds `Var f` by `E⟨∇f, (∇²V)⁻¹∇f⟩`, which is at most
//! `E|∇f|²/ρ`.
//!
//! *Source.* Brascamp, Lieb, J. Funct. Anal. 22 (1976); Bakry, Émery (1985); Bakry, Gentil, Ledoux (2014), §4.8–4.9.
//!
//! *Checked.* Left: variance (for `C_P`: Rayleigh quotient) of quadratic, exponential, trigonometric and
//! linear functions, closed forms certified; the exact constant of laws on the line. Right: the
//! smallest eigenvalue of the precision matrix; the weighted energy. In the plane, non-Gaussian laws
//! against the constant from spectral elements. *Not checked:* potentials in more than two dimensions that
//! are not quadratic.
//!
//! *Sharp.* Linear functions on Gaussian laws; small exponentials. *Dropping* convexity makes the
//! right side meaningless (`ρ ≤ 0`).

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::Probe;
use crate::claims::poincare::exact_laws::ExactLaw;
use crate::claims::poincare::plane_law::PlaneLaw;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::{TestFunction, convexity};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use std::fmt;

/// The claim.
pub struct BakryEmery;

/// What C5 is checked on.
#[derive(Clone, Debug)]
pub enum Instance {
    /// `Var f/E|∇f|² ≤ 1/ρ` for a test function.
    Quotient(Probe),
    /// `Var f ≤ E⟨∇f, Σ∇f⟩` for a test function.
    BrascampLieb(Probe),
    /// `C_P ≤ 1/ρ` for a strongly log-concave law whose constant is known.
    Line(ExactLaw),
    /// `C_P ≤ 1/ρ` for a law in the plane.
    Plane(PlaneLaw),
}

impl Instance {
    /// A law whose constant is known.
    ///
    /// # Errors
    /// [`crate::error::Error::Hypothesis`] if its potential is not strongly convex.
    pub fn line(law: ExactLaw) -> Result<Self> {
        Ok(Self::Line(law.strongly_convex("C5")?))
    }

    fn random_line(stream: &mut Stream, index: usize) -> Result<Self> {
        Self::line(ExactLaw::random_caffarelli(stream, 1 + index % 3)?)
    }

    fn random_brascamp_lieb(stream: &mut Stream, index: usize) -> Result<Self> {
        // Linear functions give equality.
        let probe = Probe::random(stream, index)?;
        let function = match probe.function {
            TestFunction::Linear(a) => TestFunction::Sine(a),
            other => other,
        };
        Ok(Self::BrascampLieb(Probe { function, ..probe }))
    }

    /// `e^{hx}` on `N(0.5, 2)`: the ratio of the two sides is `(1 − e^{−s})/s`, `s = 2h²`.
    fn small_exponential(h: f64) -> Result<Self> {
        let law = Gaussian::isotropic(vec![0.5], 2.0)?;
        Ok(Self::BrascampLieb(Probe { law, function: TestFunction::Exponential(vec![h]) }))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quotient(probe) => write!(f, "quotient of {probe}"),
            Self::BrascampLieb(probe) => write!(f, "variance of {probe}"),
            Self::Line(law) => write!(f, "{law}"),
            Self::Plane(law) => write!(f, "{law}"),
        }
    }
}

impl Theorem for BakryEmery {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C5",
        chapter: Chapter::Poincare,
        title: "Strongly log-concave laws",
        statement: "∇²V ≥ ρ > 0 gives C_P(e^{−V}) ≤ 1/ρ, and Var(f) ≤ E⟨∇f, (∇²V)⁻¹∇f⟩",
        hypotheses: &[("H1", "∇²V ≥ ρ > 0")],
        why: "Solve −Lφ = f − μ(f): Bochner's formula bounds Var f by E⟨∇f, (∇²V)⁻¹∇f⟩ ≤ E|∇f|²/ρ.",
        checked: "Variances and Rayleigh quotients of quadratic, exponential, trigonometric and linear functions on \
                  Gaussian laws (d to 200, condition numbers to 10⁸) against the precision matrix and the weighted \
                  energy; exactly known strongly log-concave laws on the line; non-Gaussian ones in the plane.",
        not_checked: "Potentials in more than two dimensions that are not quadratic.",
        source: "Brascamp, Lieb (1976); Bakry, Émery (1985); Bakry, Gentil, Ledoux (2014), §4.8-4.9",
        relation: Relation::Upper,
        rests_on: &["C4"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            family("Rayleigh quotients", 18, 120, |s, i| Ok(Instance::Quotient(Probe::random(s, i)?))),
            [
                family("Brascamp-Lieb", 18, 120, Instance::random_brascamp_lieb),
                family("laws on the line", 3, 30, Instance::random_line),
                Family {
                    name: "laws in the plane",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 12,
                    draw: |s, _| Ok(Instance::Plane(PlaneLaw::random(s))),
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "linear function along the widest direction",
                kind: SharpKind::Attained(|| Ok(Instance::Quotient(Probe::widest()?))),
            },
            SharpCase {
                name: "Brascamp-Lieb for a linear function in any direction",
                kind: SharpKind::Attained(|| {
                    let Probe { law, .. } = Probe::widest()?;
                    let function = TestFunction::Linear(vec![1.0, -2.0, 0.5]);
                    Ok(Instance::BrascampLieb(Probe { law, function }))
                }),
            },
            SharpCase {
                name: "Brascamp-Lieb for an exponential that flattens",
                kind: SharpKind::Limit {
                    instance: Instance::small_exponential,
                    at: &[0.16, 0.08, 0.04, 0.02, 0.01],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "∇²V in place of its inverse",
                instance: || {
                    let law = Gaussian::diagonal(vec![0.0, 1.0], vec![4.0, 0.5])?;
                    let function = TestFunction::Linear(vec![1.0, 0.25]);
                    Ok(Instance::BrascampLieb(Probe { law, function }))
                },
                wrong: Wrong::Bound(|i| match i {
                    Instance::BrascampLieb(probe) => {
                        let inverse = probe.law.precision().map(Enclosure::mid);
                        let dual = Gaussian::new(probe.law.mean().clone(), inverse)?;
                        probe.function.weighted_energy(&dual)
                    }
                    _ => BakryEmery::bound(i),
                }),
            },
            [
                FalseTwin {
                    name: "the largest eigenvalue of ∇²V in place of the smallest",
                    instance: || Ok(Instance::Quotient(Probe::widest()?)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Quotient(probe) => Ok(probe.law.spectrum().smallest()),
                        _ => BakryEmery::bound(i),
                    }),
                },
                FalseTwin {
                    name: "1/(2ρ): the generator without the factor of the noise",
                    instance: || Ok(Instance::Quotient(Probe::widest()?)),
                    wrong: Wrong::Bound(|i| Ok(BakryEmery::bound(i)? / 2.0)),
                },
                FalseTwin {
                    name: "convexity at one point in place of everywhere",
                    // The curvature m/cos²x of −m log cos x exceeds 4m beyond π/3.
                    instance: || Instance::line(ExactLaw::Cosine { power: 2 }),
                    wrong: Wrong::Bound(|i| Ok(BakryEmery::bound(i)? / 4.0)),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Quotient(probe) => probe.function.poincare_quotient(&probe.law),
            Instance::BrascampLieb(probe) => probe.function.variance(&probe.law),
            Instance::Line(law) => Ok(law.poincare_constant()),
            Instance::Plane(law) => law.poincare_constant(),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Quotient(probe) => Ok(1.0 / convexity(&probe.law)?),
            Instance::BrascampLieb(probe) => probe.function.weighted_energy(&probe.law),
            Instance::Line(law) => Ok(1.0 / law.convexity()),
            Instance::Plane(law) => Ok(1.0 / law.convexity()),
        }
    }
}
