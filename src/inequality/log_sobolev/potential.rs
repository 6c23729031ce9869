//! What the log-Sobolev kernels need to know of a measure `e^{−V}/Z` on an interval.

use crate::enclosure::Interval;

/// Value and Taylor coefficients up to order 4 of a function, on an interval.
pub type Series = [Interval; 5];

/// A potential on an interval, twice continuously differentiable between its break points.
pub trait Potential: Sync {
    /// `V(x)`.
    fn value(&self, x: f64) -> f64;

    /// Enclosures of `V` and its Taylor coefficients at every point of `x`.
    fn series(&self, x: Interval) -> Series;

    /// Ends of the support, possibly infinite.
    fn support(&self) -> (f64, f64);

    /// Interior points where `V` is not smooth, ascending.
    fn breaks(&self) -> Vec<f64>;
}

/// The image of a measure under `x ↦ −x`.
pub(super) struct Mirror<'a, P: ?Sized>(pub &'a P);

impl<P: Potential + ?Sized> Potential for Mirror<'_, P> {
    fn value(&self, x: f64) -> f64 {
        self.0.value(-x)
    }

    fn series(&self, x: Interval) -> Series {
        let [c0, c1, c2, c3, c4] = self.0.series(-x);
        [c0, -c1, c2, -c3, c4]
    }

    fn support(&self) -> (f64, f64) {
        let (a, b) = self.0.support();
        (-b, -a)
    }

    fn breaks(&self) -> Vec<f64> {
        self.0.breaks().into_iter().rev().map(|x| -x).collect()
    }
}

/// Taylor coefficients of `e^u`.
pub(super) fn exponential(u: &Series) -> Series {
    let e0 = u[0].exp();
    let half = Interval::point(0.5);
    let e1 = u[1] * e0;
    let e2 = u[2] * e0 + half * u[1] * e1;
    let third = Interval::ONE / Interval::point(3.0);
    let e3 = u[3] * e0 + third * (Interval::point(2.0) * u[2] * e1 + u[1] * e2);
    let quarter = Interval::point(0.25);
    let e4 = u[4] * e0 + quarter * (Interval::point(3.0) * u[3] * e1 + Interval::point(2.0) * u[2] * e2 + u[1] * e3);
    [e0, e1, e2, e3, e4]
}

/// Enclosure of `∫ g` over an interval of the given width, from the Taylor coefficients of `g` at its
/// midpoint and those at all of its points.
pub(super) fn cell_integral(middle: &Series, cell: &Series, width: Interval) -> Interval {
    let square = width.square();
    let twelfth = square / Interval::point(12.0);
    let eightieth = square.square() / Interval::point(80.0);
    width * (middle[0] + middle[2] * twelfth + cell[4] * eightieth)
}
