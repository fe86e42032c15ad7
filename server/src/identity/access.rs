//! Access rows: what follows from tree and permissions, kept up to date in the transaction that changes those.

use std::collections::{BTreeMap, BTreeSet};

use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::policy::Access;

use crate::figure::keep;
use crate::store::people::{AccessRow, AccessState};
use crate::store::{People, StoreError};

/// Derives the access rows of these scopes anew and writes those that changed, each with its own seq. Work is in
/// proportion to the scopes named, not to the organisation.
///
/// A row that goes from "in" to "in" (a role raised or lowered) keeps `in_since_seq`: only a newer `in_since_seq` means
/// that a device must load whole documents.
///
/// # Errors
/// Where the store fails.
pub fn rederive(tx: &mut dyn People, scopes: impl IntoIterator<Item = ScopeId>, now_ms: i64) -> Result<(), StoreError> {
    for scope in scopes {
        let wanted: BTreeMap<MemberId, Access> = tx.effective(scope)?.into_iter().collect();
        let known: BTreeMap<MemberId, AccessRow> =
            tx.access_on(scope)?.into_iter().map(|row| (row.member, row)).collect();
        let members: BTreeSet<MemberId> = wanted.keys().chain(known.keys()).copied().collect();
        for member in members {
            change(
                tx,
                member,
                scope,
                known.get(&member),
                wanted.get(&member).copied(),
                now_ms,
            )?;
        }
        // Whose it is, and where it hangs, may have changed: its records count there from now on.
        keep::moved(tx, scope)?;
    }
    Ok(())
}

fn change(
    tx: &mut dyn People,
    member: MemberId,
    scope: ScopeId,
    known: Option<&AccessRow>,
    wanted: Option<Access>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let before = known.filter(|row| row.state == AccessState::In).map(|row| row.access);
    if before == wanted {
        return Ok(());
    }
    let seq = tx.next_seq()?;
    let could_write = before >= Some(Access::Write);
    let can_write = wanted >= Some(Access::Write);
    if could_write && !can_write {
        tx.close_tenure(member, scope, seq, now_ms)?;
    } else if can_write && !could_write {
        tx.open_tenure(member, scope, seq)?;
    }
    if wanted > before {
        tx.mark_to_retry(member, scope)?;
    }
    let (write_until_seq, write_until_ms) = if can_write {
        (None, None)
    } else if could_write {
        (Some(seq), Some(now_ms))
    } else {
        (
            known.and_then(|row| row.write_until_seq),
            known.and_then(|row| row.write_until_ms),
        )
    };
    tx.put_access(&AccessRow {
        member,
        scope,
        seq,
        state: if wanted.is_some() {
            AccessState::In
        } else {
            AccessState::Out
        },
        access: wanted.or(before).unwrap_or(Access::Read),
        in_since_seq: match (before, known) {
            (Some(_), Some(row)) => row.in_since_seq,
            _ => seq,
        },
        write_until_seq,
        write_until_ms,
    })
}

/// What the member may do in the scope now; `None` where he may not even read it.
///
/// # Errors
/// Where the store fails.
pub fn can(tx: &dyn People, member: MemberId, scope: ScopeId) -> Result<Option<Access>, StoreError> {
    Ok(tx
        .access(member, scope)?
        .filter(|row| row.state == AccessState::In)
        .map(|row| row.access))
}

/// Whether the member could write the scope when the log stood at `seq`: the condition of a late acceptance.
///
/// # Errors
/// Where the store fails.
pub fn could_write_at(tx: &dyn People, member: MemberId, scope: ScopeId, seq: u64) -> Result<bool, StoreError> {
    let tenures = tx.tenures(member, scope)?;
    Ok(tenures
        .iter()
        .any(|span| span.from_seq <= seq && span.until_seq.is_none_or(|until| seq < until)))
}
