use super::*;

#[test]
fn integrates_a_narrow_gaussian_from_both_sides() {
    let sigma = 0.01;
    let potential = |x: f64| 0.5 * (x / sigma).powi(2);
    let (grid, v) = PanelGrid::graded(potential, (-0.1, 0.1), &[0.003], 0.0, &Grading::default()).unwrap();
    let p: Vec<f64> = v.iter().map(|v| (-v).exp()).collect();
    let exact = sigma * (2.0 * std::f64::consts::PI).sqrt();
    let rounding = 64.0 * f64::EPSILON * exact;
    assert!((grid.integral(&p) - exact).abs() < rounding);
    let (left, right) = (grid.cumulative(&p), grid.cumulative_from_right(&p));
    for i in 0..grid.len() {
        assert!((left[i] + right[i] - exact).abs() < rounding);
        let tail = 0.5 * exact * core_math::erfc(-grid.nodes()[i] / sigma / 2f64.sqrt());
        let cut = 0.5 * exact * core_math::erfc(0.1 / sigma / 2f64.sqrt());
        // Rounding of a panel's largest value, seen from its smallest: the variation allowed.
        let relative = 64.0 * f64::EPSILON * 8f64.exp() * tail;
        assert!((left[i] - tail).abs() < relative + cut, "{} {tail}", left[i]);
    }
}

#[test]
fn differentiates_and_interpolates_polynomials_exactly() {
    let grid = PanelGrid::from_edges(vec![-1.0, 0.5, 2.0], 12).unwrap();
    let values: Vec<f64> = grid.nodes().iter().map(|x| x.powi(5) - 2.0 * x).collect();
    let rounding = 1e3 * f64::EPSILON * 32.0;
    for (x, d) in grid.nodes().iter().zip(grid.derivative(&values)) {
        assert!((d - (5.0 * x.powi(4) - 2.0)).abs() < rounding);
    }
    for x in [-1.0, -0.3, 0.5, 1.7, 2.0] {
        assert!((grid.interpolate(&values, x) - (x.powi(5) - 2.0 * x)).abs() < rounding);
    }
}

#[test]
fn refuses_bad_input() {
    assert!(GaussRule::shared(3).is_err());
    assert!(PanelGrid::from_edges(vec![0.0], 8).is_err());
    assert!(PanelGrid::from_edges(vec![0.0, f64::NAN], 8).is_err());
    let nowhere = PanelGrid::graded(|x| x, (1.0, 0.0), &[], 0.0, &Grading::default());
    assert!(nowhere.is_err());
}

#[test]
fn rules_are_exact_to_their_degree_and_no_further() {
    /// Sums of up to 64 terms of size one, with weights that are good to some units.
    const ROUNDING: f64 = 256.0 * f64::EPSILON;
    for order in [4, 5, 7, 20, 33, 64] {
        let rule = GaussRule::shared(order).unwrap();
        assert_eq!((rule.order(), rule.nodes().len(), rule.weights().len()), (order, order, order));
        let moment = |k: usize| -> f64 {
            rule.nodes().iter().zip(rule.weights()).map(|(t, w)| w * legendre_values(k, *t)[k]).sum()
        };
        assert!((moment(0) - 2.0).abs() < ROUNDING);
        assert!((1..2 * order).all(|k| moment(k).abs() < ROUNDING), "{order}");
        // P_n² is the first that is not integrated: the rule gives 0.
        assert!(moment(2 * order).abs() > 1e-3);
        for (i, t) in rule.nodes().iter().enumerate() {
            assert!((t + rule.nodes()[order - 1 - i]).abs() < ROUNDING);
            // ∫_{−1}^t P_k = (P_{k+1} − P_{k−1})/(2k+1), and (1 − t²)P_k' = k(P_{k−1} − tP_k).
            let p = legendre_values(order, *t);
            let row = |matrix: &[f64], k: usize| -> f64 {
                let values = rule.nodes().iter().map(|x| legendre_values(order, *x)[k]);
                matrix[i * order..(i + 1) * order].iter().zip(values).map(|(c, v)| c * v).sum()
            };
            for k in 1..order {
                let integral = (p[k + 1] - p[k - 1]) / (2 * k + 1) as f64;
                assert!((row(&rule.integration, k) - integral).abs() < ROUNDING, "{order}, P_{k}");
                let slope = k as f64 * (p[k - 1] - t * p[k]) / (1.0 - t * t);
                // Slopes of size n², in differences of nodes of size 1/n².
                let rounding = ROUNDING * (order * order) as f64 * (order as f64).powi(2);
                assert!((row(&rule.differentiation, k) - slope).abs() < rounding, "{order}, P_{k}'");
            }
        }
    }
}

#[test]
fn what_a_rule_resolves_has_small_high_coefficients() {
    let order = 9;
    let rule = GaussRule::shared(order).unwrap();
    let values = |c: [f64; 9]| -> Vec<f64> {
        let at = |t: &f64| legendre_values(order, *t).iter().zip(c).map(|(p, c)| c * p).sum();
        rule.nodes().iter().map(at).collect()
    };
    let low = [1.0, -2.0, 0.5, 0.0, 3.0, -1.0, 0.0, 0.0, 0.0];
    let tiny = 1e-13;
    assert!(rule.resolves(&values(low), tiny));
    for k in 6..9 {
        for sign in [-1.0, 1.0] {
            let mut high = low;
            high[k] = sign * 1e-3;
            let largest = values(high).iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            assert!(rule.resolves(&values(high), 1.01e-3 / largest), "P_{k}");
            assert!(!rule.resolves(&values(high), 0.99e-3 / largest), "P_{k}");
        }
    }
}

#[test]
fn inner_products_of_any_length() {
    for n in 0..11_u32 {
        let a: Vec<f64> = (0..n).map(|i| f64::from(i) - 3.0).collect();
        let b: Vec<f64> = (0..n).map(|i| f64::from(2 * i + 1)).collect();
        let expected: f64 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
        assert_eq!(dot(&a, &b), expected);
    }
}

#[test]
fn nodes_keep_their_distance_from_either_end() {
    let (right, left) = (
        PanelGrid::from_edges(vec![0.0, 1e-9, 1.0], 8).unwrap(),
        PanelGrid::from_edges(vec![-1.0, -1e-9, 0.0], 8).unwrap(),
    );
    for (x, y) in right.nodes().iter().zip(left.nodes().iter().rev()) {
        assert!((x + y).abs() <= 4.0 * f64::EPSILON * x && *x > 0.0);
    }
    assert!(right.nodes().windows(2).all(|w| w[0] < w[1]));
    let same = right.weights().iter().zip(left.weights().iter().rev());
    assert!(same.clone().all(|(v, w)| (v - w).abs() <= 4.0 * f64::EPSILON * v));
    assert!((right.weights().iter().sum::<f64>() - 1.0).abs() < 16.0 * f64::EPSILON);
}

#[test]
fn parts_of_an_integral_add_up() {
    /// Sums of some dozens of terms of size one.
    const ROUNDING: f64 = 64.0 * f64::EPSILON;
    let grid = PanelGrid::from_edges(vec![-1.0, -0.2, 0.9, 2.0], 7).unwrap();
    assert_eq!((grid.len(), grid.is_empty(), grid.edges().len()), (21, false, 4));
    let values: Vec<f64> = grid.nodes().iter().map(|x| 3.0 * x * x - 1.0).collect();
    let exact = |x: f64| x.powi(3) - x;
    let (mut left, mut right) = (vec![0.0; 21], vec![0.0; 21]);
    let totals =
        [grid.cumulative_into(&values, &mut left), grid.cumulative_from_right_into(&values, &mut right)];
    assert!(totals.iter().all(|t| (t - (exact(2.0) - exact(-1.0))).abs() < ROUNDING));
    for ((x, l), r) in grid.nodes().iter().zip(&left).zip(&right) {
        assert!((l - (exact(*x) - exact(-1.0))).abs() < ROUNDING);
        assert!((r - (exact(2.0) - exact(*x))).abs() < ROUNDING);
    }
    assert_eq!((left, right), (grid.cumulative(&values), grid.cumulative_from_right(&values)));
    let panels = [(-9.0, 0), (-1.0, 0), (-0.21, 0), (-0.2, 1), (0.5, 1), (0.9, 2), (2.0, 2), (9.0, 2)];
    assert!(panels.iter().all(|(x, k)| grid.panel_of(*x) == *k));
    let finer = grid.refined().unwrap();
    assert_eq!(finer.edges(), [-1.0, -1.0 + 0.4, -0.2, -0.2 + 0.55, 0.9, 0.9 + 0.55, 2.0]);
    assert_eq!((finer.rule().order(), grid.with_order(11).unwrap().len()), (7, 33));
}

type Potential<'a> = &'a dyn Fn(f64) -> f64;

/// Whether a panel may stay as it is, with some leeway for the tolerance.
fn fine(potential: &dyn Fn(f64) -> f64, (left, right): (f64, f64), grading: &Grading, leeway: f64) -> bool {
    let rule = GaussRule::shared(grading.order).unwrap();
    let at: Vec<f64> =
        rule.nodes().iter().map(|t| potential(0.5 * ((1.0 - t) * left + (1.0 + t) * right))).collect();
    let (least, most) =
        at.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    most - least <= grading.variation
        && [-1.0, 1.0].iter().all(|sign| {
            let density: Vec<f64> = at.iter().map(|v| (sign * (v - 0.5 * (least + most))).exp()).collect();
            rule.resolves(&density, leeway * grading.tolerance)
        })
}

#[test]
fn panels_are_as_fine_as_needed_and_no_finer() {
    let narrow = |x: f64| 0.5 * ((x - 0.3) / 0.02).powi(2).min(1e3) + (7.0 * x).sin();
    let potentials: [(Potential<'_>, &[f64]); 3] = [
        (&|x| 0.5 * x * x, &[]),
        (&|x| x.powi(4) / 4.0 - 3.0 * x * x + 0.5 * x + 10.0, &[0.0]),
        (&narrow, &[0.3 - 0.02 * 2e3_f64.sqrt(), 0.3 + 0.02 * 2e3_f64.sqrt()]),
    ];
    for (potential, breaks) in potentials {
        for grading in [Grading::default(), Grading { order: 12, variation: 6.0, ..Grading::default() }] {
            let ends = (-4.0, 5.0);
            let (grid, values) = PanelGrid::graded(potential, ends, breaks, 0.0, &grading).unwrap();
            assert!(breaks.iter().all(|b| grid.edges().contains(b)));
            assert_eq!((grid.edges()[0], grid.edges()[grid.edges().len() - 1]), ends);
            assert!(grid.nodes().iter().zip(&values).all(|(x, v)| potential(*x) == *v));
            for e in grid.edges().windows(2) {
                assert!(fine(potential, (e[0], e[1]), &grading, 2.0), "{e:?}");
            }
            // Two halves of one panel: the whole would have been too coarse.
            for e in grid.edges().windows(3) {
                let halves = e[1] - e[0] == e[2] - e[1] && !breaks.contains(&e[1]);
                let dyadic = breaks.is_empty().then(|| (e[0] - ends.0) / (e[2] - e[0]));
                if halves && dyadic.is_some_and(|place| place.fract() == 0.0) {
                    assert!(!fine(potential, (e[0], e[2]), &grading, 0.5), "{e:?}");
                }
            }
        }
    }
}

#[test]
fn integrable_singularities_are_approached_until_nothing_is_left() {
    // ∫x^{−1/2} = 2 and ∫x³ = ¼ on (0, 1); the other way round for the right end.
    for (power, exact) in [(-0.5, 2.0), (3.0, 0.25)] {
        for sign in [1.0, -1.0] {
            let ends = if sign > 0.0 { (0.0, 1.0) } else { (-1.0, 0.0) };
            let potential = |x: f64| -power * (sign * x).ln();
            let (grid, v) = PanelGrid::graded(potential, ends, &[], 0.0, &Grading::default()).unwrap();
            let p: Vec<f64> = v.iter().map(|v| (-v).exp()).collect();
            // The singular panel has a share of 1e-9 of the mass for the first, of nothing for the second.
            let cut = 1e-8;
            assert!((grid.integral(&p) - exact).abs() < cut * exact, "{power}: {}", grid.integral(&p));
            let panels = grid.edges().len() - 1;
            assert!((12..140).contains(&panels), "{power}: {panels}");
        }
    }
    let mut state = 1_u64;
    let noise = std::cell::RefCell::new(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f64
    });
    let rough = PanelGrid::graded(|_| (noise.borrow_mut())(), (0.0, 1.0), &[], 0.0, &Grading::default());
    assert!(matches!(rough, Err(Error::NoConvergence { .. })));
}
