//! Crates and parts of std that only some modules may name.

use super::table::{Table, stands_in};
use crate::source::{Finding, Source};

pub(super) fn check(table: &Table, source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in source.seen.paths.iter().filter(|path| path.rooted) {
        for (name, modules) in &table.only {
            if stands_in(&path.segments, name) && !modules.iter().any(|module| stands_in(&source.module, module)) {
                let rule = format!(
                    "{} may not name {name}: only {} may (xtask/layers.toml)",
                    source.module.join("::"),
                    modules.join(", ")
                );
                let finding = source.finding(path.line, rule);
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"
        crates = {}
        may = {}
        [only]
        tokio = ["core::net"]
        "std::fs" = ["core::store"]
        [sql]
        modules = []
        [lock]
        forbidden = []
        once = []
        [manifest]
        own_lints = []
    "#;

    fn count(module: &str, text: &str) -> usize {
        let table = Table::parse(TABLE).expect("a table");
        check(&table, &Source::fixture(module, text)).len()
    }

    #[test]
    fn a_crate_outside_its_modules_fails() {
        assert_eq!(count("core::sync", "use tokio::sync::mpsc;"), 1);
        assert_eq!(count("core::sync", "use tokio;"), 1);
        assert_eq!(count("core::sync", "async fn f() { tokio::spawn(g()); }"), 1);
        assert_eq!(count("core::sync", "use std::{fs, mem};"), 1);
        assert_eq!(count("core::sync", "#[tokio::main] async fn f() {}"), 1);
    }

    #[test]
    fn its_modules_and_look_alikes_pass() {
        assert_eq!(count("core::net::socket", "use tokio::net::TcpStream;"), 0);
        assert_eq!(count("core::sync", "use std::fmt; fn f(tokio: u8) -> u8 { tokio }"), 0);
    }
}
