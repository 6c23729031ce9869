use super::*;

#[test]
fn scales_of_students_law_have_its_moments_and_its_density() {
    /// Of the trapezoidal rule.
    const RULE: f64 = 1e-12;
    for n in [1.0, 2.5, 6.0, 40.0] {
        let scales = student_scales(n);
        let mean = |f: &dyn Fn(f64) -> f64| scales.iter().map(|(w, s)| w * f(*s)).sum::<f64>();
        assert!((mean(&|_| 1.0) - 1.0).abs() < RULE);
        // n/s² has the law χ² with n degrees of freedom: mean n, variance 2n.
        assert!((mean(&|s| n / s) - n).abs() < RULE * n, "{n}");
        assert!((mean(&|s| (n / s - n).powi(2)) - 2.0 * n).abs() < RULE * n * n, "{n}");
        // The density at z over that at 0.
        for z in [0.5_f64, 2.0, 10.0] {
            let density = |z: f64| mean(&|s: f64| (-0.5 * z * z / s).exp() / s.sqrt());
            let expected = (1.0 + z * z / n).powf(-0.5 * (n + 1.0));
            assert!((density(z) / density(0.0) - expected).abs() < RULE, "{n} {z}");
        }
        // Eight scales to a unit of log s², as far as they count.
        assert!((30..1000).contains(&scales.len()), "{n}: {}", scales.len());
        let least = scales.iter().map(|(w, _)| *w).fold(f64::INFINITY, f64::min);
        let most = scales.iter().map(|(w, _)| *w).fold(0.0, f64::max);
        assert!(least < 1e-15 * most || n < 2.0, "{n}: {least} {most}");
    }
}
