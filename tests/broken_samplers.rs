//! Tests of the statistical tests: the sampler passes, and broken samplers are refuted by the same statistic.
//!
//! *Statistic.* Let `g(x) = Ce/(C + e)`, `e = −log p(x) + c ≥ 0`, for each of d independent coordinates, `p` the law that the path
//! ends with. Of n chains the mean of the nd numbers g is compared with its expectation under the *exact* law of the chain, with
//! the program's step: there is no bias to allow for. That law, mean `m` and variance `s²` of g under it (averages over the
//! coordinates) come from the transition densities of the chain, not from sampling.
//!
//! *Level.* g lies in `[0, C]`, so by Bernstein's inequality the mean of `N = nd` independent values is farther than
//! `allowed(L) = √(2s²L/N) + CL/(3N)` from m with probability at most `2e^{−L}`; `L = log(2/α)`. No normal approximation is made.
//!
//! *Power.* The law of a broken chain is computed in the same way, hence its mean `m'` and variance `s'²`. By Bernstein's inequality
//! again its mean is, towards m, not farther than `allowed'(L')` from m' with probability at least `1 − e^{−L'}`. So the broken
//! chain is refuted with probability at least `1 − β` as soon as
//!
//! `|m' − m| ≥ √(2s²L/N) + CL/(3N) + √(2s'²L'/N) + CL'/(3N)`, `L' = log(1/β)`.
//!
//! N is the least number for which this holds, multiplied by 1.1, with `β = 0.001`; the sampler itself is run with the largest of
//! these numbers. With the noncentrality `δ = |m' − m|/s` it is about `(√(2L) + √(2L'))²/δ²`: noise of deviation `0.99·√2` in place of
//! `√2` changes variances by about 2 %, g by about a hundredth of its deviation, and is found with nearly a million values. Power,
//! noncentrality and N are computed and asserted. What is caught with probability 0.999: that noise, the flipped sign, the
//! schedule backwards, and scores that are stale by one step of 48.

use dald::error::Result;
use dald::measure::gaussian::Gaussian;
use dald::numerics::false_alarms;
use dald::numerics::vector::Units;
use dald::path::{LinePath, MixtureCurve, Schedule};
use dald::sampler::plan::LineChainLaw;
use dald::sampler::{Batch, Factor, Grid, Integrator, MixtureScores, PathScore, ProductScores, Score, Start};
use rayon::prelude::*;
use std::sync::Arc;

/// Largest value of g.
const CAP: f64 = 12.0;
/// Probability that a broken sampler passes.
const BETA: f64 = 0.001;
/// Steps of 5/48, in all long enough to forget the start and short enough for the densities of the chains between the modes, where the drift expands.
const KAPPA: f64 = 0.2;
const STEPS: usize = 48;
/// Steps by which the time index is stale.
const STALE: f64 = 1.0;

/// One asymmetric mixture on the line that is not centred: weights, means, deviations.
#[derive(Clone)]
struct Law {
    weights: Vec<f64>,
    means: Vec<f64>,
    stds: Vec<f64>,
}

impl Law {
    fn new(weights: &[f64], means: &[f64], stds: &[f64]) -> Self {
        Self { weights: weights.to_vec(), means: means.to_vec(), stds: stds.to_vec() }
    }

    fn path(&self) -> LinePath {
        let curve = MixtureCurve::new(&self.weights, &self.means, &self.stds).unwrap();
        LinePath::new(Arc::new(curve), schedule())
    }

    fn scores(&self) -> MixtureScores {
        let parts = self.means.iter().zip(&self.stds);
        let parts: Vec<Gaussian> =
            parts.map(|(m, s)| Gaussian::isotropic(vec![*m], s * s).unwrap()).collect();
        MixtureScores::new(&self.weights, &parts, schedule()).unwrap()
    }

    /// g.
    fn energy(&self, x: f64) -> f64 {
        let density = |x: f64| -> f64 {
            let parts = self.weights.iter().zip(&self.means).zip(&self.stds);
            parts.map(|((w, m), s)| w / s * (-0.5 * ((x - m) / s).powi(2)).exp()).sum()
        };
        // No density is larger than the sum of the heights of the components, so that g ≥ 0.
        let most: f64 = self.weights.iter().zip(&self.stds).map(|(w, s)| w / s).sum();
        let excess = most.ln() - density(x).ln();
        if excess.is_finite() { CAP * excess / (CAP + excess) } else { CAP }
    }
}

/// λ = t²: it does not stop smoothly, so that the time of a score matters to the end.
fn schedule() -> Schedule {
    Schedule::power(2.0).unwrap()
}

fn grid() -> Grid {
    Grid::new(0.0, 1.0, KAPPA, STEPS).unwrap()
}

/// How a sampler is broken.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    None,
    /// The noise has the deviation 0.99·√2.
    Noise,
    /// The score has the wrong sign.
    Sign,
    /// The schedule is used backwards.
    Backwards,
    /// The score is that of an earlier step.
    Stale,
}

const FAULTS: [Fault; 4] = [Fault::Noise, Fault::Sign, Fault::Backwards, Fault::Stale];
/// Square of the factor of the noise.
const NOISE: f64 = 0.99 * 0.99;

impl Fault {
    fn time(self, t: f64) -> f64 {
        match self {
            Self::Backwards => 1.0 - t,
            Self::Stale => (t - STALE / STEPS as f64).max(0.0),
            _ => t,
        }
    }

    fn factor(self) -> f64 {
        if self == Self::Sign { -1.0 } else { 1.0 }
    }
}

/// The drift of a broken sampler on the path `P`. With `scale` the drift is divided by [`NOISE`] as well: on a grid with steps of `NOISE·h` the program's
/// own chain then makes the steps `hs` with noise of variance `NOISE·2h`.
struct Broken<P> {
    path: P,
    fault: Fault,
    scale: bool,
}

struct BrokenScore<S>(S, f64);

impl<P: PathScore> PathScore for Broken<P> {
    type At = BrokenScore<P::At>;

    fn dim(&self) -> usize {
        self.path.dim()
    }

    fn score_at(&self, t: f64) -> Result<BrokenScore<P::At>> {
        let factor = if self.scale { 1.0 / NOISE } else { 1.0 };
        Ok(BrokenScore(self.path.score_at(self.fault.time(t))?, factor * self.fault.factor()))
    }

    fn start_at(&self, t: f64) -> Result<Box<dyn Start + '_>> {
        self.path.start_at(t)
    }
}

impl<S: Score> Score for BrokenScore<S> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn scores(&self, units: Units, lanes: usize, points: &[f64], scores: &mut [f64], scratch: &mut Vec<f64>) {
        self.0.scores(units, lanes, points, scores, scratch);
        for s in scores {
            *s *= self.1;
        }
    }
}

/// Mean and variance of g under the law of a chain, averaged over the coordinates.
#[derive(Clone, Copy, Debug)]
struct Moments {
    mean: f64,
    variance: f64,
    /// Of mean and variance, by the resolution of the densities.
    error: f64,
}

/// Of the laws of the coordinates, from transition densities; for a flipped sign bounds that make the mean nearer to the chain's own and the
/// variance larger.
fn moments(laws: &[Law], fault: Fault) -> Moments {
    let noise = if fault == Fault::Noise { NOISE } else { 1.0 };
    let (mut mean, mut variance, mut error) = (0.0, 0.0, 0.0_f64);
    for law in laws {
        let drift = Broken { path: law.scores(), fault, scale: false };
        let end = LineChainLaw::new(&law.path(), &drift, &grid(), noise).unwrap();
        let first = end.expectation(|x| law.energy(x));
        let second = end.expectation(|x| law.energy(x).powi(2));
        let (first, second) = if fault == Fault::Sign {
            // Mass leaves the grid, where g ≥ 0 as well: the part that stays is a bound from below. No variance on [0, C] exceeds C²/4.
            let bound = first.lo();
            (bound, bound * bound + 0.25 * CAP * CAP)
        } else {
            let lost = (1.0 - end.mass().mid()).abs();
            // g and its square differ by a factor of at most C, and the variance by 2m times the error of m.
            error = error.max((1.0 + 2.0 * CAP) * first.width() + second.width() + CAP * CAP * lost);
            (first.mid(), second.mid())
        };
        mean += first / laws.len() as f64;
        variance += (second - first * first) / laws.len() as f64;
    }
    let resolved = 1e-3;
    assert!(error < resolved, "{fault:?}: {error}");
    Moments { mean, variance, error }
}

/// What Bernstein's inequality allows a mean of `count` values with probability `e^{−exponent}` on each side, and the error of the moments.
fn allowed(moments: Moments, count: f64, exponent: f64) -> f64 {
    let variance = moments.variance + moments.error;
    (2.0 * variance * exponent / count).sqrt() + CAP * exponent / (3.0 * count) + moments.error
}

/// Exponents of level and power.
fn exponents() -> (f64, f64) {
    let level = false_alarms::level("broken samplers");
    ((2.0 / level).ln(), (1.0 / BETA).ln())
}

/// Whether a broken chain is refuted with probability at least `1 − β`.
fn is_powerful(own: Moments, broken: Moments, count: f64) -> bool {
    let (level, power) = exponents();
    (broken.mean - own.mean).abs() >= allowed(own, count, level) + allowed(broken, count, power)
}

/// The least number of values that is enough, and a tenth more.
fn values_needed(own: Moments, broken: Moments) -> f64 {
    const MOST: f64 = 1e9;
    assert!(is_powerful(own, broken, MOST), "no power: {own:?} {broken:?}");
    let (mut low, mut high) = (1.0, MOST);
    while high > 1.01 * low {
        let middle = (low * high).sqrt();
        if is_powerful(own, broken, middle) { high = middle } else { low = middle }
    }
    1.1 * high
}

/// A target that is a product of laws on the line, in some orthonormal basis.
struct Setting {
    /// The path that the program steps along.
    path: ProductScores,
    /// The laws; coordinate j has the law j modulo their number.
    laws: Vec<Law>,
    /// The basis; the coordinates themselves if there is none.
    basis: Option<Vec<Vec<f64>>>,
}

impl Setting {
    /// Mean over chains and coordinates of g at the ends of `chains` chains of the program's sampler.
    fn mean(&self, fault: Fault, chains: usize, seed: u64) -> Option<f64> {
        let scale = fault == Fault::Noise;
        // Steps of NOISE·h, with drifts divided by NOISE.
        let grid = if scale { Grid::new(0.0, 1.0, KAPPA / NOISE, STEPS).unwrap() } else { grid() };
        let broken = Broken { path: self.path.clone(), fault, scale };
        let points = Batch::new(seed, chains).run(&broken, &grid, Integrator::EulerMaruyama, &|_| ()).ok()?;
        let turned = |x: &[f64], j: usize| match &self.basis {
            None => x[j],
            Some(basis) => x.iter().zip(&basis[j]).map(|(x, u)| x * u).sum(),
        };
        let law = |j: usize| &self.laws[j % self.laws.len()];
        let of_point = |x: &[f64]| (0..x.len()).map(|j| law(j).energy(turned(x, j))).sum::<f64>();
        let sum: f64 =
            points.par_chunks_exact(self.path.dim()).map(of_point).collect::<Vec<f64>>().iter().sum();
        Some(sum / points.len() as f64)
    }

    /// The sampler passes, and broken ones do not, each with the number of chains that gives the power.
    fn check(&self, seed: u64, most_chains: usize) {
        let own = moments(&self.laws, Fault::None);
        let (level, power) = exponents();
        let mut most = 0;
        for fault in FAULTS {
            let broken = moments(&self.laws, fault);
            let needed = values_needed(own, broken) / self.path.dim() as f64;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 10⁹")]
            let chains = needed.ceil() as usize;
            most = most.max(chains);
            let count = (chains * self.path.dim()) as f64;
            let noncentrality = (broken.mean - own.mean).abs() / own.variance.sqrt();
            println!("{fault:?}: noncentrality {noncentrality:.4} of a value, {chains} chains");
            assert!(is_powerful(own, broken, count), "{fault:?}");
            // The limit of small differences: Bernstein's inequality is a normal approximation then, of about this number.
            let normal = ((2.0 * level).sqrt() + (2.0 * power).sqrt()).powi(2) / noncentrality.powi(2);
            let small = 0.1;
            assert!(
                noncentrality > small || (0.9..1.5).contains(&(count / normal)),
                "{fault:?}: {count} {normal}"
            );
            assert!(chains <= most_chains, "{fault:?}: {chains}");
            let limit = allowed(own, count, level);
            // A chain that leaves the floating point numbers is refuted by that.
            let found = self.mean(fault, chains, seed + 1000);
            assert!(
                found.is_none_or(|m| (m - own.mean).abs() > limit),
                "{fault:?} passes: {found:?} {own:?}"
            );
        }
        // The sampler's own chain meets the strictest of the tests.
        let limit = allowed(own, (most * self.path.dim()) as f64, level);
        let found = self.mean(Fault::None, most, seed).unwrap();
        assert!((found - own.mean).abs() <= limit, "the sampler itself: {found} {own:?} {limit}");
    }
}

/// Neither symmetric nor centred.
fn skewed() -> Law {
    Law::new(&[0.3, 0.7], &[0.5, 2.0], &[0.5, 0.7])
}

#[test]
fn broken_samplers_on_the_line_are_refuted() {
    let law = skewed();
    let path = ProductScores::new(vec![Factor::Mixture(law.scores())]).unwrap();
    Setting { path, laws: vec![law], basis: None }.check(1, 1_000_000);
}

/// Two components of one isotropic covariance: a mixture along the line through the means, a normal law across it.
#[test]
fn broken_samplers_in_the_plane_are_refuted() {
    let (along, across) = (vec![0.6, 0.8], vec![-0.8, 0.6]);
    let (places, offset, std) = ([-0.5, 2.0], 1.0, 0.6);
    let means = places.map(|a| vec![a * along[0] + offset * across[0], a * along[1] + offset * across[1]]);
    let parts = means.map(|m| Gaussian::isotropic(m, std * std).unwrap());
    let plane = MixtureScores::new(&[0.3, 0.7], &parts, schedule()).unwrap();
    let path = ProductScores::new(vec![Factor::Mixture(plane)]).unwrap();
    let laws = vec![Law::new(&[0.3, 0.7], &places, &[std, std]), Law::new(&[1.0], &[offset], &[std])];
    Setting { path, laws, basis: Some(vec![along, across]) }.check(2, 500_000);
}

/// A product of a hundred mixtures of four kinds.
#[test]
fn broken_samplers_in_a_hundred_dimensions_are_refuted() {
    let laws = vec![
        skewed(),
        Law::new(&[0.6, 0.4], &[-1.5, 1.0], &[0.6, 0.6]),
        Law::new(&[0.2, 0.3, 0.5], &[-1.5, 0.5, 2.0], &[0.6, 0.6, 0.6]),
        Law::new(&[0.5, 0.5], &[0.5, 1.5], &[0.7, 0.9]),
    ];
    let factors = (0..100).map(|j| Factor::Mixture(laws[j % laws.len()].scores())).collect();
    Setting { path: ProductScores::new(factors).unwrap(), laws, basis: None }.check(3, 20_000);
}
