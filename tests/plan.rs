//! Plans reach what they promise: κ, step and number of steps for a wanted KL divergence.

use dald::measure::gaussian::Gaussian;
use dald::measure::mixture::Mixture;
use dald::path::{GaussianPath, Schedule};
use dald::sampler::Integrator;
use dald::sampler::plan::{
    Increments, Plan, PlanFactor, PlanPath, chain_divergence, extrapolated_divergence,
};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::sync::OnceLock;

const WANTED: f64 = 0.01;
const EULER: Integrator = Integrator::EulerMaruyama;

fn gaussian(law: Gaussian, schedule: Schedule) -> PlanPath {
    let path = GaussianPath::from_standard(law, schedule).unwrap();
    PlanPath::new(vec![PlanFactor::gaussian(path).unwrap()], 0.0).unwrap()
}

fn narrow(schedule: Schedule) -> PlanPath {
    gaussian(Gaussian::isotropic(vec![1.0], 0.25).unwrap(), schedule)
}

fn wells(weights: [f64; 2], means: [f64; 2]) -> PlanPath {
    let factor = PlanFactor::mixture(&weights, &means, &[0.5, 0.5], Schedule::cosine()).unwrap();
    PlanPath::new(vec![factor], 0.0).unwrap()
}

fn correlated_law() -> (DVector<f64>, DMatrix<f64>) {
    let covariance = DMatrix::from_fn(10, 10, |i, j| 0.6_f64.powi(i32::try_from(i.abs_diff(j)).unwrap()));
    (DVector::from_fn(10, |i, _| if i % 3 == 0 { 0.5 } else { -0.2 }), covariance)
}

fn correlated() -> PlanPath {
    let (mean, covariance) = correlated_law();
    gaussian(Gaussian::new(mean, covariance).unwrap(), Schedule::cosine())
}

/// The targets with their plans by computation and by bounds.
fn plans() -> &'static [(&'static str, PlanPath, Plan, Plan)] {
    static PLANS: OnceLock<Vec<(&str, PlanPath, Plan, Plan)>> = OnceLock::new();
    PLANS.get_or_init(|| {
        let paths = [
            ("½N(±2, ¼)", wells([0.5, 0.5], [-2.0, 2.0])),
            ("0.3N(−2.8, ¼) + 0.7N(1.2, ¼)", wells([0.3, 0.7], [-2.8, 1.2])),
            ("correlated in dimension 10", correlated()),
            ("N(1, ¼)", narrow(Schedule::cosine())),
        ];
        let planned = paths.into_par_iter().map(|(name, path)| {
            let computed = Plan::by_computation(&path, EULER, WANTED).unwrap();
            let bounded = Plan::by_bounds(&path, EULER, WANTED).unwrap();
            (name, path, computed, bounded)
        });
        planned.collect()
    })
}

#[test]
fn plans_by_computation_reach_the_wanted_divergence() {
    for (name, path, plan, _) in plans() {
        let realised = chain_divergence(path, EULER, plan.kappa, plan.steps).unwrap();
        assert!(realised.hi() <= WANTED && realised.lo() > 0.0, "{name}: {realised}");
        assert_eq!(plan.computed_kl, Some(realised), "{name}");
    }
}

#[test]
fn plans_by_bounds_reach_the_wanted_divergence() {
    plans().par_iter().for_each(|(name, path, computed, plan)| {
        let realised = extrapolated_divergence(path, EULER, plan.kappa, plan.steps).unwrap();
        assert!(realised.hi() <= WANTED, "{name}: {realised}");
        let bound = plan.combined_bound().unwrap();
        // The number of steps is rounded up.
        assert!(bound.hi() <= WANTED && bound.lo() > 0.99 * WANTED, "{name}: {bound}");
        assert!(plan.steps > computed.steps, "{name}: {} and {}", plan.steps, computed.steps);
    });
}

/// Laws of chains computed without the program: densities on a grid and recursions in eigendirections, for the cosine schedule
/// `λ = sin²(πt/2)` and Euler's steps.
mod alone {
    use std::f64::consts::{FRAC_PI_2, TAU};

    pub fn lambda(t: f64) -> f64 {
        (FRAC_PI_2 * t).sin().powi(2)
    }

    /// `Σ w N(√λ m, λ/4 + 1 − λ)` and its score.
    fn law(weights: &[f64], means: &[f64], t: f64) -> impl Fn(f64) -> (f64, f64) {
        let (root, variance) = (lambda(t).sqrt(), 1.0 - 0.75 * lambda(t));
        let parts: Vec<(f64, f64)> = weights.iter().zip(means).map(|(w, m)| (*w, root * m)).collect();
        move |x| {
            let (mut density, mut slope) = (0.0, 0.0);
            for (w, m) in &parts {
                let part = w * (-0.5 * (x - m).powi(2) / variance).exp() / (TAU * variance).sqrt();
                density += part;
                slope += part * (m - x) / variance;
            }
            (density, slope / density)
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of points")]
    /// `KL(p_1|chain)` for a mixture of normal laws of variance ¼ on the line; `spacing` in deviations of a step.
    pub fn mixture(weights: &[f64], means: &[f64], kappa: f64, steps: usize, spacing: f64) -> f64 {
        const REACH: f64 = 6.5;
        let variance = 2.0 / (kappa * steps as f64);
        let deviation = variance.sqrt();
        let (lo, hi) =
            means.iter().fold((-5.5, 5.5), |(a, b): (f64, f64), m| (a.min(m - 3.5), b.max(m + 3.5)));
        let dx = spacing * deviation;
        let count = ((hi - lo) / dx) as usize + 1;
        let point = |i: usize| lo + dx * i as f64;
        let mut q: Vec<f64> = (0..count).map(|i| law(weights, means, 0.0)(point(i)).0).collect();
        for k in 0..steps {
            let score = law(weights, means, k as f64 / steps as f64);
            let mut next = vec![0.0; count];
            for (i, mass) in q.iter().enumerate().filter(|(_, mass)| **mass > 1e-25) {
                let to = point(i) + 0.5 * variance * score(point(i)).1;
                let place = |x: f64| ((x - lo) / dx).clamp(0.0, count as f64) as usize;
                let (first, last) = (place(to - REACH * deviation), place(to + REACH * deviation));
                for (j, n) in next.iter_mut().enumerate().take(last).skip(first) {
                    *n += mass * (-0.5 * (point(j) - to).powi(2) / variance).exp();
                }
            }
            let scale = dx / (TAU * variance).sqrt();
            q = next.into_iter().map(|n| scale * n).collect();
        }
        let target = law(weights, means, 1.0);
        let term = |(i, q): (usize, &f64)| {
            let p = target(point(i)).0;
            if p < 1e-18 { *q } else { p * (p / q.max(1e-300)).ln() - p + q }
        };
        dx * q.iter().enumerate().map(term).sum::<f64>()
    }

    /// `KL(p_1|chain)` for a normal law with these means and variances in its eigendirections.
    pub fn normal(channels: &[(f64, f64)], kappa: f64, steps: usize) -> f64 {
        let h = 1.0 / (kappa * steps as f64);
        let of_channel = |(target_mean, target_variance): &(f64, f64)| {
            let at = |t: f64| (lambda(t).sqrt() * target_mean, lambda(t) * target_variance + 1.0 - lambda(t));
            let (mut mean, mut variance) = at(0.0);
            for k in 0..steps {
                let (centre, own) = at(k as f64 / steps as f64);
                mean += h * (centre - mean) / own;
                variance = (1.0 - h / own).powi(2) * variance + 2.0 * h;
            }
            let ratio = target_variance / variance;
            0.5 * (ratio - 1.0 - ratio.ln() + (target_mean - mean).powi(2) / variance)
        };
        channels.iter().map(of_channel).sum()
    }
}

/// Computes a divergence at a slowness with a number of steps.
type Divergence = Box<dyn Fn(f64, usize) -> f64 + Sync>;

/// The divergence of a target of [`plans`] by [`alone`]; `spacing` is that of densities on the line.
fn independent(name: &str, spacing: f64) -> Divergence {
    let on_line = |weights: [f64; 2], means: [f64; 2]| -> Divergence {
        Box::new(move |kappa, steps| alone::mixture(&weights, &means, kappa, steps, spacing))
    };
    match name {
        "½N(±2, ¼)" => on_line([0.5, 0.5], [-2.0, 2.0]),
        "0.3N(−2.8, ¼) + 0.7N(1.2, ¼)" => on_line([0.3, 0.7], [-2.8, 1.2]),
        "N(1, ¼)" => Box::new(|kappa, steps| alone::normal(&[(1.0, 0.25)], kappa, steps)),
        _ => {
            let (mean, covariance) = correlated_law();
            let eigen = covariance.symmetric_eigen();
            let along = eigen.eigenvectors.transpose() * mean;
            let channels: Vec<(f64, f64)> =
                along.iter().copied().zip(eigen.eigenvalues.iter().copied()).collect();
            Box::new(move |kappa, steps| alone::normal(&channels, kappa, steps))
        }
    }
}

/// The plan by computation needs at most half more steps than the best (κ, step) of a fine search with this integrator and schedule:
/// 64 values of κ over a factor of 256 around the plan's, for each the fewest steps by bisection.
#[test]
fn plans_by_computation_take_at_most_half_more_steps_than_the_best() {
    const VALUES: i32 = 64;
    for (name, _, plan, _) in plans() {
        let kl = independent(name, 0.6);
        let fewest = (0..VALUES).into_par_iter().filter_map(|i| {
            let kappa = plan.kappa * 2.0_f64.powf(8.0 * f64::from(i) / f64::from(VALUES - 1) - 4.0);
            if kl(kappa, plan.steps) > WANTED {
                return None;
            }
            // More than the first is needed, the second is enough.
            let (mut fails, mut does) = (0, plan.steps);
            while does - fails > 1 {
                let middle = fails.midpoint(does);
                // Steps beyond stability blow the chain up: no number then.
                if kl(kappa, middle) <= WANTED { does = middle } else { fails = middle }
            }
            Some((does, kappa))
        });
        let (steps, kappa) =
            fewest.min_by(|a, b| a.0.cmp(&b.0)).expect("the plan's own κ is among them, nearly");
        println!(
            "{name}: plan κ = {:.4}, {} steps; best κ = {kappa:.4}, {steps} steps",
            plan.kappa, plan.steps
        );
        assert!(2 * plan.steps <= 3 * steps, "{name}: {} steps, where {steps} do", plan.steps);
    }
}

/// The realised divergence by a program of its own, in both modes.
#[test]
fn realised_divergences_are_below_the_wanted_one_by_an_independent_computation() {
    plans().par_iter().for_each(|(name, _, computed, bounded)| {
        // Where the drift expands, a step's density is narrower in its start than in its end: the points are close.
        let (kl, finer) = (independent(name, 0.25), independent(name, 0.18));
        let (realised, again) = (kl(computed.kappa, computed.steps), finer(computed.kappa, computed.steps));
        let discretisation = 1e-6;
        assert!((realised - again).abs() < discretisation && again < WANTED, "{name}: {realised} {again}");
        let by_program = computed.computed_kl.unwrap();
        assert!((by_program.mid() - again).abs() < by_program.width() + discretisation, "{name}: {again}");
        // Millions of steps are too many to go through: the divergence at two numbers of long steps, extrapolated in the step.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
        let steps = (16.0 / bounded.kappa).ceil() as usize;
        assert!(2 * steps < bounded.steps, "{name}");
        let (coarse, fine) = (kl(bounded.kappa, steps), kl(bounded.kappa, 2 * steps));
        let (limit, error) = (2.0 * fine - coarse, (coarse - fine).abs());
        assert!(limit + error < WANTED, "{name}: {coarse} {fine}");
    });
}

#[test]
fn transition_densities_and_the_explicit_recursion_agree() {
    for schedule in [Schedule::cosine(), Schedule::power(2.0).unwrap()] {
        let factor = PlanFactor::mixture(&[1.0], &[1.0], &[0.5], schedule.clone()).unwrap();
        let line = PlanPath::new(vec![factor], 0.0).unwrap();
        for integrator in [Integrator::EulerMaruyama, Integrator::Exponential] {
            for (kappa, steps) in [(1.0, 10), (0.3, 40), (0.1, 200)] {
                let kernel = chain_divergence(&line, integrator, kappa, steps).unwrap();
                let exact = chain_divergence(&narrow(schedule.clone()), integrator, kappa, steps).unwrap();
                assert!(
                    kernel.interval().intersects(exact.interval()),
                    "{integrator}, {steps}: {kernel} {exact}"
                );
                let resolution = 1e-3 * exact.mid() + 1e-6;
                assert!(kernel.width() < resolution, "{integrator}, {steps}: {kernel} {exact}");
            }
        }
    }
}

#[test]
fn divergences_of_a_product_add_up() {
    let law = Gaussian::isotropic(vec![1.0], 0.25).unwrap();
    let first = PlanFactor::gaussian(GaussianPath::from_standard(law, Schedule::cosine()).unwrap()).unwrap();
    let second = PlanFactor::mixture(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5], Schedule::cosine()).unwrap();
    let single = |factor: &PlanFactor| PlanPath::new(vec![factor.clone()], 0.0).unwrap();
    let kl = |path: &PlanPath| chain_divergence(path, EULER, 0.3, 50).unwrap();
    let both = PlanPath::new(vec![first.clone(), second.clone()], 0.0).unwrap();
    let sum = kl(&single(&first)) + kl(&single(&second));
    assert!(kl(&both).interval().intersects(sum.interval()));
}

#[test]
fn a_smooth_stop_costs_fewer_steps() {
    let steps = |schedule| Plan::by_computation(&narrow(schedule), EULER, WANTED).unwrap().steps;
    assert!(2 * steps(Schedule::cosine()) < steps(Schedule::power(2.0).unwrap()));
}

#[test]
fn other_integrators_are_planned_for() {
    for integrator in [Integrator::Exponential, Integrator::Heun] {
        let path = narrow(Schedule::cosine());
        let plan = Plan::by_computation(&path, integrator, WANTED).unwrap();
        assert!(plan.computed_kl.unwrap().hi() <= WANTED);
        assert!(Plan::by_bounds(&path, integrator, WANTED).is_err());
    }
    assert!(chain_divergence(&wells([0.5, 0.5], [-1.0, 1.0]), Integrator::Heun, 1.0, 10).is_err());
}

/// Two unequal components in the plane, turned against each other.
fn skew() -> Mixture {
    let turned = |corner: f64| DMatrix::from_row_slice(2, 2, &[0.5, corner, corner, 0.75]);
    let means = vec![DVector::from_vec(vec![1.25, 0.5]), DVector::from_vec(vec![-1.0, 0.75])];
    Mixture::new(&[0.7, 0.3], means, vec![turned(0.2), turned(-0.3)]).unwrap()
}

#[test]
fn mixtures_in_the_plane_are_planned_for_by_bounds_alone() {
    let factors = PlanFactor::mixture_above_the_line(&skew(), &Schedule::cosine()).unwrap();
    let path = PlanPath::new(factors, 0.0).unwrap();
    let plan = Plan::by_bounds(&path, EULER, WANTED).unwrap();
    let bound = plan.combined_bound().unwrap();
    assert!(bound.hi() <= WANTED && bound.lo() > 0.9 * WANTED, "{bound}");
    let refused = Plan::by_computation(&path, EULER, WANTED).unwrap_err().to_string();
    assert!(refused.contains("the law of the chain"), "{refused}");
    // Covariances that differ in space: nothing is known of the step.
    let means = vec![DVector::from_vec(vec![1.0, 0.0, 0.0]); 2];
    let space = Mixture::isotropic(&[1.0, 1.0], means, &[0.5, 1.0]).unwrap();
    assert!(PlanFactor::mixture_above_the_line(&space, &Schedule::cosine()).is_err());
}

#[test]
fn increments_in_the_plane_are_those_of_independent_coordinates() {
    let mean = |x: f64| DVector::from_vec(vec![x, 0.0, 0.5]);
    let target = Mixture::isotropic(&[0.5, 0.5], vec![mean(-2.0), mean(2.0)], &[0.25; 2]).unwrap();
    let factors = PlanFactor::mixture_above_the_line(&target, &Schedule::cosine()).unwrap();
    let found = Increments::of(&PlanPath::new(factors, 0.0).unwrap()).unwrap();
    let across = Gaussian::isotropic(vec![0.0, 0.5], 0.25).unwrap();
    let line = PlanFactor::mixture(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5], Schedule::cosine()).unwrap();
    let across =
        PlanFactor::gaussian(GaussianPath::from_standard(across, Schedule::cosine()).unwrap()).unwrap();
    let expected = Increments::of(&PlanPath::new(vec![line, across], 0.0).unwrap()).unwrap();
    for (found, expected) in [
        (found.action, expected.action),
        (found.gradient, expected.gradient),
        (found.variation, expected.variation),
        (found.moving, expected.moving),
        (found.still, expected.still),
    ] {
        // Interpolation in the angle.
        let slack = 0.02 * expected.hi();
        assert!(found.widened(slack).interval().intersects(expected.interval()), "{found} {expected}");
    }
}

#[test]
fn bad_wishes_are_refused() {
    let path = narrow(Schedule::cosine());
    for kl in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Plan::by_bounds(&path, EULER, kl).is_err());
        assert!(Plan::by_computation(&path, EULER, kl).is_err());
    }
    assert!(PlanPath::new(Vec::new(), 0.0).is_err());
    assert!(
        PlanPath::new(vec![PlanFactor::mixture(&[1.0], &[0.0], &[1.0], Schedule::cosine()).unwrap()], 1.0)
            .is_err()
    );
    // The action is infinite: no bound, but a chain.
    let linear = narrow(Schedule::linear());
    assert!(Plan::by_bounds(&linear, EULER, WANTED).is_err());
    assert!(Plan::by_computation(&linear, EULER, WANTED).is_ok());
}
