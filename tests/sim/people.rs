//! What changes among people: handovers, assignments, roles, teams, lost phones, decisions about quarantine.

use anyhow::{Result, bail};
use satchel_core::document::Header;
use satchel_core::ids::MemberId;
use satchel_core::policy::Role;
use satchel_server::identity::assignment::{self, Handover};
use satchel_server::identity::member::MemberPatch;
use satchel_server::identity::{self, Actor, IdentityError};
use satchel_server::relay::{Context, RelayError, decide, drop_parked};

use crate::world::{NORTH, SOUTH, World};

/// Everything that changes.
pub(crate) const NAMES: &[&str] = &[
    "handed over",
    "assigned",
    "unassigned",
    "role changed",
    "team changed",
    "device revoked",
    "quarantine accepted",
    "quarantine dropped",
];

/// Those who work with customers.
pub(crate) const WORKERS: &[u8] = &[11, 12, 13, 14];

impl World {
    pub(crate) fn change_people(&mut self) -> Result<()> {
        let now_ms = self.now_ms();
        let scopes = self.relay.record_scopes();
        let member = MemberId::from_bytes([self.dice.pick(WORKERS).unwrap_or(12); 16]);
        let Some(scope) = self.dice.pick(&scopes) else {
            return Ok(());
        };
        let (what, outcome) = match self.dice.below(24) {
            0..8 => {
                let handover = Handover {
                    from: None,
                    to: member,
                    keep_team: self.dice.chance(20),
                };
                let done = self
                    .relay
                    .write(|tx| assignment::hand_over(tx, &Actor::Operator, scope, &handover, now_ms));
                ("handed over", done)
            }
            8..11 => (
                "assigned",
                self.relay
                    .write(|tx| assignment::assign(tx, &Actor::Operator, scope, member, now_ms)),
            ),
            11..13 => (
                "unassigned",
                self.relay
                    .write(|tx| assignment::unassign(tx, &Actor::Operator, scope, member, now_ms)),
            ),
            13..15 => {
                let role = if self.dice.chance(60) { Role::Rep } else { Role::Manager };
                let patch = MemberPatch {
                    role: Some(role),
                    ..MemberPatch::default()
                };
                ("role changed", self.edit_member(member, &patch))
            }
            15..17 => {
                let team = if self.dice.chance(50) { NORTH } else { SOUTH };
                let patch = MemberPatch {
                    team: Some(Some(team)),
                    ..MemberPatch::default()
                };
                ("team changed", self.edit_member(member, &patch))
            }
            17 => {
                // Few: a revoked phone takes part no more.
                if !self.dice.chance(30) {
                    return Ok(());
                }
                let phone = self.dice.below(self.phones.len());
                let device = self.phones[phone].identity.device;
                let done = self
                    .relay
                    .write(|tx| identity::device::revoke(tx, &Actor::Operator, device, now_ms).map(drop));
                self.note(format!("revoking {}", self.phones[phone].name));
                ("device revoked", done)
            }
            _ => {
                let waiting = self.relay.quarantined();
                let Some(number) = self.dice.pick(&waiting) else {
                    return Ok(());
                };
                let entropy = std::sync::Arc::clone(&self.relay.entropy);
                if self.dice.chance(30) {
                    let dropped = self.relay.write::<_, RelayError>(|tx| drop_parked(tx, number))?;
                    let changes = dropped.map(|dropped| dropped.changes).unwrap_or_default();
                    let hashes: Vec<_> = changes
                        .iter()
                        .filter_map(|bytes| Header::read(bytes).ok())
                        .map(|header| header.hash)
                        .collect();
                    self.ledger.dropped(&hashes);
                    self.note(format!("dropping {number}: {hashes:?}"));
                    self.count("quarantine dropped");
                    return Ok(());
                }
                let accepted = self.relay.write::<_, RelayError>(|tx| {
                    let context = Context::read(tx, now_ms, entropy.as_ref())?;
                    decide(tx, &context, number)
                })?;
                self.note(format!("deciding about {number}: {accepted:?}"));
                ("quarantine accepted", Ok(()))
            }
        };
        match outcome {
            Ok(()) | Err(IdentityError::Conflict(..)) => {}
            Err(error) => bail!("{what}: {error}"),
        }
        self.note(format!("{what}: {scope} {member}"));
        self.count(what);
        Ok(())
    }

    fn edit_member(&mut self, member: MemberId, patch: &MemberPatch) -> Result<(), IdentityError> {
        let now_ms = self.now_ms();
        self.relay
            .write(|tx| identity::member::edit(tx, &Actor::Operator, member, patch, now_ms).map(drop))
    }
}
