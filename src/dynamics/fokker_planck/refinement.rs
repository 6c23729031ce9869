//! Limits of figures on grids nested under halving.

/// Ratios of successive changes between which a figure counts as one of second order (4), possibly with a large part of
/// fourth order (16).
const ORDERLY: std::ops::Range<f64> = 2.5..20.0;

/// Share of the last change below which an agreement of extrapolated figures counts as an accident.
const ACCIDENT: f64 = 1.0 / 64.0;

/// Relative change below which an agreement of two figures alone counts as an accident.
const COARSE_ACCIDENT: f64 = 1e-4;

/// Figures below this are squares of rounding errors.
const NOISE: f64 = 1e-20;

/// A figure that changes by more than this share of itself, and no less than before, doesn't converge.
const DIVERGENT: f64 = 0.1;

/// Limit of figures with an expansion in even powers of the step, coarsest first, and an estimate of its error.
///
/// From three figures on, with orderly changes: two steps of Richardson extrapolation of the last three, the last change
/// of the figure extrapolated once being the error (its own error is a fifteenth, but the angle is not halved each time).
/// Otherwise one step with the last two changes as the error, which is infinite if they grow.
pub(in crate::dynamics) fn limit(figures: &[f64]) -> (f64, f64) {
    let once = |coarse: f64, fine: f64| fine + (fine - coarse) / 3.0;
    match *figures {
        [] => (f64::NAN, f64::INFINITY),
        [only] => (only, f64::INFINITY),
        [coarse, fine] => (once(coarse, fine), (fine - coarse).abs().max(COARSE_ACCIDENT * fine.abs())),
        [.., a, b, c] => {
            let (first, second) = (once(a, b), once(b, c));
            let (older, newer) = ((b - a).abs(), (c - b).abs());
            let rounding = 4.0 * f64::EPSILON * c.abs();
            if ORDERLY.contains(&((b - a) / (c - b))) {
                let twice = second + (second - first) / 15.0;
                // An agreement by accident shows in the change before, which should be 16 times as large.
                let usual = match *figures {
                    [.., z, _, _, _] => (first - once(z, a)).abs() / 16.0,
                    _ => ACCIDENT * newer,
                };
                (twice, (second - first).abs().max(usual) + rounding)
            } else if newer > older && newer > DIVERGENT * c.abs() + NOISE {
                (c, f64::INFINITY)
            } else {
                (second, newer + older + rounding)
            }
        }
    }
}

/// [`limit`] of two figures, of which a third on a coarser grid says whether they agree by accident: the change before should be
/// four times as large, and on grids as coarse as that it may be half of that.
pub(in crate::dynamics) fn witnessed(figures: &[f64]) -> (f64, f64) {
    match *figures {
        [witness, coarse, fine] => {
            let (value, radius) = limit(&[coarse, fine]);
            (value, radius.max(WITNESSED * (coarse - witness).abs()))
        }
        _ => limit(figures),
    }
}

/// Share of the change before the last one that the last one is expected to have at most.
const WITNESSED: f64 = 0.5;

/// Limits, at the nodes of the coarsest grid, of tables of logarithms on one to three nested grids (every second node is
/// shared). Where the two finest differ by more than 1 there is nothing to extrapolate (tails where masses underflow).
pub(in crate::dynamics) fn tabulated_limit(tables: &[Vec<f64>]) -> Vec<f64> {
    let pick = |table: usize, node: usize| tables[table][node << table];
    let once = |coarse: f64, fine: f64| fine + (fine - coarse) / 3.0;
    (0..tables[0].len())
        .map(|i| match tables.len() {
            1 => pick(0, i),
            2 if (pick(1, i) - pick(0, i)).abs() > 1.0 => pick(1, i),
            2 => once(pick(0, i), pick(1, i)),
            _ if (pick(2, i) - pick(1, i)).abs().max((pick(1, i) - pick(0, i)).abs()) > 1.0 => pick(2, i),
            _ => {
                let (first, second) = (once(pick(0, i), pick(1, i)), once(pick(1, i), pick(2, i)));
                second + (second - first) / 15.0
            }
        })
        .collect()
}

/// What relative errors `δ` of the densities do to a divergence `D = O(w²)`: `∫p·w·δw ≤ √(2D)·δ`, for either law, and their
/// square; four times that for differences in the angle.
pub(in crate::dynamics) fn noise(relative_error: f64, divergence: f64) -> f64 {
    let delta = 4.0 * relative_error;
    2.0 * delta * (2.0 * divergence.abs()).sqrt() + delta * delta
}
