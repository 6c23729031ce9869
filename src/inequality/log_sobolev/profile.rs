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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::line::LineMeasure;
    use crate::numerics::tolerances::{MESH, SOLVED};

    const INFINITY: f64 = f64::INFINITY;
    /// Rounding, relative.
    const ROUNDING: f64 = 1e-12;

    /// What two thousand samples can move the number of a node by where the hazard rate stays moderate, and where it grows to
    /// five (half a sample of the mass beyond is missing, `½h²` of its width).
    const SAMPLES: f64 = 0.1;
    const COARSER: f64 = 0.5;

    /// `∫_x^∞ e^{−t²/2}`.
    fn tail(x: f64) -> f64 {
        (0.5 * std::f64::consts::PI).sqrt() * core_math::erfc(x * std::f64::consts::FRAC_1_SQRT_2)
    }

    #[test]
    fn growth_of_normal_hazard_rates_is_bounded_below() {
        for (t, std) in [(0.3, 1.0), (2.0, 1.0), (5.0, 2.0), (6.0, 0.7)] {
            let measure = LineMeasure::gaussian(0.0, std).unwrap();
            let found = growth_beyond(Potential::new(&measure), t, INFINITY).unwrap();
            let z = t / std;
            let hazard = (-0.5 * z * z).exp() / tail(z);
            // h' = h(h − V'), in units of 1/std²; it increases with x.
            let exact = hazard * (hazard - z) / (std * std);
            assert!(found <= exact && found >= 0.8 * exact, "{t}: {found}, {exact}");
            // Sampford's bound itself.
            let rate = (3.0 * z + (z * z + 8.0).sqrt()) / 4.0;
            let expected = rate * (rate - z) / (std * std);
            assert!((found / expected - 1.0).abs() <= ROUNDING, "{t}: {found}, {expected}");
        }
        let normal = LineMeasure::gaussian(0.0, 1.0).unwrap();
        assert!(growth_beyond(Potential::new(&normal), -1.0, INFINITY).is_none());
    }

    #[test]
    fn growth_at_a_finite_end_is_that_of_a_pole() {
        let uniform = LineMeasure::uniform(0.0, 2.0).unwrap();
        let found = growth_beyond(Potential::new(&uniform), 1.5, 2.0).unwrap();
        assert!((4.0 * (1.0 - ROUNDING)..=4.0).contains(&found), "{found}");
        // V' = −1.5 up to the end: h ≥ e^{−1.5·0.1}/0.1 is what the bound knows.
        let rising = LineMeasure::parse("-1.5*x", 0.0, 1.0).unwrap();
        let found = growth_beyond(Potential::new(&rising), 0.9, 1.0).unwrap();
        let hazard = (-0.15_f64).exp() / 0.1;
        let expected = hazard * (hazard - 1.5);
        assert!((found / expected - 1.0).abs() <= ROUNDING, "{found}, {expected}");
        let exact = 1.5 / (1.0 - (-0.15_f64).exp());
        assert!(found <= exact * (exact + 1.5), "{found}");
        // Convex and increasing up to the end: the larger of the two bounds.
        let cut = LineMeasure::gaussian(0.0, 1.0).unwrap().restricted(-1.0, 2.0).unwrap();
        let found = growth_beyond(Potential::new(&cut), 1.0, 2.0).unwrap();
        let sampford = 1.5 * 0.5;
        let pole = (-2.0_f64).exp() * ((-2.0_f64).exp() - 2.0);
        assert!((found - sampford).abs() <= ROUNDING && sampford > pole, "{found}");
    }

    #[test]
    fn profile_of_a_normal_law_is_its_mills_ratio() {
        let measure = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let potential = Potential::new(&measure);
        let frame = Frame::new(potential);
        let (centre, constant, count) = (0.4, 2.1, 300);
        let profile = Profile::new(potential, &frame, centre, constant, count).unwrap();
        let last = *profile.nodes.last().unwrap();
        assert_eq!(profile.nodes[0], centre);
        // From twelve above the minimum on, h' ≥ 2.02/2.1.
        assert!(last * last / 2.0 > 12.0 && last < 10.0, "{last}");
        assert!(profile.growth >= 2.02 / constant && profile.growth < 1.0, "{}", profile.growth);
        assert_eq!(profile.inverse.len(), profile.nodes.len());
        assert_eq!(profile.cells.len() + 1, profile.nodes.len());
        assert!(
            profile.nodes.len() >= count - 2 && profile.nodes.len() <= count + 2,
            "{}",
            profile.nodes.len()
        );
        let mass = tail(centre);
        assert!(profile.mass.lo() <= mass * (1.0 + ROUNDING) && mass <= profile.mass.hi() * (1.0 + ROUNDING));
        assert!(profile.mass.width() <= MESH * mass, "{:?}", profile.mass);
        let mills = |x: f64| tail(x) * (0.5 * x * x).exp();
        let encloses = |found: Interval, exact: f64, width: f64, what: &str| {
            let rounding = ROUNDING * exact.abs().max(1.0);
            assert!(
                found.lo() <= exact + rounding && exact <= found.hi() + rounding,
                "{what}: {found:?}, {exact}"
            );
            assert!(found.width() <= width, "{what}: {found:?}");
        };
        for (i, x) in profile.nodes.iter().enumerate() {
            // What is left out beyond the frame is e^{−50}, seen from the last node as e^{−38}.
            encloses(profile.inverse[i], mills(*x), 1e-5, "node");
        }
        for (i, pair) in profile.nodes.windows(2).enumerate() {
            let width = pair[1] - pair[0];
            for share in [0.0, 0.3, 0.5, 0.8, 1.0] {
                let x = pair[0] + share * width;
                let a = mills(x);
                // A' = xA − 1, A'' = A + x·A'; what an interval on the cell may be too wide by.
                let (a1, a2) = (x * a - 1.0, a + x * (x * a - 1.0));
                let spread = 8.0 * width * (1.0 + x) + 1e-5;
                encloses(profile.cells[i][0], a, 4.0 * width * a1.abs() + 8.0 * width * width + 1e-5, "1/h");
                encloses(profile.cells[i][1], a1, spread, "slope of 1/h");
                encloses(profile.cells[i][2], a2, spread * (1.0 + x), "curvature of 1/h");
            }
        }
    }

    #[test]
    fn profile_ends_where_the_growth_is_enough_and_scales() {
        let measure = LineMeasure::uniform(0.0, 2.0).unwrap();
        let potential = Potential::new(&measure);
        let profile = Profile::new(potential, &Frame::new(potential), 0.5, 0.9, 100).unwrap();
        // The first point of the list does: 2 per cent of the way before the end.
        let last = *profile.nodes.last().unwrap();
        assert!((last - (2.0 - 1.5 * 0.02)).abs() <= ROUNDING, "{last}");
        for (i, x) in profile.nodes.iter().enumerate() {
            let found = profile.inverse[i];
            assert!(found.contains(2.0 - x) || (found.mid() - (2.0 - x)).abs() <= ROUNDING, "{x}: {found:?}");
            assert!(found.width() <= SOLVED, "{x}: {found:?}");
        }
        assert!((profile.mass.mid() - 1.5).abs() <= ROUNDING);
        // A small constant asks for more growth: the mesh goes on.
        let far = Profile::new(potential, &Frame::new(potential), 0.5, 1e-4, 100).unwrap();
        let far_end = *far.nodes.last().unwrap();
        assert!(far_end > last && far.growth >= 2.02 / 1e-4, "{far_end}, {}", far.growth);
        assert!((far.growth * (2.0 - far_end).powi(2) - 1.0).abs() <= SOLVED, "{}", far.growth);
        // For the law scaled by 3 the growth is a ninth, the mesh three times as long.
        let measure = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let potential = Potential::new(&measure);
        let scaled = LineMeasure::gaussian(0.0, 3.0).unwrap();
        let wide = Potential::new(&scaled);
        let one = Profile::new(potential, &Frame::new(potential), 0.2, 2.1, 80).unwrap();
        let three = Profile::new(wide, &Frame::new(wide), 0.6, 18.9, 80).unwrap();
        assert_eq!(one.nodes.len(), three.nodes.len());
        for (x, y) in one.nodes.iter().zip(&three.nodes) {
            assert!((3.0 * x - y).abs() <= MESH, "{x}, {y}");
        }
    }

    /// `count·(G(x) − G(first))/(G(last) − G(first))` is the number of a node if `G' ` is the density of the mesh.
    fn assert_equidistributed(nodes: &[f64], primitive: impl Fn(f64) -> f64, count: usize, resolution: f64) {
        let (first, last) = (nodes[0], nodes[nodes.len() - 1]);
        let total = primitive(last) - primitive(first);
        assert_eq!(nodes.len(), count + 1);
        for (k, x) in nodes.iter().enumerate() {
            let number = count as f64 * (primitive(*x) - primitive(first)) / total;
            assert!((number - k as f64).abs() <= resolution, "{k}: {x} has number {number}");
        }
    }

    #[test]
    fn mesh_follows_the_change_of_the_hazard_rate() {
        let count = 60;
        // Uniform on (0, 2): h = 1/(2−x), V' = 0.
        let measure = LineMeasure::uniform(0.0, 2.0).unwrap();
        let potential = Potential::new(&measure);
        let (first, last) = (0.3, 1.9);
        let nodes = mesh(potential, &Frame::new(potential), first, last, count);
        let primitive = |x: f64| -(2.0 - x).ln() + 8.0 * x / (last - first);
        assert_equidistributed(&nodes, primitive, count, SAMPLES);
        // Normal: h − V' = (−log Q + log p)'.
        let measure = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let potential = Potential::new(&measure);
        let (first, last) = (-1.5, 5.0);
        let nodes = mesh(potential, &Frame::new(potential), first, last, count);
        let primitive = |x: f64| -tail(x).ln() - 0.5 * x * x + 8.0 * x / (last - first);
        assert_equidistributed(&nodes, primitive, count, COARSER);
        // A rising density: h − V' = (−log Q)' + 3.
        let measure = LineMeasure::parse("-3*x", 0.0, 1.0).unwrap();
        let potential = Potential::new(&measure);
        let (first, last) = (0.1, 0.95);
        let nodes = mesh(potential, &Frame::new(potential), first, last, count);
        let primitive = |x: f64| -(3.0_f64.exp() - (3.0 * x).exp()).ln() + 3.0 * x + 8.0 * x / (last - first);
        assert_equidistributed(&nodes, primitive, count, COARSER);
    }

    #[test]
    fn break_points_belong_to_the_mesh_once() {
        let measure = LineMeasure::uniform(0.0, 2.0).unwrap();
        let potential = Potential::new(&measure);
        let plain = mesh(potential, &Frame::new(potential), 0.3, 1.9, 40);
        let breaks = vec![0.1, 0.3, plain[7], 1.0, 1.9, 1.95];
        let frame = Frame { breaks, ..Frame::new(potential) };
        let nodes = mesh(potential, &frame, 0.3, 1.9, 40);
        let mut expected = plain.clone();
        expected.push(1.0);
        expected.sort_by(f64::total_cmp);
        assert_eq!(nodes, expected);
        // Next to a node it takes its place.
        let frame = Frame { breaks: vec![plain[7] + 1e-12], ..Frame::new(potential) };
        assert_eq!(mesh(potential, &frame, 0.3, 1.9, 40).len(), plain.len());
        let frame = Frame { breaks: vec![plain[7] + 1e-7], ..Frame::new(potential) };
        assert_eq!(mesh(potential, &frame, 0.3, 1.9, 40).len(), plain.len() + 1);
    }
}
