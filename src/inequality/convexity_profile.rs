//! Convexity profiles and the one-dimensional law that a profile is compared with.
//!
//! The profile of a potential is `κ_V(r) = inf_{|x−y|=r} ⟨∇V(x) − ∇V(y), x − y⟩/r²`. If `κ_V ≥ κ`, the reflection
//! coupling keeps `ρ = |X − Y|/2` below the diffusion in the potential
//!
//! ```text
//! V₁(ρ) = ∫₀^{|ρ|} s κ(2s) ds
//! ```
//!
//! so that in every dimension `C_P(e^{−V}) ≤ C_P(e^{−V₁} on R)` (Chen, Wang, *Estimation of spectral gap for elliptic
//! operators*, Trans. Amer. Math. Soc. 349 (1997)). Profiles add up, and do not change when a convex
//! function or an affine one is added to `V`.

use crate::enclosure::Interval;
use crate::error::Result;
use crate::measure::line::LineMeasure;
use crate::numerics::jet::Jet;
use std::fmt;

/// A lower bound `κ` of a convexity profile.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ConvexityProfile {
    /// `κ(r) = θ − 2L/r`: θ-strongly convex plus `L`-Lipschitz. `V₁ = θρ²/2 − L|ρ|`.
    Lipschitz {
        /// θ > 0.
        convexity: f64,
        /// L ≥ 0.
        slope: f64,
    },
    /// `κ(r) = θ − min(K, 2L/r)`: the Lipschitz part has second derivatives above `−K`.
    /// `V₁' = θρ − min(Kρ, L)` for ρ > 0.
    Smooth {
        /// θ > 0.
        convexity: f64,
        /// L ≥ 0.
        slope: f64,
        /// K > 0.
        concavity: f64,
    },
    /// `κ(r) = 1/σ² − (2R/σ²r) tanh(Rr/2σ²)`: `π * N(0, σ²I)` with π in a ball of radius R.
    /// `V₁ = ρ²/2σ² − log cosh(Rρ/σ²)`, the potential of `½(δ_R + δ_{−R}) * N(0, σ²)`.
    Ball {
        /// R ≥ 0.
        radius: f64,
        /// σ² > 0.
        variance: f64,
    },
    /// `κ(r) = b + ar²/4`: `a|x|⁴/4 + b|x|²/2` in any dimension. `V₁ = aρ⁴/4 + bρ²/2`.
    Quartic {
        /// a > 0.
        quartic: f64,
        /// b, of either sign.
        quadratic: f64,
    },
}

/// Distances (each half the one before) and midpoints at which a profile is tried on a law, and the height
/// above its minimum up to which the potential is looked at.
const DISTANCES: i32 = 10;
const MIDPOINTS: i32 = 40;
const LEVEL: f64 = 20.0;

impl ConvexityProfile {
    /// `κ(r)`, `r > 0`.
    pub fn value(&self, r: Interval) -> Interval {
        let (point, two) = (Interval::point, Interval::point(2.0));
        match *self {
            Self::Lipschitz { convexity, slope } => point(convexity) - two * point(slope) / r,
            Self::Smooth { convexity, slope, concavity } => {
                point(convexity) - point(concavity).min(two * point(slope) / r)
            }
            Self::Ball { radius, variance } => {
                let (radius, variance) = (point(radius), point(variance));
                let pull = (radius * r / (two * variance)).tanh();
                Interval::ONE / variance - two * radius / (variance * r) * pull
            }
            Self::Quartic { quartic, quadratic } => {
                point(quadratic) + point(quartic) * r.square() / point(4.0)
            }
        }
    }

    /// `V₁` as a formula in the given text in place of `ρ`.
    pub fn comparison_potential(&self, rho: &str) -> String {
        match *self {
            Self::Lipschitz { convexity, slope } => {
                format!("{convexity}*({rho})^2/2 - {slope}*abs({rho})")
            }
            Self::Smooth { convexity, slope, concavity } => {
                // ∫₀^ρ min(Ks, L) ds = Lρ − L²/2K + (L − Kρ)₊²/2K; the constant is left out.
                let rest = format!("({slope} - {concavity}*abs({rho}))");
                format!(
                    "{convexity}*({rho})^2/2 - {slope}*abs({rho}) - ({rest} + abs{rest})^2/(8*{concavity})"
                )
            }
            Self::Ball { radius, variance } => {
                format!("({rho})^2/(2*{variance}) - log(cosh({radius}*({rho})/{variance}))")
            }
            Self::Quartic { quartic, quadratic } => {
                format!("{quartic}*({rho})^4/4 + {quadratic}*({rho})^2/2")
            }
        }
    }

    /// The law `e^{−V₁}` on the line.
    ///
    /// # Errors
    /// Those of [`LineMeasure::parse`], for parameters outside their range.
    pub fn comparison_law(&self) -> Result<LineMeasure> {
        LineMeasure::parse(&self.comparison_potential("x"), f64::NEG_INFINITY, f64::INFINITY)
    }

    /// Looks for a pair of points at which a law on the line certainly has a smaller profile, among the
    /// pairs with midpoint and distance on a grid over its bulk: `(x, y)`, or `None`.
    pub fn counterexample(&self, law: &LineMeasure) -> Option<(f64, f64)> {
        let (lo, hi) = law.support(LEVEL);
        let slope = |x: f64| law.potential(Jet::<Interval, 1>::variable(Interval::point(x))).coefficient(1);
        for i in 0..=MIDPOINTS {
            let middle = lo + (hi - lo) * f64::from(i) / f64::from(MIDPOINTS);
            for j in 0..DISTANCES {
                let half = (hi - lo) * 2_f64.powi(-j - 1);
                let (x, y) = (middle - half, middle + half);
                if x < lo || y > hi {
                    continue;
                }
                let r = Interval::point(y) - Interval::point(x);
                if (slope(y) - slope(x)).hi() < (self.value(r) * r).lo() {
                    return Some((x, y));
                }
            }
        }
        None
    }
}

impl fmt::Display for ConvexityProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lipschitz { convexity, slope } => write!(f, "κ(r) = {convexity} − 2·{slope}/r"),
            Self::Smooth { convexity, slope, concavity } => {
                write!(f, "κ(r) = {convexity} − min({concavity}, 2·{slope}/r)")
            }
            Self::Ball { radius, variance } => write!(f, "κ of a ball of radius {radius}, σ² = {variance}"),
            Self::Quartic { quartic, quadratic } => write!(f, "κ(r) = {quadratic} + {quartic}r²/4"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILES: [ConvexityProfile; 4] = [
        ConvexityProfile::Lipschitz { convexity: 1.5, slope: 0.75 },
        ConvexityProfile::Smooth { convexity: 1.0, slope: 2.0, concavity: 3.0 },
        ConvexityProfile::Ball { radius: 1.25, variance: 0.5 },
        ConvexityProfile::Quartic { quartic: 2.0, quadratic: -1.0 },
    ];

    #[test]
    fn the_slope_of_the_comparison_potential_is_s_times_the_profile_at_2s() {
        for profile in PROFILES {
            let law = profile.comparison_law().unwrap();
            for s in [0.01, 0.3, 0.9, 1.7, 6.0] {
                let s = Interval::point(s);
                let slope = law.potential(Jet::<Interval, 1>::variable(s)).coefficient(1);
                let expected = s * profile.value(Interval::point(2.0) * s);
                assert!(slope.intersects(expected), "{profile} at {s:?}: {slope:?} for {expected:?}");
                // Rounding of a few operations on numbers below 100.
                assert!(slope.hull(expected).width() < 64.0 * f64::EPSILON * 100.0, "{profile} at {s:?}");
            }
        }
    }

    #[test]
    fn a_profile_is_met_by_its_own_law_and_refuted_when_raised() {
        for profile in PROFILES {
            let law = profile.comparison_law().unwrap();
            assert_eq!(profile.counterexample(&law), None, "{profile}");
        }
        let flatter = ConvexityProfile::Quartic { quartic: 2.0, quadratic: -1.1 }.comparison_law().unwrap();
        assert!(PROFILES[3].counterexample(&flatter).is_some());
        let wilder = LineMeasure::parse("1.5*x^2/2 - 0.8*abs(x - 1)", f64::NEG_INFINITY, f64::INFINITY);
        assert!(PROFILES[0].counterexample(&wilder.unwrap()).is_some());
    }
}
