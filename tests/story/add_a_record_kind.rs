//! A new kind of record is one file and one line.
//!
//! `docs/how-to/add-a-record-kind.md` is done, word for word, to a clean copy of the project. The copy and its own build
//! stand in cargo's target directory and stay there, so that a second run builds only what changed.

mod rest;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files by their path in the project.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every file that git knows or would take in.
fn clean_copy() -> Files {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git")
        .args(arguments)
        .current_dir(project())
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    let present = names
        .split_terminator('\0')
        .filter(|name| project().join(name).is_file());
    present
        .map(|name| (PathBuf::from(name), std::fs::read(project().join(name)).unwrap()))
        .collect()
}

/// The first block of Rust after a heading of the how-to.
fn block_after<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, section) = page.split_once(heading).unwrap();
    let (_, block) = section.split_once("```rust\n").unwrap();
    block.split_once("```").unwrap().0
}

/// The project after the how-to.
fn follow_the_how_to(clean: &Files) -> Files {
    let text = |path: &str| String::from_utf8(clean[Path::new(path)].clone()).unwrap();
    let page = text("docs/how-to/add-a-record-kind.md");
    let mut files = clean.clone();
    let file = block_after(&page, "## 1. One file");
    files.insert("core/src/domain/quote.rs".into(), file.as_bytes().to_vec());
    let list = text("core/src/domain.rs");
    let (before, after) = list.split_once("kinds! {\n").unwrap();
    let (kinds, rest) = after.split_once("\n}\n").unwrap();
    let line = block_after(&page, "## 2. One line");
    let list = format!("{before}kinds! {{\n{kinds}\n{line}}}\n{rest}");
    files.insert("core/src/domain.rs".into(), list.into_bytes());
    files
}

/// Writes what differs and removes what is not in the list, so that cargo sees only what changed.
fn write(files: &Files, into: &Path) {
    std::fs::create_dir_all(into).unwrap();
    let mut folders = vec![into.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !files.contains_key(path.strip_prefix(into).unwrap()) {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
    for (path, bytes) in files {
        let path = into.join(path);
        if std::fs::read(&path).ok().as_ref() != Some(bytes) {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The copy's own build directory: files of one name must not take each other's place. It begins with what is built of
/// other people's crates already: linked, since a compiler replaces what it writes.
fn target() -> PathBuf {
    let target = temporary("add-a-record-kind-target");
    if !target.is_dir() {
        let test = std::env::current_exe().unwrap();
        let built = test.parent().and_then(Path::parent).unwrap();
        for part in ["deps", "build", ".fingerprint"] {
            link(&built.join(part), &target.join("debug").join(part));
        }
    }
    target
}

/// Links the files of a folder, those of our own crates left out.
fn link(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = ["satchel", "xtask", "story"];
        if ours
            .iter()
            .any(|our| name.starts_with(our) || name.starts_with(&format!("lib{our}")))
        {
            continue;
        }
        if entry.path().is_dir() {
            link(&entry.path(), &to.join(name));
        } else if std::path::Path::new(&name)
            .extension()
            .is_some_and(|ending| ending == "d")
            || std::fs::hard_link(entry.path(), to.join(&name)).is_err()
        {
            std::fs::copy(entry.path(), to.join(&name)).unwrap();
        }
    }
}

/// Runs cargo in the copy and gives what it printed.
fn cargo(copy: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(arguments)
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", target());
    // What cargo tells this test about itself is not about the copy.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo {}: {}\n{said}{complaint}",
        arguments.join(" "),
        output.status
    );
    said
}

#[test]
fn a_new_kind_is_one_file_and_one_line_and_arrives_everywhere() {
    let clean = clean_copy();
    let changed = follow_the_how_to(&clean);

    let touched: Vec<&PathBuf> = changed
        .iter()
        .filter(|(path, bytes)| clean.get(*path) != Some(bytes))
        .map(|one| one.0)
        .collect();
    assert_eq!(
        touched,
        [Path::new("core/src/domain/quote.rs"), Path::new("core/src/domain.rs")]
    );
    let lines = |files: &Files| -> Vec<String> {
        String::from_utf8(files[Path::new("core/src/domain.rs")].clone())
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    };
    let (before, after) = (lines(&clean), lines(&changed));
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert_eq!(
        (after.len(), new.len()),
        (before.len() + 1, 1),
        "one line, and no other line moved: {new:?}"
    );

    let copy = temporary("add-a-record-kind");
    let mut files = changed;
    // What looks whether it arrived; no part of the change.
    files.insert(
        "core/tests/quote.rs".into(),
        include_bytes!("add_a_record_kind/quote.rs").to_vec(),
    );
    write(&files, &copy);

    // Documents, typed records, SQL and search; then the bindings, through which every kind of the list is sent.
    let tested = cargo(
        &copy,
        &[
            "test",
            "--workspace",
            "--all-features",
            "--test",
            "quote",
            "--test",
            "python",
        ],
    );
    let passed: BTreeSet<&str> = tested.lines().filter(|line| line.ends_with("... ok")).collect();
    for test in [
        "test a_quote_merges_and_is_found_in_sql ... ok",
        "test every_kind_and_its_patch_stand_in_the_bindings_and_records_come_back_the_same ... ok",
    ] {
        assert!(passed.contains(test), "{test} is not in {tested}");
    }

    // The generated page and the relay, built with the features of everything so that nothing is built twice.
    let features = ["--workspace", "--all-features"];
    cargo(
        &copy,
        &[
            &["build"],
            &features[..],
            &["--example", "data_model", "--bin", "satchel"],
        ]
        .concat(),
    );
    let generator = target().join("debug/examples/data_model");
    let page = Command::new(generator).output().unwrap().stdout;
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("\n## quote\n"));
    assert!(page.contains("| `terms` | text | text | searched | Free terms; two people may write at once. |"));

    rest::a_quote_is_described_and_served(&target().join("debug/satchel"));
}
