//! What is kept about a database that was put back from a backup.

use satchel_core::ids::{DeviceId, MemberId};
use satchel_core::wire::Point;

use super::{Sequence, StoreError};

/// How it came to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The mark beside the database is ahead of it, or missing.
    Mark,
    /// Devices of several members named points that it never gave.
    Devices,
    /// The operator said so.
    Operator,
}

/// A restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restore {
    /// Its number; 0 before it is stored.
    pub number: u64,
    /// How it came to light.
    pub cause: Cause,
    /// When, in milliseconds since 1970 (UTC).
    pub began_at_ms: i64,
    /// When an admin confirmed members, devices and grants; until then nobody is served.
    pub confirmed_at_ms: Option<i64>,
    /// Until when devices may bring back what others wrote.
    pub returns_until_ms: Option<i64>,
}

/// A device that named a point which this database never gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beyond {
    /// The device.
    pub device: DeviceId,
    /// Its member.
    pub member: MemberId,
    /// The point.
    pub point: Point,
    /// When it named it, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Whether somebody decided that it is no sign of a restore.
    pub dismissed: bool,
}

/// How much a device brought back of what another had written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// The device.
    pub device: DeviceId,
    /// Whose changes they are, by what stands in them.
    pub author: MemberId,
    /// How many changes.
    pub changes: u64,
    /// When the first came, in milliseconds since 1970 (UTC).
    pub first_at_ms: i64,
    /// When the last came, in milliseconds since 1970 (UTC).
    pub last_at_ms: i64,
}

/// Restores, within one transaction. Every method fails only where the database does.
#[expect(clippy::missing_errors_doc, reason = "said once above for all of them")]
pub trait Restores: Sequence {
    /// The newest restore.
    fn restore(&self) -> Result<Option<Restore>, StoreError>;
    /// Keeps a restore under its number; a new one where that is 0. Returns its number.
    fn put_restore(&mut self, restore: &Restore) -> Result<u64, StoreError>;
    /// Devices that named points beyond, in the order of their ids.
    fn beyond(&self) -> Result<Vec<Beyond>, StoreError>;
    /// What one device named.
    fn beyond_of(&self, device: DeviceId) -> Result<Option<Beyond>, StoreError>;
    /// Notes what a device named, in place of what it had named before.
    fn put_beyond(&mut self, beyond: &Beyond) -> Result<(), StoreError>;
    /// Forgets what devices named.
    fn clear_beyond(&mut self) -> Result<(), StoreError>;
    /// What devices brought back after a restore, by device and author.
    fn returned(&self, restore: u64) -> Result<Vec<Returned>, StoreError>;
    /// Adds to what a device brought back. True where it is the first of this device by this author.
    fn add_returned(
        &mut self,
        restore: u64,
        device: DeviceId,
        author: MemberId,
        changes: u64,
        now_ms: i64,
    ) -> Result<bool, StoreError>;
    /// Whether a mark stands beside this database since it was served first.
    fn is_marked(&self) -> Result<bool, StoreError>;
    /// Notes that one does.
    fn set_marked(&mut self, now_ms: i64) -> Result<(), StoreError>;
}
