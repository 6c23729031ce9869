//! **L1**: the log-Sobolev constant of Gaussian laws, of scalings and of products.
//!
//! *Statement.* `C_LS(N(m, σ²I)) = 2σ²` (in general `2‖Σ‖`); `C_LS(aX + b) = a² C_LS(X)`;
//! `C_LS(μ_1 ⊗ … ⊗ μ_n) = max C_LS(μ_i)`.
//!
//! *Hypotheses.* H1: the constants are finite. H2: the factors are independent.
//!
//! *Normalisation.* `C_LS(μ)` is the smallest C with `Ent_μ(f²) ≤ C ∫|∇f|² dμ`. Many papers use half of it.
//!
//! *Why.* Gross's inequality; entropy is subadditive over products; `f(ax + b)` has the gradient `a∇f`.
//!
//! *Source.* Gross, *Logarithmic Sobolev inequalities*, Amer. J. Math. 97 (1975); Bakry, Gentil, Ledoux (2014), ch. 5.
//!
//! *Checked.* Quotients `Ent(f²)/∫|∇f|²` of exponentials, for isotropic laws equal to the constant; the
//! covariances of scalings and of products in a mixed basis. *Not checked:* laws that are not Gaussian.
//!
//! *Sharp.* Exponentials along the widest direction. *Dropping* H2: `(X, X)` has twice the constant.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::{LinearImage, Probe, Product, dense_law, describe};
use crate::claims::gaussian_instances::random_target;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::inequality::{exponential_log_sobolev_quotient, image_covariance_norm, scaled_covariance_norm};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// The claim.
pub struct GaussianConstant;

/// What L1 is checked on.
#[derive(Clone, Debug)]
pub enum Instance {
    /// The exponential `e^{⟨a,x⟩/2}` on a law.
    Quotient(Gaussian, Vec<f64>),
    /// The same on `N(m, σ²I)`, given with σ², where it is extremal whatever its direction.
    Isotropic(Gaussian, f64, Vec<f64>),
    /// The law of `aX`.
    Scaling(Gaussian, f64),
    /// A product.
    Product(Product),
}

impl Instance {
    fn random_quotient(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = dense_law(stream, index)?;
        let direction = (0..law.dim()).map(|_| stream.sample::<f64, _>(StandardNormal)).collect();
        Ok(Self::Quotient(law, direction))
    }

    fn random_isotropic(stream: &mut Stream, index: usize) -> Result<Self> {
        let dim = [1, 2, 10, 1000][index % 4];
        let mean = (0..dim).map(|_| stream.random_range(-1.0..1.0)).collect();
        let direction = (0..dim).map(|_| stream.sample::<f64, _>(StandardNormal) / 4.0).collect();
        let variance = 2_f64.powf(stream.random_range(-6.0..6.0));
        Ok(Self::Isotropic(Gaussian::isotropic(mean, variance)?, variance, direction))
    }

    fn random_scaling(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Self::Scaling(random_target(stream, index)?, stream.random_range(-3.0..3.0)))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |v: &[f64]| if v.len() > 5 { format!("{:?}…", &v[..2]) } else { format!("{v:?}") };
        match self {
            Self::Quotient(law, a) | Self::Isotropic(law, _, a) => {
                write!(f, "exp(½⟨{}, x⟩) on {}", shown(a), describe(law))
            }
            Self::Scaling(law, factor) => write!(f, "{factor}·X, X ~ {}", describe(law)),
            Self::Product(product) => write!(f, "{product}"),
        }
    }
}

impl Theorem for GaussianConstant {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L1",
        chapter: Chapter::LogSobolev,
        title: "Gaussian laws, scalings, products",
        statement: "C_LS(N(m, σ²I)) = 2σ²; C_LS(aX + b) = a² C_LS(X); C_LS(μ₁ ⊗ … ⊗ μₙ) = max C_LS(μᵢ)",
        hypotheses: &[("H1", "the constants are finite"), ("H2", "the factors of a product are independent")],
        why: "Gross's inequality; entropy is subadditive over products; f(ax + b) has the gradient a∇f.",
        checked: "Quotients Ent(f²)/∫|∇f|² of exponentials, which attain 2σ² on isotropic laws (d to 1000); \
                  covariances of scalings, and of products in a basis that mixes the factors.",
        not_checked: "Scalings and products of laws that are not Gaussian.",
        source: "Gross (1975); Bakry, Gentil, Ledoux, Analysis and Geometry of Markov Diffusion Operators (2014), ch. 5",
        relation: Relation::Upper,
        rests_on: &["C1", "C2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            family("exponentials on general laws", 12, 90, Instance::random_quotient),
            [
                family("exponentials on isotropic laws", 12, 60, Instance::random_isotropic),
                family("scalings", 16, 90, Instance::random_scaling),
                family("products in a mixed basis", 12, 90, |s, i| {
                    Ok(Instance::Product(Product::random(s, i)?))
                }),
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Quotient(..) => Relation::Upper,
            // Interval sums over a thousand coordinates lose a few more digits than the rest.
            Instance::Isotropic(..) => Relation::Equality { resolution: 1e-10 },
            Instance::Scaling(..) | Instance::Product(_) => Relation::Equality { resolution: 1e-13 },
        }
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![SharpCase {
            name: "exponential along the widest direction",
            kind: SharpKind::Attained(|| {
                let probe = Probe::widest()?;
                let direction = probe.function.direction().to_vec();
                Ok(Instance::Quotient(probe.law, direction))
            }),
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        fn isotropic() -> Result<Instance> {
            Ok(Instance::Isotropic(Gaussian::isotropic(vec![0.5, -1.0], 3.0)?, 3.0, vec![0.25, 1.0]))
        }
        NonEmpty::new(
            FalseTwin {
                name: "σ² in place of 2σ² (the other normalisation)",
                instance: isotropic,
                wrong: Wrong::Bound(|i| Ok(GaussianConstant::bound(i)? / 2.0)),
            },
            [
                FalseTwin {
                    name: "|a| in place of a²",
                    instance: || Ok(Instance::Scaling(LinearImage::aligned()?.law, 3.0)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Scaling(law, a) => Ok(law.log_sobolev_constant() * a.abs()),
                        _ => GaussianConstant::bound(i),
                    }),
                },
                FalseTwin {
                    name: "the sum over the factors of a product",
                    instance: || Ok(Instance::Product(Product::unequal()?)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Product(p) => Ok(p.constants(Gaussian::log_sobolev_constant).sum()),
                        _ => GaussianConstant::bound(i),
                    }),
                },
                FalseTwin {
                    name: "dependent factors: (X, X)",
                    instance: || {
                        let law = LinearImage::aligned()?.law;
                        let normal = vec![1.0; 2 * law.dim()];
                        Ok(Instance::Product(Product { laws: vec![law.clone(), law], normal }))
                    },
                    wrong: Wrong::Observed(|i| match i {
                        Instance::Product(p) => {
                            let d = p.laws[0].dim();
                            let twice =
                                DMatrix::from_fn(2 * d, d, |row, j| if row % d == j { 1.0 } else { 0.0 });
                            Ok(2.0 * image_covariance_norm(&p.laws[0], &twice)?)
                        }
                        _ => GaussianConstant::observed(i),
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Quotient(law, a) | Instance::Isotropic(law, _, a) => {
                exponential_log_sobolev_quotient(law, a)
            }
            Instance::Scaling(law, factor) => Ok(2.0 * scaled_covariance_norm(law, *factor)),
            Instance::Product(product) => Ok(2.0 * product.covariance_norm()?),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        Ok(match instance {
            Instance::Quotient(law, _) => law.log_sobolev_constant(),
            Instance::Isotropic(_, variance, _) => 2.0 * Enclosure::exact(*variance),
            Instance::Scaling(law, factor) => Enclosure::exact(*factor).square() * law.log_sobolev_constant(),
            Instance::Product(p) => {
                p.constants(Gaussian::log_sobolev_constant).fold(Enclosure::exact(0.0), Enclosure::max)
            }
        })
    }
}
