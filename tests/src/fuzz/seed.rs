//! What the corpora begin with, made by the code that writes such bytes.

use std::sync::LazyLock;

use anyhow::Result;
use data_encoding::BASE64URL_NOPAD;
use satchel_core::clock::SeededEntropy;
use satchel_core::document::{Author, Document};
use satchel_core::domain;
use satchel_core::ids::{ActorId, DocumentId, Heads, MemberId, RunId, ScopeId};
use satchel_core::schema::Patch;
use satchel_core::wire::{
    self, Commit, Delta, Doc, Frame, Grant, Grants, Hello, PackedDoc, Point, Push, Welcome, delta,
};
use serde_json::json;

use super::Target;
use crate::attack::Known;

const MEMBER: MemberId = MemberId::from_bytes([12; 16]);
const FORGER: [u8; 16] = [0x66; 16];

/// The record that changes are pushed into.
pub(super) fn document_id() -> DocumentId {
    DocumentId::from_bytes([5; 16])
}

struct Base {
    snapshot: Vec<u8>,
    changes: Vec<Vec<u8>>,
    heads: Heads,
    row: Vec<u8>,
    known: Known,
}

static BASE: LazyLock<Base> = LazyLock::new(|| base().unwrap_or_else(|error| unreachable!("{error}")));

/// Its bytes.
pub(super) fn snapshot() -> &'static [u8] {
    &BASE.snapshot
}

/// Its row, as JSON.
pub(super) fn row() -> &'static [u8] {
    &BASE.row
}

/// What an attacker knows of it.
pub(super) fn known() -> &'static Known {
    &BASE.known
}

fn base() -> Result<Base> {
    let kind = domain::kind("customer").ok_or_else(|| anyhow::anyhow!("no kind"))?;
    let entropy = SeededEntropy::new(1);
    let author = |actor: u8, at_ms: i64| Author {
        member: MEMBER,
        actor: ActorId([actor; 16]),
        at_ms,
        zone: "Asia/Shanghai",
        entropy: &entropy,
    };
    let values = json!({ "name": "永辉超市", "tags": ["tea"], "custom": { "floor": "3" }, "needs": "Green tea 绿茶",
                         "credit_limit": { "minor": 100_000, "currency": "CNY" } });
    let patch = Patch::creating(kind, values.as_object().unwrap_or(&serde_json::Map::new()))
        .map_err(|found| anyhow::anyhow!("{found:?}"))?;
    let (mut document, _) = Document::create(kind, document_id(), &patch, &author(7, 1_772_413_200_000))?;
    let opened = document.heads();
    for (actor, values) in [
        (7, json!({ "needs": "Green tea, and white", "name": "永辉" })),
        (
            8,
            json!({ "needs": "Black tea", "tags": { "add": ["new"] }, "custom": { "door": "2" } }),
        ),
    ] {
        let patch = Patch::from_json(kind, values.as_object().unwrap_or(&serde_json::Map::new()))
            .map_err(|found| anyhow::anyhow!("{found:?}"))?;
        document.edit(&patch, Some(&opened), &author(actor, 1_772_413_260_000))?;
    }
    let ledger = document.ledger();
    let heads = document.heads();
    let changes = document.changes_since(&Heads::default());
    let mut actors: Vec<Vec<u8>> = ledger.iter().map(|entry| entry.actor.clone()).collect();
    actors.push(FORGER.to_vec());
    actors.sort_unstable();
    actors.dedup();
    let known = Known {
        changes: changes.clone(),
        heads: heads.hashes().iter().map(|hash| hash.0).collect(),
        max_op: ledger.iter().map(|entry| entry.max_op).max().unwrap_or(0),
        actor: FORGER.to_vec(),
        seq: 0,
        message: BASE64URL_NOPAD.encode(MEMBER.as_bytes()).into_bytes(),
        actors,
    };
    Ok(Base {
        snapshot: document.save(),
        row: serde_json::to_vec(&document.project())?,
        changes,
        heads,
        known,
    })
}

/// What the corpus of a target begins with: names and bytes.
///
/// # Errors
/// Where they cannot be made.
pub fn seeds(target: Target) -> Result<Vec<(&'static str, Vec<u8>)>> {
    match target {
        Target::Frame => frames(),
        Target::Change => Ok(["first", "second", "third"]
            .into_iter()
            .zip(BASE.changes.clone())
            .collect()),
        Target::Pack => {
            let packed = PackedDoc {
                id: document_id(),
                kind: "customer".to_owned(),
                scope: 0,
                heads: BASE.heads.clone(),
                snapshot: Some(BASE.snapshot.clone().into()),
                row: BASE.row.clone().into(),
                whole: true,
            };
            let scopes = vec![ScopeId::from_bytes([5; 16])];
            Ok(vec![
                ("one", wire::encode_pack(9, scopes.clone(), &[packed])?),
                ("none", wire::encode_pack(9, scopes, &[])?),
            ])
        }
        Target::Import => Ok(vec![
            (
                "customers.csv",
                "客户名称,电话,客户级别,备注\n永辉超市,+86 21 5555 0101,A,\"first, best\"\n,,,\n".into(),
            ),
            (
                "deals.csv",
                "Deal Name,Account Name,Amount,Stage,Closing Date\nFirst lot,永辉,1200.50,Qualification,2026-06-30\n"
                    .into(),
            ),
            (
                "gb18030.csv",
                vec![
                    0xbf, 0xcd, 0xbb, 0xa7, 0xc3, 0xfb, 0xb3, 0xc6, b',', b'a', b'\n', 0xc3, 0xc0, b',', b'b',
                ],
            ),
        ]),
    }
}

fn frames() -> Result<Vec<(&'static str, Vec<u8>)>> {
    let point = Point {
        run: RunId::from_bytes([1; 16]),
        seq: 1_000,
    };
    let hello = Hello {
        protocol: wire::PROTOCOL,
        exchange: 300,
        cursor: Some(point),
        grants: vec![7; 8],
        digest: Some(vec![9; 16]),
        clock_s: 1_790_000_000,
        actor: Some(ActorId([7; 16])),
        want: vec![document_id()],
        ..Hello::default()
    };
    let push = Push {
        id: document_id(),
        kind: "customer".to_owned(),
        base: Some(point),
        heads: BASE.heads.clone(),
        changes: BASE.changes.iter().cloned().map(Into::into).collect(),
    };
    let welcome = Welcome {
        exchange: 300,
        clock_s: 1_790_000_000,
        token_s: 900,
        new_epoch: None,
        revoked: None,
        features: None,
    };
    let scope = ScopeId::from_bytes([5; 16]);
    let grants = Grants {
        scopes: vec![Grant {
            scope,
            access: satchel_core::policy::Access::Write,
        }],
    };
    let doc = Doc {
        id: document_id(),
        kind: "customer".to_owned(),
        scope,
        seq: 1_001,
        snapshot: Some(BASE.snapshot.clone().into()),
        changes: Vec::new(),
        heads: BASE.heads.clone(),
        row: BASE.row.clone().into(),
    };
    let commit = Commit {
        from: 1_000,
        to: 1_001,
        more: false,
        run: None,
        digest: Some(vec![3; 16]),
        floors: None,
        packs: None,
    };
    let answer: Vec<Frame> = vec![welcome.into(), grants.into(), doc.into(), commit.clone().into()];
    let (told, parent) = (BASE.changes.last(), BASE.changes.first());
    let parent = parent.and_then(|first| satchel_core::document::Header::read(first).ok());
    let delta = Delta {
        id: document_id(),
        changes: told
            .zip(parent)
            .and_then(|(change, parent)| delta::shorten(change, parent.hash))
            .map(|(rest, _)| rest.into())
            .into_iter()
            .collect(),
        fingerprint: delta::fingerprint(&BASE.heads),
        schema: 1,
        difference: br#"{"set":{"fields/name":"Corner","archived":true},"gone":["derived/visits"]}"#
            .to_vec()
            .into(),
    };
    let told: Vec<Frame> = vec![delta.into(), commit.into()];
    Ok(vec![
        ("hello", wire::encode(&[hello.clone().into()])?),
        ("push", wire::encode(&[hello.into(), push.into()])?),
        ("answer", wire::encode(&answer)?),
        ("delta", wire::encode(&told)?),
        ("bundle", wire::encode_bundled(&answer)?),
    ])
}
