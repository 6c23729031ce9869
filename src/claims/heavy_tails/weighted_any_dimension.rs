//! **H5**: the sharp weighted Poincaré constants of Cauchy-type laws in any dimension.
//!
//! *Statement.* For the density `∝ (1 + |x|²)^{−β}` on `R^d`, `α = 2β − d > 0`, the best constant in
//! `Var(f) ≤ λ^{−1} ∫ (1 + |x|²)|∇f|²` is: `d = 1`: `λ = α²/4` for `α ≤ 2`, `α − 1` for `α ≥ 2`; `d ≥ 2`: `α²/4` for
//! `α ≤ 4`, `2α − 4` for `4 ≤ α ≤ d + 2`, `α + d − 2` for `α ≥ d + 2`. A perturbation `e^{−F}` with
//! `(1 + |x|²)|∇F|² ≤ L²`, `L < 2√λ`, keeps the inequality, with the constant `λ^{−1}/(1 − L/(2√λ))²` at most.
//!
//! *Hypotheses.* H1: α > 0. H2 (perturbation): `L < 2√λ`.
//!
//! *Normalisation.* Weight `1 + |x|²`, the constant is `1/λ`.
//!
//! *Why.* The operator commutes with rotations. Radial functions have the eigenfunction `|x|² − c` (`2α − 4`), the first
//! sector `x_i` (`α + d − 2`); the essential spectrum begins at `α²/4` (functions `|x|^{α/2}`). The smallest of those that
//! exist is the gap. Perturbation: test `(f − c)e^{−F/2}`.
//!
//! *Source.* Bobkov, Ledoux, Ann. Probab. 37 (2009); Bonnefont, Joulin, Ma, *A note on spectral gap and weighted Poincaré
//! inequalities for some one-dimensional diffusions* (2016); Huguet (2023).
//!
//! *Checked.* Left: the constants of the two angular sectors, from a weighted integral operator and spectral elements; for
//! perturbations on the line the law in `u = asinh x`, where the weight is 1. Right: the formulae. *Not checked here:*
//! perturbations in more than one dimension.
//!
//! *Sharp.* Every constant is an equality; the perturbation bound for `F = L·asinh x` and `α ≤ 2`. *The formula of another
//! range* is false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result, positive};
use crate::inequality::poincare::converged_poincare_constant;
use crate::inequality::poincare::radial::{weighted_poincare_constant, weighted_radial_poincare_constant};
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct CauchyWeighted;

/// Relative accuracy where an eigenfunction decides, and at the edge of the essential spectrum, where the
/// constants of two cuts are extrapolated.
const EIGENVALUE: f64 = 1e-6;
const EDGE: f64 = 1e-2;

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Instance {
    /// The best constant: dimension and α.
    Best(usize, f64),
    /// On the line, `F = a·u + b log cosh u` in `u = asinh x`, so that `L = |a| + |b|`.
    Perturbed {
        /// α.
        alpha: f64,
        /// a.
        tilt: f64,
        /// b.
        bend: f64,
    },
}

impl Instance {
    fn best(dim: usize, alpha: f64) -> Result<Self> {
        if dim == 0 {
            return Err(Error::domain("dim", dim, "at least 1"));
        }
        Ok(Self::Best(dim, positive("alpha", alpha)?))
    }

    fn perturbed(alpha: f64, tilt: f64, bend: f64) -> Result<Self> {
        let slope = tilt.abs() + bend.abs();
        if slope < 2.0 * gap(1, alpha).sqrt().lo() {
            Ok(Self::Perturbed { alpha, tilt, bend })
        } else {
            Err(Error::hypothesis("H5", "H2 (L < 2√λ)", slope))
        }
    }

    /// A value in every range of the formula in turn, away from where two ranges meet.
    fn random(stream: &mut Stream, dim: usize, index: usize) -> Result<Self> {
        let d = dim as f64;
        let mut draw = |a: f64, b: f64| stream.random_range(a..b);
        let alpha = match (dim, index % 4) {
            (1, 0) => draw(0.4, 0.9),
            (1, 1) => draw(0.9, 1.6),
            (1, _) => draw(2.8, 9.0),
            (_, 0) => draw(1.0, 3.2),
            (2, _) => draw(5.0, 9.0),
            (_, 1) => draw(3.5, 3.7),
            // The middle range, away from both others.
            (_, 2) => draw(4.6, d + 1.8),
            _ => draw(d + 2.5, d + 7.0),
        };
        Self::best(dim, alpha)
    }

    fn random_perturbed(stream: &mut Stream, index: usize) -> Result<Self> {
        let alpha = stream.random_range(2.6..6.0);
        let size = stream.random_range(0.2..0.7) * (alpha - 1.0_f64).sqrt();
        let share = stream.random_range(0.2..0.9);
        let sign = |odd: bool| if odd { -1.0 } else { 1.0 };
        let (tilt, bend) =
            (sign(index.is_multiple_of(2)) * size * share, sign(index % 4 < 2) * size * (1.0 - share));
        Self::perturbed(alpha, tilt, bend)
    }
}

/// The formula for λ.
fn gap(dim: usize, alpha: f64) -> Enclosure {
    let (a, d) = (Enclosure::exact(alpha), dim as f64);
    if dim == 1 {
        if alpha <= 2.0 { a.square() / 4.0 } else { a - 1.0 }
    } else if alpha <= 4.0 {
        a.square() / 4.0
    } else if alpha <= d + 2.0 {
        2.0 * a - 4.0
    } else {
        a + (d - 2.0)
    }
}

/// `λ^{−1}/(1 − share·L/√λ)²`.
fn perturbation_bound(instance: &Instance, share: f64) -> Result<Enclosure> {
    match *instance {
        Instance::Perturbed { alpha, tilt, bend } => {
            let lambda = gap(1, alpha);
            let slope = Enclosure::exact(tilt).abs() + Enclosure::exact(bend).abs();
            Ok(1.0 / (lambda * (1.0 - slope * share / lambda.sqrt()).square()))
        }
        Instance::Best(dim, _) => Err(Error::domain("instance", dim, "a perturbation")),
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Best(dim, alpha) => write!(f, "d={dim}, α={alpha}"),
            Self::Perturbed { alpha, tilt, bend } => {
                write!(f, "d=1, α={alpha}, F = {tilt}·u + {bend}·log cosh u, x = sinh u")
            }
        }
    }
}

impl Theorem for CauchyWeighted {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "H5",
        chapter: Chapter::HeavyTails,
        title: "Weighted Poincaré constants in any dimension",
        statement: "Density ∝ (1+|x|²)^{−β} on R^d, α = 2β−d, Var(f) ≤ λ⁻¹∫(1+|x|²)|∇f|² sharp: d=1: λ = α²/4 (α≤2), \
                    α−1 (α≥2); d≥2: α²/4 (α≤4), 2α−4 (4≤α≤d+2), α+d−2 (α≥d+2). (1+|x|²)|∇F|² ≤ L² < 4λ: e^{−F} costs at most \
                    a factor (1−L/(2√λ))⁻²",
        hypotheses: &[("H1", "α > 0"), ("H2", "L < 2√λ (perturbation)")],
        why: "Radial functions have the eigenfunction |x|²−c (2α−4), the first angular sector x_i (α+d−2), and the essential \
              spectrum begins at α²/4: the smallest of those that exist is the gap. Perturbation: test (f−c)e^{−F/2}.",
        checked: "Both angular sectors from an integral operator and spectral elements in d = 1, 2, 3, 8, in every range of \
                  α; perturbed laws on the line in the variable asinh x, symmetric and not.",
        not_checked: "Perturbations in more than one dimension.",
        source: "Bobkov, Ledoux, Ann. Probab. 37 (2009); Bonnefont, Joulin, Ma (2016); Huguet (2023)",
        relation: Relation::Upper,
        rests_on: &["C13"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("d = 1", 4, 20, |stream, index| Instance::random(stream, 1, index)),
            [
                family("d = 2", 4, 20, |stream, index| Instance::random(stream, 2, index)),
                family("d = 3", 4, 20, |stream, index| Instance::random(stream, 3, index)),
                family("d = 8", 4, 20, |stream, index| Instance::random(stream, 8, index)),
                family("perturbed laws on the line", 8, 60, Instance::random_perturbed),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase { name: "d = 1, α = 3.5: x", kind: SharpKind::Attained(|| Instance::best(1, 3.5)) },
            SharpCase { name: "d = 8, α = 7: |x|²", kind: SharpKind::Attained(|| Instance::best(8, 7.0)) },
            SharpCase { name: "d = 3, α = 8: xᵢ", kind: SharpKind::Attained(|| Instance::best(3, 8.0)) },
            SharpCase {
                name: "perturbation L·asinh x",
                kind: SharpKind::Attained(|| Instance::perturbed(1.5, 0.5, 0.0)),
            },
            SharpCase {
                name: "perturbation −L·log(1+x²)/2",
                kind: SharpKind::Attained(|| Instance::perturbed(1.5, 0.0, -0.5)),
            },
        ]
    }

    fn relation(instance: &Instance) -> Relation {
        match *instance {
            Instance::Best(1, alpha) if alpha > 2.0 => Relation::Equality { resolution: EIGENVALUE },
            Instance::Best(dim, alpha) if dim > 1 && alpha > 4.0 => {
                Relation::Equality { resolution: EIGENVALUE }
            }
            Instance::Best(..) => Relation::Equality { resolution: EDGE },
            Instance::Perturbed { .. } => Relation::Upper,
        }
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        let twin = |name, instance, wrong| FalseTwin { name, instance, wrong: Wrong::Bound(wrong) };
        NonEmpty::new(
            twin("d = 1: α − 1 below α = 2", || Instance::best(1, 1.3), |_| Ok(1.0 / Enclosure::exact(0.3))),
            [
                twin("d = 1: α²/4 above α = 2", || Instance::best(1, 4.0), |_| Ok(Enclosure::exact(0.25))),
                twin(
                    "d = 3: α²/4 above α = 4",
                    || Instance::best(3, 4.75),
                    |i| other_range(i, |a, _| a.square() / 4.0),
                ),
                twin(
                    "d = 3: 2α − 4 above α = d + 2",
                    || Instance::best(3, 8.0),
                    |i| other_range(i, |a, _| 2.0 * a - 4.0),
                ),
                twin(
                    "d = 8: α + d − 2 below α = d + 2",
                    || Instance::best(8, 7.0),
                    |i| other_range(i, |a, d| a + (d - 2.0)),
                ),
                twin(
                    "perturbation with L/3 in place of L/2",
                    || Instance::perturbed(1.5, 0.5, 0.0),
                    |i| perturbation_bound(i, 1.0 / 3.0),
                ),
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match *instance {
            Instance::Best(dim, alpha) => {
                let beta = 0.5 * (alpha + dim as f64);
                let law = |lo| LineMeasure::parse(&format!("{beta}*log(1 + x^2)"), lo, f64::INFINITY);
                if dim == 1 {
                    weighted_poincare_constant(&law(f64::NEG_INFINITY)?, |x| 1.0 + x * x)
                } else {
                    Ok(weighted_radial_poincare_constant(&law(0.0)?, dim, |r| 1.0 + r * r)?.value)
                }
            }
            Instance::Perturbed { alpha, tilt, bend } => {
                let potential = format!("{}*log(cosh(x)) + {tilt}*x", alpha + bend);
                let law = LineMeasure::parse(&potential, f64::NEG_INFINITY, f64::INFINITY)?;
                converged_poincare_constant(&law)
            }
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match *instance {
            Instance::Best(dim, alpha) => Ok(1.0 / gap(dim, alpha)),
            Instance::Perturbed { .. } => perturbation_bound(instance, 0.5),
        }
    }
}

/// `1/λ` for another formula in α and d.
fn other_range(instance: &Instance, lambda: fn(Enclosure, f64) -> Enclosure) -> Result<Enclosure> {
    match *instance {
        Instance::Best(dim, alpha) => Ok(1.0 / lambda(Enclosure::exact(alpha), dim as f64)),
        Instance::Perturbed { alpha, .. } => Err(Error::domain("instance", alpha, "a best constant")),
    }
}
