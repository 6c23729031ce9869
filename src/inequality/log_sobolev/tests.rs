//! Interpolation of tables, and which bounds a report prefers.

use super::*;
use crate::numerics::tolerances::MESH;

fn bound(value: f64, evidence: Evidence) -> NamedBound {
    NamedBound { name: "test", value, evidence, witness: Witness::None }
}

fn ends(lower: &[(f64, Evidence)], upper: &[(f64, Evidence)]) -> (f64, f64, Evidence) {
    let list = |bounds: &[(f64, Evidence)]| bounds.iter().map(|(v, e)| bound(*v, *e)).collect::<Vec<_>>();
    let found = report(list(lower), list(upper), None).value;
    (found.lo(), found.hi(), found.evidence())
}

#[test]
fn reports_prefer_certified_ends_where_little_is_lost() {
    let (certified, converged) = (Evidence::Certified, Evidence::Converged);
    let near = 1.0 - 0.5 * CERTIFIED_PREFERENCE;
    let far = 1.0 - 2.0 * CERTIFIED_PREFERENCE;
    let proof = [(3.0, certified)];
    assert_eq!(ends(&[(2.0, converged), (2.0 * near, certified)], &proof), (2.0 * near, 3.0, certified));
    assert_eq!(ends(&[(2.0, converged), (2.0 * far, certified)], &proof), (2.0, 3.0, converged));
    assert_eq!(ends(&[(2.0, certified), (1.0, certified)], &proof), (2.0, 3.0, certified));
    // A converged upper end has to be better by two per cent.
    let lower = [(2.0, certified)];
    let (good, poor) = (3.0 * CONVERGED_GAIN * 0.999, 3.0 * CONVERGED_GAIN * 1.001);
    assert_eq!(ends(&lower, &[(good, converged), (3.0, certified)]), (2.0, good, converged));
    assert_eq!(ends(&lower, &[(poor, converged), (3.0, certified)]), (2.0, 3.0, certified));
    assert_eq!(ends(&lower, &[(3.0, certified), (3.5, converged)]), (2.0, 3.0, certified));
    assert_eq!(ends(&lower, &[(2.5, converged)]), (2.0, 2.5, converged));
    assert_eq!(ends(&lower, &[]), (2.0, f64::INFINITY, certified));
    assert_eq!(ends(&[], &proof), (0.0, 3.0, certified));
    // Ends that cross by rounding do not.
    assert_eq!(ends(&[(3.1, converged)], &proof), (3.0, 3.0, converged));
}

#[test]
fn six_neighbours_carry_a_quintic() {
    let p = |x: f64| 1.0 - x + 0.5 * x.powi(3) - 0.1 * x.powi(5);
    let nodes = [-1.0, -0.4, 0.1, 0.9, 1.3, 2.0];
    for x in [-1.0, -0.7, 0.0, 0.5, 1.9, 2.2] {
        let found = neville(&nodes, &nodes.map(p), x);
        let rounding = 1e-13;
        assert!((found - p(x)).abs() <= rounding, "{x}: {found}, {}", p(x));
    }
}

#[test]
fn tables_are_cut_and_checked() {
    let nodes: Vec<f64> = (-50..=70).map(|k| 0.2 * f64::from(k)).collect();
    // N(1, 1.5²), far beyond the cut on both sides, with a hole that lies outside of it.
    let mut table: Vec<f64> = nodes.iter().map(|x| -(x - 1.0).powi(2) / 4.5 + 3.0).collect();
    let found = maximise_tabulated(&nodes, &table).unwrap();
    // Cut at 40: a Gaussian tail of e^{−40} is missing on either side, and the polynomials are exact.
    assert!(
        (found.value.mid() - 4.5).abs() <= MESH && (found.twice_poincare.mid() - 4.5).abs() <= MESH,
        "{found:?}"
    );
    let last = table.len() - 1;
    table[last] = f64::NEG_INFINITY;
    assert!(maximise_tabulated(&nodes, &table).is_ok());
    table[50] = f64::NAN;
    assert!(matches!(maximise_tabulated(&nodes, &table), Err(Error::Domain { .. })));
    assert!(matches!(maximise_tabulated(&nodes[1..], &table), Err(Error::Dimension { .. })));
    let parabola = |nodes: &[f64]| nodes.iter().map(|x| -x * x).collect::<Vec<_>>();
    let eight: Vec<f64> = (0..8).map(|k| 0.5 * f64::from(k)).collect();
    assert!(maximise_tabulated(&eight, &parabola(&eight)).is_ok());
    assert!(matches!(maximise_tabulated(&eight[1..], &parabola(&eight[1..])), Err(Error::Domain { .. })));
    let mut twice = eight.clone();
    twice[3] = twice[2];
    assert!(matches!(maximise_tabulated(&twice, &parabola(&twice)), Err(Error::Domain { .. })));
    assert!(matches!(maximise_tabulated(&[], &[]), Err(Error::Domain { .. })));
}
