//! **C14**: comparison with one dimension by the convexity profile.
//!
//! *Statement.* Let `κ_V(r) = inf_{|x−y|=r} ⟨∇V(x) − ∇V(y), x − y⟩/r² ≥ κ(r)`. Then, in every dimension,
//! `C_P(e^{−V}) ≤ C_P(e^{−V₁} on R)` with `V₁(ρ) = ∫₀^{|ρ|} s κ(2s) ds`.
//!
//! *Hypotheses.* H1: `κ_V ≥ κ`. H2: κ continuous, `rκ(r)` locally bounded, `liminf_∞ κ > 0`.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`.
//!
//! *Why.* Reflection coupling: `ρ = |X − Y|/2` satisfies `dρ ≤ −V₁'(ρ)dt + √2 dB`, and the first odd eigenfunction of
//! the law of V₁ makes a supermartingale of ρ up to the meeting time.
//!
//! *Source.* Chen, Wang, Trans. Amer. Math. Soc. 349 (1997).
//!
//! *Checked.* Left: spectral gaps of laws on the line and of radial laws up to d = 20. Right: the gap of the
//! law of V₁ for four kinds of profiles (strongly convex plus Lipschitz, also with bounded second derivatives; points in a
//! ball; quartic), V₁ by hand. Each profile is tried on pairs of points of its law. *Not checked:* laws in
//! several dimensions that are not radial.
//!
//! *Sharp.* Laws on the line equal to their own comparison law: `x⁴/4 − x²/2`, `x²/2 − |x|`, two Gaussians. *Dropping* H1
//! (the profile of another law) makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::poincare::perturbed_law::{PerturbedLaw, Term};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::ConvexityProfile;
use crate::inequality::poincare::poincare_constant;
use crate::inequality::poincare::radial::radial_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct OneDimensionalComparison;

/// What C14 is checked on.
#[derive(Clone, Debug)]
pub struct Instance {
    law: LineMeasure,
    description: String,
    /// 1, or the dimension of a radial law with `law` as the function of `|x|`.
    dim: usize,
    profile: ConvexityProfile,
}

impl Instance {
    /// A law on the line and a lower bound of its profile.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if two points of the law have a smaller slope between them.
    pub fn line(law: LineMeasure, description: impl Into<String>, profile: ConvexityProfile) -> Result<Self> {
        if let Some((x, y)) = profile.counterexample(&law) {
            return Err(Error::hypothesis(
                "C14",
                "H1 (κ_V ≥ κ)",
                format!("{profile} between {x} and {y}, {law}"),
            ));
        }
        Ok(Self::unchecked(law, description.into(), profile))
    }

    fn unchecked(law: LineMeasure, description: String, profile: ConvexityProfile) -> Self {
        Self { law, description, dim: 1, profile }
    }

    fn formula(potential: &str, profile: ConvexityProfile) -> Result<Self> {
        Self::line(LineMeasure::parse(potential, f64::NEG_INFINITY, f64::INFINITY)?, potential, profile)
    }

    /// `a|x|⁴/4 + b|x|²/2` on `R^d`.
    fn radial(quartic: f64, quadratic: f64, dim: usize) -> Result<Self> {
        let potential = format!("{quartic}*x^4/4 + ({quadratic})*x^2/2");
        let law = LineMeasure::parse(&potential, 0.0, f64::INFINITY)?;
        let description = format!("V = {potential}, x the norm, d = {dim}");
        Ok(Self { law, description, dim, profile: ConvexityProfile::Quartic { quartic, quadratic } })
    }

    /// A quartic, tilted and with a convex term, so that it is neither even nor equal to its comparison law.
    fn random_quartic(stream: &mut Stream, index: usize) -> Result<Self> {
        let (quartic, quadratic) = (stream.random_range(0.25..1.0), stream.random_range(-2.5..0.5));
        let tilt = stream.random_range(0.1..0.6);
        let convex = ["0*x", "0.2*exp(x)", "0.5*abs(x - 1)"][index % 3];
        let potential = format!("{quartic}*x^4/4 + ({quadratic})*x^2/2 - {tilt}*x + {convex}");
        Self::formula(&potential, ConvexityProfile::Quartic { quartic, quadratic })
    }

    /// Quadratic plus a smooth Lipschitz term, with the bound on its second derivative.
    fn random_smooth(stream: &mut Stream, index: usize) -> Result<Self> {
        let convexity = stream.random_range(0.5..2.0);
        let (size, rate) = (stream.random_range(0.5..2.5), stream.random_range(0.75..3.0));
        let term = match index % 3 {
            0 => Term::Wave { amplitude: size / rate, frequency: rate, phase: stream.random_range(0.0..6.0) },
            1 => Term::SoftKink { slope: -size, steepness: rate, centre: stream.random_range(-0.5..0.5) },
            _ => {
                Term::Step { amplitude: size / rate, steepness: rate, centre: stream.random_range(-0.5..0.5) }
            }
        };
        let laws = PerturbedLaw::on_line(format!("{convexity}*x^2/2"), vec![term])?;
        let concavity = laws.concavity().ok_or_else(|| Error::hypothesis("C14", "bounded U''", &laws))?.hi();
        let profile = ConvexityProfile::Smooth { convexity, slope: laws.slope().hi(), concavity };
        Self::line(laws.law.clone(), laws.to_string(), profile)
    }

    /// Quadratic with kinks: `θx²/2 − L₁|x − c₁| − L₂|x − c₂|`, and a tilt.
    fn random_kinks(stream: &mut Stream, _index: usize) -> Result<Self> {
        let convexity = stream.random_range(0.5..2.0);
        let kinks = [0.0; 2].map(|_| Term::Kink {
            slope: -stream.random_range(0.2..1.0),
            centre: stream.random_range(-1.0..1.0),
        });
        let laws = PerturbedLaw::on_line(format!("{convexity}*x^2/2 - 0.3*x"), kinks.to_vec())?;
        let profile = ConvexityProfile::Lipschitz { convexity, slope: laws.slope().hi() };
        Self::line(laws.law.clone(), laws.to_string(), profile)
    }

    /// Points in a ball, smoothed.
    fn random_ball(stream: &mut Stream, index: usize) -> Result<Self> {
        let (centre, radius) = (stream.random_range(-2.0..2.0), stream.random_range(0.5..2.5));
        let count = 3 + index % 3;
        let means: Vec<f64> =
            (0..count).map(|_| centre + radius * stream.random_range(-0.999..0.999)).collect();
        let weights: Vec<f64> = (0..count).map(|_| stream.random_range(0.05..1.0)).collect();
        let law = LineMeasure::gaussian_mixture(&weights, &means, &vec![1.0; count])?;
        let description = format!("weights {weights:?} at {means:?}, σ = 1");
        Self::line(law, description, ConvexityProfile::Ball { radius, variance: 1.0 })
    }

    fn random_radial(stream: &mut Stream, index: usize) -> Result<Self> {
        let (quartic, quadratic) = (stream.random_range(0.25..1.0), stream.random_range(-2.5..0.5));
        Self::radial(quartic, quadratic, [2, 5, 20][index % 3])
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.description, self.profile)
    }
}

/// `V₁` with `κ(4s)` in place of `κ(2s)`: `V₁(2ρ)/4`.
fn doubled(instance: &Instance) -> Result<Enclosure> {
    let potential = format!("({})/4", instance.profile.comparison_potential("2*x"));
    Ok(poincare_constant(&LineMeasure::parse(&potential, f64::NEG_INFINITY, f64::INFINITY)?)?.value)
}

const TILTED: ConvexityProfile = ConvexityProfile::Lipschitz { convexity: 1.0, slope: 1.0 };
const DOUBLE_WELL: ConvexityProfile = ConvexityProfile::Quartic { quartic: 1.0, quadratic: -1.0 };

impl Theorem for OneDimensionalComparison {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C14",
        chapter: Chapter::Poincare,
        title: "Comparison with one dimension",
        statement: "κ_V(r) = inf_{|x−y|=r} ⟨∇V(x) − ∇V(y), x − y⟩/r² ≥ κ(r) gives C_P(e^{−V}) ≤ C_P(e^{−V₁} on R), \
                    V₁(ρ) = ∫₀^{|ρ|} s κ(2s) ds",
        hypotheses: &[
            ("H1", "κ_V ≥ κ"),
            ("H2", "κ is continuous, rκ(r) locally bounded, liminf κ > 0 at infinity"),
        ],
        why: "Reflection coupling: half the distance stays below the diffusion in V₁; its first odd eigenfunction makes a \
              supermartingale up to the meeting time.",
        checked: "Spectral gaps of laws on the line and radial laws to d = 20 against the gap of V₁ for four kinds \
                  of profiles; every profile on the line is tried on pairs of points of its law.",
        not_checked: "Laws in several dimensions that are not radial.",
        source: "Chen, Wang, Estimation of spectral gap for elliptic operators, Trans. Amer. Math. Soc. 349 (1997)",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("tilted quartics", 3, 40, Instance::random_quartic),
            [
                family("smooth Lipschitz terms", 3, 40, Instance::random_smooth),
                family("kinks", 2, 30, Instance::random_kinks),
                family("points in a ball", 3, 40, Instance::random_ball),
                family("radial quartics", 3, 24, Instance::random_radial),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        let attained = |name, instance| SharpCase { name, kind: SharpKind::Attained(instance) };
        vec![
            // (x−1)⁴/4 − (x−1)²/2 up to a constant: the profile does not see the shift.
            attained("x⁴/4 − x²/2, shifted by 1", || {
                Instance::formula("x^4/4 - x^3 + x^2", DOUBLE_WELL)
            }),
            attained("x²/2 − |x|, shifted by 2", || Instance::formula("x^2/2 - 2*x - abs(x - 2)", TILTED)),
            attained("two Gaussians", || {
                let law = LineMeasure::gaussian_mixture(&[1.0, 1.0], &[-1.0, 2.0], &[1.0, 1.0])?;
                let profile = ConvexityProfile::Ball { radius: 1.5, variance: 1.0 };
                Instance::line(law, "½N(−1, 1) + ½N(2, 1)", profile)
            }),
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "κ(4s) in place of κ(2s), on x²/2 − |x|",
                instance: || Instance::formula("x^2/2 - abs(x)", TILTED),
                wrong: Wrong::Bound(doubled),
            },
            [
                FalseTwin {
                    name: "κ(4s) in place of κ(2s), on x⁴/4 − x²/2",
                    instance: || Instance::formula("x^4/4 - x^2/2", DOUBLE_WELL),
                    wrong: Wrong::Bound(doubled),
                },
                FalseTwin {
                    name: "the profile of a shallower well",
                    instance: || {
                        let potential = "x^4/4 - 3*x^2/2";
                        let law = LineMeasure::parse(potential, f64::NEG_INFINITY, f64::INFINITY)?;
                        Ok(Instance::unchecked(law, potential.to_owned(), DOUBLE_WELL))
                    },
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn target_file(instance: &Instance) -> Option<String> {
        (instance.dim == 1).then(|| instance.law.target_table())?
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        if instance.dim == 1 {
            Ok(poincare_constant(&instance.law)?.value)
        } else {
            Ok(radial_poincare_constant(&instance.law, instance.dim)?.value)
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        Ok(poincare_constant(&instance.profile.comparison_law()?)?.value)
    }
}
