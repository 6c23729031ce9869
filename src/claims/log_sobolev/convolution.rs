//! **L3**: log-Sobolev constants of convolutions, and along the path.
//!
//! *Statement.* `C_LS(μ * ν) ≤ C_LS(μ) + C_LS(ν)`, hence `C_LS(p_t) ≤ λ C_LS(π) + (1−λ) C_LS(ν)`; with the
//! standard base `C_LS(p_t) ≤ λ C_LS(π) + 2(1−λ)`.
//!
//! *Hypotheses.* H1: both constants are finite. H2: the two variables are independent.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫|∇f|²`; path `X_t = √λ X + √(1−λ) Z`.
//!
//! *Why.* Apply the inequality of the product to `f(x + z)`: its gradients in x and z are the same.
//!
//! *Source.* Chafaï, *Entropies, convexity, and functional inequalities* (2004); Bakry, Gentil, Ledoux (2014), ch. 5.
//!
//! *Checked.* Left: twice the largest eigenvalue of the covariance of the sum.
//! Right: the sum of the constants. All schedules, d up to 1000. *Not checked:* laws that are not Gaussian.
//!
//! *Sharp.* Gaussian laws that are widest in the same direction. *Dropping* H2 makes it false: `X + X`.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::{Convolution, LinearImage};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::scaled_covariance_norm;

/// The claim.
pub struct ConvolutionBound;

impl Theorem for ConvolutionBound {
    type Instance = Convolution;

    const ABOUT: About = About {
        id: "L3",
        chapter: Chapter::LogSobolev,
        title: "Log-Sobolev constants add under convolution",
        statement: "C_LS(μ*ν) ≤ C_LS(μ) + C_LS(ν); C_LS(p_t) ≤ λ C_LS(π) + (1−λ) C_LS(ν)",
        hypotheses: &[("H1", "both constants are finite"), ("H2", "the two variables are independent")],
        why: "Apply the inequality of the product to f(x + z), whose gradients in x and in z are the same.",
        checked: "Twice the largest eigenvalue of the covariance of the sum against the sum of the constants: plain \
                  sums and points of paths under all schedules, general laws and diagonal ones in d = 1000.",
        not_checked: "Laws that are not Gaussian.",
        source: "Chafaï (2004); Bakry, Gentil, Ledoux (2014), ch. 5; [CCG], inequalities along the path",
        relation: Relation::Upper,
        rests_on: &["L1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Convolution>> {
        let family = |name, draw| Family { name, evidence: Evidence::Certified, quick: 15, full: 100, draw };
        NonEmpty::new(
            family("sums", Convolution::random),
            [family("points of a path", Convolution::random_on_path)],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Convolution>> {
        vec![
            SharpCase {
                name: "Gaussian laws widest in the same direction",
                kind: SharpKind::Attained(Convolution::aligned),
            },
            SharpCase {
                name: "a path from the standard base",
                kind: SharpKind::Attained(Convolution::aligned_on_path),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Convolution>> {
        NonEmpty::new(
            FalseTwin {
                name: "1−λ in place of 2(1−λ) for the standard base",
                instance: Convolution::aligned_on_path,
                wrong: Wrong::Bound(|i| {
                    let [(target, lambda), (_, complement)] = i.parts();
                    Ok(lambda * target.log_sobolev_constant() + complement)
                }),
            },
            [
                FalseTwin {
                    name: "the larger constant in place of the sum",
                    instance: Convolution::aligned,
                    wrong: Wrong::Bound(|i| {
                        Ok(i.parts()
                            .iter()
                            .map(|(law, w)| *w * law.log_sobolev_constant())
                            .fold(Enclosure::exact(0.0), Enclosure::max))
                    }),
                },
                FalseTwin {
                    name: "dependent variables: X + X",
                    instance: || {
                        let law = LinearImage::aligned()?.law;
                        Ok(Convolution::Sum(law.clone(), law))
                    },
                    wrong: Wrong::Observed(|i| Ok(2.0 * scaled_covariance_norm(i.parts()[0].0, 2.0))),
                },
            ],
        )
    }

    fn observed(instance: &Convolution) -> Result<Enclosure> {
        Ok(2.0 * instance.covariance_norm()?)
    }

    fn bound(instance: &Convolution) -> Result<Enclosure> {
        Ok(instance.parts().into_iter().map(|(law, weight)| weight * law.log_sobolev_constant()).sum())
    }
}
