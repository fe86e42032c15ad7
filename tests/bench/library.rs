//! Databases that were built once are kept beside the build, by number of documents and version of the code.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::population;

/// The folder of a database of this sort; built by `build` where it is not there.
pub(crate) fn kept(sort: &str, documents: usize, build: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let root = root()?;
    let folder = root.join(format!("{sort}-{documents}-{}-{}", population::VERSION, code()));
    if folder.is_dir() {
        return Ok(folder);
    }
    eprintln!("building {sort} with {documents} documents (kept for the next time)…");
    // Built beside its place and moved there: a build that was cut is never taken for one that was finished.
    let unfinished = root.join(format!("unfinished-{}", std::process::id()));
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished)?;
    }
    std::fs::create_dir_all(&unfinished)?;
    build(&unfinished)?;
    std::fs::rename(&unfinished, &folder)?;
    Ok(folder)
}

/// A copy of a kept folder that may be written to; gone when dropped.
pub(crate) fn copied(folder: &Path) -> Result<tempfile::TempDir> {
    copied_to(folder, &root()?)
}

/// Where files are in memory and syncing them costs nothing, if there is such a place.
pub(crate) fn in_memory() -> Option<&'static Path> {
    Some(Path::new("/dev/shm")).filter(|path| path.is_dir())
}

/// A copy of a kept folder in another place.
pub(crate) fn copied_to(folder: &Path, place: &Path) -> Result<tempfile::TempDir> {
    let copy = tempfile::TempDir::new_in(place)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        std::fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
    }
    Ok(copy)
}

/// An empty folder on the same disk.
pub(crate) fn empty() -> Result<tempfile::TempDir> {
    Ok(tempfile::TempDir::new_in(root()?)?)
}

fn root() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).context("no build folder")?;
    let root = target.join("bench-data");
    std::fs::create_dir_all(&root)?;
    Ok(root)
}

/// What the form of a database follows from, as committed: its tables and the kinds of record. A relay and a device read
/// what an older version wrote.
fn code() -> String {
    let parts = ["core/src/domain", "core/src/store/migration", "server/migrations"];
    let mut command = Command::new("git");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("rev-parse");
    command.args(parts.map(|part| format!("HEAD:{part}")));
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    let hashes = String::from_utf8_lossy(&output);
    let short: Vec<&str> = hashes.lines().filter_map(|hash| hash.get(..4)).collect();
    if short.len() == parts.len() {
        short.concat()
    } else {
        "uncommitted".to_owned()
    }
}
