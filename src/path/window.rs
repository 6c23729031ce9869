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
