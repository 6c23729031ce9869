//! Bounds for log-Sobolev constants under perturbation and regularisation, as formulae: bounded and Lipschitz
//! perturbations, tightening of a defective inequality, noise on a law in a ball, the Hardy-type bracket on
//! the line and what exponential moments dictate.
//!
//! Normalisation throughout: `Ent(f²) ≤ C_LS ∫|∇f|²`, `Var(f) ≤ C_P ∫|∇f|²`, so that `N(0, σ²I)` has `2σ²` and `σ²`.

use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, positive, within};
use crate::measure::line::LineMeasure;
use crate::numerics::parabolic_cylinder::smallest_degree;
use crate::numerics::quadrature::GaussRule;

/// `e^{osc U}·C_LS(ν)`, a bound for `C_LS(e^{−U}ν/Z)` for bounded U.
///
/// Source: Holley, Stroock, *Logarithmic Sobolev inequalities and stochastic Ising models* (1987).
pub fn bounded_perturbation(reference: Enclosure, oscillation: Enclosure) -> Enclosure {
    oscillation.exp() * reference
}

/// `C + (B + 2)·C_P`: what the defective inequality `Ent(f²) ≤ C∫|∇f|² + B∫f²`, `B ≥ 0`, gives together with a Poincaré
/// inequality.
///
/// Source: Rothaus, *Analytic inequalities, isoperimetric inequalities and logarithmic Sobolev inequalities* (1985).
pub fn tightened(gradient: Enclosure, defect: Enclosure, poincare: Enclosure) -> Enclosure {
    gradient + (defect + 2.0) * poincare
}

/// `C_P(e^{−θx²/2+L|x|})` on the line, the largest Poincaré constant among L-Lipschitz perturbations of
/// θ-strongly log-concave laws in any dimension: `1/(θν)` with the smallest positive zero `ν` of `D_ν(−L/√θ)`.
/// Certified.
///
/// # Errors
/// [`Error::Domain`] unless `θ > 0` and `L ≥ 0` are finite; [`Error::Undefined`] if the zero cannot be isolated
/// (`L/√θ > 26`).
pub fn lipschitz_perturbation_poincare(theta: f64, lipschitz: f64) -> Result<Enclosure> {
    positive("theta", theta)?;
    within("lipschitz", lipschitz, 0.0, f64::MAX)?;
    let convexity = Interval::point(theta);
    let degree = smallest_degree(-(Interval::point(lipschitz) / convexity.sqrt())).ok_or_else(|| {
        Error::Undefined {
            what: "zero of the parabolic cylinder function in its degree".to_owned(),
            reason: format!("L = {lipschitz}, theta = {theta}"),
        }
    })?;
    Ok(Enclosure::certified(Interval::ONE / (convexity * degree)))
}

/// `8/θ + (2 + 3L²/θ)·C_P(e^{−θx²/2+L|x|})`: log-Sobolev bound for an L-Lipschitz perturbation of a θ-strongly
/// log-concave law, in any dimension.
///
/// Source: the inequality of the unperturbed law for `fe^{−H/2}`, with the exponential moments of H by
/// Herbst's argument, is a defective one, tightened as Rothaus does (the route of Aida and Shigekawa, 1994).
///
/// # Errors
/// Those of [`lipschitz_perturbation_poincare`].
pub fn lipschitz_perturbation_tightened(theta: f64, lipschitz: f64) -> Result<Enclosure> {
    let poincare = lipschitz_perturbation_poincare(theta, lipschitz)?;
    let (theta, lipschitz) = (Enclosure::exact(theta), Enclosure::exact(lipschitz));
    Ok(8.0 / theta + (2.0 + 3.0 * lipschitz.square() / theta) * poincare)
}

/// `(2/θ)·e^{L²/θ + 4L/√θ}`: the same by a Lipschitz transport map from the normal law.
///
/// Source: Brigati, Pedrotti, *Heat flow, log-concavity, and Lipschitz transport maps* (2024), arXiv:2404.15205.
///
/// # Errors
/// [`Error::Domain`] unless `θ > 0` and `L ≥ 0` are finite.
pub fn lipschitz_perturbation_transported(theta: f64, lipschitz: f64) -> Result<Enclosure> {
    positive("theta", theta)?;
    within("lipschitz", lipschitz, 0.0, f64::MAX)?;
    let (theta, lipschitz) = (Enclosure::exact(theta), Enclosure::exact(lipschitz));
    Ok(2.0 / theta * (lipschitz.square() / theta + 4.0 * lipschitz / theta.sqrt()).exp())
}

/// `2σ²e^{R²/σ²}`, a bound for `C_LS(π * N(0, σ²I))` for π in a ball of radius R, in any dimension.
///
/// Source: Mikulincer, Shenfeld, *On the Lipschitz properties of transportation along heat flows* (2023).
///
/// # Errors
/// [`Error::Domain`] unless `R ≥ 0` and `σ > 0` are finite.
pub fn ball_with_noise(radius: f64, deviation: f64) -> Result<Enclosure> {
    within("radius", radius, 0.0, f64::MAX)?;
    let variance = Enclosure::exact(positive("deviation", deviation)?).square();
    Ok(2.0 * variance * (Enclosure::exact(radius).square() / variance).exp())
}

/// `4 log μ(e^{s(f−μf)})/s²`, a lower bound for `C_LS(μ)` for every 1-Lipschitz f and `s ≠ 0`, from `log μ(e^{sf})`
/// and `μf`.
///
/// Source: Herbst's argument, Bakry, Gentil, Ledoux, *Analysis and Geometry of Markov Diffusion Operators* (2014), §5.4.
pub fn exponential_moment_lower_bound(log_moment: Enclosure, mean: Enclosure, s: f64) -> Enclosure {
    4.0 * (log_moment - mean * s) / Enclosure::exact(s).square()
}

/// The Hardy-type bracket of the log-Sobolev constant of a law on the line.
#[derive(Clone, Copy, Debug)]
pub struct HardyBracket {
    /// `max b_±`, a lower bound.
    pub lower: Enclosure,
    /// `max B_±`; four times it is an upper bound.
    pub upper: Enclosure,
    /// `max sup q∫1/p`, the quantity without logarithm that governs the Poincaré constant.
    pub muckenhoupt: Enclosure,
}

/// Height of the potential above its minimum to which suprema are taken.
const SUPREMUM_LEVEL: f64 = 40.0;
/// Height to which masses are integrated.
const MASS_LEVEL: f64 = 60.0;
/// Cells on either side of the median, at the coarser resolution.
const CELLS: usize = 1500;
/// Sums of positive terms over the cells of a side.
const ULPS: f64 = 4096.0;

/// The bracket `max b_± ≤ C_LS ≤ 4 max B_±` with
/// `b_+ = sup_{x>m} q log(1 + 1/(2q)) ∫_m^x 1/p`, `B_+ = sup_{x>m} q log(1 + e²/q) ∫_m^x 1/p`, `q = μ[x, ∞)`, m the median, and their
/// mirror images. Both integrals are accumulated towards the small end: q from outside, `∫1/p` from the median.
/// Converged: two meshes; suprema are over nodes where `V` is at most 40 above its minimum.
///
/// Source: Bobkov, Götze, *Exponential integrability and transportation cost related to logarithmic Sobolev inequalities*
/// (1999), with the constants of Barthe, Roberto, *Sobolev inequalities for probability measures on the real line* (2003).
///
/// # Errors
/// Those of [`LineMeasure::quantile`].
pub fn hardy_bracket(measure: &LineMeasure) -> Result<HardyBracket> {
    let median = measure.quantile(0.5)?.mid();
    let coarse = suprema(measure, median, CELLS);
    let fine = suprema(measure, median, 2 * CELLS);
    let refined = |i: usize| {
        let value = Enclosure::refined(coarse[i], fine[i], ULPS);
        if value.is_finite() { value } else { Enclosure::unknown(Evidence::Converged) }
    };
    Ok(HardyBracket { lower: refined(0), upper: refined(1), muckenhoupt: refined(2) })
}

/// The three suprema on a mesh.
fn suprema(measure: &LineMeasure, median: f64, cells: usize) -> [f64; 3] {
    let rule = GaussRule::new(5);
    let (_, lowest) = measure.minimum();
    let (left, right) = measure.support(MASS_LEVEL);
    let sides = [left, right].map(|end| Side::new(measure, &rule, lowest, median, end, cells));
    let total: f64 = sides.iter().flat_map(|s| &s.mass).sum();
    let mut best = [0.0_f64; 3];
    for side in &sides {
        for (x, q, resistance) in side.nodes() {
            if measure.potential(x) - lowest > SUPREMUM_LEVEL {
                break;
            }
            let (q, product) = (q / total, q * resistance);
            let values = [(0.5 / q).ln_1p(), (2_f64.exp() / q).ln_1p(), 1.0].map(|factor| product * factor);
            for (b, v) in best.iter_mut().zip(values) {
                *b = b.max(v);
            }
        }
    }
    best
}

/// `∫e^{−V}` and `∫e^{V}` (V above its minimum) over the cells between the median and an end, outward.
struct Side {
    median: f64,
    step: f64,
    mass: Vec<f64>,
    resistance: Vec<f64>,
}

impl Side {
    fn new(
        measure: &LineMeasure,
        rule: &GaussRule,
        lowest: f64,
        median: f64,
        end: f64,
        cells: usize,
    ) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand cells")]
        let step = (end - median) / cells as f64;
        let integrate = |sign: f64| -> Vec<f64> {
            (0..cells)
                .map(|i| {
                    let (a, b) = (node(median, step, i), node(median, step, i + 1));
                    rule.integrate(a.min(b), a.max(b), |x| (sign * (measure.potential(x) - lowest)).exp())
                })
                .collect()
        };
        Self { median, step, mass: integrate(-1.0), resistance: integrate(1.0) }
    }

    /// `(x, ∫ beyond x of e^{−V}, ∫ up to x of e^{V})` at the inner nodes, outward.
    fn nodes(&self) -> Vec<(f64, f64, f64)> {
        let mut tails = vec![0.0; self.mass.len() + 1];
        for i in (0..self.mass.len()).rev() {
            tails[i] = tails[i + 1] + self.mass[i];
        }
        let mut resistance = 0.0;
        (1..self.mass.len())
            .map(|i| {
                resistance += self.resistance[i - 1];
                (node(self.median, self.step, i), tails[i], resistance)
            })
            .collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand cells")]
fn node(median: f64, step: f64, i: usize) -> f64 {
    median + step * i as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a unit of the last digit of the values compared with.
    const DIGITS: f64 = 5e-3;

    #[test]
    fn bracket_of_the_normal_law() -> Result<()> {
        let bracket = hardy_bracket(&LineMeasure::gaussian(0.0, 1.0)?)?;
        assert!((bracket.lower.mid() - 0.853).abs() < DIGITS, "{}", bracket.lower);
        assert!((4.0 * bracket.upper.mid() - 7.53).abs() < DIGITS, "{}", bracket.upper);
        // Scaling.
        let wide = hardy_bracket(&LineMeasure::gaussian(1.0, 3.0)?)?;
        assert!((wide.upper.mid() / bracket.upper.mid() - 9.0).abs() < DIGITS);
        Ok(())
    }

    #[test]
    fn bracket_of_the_exponential_law_without_logarithm() -> Result<()> {
        // q∫_m^x 1/p = e^{−x}(e^x − 2) tends to 1 at the right end; the left side gives less.
        let bracket = hardy_bracket(&LineMeasure::exponential(1.0)?)?;
        assert!((bracket.muckenhoupt.mid() - 1.0).abs() < DIGITS, "{}", bracket.muckenhoupt);
        Ok(())
    }

    #[test]
    fn constants_of_lipschitz_perturbations() -> Result<()> {
        for (lipschitz, constant) in [(0.5, 1.54122), (1.0, 2.57574), (2.0, 10.28018)] {
            let found = lipschitz_perturbation_poincare(1.0, lipschitz)?;
            assert!((found.mid() - constant).abs() < 1e-3 * DIGITS, "{found}");
        }
        // Scaling by √θ.
        let (a, b) =
            (lipschitz_perturbation_tightened(4.0, 2.0)?, lipschitz_perturbation_tightened(1.0, 1.0)?);
        assert!((4.0 * a - b).contains(0.0));
        assert!(lipschitz_perturbation_poincare(-1.0, 1.0).is_err());
        assert!(lipschitz_perturbation_transported(1.0, f64::NAN).is_err());
        assert!(ball_with_noise(-1.0, 1.0).is_err() && ball_with_noise(1.0, 0.0).is_err());
        Ok(())
    }
}
