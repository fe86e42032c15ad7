//! The user's cache directory, under `satchel`: what is dear to fetch or build and can be made again.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// The folder, created where it is missing.
pub(crate) fn folder() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        Some(base) => PathBuf::from(base),
        None => PathBuf::from(env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?).join(".cache"),
    };
    let folder = base.join("satchel");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(folder)
}
