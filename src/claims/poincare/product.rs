//! **C2**: the Poincaré constant of a product is the largest of the factors'.
//!
//! *Statement.* `C_P(μ_1 ⊗ … ⊗ μ_n) = max C_P(μ_i)`; the constant does not depend on the basis.
//!
//! *Hypotheses.* H1: `C_P(μ_i) < ∞` for every factor.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`.
//!
//! *Why.* `Var f ≤ Σ E Var_i f` (Efron-Stein), and each term is at most `C_P(μ_i) E|∇_i f|²`. Functions of
//! one factor show that the maximum is needed.
//!
//! *Source.* Bakry, Gentil, Ledoux, *Analysis and Geometry of Markov Diffusion Operators* (2014), §4.3.
//!
//! *Checked.* Left: largest eigenvalue of the covariance of the product in a reflected basis that
//! mixes the factors. Right: the maximum over the factors. *Not checked:* laws that are not Gaussian.
//!
//! *Sharp.* It is an equality. *Dropping* independence makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::functional_instances::{LinearImage, Product};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::image_covariance_norm;
use crate::measure::gaussian::Gaussian;
use nalgebra::DMatrix;

/// The claim.
pub struct ProductConstant;

impl Theorem for ProductConstant {
    type Instance = Product;

    const ABOUT: About = About {
        id: "C2",
        chapter: Chapter::Poincare,
        title: "Poincaré constant of a product",
        statement: "C_P(μ₁ ⊗ … ⊗ μₙ) = max C_P(μᵢ)",
        hypotheses: &[("H1", "C_P(μᵢ) is finite for every factor")],
        why: "Var f ≤ Σ E Varᵢ f, and each term is at most C_P(μᵢ) E|∇ᵢf|²; functions of one factor need the maximum.",
        checked: "The covariance of the product, assembled from its blocks and seen in a basis that mixes the \
                  factors, against the maximum over the factors; two and three factors, condition numbers to 10⁸.",
        not_checked: "Factors that are not Gaussian.",
        source: "Bakry, Gentil, Ledoux, Analysis and Geometry of Markov Diffusion Operators (2014), §4.3",
        // Double-double arithmetic leaves a few roundings of a float.
        relation: Relation::Equality { resolution: 1e-13 },
        rests_on: &["C1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Product>> {
        NonEmpty::new(
            Family {
                name: "products in a mixed basis",
                evidence: Evidence::Certified,
                quick: 16,
                full: 120,
                draw: Product::random,
            },
            [],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Product>> {
        NonEmpty::new(
            FalseTwin {
                name: "the sum of the constants",
                instance: Product::unequal,
                wrong: Wrong::Bound(|i| Ok(i.constants(Gaussian::poincare_constant).sum())),
            },
            [
                FalseTwin {
                    name: "the constant of the first factor",
                    instance: || {
                        let mut product = Product::unequal()?;
                        product.laws.reverse();
                        Ok(product)
                    },
                    wrong: Wrong::Bound(|i| Ok(i.laws[0].poincare_constant())),
                },
                FalseTwin {
                    name: "dependent variables: (X, X)",
                    instance: || {
                        let law = LinearImage::aligned()?.law;
                        let normal = vec![1.0; 2 * law.dim()];
                        Ok(Product { laws: vec![law.clone(), law], normal })
                    },
                    wrong: Wrong::Observed(|i| {
                        let d = i.laws[0].dim();
                        let twice = DMatrix::from_fn(2 * d, d, |row, j| if row % d == j { 1.0 } else { 0.0 });
                        image_covariance_norm(&i.laws[0], &twice)
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Product) -> Result<Enclosure> {
        instance.covariance_norm()
    }

    fn bound(instance: &Product) -> Result<Enclosure> {
        Ok(instance.constants(Gaussian::poincare_constant).fold(Enclosure::exact(0.0), Enclosure::max))
    }
}
