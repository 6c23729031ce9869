//! The Nelson process of a Gaussian path: a linear diffusion that follows the path exactly.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive, within};
use crate::numerics::collocation::{Solution, solve_linear_of_size};
use crate::path::GaussianPath;
use nalgebra::{DMatrix, DVector};

/// Relative tolerance of the collocation.
const TOLERANCE: f64 = 1e-13;

/// `dY = (v̂_τ + ∇log p̂_τ)(Y) dτ + √2 dB`; in the time `t = κτ` of the path the deviation
/// `D = Y − m_t` solves `dD = (S_t − Σ_t⁻¹/κ) D dt + √(2/κ) dB` with `S_tΣ_t + Σ_tS_t = Σ̇_t`.
#[derive(Clone, Debug)]
pub struct NelsonProcess {
    path: GaussianPath,
    kappa: f64,
    target: DMatrix<f64>,
    base: DMatrix<f64>,
}

impl NelsonProcess {
    /// The process with slowness `kappa` along `path`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `kappa` is finite and positive.
    pub fn new(path: &GaussianPath, kappa: f64) -> Result<Self> {
        positive("kappa", kappa)?;
        let (target, base) = (path.target().covariance(), path.base().covariance());
        Ok(Self { path: path.clone(), kappa, target, base })
    }

    /// Covariance of the path in floating point.
    fn covariance(&self, t: f64) -> DMatrix<f64> {
        let schedule = self.path.schedule();
        &self.target * schedule.lambda(t) + &self.base * schedule.complement(t)
    }

    /// `S_t − Σ_t⁻¹/κ`, through the eigenvectors of `Σ_t`.
    fn drift_matrix(&self, t: f64) -> DMatrix<f64> {
        let eigen = self.covariance(t).symmetric_eigen();
        let (q, values) = (&eigen.eigenvectors, &eigen.eigenvalues);
        let rate = (&self.target - &self.base) * self.path.schedule().lambda_dot(t);
        let rotated = q.transpose() * rate * q;
        let d = values.len();
        let inner = DMatrix::from_fn(d, d, |i, j| {
            let precision = if i == j { 1.0 / (values[i] * self.kappa) } else { 0.0 };
            rotated[(i, j)] / (values[i] + values[j]) - precision
        });
        q * inner * q.transpose()
    }

    /// A time step around `t` within which path and schedule are smooth and the drift moves a
    /// point by little: a quarter of the distance to the ends of the path and to the breaks of the schedule.
    pub fn longest_step(&self, t: f64) -> f64 {
        let ends = [0.0, 1.0];
        let breaks = self.path.schedule().time_breaks();
        let room = ends.iter().chain(&breaks).fold(1.0_f64, |room, b| room.min((t - b).abs()));
        (0.25 * room).min(0.25 / self.drift_matrix(t).norm())
    }

    /// `E[Y_{τ+h} − y|Y_τ = y]/h` for `h = step/κ`, shape `[d]`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 ≤ t < t + step ≤ 1`, [`Error::Dimension`] for a point of another
    /// dimension, [`Error::NoConvergence`] if the equation is too stiff.
    pub fn forward_quotient(&self, t: f64, step: f64, y: &[f64]) -> Result<Vec<Enclosure>> {
        positive("step", step)?;
        within("t", t, 0.0, 1.0)?;
        within("t + step", t + step, t, 1.0)?;
        let offset = self.offset(t, y)?;
        // The increment z = Φd − d solves z′ = B(z + d).
        let increment = self.moved(t, t + step, &offset)?;
        let change = self.mean_change(t, t + step)?;
        let radius = increment.error + self.rounding(t, step) * self.magnitude(t, y)?;
        Ok(self.quotient(&increment.value, &change, radius, step))
    }

    /// `Φd − d` for the propagator Φ between two times.
    fn moved(&self, from: f64, until: f64, d: &DVector<f64>) -> Result<Solution> {
        let size = (until - from) * self.drift_matrix(until).norm() * d.norm();
        solve_linear_of_size(&[from, until], &DVector::zeros(d.len()), size, TOLERANCE, |x| {
            let b = self.drift_matrix(x);
            let g = &b * d;
            (b, g)
        })
    }

    /// By how much rounding of the drift moves a unit vector over a step: the drift is known to the condition number of the covariance
    /// times a few units.
    fn rounding(&self, t: f64, step: f64) -> f64 {
        let values = self.covariance(t).symmetric_eigenvalues();
        let condition = values.max() / values.min();
        32.0 * values.len() as f64 * f64::EPSILON * condition * step * self.drift_matrix(t).norm()
    }

    /// `|y| + |m_t|`, of which the deviation is a difference.
    fn magnitude(&self, t: f64, y: &[f64]) -> Result<f64> {
        let square: f64 = self.path.mean(t)?.into_iter().map(|m| m.mid() * m.mid()).sum();
        Ok(square.sqrt() + y.iter().map(|y| y * y).sum::<f64>().sqrt())
    }

    /// `E[y − Y_{τ−h}|Y_τ = y]/h` for `h = step/κ`, shape `[d]`: the process is started at `τ − h` with the mean
    /// of the path and `start_factor` times its covariance (1 is the Nelson process), and its law at `τ` is
    /// computed, not assumed.
    ///
    /// What is small as the step is computed as such: the propagator is `I + Z`, the covariance at `τ` is `C + W` with `C` that at the
    /// start, and `d − C(I+Z)ᵀ(C+W)⁻¹d = (W − CZᵀ)(C+W)⁻¹d`. (The difference on the left loses the digits that the step has.)
    ///
    /// # Errors
    /// As [`NelsonProcess::forward_quotient`]; [`Error::Matrix`] if the covariance at `τ` is singular in
    /// floating point.
    pub fn backward_quotient(
        &self,
        t: f64,
        step: f64,
        y: &[f64],
        start_factor: f64,
    ) -> Result<Vec<Enclosure>> {
        positive("step", step)?;
        positive("start_factor", start_factor)?;
        within("t", t, 0.0, 1.0)?;
        within("t − step", t - step, 0.0, t)?;
        let offset = self.offset(t, y)?;
        let d = offset.len();
        let (from, identity) = (t - step, DMatrix::<f64>::identity(d, d));
        let initial = self.covariance(from) * start_factor;
        let (mut moved, mut moved_error) = (DMatrix::zeros(d, d), 0.0);
        for k in 0..d {
            let unit = DVector::from_fn(d, |i, _| if i == k { 1.0 } else { 0.0 });
            let column = self.moved(from, t, &unit)?;
            moved.set_column(k, &column.value);
            moved_error += column.error;
        }
        let noise = DVector::from_column_slice((&identity * (2.0 / self.kappa)).as_slice());
        let column = DVector::from_column_slice(initial.as_slice());
        let size = step * (noise.norm() + 2.0 * self.drift_matrix(t).norm() * initial.norm());
        let gained = solve_linear_of_size(&[from, t], &DVector::zeros(d * d), size, TOLERANCE, |x| {
            let b = self.drift_matrix(x);
            let flow = identity.kronecker(&b) + b.kronecker(&identity);
            let source = &flow * &column + &noise;
            (flow, source)
        })?;
        let gain = DMatrix::from_column_slice(d, d, gained.value.as_slice());
        let gain = 0.5 * (&gain + gain.transpose());
        let covariance = &initial + &gain;
        let factor = covariance.clone().cholesky().ok_or_else(|| Error::Matrix {
            name: "covariance of the process".to_owned(),
            expected: "invertible in floating point".to_owned(),
            reason: "its Cholesky factorisation fails".to_owned(),
        })?;
        let pulled = factor.solve(&offset);
        let lag = &gain - &initial * moved.transpose();
        let value = &lag * &pulled;
        let inverse = factor.inverse().norm();
        let units = 32.0 * d as f64 * f64::EPSILON;
        // Of the lag: the two equations, and the rounding of drift and noise in them.
        let lag_error = gained.error
            + initial.norm() * moved_error
            + 4.0 * initial.norm() * self.rounding(t, step)
            + units * noise.norm() * step;
        // Of the pull, relative: the equation, the factorisation, and the deviation as a difference.
        let pull_error = (inverse * gained.error + units * inverse * covariance.norm()) * pulled.norm()
            + units * inverse * self.magnitude(t, y)?;
        let radius = lag_error * pulled.norm() + lag.norm() * pull_error;
        let change = self.mean_change(from, t)?;
        Ok(self.quotient(&value, &change, radius, step))
    }

    /// `y − m_t`.
    fn offset(&self, t: f64, y: &[f64]) -> Result<DVector<f64>> {
        if y.len() != self.path.dim() {
            let (found, expected) = (y.len(), self.path.dim());
            return Err(Error::Dimension { name: "point".to_owned(), found, expected });
        }
        let mean = self.path.mean(t)?;
        Ok(DVector::from_iterator(y.len(), y.iter().zip(mean).map(|(&a, m)| a - m.mid())))
    }

    /// `m_until − m_from`.
    fn mean_change(&self, from: f64, until: f64) -> Result<Vec<Enclosure>> {
        let (before, after) = (self.path.mean(from)?, self.path.mean(until)?);
        Ok(after.into_iter().zip(before).map(|(a, b)| a - b).collect())
    }

    /// `(increment + change)/h`.
    fn quotient(
        &self,
        increment: &DVector<f64>,
        change: &[Enclosure],
        radius: f64,
        step: f64,
    ) -> Vec<Enclosure> {
        increment
            .iter()
            .zip(change)
            .map(|(&z, &c)| (Enclosure::around(z, radius, Evidence::Converged) + c) * self.kappa / step)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;
    use crate::path::Schedule;

    #[test]
    fn a_standard_target_gives_the_ornstein_uhlenbeck_process() {
        // p_t = γ for every t, v = 0, s = −y: E[Y_{τ+h}|y] = e^{−h} y, and the process is reversible.
        let path = GaussianPath::from_standard(Gaussian::standard(2).unwrap(), Schedule::cosine()).unwrap();
        let (kappa, step) = (0.5, 0.25);
        let process = NelsonProcess::new(&path, kappa).unwrap();
        let h: f64 = step / kappa;
        let expected = |y: f64| (-h).exp_m1() / h * y;
        let y = [1.0, -2.0];
        let forward = process.forward_quotient(0.5, step, &y).unwrap();
        let backward = process.backward_quotient(0.5, step, &y, 1.0).unwrap();
        for i in 0..2 {
            assert!(forward[i].contains(expected(y[i])) && forward[i].width() < 1e-12, "{}", forward[i]);
            assert!(backward[i].contains(-expected(y[i])) && backward[i].width() < 1e-11, "{}", backward[i]);
        }
    }

    /// Differences over short steps keep their digits: what is small as the step is computed as such.
    #[test]
    fn quotients_over_short_steps_are_accurate() {
        let target = Gaussian::new(
            DVector::from_vec(vec![5.5, 3.4]),
            DMatrix::from_row_slice(2, 2, &[2.0, 1.8, 1.8, 2.0]),
        );
        let path = GaussianPath::from_standard(target.unwrap(), Schedule::cosine()).unwrap();
        let (t, kappa, y) = (0.85, 8.0, [-4.0, 2.0]);
        let process = NelsonProcess::new(&path, kappa).unwrap();
        let accuracy = 1e-9;
        for step in [1e-3, 1e-5] {
            for quotient in [
                process.forward_quotient(t, step, &y).unwrap(),
                process.backward_quotient(t, step, &y, 1.0).unwrap(),
            ] {
                for q in quotient {
                    assert!(q.relative_width() < accuracy, "{step}: {q}");
                }
            }
        }
    }

    #[test]
    fn steps_and_drifts_are_those_of_the_path() {
        let target = Gaussian::new(
            DVector::from_vec(vec![3.0, -4.0]),
            DMatrix::from_row_slice(2, 2, &[2.0, 0.5, 0.5, 1.0]),
        )
        .unwrap();
        let table = Schedule::table(vec![0.0, 0.25, 0.5, 1.0], vec![0.0, 0.125, 0.625, 1.0]).unwrap();
        let path = GaussianPath::from_standard(target, table).unwrap();
        let (kappa, rounding) = (0.5, 1e-12);
        let process = NelsonProcess::new(&path, kappa).unwrap();
        for t in [0.1, 0.3, 0.7] {
            let (lambda, rate) = (path.schedule().lambda(t), path.schedule().lambda_dot(t));
            let covariance = DMatrix::from_row_slice(2, 2, &[2.0, 0.5, 0.5, 1.0]) * lambda
                + DMatrix::<f64>::identity(2, 2) * (1.0 - lambda);
            assert!((process.covariance(t) - &covariance).amax() < rounding);
            // S + S^T-form: with B = S − Σ^{-1}/κ, BΣ + ΣB = Σ̇ − 2/κ.
            let drift = process.drift_matrix(t);
            let flow = &drift * &covariance + &covariance * &drift;
            let moved = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.5, 0.0]) * rate;
            let exact = moved - DMatrix::<f64>::identity(2, 2) * (2.0 / kappa);
            assert!((flow - exact).amax() < rounding, "{t}");
            assert!((&drift - drift.transpose()).amax() < rounding);
            let room = [0.0, 0.25, 0.5, 1.0].iter().map(|b| f64::abs(t - b)).fold(1.0, f64::min);
            let step = (0.25 * room).min(0.25 / drift.norm());
            assert!((process.longest_step(t) - step).abs() < rounding, "{t}");
            // |y| + |m_t| with |m_1| = 5.
            let magnitude = process.magnitude(t, &[0.6, 0.8]).unwrap();
            assert!((magnitude - (1.0 + 5.0 * lambda.sqrt())).abs() < rounding);
            let offset = process.offset(t, &[0.6, 0.8]).unwrap();
            assert!((offset[0] - 0.6 + 3.0 * lambda.sqrt()).abs() < rounding);
            assert!((offset[1] - 0.8 - 4.0 * lambda.sqrt()).abs() < rounding);
            let change = process.mean_change(t, t + 0.2).unwrap();
            let roots = path.schedule().lambda(t + 0.2).sqrt() - lambda.sqrt();
            assert!(
                (change[0].mid() - 3.0 * roots).abs() < rounding
                    && (change[1].mid() + 4.0 * roots).abs() < rounding
            );
            let values = covariance.symmetric_eigenvalues();
            let exact = 64.0 * f64::EPSILON * values.max() / values.min() * 0.01 * drift.norm();
            assert!((process.rounding(t, 0.01) / exact - 1.0).abs() < rounding);
            // A unit of the deviation after a short step: e^{Bh} − 1.
            let h = 1e-3;
            let found = process.moved(t, t + h, &DVector::from_vec(vec![1.0, 0.0])).unwrap().value;
            let first_order = drift.column(0) * h;
            assert!((found - first_order).amax() < 1e2 * h * h);
        }
        let quotient =
            process.quotient(&DVector::from_vec(vec![0.25]), &[Enclosure::exact(0.5)], 0.125, 0.25);
        assert!((quotient[0].mid() - 1.5).abs() < rounding && (quotient[0].width() - 0.5).abs() < rounding);
    }

    #[test]
    fn the_backward_quotient_reverses_the_law_of_the_start() {
        // Ornstein-Uhlenbeck with the variance f at the start: Cov(Y_{τ−h}, Y_τ) = f·e^{−h}, Var Y_τ = f·e^{−2h} + 1 − e^{−2h}.
        let path = GaussianPath::from_standard(Gaussian::standard(1).unwrap(), Schedule::linear()).unwrap();
        let (kappa, step, y) = (0.5, 0.2, 1.7);
        let process = NelsonProcess::new(&path, kappa).unwrap();
        let h: f64 = step / kappa;
        for factor in [1.0, 0.5, 3.0] {
            let gain = factor * (-h).exp() / (factor * (-2.0 * h).exp() - (-2.0 * h).exp_m1());
            let exact = (1.0 - gain) * y / h;
            let found = process.backward_quotient(0.6, step, &[y], factor).unwrap()[0];
            let accuracy = 1e-9;
            assert!(found.contains(exact) && found.width() < accuracy, "{factor}: {found} {exact}");
        }
    }

    #[test]
    fn bad_arguments_are_refused() {
        let path = GaussianPath::from_standard(Gaussian::standard(2).unwrap(), Schedule::cosine()).unwrap();
        assert!(NelsonProcess::new(&path, 0.0).is_err() && NelsonProcess::new(&path, f64::NAN).is_err());
        let process = NelsonProcess::new(&path, 1.0).unwrap();
        for (t, step) in [(0.5, 0.0), (0.5, 0.75), (f64::NAN, 0.1), (0.5, f64::NAN), (0.5, -0.1)] {
            assert!(process.forward_quotient(t, step, &[0.0, 0.0]).is_err());
            assert!(process.backward_quotient(t, step, &[0.0, 0.0], 1.0).is_err());
        }
        assert!(process.forward_quotient(0.5, 0.1, &[0.0]).is_err());
    }
}
