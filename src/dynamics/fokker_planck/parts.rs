//! Grids, maps, ramps, limits and tables, each by itself.

use super::divergence::{divergences, doubt};
use super::grid::{Grid, Map, Ramp};
use super::refinement::{limit, noise, tabulated_limit, witnessed};
use super::stepper::solve;
use super::*;
use crate::path::line::{AtomsCurve, LineBase};
use crate::path::{LineCurve, MixtureCurve};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::FRAC_PI_2;

/// Rounding of some hundred operations on numbers of size one.
const ROUNDING: f64 = 1e-12;

fn light() -> MixtureCurve {
    MixtureCurve::new(&[0.3, 0.7], &[-1.5, 1.0], &[0.5, 0.6]).unwrap()
}

fn heavy() -> AtomsCurve {
    AtomsCurve::new(&[0.2, 0.8], &[-3.0, 1.0], LineBase::Student { dof: 2.5 }).unwrap()
}

#[track_caller]
fn is_a_grid(map: &Map, cells: usize) -> Grid {
    let grid = map.grid(cells);
    assert_eq!((grid.nodes.len(), grid.cells.len()), (cells + 1, cells + 1));
    assert_eq!((grid.faces.len(), grid.gaps.len()), (cells, cells));
    for i in 0..cells {
        assert!(
            grid.nodes[i] < grid.faces[i] && grid.faces[i] < grid.nodes[i + 1],
            "{i}: {:?} {:?}",
            &grid.nodes[i.saturating_sub(2)..i + 3],
            &grid.faces[i.saturating_sub(2)..i + 3]
        );
        // The slope at the face times the step is the distance up to the third derivative of the map.
        let distance = grid.nodes[i + 1] - grid.nodes[i];
        let curved = 0.05;
        assert!((grid.gaps[i] / distance - 1.0).abs() < curved, "{i}: {} {distance}", grid.gaps[i]);
        if i > 0 {
            let cell = 0.5 * (grid.nodes[i + 1] - grid.nodes[i - 1]);
            assert!((grid.cells[i] / cell - 1.0).abs() < curved, "{i}: {} {cell}", grid.cells[i]);
        }
    }
    // End nodes own half a cell.
    let halves = [
        grid.cells[0] / (grid.nodes[1] - grid.nodes[0]),
        grid.cells[cells] / (grid.nodes[cells] - grid.nodes[cells - 1]),
    ];
    assert!(halves.iter().all(|h| (0.4..0.6).contains(h)), "{halves:?}");
    // Nested: every second node.
    let fine = map.grid(2 * cells);
    for i in 0..=cells {
        assert!((fine.nodes[2 * i] - grid.nodes[i]).abs() < ROUNDING * (1.0 + grid.nodes[i].abs()), "{i}");
    }
    grid
}

#[test]
fn maps_hold_all_slices() {
    let curve = light();
    for (first, last) in [(FRAC_PI_2, 0.0), (1.0, 0.3)] {
        let map = Map::around(&curve, first, last).unwrap();
        let grid = is_a_grid(&map, 128);
        let (lo, hi) = (grid.nodes[0], grid.nodes[128]);
        let inner = map.inner(128);
        for angle in [first, 0.5 * (first + last), last] {
            let slice = curve.slice(angle).unwrap();
            // 10⁻¹⁶ outside the grid, up to what slices between those that are looked at do.
            let factor = 1.5;
            assert!(slice.masses(lo).0 < factor * 1e-16 && slice.masses(hi).1 < factor * 1e-16, "{angle}");
            let narrow = (grid.nodes[inner.start], grid.nodes[inner.end - 1]);
            assert!(slice.masses(narrow.0).0 < factor * 1e-12 && slice.masses(narrow.1).1 < factor * 1e-12);
        }
        // Neither is longer than that asks for.
        let widest = |level: f64| {
            let all = (0..=24)
                .map(|k| curve.slice(last + (first - last) * f64::from(k) / 24.0).unwrap().window(level));
            all.fold((0.0_f64, 0.0_f64), |(a, b), (lo, hi)| (a.min(lo), b.max(hi)))
        };
        let (outer, within) = (widest(1e-16), widest(1e-12));
        let probed = 0.02;
        assert!((lo - outer.0).abs() < probed && (hi - outer.1).abs() < probed, "{lo} {hi} {outer:?}");
        assert!(inner.start > 0 && inner.end < 129);
        assert!(
            grid.nodes[inner.start + 1] > within.0 && grid.nodes[inner.end - 2] < within.1,
            "{inner:?} {within:?}"
        );
        assert_eq!(map.inner(256).start / 2, inner.start);
        // Light tails: nothing is graded.
        assert_eq!(Map::graded(&curve, first, last).unwrap(), map);
        // Shorter cells in the middle, the same ends.
        let rescaled = map.rescaled(0.3);
        let other = is_a_grid(&rescaled, 128);
        assert!(
            (other.nodes[0] - lo).abs() < ROUNDING * 10.0 && (other.nodes[128] - hi).abs() < ROUNDING * 10.0
        );
        let least = |grid: &Grid| grid.gaps.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(least(&other) < 0.8 * least(&grid));
        let other_inner = rescaled.inner(128);
        assert!(
            (other.nodes[other_inner.start] - grid.nodes[inner.start]).abs() < 4.0 * grid.gaps[inner.start]
        );
    }
    assert!(Map::around(&curve, 1.0, f64::NAN).is_err());
}

#[test]
fn heavy_tails_get_cells_that_grow_and_bumps_cells_of_their_own() {
    let curve = heavy();
    let (first, last) = (FRAC_PI_2, 0.02);
    let plain = Map::around(&curve, first, last).unwrap();
    let graded = Map::graded(&curve, first, last).unwrap();
    assert_ne!(plain, graded);
    let (coarse, fine) = (is_a_grid(&plain, 1024), is_a_grid(&graded, 1024));
    assert!((coarse.nodes[0] / fine.nodes[0] - 1.0).abs() < 1e-9);
    assert!((coarse.nodes[1024] / fine.nodes[1024] - 1.0).abs() < 1e-9);
    let near = |grid: &Grid, at: f64| grid.nodes.iter().filter(|y| (*y - at).abs() < 0.1).count();
    for at in [-3.0, 1.0] {
        assert!(near(&fine, at) > 2 * near(&coarse, at), "{} {}", near(&fine, at), near(&coarse, at));
    }
    // All bumps together have as many cells as the rest, those with more weight more of them.
    assert!(near(&fine, 1.0) > near(&fine, -3.0));
}

#[test]
fn ramps_start_flat_and_end_where_they_should() {
    let ramp = Ramp { first: 1.4, last: 0.2 };
    let (start, end) = (ramp.at(0.0), ramp.at(1.0));
    assert_eq!((start.0, start.1, end.0), (1.4, 0.0, 0.2));
    assert_eq!(ramp.at(1.5).0, 0.2);
    let h = 1e-5;
    let mut before = 1.4;
    for k in 1..20 {
        let s = f64::from(k) / 20.0;
        let (angle, speed) = ramp.at(s);
        let slope = (ramp.at(s - h).0 - ramp.at(s + h).0) / (2.0 * h);
        let difference = 1e-6;
        assert!((slope - speed).abs() < difference, "{s}: {slope} {speed}");
        assert!(angle < before && speed >= 0.0);
        before = angle;
    }
    // Third order at the start: eight times as far in twice the parameter.
    let passed = |s: f64| 1.4 - ramp.at(s).0;
    assert!((passed(2e-3) / passed(1e-3) - 8.0).abs() < 1e-2);
    // Nearly uniform later.
    assert!((ramp.at(0.6).1 / ramp.at(1.0).1 - 1.0).abs() < 0.05);
}

#[test]
fn masses_of_cells_sum_to_one() {
    let grid = Grid { nodes: vec![0.0, 1.0, 3.0], cells: vec![0.5, 1.5, 2.0], faces: vec![], gaps: vec![] };
    let (masses, logs) = grid.masses(|points, values| {
        for (value, y) in values.iter_mut().zip(points) {
            *value = 7.0 - y;
        }
    });
    let weights = [0.5, 1.5 * (-1.0_f64).exp(), 2.0 * (-3.0_f64).exp()];
    let total: f64 = weights.iter().sum();
    for ((mass, log), weight) in masses.iter().zip(&logs).zip(weights) {
        assert!((mass - weight / total).abs() < ROUNDING && (log - mass.ln()).abs() < ROUNDING);
    }
}

#[test]
fn a_step_inverts_its_matrix() {
    let (up, down) = (vec![0.3, 2.0, 0.7, 5.0], vec![1.1, 0.2, 3.0, 0.4]);
    let n = 5;
    let mut generator = DMatrix::zeros(n, n);
    for i in 0..n - 1 {
        generator[(i, i)] -= up[i];
        generator[(i + 1, i)] += up[i];
        generator[(i + 1, i + 1)] -= down[i];
        generator[(i, i + 1)] += down[i];
    }
    for c in [0.1, 1.0, 50.0] {
        let right: Vec<[f64; 2]> = (0..n).map(|i| [1.0 + i as f64, (i as f64).sin()]).collect();
        let mut x = right.clone();
        assert!(solve(&up, &down, c, &mut x, &mut vec![[0.0; 2]; n]));
        let inverse = (DMatrix::identity(n, n) - &generator * c).try_inverse().unwrap();
        for r in 0..2 {
            let exact = &inverse * DVector::from_iterator(n, right.iter().map(|b| b[r]));
            for i in 0..n {
                assert!((x[i][r] - exact[i]).abs() < ROUNDING, "{c} {i}");
            }
        }
    }
    let mut negative = vec![[-1.0], [0.5]];
    assert!(!solve(&[1.0], &[1.0], 0.1, &mut negative, &mut [[0.0; 2]; 2]));
    let mut unknown = vec![[f64::NAN], [0.5]];
    assert!(!solve(&[1.0], &[1.0], 0.1, &mut unknown, &mut [[0.0; 2]; 2]));
}

#[test]
fn divergences_of_a_few_cells() {
    // Deviations on either side of the two thresholds, 0.01 and 0.5.
    let p = [0.2, 0.3, 0.25, 0.25_f64];
    for shares in [[0.009, -0.006], [0.011, -0.0075], [0.4, -0.3], [0.9, -0.6]] {
        let [a, b]: [f64; 2] = shares;
        let w = [a, a * -0.5, b, 0.0];
        let mut g: Vec<f64> = p.iter().zip(w).map(|(p, w)| p * w).collect();
        g[3] = -(g[0] + g[1] + g[2]);
        let q: Vec<f64> = p.iter().zip(&g).map(|(p, g)| p + g).collect();
        let logs: Vec<f64> = p.iter().map(|p| p.ln()).collect();
        let state: Vec<[f64; 2]> = q.iter().zip(&g).map(|(q, g)| [*q, *g]).collect();
        let found = divergences(&p, &logs, &state);
        let sum = |f: &dyn Fn(f64, f64) -> f64| p.iter().zip(&q).map(|(p, q)| f(*p, *q)).sum::<f64>();
        let exact = [
            sum(&|p, q| p * (p / q).ln()),
            sum(&|p, q| q * (q / p).ln()),
            sum(&|p, q| (q - p) * (q - p) / p),
        ];
        for (found, exact) in found.iter().zip(exact) {
            assert!((found - exact).abs() < 1e-4 * ROUNDING + 1e-10 * exact, "{shares:?}: {found} {exact}");
        }
    }
    // Masses that are not positive may have any logarithm down to that of the smallest number.
    let worst = -f64::MIN_POSITIVE.ln();
    let lost = doubt(&[0.1, 0.2, 0.7], &[[0.1, 0.0], [-0.05, 0.0], [0.0, 0.0]]);
    assert!((lost - worst * (0.25 + 0.7)).abs() < ROUNDING * worst, "{lost}");
    assert_eq!(doubt(&[0.1, 0.2], &[[0.1, 0.0], [1e-300, 0.0]]), 0.0);
}

#[test]
fn limits_of_few_or_disorderly_figures() {
    assert!(limit(&[]).0.is_nan());
    assert_eq!(limit(&[2.0]), (2.0, f64::INFINITY));
    // Second order: 1 + h².
    let (value, radius) = limit(&[1.25, 1.0625]);
    assert!((value - 1.0).abs() < ROUNDING && (radius - 0.1875).abs() < ROUNDING, "{value} {radius}");
    // Figures that agree are not believed to more than a part of themselves.
    assert!((limit(&[1.0, 1.0]).1 - 1e-4).abs() < ROUNDING);
    // Second and fourth order: exact, with the last change of the figure extrapolated once as error.
    let figure = |h: f64| 1.0 + 0.5 * h * h + 0.05 * h.powi(4);
    let three = [1.0, 0.5, 0.25].map(figure);
    let once = |coarse: f64, fine: f64| fine + (fine - coarse) / 3.0;
    let (value, radius) = limit(&three);
    let change = (once(three[1], three[2]) - once(three[0], three[1])).abs();
    assert!((value - 1.0).abs() < ROUNDING && (radius - change).abs() < ROUNDING, "{value} {radius}");
    // The change before, a sixteenth of which is expected of the last one.
    let four = [3.0, three[0], three[1], three[2]];
    let usual = (once(three[0], three[1]) - once(3.0, three[0])).abs() / 16.0;
    assert!((limit(&four).1 - change.max(usual)).abs() < ROUNDING);
    // Out of order: one step, and the last two changes; growing changes have no limit, unless they are noise.
    let (value, radius) = limit(&[1.0, 1.1, 1.0]);
    assert!((value - once(1.1, 1.0)).abs() < ROUNDING && (radius - 0.2).abs() < ROUNDING, "{value} {radius}");
    assert_eq!(limit(&[1.0, 1.1, 1.5]), (1.5, f64::INFINITY));
    assert!((limit(&[1.0, 1.001, 1.003]).1 - 0.003).abs() < ROUNDING);
    assert!(limit(&[0.0, 1e-25, 1e-23]).1 < 1e-20);
    // A witness.
    let (value, radius) = witnessed(&[3.0, 1.25, 1.0625]);
    assert!((value - 1.0).abs() < ROUNDING && (radius - 0.5 * 1.75).abs() < ROUNDING);
    assert_eq!(witnessed(&[1.25, 1.0625]), limit(&[1.25, 1.0625]));
    // 2·4r·√(2D) + (4r)².
    assert!((noise(1e-3, 0.02) - (2.0 * 4e-3 * 0.2 + 1.6e-5)).abs() < ROUNDING);
    assert!(
        (noise(1e-3, -0.02) - noise(1e-3, 0.02)).abs() < ROUNDING && (noise(0.5, 0.0) - 4.0).abs() < ROUNDING
    );
}

#[test]
fn tables_are_extrapolated_at_the_nodes_they_share() {
    let figure = |i: usize, h: f64| i as f64 + 0.5 * h * h - 0.25 * h.powi(4);
    // Every second node of the finer table is one of the coarser.
    let table = |level: u32| -> Vec<f64> {
        let h = 0.5_f64.powi(level.cast_signed());
        (0..=4 << level)
            .map(|i| if i % (1 << level) == 0 { figure(i >> level, h) } else { f64::NAN })
            .collect()
    };
    let tables = [table(0), table(1), table(2)];
    assert_eq!(tabulated_limit(&tables[..1]), tables[0]);
    for (i, value) in tabulated_limit(&tables[..2]).into_iter().enumerate() {
        let (a, b) = (figure(i, 1.0), figure(i, 0.5));
        assert!((value - (b + (b - a) / 3.0)).abs() < ROUNDING);
    }
    for (i, value) in tabulated_limit(&tables).into_iter().enumerate() {
        assert!((value - i as f64).abs() < ROUNDING, "{i}: {value}");
    }
    // Where tables differ by more than 1 the finest is taken.
    assert_eq!(tabulated_limit(&[vec![0.0], vec![1.5]]), [1.5]);
    assert_eq!(tabulated_limit(&[vec![0.0], vec![1.5], vec![1.4]]), [1.4]);
    assert_eq!(tabulated_limit(&[vec![0.0], vec![0.5], vec![1.9]]), [1.9]);
}

#[test]
fn tabulated_laws_have_integrals_and_divergences() {
    let law = LineLaw::new(vec![0.0, 1.0, 2.0], vec![0.5, 1.0, 2.0], vec![-1.0, -0.5, -3.0]);
    assert!((law.integral(|y, log| y + log) - (-0.5 + 0.5 - 2.0)).abs() < ROUNDING);
    // Between two tables of positive numbers, to first and second order: Σ cell·(p log(p/q) − p + q).
    for shift in [0.01, 0.09, 0.11, -2.0] {
        let log_p = |y: f64| {
            [-1.0, -0.5, -3.0][if y < 0.5 {
                0
            } else if y < 1.5 {
                1
            } else {
                2
            }] - shift * (1.0 + y)
        };
        let (forward, reverse) = law.divergences(log_p).unwrap();
        let mut exact = [0.0; 2];
        for (k, cell) in [0.5, 1.0, 2.0].into_iter().enumerate() {
            let y = k as f64;
            let (p, q) = (log_p(y).exp(), law.log_density()[k].exp());
            exact[0] += cell * (p * (p / q).ln() - p + q);
            exact[1] += cell * (q * (q / p).ln() - q + p);
        }
        assert!(
            (forward - exact[0]).abs() < ROUNDING * exact[0] + 1e-3 * ROUNDING
                && (reverse - exact[1]).abs() < ROUNDING * exact[1] + 1e-3 * ROUNDING,
            "{shift}"
        );
    }
    assert!(law.divergences(|_| f64::NAN).is_err());
    assert_eq!(law.nodes(), [0.0, 1.0, 2.0]);
}
