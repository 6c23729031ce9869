//! Converged Poincaré constants from a positive integral operator.
//!
//! For a mass density `m` (total mass 1 after normalisation) and a conductance `k`, let `C` be the
//! smallest constant in `Var_m(f) ≤ C ∫ k f'² dx`. With `u = f'` the variance is the quadratic
//! form of the covariance kernel, and `C` is the largest eigenvalue of
//!
//! `(Gu)(x) = (1/k(x)) · [ S(x) ∫_a^x F u dy + F(x) ∫_x^b S u dy ]`, `F(x) = m[a, x]`, `S = 1 − F`,
//!
//! self-adjoint in `L²(k)` (Chen, *Analytic proof of dual variational formula for the first
//! eigenvalue in dimension one*, 1999, iterates the same map). All its ingredients are positive, so a
//! discretisation that is accurate relatively gives `C` relatively, however large: a gap of
//! `λ₁ = 10^{−20}` is the *top* of this spectrum and comes out to twelve digits, where the generator
//! itself would lose it in rounding. A few Lanczos steps with full reorthogonalisation find it.

use crate::numerics::panels::PanelGrid;
use nalgebra::DMatrix;

/// Points between two nodes at which Muckenhoupt's supremum is looked for.
const BETWEEN_NODES: usize = 64;

/// A discretised problem `Var_m(f) ≤ C ∫ k f'²` on a panel grid.
#[derive(Clone, Debug)]
pub struct CovarianceOperator<'a> {
    grid: &'a PanelGrid,
    /// `1/k` at the nodes.
    resistance: Vec<f64>,
    /// Weights of the inner product of `L²(k)`.
    inner: Vec<f64>,
    /// `F` and `S = 1 − F` at the nodes, each with its own relative accuracy.
    below: Vec<f64>,
    above: Vec<f64>,
}

/// The largest eigenvalue of a [`CovarianceOperator`] with its eigenvector.
#[derive(Clone, Debug)]
pub struct TopEigenpair {
    /// The eigenvalue: the Poincaré constant of the discretised problem.
    pub value: f64,
    /// Estimate of the relative error of `value` left by the iteration (not by the grid).
    pub iteration_error: f64,
    /// `u = f'` at the nodes, positive.
    pub derivative: Vec<f64>,
}

impl<'a> CovarianceOperator<'a> {
    /// The operator for mass density and conductance given (positive) at the nodes; the mass need not be
    /// normalised.
    pub fn new(grid: &'a PanelGrid, mass: &[f64], conductance: &[f64]) -> Self {
        let mut below = grid.cumulative(mass);
        let mut above = grid.cumulative_from_right(mass);
        let total = grid.integral(mass);
        for v in below.iter_mut().chain(&mut above) {
            *v /= total;
        }
        // The conductance is measured in units of the mass as well: the constant is then free of
        // the normalisation of the measure.
        let resistance = conductance.iter().map(|k| total / k).collect();
        let inner = grid.weights().iter().zip(conductance).map(|(w, k)| w * k / total).collect();
        Self { grid, resistance, inner, below, above }
    }

    /// `F(x) = m[a, x]` at the nodes.
    pub fn below(&self) -> &[f64] {
        &self.below
    }

    /// `1 − F(x)` at the nodes.
    pub fn above(&self) -> &[f64] {
        &self.above
    }

    fn apply(&self, u: &[f64], scratch: &mut [Vec<f64>; 2], out: &mut [f64]) {
        let [product, integral] = scratch;
        for ((p, f), u) in product.iter_mut().zip(&self.below).zip(u) {
            *p = f * u;
        }
        self.grid.cumulative_into(product, integral);
        for ((o, s), i) in out.iter_mut().zip(&self.above).zip(&*integral) {
            *o = s * i;
        }
        for ((p, s), u) in product.iter_mut().zip(&self.above).zip(u) {
            *p = s * u;
        }
        self.grid.cumulative_from_right_into(product, integral);
        for (((o, f), i), r) in out.iter_mut().zip(&self.below).zip(&*integral).zip(&self.resistance) {
            *o = r * (*o + f * i);
        }
    }

    fn product(&self, a: &[f64], b: &[f64]) -> f64 {
        let mut sums = [0.0; 4];
        let n = a.len() / 4 * 4;
        for ((w, a), b) in
            self.inner[..n].chunks_exact(4).zip(a[..n].chunks_exact(4)).zip(b[..n].chunks_exact(4))
        {
            for lane in 0..4 {
                sums[lane] += w[lane] * a[lane] * b[lane];
            }
        }
        let rest: f64 = (n..a.len()).map(|i| self.inner[i] * a[i] * b[i]).sum();
        sums[0] + sums[1] + (sums[2] + sums[3]) + rest
    }

    /// Largest eigenvalue and its eigenvector, by Lanczos from `start` (`f' = 1` if none is given).
    pub fn top_eigenpair(&self, start: Option<&[f64]>) -> TopEigenpair {
        let n = self.grid.len();
        let mut scratch = [vec![0.0; n], vec![0.0; n]];
        let vector = start.map_or_else(|| vec![1.0; n], <[f64]>::to_vec);
        let mut pair = lanczos(vector, |u, out| self.apply(u, &mut scratch, out), |a, b| self.product(a, b));
        // One more application removes what the Lanczos vectors cancelled in places where the
        // eigenvector is small, and makes it positive.
        let mut derivative = vec![0.0; n];
        pair.derivative.iter_mut().for_each(|v| *v = v.abs());
        self.apply(&pair.derivative, &mut scratch, &mut derivative);
        pair.derivative = derivative;
        pair
    }

    /// Muckenhoupt's bracket of the constant, split at a median `c`: with
    /// `B = max_± sup_{x ≷ c} m(tail beyond x)·|∫_c^x 1/k|` the ends are `min(F(c), S(c))·B` (`½B` at an
    /// exact median) and `4B`, the supremum taken over the nodes and points between (Muckenhoupt, *Hardy's inequality with
    /// weights*, 1972).
    pub fn muckenhoupt(&self) -> (f64, f64) {
        let (n, nodes) = (self.grid.len(), self.grid.nodes());
        // Integrals from the median outward: each starts with the median's own panel.
        let (order, median) = (self.grid.rule().order(), self.median());
        let panel = self.grid.panel_of(median) * order;
        let mut right = self.resistance.clone();
        right[..panel].fill(0.0);
        let mut left = self.resistance.clone();
        left[panel + order..].fill(0.0);
        let (outward_right, outward_left) =
            (self.grid.cumulative(&right), self.grid.cumulative_from_right(&left));
        let at_right = self.grid.interpolate(&outward_right, median);
        let at_left = self.grid.interpolate(&outward_left, median);
        let at_node = |i: usize| {
            if nodes[i] >= median {
                self.above[i] * (outward_right[i] - at_right)
            } else {
                self.below[i] * (outward_left[i] - at_left)
            }
        };
        let top = (0..n).max_by(|i, j| at_node(*i).total_cmp(&at_node(*j))).unwrap_or_default();
        // Between the nodes around the largest value.
        let (from, to) = (nodes[top.saturating_sub(1)], nodes[(top + 1).min(n - 1)]);
        let best = (0..=BETWEEN_NODES)
            .map(|k| from + (to - from) * k as f64 / BETWEEN_NODES as f64)
            .map(|x| {
                let at = |values: &[f64]| self.grid.interpolate(values, x);
                if x >= median {
                    at(&self.above) * (at(&outward_right) - at_right)
                } else {
                    at(&self.below) * (at(&outward_left) - at_left)
                }
            })
            .fold(at_node(top), f64::max);
        let share =
            self.grid.interpolate(&self.below, median).min(self.grid.interpolate(&self.above, median));
        // The curve is smooth: a parabola through its top misses by the square of the spacing.
        let missed = 1.0 + 1.0 / (BETWEEN_NODES as f64).powi(2);
        (share * best, 4.0 * best * missed)
    }

    /// The median of the mass, by bisection on the interpolated distribution function; the middle
    /// of the interval on which the function is ½ to rounding, when a barrier makes it flat.
    pub fn median(&self) -> f64 {
        let crossing = |level: f64| {
            let edges = self.grid.edges();
            let (mut lo, mut hi) = (edges[0], edges[edges.len() - 1]);
            for _ in 0..100 {
                let middle = lo + 0.5 * (hi - lo);
                if self.grid.interpolate(&self.below, middle) < level {
                    lo = middle;
                } else {
                    hi = middle;
                }
            }
            lo + 0.5 * (hi - lo)
        };
        let rounding = 64.0 * f64::EPSILON;
        0.5 * (crossing(0.5 - rounding) + crossing(0.5 + rounding))
    }
}

/// Largest eigenvalue and eigenvector of a positive operator, self-adjoint for the inner product
/// `product`: Lanczos with full reorthogonalisation, restarted every `WINDOW` steps.
pub(super) fn lanczos(
    mut vector: Vec<f64>,
    mut apply: impl FnMut(&[f64], &mut [f64]),
    product: impl Fn(&[f64], &[f64]) -> f64,
) -> TopEigenpair {
    const WINDOW: usize = 24;
    const RESTARTS: usize = 40;
    let n = vector.len();
    let mut pair = TopEigenpair { value: 0.0, iteration_error: 1.0, derivative: vec![] };
    for _ in 0..RESTARTS {
        let (mut basis, mut diagonal, mut off) = (Vec::new(), Vec::new(), Vec::new());
        let norm = product(&vector, &vector).sqrt();
        for v in &mut vector {
            *v /= norm;
        }
        basis.push(vector);
        let mut ritz = Vec::new();
        for step in 0..WINDOW {
            let mut next = vec![0.0; n];
            apply(&basis[step], &mut next);
            for pass in 0..2 {
                for (j, q) in basis.iter().enumerate().rev() {
                    let h = product(&next, q);
                    if j == step && pass == 0 {
                        diagonal.push(h);
                    }
                    next.iter_mut().zip(q).for_each(|(x, q)| *x -= h * q);
                }
            }
            let beta = product(&next, &next).max(0.0).sqrt();
            let (value, weights) = top_of_tridiagonal(&diagonal, &off);
            let residual = beta * weights[step].abs() / value;
            pair.value = value;
            ritz = weights;
            // A Ritz value errs by the square of the residual over the gap; the gap is worth
            // computing only when the residual is small or the window full.
            let small = residual * residual < 0.1 * f64::EPSILON;
            if small || step + 1 == WINDOW || beta <= f64::EPSILON * value {
                let gap = relative_gap(&diagonal, &off);
                pair.iteration_error = residual.min(residual * residual / gap);
                if pair.iteration_error < 0.1 * f64::EPSILON || beta <= f64::EPSILON * value {
                    break;
                }
            }
            for x in &mut next {
                *x /= beta;
            }
            off.push(beta);
            basis.push(next);
        }
        vector = vec![0.0; n];
        for (weight, q) in ritz.iter().zip(&basis) {
            vector.iter_mut().zip(q).for_each(|(v, q)| *v += weight * q);
        }
        if pair.iteration_error < f64::EPSILON {
            break;
        }
    }
    pair.derivative = vector;
    pair
}

/// Largest eigenvalue of a symmetric tridiagonal matrix and its unit eigenvector: Newton's method on
/// the characteristic polynomial from above, where it converges monotonically, then inverse iteration.
fn top_of_tridiagonal(diagonal: &[f64], off: &[f64]) -> (f64, Vec<f64>) {
    let m = diagonal.len();
    let beside = |i: usize| off.get(i).copied().unwrap_or(0.0);
    // Gershgorin.
    let mut x = (0..m)
        .map(|i| diagonal[i] + beside(i).abs() + if i > 0 { beside(i - 1).abs() } else { 0.0 })
        .fold(0.0, f64::max);
    for _ in 0..100 {
        // Pivots q_i of x − T and their derivatives; p'/p = Σ q_i'/q_i.
        let (mut pivot, mut slope, mut sum) = (1.0, 0.0, 0.0);
        for i in 0..m {
            let o = if i > 0 { off[i - 1] } else { 0.0 };
            let ratio = o / pivot;
            slope = 1.0 + ratio * ratio * slope;
            pivot = x - diagonal[i] - o * ratio;
            sum += slope / pivot;
        }
        let step = sum.recip();
        if step.is_nan() || step <= 0.5 * f64::EPSILON * x {
            break;
        }
        x -= step;
    }
    // (x(1 + ε) − T) v = e_1-like right side, twice; definite, so no pivoting is needed.
    let shift = x * (1.0 + 4.0 * f64::EPSILON);
    let mut vector = vec![1.0; m];
    for _ in 0..2 {
        let mut pivots = vec![0.0; m];
        for i in 0..m {
            let (o, before) = if i > 0 { (off[i - 1], pivots[i - 1]) } else { (0.0, 1.0) };
            pivots[i] = (shift - diagonal[i] - o * o / before).max(f64::EPSILON * f64::EPSILON * x);
            if i > 0 {
                vector[i] += o / before * vector[i - 1];
            }
        }
        for i in (0..m).rev() {
            let after = if i + 1 < m { off[i] * vector[i + 1] } else { 0.0 };
            vector[i] = (vector[i] + after) / pivots[i];
        }
        let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        for v in &mut vector {
            *v /= norm;
        }
    }
    (x, vector)
}

/// Distance of the largest eigenvalue of a symmetric tridiagonal matrix from the next, relative to it.
fn relative_gap(diagonal: &[f64], off: &[f64]) -> f64 {
    let m = diagonal.len();
    let matrix = DMatrix::from_fn(m, m, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => off[i.min(j)],
        _ => 0.0,
    });
    let values = matrix.symmetric_eigenvalues();
    let top = values.imax();
    let next = (0..m).filter(|&i| i != top).map(|i| values[i]).fold(0.0, f64::max);
    ((values[top] - next) / values[top]).max(f64::EPSILON)
}

#[cfg(test)]
mod tests;
