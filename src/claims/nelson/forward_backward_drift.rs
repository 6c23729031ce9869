//! **N3**: the forward and the backward drift of the Nelson process.
//!
//! *Statement.* For the Nelson process `dY = (v̂_τ + s_τ)(Y) dτ + √2 dB` on the path, started with the law
//! of the path: `b = lim E[Y_{τ+h} − y|Y_τ=y]/h = v̂ + s`, `b* = lim E[y − Y_{τ−h}|Y_τ=y]/h = v̂ − s`, and
//! `b − b* = 2s`.
//!
//! *Hypotheses.* H1: the process starts with the law of the path. H2: finite energy, so that
//! time reversal is legitimate (N5).
//!
//! *Normalisation.* `v̂_τ = κ v_{κτ}`, `s = ∇log p̂`; `dX = drift dτ + √2 dB`.
//!
//! *Why.* The reversed process is a diffusion with drift `−(v̂ + s) + 2s = −(v̂ − s)` (Anderson; Föllmer),
//! because its marginals are those of the path.
//!
//! *Source.* Nelson, *Dynamical theories of Brownian motion* (1967); Föllmer, *Time reversal on
//! Wiener space* (1986); \[CCG\] (Nelson processes).
//!
//! *Checked.* Left: the joint law of `(Y_τ, Y_{τ+h})`, propagator and covariance of the linear
//! equation by collocation, conditional expectations, limit h → 0 by extrapolation. The law at the later time
//! is that of the process, not assumed to be that of the path. Right: the optimal field and the
//! score as kernels give them. *Not checked here:* other targets.
//!
//! *Sharp.* An equality. *Dropping H1:* another law of the start has another backward drift.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::claims::well_posedness::instance::normal_vector;
use crate::dynamics::NelsonProcess;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Result, positive, within};
use crate::measure::gaussian::Gaussian;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use rand::RngExt;
use std::fmt;

/// Which drift is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drift {
    /// `b`.
    Forward,
    /// `b*`.
    Backward,
    /// `b − b*`.
    Difference,
}

/// A path, a slowness, a time of the path, a point and a direction.
#[derive(Clone, Debug)]
pub struct DriftInstance {
    path: GaussianPath,
    kappa: f64,
    t: f64,
    y: Vec<f64>,
    u: Vec<f64>,
    drift: Drift,
    /// Factor of the covariance at the start; H1 asks for 1.
    start: f64,
}

impl DriftInstance {
    /// The instance, at a time inside the path.
    ///
    /// # Errors
    /// [`crate::error::Error::Domain`] if a parameter is out of range.
    pub fn new(
        path: GaussianPath,
        kappa: f64,
        t: f64,
        y: Vec<f64>,
        u: Vec<f64>,
        drift: Drift,
    ) -> Result<Self> {
        positive("kappa", kappa)?;
        within("t", t, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        Ok(Self { path, kappa, t, y, u, drift, start: 1.0 })
    }

    fn around(stream: &mut Stream, path: GaussianPath, index: usize) -> Result<Self> {
        let d = path.dim();
        let kappa = stream.random_range(-3.0_f64..3.0).exp2();
        let t = away_from_breaks(&path, stream.random_range(0.15..0.85));
        let (y, u) = (normal_vector(stream, d, 2.0), normal_vector(stream, d, 1.0));
        let drift = [Drift::Backward, Drift::Forward, Drift::Difference][index % 3];
        Self::new(path, kappa, t, y, u, drift)
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = Gaussian::random(stream, 1 + index % 4, 30.0, 1.5)?;
        let path = GaussianPath::from_standard(target, random_schedule(stream))?;
        Self::around(stream, path, index)
    }

    fn random_base(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 2 + index % 2;
        let target = Gaussian::random(stream, d, 30.0, 1.0)?;
        let base = Gaussian::random(stream, d, 5.0, 1.0)?;
        let path = GaussianPath::new(target, base, random_schedule(stream))?;
        Self::around(stream, path, index)
    }

    fn example(drift: Drift) -> Result<Self> {
        let target = Gaussian::new(
            nalgebra::DVector::from_vec(vec![1.0, -0.5]),
            nalgebra::DMatrix::from_row_slice(2, 2, &[2.0, 0.5, 0.5, 0.75]),
        )?;
        let base = Gaussian::diagonal(vec![0.5, 0.0], vec![0.5, 1.5])?;
        let path = GaussianPath::new(target, base, schedule("cosine")?)?;
        Self::new(path, 2.0, 0.5, vec![2.0, 1.0], vec![1.0, 0.5], drift)
    }

    /// `⟨u, v̂⟩` and `⟨u, s⟩` at y.
    fn field_and_score(&self) -> Result<(Enclosure, Enclosure)> {
        let law = self.path.law(self.t)?;
        let mean_rate: Vec<f64> = self.path.mean_rate(self.t)?.into_iter().map(Enclosure::mid).collect();
        let covariance_rate = self.path.covariance_rate(self.t)?.map(Enclosure::mid);
        let field = law.bures_field(&mean_rate, &covariance_rate)?;
        let offset = nalgebra::DVector::from_column_slice(&self.y) - law.mean();
        let velocity = (field.mean_rate() + field.slope() * &offset) * self.kappa;
        let score = law.score(&self.y)?;
        let u = nalgebra::DVector::from_column_slice(&self.u);
        let along_score: Enclosure = self.u.iter().zip(&score).map(|(&a, &b)| b * a).sum();
        // Rounding of the law and its rates, amplified by the condition number as often as Σ⁻¹ occurs.
        let spectrum = law.spectrum();
        let condition = spectrum.largest().hi() / spectrum.smallest().lo();
        let rounding = 64.0 * self.u.len() as f64 * f64::EPSILON * condition;
        let speed = field.mean_rate().norm() + field.slope().norm() * (offset.norm() + law.mean().norm());
        let slope_error = field.slope_error() * offset.norm() * self.kappa;
        let radius = u.norm() * (rounding * speed * self.kappa + slope_error);
        let size: f64 = score.iter().map(|s| s.mid().powi(2)).sum::<f64>().sqrt();
        let score_radius = rounding * u.norm() * (size + law.mean().norm() / spectrum.smallest().lo());
        let along_score = along_score.weakened(Evidence::Exact).widened(score_radius);
        Ok((Enclosure::around(u.dot(&velocity), radius, Evidence::Exact), along_score))
    }

    /// Limit of the quotients of conditional expectations.
    fn limit(&self) -> Result<Enclosure> {
        const POINTS: i32 = 7;
        let process = NelsonProcess::new(&self.path, self.kappa)?;
        let largest = process.longest_step(self.t);
        let along = |quotient: Vec<Enclosure>| -> Enclosure {
            self.u.iter().zip(quotient).map(|(&a, b)| b * a).sum()
        };
        let mut points = Vec::new();
        for k in 0..POINTS {
            // In the time t of the path; the process itself runs in τ = t/κ.
            let step = largest * 0.5_f64.powi(k);
            let forward = || Ok(along(process.forward_quotient(self.t, step, &self.y)?));
            let backward = || Ok(along(process.backward_quotient(self.t, step, &self.y, self.start)?));
            points.push((
                step,
                match self.drift {
                    Drift::Forward => forward()?,
                    Drift::Backward => backward()?,
                    Drift::Difference => {
                        let (f, b): (Enclosure, Enclosure) = (forward()?, backward()?);
                        f - b
                    }
                },
            ));
        }
        Ok(limit_at_zero(&points))
    }
}

/// A time near `t` at which steps need not be tiny: differences over tiny steps drown in rounding.
fn away_from_breaks(path: &GaussianPath, t: f64) -> f64 {
    const NEAR: f64 = 0.04;
    let near = path.schedule().time_breaks().into_iter().any(|b| (t - b).abs() < NEAR);
    if near { t + 2.0 * NEAR } else { t }
}

impl fmt::Display for DriftInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?}, {}, κ={}, t={}, y={:?}, u={:?}, start×{}",
            self.drift, self.path, self.kappa, self.t, self.y, self.u, self.start
        )
    }
}

/// The claim.
pub struct ForwardBackwardDrift;

impl Theorem for ForwardBackwardDrift {
    type Instance = DriftInstance;

    const ABOUT: About = About {
        id: "N3",
        chapter: Chapter::Nelson,
        title: "Forward and backward drift of the Nelson process",
        statement: "b = lim E[Y_{τ+h}−y|Y_τ=y]/h = v̂+s, b* = lim E[y−Y_{τ−h}|Y_τ=y]/h = v̂−s, b − b* = 2s",
        hypotheses: &[
            ("H1", "the process starts with the law of the path"),
            ("H2", "finite energy ∫∫(|v|²+|s|²)dp dt"),
        ],
        why: "The time reversal of a diffusion with drift b and marginals p̂ has the drift −b + 2∇log p̂.",
        checked: "Conditional expectations from the joint law of (Y_τ, Y_{τ+h}), by collocation of the linear \
                  equations for propagator and covariance, extrapolated to h = 0, against the optimal field and \
                  the score: d up to 4, bases that do not commute, all schedules, κ from 1/8 to 8.",
        not_checked: "Targets that are not Gaussian.",
        source: "Nelson, Dynamical theories of Brownian motion (1967); Föllmer, Time reversal on Wiener space (1986)",
        relation: Relation::Equality { resolution: 1e-6 },
        rests_on: &["N5", "T5"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<DriftInstance>> {
        NonEmpty::new(
            Family {
                name: "Gaussian targets, standard base",
                evidence: Evidence::Converged,
                quick: 12,
                full: 90,
                draw: DriftInstance::random,
            },
            [Family {
                name: "Gaussian bases that do not commute with the target",
                evidence: Evidence::Converged,
                quick: 6,
                full: 60,
                draw: DriftInstance::random_base,
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<DriftInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "the forward drift without the transport field",
                instance: || DriftInstance::example(Drift::Forward),
                wrong: Wrong::Bound(|i| Ok(i.field_and_score()?.1)),
            },
            [
                FalseTwin {
                    name: "the backward drift equals the forward drift",
                    instance: || DriftInstance::example(Drift::Backward),
                    wrong: Wrong::Bound(|i| i.field_and_score().map(|(v, s)| v + s)),
                },
                FalseTwin {
                    name: "s − v̂, the drift of the reversed process, as b*",
                    instance: || DriftInstance::example(Drift::Backward),
                    wrong: Wrong::Bound(|i| i.field_and_score().map(|(v, s)| s - v)),
                },
                FalseTwin {
                    name: "b − b* = s",
                    instance: || DriftInstance::example(Drift::Difference),
                    wrong: Wrong::Bound(|i| Ok(i.field_and_score()?.1)),
                },
                FalseTwin {
                    name: "v in place of v̂ = κv",
                    instance: || DriftInstance::example(Drift::Forward),
                    wrong: Wrong::Bound(|i| i.field_and_score().map(|(v, s)| v / i.kappa + s)),
                },
                FalseTwin {
                    name: "the same backward drift for a start with twice the covariance",
                    instance: || Ok(DriftInstance { start: 2.0, ..DriftInstance::example(Drift::Backward)? }),
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    /// The drifts at the point, and unit speed.
    fn scale(instance: &DriftInstance) -> f64 {
        let norm = instance.u.iter().map(|x| x * x).sum::<f64>().sqrt();
        instance.field_and_score().map_or(0.0, |(v, s)| v.interval().magnitude() + s.interval().magnitude())
            + norm
    }

    fn observed(instance: &DriftInstance) -> Result<Enclosure> {
        instance.limit()
    }

    fn bound(instance: &DriftInstance) -> Result<Enclosure> {
        let (velocity, score) = instance.field_and_score()?;
        Ok(match instance.drift {
            Drift::Forward => velocity + score,
            Drift::Backward => velocity - score,
            Drift::Difference => score * 2.0,
        })
    }
}
