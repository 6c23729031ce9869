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

use super::profile::Profile;
use crate::enclosure::Interval;

/// `K` on a mesh: `values[i][j]` belongs to node `i` of the profile and column `j`.
#[derive(Clone, Debug)]
pub(super) struct Supersolution {
    /// The columns `0 = g_0 < … < g_m`.
    pub columns: Vec<f64>,
    /// The values at the nodes, row by row.
    pub values: Vec<Vec<f64>>,
}

/// `φ(g) = (1−g²+g² log g²)/(g−1)² = 2 + 4∫₀¹(1−θ)log(1+θ(g−1))dθ`: increasing and concave.
fn phi(g: f64) -> Interval {
    let delta = Interval::point(g) - Interval::ONE;
    if (g - 1.0).abs() <= 0.2 {
        // 2 + 4 Σ (−1)^{k+1} δ^k/(k(k+1)(k+2)), and what is left out.
        let mut sum = Interval::point(2.0);
        let mut power = Interval::ONE;
        for k in 1..=20_i32 {
            power = power * delta;
            let kf = f64::from(k);
            let term = Interval::point(4.0) * power / Interval::point(kf * (kf + 1.0) * (kf + 2.0));
            sum = if k % 2 == 1 { sum + term } else { sum - term };
        }
        return sum + Interval::new(-1.0, 1.0) * power.abs();
    }
    if g == 0.0 {
        return Interval::ONE;
    }
    let square = Interval::point(g).square();
    (Interval::ONE - square + square * square.ln()) / delta.square()
}

/// Upper bound for how far `φ` rises above its chord between two columns.
fn phi_excess(g: f64, next: f64) -> f64 {
    let width = Interval::point(next) - Interval::point(g);
    if g < 0.7 {
        // Both tangents lie above a concave function: they meet at most this far above the chord.
        let derivative = |g: f64| {
            if g == 0.0 {
                return Interval::point(2.0);
            }
            let x = Interval::point(g);
            let delta = x - Interval::ONE;
            let outer = Interval::point(4.0) * x * x.ln();
            (outer - Interval::point(2.0) * phi(g) * delta) / delta.square()
        };
        let chord = (phi(next) - phi(g)) / width;
        let (left, right) = (derivative(g) - chord, chord - derivative(next));
        let excess = width * left * right / (left + right);
        if excess.lo() > -1.0 && excess.hi() < 1.0 && left.lo() > 0.0 && right.lo() > 0.0 {
            return excess.hi();
        }
    }
    // −φ'' = 4∫(1−θ)θ²/(1+θ(g−1))² ≤ 1/(3 min(1,g)²).
    let floor = Interval::point(g.min(1.0));
    (width.square() / (Interval::point(24.0) * floor.square())).hi()
}

/// The columns up to at least `top`.
fn columns(top: f64) -> Vec<f64> {
    let mut columns: Vec<f64> = (0..=60).map(|j| 0.05 * f64::from(j)).collect();
    columns[20] = 1.0;
    while columns[columns.len() - 1] < top {
        let last = columns[columns.len() - 1];
        columns.push(last * 1.04);
    }
    columns
}

impl Supersolution {
    /// Marches the equation for the constant `constant`, with `φ` raised by the factor `1 + slack`, from the end of
    /// the mesh to the centre: implicit Euler steps, upwind differences in `g`. In floating point; nothing
    /// is proven here. `None` if `K` stops being positive: the constant is too small.
    pub fn march(profile: &Profile, constant: f64, slack: f64) -> Option<Self> {
        let n = profile.nodes.len();
        let inverse: Vec<f64> = profile.inverse.iter().map(|a| a.mid()).collect();
        // A little more of the quadratic term far out, where the solution forgets it again, and for large g,
        // which hardly matter in the end, pays for the discretisation.
        let depth: Vec<f64> = profile.depth();
        let weight: Vec<f64> =
            inverse.iter().zip(&depth).map(|(a, d)| a * a / (4.0 * constant) * (1.0 + 40.0 * slack * d * d + 0.4 * d * d * d)).collect();
        let top = {
            // On the column g = 1 the equation closes: K' = h(2 − K) + K²/(Ch).
            let mut k = 1.0 / weight[n - 1] * 0.25;
            let mut top: f64 = 20.0;
            for i in (0..n - 1).rev() {
                let dx = profile.nodes[i + 1] - profile.nodes[i];
                let h = 1.0 / inverse[i];
                // Linearly implicit, as below.
                let slope = -1.0 + 8.0 * k * weight[i];
                k = (k - dx * h * (2.0 * (1.0 + slack) - 4.0 * k * k * weight[i])) / (1.0 + dx * h * slope);
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
        let forcing: Vec<f64> = g.iter().map(|&g| phi(g).mid() * (1.0 + slack)).collect();
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
            let extra = |g: f64| 1.0 + 0.02 * (0.5 * (g - 2.0)).clamp(0.0, 1.0);
            let old = row.clone();
            // Where trajectories turn inward, the exact solution would have to be known from further out.
            let turn = (1..m)
                .find(|&j| {
                    let b = ((row[j] - row[j - 1]) / (g[j] - g[j - 1])).max(0.0);
                    g[j] > 1.0 && (4.0 * row[j] + (g[j] - 1.0) * b) * (g[j] - 1.0) * weight[i] * extra(g[j]) <= 0.5 * g[j] * (g[j] * g[j] - 1.0)
                })
                .unwrap_or(m);
            for _ in 0..2 {
                for j in 0..turn {
                    let w = weight[i] * extra(g[j]);
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
                let w = weight[i] * extra(g[j]);
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
                let bad = row.iter().position(|k| !(*k > 0.0 && k.is_finite()));
                println!("i {i} n {n} start {start} row0 {:?}", &values[n-1][18..24]);
                println!("march: x {} h {} bad column {:?} {:?} old {:?}", profile.nodes[i], 1.0/inverse[i], bad, bad.map(|j| g[j]), &old[..30.min(m)]);
                return None;
            }
            values[i].clone_from(&row);
        }
        Some(Self { columns: g, values })
    }

    /// Proves the inequality on every cell, for the constant `constant`.
    ///
    /// On a cell the defect is bounded by its values at the four corners plus `⅛·width²` times its
    /// second derivatives in each direction.
    pub fn verify(&self, profile: &Profile, constant: f64) -> bool {
        self.worst(profile, constant, true) <= 0.0
    }

    /// Largest upper bound of the defect, stopping at the first positive one if so wished.
    pub fn worst(&self, profile: &Profile, constant: f64, stop: bool) -> f64 {
        let g = &self.columns;
        let m = g.len();
        let quarter = Interval::ONE / (Interval::point(4.0) * Interval::point(constant));
        let forcing: Vec<Interval> = g.iter().map(|&g| phi(g)).collect();
        let excess: Vec<f64> = g.windows(2).map(|pair| phi_excess(pair[0], pair[1])).collect();
        let point = Interval::point;
        let eighth = point(0.125);
        let mut worst = f64::NEG_INFINITY;
        // The start has to lie below the solution (C/4)h²(1+g)² beyond the mesh.
        let last = profile.nodes.len() - 1;
        let tail = point(constant) / (point(4.0) * profile.inverse[last].square());
        if !(profile.growth * constant >= 2.0) {
            return f64::INFINITY;
        }
        // Tangents of the convex (1+g)² at the middle of each cell lie below it.
        for (pair, k) in g.windows(2).zip(self.values[last].windows(2)) {
            let (left, right) = (point(pair[0]), point(pair[1]));
            let middle = Interval::ONE + point(0.5) * (left + right);
            let rise = middle * (right - left);
            let lowest = [tail * (middle.square() - rise), tail * (middle.square() + rise)];
            if k[0] > lowest[0].lo() || k[1] > lowest[1].lo() {
                return f64::INFINITY;
            }
        }
        for i in 0..last {
            let (low, high) = (&self.values[i], &self.values[i + 1]);
            let dx = point(profile.nodes[i + 1]) - point(profile.nodes[i]);
            let eighth_dx = eighth * dx.square();
            let slopes: Vec<Interval> = low.iter().zip(high).map(|(a, b)| (point(*b) - point(*a)) / dx).collect();
            let [a, a1, a2] = profile.cells[i];
            let d = a.square() * quarter;
            let two = point(2.0);
            let d1 = two * a * a1 * quarter;
            let d2 = two * (a1.square() + a * a2) * quarter;
            let ends = [profile.inverse[i], profile.inverse[i + 1]];
            let weights = ends.map(|a| a.square() * quarter);
            for j in 0..m {
                let outermost = j + 1 == m;
                let (b_low, b_high, dg) = if outermost {
                    (Interval::ZERO, Interval::ZERO, Interval::ZERO)
                } else {
                    let dg = point(g[j + 1]) - point(g[j]);
                    ((point(low[j + 1]) - point(low[j])) / dg, (point(high[j + 1]) - point(high[j])) / dg, dg)
                };
                let defect = |row: &[f64], b: Interval, end: usize, column: usize| {
                    let x = point(g[column]);
                    let l = two * point(row[column]) + (x - Interval::ONE) * b;
                    forcing[column]
                        - slopes[column] * ends[end]
                        - x * point(row[column])
                        - point(0.5) * x * (x.square() - Interval::ONE) * b
                        + l.square() * weights[end]
                };
                let mut top = defect(low, b_low, 0, j).hi().max(defect(high, b_high, 1, j).hi());
                let last_column = if outermost { j } else { j + 1 };
                if !outermost {
                    top = top.max(defect(low, b_low, 0, j + 1).hi()).max(defect(high, b_high, 1, j + 1).hi());
                }
                let b = b_low.hull(b_high);
                let span = Interval::new(g[j], g[last_column]);
                // Curvature in g: φ'' is in `excess`; −gK − ½g(g²−1)K_g gives −b(2+3g), L² gives 18b²·weight ≥ 0.
                let in_g = if outermost {
                    // Beyond the last column φ grows by at most 2/(g−1) per unit, K·g by K.
                    let k = low[j].min(high[j]);
                    if k * (g[j] - 1.0) < 2.1 { f64::INFINITY } else { 0.0 }
                } else {
                    let bend = b * (two + point(3.0) * span) - point(18.0) * b.square() * d;
                    excess[j] + (eighth * dg.square() * point(bend.hi().max(0.0))).hi()
                };
                let k = Interval::new(low[j].min(high[j]), low[j].max(high[j])).hull(Interval::new(
                    low[last_column].min(high[last_column]),
                    low[last_column].max(high[last_column]),
                ));
                let s = slopes[j].hull(slopes[last_column]);
                let s_g = if outermost { Interval::ZERO } else { (slopes[j + 1] - slopes[j]) / dg };
                let in_x = if outermost {
                    // For g beyond the last column only terms linear in g are added, and they are linear in x.
                    let bend = s * a2 - point(4.0) * (two * s.square() * d + point(4.0) * k * s * d1 + k.square() * d2);
                    (eighth_dx * point(bend.hi().max(0.0))).hi()
                } else {
                    let l = two * k + (span - Interval::ONE) * b;
                    let l_x = two * s + (span - Interval::ONE) * s_g;
                    let bend = s * a2 - two * l_x.square() * d - point(4.0) * l * l_x * d1 - l.square() * d2;
                    (eighth_dx * point(bend.hi().max(0.0))).hi()
                };
                let bound = (point(top) + point(in_g) + point(in_x)).hi();
                if bound > worst && bound > 0.0 && !stop { println!("   cell x {} {} g {} w {} lb {:.3} rb {:.3} b {:.3} {:.3} sK {:.3} {:.3} top {top:.4e} in_g {in_g:.3e} in_x {in_x:.3e} K {} slope {}", profile.nodes[i], dx.mid(), g[j], weights[0].mid(), defect(low,b_low,0,j).mid(), if outermost {0.0} else {defect(low, b_low, 0, j+1).mid()}, b_low.mid(), if j>0 {(low[j]-low[j-1])/(g[j]-g[j-1])} else {0.0}, slopes[j].mid(), slopes[last_column].mid(), low[j], slopes[j].mid()*profile.inverse[i].mid()); }
                worst = if bound > worst || bound.is_nan() { bound } else { worst };
                if stop && !(worst <= 0.0) {
                    return f64::INFINITY;
                }
            }
        }
        worst
    }
}
