//! Every claim, one test each: it holds at level quick on the default seed, its sharp cases are
//! reached and its false twins caught.

use dald::claim::Level;
use dald::claims;
use dald::ledger::DEFAULT_SEED;

fn check(id: &str) {
    let claim = claims::find(id).unwrap_or_else(|| panic!("{id} is not in the registry"));
    let failures = claim.check(Level::Quick, DEFAULT_SEED).failures();
    assert!(failures.is_empty(), "{id} {}:\n{}", claim.about().title, failures.join("\n"));
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
