//! The registry is complete and consistent, and an audit says the same on any number of threads.

use dald::claim::{Chapter, Claim, Level};
use dald::claims;
use dald::enclosure::Evidence;
use dald::ledger::{AuditReport, Colour, DEFAULT_SEED, Ledger, Selection, Timing};
use dald::numerics::false_alarms::CHECKS;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The claims that this version promises.
const PROMISED: &[&str] = &[
    "P1", "P2", "P3", "P4", "P5", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "N1", "N2", "N3", "N4",
    "N5", "W1", "W2", "W3", "W4", "W5", "W6", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10",
    "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "C13", "C14", "C15", "C16",
    "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "L10", "L11", "L12", "L13", "L14", "L15", "L16",
    "H1", "H2", "H3", "H4", "H5", "E1", "E2", "E3", "S1", "S2", "S3", "S4", "S5", "S6",
];

fn ids() -> Vec<&'static str> {
    claims::all().map(|c| c.about().id).collect()
}

/// A claim's place in the ledger: chapter and number.
fn place(id: &str) -> (usize, u32) {
    let chapter = Chapter::from_letter(id.chars().next().unwrap()).unwrap();
    (Chapter::ALL.iter().position(|c| *c == chapter).unwrap(), id[1..].parse().unwrap())
}

#[test]
fn every_promised_claim_is_in_the_registry() {
    let there: BTreeSet<_> = ids().into_iter().collect();
    let missing: Vec<_> = PROMISED.iter().filter(|id| !there.contains(**id)).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}

#[test]
fn ids_are_unique_and_in_order() {
    for pair in ids().windows(2) {
        assert!(place(pair[0]) < place(pair[1]), "{} stands before {}", pair[0], pair[1]);
    }
}

#[test]
fn ids_begin_with_the_letter_of_their_chapter() {
    for claim in claims::all() {
        let about = claim.about();
        assert!(about.id.starts_with(about.chapter.letter()), "{}", about.id);
    }
}

#[test]
fn every_claim_says_everything() {
    for claim in claims::all() {
        let (about, id) = (claim.about(), claim.about().id);
        for text in [about.title, about.statement, about.why, about.checked, about.not_checked, about.source]
        {
            assert!(!text.trim().is_empty(), "{id} leaves something out");
        }
        assert!(about.title.chars().count() <= 60, "{id}: the title is long");
        let names: BTreeSet<_> = about.hypotheses.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), about.hypotheses.len(), "{id}: two hypotheses share a name");
    }
}

#[test]
fn every_claim_has_instances_and_false_twins() {
    for claim in claims::all() {
        let (outline, id) = (claim.outline(), claim.about().id);
        assert!(!outline.families.is_empty() && !outline.false_twins.is_empty(), "{id}");
        // A family that takes long may be left to level full, but not all of them.
        assert!(outline.families.iter().any(|(_, _, quick, _)| 0 < *quick), "{id}: nothing at level quick");
        for (name, _, quick, full) in &outline.families {
            assert!(0 < *full && quick <= full, "{id}: family {name} has {quick} and {full} instances");
        }
        for names in [
            outline.families.iter().map(|f| f.0).collect::<Vec<_>>(),
            outline.sharp_cases.clone(),
            outline.false_twins.clone(),
        ] {
            let unique: BTreeSet<_> = names.iter().collect();
            assert_eq!(unique.len(), names.len(), "{id}: a name stands twice in {names:?}");
        }
    }
}

#[test]
fn claims_rest_on_claims_without_a_circle() {
    let rests_on: BTreeMap<_, _> = claims::all().map(|c| (c.about().id, c.about().rests_on)).collect();
    for (id, on) in &rests_on {
        let missing: Vec<_> = on.iter().filter(|other| !rests_on.contains_key(*other)).collect();
        assert!(missing.is_empty(), "{id} rests on claims that are not there: {missing:?}");
    }
    let mut settled = BTreeSet::new();
    loop {
        let free: Vec<_> = rests_on
            .iter()
            .filter(|(id, on)| !settled.contains(*id) && on.iter().all(|other| settled.contains(other)))
            .map(|(id, _)| *id)
            .collect();
        if free.is_empty() {
            break;
        }
        settled.extend(free);
    }
    let left: Vec<_> = rests_on.iter().filter(|(id, _)| !settled.contains(*id)).collect();
    assert!(left.is_empty(), "these rest on each other: {left:?}");
}

#[test]
fn the_file_of_every_claim_exists() {
    for claim in claims::all() {
        let about = claim.about();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(about.file);
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {}: {e}", about.id, about.file));
        assert!(text.contains(&format!("\"{}\"", about.id)), "{} does not name {}", about.file, about.id);
    }
}

#[test]
fn find_ignores_case_and_refuses_the_unknown() {
    let id = ids()[0];
    assert_eq!(claims::find(&id.to_lowercase()).map(|c| c.about().id), Some(id));
    for unknown in ["", "B", "B0", "Z1", "B2 ", "é"] {
        assert!(claims::find(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn selections_add_up_in_the_order_of_the_registry() {
    let select = |chapters: &[&str], ids: &[&str]| {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        Selection { chapters: own(chapters), ids: own(ids) }.claims()
    };
    let names = |claims: Vec<&'static dyn Claim>| claims.iter().map(|c| c.about().id).collect::<Vec<_>>();
    assert_eq!(names(select(&[], &[]).unwrap()), ids());
    assert_eq!(names(select(&[], &["B2", "b2"]).unwrap()), ["B2"]);
    let chapter = names(select(&["b"], &["B2"]).unwrap());
    assert_eq!(chapter, ids().into_iter().filter(|id| id.starts_with('B')).collect::<Vec<_>>());
    for (chapters, ids) in [(&["Z"][..], &[][..]), (&["BB"], &[]), (&[""], &[]), (&[], &["B99"])] {
        assert!(select(chapters, ids).is_err());
    }
}

#[test]
fn an_audit_says_the_same_on_any_number_of_threads() {
    // The first claims of the first chapters, to keep this short.
    let mut chapters = BTreeSet::new();
    let claims: Vec<_> = claims::all().filter(|c| chapters.insert(c.about().chapter)).take(3).collect();
    let audit = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut ledger = pool.install(|| Ledger::run(&claims, Level::Quick, DEFAULT_SEED, |_| {}));
        let table = ledger.table(Colour::Off, Timing::Hidden) + &ledger.failures() + &ledger.summary();
        ledger.seconds = 0.0;
        for record in &mut ledger.records {
            record.seconds = 0.0;
        }
        (table, serde_json::to_string(&AuditReport::from(&ledger)).unwrap())
    };
    assert_eq!(audit(1), audit(3));
}

/// The false statements that a reader of the theory would take for true, by claim: words of the twin's name.
const TEMPTING: &[(&str, &str)] = &[
    ("P1", "mean with weights λ and 1−λ"),
    ("P4", "finite for every increasing schedule"),
    ("P4", "EX = 0 and λ̇ ∈ L² suffice (two atoms)"),
    ("T1", "u with the other sign"),
    ("T1", "λ̇/√λ in place of λ̇/2√λ"),
    ("T3", "every solution of the continuity equation"),
    ("N1", "without v̂"),
    ("W3", "Lipschitz for every Gaussian mixture"),
    ("W4", "for every smooth density"),
    ("B2", "κ/8 in place of κ/4"),
    ("B2", "the same bound for KL(q|p)"),
    ("B8", "the rate is κ² for every schedule"),
    ("B8", "the rate is κ for every schedule"),
    ("B10", "bounded for ε_i = 1/√i"),
    ("C7", "1/3 in place of 1/2"),
    ("C14", "κ(4s) in place of κ(2s), on x²/2 − |x|"),
    ("C14", "κ(4s) in place of κ(2s), on x⁴/4 − x²/2"),
    ("L14", "C_LS = 2C_P always (half-Gaussian law)"),
    ("L14", "C_LS = 2C_P always (N(0, 1) cut to (0, √3))"),
    ("H2", "constant 1"),
    ("S6", "realised exponent 6"),
];

/// Inequalities of which the theory names a case of equality.
const SHARP: &[&str] = &[
    "P5", "T6", "W3", "B4", "B9", "C3", "C4", "C5", "C7", "C8", "C9", "C10", "C15", "L2", "L3", "L16", "H1",
    "H2", "E3",
];

/// Claims with a single false twin, and why there is no second one.
const ONE_TWIN: &[(&str, &str)] = &[];

#[test]
fn every_claim_has_two_false_twins_and_the_tempting_ones_among_them() {
    for claim in claims::all() {
        let (id, twins) = (claim.about().id, claim.outline().false_twins);
        let excused = ONE_TWIN.iter().any(|(other, reason)| *other == id && !reason.is_empty());
        assert!(twins.len() >= 2 || excused, "{id} has {} false twins", twins.len());
    }
    for (id, words) in TEMPTING {
        let twins = claims::find(id).unwrap().outline().false_twins;
        assert!(twins.iter().any(|name| name.contains(words)), "{id} has no twin “{words}”: {twins:?}");
    }
}

#[test]
fn named_cases_of_equality_are_there() {
    for id in SHARP {
        assert!(!claims::find(id).unwrap().outline().sharp_cases.is_empty(), "{id} has no sharp case");
    }
}

#[test]
fn statistical_checks_are_in_the_table_of_false_alarms() {
    let listed = |name: &str| CHECKS.iter().find(|check| check.name == name);
    for claim in claims::all() {
        let (id, families) = (claim.about().id, claim.outline().families);
        // Instances at level full; each is one comparison.
        let instances: usize = families.iter().filter(|f| f.1 == Evidence::Statistical).map(|f| f.3).sum();
        let comparisons = listed(id).map_or(0, |check| check.comparisons);
        assert!(
            instances <= comparisons,
            "{id}: {instances} statistical instances, {comparisons} comparisons listed"
        );
    }
    // A unit test that allows standard errors takes their number from the table.
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                let bare = text.contains("let standard_errors = ")
                    && !text.contains("false_alarms::standard_errors");
                assert!(!bare, "{} has a number of standard errors of its own", path.display());
            }
        }
    }
}
