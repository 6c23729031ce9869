//! Schrödinger potentials on a grid by Sinkhorn's iteration, and the closed-form score of a mixture with noise.

use super::noisy_grid::{Noise, NoisyGrid};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, finite, positive};
use crate::measure::line::LineMeasure;
use crate::numerics::quadrature::GaussRule;
use crate::numerics::stream::Stream;
use crate::path::{LineCurve, MixtureCurve};
use rand::RngExt;
use std::fmt;

/// Relative defect at which Sinkhorn stops.
const DEFECT: f64 = 1e-11;
/// Panels of a discretised mixture: coarse and fine.
const PANELS: [usize; 2] = [18, 26];

/// `Y = X + σZ` for a mixture of normal laws or points X, and an observation y.
#[derive(Clone, Debug)]
pub struct GridPotential {
    weights: Vec<f64>,
    means: Vec<f64>,
    /// All positive, or all 0 for points.
    stds: Vec<f64>,
    sigma: f64,
    y: f64,
}

/// Rounding of the closed form (posterior weights with exponents of some ten), and of a rule of degree 23 on half a σ.
const ROUNDING: f64 = 1e-12;
/// Length in σ of the segment from y over which the potential's slope is averaged.
const SEGMENT: f64 = 0.5;

/// Potential difference quotient, conditional mean and their errors.
struct Solved {
    slope: (f64, f64),
    map: (f64, f64),
}

impl GridPotential {
    /// Weights, means and deviations of X, the noise level, and y, in the bulk of Y.
    ///
    /// # Errors
    /// [`Error::Domain`] for parameters out of range; [`Error::Dimension`] for differing lengths.
    pub fn new(weights: &[f64], means: &[f64], stds: &[f64], sigma: f64, y: f64) -> Result<Self> {
        MixtureCurve::new(weights, means, stds)?;
        positive("sigma", sigma)?;
        finite("y", y)?;
        let points = stds.iter().filter(|s| **s == 0.0).count();
        if points != 0 && points != stds.len() {
            return Err(Error::domain("stds", format!("{stds:?}"), "all positive, or all 0"));
        }
        let (weights, means, stds) = (weights.to_vec(), means.to_vec(), stds.to_vec());
        Ok(Self { weights, means, stds, sigma, y })
    }

    /// Mixtures and points.
    ///
    /// # Errors
    /// Those of [`GridPotential::new`].
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let n = stream.random_range(2..5);
        let points = index.is_multiple_of(2);
        let weights: Vec<f64> = (0..n).map(|_| stream.random_range(0.2..1.0)).collect();
        let means: Vec<f64> = (0..n).map(|_| stream.random_range(-2.0..2.5)).collect();
        let stds: Vec<f64> =
            (0..n).map(|_| if points { 0.0 } else { stream.random_range(0.5..1.0) }).collect();
        let (sigma, y) = (stream.random_range(-1.0_f64..1.0).exp2(), stream.random_range(-1.5..2.0));
        Self::new(&weights, &means, &stds, sigma, y)
    }

    /// Three points.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn example() -> Result<Self> {
        Self::new(&[0.2, 0.5, 0.3], &[-1.0, 0.5, 2.0], &[0.0; 3], 0.5, 1.1)
    }

    fn grid(&self, panels: usize) -> Result<NoisyGrid> {
        if self.stds[0] == 0.0 {
            return NoisyGrid::of_points(&self.means, &self.weights, self.sigma, Noise::Gaussian);
        }
        let law = LineMeasure::gaussian_mixture(&self.weights, &self.means, &self.stds)?;
        NoisyGrid::of_law(&law, panels, self.sigma)
    }

    fn solve(&self, panels: usize) -> Result<Solved> {
        let grid = self.grid(panels)?;
        let (n, m) = (grid.source.len(), grid.target.len());
        let plan = grid.sinkhorn(grid.temperature(), DEFECT)?;
        let [left, right] = self.segment();
        let (here, there) =
            (plan.source_given(&grid.source, &[left]), plan.source_given(&grid.source, &[right]));
        // An error δα of the exponents is at most DEFECT/gap in L² of the first marginal, in that of the law of X given y by the root of its
        // largest density more.
        let density = here.largest_density.max(there.largest_density);
        let share = DEFECT / grid.gap()? * density.sqrt() + (n + m) as f64 * grid.rounding();
        let step = right - left;
        let slope = ((there.potential - here.potential) / step, 2.0 * grid.temperature() * share / step);
        let spread = here.covariance[(0, 0)].sqrt() + here.mean[0].abs() * grid.rounding();
        Ok(Solved { slope, map: (here.mean[0], spread * share) })
    }

    fn refined(&self, part: fn(&Solved) -> (f64, f64)) -> Result<Enclosure> {
        let fine = part(&self.solve(PANELS[1])?);
        // Points need no discretisation.
        let coarse = if self.stds[0] == 0.0 { fine } else { part(&self.solve(PANELS[0])?) };
        Ok(Enclosure::around(fine.0, fine.1 + (fine.0 - coarse.0).abs(), Evidence::Converged))
    }

    /// Difference quotient of g over the segment, g extended from Sinkhorn's f by its log-sum-exp formula.
    ///
    /// # Errors
    /// Those of Sinkhorn's iteration.
    pub fn potential_slope(&self) -> Result<Enclosure> {
        self.refined(|s| s.slope)
    }

    /// `E[X|Y=y]` under Sinkhorn's plan.
    ///
    /// # Errors
    /// Those of Sinkhorn's iteration.
    pub fn map(&self) -> Result<Enclosure> {
        self.refined(|s| s.map)
    }

    fn segment(&self) -> [f64; 2] {
        [self.y, self.y + SEGMENT * self.sigma]
    }

    /// Score of Y in closed form: with `tan φ = σ` the path's `X_φ` is `cos φ·Y`.
    fn score(&self, y: f64) -> Result<f64> {
        let angle = self.sigma.atan();
        let curve = MixtureCurve::new(&self.weights, &self.means, &self.stds)?;
        let slice = curve.slice(angle)?;
        Ok(angle.cos() * slice.point(angle.cos() * y).score)
    }

    /// `a·y + b·(mean score)`: with the score at y, or averaged over the segment.
    ///
    /// # Errors
    /// Those of the closed form.
    pub fn combination(&self, a: f64, b: f64, averaged: bool) -> Result<Enclosure> {
        let [left, right] = self.segment();
        let score = if averaged {
            let rule = GaussRule::new(12);
            let mut sum = 0.0;
            for (x, w) in rule.nodes.iter().zip(&rule.weights) {
                sum += 0.5 * w * self.score(0.5 * (left + right) + 0.5 * (right - left) * x)?;
            }
            sum
        } else {
            self.score(left)?
        };
        let value = a * left + b * score;
        let radius = ROUNDING * (left.abs() + b.abs() * (score.abs() + 1.0 / self.sigma));
        Ok(Enclosure::around(value, radius, Evidence::Converged))
    }

    /// Noise level σ.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }
}

impl fmt::Display for GridPotential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { weights, means, stds, sigma, y } = self;
        write!(f, "X mixture {weights:?}, means {means:?}, deviations {stds:?}, σ={sigma}, y={y}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An observation many σ away from all points: their weights are what matters, not those of a grid for Y.
    #[test]
    fn the_potential_is_known_far_from_all_points() {
        let weights = [0.5367767887024529, 0.20900391449915842, 0.4955675774891871];
        let grid =
            GridPotential::new(&weights, &[-2.0, -1.9, -1.8], &[0.0; 3], 0.5381443848154734, 1.98).unwrap();
        let (found, exact) =
            (grid.potential_slope().unwrap(), grid.combination(0.0, -grid.sigma().powi(2), true).unwrap());
        let accuracy = 1e-7;
        assert!(found.interval().intersects(exact.interval()), "{found} {exact}");
        assert!(found.relative_width() < accuracy, "{found}");
    }
}
