//! The metric derivative of a curve as a function of the angle, computed once for all schedules.

use super::slice::metric_derivative_squared;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, within};
use crate::numerics::panels::GaussRule;
use crate::path::LineCurve;
use rayon::prelude::*;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, FRAC_PI_8};
use std::sync::Arc;

/// Nodes on a panel of angles.
const ORDER: usize = 16;
/// First panels of the whole range.
const EDGES: [f64; 5] = [0.0, 0.3, 0.75, 1.2, FRAC_PI_2];
/// Where on a panel of `[−1, 1]` the interpolant is compared with the function.
const PROBES: [f64; 2] = [-0.93, 0.31];
/// Relative discrepancy at which a panel is fine enough.
const ACCURACY: f64 = 1e-10;
/// Halvings of a panel at most.
const HALVINGS: u32 = 7;
/// Angles between the ends and the points where the exponents are read off.
const NEAR: f64 = 2e-3;
/// A measured exponent this near to an integer is that integer.
const INTEGER: f64 = 0.1;
/// A share of the squared metric derivative below this is rounding.
const ZERO: f64 = 1e-24;

/// A panel with the values of `m²/F` at its nodes.
#[derive(Clone, Debug)]
struct Panel {
    a: f64,
    b: f64,
    values: Vec<f64>,
    /// Estimated error of the interpolant.
    error: f64,
}

/// `m²(φ) = ∫w²p` on a range of angles.
///
/// It is kept as a smooth function times `F = sin^a φ·cos^b φ`, with the exponents at the two ends read off the function
/// itself: a is 2 if the target has finite Fisher information, 1 if its density jumps, 0 for atoms; b is 0 if the
/// target has a mean, else 2, or `n − 2` for a Student target with `n < 4`.
#[derive(Clone, Debug)]
pub struct MetricDerivative {
    range: (f64, f64),
    exponents: (f64, f64),
    panels: Vec<Panel>,
    rule: Arc<GaussRule>,
}

impl MetricDerivative {
    /// The metric derivative over `range ⊂ [0, π/2]`. The ends of the range are never evaluated.
    ///
    /// # Errors
    /// [`Error::Domain`] for an empty range or one beyond `[0, π/2]`; [`Error::Undefined`] where the metric
    /// derivative is infinite or could not be computed; those of the slices.
    pub fn of(curve: &dyn LineCurve, range: (f64, f64)) -> Result<Self> {
        within("first angle", range.0, 0.0, FRAC_PI_2)?;
        within("last angle", range.1, 0.0, FRAC_PI_2)?;
        if range.0 >= range.1 {
            return Err(Error::domain("range", format!("{range:?}"), "a first angle below the last"));
        }
        let rule = GaussRule::shared(ORDER)?;
        let exponents = (
            if range.0 == 0.0 { exponent(curve, |d| d)? } else { 0.0 },
            if range.1 == FRAC_PI_2 { exponent_at_base(curve)? } else { 0.0 },
        );
        let mut profile = Self { range, exponents, panels: Vec::new(), rule };
        let mut edges: Vec<f64> = EDGES.into_iter().filter(|e| range.0 < *e && *e < range.1).collect();
        edges.insert(0, range.0);
        edges.push(range.1);
        let mut waiting: Vec<(f64, f64, u32)> = edges.windows(2).rev().map(|w| (w[0], w[1], 0)).collect();
        while let Some((a, b, depth)) = waiting.pop() {
            let panel = profile.panel(curve, a, b)?;
            let size = panel.values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            if panel.error <= ACCURACY * size || depth >= HALVINGS {
                profile.panels.push(panel);
            } else {
                let middle = 0.5 * (a + b);
                waiting.push((middle, b, depth + 1));
                waiting.push((a, middle, depth + 1));
            }
        }
        Ok(profile)
    }

    fn panel(&self, curve: &dyn LineCurve, a: f64, b: f64) -> Result<Panel> {
        let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
        let at: Vec<f64> = self.rule.nodes().iter().chain(&PROBES).map(|t| centre + half * t).collect();
        let values: Vec<Enclosure> = at
            .par_iter()
            .map(|&angle| Ok(finite_square(curve, angle)? / self.factor(angle)))
            .collect::<Result<_>>()?;
        let (nodes, probes) = values.split_at(self.rule.order());
        let width = values.iter().map(|v| v.width()).fold(0.0, f64::max);
        let nodes: Vec<f64> = nodes.iter().map(|v| v.mid()).collect();
        let gap = |(t, v): (&f64, &Enclosure)| (self.rule.interpolate(&nodes, *t) - v.mid()).abs();
        let error = PROBES.iter().zip(probes).map(gap).fold(0.0, f64::max) + width;
        Ok(Panel { a, b, values: nodes, error })
    }

    /// `F(φ)`.
    pub(super) fn factor(&self, angle: f64) -> f64 {
        let power = |x: f64, e: f64| if e == 0.0 { 1.0 } else { core_math::pow(x, e) };
        power(core_math::sin(angle), self.exponents.0) * power(core_math::cos(angle), self.exponents.1)
    }

    /// The range of angles.
    pub fn range(&self) -> (f64, f64) {
        self.range
    }

    /// The exponents a, b of `m² ~ φ^a` at 0 and `m² ~ (π/2 − φ)^b` at `π/2`; 0 where the range does not reach the end.
    pub fn exponents(&self) -> (f64, f64) {
        self.exponents
    }

    /// Edges of the panels of angles.
    pub(super) fn edges(&self) -> Vec<f64> {
        self.panels.iter().map(|p| p.a).chain(self.panels.last().map(|p| p.b)).collect()
    }

    /// `m²/F` at an angle of the range and its estimated error.
    pub(super) fn quotient(&self, angle: f64) -> (f64, f64) {
        let k = self.panels.partition_point(|p| p.b < angle).min(self.panels.len() - 1);
        let panel = &self.panels[k];
        let t = ((angle - panel.a) - (panel.b - angle)) / (panel.b - panel.a);
        (self.rule.interpolate(&panel.values, t), panel.error)
    }

    /// `m²(φ)` (Converged).
    ///
    /// # Errors
    /// [`Error::Domain`] outside the range.
    pub fn squared(&self, angle: f64) -> Result<Enclosure> {
        within("angle", angle, self.range.0, self.range.1)?;
        let (value, error) = self.quotient(angle);
        let factor = self.factor(angle);
        Ok(Enclosure::around(value * factor, error * factor, Evidence::Converged))
    }
}

fn finite_square(curve: &dyn LineCurve, angle: f64) -> Result<Enclosure> {
    let square = metric_derivative_squared(curve, angle)?;
    if square.is_finite() {
        return Ok(square);
    }
    Err(Error::Undefined {
        what: format!("the metric derivative of {curve} at angle {angle}"),
        reason: format!("found {square}"),
    })
}

/// The size of `m²`. Half-way it vanishes by symmetry if target and base are the same law, hence a second angle.
fn bulk(curve: &dyn LineCurve) -> Result<f64> {
    Ok(finite_square(curve, FRAC_PI_4)?.mid().max(finite_square(curve, FRAC_PI_8)?.mid()))
}

/// The exponent of `m²` in the distance from an end.
fn exponent(curve: &dyn LineCurve, angle: impl Fn(f64) -> f64) -> Result<f64> {
    let near = finite_square(curve, angle(NEAR))?.mid();
    let nearer = finite_square(curve, angle(0.5 * NEAR))?.mid();
    let bulk = bulk(curve)?;
    if nearer <= ZERO * bulk {
        return Ok(2.0);
    }
    let measured = core_math::log2(near / nearer);
    let integer = measured.round().clamp(0.0, 2.0);
    Ok(if (measured - integer).abs() < INTEGER { integer } else { measured })
}

fn exponent_at_base(curve: &dyn LineCurve) -> Result<f64> {
    let limit = metric_derivative_squared(curve, FRAC_PI_2)?;
    let bulk = bulk(curve)?;
    // Smooth and positive up to the end if the target has a mean.
    if limit.mid() > ZERO * bulk { Ok(0.0) } else { exponent(curve, |d| FRAC_PI_2 - d) }
}
