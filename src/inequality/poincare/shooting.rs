//! Construction of flux witnesses by shooting from both ends of the support.
//!
//! The equation `w'' + V'w' + λw + μ = 0` is integrated by Taylor series from the left end and from the
//! right end to a matching point where the energy density `w²/p` of the eigenfunction is
//! large; towards that point errors decay, since `δ(w'/w) ∝ p/w²`. At `λ < λ₁` the two log-slopes meet
//! in a downward corner of `w` (a lower bound of `λ₁`), at `λ > λ₁` in an upward one (an upper bound).
//! The small constant `μ`, positive for lower and negative for upper bounds, pays for rounding and
//! truncation on each piece; its size is what those errors are bounded by, so the bound on
//! `λ₁` loses about as many digits as the arithmetic does. Nothing here has to be rigorous: the result is
//! verified by [`FluxWitness::verify`], which shares only the residual bound with this module.

use super::witness::{
    Ball, DEGREE, Direction, End, FARTHEST, FluxWitness, Piece, SCALES, SLOPE_TERMS, Side, Slope,
    SlopeSeries, residual,
};
use crate::enclosure::Interval;
use crate::error::{Error, Result};

/// A piece of the mesh in the direction of the march, with what it needs to know of the potential.
#[derive(Clone, Debug)]
struct Cell {
    from: f64,
    to: f64,
    centre: f64,
    scale: f64,
    slope: SlopeSeries<Ball>,
}

/// The march from one end to the matching point; coordinates are mirrored on the right side, so
/// that it always runs rightwards.
#[derive(Clone, Debug)]
struct Half {
    side: Side,
    /// The first cell starts where the flux vanishes, at a closed end or a cut.
    closed: bool,
    /// Extra cell in front of `cells` for a cut at a tail.
    cut: Option<Cell>,
    cells: Vec<Cell>,
    /// Rate of the tail.
    rate: f64,
}

/// Where one end of the mesh lies.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MeshEnd {
    /// Point at which the mesh ends.
    pub at: f64,
    /// `None` at an end of the support where the flux vanishes; else the rate `κ` of the tail.
    pub tail: Option<f64>,
}

/// A mesh adapted to a potential, for any spectral parameter near the one it was made for.
#[derive(Clone, Debug)]
pub struct Mesh {
    left: Half,
    right: Half,
}

/// A polynomial piece during the march.
struct Marched {
    coefficients: Vec<f64>,
    /// `−w'/w` for the start of the next cell: that at the end of this one, moved to make a
    /// corner of the right sign.
    after: f64,
}

/// How the flux starts on a cell.
#[derive(Clone, Copy)]
enum Start {
    Vanishing,
    Ratio(f64),
}

fn value_and_slope(c: &[f64], tau: f64) -> (f64, f64) {
    c.iter().rev().fold((0.0, 0.0), |(value, slope), &c| (value * tau + c, slope * tau + value))
}

/// Taylor coefficients with given `c₀`, `c₁` and source `μ`.
fn series(c0: f64, c1: f64, mu: f64, a: &[f64; SLOPE_TERMS], l: f64) -> Vec<f64> {
    let mut c = vec![0.0; DEGREE + 1];
    let mut d = [0.0; DEGREE + 1];
    (c[0], c[1], d[0]) = (c0, c1, c1);
    for i in 0..DEGREE - 1 {
        let sum: f64 = a[..=i].iter().zip(d[..=i].iter().rev()).map(|(a, d)| a * d).sum();
        let source = if i == 0 { mu } else { 0.0 };
        c[i + 2] = -(sum + l * c[i] + source) / ((i + 2) * (i + 1)) as f64;
        d[i + 1] = (i + 2) as f64 * c[i + 2];
    }
    c
}

impl Cell {
    fn new(slope: &dyn Slope, side: Side, from: f64, to: f64, centre: f64) -> Self {
        let reach = (to - centre).max(centre - from);
        let mut scale = 2f64.powf(reach.log2().ceil());
        if scale < reach * (1.0 + 8.0 * f64::EPSILON) {
            scale *= 2.0;
        }
        let (at, over) = match side {
            Side::Left => (Interval::point(centre), Interval::new(from, to)),
            Side::Right => (Interval::point(-centre), Interval::new(-to, -from)),
        };
        let mut series = slope.enclosed_series(at).map(Ball::of);
        series[SLOPE_TERMS] = Ball::of(slope.enclosed_series(over)[SLOPE_TERMS]);
        if side == Side::Right {
            // d/dx of V(−x) has the coefficients (−1)^{j+1} v_j.
            for ball in series.iter_mut().step_by(2) {
                ball.value = -ball.value;
            }
        }
        Self { from, to, centre, scale, slope: series }
    }

    /// The flux on this cell, the bound `λ` decided in `direction`; also the relative truncation error.
    fn march(&self, start: Start, direction: Direction, lambda: f64, safety: f64) -> Result<(Marched, f64)> {
        let l = lambda * self.scale * self.scale;
        let mut a = [0.0; SLOPE_TERMS];
        let mut power = self.scale;
        for (a, v) in a.iter_mut().zip(&self.slope) {
            *a = v.value * power;
            power *= self.scale;
        }
        let sign = match direction {
            Direction::AtLeast => 1.0,
            Direction::AtMost => -1.0,
        };
        let (tau_from, tau_to) =
            ((self.from - self.centre) / self.scale, (self.to - self.centre) / self.scale);
        let reach = tau_to.abs().max(tau_from.abs()) * (1.0 + 4.0 * f64::EPSILON);
        let ball = Ball { value: l, radius: 0.0 };
        let bound = |c: &[f64]| residual(c, &self.slope, self.scale, ball, reach);
        let corner = |size: f64| sign * safety * CORNER * size;
        // Solution with c₀ = 1 and log-slope −ratio at the start.
        let joined = |ratio: f64, mu: f64| {
            let rho = ratio * self.scale;
            let functional = |c: &[f64]| {
                let (value, slope) = value_and_slope(c, tau_from);
                slope + rho * value
            };
            let one = functional(&series(1.0, 0.0, 0.0, &a, l));
            let odd = functional(&series(0.0, 1.0, 0.0, &a, l));
            let source = functional(&series(0.0, 0.0, 1.0, &a, l));
            series(1.0, -(one + mu * source) / odd, mu, &a, l)
        };
        let (start, plain) = match start {
            Start::Vanishing => (start, series(0.0, 1.0, 0.0, &a, l)),
            Start::Ratio(ratio) => {
                // The corner has to exceed the rounding of the log-slope on this side as well.
                let plain = joined(ratio, 0.0);
                let size = self.size(&plain, tau_from, ratio);
                (Start::Ratio(ratio + corner(size)), plain)
            }
        };
        let build = |mu: f64| match start {
            Start::Vanishing => series(0.0, 1.0, mu, &a, l),
            Start::Ratio(ratio) => joined(ratio, mu),
        };
        let errors = bound(&plain);
        let truncation = errors.truncated / (l.max(errors.resolved)).max(f64::MIN_POSITIVE);
        let mut mu = 2.0
            * safety
            * (errors.constant.value.abs() + errors.constant.radius + errors.resolved + errors.truncated);
        let mut coefficients = build(sign * mu);
        for _ in 0..4 {
            let r = bound(&coefficients);
            if sign * r.constant.value - r.constant.radius - r.resolved - r.truncated >= 0.0 {
                break;
            }
            mu *= 4.0;
            coefficients = build(sign * mu);
        }
        let (value, slope) = value_and_slope(&coefficients, tau_to);
        if value.is_nan() || slope.is_nan() || value <= 0.0 {
            return Err(Error::Undefined {
                what: "flux".to_owned(),
                reason: format!("it vanishes before {:e}: λ = {lambda:e} is too large", self.to.abs()),
            });
        }
        let ratio = -slope / value / self.scale;
        let after = ratio + corner(self.size(&coefficients, tau_to, ratio));
        Ok((Marched { coefficients, after }, truncation))
    }

    /// Size of the terms that `w'/w` at `tau` is summed from: its rounding error scales with them.
    fn size(&self, c: &[f64], tau: f64, ratio: f64) -> f64 {
        let (mut value_size, mut slope_size) = (0.0, 0.0);
        for c in c.iter().rev() {
            slope_size = slope_size * tau.abs() + value_size;
            value_size = value_size * tau.abs() + c.abs();
        }
        (slope_size / self.scale + ratio.abs() * value_size) / value_and_slope(c, tau).0
    }

    fn piece(&self, side: Side, coefficients: Vec<f64>) -> Piece {
        match side {
            Side::Left => Piece {
                left: self.from,
                right: self.to,
                centre: self.centre,
                scale: self.scale,
                coefficients,
            },
            Side::Right => Piece {
                left: -self.to,
                right: -self.from,
                centre: -self.centre,
                scale: self.scale,
                coefficients: coefficients
                    .into_iter()
                    .enumerate()
                    .map(|(i, c)| if i % 2 == 0 { c } else { -c })
                    .collect(),
            },
        }
    }
}

/// Truncation error of a cell, relative to `λw`, at which it is fine enough.
const FINE: f64 = 1e-13;
/// Corner of the log-slope between two cells, in units of the terms it is computed from.
const CORNER: f64 = 16.0 * f64::EPSILON;
/// Bound on the number of cells of one half.
const MOST_CELLS: usize = 4000;

impl Half {
    fn build(
        slope: &dyn Slope,
        side: Side,
        end: MeshEnd,
        matching: f64,
        lambda: f64,
        first: f64,
    ) -> Result<Self> {
        let mirror = |x: f64| if side == Side::Left { x } else { -x };
        let (at, target) = (mirror(end.at), mirror(matching));
        let mut stops: Vec<f64> =
            slope.kinks().into_iter().map(mirror).filter(|k| at < *k && *k < target).collect();
        stops.push(target);
        stops.sort_by(f64::total_cmp);
        let closed = end.tail.is_none();
        let mut half = Self { side, closed, cut: None, cells: Vec::new(), rate: end.tail.unwrap_or(0.0) };
        let mut step = first;
        let mut start = Start::Vanishing;
        if !closed {
            start = Start::Ratio(-half.rate);
            half.cut = half.cut_cell(slope, at, first.min(stops[0] - at), lambda);
        }
        let mut from = at;
        let mut next_stop = 0;
        while next_stop < stops.len() {
            let stop = stops[next_stop];
            let mut to = from + step;
            if to > stop - 0.25 * step {
                to = stop;
            }
            let centre = if matches!(start, Start::Vanishing) { from } else { from + 0.5 * (to - from) };
            let cell = Cell::new(slope, side, from, to, centre);
            let (accepted, error) = match cell.march(start, Direction::AtLeast, lambda, 1.0) {
                Ok((marched, error)) => (Some(marched), error),
                Err(_) => (None, f64::INFINITY),
            };
            let fine = error <= FINE;
            if let (true, Some(marched)) = (fine, accepted) {
                start = Start::Ratio(marched.after);
                half.cells.push(cell);
                if to == stop {
                    next_stop += 1;
                }
                from = to;
                // The last kept term is of degree DEGREE: the step could be longer by this factor.
                step = (to - half.cells.last().map_or(from, |c| c.from)).max(step).min(2.0 * step)
                    * (0.5 * FINE / error.max(1e-30)).powf(1.0 / DEGREE as f64).clamp(0.5, 2.0);
            } else {
                step = 0.6 * (to - from);
            }
            if half.cells.len() > MOST_CELLS || step < SCALES.start {
                return Err(Error::NoConvergence {
                    what: format!("Taylor integration of the flux at {:e}", mirror(from)),
                    reached: error,
                    wanted: FINE,
                });
            }
        }
        Ok(half)
    }

    /// A short cell in front of a tail on which the flux rises from zero.
    fn cut_cell(&self, slope: &dyn Slope, at: f64, first: f64, lambda: f64) -> Option<Cell> {
        let mut step = first;
        for _ in 0..40 {
            let cell = Cell::new(slope, self.side, at - step, at, at - step);
            if let Ok((_, error)) = cell.march(Start::Vanishing, Direction::AtMost, lambda, 1.0)
                && error <= FINE
            {
                return Some(cell);
            }
            step *= 0.5;
        }
        None
    }

    fn shoot(&self, direction: Direction, lambda: f64, safety: f64) -> Result<(Vec<Piece>, f64)> {
        let mut pieces = Vec::with_capacity(self.cells.len() + 1);
        let (mut start, front) = match (self.closed, direction) {
            (true, _) => (Start::Vanishing, None),
            (false, Direction::AtMost) => (Start::Vanishing, self.cut.as_ref()),
            (false, Direction::AtLeast) => (Start::Ratio(-self.rate), None),
        };
        if !self.closed && direction == Direction::AtMost && self.cut.is_none() {
            return Err(Error::Undefined {
                what: "flux".to_owned(),
                reason: "no cell for the cut".to_owned(),
            });
        }
        for cell in front.into_iter().chain(&self.cells) {
            let (marched, _) = cell.march(start, direction, lambda, safety)?;
            start = Start::Ratio(marched.after);
            pieces.push(cell.piece(self.side, marched.coefficients));
        }
        let Start::Ratio(last) = start else { unreachable!("every cell leaves a ratio") };
        Ok((pieces, last))
    }
}

impl Mesh {
    /// A mesh between two ends, matched at a point inside, for spectral parameters near `lambda`.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] if the potential is too rough for Taylor series; [`Error::Domain`] for a mesh so short or so long that
    /// its pieces would not be those of a witness.
    pub fn new(slope: &dyn Slope, left: MeshEnd, right: MeshEnd, matching: f64, lambda: f64) -> Result<Self> {
        let length = right.at - left.at;
        let longest = MOST_CELLS as f64 * SCALES.end;
        if !(SCALES.start..longest).contains(&length) || left.at.abs().max(right.at.abs()) >= FARTHEST {
            let expected = format!(
                "within ±{FARTHEST:e}, of a length from {:e} to {longest:e}: rescale the law",
                SCALES.start
            );
            return Err(Error::domain(
                "mesh of a flux",
                format!("[{:e}, {:e}]", left.at, right.at),
                &expected,
            ));
        }
        let first = length / 64.0;
        Ok(Self {
            left: Half::build(slope, Side::Left, left, matching, lambda, first)?,
            right: Half::build(slope, Side::Right, right, matching, lambda, first)?,
        })
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.left.cells.len() + self.right.cells.len()
    }

    /// Mismatch `r₊ − r₋` of the log-slopes at the matching point: positive below `λ₁`.
    ///
    /// # Errors
    /// [`Error::Undefined`] if the flux vanishes on the way (far above `λ₁`).
    pub fn mismatch(&self, direction: Direction, lambda: f64) -> Result<f64> {
        let (_, left) = self.left.shoot(direction, lambda, 1.0)?;
        let (_, right) = self.right.shoot(direction, lambda, 1.0)?;
        // The ratio on the right is mirrored.
        Ok(-right - left)
    }

    /// A flux for the bound `lambda`; whether it proves it is decided by [`FluxWitness::verify`].
    ///
    /// # Errors
    /// [`Error::Undefined`] if `lambda` is visibly on the wrong side of `λ₁`.
    pub fn witness(&self, direction: Direction, lambda: f64, safety: f64) -> Result<FluxWitness> {
        let (mut pieces, left) = self.left.shoot(direction, lambda, safety)?;
        let (mirrored, right) = self.right.shoot(direction, lambda, safety)?;
        let mismatch = -right - left;
        let wrong = match direction {
            Direction::AtLeast => mismatch < 0.0,
            Direction::AtMost => mismatch > 0.0,
        };
        if wrong {
            return Err(Error::Undefined {
                what: "certificate".to_owned(),
                reason: format!(
                    "at λ = {lambda:e} the two halves meet in a corner of the wrong sign ({mismatch:e})"
                ),
            });
        }
        pieces.extend(mirrored.into_iter().rev());
        let end = |half: &Half| match (half.closed, direction) {
            (true, _) => End::Closed,
            (false, Direction::AtMost) => End::Cut,
            (false, Direction::AtLeast) => End::Tail { rate: half.rate },
        };
        Ok(FluxWitness { direction, lambda, left: end(&self.left), right: end(&self.right), pieces })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x⁴/4 − b x²/2 for testing without a measure.
    struct Well(f64);

    impl Slope for Well {
        fn support(&self) -> (f64, f64) {
            (f64::NEG_INFINITY, f64::INFINITY)
        }
        fn kinks(&self) -> Vec<f64> {
            vec![]
        }
        fn enclosed_series(&self, x: Interval) -> SlopeSeries<Interval> {
            let mut s = [Interval::ZERO; SLOPE_TERMS + 1];
            let b = Interval::point(self.0);
            s[0] = x.powi(3) - b * x;
            s[1] = Interval::point(3.0) * x.square() - b;
            s[2] = Interval::point(3.0) * x;
            s[3] = Interval::ONE;
            s
        }
        fn tail_slope(&self, _: Side, from: f64) -> f64 {
            let x = Interval::point(from.abs());
            (x * (x.square() - Interval::point(self.0))).lo()
        }
    }

    #[test]
    fn series_solve_the_equation_coefficient_by_coefficient() {
        let mut a = [0.0; SLOPE_TERMS];
        for (k, a) in a.iter_mut().enumerate() {
            *a = 0.8_f64.powi(i32::try_from(k).unwrap()) * if k % 2 == 0 { 1.0 } else { -0.5 };
        }
        let (l, mu) = (0.7, 0.25);
        let c = series(1.5, -0.4, mu, &a, l);
        assert_eq!((c[0], c[1], c.len()), (1.5, -0.4, DEGREE + 1));
        for i in 0..=DEGREE - 2 {
            let drift: f64 = (0..=i).map(|j| a[j] * (i - j + 1) as f64 * c[i - j + 1]).sum();
            let left = ((i + 2) * (i + 1)) as f64 * c[i + 2] + drift + l * c[i];
            let source = if i == 0 { mu } else { 0.0 };
            let rounding = 1e-13;
            assert!((left + source).abs() <= rounding, "{i}: {left}");
        }
        let tau = 0.3_f64;
        let (value, slope) = value_and_slope(&c, tau);
        let power = |k: usize| tau.powi(i32::try_from(k).unwrap());
        let expected: f64 = c.iter().enumerate().map(|(k, c)| c * power(k)).sum();
        let derivative: f64 = c.iter().enumerate().skip(1).map(|(k, c)| k as f64 * c * power(k - 1)).sum();
        let rounding = 16.0 * f64::EPSILON;
        assert!((value - expected).abs() <= rounding && (slope - derivative).abs() <= rounding);
    }

    #[test]
    fn the_mismatch_changes_sign_at_the_gap_and_both_sides_are_proved() {
        let (law, lambda) = (Well(1.0), 1.0 / 1.262_485_306_493_355_4);
        let end = |at: f64| MeshEnd { at, tail: Some(0.5 * law.tail_slope(Side::Right, at.abs())) };
        let mesh = Mesh::new(&law, end(-3.6), end(3.6), 0.0, lambda).unwrap();
        let share = 1e-11;
        let (below, above) = (lambda * (1.0 - share), lambda * (1.0 + share));
        assert!(mesh.mismatch(Direction::AtLeast, below).unwrap() > 0.0);
        assert!(mesh.mismatch(Direction::AtMost, above).unwrap() < 0.0);
        for (direction, proved, refused) in
            [(Direction::AtLeast, below, above), (Direction::AtMost, above, below)]
        {
            mesh.witness(direction, proved, 1.0).unwrap().verify(&law).unwrap();
            assert!(mesh.witness(direction, refused, 1.0).is_err());
            // The flux for the provable bound does not prove the other one.
            let mut stretched = mesh.witness(direction, proved, 1.0).unwrap();
            stretched.lambda = refused;
            assert!(stretched.verify(&law).is_err());
        }
        assert!(mesh.mismatch(Direction::AtLeast, 1e3 * lambda).is_err());
    }
}
