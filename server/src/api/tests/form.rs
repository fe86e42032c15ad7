//! The form of every answer: pages, problems, who is asked who he is.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::{Router, routing};
use satchel_core::clock::Clock;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{NOW, filled, id, read, relay};
use crate::api::problem;

#[tokio::test]
async fn lists_come_in_pages_without_gaps_or_repeats() {
    let (relay, keys) = relay().await;
    let mut seen = Vec::new();
    let mut path = "/v1/members?limit=3".to_owned();
    loop {
        let (status, page) = relay.send("GET", &path, Some(&keys.rep), None).await;
        assert_eq!(status, StatusCode::OK);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/members?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, (1..=4).map(|n| id(n).to_string()).collect::<Vec<_>>());
    for bad in ["limit=0", "limit=201", "limit=x", "cursor=!", "cursor=AAAA"] {
        let (status, _) = relay
            .send("GET", &format!("/v1/members?{bad}"), Some(&keys.rep), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn whatever_is_sent_the_error_is_a_problem_document() {
    let (relay, keys) = relay().await;
    let raw = async |method: &str, path: &str, kind: &str, body: Vec<u8>| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, kind)
            .header(header::AUTHORIZATION, format!("Bearer {}", keys.admin));
        let response = relay
            .router
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        assert!(response.headers().contains_key("x-request-id"));
        let (status, kind, text) = read(response).await;
        assert_eq!(kind, "application/problem+json", "{method} {path}: {text}");
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(problem["status"], json!(status.as_u16()));
        status.as_u16()
    };
    let json = "application/json";
    assert_eq!(raw("GET", "/v1/nowhere", json, vec![]).await, 404);
    assert_eq!(raw("GET", "/v1/members/not-an-id", json, vec![]).await, 404);
    assert_eq!(raw("PUT", "/v1/members", json, vec![]).await, 405);
    assert_eq!(raw("POST", "/v1/teams", json, b"{".to_vec()).await, 400);
    assert_eq!(raw("POST", "/v1/teams", json, b"{\"name\":1}".to_vec()).await, 422);
    assert_eq!(
        raw("POST", "/v1/teams", json, b"{\"name\":\"a\",\"nmae\":2}".to_vec()).await,
        422
    );
    assert_eq!(raw("POST", "/v1/teams", "text/plain", b"{}".to_vec()).await, 415);
    assert_eq!(raw("POST", "/v1/teams", json, vec![b' '; 2 << 20]).await, 413);
}

#[tokio::test]
async fn every_documented_route_but_the_open_ones_asks_who_is_there() {
    let (relay, _) = relay().await;
    let (_, document) = relay.send("GET", "/v1/openapi.json", None, None).await;
    assert_eq!(document["openapi"], json!("3.1.0"));
    let open = BTreeSet::from([
        "/healthz",
        "/readyz",
        "/v1/enrol",
        "/v1/sign-in",
        "/v1/token",
        "/v1/token/challenge",
    ]);
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let filled = filled(path, &id(1).to_string());
        for method in item
            .as_object()
            .unwrap()
            .keys()
            .filter(|_| !open.contains(path.as_str()))
        {
            let (status, _) = relay.send(&method.to_uppercase(), &filled, None, Some(json!({}))).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked >= 19, "only {asked} routes were found in the document");
}

#[tokio::test]
async fn it_is_ready_until_it_stops_and_a_panic_is_a_problem_without_its_text() {
    let (relay, _) = relay().await;
    assert_eq!(relay.send("GET", "/healthz", None, None).await.0, StatusCode::OK);
    assert_eq!(relay.send("GET", "/readyz", None, None).await.0, StatusCode::OK);
    relay.state.shutdown.send_replace(true);
    assert_eq!(
        relay.send("GET", "/readyz", None, None).await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(relay.send("GET", "/healthz", None, None).await.0, StatusCode::OK);

    let panicking: Router = Router::new()
        .route("/", routing::get(async || -> () { panic!("secret") }))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(problem::from_panic));
    let request = Request::builder().uri("/").body(Body::empty()).unwrap();
    let (status, kind, text) = read(panicking.oneshot(request).await.unwrap()).await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "application/problem+json")
    );
    assert!(!text.contains("secret"));
    assert!(relay.clock.now_ms() >= NOW);
}

#[tokio::test]
async fn every_operation_and_schema_of_the_document_can_be_named_by_a_generator() {
    let (relay, _) = relay().await;
    let (_, document) = relay.send("GET", "/v1/openapi.json", None, None).await;
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"]
                .as_str()
                .unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(operations.insert(name.to_owned()), "{name} names two operations");
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    let references: BTreeSet<&str> = text
        .split("\"#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(references.len() >= 20, "only {references:?}");
    assert!(
        references.iter().all(|name| schemas.contains_key(*name)),
        "a reference leads nowhere"
    );
}
