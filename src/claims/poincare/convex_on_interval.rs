//! **C16**: convex potentials on an interval: length and curvature together (Payne-Weinberger).
//!
//! *Statement.* If μ has density `∝ e^{−V}` on an interval of length ℓ and `V'' ≥ ρ` with `π²/ℓ² + ρ/2 > 0`, then
//! `C_P(μ) ≤ 1/(π²/ℓ² + ρ/2)`. For convex V: `C_P ≤ ℓ²/π²`, whatever V is.
//!
//! *Hypotheses.* H1: the interval is bounded. H2: `V'' ≥ ρ`. H3: `π²/ℓ² + ρ/2 > 0`.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫f'² dμ`.
//!
//! *Why.* The extremal f solves `−(pf')' = f p/C_P`. Then `g = f'√p` vanishes at both ends and solves
//! `−g'' + (V''/2 + V'²/4)g = g/C_P`; the potential is at least `ρ/2`, and `∫g'² ≥ (π²/ℓ²)∫g²`.
//!
//! *Source.* Payne, Weinberger, *An optimal Poincaré inequality for convex domains*, Arch. Rational Mech. Anal. 5 (1960),
//! for `ρ = 0`; the term `ρ/2` is derived here.
//!
//! *Checked.* Left: the constant from its certified spectral gap. Right: the formula.
//! `V = ρx²/2 + ax + bx⁴/4`, `b ≥ 0`, ρ of either sign, intervals of all lengths. *Not checked:* convex domains in several
//! dimensions, for which the diameter takes the place of ℓ; unbounded intervals (C5).
//!
//! *Sharp.* The uniform law. *Dropping H2:* two wells on an interval.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result, finite};
use crate::inequality::poincare::poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct ConvexOnInterval;

/// `V = ρx²/2 + ax + bx⁴/4` on `[lo, hi]`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Instance {
    curvature: f64,
    slope: f64,
    quartic: f64,
    ends: (f64, f64),
}

impl Instance {
    /// A law that satisfies the hypotheses.
    ///
    /// # Errors
    /// [`Error::Domain`] for numbers that are not finite or an empty interval; [`Error::Hypothesis`] if H2 or H3 fails.
    pub fn new(curvature: f64, slope: f64, quartic: f64, ends: (f64, f64)) -> Result<Self> {
        for (name, value) in [("curvature", curvature), ("slope", slope), ("quartic", quartic)] {
            finite(name, value)?;
        }
        let length = finite("length", ends.1 - ends.0)?;
        if length <= 0.0 {
            return Err(Error::domain("ends", format!("{ends:?}"), "an interval"));
        }
        let instance = Self { curvature, slope, quartic, ends };
        if quartic < 0.0 {
            return Err(Error::hypothesis("C16", "H2 (V'' ≥ ρ)", instance));
        }
        if instance.gap().lo() <= 0.0 {
            return Err(Error::hypothesis("C16", "H3 (π²/ℓ² + ρ/2 > 0)", instance));
        }
        Ok(instance)
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let length: f64 = stream.random_range(-1.0_f64..2.0).exp2();
        let lo = stream.random_range(-2.0..1.0);
        // Concave by at most a third of what H3 allows, in every third instance.
        let curvature = match index % 3 {
            0 => stream.random_range(-0.6..0.0) * (std::f64::consts::PI / length).powi(2),
            _ => stream.random_range(0.0..4.0),
        };
        let quartic = if index.is_multiple_of(2) { 0.0 } else { stream.random_range(0.0..2.0) };
        Self::new(curvature, stream.random_range(-2.0..2.0), quartic, (lo, lo + length))
    }

    fn law(&self) -> Result<LineMeasure> {
        let Self { curvature, slope, quartic, ends } = *self;
        let potential = format!("{curvature}*x^2/2 + {slope}*x + {quartic}*x^4/4");
        LineMeasure::parse(&potential, ends.0, ends.1)
    }

    /// `(π/ℓ)²`.
    fn frequency_squared(&self) -> Enclosure {
        let length = Enclosure::exact(self.ends.1) - Enclosure::exact(self.ends.0);
        (Enclosure::certified(Interval::PI) / length).square()
    }

    /// `π²/ℓ² + ρ/2`.
    fn gap(&self) -> Enclosure {
        self.frequency_squared() + Enclosure::exact(self.curvature) / 2.0
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { curvature, slope, quartic, ends: (lo, hi) } = self;
        write!(f, "V = {curvature}·x²/2 + {slope}·x + {quartic}·x⁴/4 on [{lo}, {hi}]")
    }
}

impl Theorem for ConvexOnInterval {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C16",
        chapter: Chapter::Poincare,
        title: "Convex potentials on an interval (Payne-Weinberger)",
        statement: "For μ ∝ e^{−V} on an interval of length ℓ with V'' ≥ ρ: C_P(μ) ≤ 1/(π²/ℓ² + ρ/2); \
                    for convex V: C_P ≤ ℓ²/π²",
        hypotheses: &[("H1", "the interval is bounded"), ("H2", "V'' ≥ ρ"), ("H3", "π²/ℓ² + ρ/2 > 0")],
        why: "For the extremal f, g = f'√p vanishes at both ends and solves −g'' + (V''/2 + V'²/4)g = g/C_P; \
              the potential is at least ρ/2, and ∫g'² ≥ (π²/ℓ²)∫g².",
        checked: "The spectral gap of e^{−V}, V = ρx²/2 + ax + bx⁴/4 with b ≥ 0 and ρ of either sign, on intervals of \
                  length ½ to 4, against the formula.",
        not_checked: "Convex domains in several dimensions, with the diameter for ℓ; unbounded intervals.",
        source: "Payne, Weinberger, An optimal Poincaré inequality for convex domains, Arch. Rational Mech. Anal. 5 (1960); \
                 the term ρ/2 derived here",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        NonEmpty::new(
            Family {
                name: "polynomials on intervals",
                evidence: Evidence::Certified,
                quick: 12,
                full: 120,
                draw: Instance::random,
            },
            [],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![SharpCase {
            name: "uniform law",
            kind: SharpKind::Attained(|| Instance::new(0.0, 0.0, 0.0, (-0.5, 1.0))),
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "ρ in place of ρ/2",
                instance: || Instance::new(1.0, 0.0, 0.0, (-1.0, 1.0)),
                wrong: Wrong::Bound(|i| Ok(1.0 / (i.frequency_squared() + Enclosure::exact(i.curvature)))),
            },
            [
                FalseTwin {
                    name: "ℓ²/π² for two wells",
                    // V'' = 6(x² − 1) is −6 in the middle: ρ = 0 is claimed of a law that is not convex.
                    instance: || {
                        Ok(Instance { curvature: -6.0, slope: 0.0, quartic: 2.0, ends: (-2.0, 2.0) })
                    },
                    wrong: Wrong::Bound(|i| Ok(1.0 / i.frequency_squared())),
                },
                FalseTwin {
                    name: "with the half length",
                    instance: || Instance::new(0.0, 0.0, 0.0, (0.0, 1.0)),
                    wrong: Wrong::Bound(|i| Ok(1.0 / (i.frequency_squared() * 4.0))),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        Ok(poincare_constant(&instance.law()?)?.value)
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        Ok(1.0 / instance.gap())
    }
}
