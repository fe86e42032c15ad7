//! `cargo xtask bindings`: what apps see, built from the shared library and tried in their own language.

mod debian;
mod kotlin;
mod swift;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::need::C_COMPILER;
use crate::workspace::{Program, Workspace, run as run_command};

/// Which languages.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these; every one where none is named.
    languages: Vec<Language>,
    /// Write a language's generated sources into this folder (for Swift the whole package), and end: for other builds.
    #[arg(long)]
    sources: Option<PathBuf>,
    /// Give these words to the language's sample app, instead of running the tests. A run of the tests has built it.
    #[arg(last = true, conflicts_with = "sources")]
    words: Vec<String>,
}

/// A language whose bindings can be run here.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// On the JVM, the sources of the Android library.
    Kotlin,
    /// On Linux, the Swift package.
    Swift,
}

impl Arguments {
    /// Every language.
    pub(crate) fn all() -> Self {
        Self {
            languages: Vec::new(),
            sources: None,
            words: Vec::new(),
        }
    }
}

/// What the languages need: the programs that make their sources, and the library.
struct Built {
    relay: PathBuf,
    bindgen: PathBuf,
    facade: PathBuf,
    /// Folder of the shared library.
    libraries: PathBuf,
    /// Where to build, outside of the sources.
    folder: PathBuf,
}

/// Builds the library, generates each language's sources, and runs its tests against the built relay. Installs what is
/// missing.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    C_COMPILER.ensure()?;
    let built = build(workspace)?;
    if let Some(folder) = &arguments.sources {
        return match arguments.languages[..] {
            [Language::Kotlin] => kotlin::write_sources(workspace.root(), &built, folder),
            [Language::Swift] => swift::write_sources(workspace.root(), &built, folder),
            _ => bail!("--sources is for one language"),
        };
    }
    if !arguments.words.is_empty() {
        return match arguments.languages[..] {
            [Language::Kotlin] => kotlin::sample(&built, &arguments.words),
            [Language::Swift] => swift::sample(&built, &arguments.words),
            _ => bail!("a sample is of one language"),
        };
    }
    let chosen = |language: &Language| arguments.languages.is_empty() || arguments.languages.contains(language);
    for language in Language::value_variants().iter().filter(|language| chosen(language)) {
        match language {
            Language::Kotlin => kotlin::run(workspace.root(), &built)?,
            Language::Swift => swift::run(workspace.root(), &built)?,
        }
    }
    Ok(())
}

fn build(workspace: &Workspace) -> Result<Built> {
    let paths = workspace.build(&[
        Program::Binary("satchel"),
        Program::Binary("uniffi-bindgen"),
        Program::Example("facade"),
    ])?;
    let debug = paths[0].parent().context("a program stands in a folder")?;
    Ok(Built {
        libraries: debug.join("deps"),
        folder: debug.join("bindings"),
        relay: paths[0].clone(),
        bindgen: paths[1].clone(),
        facade: paths[2].clone(),
    })
}

impl Built {
    fn library(&self) -> PathBuf {
        let name = format!(
            "{}satchel_ffi{}",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_SUFFIX
        );
        self.libraries.join(name)
    }

    /// Writes the sources that uniffi makes of the library into a folder of their own.
    fn generate(&self, root: &Path, language: &str, into: &Path) -> Result<()> {
        if into.exists() {
            std::fs::remove_dir_all(into).with_context(|| format!("emptying {}", into.display()))?;
        }
        std::fs::create_dir_all(into)?;
        let mut command = Command::new(&self.bindgen);
        command.args(["generate", "--no-format", "--language", language, "--out-dir"]);
        run_command(command.arg(into).arg(self.library()).current_dir(root))
    }
}
