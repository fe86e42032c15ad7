//! Node: the system's where it is new enough, else one of our own in the cache.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cache;
use crate::need::Need;
use crate::workspace::run as run_command;

/// What the tools that build the dashboard ask for.
const NODE: Need = Need {
    program: "node",
    trial: &[
        "-e",
        "const [a, b] = process.versions.node.split('.').map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)",
    ],
    packages: &["nodejs"],
    why: "the dashboard is built with it",
};

const NPM: Need = Need {
    program: "npm",
    trial: &[],
    packages: &["npm"],
    why: "the packages that build the dashboard come with it",
};

/// Where the system's is too old: npm packages that hold Node itself.
const OWN: &str = "22.23.3";

/// A Node that is new enough, with its npm.
pub(super) struct Node {
    /// Its folder, where it is not the system's.
    folder: Option<PathBuf>,
}

impl Node {
    /// Finds or fetches one.
    pub(super) fn ensure() -> Result<Self> {
        NPM.ensure()?;
        if NODE.is_there() {
            return Ok(Self { folder: None });
        }
        Ok(Self { folder: Some(own()?) })
    }

    /// npm, in a folder.
    pub(super) fn npm(&self, folder: &Path) -> Command {
        let mut command = Command::new(NPM.program);
        command.current_dir(folder);
        if let Some(own) = &self.folder {
            let mut path = OsString::from(own);
            path.push(":");
            path.push(env::var_os("PATH").unwrap_or_default());
            command.env("PATH", path);
        }
        command
    }
}

/// The folder of a Node in the cache, fetched where it is not there.
fn own() -> Result<PathBuf> {
    let machine = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("install Node 20.19 or newer by hand: there is none to fetch for {other}"),
    };
    let package = format!("node-linux-{machine}");
    let folder = cache::folder()?.join(format!("{package}-{OWN}"));
    let bin = folder.join("package/bin");
    if bin.join("node").is_file() {
        return Ok(bin);
    }
    println!(
        "fetching Node {OWN} from npm into {}: the system's is too old to build the dashboard",
        folder.display()
    );
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let mut pack = Command::new(NPM.program);
    pack.args(["pack", "--silent", "--ignore-scripts", &format!("{package}@{OWN}")]);
    run_command(pack.current_dir(&folder))?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(folder.join(format!("{package}-{OWN}.tgz")));
    run_command(unpack.arg("-C").arg(&folder))?;
    Ok(bin)
}
