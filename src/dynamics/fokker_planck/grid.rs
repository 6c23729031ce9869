//! Grids in space and in the angle, nested under halving.

use crate::error::{Error, Result};
use crate::path::LineCurve;
use std::ops::Range;

/// The map `y = centre + scale·sinh ξ`: nearly linear for light tails, geometric cells for heavy ones; with bumps the inverse of
/// `ξ = asinh((y − centre)/scale) + Σ a_k asinh((y − m_k)/w_k)`, whose cells are fine on each of them and grow with the distance.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::dynamics) struct Map {
    centre: f64,
    scale: f64,
    /// Amplitude, centre and width.
    bumps: Vec<(f64, f64, f64)>,
    lo: f64,
    hi: f64,
    /// Where the narrower grid begins and ends, as parts of the range.
    inner: (f64, f64),
}

/// Mass that a slice may have on either side of the grid.
const WINDOW_LEVEL: f64 = 1e-16;

/// The same for the narrower grid by which the domain is checked.
const INNER_LEVEL: f64 = 1e-12;

/// The scale of the map in half-lengths of the interval that holds the middle halves of all slices. With light tails the
/// grid is then close to uniform.
const LIGHT_SCALE: f64 = 6.0;

/// The same with heavy tails, whose cells grow geometrically and leave enough for the middle.
const HEAVY_SCALE: f64 = 2.0;

/// Tails are heavy where the window is so many times as long as that interval (12 for a Gaussian law).
const HEAVY_RATIO: f64 = 30.0;

/// A range of so many scales of the map is one of heavy tails, by the three figures above: it is 30 there and 10 with light tails.
const HEAVY_LENGTH: f64 = 20.0;

/// Amplitude of all bumps together: so many times as many cells near them as elsewhere, octave by octave of the distance.
const GRADING: f64 = 1.0;

/// Bracket of `asinh((y − centre)/scale)`, and steps of Newton's method at most.
const FARTHEST: f64 = 700.0;
const NEWTON: usize = 200;

/// Slices that the windows are taken from.
const PROBES: usize = 12;

impl Map {
    /// A map whose range holds all slices between two angles.
    pub(in crate::dynamics) fn around(curve: &dyn LineCurve, first: f64, last: f64) -> Result<Self> {
        let (mut core, mut inner, mut outer) = (EMPTY, EMPTY, EMPTY);
        for k in 0..=PROBES {
            // Denser towards the last angle, where a narrow target is approached.
            let part = 1.0 - (k as f64 / PROBES as f64).powi(2);
            let angle = if k == PROBES { last } else { last + (first - last) * part };
            let slice = curve.slice(angle)?;
            core = hull(core, slice.window(0.25));
            inner = hull(inner, slice.window(INNER_LEVEL));
            outer = hull(outer, slice.window(WINDOW_LEVEL));
        }
        let heavy = outer.1 - outer.0 > HEAVY_RATIO * (core.1 - core.0);
        let half = 0.5 * (core.1 - core.0);
        let (centre, scale) = (0.5 * (core.0 + core.1), half * if heavy { HEAVY_SCALE } else { LIGHT_SCALE });
        if !(scale > 0.0 && scale.is_finite() && outer.0.is_finite() && outer.1.is_finite()) {
            let window = format!("[{}, {}]", outer.0, outer.1);
            return Err(Error::domain("window", window, "a finite interval of positive length"));
        }
        let plain = Self { centre, scale, bumps: Vec::new(), lo: 0.0, hi: 0.0, inner: (0.0, 1.0) };
        Ok(plain.over(outer, inner))
    }

    /// [`Map::around`] with cells that are fine where the last slice has bumps, if tails are so heavy that the middle would have
    /// few of them.
    pub(in crate::dynamics) fn graded(curve: &dyn LineCurve, first: f64, last: f64) -> Result<Self> {
        let map = Self::around(curve, first, last)?;
        let ends = map.ends();
        if ends.1 - ends.0 < HEAVY_LENGTH * map.scale {
            return Ok(map);
        }
        let bumps = curve.slice(last)?.bumps();
        let total: f64 = bumps.iter().map(|bump| bump.0.sqrt()).sum();
        let sound = |&(share, at, width): &(f64, f64, f64)| share > 0.0 && at.is_finite() && width > 0.0;
        let bumps = bumps
            .into_iter()
            .map(|(weight, at, width)| (GRADING * weight.sqrt() / total, at, width))
            .filter(sound);
        Ok(map.with(map.scale, bumps.collect()))
    }

    /// The same range with the scale of the map multiplied by a factor: cells are longer at the ends and shorter in the middle for a
    /// small one.
    #[must_use]
    pub(in crate::dynamics) fn rescaled(&self, factor: f64) -> Self {
        self.with(factor * self.scale, self.bumps.clone())
    }

    /// Another map over the same range.
    fn with(&self, scale: f64, bumps: Vec<(f64, f64, f64)>) -> Self {
        let inner =
            [self.inner.0, self.inner.1].map(|part| self.place(self.lo + part * (self.hi - self.lo)).0);
        Self { scale, bumps, ..self.clone() }.over(self.ends(), (inner[0], inner[1]))
    }

    /// The map over a range and the narrower one.
    fn over(mut self, outer: (f64, f64), inner: (f64, f64)) -> Self {
        (self.lo, self.hi) = (self.coordinate(outer.0), self.coordinate(outer.1));
        let part = |y: f64| (self.coordinate(y) - self.lo) / (self.hi - self.lo);
        self.inner = (part(inner.0), part(inner.1));
        self
    }

    fn ends(&self) -> (f64, f64) {
        (self.place(self.lo).0, self.place(self.hi).0)
    }

    /// `ξ(y)`.
    fn coordinate(&self, y: f64) -> f64 {
        let bumps: f64 = self.bumps.iter().map(|(a, at, width)| a * ((y - at) / width).asinh()).sum();
        ((y - self.centre) / self.scale).asinh() + bumps
    }

    /// `y(ξ)` and `dy/dξ`.
    fn place(&self, xi: f64) -> (f64, f64) {
        // In x with y = centre + scale·sinh x, by Newton's method in a bracket: what the bumps add is at most their
        // amplitudes times the logarithm of anything.
        let at = |x: f64| self.centre + self.scale * x.sinh();
        if self.bumps.is_empty() {
            return (at(xi), self.scale * xi.cosh());
        }
        let rate = |y: f64| -> f64 {
            let bumps: f64 = self.bumps.iter().map(|(a, at, width)| a / width.hypot(y - at)).sum();
            1.0 / self.scale.hypot(y - self.centre) + bumps
        };
        let (mut lo, mut hi) = (-FARTHEST, FARTHEST);
        let mut x = xi.clamp(lo, hi) / (1.0 + GRADING);
        let mut before = hi - lo;
        for _ in 0..NEWTON {
            let y = at(x);
            let excess = self.coordinate(y) - xi;
            if excess > 0.0 {
                hi = x;
            } else {
                lo = x;
            }
            let newton = x - excess / (rate(y) * self.scale * x.cosh());
            // Across a bump steps may lead back and forth for ever: those that do not halve are bisections.
            let step = (newton - x).abs();
            let next =
                if lo <= newton && newton <= hi && step <= 0.5 * before { newton } else { 0.5 * (lo + hi) };
            before = (next - x).abs();
            x = next;
            if before <= 2.0 * f64::EPSILON * x.abs() {
                break;
            }
        }
        let y = at(x);
        (y, 1.0 / rate(y))
    }

    /// The nodes of the narrower grid, of which each slice leaves out more.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of cells"
    )]
    pub(in crate::dynamics) fn inner(&self, cells: usize) -> Range<usize> {
        let at = |part: f64| (part * cells as f64).clamp(0.0, cells as f64);
        at(self.inner.0).floor() as usize..at(self.inner.1).ceil() as usize + 1
    }

    /// The grid with `cells + 1` nodes.
    pub(in crate::dynamics) fn grid(&self, cells: usize) -> Grid {
        let step = (self.hi - self.lo) / cells as f64;
        let at = |half_index: usize| self.lo + 0.5 * half_index as f64 * step;
        let (places, slopes): (Vec<f64>, Vec<f64>) = (0..=2 * cells).map(|i| self.place(at(i))).unzip();
        let (place, slope) = (|i: usize| places[i], |i: usize| slopes[i] * step);
        let mut lengths: Vec<f64> = (0..=cells).map(|i| slope(2 * i)).collect();
        // The end nodes own half a cell each.
        lengths[0] *= 0.5;
        lengths[cells] *= 0.5;
        Grid {
            nodes: (0..=cells).map(|i| place(2 * i)).collect(),
            cells: lengths,
            faces: (0..cells).map(|i| place(2 * i + 1)).collect(),
            gaps: (0..cells).map(|i| slope(2 * i + 1)).collect(),
        }
    }
}

const EMPTY: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);

fn hull(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0.min(b.0), a.1.max(b.1))
}

/// Nodes with the cells around them; sums over nodes are trapezoidal sums in the coordinate of the map.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::dynamics) struct Grid {
    /// Ascending.
    pub(in crate::dynamics) nodes: Vec<f64>,
    /// Length of the cell around each node.
    pub(in crate::dynamics) cells: Vec<f64>,
    /// Points between neighbours.
    pub(in crate::dynamics) faces: Vec<f64>,
    /// Distance of neighbours: slope of the map at the face between them times the step.
    pub(in crate::dynamics) gaps: Vec<f64>,
}

impl Grid {
    /// Masses of the cells, of sum 1, and their logarithms; `log_densities(points, values)` fills in the values.
    pub(in crate::dynamics) fn masses(
        &self,
        log_densities: impl FnOnce(&[f64], &mut [f64]),
    ) -> (Vec<f64>, Vec<f64>) {
        let mut logs = vec![0.0; self.nodes.len()];
        log_densities(&self.nodes, &mut logs);
        for (log, cell) in logs.iter_mut().zip(&self.cells) {
            *log += core_math::log(*cell);
        }
        let mut masses: Vec<f64> = logs.iter().map(|&log| core_math::exp(log)).collect();
        let total: f64 = masses.iter().sum();
        let shift = core_math::log(total);
        for (mass, log) in masses.iter_mut().zip(&mut logs) {
            *mass /= total;
            *log -= shift;
        }
        (masses, logs)
    }
}

/// Angles from one to another: flat to third order in its parameter at the start, where the solution has an initial
/// layer (and where a constant continues the solution backward for a multistep method), nearly uniform later.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::dynamics) struct Ramp {
    pub(in crate::dynamics) first: f64,
    pub(in crate::dynamics) last: f64,
}

/// Length of the flat part in the parameter.
const FLAT: f64 = 0.15;

impl Ramp {
    /// Angle and `−dφ/ds ≥ 0` at the parameter `s ∈ [0, 1]`.
    pub(in crate::dynamics) fn at(&self, s: f64) -> (f64, f64) {
        let height = (self.first - self.last) / (1.0 - FLAT * (1.0 / FLAT).atan());
        let travelled = height * (s - FLAT * (s / FLAT).atan());
        let angle = if s >= 1.0 { self.last } else { (self.first - travelled).max(self.last) };
        (angle, height * s * s / (s * s + FLAT * FLAT))
    }
}
