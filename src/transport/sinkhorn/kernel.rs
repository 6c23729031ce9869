//! The two sums of a Sinkhorn sweep: over a dense matrix with absorbed potentials, and over a tensor grid.

use super::atoms::{Atoms, PlaneGrid};

/// `Σ_j e^{β_j − c_ij/ε}` and `Σ_i e^{α_i − c_ij/ε}` in logarithms. Both exponents are passed to both methods: they
/// describe the current plan `e^{α_i + β_j − c_ij/ε}`, from which a kernel may choose its scaling.
pub(super) trait Kernel {
    /// `log Σ_j e^{β_j − c_ij/ε}` for every `i`.
    fn row_log_sums(&mut self, alpha: &[f64], beta: &[f64]) -> Vec<f64>;
    /// `log Σ_i e^{α_i − c_ij/ε}` for every `j`.
    fn column_log_sums(&mut self, alpha: &[f64], beta: &[f64]) -> Vec<f64>;
}

/// Exponents may drift this far from the absorbed ones: `e^{±40}` leaves most of the range of a double to the kernel.
const DRIFT: f64 = 40.0;
/// Sums below are recomputed in the log domain: terms next to underflow have lost their digits.
const SMALLEST_SUM: f64 = 1e-270;

/// Logarithm of `Σ e^{terms}`, computed relative to the largest term.
fn log_sum_exp(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + core_math::log(terms.map(|t| core_math::exp(t - top)).sum())
}

/// A dense kernel `e^{A_i + B_j − c_ij/ε}` with the exponents A, B of some earlier plan absorbed, so that nothing
/// under- or overflows and a sweep costs two matrix-vector products (Schmitzer, *Stabilized sparse scaling algorithms for
/// entropy regularized transport problems*, 2019).
pub(super) struct Dense {
    /// `c_ij/ε`, row by row.
    costs: Vec<f64>,
    scaled: Vec<f64>,
    absorbed: Option<(Vec<f64>, Vec<f64>)>,
    columns: usize,
}

impl Dense {
    pub(super) fn new(source: &Atoms, target: &Atoms, temperature: f64) -> Self {
        let columns = target.len();
        let mut costs = Vec::with_capacity(source.len() * columns);
        for i in 0..source.len() {
            let x = source.point(i);
            costs.extend((0..columns).map(|j| {
                let y = target.point(j);
                x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / (2.0 * temperature)
            }));
        }
        Self { costs, scaled: Vec::new(), absorbed: None, columns }
    }

    fn absorb(&mut self, alpha: &[f64], beta: &[f64]) {
        self.scaled.clear();
        for (row, a) in self.costs.chunks_exact(self.columns).zip(alpha) {
            self.scaled.extend(row.iter().zip(beta).map(|(c, b)| core_math::exp(a + b - c)));
        }
        self.absorbed = Some((alpha.to_vec(), beta.to_vec()));
    }

    /// Whether the absorbed exponents describe the plan well enough to scale it.
    fn near(&self, alpha: &[f64], beta: &[f64]) -> bool {
        let close = |x: &[f64], y: &[f64]| x.iter().zip(y).all(|(a, b)| (a - b).abs() <= DRIFT);
        self.absorbed.as_ref().is_some_and(|(a, b)| close(alpha, a) && close(beta, b))
    }
}

impl Kernel for Dense {
    fn row_log_sums(&mut self, alpha: &[f64], beta: &[f64]) -> Vec<f64> {
        if !self.near(alpha, beta) {
            // The exact sums come with the new scaling at the price of one pass of exponentials.
            self.absorb(alpha, beta);
        }
        let Some((a, b)) = &self.absorbed else { return Vec::new() };
        let factors: Vec<f64> = beta.iter().zip(b).map(|(x, y)| core_math::exp(x - y)).collect();
        let rows = self.scaled.chunks_exact(self.columns).zip(self.costs.chunks_exact(self.columns)).zip(a);
        rows.map(|((row, costs), a)| {
            let sum: f64 = row.iter().zip(&factors).map(|(k, v)| k * v).sum();
            if sum > SMALLEST_SUM {
                core_math::log(sum) - a
            } else {
                log_sum_exp(beta.iter().zip(costs).map(|(b, c)| b - c))
            }
        })
        .collect()
    }

    fn column_log_sums(&mut self, alpha: &[f64], beta: &[f64]) -> Vec<f64> {
        if !self.near(alpha, beta) {
            self.absorb(alpha, beta);
        }
        let Some((a, b)) = &self.absorbed else { return Vec::new() };
        let mut sums = vec![0.0; self.columns];
        for (row, (x, y)) in self.scaled.chunks_exact(self.columns).zip(alpha.iter().zip(a)) {
            let factor = core_math::exp(x - y);
            for (sum, k) in sums.iter_mut().zip(row) {
                *sum += factor * k;
            }
        }
        let in_logs = |j: usize| {
            let column = self.costs.iter().skip(j).step_by(self.columns);
            log_sum_exp(alpha.iter().zip(column).map(|(a, c)| a - c))
        };
        let sums = sums.iter().zip(b).enumerate();
        sums.map(|(j, (&sum, b))| if sum > SMALLEST_SUM { core_math::log(sum) - b } else { in_logs(j) })
            .collect()
    }
}

/// The Gaussian kernel between two tensor grids in the plane: a sum over the grid is one along the first axis of
/// sums along the second.
pub(super) struct Separable {
    /// `(x_i − y_j)²/(2ε)` along the two axes, row by row.
    costs: [Vec<f64>; 2],
    kernels: [Vec<f64>; 2],
    rows: [usize; 2],
    columns: [usize; 2],
}

impl Separable {
    pub(super) fn new(source: &PlaneGrid, target: &PlaneGrid, temperature: f64) -> Self {
        let costs = [0, 1].map(|k| {
            let (x, y) = (&source.axes()[k], &target.axes()[k]);
            x.iter().flat_map(|a| y.iter().map(move |b| (a - b) * (a - b) / (2.0 * temperature))).collect()
        });
        let kernels = [0, 1].map(|k: usize| {
            let costs: &Vec<f64> = &costs[k];
            costs.iter().map(|c| core_math::exp(-c)).collect()
        });
        let size = |grid: &PlaneGrid| [grid.axes()[0].len(), grid.axes()[1].len()];
        Self { costs, kernels, rows: size(source), columns: size(target) }
    }

    /// `log Σ e^{exponents − cost}` over the side with `from` points, for the side with `to` points; `entry(k, t, f)`
    /// is the place in the tables of axis k.
    fn log_sums(
        &self,
        exponents: &[f64],
        from: [usize; 2],
        to: [usize; 2],
        entry: impl Fn(usize, usize, usize) -> usize,
    ) -> Vec<f64> {
        let top = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let factors: Vec<f64> = exponents.iter().map(|e| core_math::exp(e - top)).collect();
        // Along the second axis: partial[f0][t1].
        let mut partial = vec![0.0; from[0] * to[1]];
        for (line, out) in factors.chunks_exact(from[1]).zip(partial.chunks_exact_mut(to[1])) {
            for (t, value) in out.iter_mut().enumerate() {
                *value = line.iter().enumerate().map(|(f, v)| self.kernels[1][entry(1, t, f)] * v).sum();
            }
        }
        let mut sums = vec![0.0; to[0] * to[1]];
        for (t, out) in sums.chunks_exact_mut(to[1]).enumerate() {
            for (f, line) in partial.chunks_exact(to[1]).enumerate() {
                let k = self.kernels[0][entry(0, t, f)];
                for (sum, value) in out.iter_mut().zip(line) {
                    *sum += k * value;
                }
            }
        }
        let logs = |t0: usize, t1: usize| {
            let line = |f0: usize| {
                let terms =
                    (0..from[1]).map(|f1| exponents[f0 * from[1] + f1] - self.costs[1][entry(1, t1, f1)]);
                log_sum_exp(terms) - self.costs[0][entry(0, t0, f0)]
            };
            let lines: Vec<f64> = (0..from[0]).map(line).collect();
            log_sum_exp(lines.iter().copied())
        };
        let exact = |(t, &sum): (usize, &f64)| {
            if sum > SMALLEST_SUM { top + core_math::log(sum) } else { logs(t / to[1], t % to[1]) }
        };
        sums.iter().enumerate().map(exact).collect()
    }
}

impl Kernel for Separable {
    fn row_log_sums(&mut self, _alpha: &[f64], beta: &[f64]) -> Vec<f64> {
        let columns = self.columns;
        self.log_sums(beta, columns, self.rows, |k, row, column| row * columns[k] + column)
    }

    fn column_log_sums(&mut self, alpha: &[f64], _beta: &[f64]) -> Vec<f64> {
        let columns = self.columns;
        self.log_sums(alpha, self.rows, columns, |k, column, row| row * columns[k] + column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kernels_sum_alike() {
        let grid = |n: usize, m: usize, shift: f64| {
            let axis = |n: usize| (0..n).map(|i| 0.7 * i as f64 + shift).collect::<Vec<_>>();
            PlaneGrid::new([axis(n), axis(m)], |p| (-0.3 * (p[0] * p[0] + p[1])).exp()).unwrap()
        };
        let (source, target) = (grid(5, 3, -1.0), grid(4, 6, 0.5));
        // The second temperature is so low that the far entries underflow.
        for temperature in [0.5, 1e-3] {
            let mut dense = Dense::new(&source.atoms(), &target.atoms(), temperature);
            let mut separable = Separable::new(&source, &target, temperature);
            let (alpha, beta): (Vec<f64>, Vec<f64>) =
                ((0..15).map(f64::from).collect(), (0..24).map(|j| f64::from(j % 5)).collect());
            let tolerance = 64.0 * f64::EPSILON * 3e4;
            let pairs = [
                (dense.row_log_sums(&alpha, &beta), separable.row_log_sums(&alpha, &beta)),
                (dense.column_log_sums(&alpha, &beta), separable.column_log_sums(&alpha, &beta)),
            ];
            for (left, right) in pairs {
                assert_eq!(left.len(), right.len());
                for (a, b) in left.iter().zip(&right) {
                    assert!((a - b).abs() <= tolerance && a.is_finite(), "{a} {b}");
                }
            }
        }
    }
}
