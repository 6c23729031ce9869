//! Spectral elements in the plane on a lattice of rectangles: `max Var(u)/E(u)` over continuous piecewise
//! polynomials.
//!
//! The basis on a rectangle is a tensor product of two hats and integrated Legendre polynomials. The hats
//! add up to one, so fixing one vertex at zero removes the constants and nothing else, and the energy of
//! what is left is positive definite. Interior functions are eliminated element by element; the rest is
//! factorised along its profile. Rectangles on which the density is negligible are left out.

use super::super::solver::lanczos;
use crate::error::{Error, Result};
use crate::numerics::hierarchic::Basis;
use crate::numerics::panels::GaussRule;
use crate::numerics::skyline::{Skyline, dot, not_positive};

/// Quadrature nodes per direction beyond the degree.
const EXTRA_NODES: usize = 6;
/// The energy density is raised by `e^{−cut − BELOW_CUT}`, which keeps the elimination on a rectangle that is
/// mostly empty stable. It counts where a barrier is almost as high as the cut; there the two
/// resolutions, whose cuts differ, show it.
const BELOW_CUT: f64 = 2.0;
/// The part of the domain near the cut, in units of the level of the cut.
const OUTER_SHARE: f64 = 0.7;
/// Rounding of an entry of the energy matrix, in units of its last place.
const ENTRY_ULPS: f64 = 8.0;
/// Largest error accepted of the iteration.
const ITERATION: f64 = 1e-9;

/// A density on a lattice of rectangles.
pub(super) struct Lattice<'a> {
    /// Density, at most about one.
    pub density: &'a dyn Fn(f64, f64) -> f64,
    /// Lower left corner.
    pub origin: [f64; 2],
    /// Sides of a rectangle.
    pub step: [f64; 2],
    /// Rectangles in either direction.
    pub count: [usize; 2],
}

/// The best constant on the space of one degree.
pub(super) struct Solved {
    /// The constant.
    pub constant: f64,
    /// Relative error by rounding and by the iteration.
    pub error: f64,
    /// Share of the energy near the cut.
    pub outer: f64,
    /// Number of unknowns.
    pub unknowns: usize,
}

/// One rectangle; local functions on its boundary come before the interior ones.
struct Element {
    /// Where a boundary function lives among the unknowns; `None` at the fixed vertex.
    boundary: Vec<Option<usize>>,
    /// First interior unknown.
    interior: usize,
    /// Energy and mass, `[functions, functions]`.
    energy: Vec<f64>,
    mass: Vec<f64>,
    /// Cholesky factor of the interior energy, `[interior, interior]`, lower.
    factor: Vec<f64>,
    /// `factor⁻¹` times the interior-boundary energy, `[interior, boundary]`.
    coupling: Vec<f64>,
    /// Least value of `−log density` on it.
    level: f64,
}

fn not_definite(pivot: f64) -> Error {
    not_positive("energy matrix of the spectral elements in the plane", pivot)
}

/// Place of a rectangle on the lattice, the densities at its nodes, and the largest.
type Cell = (usize, usize, Vec<f64>, f64);

/// The assembled problem.
struct Assembly {
    elements: Vec<Element>,
    profile: Skyline,
    /// Local functions on the boundary and inside of a rectangle.
    sizes: (usize, usize),
    /// `∫φ_i dμ` over the unknowns, and `∫dμ`.
    means: Vec<f64>,
    total: f64,
}

impl Lattice<'_> {
    /// The constant on polynomials of one degree per direction, on the rectangles where the density
    /// exceeds `e^{−cut}`.
    pub fn solve(&self, degree: usize, cut: f64) -> Result<Solved> {
        let assembly = self.assemble(degree, cut)?;
        let unknowns = assembly.means.len();
        // A start without symmetry of its own.
        let start = (0..unknowns).map(|i| 1.0 + (i % 7) as f64 / 7.0).collect();
        let pair = lanczos(start, |z, out| assembly.apply(z, out), dot);
        if pair.iteration_error.is_nan() || pair.iteration_error > ITERATION {
            return Err(Error::NoConvergence {
                what: "Lanczos iteration in the plane".to_owned(),
                reached: pair.iteration_error,
                wanted: ITERATION,
            });
        }
        let mut trial = pair.derivative;
        assembly.to_function(&mut trial);
        let (mut energy, mut absolute, mut outer) = (0.0, 0.0, 0.0);
        for element in &assembly.elements {
            let u = assembly.local(element, &trial);
            let n = u.len();
            let mut own = 0.0;
            for (row, x) in element.energy.chunks_exact(n).zip(&u) {
                own += x * dot(row, &u);
                absolute += row.iter().zip(&u).map(|(k, y)| (x * k * y).abs()).sum::<f64>();
            }
            energy += own;
            if element.level > OUTER_SHARE * cut {
                outer += own;
            }
        }
        Ok(Solved {
            constant: pair.value,
            error: pair.iteration_error + ENTRY_ULPS * f64::EPSILON * absolute / energy,
            outer: outer / energy,
            unknowns,
        })
    }

    /// The rectangles that count, with the densities at their nodes.
    fn cells(&self, rule: &GaussRule, cut: f64) -> Result<Vec<Cell>> {
        let mut cells = Vec::new();
        for e in 0..self.count[0] {
            for f in 0..self.count[1] {
                let at = |k: usize, cell: usize, t: f64| {
                    self.origin[k] + self.step[k] * (cell as f64 + 0.5 * (1.0 + t))
                };
                let values: Vec<f64> = rule
                    .nodes()
                    .iter()
                    .flat_map(|&s| rule.nodes().iter().map(move |&t| (s, t)))
                    .map(|(s, t)| (self.density)(at(0, e, s), at(1, f, t)))
                    .collect();
                let largest = values.iter().fold(0.0_f64, |a, &v| a.max(v));
                if values.iter().any(|v| v.is_nan()) {
                    return Err(Error::domain("potential", f64::NAN, "a number at every point"));
                }
                if largest > (-cut).exp() {
                    cells.push((e, f, values, largest));
                }
            }
        }
        Ok(cells)
    }

    fn assemble(&self, degree: usize, cut: f64) -> Result<Assembly> {
        let rule = GaussRule::shared(degree + EXTRA_NODES)?;
        let basis = Basis::new(degree, rule.nodes());
        let on_boundary = |a: usize| a == 0 || a == degree;
        let pairs = || (0..=degree).flat_map(|a| (0..=degree).map(move |b| (a, b)));
        let (boundary, interior): (Vec<_>, Vec<_>) =
            pairs().partition(|&(a, b)| on_boundary(a) || on_boundary(b));
        let sizes = (boundary.len(), interior.len());
        let functions: Vec<(usize, usize)> = boundary.iter().chain(&interior).copied().collect();

        let cells = self.cells(&rule, cut)?;
        // Boundary unknowns in the order of the first coordinate, so that the profile is short.
        let side = self.count[1] * degree + 1;
        let global = |e: usize, f: usize, (a, b): (usize, usize)| (e * degree + a) * side + f * degree + b;
        let mut used = vec![false; (self.count[0] * degree + 1) * side];
        let mut fixed = (0, 0.0);
        for (e, f, _, largest) in &cells {
            for &pair in &boundary {
                used[global(*e, *f, pair)] = true;
            }
            if *largest > fixed.1 {
                fixed = (global(*e, *f, (0, 0)), *largest);
            }
        }
        used[fixed.0] = false;
        let mut number = vec![None; used.len()];
        let mut skeleton = 0;
        for (slot, _) in number.iter_mut().zip(&used).filter(|(_, used)| **used) {
            *slot = Some(skeleton);
            skeleton += 1;
        }

        let mut assembly = Assembly {
            elements: Vec::with_capacity(cells.len()),
            profile: Skyline::new((0..skeleton).collect()),
            sizes,
            means: vec![0.0; skeleton + cells.len() * sizes.1],
            total: 0.0,
        };
        let floor = (-cut - BELOW_CUT).exp();
        for (index, (e, f, density, largest)) in cells.iter().enumerate() {
            let (energy, mass) = self.matrices(&rule, &basis, &functions, density, floor);
            let mut element = Element {
                boundary: boundary.iter().map(|&pair| number[global(*e, *f, pair)]).collect(),
                interior: skeleton + index * sizes.1,
                energy,
                mass,
                factor: vec![],
                coupling: vec![],
                level: -largest.ln(),
            };
            element.eliminate(sizes)?;
            let n = functions.len();
            for i in 0..n {
                // The constant one is the sum of the functions of the vertices.
                let vertex = |j: usize| on_boundary(functions[j].0) && on_boundary(functions[j].1);
                let mean: f64 = (0..sizes.0).filter(|&j| vertex(j)).map(|j| element.mass[i * n + j]).sum();
                if let Some(slot) = element.unknown(i, sizes) {
                    assembly.means[slot] += mean;
                }
                if i < sizes.0 && vertex(i) {
                    assembly.total += mean;
                }
            }
            if let Some(first) = element.boundary.iter().flatten().min() {
                for i in element.boundary.iter().flatten() {
                    assembly.profile.starts[*i] = assembly.profile.starts[*i].min(*first);
                }
            }
            assembly.elements.push(element);
        }
        assembly.fill_profile();
        assembly.profile.factorise()?;
        Ok(assembly)
    }

    /// Energy and mass on a rectangle, summed over one direction at a time.
    fn matrices(
        &self,
        rule: &GaussRule,
        basis: &Basis,
        functions: &[(usize, usize)],
        density: &[f64],
        floor: f64,
    ) -> (Vec<f64>, Vec<f64>) {
        let (q, n, size) = (rule.order(), basis.values.len(), functions.len());
        let area = 0.25 * self.step[0] * self.step[1];
        let slope = [4.0 / (self.step[0] * self.step[0]), 4.0 / (self.step[1] * self.step[1])];
        let products = |table: &[Vec<f64>], factor: f64| {
            let mut out = vec![0.0; n * n * q];
            for b in 0..n {
                for d in 0..n {
                    for i in 0..q {
                        out[(b * n + d) * q + i] = factor * rule.weights()[i] * table[b][i] * table[d][i];
                    }
                }
            }
            out
        };
        let (plain, steep) = (products(&basis.values, 1.0), products(&basis.slopes, 1.0));
        // Sums over the second direction, for every pair of its functions and node of the first.
        let raised: Vec<f64> = density.iter().map(|p| p + floor).collect();
        let inner = |table: &[f64], values: &[f64], factor: f64| {
            let mut out = vec![0.0; n * n * q];
            for (slots, row) in out.chunks_exact_mut(q).zip(table.chunks_exact(q)) {
                for (slot, p) in slots.iter_mut().zip(values.chunks_exact(q)) {
                    *slot = factor * dot(row, p);
                }
            }
            out
        };
        let masses = inner(&plain, density, area);
        let first = inner(&plain, &raised, area * slope[0]);
        let second = inner(&steep, &raised, area * slope[1]);
        let (mut energy, mut mass) = (vec![0.0; size * size], vec![0.0; size * size]);
        for (i, (a, b)) in functions.iter().enumerate() {
            for (j, (c, d)) in functions.iter().enumerate().take(i + 1) {
                let (x, y) = ((a * n + c) * q, (b * n + d) * q);
                let (x, y) = (x..x + q, y..y + q);
                let e =
                    dot(&steep[x.clone()], &first[y.clone()]) + dot(&plain[x.clone()], &second[y.clone()]);
                let m = dot(&plain[x], &masses[y]);
                (energy[i * size + j], energy[j * size + i]) = (e, e);
                (mass[i * size + j], mass[j * size + i]) = (m, m);
            }
        }
        (energy, mass)
    }
}

impl Element {
    fn unknown(&self, i: usize, (boundary, _): (usize, usize)) -> Option<usize> {
        if i < boundary { self.boundary[i] } else { Some(self.interior + i - boundary) }
    }

    /// Cholesky factor of the interior block, and the coupling to the boundary.
    fn eliminate(&mut self, (boundary, interior): (usize, usize)) -> Result<()> {
        let n = boundary + interior;
        let mut factor = vec![0.0; interior * interior];
        let mut coupling = vec![0.0; interior * boundary];
        for i in 0..interior {
            let energy = &self.energy[(boundary + i) * n..(boundary + i + 1) * n];
            for j in 0..=i {
                let sum =
                    dot(&factor[i * interior..i * interior + j], &factor[j * interior..j * interior + j]);
                let rest = energy[boundary + j] - sum;
                if i > j {
                    factor[i * interior + j] = rest / factor[j * interior + j];
                } else if rest > 0.0 {
                    factor[i * interior + i] = rest.sqrt();
                } else {
                    return Err(not_definite(rest));
                }
            }
            let (done, open) = coupling.split_at_mut(i * boundary);
            let row = &mut open[..boundary];
            row.copy_from_slice(&energy[..boundary]);
            for (l, other) in factor[i * interior..].iter().zip(done.chunks_exact(boundary)) {
                row.iter_mut().zip(other).for_each(|(x, y)| *x -= l * y);
            }
            for x in row.iter_mut() {
                *x /= factor[i * interior + i];
            }
        }
        (self.factor, self.coupling) = (factor, coupling);
        Ok(())
    }

    /// Boundary energy after elimination of the interior.
    fn reduced(&self, a: usize, b: usize, (boundary, interior): (usize, usize)) -> f64 {
        let eliminated: f64 = self.coupling.chunks_exact(boundary).map(|row| row[a] * row[b]).sum();
        self.energy[a * (boundary + interior) + b] - eliminated
    }
}

impl Assembly {
    /// Sums the reduced energies of the rectangles.
    fn fill_profile(&mut self) {
        let (profile, sizes) = (&mut self.profile, self.sizes);
        profile.rows = profile.starts.iter().enumerate().map(|(i, start)| vec![0.0; i - start + 1]).collect();
        for element in &self.elements {
            for (a, i) in element.boundary.iter().enumerate() {
                for (b, j) in element.boundary.iter().enumerate() {
                    if let (Some(i), Some(j)) = (i, j)
                        && j <= i
                    {
                        profile.rows[*i][j - profile.starts[*i]] += element.reduced(a, b, sizes);
                    }
                }
            }
        }
    }

    /// Values of the local functions' coefficients.
    fn local(&self, element: &Element, u: &[f64]) -> Vec<f64> {
        let (boundary, interior) = self.sizes;
        (0..boundary + interior).map(|i| element.unknown(i, self.sizes).map_or(0.0, |k| u[k])).collect()
    }

    /// `L⁻ᵀz` in place, `L` the Cholesky factor of the whole energy: coefficients of a function.
    fn to_function(&self, z: &mut [f64]) {
        let (boundary, interior) = self.sizes;
        let skeleton = self.profile.rows.len();
        self.profile.backward(&mut z[..skeleton]);
        for element in &self.elements {
            let own: Vec<f64> = element.boundary.iter().map(|k| k.map_or(0.0, |k| z[k])).collect();
            let values = &mut z[element.interior..element.interior + interior];
            for (v, row) in values.iter_mut().zip(element.coupling.chunks_exact(boundary)) {
                *v -= dot(row, &own);
            }
            for i in (0..interior).rev() {
                values[i] /= element.factor[i * interior + i];
                let value = values[i];
                for (v, l) in values[..i].iter_mut().zip(&element.factor[i * interior..]) {
                    *v -= l * value;
                }
            }
        }
    }

    /// `L⁻¹r` in place.
    fn to_energy(&self, r: &mut [f64]) {
        let (boundary, interior) = self.sizes;
        for element in &self.elements {
            for i in 0..interior {
                let (done, open) = r[element.interior..].split_at_mut(i);
                let row = &element.factor[i * interior..];
                open[0] = (open[0] - dot(&row[..i], done)) / row[i];
            }
            for (i, row) in element.coupling.chunks_exact(boundary).enumerate() {
                let value = r[element.interior + i];
                for (k, x) in element.boundary.iter().zip(row) {
                    if let Some(k) = k {
                        r[*k] -= x * value;
                    }
                }
            }
        }
        self.profile.forward(&mut r[..self.profile.rows.len()]);
    }

    /// `L⁻¹ C L⁻ᵀ z`, `C` the covariances of the basis.
    fn apply(&self, z: &[f64], out: &mut [f64]) {
        let mut u = z.to_vec();
        self.to_function(&mut u);
        let mean = dot(&self.means, &u) / self.total;
        out.iter_mut().zip(&self.means).for_each(|(slot, m)| *slot = -m * mean);
        for element in &self.elements {
            let own = self.local(element, &u);
            for (i, row) in element.mass.chunks_exact(own.len()).enumerate() {
                if let Some(k) = element.unknown(i, self.sizes) {
                    out[k] += dot(row, &own);
                }
            }
        }
        self.to_energy(out);
    }
}
