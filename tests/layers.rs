//! The order of the layers: a module of the library uses only modules to its left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The layers from left to right; modules of one layer do not use each other.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["enclosure"],
    &["numerics"],
    &["measure"],
    &["path"],
    &["inequality", "transport"],
    &["dynamics"],
    &["sampler"],
    &["claim"],
    &["claims"],
    &["ledger"],
    &["report"],
    &["cli"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Modules named after `crate::` in code (comments apart), `{…}` groups included.
fn used_modules(text: &str) -> Vec<String> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut used = Vec::new();
    for after in code.split("crate::").skip(1) {
        if let Some(group) = after.strip_prefix('{') {
            let (mut depth, mut start) = (0, true);
            for (i, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && !c.is_whitespace() => {
                        used.push(word(&group[i..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            used.push(word(after));
        }
    }
    used
}

/// What the sources use, by module: module, file, modules used.
fn uses() -> Vec<(String, String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&root, &mut files);
    let mut uses = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        if module != "lib" && module != "main" {
            let text = std::fs::read_to_string(&file).unwrap();
            uses.push((module, relative.display().to_string(), used_modules(&text)));
        }
    }
    uses
}

#[test]
fn a_module_uses_only_what_lies_to_its_left() {
    let mut wrong = Vec::new();
    for (module, file, used) in uses() {
        let Some(here) = layer(&module) else {
            wrong.push(format!("{file}: the module `{module}` has no layer"));
            continue;
        };
        for other in used.iter().filter(|other| **other != module) {
            match layer(other) {
                Some(there) if there < here => {}
                Some(_) => wrong.push(format!("{file}: `{module}` uses `{other}`, which is not to its left")),
                None => wrong.push(format!("{file}: `{other}` has no layer")),
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_module_of_the_library_is_seen() {
    let lib = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut seen = BTreeMap::new();
    for (module, _, used) in uses() {
        *seen.entry(module).or_insert(0) += used.len();
    }
    for line in lib.lines().filter_map(|l| l.strip_prefix("pub mod ")) {
        let module = line.trim_end_matches(';');
        assert!(seen.contains_key(module), "{module}");
    }
    // The reader finds the uses that are certainly there.
    assert!(seen["cli"] > 0 && seen["ledger"] > 0 && seen["enclosure"] > 0);
}

#[test]
fn uses_are_found_in_every_form() {
    let text = "use crate::a;\n// use crate::b;\nuse crate::{c::{d, e}, f as g};\nlet x = crate::h::i();";
    assert_eq!(used_modules(text), ["a", "c", "f", "h"]);
}
