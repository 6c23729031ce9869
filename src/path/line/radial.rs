//! The path to a radial law, as the curve of the laws of its norm.
//!
//! With a Gaussian base in `R^d` a radial target stays radial, the field is radial and a gradient, and the norm of annealed Langevin
//! dynamics is itself annealed Langevin dynamics of the norm's law `g_φ(r) ∝ r^{d−1}p_φ(r)`, whose score is `(log p_φ)' + (d−1)/r`. Divergences
//! and Wasserstein distances between radial laws are those between the laws of their norms, so everything on the line serves.

use super::gather::{Cloud, Kernel, Kind, Node, Skeleton};
use super::{LineBase, LineCurve, LineSlice};
use crate::enclosure::Enclosure;
use crate::error::{Result, within};
use crate::measure::target::Radial;
use crate::numerics::bessel::{SphereAverage, sphere_average};
use crate::numerics::jet::Jet;
use crate::numerics::quadrature::integrate;
use crate::path::curvature_range;
use crate::path::curve::{Reread, SlicePoint};
use std::f64::consts::{FRAC_PI_2, LN_2};
use std::fmt;

/// The curve of the laws of `|X_φ|`, `X_φ = cos φ·X + sin φ·Z` in `R^d`, for a radial X and a standard normal Z.
///
/// ```
/// use dald::measure::target::Radial;
/// use dald::numerics::expression::Expression;
/// use dald::path::line::RadialCurve;
/// use dald::path::LineCurve;
/// let target = Radial::new(Expression::parse("r^2/8", &["r"])?, 3)?;
/// // X_φ is normal with variance 5/2 at φ = π/4, and (log p)' = −r/(5/2).
/// let curve = RadialCurve::new(target);
/// let slice = curve.slice(std::f64::consts::FRAC_PI_4)?;
/// let error = 4.0 * slice.relative_error();
/// assert!((slice.point(3.0).score - 2.0 / 3.0 + 3.0 / 2.5).abs() < error);
/// # Ok::<(), dald::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RadialCurve {
    target: Radial,
    /// Of the law of `|X|`.
    skeleton: Skeleton,
}

/// The Hessian of `log p_φ` at a distance from the origin: its eigenvalue along the radius, and the one across it, which is `d − 1` fold.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RadialHessian {
    /// `(log p)''`.
    pub along: f64,
    /// `(log p)'/r`.
    pub across: f64,
}

impl RadialCurve {
    /// The curve from `target` at angle 0 to the standard normal law at `π/2`.
    pub fn new(target: Radial) -> Self {
        let skeleton = Skeleton::of(target.norm().clone());
        Self { target, skeleton }
    }

    /// The target.
    pub fn target(&self) -> &Radial {
        &self.target
    }

    /// The law at an angle.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::error::Error::Domain) unless `0 ≤ angle ≤ π/2`.
    pub fn at(&self, angle: f64) -> Result<RadialSlice<'_>> {
        let angle = within("angle", angle, 0.0, FRAC_PI_2)?;
        let (cosine, sine) = (core_math::cos(angle), core_math::sin(angle));
        Ok(RadialSlice { curve: self, angle, cosine, sine })
    }

    /// Whether the target has a density without corners away from the origin.
    pub fn is_smooth(&self) -> bool {
        let profile = self.target.profile();
        profile.domain() == (0.0, f64::INFINITY) && profile.kinks().is_empty()
    }

    fn dimension(&self) -> f64 {
        self.target.dimension() as f64
    }
}

impl LineCurve for RadialCurve {
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>> {
        Ok(Box::new(self.at(angle)?))
    }
}

impl fmt::Display for RadialCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "norms from N(0, 1) to {}", self.target)
    }
}

/// The law of `|X_φ|` at one angle.
#[derive(Clone, Debug)]
pub struct RadialSlice<'a> {
    curve: &'a RadialCurve,
    angle: f64,
    cosine: f64,
    sine: f64,
}

/// Below this ratio of the kernel's width to the target's length derivatives are taken of the target.
const NARROW: f64 = 1.0;
/// A window is wider than it has to be by at most this share.
const WINDOW_SLACK: f64 = 0.02;
/// Doublings of a window at most.
const WINDOW_STEPS: u32 = 2100;
/// Steps of breaks around a place where the density changes quickly, in units of the width there.
const STEPS: [f64; 6] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0];
/// Masses are integrals over a window that leaves out this much.
const LEAST_MASS: f64 = 1e-18;

/// Fields of `p_φ` as a function of the distance: `log p_φ`, its two derivatives, the field and its derivative.
struct Fields {
    log_density: f64,
    score: f64,
    bend: f64,
    velocity: f64,
    velocity_slope: f64,
}

impl Fields {
    fn hessian(&self, r: f64) -> RadialHessian {
        RadialHessian { along: self.bend, across: self.score / r }
    }

    /// Where there is no density.
    fn nowhere() -> Self {
        let nothing = f64::NAN;
        Self {
            log_density: f64::NEG_INFINITY,
            score: nothing,
            bend: nothing,
            velocity: nothing,
            velocity_slope: nothing,
        }
    }
}

impl RadialSlice<'_> {
    fn is_target(&self) -> bool {
        self.angle == 0.0
    }

    fn is_base(&self) -> bool {
        self.angle == FRAC_PI_2
    }

    /// The eigenvalues of `∇² log p_φ` at the distance `r > 0` from the origin.
    pub fn hessian(&self, r: f64) -> RadialHessian {
        self.fields(r).hessian(r)
    }

    /// Infimum and supremum of the eigenvalues of `∇² log p_φ` over all points (Converged), see [`curvature_range`].
    pub fn hessian_range(&self) -> [Enclosure; 2] {
        // An eigenvalue in the place of the curvature, for the search over all points.
        let range = |eigenvalue: fn(RadialHessian) -> f64| {
            let point = |law: &Self, r: f64| {
                let fields = law.fields(r);
                SlicePoint { curvature: eigenvalue(fields.hessian(r)), ..law.read(r, &fields) }
            };
            curvature_range(&Reread { law: self, point })
        };
        let [low, high] = range(|hessian| hessian.along);
        let [across_low, across_high] = range(|hessian| hessian.across);
        [low.min(across_low), high.max(across_high)]
    }

    /// The law with density `∝ g(ρ)e^{−(r−cρ)²/2s²}` on nodes, and the averages over the sphere at each.
    fn cloud(&self, r: f64, finer: bool) -> (Cloud, Vec<SphereAverage>) {
        let kernel = Kernel {
            base: LineBase::Gaussian,
            kind: Kind::Density,
            y: r,
            cosine: self.cosine,
            sine: self.sine,
        };
        let range = (0.0, f64::INFINITY);
        let skeleton = &self.curve.skeleton;
        let mut cloud =
            if finer { skeleton.gather_finer(kernel, range) } else { skeleton.gather(kernel, range) };
        let concentration = self.cosine * r / (self.sine * self.sine);
        let dimension = self.curve.target.dimension();
        let averages: Vec<SphereAverage> =
            cloud.nodes.iter().map(|n| sphere_average(dimension, concentration * n.x)).collect();
        let total: f64 = cloud.nodes.iter().zip(&averages).map(|(n, a)| n.weight * a.scaled).sum();
        for (node, average) in cloud.nodes.iter_mut().zip(&averages) {
            node.weight *= average.scaled / total;
        }
        cloud.log_mass += core_math::log(total);
        (cloud, averages)
    }

    /// `log p_φ` less the logarithm of the mass of the cloud: with `K(r|ρ)` the density of `|cρe + sZ|`,
    /// `K = (r/s)^{d−1} s^{−1} e^{−(r−cρ)²/2s²}·e^{−z}z^{−ν}I_ν(z)` at `z = crρ/s²`, without its factor `r^{d−1}`.
    fn log_scale(&self) -> f64 {
        -self.curve.skeleton.log_normalizer - self.curve.dimension() * core_math::log(self.sine)
    }

    fn fields(&self, r: f64) -> Fields {
        if r.is_nan() || r <= 0.0 {
            Fields::nowhere()
        } else if self.is_target() {
            self.of_target(r)
        } else if self.is_base() {
            let order = 0.5 * self.curve.dimension() - 1.0;
            let log_density = -0.5 * r * r - order * LN_2 - core_math::lgamma(order + 1.0);
            Fields { log_density, score: -r, bend: -1.0, velocity: 0.0, velocity_slope: 0.0 }
        } else {
            let (cloud, averages) = self.cloud(r, false);
            if cloud.nodes.is_empty() {
                return Fields::nowhere();
            }
            let narrow =
                self.curve.is_smooth() && self.sine < NARROW * self.cosine * self.curve.skeleton.length;
            if narrow { self.by_target(&cloud, &averages) } else { self.by_kernel(r, &cloud, &averages) }
        }
    }

    fn of_target(&self, r: f64) -> Fields {
        let outer = (self.curve.dimension() - 1.0) * core_math::log(r);
        let potential: Jet<f64, 2> = self.curve.target.profile().potential(Jet::variable(r));
        Fields {
            log_density: self.curve.target.norm().log_density(r) - outer,
            score: -potential.derivative(1),
            bend: -potential.derivative(2),
            velocity: 0.0,
            velocity_slope: 0.0,
        }
    }

    /// From the conditional law of `X` along the radius: `E[X|y]` and `Var[X·e|y]`.
    fn by_kernel(&self, r: f64, cloud: &Cloud, averages: &[SphereAverage]) -> Fields {
        let (c, s) = (self.cosine, self.sine);
        let expect = mean(cloud, averages);
        let centre = expect(&|n, a| n.x * a.cosine);
        // Var = E[Var(X·e | |X|)] + Var(E[X·e | |X|]).
        let spread = expect(&|n, a| {
            let within = a.cosine_squared - a.cosine * a.cosine;
            n.x * n.x * within + (n.x * a.cosine - centre).powi(2)
        });
        let noise = (r - c * centre) / s;
        let ratio = c / s;
        Fields {
            log_density: self.log_scale() + cloud.log_mass,
            score: -noise / s,
            bend: (ratio * ratio * spread - 1.0) / (s * s),
            velocity: c * noise - s * centre,
            // −tan φ·(1 + bend).
            velocity_slope: ratio * (1.0 - spread / (s * s)),
        }
    }

    /// From the derivatives of the target: `∇log p = −E[∇V|y]/c`, `∇²log p = (Cov[∇V|y] − E[∇²V|y])/c²`.
    fn by_target(&self, cloud: &Cloud, averages: &[SphereAverage]) -> Fields {
        let (c, s) = (self.cosine, self.sine);
        let profile = self.curve.target.profile();
        let jets: Vec<(f64, f64)> = cloud
            .nodes
            .iter()
            .map(|n| profile.potential(Jet::<f64, 2>::variable(n.x)))
            .map(|jet| (jet.derivative(1), jet.derivative(2)))
            .collect();
        let terms = || cloud.nodes.iter().zip(averages).zip(&jets).filter(|((n, _), _)| n.weight > 0.0);
        let slope: f64 = terms().map(|((n, a), j)| n.weight * j.0 * a.cosine).sum();
        let bend: f64 = terms()
            .map(|((n, a), j)| {
                let within = a.cosine_squared - a.cosine * a.cosine;
                let spread = j.0 * j.0 * within + (j.0 * a.cosine - slope).powi(2);
                let hessian = j.1 * a.cosine_squared + j.0 / n.x * (1.0 - a.cosine_squared);
                n.weight * (spread - hessian)
            })
            .sum();
        let (score, bend) = (-slope / c, bend / (c * c));
        let centre: f64 = terms().map(|((n, a), _)| n.weight * n.x * a.cosine).sum();
        Fields {
            log_density: self.log_scale() + cloud.log_mass,
            score,
            bend,
            // −tan φ·(y + ∇log p), where y = c·E[X|y] + s·E[Z|y] and E[Z|y] = −s·∇log p.
            velocity: -s * centre - s * c * score,
            velocity_slope: -(s / c) * (1.0 + bend),
        }
    }

    /// What the fields of `p_φ` say of the law of the norm.
    fn read(&self, r: f64, fields: &Fields) -> SlicePoint {
        let outer = self.curve.dimension() - 1.0;
        let &Fields { log_density, score, bend, velocity, velocity_slope } = fields;
        SlicePoint {
            log_density: if r > 0.0 { log_density + outer * core_math::log(r) } else { log_density },
            score: score + outer / r,
            curvature: bend - outer / r / r,
            velocity,
            log_density_rate: -(velocity_slope + outer * velocity / r + velocity * score),
        }
    }

    /// Where the law has mass, and a width of it, for a well of the target's norm.
    fn place(&self, (well, width): (f64, f64)) -> (f64, f64) {
        let base = self.sine * (self.curve.dimension() - 1.0).sqrt();
        ((self.cosine * well).hypot(base), (self.cosine * width).hypot(self.sine))
    }

    fn wells(&self) -> Vec<(f64, f64)> {
        if self.is_base() {
            vec![self.place((0.0, 1.0))]
        } else {
            self.curve.skeleton.law.local_minima().iter().map(|&well| self.place(well)).collect()
        }
    }

    /// Logarithm of about the mass beyond r, from the slope of the density there.
    fn log_mass_beyond(&self, r: f64) -> f64 {
        let point = self.point(r);
        if point.log_density == f64::NEG_INFINITY {
            return f64::NEG_INFINITY;
        }
        if point.score < 0.0 { point.log_density - core_math::log(-point.score) } else { f64::INFINITY }
    }

    /// The same for the mass before r, from the slope on logarithmic axes.
    fn log_mass_before(&self, r: f64) -> f64 {
        let point = self.point(r);
        if point.log_density == f64::NEG_INFINITY {
            return f64::NEG_INFINITY;
        }
        let power = (r * point.score).max(0.0);
        point.log_density + core_math::log(r) - core_math::log1p(power)
    }

    /// Relative difference of the results of two rules on the same panels at one point.
    fn disagreement(&self, r: f64) -> f64 {
        let [coarse, fine] = [false, true].map(|finer| self.cloud(r, finer));
        let centre = |(cloud, averages): &(Cloud, Vec<SphereAverage>)| {
            mean(cloud, averages)(&|n: &Node, a: &SphereAverage| n.x * a.cosine)
        };
        let (first, second) = (centre(&coarse), centre(&fine));
        // Relative to the noise.
        let fields = self.cosine * (first - second).abs() / self.sine.max(r);
        (coarse.0.log_mass - fine.0.log_mass).abs().max(fields)
    }
}

/// A function of the norm of X and of the direction, averaged over the sphere.
type Integrand<'a> = &'a dyn Fn(&Node, &SphereAverage) -> f64;

/// Expectations under a cloud.
fn mean<'a>(cloud: &'a Cloud, averages: &'a [SphereAverage]) -> impl Fn(Integrand<'_>) -> f64 + 'a {
    move |f| {
        let terms = cloud.nodes.iter().zip(averages).filter(|(n, _)| n.weight > 0.0);
        terms.map(|(n, a)| n.weight * f(n, a)).sum()
    }
}

impl LineSlice for RadialSlice<'_> {
    fn point(&self, r: f64) -> SlicePoint {
        self.read(r, &self.fields(r))
    }

    fn log_density(&self, r: f64) -> f64 {
        let outer = self.curve.dimension() - 1.0;
        if r.is_nan() || r <= 0.0 {
            f64::NEG_INFINITY
        } else if self.is_target() {
            self.curve.target.norm().log_density(r)
        } else if self.is_base() {
            self.fields(r).log_density + outer * core_math::log(r)
        } else {
            self.log_scale() + self.cloud(r, false).0.log_mass + outer * core_math::log(r)
        }
    }

    fn masses(&self, y: f64) -> (f64, f64) {
        if y.is_nan() {
            return (f64::NAN, f64::NAN);
        }
        let (lo, hi) = self.window(LEAST_MASS);
        let part = |from: f64, to: f64| {
            if from >= to {
                return 0.0;
            }
            let inner = self.breaks().into_iter().filter(|b| from < *b && *b < to);
            let breaks: Vec<f64> = std::iter::once(from).chain(inner).chain([to]).collect();
            integrate(&breaks, |r| core_math::exp(self.log_density(r))).mid()
        };
        (part(lo, y.min(hi)), part(y.max(lo), hi))
    }

    fn window(&self, level: f64) -> (f64, f64) {
        let wells = self.wells();
        let level = core_math::log(level);
        let (start, width) = wells.iter().copied().fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
        let (mut inside, mut outside) = (start, start + width);
        for _ in 0..WINDOW_STEPS {
            if self.log_mass_beyond(outside) <= level {
                break;
            }
            (inside, outside) = (outside, start + 2.0 * (outside - start));
        }
        while outside - inside > WINDOW_SLACK * (outside - start) {
            let half = 0.5 * (inside + outside);
            if self.log_mass_beyond(half) <= level { outside = half } else { inside = half }
        }
        let first = wells.iter().map(|well| well.0).fold(f64::INFINITY, f64::min);
        let (mut within, mut before) = (first, 0.5 * first);
        for _ in 0..WINDOW_STEPS {
            if before < f64::MIN_POSITIVE || self.log_mass_before(before) <= level {
                break;
            }
            (within, before) = (before, 0.5 * before);
        }
        while within > (1.0 + WINDOW_SLACK) * before {
            let half = (within * before).sqrt();
            if self.log_mass_before(half) <= level { before = half } else { within = half }
        }
        (before, outside)
    }

    fn breaks(&self) -> Vec<f64> {
        let mut breaks = Vec::new();
        let mut around = |(at, width): (f64, f64)| {
            breaks.push(at);
            breaks.extend(STEPS.iter().flat_map(|k| [at - k * width, at + k * width]));
        };
        for well in self.wells() {
            around(well);
        }
        if !self.is_base() {
            let law = &self.curve.skeleton.law;
            let ends = [law.domain().1].into_iter().filter(|e| e.is_finite());
            for corner in law.kinks().iter().copied().chain(ends) {
                around((self.cosine * corner, self.sine));
            }
        }
        breaks.retain(|r| *r > 0.0);
        // Panels that shrink towards the origin, where the density is a power.
        let least = breaks.iter().copied().fold(f64::INFINITY, f64::min);
        breaks.extend(STEPS.iter().map(|k| least / (1.0 + k)));
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        breaks
    }

    fn relative_error(&self) -> f64 {
        let rounding = 256.0 * f64::EPSILON;
        let normalizer = 0.5 * self.curve.skeleton.log_normalizer_width();
        if self.is_base() {
            return rounding;
        }
        if self.is_target() {
            return rounding + normalizer;
        }
        let mut worst = 0.0_f64;
        for (centre, width) in self.wells() {
            for k in [-3.0, -1.0, -0.3, 0.0, 0.4, 1.1, 3.2, 8.0] {
                let r = centre + k * width;
                if r > 0.0 {
                    worst = worst.max(self.disagreement(r));
                }
            }
        }
        worst + rounding + normalizer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::expression::Expression;
    use std::f64::consts::FRAC_PI_4;

    fn curve(potential: &str, dimension: usize) -> RadialCurve {
        RadialCurve::new(Radial::new(Expression::parse(potential, &["r"]).unwrap(), dimension).unwrap())
    }

    #[track_caller]
    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{a} {b}");
    }

    #[test]
    fn normal_laws_stay_normal() {
        for dimension in [2, 3, 10] {
            // Variance 4 in each coordinate.
            let curve = curve("r^2/8", dimension);
            for angle in [0.0, 0.01, 0.3, FRAC_PI_4, 1.5, FRAC_PI_2] {
                let variance = 4.0 * angle.cos().powi(2) + angle.sin().powi(2);
                let slice = curve.at(angle).unwrap();
                let outer = dimension as f64 - 1.0;
                let order = 0.5 * dimension as f64 - 1.0;
                for r in [0.01, 0.7, 3.0, 11.0] {
                    let point = slice.point(r);
                    let error = 64.0 * slice.relative_error() / angle.clamp(0.1, 1.0);
                    let log_density = outer * r.ln()
                        - 0.5 * r * r / variance
                        - (0.5 * dimension as f64) * variance.ln()
                        - order * LN_2
                        - core_math::lgamma(order + 1.0);
                    close(point.log_density, log_density, error);
                    close(point.score, outer / r - r / variance, error);
                    close(point.curvature, -outer / r / r - 1.0 / variance, error);
                    // w = (½dσ²/dφ)·y/σ² for σ² = 4cos² + sin².
                    let rate = -3.0 * angle.cos() * angle.sin() / variance;
                    close(point.velocity, rate * r, error);
                    close(point.log_density_rate, rate * (r * r / variance - outer - 1.0), 4.0 * error);
                    let hessian = slice.hessian(r);
                    close(hessian.along, -1.0 / variance, error);
                    close(hessian.across, -1.0 / variance, error);
                }
            }
        }
    }

    #[test]
    fn both_ways_agree_where_the_kernel_is_as_wide_as_the_target() {
        // A shell around the origin.
        let curve = curve("(r^2 - 4)^2/4", 3);
        let slice = curve.at(0.35).unwrap();
        for r in [0.2, 1.0, 1.9, 2.6] {
            let (cloud, averages) = slice.cloud(r, false);
            let (a, b) = (slice.by_kernel(r, &cloud, &averages), slice.by_target(&cloud, &averages));
            let error = 1e3 * slice.relative_error();
            close(a.score, b.score, error);
            close(a.bend, b.bend, error);
            close(a.velocity, b.velocity, error);
            close(a.velocity_slope, b.velocity_slope, error);
        }
    }

    #[test]
    fn the_field_is_minus_the_change_of_the_distribution() {
        let curve = curve("(r^2 - 4)^2/4", 2);
        let (angle, step, r) = (0.6, 1e-4, 1.7);
        let below = |angle: f64| curve.at(angle).unwrap().masses(r).0;
        let change = (below(angle + step) - below(angle - step)) / (2.0 * step);
        let point = curve.at(angle).unwrap().point(r);
        // Second order in the step, and the rounding of masses over it.
        let error = 10.0 * step * step + 1e-12 / step;
        close(point.velocity, -change / point.log_density.exp(), error);
    }

    #[test]
    fn windows_leave_out_about_what_they_say() {
        for potential in ["(r^2 - 4)^2/4", "r^2/2 + cos(r)", "r"] {
            for dimension in [2, 5] {
                let curve = curve(potential, dimension);
                for angle in [0.0, 0.4, FRAC_PI_2] {
                    let slice = curve.at(angle).unwrap();
                    for level in [0.1, 1e-6] {
                        let (lo, hi) = slice.window(level);
                        let (before, beyond) = (slice.masses(lo).0, slice.masses(hi).1);
                        // The slope of the density gives the mass up to a factor.
                        let factor = 2.0;
                        assert!(before < factor * level && beyond < factor * level, "{before} {beyond}");
                        assert!(before > 0.02 * level && beyond > 0.02 * level, "{before} {beyond}");
                    }
                    let (below, above) = slice.masses(1.3);
                    close(below + above, 1.0, 1e-12);
                }
            }
        }
    }
}

#[cfg(test)]
mod structure;
