//! Poincaré constants of radial measures on `R^d`, and constants with a weight.
//!
//! For a measure with density `∝ e^{−U(|x|)}` on `R^d`, `d ≥ 2`, and a radial weight `ω`, the inequality
//! `Var(f) ≤ C ∫ ω|∇f|²` splits over spherical harmonics `f = φ(r)Y_ℓ`:
//!
//! - `ℓ = 0`: `Var_m(φ) ≤ C ∫ k φ'²` with `m = r^{d−1}e^{−U}`, `k = ωm`, as on the line;
//! - `ℓ ≥ 1`: `∫ m φ² ≤ C ∫ k (φ'² + ℓ(ℓ+d−2) φ²/r²)`, worst for `ℓ = 1`.
//!
//! So `C` is the larger of the constants of the sectors 0 and 1 (compare Bonnefont, Joulin, Ma, *Spectral
//! gap for spherically symmetric log-concave probability measures, and beyond*, 2016). The first comes
//! from the positive integral operator of [`solver`](super::solver), the second from spectral elements on
//! the same panels. All values are converged; nothing here is certified.

use super::solver::{CovarianceOperator, lanczos};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result};
use crate::measure::line::LineMeasure;
use crate::numerics::hierarchic::Basis;
use crate::numerics::panels::{Grading, PanelGrid};

/// Constants of a radial measure, sector by sector.
#[derive(Clone, Debug)]
pub struct RadialReport {
    /// The Poincaré constant: the larger of the two.
    pub value: Enclosure,
    /// Sector `ℓ = 0`: radial functions.
    pub radial_sector: Enclosure,
    /// Sector `ℓ = 1`: functions `φ(r) x_1/r`; on the line (`d = 1`) there is no such sector and this
    /// repeats the other.
    pub first_sector: Enclosure,
}

/// `−log` of the mass density at the cut, above its minimum.
const LEVEL: f64 = 45.0;
/// The same at the two cuts of a law with heavier than Gaussian tails.
const SLOW_LEVELS: [f64; 2] = [150.0, 300.0];
/// A change of the constant between the two cuts below this is a converged value.
const SETTLED: f64 = 1e-10;
/// Points at which the minimum of the radial potential is looked for, per octave, and octaves.
const PER_OCTAVE: i32 = 8;
const OCTAVES: i32 = 60;
/// Polynomial degrees of the spectral elements.
const DEGREES: [usize; 2] = [12, 16];
/// Rounding in units of the last place.
const ULPS: f64 = 4096.0;

/// Poincaré constant of the measure on `R^dim` with density `∝ e^{−U(|x|)}`, where `profile` has the
/// potential `U` on `[0, ∞)` or an interval of it (a ball or a shell). Euclidean weight 1.
///
/// # Errors
/// [`Error::Domain`] for `dim = 0`, for `dim = 1` or a profile with negative arguments (use
/// [`poincare_constant`](super::poincare_constant)); [`Error::NoConvergence`] for a profile that is not resolved.
pub fn radial_poincare_constant(profile: &LineMeasure, dim: usize) -> Result<RadialReport> {
    if dim < 2 {
        return Err(Error::domain("dim", dim, "at least 2"));
    }
    if !profile.tails().1.allows_poincare() {
        let value = Enclosure::infinite(Evidence::Converged);
        return Ok(RadialReport { value, radial_sector: value, first_sector: value });
    }
    weighted_radial_poincare_constant(profile, dim, |_| 1.0)
}

/// Best constant in `Var_μ(f) ≤ C ∫ ω f'² dμ` for a measure on the line and a positive weight.
///
/// # Errors
/// [`Error::NoConvergence`] if the potential or the weight is not resolved.
pub fn weighted_poincare_constant(measure: &LineMeasure, weight: impl Fn(f64) -> f64) -> Result<Enclosure> {
    let problem = Problem { measure, dim: 1, weight: &weight };
    problem.settled(|cut| problem.radial_sector(cut))
}

/// Best constant in `Var(f) ≤ C ∫ ω(|x|)|∇f|²` for the measure of [`radial_poincare_constant`] and a
/// positive radial weight; for a profile with polynomial tails as well, if the weight makes up for them.
///
/// # Errors
/// As [`radial_poincare_constant`].
pub fn weighted_radial_poincare_constant(
    profile: &LineMeasure,
    dim: usize,
    weight: impl Fn(f64) -> f64,
) -> Result<RadialReport> {
    if dim == 0 || profile.domain().0 < 0.0 {
        let found = format!("dim = {dim}, profile from {}", profile.domain().0);
        return Err(Error::domain("radial measure", found, "dim ≥ 1 and a profile on [0, ∞)"));
    }
    let problem = Problem { measure: profile, dim, weight: &weight };
    let radial_sector = problem.settled(|cut| problem.radial_sector(cut))?;
    let first_sector =
        if dim == 1 { radial_sector } else { problem.settled(|cut| problem.first_sector(cut))? };
    Ok(RadialReport { value: radial_sector.max(first_sector), radial_sector, first_sector })
}

/// Potential of the mass density, cut and discretised.
struct Problem<'a> {
    measure: &'a LineMeasure,
    dim: usize,
    weight: &'a dyn Fn(f64) -> f64,
}

/// Ends of the interval and the least value of the potential on it.
#[derive(Clone, Copy, Debug)]
struct Cut {
    ends: (f64, f64),
    floor: f64,
}

impl Problem<'_> {
    /// `−log` of the mass density at `r`.
    fn potential(&self, r: f64) -> f64 {
        let shape = if self.dim == 1 { 0.0 } else { (self.dim - 1) as f64 * r.ln() };
        self.measure.potential(r) - shape
    }

    /// Where the mass density has fallen by `e^{−level}`.
    fn cut(&self, level: f64) -> Cut {
        let (lo, hi) = self.measure.domain();
        let (near, far) = self.measure.support(1.0);
        let (middle, scale) = (0.5 * (near + far), (far - near).max(f64::MIN_POSITIVE));
        // Outward to infinity, or geometrically towards a finite end.
        let steps = |limit: f64, sign: f64| {
            let octaves = if limit.is_finite() { OCTAVES } else { 10 * OCTAVES };
            (-OCTAVES * PER_OCTAVE..=octaves * PER_OCTAVE).map(move |k| {
                let factor = 2f64.powf(f64::from(k) / f64::from(PER_OCTAVE));
                if limit.is_finite() {
                    limit + (middle - limit) / (1.0 + factor)
                } else {
                    middle + sign * scale * factor
                }
            })
        };
        let points = |limit, sign| steps(limit, sign).filter(|x| lo < *x && *x < hi && x.abs() < 1e150);
        let floor =
            points(hi, 1.0).chain(points(lo, -1.0)).map(|r| self.potential(r)).fold(f64::INFINITY, f64::min);
        let end = |sign: f64, limit: f64| {
            // The outermost point below the level, and one step on.
            let all: Vec<f64> = points(limit, sign).collect();
            let level = if limit.is_finite() { level.min(LEVEL) } else { level };
            match all.iter().rposition(|r| self.potential(*r) - floor < level) {
                Some(k) if k + 1 < all.len() => all[k + 1],
                Some(k) if !limit.is_finite() => all[k],
                _ => limit,
            }
        };
        Cut { ends: (end(-1.0, lo), end(1.0, hi)), floor }
    }

    /// The value at one cut for light tails; from two cuts otherwise, extrapolated in the inverse
    /// square of the level as at the edge of an essential spectrum if they differ.
    fn settled(&self, solve: impl Fn(Cut) -> Result<Enclosure>) -> Result<Enclosure> {
        let (left, right) = self.measure.tails();
        if left.allows_log_sobolev() && right.allows_log_sobolev() {
            return solve(self.cut(LEVEL));
        }
        let (coarse, fine) = (solve(self.cut(SLOW_LEVELS[0]))?, solve(self.cut(SLOW_LEVELS[1]))?);
        let change = (fine.mid() - coarse.mid()).abs();
        if change <= SETTLED * fine.mid() {
            return Ok(fine.widened(change));
        }
        // λ(R) = λ + c/level²: the two levels are in the ratio 1 : 2. The next term is of the order of the
        // cube, a share of the correction that the level bounds.
        let (at_coarse, at_fine) = (1.0 / coarse.mid(), 1.0 / fine.mid());
        let correction = (at_coarse - at_fine) / 3.0;
        let limit = 1.0 / (at_fine - correction);
        let error = (limit - fine.mid()).abs();
        Enclosure::new(fine.lo(), limit + error + ULPS * f64::EPSILON * limit, Evidence::Converged)
    }

    fn grid(&self, cut: Cut, order: usize) -> Result<PanelGrid> {
        let mut breaks = self.measure.kinks().to_vec();
        for (at, width) in self.measure.local_minima() {
            breaks.extend([at - 3.0 * width, at, at + 3.0 * width]);
        }
        let grading = Grading { order, variation: 6.0, ..Grading::default() };
        let (grid, _) = PanelGrid::graded(|r| self.potential(r), cut.ends, &breaks, cut.floor, &grading)?;
        Ok(grid)
    }

    fn densities(&self, grid: &PanelGrid, floor: f64) -> (Vec<f64>, Vec<f64>) {
        let mass: Vec<f64> = grid.nodes().iter().map(|r| (floor - self.potential(*r)).exp()).collect();
        let conductance = mass.iter().zip(grid.nodes()).map(|(m, r)| m * (self.weight)(*r)).collect();
        (mass, conductance)
    }

    fn radial_sector(&self, cut: Cut) -> Result<Enclosure> {
        let grid = self.grid(cut, 20)?;
        let at = |grid: &PanelGrid| {
            let (mass, conductance) = self.densities(grid, cut.floor);
            CovarianceOperator::new(grid, &mass, &conductance).top_eigenpair(None)
        };
        let (coarse, fine) = (at(&grid), at(&grid.with_order(24)?));
        let iteration = (coarse.iteration_error + fine.iteration_error) * fine.value;
        Ok(Enclosure::refined(coarse.value, fine.value, ULPS).widened(iteration))
    }

    fn first_sector(&self, cut: Cut) -> Result<Enclosure> {
        let grid = self.grid(cut, 24)?;
        let (mass, conductance) = self.densities(&grid, cut.floor);
        let angular = (self.dim - 1) as f64;
        let killing: Vec<f64> =
            conductance.iter().zip(grid.nodes()).map(|(k, r)| angular * k / (r * r)).collect();
        // φ vanishes at the origin.
        let origin = cut.ends.0 == 0.0;
        let solve = |degree: usize| {
            Elements::assemble(&grid, degree, &conductance, &killing, &mass, origin)
                .and_then(|elements| elements.top())
        };
        let (coarse, fine) = (solve(DEGREES[0])?, solve(DEGREES[1])?);
        Ok(Enclosure::refined(coarse, fine, ULPS))
    }
}

/// Banded matrices of `∫ kφ'² + qφ²` and `∫ mφ²` in integrated Legendre functions, continuous
/// across panels.
struct Elements {
    band: usize,
    /// Row `i` holds the entries `i − band ..= i`.
    energy: Vec<f64>,
    mass: Vec<f64>,
    size: usize,
}

impl Elements {
    fn assemble(
        grid: &PanelGrid,
        degree: usize,
        conductance: &[f64],
        killing: &[f64],
        mass: &[f64],
        vanishing: bool,
    ) -> Result<Self> {
        let rule = grid.rule();
        let n = rule.order();
        let Basis { values, slopes } = Basis::new(degree, rule.nodes());
        let panels = grid.edges().len() - 1;
        let size = panels * degree + 1;
        let mut elements = Self {
            band: degree,
            energy: vec![0.0; size * (degree + 1)],
            mass: vec![0.0; size * (degree + 1)],
            size,
        };
        for e in 0..panels {
            let half = 0.5 * (grid.edges()[e + 1] - grid.edges()[e]);
            for a in 0..=degree {
                for b in 0..=a {
                    let (mut energy, mut weight) = (0.0, 0.0);
                    for i in 0..n {
                        let node = e * n + i;
                        let w = grid.weights()[node];
                        let product = values[a][i] * values[b][i];
                        energy += w
                            * (conductance[node] * slopes[a][i] * slopes[b][i] / (half * half)
                                + killing[node] * product);
                        weight += w * mass[node] * product;
                    }
                    let slot = elements.slot(e * degree + a, e * degree + b);
                    elements.energy[slot] += energy;
                    elements.mass[slot] += weight;
                }
            }
        }
        if vanishing {
            for row in 0..=degree {
                let slot = elements.slot(row, 0);
                elements.energy[slot] = if row == 0 { 1.0 } else { 0.0 };
                elements.mass[slot] = 0.0;
            }
        }
        elements.factorise()?;
        Ok(elements)
    }

    fn slot(&self, row: usize, column: usize) -> usize {
        row * (self.band + 1) + self.band + column - row
    }

    /// Cholesky factor in place of the energy.
    fn factorise(&mut self) -> Result<()> {
        for i in 0..self.size {
            for j in i.saturating_sub(self.band)..=i {
                let from = i.saturating_sub(self.band).max(j.saturating_sub(self.band));
                let sum: f64 =
                    (from..j).map(|k| self.energy[self.slot(i, k)] * self.energy[self.slot(j, k)]).sum();
                let rest = self.energy[self.slot(i, j)] - sum;
                let slot = self.slot(i, j);
                if i == j {
                    if rest.is_nan() || rest <= 0.0 {
                        return Err(Error::NoConvergence {
                            what: "energy matrix of the first angular sector".to_owned(),
                            reached: rest,
                            wanted: f64::MIN_POSITIVE,
                        });
                    }
                    self.energy[slot] = rest.sqrt();
                } else {
                    self.energy[slot] = rest / self.energy[self.slot(j, j)];
                }
            }
        }
        Ok(())
    }

    /// Largest eigenvalue of `L^{−1} M L^{−T}`: the constant of the sector.
    fn top(&self) -> Result<f64> {
        let apply = |x: &[f64], out: &mut [f64]| {
            let mut y = x.to_vec();
            for i in (0..self.size).rev() {
                y[i] /= self.energy[self.slot(i, i)];
                for j in i.saturating_sub(self.band)..i {
                    y[j] -= self.energy[self.slot(i, j)] * y[i];
                }
            }
            let mut z = vec![0.0; self.size];
            for i in 0..self.size {
                for j in i.saturating_sub(self.band)..=i {
                    let m = self.mass[self.slot(i, j)];
                    z[i] += m * y[j];
                    if i != j {
                        z[j] += m * y[i];
                    }
                }
            }
            for i in 0..self.size {
                let from = i.saturating_sub(self.band);
                let sum: f64 = (from..i).map(|j| self.energy[self.slot(i, j)] * z[j]).sum();
                z[i] = (z[i] - sum) / self.energy[self.slot(i, i)];
            }
            out.copy_from_slice(&z);
        };
        // A start without symmetry of its own.
        let start = (0..self.size).map(|i| 1.0 + (i % 7) as f64 / 7.0).collect();
        let pair = lanczos(start, apply, |a, b| a.iter().zip(b).map(|(x, y)| x * y).sum());
        if pair.iteration_error > 1e-9 {
            return Err(Error::NoConvergence {
                what: "Lanczos iteration of the first angular sector".to_owned(),
                reached: pair.iteration_error,
                wanted: 1e-9,
            });
        }
        Ok(pair.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::tolerances::{COARSE, ROUNDING, SOLVED};

    /// A weight `1 + r²` and the density `∝ (1 + |x|²)^{−β}`: the tail index is `α = 2β − d`.
    fn student_like(alpha: f64, dim: usize, lo: f64) -> LineMeasure {
        let beta = 0.5 * (alpha + dim as f64);
        LineMeasure::parse(&format!("{beta}*log(1 + x^2)"), lo, f64::INFINITY).unwrap()
    }

    fn assert_value(name: &str, found: Enclosure, exact: f64, width: f64) {
        let rounding = 4.0 * f64::EPSILON * exact;
        assert!(found.widened(rounding).contains(exact), "{name}: {found}, exact {exact}");
        assert!(found.relative_width() <= width, "{name}: {found}");
    }

    /// Relative width of a value that does not lie at the edge of the essential spectrum.
    const NARROW: f64 = 1e-9;
    /// The same at the edge, where two cuts are extrapolated.
    const AT_EDGE: f64 = 5e-3;

    #[test]
    fn gaussian_exponential_and_ball_have_their_known_constants() {
        let normal = LineMeasure::chi(1.0).unwrap();
        let exponential = LineMeasure::exponential(1.0).unwrap();
        let ball = LineMeasure::uniform(0.0, 1.0).unwrap();
        // First zeros of the derivative of J_1 and of the spherical j_1.
        for (dim, zero) in [(2, 1.841_183_781_340_659_3_f64), (3, 2.081_575_977_818_101)] {
            let report = radial_poincare_constant(&ball, dim).unwrap();
            assert_value("ball", report.value, zero.powi(-2), NARROW);
        }
        for dim in [2, 3, 10] {
            let d = dim as f64;
            let report = radial_poincare_constant(&normal, dim).unwrap();
            assert_value("normal, ℓ = 0", report.radial_sector, 0.5, NARROW);
            assert_value("normal, ℓ = 1", report.first_sector, 1.0, NARROW);
            // φ = r e^{r/(d+1)} and, in the other sector, the Gamma law of shape d.
            let report = radial_poincare_constant(&exponential, dim).unwrap();
            assert_value("exponential, ℓ = 0", report.radial_sector, (d + 1.0).powi(2) / d, NARROW);
            assert_value("exponential, ℓ = 1", report.first_sector, (d + 1.0).powi(2) / d, NARROW);
        }
    }

    #[test]
    fn weighted_constants_of_heavy_tails_are_the_sharp_ones() {
        for (dim, alpha) in [(2, 3.0), (2, 6.0), (3, 4.5), (3, 6.0), (10, 3.0), (10, 6.0), (10, 13.0)] {
            let d = dim as f64;
            let (gap, width) = if alpha <= 4.0 {
                (alpha * alpha / 4.0, AT_EDGE)
            } else if alpha <= d + 2.0 {
                (2.0 * alpha - 4.0, 1e-6)
            } else {
                (alpha + d - 2.0, NARROW)
            };
            let law = student_like(alpha, dim, 0.0);
            let report = weighted_radial_poincare_constant(&law, dim, |r| 1.0 + r * r).unwrap();
            assert_value(&format!("d = {dim}, α = {alpha}"), report.value, 1.0 / gap, width);
        }
        for (alpha, gap, width) in [(1.0, 0.25, AT_EDGE), (2.5, 1.5, NARROW), (4.0, 3.0, NARROW)] {
            let law = student_like(alpha, 1, f64::NEG_INFINITY);
            let found = weighted_poincare_constant(&law, |x| 1.0 + x * x).unwrap();
            assert_value(&format!("d = 1, α = {alpha}"), found, 1.0 / gap, width);
        }
    }

    #[test]
    fn cuts_lie_one_step_beyond_the_level() {
        let step = 2f64.powf(1.0 / f64::from(PER_OCTAVE));
        let weight = |_: f64| 1.0;
        let half = LineMeasure::chi(1.0).unwrap();
        let problem = Problem { measure: &half, dim: 3, weight: &weight };
        let (x, exact) = (1.7, 0.5 * 1.7 * 1.7 - 2.0 * 1.7_f64.ln());
        assert!((problem.potential(x) - exact).abs() <= 8.0 * f64::EPSILON);
        for level in [10.0, 45.0] {
            let cut = problem.cut(level);
            // r²/2 − 2 log r is smallest at √2; the points around it are a twelfth apart, the curvature is 2.
            let lowest = 1.0 - 2.0_f64.ln();
            assert!(cut.floor >= lowest && cut.floor <= lowest + 0.02, "{cut:?}");
            let height = |r: f64| problem.potential(r) - cut.floor;
            assert!(height(cut.ends.1) >= level && height(cut.ends.1 / (step * step)) < level, "{cut:?}");
            assert!(cut.ends.0 >= 0.0 && (cut.ends.0 == 0.0 || height(cut.ends.0) >= level), "{cut:?}");
        }
        // On the line, to both sides of a minimum that is not the origin.
        let normal = LineMeasure::gaussian(3.0, 0.5).unwrap();
        let line = Problem { measure: &normal, dim: 1, weight: &weight };
        let cut = line.cut(45.0);
        for end in [cut.ends.0, cut.ends.1] {
            let distance = (end - 3.0).abs() / 0.5 / 90.0_f64.sqrt();
            assert!(distance >= 1.0 - 1e-3 && distance <= step * (1.0 + COARSE), "{cut:?}");
        }
        assert!(cut.floor >= 0.0 && cut.floor < SOLVED, "{cut:?}");
        // A shell keeps both of its ends.
        let shell = LineMeasure::uniform(1.0, 2.0).unwrap();
        let cut = Problem { measure: &shell, dim: 4, weight: &weight }.cut(45.0);
        assert!((cut.ends.0 - 1.0).abs() <= ROUNDING && (cut.ends.1 - 2.0).abs() <= ROUNDING, "{cut:?}");
        assert!((cut.floor + 3.0 * 2.0_f64.ln()).abs() <= SOLVED, "{cut:?}");
    }

    #[test]
    fn light_tails_need_one_cut_and_heavy_ones_are_extrapolated_from_two() {
        let weight = |_: f64| 1.0;
        let calls = std::cell::Cell::new(0);
        let normal = LineMeasure::chi(1.0).unwrap();
        let problem = Problem { measure: &normal, dim: 2, weight: &weight };
        let value = problem.settled(|cut| {
            calls.set(calls.get() + 1);
            assert_eq!(cut.ends, problem.cut(LEVEL).ends);
            Ok(Enclosure::exact(0.7))
        });
        assert_eq!((value.unwrap().mid(), calls.get()), (0.7, 1));
        let exponential = LineMeasure::exponential(1.0).unwrap();
        let problem = Problem { measure: &exponential, dim: 2, weight: &weight };
        let coarse_end = problem.cut(SLOW_LEVELS[0]).ends.1;
        assert!(coarse_end >= SLOW_LEVELS[0] && problem.cut(SLOW_LEVELS[1]).ends.1 >= SLOW_LEVELS[1]);
        // λ + c/level².
        let (gap, c) = (0.25, 30.0);
        let constant = |level: f64| 1.0 / (gap + c / (level * level));
        let fine = constant(SLOW_LEVELS[1]);
        let value = problem
            .settled(|cut| {
                let first = cut.ends.1 == coarse_end;
                Ok(Enclosure::exact(if first { constant(SLOW_LEVELS[0]) } else { fine }))
            })
            .unwrap();
        let rounding = ULPS * f64::EPSILON / gap;
        assert_eq!(value.lo(), fine);
        let allowed = value.hi() - (1.0 / gap + (1.0 / gap - fine));
        assert!((0.9 * rounding..=1.1 * rounding).contains(&allowed), "{value}, {fine}");
        // Two values that agree are the value, with their difference.
        let change = 1e-11;
        let settled = problem
            .settled(|cut| Ok(Enclosure::exact(if cut.ends.1 == coarse_end { 4.0 } else { 4.0 + change })))
            .unwrap();
        assert!(
            settled.contains(4.0) && settled.contains(4.0 + 2.0 * change) && settled.width() <= 2.1 * change,
            "{settled}"
        );
    }

    #[test]
    fn heavy_tails_on_either_side_call_for_two_cuts() {
        let weight = |_: f64| 1.0;
        for rates in [(1.0, f64::INFINITY), (f64::INFINITY, 1.0)] {
            let end = |rate: f64| if rate.is_finite() { f64::INFINITY } else { 1.0 };
            let law = LineMeasure::laplace(1.0).unwrap().restricted(-end(rates.0), end(rates.1)).unwrap();
            let problem = Problem { measure: &law, dim: 1, weight: &weight };
            let calls = std::cell::Cell::new(0);
            let value = problem.settled(|_| {
                calls.set(calls.get() + 1);
                Ok(Enclosure::exact(1.0))
            });
            assert!(value.is_ok() && calls.get() == 2, "{rates:?}");
        }
    }

    #[test]
    fn banded_elimination_agrees_with_the_dense_one() {
        use nalgebra::DMatrix;
        let grid = PanelGrid::from_edges(vec![0.5, 1.0, 1.7, 2.0], 10).unwrap();
        let list = |f: &dyn Fn(f64) -> f64| grid.nodes().iter().map(|r| f(*r)).collect::<Vec<_>>();
        let (conductance, killing, mass) =
            (list(&|r| 1.0 + r), list(&|r| 2.0 / r), list(&|r| 1.0 + 0.5 * r * r));
        for (degree, vanishing) in [(1, false), (2, true), (4, false), (4, true)] {
            let elements =
                Elements::assemble(&grid, degree, &conductance, &killing, &mass, vanishing).unwrap();
            // The same forms by brute force: functions on the nodes.
            let Basis { values, slopes } = Basis::new(degree, grid.rule().nodes());
            let (n, size) = (grid.rule().order(), 3 * degree + 1);
            assert_eq!(elements.size, size);
            let (mut energy, mut weight) =
                (DMatrix::<f64>::zeros(size, size), DMatrix::<f64>::zeros(size, size));
            for e in 0..3 {
                let half = 0.5 * (grid.edges()[e + 1] - grid.edges()[e]);
                for a in 0..=degree {
                    for b in 0..=degree {
                        for i in 0..n {
                            let (node, at) = (e * n + i, (e * degree + a, e * degree + b));
                            let w = grid.weights()[node];
                            energy[at] += w * conductance[node] * slopes[a][i] * slopes[b][i] / half.powi(2)
                                + w * killing[node] * values[a][i] * values[b][i];
                            weight[at] += w * mass[node] * values[a][i] * values[b][i];
                        }
                    }
                }
            }
            let from = usize::from(vanishing);
            let (energy, weight) = (
                energy.view((from, from), (size - from, size - from)).into_owned(),
                weight.view((from, from), (size - from, size - from)).into_owned(),
            );
            let factor = energy.clone().cholesky().unwrap();
            for i in from..size {
                for j in i.saturating_sub(degree).max(from)..=i {
                    let (found, exact) =
                        (elements.energy[elements.slot(i, j)], factor.l()[(i - from, j - from)]);
                    assert!(
                        (found - exact).abs() <= ROUNDING * exact.abs().max(1.0),
                        "{i}, {j}: {found}, {exact}"
                    );
                }
            }
            let inverse = factor.l().try_inverse().unwrap();
            let top = (&inverse * weight * inverse.transpose()).symmetric_eigenvalues().max();
            let found = elements.top().unwrap();
            assert!((found / top - 1.0).abs() <= ROUNDING, "{degree}, {vanishing}: {found}, {top}");
        }
        let negative = list(&|_| -50.0);
        assert!(Elements::assemble(&grid, 2, &conductance, &negative, &mass, false).is_err());
    }

    #[test]
    fn bad_input_is_refused() {
        let line = LineMeasure::gaussian(0.0, 1.0).unwrap();
        assert!(radial_poincare_constant(&line, 2).is_err());
        assert!(radial_poincare_constant(&LineMeasure::chi(1.0).unwrap(), 1).is_err());
        assert!(weighted_radial_poincare_constant(&LineMeasure::chi(1.0).unwrap(), 0, |_| 1.0).is_err());
        let heavy = student_like(3.0, 2, 0.0);
        assert!(radial_poincare_constant(&heavy, 2).unwrap().value.is_infinite());
    }
}
