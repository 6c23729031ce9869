//! The report of a measured target.

use super::figure;
use super::folder::Site;
use super::layout::{evidence, number, page, precise};
use super::plot::Plot;
use super::typeset;
use crate::enclosure::Enclosure;
use crate::report::MeasureReport;
use crate::report::measure::{Setting, line_curve};
use maud::{Markup, html};

/// The page of a target: its numbers with both ends and their evidence, and figures of what there is. `heading` says what was
/// measured. The path itself is drawn for targets on the line; `setting` is what was measured.
pub fn measure(report: &MeasureReport, setting: &Setting, heading: &str) -> Site {
    let curve = line_curve(setting).map(|curve| {
        let title = "Density and transport field along the path";
        figure::flow_of_curve("flow", title, curve.as_ref(), &setting.schedule, setting.start)
    });
    let pictures: Vec<Plot> = curve
        .into_iter()
        .chain([bias(report), score(report), conditional(report)].into_iter().filter(|plot| !plot.is_empty()))
        .collect();
    let body = html! {
        h1 { "Annealed Langevin dynamics towards one target" }
        p.lead { (heading) }
        h2 { "Constants" }
        (constants(report))
        @if !pictures.is_empty() {
            h2 { "Figures" }
            div.figures { @for plot in &pictures { (plot.figure()) } }
        }
        @if !report.bias.is_empty() { h2 { "Bias and bounds" } (bias_table(report)) }
        @if !report.score_lipschitz.is_empty() { h2 { "Along the path" } (path_table(report)) }
        @if !report.notes.is_empty() { h2 { "Notes" } ul { @for note in &report.notes { li { (note) } } } }
        h2 { "How to read this" }
        p {
            "Every number was computed with two ends between which the true value lies; hold the pointer over a number to see them, or read "
            a href="measure.json" { "measure.json" } ". A dash means: not defined here, or not known to this version; the notes say why."
        }
        p { (typeset::text("C_P is the least C with Var(f) ≤ C∫|∇f|²dμ, C_LS the least C with Ent(f²) ≤ C∫|∇f|²dμ. In the table of the bias p is the target and q the law of the dynamics at its end; the last three columns are upper bounds for KL(p|q).")) }
    };
    let mut site = Site::default();
    site.add("index.html", page("dald measure", &[], false, &body));
    // Numbers, texts and lists: nothing of a report can fail to become JSON.
    site.add("measure.json", serde_json::to_string_pretty(report).unwrap_or_default() + "\n");
    site
}

fn constants(report: &MeasureReport) -> Markup {
    let rows = [
        ("Poincaré constant C_P", Some(report.poincare_constant)),
        ("log-Sobolev constant C_LS", Some(report.log_sobolev_constant)),
        ("largest variance", Some(report.variance)),
        ("action ∫|p'_t|²dt of the path", report.action),
        ("limit of KL/κ² as κ → 0", report.small_kappa_limit),
    ];
    html! {
        div.wide { table.cards {
            thead { tr { th scope="col" { "Quantity" } th.n scope="col" { "Value" } th.n scope="col" { "At least" } th.n scope="col" { "At most" } th scope="col" { "Evidence" } } }
            tbody { @for (name, value) in rows {
                tr {
                    th scope="row" { (typeset::text(name)) }
                    @match value {
                        Some(x) => {
                            td.n data-label="Value" { (number(x)) }
                            td.n data-label="At least" { (precise(x.lo())) }
                            td.n data-label="At most" { (precise(x.hi())) }
                            td data-label="Evidence" { (evidence(x.evidence())) }
                        },
                        None => td colspan="4" { "–" },
                    }
                }
            } }
        } }
    }
}

fn cell(label: &str, value: Option<Enclosure>) -> Markup {
    html! { td.n data-label=(label) { @match value { Some(x) => (number(x)), None => "–" } } }
}

fn bias_table(report: &MeasureReport) -> Markup {
    html! {
        div.wide { table.cards {
            thead { tr { th.n scope="col" { "κ" } @for name in BIAS { th.n scope="col" { (typeset::text(name)) } } } }
            tbody { @for row in &report.bias {
                tr {
                    th.n scope="row" data-label="κ" { (row.kappa) }
                    (cell(BIAS[0], row.forward_kl)) (cell(BIAS[1], row.reverse_kl)) (cell(BIAS[2], row.girsanov_bound))
                    (cell(BIAS[3], row.poincare_bound)) (cell(BIAS[4], row.log_sobolev_bound))
                }
            } }
        } }
    }
}

const BIAS: [&str; 5] =
    ["KL(p|q)", "KL(q|p)", "bound by Girsanov", "bound by Poincaré", "bound by log-Sobolev"];

fn path_table(report: &MeasureReport) -> Markup {
    let conditional =
        |t: f64| report.conditional_poincare_sup.iter().find(|row| row.t == t).map(|row| row.value);
    html! {
        div.wide { table.cards {
            thead { tr { th.n scope="col" { "t" } th.n scope="col" { (typeset::text("∇² log p_t from")) } th.n scope="col" { "to" } th.n scope="col" { (typeset::text("sup C_P(X|X_t)")) } } }
            tbody { @for row in &report.score_lipschitz {
                tr {
                    th.n scope="row" data-label="t" { (row.t) }
                    (cell("∇² log p_t from", Some(row.lower))) (cell("to", Some(row.upper))) (cell("sup C_P(X|X_t)", conditional(row.t)))
                }
            } }
        } }
    }
}

fn bias(report: &MeasureReport) -> Plot {
    figure::bias_of_rows(
        "bias",
        "KL bias against κ with every bound",
        "",
        &report.bias,
        report.small_kappa_limit,
    )
}

fn score(report: &MeasureReport) -> Plot {
    let rows: Vec<_> = report.score_lipschitz.iter().map(|row| (row.t, row.lower, row.upper)).collect();
    figure::score_over_time(&rows)
}

fn conditional(report: &MeasureReport) -> Plot {
    let rows: Vec<_> = report.conditional_poincare_sup.iter().map(|row| (row.t, row.value)).collect();
    figure::conditional_over_time(&rows)
}
