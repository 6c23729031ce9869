//! **C3**: Poincaré constants of convolutions, and along the path.
//!
//! *Statement.* `C_P(μ * ν) ≤ C_P(μ) + C_P(ν)`, hence `C_P(p_t) ≤ λ C_P(π) + (1−λ) C_P(ν)`.
//!
//! *Hypotheses.* H1: both constants are finite. H2: the two variables are independent.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`; path `X_t = √λ X + √(1−λ) Z`.
//!
//! *Why.* Apply the inequality of the product to `f(x + z)`: its gradients in x and z are the same
//! `∇f`, so `Var f ≤ (C_P(μ) + C_P(ν)) E|∇f|²`. Along the path with C1.
//!
//! *Source.* Bakry, Gentil, Ledoux, *Analysis and Geometry of Markov Diffusion Operators* (2014); \[CCG\]
//! (Poincaré inequalities along the path).
//!
//! *Checked.* Left: largest eigenvalue of the covariance of the sum. Right: sum of the constants.
//! All schedules, d up to 1000. *Not checked:* laws that are not Gaussian.
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
        id: "C3",
        chapter: Chapter::Poincare,
        title: "Poincaré constants add under convolution",
        statement: "C_P(μ*ν) ≤ C_P(μ) + C_P(ν); C_P(p_t) ≤ λ C_P(π) + (1−λ) C_P(ν)",
        hypotheses: &[("H1", "both constants are finite"), ("H2", "the two variables are independent")],
        why: "Apply the inequality of the product to f(x + z), whose gradients in x and in z are the same.",
        checked: "The largest eigenvalue of the covariance of the sum against the sum of the constants: plain \
                  sums and points of paths under all schedules, general laws and diagonal ones in d = 1000.",
        not_checked: "Laws that are not Gaussian.",
        source: "Bakry, Gentil, Ledoux, Analysis and Geometry of Markov Diffusion Operators (2014); [CCG], Poincaré \
                 inequalities along the path",
        relation: Relation::Upper,
        rests_on: &["C1", "C2"],
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
                name: "the larger constant in place of the sum",
                instance: Convolution::aligned,
                wrong: Wrong::Bound(|i| {
                    Ok(i.parts()
                        .iter()
                        .map(|(l, w)| *w * l.poincare_constant())
                        .fold(0.0.into(), Enclosure::max))
                }),
            },
            [
                FalseTwin {
                    name: "weights λ² and (1−λ)² in place of λ and 1−λ",
                    instance: Convolution::aligned_on_path,
                    wrong: Wrong::Bound(|i| {
                        Ok(i.parts().iter().map(|(l, w)| w.square() * l.poincare_constant()).sum())
                    }),
                },
                FalseTwin {
                    name: "dependent variables: X + X",
                    instance: || {
                        let law = LinearImage::aligned()?.law;
                        Ok(Convolution::Sum(law.clone(), law))
                    },
                    wrong: Wrong::Observed(|i| Ok(scaled_covariance_norm(i.parts()[0].0, 2.0))),
                },
            ],
        )
    }

    fn observed(instance: &Convolution) -> Result<Enclosure> {
        instance.covariance_norm()
    }

    fn bound(instance: &Convolution) -> Result<Enclosure> {
        Ok(instance.parts().into_iter().map(|(law, weight)| weight * law.poincare_constant()).sum())
    }
}
