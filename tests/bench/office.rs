//! A relay with many records, run as the built program on a copy of files that are kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use satchel_core::clock::SystemClock;
use satchel_core::clock::{Clock, SystemEntropy, random};
use satchel_core::ids::{DeviceId, MemberId, RunId, ScopeId, TeamId};
use satchel_core::policy::Role;
use satchel_core::projection::Row;
use satchel_server::identity::member::NewMember;
use satchel_server::identity::{Actor, member, org, scope, secret, team};
use satchel_server::store::log::{Log, NewChange, StoredDocument};
use satchel_server::store::people::{Device, Enrolment, Token};
use satchel_server::store::sqlite::{File, Transaction};
use satchel_server::store::{Sequence, StoreError};
use satchel_tests::field::{Phone, Relay};
use tokio::runtime::Runtime;

use crate::library;
use crate::making::{self, Made};
use crate::population::NOW_MS;

/// A running relay.
pub(crate) struct Office {
    pub(crate) relay: Relay,
    pub(crate) runtime: Arc<Runtime>,
    folder: tempfile::TempDir,
}

/// What a light client needs: a device that the relay knows, and its token.
#[derive(Clone)]
pub(crate) struct Badge {
    pub(crate) device: DeviceId,
    pub(crate) token: String,
}

impl Office {
    /// Whose records there are: `reps` members who have `documents` each.
    pub(crate) fn open(reps: usize, documents: usize) -> Result<Self> {
        Self::open_with(reps, documents, 0).map(|(office, _)| office)
    }

    /// [`Office::open`] with so many devices for each rep that need not enrol, by rep.
    pub(crate) fn open_with(reps: usize, documents: usize, devices: usize) -> Result<(Self, Vec<Vec<Badge>>)> {
        let kept = kept(reps, documents)?;
        let folder = library::copied(&kept)?;
        let badges = hire(&folder.path().join("relay.sqlite"), reps, devices)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let relay = Relay::start(folder.path())?;
        Ok((
            Self {
                relay,
                runtime: Arc::new(runtime),
                folder,
            },
            badges,
        ))
    }

    /// A real phone of a rep, enrolled and empty.
    pub(crate) fn phone(&self, rep: usize) -> Result<Phone> {
        let invite = self.relay.admin(&["invite", &rep_id(rep).to_string()])?;
        let code = invite
            .get("code")
            .and_then(serde_json::Value::as_str)
            .context("no code")?;
        Phone::enrol(
            self.folder.path(),
            Arc::clone(&self.runtime),
            &self.relay.url(),
            code,
            "Asia/Shanghai",
        )
    }

    /// The relay's database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("relay.sqlite")
    }
}

/// The member of that number.
pub(crate) fn rep_id(rep: usize) -> MemberId {
    if rep == 0 {
        making::rep()
    } else {
        MemberId::derived(&[0; 16], &format!("bench rep {rep}"))
    }
}

/// The folder of a relay's files, with `reps` members who have `documents` each. Not to be written to.
pub(crate) fn kept(reps: usize, documents: usize) -> Result<PathBuf> {
    library::kept(&format!("relay-{reps}"), documents, |folder| {
        build(&folder.join("relay.sqlite"), reps, documents)
    })
}

fn people<T>(found: Result<T, satchel_server::identity::IdentityError>) -> Result<T> {
    found.map_err(|error| anyhow!("{error}"))
}

fn build(path: &Path, reps: usize, documents: usize) -> Result<()> {
    let mut file = File::open(path)?;
    let north = TeamId::derived(&[0; 16], "bench team");
    let mut tx = file.transaction()?;
    people(org::create(&mut tx, making::org(), "Acme Beverages", NOW_MS))?;
    people(team::add(&mut tx, &Actor::Operator, north, "North", None, NOW_MS))?;
    for rep in 0..reps {
        let new = NewMember {
            name: format!("Rep {rep}"),
            role: Role::Rep,
            team: Some(north),
            locale: "zh-CN".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
        };
        people(member::add(&mut tx, &Actor::Operator, rep_id(rep), &new, NOW_MS))?;
    }
    tx.begin_run(RunId::from_bytes([1; 16]), NOW_MS)?;
    tx.commit()?;
    for rep in 0..reps {
        let by = rep_id(rep);
        making::in_slices_of(by, documents, |slice| {
            let mut tx = file.transaction()?;
            for made in &slice {
                keep(&mut tx, made, by)?;
            }
            tx.commit()?;
            Ok(())
        })?;
    }
    file.checkpoint()?;
    Ok(())
}

fn keep(tx: &mut Transaction<'_>, made: &Made, by: MemberId) -> Result<()> {
    if made.scope == ScopeId::from(made.id) {
        people(scope::register_record_scope(tx, made.scope, by, NOW_MS))?;
    }
    let seq = tx.next_seq()?;
    tx.put_document(&StoredDocument {
        id: made.id,
        kind: made.kind.name.to_owned(),
        scope: made.scope,
        creator: by,
        snapshot: Vec::new(),
        folded_seq: 0,
        heads: made.heads.clone(),
        row: serde_json::to_string::<Row>(&made.row)?,
        schema: made.kind.schema,
        created_seq: seq,
        seq,
    })?;
    let changes: Vec<NewChange> = made
        .changes
        .iter()
        .map(|bytes| {
            let header = satchel_core::document::Header::read(bytes)?;
            tx.claim_actor(header.actor, None, Some(by))?;
            Ok(NewChange {
                hash: header.hash,
                bytes: bytes.clone(),
                device: None,
                member: by,
            })
        })
        .collect::<Result<_>>()?;
    tx.append_changes(made.id, seq, &changes, NOW_MS)?;
    Ok(())
}

/// Devices that are known to the relay without having enrolled, each with a token that holds for a day.
fn hire(path: &Path, reps: usize, devices: usize) -> Result<Vec<Vec<Badge>>> {
    let mut file = File::open(path)?;
    let now_ms = SystemClock.now_ms();
    let mut badges = Vec::new();
    file.write::<_, StoreError>(|tx| {
        for rep in 0..reps {
            let mut of_rep = Vec::new();
            for number in 0..devices {
                let badge = Badge {
                    device: DeviceId::ordered(now_ms, random(&SystemEntropy)),
                    token: secret::random_text(&SystemEntropy, "st_"),
                };
                tx.put_device(&Device {
                    id: badge.device,
                    member: rep_id(rep),
                    name: format!("light {number}"),
                    platform: "linux".to_owned(),
                    public_key: random(&SystemEntropy),
                    created_at_ms: now_ms,
                    last_seen_at_ms: None,
                    revoked_at_ms: None,
                })?;
                tx.put_token(&Token {
                    hash: secret::hash(badge.token.as_bytes()),
                    device: badge.device,
                    revoked: false,
                    expires_at_ms: now_ms + 86_400_000,
                })?;
                of_rep.push(badge);
            }
            badges.push(of_rep);
        }
        Ok(())
    })?;
    Ok(badges)
}
