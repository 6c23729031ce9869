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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::mixture::Mixture;
    use crate::path::MixturePath;
    use nalgebra::{DMatrix, DVector};

    /// Rounding of edges of size twenty.
    const ROUNDING: f64 = 1e2 * f64::EPSILON;

    fn bump(mean: f64, finest: f64, std: f64) -> Bump {
        Bump { mean, finest, std }
    }

    #[track_caller]
    fn are(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < ROUNDING), "{found:?} {expected:?}");
    }

    fn mirrored(right: &[f64]) -> Vec<f64> {
        right.iter().skip(1).rev().map(|x| -x).chain(right.iter().copied()).collect()
    }

    #[test]
    fn sides_follow_the_finest_component_nearby() {
        // Light tails: equal sides up to eight standard deviations.
        let right = [0.0, 1.6, 3.2, 4.8, 6.4, 8.0, 8.8];
        are(&edges(&[bump(0.0, 1.0, 1.1)], 0.0, 1.0), &mirrored(&right));
        // With a heavy tail sides grow from three standard deviations on: 1.6 + (x − 3).
        let right = [0.0, 1.6, 3.2, 5.0, 8.6, 15.8, 18.0];
        are(&edges(&[bump(0.0, 1.0, 1.0)], 10.0, 1.0), &mirrored(&right));
        // Towards a finer component: 0.8 within 6 and 14, and a side that ends in it counts with 1.2 of that at its middle.
        let mut list = vec![-16.4, -16.0, -12.8, -9.6, -6.4, -3.2, 0.0, 3.2, 5.6];
        list.extend((0..=10).map(|k| 6.56 + 0.8 * f64::from(k)));
        list.extend([15.92, 16.4]);
        are(&edges(&[bump(0.0, 2.0, 2.05), bump(10.0, 0.5, 0.5)], 0.0, 1.0), &list);
    }

    #[test]
    fn meshes_move_and_scale_with_the_components() {
        let bumps = |shift: f64, scale: f64| {
            [(1.0, 0.6, 1.4), (-4.0, 1.5, 2.0)]
                .map(|(m, f, s)| bump(shift + scale * m, scale.abs() * f, scale.abs() * s))
        };
        for tail in [0.0, 7.0] {
            let plain = edges(&bumps(0.0, 1.0), tail, 1.0);
            assert!(plain.windows(2).all(|w| w[0] < w[1]) && plain.contains(&1.0), "{plain:?}");
            // Ends: eight standard deviations beyond the means, and the tail.
            are(&[plain[0], plain[plain.len() - 1]], &[-20.0 - tail, (12.2_f64).max(12.0) + tail]);
            let moved: Vec<f64> = plain.iter().map(|x| x + 3.0).collect();
            are(&edges(&bumps(3.0, 1.0), tail, 1.0), &moved);
            let scaled: Vec<f64> = plain.iter().map(|x| 2.0 * x).collect();
            are(&edges(&bumps(0.0, 2.0), 2.0 * tail, 1.0), &scaled);
            let turned: Vec<f64> = plain.iter().rev().map(|x| -x).collect();
            are(&edges(&bumps(0.0, -1.0), tail, 1.0), &turned);
            // Half the sides, up to those that are cut off at the ends.
            let fine = edges(&bumps(0.0, 1.0), tail, 2.0);
            let (cells, more) = (plain.len() - 1, fine.len() - 1);
            assert!(2 * cells - 4 <= more && more <= 2 * cells + 4, "{cells} {more}");
        }
        // As many as are ever used, and not for ever.
        assert!(edges(&[bump(0.0, 1e-6, 1.0)], 0.0, 1.0).len() <= 2 * MOST + 4);
    }

    #[test]
    fn a_path_has_the_mesh_of_its_components() {
        let mean = |x: f64, y: f64| DVector::from_vec(vec![x, y]);
        let covariance = DMatrix::from_row_slice(2, 2, &[4.0, 0.0, 0.0, 0.25]);
        let normal = Mixture::new(&[1.0], vec![mean(2.0, -1.0)], vec![covariance]).unwrap();
        let path = MixturePath::gaussian(normal);
        let slice = path.slice(0.6).unwrap();
        let (s, c) = slice.sine_cosine();
        let std = |v: f64| (c * c * v + s * s).sqrt();
        let mesh = mesh_for(&slice, 1.0).unwrap();
        for (axis, (m, v)) in [(2.0, 4.0), (-1.0, 0.25)].into_iter().enumerate() {
            are(&mesh.edges()[axis], &edges(&[bump(c * m, std(0.25), std(v))], 0.0, 1.0));
        }
        // Components that are eight standard deviations apart meet on a strip of half a standard deviation.
        let two = |distance: f64| {
            let means = vec![mean(0.0, 0.0), mean(0.6 * distance, 0.8 * distance)];
            let covariance = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 0.5]);
            MixturePath::gaussian(Mixture::new(&[1.0; 2], means, vec![covariance; 2]).unwrap())
        };
        for (distance, strip) in [(3.0, 1.0), (8.0, 2.0), (13.5, 3.375), (15.0, 1.0)] {
            let apart = distance * std(0.5);
            let path = two(apart / c);
            let mesh = mesh_for(&path.slice(0.6).unwrap(), 1.0).unwrap();
            let bumps = [0.0, 0.6 * apart].map(|m| bump(m, std(0.5) / strip, std(1.0)));
            are(&mesh.edges()[0], &edges(&bumps, 0.0, 1.0));
        }
        // A Student base: sides that grow, over a range that leaves out 10⁻⁹ of the mass, and no strips.
        let law = Mixture::isotropic(&[1.0; 2], vec![mean(0.0, 0.0), mean(6.0, 0.0)], &[1.0; 2]).unwrap();
        let student = MixturePath::student(law, 3.0).unwrap();
        let slice = student.slice(0.6).unwrap();
        let mesh = mesh_for(&slice, 1.0).unwrap();
        let MixtureBase::Student(scales) = student.base() else { unreachable!() };
        let [first, _] = mesh.edges();
        let reach = (-first[0] - REACH) / s;
        let outside = |r: f64| 2.0 * r.ln() + scales.exact(r) - OUTSIDE.ln();
        assert!(outside(reach) <= 0.0 && outside(reach / 1.2) > 0.0, "{reach}");
        are(first, &edges(&[0.0, 6.0 * c].map(|m| bump(m, 1.0, 1.0)), s * reach, 1.0));
        // More rectangles than are of use.
        let path = two(1.0);
        let slice = path.slice(0.6).unwrap();
        assert!(mesh_for(&slice, 3.0).is_ok());
        assert!(matches!(mesh_for(&slice, 20.0), Err(Error::NoConvergence { .. })));
    }
}
