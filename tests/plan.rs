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

fn correlated() -> PlanPath {
    let covariance = DMatrix::from_fn(10, 10, |i, j| 0.6_f64.powi(i32::try_from(i.abs_diff(j)).unwrap()));
    let mean = DVector::from_fn(10, |i, _| if i % 3 == 0 { 0.5 } else { -0.2 });
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

/// No κ on a fine grid reaches the wanted divergence with so many steps.
fn fails_everywhere(path: &PlanPath, steps: usize) -> bool {
    (0..120).into_par_iter().all(|i| {
        // From 10⁻² to 10 in steps of 6 %.
        let kappa = 0.01 * 1.06_f64.powi(i);
        chain_divergence(path, EULER, kappa, steps).is_ok_and(|kl| kl.lo() > WANTED)
    })
}

#[test]
fn plans_by_computation_take_at_most_half_more_steps_than_the_best() {
    for (name, path, plan, _) in plans() {
        if name.contains("N(±2") || *name == "N(1, ¼)" {
            let fewer = plan.steps * 2 / 3;
            for steps in [fewer, fewer * 9 / 10, fewer * 3 / 4, fewer / 2] {
                assert!(fails_everywhere(path, steps), "{name}: {steps} steps would do, not {}", plan.steps);
            }
        }
    }
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
