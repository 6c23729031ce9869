//! The gate runs on one seed; this runs on others. It is no part of the gate: a failure here is a false alarm of the stated probability, or a
//! defect that the one seed does not show.
//!
//! `cargo test --release --test rotating_seeds -- --ignored --nocapture`, with `DALD_FIRST_SEED` (1 if absent), `DALD_SEEDS` (their number, 300) and
//! `DALD_CLAIMS` (ids separated by commas, or `all`; the claims with statistical checks if absent).

use dald::claim::{Claim, Level};
use dald::claims;
use dald::enclosure::Evidence;
use dald::ledger::Ledger;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn chosen() -> Vec<&'static dyn Claim> {
    let list = std::env::var("DALD_CLAIMS").ok();
    let statistical =
        |claim: &&dyn Claim| claim.outline().families.iter().any(|f| f.1 == Evidence::Statistical);
    claims::all()
        .filter(|claim| match list.as_deref() {
            None => statistical(claim),
            Some("all") => true,
            Some(ids) => ids.split(',').any(|id| id.eq_ignore_ascii_case(claim.about().id)),
        })
        .collect()
}

#[test]
#[ignore = "takes a quarter of an hour"]
fn other_seeds_say_the_same() {
    let (first, count) = (number("DALD_FIRST_SEED", 1), number("DALD_SEEDS", 300));
    let claims = chosen();
    let mut failed = 0;
    for seed in first..first.saturating_add(count) {
        let ledger = Ledger::run(&claims, Level::Quick, seed, |_| {});
        if !ledger.passed() {
            failed += 1;
            println!("seed {seed}:\n{}", ledger.failures());
        }
    }
    println!("{count} seeds, {} claims each: {failed} seeds with a failure", claims.len());
    assert_eq!(failed, 0);
}

#[test]
fn the_statistical_claims_are_chosen() {
    let ids: Vec<&str> = chosen().iter().map(|claim| claim.about().id).collect();
    for id in ["N2", "W5", "B1"] {
        assert!(std::env::var("DALD_CLAIMS").is_ok() || ids.contains(&id), "{ids:?}");
    }
}

#[test]
fn seeds_that_once_failed_hold() {
    for (id, seed) in [("S1", 45), ("S1", 200), ("S1", 223), ("P4", 2), ("W5", 23), ("W5", 43)] {
        let failures = claims::find(id).unwrap().check(Level::Quick, seed).failures();
        assert!(failures.is_empty(), "{id} {seed}:\n{}", failures.join("\n"));
    }
}
