//! Divergences and distances between two Gaussian laws.
//!
//! All of them are computed from the *difference* `D = Σ₁ − Σ₂` of the covariances, which is exact in
//! double-double, so that they keep their relative accuracy when the two laws nearly coincide. With
//! `ρᵢ` the eigenvalues of `Σ₂^{-½} D Σ₂^{-½}` (relative excess of variance) and `δ = m₁ − m₂`:
//!
//! - `KL(1|2) = ½ Σᵢ (ρᵢ − log(1+ρᵢ)) + ½ ⟨δ, Σ₂⁻¹δ⟩`
//! - `χ²(1|2) = exp(⟨δ, (Σ₂−D)⁻¹δ⟩ − ½ Σᵢ log(1−ρᵢ²)) − 1`, infinite as soon as one `ρᵢ ≥ 1`
//! - `I(1|2) = |Σ₂⁻¹δ|² + ‖L₁⁻¹ D Σ₂⁻¹‖_F²` where `Σ₁ = L₁L₁ᵀ`
//! - `W₂²(1,2) = |δ|² + tr(SΣ₂S)` with `(I+S)Σ₂(I+S) = Σ₁`
//!
//! (Gelbrich, *On a formula for the L² Wasserstein metric between measures on Euclidean and Hilbert
//! spaces*, Math. Nachr. 147, 1990, for the last.)

use super::{Dense, Gaussian, difference};
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result};
use crate::numerics::double_double::Dd;
use crate::numerics::excess::excess_forward;
use crate::numerics::linalg::{self, Ball, Matrix, Whitening};

/// Variance of the first law relative to the second in one direction: `ratio = 1 + excess`, each
/// known to its own relative accuracy.
#[derive(Clone, Copy)]
struct Relative {
    excess: Interval,
    ratio: Interval,
}

/// Excess below which `1 + excess` would lose relative accuracy and the ratio is computed by itself.
const NARROW: f64 = -0.5;

impl Relative {
    /// `ρ − log(1+ρ)`.
    fn excess_entropy(&self) -> Interval {
        if self.excess.mid() > NARROW {
            excess_forward(self.excess)
        } else {
            self.ratio - Interval::ONE - self.ratio.ln()
        }
    }

    /// `log(1−ρ²)`.
    fn log_one_minus_square(&self) -> Interval {
        if self.excess.mid() > NARROW {
            (-self.excess.square()).ln_1p()
        } else {
            self.ratio.ln() + (-self.excess).ln_1p()
        }
    }
}

/// Two laws of which at least one is dense, in units in which the second covariance is of order one:
/// covariances are divided by `4^exponent`, vectors by `2^exponent`.
struct Pair<'a> {
    first: &'a Dense,
    second: &'a Dense,
    /// `Σ₁` in these units.
    first_scaled: Ball,
    /// `D = Σ₁ − Σ₂` in these units.
    difference: Ball,
    /// `m₁ − m₂` in these units.
    shift: Ball,
}

impl<'a> Pair<'a> {
    fn new(first: &'a Gaussian, second: &'a Gaussian) -> Result<Self> {
        // Beyond 4^±240 the entries of one law vanish beside those of the other.
        const LARGEST_GAP: i32 = 240;
        let (one, two) = (first.dense()?, second.dense()?);
        let gap = one.exponent - two.exponent;
        if gap.abs() > LARGEST_GAP {
            return Err(Error::domain(
                "ratio of the two covariances",
                format!("about 4^{gap}"),
                "a ratio between 4^-240 and 4^240 for dense covariances",
            ));
        }
        let dim = first.dim();
        // Scaling first (exact but for subnormal numbers) keeps the difference from overflowing.
        let [one_entries, two_entries] = [first, second].map(|law| {
            let entries = Matrix::from_fn(dim, dim, |i, j| Dd::from(law.covariance_entry(i, j)));
            Ball::scaled(&entries, -2 * two.exponent)
        });
        Ok(Self {
            first_scaled: Ball::scaled_ball(&one.scaled, 2 * gap),
            difference: one_entries.difference_of_floats(&two_entries),
            shift: second.offset(first.mean.as_slice(), two.exponent),
            first: one,
            second: two,
        })
    }

    /// Eigenvalues, ascending, of a symmetric form relative to Σ₂, by a basis Y with `YΣ₂Yᵀ = I + E`
    /// that nearly diagonalises the form.
    fn relative_eigenvalues(&self, form: &Ball) -> Vec<Interval> {
        let whitener = &self.second.whitening.whitener;
        let white = form.congruence(whitener).centre.symmetrised();
        let basis = linalg::symmetric_eigen(&white).vectors.transpose().product(whitener);
        let metric = self.second.scaled.congruence(&basis);
        let defect = metric.minus(&Ball::from(Matrix::identity(basis.rows()))).norm();
        linalg::congruent_eigenvalues(&form.congruence(&basis), defect)
    }

    /// Relative variances, ascending.
    fn relative(&self) -> Vec<Relative> {
        let excesses = self.relative_eigenvalues(&self.difference);
        if excesses.iter().all(|x| x.mid() > NARROW) {
            return excesses
                .into_iter()
                .map(|excess| Relative { excess, ratio: Interval::ONE + excess })
                .collect();
        }
        let ratios = self.relative_eigenvalues(&self.first_scaled);
        excesses.into_iter().zip(ratios).map(|(excess, ratio)| Relative { excess, ratio }).collect()
    }

    /// `⟨δ, Σ₂⁻¹δ⟩`.
    fn shift_form(&self) -> Interval {
        self.second.whitening.inverse_quadratic_form(&self.shift)
    }

    /// `tr(SΣ₂S)` for the symmetric `T = I + S > 0` with `TΣ₂T = Σ₁`, in the units of the second law.
    ///
    /// S is found by Newton's method and then verified. Whatever its error, `x ↦ Tx` is the gradient of a
    /// convex function as long as T is positive, hence optimal between `N(0, Σ₂)` and
    /// `N(0, TΣ₂T)`, at the exact cost `tr(SΣ₂S)`; and with `R = Σ₁ − TΣ₂T`
    /// `W₂(N(0, Σ₁), N(0, Σ₁−R)) ≤ ‖Σ₁^{½} − (Σ₁−R)^{½}‖_F ≤ ‖R‖_F/√λ_min(Σ₁)`,
    /// so the triangle inequality bounds the error of the distance.
    fn transport_cost(&self) -> Result<Interval> {
        let map = OptimalMap::new(self.second, &self.first_scaled)?;
        self.cost_of(&map.refined(&self.second.scaled, &self.difference))
    }

    /// The enclosure of the cost that a proposed S gives.
    fn cost_of(&self, slope: &Ball) -> Result<Interval> {
        let source = &self.second.scaled;
        let residual = map_residual(source, &self.difference, slope).norm();
        let tangent = slope.plus(&Matrix::identity(slope.centre.rows()).into());
        if Whitening::new(&tangent).is_none() {
            let what = "optimal map between two Gaussian laws".to_owned();
            return Err(Error::NoConvergence { what, reached: residual, wanted: Dd::UNIT });
        }
        let smallest =
            scaled_bound(self.first.whitening.smallest_eigenvalue_bound(), self.first, self.second);
        let error = (Interval::point(residual) / smallest.sqrt()).hi();
        let cost = slope.inner_product(&slope.product(source)).sqrt();
        let distance = cost + Interval::new(-error, error);
        Ok(distance
            .intersection(Interval::new(0.0, f64::INFINITY))
            .map_or(Interval::ENTIRE, Interval::square))
    }
}

/// A lower bound for an eigenvalue of `first`, in the units of `second`.
fn scaled_bound(bound: f64, first: &Dense, second: &Dense) -> Interval {
    linalg::scale_interval(Interval::point(bound), 2 * (first.exponent - second.exponent))
}

/// The linear map between two centred Gaussian laws in factored form. With `A = LLᵀ` the source, `B` the
/// target, `LᵀBL = UΘ²Uᵀ`: `T = L⁻ᵀUΘUᵀL⁻¹`, and the Newton equation `TAδ + δAT = R`
/// is solved by `(UᵀLᵀδLU)_ij = (UᵀLᵀRLU)_ij/(θᵢ+θⱼ)`.
struct OptimalMap {
    /// `(LU)ᵀ`.
    forward: Matrix,
    /// `L⁻ᵀU`.
    backward: Matrix,
    theta: Vec<Dd>,
}

impl OptimalMap {
    fn new(source: &Dense, target: &Ball) -> Result<Self> {
        let lower = &source.whitening.lower;
        let inner = lower.transpose().product(&target.centre.product(lower)).symmetrised();
        let eigen = linalg::symmetric_eigen(&inner);
        let theta: Vec<Dd> = eigen.values.iter().map(|x| x.sqrt()).collect();
        if let Some(bad) = theta.iter().find(|x| x.hi() <= 0.0 || !x.is_finite()) {
            let what = "square root of a product of covariances".to_owned();
            return Err(Error::NoConvergence { what, reached: bad.hi(), wanted: f64::MIN_POSITIVE });
        }
        let forward = eigen.vectors.transpose().product(&lower.transpose());
        let backward = source.whitening.whitener.transpose().product(&eigen.vectors);
        Ok(Self { forward, backward, theta })
    }

    /// `L⁻ᵀU M UᵀL⁻¹`.
    fn pulled_back(&self, inner: &Matrix) -> Matrix {
        self.backward.product(&inner.product(&self.backward.transpose())).symmetrised()
    }

    /// `S = T − I` after Newton steps on `B − TAT = B − A − SA − AS − SAS`, the best one by the norm of
    /// that residual. The difference `B − A` is passed separately, because it is known better than B.
    fn refined(&self, source: &Ball, difference: &Ball) -> Ball {
        const STEPS: usize = 6;
        let d = self.theta.len();
        let diagonal = Matrix::from_fn(d, d, |i, j| if i == j { self.theta[i] } else { Dd::ZERO });
        let start = Ball::from(self.pulled_back(&diagonal)).minus(&Matrix::identity(d).into());
        let mut best = (Ball::from(start.centre), f64::INFINITY);
        let mut candidate = best.0.clone();
        for _ in 0..STEPS {
            let residual = map_residual(source, difference, &candidate);
            let size = residual.norm();
            let improved = size < 0.5 * best.1;
            if size < best.1 {
                best = (candidate, size);
            }
            if !improved {
                break;
            }
            let inner = self.forward.product(&residual.centre.product(&self.forward.transpose()));
            let step = Matrix::from_fn(d, d, |i, j| inner[(i, j)] / (self.theta[i] + self.theta[j]));
            let next = best.0.plus(&self.pulled_back(&step).into());
            candidate = Ball::from(next.centre.symmetrised());
        }
        best.0
    }
}

/// `B − A − SA − AS − SAS`, given `B − A`.
fn map_residual(source: &Ball, difference: &Ball, slope: &Ball) -> Ball {
    let half = slope.product(source);
    let quadratic = half.product(slope);
    difference.minus(&half).minus(&half.transpose()).minus(&quadratic)
}

impl Gaussian {
    /// Both laws as lists of variances, if both are.
    fn both_diagonal<'a>(&'a self, other: &'a Self) -> Option<(&'a [f64], &'a [f64])> {
        Some((self.variances()?, other.variances()?))
    }

    /// `m₁ − m₂` coordinate by coordinate.
    fn shifts<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Interval> + 'a {
        self.mean.iter().zip(other.mean.iter()).map(|(&a, &b)| difference(a, b))
    }

    /// Relative excess of variance `ρ`: the eigenvalues of `Σ₂^{-½}(Σ₁−Σ₂)Σ₂^{-½}`, all
    /// greater than −1; ascending, or by coordinate if both laws are diagonal.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the laws live in different spaces; [`Error::Domain`] or
    /// [`Error::Matrix`] if their scales or condition numbers leave the range of double-double.
    pub fn relative_excess(&self, other: &Self) -> Result<Vec<Enclosure>> {
        let relative = self.relative(other)?;
        Ok(relative.into_iter().map(|r| Enclosure::certified(r.excess)).collect())
    }

    fn relative(&self, other: &Self) -> Result<Vec<Relative>> {
        self.check_same_space(other)?;
        let Some((first, second)) = self.both_diagonal(other) else {
            return Ok(Pair::new(self, other)?.relative());
        };
        let ratio = |(&a, &b): (&f64, &f64)| Relative {
            excess: difference(a, b) / Interval::point(b),
            ratio: Interval::point(a) / Interval::point(b),
        };
        Ok(first.iter().zip(second).map(ratio).collect())
    }

    /// `KL(self|other) = ∫ log(dself/dother) dself`.
    ///
    /// # Errors
    /// As [`Gaussian::relative_excess`].
    pub fn kl_divergence(&self, other: &Self) -> Result<Enclosure> {
        let variances: Interval = self.relative(other)?.iter().map(Relative::excess_entropy).sum();
        let means = match self.both_diagonal(other) {
            Some((_, second)) => {
                self.shifts(other).zip(second).map(|(d, &b)| d.square() / Interval::point(b)).sum()
            }
            None => Pair::new(self, other)?.shift_form(),
        };
        Ok(Enclosure::certified((variances + means) * Interval::point(0.5)))
    }

    /// `χ²(self|other) = ∫ (dself/dother)² dother − 1`, infinite unless `2Σ₂ − Σ₁` is positive
    /// definite. If that is not decided the enclosure is unbounded above.
    ///
    /// # Errors
    /// As [`Gaussian::relative_excess`].
    pub fn chi_squared(&self, other: &Self) -> Result<Enclosure> {
        let relative = self.relative(other)?;
        if relative.iter().any(|r| r.excess.lo() >= 1.0) {
            return Ok(Enclosure::infinite(crate::enclosure::Evidence::Certified));
        }
        // −½ Σ log(1−ρ²)
        let logarithms: Interval = relative.iter().map(Relative::log_one_minus_square).sum();
        let variances = Interval::point(-0.5) * logarithms;
        let means: Interval = if let Some((first, second)) = self.both_diagonal(other) {
            let form = |(shift, (&a, &b)): (Interval, (&f64, &f64))| {
                let gap = difference(b, a) + Interval::point(b); // 2b − a > 0
                shift.square() / gap.max(Interval::ZERO)
            };
            self.shifts(other).zip(first.iter().zip(second)).map(form).sum()
        } else {
            let pair = Pair::new(self, other)?;
            Whitening::new(&pair.second.scaled.minus(&pair.difference))
                .map_or(Interval::new(0.0, f64::INFINITY), |w| w.inverse_quadratic_form(&pair.shift))
        };
        Ok(Enclosure::certified((variances + means).exp_m1()))
    }

    /// Relative Fisher information `I(self|other) = ∫ |∇ log(dself/dother)|² dself`
    /// `= |Σ₂⁻¹(m₁−m₂)|² + tr(Σ₁(Σ₂⁻¹−Σ₁⁻¹)²)`.
    ///
    /// # Errors
    /// As [`Gaussian::relative_excess`].
    pub fn relative_fisher_information(&self, other: &Self) -> Result<Enclosure> {
        self.check_same_space(other)?;
        if let Some((first, second)) = self.both_diagonal(other) {
            let terms = self.shifts(other).zip(first.iter().zip(second)).map(|(shift, (&a, &b))| {
                let (a_point, b_point) = (Interval::point(a), Interval::point(b));
                // a(1/b − 1/a)² = ((a−b)/b)²/a
                (shift / b_point).square() + (difference(a, b) / b_point).square() / a_point
            });
            return Ok(Enclosure::certified(terms.sum()));
        }
        let pair = Pair::new(self, other)?;
        let means = pair.second.whitening.times_inverse(&pair.shift.transpose()).norm_squared();
        // Σ₁⁻¹ = X₁ᵀ(I+E₁)⁻¹X₁, so tr(Σ₁(Σ₂⁻¹−Σ₁⁻¹)²) = tr(Σ₂⁻¹DΣ₁⁻¹DΣ₂⁻¹) is
        // ‖X₁DΣ₂⁻¹‖_F² times a number between the eigenvalues of (I+E₁)⁻¹.
        let whitened = Ball::from(pair.first.whitening.whitener.clone()).product(&pair.difference);
        let variances =
            pair.second.whitening.times_inverse(&whitened).norm_squared() * pair.first.whitening.factor();
        // Units: Σ₂⁻¹δ carries 2^{-k₂}; X₁DΣ₂⁻¹ carries 2^{-k₁}.
        Ok(Enclosure::certified(
            linalg::scale_interval(means, -2 * pair.second.exponent)
                + linalg::scale_interval(variances, -2 * pair.first.exponent),
        ))
    }

    /// Squared Wasserstein distance `W₂²(self, other)`.
    ///
    /// # Errors
    /// As [`Gaussian::relative_excess`]; [`Error::NoConvergence`] if the optimal map of two
    /// extremely ill-conditioned laws could not be verified.
    pub fn wasserstein2_squared(&self, other: &Self) -> Result<Enclosure> {
        self.check_same_space(other)?;
        let means: Interval = self.shifts(other).map(Interval::square).sum();
        let variances = if let Some((first, second)) = self.both_diagonal(other) {
            let cost = |(&a, &b): (&f64, &f64)| {
                // √a − √b without cancellation.
                let roots = Interval::point(a).sqrt() + Interval::point(b).sqrt();
                (difference(a, b) / roots).square()
            };
            first.iter().zip(second).map(cost).sum()
        } else {
            // The error of the map counts relative to the smallest eigenvalue of its target: the
            // larger law is the better one.
            let (target, source) = if self.dense()?.smallness() <= other.dense()?.smallness() {
                (self, other)
            } else {
                (other, self)
            };
            let pair = Pair::new(target, source)?;
            linalg::scale_interval(pair.transport_cost()?, 2 * pair.second.exponent)
        };
        Ok(Enclosure::certified(means + variances))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};

    #[test]
    fn cost_of_a_bad_map_still_encloses_the_distance() {
        let law = |entries: &[f64]| {
            Gaussian::new(DVector::zeros(2), DMatrix::from_row_slice(2, 2, entries)).unwrap()
        };
        let (first, second) = (law(&[2.0, 1.0, 1.0, 3.0]), law(&[1.0, -0.25, -0.25, 0.5]));
        let pair = Pair::new(&first, &second).unwrap();
        let exact = pair.transport_cost().unwrap();
        let map = OptimalMap::new(pair.second, &pair.first_scaled).unwrap();
        let slope = map.refined(&pair.second.scaled, &pair.difference).centre;
        for size in [1e-2, -1e-2, 1e-6, 1e-12] {
            let disturbed = Matrix::from_fn(2, 2, |i, j| slope[(i, j)] + Dd::from(size * (1 + i + j) as f64));
            let found = pair.cost_of(&disturbed.into()).unwrap();
            assert!(found.encloses(exact), "{size:e}: {found:?} misses {exact:?}");
            assert!(found.width() > size.abs(), "the disturbance is seen");
        }
        // T = I + S = −T* has the right image but is not the gradient of a convex function.
        let reversed = Matrix::from_fn(2, 2, |i, j| {
            let identity = if i == j { Dd::from(2.0) } else { Dd::ZERO };
            -(slope[(i, j)] + identity)
        });
        assert!(matches!(pair.cost_of(&reversed.into()), Err(Error::NoConvergence { .. })));
    }
}
