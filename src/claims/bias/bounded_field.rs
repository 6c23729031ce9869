//! **B9**: a bounded transport field and a Poincaré inequality bound the χ² bias.
//!
//! *Statement.* If `|v_t| ≤ M`, `C_P(p_t) ≤ C`, `q_0 = p_0` and `κ²M²C < 1`, then
//! `χ²(q|p̂) ≤ κ²M²C/(1 − κ²M²C)`.
//!
//! *Hypotheses.* H1: `|v_t| ≤ M` everywhere. H2: `C_P(p_t) ≤ C` along the path. H3: `κ²M²C < 1`.
//! H4: `q_0 = p_0`.
//!
//! *Normalisation.* `χ²(q|p) = ∫(q/p − 1)² dp`; `Var_μ(f) ≤ C_P∫|∇f|² dμ`.
//!
//! *Why.* With `h = q/p̂`, `d/dτ ∫(h−1)² dp̂ ≤ −2∫|∇h|² + 2κM‖h‖‖∇h‖`; `‖h‖² = 1 + χ²` and
//! `χ² ≤ C‖∇h‖²` leave `χ²` below the fixed point `χ² = κ²M²C(1 + χ²)`.
//!
//! *Source.* Energy estimate, proved here from the Poincaré inequality of the path; cf. \[CCG\].
//!
//! *Checked.* A Gaussian field is bounded only for translations: base `N(0, Γ)`, target `N(m, Γ)`. On the line: mixtures
//! of two laws with unit variance, `|v| ≤ max|m_k|·d√λ/dt`. Left: the law of the dynamics (Fokker-Planck on the line).
//! Right: the formula. *Not checked here:* other bounded fields.
//!
//! *Sharp.* Translations along a top eigenvector at constant speed, `κ → 0`. *Dropping H3* the
//! right side turns negative; dropping H1 there is no bound of this form.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::bias::line_instance::LineBiasInstance;
use crate::claims::gaussian_instances::schedule;
use crate::claims::line_instances::LineInstance;
use crate::dynamics::{InitialLaw, channel_deviations};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result, positive};
use crate::inequality::perturbation::lipschitz_constant;
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use crate::path::{GaussianPath, Schedule};
use crate::transport::largest_metric_derivative_squared;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct BoundedField;

/// A translation from `N(0, Γ)` to `N(m, Γ)`, Γ diagonal, and a slowness.
#[derive(Debug)]
pub struct Translation {
    path: GaussianPath,
    kappa: f64,
    from: f64,
}

impl Translation {
    fn unchecked(
        mean: Vec<f64>,
        variances: Vec<f64>,
        schedule: Schedule,
        kappa: f64,
        from: f64,
    ) -> Result<Self> {
        positive("kappa", kappa)?;
        let base = Gaussian::diagonal(vec![0.0; mean.len()], variances.clone())?;
        let path = GaussianPath::new(Gaussian::diagonal(mean, variances)?, base, schedule)?;
        Ok(Self { path, kappa, from })
    }

    fn new(mean: Vec<f64>, variances: Vec<f64>, schedule: Schedule, kappa: f64, from: f64) -> Result<Self> {
        let instance = Self::unchecked(mean, variances, schedule, kappa, from)?;
        below_one(instance.product()?)?;
        Ok(instance)
    }

    /// `κ²M²C`: the field of a translation is constant in space, so M² is the largest squared
    /// metric derivative.
    fn product(&self) -> Result<Enclosure> {
        let speed = largest_metric_derivative_squared(&self.path, self.from, 1.0)?;
        let kappa = Enclosure::exact(self.kappa);
        Ok(kappa.square() * speed * self.path.target().poincare_constant())
    }
}

/// Two bumps `wN(a, 1) + (1−w)N(b, 1)` from N(0, 1): the field is an average of the velocities of their centres.
#[derive(Debug)]
pub struct Bumps {
    run: LineBiasInstance,
    weight: f64,
    means: [f64; 2],
}

impl Bumps {
    fn new(weight: f64, means: [f64; 2], schedule_name: &str, kappa: f64) -> Result<Self> {
        let target = LineMeasure::gaussian_mixture(&[weight, 1.0 - weight], &means, &[1.0, 1.0])?;
        let run =
            LineBiasInstance::new(LineInstance::from_standard(target, schedule_name)?, kappa, 0.0, 1.0)?;
        let instance = Self { run, weight, means };
        below_one(instance.product()?)?;
        Ok(instance)
    }

    /// `κ²M²C` with `M = max|mean|·sup d√λ/dt` and `C` the largest constant of the mixtures on the way.
    fn product(&self) -> Result<Enclosure> {
        const ANGLES: u32 = 8;
        let rate = Enclosure::certified(self.run.schedule().root_rate_over(self.run.from, self.run.until));
        let largest = self.means[0].abs().max(self.means[1].abs());
        // Equal variances: bumps move apart along the path, and the constant grows with their distance.
        let mut constant = Enclosure::exact(1.0);
        for k in 0..=ANGLES {
            let share = f64::from(k) / f64::from(ANGLES);
            let law = LineMeasure::gaussian_mixture(
                &[self.weight, 1.0 - self.weight],
                &self.means.map(|m| share * m),
                &[1.0, 1.0],
            )?;
            constant = constant.max(converged_poincare_constant(&law)?);
        }
        let speed = Enclosure::exact(rate.interval().magnitude()) * largest;
        Ok(Enclosure::exact(self.run.kappa).square() * speed.square() * constant)
    }
}

/// The hypothesis on `κ²M²C`.
fn below_one(product: Enclosure) -> Result<()> {
    if product.hi() < 1.0 { Ok(()) } else { Err(Error::hypothesis("B9", "H3 (κ²M²C < 1)", product)) }
}

/// A perturbation of the base by a Lipschitz function, `π ∝ e^{−x²/2 − H}`, `|H'| ≤ L`: the field is `−(d√λ/dt)·E[H'(X)|y]`, since
/// `y + ∇log p_t = −√λ·E[H'(X)|y]`, and every law of the path is such a perturbation itself.
#[derive(Debug)]
pub struct Perturbed {
    run: LineBiasInstance,
    lipschitz: f64,
}

impl Perturbed {
    fn new(bend: f64, tilt: f64, schedule_name: &str, kappa: f64) -> Result<Self> {
        let formula = format!("x^2/2 - {bend}*sqrt(0.0625 + x^2) + {tilt}*x");
        let target = LineMeasure::parse(&formula, f64::NEG_INFINITY, f64::INFINITY)?;
        let run =
            LineBiasInstance::new(LineInstance::from_standard(target, schedule_name)?, kappa, 0.0, 1.0)?;
        let instance = Self { run, lipschitz: bend.abs() + tilt.abs() };
        below_one(instance.product()?)?;
        Ok(instance)
    }

    /// `κ²M²C` with `M = L·sup d√λ/dt` and the sharp C of a perturbation with this L.
    fn product(&self) -> Result<Enclosure> {
        let rate = self.run.schedule().root_rate_over(self.run.from, self.run.until).magnitude();
        Self::unit(self.lipschitz, rate).map(|unit| Enclosure::exact(self.run.kappa).square() * unit)
    }

    /// `M²C` where `√λ` changes at this rate at most.
    fn unit(lipschitz: f64, rate: f64) -> Result<Enclosure> {
        // Roundings of a sum and of coefficients that are printed and read.
        let lipschitz = Enclosure::exact(lipschitz).widened(4.0 * f64::EPSILON * lipschitz);
        Ok((Enclosure::exact(rate) * lipschitz).square() * lipschitz_constant(1.0, lipschitz)?)
    }
}

/// A path with a bounded field.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "few instances are alive at a time")]
pub enum Instance {
    /// A translation of a Gaussian law.
    Translation(Translation),
    /// Two bumps of unit variance on the line.
    Bumps(Box<Bumps>),
    /// A Lipschitz perturbation of the base on the line.
    Perturbed(Box<Perturbed>),
}

impl Instance {
    fn translation(mean: Vec<f64>, variances: Vec<f64>, schedule_name: &str, kappa: f64) -> Result<Self> {
        Ok(Self::Translation(Translation::new(mean, variances, schedule(schedule_name)?, kappa, 0.0)?))
    }

    fn product(&self) -> Result<Enclosure> {
        match self {
            Self::Translation(translation) => translation.product(),
            Self::Bumps(bumps) => bumps.product(),
            Self::Perturbed(perturbed) => perturbed.product(),
        }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Translation(translation) => translation.fmt(f),
            Self::Bumps(bumps) => bumps.run.fmt(f),
            Self::Perturbed(perturbed) => perturbed.run.fmt(f),
        }
    }
}

impl fmt::Display for Translation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, κ={}, from t={}", self.path, self.kappa, self.from)
    }
}

impl Theorem for BoundedField {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "B9",
        chapter: Chapter::Bias,
        title: "χ² bias under Poincaré and a bounded field",
        statement: "|v_t| ≤ M, C_P(p_t) ≤ C, q_0 = p_0, κ²M²C < 1 ⇒ χ²(q|p̂) ≤ κ²M²C/(1 − κ²M²C)",
        hypotheses: &[
            ("H1", "|v_t| ≤ M everywhere"),
            ("H2", "C_P(p_t) ≤ C along the path"),
            ("H3", "κ²M²C < 1"),
            ("H4", "q_0 = p_0"),
        ],
        why: "With h = q/p̂ the derivative of χ² is at most −2‖∇h‖² + 2κM‖h‖‖∇h‖; the Poincaré inequality \
              χ² ≤ C‖∇h‖² keeps χ² below the fixed point of χ² = κ²M²C(1 + χ²).",
        checked: "Translations of Gaussian laws (the only Gaussian paths with a bounded field); mixtures of two laws of \
                  unit variance and Lipschitz perturbations of the base on the line, with χ² from the Fokker-Planck equation \
                  and the largest C_P(p_t) or its sharp bound (C9).",
        not_checked: "Other bounded fields; more than one dimension beyond translations.",
        source: "Energy estimate in L²(p̂) with the Poincaré inequality of the path; cf. [CCG], bias under Poincaré",
        relation: Relation::Upper,
        rests_on: &["T4"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        NonEmpty::new(
            Family {
                name: "random translations",
                evidence: Evidence::Converged,
                quick: 16,
                full: 150,
                draw: |stream, index| Ok(Instance::Translation(random(stream, index)?)),
            },
            [
                Family {
                    name: "two bumps of unit variance on the line",
                    evidence: Evidence::Converged,
                    quick: 3,
                    full: 100,
                    draw: random_bumps,
                },
                Family {
                    name: "potentials on the line, Lipschitz perturbations of the base",
                    evidence: Evidence::Converged,
                    quick: 1,
                    full: 40,
                    draw: random_perturbed,
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "translation at constant speed, κ → 0",
                kind: SharpKind::Limit {
                    instance: |kappa| Instance::translation(vec![1.0], vec![1.0], "power 2", kappa),
                    at: &[0.08, 0.04, 0.02, 0.01],
                },
            },
            SharpCase {
                name: "translation along the top eigenvector, κ → 0",
                kind: SharpKind::Limit {
                    instance: |kappa| {
                        Instance::translation(vec![0.0, -2.0], vec![0.25, 3.0], "power 2", kappa)
                    },
                    at: &[0.01, 0.005, 0.0025, 0.00125],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "half the constant",
                instance: || Instance::translation(vec![1.0], vec![1.0], "power 2", 0.0625),
                wrong: Wrong::Bound(|i| Ok(BoundedField::bound(i)? * 0.5)),
            },
            [
                FalseTwin {
                    name: "without κ²M²C < 1",
                    instance: || {
                        let law = (vec![3.0], vec![1.0]);
                        let path = Translation::unchecked(law.0, law.1, schedule("power 2")?, 1.0, 0.0)?;
                        Ok(Instance::Translation(path))
                    },
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "the rate κ⁴",
                    instance: || Instance::translation(vec![1.0], vec![1.0], "power 2", 0.0625),
                    wrong: Wrong::Bound(|i| Ok(i.product()?.square())),
                },
                FalseTwin {
                    name: "the rate κ⁴ for two bumps",
                    instance: || {
                        Ok(Instance::Bumps(Box::new(Bumps::new(0.25, [-0.5, 1.0], "power 2", 0.0625)?)))
                    },
                    wrong: Wrong::Bound(|i| Ok(i.product()?.square())),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        let Translation { path, kappa, from } = match instance {
            Instance::Translation(translation) => translation,
            Instance::Bumps(bumps) => return Ok(bumps.run.bias()?.chi_squared),
            Instance::Perturbed(perturbed) => return Ok(perturbed.run.bias()?.chi_squared),
        };
        let channels = path.channels().ok_or_else(|| Error::Undefined {
            what: "χ² of the dynamics".to_owned(),
            reason: "the covariances do not commute".to_owned(),
        })?;
        let initial = InitialLaw::exact(path.dim());
        let exponent: Enclosure = channel_deviations(path, &channels, *kappa, *from, 1.0, &initial)?
            .into_iter()
            // The covariance of the dynamics stays that of the path; χ² = exp(Σ δ²/σ²) − 1.
            .map(|deviation| deviation.shift.square() / deviation.variance)
            .sum();
        Ok(exponent.map(Interval::exp_m1))
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let product = instance.product()?;
        Ok(product / (1.0 - product))
    }
}

/// A slowness far below every one that matters.
const TINY: f64 = 1e-6;

fn random_bumps(stream: &mut Stream, index: usize) -> Result<Instance> {
    let name = ["power 2", "cosine", "power 3"][index % 3];
    let weight = stream.random_range(0.1..0.9);
    let means = [stream.random_range(-2.0..0.0), stream.random_range(0.25..2.0)];
    // A tiny κ shows the largest one allowed: the product is quadratic in κ.
    let unit = Bumps::new(weight, means, name, TINY)?.product()?.hi().sqrt() / TINY;
    let kappa = stream.random_range(0.1..0.9) / unit;
    Ok(Instance::Bumps(Box::new(Bumps::new(weight, means, name, kappa)?)))
}

fn random_perturbed(stream: &mut Stream, index: usize) -> Result<Instance> {
    let name = ["power 2", "cosine", "power 3"][index % 3];
    let (bend, tilt) = (stream.random_range(0.125..0.75), stream.random_range(-0.5_f64..0.5));
    let rate = schedule(name)?.root_rate_over(0.0, 1.0).magnitude();
    let largest = Perturbed::unit(bend + tilt.abs(), rate)?.hi().sqrt().recip();
    let kappa = stream.random_range(0.1..0.9) * largest;
    Ok(Instance::Perturbed(Box::new(Perturbed::new(bend, tilt, name, kappa)?)))
}

fn random(stream: &mut Stream, index: usize) -> Result<Translation> {
    let dim = [1, 2, 5, 50][index % 4];
    let mean: Vec<f64> = (0..dim).map(|_| stream.random_range(-1.0..1.0)).collect();
    let variances: Vec<f64> = (0..dim).map(|_| 2_f64.powf(stream.random_range(-4.0..4.0))).collect();
    let name = ["cosine", "power 2", "power 3", "ou 1", "linear"][index % 5];
    let from = if name == "linear" { 0.125 } else { 0.0 };
    // The largest slowness allowed, times a factor below 1.
    let unit =
        Translation::unchecked(mean.clone(), variances.clone(), schedule(name)?, 1.0, from)?.product()?;
    let kappa = stream.random_range(0.1..0.9) / unit.hi().sqrt();
    Translation::new(mean, variances, schedule(name)?, kappa, from)
}
