//! Windows, breaks and wells of norms.

use super::*;
use crate::numerics::expression::Expression;

/// Rounding of numbers of size ten.
const ROUNDING: f64 = 1e-12;

fn curve(potential: &str, dimension: usize) -> RadialCurve {
    RadialCurve::new(Radial::new(Expression::parse(potential, &["r"]).unwrap(), dimension).unwrap())
}

#[test]
fn wells_move_with_the_path() {
    for dimension in [2, 5, 10] {
        let curve = curve("r^2/8", dimension);
        let outer = dimension as f64 - 1.0;
        let [(well, width)] = curve.skeleton.law.local_minima()[..] else { unreachable!() };
        // r^{d−1}e^{−r²/8} is largest at 2√(d−1).
        let located = 1e-6;
        assert!((well - 2.0 * outer.sqrt()).abs() < located, "{well}");
        for angle in [0.0, 0.4, 1.2] {
            let (sine, cosine) = f64::sin_cos(angle);
            let slice = curve.at(angle).unwrap();
            let [(at, scale)] = slice.wells()[..] else { unreachable!() };
            assert!((at * at - (cosine * well).powi(2) - sine * sine * outer).abs() < ROUNDING * 1e2, "{at}");
            assert!(
                (scale * scale - (cosine * width).powi(2) - sine * sine).abs() < ROUNDING * 1e2,
                "{scale}"
            );
        }
        let base = curve.at(FRAC_PI_2).unwrap().wells();
        assert!(base.len() == 1 && (base[0].0 - outer.sqrt()).abs() < ROUNDING, "{base:?}");
        assert!((base[0].1 - 1.0).abs() < ROUNDING, "{base:?}");
    }
}

#[test]
fn windows_are_tight_on_the_scale_of_their_distance() {
    // Far from the origin, where a share of the distance is much more than the width.
    for (potential, dimension) in [("r^2/8", 2), ("r^2/8", 60), ("8*(r - 20)^2", 2), ("r", 3)] {
        let curve = curve(potential, dimension);
        for angle in [0.0, 0.5, FRAC_PI_2] {
            let slice = curve.at(angle).unwrap();
            let start = slice.wells().iter().map(|w| w.0).fold(0.0, f64::max);
            for level in [0.1, 1e-4, 1e-10] {
                let (lo, hi) = slice.window(level);
                let logarithm = f64::ln(level);
                assert!(slice.log_mass_beyond(hi) <= logarithm, "{potential} {angle} {level}");
                let inside = hi - 1.05 * WINDOW_SLACK * (hi - start);
                assert!(slice.log_mass_beyond(inside) > logarithm, "{potential} {angle} {level}: {hi}");
                assert!(slice.log_mass_before(lo) <= logarithm, "{potential} {angle} {level}");
                let inside = lo * (1.0 + 1.05 * WINDOW_SLACK);
                assert!(slice.log_mass_before(inside) > logarithm, "{potential} {angle} {level}: {lo}");
            }
        }
    }
}

#[test]
fn masses_near_the_ends_come_from_the_slope() {
    // Dimension 2 and variance 4: mass e^{−r²/8} beyond r, and r²/8 before it.
    let curve = curve("r^2/8", 2);
    let slice = curve.at(0.0).unwrap();
    let far = 40.0_f64;
    // Relative corrections of order variance/r².
    assert!((slice.log_mass_beyond(far) + far * far / 8.0).abs() < 2.0 * 4.0 / (far * far));
    let near = 1e-3_f64;
    assert!((slice.log_mass_before(near) - (near * near / 8.0).ln()).abs() < near);
    assert_eq!(slice.log_mass_beyond(0.5), f64::INFINITY);
    for (y, exact) in [(1.0, -(-0.125_f64).exp_m1()), (4.0, -(-2.0_f64).exp_m1())] {
        let (below, above) = slice.masses(y);
        assert!((below - exact).abs() < ROUNDING && (above - (1.0 - exact)).abs() < ROUNDING, "{y}: {below}");
    }
    assert!(slice.masses(f64::NAN).0.is_nan());
    assert!(slice.masses(0.0).0 == 0.0 && slice.masses(1e9).1 == 0.0);
}

#[test]
fn breaks_gather_around_wells_corners_and_the_origin() {
    let curve = curve("r^2/8", 5);
    let slice = curve.at(0.4).unwrap();
    let breaks = slice.breaks();
    assert!(breaks.windows(2).all(|w| w[0] < w[1]) && breaks[0] > 0.0, "{breaks:?}");
    let [(well, width)] = slice.wells()[..] else { unreachable!() };
    let holds = |at: f64| breaks.iter().any(|b| (b - at).abs() < ROUNDING);
    assert!(holds(well));
    for k in STEPS {
        assert!(holds(well + k * width), "{k}: {breaks:?}");
        assert_eq!(holds(well - k * width), well > k * width, "{k}: {breaks:?}");
    }
    let least = STEPS.iter().map(|k| well - k * width).filter(|b| *b > 0.0).fold(well, f64::min);
    for k in STEPS {
        assert!(holds(least / (1.0 + k)), "{k}: {breaks:?}");
    }
    // A corner moves with cos φ and is as wide as the noise.
    let cornered =
        RadialCurve::new(Radial::new(Expression::parse("abs(r - 2)", &["r"]).unwrap(), 2).unwrap());
    let slice = cornered.at(0.3).unwrap();
    let breaks = slice.breaks();
    let (sine, cosine) = f64::sin_cos(0.3);
    let located = 1e-6;
    for at in [2.0 * cosine, 2.0 * cosine + 0.5 * sine, 2.0 * cosine - sine] {
        assert!(breaks.iter().any(|b| (b - at).abs() < located), "{at}: {breaks:?}");
    }
    assert!(!cornered.is_smooth() && curve.is_smooth());
}

#[test]
fn eigenvalues_of_a_shell_are_enclosed() {
    // V = (r² − 4)²/4 at the target: V'' = 3r² − 4 and V'/r = r² − 4 have their least values, −4, at the origin.
    let curve = curve("(r^2 - 4)^2/4", 2);
    let slice = curve.at(0.0).unwrap();
    for r in [0.5, 2.0, 3.0] {
        let found = slice.hessian(r);
        let digits = 1e-9;
        assert!(
            (found.along - (4.0 - 3.0 * r * r)).abs() < digits
                && (found.across - (4.0 - r * r)).abs() < digits
        );
    }
    let normal = RadialCurve::new(Radial::new(Expression::parse("r^2/8", &["r"]).unwrap(), 3).unwrap());
    let [low, high] = normal.at(0.6).unwrap().hessian_range();
    let exact = -1.0 / (1.0 + 3.0 * 0.6_f64.cos().powi(2));
    let digits = 1e-7;
    assert!(
        (low.mid() - exact).abs() < digits && (high.mid() - exact).abs() < digits,
        "{low} {high} {exact}"
    );
}
