//! Where on the line the mass of a measure lies: a scouting in floating point, no part of any bound.

use super::potential::Potential;
use crate::error::{Error, Result};

/// Drop of `−V` below its maximum at which the line is cut: `e^{−50} ≈ 2·10^{−22}`.
pub(super) const CUT: f64 = 50.0;

/// The part of the line that carries all but a negligible part of the mass.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Smallest value of the potential seen.
    pub level: f64,
    /// Left end of the support, or where `V` has risen by [`CUT`].
    pub left: f64,
    /// Right end, likewise.
    pub right: f64,
    /// The support itself.
    pub support: (f64, f64),
    /// Break points strictly inside.
    pub breaks: Vec<f64>,
}

impl Frame {
    /// Scans the support for the deepest well and for the points where the density is negligible.
    ///
    /// # Errors
    /// [`Error::Undefined`] if the potential is nowhere finite or does not rise by [`CUT`] towards an
    /// infinite end within `10^12` of the deepest point.
    pub fn new(potential: &dyn Potential) -> Result<Self> {
        let (a, b) = potential.support();
        let mut points: Vec<f64> = if a.is_finite() && b.is_finite() {
            (0..=4000).map(|i| a + (b - a) * (f64::from(i) + 0.5) / 4001.0).collect()
        } else {
            let origin = if a.is_finite() { a } else if b.is_finite() { b } else { 0.0 };
            (-3000..=3000)
                .map(|i| origin + (f64::from(i) * 0.01).sinh() * 0.5)
                .filter(|x| *x > a && *x < b)
                .collect()
        };
        points.extend(potential.breaks());
        let undefined = |reason: &str| Error::Undefined {
            what: "log-Sobolev constant".to_owned(),
            reason: reason.to_owned(),
        };
        let (mut best, mut level) = (f64::NAN, f64::INFINITY);
        for &x in &points {
            let v = potential.value(x);
            if v < level {
                (best, level) = (x, v);
            }
        }
        if !level.is_finite() {
            return Err(undefined("the potential is nowhere finite"));
        }
        // Descend to the bottom of the deepest well, so that the cut is taken from the right level.
        let mut step = 1e-2 * (1.0 + best.abs());
        while step > 1e-9 * (1.0 + best.abs()) {
            let better = [best - step, best + step]
                .into_iter()
                .filter(|x| *x > a && *x < b)
                .map(|x| (x, potential.value(x)))
                .find(|(_, v)| *v < level);
            match better {
                Some((x, v)) => (best, level) = (x, v),
                None => step *= 0.5,
            }
        }
        let edge = |end: f64, sign: f64| -> Result<f64> {
            if end.is_finite() {
                return Ok(end);
            }
            let beyond = |d: f64| potential.value(best + sign * d) - level > CUT;
            // The last distance at which the density still counts, on a fine geometric ladder.
            let mut last = None;
            for i in 0..2200 {
                let d = 1e-7 * (f64::from(i) * 0.02).exp();
                if !beyond(d) {
                    last = Some(i);
                }
            }
            let last = last.ok_or_else(|| undefined("the deepest well is narrower than 1e-7"))?;
            if last >= 2199 {
                return Err(undefined("the density does not decay within 1e12 of its maximum"));
            }
            let (mut lo, mut hi) = (1e-7 * (f64::from(last) * 0.02).exp(), 1e-7 * (f64::from(last + 1) * 0.02).exp());
            for _ in 0..40 {
                let middle = 0.5 * (lo + hi);
                if beyond(middle) { hi = middle } else { lo = middle }
            }
            Ok(best + sign * hi)
        };
        let (left, right) = (edge(a, -1.0)?, edge(b, 1.0)?);
        let breaks = potential.breaks().into_iter().filter(|x| *x > left && *x < right).collect();
        Ok(Self { level, left, right, support: (a, b), breaks })
    }

    /// The ends with the break points between them.
    pub fn pieces(&self) -> Vec<f64> {
        let mut ends = vec![self.left];
        ends.extend(&self.breaks);
        ends.push(self.right);
        ends
    }
}
