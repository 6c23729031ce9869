//! The part of the line that carries all but a negligible part of the mass.

use super::potential::Potential;
use crate::enclosure::Interval;

/// Drop of `−V` below its maximum at which the line is cut: `e^{−50} ≈ 2·10^{−22}`.
pub(super) const CUT: f64 = 50.0;

/// Where the line is cut. Chosen in floating point; no bound depends on the choice being good.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Smallest value of the potential.
    pub level: f64,
    /// Left end of the support, or where `V` has risen by [`CUT`].
    pub left: f64,
    /// Right end, likewise.
    pub right: f64,
    /// The support itself.
    pub support: (f64, f64),
    /// Break points strictly inside.
    pub breaks: Vec<f64>,
}

impl Frame {
    /// The frame of a measure.
    pub fn new(potential: Potential<'_>) -> Self {
        let support = potential.support();
        let extent = potential.extent(CUT);
        let left = if support.0.is_finite() { support.0 } else { extent.0 };
        let right = if support.1.is_finite() { support.1 } else { extent.1 };
        let breaks = potential.breaks().into_iter().filter(|x| *x > left && *x < right).collect();
        Self { level: potential.lowest(), left, right, support, breaks }
    }

    /// The ends with the break points between them.
    pub fn pieces(&self) -> Vec<f64> {
        let mut ends = vec![self.left];
        ends.extend(&self.breaks);
        ends.push(self.right);
        ends
    }

    /// About `count` cells between the ends, break points among their edges.
    pub fn edges(&self, count: usize) -> Vec<f64> {
        let pieces = self.pieces();
        let mut edges = vec![self.left];
        for (pair, n) in pieces.windows(2).zip(self.shares(count)) {
            let width = (pair[1] - pair[0]) / n as f64;
            edges.extend((1..=n).map(|i| if i == n { pair[1] } else { pair[0] + width * i as f64 }));
        }
        edges
    }

    /// Numbers of cells of the pieces, about `count` in all and proportional to their lengths.
    pub fn shares(&self, count: usize) -> Vec<usize> {
        let length = self.right - self.left;
        self.pieces()
            .windows(2)
            .map(|pair| {
                // Counted rather than rounded: the smallest number of cells that is not below the share.
                let share = (pair[1] - pair[0]) / length * count as f64;
                (8..count.max(8)).find(|n| *n as f64 >= share).unwrap_or(count.max(8))
            })
            .collect()
    }
}

/// Upper bound for `∫ e^{level−V}` over the line to the right of `from`, where `V` has to be convex and
/// increasing: `e^{level−V}/V'`. `None` if that is not seen.
pub(super) fn right_remainder(potential: Potential<'_>, level: f64, from: f64) -> Option<Interval> {
    let at = potential.series(Interval::point(from));
    if potential.convexity_beyond(from) < 0.0 || at[1].lo() <= 0.0 {
        return None;
    }
    let bound = (Interval::point(level) - at[0]).exp() / at[1];
    bound.hi().is_finite().then(|| Interval::new(0.0, bound.hi()))
}
