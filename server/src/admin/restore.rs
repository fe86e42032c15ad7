//! `satchel admin restore`: a database that was put back from a backup serves nobody until it was looked at here.

use clap::Subcommand;
use satchel_core::ids::{DeviceId, MemberId};
use serde_json::{Value, json};

use super::lookup::{instant, instant_or_dash};
use super::output::Answer;
use super::{AdminError, Desk};
use crate::mark::{self, Mark};
use crate::relay::restore::{self, RETURN_DAYS};
use crate::store::people::{Directory, Enrolment, Origin, Tree};
use crate::store::restore::{Cause, Restores};
use crate::store::sqlite::Transaction;

#[derive(Debug, Subcommand)]
pub(super) enum Restore {
    /// Whether the relay waits, why, which devices are ahead of it, and what to look at before confirming: members, their
    /// devices and records, as of the backup.
    Status,
    /// Say that this database was put back from a backup: the relay serves nobody from now on.
    Begin,
    /// Say that members, devices and grants are right: the relay serves again, and devices bring back what it lost.
    Confirm {
        /// So long devices may bring back what others wrote, in days; their own is always taken.
        #[arg(long, default_value_t = RETURN_DAYS, value_parser = clap::value_parser!(u32).range(0..=365))]
        days: u32,
    },
    /// Take back nothing more that others wrote.
    End,
    /// Say that what a device named is no sign of a restore: it alone begins anew.
    Dismiss {
        /// The device's id.
        device: DeviceId,
    },
}

impl Restore {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let (now_ms, entropy) = (desk.now_ms, desk.entropy);
        let path = desk.config.database_path();
        let found = Mark::read(&path)?;
        let (answer, after) = desk.file.write::<_, AdminError>(|tx| match self {
            Self::Status => Ok((status(tx, found)?, None)),
            Self::Begin => {
                restore::begin(tx, Cause::Operator, now_ms)?;
                let text = "the relay serves nobody until `satchel admin restore confirm`";
                Ok((Answer::new(text, json!({ "state": "waits" })), None))
            }
            Self::Confirm { days } => {
                if mark::is_behind(tx, found)? {
                    restore::begin(tx, Cause::Mark, now_ms)?;
                }
                let confirmed = restore::confirm(tx, days, now_ms, entropy)?;
                let until = confirmed.and_then(|restore| restore.returns_until_ms);
                let until = until.ok_or(AdminError::NothingToConfirm)?;
                let text = format!(
                    "the relay serves again; devices bring back what others wrote until {}",
                    instant(until)
                );
                let json = json!({ "state": "serves", "returns_until": instant(until) });
                Ok((Answer::new(text, json), Mark::of(tx)?))
            }
            Self::End => {
                let ended = restore::end_returns(tx, now_ms)?;
                let text = if ended {
                    "nothing of others is taken back any more"
                } else {
                    "nothing of others was being taken back"
                };
                Ok((Answer::new(text, json!({ "ended": ended })), None))
            }
            Self::Dismiss { device } => {
                if !restore::dismiss(tx, device, now_ms)? {
                    return Err(AdminError::Unknown {
                        what: "device",
                        given: device.to_string(),
                        why: "it named no point that this database lacks",
                    });
                }
                let text = format!("dismissed what {device} named");
                Ok((Answer::new(text, json!({ "device": device })), None))
            }
        })?;
        // What was confirmed is no news at the next start.
        if let Some(mark) = after {
            mark.write(&path)?;
        }
        Ok(answer)
    }
}

fn status(tx: &Transaction<'_>, found: Option<Mark>) -> Result<Answer, AdminError> {
    let newest = tx.restore()?;
    let behind = mark::is_behind(tx, found)?;
    let state = match &newest {
        Some(restore) if restore.confirmed_at_ms.is_none() => "waits",
        _ if behind => "will wait when it is started",
        _ => "serves",
    };
    let beyond = tx.beyond()?;
    let returned = newest.map_or(Ok(Vec::new()), |restore| tx.returned(restore.number))?;
    let mut text = vec![format!("state: {state}")];
    if let Some(restore) = &newest {
        text.push(format!(
            "last restore: began {} ({}), confirmed {}, what others wrote is taken back until {}",
            instant(restore.began_at_ms),
            cause(restore.cause),
            instant_or_dash(restore.confirmed_at_ms),
            instant_or_dash(restore.returns_until_ms),
        ));
    }
    for one in beyond.iter().filter(|one| !one.dismissed) {
        text.push(format!(
            "ahead of this database: device {} of {} at {}",
            one.device,
            one.member,
            instant(one.at_ms)
        ));
    }
    for one in &returned {
        text.push(format!(
            "brought back: {} changes by {} from device {}",
            one.changes, one.author, one.device
        ));
    }
    text.push("look at these before confirming:".to_owned());
    let mut members = Vec::new();
    for member in tx.members(None, usize::MAX)? {
        let (devices, records) = (devices(tx, member.id)?, records(tx, member.id)?);
        text.push(format!(
            "{}  {:?}{}, {} good devices, {records} records assigned  {}",
            member.id,
            member.role,
            if member.active { "" } else { ", left" },
            devices.len(),
            member.name,
        ));
        members.push(json!({
            "id": member.id, "name": member.name, "role": format!("{:?}", member.role).to_lowercase(),
            "team": member.team, "active": member.active, "devices": devices, "records": records,
        }));
    }
    let json = json!({
        "state": state,
        "restore": newest.map(|restore| json!({
            "cause": cause(restore.cause), "began_at": instant(restore.began_at_ms),
            "confirmed_at": restore.confirmed_at_ms.map(instant),
            "returns_until": restore.returns_until_ms.map(instant),
        })),
        "beyond": beyond.iter().map(|one| json!({
            "device": one.device, "member": one.member, "at": instant(one.at_ms), "dismissed": one.dismissed,
        })).collect::<Vec<_>>(),
        "returned": returned.iter().map(|one| json!({
            "device": one.device, "author": one.author, "changes": one.changes,
            "first_at": instant(one.first_at_ms), "last_at": instant(one.last_at_ms),
        })).collect::<Vec<_>>(),
        "members": members,
    });
    Ok(Answer::new(text.join("\n"), json))
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Mark => "older than the mark beside it",
        Cause::Devices => "devices are ahead of it",
        Cause::Operator => "said by the operator",
    }
}

/// A member's devices that are not revoked.
fn devices(tx: &Transaction<'_>, member: MemberId) -> Result<Vec<Value>, AdminError> {
    let devices = tx.devices(Some(member), None, usize::MAX)?;
    let good = devices.iter().filter(|device| device.revoked_at_ms.is_none());
    let shown = good.map(
        |device| json!({ "id": device.id, "name": device.name, "last_seen_at": device.last_seen_at_ms.map(instant) }),
    );
    Ok(shown.collect())
}

/// How many records are assigned to a member.
fn records(tx: &Transaction<'_>, member: MemberId) -> Result<usize, AdminError> {
    let permissions = tx.permissions_of(member)?;
    let assigned = permissions.iter().filter(|given| given.origin == Origin::Assigned);
    Ok(assigned.count())
}
