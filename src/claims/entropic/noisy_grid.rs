//! The law of `(X, X+σZ)` for a discretised X and Y on a grid, with its own marginals.

use crate::error::{Error, Result, positive};
use crate::measure::line::LineMeasure;
use crate::transport::sinkhorn::{Atoms, EntropicPlan, PlaneGrid};
use nalgebra::DMatrix;

/// Shape of the noise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Noise {
    /// `Y = X + σZ` with Z standard Gaussian.
    Gaussian,
    /// Two-sided exponential with variance σ² in each coordinate: a noise for which the claim is false.
    Laplace,
}

/// The joint law `P_ij ∝ π_i · φ_σ(y_j − x_i)`, with both of its marginals as sums over its entries.
#[derive(Clone, Debug)]
pub struct NoisyGrid {
    /// First marginal.
    pub source: Atoms,
    /// Second marginal.
    pub target: Atoms,
    /// Noise level σ.
    pub sigma: f64,
    /// `log P_ij`, shape `[n, m]`.
    log_plan: DMatrix<f64>,
    /// The axes of both grids in the plane.
    axes: Option<[[Vec<f64>; 2]; 2]>,
    text: String,
}

/// Y's grid reaches this many σ beyond the points of X: `e^{−36} = 10^{−16}`.
const REACH: f64 = 8.5;
/// Spacing of Y's grid on the line in σ. Sums over it of Gaussian functions of deviation σ are integrals up to
/// `e^{−2π²/0.36} = 10^{−24}`.
const SPACING: f64 = 0.6;
/// The same two for the plane, where only the discrete plan itself is looked at.
const PLANE_GRID: (f64, f64) = (5.0, 0.8);

fn equidistant((lo, hi): (f64, f64), reach: f64, spacing: f64) -> Vec<f64> {
    let steps = ((hi - lo + 2.0 * reach) / spacing).ceil();
    (0..=u32::MAX).map(f64::from).take_while(|k| *k <= steps).map(|k| lo - reach + spacing * k).collect()
}

impl NoisyGrid {
    /// A law on the line, discretised by Gauss rules on panels.
    ///
    /// # Errors
    /// [`Error::Domain`] unless σ is positive; errors of the discretisation.
    pub fn of_law(law: &LineMeasure, panels: usize, sigma: f64) -> Result<Self> {
        let points = Atoms::of_line_law(law, panels)?;
        Self::on_line(&points, sigma, Noise::Gaussian, format!("X {law} on {panels} panels"))
    }

    /// Points on the line.
    ///
    /// # Errors
    /// Those of [`NoisyGrid::of_law`].
    pub fn of_points(points: &[f64], weights: &[f64], sigma: f64, noise: Noise) -> Result<Self> {
        let text = format!("X at {points:?} with weights {weights:?}, noise {noise:?}");
        Self::on_line(&Atoms::on_line(points, weights)?, sigma, noise, text)
    }

    fn on_line(points: &Atoms, sigma: f64, noise: Noise, text: String) -> Result<Self> {
        positive("sigma", sigma)?;
        let ys = equidistant(points.range(0), REACH * sigma, SPACING * sigma);
        let grid = Atoms::on_line(&ys, &vec![1.0; ys.len()])?;
        Self::new(points, &grid, sigma, noise, None, text)
    }

    /// The same law on the line with another spacing of Y's grid, in units of σ.
    ///
    /// # Errors
    /// [`Error::Domain`] unless the spacing is positive.
    pub fn with_spacing(&self, spacing: f64) -> Result<Self> {
        positive("spacing", spacing)?;
        let ys = equidistant(self.source.range(0), REACH * self.sigma, spacing * self.sigma);
        let grid = Atoms::on_line(&ys, &vec![1.0; ys.len()])?;
        Self::new(&self.source, &grid, self.sigma, Noise::Gaussian, None, self.text.clone())
    }

    /// A density in the plane on a tensor grid.
    ///
    /// # Errors
    /// Those of [`NoisyGrid::of_law`].
    pub fn in_plane(density: &PlaneGrid, sigma: f64, text: String) -> Result<Self> {
        positive("sigma", sigma)?;
        let points = density.atoms();
        let (reach, spacing) = (PLANE_GRID.0 * sigma, PLANE_GRID.1 * sigma);
        let axes = [0, 1].map(|k| equidistant(points.range(k), reach, spacing));
        let grid = PlaneGrid::new(axes.clone(), |_| 1.0)?.atoms();
        Self::new(&points, &grid, sigma, Noise::Gaussian, Some([density.axes().clone(), axes]), text)
    }

    fn new(
        points: &Atoms,
        grid: &Atoms,
        sigma: f64,
        noise: Noise,
        axes: Option<[[Vec<f64>; 2]; 2]>,
        text: String,
    ) -> Result<Self> {
        let exponent = |i: usize, j: usize| -> f64 {
            let gaps = points.point(i).iter().zip(grid.point(j)).map(|(x, y)| (x - y) / sigma);
            match noise {
                Noise::Gaussian => gaps.map(|z| -0.5 * z * z).sum(),
                Noise::Laplace => gaps.map(|z| -(2.0_f64.sqrt() * z.abs())).sum(),
            }
        };
        let logs: Vec<f64> = points.weights().iter().map(|&w| core_math::log(w)).collect();
        let mut log_plan = DMatrix::from_fn(points.len(), grid.len(), |i, j| logs[i] + exponent(i, j));
        let plan = log_plan.map(core_math::exp);
        log_plan.add_scalar_mut(-core_math::log(plan.sum()));
        let marginal = |atoms: &Atoms, weights: &[f64]| {
            let points: Vec<Vec<f64>> = (0..atoms.len()).map(|i| atoms.point(i).to_vec()).collect();
            Atoms::new(&points, weights)
        };
        let source = marginal(points, plan.column_sum().as_slice())?;
        let target = marginal(grid, plan.row_sum().transpose().as_slice())?;
        Ok(Self { source, target, sigma, log_plan, axes, text })
    }

    /// Temperature σ².
    pub fn temperature(&self) -> f64 {
        self.sigma * self.sigma
    }

    /// The density of X on the points of the source, with another noise level on the same grid for Y.
    ///
    /// # Errors
    /// Those of [`NoisyGrid::of_law`].
    pub fn with_sigma(&self, sigma: f64) -> Result<Self> {
        Self::new(&self.source, &self.target, sigma, Noise::Gaussian, self.axes.clone(), self.text.clone())
    }

    /// Sinkhorn's plan from zero potentials.
    ///
    /// # Errors
    /// Those of [`EntropicPlan::between`].
    pub fn sinkhorn(&self, temperature: f64, tolerance: f64) -> Result<EntropicPlan> {
        if let Some([first, second]) = &self.axes {
            let source = PlaneGrid::with_weights(first.clone(), self.source.weights())?;
            let target = PlaneGrid::with_weights(second.clone(), self.target.weights())?;
            return EntropicPlan::between_grids(&source, &target, temperature, tolerance);
        }
        EntropicPlan::between(&self.source, &self.target, temperature, tolerance)
    }

    /// One sweep at a temperature from exponents of shapes `[n]`, `[m]`.
    ///
    /// # Errors
    /// Those of [`EntropicPlan::swept`].
    pub fn swept(&self, temperature: f64, alpha: &[f64], beta: &[f64]) -> Result<EntropicPlan> {
        EntropicPlan::swept(&self.source, &self.target, temperature, (alpha, beta))
    }

    /// The exponents `α_i = log π_i`, `β_j = const` of the law: `P_ij = e^{α_i + β_j − c_ij/σ²}`.
    pub fn exponents(&self) -> (Vec<f64>, Vec<f64>) {
        // The cost in the first column, in units of σ².
        let alpha = (0..self.source.len())
            .map(|i| self.log_plan[(i, 0)] + self.cost(i, 0) / self.temperature())
            .collect();
        (alpha, vec![0.0; self.target.len()])
    }

    /// `|x_i − y_j|²/2`.
    pub fn cost(&self, i: usize, j: usize) -> f64 {
        let gaps = self.source.point(i).iter().zip(self.target.point(j)).map(|(x, y)| x - y);
        gaps.map(|z| z * z).sum::<f64>() / 2.0
    }

    /// Total variation distance `½Σ|P − Q|` to the law of a plan on the same points.
    pub fn distance(&self, plan: &EntropicPlan) -> f64 {
        let mut sum = 0.0;
        for j in 0..self.target.len() {
            for i in 0..self.source.len() {
                sum += (plan.mass(i, j, self.cost(i, j)) - core_math::exp(self.log_plan[(i, j)])).abs();
            }
        }
        0.5 * sum
    }

    /// Relative rounding of a mass: the exponents of a plan are no larger than twice the largest logarithm of a mass and
    /// the largest cost together; a few units each for the law and the plan, and one per term of a sum.
    pub fn rounding(&self) -> f64 {
        let (n, m) = (self.source.len(), self.target.len());
        let corners = [(0, 0), (0, m - 1), (n - 1, 0), (n - 1, m - 1)];
        let cost = corners.iter().fold(0.0_f64, |top, &(i, j)| top.max(self.cost(i, j)));
        let log = self.log_plan.amax();
        f64::EPSILON * (8.0 * (2.0 * log + 2.0 * cost / self.temperature()) + (n + m) as f64)
    }

    /// `1 − ρ²`, with ρ the maximal correlation of X and Y: the gap of the operator `φ ↦ E[E[φ(X)|Y]|X]`.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] if the gap is lost in rounding.
    pub fn gap(&self) -> Result<f64> {
        let (a, b) = (self.source.weights(), self.target.weights());
        let scaled = DMatrix::from_fn(a.len(), b.len(), |i, j| {
            core_math::exp(self.log_plan[(i, j)] - 0.5 * (core_math::log(a[i]) + core_math::log(b[j])))
        });
        let mut values: Vec<f64> =
            (&scaled * scaled.transpose()).symmetric_eigenvalues().iter().copied().collect();
        values.sort_by(f64::total_cmp);
        let second = values.len().checked_sub(2).map_or(0.0, |k| values[k]);
        let reached = a.len() as f64 * f64::EPSILON;
        if 1.0 - second <= 1e3 * reached {
            return Err(Error::NoConvergence {
                what: "gap of the plan".to_owned(),
                reached,
                wanted: 1.0 - second,
            });
        }
        Ok(1.0 - second)
    }

    /// Description of X.
    pub fn text(&self) -> &str {
        &self.text
    }
}
