//! A supersolution of the dynamic programming equation on one side of a centre.
//!
//! Let `R(x) = ∫_x^b f² dμ`, `Q(x) = μ[x,b)`, `g = f(x)/√(R/Q)` (the value of `f` relative to its root mean square
//! further out) and `h` the hazard rate. If `K(x,g) > 0` satisfies, wherever it is differentiable,
//!
//! `K_x ≥ h·( φ(g) − gK − ½g(g²−1)K_g + L²/(4Ch²) )`,  `L = 2K + (g−1)K_g`,  `φ(g) = (1−g²+g² log g²)/(g−1)²`,
//!
//! then `∫_x^b (f² log f² − C f'²) dμ ≤ R·(log(R/Q) − K(x,g)·(g−1)²)` for every positive `f` that is constant
//! near the end `b`: along every `f` the right side plus what has been collected so far does not increase. (This is
//! the Hamilton-Jacobi inequality of the control problem "maximise `∫ f² log f² − C f'²`", with the scale
//! divided out; kinks of `K` do no harm because they are crossed by trajectories, not stayed on with a
//! derivative of their own.) Where `C·h' ≥ 2`, as beyond the mesh of a [`Profile`], `K = (C/4)h²(1+g)²` is a solution.
//!
//! `K` is bilinear on the cells of a mesh in `(x, g)`, constant in `g` beyond the last column.

use super::defect::phi;
use super::profile::Profile;

/// `K` on a mesh: `values[i][j]` belongs to node `i` of the profile and column `j`.
#[derive(Clone, Debug)]
pub(super) struct Supersolution {
    /// The columns `0 = g_0 < … < g_m`.
    pub columns: Vec<f64>,
    /// The values at the nodes, row by row.
    pub values: Vec<Vec<f64>>,
}

/// The columns up to at least `top`.
fn columns(top: f64) -> Vec<f64> {
    // φ has a logarithmic second derivative at 0, hence the finer start.
    let mut columns = vec![0.0, 0.01, 0.025, 0.05, 0.075];
    columns.extend((2..20).map(|j| 0.05 * f64::from(j)));
    columns.push(1.0);
    columns.extend((21..=60).map(|j| 0.05 * f64::from(j)));
    while columns[columns.len() - 1] < top {
        let last = columns[columns.len() - 1];
        columns.push(last * 1.04);
    }
    columns
}

impl Supersolution {
    /// Marches the equation from the end of the mesh to the centre, with `φ` raised by `extra[i][j]` at node `i` and column
    /// `j` (nothing if empty): implicit Euler steps, upwind differences in `g`. In floating point; nothing is
    /// proven here. `None` if `K` stops being positive: the constant is too small.
    pub fn march(profile: &Profile, constant: f64, extra: &[Vec<f64>]) -> Option<Self> {
        let n = profile.nodes.len();
        let inverse: Vec<f64> = profile.inverse.iter().map(|a| a.mid()).collect();
        let weight: Vec<f64> = inverse.iter().map(|a| a * a / (4.0 * constant)).collect();
        let top = {
            // On the column g = 1 the equation closes: K' = h(2 − K) + K²/(Ch).
            let mut k = 1.0 / weight[n - 1] * 0.25;
            let mut top: f64 = 20.0;
            for i in (0..n - 1).rev() {
                let dx = profile.nodes[i + 1] - profile.nodes[i];
                let h = 1.0 / inverse[i];
                // Linearly implicit, as below.
                let slope = -1.0 + 8.0 * k * weight[i];
                k = (k - dx * h * (2.0 - 4.0 * k * k * weight[i])) / (1.0 + dx * h * slope);
                if !(k > 0.0) {
                    return None;
                }
                top = top.max(3.0 * 4.0 * k * weight[i]);
            }
            top
        };
        if top > 1e7 {
            return None;
        }
        let g = columns(top);
        let m = g.len();
        let phi: Vec<f64> = g.iter().map(|&g| phi(g).mid()).collect();
        // A little below the solution (C/4)h²(1+g)² beyond the mesh, so that its chords are too.
        let start = 0.99 * constant / (4.0 * inverse[n - 1].powi(2));
        let mut row: Vec<f64> = g
            .iter()
            .map(|&g| start * (1.0 + 1.9 * g.min(2.0)))
            .collect();
        let mut values = vec![Vec::new(); n];
        values[n - 1].clone_from(&row);
        let (mut lower, mut diagonal, mut upper, mut load) = (vec![0.0; m], vec![0.0; m], vec![0.0; m], vec![0.0; m]);
        for i in (0..n - 1).rev() {
            let step = (profile.nodes[i + 1] - profile.nodes[i]) / inverse[i];
            let old = row.clone();
            let w = weight[i];
            let forcing: Vec<f64> = match extra.get(i) {
                Some(extra) => phi.iter().zip(extra).map(|(phi, e)| phi + e).collect(),
                None => phi.clone(),
            };
            // Where trajectories turn inward, the exact solution would have to be known from further out.
            let turn = (1..m)
                .find(|&j| {
                    let b = ((row[j] - row[j - 1]) / (g[j] - g[j - 1])).max(0.0);
                    g[j] > 1.0 && (4.0 * row[j] + (g[j] - 1.0) * b) * (g[j] - 1.0) * weight[i] <= 0.5 * g[j] * (g[j] * g[j] - 1.0)
                })
                .unwrap_or(m);
            for _ in 0..2 {
                for j in 0..turn {
                    let slope = match j {
                        0 => (row[1] - row[0]) / (g[1] - g[0]),
                        j if j + 1 == turn => (row[j] - row[j - 1]) / (g[j] - g[j - 1]),
                        _ => (row[j + 1] - row[j - 1]) / (g[j + 1] - g[j - 1]),
                    };
                    let l = 2.0 * row[j] + (g[j] - 1.0) * slope;
                    let speed = -0.5 * g[j] * (g[j] * g[j] - 1.0) + 2.0 * (g[j] - 1.0) * l * w;
                    diagonal[j] = 1.0 + step * (-g[j] + 4.0 * l * w);
                    (lower[j], upper[j]) = (0.0, 0.0);
                    load[j] = old[j] - step * (forcing[j] - l * l * w);
                    if speed > 0.0 && j > 0 {
                        let c = step * speed / (g[j] - g[j - 1]);
                        diagonal[j] += c;
                        lower[j] = -c;
                    } else if (speed < 0.0 || j == 0) && j + 1 < turn {
                        let c = -step * speed / (g[j + 1] - g[j]);
                        diagonal[j] += c;
                        upper[j] = -c;
                    }
                }
                for j in 1..turn {
                    let ratio = lower[j] / diagonal[j - 1];
                    diagonal[j] -= ratio * upper[j - 1];
                    load[j] -= ratio * load[j - 1];
                }
                row[turn - 1] = load[turn - 1] / diagonal[turn - 1];
                for j in (0..turn - 1).rev() {
                    row[j] = (load[j] - upper[j] * row[j + 1]) / diagonal[j];
                }
            }
            // Beyond the turn K only has to fall fast enough with K_g = 0, and may always fall faster.
            let mut slope = ((row[turn - 1] - row[turn - 2]) / (g[turn - 1] - g[turn - 2])).max(0.0);
            for j in turn..m {
                let mut k = old[j];
                for _ in 0..3 {
                    if forcing[j] - g[j] * k + 4.0 * k * k * w > 0.0 && 8.0 * k * w > g[j] {
                        k = (old[j] - step * (forcing[j] - 4.0 * k * k * w)) / (1.0 + step * (8.0 * k * w - g[j]));
                    }
                }
                slope *= 0.8;
                row[j] = k.min(old[j]).min(row[j - 1] + slope * (g[j] - g[j - 1]));
            }
            if !row.iter().all(|k| *k > 0.0 && k.is_finite()) {
                return None;
            }
            values[i].clone_from(&row);
        }
        Some(Self { columns: g, values })
    }

    /// Whether the function lives on the mesh of this profile.
    pub fn fits(&self, profile: &Profile) -> bool {
        self.values.len() == profile.nodes.len()
            && self.columns.len() > 1
            && self.values.iter().all(|row| row.len() == self.columns.len() && row.iter().all(|k| k.is_finite() && *k > 0.0))
    }
}
