//! Kotlin on the JVM: the sources of the Android library, built by Maven and run against the built relay.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Built;
use crate::need::Need;
use crate::workspace::run as run_command;

const MAVEN: Need = Need {
    program: "mvn",
    trial: &["--version", "--quiet"],
    packages: &["maven", "default-jdk-headless"],
    why: "the Kotlin library is built and tested with it",
};

pub(super) fn run(root: &Path, built: &Built) -> Result<()> {
    MAVEN.ensure()?;
    let generated = built.folder.join("kotlin-sources");
    write_sources(root, built, &generated)?;

    let define = |name: &str, path: &Path| format!("-Dsatchel.{name}={}", path.display());
    let mut command = Command::new(MAVEN.program);
    command
        .args(["--batch-mode", "--quiet", "--file"])
        .arg(root.join("mobile-bindings/android/jvm/pom.xml"))
        .args([
            define("generated", &generated),
            define("library", &built.libraries),
            define("build", &built.folder.join("kotlin")),
        ])
        .arg("test")
        .env("SATCHEL_BIN", &built.relay);
    run_command(&mut command)
}

/// Writes every Kotlin source that is generated into a folder of their own.
pub(super) fn write_sources(root: &Path, built: &Built, folder: &Path) -> Result<()> {
    built.generate(root, "kotlin", folder)?;
    let facade = Command::new(&built.facade)
        .arg("kotlin")
        .output()
        .context("starting facade")?;
    ensure!(facade.status.success(), "facade failed: {}", facade.status);
    fs::write(folder.join("dev/satchel/Kinds.kt"), facade.stdout)?;
    Ok(())
}
