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

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of short sums, and the hair by which the potential is evaluated inside of a piece.
    const ROUNDING: f64 = 64.0 * f64::EPSILON + 2e-13;

    fn assert_list(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (i, (a, b)) in found.iter().zip(expected).enumerate() {
            assert!((a - b).abs() <= ROUNDING * b.abs().max(1.0), "entry {i}: {a}, expected {b}");
        }
    }

    fn sample() -> Chain {
        Chain {
            nodes: vec![0.0, 1.0, 1.5, 3.0, 4.0],
            mass: vec![0.1, 0.3, 0.25, 0.15, 0.2],
            spring: vec![0.7, 2.0, 0.4, 1.1],
        }
    }

    #[test]
    fn masses_and_springs_are_those_of_the_density() {
        // A slope of −2 at the left, then a jump up and a slope of 1.
        let potential = |x: f64| if x < 1.0 { 5.0 - 2.0 * x } else { 3.5 + x };
        let chain = Chain::new(&[0.0, 1.0, 3.0], &[2, 3], potential);
        let third = 2.0 / 3.0;
        assert_list(&chain.nodes, &[0.0, 0.5, 1.0, 1.0 + third, 1.0 + 2.0 * third, 3.0]);
        let p = |v: f64| (3.0 - v).exp();
        let weights = [
            0.25 * p(5.0),
            0.5 * p(4.0),
            0.25 * p(3.0) + 0.5 * third * p(4.5),
            third * p(4.5 + third),
            third * p(4.5 + 2.0 * third),
            0.5 * third * p(6.5),
        ];
        let total: f64 = weights.iter().sum();
        assert_list(&chain.mass, &weights.map(|w| w / total));
        let springs = [
            p(4.5) / 0.5,
            p(3.5) / 0.5,
            p(4.5 + third / 2.0) / third,
            p(4.5 + 1.5 * third) / third,
            p(4.5 + 2.5 * third) / third,
        ];
        assert_list(&chain.spring, &springs.map(|k| k / total));
    }

    #[test]
    fn infinite_ends_of_the_potential_are_not_touched() {
        let chain = Chain::new(&[0.0, 1.0], &[4], |x: f64| -x.ln() - (1.0 - x).ln());
        assert!(chain.mass.iter().chain(&chain.spring).all(|v| v.is_finite()));
        // 6x(1−x) by the trapezoidal rule, whose sum is ¼(2·3/16 + 1/4).
        assert_list(&chain.mass, &[0.0, 0.3, 0.4, 0.3, 0.0]);
    }

    #[test]
    fn forms_are_those_of_the_matrices() {
        let chain = sample();
        let (f, g) = ([1.0, -2.0, 0.5, 3.0, -1.0], [0.3, 0.9, -1.2, 2.0, 0.4]);
        assert_list(&[chain.mean(&f)], &[0.1 - 0.6 + 0.125 + 0.45 - 0.2]);
        assert_list(&[chain.product(&f, &g)], &[0.03 - 0.54 - 0.15 + 0.9 - 0.08]);
        let energy = 0.7 * 9.0 + 2.0 * 6.25 + 0.4 * 6.25 + 1.1 * 16.0;
        assert_list(&[chain.energy(&f)], &[energy]);
        let stiff = chain.stiffness(&f);
        assert_list(&stiff, &[2.1, -2.1 - 5.0, 5.0 - 1.0, 1.0 + 4.4, -4.4]);
        assert_list(&[f.iter().zip(&stiff).map(|(f, s)| f * s).sum()], &[energy]);
    }

    #[test]
    fn equilibrium_inverts_the_stiffness() {
        let chain = sample();
        for load in [[0.4, -1.0, 0.9, 0.2, -0.5], [-0.3, 0.0, 0.1, -0.6, 0.8]] {
            let g = chain.equilibrium(&load);
            assert_list(&chain.stiffness(&g), &load);
            assert_list(&[chain.mean(&g)], &[0.0]);
        }
    }

    #[test]
    fn equilibrium_keeps_relative_accuracy_in_both_tails() {
        // Loads of 1e−20 at the ends would drown in a sum from the other side.
        let chain = Chain {
            nodes: (0..6).map(f64::from).collect(),
            mass: vec![1e-20, 0.2, 0.3, 0.3, 0.2, 1e-20],
            spring: vec![1e-20, 0.5, 0.5, 0.5, 1e-20],
        };
        let g = chain.equilibrium(&[3e-20, -1.0, 0.25, 0.25, 0.5, -7e-20]);
        assert_list(&[1e-20 * (g[1] - g[0]), 1e-20 * (g[5] - g[4])].map(|v| v * 1e20), &[-3.0, -7.0]);
    }

    #[test]
    fn elimination_solves_definite_and_indefinite_systems() {
        let chain = sample();
        for (scale, diagonal) in [
            (1.0, [0.4, 1.0, 0.2, 3.0, 0.7]),
            (2.5, [-1.0, 0.3, -4.0, 0.5, -0.2]),
            (0.3, [5.0, -2.0, 1.0, 0.0, -3.0]),
        ] {
            let loads = [vec![1.0, -0.5, 2.0, 0.3, -1.0], vec![0.0, 0.0, 0.0, 0.0, 1.0]];
            let found = chain.solve(scale, &diagonal, loads.clone());
            for (g, load) in found.iter().zip(&loads) {
                let stiff = chain.stiffness(g);
                let image: Vec<f64> =
                    (0..5).map(|i| scale * stiff[i] + chain.mass[i] * diagonal[i] * g[i]).collect();
                assert_list(&image, load);
            }
        }
    }

    #[test]
    fn singular_system_gives_its_kernel_as_inverse_iteration_needs() {
        let chain = sample();
        let [g] = chain.solve(1.0, &[0.0; 5], [vec![1e-300, 0.0, 0.0, 2e-300, 0.0]]);
        assert!(g.iter().all(|v| v.is_finite() && *v > 0.0), "{g:?}");
        assert_list(&g.iter().map(|v| v / g[0]).collect::<Vec<_>>(), &[1.0; 5]);
    }

    #[test]
    fn wells_that_hardly_hang_together_keep_their_relative_accuracy() {
        // 2×2 with mass ½ each and the spring k: K + diag(½d); with d = (ε, ε) the constants solve ½ε·g = load.
        let chain = Chain { nodes: vec![0.0, 1.0], mass: vec![0.5, 0.5], spring: vec![1e-20] };
        let (e, k) = (1e-25, 1e-20);
        let [g] = chain.solve(1.0, &[e, e], [vec![1.0, 0.0]]);
        // Sum g = 2/ε, difference 1/(½ε + 2k).
        let difference = 1.0 / (0.5 * e + 2.0 * k);
        let expected = [0.5 * (2.0 / e + difference), 0.5 * (2.0 / e - difference)];
        assert_list(&[g[0] * e, g[1] * e], &expected.map(|v| v * e));
        assert!(((g[0] - g[1]) / difference - 1.0).abs() <= ROUNDING + 2.0 / e * f64::EPSILON / difference);
    }
}
