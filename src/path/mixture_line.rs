//! The path from the standard normal law to a mixture of Gaussian laws on the line, in closed form.
//!
//! At the angle `φ` the target `Σ w_k N(m_k, s_k²)` has become `Σ w_k N(cos φ·m_k, c_k)` with
//! `c_k = cos²φ·s_k² + sin²φ`. Given the component, `X` and `Z` are jointly Gaussian, so every field is an average of
//! affine or quadratic functions over the posterior weights of the components.

use super::window::window;
use super::{LineCurve, LineSlice, SlicePoint};
use crate::error::{Error, Result, finite, positive, within};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, TAU};
use std::fmt;

/// One Gaussian law of the target with its normalised weight.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Part {
    weight: f64,
    mean: f64,
    std: f64,
}

/// The path from `N(0, 1)` to `Σ w_k N(m_k, s_k²)`; `s_k = 0` is an atom and allowed at angles `φ > 0`.
///
/// ```
/// use dald::path::{LineCurve, MixtureCurve};
/// let wells = MixtureCurve::new(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5]).unwrap();
/// let base = wells.slice(std::f64::consts::FRAC_PI_2).unwrap();
/// assert!((base.point(1.0).score + 1.0).abs() < 4.0 * f64::EPSILON);
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct MixtureCurve {
    parts: Vec<Part>,
}

impl MixtureCurve {
    /// The path to the mixture with the given weights (normalised here), means and standard deviations.
    ///
    /// # Errors
    /// [`Error::Dimension`] for lists of different lengths; [`Error::Domain`] for empty lists, weights that are not
    /// finite and non-negative with a positive sum (components of weight 0 are left out), a mean that is not finite,
    /// a deviation that is negative or not finite.
    pub fn new(weights: &[f64], means: &[f64], stds: &[f64]) -> Result<Self> {
        for (name, found) in [("means", means.len()), ("stds", stds.len())] {
            if found != weights.len() {
                return Err(Error::Dimension { name: name.to_owned(), found, expected: weights.len() });
            }
        }
        if weights.is_empty() {
            return Err(Error::domain("weights", "[]", "at least one component"));
        }
        let total: f64 = weights.iter().sum();
        positive("sum of the weights", total)?;
        for &weight in weights {
            within("weight", weight, 0.0, f64::MAX)?;
        }
        let heavy = weights.iter().zip(means).zip(stds).filter(|((weight, _), _)| **weight > 0.0);
        let parts = heavy.map(|((&weight, &mean), &std)| {
            within("std", std, 0.0, f64::MAX)?;
            Ok(Part { weight: weight / total, mean: finite("mean", mean)?, std })
        });
        Ok(Self { parts: parts.collect::<Result<_>>()? })
    }
}

impl fmt::Display for MixtureCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, part) in self.parts.iter().enumerate() {
            let plus = if k == 0 { "" } else { " + " };
            write!(f, "{plus}{}·N({}, {}²)", part.weight, part.mean, part.std)?;
        }
        Ok(())
    }
}

impl LineCurve for MixtureCurve {
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>> {
        within("angle", angle, 0.0, FRAC_PI_2)?;
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        let components = self.parts.iter().map(|part| {
            let deviation = (cosine * part.std).hypot(sine);
            if deviation == 0.0 {
                return Err(Error::domain("angle", angle, "a positive angle for a target with atoms"));
            }
            Ok(Component::new(part, sine, cosine, deviation))
        });
        Ok(Box::new(MixtureSlice { components: components.collect::<Result<_>>()? }))
    }
}

/// One Gaussian law of a slice with everything that doesn't depend on the point.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Component {
    weight: f64,
    /// `log(w_k/√(2πc_k))`.
    log_scale: f64,
    mean: f64,
    deviation: f64,
    /// `1/√c_k`.
    inverse: f64,
    /// `−sin φ·m_k`, the rate of the mean per angle.
    mean_rate: f64,
    /// `ċ_k/(2c_k) = sin φ cos φ (1 − s_k²)/c_k`, the rate of `log √c_k`.
    log_rate: f64,
}

impl Component {
    fn new(part: &Part, sine: f64, cosine: f64, deviation: f64) -> Self {
        Self {
            weight: part.weight,
            log_scale: core_math::log(part.weight / deviation) - 0.5 * core_math::log(TAU),
            mean: cosine * part.mean,
            deviation,
            inverse: 1.0 / deviation,
            mean_rate: -sine * part.mean,
            // (1−s)(1+s) rather than 1−s²: no cancellation for deviations near 1.
            log_rate: (sine / deviation) * (cosine / deviation) * ((1.0 - part.std) * (1.0 + part.std)),
        }
    }

    fn standardised(&self, y: f64) -> f64 {
        (y - self.mean) * self.inverse
    }

    fn log_density(&self, y: f64) -> f64 {
        let z = self.standardised(y);
        self.log_scale - 0.5 * z * z
    }

    fn log_density_rate(&self, z: f64) -> f64 {
        self.log_rate * (z - 1.0) * (z + 1.0) + z * self.inverse * self.mean_rate
    }
}

/// The mixture at one angle.
#[derive(Clone, PartialEq, Debug)]
struct MixtureSlice {
    components: Vec<Component>,
}

impl MixtureSlice {
    /// Largest `log(w_k N_k(y))`.
    fn peak(&self, y: f64) -> f64 {
        self.components.iter().map(|c| c.log_density(y)).fold(f64::NEG_INFINITY, f64::max)
    }

    /// Where two weighted components have the same density: between such points one of them dominates.
    fn crossings(a: &Component, b: &Component) -> Vec<f64> {
        let (pa, pb) = (a.inverse * a.inverse, b.inverse * b.inverse);
        // ½(pb − pa)y² − (pb·mb − pa·ma)y + ½(pb·mb² − pa·ma²) + log scale of a − that of b = 0.
        let quadratic = 0.5 * (pb - pa);
        let linear = pa * a.mean - pb * b.mean;
        let constant = 0.5 * (pb * b.mean * b.mean - pa * a.mean * a.mean) + a.log_scale - b.log_scale;
        let discriminant = linear * linear - 4.0 * quadratic * constant;
        if discriminant < 0.0 || discriminant.is_nan() {
            return Vec::new();
        }
        let root = -0.5 * (linear + discriminant.sqrt().copysign(linear));
        [root / quadratic, constant / root].into_iter().filter(|y| y.is_finite()).collect()
    }
}

/// Half-widths, in standard deviations, of the panels around a component.
const PANEL_DEVIATIONS: [f64; 3] = [1.5, 4.0, 8.0];

/// A few roundings, and three of the argument `z²/2` of the exponential where there is mass, `|z|` up to 10.
const RELATIVE_ERROR: f64 = 2e2 * f64::EPSILON;

impl LineSlice for MixtureSlice {
    fn point(&self, y: f64) -> SlicePoint {
        let peak = self.peak(y);
        if peak == f64::NEG_INFINITY {
            return SlicePoint { log_density: peak, ..SlicePoint::default() };
        }
        let (mut mass, mut score, mut precision, mut velocity, mut rate) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for c in &self.components {
            let z = c.standardised(y);
            let weight = core_math::exp(c.log_scale - 0.5 * z * z - peak);
            mass += weight;
            score -= weight * z * c.inverse;
            precision += weight * c.inverse * c.inverse;
            velocity += weight * (c.mean_rate + c.log_rate * (y - c.mean));
            rate += weight * c.log_density_rate(z);
        }
        score /= mass;
        let mut spread = 0.0;
        for c in &self.components {
            let z = c.standardised(y);
            let weight = core_math::exp(c.log_scale - 0.5 * z * z - peak);
            spread += weight * (z * c.inverse + score).powi(2);
        }
        SlicePoint {
            log_density: peak + core_math::log(mass),
            score,
            curvature: (spread - precision) / mass,
            velocity: velocity / mass,
            log_density_rate: rate / mass,
        }
    }

    fn log_density(&self, y: f64) -> f64 {
        let peak = self.peak(y);
        if peak == f64::NEG_INFINITY {
            return peak;
        }
        let mass: f64 = self.components.iter().map(|c| core_math::exp(c.log_density(y) - peak)).sum();
        peak + core_math::log(mass)
    }

    fn log_densities(&self, points: &[f64], values: &mut [f64]) {
        // Two components need one exponential: log(e^a + e^b) = max + log1p(e^{−|a−b|}).
        match self.components.as_slice() {
            [only] => {
                for (value, &y) in values.iter_mut().zip(points) {
                    *value = only.log_density(y);
                }
            }
            [first, second] => {
                for (value, &y) in values.iter_mut().zip(points) {
                    let (a, b) = (first.log_density(y), second.log_density(y));
                    let (top, gap) = (a.max(b), (a - b).abs());
                    *value =
                        if gap < NEGLIGIBLE_GAP { top + core_math::log1p(core_math::exp(-gap)) } else { top };
                }
            }
            _ => {
                for (value, &y) in values.iter_mut().zip(points) {
                    *value = self.log_density(y);
                }
            }
        }
    }

    fn masses(&self, y: f64) -> (f64, f64) {
        let (mut below, mut above) = (0.0, 0.0);
        for c in &self.components {
            let z = c.standardised(y) * FRAC_1_SQRT_2;
            below += 0.5 * c.weight * core_math::erfc(-z);
            above += 0.5 * c.weight * core_math::erfc(z);
        }
        (below, above)
    }

    fn window(&self, level: f64) -> (f64, f64) {
        let laws: Vec<(f64, f64)> = self.components.iter().map(|c| (c.mean, c.deviation)).collect();
        window(&laws, level, |y| self.masses(y))
    }

    fn breaks(&self) -> Vec<f64> {
        let mut breaks = Vec::new();
        for (k, c) in self.components.iter().enumerate() {
            breaks.push(c.mean);
            breaks.extend(
                PANEL_DEVIATIONS.iter().flat_map(|d| [c.mean - d * c.deviation, c.mean + d * c.deviation]),
            );
            breaks.extend(self.components[..k].iter().flat_map(|other| Self::crossings(other, c)));
        }
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        breaks
    }

    fn bumps(&self) -> Vec<(f64, f64, f64)> {
        self.components.iter().map(|c| (c.weight, c.mean, c.deviation)).collect()
    }

    fn relative_error(&self) -> f64 {
        RELATIVE_ERROR
    }
}

/// `e^{−gap}` below this gap no longer changes `1 + e^{−gap}`.
const NEGLIGIBLE_GAP: f64 = 40.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> MixtureCurve {
        MixtureCurve::new(&[0.6, 1.4], &[-2.8, 1.2], &[0.5, 0.3]).unwrap()
    }

    /// Error of a centred difference with step `h` (truncation, for third derivatives up to `third`, and rounding).
    fn difference_error(h: f64, third: f64, scale: f64) -> f64 {
        h * h / 6.0 * third + 4.0 * RELATIVE_ERROR * scale / h
    }

    #[test]
    fn fields_are_derivatives_of_the_density_and_of_the_distribution() {
        let curve = curve();
        let h = 1e-4;
        for angle in [0.2, 0.7, 1.3] {
            let [before, slice, after] = [angle - h, angle, angle + h].map(|a| curve.slice(a).unwrap());
            for y in [-4.0, -2.0, -0.7, -0.3, 0.1, 1.5, 3.0] {
                let p = slice.point(y);
                // Log-densities here are below 200 and have third derivatives below 5·10⁴.
                let tolerance = difference_error(h, 5e4, 200.0);
                let centred = |f: &dyn Fn(f64) -> f64| (f(y + h) - f(y - h)) / (2.0 * h);
                assert!((centred(&|x| slice.log_density(x)) - p.score).abs() < tolerance);
                assert!((centred(&|x| slice.point(x).score) - p.curvature).abs() < 20.0 * tolerance);
                let rate = (after.log_density(y) - before.log_density(y)) / (2.0 * h);
                assert!((rate - p.log_density_rate).abs() < tolerance, "{angle} {y}: {rate} {p:?}");
                let product = p.velocity * p.score + centred(&|x| slice.point(x).velocity);
                assert!((product + p.log_density_rate).abs() < 20.0 * tolerance, "continuity at {angle} {y}");
                let below = (after.masses(y).0 - before.masses(y).0) / (2.0 * h);
                assert!((below + p.velocity * p.log_density.exp()).abs() < tolerance);
                let mut batch = [0.0];
                slice.log_densities(&[y], &mut batch);
                assert!((batch[0] - p.log_density).abs() < RELATIVE_ERROR);
            }
        }
    }

    #[test]
    fn components_cross_where_they_have_the_same_density() {
        let part = |weight: f64, mean: f64, std: f64| {
            Component::new(&Part { weight, mean, std }, 0.6, 0.8, (0.8 * std).hypot(0.6))
        };
        let rounding = 1e-10;
        for (a, b, count) in [
            (part(0.3, -1.5, 0.5), part(0.7, 1.0, 0.6), 2),
            (part(0.5, 0.0, 0.2), part(0.5, 0.3, 3.0), 2),
            (part(0.5, -2.0, 0.5), part(0.5, 3.0, 0.5), 1),
            // A narrow one that is nowhere above the other.
            (part(1e-6, 0.0, 0.9), part(1.0, 0.0, 1.0), 0),
        ] {
            for (a, b) in [(a, b), (b, a)] {
                let found = MixtureSlice::crossings(&a, &b);
                assert_eq!(found.len(), count, "{found:?}");
                for y in found {
                    assert!((a.log_density(y) - b.log_density(y)).abs() < rounding * (1.0 + y * y), "{y}");
                }
            }
        }
    }

    #[test]
    fn densities_at_many_points_are_those_at_each() {
        for (weights, means, stds) in [
            (&[1.0][..], &[0.5][..], &[2.0][..]),
            (&[0.3, 0.7], &[-1.5, 20.0], &[0.5, 0.6]),
            (&[0.3, 0.5, 0.2], &[-1.5, 1.0, 4.0], &[0.5, 0.6, 0.1]),
        ] {
            let curve = MixtureCurve::new(weights, means, stds).unwrap();
            for angle in [0.0, 0.6, FRAC_PI_2] {
                let slice = curve.slice(angle).unwrap();
                let points = [-9.0, -1.0, 0.2, 8.0, 19.0];
                let mut values = [0.0; 5];
                slice.log_densities(&points, &mut values);
                let (sine, cosine) = (angle.sin(), angle.cos());
                let rounding = 1e-12;
                for (&y, value) in points.iter().zip(values) {
                    let density: f64 = (0..weights.len())
                        .map(|k| {
                            let c = (cosine * stds[k]).powi(2) + sine * sine;
                            weights[k] * (-0.5 * (y - cosine * means[k]).powi(2) / c).exp() / (TAU * c).sqrt()
                        })
                        .sum();
                    let exact = density.ln();
                    assert!((slice.log_density(y) - value).abs() <= rounding * (1.0 + value.abs()), "{y}");
                    assert!(
                        (slice.point(y).log_density - value).abs() <= rounding * (1.0 + value.abs()),
                        "{y}"
                    );
                    assert!(
                        density < 1e-250 || (value - exact).abs() < rounding * (1.0 + exact.abs()),
                        "{y}"
                    );
                    let (below, above) = slice.masses(y);
                    assert!((below + above - 1.0).abs() < rounding);
                }
                let breaks = slice.breaks();
                assert!(breaks.windows(2).all(|w| w[0] < w[1]));
                for k in 0..weights.len() {
                    let (mean, std) = (cosine * means[k], (cosine * stds[k]).hypot(sine));
                    for d in [0.0, 1.5, -1.5, 4.0, -4.0, 8.0, -8.0] {
                        let at = mean + d * std;
                        assert!(breaks.iter().any(|b| (b - at).abs() < rounding * (1.0 + at.abs())), "{at}");
                    }
                }
                assert!(breaks.len() >= 7 * weights.len() - 6 || angle == FRAC_PI_2, "{breaks:?}");
            }
        }
    }

    #[test]
    fn windows_leave_out_what_they_say() {
        let curve = curve();
        for angle in [0.0, 0.4, FRAC_PI_2] {
            let slice = curve.slice(angle).unwrap();
            for level in [0.25, 1e-3, 1e-16, 1e-200] {
                let (lo, hi) = slice.window(level);
                let (below, above) = (slice.masses(lo).0, slice.masses(hi).1);
                assert!(below <= level && above <= level);
                // The ends are found to a millionth of a bracket some tens long, the tails being at most e^{30y}.
                assert!(below > 0.9 * level && above > 0.9 * level, "{level}: {below} {above}");
            }
            let breaks = slice.breaks();
            assert!(breaks.windows(2).all(|w| w[0] < w[1]));
        }
    }

    #[test]
    fn windows_of_mixtures_of_very_different_scales_are_tight() {
        // One narrow and one wide law about the same mean and far apart, and a faint law far out.
        let mixtures = [
            ([0.5, 0.5], [0.0, 0.0], [1e-3, 1e3]),
            ([0.5, 0.5], [-1e3, 1e4], [1e-4, 1e2]),
            ([0.99, 0.01], [0.0, 1e6], [1e-4, 1e-2]),
        ];
        for (weights, means, stds) in mixtures {
            let curve = MixtureCurve::new(&weights, &means, &stds).unwrap();
            for angle in [0.0, 1e-2, 1.0] {
                let slice = curve.slice(angle).unwrap();
                for level in [0.3, 0.1, 1e-3, 1e-16] {
                    let (lo, hi) = slice.window(level);
                    let (below, above) = (slice.masses(lo).0, slice.masses(hi).1);
                    assert!(below <= level && above <= level);
                    assert!(below > 0.99 * level && above > 0.99 * level, "{curve} {level}: {below} {above}");
                }
            }
        }
    }

    #[test]
    fn atoms_are_allowed_off_the_target_and_bad_input_is_an_error() {
        let atoms = MixtureCurve::new(&[1.0, 1.0], &[-1.0, 1.0], &[0.0, 0.0]).unwrap();
        assert!(atoms.slice(0.0).is_err() && atoms.slice(-0.1).is_err() && atoms.slice(f64::NAN).is_err());
        // p_φ(0) = N(0; cos φ, sin²φ), and by symmetry the mass on either side is a half.
        let slice = atoms.slice(0.5).unwrap();
        let (sine, cosine) = 0.5f64.sin_cos();
        let log_density = -0.5 * (cosine / sine).powi(2) - (sine * TAU.sqrt()).ln();
        assert!((slice.log_density(0.0) - log_density).abs() < RELATIVE_ERROR);
        assert!((slice.masses(0.0).0 - 0.5).abs() < RELATIVE_ERROR);
        for bad in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
            assert!(MixtureCurve::new(&[bad], &[0.0], &[1.0]).is_err());
        }
        assert!(MixtureCurve::new(&[], &[], &[]).is_err());
        assert!(MixtureCurve::new(&[1.0], &[0.0, 1.0], &[1.0]).is_err());
        assert!(MixtureCurve::new(&[1.0], &[f64::NAN], &[1.0]).is_err());
        assert!(MixtureCurve::new(&[1.0], &[0.0], &[-1.0]).is_err());
    }
}
