//! Bounds for the KL bias along a path on the line that use functional inequalities: Poincaré of the path, log-Sobolev of
//! the law of the dynamics.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive};
use crate::numerics::panels::GaussRule;
use crate::path::{LineCurve, LineSlice, MixturePath, Reread, Schedule, SlicePoint, largest_curvature};
use crate::transport::line::{MetricDerivative, expectations};
use rayon::prelude::*;
use std::fmt;

/// `∂_φ log p_φ` in the place of the field, so that what is known of norms of fields serves for its norm.
#[derive(Debug)]
struct ByRate<'a>(&'a dyn LineCurve);

impl fmt::Display for ByRate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the logarithm of the density {}", self.0)
    }
}

impl LineCurve for ByRate<'_> {
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>> {
        let point = |law: &(dyn LineSlice + '_), y: f64| {
            let point = law.point(y);
            SlicePoint { velocity: point.log_density_rate, ..point }
        };
        Ok(Box::new(Reread { law: self.0.slice(angle)?, point }))
    }
}

/// `∫_from^1 C(t)·‖∂_t log p_t‖²_{L²(p_t)} dt` for `C(t) ≥ C_P(p_t)`, smooth and bounded: κ/4 times it bounds
/// `KL(p_1|q)` of annealed Langevin dynamics started from `p_from` (Converged; infinite where the norm is not integrable).
///
/// # Errors
/// Those of [`MetricDerivative::of`] and [`MetricDerivative::weighted_action`].
pub fn poincare_energy_on_line(
    curve: &dyn LineCurve,
    schedule: &Schedule,
    from: f64,
    constant: &dyn Fn(f64) -> f64,
) -> Result<Enclosure> {
    let range = (schedule.angle(1.0).max(0.0), schedule.angle(from).min(std::f64::consts::FRAC_PI_2));
    MetricDerivative::of(&ByRate(curve), range)?.weighted_action(schedule, (from, 1.0), constant)
}

/// The same for a target whose density is smooth on the whole line, faster: the quotient of the two norms is smooth up to both ends,
/// and few angles do. `derivative` is that of the curve.
///
/// # Errors
/// Those of the slices and of [`MetricDerivative::weighted_action`]; [`Error::NoConvergence`] if the quotient is not smooth.
pub fn smooth_poincare_energy_on_line(
    curve: &dyn LineCurve,
    derivative: &MetricDerivative,
    schedule: &Schedule,
    from: f64,
    constant: &dyn Fn(f64) -> f64,
) -> Result<Enclosure> {
    let last = schedule.angle(from).min(std::f64::consts::FRAC_PI_2);
    let quotient = |angle: f64| -> Result<f64> {
        let slice = curve.slice(angle)?;
        let [moved, changed] =
            expectations(slice.as_ref(), |_, point| [point.velocity.powi(2), point.log_density_rate.powi(2)]);
        // A path that stands still costs nothing.
        Ok(if moved.mid() > 0.0 { changed.mid() / moved.mid() } else { 0.0 })
    };
    let rule = GaussRule::shared(NODES)?;
    let mut panels: Vec<(f64, f64, Vec<f64>)> = Vec::new();
    let mut error = 0.0_f64;
    for ends in PANELS.windows(2) {
        let (a, b) = (last * ends[0], last * ends[1]);
        let place = |t: f64| 0.5 * (a + b) + 0.5 * (b - a) * t;
        let at: Vec<f64> = rule.nodes().iter().chain(&[PROBE]).map(|&t| place(t)).collect();
        let mut values = at.par_iter().map(|&angle| quotient(angle)).collect::<Result<Vec<f64>>>()?;
        let probe = values.pop().unwrap_or(f64::NAN);
        let size = values.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(*v));
        error = error.max((rule.interpolate(&values, PROBE) - probe).abs() / size);
        panels.push((a, b, values));
    }
    // The negation also catches NaN.
    if error.is_nan() || error > COARSEST {
        let what = "the norm of the derivative of log p_t".to_owned();
        return Err(Error::NoConvergence { what, reached: error, wanted: COARSEST });
    }
    let weight = |t: f64| {
        let angle = schedule.angle(t);
        let (a, b, values) = &panels[panels.partition_point(|p| p.1 < angle).min(panels.len() - 1)];
        rule.interpolate(values, ((angle - a) - (b - angle)) / (b - a)).max(0.0) * constant(t)
    };
    let energy = derivative.weighted_action(schedule, (from, 1.0), &weight)?;
    Ok(if energy.is_finite() { energy.widened(error * energy.hi()) } else { energy })
}

/// Panels of angles as shares of the whole range, nodes on each, and where the interpolant is compared.
const PANELS: [f64; 4] = [0.0, 0.25, 0.6, 1.0];
const NODES: usize = 8;
const PROBE: f64 = 0.55;
/// Relative error of the quotient at most.
const COARSEST: f64 = 0.02;

/// Angles at which the curvature is computed, graded towards the target.
const ANGLES: u32 = 64;
/// Cells between two of them, on which a bound for the log-Sobolev constant is followed.
const CELLS: u32 = 16;
/// Beyond this a constant is of no use to anybody.
const USELESS: f64 = 1e300;

/// `w ↦ ∫_from^1 w(t)|p'_t|² dt`.
pub type WeightedAction<'a> = dyn Fn(&dyn Fn(f64) -> f64) -> Result<Enclosure> + 'a;

/// How fast annealed Langevin dynamics along a curve contracts: `ρ = −sup_y ∂_y² log p_φ(y)` on a grid of angles.
#[derive(Clone, Debug)]
pub struct LineContraction {
    /// Ascending from the target to the start.
    angles: Vec<f64>,
    rates: Vec<f64>,
}

impl LineContraction {
    /// The contraction between the angles 0 and `first`; `smooth_target` says that the curvature of the target is what the
    /// curvature of the path tends to. Otherwise nothing is assumed of the angles next to 0.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 < first ≤ π/2`; those of [`LineCurve::slice`].
    pub fn of(curve: &dyn LineCurve, first: f64, smooth_target: bool) -> Result<Self> {
        positive("first angle", first)?;
        let share = |i: u32| f64::from(i) / f64::from(ANGLES);
        let angles: Vec<f64> = (0..=ANGLES).map(|i| first * share(i) * share(i)).collect();
        let rates = angles
            .par_iter()
            .map(|&angle| {
                if angle == 0.0 && !smooth_target {
                    return Ok(f64::NEG_INFINITY);
                }
                let largest = largest_curvature(curve.slice(angle)?.as_ref());
                // What could not be evaluated contracts nothing.
                Ok(if largest.is_nan() { f64::NEG_INFINITY } else { -largest })
            })
            .collect::<Result<_>>()?;
        Ok(Self { angles, rates })
    }

    /// The contraction along a mixture path from a Gaussian base in any dimension between the angles 0 and `first`, by the bound for the
    /// largest eigenvalue of `∇²log p_φ` in closed form.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 < first ≤ π/2`; [`Error::Undefined`] where there is no such bound; those of [`MixturePath::slice`].
    pub fn of_mixture(path: &MixturePath, first: f64) -> Result<Self> {
        positive("first angle", first)?;
        let share = |i: u32| f64::from(i) / f64::from(ANGLES);
        let angles: Vec<f64> = (0..=ANGLES).map(|i| first * share(i) * share(i)).collect();
        let rates: Vec<f64> = angles
            .iter()
            .map(|&angle| Ok(-path.slice(angle)?.largest_eigenvalue_bound()))
            .collect::<Result<_>>()?;
        if rates.iter().all(|rate| rate.is_finite()) {
            return Ok(Self { angles, rates });
        }
        Err(Error::Undefined {
            what: "the contraction of annealed Langevin dynamics".to_owned(),
            reason: "no bound above is known for the Hessian of log p_t where components have different covariances"
                .to_owned(),
        })
    }

    /// The ends of ρ on the cells, outward from the target, and the times at the nodes.
    fn cells(&self, schedule: &Schedule) -> (Vec<f64>, Vec<(f64, f64)>) {
        let (mut times, mut rates) = (vec![schedule.time_of_angle(self.angles[0])], Vec::new());
        for (angles, ends) in self.angles.windows(2).zip(self.rates.windows(2)) {
            for k in 0..CELLS {
                let share = |k: u32| f64::from(k) / f64::from(CELLS);
                let known = ends[0].is_finite() && ends[1].is_finite();
                let rate = |s: f64| if known { ends[0] + s * (ends[1] - ends[0]) } else { f64::NEG_INFINITY };
                let (one, two) = (rate(share(k)), rate(share(k + 1)));
                let top = if known { one.max(two) } else { ends[0].max(ends[1]) };
                rates.push((one.min(two), top));
                let angle = angles[0] + share(k + 1) * (angles[1] - angles[0]);
                times.push(schedule.time_of_angle(angle));
            }
        }
        (times, rates)
    }

    /// Solutions of `κĊ = −2ρC + 4` with ρ replaced by its values at both ends of each cell.
    fn constants(&self, schedule: &Schedule, kappa: f64, from: f64, initial: f64) -> Result<Constants> {
        positive("kappa", kappa)?;
        positive("initial constant", initial)?;
        let first = schedule.angle(from);
        let last = self.angles[self.angles.len() - 1];
        if (first - last).abs() > 8.0 * f64::EPSILON {
            return Err(Error::domain("start", from, "the time at which the contraction begins"));
        }
        let (times, rates) = self.cells(schedule);
        let cells = rates.len();
        let (mut above, mut below) = (vec![initial; cells + 1], vec![initial; cells + 1]);
        for j in (0..cells).rev() {
            let step = (times[j] - times[j + 1]).max(0.0) / kappa;
            above[j] = relaxed(above[j + 1], rates[j].0, step);
            below[j] = relaxed(below[j + 1], rates[j].1, step);
        }
        Ok(Constants { times, above, below })
    }

    /// A bound for `C_LS(q_1)`, `q_1` the law at the end of annealed Langevin dynamics with slowness κ started from `p_from`: the
    /// solution at the end of `κĊ = −2ρC + 4` from `initial ≥ C_LS(p_from)` (Collet, Malrieu 2008; Converged).
    ///
    /// # Errors
    /// As [`LineContraction::log_sobolev_bias_bound`].
    pub fn log_sobolev_constant(
        &self,
        schedule: &Schedule,
        kappa: f64,
        from: f64,
        initial: f64,
    ) -> Result<Enclosure> {
        let all = self.constants(schedule, kappa, from, initial)?;
        let (a, b) = (all.below[0], all.above[0]);
        Enclosure::new(a.min(b), a.max(b), Evidence::Converged)
    }

    /// A bound for `KL(p_1|q)` of annealed Langevin dynamics with slowness κ started from `p_from`, by the log-Sobolev inequality
    /// of the law `q` of the dynamics: `(κ/2)∫_from^1 e^{−∫_u^1 2/(κC_t)dt}|p'_u|² du`, where `C_t ≥ C_LS(q_t)` solves
    /// `κĊ = −2ρC + 4` from `initial ≥ C_LS(p_from)` (Collet, Malrieu 2008).
    ///
    /// On each cell ρ is replaced by its values at both ends, which gives the two ends of the enclosure (Converged).
    ///
    /// # Errors
    /// [`Error::Domain`] unless κ and the initial constant are positive and the curve is followed from the angle at `from`; those of
    /// [`MetricDerivative::weighted_action`].
    pub fn log_sobolev_bias_bound(
        &self,
        derivative: &MetricDerivative,
        schedule: &Schedule,
        kappa: f64,
        from: f64,
        initial: f64,
    ) -> Result<Enclosure> {
        let energy = |felt: &dyn Fn(f64) -> f64| derivative.weighted_action(schedule, (from, 1.0), felt);
        self.discounted(&energy, schedule, kappa, from, initial)
    }

    /// The same with `energy(w) = ∫_from^1 w(t)|p'_t|² dt`, or a bound above for it.
    ///
    /// # Errors
    /// As [`LineContraction::log_sobolev_bias_bound`].
    pub fn discounted(
        &self,
        energy: &WeightedAction<'_>,
        schedule: &Schedule,
        kappa: f64,
        from: f64,
        initial: f64,
    ) -> Result<Enclosure> {
        let Constants { times, above, below } = self.constants(schedule, kappa, from, initial)?;
        let cells = times.len() - 1;
        let weight = |constants: &[f64], worst: fn(f64, f64) -> f64| {
            let mut exponents = vec![0.0; cells + 1];
            for j in 0..cells {
                let constant = worst(constants[j], constants[j + 1]);
                exponents[j + 1] =
                    exponents[j] + 2.0 * (times[j] - times[j + 1]).max(0.0) / (kappa * constant);
            }
            exponents
        };
        let (slow, fast) = (weight(&above, f64::max), weight(&below, f64::min));
        let integral = |exponents: &[f64]| {
            let felt = |t: f64| {
                // Times descend with the angle.
                let j = times.partition_point(|&s| s > t).clamp(1, cells);
                let share = ((times[j - 1] - t) / (times[j - 1] - times[j])).clamp(0.0, 1.0);
                core_math::exp(-(exponents[j - 1] + share * (exponents[j] - exponents[j - 1])))
            };
            energy(&felt)
        };
        let bound = integral(&slow)?.hull(integral(&fast)?) * (0.5 * kappa);
        Ok(bound.weakened(Evidence::Converged))
    }
}

/// Bounds for log-Sobolev constants along the dynamics at the nodes of the cells, from the target to the start.
struct Constants {
    times: Vec<f64>,
    above: Vec<f64>,
    below: Vec<f64>,
}

/// `C` after the time `step` of `C' = −2ρC + 4`.
fn relaxed(constant: f64, rate: f64, step: f64) -> f64 {
    if step == 0.0 {
        return constant;
    }
    let exponent = 2.0 * rate * step;
    if exponent < -700.0 {
        return USELESS;
    }
    let gain = if exponent.abs() < 1e-12 { 1.0 } else { -core_math::expm1(-exponent) / exponent };
    (constant * core_math::exp(-exponent) + 4.0 * step * gain).min(USELESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::log_sobolev_bias_bound;
    use crate::dynamics::poincare_energy;
    use crate::measure::gaussian::Gaussian;
    use crate::path::{GaussianPath, MixtureCurve};
    use std::f64::consts::FRAC_PI_2;

    /// Cells of the contraction.
    const CELL_ERROR: f64 = 0.02;

    #[test]
    fn gaussian_targets_have_the_bounds_of_gaussian_paths() {
        for (mean, std) in [(1.0, 1.0), (0.5, 2.0), (-1.0, 0.5)] {
            let schedule = Schedule::power(2.0).unwrap();
            let curve = MixtureCurve::new(&[1.0], &[mean], &[std]).unwrap();
            let target = Gaussian::isotropic(vec![mean], std * std).unwrap();
            let path = GaussianPath::from_standard(target, schedule.clone()).unwrap();
            let variance = |t: f64| schedule.lambda(t) * std * std + schedule.complement(t);
            let energy = poincare_energy_on_line(&curve, &schedule, 0.0, &variance).unwrap();
            let exact = poincare_energy(&path, 0.0).unwrap();
            let accuracy = 1e-8;
            assert!((energy.mid() / exact.mid() - 1.0).abs() < accuracy, "{energy} {exact}");
            let derivative = MetricDerivative::of(&curve, (0.0, FRAC_PI_2)).unwrap();
            let fast =
                smooth_poincare_energy_on_line(&curve, &derivative, &schedule, 0.0, &variance).unwrap();
            assert!(fast.interval().intersects(energy.interval()), "{fast} {energy}");
            let contraction = LineContraction::of(&curve, FRAC_PI_2, true).unwrap();
            for kappa in [1.0, 0.1, 0.01] {
                let found =
                    contraction.log_sobolev_bias_bound(&derivative, &schedule, kappa, 0.0, 2.0).unwrap();
                // The bound of the Gaussian path replaces the constants by simpler ones that are at least as large; for a
                // translation they are the same.
                let other = log_sobolev_bias_bound(&path, kappa, 0.0).unwrap();
                assert!(found.relative_width() < CELL_ERROR, "{found}");
                assert!(found.lo() <= other.hi(), "{found} {other}");
                assert!(std != 1.0 || found.hi() >= other.lo(), "{found} {other}");
            }
        }
    }

    #[test]
    fn constants_relax_as_the_equation_says() {
        let rounding = 1e-12;
        // C' = −2ρC + 4 from C.
        for (constant, rate, step) in [(3.0, 0.7, 0.4), (0.5, -1.2, 2.0), (2.0, 40.0, 3.0), (1.0, 1e-9, 0.1)]
        {
            let limit = 2.0 / rate;
            let exact: f64 = limit + (constant - limit) * f64::exp(-2.0 * rate * step);
            let found = relaxed(constant, rate, step);
            let cancelled = if rate < 1e-6 { 1e-6 } else { 0.0 };
            assert!((found - exact).abs() < rounding * exact.abs() + cancelled, "{rate}: {found} {exact}");
        }
        assert!((relaxed(2.0, 0.0, 0.3) - 3.2).abs() < rounding);
        assert_eq!(relaxed(2.0, 5.0, 0.0), 2.0);
        assert_eq!((relaxed(2.0, -1e4, 1.0), relaxed(2.0, f64::NEG_INFINITY, 0.1)), (USELESS, USELESS));
        assert_eq!(relaxed(2.0, f64::NEG_INFINITY, 0.0), 2.0);
        // In two steps as in one.
        let twice = relaxed(relaxed(3.0, 0.7, 0.15), 0.7, 0.25);
        assert!((twice - relaxed(3.0, 0.7, 0.4)).abs() < rounding);
    }

    #[test]
    fn cells_lie_between_the_angles_of_the_curvature() {
        let schedule = Schedule::linear();
        let contraction =
            LineContraction { angles: vec![0.0, 0.4, 1.2], rates: vec![f64::NEG_INFINITY, 2.0, 1.0] };
        let (times, rates) = contraction.cells(&schedule);
        let count = CELLS as usize;
        assert_eq!((times.len(), rates.len()), (2 * count + 1, 2 * count));
        let rounding = 1e-12;
        for k in 0..=count {
            let share = k as f64 / count as f64;
            assert!((times[k] - (0.4 * share).cos().powi(2)).abs() < rounding);
            assert!((times[count + k] - (0.4 + 0.8 * share).cos().powi(2)).abs() < rounding);
        }
        // Nothing is known next to an end that could not be evaluated; else the values are linear in the angle.
        assert!(rates[..count].iter().all(|r| *r == (f64::NEG_INFINITY, 2.0)));
        for (k, rate) in rates[count..].iter().enumerate() {
            let share = |k: usize| 2.0 - k as f64 / count as f64;
            assert!(
                (rate.0 - share(k + 1)).abs() < rounding && (rate.1 - share(k)).abs() < rounding,
                "{rate:?}"
            );
        }
        // A constant rate is integrated exactly: C at the end from C at the start.
        let even = LineContraction { angles: vec![0.0, 0.4, 1.2], rates: vec![0.8; 3] };
        let from = schedule.time_of_angle(1.2);
        let found = even.log_sobolev_constant(&schedule, 0.5, from, 3.0).unwrap();
        let exact = relaxed(3.0, 0.8, (1.0 - from) / 0.5);
        assert!(found.widened(rounding).contains(exact) && found.width() < rounding, "{found} {exact}");
        let falling = LineContraction { angles: vec![0.0, 0.4, 1.2], rates: vec![2.0, 1.5, 0.5] };
        let found = falling.log_sobolev_constant(&schedule, 0.5, from, 3.0).unwrap();
        assert!(
            found.hi() < exact && found.lo() > 1.0 && found.relative_width() < 2.5 * CELL_ERROR,
            "{found} {exact}"
        );
        assert!(even.log_sobolev_constant(&schedule, 0.5, 0.9, 3.0).is_err());
    }

    #[test]
    fn narrow_targets_have_large_quotients_of_the_same_relative_accuracy() {
        // Scaled by ten: the energy is a hundred times as large per unit of the action, the error relative to it.
        let schedule = Schedule::cosine();
        for std in [0.8, 0.1] {
            let curve = MixtureCurve::new(&[0.4, 0.6], &[-2.0 * std, 1.5 * std], &[std, 1.2 * std]).unwrap();
            let derivative = MetricDerivative::of(&curve, (0.0, FRAC_PI_2)).unwrap();
            let exact = poincare_energy_on_line(&curve, &schedule, 0.2, &|_| 1.0).unwrap();
            let found =
                smooth_poincare_energy_on_line(&curve, &derivative, &schedule, 0.2, &|_| 1.0).unwrap();
            assert!(found.interval().intersects(exact.interval()), "{found} {exact}");
            assert!(found.relative_width() < 2.0 * COARSEST, "{std}: {found}");
        }
    }

    #[test]
    fn bad_arguments_are_refused() {
        let curve = MixtureCurve::new(&[1.0], &[1.0], &[0.5]).unwrap();
        let schedule = Schedule::cosine();
        let derivative = MetricDerivative::of(&curve, (0.0, FRAC_PI_2)).unwrap();
        let contraction = LineContraction::of(&curve, FRAC_PI_2, true).unwrap();
        let bound = |kappa: f64, from: f64, initial: f64| {
            contraction.log_sobolev_bias_bound(&derivative, &schedule, kappa, from, initial)
        };
        assert!(bound(1.0, 0.0, 2.0).is_ok());
        for (kappa, from, initial) in
            [(0.0, 0.0, 2.0), (f64::NAN, 0.0, 2.0), (1.0, 0.5, 2.0), (1.0, 0.0, f64::INFINITY)]
        {
            assert!(bound(kappa, from, initial).is_err());
        }
        assert!(LineContraction::of(&curve, 0.0, true).is_err());
    }
}
