//! Mixtures of equal isotropic components whose means lie in a plane: a mixture in the plane and a normal law across.

use super::energy::normal_rate;
use crate::error::{Error, Result};
use crate::measure::mixture::Mixture;
use nalgebra::{DMatrix, DVector};

/// A mixture in the plane, and independent of it `N(offset, variance·I)` in the directions across.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Reduced {
    /// The part in the plane.
    pub plane: Mixture,
    /// Number of directions across.
    pub across: usize,
    /// `|offset|²`.
    pub offset_squared: f64,
    /// Variance across.
    pub variance: f64,
}

/// Means within this share of their size from a plane lie in it.
const FLAT: f64 = 1e-12;

/// The reduction for a Gaussian base, which splits over orthogonal directions.
///
/// # Errors
/// [`Error::Undefined`] for a target above the plane that is not of this kind.
pub(super) fn reduced(target: &Mixture) -> Result<Reduced> {
    let d = target.dim();
    let weights: Vec<f64> = (0..target.len()).map(|k| target.weight(k)).collect();
    if d == 2 {
        return Ok(Reduced { plane: target.clone(), across: 0, offset_squared: 0.0, variance: 1.0 });
    }
    if d == 1 {
        // A coordinate with the law of the base does not move.
        let means = (0..target.len()).map(|k| DVector::from_vec(vec![target.component_mean(k)[0], 0.0]));
        let variances = (0..target.len()).map(|k| target.component_variances(k)[0]);
        let covariances = variances.map(|v| DMatrix::from_diagonal(&DVector::from_vec(vec![v, 1.0])));
        let plane = Mixture::new(&weights, means.collect(), covariances.collect())?;
        return Ok(Reduced { plane, across: 0, offset_squared: 0.0, variance: 1.0 });
    }
    let not_reducible = |reason: &str| Error::Undefined {
        what: "reduction of a mixture to the plane".to_owned(),
        reason: reason.to_owned(),
    };
    let Some(variance) = target.common_variance() else {
        return Err(not_reducible("the covariances are not all the same multiple of the identity"));
    };
    let means: Vec<DVector<f64>> =
        (0..target.len()).map(|k| DVector::from_column_slice(target.component_mean(k))).collect();
    let size = means.iter().map(DVector::norm).fold(0.0, f64::max);
    // Gram-Schmidt, each time with the direction of the farthest mean; coordinate axes complete a smaller span.
    let mut axes: Vec<DVector<f64>> = Vec::new();
    let rest = |v: DVector<f64>, axes: &[DVector<f64>]| {
        let mut v = v;
        for _ in 0..2 {
            for axis in axes {
                let along = v.dot(axis);
                v.axpy(-along, axis, 1.0);
            }
        }
        v
    };
    let longest =
        |vectors: Vec<DVector<f64>>| vectors.into_iter().max_by(|a, b| a.norm().total_cmp(&b.norm()));
    for step in 0..3 {
        let spans = means.iter().map(|m| rest(m - &means[0], &axes)).collect();
        let mut next = longest(spans).filter(|v| v.norm() > FLAT * size);
        if step == 2 {
            if next.is_some() {
                return Err(not_reducible("the means span more than a plane"));
            }
            break;
        }
        if next.is_none() {
            let unit = (0..d).map(|i| DVector::from_fn(d, |j, _| f64::from(u8::from(i == j))));
            next = longest(unit.map(|e| rest(e, &axes)).collect());
        }
        if let Some(v) = next {
            axes.push(v.normalize());
        }
    }
    let inside = means.iter().map(|m| DVector::from_iterator(2, axes.iter().map(|a| a.dot(m)))).collect();
    let offset_squared = rest(means[0].clone(), &axes).norm_squared();
    let plane = Mixture::isotropic(&weights, inside, &vec![variance; weights.len()])?;
    Ok(Reduced { plane, across: d - 2, offset_squared, variance })
}

impl Reduced {
    /// `‖∂_φ log p_φ‖²` of the part across.
    pub fn log_density_rate_across(&self, sine: f64, cosine: f64) -> f64 {
        if self.across == 0 {
            return 0.0;
        }
        let still = normal_rate(0.0, self.variance, sine, cosine);
        let moving = normal_rate(self.offset_squared.sqrt(), self.variance, sine, cosine);
        moving + (self.across - 1) as f64 * still
    }

    /// `Var(|y|²/2 + σ²·log p(y))` of the part across at the target, `σ²` the variance of the base: with `y = o + √v·z` the function is
    /// `√v⟨o, z⟩ + ½(v−σ²)|z|²` and a constant.
    pub fn potential_variance_across(&self, base: f64) -> f64 {
        if self.across == 0 {
            return 0.0;
        }
        let shape = 0.5 * (self.variance - base).powi(2);
        self.offset_squared * self.variance + self.across as f64 * shape
    }

    /// `|p'_φ|²` of the part across: its mean moves with `−sin φ·offset` and its variance is `c = cos²φ·v + sin²φ`, so the field is
    /// `−sin φ·offset + (c'/2c)·(y−mean)` (Bures).
    pub fn across_squared(&self, sine: f64, cosine: f64) -> f64 {
        let c = cosine * cosine * self.variance + sine * sine;
        let half_rate = sine * cosine * (1.0 - self.variance);
        sine * sine * self.offset_squared + self.across as f64 * (half_rate * half_rate / c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::quadrature::integrate;

    /// Rounding, relative to numbers of size one.
    const SMALL: f64 = 1e-12;

    /// `∫ f(y) N(mean, variance)(dy)`.
    fn normal_mean(mean: f64, variance: f64, f: impl Fn(f64) -> f64) -> f64 {
        let breaks: Vec<f64> = (-24..=24).map(|k| 0.5 * f64::from(k)).collect();
        let weight = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
        integrate(&breaks, |z| f(mean + variance.sqrt() * z) * weight(z)).mid()
    }

    #[test]
    fn parts_across_are_normal_laws() {
        let angle = 0.7_f64;
        let (sine, cosine) = angle.sin_cos();
        for (across, offset) in [(1, 0.5), (2, 1.5), (4, 0.0), (5, 2.0_f64)] {
            let variance = 0.3;
            let point = Mixture::isotropic(&[1.0], vec![DVector::zeros(2)], &[variance]).unwrap();
            let part = Reduced { plane: point, across, offset_squared: offset * offset, variance };
            // Coordinate by coordinate: log N(cos φ·m, cos²φ·v + sin²φ), differentiated by hand.
            let c = cosine * cosine * variance + sine * sine;
            let c_rate = 2.0 * sine * cosine * (1.0 - variance);
            let means = (0..across).map(|i| if i == 0 { offset } else { 0.0 });
            let (mut rate, mut potential, mut field) = (0.0, 0.0, 0.0);
            let base = 1.7;
            for m in means {
                rate += normal_mean(cosine * m, c, |y| {
                    let x = y - cosine * m;
                    let change = -sine * m * x / c + 0.5 * c_rate / c * (x * x / c - 1.0);
                    change * change
                });
                let value = |y: f64| 0.5 * y * y - base * 0.5 * (y - m).powi(2) / variance;
                let first = normal_mean(m, variance, value);
                potential += normal_mean(m, variance, |y| (value(y) - first).powi(2));
                field +=
                    normal_mean(cosine * m, c, |y| (-sine * m + 0.5 * c_rate / c * (y - cosine * m)).powi(2));
            }
            for (found, exact) in [
                (part.log_density_rate_across(sine, cosine), rate),
                (part.potential_variance_across(base), potential),
                (part.across_squared(sine, cosine), field),
            ] {
                assert!((found - exact).abs() < SMALL * (1.0 + exact), "{across} {offset}: {found} {exact}");
            }
        }
        let nothing = reduced(&Mixture::isotropic(&[1.0], vec![DVector::zeros(2)], &[0.3]).unwrap()).unwrap();
        assert_eq!(nothing.log_density_rate_across(sine, cosine), 0.0);
        assert_eq!(nothing.potential_variance_across(1.7), 0.0);
        assert_eq!(nothing.across_squared(sine, cosine), 0.0);
    }

    #[test]
    fn distances_in_a_plane_in_space_are_kept() {
        // An orthonormal frame of space, the plane at the distance 1.2 from the origin; and means on a line, and all the same.
        let (a, b, n) = ([0.6, 0.0, 0.8], [0.0, 1.0, 0.0], [0.8, 0.0, -0.6]);
        let place = |x: f64, y: f64| DVector::from_fn(3, |i, _| x * a[i] + y * b[i] + 1.2 * n[i]);
        let plane = [(1.0, 0.5), (-2.0, 3.0), (0.5, -1.5), (4.0, 0.0)];
        let line = [(1.0, 1.0), (-2.0, -2.0), (0.5, 0.5), (3.0, 3.0)];
        for points in [plane, line, [(1.0, 1.0); 4]] {
            let means = points.map(|(x, y)| place(x, y));
            let target = Mixture::isotropic(&[1.0, 2.0, 3.0, 4.0], means.to_vec(), &[0.3; 4]).unwrap();
            let found = reduced(&target).unwrap();
            assert_eq!((found.across, found.plane.dim(), found.plane.len()), (1, 2, target.len()));
            assert!((found.variance - 0.3).abs() < SMALL);
            for k in 0..target.len() {
                assert!((found.plane.weight(k) - target.weight(k)).abs() < SMALL);
                let inside: f64 = found.plane.component_mean(k).iter().map(|m| m * m).sum();
                let whole = means[k].norm_squared();
                assert!((inside + found.offset_squared - whole).abs() < SMALL * (1.0 + whole), "{found:?}");
                for l in 0..k {
                    let pairs = found.plane.component_mean(k).iter().zip(found.plane.component_mean(l));
                    let apart: f64 = pairs.map(|(x, y)| (x - y).powi(2)).sum();
                    assert!((apart - (&means[k] - &means[l]).norm_squared()).abs() < SMALL * (1.0 + apart));
                }
            }
        }
        let narrow =
            Mixture::isotropic(&[1.0; 2], vec![place(0.0, 0.0), place(1.0, 0.0)], &[0.3, 0.2]).unwrap();
        assert!(matches!(reduced(&narrow), Err(Error::Undefined { .. })));
        // Just off the plane, and a rounding off it.
        for (height, flat) in [(1e-9, false), (1e-15, true)] {
            let off = DVector::from_fn(3, |i, _| height * n[i]) + place(5.0, 5.0);
            let means = vec![place(0.0, 0.0), place(1.0, 0.0), place(0.0, 1.0), off];
            assert_eq!(reduced(&Mixture::isotropic(&[1.0; 4], means, &[0.3; 4]).unwrap()).is_ok(), flat);
        }
        // On the line the second coordinate is that of the base.
        let line = Mixture::isotropic(
            &[1.0, 3.0],
            vec![DVector::from_vec(vec![2.0]), DVector::from_vec(vec![-1.0])],
            &[0.5, 0.25],
        );
        let found = reduced(&line.unwrap()).unwrap();
        assert_eq!((found.across, found.plane.dim()), (0, 2));
        assert_eq!(
            (found.plane.component_mean(0), found.plane.component_mean(1)),
            (&[2.0, 0.0][..], &[-1.0, 0.0][..])
        );
        let (first, second) = (found.plane.component_covariance(0), found.plane.component_covariance(1));
        assert!((first[(0, 0)] - 0.5).abs() < SMALL && (first[(1, 1)] - 1.0).abs() < SMALL);
        assert!((second[(0, 0)] - 0.25).abs() < SMALL && (second[(1, 1)] - 1.0).abs() < SMALL);
    }
}
