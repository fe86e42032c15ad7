//! The table itself: arrows go down only, so following them never comes back.

use std::path::PathBuf;

use super::table::{Table, stands_in};
use crate::source::Finding;

pub(super) fn check(table: &Table) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut done = Vec::new();
    for line in table.may.keys() {
        follow(table, line, &mut Vec::new(), &mut done, &mut findings);
    }
    findings
}

fn follow<'a>(
    table: &'a Table,
    line: &'a str,
    way: &mut Vec<&'a str>,
    done: &mut Vec<&'a str>,
    findings: &mut Vec<Finding>,
) {
    if let Some(start) = way.iter().position(|before| *before == line) {
        let rule = format!("arrows go down only, but {} → {line}", way[start..].join(" → "));
        findings.push(Finding {
            file: PathBuf::from("xtask/layers.toml"),
            line: 0,
            rule,
        });
        return;
    }
    if done.contains(&line) {
        return;
    }
    way.push(line);
    for below in below(table, line) {
        follow(table, below, way, done, findings);
    }
    way.pop();
    done.push(line);
}

/// The lines that this one may name: those it lists, and those that stand inside it or inside what it lists.
fn below<'a>(table: &'a Table, line: &'a str) -> impl Iterator<Item = &'a str> {
    table.may.keys().map(String::as_str).filter(move |other| {
        let names: Vec<String> = other.split("::").map(str::to_owned).collect();
        let listed = table.may[line].iter().any(|place| stands_in(&names, place));
        *other != line && (listed || stands_in(&names, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(may: &str) -> Vec<String> {
        let rest = "crates = {}\nonly = {}\nsql = { modules = [] }\nlock = { forbidden = [], once = [] }\nmanifest = { own_lints = [] }\n";
        let table = Table::parse(&format!("{rest}[may]\n{may}")).expect("a table");
        check(&table).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_table_that_goes_down_passes() {
        assert!(rules("a = [\"b\", \"c\"]\nb = [\"c\"]\nc = []\n\"a::low\" = [\"c\"]").is_empty());
    }

    #[test]
    fn a_circle_fails_also_through_a_part() {
        assert_eq!(
            rules("a = [\"b\"]\nb = [\"a\"]"),
            ["arrows go down only, but a → b → a"]
        );
        assert_eq!(rules("a = []\n\"a::low\" = [\"b\"]\nb = [\"a\"]").len(), 2);
    }
}
