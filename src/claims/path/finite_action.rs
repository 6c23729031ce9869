//! **P4**: whether the action is finite depends on the schedule.
//!
//! *Statement.* Base γ: `|p'_t|² = (λ̇²/4λ²)·I(p_t|γ)`. With `EX = m ≠ 0` it is `~ λ̇²|m|²/(4λ)` near 0, so for `λ ~ t^a` the action on
//! `[ε, 2ε]` scales like `ε^{a−1}`: finite iff `a > 1`; for `λ ~ kt` it grows like `(k|m|²/4)·log(1/ε)`. If `EX = 0` it scales like `ε^{2a−1}`.
//! A centred Student target with `2 < n < 4` has the exponent `an/2 − 1`
//! up to powers of `log(1/ε)`. Near 1 it is finite if `I(π) < ∞` and `λ̇ ∈ L²`; for two atoms `|p'_t|² ~ λ̇(1)/(4(1−t))`, so that it grows like
//! `(λ̇(1)/4)·log(1/ε)`, and is finite for cosine.
//!
//! *Hypotheses.* H1: ν = γ. H2: `λ ~ kt^a` at 0 (for the onset). H3: Gaussian target or atoms (for the ends).
//!
//! *Normalisation.* `A = ∫|p'_t|² dt`, `I(q|p) = ∫|∇log(q/p)|² dq`.
//!
//! *Why.* The field is `(λ̇/2λ)∇log(p_t/γ)` (T4). At 0, `I(p_t|γ) = λ|m|² + O(λ²)`; at an atom, `p_t` is nearly `N(x, 1−λ)`,
//! whose Fisher information is `1/(1−λ)`.
//!
//! *Source.* T4; \[CCG\] (finite action).
//!
//! *Checked.* The identity: Fisher information against the Bures formula. Exponents and coefficients: the action on dyadic
//! pieces by quadrature of the Fisher information, extrapolated; for the atoms with the explicit density. On the line for
//! mixtures with and without a mean, for atoms of unequal weights, and for centred Student targets (where `|m|` is finite but
//! pieces grow or shrink as `an/2 − 1` says for `2 < n < 4`: 2.5 degrees of freedom diverge for `λ = t^0.7`), with the field.
//! *Not checked here:* other heavy tails; atoms in d ≥ 2.
//!
//! *Sharp.* Equalities. *Dropping H2:* the schedule alone decides nothing without the mean, see the false twins.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::line_instances::LineInstance;
use crate::claims::path::finite_action_instance::FiniteActionInstance as Instance;
use crate::claims::path::instance::PathPoint;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::mixture::Mixture;
use crate::numerics::extrapolation::limit_at_zero;
use crate::path::{GaussianPath, LineCurve, MixturePath, Schedule};
use crate::transport::line::{MetricDerivative, metric_derivative_squared};
use crate::transport::{
    fisher_action, fisher_along_path, metric_derivative_squared as gaussian_metric_derivative_squared,
};
use nalgebra::DVector;
use std::f64::consts::FRAC_PI_2;

/// The claim.
pub struct FiniteAction;

impl Theorem for FiniteAction {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "P4",
        chapter: Chapter::Path,
        title: "Finite action depends on the schedule",
        statement: "ν = γ: |p'_t|² = (λ̇²/4λ²)·I(p_t|γ). λ ~ t^a: the action on [ε,2ε] scales like ε^{a−1} if EX = m ≠ 0 \
                    (finite iff a > 1; for λ ~ kt it grows like (k|m|²/4)·log(1/ε)), like ε^{2a−1} if EX = 0 (Student target, 2 < n < 4: \
                    ε^{an/2−1} up to logarithms). Atoms: it grows like (λ̇(1)/4)·log(1/ε) at t=1, and is finite for cosine",
        hypotheses: &[
            ("H1", "the base is the standard Gaussian law γ"),
            ("H2", "λ ~ kt^a at 0 (for the onset)"),
            ("H3", "a Gaussian target, or atoms (for the end)"),
        ],
        why: "The field is (λ̇/2λ)∇log(p_t/γ); I(p_t|γ) = λ|m|² + O(λ²) at 0; near an atom p_t is nearly N(x, 1−λ), \
              with Fisher information 1/(1−λ).",
        checked: "The identity against the Bures formula; exponents and coefficients from the action on dyadic \
                  pieces, extrapolated; the two-atom law with its explicit density, in d = 1. Mixtures with and without a \
                  mean, unequal atoms and centred Student targets on the line, by the field.",
        not_checked: "Heavy tails other than Student's. Atoms in d ≥ 2.",
        source: "T4; [CCG], finite action",
        relation: Relation::Equality { resolution: 1e-6 },
        rests_on: &["T4"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            Family {
                name: "the identity",
                evidence: Evidence::Exact,
                quick: 16,
                full: 160,
                draw: |s, i| Instance::identity(PathPoint::random(s, i)?),
            },
            [
                family("exponents at 0", 14, 105, Instance::random_onset),
                family("growth at 0", 8, 60, Instance::random_growth),
                family("exponents at 1, Gaussian targets", 8, 80, Instance::random_end),
                family("two atoms", 8, 60, |s, _| Instance::random_atoms(s)),
                family("mixtures on the line, growth at 0", 2, 24, Instance::random_line_growth),
                family("mixtures on the line, exponents at 0", 3, 24, Instance::random_line_onset),
                family("centred Student targets, pieces at 0", 1, 5, |_, i| Instance::student_onset(i)),
                family("atoms of unequal weights", 2, 24, Instance::unequal_atoms),
                family("two atoms, cosine", 1, 1, |_, _| Ok(Instance::AtomsEnd(Instance::atoms("cosine")?))),
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "finite for every increasing schedule",
                instance: || Instance::onset_growth(Instance::shifted("linear")?),
                // Finite: nothing that grows like log(1/ε).
                wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
            },
            [
                FalseTwin {
                    name: "EX = 0 and λ̇ ∈ L² suffice (two atoms)",
                    instance: || Ok(Instance::AtomsGrowth(Instance::atoms("linear")?)),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "atoms make the action infinite for every schedule",
                    instance: || Ok(Instance::AtomsEnd(Instance::atoms("cosine")?)),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "EX = 0 and λ̇ ∈ L² suffice (Student target, n = 2.5, λ = t^0.7)",
                    instance: || Ok(Instance::StudentOnset(2.5, Schedule::power(0.7)?, true)),
                    wrong: Wrong::Hypothesis,
                },
                FalseTwin {
                    name: "E|X|² in place of |EX|² in the growth",
                    instance: || Ok(Instance::LineGrowth(Instance::asymmetric("linear")?)),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::LineGrowth(line) => {
                            Ok((line.target.variance() + line.target.mean().square()) / 4.0)
                        }
                        _ => FiniteAction::bound(i),
                    }),
                },
                FalseTwin {
                    name: "exponent 2a−1 whatever the mean",
                    instance: || Ok(Instance::Onset(Instance::shifted("power 1.5")?)),
                    wrong: Wrong::Bound(|i| onset_exponent(i, true)),
                },
                FalseTwin {
                    name: "exponent a−1 whatever the mean (the bound of P3, integrated)",
                    instance: || {
                        let target = Gaussian::isotropic(vec![0.0], 0.5)?;
                        Ok(Instance::Onset(GaussianPath::from_standard(target, Schedule::linear())?))
                    },
                    wrong: Wrong::Bound(|i| onset_exponent(i, false)),
                },
                FalseTwin {
                    name: "λ̇²/4λ in place of λ̇²/4λ²",
                    instance: || Instance::identity(PathPoint::one_dimensional(1.0, 0.5, "power 2", 0.5)?),
                    wrong: Wrong::Observed(|i| match i {
                        Instance::Identity(point) => {
                            let at = point.path.schedule().enclosed(point.t);
                            Ok(FiniteAction::observed(i)? * Enclosure::certified(at.lambda))
                        }
                        _ => FiniteAction::observed(i),
                    }),
                },
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Identity(_) => Relation::Equality { resolution: 1e-9 },
            Instance::OnsetGrowth(_)
            | Instance::AtomsGrowth(_)
            | Instance::LineGrowth(_)
            | Instance::UnequalAtoms(..) => Self::ABOUT.relation,
            Instance::Onset(_) | Instance::End(_) | Instance::AtomsEnd(_) => {
                Relation::Rate { resolution: 1e-5 }
            }
            // Extrapolated from quadratures, which closed forms need not be.
            Instance::LineOnset(_) => Relation::Rate { resolution: 1e-3 },
            Instance::StudentOnset(_, _, shrinks) => {
                if *shrinks {
                    Relation::Upper
                } else {
                    Relation::Lower
                }
            }
        }
    }

    /// Exponents are counted in units of one; a coefficient has the size that the formula gives.
    fn scale(instance: &Instance) -> f64 {
        match instance {
            Instance::Onset(_)
            | Instance::End(_)
            | Instance::AtomsEnd(_)
            | Instance::LineOnset(_)
            | Instance::StudentOnset(..) => 1.0,
            Instance::Identity(_)
            | Instance::OnsetGrowth(_)
            | Instance::AtomsGrowth(_)
            | Instance::LineGrowth(_)
            | Instance::UnequalAtoms(..) => Self::bound(instance).map_or(0.0, Enclosure::mid),
        }
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Identity(PathPoint { path, t }) => {
                let at = path.schedule().enclosed(*t);
                let factor = Enclosure::certified(at.lambda_dot) / (2.0 * Enclosure::certified(at.lambda));
                Ok(factor.square() * fisher_along_path(path, *t)?)
            }
            Instance::Onset(path) => {
                let a = path.schedule().onset_exponent().unwrap_or(1.0);
                // Pieces have an expansion in powers of λ(ε) ~ ε^a.
                exponent(onset_start(path)?, a, |e| fisher_action(path, 0.5 * e, e))
            }
            Instance::OnsetGrowth(path) => {
                coefficient(onset_start(path)?, |e| fisher_action(path, 0.5 * e, e))
            }
            Instance::End(path) => exponent(END_START, 1.0, |e| fisher_action(path, 1.0 - e, 1.0 - 0.5 * e)),
            Instance::AtomsEnd(path) => {
                exponent(atoms_start(path.schedule()), 1.0, |e| path.action(1.0 - e, 1.0 - 0.5 * e))
            }
            Instance::AtomsGrowth(path) => {
                coefficient(atoms_start(path.schedule()), |e| path.action(1.0 - e, 1.0 - 0.5 * e))
            }
            Instance::LineOnset(line) => {
                let schedule = line.path.schedule();
                let start = schedule.time_of(line_onset_start(line))?;
                let profile = profile(line.path.curve(), schedule, 0.0, start)?;
                let a = schedule.onset_exponent().unwrap_or(1.0);
                exponent(start, a, |e| profile.action(schedule, 0.5 * e, e))
            }
            Instance::LineGrowth(line) => {
                let schedule = line.path.schedule();
                let start = schedule.time_of(1.0 / 64.0)?;
                let profile = profile(line.path.curve(), schedule, 0.0, start)?;
                coefficient(start, |e| profile.action(schedule, 0.5 * e, e))
            }
            Instance::StudentOnset(dof, schedule, _) => student_ratio(*dof, schedule),
            Instance::UnequalAtoms(curve, schedule) => {
                let start = atoms_start(schedule);
                let profile = profile(curve, schedule, 1.0 - start, 1.0)?;
                coefficient(start, |e| profile.action(schedule, 1.0 - e, 1.0 - 0.5 * e))
            }
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Identity(point) => gaussian_metric_derivative_squared(&point.path, point.t),
            Instance::Onset(path) => onset_exponent(instance, path.target().mean().iter().all(|&m| m == 0.0)),
            Instance::OnsetGrowth(path) => {
                let square: Enclosure =
                    path.target().mean().iter().map(|&m| Enclosure::exact(m).square()).sum();
                Ok(Enclosure::certified(path.schedule().enclosed(0.0).lambda_dot) * square / 4.0)
            }
            // λ̇² ~ (1−t)² where the schedule stops smoothly, and I(p_t|γ) tends to I(π|γ) > 0.
            Instance::End(path) => {
                Ok(Enclosure::exact(if path.schedule().stops_smoothly() { 3.0 } else { 1.0 }))
            }
            // λ̇²/(4(1−λ)) tends to a constant where the schedule stops smoothly.
            Instance::AtomsEnd(path) => {
                Ok(Enclosure::exact(if path.schedule().stops_smoothly() { 1.0 } else { 0.0 }))
            }
            Instance::AtomsGrowth(path) => {
                Ok(Enclosure::certified(path.schedule().enclosed(1.0).lambda_dot) / 4.0)
            }
            Instance::LineOnset(line) => {
                // The mean of a centred mixture is 0 up to rounding.
                let centred = line.target.mean().contains(0.0);
                let a = line.path.schedule().onset_exponent().unwrap_or(1.0);
                Ok(Enclosure::exact(if centred { 2.0 } else { 1.0 }) * a - 1.0)
            }
            Instance::LineGrowth(line) => {
                let speed = Enclosure::certified(line.path.schedule().enclosed(0.0).lambda_dot);
                Ok(speed * line.target.mean().square() / 4.0)
            }
            Instance::StudentOnset(..) => Ok(Enclosure::exact(1.0)),
            Instance::UnequalAtoms(_, schedule) => {
                Ok(Enclosure::certified(schedule.enclosed(1.0).lambda_dot) / 4.0)
            }
        }
    }
}

/// The metric derivative between two times.
fn profile(curve: &dyn LineCurve, schedule: &Schedule, from: f64, until: f64) -> Result<MetricDerivative> {
    MetricDerivative::of(curve, (schedule.angle(until), schedule.angle(from).min(FRAC_PI_2)))
}

/// The action on `[ε/2, ε]` over that on `[ε, 2ε]` for a centred Student target, from the metric derivative per angle: `m² ~ x^b` at
/// distance `x = √λ ~ t^{a/2}` from the base, so that pieces scale like `t^{a(1+b/2)−1}`. `b = n − 2` up to powers of `log(1/x)`,
/// which is why the local exponent is compared with that of convergence only.
fn student_ratio(dof: f64, schedule: &Schedule) -> Result<Enclosure> {
    const FAR: i32 = 12;
    // The law at distance x from the Gaussian end is the same whichever end is called the base.
    let normal = Mixture::isotropic(&[1.0], vec![DVector::zeros(1)], &[1.0])?;
    let curve = MixturePath::student(normal, dof)?;
    let at = |k: i32| metric_derivative_squared(&curve, 0.5_f64.powi(k));
    let two = Enclosure::exact(2.0).ln();
    let local = (at(FAR)? / at(FAR + 1)?).ln() / two;
    let a = schedule.onset_exponent().unwrap_or(1.0);
    Ok((-(a * (1.0 + 0.5 * local) - 1.0) * two).exp())
}

/// `2a−1` for a centred target, `a−1` otherwise.
fn onset_exponent(instance: &Instance, centred: bool) -> Result<Enclosure> {
    let Instance::Onset(path) = instance else { return FiniteAction::bound(instance) };
    let a = path.schedule().onset_exponent().ok_or_else(|| Error::hypothesis("P4", "H2 (λ(0) = 0)", path))?;
    Ok(Enclosure::exact(if centred { 2.0 } else { 1.0 }) * a - 1.0)
}

/// Where dyadic pieces begin at 0: λ is 1/64 there, small beside the variances of the targets.
fn onset_start(path: &GaussianPath) -> Result<f64> {
    path.schedule().time_of(1.0 / 64.0)
}

/// The λ at which dyadic pieces begin for the exponent at 0 of a law on the line. There `I(p_t|γ) = λm² + λ²(v − 1)² + …` with
/// mean m and variance v, so the exponent is seen where the second term is small beside the first: a sixteenth of it at most.
/// (For a centred law the second term leads.)
fn line_onset_start(line: &LineInstance) -> f64 {
    const LARGEST: f64 = 1.0 / 256.0;
    let mean = line.target.mean();
    if mean.contains(0.0) {
        return LARGEST;
    }
    let own = (line.target.variance().mid() - 1.0).powi(2);
    LARGEST.min(mean.mid().powi(2) / (16.0 * own))
}

/// Where dyadic pieces begin at 1, in `1−t`.
const END_START: f64 = 1.0 / 64.0;

/// Where dyadic pieces begin at 1 for atoms, in `1−t`: `1−λ ≤ 1/80` there, so that the overlap `e^{−r²λ/2(1−λ)}` of
/// the two bumps is below rounding.
fn atoms_start(schedule: &Schedule) -> f64 {
    let mut start: f64 = 1.0 / 16.0;
    while schedule.complement(1.0 - start) > 1.0 / 80.0 {
        start *= 0.5;
    }
    start
}

/// The parameter of the expansion falls by about this power of two from the first piece to the last.
const HALVINGS: f64 = 7.0;

/// `lim log₂(piece(ε)/piece(ε/2))` as ε → 0, for pieces with an expansion in powers of `ε^a`.
fn exponent(start: f64, a: f64, piece: impl Fn(f64) -> Result<Enclosure>) -> Result<Enclosure> {
    const FEWEST: i32 = 4;
    let mut points = Vec::new();
    let mut large = piece(start)?;
    for k in 1.. {
        let end = start * 0.5_f64.powi(k);
        let small = piece(end)?;
        points.push((end.powf(a), (large / small).ln() / Enclosure::exact(2.0).ln()));
        large = small;
        if k >= FEWEST && a * f64::from(k) >= HALVINGS {
            break;
        }
    }
    Ok(limit_at_zero(&points))
}

/// `lim piece(ε)/log 2` as ε → 0, for pieces with an expansion in powers of ε.
fn coefficient(start: f64, piece: impl Fn(f64) -> Result<Enclosure>) -> Result<Enclosure> {
    let mut points = Vec::new();
    let mut end = start;
    while end >= start * 0.5_f64.powf(HALVINGS) {
        points.push((end, piece(end)? / Enclosure::exact(2.0).ln()));
        end *= 0.5;
    }
    Ok(limit_at_zero(&points))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::line::LineMeasure;
    use crate::path::line::LineBase;

    #[test]
    fn the_exponent_of_a_small_mean_is_seen() {
        let weights = [0.7353768263497599, 0.2646231736502402];
        let (means, stds) =
            ([-0.039456585321708815, 0.17779146041981342], [0.5272221819240639, 1.0090696901985043]);
        let target = LineMeasure::gaussian_mixture(&weights, &means, &stds).unwrap();
        let line = LineInstance::new(target, LineBase::Gaussian, Schedule::cosine()).unwrap();
        let instance = Instance::LineOnset(line);
        let found = FiniteAction::observed(&instance).unwrap();
        // The claim's own resolution.
        let Relation::Rate { resolution } = FiniteAction::relation(&instance) else { panic!() };
        assert!(found.contains(1.0) && found.width() < resolution, "{found}");
    }
}
