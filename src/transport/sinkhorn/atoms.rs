//! Discrete measures: weighted points, and densities on a tensor grid in the plane.

use crate::error::{Error, Result, finite, positive, within};
use crate::measure::line::LineMeasure;
use crate::numerics::quadrature::GaussRule;

/// Finitely many points with positive weights that sum to 1.
#[derive(Clone, PartialEq, Debug)]
pub struct Atoms {
    dim: usize,
    /// Coordinates, point by point.
    points: Vec<f64>,
    weights: Vec<f64>,
}

/// Points with less than this share of the largest weight are left out of a discretised density.
const SMALLEST_SHARE: f64 = 1e-20;
/// Height of the potential above its minimum up to which a law on the line is discretised: `e^{−46} = 10^{−20}`.
const LEVEL: f64 = 46.0;

impl Atoms {
    /// Points of shape `[n][d]` and positive weights, which are divided by their sum.
    ///
    /// # Errors
    /// [`Error::Domain`] for an empty list, a coordinate that is not finite or a weight that is not positive;
    /// [`Error::Dimension`] for differing lengths.
    pub fn new(points: &[Vec<f64>], weights: &[f64]) -> Result<Self> {
        let dim = points.first().map_or(0, Vec::len);
        if dim == 0 {
            return Err(Error::domain(
                "points",
                "an empty list",
                "at least one point in dimension at least 1",
            ));
        }
        if let Some(point) = points.iter().find(|p| p.len() != dim) {
            return Err(Error::Dimension { name: "point".to_owned(), found: point.len(), expected: dim });
        }
        Self::flat(dim, points.concat(), weights.to_vec())
    }

    /// Points on the line.
    ///
    /// # Errors
    /// Those of [`Atoms::new`].
    pub fn on_line(points: &[f64], weights: &[f64]) -> Result<Self> {
        Self::flat(1, points.to_vec(), weights.to_vec())
    }

    /// A law on the line as a composite Gauss-Legendre rule of 8 nodes on `panels ≥ 1` equal panels, broken at kinks.
    /// Integrals of smooth functions against it are accurate to the order of the rule; the
    /// weights are its own law, whatever the number of panels.
    ///
    /// # Errors
    /// [`Error::Domain`] for no panels or a law whose support is too long for the floats.
    pub fn of_line_law(law: &LineMeasure, panels: usize) -> Result<Self> {
        within("panels", panels as f64, 1.0, 1e6)?;
        let rule = GaussRule::new(8);
        let (lo, hi) = law.support(LEVEL);
        let mut breaks: Vec<f64> =
            (0..=panels).map(|k| lo + (hi - lo) * (k as f64 / panels as f64)).collect();
        breaks.extend(law.kinks().iter().filter(|x| lo < **x && **x < hi));
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        let (mut points, mut weights) = (Vec::new(), Vec::new());
        for pair in breaks.windows(2) {
            let (centre, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
            for (x, w) in rule.nodes.iter().zip(&rule.weights) {
                points.push(centre + half * x);
                weights.push(half * w * law.density(centre + half * x));
            }
        }
        Self::visible(1, &points, &weights)
    }

    /// Leaves out points whose weight is negligible.
    fn visible(dim: usize, points: &[f64], weights: &[f64]) -> Result<Self> {
        let top = weights.iter().copied().fold(0.0, f64::max);
        let keep: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > SMALLEST_SHARE * top).collect();
        let points = keep.iter().flat_map(|&i| points[i * dim..(i + 1) * dim].to_vec()).collect();
        Self::flat(dim, points, keep.iter().map(|&i| weights[i]).collect())
    }

    fn flat(dim: usize, points: Vec<f64>, mut weights: Vec<f64>) -> Result<Self> {
        if weights.is_empty() || points.len() != dim * weights.len() {
            let (found, expected) = (weights.len(), points.len() / dim);
            return Err(Error::Dimension { name: "weights".to_owned(), found, expected });
        }
        for &x in &points {
            finite("coordinate", x)?;
        }
        for &w in &weights {
            positive("weight", w)?;
        }
        let total = positive("sum of the weights", weights.iter().sum())?;
        for w in &mut weights {
            *w /= total;
        }
        Ok(Self { dim, points, weights })
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Never: there is at least one point.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Point number `i`, shape `[d]`.
    pub fn point(&self, i: usize) -> &[f64] {
        &self.points[i * self.dim..(i + 1) * self.dim]
    }

    /// The weights, summing to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The smallest and the largest coordinate along an axis below d.
    pub fn range(&self, axis: usize) -> (f64, f64) {
        let coordinates = self.points.iter().skip(axis).step_by(self.dim);
        coordinates.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), &x| (lo.min(x), hi.max(x)))
    }
}

/// A positive density on a tensor grid in the plane, normalised to the sum 1.
#[derive(Clone, PartialEq, Debug)]
pub struct PlaneGrid {
    axes: [Vec<f64>; 2],
    /// Weight of `(axes[0][i], axes[1][j])` at `i·n₁ + j`.
    weights: Vec<f64>,
}

impl PlaneGrid {
    /// The axes, and a density in whatever unit.
    ///
    /// # Errors
    /// [`Error::Domain`] for an empty axis, a coordinate that is not finite, or a density that is not positive.
    pub fn new(axes: [Vec<f64>; 2], density: impl Fn([f64; 2]) -> f64) -> Result<Self> {
        let weights: Vec<f64> =
            axes[0].iter().flat_map(|&x| axes[1].iter().map(move |&y| [x, y])).map(density).collect();
        Self::with_weights(axes, &weights)
    }

    /// The axes, and weights row by row along the first axis.
    ///
    /// # Errors
    /// Those of [`PlaneGrid::new`]; [`Error::Dimension`] for another number of weights.
    pub fn with_weights(axes: [Vec<f64>; 2], weights: &[f64]) -> Result<Self> {
        if weights.is_empty() {
            return Err(Error::domain("axes", "an empty axis", "at least one point on either axis"));
        }
        let expected = axes[0].len() * axes[1].len();
        if weights.len() != expected {
            return Err(Error::Dimension { name: "weights".to_owned(), found: weights.len(), expected });
        }
        for &x in axes.iter().flatten() {
            finite("coordinate", x)?;
        }
        for &w in weights {
            positive("density", w)?;
        }
        let total = positive("sum of the weights", weights.iter().sum())?;
        Ok(Self { axes, weights: weights.iter().map(|w| w / total).collect() })
    }

    /// The two axes.
    pub fn axes(&self) -> &[Vec<f64>; 2] {
        &self.axes
    }

    /// The weights, row by row along the first axis.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The same measure as a list of points.
    pub fn atoms(&self) -> Atoms {
        let [first, second] = &self.axes;
        let points = first.iter().flat_map(|&x| second.iter().flat_map(move |&y| [x, y])).collect();
        Atoms { dim: 2, points, weights: self.weights.clone() }
    }
}
