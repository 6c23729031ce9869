//! How fast a density decays, and how that is found from its potential.

use crate::enclosure::Interval;
use crate::error::{Error, Result};

/// Decay of a density `e^{−V}` at one end of its domain.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Tail {
    /// The domain ends at a finite point.
    Bounded,
    /// `V` grows like `x²` or faster: a log-Sobolev inequality is not excluded by this end.
    Gaussian,
    /// `V` grows like a power `|x|^exponent`, `0 < exponent < 2`, that is not 1: below 1 there is no
    /// Poincaré inequality, below 2 no log-Sobolev inequality.
    Weibull {
        /// The power.
        exponent: f64,
    },
    /// `V ~ rate·|x|`: the Poincaré constant is at least `4/rate²`, the log-Sobolev constant is
    /// infinite.
    Exponential {
        /// The slope of `V` at infinity.
        rate: f64,
    },
    /// `V ~ (index + 1) log|x|`, so that `P(|X| > x)` decays like `x^{−index}`: moments of order
    /// `index` and above, and the Poincaré constant, are infinite.
    Polynomial {
        /// The exponent of the tail probability.
        index: f64,
    },
}

impl Tail {
    /// The tail of `factor·X`, `factor > 0`.
    pub(super) fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Exponential { rate } => Self::Exponential { rate: rate / factor },
            other => other,
        }
    }

    /// Whether moments of the given order are finite at this end.
    pub fn has_moment(self, order: f64) -> bool {
        match self {
            Self::Polynomial { index } => order < index,
            _ => true,
        }
    }

    /// Whether the decay at this end leaves room for a Poincaré inequality.
    pub fn allows_poincare(self) -> bool {
        match self {
            Self::Bounded | Self::Gaussian | Self::Exponential { .. } => true,
            Self::Weibull { exponent } => exponent > 1.0,
            Self::Polynomial { .. } => false,
        }
    }

    /// Whether the decay at this end leaves room for a log-Sobolev inequality.
    pub fn allows_log_sobolev(self) -> bool {
        matches!(self, Self::Bounded | Self::Gaussian)
    }
}

/// Octaves scanned: `|x| = 2^{FIRST} … 2^{LAST}`, and up to `2^{FARTHEST}` for a potential that has not risen by [`RISEN`] until then:
/// the tail of a law of that size begins farther out.
const FIRST: i32 = -40;
const LAST: i32 = 110;
const FARTHEST: i32 = 1020;
const RISEN: f64 = 50.0;
/// Octaves over which a power is read off.
const SHORT: usize = 6;
/// Octaves over which growth is averaged before it is called logarithmic.
const LONG: usize = 32;
/// An increment of `V` over an octave counts only if it is known to this relative accuracy.
const ACCURACY: f64 = 1e-9;
/// Powers nearer than this to 1 or 2 count as 1 or 2: the last octaves give the power of `x` and
/// `x²`, with corrections of lower order, to much better than that.
const POWER_TOLERANCE: f64 = 1e-4;
/// Accuracy of a logarithmic slope read off over four halvings of the distance.
const SLOPE_TOLERANCE: f64 = 1e-2;
/// Below this power the growth is logarithmic or slower than every power.
const LOGARITHMIC: f64 = 0.05;

/// Behaviour of `e^{−V}` along the half-line `sign·x → ∞`.
///
/// The rule looks at the increments `Δ_k = V(±2^{k+1}) − V(±2^k)`, in interval arithmetic so that
/// an increment lost to rounding is known to be lost, over the last octaves (up to `2^{110}`, or `2^{1020}` for a very wide law) on
/// which they are accurate. `Δ_{k+1}/Δ_k → 2^p` says that `V` grows like `|x|^p`; `p < 0.05` between
/// the last two runs of 16 octaves is read as logarithmic growth, whose slope over these 32 octaves
/// is the index plus one (a bounded oscillation of `V` averages out). What grows faster than
/// every logarithm and slower than `|x|^{0.05}` is so taken for a polynomial tail, the heavier of
/// the two. A potential that becomes infinite is at least as light as its last finite octaves say.
///
/// # Errors
/// [`Error::Domain`] if `V` is not a number somewhere on the way, does not grow, or grows too slowly
/// for `e^{−V}` to be integrable.
pub(super) fn at_infinity(sign: f64, potential: impl Fn(Interval) -> Interval) -> Result<Tail> {
    let side = if sign > 0.0 { "+inf" } else { "-inf" };
    let up_to = |last: i32| -> Vec<Interval> {
        (FIRST..=last).map(|k| potential(Interval::point(sign * 2f64.powi(k)))).collect()
    };
    let mut values = up_to(LAST);
    let lowest = values.iter().map(|v| v.lo()).fold(f64::INFINITY, f64::min);
    if values[values.len() - 1].hi() - lowest < RISEN {
        values = up_to(FARTHEST);
    }
    let increments: Vec<Option<Interval>> = values
        .windows(2)
        .map(|v| {
            let change = v[1] - v[0];
            // An exact zero says nothing of the growth.
            let known = change.is_finite()
                && change.mignitude() > 0.0
                && change.width() <= ACCURACY * change.mignitude();
            known.then_some(change)
        })
        .collect();
    let Some(last) = increments.iter().rposition(Option::is_some) else {
        let expected = format!("a potential that grows towards {side}: this one is constant or not defined");
        return Err(Error::domain("V", format!("{:?}", values[values.len() - 1]), &expected));
    };
    let run = increments[..=last].iter().rev().take_while(|d| d.is_some()).count();
    let change = |back: usize| increments[last - back].map_or(0.0, Interval::mid);
    let x = 2f64.powi(FIRST + i32::try_from(last).unwrap_or(0));
    let reject = |what: &str| {
        let value = format!("V({:e}) - V({:e}) = {:e}", 2.0 * sign * x, sign * x, change(0));
        Err(Error::domain("V", value, &format!("a potential with an integrable exp(-V): this one {what}")))
    };
    let logarithmic = |octaves: usize| {
        let total: f64 = (0..octaves).map(change).sum();
        let index = total / (octaves as f64 * std::f64::consts::LN_2) - 1.0;
        if index <= ACCURACY {
            return reject(&format!("grows towards {side} no faster than log|x|"));
        }
        Ok(Tail::Polynomial { index })
    };
    let half = (LONG / 2).min(run / 2);
    if half == 0 {
        return reject(&format!("is not known accurately enough near {side} to tell its growth"));
    }
    let recent: f64 = (0..half).map(change).sum();
    let earlier: f64 = (half..2 * half).map(change).sum();
    if recent <= 0.0 {
        return reject(&format!("decreases towards {side}"));
    }
    if earlier > 0.0 && (recent / earlier).log2() < LOGARITHMIC * half as f64 {
        return logarithmic(2 * half);
    }
    let short = SHORT.min(run);
    if (0..short).any(|back| change(back) <= 0.0) {
        return reject(&format!("does not grow steadily towards {side}"));
    }
    let power = (change(0) / change(short - 1)).log2() / (short - 1) as f64;
    if power < LOGARITHMIC {
        return logarithmic(short);
    }
    Ok(if power > 2.0 - POWER_TOLERANCE {
        Tail::Gaussian
    } else if (power - 1.0).abs() < POWER_TOLERANCE {
        Tail::Exponential { rate: change(0) / x }
    } else {
        Tail::Weibull { exponent: power }
    })
}

/// Checks that `e^{−V}` is integrable at the finite point `at`, approached from the side `sign`.
///
/// There `V` may tend to `−∞` no faster than `c·log(1/|x − at|)` with `c < 1`; the slope is read off
/// over halvings of the distance, as far as they are accurate.
///
/// # Errors
/// [`Error::Domain`] if the density is not integrable there.
pub(super) fn at_point(at: f64, sign: f64, potential: impl Fn(Interval) -> Interval) -> Result<()> {
    // Far enough from `at` that the distance itself is accurate in floating point.
    let distance = if at == 0.0 { 1e-300 } else { 64.0 * f64::EPSILON * at.abs() };
    let value = |times: f64| potential(Interval::point(at + sign * times * distance));
    let (inner, drop) = (value(1.0), value(16.0) - value(1.0));
    // The lower end: a slope lost in rounding proves nothing.
    let slope = drop.lo() / 16_f64.ln();
    if drop.is_finite() && slope >= 1.0 - SLOPE_TOLERANCE {
        let found = format!("{:e} near x = {at}", inner.mid());
        return Err(Error::domain("V", found, "a potential with exp(-V) integrable at every point"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
