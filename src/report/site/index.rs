//! The first page of an audit's report: what came out, the ledger, where it was tight, how to read it.

use super::Audit;
use super::layout::{address, count, evidence, linked, number, page, rank, verdict};
use super::typeset;
use crate::claim::{Chapter, Record, TwinRecord};
use crate::enclosure::{Comparison, Enclosure, Evidence, Relation, Verdict};
use maud::{Markup, html};

/// Rows of the two lists of what was tight.
const LISTED: usize = 8;

impl Audit<'_> {
    pub(super) fn index(&self) -> String {
        let body = html! {
            h1 { "Diffusion annealed Langevin dynamics: what is claimed and what was checked" }
            (self.lead())
            (self.tiles())
            (self.failures())
            h2 id="read" { "In twenty minutes" }
            ol {
                li { "Skim the " a href="#claims" { "ledger" } ": a row per claim. Each id leads to a page with the statement, why it is true, what was checked and what was not." }
                li { "See " a href="#tight" { "where it was tight" } ": the instances nearest to their bound, the false statements caught by the least margin." }
                li { "Look at the " a href="figures.html" { "figures" } ": the bias and every bound for it, constants under perturbation, the field that moves the path." }
                li { "Read " a href="limits.html" { "what is not checked" } ", claim by claim, on one page." }
                li { "Doubt something? " code { "dald audit --claim B4 --level full" } " repeats one check; every page links to its source." }
            }
            h2 id="claims" { "The ledger" }
            (self.filters())
            (self.ledger())
            h2 id="tight" { "Where it was tight" }
            (self.nearest())
            (self.narrowest_twins())
            h2 id="strength" { "How strong the evidence is" }
            (self.strength())
            h2 id="key" { "How to read a verdict" }
            (key())
            h2 { "Normalisation" }
            p {
                (typeset::text("C_P(μ) is the least C with Var_μ(f) ≤ C∫|∇f|²dμ, and C_LS(μ) the least C with Ent_μ(f²) ≤ C∫|∇f|²dμ: for N(0,σ²I) they are σ² and 2σ². \
                 KL(q|p) = ∫q log(q/p). The path p_t is the law of X_t = √λ_t X + √(1−λ_t) Z, X ~ π the target, Z ~ ν the base; the dynamics \
                 dX_τ = ∇log p_{κτ}(X_τ)dτ + √2 dB_τ has the law q_τ."))
            }
            p { "The theory: Cattiaux, Cordero-Encinar, Guillin, " cite { "Diffusion annealed Langevin dynamics: a theoretical study" } ", arXiv:2511.10406, cited as [CCG], and the works that each page names." }
            p { "The same ledger for machines: " a href="audit.json" { "audit.json" } "." }
        };
        page("dald audit", &[], true, &body)
    }

    fn lead(&self) -> Markup {
        let (total, holds) = (self.ledger.records.len(), self.ledger.count(Verdict::Holds));
        html! {
            p.lead {
                @if holds == total {
                    (verdict(Verdict::Holds)) " — "
                    @if total == 1 { "the claim holds" } @else { "all " (total) " claims hold" }
                } @else {
                    (verdict(if self.ledger.count(Verdict::Refuted) > 0 { Verdict::Refuted } else { Verdict::Inconclusive }))
                    " — " (holds) " of " (total) " claims hold"
                }
                " at every instance that was drawn, by enclosures of both sides: an instance holds only if the whole interval of the left side lies "
                "on the right side of the bound. This is evidence from instances, not a proof; why each statement is true stands on its page."
            }
            p.note {
                "Level " (self.ledger.level.name()) ", seed " (self.ledger.seed)
                @if let Some(shard) = &self.shard { ", shard " (shard.index) " of " (shard.of) }
                ", " (format!("{:.0}", self.ledger.seconds.ceil())) " s. The same seed gives the same numbers on any number of threads."
            }
        }
    }

    fn tiles(&self) -> Markup {
        let records = &self.ledger.records;
        let instances: usize = records.iter().map(Record::instances).sum();
        let certified: usize = records.iter().map(Record::certified_instances).sum();
        let sharp: usize = records.iter().map(|r| r.sharp_cases.len()).sum();
        let reached = records.iter().flat_map(|r| &r.sharp_cases).filter(|c| c.reached()).count();
        let twins: usize = records.iter().map(|r| r.false_twins.len()).sum();
        let caught =
            records.iter().flat_map(|r| &r.false_twins).filter(|t| t.verdict() == Verdict::Refuted).count();
        let tile = |value: String, what: &str| html! { li { b { (value) } span.what { (what) } } };
        html! {
            ul.tiles {
                (tile(format!("{} / {}", self.ledger.count(Verdict::Holds), records.len()), "claims hold"))
                (tile(instances.to_string(), "instances judged"))
                (tile(certified.to_string(), "of them by interval arithmetic alone"))
                (tile(format!("{reached} / {sharp}"), "sharp cases reached"))
                (tile(format!("{caught} / {twins}"), "false statements refuted"))
            }
        }
    }

    /// What went wrong, if anything did.
    fn failures(&self) -> Markup {
        let failed: Vec<&Record> =
            self.ledger.records.iter().filter(|r| r.verdict() != Verdict::Holds).collect();
        html! {
            @if !failed.is_empty() {
                h2 { "What does not hold" }
                ul {
                    @for record in failed {
                        li {
                            a href=(address(record.about.id)) { (record.about.id) } " " (typeset::text(record.about.title)) ": " (verdict(record.verdict()))
                            @if let Some(reason) = record.failures().first() { ". " (reason) }
                        }
                    }
                }
            }
        }
    }

    fn filters(&self) -> Markup {
        let chapters =
            Chapter::ALL.into_iter().filter(|c| self.ledger.records.iter().any(|r| r.about.chapter == *c));
        html! {
            form.filters id="filters" hidden {
                label { "Chapter" select name="chapter" { option value="" { "all" }
                    @for chapter in chapters { option value=(chapter.letter()) { (chapter.letter()) ": " (chapter.title()) } } } }
                label { "Evidence" select name="evidence" { option value="" { "all" }
                    @for kind in EVIDENCE { option value=(kind.name()) { (kind.name()) } } } }
                label { "Verdict" select name="verdict" { option value="" { "all" }
                    @for kind in [Verdict::Holds, Verdict::Refuted, Verdict::Inconclusive] { option value=(kind.name()) { (kind.name()) } } } }
                label { "Words" input name="text" type="search" autocomplete="off"; }
                button type="reset" { "Show all" }
                output id="shown" aria-live="polite" {}
            }
        }
    }

    fn ledger(&self) -> Markup {
        let head = |key: &str, name: &str, numeric: bool, right: bool| {
            html! {
                th scope="col" class=[right.then_some("n")] {
                    button type="button" data-key=(key) data-numeric=[numeric.then_some("yes")] { (name) }
                }
            }
        };
        html! {
            div.wide {
                table.cards id="ledger" {
                    thead { tr {
                        (head("order", "Id", true, false)) (head("title", "Claim", false, false)) (head("evidenceRank", "Evidence", true, false)) (head("instances", "Instances", true, true))
                        (head("tightest", "Tightest", true, true)) (head("sharp", "Sharp", true, true)) (head("twins", "Twins", true, true)) (head("verdict", "Verdict", false, false))
                    } }
                    tbody { @for (i, record) in self.ledger.records.iter().enumerate() { (row(i, record)) } }
                }
            }
        }
    }

    /// The inequalities without a sharp case that come nearest to their bound.
    fn nearest(&self) -> Markup {
        let mut rows: Vec<_> = self
            .ledger
            .records
            .iter()
            .filter(|r| r.sharp_cases.is_empty())
            .filter_map(|r| r.tightest().map(|(family, finding, c)| (r, family, finding, *c)))
            .filter(|(.., c)| matches!(c.relation, Relation::Upper | Relation::Lower))
            .collect();
        rows.sort_by(|a, b| b.3.ratio().mid().total_cmp(&a.3.ratio().mid()));
        html! {
            h3 { "Nearest to the bound, where equality is not promised" }
            p { "Claims with sharp cases reach 1 on purpose. These are the others: the ratio of the two sides at the instance that came nearest." }
            @if rows.is_empty() { p.note { "No such claim in this audit." } } @else { div.wide { table.cards {
                thead { tr { th scope="col" { "Claim" } th.n scope="col" { "Ratio" } th scope="col" { "Instance" } } }
                tbody { @for (record, family, finding, c) in rows.iter().take(LISTED) {
                    tr {
                        td { (title(record)) }
                        td.n data-label="Ratio" { (number(c.ratio())) }
                        td data-label="Instance" { (clipped(&finding.instance)) " " span.soft { "(" (family.name) ")" } }
                    }
                } }
            } } }
        }
    }

    fn narrowest_twins(&self) -> Markup {
        let mut rows: Vec<(&Record, &TwinRecord, Enclosure)> = Vec::new();
        for record in &self.ledger.records {
            for twin in record.declared_twins() {
                let excess = twin.outcome.as_ref().map(Comparison::excess);
                rows.extend(excess.ok().map(|excess| (record, twin, excess)));
            }
        }
        rows.sort_by(|a, b| a.2.lo().total_cmp(&b.2.lo()));
        html! {
            h3 { "False statements that were caught by the least margin" }
            p { "Each claim comes with nearby statements that are false, and the code that judges the claim has to refute them. The excess is by how much the false statement is violated, as a share of its bound." }
            @if rows.is_empty() { p.note { "No such statement in this audit." } } @else { div.wide { table.cards {
                thead { tr { th scope="col" { "Claim" } th scope="col" { "False statement" } th.n scope="col" { "Excess" } th scope="col" { "Verdict" } } }
                tbody { @for (record, twin, excess) in rows.iter().take(LISTED) {
                    tr {
                        td { (title(record)) }
                        td data-label="False" { (typeset::text(&twin.name)) }
                        td.n data-label="Excess" { (number(*excess)) }
                        td data-label="Verdict" { (twin_verdict(twin.verdict())) }
                    }
                } }
            } } }
        }
    }

    fn strength(&self) -> Markup {
        let chapters = Chapter::ALL.into_iter().filter_map(|c| {
            let records: Vec<&Record> = self.ledger.records.iter().filter(|r| r.about.chapter == c).collect();
            (!records.is_empty()).then_some((c, records))
        });
        html! {
            p { "Claims by the weakest evidence among their instances. One instance of weaker evidence puts the claim in the weaker column; its page counts them one by one." }
            div.wide { table.cards {
                thead { tr { th scope="col" { "Chapter" } @for kind in EVIDENCE { th.n scope="col" { (kind.name()) } } th.n scope="col" { "instances" } th.n scope="col" { "certified" } } }
                tbody { @for (chapter, records) in chapters {
                    tr {
                        th scope="row" { (chapter.letter()) ": " (chapter.title()) }
                        @for kind in EVIDENCE {
                            @let number = records.iter().filter(|r| r.evidence() == kind).count();
                            td.n.none[number == 0] data-label=(kind.name()) { @if number > 0 { (number) } @else { "–" } }
                        }
                        td.n data-label="instances" { (records.iter().map(|r| r.instances()).sum::<usize>()) }
                        td.n data-label="of them certified" { (records.iter().map(|r| r.certified_instances()).sum::<usize>()) }
                    }
                } }
            } }
        }
    }

    /// What no claim checks, on one page.
    pub(super) fn limits(&self) -> String {
        let there = self.ids();
        let body = html! {
            h1 { "What is not checked" }
            p.lead { "For each claim of this audit: what its check leaves out. Beyond that, every check is made on finitely many instances, with the evidence that its page states." }
            dl {
                @for record in &self.ledger.records {
                    @let about = record.about;
                    @let own: Vec<&str> = about.hypotheses.iter().map(|h| h.0).collect();
                    dt id=(about.id) { (title(record)) }
                    dd { (linked(about.not_checked, &own, &there)) }
                }
            }
        };
        page("What is not checked", &[("Ledger", "index.html")], false, &body)
    }

    /// All figures.
    pub(super) fn gallery(&self) -> String {
        let there = self.ids();
        let body = html! {
            h1 { "Figures" }
            p.lead { "What says more as a picture than as a number. All are computed by the library when the report is written; the numbers are below each picture." }
            @if self.drawn.is_empty() { p.note { "None of the claims of this audit has one." } }
            div.figures {
                @for drawn in &self.drawn {
                    @match &drawn.plot {
                        Ok(plot) => div {
                            (plot.figure())
                            p.note { "Belongs to " @for (i, id) in drawn.claims.iter().filter(|id| there.contains(id)).enumerate() { @if i > 0 { ", " } a href=(address(id)) { (id) } } "." }
                        },
                        Err(reason) => p.note { "A figure for " (drawn.claims.join(", ")) " could not be drawn: " (reason) },
                    }
                }
            }
        };
        page("Figures", &[("Ledger", "index.html")], false, &body)
    }
}

/// The tiers, strongest first.
pub(super) const EVIDENCE: [Evidence; 4] =
    [Evidence::Certified, Evidence::Exact, Evidence::Converged, Evidence::Statistical];

/// Id with its link, and title.
fn title(record: &Record) -> Markup {
    html! { a href=(address(record.about.id)) { (record.about.id) } " " (typeset::text(record.about.title)) }
}

/// The description of an instance, without the end of long lists.
pub(super) fn clipped(text: &str) -> String {
    const LETTERS: usize = 160;
    if text.chars().count() <= LETTERS {
        return text.to_owned();
    }
    text.chars().take(LETTERS).chain("…".chars()).collect()
}

/// A false twin is well served if it is refuted.
pub(super) fn twin_verdict(of: Verdict) -> Markup {
    html! {
        @if of == Verdict::Refuted { span.verdict.holds { span aria-hidden="true" { "✓" } " refuted" } }
        @else { span.verdict.refuted { span aria-hidden="true" { "✗" } " " (of.name()) } }
    }
}

fn row(order: usize, record: &Record) -> Markup {
    let about = record.about;
    let reached = record.sharp_cases.iter().filter(|c| c.reached()).count();
    let caught = record.false_twins.iter().filter(|t| t.verdict() == Verdict::Refuted).count();
    let tightness = record.tightness();
    html! {
        tr data-order=(order) data-title=(about.title) data-chapter=(about.chapter.letter()) data-evidence=(record.evidence().name())
           data-evidence-rank=(rank(record.evidence())) data-instances=(record.instances()) data-tightest=(tightness.map_or("none".to_owned(), |x| format!("{:e}", x.mid())))
           data-sharp=(record.sharp_cases.len()) data-twins=(record.false_twins.len()) data-verdict=(record.verdict().name()) {
            td { a href=(address(about.id)) { (about.id) } }
            td { (typeset::text(about.title)) }
            td data-label="Evidence" { (evidence(record.evidence())) }
            td.n data-label="Instances" { (record.instances()) }
            td.n data-label="Tightest" { @match tightness { Some(x) => (number(x)), None => "–" } }
            td.n data-label="Sharp cases" { (reached) "/" (record.sharp_cases.len()) }
            td.n data-label="False twins refuted" { (caught) "/" (record.false_twins.len()) }
            td data-label="Verdict" { (verdict(record.verdict())) }
        }
    }
}

/// What the words mean.
fn key() -> Markup {
    let entry = |word: Markup, meaning: &str| html! { dt { (word) } dd { (meaning) } };
    html! {
        dl.key {
            (entry(verdict(Verdict::Holds), "At every instance the whole enclosure of the left side lies on the right side of the bound (an equality: the two meet and are as narrow as the claim's resolution), with the evidence promised; every sharp case was reached, every false twin refuted."))
            (entry(verdict(Verdict::Refuted), "An instance violates the claim for certain."))
            (entry(verdict(Verdict::Inconclusive), "Everything else. It counts as a failure."))
            (entry(evidence(Evidence::Certified), "Interval arithmetic, rounded outward, the error of every step included."))
            (entry(evidence(Evidence::Exact), "A closed form whose rounding is bounded."))
            (entry(evidence(Evidence::Converged), "The error is estimated by refinement: reliable, not proved."))
            (entry(evidence(Evidence::Statistical), "Monte Carlo, with a stated probability of a false alarm, at most one in a million for all checks together."))
            (entry(html! { "Tightest" }, "The largest ratio of the two sides over the instances; 1 is an equality. For a claim that is itself an equality the ratio farthest from 1."))
            (entry(html! { "Sharp" }, "Cases in which the inequality is an equality and was found to be one, within half a thousandth. With its constant lowered by a thousandth the claim has to be refuted there."))
            (entry(html! { "Twins" }, "Nearby false statements, and the claims with lowered constants: refuted, of all. A check that cannot tell the claim from a false neighbour says nothing."))
        }
        p.note { (count(EVIDENCE.len(), "tier")) " of evidence, the strongest first; a claim is as strong as its weakest instance." }
    }
}
