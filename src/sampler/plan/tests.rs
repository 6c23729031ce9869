use super::channels::{divergence, drift_and_noise};
use super::increments::{gaussian_norms, line_norms};
use super::kernel::{Density, Resolution};
use super::search::{Frozen, least, rates, steepest, window};
use super::*;
use crate::measure::gaussian::Gaussian;
use crate::path::{Channel, LineCurve};
use crate::sampler::gaussian_chain::affine_step;
use crate::sampler::{GaussianScore, PathScore, Scheme, Score};

/// Some dozens of operations on numbers of size one.
const ROUNDING: f64 = 1e-12;

fn normal(mean: f64, variance: f64, schedule: Schedule) -> GaussianPath {
    GaussianPath::from_standard(Gaussian::isotropic(vec![mean], variance).unwrap(), schedule).unwrap()
}

fn plan_path(path: GaussianPath, start: f64) -> PlanPath {
    PlanPath::new(vec![PlanFactor::gaussian(path).unwrap()], start).unwrap()
}

#[test]
fn the_recursion_of_a_channel_is_what_the_integrator_does() {
    let (mean, variance, kappa, start, steps) = (-1.7, 0.3, 0.4, 0.2, 9);
    let path = normal(mean, variance, Schedule::cosine());
    let grid = Grid::new(start, 1.0, kappa, steps).unwrap();
    let law = |t: f64| {
        let lambda = path.schedule().lambda(t);
        (lambda.sqrt() * mean, lambda * variance + 1.0 - lambda)
    };
    let times: Vec<_> = (0..=steps).map(|k| path.schedule().enclosed(grid.time(k))).collect();
    let channel = Channel::from_standard(mean, variance);
    for integrator in Integrator::ALL {
        let scheme = Scheme::new(&path, &grid, integrator).unwrap();
        let (mut centre, mut spread) = law(start);
        let mut rates = Vec::new();
        for k in 0..steps {
            // The step is affine: its matrices by pushing points through it.
            let step = affine_step(&[0.5], |x, noise| scheme.step(k, x, noise)).unwrap();
            let (a, b, s) = (step.linear[(0, 0)], step.offset[0], step.noise[(0, 0)]);
            (centre, spread) = (a * centre + b, a * a * spread + s * s);
            rates.push(path.score_at(grid.time(k)).unwrap().linear_rate());
        }
        let ratio = variance / spread;
        let expected = 0.5 * (ratio - 1.0 - ratio.ln() + (mean - centre).powi(2) / spread);
        let rates = if integrator == Integrator::Exponential { rates } else { Vec::new() };
        let found = divergence(&channel, &times, integrator, grid.step(), &rates);
        assert!((found.mid() - expected).abs() < ROUNDING, "{integrator}: {found} against {expected}");
        assert!(found.width() < ROUNDING, "{integrator}: {found}");
    }
}

#[test]
fn an_exponential_step_solves_the_linear_equation() {
    let (h, a) = (0.7_f64, 1.9_f64);
    let (drift, noise) = drift_and_noise(Integrator::Exponential, h, a);
    // dX = a(g/a − X)dτ + √2 dB: what a constant force g adds, and the variance.
    assert!((drift.mid() - (1.0 - (-a * h).exp()) / a).abs() < ROUNDING);
    assert!((noise.mid() - (1.0 - (-2.0 * a * h).exp()) / a).abs() < ROUNDING);
    for integrator in [Integrator::EulerMaruyama, Integrator::Heun] {
        let (drift, noise) = drift_and_noise(integrator, h, a);
        assert!(drift.contains(h) && noise.contains(2.0 * h) && noise.width() < ROUNDING);
    }
    let (drift, noise) = drift_and_noise(Integrator::Exponential, h, 0.0);
    assert!(drift.contains(h) && noise.contains(2.0 * h));
}

#[test]
fn norms_of_a_normal_law_agree_with_those_by_quadrature() {
    /// Differences of order six with three hundred points.
    const QUADRATURE: f64 = 1e-7;
    let (mean, deviation) = (1.3_f64, 0.6_f64);
    let curve = MixtureCurve::new(&[1.0], &[mean], &[deviation]).unwrap();
    let channel = Channel::from_standard(mean, deviation * deviation);
    for angle in [0.2, 0.8, 1.3] {
        let found = line_norms(&*curve.slice(angle).unwrap(), 300).unwrap();
        let expected = gaussian_norms(&channel, angle);
        // The mean moves too, but the score along the transport changes by the variance alone.
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() <= QUADRATURE * expected, "{angle}: {found} against {expected}");
        }
    }
}

#[test]
fn increments_of_a_normal_target_are_the_closed_forms() {
    /// Gauss's rule on graded panels.
    const QUADRATURE: f64 = 1e-7;
    let (mean, variance, start) = (1.5_f64, 0.25_f64, 0.3_f64);
    // λ = t and σ²(t) = 1 + ct, c = a − 1.
    let path = plan_path(normal(mean, variance, Schedule::linear()), start);
    let found = Increments::of(&path).unwrap();
    let c = variance - 1.0;
    let first = 1.0 + c * start;
    let square = (1.0 / first - 1.0 / variance) / c;
    let cube = (1.0 / first.powi(2) - 1.0 / variance.powi(2)) / (2.0 * c);
    let expected = [
        ("action", found.action, -mean * mean * start.ln() / 4.0 + c * (variance / first).ln() / 4.0),
        ("gradient", found.gradient, square),
        ("still", found.still, cube),
        ("moving", found.moving, 0.25 * c * c * cube),
        ("variation", found.variation, (1.0 / variance.powi(2) - 1.0 / first.powi(2)).abs()),
    ];
    for (name, found, expected) in expected {
        // The variation is that between the outermost nodes: from below, and its error says so.
        let allowed =
            if name == "variation" { found.width() + 1e-4 * expected } else { QUADRATURE * expected };
        assert!((found.mid() - expected).abs() <= allowed, "{name}: {found} against {expected}");
    }
    let (kappa, step) = (0.3_f64, 0.01_f64);
    assert!((found.bias_term(kappa).mid() - kappa * found.action.mid() / 4.0).abs() < ROUNDING);
    let martingale = found.gradient.mid() * step / kappa + found.variation.mid() * step * step / 2.0;
    let drift = (found.moving.mid() * kappa).sqrt() + (found.still.mid() / kappa).sqrt();
    let expected = (martingale.sqrt() + step / 2_f64.sqrt() * drift).powi(2) / 4.0;
    assert!((found.step_term(kappa, step).mid() - expected).abs() < 1e-9 * expected);
}

#[test]
fn increments_are_sums_over_factors() {
    /// The error of the quadrature on the line.
    const QUADRATURE: f64 = 1e-5;
    let schedule = Schedule::cosine();
    let (weights, means, stds) = ([0.3, 0.7], [-1.0, 0.8], [0.7, 0.5]);
    let line = || PlanFactor::mixture(&weights, &means, &stds, schedule.clone()).unwrap();
    let flat = || PlanFactor::gaussian(normal(0.5, 2.0, schedule.clone())).unwrap();
    let of = |factors: Vec<PlanFactor>| Increments::of(&PlanPath::new(factors, 0.1).unwrap()).unwrap();
    let (one, two, both) = (of(vec![line()]), of(vec![flat()]), of(vec![line(), flat()]));
    let parts = |i: &Increments| [i.action, i.gradient, i.variation, i.moving, i.still].map(Enclosure::mid);
    for ((a, b), sum) in parts(&one).into_iter().zip(parts(&two)).zip(parts(&both)) {
        assert!(a > 0.0 && b > 0.0 && (a + b - sum).abs() < QUADRATURE * sum, "{a} + {b} is not {sum}");
    }
}

/// A normal law on a grid, and the grid.
fn density(mean: f64, deviation: f64, window: (f64, f64), variance: f64) -> Density {
    let curve = MixtureCurve::new(&[1.0], &[mean], &[deviation]).unwrap();
    let slice = curve.slice(0.0).unwrap();
    Density::new(&*slice, window, variance, Resolution::FINE).unwrap()
}

#[test]
fn a_step_of_a_density_moves_and_widens_a_normal_law() {
    /// Mass beyond eight deviations.
    const QUADRATURE: f64 = 1e-10;
    let (mean, deviation) = (0.4, 0.5);
    let (slope, force, drift, variance) = (-1.5, 0.7, 0.2, 0.16);
    let mut law = density(mean, deviation, (-6.0, 6.0), variance);
    assert!(law.spacing() <= 0.5 * variance.sqrt() && law.points().len() > 60);
    let scores: Vec<f64> = law.points().iter().map(|x| slope * x + force).collect();
    law.step(&scores, drift, variance);
    let moved = mean + drift * (slope * mean + force);
    let widened = ((1.0 + drift * slope) * deviation).powi(2) + variance;
    let moments = [1.0, moved, widened];
    for (k, expected) in moments.into_iter().enumerate() {
        let found = law.integral(&|x| [1.0, x, (x - moved).powi(2)][k]);
        assert!((found - expected).abs() < QUADRATURE, "moment {k}: {found} against {expected}");
    }
    let curve = MixtureCurve::new(&[1.0], &[moved], &[widened.sqrt()]).unwrap();
    let same = law.divergence_from(&*curve.slice(0.0).unwrap());
    assert!(same.abs() < QUADRATURE, "{same}");
    let (m, v) = (-0.2_f64, 0.3_f64);
    let other = MixtureCurve::new(&[1.0], &[m], &[v.sqrt()]).unwrap();
    let expected = 0.5 * (v / widened - 1.0 - (v / widened).ln() + (m - moved).powi(2) / widened);
    let found = law.divergence_from(&*other.slice(0.0).unwrap());
    assert!((found - expected).abs() < QUADRATURE, "{found} against {expected}");
}

#[test]
fn what_a_step_takes_off_the_grid_is_lost() {
    /// Mass beyond eight deviations.
    const QUADRATURE: f64 = 1e-8;
    // All mass goes to a normal law about the last point: half of it, and half of that at the point itself, stays.
    for sign in [-1.0, 1.0] {
        let variance = 0.04;
        let mut law = density(0.0, 0.3, (-2.5, 2.5), variance);
        let (first, last) = (law.points()[0], law.points()[law.points().len() - 1]);
        let end = if sign > 0.0 { last } else { first };
        let scores: Vec<f64> = law.points().iter().map(|x| end - x).collect();
        law.step(&scores, 1.0, variance);
        let at_end = law.spacing() / (variance * std::f64::consts::TAU).sqrt();
        let expected = 0.5 + 0.5 * at_end;
        let found = law.integral(&|_| 1.0);
        assert!((found - expected).abs() < QUADRATURE, "{sign}: {found} against {expected}");
        let towards = law.integral(&|x| sign * (end - x));
        let mean = (variance / std::f64::consts::TAU).sqrt();
        // The half-line has mean σ/√(2π), to the error of the trapezoid rule at its end.
        assert!((towards - mean).abs() < law.spacing().powi(2), "{sign}: {towards} against {mean}");
        // Farther out than a step reaches nothing is left.
        let scores: Vec<f64> = law.points().iter().map(|x| end + 4.0 * sign - x).collect();
        law.step(&scores, 1.0, variance);
        assert!(law.integral(&|_| 1.0) == 0.0);
    }
}

#[test]
fn factors_multiply_and_too_many_points_are_refused() {
    let mut law = density(0.4, 0.5, (-5.0, 5.0), 0.1);
    let factors: Vec<f64> = law.points().iter().map(|x| -2.0 * x).collect();
    law.multiply(&factors);
    assert!((law.integral(&|_| 1.0) + 0.8).abs() < ROUNDING);
    let curve = MixtureCurve::new(&[1.0], &[0.0], &[1.0]).unwrap();
    let slice = curve.slice(0.0).unwrap();
    let long = Density::new(&*slice, (-1e5, 1e5), 1.0, Resolution::FINE);
    assert!(matches!(long, Err(Error::NoConvergence { .. })));
}

#[test]
fn the_least_value_is_found_from_either_side_and_no_further_than_wanted() {
    let lowest = 0.37_f64;
    for from in [None, Some(1e-2), Some(40.0), Some(1e9)] {
        let calls = std::cell::Cell::new(0);
        let f = |kappa: f64| {
            calls.set(calls.get() + 1);
            1.0 + (kappa / lowest).ln().powi(2)
        };
        let (at, value) = least((1e-3, 1e3), from, 0.0, 1e-3, &f);
        assert!((at / lowest).ln().abs() < 1e-3 && value < 1.0 + 1e-6, "{from:?}: {at}, {value}");
        // A ladder of at most twenty, then golden sections of an interval of log 4.
        assert!(calls.get() <= 42, "{from:?}: {} calls", calls.get());
        // Good enough is enough.
        let (at, value) = least((1e-3, 1e3), from, 3.0, 1e-3, &f);
        assert!((1e-3..=1e3).contains(&at) && value <= 3.0 && value > 1.1, "{from:?}: {at}, {value}");
    }
    // The least value at an end, and where nothing is finite at first.
    let (at, _) = least((0.1, 10.0), None, 0.0, 1e-3, &|kappa| kappa);
    assert!(at < 0.1001, "{at}");
    let (at, _) = least((0.1, 10.0), None, 0.0, 1e-3, &|kappa| 1.0 / kappa);
    assert!(at > 9.999, "{at}");
    let (at, value) =
        least((1e-3, 1e3), None, 0.0, 1e-3, &|kappa| if kappa < 30.0 { f64::INFINITY } else { kappa });
    assert!((30.0..30.1).contains(&at) && value == at, "{at}");
}

#[test]
fn slopes_windows_and_rates_of_a_path() {
    let path = plan_path(normal(1.0, 0.25, Schedule::cosine()), 0.0);
    assert!((steepest(&path).unwrap() - 4.0).abs() < ROUNDING);
    let wide = plan_path(normal(1.0, 4.0, Schedule::cosine()), 0.5);
    // The law of t = ½ has the variance 2.5, the narrowest.
    assert!((steepest(&wide).unwrap() - 0.4).abs() < ROUNDING);
    let plane = Mixture::isotropic(
        &[0.4, 0.6],
        [[0.0, 1.0], [1.0, -1.0]].map(|m| nalgebra::DVector::from_column_slice(&m)).to_vec(),
        &[0.5, 0.5],
    );
    let factors = PlanFactor::mixture_above_the_line(&plane.unwrap(), &Schedule::cosine()).unwrap();
    assert!((steepest(&PlanPath::new(factors, 0.0).unwrap()).unwrap() - 2.0).abs() < ROUNDING);

    let curve = MixtureCurve::new(&[1.0], &[-3.0], &[0.5]).unwrap();
    let line = LinePath::new(Arc::new(curve), Schedule::cosine());
    let (lo, hi) = window(&line, 0.0).unwrap();
    // 6.3613 deviations leave a mass of 10⁻¹⁰; the base reaches farthest up, and a law on the way farthest down.
    let lowest = |deviations: f64| {
        let at = |k: u32| {
            let lambda = Schedule::cosine().lambda(f64::from(k) / 16.0);
            -3.0 * lambda.sqrt() - deviations * (1.0 - 0.75 * lambda).sqrt()
        };
        (0..=16).map(at).fold(f64::INFINITY, f64::min)
    };
    assert!((lowest(6.5)..lowest(6.3613)).contains(&lo), "{lo}");
    assert!((6.3613..6.5).contains(&hi), "{hi}");
    let (_, later) = window(&line, 0.8).unwrap();
    assert!(later < hi - 2.0, "{later}");
}

#[test]
fn the_rate_of_the_exponential_integrator_is_in_the_middle() {
    let (narrow, wide) = (0.25_f64, 4.0_f64);
    let law = Gaussian::diagonal(vec![0.0, 1.0], vec![narrow, wide]).unwrap();
    let both = GaussianPath::from_standard(law, Schedule::linear()).unwrap();
    let path = plan_path(both.clone(), 0.0);
    let steps = 4;
    let frozen = Frozen::new(&path, Integrator::Exponential, steps).unwrap();
    let found = rates(&frozen.factors, steps);
    for (k, rate) in found.iter().enumerate() {
        let t = k as f64 / steps as f64;
        let precision = |v: f64| 1.0 / (t * v + 1.0 - t);
        let expected = 0.5 * (precision(narrow) + precision(wide));
        assert!((rate - expected).abs() < ROUNDING, "{k}: {rate} against {expected}");
        let score = GaussianScore::new(&both.law(t).unwrap());
        assert!((rate - score.linear_rate()).abs() < ROUNDING);
    }
}

#[test]
fn a_plan_by_bounds_is_the_best_that_its_bounds_allow() {
    /// The search ends within two per cent in κ, where the number of steps is stationary.
    const SEARCH: f64 = 1e-3;
    let kl = 0.02_f64;
    for (mean, variance, start) in [(1.0, 0.25, 0.0), (-2.0, 3.0, 0.1)] {
        let path = plan_path(normal(mean, variance, Schedule::cosine()), start);
        let plan = Plan::by_bounds(&path, Integrator::EulerMaruyama, kl).unwrap();
        let increments = Increments::of(&path).unwrap();
        // For every κ the longest step by bisection, on a fine ladder.
        let steps = |kappa: f64| {
            let room = kl.sqrt() - increments.bias_term(kappa).hi().sqrt();
            let (mut lo, mut hi) = (0.0_f64, 1.0_f64);
            for _ in 0..60 {
                let middle = 0.5 * (lo + hi);
                let fits = increments.step_term(kappa, middle).hi().sqrt() <= room;
                if fits { lo = middle } else { hi = middle }
            }
            (1.0 - start) / (kappa * lo)
        };
        let most = 4.0 * kl / increments.action.hi();
        let best = (1..400).map(|k| steps(most * f64::from(k) / 400.0)).fold(f64::INFINITY, f64::min);
        let found = plan.steps as f64;
        assert!(found >= best * (1.0 - SEARCH) && found <= best * (1.0 + SEARCH) + 1.0, "{found} {best}");
        assert!(plan.combined_bound().unwrap().hi() <= kl * (1.0 + SEARCH));
        assert!((plan.step * plan.kappa * found / (1.0 - start) - 1.0).abs() < ROUNDING);
        for integrator in [Integrator::Exponential, Integrator::Heun] {
            assert!(Plan::by_bounds(&path, integrator, kl).is_err());
        }
    }
    let path = plan_path(normal(1.0, 0.25, Schedule::cosine()), 0.0);
    // More steps than floats count.
    assert!(matches!(
        Plan::by_bounds(&path, Integrator::EulerMaruyama, 1e-14),
        Err(Error::NoConvergence { .. })
    ));
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Plan::by_bounds(&path, Integrator::EulerMaruyama, bad).is_err());
    }
}
