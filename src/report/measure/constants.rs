//! The constants of targets that are not Gaussian.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::inequality::log_sobolev::{LogSobolevReport, NamedBound, log_sobolev_constant};
use crate::inequality::mixture::{constant_of, mixture_log_sobolev_bound, mixture_poincare_bound};
use crate::inequality::poincare::plane::plane_poincare_constant_of;
use crate::inequality::poincare::poincare_constant;
use crate::inequality::poincare::radial::radial_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::measure::target::{Radial, Target};
use crate::numerics::expression::Expression;
use crate::numerics::linalg::extreme_eigenvalues;
use rayon::prelude::*;

/// Rounding of a covariance that is summed over components, relative.
const ROUNDING: f64 = 1e-13;
/// Error of a covariance by a sum over a lattice that resolves the density, relative.
const LATTICE: f64 = 1e-9;

/// The constants of a law, with remarks on them.
pub(super) struct Constants {
    pub(super) poincare: Enclosure,
    pub(super) log_sobolev: Enclosure,
    pub(super) variance: Enclosure,
    pub(super) notes: Vec<String>,
}

/// Poincaré constant, log-Sobolev constant and largest variance of any target.
///
/// # Errors
/// Those of [`poincare_constant`], [`log_sobolev_constant`] and [`radial_poincare_constant`].
pub(super) fn constants(target: &Target) -> Result<Constants> {
    match target {
        Target::Gaussian(law) => Ok(Constants {
            poincare: law.poincare_constant(),
            log_sobolev: law.log_sobolev_constant(),
            variance: law.spectrum().largest(),
            notes: Vec::new(),
        }),
        Target::Line(law) => on_line(law),
        Target::Radial(law) => radial(law),
        Target::Mixture(law) => mixture(law),
        Target::Plane(potential) => plane(potential),
        Target::Product(factors) => {
            let factors: Vec<Constants> = factors.par_iter().map(constants).collect::<Result<_>>()?;
            Ok(product(factors))
        }
    }
}

pub(super) fn on_line(law: &LineMeasure) -> Result<Constants> {
    let mut notes = Vec::new();
    let poincare = || match law.exact_poincare_constant() {
        Some(known) => Ok(known),
        None => poincare_constant(law).map(|report| report.value),
    };
    let log_sobolev = || match law.exact_log_sobolev_constant() {
        Some(known) => Ok((known, None)),
        None => log_sobolev_constant(law).map(|report| (report.value, Some(sources(&report)))),
    };
    let (poincare, log_sobolev) = rayon::join(poincare, log_sobolev);
    let (poincare, (log_sobolev, sources)) = (poincare?, log_sobolev?);
    let (left, right) = law.tails();
    let tails = format!("left {left:?}, right {right:?}");
    if poincare.is_infinite() {
        notes.push(format!("poincare_constant: infinite, as a tail is heavier than exponential ({tails})"));
    }
    if log_sobolev.is_infinite() {
        notes.push(format!("log_sobolev_constant: infinite, as a tail is heavier than Gaussian ({tails})"));
    }
    notes.extend(sources.map(|sources| format!("log_sobolev_constant: {sources}")));
    Ok(Constants { poincare, log_sobolev, variance: law.variance(), notes })
}

/// Which bounds the two ends of a log-Sobolev constant are.
fn sources(report: &LogSobolevReport) -> String {
    let name = |bounds: &[NamedBound], end: f64| {
        bounds.iter().find(|bound| bound.value == end).map_or("not known", |bound| bound.name)
    };
    let (below, above) = (name(&report.lower, report.value.lo()), name(&report.upper, report.value.hi()));
    format!("lower end: {below}; upper end: {above}")
}

/// The log-Sobolev constant of a radial law is infinite if that of `|X|` is, at least twice the Poincaré
/// constant always, and bounded above by convexity where there is some.
fn radial(law: &Radial) -> Result<Constants> {
    let poincare = radial_poincare_constant(law.profile(), law.dimension())?.value;
    let tail = law.profile().tails().1;
    let mut notes = Vec::new();
    let log_sobolev = if !tail.allows_log_sobolev() {
        notes
            .push(format!("log_sobolev_constant: infinite, as the tail is heavier than Gaussian ({tail:?})"));
        Enclosure::infinite(Evidence::Converged)
    } else if let Some(bound) = law.convexity_bound() {
        notes.push(
            "log_sobolev_constant: lower end: twice the Poincaré constant; upper end: Bakry-Émery".to_owned(),
        );
        let lower = (poincare * 2.0).lo().min(bound);
        Enclosure::new(lower, bound, poincare.evidence())?
    } else {
        notes.push(
            "log_sobolev_constant: at least twice the Poincaré constant; the upper end is not known, as the \
             potential is not strictly convex or could not be proved to be"
                .to_owned(),
        );
        Enclosure::at_least((poincare * 2.0).lo(), poincare.evidence())
    };
    Ok(Constants { poincare, log_sobolev, variance: law.variance(), notes })
}

/// A Gaussian mixture: its Poincaré constant is at least the largest variance, computed in the plane and for collinear means and one
/// covariance, and bounded above in closed form for others; the log-Sobolev constant is at least twice that, and bounded above
/// for one covariance. Both are known for a single component.
pub(super) fn mixture(law: &Mixture) -> Result<Constants> {
    let (_, variance) = extreme_eigenvalues("covariance", &law.covariance())?;
    let variance = variance.weakened(Evidence::Converged).widened(ROUNDING * variance.hi());
    let mut notes = Vec::new();
    if law.len() == 1 {
        return Ok(Constants { poincare: variance, log_sobolev: variance * 2.0, variance, notes });
    }
    let poincare = match constant_of(law) {
        Ok(value) => value,
        Err(Error::Undefined { .. }) => {
            let above = mixture_poincare_bound(law)?;
            notes.push(match above {
                Some(_) => "poincare_constant: from the largest variance to a bound for mixtures".to_owned(),
                None => {
                    "poincare_constant: at least the largest variance; the upper end is not known".to_owned()
                }
            });
            between(variance.lo(), above)?
        }
        Err(error) => return Err(error),
    };
    let above = mixture_log_sobolev_bound(law);
    notes.push(match above {
        Some(_) => "log_sobolev_constant: lower end: twice the Poincaré constant; upper end: components in a ball, with noise".to_owned(),
        None => "log_sobolev_constant: at least twice the Poincaré constant; the upper end is not known".to_owned(),
    });
    let log_sobolev = between((poincare * 2.0).lo(), above)?;
    Ok(Constants { poincare, log_sobolev, variance, notes })
}

/// From a bound below to one above, if there is one.
fn between(below: f64, above: Option<f64>) -> Result<Enclosure> {
    match above {
        Some(above) => Enclosure::new(below.min(above), above, Evidence::Converged),
        None => Ok(Enclosure::at_least(below, Evidence::Converged)),
    }
}

/// A potential in two variables: its Poincaré constant and covariance; the log-Sobolev constant is at least twice the former.
fn plane(potential: &Expression) -> Result<Constants> {
    let report = plane_poincare_constant_of(potential)?;
    let [xx, xy, yy] = report.covariance;
    let largest = 0.5 * (xx + yy) + (0.5 * (xx - yy)).hypot(xy);
    let variance = Enclosure::around(largest, LATTICE * largest, Evidence::Converged);
    let notes = vec![
        "log_sobolev_constant: at least twice the Poincaré constant; the upper end is not known".to_owned(),
    ];
    let log_sobolev = Enclosure::at_least((report.value * 2.0).lo(), report.value.evidence());
    Ok(Constants { poincare: report.value, log_sobolev, variance, notes })
}

/// The largest of each constant over the factors.
pub(super) fn product(factors: Vec<Constants>) -> Constants {
    let largest = |constant: fn(&Constants) -> Enclosure| {
        let values = || factors.iter().map(constant);
        // One factor known to be infinite decides, whatever is known of the others.
        let infinite = values().filter(|value| value.is_infinite()).map(Enclosure::evidence).min();
        let zero = Enclosure::exact(0.0);
        infinite.map_or_else(|| values().fold(zero, Enclosure::max), Enclosure::infinite)
    };
    let (poincare, log_sobolev, variance) =
        (largest(|c| c.poincare), largest(|c| c.log_sobolev), largest(|c| c.variance));
    let notes = factors.into_iter().enumerate().flat_map(|(i, factor)| {
        factor.notes.into_iter().map(move |note| format!("factor {}: {note}", i + 1))
    });
    Constants { poincare, log_sobolev, variance, notes: notes.collect() }
}
