//! The table of kinds as a page to read: `docs/data-model.md`. A field's name, type and merge rule are frozen once
//! released, so the page is also the golden file that shows when one moves.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::field::{Field, Merge};
use super::kind::{Kind, ScopeRule, Writers};
use super::shape::{Shape, Type};

/// The page, in Markdown.
#[must_use]
pub fn markdown(kinds: &[&Kind]) -> String {
    let mut page = String::from(HEAD);
    let mut shapes = BTreeMap::new();
    for kind in kinds {
        describe(&mut page, kind);
        let derived = kind.derived.iter().map(|derived| derived.ty);
        for ty in kind.fields.iter().map(|field| field.ty).chain(derived) {
            collect(ty, &mut shapes);
        }
    }
    page.push_str(
        "\n## Values of several parts\n\nEach is written and read as one, so that the halves of two edits never mix.\n",
    );
    for shape in shapes.values() {
        let _ = write!(
            page,
            "\n### {}\n\n{}\n\n| part | type | what it is |\n| --- | --- | --- |\n",
            shape.name, shape.doc
        );
        for member in shape.members {
            let optional = if member.optional { ", may be absent" } else { "" };
            let _ = writeln!(
                page,
                "| `{}` | {}{optional} | {} |",
                member.name,
                type_name(member.ty),
                cell(member.doc)
            );
        }
    }
    page
}

const HEAD: &str = "\
# Data model

Every kind of record, from the tables in `core/src/domain`. This page is generated; `cargo xtask generate` writes it
anew. A field's name, type and merge rule are frozen once released.

How a field merges where two people write it apart:

| rule | what happens |
| --- | --- |
| register | one value wins everywhere; the others stay visible beside it until somebody who has seen them decides |
| text | both edits survive inside the text |
| counter | the increments add up |
| set | a union; an addition beats a removal that had not seen it |
| map | each key is a register of its own |
| log | every event is kept, and names the events that its author had seen |

Every record also has an id, its author and time of creation, the last change, whether it is archived, its conflicts and
its violations; none of these is a field.
";

fn describe(page: &mut String, kind: &Kind) {
    let _ = write!(page, "\n## {}\n\n{}\n\n", kind.name, kind.doc);
    let _ = writeln!(page, "- Plural: `{}`. Schema step: {}.", kind.plural, kind.schema);
    let _ = writeln!(page, "- Scope: {}", scope(kind));
    let writers = match kind.writers {
        Writers::Scope => "whoever may write its scope",
        Writers::Author => "whoever may write its scope creates it; only its author edits it",
        Writers::Manager => "whoever manages its scope",
        Writers::Admin => "admins",
    };
    let _ = writeln!(page, "- Writers: {writers}.\n");
    page.push_str("| field | type | merge | rules | what it is |\n| --- | --- | --- | --- | --- |\n");
    for field in kind.fields {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            field.name,
            type_name(field.ty),
            merge_name(field.merge),
            rules(kind, field),
            cell(field.doc)
        );
    }
    if !kind.derived.is_empty() {
        let derived = kind.derived.iter();
        let derived: Vec<String> = derived
            .map(|one| format!("`{}` ({})", one.name, type_name(one.ty)))
            .collect();
        let _ = writeln!(page, "\nDerived when read, never stored: {}.", derived.join(", "));
    }
}

fn scope(kind: &Kind) -> String {
    match kind.scope {
        ScopeRule::Own => "it is a scope of its own.".to_owned(),
        ScopeRule::Org => "the whole organisation reads it.".to_owned(),
        ScopeRule::Holder { member, team: None } => format!("that of the member in `{member}`."),
        ScopeRule::Holder {
            member,
            team: Some(team),
        } => format!("that of the member in `{member}`, else of the team in `{team}`, else the organisation's."),
        ScopeRule::Parent { loose, private } => {
            let hangs_on = kind
                .parent()
                .map_or_else(String::new, |parent| format!(" (`{}`)", parent.name));
            let mut text = format!("that of the record it hangs on{hangs_on}");
            let always_hangs = kind.parent().is_some_and(|parent| parent.required);
            match loose {
                _ if always_hangs => {}
                Some(set) => {
                    let _ = write!(
                        text,
                        "; a loose one belongs to the first of its `{set}`, else to its author"
                    );
                }
                None => text.push_str("; a loose one belongs to its author"),
            }
            if let Some(flag) = private {
                let _ = write!(text, "; with `{flag}` set it belongs to its author alone");
            }
            text.push('.');
            text
        }
    }
}

fn rules(kind: &Kind, field: &Field) -> String {
    let mut rules = Vec::new();
    if field.required {
        rules.push("required".to_owned());
    }
    if kind.is_fixed(field) {
        rules.push("fixed when made".to_owned());
    }
    if let Some(max) = field.max_len {
        let unit = match (field.merge, field.ty) {
            (Merge::Register | Merge::Text, Type::Text) => "characters",
            _ => "elements",
        };
        rules.push(format!("at most {max} {unit}"));
    }
    match (field.min, field.max) {
        (Some(min), Some(max)) => rules.push(format!("{min} to {max}")),
        (Some(min), None) => rules.push(format!("at least {min}")),
        (None, Some(max)) => rules.push(format!("at most {max}")),
        (None, None) => {}
    }
    if field.index {
        rules.push("indexed".to_owned());
    }
    if field.search {
        rules.push("searched".to_owned());
    }
    if field.since > 1 {
        rules.push(format!("since step {}", field.since));
    }
    rules.join(", ")
}

const fn merge_name(merge: Merge) -> &'static str {
    match merge {
        Merge::Register => "register",
        Merge::Text => "text",
        Merge::Counter => "counter",
        Merge::Set => "set",
        Merge::Map => "map",
        Merge::Log => "log",
    }
}

fn type_name(ty: Type) -> String {
    match ty {
        Type::Text => "text".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Boolean => "true or false".to_owned(),
        Type::Day => "day".to_owned(),
        Type::Instant => "instant".to_owned(),
        Type::Choice(codes) => codes
            .iter()
            .map(|code| format!("`{code}`"))
            .collect::<Vec<_>>()
            .join(" "),
        Type::Reference(Some(kind)) => format!("id of a {}", kind.replace('_', " ")),
        Type::Reference(None) => "id".to_owned(),
        Type::Member => "id of a member".to_owned(),
        Type::Object(shape) => format!("[{}](#{})", shape.name, shape.name.to_lowercase()),
        Type::List(item) => format!("list of {}", type_name(*item)),
    }
}

/// Every shape that a type is made of.
fn collect(ty: Type, into: &mut BTreeMap<&'static str, &'static Shape>) {
    match ty {
        Type::Object(shape) => {
            into.insert(shape.name, shape);
            for member in shape.members {
                collect(member.ty, into);
            }
        }
        Type::List(item) => collect(*item, into),
        _ => {}
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
