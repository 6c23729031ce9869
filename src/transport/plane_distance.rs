//! Wasserstein distances and metric derivatives in the plane, by debiased Sinkhorn on grids.
//!
//! With the entropic cost `OT_ε(p, q) = min ⟨|x−y|²/2, P⟩ + ε KL(P | p⊗q)` the Sinkhorn divergence
//! `S_ε = 2OT_ε(p, q) − OT_ε(p, p) − OT_ε(q, q)` tends to `W₂²(p, q)`. In its dynamic form the entropic cost depends on ε, up to
//! terms that cancel in `S_ε`, only through `(ε²/8)∫∫|∇log ρ|²` (Gentil, Léonard, Ripani, *About the analogy between
//! optimal transport and minimal entropy*, 2017; Chizat, Roussillon, Léger, Vialard, Peyré, *Faster Wasserstein distance
//! estimation with the Sinkhorn divergence*, 2020). For smooth positive densities it therefore has an expansion in powers of ε²,
//! and a few moderate temperatures, at which Sinkhorn converges fast, extrapolate to the limit.
//!
//! For a curve of densities `W₂²(p_{t−h}, p_{t+h})/(4h²) = |ṗ_t|² + O(h²)` has one in powers of h².

use super::sinkhorn::{EntropicPlan, PlaneGrid};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, finite, positive};
use crate::numerics::extrapolation::limit_at_zero;

/// A positive function in the plane.
pub type Density<'a> = dyn Fn([f64; 2]) -> f64 + 'a;

/// Ratio of successive temperatures: their squares are halved.
const COOLING: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// Spacings of the grid in units of `√ε`: the kernel has deviation `√ε`, and a sum over a grid of spacing 0.8 of that is an integral
/// up to `e^{−2π²/0.64} = 4·10⁻¹⁴`. That the densities are resolved too shows in the difference between the two.
const SPACINGS: [f64; 2] = [0.8, 0.65];
/// Defect of Sinkhorn's rows at which it stops; the divergence of close laws is a small difference.
const DEFECT: f64 = 1e-11;
/// Sums of potentials lose this much in rounding, relative to ε.
const ROUNDING: f64 = 1e-13;
/// The most points on an axis.
const MOST_POINTS: f64 = 2000.0;

/// The rectangle outside which the densities are negligible, and the temperatures.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlaneResolution {
    window: [(f64, f64); 2],
    warmest: f64,
    levels: usize,
}

impl PlaneResolution {
    /// The window, the highest temperature (a fraction of the square of the densities' length scale), and the
    /// number of temperatures, each `1/√2` of the one before.
    ///
    /// # Errors
    /// [`Error::Domain`] for an empty window, a temperature that is not positive, or fewer than 3 levels.
    pub fn new(window: [(f64, f64); 2], warmest: f64, levels: usize) -> Result<Self> {
        positive("warmest temperature", warmest)?;
        for (lo, hi) in window {
            positive(
                "length of the window",
                finite("end of the window", hi)? - finite("end of the window", lo)?,
            )?;
        }
        if !(3..=16).contains(&levels) {
            return Err(Error::domain("levels", levels, "3 to 16 temperatures"));
        }
        let coldest = warmest * (1..levels).fold(1.0, |c, _| c * COOLING);
        let longest = window.iter().map(|(lo, hi)| hi - lo).fold(0.0, f64::max);
        let points = longest / (SPACINGS[1] * coldest.sqrt());
        if points > MOST_POINTS {
            return Err(Error::domain(
                "window",
                points,
                "at most 2000 points on an axis at the lowest temperature",
            ));
        }
        Ok(Self { window, warmest, levels })
    }

    fn grid(&self, density: &Density<'_>, spacing: f64) -> Result<PlaneGrid> {
        let axes = self.window.map(|(lo, hi)| {
            let steps = ((hi - lo) / spacing).ceil().max(1.0);
            (0..=u32::MAX)
                .map(f64::from)
                .take_while(|k| *k <= steps)
                .map(|k| lo + (hi - lo) * (k / steps))
                .collect()
        });
        PlaneGrid::new(axes, density)
    }

    /// `S_ε` on grids of both spacings: the finer value, with the difference and Sinkhorn's own error as its radius.
    fn divergence(&self, first: &Density<'_>, second: &Density<'_>, epsilon: f64) -> Result<Enclosure> {
        let mut values = Vec::with_capacity(SPACINGS.len());
        for spacing in SPACINGS {
            let p = self.grid(first, spacing * epsilon.sqrt())?;
            let q = self.grid(second, spacing * epsilon.sqrt())?;
            let between = EntropicPlan::between_grids(&p, &q, epsilon, DEFECT)?.value();
            let own = EntropicPlan::with_itself(&p, epsilon, DEFECT)?.value()
                + EntropicPlan::with_itself(&q, epsilon, DEFECT)?.value();
            values.push(2.0 * between - own);
        }
        // The dual value is stationary in the potentials up to ε times the defect of the mass, which the defect of the rows bounds.
        let rounding = 4.0 * epsilon * (ROUNDING + DEFECT);
        Ok(Enclosure::around(values[1], (values[1] - values[0]).abs() + rounding, Evidence::Converged))
    }

    /// `W₂²(p, q)` for two positive smooth densities (in whatever unit).
    ///
    /// The error estimate is that of the extrapolation in ε² plus what the differences between the two grids at every
    /// temperature can do to it. It does not know of mass outside the window.
    ///
    /// # Errors
    /// [`Error::Domain`] for a density that vanishes (or underflows) in the window; [`Error::NoConvergence`] from Sinkhorn.
    pub fn squared_distance(&self, first: &Density<'_>, second: &Density<'_>) -> Result<Enclosure> {
        let mut values = Vec::with_capacity(self.levels);
        let mut epsilon = self.warmest;
        for _ in 0..self.levels {
            values.push((epsilon * epsilon, self.divergence(first, second, epsilon)?));
            epsilon *= COOLING;
        }
        Ok(limit_at_zero(&values))
    }

    /// `|ṗ_t|²` from `W₂²(p_{t−h}, p_{t+h})/(4h²)` at `step·{1, 1/√2, 1/2}`, extrapolated in h²; `curve(s, y)` is the density at
    /// time `t + s`.
    ///
    /// # Errors
    /// Those of [`PlaneResolution::squared_distance`]; [`Error::Domain`] unless the step is positive.
    pub fn metric_derivative_squared(
        &self,
        curve: &(dyn Fn(f64, [f64; 2]) -> f64 + '_),
        step: f64,
    ) -> Result<Enclosure> {
        let mut h = positive("step", step)?;
        let mut quotients = Vec::new();
        for _ in 0..3 {
            let distance = self.squared_distance(&|y| curve(-h, y), &|y| curve(h, y))?;
            quotients.push((h * h, distance / (4.0 * h * h)));
            h *= COOLING;
        }
        Ok(limit_at_zero(&quotients))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;
    use crate::numerics::quadrature::integrate;
    use crate::path::{LineCurve, MixtureCurve};
    use nalgebra::{DMatrix, DVector};

    fn normal(mean: [f64; 2], (a, b, c): (f64, f64, f64)) -> (Gaussian, impl Fn([f64; 2]) -> f64) {
        let covariance = DMatrix::from_row_slice(2, 2, &[a, b, b, c]);
        let law = Gaussian::new(DVector::from_vec(mean.to_vec()), covariance).unwrap();
        let determinant = a * c - b * b;
        let density = move |[x, y]: [f64; 2]| {
            let (x, y) = (x - mean[0], y - mean[1]);
            (-(c * x * x - 2.0 * b * x * y + a * y * y) / (2.0 * determinant)).exp()
        };
        (law, density)
    }

    #[test]
    fn gaussian_laws_have_the_bures_distance() {
        let (p, density_p) = normal([0.5, -0.3], (1.5, 0.4, 0.8));
        let (q, density_q) = normal([0.8, 0.1], (1.0, -0.2, 1.2));
        let resolution = PlaneResolution::new([(-9.0, 10.0), (-8.5, 8.5)], 0.5, 5).unwrap();
        let found = resolution.squared_distance(&density_p, &density_q).unwrap();
        let exact = p.wasserstein2_squared(&q).unwrap();
        assert!(found.contains(exact.mid()) && found.relative_width() < 1e-5, "{found} {exact}");
    }

    #[test]
    fn the_curve_of_a_product_has_the_metric_derivative_of_its_factors() {
        let curves = [
            MixtureCurve::new(&[0.4, 0.6], &[-1.5, 1.0], &[0.6, 0.5]).unwrap(),
            MixtureCurve::new(&[0.7, 0.3], &[0.5, -1.0], &[0.8, 0.4]).unwrap(),
        ];
        let angle = 0.8;
        let exact: f64 = curves
            .iter()
            .map(|curve| {
                let slice = curve.slice(angle).unwrap();
                let breaks: Vec<f64> = (-32..=32).map(|k| 0.25 * f64::from(k)).collect();
                let energy = |y: f64| {
                    let point = slice.point(y);
                    point.velocity * point.velocity * point.log_density.exp()
                };
                integrate(&breaks, energy).mid()
            })
            .sum();
        let density = |s: f64, y: [f64; 2]| {
            let log = |k: usize| curves[k].slice(angle + s).unwrap().log_density(y[k]);
            (log(0) + log(1)).exp()
        };
        let resolution = PlaneResolution::new([(-8.0, 8.0), (-8.0, 8.0)], 0.3, 4).unwrap();
        let found = resolution.metric_derivative_squared(&density, 0.08).unwrap();
        assert!(found.contains(exact) && found.relative_width() < 2e-3, "{found} {exact}");
    }

    #[test]
    fn divergences_count_what_sinkhorn_leaves_open() {
        let (_, density) = normal([0.2, -0.1], (1.0, 0.2, 0.8));
        let resolution = PlaneResolution::new([(-6.0, 6.5), (-5.0, 5.0)], 1.0, 3).unwrap();
        let epsilon = 1.0;
        let own = resolution.divergence(&density, &density, epsilon).unwrap();
        let open = 4.0 * epsilon * (ROUNDING + DEFECT);
        assert!(own.contains(0.0) && own.width() > 1.99 * open && own.width() < 4.0 * open, "{own}");
        // The grid covers the window with steps as long as asked for, or a little shorter.
        let grid = resolution.grid(&density, 0.7).unwrap();
        let same = resolution.grid(&density, 0.7).unwrap();
        assert!(EntropicPlan::between_grids(&grid, &same, epsilon, DEFECT).is_ok());
    }

    #[test]
    fn the_number_of_points_is_limited_at_the_lowest_temperature() {
        let new = |length: f64, warmest: f64, levels: usize| {
            PlaneResolution::new([(0.0, 1.0), (0.0, length)], warmest, levels).is_ok()
        };
        // The coldest of three is half the warmest: spacing 0.65·√(warmest/2).
        let longest = MOST_POINTS * SPACINGS[1] * 0.5_f64.sqrt();
        assert!(new(0.999 * longest, 1.0, 3) && !new(1.001 * longest, 1.0, 3));
        assert!(new(2.0 * 0.999 * longest, 4.0, 3) && !new(2.0 * 1.001 * longest, 4.0, 3));
        // Two more levels: half the temperature again.
        assert!(
            new(0.999 * longest / 2.0_f64.sqrt(), 1.0, 5) && !new(1.001 * longest / 2.0_f64.sqrt(), 1.0, 5)
        );
        assert!(new(1.0, 1.0, 16) && !new(1.0, 1.0, 17) && !new(1.0, 1.0, 2));
    }

    #[test]
    fn bad_input_is_refused() {
        let window = [(-1.0, 1.0), (-1.0, 1.0)];
        for warmest in [0.0, -1.0, f64::NAN, 1e-12] {
            assert!(PlaneResolution::new(window, warmest, 4).is_err());
        }
        assert!(PlaneResolution::new([(1.0, 1.0), (0.0, 1.0)], 0.1, 4).is_err());
        assert!(PlaneResolution::new([(0.0, f64::INFINITY), (0.0, 1.0)], 0.1, 4).is_err());
        assert!(PlaneResolution::new(window, 0.1, 2).is_err());
        let resolution = PlaneResolution::new(window, 0.1, 3).unwrap();
        assert!(resolution.squared_distance(&|_| 0.0, &|_| 1.0).is_err());
        assert!(resolution.metric_derivative_squared(&|_, _| 1.0, 0.0).is_err());
    }
}
