//! What waits is seen and decided by those who answer for it, and never shows what is private.

use axum::http::StatusCode;
use satchel_core::clock::SeededEntropy;
use satchel_core::document::{Author, Document};
use satchel_core::domain;
use satchel_core::ids::{ActorId, DeviceId, DocumentId, ScopeId};
use satchel_core::schema::Patch;
use serde_json::{Value, json};

use super::{NOW, RECORD, Relay, id, relay};
use crate::store::StoreError;
use crate::store::log::{Log, Parked};

/// Parks a new record of the first rep, as a revoked device hands it in. Returns its number.
async fn park(relay: &Relay, n: u8, kind: &'static str, fields: Value, scope: Option<ScopeId>) -> i64 {
    park_for(relay, n, kind, fields, scope, "revoked").await
}

/// The same for any reason.
async fn park_for(
    relay: &Relay,
    n: u8,
    kind: &'static str,
    fields: Value,
    scope: Option<ScopeId>,
    code: &'static str,
) -> i64 {
    let parked = relay.state.database.write::<_, StoreError>(move |tx| {
        let kind = domain::kind(kind).unwrap();
        let document = DocumentId::from_bytes([n; 16]);
        let patch = Patch::creating(kind, fields.as_object().unwrap()).unwrap();
        let entropy = SeededEntropy::new(n.into());
        let actor = ActorId([n; 16]);
        let author = Author {
            member: id(3),
            actor,
            at_ms: NOW,
            zone: "Asia/Shanghai",
            entropy: &entropy,
        };
        let (mut made, changes) = Document::create(kind, document, &patch, &author).unwrap();
        tx.park(&Parked {
            number: 0,
            document,
            kind: kind.name.to_owned(),
            device: DeviceId::from_bytes([n; 16]),
            member: id(3),
            actor: Some(actor),
            heads: made.heads(),
            base: None,
            code: code.to_owned(),
            awaits: None,
            scope,
            received_at_ms: NOW,
            denied: code == "no-permission",
            changes,
        })
    });
    parked.await.unwrap()
}

#[tokio::test]
async fn what_waits_is_decided_by_those_who_answer_for_it() {
    let (relay, keys) = relay().await;
    let new = park(&relay, 61, "customer", json!({ "name": "离职前" }), None).await;
    let known = park(
        &relay,
        62,
        "contact",
        json!({ "customer_id": RECORD, "name": "某" }),
        Some(RECORD),
    )
    .await;
    let private = park(&relay, 63, "note", json!({ "private": true, "body": "私" }), None).await;
    let numbers = async |key: &str| -> Vec<i64> {
        let (status, page) = relay.send("GET", "/v1/quarantine?limit=200", Some(key), None).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["number"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(numbers(&keys.admin).await, [new, known]);
    assert_eq!(numbers(&keys.manager).await, [known]);
    assert_eq!(numbers(&keys.rep).await, Vec::<i64>::new());
    let decide = async |key: &str, number: i64, how: &str| {
        relay
            .send("POST", &format!("/v1/quarantine/{number}/{how}"), Some(key), None)
            .await
            .0
    };
    for (key, number) in [
        (&keys.rep, known),
        (&keys.other, known),
        (&keys.manager, new),
        (&keys.admin, private),
    ] {
        assert_eq!(decide(key, number, "accept").await, StatusCode::NOT_FOUND);
        assert_eq!(decide(key, number, "drop").await, StatusCode::NOT_FOUND);
    }
    assert_eq!(decide(&keys.admin, new, "accept").await, StatusCode::NO_CONTENT);
    let path = format!("/v1/customers/{}", DocumentId::from_bytes([61; 16]));
    let (status, record) = relay.send("GET", &path, Some(&keys.admin), None).await;
    assert_eq!(
        (status, &record["fields"]["name"]),
        (StatusCode::OK, &json!("离职前")),
        "{record}"
    );
    assert_eq!(
        decide(&keys.manager, known, "accept").await,
        StatusCode::CONFLICT,
        "its customer is not here"
    );
    assert_eq!(decide(&keys.manager, known, "drop").await, StatusCode::NO_CONTENT);
    assert_eq!(numbers(&keys.admin).await, Vec::<i64>::new());
}

#[tokio::test]
async fn what_waits_already_waits_for_its_newest_reason() {
    let (relay, _) = relay().await;
    let first = park_for(&relay, 61, "customer", json!({ "name": "两次" }), None, "held").await;
    let again = park_for(
        &relay,
        61,
        "customer",
        json!({ "name": "两次" }),
        Some(RECORD),
        "no-permission",
    )
    .await;
    assert_eq!(first, again, "the same bytes wait once");
    let waiting = relay
        .state
        .database
        .read::<_, StoreError>(move |tx| tx.parked(first))
        .await;
    let waiting = waiting.unwrap().unwrap();
    assert_eq!(
        (waiting.code.as_str(), waiting.denied, waiting.scope),
        ("no-permission", true, Some(RECORD))
    );
}
