//! **L5**: the log-Sobolev constant of strongly log-concave laws (Bakry-Émery).
//!
//! *Statement.* If `μ = e^{−V}` with `∇²V ≥ ρ > 0` then `C_LS(μ) ≤ 2/ρ`.
//!
//! *Hypotheses.* H1: `∇²V ≥ ρ > 0`.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫|∇f|²`, equivalently `KL(q|μ) ≤ (C_LS/4) I(q|μ)`.
//!
//! *Why.* Along the semigroup of μ the Fisher information falls like `e^{−2ρτ}`, and it is the rate at which the
//! entropy falls.
//!
//! *Source.* Bakry, Émery, *Diffusions hypercontractives* (1985); Bakry, Gentil, Ledoux (2014), §5.7.
//!
//! *Checked.* Left: `4 KL(q|μ)/I(q|μ)` for Gaussian q, and quotients of exponentials; the exact constant of
//! laws on the line. Right: the smallest eigenvalue of the precision matrix. *Not checked:* potentials in
//! several dimensions that are not quadratic.
//!
//! *Sharp.* Gaussian laws (exponentials, translations along the widest direction); the half-Gaussian
//! law. *Dropping* convexity makes the right side meaningless.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::{LinearImage, Probe, dense_law, describe};
use crate::claims::poincare::exact_laws::ExactLaw;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::{convexity, exponential_log_sobolev_quotient, relative_log_sobolev_quotient};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// The claim.
pub struct BakryEmery;

/// What L5 is checked on.
#[expect(clippy::large_enum_variant, reason = "an instance lives alone, one at a time")]
#[derive(Clone, Debug)]
pub enum Instance {
    /// `f² = dq/dμ` for Gaussian laws μ and q.
    Density(Gaussian, Gaussian),
    /// `f = e^{⟨a,x⟩/2}` on a Gaussian law.
    Exponential(Gaussian, Vec<f64>),
    /// A law on the line whose constant is known.
    Line(ExactLaw),
}

impl Instance {
    /// A law whose constant is known.
    ///
    /// # Errors
    /// [`crate::error::Error::Hypothesis`] if its potential is not strongly convex.
    pub fn line(law: ExactLaw) -> Result<Self> {
        Ok(Self::Line(law.strongly_convex("L5")?))
    }

    fn random_density(stream: &mut Stream, index: usize) -> Result<Self> {
        let mu = dense_law(stream, index)?;
        let q = Gaussian::random(stream, mu.dim(), 30.0, 1.0)?;
        Ok(Self::Density(mu, q))
    }

    fn random_diagonal(stream: &mut Stream, _: usize) -> Result<Self> {
        let mut law = || {
            let mean = (0..500).map(|_| stream.random_range(-1.0..1.0)).collect();
            let variances = (0..500).map(|_| 2_f64.powf(stream.random_range(-2.0..2.0))).collect();
            Gaussian::diagonal(mean, variances)
        };
        Ok(Self::Density(law()?, law()?))
    }

    fn random_exponential(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = dense_law(stream, index)?;
        let direction = (0..law.dim()).map(|_| stream.sample::<f64, _>(StandardNormal)).collect();
        Ok(Self::Exponential(law, direction))
    }

    fn random_line(_: &mut Stream, index: usize) -> Result<Self> {
        Self::line(ExactLaw::Cosine { power: [1, 2][index % 2] })
    }

    /// μ and its translate along the widest direction.
    fn translated() -> Result<Self> {
        let mu = LinearImage::aligned()?.law;
        let direction = mu.spectrum().eigenvectors().column(mu.dim() - 1).into_owned();
        let q = Gaussian::new(mu.mean() + direction * 1.5, mu.covariance())?;
        Ok(Self::Density(mu, q))
    }

    fn widest() -> Result<Self> {
        let probe = Probe::widest()?;
        let direction = probe.function.direction().to_vec();
        Ok(Self::Exponential(probe.law, direction))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Density(mu, q) => write!(f, "f² = dq/dμ, q = {}, μ = {}", describe(q), describe(mu)),
            Self::Exponential(law, a) => write!(f, "exp(½⟨{a:?}, x⟩) on {}", describe(law)),
            Self::Line(law) => write!(f, "{law}"),
        }
    }
}

impl Theorem for BakryEmery {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L5",
        chapter: Chapter::LogSobolev,
        title: "Strongly log-concave laws (Bakry-Émery)",
        statement: "∇²V ≥ ρ > 0 gives C_LS(e^{−V}) ≤ 2/ρ",
        hypotheses: &[("H1", "∇²V ≥ ρ > 0")],
        why: "Along the semigroup the Fisher information falls like e^{−2ρτ}, and it is the rate at which the entropy falls.",
        checked: "4 KL(q|μ)/I(q|μ) for Gaussian q and quotients of exponentials on Gaussian laws (general covariances, \
                  diagonal ones in d = 500) against the precision matrix; exactly known laws on the line.",
        not_checked: "Potentials in several dimensions that are not quadratic.",
        source: "Bakry, Émery, Diffusions hypercontractives (1985); Bakry, Gentil, Ledoux (2014), §5.7",
        relation: Relation::Upper,
        rests_on: &["L1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            family("Gaussian densities", 12, 100, Instance::random_density),
            [
                family("diagonal Gaussian densities", 2, 20, Instance::random_diagonal),
                family("exponentials", 12, 90, Instance::random_exponential),
                family("cosine laws on the line", 2, 2, Instance::random_line),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "exponential along the widest direction",
                kind: SharpKind::Attained(Instance::widest),
            },
            SharpCase {
                name: "translation along the widest direction",
                kind: SharpKind::Attained(Instance::translated),
            },
            SharpCase {
                name: "half-Gaussian law",
                kind: SharpKind::Attained(|| Instance::line(ExactLaw::HalfGaussian { deviation: 0.75 })),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "1/ρ in place of 2/ρ",
                instance: Instance::translated,
                wrong: Wrong::Bound(|i| Ok(BakryEmery::bound(i)? / 2.0)),
            },
            [
                FalseTwin {
                    name: "the largest eigenvalue of ∇²V in place of the smallest",
                    instance: Instance::widest,
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Exponential(law, _) => Ok(2.0 * law.spectrum().smallest()),
                        _ => BakryEmery::bound(i),
                    }),
                },
                FalseTwin {
                    name: "KL(q|μ) ≤ (1/ρ)·I(q|μ)/4: half of the constant in the entropy form",
                    instance: Instance::translated,
                    wrong: Wrong::Observed(|i| match i {
                        Instance::Density(mu, q) => {
                            Ok(8.0 * q.kl_divergence(mu)? / q.relative_fisher_information(mu)?)
                        }
                        _ => BakryEmery::observed(i),
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Density(mu, q) => relative_log_sobolev_quotient(mu, q),
            Instance::Exponential(law, a) => exponential_log_sobolev_quotient(law, a),
            Instance::Line(law) => Ok(law.log_sobolev_constant()),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Density(law, _) | Instance::Exponential(law, _) => Ok(2.0 / convexity(law)?),
            Instance::Line(law) => Ok(2.0 / law.convexity()),
        }
    }
}
