//! **S6**: what each rate buys: the number of steps for a divergence ε² grows like `ε^{−r}`.
//!
//! *Statement.* With the fewest steps `1/(κh)` for which bias term plus step term are at most ε²: Girsanov's step term `~h/(4κ)` gives
//! r = 6 with the bias κA/4, 4 with the bias of order κ² (log-Sobolev) and 3 with that of order κ⁴ (smooth stop); a step term that
//! the log-Sobolev inequality contracts to `~h` gives 3 with κ² and 5/2 with κ⁴. The divergence that a chain along a Gaussian
//! path really has gives 2 (λ = t²) and 3/2 (cosine).
//!
//! *Hypotheses.* H1: `ε → 0`. H2: λ̇(1) > 0 for the rates with κ², a smooth stop for those with κ⁴.
//!
//! *Normalisation.* κ slowness, h step.
//!
//! *Why.* Minimise `1/(κh)` under `κ^p + h/κ = ε²`, `κ^p + h = ε²`; the real step error is of the order h², for the law of the chain forgets.
//!
//! *Source.* Bounds: \[CCG\]; Guo, Tao, Chen, *Provable benefit of annealed Langevin Monte Carlo* (2025), for ε⁻⁶.
//!
//! *Checked.* Observed: local exponents of the fewest steps over decades of ε, extrapolated to ε → 0; the bias terms are the program's
//! bounds for `N(1, 1/4)`; the last two from the computed law of the chain with the best κ. *Not checked:* that bias term plus step
//! term bounds the divergence (only the Girsanov square of S4 is proved to).
//!
//! *Sharp.* An equality. *Dropping H2* changes the exponent.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::dynamics::log_sobolev_bias_bound;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::extrapolation::limit_at_zero;
use crate::path::GaussianPath;
use crate::sampler::Integrator;
use crate::sampler::plan::{Increments, PlanFactor, PlanPath, least_divergence};
use crate::transport::action;
use std::fmt;

/// Where the bias comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// `κA/4 + h/(4κ)`.
    Girsanov,
    /// Integrated log-Sobolev bias plus `h/(4κ)`.
    LogSobolev,
    /// Integrated log-Sobolev bias plus the step term contracted, `~h`.
    Contracted,
    /// The computed divergence.
    Realised,
}

/// A rule on a path to `N(1, 1/4)`.
#[derive(Clone, Debug)]
pub struct ExponentInstance {
    rule: Rule,
    path: GaussianPath,
}

/// What the eight families of bounds and schedules are.
const CASES: [(Rule, &str); 8] = [
    (Rule::Girsanov, "power 2"),
    (Rule::LogSobolev, "power 2"),
    (Rule::LogSobolev, "cosine"),
    (Rule::Contracted, "power 2"),
    (Rule::Contracted, "cosine"),
    (Rule::Realised, "power 2"),
    (Rule::Realised, "cosine"),
    (Rule::Girsanov, "cosine"),
];

impl ExponentInstance {
    fn new(rule: Rule, schedule: &str) -> Result<Self> {
        let schedule = crate::claims::gaussian_instances::schedule(schedule)?;
        let path = GaussianPath::from_standard(Gaussian::isotropic(vec![1.0], 0.25)?, schedule)?;
        Ok(Self { rule, path })
    }

    fn case(index: usize) -> Result<Self> {
        let (rule, schedule) = CASES[index % CASES.len()];
        Self::new(rule, schedule)
    }

    fn stops_smoothly(&self) -> bool {
        self.path.schedule().stops_smoothly()
    }

    fn bias(&self, kappa: f64) -> Result<f64> {
        Ok(match self.rule {
            Rule::Girsanov => 0.25 * kappa * action(&self.path, 0.0, 1.0)?.mid(),
            _ => log_sobolev_bias_bound(&self.path, kappa, 0.0)?.mid(),
        })
    }

    /// Logarithm of the fewest steps for a divergence ε², where the step term is what the bias leaves; `guess` is the best κ or
    /// near it, and becomes it.
    ///
    /// With the bias locally like `κ^p` the steps are fewest where the bias is `2ε²/(p+2)` with Girsanov's step term and
    /// `ε²/(p+1)` with the contracted one.
    fn log_steps(&self, epsilon: f64, guess: &mut f64, gradient: f64) -> Result<f64> {
        const PROBE: f64 = 1.05;
        let wanted = epsilon * epsilon;
        for _ in 0..4 {
            let (bias, probe) = (self.bias(*guess)?, self.bias(*guess * PROBE)?);
            let power = core_math::log(probe / bias) / core_math::log(PROBE);
            let share = if self.rule == Rule::Contracted { 1.0 / (power + 1.0) } else { 2.0 / (power + 2.0) };
            *guess *= core_math::pow(share * wanted / bias, 1.0 / power);
        }
        let kappa = *guess;
        let room = wanted - self.bias(kappa)?;
        let step =
            if self.rule == Rule::Contracted { room / gradient } else { 4.0 * kappa * room / gradient };
        // NaN where there is no room.
        Ok(-core_math::log(kappa) - core_math::log(step))
    }

    /// The exponent from halved errors: local exponents, extrapolated in the size of their relative corrections.
    fn exponent(&self) -> Result<Enclosure> {
        let path = PlanPath::new(vec![PlanFactor::gaussian(self.path.clone())?], 0.0)?;
        let mut points: Vec<(f64, Enclosure)> = Vec::new();
        let mut before: Option<f64> = None;
        if self.rule == Rule::Realised {
            // The best κ is like n^{−1/2} or n^{−1/3}, and the corrections are powers of κ and of κ².
            let power = if self.stops_smoothly() { -2.0 / 3.0 } else { -0.5 };
            let mut guess = None;
            for doubling in 8..13 {
                let steps = 1_usize << doubling;
                let (kappa, kl) = least_divergence(&path, Integrator::EulerMaruyama, steps, guess)?;
                guess = Some(0.75 * kappa);
                let log = core_math::log(kl.mid());
                if let Some(before) = before.replace(log) {
                    let exponent = 2.0 * std::f64::consts::LN_2 / (before - log);
                    // κ is found to 10⁻³, where the divergence is flat.
                    let error = 1e-5 * exponent;
                    let at = core_math::pow(f64::from(1_u32 << doubling), power);
                    points.push((at, Enclosure::around(exponent, error, Evidence::Converged)));
                }
            }
        } else {
            let gradient = if self.rule == Rule::Contracted {
                // Contracted at the rate 4 of a law of variance ¼, what is left of ¼·2h∫P² is ½hP²/4.
                2.0
            } else {
                Increments::of(&path)?.gradient.mid()
            };
            // The relative corrections are powers of κ: that is ε², ε or √ε.
            let order = match (self.rule, self.stops_smoothly()) {
                (Rule::Girsanov, _) => 2.0,
                (_, false) => 1.0,
                (_, true) => 0.5,
            };
            let mut guess = core_math::pow(0.01, order);
            for j in 0..5 {
                let epsilon = 1e-2 * 0.25_f64.powi(j);
                let log = self.log_steps(epsilon, &mut guess, gradient)?;
                if let Some(before) = before.replace(log) {
                    let exponent = (log - before) / (2.0 * std::f64::consts::LN_2);
                    // The best κ is found to some 10⁻⁴, where the number of steps is flat.
                    let error = 1e-6;
                    points.push((
                        core_math::pow(epsilon, order),
                        Enclosure::around(exponent, error, Evidence::Converged),
                    ));
                }
            }
        }
        if points.iter().any(|p| !p.1.is_finite()) {
            return Err(Error::Undefined {
                what: "an exponent".to_owned(),
                reason: "no κ leaves room for the step".to_owned(),
            });
        }
        Ok(limit_at_zero(&points))
    }

    fn stated(&self) -> f64 {
        match (self.rule, self.stops_smoothly()) {
            (Rule::Girsanov, _) => 6.0,
            (Rule::LogSobolev, false) => 4.0,
            (Rule::LogSobolev, true) | (Rule::Contracted, false) => 3.0,
            (Rule::Contracted, true) => 2.5,
            (Rule::Realised, false) => 2.0,
            (Rule::Realised, true) => 1.5,
        }
    }
}

impl fmt::Display for ExponentInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {}", self.rule, self.path)
    }
}

/// The claim.
pub struct StepExponents;

impl Theorem for StepExponents {
    type Instance = ExponentInstance;

    const ABOUT: About = About {
        id: "S6",
        chapter: Chapter::Sampler,
        title: "What each rate buys: steps for a divergence ε²",
        statement: "The fewest steps with bias term + step term ≤ ε² grow like ε^{−r}: Girsanov step term h/(4κ): r = 6 (bias κA/4), 4 (κ²), \
                    3 (κ⁴, smooth stop); contracted step term ~h: 3 (κ²), 5/2 (κ⁴); the computed divergence: 2 (λ = t²), 3/2 (cosine)",
        hypotheses: &[
            ("H1", "ε → 0"),
            ("H2", "λ̇(1) > 0 for the rates with κ², a smooth stop for those with κ⁴"),
        ],
        why: "Minimise 1/(κh) under κ^p + h/κ = ε² or κ^p + h = ε²; the real step error is O(h²), as the law of the chain forgets.",
        checked: "Local exponents of the fewest steps over decades of ε, extrapolated to ε → 0, for N(1,1/4): from the program's \
                  bounds, and from the computed law of the chain with the best κ.",
        not_checked: "That bias term plus step term bounds the divergence: only the square of S4 is proved to.",
        source: "[CCG]; Guo, Tao, Chen, Provable benefit of annealed Langevin Monte Carlo (2025), for ε⁻⁶",
        relation: Relation::Equality { resolution: 0.02 },
        rests_on: &["B2", "B4", "B8", "S2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<ExponentInstance>> {
        NonEmpty::new(
            Family {
                name: "rules and schedules",
                evidence: Evidence::Converged,
                quick: 8,
                full: 8,
                draw: |_, index| ExponentInstance::case(index),
            },
            [],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<ExponentInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "realised exponent 6",
                instance: || ExponentInstance::new(Rule::Realised, "power 2"),
                wrong: Wrong::Bound(|_| Ok(Enclosure::exact(6.0))),
            },
            [
                FalseTwin {
                    name: "the same exponent for every schedule",
                    instance: || ExponentInstance::new(Rule::Realised, "cosine"),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(2.0))),
                },
                FalseTwin {
                    name: "the contracted exponent with Girsanov's step term",
                    instance: || ExponentInstance::new(Rule::LogSobolev, "power 2"),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(3.0))),
                },
            ],
        )
    }

    fn observed(instance: &ExponentInstance) -> Result<Enclosure> {
        instance.exponent()
    }

    fn bound(instance: &ExponentInstance) -> Result<Enclosure> {
        Ok(Enclosure::exact(instance.stated()))
    }
}
