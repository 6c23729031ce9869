//! Log-Sobolev constants of measures on the line.
//!
//! `C_LS(μ)` is the smallest `C` with `Ent_μ(f²) ≤ C ∫f'² dμ`; the normal law `N(0, σ²)` has `2σ²`, and always
//! `C_LS ≥ 2·C_P` with the Poincaré constant `C_P`. It is enclosed from both sides:
//!
//! - from below by the best function that a search finds (its quotient evaluated by extrapolation, and by
//!   interval arithmetic for an explicit function), and by what the decay at infinity dictates (Herbst);
//! - from above by convexity (Bakry and Émery), by the Hardy-type criterion (Bobkov and Götze; Barthe and Roberto), and by a
//!   [`Certificate`]: a supersolution of the dynamic programming equation of the problem
//!   "maximise `Ent(f²) − C∫f'²`", which comes as close to the truth as its mesh is fine.
//!
//! Every bound carries its name and its evidence; the report takes the best of each side.

mod certificate;
mod chain;
mod defect;
mod frame;
mod hardy;
mod lower;
mod maximiser;
mod perturbation;
mod potential;
mod profile;
mod star;
mod supersolution;
mod trial;

pub use certificate::Certificate;
pub use trial::Trial;

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result};
use crate::measure::line::LineMeasure;
use frame::Frame;
use lower::Shape;
use potential::Potential;

/// A bound for a constant, with where it comes from.
#[derive(Clone, Debug)]
pub struct NamedBound {
    /// The method or theorem.
    pub name: &'static str,
    /// The bound.
    pub value: f64,
    /// How it was found.
    pub evidence: Evidence,
    /// What makes the bound checkable.
    pub witness: Witness,
}

/// Data from which a bound can be checked again.
#[derive(Clone, Debug)]
pub enum Witness {
    /// Nothing beyond the measure itself.
    None,
    /// A function whose quotient is the bound.
    Function(Trial),
    /// A lower bound for `V''`.
    Curvature(f64),
    /// The point from which resistances are counted.
    Centre(f64),
    /// `V` is a potential with second derivative at least `convexity` plus one with slopes of at most `slope`.
    Decomposition {
        /// The convexity `θ`.
        convexity: f64,
        /// The Lipschitz constant `L`.
        slope: f64,
    },
    /// Two supersolutions.
    Supersolution(Box<Certificate>),
}

/// What is known of a log-Sobolev constant.
#[derive(Clone, Debug)]
pub struct LogSobolevReport {
    /// From the best lower to the best upper bound; the evidence is the weaker of the two. An upper end that is not
    /// known is `+∞`.
    pub value: Enclosure,
    /// Lower bounds, best first.
    pub lower: Vec<NamedBound>,
    /// Upper bounds, best first.
    pub upper: Vec<NamedBound>,
    /// The function behind the best lower bound, if it is one.
    pub maximiser: Option<Trial>,
}

/// The largest value of `Ent(f²)/∫f'²` that a search finds.
#[derive(Clone, Debug)]
pub struct Maximum {
    /// The value (Converged; an enclosure of the quotient's critical value, not of the constant: a search
    /// cannot exclude a better function).
    pub value: Enclosure,
    /// `2C_P` (Converged).
    pub twice_poincare: Enclosure,
    /// Whether a function attains the value; otherwise it is approached by `1 + εφ`, `ε → 0`.
    pub attained: bool,
}

/// Slacks that are tried for the certificate, relative to the lower end, with the number of cells per side.
const LADDER: [(f64, usize); 5] = [(0.0095, 2000), (0.03, 1200), (0.1, 500), (0.3, 400), (1.0, 400)];

/// Maximises `Ent(f²)/∫f'²` over functions on the support, cut where `V` has risen by 50 above its minimum.
///
/// # Errors
/// [`Error::Undefined`] if the decay at an end excludes a log-Sobolev inequality (the supremum is infinite);
/// [`Error::NoConvergence`] if the quotient of the best function is no number.
pub fn maximise(measure: &LineMeasure) -> Result<Maximum> {
    let tails = measure.tails();
    if !(tails.0.allows_log_sobolev() && tails.1.allows_log_sobolev()) {
        return Err(Error::Undefined {
            what: "maximiser of Ent(f²)/∫f'²".to_owned(),
            reason: "an end decays slower than a Gaussian, so the supremum is infinite".to_owned(),
        });
    }
    let potential = Potential::new(measure);
    found(&lower::maximise(potential, &Frame::new(potential)))
}

fn found(maximum: &lower::Maximum) -> Result<Maximum> {
    let (value, wanted) = (maximum.value, 1e-8 * maximum.value.mid().abs());
    if !value.is_finite() {
        return Err(Error::NoConvergence {
            what: "maximum of Ent(f²)/∫f'²".to_owned(),
            reached: value.width(),
            wanted,
        });
    }
    Ok(Maximum {
        value: maximum.value,
        twice_poincare: maximum.twice_poincare,
        attained: maximum.shape == Shape::Attained,
    })
}

/// Maximises `Ent(f²)/∫f'²` for a law with a smooth density, given by logarithms of its density, up to a constant, at ascending
/// nodes; cut where it has fallen by `e^{−40}`, within the nodes, and interpolated by polynomials through six neighbours. What is lost
/// by that is not in the enclosure: it is small where a node more or less changes little.
///
/// ```
/// use dald::inequality::log_sobolev::maximise_tabulated;
/// let nodes: Vec<f64> = (-60..=60).map(|k| 0.2 * f64::from(k)).collect();
/// let normal: Vec<f64> = nodes.iter().map(|x| -0.5 * x * x).collect();
/// let found = maximise_tabulated(&nodes, &normal)?;
/// assert!((found.value.mid() - 2.0).abs() < 1e-6);
/// # Ok::<(), dald::error::Error>(())
/// ```
///
/// # Errors
/// [`Error::Dimension`] for lists of different length; [`Error::Domain`] unless the nodes ascend, at least eight of them within the
/// cut; [`Error::NoConvergence`] if the quotient of the best function is no number.
pub fn maximise_tabulated(nodes: &[f64], log_density: &[f64]) -> Result<Maximum> {
    if nodes.len() != log_density.len() {
        let name = "log-density".to_owned();
        return Err(Error::Dimension { name, found: log_density.len(), expected: nodes.len() });
    }
    let top = log_density.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let inside = |value: &f64| *value > top - TABLE_CUT;
    let first = log_density.iter().position(inside).unwrap_or(0);
    let last = log_density.iter().rposition(inside).unwrap_or(0);
    let within = |list: &[f64]| list.get(first..=last).map_or_else(Vec::new, <[f64]>::to_vec);
    let (nodes, values) = (within(nodes), within(log_density));
    // The negation also catches NaN.
    let ascending = nodes.windows(2).all(|w| w[0] < w[1]);
    if nodes.len() < 8 || !ascending || !values.iter().all(|v| v.is_finite()) {
        return Err(Error::domain(
            "nodes",
            format!("{} of them", nodes.len()),
            "at least eight, ascending, with finite log-densities",
        ));
    }
    let potential = |x: f64| {
        let from = nodes.partition_point(|y| *y <= x).saturating_sub(NEIGHBOURS / 2);
        let from = from.min(nodes.len() - NEIGHBOURS);
        -neville(&nodes[from..from + NEIGHBOURS], &values[from..from + NEIGHBOURS], x)
    };
    found(&lower::maximise_between([nodes[0], nodes[nodes.len() - 1]], &potential))
}

/// Fall of a tabulated log-density at which it is cut.
const TABLE_CUT: f64 = 40.0;
/// Nodes through which a tabulated log-density is interpolated.
const NEIGHBOURS: usize = 6;

/// The value at `x` of the polynomial through some points (Neville's scheme).
fn neville(nodes: &[f64], values: &[f64], x: f64) -> f64 {
    let mut table = values.to_vec();
    for gap in 1..nodes.len() {
        for i in 0..nodes.len() - gap {
            let (a, b) = (nodes[i], nodes[i + gap]);
            table[i] = ((b - x) * table[i] + (x - a) * table[i + 1]) / (b - a);
        }
    }
    table[0]
}

/// Encloses the log-Sobolev constant of a measure on the line.
///
/// ```
/// use dald::inequality::log_sobolev::log_sobolev_constant;
/// use dald::measure::line::LineMeasure;
/// let gaussian = log_sobolev_constant(&LineMeasure::gaussian(0.0, 2.0)?)?;
/// assert!(gaussian.value.contains(8.0));
/// let laplace = log_sobolev_constant(&LineMeasure::laplace(1.0)?)?;
/// assert!(laplace.value.is_infinite());
/// # Ok::<(), dald::error::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] if the search for a certificate is asked for an invalid centre, which a sound potential does not lead to.
pub fn log_sobolev_constant(measure: &LineMeasure) -> Result<LogSobolevReport> {
    let exact = measure.exact_log_sobolev_constant();
    if let Some(constant) = exact.filter(|c| c.is_infinite()) {
        return Ok(without_inequality(constant));
    }
    let potential = Potential::new(measure);
    let frame = Frame::new(potential);
    let maximum = lower::maximise(potential, &frame);
    let trial = Trial::new(&maximum);
    let mut lower = lower_bounds(potential, &frame, &maximum, trial.as_ref());
    let mut upper = Vec::new();
    if let Some(constant) = exact {
        let bound = |value| NamedBound {
            name: "known exactly",
            value,
            evidence: constant.evidence(),
            witness: Witness::None,
        };
        lower.push(bound(constant.lo()));
        upper.push(bound(constant.hi()));
    }
    let curvature = hardy::curvature(potential, &frame);
    if curvature > 0.0 {
        upper.push(NamedBound {
            name: "Bakry-Émery",
            value: (Interval::point(2.0) / Interval::point(curvature)).hi(),
            evidence: Evidence::Certified,
            witness: Witness::Curvature(curvature),
        });
    }
    if let Some((value, centre)) = hardy::barthe_roberto(potential, &frame) {
        upper.push(NamedBound {
            name: "Barthe-Roberto",
            value,
            evidence: Evidence::Certified,
            witness: Witness::Centre(centre),
        });
    }
    if let Some((value, convexity, slope)) = perturbation::lipschitz(potential, &frame) {
        upper.push(NamedBound {
            name: "Lipschitz perturbation",
            value,
            evidence: Evidence::Certified,
            witness: Witness::Decomposition { convexity, slope },
        });
    }
    if let Some(value) = perturbation::transport(potential, &frame) {
        upper.push(NamedBound {
            name: "transport map",
            value,
            evidence: Evidence::Converged,
            witness: Witness::None,
        });
    }
    lower.sort_by(|a, b| b.value.total_cmp(&a.value));
    let best = lower.first().map_or(0.0, |b| b.value);
    // Converged bounds do not spare the search for a certified one.
    let known = |upper: &[NamedBound]| {
        let certified = upper.iter().filter(|b| b.evidence != Evidence::Converged);
        certified.map(|b| b.value).fold(f64::INFINITY, f64::min)
    };
    if best > 0.0 && known(&upper) > best * (1.0 + LADDER[0].0) {
        for (slack, cells) in LADDER {
            let constant = best * (1.0 + slack);
            if constant >= known(&upper) {
                break;
            }
            if let Some(certificate) = Certificate::search(measure, constant, maximum.centre, cells)? {
                upper.push(NamedBound {
                    name: "supersolution",
                    value: constant,
                    evidence: Evidence::Certified,
                    witness: Witness::Supersolution(Box::new(certificate)),
                });
                break;
            }
        }
    }
    upper.sort_by(|a, b| a.value.total_cmp(&b.value));
    Ok(report(lower, upper, trial))
}

/// Decay slower than Gaussian at an end: by Herbst's argument a log-Sobolev inequality would give Gaussian tails.
fn without_inequality(constant: Enclosure) -> LogSobolevReport {
    let bound = NamedBound {
        name: "Herbst: no Gaussian tail",
        value: f64::INFINITY,
        evidence: constant.evidence(),
        witness: Witness::None,
    };
    LogSobolevReport { value: constant, lower: vec![bound], upper: Vec::new(), maximiser: None }
}

fn lower_bounds(
    potential: Potential<'_>,
    frame: &Frame,
    maximum: &lower::Maximum,
    trial: Option<&Trial>,
) -> Vec<NamedBound> {
    let (attained, limit) = ("best function found", "twice the Poincaré constant");
    let name = if maximum.shape == Shape::Attained { attained } else { limit };
    let mut bounds = vec![NamedBound {
        name,
        value: maximum.value.lo(),
        evidence: Evidence::Converged,
        witness: Witness::None,
    }];
    if let Some(trial) = trial
        && let Some(quotient) = trial.quotient(potential, frame)
    {
        bounds.push(NamedBound {
            name: "explicit trial function",
            value: quotient.lo(),
            evidence: Evidence::Certified,
            witness: Witness::Function(trial.clone()),
        });
    }
    bounds
}

/// Combines sorted bounds. A certified lower bound within rounding of a better, merely converged one is preferred.
fn report(lower: Vec<NamedBound>, upper: Vec<NamedBound>, maximiser: Option<Trial>) -> LogSobolevReport {
    let best = lower.iter().map(|b| b.value).fold(0.0, f64::max);
    let chosen = lower
        .iter()
        .filter(|b| b.value >= best * (1.0 - CERTIFIED_PREFERENCE))
        .min_by(|a, b| a.evidence.cmp(&b.evidence).then(b.value.total_cmp(&a.value)));
    let (lo, lower_evidence) = chosen.map_or((0.0, Evidence::Certified), |b| (b.value, b.evidence));
    // A converged upper bound is taken only where it beats the certified ones by more than its own error may be.
    let sound = upper.iter().find(|b| b.evidence != Evidence::Converged);
    let limit = sound.map_or(f64::INFINITY, |b| CONVERGED_GAIN * b.value);
    let best_upper = upper.iter().find(|b| b.evidence == Evidence::Converged && b.value < limit).or(sound);
    let (hi, upper_evidence) =
        best_upper.map_or((f64::INFINITY, Evidence::Certified), |b| (b.value, b.evidence));
    let interval = Interval::new(lo.min(hi), hi);
    let value = Enclosure::from_interval(interval, lower_evidence.weakest(upper_evidence));
    LogSobolevReport { value, lower, upper, maximiser }
}

/// A certified lower bound is preferred to a converged one that is better by less than this fraction.
const CERTIFIED_PREFERENCE: f64 = 1e-6;

/// A converged upper bound has to be below this multiple of the certified ones to be preferred.
const CONVERGED_GAIN: f64 = 0.98;

#[cfg(test)]
mod tests;
