//! Least squares in the plane by spectral elements: the best fit of a vector field by `∇ψ + ψs`.
//!
//! `min ∫ ρ|F − ∇ψ − ψs|²` over continuous piecewise polynomials on a mesh of rectangles, where ρ is a density and `s` a
//! vector field (0: the best gradient; `∇log ρ`: rotated, `ρ⁻¹` times the rotated gradient of a stream function). The
//! normal equations are eliminated on each rectangle, then along their profile. The residual is summed at the quadrature
//! points, so it is small to the accuracy of its square root. Whatever rounding does to the coefficients, they belong to some
//! admissible ψ: both results remain bounds up to quadrature.

use super::hierarchic::Basis;
use super::panels::GaussRule;
use super::skyline::{Skyline, dot, given_up};
use crate::error::{Error, Result};
use rayon::prelude::*;

/// What is known at a quadrature point.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// Density times quadrature weight.
    pub weight: f64,
    /// The field `F`.
    pub field: [f64; 2],
    /// The field `s`.
    pub shift: [f64; 2],
}

/// A mesh of rectangles.
#[derive(Clone, PartialEq, Debug)]
pub struct PlaneMesh {
    edges: [Vec<f64>; 2],
}

/// A fit `B = ∇ψ + ψs`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fit {
    /// `∫ρ|F − B|²`.
    pub residual: f64,
    /// `∫ρ F·B`.
    pub product: f64,
    /// `∫ρ|B|²`.
    pub norm: f64,
    /// The part of `∫ρ|B|²` on the outermost rectangles.
    pub outer: f64,
    /// Number of unknowns.
    pub unknowns: usize,
}

/// Whether ψ is free on the boundary of the mesh or zero there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Boundary {
    /// Free.
    Free,
    /// Zero, also along rectangles without weight.
    Zero,
}

/// Share of a diagonal entry at which a pivot is taken for zero.
const PIVOT: f64 = 1e-15;
/// A rectangle whose weight is less than this share of the whole is left out.
const EMPTY: f64 = 1e-28;

/// One rectangle; local functions on its boundary come before the interior ones.
struct Element {
    cell: [usize; 2],
    /// Unknowns of the boundary functions; `None` where ψ is zero.
    boundary: Vec<Option<usize>>,
    /// Reduced matrix and right side of the boundary functions.
    matrix: Vec<f64>,
    right: Vec<f64>,
    /// Cholesky factor of the interior functions, coupling, and the interior right side after elimination.
    factor: Vec<f64>,
    coupling: Vec<f64>,
    interior_right: Vec<f64>,
}

/// Local functions, boundary first.
struct Local {
    rule: std::sync::Arc<GaussRule>,
    basis: Basis,
    functions: Vec<(usize, usize)>,
    boundary: usize,
}

impl PlaneMesh {
    /// Rectangles between the given ascending edges in either direction.
    ///
    /// # Errors
    /// [`Error::Domain`] unless there are at least two edges each, finite and strictly ascending.
    pub fn new(edges: [Vec<f64>; 2]) -> Result<Self> {
        for list in &edges {
            let ascending = list.windows(2).all(|w| w[0] < w[1]) && list.iter().all(|x| x.is_finite());
            if list.len() < 2 || !ascending {
                return Err(Error::domain("edges", format!("{list:?}"), "a strictly ascending list"));
            }
        }
        Ok(Self { edges })
    }

    /// Number of rectangles in either direction.
    pub fn count(&self) -> [usize; 2] {
        [self.edges[0].len() - 1, self.edges[1].len() - 1]
    }

    /// Edges in either direction.
    pub fn edges(&self) -> &[Vec<f64>; 2] {
        &self.edges
    }

    /// A function at the `order²` Gauss points of every rectangle, given the point and its quadrature weight; the second
    /// direction runs fastest, among rectangles and points.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `4 ≤ order ≤ 64`.
    pub fn sample<T: Send>(
        &self,
        order: usize,
        f: impl Fn([f64; 2], f64) -> T + Sync,
    ) -> Result<Vec<Vec<T>>> {
        let rule = GaussRule::shared(order)?;
        let [columns, rows] = self.count();
        Ok((0..columns * rows)
            .into_par_iter()
            .map(|index| {
                let cell = [index / rows, index % rows];
                let side = |k: usize| self.edges[k][cell[k] + 1] - self.edges[k][cell[k]];
                let at = |k: usize, t: f64| self.edges[k][cell[k]] + 0.5 * side(k) * (1.0 + t);
                let area = 0.25 * side(0) * side(1);
                let mut values = Vec::with_capacity(order * order);
                for (s, v) in rule.nodes().iter().zip(rule.weights()) {
                    for (t, w) in rule.nodes().iter().zip(rule.weights()) {
                        values.push(f([at(0, *s), at(1, *t)], area * v * w));
                    }
                }
                values
            })
            .collect())
    }

    /// The best fit with polynomials of one degree in each direction to samples at `order` points.
    ///
    /// # Errors
    /// [`Error::Domain`] for a degree below 2 or samples that are not those of an order above the degree;
    /// [`Error::NoConvergence`] if a sample is NaN.
    pub fn fit(
        &self,
        degree: usize,
        order: usize,
        samples: &[Vec<Sample>],
        boundary: Boundary,
    ) -> Result<Fit> {
        let [columns, rows] = self.count();
        if degree < 2 || order <= degree {
            return Err(Error::domain("degree", degree, "at least 2 and below the order"));
        }
        if samples.len() != columns * rows || samples.iter().any(|s| s.len() != order * order) {
            return Err(Error::domain("samples", samples.len(), "those of the mesh"));
        }
        let rule = GaussRule::shared(order)?;
        let on_boundary = |&(a, b): &(usize, usize)| [a, b].iter().any(|x| *x == 0 || *x == degree);
        let pairs = (0..=degree).flat_map(|a| (0..=degree).map(move |b| (a, b)));
        let (mut functions, interior): (Vec<_>, Vec<_>) = pairs.partition(on_boundary);
        let size = functions.len();
        functions.extend(interior);
        let local = Local { basis: Basis::new(degree, rule.nodes()), rule, functions, boundary: size };

        let mass = |cell: &[Sample]| cell.iter().map(|s| s.weight).sum::<f64>();
        let total: f64 = samples.iter().map(|cell| mass(cell)).sum();
        let used: Vec<usize> = (0..samples.len()).filter(|&i| mass(&samples[i]) > EMPTY * total).collect();
        // Constants cost nothing if ψ is free and there is no shift: a corner of the heaviest rectangle is fixed.
        let heaviest = used.iter().copied().max_by(|&a, &b| mass(&samples[a]).total_cmp(&mass(&samples[b])));
        let numbers = self.numbers(degree, &used, &local, (boundary == Boundary::Free, heaviest));
        let unknowns = numbers.iter().flatten().max().map_or(0, |n| n + 1);
        let side = rows * degree + 1;
        let elements: Vec<Element> = used
            .par_iter()
            .map(|&index| {
                let cell = [index / rows, index % rows];
                let global = |&(a, b): &(usize, usize)| (cell[0] * degree + a) * side + cell[1] * degree + b;
                let own = local.functions[..size].iter().map(|pair| numbers[global(pair)]).collect();
                self.element(&local, cell, own, &samples[index])
            })
            .collect::<Result<_>>()?;

        let mut skyline = Skyline::new((0..unknowns).collect());
        let mut right = vec![0.0; unknowns];
        for element in &elements {
            if let Some(first) = element.boundary.iter().flatten().min() {
                for i in element.boundary.iter().flatten() {
                    skyline.starts[*i] = skyline.starts[*i].min(*first);
                }
            }
        }
        skyline.clear();
        for element in &elements {
            for (a, i) in element.boundary.iter().enumerate() {
                let Some(i) = i else { continue };
                right[*i] += element.right[a];
                for (b, j) in element.boundary.iter().enumerate() {
                    if let Some(j) = j.filter(|j| j <= i) {
                        let start = skyline.starts[*i];
                        skyline.rows[*i][j - start] += element.matrix[a * size + b];
                    }
                }
            }
        }
        skyline.factorise_semidefinite(PIVOT)?;
        skyline.forward(&mut right);
        skyline.backward(&mut right);

        let parts: Vec<Fit> = elements
            .par_iter()
            .map(|element| {
                let outermost =
                    (0..2).any(|k| element.cell[k] == 0 || element.cell[k] + 1 == self.count()[k]);
                let index = element.cell[0] * rows + element.cell[1];
                self.evaluated(&local, element, &right, &samples[index], outermost)
            })
            .collect();
        let mut fit = Fit { residual: 0.0, product: 0.0, norm: 0.0, outer: 0.0, unknowns };
        for part in parts {
            fit.residual += part.residual;
            fit.product += part.product;
            fit.norm += part.norm;
            fit.outer += part.outer;
            fit.unknowns += element_interior(&local);
        }
        // What is left out is not fitted at all.
        let square = |s: &Sample| s.weight * (s.field[0].powi(2) + s.field[1].powi(2));
        let left_out = samples.iter().filter(|cell| mass(cell) <= EMPTY * total);
        fit.residual += left_out.flatten().map(square).filter(|x| x.is_finite()).sum::<f64>();
        Ok(fit)
    }

    /// Numbers of the functions on the boundaries of the rectangles, in the order of the first coordinate.
    fn numbers(
        &self,
        degree: usize,
        used: &[usize],
        local: &Local,
        (free, heaviest): (bool, Option<usize>),
    ) -> Vec<Option<usize>> {
        let [columns, rows] = self.count();
        let side = rows * degree + 1;
        // How many rectangles a function lives on.
        let mut touched = vec![0_u8; (columns * degree + 1) * side];
        for &index in used {
            for &(a, b) in &local.functions[..local.boundary] {
                touched[(index / rows * degree + a) * side + index % rows * degree + b] += 1;
            }
        }
        let inner = |place: usize| {
            let vertex = (place / side).is_multiple_of(degree) && (place % side).is_multiple_of(degree);
            touched[place] == if vertex { 4 } else { 2 }
        };
        let fixed = heaviest.filter(|_| free).map(|i| (i / rows * degree) * side + i % rows * degree);
        let mut next = 0;
        (0..touched.len())
            .map(|place| {
                let counts = touched[place] > 0 && (free || inner(place)) && fixed != Some(place);
                counts.then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect()
    }

    /// `√weight·B` of every local function: rows of the first components, then of the second ones.
    fn rows(&self, local: &Local, cell: [usize; 2], samples: &[Sample]) -> Vec<Vec<f64>> {
        let q = local.rule.order();
        let slope = |k: usize| 2.0 / (self.edges[k][cell[k] + 1] - self.edges[k][cell[k]]);
        let (values, slopes) = (&local.basis.values, &local.basis.slopes);
        local
            .functions
            .iter()
            .map(|&(a, b)| {
                let mut row = vec![0.0; 2 * q * q];
                for (n, sample) in samples.iter().enumerate() {
                    let (i, j) = (n / q, n % q);
                    let (root, value) = (sample.weight.sqrt(), values[a][i] * values[b][j]);
                    let gradient =
                        [slope(0) * slopes[a][i] * values[b][j], slope(1) * values[a][i] * slopes[b][j]];
                    row[n] = root * (gradient[0] + sample.shift[0] * value);
                    row[q * q + n] = root * (gradient[1] + sample.shift[1] * value);
                }
                row
            })
            .collect()
    }

    fn element(
        &self,
        local: &Local,
        cell: [usize; 2],
        boundary: Vec<Option<usize>>,
        samples: &[Sample],
    ) -> Result<Element> {
        let rows = self.rows(local, cell, samples);
        let target = weighted_field(samples);
        let (n, outer) = (rows.len(), local.boundary);
        let inner = n - outer;
        let mut energy = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let e = dot(&rows[i], &rows[j]);
                (energy[i * n + j], energy[j * n + i]) = (e, e);
            }
        }
        let load: Vec<f64> = rows.iter().map(|row| dot(row, &target)).collect();
        if load.iter().any(|x| x.is_nan()) {
            let what = "least squares in the plane (a sample)".to_owned();
            return Err(Error::NoConvergence { what, reached: f64::NAN, wanted: 0.0 });
        }
        // Interior functions: Cholesky factor, coupling L⁻¹E_ib, right side L⁻¹f_i.
        let mut factor = vec![0.0; inner * inner];
        let mut coupling = vec![0.0; inner * outer];
        let mut interior_right = vec![0.0; inner];
        for i in 0..inner {
            let own = &energy[(outer + i) * n..(outer + i + 1) * n];
            for j in 0..=i {
                let sum = dot(&factor[i * inner..i * inner + j], &factor[j * inner..j * inner + j]);
                let rest = own[outer + j] - sum;
                factor[i * inner + j] = if i > j {
                    rest / factor[j * inner + j]
                } else if rest > PIVOT * own[outer + i] {
                    rest.sqrt()
                } else {
                    given_up(own[outer + i])
                };
            }
            let (done, open) = coupling.split_at_mut(i * outer);
            let row = &mut open[..outer];
            row.copy_from_slice(&own[..outer]);
            for (l, other) in factor[i * inner..].iter().zip(done.chunks_exact(outer)) {
                row.iter_mut().zip(other).for_each(|(x, y)| *x -= l * y);
            }
            let pivot = factor[i * inner + i];
            for x in row.iter_mut() {
                *x /= pivot;
            }
            let sum = dot(&factor[i * inner..i * inner + i], &interior_right[..i]);
            interior_right[i] = (load[outer + i] - sum) / pivot;
        }
        let (mut matrix, mut right) = (vec![0.0; outer * outer], load[..outer].to_vec());
        for a in 0..outer {
            matrix[a * outer..(a + 1) * outer].copy_from_slice(&energy[a * n..a * n + outer]);
        }
        for (row, g) in coupling.chunks_exact(outer).zip(&interior_right) {
            for a in 0..outer {
                right[a] -= row[a] * g;
                for b in 0..outer {
                    matrix[a * outer + b] -= row[a] * row[b];
                }
            }
        }
        Ok(Element { cell, boundary, matrix, right, factor, coupling, interior_right })
    }

    /// The sums of one rectangle for the solution.
    fn evaluated(
        &self,
        local: &Local,
        element: &Element,
        solution: &[f64],
        samples: &[Sample],
        outermost: bool,
    ) -> Fit {
        let (outer, inner) = (local.boundary, element_interior(local));
        let mut coefficients: Vec<f64> =
            element.boundary.iter().map(|k| k.map_or(0.0, |k| solution[k])).collect();
        let mut own = element.interior_right.clone();
        for (v, row) in own.iter_mut().zip(element.coupling.chunks_exact(outer)) {
            *v -= dot(row, &coefficients);
        }
        for i in (0..inner).rev() {
            own[i] /= element.factor[i * inner + i];
            let value = own[i];
            for (v, l) in own[..i].iter_mut().zip(&element.factor[i * inner..]) {
                *v -= l * value;
            }
        }
        coefficients.extend(own);
        let target = weighted_field(samples);
        let mut fitted = vec![0.0; target.len()];
        for (row, c) in self.rows(local, element.cell, samples).iter().zip(&coefficients) {
            fitted.iter_mut().zip(row).for_each(|(f, r)| *f += c * r);
        }
        let difference: Vec<f64> = target.iter().zip(&fitted).map(|(f, b)| f - b).collect();
        let norm = dot(&fitted, &fitted);
        Fit {
            residual: dot(&difference, &difference),
            product: dot(&target, &fitted),
            norm,
            outer: if outermost { norm } else { 0.0 },
            unknowns: 0,
        }
    }
}

fn element_interior(local: &Local) -> usize {
    local.functions.len() - local.boundary
}

/// `√weight·F`, first components, then second ones.
fn weighted_field(samples: &[Sample]) -> Vec<f64> {
    let part = |k: usize| {
        samples.iter().map(move |s| if s.weight > 0.0 { s.weight.sqrt() * s.field[k] } else { 0.0 })
    };
    part(0).chain(part(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mesh() -> PlaneMesh {
        let edges = vec![-5.0, -3.5, -2.2, -1.0, 0.3, 1.5, 2.8, 4.0, 5.0];
        PlaneMesh::new([edges.clone(), edges]).unwrap()
    }

    /// A normal density that is not a product.
    fn density([x, y]: [f64; 2]) -> f64 {
        (-0.5 * (x * x + x * y + y * y)).exp()
    }

    fn score([x, y]: [f64; 2]) -> [f64; 2] {
        [-x - 0.5 * y, -0.5 * x - y]
    }

    #[test]
    fn a_gradient_is_fitted_and_a_rotation_is_not() {
        let (degree, order) = (8, 14);
        // F = ∇(x³y − y²) + J·score: the second part is divergence free for the density, so orthogonal to gradients.
        let rotated = |y: [f64; 2]| {
            let s = score(y);
            [-s[1], s[0]]
        };
        let field = |y: [f64; 2], c: f64| {
            let r = rotated(y);
            [3.0 * y[0] * y[0] * y[1] + c * r[0], y[0].powi(3) - 2.0 * y[1] + c * r[1]]
        };
        let samples = |c: f64, dual: bool| {
            mesh()
                .sample(order, |y, w| {
                    let f = field(y, c);
                    // Stream functions: F·J(B) = (J^T F)·B.
                    let (field, shift) = if dual { ([f[1], -f[0]], score(y)) } else { (f, [0.0; 2]) };
                    Sample { weight: w * density(y), field, shift }
                })
                .unwrap()
        };
        let energy: f64 = mesh()
            .sample(order, |y, w| w * density(y) * rotated(y).iter().map(|r| r * r).sum::<f64>())
            .unwrap()
            .iter()
            .flatten()
            .sum();
        // Polynomials of this degree are in the space. What is given up at the corners, where the density is 10^{−16}, has the
        // energy PIVOT per unknown at most.
        let gradient = mesh().fit(degree, order, &samples(0.0, false), Boundary::Free).unwrap();
        let rounding = PIVOT * gradient.unknowns as f64;
        assert!(gradient.residual < rounding * gradient.norm, "{gradient:?}");
        let both = mesh().fit(degree, order, &samples(1.0, false), Boundary::Free).unwrap();
        let stream = mesh().fit(degree, order, &samples(1.0, true), Boundary::Zero).unwrap();
        let cut = 3e-3; // the mass near the boundary, where a stream function has to vanish
        assert!(
            both.residual <= energy * (1.0 + rounding) && both.residual > energy * (1.0 - cut),
            "{both:?}"
        );
        let below = stream.product * stream.product / stream.norm;
        assert!(
            below <= both.residual * (1.0 + rounding) && below > energy * (1.0 - cut),
            "{stream:?} {energy}"
        );
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(PlaneMesh::new([vec![0.0, 1.0], vec![1.0]]).is_err());
        assert!(PlaneMesh::new([vec![0.0, 1.0], vec![1.0, 0.0]]).is_err());
        assert!(PlaneMesh::new([vec![0.0, 1.0], vec![0.0, f64::NAN]]).is_err());
        let flat =
            |f: f64| mesh().sample(8, |_, w| Sample { weight: w, field: [f, 0.0], shift: [0.0; 2] }).unwrap();
        assert!(mesh().fit(4, 8, &flat(f64::NAN), Boundary::Free).is_err());
        assert!(mesh().fit(1, 8, &flat(1.0), Boundary::Free).is_err());
        assert!(mesh().fit(8, 8, &flat(1.0), Boundary::Free).is_err());
        assert!(mesh().fit(4, 9, &flat(1.0), Boundary::Free).is_err());
    }

    #[test]
    fn samples_are_at_the_points_of_a_product_rule() {
        /// Sums of some hundred terms of size one.
        const ROUNDING: f64 = 1e-12;
        let mesh = PlaneMesh::new([vec![-1.0, 0.5, 2.0], vec![0.0, 1.0, 1.5, 3.0]]).unwrap();
        assert_eq!(mesh.count(), [2, 3]);
        let samples = mesh.sample(5, |p, w| (p, w)).unwrap();
        assert_eq!((samples.len(), samples[0].len()), (6, 25));
        let all = || samples.iter().flatten();
        let integral: f64 = all().map(|([x, y], w)| w * x.powi(3) * y * y).sum();
        assert!((integral - (16.0 - 1.0) / 4.0 * 9.0).abs() < ROUNDING);
        // The second direction runs fastest: among rectangles and among points.
        assert!(samples[1].iter().all(|([x, y], _)| (-1.0..0.5).contains(x) && (1.0..1.5).contains(y)));
        assert!(samples[3].iter().all(|([x, y], _)| (0.5..2.0).contains(x) && (0.0..1.0).contains(y)));
        assert!(samples[0][0].0[0] == samples[0][4].0[0] && samples[0][0].0[1] < samples[0][4].0[1]);
        assert!(samples[0][0].0[0] < samples[0][5].0[0] && samples[0][0].0[1] == samples[0][5].0[1]);
    }

    #[test]
    fn polynomials_with_a_shift_are_fitted_exactly() {
        /// Of numbers of size one through a factorisation.
        const ROUNDING: f64 = 1e-10;
        let mesh = PlaneMesh::new([vec![-1.0, 0.2, 1.0, 1.5], vec![-0.5, 0.7, 2.0]]).unwrap();
        let (degree, order) = (4, 8);
        let psi = |[x, y]: [f64; 2]| 1.0 + x * y - 0.5 * x * x * y;
        let slope = |[x, y]: [f64; 2]| [y - x * y, x - 0.5 * x * x];
        let vanishing = |[x, y]: [f64; 2]| (x + 1.0) * (x - 1.5) * (y + 0.5) * (y - 2.0);
        let steep = |[x, y]: [f64; 2]| {
            [(2.0 * x - 0.5) * (y + 0.5) * (y - 2.0), (x + 1.0) * (x - 1.5) * (2.0 * y - 1.5)]
        };
        let weight = |[x, y]: [f64; 2]| 1.0 + 0.3 * x * x + 0.1 * y;
        for (boundary, value, gradient) in [
            (
                Boundary::Free,
                &psi as &(dyn Fn([f64; 2]) -> f64 + Sync),
                &slope as &(dyn Fn([f64; 2]) -> [f64; 2] + Sync),
            ),
            (Boundary::Zero, &vanishing, &steep),
        ] {
            let at = |p: [f64; 2], w: f64| {
                let s = score(p);
                let (g, v) = (gradient(p), value(p));
                Sample { weight: w * weight(p), field: [g[0] + v * s[0], g[1] + v * s[1]], shift: s }
            };
            let samples = mesh.sample(order, at).unwrap();
            let square = |s: &Sample| s.weight * (s.field[0].powi(2) + s.field[1].powi(2));
            let energy: f64 = samples.iter().flatten().map(square).sum();
            let fit = mesh.fit(degree, order, &samples, boundary).unwrap();
            if boundary == Boundary::Zero {
                let expected = (3 * degree - 1) * (2 * degree - 1);
                assert_eq!(fit.unknowns, expected);
                assert!(fit.residual < ROUNDING * energy, "{fit:?}");
                assert!((fit.norm - energy).abs() < ROUNDING * energy);
                assert!((fit.product - energy).abs() < ROUNDING * energy);
                // Every rectangle of this mesh touches the boundary.
                assert!((fit.outer - fit.norm).abs() < ROUNDING * energy);
            } else {
                assert_eq!(fit.unknowns, (3 * degree + 1) * (2 * degree + 1) - 1);
                // One value is fixed although there is a shift: what it costs is not nothing.
                assert!(fit.residual > ROUNDING * energy && fit.residual < energy, "{fit:?}");
            }
            // The best fit is orthogonal to what is left.
            assert!((fit.product - fit.norm).abs() < ROUNDING * energy, "{fit:?}");
            assert!((fit.residual - (energy - fit.product)).abs() < ROUNDING * energy, "{fit:?}");
        }
    }

    #[test]
    fn rectangles_without_weight_are_left_out() {
        /// Of numbers of size one through a factorisation.
        const ROUNDING: f64 = 1e-10;
        let edges = vec![-2.0, -1.0, 0.0, 1.0, 2.0];
        let mesh = PlaneMesh::new([edges.clone(), edges]).unwrap();
        let (degree, order) = (3, 6);
        // ψ = x²y + y³; no weight above the line x + y = 2 of cells.
        let field = |[x, y]: [f64; 2]| [2.0 * x * y, x * x + 3.0 * y * y];
        let corner = |[x, y]: [f64; 2]| x > 1.0 && y > 1.0;
        let samples = mesh
            .sample(order, |p, w| Sample {
                weight: if corner(p) { 1e-32 * w } else { w },
                field: field(p),
                shift: [0.0; 2],
            })
            .unwrap();
        let fit = mesh.fit(degree, order, &samples, Boundary::Free).unwrap();
        let square = |p: [f64; 2], w: f64| w * field(p).iter().map(|f| f * f).sum::<f64>();
        let sum = |keep: &(dyn Fn([f64; 2]) -> bool + Sync)| -> f64 {
            let terms = mesh.sample(order, |p, w| if keep(p) { square(p, w) } else { 0.0 }).unwrap();
            terms.iter().flatten().sum()
        };
        let all = sum(&|p| !corner(p));
        let outer = sum(&|p| !corner(p) && p.iter().any(|x| x.abs() > 1.0));
        assert!((fit.norm - all).abs() < ROUNDING * all && (fit.product - all).abs() < ROUNDING * all);
        assert!((fit.outer - outer).abs() < ROUNDING * all, "{fit:?} {outer}");
        assert!(fit.residual < ROUNDING * all);
        // The corner cell has a vertex, two edges and its interior to itself; one value is fixed.
        let own = 1 + 2 * (degree - 1) + (degree - 1) * (degree - 1);
        assert_eq!(fit.unknowns, (4 * degree + 1).pow(2) - 1 - own);
    }
}
