//! Operations on intervals of every sign against their values at points, and no wider than the hull of those by more than the
//! roundings they may make.

use super::*;

const INF: f64 = f64::INFINITY;

/// Intervals of every sign, thin and wide, with ends 0, infinite and tiny.
fn samples() -> Vec<Interval> {
    let ends = [
        (-3.5, -1.25),
        (-2.0, 0.0),
        (-1.5, 4.0),
        (0.0, 0.75),
        (0.5, 3.0),
        (2.0, 2.0),
        (-0.1, -0.1),
        (0.3, 0.300_000_1),
        (-7.0, 1e-3),
    ];
    ends.iter().map(|&(lo, hi)| Interval::new(lo, hi)).collect()
}

fn inside(x: Interval) -> impl Iterator<Item = f64> {
    (0..=8).map(move |k| {
        let t = f64::from(k) / 8.0;
        if k == 8 { x.hi() } else { x.lo() + t * (x.hi() - x.lo()) }
    })
}

/// The ends are those of the hull of some values up to `steps` floats outward, never inward.
fn assert_tight(what: &str, found: Interval, values: &[f64], steps: u32) {
    let (lo, hi) = values.iter().fold((INF, -INF), |(lo, hi), v| (lo.min(*v), hi.max(*v)));
    let (mut low, mut high) = (lo, hi);
    for _ in 0..steps {
        (low, high) = (low.next_down(), high.next_up());
    }
    assert!(found.lo() <= lo && found.lo() >= low, "{what}: {found:?}, hull [{lo:e}, {hi:e}]");
    assert!(found.hi() >= hi && found.hi() <= high, "{what}: {found:?}, hull [{lo:e}, {hi:e}]");
}

#[test]
fn arithmetic_is_the_hull_of_the_ends() {
    for a in samples() {
        assert_tight("neg", -a, &[-a.lo(), -a.hi()], 0);
        for b in samples() {
            let what = format!("{a:?}, {b:?}");
            let ends = |f: fn(f64, f64) -> f64| {
                [f(a.lo(), b.lo()), f(a.lo(), b.hi()), f(a.hi(), b.lo()), f(a.hi(), b.hi())]
            };
            assert_tight(&what, a + b, &ends(|x, y| x + y), 1);
            assert_tight(&what, a - b, &ends(|x, y| x - y), 1);
            assert_tight(&what, a * b, &ends(|x, y| x * y), 1);
            if !b.contains(0.0) {
                assert_tight(&what, a / b, &ends(|x, y| x / y), 1);
            }
            assert_tight(&what, a.hull(b), &[a.lo(), a.hi(), b.lo(), b.hi()], 0);
            assert_tight(&what, a.max(b), &[a.lo().max(b.lo()), a.hi().max(b.hi())], 0);
            assert_tight(&what, a.min(b), &[a.lo().min(b.lo()), a.hi().min(b.hi())], 0);
            let common = (a.lo().max(b.lo()), a.hi().min(b.hi()));
            assert_eq!(a.intersects(b), common.0 <= common.1, "{what}");
            assert_eq!(
                a.intersection(b).map(|c| (c.lo(), c.hi())),
                a.intersects(b).then_some(common),
                "{what}"
            );
            assert_eq!(a.encloses(b), a.contains(b.lo()) && a.contains(b.hi()), "{what}");
        }
    }
    assert_eq!(samples().into_iter().take(2).sum::<Interval>(), samples()[0] + samples()[1]);
}

#[test]
fn rounding_is_outward_and_exact_where_nothing_is_rounded() {
    let (third, one) = (Interval::ONE / Interval::point(3.0), Interval::ONE);
    assert!(third.lo() < third.hi() && third.width() <= 4.0 * f64::EPSILON / 3.0 * 2.0);
    let x = Interval::new(0.5, 2.0);
    assert_eq!(
        (x + Interval::ZERO, Interval::ZERO + x, x * Interval::ZERO, Interval::ZERO * x),
        (x, x, Interval::ZERO, Interval::ZERO)
    );
    // A sum that is zero is exact; signs are kept by products.
    assert_eq!((x - Interval::new(0.5, 1.0)).hi(), 1.5_f64.next_up());
    assert_eq!((x - Interval::new(0.25, 0.5)).lo(), 0.0);
    assert_eq!((Interval::new(-2.0, -0.5) + Interval::point(0.5)).hi(), 0.0);
    let tiny = Interval::new(0.0, 1e-200);
    assert_eq!((tiny * tiny).lo(), 0.0);
    assert_eq!((tiny * -tiny).hi(), 0.0);
    assert_eq!((-tiny * tiny).hi(), 0.0);
    assert_eq!((-tiny * -tiny).lo(), 0.0);
    assert!((Interval::new(-1e-200, 1e-200) * tiny).lo() < 0.0);
    assert_eq!(one.mid(), 1.0);
    let around = Interval::around(2.0, 0.5);
    assert_eq!((around.lo(), around.hi()), (1.5_f64.next_down(), 2.5_f64.next_up()));
}

#[test]
fn unbounded_ends_are_limits_and_infinite_points_are_values() {
    let up = Interval::new(1.0, INF);
    let product = Interval::new(-1.0, 0.0) * up;
    assert_eq!((product.lo(), product.hi()), (-INF, 0.0));
    let product = up * Interval::new(-1.0, 0.0);
    assert_eq!((product.lo(), product.hi()), (-INF, 0.0));
    let product = Interval::new(0.0, 2.0) * Interval::new(-INF, 3.0);
    assert_eq!((product.lo(), product.hi()), (-INF, 6.0_f64.next_up()));
    let product = Interval::new(0.0, 2.0) * Interval::new(3.0, INF);
    assert_eq!((product.lo(), product.hi()), (0.0, INF));
    let (plus, minus) = (Interval::point(INF), Interval::point(-INF));
    assert!(plus.is_infinite_point() && minus.is_infinite_point() && !up.is_infinite_point());
    assert_eq!(plus + minus, Interval::ENTIRE);
    assert_eq!(plus - minus, plus);
    assert_eq!((plus + up, up + minus), (plus, minus));
    assert_eq!((plus * Interval::new(0.5, 2.0), plus * Interval::new(-2.0, -0.5)), (plus, minus));
    assert_eq!((minus * Interval::new(-2.0, -0.5), minus * minus, minus * plus), (plus, plus, minus));
    assert_eq!(
        (plus * Interval::ZERO, plus * Interval::new(-1.0, 1.0)),
        (Interval::ENTIRE, Interval::ENTIRE)
    );
    assert_eq!(
        (Interval::ONE / plus, plus / minus, plus / Interval::point(-2.0)),
        (Interval::ZERO, Interval::ENTIRE, minus)
    );
    assert_eq!(Interval::new(1.0, INF) / Interval::new(1.0, INF), Interval::ENTIRE);
}

#[test]
fn division_across_zero_is_a_half_line_or_nothing() {
    let (positive, negative) = (Interval::new(1.0, 2.0), Interval::new(-2.0, -1.0));
    let check = |found: Interval, lo: f64, hi: f64| {
        let near = |a: f64, b: f64| a == b || (a - b).abs() <= f64::EPSILON * b.abs();
        assert!(near(found.lo(), lo) && near(found.hi(), hi), "{found:?}, [{lo}, {hi}]");
    };
    check(positive / Interval::new(0.0, 4.0), 0.25, INF);
    check(negative / Interval::new(0.0, 4.0), -INF, -0.25);
    check(positive / Interval::new(-4.0, 0.0), -INF, -0.25);
    check(negative / Interval::new(-4.0, 0.0), 0.25, INF);
    for (a, b) in [
        (positive, Interval::new(-1.0, 1.0)),
        (positive, Interval::ZERO),
        (Interval::new(-1.0, 1.0), Interval::new(0.0, 1.0)),
        (Interval::new(0.0, 1.0), Interval::new(0.0, 1.0)),
    ] {
        assert_eq!(a / b, Interval::ENTIRE, "{a:?}, {b:?}");
    }
}

#[test]
fn size_and_middle() {
    let x = Interval::new(-3.0, 1.0);
    assert_eq!((x.mid(), x.magnitude(), x.mignitude()), (-1.0, 3.0, 0.0));
    assert_eq!((x.abs().lo(), x.abs().hi()), (0.0, 3.0));
    assert_eq!((Interval::new(-3.0, -1.0).mignitude(), Interval::new(-3.0, -1.0).magnitude()), (1.0, 3.0));
    assert_eq!((Interval::new(0.5, 2.0).mignitude(), Interval::new(0.5, 2.0).magnitude()), (0.5, 2.0));
    assert_eq!(
        (x.width(), Interval::point(2.0).width(), Interval::point(INF).width()),
        (4.0_f64.next_up(), 0.0, 0.0)
    );
    assert_eq!(
        (Interval::ENTIRE.mid(), Interval::new(1.0, INF).mid(), Interval::new(-INF, 2.0).mid()),
        (0.0, 1.0, 2.0)
    );
    assert_eq!(Interval::new(-f64::MAX, f64::MAX).mid(), 0.0);
    assert!((Interval::new(1.6e308, 1.7e308).mid() / 1.65e308 - 1.0).abs() <= f64::EPSILON);
    assert_eq!(
        (Interval::new(2.0, 1.0), Interval::new(f64::NAN, 1.0), Interval::point(f64::NAN)),
        (Interval::ENTIRE, Interval::ENTIRE, Interval::ENTIRE)
    );
    assert!(
        x.contains(-3.0) && x.contains(1.0) && !x.contains(1.1) && !x.contains(-3.1) && !x.contains(f64::NAN)
    );
    assert!(x.is_finite() && !Interval::new(1.0, INF).is_finite() && !Interval::new(-INF, 1.0).is_finite());
    assert!(Interval::PI.lo() <= std::f64::consts::PI && Interval::PI.hi() == std::f64::consts::PI.next_up());
}

#[test]
fn powers_and_roots_are_tight() {
    for a in samples() {
        let what = format!("{a:?}");
        let mut squares = vec![a.lo() * a.lo(), a.hi() * a.hi()];
        if a.contains(0.0) {
            squares.push(0.0);
        }
        let square = a.square();
        assert_tight(&what, square, &squares, 1);
        for n in 0..=6 {
            let mut powers: Vec<f64> = inside(a).map(|x| x.powi(n)).collect();
            if n > 0 && a.contains(0.0) {
                powers.push(0.0);
            }
            let found = a.powi(n);
            let (lo, hi) = powers.iter().fold((INF, -INF), |(lo, hi), v| (lo.min(*v), hi.max(*v)));
            let rounding = 32.0 * f64::EPSILON * lo.abs().max(hi.abs());
            assert!(
                (found.lo() - lo).abs() <= rounding && (found.hi() - hi).abs() <= rounding,
                "{what}^{n}: {found:?}, [{lo}, {hi}]"
            );
            if n % 2 == 0 {
                assert!(found.lo() >= 0.0);
            }
            for x in inside(a) {
                assert!(found.widened_contains(x.powi(n)), "{what}^{n} at {x}: {found:?}");
                if n > 0 && x != 0.0 {
                    assert!(a.powi(-n).widened_contains(x.powi(-n)), "{what}^-{n} at {x}: {:?}", a.powi(-n));
                }
            }
        }
    }
    let two = Interval::new(2.0, 4.0);
    let close = |found: Interval, lo: f64, hi: f64| {
        let rounding = 4.0 * f64::EPSILON;
        assert!((found.lo() / lo - 1.0).abs() <= rounding && found.lo() <= lo, "{found:?}, [{lo}, {hi}]");
        assert!((found.hi() / hi - 1.0).abs() <= rounding && found.hi() >= hi, "{found:?}, [{lo}, {hi}]");
    };
    close(two.powi(-3), 1.0 / 64.0, 0.125);
    close(two.powf(1.5), 2.0_f64.powf(1.5), 8.0);
    close(two.powf(-0.5), 0.5, 0.5_f64.sqrt());
    close(two.sqrt(), 2.0_f64.sqrt(), 2.0);
    assert_eq!(two.powf(0.0), Interval::ONE);
    let across = Interval::new(-1.0, 4.0);
    assert_eq!((across.sqrt().lo(), across.powf(0.5).lo(), across.powf(2.0).lo()), (0.0, 0.0, 0.0));
    assert_eq!(across.powf(-1.0).hi(), INF);
}

impl Interval {
    /// Whether it contains a float that may itself be rounded in its last places.
    fn widened_contains(self, x: f64) -> bool {
        let rounding = 8.0 * f64::EPSILON * x.abs();
        self.lo() <= x + rounding && self.hi() >= x - rounding
    }
}

#[test]
fn functions_are_monotone_hulls_within_their_ranges() {
    type Function = (&'static str, fn(Interval) -> Interval, fn(f64) -> f64);
    let functions: [Function; 8] = [
        ("exp", Interval::exp, f64::exp),
        ("exp_m1", Interval::exp_m1, f64::exp_m1),
        ("tanh", Interval::tanh, f64::tanh),
        ("sinh", Interval::sinh, f64::sinh),
        ("cosh", Interval::cosh, f64::cosh),
        ("atan", Interval::atan, f64::atan),
        ("sin", Interval::sin, f64::sin),
        ("cos", Interval::cos, f64::cos),
    ];
    for (name, enclosed, float) in functions {
        for a in samples() {
            let found = enclosed(a);
            let dense = (0..=400).map(|k| float(a.lo() + (a.hi() - a.lo()) * f64::from(k) / 400.0));
            let (lo, hi) = dense.fold((INF, -INF), |(lo, hi), v| (lo.min(v), hi.max(v)));
            let rounding = 4.0 * f64::EPSILON * lo.abs().max(hi.abs()).max(1.0);
            assert!(
                found.lo() <= lo + rounding && found.hi() >= hi - rounding,
                "{name} {a:?}: {found:?}, [{lo}, {hi}]"
            );
            // Extrema inside are met between samples, up to the square of their spacing.
            let slack = rounding + (a.width() / 400.0).powi(2) * lo.abs().max(hi.abs());
            assert!(
                found.lo() >= lo - slack && found.hi() <= hi + slack,
                "{name} {a:?}: {found:?}, [{lo}, {hi}]"
            );
        }
    }
    for a in samples().into_iter().filter(|a| a.lo() > 0.0) {
        assert_tight("ln", a.ln(), &[a.lo().ln(), a.hi().ln()], 2);
        assert_tight("ln_1p", a.ln_1p(), &[a.lo().ln_1p(), a.hi().ln_1p()], 2);
    }
    let wide = Interval::new(-40.0, 40.0);
    assert_eq!(
        (wide.tanh().lo(), wide.tanh().hi(), wide.erf().lo(), wide.erf().hi()),
        (-1.0, 1.0, -1.0, 1.0)
    );
    assert_eq!((wide.exp_m1().lo(), Interval::new(-800.0, 0.0).exp().lo()), (-1.0, 0.0));
    assert_eq!((Interval::point(0.0).cosh().lo(), Interval::new(30.0, 40.0).erfc().lo()), (1.0, 0.0));
    let erfc = Interval::new(0.5, 1.0).erfc();
    assert!(
        (erfc.lo() - 0.157_299_207_050_285_1).abs() <= f64::EPSILON
            && (erfc.hi() - 0.479_500_122_186_953_5).abs() <= f64::EPSILON,
        "{erfc:?}"
    );
    assert_eq!((Interval::new(-1.0, 1.0).ln().lo(), Interval::new(-2.0, 0.0).ln_1p().lo()), (-INF, -INF));
    assert!((Interval::new(-1.0, 1.0).ln().hi()).abs() <= f64::EPSILON);
}

#[test]
fn trigonometric_ranges_know_their_extrema() {
    let pi = std::f64::consts::PI;
    for k in -3..=3 {
        let centre = f64::from(k) * pi;
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        let around = Interval::new(centre - 0.3, centre + 0.5);
        let (cos, rounding) = (around.cos(), 4.0 * f64::EPSILON * (1.0 + centre.abs()));
        let (end, top) = (sign * 0.5_f64.cos(), sign);
        let (lo, hi) = if sign > 0.0 { (end, top) } else { (top, end) };
        assert!((cos.lo() - lo).abs() <= rounding && (cos.hi() - hi).abs() <= rounding, "{k}: {cos:?}");
        let shifted = Interval::new(centre + 0.5 * pi - 0.3, centre + 0.5 * pi + 0.5).sin();
        assert!(
            (shifted.lo() - lo).abs() <= rounding && (shifted.hi() - hi).abs() <= rounding,
            "{k}: {shifted:?}"
        );
    }
    let unit = |x: Interval| (x.lo(), x.hi()) == (-1.0, 1.0);
    assert!(
        unit(Interval::new(0.0, 6.5).cos())
            && unit(Interval::new(1e16, 1e16 + 2.0).sin())
            && unit(Interval::ENTIRE.cos())
    );
    assert!(!unit(Interval::new(0.1, 3.0).cos()));
}
