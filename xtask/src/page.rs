//! The pages that people read: their links lead somewhere, and README stays short.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::source::Finding;
use crate::style::files;

/// Most lines that README may have.
const README_LINES: usize = 120;

/// Links to files that aren't there, and a README that has grown.
pub(crate) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in files(root, "md")? {
        let text = fs::read_to_string(root.join(&file)).with_context(|| format!("reading {}", file.display()))?;
        findings.extend(dead_links(root, &file, &text));
        let lines = text.lines().count();
        if file == Path::new("README.md") && lines > README_LINES {
            let rule = format!("has {lines} lines; at most {README_LINES} are read");
            findings.push(Finding { file, line: 0, rule });
        }
    }
    Ok(findings)
}

fn dead_links(root: &Path, file: &Path, text: &str) -> Vec<Finding> {
    let folder = root.join(file).parent().map(Path::to_path_buf).unwrap_or_default();
    let mut findings = Vec::new();
    let mut in_code = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for link in links(line) {
            let target = link.split(['#', ' ']).next().unwrap_or_default();
            let is_elsewhere = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !is_elsewhere && !folder.join(target).exists() {
                let rule = format!("links to {target}, which isn't there");
                findings.push(Finding {
                    file: PathBuf::from(file),
                    line: at + 1,
                    rule,
                });
            }
        }
    }
    findings
}

/// The targets of `[text](target)` in a line, code spans left out.
fn links(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    let starts = prose.flat_map(|part| part.split("](").skip(1));
    starts
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(file: &str, text: &str) -> Vec<Finding> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a page");
        fs::write(folder.path().join("LICENSE"), "").expect("a file");
        check(folder.path()).expect("findings")
    }

    #[test]
    fn dead_links_and_a_long_readme_fail() {
        let findings = page("docs/a.md", "one\n[a](../LICENSE) and [b](missing.md#part)\n");
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].line, findings[0].rule.as_str()),
            (2, "links to missing.md, which isn't there")
        );
        assert_eq!(page("README.md", &"line\n".repeat(README_LINES + 1)).len(), 1);
    }

    #[test]
    fn links_that_lead_somewhere_and_code_pass() {
        let text = "[a](LICENSE) [b](#part) [c](https://example.org/x)\n`[d](missing)`\n```\n[e](missing)\n```\n";
        assert!(page("README.md", text).is_empty());
        assert!(page("README.md", &"line\n".repeat(README_LINES)).is_empty());
    }
}
