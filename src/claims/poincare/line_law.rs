//! Laws on the line, random and described so that they can be rebuilt: the instances of the claims that
//! compare constants of one law.

use crate::error::Result;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// A law on the line with its description.
#[derive(Clone, Debug)]
pub struct LineLaw {
    /// The law.
    pub measure: LineMeasure,
    description: String,
}

impl From<LineMeasure> for LineLaw {
    fn from(measure: LineMeasure) -> Self {
        let description = measure.to_string();
        Self { measure, description }
    }
}

impl LineLaw {
    /// Density `∝ e^{−V}` on the whole line, `V` a formula in `x`.
    ///
    /// # Errors
    /// Those of [`LineMeasure::parse`].
    pub fn formula(potential: &str) -> Result<Self> {
        Ok(LineMeasure::parse(potential, f64::NEG_INFINITY, f64::INFINITY)?.into())
    }

    /// A mixture of normal laws.
    ///
    /// # Errors
    /// Those of [`LineMeasure::gaussian_mixture`].
    pub fn mixture(weights: &[f64], means: &[f64], stds: &[f64]) -> Result<Self> {
        let measure = LineMeasure::gaussian_mixture(weights, means, stds)?;
        let description =
            format!("mixture of normal laws, weights {weights:?}, means {means:?}, stds {stds:?}");
        Ok(Self { measure, description })
    }

    /// A single or double well `x⁴/4 − a x²/2 + b x`, tilted.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_well(stream: &mut Stream) -> Result<Self> {
        let (a, b) = (stream.random_range(-1.0..4.0), stream.random_range(-0.6..0.6));
        Self::formula(&format!("x^4/4 - {a}*x^2/2 + {b}*x"))
    }

    /// Two or three unequal normal components.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        let n = 2 + index % 2;
        let weights: Vec<f64> = (0..n).map(|_| stream.random_range(0.1..1.0)).collect();
        let means: Vec<f64> = (0..n).map(|i| 1.7 * i as f64 + stream.random_range(-1.5..0.5)).collect();
        let stds: Vec<f64> = (0..n).map(|_| stream.random_range(0.4..1.0)).collect();
        Self::mixture(&weights, &means, &stds)
    }

    /// Wells with a barrier of 10 to 30 between them and very unequal weights: constants up to 10¹².
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_deep(stream: &mut Stream) -> Result<Self> {
        let weight = stream.random_range(0.02..0.5);
        let stds = [stream.random_range(0.14..0.22), stream.random_range(0.14..0.22)];
        Self::mixture(&[weight, 1.0 - weight], &[-1.0, 1.0], &stds)
    }

    /// A log-concave law that is neither normal nor exponential, of a kind that depends on the index.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_log_concave(stream: &mut Stream, index: usize) -> Result<Self> {
        let scale = 2_f64.powf(stream.random_range(-2.0..2.0));
        let law = match index % 8 {
            0 => LineMeasure::gamma(1.0 + stream.random_range(0.3..5.0))?,
            1 => LineMeasure::chi(1.0 + stream.random_range(0.1..4.0))?,
            2 => LineMeasure::gaussian(0.0, 1.0)?.restricted(stream.random_range(-1.0..0.0), 1.5)?,
            3 => LineMeasure::log_gamma(stream.random_range(0.6..4.0))?,
            4 => {
                let b = stream.random_range(0.5..2.0);
                LineMeasure::parse(&format!("x^2/8 + exp({b}*x)"), f64::NEG_INFINITY, f64::INFINITY)?
            }
            5 => LineMeasure::tilted_gaussian(1.0, -stream.random_range(0.2..3.0))?,
            6 => {
                let b = stream.random_range(-2.0..2.0);
                LineMeasure::parse(&format!("x^4/4 + {b}*x"), f64::NEG_INFINITY, f64::INFINITY)?
            }
            _ => LineMeasure::exponential(1.0)?.restricted(0.0, stream.random_range(1.0..6.0))?,
        };
        Ok(law
            .affine_image(if index % 3 == 2 { -scale } else { scale }, stream.random_range(-3.0..3.0))?
            .into())
    }

    /// Whether `V` is convex, as far as chords between points of its support tell.
    pub fn is_log_concave(&self) -> bool {
        /// Height above the minimum up to which is looked, and number of points.
        const LEVEL: f64 = 30.0;
        const POINTS: u32 = 400;
        let (lo, hi) = self.measure.support(LEVEL);
        let value = |i: u32| {
            let x = lo + (hi - lo) * f64::from(i) / f64::from(POINTS);
            self.measure.potential(x)
        };
        // Rounding of the potential, and of the points, where the potential has slopes of LEVEL per length.
        let places = (lo.abs() + hi.abs()) / (hi - lo);
        (1..POINTS).all(|i| {
            let (before, here, after) = (value(i - 1), value(i), value(i + 1));
            let size = LEVEL * (1.0 + places) + before.abs() + here.abs() + after.abs();
            // An infinite end lies above every chord.
            here <= 0.5 * (before + after) + 64.0 * f64::EPSILON * size
        })
    }
}

impl fmt::Display for LineLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn convexity_is_told_from_its_opposite() {
        let law = |v: &str| LineLaw::from(LineMeasure::parse(v, f64::NEG_INFINITY, f64::INFINITY).unwrap());
        for convex in ["x^2/2", "x^4/4 + 1.3*x", "2*abs(x - 40) + x/2", "x^2/8 + exp(x)", "(x - 300)^2"] {
            assert!(law(convex).is_log_concave(), "{convex}");
        }
        // Bent inwards in the middle, at either side, or by little.
        for bent in [
            "x^4/4 - x^2/2",
            "x^2/2 + 2*exp(-(x - 3)^2)",
            "x^2/2 + 2*exp(-(x + 3)^2)",
            "x^2/2 - abs(x)/5",
            "x^2/2 + cos(2*x)",
        ] {
            assert!(!law(bent).is_log_concave(), "{bent}");
        }
        let cut = LineMeasure::gamma(2.0).unwrap();
        assert!(LineLaw::from(cut).is_log_concave());
        assert!(!LineLaw::from(LineMeasure::gamma(0.5).unwrap()).is_log_concave());
    }
}
