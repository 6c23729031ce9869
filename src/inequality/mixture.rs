//! Bounds for the constants of Gaussian mixtures in any dimension, and of their conditional laws along a path.
//!
//! *One covariance for all components.* Whitened, the law is that of `Y = M + G`, M the mean of a component and G standard normal. With the
//! posterior mean `E[⟨M, e⟩|y + re] = g(r)`, the derivative g' is the posterior variance of a variable in an interval of length
//! `D = diameter of the means`, so `g' ≤ (b−g)(g−a)` (Bhatia, Davis) and `g(r) − g(0) ≤ D·tanh(Dr/4)`: the convexity profile of Y is at
//! least that of `½N(±D/2, 1)`, whose Poincaré constant therefore bounds that of Y (reflection coupling), whatever the weights are. The
//! linear map back stretches by at most the root of the largest variance. For the log-Sobolev constant: `2σ²e^{R²/σ²}` for means in
//! a ball of radius R (Mikulincer, Shenfeld 2023).
//!
//! *Several covariances.* `C_P ≤ max C_P(P_k)·(1 + ½ max_l Σ_k w_k χ²(P_k|P_l))` (Chen, Chewi, Niles-Weed 2021), with
//! `χ²(N(a,S)|N(b,T)) + 1 = det T/√(det S·det(2T−S))·e^{(a−b)ᵀ(2T−S)⁻¹(a−b)}`, infinite unless `2T > S`.

use super::perturbation::small_lipschitz;
use super::poincare::converged_poincare_constant;
use super::poincare::plane::plane_poincare_constant;
use super::poincare::product::CollinearMixture;
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, within};
use crate::measure::line::LineMeasure;
use crate::measure::mixture::Mixture;
use crate::path::{HessianRange, MixturePath};
use nalgebra::{DMatrix, DVector};

/// Relative difference of covariances that counts as rounding.
const SAME: f64 = 64.0 * f64::EPSILON;
/// Share that is added to a bound for the rounding of eigenvalues, distances and exponentials.
const ROUNDING: f64 = 1e-11;
/// Steps towards the centre of the smallest ball around the means.
const CENTRING: u32 = 400;
/// A value found that is this near to the bound above needs no better one.
const NEAR: f64 = 0.999;

/// An upper bound for the Poincaré constant of a mixture with a density; `None` where the bound is infinite.
///
/// # Errors
/// Those of [`converged_poincare_constant`] for a comparison law that cannot be resolved.
pub fn mixture_poincare_bound(law: &Mixture) -> Result<Option<f64>> {
    if !law.has_density() {
        return Ok(None);
    }
    let widest = largest_variance(law);
    if law.len() == 1 {
        return Ok(Some(widest * (1.0 + ROUNDING)));
    }
    if let Some(means) = whitened_means(law) {
        let reach = 0.5 * diameter(&means);
        if reach == 0.0 {
            return Ok(Some(widest * (1.0 + ROUNDING)));
        }
        let pair = LineMeasure::gaussian_mixture(&[1.0, 1.0], &[-reach, reach], &[1.0, 1.0])?;
        return Ok(Some(widest * converged_poincare_constant(&pair)?.hi() * (1.0 + ROUNDING)));
    }
    let covariances: Vec<DMatrix<f64>> = (0..law.len()).map(|k| law.component_covariance(k)).collect();
    let means: Vec<DVector<f64>> =
        (0..law.len()).map(|k| DVector::from_column_slice(law.component_mean(k))).collect();
    let mut worst = 0.0_f64;
    for l in 0..law.len() {
        let divergence = |k: usize| chi_squared((&means[k], &covariances[k]), (&means[l], &covariances[l]));
        worst = worst.max((0..law.len()).map(|k| law.weight(k) * divergence(k)).sum());
    }
    let bound = widest * (1.0 + 0.5 * worst) * (1.0 + ROUNDING);
    Ok(bound.is_finite().then_some(bound))
}

/// An upper bound for the log-Sobolev constant of a mixture of components with one covariance; `None` for others.
pub fn mixture_log_sobolev_bound(law: &Mixture) -> Option<f64> {
    if !law.has_density() {
        return None;
    }
    let twice = 2.0 * largest_variance(law) * (1.0 + ROUNDING);
    if law.len() == 1 {
        return Some(twice);
    }
    let means = whitened_means(law)?;
    let bound = twice * core_math::exp(radius(&means).powi(2)) * (1.0 + ROUNDING);
    bound.is_finite().then_some(bound)
}

/// `sup_y C_P(X|X_φ = y)` along a path to a mixture at an angle inside, in two dimensions or more.
///
/// With a Gaussian base the conditional laws are mixtures with other weights. The covariance found where `∇²log p_φ` is largest, and the
/// constant of the law there, bound the supremum from below; if `∇²log p_φ` is unbounded it is infinite. One covariance for all
/// components gives the bound above of [`mixture_poincare_bound`], which does not depend on the weights. With a Student base the
/// conditional laws tend to the target far out, whose constant bounds the supremum from below (constants are lower semicontinuous),
/// and are Lipschitz perturbations of it, which bounds it above where the slope is small. An end that is not known is infinite.
///
/// # Errors
/// [`Error::Domain`] for an angle at an end; [`Error::Undefined`] for a target with a singular component; those of the solvers.
pub fn mixture_conditional_poincare(
    path: &MixturePath,
    angle: f64,
    range: &HessianRange,
    target: Enclosure,
) -> Result<Enclosure> {
    let law = path.target();
    within("angle", angle, f64::MIN_POSITIVE, std::f64::consts::FRAC_PI_2.next_down())?;
    if !law.has_density() {
        let what = "the Poincaré constant of X given X_t".to_owned();
        return Err(Error::Undefined { what, reason: "a component has no density".to_owned() });
    }
    let slice = path.slice(angle)?;
    let (sine, cosine) = slice.sine_cosine();
    if let Some(freedom) = path.freedom() {
        let slope = cosine * (freedom + path.dim() as f64) / (2.0 * freedom.sqrt() * sine);
        let far = Enclosure::at_least(target.lo() * (1.0 - ROUNDING), Evidence::Converged);
        if !target.is_finite() || slope * target.hi().sqrt() >= 2.0 {
            return Ok(far);
        }
        let above = small_lipschitz(target, Enclosure::exact(slope))?.hi();
        return Enclosure::new(far.lo().min(above), above, Evidence::Converged);
    }
    if law.len() == 1 {
        let widest = largest_variance(law);
        let constant = widest * sine * sine / (widest * cosine * cosine + sine * sine);
        return Ok(Enclosure::around(constant, ROUNDING * constant, Evidence::Exact));
    }
    if range.is_unbounded() {
        return Ok(Enclosure::infinite(Evidence::Converged));
    }
    // ∇²log p = −I/sin² + cos²/sin⁴·Cov(X|y).
    let square = sine * sine;
    let found = (range.found[1] + 1.0 / square) * square * square / (cosine * cosine);
    let above = mixture_poincare_bound(&posterior(law, sine, cosine)?)?.filter(|_| one_covariance(law));
    let mut below = found * (1.0 - ROUNDING);
    if above.is_none_or(|above| below < NEAR * above) {
        let worst = slice.conditional(&range.at[1])?;
        if let Ok(constant) = constant_of(&worst) {
            below = below.max(constant.lo());
        }
    }
    match above {
        Some(above) => Enclosure::new(below.min(above), above, Evidence::Converged),
        None => Ok(Enclosure::at_least(below, Evidence::Converged)),
    }
}

/// The components of X given `X_φ = 0`, with the weights of X: with one covariance the constants of the bounds depend on neither.
fn posterior(law: &Mixture, sine: f64, cosine: f64) -> Result<Mixture> {
    let weights: Vec<f64> = (0..law.len()).map(|k| law.weight(k)).collect();
    let (mut means, mut covariances) = (Vec::new(), Vec::new());
    for k in 0..law.len() {
        let eigen = law.component_covariance(k).symmetric_eigen();
        let shrink = eigen.eigenvalues.map(|v| sine * sine / (v * cosine * cosine + sine * sine));
        let (axes, mean) = (&eigen.eigenvectors, DVector::from_column_slice(law.component_mean(k)));
        means.push(axes * shrink.component_mul(&axes.tr_mul(&mean)));
        let variances = DMatrix::from_diagonal(&shrink.component_mul(&eigen.eigenvalues));
        let covariance = axes * variances * axes.transpose();
        covariances.push((&covariance + covariance.transpose()) * 0.5);
    }
    Mixture::new(&weights, means, covariances)
}

/// The Poincaré constant of a mixture, where a solver reaches it: collinear means and one covariance in any dimension, the plane.
///
/// # Errors
/// [`Error::Undefined`] for other mixtures; those of the solvers.
pub fn constant_of(law: &Mixture) -> Result<Enclosure> {
    let weights: Vec<f64> = (0..law.len()).map(|k| law.weight(k)).collect();
    let means: Vec<Vec<f64>> = (0..law.len()).map(|k| law.component_mean(k).to_vec()).collect();
    let collinear = one_covariance(law)
        .then(|| CollinearMixture::new(&weights, &means, &law.component_covariance(0)).ok())
        .flatten();
    match collinear {
        Some(mixture) => mixture.poincare_constant(),
        None if law.dim() == 2 && law.has_density() => {
            Ok(plane_poincare_constant(|x, y| law.log_density(&[x, y]).map_or(f64::INFINITY, |l| -l))?.value)
        }
        None => Err(Error::Undefined {
            what: "the Poincaré constant of a mixture".to_owned(),
            reason: "it is computed in the plane, and for collinear means and one covariance above"
                .to_owned(),
        }),
    }
}

fn one_covariance(law: &Mixture) -> bool {
    let first = law.component_covariance(0);
    let size = first.amax();
    (1..law.len()).all(|k| (law.component_covariance(k) - &first).amax() <= SAME * size)
}

fn largest_variance(law: &Mixture) -> f64 {
    (0..law.len()).flat_map(|k| law.component_variances(k).iter().copied()).fold(0.0, f64::max)
}

/// The means where the common covariance, if there is one, is the identity.
fn whitened_means(law: &Mixture) -> Option<Vec<DVector<f64>>> {
    if !one_covariance(law) {
        return None;
    }
    let eigen = law.component_covariance(0).symmetric_eigen();
    let scales = eigen.eigenvalues.map(|v| 1.0 / v.sqrt());
    let along = |k: usize| {
        let mean = DVector::from_column_slice(law.component_mean(k));
        scales.component_mul(&eigen.eigenvectors.tr_mul(&mean))
    };
    Some((0..law.len()).map(along).collect())
}

fn diameter(points: &[DVector<f64>]) -> f64 {
    let pairs = points.iter().enumerate().flat_map(|(i, a)| points[..i].iter().map(move |b| (a - b).norm()));
    pairs.fold(0.0, f64::max)
}

/// The radius of a ball around all points, nearly the smallest (Bădoiu, Clarkson 2003: steps towards the farthest point).
fn radius(points: &[DVector<f64>]) -> f64 {
    let mut centre = points[0].clone();
    let farthest = |centre: &DVector<f64>| {
        let distances = points.iter().map(|p| (p - centre).norm());
        distances
            .zip(points)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map_or((0.0, centre.clone()), |m| (m.0, m.1.clone()))
    };
    let mut best = farthest(&centre).0;
    for step in 1..=CENTRING {
        let (distance, point) = farthest(&centre);
        best = best.min(distance);
        centre += (point - &centre) / f64::from(step + 1);
    }
    best.min(farthest(&centre).0)
}

/// `χ²(N(a, S)|N(b, T))`, infinite unless `2T > S`.
fn chi_squared((a, s): (&DVector<f64>, &DMatrix<f64>), (b, t): (&DVector<f64>, &DMatrix<f64>)) -> f64 {
    if a == b && s == t {
        return 0.0;
    }
    let log_determinant = |m: &DMatrix<f64>| {
        let factor = m.clone().cholesky()?;
        Some(2.0 * factor.l_dirty().diagonal().iter().map(|x| core_math::log(*x)).sum::<f64>())
    };
    let wide = t * 2.0 - s;
    let (Some(of_t), Some(of_s), Some(of_wide), Some(factor)) =
        (log_determinant(t), log_determinant(s), log_determinant(&wide), wide.clone().cholesky())
    else {
        return f64::INFINITY;
    };
    let apart = a - b;
    let exponent = apart.dot(&factor.solve(&apart));
    core_math::expm1(of_t - 0.5 * (of_s + of_wide) + exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inequality::perturbation::normal_chi_squared;

    fn vector(values: &[f64]) -> DVector<f64> {
        DVector::from_column_slice(values)
    }

    /// Rounding and what solvers leave.
    const SMALL: f64 = 1e-8;

    #[test]
    fn bounds_are_attained_by_two_points_and_hold_for_others() {
        // ½N(±2, 1): 8.3987988.
        let two = Mixture::isotropic(&[1.0, 1.0], vec![vector(&[2.0, 1.0]), vector(&[-2.0, 1.0])], &[1.0; 2])
            .unwrap();
        let bound = mixture_poincare_bound(&two).unwrap().unwrap();
        let digits = 1e-7;
        assert!((bound - 8.398_798_8).abs() < digits, "{bound}");
        assert!(mixture_log_sobolev_bound(&two).unwrap() >= 2.0 * bound);
        // The smallest ball around a right triangle is centred at the middle of its longest side.
        let corners = [vector(&[0.0, 0.0]), vector(&[4.0, 0.0]), vector(&[0.0, 3.0])];
        let slack = 0.02;
        assert!((radius(&corners) - 2.5).abs() < slack && radius(&corners) >= 2.5 * (1.0 - SMALL));
        let skew = DMatrix::from_row_slice(2, 2, &[0.5, 0.2, 0.2, 0.75]);
        let means = vec![vector(&[1.25, 0.5]), vector(&[-1.0, 0.75]), vector(&[0.0, -1.0])];
        let same = Mixture::new(&[0.5, 0.2, 0.3], means.clone(), vec![skew.clone(); 3]).unwrap();
        let other = DMatrix::from_row_slice(2, 2, &[0.6, -0.1, -0.1, 0.5]);
        let several = Mixture::new(&[0.5, 0.2, 0.3], means, vec![skew.clone(), other, skew]).unwrap();
        for law in [same, several] {
            let value = constant_of(&law).unwrap();
            let bound = mixture_poincare_bound(&law).unwrap().unwrap();
            assert!(value.hi() <= bound && bound.is_finite(), "{value} {bound}");
        }
    }

    #[test]
    fn one_component_has_the_constant_of_a_normal_law() {
        let skew = DMatrix::from_row_slice(2, 2, &[0.5, 0.2, 0.2, 0.75]);
        let law = Mixture::new(&[1.0], vec![vector(&[1.0, -2.0])], vec![skew.clone()]).unwrap();
        let widest = skew.symmetric_eigenvalues().max();
        assert!((mixture_poincare_bound(&law).unwrap().unwrap() / widest - 1.0).abs() <= 2.0 * ROUNDING);
        let path = MixturePath::gaussian(law);
        for angle in [0.3_f64, 1.1] {
            let range = path.slice(angle).unwrap().hessian_range().unwrap();
            let value = mixture_conditional_poincare(&path, angle, &range, Enclosure::exact(1.0)).unwrap();
            // Given X_φ: 1/(1/σ² + cos²/sin²).
            let exact = 1.0 / (1.0 / widest + angle.tan().powi(-2));
            assert!(
                value.contains(exact) && value.relative_width() <= 4.0 * ROUNDING,
                "{angle}: {value}, {exact}"
            );
        }
    }

    #[test]
    fn a_student_base_perturbs_the_target_by_its_slope() {
        let two = Mixture::isotropic(&[1.0, 1.0], vec![vector(&[1.0]), vector(&[-1.0])], &[1.0; 2]).unwrap();
        let target = Enclosure::around(2.0, 1e-6, Evidence::Converged);
        let path = MixturePath::student(two, 5.0).unwrap();
        for (angle, found) in [(1.4_f64, true), (0.3, false)] {
            let range = path.slice(angle).unwrap().hessian_range().unwrap();
            let value = mixture_conditional_poincare(&path, angle, &range, target).unwrap();
            let slope = angle.cos() * 6.0 / (2.0 * 5.0_f64.sqrt() * angle.sin());
            assert_eq!(slope * target.hi().sqrt() < 2.0, found);
            assert!((value.lo() - target.lo()).abs() <= 4.0 * ROUNDING, "{angle}: {value}");
            if found {
                let above = small_lipschitz(target, Enclosure::exact(slope)).unwrap().hi();
                assert!((value.hi() / above - 1.0).abs() <= SMALL, "{angle}: {value}, {above}");
            } else {
                assert_eq!(value.hi(), f64::INFINITY);
            }
        }
    }

    #[test]
    fn divergences_of_normal_laws() {
        let one = |x: f64| DMatrix::from_element(1, 1, x);
        let (a, b) = (vector(&[1.0]), vector(&[0.25]));
        let found = chi_squared((&a, &one(0.25)), (&b, &one(0.5)));
        let exact = normal_chi_squared((1.0, 0.5), (0.25, 0.5_f64.sqrt())).mid();
        assert!((found / exact - 1.0).abs() < SMALL);
        assert!(chi_squared((&a, &one(1.0)), (&b, &one(0.5))).is_infinite());
    }

    #[test]
    fn conditional_laws_are_worst_between_two_components() {
        // Given X_φ the covariance is σ²s²/(σ²c²+s²) and the means shrink: two points again.
        let two =
            Mixture::isotropic(&[1.0, 3.0], vec![vector(&[2.0, 0.0]), vector(&[-2.0, 0.0])], &[0.25; 2])
                .unwrap();
        let path = MixturePath::gaussian(two);
        let angle = 0.8_f64;
        let range = path.slice(angle).unwrap().hessian_range().unwrap();
        let value = mixture_conditional_poincare(&path, angle, &range, Enclosure::exact(1.0)).unwrap();
        let (s, c) = (angle.sin(), angle.cos());
        let shrink = s * s / (0.25 * c * c + s * s);
        let std = (0.25 * shrink).sqrt();
        let law =
            LineMeasure::gaussian_mixture(&[1.0, 1.0], &[-2.0 * shrink, 2.0 * shrink], &[std, std]).unwrap();
        let exact = converged_poincare_constant(&law).unwrap().mid();
        assert!(
            value.lo() > NEAR * exact
                && value.hi() < exact * (1.0 + SMALL)
                && value.hi() > exact * (1.0 - SMALL),
            "{value} {exact}"
        );
    }

    #[test]
    fn crossing_covariances_have_no_bound() {
        let diagonal = |a: f64, b: f64| DMatrix::from_diagonal(&vector(&[a, b]));
        let law = Mixture::new(
            &[1.0, 1.0],
            vec![vector(&[0.0, 0.0]); 2],
            vec![diagonal(1.0, 0.25), diagonal(0.25, 1.0)],
        )
        .unwrap();
        assert!(mixture_poincare_bound(&law).unwrap().is_none() && mixture_log_sobolev_bound(&law).is_none());
        let path = MixturePath::gaussian(law);
        let range = path.slice(0.8).unwrap().hessian_range().unwrap();
        let value = mixture_conditional_poincare(&path, 0.8, &range, Enclosure::exact(1.0)).unwrap();
        assert!(value.is_infinite(), "{value}");
        assert!(mixture_conditional_poincare(&path, 0.0, &range, Enclosure::exact(1.0)).is_err());
    }

    #[test]
    fn one_covariance_has_the_bounds_of_its_whitened_means() {
        /// The allowance of the bounds, twice.
        const ALLOWED: f64 = 4.0 * super::ROUNDING;
        // Covariance diag(4, 1): whitened the means are (0, 0) and (1, −2), in a ball of radius √5/2.
        let covariance = DMatrix::from_diagonal(&DVector::from_column_slice(&[4.0, 1.0]));
        let means = [[0.5, 1.0], [2.5, -1.0]].map(|m| DVector::from_column_slice(&m)).to_vec();
        let law = Mixture::new(&[0.2, 0.8], means, vec![covariance; 2]).unwrap();
        let expected = 8.0 * 1.25_f64.exp();
        let found = mixture_log_sobolev_bound(&law).unwrap();
        assert!(found >= expected && found <= expected * (1.0 + ALLOWED), "{found} {expected}");
        let one = Mixture::isotropic(&[1.0], vec![DVector::from_column_slice(&[3.0, 1.0])], &[0.7]).unwrap();
        let found = mixture_log_sobolev_bound(&one).unwrap();
        assert!((1.4..=1.4 * (1.0 + ALLOWED)).contains(&found), "{found}");
        let found = mixture_poincare_bound(&one).unwrap().unwrap();
        assert!((0.7..=0.7 * (1.0 + ALLOWED)).contains(&found), "{found}");
        // Along the line of the means C_P of ½N(±√5/2, 1), times the largest variance.
        let half = 0.5 * 5_f64.sqrt();
        let pair = LineMeasure::gaussian_mixture(&[1.0, 1.0], &[-half, half], &[1.0, 1.0]).unwrap();
        let constant = converged_poincare_constant(&pair).unwrap();
        let found = mixture_poincare_bound(&law).unwrap().unwrap();
        let solver = 1e-9;
        assert!(found >= 4.0 * constant.lo() && found <= 4.0 * constant.hi() * (1.0 + solver), "{found}");
    }

    #[test]
    fn several_covariances_have_the_bound_by_divergences() {
        /// Of a product of a few numbers.
        const ROUNDING: f64 = 1e-9;
        let (a, b) = ([0.0, 1.0], [0.5, 0.5]);
        let (s, t) = ([1.0, 0.5], [0.8, 0.7]);
        let weights = [0.3, 0.7];
        let law = Mixture::new(
            &weights,
            vec![DVector::from_column_slice(&a), DVector::from_column_slice(&b)],
            [s, t].map(|v| DMatrix::from_diagonal(&DVector::from_column_slice(&v))).to_vec(),
        )
        .unwrap();
        // χ²(N(a,s)|N(b,t)) + 1 coordinate by coordinate: t/√(s(2t − s))·e^{(a−b)²/(2t−s)}.
        let chi = |(a, s): ([f64; 2], [f64; 2]), (b, t): ([f64; 2], [f64; 2])| {
            let factor = |i: usize| {
                let rest = 2.0 * t[i] - s[i];
                t[i] / (s[i] * rest).sqrt() * ((a[i] - b[i]).powi(2) / rest).exp()
            };
            factor(0) * factor(1) - 1.0
        };
        let towards = [weights[1] * chi((b, t), (a, s)), weights[0] * chi((a, s), (b, t))];
        let expected = 1.0 + 0.5 * towards[0].max(towards[1]);
        let found = mixture_poincare_bound(&law).unwrap().unwrap();
        assert!((found / expected - 1.0).abs() < ROUNDING, "{found} {expected}");
        assert!(mixture_log_sobolev_bound(&law).is_none());
    }
}
