//! Only stores write SQL.

use super::table::{Table, stands_in};
use crate::source::{Finding, Source};

pub(super) fn check(table: &Table, source: &Source) -> Vec<Finding> {
    if table.sql.modules.iter().any(|module| stands_in(&source.module, module)) {
        return Vec::new();
    }
    let texts = source.seen.texts.iter().filter(|text| is_sql(&text.value));
    let rule = || {
        format!(
            "{} writes SQL: only {} may (xtask/layers.toml)",
            source.module.join("::"),
            table.sql.modules.join(", ")
        )
    };
    texts.map(|text| source.finding(text.line, rule())).collect()
}

/// A statement begins with one of SQL's verbs in capitals, or has a verb's second word where SQL has it.
fn is_sql(text: &str) -> bool {
    const VERBS: [&str; 11] = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "PRAGMA", "ALTER", "DROP", "REPLACE", "WITH", "ATTACH",
    ];
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else { return false };
    let rest: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    if rest.is_empty() {
        return false;
    }
    if VERBS.contains(&first) {
        return true;
    }
    let second = rest[0].as_str();
    match first.to_ascii_lowercase().as_str() {
        "select" => rest.iter().any(|word| word == "from"),
        "insert" | "replace" => second == "into",
        "delete" => second == "from",
        "update" => rest.iter().any(|word| word == "set"),
        "create" | "alter" | "drop" => ["table", "index", "trigger", "view"].contains(&second),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"
        crates = {}
        may = {}
        only = {}
        [sql]
        modules = ["core::store"]
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
    fn sql_outside_the_stores_fails() {
        for text in [
            "SELECT 1",
            "\n  UPDATE t SET a = 1",
            "PRAGMA user_version",
            "delete from t",
            "select a from t",
        ] {
            assert_eq!(
                count("core::engine", &format!("const A: &str = {text:?};")),
                1,
                "{text}"
            );
        }
        assert_eq!(
            count("core::engine", "fn f() { run!(r#\"INSERT INTO t VALUES (1)\"#) }"),
            1
        );
    }

    #[test]
    fn stores_tests_and_prose_pass() {
        assert_eq!(count("core::store::page", "const A: &str = \"SELECT 1\";"), 0);
        assert_eq!(
            count(
                "core::engine",
                "#[cfg(test)] mod tests { const A: &str = \"SELECT 1\"; }"
            ),
            0
        );
        for text in [
            "DELETE",
            "select a customer",
            "update the app",
            "with care",
            "Create a visit",
        ] {
            assert_eq!(
                count("core::engine", &format!("const A: &str = {text:?};")),
                0,
                "{text}"
            );
        }
    }
}
