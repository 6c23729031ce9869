//! On the line a mixture path is a [`LineCurve`].

use super::{MixturePath, MixtureSlice};
use crate::error::{Error, Result};
use crate::measure::mixture::kernel;
use crate::path::window::window;
use crate::path::{LineCurve, LineSlice, SlicePoint};

/// Relative error of sums of a few hundred exponentials whose arguments are rounded.
const ROUNDING: f64 = 256.0 * f64::EPSILON;
/// Breaks at these multiples of the standard deviations of the narrowest and the widest law about a mean.
const MULTIPLES: [f64; 4] = [0.0, 2.0, 6.0, 20.0];
/// Members that carry at least this share of the weight of their component place breaks.
const SHARE: f64 = 1e-3;

struct Slice<'a>(MixtureSlice<'a>);

impl LineCurve for MixturePath {
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>> {
        if self.dim() != 1 {
            return Err(Error::Dimension { name: "target".to_owned(), found: self.dim(), expected: 1 });
        }
        Ok(Box::new(Slice(self.slice(angle)?)))
    }
}

impl Slice<'_> {
    /// Mean, standard deviation and weight of every component.
    fn laws(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        self.0.groups().iter().flat_map(|group| {
            group.members.iter().map(|member| {
                let std = member.precisions[0].recip().sqrt();
                (group.mean[0], std, (member.log_height + (std * std::f64::consts::TAU.sqrt()).ln()).exp())
            })
        })
    }
}

impl LineSlice for Slice<'_> {
    fn point(&self, y: f64) -> SlicePoint {
        let first = kernel::first(self.0.groups(), &[y]);
        let second = kernel::second(self.0.groups(), &[y], &first);
        SlicePoint {
            log_density: first.log_density,
            score: first.score[0],
            curvature: second.hessian[(0, 0)],
            velocity: first.field[0],
            log_density_rate: -(second.jacobian[(0, 0)] + first.field[0] * first.score[0]),
        }
    }

    fn log_density(&self, y: f64) -> f64 {
        kernel::log_density(self.0.groups(), &[y])
    }

    fn masses(&self, y: f64) -> (f64, f64) {
        self.laws().fold((0.0, 0.0), |(below, above), (mean, std, weight)| {
            let x = (y - mean) / (std * std::f64::consts::SQRT_2);
            (below + 0.5 * weight * core_math::erfc(-x), above + 0.5 * weight * core_math::erfc(x))
        })
    }

    fn window(&self, level: f64) -> (f64, f64) {
        let laws: Vec<(f64, f64)> = self.laws().map(|(mean, std, _)| (mean, std)).collect();
        window(&laws, level, |y| self.masses(y))
    }

    fn breaks(&self) -> Vec<f64> {
        let mut breaks = Vec::new();
        let weights = self.0.path().target().components().iter().map(|c| c.weight);
        for (group, share) in self.0.groups().iter().zip(weights) {
            // The laws that matter, which are neighbours in scale.
            let stds = group.members.iter().filter_map(|member| {
                let std = member.precisions[0].recip().sqrt();
                let weight = (member.log_height + (std * std::f64::consts::TAU.sqrt()).ln()).exp();
                (weight >= SHARE * share).then_some(std)
            });
            let (low, high) = stds.fold((f64::INFINITY, 0.0_f64), |(a, b), s| (a.min(s), b.max(s)));
            let (low, high) = if high > 0.0 { (low, high) } else { (1.0, 1.0) };
            for multiple in MULTIPLES {
                for std in [low, high] {
                    breaks.extend([group.mean[0] - multiple * std, group.mean[0] + multiple * std]);
                }
            }
        }
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        breaks
    }

    fn bumps(&self) -> Vec<(f64, f64, f64)> {
        let weights = self.0.path().target().components().iter().map(|c| c.weight);
        // Of all scales of a component the one with the largest weight.
        let widths = self.0.groups().iter().map(|group| {
            let laws = group.members.iter().map(|member| {
                let std = member.precisions[0].recip().sqrt();
                (member.log_height + std.ln(), std)
            });
            (group.mean[0], laws.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(1.0, |law| law.1))
        });
        weights.zip(widths).map(|(weight, (mean, width))| (weight, mean, width)).collect()
    }

    fn relative_error(&self) -> f64 {
        self.0.path().relative_error() + ROUNDING
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::mixture::Mixture;
    use nalgebra::DVector;

    /// Rounding.
    const SMALL: f64 = 1e-12;

    fn mixture(weights: &[f64], means: &[f64], variances: &[f64]) -> Mixture {
        let means = means.iter().map(|m| DVector::from_vec(vec![*m])).collect();
        Mixture::isotropic(weights, means, variances).unwrap()
    }

    #[test]
    fn masses_breaks_and_bumps_of_normal_laws() {
        let path = MixturePath::gaussian(mixture(&[1.0, 3.0], &[2.0, -1.0], &[4.0, 0.25]));
        let angle = 0.5;
        let slice = LineCurve::slice(&path, angle).unwrap();
        let (s, c) = f64::sin_cos(angle);
        let laws = [(0.25, 2.0 * c, (4.0 * c * c + s * s).sqrt()), (0.75, -c, (0.25 * c * c + s * s).sqrt())];
        for y in [-8.0, -1.0, 0.3, 5.0] {
            let side = |sign: f64| -> f64 {
                laws.iter()
                    .map(|(w, m, d)| 0.5 * w * core_math::erfc(sign * (m - y) / (d * 2.0_f64.sqrt())))
                    .sum()
            };
            let (below, above) = slice.masses(y);
            assert!((below - side(1.0)).abs() < SMALL && (above - side(-1.0)).abs() < SMALL, "{y}");
            let density: f64 = laws
                .iter()
                .map(|(w, m, d)| {
                    w * (-0.5 * ((y - m) / d).powi(2)).exp() / (d * std::f64::consts::TAU.sqrt())
                })
                .sum();
            assert!((slice.log_density(y) - density.ln()).abs() < SMALL, "{y}");
            assert!((slice.point(y).log_density - density.ln()).abs() < SMALL, "{y}");
            // ∂_y w = −∂_φ log p − w·∂_y log p, by differences.
            let h = 1e-5;
            let (left, right, here) = (slice.point(y - h), slice.point(y + h), slice.point(y));
            let slope = (right.velocity - left.velocity) / (2.0 * h);
            let difference = 1e-6;
            assert!((slope + here.log_density_rate + here.velocity * here.score).abs() < difference, "{y}");
            assert!(((right.score - left.score) / (2.0 * h) - here.curvature).abs() < difference, "{y}");
        }
        let mut breaks: Vec<f64> = laws
            .iter()
            .flat_map(|(_, m, d)| [0.0, 2.0, 6.0, 20.0].into_iter().flat_map(move |k| [m - k * d, m + k * d]))
            .collect();
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        assert_eq!(slice.breaks().len(), breaks.len());
        for (found, exact) in slice.breaks().iter().zip(&breaks) {
            assert!((found - exact).abs() < SMALL, "{found} {exact}");
        }
        for ((weight, mean, width), (w, m, d)) in slice.bumps().into_iter().zip(laws) {
            assert!((weight - w).abs() < SMALL && (mean - m).abs() < SMALL && (width - d).abs() < SMALL);
        }
        assert!((slice.relative_error() - path.relative_error() - ROUNDING).abs() < SMALL * ROUNDING);
    }

    #[test]
    fn breaks_with_a_student_base_are_those_of_the_scales_that_matter() {
        let path = MixturePath::student(mixture(&[1.0], &[2.0], &[0.01]), 3.0).unwrap();
        let slice = LineCurve::slice(&path, 0.5).unwrap();
        let (s, c) = f64::sin_cos(0.5);
        let [(weight, mean, width)] = slice.bumps()[..] else { unreachable!() };
        assert!((weight - 1.0).abs() < SMALL && (mean - 2.0 * c).abs() < SMALL);
        // The likeliest scale u of a χ²: e^{u} = 1, that of the noise.
        assert!((0.6..1.5).contains(&(width / s)), "{width}");
        let breaks = slice.breaks();
        assert_eq!(breaks.len(), 1 + 2 * 2 * 3);
        // The narrowest and the widest of the scales of which each has a thousandth of the weight.
        let (low, high) = ((breaks[7] - mean) / 2.0, (breaks[12] - mean) / 20.0);
        assert!(low < width && width < high && high < 1e2 * low, "{breaks:?}");
        for k in 0..6 {
            assert!((breaks[k] + breaks[12 - k] - 2.0 * mean).abs() < SMALL * 1e2, "{breaks:?}");
        }
    }
}
