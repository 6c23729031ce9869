//! Every claim, one test each: it holds at level quick on the default seed, its sharp cases are
//! reached and its false twins caught, and every number is where it was locked.

#[path = "../locked/mod.rs"]
mod locked;

use dald::claim::{Level, Record};
use dald::claims;
use dald::enclosure::{Comparison, Enclosure, Relation};
use dald::ledger::DEFAULT_SEED;
use locked::side;

fn sides(comparison: &Comparison) -> String {
    let relation = match comparison.relation {
        Relation::Upper => "≤",
        Relation::Lower => "≥",
        Relation::Equality { .. } => "=",
        Relation::Rate { .. } => "~",
    };
    let scale = if comparison.scale == 0.0 { String::new() } else { format!(" of {:e}", comparison.scale) };
    format!("  {} {relation} {}{scale}", side(comparison.observed), side(comparison.bound))
}

/// Both sides of every comparison, under the names of families, sharp cases and false twins.
fn text(record: &Record) -> String {
    let mut lines = Vec::new();
    for family in &record.families {
        lines.push(family.name.clone());
        lines.extend(family.findings.iter().map(|f| sides(f.outcome.as_ref().unwrap())));
    }
    for case in &record.sharp_cases {
        lines.push(format!("sharp: {}", case.name));
        lines.push(format!("  {} = {}", side(*case.ratio.as_ref().unwrap()), side(Enclosure::exact(1.0))));
    }
    for twin in &record.false_twins {
        lines.push(format!("false: {}", twin.name));
        lines.push(sides(twin.outcome.as_ref().unwrap()));
    }
    lines.join("\n") + "\n"
}

fn check(id: &str) {
    let claim = claims::find(id).unwrap_or_else(|| panic!("{id} is not in the registry"));
    let record = claim.check(Level::Quick, DEFAULT_SEED);
    let failures = record.failures();
    assert!(failures.is_empty(), "{id} {}:\n{}", claim.about().title, failures.join("\n"));
    let differences = locked::differences(&format!("findings/{id}.txt"), &text(&record));
    assert!(differences.is_empty(), "{id} {}:\n{}", claim.about().title, differences.join("\n"));
}

/// A test per line, and the list of their ids.
macro_rules! claims {
    ($($name:ident: $id:literal),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                check($id);
            }
        )+

        const TESTED: &[(&str, &str)] = &[$((stringify!($name), $id)),+];
    };
}

claims! {
    p1_moments: "P1",
    p2_time_change: "P2",
    p3_coupling_bound: "P3",
    p4_finite_action: "P4",
    p5_benamou_brenier: "P5",
    t1_continuity: "T1",
    t2_existence: "T2",
    t3_minimality: "T3",
    t4_gaussian_base: "T4",
    t5_gaussian_paths: "T5",
    t6_poincare_existence: "T6",
    t7_de_bruijn: "T7",
    t8_conditional_field_is_no_gradient: "T8",
    n1_fokker_planck: "N1",
    n2_simulated_marginals: "N2",
    n3_forward_backward_drift: "N3",
    n4_reverse_diffusion: "N4",
    n5_finite_energy: "N5",
    w1_score_formulae: "W1",
    w2_hessian_formulae: "W2",
    w3_lipschitz_score: "W3",
    w4_uniform_conditional_poincare: "W4",
    w5_strong_solution: "W5",
    w6_student_base: "W6",
    b1_path_space_divergence: "B1",
    b2_girsanov_bias_bound: "B2",
    b3_poincare_bias_bound: "B3",
    b4_log_sobolev_bias_bound: "B4",
    b5_reverse_bias_bound: "B5",
    b6_consequences: "B6",
    b7_small_kappa_limit: "B7",
    b8_smooth_stop: "B8",
    b9_bounded_field: "B9",
    b10_dimension: "B10",
    c1_affine_image: "C1",
    c2_product: "C2",
    c3_convolution: "C3",
    c4_lipschitz_image: "C4",
    c5_bakry_emery: "C5",
    c6_holley_stroock: "C6",
    c7_small_lipschitz_perturbation: "C7",
    c8_generator_perturbation: "C8",
    c9_lipschitz_perturbation: "C9",
    c10_mixture_bound: "C10",
    c11_muckenhoupt: "C11",
    c12_dual_formula: "C12",
    c13_exact_constants: "C13",
    c14_one_dimensional_comparison: "C14",
    c15_cheeger: "C15",
    c16_convex_on_interval: "C16",
    l1_gaussian_constant: "L1",
    l2_poincare_from_log_sobolev: "L2",
    l3_convolution: "L3",
    l4_lipschitz_image: "L4",
    l5_bakry_emery: "L5",
    l6_holley_stroock: "L6",
    l7_rothaus: "L7",
    l8_generator_perturbation: "L8",
    l9_lipschitz_perturbation: "L9",
    l10_ball_with_noise: "L10",
    l11_herbst: "L11",
    l12_transport_inequality: "L12",
    l13_hardy_criterion: "L13",
    l14_exact_constants: "L14",
    l15_heavy_tails_cut: "L15",
    l16_along_dynamics: "L16",
    h1_student_score: "H1",
    h2_weighted_poincare: "H2",
    h3_absolute_continuity: "H3",
    h4_base_comparison: "H4",
    h5_weighted_any_dimension: "H5",
    e1_optimal_coupling: "E1",
    e2_schroedinger_potential: "E2",
    e3_entropic_map_jacobian: "E3",
    s1_convergence_orders: "S1",
    s2_gaussian_chain: "S2",
    s3_discrete_girsanov: "S3",
    s4_error_terms: "S4",
    s5_plan_reaches: "S5",
    s6_step_exponents: "S6",
}

#[test]
fn every_claim_is_tested_once_under_a_name_that_begins_with_its_id() {
    let registry: Vec<&str> = claims::all().map(|c| c.about().id).collect();
    let tested: Vec<&str> = TESTED.iter().map(|(_, id)| *id).collect();
    assert_eq!(tested, registry, "tests (left) and registry (right), in the order of the registry");
    for (name, id) in TESTED {
        assert!(name.starts_with(&format!("{}_", id.to_lowercase())), "{name} tests {id}");
    }
}
