//! Who changed whose access, and when: written in the transaction of the change.

use satchel_core::ids::MemberId;

use super::Actor;
use crate::store::people::Audit;
use crate::store::{People, StoreError};

/// Writes a line. `subject` is what it was done to: a scope, a member, a device, a key.
pub(super) fn note(
    tx: &mut dyn People,
    actor: &Actor,
    action: &'static str,
    subject: [u8; 16],
    member: Option<MemberId>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let seq = tx.next_seq()?;
    tx.put_audit(&Audit {
        seq,
        at_ms: now_ms,
        actor: actor.id(),
        action,
        subject,
        member,
    })
}
