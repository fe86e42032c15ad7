//! Vectors: inputs and the bytes that must come of them.

use anyhow::{Context as _, Result};
use automerge::AutoCommit;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use satchel_core::clock::SeededEntropy;
use satchel_core::document::{Author, Document, Header};
use satchel_core::domain::{self, CustomerPatch, VisitPatch};
use satchel_core::ids::{ActorId, DeviceId, DocumentId, Heads, MemberId, ScopeId};
use satchel_core::net::{DeviceKey, Signer};
use satchel_core::policy::Access;
use satchel_core::schema::Patch;
use satchel_core::wire::digest::{Digest, grants_hash};
use satchel_core::wire::{self, Grant};
use serde_json::{Value, json};

use super::frame;
use super::play::{self, Exchange, MORNING_MS};

/// All of them.
pub(crate) fn all() -> Result<Value> {
    Ok(json!({
        "about": "Vectors of docs/protocol.md. Generated: `cargo xtask generate`. Bytes are hex.",
        "protocol": wire::PROTOCOL,
        "frames": frame::all()?,
        "seeds": seeds()?,
        "changes": changes()?,
        "digests": digests(),
        "grants": grants(),
        "tokens": tokens(),
        "exchanges": exchanges(&play::play()?),
    }))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

pub(crate) fn id(byte: u8) -> DocumentId {
    DocumentId::from_bytes([byte; 16])
}

pub(crate) fn heads(bytes: &[u8]) -> Heads {
    Heads::new(
        bytes
            .iter()
            .map(|byte| satchel_core::ids::ChangeHash([*byte; 32]))
            .collect(),
    )
}

/// The first seed of each kind: what both sides make and nobody sends.
fn seeds() -> Result<Vec<Value>> {
    domain::KINDS
        .iter()
        .map(|kind| {
            let mut document = Document::new(kind, id(5))?;
            let bytes = raw_changes(&mut document)?.remove(0);
            let header = Header::read(&bytes)?;
            Ok(json!({
                "kind": kind.name, "id": id(5), "actor": hex(&header.actor_bytes), "hash": header.hash,
                "hex": hex(&bytes),
            }))
        })
        .collect()
}

/// Every change of a document, as its chunk of bytes.
fn raw_changes(document: &mut Document) -> Result<Vec<Vec<u8>>> {
    let mut loaded = AutoCommit::load(&document.save())?;
    Ok(loaded
        .get_changes(&[])
        .into_iter()
        .map(|change| change.raw_bytes().to_vec())
        .collect())
}

/// First changes of records, and one edit: what a device pushes.
fn changes() -> Result<Vec<Value>> {
    let entropy = SeededEntropy::new(9);
    let author = Author {
        member: MemberId::from_bytes([12; 16]),
        actor: ActorId([4; 16]),
        at_ms: MORNING_MS,
        zone: "Asia/Shanghai",
        entropy: &entropy,
    };
    let customer: Patch = CustomerPatch {
        name: Some("永辉超市".to_owned()),
        ..CustomerPatch::default()
    }
    .into();
    let visit: Patch = VisitPatch {
        customer_id: Some(id(5).into()),
        visit_kind: Some(domain::visit::VisitKind::Unplanned),
        ..VisitPatch::default()
    }
    .into();
    let told = |what: &str, kind: &str, patch: &Patch, bytes: &[u8]| -> Result<Value> {
        let header = Header::read(bytes)?;
        Ok(json!({
            "what": what, "kind": kind, "id": id(5), "patch": patch.to_json(), "author": author.member,
            "zone": author.zone, "actor": hex(&header.actor_bytes), "sequence": header.seq, "start_op": header.start_op,
            "max_op": header.max_op, "at_ms": header.at_ms, "dependencies": header.dependencies, "hash": header.hash,
            "hex": hex(bytes),
        }))
    };
    let mut all = Vec::new();
    for (name, patch) in [("customer", &customer), ("visit", &visit)] {
        let kind = domain::kind(name).context("no such kind")?;
        let (mut document, made) = Document::create(kind, id(5), patch, &author)?;
        for bytes in made {
            all.push(told("creation", name, patch, &bytes)?);
        }
        if name == "customer" {
            let edit: Patch = CustomerPatch {
                industry: Some("retail".to_owned()),
                add_phones: vec!["+8613800138000".to_owned()],
                ..CustomerPatch::default()
            }
            .into();
            for bytes in document.edit(&edit, None, &author)? {
                all.push(told("edit", name, &edit, &bytes)?);
            }
        }
    }
    Ok(all)
}

fn digests() -> Value {
    let of = |byte: u8, versions: &[u8]| (id(byte), heads(versions));
    let documents = [of(1, &[8]), of(2, &[9, 8])];
    let shares: Vec<Value> = documents
        .iter()
        .map(|(id, heads)| {
            let share = Digest::of(*id, heads);
            json!({"id": id, "heads": heads, "digest": hex(&share.to_bytes())})
        })
        .collect();
    let sum = documents
        .iter()
        .fold(Digest::default(), |sum, (id, heads)| sum.plus(Digest::of(*id, heads)));
    json!({"documents": shares, "sum": hex(&sum.to_bytes())})
}

fn grants() -> Value {
    let grant = |byte: u8, access| Grant {
        scope: ScopeId::from_bytes([byte; 16]),
        access,
    };
    let scopes = [
        grant(2, Access::Read),
        grant(1, Access::Manage),
        grant(3, Access::Write),
    ];
    let listed: Vec<Value> = scopes
        .iter()
        .map(|grant| json!([grant.scope, grant.access as u8]))
        .collect();
    json!({"scopes": listed, "hash": hex(&grants_hash(&scopes))})
}

fn tokens() -> Value {
    let secret = [6; 32];
    let key = DeviceKey::from_secret(&secret);
    let device = DeviceId::from_bytes([1; 16]);
    let challenge = "challenge";
    let signed = format!("satchel-token-v1\n{device}\n{challenge}");
    json!({
        "secret": hex(&secret), "public_key": BASE64URL_NOPAD.encode(&key.public_key()), "device_id": device,
        "challenge": challenge, "signature": BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes())),
    })
}

fn exchanges(played: &[Exchange]) -> Vec<Value> {
    let told = |one: &Exchange| json!({"title": one.title, "request": hex(&one.request), "answer": hex(&one.answer)});
    played.iter().map(told).collect()
}
