//! One side of a measure, seen outward from a centre: certified hazard rates on a mesh.
//!
//! For `x ≥ c` let `Q(x) = ∫_x^b e^{−V}` and `h = e^{−V}/Q` the hazard rate. It solves `h' = h(h − V')`. The mesh
//! stops at a point `T` from which on `C·h' ≥ 2` is known, see [`Profile::new`].

use super::frame::{Frame, right_remainder};
use super::potential::{Potential, cell_integral, exponential};
use crate::enclosure::Interval;

/// What is known of the measure to the right of a centre.
pub(super) struct Profile {
    /// The mesh `c = x_0 < … < x_n = T`.
    pub nodes: Vec<f64>,
    /// `1/h` at the nodes.
    pub inverse: Vec<Interval>,
    /// On each cell: `1/h` and its first two derivatives.
    pub cells: Vec<[Interval; 3]>,
    /// `∫_c^b e^{L−V}`, `L` the level of the frame.
    pub mass: Interval,
    /// Lower bound of `h'` on `[T, b)`.
    pub growth: f64,
}

/// Lower bound for `h'` beyond `t`, from convexity: if `V'' ≥ ρ > 0` there and `V'(t) = a > 0`, then `h` is at
/// least the hazard rate of the Gaussian tail with the same `a` and `ρ`, which Sampford's bound
/// (1953) puts above `√ρ·(3y + √(y²+8))/4`, `y = a/√ρ`, and `h' = h(h − V')` grows with `h`.
/// At a finite end where `V'` stays bounded by `m`, `1/h ≤ (b−x)e^{m(b−x)}`.
fn growth_beyond(potential: Potential<'_>, t: f64, end: f64) -> Option<f64> {
    let tail = if end.is_finite() { Some(potential.series(Interval::new(t, end))) } else { None };
    let curvature =
        tail.map_or_else(|| potential.convexity_beyond(t), |tail| (Interval::point(2.0) * tail[2]).lo());
    let slope = potential.series(Interval::point(t))[1].lo();
    let mut growth = f64::NEG_INFINITY;
    if curvature > 0.0 && slope > 0.0 && curvature.is_finite() {
        let rho = Interval::point(curvature);
        let y = Interval::point(slope) / rho.sqrt();
        let rate =
            (Interval::point(3.0) * y + (y.square() + Interval::point(8.0)).sqrt()) / Interval::point(4.0);
        growth = (rho * rate * (rate - y)).lo();
    }
    if let Some(tail) = tail {
        let m = Interval::point(tail[1].magnitude());
        let rest = Interval::point(end) - Interval::point(t);
        let hazard = Interval::ONE / (rest * (m * rest).exp());
        growth = growth.max((hazard * (hazard - m)).lo());
    }
    (growth > 0.0).then_some(growth)
}

impl Profile {
    /// The side to the right of `centre` with about `count` cells, such that `h' ≥ 2/C` beyond the mesh for
    /// `C = constant`. `None` if no such point is found or an enclosure fails.
    pub fn new(
        potential: Potential<'_>,
        frame: &Frame,
        centre: f64,
        constant: f64,
        count: usize,
    ) -> Option<Self> {
        let end = frame.support.1;
        let level = Interval::point(frame.level);
        let needed = 2.02 / constant;
        let (last, growth) = (0..60).find_map(|i| {
            let t = if end.is_finite() {
                end - (end - centre) * 0.02 * 0.8_f64.powi(i)
            } else {
                // From about four standard deviations out to the cut.
                let wanted = 12.0 + f64::from(i) * 0.6;
                let mut t = frame.right;
                let step = (frame.right - centre) / 400.0;
                while t > centre + step && potential.value(t - step) - frame.level > wanted {
                    t -= step;
                }
                t
            };
            let growth = growth_beyond(potential, t, end)?;
            (growth >= needed).then_some((t, growth))
        })?;
        let nodes = mesh(potential, frame, centre, last, count);
        // Beyond the mesh the mass is integrated on to the cut, where Q ≤ e^{−V}/V' ends it.
        let mut edges = nodes.clone();
        let (stop, rest) = if end.is_finite() {
            (end, Interval::ZERO)
        } else {
            (frame.right, right_remainder(potential, frame.level, frame.right)?)
        };
        if stop > last {
            let extra = 400;
            edges.extend((1..=extra).map(|i| {
                if i == extra { stop } else { last + (stop - last) * f64::from(i) / f64::from(extra) }
            }));
        }
        let mut remaining = rest;
        let (mut inverse, mut cells) = (Vec::new(), Vec::new());
        let mut outer_mass = remaining;
        for (i, pair) in edges.windows(2).enumerate().rev() {
            let (x, y) = (Interval::point(pair[0]), Interval::point(pair[1]));
            let cell = potential.series(Interval::new(pair[0], pair[1]));
            let middle = potential.series(Interval::point(0.5 * (pair[0] + pair[1])));
            let density = |mut v: [Interval; 5]| {
                v[0] = v[0] - level;
                exponential(&v.map(|c| -c))
            };
            let piece = cell_integral(&density(middle), &density(cell), y - x);
            if !(piece.lo() > 0.0 && piece.is_finite()) {
                return None;
            }
            remaining = remaining + piece;
            if i + 1 < nodes.len() {
                let at = |point: Interval, mass: Interval| mass / (level - potential.series(point)[0]).exp();
                if i + 2 == nodes.len() {
                    inverse.push(at(y, outer_mass));
                }
                inverse.push(at(x, remaining));
                // On the cell: 1/h from its mean-value form around both ends.
                let slope = cell[1];
                let curvature = Interval::point(2.0) * cell[2];
                let crude = Interval::new(0.0, 1.0) * (y - x);
                let (left, right) = (inverse[inverse.len() - 1], inverse[inverse.len() - 2]);
                let wide = outer_mass.hull(remaining) * (cell[0] - level).exp();
                let rate = slope * wide - Interval::ONE;
                let from_left = left + rate * crude;
                let from_right = right - rate * crude;
                let value =
                    from_left.intersection(from_right).and_then(|v| v.intersection(wide)).unwrap_or(wide);
                let first = slope * value - Interval::ONE;
                let second = curvature * value + slope * first;
                cells.push([value, first, second]);
            }
            outer_mass = remaining;
        }
        inverse.reverse();
        cells.reverse();
        Some(Self { nodes, inverse, cells, mass: remaining, growth })
    }
}

/// A mesh from `first` to `last`, finer where the hazard rate changes fast, with the break points among
/// its nodes.
fn mesh(potential: Potential<'_>, frame: &Frame, first: f64, last: f64, count: usize) -> Vec<f64> {
    let samples: u16 = 2000;
    let width = (last - first) / f64::from(samples);
    let at = |i: u16| first + (f64::from(i) + 0.5) * width;
    let mut beyond = 0.0;
    let end = if frame.support.1.is_finite() { frame.support.1 } else { frame.right };
    let step = (end - last) / 200.0;
    for i in 0..200 {
        beyond += (frame.level - potential.value(last + (f64::from(i) + 0.5) * step)).exp() * step;
    }
    let mut density = vec![0.0; usize::from(samples)];
    for i in (0..samples).rev() {
        let x = at(i);
        let p = (frame.level - potential.value(x)).exp();
        beyond += p * width;
        let delta = 1e-6 * (last - first);
        let slope = (potential.value(x + delta) - potential.value(x - delta)) / (2.0 * delta);
        let change = (p / beyond - slope).max(0.0);
        density[usize::from(i)] = change + 8.0 / (last - first);
    }
    let total: f64 = density.iter().sum();
    let mut nodes = vec![first];
    let (mut cumulative, mut next) = (0.0, 1);
    for (i, d) in density.iter().enumerate() {
        let share = d / total * count as f64;
        while next < count && cumulative + share >= next as f64 {
            let inside = (next as f64 - cumulative) / share;
            nodes.push(first + (i as f64 + inside) * width);
            next += 1;
        }
        cumulative += share;
    }
    nodes.push(last);
    nodes.extend(frame.breaks.iter().filter(|b| **b > first && **b < last));
    nodes.sort_by(f64::total_cmp);
    nodes.dedup_by(|a, b| *a - *b < 1e-9 * (last - first));
    nodes
}
