//! The working day, and the sync in the evening.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use satchel_core::crediting;
use satchel_core::domain::{Customer, Deal, Note, Task, Visit};
use satchel_core::engine::Found;
use serde_json::Value;

use super::cast::{Cast, Player};
use super::desk::Desk;
use super::paper::Paper;
use super::scene::{self, Scenes};
use super::{record, tongue, walk};

/// Plays the day and lets everybody sync in the evening.
pub(super) fn play(paper: &mut Paper, cast: &Cast, desk: &Desk, rng: &mut StdRng, scenes: &Scenes) -> Result<()> {
    let monday = cast.admin.calendar.monday.format("%A, %-d %B %Y");
    paper.headline(&format!("{monday}: a day without signal 离线的一天"));
    let mut keep_off = scenes.customers().to_vec();
    for rep in &cast.reps {
        rep.at(9, 0)?;
        walk::visits(rep, rng, 3, &keep_off)?;
        rep.at(13, 0)?;
    }
    keep_off.extend(scene::twins(paper, cast, desk)?);
    for rep in &cast.reps {
        walk::visits(rep, rng, 2, &keep_off)?;
        rep.at(16, 30)?;
    }
    scene::apart(cast, desk, scenes)?;
    paper.line("In the evening, before any sync, the phones hold:");
    for rep in &cast.reps {
        let phone = &rep.phone;
        paper.under(format!(
            "{}: wrote {}, {}, {}, {}, {}; {} wait to be sent",
            phone.name,
            tongue::count(record::made::<Visit>(rep)?.len(), "visit"),
            tongue::count(record::made::<Deal>(rep)?.len(), "deal"),
            tongue::count(record::made::<Note>(rep)?.len(), "note"),
            tongue::count(record::made::<Task>(rep)?.len(), "task"),
            tongue::count(record::made::<Customer>(rep)?.len(), "customer"),
            phone.engine.sync_status()?.pending,
        ));
        if let Some(visit) = record::made::<Visit>(rep)?.last() {
            paper.under(format!("    {}", told(rep, visit)?));
        }
    }
    for manager in &cast.managers {
        manager.at(17, 0)?;
        manager.phone.sync()?;
        let visits = record::all::<Visit>(&manager.phone.engine)?.len();
        paper.line(format!(
            "{}, who just asked the relay, sees {} of the team so far",
            manager.phone.name,
            tongue::count(visits, "visit")
        ));
    }
    evening(paper, cast)
}

/// A visit in one line: when, where, what came of it.
fn told(rep: &Player, visit: &Found<Visit>) -> Result<String> {
    let customer = rep
        .phone
        .engine
        .of::<Customer>()
        .get(visit.record.customer_id)?
        .context("a visit to nobody")?;
    let address = customer
        .record
        .place
        .and_then(|place| place.address)
        .unwrap_or_default();
    let time =
        |at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| tongue::clock(at.timestamp_millis(), rep.zone));
    Ok(format!(
        "{}–{} {}, {}: {} {}",
        time(visit.record.started_at()),
        time(visit.record.ended_at()),
        customer.record.name,
        address.city.unwrap_or_default(),
        tongue::plain(&Value::from(visit.record.summary.as_str())),
        tongue::code(rep.language, "visit_outcome", visit.row.fields.get("outcome")),
    ))
}

fn evening(paper: &mut Paper, cast: &Cast) -> Result<()> {
    paper.headline("The evening: everybody is online again 晚上同步");
    for player in cast.all() {
        player.phone.clock.set_ms(player.calendar.evening_ms()?);
    }
    for player in cast.reps.iter().chain(&cast.managers).chain([&cast.admin]) {
        // As an app does: what was won earns its person a credit, with or without signal.
        crediting::settle_all(&player.phone.engine)?;
        let report = player.phone.sync()?;
        paper.line(format!(
            "{}: {} handed in, {} now on the phone ({} KB sent, {} KB received)",
            player.phone.name,
            tongue::count(usize::try_from(report.decided)?, "record"),
            player.phone.records()?,
            report.sent.div_ceil(1024),
            report.received.div_ceil(1024),
        ));
    }
    settle_down(paper, cast)
}

/// Syncs everybody until nobody has anything new.
pub(super) fn settle_down(paper: &mut Paper, cast: &Cast) -> Result<()> {
    for _ in 0..5 {
        let mut moved = 0;
        for player in cast.all() {
            let report = player.phone.sync()?;
            // What came may have been won, or be disputed now.
            moved += crediting::settle_all(&player.phone.engine)?;
            moved += report.decided + report.documents;
        }
        if moved == 0 {
            return Ok(());
        }
    }
    let unsettled: Vec<&str> = cast
        .all()
        .filter(|player| !settled(player))
        .map(|player| player.phone.name.as_str())
        .collect();
    paper.disagree(format!("the phones do not come to rest: {}", unsettled.join(", ")));
    Ok(())
}

fn settled(player: &Player) -> bool {
    player.phone.engine.is_settled().unwrap_or(false)
}
