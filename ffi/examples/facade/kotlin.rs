//! What Kotlin's wrapper needs of each kind.

use std::fmt::Write;

use satchel_core::domain::KINDS;
use satchel_core::schema::{Kind, Type};

use crate::{NAMES, camel, sentence};

const HEAD: &str = "\
// Generated from the table of kinds. Not to be edited.

package dev.satchel

import dev.satchel.ffi.AnyPatch
import dev.satchel.ffi.AnyRecord
";

/// `Kinds.kt`.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut models: Vec<&str> = NAMES.iter().flat_map(|(record, patch)| [*record, *patch]).collect();
    models.sort_unstable();
    for name in models {
        let _ = writeln!(page, "import dev.satchel.model.{name}");
    }
    page.push_str("\n/** The kinds of record that this version knows. */\npublic object Kinds {\n");
    for (kind, (record, patch)) in KINDS.iter().zip(NAMES) {
        let _ = writeln!(
            page,
            "    /** {} */\n    public val {}: Kind<{record}, {patch}> = Kind(\n        name = \"{}\",\n        \
             read = {{ (it as? AnyRecord.{record})?.record }},\n        patch = {{ AnyPatch.{record}(it) }},\n    )\n",
            sentence(kind.doc),
            camel(kind.name),
            kind.name
        );
    }
    page.push_str("    /** Every kind, in the order of the table. */\n    public val all: List<Kind<*, *>> = listOf(");
    let names: Vec<String> = KINDS.iter().map(|kind| camel(kind.name)).collect();
    let _ = writeln!(page, "{})\n}}", names.join(", "));
    page.push_str("\ninternal fun AnyRecord.unwrap(): Any = when (this) {\n");
    for (record, _) in NAMES {
        let _ = writeln!(page, "    is AnyRecord.{record} -> record");
    }
    page.push_str("}\n");
    for (kind, (record, patch)) in KINDS.iter().zip(NAMES) {
        let _ = write!(
            page,
            "\n/** {} */\npublic val Satchel.{}: Records<{record}, {patch}>\n    get() = records(Kinds.{})\n",
            sentence(kind.doc),
            camel(kind.plural),
            camel(kind.name)
        );
        columns(&mut page, kind, record);
    }
    page
}

/// The columns by which a kind can be listed, and its derived values.
fn columns(page: &mut String, kind: &Kind, record: &str) {
    let _ = write!(
        page,
        "\n/** What a {} can be listed by, and what is derived from it. */\npublic object {record}Columns {{\n",
        kind.name.replace('_', " ")
    );
    for (name, ty) in kind.columns() {
        let codes = match ty {
            Type::Choice(codes) => format!("    /** One of: {}. */\n", codes.join(", ")),
            _ => String::new(),
        };
        let (class, of) = column(ty);
        let _ = writeln!(
            page,
            "{codes}    public val {}: Column<{class}> = Column.{of}(\"{name}\")",
            camel(name)
        );
    }
    page.push_str(
        "\n    /** When it was changed last. */\n    public val updated: Column<java.time.Instant> = \
         Column.instant(\"_updated_ms\")\n}\n",
    );
}

/// The type of a column's values in Kotlin, and the function that makes the column.
fn column(ty: Type) -> (&'static str, &'static str) {
    match ty {
        Type::Integer | Type::Object(_) => ("Long", "number"),
        Type::Boolean => ("Boolean", "flag"),
        Type::Day => ("java.time.LocalDate", "day"),
        Type::Instant => ("java.time.Instant", "instant"),
        Type::Text | Type::Choice(_) | Type::Reference(_) | Type::Member | Type::List(_) => ("String", "text"),
    }
}
