//! **N5**: the Nelson process exists under finite energy; the energy, and where it is infinite.
//!
//! *Statement.* The Nelson process exists if `∫_0^1∫(|v_t|² + |s_t|²) dp_t dt < ∞`. For `π = N(m, Σ)`, ν = γ the
//! energy is, with `a_i` the eigenvalues of Σ,
//! cosine `(π²/8)(|m|² + Σ(√a_i−1)²) + Σ a_i^{−½}`; linear and m = 0 `Σ[(a_i−1)/4 + 1/(a_i−1)] log a_i`;
//! `t²`, with `f(c) = arctan(√c)/√c`, `|m|² + Σ[(a_i−1)(1−f(a_i−1)) + f(a_i−1)]`. For linear and `m ≠ 0` it is
//! infinite: on `[ε, 1]` at least `(|m|²/4) log(1/ε)`. For an atom both parts diverge with the linear schedule,
//! `¼log(1/ε)` and `log(1/ε)` per dimension on `[0, 1−ε]`; with the cosine schedule only the score's,
//! `(2/π)cot(πε/2)`. An infinite `I(π)` alone is not enough: for the uniform law on an interval of length w
//! `√(λ(1−λ))·‖s_t‖² → (2/w)∫φ²/Φ dz`, with density φ and distribution function Φ of N(0, 1), which is integrable where `λ̇(1) > 0` and not
//! where `1−λ ~ (1−t)²` (cosine).
//!
//! *Hypotheses.* H1: ν = γ. H2 (finite values): the action is finite.
//!
//! *Normalisation.* Time t of the path; v the optimal field, `s = ∇log p`.
//!
//! *Why.* Finite-energy diffusions exist (Carlen). `‖v‖² = |ṁ|² + Σ(λ̇(a_i−1))²/(4σ_i²)`, `‖s‖² = Σ 1/σ_i²`
//! with `σ_i² = 1 + λ(a_i−1)`; the integrals are elementary.
//!
//! *Source.* Carlen, *Conservative diffusions* (1984); Cattiaux, Léonard, *Minimization of the Kullback
//! information of diffusion processes* (1994); \[CCG\] (Nelson processes).
//!
//! *Checked.* Left: quadrature in time of the norms at each time. Right: the closed forms.
//! Mixtures on the line with a mean, linear schedule: the field's energy on dyadic pieces at 0, extrapolated, against
//! `|m|²/4` per `log(1/ε)`. Uniform laws: `√(λ(1−λ))·‖s_t‖²` by quadrature over the law of the path near its end, against the limit,
//! which it attains up to `e^{−w²λ/8(1−λ)}`. *Not checked here:* existence itself; that the integral in time of the uniform law's
//! energy is finite or not is inferred from its rate; other targets, several atoms.
//!
//! *Sharp.* The lower bound of the divergent energy, on `[ε/2, ε]` as ε → 0. *Dropping H2:* the linear
//! schedule with a mean.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::gaussian_instances::schedule;
use crate::claims::line_instances::{LineInstance, near_bumps, random_mixture};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result, within};
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::quadrature::{graded_panels, integrate};
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::transport::action;
use crate::transport::line::{MetricDerivative, expectation};
use nalgebra::DMatrix;
use rand::RngExt;
use std::f64::consts::FRAC_PI_2;
use std::fmt;

/// The part of the energy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// `∫‖v‖²`.
    Field,
    /// `∫‖s‖²`.
    Score,
    /// Both.
    Both,
}

/// Which closed form is compared, on what.
#[derive(Clone, Debug)]
pub enum EnergyInstance {
    /// Energy of the whole path: finite.
    Finite(GaussianPath, Part),
    /// Linear schedule, target with a mean: energy over a window, at least `(|m|²/4) log(until/from)`.
    Divergent(GaussianPath, f64, f64),
    /// An atom at 0 in d = 1, on `[0, 1−ε]`; linear or cosine schedule by name.
    Atom(&'static str, Part, f64),
    /// A target on the line, linear schedule: the field's energy per `log(1/ε)` at 0.
    OnTheLine(LineInstance),
    /// A uniform law of this length, and an angle near the end: `√(λ(1−λ))·‖s‖²`.
    Uniform(LineInstance, f64, f64),
}
use EnergyInstance::{Atom, Divergent, Finite, OnTheLine, Uniform};

/// The noise is at most this share of the length of a uniform law: the two edges do not see each other.
const NARROW: f64 = 1.0 / 16.0;
/// The least distance from 0 of a mean that is seen in the growth.
const LEAST_MEAN: f64 = 0.2;

impl EnergyInstance {
    /// A path with finite action from γ, by the name of its schedule.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if the action is infinite.
    pub fn finite(target: Gaussian, schedule_name: &str, part: Part) -> Result<Self> {
        let path = GaussianPath::from_standard(target, schedule(schedule_name)?)?;
        if action(&path, 0.0, 1.0)?.is_finite() {
            Ok(Finite(path, part))
        } else {
            Err(Error::hypothesis("N5", "H2 (finite action)", path))
        }
    }

    /// The linear schedule on `[from, until]`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 < from < until ≤ 1`.
    pub fn divergent(target: Gaussian, from: f64, until: f64) -> Result<Self> {
        within("from", from, f64::MIN_POSITIVE, until)?;
        within("until", until, from, 1.0)?;
        Ok(Divergent(GaussianPath::from_standard(target, schedule("linear")?)?, from, until))
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let condition = [2.0, 20.0, 1e3, 1e5][index % 4];
        let d = 1 + index % 3;
        let part = [Part::Both, Part::Field, Part::Score][index % 3];
        let name = ["cosine", "power 2", "linear"][(index / 2) % 3];
        let target = Gaussian::random(stream, d, condition, 1.0)?;
        Self::finite(if name == "linear" { target.centred() } else { target }, name, part)
    }

    fn high_dimensional(stream: &mut Stream, _index: usize) -> Result<Self> {
        let mean = (0..100).map(|_| stream.random_range(-1.0..1.0)).collect();
        let variances = (0..100).map(|_| stream.random_range(-13.0_f64..13.0).exp2()).collect();
        Self::finite(Gaussian::diagonal(mean, variances)?, "cosine", Part::Both)
    }

    fn random_divergent(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = Gaussian::random(stream, 1 + index % 3, 10.0, 1.0)?;
        Self::divergent(target, 0.5_f64.powi(stream.random_range(1..300)), 1.0)
    }

    fn atom(stream: &mut Stream, index: usize) -> Result<Self> {
        let part = if index.is_multiple_of(2) { Part::Field } else { Part::Score };
        let name = ["linear", "cosine"][(index / 2) % 2];
        // Closer to 1 a float does not resolve 1 − t to the accuracy of the comparison.
        Self::for_atom(name, part, 0.5_f64.powi(stream.random_range(1..14)))
    }

    /// An atom, until `1 − gap`.
    ///
    /// # Errors
    /// [`Error::Domain`] for an unknown schedule or unless `0 < gap < 1`.
    pub fn for_atom(name: &'static str, part: Part, gap: f64) -> Result<Self> {
        schedule(name)?;
        within("gap", gap, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        Ok(Atom(name, part, gap))
    }

    fn on_the_line(stream: &mut Stream, index: usize) -> Result<Self> {
        loop {
            let target = random_mixture(stream, index)?;
            if target.mean().mid().abs() > LEAST_MEAN {
                return Ok(OnTheLine(LineInstance::from_standard(target, "linear")?));
            }
        }
    }

    fn uniform(stream: &mut Stream, _index: usize) -> Result<Self> {
        let (lo, hi) = (stream.random_range(-3.0..-0.5), stream.random_range(0.25..2.0));
        let slope = (hi - lo) * NARROW * 0.5_f64.powf(stream.random_range(0.0..5.0));
        let line = LineInstance::from_standard(LineMeasure::uniform(lo, hi)?, "cosine")?;
        Ok(Uniform(line, hi - lo, slope.atan()))
    }

    fn shifted(name: &str) -> Result<GaussianPath> {
        GaussianPath::from_standard(Gaussian::isotropic(vec![2.0], 0.5)?, schedule(name)?)
    }
}

impl fmt::Display for EnergyInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finite(path, part) => write!(f, "{part:?} of the energy, {path}"),
            Divergent(path, from, until) => write!(f, "energy on [{from:e}, {until:e}], {path}"),
            OnTheLine(line) => write!(f, "the field's growth at 0, {line}"),
            Uniform(line, _, angle) => write!(f, "the score at angle {angle}, {line}"),
            Atom(name, part, gap) => write!(f, "{part:?} for an atom, schedule {name}, until 1−{gap:e}"),
        }
    }
}

/// Resolution of an extrapolated growth, and of an integral over a law with two steep edges.
const GROWTH: f64 = 1e-6;
const EDGES: f64 = 1e-6;

/// Draws an instance.
type Draw = fn(&mut Stream, usize) -> Result<EnergyInstance>;

/// The claim.
pub struct FiniteEnergy;

impl Theorem for FiniteEnergy {
    type Instance = EnergyInstance;

    const ABOUT: About = About {
        id: "N5",
        chapter: Chapter::Nelson,
        title: "The energy of the Nelson process",
        statement: "the Nelson process exists if ∫∫(|v|²+|s|²)dp dt < ∞; for N(m,Σ), ν=γ, eigenvalues a: cosine \
                    (π²/8)(|m|²+Σ(√a−1)²)+Σa^{−½}; linear, m=0: Σ[(a−1)/4+1/(a−1)]log a; t², f(c)=arctan(√c)/√c: \
                    |m|²+Σ[(a−1)(1−f(a−1))+f(a−1)]; linear, m≠0: infinite, ≥ (|m|²/4)log(1/ε) on [ε,1]; uniform law of length w: \
                    √(λ(1−λ))‖s‖² → (2/w)∫φ²/Φ dz at t=1",
        hypotheses: &[("H1", "ν = γ"), ("H2", "finite values: the action is finite")],
        why: "Finite-energy diffusions exist (Carlen). ‖v‖² = |ṁ|² + Σ(λ̇(a−1))²/(4σ²), ‖s‖² = Σ1/σ² with \
              σ² = 1+λ(a−1): elementary integrals.",
        checked: "Quadrature in time of the norms of field and score against the closed forms: general \
                  covariances, condition numbers up to 10⁵ (10⁸ for independent coordinates, d = 100); divergence on windows down to 2⁻³⁰⁰; \
                  an atom as target under the linear and the cosine schedule; on the line the growth of the field's energy at 0 for \
                  mixtures with a mean (linear schedule), and the rate of the score's energy at 1 for uniform laws.",
        not_checked: "Existence of the process; finite energies of targets that are not Gaussian; several atoms; the integral in time of a \
                      uniform law's energy, which is inferred from its rate.",
        source: "Carlen, Conservative diffusions (1984); Cattiaux, Léonard (1994); [CCG], Nelson processes",
        relation: Relation::Equality { resolution: 1e-8 },
        rests_on: &["P4", "T5"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<EnergyInstance>> {
        let family =
            |name, quick, full, draw: Draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("finite energies", 12, 120, EnergyInstance::random),
            [
                family("a hundred dimensions", 1, 4, EnergyInstance::high_dimensional),
                family("linear schedule and a mean: divergence", 8, 80, EnergyInstance::random_divergent),
                family(
                    "mixtures on the line with a mean, linear schedule",
                    1,
                    12,
                    EnergyInstance::on_the_line,
                ),
                family("uniform laws near the end", 2, 24, EnergyInstance::uniform),
                family("an atom", 8, 60, EnergyInstance::atom),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<EnergyInstance>> {
        vec![SharpCase {
            name: "rate of divergence on [ε/2, ε]",
            kind: SharpKind::Limit {
                instance: |epsilon| {
                    EnergyInstance::divergent(Gaussian::isotropic(vec![2.0], 0.5)?, 0.5 * epsilon, epsilon)
                },
                at: &[0.08, 0.04, 0.02, 0.01, 0.005, 0.0025],
            },
        }]
    }

    fn false_twins() -> NonEmpty<FalseTwin<EnergyInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "finite for every increasing schedule, with the value for a centred target",
                instance: || Ok(Finite(EnergyInstance::shifted("linear")?, Part::Both)),
                wrong: Wrong::Hypothesis,
            },
            [
                FalseTwin {
                    name: "twice the rate of divergence",
                    instance: || {
                        EnergyInstance::divergent(
                            Gaussian::isotropic(vec![2.0], 0.5)?,
                            0.5_f64.powi(200),
                            1.0,
                        )
                    },
                    wrong: Wrong::Bound(|i| Ok(Self::bound(i)? * 2.0)),
                },
                FalseTwin {
                    name: "E|X|² in place of |EX|² in the growth",
                    instance: || Ok(OnTheLine(LineInstance::from_standard(near_bumps()?, "linear")?)),
                    wrong: Wrong::Bound(|i| match i {
                        OnTheLine(line) => Ok((line.target.variance() + line.target.mean().square()) / 4.0),
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "the score's part left out",
                    instance: || Ok(Finite(EnergyInstance::shifted("cosine")?, Part::Both)),
                    wrong: Wrong::Bound(|i| match i {
                        Finite(path, _) => closed_form(path, Part::Field),
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "the mean left out",
                    instance: || Ok(Finite(EnergyInstance::shifted("power 2")?, Part::Both)),
                    wrong: Wrong::Bound(|i| match i {
                        Finite(path, part) => {
                            let centred = path.target().centred();
                            closed_form(
                                &GaussianPath::from_standard(centred, path.schedule().clone())?,
                                *part,
                            )
                        }
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "finite score energy for an atom under the cosine schedule",
                    instance: || EnergyInstance::for_atom("cosine", Part::Score, 0.5_f64.powi(10)),
                    wrong: Wrong::Bound(|_| atom_closed_form("cosine", Part::Field, 1.0 / 1024.0)),
                },
            ],
        )
    }

    fn relation(instance: &EnergyInstance) -> Relation {
        match instance {
            Divergent(..) => Relation::Lower,
            OnTheLine(_) => Relation::Equality { resolution: GROWTH },
            Uniform(..) => Relation::Equality { resolution: EDGES },
            Finite(..) | Atom(..) => Self::ABOUT.relation,
        }
    }

    fn observed(instance: &EnergyInstance) -> Result<Enclosure> {
        match instance {
            Finite(path, part) => {
                let breaks = graded_panels(0.0, 1.0, true, true, 30);
                Ok(energy(path, *part, &breaks))
            }
            Divergent(path, from, until) => {
                let mut breaks = vec![*from];
                while breaks[breaks.len() - 1] < *until {
                    breaks.push((2.0 * breaks[breaks.len() - 1]).min(*until));
                }
                Ok(energy(path, Part::Both, &breaks))
            }
            OnTheLine(line) => growth(line),
            Uniform(line, _, angle) => {
                let slice = line.path.curve().slice(*angle)?;
                let square = expectation(slice.as_ref(), |y| slice.point(y).score.powi(2));
                let root = core_math::sin(*angle) * core_math::cos(*angle);
                Ok((square * root).weakened(Evidence::Converged))
            }
            Atom(name, part, gap) => {
                let schedule = schedule(name)?;
                let mut breaks = vec![0.0, 0.5];
                while 1.0 - breaks[breaks.len() - 1] > *gap {
                    breaks.push(1.0 - 0.5 * (1.0 - breaks[breaks.len() - 1]));
                }
                Ok(integrate(&breaks, |t| {
                    let complement = schedule.complement(t);
                    let field = schedule.lambda_dot(t).powi(2) / (4.0 * complement);
                    if *part == Part::Field { field } else { 1.0 / complement }
                }))
            }
        }
    }

    fn bound(instance: &EnergyInstance) -> Result<Enclosure> {
        match instance {
            Finite(path, part) => closed_form(path, *part),
            Divergent(path, from, until) => {
                let ratio = Enclosure::exact(*until) / *from;
                Ok(mean_square(path) * ratio.ln() / 4.0)
            }
            OnTheLine(line) => Ok(line.target.mean().square() / 4.0),
            Uniform(_, width, angle) => {
                let beyond = core_math::exp(-0.125 * (width / core_math::tan(*angle)).powi(2));
                let limit = edge_integral() * 2.0 / *width;
                Ok(limit.widened(beyond * limit.hi()))
            }
            Atom(name, part, gap) => atom_closed_form(name, *part, *gap),
        }
    }
}

/// `∫(‖v‖² + ‖s‖²)dt` over the panels: at each time `‖v‖² = λ̇²|m|²/(4λ) + tr(SΣ_tS)`, where S solves
/// `SΣ_t + Σ_tS = λ̇(Σ − I)`, by the eigenvectors of `Σ_t`, and `‖s‖² = tr Σ_t⁻¹`.
fn energy(path: &GaussianPath, part: Part, breaks: &[f64]) -> Enclosure {
    let (target, schedule, d) = (path.target(), path.schedule(), path.dim());
    let mean_square = target.mean().norm_squared();
    let dense = target.variances().is_none().then(|| target.covariance());
    let gap = dense.as_ref().map(|covariance| covariance - DMatrix::<f64>::identity(d, d));
    let integral = integrate(breaks, |t| {
        let (lambda, complement) = (schedule.lambda(t), schedule.complement(t));
        let rate = schedule.lambda_dot(t);
        let (mut field, mut score) = (rate * rate * mean_square / (4.0 * lambda), 0.0);
        if let (Some(covariance), Some(gap)) = (&dense, &gap) {
            let law = covariance * lambda + DMatrix::<f64>::identity(d, d) * complement;
            let eigen = law.symmetric_eigen();
            let (q, values) = (&eigen.eigenvectors, &eigen.eigenvalues);
            let rotated = q.transpose() * gap * q * rate;
            for i in 0..d {
                score += 1.0 / values[i];
                for j in 0..d {
                    field += values[j] * (rotated[(i, j)] / (values[i] + values[j])).powi(2);
                }
            }
        } else {
            for i in 0..d {
                let a = target.covariance_entry(i, i);
                let variance = lambda * a + complement;
                score += 1.0 / variance;
                field += (rate * (a - 1.0)).powi(2) / (4.0 * variance);
            }
        }
        match part {
            Part::Field => field,
            Part::Score => score,
            Part::Both => field + score,
        }
    });
    // Rounding of the covariance and of its spectrum, amplified by the condition number.
    let spectrum = target.spectrum();
    let condition = spectrum.largest().max(1.0.into()).hi() / spectrum.smallest().min(1.0.into()).lo();
    let rounding = 8.0 * f64::EPSILON * if dense.is_some() { d as f64 * condition } else { 1.0 };
    integral.widened(rounding * integral.hi().abs())
}

/// `lim (energy of the field on [ε/2, ε])/log 2` as ε → 0, by dyadic pieces from `λ = 1/64`.
fn growth(line: &LineInstance) -> Result<Enclosure> {
    const PIECES: i32 = 8;
    let schedule = line.path.schedule();
    let start = schedule.time_of(1.0 / 64.0)?;
    let field = MetricDerivative::of(line.path.curve(), (schedule.angle(start), FRAC_PI_2))?;
    let points = (0..PIECES)
        .map(|k| {
            let end = start * 0.5_f64.powi(k);
            Ok((end, field.action(schedule, 0.5 * end, end)? / Enclosure::exact(2.0).ln()))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(limit_at_zero(&points))
}

/// `∫φ²/Φ dz`: the Fisher information of a step seen through normal noise. Beyond the range the integrand is at most `2|z|φ` on the left
/// and `2φ²` on the right: below rounding.
fn edge_integral() -> Enclosure {
    const REACH: i32 = 9;
    let breaks: Vec<f64> = (-REACH..=REACH).map(f64::from).collect();
    let integral = integrate(&breaks, |z| {
        let distribution = 0.5 * core_math::erfc(-z * std::f64::consts::FRAC_1_SQRT_2);
        core_math::exp(-z * z) / (2.0 * std::f64::consts::PI * distribution)
    });
    integral.widened(4.0 * f64::EPSILON)
}

fn mean_square(path: &GaussianPath) -> Enclosure {
    path.target().mean().iter().map(|&m| Enclosure::exact(m).square()).sum()
}

/// The closed forms of the statement for the linear, cosine and quadratic schedules.
fn closed_form(path: &GaussianPath, part: Part) -> Result<Enclosure> {
    let name = path.schedule().to_string();
    let pi_square_eighth = Enclosure::certified(Interval::PI.square()) / 8.0;
    let mean = match name.as_str() {
        "cosine" => mean_square(path) * pi_square_eighth,
        "power 2" => mean_square(path),
        _ => Enclosure::exact(0.0),
    };
    let (mut field, mut score) = (mean, Enclosure::exact(0.0));
    for &a in path.target().spectrum().eigenvalues() {
        let excess = a - 1.0;
        let (f, s) = match name.as_str() {
            "cosine" => ((a.sqrt() - 1.0).square() * pi_square_eighth, 1.0 / a.sqrt()),
            "linear" => {
                let mean_inverse = logarithmic_mean_inverse(excess);
                (excess.square() * mean_inverse / 4.0, mean_inverse)
            }
            "power 2" => {
                let mean_inverse = arctangent_ratio(excess);
                (excess * (1.0 - mean_inverse), mean_inverse)
            }
            _ => return Err(Error::domain("schedule", name, "linear, cosine or power 2")),
        };
        (field, score) = (field + f, score + s);
    }
    Ok(match part {
        Part::Field => field,
        Part::Score => score,
        Part::Both => field + score,
    })
}

/// `log(1+c)/c = ∫_0^1 dt/(1+ct)`.
fn logarithmic_mean_inverse(c: Enclosure) -> Enclosure {
    near_zero(c, 1).unwrap_or_else(|| c.map(Interval::ln_1p) / c)
}

/// `arctan(√c)/√c = ∫_0^1 dt/(1+ct²)`, for negative c `artanh(√−c)/√−c`.
fn arctangent_ratio(c: Enclosure) -> Enclosure {
    near_zero(c, 2).unwrap_or_else(|| {
        if c.lo() > 0.0 {
            return c.sqrt().map(Interval::atan) / c.sqrt();
        }
        let root = (-c).sqrt();
        // artanh r = ½ log((1+r)²/(1−r²)) with 1 − r² = 1 + c.
        ((1.0 + root).square() / (1.0 + c)).ln() / (2.0 * root)
    })
}

/// `∫_0^1 dt/(1+ct^power) = Σ (−c)^k/(1 + power·k)` for small c; the rest of the series is at most
/// its first term over `1 − |c|`.
fn near_zero(c: Enclosure, power: u32) -> Option<Enclosure> {
    const SMALL: f64 = 0.01;
    const TERMS: u32 = 9;
    if c.interval().magnitude() > SMALL {
        return None;
    }
    let (mut sum, mut term) = (Enclosure::exact(0.0), Enclosure::exact(1.0));
    for k in 0..TERMS {
        sum = sum + term / f64::from(1 + power * k);
        term = term * -c;
    }
    Some(sum.widened((term.abs() / (1.0 - SMALL)).hi()))
}

/// Field: `¼log(1/ε)` or `π²(1−ε)/8 − (π/8)sin(πε)`; score: `log(1/ε)` or `(2/π)cot(πε/2)`.
fn atom_closed_form(name: &str, part: Part, gap: f64) -> Result<Enclosure> {
    let pi = Enclosure::certified(Interval::PI);
    let angle = pi * gap / 2.0;
    let (sine, cosine) = (angle.map(Interval::sin), angle.map(Interval::cos));
    let logarithm = (1.0 / Enclosure::exact(gap)).ln();
    match (name, part) {
        ("linear", Part::Field) => Ok(logarithm / 4.0),
        ("linear", Part::Score) => Ok(logarithm),
        // ∫_0^{1−ε} (π²/4) sin²(πt/2) dt, where sin(π(1−ε)) = 2 sin(πε/2) cos(πε/2).
        ("cosine", Part::Field) => Ok(pi.square() * (1.0 - gap) / 8.0 - pi * sine * cosine / 4.0),
        ("cosine", Part::Score) => Ok(2.0 / pi * cosine / sine),
        _ => Err(Error::domain("schedule", name, "linear or cosine, field or score")),
    }
}
