//! Poincaré constants of measures on the plane: `μ ∝ e^{−V}` on `R²`, `V` smooth and growing faster than
//! linearly in every direction.
//!
//! `C_P = 1/λ₁`, `λ₁` the spectral gap of `f ↦ −Δf + ∇V·∇f` in `L²(μ)`, as the largest quotient
//! `Var(u)/∫|∇u|²dμ` over spectral elements. The frame is the one in which the covariance is diagonal; a
//! rotation leaves `|∇u|²` as it is. Two polynomial degrees, each with a cut of its own (where
//! `V − min V` is 36 and 44), give the error; the mesh is refined until they agree. The constants are
//! split off exactly, so the value of a deep double well is relatively accurate up to a rounding error
//! that is measured, `ε|u|ᵀ|A||u|/uᵀAu`, and part of the enclosure. All values are converged; nothing here
//! is certified.

mod elements;

use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::numerics::expression::Expression;
use elements::{Lattice, Solved};
use std::f64::consts::TAU;

/// What is known of a Poincaré constant in the plane.
#[derive(Clone, Debug)]
pub struct PlaneReport {
    /// The constant.
    pub value: Enclosure,
    /// Mean of the measure, to the accuracy of a sum over a lattice.
    pub mean: [f64; 2],
    /// Covariance `[xx, xy, yy]` likewise; its largest eigenvalue is a lower bound of the constant.
    pub covariance: [f64; 3],
    /// Rectangles in either direction of the frame, of the finest mesh.
    pub rectangles: [usize; 2],
    /// Unknowns on the finest mesh.
    pub unknowns: usize,
}

/// `V − min V` at the cuts of the two resolutions, and their degrees.
const CUTS: [f64; 2] = [36.0, 44.0];
const DEGREES: [usize; 2] = [8, 10];
/// Intervals of the scanning lattice in either direction.
const SCAN: usize = 128;
/// Frames tried before the covariance is taken as diagonal.
const FRAMES: usize = 4;
/// Radii at which the potential is looked at, in half octaves around 1.
const HALF_OCTAVES: i32 = 60;
const DIRECTIONS: i32 = 32;
/// Moves of the search for the minimum, and of the sides of the box.
const MOVES: usize = 200;
/// A side of a rectangle is this over the root of the largest curvature where `V − min V < SCANNED`.
const CURVATURES: f64 = 3.5;
const SCANNED: f64 = 25.0;
/// Fewest and most rectangles in one direction.
const RECTANGLES: (usize, usize) = (4, 48);
/// Refinements of the mesh, and the number of rectangles that is not much exceeded.
const REFINEMENTS: [f64; 3] = [1.0, 1.4, 2.0];
const LARGEST_MESH: f64 = 600.0;
/// Relative change between the resolutions at which the mesh is fine enough; above the second there
/// is no value at all.
const SETTLED: f64 = 1e-9;
const USELESS: f64 = 1e-2;
/// Share of the energy near the cut above which the cut is felt.
const FELT: f64 = 1e-6;
/// Rounding of the elimination on rectangles with little mass, in units of the last place: `3·10^{−11}`,
/// measured on Gaussian laws, whose constants are known.
const ULPS: f64 = 131072.0;

/// Poincaré constant of `∝ e^{−V}` for a formula in two variables, such as `(x^2 - 1)^2 + y^2/2 + x*y/4`.
///
/// # Errors
/// [`Error::Dimension`] if there are not two variables; otherwise as [`plane_poincare_constant`].
pub fn plane_poincare_constant_of(potential: &Expression) -> Result<PlaneReport> {
    let found = potential.variables().len();
    if found != 2 {
        return Err(Error::Dimension { name: "potential".to_owned(), found, expected: 2 });
    }
    plane_poincare_constant(|x, y| potential.evaluate(&[x, y]))
}

/// Poincaré constant of `∝ e^{−V}` on `R²` for a smooth confining potential, not normalised.
///
/// The minimum is looked for within `10^9` of the origin, at scales from `10^{−9}`.
///
/// # Errors
/// [`Error::Domain`] for a potential that is NaN or `−∞` where the mass is; [`Error::Undefined`] for one that
/// does not confine; [`Error::NoConvergence`] for tails that decay exponentially or slower, wells apart by
/// a barrier beyond double precision, or a potential that is too rough.
pub fn plane_poincare_constant(potential: impl Fn(f64, f64) -> f64) -> Result<PlaneReport> {
    let potential: &dyn Fn(f64, f64) -> f64 = &potential;
    let (centre, _) = minimum(potential)?;
    let mut frame = Frame { centre, axis: [1.0, 0.0] };
    let mut scan = Scan::new(potential, frame)?;
    for _ in 1..FRAMES {
        let turned = scan.principal();
        if turned.axis == frame.axis {
            break;
        }
        frame = turned;
        scan = Scan::new(potential, frame)?;
    }
    scan.solve(potential)
}

/// A rotated frame: `centre + u·axis + v·axis⊥`.
#[derive(Clone, Copy, Debug)]
struct Frame {
    centre: [f64; 2],
    axis: [f64; 2],
}

impl Frame {
    fn point(&self, u: f64, v: f64) -> (f64, f64) {
        let [c, s] = self.axis;
        (self.centre[0] + c * u - s * v, self.centre[1] + s * u + c * v)
    }
}

/// The lowest point, by a search over rings of all sizes around the lowest so far.
fn minimum(potential: &dyn Fn(f64, f64) -> f64) -> Result<([f64; 2], f64)> {
    let (mut centre, mut floor) = ([0.0, 0.0], potential(0.0, 0.0));
    if floor.is_nan() {
        floor = f64::INFINITY;
    }
    for _ in 0..MOVES {
        let (mut best, mut lowest) = (centre, floor);
        for k in -HALF_OCTAVES..=HALF_OCTAVES {
            let radius = 2f64.powf(0.5 * f64::from(k));
            for j in 0..DIRECTIONS {
                let (s, c) = (TAU * f64::from(j) / f64::from(DIRECTIONS)).sin_cos();
                let at = [centre[0] + radius * c, centre[1] + radius * s];
                let value = potential(at[0], at[1]);
                if value < lowest {
                    (best, lowest) = (at, value);
                }
            }
        }
        if lowest == f64::NEG_INFINITY || best[0].hypot(best[1]) > 2f64.powi(HALF_OCTAVES / 2) {
            return Err(not_confining("it falls far away"));
        }
        // Any point near the minimum will do.
        let gained = floor - lowest;
        (centre, floor) = (best, lowest);
        if gained.is_nan() || gained < 1e-6 {
            break;
        }
    }
    if floor.is_finite() {
        Ok((centre, floor))
    } else {
        Err(Error::domain("potential", floor, "a number at the points of the plane"))
    }
}

fn not_confining(reason: &str) -> Error {
    Error::Undefined {
        what: "Poincare constant of exp(-V) in the plane".to_owned(),
        reason: format!("V does not confine: {reason}"),
    }
}

/// The potential on a lattice over the box outside which `V − min V` exceeds the cut.
struct Scan {
    frame: Frame,
    /// Ends of the box in the frame.
    lo: [f64; 2],
    hi: [f64; 2],
    /// `V − floor` at the points, the first coordinate slow.
    values: Vec<f64>,
    floor: f64,
}

impl Scan {
    fn new(potential: &dyn Fn(f64, f64) -> f64, frame: Frame) -> Result<Self> {
        let level = CUTS[1];
        let at = |u: f64, v: f64| {
            let (x, y) = frame.point(u, v);
            potential(x, y)
        };
        let origin = at(0.0, 0.0);
        let inside = |u: f64, v: f64| at(u, v) - origin < level;
        // Outermost on the four half axes, then outwards until no side cuts the level set.
        let reach = |c: f64, s: f64| {
            (-HALF_OCTAVES..=HALF_OCTAVES)
                .map(|k| 2f64.powf(0.5 * f64::from(k)))
                .rfind(|r| inside(c * r, s * r))
                .unwrap_or(0.0)
        };
        let widest = 2f64.powi(HALF_OCTAVES / 2);
        let mut hi = [reach(1.0, 0.0), reach(0.0, 1.0)];
        let mut lo = [-reach(-1.0, 0.0), -reach(0.0, -1.0)];
        for _ in 0..MOVES {
            let along = |k: usize, i: usize| lo[k] + (hi[k] - lo[k]) * i as f64 / SCAN as f64;
            let crossed = [
                (0..=SCAN).any(|i| inside(lo[0], along(1, i))),
                (0..=SCAN).any(|i| inside(hi[0], along(1, i))),
                (0..=SCAN).any(|i| inside(along(0, i), lo[1])),
                (0..=SCAN).any(|i| inside(along(0, i), hi[1])),
            ];
            if crossed.iter().all(|c| !c) {
                break;
            }
            let by = [0.25 * (hi[0] - lo[0]), 0.25 * (hi[1] - lo[1])];
            for k in 0..2 {
                lo[k] -= if crossed[2 * k] { by[k] } else { 0.0 };
                hi[k] += if crossed[2 * k + 1] { by[k] } else { 0.0 };
            }
            if (0..2).any(|k| hi[k] - lo[k] >= widest) {
                return Err(not_confining("it stays low far away, or grows like a logarithm"));
            }
        }
        // The lattice, and again on the tight box.
        let mut scan = Self { frame, lo, hi, values: vec![], floor: origin };
        for _ in 0..2 {
            scan.sample(&at)?;
            scan.tighten(level);
        }
        scan.sample(&at)?;
        Ok(scan)
    }

    fn coordinate(&self, k: usize, i: usize) -> f64 {
        self.lo[k] + self.spacing(k) * i as f64
    }

    fn spacing(&self, k: usize) -> f64 {
        (self.hi[k] - self.lo[k]) / SCAN as f64
    }

    fn sample(&mut self, at: &impl Fn(f64, f64) -> f64) -> Result<()> {
        let points = (0..=SCAN).flat_map(|i| (0..=SCAN).map(move |j| (i, j)));
        let values: Vec<f64> =
            points.map(|(i, j)| at(self.coordinate(0, i), self.coordinate(1, j))).collect();
        if let Some(bad) = values.iter().find(|v| v.is_nan() || **v == f64::NEG_INFINITY) {
            return Err(Error::domain("potential", bad, "a number at the points of the plane"));
        }
        self.floor = values.iter().fold(self.floor, |a, v| a.min(*v));
        self.values = values.iter().map(|v| v - self.floor).collect();
        Ok(())
    }

    fn tighten(&mut self, level: f64) {
        let mut ends = [[SCAN, 0], [SCAN, 0]];
        for (n, value) in self.values.iter().enumerate() {
            if *value < level {
                for (end, i) in ends.iter_mut().zip([n / (SCAN + 1), n % (SCAN + 1)]) {
                    *end = [end[0].min(i), end[1].max(i)];
                }
            }
        }
        for (k, [first, last]) in ends.into_iter().enumerate() {
            let (lo, hi) =
                (self.coordinate(k, first.saturating_sub(1)), self.coordinate(k, (last + 1).min(SCAN)));
            if lo < hi {
                (self.lo[k], self.hi[k]) = (lo, hi);
            }
        }
    }

    /// Mean and covariance in the frame.
    fn moments(&self) -> ([f64; 2], [f64; 3]) {
        let (mut mass, mut first, mut second) = (0.0, [0.0; 2], [0.0; 3]);
        for (n, value) in self.values.iter().enumerate() {
            let p = (-value).exp();
            let (u, v) = (self.coordinate(0, n / (SCAN + 1)), self.coordinate(1, n % (SCAN + 1)));
            mass += p;
            first = [first[0] + p * u, first[1] + p * v];
            second = [second[0] + p * u * u, second[1] + p * u * v, second[2] + p * v * v];
        }
        let [a, b] = first.map(|m| m / mass);
        let [uu, uv, vv] = second.map(|m| m / mass);
        ([a, b], [uu - a * a, uv - a * b, vv - b * b])
    }

    /// The frame in which the covariance is diagonal, at the mean; the same axis if it is that.
    fn principal(&self) -> Frame {
        let (mean, [uu, uv, vv]) = self.moments();
        let (x, y) = self.frame.point(mean[0], mean[1]);
        let [c, s] = self.frame.axis;
        // A rotation is worth its while if the correlation is felt.
        if uv.abs() < 1e-3 * (uu * vv).sqrt() {
            return self.frame;
        }
        let (sine, cosine) = (0.5 * (2.0 * uv).atan2(uu - vv)).sin_cos();
        Frame { centre: [x, y], axis: [c * cosine - s * sine, s * cosine + c * sine] }
    }

    /// Rectangles in either direction, from the largest curvature where the mass is.
    fn rectangles(&self) -> [f64; 2] {
        let mut curvature = [0.0_f64; 2];
        for i in 1..SCAN {
            for j in 1..SCAN {
                let at = |i: usize, j: usize| self.values[i * (SCAN + 1) + j];
                if at(i, j) < SCANNED {
                    let bends = [
                        at(i + 1, j) - 2.0 * at(i, j) + at(i - 1, j),
                        at(i, j + 1) - 2.0 * at(i, j) + at(i, j - 1),
                    ];
                    for k in 0..2 {
                        curvature[k] = curvature[k].max(bends[k].abs());
                    }
                }
            }
        }
        // The side in units of the spacing is CURVATURES/√curvature.
        let wanted = curvature
            .map(|c| (SCAN as f64 * c.sqrt() / CURVATURES).clamp(RECTANGLES.0 as f64, RECTANGLES.1 as f64));
        // Too rough a potential is not resolved, which the two resolutions then show.
        let excess = (wanted[0] * wanted[1] / LARGEST_MESH).max(1.0).sqrt();
        wanted.map(|n| n / excess)
    }

    fn solve(&self, potential: &dyn Fn(f64, f64) -> f64) -> Result<PlaneReport> {
        // The direction with fewer rectangles is numbered first, which keeps the profile short.
        let wanted = self.rectangles();
        let swapped = wanted[0] < wanted[1];
        let order = if swapped { [1, 0] } else { [0, 1] };
        let density = |a: f64, b: f64| {
            let (u, v) = if swapped { (b, a) } else { (a, b) };
            let (x, y) = self.frame.point(u, v);
            (self.floor - potential(x, y)).exp()
        };
        let mut best: Option<(Enclosure, [usize; 2], usize)> = None;
        let mut failure = None;
        for refinement in REFINEMENTS {
            let count = order.map(|k| rounded_up(wanted[k] * refinement));
            if refinement > 1.0 && (count[0] * count[1]) as f64 > LARGEST_MESH {
                break;
            }
            let lattice = Lattice {
                density: &density,
                origin: order.map(|k| self.lo[k]),
                step: [0, 1].map(|n| (self.hi[order[n]] - self.lo[order[n]]) / count[n] as f64),
                count,
            };
            let solve = |n: usize| lattice.solve(DEGREES[n], CUTS[n]);
            let (coarse, fine) = match solve(0).and_then(|coarse| Ok((coarse, solve(1)?))) {
                Ok(pair) => pair,
                Err(error @ Error::Domain { .. }) => return Err(error),
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            let value = enclosure(&coarse, &fine)?;
            let change = (coarse.constant - fine.constant).abs();
            if best.as_ref().is_none_or(|(b, ..)| value.width() < b.width()) {
                best = Some((value, order.map(|k| count[k]), fine.unknowns));
            }
            if change <= SETTLED * fine.constant {
                break;
            }
        }
        let useless = |reached| Error::NoConvergence {
            what: "Poincare constant in the plane".to_owned(),
            reached,
            wanted: USELESS,
        };
        let Some((value, rectangles, unknowns)) = best else {
            return Err(failure.unwrap_or_else(|| useless(f64::INFINITY)));
        };
        if value.lo() <= 0.0 || value.relative_width() > USELESS {
            return Err(useless(value.relative_width()));
        }
        let (mean, [uu, uv, vv]) = self.moments();
        let (x, y) = self.frame.point(mean[0], mean[1]);
        let [c, s] = self.frame.axis;
        let covariance = [
            c * c * uu - 2.0 * c * s * uv + s * s * vv,
            c * s * (uu - vv) + (c * c - s * s) * uv,
            s * s * uu + 2.0 * c * s * uv + c * c * vv,
        ];
        Ok(PlaneReport { value, mean: [x, y], covariance, rectangles, unknowns })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count between RECTANGLES.0 and a small multiple of RECTANGLES.1"
)]
fn rounded_up(count: f64) -> usize {
    count.ceil() as usize
}

/// Two resolutions, each with a cut of its own.
fn enclosure(coarse: &Solved, fine: &Solved) -> Result<Enclosure> {
    if fine.outer > FELT {
        // The tails decay too slowly for the cut, or the gap lies at the edge of the essential spectrum.
        return Err(Error::NoConvergence {
            what: "cut of the plane (share of the energy near it)".to_owned(),
            reached: fine.outer,
            wanted: FELT,
        });
    }
    let error = (coarse.error + fine.error + fine.outer) * fine.constant;
    if !error.is_finite() {
        return Ok(Enclosure::unknown(Evidence::Converged));
    }
    Ok(Enclosure::refined(coarse.constant, fine.constant, ULPS).widened(error))
}

#[cfg(test)]
mod tests;
