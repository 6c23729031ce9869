//! Gaussian mixtures along the path from the standard normal or a Student law.
//!
//! If the target has the components `N(m_k, Σ_k)`, then `p_t` has the components
//! `N(√λ m_k, λΣ_k + (1−λ)I)` with the same weights, and its score is
//! `Σ_k w_k(x) Σ_{k,t}⁻¹(√λ m_k − x)`, `w_k(x)` the probability of component k given `X_t = x`.
//! A Student base is a mixture of normal laws `N(0, s²I)`, and `p_t` one of `N(√λ m_k, λΣ_k + s²(1−λ)I)`.

mod isotropic;
mod kernel;
#[cfg(test)]
mod tests;

pub(super) use kernel::apply;

use isotropic::Isotropic;

use super::score::{PathScore, Score, StandardStart, Start, same_dimension};
use crate::error::{Error, Result, positive, within};
use crate::measure::gaussian::Gaussian;
use crate::measure::mixture::Mixture;
use crate::numerics::vector::Units;
use crate::path::{Schedule, StudentScales};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// The path from the standard normal law to a Gaussian mixture.
#[derive(Clone, Debug)]
pub struct MixtureScores {
    dim: usize,
    /// They sum to 1.
    weights: Vec<f64>,
    /// Shape `[K, d]`.
    means: Vec<f64>,
    /// The middle of the range of the means, shape `[d]`; empty if that is near the origin.
    centre: Vec<f64>,
    spread: Spread,
    /// The base: `(log weight, variance)` of centred normal laws.
    base: Vec<(f64, f64)>,
    schedule: Schedule,
}

/// Covariances of the components of the target.
#[derive(Clone, Debug)]
enum Spread {
    /// A variance per component.
    Isotropic(Vec<f64>),
    /// Shape `[K, d]`.
    Diagonal(Vec<f64>),
    /// Axes (columns) and variances along them.
    Dense(Vec<(DMatrix<f64>, DVector<f64>)>),
}

impl MixtureScores {
    /// The path to the mixture with the given weights, positive and proportional to the probabilities, and
    /// components.
    ///
    /// # Errors
    /// [`Error::Dimension`] if there are not as many weights as components or components differ in dimension;
    /// [`Error::Domain`] for no components or a weight that is not finite and positive.
    pub fn new(weights: &[f64], components: &[Gaussian], schedule: Schedule) -> Result<Self> {
        let Some(first) = components.first() else {
            return Err(Error::domain("components", "[]", "at least one"));
        };
        same_dimension("weights", weights.len(), components.len())?;
        for weight in weights {
            positive("weight", *weight)?;
        }
        let total: f64 = weights.iter().sum();
        positive("sum of the weights", total)?;
        let dim = first.dim();
        for component in components {
            same_dimension("component", component.dim(), dim)?;
        }
        let means: Vec<f64> = components.iter().flat_map(|c| c.mean().iter().copied()).collect();
        let centre = (0..dim).map(|j| {
            let column = means.iter().skip(j).step_by(dim);
            let (lo, hi) =
                column.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), m| (m.min(lo), m.max(hi)));
            0.5 * lo + 0.5 * hi
        });
        let mut centre: Vec<f64> = centre.collect();
        let diagonals: Option<Vec<&[f64]>> = components.iter().map(Gaussian::variances).collect();
        let spread = match diagonals {
            Some(rows) if rows.iter().all(|row| row.iter().all(|v| *v == row[0])) => {
                Spread::Isotropic(rows.iter().map(|row| row[0]).collect())
            }
            Some(rows) => Spread::Diagonal(rows.concat()),
            None => Spread::Dense(
                components
                    .iter()
                    .map(|c| SymmetricEigen::new(c.covariance()))
                    .map(|eigen| (eigen.eigenvectors, eigen.eigenvalues))
                    .collect(),
            ),
        };
        let variances = components.iter().flat_map(|law| (0..law.dim()).map(|j| law.covariance_entry(j, j)));
        if near_origin(&centre, &means, variances.fold(f64::INFINITY, f64::min).sqrt()) {
            centre.clear();
        }
        let weights = weights.iter().map(|w| w / total).collect();
        Ok(Self { dim, weights, means, centre, spread, base: vec![(0.0, 1.0)], schedule })
    }

    /// The path to points without width: `p_t` has a score for `t < 1`, the target has none.
    ///
    /// # Errors
    /// As [`MixtureScores::new`].
    pub fn to_points(weights: &[f64], points: &[Vec<f64>], schedule: Schedule) -> Result<Self> {
        let laws = points.iter().map(|x| Gaussian::isotropic(x.clone(), 1.0)).collect::<Result<Vec<_>>>()?;
        let mut path = Self::new(weights, &laws, schedule)?;
        path.spread = Spread::Isotropic(vec![0.0; points.len()]);
        Ok(path)
    }

    /// Whether a component has no width.
    fn has_points(&self) -> bool {
        matches!(&self.spread, Spread::Isotropic(variances) if variances.contains(&0.0))
    }

    /// The same target from the Student law `∝ (1 + |z|²/n)^{−(n+d)/2}`, `n = freedom`, a mixture of normal laws of
    /// different scale: every component of the target becomes one for each scale.
    ///
    /// # Errors
    /// As [`StudentScales::standard`].
    pub fn from_student(self, freedom: f64) -> Result<Self> {
        let rule = StudentScales::standard(freedom, self.dim)?;
        let base = rule.scales().iter().map(|scale| (scale.log_weight, scale.std.powi(2))).collect();
        Ok(Self { base, ..self })
    }

    /// The laws that make up the base at a time: at the end, where it does not occur, one.
    fn base_at(&self, complement: f64) -> &[(f64, f64)] {
        if complement == 0.0 { &[(0.0, 1.0)] } else { &self.base }
    }

    /// The path to a mixture, or to points without width.
    ///
    /// # Errors
    /// [`Error::Undefined`] if a component has width in some directions only, or some components have none and others have.
    pub fn to_mixture(mixture: &Mixture, schedule: Schedule) -> Result<Self> {
        let parts = 0..mixture.len();
        if parts.clone().all(|k| mixture.component_variances(k).iter().all(|v| *v == 0.0)) {
            let weights: Vec<f64> = parts.clone().map(|k| mixture.weight(k)).collect();
            let points: Vec<Vec<f64>> = parts.map(|k| mixture.component_mean(k).to_vec()).collect();
            return Self::to_points(&weights, &points, schedule);
        }
        if !mixture.has_density() {
            let reason = "a component of the mixture has no density".to_owned();
            return Err(Error::Undefined { what: "the score of the target".to_owned(), reason });
        }
        let count = mixture.len();
        let components = (0..count).map(|k| {
            let mean = mixture.component_mean(k).to_vec();
            let covariance = mixture.component_covariance(k);
            let diagonal = covariance.diagonal();
            if covariance == DMatrix::from_diagonal(&diagonal) {
                Gaussian::diagonal(mean, diagonal.as_slice().to_vec())
            } else {
                Gaussian::new(DVector::from_vec(mean), covariance)
            }
        });
        let components = components.collect::<Result<Vec<_>>>()?;
        let weights: Vec<f64> = (0..count).map(|k| mixture.weight(k)).collect();
        Self::new(&weights, &components, schedule)
    }

    /// Number of components.
    pub fn components(&self) -> usize {
        self.weights.len()
    }

    /// Schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Mean of the target, shape `[d]`.
    pub fn target_mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.dim];
        for (weight, row) in self.weights.iter().zip(self.means.chunks_exact(self.dim)) {
            mean.iter_mut().zip(row).for_each(|(sum, m)| *sum += weight * m);
        }
        mean
    }

    /// Covariance of the target, shape `[d, d]`.
    pub fn target_covariance(&self) -> DMatrix<f64> {
        let mean = DVector::from_vec(self.target_mean());
        let mut covariance = DMatrix::zeros(self.dim, self.dim);
        for (k, weight) in self.weights.iter().enumerate() {
            let row = &self.means[k * self.dim..(k + 1) * self.dim];
            let offset = DVector::from_column_slice(row) - &mean;
            covariance += (self.component_covariance(k) + &offset * offset.transpose()) * *weight;
        }
        covariance
    }

    fn component_covariance(&self, k: usize) -> DMatrix<f64> {
        match &self.spread {
            Spread::Isotropic(variances) => DMatrix::from_diagonal_element(self.dim, self.dim, variances[k]),
            Spread::Diagonal(variances) => DMatrix::from_diagonal(&DVector::from_column_slice(
                &variances[k * self.dim..(k + 1) * self.dim],
            )),
            Spread::Dense(axes) => {
                let (basis, values) = &axes[k];
                basis * DMatrix::from_diagonal(values) * basis.transpose()
            }
        }
    }
}

impl PathScore for MixtureScores {
    type At = MixtureScore;

    fn dim(&self) -> usize {
        self.dim
    }

    fn score_at(&self, t: f64) -> Result<MixtureScore> {
        within("t", t, 0.0, 1.0)?;
        let (lambda, complement) = (self.schedule.lambda(t), self.schedule.complement(t));
        if complement == 0.0 && self.has_points() {
            let reason = "points without width have a score before the end of the path only".to_owned();
            return Err(Error::Undefined { what: format!("the score at t = {t}"), reason });
        }
        let base = self.base_at(complement);
        // Component by component, and the laws of the base within.
        let members = || (0..self.components()).flat_map(|k| base.iter().map(move |part| (k, *part)));
        let precision = |variance: f64, noise: f64| 1.0 / (lambda * variance + complement * noise);
        let root = lambda.sqrt();
        let (precisions, determinants): (Precisions, Vec<f64>) = match &self.spread {
            Spread::Isotropic(variances) => {
                let precisions: Vec<f64> =
                    members().map(|(k, (_, noise))| precision(variances[k], noise)).collect();
                let d = self.dim as f64;
                let determinants = precisions.iter().map(|p| d * core_math::log(*p)).collect();
                (Precisions::Isotropic(precisions), determinants)
            }
            Spread::Diagonal(variances) => {
                let row = |k: usize| &variances[k * self.dim..(k + 1) * self.dim];
                let precisions: Vec<f64> = members()
                    .flat_map(|(k, (_, noise))| row(k).iter().map(move |v| precision(*v, noise)))
                    .collect();
                let rows = precisions.chunks_exact(self.dim);
                let determinants = rows.map(|row| row.iter().map(|p| core_math::log(*p)).sum()).collect();
                (Precisions::Diagonal(precisions), determinants)
            }
            Spread::Dense(axes) => {
                let count = axes.len() * base.len();
                let mut entries = Vec::with_capacity(count * self.dim * self.dim);
                let mut determinants = Vec::with_capacity(count);
                let mut ranges = Vec::with_capacity(count);
                for (k, (_, noise)) in members() {
                    let (basis, values) = &axes[k];
                    let precisions = values.map(|v| precision(v, noise));
                    ranges.push((precisions.min(), precisions.max()));
                    determinants.push(precisions.iter().map(|p| core_math::log(*p)).sum());
                    let matrix = basis * DMatrix::from_diagonal(&precisions) * basis.transpose();
                    // Rows of a symmetric matrix are its columns.
                    entries.extend_from_slice(matrix.as_slice());
                }
                (Precisions::Dense(entries, ranges), determinants)
            }
        };
        let row = |k: usize| &self.means[k * self.dim..(k + 1) * self.dim];
        let means: Vec<f64> = members().flat_map(|(k, _)| row(k).iter().map(|m| root * m)).collect();
        let mut offsets: Vec<f64> = (members().zip(determinants))
            .map(|((k, (log_weight, _)), determinant)| {
                core_math::log(self.weights[k]) + log_weight + 0.5 * determinant
            })
            .collect();
        let slopes = slopes(&offsets, &precisions, base.len(), self.dim);
        let centre: Vec<f64> = self.centre.iter().map(|c| root * c).collect();
        let mut pulls = Vec::new();
        if let Precisions::Isotropic(precisions) = &precisions {
            let seen_from = |j: usize| centre.get(j).copied().unwrap_or(0.0);
            for j in 0..self.dim {
                let c = seen_from(j);
                let column = means.iter().skip(j).step_by(self.dim);
                pulls.extend(column.zip(precisions).map(|(m, p)| p * (m - c)));
            }
            for ((offset, p), mean) in offsets.iter_mut().zip(precisions).zip(means.chunks_exact(self.dim)) {
                let square = |(j, m): (usize, &f64)| (m - seen_from(j)).powi(2);
                *offset -= 0.5 * p * mean.iter().enumerate().map(square).sum::<f64>();
            }
        }
        Ok(MixtureScore { dim: self.dim, offsets, means, pulls, centre, precisions, slopes })
    }

    fn start_at(&self, t: f64) -> Result<Box<dyn Start + '_>> {
        within("t", t, 0.0, 1.0)?;
        let (lambda, complement) = (self.schedule.lambda(t), self.schedule.complement(t));
        if lambda == 0.0 && self.base == [(0.0, 1.0)] {
            return Ok(Box::new(StandardStart));
        }
        let base = self.base_at(complement);
        let members = || (0..self.components()).flat_map(|k| base.iter().map(move |part| (k, *part)));
        let deviation = |variance: f64, noise: f64| (lambda * variance + complement * noise).sqrt();
        let roots = members()
            .map(|(k, (_, noise))| match &self.spread {
                Spread::Isotropic(variances) => {
                    Root::Diagonal(vec![deviation(variances[k], noise); self.dim])
                }
                Spread::Diagonal(variances) => {
                    let row = &variances[k * self.dim..(k + 1) * self.dim];
                    Root::Diagonal(row.iter().map(|v| deviation(*v, noise)).collect())
                }
                Spread::Dense(axes) => {
                    let (basis, values) = &axes[k];
                    Root::Dense(basis * DMatrix::from_diagonal(&values.map(|v| deviation(v, noise))))
                }
            })
            .collect();
        let mut cumulated = 0.0;
        let edges = members().map(|(k, (log_weight, _))| {
            cumulated += self.weights[k] * core_math::exp(log_weight);
            cumulated
        });
        let edges = edges.collect();
        let root = lambda.sqrt();
        let row = |k: usize| &self.means[k * self.dim..(k + 1) * self.dim];
        let means = members().flat_map(|(k, _)| row(k).iter().map(|m| root * m)).collect();
        Ok(Box::new(MixtureStart { edges, means, roots }))
    }

    fn footprint(&self) -> usize {
        let per_component = match &self.spread {
            Spread::Isotropic(_) => 2 * self.dim + 2,
            Spread::Diagonal(_) => 2 * self.dim + 1,
            Spread::Dense(_) => self.dim * (self.dim + 1) + 1,
        };
        8 * self.components() * self.base.len() * per_component
    }
}

/// Whether points can as well be seen from the origin: it is not much farther from the means than they are from each
/// other or `width`, the least deviation of a component.
fn near_origin(centre: &[f64], means: &[f64], width: f64) -> bool {
    const FACTOR: f64 = 4.0;
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let spread = means
        .chunks_exact(centre.len())
        .map(|mean| norm(&mut mean.iter().zip(centre).map(|(m, c)| m - c)))
        .fold(0.0, f64::max);
    norm(&mut centre.iter().copied()) <= FACTOR * (spread + width)
}

/// A square root of a covariance.
enum Root {
    Diagonal(Vec<f64>),
    Dense(DMatrix<f64>),
}

/// A mixture, to begin with.
struct MixtureStart {
    /// Cumulated weights.
    edges: Vec<f64>,
    /// Shape `[K, d]`.
    means: Vec<f64>,
    roots: Vec<Root>,
}

impl Start for MixtureStart {
    fn place(&self, lanes: usize, uniforms: &[f64], points: &mut [f64]) {
        let dim = points.len() / lanes;
        for lane in 0..lanes {
            let k = self.edges.partition_point(|edge| *edge <= uniforms[lane]).min(self.edges.len() - 1);
            let normal = DVector::from_fn(dim, |j, _| points[j * lanes + lane]);
            let spread = match &self.roots[k] {
                Root::Diagonal(deviations) => DVector::from_fn(dim, |j, _| deviations[j] * normal[j]),
                Root::Dense(root) => root * normal,
            };
            for j in 0..dim {
                points[j * lanes + lane] = self.means[k * dim + j] + spread[j];
            }
        }
    }
}

/// The score of a Gaussian mixture.
#[derive(Clone, Debug)]
pub struct MixtureScore {
    dim: usize,
    /// `log w_k + ½ log det Σ_k⁻¹`, and for precisions that are numbers `−½p_k|m_k − centre|²`.
    offsets: Vec<f64>,
    /// Shape `[K, d]`.
    means: Vec<f64>,
    /// `p_k(m_k − centre)` for precisions that are numbers, shape `[d, K]`; else empty.
    pulls: Vec<f64>,
    /// What points are seen from, shape `[d]`; empty for the origin.
    centre: Vec<f64>,
    precisions: Precisions,
    /// The least and the largest descent at components.
    slopes: (f64, f64),
}

/// Inverses of covariances.
#[derive(Clone, Debug)]
enum Precisions {
    /// A number per component.
    Isotropic(Vec<f64>),
    /// Shape `[K, d]`.
    Diagonal(Vec<f64>),
    /// Shape `[K, d, d]`, and the extreme eigenvalues of each.
    Dense(Vec<f64>, Vec<(f64, f64)>),
}

impl Score for MixtureScore {
    fn dim(&self) -> usize {
        self.dim
    }

    fn scores(&self, units: Units, lanes: usize, points: &[f64], scores: &mut [f64], scratch: &mut Vec<f64>) {
        let Self { offsets, means, pulls, centre, .. } = self;
        let components = kernel::Components { lanes, offsets, means };
        match &self.precisions {
            Precisions::Isotropic(precisions) => {
                let components = isotropic::Components { offsets, precisions, pulls, centre };
                units.run_with(Isotropic { components, lanes, points, scores, scratch });
            }
            Precisions::Diagonal(precisions) => {
                components.diagonal(units, precisions, points, scores, scratch);
            }
            Precisions::Dense(precisions, _) => {
                components.dense(units, precisions, points, scores, scratch);
            }
        }
    }

    /// The middle of the extreme precisions of the components; with a Student base, whose score levels off far away,
    /// half the steepest descent.
    fn linear_rate(&self) -> f64 {
        0.5 * (self.slopes.0 + self.slopes.1)
    }

    /// The largest precision of the components: between them the score is less steep. With a Student base the mean of
    /// the precisions at the middle of a component.
    fn steepest(&self) -> f64 {
        self.slopes.1
    }
}

/// The least and the largest descent of the score at components, each of which comes with so many scales of the base.
///
/// `−∇²log p(x) = E[P|x] − Cov(P(m − x)|x) ≼ E[P|x]`, P the precision of the component that x comes from. Of the scales of
/// one component those with small precisions are the likelier the farther x is from its middle, so that the
/// mean of the largest eigenvalue of P is largest there.
fn slopes(offsets: &[f64], precisions: &Precisions, scales: usize, dim: usize) -> (f64, f64) {
    let extremes: Vec<(f64, f64)> = match precisions {
        Precisions::Isotropic(p) => p.iter().map(|p| (*p, *p)).collect(),
        Precisions::Diagonal(p) => {
            let range = |row: &[f64]| {
                row.iter().fold((f64::INFINITY, 0.0_f64), |(lo, hi), p| (lo.min(*p), hi.max(*p)))
            };
            p.chunks_exact(dim).map(range).collect()
        }
        Precisions::Dense(_, ranges) => ranges.clone(),
    };
    let least = extremes.iter().map(|e| e.0).fold(f64::INFINITY, f64::min);
    let at_component = |(offsets, extremes): (&[f64], &[(f64, f64)])| {
        let most = offsets.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum = |of: fn(&(f64, f64)) -> f64| -> f64 {
            offsets.iter().zip(extremes).map(|(o, e)| core_math::exp(o - most) * of(e)).sum()
        };
        sum(|e| e.1) / sum(|_| 1.0)
    };
    let most =
        offsets.chunks_exact(scales).zip(extremes.chunks_exact(scales)).map(at_component).fold(0.0, f64::max);
    (if scales == 1 { least } else { 0.0 }, most)
}
