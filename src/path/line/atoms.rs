//! The path on the line to finitely many atoms, in closed form for every base.
//!
//! `p_φ = Σ w_k law(cos φ·a_k + sin φ·Z)`: a finite sum, so that fields and both tails keep their relative accuracy however
//! heavy the base is and however far the point.

use super::LineBase;
use crate::error::{Error, Result, finite, positive, within};
use crate::path::curve::{LineCurve, LineSlice, SlicePoint};
use std::f64::consts::FRAC_PI_2;
use std::fmt;

/// A few roundings of a sum of terms that are not negative.
const RELATIVE_ERROR: f64 = 64.0 * f64::EPSILON;
/// Breaks at these multiples of the distance over which the base is analytic.
const MULTIPLES: [f64; 4] = [0.5, 1.0, 2.0, 4.0];
/// Bisections for the end of a window, on the scale of the logarithm of the distance.
const BISECTIONS: usize = 60;

/// The curve from `Σ w_k δ_{a_k}`, which has no density, to a base.
///
/// ```
/// use dald::path::line::{AtomsCurve, LineBase};
/// use dald::path::LineCurve;
/// let curve = AtomsCurve::new(&[1.0, 1.0], &[-1.0, 1.0], LineBase::Student { dof: 3.0 })?;
/// let slice = curve.slice(0.5)?;
/// assert!(slice.point(0.0).score.abs() < f64::EPSILON);
/// # Ok::<(), dald::error::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct AtomsCurve {
    /// Normalised weight and place.
    atoms: Vec<(f64, f64)>,
    base: LineBase,
}

impl AtomsCurve {
    /// The curve for the given weights (normalised here) and places.
    ///
    /// # Errors
    /// [`Error::Dimension`] for lists of different lengths, [`Error::Domain`] for empty lists, weights that are not finite and
    /// positive, places that are not finite, and a base without positive degrees of freedom.
    pub fn new(weights: &[f64], places: &[f64], base: LineBase) -> Result<Self> {
        if places.len() != weights.len() {
            let (found, expected) = (places.len(), weights.len());
            return Err(Error::Dimension { name: "places".to_owned(), found, expected });
        }
        for &weight in weights {
            positive("weight", weight)?;
        }
        let total = positive("sum of the weights", weights.iter().sum())?;
        let atoms = weights.iter().zip(places).map(|(w, a)| Ok((w / total, finite("place", *a)?)));
        Ok(Self { atoms: atoms.collect::<Result<_>>()?, base: base.checked()? })
    }

    /// `E X²`.
    pub fn second_moment(&self) -> f64 {
        self.atoms.iter().map(|(w, a)| w * a * a).sum()
    }

    /// The base.
    pub fn base(&self) -> LineBase {
        self.base
    }
}

impl fmt::Display for AtomsCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to", self.base)?;
        self.atoms.iter().try_for_each(|(w, a)| write!(f, " {w}·δ({a})"))
    }
}

impl LineCurve for AtomsCurve {
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>> {
        within("angle", angle, f64::MIN_POSITIVE, FRAC_PI_2)?;
        Ok(Box::new(Slice { curve: self, sine: core_math::sin(angle), cosine: core_math::cos(angle) }))
    }
}

#[derive(Debug)]
struct Slice<'a> {
    curve: &'a AtomsCurve,
    sine: f64,
    cosine: f64,
}

impl Slice<'_> {
    fn noise(&self, y: f64, place: f64) -> f64 {
        (y - self.cosine * place) / self.sine
    }

    /// The end to the right (`sign = 1`) or to the left beyond which no translate of the base has more than `level`.
    fn end(&self, sign: f64, level: f64) -> f64 {
        let (mut near, mut far) = (0.0, 1.0);
        while self.curve.base.masses(far).1 > level && far < f64::MAX {
            (near, far) = (far, 4.0 * far);
        }
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (near + far);
            if self.curve.base.masses(middle).1 > level { near = middle } else { far = middle }
        }
        let outermost = self.curve.atoms.iter().map(|(_, a)| sign * a).fold(f64::NEG_INFINITY, f64::max);
        sign * (self.cosine * outermost + self.sine * far)
    }
}

impl LineSlice for Slice<'_> {
    fn point(&self, y: f64) -> SlicePoint {
        let (c, s, base) = (self.cosine, self.sine, &self.curve.base);
        let log_density = self.log_density(y);
        let log_scale = log_density + base.log_normalizer() + core_math::log(s);
        // Conditional probabilities of the atoms, with the noise that leads from each to y.
        let terms: Vec<(f64, f64, f64)> = self
            .curve
            .atoms
            .iter()
            .map(|&(w, a)| {
                let z = self.noise(y, a);
                (core_math::exp(core_math::log(w) - base.cost(z) - log_scale), a, z)
            })
            .collect();
        let mean = |f: &dyn Fn(f64, f64) -> f64| -> f64 { terms.iter().map(|(p, a, z)| p * f(*a, *z)).sum() };
        let score = mean(&|_, z| -base.slope(z)) / s;
        let spread = mean(&|_, z| (base.slope(z) + s * score).powi(2) - base.bend(z));
        let drift = |a: f64, z: f64| c * z - s * a;
        SlicePoint {
            log_density,
            score,
            curvature: spread / (s * s),
            velocity: mean(&drift),
            log_density_rate: mean(&|a, z| base.slope(z) * drift(a, z) - c) / s,
        }
    }

    fn log_density(&self, y: f64) -> f64 {
        let base = &self.curve.base;
        let log = |&(w, a): &(f64, f64)| core_math::log(w) - base.cost(self.noise(y, a));
        let peak = self.curve.atoms.iter().map(log).fold(f64::NEG_INFINITY, f64::max);
        if peak == f64::NEG_INFINITY {
            return peak;
        }
        let sum: f64 = self.curve.atoms.iter().map(|a| core_math::exp(log(a) - peak)).sum();
        peak + core_math::log(sum) - base.log_normalizer() - core_math::log(self.sine)
    }

    fn masses(&self, y: f64) -> (f64, f64) {
        self.curve.atoms.iter().fold((0.0, 0.0), |(below, above), &(w, a)| {
            let (left, right) = self.curve.base.masses(self.noise(y, a));
            (below + w * left, above + w * right)
        })
    }

    fn window(&self, level: f64) -> (f64, f64) {
        (self.end(-1.0, level), self.end(1.0, level))
    }

    fn breaks(&self) -> Vec<f64> {
        let width = self.sine * self.curve.base.core();
        let mut breaks = Vec::new();
        for &(_, a) in &self.curve.atoms {
            let centre = self.cosine * a;
            breaks.push(centre);
            breaks.extend(MULTIPLES.iter().flat_map(|m| [centre - m * width, centre + m * width]));
        }
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        breaks
    }

    fn bumps(&self) -> Vec<(f64, f64, f64)> {
        let width = self.sine * self.curve.base.core();
        self.curve.atoms.iter().map(|&(weight, a)| (weight, self.cosine * a, width)).collect()
    }

    fn relative_error(&self) -> f64 {
        RELATIVE_ERROR
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::MixtureCurve;

    #[test]
    fn windows_breaks_and_bumps_follow_the_atoms() {
        let weights = [1.0, 3.0];
        let places = [-2.0, 5.0];
        for base in [LineBase::Gaussian, LineBase::Student { dof: 2.5 }] {
            let curve = AtomsCurve::new(&weights, &places, base).unwrap();
            assert!((curve.second_moment() - (0.25 * 4.0 + 0.75 * 25.0)).abs() < RELATIVE_ERROR);
            let (angle, rounding) = (0.5_f64, 1e-9);
            let (s, c) = angle.sin_cos();
            let slice = curve.slice(angle).unwrap();
            for level in [0.1, 1e-3, 1e-9] {
                let (lo, hi) = slice.window(level);
                // From the outermost atoms as far as one translate of the base has more than that.
                let quantile = (hi - 5.0 * c) / s;
                assert!((base.masses(quantile).1 / level - 1.0).abs() < rounding, "{level}: {quantile}");
                assert!((lo + 2.0 * c + s * quantile).abs() < rounding * (1.0 + lo.abs()), "{level}: {lo}");
                assert!(slice.masses(lo).0 <= level && slice.masses(hi).1 <= level);
            }
            let width = s * base.core();
            let breaks = slice.breaks();
            assert!(breaks.len() == 18 && breaks.windows(2).all(|w| w[0] < w[1]), "{breaks:?}");
            for place in places {
                for m in [0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 4.0, -4.0] {
                    let at = c * place + m * width;
                    assert!(breaks.iter().any(|b| (b - at).abs() < rounding), "{at}");
                }
            }
            for ((weight, at, wide), (w, a)) in slice.bumps().into_iter().zip([(0.25, -2.0), (0.75, 5.0)]) {
                assert!(
                    (weight - w).abs() < rounding
                        && (at - c * a).abs() < rounding
                        && (wide - width).abs() < rounding
                );
            }
            // Masses and densities by hand.
            for y in [-4.0, 1.0, 6.0] {
                let noise = places.map(|a| (y - c * a) / s);
                let below = 0.25 * base.masses(noise[0]).0 + 0.75 * base.masses(noise[1]).0;
                assert!((slice.masses(y).0 - below).abs() < rounding);
                let density: f64 = weights
                    .iter()
                    .zip(noise)
                    .map(|(w, z)| 0.25 * w * (-base.cost(z) - base.log_normalizer()).exp() / s)
                    .sum();
                assert!((slice.log_density(y) - density.ln()).abs() < rounding, "{y}");
            }
        }
    }

    #[test]
    fn atoms_with_a_gaussian_base_are_a_mixture() {
        let (weights, places) = ([0.3, 0.7], [-1.0, 2.0]);
        let atoms = AtomsCurve::new(&weights, &places, LineBase::Gaussian).unwrap();
        let mixture = MixtureCurve::new(&weights, &places, &[0.0, 0.0]).unwrap();
        let (atoms, mixture) = (atoms.slice(0.7).unwrap(), mixture.slice(0.7).unwrap());
        let rounding = 1e3 * f64::EPSILON;
        for y in [-3.0, -0.2, 0.4, 1.1, 5.0] {
            let (a, m) = (atoms.point(y), mixture.point(y));
            for (found, expected) in [
                (a.log_density, m.log_density),
                (a.score, m.score),
                (a.curvature, m.curvature),
                (a.velocity, m.velocity),
                (a.log_density_rate, m.log_density_rate),
                (atoms.masses(y).0, mixture.masses(y).0),
                (atoms.masses(y).1, mixture.masses(y).1),
            ] {
                assert!((found - expected).abs() <= rounding * (1.0 + expected.abs()), "{y}: {a:?} {m:?}");
            }
        }
    }

    #[test]
    fn heavy_bases_obey_the_continuity_equation_and_bad_input_is_refused() {
        let base = LineBase::Student { dof: 1.5 };
        let curve = AtomsCurve::new(&[1.0, 2.0, 1.0], &[-3.0, 0.5, 2.0], base).unwrap();
        let (angle, h) = (0.6, 1e-5);
        let [before, slice, after] = [angle - h, angle, angle + h].map(|a| curve.slice(a).unwrap());
        // Truncation of centred differences, with third derivatives below 10³, and their rounding.
        let tolerance = h * h * 1e3 / 6.0 + 1e3 * f64::EPSILON / h;
        for y in [-4.0, 0.1, 1.7, 30.0] {
            let p = slice.point(y);
            let centred = |f: &dyn Fn(f64) -> f64| (f(y + h) - f(y - h)) / (2.0 * h);
            assert!((centred(&|x| slice.log_density(x)) - p.score).abs() < tolerance);
            assert!((centred(&|x| slice.point(x).score) - p.curvature).abs() < tolerance);
            let below = (after.masses(y).0 - before.masses(y).0) / (2.0 * h);
            assert!((below + p.velocity * p.log_density.exp()).abs() < tolerance);
            let rate = (after.log_density(y) - before.log_density(y)) / (2.0 * h);
            assert!((rate - p.log_density_rate).abs() < tolerance);
        }
        let (lo, hi) = slice.window(1e-3);
        assert!(slice.masses(lo).0 <= 1e-3 && slice.masses(hi).1 <= 1e-3);
        assert!(curve.slice(0.0).is_err() && curve.slice(f64::NAN).is_err());
        assert!(AtomsCurve::new(&[], &[], base).is_err());
        assert!(AtomsCurve::new(&[1.0], &[f64::NAN], base).is_err());
        assert!(AtomsCurve::new(&[-1.0], &[0.0], base).is_err());
        assert!(AtomsCurve::new(&[1.0], &[0.0, 1.0], base).is_err());
        assert!(AtomsCurve::new(&[1.0], &[0.0], LineBase::Student { dof: 0.0 }).is_err());
    }
}
