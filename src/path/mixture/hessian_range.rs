//! How far the eigenvalues of `∇²log p_φ(y)` range over all `y`: the score is Lipschitz iff both ends are finite.
//!
//! With precisions `P_c` and posterior weights `r_c` of the components, `∇²log p = −Σ r_c P_c + Cov_r(g_c)`, `g_c = −P_c(y−m_c)`.
//!
//! - Below, `≥ −max λ_max(P_c)` always (Gaussian base).
//! - Above, with one covariance for all, `≤ −λ_min(P) + max|P(m_k−m_l)|²/4`: the variance of a direction is at most a quarter of
//!   the square of its range.
//! - Far away in the direction `e` the components with the least `eᵀP_c e` remain. If one covariance is the largest in the order of
//!   forms, its components remain in all directions. Otherwise two components with `P_k ≠ P_l` share the weight along
//!   some curves to infinity, where the Hessian grows like `|y|²`: on the sphere two cells of the least form have a common
//!   face across which `eᵀ(P_k−P_l)e` changes its sign, which excludes that `P_k−P_l` vanishes on the face.
//!   If the largest covariance agrees with a smaller one in some direction it takes more to decide; where the means do not
//!   differ in these directions nothing grows, in other cases nothing is claimed.
//! - Student base with `n` degrees of freedom in dimension `d`, any target: from `−(n+d)/(n sin²φ)` to
//!   `((n+d)/(8n) + (n+d)²/(4n))/sin²φ`, by the derivatives of the logarithm of the base density.
//!
//! The values found are those of a search from many starts; they bound the supremum from below and the infimum from above.

use super::{MixtureBase, MixtureSlice};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::measure::mixture::kernel;
use crate::numerics::stream::stream;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Starts drawn around components, points on each segment between two means, and most segments.
const DRAWN: usize = 32;
const ON_SEGMENT: usize = 9;
const SEGMENTS: usize = 40;
/// Starts that are refined, and halvings of the step of the refinement.
const REFINED: usize = 6;
const HALVINGS: usize = 24;
/// Moves of a refinement at one step.
const MOVES: usize = 40;
/// Relative differences below this are taken for rounding when covariances are compared.
const SAME: f64 = 1e-10;
/// Rounding of an eigenvalue relative to the size of the terms.
const ROUNDING: f64 = 1e-12;

/// Extreme eigenvalues of `∇²log p_φ` over all points, see the module.
#[derive(Clone, PartialEq, Debug)]
pub struct HessianRange {
    /// Infimum of the least eigenvalue: from a proved bound (`−∞` if there is none) to the least value found.
    pub lower: Enclosure,
    /// Supremum of the largest eigenvalue: from the largest value found to a proved bound (`+∞` if there is none); known to
    /// be infinite where covariances differ such that it grows like `|y|²`.
    pub upper: Enclosure,
    /// Least and largest value found.
    pub found: [f64; 2],
    /// Where they were found.
    pub at: [Vec<f64>; 2],
}

impl HessianRange {
    /// The Lipschitz constant of the score, the larger of the ends in absolute value: from the value found to the bound.
    pub fn lipschitz(&self) -> Enclosure {
        if self.upper.is_infinite() {
            return self.upper;
        }
        let above = self.lower.lo().abs().max(self.upper.hi().abs());
        let below = self.found[0].abs().max(self.found[1].abs()) * (1.0 - ROUNDING);
        let evidence = self.lower.evidence().weakest(self.upper.evidence());
        Enclosure::new(below.min(above), above, evidence).unwrap_or(Enclosure::unknown(evidence))
    }

    /// Whether the largest eigenvalue is known to grow without bound.
    pub fn is_unbounded(&self) -> bool {
        self.upper.is_infinite()
    }
}

impl MixtureSlice<'_> {
    /// Extreme eigenvalues of the Hessian of the logarithm of the density over all points.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] if no start of the search gives a number.
    pub fn hessian_range(&self) -> Result<HessianRange> {
        let starts = self.starts();
        let (least, low_at) = self.search(&starts, -1.0)?;
        let (most, high_at) = self.search(&starts, 1.0)?;
        let found = [-least, most];
        let (floor, ceiling, infinite) = match self.path().base() {
            MixtureBase::Student(_) => self.student_bounds(),
            MixtureBase::Gaussian => self.gaussian_bounds(),
        };
        // The bounds are closed forms in rounded numbers, the values found rounded sums.
        let slack = |x: f64| if x.is_finite() { ROUNDING * x.abs() } else { 0.0 };
        let size = found[0].abs().max(found[1].abs());
        let ends = |lo: f64, hi: f64| {
            Enclosure::new(lo.min(hi), hi.max(lo), Evidence::Converged)
                .unwrap_or(Enclosure::unknown(Evidence::Converged))
        };
        let upper = if infinite {
            Enclosure::infinite(Evidence::Converged)
        } else {
            ends(found[1] - slack(size), ceiling + slack(ceiling))
        };
        Ok(HessianRange {
            lower: ends(floor - slack(floor), found[0] + slack(size)),
            upper,
            found,
            at: [low_at, high_at],
        })
    }

    /// A proved bound above for the largest eigenvalue of `∇²log p_φ` over all points, in closed form, see the module; infinite where there
    /// is none (components with different covariances).
    pub fn largest_eigenvalue_bound(&self) -> f64 {
        let ceiling = match self.path().base() {
            MixtureBase::Student(_) => self.student_bounds().1,
            MixtureBase::Gaussian => self.gaussian_bounds().1,
        };
        ceiling + if ceiling.is_finite() { ROUNDING * ceiling.abs() } else { 0.0 }
    }

    /// Bounds for a Student base, whatever the target is.
    fn student_bounds(&self) -> (f64, f64, bool) {
        let MixtureBase::Student(scales) = self.path().base() else {
            return (f64::NEG_INFINITY, f64::INFINITY, false);
        };
        let (n, d) = (scales.freedom(), self.path().dim() as f64);
        let square = self.sine_cosine().0.powi(2);
        let sum = n + d;
        (-sum / (n * square), (sum / (8.0 * n) + sum * sum / (4.0 * n)) / square, false)
    }

    /// Bounds below and above for one scale of the base (infinite if there is none), and whether there cannot be one above.
    fn gaussian_bounds(&self) -> (f64, f64, bool) {
        let steepest = |groups: &[kernel::Group]| {
            groups.iter().flat_map(|g| &g.members[0].precisions).copied().fold(0.0, f64::max)
        };
        let floor = -steepest(self.groups());
        let covariances: Vec<DMatrix<f64>> = self
            .groups()
            .iter()
            .map(|g| {
                let variances: Vec<f64> = g.members[0].precisions.iter().map(|p| p.recip()).collect();
                g.matrix_out(DMatrix::from_diagonal(&kernel::column(&variances)))
            })
            .collect();
        let size = covariances.iter().map(DMatrix::amax).fold(0.0, f64::max);
        let reference = covariances.iter().max_by(|a, b| a.trace().total_cmp(&b.trace()));
        let Some(largest) = reference else { return (floor, f64::INFINITY, false) };
        let differs = |c: &DMatrix<f64>| (c - largest).amax() > SAME * size;
        if !covariances.iter().any(differs) {
            let group = &self.groups()[0];
            let gentlest = group.members[0].precisions.iter().copied().fold(f64::INFINITY, f64::min);
            let mut widest = 0.0_f64;
            for a in self.groups() {
                for b in self.groups() {
                    let apart = group.along_axes(
                        &group
                            .mean
                            .iter()
                            .zip(a.mean.iter().zip(&b.mean))
                            .map(|(o, (x, y))| o + x - y)
                            .collect::<Vec<_>>(),
                    );
                    let pulled = apart.iter().zip(&group.members[0].precisions).map(|(x, p)| (x * p).powi(2));
                    widest = widest.max(pulled.sum());
                }
            }
            // The covariances may differ by SAME, which is felt where the means are far apart.
            return (floor, (0.25 * widest - gentlest) + 4.0 * SAME * (widest - floor), false);
        }
        // One of the largest trace dominates, or none does.
        let dominated = covariances.iter().all(|c| {
            let least = (largest - c).symmetric_eigenvalues().min();
            least >= -SAME * size
        });
        (floor, f64::INFINITY, !dominated)
    }

    /// Where to look: means, points between them, and points drawn around them at several distances.
    fn starts(&self) -> Vec<Vec<f64>> {
        let groups = self.groups();
        let mut starts: Vec<Vec<f64>> = groups.iter().map(|g| g.mean.clone()).collect();
        let mut segments = 0;
        for (k, a) in groups.iter().enumerate() {
            for b in &groups[..k] {
                if segments == SEGMENTS {
                    break;
                }
                segments += 1;
                for i in 1..=ON_SEGMENT {
                    let t = i as f64 / (ON_SEGMENT + 1) as f64;
                    starts.push(a.mean.iter().zip(&b.mean).map(|(x, y)| x + t * (y - x)).collect());
                }
            }
        }
        let mut draws = stream(0, "path/mixture/hessian_range", 0);
        for i in 0..DRAWN {
            let group = &groups[i % groups.len()];
            let reach = [0.5, 1.0, 2.0, 4.0][i / groups.len() % 4];
            // The heaviest member of the group.
            let Some(member) = group.members.iter().max_by(|a, b| a.log_height.total_cmp(&b.log_height))
            else {
                continue;
            };
            let along = member.precisions.iter().map(|p| {
                let normal: f64 = draws.sample(StandardNormal);
                reach * normal / p.sqrt()
            });
            let away = group.turned_out(along.collect());
            starts.push(group.mean.iter().zip(away).map(|(m, a)| m + a).collect());
        }
        starts
    }

    /// Largest value of `sign·λ`, λ the extreme eigenvalue of that sign, and where.
    fn search(&self, starts: &[Vec<f64>], sign: f64) -> Result<(f64, Vec<f64>)> {
        let value = |y: &[f64]| {
            let first = kernel::first(self.groups(), y);
            let hessian = kernel::second(self.groups(), y, &first).hessian * sign;
            if hessian.iter().any(|h| !h.is_finite()) {
                return f64::NEG_INFINITY;
            }
            if y.len() == 1 { hessian[(0, 0)] } else { hessian.symmetric_eigenvalues().max() }
        };
        let mut ranked: Vec<(f64, &Vec<f64>)> = starts.iter().map(|y| (value(y), y)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut best = (f64::NEG_INFINITY, vec![]);
        let scale = self.groups().iter().flat_map(|g| &g.members).flat_map(|m| &m.precisions).copied();
        let scale = scale.fold(f64::INFINITY, f64::min).recip().sqrt();
        let spread = self.groups().iter().flat_map(|g| &g.mean).fold(0.0_f64, |a, m| a.max(m.abs()));
        let step = scale.min(10.0 * (spread + 1.0)).max(0.1 * spread);
        // Neighbouring starts lead to the same place: of each pair the better one is kept.
        let mut kept: Vec<&Vec<f64>> = Vec::new();
        for (_, y) in ranked {
            let distance = |other: &Vec<f64>| (kernel::column(y) - kernel::column(other)).norm();
            if kept.iter().all(|other| distance(other) > 0.1 * step) {
                kept.push(y);
            }
            if kept.len() == REFINED {
                break;
            }
        }
        for start in kept {
            let refined = climb(&value, start, step);
            if refined.0 > best.0 {
                best = refined;
            }
        }
        if best.0.is_finite() {
            return Ok(best);
        }
        Err(Error::NoConvergence {
            what: "search for the extreme eigenvalues of the Hessian".to_owned(),
            reached: best.0,
            wanted: 0.0,
        })
    }
}

/// Compass search: the best of the neighbours along the axes and along the last move, at falling distances.
fn climb(value: &dyn Fn(&[f64]) -> f64, start: &[f64], step: f64) -> (f64, Vec<f64>) {
    let d = start.len();
    let (mut best, mut at, mut step) = (value(start), kernel::column(start), 0.5 * step);
    let mut last: Option<DVector<f64>> = None;
    for _ in 0..HALVINGS {
        for _ in 0..MOVES {
            let axes = (0..d).flat_map(|i| {
                [1.0, -1.0].map(|sign| {
                    let mut e = DVector::zeros(d);
                    e[i] = sign * step;
                    e
                })
            });
            let mut moved: Option<(f64, DVector<f64>)> = None;
            for by in axes.chain(last.clone()) {
                let there = value((&at + &by).as_slice());
                if there > moved.as_ref().map_or(best, |m| m.0) {
                    moved = Some((there, by));
                }
            }
            let Some((there, by)) = moved else { break };
            (best, at) = (there, at + &by);
            // A diagonal of the last two moves follows a ridge.
            last = Some(last.map_or(by.clone(), |previous| 0.5 * previous + by));
        }
        step *= 0.5;
        last = None;
    }
    (best, at.as_slice().to_vec())
}
