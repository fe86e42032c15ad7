//! `generated`: files that a command writes are what it would write now.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::source::Finding;
use crate::workspace::{Workspace, shown};

/// `generated.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registry {
    file: Vec<Entry>,
}

/// A file and the command that prints it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: PathBuf,
    command: Vec<String>,
}

/// Files that differ from what their command prints.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (path, fresh) in fresh(workspace)? {
        findings.extend(compare(workspace.root(), &path, &fresh));
    }
    Ok(findings)
}

/// Writes every generated file.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for (path, fresh) in fresh(workspace)? {
        if compare(workspace.root(), &path, &fresh).is_some() {
            let place = workspace.root().join(&path);
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&place, fresh).with_context(|| format!("writing {}", path.display()))?;
            println!("wrote {}", path.display());
        }
    }
    Ok(())
}

fn fresh(workspace: &Workspace) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let text = fs::read_to_string(workspace.root().join("xtask/generated.toml"))?;
    let registry: Registry = toml::from_str(&text).context("xtask/generated.toml")?;
    let needs_binary = registry
        .file
        .iter()
        .any(|entry| entry.command.iter().any(|word| word.contains("{satchel}")));
    let binary = if needs_binary {
        workspace.build(&["satchel"])?.remove(0)
    } else {
        PathBuf::new()
    };
    let mut files = Vec::new();
    for entry in registry.file {
        let output = print(workspace.root(), &entry.command, &binary)
            .with_context(|| format!("generating {}", entry.path.display()))?;
        files.push((entry.path, output));
    }
    Ok(files)
}

fn print(root: &Path, command: &[String], binary: &Path) -> Result<Vec<u8>> {
    let words: Vec<String> = command
        .iter()
        .map(|word| word.replace("{satchel}", &binary.to_string_lossy()))
        .collect();
    let (program, arguments) = words.split_first().context("the command is empty")?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root);
    let output = command
        .output()
        .with_context(|| format!("starting {}", shown(&command)))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} failed: {}\n{complaint}",
        shown(&command),
        output.status
    );
    ensure!(!output.stdout.is_empty(), "{} printed nothing", shown(&command));
    Ok(output.stdout)
}

fn compare(root: &Path, path: &Path, fresh: &[u8]) -> Option<Finding> {
    let kept = fs::read(root.join(path)).unwrap_or_default();
    if kept == fresh {
        return None;
    }
    let line = kept
        .split(|byte| *byte == b'\n')
        .zip(fresh.split(|byte| *byte == b'\n'))
        .take_while(|(a, b)| a == b);
    let rule = "is not what its command prints now; `cargo xtask generate` writes it".to_owned();
    Some(Finding {
        file: path.to_path_buf(),
        line: line.count() + 1,
        rule,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_stale_file_is_found_at_its_first_difference() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.md"), "one\ntwo\nthree\n").expect("a file");
        let path = Path::new("a.md");
        assert_eq!(compare(folder.path(), path, b"one\ntwo\nthree\n"), None);
        assert_eq!(
            compare(folder.path(), path, b"one\n2\nthree\n")
                .expect("a finding")
                .line,
            2
        );
        assert!(compare(folder.path(), Path::new("missing.md"), b"one\n").is_some());
    }

    #[test]
    fn a_command_that_fails_or_prints_nothing_fails() {
        let root = Path::new(".");
        let printed = print(root, &words(&["{satchel}", "--version"]), Path::new("cargo")).expect("a version");
        assert!(printed.starts_with(b"cargo "));
        assert!(print(root, &words(&["cargo", "no-such-command"]), Path::new("")).is_err());
        assert!(print(root, &words(&["true"]), Path::new("")).is_err());
        assert!(print(root, &[], Path::new("")).is_err());
    }
}
