//! Prints what the wrappers need of each kind of record, so that they name none by hand: `facade kotlin`.

use std::fmt::Write;

use anyhow::{Result, bail};
use satchel_core::domain::KINDS;
use satchel_core::schema::{Kind, Type};

macro_rules! names {
    ($($module:ident: $entity:ident, $patch:ident, $id:ident;)*) => {
        /// Record and patch: the names by which a kind is known in the bindings, in the order of the list.
        const NAMES: &[(&str, &str)] = &[$((stringify!($entity), stringify!($patch))),*];
    };
}

satchel_core::for_each_kind!(names);

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("kotlin") => print!("{}", kotlin()),
        _ => bail!("which language? kotlin"),
    }
    Ok(())
}

const HEAD: &str = "\
// Generated from the table of kinds. Not to be edited.

package dev.satchel

import dev.satchel.ffi.AnyPatch
import dev.satchel.ffi.AnyRecord
";

fn kotlin() -> String {
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

fn sentence(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ").replace("*/", "")
}

/// `planned_start` as `plannedStart`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_').filter(|part| !part.is_empty());
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
