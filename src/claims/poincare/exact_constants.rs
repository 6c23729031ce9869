//! **C13**: the laws on the line whose Poincaré constant is known exactly.
//!
//! *Statement.* `C_P` equals the closed form of the law's row:
//! normal `σ²`; uniform of length `a`: `a²/π²`; exponential and two-sided exponential of rates `a, b`: `4/min(a,b)²`;
//! exponential on an interval of length `a`: `1/(r²/4 + π²/a²)`; two-sided exponential on `[−a, a]`: `1/(r²/4 + k²)`,
//! `tan ka = −2k/r`, `k ∈ (π/2a, π/a)`; `cosh^{−s}`: `1/(s−1)` for `s ≥ 2`, else `4/s²`; logistic of scale σ: `4σ²`;
//! `cos^m`: `1/(m+1)`; Gamma: `(k+1)²/k` for `k ≥ 1`, else 4; chi: `½`; log-Gamma: `1/(k−1)` for `k ≥ 2`, else `4/k²`;
//! `N(0,1)` between consecutive zeros of `He_{n−1}`, or beyond the last: `1/n`; `e^{−θx²/2+L|x|}`: `1/(θν)`, `ν` the
//! smallest positive zero of `D_ν(−L/√θ)`.
//!
//! *Hypotheses.* H1: the law is one of these, shifted and scaled (constants scale with the square).
//!
//! *Normalisation.* `Var(f) ≤ C_P ∫ f'² dμ`.
//!
//! *Why.* A monotone eigenfunction of `−f'' + V'f'` is the first one (`x`, `sinh x`, `sin x`, `x² − k`, `He_n`, Coulomb,
//! Morse); without one the gap is the bottom of the essential spectrum, a quarter of the squared slope of `V`.
//!
//! *Source.* Shape-invariant Schrödinger operators; Bakry, Gentil, Ledoux, *Analysis and Geometry of Markov Diffusion
//! Operators* (2014), §2.7 and §4.4; Bonnefont, Joulin, *Intertwinings* (2019).
//!
//! *Checked.* Left: the engine's own enclosure from the potential alone (integral operator; for the random laws also a
//! certificate). Right: the closed form. *Not checked here:* discrete laws.
//!
//! *Sharp.* Every row is an equality. *The wrong branch* of a row (Gamma below 1, `cosh^{−s}` below 2) is false.

use super::line_law::LineLaw;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::Result;
use crate::inequality::poincare::{converged_poincare_constant, poincare_constant};
use crate::measure::line::LineMeasure;
use crate::numerics::parabolic_cylinder::smallest_degree;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct ExactConstants;

/// Relative width of the engine's certified enclosure at which an equality counts as checked.
const ENGINE: f64 = 1e-9;
/// Ends of an interval and zeros are rounded: relative change of a constant, in units of the last place.
const ROUNDED_END: f64 = 16.0 * f64::EPSILON;

/// A row with its parameters.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Row {
    /// Deviation σ.
    Normal(f64),
    /// Length.
    Uniform(f64),
    /// Rate.
    Exponential(f64),
    /// Rates to the left and to the right.
    Laplace(f64, f64),
    /// Rate, length of `[0, a]`.
    CutExponential(f64, f64),
    /// Rate, half-length `a` of `[−a, a]`.
    CutLaplace(f64, f64),
    /// Exponent s.
    CoshPower(f64),
    /// Scale.
    Logistic(f64),
    /// Exponent m.
    CosPower(f64),
    /// Shape k.
    Gamma(f64),
    /// Degrees of freedom.
    Chi(f64),
    /// Shape k.
    LogGamma(f64),
    /// The normal law on an interval between zeros of `He_{n−1}`: `(a, b, n)`.
    Hermite(f64, f64, f64),
    /// Convexity θ, slope L.
    Tilted(f64, f64),
}

impl Row {
    fn measure(self) -> Result<LineMeasure> {
        match self {
            Self::Normal(std) => LineMeasure::gaussian(0.5, std),
            Self::Uniform(length) => LineMeasure::uniform(0.0, length),
            Self::Exponential(rate) => LineMeasure::exponential(rate),
            Self::Laplace(left, right) => LineMeasure::asymmetric_laplace(left, right),
            Self::CutExponential(rate, a) => LineMeasure::exponential(rate)?.restricted(0.0, a),
            Self::CutLaplace(rate, a) => LineMeasure::laplace(rate)?.restricted(-a, a),
            Self::CoshPower(s) => LineMeasure::cosh_power(s),
            Self::Logistic(scale) => LineMeasure::logistic(scale),
            Self::CosPower(m) => LineMeasure::cos_power(m),
            Self::Gamma(k) => LineMeasure::gamma(k),
            Self::Chi(k) => LineMeasure::chi(k),
            Self::LogGamma(k) => LineMeasure::log_gamma(k),
            Self::Hermite(a, b, _) => LineMeasure::gaussian(0.0, 1.0)?.restricted(a, b),
            Self::Tilted(theta, slope) => LineMeasure::tilted_gaussian(theta, slope),
        }
    }

    /// The closed form.
    fn constant(self) -> Interval {
        let (p, one, four, pi) = (Interval::point, Interval::ONE, Interval::point(4.0), Interval::PI);
        match self {
            Self::Normal(std) => p(std).square(),
            Self::Uniform(length) => (p(length) / pi).square(),
            Self::Exponential(rate) => four / p(rate).square(),
            Self::Laplace(left, right) => four / p(left.min(right)).square(),
            Self::CutExponential(rate, a) => one / (p(rate).square() / four + (pi / p(a)).square()),
            Self::CutLaplace(rate, a) => {
                let k = cut_frequency(rate, a);
                one / (p(rate).square() / four + k.square())
            }
            Self::CoshPower(s) if s >= 2.0 => one / (p(s) - one),
            Self::LogGamma(k) if k >= 2.0 => one / (p(k) - one),
            Self::CoshPower(s) | Self::LogGamma(s) => four / p(s).square(),
            Self::Logistic(scale) => four * p(scale).square(),
            Self::CosPower(m) => one / (p(m) + one),
            Self::Gamma(k) if k >= 1.0 => (p(k) + one).square() / p(k),
            Self::Gamma(_) => four,
            Self::Chi(_) => one / p(2.0),
            Self::Hermite(_, _, n) => one / p(n),
            Self::Tilted(theta, slope) => {
                let degree = smallest_degree(-(p(slope) / p(theta).sqrt())).unwrap_or(Interval::ENTIRE);
                one / (p(theta) * degree)
            }
        }
    }
}

/// The root of `tan ka = −2k/r` in `(π/2a, π/a)`: `ka = π − arctan(2k/r)`, a contraction there, iterated
/// until it stands still.
fn cut_frequency(rate: f64, a: f64) -> Interval {
    /// The slope of the iteration is below `(2/ra)/(1 + (π/ra)²) < ⅓`.
    const STEPS: usize = 80;
    let (rate, a) = (Interval::point(rate), Interval::point(a));
    let mut k = Interval::new((Interval::PI / (Interval::point(2.0) * a)).lo(), (Interval::PI / a).hi());
    for _ in 0..STEPS {
        let next = (Interval::PI - (Interval::point(2.0) * k / rate).atan()) / a;
        k = next.intersection(k).unwrap_or(k);
    }
    k
}

/// A row, and the affine image of its law that is looked at.
#[derive(Clone, Debug)]
pub struct Instance {
    row: Row,
    scale: f64,
    law: LineLaw,
    /// Whether the engine is asked for a certificate as well.
    certified: bool,
}

impl Instance {
    /// The law of the row, scaled and shifted.
    ///
    /// # Errors
    /// Those of the law's constructor.
    pub fn new(row: Row, scale: f64, shift: f64) -> Result<Self> {
        let law = row.measure()?;
        let law = if (scale, shift) == (1.0, 0.0) { law } else { law.affine_image(scale, shift)? };
        Ok(Self { row, scale, law: law.into(), certified: false })
    }

    fn plain(row: Row) -> Result<Self> {
        Self::new(row, 1.0, 0.0)
    }

    fn certified(row: Row) -> Result<Self> {
        Ok(Self { certified: true, ..Self::plain(row)? })
    }

    fn random_discrete(stream: &mut Stream, index: usize) -> Result<Self> {
        let mut draw = |a: f64, b: f64| stream.random_range(a..b);
        Self::certified(match index % 8 {
            0 => Row::CoshPower(draw(2.3, 8.0)),
            1 => Row::CosPower(draw(0.3, 6.0)),
            2 => Row::Gamma(draw(1.6, 8.0)),
            3 => Row::Chi(draw(1.5, 6.0)),
            4 => Row::LogGamma(draw(2.3, 6.0)),
            5 => Row::Tilted(draw(0.5, 2.0), draw(-2.0, 2.0)),
            6 => Row::Tilted(1.0, draw(3.0, 5.0)),
            _ => Row::Normal(draw(0.1, 10.0)),
        })
    }

    fn random_edge(stream: &mut Stream, index: usize) -> Result<Self> {
        let mut draw = |a: f64, b: f64| stream.random_range(a..b);
        Self::certified(match index % 6 {
            0 => Row::Exponential(draw(0.3, 3.0)),
            1 => Row::Laplace(draw(0.3, 1.0), draw(1.2, 4.0)),
            2 => Row::CoshPower(draw(0.5, 1.7)),
            3 => Row::Logistic(draw(0.2, 5.0)),
            4 => Row::LogGamma(draw(0.5, 1.7)),
            _ => Row::Laplace(draw(1.2, 4.0), draw(0.3, 1.0)),
        })
    }

    fn random_cut(stream: &mut Stream, index: usize) -> Result<Self> {
        let mut draw = |a: f64, b: f64| stream.random_range(a..b);
        Self::certified(match index % 3 {
            0 => Row::Uniform(draw(0.1, 10.0)),
            1 => Row::CutExponential(draw(0.3, 3.0), draw(0.5, 8.0)),
            _ => Row::CutLaplace(draw(0.3, 3.0), draw(0.5, 8.0)),
        })
    }

    fn random_image(stream: &mut Stream, index: usize) -> Result<Self> {
        let row = Self::random_discrete(stream, index)?.row;
        let scale = 2_f64.powf(stream.random_range(-3.0..3.0));
        Self::new(row, if index.is_multiple_of(2) { -scale } else { scale }, stream.random_range(-5.0..5.0))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.law)
    }
}

/// A row of the table as a case of the engine.
macro_rules! row {
    ($name:literal, $row:expr) => {
        SharpCase { name: $name, kind: SharpKind::Attained(|| Instance::plain($row)) }
    };
}

impl Theorem for ExactConstants {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "C13",
        chapter: Chapter::Poincare,
        title: "Constants known exactly",
        statement: "C_P: N(0,σ²) σ²; uniform a²/π²; exponential, Laplace 4/min(a,b)²; exponential on [0,a] \
                    1/(r²/4+π²/a²); Laplace on [−a,a] 1/(r²/4+k²), tan ka = −2k/r; cosh^{−s} 1/(s−1) (s≥2), 4/s² (s≤2); \
                    logistic 4σ²; cos^m 1/(m+1); Gamma (k+1)²/k (k≥1), 4 (k≤1); chi ½; log-Gamma 1/(k−1) (k≥2), 4/k²; \
                    N(0,1) between zeros of He_{n−1} 1/n; e^{−θx²/2+L|x|} 1/(θν), D_ν(−L/√θ)=0",
        hypotheses: &[("H1", "the law is one of these, shifted and scaled")],
        why: "A monotone eigenfunction of −f''+V'f' is the first one (x, sinh x, sin x, x²−k, He_n, Coulomb, Morse); \
              without one the gap is the bottom of the essential spectrum, a quarter of the squared slope of V.",
        checked: "The engine's enclosure, from the potential alone, against the closed form: every row, random \
                  parameters, both branches of the rows that have two, images under affine maps.",
        not_checked: "Discrete laws.",
        source: "Shape-invariant Schrödinger operators; Bakry, Gentil, Ledoux (2014), §2.7, §4.4; Bonnefont, Joulin (2019)",
        relation: Relation::Equality { resolution: ENGINE },
        rests_on: &["C1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family = |name, evidence, quick, full, draw| Family { name, evidence, quick, full, draw };
        NonEmpty::new(
            family("laws with an eigenfunction", Evidence::Certified, 4, 64, Instance::random_discrete),
            [
                family("edge of the essential spectrum", Evidence::Certified, 3, 60, Instance::random_edge),
                family("cut laws", Evidence::Certified, 3, 60, Instance::random_cut),
                family("affine images", Evidence::Converged, 8, 64, Instance::random_image),
                family("density not smooth at its end", Evidence::Converged, 2, 20, |stream, index| {
                    let k = stream.random_range(0.4..0.9);
                    Instance::plain(if index.is_multiple_of(2) { Row::Gamma(k) } else { Row::Chi(k) })
                }),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        const ROOT: f64 = 1.732_050_807_568_877_2;
        const INFINITY: f64 = f64::INFINITY;
        vec![
            row!("normal", Row::Normal(2.0)),
            row!("uniform", Row::Uniform(3.0)),
            row!("exponential", Row::Exponential(1.0)),
            row!("two-sided exponential", Row::Laplace(1.0, 1.0)),
            row!("asymmetric two-sided exponential", Row::Laplace(3.0, 1.0)),
            row!("exponential on [0, 2]", Row::CutExponential(1.0, 2.0)),
            row!("two-sided exponential on [−3, 3]", Row::CutLaplace(1.0, 3.0)),
            row!("cosh^{−3}", Row::CoshPower(3.0)),
            row!("sech", Row::CoshPower(1.0)),
            row!("logistic", Row::Logistic(1.0)),
            row!("cos²", Row::CosPower(2.0)),
            row!("Gamma(3)", Row::Gamma(3.0)),
            row!("Gamma(½)", Row::Gamma(0.5)),
            row!("half-normal", Row::Chi(1.0)),
            row!("Rayleigh", Row::Chi(2.0)),
            row!("Maxwell", Row::Chi(3.0)),
            row!("Gumbel", Row::LogGamma(1.0)),
            row!("log-Gamma(3)", Row::LogGamma(3.0)),
            row!("normal on [−1, 1]", Row::Hermite(-1.0, 1.0, 3.0)),
            row!("normal on [1, ∞)", Row::Hermite(1.0, INFINITY, 3.0)),
            row!("normal on [0, √3]", Row::Hermite(0.0, ROOT, 4.0)),
            row!("normal on [√3, ∞)", Row::Hermite(ROOT, INFINITY, 4.0)),
            row!("e^{−x²/2−|x|}", Row::Tilted(1.0, -1.0)),
            row!("e^{−x²/2+2|x|}", Row::Tilted(1.0, 2.0)),
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        let twin = |name, instance, wrong| FalseTwin { name, instance, wrong: Wrong::Bound(wrong) };
        NonEmpty::new(
            twin(
                "Gamma: (k+1)²/k below k = 1",
                || Instance::plain(Row::Gamma(0.5)),
                |i| Ok(other_branch(i, |k| (k + Interval::ONE).square() / k)),
            ),
            [
                twin(
                    "Gamma: 4 above k = 1",
                    || Instance::plain(Row::Gamma(3.0)),
                    |_| Ok(Enclosure::exact(4.0)),
                ),
                twin(
                    "cosh^{−s}: 1/(s−1) below s = 2",
                    || Instance::plain(Row::CoshPower(1.5)),
                    |i| Ok(other_branch(i, |s| Interval::ONE / (s - Interval::ONE))),
                ),
                twin(
                    "cosh^{−s}: 4/s² above s = 2",
                    || Instance::plain(Row::CoshPower(3.0)),
                    |i| Ok(other_branch(i, |s| Interval::point(4.0) / s.square())),
                ),
                twin(
                    "log-Gamma: 1/(k−1) below k = 2",
                    || Instance::plain(Row::LogGamma(1.5)),
                    |i| Ok(other_branch(i, |k| Interval::ONE / (k - Interval::ONE))),
                ),
                twin(
                    "two-sided exponential: 4/max(a,b)²",
                    || Instance::plain(Row::Laplace(1.0, 3.0)),
                    |_| Ok(4.0 / Enclosure::exact(3.0).square()),
                ),
                twin(
                    "cut law as on the line",
                    || Instance::plain(Row::CutLaplace(1.0, 6.0)),
                    |_| Ok(Enclosure::exact(4.0)),
                ),
                twin(
                    "exponential on [0, a]: half the frequency",
                    || Instance::plain(Row::CutExponential(1.0, 2.0)),
                    |_| {
                        let k = Interval::PI / Interval::point(4.0);
                        Ok(Enclosure::certified(Interval::ONE / (Interval::point(0.25) + k.square())))
                    },
                ),
                twin(
                    "cos^m: 1/m",
                    || Instance::plain(Row::CosPower(2.0)),
                    |i| Ok(other_branch(i, |m| Interval::ONE / m)),
                ),
                twin(
                    "chi: variance of the normal law",
                    || Instance::plain(Row::Chi(1.0)),
                    |_| Ok(Enclosure::exact(1.0)),
                ),
                twin(
                    "normal on [0, √3]: degree n − 1",
                    || Instance::plain(Row::Hermite(0.0, 1.732_050_807_568_877_2, 4.0)),
                    |_| Ok(1.0 / Enclosure::exact(3.0)),
                ),
                twin(
                    "e^{−x²/2+L|x|}: the sign of L",
                    || Instance::plain(Row::Tilted(1.0, 1.0)),
                    |_| Instance::plain(Row::Tilted(1.0, -1.0)).and_then(|i| Self::bound(&i)),
                ),
                twin(
                    "scale in place of its square",
                    || Instance::new(Row::LogGamma(3.0), -2.0, 1.0),
                    |i| Ok(Enclosure::certified(i.row.constant() * Interval::point(2.0))),
                ),
            ],
        )
    }

    fn target_file(instance: &Instance) -> Option<String> {
        instance.law.measure.target_table()
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        if instance.certified {
            Ok(poincare_constant(&instance.law.measure)?.value)
        } else {
            converged_poincare_constant(&instance.law.measure)
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let rounding = Interval::around(1.0, ROUNDED_END);
        Ok(Enclosure::certified(
            instance.row.constant() * Interval::point(instance.scale).square() * rounding,
        ))
    }
}

/// A formula of the only parameter of the row.
fn other_branch(instance: &Instance, formula: fn(Interval) -> Interval) -> Enclosure {
    let parameter = match instance.row {
        Row::Gamma(k) | Row::CoshPower(k) | Row::LogGamma(k) | Row::CosPower(k) | Row::Chi(k) => k,
        _ => f64::NAN,
    };
    Enclosure::certified(formula(Interval::point(parameter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frequency_of_a_cut_law_solves_its_equation() {
        /// A slope of the tangent of size one, times some roundings.
        const ROUNDING: f64 = 1e-12;
        for (rate, a) in [(1.0, 2.0), (0.3, 5.0), (4.0, 0.9), (2.5, 7.0)] {
            let k = cut_frequency(rate, a);
            let (lo, hi) = (0.5 * std::f64::consts::PI / a, std::f64::consts::PI / a);
            assert!(lo < k.lo() && k.hi() < hi && k.width() < ROUNDING * hi, "{rate} {a}: {k:?}");
            // r sin ka + 2k cos ka = 0, without the poles of the tangent.
            let value = |k: f64| rate * (k * a).sin() + 2.0 * k * (k * a).cos();
            assert!(value(k.mid()).abs() < ROUNDING * (rate + 2.0 * hi), "{rate} {a}: {}", value(k.mid()));
            assert!(value(k.lo() - 1e-6 * lo) > 0.0 && value(k.hi() + 1e-6 * lo) < 0.0);
        }
    }
}
