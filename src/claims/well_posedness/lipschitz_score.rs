//! **W3**: a Poincaré inequality for the conditional laws makes the score Lipschitz.
//!
//! *Statement.* If `C_P(X|X_t=y) ≤ C` for all y: for ν = γ
//! `−I/(1−λ) ≤ ∇²log p_t(y) ≤ (−1/(1−λ) + λC/(1−λ)²) I`; for a base with `‖∇²log ν_σ‖ ≤ M`
//! `‖∇²log p_t‖ ≤ M + λM²C`.
//!
//! *Hypotheses.* H1: `0 < λ < 1`. H2: `C_P(X|X_t=y) ≤ C` for all y. H3: ν = γ, or `‖∇²log ν_σ‖ ≤ M`.
//!
//! *Normalisation.* `Var(f) ≤ C_P ∫|∇f|²`; `X_t = √λ X + √(1−λ) Z`; `ν_σ` is the law of `√(1−λ) Z`.
//!
//! *Why.* W2, and `⟨u, Cov(X|y)u⟩ = Var(⟨u, X⟩|y) ≤ C|u|²`. A uniform bound on the conditional
//! covariance would do; a uniform Poincaré inequality is sufficient for it, not necessary.
//!
//! *Source.* \[CCG\] (well-posedness).
//!
//! *Checked.* Left: directional second derivatives of `log p_t`. Right: the formulae, with the top eigenvalue
//! of the conditional covariance (Gaussian targets), a bound for mixtures of components with one
//! covariance, or on the line, for any target, the supremum over y of spectral gaps; mixtures in d = 2, 3 with a Student base over all
//! points, with the bound C of W4. *Not checked here:* other targets in several dimensions; see W4 for when H2 holds.
//!
//! *Sharp.* Upper bound: Gaussian targets, top eigen-direction. Lower bound: targets that shrink to
//! a point. *Dropping H2:* `½N(0,diag(1,½)) + ½N(0,diag(½,1))` has no Lipschitz score: its conditional
//! covariance grows like |y|² on the diagonal. (The dynamics is well posed there all the same: the score is
//! locally Lipschitz, of linear growth, and `∇²log p_t` is bounded below, which is checked too.)

use super::instance::Slice;
use super::mixture::{Component, MixtureSlice};
use super::student_space::StudentSpace;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::line_instances::{random_mixture, random_potential};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result, positive};
use crate::inequality::conditional::{ConditionalLaws, Quantity};
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::linalg::{Ball, enclosed_eigen};
use crate::numerics::stream::Stream;
use crate::path::LineSlice;
use crate::path::line::{LineBase, PotentialCurve};
use rand::RngExt;
use std::fmt;

/// Mass of the laws beyond the points looked at, points of the grid, and halvings of its step around the highest.
const WINDOW: f64 = 1e-9;
const GRID: u32 = 60;
const HALVINGS: u32 = 12;
/// Relative error of fields by quadrature of the conditional law.
const QUADRATURE: f64 = 1e-9;

/// Which part of the statement is checked, on what.
#[derive(Clone, Debug)]
pub enum LipschitzInstance {
    /// `−⟨u, ∇²log p_t u⟩/|u|² ≤ 1/(1−λ)`, standard base.
    Below(Slice),
    /// `⟨u, ∇²log p_t u⟩/|u|² + 1/(1−λ) ≤ λC/(1−λ)²`, standard base.
    Above(Slice),
    /// `‖∇²log p_t‖ ≤ M + λM²C`, any Gaussian base.
    Norm(Slice),
    /// As `Above` for a mixture, with a constant that has to bound `C_P(X|X_t=y)` for all y.
    MixtureAbove(MixtureSlice, Vec<f64>),
    /// `−⟨u, ∇²log p_t u⟩/|u|² ≤ 1/min variance of the components of p_t`, for a mixture.
    MixtureBelow(MixtureSlice, Vec<f64>),
    /// On the line, any target: the largest `∇²log p_t + 1/(1−λ)` against `λC/(1−λ)²` with a standard base, the largest `|∇²log p_t|` against
    /// `M + λM²C` with a Student base, `C = sup_y C_P(X|X_t=y)`.
    Line {
        /// The target.
        target: Box<LineMeasure>,
        /// Degrees of freedom of a Student base.
        dof: Option<f64>,
        /// λ.
        lambda: f64,
    },
    /// The same with a standard base from below: the largest `−∇²log p_t` against `1/(1−λ)`.
    LineBelow {
        /// The target.
        target: Box<LineMeasure>,
        /// λ.
        lambda: f64,
    },
    /// In d = 2 or 3, mixtures with means on a line and a Student base: the largest `‖∇²log p_t‖` against `M + λM²C` with the bound C
    /// for the conditional constants that follows from `C_P(π)` for a Student base.
    Space(Box<StudentSpace>),
    /// `⟨u, Cov(X|X_t=(a,a)) u⟩` of the crossed mixture, `u = (1,−1)`: its exponent of growth in a is 2.
    Growth(f64),
}
use LipschitzInstance::{Above, Below, Growth, Line, LineBelow, MixtureAbove, MixtureBelow, Norm, Space};

impl LipschitzInstance {
    fn standard(stream: &mut Stream, index: usize) -> Result<Self> {
        // Index 1 of every seven targets is one-dimensional: there the upper bound is an equality.
        let slice = Slice::random(stream, index)?;
        Ok(if index.is_multiple_of(2) && slice.observation.dim() > 1 { Above(slice) } else { Below(slice) })
    }

    fn general(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Norm(Slice::random_base(stream, index)?))
    }

    /// Two components of one covariance in d = 2 or 3: H2 holds uniformly.
    fn mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 2 + index % 2;
        let mut vector = |scale: f64| (0..d).map(|_| stream.random_range(-scale..scale)).collect::<Vec<_>>();
        let (first, second, y, u) = (vector(1.0), vector(1.0), vector(6.0), vector(1.0));
        let variances: Vec<f64> = vector(2.0).into_iter().map(f64::exp2).collect();
        let component = |weight, mean| Component { weight, mean, variances: variances.clone() };
        let components = vec![component(0.3, first), component(0.7, second)];
        let lambda = stream.random_range(0.1..0.9);
        Ok(MixtureAbove(MixtureSlice::new(components, lambda, y)?, u))
    }

    /// Mixtures and potentials in turn, standard and Student bases.
    fn on_line(stream: &mut Stream, index: usize) -> Result<Self> {
        let target =
            if index % 4 < 2 { random_potential(stream, index)? } else { random_mixture(stream, index)? };
        let dof = (!index.is_multiple_of(2)).then(|| stream.random_range(2.0..12.0));
        Ok(Line { target: Box::new(target), dof, lambda: stream.random_range(0.2..0.7) })
    }

    fn below_on_line(stream: &mut Stream, index: usize) -> Result<Self> {
        let target =
            if index % 4 < 2 { random_potential(stream, index)? } else { random_mixture(stream, index)? };
        Ok(LineBelow { target: Box::new(target), lambda: stream.random_range(0.1..0.8) })
    }

    fn student_space(stream: &mut Stream, index: usize) -> Result<Self> {
        Ok(Space(Box::new(StudentSpace::with_constant(stream, index)?)))
    }

    /// Components of different covariances, without a Lipschitz score.
    fn crossed_below(stream: &mut Stream, _index: usize) -> Result<Self> {
        let a = 10_f64.powf(stream.random_range(-1.0..4.0));
        let u = vec![stream.random_range(0.5..1.0), stream.random_range(-1.0..-0.5)];
        Ok(MixtureBelow(MixtureSlice::crossed(a)?, u))
    }

    /// Beyond a = 64 the rounding of the posterior weights, of order a², blurs the exponent.
    fn growth(stream: &mut Stream, _index: usize) -> Result<Self> {
        Self::growth_at(stream.random_range(0.0_f64..6.0).exp2())
    }

    /// The growth between `a/2` and `2a`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `a` is finite and positive.
    pub fn growth_at(a: f64) -> Result<Self> {
        Ok(Growth(positive("a", a)?))
    }

    /// Three-dimensional target, u its top eigenvector.
    fn top_direction() -> Result<Self> {
        let covariance =
            nalgebra::DMatrix::from_row_slice(3, 3, &[2.0, 0.5, -0.25, 0.5, 1.0, 0.125, -0.25, 0.125, 0.5]);
        let target = Gaussian::new(nalgebra::DVector::from_vec(vec![1.0, -1.0, 0.5]), covariance)?;
        let top: Vec<f64> = target.spectrum().eigenvectors().column(2).iter().copied().collect();
        Ok(Above(Slice::new(&target, Gaussian::standard(3)?, 0.75, vec![1.0; 3], top.clone(), top)?))
    }

    /// Largest Poincaré constant of the conditional laws that the instance claims.
    fn constant(&self) -> Result<Enclosure> {
        match self {
            Below(slice) | Above(slice) | Norm(slice) => {
                Ok(largest_eigenvalue(&slice.observation.conditional_covariance()))
            }
            MixtureAbove(slice, _) => Ok(Enclosure::certified(two_component_constant(slice)?)),
            Line { target, dof, lambda } => {
                let laws = ConditionalLaws::on_path((**target).clone(), *dof, *lambda)?;
                Ok(laws.supremum(Quantity::Poincare)?.value)
            }
            Space(space) => space.conditional_constant(),
            LineBelow { .. } | MixtureBelow(..) | Growth(_) => {
                Err(Error::Undefined { what: "a uniform constant".to_owned(), reason: self.to_string() })
            }
        }
    }

    /// The instance that violates H2, at a point where it shows.
    fn crossed_above() -> Result<Self> {
        Ok(MixtureAbove(MixtureSlice::crossed(6.0)?, vec![1.0, -1.0]))
    }
}

/// `C_P ≤ max{C_P(μ_0), (1+pχ²(μ_0|μ_1))C_P(μ_1)} ≤ λ_max e^{⟨D, K⁻¹D⟩}` for the conditional law, a
/// mixture of two Gaussian laws of covariance K whose means differ by D (Schlichting,
/// *Poincaré and log-Sobolev inequalities for mixtures*, 2019); D does not depend on y if the
/// components of the target have one covariance. The covariance of the first component is used.
fn two_component_constant(slice: &MixtureSlice) -> Result<Interval> {
    let [first, second] = slice.components() else {
        return Err(Error::domain("components", slice.components().len(), "two components"));
    };
    let (mut largest, mut exponent) = (Interval::ZERO, Interval::ZERO);
    for i in 0..first.mean.len() {
        let own = slice.conditional_variance(first, i);
        largest = largest.max(own).max(slice.conditional_variance(second, i));
        let gap = Interval::point(first.mean[i]) - Interval::point(second.mean[i]);
        let shift = own * gap / Interval::point(first.variances[i]);
        exponent = exponent + shift.square() / own;
    }
    Ok(largest * exponent.exp())
}

fn largest_eigenvalue(m: &Ball) -> Enclosure {
    let (values, _) = enclosed_eigen(m);
    Enclosure::certified(values[values.len() - 1])
}

/// The largest value of a curvature on the line: a grid over the observations that have mass, refined around its highest point. No more
/// than the supremum.
fn largest_on_line(
    target: &LineMeasure,
    dof: Option<f64>,
    lambda: f64,
    value: impl Fn(f64) -> f64,
) -> Result<Enclosure> {
    let base = dof.map_or(LineBase::Gaussian, |dof| LineBase::Student { dof });
    let curve = PotentialCurve::new(target.clone(), base)?;
    let slice = curve.at(core_math::acos(lambda.sqrt()))?;
    let (lo, hi) = slice.window(WINDOW);
    let at = |y: f64| value(slice.point(y).curvature);
    let step = (hi - lo) / f64::from(GRID);
    let best = (0..=GRID).map(|i| lo + step * f64::from(i)).max_by(|a, b| at(*a).total_cmp(&at(*b)));
    let (mut y, mut reach) = (best.unwrap_or(lo), step);
    for _ in 0..HALVINGS {
        reach *= 0.5;
        y = [y - reach, y, y + reach].into_iter().fold(y, |a, b| if at(b) > at(a) { b } else { a });
    }
    Ok(Enclosure::around(at(y), QUADRATURE * (1.0 + at(y).abs()), Evidence::Converged))
}

/// Draws an instance.
type Draw = fn(&mut Stream, usize) -> Result<LipschitzInstance>;

fn square(u: &[f64]) -> Enclosure {
    u.iter().map(|&x| Enclosure::exact(x).square()).sum()
}

impl fmt::Display for LipschitzInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Below(slice) => write!(f, "lower bound, {slice}"),
            Above(slice) => write!(f, "upper bound, {slice}"),
            Norm(slice) => write!(f, "norm, {slice}"),
            MixtureAbove(slice, u) => write!(f, "upper bound, {slice}, u={u:?}"),
            MixtureBelow(slice, u) => write!(f, "lower bound, {slice}, u={u:?}"),
            Line { target, dof, lambda } => match dof {
                None => write!(f, "largest second derivative, {target}, standard base, λ={lambda}"),
                Some(n) => write!(f, "largest second derivative, {target}, Student base, n={n}, λ={lambda}"),
            },
            LineBelow { target, lambda } => {
                write!(f, "least second derivative, {target}, standard base, λ={lambda}")
            }
            Space(space) => write!(f, "norm, {space}"),
            Growth(a) => write!(f, "growth of the conditional covariance at ({a}, {a})"),
        }
    }
}

/// The claim.
pub struct LipschitzScore;

impl Theorem for LipschitzScore {
    type Instance = LipschitzInstance;

    const ABOUT: About = About {
        id: "W3",
        chapter: Chapter::WellPosedness,
        title: "A uniform Poincaré inequality gives a Lipschitz score",
        statement: "C_P(X|X_t=y) ≤ C for all y ⇒ for ν=γ: −I/(1−λ) ≤ ∇²log p_t ≤ (−1/(1−λ) + λC/(1−λ)²) I; \
                    for ‖∇²log ν_σ‖ ≤ M: ‖∇²log p_t‖ ≤ M + λM²C",
        hypotheses: &[
            ("H1", "0 < λ < 1"),
            ("H2", "C_P(X|X_t=y) ≤ C for all y"),
            ("H3", "ν = γ, or ‖∇²log ν_σ‖ ≤ M"),
        ],
        why: "W2, and ⟨u, Cov(X|y)u⟩ = Var(⟨u,X⟩|y) ≤ C|u|². Only the covariance matters: the Poincaré \
              inequality is sufficient, not necessary.",
        checked: "Second derivatives of log p_t in random directions against the bounds: Gaussian targets \
                  with d up to 20 and condition numbers up to 10⁸, Gaussian bases, mixtures with one covariance; on the line mixtures and \
                  potentials with standard and Student bases, C = sup_y C_P(X|y) from spectral gaps; in d = 2, 3 mixtures with a Student base \
                  over all points, C from C_P(π) (W4). \
                  For the mixture of N(0,diag(1,½)) and N(0,diag(½,1)): the lower bound, and the quadratic growth \
                  of the conditional covariance on the diagonal.",
        not_checked: "Other targets in several dimensions; for which targets H2 holds (W4).",
        source: "[CCG], well-posedness",
        relation: Relation::Upper,
        rests_on: &["W2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<LipschitzInstance>> {
        let family =
            |name, quick, full, draw: Draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            family("Gaussian targets, standard base", 20, 140, LipschitzInstance::standard),
            [
                family("Gaussian targets and bases", 8, 60, LipschitzInstance::general),
                family("mixtures of two components with one covariance", 12, 80, LipschitzInstance::mixture),
                Family {
                    name: "mixtures and potentials on the line, C by a search",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 24,
                    draw: LipschitzInstance::on_line,
                },
                Family {
                    name: "lower bound on the line",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 24,
                    draw: LipschitzInstance::below_on_line,
                },
                Family {
                    name: "mixtures in d = 2 and 3, Student base",
                    evidence: Evidence::Converged,
                    quick: 2,
                    full: 24,
                    draw: LipschitzInstance::student_space,
                },
                family("lower bound for crossed components", 8, 60, LipschitzInstance::crossed_below),
                family("growth for crossed components", 6, 40, LipschitzInstance::growth),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<LipschitzInstance>> {
        vec![
            SharpCase {
                name: "Gaussian target in one dimension",
                kind: SharpKind::Attained(|| Ok(Above(Slice::one_dimensional(1.0, 3.0, 0.5, 2.0)?))),
            },
            SharpCase {
                name: "Gaussian target, top eigen-direction",
                kind: SharpKind::Attained(LipschitzInstance::top_direction),
            },
            SharpCase {
                name: "lower bound: a target that shrinks to a point",
                kind: SharpKind::Limit {
                    instance: |variance| Ok(Below(Slice::one_dimensional(1.0, variance, 0.5, 2.0)?)),
                    at: &[0.08, 0.04, 0.02, 0.01, 0.005],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<LipschitzInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "Lipschitz for every Gaussian mixture, with the constant of the components",
                instance: LipschitzInstance::crossed_above,
                wrong: Wrong::Hypothesis,
            },
            [
                FalseTwin {
                    name: "bounded conditional covariance for every Gaussian mixture",
                    instance: || LipschitzInstance::growth_at(64.0),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "growth of order one in |y|",
                    instance: || LipschitzInstance::growth_at(64.0),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(1.0))),
                },
                FalseTwin {
                    name: "Student base in the plane: the curvature of the noise left out, λM²C",
                    instance: || Ok(Space(Box::new(StudentSpace::example()?))),
                    wrong: Wrong::Bound(|i| match i {
                        Space(space) => {
                            let noise = Enclosure::exact(space.freedom() + space.dim() as f64)
                                / space.freedom()
                                / (1.0 - Enclosure::exact(space.lambda()));
                            Ok(Self::bound(i)? - noise)
                        }
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "λ² in place of λ",
                    instance: LipschitzInstance::top_direction,
                    wrong: Wrong::Bound(|i| match i {
                        Above(slice) => Ok(Self::bound(i)? * slice.lambda()),
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "smallest conditional variance in place of C",
                    instance: LipschitzInstance::top_direction,
                    wrong: Wrong::Bound(|i| match i {
                        Above(slice) => {
                            let (values, _) = enclosed_eigen(&slice.observation.conditional_covariance());
                            Ok(above(slice.lambda(), slice.complement(), Enclosure::certified(values[0])))
                        }
                        _ => Self::bound(i),
                    }),
                },
            ],
        )
    }

    fn relation(instance: &LipschitzInstance) -> Relation {
        if matches!(instance, Growth(_)) { Relation::Rate { resolution: 1e-8 } } else { Relation::Upper }
    }

    /// An exponent has size one.
    fn scale(instance: &LipschitzInstance) -> f64 {
        if matches!(instance, Growth(_)) { 1.0 } else { 0.0 }
    }

    fn observed(instance: &LipschitzInstance) -> Result<Enclosure> {
        match instance {
            Below(slice) => Ok(-slice.rayleigh(&slice.observation.hessian())?),
            Above(slice) => {
                slice.rayleigh(&slice.observation.hessian().plus(&slice.observation.noise_precision()))
            }
            Norm(slice) => {
                let (values, _) = enclosed_eigen(&slice.observation.law_covariance());
                Ok(1.0 / Enclosure::certified(values[0]))
            }
            MixtureAbove(slice, u) => {
                let form = Enclosure::certified(slice.hessian_form(u));
                Ok(form / square(u) + 1.0 / Enclosure::certified(slice.complement()))
            }
            MixtureBelow(slice, u) => Ok(-(Enclosure::certified(slice.hessian_form(u)) / square(u))),
            Line { target, dof: None, lambda } => {
                let largest = largest_on_line(target, None, *lambda, |c| c)?;
                Ok(largest + 1.0 / (1.0 - Enclosure::exact(*lambda)))
            }
            Line { target, dof, lambda } => largest_on_line(target, *dof, *lambda, f64::abs),
            LineBelow { target, lambda } => largest_on_line(target, None, *lambda, |c| -c),
            Space(space) => {
                let [least, most] = space.extremes()?;
                Ok(least.abs().max(most.abs()))
            }
            // For c + c'a² successive differences over doublings of a have the ratio 4.
            Growth(a) => {
                let form = |a: f64| Ok(MixtureSlice::crossed(a)?.covariance_form(&[1.0, -1.0]));
                let (first, second, third): (Interval, _, _) = (form(0.5 * a)?, form(*a)?, form(2.0 * a)?);
                let ratio = (third - second) / (second - first);
                Ok(Enclosure::certified(ratio.ln() / Interval::point(2.0).ln()))
            }
        }
    }

    fn bound(instance: &LipschitzInstance) -> Result<Enclosure> {
        match instance {
            Below(slice) => Ok(1.0 / slice.complement()),
            Above(slice) => Ok(above(slice.lambda(), slice.complement(), instance.constant()?)),
            Norm(slice) => {
                let m = largest_eigenvalue(&slice.observation.noise_precision());
                Ok(m + slice.lambda() * m.square() * instance.constant()?)
            }
            MixtureAbove(slice, _) => {
                let at = Enclosure::certified;
                Ok(above(at(slice.lambda()), at(slice.complement()), instance.constant()?))
            }
            Line { dof, lambda, .. } => {
                let (lambda, complement) = (Enclosure::exact(*lambda), 1.0 - Enclosure::exact(*lambda));
                let constant = instance.constant()?;
                let Some(n) = dof else { return Ok(above(lambda, complement, constant)) };
                Ok(student_norm(*n, 1, (lambda, complement), constant))
            }
            LineBelow { lambda, .. } => Ok(1.0 / (1.0 - Enclosure::exact(*lambda))),
            Space(space) => {
                let lambda = Enclosure::exact(space.lambda());
                let constant = instance.constant()?;
                Ok(student_norm(space.freedom(), space.dim(), (lambda, 1.0 - lambda), constant))
            }
            MixtureBelow(slice, _) => {
                let variances = slice.components().iter().flat_map(|c| &c.variances);
                let smallest = variances.fold(f64::INFINITY, |a, &b| a.min(b));
                Ok(Enclosure::certified(
                    Interval::ONE / (slice.lambda() * Interval::point(smallest) + slice.complement()),
                ))
            }
            Growth(_) => Ok(Enclosure::exact(2.0)),
        }
    }
}

/// `M + λM²C` with `M = (n+d)/(n(1−λ))`.
fn student_norm(
    n: f64,
    d: usize,
    (lambda, complement): (Enclosure, Enclosure),
    constant: Enclosure,
) -> Enclosure {
    let m = (Enclosure::exact(n) + d as f64) / n / complement;
    m + lambda * m.square() * constant
}

/// `λC/(1−λ)²`.
fn above(lambda: Enclosure, complement: Enclosure, constant: Enclosure) -> Enclosure {
    lambda * constant / complement.square()
}
