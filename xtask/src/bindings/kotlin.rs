//! Kotlin on the JVM: the sources of the Android library, built by Maven and run against the built relay.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Built;
use crate::cache;
use crate::need::Need;
use crate::workspace::run as run_command;

const MAVEN: Need = Need {
    program: "mvn",
    trial: &["--version", "--quiet"],
    packages: &["maven", "default-jdk-headless"],
    why: "the Kotlin library is built and tested with it",
};

/// Maven's plugin that fetches a single file.
const FETCH: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
const KTLINT: &str = "1.8.0";

pub(super) fn run(root: &Path, built: &Built) -> Result<()> {
    MAVEN.ensure()?;
    lint(root)?;
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

/// Runs the sample app that the tests have built, where they left word how.
pub(super) fn sample(built: &Built, words: &[String]) -> Result<()> {
    let arguments = built.folder.join("kotlin/sample.arguments");
    ensure!(
        arguments.is_file(),
        "the sample is not built: cargo xtask bindings kotlin"
    );
    let mut java = Command::new("java");
    java.arg(format!("@{}", arguments.display())).args(words);
    run_command(&mut java)
}

/// Reads every Kotlin source and Gradle file, those too that cannot be built here: one formatting, and no broken syntax.
fn lint(root: &Path) -> Result<()> {
    let folder = cache::folder()?.join("ktlint");
    let place = folder.join(format!("ktlint-cli-{KTLINT}-all.jar"));
    if !place.is_file() {
        let mut fetch = Command::new(MAVEN.program);
        fetch.args(["--batch-mode", "--quiet", FETCH]).args([
            format!("-Dartifact=com.pinterest.ktlint:ktlint-cli:{KTLINT}:jar:all"),
            format!("-DoutputDirectory={}", folder.display()),
        ]);
        run_command(&mut fetch)?;
    }
    let mut lint = Command::new("java");
    lint.arg("-jar").arg(place);
    lint.args(["--relative", "--log-level=error"]);
    lint.args([
        "android/src/**/*.kt",
        "samples/**/*.kt",
        "android/*.kts",
        "samples/**/*.kts",
    ]);
    run_command(lint.current_dir(root.join("mobile-bindings")))
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
