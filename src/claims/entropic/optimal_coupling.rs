//! **E1**: the law of a point and its noisy observation is an entropic-optimal coupling.
//!
//! *Statement.* The law of `(X, X+σZ)` is the entropic-optimal coupling of its marginals for the cost `|x−y|²/2` at
//! temperature σ²: Sinkhorn's iteration from zero potentials converges to it, one sweep leaves it where it is, and
//! `min ⟨c, P⟩ + σ² KL(P | π⊗p) = σ²(h(p) − (d/2)log(2πσ²))`, h the entropy of the law p of X+σZ.
//!
//! *Hypotheses.* H1: `σ > 0`. H2: Z is standard Gaussian and independent of X.
//!
//! *Normalisation.* KL relative to the product of the marginals; entropies in nats.
//!
//! *Why.* The joint density is `e^{f(x)+g(y)} e^{−|x−y|²/(2σ²)}` times the product of the marginals, and a coupling
//! of that form is the optimal one. Its divergence from the product is the mutual information
//! `h(p) − (d/2)log(2πeσ²)`, its cost σ²d/2.
//!
//! *Source.* Csiszár, *I-divergence geometry of probability distributions and minimization problems* (1975); Rigollet, Stromme,
//! *On the sample complexity of entropic optimal transport* (2022).
//!
//! *Checked.* Total variation between Sinkhorn's plan and the joint law on a grid with its own marginals, against what
//! the defect s at which Sinkhorn stops allows: s/(2√(1−ρ²)) with the maximal correlation ρ, plus rounding. The value by
//! Sinkhorn's potentials against quadrature of the entropy. *Not checked here:* how fast plain sweeps converge.
//!
//! *Sharp.* No. *Dropping H2* (noise of another shape): Sinkhorn goes elsewhere.

use super::noisy_grid::{Noise, NoisyGrid};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::Result;
use crate::measure::line::LineMeasure;
use crate::numerics::quadrature::integrate;
use crate::numerics::stream::Stream;
use crate::transport::sinkhorn::PlaneGrid;
use rand::RngExt;
use std::fmt;

/// Which part of the statement is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Sinkhorn's iteration converges to the law.
    Limit,
    /// One sweep from the law.
    FixedPoint,
    /// The optimal value; for finitely many points.
    Value,
}

/// A discretised joint law and a part of the statement.
#[derive(Clone, Debug)]
pub struct CouplingInstance {
    grid: NoisyGrid,
    part: Part,
}

/// Relative defect of the rows in L² at which Sinkhorn stops.
const DEFECT: f64 = 1e-10;
/// Spacings of Y's grid in σ that the value is computed with.
const SPACINGS: [f64; 2] = [0.3, 0.15];

impl CouplingInstance {
    fn line(stream: &mut Stream, index: usize) -> Result<Self> {
        let shift = stream.random_range(-1.0..1.0);
        let law = match index % 6 {
            0 => {
                let (depth, tilt) = (stream.random_range(2.0..3.0), stream.random_range(0.1..0.5));
                LineMeasure::parse(
                    &format!("x^4/4 - {depth}*x^2/2 + {tilt}*x"),
                    f64::NEG_INFINITY,
                    f64::INFINITY,
                )?
            }
            1 => LineMeasure::uniform(shift, shift + stream.random_range(1.0..4.0))?,
            2 => LineMeasure::gaussian_mixture(&[0.3, 0.7], &[shift - 1.5, 1.0], &[0.4, 0.8])?,
            3 => LineMeasure::asymmetric_laplace(stream.random_range(1.5..3.0), 4.0)?,
            4 => LineMeasure::gamma(stream.random_range(1.5..3.0))?,
            _ => LineMeasure::parse("x^4/4 + abs(x)", f64::NEG_INFINITY, f64::INFINITY)?,
        };
        let sigma = stream.random_range(-1.0_f64..1.0).exp2();
        let part = if (index / 6).is_multiple_of(2) { Part::Limit } else { Part::FixedPoint };
        Ok(Self { grid: NoisyGrid::of_law(&law, 8, sigma)?, part })
    }

    fn points(stream: &mut Stream, index: usize) -> Result<Self> {
        let n = stream.random_range(2..12);
        let points: Vec<f64> = (0..n).map(|_| stream.random_range(-3.0..3.0)).collect();
        let weights: Vec<f64> = (0..n).map(|_| stream.random_range(0.1..1.0)).collect();
        let sigma = stream.random_range(-1.0_f64..1.0).exp2();
        let part = [Part::Value, Part::Limit, Part::FixedPoint][index % 3];
        Ok(Self { grid: NoisyGrid::of_points(&points, &weights, sigma, Noise::Gaussian)?, part })
    }

    fn plane(stream: &mut Stream, index: usize) -> Result<Self> {
        let axis = |n: u32, from: f64| (0..n).map(|i| from + 0.6 * f64::from(i)).collect::<Vec<_>>();
        let (tilt, coupling) = (stream.random_range(-0.5..0.5), stream.random_range(0.2..1.0));
        let density = PlaneGrid::new([axis(10, -2.4), axis(9, -1.0)], |[x, y]| {
            (x * x - 0.2 * x.powi(4) + tilt * x - 0.5 * (y - coupling * x).powi(2)).exp()
        })?;
        let text = format!("X ∝ exp(x² − x⁴/5 + {tilt}x − (y − {coupling}x)²/2) on a grid of 10×9 points");
        let grid = NoisyGrid::in_plane(&density, stream.random_range(0.8..1.6), text)?;
        Ok(Self { grid, part: if index.is_multiple_of(2) { Part::Limit } else { Part::FixedPoint } })
    }

    fn example(part: Part, noise: Noise) -> Result<Self> {
        let grid = NoisyGrid::of_points(&[-1.0, 0.5, 2.0], &[0.2, 0.5, 0.3], 0.6, noise)?;
        Ok(Self { grid, part })
    }

    /// Left side of the first two parts with another temperature.
    fn distance_at(&self, temperature: f64) -> Result<Enclosure> {
        let plan = if self.part == Part::Limit {
            self.grid.sinkhorn(temperature, DEFECT)?
        } else {
            let (alpha, beta) = self.grid.exponents();
            self.grid.swept(temperature, &alpha, &beta)?
        };
        Ok(Enclosure::around(self.grid.distance(&plan), self.grid.rounding(), Evidence::Converged))
    }

    /// `σ²(h(p) − ½ log(c σ²))` with p the mixture of normal laws around the points.
    fn value_with(&self, constant: Interval) -> Enclosure {
        let grid = &self.grid;
        let density = |y: f64| -> f64 {
            let parts = grid.source.weights().iter().enumerate().map(|(i, w)| {
                let z = (y - grid.source.point(i)[0]) / grid.sigma;
                w * core_math::exp(-0.5 * z * z)
            });
            parts.sum::<f64>() / (grid.sigma * (2.0 * std::f64::consts::PI).sqrt())
        };
        let (lo, hi) = grid.source.range(0);
        // Panels of a deviation each; ten deviations outside there is a mass of 10⁻²³.
        let (from, to) = (lo - 10.0 * grid.sigma, hi + 10.0 * grid.sigma);
        let count = ((to - from) / grid.sigma).ceil();
        let breaks: Vec<f64> = (0..=u32::MAX)
            .map(f64::from)
            .take_while(|k| *k <= count)
            .map(|k| from + (to - from) * k / count)
            .collect();
        let entropy = integrate(&breaks, |y| {
            let p = density(y);
            -p * core_math::log(p)
        });
        let variance = Interval::point(grid.sigma).square();
        let offset = Enclosure::certified((constant * variance).ln()) * 0.5;
        (entropy - offset) * Enclosure::certified(variance)
    }
}

impl fmt::Display for CouplingInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {}, σ={}", self.part, self.grid.text(), self.grid.sigma)
    }
}

/// Draws an instance.
type Draw = fn(&mut Stream, usize) -> Result<CouplingInstance>;

/// A false twin of the example: name, part, left side.
fn elsewhere(
    name: &'static str,
    instance: fn() -> Result<CouplingInstance>,
    observed: fn(&CouplingInstance) -> Result<Enclosure>,
) -> FalseTwin<CouplingInstance> {
    FalseTwin { name, instance, wrong: Wrong::Observed(observed) }
}

/// The claim.
pub struct OptimalCoupling;

impl Theorem for OptimalCoupling {
    type Instance = CouplingInstance;

    const ABOUT: About = About {
        id: "E1",
        chapter: Chapter::Entropic,
        title: "A point and its noisy observation are optimally coupled",
        statement: "the law of (X, X+σZ) is the entropic-optimal coupling of its marginals for the cost |x−y|²/2 at \
                    temperature σ²: Sinkhorn's iteration converges to it and one sweep leaves it where it is; the \
                    value is σ²(h(p) − (d/2)log(2πσ²))",
        hypotheses: &[("H1", "σ > 0"), ("H2", "Z is standard Gaussian and independent of X")],
        why: "The joint density is a product of functions of x and of y times e^{−|x−y|²/(2σ²)}, and a coupling of \
              that form is the optimal one. Cost σ²d/2, mutual information h(p) − (d/2)log(2πeσ²).",
        checked: "Total variation between Sinkhorn's plan (from zero potentials; or one sweep from the law) and the \
                  law on a grid with its own marginals, against s/(2√(1−ρ²)) for Sinkhorn's defect s and the \
                  maximal correlation ρ, plus rounding: wells, mixtures, kinks, bounded laws, points; a plane. The \
                  value by Sinkhorn's potentials against quadrature of the entropy.",
        not_checked: "How fast plain sweeps converge: the sweeps are over-relaxed.",
        source: "Csiszár, I-divergence geometry (1975); Rigollet, Stromme, On the sample complexity of entropic \
                 optimal transport (2022)",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<CouplingInstance>> {
        let family =
            |name, quick, full, draw: Draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("laws on the line", 12, 96, CouplingInstance::line),
            [
                family("points on the line", 9, 90, CouplingInstance::points),
                family("wells in the plane", 2, 12, CouplingInstance::plane),
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<CouplingInstance>> {
        let limit = || CouplingInstance::example(Part::Limit, Noise::Gaussian);
        let fixed_point = || CouplingInstance::example(Part::FixedPoint, Noise::Gaussian);
        let value = || CouplingInstance::example(Part::Value, Noise::Gaussian);
        NonEmpty::new(
            elsewhere("temperature 2σ²", limit, |i| i.distance_at(2.0 * i.grid.temperature())),
            [
                elsewhere("temperature σ", limit, |i| i.distance_at(i.grid.sigma)),
                elsewhere("cost |x−y|² in place of half of it", limit, |i| {
                    i.distance_at(0.5 * i.grid.temperature())
                }),
                elsewhere("the law is a fixed point at temperature σ", fixed_point, |i| {
                    i.distance_at(i.grid.sigma)
                }),
                elsewhere("one sweep from zero potentials is enough", limit, |i| {
                    let logs = |w: &[f64]| w.iter().map(|&w| core_math::log(w)).collect::<Vec<_>>();
                    let (alpha, beta) = (logs(i.grid.source.weights()), logs(i.grid.target.weights()));
                    let plan = i.grid.swept(i.grid.temperature(), &alpha, &beta)?;
                    Ok(Enclosure::around(i.grid.distance(&plan), i.grid.rounding(), Evidence::Converged))
                }),
                elsewhere("a second marginal with a tenth more noise", limit, |i| {
                    let louder = i.grid.with_sigma(1.1 * i.grid.sigma)?;
                    let plan = louder.sinkhorn(i.grid.temperature(), DEFECT)?;
                    Ok(Enclosure::around(i.grid.distance(&plan), i.grid.rounding(), Evidence::Converged))
                }),
                FalseTwin {
                    name: "noise that is not Gaussian, of variance σ²",
                    instance: || CouplingInstance::example(Part::Limit, Noise::Laplace),
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "mutual information as the value: the cost left out",
                    instance: value,
                    wrong: Wrong::Bound(|i| {
                        Ok(i.value_with(Interval::point(2.0) * Interval::PI * Interval::ONE.exp()))
                    }),
                },
            ],
        )
    }

    fn relation(instance: &CouplingInstance) -> Relation {
        if instance.part == Part::Value { Relation::Equality { resolution: 1e-7 } } else { Relation::Upper }
    }

    fn scale(instance: &CouplingInstance) -> f64 {
        // The value is a difference of entropies, each of the size of a temperature.
        if instance.part == Part::Value { instance.grid.temperature() } else { 0.0 }
    }

    fn observed(instance: &CouplingInstance) -> Result<Enclosure> {
        let grid = &instance.grid;
        if instance.part != Part::Value {
            return instance.distance_at(grid.temperature());
        }
        // The entropy of Y by a sum over its grid: as accurate as the strip of the plane is wide in which its density
        // has no zeros, so it is refined.
        let mut values = Vec::new();
        for spacing in SPACINGS {
            let fine = grid.with_spacing(spacing)?;
            let plan = fine.sinkhorn(grid.temperature(), DEFECT)?;
            let (f, _) = plan.potentials();
            // The dual value changes by at most the defect times the norm of f.
            let norm = fine.source.weights().iter().zip(&f).map(|(w, f)| w * f * f).sum::<f64>().sqrt();
            values.push((plan.value(), DEFECT * norm + grid.temperature() * fine.rounding()));
        }
        let [(coarse, _), (fine, radius)] = values[..] else {
            return Ok(Enclosure::unknown(Evidence::Converged));
        };
        Ok(Enclosure::around(fine, radius + (fine - coarse).abs(), Evidence::Converged))
    }

    fn bound(instance: &CouplingInstance) -> Result<Enclosure> {
        let rounding = Enclosure::from(instance.grid.rounding()).weakened(Evidence::Converged);
        match instance.part {
            Part::Limit => Ok(DEFECT / (2.0 * Enclosure::from(instance.grid.gap()?).sqrt()) + rounding * 3.0),
            Part::FixedPoint => Ok(rounding * 3.0),
            Part::Value => Ok(instance.value_with(Interval::point(2.0) * Interval::PI)),
        }
    }
}
