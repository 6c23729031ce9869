//! Piecewise polynomial fluxes that decide a bound on the spectral gap by a pointwise inequality.
//!
//! Let `μ ∝ e^{−V}` on an interval and `λ₁ = 1/C_P(μ)`. With `w = e^{−V} f'` (the flux of `f`),
//! `λ₁` is the infimum of `∫ e^V w'² / ∫ e^V w²` over compactly supported `w`. Write
//! `Lw = −w'' − V'w'` (so that `e^V L w = −(e^V w')'`).
//!
//! **At least.** If `w > 0` inside the interval is continuous, smooth but for corners at which
//! `w'` jumps downward, and `Lw ≥ λw` away from the corners, then `λ₁ ≥ λ` (Barta's and Jacobi's
//! argument: `∫ e^V φ'² ≥ ∫ φ² (−(e^V w')')/w` for compactly supported `φ`). With `g = e^V w` this is
//! the inequality `−g'' + V'g' + V''g ≥ λg`, but no derivative of `V'` is needed, so a kink of `V` is
//! nothing special.
//!
//! **At most.** If `w ≥ 0` vanishes outside a compact interval, its corners inside are upward, and
//! `Lw ≤ λw` there, then multiplying by `e^V w` and integrating bounds the Rayleigh quotient of `w` by
//! `λ`, so `λ₁ ≤ λ`. No quadrature is needed.
//!
//! The pieces need no common normalisation: each may be multiplied by the positive constant that
//! makes `w` continuous, so only the sign of the jump of `r = −w'/w` matters. On the tails of a lower
//! bound `w = e^{−κ|x|}`; the inequality reads `κ(±V' − κ) ≥ λ` there, for which it is enough that
//! `±V' ≥ v` on the whole tail with `κ(v − κ) ≥ λ`. A [`Slope`] has to prove such a `v`. The choice of
//! tail costs next to nothing: it changes `λ₁` by a share of the order of `e^{−V}` at the cut.

use crate::enclosure::Interval;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Number of Taylor coefficients of `V'` used at the centre of a piece.
pub const SLOPE_TERMS: usize = 19;
/// Degree of the polynomial on a piece.
pub const DEGREE: usize = SLOPE_TERMS + 1;
/// Units of the variable on a piece. Together with [`FARTHEST`] they leave room in the exponents of floats.
pub(super) const SCALES: std::ops::Range<f64> = 1e-12..1e12;
/// Places, and coefficients of a piece, are smaller than this.
pub(super) const FARTHEST: f64 = 1e20;

/// Taylor coefficients of `V'`: the first [`SLOPE_TERMS`], then the next one for the remainder.
pub type SlopeSeries<N> = [N; SLOPE_TERMS + 1];

/// Which end of the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Towards `−∞` or the left end.
    Left,
    /// Towards `+∞` or the right end.
    Right,
}

/// What the checker has to know of a measure: its potential's slope.
pub trait Slope {
    /// Ends of the support.
    fn support(&self) -> (f64, f64);
    /// Points at which `V` is continuous but not smooth.
    fn kinks(&self) -> Vec<f64>;
    /// Enclosures of the Taylor coefficients of `V'` at every point of `x`, on which `V` is smooth.
    fn enclosed_series(&self, x: Interval) -> SlopeSeries<Interval>;
    /// A proved lower bound for `V'` on everything right of `from` (for [`Side::Left`]: of `−V'` on
    /// everything left of it); `−∞` if nothing can be proved.
    fn tail_slope(&self, side: Side, from: f64) -> f64;
}

/// One polynomial piece: `w(x) = Σ c_i τ^i`, `τ = (x − centre)/scale` for `left ≤ x ≤ right`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Left end.
    pub left: f64,
    /// Right end.
    pub right: f64,
    /// Point of expansion, inside or at an end.
    pub centre: f64,
    /// Unit of length, a power of two not below the distance from the centre to either end.
    pub scale: f64,
    /// Coefficients, [`DEGREE`]` + 1` of them.
    pub coefficients: Vec<f64>,
}

/// What the flux does beyond its outermost piece.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum End {
    /// The pieces reach the end of the support (a finite number), where the flux may vanish.
    Closed,
    /// Beyond the pieces `w = e^{∓rate·x}`, up to the end of the support (lower bounds of `λ₁`).
    Tail {
        /// `κ > 0`.
        rate: f64,
    },
    /// The flux vanishes at the outermost piece's end and beyond (upper bounds of `λ₁`).
    Cut,
}

/// Which bound of `λ₁` a flux decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// `λ₁ ≥ λ`, hence `C_P ≤ 1/λ`.
    AtLeast,
    /// `λ₁ ≤ λ`, hence `C_P ≥ 1/λ`.
    AtMost,
}

/// A flux and the bound of the spectral gap that it proves; see the module's documentation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FluxWitness {
    /// Which bound.
    pub direction: Direction,
    /// The bound `λ`.
    pub lambda: f64,
    /// Beyond the first piece.
    pub left: End,
    /// Beyond the last piece.
    pub right: End,
    /// Adjacent pieces, from left to right.
    pub pieces: Vec<Piece>,
}

/// Bound for `Σ |fl error|` of a sum of products, see [`residual`].
const UNIT: f64 = f64::EPSILON; // twice the unit roundoff: the slack covers the bound's own rounding

/// A coefficient known to lie within `radius` of `value`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ball {
    pub value: f64,
    pub radius: f64,
}

impl Ball {
    pub(super) fn of(x: Interval) -> Self {
        let value = x.mid();
        let radius = (x.hi() - value).max(value - x.lo()).next_up();
        if radius.is_finite() { Self { value, radius } } else { Self { value: 0.0, radius: f64::INFINITY } }
    }
}

/// Constant term and the sum of the magnitudes of all others of `−w_ττ − a·w_τ − ℓw`, `a = V'·scale`
/// in the variable `τ`, on `|τ| ≤ reach ≤ 1`.
pub(super) struct Residual {
    /// The constant term.
    pub constant: Ball,
    /// Upper bound for the sum of magnitudes of the terms of degree `1 … DEGREE − 2`, on `|τ| ≤ reach`.
    pub resolved: f64,
    /// Upper bound for that of the terms of higher degree: the truncation.
    pub truncated: f64,
}

/// Bounds the residual of a piece, with a-priori rounding bounds in place of interval operations:
/// `|fl(Σ a_k b_k) − Σ a_k b_k| ≤ γ_n Σ|a_k||b_k|` (Higham, *Accuracy and Stability of Numerical
/// Algorithms*, §3.1), every bound inflated for its own rounding.
#[allow(clippy::needless_range_loop)] // index arithmetic of a convolution
pub(super) fn residual(
    c: &[f64],
    slope: &[Ball; SLOPE_TERMS + 1],
    scale: f64,
    l: Ball,
    reach: f64,
) -> Residual {
    let gamma = (DEGREE + 8) as f64 * UNIT;
    // Anything lost to underflow in a product or a sum.
    let lost = 1e-300;
    let inflate = 1.0 + 128.0 * UNIT;
    // a_j = v_j scale^{j+1}, an exact scaling by a power of two; d_m = (m+1) c_{m+1}.
    let mut a = [Ball::default(); SLOPE_TERMS + 1];
    let mut power = scale;
    for (a, v) in a.iter_mut().zip(slope) {
        *a = Ball { value: v.value * power, radius: v.radius * power };
        power *= scale;
    }
    let mut d = [0.0; DEGREE];
    for m in 0..DEGREE {
        d[m] = (m + 1) as f64 * c[m + 1];
    }
    let mut constant = Ball::default();
    let mut resolved = 0.0;
    let mut factor = 1.0;
    for i in 0..=DEGREE - 2 {
        let second = ((i + 2) * (i + 1)) as f64 * c[i + 2];
        let (mut sum, mut size, mut spread) = (0.0, 0.0, 0.0);
        for j in 0..=i {
            let term = a[j].value * d[i - j];
            sum += term;
            size += term.abs();
            spread += a[j].radius * d[i - j].abs();
        }
        let linear = l.value * c[i];
        let value = -second - sum - linear;
        let radius =
            (gamma * (second.abs() + size + linear.abs()) + spread + l.radius * c[i].abs() + lost) * inflate;
        if i == 0 {
            constant = Ball { value, radius };
        } else {
            factor *= reach;
            resolved += (value.abs() + radius) * factor;
        }
    }
    // Pairs (j, m) with j + m > DEGREE − 2, a_{SLOPE_TERMS} the remainder over the whole piece.
    let mut powers = [1.0; 2 * DEGREE + 1];
    for k in 1..powers.len() {
        powers[k] = powers[k - 1] * reach;
    }
    let mut suffix = [0.0; SLOPE_TERMS + 2];
    for j in (0..=SLOPE_TERMS).rev() {
        suffix[j] = suffix[j + 1] + (a[j].value.abs() + a[j].radius) * powers[j];
    }
    let mut truncated = 0.0;
    for m in 0..DEGREE {
        let from = (DEGREE - 1).saturating_sub(m).min(SLOPE_TERMS + 1);
        truncated += d[m].abs() * powers[m] * suffix[from];
    }
    for i in [DEGREE - 1, DEGREE] {
        truncated += (l.value.abs() + l.radius) * c[i].abs() * powers[i];
    }
    Residual {
        constant,
        resolved: resolved * inflate + lost,
        truncated: (truncated * inflate + lost) * inflate,
    }
}

impl Piece {
    fn refused(&self, what: &str) -> Error {
        Error::Undefined {
            what: "certificate".to_owned(),
            reason: format!("{what} on the piece [{:e}, {:e}]", self.left, self.right),
        }
    }

    /// `τ` at `x`.
    fn variable(&self, x: f64) -> Interval {
        (Interval::point(x) - Interval::point(self.centre)) / Interval::point(self.scale)
    }

    /// Value of the polynomial with coefficients `c` at `τ`.
    fn horner(c: &[f64], tau: Interval) -> Interval {
        c.iter().rev().fold(Interval::ZERO, |sum, &c| sum * tau + Interval::point(c))
    }

    /// `−w_τ/w · (1/scale)` at `x`.
    pub(super) fn log_slope(&self, x: f64) -> Interval {
        let tau = self.variable(x);
        let slope =
            self.coefficients.iter().enumerate().skip(1).rev().fold(Interval::ZERO, |sum, (i, &c)| {
                sum * tau + Interval::point(c) * Interval::point(i as f64)
            });
        -(slope / Self::horner(&self.coefficients, tau)) / Interval::point(self.scale)
    }

    /// Shape: finite data, a power of two as unit, ends within reach.
    fn well_formed(&self) -> Result<f64> {
        let numbers = [self.left, self.right, self.centre, self.scale];
        // Every scaling by a power of two stays exact, and every underflow below `lost`.
        let finite = numbers.iter().chain(&self.coefficients).all(|x| x.is_finite() && x.abs() < FARTHEST);
        let power_of_two = SCALES.contains(&self.scale) && self.scale.to_bits().trailing_zeros() >= 52;
        let ordered = self.left < self.right && self.left <= self.centre && self.centre <= self.right;
        if !(finite && power_of_two && ordered && self.coefficients.len() == DEGREE + 1) {
            return Err(self.refused("malformed data"));
        }
        let reach = self.variable(self.left).magnitude().max(self.variable(self.right).magnitude());
        if (0.25..=1.0).contains(&reach) {
            Ok(reach)
        } else {
            Err(self.refused("the unit of length does not fit"))
        }
    }

    /// `w > 0` on the piece, except perhaps at its centre when that is an end and `open` allows it.
    fn positive(&self, open: bool) -> Result<()> {
        let (from, to) = (self.variable(self.left).lo(), self.variable(self.right).hi());
        let vanishing = open && self.coefficients[0] == 0.0;
        // Divide by τ or −τ: the quotient is positive up to the end.
        let sign = if self.centre == self.right { -1.0 } else { 1.0 };
        let quotient: Vec<f64> = if vanishing {
            self.coefficients[1..].iter().map(|c| sign * c).collect()
        } else {
            self.coefficients.clone()
        };
        let mut stack = vec![(from, to, 0)];
        while let Some((lo, hi, depth)) = stack.pop() {
            // Mean value form around the midpoint.
            let middle = 0.5 * (lo + hi);
            let whole = Interval::new(lo, hi);
            let value = Self::horner(&quotient, Interval::point(middle));
            let slope = quotient.iter().enumerate().skip(1).rev().fold(Interval::ZERO, |sum, (i, &c)| {
                sum * whole + Interval::point(c) * Interval::point(i as f64)
            });
            let range = value + slope * (whole - Interval::point(middle));
            if range.lo() > 0.0 {
                continue;
            }
            if depth == 12 || value.hi() <= 0.0 {
                return Err(self.refused("the flux is not shown to be positive"));
            }
            stack.extend([(lo, middle, depth + 1), (middle, hi, depth + 1)]);
        }
        Ok(())
    }

    /// `±(Lw − λw) ≥ 0` on the piece.
    fn satisfies(&self, slope: &dyn Slope, direction: Direction, lambda: f64, reach: f64) -> Result<()> {
        if slope.kinks().iter().any(|k| self.left < *k && *k < self.right) {
            return Err(self.refused("a kink of the potential lies"));
        }
        let (support_lo, support_hi) = slope.support();
        if self.left < support_lo || self.right > support_hi {
            return Err(self.refused("the support does not contain"));
        }
        let at_centre = slope.enclosed_series(Interval::point(self.centre));
        let over = slope.enclosed_series(Interval::new(self.left, self.right));
        let mut series = at_centre.map(Ball::of);
        series[SLOPE_TERMS] = Ball::of(over[SLOPE_TERMS]);
        let l = Ball { value: lambda * self.scale * self.scale, radius: 0.0 };
        let r = residual(&self.coefficients, &series, self.scale, l, reach);
        let sign = match direction {
            Direction::AtLeast => 1.0,
            Direction::AtMost => -1.0,
        };
        let errors = (r.constant.radius + r.resolved + r.truncated) * (1.0 + 4.0 * UNIT);
        let margin = sign * r.constant.value - errors;
        if margin >= 0.0 {
            Ok(())
        } else {
            Err(self.refused(&format!("the differential inequality fails by {:e}", -margin)))
        }
    }
}

impl FluxWitness {
    /// Decides the bound from the data alone: every inequality is verified in interval arithmetic.
    ///
    /// # Errors
    /// [`Error::Undefined`] naming the first condition that is not verified.
    pub fn verify(&self, slope: &dyn Slope) -> Result<()> {
        let refused = |reason: String| Error::Undefined { what: "certificate".to_owned(), reason };
        let (Some(first), Some(last)) = (self.pieces.first(), self.pieces.last()) else {
            return Err(refused("it has no pieces".to_owned()));
        };
        if !(self.lambda.is_finite() && self.lambda > 0.0) {
            return Err(refused(format!("λ = {} is not a positive number", self.lambda)));
        }
        let count = self.pieces.len();
        for (k, piece) in self.pieces.iter().enumerate() {
            let reach = piece.well_formed()?;
            let at_end =
                (k == 0 && piece.centre == piece.left) || (k + 1 == count && piece.centre == piece.right);
            piece.positive(at_end)?;
            piece.satisfies(slope, self.direction, self.lambda, reach)?;
        }
        for pair in self.pieces.windows(2) {
            if pair[0].right != pair[1].left {
                return Err(refused(format!("a gap between pieces at {:e}", pair[0].right)));
            }
            let (before, after) = (pair[0].log_slope(pair[0].right), pair[1].log_slope(pair[1].left));
            let monotone = match self.direction {
                Direction::AtLeast => before.hi() <= after.lo(),
                Direction::AtMost => before.lo() >= after.hi(),
            };
            if !monotone {
                return Err(refused(format!("the corner at {:e} is on the wrong side", pair[0].right)));
            }
        }
        self.verify_end(slope, Side::Left, first)?;
        self.verify_end(slope, Side::Right, last)
    }

    fn verify_end(&self, slope: &dyn Slope, side: Side, piece: &Piece) -> Result<()> {
        let (support_lo, support_hi) = slope.support();
        let (end, at, support) = match side {
            Side::Left => (self.left, piece.left, support_lo),
            Side::Right => (self.right, piece.right, support_hi),
        };
        let refused = |reason: &str| Error::Undefined {
            what: "certificate".to_owned(),
            reason: format!("{reason} at {at:e}"),
        };
        match (self.direction, end) {
            (_, End::Closed) if at == support => {
                // An upper bound needs a flux that vanishes at the end.
                let vanishes = piece.centre == at && piece.coefficients[0] == 0.0;
                if self.direction == Direction::AtLeast || vanishes {
                    Ok(())
                } else {
                    Err(refused("the flux does not vanish"))
                }
            }
            (Direction::AtMost, End::Cut) if piece.centre == at && piece.coefficients[0] == 0.0 => Ok(()),
            (Direction::AtLeast, End::Tail { rate }) if rate > 0.0 && at != support => {
                let slope = Interval::point(slope.tail_slope(side, at));
                let kappa = Interval::point(rate);
                let bound = (kappa * (slope - kappa)).lo();
                if bound.is_nan() || bound < self.lambda {
                    return Err(refused(&format!("the tail inequality gives only {bound:e} beyond")));
                }
                // The corner: r jumps up to κ on the right, up from −κ on the left.
                let inner = piece.log_slope(at);
                let upward = match side {
                    Side::Right => inner.hi() <= rate,
                    Side::Left => -rate <= inner.lo(),
                };
                if upward { Ok(()) } else { Err(refused("the corner to the tail is on the wrong side")) }
            }
            _ => Err(refused("this end condition does not fit")),
        }
    }
}

#[cfg(test)]
mod tests;
