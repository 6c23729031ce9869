//! **B3**: the bias bound through the Poincaré constants of the path.
//!
//! *Statement.* `KL(p_1|q) ≤ KL(p_0|q_0) + (κ/4)∫C_P(p_t)‖∂_t log p_t‖²_{L²(p_t)} dt`.
//!
//! *Hypotheses.* H1: `C_P(p_t) < ∞` and `∂_t log p_t ∈ L²(p_t)` for almost every t, with a finite
//! integral. H2: the Nelson process exists and annealed Langevin dynamics is well posed.
//!
//! *Normalisation.* `Var_μ(f) ≤ C_P ∫|∇f|² dμ`.
//!
//! *Why.* B2, and `‖v_t‖² ≤ C_P(p_t)‖∂_t log p_t‖²` (T6).
//!
//! *Source.* \[CCG\] (existence of the transport field under a Poincaré inequality), with B2.
//!
//! *Checked.* Left: the law of the dynamics, on the line by the Fokker-Planck equation. Right: quadrature of the
//! formula, on the line with the constant of every mixture on the way (`λC_P(π) + 1−λ` for other targets).
//! *Not checked here:* more than one dimension beyond Gaussian laws; Student bases, for which `C_P(p_t) = ∞` (H1).
//!
//! *Sharp.* As B2, nowhere at fixed κ; the step through T6 is an equality for translations along a
//! top eigenvector. *Dropping the Poincaré constant* makes it false (a twin).

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::bias::instance::BiasInstance;
use crate::claims::bias::line_instance::{BiasRun, LineBiasInstance};
use crate::claims::gaussian_instances::schedule;
use crate::claims::line_instances::{LineInstance, near_bumps};
use crate::dynamics::poincare_energy;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::panels::GaussRule;
use crate::numerics::quadrature::{graded_panels, integrate};
use crate::path::GaussianPath;
use crate::path::line::LineBase;
use crate::transport::action;
use crate::transport::line::expectations;

/// The claim.
pub struct PoincareBiasBound;

impl Theorem for PoincareBiasBound {
    type Instance = BiasRun;

    const ABOUT: About = About {
        id: "B3",
        chapter: Chapter::Bias,
        title: "KL bias through Poincaré constants",
        statement: "KL(p_1|q) ≤ KL(p_0|q_0) + (κ/4)∫C_P(p_t)‖∂_t log p_t‖²_{L²(p_t)} dt",
        hypotheses: &[
            ("H1", "C_P(p_t)‖∂_t log p_t‖² is integrable over the range"),
            ("H2", "the Nelson process exists and annealed Langevin dynamics is well posed"),
        ],
        why: "The Girsanov bound B2, and ‖v_t‖² ≤ C_P(p_t)‖∂_t log p_t‖² (T6).",
        checked: "The law of the dynamics against quadrature of the formula, with and without initial errors. On the \
                  line: mixtures with the constants C_P(p_t) of the mixtures on the way, potentials with λC_P(π) + 1−λ.",
        not_checked: "Bases other than the standard one (with a Student base C_P(p_t) = ∞ before the end and nothing is \
                      said); laws in more than one dimension that are not Gaussian.",
        source: "[CCG], existence of the transport field under a Poincaré inequality",
        relation: Relation::Upper,
        rests_on: &["B2", "T6"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<BiasRun>> {
        NonEmpty::new(
            Family {
                name: "random Gaussian targets",
                evidence: Evidence::Converged,
                quick: 16,
                full: 200,
                draw: |stream, index| Ok(BiasInstance::random(stream, index)?.into()),
            },
            [
                Family {
                    name: "initial errors",
                    evidence: Evidence::Converged,
                    quick: 8,
                    full: 60,
                    draw: |stream, index| {
                        let drawn = BiasInstance::random_perturbed(stream, index)?;
                        let (from, initial) = (drawn.from, drawn.initial);
                        Ok(BiasInstance::new(drawn.path, drawn.kappa, from, 1.0, initial)?.into())
                    },
                },
                Family {
                    name: "mixtures and potentials on the line",
                    evidence: Evidence::Converged,
                    quick: 3,
                    full: 200,
                    draw: |stream, index| {
                        // One in forty is a potential, whose laws cost a hundred times as much.
                        let draw = match index % 40 {
                            39 => LineBiasInstance::random_potential,
                            _ => LineBiasInstance::random_mixture,
                        };
                        Ok(draw(stream, index)?.into())
                    },
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<BiasRun>> {
        NonEmpty::new(
            FalseTwin {
                name: "κ/8 in place of κ/4",
                instance: || Ok(BiasInstance::one_dimensional(1.0, 1.0, "power 2", 1.0)?.into()),
                wrong: Wrong::Bound(|i| Ok(i.initial_forward_kl()? + poincare_term(i)? * 0.5)),
            },
            [
                FalseTwin {
                    name: "the Poincaré constant left out",
                    instance: translation_of_a_wide_law,
                    // A translation by m of N(0, σ²I): ‖∂_t log p‖² is the action divided by σ².
                    wrong: Wrong::Bound(|i| match i {
                        BiasRun::Gaussian(i) => {
                            let constant = i.path.target().poincare_constant();
                            Ok(action(&i.path, i.from, i.until)? / constant * i.kappa / 4.0)
                        }
                        BiasRun::Line(_) => poincare_term(i),
                    }),
                },
                FalseTwin {
                    name: "initial divergence left out",
                    instance: || {
                        let short = BiasInstance::badly_started()?;
                        Ok(BiasInstance::new(short.path, short.kappa, 0.875, 1.0, short.initial)?.into())
                    },
                    wrong: Wrong::Bound(poincare_term),
                },
                FalseTwin {
                    name: "the rate κ³ for two near bumps",
                    instance: || {
                        let line = LineInstance::from_standard(near_bumps()?, "power 2")?;
                        Ok(LineBiasInstance::whole(line, 0.01)?.into())
                    },
                    // At κ → 0 the bias is 0.245 κ².
                    wrong: Wrong::Bound(|i| Ok(poincare_term(i)? * 1e-4)),
                },
            ],
        )
    }

    fn target_file(instance: &BiasRun) -> Option<String> {
        instance.target_file()
    }

    fn observed(instance: &BiasRun) -> Result<Enclosure> {
        instance.forward_kl()
    }

    fn bound(instance: &BiasRun) -> Result<Enclosure> {
        Ok(instance.initial_forward_kl()? + poincare_term(instance)?)
    }
}

fn poincare_term(instance: &BiasRun) -> Result<Enclosure> {
    match instance {
        BiasRun::Gaussian(run) => Ok(poincare_energy(&run.path, run.from)? * run.kappa / 4.0),
        BiasRun::Line(run) => Ok(energy_on_line(run)? * run.kappa / 4.0),
    }
}

/// Edges of the panels of angles on which the integrand is interpolated, and nodes on each.
const EDGES: [f64; 8] = [0.05, 0.15, 0.3, 0.5, 0.75, 1.0, 1.2, 1.4];
const ORDER: usize = 10;
/// Where on a panel of `[−1, 1]` the interpolant is compared with the function.
const PROBE: f64 = 0.31;
/// The interpolant is taken to be off by this many times what it is at the probe.
const SAFETY: f64 = 8.0;
/// Halvings of the panels of the quadrature towards the two ends.
const HALVINGS: u32 = 30;

/// `∫C_P(p_t)‖∂_t log p_t‖² dt`: in the angle, with `R = ‖∂_φ log p_φ‖²`, `∫C_P(p_φ)R(φ)/time_rate dφ`; the first two
/// factors are smooth in φ, whatever the schedule is.
fn energy_on_line(run: &LineBiasInstance) -> Result<Enclosure> {
    let (lo, hi) = run.angles();
    let rule = GaussRule::shared(ORDER)?;
    let mut edges = vec![lo];
    edges.extend(EDGES.into_iter().filter(|e| lo < *e && *e < hi));
    edges.push(hi);
    let mut panels = Vec::new();
    let mut error = 0.0_f64;
    for pair in edges.windows(2) {
        let at = |t: f64| 0.5 * (pair[0] + pair[1]) + 0.5 * (pair[1] - pair[0]) * t;
        // The constant grows exponentially in the depth of wells: its logarithm is smoother.
        let (mut constants, mut rates) = (Vec::with_capacity(ORDER), Vec::with_capacity(ORDER));
        for &t in rule.nodes() {
            constants.push(core_math::log(poincare_constant(&run.line, at(t))?.hi()));
            rates.push(squared_rate(&run.line, at(t))?.hi());
        }
        let exact = poincare_constant(&run.line, at(PROBE))?.hi() * squared_rate(&run.line, at(PROBE))?.hi();
        let found = core_math::exp(rule.interpolate(&constants, PROBE)) * rule.interpolate(&rates, PROBE);
        error = error.max((found / exact - 1.0).abs());
        panels.push((constants, rates));
    }
    let schedule = run.schedule();
    let mut breaks = graded_panels(lo, hi, true, true, HALVINGS);
    breaks.extend(edges.iter().copied());
    breaks.extend(schedule.angle_breaks().into_iter().filter(|b| lo < *b && *b < hi));
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    let integral = integrate(&breaks, |angle| {
        let k = edges[1..edges.len() - 1].partition_point(|e| *e < angle);
        let t = (2.0 * angle - edges[k] - edges[k + 1]) / (edges[k + 1] - edges[k]);
        let (constants, rates) = &panels[k];
        core_math::exp(rule.interpolate(constants, t)) * rule.interpolate(rates, t)
            / schedule.time_rate(angle)
    });
    Ok(integral.widened(SAFETY * error * integral.interval().magnitude()))
}

/// `‖∂_φ log p_φ‖²` in `L²(p_φ)`.
fn squared_rate(line: &LineInstance, angle: f64) -> Result<Enclosure> {
    let slice = line.path.curve().slice(angle)?;
    let [square] = expectations(slice.as_ref(), |_, at| [at.log_density_rate.powi(2)]);
    Ok(square)
}

/// `C_P(p_φ)` of a mixture, which is one at every angle; for other targets and a Gaussian base the upper bound
/// `cos²φ·C_P(π) + sin²φ`.
///
/// # Errors
/// [`Error::Hypothesis`] for a Student base: the constant is infinite before the end of the path.
fn poincare_constant(line: &LineInstance, angle: f64) -> Result<Enclosure> {
    let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
    match (line.base, line.target.mixture_parameters()) {
        (LineBase::Gaussian, Some([weights, means, stds])) => {
            let means: Vec<f64> = means.iter().map(|m| cosine * m).collect();
            let stds: Vec<f64> = stds.iter().map(|s| (cosine * s).hypot(sine)).collect();
            converged_poincare_constant(&LineMeasure::gaussian_mixture(&weights, &means, &stds)?)
        }
        (LineBase::Gaussian, None) => {
            Ok(converged_poincare_constant(&line.target)? * (cosine * cosine) + sine * sine)
        }
        (LineBase::Student { .. }, _) => {
            Err(Error::hypothesis("B3", "H1 (C_P(p_t) < ∞; infinite with a Student base)", line))
        }
    }
}

/// From `N(0, 16)` to `N(4, 16)`.
fn translation_of_a_wide_law() -> Result<BiasRun> {
    let (target, base) = (Gaussian::isotropic(vec![4.0], 16.0)?, Gaussian::isotropic(vec![0.0], 16.0)?);
    Ok(BiasInstance::whole(GaussianPath::new(target, base, schedule("power 2")?)?, 0.5, 0.0)?.into())
}
