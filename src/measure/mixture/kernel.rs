//! Sums over Gaussian components: density, score, Hessian, and the mean of a field that is affine on each.
//!
//! With `r_c(y)` the posterior weights of the components, `g_c = ∇log N_c`, and `u_c` the affine field of a component,
//! `s = Σ r_c g_c`, `w = Σ r_c u_c`, `∇²log p = Σ r_c ((g_c−s)(g_c−s)ᵀ + ∇g_c)`, `∇w = Σ r_c ((u_c−w)(g_c−s)ᵀ + ∇u_c)`: centred
//! sums, which lose no digits where single terms are large.

use nalgebra::{DMatrix, DVector};

/// Posterior weights below this are not felt in any sum.
const NEGLIGIBLE: f64 = 1e-26;
/// Its logarithm, rounded down: smaller exponentials are not computed, as those that underflow take long.
const LOG_NEGLIGIBLE: f64 = -60.0;

/// `e^x`, 0 where it is negligible beside 1.
fn share(x: f64) -> f64 {
    if x < LOG_NEGLIGIBLE { 0.0 } else { x.exp() }
}

/// Components with the same mean and the same axes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Group {
    pub mean: Vec<f64>,
    /// Orthonormal columns; the coordinate axes if `None`.
    pub axes: Option<DMatrix<f64>>,
    /// Value of the field at the mean.
    pub offset: Vec<f64>,
    pub members: Vec<Member>,
}

/// One component in the axes of its group.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Member {
    /// Logarithm of weight times density at the mean.
    pub log_height: f64,
    /// Inverse variances, all finite.
    pub precisions: Vec<f64>,
    /// Slopes of the field; empty for no field.
    pub gains: Vec<f64>,
    /// Variances about the field; empty for none.
    pub spreads: Vec<f64>,
}

impl Member {
    /// A component of some weight and variances, all positive, without a field.
    pub fn new(log_weight: f64, variances: &[f64]) -> Self {
        let half_logs: f64 = variances.iter().map(|c| 0.5 * (std::f64::consts::TAU * c).ln()).sum();
        Self {
            log_height: log_weight - half_logs,
            precisions: variances.iter().map(|c| c.recip()).collect(),
            gains: vec![],
            spreads: vec![],
        }
    }

    fn log_density(&self, xi: &[f64]) -> f64 {
        let square: f64 = self.precisions.iter().zip(xi).map(|(t, x)| t * x * x).sum();
        self.log_height - 0.5 * square
    }
}

impl Group {
    /// Coordinates of `y − mean` along the axes.
    pub fn along_axes(&self, y: &[f64]) -> Vec<f64> {
        let centred: Vec<f64> = y.iter().zip(&self.mean).map(|(y, m)| y - m).collect();
        self.turned_in(centred)
    }

    fn turned_in(&self, vector: Vec<f64>) -> Vec<f64> {
        match &self.axes {
            None => vector,
            Some(q) => {
                q.column_iter().map(|axis| axis.iter().zip(&vector).map(|(a, b)| a * b).sum()).collect()
            }
        }
    }

    /// A vector given along the axes, in the coordinates.
    pub fn turned_out(&self, vector: Vec<f64>) -> Vec<f64> {
        match &self.axes {
            None => vector,
            Some(q) => q.row_iter().map(|row| row.iter().zip(&vector).map(|(a, b)| a * b).sum()).collect(),
        }
    }

    /// A matrix given along the axes, in the coordinates.
    pub fn matrix_out(&self, matrix: DMatrix<f64>) -> DMatrix<f64> {
        match &self.axes {
            None => matrix,
            Some(q) => q * matrix * q.transpose(),
        }
    }
}

/// What is known at a point to first order.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct First {
    pub log_density: f64,
    pub score: Vec<f64>,
    /// Zero without a field.
    pub field: Vec<f64>,
    /// Posterior weights, group by group.
    pub weights: Vec<f64>,
}

/// What is known at a point to second order.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Second {
    pub hessian: DMatrix<f64>,
    /// Row `i`, column `l`: `∂_l` of component `i` of the field.
    pub jacobian: DMatrix<f64>,
    /// Mean of the variances about the field plus the covariance of the fields of the components.
    pub covariance: DMatrix<f64>,
}

/// `log Σ` of the densities of all components.
pub(crate) fn log_density(groups: &[Group], y: &[f64]) -> f64 {
    let mut logs = Vec::new();
    for group in groups {
        let xi = group.along_axes(y);
        logs.extend(group.members.iter().map(|member| member.log_density(&xi)));
    }
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top.is_finite() { top + logs.iter().map(|l| share(l - top)).sum::<f64>().ln() } else { top }
}

/// Density, score and field.
pub(crate) fn first(groups: &[Group], y: &[f64]) -> First {
    let coordinates: Vec<Vec<f64>> = groups.iter().map(|group| group.along_axes(y)).collect();
    let mut weights: Vec<f64> = groups
        .iter()
        .zip(&coordinates)
        .flat_map(|(group, xi)| group.members.iter().map(|member| member.log_density(xi)))
        .collect();
    let top = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for l in &mut weights {
        *l = share(*l - top);
    }
    let total: f64 = weights.iter().sum();
    for w in &mut weights {
        *w /= total;
    }
    let d = y.len();
    let (mut score, mut field) = (vec![0.0; d], vec![0.0; d]);
    let mut rest = weights.as_slice();
    for (group, xi) in groups.iter().zip(&coordinates) {
        let (own, after) = rest.split_at(group.members.len());
        rest = after;
        let (mut precision, mut gain, mut mass) = (vec![0.0; d], vec![0.0; d], 0.0);
        for (member, &r) in group.members.iter().zip(own).filter(|(_, r)| **r > NEGLIGIBLE) {
            mass += r;
            precision.iter_mut().zip(&member.precisions).for_each(|(sum, t)| *sum += r * t);
            gain.iter_mut().zip(&member.gains).for_each(|(sum, b)| *sum += r * b);
        }
        let times = |factors: &[f64]| xi.iter().zip(factors).map(|(x, f)| x * f).collect();
        let (pull, push) = (group.turned_out(times(&precision)), group.turned_out(times(&gain)));
        for i in 0..d {
            score[i] -= pull[i];
            field[i] += push[i] + mass * group.offset[i];
        }
    }
    First { log_density: top + total.ln(), score, field, weights }
}

/// Second-order quantities about the first-order ones at the same point.
pub(crate) fn second(groups: &[Group], y: &[f64], first: &First) -> Second {
    let d = y.len();
    let (mut hessian, mut jacobian, mut covariance) =
        (DMatrix::zeros(d, d), DMatrix::zeros(d, d), DMatrix::zeros(d, d));
    let mut rest = first.weights.as_slice();
    for group in groups {
        let (own, after) = rest.split_at(group.members.len());
        rest = after;
        if own.iter().all(|r| *r <= NEGLIGIBLE) {
            continue;
        }
        let xi = group.along_axes(y);
        let score = group.turned_in(first.score.clone());
        let field = group.turned_in(first.field.iter().zip(&group.offset).map(|(w, o)| w - o).collect());
        let [h, j, c] = match d {
            1 => sums_of_size::<1>(group, own, &xi, &score, &field),
            2 => sums_of_size::<2>(group, own, &xi, &score, &field),
            3 => sums_of_size::<3>(group, own, &xi, &score, &field),
            _ => sums(group, own, &xi, &score, &field),
        };
        hessian += group.matrix_out(h);
        jacobian += group.matrix_out(j);
        covariance += group.matrix_out(c);
    }
    symmetrise(&mut hessian);
    symmetrise(&mut covariance);
    Second { hessian, jacobian, covariance }
}

/// Hessian, Jacobian and covariance of a group in its axes, see the module.
fn sums(group: &Group, own: &[f64], xi: &[f64], score: &[f64], field: &[f64]) -> [DMatrix<f64>; 3] {
    let d = xi.len();
    let (mut h, mut j, mut c) = (DMatrix::zeros(d, d), DMatrix::zeros(d, d), DMatrix::zeros(d, d));
    let (mut pull, mut push) = (vec![0.0; d], vec![0.0; d]);
    for (member, &r) in group.members.iter().zip(own).filter(|(_, r)| **r > NEGLIGIBLE) {
        for i in 0..d {
            pull[i] = -member.precisions[i] * xi[i] - score[i];
            push[i] = member.gains.get(i).map_or(0.0, |b| b * xi[i]) - field[i];
            h[(i, i)] -= r * member.precisions[i];
            j[(i, i)] += member.gains.get(i).map_or(0.0, |b| r * b);
            c[(i, i)] += member.spreads.get(i).map_or(0.0, |v| r * v);
        }
        for i in 0..d {
            for l in 0..d {
                h[(i, l)] += r * pull[i] * pull[l];
                j[(i, l)] += r * push[i] * pull[l];
                c[(i, l)] += r * push[i] * push[l];
            }
        }
    }
    [h, j, c]
}

/// The same in few dimensions, where the hundreds of scales of a Student base are felt.
fn sums_of_size<const D: usize>(
    group: &Group,
    own: &[f64],
    xi: &[f64],
    score: &[f64],
    field: &[f64],
) -> [DMatrix<f64>; 3] {
    let array = |values: &[f64]| -> [f64; D] { std::array::from_fn(|i| values[i]) };
    let (xi, score, field) = (array(xi), array(score), array(field));
    let (mut h, mut j, mut c) = ([[0.0; D]; D], [[0.0; D]; D], [[0.0; D]; D]);
    for (member, &r) in group.members.iter().zip(own).filter(|(_, r)| **r > NEGLIGIBLE) {
        let precision = array(&member.precisions);
        let gain = if member.gains.is_empty() { [0.0; D] } else { array(&member.gains) };
        let spread = if member.spreads.is_empty() { [0.0; D] } else { array(&member.spreads) };
        let (mut pull, mut push) = ([0.0; D], [0.0; D]);
        for i in 0..D {
            pull[i] = -precision[i] * xi[i] - score[i];
            push[i] = gain[i] * xi[i] - field[i];
            h[i][i] -= r * precision[i];
            j[i][i] += r * gain[i];
            c[i][i] += r * spread[i];
        }
        for i in 0..D {
            for l in 0..D {
                h[i][l] += r * pull[i] * pull[l];
                j[i][l] += r * push[i] * pull[l];
                c[i][l] += r * push[i] * push[l];
            }
        }
    }
    [h, j, c].map(|m| DMatrix::from_fn(D, D, |i, l| m[i][l]))
}

/// Averages a matrix with its transpose: turning leaves an asymmetry of rounding.
pub(crate) fn symmetrise(matrix: &mut DMatrix<f64>) {
    for i in 0..matrix.nrows() {
        for j in 0..i {
            let mean = 0.5 * (matrix[(i, j)] + matrix[(j, i)]);
            (matrix[(i, j)], matrix[(j, i)]) = (mean, mean);
        }
    }
}

/// A vector as nalgebra's.
pub(crate) fn column(values: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(values)
}
