//! Records over REST: every route for every kind of the table.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use satchel_core::domain::KINDS;
use satchel_core::ids::DocumentId;
use satchel_core::schema::{Field, Kind, Merge, Shape, Type, Writers};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use super::{Keys, Relay, id, read, relay};

/// An answer with its headers.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    pub(super) json: Value,
}

impl Answer {
    #[track_caller]
    pub(super) fn must(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json
    }

    fn tag(&self) -> String {
        self.headers[header::ETAG].to_str().unwrap().to_owned()
    }
}

impl Relay {
    pub(super) async fn call(
        &self,
        method: &str,
        path: &str,
        key: &str,
        at: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(at) = at {
            request = request.header(header::IF_MATCH, at);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let headers = response.headers().clone();
        let (status, _, text) = read(response).await;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer {
            status,
            headers,
            text,
            json,
        }
    }
}

/// A record of the kind with its required fields and its parent filled, by the table alone.
pub(super) fn valid(kind: &Kind, parent: DocumentId, text: &str) -> Map<String, Value> {
    let is_needed = |field: &&Field| field.required || kind.parent().is_some_and(|parent| parent.name == field.name);
    let fields = kind.fields.iter().filter(is_needed);
    fields
        .map(|field| {
            let one = value(field.ty, parent, text, field.min.unwrap_or(1));
            let whole = match field.merge {
                Merge::Set | Merge::Log => json!([one]),
                Merge::Map => json!({ "a": one }),
                Merge::Register | Merge::Text | Merge::Counter => one,
            };
            (field.name.to_owned(), whole)
        })
        .collect()
}

fn value(ty: Type, parent: DocumentId, text: &str, number: i64) -> Value {
    match ty {
        Type::Text => json!(text),
        Type::Integer => json!(number),
        Type::Boolean => json!(true),
        Type::Day => json!("2026-03-01"),
        Type::Instant => json!("2026-03-01T08:00:00Z"),
        Type::Choice(codes) => json!(codes[0]),
        Type::Reference(_) => json!(parent),
        Type::Member => json!(id(3)),
        Type::Object(shape) => object(shape, parent, text, number),
        Type::List(item) => json!([value(*item, parent, text, number)]),
    }
}

fn object(shape: &Shape, parent: DocumentId, text: &str, number: i64) -> Value {
    let members = shape.members.iter().filter(|member| !member.optional);
    let parts = members.map(|member| {
        // A currency is a code of three letters; everything else takes any text.
        let text = if member.name == "currency" { "CNY" } else { text };
        (member.name.to_owned(), value(member.ty, parent, text, number))
    });
    Value::Object(parts.collect())
}

/// Somebody who may write records of the kind.
fn writer<'a>(kind: &Kind, keys: &'a Keys) -> &'a str {
    // An admin manages every scope.
    if matches!(kind.writers, Writers::Admin | Writers::Manager) {
        &keys.admin
    } else {
        &keys.rep
    }
}

/// A customer of the first rep.
pub(super) async fn customer(relay: &Relay, key: &str, name: &str) -> DocumentId {
    let made = relay
        .call(
            "POST",
            "/v1/customers",
            key,
            None,
            Some(json!({ "fields": { "name": name } })),
        )
        .await;
    made.must(StatusCode::CREATED)["id"].as_str().unwrap().parse().unwrap()
}

/// A field that keeps both values where two people set it, and two values for it.
fn register(kind: &'static Kind) -> (&'static str, Value, Value) {
    let found = kind.fields.iter().find_map(|field| {
        if field.merge != Merge::Register || kind.is_fixed(field) {
            return None;
        }
        match field.ty {
            Type::Text => Some((field.name, json!("甲"), json!("乙"))),
            Type::Boolean => Some((field.name, json!(true), json!(false))),
            Type::Choice([_, first, second, ..]) => Some((field.name, json!(first), json!(second))),
            _ => None,
        }
    });
    found.unwrap_or_else(|| panic!("{} has no such field", kind.name))
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one walk through every route")]
async fn every_route_serves_every_kind_of_the_table() {
    let (relay, keys) = relay().await;
    let parent = customer(&relay, &keys.rep, "老王超市").await;
    for (n, kind) in (1..).zip(KINDS) {
        let key = writer(kind, &keys);
        let collection = format!("/v1/{}", kind.plural);
        let given = DocumentId::from_bytes([200 + n; 16]);
        let path = format!("{collection}/{given}");
        let new = json!({ "id": given, "fields": valid(kind, parent, "A") });
        let made = relay.call("POST", &collection, key, None, Some(new.clone())).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}: {}", kind.name, made.text);
        assert_eq!(made.headers[header::LOCATION], path.as_str());
        let first = made.tag();
        assert_eq!(made.json["kind"], json!(kind.name));
        assert_eq!(made.json["created"]["by"], made.json["updated"]["by"]);

        let got = relay.call("GET", &path, key, None, None).await;
        assert_eq!(
            (got.status, &got.json, got.tag()),
            (StatusCode::OK, &made.json, first.clone()),
            "{}",
            kind.name
        );
        let elsewhere = KINDS.iter().find(|other| other.name != kind.name).unwrap();
        let elsewhere = format!("/v1/{}/{given}", elsewhere.plural);
        relay
            .call("GET", &elsewhere, key, None, None)
            .await
            .must(StatusCode::NOT_FOUND);
        let listed = relay
            .call("GET", &collection, key, None, None)
            .await
            .must(StatusCode::OK);
        assert!(listed["items"].as_array().unwrap().contains(&made.json), "{listed}");

        let (field, one, two) = register(kind);
        let edit = |value: &Value| Some(json!({ "fields": { field: value } }));
        let edited = relay.call("PATCH", &path, key, Some(&first), edit(&one)).await;
        assert_ne!(edited.tag(), first);
        assert_eq!(edited.must(StatusCode::OK)["fields"][field], one, "{}", kind.name);
        let again = relay.call("POST", &collection, key, None, Some(new)).await;
        assert_eq!(
            again.must(StatusCode::OK)["fields"][field],
            one,
            "a repeated request reverts nothing"
        );
        let other = json!({ "id": given, "fields": { field: two } });
        let refused = relay.call("POST", &collection, key, None, Some(other)).await;
        assert!(refused.status.is_client_error(), "{}", refused.text);

        let stale = relay
            .call("PATCH", &path, key, Some(&first), edit(&two))
            .await
            .must(StatusCode::OK);
        assert_eq!(stale["conflicts"], json!([field]), "{}", kind.name);
        let conflicts = relay
            .call("GET", &format!("{path}/conflicts"), key, None, None)
            .await
            .must(StatusCode::OK);
        let siblings = conflicts["items"][0]["siblings"].as_array().unwrap();
        let values: Vec<&Value> = siblings.iter().map(|sibling| &sibling["value"]).collect();
        assert!(
            values.contains(&&one) && values.contains(&&two) && values.len() == 2,
            "{conflicts}"
        );
        let resolve = format!("{path}/conflicts/resolve");
        let settle = Some(json!({ "field": field, "value": one }));
        let settled = relay
            .call("POST", &resolve, key, None, settle.clone())
            .await
            .must(StatusCode::OK);
        assert_eq!((&settled["conflicts"], &settled["fields"][field]), (&json!([]), &one));
        relay
            .call("POST", &resolve, key, None, settle)
            .await
            .must(StatusCode::CONFLICT);

        let history = relay
            .call("GET", &format!("{path}/history"), key, None, None)
            .await
            .must(StatusCode::OK);
        assert_eq!(history["items"].as_array().unwrap().len(), 4, "{history}");
        let of_field = relay
            .call("GET", &format!("{path}/history?field={field}"), key, None, None)
            .await;
        assert!(of_field.must(StatusCode::OK)["items"].as_array().unwrap().len() >= 3);
        let version = format!("{path}/versions/{}", first.trim_matches('"'));
        let before = relay.call("GET", &version, key, None, None).await.must(StatusCode::OK);
        assert_eq!(
            (&before["fields"], &before["derived"]),
            (&made.json["fields"], &made.json["derived"])
        );
        let unknown = "00".repeat(32);
        relay
            .call("GET", &format!("{path}/versions/{unknown}"), key, None, None)
            .await
            .must(StatusCode::NOT_FOUND);
        let odd = relay
            .call("PATCH", &path, key, Some(&format!("\"{unknown}\"")), edit(&two))
            .await;
        odd.must(StatusCode::PRECONDITION_FAILED);

        let archived = relay.call("DELETE", &path, key, None, None).await.must(StatusCode::OK);
        assert_eq!(archived["archived"], json!(true), "{}", kind.name);
        let live = relay
            .call("GET", &format!("{collection}?archived=false"), key, None, None)
            .await;
        assert!(!live.text.contains(&given.to_string()));
        let restored = relay
            .call("POST", &format!("{path}/restore"), key, None, None)
            .await
            .must(StatusCode::OK);
        assert_eq!(restored["archived"], json!(false), "{}", kind.name);
    }
    relay
        .call("GET", "/v1/nonsenses", &keys.rep, None, None)
        .await
        .must(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bad_input_names_every_violation_and_changes_nothing() {
    let (relay, keys) = relay().await;
    let bad = json!({
        "name": " ", "nonsense": 1, "channel_tier": 9, "tags": "x", "level": "z", "website": 4,
        "short_name": "长".repeat(121),
    });
    let codes = |problem: &Value| -> Vec<(String, String, Value)> {
        let found = problem["violations"].as_array().unwrap().iter();
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        let mut found: Vec<_> = found
            .map(|one| (text(one, "field"), text(one, "code"), one["limit"].clone()))
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    };
    let expected = |of_tags: &str| {
        let violation = |field: &str, code: &str, limit: Value| (field.to_owned(), code.to_owned(), limit);
        vec![
            violation("channel_tier", "too_large", json!(3)),
            violation("level", "unknown_choice", Value::Null),
            violation("name", "required", Value::Null),
            violation("nonsense", "unknown_field", Value::Null),
            violation("short_name", "too_long", json!(120)),
            violation("tags", of_tags, Value::Null),
            violation("website", "malformed", Value::Null),
        ]
    };
    let problem = relay
        .call("POST", "/v1/customers", &keys.rep, None, Some(json!({ "fields": bad })))
        .await;
    assert_eq!(
        codes(&problem.must(StatusCode::UNPROCESSABLE_ENTITY)),
        expected("malformed")
    );
    let list = relay
        .call("GET", "/v1/customers", &keys.rep, None, None)
        .await
        .must(StatusCode::OK);
    assert_eq!(list["items"], json!([]));

    let path = format!("/v1/customers/{}", customer(&relay, &keys.rep, "老王").await);
    let before = relay
        .call("GET", &path, &keys.rep, None, None)
        .await
        .must(StatusCode::OK);
    let problem = relay
        .call("PATCH", &path, &keys.rep, None, Some(json!({ "fields": bad })))
        .await;
    assert_eq!(
        codes(&problem.must(StatusCode::UNPROCESSABLE_ENTITY)),
        expected("wrong_operation")
    );
    assert_eq!(
        relay
            .call("GET", &path, &keys.rep, None, None)
            .await
            .must(StatusCode::OK),
        before
    );

    let orphan = json!({ "fields": { "customer_id": id(9), "name": "某" } });
    let problem = relay.call("POST", "/v1/contacts", &keys.rep, None, Some(orphan)).await;
    assert_eq!(
        codes(&problem.must(StatusCode::UNPROCESSABLE_ENTITY))[0].1,
        "no_such_record"
    );
    for at in ["x", "\"x\"", "W/\"00\""] {
        let edit = Some(json!({ "fields": { "name": "新" } }));
        relay
            .call("PATCH", &path, &keys.rep, Some(at), edit)
            .await
            .must(StatusCode::BAD_REQUEST);
    }
    for query in ["nonsense=1", "limit=0", "archived=perhaps", "scope=x", "cursor=!"] {
        let answer = relay
            .call("GET", &format!("/v1/customers?{query}"), &keys.rep, None, None)
            .await;
        answer.must(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn what_is_undecided_is_listed_for_those_who_may_read_it_until_it_is_decided() {
    let (relay, keys) = relay().await;
    let id = customer(&relay, &keys.rep, "永辉").await;
    customer(&relay, &keys.rep, "没有争议").await;
    let path = format!("/v1/customers/{id}");
    let opened = relay.call("GET", &path, &keys.rep, None, None).await.tag();
    for name in ["永辉超市", "永辉生活"] {
        let edit = json!({ "fields": { "name": name } });
        let answer = relay.call("PATCH", &path, &keys.rep, Some(&opened), Some(edit)).await;
        answer.must(StatusCode::OK);
    }
    let undecided = async |key: &str| -> Vec<Value> {
        let answer = relay.call("GET", "/v1/undecided?limit=1", key, None, None).await;
        let page = answer.must(StatusCode::OK);
        assert_eq!(page.get("next_cursor"), None);
        page["items"].as_array().unwrap().clone()
    };
    for key in [&keys.rep, &keys.manager, &keys.admin] {
        let found = undecided(key).await;
        assert_eq!((found.len(), &found[0]["id"]), (1, &json!(id)));
        assert_eq!(found[0]["conflicts"], json!(["name"]));
    }
    assert_eq!(undecided(&keys.other).await, Vec::<Value>::new());
    let choice = json!({ "field": "name", "value": "永辉超市" });
    let path = format!("{path}/conflicts/resolve");
    relay
        .call("POST", &path, &keys.manager, None, Some(choice))
        .await
        .must(StatusCode::OK);
    assert_eq!(undecided(&keys.rep).await, Vec::<Value>::new());
}
