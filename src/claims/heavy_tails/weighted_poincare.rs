//! **H2**: with a Student base there is no Poincaré inequality before the target, but a weighted one for the base.
//!
//! *Statement.* `p_t` (t < 1) satisfies no Poincaré inequality: the constant of `p_t` cut at `±R` grows like R². The Student
//! law with n degrees of freedom on the line, n ≥ 2, satisfies `Var(f) ≤ n/(n−1)·E[(1 + x²/n) f'²]`.
//!
//! *Hypotheses.* H1: Student base, d = 1. H2 (second part): n ≥ 2.
//!
//! *Normalisation.* ν ∝ `(1 + x²/n)^{−(n+1)/2}`; `p_t` is the law of `√λ X + √(1−λ) Z`.
//!
//! *Why.* A tail `x^{−n−1}` is scale invariant, and so is Hardy's quotient on it up to R². For the second part
//! `x = √n sinh u` takes ν to `∝ cosh^{−n} u` and `(1 + x²/n)f'²` to `f_u²/n`: the Poincaré constant of `cosh^{−n}` is
//! `1/(n−1)` (C13).
//!
//! *Source.* \[CCG\] (heavy-tailed base); Bobkov, Ledoux, Ann. Probab. 37 (2009), weighted inequalities for Cauchy-type laws.
//!
//! *Checked.* Left: variances of test functions by quadrature in u, and the best constant from a weighted integral operator;
//! the growth of the constants of cut laws. Right: the formulae. *Not checked here:* more than one dimension (H5).
//!
//! *Sharp.* `f = x` for n > 2. *The constant 1* is false, and so is the unweighted inequality.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::poincare::converged_poincare_constant;
use crate::inequality::poincare::radial::weighted_poincare_constant;
use crate::measure::line::LineMeasure;
use crate::numerics::quadrature::integrate;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct StudentWeighted;

/// Relative accuracy of the weighted integral operator where the eigenfunction decays well: the two cuts
/// of the line differ by less.
const ENGINE: f64 = 1e-6;
/// Accuracy of an exponent fitted over two octaves.
const EXPONENT: f64 = 0.02;
/// The integrand in u falls to `e^{−50}` at the end of the quadrature.
const LEVEL: f64 = 50.0;
/// Half-width of the cut at which the growth of the constants is looked at.
const CUT: f64 = 1000.0;

/// A function of the line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Function {
    /// `x`.
    Linear,
    /// `(x − b)/√((x − b)² + s²)`: place b, scale s.
    Algebraic(f64, f64),
    /// `asinh((x − b)/s)`.
    Logarithmic(f64, f64),
}

impl Function {
    fn value(self, x: f64) -> f64 {
        match self {
            Self::Linear => x,
            Self::Algebraic(b, s) => (x - b) / (x - b).hypot(s),
            Self::Logarithmic(b, s) => ((x - b) / s).asinh(),
        }
    }

    fn slope(self, x: f64) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::Algebraic(b, s) => s / (x - b).hypot(s) * (s / (x - b).hypot(s)) / (x - b).hypot(s),
            Self::Logarithmic(b, s) => 1.0 / (x - b).hypot(s),
        }
    }
}

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Instance {
    /// A function on the Student law with n degrees of freedom.
    Function(f64, Function),
    /// The best constant of that law.
    Best(f64),
    /// The growth of the constant of `p_t` cut at `±R`: degrees of freedom, λ, and the atoms of the target with
    /// their weights.
    Growth {
        /// n.
        dof: f64,
        /// λ at time t.
        lambda: f64,
        /// Places and weights.
        atoms: Vec<(f64, f64)>,
    },
}

impl Instance {
    fn function(dof: f64, f: Function) -> Result<Self> {
        let integrable = f != Function::Linear || dof > 2.0;
        if dof >= 2.0 && dof.is_finite() && integrable {
            Ok(Self::Function(dof, f))
        } else {
            Err(Error::hypothesis("H2", "H2 (n ≥ 2, f square integrable)", dof))
        }
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let dof = if index == 0 { 2.0 } else { stream.random_range(2.0..9.0) };
        let (b, s) = (stream.random_range(-2.0..2.0), stream.random_range(0.6..4.0));
        let f = if index.is_multiple_of(2) { Function::Algebraic(b, s) } else { Function::Logarithmic(b, s) };
        Self::function(dof, f)
    }

    fn random_growth(stream: &mut Stream, index: usize) -> Self {
        let atoms = (0..=index % 3)
            .map(|_| (stream.random_range(-3.0..3.0), stream.random_range(0.2..1.0)))
            .collect();
        let (dof, lambda) = (stream.random_range(2.0..5.0), stream.random_range(0.0..0.8));
        Self::Growth { dof, lambda, atoms }
    }

    /// `Var(f)` and `E[(1 + x²/n) f'²]` by quadrature in u, `x = √n sinh u`.
    fn sides(dof: f64, f: Function) -> (Enclosure, Enclosure) {
        let decay = if f == Function::Linear { dof - 2.0 } else { dof };
        let end = LEVEL / decay + 2.0;
        let panels = (8.0 * end).ceil();
        let breaks: Vec<f64> = std::iter::successors(Some(-panels), |k| Some(k + 1.0))
            .take_while(|k| *k <= panels)
            .map(|k| end * k / panels)
            .collect();
        let mean = |g: &dyn Fn(f64, f64) -> f64| {
            let density = |u: f64| (-dof * u.abs() - dof * (-2.0 * u.abs()).exp().ln_1p()).exp();
            let at = |u: f64| density(u) * g(dof.sqrt() * u.sinh(), u.cosh());
            integrate(&breaks, at) / integrate(&breaks, density)
        };
        let centre = mean(&|x, _| f.value(x));
        let c = centre.mid();
        let variance = mean(&|x, _| (f.value(x) - c).powi(2)) - (centre - c).square();
        let energy = mean(&|x, cosh| (cosh * f.slope(x)).powi(2));
        (variance, energy)
    }

    /// The constant of `p_t` cut at `±R`.
    fn cut(dof: f64, lambda: f64, atoms: &[(f64, f64)], end: f64) -> Result<Enclosure> {
        let scale = (1.0 - lambda).sqrt();
        let terms: Vec<String> = atoms
            .iter()
            .map(|(a, w)| {
                let (place, power) = (lambda.sqrt() * a, 0.5 * (dof + 1.0));
                format!("{w}*exp(-{power}*log(1 + ((x - {place})/{scale})^2/{dof}))")
            })
            .collect();
        let law = LineMeasure::parse(&format!("-log({})", terms.join(" + ")), -end, end)?;
        converged_poincare_constant(&law)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(n, g) => write!(f, "n={n}, f={g:?}"),
            Self::Best(n) => write!(f, "n={n}, best constant"),
            Self::Growth { dof, lambda, atoms } => {
                write!(f, "n={dof}, λ={lambda}, target (places, weights) {atoms:?}")
            }
        }
    }
}

impl Theorem for StudentWeighted {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "H2",
        chapter: Chapter::HeavyTails,
        title: "Weighted Poincaré inequality of Student laws",
        statement: "Student base: C_P of p_t (t<1) cut at ±R grows like R², so p_t has no Poincaré inequality; d=1, n ≥ 2: \
                    Var_ν(f) ≤ n/(n−1)·E_ν[(1+x²/n)f'²]",
        hypotheses: &[
            ("H1", "Student base with n degrees of freedom, d = 1"),
            ("H2", "n ≥ 2 (weighted part)"),
        ],
        why: "A tail x^{−n−1} is scale invariant, and Hardy's quotient on it too, up to R². x = √n sinh u takes ν to \
              cosh^{−n}u and (1+x²/n)f'² to f_u²/n, and the constant of cosh^{−n} is 1/(n−1).",
        checked: "Variances of algebraic and logarithmic functions by quadrature, the best constant from a weighted \
                  integral operator, the exponent of growth of the constants of cut laws for targets of one to three atoms.",
        not_checked: "More than one dimension (H5).",
        source: "[CCG], heavy-tailed base; Bobkov, Ledoux, Ann. Probab. 37 (2009)",
        relation: Relation::Upper,
        rests_on: &["C13"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("test functions", 8, 60, Instance::random),
            [
                family("best constant", 4, 20, |stream, _| {
                    Ok(Instance::Best(stream.random_range(2.8..12.0)))
                }),
                family("growth of the constants of cut laws", 4, 20, |s, i| {
                    Ok(Instance::random_growth(s, i))
                }),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "f = x, n = 3",
                kind: SharpKind::Attained(|| Instance::function(3.0, Function::Linear)),
            },
            SharpCase {
                name: "f = x, n = 5.5",
                kind: SharpKind::Attained(|| Instance::function(5.5, Function::Linear)),
            },
        ]
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Function(..) => Relation::Upper,
            Instance::Best(_) => Relation::Equality { resolution: ENGINE },
            Instance::Growth { .. } => Relation::Rate { resolution: EXPONENT },
        }
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "constant 1",
                instance: || Instance::function(5.0, Function::Linear),
                wrong: Wrong::Bound(|i| energy_times(i, |_| Enclosure::exact(1.0))),
            },
            [
                FalseTwin {
                    name: "no weight",
                    instance: || Instance::function(5.0, Function::Linear),
                    // E f'² = 1 for f = x.
                    wrong: Wrong::Bound(|i| energy_times(i, |n| (n - 2.0) / (n - 1.0) * n / (n - 1.0))),
                },
                FalseTwin {
                    name: "(n+1)/n in place of n/(n−1)",
                    instance: || Ok(Instance::Best(4.0)),
                    wrong: Wrong::Bound(|_| Ok(5.0 / Enclosure::exact(4.0))),
                },
                FalseTwin {
                    name: "constants of the cut laws grow like R",
                    instance: || {
                        Ok(Instance::Growth { dof: 3.0, lambda: 0.5, atoms: vec![(-1.0, 0.3), (2.0, 0.7)] })
                    },
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(1.0))),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Function(dof, f) => Ok(Instance::sides(*dof, *f).0),
            Instance::Best(dof) => {
                weighted_poincare_constant(&LineMeasure::student(*dof, 0.0, 1.0)?, |x| 1.0 + x * x / dof)
            }
            Instance::Growth { dof, lambda, atoms } => {
                let constants =
                    [1.0, 2.0, 4.0].map(|k| Instance::cut(*dof, *lambda, atoms, k * CUT).map(Enclosure::ln));
                let [first, second, third] = constants;
                let (first, second, third) = (first?, second?, third?);
                let octave = Enclosure::exact(2.0).ln();
                let (coarse, fine) = ((second - first) / octave, (third - second) / octave);
                // Corrections of the order 1/R up to logarithms fall by a third per octave at least: twice the
                // last change bounds the rest.
                Ok(fine.widened(2.0 * (fine.mid() - coarse.mid()).abs()).weakened(Evidence::Converged))
            }
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Function(..) => energy_times(instance, |n| n / (n - 1.0)),
            Instance::Best(dof) => Ok(*dof / (Enclosure::exact(*dof) - 1.0)),
            Instance::Growth { .. } => Ok(Enclosure::exact(2.0)),
        }
    }
}

/// A constant that depends on n times `E[(1 + x²/n)f'²]`.
fn energy_times(instance: &Instance, constant: fn(Enclosure) -> Enclosure) -> Result<Enclosure> {
    match instance {
        Instance::Function(dof, f) => Ok(constant(Enclosure::exact(*dof)) * Instance::sides(*dof, *f).1),
        Instance::Best(dof) | Instance::Growth { dof, .. } => {
            Err(Error::domain("instance", dof, "a function"))
        }
    }
}
