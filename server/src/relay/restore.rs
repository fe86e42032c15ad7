//! A database that was put back from a backup: nobody is served until an admin has confirmed it, and then devices bring
//! back what it lost.
//!
//! What a device says of points cannot be verified: it is no proof, and one device alone stops nobody but itself. Only
//! the mark beside the database, the operator, and devices of several members close the relay.

use satchel_core::clock::{Entropy, random};
use satchel_core::ids::{DeviceId, RunId};
use satchel_core::wire::{Hello, Point};

use super::{Context, RelayError, Sender, Store};
use crate::store::StoreError;
use crate::store::people::Audit;
use crate::store::restore::{Beyond, Cause, Restore, Restores};

/// Devices of so many members that name points beyond this database close the relay: what one of them invents does not.
pub const WITNESSES: usize = 2;
/// How long after the confirmation devices may bring back what others wrote, in days, where the operator says nothing
/// else.
pub const RETURN_DAYS: u32 = 14;
/// Seconds after which somebody who was not served may ask again.
pub const RETRY_AFTER_S: u32 = 60;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Whether the database knows the points that a device names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Points {
    /// It gave them, and has what they stand for.
    Known,
    /// They were lost with a restore that an admin confirmed, or are of no consequence: the device begins anew.
    Lost,
    /// They may be the sign of a restore of which nobody knows: the device is not served, and keeps what it has.
    Doubted,
}

/// Whether the relay serves nobody.
///
/// # Errors
/// Where the database fails.
pub fn is_closed(store: &dyn Restores) -> Result<bool, StoreError> {
    let restore = store.restore()?;
    Ok(restore.is_some_and(|restore| restore.confirmed_at_ms.is_none()))
}

/// The number of the restore after which devices bring back what others wrote, while they may.
pub(super) fn open_returns(store: &dyn Store, now_ms: i64) -> Result<Option<u64>, StoreError> {
    let restore = store.restore()?.filter(|restore| {
        let until = restore.confirmed_at_ms.and(restore.returns_until_ms);
        until.is_some_and(|until| now_ms < until)
    });
    Ok(restore.map(|restore| restore.number))
}

/// Serves nobody from now on. Where that is so already, nothing changes.
///
/// # Errors
/// Where the database fails.
pub fn begin(store: &mut dyn Store, cause: Cause, now_ms: i64) -> Result<(), StoreError> {
    if is_closed(store)? {
        return Ok(());
    }
    store.put_restore(&Restore {
        number: 0,
        cause,
        began_at_ms: now_ms,
        confirmed_at_ms: None,
        returns_until_ms: None,
    })?;
    let subject = *store.org()?.id.as_bytes();
    note(store, "restore-begin", subject, now_ms)
}

/// An admin has looked at members, devices and grants: everybody is served again, and for `days` devices may bring back
/// what others wrote. A new run begins: points of the runs before, of which this database lacks a part, are told by that
/// from those that it will give. Returns the restore; `None` where none waits for a confirmation.
///
/// # Errors
/// Where the database fails.
pub fn confirm(
    store: &mut dyn Store,
    days: u32,
    now_ms: i64,
    entropy: &dyn Entropy,
) -> Result<Option<Restore>, StoreError> {
    let Some(restore) = store.restore()?.filter(|restore| restore.confirmed_at_ms.is_none()) else {
        return Ok(None);
    };
    let confirmed = Restore {
        confirmed_at_ms: Some(now_ms),
        returns_until_ms: Some(now_ms + i64::from(days) * DAY_MS),
        ..restore
    };
    store.put_restore(&confirmed)?;
    store.clear_beyond()?;
    store.begin_run(RunId::ordered(now_ms, random(entropy)), now_ms)?;
    let subject = *store.org()?.id.as_bytes();
    note(store, "restore-confirm", subject, now_ms)?;
    Ok(Some(confirmed))
}

/// Devices bring back nothing of others any more. False where they could not.
///
/// # Errors
/// Where the database fails.
pub fn end_returns(store: &mut dyn Store, now_ms: i64) -> Result<bool, StoreError> {
    if open_returns(store, now_ms)?.is_none() {
        return Ok(false);
    }
    if let Some(restore) = store.restore()? {
        store.put_restore(&Restore {
            returns_until_ms: Some(now_ms),
            ..restore
        })?;
        let subject = *store.org()?.id.as_bytes();
        note(store, "restore-end", subject, now_ms)?;
    }
    Ok(true)
}

/// What a device named is no sign of a restore: it alone begins anew. False where it named nothing.
///
/// # Errors
/// Where the database fails.
pub fn dismiss(store: &mut dyn Store, device: DeviceId, now_ms: i64) -> Result<bool, StoreError> {
    let Some(beyond) = store.beyond_of(device)? else {
        return Ok(false);
    };
    store.put_beyond(&Beyond {
        dismissed: true,
        ..beyond
    })?;
    note(store, "restore-dismiss", *device.as_bytes(), now_ms)?;
    Ok(true)
}

/// Looks at the points that a device names. One that this database cannot have given is noted, and where devices of
/// [`WITNESSES`] members named such, the relay closes.
pub(super) fn judge(
    store: &mut dyn Store,
    context: &Context<'_>,
    sender: Sender,
    hello: &Hello,
) -> Result<Points, RelayError> {
    let mut points = Points::Known;
    for point in [hello.cursor, hello.newest].into_iter().flatten() {
        if gave(store, point)? {
            continue;
        }
        // Who is revoked is told nothing in any case, and says nothing that counts.
        if sender.revoked || is_explained(store, sender.device, point)? {
            points = Points::Lost;
            continue;
        }
        store.put_beyond(&Beyond {
            device: sender.device,
            member: sender.member,
            point,
            at_ms: context.now_ms,
            dismissed: false,
        })?;
        tracing::warn!(device = %sender.device, "a device names a point that this database never gave");
        if witnesses(store)? >= WITNESSES {
            tracing::error!("devices of several members are ahead of this database: it serves nobody until confirmed");
            begin(store, Cause::Devices, context.now_ms)?;
        }
        return Ok(Points::Doubted);
    }
    Ok(points)
}

/// Whether this database gave a point, and has what it stands for.
pub(super) fn gave(store: &dyn Store, point: Point) -> Result<bool, StoreError> {
    let Some(run) = store.run(point.run)? else {
        return Ok(false);
    };
    let last = run.last_seq.map_or_else(|| store.last_seq(), Ok)?;
    Ok(point.seq <= last)
}

/// Whether it is known why this database lacks a point: its run began before a restore was confirmed, and was cut off by
/// that; or somebody has decided that it means nothing.
fn is_explained(store: &dyn Store, device: DeviceId, point: Point) -> Result<bool, StoreError> {
    if let Some(confirmed) = store.restore()?.and_then(|restore| restore.confirmed_at_ms) {
        let began = match store.run(point.run)? {
            Some(run) => run.started_at_ms,
            None => began_at_ms(point.run),
        };
        if began < confirmed {
            return Ok(true);
        }
    }
    let named = store.beyond_of(device)?;
    Ok(named.is_some_and(|named| named.dismissed && named.point.run == point.run))
}

/// When a run began, by its id, in milliseconds since 1970. Ids that are not ordered by time are older than those that
/// are.
fn began_at_ms(run: RunId) -> i64 {
    let bytes = run.as_bytes();
    if bytes[6] >> 4 != 7 {
        return 0;
    }
    bytes[..6].iter().fold(0, |ms, byte| ms << 8 | i64::from(*byte))
}

/// Of how many members a device that is still good names a point beyond.
fn witnesses(store: &dyn Store) -> Result<usize, StoreError> {
    let mut members = std::collections::BTreeSet::new();
    for beyond in store.beyond()?.into_iter().filter(|beyond| !beyond.dismissed) {
        let good = store
            .device(beyond.device)?
            .is_some_and(|device| device.revoked_at_ms.is_none());
        if good {
            members.insert(beyond.member);
        }
    }
    Ok(members.len())
}

/// A line of audit, by the command line or by the relay itself.
fn note(store: &mut dyn Store, action: &'static str, subject: [u8; 16], now_ms: i64) -> Result<(), StoreError> {
    let seq = store.next_seq()?;
    store.put_audit(&Audit {
        seq,
        at_ms: now_ms,
        actor: None,
        action,
        subject,
        member: None,
    })
}
