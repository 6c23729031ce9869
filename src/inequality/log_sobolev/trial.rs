//! A certified lower end: interval-evaluated quotient of an explicit trial function.

use super::frame::{Frame, right_remainder};
use super::lower::{Maximum, Shape};
use super::potential::{Potential, Series, cell_integral, exponential, product};
use crate::enclosure::Interval;

/// An explicit function on the line: a piecewise cubic `u`, once continuously differentiable, given by values and
/// slopes at nodes and constant outside of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// `f = e^u` if true; otherwise `f = 1 + εu` in the limit `ε → 0`.
    pub exponential: bool,
    /// The nodes, ascending.
    pub nodes: Vec<f64>,
    /// `u` at the nodes.
    pub values: Vec<f64>,
    /// `u'` at the nodes; 0 at the first and the last.
    pub slopes: Vec<f64>,
}

impl Trial {
    /// The maximum that was found, as an explicit function.
    pub(super) fn new(maximum: &Maximum) -> Option<Self> {
        let exponential = maximum.shape == Shape::Attained;
        let values: Vec<f64> = if exponential {
            maximum.values.iter().map(|f| f.abs().ln()).collect()
        } else {
            maximum.values.clone()
        };
        let x = &maximum.nodes;
        let n = x.len();
        let mut slopes = vec![0.0; n];
        for i in 1..n - 1 {
            // Derivative of the parabola through three neighbours; of the quartic where the mesh is uniform.
            let (h, k) = (x[i] - x[i - 1], x[i + 1] - x[i]);
            let (a, b) = ((values[i] - values[i - 1]) / h, (values[i + 1] - values[i]) / k);
            slopes[i] = (k * a + h * b) / (h + k);
            if i >= 2 && i + 2 < n {
                let (outer, uniform) = (x[i + 2] - x[i - 2], 2.0 * (x[i + 1] - x[i - 1]));
                if (outer / uniform - 1.0).abs() < 1e-6 && (h / k - 1.0).abs() < 1e-6 {
                    let wide = (values[i + 2] - values[i - 2]) / outer;
                    let narrow = (values[i + 1] - values[i - 1]) / (h + k);
                    slopes[i] = (4.0 * narrow - wide) / 3.0;
                }
            }
        }
        let finite = values.iter().chain(&slopes).all(|v| v.is_finite());
        finite.then_some(Self { exponential, nodes: x.clone(), values, slopes })
    }

    /// Taylor coefficients of `u` on cell `i`, at its midpoint and on all of it.
    fn series(&self, i: usize) -> (Series, Series) {
        let point = Interval::point;
        let (x, y) = (point(self.nodes[i]), point(self.nodes[i + 1]));
        let (a, b) = (point(self.values[i]), point(self.values[i + 1]));
        let (p, q) = (point(self.slopes[i]), point(self.slopes[i + 1]));
        let h = y - x;
        let (two, half) = (point(2.0), point(0.5));
        let chord = (b - a) / h;
        let middle = [
            half * (a + b) + h * (p - q) * point(0.125),
            point(1.5) * chord - point(0.25) * (p + q),
            half * (q - p) / h,
            (p + q - two * chord) / h.square(),
            Interval::ZERO,
        ];
        let t = Interval::new(-0.5, 0.5) * h;
        let [c0, c1, c2, c3, _] = middle;
        let cell = [
            c0 + t * (c1 + t * (c2 + t * c3)),
            c1 + t * (two * c2 + t * point(3.0) * c3),
            c2 + point(3.0) * t * c3,
            c3,
            Interval::ZERO,
        ];
        (middle, cell)
    }

    /// Enclosure of `Ent(f²)/∫f'²`, or of `2·Var(u)/∫u'²` for a limit. `None` if an integral cannot be enclosed (a
    /// singular end, or a tail that is not seen to be convex).
    pub(super) fn quotient(&self, potential: Potential<'_>, frame: &Frame) -> Option<Interval> {
        let point = Interval::point;
        let last = self.nodes.len() - 1;
        // What lies beyond the nodes: u is constant there.
        let right = if frame.support.1.is_finite() {
            (frame.support.1 == self.nodes[last]).then_some(Interval::ZERO)?
        } else {
            right_remainder(potential, frame.level, self.nodes[last])?
        };
        let left = if frame.support.0.is_finite() {
            (frame.support.0 == self.nodes[0]).then_some(Interval::ZERO)?
        } else {
            right_remainder(potential.mirror(), frame.level, -self.nodes[0])?
        };
        let (mut mass, mut first, mut second, mut energy) =
            (Interval::ZERO, Interval::ZERO, Interval::ZERO, Interval::ZERO);
        let collect = |weight: Interval, u: Interval, sums: [&mut Interval; 3]| {
            let terms = if self.exponential {
                let square = (point(2.0) * u).exp();
                [weight, weight * square, weight * square * point(2.0) * u]
            } else {
                [weight, weight * u, weight * u.square()]
            };
            for (sum, term) in sums.into_iter().zip(terms) {
                *sum = *sum + term;
            }
        };
        collect(left, point(self.values[0]), [&mut mass, &mut first, &mut second]);
        collect(right, point(self.values[last]), [&mut mass, &mut first, &mut second]);
        for i in 0..last {
            let span = Interval::new(self.nodes[i], self.nodes[i + 1]);
            let width = point(self.nodes[i + 1]) - point(self.nodes[i]);
            // The midpoint in floating point may be off by a rounding, so the expansion is shifted with it.
            let centre = (point(self.nodes[i]) + point(self.nodes[i + 1])) * point(0.5);
            let (u, v) = (self.series(i), (potential.series(centre), potential.series(span)));
            let mut integrals = [Interval::ZERO; 4];
            let parts = [(u.0, v.0), (u.1, v.1)].map(|(u, mut v)| {
                v[0] = v[0] - point(frame.level);
                self.integrands(&u, &v)
            });
            for (k, integral) in integrals.iter_mut().enumerate() {
                *integral = cell_integral(&parts[0][k], &parts[1][k], width);
            }
            mass = mass + integrals[0];
            first = first + integrals[1];
            second = second + integrals[2];
            energy = energy + integrals[3];
        }
        let quotient = if self.exponential {
            // ∫f²log f² − ∫f² log(∫f²/∫1), all over ∫f'².
            (second - first * (first / mass).ln()) / energy
        } else {
            point(2.0) * (second - first.square() / mass) / energy
        };
        (quotient.lo() > 0.0 && quotient.is_finite()).then_some(quotient)
    }

    /// Series of the four integrands, density included.
    fn integrands(&self, u: &Series, v: &Series) -> [Series; 4] {
        let point = Interval::point;
        let derivative = [u[1], point(2.0) * u[2], point(3.0) * u[3], point(4.0) * u[4], Interval::ZERO];
        let squared = product(&derivative, &derivative);
        if self.exponential {
            let two_u = u.map(|c| point(2.0) * c);
            let density = exponential(&v.map(|c| -c));
            let weight = exponential(&std::array::from_fn(|k| two_u[k] - v[k]));
            [density, weight, product(&weight, &two_u), product(&weight, &squared)]
        } else {
            let density = exponential(&v.map(|c| -c));
            let once = product(&density, u);
            [density, once, product(&once, u), product(&density, &squared)]
        }
    }
}
