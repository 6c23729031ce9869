//! What all pages share: head, navigation, style, and numbers as people write them.

use super::folder::GENERATOR;
use super::typeset;
use crate::claims;
use crate::enclosure::{Enclosure, Evidence, Verdict};
use crate::ledger::text::short;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const COLOURS: &str = include_str!("colours.css");
const STYLE: &str = include_str!("style.css");
const PLOT: &str = include_str!("plot.css");
const SCRIPT: &str = include_str!("script.js");
/// Nothing is fetched, from nowhere: what is not in the page does not exist.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// A whole page. `trail` are the pages above it, name and address; `script`: whether it has tables to sort and filter.
pub(super) fn page(title: &str, trail: &[(&str, &str)], script: bool, body: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(GENERATOR);
                title { (title) }
                style { (PreEscaped(COLOURS)) (PreEscaped(STYLE)) (PreEscaped(PLOT)) }
            }
            body {
                a.skip href="#content" { "To the content" }
                @if !trail.is_empty() {
                    nav aria-label="Pages above" {
                        @for (name, address) in trail { a href=(address) { (name) } " › " }
                        span aria-current="page" { (title) }
                    }
                }
                main id="content" { (body) }
                footer {
                    p { "Written by dald " (env!("CARGO_PKG_VERSION")) ". The page needs no network and no other file." }
                }
                @if script { script { (PreEscaped(SCRIPT)) } }
            }
        }
    };
    markup.into_string() + "\n"
}

/// Where the page of a claim is.
pub(super) fn address(id: &str) -> String {
    format!("{id}.html")
}

/// Text with formulae and with links to the claims that it names. `own` are names that mean something else here, such as
/// those of hypotheses; `there` are the claims that have a page.
pub(super) fn linked(text: &str, own: &[&str], there: &[&str]) -> Markup {
    let link = |id: &str| {
        let known = there.contains(&id) && !own.contains(&id) && claims::find(id).is_some();
        known.then(|| address(id))
    };
    typeset::marked_up(&typeset::pieces(text), &link)
}

/// A verdict: a sign, a word and a colour.
pub(super) fn verdict(verdict: Verdict) -> Markup {
    let sign = match verdict {
        Verdict::Holds => "✓",
        Verdict::Refuted => "✗",
        Verdict::Inconclusive => "?",
    };
    html! { span class={ "verdict " (verdict.name()) } { span aria-hidden="true" { (sign) } " " (verdict.name()) } }
}

/// The evidence: a word, and one to four bars.
pub(super) fn evidence(evidence: Evidence) -> Markup {
    let bars = match evidence {
        Evidence::Certified => "▮▮▮▮",
        Evidence::Exact => "▮▮▮▯",
        Evidence::Converged => "▮▮▯▯",
        Evidence::Statistical => "▮▯▯▯",
    };
    html! { span.evidence { span aria-hidden="true" { (bars) } " " (evidence.name()) } }
}

/// The place of evidence in the order of strength, the strongest first.
pub(super) fn rank(evidence: Evidence) -> usize {
    match evidence {
        Evidence::Certified => 0,
        Evidence::Exact => 1,
        Evidence::Converged => 2,
        Evidence::Statistical => 3,
    }
}

/// A number with both ends where one looks closer, and the minus sign that belongs to it.
pub(super) fn number(x: Enclosure) -> Markup {
    let text = short(x).replace('-', "−");
    html! { span.number title=(format!("between {:e} and {:e}, {}", x.lo(), x.hi(), x.evidence())) { (text) } }
}

/// Nine digits, without a power of ten where it would be 0.
pub(super) fn precise(x: f64) -> String {
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let text = format!("{x:.8e}");
    let text = text.strip_suffix("e0").unwrap_or(&text);
    let text = if x == 0.0 { "0" } else { text };
    text.replace('-', "−")
}

/// `1 claim`, `2 claims`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
