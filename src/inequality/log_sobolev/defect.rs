//! The proof, cell by cell, that a function is a supersolution.
//!
//! With `A = 1/h` and `w = 1/(4Ch²)` the defect is
//! `φ(g) − A·K_x − gK − ½g(g²−1)K_g + w·(2K + (g−1)K_g)²`, to be shown `≤ 0`. On a cell `K` is bilinear, so the defect is at most its largest
//! value at the four corners plus `⅛·width²` times the largest negative second derivative in each
//! direction, which is small of second order.

use super::profile::Profile;
use super::supersolution::Supersolution;
use crate::enclosure::Interval;
use rayon::prelude::*;

/// `φ(g) = (1−g²+g² log g²)/(g−1)² = 2 + 4∫₀¹(1−θ)log(1+θ(g−1))dθ`: increasing and concave.
pub(super) fn phi(g: f64) -> Interval {
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

/// What depends on the columns alone.
struct Columns<'a> {
    g: &'a [f64],
    phi: Vec<Interval>,
    excess: Vec<f64>,
}

/// One column of cells: everything that depends on `x` alone.
struct Strip<'a> {
    /// `K` at the left and at the right end.
    ends: [&'a [f64]; 2],
    /// `A` at the ends.
    inverse: [Interval; 2],
    /// `w` at the ends.
    weight: [Interval; 2],
    /// `K_x` at the columns.
    slopes: Vec<Interval>,
    /// `⅛` of the squared width.
    eighth: Interval,
    /// `A''`, `w`, `w'`, `w''` on the strip.
    inner: [Interval; 4],
    /// `A` on the strip.
    inner_inverse: Interval,
}

fn point(x: f64) -> Interval {
    Interval::point(x)
}

impl Supersolution {
    /// Proves the inequality on the mesh of the profile and beyond it, for the constant `constant`.
    pub fn verify(&self, profile: &Profile, constant: f64) -> bool {
        let (g, columns) = (&self.columns, self.columns());
        self.starts_below(profile, constant)
            && (0..profile.cells.len()).into_par_iter().all(|i| {
                let strip = Strip::new(self, profile, constant, i);
                (0..g.len() - 1).all(|j| strip.defect(&columns, j).into_iter().all(|d| d <= 0.0))
                    && strip.defect_beyond(&columns) <= 0.0
            })
    }

    /// The bounds of the defect: entry `[i][j]` is the largest at column `j` of the cells to the right of node `i`.
    pub fn defects(&self, profile: &Profile, constant: f64) -> Vec<Vec<f64>> {
        let columns = self.columns();
        let m = self.columns.len();
        (0..profile.cells.len())
            .into_par_iter()
            .map(|i| {
                let strip = Strip::new(self, profile, constant, i);
                let mut bounds = vec![f64::NEG_INFINITY; m];
                for j in 0..m - 1 {
                    let [left, right] = strip.defect(&columns, j);
                    bounds[j] = bounds[j].max(left);
                    bounds[j + 1] = bounds[j + 1].max(right);
                }
                bounds[m - 1] = bounds[m - 1].max(strip.defect_beyond(&columns));
                bounds
            })
            .collect()
    }

    fn columns(&self) -> Columns<'_> {
        let g = &self.columns;
        Columns {
            g,
            phi: g.iter().map(|&g| phi(g)).collect(),
            excess: g.windows(2).map(|pair| phi_excess(pair[0], pair[1])).collect(),
        }
    }

    /// At the end of the mesh `K` has to lie below the explicit solution `(C/4)h²(1+g)²`.
    fn starts_below(&self, profile: &Profile, constant: f64) -> bool {
        let last = profile.nodes.len() - 1;
        let tail = point(constant) / (point(4.0) * profile.inverse[last].square());
        let explicit = (point(profile.growth) * point(constant)).lo() >= 2.0;
        // Tangents of the convex (1+g)² at the middle of each cell lie below it.
        explicit
            && self.columns.windows(2).zip(self.values[last].windows(2)).all(|(pair, k)| {
                let (left, right) = (point(pair[0]), point(pair[1]));
                let middle = Interval::ONE + point(0.5) * (left + right);
                let rise = middle * (right - left);
                k[0] <= (tail * (middle.square() - rise)).lo()
                    && k[1] <= (tail * (middle.square() + rise)).lo()
            })
    }
}

impl<'a> Strip<'a> {
    fn new(solution: &'a Supersolution, profile: &Profile, constant: f64, i: usize) -> Self {
        let quarter = Interval::ONE / (point(4.0) * point(constant));
        let (low, high) = (&solution.values[i], &solution.values[i + 1]);
        let width = point(profile.nodes[i + 1]) - point(profile.nodes[i]);
        let [a, a1, a2] = profile.cells[i];
        let two = point(2.0);
        let inverse = [profile.inverse[i], profile.inverse[i + 1]];
        Self {
            ends: [low, high],
            inverse,
            weight: inverse.map(|a| a.square() * quarter),
            slopes: low.iter().zip(high).map(|(a, b)| (point(*b) - point(*a)) / width).collect(),
            eighth: point(0.125) * width.square(),
            inner: [a2, a.square() * quarter, two * a * a1 * quarter, two * (a1.square() + a * a2) * quarter],
            inner_inverse: a,
        }
    }

    /// The defect at a corner, with `K_g = b`.
    fn corner(&self, columns: &Columns<'_>, end: usize, j: usize, b: Interval) -> f64 {
        let (g, k) = (point(columns.g[j]), point(self.ends[end][j]));
        let l = point(2.0) * k + (g - Interval::ONE) * b;
        let transport = g * k + point(0.5) * g * (g.square() - Interval::ONE) * b;
        (columns.phi[j] - self.slopes[j] * self.inverse[end] - transport + l.square() * self.weight[end]).hi()
    }

    /// Upper bounds for the cell between the columns `j` and `j + 1`: the defect at its corners on either column, with
    /// what the defect can exceed it by inside. The larger of the two bounds the defect on the cell.
    fn defect(&self, columns: &Columns<'_>, j: usize) -> [f64; 2] {
        let g = columns.g;
        let dg = point(g[j + 1]) - point(g[j]);
        let b = self.ends.map(|row| (point(row[j + 1]) - point(row[j])) / dg);
        let at =
            |column: usize| self.corner(columns, 0, column, b[0]).max(self.corner(columns, 1, column, b[1]));
        let top = [at(j), at(j + 1)];
        let b = b[0].hull(b[1]);
        let span = Interval::new(g[j], g[j + 1]);
        let [a2, w, w1, w2] = self.inner;
        let two = point(2.0);
        // In g: φ is taken care of by its own excess; −gK − ½g(g²−1)K_g gives −b(2+3g), the square 18wb².
        let bend = b * (two + point(3.0) * span) - point(18.0) * b.square() * w;
        let in_g = point(columns.excess[j]) + point(0.125) * dg.square() * point(bend.hi().max(0.0));
        // In x: A·K_x and w·L² with L linear.
        let corners = [self.ends[0][j], self.ends[1][j], self.ends[0][j + 1], self.ends[1][j + 1]];
        let k = corners.map(point).into_iter().reduce(Interval::hull).unwrap_or(Interval::ENTIRE);
        let s = self.slopes[j].hull(self.slopes[j + 1]);
        let offset = span - Interval::ONE;
        let l = two * k + offset * b;
        let l_x = two * s + offset * ((self.slopes[j + 1] - self.slopes[j]) / dg);
        let bend = s * a2 - two * l_x.square() * w - point(4.0) * l * l_x * w1 - l.square() * w2;
        let in_x = self.eighth * point(bend.hi().max(0.0));
        top.map(|top| (point(top) + in_g + in_x).hi())
    }

    /// Upper bound of the defect for `g` beyond the last column `G`, divided by `(1+g)²`. There `K = k(x)(1+g)²`, and the inequality
    /// reads `φ(g)/(1+g)² ≤ A·k' + k·g²(1 − 16kw)`: the left side decreases in `g`, and the right side increases if `16kw ≤ 1`.
    fn defect_beyond(&self, columns: &Columns<'_>) -> f64 {
        let j = columns.g.len() - 1;
        let g = point(columns.g[j]);
        let unit = (Interval::ONE + g).square();
        let k = point(self.ends[0][j]).hull(point(self.ends[1][j])) / unit;
        let [_, w, ..] = self.inner;
        let room = Interval::ONE - point(16.0) * k * w;
        if room.lo() < 0.0 {
            return f64::INFINITY;
        }
        let growth = self.inner_inverse * self.slopes[j] / unit;
        (columns.phi[j] / unit - growth - k * g.square() * room).hi()
    }
}

#[cfg(test)]
mod tests;
