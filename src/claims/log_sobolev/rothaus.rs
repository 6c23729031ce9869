//! **L7**: Rothaus' inequality, and how it tightens a defective log-Sobolev inequality.
//!
//! *Statement.* `Ent(f²) ≤ Ent((f − μf)²) + 2 Var(f)`. Hence, if `Ent(f²) ≤ C∫|∇f|² + B∫f²` for all f with
//! `B ≥ 0`, then `C_LS ≤ C + (B + 2)C_P`.
//!
//! *Hypotheses.* H1: `f ∈ L²`. H2 (tightening): the defective inequality and `C_P < ∞`.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫|∇f|²`, `Var(f) ≤ C_P ∫|∇f|²`; on two points the energy is the square of the
//! difference.
//!
//! *Why.* With `μg = 0` and `f = c + g` compare the second derivatives in c. Apply the defective inequality to
//! `f − μf`, whose energy is that of f, and Poincaré's to the two variances.
//!
//! *Source.* Rothaus, *Analytic inequalities, isoperimetric inequalities and logarithmic Sobolev inequalities* (1985); two
//! points: Diaconis, Saloff-Coste, *Logarithmic Sobolev inequalities for finite Markov chains* (1996).
//!
//! *Checked.* Entropies on finite spaces in interval arithmetic and of explicit functions on the line by
//! quadrature. Tightening (left: the best function found): on two points, where `Ent(f²) ≤ log(1/min p) ∫f²` and both constants are known; on the line for
//! smooth bounded U on the normal law, where the defect is that of `fe^{−U/2}`. *Not
//! checked:* that no function beats the best one found from many starts.
//!
//! *Sharp.* `f = 1 ± ε` on two points of the same mass, `ε → 0`. *Dropping* either term makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::log_sobolev::line_law::LineLaw;
use crate::claims::log_sobolev::rothaus_instance::{Entropies, Probe, Step};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::log_sobolev_perturbation::tightened;
use crate::inequality::poincare::converged_poincare_constant;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct Rothaus;

/// What L7 is checked on.
#[derive(Clone, Debug)]
pub enum Instance {
    /// A function, on a finite space or on the line.
    Function(Probe),
    /// Tightening on two points of masses p and `1 − p`.
    TwoPoints(f64),
    /// Tightening on the line for `e^{−U}` times the normal law.
    Perturbed(Step),
}

impl Instance {
    fn random_two_points(stream: &mut Stream, _: usize) -> Result<Self> {
        Self::two_points(2_f64.powf(-stream.random_range(1.1..40.0)))
    }

    fn two_points(p: f64) -> Result<Self> {
        if p > 0.0 && p < 0.5 {
            Ok(Self::TwoPoints(p))
        } else {
            Err(Error::hypothesis("L7", "H2 (smaller mass in (0, ½))", p))
        }
    }

    fn random_perturbed(stream: &mut Stream, index: usize) -> Self {
        let height = [1.0, -0.6, 2.0][index % 3] * stream.random_range(0.7..1.0);
        Self::Perturbed(Step {
            height,
            steepness: stream.random_range(0.5..1.5),
            at: stream.random_range(-0.5..0.5),
        })
    }

    fn entropies(&self, of: fn(Entropies) -> Enclosure) -> Result<Enclosure> {
        match self {
            Self::Function(probe) => Ok(of(probe.entropies()?)),
            Self::TwoPoints(_) | Self::Perturbed(_) => Rothaus::bound(self),
        }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(probe) => write!(f, "{probe}"),
            Self::TwoPoints(p) => write!(f, "two points, p={p}"),
            Self::Perturbed(step) => write!(f, "N(0, 1), U = {}", step.text()),
        }
    }
}

/// `pq log(q/p)/(q − p)` with `q = 1 − p`.
fn two_point_log_sobolev(p: f64) -> Enclosure {
    let p = Enclosure::exact(p);
    let q = 1.0 - p;
    p * q * (q / p).ln() / (q - p)
}

/// `log(1/p)`: no density is larger than `1/p`.
fn two_point_defect(p: f64) -> Enclosure {
    -Enclosure::exact(p).ln()
}

/// `pq`.
fn two_point_poincare(p: f64) -> Enclosure {
    let p = Enclosure::exact(p);
    p * (1.0 - p)
}

impl Theorem for Rothaus {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L7",
        chapter: Chapter::LogSobolev,
        title: "Centring costs two variances (Rothaus)",
        statement: "Ent(f²) ≤ Ent((f−μf)²) + 2 Var(f); hence Ent(f²) ≤ C∫|∇f|² + B∫f² for all f, B ≥ 0, gives \
                    C_LS ≤ C + (B+2)C_P",
        hypotheses: &[("H1", "f ∈ L²"), ("H2", "tightening: the defective inequality, C_P < ∞")],
        why: "For f = c + g with μg = 0 compare the second derivatives in c; f − μf has the energy of f.",
        checked: "Entropies on finite spaces (interval arithmetic) and of explicit functions on the line (quadrature); \
                  tightening on two points, where both constants are known, and for bounded perturbations of the normal law.",
        not_checked: "The entropy of functions on the line beyond the level e^{−60} of the density; on the line, \
                      that no function beats the best one found; dimension above one.",
        source: "Rothaus, Analytic inequalities, isoperimetric inequalities and logarithmic Sobolev inequalities (1985)",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family = |name, evidence, quick, full, draw| Family { name, evidence, quick, full, draw };
        NonEmpty::new(
            family("finite spaces", Evidence::Certified, 20, 150, |s, i| {
                Ok(Instance::Function(Probe::random_finite(s, i)))
            }),
            [
                family("functions on the line", Evidence::Converged, 9, 60, |s, i| {
                    Ok(Instance::Function(Probe::random_line(s, i)))
                }),
                family("tightening on two points", Evidence::Certified, 8, 60, Instance::random_two_points),
                family("tightening on the line", Evidence::Converged, 3, 20, |s, i| {
                    Ok(Instance::random_perturbed(s, i))
                }),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![SharpCase {
            name: "1 ± ε on two equal masses, ε → 0",
            kind: SharpKind::Limit {
                instance: |size| Ok(Instance::Function(Probe::symmetric(size))),
                at: &[0.08, 0.04, 0.02, 0.01],
            },
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "one variance in place of two",
                instance: || Ok(Instance::Function(Probe::symmetric(0.125))),
                wrong: Wrong::Bound(|i| i.entropies(|e| e.centred + e.variance)),
            },
            [
                FalseTwin {
                    name: "the entropy of the centred function dropped",
                    instance: || Ok(Instance::Function(Probe::spike())),
                    wrong: Wrong::Bound(|i| i.entropies(|e| 2.0 * e.variance)),
                },
                FalseTwin {
                    name: "tightening by B·C_P in place of (B+2)·C_P",
                    instance: || Instance::two_points(0.375),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::TwoPoints(p) => Ok(two_point_defect(*p) * two_point_poincare(*p)),
                        _ => Rothaus::bound(i),
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Function(probe) => Ok(probe.entropies()?.whole),
            Instance::TwoPoints(p) => Ok(two_point_log_sobolev(*p)),
            Instance::Perturbed(step) => LineLaw::whole("x^2/2").perturbed(&step.text()).maximum(),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Function(probe) => {
                let e = probe.entropies()?;
                Ok(e.centred + 2.0 * e.variance)
            }
            Instance::TwoPoints(p) => {
                Ok(tightened(Enclosure::exact(0.0), two_point_defect(*p), two_point_poincare(*p)))
            }
            Instance::Perturbed(step) => {
                let law = LineLaw::whole("x^2/2").perturbed(&step.text());
                let poincare = converged_poincare_constant(&law.measure()?)?;
                Ok(tightened(Enclosure::exact(2.0), step.defect()?, poincare))
            }
        }
    }
}
