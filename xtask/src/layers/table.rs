//! `layers.toml`, read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::source::{SeenPath, Source};

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// Our crates, by the short name that the other tables use.
    pub(crate) crates: BTreeMap<String, CrateOfOurs>,
    /// What each module may name, besides itself.
    pub(crate) may: BTreeMap<String, Vec<String>>,
    /// Crates and parts of std that only some modules may name.
    pub(crate) only: BTreeMap<String, Vec<String>>,
    /// Who may write SQL.
    pub(crate) sql: Sql,
    /// What the lock file may hold.
    pub(crate) lock: Lock,
    /// What a crate's manifest must say.
    pub(crate) manifest: Manifest,
}

/// Where a crate of ours is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrateOfOurs {
    /// Its source folder, within the repository.
    pub(crate) src: String,
    /// Its name in other crates' `use`.
    #[serde(rename = "extern")]
    pub(crate) extern_name: String,
}

/// Who may write SQL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sql {
    /// These modules and what stands inside them.
    pub(crate) modules: Vec<String>,
}

/// What the lock file may hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    /// Packages that must not be there.
    pub(crate) forbidden: Vec<String>,
    /// Packages that may be there in one version only.
    pub(crate) once: Vec<String>,
}

/// What a crate's manifest must say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Crates that write their own lints; all others take the workspace's.
    pub(crate) own_lints: Vec<String>,
}

impl Table {
    /// Reads the repository's table.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let path = root.join("xtask/layers.toml");
        let text = fs::read_to_string(&path).context("reading xtask/layers.toml")?;
        Self::parse(&text)
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("xtask/layers.toml")
    }

    /// The line of the table that a module falls under: the longest that it starts with.
    pub(crate) fn line_of(&self, module: &[String]) -> Option<&str> {
        let lines = self.may.keys().filter(|line| stands_in(module, line));
        lines.max_by_key(|line| line.len()).map(String::as_str)
    }

    /// Spells a path of ours out from the crate's short name; `None` for other people's crates and local names.
    pub(crate) fn resolve(&self, source: &Source, path: &SeenPath) -> Option<Vec<String>> {
        let (first, rest) = path.segments.split_first()?;
        if first == "crate" {
            return Some([&source.module[..1], rest].concat());
        }
        if first == "self" || first == "super" {
            let mut at = [source.module.as_slice(), &path.scope].concat();
            let mut rest = path.segments.as_slice();
            while let Some((step, after)) = rest.split_first() {
                match step.as_str() {
                    "self" => {}
                    "super" => {
                        at.pop();
                    }
                    _ => break,
                }
                rest = after;
            }
            return Some([at.as_slice(), rest].concat());
        }
        let (name, _) = self.crates.iter().find(|(_, place)| &place.extern_name == first)?;
        path.rooted.then(|| [std::slice::from_ref(name), rest].concat())
    }
}

/// Whether a module (or path) is `place` or stands inside it.
pub(crate) fn stands_in(module: &[String], place: &str) -> bool {
    let mut module = module.iter();
    place
        .split("::")
        .all(|name| module.next().is_some_and(|own| own == name))
}
