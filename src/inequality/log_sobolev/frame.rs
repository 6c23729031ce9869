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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::line::LineMeasure;

    /// Rounding of a few operations.
    const ROUNDING: f64 = 32.0 * f64::EPSILON;

    #[test]
    fn line_is_cut_where_the_potential_has_risen_and_at_finite_ends() {
        let normal = LineMeasure::gaussian(1.0, 2.0).unwrap();
        let frame = Frame::new(Potential::new(&normal));
        assert_eq!(frame.level, 0.0);
        for (end, sign) in [(frame.left, -1.0), (frame.right, 1.0)] {
            let exact = 1.0 + sign * 2.0 * (2.0 * CUT).sqrt();
            assert!((end - exact).abs() <= ROUNDING * exact.abs(), "{end}, {exact}");
        }
        assert!(frame.breaks.is_empty());
        let half = normal.restricted(-2.0, f64::INFINITY).unwrap();
        let frame = Frame::new(Potential::new(&half));
        assert_eq!((frame.left, frame.support), (-2.0, (-2.0, f64::INFINITY)));
        let mirrored = Frame::new(Potential::new(&half).mirror());
        assert_eq!((mirrored.left, mirrored.right), (-frame.right, -frame.left));
        // A finite end that lies beyond the cut remains the end.
        let wide = normal.restricted(-50.0, 70.0).unwrap();
        let frame = Frame::new(Potential::new(&wide));
        assert_eq!((frame.left, frame.right), (-50.0, 70.0));
    }

    fn in_two(left: f64, middle: f64, right: f64) -> Frame {
        Frame { level: 0.0, left, right, support: (left, right), breaks: vec![middle] }
    }

    #[test]
    fn cells_are_uniform_on_pieces_and_shared_by_length() {
        let frame = in_two(-1.0, 1.0, 7.0);
        assert_eq!(frame.pieces(), vec![-1.0, 1.0, 7.0]);
        assert_eq!(frame.shares(100), vec![25, 75]);
        // Never fewer than the share, and at least eight.
        assert_eq!(frame.shares(50), vec![13, 38]);
        assert_eq!(frame.shares(20), vec![8, 15]);
        assert_eq!(frame.shares(3), vec![8, 8]);
        let edges = frame.edges(100);
        assert_eq!(edges.len(), 101);
        for (i, x) in edges.iter().enumerate() {
            let expected = -1.0 + 0.08 * i as f64;
            assert!((x - expected).abs() <= ROUNDING * 7.0, "{i}: {x}, {expected}");
        }
        let uneven = in_two(0.0, 1.0, 10.0).edges(40);
        assert_eq!((uneven.len(), uneven[8], uneven[44]), (45, 1.0, 10.0));
        assert!((uneven[4] - 0.5).abs() <= ROUNDING && (uneven[26] - 5.5).abs() <= 8.0 * ROUNDING);
    }

    #[test]
    fn remainder_is_the_bound_of_convexity() {
        let normal = LineMeasure::gaussian(1.0, 2.0).unwrap();
        let potential = Potential::new(&normal);
        for from in [2.0, 4.0, 9.0] {
            let found = right_remainder(potential, 0.5, from).unwrap();
            let z = (from - 1.0) / 2.0;
            let exact = (0.5 - 0.5 * z * z).exp() / (z / 2.0);
            assert_eq!(found.lo(), 0.0);
            assert!((found.hi() / exact - 1.0).abs() <= ROUNDING, "{found:?}, {exact}");
        }
        assert!(right_remainder(potential, 0.0, 1.0).is_none());
        assert!(right_remainder(potential, 0.0, 0.0).is_none());
        // Increasing but concave for a while.
        let bumpy = LineMeasure::parse("x^2/2 + 2*cos(x)", f64::NEG_INFINITY, f64::INFINITY).unwrap();
        assert!(right_remainder(Potential::new(&bumpy), 0.0, 5.0).is_none());
    }
}
