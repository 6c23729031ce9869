use super::*;
use crate::measure::gaussian::Gaussian;
use crate::path::{GaussianPath, LineCurve, Schedule};

fn vector(values: &[f64]) -> DVector<f64> {
    kernel::column(values)
}

fn matrix(d: usize, rows: &[f64]) -> DMatrix<f64> {
    DMatrix::from_row_slice(d, d, rows)
}

/// Skewed, off-centre, of different shapes.
fn skewed() -> Mixture {
    Mixture::new(
        &[0.3, 1.2],
        vec![vector(&[1.0, -2.0]), vector(&[0.5, 1.5])],
        vec![matrix(2, &[1.0, 0.4, 0.4, 0.5]), matrix(2, &[0.25, 0.0, 0.0, 2.0])],
    )
    .unwrap()
}

fn atoms() -> Mixture {
    Mixture::isotropic(&[1.0, 1.0], vec![vector(&[1.0, 0.0]), vector(&[-1.0, 0.0])], &[0.0; 2]).unwrap()
}

/// Central differences of a function of the angle or of a coordinate.
fn slope(f: impl Fn(f64) -> f64, x: f64, step: f64) -> f64 {
    (f(x + step) - f(x - step)) / (2.0 * step)
}

const STEP: f64 = 1e-4;

#[test]
fn the_curl_with_a_student_base_is_the_known_one() {
    // √(1−λ)E[Z|y] at λ = ½ in closed form: Σ r_k (y − √½m_k), r_k ∝ (n + 2|y − √½m_k|²)^{−(n+d)/2}.
    let path = MixturePath::student(atoms(), 3.0).unwrap();
    let angle = std::f64::consts::FRAC_PI_4;
    let slice = path.slice(angle).unwrap();
    let (s, c) = slice.sine_cosine();
    // s·E[Z|y] = y − c·E[X|y] = s²y + sc·w, a gradient plus sc·w.
    let curl = |y: [f64; 2]| s * c * slice.point(&y).unwrap().curl().unwrap();
    let (digits, rule) = (5e-7, 1e-12);
    assert!((curl([1.0, 1.0]) + 0.168_037).abs() < digits, "{}", curl([1.0, 1.0]));
    for y in [[1.0, 0.0], [0.3, 0.0], [0.0, 2.0], [0.0, -0.1]] {
        assert!(curl(y).abs() < rule, "{y:?}: {}", curl(y));
    }
    let gaussian = MixturePath::gaussian(skewed());
    for y in [[1.0, 1.0], [-3.0, 0.2]] {
        let curl = gaussian.slice(0.9).unwrap().point(&y).unwrap().curl().unwrap();
        assert!(curl.abs() < rule, "a gradient: {curl}");
    }
}

#[test]
fn derivatives_are_derivatives() {
    let paths = [
        MixturePath::gaussian(skewed()),
        MixturePath::student(skewed(), 4.5).unwrap(),
        MixturePath::student(atoms(), 3.0).unwrap(),
    ];
    for path in &paths {
        for (angle, y) in [(0.4, [0.7, 0.9]), (1.1, [-2.0, 1.0]), (0.8, [5.0, -3.0])] {
            let at = |angle: f64, y: &[f64]| path.slice(angle).unwrap().point(y).unwrap();
            let point = at(angle, &y);
            // Fourth derivatives of order 10³ times step², and rounding over the step.
            let error = 1e3 * STEP * STEP + 64.0 * f64::EPSILON / STEP;
            let rate = slope(|a| at(a, &y).log_density, angle, STEP);
            assert!(
                (rate - point.log_density_rate).abs() < error,
                "{path}: {rate} {}",
                point.log_density_rate
            );
            for i in 0..2 {
                let moved = |x: f64| {
                    let mut z = y;
                    z[i] = x;
                    at(angle, &z)
                };
                let score = slope(|x| moved(x).log_density, y[i], STEP);
                assert!((score - point.score[i]).abs() < error, "{path}");
                for j in 0..2 {
                    let hessian = slope(|x| moved(x).score[j], y[i], STEP);
                    assert!((hessian - point.hessian[(i, j)]).abs() < error, "{path}");
                    let jacobian = slope(|x| moved(x).velocity[j], y[i], STEP);
                    assert!((jacobian - point.jacobian[(j, i)]).abs() < error, "{path}");
                }
            }
        }
    }
}

#[test]
fn one_component_is_the_gaussian_path() {
    for d in [2, 3] {
        let rows = [2.0, 0.5, 0.1, 0.5, 1.0, -0.3, 0.1, -0.3, 0.7];
        let covariance = matrix(3, &rows).view((0, 0), (d, d)).into_owned();
        let mean = vector(&[1.0, -0.5, 2.0][..d]);
        let law = Gaussian::new(mean.clone(), covariance.clone()).unwrap();
        let exact = GaussianPath::from_standard(law, Schedule::linear()).unwrap();
        let path = MixturePath::gaussian(Mixture::new(&[1.0], vec![mean], vec![covariance]).unwrap());
        let angle: f64 = 0.7;
        let (t, factor) = (angle.cos().powi(2), -1.0 / Schedule::linear().time_rate(angle));
        let law = exact.law(t).unwrap();
        let rates: Vec<f64> = exact.mean_rate(t).unwrap().iter().map(|r| r.mid()).collect();
        let spread = exact.covariance_rate(t).unwrap().map(crate::enclosure::Enclosure::mid);
        let field = law.bures_field(&rates, &spread).unwrap();
        let y = vector(&[0.3, -1.2, 4.0][..d]);
        // Per time against per angle: dφ/dt = −1/time_rate.
        let velocity = (field.mean_rate() + field.slope() * (&y - law.mean())) / factor;
        let point = path.slice(angle).unwrap().point(y.as_slice()).unwrap();
        let rounding = 1e3 * f64::EPSILON;
        assert!((&point.velocity - &velocity).norm() < rounding * (1.0 + velocity.norm()), "{velocity}");
        let score = law.score(y.as_slice()).unwrap();
        assert!(point.score.iter().zip(score).all(|(a, b)| (a - b.mid()).abs() < rounding * (1.0 + a.abs())));
    }
}

#[test]
fn the_conditional_law_has_the_posterior_moments() {
    for path in [MixturePath::gaussian(skewed()), MixturePath::student(skewed(), 3.5).unwrap()] {
        let slice = path.slice(0.6).unwrap();
        let point = slice.point(&[0.4, -0.7]).unwrap();
        let law = slice.conditional(&[0.4, -0.7]).unwrap();
        let rounding = 1e4 * f64::EPSILON;
        assert!((law.mean() - &point.posterior_mean).norm() < rounding, "{path}");
        assert!((law.covariance() - &point.posterior_covariance).amax() < rounding, "{path}");
    }
    // Gaussian base: ∇²log p = −I/sin² + cos²/sin⁴·Cov(X|y).
    let path = MixturePath::gaussian(skewed());
    let slice = path.slice(0.6).unwrap();
    let (s, c) = slice.sine_cosine();
    let point = slice.point(&[0.4, -0.7]).unwrap();
    let hessian = &point.posterior_covariance * (c * c / s.powi(4)) - DMatrix::identity(2, 2) / (s * s);
    let rounding = 1e3 * f64::EPSILON / s.powi(4);
    assert!((hessian - point.hessian).amax() < rounding);
}

#[test]
fn a_finer_rule_for_the_base_changes_nothing() {
    let scales = StudentScales::new(3.0, 2, 1e5, 2.0).unwrap();
    let (fine, path) =
        (MixturePath::student_with(skewed(), scales).unwrap(), MixturePath::student(skewed(), 3.0).unwrap());
    for angle in [0.1, 0.8, 1.5] {
        for y in [[0.1, 0.4], [3.0, -7.0], [-400.0, 100.0]] {
            let (a, b) = (fine.slice(angle).unwrap().point(&y), path.slice(angle).unwrap().point(&y));
            let (a, b) = (a.unwrap(), b.unwrap());
            let (rule, rounding) = (1e-13, 1e4 * f64::EPSILON);
            assert!((a.log_density - b.log_density).abs() < rule + rounding, "{angle} {y:?}");
            let size = 1.0 + a.velocity.norm();
            assert!((a.velocity - b.velocity).norm() < (rule + rounding) * size, "{angle} {y:?}");
        }
    }
}

#[test]
fn on_the_line_masses_and_velocity_belong_together() {
    // w = −∂_φF/p.
    let target = Mixture::isotropic(&[1.0, 3.0], vec![vector(&[2.0]), vector(&[-0.5])], &[0.3, 0.0]).unwrap();
    let path = MixturePath::student(target, 2.5).unwrap();
    for (angle, y) in [(0.5, -1.0), (1.0, 0.7), (1.5, 30.0)] {
        let slice = LineCurve::slice(&path, angle).unwrap();
        let point = slice.point(y);
        let below = |a: f64| LineCurve::slice(&path, a).unwrap().masses(y).0;
        let moved = -slope(below, angle, STEP) / point.log_density.exp();
        let error = (10.0 * STEP * STEP + f64::EPSILON / STEP) * (1.0 + y * y) / point.log_density.exp();
        assert!((moved - point.velocity).abs() < error, "{moved} {}", point.velocity);
        let level = 1e-9;
        let (a, b) = slice.window(level);
        let bisection = 1.0 + 1e-6;
        assert!(slice.masses(a).0 <= level * bisection && slice.masses(b).1 <= level * bisection);
        assert!(slice.masses(a).0 * 1.01 > level && slice.masses(b).1 * 1.01 > level, "not too wide");
    }
    // The base itself: the Student distribution function, 3 degrees of freedom, at √3: ½ + (π/4·… )/π = 0.9092251…
    let point_mass = Mixture::isotropic(&[1.0], vec![vector(&[0.0])], &[0.0]).unwrap();
    let path = MixturePath::student(point_mass, 3.0).unwrap();
    let slice = LineCurve::slice(&path, FRAC_PI_2).unwrap();
    // F(√3) = ½ + (atan 1 + ½)/π.
    let exact = 0.5 + (std::f64::consts::FRAC_PI_4 + 0.5) / std::f64::consts::PI;
    let rule = 1e-13;
    assert!((slice.masses(3f64.sqrt()).0 - exact).abs() < rule);
    assert!(LineCurve::slice(&path, 0.0).is_err(), "an atom has no density");
}

#[test]
fn hessian_range_of_two_equal_bumps() {
    // ½N(±m, 1): −1 + m²sech²(my) on the axis, so from −1 (far away) to m² − 1 (at 0), times the path's scaling.
    let target =
        Mixture::isotropic(&[1.0, 1.0], vec![vector(&[3.0, 0.0]), vector(&[-3.0, 0.0])], &[1.0; 2]).unwrap();
    let path = MixturePath::gaussian(target);
    let angle = 0.5_f64;
    let range = path.slice(angle).unwrap().hessian_range().unwrap();
    let top = 9.0 * angle.cos().powi(2) - 1.0;
    let (search, covariances) = (1e-9, 1e-7);
    assert!((range.found[1] - top).abs() < search && (range.found[0] + 1.0).abs() < search, "{range:?}");
    assert!((range.upper.hi() - top).abs() < covariances && !range.is_unbounded(), "{range:?}");
    assert!(range.lipschitz().contains(top));
}

#[test]
fn unequal_covariances_are_unbounded_unless_one_is_the_largest() {
    let zero = || vec![vector(&[0.0, 0.0]); 2];
    let crossed = [matrix(2, &[1.0, 0.0, 0.0, 0.5]), matrix(2, &[0.5, 0.0, 0.0, 1.0])];
    let path = MixturePath::gaussian(Mixture::new(&[1.0, 1.0], zero(), crossed.to_vec()).unwrap());
    let slice = path.slice(0.3).unwrap();
    assert!(slice.hessian_range().unwrap().is_unbounded());
    // It grows like |y|² on the diagonal.
    let at = |r: f64| slice.point(&[r, r]).unwrap().hessian.symmetric_eigenvalues().max();
    let linear_term = 0.1;
    assert!((at(400.0) / at(200.0) - 4.0).abs() < linear_term, "{} {}", at(200.0), at(400.0));
    let nested = [matrix(2, &[1.0, 0.0, 0.0, 2.0]), matrix(2, &[0.5, 0.1, 0.1, 1.0])];
    let path = MixturePath::gaussian(Mixture::new(&[1.0, 1.0], zero(), nested.to_vec()).unwrap());
    assert!(!path.slice(0.3).unwrap().hessian_range().unwrap().is_unbounded());
}

#[test]
fn hessian_range_with_a_student_base_is_within_the_bounds() {
    for path in [MixturePath::student(atoms(), 3.0).unwrap(), MixturePath::student(skewed(), 5.0).unwrap()] {
        let range = path.slice(0.8).unwrap().hessian_range().unwrap();
        assert!(range.lower.lo() <= range.found[0] && range.found[1] <= range.upper.hi(), "{range:?}");
        assert!(range.lipschitz().is_finite() && range.lower.is_finite() && range.upper.is_finite());
    }
}

#[test]
fn bad_input_is_refused() {
    let path = MixturePath::student(atoms(), 3.0).unwrap();
    for angle in [-0.1, 1.6, f64::NAN, 0.0] {
        assert!(path.slice(angle).is_err(), "{angle}");
    }
    let slice = path.slice(0.5).unwrap();
    assert!(slice.point(&[0.0]).is_err() && slice.point(&[f64::NAN, 0.0]).is_err());
    assert!(slice.point(&[1e300, 0.0]).is_err());
    assert!(LineCurve::slice(&path, 0.5).is_err(), "not on the line");
    assert!(MixturePath::student_with(atoms(), StudentScales::standard(3.0, 3).unwrap()).is_err());
}

#[test]
fn the_coupling_has_the_energy_of_its_ends() {
    let law = skewed();
    // Σ w_k (|m_k|² + tr Σ_k) with the weights ⅕ and ⅘.
    let second = 0.2 * (5.0 + 1.5) + 0.8 * (2.5 + 2.25);
    let rounding = 64.0 * f64::EPSILON * second;
    for (path, base) in [
        (MixturePath::gaussian(law.clone()), 2.0),
        (MixturePath::student(law.clone(), 5.0).unwrap(), 2.0 * 5.0 / 3.0),
        (MixturePath::student(law, 2.0).unwrap(), f64::INFINITY),
    ] {
        for angle in [0.3, 1.1] {
            let (sine, cosine) = f64::sin_cos(angle);
            let (found, exact) =
                (path.slice(angle).unwrap().coupling_bound(), sine * sine * second + cosine * cosine * base);
            assert!(found == exact || (found - exact).abs() < rounding, "{path}: {found}, expected {exact}");
        }
    }
}

#[test]
fn bounds_for_the_largest_curvature_are_the_closed_forms() {
    /// A few operations, and what the bounds add for their own rounding.
    const ROUNDING: f64 = 1e-9;
    let angle = 0.6_f64;
    let (s, c) = angle.sin_cos();
    for freedom in [1.5, 3.0] {
        let path = MixturePath::student(skewed(), freedom).unwrap();
        let found = path.slice(angle).unwrap().largest_eigenvalue_bound();
        let sum = freedom + 2.0;
        let exact = (sum / (8.0 * freedom) + sum * sum / (4.0 * freedom)) / (s * s);
        assert!((found / exact - 1.0).abs() < ROUNDING, "{freedom}: {found} {exact}");
    }
    // One covariance, not isotropic, and three means: the farthest two seen through the precision.
    let covariance = DMatrix::from_diagonal(&DVector::from_column_slice(&[0.5, 2.0]));
    let means = [[0.0, 0.0], [1.0, 3.0], [-0.5, -1.0]];
    let columns = means.iter().map(|m| DVector::from_column_slice(m)).collect();
    let law = Mixture::new(&[1.0, 2.0, 3.0], columns, vec![covariance; 3]).unwrap();
    let variances = [0.5, 2.0].map(|v| c * c * v + s * s);
    let pulled =
        |a: [f64; 2], b: [f64; 2]| (0..2).map(|i| (c * (a[i] - b[i]) / variances[i]).powi(2)).sum::<f64>();
    let widest = means.iter().flat_map(|a| means.iter().map(|b| pulled(*a, *b))).fold(0.0, f64::max);
    let exact = 0.25 * widest - 1.0 / variances[1];
    let found = MixturePath::gaussian(law).slice(angle).unwrap().largest_eigenvalue_bound();
    assert!((found - exact).abs() < ROUNDING * widest && found >= exact, "{found} {exact}");
}
