//! Where we are: the repository, its build folder, and cargo within it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand};

/// The repository that this program was started for.
pub(crate) struct Workspace {
    metadata: Metadata,
}

impl Workspace {
    /// Opens the repository. Fails where cargo can't read it.
    pub(crate) fn open() -> Result<Self> {
        // cargo tells where it started us from; a shared build folder may hold a binary made in another clone.
        let home = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let manifest = Path::new(&home).with_file_name("Cargo.toml");
        let metadata = MetadataCommand::new()
            .manifest_path(manifest)
            .no_deps()
            .exec()
            .context("reading Cargo.toml")?;
        Ok(Self { metadata })
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// The build folder.
    pub(crate) fn target_directory(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// Whether any package of ours has a binary of this name.
    pub(crate) fn has_binary(&self, name: &str) -> bool {
        let mut targets = self.metadata.packages.iter().flat_map(|package| &package.targets);
        targets.any(|target| target.is_bin() && target.name == name)
    }

    /// A cargo command at the repository's root, with the cargo that started this program.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(self.root());
        command
    }

    /// Builds programs of ours and answers where they are, in the order given.
    ///
    /// It selects what `cargo test --workspace --all-features` selects, so that neither builds the other's
    /// dependencies a second time with other features.
    pub(crate) fn build(&self, programs: &[Program<'_>]) -> Result<Vec<PathBuf>> {
        self.build_with(programs, &[], "debug")
    }

    /// [`Workspace::build`] for measuring: as released, but for link-time optimisation.
    pub(crate) fn build_measured(&self, programs: &[Program<'_>]) -> Result<Vec<PathBuf>> {
        // Cargo's own profile of that name builds into the folder of releases.
        self.build_with(programs, &["--profile", "bench"], "release")
    }

    fn build_with(&self, programs: &[Program<'_>], profile: &[&str], folder: &str) -> Result<Vec<PathBuf>> {
        let mut command = self.cargo();
        command.args(["build", "--workspace", "--all-features", "--locked"]);
        command.args(profile);
        for program in programs {
            match program {
                Program::Binary(name) => command.args(["--bin", name]),
                Program::Example(name) => command.args(["--example", name]),
            };
        }
        run(&mut command)?;
        let folder = self.target_directory().join(folder);
        let place = |program: &Program<'_>| match program {
            Program::Binary(name) => folder.join(format!("{name}{}", env::consts::EXE_SUFFIX)),
            Program::Example(name) => folder
                .join("examples")
                .join(format!("{name}{}", env::consts::EXE_SUFFIX)),
        };
        Ok(programs.iter().map(place).collect())
    }
}

/// A program of ours.
#[derive(Clone, Copy)]
pub(crate) enum Program<'a> {
    /// A binary, by name.
    Binary(&'a str),
    /// An example, by name.
    Example(&'a str),
}

/// Runs a command with its output shown. Fails where it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    // Not on standard output: what the command prints there may be read by a program.
    eprintln!("$ {}", shown(command));
    let status = command
        .status()
        .with_context(|| format!("starting {}", shown(command)))?;
    ensure!(status.success(), "{} failed: {status}", shown(command));
    Ok(())
}

/// A command as one would type it; the program without its folder.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether this is CI, where what can't run is a failure.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}
