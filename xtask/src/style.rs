//! `style`: rustfmt, and the rules of files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::{DirEntry, WalkDir};

use crate::source::Finding;
use crate::workspace::{Workspace, run};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 10] = [
    "util", "utils", "common", "helper", "helpers", "type", "types", "manager", "managers", "misc",
];

/// Files aim at fewer lines than this.
const LONG: usize = 400;

/// Checks the formatting, then the files. Long files are only listed.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    let files = files(workspace.root(), "rs")?;
    let long = long_files(workspace.root(), &files)?;
    if !long.is_empty() {
        println!(
            "{} of {} files have over {LONG} lines (to think about, not a failure):",
            long.len(),
            files.len()
        );
        for (lines, file) in long {
            println!("  {lines:>5}  {}", file.display());
        }
    }
    Ok(names(&files))
}

/// Our own files with that extension, within the repository.
pub(crate) fn files(root: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    // Every folder that holds build products or git's own files is left out.
    let is_ours = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || name == "target" || name == "node_modules")
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_ours) {
        let entry = entry?;
        if entry.path().extension().is_some_and(|own| own == extension) {
            files.push(entry.path().strip_prefix(root)?.to_path_buf());
        }
    }
    Ok(files)
}

fn names(files: &[PathBuf]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let mut rule = |rule: String| {
            findings.push(Finding {
                file: file.clone(),
                line: 0,
                rule,
            });
        };
        let path = file.with_extension("");
        let names: Vec<String> = path.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        if names.last().is_some_and(|name| name == "mod") {
            rule("no mod.rs: `foo.rs` stands beside `foo/`".to_owned());
        }
        for name in names.iter().filter(|name| EMPTY_NAMES.contains(&name.as_str())) {
            rule(format!("`{name}` says nothing about what is inside; name the idea"));
        }
    }
    findings
}

fn long_files(root: &Path, files: &[PathBuf]) -> Result<Vec<(usize, PathBuf)>> {
    let mut long = Vec::new();
    for file in files {
        let text = fs::read_to_string(root.join(file)).with_context(|| format!("reading {}", file.display()))?;
        let lines = text.lines().count();
        if lines > LONG {
            long.push((lines, file.clone()));
        }
    }
    long.sort_by(|a, b| b.cmp(a));
    Ok(long)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(file: &str) -> usize {
        names(&[PathBuf::from(file)]).len()
    }

    #[test]
    fn empty_names_and_mod_files_fail() {
        assert_eq!(broken("core/src/store/mod.rs"), 1);
        assert_eq!(broken("core/src/utils.rs"), 1);
        assert_eq!(broken("core/src/types/money.rs"), 1);
        assert_eq!(broken("core/src/common/mod.rs"), 2);
    }

    #[test]
    fn names_of_ideas_pass() {
        assert_eq!(broken("core/src/store.rs"), 0);
        assert_eq!(broken("core/src/store/model.rs"), 0);
    }

    #[test]
    fn only_our_sources_are_read_and_long_ones_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, lines: usize| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, "//\n".repeat(lines)).expect("a file");
        };
        write("core/src/lib.rs", LONG + 1);
        write("core/src/a.rs", LONG);
        write("target/debug/build/out.rs", LONG + 1);
        write(".git/a.rs", 1);
        let files = files(folder.path(), "rs").expect("files");
        assert_eq!(
            files,
            [PathBuf::from("core/src/a.rs"), PathBuf::from("core/src/lib.rs")]
        );
        let long = long_files(folder.path(), &files).expect("lines");
        assert_eq!(long, [(LONG + 1, PathBuf::from("core/src/lib.rs"))]);
    }
}
