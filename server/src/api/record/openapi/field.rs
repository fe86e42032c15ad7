//! Schemas of fields: as read, as made, as edited.

use satchel_core::schema::value::Stamp;
use satchel_core::schema::{Field, Kind, Merge, Shape, Type};
use serde_json::{Map, Value, json};

use super::part::{nullable, reference};

/// A value as it is read. A code may be one of a newer app.
pub(super) fn read_type(ty: Type) -> Value {
    match ty {
        Type::Choice(codes) => json!({ "anyOf": [{ "type": "string", "enum": codes }, { "type": "string" }] }),
        Type::List(item) => json!({ "type": "array", "items": read_type(*item) }),
        other => written_type(other, false),
    }
}

/// A value as it is written; events of a log without their stamp, which the relay writes.
fn written_type(ty: Type, is_event: bool) -> Value {
    match ty {
        Type::Text => json!({ "type": "string" }),
        Type::Integer => json!({ "type": "integer", "format": "int64" }),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Day => json!({ "type": "string", "format": "date" }),
        Type::Instant => json!({ "type": "string", "format": "date-time" }),
        Type::Choice(codes) => json!({ "type": "string", "enum": codes }),
        Type::Reference(_) | Type::Member => json!({ "type": "string", "format": "uuid" }),
        Type::Object(shape) if is_event => reference(&format!("New{}", shape.name)),
        Type::Object(shape) => reference(shape.name),
        Type::List(item) => json!({ "type": "array", "items": written_type(*item, false) }),
    }
}

/// A value in a query string.
pub(super) fn queried(ty: Type) -> Value {
    match ty {
        // Money is filtered by its minor units.
        Type::Object(_) => written_type(Type::Integer, false),
        Type::Choice(_) | Type::List(_) => written_type(Type::Text, false),
        other => written_type(other, false),
    }
}

fn merged(field: &Field, one: Value) -> Value {
    let whole = match field.merge {
        Merge::Register | Merge::Text | Merge::Counter => one,
        Merge::Set | Merge::Log => json!({ "type": "array", "items": one }),
        Merge::Map => json!({ "type": "object", "additionalProperties": one }),
    };
    described(whole, field.doc)
}

/// Adds a description: beside a reference it is allowed since OpenAPI 3.1.
fn described(mut schema: Value, text: &str) -> Value {
    schema["description"] = text.into();
    schema
}

/// A field as it is read.
pub(super) fn read(field: &Field) -> Value {
    merged(field, read_type(field.ty))
}

/// A field as it is given for a new record.
pub(super) fn made(field: &Field) -> Value {
    bounded(field, merged(field, written_type(field.ty, field.merge == Merge::Log)))
}

/// A field as it is edited.
pub(super) fn edited(field: &Field) -> Value {
    let one = || written_type(field.ty, field.merge == Merge::Log);
    let list = || json!({ "type": "array", "items": one() });
    let operation = |properties: Value, required: &[&str]| json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    let edit = match field.merge {
        Merge::Register | Merge::Text if field.required => bounded(field, one()),
        Merge::Register | Merge::Text => nullable(&bounded(field, one())),
        Merge::Counter => operation(json!({ "add": { "type": "integer", "format": "int64" } }), &["add"]),
        Merge::Set => operation(json!({ "add": list(), "remove": list() }), &[]),
        Merge::Log => operation(json!({ "append": list() }), &["append"]),
        Merge::Map => json!({ "type": "object", "additionalProperties": nullable(&one()) }),
    };
    described(edit, field.doc)
}

/// Adds the limits that an edit is held to.
fn bounded(field: &Field, mut schema: Value) -> Value {
    let longest = match (field.merge, field.ty) {
        (Merge::Register | Merge::Text, Type::Text) => "maxLength",
        (Merge::Map, _) => "maxProperties",
        _ => "maxItems",
    };
    if let Some(max) = field.max_len {
        schema[longest] = max.into();
    }
    if field.required && longest == "maxLength" {
        schema["minLength"] = 1.into();
    }
    if field.ty == Type::Integer && field.merge == Merge::Register {
        for (name, limit) in [("minimum", field.min), ("maximum", field.max)] {
            if let Some(limit) = limit {
                schema[name] = limit.into();
            }
        }
    }
    schema
}

/// Adds the schemas of every shape that a kind's fields are made of.
pub(super) fn collect(kind: &Kind, into: &mut Map<String, Value>) {
    for field in kind.fields {
        collect_type(field.ty, into);
        if let (Merge::Log, Type::Object(shape)) = (field.merge, field.ty) {
            into.insert(
                format!("New{}", shape.name),
                object(shape, |ty| *ty != Type::Object(Stamp::SHAPE)),
            );
        }
    }
    for derived in kind.derived {
        collect_type(derived.ty, into);
    }
}

fn collect_type(ty: Type, into: &mut Map<String, Value>) {
    match ty {
        Type::Object(shape) => {
            into.insert(shape.name.to_owned(), object(shape, |_| true));
            for member in shape.members {
                collect_type(member.ty, into);
            }
        }
        Type::List(item) => collect_type(*item, into),
        _ => {}
    }
}

fn object(shape: &Shape, keeps: impl Fn(&Type) -> bool) -> Value {
    let members = || shape.members.iter().filter(|member| keeps(&member.ty));
    let properties: Map<String, Value> = members()
        .map(|member| {
            let value = read_type(member.ty);
            let value = if member.optional { nullable(&value) } else { value };
            (member.name.to_owned(), described(value, member.doc))
        })
        .collect();
    let required: Vec<&str> = members()
        .filter(|member| !member.optional)
        .map(|member| member.name)
        .collect();
    json!({ "type": "object", "description": shape.doc, "properties": properties, "required": required })
}
