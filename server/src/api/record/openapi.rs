//! The routes of records in OpenAPI 3.1, written from the table of kinds: a new kind is there without a line here.

mod field;
mod part;

use satchel_core::schema::{Kind, ScopeRule};
use serde_json::{Map, Value, json};

/// Adds the routes and schemas of every kind to a document.
pub fn describe(document: &mut Value, kinds: &[&'static Kind]) {
    let mut schemas = part::schemas();
    let mut paths = Map::new();
    let mut records = Vec::new();
    let mut mapping = Map::new();
    let mut tags = Vec::new();
    for kind in kinds {
        let name = pascal(kind.name);
        schemas.extend(of_kind(kind, &name));
        field::collect(kind, &mut schemas);
        paths.extend(routes(kind, &name));
        records.push(part::reference(&name));
        mapping.insert(kind.name.to_owned(), format!("#/components/schemas/{name}").into());
        tags.push(json!({ "name": kind.plural, "description": kind.doc }));
    }
    schemas.insert(
        "AnyRecord".into(),
        json!({
            "oneOf": records, "discriminator": { "propertyName": "kind", "mapping": mapping },
            "description": "A record of one of the kinds that this version knows.",
        }),
    );
    paths.insert("/v1/changes".into(), feed());
    paths.insert("/v1/undecided".into(), undecided());
    extend(document, &["components", "schemas"], schemas);
    extend(document, &["paths"], paths);
    document["tags"] = tags.into();
}

/// Adds entries to the object that stands at a path, making it where it is missing.
fn extend(document: &mut Value, path: &[&str], entries: Map<String, Value>) {
    let place = path.iter().fold(document, |place, name| &mut place[*name]);
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    if let Some(known) = place.as_object_mut() {
        known.extend(entries);
    }
}

/// `sales_order` as `SalesOrder`.
fn pascal(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}

/// The schemas of one kind: as read, as made, as edited, a page.
fn of_kind(kind: &Kind, name: &str) -> Map<String, Value> {
    let fields = |shape: fn(&satchel_core::schema::Field) -> Value| -> Map<String, Value> {
        let shown = kind.fields.iter().map(|field| (field.name.to_owned(), shape(field)));
        shown.collect()
    };
    let required: Vec<&str> = kind
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name)
        .collect();
    let changeable: Map<String, Value> = kind
        .fields
        .iter()
        .filter(|field| !kind.is_fixed(field))
        .map(|field| (field.name.to_owned(), field::edited(field)))
        .collect();
    let derived: Map<String, Value> = kind
        .derived
        .iter()
        .map(|one| (one.name.to_owned(), part::nullable(&field::read_type(one.ty))))
        .collect();
    let mut properties = part::record(kind.name);
    properties.insert("fields".into(), part::reference(&format!("{name}Fields")));
    properties.insert("derived".into(), part::reference(&format!("{name}Derived")));
    let mut always = vec![
        "id",
        "kind",
        "scope",
        "heads",
        "fields",
        "derived",
        "conflicts",
        "violations",
        "archived",
        "edited_after_archive",
        "created",
        "updated",
    ];
    if kind.scope == ScopeRule::Own {
        properties.insert("assignees".into(), part::assignees());
        always.push("assignees");
    }
    let version = json!({
        "type": "object", "required": ["id", "kind", "heads", "fields", "derived"],
        "properties": {
            "id": part::id("Id of the record."), "kind": { "type": "string", "const": kind.name }, "heads": part::reference("Heads"),
            "fields": part::reference(&format!("{name}Fields")), "derived": part::reference(&format!("{name}Derived")),
        },
    });
    let page = part::page(&part::reference(name));
    let schemas = [
        (
            String::new(),
            json!({ "type": "object", "description": kind.doc, "required": always, "properties": properties }),
        ),
        (
            "Fields".to_owned(),
            json!({
                "type": "object", "properties": fields(field::read),
                "description": "What the record holds. A merged record may lack a field that an edit must fill, and holds fields of newer apps too.",
            }),
        ),
        (
            "Derived".to_owned(),
            json!({ "type": "object", "properties": derived, "description": "What is computed from the fields when they are read." }),
        ),
        (
            "New".to_owned(),
            json!({
                "type": "object", "required": ["fields"], "additionalProperties": false,
                "properties": {
                    "id": part::id("Id of the new record; given by the caller, it makes the request repeatable."),
                    "fields": { "type": "object", "required": required, "properties": fields(field::made), "additionalProperties": false },
                },
            }),
        ),
        (
            "Patch".to_owned(),
            json!({
                "type": "object", "required": ["fields"], "additionalProperties": false,
                "properties": { "fields": { "type": "object", "properties": changeable, "additionalProperties": false } },
                "description": "Only what changes.",
            }),
        ),
        ("Version".to_owned(), version),
        ("Page".to_owned(), page),
    ];
    schemas
        .into_iter()
        .map(|(suffix, schema)| (format!("{name}{suffix}"), schema))
        .collect()
}

/// The routes of one kind.
#[expect(clippy::too_many_lines, reason = "one table of routes, a few lines each")]
fn routes(kind: &Kind, name: &str) -> Map<String, Value> {
    let (one, many) = (kind.name, kind.plural);
    let record = || part::answer("The record", &part::reference(name));
    let call = |id: String, summary: &str, parameters: Value, responses: Value| json!({ "operationId": id, "summary": summary, "tags": [many], "parameters": parameters, "responses": responses });
    let with_body = |mut operation: Value, schema: &Value| {
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        operation
    };
    let (id, at) = (part::id_parameter(), part::if_match());
    let mut filters = part::list_parameters();
    for (column, ty) in kind.columns() {
        filters.push(json!({
            "name": column, "in": "query", "schema": field::queried(ty), "description": "Only records that hold this value.",
        }));
    }
    let page = |schema: &Value| part::answers(&[("200", part::answer("A page", schema))], &["400"]);
    let list = call(
        format!("list_{many}"),
        "Records that the caller may read, by id.",
        filters.into(),
        page(&part::reference(&format!("{name}Page"))),
    );
    let create = with_body(
        call(
            format!("create_{one}"),
            "Make a record. The same request with the same id again changes nothing.",
            json!([]),
            part::answers(
                &[
                    ("201", part::made(name)),
                    (
                        "200",
                        part::answer("Made by this request before", &part::reference(name)),
                    ),
                ],
                &["400", "403", "409", "422"],
            ),
        ),
        &part::reference(&format!("{name}New")),
    );
    let get = call(
        format!("get_{one}"),
        "One record; its ETag is its version.",
        json!([id]),
        part::answers(&[("200", record())], &["404"]),
    );
    let edit = with_body(
        call(
            format!("edit_{one}"),
            "Edit a record at the version of If-Match: an edit made since stays, and a field that both edits set shows both values.",
            json!([id, at]),
            part::answers(&[("200", record())], &["400", "403", "404", "412", "422"]),
        ),
        &part::reference(&format!("{name}Patch")),
    );
    let archive = call(
        format!("archive_{one}"),
        "Put a record away, as it was at the version of If-Match. An edit made since beats it.",
        json!([id, at]),
        part::answers(&[("200", record())], &["400", "403", "404", "412"]),
    );
    let restore = call(
        format!("restore_{one}"),
        "Bring a record back.",
        json!([id]),
        part::answers(&[("200", record())], &["403", "404"]),
    );
    let only_field = json!({ "name": "field", "in": "query", "schema": { "type": "string" }, "description": "Only changes of this field." });
    let history = call(
        format!("list_{one}_history"),
        "Every change with its author and time, each after what it builds on.",
        json!([id, only_field]),
        part::answers(
            &[(
                "200",
                part::answer("The changes", &part::page(&part::reference("HistoryEntry"))),
            )],
            &["404"],
        ),
    );
    let version = call(
        format!("get_{one}_version"),
        "A record as it was.",
        json!([id, part::version_parameter()]),
        part::answers(
            &[(
                "200",
                part::answer(
                    "The record at that version",
                    &part::reference(&format!("{name}Version")),
                ),
            )],
            &["404"],
        ),
    );
    let conflicts = call(
        format!("list_{one}_conflicts"),
        "Fields where values written apart stand beside each other.",
        json!([id]),
        part::answers(
            &[(
                "200",
                part::answer("The conflicts", &part::page(&part::reference("Conflict"))),
            )],
            &["404"],
        ),
    );
    let resolve = with_body(
        call(
            format!("resolve_{one}_conflict"),
            "Settle a conflict by writing one value.",
            json!([id, at]),
            part::answers(&[("200", record())], &["400", "403", "404", "409", "412", "422"]),
        ),
        &part::reference("Resolution"),
    );
    let paths = [
        ("", json!({ "get": list, "post": create })),
        ("/{id}", json!({ "get": get, "patch": edit, "delete": archive })),
        ("/{id}/restore", json!({ "post": restore })),
        ("/{id}/history", json!({ "get": history })),
        ("/{id}/versions/{version}", json!({ "get": version })),
        ("/{id}/conflicts", json!({ "get": conflicts })),
        ("/{id}/conflicts/resolve", json!({ "post": resolve })),
    ];
    paths
        .into_iter()
        .map(|(rest, item)| (format!("/v1/{many}{rest}"), item))
        .collect()
}

/// The feed of changes.
fn feed() -> Value {
    let after = json!({
        "name": "after", "in": "query", "schema": { "type": "integer", "format": "int64", "minimum": 0 },
        "description": "`next_after` of the answer before; absent for the beginning.",
    });
    json!({ "get": {
        "operationId": "list_changes", "tags": ["changes"],
        "summary": "What changed since: records as they are now, and scopes that came into the caller's reach (list their records by `scope`) or left it.",
        "parameters": [after, part::limit_parameter()],
        "responses": part::answers(&[("200", part::answer("Changes by seq", &part::reference("Feed")))], &["400"]),
    } })
}

fn undecided() -> Value {
    let page = json!({
        "type": "object", "required": ["items"],
        "properties": {
            "items": { "type": "array", "items": part::reference("AnyRecord") },
            "next_cursor": { "type": "string", "description": "Where the next page begins; absent on the last one. Opaque." },
        },
    });
    json!({ "get": {
        "operationId": "list_undecided", "tags": ["changes"],
        "summary": "Records that people should look at, of all kinds, by id: values written apart, an edit that beat an archiving, a deal in dispute.",
        "parameters": part::list_parameters().into_iter().take(2).collect::<Vec<_>>(),
        "responses": part::answers(&[("200", part::answer("A page", &page))], &["400"]),
    } })
}
