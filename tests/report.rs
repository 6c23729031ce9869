//! Reports for the browser and for continuous integration: written whole, well formed, every link leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Claims that take no time, one with a figure of its own.
const CLAIMS: [&str; 6] = ["--claim", "C1", "--claim", "L1", "--claim", "H1"];

fn dald(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command: assert_cmd::Command = assert_cmd::cargo::cargo_bin_cmd!("dald");
    command.current_dir(folder).args(arguments).output().unwrap()
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An audit with everything that can be written about it, made once.
fn audit() -> &'static TempDir {
    static AUDIT: OnceLock<TempDir> = OnceLock::new();
    AUDIT.get_or_init(written)
}

fn written() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let outputs = ["--report", "report", "--junit", "junit.xml", "--markdown", "summary.md"];
    let output = dald(folder.path(), &[&["audit"][..], &CLAIMS, &outputs].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    folder
}

fn pages(folder: &Path) -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "html"))
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

/// The tags of a page in order, with their attributes; scripts and styles hold none.
fn tags(page: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("a tag that ends");
        let tag = &rest[..end];
        rest = &rest[end..];
        tags.push(tag);
        for raw in ["script", "style"] {
            if tag == raw {
                rest = &rest[rest.find(&format!("</{raw}>")).expect("an end of raw text")..];
            }
        }
    }
    tags
}

fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let key = format!(" {name}=\"");
    page.split(&key).skip(1).filter_map(|after| after.split('"').next()).collect()
}

#[test]
fn every_link_of_a_report_leads_somewhere() {
    let folder = audit();
    let report = folder.path().join("report");
    let pages = pages(&report);
    let names: Vec<&str> = pages.iter().map(|p| p.0.as_str()).collect();
    let expected = [
        "C1-source.html",
        "C1.html",
        "H1-source.html",
        "H1.html",
        "L1-source.html",
        "L1.html",
        "figures.html",
    ];
    assert_eq!(names, [&expected[..], &["index.html", "limits.html"]].concat());
    for (name, page) in &pages {
        let ids: BTreeSet<&str> = attributes(page, "id").into_iter().collect();
        assert_eq!(ids.len(), attributes(page, "id").len(), "{name}: an id stands twice");
        for address in attributes(page, "href") {
            if let Some(inside) = address.strip_prefix('#') {
                assert!(ids.contains(inside), "{name}: {address}");
            } else {
                assert!(report.join(address).is_file(), "{name}: {address}");
            }
        }
        for labels in attributes(page, "aria-labelledby") {
            assert!(labels.split(' ').all(|label| ids.contains(label)), "{name}: {labels}");
        }
        for fetched in ["src=", "@import", "url(", "<link", "<iframe", "<img"] {
            assert!(!page.contains(fetched), "{name} contains {fetched}");
        }
    }
    let index = &pages.iter().find(|p| p.0 == "index.html").unwrap().1;
    for id in ["C1", "L1", "H1"] {
        assert!(attributes(index, "href").contains(&format!("{id}.html").as_str()));
    }
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(report.join("audit.json")).unwrap()).unwrap();
    assert_eq!(json["claims"].as_array().unwrap().len(), 3);
}

#[test]
fn the_tags_of_every_page_are_balanced() {
    const VOID: [&str; 6] = ["!DOCTYPE", "meta", "input", "br", "hr", "link"];
    let folder = audit();
    for (name, page) in pages(&folder.path().join("report")) {
        let mut open = Vec::new();
        for tag in tags(&page) {
            let word = tag.split([' ', '\n']).next().unwrap();
            if let Some(closed) = word.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "{name}");
            } else if !VOID.contains(&word) {
                open.push(word);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    }
}

#[test]
fn a_claim_s_page_says_what_explain_says() {
    let folder = audit();
    let page = fs::read_to_string(folder.path().join("report/H1.html")).unwrap();
    for heading in [
        "Hypotheses",
        "Why it is true",
        "What was checked",
        "Figures",
        "The tightest instance",
        "Sharp cases",
    ]
    .iter()
    .chain(&["False twins", "What is not checked", "All instances", "Source file"])
    {
        assert!(page.contains(&format!(">{heading}</h2>")), "{heading}");
    }
    assert!(page.contains("Nothing is left out."), "what is not checked");
    assert!(page.contains("<sup>−(<i>n</i>+<i>d</i>)/2</sup>"), "the statement is typeset");
    assert!(page.contains("figure-score") && page.contains("figure-instances"));
    let source = fs::read_to_string(folder.path().join("report/H1-source.html")).unwrap();
    assert!(
        source.contains("src/claims/heavy_tails/student_score.rs") && source.contains("impl Theorem for")
    );
}

#[test]
fn junit_and_markdown_name_every_claim() {
    let folder = audit();
    let text = fs::read_to_string(folder.path().join("junit.xml")).unwrap();
    let junit = roxmltree::Document::parse(&text).unwrap();
    let root = junit.root_element();
    assert_eq!((root.attribute("tests"), root.attribute("failures")), (Some("3"), Some("0")));
    let cases: Vec<&str> = junit
        .descendants()
        .filter(|n| n.has_tag_name("testcase"))
        .filter_map(|n| n.attribute("name"))
        .collect();
    assert_eq!(cases.len(), 3);
    assert!(cases.iter().zip(["C1 ", "L1 ", "H1 "]).all(|(case, id)| case.starts_with(id)), "{cases:?}");
    let markdown = fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert!(markdown.contains("3 claims: 3 held") && markdown.contains("| H1 |"), "{markdown}");
    let rows: Vec<usize> =
        markdown.lines().filter(|l| l.starts_with('|')).map(|l| l.matches(" | ").count()).collect();
    assert_eq!(rows[0], 7);
}

#[test]
fn places_that_hold_anything_else_are_refused_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/notes.txt"), "keep").unwrap();
    fs::write(folder.path().join("file"), "keep").unwrap();
    for (place, reason) in [("mine", "notes.txt"), ("file", "is a file"), ("no/parent/here", "no")] {
        let output = dald(folder.path(), &["audit", "--claim", "B2", "--report", place]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{place}: {message}");
        assert!(
            message.starts_with("error: ") && message.lines().count() == 1 && message.contains(reason),
            "{message}"
        );
    }
    assert_eq!(fs::read_to_string(folder.path().join("mine/notes.txt")).unwrap(), "keep");
    for option in ["--junit", "--markdown"] {
        let output = dald(folder.path(), &["audit", "--claim", "C1", option, "-"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(option));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn a_report_replaces_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    for claim in ["C1", "L1"] {
        let output = dald(folder.path(), &["audit", "--quiet", "--claim", claim, "--report", "report"]);
        assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
    }
    let report = folder.path().join("report");
    assert!(report.join("L1.html").is_file() && !report.join("C1.html").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_target_has_a_report_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let target = "[target]\nkind = \"gaussian\"\nmean = 1\nstd = 0.5\n[schedule]\nkind = \"power\"\nexponent = 2\n[run]\nkappa = [1.0, 0.1]\n";
    fs::write(folder.path().join("target.toml"), target).unwrap();
    let output = dald(folder.path(), &["measure", "target.toml", "--report", "report"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("index.html"));
    let report = folder.path().join("report");
    let page = fs::read_to_string(report.join("index.html")).unwrap();
    for figure in ["figure-flow", "figure-bias", "figure-score", "figure-conditional"] {
        assert!(page.contains(figure), "{figure}");
    }
    let json: dald::report::MeasureReport =
        serde_json::from_str(&fs::read_to_string(report.join("measure.json")).unwrap()).unwrap();
    assert_eq!(json.bias.len(), 2);
    // In two dimensions there is no picture of the path; the rest is there.
    let plane = "[target]\nkind = \"gaussian\"\nmean = [0, 1]\ncovariance = [[1, 0.2], [0.2, 2]]\n";
    fs::write(folder.path().join("plane.toml"), plane).unwrap();
    let output = dald(folder.path(), &["measure", "plane.toml", "--report", "plane"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let page = fs::read_to_string(folder.path().join("plane/index.html")).unwrap();
    assert!(!page.contains("figure-flow") && page.contains("figure-score"));
}
