//! Teams and members as the operator names them: by id, or by a name that only one has.

use std::str::FromStr;

use chrono::{DateTime, SecondsFormat};
use satchel_core::ids::{MemberId, TeamId};

use super::AdminError;
use crate::store::People;

pub(super) fn team(tx: &dyn People, given: &str) -> Result<TeamId, AdminError> {
    let all = tx.teams(None, usize::MAX)?;
    one("team", given, all.into_iter().map(|team| (team.id, team.name)))
}

pub(crate) fn member(tx: &dyn People, given: &str) -> Result<MemberId, AdminError> {
    let all = tx.members(None, usize::MAX)?;
    one("member", given, all.into_iter().map(|member| (member.id, member.name)))
}

fn one<I: FromStr + PartialEq + Copy>(
    what: &'static str,
    given: &str,
    all: impl Iterator<Item = (I, String)>,
) -> Result<I, AdminError> {
    let id: Option<I> = given.parse().ok();
    let mut found = all
        .filter(|(known, name)| Some(*known) == id || name == given)
        .map(|(known, _)| known);
    let unknown = |why| AdminError::Unknown {
        what,
        given: given.to_owned(),
        why,
    };
    let first = found
        .next()
        .ok_or_else(|| unknown("there is none of this name or id"))?;
    if found.next().is_some() {
        return Err(unknown("several have this name: give the id"));
    }
    Ok(first)
}

/// A time as it is printed.
pub(super) fn instant(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time that may be absent, as it is printed.
pub(super) fn instant_or_dash(ms: Option<i64>) -> String {
    ms.map_or_else(|| "-".into(), instant)
}
