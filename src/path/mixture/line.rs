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
