//! Paths between Gaussian laws in any dimension.

use super::{Channel, Schedule};
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, within};
use crate::measure::gaussian::Gaussian;
use nalgebra::{DMatrix, DVector};
use std::fmt;

/// The path `p_t = law(√λ_t X + √(1−λ_t) Z)` from a Gaussian base to a Gaussian target:
/// `p_t = N(√λ m + √(1−λ) b, λΣ + (1−λ)Γ)` for target `N(m, Σ)` and base `N(b, Γ)`.
#[derive(Clone, Debug)]
pub struct GaussianPath {
    target: Gaussian,
    base: Gaussian,
    schedule: Schedule,
}

impl GaussianPath {
    /// The path from `base` to `target`.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the two laws live in different dimensions.
    pub fn new(target: Gaussian, base: Gaussian, schedule: Schedule) -> Result<Self> {
        if target.dim() == base.dim() {
            Ok(Self { target, base, schedule })
        } else {
            let name = "base".to_owned();
            Err(Error::Dimension { name, found: base.dim(), expected: target.dim() })
        }
    }

    /// The path from the standard Gaussian law γ to `target`.
    ///
    /// # Errors
    /// Never in practice: a law has a positive dimension.
    pub fn from_standard(target: Gaussian, schedule: Schedule) -> Result<Self> {
        let base = Gaussian::standard(target.dim())?;
        Self::new(target, base, schedule)
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.target.dim()
    }

    /// Target law `p_1`.
    pub fn target(&self) -> &Gaussian {
        &self.target
    }

    /// Base law.
    pub fn base(&self) -> &Gaussian {
        &self.base
    }

    /// Schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The base is the standard Gaussian law γ.
    pub fn has_standard_base(&self) -> bool {
        self.base.mean().iter().all(|&b| b == 0.0)
            && self.base.variances().is_some_and(|v| v.iter().all(|&s| s == 1.0))
    }

    /// Mean of `p_t`, shape `[d]`, with the rounding of the schedule included.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `t ∈ [0, 1]`.
    pub fn mean(&self, t: f64) -> Result<Vec<Enclosure>> {
        within("t", t, 0.0, 1.0)?;
        let at = self.schedule.enclosed(t);
        let (target, base) = (at.lambda.sqrt(), at.complement.sqrt());
        Ok(combine(self.target.mean(), target, self.base.mean(), base))
    }

    /// Covariance of `p_t`, shape `[d, d]`, with the rounding of the schedule included.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `t ∈ [0, 1]`.
    pub fn covariance(&self, t: f64) -> Result<DMatrix<Enclosure>> {
        within("t", t, 0.0, 1.0)?;
        let at = self.schedule.enclosed(t);
        Ok(self.combined_covariance(at.lambda, at.complement))
    }

    /// `ṁ_t`, shape `[d]`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `t ∈ [0, 1]`; components are unbounded where the rate is infinite.
    pub fn mean_rate(&self, t: f64) -> Result<Vec<Enclosure>> {
        within("t", t, 0.0, 1.0)?;
        let at = self.schedule.enclosed(t);
        let half = at.lambda_dot / Interval::point(2.0);
        // A base without a mean does not move, whatever the rate of its weight.
        let rate = |weight: Interval, law: &Gaussian| {
            if law.mean().iter().all(|&m| m == 0.0) { Interval::ZERO } else { half / weight.sqrt() }
        };
        let (target, base) = (rate(at.lambda, &self.target), -rate(at.complement, &self.base));
        Ok(combine(self.target.mean(), target, self.base.mean(), base))
    }

    /// `Σ̇_t = λ̇(Σ − Γ)`, shape `[d, d]`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `t ∈ [0, 1]`.
    pub fn covariance_rate(&self, t: f64) -> Result<DMatrix<Enclosure>> {
        within("t", t, 0.0, 1.0)?;
        let rate = self.schedule.enclosed(t).lambda_dot;
        Ok(self.combined_covariance(rate, -rate))
    }

    fn combined_covariance(&self, target: Interval, base: Interval) -> DMatrix<Enclosure> {
        let (x, z) = (&self.target, &self.base);
        DMatrix::from_fn(self.dim(), self.dim(), |i, j| {
            let entry = |law: &Gaussian| Interval::point(law.covariance_entry(i, j));
            Enclosure::certified(target * entry(x) + base * entry(z))
        })
    }

    /// The law `p_t` with its mean and covariance rounded to floats.
    ///
    /// The rounding moves each entry by a few units in the last place: a relative change of the
    /// covariance, as a quadratic form, by at most [`GaussianPath::law_rounding`].
    ///
    /// # Errors
    /// [`Error::Domain`] unless `t ∈ [0, 1]`; [`Error::Matrix`] if the rounded covariance is not
    /// certainly positive definite.
    pub fn law(&self, t: f64) -> Result<Gaussian> {
        within("t", t, 0.0, 1.0)?;
        let mean = self.mean(t)?.into_iter().map(Enclosure::mid);
        if let (Some(x), Some(z)) = (self.target.variances(), self.base.variances()) {
            let at = self.schedule.enclosed(t);
            let point = Interval::point;
            let variances = x
                .iter()
                .zip(z)
                .map(|(&a, &s)| (at.lambda * point(a) + at.complement * point(s)).mid())
                .collect();
            return Gaussian::diagonal(mean.collect(), variances);
        }
        let covariance = self.covariance(t)?.map(Enclosure::mid);
        Gaussian::new(DVector::from_iterator(self.dim(), mean), covariance)
    }

    /// Bound for `‖Σ̃^{−1/2}(Σ̃ − Σ_t)Σ̃^{−1/2}‖` where Σ̃ is the covariance of the rounded law
    /// `rounded = self.law(t)`: entries are off by at most 4 units in the last place of ‖Σ̃‖ (for
    /// diagonal laws, of themselves).
    pub fn law_rounding(rounded: &Gaussian) -> f64 {
        let entry = 4.0 * f64::EPSILON;
        if rounded.variances().is_some() {
            return entry;
        }
        let spectrum = rounded.spectrum();
        entry * rounded.dim() as f64 * spectrum.largest().hi() / spectrum.smallest().lo()
    }

    /// The path as independent channels in a common eigenbasis of the two covariances: possible if
    /// both laws are diagonal or the base is isotropic; `None` otherwise.
    ///
    /// The eigenbasis of a dense target is accurate to about 30 digits, see
    /// [`crate::measure::gaussian::Spectrum`], so a channel is certain to rounding.
    pub fn channels(&self) -> Option<Vec<Channel>> {
        let base_variances = self.base.variances()?;
        if let Some(target_variances) = self.target.variances() {
            return Some(
                (0..self.dim())
                    .map(|i| Channel {
                        target_mean: Interval::point(self.target.mean()[i]),
                        target_variance: Interval::point(target_variances[i]),
                        base_mean: Interval::point(self.base.mean()[i]),
                        base_variance: Interval::point(base_variances[i]),
                    })
                    .collect(),
            );
        }
        let isotropic = base_variances.iter().all(|v| *v == base_variances[0]);
        if !isotropic {
            return None;
        }
        let spectrum = self.target.spectrum();
        // The zero vector has coordinates that are exactly zero, which a rotation would blur.
        let coordinates = |law: &Gaussian| {
            if law.mean().iter().all(|&m| m == 0.0) {
                return Some(vec![Enclosure::exact(0.0); self.dim()]);
            }
            spectrum.coordinates(law.mean().as_slice()).ok()
        };
        let (target_means, base_means) = (coordinates(&self.target)?, coordinates(&self.base)?);
        Some(
            spectrum
                .eigenvalues()
                .iter()
                .zip(target_means.iter().zip(&base_means))
                .map(|(variance, (target_mean, base_mean))| Channel {
                    target_mean: target_mean.interval(),
                    target_variance: variance.interval(),
                    base_mean: base_mean.interval(),
                    base_variance: Interval::point(base_variances[0]),
                })
                .collect(),
        )
    }
}

/// `weight_x·x + weight_z·z`, entry by entry.
fn combine(x: &DVector<f64>, weight_x: Interval, z: &DVector<f64>, weight_z: Interval) -> Vec<Enclosure> {
    x.iter()
        .zip(z.iter())
        .map(|(&a, &b)| Enclosure::certified(weight_x * Interval::point(a) + weight_z * Interval::point(b)))
        .collect()
}

impl fmt::Display for GaussianPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let law = |law: &Gaussian| {
            let (d, mean) = (law.dim(), law.mean().as_slice());
            if d > 4 {
                let spectrum = law.spectrum();
                let ends = (spectrum.smallest().mid(), spectrum.largest().mid());
                return format!(
                    "N in d={d}, |m|={:e}, eigenvalues {:e} to {:e}",
                    law.mean().norm(),
                    ends.0,
                    ends.1
                );
            }
            let rows: Vec<Vec<f64>> =
                (0..d).map(|i| (0..d).map(|j| law.covariance_entry(i, j)).collect()).collect();
            format!("N({mean:?}, {rows:?})")
        };
        write!(f, "target {}", law(&self.target))?;
        if !self.has_standard_base() {
            write!(f, ", base {}", law(&self.base))?;
        }
        write!(f, ", schedule {}", self.schedule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDING: f64 = 1e2 * f64::EPSILON;

    fn dense(mean: [f64; 2], rows: [f64; 4]) -> Gaussian {
        Gaussian::new(DVector::from_vec(mean.to_vec()), DMatrix::from_row_slice(2, 2, &rows)).unwrap()
    }

    #[test]
    fn moments_and_their_rates_are_combinations_of_the_ends() {
        let (one, zero) = ([2.0, 0.5, 0.5, 1.0], [1.0, -0.3, -0.3, 3.0]);
        for schedule in Schedule::examples() {
            let path = GaussianPath::new(dense([1.0, -2.0], one), dense([0.5, 0.25], zero), schedule.clone())
                .unwrap();
            let h = 1e-5;
            for t in [0.15, 0.4, 0.8] {
                let lambda = schedule.lambda(t);
                let mean = path.mean(t).unwrap();
                let covariance = path.covariance(t).unwrap();
                let law = path.law(t).unwrap();
                for i in 0..2 {
                    let exact = lambda.sqrt() * [1.0, -2.0][i] + (1.0 - lambda).sqrt() * [0.5, 0.25][i];
                    assert!(
                        mean[i].widened(ROUNDING).contains(exact) && mean[i].width() < ROUNDING,
                        "{path}"
                    );
                    assert!((law.mean()[i] - exact).abs() < ROUNDING);
                    let [before, after] = [t - h, t + h].map(|t| path.mean(t).unwrap()[i].mid());
                    let slope = (after - before) / (2.0 * h);
                    let difference = 1e-6;
                    assert!((path.mean_rate(t).unwrap()[i].mid() - slope).abs() < difference, "{path} {t}");
                    for j in 0..2 {
                        let exact = lambda * one[2 * i + j] + (1.0 - lambda) * zero[2 * i + j];
                        let found = covariance[(i, j)];
                        assert!(
                            found.widened(ROUNDING).contains(exact) && found.width() < ROUNDING,
                            "{path}"
                        );
                        assert!((law.covariance_entry(i, j) - exact).abs() < ROUNDING);
                        let rate = path.covariance_rate(t).unwrap()[(i, j)];
                        let exact = schedule.lambda_dot(t) * (one[2 * i + j] - zero[2 * i + j]);
                        assert!((rate.mid() - exact).abs() < ROUNDING * (1.0 + exact.abs()), "{path}");
                    }
                }
            }
            for t in [-0.1, 1.1, f64::NAN] {
                assert!(path.mean(t).is_err() && path.covariance(t).is_err() && path.law(t).is_err());
                assert!(path.mean_rate(t).is_err() && path.covariance_rate(t).is_err());
            }
        }
    }

    #[test]
    fn channels_exist_where_the_covariances_commute() {
        let schedule = Schedule::linear();
        let new = |target: &Gaussian, base: &Gaussian| {
            GaussianPath::new(target.clone(), base.clone(), schedule.clone()).unwrap()
        };
        let full = dense([1.0, 2.0], [2.0, 0.6, 0.6, 1.1]);
        let round = Gaussian::isotropic(vec![0.0, 3.0], 0.5).unwrap();
        let diagonal = Gaussian::diagonal(vec![1.0, 0.0], vec![1.0, 2.0]).unwrap();
        assert!(new(&full, &diagonal).channels().is_none() && new(&round, &full).channels().is_none());
        let channels =
            new(&diagonal, &Gaussian::diagonal(vec![0.0, 3.0], vec![4.0, 0.5]).unwrap()).channels().unwrap();
        let read =
            |c: &Channel| [c.target_mean, c.target_variance, c.base_mean, c.base_variance].map(Interval::mid);
        assert_eq!(
            channels.iter().map(read).collect::<Vec<_>>(),
            [[1.0, 1.0, 0.0, 4.0], [0.0, 2.0, 3.0, 0.5]]
        );
        // In the eigenbasis: determinant, trace, and lengths of the means are kept.
        let channels = new(&full, &round).channels().unwrap();
        let sum = |f: &dyn Fn([f64; 4]) -> f64| channels.iter().map(|c| f(read(c))).sum::<f64>();
        assert!((sum(&|c| c[1]) - 3.1).abs() < ROUNDING && (sum(&|c| c[0] * c[0]) - 5.0).abs() < ROUNDING);
        assert!((sum(&|c| c[2] * c[2]) - 9.0).abs() < ROUNDING && (sum(&|c| c[3]) - 1.0).abs() < ROUNDING);
        assert!((sum(&|c| c[0] * c[2]) - 6.0).abs() < ROUNDING);
        let form = sum(&|c| c[1] * c[0] * c[0]);
        assert!((form - (2.0 + 2.0 * 0.6 * 2.0 + 1.1 * 4.0)).abs() < ROUNDING, "{form}");
        assert!(
            new(&full, &Gaussian::standard(2).unwrap()).has_standard_base()
                && !new(&full, &round).has_standard_base()
        );
        assert!(!new(&full, &Gaussian::isotropic(vec![0.0, 0.0], 2.0).unwrap()).has_standard_base());
        // Four units, times the dimension and the condition number for dense laws.
        assert_eq!(GaussianPath::law_rounding(&diagonal), 4.0 * f64::EPSILON);
        let condition = (3.1 + (0.9_f64 * 0.9 + 1.44).sqrt()) / (3.1 - (0.9_f64 * 0.9 + 1.44).sqrt());
        let exact = 8.0 * f64::EPSILON * condition;
        assert!((GaussianPath::law_rounding(&full) / exact - 1.0).abs() < ROUNDING);
    }
}
