//! Laws on the line: the score at each time in a table.

use super::score::{PathScore, Score, StandardStart, Start};
use crate::error::{Error, Result, within};
use crate::numerics::vector::Units;
use crate::path::{LinePath, LineSlice};
use std::f64::consts::FRAC_1_SQRT_2;

/// Mass on either side of the table; beyond it the score goes on as a straight line.
const BEYOND: f64 = 1e-13;
/// Cells of the coarsest table.
const FIRST_CELLS: u32 = 32;
/// Halvings of a cell at most: at a jump of the score no accuracy is reached.
const HALVINGS: u32 = 12;
/// Error of the score that ends the halving, relative to the score and to [`FLOOR`] over the width of the law.
const ACCURACY: f64 = 1e-6;
const FLOOR: f64 = 0.05;

/// The score of a law on the line, by cubic interpolation of its values and slopes.
#[derive(Clone, PartialEq, Debug)]
pub struct LineScore {
    /// Ascending.
    edges: Vec<f64>,
    /// Score and slope at the edges.
    values: Vec<(f64, f64)>,
    /// The steepest descent of the score.
    steepest: f64,
    /// The largest difference seen between table and law.
    error: f64,
}

impl LineScore {
    /// The table for a slice of a path.
    ///
    /// # Errors
    /// [`Error::Undefined`] if the score is not finite somewhere.
    pub fn new(slice: &dyn LineSlice) -> Result<Self> {
        let (lo, hi) = slice.window(BEYOND);
        let at = |y: f64| {
            let point = slice.point(y);
            if point.score.is_finite() && point.curvature.is_finite() {
                Ok((point.score, point.curvature))
            } else {
                Err(Error::Undefined { what: "score".to_owned(), reason: format!("it is not finite at {y}") })
            }
        };
        // Cells as wide as they are far from the middle, so that heavy tails take few of them.
        let (left, right) = slice.window(0.25);
        let middle = 0.5 * (left + right);
        let width = Some(0.5 * (right - left)).filter(|w| *w > 0.0).unwrap_or(0.5 * (hi - lo));
        let place = |y: f64| ((y - middle) / width).asinh();
        let edge = |i: u32| {
            let part = f64::from(i) / f64::from(FIRST_CELLS);
            middle + width * (place(lo) + (place(hi) - place(lo)) * part).sinh()
        };
        let mut table = Self { edges: vec![lo], values: vec![at(lo)?], steepest: 0.0, error: 0.0 };
        for i in 1..=FIRST_CELLS {
            let edge = if i == FIRST_CELLS { hi } else { edge(i) };
            table.extend((edge, at(edge)?), HALVINGS, FLOOR / width, &at)?;
        }
        table.steepest = table.values.iter().map(|v| -v.1).fold(0.0, f64::max);
        Ok(table)
    }

    /// Adds the cell from the last edge to `right`, halved until the interpolation is accurate.
    fn extend(
        &mut self,
        right: (f64, (f64, f64)),
        halvings: u32,
        scale: f64,
        at: &impl Fn(f64) -> Result<(f64, f64)>,
    ) -> Result<()> {
        let last = self.edges.len() - 1;
        let left = (self.edges[last], self.values[last]);
        let middle = 0.5 * (left.0 + right.0);
        let exact = at(middle)?;
        let error = (cubic(left, right, middle) - exact.0).abs();
        if halvings == 0 || error <= ACCURACY * (exact.0.abs() + scale) {
            self.error = self.error.max(error);
            // The middle is known by now, so it is used.
            self.edges.extend([middle, right.0]);
            self.values.extend([exact, right.1]);
            return Ok(());
        }
        self.extend((middle, exact), halvings - 1, scale, at)?;
        self.extend(right, halvings - 1, scale, at)
    }

    /// The largest difference seen between the table and the score: the table is more accurate by about a factor 16.
    pub fn error(&self) -> f64 {
        self.error
    }

    fn value(&self, y: f64) -> f64 {
        let last = self.edges.len() - 1;
        let node = |i: usize| (self.edges[i], self.values[i]);
        let beyond = |(x, (s, slope)): (f64, (f64, f64))| s + slope.min(0.0) * (y - x);
        if y < self.edges[0] {
            beyond(node(0))
        } else if y >= self.edges[last] {
            beyond(node(last))
        } else if y.is_nan() {
            y
        } else {
            let i = self.edges.partition_point(|x| *x <= y).clamp(1, last);
            cubic(node(i - 1), node(i), y)
        }
    }
}

/// Hermite's cubic through two places with values and slopes.
fn cubic(left: (f64, (f64, f64)), right: (f64, (f64, f64)), y: f64) -> f64 {
    let width = right.0 - left.0;
    let u = (y - left.0) / width;
    let v = 1.0 - u;
    let ((a, da), (b, db)) = (left.1, right.1);
    v * v * ((1.0 + 2.0 * u) * a + u * width * da) + u * u * ((1.0 + 2.0 * v) * b - v * width * db)
}

impl Score for LineScore {
    fn dim(&self) -> usize {
        1
    }

    fn scores(
        &self,
        _units: Units,
        _lanes: usize,
        points: &[f64],
        scores: &mut [f64],
        _scratch: &mut Vec<f64>,
    ) {
        scores.iter_mut().zip(points).for_each(|(s, y)| *s = self.value(*y));
    }

    /// Half the steepest descent.
    fn linear_rate(&self) -> f64 {
        0.5 * self.steepest
    }

    fn steepest(&self) -> f64 {
        self.steepest
    }
}

impl PathScore for LinePath {
    type At = LineScore;

    fn dim(&self) -> usize {
        1
    }

    fn score_at(&self, t: f64) -> Result<LineScore> {
        within("t", t, 0.0, 1.0)?;
        LineScore::new(&*self.curve().slice(self.schedule().angle(t))?)
    }

    /// Normal variates are mapped to `p_t` by a table of the increasing map between the two laws, accurate to about
    /// 1e-5 of the width of the law.
    fn start_at(&self, t: f64) -> Result<Box<dyn Start + '_>> {
        within("t", t, 0.0, 1.0)?;
        // A base that is not normal has to be drawn as well.
        let slice = self.curve().slice(self.schedule().angle(t))?;
        let standard = [-1.0, 0.5, 2.0];
        let is_standard = standard.iter().all(|y| {
            let rounding = 1e-12;
            (slice.point(*y).score + y).abs() < rounding
        });
        if self.schedule().lambda(t) == 0.0 && is_standard {
            return Ok(Box::new(StandardStart));
        }
        Ok(Box::new(IncreasingStart::new(&*slice)))
    }

    fn footprint(&self) -> usize {
        const TYPICAL_EDGES: usize = 512;
        24 * TYPICAL_EDGES
    }
}

/// The increasing map from the standard normal law.
struct IncreasingStart {
    images: Vec<f64>,
}

impl IncreasingStart {
    /// Normal variates between which the map is tabulated: beyond ±8 none is drawn in practice.
    const REACH: f64 = 8.0;
    const CELLS: u32 = 1024;

    fn new(slice: &dyn LineSlice) -> Self {
        let (lo, hi) = slice.window(1e-15);
        let images = (0..=Self::CELLS).map(|i| {
            let z = Self::REACH * (2.0 * f64::from(i) / f64::from(Self::CELLS) - 1.0);
            // The smaller of the two masses, which keeps its accuracy.
            let mass = 0.5 * core_math::erfc(z.abs() * FRAC_1_SQRT_2);
            let (mut a, mut b) = (lo, hi);
            for _ in 0..60 {
                let y = 0.5 * (a + b);
                let (below, above) = slice.masses(y);
                if if z < 0.0 { below < mass } else { above > mass } { a = y } else { b = y }
            }
            0.5 * (a + b)
        });
        Self { images: images.collect() }
    }

    fn image(&self, z: f64) -> f64 {
        let place = (z + Self::REACH) * (f64::from(Self::CELLS) / (2.0 * Self::REACH));
        let cell = place.floor().clamp(0.0, f64::from(Self::CELLS - 1));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the cells")]
        let i = cell as usize;
        let part = (place - cell).clamp(0.0, 1.0);
        self.images[i] + part * (self.images[i + 1] - self.images[i])
    }
}

impl Start for IncreasingStart {
    fn place(&self, _lanes: usize, _uniforms: &[f64], points: &mut [f64]) {
        for x in points {
            *x = self.image(*x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::line::LineMeasure;
    use crate::path::Schedule;
    use crate::path::line::{LineBase, curve_on_line};
    use std::f64::consts::FRAC_PI_4;

    fn path(law: &LineMeasure) -> LinePath {
        LinePath::new(curve_on_line(law, LineBase::Gaussian).unwrap(), Schedule::cosine())
    }

    #[test]
    fn tables_are_accurate_where_the_mass_is() {
        let double_well = LineMeasure::parse("x^4/4 - x^2/2", f64::NEG_INFINITY, f64::INFINITY).unwrap();
        let mixture = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.0, 1.0], &[0.3, 0.5]).unwrap();
        for law in [double_well, mixture] {
            let path = path(&law);
            let slice = path.curve().slice(FRAC_PI_4).unwrap();
            let table = path.score_at(0.5).unwrap();
            for i in -30..=30 {
                let y = 0.1 * f64::from(i) + 0.017;
                let exact = slice.point(y).score;
                let accuracy = ACCURACY * (1.0 + exact.abs());
                assert!((table.score(&[y])[0] - exact).abs() < accuracy, "{y} {exact}");
            }
            // The steepest descent at edges, some of which are next to any point: that of the law but for its bend.
            let descents = (-400..=400).map(|i| -slice.point(0.02 * f64::from(i)).curvature);
            let steepest = descents.fold(0.0, f64::max);
            let between = 0.02;
            assert!(
                (table.steepest() - steepest).abs() < between * steepest,
                "{} {steepest}",
                table.steepest()
            );
            assert!(table.linear_rate() == 0.5 * table.steepest() && table.error() < 1e-4);
            // As fine as it has to be, and no finer: halving a cell brings a factor 16.
            let knots = table.edges.len();
            assert!(
                (100..2000).contains(&knots) && table.error() > ACCURACY * 1e-3,
                "{knots} {}",
                table.error()
            );
            assert!(table.score(&[1e3])[0] < table.score(&[10.0])[0] && table.score(&[f64::NAN])[0].is_nan());
        }
    }

    #[test]
    fn heavy_tails_are_in_the_table() {
        let student = LineMeasure::student(2.0, 1.0, 1.0).unwrap();
        for (base, t) in
            [(LineBase::Gaussian, 1.0), (LineBase::Gaussian, 0.7), (LineBase::Student { dof: 1.0 }, 0.3)]
        {
            let path = LinePath::new(curve_on_line(&student, base).unwrap(), Schedule::linear());
            let slice = path.curve().slice(path.schedule().angle(t)).unwrap();
            let table = path.score_at(t).unwrap();
            for y in [-1e5, -3e3, -50.0, -2.0, 0.3, 1.1, 2.0, 7.0, 400.0, 2e5] {
                let exact = slice.point(y).score;
                let accuracy = 10.0 * ACCURACY * (FLOOR + exact.abs());
                assert!((table.score(&[y])[0] - exact).abs() < accuracy, "{base:?} {t} {y} {exact}");
            }
        }
    }

    #[test]
    fn the_start_has_the_masses_of_the_law() {
        let law = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.0, 1.0], &[0.3, 0.5]).unwrap();
        let path = path(&law);
        let start = path.start_at(0.5).unwrap();
        let slice = path.curve().slice(FRAC_PI_4).unwrap();
        let normals = [-3.0, -1.0, -0.2, 0.0, 0.7, 2.5];
        let mut points = normals;
        start.place(6, &[0.0; 6], &mut points);
        for (y, z) in points.iter().zip(normals) {
            let mass = 0.5 * core_math::erfc(-z * FRAC_1_SQRT_2);
            let interpolation = 1e-4;
            assert!((slice.masses(*y).0 - mass).abs() < interpolation, "{z}: {y}");
        }
        let mut untouched = normals;
        path.start_at(0.0).unwrap().place(6, &[0.0; 6], &mut untouched);
        assert_eq!(untouched, normals);
    }

    #[test]
    fn cubics_are_interpolated_exactly_and_lines_go_on() {
        /// A few operations on numbers of size ten.
        const ROUNDING: f64 = 1e-13;
        let (value, slope) = (|x: f64| x * x * x - 2.0 * x + 1.0, |x: f64| 3.0 * x * x - 2.0);
        let node = |x: f64| (x, (value(x), slope(x)));
        for x in [0.5, 0.9, 1.3, 1.7] {
            assert!((cubic(node(0.5), node(1.7), x) - value(x)).abs() < ROUNDING);
        }
        let table = LineScore {
            edges: vec![-1.0, 0.0, 2.0],
            values: vec![(3.0, -2.0), (0.5, -1.0), (-4.0, 1.0)],
            steepest: 2.0,
            error: 0.0,
        };
        // Below it descends, above it would ascend and stays.
        let expected = [(-3.0, 7.0), (-1.0, 3.0), (0.0, 0.5), (2.0, -4.0), (5.0, -4.0)];
        for (y, score) in expected {
            assert!((table.value(y) - score).abs() < ROUNDING, "{y}: {}", table.value(y));
        }
    }

    #[test]
    fn the_increasing_map_of_a_normal_law_is_affine() {
        /// Of the linear interpolation of a straight line, and of bisections.
        const ROUNDING: f64 = 1e-10;
        let law = LineMeasure::gaussian(-1.5, 2.0).unwrap();
        let curve = curve_on_line(&law, LineBase::Gaussian).unwrap();
        let map = IncreasingStart::new(&*curve.slice(0.0).unwrap());
        for z in [-7.5_f64, -5.0, -1.01, 0.0, 0.3, 4.0, 6.2] {
            // Within the window of the law.
            let expected = -1.5 + 2.0 * z.clamp(-7.9, 7.9);
            assert!((map.image(z) - expected).abs() < ROUNDING, "{z}: {}", map.image(z));
        }
        assert!(map.image(-9.0) == map.image(-8.0) && map.image(9.0) == map.image(8.0));
    }
}
