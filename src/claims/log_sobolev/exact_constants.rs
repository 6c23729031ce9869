//! **L14**: log-Sobolev constants that are known exactly.
//!
//! *Statement.* `C_LS` is `2σ²` for `N(m, σ²)`, `2a²/π²` for the uniform law of length a, `2/(m+1)` for densities `∝ cos^m` on
//! `(−π/2, π/2)`; and exactly 2 for `e^{−x²/2−W}` with W convex and `o(x²)` at an infinite end of the support (half-Gaussian,
//! chi laws, `e^{−x²/2−|x|}`), though `C_P < 1` there unless W is affine.
//!
//! *Hypotheses.* H1: the law is of one of these forms.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫f'²`, `Var(f) ≤ C_P ∫f'²`, `C_LS ≥ 2C_P`.
//!
//! *Why.* Above: curvature (with dimension, for the cosines). Below: `2C_P` for the first three; for the last the functions
//! `e^{sx}`, `s → ∞`, under which the law looks like a normal law far out.
//!
//! *Source.* Bakry, Gentil, Ledoux, *Analysis and Geometry of Markov Diffusion Operators* (2014), §§2.7, 5.4, 5.7.
//!
//! *Checked.* Left: the quotient of the best function found, converged, with no table in between; for `e^{−x²/2−W}` it
//! stays below 2, and the quotients of `e^{sx}`, by quadrature under the tilted law, tend to 2. Right: the
//! formulae. *Not checked:* that no function beats the best one found from many starts.
//!
//! *Sharp.* Everywhere. *Dropping* the infinite end makes the last statement false, and `C_LS = 2C_P` is false in general.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::log_sobolev::line_law::LineLaw;
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result, positive};
use crate::inequality::log_sobolev::maximise;
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct ExactConstants;

/// A law whose constant is known.
#[derive(Clone, Debug)]
pub enum Instance {
    /// `N(m, σ²)`: m, σ.
    Gaussian(f64, f64),
    /// Uniform: left end, length.
    Uniform(f64, f64),
    /// `cos^m`.
    Cosine(f64),
    /// `e^{−x²/2−W}` with W convex: the best function found.
    Convex(LineLaw),
    /// The same: the limit of the quotients of `e^{sx}`.
    Exponentials(LineLaw),
    /// The same: the quotient of `e^{x/(2ε)}`.
    Exponential(LineLaw, f64),
}

/// Convex functions W that grow more slowly than squares, with the left end of the support.
const SLOW: [(&str, f64); 4] = [
    ("0", 0.0),
    ("abs(x)", f64::NEG_INFINITY),
    ("2*sqrt(1 + (x - 1)^2) - x", f64::NEG_INFINITY),
    ("0.5*abs(x - 1)", -1.0),
];

/// Values of `1/t` for the tilts `e^{tx}` whose limit is taken.
const TILTS: [f64; 5] = [1.0 / 64.0, 1.0 / 128.0, 1.0 / 256.0, 1.0 / 512.0, 1.0 / 1024.0];

impl Instance {
    fn slow(index: usize) -> LineLaw {
        let (text, lo) = SLOW[index % SLOW.len()];
        LineLaw::new(format!("x^2/2 + ({text})"), lo, f64::INFINITY)
    }

    fn random_table(stream: &mut Stream, index: usize) -> Self {
        let scale = 2_f64.powf(stream.random_range(-3.0..3.0));
        let shift = stream.random_range(-3.0..3.0);
        match index % 3 {
            0 => Self::Gaussian(shift, scale),
            1 => Self::Uniform(shift, scale),
            _ => Self::Cosine([1.0, 2.0, 3.0, 6.0, 4.5][index / 3 % 5]),
        }
    }

    fn random_convex(stream: &mut Stream, index: usize) -> Self {
        Self::Convex(match index % 3 {
            0 => Self::slow(index / 3),
            // Chi laws with k degrees of freedom: W = −(k−1) log x.
            1 => {
                LineLaw::new(format!("x^2/2 - {}*log(x)", stream.random_range(0.5..4.0)), 0.0, f64::INFINITY)
            }
            _ => LineLaw::whole(format!(
                "x^2/2 + {}*abs(x - {})",
                stream.random_range(0.3..2.0),
                stream.random_range(-1.0..1.0)
            )),
        })
    }

    fn exponential(law: LineLaw, size: f64) -> Result<Self> {
        if size > 0.0 {
            Ok(Self::Exponential(law, size))
        } else {
            Err(Error::hypothesis("L14", "s < ∞", size))
        }
    }

    fn half_gaussian() -> LineLaw {
        Self::slow(0)
    }

    /// The law whose constant is compared with twice its Poincaré constant.
    fn measure(&self) -> Result<LineMeasure> {
        match self {
            Self::Gaussian(mean, deviation) => LineMeasure::gaussian(*mean, *deviation),
            Self::Uniform(left, length) => LineMeasure::uniform(*left, left + length),
            Self::Cosine(power) => LineMeasure::cos_power(*power),
            Self::Convex(law) | Self::Exponentials(law) | Self::Exponential(law, _) => law.measure(),
        }
    }
}

/// `Ent(f²)/∫f'²` for `f = e^{tx/2}`: `4(t M'(t) − M(t))/t²` with `M(t) = log μ(e^{tX})`.
fn exponential_quotient(law: &LineLaw, t: f64) -> Result<Enclosure> {
    positive("t", t)?;
    let (log_moment, mean) = law.tilted(t)?;
    Ok(4.0 * (mean * t - log_moment) / Enclosure::exact(t).square())
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(mean, deviation) => write!(f, "N({mean}, {deviation}²)"),
            Self::Uniform(left, length) => write!(f, "uniform on ({left}, {left} + {length})"),
            Self::Cosine(power) => write!(f, "density ∝ cos^{power}"),
            Self::Convex(law) => write!(f, "best function on {law}"),
            Self::Exponentials(law) => write!(f, "exponentials on {law}"),
            Self::Exponential(law, size) => write!(f, "exp(x/(2·{size})) on {law}"),
        }
    }
}

impl Theorem for ExactConstants {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L14",
        chapter: Chapter::LogSobolev,
        title: "Log-Sobolev constants known exactly",
        statement: "C_LS = 2σ² for N(m, σ²), 2a²/π² for the uniform law of length a, 2/(m+1) for cos^m on (−π/2, π/2), and 2 \
                    for e^{−x²/2−W}, W convex and o(x²) at an infinite end",
        hypotheses: &[("H1", "the law is of one of these forms")],
        why: "Above: curvature. Below: twice the Poincaré constant, or the functions e^{sx}, s → ∞, under which the law \
              looks like a normal law far out.",
        checked: "The quotient of the best function found, without a table; for e^{−x²/2−W} it stays below 2 and the \
                  quotients of e^{sx} tend to 2 (half-Gaussian laws, chi laws, kinks).",
        not_checked: "That no function beats the best one found from many starts.",
        source: "Bakry, Gentil, Ledoux, Analysis and Geometry of Markov Diffusion Operators (2014), §§2.7, 5.4, 5.7",
        relation: Relation::Equality { resolution: 1e-6 },
        rests_on: &["L2", "L5"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("Gaussian, uniform and cosine laws", 6, 30, |s, i| Ok(Instance::random_table(s, i))),
            [
                family("at most 2 on e^{−x²/2−W}", 4, 24, |s, i| Ok(Instance::random_convex(s, i))),
                family("2 in the limit on e^{−x²/2−W}", SLOW.len(), SLOW.len(), |_, i| {
                    Ok(Instance::Exponentials(Instance::slow(i)))
                }),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "e^{sx} on the half-Gaussian law, s → ∞",
                kind: SharpKind::Limit {
                    instance: |size| Instance::exponential(Instance::half_gaussian(), size),
                    at: &[0.08, 0.04, 0.02, 0.01],
                },
            },
            SharpCase {
                name: "e^{sx} on e^{−x²/2−|x|}, s → ∞",
                kind: SharpKind::Limit {
                    instance: |size| Instance::exponential(Instance::slow(1), size),
                    at: &[0.08, 0.04, 0.02, 0.01],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        let twice_poincare =
            Wrong::Bound(|i: &Instance| Ok(2.0 * converged_poincare_constant(&i.measure()?)?));
        NonEmpty::new(
            FalseTwin {
                name: "C_LS = 2C_P always (half-Gaussian law)",
                instance: || Ok(Instance::Exponentials(Instance::half_gaussian())),
                wrong: twice_poincare,
            },
            [
                FalseTwin {
                    name: "C_LS = 2C_P always (N(0, 1) cut to (0, √3))",
                    instance: || Ok(Instance::Convex(LineLaw::new("x^2/2", 0.0, 3.0_f64.sqrt()))),
                    wrong: Wrong::Bound(|i| Ok(2.0 * converged_poincare_constant(&i.measure()?)?)),
                },
                FalseTwin {
                    name: "2/m for cos^m, the bound by curvature alone",
                    instance: || Ok(Instance::Cosine(2.0)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Cosine(power) => Ok(2.0 / Enclosure::exact(*power)),
                        _ => ExactConstants::bound(i),
                    }),
                },
                FalseTwin {
                    name: "σ² for N(m, σ²), as for Poincaré",
                    instance: || Ok(Instance::Gaussian(0.5, 1.5)),
                    wrong: Wrong::Bound(|i| Ok(ExactConstants::bound(i)? / 2.0)),
                },
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Convex(_) | Instance::Exponential(..) => Relation::Upper,
            _ => Self::ABOUT.relation,
        }
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Exponential(law, size) => exponential_quotient(law, 1.0 / size),
            Instance::Exponentials(law) => {
                let points = TILTS
                    .iter()
                    .map(|size| Ok((*size, exponential_quotient(law, 1.0 / size)?)))
                    .collect::<Result<Vec<_>>>()?;
                Ok(limit_at_zero(&points))
            }
            _ => Ok(maximise(&instance.measure()?)?.value),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        Ok(match instance {
            Instance::Gaussian(_, deviation) => 2.0 * Enclosure::exact(*deviation).square(),
            Instance::Uniform(left, length) => {
                // The ends are floats: the length is their exact difference.
                let length = Enclosure::exact(left + length) - Enclosure::exact(*left);
                2.0 * (length / Enclosure::certified(Interval::PI)).square()
            }
            Instance::Cosine(power) => 2.0 / (Enclosure::exact(*power) + 1.0),
            _ => Enclosure::exact(2.0),
        })
    }
}
