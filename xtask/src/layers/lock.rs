//! What the lock file may hold: one SQLite binding, one Automerge.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::table::Lock;
use crate::source::Finding;

#[derive(Deserialize)]
struct LockFile {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

pub(super) fn check(rules: &Lock, text: &str) -> Result<Vec<Finding>> {
    let lock: LockFile = toml::from_str(text).context("Cargo.lock")?;
    let versions = |name: &String| -> Vec<&str> {
        lock.package
            .iter()
            .filter(|package| &package.name == name)
            .map(|package| package.version.as_str())
            .collect()
    };
    let finding = |rule: String| Finding {
        file: PathBuf::from("Cargo.lock"),
        line: 0,
        rule,
    };
    let mut findings = Vec::new();
    for name in rules.forbidden.iter().filter(|name| !versions(name).is_empty()) {
        findings.push(finding(format!(
            "{name} is a dependency; there is one SQLite binding, rusqlite"
        )));
    }
    for name in &rules.once {
        let versions = versions(name);
        if versions.len() > 1 {
            findings.push(finding(format!(
                "{name} is there more than once: {}",
                versions.join(", ")
            )));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_broken(packages: &[(&str, &str)]) -> Vec<String> {
        let rules = Lock {
            forbidden: vec!["sqlx".to_owned()],
            once: vec!["rusqlite".to_owned()],
        };
        let package = |(name, version): &(&str, &str)| format!("[[package]]\nname = {name:?}\nversion = {version:?}");
        let lock = packages.iter().map(package).collect::<Vec<_>>().join("\n");
        check(&rules, &lock)
            .expect("a lock file")
            .into_iter()
            .map(|finding| finding.rule)
            .collect()
    }

    #[test]
    fn one_binding_passes() {
        assert!(rules_broken(&[("rusqlite", "0.43.0"), ("serde", "1.0.0"), ("serde", "0.9.0")]).is_empty());
    }

    #[test]
    fn another_binding_or_a_second_version_fails() {
        assert_eq!(
            rules_broken(&[("rusqlite", "0.43.0"), ("sqlx", "0.9.0")]),
            ["sqlx is a dependency; there is one SQLite binding, rusqlite"]
        );
        assert_eq!(
            rules_broken(&[("rusqlite", "0.43.0"), ("rusqlite", "0.42.0")]),
            ["rusqlite is there more than once: 0.43.0, 0.42.0"]
        );
    }
}
