//! Meshes of rectangles that resolve a mixture in the plane.

use crate::error::{Error, Result};
use crate::numerics::plane_fit::PlaneMesh;
use crate::path::{MixtureBase, MixtureSlice};

/// Side of a rectangle in standard deviations.
const SIDE: f64 = 1.6;
/// Growth of a side with the distance from a component, beyond its reach.
const GROWTH: f64 = 1.0;
/// Reach of a component with light tails, in standard deviations, and where its part of the mesh ends.
const REACH: f64 = 8.0;
/// The same for a heavy tail, from where on the sides grow.
const CORE: f64 = 3.0;
/// The mesh ends where the Student base has this mass outside, up to a factor.
const OUTSIDE: f64 = 1e-9;
/// Components farther apart, in standard deviations, do not meet.
const APART: f64 = 14.0;
/// Components apart by more than this, in standard deviations, meet on a narrower strip.
const CLOSE: f64 = 4.0;
/// Most rectangles.
const MOST: usize = 3600;

/// A component seen along one axis.
struct Bump {
    mean: f64,
    /// Standard deviation along its shortest axis, which the sides have to resolve.
    finest: f64,
    /// Standard deviation along the coordinate.
    std: f64,
}

/// The mesh for the law at one angle; `refinement` divides the sides.
pub(super) fn mesh_for(slice: &MixtureSlice<'_>, refinement: f64) -> Result<PlaneMesh> {
    let (sine, cosine) = slice.sine_cosine();
    let target = slice.path().target();
    let base = slice.path().base();
    let tail = match base {
        MixtureBase::Gaussian => 0.0,
        MixtureBase::Student(scales) => {
            // r^d p(r) is the mass outside up to a constant.
            let mut r = 1.0;
            while 2.0 * f64::ln(r) + scales.exact(r) > OUTSIDE.ln() && r < scales.radius() {
                r *= 1.2;
            }
            sine * r
        }
    };
    let edges = [0, 1].map(|axis| {
        let bumps: Vec<Bump> = (0..target.len())
            .map(|k| {
                let c = target.component_covariance(k)[(axis, axis)];
                let least = target.component_variances(k).iter().copied().fold(f64::INFINITY, f64::min);
                let total = |v: f64| (cosine * cosine * v + sine * sine).sqrt();
                let finest = total(least);
                // Where two components share the weight it passes from one to the other within finest²/distance.
                let distance = |l: usize| {
                    let apart = |i: usize| target.component_mean(k)[i] - target.component_mean(l)[i];
                    cosine * apart(0).hypot(apart(1)) / finest
                };
                let widest = (0..target.len()).map(distance).filter(|d| *d < APART).fold(0.0, f64::max);
                let strip = if slice.path().has_gaussian_base() { (widest / CLOSE).max(1.0) } else { 1.0 };
                Bump { mean: cosine * target.component_mean(k)[axis], finest: finest / strip, std: total(c) }
            })
            .collect();
        edges(&bumps, tail, refinement)
    });
    if (edges[0].len() - 1) * (edges[1].len() - 1) > MOST {
        let reached = ((edges[0].len() - 1) * (edges[1].len() - 1)) as f64;
        let what = "mesh for a mixture in the plane (rectangles)".to_owned();
        return Err(Error::NoConvergence { what, reached, wanted: MOST as f64 });
    }
    PlaneMesh::new(edges)
}

/// Edges whose distances follow the finest component nearby.
fn edges(bumps: &[Bump], tail: f64, refinement: f64) -> Vec<f64> {
    let end = |sign: f64| {
        let farthest = |b: &Bump| sign * b.mean + REACH * b.std + tail;
        sign * bumps.iter().map(farthest).fold(f64::NEG_INFINITY, f64::max)
    };
    let (first, last) = (end(-1.0), end(1.0));
    let core = if tail > 0.0 { CORE } else { REACH };
    let side = |x: f64| {
        let near = |b: &Bump| SIDE * b.finest + GROWTH * ((x - b.mean).abs() - core * b.std).max(0.0);
        bumps.iter().map(near).fold(f64::INFINITY, f64::min) / refinement
    };
    // Outwards from one of the components; the side at the middle of the next cell counts as much as that at its beginning.
    let march = |sign: f64, end: f64| {
        let mut list = vec![bumps[0].mean];
        let mut at = bumps[0].mean;
        while sign * at < sign * end && list.len() <= MOST {
            let here = side(at);
            at += sign * here.min(1.2 * side(at + sign * 0.5 * here));
            list.push(if sign * at < sign * end { at } else { end });
        }
        list
    };
    let mut edges = march(-1.0, first);
    edges.reverse();
    edges.pop();
    edges.extend(march(1.0, last));
    edges
}
