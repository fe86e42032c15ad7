//! `cargo xtask dashboard`: the managers' dashboard, built for the relay to embed, and tried in a browser.

mod node;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::need::Need;
use crate::workspace::{Program, Workspace, run as run_command};
use node::Node;

/// What to do with it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Check types, style and texts too, and run its tests in a browser against the built relay.
    #[arg(long)]
    test: bool,
}

const CHROMIUM: Need = Need {
    program: "chromium",
    trial: &["--version"],
    packages: &["chromium", "fonts-wqy-microhei"],
    why: "the dashboard is tried in a real browser, in English and Chinese",
};

/// Builds it, and with `--test` tries it.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if arguments.test {
        check(workspace)?;
        return test(workspace);
    }
    build(workspace)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root().join("server/dashboard")
}

/// Builds the files that the relay's own build embeds. Installs what is missing.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace);
    let node = Node::ensure()?;
    install(&node, &folder)?;
    run_command(node.npm(&folder).args(["run", "--silent", "build"]))
}

/// Types, style, and that every text is there in every language; then builds it, which says how large it is.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace);
    let node = Node::ensure()?;
    install(&node, &folder)?;
    run_command(node.npm(&folder).args(["run", "--silent", "check"]))?;
    run_command(node.npm(&folder).args(["run", "--silent", "build"]))
}

/// Drives a real browser over the built relay. Pictures are left in the build folder, under `browser`.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    CHROMIUM.ensure()?;
    let folder = folder(workspace);
    let node = Node::ensure()?;
    let programs = workspace.build(&[Program::Binary("satchel"), Program::Binary("stage")])?;
    let pictures = workspace.target_directory().join("browser");
    if pictures.exists() {
        fs::remove_dir_all(&pictures).with_context(|| format!("emptying {}", pictures.display()))?;
    }
    fs::create_dir_all(&pictures)?;
    let mut command = node.npm(&folder);
    command
        .args(["run", "--silent", "browser"])
        .env("SATCHEL_BIN", &programs[0])
        .env("SATCHEL_STAGE", &programs[1])
        .env("SATCHEL_PICTURES", &pictures);
    run_command(&mut command)
}

/// Fetches the packages of the lock file where those of another are there, or none.
fn install(node: &Node, folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json")).context("reading package-lock.json")?;
    let mark = folder.join("node_modules/.satchel-lock");
    if fs::read(&mark).is_ok_and(|known| known == lock) {
        return Ok(());
    }
    println!("fetching the packages that build the dashboard, with npm");
    let mut command: Command = node.npm(folder);
    command.args(["ci", "--no-audit", "--no-fund"]);
    run_command(&mut command)?;
    ensure!(folder.join("node_modules").is_dir(), "npm left no node_modules");
    fs::write(&mark, lock).with_context(|| format!("writing {}", mark.display()))
}
