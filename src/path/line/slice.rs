//! The law at one angle.

use super::PotentialCurve;
use super::conditional::Conditional;
use super::gather::{Cloud, Kernel, Kind, Node};
use crate::measure::line::Tail;
use crate::numerics::jet::Jet;
use crate::path::curve::{LineSlice, SlicePoint};
use std::f64::consts::FRAC_PI_2;
use std::ops::{Add, Div};

/// Below this ratio of the kernel's width to the target's length derivatives are also taken of the target, which costs more;
/// above, second derivatives of the kernel lose a factor 16 to rounding at most.
const NARROW: f64 = 0.25;
/// Nodes with less than this weight have no part in means: fields grow like powers.
const FAINT: f64 = 1e-19;
/// In a polynomial tail the target varies over this share of the distance.
const FAR: f64 = 0.1;
/// The potential at a finite end is smooth if it changes by less than this over the target's length.
const SINGULAR: f64 = 1e4;
/// A window is wider than it has to be by at most this share.
const WINDOW_SLACK: f64 = 0.02;
const WINDOW_STEPS: usize = 2400;
/// Steps of breaks of a slice around a place where it changes quickly, in units of the width there.
const STEPS: [f64; 6] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

const WHOLE_LINE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// The law of `cos φ·X + sin φ·Z`.
#[derive(Clone, Debug)]
pub struct PotentialSlice<'a> {
    curve: &'a PotentialCurve,
    angle: f64,
    cosine: f64,
    sine: f64,
    /// Finite ends of the domain: `(end, potential there, sign)`, sign −1 on the left.
    jumps: Vec<(f64, f64, f64)>,
    /// The potential is differentiable up to finite ends.
    smooth_ends: bool,
}

/// A sum and that of the sizes of its terms, which is what its error is relative to.
#[derive(Clone, Copy, Debug)]
struct Sum {
    value: f64,
    size: f64,
}

impl Sum {
    fn term(value: f64) -> Self {
        Self { value, size: value.abs() }
    }

    fn of(cloud: &Cloud, f: impl Fn(&Node) -> f64) -> Self {
        cloud.nodes.iter().map(|n| n.weight * f(n)).collect()
    }

    /// The one that cancels less.
    fn or_better(self, other: Self) -> Self {
        if self.size <= other.size || other.size.is_nan() { self } else { other }
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        terms.into_iter().map(Self::term).fold(Self { value: 0.0, size: 0.0 }, Add::add)
    }
}

impl Add for Sum {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, size: self.size + other.size }
    }
}

impl Div<f64> for Sum {
    type Output = Self;

    fn div(self, divisor: f64) -> Self {
        Self { value: self.value / divisor, size: self.size / divisor.abs() }
    }
}

/// The fields at a point, each from one of its two forms.
#[derive(Clone, Copy, Debug)]
struct Fields {
    score: Sum,
    curvature: Sum,
    velocity: Sum,
    rate: Sum,
}

impl Fields {
    /// Far out with a heavy base the kernel is flat over the bulk of the target, and `E V'(X)τ(Z)` loses as many digits as
    /// `y²` has; for a narrow kernel it is the other form that loses. Which one that is differs from field to field.
    fn or_better(&self, other: &Self) -> Self {
        Self {
            score: self.score.or_better(other.score),
            curvature: self.curvature.or_better(other.curvature),
            velocity: self.velocity.or_better(other.velocity),
            rate: self.rate.or_better(other.rate),
        }
    }
}

impl<'a> PotentialSlice<'a> {
    pub(super) fn new(curve: &'a PotentialCurve, angle: f64) -> Self {
        let law = curve.target();
        let (lo, hi) = law.domain();
        let mut smooth_ends = true;
        let mut jumps = Vec::new();
        for (end, sign) in [(lo, -1.0), (hi, 1.0)].into_iter().filter(|e| e.0.is_finite()) {
            let at: Jet<f64, 1> = law.potential(Jet::variable(end));
            smooth_ends &=
                at.value().is_finite() && at.derivative(1).abs() * curve.skeleton.length < SINGULAR;
            jumps.push((end, at.value(), sign));
        }
        let (cosine, sine) = (core_math::cos(angle), core_math::sin(angle));
        Self { curve, angle, cosine, sine, jumps, smooth_ends }
    }

    /// The angle.
    pub fn angle(&self) -> f64 {
        self.angle
    }

    fn is_target(&self) -> bool {
        self.angle == 0.0
    }

    fn is_base(&self) -> bool {
        self.angle == FRAC_PI_2
    }

    fn kernel(&self, kind: Kind, y: f64) -> Kernel {
        Kernel { base: self.curve.base, kind, y, cosine: self.cosine, sine: self.sine }
    }

    fn cloud(&self, y: f64) -> Cloud {
        self.curve.skeleton.gather(self.kernel(Kind::Density, y), WHOLE_LINE)
    }

    /// The conditional law of X given `X_φ = y`; the atom at y for `φ = 0`, the target for `φ = π/2`.
    pub fn conditional(&self, y: f64) -> Conditional {
        let cloud = if self.is_target() {
            let atom = Node { x: y, z: f64::NAN, weight: 1.0 };
            Cloud { nodes: vec![atom], log_mass: 0.0 }
        } else if self.is_base() {
            let kernel = Kernel { cosine: 0.0, ..self.kernel(Kind::Flat, y) };
            self.curve.skeleton.gather(kernel, WHOLE_LINE)
        } else {
            self.cloud(y)
        };
        Conditional::new(cloud)
    }

    /// Logarithm of the density without the mass of the cloud.
    fn log_scale(&self) -> f64 {
        -self.curve.skeleton.log_normalizer - self.curve.base.log_normalizer() - core_math::log(self.sine)
    }

    /// Whether the kernel is narrower than the target around y.
    fn is_narrow(&self, y: f64) -> bool {
        let skeleton = &self.curve.skeleton;
        let tails = skeleton.law.tails();
        let polynomial = |tail| matches!(tail, Tail::Polynomial { .. });
        let heavy = polynomial(if y < 0.0 { tails.0 } else { tails.1 });
        let at = y / self.cosine;
        let length = if heavy { skeleton.length.max(FAR * at.abs()) } else { skeleton.length };
        // The noise needs a mean for its Stein kernel.
        self.smooth_ends && self.curve.base.has_mean() && self.sine < NARROW * self.cosine * length
    }

    /// All fields from derivatives of the kernel.
    fn by_kernel(&self, cloud: &Cloud) -> Fields {
        let (c, s, base) = (self.cosine, self.sine, &self.curve.base);
        let score = Sum::of(cloud, |n| -base.slope(n.z)) / s;
        let spread = Sum::of(cloud, |n| {
            let centred = base.slope(n.z) + s * score.value;
            centred * centred - base.bend(n.z)
        });
        let drift = |n: &Node| c * n.z - s * n.x;
        // ∂_φ log(ν(z)/s) = Φ'(z)ω/s − c/s with ω = −s·x + c·z.
        let rate = Sum::of(cloud, |n| base.slope(n.z) * drift(n) - c) / s;
        Fields { score, curvature: spread / (s * s), velocity: Sum::of(cloud, drift), rate }
    }

    /// All fields from derivatives of the target, with what integration by parts leaves at finite ends.
    fn by_target(&self, y: f64, cloud: &Cloud) -> Fields {
        let (c, s, base, law) = (self.cosine, self.sine, &self.curve.base, self.curve.target());
        let smooth = self.jumps.is_empty() && law.kinks().is_empty();
        let jets: Vec<(f64, f64)> = if smooth {
            let jet = |n: &Node| law.potential(Jet::<f64, 2>::variable(n.x));
            cloud.nodes.iter().map(jet).map(|j| (j.derivative(1), j.derivative(2))).collect()
        } else {
            let jet = |n: &Node| law.potential(Jet::<f64, 1>::variable(n.x));
            cloud.nodes.iter().map(|n| (jet(n).derivative(1), 0.0)).collect()
        };
        let mean = |f: &dyn Fn(&Node, f64, f64) -> f64| -> Sum {
            cloud.nodes.iter().zip(&jets).map(|(n, j)| n.weight * f(n, j.0, j.1)).collect()
        };
        let drift = |x: f64, z: f64| c * z - s * x;
        // Density of the conditional law at the ends, with sign, and the noise there.
        let kernel = self.kernel(Kind::Density, y);
        let ends: Vec<(f64, f64, f64)> = self
            .jumps
            .iter()
            .map(|&(x, v, sign)| {
                let z = kernel.noise(x, 0.0);
                (x, z, sign * core_math::exp(-v - base.cost(z) - cloud.log_mass))
            })
            .collect();
        let at_ends =
            |f: &dyn Fn(f64, f64) -> f64| -> Sum { ends.iter().map(|e| e.2 * f(e.0, e.1)).collect() };
        let slope = mean(&|_, v, _| v);
        let score = (slope + at_ends(&|_, _| 1.0)) / -c;
        let curvature = if smooth {
            mean(&|_, v, bend| (v - slope.value).powi(2) - bend) / (c * c)
        } else {
            // One derivative of the target and one of the kernel, both centred.
            let field = |z: f64| -base.slope(z) / s - score.value;
            (mean(&|n, v, _| (v - slope.value) * field(n.z)) + at_ends(&|_, z| field(z))) / -c
        };
        let noise = mean(&|n, v, _| v * base.stein_kernel(n.z)) + at_ends(&|_, z| base.stein_kernel(z));
        // w = (E[Z|y] − s·y)/c with E[Z|y] = (s/c)·noise.
        let velocity = (noise / c + Sum::term(-y)) / (c / s);
        let rate = (mean(&|n, v, _| v * drift(n.x, n.z)) + at_ends(&drift) + Sum::term(s)) / c;
        Fields { score, curvature, velocity, rate }
    }

    fn fields(&self, y: f64, cloud: &Cloud) -> SlicePoint {
        let by_kernel = self.by_kernel(cloud);
        let best = if self.is_narrow(y) { by_kernel.or_better(&self.by_target(y, cloud)) } else { by_kernel };
        SlicePoint {
            log_density: self.log_scale() + cloud.log_mass,
            score: best.score.value,
            curvature: best.curvature.value,
            velocity: best.velocity.value,
            log_density_rate: best.rate.value,
        }
    }

    fn target_point(&self, y: f64) -> SlicePoint {
        let law = self.curve.target();
        let potential: Jet<f64, 2> = law.potential(Jet::variable(y));
        SlicePoint {
            log_density: law.log_density(y),
            score: -potential.derivative(1),
            curvature: -potential.derivative(2),
            velocity: 0.0,
            log_density_rate: 0.0,
        }
    }

    fn base_point(&self, y: f64) -> SlicePoint {
        let (base, mean) = (&self.curve.base, self.curve.mean);
        SlicePoint {
            log_density: base.log_density(y),
            score: -base.slope(y),
            curvature: -base.bend(y),
            velocity: -mean,
            log_density_rate: -mean * base.slope(y),
        }
    }

    /// Mass of the target on one side of y, or of the convolution.
    fn mass(&self, kind: Kind, y: f64) -> f64 {
        let skeleton = &self.curve.skeleton;
        let cloud = if self.is_target() {
            let range = if matches!(kind, Kind::Below) { (WHOLE_LINE.0, y) } else { (y, WHOLE_LINE.1) };
            skeleton.gather(self.kernel(Kind::Flat, y), range)
        } else {
            skeleton.gather(self.kernel(kind, y), WHOLE_LINE)
        };
        core_math::exp(cloud.log_mass - skeleton.log_normalizer).clamp(0.0, 1.0)
    }

    /// A place where the law has mass, and a width of it.
    fn middle(&self) -> (f64, f64) {
        let wells = self.curve.target().local_minima();
        let (first, last) = (wells[0], wells[wells.len() - 1]);
        let middle = 0.5 * (first.0 + last.0);
        let width = 0.5 * (last.0 - first.0) + first.1.max(last.1);
        (self.cosine * middle, (self.cosine * width).hypot(self.sine))
    }

    /// Smallest `d` on a grid of relative spacing [`WINDOW_SLACK`] with at most `level` beyond `middle ± d`.
    fn reach(&self, middle: f64, width: f64, sign: f64, level: f64) -> f64 {
        let beyond = |d: f64| {
            let (below, above) = self.masses(middle + sign * d);
            if sign < 0.0 { below } else { above }
        };
        let (mut inside, mut outside) = (0.0, width);
        for _ in 0..WINDOW_STEPS {
            if beyond(outside) <= level {
                break;
            }
            (inside, outside) = (outside, 2.0 * outside);
        }
        while outside - inside > WINDOW_SLACK * outside.max(width) {
            let half = 0.5 * (inside + outside);
            if beyond(half) <= level { outside = half } else { inside = half }
        }
        middle + sign * outside
    }

    /// Relative difference of the results of two rules on the same panels at one point.
    fn disagreement(&self, y: f64) -> f64 {
        let kernel = self.kernel(Kind::Density, y);
        let skeleton = &self.curve.skeleton;
        let (coarse, fine) = (skeleton.gather(kernel, WHOLE_LINE), skeleton.gather_finer(kernel, WHOLE_LINE));
        let noise = |cloud: &Cloud| cloud.mean(|n| n.z);
        let size = fine.mean(|n| n.z.abs()).max(f64::MIN_POSITIVE);
        let fields = (noise(&coarse) - noise(&fine)).abs() / size;
        (coarse.log_mass - fine.log_mass).abs().max(fields)
    }
}

impl LineSlice for PotentialSlice<'_> {
    fn point(&self, y: f64) -> SlicePoint {
        if self.is_target() {
            self.target_point(y)
        } else if self.is_base() {
            self.base_point(y)
        } else {
            let mut cloud = self.cloud(y);
            cloud.nodes.retain(|n| n.weight > FAINT);
            if cloud.nodes.is_empty() {
                // Beyond what double precision can hold, or y is not finite.
                let nothing = f64::NAN;
                return SlicePoint {
                    log_density: f64::NEG_INFINITY,
                    score: nothing,
                    curvature: nothing,
                    velocity: nothing,
                    log_density_rate: nothing,
                };
            }
            self.fields(y, &cloud)
        }
    }

    fn log_density(&self, y: f64) -> f64 {
        if self.is_target() {
            self.curve.target().log_density(y)
        } else if self.is_base() {
            self.curve.base.log_density(y)
        } else {
            self.log_scale() + self.cloud(y).log_mass
        }
    }

    fn masses(&self, y: f64) -> (f64, f64) {
        if self.is_base() {
            return self.curve.base.masses(y);
        }
        if y.is_infinite() {
            return if y > 0.0 { (1.0, 0.0) } else { (0.0, 1.0) };
        }
        let left_first = y < self.middle().0;
        let (first, second) =
            if left_first { (Kind::Below, Kind::Above) } else { (Kind::Above, Kind::Below) };
        let small = self.mass(first, y);
        // The other mass by the complement where that keeps its accuracy.
        let other = if small < 0.5 { 1.0 - small } else { self.mass(second, y) };
        if left_first { (small, other) } else { (other, small) }
    }

    fn window(&self, level: f64) -> (f64, f64) {
        let (middle, width) = self.middle();
        (self.reach(middle, width, -1.0, level), self.reach(middle, width, 1.0, level))
    }

    fn breaks(&self) -> Vec<f64> {
        let law = self.curve.target();
        let mut breaks = Vec::new();
        let mut around = |at: f64, width: f64| {
            breaks.push(at);
            breaks.extend(STEPS.iter().flat_map(|k| [at - k * width, at + k * width]));
        };
        if self.is_base() {
            around(0.0, 1.0);
        } else {
            for (well, width) in law.local_minima() {
                around(self.cosine * well, (self.cosine * width).hypot(self.sine));
            }
            let (lo, hi) = law.domain();
            let ends = [lo, hi].into_iter().filter(|e| e.is_finite());
            for corner in law.kinks().iter().copied().chain(ends) {
                around(self.cosine * corner, self.sine);
            }
        }
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        if self.is_target() {
            let (lo, hi) = law.domain();
            breaks.retain(|x| lo <= *x && *x <= hi);
        }
        breaks
    }

    fn bumps(&self) -> Vec<(f64, f64, f64)> {
        if self.is_base() {
            return vec![(1.0, 0.0, 1.0)];
        }
        let law = self.curve.target();
        let bump = |(well, width): (f64, f64)| {
            let weight = width * core_math::exp(law.log_density(well));
            (weight, self.cosine * well, (self.cosine * width).hypot(self.sine))
        };
        law.local_minima().into_iter().map(bump).collect()
    }

    fn relative_error(&self) -> f64 {
        let rounding = 64.0 * f64::EPSILON;
        let normalizer = 0.5 * self.curve.skeleton.log_normalizer_width();
        if self.is_target() || self.is_base() {
            return rounding + if self.is_base() { 0.0 } else { normalizer };
        }
        let (middle, width) = self.middle();
        let (mut worst, mut size) = (0.0_f64, 0.0_f64);
        for k in [-9.0, -3.0, -1.0, -0.3, 0.0, 0.4, 1.1, 3.2, 8.0] {
            worst = worst.max(self.disagreement(middle + k * width));
            size = size.max(self.log_density(middle + k * width).abs());
        }
        let kernel = f64::EPSILON * (self.middle().0.abs() + 1.0) / self.sine;
        worst + rounding + normalizer + f64::EPSILON * size + if self.smooth_ends { 0.0 } else { kernel }
    }
}
