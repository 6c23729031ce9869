//! The documents keep up with the program: the conformance page, the links, the picture, the example of a claim.
//!
//! `UPDATE_DOCS=1 cargo test --test documentation` writes what is generated: `docs/conformance.md` and `docs/bias.svg`.

use dald::claim::Chapter;
use dald::claims;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Compares a generated document with the one that is there, or writes it.
fn generated(path: &str, text: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(path), text).unwrap();
    }
    assert!(
        read(path) == text,
        "{path} is behind the program: UPDATE_DOCS=1 cargo test --test documentation"
    );
}

/// Text in a cell of a table of Markdown.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('_', "\\_").replace('*', "\\*")
}

fn conformance() -> String {
    let mut out = "# Conformance\n\n".to_owned();
    out += "Where each claim of the theory lives in the code, and where its statement or constant comes from. A test compares this page \
            with the registry: each id stands here once, each file exists and defines that id.\n\n\
            [CCG] is Cattiaux, Cordero-Encinar, Guillin, *Diffusion annealed Langevin dynamics: a theoretical study*, 2025, \
            [arXiv:2511.10406](https://arxiv.org/abs/2511.10406). `dald explain ID` prints a claim in full.\n";
    for chapter in Chapter::ALL {
        let rows: Vec<_> =
            claims::all().map(|c| c.about()).filter(|about| about.chapter == chapter).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = write!(
            out,
            "\n## {}: {}\n\n| id | claim | file | source |\n|---|---|---|---|\n",
            chapter.letter(),
            chapter.title()
        );
        for about in rows {
            let name = Path::new(about.file).file_name().unwrap().to_string_lossy();
            let _ = writeln!(
                out,
                "| {} | {} | [{}](../{}) | {} |",
                about.id,
                cell(about.title),
                cell(&name),
                about.file,
                cell(about.source)
            );
        }
    }
    out
}

#[test]
fn the_conformance_page_maps_every_claim_to_its_file() {
    generated("docs/conformance.md", &conformance());
    let page = read("docs/conformance.md");
    let mut ids = Vec::new();
    for row in page.lines().filter(|line| line.starts_with("| ") && line.contains("](../")) {
        let id = row.trim_start_matches("| ").split(' ').next().unwrap();
        let file = row.split("](../").nth(1).and_then(|rest| rest.split(')').next()).unwrap();
        assert!(read(file).contains(&format!("id: \"{id}\"")), "{file} does not define {id}");
        ids.push(id.to_owned());
    }
    let registry: Vec<&str> = claims::all().map(|c| c.about().id).collect();
    assert_eq!(ids, registry);
}

#[test]
fn the_picture_is_what_the_program_draws() {
    let picture = dald::report::site::readme_picture().unwrap();
    roxmltree::Document::parse(&picture).unwrap();
    generated("docs/bias.svg", &picture);
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    let pages = fs::read_dir(root().join("docs")).unwrap().map(|e| e.unwrap().path());
    found.extend(pages.filter(|p| p.extension().is_some_and(|e| e == "md")));
    found
}

#[test]
fn links_between_documents_lead_somewhere() {
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let mut fenced = false;
        for line in text.lines() {
            fenced ^= line.trim_start().starts_with("```");
            for link in line.split("](").skip(1).filter(|_| !fenced).filter_map(|rest| rest.split(')').next())
            {
                let file = link.split('#').next().unwrap();
                if file.is_empty() || file.starts_with("https://") {
                    continue;
                }
                let target = path.parent().unwrap().join(file);
                assert!(target.exists(), "{}: {link}", path.display());
            }
        }
    }
}

/// The example of `docs/adding-a-claim.md` is the code of the claim, not a copy that ages.
#[test]
fn the_code_shown_in_the_guide_is_the_code_of_the_claim() {
    let guide = read("docs/adding-a-claim.md");
    let code = read("src/claims/poincare/convex_on_interval.rs");
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = squeezed(&code);
    let mut blocks = 0;
    for block in guide.split("```rust\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for part in block.split("// …") {
            assert!(code.contains(&squeezed(part)), "not in the claim's file:\n{part}");
        }
        blocks += 1;
    }
    assert!(blocks >= 4, "the guide shows {blocks} parts");
}

/// Options and files that the documents name exist.
#[test]
fn commands_in_the_documents_are_understood() {
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for line in
            text.lines().map(str::trim).filter(|line| line.starts_with("dald ") && !line.contains('…'))
        {
            let words: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
            let command = words[1];
            let mut help: assert_cmd::Command = assert_cmd::cargo::cargo_bin_cmd!("dald");
            let output = help.args([command, "--help"]).output().unwrap();
            assert!(output.status.success(), "{}: `{line}`", path.display());
            let help = String::from_utf8(output.stdout).unwrap();
            for option in words.iter().filter(|word| word.starts_with("--")) {
                assert!(help.contains(option), "{}: `{line}`: {option}", path.display());
            }
        }
    }
}

#[test]
fn the_citation_has_the_version_of_the_program() {
    let citation = read("CITATION.cff");
    assert!(citation.contains(&format!("\nversion: {}\n", env!("CARGO_PKG_VERSION"))));
}
