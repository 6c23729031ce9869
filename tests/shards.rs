//! Audits in parts, and audits that were interrupted: nothing is lost, nothing is doubled.

use assert_cmd::cargo::cargo_bin_cmd;
use dald::numerics::stream::stream;
use rand::RngExt;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Exit status, standard output and standard error of `dald` in a folder.
fn dald(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let output = cargo_bin_cmd!("dald").current_dir(folder.path()).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A ledger without its times, which differ from run to run.
fn ledger(path: &Path) -> Value {
    let mut value: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for claim in value["claims"].as_array_mut().unwrap() {
        claim["seconds"] = 0.into();
    }
    value["summary"]["seconds"] = 0.into();
    value
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const SELECTION: [&str; 8] = ["--claim", "P1", "--claim", "P2", "--claim", "C1", "--claim", "C2"];

fn shard(folder: &TempDir, part: &str, file: &str, more: &[&str]) {
    let arguments = [&["audit", "--quiet", "--shard", part, "--json", file], &SELECTION[..], more].concat();
    assert_eq!(dald(folder, &arguments), (0, String::new(), String::new()));
}

#[test]
fn shards_merge_into_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (part, file) in [("3/3", "c.json"), ("1/3", "a.json"), ("2/3", "b.json")] {
        shard(&folder, part, file, &[]);
    }
    let (status, table, _) = dald(&folder, &["merge", "merged.json", "b.json", "a.json", "c.json"]);
    assert_eq!(status, 0);
    assert!(table.contains("4 claims: 4 held"), "{table}");
    let whole = [&["audit", "--quiet", "--json", "whole.json"], &SELECTION[..]].concat();
    assert_eq!(dald(&folder, &whole).0, 0);
    assert_eq!(ledger(&folder.path().join("merged.json")), ledger(&folder.path().join("whole.json")));
}

#[test]
fn wrong_shards_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    shard(&folder, "1/2", "a.json", &[]);
    shard(&folder, "2/2", "b.json", &[]);
    shard(&folder, "2/2", "seed.json", &["--seed", "1"]);
    shard(&folder, "2/2", "more.json", &["--claim", "T1"]);
    shard(&folder, "2/3", "three.json", &[]);
    assert_eq!(dald(&folder, &["audit", "-q", "--claim", "P1", "--json", "whole.json"]).0, 0);
    let text = fs::read_to_string(folder.path().join("b.json")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    fs::write(folder.path().join("version.json"), text.replace(version, "99.0.0")).unwrap();
    fs::write(folder.path().join("cut.json"), &text[..text.len() / 2]).unwrap();
    let mut robbed: Value = serde_json::from_str(&text).unwrap();
    robbed["claims"].as_array_mut().unwrap().pop();
    fs::write(folder.path().join("robbed.json"), robbed.to_string()).unwrap();
    for (files, reason) in [
        (&["a.json"][..], "missing: shard 2/2"),
        (&["a.json", "b.json", "a.json"], "is there twice"),
        (&["a.json", "seed.json"], "seed 1"),
        (&["a.json", "more.json"], "another selection"),
        (&["a.json", "three.json"], "number of shards 3"),
        (&["a.json", "whole.json"], "is no shard"),
        (&["a.json", "version.json"], "version 99.0.0"),
        (&["a.json", "cut.json"], "is not the JSON of an audit"),
        (&["a.json", "robbed.json"], "holds the claims"),
        (&["a.json", "absent.json"], "absent.json"),
    ] {
        let (status, _, error) = dald(&folder, &[&["merge", "out.json"], files].concat());
        assert_eq!(status, 2, "{files:?}");
        assert!(error.contains(reason) && error.lines().count() == 1, "{files:?}: {error}");
        assert!(!folder.path().join("out.json").exists());
    }
    for bad in ["0/2", "3/2", "1", "x/y", ""] {
        assert_eq!(dald(&folder, &["audit", "--shard", bad]).0, 2, "{bad}");
    }
}

#[test]
fn an_empty_shard_is_a_shard() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["1/2", "2/2"] {
        let file = part.replace('/', "-");
        assert_eq!(dald(&folder, &["audit", "-q", "--claim", "P1", "--shard", part, "--json", &file]).0, 0);
    }
    assert_eq!(dald(&folder, &["merge", "-", "1-2", "2-2"]).0, 0);
}

/// Kills an audit `kills` times at random moments, then lets it finish, and compares with one that was left alone.
fn survives(kills: u64, chapter: &str) {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["audit", "--quiet", "--chapter", chapter, "--json"];
    assert_eq!(dald(&folder, &[&arguments[..], &["whole.json"]].concat()).0, 0);
    let mut moments = stream(1, "shards/kill", 0);
    let mut interrupted = 0;
    for _ in 0..kills {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin!("dald"))
            .current_dir(folder.path())
            .args(arguments)
            .args(["killed.json", "--resume"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(moments.random_range(1..400)));
        process.kill().unwrap();
        interrupted += u64::from(!process.wait().unwrap().success());
        let expected: &[&str] = if folder.path().join("killed.json").exists() {
            &["killed.json", "whole.json"]
        } else {
            &["killed.json.partial", "whole.json"]
        };
        // Killed before it made its journal, it leaves nothing.
        assert!(names(&folder) == expected || names(&folder) == ["whole.json"], "{:?}", names(&folder));
    }
    assert_eq!(dald(&folder, &[&arguments[..], &["killed.json", "--resume"]].concat()).0, 0);
    assert_eq!(ledger(&folder.path().join("killed.json")), ledger(&folder.path().join("whole.json")));
    assert_eq!(names(&folder), ["killed.json", "whole.json"]);
    assert!(interrupted > 0, "every run ended before it was killed");
}

#[test]
fn a_killed_audit_is_taken_up() {
    survives(5, "N");
}

/// Run with `cargo test --test shards -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn an_audit_survives_fifty_kills() {
    survives(50, "C");
}

#[test]
fn finished_work_is_not_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["audit", "--quiet", "--claim", "P1", "--json", "out.json"];
    assert_eq!(dald(&folder, &arguments).0, 0);
    let finished = fs::read(folder.path().join("out.json")).unwrap();
    let journal = folder.path().join("out.json.partial");
    for (content, more, reason) in [
        ("", &[][..], "--resume"),
        ("nonsense\n", &["--resume"], "line 1"),
        (
            "{\"version\":\"0\",\"seed\":1,\"level\":\"quick\",\"claims\":[]}\n",
            &["--resume"],
            "another audit",
        ),
    ] {
        fs::write(&journal, content).unwrap();
        let (status, _, error) = dald(&folder, &[&arguments[..], more].concat());
        assert_eq!(status, 2);
        assert!(error.contains(reason) && error.contains("out.json.partial"), "{error}");
        assert_eq!(fs::read_to_string(&journal).unwrap(), content);
        assert_eq!(fs::read(folder.path().join("out.json")).unwrap(), finished);
    }
    fs::write(&journal, "{\"version\":\"0\",\"se").unwrap();
    assert_eq!(
        dald(&folder, &[&arguments[..], &["--resume"]].concat()).0,
        0,
        "an incomplete first line is nothing"
    );
    for more in [&["--resume"][..], &["--resume", "--json", "-"]] {
        let (status, _, error) = dald(&folder, &[&["audit", "--claim", "P1"], more].concat());
        assert_eq!(status, 2, "{error}");
    }
}
