//! Against the closed forms of the two-point space and dense evaluation.

use super::*;
use crate::numerics::tolerances::{COARSE, MESH, SOLVED};

/// Rounding of a dozen operations, relative to numbers of order 1.
const ROUNDING: f64 = 1e-13;

fn point(x: f64) -> Interval {
    Interval::point(x)
}

/// `t log t`, 0 at 0.
fn term(t: f64) -> f64 {
    if t == 0.0 { 0.0 } else { t * t.ln() }
}

/// `Ent_{α,β}(a, b)`.
fn entropy(alpha: f64, a: f64, b: f64) -> f64 {
    let beta = 1.0 - alpha;
    alpha * term(a) + beta * term(b) - term(alpha * a + beta * b)
}

/// The quotient, by its limit near 1.
fn exact(alpha: f64, q: f64) -> f64 {
    let beta = 1.0 - alpha;
    let d = q - 1.0;
    if d.abs() < COARSE {
        // F''(1)/2 = 2αβ, F'''(1) = 4αβ(1 − 2α), and the fourth is of order 1.
        return 2.0 * alpha * beta * (1.0 + d * (1.0 - 2.0 * alpha) / 3.0);
    }
    entropy(alpha, q * q, 1.0) / (d * d)
}

#[test]
fn quotient_encloses_the_entropy_of_two_points() {
    for alpha in [0.15, 0.5, 0.8] {
        let (a, b) = (point(alpha), point(1.0 - alpha));
        for q in [0.0, 1e-6, 0.05, 0.3, 0.7, 0.89, 0.901, 0.97, 1.0] {
            let (found, exact) = (quotient(a, b, point(q)), exact(alpha, q));
            // From 0.9 on the range of the third derivative between q and 1 is taken.
            let accuracy = if q > 0.9 { 1.2 * (1.0 - q) * (1.0 - q) } else { 200.0 * ROUNDING } + ROUNDING;
            assert!(
                found.lo() <= exact + ROUNDING && exact <= found.hi() + ROUNDING,
                "{alpha}, {q}: {found:?}, {exact}"
            );
            assert!(found.width() <= accuracy, "{alpha}, {q}: {found:?}");
        }
        for (lo, hi) in [
            (0.2, 0.3),
            (0.6, 0.61),
            (0.85, 0.95),
            (0.92, 1.0),
            (0.99, 1.0),
            (0.0, 0.05),
            (0.0, 0.4),
            (1e-9, 0.02),
        ] {
            let found = quotient(a, b, Interval::new(lo, hi));
            let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
            for k in 0..=50 {
                let q = lo + (hi - lo) * f64::from(k) / 50.0;
                let exact = exact(alpha, q);
                (least, most) = (least.min(exact), most.max(exact));
                assert!(
                    found.lo() <= exact + ROUNDING + MESH * f64::from(q > 0.999)
                        && exact <= found.hi() + ROUNDING + MESH * f64::from(q > 0.999),
                    "{alpha}, {q}: {found:?}, {exact}"
                );
            }
            // Not wider than the range by more than a few times the width of the argument.
            let slack = 6.0 * (hi - lo);
            let across = lo <= 0.9 && hi > 0.9;
            assert!(
                across || found.lo() >= least - slack && found.hi() <= most + slack,
                "{alpha}, [{lo}, {hi}]: {found:?}, [{least}, {most}]"
            );
        }
    }
}

#[test]
fn quotient_that_reaches_zero_is_cut_by_monotonicity() {
    // F decreases from −β log β at 0; on [0, h] divided by (1−q)² ∈ [(1−h)², 1].
    for alpha in [0.2, 0.6] {
        let (beta, h) = (1.0 - alpha, 0.1_f64);
        let found = quotient(point(alpha), point(beta), Interval::new(0.0, h));
        let (top, bottom) = (-beta * beta.ln(), entropy(alpha, h * h, 1.0));
        let expected = [bottom.min(top), top / (1.0 - h).powi(2)];
        assert!((found.lo() - expected[0]).abs() <= 100.0 * ROUNDING, "{found:?}, {expected:?}");
        assert!((found.hi() - expected[1]).abs() <= 100.0 * ROUNDING, "{found:?}, {expected:?}");
    }
}

#[test]
fn two_points_are_treated_from_the_larger_one() {
    let (alpha, beta) = (0.3, 0.7);
    // λ(m_R/m_L), symmetric: q below 1 with α on q, or the other way around.
    let lambda = |r: f64, l: f64| entropy(alpha, r * r, l * l) / (r - l).powi(2);
    for (r, l) in [(0.2, 0.9), (0.9, 0.2), (1.0, 3.0), (0.0, 1.0), (1.0, 0.0), (0.5, 0.6)] {
        let found = two_point(point(alpha), point(beta), point(r), point(l)).unwrap();
        assert!(
            found.lo() <= lambda(r, l) + ROUNDING && lambda(r, l) <= found.hi() + ROUNDING,
            "{r}, {l}: {found:?}"
        );
        // At 0 the lower end is given away.
        let slack = if r * l == 0.0 { found.hi() - lambda(r, l) } else { found.width() };
        assert!(slack <= 300.0 * ROUNDING, "{r}, {l}: {found:?}");
    }
    // Overlapping: both orders.
    let (r, l) = (Interval::new(0.5, 0.6), Interval::new(0.55, 0.8));
    let found = two_point(point(alpha), point(beta), r, l).unwrap();
    for i in 0..=10 {
        for j in 0..=10 {
            let (r, l) = (0.5 + 0.01 * f64::from(i), 0.55 + 0.025 * f64::from(j));
            if (r - l).abs() > 1e-3 {
                assert!(found.contains(lambda(r, l)), "{r}, {l}: {found:?}, {}", lambda(r, l));
            }
        }
    }
    let narrow =
        two_point(point(alpha), point(beta), Interval::new(0.5, 0.51), Interval::new(0.505, 0.52)).unwrap();
    assert!(narrow.contains(2.0 * alpha * beta) && narrow.width() < 0.1, "{narrow:?}");
    let apart =
        two_point(point(alpha), point(beta), Interval::new(0.5, 0.6), Interval::new(0.9, 1.0)).unwrap();
    assert!(
        apart.contains(lambda(0.5, 1.0)) && apart.contains(lambda(0.6, 0.9)) && apart.width() < 1.0,
        "{apart:?}"
    );
    // Zero over zero is not decided.
    let small = Interval::new(0.0, 0.1);
    assert!(two_point(point(alpha), point(beta), small, small).is_none());
    assert!(two_point(point(alpha), point(beta), small, point(0.11)).is_some());
    assert!(two_point(point(alpha), point(beta), point(0.11), small).is_some());
    assert!(two_point(point(alpha), point(beta), Interval::new(0.0, 0.2), Interval::new(0.0, 0.1)).is_none());
}

#[test]
fn ratios_are_those_of_non_negative_intervals() {
    let close = |found: Interval, lo: f64, hi: f64| {
        assert!((found.lo() - lo).abs() <= ROUNDING * lo.abs() && found.lo() <= lo, "{found:?}");
        assert!(
            found.hi() == hi || (found.hi() / hi - 1.0).abs() <= ROUNDING && found.hi() >= hi,
            "{found:?}"
        );
    };
    close(ratio(Interval::new(0.2, 0.4), Interval::new(0.5, 0.8)), 0.25, 0.8);
    close(ratio(Interval::new(0.0, 0.4), Interval::new(0.5, 0.8)), 0.0, 0.8);
    close(ratio(Interval::new(0.2, 0.4), Interval::new(0.0, 0.8)), 0.25, f64::INFINITY);
    close(ratio(Interval::new(0.0, 0.4), Interval::new(0.0, 0.8)), 0.0, f64::INFINITY);
    close(ratio(Interval::ONE, Interval::ZERO), 0.0, f64::INFINITY);
}

#[test]
fn edge_is_piecewise_linear() {
    let (columns, values) = ([0.0, 0.5, 1.0, 3.0], [2.0, 1.0, 4.0, 5.0]);
    let edge = Edge { mass: Interval::ONE, columns: &columns, values: &values };
    for (g, expected) in
        [(0.0, 2.0), (0.125, 1.75), (0.5, 1.0), (0.75, 2.5), (1.0, 4.0), (2.5, 4.75), (3.0, 5.0), (9.0, 5.0)]
    {
        let found = edge.at(g);
        assert!(found <= expected && found >= expected - ROUNDING, "{g}: {found}, {expected}");
    }
    for (lo, hi, expected) in [
        (0.1, 0.2, 1.6),
        (0.25, 0.75, 1.0),
        (0.6, 0.9, 1.6),
        (0.5, 0.5, 1.0),
        (0.0, 8.0, 1.0),
        (0.8, 8.0, 2.8),
        (2.0, f64::INFINITY, 4.5),
        (0.0, 0.5, 1.0),
        (0.0, 0.25, 1.5),
        (5.0, 6.0, 5.0),
    ] {
        let found = edge.lowest(Interval::new(lo, hi));
        assert!(found <= expected && found >= expected - ROUNDING, "[{lo}, {hi}]: {found}, {expected}");
    }
}

/// `D` itself.
fn difference(right: &Edge<'_>, left: &Edge<'_>, [w, m, l]: [f64; 3]) -> f64 {
    let (r, s) = (right.mass.mid(), left.mass.mid());
    let alpha = r / (r + s);
    let k = |edge: &Edge<'_>, w: f64, m: f64| if m == 0.0 { edge.at(1e300) } else { edge.at(w / m) };
    alpha * k(right, w, m) * (m - w).powi(2) + (1.0 - alpha) * k(left, w, l) * (l - w).powi(2)
        - entropy(alpha, m * m, l * l)
}

#[test]
fn constant_edges_are_decided_at_the_log_sobolev_constant_of_two_points() {
    // 1/K̄ = 1/(αK_R) + 1/(βK_L) has to be at least sup λ = αβ·log(β/α)/(β−α) (2αβ if α = β).
    let columns = [0.0, 10.0];
    for (alpha, share) in [(0.5_f64, 0.5_f64), (0.2, 0.5), (0.7, 0.3)] {
        let beta = 1.0 - alpha;
        let sup = if alpha == beta { 0.5 } else { alpha * beta * (beta / alpha).ln() / (beta - alpha) };
        for (factor, holds) in [(1.03, true), (0.99, false)] {
            // αK_R = K̄/share, βK_L = K̄/(1 − share).
            let (kr, kl) = (factor * sup / share / alpha, factor * sup / (1.0 - share) / beta);
            let right = Edge { mass: point(3.0 * alpha), columns: &columns, values: &[kr, kr] };
            let left = Edge { mass: point(3.0 * beta), columns: &columns, values: &[kl, kl] };
            assert_eq!(verify(&right, &left, 30_000), holds, "α = {alpha}, {factor}");
        }
    }
}

#[test]
fn budget_is_kept() {
    let (columns, values) = ([0.0, 10.0], [2.1, 2.1]);
    let edge = || Edge { mass: Interval::ONE, columns: &columns, values: &values };
    assert!(!verify(&edge(), &edge(), 10));
    assert!(verify(&edge(), &edge(), 30_000));
}

#[test]
fn a_box_is_passed_only_where_the_difference_is_not_negative() {
    let columns = [0.0, 0.4, 0.9, 1.5, 4.0];
    let (values, others) = ([1.1, 1.4, 2.6, 3.0, 6.0], [1.8, 1.7, 1.9, 2.0, 2.5]);
    let right = Edge { mass: point(0.6), columns: &columns, values: &values };
    let left = Edge { mass: point(0.9), columns: &columns, values: &others };
    let total = right.mass + left.mass;
    let (alpha, beta) = (right.mass / total, left.mass / total);
    let (mut passed, mut clear, mut negative) = (0, 0, 0);
    let n = 12;
    let cell = |i: i32| Interval::new(f64::from(i) / f64::from(n), f64::from(i + 1) / f64::from(n));
    for chart in 0..3 {
        for i in 0..n {
            for j in 0..n {
                let (s, t) = (cell(i), cell(j));
                let (w, m, l) = match chart {
                    0 => (Interval::ONE, s, t),
                    1 => (s, Interval::ONE, t),
                    _ => (s, t, Interval::ONE),
                };
                let mut least = f64::INFINITY;
                for a in 0..=6 {
                    for b in 0..=6 {
                        let inside = |x: Interval, k: i32| x.lo() + (x.hi() - x.lo()) * f64::from(k) / 6.0;
                        let (s, t) = (inside(s, a), inside(t, b));
                        let args = [[1.0, s, t], [s, 1.0, t], [s, t, 1.0]][chart];
                        least = least.min(difference(&right, &left, args));
                    }
                }
                let seen = positive(&right, &left, alpha, beta, w, m, l);
                assert!(!seen || least >= -ROUNDING, "{chart}, {s:?}, {t:?}: {least}");
                passed += i32::from(seen);
                clear += i32::from(least > 2.0);
                negative += i32::from(least < -ROUNDING);
                // Away from the diagonal, where boxes have to be small, nothing is lost.
                let apart = m.hi() < 0.7 * l.lo() || l.hi() < 0.7 * m.lo();
                assert!(seen || least <= 0.6 || !apart, "{chart}, {s:?}, {t:?}: {least}");
            }
        }
    }
    assert!(passed >= clear && negative > 0, "{passed}, {clear}, {negative}");
}

#[test]
fn points_are_decided_by_the_sign_of_the_difference() {
    let columns = [0.0, 0.4, 0.9, 1.5, 4.0];
    let (values, others) = ([1.1, 1.4, 2.6, 3.0, 6.0], [0.8, 0.7, 0.9, 1.0, 1.5]);
    let right = Edge { mass: point(0.6), columns: &columns, values: &values };
    let left = Edge { mass: point(0.9), columns: &columns, values: &others };
    let (alpha, beta) = (point(0.6) / point(1.5), point(0.9) / point(1.5));
    let (mut yes, mut no) = (0, 0);
    for i in 0..17 {
        for j in 1..17 {
            let (s, t) = (f64::from(i) / 16.0 + 0.003, f64::from(j) / 16.0 + 0.001);
            for args in [[1.0, s, t], [s, 1.0, t], [s, t, 1.0]] {
                let d = difference(&right, &left, args);
                // Near the diagonal the quotient is taken from an expansion.
                if (args[1] - args[2]).abs() < 0.11 * args[1].max(args[2]) || d.abs() < SOLVED {
                    continue;
                }
                let [w, m, l] = args.map(point);
                assert_eq!(positive(&right, &left, alpha, beta, w, m, l), d > 0.0, "{args:?}: {d}");
                yes += i32::from(d > 0.0);
                no += i32::from(d < 0.0);
            }
        }
    }
    assert!(yes > 100 && no > 20, "{yes}, {no}");
}

#[test]
fn boxes_at_zero_are_decided_without_the_quotient() {
    // Both m small against w = 1: D ≈ αK_R + βK_L against nothing; the entropy is at most −β log β·max².
    let columns = [0.0, 10.0];
    let small = Interval::new(0.0, 0.2);
    for (k, holds) in [(1.0, true), (1e-3, false)] {
        let values = [k, k];
        let right = Edge { mass: point(0.3), columns: &columns, values: &values };
        let left = Edge { mass: point(0.7), columns: &columns, values: &values };
        let seen = positive(&right, &left, point(0.3), point(0.7), Interval::ONE, small, small);
        assert_eq!(seen, holds, "{k}");
        // The threshold: k(1 − 0.2)² = 0.3612·0.04 (α log 1/α, the larger one).
        let threshold = -0.3 * 0.3_f64.ln() * 0.04 / 0.64;
        for (factor, holds) in [(1.01, true), (0.99, false)] {
            let values = [factor * threshold; 2];
            let right = Edge { values: &values, ..right };
            let left = Edge { values: &values, ..left };
            let seen = positive(&right, &left, point(0.3), point(0.7), Interval::ONE, small, small);
            assert_eq!(seen, holds, "{factor}");
        }
    }
}
