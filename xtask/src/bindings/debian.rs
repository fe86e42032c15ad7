//! A small Debian with Swift in it, made once and kept in the cache: the system that we run on need not have Swift.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cache;
use crate::need::{Need, as_root};
use crate::workspace::run as run_command;

const MMDEBSTRAP: Need = Need {
    program: "mmdebstrap",
    trial: &["--version"],
    packages: &["mmdebstrap", "debian-archive-keyring"],
    why: "it makes the small Debian in which Swift is compiled and run",
};

/// The release that has Swift, and what is in it. With another recipe, another name: what was made before is not used.
const NAME: &str = "debian-trixie-swift-1";
const SUITE: &str = "trixie";
const PACKAGES: &str = "swiftlang,libc6-dev,libstdc++-14-dev,ca-certificates";
/// Folders of ours within it; others are made when they are first mounted.
const PLACES: &str = "sources package build library relay";

/// Says where Debian's packages come from, where apt does not.
const MIRROR: &str = "SATCHEL_DEBIAN_MIRROR";

/// Runs in mount and process namespaces of its own: nothing of it is left behind. Its words are the root, then a folder
/// and its place for each mount, then `--` and the command.
const INSIDE: &str = r#"
set -e
root=$1; shift
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom; do
    : > "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
done
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
while [ "$1" != -- ]; do
    mkdir -p "$root/$2"
    mount --bind "$1" "$root/$2"
    shift 2
done
shift
exec chroot "$root" env -i -C /sources HOME=/tmp PATH=/usr/bin:/bin LANG=C.UTF-8 SATCHEL_BIN=/relay/satchel "$@"
"#;

/// A folder of the system that we run on, under a name in the root.
pub(super) struct Mount<'a>(pub(super) &'static str, pub(super) &'a Path);

/// A root to run in.
pub(super) struct Debian {
    root: PathBuf,
}

impl Debian {
    /// The one that was made before, or a new one: a few minutes, and 2.5 GB of disk.
    pub(super) fn ensure() -> Result<Self> {
        let folder = cache::folder()?;
        let root = folder.join(NAME);
        let lock = folder.join(format!("{NAME}.lock"));
        let lock = File::create(&lock).with_context(|| format!("creating {}", lock.display()))?;
        lock.lock().context("waiting for who makes a Debian")?;
        if !root.join("made").is_file() {
            make(&root)?;
        }
        Ok(Self { root })
    }

    /// Runs a command in it, as root there, with the network of the system outside.
    pub(super) fn run(&self, mounts: &[Mount], words: &[&str]) -> Result<()> {
        let mut command = as_root(&["unshare", "--mount", "--pid", "--fork", "--kill-child"])?;
        command.arg(format!("--mount-proc={}", self.root.join("proc").display()));
        command.args(["sh", "-c", INSIDE, "sh"]).arg(&self.root);
        for Mount(place, folder) in mounts {
            command.arg(folder).arg(place);
        }
        eprintln!("$ {} (in {NAME})", words.join(" "));
        let status = command.arg("--").args(words).status().context("starting unshare")?;
        ensure!(status.success(), "{} failed: {status}", words.join(" "));
        Ok(())
    }
}

/// Makes it beside its place, and moves it there when it is whole.
fn make(root: &Path) -> Result<()> {
    MMDEBSTRAP.ensure()?;
    let mirror = mirror()?;
    let made = root.with_extension("making");
    for half in [root, &made] {
        run_command(as_root(&["rm", "-rf", "--one-file-system"])?.arg(half))?;
    }
    println!("making a Debian with Swift in {}: minutes, and 2.5 GB", root.display());
    let mut command = as_root(&["mmdebstrap", "--variant=minbase", "--mode=root", "--quiet"])?;
    command.arg(format!("--include={PACKAGES}"));
    command.arg("--aptopt=APT::Install-Recommends \"false\"");
    for unread in ["doc", "man", "locale"] {
        command.arg(format!("--dpkgopt=path-exclude=/usr/share/{unread}/*"));
    }
    command.arg(format!("--customize-hook=cd \"$1\" && mkdir -p {PLACES} && touch made"));
    run_command(command.arg(SUITE).arg(&made).arg(mirror))?;
    run_command(as_root(&["mv", "-T"])?.arg(&made).arg(root))
}

/// Where this system gets Debian's own packages from.
fn mirror() -> Result<String> {
    if let Ok(mirror) = std::env::var(MIRROR) {
        return Ok(mirror);
    }
    let ask = || -> Result<Option<String>> {
        let format = "$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)";
        let mut command = Command::new("apt-get");
        command.args(["indextargets", "--format", format, "Created-By: Packages"]);
        let output = command.output().context("asking apt-get where packages come from")?;
        Ok(chosen(&String::from_utf8_lossy(&output.stdout)).map(str::to_owned))
    };
    let mut found = ask()?;
    if found.is_none() {
        // Before the lists were fetched apt does not know whose they are.
        run_command(&mut as_root(&["apt-get", "update", "-q"])?)?;
        found = ask()?;
    }
    found.with_context(|| format!("apt knows of no Debian to take Swift from; say where with {MIRROR}"))
}

fn chosen(targets: &str) -> Option<&str> {
    targets
        .lines()
        .find_map(|line| line.strip_prefix("Debian Debian main "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_debians_own() {
        let targets = "Debian Debian-Security main http://a/security/\nOther Other main http://a/other/\nDebian Debian \
                       main http://a/debian/\nDebian Debian contrib http://a/contrib/\n";
        assert_eq!(chosen(targets), Some("http://a/debian/"));
        assert_eq!(chosen(""), None);
    }
}
