//! Walks over many records: pages and the feed of changes.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::record::customer;
use super::relay;

#[tokio::test]
async fn pages_and_the_feed_cover_everything_once() {
    let (relay, keys) = relay().await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(
            customer(&relay, &keys.rep, if n % 2 == 0 { "even" } else { "odd" })
                .await
                .to_string(),
        );
    }
    made.sort();
    let walk = async |query: &str| {
        let mut seen = Vec::new();
        let mut path = format!("/v1/customers?{query}");
        loop {
            let page = relay
                .call("GET", &path, &keys.rep, None, None)
                .await
                .must(StatusCode::OK);
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/v1/customers?{query}&cursor={cursor}"),
                None => return seen,
            }
        }
    };
    for query in ["limit=3", "limit=7", "limit=200"] {
        assert_eq!(walk(query).await, made, "{query}");
    }
    assert_eq!(walk("limit=2&name=odd").await.len(), 3);
    assert_eq!(walk("name=neither").await, Vec::<String>::new());
    let scope = &made[2];
    assert_eq!(walk(&format!("scope={scope}")).await, std::slice::from_ref(scope));

    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let path = format!("/v1/changes?after={after}&limit=2");
        let feed = relay
            .call("GET", &path, &keys.rep, None, None)
            .await
            .must(StatusCode::OK);
        let records = feed["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|item| item["record"]["id"].as_str());
        seen.extend(records.map(str::to_owned));
        after = feed["next_after"].as_u64().unwrap();
        if feed["more"] == json!(false) {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, made);
    let feed = async |after: u64| {
        relay
            .call("GET", &format!("/v1/changes?after={after}"), &keys.rep, None, None)
            .await
            .json
    };
    assert_eq!(feed(after).await["items"], json!([]));
    let edit = Some(json!({ "fields": { "name": "new" } }));
    relay
        .call("PATCH", &format!("/v1/customers/{scope}"), &keys.rep, None, edit)
        .await
        .must(StatusCode::OK);
    let now = feed(after).await;
    assert_eq!(
        (&now["items"][0]["record"]["fields"]["name"], &now["items"][1]),
        (&json!("new"), &Value::Null)
    );
}
