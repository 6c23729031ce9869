//! The bound against sampled second derivatives on the ray.

use super::super::Noise;
use super::*;
use crate::numerics::tolerances::ROUNDING;

/// Smallest `V''` on the ray by sampling, up to `reach` from `t`.
fn sampled(law: &LineMeasure, t: f64, leftward: bool, reach: f64) -> f64 {
    let sign = if leftward { -1.0 } else { 1.0 };
    (0..=2000)
        .map(|i| t + sign * reach * f64::from(i) / 2000.0)
        .map(|x| law.potential(Jet::<f64, 2>::variable(x)).derivative(2))
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn mixtures_are_convex_far_out_and_the_bound_is_nearly_attained() {
    let laws = [
        LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.0, 1.0], &[1.0, 1.0]).unwrap(),
        LineMeasure::gaussian_mixture(&[0.6, 0.4], &[-2.0, 1.5], &[0.5, 2.0]).unwrap(),
        LineMeasure::gaussian_mixture(&[0.2, 0.5, 0.3], &[-1.0, 0.5, 3.0], &[1.0, 1.0, 0.7]).unwrap(),
    ];
    for law in &laws {
        for (t, leftward) in
            [(5.0, false), (8.0, false), (20.0, false), (-6.0, true), (-12.0, true), (-20.0, true)]
        {
            let found = law.convexity_beyond(t, leftward);
            let lowest = sampled(law, t, leftward, 40.0);
            assert!(found <= lowest + ROUNDING, "{law}, {t}: {found}, {lowest}");
            // Where one component dominates, what is missing is the variance of the slopes, and little more is given away.
            let widest = law.gaussian_components().unwrap().iter().map(|c| c.1).fold(0.0, f64::max);
            let missing = widest.powi(-2) - lowest;
            let dominated = missing < 0.05 * widest.powi(-2);
            assert!(
                !dominated || found >= lowest - 4.0 * missing.abs() - 1e-12,
                "{law}, {t}: {found}, {lowest}"
            );
            assert!(dominated || t.abs() < 15.0, "{law}, {t}: {lowest}");
        }
        // Between the components next to nothing is claimed, and what is has to hold.
        assert!(law.convexity_beyond(-1.5, false) <= sampled(law, -1.5, false, 40.0), "{law}");
    }
    assert_eq!(laws[1].convexity_beyond(-2.5, true), f64::NEG_INFINITY);
    // Two equal deviations, exactly: 1 − (w₁p₁/w₂p₂)(m₂−m₁)² at t.
    let (t, ratio) = (4.0, 3.0 / 7.0 * f64::exp(-0.5 * 36.0 + 0.5 * 9.0));
    let found = laws[0].convexity_beyond(t, false);
    let expected = 1.0 - 9.0 * ratio;
    assert!((found - expected).abs() <= ROUNDING, "{found}, {expected}");
    let left = laws[0].convexity_beyond(-6.0, true);
    let expected = 1.0 - 9.0 * 7.0 / 3.0 * f64::exp(-0.5 * 49.0 + 0.5 * 16.0);
    assert!((left - expected).abs() <= ROUNDING, "{left}, {expected}");
}

#[test]
fn images_and_observations_carry_the_bound_over() {
    let inner = LineMeasure::parse("x^4/4", f64::NEG_INFINITY, f64::INFINITY).unwrap();
    let rounding = 1e-12;
    let close = |found: f64, exact: f64| {
        assert!(found <= exact && found >= exact - rounding * exact.abs(), "{found}, {exact}");
    };
    close(inner.convexity_beyond(2.0, false), 12.0);
    close(inner.convexity_beyond(-3.0, true), 27.0);
    // y = 2x + 1 and y = −2x + 1: V''/4.
    close(inner.affine_image(2.0, 1.0).unwrap().convexity_beyond(5.0, false), 3.0);
    close(inner.affine_image(2.0, 1.0).unwrap().convexity_beyond(-5.0, true), 6.75);
    close(inner.affine_image(-2.0, 1.0).unwrap().convexity_beyond(5.0, false), 3.0);
    close(inner.affine_image(-2.0, 1.0).unwrap().convexity_beyond(-5.0, true), 6.75);
    close(LineMeasure::gaussian(3.0, 0.5).unwrap().convexity_beyond(-7.0, false), 4.0);
    let observed = inner.given(Noise::Gaussian { scale: 0.5 }, -3.0, 1.0).unwrap();
    close(observed.convexity_beyond(2.0, false), 12.0 + 36.0);
    close(observed.convexity_beyond(-3.0, true), 27.0 + 36.0);
    let concave = LineMeasure::parse("x^2 - abs(x - 4)", f64::NEG_INFINITY, f64::INFINITY).unwrap();
    assert_eq!(concave.convexity_beyond(3.0, false), f64::NEG_INFINITY);
    close(concave.convexity_beyond(5.0, false), 2.0);
    assert_eq!(concave.affine_image(3.0, 0.0).unwrap().convexity_beyond(9.0, false), f64::NEG_INFINITY);
}
