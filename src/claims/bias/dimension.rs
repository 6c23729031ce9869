//! **B10**: how action and bias depend on the dimension.
//!
//! *Statement.* (a) For products action and KL bias add up over the factors. (b) For `π = π_k ⊗ γ_{d−k}`
//! and `ν = γ_d` neither depends on d. (c) For a centred Gaussian target with covariance eigenvalues
//! `1 + ε_i`: `|p'_t|² = Σ(λ̇ε_i)²/(4(1+λε_i))`, bounded in d iff `Σε_i² < ∞` (for `ε_i ≥ 0`: at most
//! `λ̇²Σε_i²/4`).
//!
//! *Hypotheses.* H1: target and base are products in the same basis. H2 (c): `Σε_i² < ∞`.
//!
//! *Normalisation.* Base `γ = N(0, I)`; action `∫|p'_t|² dt`.
//!
//! *Why.* Fields and laws of products are products; a factor γ does not move.
//!
//! *Source.* Tensorisation; the criterion follows from the formula. Cf. \[CCG\] on dimension.
//!
//! *Checked.* (a) a dense, rotated path against the sum over its eigendirections; (b) a path padded by
//! standard coordinates; (c) the metric derivative in up to a million dimensions against the sum of
//! the infinite series. *Not checked here:* products of laws that are not Gaussian.
//!
//! *Sharp.* (a), (b) are equalities. *Dropping H2:* for `ε_i = 1/√i` the sum grows like log d.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::dynamics::bias;
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::transport::{action, metric_derivative_squared};
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct Dimension;

/// Action, or forward bias at a slowness.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Quantity {
    /// The action.
    Action,
    /// `KL(p_1|q)`.
    Bias {
        /// Slowness.
        kappa: f64,
    },
}

impl Quantity {
    fn of(self, path: &GaussianPath) -> Result<Enclosure> {
        match self {
            Self::Action => action(path, START, 1.0),
            Self::Bias { kappa } => Ok(bias(path, kappa, START)?.forward_kl),
        }
    }
}

/// Paths start here, so that every schedule has a finite action.
const START: f64 = 0.0625;

/// The parts of the statement.
#[derive(Debug)]
pub enum Instance {
    /// (a) A dense path, whose eigendirections are the factors.
    Product {
        /// The path as a whole.
        path: Box<GaussianPath>,
        /// What adds up.
        quantity: Quantity,
    },
    /// (b) A path and the same with standard coordinates appended.
    Padding {
        /// The path in k dimensions.
        path: Box<GaussianPath>,
        /// Number of coordinates appended.
        extra: usize,
        /// What does not change.
        quantity: Quantity,
    },
    /// (c) The spectrum `1 + i^{−exponent}`, `i ≤ dim`, at time `t` of the linear schedule.
    Spectrum {
        /// Decay exponent of ε.
        exponent: f64,
        /// Dimension.
        dim: usize,
        /// Time.
        t: f64,
    },
}

impl Instance {
    fn spectrum(exponent: f64, dim: usize, t: f64) -> Result<Self> {
        if exponent > 0.5 {
            Ok(Self::Spectrum { exponent, dim, t })
        } else {
            Err(Error::hypothesis("B10", "H2 (Σε_i² < ∞: exponent > 1/2)", exponent))
        }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product { path, quantity } => write!(f, "{quantity:?} of the product {path}"),
            Self::Padding { path, extra, quantity } => {
                write!(f, "{quantity:?} of {path}, padded by {extra} coordinates")
            }
            Self::Spectrum { exponent, dim, t } => {
                write!(f, "|p'|² for eigenvalues 1 + i^-{exponent} in d={dim}, linear schedule at t={t}")
            }
        }
    }
}

impl Theorem for Dimension {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "B10",
        chapter: Chapter::Bias,
        title: "Action and bias against dimension",
        statement: "Products: action and bias add up. π_k ⊗ γ_{d−k}: independent of d. Eigenvalues 1+ε_i: \
                    |p'_t|² = Σ(λ̇ε_i)²/(4(1+λε_i)), bounded in d iff Σε_i² < ∞",
        hypotheses: &[
            ("H1", "target and base are products in the same basis"),
            ("H2", "Σε_i² < ∞, for the bound in (c)"),
        ],
        why: "Fields and laws of products are products; a factor γ of target and base does not move.",
        checked: "Rotated dense laws against sums over eigendirections; padded laws; spectra in up to 10⁶ dimensions.",
        not_checked: "Products of laws that are not Gaussian.",
        source: "Tensorisation; cf. [CCG] on the dependence on dimension",
        relation: Relation::Equality { resolution: 1e-9 },
        rests_on: &["T5"],
        file: file!(),
    };

    fn relation(instance: &Instance) -> Relation {
        if matches!(instance, Instance::Spectrum { .. }) { Relation::Upper } else { Self::ABOUT.relation }
    }

    fn families() -> NonEmpty<Family<Instance>> {
        let family = |name, evidence, quick, full, draw| Family { name, evidence, quick, full, draw };
        NonEmpty::new(
            family("(a) rotated products", Evidence::Converged, 8, 60, |stream: &mut Stream, index| {
                let target = Gaussian::random(stream, 2 + index % 3, 50.0, 1.0)?;
                let path = Box::new(GaussianPath::from_standard(target, random_schedule(stream))?);
                Ok(Instance::Product { path, quantity: random_quantity(stream, index) })
            }),
            [
                family("(b) padded by standard coordinates", Evidence::Converged, 6, 40, |stream, index| {
                    let mean = (0..2).map(|_| stream.random_range(-1.0..1.0)).collect();
                    let variances = (0..2).map(|_| stream.random_range(0.25..4.0)).collect();
                    let target = Gaussian::diagonal(mean, variances)?;
                    let path = Box::new(GaussianPath::from_standard(target, random_schedule(stream))?);
                    let extra = [1, 10, 200][index % 3];
                    Ok(Instance::Padding { path, extra, quantity: random_quantity(stream, index) })
                }),
                family("(c) square-summable spectra", Evidence::Certified, 6, 24, |stream, index| {
                    let dim = [10, 1000, 100_000][index % 3];
                    Instance::spectrum(stream.random_range(0.625..2.0), dim, stream.random_range(0.0..1.0))
                }),
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "bounded for ε_i = 1/√i",
                // Bounded by twice the value in a hundred dimensions, say: it grows like log d.
                instance: || Ok(Instance::Spectrum { exponent: 0.5, dim: 1_000_000, t: 0.5 }),
                wrong: Wrong::Bound(|_| Ok(spectrum_derivative(0.5, 100, 0.5)? * 2.0)),
            },
            [
                FalseTwin {
                    name: "the largest factor in place of the sum",
                    instance: || asymmetric_product(Quantity::Action),
                    wrong: Wrong::Bound(|i| {
                        Ok(factors(i)?.into_iter().fold(Enclosure::exact(0.0), Enclosure::max))
                    }),
                },
                FalseTwin {
                    name: "d times the mean over directions of one factor",
                    instance: || asymmetric_product(Quantity::Bias { kappa: 0.5 }),
                    wrong: Wrong::Bound(|i| Ok(factors(i)?[0] * 2.0)),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Product { path, quantity } => quantity.of(path),
            Instance::Padding { path, extra, quantity } => {
                let target = path.target();
                let pad = |values: &[f64], with: f64| {
                    values.iter().copied().chain(std::iter::repeat_n(with, *extra)).collect::<Vec<_>>()
                };
                let variances = target.variances().unwrap_or_default();
                let padded = Gaussian::diagonal(pad(target.mean().as_slice(), 0.0), pad(variances, 1.0))?;
                quantity.of(&GaussianPath::from_standard(padded, path.schedule().clone())?)
            }
            Instance::Spectrum { exponent, dim, t } => spectrum_derivative(*exponent, *dim, *t),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Product { .. } => Ok(factors(instance)?.into_iter().sum()),
            Instance::Padding { path, quantity, .. } => quantity.of(path),
            Instance::Spectrum { exponent, .. } => {
                // λ̇²/4·Σ_{i≥1} i^{−2p} ≤ ¼(1 + ∫_1^∞ x^{−2p} dx).
                let tail = Interval::ONE / (Interval::point(2.0 * exponent) - Interval::ONE);
                Ok(Enclosure::certified((Interval::ONE + tail) / Interval::point(4.0)))
            }
        }
    }
}

/// The values of the quantity on the one-dimensional factors.
fn factors(instance: &Instance) -> Result<Vec<Enclosure>> {
    let Instance::Product { path, quantity } = instance else {
        return Err(Error::Undefined {
            what: "factors".to_owned(),
            reason: "the instance is no product".to_owned(),
        });
    };
    let spectrum = path.target().spectrum();
    let means = spectrum.coordinates(path.target().mean().as_slice())?;
    let mut values = Vec::new();
    for (variance, mean) in spectrum.eigenvalues().iter().zip(means) {
        let factor = Gaussian::isotropic(vec![mean.mid()], variance.mid())?;
        let value = quantity.of(&GaussianPath::from_standard(factor, path.schedule().clone())?)?;
        // Mean and variance of the factor are rounded to floats: a few units, to which action and
        // bias are proportional at most quadratically.
        values.push(value.widened(16.0 * f64::EPSILON * value.hi()).weakened(Evidence::Exact));
    }
    Ok(values)
}

/// `|p'_t|²` for the linear schedule from the metric derivative of the path.
fn spectrum_derivative(exponent: f64, dim: usize, t: f64) -> Result<Enclosure> {
    let variances = (1..=dim).map(|i| 1.0 + core_math::pow(i as f64, -exponent)).collect();
    let target = Gaussian::diagonal(vec![0.0; dim], variances)?;
    metric_derivative_squared(&GaussianPath::from_standard(target, schedule("linear")?)?, t)
}

fn random_quantity(stream: &mut Stream, index: usize) -> Quantity {
    if index.is_multiple_of(2) {
        Quantity::Action
    } else {
        Quantity::Bias { kappa: 10_f64.powf(stream.random_range(-2.0..1.0)) }
    }
}

/// A correlated, non-centred target in the plane.
fn asymmetric_product(quantity: Quantity) -> Result<Instance> {
    let covariance = nalgebra::DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.5, 3.0]);
    let target = Gaussian::new(nalgebra::DVector::from_vec(vec![1.0, -2.0]), covariance)?;
    let path = Box::new(GaussianPath::from_standard(target, schedule("cosine")?)?);
    Ok(Instance::Product { path, quantity })
}
