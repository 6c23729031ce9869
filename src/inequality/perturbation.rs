//! How a Poincaré constant changes when the law is perturbed or mixed: the bounds, as formulae.
//!
//! `Var_μ(f) ≤ C_P ∫|∇f|² dμ` throughout. Every function transcribes one formula on enclosures; nothing here
//! looks at a law.

use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, positive, within};
use crate::numerics::parabolic_cylinder::smallest_degree;

/// `e^{osc U} C_P(ν)` for `e^{−U}ν/Z`, `U` bounded with oscillation `sup U − inf U`.
///
/// Source: Holley, Stroock, *Logarithmic Sobolev inequalities and stochastic Ising models* (1987).
pub fn holley_stroock(reference: Enclosure, oscillation: Enclosure) -> Enclosure {
    oscillation.exp() * reference
}

/// `C_P(ν)/(1 − (L/2)√C_P(ν))²` for `e^{−U}ν/Z` with `|∇U| ≤ L`.
///
/// Source: Cattiaux, Guillin, *Functional inequalities for perturbed measures with applications to
/// log-concave measures and to some Bayesian problems* (2022), by Minkowski's inequality for
/// `∇((f − c)e^{−U/2})`.
///
/// # Errors
/// [`Error::Domain`] unless `L√C_P(ν) < 2` for certain.
pub fn small_lipschitz(reference: Enclosure, lipschitz: Enclosure) -> Result<Enclosure> {
    let root = reference.sqrt();
    let remainder = 1.0 - lipschitz / 2.0 * root;
    if remainder.lo() > 0.0 && lipschitz.lo() >= 0.0 {
        Ok((root / remainder).square())
    } else {
        Err(Error::domain("L*sqrt(C_P)", lipschitz * root, "a number in [0, 2)"))
    }
}

/// `c(θ, L) = C_P(e^{−θx²/2 + L|x|} on R) = 1/(θν)` with `ν` the smallest positive zero of
/// `ν ↦ D_ν(−L/√θ)`: the largest constant among `e^{−V₀−H}`, `∇²V₀ ≥ θ`, `H` `L`-Lipschitz, in any
/// dimension.
///
/// | `L` (θ = 1) | truth `c(1, L)` | [`transport_bound`] | [`miclo_bound`], d = 1 | d = 10 |
/// |---|---|---|---|---|
/// | 1/2 | 1.541 | 9.49 | 4.44 | 24.9 |
/// | 1 | 2.576 | 148 | 48.7 | 4.8e4 |
/// | 3/2 | 4.792 | 3.83e3 | 2.63e3 | 1.5e10 |
/// | 2 | 10.28 | 1.63e5 | 7.0e5 | 6.8e17 |
/// | 3 | 86.16 | 1.32e9 | 6.0e12 | 5.6e39 |
///
/// Source: reflection coupling (Chen, Wang, Trans. Amer. Math. Soc. 349 (1997)) with the one-dimensional
/// comparison law; the zero is that of the odd Hermite function.
///
/// # Errors
/// [`Error::Domain`] unless `θ > 0`, `L ≥ 0` are finite; [`Error::Undefined`] for `L/√θ > 26`.
pub fn lipschitz_constant(convexity: f64, lipschitz: Enclosure) -> Result<Enclosure> {
    let theta = Enclosure::exact(positive("convexity", convexity)?);
    within("lipschitz", lipschitz.lo(), 0.0, f64::MAX)?;
    // The constant increases with L: the two ends of its enclosure.
    let at = |slope: f64| {
        let argument = -(Interval::point(slope) / Interval::point(convexity).sqrt());
        smallest_degree(argument).ok_or_else(|| Error::Undefined {
            what: format!("zero of the parabolic cylinder function at -{slope}/sqrt({convexity})"),
            reason: "interval arithmetic does not isolate it".to_owned(),
        })
    };
    let degree = at(lipschitz.lo())?.hull(at(lipschitz.hi())?);
    Ok((1.0 / (theta * Enclosure::certified(degree))).weakened(lipschitz.evidence()))
}

/// `θ^{−1} exp(L²/θ + 4L/√θ)` for the laws of [`lipschitz_constant`]: the square of the Lipschitz constant of
/// the heat-flow transport map from a Gaussian law.
///
/// Source: Brigati, Pedrotti, *Heat flow, log-concavity, and Lipschitz transport maps* (2024).
///
/// # Errors
/// [`Error::Domain`] unless `θ > 0`, `L ≥ 0` are finite.
pub fn transport_bound(convexity: f64, lipschitz: f64) -> Result<Enclosure> {
    let theta = Enclosure::exact(positive("convexity", convexity)?);
    let slope = Enclosure::exact(within("lipschitz", lipschitz, 0.0, f64::MAX)?);
    Ok((slope.square() / theta + 4.0 * slope / theta.sqrt()).exp() / theta)
}

/// `(2/θ) exp(4√(2d/π) L²/θ)` for the laws of [`lipschitz_constant`] on `R^d`: `H` is mollified until half the
/// convexity is left, and what remains is bounded.
///
/// Source: Miclo's argument, see Bardet, Gozlan, Malrieu, Zitt, *Functional inequalities for Gaussian
/// convolutions of compactly supported measures* (2018); re-derived with these constants.
///
/// # Errors
/// [`Error::Domain`] unless `θ > 0`, `L ≥ 0` are finite and `d ≥ 1`.
pub fn miclo_bound(convexity: f64, lipschitz: f64, dim: usize) -> Result<Enclosure> {
    let theta = Enclosure::exact(positive("convexity", convexity)?);
    let slope = Enclosure::exact(within("lipschitz", lipschitz, 0.0, f64::MAX)?);
    let dim = Enclosure::exact(positive("dimension", dim as f64)?);
    let exponent = 4.0 * (2.0 * dim / Enclosure::certified(Interval::PI)).sqrt() * slope.square() / theta;
    Ok(2.0 / theta * exponent.exp())
}

/// `χ²(N(a, s²) | N(b, t²)) = t²/(s√(2t² − s²)) · e^{(a−b)²/(2t²−s²)} − 1`, infinite unless `s² < 2t²`.
pub fn normal_chi_squared((a, s): (f64, f64), (b, t): (f64, f64)) -> Enclosure {
    let square = |x: f64| Enclosure::exact(x).square();
    let width = 2.0 * square(t) - square(s);
    if width.lo() <= 0.0 {
        return Enclosure::infinite(width.evidence());
    }
    let distance = (Enclosure::exact(a) - Enclosure::exact(b)).square();
    let growth = square(t) / (Enclosure::exact(s) * width.sqrt()) * (distance / width).exp() - 1.0;
    // A divergence is not negative.
    growth.max(Enclosure::exact(0.0))
}

/// `sup C_P(P_x)·(1 + ½ sup_{x'} E_x χ²(P_x|P_{x'}))` for the mixture of the laws `P_x`.
///
/// Source: Chen, Chewi, Niles-Weed, *Dimension-free log-Sobolev inequalities for mixture distributions*
/// (2021); the variance decomposition and `(P_x f − P_{x'} f)² ≤ χ²(P_x|P_{x'}) Var_{P_{x'}} f`.
pub fn mixture(largest_component: Enclosure, mean_chi_squared: Enclosure) -> Enclosure {
    largest_component * (1.0 + mean_chi_squared / 2.0)
}

/// `σ²(1 + e^{4R²/σ²})/2` for `π * N(0, σ²I)` with `π` in a ball of radius `R`, in every dimension: [`mixture`] with
/// the largest divergence of two normal laws at distance `2R`.
///
/// # Errors
/// [`Error::Domain`] unless `σ² > 0` and `R ≥ 0` are finite.
pub fn ball_mixture(radius: f64, variance: f64) -> Result<Enclosure> {
    let variance = Enclosure::exact(positive("variance", variance)?);
    let radius = Enclosure::exact(within("radius", radius, 0.0, f64::MAX)?);
    Ok(variance * (1.0 + (4.0 * radius.square() / variance).exp()) / 2.0)
}

/// `max{C_P(μ₀), (1 + p χ²(μ₀|μ₁)) C_P(μ₁)}` for `pμ₀ + (1−p)μ₁`.
///
/// Source: Schlichting, *Poincaré and log-Sobolev inequalities for mixtures* (2019).
pub fn two_components(weight: Enclosure, chi_squared: Enclosure, constants: [Enclosure; 2]) -> Enclosure {
    constants[0].max((1.0 + weight * chi_squared) * constants[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inequality::ConvexityProfile;
    use crate::inequality::poincare::poincare_constant;

    #[test]
    fn bounds_at_hand_computed_values() {
        let close = |value: Enclosure, expected: f64| {
            let rounding = 16.0 * f64::EPSILON * expected;
            assert!((value.mid() - expected).abs() <= rounding + value.width(), "{value} against {expected}");
        };
        close(holley_stroock(Enclosure::exact(2.0), Enclosure::exact(1.0)), 2.0 * std::f64::consts::E);
        close(small_lipschitz(Enclosure::exact(4.0), Enclosure::exact(0.5)).unwrap(), 16.0);
        close(transport_bound(4.0, 2.0).unwrap(), 0.25 * 5_f64.exp());
        close(ball_mixture(1.0, 4.0).unwrap(), 2.0 * (1.0 + std::f64::consts::E));
        close(normal_chi_squared((1.0, 2.0), (0.0, 2.0)), 0.25_f64.exp_m1());
        assert!(normal_chi_squared((0.0, 1.5), (0.0, 1.0)).is_infinite());
        assert!(small_lipschitz(Enclosure::exact(4.0), Enclosure::exact(1.0)).is_err());
        assert!(miclo_bound(1.0, 1.0, 0).is_err() && transport_bound(0.0, 1.0).is_err());
        assert!(lipschitz_constant(1.0, Enclosure::exact(60.0)).is_err());
        assert!(lipschitz_constant(f64::NAN, Enclosure::exact(1.0)).is_err());
    }

    #[test]
    fn the_sharp_constant_is_far_below_its_rivals() {
        for (slope, constant) in [
            (0.5, 1.54122273032613),
            (1.0, 2.57573766842151),
            (1.5, 4.79217970515769),
            (2.0, 10.280176352016),
            (3.0, 86.1645299916791),
        ] {
            let digits = 1e-13 * constant;
            let sharp = lipschitz_constant(1.0, Enclosure::exact(slope)).unwrap();
            assert!(sharp.widened(digits).contains(constant), "{slope}: {sharp}");
            let transport = transport_bound(1.0, slope).unwrap();
            let (flat, high) = (miclo_bound(1.0, slope, 1).unwrap(), miclo_bound(1.0, slope, 10).unwrap());
            let factor = 2.5;
            for rival in [transport, flat, high] {
                assert!(rival.lo() > factor * sharp.hi(), "{slope}: {rival}");
            }
            assert!(high.lo() > transport.hi(), "{slope}: in ten dimensions mollifying is the worst");
            // The same law as a potential, scaled to convexity 4.
            let scaled = lipschitz_constant(4.0, Enclosure::exact(2.0 * slope)).unwrap();
            assert!(scaled.interval().intersects((sharp / 4.0).interval()));
        }
    }

    #[test]
    fn two_point_mixtures_at_independent_values() {
        for (radius, constant, digit) in
            [(1.0, 2.0615667, 1e-7), (2.0, 8.3987988, 1e-7), (3.0, 69.847518, 1e-6)]
        {
            let law = ConvexityProfile::Ball { radius, variance: 1.0 }.comparison_law().unwrap();
            let value = poincare_constant(&law).unwrap().value;
            assert!((value.mid() - constant).abs() <= digit + value.width(), "{radius}: {value}");
            assert!(value.hi() < ball_mixture(radius, 1.0).unwrap().lo());
        }
    }

    #[test]
    fn bounds_for_lipschitz_perturbations_are_their_formulae() {
        /// Of an exponential.
        const ROUNDING: f64 = 1e-13;
        let (theta, slope) = (0.8_f64, 1.3_f64);
        for dim in [1_usize, 5] {
            let root = (2.0 * dim as f64 / std::f64::consts::PI).sqrt();
            let exact = 2.0 / theta * (4.0 * root * slope * slope / theta).exp();
            let found = miclo_bound(theta, slope, dim).unwrap();
            assert!(
                (found.mid() / exact - 1.0).abs() < ROUNDING && found.relative_width() < ROUNDING,
                "{found}"
            );
        }
        let exact = (slope * slope / theta + 4.0 * slope / theta.sqrt()).exp() / theta;
        let found = transport_bound(theta, slope).unwrap();
        assert!((found.mid() / exact - 1.0).abs() < ROUNDING && found.relative_width() < ROUNDING, "{found}");
        // Without a perturbation one is sharp and the other loses a factor 2.
        assert!(transport_bound(theta, 0.0).unwrap().contains(1.0 / theta));
        assert!(miclo_bound(theta, 0.0, 3).unwrap().contains(2.0 / theta));
        assert!(miclo_bound(theta, slope, 0).is_err() && miclo_bound(0.0, slope, 1).is_err());
        assert!(transport_bound(theta, -1.0).is_err() && transport_bound(f64::NAN, 1.0).is_err());
    }
}
