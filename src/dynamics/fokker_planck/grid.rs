//! Grids in space and in the angle, nested under halving.

use crate::error::{Error, Result};
use crate::path::LineCurve;
use std::ops::Range;

/// The map `y = centre + scale·sinh ξ`: nearly linear for light tails, geometric cells for heavy ones.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::dynamics) struct Map {
    centre: f64,
    scale: f64,
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
        let coordinate = |y: f64| ((y - centre) / scale).asinh();
        let (lo, hi) = (coordinate(outer.0), coordinate(outer.1));
        let part = |y: f64| (coordinate(y) - lo) / (hi - lo);
        Ok(Self { centre, scale, lo, hi, inner: (part(inner.0), part(inner.1)) })
    }

    /// The same range with the scale of the map multiplied by a factor: cells are longer at the ends and shorter in the middle for a
    /// small one.
    #[must_use]
    pub(in crate::dynamics) fn rescaled(self, factor: f64) -> Self {
        let place = |xi: f64| self.centre + self.scale * xi.sinh();
        let at = |part: f64| place(self.lo + part * (self.hi - self.lo));
        let scale = factor * self.scale;
        let coordinate = |y: f64| ((y - self.centre) / scale).asinh();
        let (lo, hi) = (coordinate(place(self.lo)), coordinate(place(self.hi)));
        let part = |y: f64| (coordinate(y) - lo) / (hi - lo);
        Self { centre: self.centre, scale, lo, hi, inner: (part(at(self.inner.0)), part(at(self.inner.1))) }
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
        let place = |half_index: usize| self.centre + self.scale * at(half_index).sinh();
        let slope = |half_index: usize| self.scale * at(half_index).cosh() * step;
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
