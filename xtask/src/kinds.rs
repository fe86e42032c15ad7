//! `kinds`: the generic parts go over the table of kinds and name none of them.

mod name;
mod text;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::layers::{Table, stands_in};
use crate::source::{Finding, Source, load};
use name::Kind;

/// `kinds.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    places: Vec<String>,
    words_of_code: Vec<String>,
    exempt: Vec<Exemption>,
}

/// A name that looks like a kind's and isn't.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exemption {
    place: String,
    name: String,
    /// For the reader of the file; it must not be empty.
    reason: String,
}

/// Every place where a generic part names a kind.
pub(crate) fn check(root: &Path) -> Result<Vec<Finding>> {
    let text = fs::read_to_string(root.join("xtask/kinds.toml")).context("reading xtask/kinds.toml")?;
    let rules: Rules = toml::from_str(&text).context("xtask/kinds.toml")?;
    for exemption in &rules.exempt {
        ensure!(
            !exemption.reason.is_empty(),
            "xtask/kinds.toml: {} is exempt without a reason",
            exemption.name
        );
    }
    let kinds = name::read(&root.join("core/src/domain"), &rules.words_of_code)?;
    ensure!(
        !kinds.is_empty(),
        "no #[entity(\"…\")] in core/src/domain: this check would see nothing"
    );
    let mut findings = Vec::new();
    for (crate_name, place) in &Table::read(root)?.crates {
        for source in load(root, crate_name, &place.src)? {
            findings.extend(check_source(&rules, &kinds, &source));
        }
    }
    Ok(findings)
}

fn check_source(rules: &Rules, kinds: &[Kind], source: &Source) -> Vec<Finding> {
    let stands_in = |place: &String| stands_in(&source.module, place);
    if !rules.places.iter().any(stands_in) {
        return Vec::new();
    }
    let is_exempt = |name: &str| {
        rules
            .exempt
            .iter()
            .any(|exempt| exempt.name == name && stands_in(&exempt.place))
    };
    let mut findings = Vec::new();
    let mut add = |line: usize, name: &str, kind: &Kind| {
        if is_exempt(name) {
            return;
        }
        let rule = format!(
            "names the kind {} (`{name}`); {} goes over the table of kinds (xtask/kinds.toml)",
            kind.name,
            source.module[..source.module.len().min(2)].join("::")
        );
        let finding = source.finding(line, rule);
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    };
    for kind in kinds {
        for name in source.module.iter().skip(1).filter(|name| kind.is_plain_name(name)) {
            add(0, name, kind);
        }
        for path in &source.seen.paths {
            for (at, name) in path.segments.iter().enumerate() {
                let in_domain = at > 0 && path.segments[at - 1] == "domain";
                if kind.is_named_by(name) || (in_domain && kind.is_plain_name(name)) {
                    add(path.line, name, kind);
                }
            }
        }
        for text in source.seen.texts.iter().filter(|text| text::names(kind, &text.value)) {
            add(text.line, &text.value, kind);
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(module: &str, text: &str) -> Vec<String> {
        let rules = Rules {
            places: vec!["core::store".to_owned(), "server::relay".to_owned()],
            words_of_code: vec!["visit".to_owned(), "task".to_owned()],
            exempt: vec![Exemption {
                place: "core::store".to_owned(),
                name: "TaskTracker".to_owned(),
                reason: "tokio's".to_owned(),
            }],
        };
        let kind = |name: &str| Kind::new(name, &format!("{name}s"), &rules.words_of_code);
        let kinds = [kind("visit"), kind("task"), kind("deal"), kind("process_template")];
        let findings = check_source(&rules, &kinds, &Source::fixture(module, text));
        findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_kind_named_as_type_module_text_or_file_fails() {
        for text in [
            "use crate::domain::Visit;",
            "use crate::domain::{customer, visit};",
            "fn f(a: VisitPatch) {}",
            "struct NewDeal;",
            "fn f(deal_id: u8) {}",
            "fn f(task_id: u8) {}",
            "fn create_visit() {}",
            "fn f() -> ProcessTemplateId { todo() }",
            "const MAX_DEALS: u8 = 1;",
            "const A: &str = \"visit\";",
            "const A: &str = \"/v1/visits/{id}\";",
            "const A: &str = \"SELECT id FROM visits WHERE a = 1\";",
            "const A: &str = \"SELECT id FROM record WHERE kind = 'task'\";",
        ] {
            assert_eq!(found("core::store::page", text).len(), 1, "{text}");
        }
        assert_eq!(found("core::store::visit", "").len(), 1);
    }

    #[test]
    fn words_of_code_comments_tests_and_other_places_pass() {
        for text in [
            "use tokio::task; fn f() { task::spawn(g()); tokio::task::yield_now(); }",
            "impl Visitor for A { fn visit_str(self) {} }",
            "fn f(t: TaskTracker) { let tasks = t; }",
            "/// A visit or a deal: Visit, \"visit\".\nfn f() {}",
            "#[cfg(test)] mod tests { use crate::domain::Visit; }",
            "const A: &str = \"the task was stopped\";",
            "fn ideal() {}",
        ] {
            assert_eq!(found("core::store::page", text), Vec::<String>::new(), "{text}");
        }
        assert!(found("core::domain::visit", "pub struct Visit;").is_empty());
        assert_eq!(found("server::relay", "fn f(t: TaskTracker) {}").len(), 1);
    }

    #[test]
    fn the_finding_says_where_and_what() {
        assert_eq!(
            found("core::store::page", "use crate::domain::Visit;"),
            ["names the kind visit (`Visit`); core::store goes over the table of kinds (xtask/kinds.toml)"]
        );
    }
}
