//! A report for the browser: static pages that need no network, no server and no other file.
//!
//! [`audit`] turns a ledger into an index and a page per claim, [`measure`] what was computed for a target into a page;
//! [`Folder`] puts them on disk. Figures are computed by the library while the pages are written.

mod claim_page;
mod figure;
mod folder;
mod index;
mod layout;
mod plot;
mod target_page;
mod typeset;

pub use folder::{Folder, Site};
pub use target_page::measure;

use crate::claim::About;
use crate::error::Result;
use crate::ledger::{AuditReport, Ledger, Portion};
use figure::Drawn;
use include_dir::{Dir, include_dir};
use maud::html;

/// The claims as they were compiled, so that a page shows the code that was run.
static SOURCES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/claims");
/// Where they lie in the repository.
const SOURCE_ROOT: &str = "src/claims/";

/// What all pages of an audit are made from.
struct Audit<'a> {
    ledger: &'a Ledger,
    shard: Option<Portion>,
    drawn: Vec<Drawn>,
}

/// The report of an audit: the ledger, a page per claim and its source, all figures, what is not checked, and the ledger as JSON.
pub fn audit(ledger: &Ledger, shard: Option<Portion>) -> Site {
    let ids: Vec<&str> = ledger.records.iter().map(|record| record.about.id).collect();
    let audit = Audit { ledger, shard: shard.clone(), drawn: figure::for_claims(&ids) };
    let mut site = Site::default();
    site.add("index.html", audit.index());
    site.add("figures.html", audit.gallery());
    site.add("limits.html", audit.limits());
    for (i, record) in ledger.records.iter().enumerate() {
        site.add(layout::address(record.about.id), audit.claim_page(i));
        if let Some(code) = source(record.about) {
            site.add(source_address(record.about.id), source_page(record.about, code));
        }
    }
    let report = AuditReport { shard, ..AuditReport::from(ledger) };
    // Numbers, texts and lists: nothing of a report can fail to become JSON.
    let json = serde_json::to_string_pretty(&report).unwrap_or_default();
    site.add("audit.json", json + "\n");
    site
}

/// The picture of the README as an SVG file of its own.
///
/// # Errors
/// Those of the computation of the bias.
pub fn readme_picture() -> Result<String> {
    Ok(figure::for_readme()?.file())
}

impl Audit<'_> {
    fn ids(&self) -> Vec<&'static str> {
        self.ledger.records.iter().map(|record| record.about.id).collect()
    }

    fn has_source(&self, about: &About) -> bool {
        let _ = self;
        source(about).is_some()
    }
}

/// The text of a claim's file, if it is one of the program's own.
fn source(about: &About) -> Option<&'static str> {
    // `file!()` is relative to the package for its own build, and absolute where it is a dependency.
    let (_, inside) = about.file.rsplit_once(SOURCE_ROOT)?;
    SOURCES.get_file(inside)?.contents_utf8()
}

fn source_address(id: &str) -> String {
    format!("{id}-source.html")
}

fn source_page(about: &About, code: &str) -> String {
    let body = html! {
        h1.file { (about.file) }
        p.note { "As it was compiled into the program that wrote this report." }
        // Scrolled by keyboard, too.
        pre tabindex="0" { @for line in code.lines() { span { (line) "\n" } } }
    };
    let trail = [("Ledger", "index.html".to_owned()), (about.id, layout::address(about.id))];
    let trail: Vec<(&str, &str)> = trail.iter().map(|(name, at)| (*name, at.as_str())).collect();
    layout::page(&format!("Source of {}", about.id), &trail, false, &body)
}
