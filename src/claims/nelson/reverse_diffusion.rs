//! **N4**: the Nelson process of the Ornstein-Uhlenbeck schedule is the reverse of the noising process.
//!
//! *Statement.* For ν = γ, `λ_t = e^{−2(1−t)}` and κ = 1 the drift of the Nelson process is
//! `v_t(y) + ∇log p_t(y) = y + 2∇log p_t(y)`: the reverse-time equation of `dU = −U ds + √2 dB`,
//! which diffusion models simulate.
//!
//! *Hypotheses.* H1: ν = γ. H2: `λ = e^{−2c(1−t)}` with c = 1. H3: κ = 1.
//!
//! *Normalisation.* `dX = drift dτ + √2 dB`.
//!
//! *Why.* For a Gaussian base `v = (λ̇/2λ)(y + s)`, and here `λ̇/2λ = c`.
//!
//! *Source.* Anderson, *Reverse-time diffusion equation models* (1982); \[CCG\] (Nelson processes).
//!
//! *Checked.* Left, one: the optimal field by its Lyapunov equation, plus the score through the covariance.
//! Left, two: the drift of the reversed noising process, the limit of
//! `(E[U_{s−h}|U_s=y] − y)/h` from the joint law. Right: `y + 2s` with the score by Tweedie's
//! formula. On the line also for mixtures, with the field `−∂_tF_t/p_t` from the distribution function. *Not checked here:* other
//! targets; the reversal for targets that are not Gaussian.
//!
//! *Sharp.* An equality. *Dropping H2 or H3:* c = 2 or κ = 2 gives another drift.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::line_instances::LineInstance;
use crate::claims::well_posedness::instance::{Slice, dense_target, normal_vector};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian as GaussianLaw;
use crate::numerics::double_double::Dd;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::linalg::{Ball, Matrix};
use crate::numerics::stream::Stream;
use crate::path::Schedule;
use crate::path::line::LineBase;
use crate::path::observation::{column, mean_ball, times};
use crate::transport::optimal_slope;
use rand::RngExt;
use std::fmt;

/// How the left side is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// Optimal field plus score.
    Field,
    /// Conditional expectations of the noising process.
    Reversal,
}

/// An Ornstein-Uhlenbeck path at the time where `√λ` is the gain of the slice.
#[derive(Clone, Debug)]
pub struct ReverseInstance {
    slice: Slice,
    rate: f64,
    kappa: f64,
    route: Route,
}

impl ReverseInstance {
    /// The instance; the rate of the schedule and κ have to be 1.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if a hypothesis fails.
    pub fn new(slice: Slice, rate: f64, kappa: f64, route: Route) -> Result<Self> {
        for (holds, hypothesis) in [
            (slice.has_standard_base(), "H1 (ν = γ)"),
            (rate == 1.0, "H2 (c = 1)"),
            (kappa == 1.0, "H3 (κ = 1)"),
        ] {
            if !holds {
                return Err(Error::hypothesis("N4", hypothesis, format!("c = {rate}, κ = {kappa}, {slice}")));
            }
        }
        Ok(Self { slice, rate, kappa, route })
    }

    fn draw(stream: &mut Stream, index: usize, route: Route) -> Result<Self> {
        let target = dense_target(stream, index)?;
        let d = target.dim();
        let root = (-stream.random_range(0.05_f64..2.0)).exp();
        let (y, u) = (normal_vector(stream, d, 3.0), normal_vector(stream, d, 1.0));
        let slice = Slice::new(&target, GaussianLaw::standard(d)?, root, y, u.clone(), u)?;
        Self::new(slice, 1.0, 1.0, route)
    }

    fn example() -> Result<Slice> {
        let target = GaussianLaw::new(
            nalgebra::DVector::from_vec(vec![1.0, -0.5]),
            nalgebra::DMatrix::from_row_slice(2, 2, &[2.0, 0.5, 0.5, 0.75]),
        )?;
        Slice::new(&target, GaussianLaw::standard(2)?, 0.5, vec![2.0, 1.0], vec![1.0, 0.5], vec![1.0, 0.5])
    }

    /// `⟨u, κv + s⟩` with the field from `ṁ = c√λ m`, `Σ̇ = 2cλ(Σ − I)`.
    fn nelson_drift(&self) -> Result<Enclosure> {
        let observation = &self.slice.observation;
        let law = observation.target();
        let identity = Ball::from(Matrix::identity(law.dim()));
        let rate = Dd::from(self.rate);
        let mean_rate = times(&mean_ball(law), rate * Dd::from(observation.gain()), Dd::UNIT);
        let covariance_rate = times(
            &observation.prior_covariance().minus(&identity),
            rate * observation.gain_squared().times_power_of_two(2.0),
            Dd::UNIT,
        );
        let slope = optimal_slope(&observation.law_covariance(), &covariance_rate)?;
        let offset = observation.point(&self.slice.y)?.minus(&observation.law_mean());
        let field = mean_rate.plus(&slope.product(&offset));
        self.slice.along(&times(&field, Dd::from(self.kappa), 0.0).plus(&observation.score(&self.slice.y)?))
    }

    /// `lim (⟨u, E[U_{s−h}|U_s=y] − y⟩)/h`: with `w = Σ_s⁻¹(y − m_s)` the expectation is
    /// `√λ eʰ m + (λeʰΣ + (e^{−h} − λeʰ)I) w`, because `U_s = e^{−h}U_{s−h} + √(1−e^{−2h}) Z`.
    fn reversal_drift(&self) -> Result<Enclosure> {
        const HALVINGS: i32 = 6;
        let observation = &self.slice.observation;
        let w = times(&observation.score(&self.slice.y)?, Dd::from(-1.0), 0.0);
        let root = Enclosure::exact(observation.gain());
        let lambda = self.slice.lambda();
        let mean = self.slice.along(&mean_ball(observation.target()))?;
        let stretched = self.slice.along(&observation.prior_covariance().product(&w))?;
        let along_w = self.slice.along(&w)?;
        let along_y = self.slice.along(&column("y", &self.slice.y)?)?;
        let largest = (-0.5 * observation.gain().ln()).min(0.1);
        let points: Vec<(f64, Enclosure)> = (0..=HALVINGS)
            .map(|k| {
                let h = largest * 0.5_f64.powi(k);
                let grown = Enclosure::certified(Interval::point(h).exp());
                let expectation =
                    grown * (root * mean + lambda * (stretched - along_w)) + along_w / grown - along_y;
                (h, expectation / h)
            })
            .collect();
        Ok(limit_at_zero(&points))
    }

    /// `⟨u, ay + bs⟩` with the score by Tweedie's formula.
    fn combination(&self, a: f64, b: f64) -> Result<Enclosure> {
        let observation = &self.slice.observation;
        let y = observation.point(&self.slice.y)?;
        let signal = times(&observation.conditional_mean(&self.slice.y)?, Dd::from(observation.gain()), 0.0);
        let score = self.slice.along(&signal.minus(&y))? / self.slice.complement();
        Ok(self.slice.along(&y)? * a + score * b)
    }
}

impl fmt::Display for ReverseInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, c={}, κ={}, {}", self.route, self.rate, self.kappa, self.slice)
    }
}

/// A point of a path from γ to a mixture on the line, with c = 1.
#[derive(Clone, Debug)]
pub struct MixturePoint {
    line: LineInstance,
    angle: f64,
    y: f64,
}

/// Resolution of a field by differences of the distribution function.
const DIFFERENCES: f64 = 1e-7;

impl MixturePoint {
    /// A random mixture at a time up to 0.95, in a point with at least a hundredth of the mass on either side.
    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        const LEVEL: f64 = 0.01;
        let target = crate::claims::line_instances::random_mixture(stream, index)?;
        let schedule = Schedule::ornstein_uhlenbeck(1.0)?;
        let angle = schedule.angle(stream.random_range(0.0..0.95));
        let line = LineInstance::new(target, LineBase::Gaussian, schedule)?;
        let (lo, hi) = line.path.curve().slice(angle)?.window(LEVEL);
        Ok(Self { line, angle, y: stream.random_range(lo..hi) })
    }

    /// `−∂_tF_t/p_t + ∂log p_t`, with central differences of the smaller mass in the angle, extrapolated.
    fn nelson_drift(&self) -> Result<Enclosure> {
        const LARGEST: f64 = 0.02;
        const HALVINGS: i32 = 4;
        let curve = self.line.path.curve();
        let here = curve.slice(self.angle)?;
        let (point, (left, right)) = (here.point(self.y), here.masses(self.y));
        let density = core_math::exp(point.log_density);
        let mass = |angle: f64| -> Result<f64> {
            let (below, above) = curve.slice(angle)?.masses(self.y);
            Ok(if left < right { below } else { -above })
        };
        let differences = (0..=HALVINGS)
            .map(|k| {
                let h = LARGEST * 0.5_f64.powi(k);
                let change = mass(self.angle + h)? - mass(self.angle - h)?;
                // Either mass is good to a few units in its last place.
                let rounding = 16.0 * f64::EPSILON * left.min(right) / h;
                Ok((h * h, Enclosure::around(change / (2.0 * h), rounding, Evidence::Converged)))
            })
            .collect::<Result<Vec<_>>>()?;
        // Time runs against the angle: v = −∂_tF/p = ∂_φF/(p·|dt/dφ|).
        let field = limit_at_zero(&differences) / density / self.line.path.schedule().time_rate(self.angle);
        let rounding =
            64.0 * here.relative_error().max(f64::EPSILON) * (field.mid().abs() + point.score.abs());
        Ok((field + point.score).widened(rounding))
    }

    /// The score `(√λ E[X|y] − y)/(1−λ)`, with the conditional mean over the components.
    fn tweedie(&self) -> Result<Enclosure> {
        let [weights, means, stds] =
            self.line.target.mixture_parameters().ok_or_else(|| Error::Undefined {
                what: "conditional mean".to_owned(),
                reason: "the target is no mixture".to_owned(),
            })?;
        let (root, noise) = (core_math::cos(self.angle), core_math::sin(self.angle).powi(2));
        let (mut total, mut sum) = (0.0, 0.0);
        for ((w, m), s) in weights.iter().zip(&means).zip(&stds) {
            let variance = (root * s).powi(2) + noise;
            let offset = self.y - root * m;
            let likelihood = w * core_math::exp(-0.5 * offset * offset / variance) / variance.sqrt();
            total += likelihood;
            sum += likelihood * (m + root * s * s / variance * offset);
        }
        let (signal, y) = (root * sum / total, self.y);
        // The difference of the two cancels as the noise vanishes.
        let rounding = 64.0 * f64::EPSILON * (signal.abs() + y.abs()) / noise;
        Ok(Enclosure::around((signal - y) / noise, rounding, Evidence::Exact))
    }
}

/// Where the drifts are compared.
#[derive(Clone, Debug)]
pub enum Instance {
    /// A Gaussian target.
    Gaussian(Box<ReverseInstance>),
    /// A mixture on the line.
    Mixture(Box<MixturePoint>),
}
use Instance::{Gaussian, Mixture};

impl From<ReverseInstance> for Instance {
    fn from(instance: ReverseInstance) -> Self {
        Gaussian(Box::new(instance))
    }
}

impl Instance {
    fn gaussian(stream: &mut Stream, index: usize, route: Route) -> Result<Self> {
        ReverseInstance::draw(stream, index, route).map(Instance::from)
    }

    /// `ay + bs` with the score by Tweedie's formula.
    fn combination(&self, a: f64, b: f64) -> Result<Enclosure> {
        match self {
            Gaussian(point) => point.combination(a, b),
            Mixture(point) => Ok(point.tweedie()? * b + Enclosure::exact(point.y) * a),
        }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gaussian(point) => point.fmt(f),
            Mixture(point) => write!(f, "angle {}, y={}, {}", point.angle, point.y, point.line),
        }
    }
}

/// The claim.
pub struct ReverseDiffusion;

impl Theorem for ReverseDiffusion {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "N4",
        chapter: Chapter::Nelson,
        title: "The Nelson process reverses the noising process",
        statement: "ν=γ, λ=e^{−2(1−t)}, κ=1: the Nelson drift v_t(y) + ∇log p_t(y) is y + 2∇log p_t(y), the \
                    drift of the time reversal of dU = −U ds + √2 dB",
        hypotheses: &[("H1", "ν = γ"), ("H2", "λ = e^{−2c(1−t)} with c = 1"), ("H3", "κ = 1")],
        why: "For a Gaussian base v = (λ̇/2λ)(y + s), and here λ̇/2λ = c = 1.",
        checked: "Projections of the Nelson drift (optimal field by its Lyapunov equation) and of the limit of \
                  (E[U_{s−h}|U_s=y] − y)/h from the joint law of the noising process, against y + 2s with the \
                  score by Tweedie's formula: general covariances, condition numbers up to 10⁸, d up to 20. On the line for mixtures, \
                  with the field from the rate of the distribution function.",
        not_checked: "Other targets; the reversal of the noising process for targets that are not Gaussian.",
        source: "Anderson, Reverse-time diffusion equation models (1982); [CCG], Nelson processes",
        relation: Relation::Equality { resolution: 1e-9 },
        rests_on: &["T4", "W1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        NonEmpty::new(
            Family {
                name: "Nelson drift of Gaussian targets",
                evidence: Evidence::Certified,
                quick: 14,
                full: 140,
                draw: |stream, index| Instance::gaussian(stream, index, Route::Field),
            },
            [
                Family {
                    name: "Nelson drift of mixtures on the line",
                    evidence: Evidence::Converged,
                    quick: 8,
                    full: 80,
                    draw: |stream, index| {
                        MixturePoint::random(stream, index).map(|point| Mixture(Box::new(point)))
                    },
                },
                Family {
                    name: "time reversal of the noising process",
                    evidence: Evidence::Converged,
                    quick: 14,
                    full: 140,
                    draw: |stream, index| Instance::gaussian(stream, index, Route::Reversal),
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        let field =
            || ReverseInstance::new(ReverseInstance::example()?, 1.0, 1.0, Route::Field).map(Instance::from);
        NonEmpty::new(
            FalseTwin {
                name: "y + s, the drift of no noise's reversal",
                instance: field,
                wrong: Wrong::Bound(|i| i.combination(1.0, 1.0)),
            },
            [
                FalseTwin {
                    name: "the drift of the noising process itself with twice the score",
                    instance: || {
                        ReverseInstance::new(ReverseInstance::example()?, 1.0, 1.0, Route::Reversal)
                            .map(Instance::from)
                    },
                    wrong: Wrong::Bound(|i| i.combination(-1.0, 2.0)),
                },
                FalseTwin {
                    name: "the same drift for c = 2",
                    instance: || {
                        let slice = ReverseInstance::example()?;
                        Ok(Instance::from(ReverseInstance {
                            slice,
                            rate: 2.0,
                            kappa: 1.0,
                            route: Route::Field,
                        }))
                    },
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "the same drift for κ = 2",
                    instance: || {
                        let slice = ReverseInstance::example()?;
                        Ok(Instance::from(ReverseInstance {
                            slice,
                            rate: 1.0,
                            kappa: 2.0,
                            route: Route::Field,
                        }))
                    },
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Gaussian(_) => Self::ABOUT.relation,
            Mixture(_) => Relation::Equality { resolution: DIFFERENCES },
        }
    }

    fn scale(instance: &Instance) -> f64 {
        let instance = match instance {
            Gaussian(instance) => instance,
            Mixture(point) => return point.y.abs() + point.tweedie().map_or(0.0, |s| s.mid().abs()),
        };
        let (slice, observation) = (&instance.slice, &instance.slice.observation);
        let size = |ball: Result<Ball>| ball.map_or(0.0, |b| slice.along_scale(&b));
        size(observation.point(&slice.y)) + size(observation.score(&slice.y))
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Gaussian(point) if point.route == Route::Field => point.nelson_drift(),
            Gaussian(point) => point.reversal_drift(),
            Mixture(point) => point.nelson_drift(),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        instance.combination(1.0, 2.0)
    }
}
