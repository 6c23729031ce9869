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

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of some ten operations, relative to the largest term.
    const ROUNDING: f64 = 64.0 * f64::EPSILON;

    fn points(c: [f64; 5]) -> Series {
        c.map(Interval::point)
    }

    fn convolution(a: [f64; 5], b: [f64; 5]) -> [f64; 5] {
        std::array::from_fn(|k| (0..=k).map(|j| a[j] * b[k - j]).sum())
    }

    fn assert_series(found: &Series, expected: [f64; 5]) {
        for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
            let rounding = ROUNDING * expected.abs().max(1.0);
            assert!((found.mid() - expected).abs() <= rounding, "order {k}: {found:?}, {expected}");
            assert!(found.width() <= rounding, "order {k}: {found:?}");
        }
    }

    #[test]
    fn exponential_and_product_have_the_coefficients_of_the_power_series() {
        for u in [[0.3, -0.7, 0.45, 0.9, -1.1], [-0.2, 0.6, -0.35, -0.15, 0.8], [0.0, 0.0, 0.0, 0.7, 0.3]] {
            let rest = [0.0, u[1], u[2], u[3], u[4]];
            let (mut power, mut sum, mut factorial) = ([1.0, 0.0, 0.0, 0.0, 0.0], [0.0; 5], 1.0);
            for n in 1..=5 {
                for (s, p) in sum.iter_mut().zip(power) {
                    *s += f64::exp(u[0]) * p / factorial;
                }
                power = convolution(power, rest);
                factorial *= f64::from(n);
            }
            assert_series(&exponential(&points(u)), sum);
            let other = [1.3, -0.4, 0.2, 2.1, -0.6];
            assert_series(&product(&points(u), &points(other)), convolution(u, other));
        }
    }

    #[test]
    fn integral_over_a_cell_is_exact_for_quartics_and_encloses_the_exponential() {
        let (c, h) = ([0.7, -2.0, 1.9, 0.4, -3.3], 0.8_f64);
        let g = points(c);
        let found = cell_integral(&g, &g, Interval::point(h));
        let exact = h * c[0] + c[2] * h.powi(3) / 12.0 + c[4] * h.powi(5) / 80.0;
        assert!((found.mid() - exact).abs() <= ROUNDING && found.width() <= ROUNDING, "{found:?}, {exact}");
        let cell = exponential(&[
            Interval::new(-0.4, 0.4),
            Interval::ONE,
            Interval::ZERO,
            Interval::ZERO,
            Interval::ZERO,
        ]);
        let found =
            cell_integral(&exponential(&points([0.0, 1.0, 0.0, 0.0, 0.0])), &cell, Interval::point(h));
        let exact = 2.0 * 0.4_f64.sinh();
        assert!(found.contains(exact), "{found:?}, {exact}");
        // The fourth coefficient e^x/24 varies by 2 sinh(0.4)/24 on the cell.
        assert!(found.width() <= h.powi(5) / 80.0 * exact / 24.0 + ROUNDING, "{found:?}");
    }

    #[test]
    fn mirror_reflects_everything() {
        let measure = LineMeasure::asymmetric_laplace(0.5, 3.0).unwrap().affine_image(1.0, 2.0).unwrap();
        let measure = measure.restricted(-1.0, f64::INFINITY).unwrap();
        let potential = Potential::new(&measure);
        let mirror = potential.mirror();
        assert_eq!(potential.support(), (-1.0, f64::INFINITY));
        assert_eq!(mirror.support(), (f64::NEG_INFINITY, 1.0));
        assert_eq!(potential.breaks(), vec![2.0]);
        assert_eq!(mirror.breaks(), vec![-2.0]);
        assert_eq!(mirror.mirror().breaks(), vec![2.0]);
        let (a, b) = potential.extent(1.0);
        assert_eq!(mirror.extent(1.0), (-b, -a));
        assert!(a < 1.0 && b > 2.0 && b < 3.0, "{a}, {b}");
        let skew = LineMeasure::parse("x^4/4 + x^3/3 - x", f64::NEG_INFINITY, f64::INFINITY).unwrap();
        let potential = Potential::new(&skew);
        for (p, sign) in [(potential, 1.0), (potential.mirror(), -1.0)] {
            let x = 0.75_f64;
            let y = sign * x;
            assert_eq!(p.value(x), y.powi(4) / 4.0 + y.powi(3) / 3.0 - y);
            let expected = [
                y.powi(4) / 4.0 + y.powi(3) / 3.0 - y,
                sign * (y.powi(3) + y * y - 1.0),
                1.5 * y * y + y,
                sign * (y + 1.0 / 3.0),
                0.25,
            ];
            assert_series(&p.series(Interval::point(x)), expected);
            // V'' = 3y² + 2y, increasing on the right, decreasing from −x leftward.
            let curvature = 3.0 * y * y + 2.0 * y;
            let found = p.convexity_beyond(x);
            assert!(found <= curvature + ROUNDING, "{found}, {curvature}");
            assert!(p.lowest() <= potential.value(0.7));
        }
    }

    #[test]
    fn breaks_come_in_ascending_order_from_both_sides() {
        let measure =
            LineMeasure::parse("x^2/2 + abs(x - 1) + abs(x + 3)/2", f64::NEG_INFINITY, f64::INFINITY)
                .unwrap();
        let potential = Potential::new(&measure);
        assert_eq!(potential.breaks(), vec![-3.0, 1.0]);
        assert_eq!(potential.mirror().breaks(), vec![-1.0, 3.0]);
    }
}
