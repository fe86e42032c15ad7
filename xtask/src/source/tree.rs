//! From a crate's folder to its sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::WalkDir;

use super::{Source, scan};

pub(super) fn load(root: &Path, crate_name: &str, folder: &str) -> Result<Vec<Source>> {
    let base = root.join(folder);
    if !base.exists() {
        return Ok(Vec::new());
    }
    let mut sources = Vec::new();
    for entry in WalkDir::new(&base).sort_by_file_name() {
        let entry = entry?;
        if entry.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let inside = entry.path().strip_prefix(&base)?.to_path_buf();
        let file = Path::new(folder).join(&inside);
        let text = fs::read_to_string(entry.path()).with_context(|| format!("reading {}", file.display()))?;
        let seen = scan(&text).with_context(|| format!("reading {}", file.display()))?;
        sources.push(Source {
            module: module(crate_name, &inside),
            file,
            seen,
        });
    }
    let tests: BTreeSet<Vec<String>> = sources.iter().flat_map(test_modules).collect();
    sources.retain(|source| !tests.iter().any(|test| source.module.starts_with(test)));
    Ok(sources)
}

/// `store/page.rs` in core is core::store::page; `lib.rs` and `main.rs` are the crate itself.
fn module(crate_name: &str, inside: &Path) -> Vec<String> {
    let mut module = vec![crate_name.to_owned()];
    let path: PathBuf = inside.with_extension("");
    let names = path.iter().map(|name| name.to_string_lossy().into_owned());
    module.extend(names.filter(|name| name != "mod"));
    if module.len() == 2 && (module[1] == "lib" || module[1] == "main") {
        module.pop();
    }
    module
}

fn test_modules(source: &Source) -> Vec<Vec<String>> {
    let child = |name: &String| source.module.iter().cloned().chain([name.clone()]).collect();
    source.seen.test_modules.iter().map(child).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_know_their_module_and_test_files_are_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join("core/src").join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, text).expect("a file");
        };
        write("lib.rs", "pub mod store;");
        write("store.rs", "mod page; #[cfg(test)] mod contract;");
        write("store/page.rs", "");
        write("store/contract.rs", "");
        write("store/contract/deep.rs", "");
        let sources = load(folder.path(), "core", "core/src").expect("sources");
        let modules: Vec<String> = sources.iter().map(|source| source.module.join("::")).collect();
        assert_eq!(modules, ["core", "core::store::page", "core::store"]);
        assert_eq!(sources[1].file, Path::new("core/src/store/page.rs"));
    }

    #[test]
    fn a_crate_that_is_not_there_yet_has_no_sources() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(load(folder.path(), "core", "core/src").expect("nothing").is_empty());
    }
}
