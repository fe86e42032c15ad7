//! `generated`: files that a program of ours prints are what it prints now.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::source::Finding;
use crate::workspace::{Program, Workspace, shown};

/// `generated.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registry {
    file: Vec<Entry>,
}

/// A file and the program that prints it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: PathBuf,
    example: Option<String>,
    binary: Option<String>,
    #[serde(default)]
    arguments: Vec<String>,
}

impl Entry {
    fn program(&self) -> Result<Program<'_>> {
        match (&self.example, &self.binary) {
            (Some(name), None) => Ok(Program::Example(name)),
            (None, Some(name)) => Ok(Program::Binary(name)),
            _ => bail!("{} needs an example or a binary", self.path.display()),
        }
    }
}

/// Files that differ from what their program prints.
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
    let programs = registry.file.iter().map(Entry::program).collect::<Result<Vec<_>>>()?;
    let places = workspace.build(&programs)?;
    let mut files = Vec::new();
    for (entry, place) in registry.file.iter().zip(places) {
        let output = print(workspace.root(), &place, &entry.arguments)
            .with_context(|| format!("generating {}", entry.path.display()))?;
        files.push((entry.path.clone(), output));
    }
    Ok(files)
}

fn print(root: &Path, program: &Path, arguments: &[String]) -> Result<Vec<u8>> {
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
    let rule = "is not what its program prints now; `cargo xtask generate` writes it".to_owned();
    Some(Finding {
        file: path.to_path_buf(),
        line: line.count() + 1,
        rule,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_program_that_fails_or_prints_nothing_fails() {
        let print = |program: &str, argument: &str| print(Path::new("."), Path::new(program), &[argument.to_owned()]);
        assert!(print("cargo", "--version").expect("a version").starts_with(b"cargo "));
        assert!(print("cargo", "no-such-command").is_err());
        assert!(print("true", "").is_err());
    }

    #[test]
    fn an_entry_has_one_program() {
        let program = |text: &str| toml::from_str::<Entry>(text).expect("an entry").program().map(|_| ());
        assert!(program("path = \"a\"\nexample = \"b\"").is_ok());
        assert!(program("path = \"a\"\nbinary = \"b\"\narguments = [\"c\"]").is_ok());
        assert!(program("path = \"a\"").is_err());
        assert!(program("path = \"a\"\nexample = \"b\"\nbinary = \"c\"").is_err());
    }
}
