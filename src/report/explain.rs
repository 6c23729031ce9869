//! A claim in full, for `dald explain`.

use crate::claim::Claim;
use crate::enclosure::Relation;
use crate::ledger::text::wrapped;

/// Everything that a reader needs to judge the check of a claim, as plain text: statement,
/// hypotheses, why it is true, what is checked on what and what is not, source, false twins.
pub fn explain(claim: &dyn Claim) -> String {
    let (about, outline) = (claim.about(), claim.outline());
    let mut parts = vec![format!(
        "{}  {}\n    Chapter {}: {}\n",
        about.id,
        about.title,
        about.chapter.letter(),
        about.chapter.title()
    )];
    let mut section = |title: &str, body: &str| parts.push(format!("\n{title}\n{}", wrapped(body, 4)));
    section("Statement", about.statement);
    section("Hypotheses", &lines(about.hypotheses.iter().map(|(name, text)| format!("{name}: {text}"))));
    section("Why it is true", about.why);
    section("What is checked", &format!("{}\n{}", about.checked, relation(about.relation)));
    section("What is not checked", about.not_checked);
    section("Source", about.source);
    let families = outline.families.iter().map(|(name, evidence, quick, full)| {
        format!("- {name}: {quick} at level quick, {full} at level full; evidence {evidence} or stronger")
    });
    section("Instances", &lines(families));
    let sharp = if outline.sharp_cases.is_empty() {
        "none".to_owned()
    } else {
        lines(outline.sharp_cases.iter().map(|name| format!("- {name}")))
    };
    section("Sharp cases (the two sides are equal, or tend to it)", &sharp);
    section(
        "False twins (nearby statements that the same check has to refute)",
        &lines(outline.false_twins.iter().map(|name| format!("- {name}"))),
    );
    let rests_on =
        if about.rests_on.is_empty() { "no other claim".to_owned() } else { about.rests_on.join(", ") };
    section("Rests on", &rests_on);
    section("File", about.file);
    parts.concat()
}

fn lines(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("\n")
}

fn relation(relation: Relation) -> String {
    match relation {
        Relation::Upper => "The left side has to be at most the right side.".to_owned(),
        Relation::Lower => "The left side has to be at least the right side.".to_owned(),
        Relation::Equality { resolution } => {
            format!("The two sides have to agree within a relative width of {resolution:e}.")
        }
        Relation::Rate { resolution } => {
            format!("The exponent found has to agree with the one stated within a width of {resolution:e}.")
        }
    }
}
