//! Packs over HTTP: built once, served in parts, to nobody who may not read all of them, and never after a loss.

use std::collections::BTreeSet;

use satchel_core::document::{Document, restored};
use satchel_core::domain;
use satchel_core::ids::DocumentId;
use satchel_core::schema::Patch;
use satchel_core::wire::{self, Frame, Pack, PackHash, PackReader};

use super::*;
use crate::api::session;
use crate::relay::pack::{Group, LeftOut, Packing, build, plan};
use crate::relay::{Context, Draft, Presence, RelayError, Subscription, WriteError, create, explain, restore};
use crate::store::restore::Cause;

const SECRET: &str = "Quetzalcoatl-7131";

/// A device of a member, signed in.
pub(super) async fn device(relay: &Relay, keys: &Keys, member: u8, number: u8) -> String {
    let path = format!("/v1/members/{}/invites", id(member));
    let (_, invite) = relay.send("POST", &path, Some(&keys.admin), None).await;
    let signer = SigningKey::from_bytes(&[number; 32]);
    let public_key = BASE64URL_NOPAD.encode(signer.verifying_key().as_bytes());
    let enrol =
        json!({ "code": invite["code"], "device_name": "Phone", "platform": "android", "public_key": public_key });
    let (status, enrolled) = relay.send("POST", "/v1/enrol", None, Some(enrol)).await;
    assert_eq!(status, StatusCode::OK, "{enrolled}");
    let device: DeviceId = enrolled["device_id"].as_str().unwrap().parse().unwrap();
    let asked = json!({ "device_id": device });
    let (_, answer) = relay.send("POST", "/v1/token/challenge", None, Some(asked)).await;
    let challenge = answer["challenge"].as_str().unwrap();
    let signature = signer.sign(signed_text(device, challenge).as_bytes()).to_bytes();
    let proof = json!({ "device_id": device, "challenge": challenge, "signature": BASE64URL_NOPAD.encode(&signature) });
    let (_, answer) = relay.send("POST", "/v1/token", None, Some(proof)).await;
    answer["token"].as_str().unwrap().to_owned()
}

async fn get(relay: &Relay, path: &str, token: &str, range: Option<&str>) -> (StatusCode, header::HeaderMap, Vec<u8>) {
    let mut request = Request::builder()
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = relay.router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, bytes.to_vec())
}

async fn manifest(relay: &Relay, token: &str) -> Vec<Pack> {
    let (status, _, message) = get(relay, "/v1/packs", token, None).await;
    assert_eq!(status, StatusCode::OK);
    let mut packs = Vec::new();
    let mut ended = false;
    for frame in wire::decode(&message).unwrap() {
        match frame {
            Frame::Pack(pack) => packs.push(pack),
            Frame::Manifest(manifest) => {
                assert!(!manifest.more);
                ended = true;
            }
            other => panic!("{other:?} in a manifest"),
        }
    }
    assert!(ended, "a manifest says where it ends");
    packs
}

async fn fetch(relay: &Relay, token: &str, hash: PackHash) -> (StatusCode, Vec<u8>) {
    let (status, _, bytes) = get(relay, &format!("/v1/packs/{hash}"), token, None).await;
    (status, bytes)
}

/// What the relay answers to a `Hello`.
async fn exchange(relay: &Relay, token: &str, hello: wire::Hello) -> Vec<Frame> {
    let request = Request::builder()
        .method("POST")
        .uri("/v1/sync")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(wire::encode(&[hello.into()]).unwrap()))
        .unwrap();
    let response = relay.router.clone().oneshot(request).await.unwrap();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    wire::decode(&bytes).unwrap()
}

/// Customers made by a rep over REST; returns their ids.
pub(super) async fn customers(relay: &Relay, key: &str, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for number in 0..count {
        let body = json!({ "fields": { "name": format!("Corner shop {number}"), "industry": "retail" } });
        let (status, customer) = relay.send("POST", "/v1/customers", Some(key), Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{customer}");
        made.push(customer["id"].as_str().unwrap().to_owned());
    }
    made
}

/// The rows of a pack, as text.
fn rows(bytes: &[u8]) -> Vec<String> {
    let mut reader = PackReader::new(bytes).unwrap();
    let mut rows = Vec::new();
    while let Some(document) = reader.next_document().unwrap() {
        assert!(!document.whole, "an ordinary snapshot is stripped");
        let snapshot = restored(document.id, &document.heads, &document.snapshot.unwrap()).unwrap();
        let kind = domain::kind(&document.kind).unwrap();
        let loaded = Document::load(kind, document.id, &snapshot, std::iter::empty::<&[u8]>());
        assert_eq!(loaded.unwrap().heads(), document.heads);
        rows.push(String::from_utf8(document.row.to_vec()).unwrap());
    }
    rows
}

#[tokio::test]
async fn a_pack_is_built_once_and_served_whole_and_in_parts_to_all_its_readers() {
    let (relay, keys) = relay().await;
    let made = customers(&relay, &keys.rep, 120).await;
    let task = json!({ "fields": { "parent": made[7], "title": "Call back" } });
    let (status, answer) = relay.send("POST", "/v1/tasks", Some(&keys.rep), Some(task)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");

    let first = device(&relay, &keys, 3, 41).await;
    let second = device(&relay, &keys, 3, 42).await;
    let manager = device(&relay, &keys, 2, 43).await;
    let (a, b, c) = tokio::join!(
        manifest(&relay, &first),
        manifest(&relay, &second),
        manifest(&relay, &manager)
    );
    assert_eq!((&a, &a), (&b, &c), "one pack for everybody who may read it");
    assert_eq!(relay.state.shelf.built(), 1, "asked by three at once, built once");
    manifest(&relay, &first).await;
    assert_eq!(relay.state.shelf.built(), 1);

    let [pack] = a.as_slice() else { panic!("{a:?}") };
    let (status, bytes) = fetch(&relay, &manager, pack.hash).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((PackHash::of(&bytes), bytes.len() as u64), (pack.hash, pack.bytes));
    let rows = rows(&bytes);
    assert_eq!((rows.len() as u64, pack.documents), (121, 121));
    assert!(
        rows[0].contains("Corner shop 7\"") && rows[1].contains("Call back"),
        "open work comes first: {}",
        rows[0]
    );

    let path = format!("/v1/packs/{}", pack.hash);
    let (status, headers, head) = get(&relay, &path, &first, Some("bytes=0-99")).await;
    assert_eq!(status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(headers[header::CONTENT_RANGE], format!("bytes 0-99/{}", bytes.len()));
    assert_eq!(headers[header::ETAG], format!("\"{}\"", pack.hash));
    let (status, headers, tail) = get(&relay, &path, &first, Some("bytes=100-")).await;
    assert_eq!(status, StatusCode::PARTIAL_CONTENT);
    let last = bytes.len() - 1;
    assert_eq!(
        headers[header::CONTENT_RANGE],
        format!("bytes 100-{last}/{}", bytes.len())
    );
    assert_eq!([head, tail].concat(), bytes, "parts make the whole");
    let beyond = format!("bytes={}-", bytes.len());
    let (status, headers, _) = get(&relay, &path, &first, Some(&beyond)).await;
    assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(headers[header::CONTENT_RANGE], format!("bytes */{}", bytes.len()));
    for odd in ["bytes=5-2", "bytes=-7", "lines=1-2", "bytes=a-b"] {
        let (status, _, whole) = get(&relay, &path, &first, Some(odd)).await;
        assert_eq!((status, whole.len()), (StatusCode::OK, bytes.len()), "{odd}");
    }
}

#[tokio::test]
async fn a_device_gets_no_pack_that_holds_a_scope_which_it_may_not_read() {
    let (relay, keys) = relay().await;
    let north = customers(&relay, &keys.rep, 110).await;
    customers(&relay, &keys.other, 105).await;
    let rep = device(&relay, &keys, 3, 41).await;
    let other = device(&relay, &keys, 4, 42).await;
    let admin = device(&relay, &keys, 1, 43).await;
    let manager = device(&relay, &keys, 2, 44).await;
    let all = manifest(&relay, &admin).await;
    assert_eq!(all.len(), 2, "what different people read is not in one pack");
    let north: BTreeSet<String> = north.into_iter().collect();
    let of = |packs: &[Pack]| packs.iter().map(|pack| pack.hash).collect::<BTreeSet<_>>();
    let is_north = |pack: &Pack| pack.scopes.iter().all(|scope| north.contains(&scope.to_string()));
    for (name, token, may) in [
        ("admin", &admin, &(|_: &Pack| true) as &dyn Fn(&Pack) -> bool),
        ("manager", &manager, &is_north),
        ("rep", &rep, &is_north),
        ("other", &other, &(|pack: &Pack| !is_north(pack))),
    ] {
        let own: BTreeSet<PackHash> = of(&manifest(&relay, token).await);
        for pack in &all {
            assert_eq!(own.contains(&pack.hash), may(pack), "{name} and the manifest");
            let (status, _) = fetch(&relay, token, pack.hash).await;
            let expected = if may(pack) { StatusCode::OK } else { StatusCode::GONE };
            assert_eq!(status, expected, "{name} fetches {:?}", pack.hash);
        }
        let nowhere = fetch(&relay, token, PackHash([7; 32])).await.0;
        assert_eq!(nowhere, StatusCode::GONE, "what is not there looks the same");
    }
    for key in [&keys.rep, &keys.admin] {
        assert_eq!(get(&relay, "/v1/packs", key, None).await.0, StatusCode::FORBIDDEN);
        assert_eq!(fetch(&relay, key, all[0].hash).await.0, StatusCode::FORBIDDEN);
    }
    assert_eq!(relay.state.shelf.built(), 2);
}

#[tokio::test]
async fn a_pack_of_which_something_moved_out_is_served_to_nobody_again() {
    let (relay, keys) = relay().await;
    let made = customers(&relay, &keys.rep, 120).await;
    let rep = device(&relay, &keys, 3, 41).await;
    let admin = device(&relay, &keys, 1, 43).await;
    let old = manifest(&relay, &rep).await[0].clone();
    assert_eq!(fetch(&relay, &rep, old.hash).await.0, StatusCode::OK);

    let give = json!({ "from": id(3), "to": id(4) });
    let path = format!("/v1/scopes/{}/handover", made[5]);
    let (status, _) = relay.send("POST", &path, Some(&keys.admin), Some(give)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    for token in [&rep, &admin] {
        assert_eq!(fetch(&relay, token, old.hash).await.0, StatusCode::GONE);
    }
    // Not even when it comes back.
    let back = json!({ "from": id(4), "to": id(3) });
    relay.send("POST", &path, Some(&keys.admin), Some(back)).await;
    assert_eq!(fetch(&relay, &rep, old.hash).await.0, StatusCode::GONE);
    let again = json!({ "from": id(3), "to": id(4) });
    relay.send("POST", &path, Some(&keys.admin), Some(again)).await;

    let new = manifest(&relay, &rep).await[0].clone();
    assert_eq!((old.scopes.len(), new.scopes.len()), (120, 119));
    assert!(!new.scopes.iter().any(|scope| scope.to_string() == made[5]));
    let (status, bytes) = fetch(&relay, &rep, new.hash).await;
    assert_eq!((status, rows(&bytes).len()), (StatusCode::OK, 119));
    assert!(
        relay.state.shelf.read(old.hash, 0..1).unwrap().is_none(),
        "its bytes are gone from the relay too"
    );
}

#[tokio::test]
async fn a_pack_is_built_anew_only_when_much_of_it_changed_or_its_file_is_lost() {
    let (relay, keys) = relay().await;
    let made = customers(&relay, &keys.rep, 100).await;
    let rep = device(&relay, &keys, 3, 41).await;
    let first = manifest(&relay, &rep).await[0].clone();
    let edit = async |customer: &str| {
        let path = format!("/v1/customers/{customer}");
        let (status, _) = relay
            .send(
                "PATCH",
                &path,
                Some(&keys.rep),
                Some(json!({ "fields": { "industry": "food" } })),
            )
            .await;
        assert_eq!(status, StatusCode::OK);
    };
    for customer in &made[..20] {
        edit(customer).await;
    }
    assert_eq!(
        manifest(&relay, &rep).await[0],
        first,
        "a fifth changed: it still serves"
    );
    edit(&made[20]).await;
    let second = manifest(&relay, &rep).await[0].clone();
    assert!(second.hash != first.hash && second.seq > first.seq);
    assert_eq!(fetch(&relay, &rep, first.hash).await.0, StatusCode::GONE);

    relay.state.shelf.sweep(&BTreeSet::new()).unwrap();
    assert_eq!(fetch(&relay, &rep, second.hash).await.0, StatusCode::GONE);
    let third = manifest(&relay, &rep).await[0].clone();
    assert_eq!(fetch(&relay, &rep, third.hash).await.0, StatusCode::OK);
    assert_eq!(relay.state.shelf.built(), 3);
}

#[tokio::test]
async fn new_scopes_are_taken_into_a_small_pack_and_unused_packs_are_swept() {
    let (relay, keys) = relay().await;
    customers(&relay, &keys.rep, 100).await;
    let rep = device(&relay, &keys, 3, 41).await;
    let first = manifest(&relay, &rep).await;
    customers(&relay, &keys.rep, 40).await;
    assert_eq!(manifest(&relay, &rep).await, first, "a few new scopes go as rows");
    customers(&relay, &keys.rep, 60).await;
    let second = manifest(&relay, &rep).await;
    assert_eq!(
        (second.len(), second[0].documents),
        (1, 200),
        "one pack, not two small ones"
    );

    relay.clock.advance_ms(31 * 24 * 60 * 60 * 1000);
    let later = device(&relay, &keys, 4, 45).await;
    customers(&relay, &keys.other, 100).await;
    assert_eq!(manifest(&relay, &later).await.len(), 1);
    assert!(
        relay.state.shelf.read(second[0].hash, 0..1).unwrap().is_none(),
        "nobody asked for it in a month"
    );
}

#[tokio::test]
async fn what_is_private_is_in_no_pack_not_even_its_owners() {
    let (relay, keys) = relay().await;
    let made = customers(&relay, &keys.rep, 110).await;
    let private = ScopeId::private_of(id(3));
    relay
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
            let note = json!({ "parent": made[0], "private": true, "body": SECRET });
            let patch = Patch::creating(kind, note.as_object().unwrap()).unwrap();
            for number in 0..120 {
                create(tx, &context, draft, kind, DocumentId::from_bytes([number; 16]), &patch)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    for (member, number) in [(3, 41), (1, 42)] {
        let token = device(&relay, &keys, member, number).await;
        for pack in manifest(&relay, &token).await {
            assert!(!pack.scopes.contains(&private));
            let (_, bytes) = fetch(&relay, &token, pack.hash).await;
            assert!(rows(&bytes).iter().all(|row| !row.contains(SECRET)));
        }
    }
    assert_eq!(relay.state.shelf.built(), 1);
    let group = Group {
        scopes: vec![private],
        urgency: 2,
        rows: false,
    };
    let built = relay
        .state
        .database
        .read::<_, RelayError>(move |tx| build(tx, &group, NOW))
        .await;
    let built = built.unwrap();
    assert_eq!(
        (built.pack, built.left_out),
        (None, vec![private]),
        "and whoever asks for such a pack by mistake gets none"
    );
}

#[tokio::test]
async fn what_could_not_be_packed_is_tried_again_when_it_changed() {
    let (relay, keys) = relay().await;
    let customer = customers(&relay, &keys.rep, 1).await.remove(0);
    let mut contact = String::new();
    for number in 0..100 {
        let body = json!({ "fields": { "customer_id": customer, "name": format!("Person {number}") } });
        let (status, made) = relay.send("POST", "/v1/contacts", Some(&keys.rep), Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        contact = made["id"].as_str().unwrap().to_owned();
    }
    let scope: ScopeId = customer.parse().unwrap();
    let missing = async |left_out: LeftOut| {
        let plan = relay
            .state
            .database
            .read::<_, RelayError>(move |tx| plan(tx, Packing::default(), id(3), &Subscription::default(), &left_out));
        plan.await.unwrap().missing.len()
    };
    let seq = relay.state.database.read::<_, RelayError>(|tx| Ok(tx.last_seq()?));
    let seq = seq.await.unwrap();
    assert_eq!(missing(LeftOut::new()).await, 1);
    assert_eq!(missing(LeftOut::from([(scope, seq)])).await, 0);
    let body = json!({ "fields": { "name": "Somebody else" } });
    let path = format!("/v1/contacts/{contact}");
    let (status, edited) = relay.send("PATCH", &path, Some(&keys.rep), Some(body)).await;
    assert_eq!(status, StatusCode::OK, "{edited}");
    assert_eq!(missing(LeftOut::from([(scope, seq)])).await, 1);
}

#[tokio::test]
async fn floors_of_a_log_that_is_no_more_hold_nothing_back() {
    let (relay, keys) = relay().await;
    let made = customers(&relay, &keys.rep, 2).await;
    let token = device(&relay, &keys, 3, 41).await;
    // The device was loading from a relay that was restored since: its point is unknown, its floor lies beyond the log.
    let confirmed = relay.state.database.write::<_, RelayError>(|tx| {
        restore::begin(tx, Cause::Operator, NOW)?;
        Ok(restore::confirm(tx, 14, NOW, &SeededEntropy::new(3))?)
    });
    assert!(confirmed.await.unwrap().is_some());
    let hello = wire::Hello {
        protocol: wire::PROTOCOL,
        cursor: Some(wire::Point {
            run: satchel_core::ids::RunId::from_bytes([77; 16]),
            seq: 1_000_000,
        }),
        loading: Some(vec![wire::Floor {
            scope: made[0].parse().unwrap(),
            seq: 1_000_000,
            done: false,
        }]),
        ..wire::Hello::default()
    };
    let came: BTreeSet<String> = exchange(&relay, &token, hello)
        .await
        .into_iter()
        .filter_map(|frame| match frame {
            Frame::Doc(doc) => Some(doc.id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(came, made.into_iter().collect());
}

#[tokio::test]
async fn what_packs_have_not_brought_yet_is_on_its_way_whatever_the_cursor_says() {
    let (relay, keys) = relay().await;
    let customer = customers(&relay, &keys.rep, 1).await.remove(0);
    let token = device(&relay, &keys, 3, 41).await;
    let sender = session::find(&relay.state, token.clone()).await.unwrap();
    let (device, scope): (DeviceId, ScopeId) = (sender.device.unwrap(), customer.parse().unwrap());
    let seq = relay.state.database.read::<_, RelayError>(|tx| Ok(tx.last_seq()?));
    let cursor = wire::Point {
        run: satchel_core::ids::RunId::from_bytes([9; 16]),
        seq: seq.await.unwrap(),
    };
    let document: DocumentId = customer.parse().unwrap();
    for (done, presence) in [(false, Presence::OnItsWay), (true, Presence::There)] {
        let floor = wire::Floor { scope, seq: 0, done };
        let hello = wire::Hello {
            protocol: wire::PROTOCOL,
            cursor: Some(cursor),
            loading: Some(vec![floor]),
            ..wire::Hello::default()
        };
        exchange(&relay, &token, hello).await;
        let found = relay.state.database.read::<_, RelayError>(move |tx| {
            let entropy = SeededEntropy::new(3);
            let context = Context::read(tx, NOW, &entropy)?;
            explain(tx, &context, device, document, |_| Ok(true))
        });
        assert_eq!(found.await.unwrap().unwrap().presence, presence);
    }
}
