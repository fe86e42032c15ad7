//! `deny`: licences, banned crates, sources and, as far as this machine can know them, advisories.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cache;
use crate::workspace::{Workspace, run};

/// The release of cargo-deny that we check with.
const VERSION: &str = "0.20.2";

/// Checks with cargo-deny, built once into the cache.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let program = installed(workspace)?;
    // Licences of other platforms' crates count too, so everything in the lock file must be here.
    run(workspace.cargo().args(["fetch", "--locked", "--quiet"]))?;
    let check = |checks: &[&str]| {
        let mut command = Command::new(&program);
        command
            .current_dir(workspace.root())
            .args(["--all-features", "--offline", "check"])
            .args(checks);
        run(&mut command)
    };
    check(&["licenses", "bans", "sources"])?;
    if has_advisory_database() {
        return check(&["--disable-fetch", "advisories"]);
    }
    println!(
        "advisories: NOT CHECKED. The advisory database is a git repository that is not on this machine, and CI has \
         no way to it. Where there is one: `cargo deny fetch`, then this step checks it too."
    );
    Ok(())
}

/// Whether the database is where `cargo deny fetch` leaves it.
fn has_advisory_database() -> bool {
    let in_home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    let Some(home) = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(in_home) else {
        return false;
    };
    home.join("advisory-dbs")
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some())
}

fn installed(workspace: &Workspace) -> Result<PathBuf> {
    let folder = cache::folder()?.join(format!("cargo-deny-{VERSION}"));
    let program = folder
        .join("bin")
        .join(format!("cargo-deny{}", env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    println!(
        "building cargo-deny {VERSION} into {}, because it checks licences and sources",
        folder.display()
    );
    let build = folder.join("build");
    let version = format!("={VERSION}");
    // Unoptimised and without its TLS stack: a minute and a half of CPU instead of several, for a run of two seconds.
    let mut command = workspace.cargo();
    command
        .args([
            "install",
            "cargo-deny",
            "--locked",
            "--quiet",
            "--no-default-features",
            "--profile",
            "dev",
        ])
        .args(["--version", &version])
        .arg("--root")
        .arg(&folder)
        .env("CARGO_TARGET_DIR", &build)
        .env("CARGO_PROFILE_DEV_DEBUG", "false");
    run(&mut command)?;
    fs::remove_dir_all(&build).with_context(|| format!("removing {}", build.display()))?;
    Ok(program)
}
