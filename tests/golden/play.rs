//! A phone and a relay in one process, with a fixed clock and fixed randomness, and everything they say.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use satchel_core::clock::{Clock, ManualClock, SeededEntropy, random};
use satchel_core::domain::{Customer, CustomerPatch};
use satchel_core::engine::{Engine, Identity, Options};
use satchel_core::ids::{DeviceId, MemberId, OrgId, RunId, TeamId};
use satchel_core::policy::Role;
use satchel_core::sync::Finished;
use satchel_core::wire;
use satchel_server::identity::assignment::{self, Handover};
use satchel_server::identity::{self, Actor, IdentityError};
use satchel_server::relay::{self, Context, Foresight, RelayError, Sender};
use satchel_server::store::Sequence;
use satchel_server::store::people::{Device, Enrolment};
use satchel_server::store::sqlite::File;

/// 2026-03-02T01:00:00Z.
pub(crate) const MORNING_MS: i64 = 1_772_413_200_000;
const ORG: OrgId = OrgId::from_bytes([1; 16]);
const NORTH: TeamId = TeamId::from_bytes([2; 16]);

/// What was asked and what was answered.
pub(crate) struct Exchange {
    pub(crate) title: &'static str,
    /// What happened before it, and what to look at.
    pub(crate) told: &'static str,
    pub(crate) request: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

struct Relay {
    file: File,
    entropy: SeededEntropy,
    clock: Arc<ManualClock>,
}

struct Phone {
    engine: Engine,
    sender: Sender,
}

/// The whole play.
pub(crate) fn play() -> Result<Vec<Exchange>> {
    let directory = tempfile::tempdir()?;
    let clock = Arc::new(ManualClock::new(MORNING_MS));
    let mut relay = Relay {
        file: File::in_memory()?,
        entropy: SeededEntropy::new(100),
        clock: Arc::clone(&clock),
    };
    relay.file.write::<_, IdentityError>(|tx| {
        identity::org::create(tx, ORG, "Tea trade", MORNING_MS)?;
        identity::team::add(tx, &Actor::Operator, NORTH, "North", None, MORNING_MS)?;
        Ok(())
    })?;
    let run = RunId::from_bytes(random(&relay.entropy));
    relay.file.write(|tx| tx.begin_run(run, MORNING_MS))?;
    let ann = relay.phone(directory.path(), 12, 1, "Ann")?;
    let tablet = relay.phone(directory.path(), 12, 2, "Ann")?;
    let bo = relay.phone(directory.path(), 13, 3, "Bo")?;

    let mut told = Vec::new();
    told.push(relay.exchange(
        &ann,
        "The first exchange of a fresh phone",
        "There is nothing yet but the organisation. The Hello has no cursor; the answer brings the grants, where each \
         scope stands, and the directory.",
    )?);
    let shop = CustomerPatch {
        name: Some("永辉超市".to_owned()),
        ..CustomerPatch::default()
    };
    let id = ann.engine.of::<Customer>().create(shop)?;
    told.push(relay.exchange(
        &ann,
        "A record made offline is pushed",
        "Ann entered a customer. The Push carries the one change; the seed is not sent, both sides make it. The \
         customer is a scope of its own, so new grants come with the answer, and the record itself is echoed.",
    )?);
    told.push(relay.exchange(
        &tablet,
        "The first sync of a phone that finds records",
        "Ann's tablet. Every scope that she may read is loading: its documents come whole, snapshot and row.",
    )?);
    told.push(relay.exchange(
        &ann,
        "Nothing changed",
        "One round trip; both bodies together stay under 100 bytes, however many records there are.",
    )?);
    let edit = CustomerPatch {
        industry: Some("retail".to_owned()),
        ..CustomerPatch::default()
    };
    tablet.engine.of::<Customer>().edit(id, edit, None)?;
    told.push(relay.exchange(
        &tablet,
        "An edit is pushed",
        "The tablet edits one field. The Push has a base: the cursor at the first edit that is not acknowledged. It comes \
         back as a Delta of nothing.",
    )?);
    told.push(relay.exchange(
        &ann,
        "An edit is pulled",
        "Ann's phone has the record already, so only the change comes, without what it builds on, and what changed in the row.",
    )?);
    let now_ms = clock.now_ms();
    let handover = Handover {
        from: None,
        to: bo.sender.member,
        keep_team: false,
    };
    let scope = satchel_core::ids::ScopeId::from_bytes(*satchel_core::ids::DocumentId::from(id).as_bytes());
    relay
        .file
        .write(|tx| assignment::hand_over(tx, &Actor::Operator, scope, &handover, now_ms))?;
    told.push(relay.exchange(
        &ann,
        "The customer was handed over",
        "Ann no longer holds it: the answer has the Out, before any document.",
    )?);
    told.push(relay.exchange(
        &ann,
        "The purge is reported",
        "Nothing was dirty, so the phone has deleted the scope, swept its files, and says so.",
    )?);
    Ok(told)
}

impl Relay {
    fn phone(&mut self, directory: &Path, member: u8, device: u8, name: &str) -> Result<Phone> {
        let member = MemberId::from_bytes([member; 16]);
        let device = DeviceId::from_bytes([device; 16]);
        let seed = u64::from(device.as_bytes()[0]);
        let known = self.file.read::<_, IdentityError>(|tx| {
            use satchel_server::store::people::Directory;
            Ok(tx.member(member)?.is_some())
        })?;
        if !known {
            let new = identity::member::NewMember {
                name: name.to_owned(),
                role: Role::Rep,
                team: Some(NORTH),
                locale: "zh-CN".to_owned(),
                time_zone: "Asia/Shanghai".to_owned(),
            };
            self.file
                .write(|tx| identity::member::add(tx, &Actor::Operator, member, &new, MORNING_MS))?;
        }
        let row = Device {
            id: device,
            member,
            name: format!("{name}'s phone"),
            platform: "example".to_owned(),
            public_key: [device.as_bytes()[0]; 32],
            created_at_ms: MORNING_MS,
            last_seen_at_ms: None,
            revoked_at_ms: None,
        };
        self.file.write(|tx| tx.put_device(&row))?;
        let options = Options {
            clock: Arc::<ManualClock>::clone(&self.clock),
            entropy: Arc::new(SeededEntropy::new(seed)),
            ..Options::new("Asia/Shanghai")
        };
        let engine = Engine::open(&directory.join(format!("{device}.sqlite")), options)?;
        engine.enrol(&Identity {
            org: ORG,
            member,
            device,
            role: Role::Rep,
        })?;
        let sender = Sender {
            member,
            role: Role::Rep,
            device,
            revoked: false,
        };
        Ok(Phone { engine, sender })
    }

    /// One exchange, as `POST /v1/sync` does it.
    fn exchange(&mut self, phone: &Phone, title: &'static str, told: &'static str) -> Result<Exchange> {
        self.clock.advance_ms(60_000);
        let (mut ongoing, request) = phone.engine.begin_exchange(0)?;
        let frames = wire::decode(&request)?;
        let context_ms = self.clock.now_ms();
        let entropy = &self.entropy;
        let answer = self.file.write::<_, RelayError>(|tx| {
            let context = Context::read(tx, context_ms, entropy)?;
            relay::exchange(tx, &context, phone.sender, 900, frames, Foresight::default())
        })?;
        let answer = answer.map_err(|unanswerable| anyhow!("{unanswerable}"))?;
        let batches = self.file.read::<_, RelayError>(|tx| {
            let context = Context::read(tx, context_ms, entropy)?;
            answer.complete(tx, &context, phone.sender)
        })?;
        let mut bytes = Vec::new();
        for batch in &batches {
            bytes.extend(wire::encode_bundled(batch)?);
        }
        ongoing.receive(&bytes).context(title)?;
        let finished = ongoing.finish();
        ensure!(!matches!(finished, Finished::Fault(_)), "{title}: {finished:?}");
        Ok(Exchange {
            title,
            told,
            request,
            answer: bytes,
        })
    }
}
