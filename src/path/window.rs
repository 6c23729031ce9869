//! Windows of mixtures of normal laws.

/// Octaves of standard deviations around a mean between which a window's end is bisected; the first is a half of one.
const OCTAVES: std::ops::RangeInclusive<i32> = -1..=6;
/// Bisections between neighbours of these points: ends to a millionth of their distance.
const STEPS: usize = 20;

/// An interval with at most `level` of the mass beyond either end, tight on the scale of the law that decides where it ends, for
/// a mixture of normal laws with the given means and standard deviations.
///
/// Scales may differ by any factor: the ends are first looked for among points that are geometric around every mean.
pub(super) fn window(laws: &[(f64, f64)], level: f64, masses: impl Fn(f64) -> (f64, f64)) -> (f64, f64) {
    // P(N > z) ≤ e^{−z²/2}: no law has more than `level` beyond this many deviations.
    let reach = (-2.0 * core_math::log(level)).max(0.0).sqrt();
    let mut points: Vec<f64> = Vec::new();
    for &(mean, deviation) in laws {
        let steps = OCTAVES.map(|k| deviation * 2_f64.powi(k)).chain([reach * deviation]);
        points.push(mean);
        points.extend(steps.flat_map(|step| [mean - step, mean + step]));
    }
    points.sort_by(f64::total_cmp);
    let tighten = |mut outer: f64, mut inner: f64, beyond: &dyn Fn(f64) -> f64| {
        for _ in 0..STEPS {
            let middle = 0.5 * (outer + inner);
            if beyond(middle) <= level { outer = middle } else { inner = middle }
        }
        outer
    };
    let (below, above) = (|y: f64| masses(y).0, |y: f64| masses(y).1);
    let last = points.len() - 1;
    // Points of which the window may keep what is to the right, or to the left.
    let left = points.partition_point(|&y| below(y) <= level).clamp(1, last);
    let right = points.partition_point(|&y| above(y) > level).clamp(1, last);
    (tighten(points[left - 1], points[left], &below), tighten(points[right], points[right - 1], &above))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(laws: &[(f64, f64, f64)], level: f64) -> (f64, f64) {
        let total: f64 = laws.iter().map(|l| l.2).sum();
        let masses = |y: f64| {
            laws.iter().fold((0.0, 0.0), |(below, above), (mean, std, weight)| {
                let x = (y - mean) / (std * std::f64::consts::SQRT_2);
                let half = 0.5 * weight / total;
                (below + half * core_math::erfc(-x), above + half * core_math::erfc(x))
            })
        };
        let pairs: Vec<(f64, f64)> = laws.iter().map(|l| (l.0, l.1)).collect();
        let (lo, hi) = window(&pairs, level, masses);
        assert!(masses(lo).0 <= level && masses(hi).1 <= level, "{laws:?} {level}: {lo} {hi}");
        (lo, hi)
    }

    #[test]
    fn windows_of_normal_laws_end_at_their_quantiles() {
        let bisection = 1e-5;
        for (level, z) in [(0.25, 0.674_489_750_2), (1e-3, 3.090_232_306_2), (1e-10, 6.361_340_902_4)] {
            for (mean, std) in [(0.0, 1.0), (5.0, 0.01), (-3.0, 200.0)] {
                let (lo, hi) = of(&[(mean, std, 1.0)], level);
                assert!((lo - (mean - z * std)).abs() < bisection * std, "{level}: {lo}");
                assert!((hi - (mean + z * std)).abs() < bisection * std, "{level}: {hi}");
            }
        }
    }

    #[test]
    fn windows_of_mixtures_are_tight_on_the_scale_of_the_law_at_their_end() {
        // The wide law decides on the left, where the narrow one has nothing, and the narrow one on the right.
        let bisection = 1e-4;
        let (lo, hi) = of(&[(0.0, 1e4, 1e-3), (1e6, 0.1, 0.999)], 1e-4);
        // A tenth of the first law: z = 1.2815515655; 1.001·10⁻⁴ of the second.
        assert!((lo + 1.281_551_565_5e4).abs() < bisection * 1e4, "{lo}");
        assert!((hi - 1e6 - 0.371_877).abs() < bisection, "{hi}");
        // Mirrored.
        let (left, right) = of(&[(0.0, 1e4, 1e-3), (-1e6, 0.1, 0.999)], 1e-4);
        assert!((left + hi).abs() < bisection && (right + lo).abs() < bisection * 1e4, "{left} {right}");
    }
}
