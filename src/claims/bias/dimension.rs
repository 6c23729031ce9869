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
//! the infinite series. (a) for mixtures: the plane's transport equation and Fokker-Planck equation for a rotated product of two
//! mixtures of normal laws, on grids that do not know the factors, against the sum of the two on the line (speeds; in the full
//! audit also actions and biases). *Not checked
//! here:* products of more than two laws that are not Gaussian; factors that are not mixtures of normal laws.
//!
//! *Sharp.* (a), (b) are equalities. *Dropping H2:* for `ε_i = 1/√i` the sum grows like log d.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::claims::line_instances::LineInstance;
use crate::dynamics::bias;
use crate::dynamics::fokker_planck::{Accuracy, AnnealedLine};
use crate::dynamics::plane::{PlaneAccuracy, plane_bias};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, MixturePath};
use crate::transport::line::{MetricDerivative, metric_derivative_squared as line_metric_derivative_squared};
use crate::transport::{
    action, metric_derivative_squared, mixture_action, mixture_metric_derivative_squared,
};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use std::f64::consts::FRAC_PI_2;
use std::fmt;

/// The claim.
pub struct Dimension;

/// Action, metric derivative, or forward bias at a slowness.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Quantity {
    /// The action.
    Action,
    /// The metric derivative `|p'_t|²`.
    Speed {
        /// Time.
        t: f64,
    },
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
            Self::Speed { t } => metric_derivative_squared(path, t),
            Self::Bias { kappa } => Ok(bias(path, kappa, START)?.forward_kl),
        }
    }
}

/// Paths start here, so that every schedule has a finite action.
const START: f64 = 0.0625;

/// Resolution of speeds and actions in the plane, by the transport equation.
const ACTIONS: f64 = 1e-6;
/// Resolution of biases in the plane: two digits of [`PlaneAccuracy::QUICK`].
const BIASES: f64 = 1e-2;

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
    /// (a) Two mixtures on the line with the same schedule, and their product in the plane, rotated.
    Mixtures {
        /// The paths of the factors.
        factors: Box<[LineInstance; 2]>,
        /// Angle of the rotation.
        turn: f64,
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
    /// Two random mixtures, no bump of which is narrower than half the base, under the cosine or the quadratic schedule (so that
    /// the whole action is finite).
    fn random_mixtures(stream: &mut Stream, index: usize, quantity: Quantity) -> Result<Self> {
        let name = ["cosine", "power 2"][index % 2];
        let mut factor = || {
            let weights = [stream.random_range(0.2..0.8), 0.5];
            let means = [stream.random_range(-1.5..-0.25), stream.random_range(0.25..1.5)];
            let stds = [stream.random_range(0.5..1.25), stream.random_range(0.5..1.25)];
            LineInstance::from_standard(LineMeasure::gaussian_mixture(&weights, &means, &stds)?, name)
        };
        let factors = Box::new([factor()?, factor()?]);
        Ok(Self::Mixtures { factors, turn: stream.random_range(0.25..1.25), quantity })
    }

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
            Self::Mixtures { factors, turn, quantity } => {
                write!(
                    f,
                    "{quantity:?} of the product of {} and {}, rotated by {turn}",
                    factors[0], factors[1]
                )
            }
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
        checked: "Rotated dense laws against sums over eigendirections; padded laws; spectra in up to 10⁶ dimensions. Rotated \
                  products of two mixtures in the plane against the sum over the line: speeds and, in the full audit, actions by both transport \
                  equations and KL biases by both Fokker-Planck equations.",
        not_checked: "Products of more than two laws that are not Gaussian, and factors other than mixtures of normal laws.",
        source: "Tensorisation; cf. [CCG] on the dependence on dimension",
        relation: Relation::Equality { resolution: 1e-9 },
        rests_on: &["T5"],
        file: file!(),
    };

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Spectrum { .. } => Relation::Upper,
            Instance::Mixtures { quantity: Quantity::Action | Quantity::Speed { .. }, .. } => {
                Relation::Equality { resolution: ACTIONS }
            }
            Instance::Mixtures { quantity: Quantity::Bias { .. }, .. } => {
                Relation::Equality { resolution: BIASES }
            }
            Instance::Product { .. } | Instance::Padding { .. } => Self::ABOUT.relation,
        }
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
                family("(a) rotated products of mixtures", Evidence::Converged, 1, 12, |stream, index| {
                    // Equations in the plane take seconds for an action or a bias: a few of the full audit.
                    let quantity = match index % 4 {
                        1 => Quantity::Action,
                        3 => Quantity::Bias { kappa: 10_f64.powf(stream.random_range(-1.0..1.0)) },
                        _ => Quantity::Speed { t: stream.random_range(0.25..0.9) },
                    };
                    Instance::random_mixtures(stream, index / 2, quantity)
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
            Instance::Mixtures { factors, turn, quantity } => in_the_plane(factors, *turn, *quantity),
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
            Instance::Product { .. } | Instance::Mixtures { .. } => Ok(factors(instance)?.into_iter().sum()),
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
    if let Instance::Mixtures { factors, quantity, .. } = instance {
        return factors.iter().map(|factor| on_the_line(factor, *quantity)).collect();
    }
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

/// The action by the field on the line; the bias by the Fokker-Planck equation on the line, from the start of the path.
fn on_the_line(factor: &LineInstance, quantity: Quantity) -> Result<Enclosure> {
    let schedule = factor.path.schedule();
    match quantity {
        Quantity::Action => {
            MetricDerivative::of(factor.path.curve(), (0.0, FRAC_PI_2))?.action(schedule, 0.0, 1.0)
        }
        Quantity::Speed { t } => {
            let angle = schedule.angle(t);
            let per_angle = line_metric_derivative_squared(factor.path.curve(), angle)?;
            Ok(per_angle / Enclosure::exact(schedule.time_rate(angle)).square())
        }
        Quantity::Bias { kappa } => {
            let law =
                AnnealedLine::along(&factor.path, 0.0, 1.0)?.law(schedule, kappa, Accuracy::default())?;
            Ok(law.bias().forward_kl)
        }
    }
}

/// Action or bias of the rotated product, as a mixture in the plane of all pairs of components.
fn in_the_plane(factors: &[LineInstance; 2], turn: f64, quantity: Quantity) -> Result<Enclosure> {
    let parameters = |k: usize| {
        factors[k].target.mixture_parameters().ok_or_else(|| Error::Undefined {
            what: "components".to_owned(),
            reason: "a factor is no mixture".to_owned(),
        })
    };
    let ([u, a, r], [v, b, s]) = (parameters(0)?, parameters(1)?);
    let (sine, cosine) = (core_math::sin(turn), core_math::cos(turn));
    let rotation = DMatrix::from_row_slice(2, 2, &[cosine, -sine, sine, cosine]);
    let (mut weights, mut means, mut covariances) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..u.len() {
        for j in 0..v.len() {
            weights.push(u[i] * v[j]);
            means.push(&rotation * DVector::from_vec(vec![a[i], b[j]]));
            let diagonal = DMatrix::from_diagonal(&DVector::from_vec(vec![r[i] * r[i], s[j] * s[j]]));
            let turned = &rotation * diagonal * rotation.transpose();
            covariances.push((&turned + turned.transpose()) * 0.5);
        }
    }
    let path = MixturePath::gaussian(Mixture::new(&weights, means, covariances)?);
    let schedule = factors[0].path.schedule();
    match quantity {
        Quantity::Action => mixture_action(&path, std::slice::from_ref(schedule))?
            .pop()
            .ok_or_else(|| Error::Undefined { what: "action".to_owned(), reason: "no schedule".to_owned() }),
        Quantity::Speed { t } => {
            let angle = schedule.angle(t);
            let per_angle = mixture_metric_derivative_squared(&path, angle)?;
            Ok(per_angle / Enclosure::exact(schedule.time_rate(angle)).square())
        }
        Quantity::Bias { kappa } => {
            Ok(plane_bias(&path, schedule, kappa, 0.0, 1.0, PlaneAccuracy::QUICK)?.forward_kl)
        }
    }
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
