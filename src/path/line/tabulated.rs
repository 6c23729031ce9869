//! A curve of laws as a table: patches of angles and points on which all fields are polynomials.
//!
//! With the angle as its parameter a curve is smooth up to both ends, so a few halvings resolve it; logarithms of densities stay
//! accurate in tails, where densities themselves couldn't be interpolated.

use super::super::curve::{LineCurve, LineSlice, SlicePoint};
use crate::error::{Error, Result, positive, within};
use crate::numerics::panels::GaussRule;
use rayon::prelude::*;
use std::f64::consts::FRAC_PI_2;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Gauss nodes of a patch in each direction.
const ORDER: usize = 16;
/// Last Legendre coefficients that a patch may have, of the logarithm of the density and of the fields in units of their size,
/// where there is mass. The errors are smaller by an order or two and measured afterwards.
const ACCURACY: f64 = 1e-10;
/// The same of the fields, as a multiple.
const FIELDS: f64 = 200.0;
/// Where the density is below `e^{−35}` errors may be larger in proportion, up to `LOOSE`.
const TAIL: f64 = 35.0;
const LOOSE: f64 = 1e-3;
/// The table ends where slices have less than this mass beyond.
const EDGE_LEVEL: f64 = 1e-20;
/// Masses below this are left to the curve itself.
const LEAST_MASS: f64 = 1e-17;
/// First patches: angles, and panels of points.
const ANGLES: [f64; 4] = [0.0, 0.35, 0.9, FRAC_PI_2];
const PANELS: usize = 8;
/// Patches at most, and halvings of each.
const MOST_PATCHES: usize = 1000;
const HALVINGS: u32 = 10;
/// Where a patch `[−1, 1]²` is compared with the curve.
const PROBE: (f64, f64) = (-0.951, 0.613);
/// Pieces in which a panel is integrated: one for each change of the logarithm by this much, but not more than so many.
const SLOPE: f64 = 4.0;
const MOST_PIECES: f64 = 100.0;
/// A window is wider than it has to be by at most this share of the table.
const WINDOW_SLACK: f64 = 1e-3;

/// The point of an interval at `t ∈ [−1, 1]`.
fn place(range: (f64, f64), t: f64) -> f64 {
    0.5 * (range.0 + range.1) + 0.5 * (range.1 - range.0) * t
}

/// All fields of a point.
type Fields = [f64; 5];

fn fields(point: &SlicePoint) -> Fields {
    [point.log_density, point.score, point.curvature, point.velocity, point.log_density_rate]
}

/// Fields at the nodes of a rectangle, angles in rows.
#[derive(Clone, Debug)]
struct Patch {
    angles: (f64, f64),
    points: (f64, f64),
    /// How often it was halved.
    depth: u32,
    values: Vec<[Fields; ORDER]>,
}

/// A curve with its fields interpolated in the angle and the point, for many evaluations.
///
/// The ends of the curve are its own, and so is everything outside the table, which holds all but a negligible mass of every
/// slice. Making a table takes some `10⁴` evaluations of the curve, spread over all threads: it pays for metric derivatives and
/// laws of processes, which take more. A target with corners or jumps has no table,
/// which is found out by trying; nor have heavy tails.
///
/// ```
/// use dald::measure::line::LineMeasure;
/// use dald::path::line::{LineBase, PotentialCurve, TabulatedCurve};
/// use dald::path::LineCurve;
/// use std::sync::Arc;
/// let curve = Arc::new(PotentialCurve::new(LineMeasure::gaussian(0.0, 2.0)?, LineBase::Gaussian)?);
/// let table = TabulatedCurve::of(curve)?;
/// let slice = table.slice(std::f64::consts::FRAC_PI_4)?;
/// // The law is N(0, 5/2).
/// assert!((slice.point(3.0).score + 3.0 / 2.5).abs() < 4.0 * slice.relative_error());
/// # Ok::<(), dald::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TabulatedCurve {
    curve: Arc<dyn LineCurve>,
    range: (f64, f64),
    patches: Vec<Patch>,
    /// Largest error found where there is mass.
    error: f64,
    /// What was aimed at.
    accuracy: f64,
    rule: Arc<GaussRule>,
    /// Barycentric weights of the nodes.
    barycentric: [f64; ORDER],
}

impl TabulatedCurve {
    /// A table of a curve whose laws have light tails.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] if the fields aren't smooth enough for a table of reasonable size; those of the slices.
    pub fn of(curve: Arc<dyn LineCurve>) -> Result<Self> {
        Self::with_accuracy(curve, ACCURACY)
    }

    /// [`TabulatedCurve::of`] to another accuracy: the last Legendre coefficient that a patch of the logarithm of the density
    /// may have. The errors are smaller, and measured.
    ///
    /// # Errors
    /// Those of [`TabulatedCurve::of`]; [`Error::Domain`] unless the accuracy is finite and positive.
    pub fn with_accuracy(curve: Arc<dyn LineCurve>, accuracy: f64) -> Result<Self> {
        positive("accuracy", accuracy)?;
        let rule = GaussRule::shared(ORDER)?;
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        let mut inner_error = 0.0_f64;
        for angle in [0.0, 0.02, 0.4, 0.8, 1.2, FRAC_PI_2] {
            let slice = curve.slice(angle)?;
            let (lo, hi) = slice.window(EDGE_LEVEL);
            range = (range.0.min(lo), range.1.max(hi));
            inner_error = inner_error.max(slice.relative_error());
        }
        let barycentric = std::array::from_fn(|j| {
            let (x, w) = (rule.nodes()[j], rule.weights()[j]);
            let sign = if j % 2 == 0 { 1.0 } else { -1.0 };
            sign * ((1.0 - x) * (1.0 + x) * w).sqrt()
        });
        let mut table = Self { curve, range, patches: Vec::new(), error: 0.0, accuracy, rule, barycentric };
        let mut waiting: Vec<Patch> = Vec::new();
        for angles in ANGLES.windows(2) {
            for k in 0..PANELS {
                let at = |k: usize| range.0 + (range.1 - range.0) * k as f64 / PANELS as f64;
                waiting.push(Patch {
                    angles: (angles[0], angles[1]),
                    points: (at(k), at(k + 1)),
                    depth: 0,
                    values: Vec::new(),
                });
            }
        }
        while !waiting.is_empty() {
            if table.patches.len() + waiting.len() > MOST_PATCHES {
                return Err(table.too_rough());
            }
            let filled: Vec<Result<Patch>> =
                waiting.into_par_iter().map(|patch| table.filled(patch)).collect();
            waiting = Vec::new();
            for patch in filled {
                let patch = patch?;
                match table.split(&patch) {
                    None => table.patches.push(patch),
                    Some(_) if patch.depth >= HALVINGS => return Err(table.too_rough()),
                    Some(halves) => waiting.extend(halves),
                }
            }
        }
        table
            .patches
            .sort_by(|a, b| a.points.0.total_cmp(&b.points.0).then(a.angles.0.total_cmp(&b.angles.0)));
        let errors: Vec<Result<f64>> = table.patches.par_iter().map(|patch| table.error_of(patch)).collect();
        for error in errors {
            table.error = table.error.max(error?);
        }
        table.error += inner_error;
        Ok(table)
    }

    /// How many patches the table has.
    pub fn patches(&self) -> usize {
        self.patches.len()
    }

    fn too_rough(&self) -> Error {
        Error::NoConvergence {
            what: format!("a table of the path {}", self.curve),
            reached: f64::NAN,
            wanted: self.accuracy,
        }
    }

    fn filled(&self, mut patch: Patch) -> Result<Patch> {
        for &t in self.rule.nodes() {
            let slice = self.curve.slice(place(patch.angles, t))?;
            let mut row = [[0.0; 5]; ORDER];
            for (value, &u) in row.iter_mut().zip(self.rule.nodes()) {
                *value = fields(&slice.point(place(patch.points, u)));
            }
            patch.values.push(row);
        }
        Ok(patch)
    }

    /// How large an error may be where the density has this logarithm.
    fn slack(&self, log_density: f64) -> f64 {
        (-TAIL - log_density).clamp(0.0, (LOOSE / self.accuracy).ln().max(0.0)).exp()
    }

    /// The halves of a patch that is too large.
    fn split(&self, patch: &Patch) -> Option<[Patch; 2]> {
        let top = patch.values.iter().flatten().map(|v| v[0]).fold(f64::NEG_INFINITY, f64::max);
        if top.is_nan() {
            return None;
        }
        let slack = self.slack(top);
        let resolved = |line: &dyn Fn(usize) -> Fields| {
            (0..5).all(|k| {
                let values: Vec<f64> = (0..ORDER).map(|i| line(i)[k]).collect();
                let size = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
                let units = if k == 0 { 1.0 } else { FIELDS * (1.0 + size) };
                let allowed = self.accuracy * units * slack;
                size == 0.0 || self.rule.resolves(&values, allowed / size)
            })
        };
        let across = (0..ORDER).all(|j| resolved(&|i| patch.values[i][j]));
        let along = (0..ORDER).all(|i| resolved(&|j| patch.values[i][j]));
        if across && along {
            return None;
        }
        let half = |angles: (f64, f64), points: (f64, f64)| Patch {
            angles,
            points,
            depth: patch.depth + 1,
            values: Vec::new(),
        };
        let ((a, b), (c, d)) = (patch.angles, patch.points);
        Some(if along {
            let m = 0.5 * (a + b);
            [half((a, m), (c, d)), half((m, b), (c, d))]
        } else {
            let m = 0.5 * (c + d);
            [half((a, b), (c, m)), half((a, b), (m, d))]
        })
    }

    fn error_of(&self, patch: &Patch) -> Result<f64> {
        let mut worst = 0.0_f64;
        for (t, u) in [PROBE, (PROBE.1, PROBE.0)] {
            let (angle, y) = (place(patch.angles, t), place(patch.points, u));
            let exact = fields(&self.curve.slice(angle)?.point(y));
            let found = self.panel(patch, angle).at(self, y);
            let slack = self.slack(exact[0]);
            for k in 0..5 {
                // Fields count relative to their size, or to the size 1 of the base's where they are small.
                let size = if k == 0 { 1.0 } else { 1.0 + exact[k].abs() };
                worst = worst.max((exact[k] - found[k]).abs() / (slack * size));
            }
        }
        Ok(worst)
    }

    /// The fields of a patch at one angle.
    fn panel(&self, patch: &Patch, angle: f64) -> Panel {
        let t = (2.0 * angle - patch.angles.0 - patch.angles.1) / (patch.angles.1 - patch.angles.0);
        let mut unit = [0.0; ORDER];
        let mut values = [[0.0; 5]; ORDER];
        for i in 0..ORDER {
            unit[i] = 1.0;
            let weight = self.rule.interpolate(&unit, t);
            unit[i] = 0.0;
            for (value, node) in values.iter_mut().zip(&patch.values[i]) {
                for (v, n) in value.iter_mut().zip(node) {
                    *v += weight * n;
                }
            }
        }
        let (lo, hi) = patch.points;
        Panel { lo, hi, values }
    }
}

impl fmt::Display for TabulatedCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.curve.fmt(f)
    }
}

impl LineCurve for TabulatedCurve {
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>> {
        let inner = self.curve.slice(within("angle", angle, 0.0, FRAC_PI_2)?)?;
        if angle == 0.0 || angle == FRAC_PI_2 {
            return Ok(inner);
        }
        // Patches end at common angles, the last one being the upper end.
        let holds = |patch: &&Patch| patch.angles.0 <= angle && angle < patch.angles.1;
        let panels: Vec<Panel> =
            self.patches.iter().filter(holds).map(|patch| self.panel(patch, angle)).collect();
        Ok(Box::new(TabulatedSlice { table: self, inner, panels, cumulative: OnceLock::new() }))
    }
}

/// Fields at the nodes of an interval.
struct Panel {
    lo: f64,
    hi: f64,
    values: [Fields; ORDER],
}

impl Panel {
    fn at(&self, table: &TabulatedCurve, y: f64) -> Fields {
        let t = (2.0 * y - self.lo - self.hi) / (self.hi - self.lo);
        let (mut numerator, mut denominator) = ([0.0; 5], 0.0);
        for ((x, b), v) in table.rule.nodes().iter().zip(&table.barycentric).zip(&self.values) {
            let gap = t - x;
            if gap == 0.0 {
                return *v;
            }
            let weight = b / gap;
            denominator += weight;
            for k in 0..5 {
                numerator[k] += weight * v[k];
            }
        }
        numerator.map(|n| n / denominator)
    }

    fn log_density(&self, table: &TabulatedCurve, y: f64) -> f64 {
        let t = (2.0 * y - self.lo - self.hi) / (self.hi - self.lo);
        let (mut numerator, mut denominator) = (0.0, 0.0);
        for ((x, b), v) in table.rule.nodes().iter().zip(&table.barycentric).zip(&self.values) {
            let gap = t - x;
            if gap == 0.0 {
                return v[0];
            }
            let weight = b / gap;
            denominator += weight;
            numerator += weight * v[0];
        }
        numerator / denominator
    }
}

struct TabulatedSlice<'a> {
    table: &'a TabulatedCurve,
    inner: Box<dyn LineSlice + 'a>,
    panels: Vec<Panel>,
    /// Masses of the panels before and from each one on.
    cumulative: OnceLock<(Vec<f64>, Vec<f64>)>,
}

impl TabulatedSlice<'_> {
    fn panel(&self, y: f64) -> Option<usize> {
        let (lo, hi) = self.table.range;
        (lo <= y && y <= hi).then(|| self.panels.partition_point(|p| p.hi < y).min(self.panels.len() - 1))
    }

    /// Masses on either side of a point of the table.
    fn tabulated_masses(&self, y: f64) -> (f64, f64) {
        let k = self.panels.partition_point(|p| p.hi < y).min(self.panels.len() - 1);
        let panel = &self.panels[k];
        let (below, above) = self.cumulative();
        let left = below[k] + self.between(panel, panel.lo, y);
        (left, above[k + 1] + self.between(panel, y, panel.hi))
    }

    fn cumulative(&self) -> &(Vec<f64>, Vec<f64>) {
        self.cumulative.get_or_init(|| {
            let masses: Vec<f64> = self.panels.iter().map(|p| self.between(p, p.lo, p.hi)).collect();
            let (mut below, mut above) = (vec![0.0], vec![0.0; masses.len() + 1]);
            for mass in &masses {
                below.push(below[below.len() - 1] + mass);
            }
            for k in (0..masses.len()).rev() {
                above[k] = above[k + 1] + masses[k];
            }
            (below, above)
        })
    }

    /// Mass between two points of a panel: logarithms are polynomials there, but exponentials need shorter pieces.
    fn between(&self, panel: &Panel, a: f64, b: f64) -> f64 {
        let rule = &self.table.rule;
        let logs = panel.values.iter().map(|v| v[0]);
        let range = logs.clone().fold(f64::NEG_INFINITY, f64::max) - logs.fold(f64::INFINITY, f64::min);
        let pieces = 1.0 + (range / SLOPE).floor().min(MOST_PIECES);
        let half = 0.5 * (b - a) / pieces;
        let (mut mass, mut piece) = (0.0, 0.5);
        while piece < pieces {
            let centre = a + (b - a) * piece / pieces;
            let at = |t: &f64| core_math::exp(panel.log_density(self.table, centre + half * t));
            mass += rule.nodes().iter().zip(rule.weights()).map(|(t, w)| half * w * at(t)).sum::<f64>();
            piece += 1.0;
        }
        mass
    }
}

impl LineSlice for TabulatedSlice<'_> {
    fn point(&self, y: f64) -> SlicePoint {
        let Some(k) = self.panel(y) else { return self.inner.point(y) };
        let [log_density, score, curvature, velocity, log_density_rate] = self.panels[k].at(self.table, y);
        SlicePoint { log_density, score, curvature, velocity, log_density_rate }
    }

    fn log_density(&self, y: f64) -> f64 {
        match self.panel(y) {
            Some(k) => self.panels[k].log_density(self.table, y),
            None => self.inner.log_density(y),
        }
    }

    fn masses(&self, y: f64) -> (f64, f64) {
        let (lo, hi) = self.table.range;
        if !(lo <= y && y <= hi) {
            return self.inner.masses(y);
        }
        // What lies beyond the table counts for the smallest masses.
        let (below, above) = self.tabulated_masses(y);
        if below.min(above) > LEAST_MASS { (below, above) } else { self.inner.masses(y) }
    }

    fn window(&self, level: f64) -> (f64, f64) {
        let (lo, hi) = self.table.range;
        if level < 2.0 * LEAST_MASS {
            return self.inner.window(level);
        }
        let slack = WINDOW_SLACK * (hi - lo);
        let search = |mut inside: f64, mut outside: f64, beyond: &dyn Fn(f64) -> f64| {
            while (inside - outside).abs() > slack {
                let half = 0.5 * (inside + outside);
                if beyond(half) <= level { outside = half } else { inside = half }
            }
            outside
        };
        let (below, above) = self.cumulative();
        let left = below.partition_point(|&b| b < 0.5).min(self.panels.len());
        let right = above.partition_point(|&a| a >= 0.5).max(1);
        let (above_half, below_half) = (self.panels[left - 1].hi, self.panels[right - 1].lo);
        (
            search(above_half, lo, &|y| self.tabulated_masses(y).0),
            search(below_half, hi, &|y| self.tabulated_masses(y).1),
        )
    }

    fn breaks(&self) -> Vec<f64> {
        self.inner.breaks()
    }

    fn bumps(&self) -> Vec<(f64, f64, f64)> {
        self.inner.bumps()
    }

    fn relative_error(&self) -> f64 {
        self.table.error
    }
}

#[cfg(test)]
mod tests;
