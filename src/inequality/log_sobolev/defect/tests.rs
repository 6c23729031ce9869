//! The bounds of the defect against dense evaluation of the defect.

use super::*;
use crate::numerics::tolerances::{COARSE, SOLVED};

/// Rounding of a few dozen operations on numbers of order 1.
const ROUNDING: f64 = 1e-11;

/// `φ` in floating point.
fn value(g: f64) -> f64 {
    let d = g - 1.0;
    if g == 0.0 {
        1.0
    } else if d.abs() < 10.0 * COARSE {
        2.0 + 2.0 * d / 3.0 - d * d / 6.0 + d.powi(3) / 15.0 - d.powi(4) / 30.0 + d.powi(5) * 4.0 / 210.0
    } else {
        (1.0 - g * g + g * g * (g * g).ln()) / (d * d)
    }
}

#[test]
fn phi_is_enclosed_by_its_series_and_its_formula() {
    for g in [0.0, 1e-5, 0.01, 0.3, 0.79, 0.801, 0.9, 0.999, 1.0, 1.001, 1.1, 1.199, 1.201, 1.5, 4.0, 60.0] {
        let (found, exact) = (phi(g), value(g));
        assert!((found.mid() - exact).abs() <= ROUNDING, "{g}: {found:?}, {exact}");
        // What the series leaves out: 0.2^20, and less nearer to 1.
        let width = if (g - 1.0_f64).abs() <= 0.2 { 2.0 * (g - 1.0_f64).abs().powi(20) } else { 0.0 };
        assert!(found.width() <= width * (1.0 + ROUNDING) + ROUNDING * exact, "{g}: {found:?}");
    }
}

#[test]
fn rise_of_phi_above_its_chord_is_bounded_tightly() {
    for (g, next) in
        [(0.0, 0.01), (0.01, 0.05), (0.1, 0.2), (0.5, 0.65), (0.72, 0.8), (0.95, 1.1), (1.3, 1.5), (5.0, 5.2)]
    {
        let bound = phi_excess(g, next);
        let rise = (1..50)
            .map(|k| f64::from(k) / 50.0)
            .map(|t| value(g + t * (next - g)) - (1.0 - t) * value(g) - t * value(next))
            .fold(0.0, f64::max);
        assert!(bound >= rise - ROUNDING, "{g}, {next}: {bound}, {rise}");
        // Tangents meet at twice the rise of a parabola, more near the singularity at 0; −φ'' ≤ 1/(3 min(1, g)²) is
        // attained at 1, and beyond it nothing better is used.
        if g < 1.0 {
            assert!(bound <= 2.8 * rise + ROUNDING, "{g}, {next}: {bound}, {rise}");
        }
        if g >= 0.7 {
            let expected = (next - g).powi(2) / (24.0 * g.min(1.0).powi(2));
            assert!((bound - expected).abs() <= ROUNDING, "{g}, {next}: {bound}, {expected}");
        }
    }
}

/// `A = 1.3 − 0.4x + 0.2x²` for `x` in the cell `[0.5, 0.5 + h]`.
fn inverse(x: f64) -> f64 {
    1.3 - 0.4 * x + 0.2 * x * x
}

const START: f64 = 0.5;
const CONSTANT: f64 = 2.3;

fn profile(width: f64) -> Profile {
    let (x, y) = (START, START + width);
    let slope = |x: f64| -0.4 + 0.4 * x;
    Profile {
        nodes: vec![x, y],
        inverse: vec![point(inverse(x)), point(inverse(y))],
        cells: vec![[Interval::new(inverse(y), inverse(x)), Interval::new(slope(x), slope(y)), point(0.4)]],
        mass: Interval::ONE,
        growth: 1.0,
    }
}

fn bilinear(c: [f64; 4], s: f64, t: f64) -> f64 {
    (1.0 - s) * ((1.0 - t) * c[0] + t * c[1]) + s * ((1.0 - t) * c[2] + t * c[3])
}

/// The defect at a point of the cell with the corners `[K(x,g), K(x,g'), K(x',g), K(x',g')]`.
fn defect(columns: [f64; 2], width: f64, c: [f64; 4], s: f64, t: f64) -> f64 {
    let dg = columns[1] - columns[0];
    let (x, g) = (START + s * width, columns[0] + t * dg);
    let k = bilinear(c, s, t);
    let k_x = ((1.0 - t) * (c[2] - c[0]) + t * (c[3] - c[1])) / width;
    let k_g = ((1.0 - s) * (c[1] - c[0]) + s * (c[3] - c[2])) / dg;
    let a = inverse(x);
    let l = 2.0 * k + (g - 1.0) * k_g;
    value(g) - a * k_x - g * k - 0.5 * g * (g * g - 1.0) * k_g + a * a / (4.0 * CONSTANT) * l * l
}

fn solution(columns: [f64; 2], c: [f64; 4]) -> Supersolution {
    Supersolution { columns: columns.to_vec(), values: vec![vec![c[0], c[1]], vec![c[2], c[3]]] }
}

const CASES: [([f64; 2], [f64; 4]); 7] = [
    ([0.2, 0.4], [2.0, 2.1, 2.2, 2.4]),
    ([0.0, 0.1], [1.4, 1.2, 1.5, 1.1]),
    ([0.8, 1.1], [3.0, 2.0, 2.6, 2.7]),
    ([2.0, 2.6], [1.0, 3.5, 1.1, 2.9]),
    ([2.0, 2.6], [3.5, 1.0, 3.0, 0.9]),
    ([5.0, 5.5], [8.0, 9.0, 7.0, 9.5]),
    ([1.2, 1.3], [0.5, 0.2, 0.7, 0.1]),
];

#[test]
fn defect_of_a_cell_is_bounded_and_nearly_attained_at_its_corners() {
    for (columns, c) in CASES {
        for width in [0.02, 0.2] {
            let k = solution(columns, c);
            let found = k.defects(&profile(width), CONSTANT);
            assert_eq!((found.len(), found[0].len()), (1, 2));
            let corner = |t: f64| defect(columns, width, c, 0.0, t).max(defect(columns, width, c, 1.0, t));
            let prepared = k.columns();
            let strip = Strip::new(&k, &profile(width), CONSTANT, 0);
            let bounds = strip.defect(&prepared, 0);
            let (mut most, mut rise) = (f64::NEG_INFINITY, 0.0_f64);
            for i in 0..=20 {
                for j in 0..=20 {
                    let (s, t) = (f64::from(i) / 20.0, f64::from(j) / 20.0);
                    let here = defect(columns, width, c, s, t);
                    most = most.max(here);
                    // Above the interpolation of the corners.
                    let d = |s: f64, t: f64| defect(columns, width, c, s, t);
                    rise =
                        rise.max(here - bilinear([d(0.0, 0.0), d(0.0, 1.0), d(1.0, 0.0), d(1.0, 1.0)], s, t));
                }
            }
            assert!(bounds[0].max(bounds[1]) >= most - ROUNDING, "{columns:?}: {bounds:?}, {most}");
            for (bound, corner) in bounds.iter().zip([corner(0.0), corner(1.0)]) {
                assert!(
                    *bound >= corner + rise - ROUNDING,
                    "{columns:?}, {width}: {bound}, {corner} + {rise}"
                );
                let slack = bound - corner;
                let most = 1.02 * excess(columns, width, c) + ROUNDING;
                assert!(slack <= most, "{columns:?}, {width}: {slack}, {most}");
            }
            assert_eq!(found[0][0], bounds[0]);
            assert_eq!(found[0][1], bounds[1].max(strip.defect_beyond(&prepared)));
        }
    }
}

/// Ends of a range.
type Range = [f64; 2];

/// The allowance of a cell, `φ`'s own and `⅛·width²` times the largest second derivative in either direction, each of
/// its terms at its largest.
fn excess(columns: [f64; 2], width: f64, c: [f64; 4]) -> f64 {
    let dg = columns[1] - columns[0];
    let slopes = [(c[2] - c[0]) / width, (c[3] - c[1]) / width];
    // Every factor runs through its range independently of the others, as in an enclosure.
    let range = |list: &[f64]| -> Range {
        [
            list.iter().copied().fold(f64::INFINITY, f64::min),
            list.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ]
    };
    let times = |a: Range, b: Range| range(&[a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]]);
    let plus = |a: Range, b: Range| [a[0] + b[0], a[1] + b[1]];
    let square = |a: Range| {
        if a[0] * a[1] <= 0.0 {
            [0.0, range(&[-a[0], a[1]])[1].powi(2)]
        } else {
            range(&[a[0] * a[0], a[1] * a[1]])
        }
    };
    let twice = |a: Range| [2.0 * a[0], 2.0 * a[1]];
    let (a, a1) =
        ([inverse(START + width), inverse(START)], [-0.4 + 0.4 * START, -0.4 + 0.4 * (START + width)]);
    let quarter = [1.0 / (4.0 * CONSTANT); 2];
    let w = times(square(a), quarter);
    let w1 = times(times(twice(a), a1), quarter);
    let w2 = times(twice(plus(square(a1), times(a, [0.4; 2]))), quarter);
    let b = range(&[(c[1] - c[0]) / dg, (c[3] - c[2]) / dg]);
    let bend = times(b, [2.0 + 3.0 * columns[0], 2.0 + 3.0 * columns[1]])[1] - 18.0 * times(square(b), w)[0];
    let in_g = bend.max(0.0);
    let offset = [columns[0] - 1.0, columns[1] - 1.0];
    let l = plus(twice(range(&c)), times(offset, b));
    let l_x = plus(twice(range(&slopes)), times(offset, [(slopes[1] - slopes[0]) / dg; 2]));
    let bend = times(range(&slopes), [0.4; 2])[1]
        - 2.0 * times(square(l_x), w)[0]
        - 4.0 * times(times(l, l_x), w1)[0]
        - times(square(l), w2)[0];
    let in_x = bend.max(0.0);
    phi_excess(columns[0], columns[1]) + dg * dg / 8.0 * in_g + width * width / 8.0 * in_x
}

#[test]
fn corners_carry_the_defect_itself() {
    for (columns, c) in CASES {
        let width = 0.1;
        let k = solution(columns, c);
        let strip = Strip::new(&k, &profile(width), CONSTANT, 0);
        let prepared = k.columns();
        let dg = columns[1] - columns[0];
        for (end, s) in [(0, 0.0), (1, 1.0)] {
            let b = (c[2 * end + 1] - c[2 * end]) / dg;
            for (j, t) in [(0, 0.0), (1, 1.0)] {
                let (found, exact) =
                    (strip.corner(&prepared, end, j, point(b)), defect(columns, width, c, s, t));
                assert!(
                    (found - exact).abs() <= ROUNDING * 10.0,
                    "{columns:?}, {end}, {j}: {found}, {exact}"
                );
            }
        }
    }
}

#[test]
fn strips_carry_the_derivatives_of_the_weight() {
    let k = solution([0.2, 0.4], [2.0, 2.1, 2.2, 2.4]);
    let width = 1e-6;
    let strip = Strip::new(&k, &profile(width), CONSTANT, 0);
    let (a, a1, a2) = (inverse(START), -0.4 + 0.4 * START, 0.4);
    let expected = [
        a2,
        a * a / (4.0 * CONSTANT),
        2.0 * a * a1 / (4.0 * CONSTANT),
        2.0 * (a1 * a1 + a * a2) / (4.0 * CONSTANT),
    ];
    for (found, expected) in strip.inner.iter().zip(expected) {
        assert!((found.mid() - expected).abs() <= 10.0 * width, "{found:?}, {expected}");
    }
    assert!((strip.eighth.mid() / (width * width / 8.0) - 1.0).abs() <= SOLVED);
    assert!((strip.slopes[1].mid() * width - 0.3).abs() <= SOLVED);
    assert!((strip.weight[1].mid() - expected[1]).abs() <= 10.0 * width);
}

#[test]
fn beyond_the_last_column_the_bound_is_the_largest_value() {
    // K = k(x)(1+g)² with k(x) linear, for g ≥ 4.
    let g0: f64 = 4.0;
    for (k0, k1) in [(0.3, 0.35), (0.2, 0.18), (0.05, 0.05)] {
        let width = 0.05;
        let unit = (1.0 + g0) * (1.0 + g0);
        let k = solution([3.0, g0], [1.0, k0 * unit, 1.0, k1 * unit]);
        let strip = Strip::new(&k, &profile(width), CONSTANT, 0);
        let found = strip.defect_beyond(&k.columns());
        let mut most = f64::NEG_INFINITY;
        for i in 0..=10 {
            for j in 0..=60 {
                let (s, g) = (f64::from(i) / 10.0, g0 * 1.1_f64.powi(j));
                let x = START + s * width;
                let (kx, w) = (k0 + s * (k1 - k0), inverse(x) * inverse(x) / (4.0 * CONSTANT));
                // φ − A k'(1+g)² − gK − g(g²−1)k(1+g) + w(2k(1+g)² + 2(g−1)k(1+g))², divided by (1+g)²:
                // L = 4kg(1+g).
                let l = 4.0 * kx * g * (1.0 + g);
                let here = value(g)
                    - inverse(x) * (k1 - k0) / width * (1.0 + g).powi(2)
                    - g * kx * (1.0 + g).powi(2)
                    - g * (g * g - 1.0) * kx * (1.0 + g)
                    + w * l * l;
                most = most.max(here / (1.0 + g).powi(2));
            }
        }
        assert!(found >= most - ROUNDING, "{k0}, {k1}: {found}, {most}");
        // Enclosures on the cell: k and A move by a few per cent.
        let motion = (k1 - k0).abs() * g0 * g0 + 0.1 * (k1 - k0).abs() + 0.05 * k0 * k0 * g0 * g0;
        assert!(found <= most + motion + ROUNDING, "{k0}, {k1}: {found}, {most}");
    }
    // 16kw > 1: nothing can be said.
    let w = inverse(START).powi(2) / (4.0 * CONSTANT);
    for (factor, finite) in [(0.98, true), (1.02, false)] {
        let k = factor / (16.0 * w) * 25.0;
        let k = solution([3.0, g0], [1.0, k, 1.0, k]);
        let found = Strip::new(&k, &profile(1e-4), CONSTANT, 0).defect_beyond(&k.columns());
        assert_eq!(found.is_finite(), finite, "{factor}");
    }
}

#[test]
fn end_of_the_mesh_asks_for_less_than_the_explicit_solution() {
    let profile = profile(0.1);
    let a = inverse(START + 0.1);
    let scale = CONSTANT / (4.0 * a * a);
    let columns = vec![0.0, 0.2, 0.5, 1.0, 1.7];
    // Tangents at the middles: below the parabola by the square of half a cell.
    let sunk = |c: f64| scale * ((1.0 + c).powi(2) - 0.36_f64.powi(2));
    let with = |last: Vec<f64>| Supersolution { columns: columns.clone(), values: vec![vec![1.0; 5], last] };
    let low: Vec<f64> = columns.iter().map(|c| sunk(*c)).collect();
    assert!(with(low.clone()).starts_below(&profile, CONSTANT));
    for j in 0..5 {
        let mut high = low.clone();
        high[j] = scale * (1.0 + columns[j]).powi(2) * (1.0 + 1e-9);
        assert!(!with(high).starts_below(&profile, CONSTANT), "{j}");
    }
    // The tangent of the middle itself is the threshold, at either end of the one cell.
    let one = |k: [f64; 2]| Supersolution { columns: vec![0.2, 0.6], values: vec![vec![1.0; 2], k.to_vec()] };
    let tangent = |g: f64| scale * (1.4 * 1.4 + 2.0 * 1.4 * (g - 0.4));
    for (factor, end, holds) in
        [(1.0 - 1e-9, 0, true), (1.0 + 1e-9, 0, false), (1.0 + 1e-9, 1, false), (1.0 - 1e-9, 1, true)]
    {
        let mut k = [tangent(0.2) * (1.0 - 1e-6), tangent(0.6) * (1.0 - 1e-6)];
        k[end] *= factor / (1.0 - 1e-6);
        assert_eq!(one(k).starts_below(&profile, CONSTANT), holds, "{factor}, {end}");
    }
    // C·h' ≥ 2 beyond is needed.
    assert!(!with(low.clone()).starts_below(&Profile { growth: 1.99 / CONSTANT, ..profile }, CONSTANT));
}

#[test]
fn a_proof_needs_all_its_cells() {
    // A constant K: the defect φ − gK + 4K²w at the columns 0, …; for K = 4 and w ≈ 0.15 it is positive.
    let k = solution([0.2, 0.4], [4.0; 4]);
    assert!(!k.verify(&profile(0.01), CONSTANT));
    let bounds = k.defects(&profile(0.01), CONSTANT);
    assert!(bounds[0][0] > 0.0);
}
