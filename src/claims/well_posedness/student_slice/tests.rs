use super::*;

/// `p'/p` and `p''/p − (p'/p)²` by the trapezoidal rule over `[from, to]`, derivatives of the kernel by hand.
fn by_sums(law: &LineMeasure, (dof, lambda, y): (f64, f64, f64), (from, to): (f64, f64)) -> (f64, f64) {
    let count = 400_000;
    let step = (to - from) / f64::from(count);
    let (root, scale) = (lambda.sqrt(), (1.0 - lambda).sqrt());
    let power = 0.5 * (dof + 1.0);
    let mut sums = [0.0; 3];
    for i in 0..=count {
        let x = from + step * f64::from(i);
        let end = if i == 0 || i == count { 0.5 } else { 1.0 };
        let z = (y - root * x) / scale;
        let base = 1.0 + z * z / dof;
        let density = end * law.density(x) * base.powf(-power);
        // Of (1 + z²/n)^{−p} with respect to y.
        let first = -2.0 * power * z / (dof * scale * base);
        let second =
            (4.0 * power * (power + 1.0) * z * z / (dof * base) - 2.0 * power) / (dof * scale * scale * base);
        for (sum, factor) in sums.iter_mut().zip([1.0, first, second]) {
            *sum += density * factor;
        }
    }
    let slope = sums[1] / sums[0];
    (slope, sums[2] / sums[0] - slope * slope)
}

#[test]
fn wide_and_narrow_noise_is_resolved_by_quadrature() {
    /// Of the sums, relative to the size of the kernel's derivatives.
    const SUMS: f64 = 1e-7;
    /// Relative to the same.
    const WIDTH: f64 = 1e-8;
    let cases = [
        // Noise far narrower than the law, in a place where the law is flat.
        (LineMeasure::gaussian(2.0, 60.0), (3.0, 0.05, 30.0), (-500.0, 500.0)),
        // A law far narrower than the noise, far from the point.
        (LineMeasure::gaussian(0.5, 1e-3), (2.0, 0.4, 7.0), (0.49, 0.51)),
        (
            LineMeasure::gaussian_mixture(&[0.2, 0.8], &[-40.0, 3.0], &[0.1, 2.0]),
            (5.0, 0.9, -36.0),
            (-42.0, 25.0),
        ),
        (LineMeasure::exponential(1.5), (1.0, 0.3, -2.0), (0.0, 40.0)),
        (
            LineMeasure::parse("abs(x - 1) + x^2/8", f64::NEG_INFINITY, f64::INFINITY),
            (0.7, 0.97, 1.1),
            (-20.0, 20.0),
        ),
    ];
    for (law, (dof, lambda, y), range) in cases {
        let law = law.unwrap();
        let text = law.to_string();
        let target = Target::Density(Box::new(law.clone()), text.clone());
        let slice = Slice::new(Part::Slope, target, Some(dof), lambda, vec![y], vec![1.0]).unwrap();
        let (slope, curvature) = slice.by_quadrature(&law).unwrap();
        let (expected_slope, expected_curvature) = by_sums(&law, (dof, lambda, y), range);
        let size = (dof + 1.0) / (1.0 - lambda);
        let error = (slope.mid() - expected_slope).abs().max((curvature.mid() - expected_curvature).abs());
        assert!(error < SUMS * size, "{text}: {slope} {expected_slope}, {curvature} {expected_curvature}");
        assert!(slope.width().max(curvature.width()) < WIDTH * size, "{text}: {slope}, {curvature}");
    }
}
