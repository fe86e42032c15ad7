//! Browsers: a link works once and for a while, the cookie is the page's alone, and the rights are the member's.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Request, StatusCode, header};
use futures_util::StreamExt;
use satchel_core::ids::{DeviceId, MemberId};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::record::customer;
use super::{Keys, NOW, Relay, id, read, relay};
use crate::identity::member::{MemberPatch, edit};
use crate::identity::{Actor, IdentityError, browser, secret};
use crate::relay::{RelayError, restore};
use crate::store::StoreError;
use crate::store::people::{Device, Enrolment, Token};
use crate::store::restore::Cause;

/// What our page sends with everything.
const PAGE: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("x-satchel-page", "1")];

struct Told {
    status: StatusCode,
    headers: HeaderMap,
    json: Value,
}

impl Relay {
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Told {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let headers = response.headers().clone();
        let (status, _, text) = read(response).await;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Told { status, headers, json }
    }

    /// A link as the operator makes it: its secret.
    async fn link(&self, of: MemberId) -> String {
        let entropy = self.state.entropy.clone();
        let now_ms = satchel_core::clock::Clock::now_ms(&*self.clock);
        let made = self
            .state
            .database
            .write::<_, IdentityError>(move |tx| {
                browser::link(
                    tx,
                    &Actor::Operator,
                    of,
                    "https://relay.example/",
                    900,
                    now_ms,
                    &*entropy,
                )
            })
            .await
            .unwrap();
        let secret = made.url.strip_prefix("https://relay.example/sign-in#").unwrap();
        assert!(secret.len() >= 43, "256 bits: {secret}");
        secret.to_owned()
    }

    async fn use_link(&self, code: &str) -> Told {
        self.ask("POST", "/v1/sign-in", &PAGE, Some(json!({ "code": code })))
            .await
    }

    /// The cookie of a browser that signed in, as it is sent back.
    async fn sign_in(&self, of: MemberId) -> String {
        let told = self.use_link(&self.link(of).await).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.json);
        let set = told.headers[header::SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    async fn with(&self, cookie: &str, method: &str, path: &str, body: Option<Value>) -> Told {
        let headers = [PAGE[0], PAGE[1], ("cookie", cookie)];
        self.ask(method, path, &headers, body).await
    }
}

#[tokio::test]
async fn a_link_signs_in_once_and_its_cookie_is_guarded() {
    let (relay, _) = relay().await;
    let code = relay.link(id(2)).await;
    let told = relay.use_link(&code).await;
    assert_eq!((told.status, &told.json["member_id"]), (StatusCode::OK, &json!(id(2))));
    let set = told.headers[header::SET_COOKIE].to_str().unwrap();
    let flags: Vec<&str> = set.split("; ").skip(1).collect();
    assert_eq!(
        flags,
        ["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=604800", "Secure"]
    );
    assert!(set.starts_with("__Host-satchel=sw_"), "{set}");
    assert_eq!(told.headers[header::CACHE_CONTROL], "no-store");

    let cookie = set.split(';').next().unwrap();
    let who = relay.with(cookie, "GET", "/v1/session", None).await;
    assert_eq!((who.status, &who.json["member"]["id"]), (StatusCode::OK, &json!(id(2))));
    assert_eq!(who.json.get("device"), None);

    for wrong in [code.as_str(), "", "AAAAAAAA", &code[1..]] {
        let again = relay.use_link(wrong).await;
        assert_eq!(
            (again.status, &again.json["code"]),
            (StatusCode::UNAUTHORIZED, &json!("not-proven"))
        );
        assert!(!again.headers.contains_key(header::SET_COOKIE));
    }
    // The cookie's value is no token, and a token no cookie.
    let bearer = format!("Bearer {}", cookie.split_once('=').unwrap().1);
    let told = relay
        .ask("GET", "/v1/session", &[("authorization", &bearer)], None)
        .await;
    assert_eq!(told.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_link_and_a_session_end_by_themselves() {
    let (relay, _) = relay().await;
    let code = relay.link(id(2)).await;
    relay.clock.advance_ms(900_000);
    assert_eq!(relay.use_link(&code).await.status, StatusCode::UNAUTHORIZED);

    let cookie = relay.sign_in(id(2)).await;
    relay.clock.advance_ms(7 * 24 * 3_600_000 - 1);
    let path = "/v1/session";
    assert_eq!(relay.with(&cookie, "GET", path, None).await.status, StatusCode::OK);
    relay.clock.advance_ms(1);
    let over = relay.with(&cookie, "GET", path, None).await;
    assert_eq!(
        (over.status, &over.json["code"]),
        (StatusCode::UNAUTHORIZED, &json!("signed-out"))
    );
}

#[tokio::test]
async fn a_relay_that_was_put_back_signs_nobody_in() {
    let (relay, _) = relay().await;
    let (code, cookie) = (relay.link(id(2)).await, relay.sign_in(id(2)).await);
    let began = relay
        .state
        .database
        .write::<_, RelayError>(|tx| Ok(restore::begin(tx, Cause::Operator, NOW)?));
    began.await.unwrap();
    let told = relay.use_link(&code).await;
    assert_eq!(
        (told.status, &told.json["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("restored"))
    );
    let told = relay.with(&cookie, "GET", "/v1/session", None).await;
    assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let (relay, _) = relay().await;
    let code = relay.link(id(2)).await;
    for _ in 0..10 {
        assert_eq!(relay.use_link("guess").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(relay.use_link(&code).await.status, StatusCode::TOO_MANY_REQUESTS);
    relay.clock.advance_ms(15 * 60 * 1000 - 1);
    assert_eq!(relay.use_link(&code).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn another_sites_page_can_do_nothing_with_the_cookie() {
    let (relay, _) = relay().await;
    let cookie = relay.sign_in(id(1)).await;
    let cookie = ("cookie", cookie.as_str());
    let page = ("x-satchel-page", "1");
    let team = || Some(json!({ "name": "East" }));
    let refused: [&[(&str, &str)]; 6] = [
        &[cookie],
        &[cookie, ("sec-fetch-site", "same-origin")],
        &[cookie, page, ("sec-fetch-site", "cross-site")],
        &[cookie, page, ("sec-fetch-site", "same-site")],
        &[cookie, page, ("sec-fetch-site", "none")],
        &[cookie, page, ("origin", "https://evil.example")],
    ];
    for headers in refused {
        let told = relay.ask("POST", "/v1/teams", headers, team()).await;
        assert_eq!(
            (told.status, &told.json["code"]),
            (StatusCode::FORBIDDEN, &json!("cross-site")),
            "{headers:?}"
        );
        let code = relay.link(id(1)).await;
        let without = &headers[1..];
        let told = relay
            .ask("POST", "/v1/sign-in", without, Some(json!({ "code": code })))
            .await;
        assert_eq!(told.status, StatusCode::FORBIDDEN, "a sign-in: {without:?}");
        assert_eq!(
            relay.use_link(&code).await.status,
            StatusCode::OK,
            "the link is not used up"
        );
    }
    for headers in [
        [cookie, page, ("origin", "https://relay.example")],
        [cookie, page, ("sec-fetch-site", "same-origin")],
    ] {
        let told = relay.ask("POST", "/v1/teams", &headers, team()).await;
        assert_eq!(told.status, StatusCode::CREATED, "{headers:?}");
    }
    // Reading: what another page embeds is refused, what somebody types is not.
    for (site, status) in [
        ("cross-site", StatusCode::FORBIDDEN),
        ("same-site", StatusCode::FORBIDDEN),
        ("none", StatusCode::OK),
        ("same-origin", StatusCode::OK),
    ] {
        let told = relay
            .ask("GET", "/v1/members", &[cookie, ("sec-fetch-site", site)], None)
            .await;
        assert_eq!(told.status, status, "{site}");
    }
    // The devices' protocol is not the page's.
    for (method, path) in [("POST", "/v1/sync"), ("GET", "/v1/live")] {
        let told = relay.ask(method, path, &[cookie, page], None).await;
        assert_ne!(told.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_browser_has_its_members_rights_and_no_more() {
    let (relay, keys) = relay().await;
    let own = customer(&relay, &keys.rep, "自己的").await;
    let foreign = customer(&relay, &keys.other, "别人的").await;
    let cookie = relay.sign_in(id(3)).await;
    let found = |id| format!("/v1/customers/{id}");
    assert_eq!(
        relay.with(&cookie, "GET", &found(own), None).await.status,
        StatusCode::OK
    );
    assert_eq!(
        relay.with(&cookie, "GET", &found(foreign), None).await.status,
        StatusCode::NOT_FOUND
    );
    let list = relay.with(&cookie, "GET", "/v1/customers", None).await.json;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    for (path, body) in [
        ("/v1/teams", json!({ "name": "East" })),
        ("/v1/keys", json!({ "member": id(3), "name": "x" })),
        ("/v1/sign-in-links", json!({})),
    ] {
        let told = relay.with(&cookie, "POST", path, Some(body)).await;
        assert_eq!(told.status, StatusCode::FORBIDDEN, "{path}");
    }
    let edit = Some(json!({ "fields": { "name": "改名" } }));
    assert_eq!(
        relay.with(&cookie, "PATCH", &found(own), edit).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn signing_out_ends_this_browser_or_all_of_them() {
    let (relay, keys) = relay().await;
    let (one, two, other) = (
        relay.sign_in(id(2)).await,
        relay.sign_in(id(2)).await,
        relay.sign_in(id(3)).await,
    );
    let status = async |cookie: &str| relay.with(cookie, "GET", "/v1/session", None).await.status;
    let out = relay.with(&one, "DELETE", "/v1/session", None).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    let taken = out.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        taken.starts_with("__Host-satchel=;") && taken.contains("Max-Age=0"),
        "{taken}"
    );
    assert_eq!(status(&one).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&two).await, StatusCode::OK);
    let (told, _) = relay.send("DELETE", "/v1/session", Some(&keys.manager), None).await;
    assert_eq!(told, StatusCode::CONFLICT, "a key has no browser");
    let (told, _) = relay
        .send("DELETE", "/v1/session?everywhere=true", Some(&keys.manager), None)
        .await;
    assert_eq!(told, StatusCode::NO_CONTENT);
    assert_eq!(status(&two).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&other).await, StatusCode::OK, "another member's");
}

#[tokio::test]
async fn one_who_has_left_is_signed_out_for_good() {
    let (relay, _) = relay().await;
    let (cookie, waiting) = (relay.sign_in(id(3)).await, relay.link(id(3)).await);
    for active in [false, true] {
        let patch = MemberPatch {
            active: Some(active),
            ..MemberPatch::default()
        };
        let change = move |tx: &mut crate::store::sqlite::Transaction<'_>| {
            edit(tx, &Actor::Operator, id(3), &patch, NOW).map(|_| ())
        };
        relay.state.database.write::<_, IdentityError>(change).await.unwrap();
        assert_eq!(
            relay.with(&cookie, "GET", "/v1/session", None).await.status,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(relay.use_link(&waiting).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_device_opens_the_dashboard_for_its_member_only() {
    let (relay, keys) = relay().await;
    relay
        .state
        .database
        .write::<_, StoreError>(|tx| {
            let device = DeviceId::from_bytes([8; 16]);
            tx.put_device(&Device {
                id: device,
                member: id(2),
                name: "Phone".into(),
                platform: "android".into(),
                public_key: [8; 32],
                created_at_ms: NOW,
                last_seen_at_ms: None,
                revoked_at_ms: None,
            })?;
            tx.put_token(&Token {
                hash: secret::hash(b"st_device"),
                device,
                revoked: false,
                expires_at_ms: NOW + 900_000,
            })
        })
        .await
        .unwrap();
    let (status, made) = relay.send("POST", "/v1/sign-in-links", Some("st_device"), None).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let code = made["link"].as_str().unwrap().rsplit('#').next().unwrap();
    assert_eq!(relay.use_link(code).await.json["member_id"], json!(id(2)));
    let (status, _) = relay.send("POST", "/v1/sign-in-links", Some(&keys.manager), None).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a key is no person");
}

/// Opens the stream of events; the router's answer is read piece by piece.
async fn follow(relay: &Relay, cookie: &str, after: &str) -> BodyDataStream {
    let request = Request::builder()
        .uri(format!("/v1/events?after={after}"))
        .header(header::ACCEPT, "text/event-stream")
        .header(header::COOKIE, cookie);
    let response = relay
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    let hello = stream.next().await.unwrap().unwrap();
    assert_eq!(hello, format!("event: hello\nid: {after}\ndata: {{}}\n\n"));
    stream
}

/// The next event's data; none where the stream has ended.
async fn event(stream: &mut BodyDataStream) -> Option<Value> {
    let next = tokio::time::timeout(Duration::from_secs(10), stream.next());
    let bytes = next.await.expect("an event within ten seconds")?.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let data = text.lines().find_map(|line| line.strip_prefix("data: "));
    Some(serde_json::from_str(data.unwrap_or_else(|| panic!("no event: {text}"))).unwrap())
}

#[tokio::test]
async fn what_changes_is_told_as_it_happens_to_those_who_may_see_it() {
    let (relay, keys) = relay().await;
    let cookie = relay.sign_in(id(3)).await;
    let now = relay
        .state
        .database
        .read::<_, StoreError>(|tx| crate::store::Sequence::last_seq(tx));
    let now = now.await.unwrap().to_string();
    let mut stream = follow(&relay, &cookie, &now).await;
    customer(&relay, &keys.other, "别人的").await;
    let own = customer(&relay, &keys.rep, "自己的").await;
    let shown = |event: Option<Value>| -> Vec<String> {
        let items = event.unwrap()["items"].as_array().unwrap().clone();
        let records = items.iter().filter_map(|item| item["record"]["id"].as_str());
        records.map(str::to_owned).collect()
    };
    assert_eq!(shown(event(&mut stream).await), [own.to_string()]);
    let mut late = follow(&relay, &cookie, &now).await;
    assert_eq!(
        shown(event(&mut late).await),
        [own.to_string()],
        "one that connects again misses nothing"
    );

    let Keys { rep, .. } = &keys;
    relay.with(&cookie, "DELETE", "/v1/session", None).await;
    customer(&relay, rep, "还有一个").await;
    assert_eq!(event(&mut stream).await, None, "it ends with the session");
    let (status, problem) = relay.send("GET", "/v1/events", Some(rep), None).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_ACCEPTABLE, &json!("not-acceptable"))
    );
}
