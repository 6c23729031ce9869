//! Certified bounds of a Poincaré constant: construction, and a verification that is separate from it.

use super::law::LawSlope;
use super::shooting::{Mesh, MeshEnd};
use super::witness::{Direction, FluxWitness, Side, Slope};
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, positive};
use crate::measure::line::LineMeasure;
use serde::{Deserialize, Serialize};

/// Why the spectral gap is not larger than a number.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Ceiling {
    /// A compactly supported flux whose Rayleigh quotient is below it.
    Flux(FluxWitness),
    /// `V' ≤ slope` (on the left `−V' ≤ slope`) beyond `from`: then the tail `T(x)` of the measure satisfies
    /// `p ≤ slope·T` there, the functions `T^{−θ}`, `θ ↑ ½`, have Rayleigh quotients `≤ θ²slope²` and
    /// variances that grow without bound, so `λ₁ ≤ slope²/4`.
    Tail {
        /// Which tail.
        side: Side,
        /// Where it starts.
        from: f64,
        /// The bound of the slope.
        slope: f64,
    },
}

/// A proof, as data, that the spectral gap `λ₁ = 1/C_P` of a measure is at least a number, and
/// possibly that it is at most another.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Why `λ₁` is not smaller: `C_P ≤ 1/floor.lambda`.
    pub floor: FluxWitness,
    /// Why it is not larger.
    pub ceiling: Option<Ceiling>,
}

impl Ceiling {
    /// The upper bound of `λ₁`.
    fn claimed(&self) -> f64 {
        match self {
            Self::Flux(witness) => witness.lambda,
            Self::Tail { slope, .. } => (Interval::point(*slope).square() / Interval::point(4.0)).hi(),
        }
    }

    /// Decides whether the bound is proved for the measure.
    ///
    /// # Errors
    /// [`Error::Undefined`] if it is not.
    fn verify(&self, slope: &LawSlope<'_>) -> Result<()> {
        let refused = |reason: String| Error::Undefined { what: "certificate".to_owned(), reason };
        match self {
            Self::Flux(witness) if witness.direction == Direction::AtMost => witness.verify(slope),
            Self::Flux(_) => Err(refused("the ceiling is not an upper bound".to_owned())),
            Self::Tail { side, from, slope: bound } => {
                let (lo, hi) = slope.support();
                let infinite =
                    if *side == Side::Left { lo == f64::NEG_INFINITY } else { hi == f64::INFINITY };
                let proved = slope.tail_slope_range(*side, *from).hi();
                if !infinite || proved.is_nan() || proved > *bound || *bound <= 0.0 {
                    return Err(refused(format!(
                        "beyond {from:e} the slope is not shown to be below {bound:e}"
                    )));
                }
                Ok(())
            }
        }
    }
}

impl Certificate {
    /// Decides the certificate for a measure from its data alone, in interval arithmetic; gives the
    /// enclosure of `C_P` that it proves (a missing ceiling leaves the lower end 0).
    ///
    /// # Errors
    /// [`Error::Undefined`] naming the first condition that is not verified.
    pub fn recheck(&self, measure: &LineMeasure) -> Result<Enclosure> {
        let slope = LawSlope::new(measure);
        if self.floor.direction != Direction::AtLeast {
            let reason = "the floor is not a lower bound of the gap".to_owned();
            return Err(Error::Undefined { what: "certificate".to_owned(), reason });
        }
        self.floor.verify(&slope)?;
        if let Some(ceiling) = &self.ceiling {
            ceiling.verify(&slope)?;
        }
        Ok(self.claimed())
    }

    /// The enclosure of `C_P` that the certificate claims to prove, without a check.
    pub(super) fn claimed(&self) -> Enclosure {
        let inverse = |lambda: f64| Interval::ONE / Interval::point(lambda);
        let lower = self.ceiling.as_ref().map_or(0.0, |c| inverse(c.claimed()).lo());
        Enclosure::certified(Interval::new(lower, inverse(self.floor.lambda).hi()))
    }
}

/// Safety factors on the rounding allowance of a construction, tried in turn.
const SAFETIES: [f64; 3] = [1.0, 16.0, 256.0];
/// Relative distances from the approximate gap at which bounds are tried.
const MARGINS: [f64; 9] = [2e-13, 1e-12, 6e-12, 4e-11, 2e-10, 9e-10, 1e-8, 1e-7, 1e-6];

/// Where the certificates of a measure are built: its mesh, made near an approximate gap.
#[derive(Clone, Debug)]
pub(super) struct Builder<'a> {
    slope: LawSlope<'a>,
    mesh: Mesh,
}

/// A point near a singular end, left or right, with `|w'/w|` there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub at: f64,
    pub ratio: f64,
}

/// What an approximate solution tells the certificate's construction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Approximation {
    /// The gap.
    pub lambda: f64,
    /// A point where the energy density is large.
    pub matching: f64,
    /// Ends of the interval outside of which the eigenfunction's energy is negligible.
    pub ends: (f64, f64),
    /// Where a numerical flux starts at the left and the right end, if that is finite.
    pub starts: [Option<Start>; 2],
}

impl<'a> Builder<'a> {
    pub fn new(measure: &'a LineMeasure, near: &Approximation) -> Result<Self> {
        let slope = LawSlope::new(measure);
        let end = |side: Side| Self::mesh_end(&slope, measure, side, near);
        let mesh = Mesh::new(&slope, end(Side::Left)?, end(Side::Right)?, near.matching, near.lambda)?;
        Ok(Self { slope, mesh })
    }

    /// A closed end, or a point beyond which the slope is proved to be large enough.
    fn mesh_end(
        slope: &LawSlope<'_>,
        measure: &LineMeasure,
        side: Side,
        near: &Approximation,
    ) -> Result<MeshEnd> {
        let (lo, hi) = measure.domain();
        let (end, mut at) = if side == Side::Left { (lo, near.ends.0) } else { (hi, near.ends.1) };
        if end.is_finite() {
            let regular = slope.enclosed_series(Interval::point(end)).iter().all(|v| v.is_finite());
            if regular {
                return Ok(MeshEnd { at: end, tail: None });
            }
        }
        let mut best = f64::NEG_INFINITY;
        for _ in 0..24 {
            if at != end && (at - near.matching).abs() > 0.0 {
                let v = slope.tail_slope(side, at);
                best = best.max(v);
                // κ(v − κ) is largest, v²/4, at κ = v/2. Where that is not much more than λ, the larger root
                // of κ(v − κ) = λ, the decay of the flux itself when V' is constant, is the better match.
                let excess = 1.0 - 4.0 * near.lambda / (v * v);
                if v > 0.0 && v.is_finite() && excess >= 0.0 {
                    let root = if (1e-4..0.5).contains(&excess) { (1.0 - 1e-6) * excess.sqrt() } else { 0.0 };
                    return Ok(MeshEnd { at, tail: Some(0.5 * v * (1.0 + root)) });
                }
            }
            at = if end.is_finite() {
                end + 0.25 * (at - end)
            } else {
                near.matching + 1.25 * (at - near.matching)
            };
            if at == end {
                break;
            }
        }
        // Without a proof the flux starts from what the solver found: no certificate will come of it, but
        // the sign of the mismatch is still known numerically.
        let [left, right] = near.starts;
        let start = if side == Side::Left { left } else { right };
        match start {
            Some(Start { at, ratio }) if at != end => Ok(MeshEnd { at, tail: Some(ratio) }),
            _ => Err(Error::Undefined {
                what: "certificate".to_owned(),
                reason: format!(
                    "no lower bound of the slope was proved on the {side:?} tail (best {best:e})"
                ),
            }),
        }
    }

    /// Whether a flux for a lower bound `lambda` of the gap exists numerically, without a proof.
    pub fn supports(&self, lambda: f64) -> bool {
        self.mesh.mismatch(Direction::AtLeast, lambda).is_ok_and(|mismatch| mismatch >= 0.0)
    }

    /// The gap by the secant method on the mismatch, from an approximate one; `None` if it does not
    /// settle nearby.
    pub fn root(&self, lambda: f64) -> Option<f64> {
        let mismatch = |l: f64| self.mesh.mismatch(Direction::AtLeast, l).ok();
        let (mut a, mut b) = (lambda * (1.0 - 1e-6), lambda * (1.0 - 2e-6));
        let (mut at_a, mut at_b) = (mismatch(a)?, mismatch(b)?);
        for _ in 0..20 {
            if at_a == at_b || (a - b).abs() <= 2.0 * f64::EPSILON * a {
                break;
            }
            let next = a - at_a * (a - b) / (at_a - at_b);
            (b, at_b) = (a, at_a);
            (a, at_a) = (next, mismatch(next)?);
        }
        ((a - b).abs() <= 1e-12 * a && (a - lambda).abs() <= 0.1 * lambda).then_some(a)
    }

    /// A verified witness for one bound.
    pub fn prove(&self, direction: Direction, lambda: f64) -> Result<FluxWitness> {
        let mut last = None;
        for safety in SAFETIES {
            let attempt = self.mesh.witness(direction, lambda, safety);
            match attempt.and_then(|w| w.verify(&self.slope).map(|()| w)) {
                Ok(witness) => return Ok(witness),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(Error::domain("lambda", lambda, "a bound to prove")))
    }

    /// The tightest bound that is proved, going away from the approximate gap.
    fn tightest(&self, direction: Direction, lambda: f64) -> Result<FluxWitness> {
        let sign = if direction == Direction::AtLeast { -1.0 } else { 1.0 };
        let mut last = None;
        for margin in MARGINS {
            match self.prove(direction, lambda * (1.0 + sign * margin)) {
                Ok(witness) => return Ok(witness),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(Error::domain("lambda", lambda, "an approximate gap")))
    }

    /// Both bounds around an approximate gap.
    pub fn enclose(&self, lambda: f64, ceiling: Option<Ceiling>) -> Result<Certificate> {
        let floor = self.tightest(Direction::AtLeast, lambda)?;
        let ceiling = match ceiling {
            Some(ceiling) => Some(ceiling),
            None => self.tightest(Direction::AtMost, lambda).ok().map(Ceiling::Flux),
        };
        Ok(Certificate { floor, ceiling })
    }
}

/// Checks the argument of a request to certify.
pub(super) fn requested(lambda: f64) -> Result<f64> {
    positive("lambda", lambda)
}
