//! What Swift's wrapper needs of each kind, and the names under which it offers the types of the model.

use std::fmt::Write;

use anyhow::{Result, ensure};
use satchel_core::domain::KINDS;
use satchel_core::schema::{Kind, Type};

use crate::{NAMES, camel, sentence};

/// Names of Swift's own that are in every file: a record of that name would stand in front of them.
const TAKEN: &[&str] = &[
    "Actor",
    "Character",
    "Error",
    "Optional",
    "Result",
    "Sequence",
    "Set",
    "String",
    "Task",
];

/// Words of the language that cannot name a property without more.
const KEYWORDS: &[&str] = &[
    "as",
    "break",
    "case",
    "catch",
    "class",
    "continue",
    "default",
    "defer",
    "do",
    "else",
    "enum",
    "extension",
    "false",
    "for",
    "func",
    "guard",
    "if",
    "import",
    "in",
    "init",
    "internal",
    "is",
    "let",
    "nil",
    "operator",
    "private",
    "protocol",
    "public",
    "repeat",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "switch",
    "throw",
    "true",
    "try",
    "var",
    "where",
    "while",
];

const HEAD: &str = "\
// Generated from the table of kinds. Not to be edited.

import Foundation
import SatchelFFI
";

/// `Kinds.swift`.
pub(crate) fn page(model: &str) -> Result<String> {
    let mut page = HEAD.to_owned();
    aliases(&mut page, model)?;
    page.push_str("\n/// The kinds of record that this version knows.\npublic enum Kinds {\n");
    for (kind, (record, patch)) in KINDS.iter().zip(NAMES) {
        let (of, case) = (offered(record), first_small(record));
        let _ = writeln!(
            page,
            "    /// {}\n    public static let {} = Kind<{of}, {patch}>(\n        name: \"{}\",\n        \
             read: {{ if case .{case}(let record) = $0 {{ record }} else {{ nil }} }},\n        \
             patch: {{ .{case}(patch: $0) }}\n    )\n",
            sentence(kind.doc),
            name(kind.name),
            kind.name
        );
    }
    let names: Vec<String> = KINDS.iter().map(|kind| name(kind.name)).collect();
    let _ = writeln!(
        page,
        "    /// Every kind, in the order of the table.\n    public static let all: [any AnyKind] = [{}]\n}}",
        names.join(", ")
    );
    for (kind, (record, patch)) in KINDS.iter().zip(NAMES) {
        let of = offered(record);
        let _ = write!(
            page,
            "\nextension Satchel {{\n    /// {}\n    public var {}: Records<{of}, {patch}> {{ records(Kinds.{}) }}\n}}\n",
            sentence(kind.doc),
            name(kind.plural),
            name(kind.name)
        );
        columns(&mut page, kind, record);
    }
    Ok(page)
}

/// The types of the model, with their comments: apps import the wrapper alone.
fn aliases(page: &mut String, model: &str) -> Result<()> {
    let mut comment: Vec<&str> = Vec::new();
    let mut found = 0;
    for line in model.lines() {
        let declared = ["public struct ", "public enum "]
            .iter()
            .find_map(|word| line.strip_prefix(word))
            .and_then(|rest| rest.split_once(": Equatable"));
        if let Some((declared, _)) = declared {
            page.push('\n');
            for line in &comment {
                let _ = writeln!(page, "{}", format!("/// {line}").trim_end());
            }
            let _ = writeln!(page, "public typealias {} = SatchelFFI.{declared}", offered(declared));
            found += 1;
        }
        match line {
            "/**" => comment.clear(),
            _ => match line.strip_prefix(" *") {
                Some(text) if text != "/" => comment.push(text.trim()),
                Some(_) => {}
                // The comment belongs to the next line that is not empty.
                None if line.is_empty() => {}
                None => comment.clear(),
            },
        }
    }
    ensure!(
        found >= 2 * NAMES.len(),
        "the model has {found} types, fewer than its kinds"
    );
    Ok(())
}

/// The columns by which a kind can be listed, and its derived values.
fn columns(page: &mut String, kind: &Kind, record: &str) {
    let _ = write!(
        page,
        "\n/// What a {} can be listed by, and what is derived from it.\npublic enum {record}Columns {{\n",
        kind.name.replace('_', " ")
    );
    for (column, ty) in kind.columns() {
        let about = match ty {
            Type::Choice(codes) => format!("One of: {}.", codes.join(", ")),
            _ => format!("`{column}` on the relay."),
        };
        let (class, of) = column_type(ty);
        let _ = writeln!(
            page,
            "    /// {about}\n    public static let {} = Column<{class}>.{of}(\"{column}\")",
            name(&camel(column))
        );
    }
    page.push_str(
        "    /// When it was changed last.\n    public static let updated = Column<Date>.instant(\"_updated_ms\")\n}\n",
    );
}

/// The type of a column's values in Swift, and the function that makes the column.
fn column_type(ty: Type) -> (&'static str, &'static str) {
    match ty {
        Type::Integer | Type::Object(_) => ("Int64", "number"),
        Type::Boolean => ("Bool", "flag"),
        Type::Day => ("CivilDay", "day"),
        Type::Instant => ("Date", "instant"),
        Type::Text | Type::Choice(_) | Type::Reference(_) | Type::Member | Type::List(_) => ("String", "text"),
    }
}

/// Under which name a type of the model is offered.
fn offered(record: &str) -> String {
    if TAKEN.contains(&record) {
        format!("{record}Record")
    } else {
        record.to_owned()
    }
}

/// A name of ours as Swift writes it.
fn name(text: &str) -> String {
    let camel = camel(text);
    if KEYWORDS.contains(&camel.as_str()) {
        format!("`{camel}`")
    } else {
        camel
    }
}

/// `SalesOrder` as `salesOrder`: how an enum's case is named.
fn first_small(record: &str) -> String {
    let mut letters = record.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}
