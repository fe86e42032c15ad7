mod browser;
mod form;
mod insight;
mod line;
mod pack;
mod quarantine;
mod reach;
mod record;
mod restore;
mod walk;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use satchel_core::clock::{ManualClock, SeededEntropy};
use satchel_core::ids::{DeviceId, MemberId, OrgId, RunId, ScopeId, TeamId};
use satchel_core::policy::Role;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::app;
use crate::config::Config;
use crate::identity::member::{self, NewMember};
use crate::identity::token::signed_text;
use crate::identity::{Actor, IdentityError, key, org, scope, team};
use crate::state::AppState;
use crate::store::Sequence;
use crate::store::sqlite::{Database, Options};

const NOW: i64 = 1_764_000_000_000;

struct Relay {
    router: Router,
    state: AppState,
    clock: Arc<ManualClock>,
    _directory: tempfile::TempDir,
}

/// Keys of an admin, of the manager of one team, and of a rep in each of two teams.
struct Keys {
    admin: String,
    manager: String,
    rep: String,
    other: String,
}

fn id(n: u8) -> MemberId {
    MemberId::from_bytes([n; 16])
}

/// A documented path with its places filled in.
fn filled(path: &str, with: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { with } else { part });
    parts.collect::<Vec<_>>().join("/")
}

const TEAM: TeamId = TeamId::from_bytes([101; 16]);
const OTHER_TEAM: TeamId = TeamId::from_bytes([102; 16]);
const RECORD: ScopeId = ScopeId::from_bytes([77; 16]);

async fn relay() -> (Relay, Keys) {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("relay.sqlite"), &Options::default()).unwrap();
    let clock = Arc::new(ManualClock::new(NOW));
    let config = Config {
        public_url: Some("https://relay.example".into()),
        ..Config::default()
    };
    let state = AppState::new(database, config, clock.clone(), Arc::new(SeededEntropy::new(11)));
    let keys = state
        .database
        .write::<_, IdentityError>(|tx| {
            let operator = Actor::Operator;
            org::create(tx, OrgId::from_bytes([100; 16]), "Org", NOW)?;
            tx.begin_run(RunId::from_bytes([9; 16]), NOW)?;
            team::add(tx, &operator, TEAM, "North", None, NOW)?;
            team::add(tx, &operator, OTHER_TEAM, "South", None, NOW)?;
            let entropy = SeededEntropy::new(5);
            let mut secrets = Vec::new();
            let people = [
                (Role::Admin, None),
                (Role::Manager, Some(TEAM)),
                (Role::Rep, Some(TEAM)),
                (Role::Rep, Some(OTHER_TEAM)),
            ];
            for (n, (role, team)) in (1..).zip(people) {
                let (name, locale, time_zone) = ("某人".into(), "zh-CN".into(), "Asia/Shanghai".into());
                member::add(
                    tx,
                    &operator,
                    id(n),
                    &NewMember {
                        name,
                        role,
                        team,
                        locale,
                        time_zone,
                    },
                    NOW,
                )?;
                secrets.push(key::create(tx, &operator, id(n), "test", NOW, &entropy)?.1);
            }
            scope::register_record_scope(tx, RECORD, id(3), NOW)?;
            Ok(secrets)
        })
        .await
        .unwrap();
    let [admin, manager, rep, other] = keys.try_into().unwrap();
    (
        Relay {
            router: app(state.clone()),
            state,
            clock,
            _directory: directory,
        },
        Keys {
            admin,
            manager,
            rep,
            other,
        },
    )
}

impl Relay {
    async fn send(&self, method: &str, path: &str, bearer: Option<&str>, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(bearer) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, kind, text) = read(response).await;
        if status.is_client_error() || status.is_server_error() {
            assert_eq!(kind, "application/problem+json", "{method} {path}: {text}");
        }
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

async fn read(response: Response) -> (StatusCode, String, String) {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.map_or("", |value| value.to_str().unwrap()).to_owned();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, kind, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_device_enrols_signs_in_and_is_revoked() {
    let (relay, keys) = relay().await;
    let (status, invite) = relay
        .send(
            "POST",
            &format!("/v1/members/{}/invites", id(3)),
            Some(&keys.manager),
            None,
        )
        .await;
    assert_eq!(status, StatusCode::CREATED, "{invite}");
    let link = invite["link"].as_str().unwrap();
    assert!(
        link.starts_with("satchel://enrol?relay=https%3A%2F%2Frelay.example&code="),
        "{link}"
    );
    assert!(invite["qr_svg"].as_str().unwrap().contains("<svg"));

    let signer = SigningKey::from_bytes(&[42; 32]);
    let mut enrol = json!({
        "code": invite["code"], "device_name": "Phone", "platform": "android",
        "public_key": BASE64URL_NOPAD.encode(signer.verifying_key().as_bytes()),
    });
    let (status, enrolled) = relay.send("POST", "/v1/enrol", None, Some(enrol.clone())).await;
    assert_eq!(status, StatusCode::OK, "{enrolled}");
    assert_eq!(enrolled["member_id"], json!(id(3)));
    assert_eq!(
        (&enrolled["role"], &enrolled["locale"]),
        (&json!("rep"), &json!("zh-CN"))
    );
    enrol["code"] = json!("0000-0000-0000-0000");
    assert_eq!(
        relay.send("POST", "/v1/enrol", None, Some(enrol)).await.0,
        StatusCode::UNAUTHORIZED
    );

    let device: DeviceId = enrolled["device_id"].as_str().unwrap().parse().unwrap();
    let sign_in = async || {
        let (_, answer) = relay
            .send(
                "POST",
                "/v1/token/challenge",
                None,
                Some(json!({ "device_id": device })),
            )
            .await;
        let challenge = answer["challenge"].as_str().unwrap();
        let signature = signer.sign(signed_text(device, challenge).as_bytes()).to_bytes();
        let proof =
            json!({ "device_id": device, "challenge": challenge, "signature": BASE64URL_NOPAD.encode(&signature) });
        let (status, answer) = relay.send("POST", "/v1/token", None, Some(proof)).await;
        assert_eq!((status, &answer["expires_in_s"]), (StatusCode::OK, &json!(900)));
        answer["token"].as_str().unwrap().to_owned()
    };
    let token = sign_in().await;
    let (status, who) = relay.send("GET", "/v1/session", Some(&token), None).await;
    assert_eq!((status, &who["device"]), (StatusCode::OK, &json!(device)));
    relay.clock.advance_ms(900_000);
    assert_eq!(
        relay.send("GET", "/v1/session", Some(&token), None).await.0,
        StatusCode::UNAUTHORIZED
    );

    let token = sign_in().await;
    let path = format!("/v1/devices/{device}");
    assert_eq!(
        relay.send("DELETE", &path, Some(&keys.other), None).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        relay.send("DELETE", &path, Some(&keys.manager), None).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        relay.send("GET", "/v1/session", Some(&token), None).await.0,
        StatusCode::UNAUTHORIZED
    );
    let token = sign_in().await;
    assert_eq!(
        relay.send("GET", "/v1/session", Some(&token), None).await.0,
        StatusCode::FORBIDDEN
    );
    let (_, list) = relay.send("GET", "/v1/devices", Some(&keys.rep), None).await;
    assert!(list["items"][0]["revoked_at"].is_string(), "{list}");
}

#[tokio::test]
async fn failures_are_counted_and_slowed_down() {
    let (relay, _) = relay().await;
    let guess = json!({ "device_id": DeviceId::default(), "challenge": "x", "signature": "A".repeat(86) });
    for _ in 0..10 {
        assert_eq!(
            relay.send("POST", "/v1/token", None, Some(guess.clone())).await.0,
            StatusCode::UNAUTHORIZED
        );
    }
    let (status, problem) = relay.send("POST", "/v1/token", None, Some(guess.clone())).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("throttled"))
    );
    relay.clock.advance_ms(15 * 60 * 1000);
    assert_eq!(
        relay.send("POST", "/v1/token", None, Some(guess)).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn people_are_managed_within_ones_reach() {
    let (relay, keys) = relay().await;
    let new = |team: TeamId, role: &str| json!({ "name": "新人", "role": role, "team": team, "locale": "zh-CN", "time_zone": "Asia/Shanghai" });
    let post = async |bearer: &str, body| relay.send("POST", "/v1/members", Some(bearer), Some(body)).await;
    let (status, added) = post(&keys.manager, new(TEAM, "rep")).await;
    assert_eq!((status, &added["name"]), (StatusCode::CREATED, &json!("新人")));
    assert_eq!(
        post(&keys.manager, new(OTHER_TEAM, "rep")).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(post(&keys.manager, new(TEAM, "admin")).await.0, StatusCode::FORBIDDEN);
    assert_eq!(post(&keys.rep, new(TEAM, "rep")).await.0, StatusCode::FORBIDDEN);
    let mut odd = new(TEAM, "rep");
    odd["time_zone"] = json!("Mars/Olympus");
    let (status, problem) = post(&keys.admin, odd).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["violations"][0]["field"], json!("time_zone"));

    let path = format!("/v1/members/{}", added["id"].as_str().unwrap());
    let change = json!({ "name": "改名", "team": OTHER_TEAM });
    assert_eq!(
        relay
            .send("PATCH", &path, Some(&keys.manager), Some(change.clone()))
            .await
            .0,
        StatusCode::FORBIDDEN
    );
    let (status, changed) = relay.send("PATCH", &path, Some(&keys.admin), Some(change)).await;
    assert_eq!(
        (status, &changed["team"], &changed["name"]),
        (StatusCode::OK, &json!(OTHER_TEAM), &json!("改名"))
    );

    let (status, made) = relay
        .send("POST", "/v1/teams", Some(&keys.admin), Some(json!({ "name": "East" })))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let path = format!("/v1/teams/{}", made["id"].as_str().unwrap());
    let under = json!({ "parent": TEAM, "name": "Inner" });
    let (_, moved) = relay.send("PATCH", &path, Some(&keys.admin), Some(under)).await;
    assert_eq!((&moved["parent"], &moved["name"]), (&json!(TEAM), &json!("Inner")));
    let circle = json!({ "parent": made["id"] });
    let (status, problem) = relay
        .send("PATCH", &format!("/v1/teams/{TEAM}"), Some(&keys.admin), Some(circle))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("team-circle"))
    );

    let new_key = json!({ "member": id(3), "name": "CRM" });
    assert_eq!(
        relay
            .send("POST", "/v1/keys", Some(&keys.manager), Some(new_key.clone()))
            .await
            .0,
        StatusCode::FORBIDDEN
    );
    let (_, made) = relay.send("POST", "/v1/keys", Some(&keys.admin), Some(new_key)).await;
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(
        relay.send("GET", "/v1/session", Some(secret), None).await.0,
        StatusCode::OK
    );
    let path = format!("/v1/keys/{}", made["key"]["id"].as_str().unwrap());
    assert_eq!(
        relay.send("DELETE", &path, Some(&keys.admin), None).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        relay.send("GET", "/v1/session", Some(secret), None).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_record_changes_hands_and_strangers_do_not_learn_that_it_exists() {
    let (relay, keys) = relay().await;
    let path = format!("/v1/scopes/{RECORD}");
    let (_, before) = relay.send("GET", &path, Some(&keys.rep), None).await;
    assert_eq!(
        (&before["assignees"], &before["access"]),
        (&json!([id(3)]), &json!("write"))
    );
    assert_eq!(
        relay.send("GET", &path, Some(&keys.other), None).await.0,
        StatusCode::NOT_FOUND
    );
    let give = json!({ "from": id(3), "to": id(4) });
    let handover = format!("{path}/handover");
    let send = async |bearer: &str| relay.send("POST", &handover, Some(bearer), Some(give.clone())).await.0;
    assert_eq!(
        send(&keys.other).await,
        StatusCode::NOT_FOUND,
        "one who may not read it"
    );
    assert_eq!(send(&keys.rep).await, StatusCode::FORBIDDEN, "one who may");
    assert_eq!(
        send(&keys.manager).await,
        StatusCode::FORBIDDEN,
        "the receiver is in another team"
    );
    assert_eq!(send(&keys.admin).await, StatusCode::NO_CONTENT);
    assert_eq!(
        relay.send("GET", &path, Some(&keys.rep), None).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        relay.send("GET", &path, Some(&keys.other), None).await.0,
        StatusCode::OK
    );
    let both = format!("{path}/assignees/{}", id(3));
    for _ in 0..2 {
        assert_eq!(
            relay.send("PUT", &both, Some(&keys.admin), None).await.0,
            StatusCode::NO_CONTENT
        );
    }
    assert_eq!(
        relay.send("GET", &path, Some(&keys.rep), None).await.1["assignees"],
        json!([id(3), id(4)])
    );
    assert_eq!(
        relay.send("DELETE", &both, Some(&keys.admin), None).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        relay.send("GET", &path, Some(&keys.rep), None).await.0,
        StatusCode::NOT_FOUND
    );
    let private = format!("/v1/scopes/{}", ScopeId::private_of(id(3)));
    assert_eq!(
        relay.send("GET", &private, Some(&keys.admin), None).await.0,
        StatusCode::NOT_FOUND
    );
}
