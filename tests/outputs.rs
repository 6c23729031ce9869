//! Outputs that cannot be written: a clear error, and what was there before is still there.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A target, and an output of an earlier run.
fn place() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("target.toml"), "[target]\nkind = \"gaussian\"\nmean = 1\nstd = 0.5\n")
        .unwrap();
    fs::write(folder.path().join("old"), "old\n").unwrap();
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every command that writes a file, its output named `OUT`.
const WRITERS: [&[&str]; 7] = [
    &["audit", "--quiet", "--claim", "P1", "--json", "OUT"],
    &["hunt", "P1", "--quiet", "--instances", "5", "--json", "OUT"],
    &["measure", "target.toml", "--json", "OUT"],
    &["plan", "target.toml", "--kl", "0.1", "--json", "OUT"],
    &["sample", "target.toml", "-n", "20000", "--quiet", "-o", "OUT.csv"],
    &["sample", "target.toml", "-n", "20000", "--quiet", "-o", "OUT.npy"],
    &["sample", "target.toml", "-n", "20000", "--quiet", "-o", "OUT.parquet"],
];

fn with_output(arguments: &[&str], out: &str) -> Vec<String> {
    arguments.iter().map(|a| a.replace("OUT", out)).collect()
}

/// Status 2 (bad input or an output that fails), one line that says where and why.
fn assert_clear(status: Option<i32>, stderr: &[u8], words: &[&str], what: &[String]) {
    let text = String::from_utf8_lossy(stderr);
    assert_eq!((status, text.lines().count()), (Some(2), 1), "{what:?}: {text}");
    assert!(words.iter().any(|word| text.contains(word)), "{what:?}: {text}");
}

#[test]
fn a_full_device_is_an_error() {
    for writer in WRITERS {
        let folder = place();
        // The format of points follows from the name, which a device does not have.
        let arguments = with_output(writer, "full");
        let name = arguments.last().unwrap().as_str();
        std::os::unix::fs::symlink("/dev/full", folder.path().join(name)).unwrap();
        let output = Command::new(assert_cmd::cargo::cargo_bin!("dald"))
            .current_dir(folder.path())
            .args(&arguments)
            .output()
            .unwrap();
        assert_clear(output.status.code(), &output.stderr, &["No space left"], &arguments);
        assert_eq!(files(folder.path()), [name, "old", "target.toml"]);
    }
}

#[test]
fn a_full_standard_output_is_an_error() {
    let folder = place();
    for arguments in
        [&["explain", "B2"][..], &["measure", "target.toml"], &["sample", "target.toml", "-n", "20000", "-q"]]
    {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(assert_cmd::cargo::cargo_bin!("dald"))
            .current_dir(folder.path())
            .args(arguments)
            .stdout(Stdio::from(full))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && text.contains("No space left"), "{arguments:?}: {text}");
    }
}

/// A disk on which no file can grow: every write to a regular file fails.
#[test]
fn a_full_disk_leaves_no_half_file() {
    for writer in WRITERS {
        let folder = place();
        let arguments = with_output(writer, "old");
        let kept = arguments.last().unwrap().clone();
        fs::write(folder.path().join(&kept), "old\n").unwrap();
        let before = files(folder.path());
        let output = Command::new("sh")
            .current_dir(folder.path())
            // Without the trap the limit is a signal, with it an error.
            .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
            .arg(assert_cmd::cargo::cargo_bin!("dald"))
            .args(&arguments)
            .output()
            .unwrap();
        assert_clear(output.status.code(), &output.stderr, &["too large", "File too large"], &arguments);
        assert_eq!(fs::read_to_string(folder.path().join(&kept)).unwrap(), "old\n", "{arguments:?}");
        assert_eq!(files(folder.path()), before, "{arguments:?}");
    }
}

#[test]
fn a_folder_that_takes_no_files_is_found_out_before_the_work() {
    for (out, words) in [
        // A file is no folder; there is no such folder; the kernel takes no files there, from nobody.
        ("target.toml/out", &["Not a directory", "no such directory"][..]),
        ("none/out", &["no such directory"]),
        ("/proc/out", &["/proc"]),
    ] {
        for writer in WRITERS {
            let folder = place();
            let arguments = with_output(writer, out);
            let start = std::time::Instant::now();
            let output = Command::new(assert_cmd::cargo::cargo_bin!("dald"))
                .current_dir(folder.path())
                .args(&arguments)
                .output()
                .unwrap();
            assert_clear(output.status.code(), &output.stderr, words, &arguments);
            assert_eq!(files(folder.path()), ["old", "target.toml"], "{arguments:?}");
            // Before the work: a hunt or an audit has not begun.
            assert!(start.elapsed().as_secs() < 30, "{arguments:?}");
        }
    }
}
