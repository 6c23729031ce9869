//! The pages of a report in a browser: no errors, nothing fetched, filters that work, figures to be seen, no text over text.
//!
//! Not part of `cargo test`: it takes headless Chromium (`CHROMIUM` names the program, else `chromium` is looked for) and
//! a report (`DALD_REPORT` names its folder):
//!
//! ```sh
//! dald audit --report report
//! DALD_REPORT=report cargo test --test browser -- --ignored
//! ```
//!
//! One page holds all others in frames of two widths, with the checks of `browser.js` beside them: the pages that
//! are shipped contain no test code, and one start of the browser is enough.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const CHECKS: &str = include_str!("browser.js");

/// Pages whose frames are kept in one document: more take the browser's memory.
const AT_ONCE: usize = 24;

fn pages(folder: &Path) -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "html"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

/// What the checks found in some pages, one line per finding; the last line says how many pages were seen.
fn findings(pages: &[(String, String)], folder: &Path, dark: bool) -> Vec<String> {
    // Inside a script nothing may look like its end.
    let list = serde_json::to_string(pages).unwrap().replace("</", "<\\/").replace("<!--", "<\\!--");
    let mut driver = "<!DOCTYPE html><html><meta charset=utf-8><title>checks</title><body>".to_owned();
    let _ = write!(
        driver,
        "<pre id=out>waiting</pre><script>const PAGES = {list};\n{CHECKS}</script></body></html>"
    );
    let file = folder.join("checks.html");
    std::fs::write(&file, driver).unwrap();
    let chromium = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("chromium"), PathBuf::from);
    let output = Command::new(&chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--window-size=1500,1000",
        ])
        // Every name is unknown and every address out of reach: what is fetched fails, and shows as an error.
        .args([
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--proxy-server=127.0.0.1:9",
            "--enable-logging=stderr",
        ])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("--blink-settings=preferredColorScheme={}", if dark { 0 } else { 1 }))
        .args(["--virtual-time-budget=600000", "--dump-dom"])
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap_or_else(|e| panic!("{} cannot be started: {e}", chromium.display()));
    let dom = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    let report = dom.split("<pre id=\"out\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let report = report.unwrap_or_else(|| panic!("no answer from the browser:\n{dom}\n{log}"));
    let mut found: Vec<String> = report.lines().map(str::to_owned).collect();
    found.splice(0..0, log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned));
    found
}

#[test]
#[ignore = "takes a browser and a report: see the top of the file"]
fn pages_stand_in_a_browser() {
    let report = PathBuf::from(std::env::var_os("DALD_REPORT").expect("DALD_REPORT, the folder of a report"));
    let pages = pages(&report);
    assert!(pages.iter().any(|page| page.0 == "index.html"), "{} is no report", report.display());
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for dark in [false, true] {
        for some in pages.chunks(AT_ONCE) {
            let found = findings(some, folder.path(), dark);
            let last = found.last().cloned().unwrap_or_default();
            assert_eq!(found.len(), 1, "dark: {dark}\n{}", found.join("\n"));
            assert_eq!(last, format!("{} frames checked", 2 * some.len()));
            seen += some.len();
        }
    }
    assert_eq!(seen, 2 * pages.len());
}

/// The checks see what they are there for: each of these pages has one fault.
#[test]
#[ignore = "takes a browser: see the top of the file"]
fn faults_are_found() {
    let page =
        |body: &str| format!("<!DOCTYPE html><html><head><title>t</title></head><body>{body}</body></html>");
    let faults = [
        ("error", "<script>undefinedName()</script>"),
        ("fetched", "<img src=\"https://example.org/a.png\" alt=\"\">"),
        ("wide", "<p style=\"width:3000px\">wide</p>"),
        ("overlap", "<svg width=200 height=50><text x=10 y=20>one</text><text x=12 y=22>two</text></svg>"),
        (
            "overlap",
            "<p style=\"position:absolute;top:0\">first line</p><p style=\"position:absolute;top:3px\">second</p>",
        ),
        ("figure", "<figure><svg width=0 height=0></svg></figure>"),
        ("contrast", "<p style=\"color:#ccc;background:#fff\">faint</p>"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (word, body) in faults {
        let found = findings(&[("fault.html".to_owned(), page(body))], folder.path(), false);
        assert!(found.len() > 1 && found.iter().any(|line| line.contains(word)), "{word}: {found:?}");
    }
    let sound = findings(&[("sound.html".to_owned(), page("<p>text</p>"))], folder.path(), false);
    assert_eq!(sound, ["2 frames checked"]);
}
