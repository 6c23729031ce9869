//! Gaussian laws, paths and biases: symmetries that hold for every instance.

use dald::dynamics::{InitialLaw, bias, bias_at};
use dald::measure::gaussian::Gaussian;
use dald::path::{GaussianPath, Schedule};
use dald::transport::{action, metric_derivative_squared};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

/// Relative difference allowed between two routes to one number: the quadrature's own estimate is
/// far below, rounding of the transformed inputs some units times the condition number.
const ROUTES: f64 = 1e-9;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        rng_seed: RngSeed::Fixed(0x6a5),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

fn dyadic(size: i32) -> impl Strategy<Value = f64> {
    (-8 * size..=8 * size).prop_map(|n| f64::from(n) / 8.0)
}

/// A law in the plane: correlated, non-centred, never isotropic by accident only.
fn law() -> impl Strategy<Value = Gaussian> {
    let entry = || dyadic(2);
    (entry(), entry(), entry(), entry(), entry(), -3_i32..=3).prop_map(|(m, n, a, b, c, scale)| {
        // L Lᵀ + I/8 is positive definite whatever L.
        let l = DMatrix::from_row_slice(2, 2, &[a, 0.0, b, c]);
        let covariance = (&l * l.transpose() + DMatrix::identity(2, 2) / 8.0) * 2_f64.powi(scale);
        Gaussian::new(DVector::from_vec(vec![m, n]), covariance).unwrap()
    })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    prop::sample::select(Schedule::examples())
}

/// The image of a law under `x ↦ scale·R x + shift`, R the rotation of the 3-4-5 triangle or the identity.
fn image(law: &Gaussian, rotate: bool, scale: f64, shift: f64) -> Gaussian {
    let r =
        if rotate { DMatrix::from_row_slice(2, 2, &[0.6, -0.8, 0.8, 0.6]) } else { DMatrix::identity(2, 2) };
    let covariance = &r * law.covariance() * r.transpose() * (scale * scale);
    let symmetric = (&covariance + covariance.transpose()) * 0.5;
    let mean = &r * law.mean() * scale + DVector::from_element(2, shift);
    Gaussian::new(mean, symmetric).unwrap()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUTES * a.abs().max(b.abs())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn divergences_are_positive_and_vanish_only_at_equality(p in law(), q in law()) {
        let kl = p.kl_divergence(&q).unwrap();
        prop_assert!(kl.lo() >= 0.0);
        let same = p.mean() == q.mean() && p.covariance() == q.covariance();
        prop_assert_eq!(kl.lo() > 0.0, !same);
        prop_assert!(p.kl_divergence(&p).unwrap().hi() < f64::MIN_POSITIVE);
    }

    #[test]
    fn divergences_are_invariant_under_affine_maps(p in law(), q in law(), k in -20_i32..=20, shift in dyadic(4)) {
        let scale = 2_f64.powi(k);
        let (f, g) = (image(&p, true, scale, shift), image(&q, true, scale, shift));
        let (before, after) = (p.kl_divergence(&q).unwrap().mid(), f.kl_divergence(&g).unwrap().mid());
        // The rotation and the shift round the entries to floats.
        let rounding = 1e3 * f64::EPSILON * (1.0 + shift.abs() / scale).powi(2);
        prop_assert!((before - after).abs() <= rounding.max(ROUTES) * (1.0 + before), "{before} {after}");
        let distance = |p: &Gaussian, q: &Gaussian| p.wasserstein2_squared(q).unwrap().mid();
        prop_assert!(close(distance(&p, &q), distance(&q, &p)));
        let unshifted = (image(&p, true, scale, 0.0), image(&q, true, scale, 0.0));
        prop_assert!(
            (distance(&unshifted.0, &unshifted.1) - scale * scale * distance(&p, &q)).abs()
                <= ROUTES * scale * scale * (1.0 + distance(&p, &q))
        );
    }

    #[test]
    fn bias_is_positive_and_falls_with_slowness(target in law(), schedule in schedule()) {
        let path = GaussianPath::from_standard(target, schedule).unwrap();
        let mut last = f64::INFINITY;
        for kappa in [100.0, 1.0, 0.1, 0.01] {
            let bias = bias(&path, kappa, 0.0).unwrap();
            prop_assert!(bias.forward_kl.lo() >= 0.0 && bias.reverse_kl.lo() >= 0.0);
            prop_assert!(bias.forward_kl.relative_width() < ROUTES, "{}", bias.forward_kl);
            prop_assert!(bias.reverse_kl.lo() <= last);
            last = bias.reverse_kl.hi();
        }
    }

    #[test]
    fn scaling_space_by_s_is_slowing_down_by_its_square(target in law(), schedule in schedule(), k in -30_i32..=30) {
        let scale = 2_f64.powi(k);
        let base = Gaussian::standard(2).unwrap();
        let scaled_base = Gaussian::isotropic(vec![0.0; 2], scale * scale).unwrap();
        let path = GaussianPath::new(target.clone(), base, schedule.clone()).unwrap();
        let scaled = GaussianPath::new(image(&target, false, scale, 0.0), scaled_base, schedule).unwrap();
        let kappa = 0.25;
        let (a, b) = (bias(&path, kappa, 0.0).unwrap(), bias(&scaled, kappa / (scale * scale), 0.0).unwrap());
        prop_assert!(close(a.forward_kl.mid(), b.forward_kl.mid()) && close(a.reverse_kl.mid(), b.reverse_kl.mid()));
        let (x, y) = (action(&path, 0.25, 1.0).unwrap(), action(&scaled, 0.25, 1.0).unwrap());
        prop_assert!((x.mid() * scale * scale - y.mid()).abs() <= ROUTES * y.mid().max(f64::MIN_POSITIVE));
    }

    #[test]
    fn a_rotation_of_the_target_changes_nothing(target in law(), schedule in schedule()) {
        let path = GaussianPath::from_standard(target.clone(), schedule.clone()).unwrap();
        let turned = GaussianPath::from_standard(image(&target, true, 1.0, 0.0), schedule).unwrap();
        let speed = |path: &GaussianPath| metric_derivative_squared(path, 0.5).unwrap().mid();
        prop_assert!(close(speed(&path), speed(&turned)));
        let kl = |path: &GaussianPath| bias(path, 0.5, 0.125).unwrap().forward_kl.mid();
        prop_assert!(close(kl(&path), kl(&turned)));
    }

    #[test]
    fn the_dynamics_composes_in_time(target in law(), schedule in schedule()) {
        // At the start of the range the law is the initial one, whatever it is.
        let path = GaussianPath::from_standard(target, schedule).unwrap();
        let initial = InitialLaw::perturbed(vec![0.5, -1.0], 2.0).unwrap();
        let there = bias_at(&path, 1.0, 0.5, 0.5, &initial).unwrap();
        let law = path.law(0.5).unwrap();
        let mean = law.mean() + DVector::from_vec(vec![0.5, -1.0]);
        let q = Gaussian::new(mean, law.covariance() * 2.0).unwrap();
        let direct = law.kl_divergence(&q).unwrap().mid();
        // The law at ½ is rounded to floats.
        let rounding = 1e2 * GaussianPath::law_rounding(&law);
        prop_assert!((there.forward_kl.mid() - direct).abs() <= rounding * (1.0 + direct));
    }
}
