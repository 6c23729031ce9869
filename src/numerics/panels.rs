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
mod tests;
