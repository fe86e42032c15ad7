//! Programs of the system that something here needs, installed where they are missing.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::run;

/// A program, the Debian packages that bring it, and what for.
pub(crate) struct Need {
    /// What is called.
    pub(crate) program: &'static str,
    /// Words after which it ends well where all of it is there; none where being there is enough.
    pub(crate) trial: &'static [&'static str],
    /// Debian's packages.
    pub(crate) packages: &'static [&'static str],
    /// Why, for the person who sees it installed.
    pub(crate) why: &'static str,
}

/// SQLite and zstd are C, compiled into our binaries.
pub(crate) const C_COMPILER: Need = Need {
    program: "cc",
    trial: &[],
    packages: &["gcc", "libc6-dev"],
    why: "SQLite and zstd are C and compiled in",
};

impl Need {
    /// Installs the packages where the program is missing, saying so. Fails on systems without apt-get, with what
    /// to install by hand.
    pub(crate) fn ensure(&self) -> Result<()> {
        if self.is_there() {
            return Ok(());
        }
        let packages = self.packages.join(" ");
        if !is_installed("apt-get") {
            bail!(
                "`{}` is missing or lacks something ({}); install what your system calls {packages}",
                self.program,
                self.why
            );
        }
        println!(
            "installing {packages} with apt-get, because `{}` is missing or lacks something: {}",
            self.program, self.why
        );
        run(&mut as_root(&["apt-get", "update", "-q"])?)?;
        run(as_root(&["apt-get", "install", "-y", "-q", "--no-install-recommends"])?.args(self.packages))?;
        ensure!(
            self.is_there(),
            "`{}` is still not as it must be: {}",
            self.program,
            self.why
        );
        Ok(())
    }

    /// Whether nothing has to be installed.
    pub(crate) fn is_there(&self) -> bool {
        let tried = || {
            Command::new(self.program)
                .args(self.trial)
                .stderr(Stdio::null())
                .status()
        };
        is_installed(self.program) && (self.trial.is_empty() || tried().is_ok_and(|status| status.success()))
    }
}

fn is_installed(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// A command as root: by itself where we are, else by sudo.
pub(crate) fn as_root(words: &[&str]) -> Result<Command> {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .context("asking who we are with `id -u`")?;
    let is_root = String::from_utf8_lossy(&id.stdout).trim() == "0";
    let mut command = if is_root {
        Command::new(words[0])
    } else if is_installed("sudo") {
        let mut command = Command::new("sudo");
        command.arg(words[0]);
        command
    } else {
        bail!(
            "installing needs root, and there is no sudo: run as root `{} …`",
            words.join(" ")
        );
    };
    command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_installed_again() {
        assert!(is_installed("cargo"));
        assert!(!is_installed("a-program-that-nobody-has"));
        let need = Need {
            program: "cargo",
            trial: &["--version"],
            packages: &["a-package-that-nobody-has"],
            why: "a test",
        };
        need.ensure().expect("nothing to install");
        let lacking = Need {
            trial: &["a-command-that-cargo-has-not"],
            ..need
        };
        assert!(!lacking.is_there());
    }
}
