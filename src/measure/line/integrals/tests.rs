//! Panels of integrands with known integrals.

use super::*;
use crate::numerics::tolerances::{MESH, SOLVED};

/// Rounding of many panels.
const SUMS: f64 = 1e-13;

const SILENT: fn(f64) -> f64 = |_| 0.0;

fn total(panels: &[Panel]) -> f64 {
    panels.iter().map(|p| p.mass).sum()
}

#[test]
fn a_panel_knows_its_integral_its_size_and_its_error() {
    let found = panel(-1.0, 3.0, |x| x.powi(3));
    let rounding = 64.0 * f64::EPSILON * 20.5;
    assert!((found.mass - 20.0).abs() <= rounding, "{found:?}");
    // ∫|x³| = 20 + ½, by a rule that does not see the kink exactly.
    assert!((found.size - 20.5).abs() <= 0.01, "{found:?}");
    assert!(
        found.error >= ROUNDING * found.size && found.error <= ROUNDING * found.size + rounding,
        "{found:?}"
    );
    let rough = panel(0.0, 1.0, |x: f64| x.sqrt());
    let truth = (rough.mass - 2.0 / 3.0).abs();
    assert!(truth <= rough.error && rough.error <= 100.0 * truth, "{rough:?}");
    assert_eq!((rough.a, rough.b), (0.0, 1.0));
}

#[test]
fn panels_are_halved_where_it_is_needed_and_stay_in_order() {
    // Smooth: nothing is halved.
    let smooth = adaptive(&[0.0, 1.0, 2.0], |x| (-x).exp(), SILENT);
    assert_eq!(smooth.len(), 2);
    assert!((total(&smooth) - (1.0 - (-2.0_f64).exp())).abs() <= 8.0 * f64::EPSILON);
    // A root at an end: halvings towards it.
    let root = adaptive(&[0.0, 1.0, 4.0], |x: f64| x.powf(-0.5), SILENT);
    assert!((total(&root) - 4.0).abs() <= SUMS, "{}", total(&root));
    assert!(root.windows(2).all(|w| w[0].b == w[1].a) && root[0].a == 0.0 && root[root.len() - 1].b == 4.0);
    assert!(root.len() > 40 && root.len() < 400, "{}", root.len());
    assert!(root[0].b < SOLVED && root[root.len() - 1].b - root[root.len() - 1].a >= 0.5);
    // Where the integrand is known badly halving gains nothing.
    let noisy = adaptive(&[0.0, 1.0, 4.0], |x: f64| x.powf(-0.5), |_| 0.5);
    assert_eq!(noisy.len(), 2);
    assert!((total(&noisy) - 4.0).abs() <= 0.5);
    // Empty panels are left out, short ones far from 0 are not halved any more.
    assert_eq!(adaptive(&[1.0, 1.0, 2.0], |x| x, SILENT).len(), 1);
    let step = adaptive(&[0.0, 1.0], |x| f64::from(u8::from(x > 0.3)), SILENT);
    let shortest = step.iter().map(|p| p.b - p.a).fold(f64::INFINITY, f64::min);
    assert!((SHORTEST * 0.1..=SHORTEST).contains(&shortest), "{shortest:e}");
    assert!((total(&step) - 0.7).abs() <= shortest);
}

#[test]
fn sums_carry_errors_and_rounding() {
    let p = |mass: f64, error: f64, size: f64| Panel { a: 0.0, b: 1.0, mass, error, size };
    let found = sum(&[p(2.0, 0.125, 3.0), p(-0.5, 0.25, 0.5)]);
    let slack = 8.0 * f64::EPSILON;
    assert!((found.mid() - 1.5).abs() <= slack && (found.width() - 0.75).abs() <= 2.0 * slack, "{found}");
    let rounded = sum(&[p(1.0, 0.0, 1e6); 4]);
    let expected = 2.0 * f64::EPSILON * 4e6 * 2.0;
    assert!((rounded.width() / expected - 1.0).abs() <= MESH, "{rounded}");
    assert!(!sum(&[p(f64::NAN, 0.0, 1.0)]).is_finite() && !sum(&[p(1.0, f64::INFINITY, 1.0)]).is_finite());
    assert_eq!(sum(&[]).mid(), 0.0);
}
