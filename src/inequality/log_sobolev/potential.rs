//! What the log-Sobolev kernels ask of a measure on the line.

use crate::enclosure::Interval;
use crate::measure::line::LineMeasure;
use crate::numerics::jet::Jet;

/// Value and Taylor coefficients up to order 4 of a function, on an interval.
pub(super) type Series = [Interval; 5];

/// A measure `e^{−V}` on an interval, or its mirror image.
#[derive(Clone, Copy)]
pub(super) struct Potential<'a> {
    measure: &'a LineMeasure,
    mirrored: bool,
}

impl<'a> Potential<'a> {
    /// The potential of a measure.
    pub fn new(measure: &'a LineMeasure) -> Self {
        Self { measure, mirrored: false }
    }

    /// The image under `x ↦ −x`.
    pub fn mirror(self) -> Self {
        Self { mirrored: !self.mirrored, ..self }
    }

    /// `V(x)`.
    pub fn value(&self, x: f64) -> f64 {
        self.measure.potential(if self.mirrored { -x } else { x })
    }

    /// Enclosures of `V` and its Taylor coefficients at every point of `x`.
    pub fn series(&self, x: Interval) -> Series {
        let jet = self.measure.potential(Jet::<Interval, 4>::variable(if self.mirrored { -x } else { x }));
        std::array::from_fn(|k| {
            let c = jet.coefficient(k);
            if self.mirrored && k % 2 == 1 { -c } else { c }
        })
    }

    /// A certified lower bound for `V''` on `[t, ∞)`.
    pub fn convexity_beyond(&self, t: f64) -> f64 {
        if self.mirrored {
            self.measure.convexity_beyond(-t, true)
        } else {
            self.measure.convexity_beyond(t, false)
        }
    }

    /// Ends of the support, possibly infinite.
    pub fn support(&self) -> (f64, f64) {
        self.reflect(self.measure.domain())
    }

    /// Hull of the places where `V` exceeds its minimum by at most `level`.
    pub fn extent(&self, level: f64) -> (f64, f64) {
        self.reflect(self.measure.support(level))
    }

    /// Smallest value of `V` that is known.
    pub fn lowest(&self) -> f64 {
        self.measure.minimum().1
    }

    /// Interior points where `V` may fail to be smooth, ascending.
    pub fn breaks(&self) -> Vec<f64> {
        let kinks = self.measure.kinks();
        if self.mirrored { kinks.iter().rev().map(|x| -x).collect() } else { kinks.to_vec() }
    }

    fn reflect(&self, (a, b): (f64, f64)) -> (f64, f64) {
        if self.mirrored { (-b, -a) } else { (a, b) }
    }
}

/// Taylor coefficients of `e^u`.
pub(super) fn exponential(u: &Series) -> Series {
    let point = Interval::point;
    let e0 = u[0].exp();
    let e1 = u[1] * e0;
    let e2 = u[2] * e0 + point(0.5) * u[1] * e1;
    let e3 = u[3] * e0 + (point(2.0) * u[2] * e1 + u[1] * e2) / point(3.0);
    let e4 = u[4] * e0 + point(0.25) * (point(3.0) * u[3] * e1 + point(2.0) * u[2] * e2 + u[1] * e3);
    [e0, e1, e2, e3, e4]
}

/// Taylor coefficients of a product.
pub(super) fn product(a: &Series, b: &Series) -> Series {
    std::array::from_fn(|k| (0..=k).map(|j| a[j] * b[k - j]).sum())
}

/// Enclosure of `∫ g` over an interval of the given width, from the Taylor coefficients of `g` at its
/// midpoint and those at all of its points: the remainder of the expansion has order 4.
pub(super) fn cell_integral(middle: &Series, cell: &Series, width: Interval) -> Interval {
    let square = width.square();
    let twelfth = square / Interval::point(12.0);
    let eightieth = square.square() / Interval::point(80.0);
    width * (middle[0] + middle[2] * twelfth + cell[4] * eightieth)
}
