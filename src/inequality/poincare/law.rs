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
