//! Parts of the description that every kind has.

use serde_json::{Map, Value, json};

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

pub(super) fn id(description: &str) -> Value {
    json!({ "type": "string", "format": "uuid", "description": description })
}

/// The schema, or `null`.
pub(super) fn nullable(schema: &Value) -> Value {
    json!({ "oneOf": [schema, { "type": "null" }] })
}

pub(super) fn page(item: &Value) -> Value {
    json!({
        "type": "object", "required": ["items"],
        "properties": {
            "items": { "type": "array", "items": item },
            "next_cursor": {
                "type": "string",
                "description": "Where the next page begins; absent on the last one. Opaque. A page may be short before that.",
            },
        },
    })
}

/// The properties of a record of this kind, without its fields.
pub(super) fn record(kind: &str) -> Map<String, Value> {
    let properties = json!({
        "id": id("Id of the record."),
        "kind": { "type": "string", "const": kind },
        "scope": id("The scope that decides who may read and write it."),
        "heads": reference("Heads"),
        "conflicts": {
            "type": "array", "items": { "type": "string" },
            "description": "Fields where values written apart stand beside each other (`field`, or `field/key` in a map).",
        },
        "violations": {
            "type": "array", "items": reference("RecordViolation"),
            "description": "What the merged record violates. It is shown, never refused.",
        },
        "archived": { "type": "boolean", "description": "Whether it is put away." },
        "edited_after_archive": { "type": "boolean", "description": "Whether an edit beat an archiving: people should look." },
        "created": reference("Touch"),
        "updated": reference("Touch"),
    });
    match properties {
        Value::Object(properties) => properties,
        _ => Map::new(),
    }
}

pub(super) fn assignees() -> Value {
    json!({ "type": "array", "items": id("A member."), "description": "Whose the record is." })
}

/// Schemas that are the same for every kind.
pub(super) fn schemas() -> Map<String, Value> {
    let by = nullable(&id("The member; null where the change does not say."));
    let at = json!({ "type": "string", "format": "date-time", "description": "By the writer's clock." });
    let hash = json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    let schemas = json!({
        "Heads": {
            "type": "array", "items": hash,
            "description": "A version: the hashes of the latest changes, sorted. In a path and an ETag they stand with `-` between them.",
        },
        "Touch": { "type": "object", "required": ["by", "at"], "properties": { "by": by, "at": at }, "description": "Who wrote and when." },
        "RecordViolation": {
            "type": "object", "required": ["field", "code", "limit"],
            "properties": {
                "field": { "type": "string", "description": "The field; empty where it is about the record as a whole." },
                "code": { "type": "string" }, "limit": { "type": ["integer", "null"], "format": "int64" },
            },
        },
        "FieldChange": {
            "type": "object", "required": ["field", "before", "after"],
            "properties": { "field": { "type": "string" }, "before": {}, "after": {} },
            "description": "What a change did to a field, as its author saw it.",
        },
        "HistoryEntry": {
            "type": "object", "required": ["hash", "parents", "by", "at", "fields"],
            "properties": {
                "hash": hash, "parents": reference("Heads"), "by": by, "at": at,
                "fields": { "type": "array", "items": reference("FieldChange") },
            },
            "description": "One change of a record.",
        },
        "Sibling": {
            "type": "object", "required": ["value", "by", "at"], "properties": { "value": {}, "by": by, "at": at },
            "description": "One of several values written apart.",
        },
        "Conflict": {
            "type": "object", "required": ["field", "siblings"],
            "properties": { "field": { "type": "string" }, "siblings": { "type": "array", "items": reference("Sibling") } },
            "description": "A field where values written apart stand beside each other; the one that is shown stands first.",
        },
        "Resolution": {
            "type": "object", "required": ["field", "value"], "additionalProperties": false,
            "properties": { "field": { "type": "string" }, "value": { "description": "The value that is to stand; null for none." } },
        },
        "Feed": {
            "type": "object", "required": ["items", "next_after", "more"],
            "properties": {
                "items": { "type": "array", "items": { "anyOf": [reference("RecordChange"), reference("ScopeChange")] } },
                "next_after": { "type": "integer", "format": "int64", "description": "Where to go on." },
                "more": { "type": "boolean", "description": "Whether more waits there already." },
            },
        },
        "RecordChange": {
            "type": "object", "required": ["seq", "record"],
            "properties": { "seq": { "type": "integer", "format": "int64" }, "record": reference("AnyRecord") },
        },
        "ScopeChange": {
            "type": "object", "required": ["seq", "scope"],
            "properties": {
                "seq": { "type": "integer", "format": "int64" },
                "scope": {
                    "type": "object", "required": ["id", "state"],
                    "properties": { "id": id("The scope."), "state": { "type": "string", "enum": ["in", "out"] } },
                },
            },
        },
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}

pub(super) fn answer(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

/// The answer to a request that made a record.
pub(super) fn made(name: &str) -> Value {
    let mut answer = answer("Made", &reference(name));
    answer["headers"] =
        json!({ "Location": { "schema": { "type": "string" }, "description": "Address of the record." } });
    answer
}

/// Answers by status, and the problems that may be answered instead.
pub(super) fn answers(good: &[(&str, Value)], problems: &[&str]) -> Value {
    let mut answers: Map<String, Value> = good
        .iter()
        .map(|(status, answer)| ((*status).to_owned(), answer.clone()))
        .collect();
    for status in problems.iter().chain(&["401"]) {
        let description = match *status {
            "400" => "The request cannot be read",
            "401" => "Not signed in",
            "403" => "The caller may not",
            "404" => "No such record for the caller",
            "409" => "It cannot be done to what is there",
            "412" => "The record has no such version",
            _ => "The values are not valid; every violation is listed",
        };
        let schema = reference("ProblemBody");
        answers.insert(
            (*status).to_owned(),
            json!({ "description": description, "content": { "application/problem+json": { "schema": schema } } }),
        );
    }
    Value::Object(answers)
}

pub(super) fn id_parameter() -> Value {
    json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } })
}

pub(super) fn version_parameter() -> Value {
    json!({
        "name": "version", "in": "path", "required": true, "schema": { "type": "string" },
        "description": "Hashes of heads in hex, with `-` between them: an ETag without its quotes, or the hash of one change.",
    })
}

pub(super) fn if_match() -> Value {
    json!({
        "name": "If-Match", "in": "header", "required": false, "schema": { "type": "string" },
        "description": "ETag of the version on which the caller decided; the present one where absent.",
    })
}

pub(super) fn limit_parameter() -> Value {
    json!({
        "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 200 },
        "description": "Items wanted, 1 to 200; 50 where absent.",
    })
}

pub(super) fn list_parameters() -> Vec<Value> {
    vec![
        json!({
            "name": "cursor", "in": "query", "schema": { "type": "string" },
            "description": "`next_cursor` of the page before; absent for the first.",
        }),
        limit_parameter(),
        json!({
            "name": "archived", "in": "query", "schema": { "type": "boolean" },
            "description": "Only archived records, or only the others; both where absent.",
        }),
        json!({
            "name": "scope", "in": "query", "schema": { "type": "string", "format": "uuid" },
            "description": "Only records of this scope.",
        }),
    ]
}
