use super::*;
use crate::path::SlicePoint;
use std::f64::consts::{PI, SQRT_2};

/// Gauss sums of some hundred terms.
const ROUNDING: f64 = 1e-13;
const LINE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

fn gaussian_base(law: LineMeasure) -> PotentialCurve {
    PotentialCurve::new(law, LineBase::Gaussian).unwrap()
}

fn well() -> LineMeasure {
    LineMeasure::parse("x^4/4 - 3*x^2/2 + 0.3*x", LINE.0, LINE.1).unwrap()
}

/// Fields of a mixture with a Gaussian base in closed form, and the masses.
fn mixture_point(components: &[(f64, f64, f64)], angle: f64, y: f64) -> (SlicePoint, (f64, f64)) {
    let (c, s) = (angle.cos(), angle.sin());
    let logs: Vec<f64> = components
        .iter()
        .map(|&(w, m, std)| {
            let v = (c * std).powi(2) + s * s;
            w.ln() - 0.5 * (y - c * m).powi(2) / v - 0.5 * (2.0 * PI * v).ln()
        })
        .collect();
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logs.iter().map(|l| (l - top).exp()).sum();
    let (mut score, mut second, mut velocity, mut rate) = (0.0, 0.0, 0.0, 0.0);
    let (mut below, mut above) = (0.0, 0.0);
    for (&(w, m, std), l) in components.iter().zip(&logs) {
        let (share, v) = ((l - top).exp() / total, (c * std).powi(2) + s * s);
        let d = -(y - c * m) / v;
        let v_rate = 2.0 * c * s * (1.0 - std * std);
        let field = -s * m + 0.5 * v_rate / v * (y - c * m);
        score += share * d;
        second += share * (d * d - 1.0 / v);
        velocity += share * field;
        rate += share * (-0.5 * v_rate / v - field * d);
        let z = (y - c * m) / (2.0 * v).sqrt();
        below += w * 0.5 * core_math::erfc(-z);
        above += w * 0.5 * core_math::erfc(z);
    }
    let point = SlicePoint {
        log_density: top + total.ln(),
        score,
        curvature: second - score * score,
        velocity,
        log_density_rate: rate,
    };
    (point, (below, above))
}

fn assert_near(found: &SlicePoint, exact: &SlicePoint, y: f64, angle: f64, tolerance: f64) {
    let s = angle.sin();
    // Products of two fields lose what each of them does; moving fields are of the order of s(1 + |y|).
    let slope = 1.0 + exact.score.abs();
    let motion = s * (1.0 + y.abs()) + exact.velocity.abs();
    let fields = [
        (found.log_density, exact.log_density, 1.0 + exact.log_density.abs()),
        (found.score, exact.score, slope),
        (found.curvature, exact.curvature, slope * slope),
        (found.velocity, exact.velocity, motion),
        (found.log_density_rate, exact.log_density_rate, s + motion * slope),
    ];
    for (i, (f, e, scale)) in fields.iter().enumerate() {
        assert!((f - e).abs() <= tolerance * scale, "field {i} at y = {y}, angle {angle}: {f} {e}");
    }
}

#[test]
fn mixtures_agree_with_their_closed_form() {
    let parameters = [(0.3, -2.8, 0.5), (0.7, 1.2, 0.5)];
    let law = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.8, 1.2], &[0.5, 0.5]).unwrap();
    let normal = [(1.0, 0.7, 1.5)];
    let cases = [
        (gaussian_base(law), &parameters[..]),
        (gaussian_base(LineMeasure::gaussian(0.7, 1.5).unwrap()), &normal[..]),
    ];
    for (curve, components) in &cases {
        for angle in [1e-3, 0.1, 0.4, 0.8, 1.3, 1.57] {
            let slice = curve.at(angle).unwrap();
            for y in [-30.0, -2.7, -0.9, 0.0, 1.1, 4.0, 30.0] {
                let (exact, masses) = mixture_point(components, angle, y);
                let found = slice.point(y);
                // The rate for a narrow kernel is a mean of terms 1/s times larger.
                let cancellation = f64::EPSILON * exact.score.abs() / angle.sin();
                assert_near(&found, &exact, y, angle, ROUNDING + cancellation);
                let (below, above) = slice.masses(y);
                let depth = 1.0 + exact.log_density.abs();
                assert!((below - masses.0).abs() <= ROUNDING * depth * masses.0 + f64::MIN_POSITIVE);
                assert!((above - masses.1).abs() <= ROUNDING * depth * masses.1 + f64::MIN_POSITIVE);
            }
            assert!(slice.relative_error() < 10.0 * ROUNDING, "{}", slice.relative_error());
        }
    }
}

#[test]
fn uniform_target_gives_differences_of_error_functions() {
    let curve = gaussian_base(LineMeasure::uniform(0.0, 1.0).unwrap());
    for angle in [1e-3, 0.05, 0.5, 1.2] {
        let (c, s) = (f64::cos(angle), f64::sin(angle));
        let slice = curve.at(angle).unwrap();
        for k in [-12.0, -3.0, -0.5, 0.0, 0.2, 2.0] {
            let y = k * s;
            // p = (Φ(y/s) − Φ((y−c)/s))/c, here with both arguments as tails to the right.
            let tail = |z: f64| 0.5 * core_math::erfc(z / SQRT_2);
            let density = (tail(-y / s) - tail((c - y) / s)) / c;
            let bell = |z: f64| (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
            let slope = (bell(y / s) - bell((y - c) / s)) / (c * s);
            let found = slice.point(y);
            // The difference of two tails loses nothing as long as one is much smaller.
            let loss = 1.0 / (1.0 - tail((c - y) / s) / tail(-y / s));
            let tolerance = ROUNDING * loss * (1.0 + k * k);
            assert!((found.log_density - density.ln()).abs() < tolerance, "{angle} {y}");
            let scale = found.score.abs() + 1.0 / s;
            assert!((found.score - slope / density).abs() < tolerance * scale, "{angle} {y}");
            // Tweedie's formula: w = −tan φ·(y + score).
            let field = -s / c * (y + found.score);
            assert!((found.velocity - field).abs() < tolerance * (1.0 + scale), "{angle} {y}");
        }
    }
    let law = curve.at(0.0).unwrap();
    let rounding = 8.0 * f64::EPSILON;
    assert!(law.log_density(0.5).abs() < rounding && law.log_density(1.5) == f64::NEG_INFINITY);
    let (below, above) = law.masses(0.25);
    assert!((below - 0.25).abs() < rounding && (above - 0.75).abs() < rounding);
    assert_eq!(law.masses(-1.0), (0.0, 1.0));
    let (from, to) = law.window(1e-3);
    assert!((-0.03..1e-3).contains(&from) && (0.999..1.03).contains(&to), "{from} {to}");
}

#[test]
fn references_of_other_arithmetic() {
    // mpmath, 30 digits: log p, score, curvature, velocity, rate, mass below.
    let student = gaussian_base(LineMeasure::student(2.5, 0.0, 1.0).unwrap());
    let deep = gaussian_base(well());
    let cases: [(&PotentialCurve, f64, f64, [f64; 6]); 4] = [
        (
            &student,
            0.6,
            -30.0,
            [
                -11.797_759_839_736_925,
                0.116_631_403_723_628_14,
                0.003_885_329_824_611_708_6,
                20.444_312_413_954_876,
                -1.697_653_949_516_696_5,
                0.000_090_277_788_753_816_3,
            ],
        ),
        (
            &student,
            0.6,
            1.25,
            [
                -1.782_462_729_391_813_8,
                -1.061_148_078_261_221_3,
                -0.503_801_603_514_553_9,
                -0.129_200_550_987_563_17,
                0.202_366_670_885_075_04,
                0.847_765_861_948_180_6,
            ],
        ),
        (
            &deep,
            0.8,
            -30.0,
            [
                -760.465_913_026_640_6,
                53.373_772_759_811_35,
                -1.894_424_880_022_137_7,
                -24.066_537_657_235_27,
                1_283.600_977_689_862,
                0.0,
            ],
        ),
        (
            &deep,
            0.8,
            0.5,
            [
                -1.828_245_594_671_278,
                -0.146_462_282_414_502_54,
                0.704_231_334_675_895_6,
                -0.364_016_065_397_610_7,
                1.701_427_668_542_024_2,
                0.773_506_161_650_345_5,
            ],
        ),
    ];
    for (curve, angle, y, [log_density, score, curvature, velocity, log_density_rate, below]) in cases {
        let slice = curve.at(angle).unwrap();
        let exact = SlicePoint { log_density, score, curvature, velocity, log_density_rate };
        assert_near(&slice.point(y), &exact, y, angle, ROUNDING);
        assert!((slice.masses(y).0 - below).abs() <= ROUNDING * below + f64::MIN_POSITIVE);
    }
}

#[test]
fn fields_are_derivatives_of_the_density() {
    let laws = [
        well(),
        LineMeasure::laplace(1.5).unwrap(),
        LineMeasure::exponential(1.0).unwrap(),
        LineMeasure::gamma(0.5).unwrap(),
        LineMeasure::student(3.0, 0.0, 1.0).unwrap(),
    ];
    let h = 1e-3;
    for law in laws {
        for base in [LineBase::Gaussian, LineBase::Student { dof: 3.0 }] {
            let curve = PotentialCurve::new(law.clone(), base).unwrap();
            // On either side of the switch between the two forms.
            for angle in [0.2, 1.0] {
                let log_density = |angle: f64, y: f64| curve.at(angle).unwrap().log_density(y);
                for y in [-1.5, 0.3, 2.0] {
                    let point = curve.at(angle).unwrap().point(y);
                    let difference = |f: &dyn Fn(f64) -> f64| {
                        (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
                    };
                    let score = difference(&|d| log_density(angle, y + d));
                    let rate = difference(&|d| log_density(angle + d, y));
                    let curvature = difference(&|d| curve.at(angle).unwrap().point(y + d).score);
                    let slope = difference(&|d| curve.at(angle).unwrap().point(y + d).velocity);
                    // Deep in the tail log p is about −y²/(2s²); its fifth derivative in s is 6!·y²/(2s⁷).
                    let fifth = 360.0 * (1.0 + y * y) / f64::sin(angle).powi(7);
                    let truncation = 4.0 * h.powi(4) / 30.0 * fifth;
                    let tolerance = truncation + ROUNDING / h;
                    assert!((score - point.score).abs() < tolerance, "{curve}: {score} {point:?}");
                    assert!((rate - point.log_density_rate).abs() < tolerance, "{curve}: {rate} {point:?}");
                    assert!((curvature - point.curvature).abs() < tolerance / angle, "{curve}: {curvature}");
                    let flux = slope + point.velocity * point.score;
                    assert!((flux + point.log_density_rate).abs() < tolerance / angle, "{curve}: {flux}");
                }
            }
        }
    }
}

#[test]
fn ends_of_the_curve_are_the_target_and_the_base() {
    let curve = PotentialCurve::new(well(), LineBase::Student { dof: 5.0 }).unwrap();
    let (target, base) = (curve.at(0.0).unwrap(), curve.at(std::f64::consts::FRAC_PI_2).unwrap());
    // The laws differ from their neighbours by the order of the angle.
    let small = 1e-5;
    let near = |angle: f64, y: f64| curve.at(angle).unwrap().point(y);
    for y in [-1.0, 0.4, 2.5] {
        let (there, beside) = (target.point(y), near(small, y));
        assert!((there.log_density - beside.log_density).abs() < small);
        assert!((there.score - beside.score).abs() < small && beside.velocity.abs() < 100.0 * small);
        let (there, beside) = (base.point(y), near(std::f64::consts::FRAC_PI_2 - small, y));
        assert!((there.log_density - beside.log_density).abs() < 10.0 * small);
        assert!((there.velocity - beside.velocity).abs() < 10.0 * small);
        assert!((there.log_density_rate - beside.log_density_rate).abs() < 100.0 * small);
    }
    for angle in [-0.1, 1.6, f64::NAN] {
        assert!(curve.at(angle).is_err() && curve.slice(angle).is_err());
    }
    assert!(PotentialCurve::new(well(), LineBase::Student { dof: -1.0 }).is_err());
}

#[test]
fn conditional_laws_and_windows() {
    // Gaussian: E[X|y] = cσ²y/v, Var = σ²s²/v.
    let curve = gaussian_base(LineMeasure::gaussian(0.0, 2.0).unwrap());
    let angle = 0.7;
    let (c, s) = (f64::cos(angle), f64::sin(angle));
    let v = 4.0 * c * c + s * s;
    let slice = curve.at(angle).unwrap();
    let conditional = slice.conditional(1.3);
    assert!((conditional.mean() - c * 4.0 * 1.3 / v).abs() < ROUNDING);
    assert!((conditional.variance() - 4.0 * s * s / v).abs() < ROUNDING);
    let noise = conditional.joint_expectation(|_, z| z);
    assert!((noise - s * 1.3 / v).abs() < ROUNDING);
    let (from, to) = slice.window(1e-9);
    let (below, above) = (slice.masses(from).0, slice.masses(to).1);
    // Not much wider: 3 per cent further in there is more.
    assert!(
        below <= 1e-9
            && above <= 1e-9
            && slice.masses(0.97 * from).0 > 1e-9
            && slice.masses(0.97 * to).1 > 1e-9
    );
    let target = curve.at(0.0).unwrap().conditional(0.4);
    assert_eq!((target.mean(), target.variance()), (0.4, 0.0));
    let free = curve.at(std::f64::consts::FRAC_PI_2).unwrap().conditional(7.0);
    assert!(free.mean().abs() < ROUNDING && (free.variance() - 4.0).abs() < 4.0 * ROUNDING);
}

#[test]
fn heavy_bases_keep_the_digits_of_the_fields_far_out() {
    // Of the two forms of each field one loses as many digits as y² has where the kernel is flat over the target.
    let targets = [
        LineMeasure::parse("x^2/2 + 0.5*cos(3*x)", LINE.0, LINE.1).unwrap(),
        LineMeasure::parse("abs(x)^0.7", LINE.0, LINE.1).unwrap(),
    ];
    for target in targets {
        let second_moment = target.variance().mid();
        let dof = 3.13;
        let curve = PotentialCurve::new(target, LineBase::Student { dof }).unwrap();
        for angle in [0.01_f64, 0.3, 0.9] {
            let (slice, c, s) = (curve.at(angle).unwrap(), angle.cos(), angle.sin());
            for y in [1e5, -1e7] {
                let point = slice.point(y);
                // X given y has nearly the law π (centred by symmetry), tilted by the slope of the noise's cost:
                // E[X|y] = c(n+1)E X²/y, and s·w = c·y − E[X|y]. What is left out is smaller by (c x/y)², with moments of
                // the order of 10³ for these targets.
                let mean = c * (dof + 1.0) * second_moment / y;
                let next = 1e4 / (y * y);
                let velocity = (c * y - mean) / s;
                assert!(
                    (point.velocity / velocity - 1.0).abs() < next + ROUNDING,
                    "{angle} {y}: {} {velocity}",
                    point.velocity
                );
                assert!((point.score * y / -(dof + 1.0) - 1.0).abs() < next + ROUNDING);
                assert!((point.curvature * y * y / (dof + 1.0) - 1.0).abs() < next + ROUNDING);
            }
        }
    }
}

#[test]
fn bumps_are_the_wells_of_the_target_spread_by_the_base() {
    let law = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.8, 1.2], &[0.5, 0.3]).unwrap();
    let curve = gaussian_base(law.clone());
    let angle = 0.4_f64;
    let (s, c) = angle.sin_cos();
    let bumps = curve.at(angle).unwrap().bumps();
    let wells = law.local_minima();
    assert_eq!((bumps.len(), wells.len()), (2, 2));
    for ((weight, at, width), (well, size)) in bumps.iter().zip(&wells) {
        let exact = [size * law.density(*well), c * well, (c * size).hypot(s)];
        for (found, exact) in [*weight, *at, *width].into_iter().zip(exact) {
            assert!((found - exact).abs() <= ROUNDING * exact.abs(), "{bumps:?} {wells:?}");
        }
    }
    // As heavy as they are wide and high: the weights of the components up to the factor by which widths are looked for.
    let ratio = bumps[0].0 / bumps[1].0 * (0.7 / 0.3);
    assert!((0.5..2.0).contains(&ratio), "{bumps:?}");
    let base = curve.at(std::f64::consts::FRAC_PI_2).unwrap();
    assert_eq!(base.bumps(), [(1.0, 0.0, 1.0)]);
}
