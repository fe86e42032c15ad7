//! Reading records off a phone.

use std::collections::BTreeMap;

use anyhow::Result;
use satchel_core::domain;
use satchel_core::engine::{Engine, Found};
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::schema::Entity;
use satchel_core::store::{Archived, ListQuery, Record};

use super::calendar;
use super::cast::Player;

/// Every record of a kind on a phone.
pub(super) fn all<T: Entity>(engine: &Engine) -> Result<Vec<Found<T>>> {
    let mut query = ListQuery {
        limit: 500,
        ..ListQuery::new(T::KIND.name)
    };
    let mut found = Vec::new();
    loop {
        let page = engine.of::<T>().list(&query)?;
        found.extend(page.records);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Every record of every kind on a phone, those put away among them.
pub(super) fn everything(engine: &Engine) -> Result<BTreeMap<DocumentId, Record>> {
    let mut found = BTreeMap::new();
    for kind in domain::KINDS {
        let mut query = ListQuery {
            limit: 500,
            archived: Archived::Both,
            ..ListQuery::new(kind.name)
        };
        loop {
            let page = engine.list(&query)?;
            found.extend(page.records.into_iter().map(|record| (record.id, record)));
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
    }
    Ok(found)
}

/// The records of a kind on a phone that its person made on the demo's Monday, the first made first.
pub(super) fn made<T: Entity>(player: &Player) -> Result<Vec<Found<T>>> {
    let phone = &player.phone;
    let morning_ms = calendar::at(player.calendar.monday, 0, 0, player.zone)?;
    let mut found = all::<T>(&phone.engine)?;
    found.retain(|record| {
        let created = &record.row.created;
        created.by == Some(phone.member) && created.at_ms >= morning_ms
    });
    found.sort_by_key(|record| record.row.created.at_ms);
    Ok(found)
}

/// The name of a member as a phone knows it.
pub(super) fn name(engine: &Engine, member: Option<MemberId>) -> Result<String> {
    let Some(member) = member else {
        return Ok("somebody".to_owned());
    };
    let known = engine.read(|reader| Ok(reader.member(member)?))?;
    Ok(known.map_or_else(|| "somebody who left".to_owned(), |member| member.name))
}
