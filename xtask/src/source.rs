//! Our own Rust sources as the checks see them: each file's module, and the paths, names and texts in it.
//!
//! It reads tokens, not syntax trees, because tokens also show what stands inside macro calls. Tests are left out:
//! a layer's test may build what it needs from the layers above.

mod scan;
mod tree;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;

pub(crate) use scan::scan;

/// One source file with what was found in it.
#[derive(Debug)]
pub(crate) struct Source {
    /// Path within the repository, for messages.
    pub(crate) file: PathBuf,
    /// Where it stands: the crate's short name, then its modules.
    pub(crate) module: Vec<String>,
    /// What its tokens say.
    pub(crate) seen: Seen,
}

/// What one file's tokens say, tests and documentation left out.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Paths of one or more segments (`crate::ids::CustomerId`), groups in `use` spelled out.
    pub(crate) paths: Vec<SeenPath>,
    /// Text literals, unescaped.
    pub(crate) texts: Vec<SeenText>,
    /// Modules declared here under `#[cfg(test)]`; their files are tests too.
    pub(crate) test_modules: Vec<String>,
}

/// A path in the order in which it was written.
#[derive(Debug)]
pub(crate) struct SeenPath {
    /// Its segments; the first may be `crate`, `self` or `super`.
    pub(crate) segments: Vec<String>,
    /// Inline modules of the file around it.
    pub(crate) scope: Vec<String>,
    /// It is certainly a path from a crate or module: it follows `use`, or has several segments.
    pub(crate) rooted: bool,
    /// The line, from 1.
    pub(crate) line: usize,
}

/// A text literal.
#[derive(Debug)]
pub(crate) struct SeenText {
    /// Its value.
    pub(crate) value: String,
    /// The line on which it starts, from 1.
    pub(crate) line: usize,
}

/// A broken rule and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Path within the repository.
    pub(crate) file: PathBuf,
    /// Line, from 1; 0 for the whole file.
    pub(crate) line: usize,
    /// The rule, and what would keep it.
    pub(crate) rule: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.rule)
    }
}

impl Source {
    /// A finding in this file.
    pub(crate) fn finding(&self, line: usize, rule: String) -> Finding {
        Finding {
            file: self.file.clone(),
            line,
            rule,
        }
    }

    /// A source from text, as if it were the file of that module.
    #[cfg(test)]
    pub(crate) fn fixture(module: &str, text: &str) -> Self {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        let file = PathBuf::from(module.join("/")).with_extension("rs");
        Self {
            file,
            module,
            seen: scan(text).expect("the fixture is Rust"),
        }
    }
}

/// Reads every source of a crate, tests left out. A crate that doesn't exist yet has none.
pub(crate) fn load(root: &Path, crate_name: &str, folder: &str) -> Result<Vec<Source>> {
    tree::load(root, crate_name, folder)
}
