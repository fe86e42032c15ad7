//! Who sees which record: no GET of the whole document shows a stranger anything, and none shows what is private.

use axum::http::StatusCode;
use satchel_core::clock::SeededEntropy;
use satchel_core::domain::{self, KINDS};
use satchel_core::ids::DocumentId;
use satchel_core::policy::Role;
use satchel_core::schema::{Kind, Patch, Writers};
use serde_json::{Value, json};

use super::record::{customer, valid};
use super::{NOW, Relay, id, relay};
use crate::relay::{Context, Draft, WriteError, create};

/// What stands in the records that are looked for.
const MARK: &str = "only-for-its-owner";

/// Asks every documented GET about each of these records, and returns how many answers held one of them or the mark.
async fn seen(relay: &Relay, key: &str, records: &[(DocumentId, String)]) -> Vec<String> {
    let document = relay.call("GET", "/v1/openapi.json", key, None, None).await.json;
    let mut found = Vec::new();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        if item.get("get").is_none() {
            continue;
        }
        for (record, version) in records {
            let path = path
                .replace("{id}", &record.to_string())
                .replace("{document}", &record.to_string())
                .replace("{version}", version)
                .replace("{member}", &id(3).to_string())
                .replace("{hash}", &"7".repeat(64));
            assert!(!path.contains('{'), "{path} has a place that this test does not fill");
            let answer = relay.call("GET", &path, key, None, None).await;
            asked += 1;
            let shows = records
                .iter()
                .any(|(record, _)| answer.text.contains(&record.to_string()));
            if shows || answer.text.contains(MARK) {
                found.push(path);
            }
        }
    }
    assert!(asked > 50 * records.len(), "only {asked} questions");
    found
}

#[tokio::test]
async fn a_rep_sees_no_record_of_a_stranger_by_any_get() {
    let (relay, keys) = relay().await;
    let parent = customer(&relay, &keys.rep, MARK).await;
    let mut records = Vec::new();
    let of_a_rep = |kind: &&&Kind| matches!(kind.writers, Writers::Scope | Writers::Author);
    for kind in KINDS.iter().filter(of_a_rep) {
        let new = json!({ "fields": valid(kind, parent, MARK) });
        let made = relay
            .call("POST", &format!("/v1/{}", kind.plural), &keys.rep, None, Some(new))
            .await;
        let made = made.must(StatusCode::CREATED);
        let heads: Vec<&str> = made["heads"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        records.push((made["id"].as_str().unwrap().parse().unwrap(), heads.join("-")));
    }
    assert_eq!(seen(&relay, &keys.other, &records).await, Vec::<String>::new());
    let own = seen(&relay, &keys.rep, &records).await;
    assert!(own.len() > 6 * records.len(), "the walk finds what is there: {own:?}");

    for (kind, (record, version)) in KINDS.iter().filter(of_a_rep).zip(&records) {
        let path = format!("/v1/{}/{record}", kind.plural);
        let tag = format!("\"{version}\"");
        let edit = Some(json!({ "fields": {} }));
        for (method, path, body) in [
            ("PATCH", path.clone(), edit),
            ("DELETE", path.clone(), None),
            ("POST", format!("{path}/restore"), None),
            (
                "POST",
                format!("{path}/conflicts/resolve"),
                Some(json!({ "field": "name", "value": "x" })),
            ),
        ] {
            let answer = relay
                .call(
                    method,
                    &path,
                    &keys.other,
                    Some(tag.as_str()).filter(|_| method != "POST"),
                    body,
                )
                .await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}: {}", answer.text);
        }
    }

    // What a manager writes about a rep is the rep's to read, and no stranger's.
    let kpi = DocumentId::from_bytes([56; 16]);
    let target = json!({ "fields": {
        "kpi_id": kpi, "rep": id(3), "first_day": "2026-01-01", "last_day": "2026-03-31", "value": 1, "remark": MARK,
    }});
    let by = |key| relay.call("POST", "/v1/sales_targets", key, None, Some(target.clone()));
    assert_eq!(
        by(&keys.rep).await.status,
        StatusCode::FORBIDDEN,
        "not his own to write"
    );
    assert!(by(&keys.other).await.status.is_client_error());
    let made = by(&keys.manager).await.must(StatusCode::CREATED);
    let path = format!("/v1/sales_targets/{}", made["id"].as_str().unwrap());
    for (key, status) in [(&keys.rep, StatusCode::OK), (&keys.other, StatusCode::NOT_FOUND)] {
        assert_eq!(relay.call("GET", &path, key, None, None).await.status, status);
    }

    let hang = json!({ "fields": { "parent": parent, "body": "x" } });
    let answer = relay.call("POST", "/v1/comments", &keys.other, None, Some(hang)).await;
    assert_eq!(
        answer.must(StatusCode::UNPROCESSABLE_ENTITY)["violations"][0]["code"],
        json!("no_such_record")
    );
}

#[tokio::test]
async fn what_is_private_leaves_by_no_answer_not_even_to_its_author() {
    let (relay, keys) = relay().await;
    let parent = customer(&relay, &keys.rep, "老王").await;
    let private = json!({ "parent": parent, "private": true, "body": MARK });
    let refused = relay
        .call("POST", "/v1/notes", &keys.rep, None, Some(json!({ "fields": private })))
        .await;
    assert!(!refused.text.contains(MARK));
    let refused = refused.must(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused["violations"][0]["field"], json!("private"));

    let secret = DocumentId::from_bytes([55; 16]);
    let made = relay
        .state
        .database
        .write::<_, WriteError>(move |tx| {
            let entropy = SeededEntropy::new(3);
            let context = Context::read(tx, NOW, &entropy)?;
            let draft = Draft {
                member: id(3),
                role: Role::Rep,
                zone: "Asia/Shanghai",
            };
            let kind = domain::kind("note").unwrap();
            let patch = Patch::creating(kind, private.as_object().unwrap()).unwrap();
            create(tx, &context, draft, kind, secret, &patch)
        })
        .await
        .unwrap();
    let version = made
        .heads
        .hashes()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("-");
    let records = [(secret, version)];
    for key in [&keys.rep, &keys.manager, &keys.admin] {
        assert_eq!(seen(&relay, key, &records).await, Vec::<String>::new());
        let path = format!("/v1/notes/{secret}");
        let edit = Some(json!({ "fields": { "pinned": true } }));
        relay
            .call("PATCH", &path, key, None, edit)
            .await
            .must(StatusCode::NOT_FOUND);
        relay
            .call("DELETE", &path, key, None, None)
            .await
            .must(StatusCode::NOT_FOUND);
        let comment = json!({ "fields": { "parent": secret, "body": "x" } });
        let refused = relay.call("POST", "/v1/comments", key, None, Some(comment)).await;
        refused.must(StatusCode::UNPROCESSABLE_ENTITY);
    }
}
