//! Arrows between our own modules.

use super::table::{Table, stands_in};
use crate::source::{Finding, Source};

pub(super) fn check(table: &Table, source: &Source) -> Vec<Finding> {
    let Some(line) = table.line_of(&source.module) else {
        // A crate's root joins its modules and is under no rule.
        if source.module.len() == 1 {
            return Vec::new();
        }
        let rule = format!(
            "module {} is not in xtask/layers.toml: say there what it may know",
            source.module.join("::")
        );
        return vec![source.finding(0, rule)];
    };
    let allowed = &table.may[line];
    let mut findings = Vec::new();
    for path in &source.seen.paths {
        let Some(target) = table.resolve(source, path) else {
            continue;
        };
        if stands_in(&target, line) || allowed.iter().any(|place| stands_in(&target, place)) {
            continue;
        }
        let known = table.line_of(&target);
        let rule = match target.get(1) {
            None if !path.rooted => continue, // `pub(crate)`
            None => format!("{line} takes all of {} at once; name the modules", target[0]),
            Some(named) if known.is_none() && !is_module_name(named) => {
                format!(
                    "{line} names {}::{named} through the crate's root; name the module where it stands",
                    target[0]
                )
            }
            Some(named) => {
                let named = known.map_or_else(|| format!("{}::{named}", target[0]), str::to_owned);
                format!("{line} may not know {named} (xtask/layers.toml)")
            }
        };
        let finding = source.finding(path.line, rule);
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings
}

fn is_module_name(name: &str) -> bool {
    name.chars()
        .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"
        [crates]
        core = { src = "core/src", extern = "satchel_core" }
        server = { src = "server/src", extern = "satchel_server" }
        [may]
        "core::ids" = []
        "core::sync" = ["core::ids"]
        "core::store" = ["core::ids"]
        "server::relay" = ["core::ids"]
        "server::store" = []
        "server::store::sqlite" = ["server::store"]
        [only]
        [sql]
        modules = []
        [lock]
        forbidden = []
        once = []
        [manifest]
        own_lints = []
    "#;

    fn rules(module: &str, text: &str) -> Vec<String> {
        let table = Table::parse(TABLE).expect("a table");
        check(&table, &Source::fixture(module, text))
            .into_iter()
            .map(|finding| finding.rule)
            .collect()
    }

    #[test]
    fn what_the_table_allows_passes() {
        assert!(
            rules(
                "core::sync",
                "use crate::ids::Id; use super::ids; use self::machine::A;"
            )
            .is_empty()
        );
        assert!(rules("server::relay::order", "use satchel_core::ids::Id; use super::A;").is_empty());
        assert!(rules("server::store::sqlite", "use super::Store; use crate::store::B;").is_empty());
        assert!(rules("core", "pub mod store; pub use crate::store::Store;").is_empty());
        assert!(rules("core::sync", "#[cfg(test)] mod tests { use crate::store::Store; }").is_empty());
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_fails_however_it_is_written() {
        let rule = ["core::sync may not know core::store (xtask/layers.toml)"];
        assert_eq!(rules("core::sync", "use crate::store::Store;"), rule);
        assert_eq!(rules("core::sync", "use crate::{ids, store};"), rule);
        assert_eq!(rules("core::sync", "use super::store;"), rule);
        assert_eq!(rules("core::sync::machine", "use super::super::store::A;"), rule);
        assert_eq!(rules("core::sync", "mod deep { use super::super::store::A; }"), rule);
        assert_eq!(rules("core::sync", "fn f() { log!(crate::store::open()) }"), rule);
        let other = ["server::relay may not know core::store (xtask/layers.toml)"];
        assert_eq!(rules("server::relay", "use satchel_core::store::Store;"), other);
        let inside = ["server::store may not know server::relay (xtask/layers.toml)"];
        assert_eq!(rules("server::store", "use crate::relay::A;"), inside);
    }

    #[test]
    fn a_module_reached_through_the_root_fails() {
        let rule = ["core::sync names core::Store through the crate's root; name the module where it stands"];
        assert_eq!(rules("core::sync", "use crate::Store;"), rule);
    }

    #[test]
    fn a_whole_crate_under_another_name_fails() {
        let rule = ["server::relay takes all of core at once; name the modules"];
        assert_eq!(rules("server::relay", "use satchel_core as device;"), rule);
        assert_eq!(rules("server::relay", "use satchel_core::{self as device, ids};"), rule);
        assert_eq!(rules("core::sync", "use super::*;").len(), 1);
        assert!(rules("core::sync", "pub(super) fn f() {} pub(crate) fn g() {}").is_empty());
    }

    #[test]
    fn a_module_without_a_line_fails() {
        let rule = ["module core::magic is not in xtask/layers.toml: say there what it may know"];
        assert_eq!(rules("core::magic", ""), rule);
    }

    #[test]
    fn the_line_is_that_of_the_path() {
        let table = Table::parse(TABLE).expect("a table");
        let source = Source::fixture("core::sync", "\n\nuse crate::ids;\nuse crate::store;");
        assert_eq!(check(&table, &source)[0].line, 4);
    }
}
