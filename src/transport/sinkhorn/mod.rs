//! Entropic optimal transport between discrete measures, by Sinkhorn's iteration in the log domain.
//!
//! For the cost `c = |x−y|²/2` and a temperature ε the optimal plan is `P_ij = a_i b_j e^{(f_i + g_j − c_ij)/ε}`.
//! The iteration starts at `f = g = 0`, which is the product of the marginals times the kernel, and makes the rows and
//! the columns exact in turn. It works with the exponents `α = f/ε + log a`, `β = g/ε + log b`, so that
//! nothing overflows at small ε. Close to the solution the error shrinks by a fixed factor q per sweep, the square of the
//! maximal correlation of the plan; once that factor is visible, successive over-relaxation with the optimal
//! `ω = 2/(1+√(1−q))` brings it down to `ω − 1` (Lehmann, von Renesse, Sambale, Uschmajew, *A note on overrelaxation in
//! the Sinkhorn algorithm*, 2022). The last sweep is a plain one.

mod atoms;
mod kernel;

pub use atoms::{Atoms, PlaneGrid};

use crate::error::{Error, Result, positive};
use kernel::{Dense, Kernel, Separable};
use nalgebra::DMatrix;

/// Sweeps before the iteration gives up.
const MOST_SWEEPS: usize = 20_000;
/// Two successive factors count as settled when they differ by this share of their distance from 1.
const SETTLED: f64 = 0.05;
/// Sweeps over which the factor is read off under over-relaxation.
const WINDOW: usize = 8;
/// Largest relaxation.
const LARGEST_RELAXATION: f64 = 1.995;
/// A relaxed iteration is abandoned when the defect exceeds the smallest one so far by this factor.
const DIVERGING: f64 = 1e3;

/// An entropic-optimal plan, as exponents: `P_ij = e^{α_i + β_j − c_ij/ε}`. Its columns are exact to rounding.
#[derive(Clone, Debug)]
pub struct EntropicPlan {
    alpha: Vec<f64>,
    beta: Vec<f64>,
    log_source: Vec<f64>,
    log_target: Vec<f64>,
    source: Vec<f64>,
    target: Vec<f64>,
    temperature: f64,
    defect: f64,
    sweeps: usize,
}

impl EntropicPlan {
    /// The plan between two discrete measures at temperature ε, with the rows' relative defect
    /// `‖Σ_j P_ij/a_i − 1‖_{L²(a)}` at most `tolerance`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless temperature and tolerance are finite and positive; [`Error::Dimension`] if the
    /// dimensions differ; [`Error::NoConvergence`] after 20000 sweeps (a tolerance below rounding, or a
    /// temperature far below the squared gaps between clusters).
    pub fn between(source: &Atoms, target: &Atoms, temperature: f64, tolerance: f64) -> Result<Self> {
        positive("temperature", temperature)?;
        if source.dim() != target.dim() {
            let (found, expected) = (target.dim(), source.dim());
            return Err(Error::Dimension { name: "target".to_owned(), found, expected });
        }
        let kernel = Dense::new(source, target, temperature);
        Self::product(source.weights(), target.weights(), temperature).iterated(kernel, tolerance)
    }

    /// The same between densities on grids in the plane, where a sum over the grid is a sum of sums along the axes.
    ///
    /// # Errors
    /// Those of [`EntropicPlan::between`].
    pub fn between_grids(
        source: &PlaneGrid,
        target: &PlaneGrid,
        temperature: f64,
        tolerance: f64,
    ) -> Result<Self> {
        positive("temperature", temperature)?;
        let kernel = Separable::new(source, target, temperature);
        Self::product(source.weights(), target.weights(), temperature).iterated(kernel, tolerance)
    }

    /// The plan of a density on a grid with itself. Both potentials are equal, and averaging them with their update
    /// converges much faster than sweeps do (Feydy et al., *Interpolating between optimal transport and MMD using
    /// Sinkhorn divergences*, 2019).
    ///
    /// # Errors
    /// Those of [`EntropicPlan::between`].
    pub fn with_itself(grid: &PlaneGrid, temperature: f64, tolerance: f64) -> Result<Self> {
        positive("temperature", temperature)?;
        positive("tolerance", tolerance)?;
        let mut kernel = Separable::new(grid, grid, temperature);
        let mut plan = Self::product(grid.weights(), grid.weights(), temperature);
        while plan.sweeps < MOST_SWEEPS {
            let sums = kernel.row_log_sums(&plan.alpha, &plan.beta);
            let steps = steps(&plan.log_source, &plan.alpha, &sums);
            plan.defect = norm(&plan.source, &steps);
            if plan.defect <= tolerance {
                return Ok(plan);
            }
            advance(&mut plan.alpha, &steps, 0.5);
            plan.beta.clone_from(&plan.alpha);
            plan.sweeps += 1;
        }
        Err(plan.failure(tolerance))
    }

    /// One sweep (rows, then columns) from the given exponents, of shapes `[n]` and `[m]`.
    ///
    /// # Errors
    /// [`Error::Domain`], [`Error::Dimension`] as for [`EntropicPlan::between`], or for exponents of another length.
    pub fn swept(
        source: &Atoms,
        target: &Atoms,
        temperature: f64,
        exponents: (&[f64], &[f64]),
    ) -> Result<Self> {
        positive("temperature", temperature)?;
        for (name, found, expected) in [
            ("target", target.dim(), source.dim()),
            ("α", exponents.0.len(), source.len()),
            ("β", exponents.1.len(), target.len()),
        ] {
            if found != expected {
                return Err(Error::Dimension { name: name.to_owned(), found, expected });
            }
        }
        let mut kernel = Dense::new(source, target, temperature);
        let mut plan = Self::product(source.weights(), target.weights(), temperature);
        plan.alpha = exponents.0.to_vec();
        plan.beta = exponents.1.to_vec();
        plan.sweep(&mut kernel, 1.0);
        Ok(plan)
    }

    /// Zero potentials.
    fn product(source: &[f64], target: &[f64], temperature: f64) -> Self {
        let logs = |weights: &[f64]| weights.iter().map(|&w| core_math::log(w)).collect::<Vec<_>>();
        let (log_source, log_target) = (logs(source), logs(target));
        Self {
            alpha: log_source.clone(),
            beta: log_target.clone(),
            log_source,
            log_target,
            source: source.to_vec(),
            target: target.to_vec(),
            temperature,
            defect: f64::INFINITY,
            sweeps: 0,
        }
    }

    fn failure(&self, wanted: f64) -> Error {
        Error::NoConvergence { what: "Sinkhorn's iteration".to_owned(), reached: self.defect, wanted }
    }

    /// Rows, then columns, each moved by `relaxation` times the step that would make them exact; the defect is that
    /// of the rows before.
    fn sweep(&mut self, kernel: &mut impl Kernel, relaxation: f64) {
        let rows = kernel.row_log_sums(&self.alpha, &self.beta);
        let row_steps = steps(&self.log_source, &self.alpha, &rows);
        self.defect = norm(&self.source, &row_steps);
        advance(&mut self.alpha, &row_steps, relaxation);
        let columns = kernel.column_log_sums(&self.alpha, &self.beta);
        let column_steps = steps(&self.log_target, &self.beta, &columns);
        advance(&mut self.beta, &column_steps, relaxation);
        self.sweeps += 1;
    }

    fn iterated(mut self, mut kernel: impl Kernel, tolerance: f64) -> Result<Self> {
        positive("tolerance", tolerance)?;
        let mut relaxation = 1.0;
        // Defects since the relaxation was last changed.
        let mut defects: Vec<f64> = Vec::new();
        let mut smallest = f64::INFINITY;
        let mut aim = 0.5 * tolerance;
        while self.sweeps < MOST_SWEEPS {
            self.sweep(&mut kernel, relaxation);
            smallest = smallest.min(self.defect);
            defects.push(self.defect);
            if self.defect <= aim {
                // The columns are exact after a plain sweep only, and then the rows decide.
                self.sweep(&mut kernel, 1.0);
                let rows = kernel.row_log_sums(&self.alpha, &self.beta);
                self.defect = norm(&self.source, &steps(&self.log_source, &self.alpha, &rows));
                if self.defect <= tolerance {
                    return Ok(self);
                }
                aim *= 0.5;
                defects.clear();
            }
            if relaxation > 1.0 && self.defect > DIVERGING * smallest {
                (relaxation, smallest) = (1.0, self.defect);
                defects.clear();
            } else if let Some(better) = relaxation_from(&defects, relaxation) {
                relaxation = better;
                defects.clear();
            }
        }
        Err(self.failure(tolerance))
    }

    /// `α_i + β_j − c_ij/ε` exponentiated, for the cost of the pair.
    pub fn mass(&self, i: usize, j: usize, cost: f64) -> f64 {
        core_math::exp(self.alpha[i] + self.beta[j] - cost / self.temperature)
    }

    /// The exponents `α = f/ε + log a` and `β = g/ε + log b`.
    pub fn exponents(&self) -> (&[f64], &[f64]) {
        (&self.alpha, &self.beta)
    }

    /// The potentials f and g, fixed up to a constant that one may add to f and take from g.
    pub fn potentials(&self) -> (Vec<f64>, Vec<f64>) {
        let part = |exponents: &[f64], logs: &[f64]| {
            exponents.iter().zip(logs).map(|(e, l)| self.temperature * (e - l)).collect()
        };
        (part(&self.alpha, &self.log_source), part(&self.beta, &self.log_target))
    }

    /// `Σ a_i f_i + Σ b_j g_j`, which at the optimum is `⟨c, P⟩ + ε KL(P | a⊗b)`.
    pub fn value(&self) -> f64 {
        let (f, g) = self.potentials();
        let sum = |w: &[f64], p: &[f64]| w.iter().zip(p).map(|(w, p)| w * p).sum::<f64>();
        sum(&self.source, &f) + sum(&self.target, &g)
    }

    /// Relative defect of the rows in `L²(a)`; the columns are exact to rounding.
    pub fn defect(&self) -> f64 {
        self.defect
    }

    /// Sweeps that were made.
    pub fn sweeps(&self) -> usize {
        self.sweeps
    }

    /// Relative rounding of the masses: a few units of the largest exponent that is subtracted in one.
    pub fn rounding(&self, largest_cost: f64) -> f64 {
        let top = |e: &[f64]| e.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        4.0 * f64::EPSILON * (1.0 + top(&self.alpha) + top(&self.beta) + largest_cost / self.temperature)
    }

    /// The law of the source's point given a point `y` of the second factor, atom or not:
    /// probabilities proportional to `e^{α_i − |x_i − y|²/(2ε)}`.
    pub fn source_given(&self, source: &Atoms, y: &[f64]) -> Conditional {
        let exponents = source_exponents(&self.alpha, source, y, self.temperature);
        Conditional::new(source, &exponents, self.temperature)
    }

    /// The law of the target's point given a point `x` of the first factor.
    pub fn target_given(&self, target: &Atoms, x: &[f64]) -> Conditional {
        let exponents = source_exponents(&self.beta, target, x, self.temperature);
        Conditional::new(target, &exponents, self.temperature)
    }
}

fn source_exponents(exponents: &[f64], atoms: &Atoms, y: &[f64], temperature: f64) -> Vec<f64> {
    let cost = |i: usize| atoms.point(i).iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / 2.0;
    exponents.iter().enumerate().map(|(i, e)| e - cost(i) / temperature).collect()
}

/// One side of a plan given a point of the other.
#[derive(Clone, Debug)]
pub struct Conditional {
    /// The potential of the other side, extended to the point: `−ε log Σ_i e^{α_i − c_i/ε}`.
    pub potential: f64,
    /// Conditional mean, shape `[d]`: the entropic map.
    pub mean: Vec<f64>,
    /// Conditional covariance, shape `[d, d]`; divided by ε it is the Jacobian of the map.
    pub covariance: DMatrix<f64>,
    /// Largest density of the conditional law against the law of the side: by so much more than under that law is the square of
    /// an error of the exponents in the conditional mean.
    pub largest_density: f64,
}

impl Conditional {
    fn new(atoms: &Atoms, exponents: &[f64], temperature: f64) -> Self {
        let top = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let masses: Vec<f64> = exponents.iter().map(|e| core_math::exp(e - top)).collect();
        let total: f64 = masses.iter().sum();
        let d = atoms.dim();
        let mut mean = vec![0.0; d];
        for (i, w) in masses.iter().enumerate() {
            mean.iter_mut().zip(atoms.point(i)).for_each(|(m, x)| *m += w / total * x);
        }
        let densities = masses.iter().zip(atoms.weights()).map(|(m, w)| m / (total * w));
        let largest_density = densities.fold(0.0, f64::max);
        let mut covariance = DMatrix::zeros(d, d);
        for (i, w) in masses.iter().enumerate() {
            let point = atoms.point(i);
            for k in 0..d {
                for l in 0..d {
                    covariance[(k, l)] += w / total * (point[k] - mean[k]) * (point[l] - mean[l]);
                }
            }
        }
        Self { potential: -temperature * (top + core_math::log(total)), mean, covariance, largest_density }
    }
}

/// `log w − (exponent + log sum)`: what has to be added to make the sums exact.
fn steps(logs: &[f64], exponents: &[f64], sums: &[f64]) -> Vec<f64> {
    logs.iter().zip(exponents).zip(sums).map(|((l, e), s)| l - e - s).collect()
}

fn advance(exponents: &mut [f64], steps: &[f64], relaxation: f64) {
    exponents.iter_mut().zip(steps).for_each(|(e, s)| *e += relaxation * s);
}

/// `‖e^{−step} − 1‖` in L² of the weights.
fn norm(weights: &[f64], steps: &[f64]) -> f64 {
    weights.iter().zip(steps).map(|(w, s)| w * core_math::expm1(-s).powi(2)).sum::<f64>().sqrt()
}

/// A better relaxation, once the defects show their common factor.
fn relaxation_from(defects: &[f64], relaxation: f64) -> Option<f64> {
    let n = defects.len();
    let factor = if relaxation > 1.0 {
        // The factor λ under relaxation belongs to q = (λ+ω−1)²/(λω²), as long as it exceeds the optimal ω − 1.
        if n < 3 * WINDOW || !n.is_multiple_of(WINDOW) {
            return None;
        }
        let seen = (defects[n - 1] / defects[n - 1 - WINDOW]).powf(1.0 / WINDOW as f64);
        if !(relaxation - 1.0 + SETTLED * (2.0 - relaxation) < seen && seen < 1.0) {
            return None;
        }
        (seen + relaxation - 1.0).powi(2) / (seen * relaxation * relaxation)
    } else {
        if n < 6 {
            return None;
        }
        let (last, before) = (defects[n - 1] / defects[n - 2], defects[n - 2] / defects[n - 3]);
        if !(last < 1.0 && (last - before).abs() <= SETTLED * (1.0 - last)) {
            return None;
        }
        last
    };
    let better = (2.0 / (1.0 + (1.0 - factor).max(0.0).sqrt())).min(LARGEST_RELAXATION);
    (better > relaxation).then_some(better)
}

#[cfg(test)]
mod tests;
