//! Manifests: every crate takes the workspace's lints and its versions.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use toml::{Table as Toml, Value};

use super::table::Manifest;
use crate::source::Finding;

#[derive(Deserialize)]
struct Root {
    workspace: Members,
}

#[derive(Deserialize)]
struct Members {
    members: Vec<String>,
}

pub(super) fn check(rules: &Manifest, root: &Path) -> Result<Vec<Finding>> {
    let read = |path: &Path| fs::read_to_string(root.join(path)).with_context(|| format!("reading {}", path.display()));
    let workspace: Root = toml::from_str(&read(Path::new("Cargo.toml"))?).context("Cargo.toml")?;
    let mut findings = Vec::new();
    for member in workspace.workspace.members {
        let file = Path::new(&member).join("Cargo.toml");
        let manifest: Toml = toml::from_str(&read(&file)?).with_context(|| file.display().to_string())?;
        findings.extend(check_manifest(rules, &member, &file, &manifest));
    }
    Ok(findings)
}

fn check_manifest(rules: &Manifest, member: &str, file: &Path, manifest: &Toml) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut rule = |rule: String| {
        findings.push(Finding {
            file: PathBuf::from(file),
            line: 0,
            rule,
        });
    };
    let takes_lints = manifest.get("lints").is_some_and(is_from_workspace);
    if !takes_lints && !rules.own_lints.iter().any(|own| own == member) {
        rule("[lints] must say `workspace = true` (xtask/layers.toml)".to_owned());
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(dependencies) = manifest.get(section).and_then(Value::as_table) else {
            continue;
        };
        for (name, dependency) in dependencies {
            if !is_from_workspace(dependency) && dependency.get("path").is_none() {
                rule(format!(
                    "{name} in [{section}] must take its version from the workspace: versions live there"
                ));
            }
        }
    }
    findings
}

fn is_from_workspace(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(member: &str, text: &str) -> usize {
        let rules = Manifest {
            own_lints: vec!["ffi".to_owned()],
        };
        let manifest = toml::from_str(text).expect("TOML");
        check_manifest(&rules, member, Path::new("Cargo.toml"), &manifest).len()
    }

    #[test]
    fn lints_and_versions_from_the_workspace_pass() {
        let text = "[dependencies]\na.workspace = true\nb = { path = \"../b\" }\n[lints]\nworkspace = true";
        assert_eq!(count("core", text), 0);
        assert_eq!(count("ffi", "[lints.rust]\nunsafe_code = \"allow\""), 0);
    }

    #[test]
    fn own_lints_and_own_versions_fail() {
        assert_eq!(count("core", ""), 1);
        assert_eq!(count("core", "[lints.rust]\nunsafe_code = \"allow\""), 1);
        assert_eq!(
            count("core", "[dev-dependencies]\na = \"1\"\n[lints]\nworkspace = true"),
            1
        );
        assert_eq!(
            count(
                "core",
                "[dependencies]\na = { version = \"1\" }\n[lints]\nworkspace = true"
            ),
            1
        );
    }
}
