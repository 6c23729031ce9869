//! The law of X given a noisy observation `gain·X + noise = y`.

use super::family::{Component, Family};
use super::{LineMeasure, NEGLIGIBLE, Tail};
use crate::enclosure::Interval;
use crate::error::{Result, finite, positive};
use crate::numerics::number::Number;
use std::fmt;

/// The noise of an observation: the law of `scale·Z`, up to its normaliser.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Noise {
    /// Z standard normal: potential `z²/(2 scale²)`.
    Gaussian {
        /// Standard deviation.
        scale: f64,
    },
    /// Z with Student's law: potential `((dof + 1)/2) log(1 + z²/(dof·scale²))`.
    Student {
        /// Degrees of freedom.
        dof: f64,
        /// Factor of Z, `scale²` times `dof/(dof − 2)` is the variance.
        scale: f64,
    },
}

/// Extra points of a scan between the bulk of the prior and the observation, and how often they close in on
/// where the law has mass.
const BETWEEN: u32 = 128;
const ZOOMS: usize = 4;

impl Noise {
    /// Refuses parameters out of range.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::error::Error::Domain) unless they are finite and positive.
    pub fn checked(self) -> Result<Self> {
        match self {
            Self::Gaussian { scale } => positive("scale of the noise", scale)?,
            Self::Student { dof, scale } => {
                positive("dof of the noise", dof)?;
                positive("scale of the noise", scale)?
            }
        };
        Ok(self)
    }

    /// The factor of Z.
    pub fn scale(self) -> f64 {
        match self {
            Self::Gaussian { scale } | Self::Student { scale, .. } => scale,
        }
    }

    /// Minus the logarithm of the density at `z`, without its normaliser.
    pub fn potential<N: Number>(self, z: N) -> N {
        let c = N::from_f64;
        match self {
            Self::Gaussian { scale } => (z / c(scale)).square() / c(2.0),
            Self::Student { dof, scale } => {
                (c(dof) + c(1.0)) / c(2.0) * (c(1.0) + (z / c(scale)).square() / c(dof)).ln()
            }
        }
    }

    /// The largest slope of the potential: `(n+1)/(2√n scale)` for Student's law (attained at
    /// `|z| = √n·scale`), `None` for the Gaussian one, whose slope is not bounded.
    pub fn slope(self) -> Option<Interval> {
        let point = Interval::point;
        match self {
            Self::Gaussian { .. } => None,
            Self::Student { dof, scale } => {
                Some((point(dof) + Interval::ONE) / (point(2.0) * point(dof).sqrt() * point(scale)))
            }
        }
    }

    /// A lower bound, attained, of the second derivative of the potential: `1/scale²`, or
    /// `−(n+1)/(8n·scale²)` for Student's law (attained at `|z| = √(3n)·scale`).
    pub fn convexity(self) -> Interval {
        let point = Interval::point;
        let precision = Interval::ONE / point(self.scale()).square();
        match self {
            Self::Gaussian { .. } => precision,
            Self::Student { dof, .. } => {
                -((point(dof) + Interval::ONE) / (point(8.0) * point(dof)) * precision)
            }
        }
    }

    /// Decay of a density times that of the noise, at an infinite end where the density alone decays as given.
    pub(super) fn tail(self, tail: Tail) -> Tail {
        match (self, tail) {
            (_, Tail::Bounded) => Tail::Bounded,
            (Self::Gaussian { .. }, _) => Tail::Gaussian,
            (Self::Student { dof, .. }, Tail::Polynomial { index }) => {
                Tail::Polynomial { index: index + dof + 1.0 }
            }
            (Self::Student { .. }, other) => other,
        }
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian { scale } => write!(f, "N(0, {scale}^2)"),
            Self::Student { dof, scale } => write!(f, "{scale}*Student({dof})"),
        }
    }
}

/// A law X, and the observation `gain·X + noise = y`.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Observed {
    pub prior: LineMeasure,
    pub noise: Noise,
    pub gain: f64,
    pub y: f64,
}

impl Observed {
    pub fn potential<N: Number>(&self, x: N) -> N {
        let residual = N::from_f64(self.y) - N::from_f64(self.gain) * x;
        self.prior.potential(x) + self.noise.potential(residual)
    }

    /// Where mass may sit: the wells of the prior, the observation, and points close enough for wells that the scan of
    /// the prior passed over.
    pub fn centres(&self) -> Vec<(f64, f64)> {
        let (at, width) = (self.y / self.gain, self.noise.scale() / self.gain.abs());
        let mut centres = self.prior.local_minima();
        centres.push((at, width));
        let (start, end) = self.prior.domain();
        let ends = centres.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), (x, w)| {
            (lo.min(x - 4.0 * w), hi.max(x + 4.0 * w))
        });
        let (mut lo, mut hi) = (ends.0.max(start), ends.1.min(end));
        let mut points = Vec::new();
        for _ in 0..ZOOMS {
            if !(lo < hi && (hi - lo).is_finite()) {
                break;
            }
            let step = (hi - lo) / f64::from(BETWEEN);
            points = (0..=BETWEEN).map(|i| lo + step * f64::from(i)).collect();
            let values: Vec<f64> = points.iter().map(|x| self.potential(*x)).collect();
            let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
            let inside = |i: &usize| values[*i] - lowest <= NEGLIGIBLE;
            let (Some(first), Some(last)) =
                ((0..points.len()).find(inside), (0..points.len()).rev().find(inside))
            else {
                break;
            };
            (lo, hi) = ((points[first] - step).max(start), (points[last] + step).min(end));
        }
        centres.extend(points.into_iter().map(|x| (x, 0.0)));
        centres
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X given {}*X + {} = {}, X {},", self.gain, self.noise, self.y, self.prior)
    }
}

impl LineMeasure {
    /// The law of X with this law given `gain·X + W = y`, W the noise, independent of X: its potential is
    /// `V(x) − log ν((y − gain·x))`, ν the density of W, on the same domain.
    ///
    /// On the interpolation `X_t = √λ X + √(1−λ) Z` the gain is `√λ` and the scale of the noise `√(1−λ)`. For
    /// Gaussian noise a Gaussian law stays one, and a mixture of Gaussian laws stays one with the same
    /// number of components, in closed form; their means and deviations are rounded to floats. Constants
    /// of functional inequalities of the result are those of a law of its own.
    ///
    /// Wells of the density below `e^{−60}` of its maximum are not looked for, as in every [`LineMeasure`]: a mode
    /// of such a weight in the conditional law is left out of account.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::error::Error::Domain) unless the gain is finite and not 0, y finite and the noise's
    /// parameters positive, or if the law is too narrow for its distance from 0.
    ///
    /// ```
    /// use dald::measure::line::{LineMeasure, Noise};
    /// let prior = LineMeasure::gaussian(1.0, 2.0)?;
    /// let law = prior.given(Noise::Gaussian { scale: 2.0 }, 1.0, 3.0)?;
    /// // The law is N(2, 2).
    /// assert!((law.mean().mid() - 2.0).abs() <= 4.0 * f64::EPSILON);
    /// # Ok::<(), dald::error::Error>(())
    /// ```
    pub fn given(&self, noise: Noise, gain: f64, y: f64) -> Result<Self> {
        let (noise, gain, y) = (noise.checked()?, finite("gain", gain)?, finite("y", y)?);
        positive("absolute value of the gain", gain.abs())?;
        let family = match (&self.family, noise) {
            (Family::Gaussian { mean, std }, Noise::Gaussian { scale }) => {
                let (mean, std) = normal((*mean, *std), scale, gain, y);
                Family::Gaussian {
                    mean: finite("conditional mean", mean)?,
                    std: positive("conditional std", std)?,
                }
            }
            (Family::Mixture(components), Noise::Gaussian { scale }) => {
                Family::Mixture(mixture(components, scale, gain, y)?)
            }
            _ => Family::Observed(Box::new(Observed { prior: self.clone(), noise, gain, y })),
        };
        Self::build(family, self.lo, self.hi, self.cut)
    }
}

/// Mean and deviation of `N(m, s²)` given `gX + N(0, σ²) = y`: precision `1/s² + g²/σ²`, mean weighted by precisions.
fn normal((mean, std): (f64, f64), scale: f64, gain: f64, y: f64) -> (f64, f64) {
    // In units of the marginal deviation nothing overflows before the result does.
    let marginal = (gain * std).hypot(scale);
    let share = gain * std / marginal;
    (mean + std / marginal * share * (y - gain * mean), std * (scale / marginal))
}

/// The components of the conditional law, their weights tilted by the density of `N(g m, g²s² + σ²)` at y.
fn mixture(components: &[Component], scale: f64, gain: f64, y: f64) -> Result<Vec<Component>> {
    let point = Interval::point;
    let logs: Vec<Interval> = components
        .iter()
        .map(|c| {
            let variance = (point(gain) * point(c.std)).square() + point(scale).square();
            let gap = (point(y) - point(gain) * point(c.mean)).square();
            c.weight.ln() - (gap / variance + variance.ln()) / point(2.0)
        })
        .collect();
    let root_two_pi = (Interval::PI * point(2.0)).sqrt();
    let total = Interval::log_sum_exp(logs.len(), |i| logs[i]);
    components
        .iter()
        .zip(&logs)
        .map(|(c, &log)| {
            let (mean, std) = normal((c.mean, c.std), scale, gain, y);
            finite("conditional mean", mean)?;
            positive("conditional std", std)?;
            let log_weight = log - total;
            let log_height = log_weight - (point(std) * root_two_pi).ln();
            Ok(Component { weight: log_weight.exp().probability(), mean, std, log_height })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::tolerances::{MESH, ROUNDING};

    const WHOLE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    fn same(a: &LineMeasure, b: &LineMeasure, points: &[f64]) {
        for &x in points {
            let (p, q) = (a.log_density(x), b.log_density(x));
            let rounding = 1e-12 * (1.0 + p.abs());
            assert!((p - q).abs() < rounding, "{a} and {b} at {x}: {p}, {q}");
        }
    }

    #[test]
    fn closed_forms_agree_with_the_potential() {
        let noise = Noise::Gaussian { scale: 0.75 };
        let points = [-3.0, -0.4, 0.2, 1.0, 2.5];
        let normal = LineMeasure::gaussian(0.5, 2.0).unwrap();
        let formula = LineMeasure::parse("(x - 0.5)^2/8", WHOLE.0, WHOLE.1).unwrap();
        let mixture = LineMeasure::gaussian_mixture(&[0.2, 0.8], &[-1.0, 2.0], &[0.5, 1.5]).unwrap();
        let disguised = mixture.affine_image(1.0, 0.0).unwrap();
        for y in [-4.0, 0.0, 1.3] {
            let given = |law: &LineMeasure| law.given(noise, -0.6, y).unwrap();
            same(&given(&normal), &given(&formula), &points);
            same(&given(&mixture), &given(&disguised), &points);
        }
        let cut = normal.restricted(0.0, 3.0).unwrap().given(noise, 0.5, 1.0).unwrap();
        assert_eq!(cut.domain(), (0.0, 3.0));
        same(&cut, &normal.given(noise, 0.5, 1.0).unwrap().restricted(0.0, 3.0).unwrap(), &points[2..4]);
    }

    #[test]
    fn law_and_noise_change_roles() {
        // X given X + W = y at x is W given X + W = y at y − x.
        let y = 2.5;
        let (normal, student) =
            (LineMeasure::gaussian(0.0, 0.5).unwrap(), LineMeasure::student(3.0, 0.0, 2.0).unwrap());
        let first = normal.given(Noise::Student { dof: 3.0, scale: 2.0 }, 1.0, y).unwrap();
        let second = student.given(Noise::Gaussian { scale: 0.5 }, 1.0, y).unwrap();
        for x in [-1.0, 0.0, 0.4, 2.0] {
            let (p, q) = (first.log_density(x), second.log_density(y - x));
            let rounding = 1e-12 * (1.0 + p.abs());
            assert!((p - q).abs() < rounding, "{x}: {p}, {q}");
        }
        assert_eq!(second.tails(), (Tail::Gaussian, Tail::Gaussian));
        let heavy = student.given(Noise::Student { dof: 2.0, scale: 1.0 }, 1.0, y).unwrap();
        assert_eq!(heavy.tails().0, Tail::Polynomial { index: 6.0 });
    }

    #[test]
    fn kinks_and_far_wells_are_kept() {
        let law = LineMeasure::parse("0.1*abs(x - 40) + cos(6*x)", WHOLE.0, WHOLE.1).unwrap();
        let there = law.given(Noise::Gaussian { scale: 1.0 }, 1.0, 40.0).unwrap();
        assert_eq!(there.kinks(), &[40.0]);
        // About a period apart each.
        assert!(there.local_minima().len() >= 7, "{:?}", there.local_minima());
    }

    #[test]
    fn convexity_far_out_is_that_of_both() {
        let law =
            LineMeasure::gaussian(0.0, 1.0).unwrap().given(Noise::Student { dof: 3.0, scale: 1.0 }, 2.0, 1.0);
        // 1 − 4·4/24.
        let (bound, rounding) = (law.unwrap().convexity_beyond(10.0, false), 32.0 * f64::EPSILON);
        assert!(bound <= 1.0 / 3.0 && bound > 1.0 / 3.0 - rounding, "{bound}");
    }

    #[test]
    fn slopes_and_curvatures_of_the_noise_are_attained() {
        for (dof, scale) in [(3.0, 1.0), (0.7, 2.5), (12.0, 0.4)] {
            let noise = Noise::Student { dof, scale };
            let slope = |z: f64| (dof + 1.0) * z / (dof * scale * scale + z * z);
            let curvature = |z: f64| {
                let square = dof * scale * scale;
                (dof + 1.0) * (square - z * z) / (square + z * z).powi(2)
            };
            let rounding = 32.0 * f64::EPSILON;
            let steepest = slope(f64::sqrt(dof) * scale);
            let found = noise.slope().unwrap();
            assert!(
                (found.mid() / steepest - 1.0).abs() <= rounding && found.width() <= rounding * steepest,
                "{noise}"
            );
            let lowest = curvature(f64::sqrt(3.0 * dof) * scale);
            let found = noise.convexity();
            assert!(
                (found.mid() / lowest - 1.0).abs() <= rounding && found.width() <= rounding * -lowest,
                "{noise}"
            );
            for k in 0..200 {
                let z = scale * 0.05 * f64::from(k);
                assert!(slope(z) <= steepest * (1.0 + rounding) && curvature(z) >= lowest * (1.0 + rounding));
                // The potential has these derivatives.
                let h = 1e-4 * scale;
                let difference = (noise.potential(z + h) - noise.potential(z - h)) / (2.0 * h);
                assert!((difference - slope(z)).abs() <= MESH * steepest, "{noise} at {z}");
            }
        }
        let normal = Noise::Gaussian { scale: 0.5 };
        assert!(normal.slope().is_none() && normal.convexity().contains(4.0));
        assert_eq!(normal.potential(1.0), 2.0);
    }

    #[test]
    fn scan_points_close_in_on_the_mass() {
        let prior = LineMeasure::parse("x^2/2", WHOLE.0, WHOLE.1).unwrap();
        for (scale, gain, y) in [(0.1, 1.0, 1000.0), (10.0, 1.0, -2.0), (0.5, -2.0, 3.0), (3.0, 0.5, 0.3)] {
            let observed = Observed { prior: prior.clone(), noise: Noise::Gaussian { scale }, gain, y };
            let centres = observed.centres();
            let place = centres[1];
            assert!(
                (place.0 - y / gain).abs() <= ROUNDING * y.abs()
                    && (place.1 - scale / gain.abs()).abs() <= ROUNDING,
                "{place:?}"
            );
            assert!(centres[0].0.abs() <= MESH && centres[0].1 > 1.0);
            let points: Vec<f64> = centres.iter().filter(|c| c.1 == 0.0).map(|c| c.0).collect();
            assert_eq!(points.len(), BETWEEN as usize + 1);
            assert!(points.windows(2).all(|w| w[0] < w[1]));
            // Conditionally N(mean, std²): everything within the level is covered, and not much more than that and what
            // lies between the two bulks if the observation is vague.
            let precision = 1.0 + gain * gain / (scale * scale);
            let (mean, std) = (gain * y / (scale * scale) / precision, precision.sqrt().recip());
            let reach = (2.0 * NEGLIGIBLE).sqrt() * std;
            let (first, last) = (points[0], points[points.len() - 1]);
            let spacing = (last - first) / f64::from(BETWEEN);
            let bulk = 4.0 * (centres[0].1 + place.1) + place.0.abs();
            for (end, sign) in [(first, -1.0), (last, 1.0)] {
                let out = sign * (end - mean);
                assert!(
                    out >= reach.min(4.0 * std) - spacing,
                    "{scale}, {gain}, {y}: {end}, {mean} ± {reach}"
                );
                assert!(
                    out <= reach.min(bulk + mean.abs()) * 1.2 + 4.0 * spacing,
                    "{scale}, {gain}, {y}: {end}, {mean} ± {reach}"
                );
            }
        }
        // Nothing outside of the domain.
        let half = LineMeasure::exponential(1.0).unwrap();
        let observed =
            Observed { prior: half, noise: Noise::Student { dof: 3.0, scale: 1.0 }, gain: 1.0, y: -2.0 };
        let points: Vec<f64> = observed.centres().iter().filter(|c| c.1 == 0.0).map(|c| c.0).collect();
        assert!(points[0] == 0.0 && points.len() == BETWEEN as usize + 1 && points[128] > 3.0, "{points:?}");
    }

    #[test]
    fn tails_of_products_are_the_lighter_ones() {
        let (normal, student) = (Noise::Gaussian { scale: 1.0 }, Noise::Student { dof: 2.0, scale: 1.0 });
        let polynomial = Tail::Polynomial { index: 1.5 };
        let exponential = Tail::Exponential { rate: 2.0 };
        assert_eq!((normal.tail(polynomial), normal.tail(Tail::Bounded)), (Tail::Gaussian, Tail::Bounded));
        assert_eq!(student.tail(polynomial), Tail::Polynomial { index: 4.5 });
        assert_eq!((student.tail(exponential), student.tail(Tail::Bounded)), (exponential, Tail::Bounded));
    }

    #[test]
    fn conditional_normal_laws_weigh_by_precision() {
        for (mean, std, scale, gain, y) in [(1.0, 2.0, 0.5, 1.5, -3.0), (-2.0, 0.3, 4.0, -0.7, 10.0)] {
            let precision = 1.0 / (std * std) + gain * gain / (scale * scale);
            let expected = (mean / (std * std) + gain * y / (scale * scale)) / precision;
            let found = normal((mean, std), scale, gain, y);
            let rounding = 1e-13 * (1.0 + f64::abs(expected));
            assert!(
                (found.0 - expected).abs() <= rounding
                    && (found.1 - precision.sqrt().recip()).abs() <= rounding
            );
        }
    }

    #[test]
    fn bad_input_is_refused() {
        let law = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let good = Noise::Gaussian { scale: 1.0 };
        for (noise, gain, y) in [
            (Noise::Gaussian { scale: 0.0 }, 1.0, 0.0),
            (Noise::Gaussian { scale: f64::NAN }, 1.0, 0.0),
            (Noise::Student { dof: -1.0, scale: 1.0 }, 1.0, 0.0),
            (Noise::Student { dof: 1.0, scale: f64::INFINITY }, 1.0, 0.0),
            (good, 0.0, 0.0),
            (good, f64::NAN, 0.0),
            (good, 1.0, f64::INFINITY),
        ] {
            assert!(law.given(noise, gain, y).is_err(), "{noise}, {gain}, {y}");
        }
    }
}
