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
//! `K` is bilinear on the cells of a mesh in `(x, g)`, and a multiple of `(1+g)²` beyond the last column.

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

/// The last column in units of the one where trajectories turn outward.
const OUTERMOST: f64 = 8.0;
/// Share of the largest admissible factor of `(1+g)²` that is used beyond the last column.
const SHARE: f64 = 0.9;
/// Iterations for the quadratic term within one implicit step.
const SWEEPS: usize = 3;

/// The columns up to at least `top`.
fn columns(top: f64) -> Vec<f64> {
    // φ has a logarithmic second derivative at 0, hence the finer start.
    let mut columns = vec![0.0, 0.01, 0.025, 0.045, 0.07, 0.1, 0.135, 0.17, 0.21, 0.255];
    columns.extend((6..20).map(|j| 0.05 * f64::from(j)));
    columns.push(1.0);
    columns.extend((21..=25).map(|j| 0.05 * f64::from(j)));
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
            // On the column g = 1 the equation closes: K' = h(2 − K) + K²/(Ch). Trajectories turn outward beyond
            // g ≈ √(8Kw); the columns go well beyond that.
            let mut k = 0.25 / weight[n - 1];
            let mut top: f64 = 10.0;
            for i in (0..n - 1).rev() {
                let step = (profile.nodes[i + 1] - profile.nodes[i]) / inverse[i];
                k = (k - step * (2.0 - 4.0 * k * k * weight[i])) / (1.0 + step * (8.0 * k * weight[i] - 1.0));
                if k <= 0.0 || k.is_nan() {
                    return None;
                }
                top = top.max(OUTERMOST * (8.0 * k * weight[i]).sqrt());
            }
            top
        };
        if top > 1e6 {
            return None;
        }
        let g = columns(top);
        let m = g.len();
        let phi: Vec<f64> = g.iter().map(|&g| phi(g).mid()).collect();
        let outer = |w: f64| SHARE / (16.0 * w);
        let mut row: Vec<f64> = g.iter().map(|&g| outer(weight[n - 1]) * (1.0 + g).powi(2)).collect();
        let mut values = vec![Vec::new(); n];
        values[n - 1].clone_from(&row);
        let (mut lower, mut diagonal, mut upper, mut load) =
            (vec![0.0; m], vec![0.0; m], vec![0.0; m], vec![0.0; m]);
        for i in (0..n - 1).rev() {
            let step = (profile.nodes[i + 1] - profile.nodes[i]) / inverse[i];
            let old = row.clone();
            let w = weight[i];
            let forcing: Vec<f64> = match extra.get(i) {
                Some(extra) => phi.iter().zip(extra).map(|(phi, e)| phi + e).collect(),
                None => phi.clone(),
            };
            row[m - 1] = outer(w) * (1.0 + g[m - 1]).powi(2);
            for _ in 0..SWEEPS {
                for j in 0..m - 1 {
                    let slope = if j == 0 {
                        (row[1] - row[0]) / (g[1] - g[0])
                    } else {
                        (row[j + 1] - row[j - 1]) / (g[j + 1] - g[j - 1])
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
                    } else {
                        let c = -step * speed / (g[j + 1] - g[j]);
                        diagonal[j] += c;
                        upper[j] = -c;
                    }
                }
                for j in 1..m - 1 {
                    let ratio = lower[j] / diagonal[j - 1];
                    diagonal[j] -= ratio * upper[j - 1];
                    load[j] -= ratio * load[j - 1];
                }
                for j in (0..m - 1).rev() {
                    row[j] = (load[j] - upper[j] * row[j + 1]) / diagonal[j];
                }
            }
            // K(1−g)² has to decrease on [0, 1): a lower f(x) costs more. The scheme loses that near 0 in Gaussian tails,
            // where it nearly stands still; K may always be taken lower.
            for j in 1..m {
                if g[j] > 0.5 {
                    break;
                }
                row[j] = row[j].min(row[j - 1] * ((1.0 - g[j - 1]) / (1.0 - g[j])).powi(2));
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
            && self
                .values
                .iter()
                .all(|row| row.len() == self.columns.len() && row.iter().all(|k| k.is_finite() && *k > 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Frame;
    use super::super::potential::Potential;
    use super::*;
    use crate::measure::line::LineMeasure;
    use crate::numerics::tolerances::{COARSE, ROUNDING};

    fn normal_profile(constant: f64, cells: usize) -> Profile {
        let measure = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let potential = Potential::new(&measure);
        Profile::new(potential, &Frame::new(potential), 0.0, constant, cells).unwrap()
    }

    #[test]
    fn columns_reach_the_top_with_zero_and_one_among_them() {
        for top in [1.1, 1.25, 3.0, 10.0, 400.0] {
            let found = columns(top);
            let last = found[found.len() - 1];
            assert!(last >= top && (last < top * 1.04 || last == 1.25), "{top}: {last}");
            assert_eq!(found[0], 0.0);
            assert!(found.contains(&1.0));
            assert!(found.windows(2).all(|w| w[1] > w[0] + 9.0 * COARSE));
            assert!(found.windows(2).all(|w| w[1] - w[0] <= (0.05_f64 + ROUNDING).max(0.0401 * w[0])));
        }
    }

    #[test]
    fn column_one_solves_its_own_equation() {
        // K' = h(2 − K) + K²/(Ch) on g = 1, backward from the end of the mesh: by Runge's and Kutta's method with the hazard rate
        // interpolated between the nodes.
        let constant = 2.4;
        let profile = normal_profile(constant, 1500);
        let found = Supersolution::march(&profile, constant, &[]).unwrap();
        assert!(found.fits(&profile));
        let one = found.columns.iter().position(|g| *g == 1.0).unwrap();
        let n = profile.nodes.len();
        let mut k = found.values[n - 1][one];
        // (1+g)² = 4 times 0.9/(16w).
        let w = profile.inverse[n - 1].mid().powi(2) / (4.0 * constant);
        assert!((k / (4.0 * SHARE / (16.0 * w)) - 1.0).abs() <= ROUNDING, "{k}");
        let right = |a: f64, k: f64| (2.0 - k) / a + k * k * a / constant;
        for i in (0..n - 1).rev() {
            let step = profile.nodes[i + 1] - profile.nodes[i];
            let (from, to) = (profile.inverse[i + 1].mid(), profile.inverse[i].mid());
            let middle = 0.5 * (from + to);
            let k1 = right(from, k);
            let k2 = right(middle, k - 0.5 * step * k1);
            let k3 = right(middle, k - 0.5 * step * k2);
            let k4 = right(to, k - step * k3);
            k -= step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
            // First order in steps of the unit 1/1500 of the mesh.
            let here = found.values[i][one];
            assert!((here / k - 1.0).abs() <= 0.02, "{i}: {here}, {k}");
        }
    }

    #[test]
    fn smooth_part_solves_the_equation_up_to_the_order_of_the_scheme() {
        let constant = 2.6;
        let largest = |cells: usize| {
            let profile = normal_profile(constant, cells);
            let found = Supersolution::march(&profile, constant, &[]).unwrap();
            let (g, n) = (&found.columns, profile.nodes.len());
            let mut worst = 0.0_f64;
            for i in n / 4..n / 2 {
                let a = profile.inverse[i].mid();
                let w = a * a / (4.0 * constant);
                for j in (0..g.len() - 1).filter(|j| g[*j] > 0.55 && g[*j] < 3.0) {
                    let row = &found.values[i];
                    let k_x = (found.values[i + 1][j] - found.values[i - 1][j])
                        / (profile.nodes[i + 1] - profile.nodes[i - 1]);
                    let k_g = (row[j + 1] - row[j - 1]) / (g[j + 1] - g[j - 1]);
                    let l = 2.0 * row[j] + (g[j] - 1.0) * k_g;
                    let transport = g[j] * row[j] + 0.5 * g[j] * (g[j] * g[j] - 1.0) * k_g;
                    let defect = phi(g[j]).mid() - a * k_x - transport + l * l * w;
                    worst = worst.max(defect.abs());
                }
            }
            worst
        };
        let (coarse, fine) = (largest(200), largest(800));
        // φ is 2 at 1; what remains comes from upwind differences in g.
        assert!(fine <= 0.15 && fine <= 0.7 * coarse, "{coarse}, {fine}");
    }

    #[test]
    fn raising_the_right_side_lowers_the_solution_there_and_further_in() {
        let constant = 2.4;
        let profile = normal_profile(constant, 200);
        let plain = Supersolution::march(&profile, constant, &[]).unwrap();
        let (n, m) = (profile.nodes.len(), plain.columns.len());
        let mut extra = vec![vec![0.0; m]; n - 1];
        extra[100] = vec![0.05; m];
        let raised = Supersolution::march(&profile, constant, &extra).unwrap();
        assert_eq!(raised.columns, plain.columns);
        let one = plain.columns.iter().position(|g| *g == 1.0).unwrap();
        for i in 0..n {
            let (a, b) = (plain.values[i][one], raised.values[i][one]);
            assert!(if i > 100 { a == b } else { b < a }, "{i}: {a}, {b}");
        }
        // One step of hΔx·0.05 at the row itself.
        let step = (profile.nodes[101] - profile.nodes[100]) / profile.inverse[100].mid();
        let change = plain.values[100][one] - raised.values[100][one];
        assert!((change / (0.05 * step) - 1.0).abs() <= 0.2, "{change}, {}", 0.05 * step);
    }

    #[test]
    fn constants_below_the_truth_have_no_solution() {
        // 2C_P = 2 for the normal law; the mesh of a larger constant serves.
        let profile = normal_profile(2.4, 300);
        assert!(Supersolution::march(&profile, 0.9, &[]).is_none());
        let found = Supersolution::march(&profile, 2.4, &[]).unwrap();
        for row in &found.values {
            // K(1−g)² decreases on [0, ½].
            for j in 1..found.columns.len() {
                let (before, here) = (found.columns[j - 1], found.columns[j]);
                if here <= 0.5 {
                    let [a, b] = [row[j - 1] * (1.0 - before).powi(2), row[j] * (1.0 - here).powi(2)];
                    assert!(b <= a * (1.0 + 4.0 * f64::EPSILON), "{a}, {b}");
                }
            }
        }
    }

    #[test]
    fn only_the_own_mesh_fits() {
        let profile = normal_profile(2.4, 100);
        let found = Supersolution::march(&profile, 2.4, &[]).unwrap();
        assert!(found.fits(&profile));
        let mut short = found.clone();
        short.values.pop();
        assert!(!short.fits(&profile));
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let mut changed = found.clone();
            changed.values[3][5] = bad;
            assert!(!changed.fits(&profile), "{bad}");
        }
        let mut ragged = found.clone();
        ragged.values[2].pop();
        assert!(!ragged.fits(&profile));
        let lonely = Supersolution { columns: vec![0.0], values: vec![vec![1.0]; profile.nodes.len()] };
        assert!(!lonely.fits(&profile));
    }
}
