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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enclosure::Enclosure;
    use crate::measure::line::LineMeasure;
    use crate::numerics::tolerances::COARSE;

    /// Rounding of a few dozen operations.
    const ROUNDING: f64 = 1e-13;

    fn maximum(shape: Shape, nodes: &[f64], f: impl Fn(f64) -> f64) -> Maximum {
        Maximum {
            value: Enclosure::exact(1.0),
            twice_poincare: Enclosure::exact(1.0),
            shape,
            nodes: nodes.to_vec(),
            values: nodes.iter().map(|x| f(*x)).collect(),
            centre: 0.0,
        }
    }

    #[test]
    fn slopes_are_exact_for_the_polynomials_they_are_made_for() {
        let uneven = [0.0, 0.3, 0.4, 1.0, 1.2, 2.0];
        let (p, q) = (|x: f64| 2.0 - x + 0.7 * x * x, |x: f64| -1.0 + 1.4 * x);
        let trial = Trial::new(&maximum(Shape::Limit, &uneven, p)).unwrap();
        assert!(!trial.exponential);
        assert_eq!((trial.slopes[0], trial.slopes[5]), (0.0, 0.0));
        for (i, x) in uneven.iter().enumerate().skip(1).take(4) {
            assert!((trial.slopes[i] - q(*x)).abs() <= ROUNDING, "{i}: {}", trial.slopes[i]);
        }
        let even: Vec<f64> = (0..9).map(|i| -1.0 + 0.25 * f64::from(i)).collect();
        let (p, q) = (|x: f64| x.powi(4) - x.powi(3) + 0.5 * x, |x: f64| 4.0 * x.powi(3) - 3.0 * x * x + 0.5);
        // f = −e^p: the sign is of no consequence.
        let trial = Trial::new(&maximum(Shape::Attained, &even, |x| -p(x).exp())).unwrap();
        assert!(trial.exponential);
        for (i, x) in even.iter().enumerate().skip(2).take(5) {
            assert!((trial.slopes[i] - q(*x)).abs() <= ROUNDING, "{i}: {}", trial.slopes[i]);
        }
        for i in [1, 7] {
            // A central difference: it errs by h²p'''/6 for a quartic.
            let central = q(even[i]) + (24.0 * even[i] - 6.0) * 0.25 * 0.25 / 6.0;
            assert!((trial.slopes[i] - central).abs() <= ROUNDING, "{i}: {}", trial.slopes[i]);
        }
        for (x, v) in even.iter().zip(&trial.values) {
            assert!((v - p(*x)).abs() <= ROUNDING);
        }
        assert!(Trial::new(&maximum(Shape::Attained, &even, |_| 0.0)).is_none());
    }

    #[test]
    fn wide_slopes_are_not_used_across_a_change_of_the_mesh() {
        // Uniform up to 1, then twice as wide: parabolas where a neighbour lies beyond the change.
        let nodes = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0];
        let (p, q) = (|x: f64| x.powi(3), |x: f64| 3.0 * x * x);
        let trial = Trial::new(&maximum(Shape::Limit, &nodes, p)).unwrap();
        for i in [2, 6] {
            assert!((trial.slopes[i] - q(nodes[i])).abs() <= ROUNDING, "{i}: {}", trial.slopes[i]);
        }
        for (i, h, k) in [(1, 0.25, 0.25), (3, 0.25, 0.25), (4, 0.25, 0.5), (5, 0.5, 0.5), (7, 0.5, 0.5)] {
            // The parabola errs by hk for x³.
            let expected = q(nodes[i]) + h * k;
            assert!((trial.slopes[i] - expected).abs() <= ROUNDING, "{i}: {}", trial.slopes[i]);
        }
    }

    fn cubic(x: f64) -> [f64; 4] {
        // p = 0.4 − x + 2x² + 3x³ and its Taylor coefficients at x.
        [0.4 - x + 2.0 * x * x + 3.0 * x.powi(3), -1.0 + 4.0 * x + 9.0 * x * x, 2.0 + 9.0 * x, 3.0]
    }

    #[test]
    fn cells_carry_the_cubic_through_values_and_slopes() {
        let nodes = vec![-0.3, 0.1, 0.9];
        let trial = Trial {
            exponential: false,
            values: nodes.iter().map(|x| cubic(*x)[0]).collect(),
            slopes: nodes.iter().map(|x| cubic(*x)[1]).collect(),
            nodes: nodes.clone(),
        };
        for i in 0..2 {
            let (middle, cell) = trial.series(i);
            for (k, expected) in cubic(0.5 * (nodes[i] + nodes[i + 1])).into_iter().enumerate() {
                assert!((middle[k].mid() - expected).abs() <= ROUNDING, "{i}, {k}: {:?}", middle[k]);
                assert!(middle[k].width() <= ROUNDING);
                let (mut lo, mut hi) = (f64::INFINITY, f64::NEG_INFINITY);
                for s in 0..=20 {
                    let x = nodes[i] + (nodes[i + 1] - nodes[i]) * f64::from(s) / 20.0;
                    let c = cubic(x)[k];
                    (lo, hi) = (lo.min(c), hi.max(c));
                    assert!(cell[k].lo() <= c + ROUNDING && c <= cell[k].hi() + ROUNDING, "{k} at {x}");
                }
                // Horner's form counts a power of t twice at most.
                let most = [3.0, 2.0, 1.0, 1.0][k] * (hi - lo) + ROUNDING;
                assert!(cell[k].width() <= most, "{i}, {k}: {:?} against [{lo}, {hi}]", cell[k]);
            }
            assert_eq!((middle[4], cell[4]), (Interval::ZERO, Interval::ZERO));
        }
    }

    fn linear(exponential: bool, slope: f64, nodes: Vec<f64>) -> Trial {
        Trial {
            exponential,
            values: nodes.iter().map(|x| 0.2 + slope * x).collect(),
            slopes: vec![slope; nodes.len()],
            nodes,
        }
    }

    fn between(lo: f64, hi: f64, cells: i32) -> Vec<f64> {
        // Not uniform: the square of a uniform mesh in √.
        (0..=cells)
            .map(|i| f64::from(i) / f64::from(cells))
            .map(|t| if t == 1.0 { hi } else { lo + (hi - lo) * (0.7 * t + 0.3 * t * t) })
            .collect()
    }

    fn assert_encloses(found: Option<Interval>, exact: f64, width: f64) {
        let found = found.unwrap();
        assert!(found.contains(exact), "{found:?}, {exact}");
        assert!(found.width() <= width * exact, "{found:?}, {exact}");
    }

    /// Relative width of a quotient on some ten cells whose remainder has order 5.
    const NARROW: f64 = 1e-5;

    #[test]
    fn quotients_of_linear_and_exponential_functions_are_the_closed_forms() {
        // Uniform on (0, 2): 2Var = 2·4/12, and with f = e^{x/2}, scaled from (0,1).
        let measure = LineMeasure::uniform(0.0, 2.0).unwrap();
        let potential = Potential::new(&measure);
        let frame = Frame::new(potential);
        assert_encloses(
            linear(false, 1.7, between(0.0, 2.0, 12)).quotient(potential, &frame),
            2.0 / 3.0,
            NARROW,
        );
        let e2 = 2.0_f64.exp();
        let exact = 4.0 * ((e2 + 1.0) / (e2 - 1.0) - (0.5 * (e2 - 1.0)).ln());
        assert_encloses(linear(true, 0.5, between(0.0, 2.0, 20)).quotient(potential, &frame), exact, NARROW);
        // A mesh that does not reach the ends proves nothing.
        assert!(linear(false, 1.0, between(0.0, 1.9, 12)).quotient(potential, &frame).is_none());
        assert!(linear(false, 1.0, between(0.1, 2.0, 12)).quotient(potential, &frame).is_none());
    }

    #[test]
    fn quotients_of_normal_laws_are_twice_the_variance() {
        let measure = LineMeasure::gaussian(0.5, 1.5).unwrap();
        let potential = Potential::new(&measure);
        let frame = Frame { level: potential.lowest() - 0.7, ..Frame::new(potential) };
        let nodes = || between(-12.0, 13.0, 500);
        assert_encloses(linear(false, 1.0, nodes()).quotient(potential, &frame), 4.5, 0.1 * COARSE);
        assert_encloses(linear(true, 0.4, nodes()).quotient(potential, &frame), 4.5, 0.1 * COARSE);
        // The tail is enclosed only where V increases.
        assert!(linear(false, 1.0, between(-12.0, 0.3, 50)).quotient(potential, &frame).is_none());
        assert!(linear(false, 1.0, between(0.7, 13.0, 50)).quotient(potential, &frame).is_none());
    }

    #[test]
    fn what_lies_beyond_the_nodes_counts_with_the_values_at_the_ends() {
        // u = x clipped to (−2.5, 3) for N(0, 1); the tails are only bounded, the truth lies inside.
        let measure = LineMeasure::gaussian(0.0, 1.0).unwrap();
        let potential = Potential::new(&measure);
        let frame = Frame::new(potential);
        let (a, b) = (-2.5_f64, 3.0_f64);
        let n = 40_000;
        for exponential in [false, true] {
            let (mut mass, mut first, mut second, mut energy) = (0.0, 0.0, 0.0, 0.0);
            let step = 20.0 / f64::from(n);
            for i in 0..n {
                let x = -10.0 + (f64::from(i) + 0.5) * step;
                let p = (-0.5 * x * x).exp();
                let u = x.clamp(a, b) * 0.6 + 0.2;
                let inside = if x > a && x < b { 0.36 } else { 0.0 };
                let f2 = (2.0 * u).exp();
                mass += p;
                first += p * if exponential { f2 } else { u };
                second += p * if exponential { f2 * 2.0 * u } else { u * u };
                energy += p * inside * if exponential { f2 } else { 1.0 };
            }
            let exact = if exponential {
                (second - first * (first / mass).ln()) / energy
            } else {
                2.0 * (second - first * first / mass) / energy
            };
            let found = linear(exponential, 0.6, between(a, b, 60)).quotient(potential, &frame).unwrap();
            assert!(found.contains(exact), "{found:?}, {exact}");
            // Tails of some per cent with u² of some units.
            assert!(found.lo() > 0.5 * exact && found.hi() < 2.0 * exact, "{found:?}, {exact}");
        }
    }
}
