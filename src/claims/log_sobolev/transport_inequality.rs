//! **L12**: log-Sobolev implies the transport inequality (Otto-Villani).
//!
//! *Statement.* `W₂²(q, μ) ≤ C_LS(μ)·KL(q|μ)` for every q.
//!
//! *Hypotheses.* H1: `C_LS(μ) < ∞`. H2: the divergence is taken relative to μ.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫|∇f|²`; `KL(q|μ) = ∫ q log(q/μ)`; `N(0, 1)`: `W₂² ≤ 2 KL`.
//!
//! *Why.* Along the heat flow of μ from q the distance grows at most like `√I`, and `√KL` falls at least like
//! `√I/√C_LS`.
//!
//! *Source.* Otto, Villani, J. Funct. Anal. 173 (2000); Gaussian case Talagrand (1996).
//!
//! *Checked.* Both sides between Gaussian laws with general covariances, d up to 1000: the optimal map
//! from Newton's method, verified, against the divergence and the widest variance. *Not checked:* q or μ
//! that are not Gaussian.
//!
//! *Sharp.* Translations along the widest direction. *Dropping* H2 (the divergence reversed, or
//! the constant of q) makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::{LinearImage, dense_law, describe};
use crate::claims::gaussian_instances::random_target;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct TransportInequality;

/// Two Gaussian laws.
#[derive(Clone, Debug)]
pub struct Pair {
    /// q.
    pub q: Gaussian,
    /// μ.
    pub mu: Gaussian,
}

impl Pair {
    /// Two general laws of the same dimension.
    fn random_dense(stream: &mut Stream, index: usize) -> Result<Self> {
        let mu = dense_law(stream, index)?;
        let q = Gaussian::random(stream, mu.dim(), 20.0, 1.5)?;
        Ok(Self { q, mu })
    }

    /// Two diagonal laws in d = 1, 20 or 1000.
    fn random_diagonal(stream: &mut Stream, index: usize) -> Result<Self> {
        let mu = random_target(stream, [5, 6][index % 2])?;
        let mut draw =
            |lo: f64, hi: f64| -> Vec<f64> { (0..mu.dim()).map(|_| stream.random_range(lo..hi)).collect() };
        let mean = draw(-2.0, 2.0);
        let variances = draw(-3.0, 3.0).into_iter().map(f64::exp2).collect();
        Ok(Self { q: Gaussian::diagonal(mean, variances)?, mu })
    }

    /// μ and a small deformation of it: covariances that differ by a ten-thousandth.
    fn random_near(stream: &mut Stream, index: usize) -> Result<Self> {
        let mu = dense_law(stream, index)?;
        let factor = 1.0 + 1e-4 * stream.random_range(0.5..1.0);
        let q = Gaussian::new(mu.mean().clone(), mu.covariance() * factor)?;
        Ok(Self { q, mu })
    }

    /// A general law and its translate along its widest direction.
    fn translated() -> Result<Self> {
        let mu = LinearImage::aligned()?.law;
        let direction = mu.spectrum().eigenvectors().column(mu.dim() - 1).into_owned();
        let q = Gaussian::new(mu.mean() + direction * 1.75, mu.covariance())?;
        Ok(Self { q, mu })
    }

    /// `N(shift, variance)` and `N(0, 1)` on the line.
    fn line(shift: f64, variance: f64) -> Result<Self> {
        Ok(Self { q: Gaussian::isotropic(vec![shift], variance)?, mu: Gaussian::standard(1)? })
    }

    /// `N(1, (1+h)²)` and `N(0, 1)`: the ratio of the sides is `(1 + h²)/(1 + 2h + h² − 2 log(1+h))`.
    fn nearly_translated(h: f64) -> Result<Self> {
        Self::line(1.0, (1.0 + h) * (1.0 + h))
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "q = {}, μ = {}", describe(&self.q), describe(&self.mu))
    }
}

impl Theorem for TransportInequality {
    type Instance = Pair;

    const ABOUT: About = About {
        id: "L12",
        chapter: Chapter::LogSobolev,
        title: "Transport inequality (Otto-Villani)",
        statement: "W₂²(q, μ) ≤ C_LS(μ)·KL(q|μ) for every q",
        hypotheses: &[("H1", "C_LS(μ) is finite"), ("H2", "the divergence is taken relative to μ")],
        why: "Along the heat flow of μ from q, W₂ grows at most like √I and √KL falls at least like √I/√C_LS.",
        checked: "Wasserstein distances (verified optimal maps) against divergences between Gaussian laws: general \
                  covariances with condition numbers to 10⁸, diagonal ones in d = 1000, near-coincident ones.",
        not_checked: "Laws that are not Gaussian.",
        source: "Otto, Villani, J. Funct. Anal. 173 (2000); Talagrand (1996) for Gaussian laws",
        relation: Relation::Upper,
        rests_on: &["L1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Pair>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            family("general pairs", 12, 100, Pair::random_dense),
            [
                family("diagonal pairs", 4, 40, Pair::random_diagonal),
                family("nearly the same law", 8, 60, Pair::random_near),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Pair>> {
        vec![
            SharpCase {
                name: "translation along the widest direction",
                kind: SharpKind::Attained(Pair::translated),
            },
            SharpCase {
                name: "a translation with a deformation that vanishes",
                kind: SharpKind::Limit {
                    instance: Pair::nearly_translated,
                    at: &[0.08, 0.04, 0.02, 0.01, 0.005],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Pair>> {
        NonEmpty::new(
            FalseTwin {
                name: "C_LS/2 (the other normalisation)",
                instance: Pair::translated,
                wrong: Wrong::Bound(|i| Ok(i.mu.log_sobolev_constant() / 2.0 * i.q.kl_divergence(&i.mu)?)),
            },
            [
                FalseTwin {
                    name: "KL(μ|q) in place of KL(q|μ)",
                    // q = N(0, 100): 81 against 3.62.
                    instance: || Pair::line(0.0, 100.0),
                    wrong: Wrong::Bound(|i| Ok(i.mu.log_sobolev_constant() * i.mu.kl_divergence(&i.q)?)),
                },
                FalseTwin {
                    name: "the constant of q in place of that of μ",
                    instance: || Pair::line(2.0, 0.0625),
                    wrong: Wrong::Bound(|i| Ok(i.q.log_sobolev_constant() * i.q.kl_divergence(&i.mu)?)),
                },
                FalseTwin {
                    name: "the narrowest direction of μ in place of the widest",
                    instance: Pair::translated,
                    wrong: Wrong::Bound(|i| {
                        Ok(2.0 * i.mu.spectrum().smallest() * i.q.kl_divergence(&i.mu)?)
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Pair) -> Result<Enclosure> {
        instance.q.wasserstein2_squared(&instance.mu)
    }

    fn bound(instance: &Pair) -> Result<Enclosure> {
        Ok(instance.mu.log_sobolev_constant() * instance.q.kl_divergence(&instance.mu)?)
    }
}
