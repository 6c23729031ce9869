//! Where a potential has its minima and kinks, and where its mass lies.

use crate::numerics::expression::Expression;

/// A local minimum of a potential.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Well {
    /// Where it is.
    pub at: f64,
    /// The potential there.
    pub value: f64,
    /// Distance at which the potential has risen by 1, the natural length there.
    pub width: f64,
}

/// Octaves of `|x|` scanned on an unbounded side, and points per octave.
const OCTAVES: std::ops::RangeInclusive<i32> = -40..=110;
const PER_OCTAVE: i32 = 12;
/// Equidistant points on a bounded domain.
const UNIFORM: i32 = 768;
/// Halvings towards a finite end of the domain.
const HALVINGS: i32 = 60;
/// With more centres than this they lie close enough for fewer points around each.
const MANY_CENTRES: usize = 64;
/// Minima nearer to each other than this fraction of their widths are one: a smooth potential does not
/// rise between them by more than the square of it.
const DENT: f64 = 1e-4;
/// Golden-section steps: each shrinks the bracket by 0.618, and 60 of them resolve a minimum as far
/// as its value can be told from its neighbours'.
const GOLDEN_STEPS: usize = 60;

/// Sample points strictly inside `(lo, hi)`, ascending: geometric around 0 and towards finite ends,
/// equidistant on a bounded domain, and around every given centre.
pub(super) fn scan(lo: f64, hi: f64, centres: &[(f64, f64)]) -> Vec<f64> {
    let mut points = vec![0.0];
    let mut add_around = |origin: f64| {
        for octave in OCTAVES {
            for part in 0..PER_OCTAVE {
                let step = 2f64.powf(f64::from(octave) + f64::from(part) / f64::from(PER_OCTAVE));
                points.extend([origin + step, origin - step]);
            }
        }
    };
    add_around(0.0);
    for end in [lo, hi] {
        if end.is_finite() && end != 0.0 && !(lo.is_finite() && hi.is_finite()) {
            add_around(end);
        }
    }
    if lo.is_finite() && hi.is_finite() {
        let length = hi - lo;
        points.extend((1..UNIFORM).map(|i| lo + length * f64::from(i) / f64::from(UNIFORM)));
        points.extend((2..HALVINGS).flat_map(|k| {
            let step = length * 2f64.powi(-k);
            [lo + step, hi - step]
        }));
    }
    let offsets: &[f64] = if centres.len() > MANY_CENTRES { &[0.0, 1.0] } else { &[0.0, 0.5, 1.0, 2.0, 4.0] };
    for &(centre, width) in centres {
        points.extend(offsets.iter().flat_map(|s| [centre - s * width, centre + s * width]));
    }
    points.retain(|x| lo < *x && *x < hi);
    points.sort_by(f64::total_cmp);
    points.dedup();
    points
}

/// Local minima among the samples, refined by golden section; an end of the domain at which the
/// potential is finite and smallest counts.
pub(super) fn wells(points: &[f64], lo: f64, hi: f64, potential: impl Fn(f64) -> f64) -> Vec<Well> {
    let mut grid: Vec<(f64, f64)> = Vec::with_capacity(points.len() + 2);
    grid.extend([lo].iter().chain(points).chain(&[hi]).filter(|x| x.is_finite()).map(|&x| (x, potential(x))));
    grid.retain(|(_, v)| v.is_finite());
    let mut found: Vec<Well> = Vec::new();
    for i in 0..grid.len() {
        let (left, right) = (grid[i.saturating_sub(1)], grid[(i + 1).min(grid.len() - 1)]);
        let (x, v) = grid[i];
        // On a plateau only the first point counts.
        if v <= right.1 && (v < left.1 || i == 0) {
            let (at, value) = golden(left.0, right.0, (x, v), &potential);
            let width = width_of(at, value, lo, hi, &potential);
            let well = Well { at, value, width };
            match found.last_mut() {
                // Rounding dents the bottom of a well: dents are one well.
                Some(last) if at - last.at <= DENT * width.min(last.width) => {
                    if value < last.value {
                        *last = well;
                    }
                }
                _ => found.push(well),
            }
        }
    }
    found
}

/// Minimum of a function on `[a, b]` by golden section, never worse than the point given.
fn golden(a: f64, b: f64, best: (f64, f64), f: impl Fn(f64) -> f64) -> (f64, f64) {
    let ratio = 0.5 * (5_f64.sqrt() - 1.0);
    let (mut a, mut b, mut best) = (a, b, best);
    let (mut x, mut y) = (b - ratio * (b - a), a + ratio * (b - a));
    let (mut at_x, mut at_y) = (f(x), f(y));
    for _ in 0..GOLDEN_STEPS {
        for (point, value) in [(x, at_x), (y, at_y)] {
            if value < best.1 {
                best = (point, value);
            }
        }
        if at_x <= at_y {
            (b, y, at_y) = (y, x, at_x);
            x = b - ratio * (b - a);
            at_x = f(x);
        } else {
            (a, x, at_x) = (x, y, at_y);
            y = a + ratio * (b - a);
            at_y = f(y);
        }
    }
    best
}

/// Smallest length `2^k ε|at|` over which the potential has risen by 1 on one side, or the
/// length of a bounded domain on which it never does.
fn width_of(at: f64, value: f64, lo: f64, hi: f64, potential: impl Fn(f64) -> f64) -> f64 {
    let mut width = (f64::EPSILON * at.abs()).max(f64::MIN_POSITIVE);
    while width < 1e300 {
        let (left, right) = (at - width, at + width);
        if left <= lo && right >= hi {
            return hi - lo;
        }
        let risen = |x: f64| x > lo && x < hi && potential(x) - value >= 1.0;
        if risen(left) || risen(right) {
            break;
        }
        width *= 2.0;
    }
    width
}

/// Outermost point on the side `sign` of `start` with `V − minimum ≤ level` (or the end of the
/// domain), by growing steps of the given width and bisection.
pub(super) fn crossing(start: f64, sign: f64, width: f64, end: f64, inside: impl Fn(f64) -> bool) -> f64 {
    let (mut within, mut step) = (start, width);
    // Three steps outside in a row: a shallow bump beyond the first crossing is not missed.
    let (mut outside, mut first_outside) = (0, end);
    while outside < 3 {
        let x = start + sign * step;
        if sign * (x - end) >= 0.0 || !x.is_finite() {
            if inside(end) {
                return end;
            }
            if outside == 0 {
                first_outside = end;
            }
            break;
        }
        if inside(x) {
            (within, outside) = (x, 0);
        } else {
            if outside == 0 {
                first_outside = x;
            }
            outside += 1;
        }
        step *= 2.0;
    }
    let (mut a, mut b) = (within, if first_outside.is_finite() { first_outside } else { sign * f64::MAX });
    for _ in 0..200 {
        let middle = a + 0.5 * (b - a);
        // Resolved in proportion to the distance from the start and from a finite end alike.
        let scale = (a - start).abs().min((a - end).abs());
        if middle == a || middle == b || (b - a).abs() <= 1e-12 * scale {
            break;
        }
        if inside(middle) { a = middle } else { b = middle }
    }
    a
}

/// Zeros of the arguments of absolute values: the possible kinks of a formula in one variable. A
/// zero without a change of sign is none.
pub(super) fn kinks(formula: &Expression, points: &[f64]) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::new();
    for argument in formula.abs_arguments() {
        let f = |x: f64| argument.evaluate(&[x]);
        let mut before: Option<(f64, f64)> = None;
        for &x in points {
            let y = f(x);
            if y == 0.0 || !y.is_finite() {
                continue;
            }
            if let Some((a, at_a)) = before
                && (at_a < 0.0) != (y < 0.0)
            {
                found.push(zero_between(a, x, at_a, f));
            }
            before = Some((x, y));
        }
    }
    found.sort_by(f64::total_cmp);
    found.dedup();
    found
}

/// Zero of `f` between `a` and `b` to the last float, by bisection; `at_a = f(a)` fixes the sign.
fn zero_between(a: f64, b: f64, at_a: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut a, mut b) = (a, b);
    // Floats between a and b are halved in value, not in number: 1100 steps reach the smallest.
    for _ in 0..1100 {
        let middle = a + 0.5 * (b - a);
        let y = f(middle);
        if y == 0.0 {
            return middle;
        }
        if middle == a || middle == b {
            break;
        }
        if (y < 0.0) == (at_a < 0.0) { a = middle } else { b = middle }
    }
    if f(a).abs() <= f(b).abs() { a } else { b }
}

#[cfg(test)]
mod tests;
