//! A measure on the line as a chain of masses and springs.
//!
//! With nodes `x_0 < … < x_n` the entropy of `f²` becomes a sum over the masses `m_i ≈ ∫ e^{−V}` around the
//! nodes (trapezoidal rule) and the energy `∫ f'² e^{−V}` a sum over the springs
//! `k_i = e^{−V(midpoint)}/h`. On every smooth piece the mesh is uniform, so every quantity has an
//! expansion in even powers of the mesh width and may be extrapolated.
//!
//! Linear systems with the matrix "springs + diagonal" are solved by an elimination that carries
//! the diagonal's share of each pivot by itself and never forms `k_{i−1} + k_i`: two wells that hang
//! together by `10^{−20}` of their mass keep their full relative accuracy.

/// The discrete measure.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// The nodes.
    pub nodes: Vec<f64>,
    /// Probability masses of the nodes.
    pub mass: Vec<f64>,
    /// Spring constants between neighbours: `Σ spring_i (f_{i+1} − f_i)²` is the energy.
    pub spring: Vec<f64>,
}

impl Chain {
    /// The chain of `e^{−V}` on the pieces between consecutive `breaks`, with `counts[i]` springs
    /// on piece `i`.
    pub fn new(breaks: &[f64], counts: &[usize], potential: impl Fn(f64) -> f64) -> Self {
        let total: usize = counts.iter().sum();
        let mut nodes = Vec::with_capacity(total + 1);
        let mut mass = vec![0.0; total + 1];
        let mut spring = Vec::with_capacity(total);
        nodes.push(breaks[0]);
        let mut level = f64::INFINITY;
        let mut values = Vec::with_capacity(2 * total + counts.len());
        for (piece, &count) in breaks.windows(2).zip(counts) {
            let h = (piece[1] - piece[0]) / count as f64;
            for i in 0..=2 * count {
                // Inside by a hair at the ends, where a potential may jump or be infinite.
                let x = match i {
                    0 => piece[0] + 1e-13 * h,
                    i if i == 2 * count => piece[1] - 1e-13 * h,
                    i => piece[0] + 0.5 * h * i as f64,
                };
                let v = potential(x);
                values.push(v);
                if v < level {
                    level = v;
                }
            }
        }
        let (mut offset, mut first) = (0, 0);
        for (piece, &count) in breaks.windows(2).zip(counts) {
            let h = (piece[1] - piece[0]) / count as f64;
            for i in 0..=count {
                let weight = (level - values[offset + 2 * i]).exp() * h;
                mass[first + i] += if i == 0 || i == count { 0.5 * weight } else { weight };
                if i < count {
                    spring.push((level - values[offset + 2 * i + 1]).exp() / h);
                    nodes.push(if i + 1 == count { piece[1] } else { piece[0] + h * (i + 1) as f64 });
                }
            }
            offset += 2 * count + 1;
            first += count;
        }
        let normalisation: f64 = mass.iter().sum();
        for m in &mut mass {
            *m /= normalisation;
        }
        for k in &mut spring {
            *k /= normalisation;
        }
        Self { nodes, mass, spring }
    }

    /// `∫ g dμ`.
    pub fn mean(&self, g: &[f64]) -> f64 {
        self.mass.iter().zip(g).map(|(m, g)| m * g).sum()
    }

    /// `∫ f g dμ`.
    pub fn product(&self, f: &[f64], g: &[f64]) -> f64 {
        self.mass.iter().zip(f).zip(g).map(|((m, f), g)| m * f * g).sum()
    }

    /// `∫ f'² dμ`.
    pub fn energy(&self, f: &[f64]) -> f64 {
        self.spring.iter().zip(f.windows(2)).map(|(k, pair)| k * (pair[1] - pair[0]).powi(2)).sum()
    }

    /// The stiffness matrix applied to `f`.
    pub fn stiffness(&self, f: &[f64]) -> Vec<f64> {
        let mut result = vec![0.0; f.len()];
        for (i, (k, pair)) in self.spring.iter().zip(f.windows(2)).enumerate() {
            let force = k * (pair[1] - pair[0]);
            result[i] -= force;
            result[i + 1] += force;
        }
        result
    }

    /// The function of mean zero whose image under the stiffness matrix is `load`; the load's sum
    /// has to vanish up to rounding.
    pub fn equilibrium(&self, load: &[f64]) -> Vec<f64> {
        // The flux is summed from the nearer end of the measure, so that tails keep relative accuracy.
        let mut flux = vec![0.0; self.spring.len()];
        let (mut left, mut accumulated) = (0.0, 0.0);
        let split = self.mass.iter().position(|m| {
            accumulated += m;
            accumulated >= 0.5
        });
        let split = split.unwrap_or(0).min(self.spring.len());
        for i in 0..split {
            left += load[i];
            flux[i] = -left;
        }
        let mut right = 0.0;
        for i in (split..self.spring.len()).rev() {
            right += load[i + 1];
            flux[i] = right;
        }
        let mut result = Vec::with_capacity(load.len());
        result.push(0.0);
        let mut value = 0.0;
        for (q, k) in flux.iter().zip(&self.spring) {
            value += q / k;
            result.push(value);
        }
        let centre = self.mean(&result);
        for g in &mut result {
            *g -= centre;
        }
        result
    }

    /// Solves `(scale·K + diag(m_i d_i)) g = load` for each of the loads, `K` the stiffness matrix.
    /// A pivot that vanishes is nudged, as in inverse iteration.
    pub fn solve<const N: usize>(
        &self,
        scale: f64,
        diagonal: &[f64],
        mut loads: [Vec<f64>; N],
    ) -> [Vec<f64>; N] {
        let n = self.mass.len();
        let mut pivots = vec![0.0; n];
        let mut excess = self.mass[0] * diagonal[0];
        for i in 0..n {
            let k = if i + 1 < n { scale * self.spring[i] } else { 0.0 };
            let mut pivot = k + excess;
            let floor = f64::EPSILON * (k.abs() + excess.abs()) + f64::MIN_POSITIVE;
            if pivot.abs() < floor {
                pivot = floor;
            }
            pivots[i] = pivot;
            if i + 1 < n {
                let ratio = k / pivot;
                excess = self.mass[i + 1] * diagonal[i + 1] + ratio * excess;
                for load in &mut loads {
                    load[i + 1] += ratio * load[i];
                }
            }
        }
        for load in &mut loads {
            load[n - 1] /= pivots[n - 1];
            for i in (0..n - 1).rev() {
                load[i] = (load[i] + scale * self.spring[i] * load[i + 1]) / pivots[i];
            }
        }
        loads
    }
}
