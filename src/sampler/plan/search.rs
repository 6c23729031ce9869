//! The search for the fewest steps.

use super::kernel::{Density, Resolution};
use super::{Increments, Kind, Plan, PlanPath, PlannedBy, chain_divergence, channels};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive};
use crate::numerics::vector::Units;
use crate::path::{Channel, EnclosedSchedule, LinePath, LineSlice};
use crate::sampler::{Factor, Integrator, LineScore, PathScore, ProductScore, Score};
use rayon::prelude::*;

/// Steps at most of a plan by computation.
const MOST_COMPUTED_STEPS: usize = 1 << 17;
/// Steps at most of a plan by bounds.
const MOST_STEPS: f64 = 1e15;
/// The number of steps is found up to one part in so many.
const STEP_SHARE: usize = 200;
/// Relative width in κ at which its search ends: the divergence is stationary there.
const KAPPA_SHARE: f64 = 0.02;
/// κ is searched below this.
const LARGEST_KAPPA: f64 = 1e3;
/// Golden section.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
/// Mass of a law beyond the window on either side.
const BEYOND: f64 = 1e-10;
/// Times at which windows and slopes of the path are looked up.
const LOOKS: u32 = 16;

/// Everything about a path that depends on the number of steps but not on κ.
pub(super) struct Frozen<'a> {
    integrator: Integrator,
    length: f64,
    steps: usize,
    pub(super) factors: Vec<FrozenFactor<'a>>,
    /// Rates of the exponential integrator.
    rates: Vec<f64>,
}

pub(super) enum FrozenFactor<'a> {
    Gaussian(Vec<Channel>, Vec<EnclosedSchedule>),
    Line(FrozenLine<'a>),
}

pub(super) struct FrozenLine<'a> {
    scores: Vec<ProductScore>,
    start: Box<dyn LineSlice + 'a>,
    end: Box<dyn LineSlice + 'a>,
    window: (f64, f64),
}

impl<'a> Frozen<'a> {
    pub(super) fn new(path: &'a PlanPath, integrator: Integrator, steps: usize) -> Result<Self> {
        let grid = path.grid(1.0, steps)?;
        let mut factors = Vec::with_capacity(path.factors.len());
        for factor in &path.factors {
            factors.push(match &factor.kind {
                Kind::Gaussian(gaussian) => {
                    let channels = gaussian.channels().ok_or_else(|| {
                        Error::domain("base", gaussian, "a covariance that commutes with the target's")
                    })?;
                    let times = (0..=steps).map(|k| path.schedule().enclosed(grid.time(k))).collect();
                    FrozenFactor::Gaussian(channels, times)
                }
                Kind::Plane(path, _) => {
                    let expected = "a Gaussian target, a law on the line or a product of these for a plan by \
                                    computation: the law of the chain is not computed for others; a plan by bounds needs none";
                    return Err(Error::domain("target", path, expected));
                }
                Kind::Line(line, scores) => {
                    if integrator == Integrator::Heun {
                        let reason = "the transitions of Heun's scheme are not Gaussian".to_owned();
                        let what = "the transition density of the chain".to_owned();
                        return Err(Error::Undefined { what, reason });
                    }
                    let scores = (0..steps).into_par_iter().map(|k| scores.score_at(grid.time(k)));
                    let slice = |t: f64| line.curve().slice(line.schedule().angle(t));
                    FrozenFactor::Line(FrozenLine {
                        scores: scores.collect::<Result<_>>()?,
                        start: slice(path.start())?,
                        end: slice(1.0)?,
                        window: window(line, path.start())?,
                    })
                }
            });
        }
        let rates = if integrator == Integrator::Exponential { rates(&factors, steps) } else { Vec::new() };
        Ok(Self { integrator, length: 1.0 - path.start(), steps, factors, rates })
    }

    /// Whether a factor is done with transition densities.
    pub(super) fn has_kernels(&self) -> bool {
        self.factors.iter().any(|f| matches!(f, FrozenFactor::Line(_)))
    }

    pub(super) fn divergence(&self, kappa: f64, resolution: Resolution) -> Result<Enclosure> {
        let h = self.length / (kappa * self.steps as f64);
        let mut sum = Enclosure::exact(0.0);
        for factor in &self.factors {
            sum = sum
                + match factor {
                    FrozenFactor::Gaussian(channels, times) => channels
                        .iter()
                        .map(|c| channels::divergence(c, times, self.integrator, h, &self.rates))
                        .fold(Enclosure::exact(0.0), |a, b| a + b),
                    FrozenFactor::Line(line) => {
                        let kl = self.line_divergence(line, h, resolution)?;
                        Enclosure::around(kl, 0.0, Evidence::Converged)
                    }
                };
        }
        Ok(sum)
    }

    fn line_divergence(&self, line: &FrozenLine<'_>, h: f64, resolution: Resolution) -> Result<f64> {
        let moved = |k: usize| {
            let rate = self.rates.get(k).copied().unwrap_or(0.0);
            let (drift, noise) = channels::drift_and_noise(self.integrator, h, rate);
            (drift.mid(), noise.mid())
        };
        let least =
            (0..self.steps.min(self.rates.len().max(1))).map(|k| moved(k).1).fold(f64::INFINITY, f64::min);
        let mut density = Density::new(&*line.start, line.window, least, resolution)?;
        let points = density.points().to_vec();
        let (mut values, mut scratch) = (vec![0.0; points.len()], Vec::new());
        let units = Units::widest();
        for (k, score) in line.scores.iter().enumerate() {
            score.scores(units, points.len(), &points, &mut values, &mut scratch);
            let (drift, noise) = moved(k);
            density.step(&values, drift, noise);
        }
        Ok(density.divergence_from(&*line.end))
    }

    /// The divergence for a search; infinite where it cannot be computed.
    fn roughly(&self, kappa: f64) -> f64 {
        let kl = self.divergence(kappa, Resolution::COARSE).map_or(f64::INFINITY, Enclosure::hi);
        if kl.is_nan() { f64::INFINITY } else { kl }
    }
}

/// The middle of the extreme rates of the factors, as for a product of scores.
pub(super) fn rates(factors: &[FrozenFactor<'_>], steps: usize) -> Vec<f64> {
    let at = |k: usize| {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for factor in factors {
            let rate = match factor {
                FrozenFactor::Gaussian(channels, times) => {
                    let precision = |c: &Channel| {
                        1.0 / (times[k].lambda * c.target_variance + times[k].complement * c.base_variance)
                            .mid()
                    };
                    let all = || channels.iter().map(precision);
                    0.5 * (all().fold(f64::INFINITY, f64::min) + all().fold(0.0, f64::max))
                }
                FrozenFactor::Line(line) => line.scores[k].linear_rate(),
            };
            (least, most) = (least.min(rate), most.max(rate));
        }
        0.5 * (least + most)
    };
    (0..steps).map(at).collect()
}

/// An interval that holds all laws of the path but a mass of [`BEYOND`].
pub(super) fn window(line: &LinePath, start: f64) -> Result<(f64, f64)> {
    let mut window = (f64::INFINITY, f64::NEG_INFINITY);
    for i in 0..=LOOKS {
        let t = start + (1.0 - start) * f64::from(i) / f64::from(LOOKS);
        let (lo, hi) = line.curve().slice(line.schedule().angle(t))?.window(BEYOND);
        window = (window.0.min(lo), window.1.max(hi));
    }
    Ok(window)
}

/// The steepest descent of the score along the path.
pub(super) fn steepest(path: &PlanPath) -> Result<f64> {
    let mut slope = 0.0_f64;
    for i in 0..=LOOKS {
        let t = path.start() + (1.0 - path.start()) * f64::from(i) / f64::from(LOOKS);
        for factor in &path.factors {
            slope = slope.max(match &factor.kind {
                Kind::Gaussian(gaussian) => gaussian.score_at(t)?.steepest(),
                // Densities with jumps have no score at the end.
                Kind::Line(_, scores) if i < LOOKS => scores.score_at(t)?.steepest(),
                Kind::Line(..) => 0.0,
                Kind::Plane(path, schedule) => {
                    let (lambda, complement) = (schedule.lambda(t), schedule.complement(t));
                    let target = path.target();
                    let variances = (0..target.len()).flat_map(|k| target.component_variances(k));
                    variances.map(|v| 1.0 / (lambda * v + complement)).fold(0.0, f64::max)
                }
            });
        }
    }
    Ok(slope)
}

/// The least value of a function of κ on a logarithmic scale, and where; stops early below `enough`.
pub(super) fn least(
    range: (f64, f64),
    from: Option<f64>,
    enough: f64,
    share: f64,
    f: &dyn Fn(f64) -> f64,
) -> (f64, f64) {
    // A ladder of factors of 2 around the guess, then golden sections.
    let mut best = (from.unwrap_or((range.0 * range.1).sqrt()).clamp(range.0, range.1), f64::INFINITY);
    best.1 = f(best.0);
    let (mut below, mut above) = (range.0, range.1);
    for up in [true, false] {
        let mut at = best.0;
        loop {
            let next = if up { (at * 2.0).min(range.1) } else { (at * 0.5).max(range.0) };
            if best.1 <= enough || next == at {
                break;
            }
            let value = f(next);
            // Where nothing is finite yet the search goes on.
            if value < best.1 || (value == best.1 && value.is_infinite()) {
                if up {
                    below = at;
                } else {
                    above = at;
                }
                best = (next, value);
                at = next;
            } else {
                if up {
                    above = next;
                } else {
                    below = next;
                }
                break;
            }
        }
    }
    let (mut a, mut b) = (below.ln(), above.ln());
    let mut inner = [b - GOLDEN * (b - a), a + GOLDEN * (b - a)].map(|x| (x, f64::NAN));
    while b - a > share && best.1 > enough {
        for point in &mut inner {
            if point.1.is_nan() {
                point.1 = f(point.0.exp());
                if point.1 < best.1 {
                    best = (point.0.exp(), point.1);
                }
            }
        }
        if inner[0].1 <= inner[1].1 {
            b = inner[1].0;
            inner = [(b - GOLDEN * (b - a), f64::NAN), inner[0]];
        } else {
            a = inner[0].0;
            inner = [inner[1], (a + GOLDEN * (b - a), f64::NAN)];
        }
    }
    best
}

impl Plan {
    fn new(
        path: &PlanPath,
        by: PlannedBy,
        integrator: Integrator,
        kl: f64,
        kappa: f64,
        steps: usize,
    ) -> Result<Self> {
        let step = path.grid(kappa, steps)?.step();
        let (schedule, integrator) = (path.schedule().to_string(), integrator.name().to_owned());
        let unknown = (None, None, None, None);
        let (bias_bound, step_bound, score_bound, computed_kl) = unknown;
        Ok(Self {
            kl,
            by,
            schedule,
            integrator,
            kappa,
            step,
            steps,
            bias_bound,
            step_bound,
            score_bound,
            computed_kl,
        })
    }

    /// The fewest steps, and their κ, at which the computed divergence with its error is below `kl`.
    ///
    /// For every number of steps the best κ is found by golden sections; the number of steps by doubling and bisection.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `kl` is finite and positive; [`Error::NoConvergence`] if it is not reached within 131072 steps;
    /// those of [`chain_divergence`].
    pub fn by_computation(path: &PlanPath, integrator: Integrator, kl: f64) -> Result<Self> {
        positive("kl", kl)?;
        let slope = steepest(path)?;
        let attempt = |steps: usize, guess: Option<f64>| -> Result<(f64, f64)> {
            let frozen = Frozen::new(path, integrator, steps)?;
            // Below this κ an explicit step overshoots more than twofold.
            let lowest = if integrator == Integrator::Exponential { 1e-3 } else { 0.5 };
            let range =
                ((lowest * slope * (1.0 - path.start()) / steps as f64).min(LARGEST_KAPPA), LARGEST_KAPPA);
            Ok(least(range, guess, kl, KAPPA_SHARE, &|kappa| frozen.roughly(kappa)))
        };
        let mut steps = 4;
        let mut tried = attempt(steps, None)?;
        let mut failed = (0, None);
        while tried.1 > kl {
            failed = (steps, Some(tried.0));
            steps *= 2;
            if steps > MOST_COMPUTED_STEPS {
                let what = format!("the divergence of a chain of {} steps", steps / 2);
                return Err(Error::NoConvergence { what, reached: tried.1, wanted: kl });
            }
            tried = attempt(steps, Some(0.6 * tried.0))?;
        }
        let mut kappa = tried.0;
        while steps - failed.0 > 1.max(steps / STEP_SHARE) {
            let middle = failed.0.midpoint(steps);
            let found = attempt(middle, Some(failed.1.map_or(kappa, |k: f64| (k * kappa).sqrt())))?;
            if found.1 <= kl {
                (steps, kappa) = (middle, found.0);
            } else {
                failed = (middle, Some(found.0));
            }
        }
        // The search was coarse: the result is not.
        loop {
            let computed = chain_divergence(path, integrator, kappa, steps)?;
            if computed.hi() <= kl {
                let mut plan = Self::new(path, PlannedBy::Computation, integrator, kl, kappa, steps)?;
                plan.computed_kl = Some(computed);
                return Ok(plan);
            }
            if steps > MOST_COMPUTED_STEPS {
                let what = format!("the divergence of a chain of {steps} steps");
                return Err(Error::NoConvergence { what, reached: computed.hi(), wanted: kl });
            }
            steps += 1 + steps / 100;
            kappa = attempt(steps, Some(kappa))?.0;
        }
    }

    /// κ and the longest step for which `(√(κA/4) + √step + √score)² ≤ kl`, with the fewest steps.
    ///
    /// Discrete Girsanov: the divergence is at most `¼Σ_k∫E|v̂_τ(Y_τ) + s_τ(Y_τ) − ŝ_k(Y_{τ_k})|²dτ` over the Nelson process
    /// Y; the three parts are put together by Minkowski's inequality.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `kl` is finite and positive; [`Error::Undefined`] for other integrators than
    /// Euler-Maruyama; [`Error::NoConvergence`] if the bounds are infinite or need more than 10¹⁵ steps.
    pub fn by_bounds(path: &PlanPath, integrator: Integrator, kl: f64) -> Result<Self> {
        positive("kl", kl)?;
        if integrator != Integrator::EulerMaruyama {
            let reason = "the bound is for Euler-Maruyama chains".to_owned();
            return Err(Error::Undefined { what: format!("a plan by bounds for {integrator}"), reason });
        }
        let increments = Increments::of(path)?;
        let error = score_error(path)?;
        let length = 1.0 - path.start();
        let score = |kappa: f64| 0.25 * error * error * length / kappa;
        // The share of √kl that is left for the step.
        let left = |kappa: f64| kl.sqrt() - increments.bias_term(kappa).hi().sqrt() - score(kappa).sqrt();
        let longest = |kappa: f64| {
            let room = left(kappa);
            if room <= 0.0 || room.is_nan() {
                return 0.0;
            }
            let (mut lo, mut hi) = (0.0_f64, 1.0 / kappa);
            for _ in 0..200 {
                let middle = if lo == 0.0 { hi * 1e-3 } else { (lo * hi).sqrt() };
                if increments.step_term(kappa, middle).hi().sqrt() <= room {
                    lo = middle;
                } else {
                    hi = middle;
                }
                if hi <= lo * (1.0 + 4.0 * f64::EPSILON) || hi < f64::MIN_POSITIVE {
                    break;
                }
            }
            lo
        };
        let cost = |kappa: f64| length / (kappa * longest(kappa));
        let most = 4.0 * kl / increments.action.hi().max(4.0 * kl / LARGEST_KAPPA);
        let (kappa, steps) = least((1e-6 * most, most), Some(0.4 * most), 0.0, KAPPA_SHARE, &cost);
        let steps = steps.ceil();
        if steps > MOST_STEPS || steps.is_nan() {
            let what = "a plan by bounds, in steps,".to_owned();
            return Err(Error::NoConvergence { what, reached: steps, wanted: MOST_STEPS });
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most MOST_STEPS")]
        let mut plan = Self::new(path, PlannedBy::Bounds, integrator, kl, kappa, (steps as usize).max(1))?;
        plan.bias_bound = Some(increments.bias_term(kappa));
        plan.step_bound = Some(increments.step_term(kappa, plan.step));
        if error > 0.0 {
            plan.score_bound = Some(Enclosure::around(score(kappa), 0.0, Evidence::Converged));
        }
        Ok(plan)
    }
}

/// The κ at which the divergence of a chain of so many steps is least, and that divergence; the search begins at `guess`.
///
/// # Errors
/// Those of [`chain_divergence`].
pub fn least_divergence(
    path: &PlanPath,
    integrator: Integrator,
    steps: usize,
    guess: Option<f64>,
) -> Result<(f64, Enclosure)> {
    /// The divergence is stationary in κ: its relative error is about the square of this.
    const SHARE: f64 = 1e-3;
    let frozen = Frozen::new(path, integrator, steps)?;
    let lowest = 0.5 * steepest(path)? * (1.0 - path.start()) / steps as f64;
    let range = (lowest.min(LARGEST_KAPPA), LARGEST_KAPPA);
    let (kappa, _) = least(range, guess, 0.0, SHARE, &|kappa| frozen.roughly(kappa));
    Ok((kappa, chain_divergence(path, integrator, kappa, steps)?))
}

/// The largest error of the tables of scores, together over all factors.
fn score_error(path: &PlanPath) -> Result<f64> {
    let mut sum = 0.0;
    for factor in &path.factors {
        let Kind::Line(line, scores) = &factor.kind else { continue };
        if scores.factors().iter().all(|f| matches!(f, Factor::Mixture(_))) {
            continue;
        }
        let mut largest = 0.0_f64;
        for i in 0..LOOKS {
            let t = path.start() + (1.0 - path.start()) * f64::from(i) / f64::from(LOOKS);
            let slice = line.curve().slice(line.schedule().angle(t))?;
            largest = largest.max(LineScore::new(&*slice)?.error());
        }
        sum += largest * largest;
    }
    Ok(f64::sqrt(sum))
}
