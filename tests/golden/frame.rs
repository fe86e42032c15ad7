//! One frame of each type, every part there.

use anyhow::{Context as _, Result};
use satchel_core::ids::{ActorId, MemberId, RunId, ScopeId};
use satchel_core::policy::Access;
use satchel_core::wire::{self, Floor, Frame, Grant, Point};
use serde_json::{Value, json};

use super::part;
use super::play::MORNING_MS;
use super::vector::{heads, hex, id};

const SCOPE: ScopeId = ScopeId::from_bytes([3; 16]);
const POINT: Point = Point {
    run: RunId::from_bytes([7; 16]),
    seq: 70_000,
};
const FLOOR: Floor = Floor {
    scope: SCOPE,
    seq: 12,
    done: false,
};

/// Each with its name and the names of its parts.
pub(crate) fn all() -> Result<Vec<Value>> {
    from_device()
        .iter()
        .chain(&from_relay())
        .chain(&of_a_change())
        .chain(&of_repair())
        .map(|frame| {
            let type_byte = frame.type_byte();
            let name = part::of(type_byte).with_context(|| format!("a frame without a name: {type_byte:#x}"))?;
            let bytes = wire::encode(std::slice::from_ref(frame))?;
            Ok(json!({"name": name.name, "type": type_byte, "parts": name.parts, "hex": hex(&bytes)}))
        })
        .collect()
}

fn from_device() -> Vec<Frame> {
    vec![
        wire::Hello {
            protocol: wire::PROTOCOL,
            schema: 8,
            exchange: 300,
            cursor: Some(POINT),
            caught_up: Some(69_000),
            newest: Some(POINT),
            grants: vec![1; 8],
            digest: Some(vec![2; 16]),
            pending: 1,
            clock_s: MORNING_MS / 1000,
            budget: 65_536,
            actor: Some(ActorId([4; 16])),
            loading: Some(vec![FLOOR]),
            want: vec![id(5)],
            features: Some(wire::feature::PACKS),
        }
        .into(),
        wire::Push {
            id: id(5),
            kind: "visit".to_owned(),
            base: Some(POINT),
            heads: heads(&[8, 9]),
            changes: vec![vec![1, 2, 3].into()],
        }
        .into(),
        wire::Purged {
            scope: SCOPE,
            point: POINT,
            documents: 17,
        }
        .into(),
        wire::Wiped {
            documents: 17,
            digest: vec![6; 16],
        }
        .into(),
        wire::Acknowledge { cursor: POINT }.into(),
        wire::Authenticate {
            token: "token".to_owned(),
        }
        .into(),
    ]
}

fn from_relay() -> Vec<Frame> {
    vec![
        wire::Welcome {
            exchange: 300,
            clock_s: MORNING_MS / 1000,
            token_s: 900,
            new_epoch: Some(true),
            revoked: Some(false),
            features: Some(1),
        }
        .into(),
        wire::Receipt {
            id: id(5),
            state: wire::ReceiptState::Quarantined,
            code: Some("no-access".to_owned()),
            heads: heads(&[8]),
            point: POINT,
            readable: false,
        }
        .into(),
        wire::Grants {
            scopes: vec![Grant {
                scope: SCOPE,
                access: Access::Write,
            }],
        }
        .into(),
        wire::Out {
            scope: SCOPE,
            point: POINT,
        }
        .into(),
        wire::ScopeRow {
            scope: SCOPE,
            parent: Some(ScopeId::from_bytes([2; 16])),
            assignees: vec![MemberId::from_bytes([12; 16])],
        }
        .into(),
        wire::Directory {
            json: br#"{"teams":[],"members":[]}"#.to_vec().into(),
        }
        .into(),
        wire::Doc {
            id: id(5),
            kind: "visit".to_owned(),
            scope: SCOPE,
            seq: 70_000,
            snapshot: Some(vec![1, 2].into()),
            changes: vec![vec![3, 4].into()],
            heads: heads(&[8]),
            row: b"{}".to_vec().into(),
        }
        .into(),
        wire::Verdict {
            id: id(5),
            decision: wire::Decision::Dropped,
            heads: heads(&[8]),
            code: "no-access".to_owned(),
            changes: Some(vec![8; 32]),
        }
        .into(),
        wire::Flag {
            id: id(5),
            code: "late-accepted".to_owned(),
            heads: heads(&[8]),
            author: MemberId::from_bytes([12; 16]),
        }
        .into(),
        wire::Commit {
            from: 1,
            to: 70_000,
            more: true,
            run: Some(POINT.run),
            digest: Some(vec![2; 16]),
            floors: Some(vec![FLOOR]),
            packs: Some(true),
        }
        .into(),
        wire::Poke { seq: 70_000 }.into(),
        wire::Authenticated { token_s: 900 }.into(),
        wire::Fault {
            code: "shutting-down".to_owned(),
            retry_after_s: Some(5),
        }
        .into(),
        wire::Pack {
            hash: wire::PackHash([9; 32]),
            seq: 70_000,
            documents: 2_000,
            bytes: 300_000,
            scopes: vec![SCOPE],
            rows: Some(true),
        }
        .into(),
        wire::Manifest {
            point: POINT,
            more: false,
        }
        .into(),
    ]
}

/// Both sides, finding out what differs.
fn of_repair() -> Vec<Frame> {
    vec![
        wire::Compare {
            scopes: vec![wire::ScopeDigest {
                scope: SCOPE,
                digest: vec![2; 16],
            }],
        }
        .into(),
        wire::Differ { scopes: vec![SCOPE] }.into(),
        wire::Reconcile {
            scope: SCOPE,
            question: vec![0x61, 0, 0, 2, 0],
            need: vec![8; 32],
        }
        .into(),
        wire::Reconciled {
            scope: SCOPE,
            answer: vec![0x61],
        }
        .into(),
    ]
}

/// What changed in a document, for who takes that in its place.
fn of_a_change() -> Vec<Frame> {
    vec![
        wire::Delta {
            id: id(5),
            changes: vec![vec![3, 4].into()],
            fingerprint: wire::delta::fingerprint(&heads(&[8])),
            schema: 1,
            difference: br#"{"set":{"fields/outcome":"ordered"},"gone":["archived"]}"#.to_vec().into(),
        }
        .into(),
        wire::DocRow {
            id: id(5),
            kind: "visit".to_owned(),
            scope: SCOPE,
            heads: heads(&[8]),
            row: b"{}".to_vec().into(),
        }
        .into(),
        wire::RowDelta {
            id: id(5),
            heads: heads(&[8]),
            known: wire::delta::fingerprint(&heads(&[7])),
            schema: 1,
            difference: br#"{"set":{"fields/outcome":"ordered"},"gone":["archived"]}"#.to_vec().into(),
        }
        .into(),
    ]
}
