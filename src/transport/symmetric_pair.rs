//! The simplest target that is not Gaussian: two equal bumps on the line, or two atoms.

use crate::enclosure::Enclosure;
use crate::error::{Error, Result, finite, positive, within};
use crate::numerics::quadrature::integrate;
use crate::path::Schedule;
use std::fmt;

/// The path from γ to `½N(r, s) + ½N(−r, s)` on the line, `r > 0`, `s ≥ 0` (`s = 0`: two atoms).
#[derive(Clone, PartialEq, Debug)]
pub struct SymmetricPairPath {
    offset: f64,
    variance: f64,
    schedule: Schedule,
}

impl SymmetricPairPath {
    /// Bumps of variance `variance ≥ 0` at `±offset`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless the offset is finite and positive, the variance finite and not negative.
    pub fn new(offset: f64, variance: f64, schedule: Schedule) -> Result<Self> {
        positive("offset", offset)?;
        within("variance", finite("variance", variance)?, 0.0, f64::MAX)?;
        Ok(Self { offset, variance, schedule })
    }

    /// Schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// `I(p_t|γ) = E|X_t + s_t(X_t)|²` where `p_t = ½N(√λr, v) + ½N(−√λr, v)`, `v = λs + 1 − λ`; by symmetry the mean
    /// over one bump. The trapezoidal rule for the weight `e^{−ξ²/2}` converges geometrically: with step
    /// 1/16 to rounding, whatever the steepness of the tanh (Converged).
    ///
    /// # Errors
    /// [`Error::Domain`] for a time outside `[0, 1]`, or 1 if the target consists of atoms.
    pub fn fisher_information(&self, t: f64) -> Result<Enclosure> {
        const HALF_RANGE: i32 = 13; // e^{−13²/2} is below rounding
        const STEPS_PER_UNIT: i32 = 16;
        within("t", t, 0.0, 1.0)?;
        let (lambda, complement) = (self.schedule.lambda(t), self.schedule.complement(t));
        let variance = lambda * self.variance + complement;
        if variance <= 0.0 {
            return Err(Error::domain("t", t, "a time at which the law has a density"));
        }
        let (centre, width) = (lambda.sqrt() * self.offset, variance.sqrt());
        let (mut fine, mut coarse, mut mass, mut coarse_mass) = (0.0, 0.0, 0.0, 0.0);
        for k in -HALF_RANGE * STEPS_PER_UNIT..=HALF_RANGE * STEPS_PER_UNIT {
            let xi = f64::from(k) / f64::from(STEPS_PER_UNIT);
            let y = centre + width * xi;
            // y + s(y) = (√λ r tanh(√λ r y/v) + (v − 1)y)/v with v − 1 = λ(s − 1).
            let tilt = centre * core_math::tanh(centre * y / variance);
            let field = (tilt + lambda * (self.variance - 1.0) * y) / variance;
            let weight = core_math::exp(-0.5 * xi * xi);
            fine += weight * field * field;
            mass += weight;
            if k % 2 == 0 {
                coarse += weight * field * field;
                coarse_mass += weight;
            }
        }
        let rounding = 256.0; // units in the last place, of 400 positive terms
        Ok(Enclosure::refined(coarse / coarse_mass, fine / mass, rounding))
    }

    /// `|p'_t|² = (λ̇/2λ)²·I(p_t|γ)`, for `t > 0`.
    ///
    /// # Errors
    /// Those of [`SymmetricPairPath::fisher_information`].
    pub fn metric_derivative_squared(&self, t: f64) -> Result<Enclosure> {
        let factor = self.schedule.lambda_dot(t) / (2.0 * self.schedule.lambda(t));
        let rounding = Enclosure::exact(1.0).widened(16.0 * f64::EPSILON);
        Ok(self.fisher_information(t)? * (factor * factor) * rounding)
    }

    /// `∫ |p'_t|² dt` over `[from, until] ⊂ (0, 1)`, panels graded towards both ends (Converged).
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 < from < until < 1`.
    pub fn action(&self, from: f64, until: f64) -> Result<Enclosure> {
        if !(0.0 < from && from < until && until < 1.0) {
            return Err(Error::domain("range", format!("[{from}, {until}]"), "0 < from < until < 1"));
        }
        let mut breaks = vec![from];
        let mut at = from;
        while at < until {
            at = (at + (0.5 * at).min(0.5 * (1.0 - at))).min(until);
            breaks.push(at);
        }
        breaks.extend(self.schedule.time_breaks().into_iter().filter(|&b| from < b && b < until));
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        let mut width = 0.0_f64;
        let integral = integrate(&breaks, |t| match self.metric_derivative_squared(t) {
            Ok(value) => {
                width = width.max(value.relative_width());
                value.mid()
            }
            Err(_) => f64::NAN,
        });
        Ok(integral.widened(width * integral.hi().abs()))
    }
}

impl fmt::Display for SymmetricPairPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (r, s) = (self.offset, self.variance);
        write!(f, "target ½N({r}, {s}) + ½N(−{r}, {s}), schedule {}", self.schedule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_of_two_bumps_agrees_with_an_independent_program() {
        // ½N(±2, ¼): quantile functions and another quadrature give these ten digits.
        for (schedule, expected) in [(Schedule::linear(), 1.7535374178), (Schedule::cosine(), 2.1250921598)] {
            let path = SymmetricPairPath::new(2.0, 0.25, schedule).unwrap();
            let end = 1e-13; // what is left out at both ends is of this order
            let action = path.action(end, 1.0 - end).unwrap();
            let (digits, left_out) = (1e-10, 100.0 * end);
            assert!((action.mid() - expected).abs() < digits + left_out, "{path}: {action}");
        }
    }

    #[test]
    fn information_and_speed_are_those_of_the_mixture() {
        use crate::path::{LineCurve, MixtureCurve};
        use crate::transport::line::{MetricDerivative, slice_integrals};
        let (offset, variance) = (1.3, 0.4_f64);
        let curve = MixtureCurve::new(&[0.5, 0.5], &[-offset, offset], &[variance.sqrt(); 2]).unwrap();
        for schedule in [Schedule::linear(), Schedule::power(2.0).unwrap(), Schedule::cosine()] {
            let path = SymmetricPairPath::new(offset, variance, schedule.clone()).unwrap();
            for t in [0.05, 0.4, 0.9] {
                let angle = schedule.angle(t);
                let exact = slice_integrals(curve.slice(angle).unwrap().as_ref());
                let found = path.fisher_information(t).unwrap();
                let digits = 1e-10;
                let information = exact.relative_fisher_information.mid();
                assert!((found.mid() / information - 1.0).abs() < digits, "{path}: {found} {exact:?}");
                assert!(found.relative_width() < digits && found.width() > 0.0, "{path}: {found}");
                let speed = exact.velocity_squared.mid() / schedule.time_rate(angle).powi(2);
                let found = path.metric_derivative_squared(t).unwrap();
                assert!((found.mid() / speed - 1.0).abs() < digits, "{path}: {found} {speed}");
            }
            let profile = MetricDerivative::of(&curve, (0.0, std::f64::consts::FRAC_PI_2)).unwrap();
            let quadrature = 1e-7;
            for (from, until) in [(0.1, 0.5), (0.3, 0.95)] {
                let exact = profile.action(&schedule, from, until).unwrap();
                let found = path.action(from, until).unwrap();
                assert!((found.mid() / exact.mid() - 1.0).abs() < quadrature, "{path}: {found} {exact}");
                assert!(found.relative_width() < quadrature, "{path}: {found}");
            }
        }
    }

    #[test]
    fn bad_input_is_refused() {
        let new = |r, s| SymmetricPairPath::new(r, s, Schedule::linear());
        for (r, s) in
            [(0.0, 1.0), (-1.0, 1.0), (f64::NAN, 1.0), (1.0, -1.0), (1.0, f64::NAN), (1.0, f64::INFINITY)]
        {
            assert!(new(r, s).is_err());
        }
        let atoms = new(1.0, 0.0).unwrap();
        assert!(atoms.fisher_information(1.0).is_err() && atoms.fisher_information(0.5).is_ok());
        assert!(atoms.action(0.0, 0.5).is_err() && atoms.action(0.5, 1.0).is_err());
    }
}
