//! A spectral panel grid: an interval cut into panels, graded to a potential, with Gauss-Legendre
//! nodes on each and matrices that integrate and differentiate to spectral accuracy.
//!
//! The grid is made for measures `e^{−V} dx` on an interval. Panels are bisected until `e^{−V}`
//! and `e^{V}` are both resolved to rounding on each of them, so that a kernel with a relative (not
//! only an absolute) error can be built on it even where `e^{−V}` runs through forty decades.
//! Indefinite integrals are sums of panel integrals plus a panel's own integration matrix; for
//! positive integrands no cancellation occurs between panels.

use crate::error::{Error, Result, finite};
use std::sync::{Arc, OnceLock};

/// Gauss-Legendre rule on `[−1, 1]` with its integration and differentiation matrices.
#[derive(Debug)]
pub struct GaussRule {
    nodes: Vec<f64>,
    weights: Vec<f64>,
    /// Row `i`, column `j`: `∫_{−1}^{t_i} ℓ_j`.
    integration: Vec<f64>,
    /// Row `i`, column `j`: `ℓ_j'(t_i)`.
    differentiation: Vec<f64>,
    /// Barycentric weights of the nodes.
    barycentric: Vec<f64>,
    /// Rows: the three highest Legendre coefficients of the interpolant, as functionals of the
    /// values at the nodes.
    highest: [Vec<f64>; 3],
}

impl GaussRule {
    /// The rule with `order` nodes, `4 ≤ order ≤ 64`. Rules are computed once and shared.
    ///
    /// # Errors
    /// [`Error::Domain`] for an order outside that range.
    pub fn shared(order: usize) -> Result<Arc<Self>> {
        static RULES: [OnceLock<Arc<GaussRule>>; 65] = [const { OnceLock::new() }; 65];
        if !(4..=64).contains(&order) {
            return Err(Error::domain("order", order, "4 ≤ order ≤ 64"));
        }
        Ok(Arc::clone(RULES[order].get_or_init(|| Arc::new(Self::compute(order)))))
    }

    fn compute(order: usize) -> Self {
        let nodes: Vec<f64> = (0..order).map(|i| gauss_node(order, i)).collect();
        // Row i: P_0 … P_order at node i.
        let legendre: Vec<Vec<f64>> = nodes.iter().map(|&t| legendre_values(order, t)).collect();
        let n = order as f64;
        // w = 2(1−t²)/(n P_{n−1}(t))², since P_n(t) = 0 and (1−t²)P_n' = n P_{n−1}.
        let weights: Vec<f64> = nodes
            .iter()
            .zip(&legendre)
            .map(|(t, p)| 2.0 * (1.0 - t) * (1.0 + t) / (n * p[order - 1]).powi(2))
            .collect();
        let coefficient = |k: usize, j: usize| 0.5 * (2 * k + 1) as f64 * weights[j] * legendre[j][k];
        let mut integration = vec![0.0; order * order];
        for i in 0..order {
            for j in 0..order {
                // ℓ_j = Σ_k (2k+1)/2 w_j P_k(t_j) P_k and ∫_{−1}^t P_k = (P_{k+1} − P_{k−1})/(2k+1).
                let mut sum = 0.5 * weights[j] * (nodes[i] + 1.0);
                for k in 1..order {
                    sum += 0.5 * weights[j] * legendre[j][k] * (legendre[i][k + 1] - legendre[i][k - 1]);
                }
                integration[i * order + j] = sum;
            }
        }
        let barycentric: Vec<f64> = (0..order)
            .map(|j| {
                let sign = if j % 2 == 0 { 1.0 } else { -1.0 };
                sign * ((1.0 - nodes[j]) * (1.0 + nodes[j]) * weights[j]).sqrt()
            })
            .collect();
        let mut differentiation = vec![0.0; order * order];
        for i in 0..order {
            let mut diagonal = 0.0;
            for j in (0..order).filter(|&j| j != i) {
                let entry = barycentric[j] / barycentric[i] / (nodes[i] - nodes[j]);
                differentiation[i * order + j] = entry;
                diagonal -= entry;
            }
            differentiation[i * order + i] = diagonal;
        }
        let highest = [1, 2, 3].map(|back| (0..order).map(|j| coefficient(order - back, j)).collect());
        Self { nodes, weights, integration, differentiation, barycentric, highest }
    }

    /// Number of nodes.
    pub fn order(&self) -> usize {
        self.nodes.len()
    }

    /// Nodes in `(−1, 1)`, increasing.
    pub fn nodes(&self) -> &[f64] {
        &self.nodes
    }

    /// Weights, summing to 2.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Whether the values at the nodes belong to a function that the rule resolves: the three
    /// highest Legendre coefficients are below `tolerance` times the largest value.
    pub fn resolves(&self, values: &[f64], tolerance: f64) -> bool {
        let scale = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        self.highest.iter().all(|row| dot(row, values).abs() <= tolerance * scale)
    }

    /// Value at `t ∈ [−1, 1]` of the polynomial through `values` (barycentric formula).
    pub fn interpolate(&self, values: &[f64], t: f64) -> f64 {
        let (mut numerator, mut denominator) = (0.0, 0.0);
        for ((x, b), v) in self.nodes.iter().zip(&self.barycentric).zip(values) {
            let gap = t - x;
            if gap == 0.0 {
                return *v;
            }
            numerator += b / gap * v;
            denominator += b / gap;
        }
        numerator / denominator
    }
}

/// `P_0(t), …, P_order(t)`.
fn legendre_values(order: usize, t: f64) -> Vec<f64> {
    let mut p = vec![1.0, t];
    for k in 1..order {
        let kf = k as f64;
        p.push(((2.0 * kf + 1.0) * t * p[k] - kf * p[k - 1]) / (kf + 1.0));
    }
    p
}

/// The `i`-th node by Newton's method from the classical asymptotic guess.
fn gauss_node(order: usize, i: usize) -> f64 {
    let n = order as f64;
    let mut t = -(std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
    for _ in 0..6 {
        let p = legendre_values(order, t);
        let slope = n * (t * p[order] - p[order - 1]) / ((t - 1.0) * (t + 1.0));
        t -= p[order] / slope;
    }
    t
}

/// Inner product with four partial sums, so that the compiler can use wide registers.
#[inline]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (left, right) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums[0] + sums[1] + (sums[2] + sums[3]) + rest
}

/// How a grid is graded.
#[derive(Clone, Copy, Debug)]
pub struct Grading {
    /// Nodes on a panel.
    pub order: usize,
    /// Largest change of the potential over one panel.
    pub variation: f64,
    /// Relative size of the highest Legendre coefficients of `e^{±V}` at which a panel is fine enough.
    pub tolerance: f64,
    /// A panel with less than this share of the rough total mass, and narrow, is not split further
    /// (an integrable singularity at an end).
    pub negligible: f64,
}

impl Default for Grading {
    fn default() -> Self {
        Self { order: 20, variation: 12.0, tolerance: 1e-10, negligible: 1e-18 }
    }
}

/// Panels over an interval, `order` Gauss nodes on each; all node vectors have length
/// `panel_count · order`, in increasing order of the nodes.
#[derive(Clone, Debug)]
pub struct PanelGrid {
    rule: Arc<GaussRule>,
    edges: Vec<f64>,
    nodes: Vec<f64>,
    weights: Vec<f64>,
}

/// Bound on the number of panels: far above what a resolvable potential needs.
const MOST_PANELS: usize = 20_000;

impl PanelGrid {
    /// The grid with the given panel edges (strictly increasing, at least two, finite).
    ///
    /// # Errors
    /// [`Error::Domain`] for edges that are not increasing or an order that [`GaussRule::shared`] refuses.
    pub fn from_edges(edges: Vec<f64>, order: usize) -> Result<Self> {
        let increasing = edges.windows(2).all(|e| e[0] < e[1]) && edges.iter().all(|e| e.is_finite());
        if edges.len() < 2 || !increasing {
            return Err(Error::domain("edges", format!("{edges:?}"), "at least two, strictly increasing"));
        }
        let rule = GaussRule::shared(order)?;
        let (mut nodes, mut weights) = (Vec::new(), Vec::new());
        for ends in edges.windows(2) {
            let half = 0.5 * (ends[1] - ends[0]);
            for (t, w) in rule.nodes.iter().zip(&rule.weights) {
                // Measured from the nearer end: an end at a singularity keeps its relative distance.
                let node = if *t < 0.0 { ends[0] + half * (1.0 + t) } else { ends[1] - half * (1.0 - t) };
                nodes.push(node);
                weights.push(half * w);
            }
        }
        Ok(Self { rule, edges, nodes, weights })
    }

    /// A grid on `[lo, hi]` graded to `potential`, and the potential at the nodes.
    ///
    /// Every point of `breaks` inside becomes an edge (put the kinks of the potential there).
    /// `floor` is the least value of the potential, from which masses are measured.
    ///
    /// # Errors
    /// [`Error::Domain`] for an empty or unbounded interval; [`Error::NoConvergence`] if 20 000 panels
    /// do not resolve the potential.
    pub fn graded(
        potential: impl Fn(f64) -> f64,
        (lo, hi): (f64, f64),
        breaks: &[f64],
        floor: f64,
        grading: &Grading,
    ) -> Result<(Self, Vec<f64>)> {
        finite("lo", lo)?;
        finite("hi", hi)?;
        if lo >= hi {
            return Err(Error::domain("interval", format!("[{lo}, {hi}]"), "lo < hi"));
        }
        let rule = GaussRule::shared(grading.order)?;
        let mut starts: Vec<f64> = breaks.iter().copied().filter(|b| lo < *b && *b < hi).collect();
        starts.extend([lo, hi]);
        starts.sort_by(f64::total_cmp);
        starts.dedup();
        let mut stack: Vec<(f64, f64)> = starts.windows(2).rev().map(|e| (e[0], e[1])).collect();
        let (mut edges, mut values) = (vec![lo], Vec::new());
        let (mut mass, mut at, mut density) = (0.0, vec![0.0; grading.order], vec![0.0; grading.order]);
        let smallest = 4.0 * f64::EPSILON;
        while let Some((left, right)) = stack.pop() {
            let half = 0.5 * (right - left);
            for (i, t) in rule.nodes.iter().enumerate() {
                let x = if *t < 0.0 { left + half * (1.0 + t) } else { right - half * (1.0 - t) };
                at[i] = potential(x);
            }
            let (least, most) = at.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &v| {
                (if v < a { v } else { a }, if v > b { v } else { b })
            });
            let here = half * (floor - least).exp();
            let narrow = half <= smallest * left.abs().max(right.abs()) || half < 1e-290;
            let fine = most - least <= grading.variation && {
                let centre = 0.5 * (least + most);
                for (d, v) in density.iter_mut().zip(&at) {
                    *d = (centre - v).exp();
                }
                // What rounding of the nodes leaves: matters close to a singularity that is not at 0.
                let rounding = f64::EPSILON * left.abs().max(right.abs()) / half;
                let tolerance = grading.tolerance + 16.0 * (most - least) * rounding;
                rule.resolves(&density, tolerance) && {
                    for d in &mut density {
                        *d = d.recip();
                    }
                    rule.resolves(&density, tolerance)
                }
            };
            // At an end, narrow, and mild: a strong singularity left in one panel couples its nodes so
            // unevenly that integral operators get spurious eigenvalues.
            let end = (left == lo || right == hi)
                && half < 1e-6 * (hi - lo)
                && most - least <= 2.0 * grading.variation;
            if fine || narrow || (end && mass > 0.0 && here <= grading.negligible * mass) {
                mass += here;
                edges.push(right);
                values.extend_from_slice(&at);
                if edges.len() > MOST_PANELS {
                    return Err(Error::NoConvergence {
                        what: "grading of a panel grid".to_owned(),
                        reached: right - left,
                        wanted: hi - lo,
                    });
                }
            } else {
                let middle = left + half;
                mass = f64::max(mass, 0.5 * here);
                stack.push((middle, right));
                stack.push((left, middle));
                if stack.len() > MOST_PANELS {
                    return Err(Error::NoConvergence {
                        what: "grading of a panel grid".to_owned(),
                        reached: half,
                        wanted: hi - lo,
                    });
                }
            }
        }
        Ok((Self::from_edges(edges, grading.order)?, values))
    }

    /// The same panels with `order` nodes on each.
    ///
    /// # Errors
    /// As [`GaussRule::shared`].
    pub fn with_order(&self, order: usize) -> Result<Self> {
        Self::from_edges(self.edges.clone(), order)
    }

    /// Every panel cut in two.
    ///
    /// # Errors
    /// [`Error::Domain`] if a panel is too narrow to be cut.
    pub fn refined(&self) -> Result<Self> {
        let mut edges = Vec::with_capacity(2 * self.edges.len());
        for ends in self.edges.windows(2) {
            edges.extend([ends[0], ends[0] + 0.5 * (ends[1] - ends[0])]);
        }
        edges.extend(self.edges.last());
        Self::from_edges(edges, self.rule.order())
    }

    /// The Gauss rule used on every panel.
    pub fn rule(&self) -> &GaussRule {
        &self.rule
    }

    /// Panel edges, increasing, one more than there are panels.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// All nodes, increasing.
    pub fn nodes(&self) -> &[f64] {
        &self.nodes
    }

    /// Quadrature weights for `dx` at the nodes.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never true: a grid has at least one panel.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// `∫ f dx` over the interval from the values of `f` at the nodes.
    pub fn integral(&self, values: &[f64]) -> f64 {
        dot(&self.weights, values)
    }

    /// `∫_a^{x_i} f dx` at every node, `a` the left end.
    pub fn cumulative(&self, values: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; values.len()];
        self.cumulative_into(values, &mut out);
        out
    }

    /// [`PanelGrid::cumulative`] into a buffer; gives the total.
    pub fn cumulative_into(&self, values: &[f64], out: &mut [f64]) -> f64 {
        let n = self.rule.order();
        let mut before = 0.0;
        for (k, (f, o)) in values.chunks_exact(n).zip(out.chunks_exact_mut(n)).enumerate() {
            let half = 0.5 * (self.edges[k + 1] - self.edges[k]);
            for (target, row) in o.iter_mut().zip(self.rule.integration.chunks_exact(n)) {
                *target = before + half * dot(row, f);
            }
            before += half * dot(&self.rule.weights, f);
        }
        before
    }

    /// `∫_{x_i}^b f dx` at every node, `b` the right end, summed from the right: the tail keeps
    /// its relative accuracy.
    pub fn cumulative_from_right(&self, values: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; values.len()];
        self.cumulative_from_right_into(values, &mut out);
        out
    }

    /// [`PanelGrid::cumulative_from_right`] into a buffer; gives the total.
    pub fn cumulative_from_right_into(&self, values: &[f64], out: &mut [f64]) -> f64 {
        let n = self.rule.order();
        let mut after = 0.0;
        let mut mirrored = vec![0.0; n];
        for (k, (f, o)) in values.chunks_exact(n).zip(out.chunks_exact_mut(n)).enumerate().rev() {
            let half = 0.5 * (self.edges[k + 1] - self.edges[k]);
            for (m, v) in mirrored.iter_mut().zip(f.iter().rev()) {
                *m = *v;
            }
            // The nodes are symmetric: the mirror image of the integration matrix integrates from the right.
            for (target, row) in o.iter_mut().rev().zip(self.rule.integration.chunks_exact(n)) {
                *target = after + half * dot(row, &mirrored);
            }
            after += half * dot(&self.rule.weights, f);
        }
        after
    }

    /// Derivative at the nodes of the panelwise polynomial through the values.
    pub fn derivative(&self, values: &[f64]) -> Vec<f64> {
        let n = self.rule.order();
        let mut out = Vec::with_capacity(values.len());
        for (k, f) in values.chunks_exact(n).enumerate() {
            let scale = 2.0 / (self.edges[k + 1] - self.edges[k]);
            out.extend(self.rule.differentiation.chunks_exact(n).map(|row| scale * dot(row, f)));
        }
        out
    }

    /// Index of the panel that contains `x` (the nearest one for `x` outside).
    pub fn panel_of(&self, x: f64) -> usize {
        self.edges.partition_point(|e| *e <= x).clamp(1, self.edges.len() - 1) - 1
    }

    /// Value at `x` of the panelwise polynomial through the values at the nodes.
    pub fn interpolate(&self, values: &[f64], x: f64) -> f64 {
        let (k, n) = (self.panel_of(x), self.rule.order());
        let (left, right) = (self.edges[k], self.edges[k + 1]);
        let t = ((x - left) - (right - x)) / (right - left);
        self.rule.interpolate(&values[k * n..(k + 1) * n], t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_a_narrow_gaussian_from_both_sides() {
        let sigma = 0.01;
        let potential = |x: f64| 0.5 * (x / sigma).powi(2);
        let (grid, v) =
            PanelGrid::graded(potential, (-0.1, 0.1), &[0.003], 0.0, &Grading::default()).unwrap();
        let p: Vec<f64> = v.iter().map(|v| (-v).exp()).collect();
        let exact = sigma * (2.0 * std::f64::consts::PI).sqrt();
        let rounding = 64.0 * f64::EPSILON * exact;
        assert!((grid.integral(&p) - exact).abs() < rounding);
        let (left, right) = (grid.cumulative(&p), grid.cumulative_from_right(&p));
        for i in 0..grid.len() {
            assert!((left[i] + right[i] - exact).abs() < rounding);
            let tail = 0.5 * exact * core_math::erfc(-grid.nodes()[i] / sigma / 2f64.sqrt());
            let cut = 0.5 * exact * core_math::erfc(0.1 / sigma / 2f64.sqrt());
            // Rounding of a panel's largest value, seen from its smallest: the variation allowed.
            let relative = 64.0 * f64::EPSILON * 8f64.exp() * tail;
            assert!((left[i] - tail).abs() < relative + cut, "{} {tail}", left[i]);
        }
    }

    #[test]
    fn differentiates_and_interpolates_polynomials_exactly() {
        let grid = PanelGrid::from_edges(vec![-1.0, 0.5, 2.0], 12).unwrap();
        let values: Vec<f64> = grid.nodes().iter().map(|x| x.powi(5) - 2.0 * x).collect();
        let rounding = 1e3 * f64::EPSILON * 32.0;
        for (x, d) in grid.nodes().iter().zip(grid.derivative(&values)) {
            assert!((d - (5.0 * x.powi(4) - 2.0)).abs() < rounding);
        }
        for x in [-1.0, -0.3, 0.5, 1.7, 2.0] {
            assert!((grid.interpolate(&values, x) - (x.powi(5) - 2.0 * x)).abs() < rounding);
        }
    }

    #[test]
    fn rules_are_exact_to_twice_their_order() {
        let rounding = 64.0 * f64::EPSILON;
        for (order, last) in [(4, 6), (7, 12), (20, 38), (33, 64), (64, 126)] {
            let rule = GaussRule::shared(order).unwrap();
            let (t, w) = (rule.nodes(), rule.weights());
            assert!(rule.order() == order && t.windows(2).all(|p| p[0] < p[1]));
            for i in 0..order {
                assert!(
                    (t[i] + t[order - 1 - i]).abs() < rounding && (w[i] - w[order - 1 - i]).abs() < rounding
                );
            }
            let moment = |k: i32| t.iter().zip(w).map(|(t, w)| w * t.powi(k)).sum::<f64>();
            for k in [0, 2, 4, last] {
                assert!((moment(k) - 2.0 / f64::from(k + 1)).abs() < rounding, "{order} {k}");
            }
            // Not beyond: the next even power has an error.
            let off = (moment(last + 2) - 2.0 / f64::from(last + 3)).abs();
            assert!(order > 7 || off > 1e-6, "{order}: {off:e}");
            // The matrices integrate and differentiate the powers that the nodes interpolate.
            for k in [0, 1, 3] {
                let values: Vec<f64> = t.iter().map(|t| t.powi(k)).collect();
                let product = |matrix: &[f64], i: usize| dot(&matrix[i * order..(i + 1) * order], &values);
                for (i, at) in t.iter().enumerate() {
                    let exact = (at.powi(k + 1) - (-1.0_f64).powi(k + 1)) / f64::from(k + 1);
                    assert!((product(&rule.integration, i) - exact).abs() < rounding, "{order} {k}");
                    let slope = if k == 0 { 0.0 } else { f64::from(k) * at.powi(k - 1) };
                    let steep = (order * order) as f64;
                    assert!(
                        (product(&rule.differentiation, i) - slope).abs() < rounding * steep,
                        "{order} {k}"
                    );
                }
                for at in [-1.0, -0.35, 0.8, t[1]] {
                    assert!((rule.interpolate(&values, at) - at.powi(k)).abs() < rounding, "{order} {k}");
                }
            }
        }
        let sum: f64 = (0..7).map(f64::from).map(|k| k * (2.0 * k + 1.0)).sum();
        let (a, b): (Vec<f64>, Vec<f64>) = (0..7).map(f64::from).map(|k| (k, 2.0 * k + 1.0)).unzip();
        assert_eq!(dot(&a, &b), sum);
    }

    #[test]
    fn resolved_functions_have_small_last_coefficients() {
        let rule = GaussRule::shared(8).unwrap();
        let legendre =
            |k: usize| -> Vec<f64> { rule.nodes().iter().map(|&t| legendre_values(8, t)[k]).collect() };
        // The largest value of P_7 and P_5 at the nodes is below 1: the coefficient 1 is more than that.
        for k in 5..8 {
            let values = legendre(k);
            let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            assert!(!rule.resolves(&values, 0.99 / largest) && rule.resolves(&values, 1.01 / largest), "{k}");
            let mixed: Vec<f64> = values.iter().map(|v| 1.0 - 1e-6 * v).collect();
            assert!(rule.resolves(&mixed, 1.1e-6) && !rule.resolves(&mixed, 0.9e-6), "{k}");
        }
        assert!(rule.resolves(&legendre(4), 1e-12) && rule.resolves(&[0.0; 8], 0.0));
    }

    #[test]
    fn integrals_from_either_side_of_several_panels() {
        let grid = PanelGrid::from_edges(vec![-1.0, 0.5, 2.0, 2.25], 9).unwrap();
        let values: Vec<f64> = grid.nodes().iter().map(|x| 3.0 * x * x - 2.0 * x).collect();
        let antiderivative = |x: f64| x.powi(3) - x * x;
        let rounding = 1e3 * f64::EPSILON;
        let (left, right) = (grid.cumulative(&values), grid.cumulative_from_right(&values));
        for ((x, a), b) in grid.nodes().iter().zip(&left).zip(&right) {
            assert!((a - (antiderivative(*x) + 2.0)).abs() < rounding, "{x}");
            assert!((b - (antiderivative(2.25) - antiderivative(*x))).abs() < rounding, "{x}");
        }
        let mut buffer = vec![0.0; values.len()];
        let total = antiderivative(2.25) + 2.0;
        assert!((grid.cumulative_into(&values, &mut buffer) - total).abs() < rounding);
        assert!((grid.cumulative_from_right_into(&values, &mut buffer) - total).abs() < rounding);
        assert!((grid.integral(&values) - total).abs() < rounding);
        for (x, panel) in [(-5.0, 0), (-1.0, 0), (0.4, 0), (0.5, 1), (1.9, 1), (2.0, 2), (2.25, 2), (9.0, 2)]
        {
            assert_eq!(grid.panel_of(x), panel, "{x}");
        }
        assert!(grid.len() == 27 && !grid.is_empty() && grid.rule().order() == 9);
        assert_eq!(grid.refined().unwrap().edges(), [-1.0, -0.25, 0.5, 1.25, 2.0, 2.125, 2.25]);
        assert_eq!(grid.with_order(5).unwrap().len(), 15);
    }

    #[test]
    fn panels_are_as_long_as_the_potential_allows() {
        let graded = |potential: &dyn Fn(f64) -> f64, range: (f64, f64), breaks: &[f64]| {
            PanelGrid::graded(potential, range, breaks, 0.0, &Grading::default()).unwrap()
        };
        // Constant: nothing to resolve. A break, inside only.
        assert_eq!(graded(&|_| 3.0, (0.0, 1.0), &[]).0.edges(), [0.0, 1.0]);
        let (grid, values) = graded(&|x| 3.0 + x, (0.0, 1.0), &[0.3, 0.0, 1.0, -4.0, 0.3]);
        assert_eq!(grid.edges(), [0.0, 0.3, 1.0]);
        assert!(grid.nodes().iter().zip(&values).all(|(x, v)| (v - 3.0 - x).abs() < 1e-12));
        // Linear of slope 40 on [0, 4]: no panel changes by more than 12, and none by less than a quarter of that.
        let (grid, _) = graded(&|x| 40.0 * x, (0.0, 4.0), &[]);
        for panel in grid.edges().windows(2) {
            let change = 40.0 * (panel[1] - panel[0]);
            assert!((2.5..=12.5).contains(&change), "{change}");
        }
        // Mirrored and scaled alike.
        let well = |x: f64| x.powi(4) - 3.0 * x + x.sin();
        let (grid, _) = graded(&well, (-2.0, 3.0), &[0.4]);
        let (mirrored, _) = graded(&|x| well(-x), (-3.0, 2.0), &[-0.4]);
        let turned: Vec<f64> = mirrored.edges().iter().rev().map(|x| -x).collect();
        assert_eq!(turned.len(), grid.edges().len());
        assert!(turned.iter().zip(grid.edges()).all(|(a, b)| (a - b).abs() < 1e-12), "{turned:?}");
        let (double, _) = graded(&|x| well(0.5 * x), (-4.0, 6.0), &[0.8]);
        assert!(double.edges().iter().zip(grid.edges()).all(|(a, b)| *a == 2.0 * b));
        assert!((8..40).contains(&grid.edges().len()), "{:?}", grid.edges());
        // An integrable singularity: panels shrink to where no mass is left, and no further.
        let (singular, values) = graded(&|x: f64| 0.5 * x.ln(), (0.0, 1.0), &[]);
        let mass: f64 = singular.integral(&values.iter().map(|v| (-v).exp()).collect::<Vec<f64>>());
        assert!((mass - 2.0).abs() < 1e-8, "{mass}");
        let least = singular.edges()[1];
        assert!((1e-60..1e-14).contains(&least), "{least:e}");
        let rough = PanelGrid::graded(|x| 1e7 * (1e5 * x).sin(), (0.0, 1.0), &[], 0.0, &Grading::default());
        assert!(matches!(rough, Err(Error::NoConvergence { .. })));
    }

    #[test]
    fn refuses_bad_input() {
        assert!(GaussRule::shared(3).is_err());
        assert!(PanelGrid::from_edges(vec![0.0], 8).is_err());
        assert!(PanelGrid::from_edges(vec![0.0, f64::NAN], 8).is_err());
        let nowhere = PanelGrid::graded(|x| x, (1.0, 0.0), &[], 0.0, &Grading::default());
        assert!(nowhere.is_err());
    }
}
