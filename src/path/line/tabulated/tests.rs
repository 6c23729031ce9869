use super::*;
use crate::measure::line::LineMeasure;
use crate::path::MixtureCurve;
use crate::path::line::{LineBase, PotentialCurve};

const LINE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

#[track_caller]
fn agrees(table: &TabulatedCurve, curve: &dyn LineCurve, angle: f64) {
    let (tabulated, direct) = (table.slice(angle).unwrap(), curve.slice(angle).unwrap());
    // The error is the largest at two points of each patch; elsewhere it may be ten times as large.
    let error = 10.0 * tabulated.relative_error();
    assert!(error < 1e-9, "{error:e}");
    for k in -12..=12 {
        let y = 0.31 * f64::from(k);
        let (ours, exact) = (fields(&tabulated.point(y)), fields(&direct.point(y)));
        if exact[0] < -TAIL {
            continue;
        }
        for (ours, exact) in ours.iter().zip(exact) {
            assert!((ours - exact).abs() < error * (1.0 + exact.abs()), "at {angle}, {y}: {ours} {exact}");
        }
        assert!((tabulated.log_density(y) - exact[0]).abs() < error * (1.0 + exact[0].abs()));
        let (masses, others) = (tabulated.masses(y), direct.masses(y));
        for (ours, exact) in [(masses.0, others.0), (masses.1, others.1)] {
            // The table leaves out EDGE_LEVEL, and the curve takes one mass as the complement of the other.
            assert!(
                (ours - exact).abs() < error * exact + 4.0 * (EDGE_LEVEL + f64::EPSILON),
                "{ours:e} {exact:e}"
            );
        }
    }
    for level in [0.25, 1e-6, 1e-12] {
        let (lo, hi) = tabulated.window(level);
        let leaves_out = direct.masses(lo).0.max(direct.masses(hi).1);
        assert!(leaves_out <= level * (1.0 + error) && leaves_out > 0.1 * level, "{level}: {leaves_out:e}");
    }
}

#[test]
fn a_table_is_the_curve() {
    let mixture: Arc<dyn LineCurve> =
        Arc::new(MixtureCurve::new(&[0.3, 0.7], &[-1.5, 1.0], &[0.5, 0.6]).unwrap());
    let table = TabulatedCurve::of(mixture.clone()).unwrap();
    for angle in [0.0, 1e-3, 0.2, 0.35, 0.9, 1.5, FRAC_PI_2] {
        agrees(&table, mixture.as_ref(), angle);
    }
    assert!(table.slice(-0.1).is_err() && table.slice(f64::NAN).is_err());
}

#[test]
fn what_is_not_in_the_table_is_the_curve_itself() {
    let curve: Arc<dyn LineCurve> =
        Arc::new(MixtureCurve::new(&[0.3, 0.7], &[-1.5, 1.0], &[0.5, 0.6]).unwrap());
    let mut table = TabulatedCurve::of(curve.clone()).unwrap();
    let (lo, hi) = table.range;
    // Slices at six angles, most of them within the widest one.
    let widest = [0.0, 0.02, 0.4, 0.8, 1.2, FRAC_PI_2]
        .map(|angle| curve.slice(angle).unwrap().window(EDGE_LEVEL))
        .into_iter()
        .fold((0.0_f64, 0.0_f64), |w, (a, b)| (w.0.min(a), w.1.max(b)));
    assert_eq!((lo, hi), widest);
    {
        let (slice, own) = (table.slice(0.5).unwrap(), curve.slice(0.5).unwrap());
        assert_eq!(slice.breaks(), own.breaks());
        assert_eq!(slice.bumps(), own.bumps());
        assert!(!slice.bumps().is_empty());
        for y in [lo - 0.5, hi + 0.5, lo.next_down(), hi.next_up()] {
            assert_eq!(fields(&slice.point(y)), fields(&own.point(y)));
            assert_eq!(slice.masses(y), own.masses(y));
            assert_eq!(slice.log_density(y), own.log_density(y));
        }
        assert_eq!(slice.window(1e-18), own.window(1e-18));
        // The first and the last point of the table are in it.
        let error = 1e2 * table.error;
        for y in [lo, hi] {
            let (ours, exact) = (slice.point(y).score, own.point(y).score);
            assert!((ours - exact).abs() < LOOSE * exact.abs() + error, "{ours} {exact}");
        }
    }
    // Of windows the ends are tight to a share of the table.
    let slice = table.slice(0.5).unwrap();
    for level in [0.3, 1e-3] {
        let (a, b) = slice.window(level);
        let slack = 1.01 * WINDOW_SLACK * (hi - lo);
        assert!(slice.masses(a).0 <= level && slice.masses(b).1 <= level);
        assert!(slice.masses(a + slack).0 > level && slice.masses(b - slack).1 > level, "{level}");
    }
    drop(slice);
    // Should rounding put the end of the range beyond the last panel, that panel serves.
    table.range.1 = hi + 1e-9;
    let slice = table.slice(0.5).unwrap();
    let (y, own) = (hi + 5e-10, curve.slice(0.5).unwrap());
    assert!((slice.log_density(y) - own.log_density(y)).abs() < 1.0);
    assert!(slice.point(y).score.is_finite());
}

#[test]
fn patches_are_halved_where_they_have_to_be() {
    let of = |stds: [f64; 2], accuracy: f64| {
        let curve = Arc::new(MixtureCurve::new(&[0.3, 0.7], &[-1.5, 1.0], &stds).unwrap());
        TabulatedCurve::with_accuracy(curve, accuracy).unwrap()
    };
    let normal = Arc::new(MixtureCurve::new(&[1.0], &[0.5], &[1.0]).unwrap());
    let plain = TabulatedCurve::of(normal).unwrap();
    // Polynomials of order two in the point, and a mean and nothing else that depends on the angle.
    assert_eq!(plain.patches(), 3 * PANELS);
    assert!(plain.error < 1e-11, "{:e}", plain.error);
    let (coarse, fine) = (of([0.5, 0.6], 1e-6), of([0.5, 0.6], 1e-10));
    assert!(plain.patches() <= coarse.patches() && coarse.patches() < fine.patches());
    assert!(coarse.error < 1e-4 && fine.error < 1e-9, "{:e} {:e}", coarse.error, fine.error);
    // They cover the rectangle, once.
    let area = |table: &TabulatedCurve| -> f64 {
        let side = |(a, b): (f64, f64)| b - a;
        table.patches.iter().map(|p| side(p.angles) * side(p.points)).sum()
    };
    let whole = FRAC_PI_2 * (fine.range.1 - fine.range.0);
    let rounding = 1e-10;
    assert!((area(&fine) - whole).abs() < rounding * whole, "{}", area(&fine));
    // Errors are looser in tails, up to a share.
    let slack = |log_density: f64| fine.slack(log_density);
    assert_eq!((slack(0.0), slack(-TAIL)), (1.0, 1.0));
    assert!((slack(-TAIL - 2.0) - 2.0_f64.exp()).abs() < rounding);
    assert!((slack(-1e3) - LOOSE / 1e-10).abs() < rounding * LOOSE / 1e-10);
    assert!(TabulatedCurve::with_accuracy(fine.curve.clone(), 0.0).is_err());
    assert_eq!(place((2.0, 6.0), -0.5), 3.0);
}

#[test]
fn potentials_have_tables() {
    let wells = LineMeasure::parse("x^4/4 - x^2/2", LINE.0, LINE.1).unwrap();
    let curve = Arc::new(PotentialCurve::new(wells, LineBase::Gaussian).unwrap());
    let table = TabulatedCurve::of(curve.clone()).unwrap();
    for angle in [0.03, 0.7] {
        agrees(&table, curve.as_ref(), angle);
    }
}
