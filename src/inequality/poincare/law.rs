//! What the certificate's checker knows of a [`LineMeasure`].

use super::witness::{SLOPE_TERMS, Side, Slope, SlopeSeries};
use crate::enclosure::Interval;
use crate::measure::line::LineMeasure;
use crate::numerics::germ::Germ;
use crate::numerics::jet::Jet;
use crate::numerics::number::Number;
use std::cell::RefCell;
use std::collections::HashMap;

/// Order of the jets of `V`.
const ORDER: usize = SLOPE_TERMS + 1;
/// Pieces into which a tail is cut for the bound of its slope, and the ratio of their lengths.
const PIECES: usize = 40;
const RATIO: f64 = 1.25;
/// Halvings towards a finite end.
const HALVINGS: i32 = 48;

/// A measure as a [`Slope`].
#[derive(Clone, Debug)]
pub struct LawSlope<'a> {
    measure: &'a LineMeasure,
    /// A point in the bulk, the origin for bounds on tails.
    centre: f64,
    /// Series that were asked for before, by the ends of the interval: the construction of a
    /// certificate and its verification need the same ones.
    known: RefCell<HashMap<(u64, u64), SlopeSeries<Interval>>>,
}

impl<'a> LawSlope<'a> {
    /// The slope of a measure's potential.
    pub fn new(measure: &'a LineMeasure) -> Self {
        Self { measure, centre: measure.minimum().0, known: RefCell::default() }
    }

    /// `±V'` on a bounded interval of the tail.
    fn slope_on(&self, side: Side, a: f64, b: f64) -> Interval {
        let slope = self.measure.potential(Jet::<Interval, 1>::variable(Interval::new(a, b))).coefficient(1);
        match side {
            Side::Right => slope,
            Side::Left => -slope,
        }
    }

    /// `±V'` at distance at least `distance > 0` from the centre.
    fn slope_at_infinity(&self, side: Side, distance: f64) -> Interval {
        let variable = Jet::<Germ, 1>::variable(Germ::variable(distance));
        let x = match side {
            Side::Right => Jet::from_f64(self.centre) + variable,
            Side::Left => Jet::from_f64(self.centre) - variable,
        };
        self.measure.potential(x).coefficient(1).range()
    }

    /// The slope of a Gaussian mixture is a mean of the slopes `(x − m)/s²` of its components, each of
    /// which increases outward: so nowhere on the tail is it below the smallest of them at `from`.
    fn slope_of_mixture(components: &[(f64, f64)], side: Side, from: f64) -> Interval {
        let slopes = components.iter().map(|&(mean, std)| {
            let slope = (Interval::point(from) - Interval::point(mean)) / Interval::point(std).square();
            if side == Side::Right { slope.lo() } else { (-slope).lo() }
        });
        Interval::new(slopes.fold(f64::INFINITY, f64::min).min(f64::MAX), f64::INFINITY)
    }

    /// Proved bounds of `V'` right of `from`, or of `−V'` left of it, up to the end of the domain.
    pub fn tail_slope_range(&self, side: Side, from: f64) -> Interval {
        let (lo, hi) = self.measure.domain();
        let end = if side == Side::Left { lo } else { hi };
        let ordered = |a: f64, b: f64| if a < b { (a, b) } else { (b, a) };
        if end.is_finite() {
            let mut range: Option<Interval> = None;
            let mut near = from;
            for k in 1..=HALVINGS {
                let far = if k == HALVINGS { end } else { end - (end - from) * 2f64.powi(-k) };
                if far == near {
                    continue;
                }
                let (a, b) = ordered(near, far);
                let here = self.slope_on(side, a, b);
                range = Some(range.map_or(here, |r| r.hull(here)));
                near = far;
            }
            return range.unwrap_or(Interval::ENTIRE);
        }
        let distance = match side {
            Side::Right => from - self.centre,
            Side::Left => self.centre - from,
        }
        .next_down();
        // Rounding of the distance only enlarges the half-line that is covered.
        let distance = distance - 4.0 * f64::EPSILON * (from.abs() + self.centre.abs());
        if distance.is_nan() || distance <= 0.0 {
            return Interval::ENTIRE;
        }
        if let Some(components) = self.measure.gaussian_components() {
            return Self::slope_of_mixture(&components, side, from);
        }
        let whole = self.slope_at_infinity(side, distance);
        // Pieces first, the half-line only from far out: tighter where lower-order terms matter.
        let mut range: Option<Interval> = None;
        let (mut near, mut step) = (from, 0.25 * distance);
        for _ in 0..PIECES {
            let far = if side == Side::Right { near + step } else { near - step };
            let (a, b) = ordered(near, far);
            let here = self.slope_on(side, a, b);
            range = Some(range.map_or(here, |r| r.hull(here)));
            (near, step) = (far, step * RATIO);
        }
        let reached =
            (near - self.centre).abs() * (1.0 - 8.0 * f64::EPSILON) - 8.0 * f64::EPSILON * self.centre.abs();
        let far = self.slope_at_infinity(side, reached);
        let pieces = range.map_or(far, |r| r.hull(far));
        pieces.intersection(whole).unwrap_or(whole)
    }
}

impl Slope for LawSlope<'_> {
    fn support(&self) -> (f64, f64) {
        self.measure.domain()
    }

    fn kinks(&self) -> Vec<f64> {
        self.measure.kinks().to_vec()
    }

    fn enclosed_series(&self, x: Interval) -> SlopeSeries<Interval> {
        let key = (x.lo().to_bits(), x.hi().to_bits());
        if let Some(series) = self.known.borrow().get(&key) {
            return *series;
        }
        let jet = self.measure.potential(Jet::<Interval, ORDER>::variable(x));
        let series = std::array::from_fn(|j| {
            let coefficient = jet.coefficient(j + 1);
            if j == 0 { coefficient } else { coefficient * Interval::point((j + 1) as f64) }
        });
        self.known.borrow_mut().insert(key, series);
        series
    }

    fn tail_slope(&self, side: Side, from: f64) -> f64 {
        self.tail_slope_range(side, from).lo()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::tolerances::{MESH, ROUNDING, SOLVED};

    const INFINITY: f64 = f64::INFINITY;

    /// Smallest and largest `±V'` on the tail by sampling, up to `reach` from `from`.
    fn sampled(slope: impl Fn(f64) -> f64, side: Side, from: f64, reach: f64) -> (f64, f64) {
        let sign = if side == Side::Right { 1.0 } else { -1.0 };
        (0..=4000)
            .map(|i| sign * slope(from + sign * reach * f64::from(i) / 4000.0))
            .fold((INFINITY, -INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)))
    }

    #[test]
    fn slopes_of_tails_are_bounded_nearly_by_their_smallest_value() {
        let text = "(x - 1)^4/4 - (x - 1)^2/2 + 3*sin(x)/2";
        let measure = LineMeasure::parse(text, -INFINITY, INFINITY).unwrap();
        let law = LawSlope::new(&measure);
        let slope = |x: f64| (x - 1.0).powi(3) - (x - 1.0) + 1.5 * x.cos();
        for (side, from) in [(Side::Right, 3.5), (Side::Right, 6.0), (Side::Left, -2.0), (Side::Left, -7.0)] {
            let found = law.tail_slope_range(side, from);
            let (lowest, _) = sampled(slope, side, from, 30.0);
            assert!(found.lo() <= lowest, "{side:?}, {from}: {found:?}, {lowest}");
            // The first piece is a quarter of the distance from the minimum long.
            let first = sampled(slope, side, from, 0.3 * (from - measure.minimum().0).abs());
            let slack = 1.1 * (first.1 - first.0) + 3.0;
            assert!(found.lo() >= lowest - slack, "{side:?}, {from}: {found:?}, {lowest}, {slack}");
            assert_eq!(found.hi(), INFINITY);
        }
        // Nothing is known from the minimum on, or from the other side of it.
        for (side, from) in
            [(Side::Right, measure.minimum().0 - 1.0), (Side::Left, measure.minimum().0 + 0.5)]
        {
            assert_eq!(law.tail_slope_range(side, from), Interval::ENTIRE);
        }
        assert_eq!(law.tail_slope_range(Side::Right, f64::NAN), Interval::ENTIRE);
    }

    #[test]
    fn bounds_scale_with_the_law() {
        let measure = LineMeasure::parse("x^4/4 - x^2/2 + 3*sin(x)/2", -INFINITY, INFINITY).unwrap();
        let unit = LawSlope::new(&measure).tail_slope_range(Side::Right, 3.5).lo();
        for scale in [1e-6, 1e-4, 1e3] {
            let image = measure.affine_image(scale, 0.0).unwrap();
            let found = LawSlope::new(&image).tail_slope_range(Side::Right, 3.5 * scale).lo();
            // The place of the minimum, the origin of the pieces, is known to the root of the rounding.
            assert!((found * scale / unit - 1.0).abs() <= 10.0 * MESH, "{scale}: {found}, {unit}");
        }
    }

    #[test]
    fn exponential_tails_are_bounded_on_both_sides() {
        // V' = tanh(x/2).
        let measure = LineMeasure::logistic(1.0).unwrap();
        let law = LawSlope::new(&measure);
        for (side, from) in [(Side::Right, 3.0), (Side::Left, -3.0)] {
            let found = law.tail_slope_range(side, from);
            let (lowest, _) = sampled(|x| (0.5 * x).tanh(), side, from, 1e2);
            assert!(found.lo() <= lowest && found.lo() >= lowest - 1e-9, "{side:?}: {found:?}, {lowest}");
            assert!(found.hi() >= 1.0 && found.hi() <= 1.0 + SOLVED, "{side:?}: {found:?}");
        }
    }

    #[test]
    fn mixtures_take_the_smallest_slope_of_their_components() {
        let measure = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.0, 1.0], &[0.5, 2.0]).unwrap();
        let law = LawSlope::new(&measure);
        let right = law.tail_slope_range(Side::Right, 5.0);
        assert!((right.lo() - 1.0).abs() <= ROUNDING && right.lo() <= 1.0, "{right:?}");
        let left = law.tail_slope_range(Side::Left, -5.0);
        // 3/0.25 and 6/4.
        assert!((left.lo() - 1.5).abs() <= ROUNDING && left.lo() <= 1.5, "{left:?}");
        let near = law.tail_slope_range(Side::Left, -3.0);
        assert!((near.lo() - 1.0).abs() <= ROUNDING, "{near:?}");
    }

    #[test]
    fn finite_ends_are_covered_to_the_end() {
        // V' = x³ + 2/(1−x) rises to ∞ at 1.
        let measure = LineMeasure::parse("x^4/4 - 2*log(1 - x)", -2.0, 1.0).unwrap();
        let law = LawSlope::new(&measure);
        let right = law.tail_slope_range(Side::Right, 0.5);
        assert!(right.lo() <= 4.125 && right.lo() >= 4.125 - 1e-9 && right.hi() > 1e12, "{right:?}");
        let left = law.tail_slope_range(Side::Left, -1.5);
        let slope = |x: f64| x.powi(3) + 2.0 / (1.0 - x);
        let (lowest, highest) = sampled(slope, Side::Left, -1.5, 0.5);
        assert!(left.lo() <= lowest && left.lo() >= lowest - 0.2, "{left:?}, {lowest}");
        assert!(left.hi() >= highest && left.hi() <= highest + 1.0, "{left:?}, {highest}");
    }

    #[test]
    fn series_are_those_of_the_slope() {
        let measure = LineMeasure::parse("x^5/5 - x^2", -3.0, 4.0).unwrap();
        let law = LawSlope::new(&measure);
        for _ in 0..2 {
            let found = law.enclosed_series(Interval::point(0.5));
            // x⁴ − 2x around ½.
            let expected = [0.0625 - 1.0, 0.5 - 2.0, 1.5, 2.0, 1.0, 0.0];
            for (k, expected) in expected.into_iter().enumerate() {
                assert!(
                    (found[k].mid() - expected).abs() <= ROUNDING && found[k].width() <= ROUNDING,
                    "{k}: {:?}",
                    found[k]
                );
            }
        }
        let wide = law.enclosed_series(Interval::new(0.25, 0.5));
        assert!(wide[2].contains(1.5) && wide[2].contains(6.0 * 0.0625) && wide[2].width() > 1.0);
        assert_eq!(law.support(), (-3.0, 4.0));
    }
}
