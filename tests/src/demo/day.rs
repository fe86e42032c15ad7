//! The working day, and the sync in the evening.

use anyhow::Result;
use rand::rngs::StdRng;
use satchel_core::domain::{Customer, Deal, Note, Task, Visit};

use super::cast::{Cast, Player};
use super::desk::Desk;
use super::paper::Paper;
use super::scene::{self, Scenes};
use super::{record, walk};

/// Plays the day and lets everybody sync in the evening.
pub(super) fn play(paper: &mut Paper, cast: &Cast, desk: &Desk, rng: &mut StdRng, scenes: &Scenes) -> Result<()> {
    paper.headline("Monday, 2 March 2026: a day without signal");
    let keep_off = scenes.customers();
    for rep in &cast.reps {
        rep.at(9, 0)?;
        walk::visits(rep, rng, 3, &keep_off)?;
        rep.at(13, 0)?;
    }
    scene::twins(paper, cast, desk)?;
    for rep in &cast.reps {
        walk::visits(rep, rng, 2, &keep_off)?;
        rep.at(16, 30)?;
    }
    scene::apart(cast, desk, scenes)?;
    paper.line("In the evening, before any sync, the phones hold:");
    for rep in &cast.reps {
        let phone = &rep.phone;
        paper.under(format!(
            "{}: {} visits, {} deals, {} notes, {} tasks and {} customers of the rep's own making; {} records wait to be sent",
            phone.name,
            record::made::<Visit>(phone)?,
            record::made::<Deal>(phone)?,
            record::made::<Note>(phone)?,
            record::made::<Task>(phone)?,
            record::made::<Customer>(phone)?,
            phone.engine.sync_status()?.pending,
        ));
    }
    for manager in &cast.managers {
        manager.at(17, 0)?;
        manager.phone.sync()?;
        let visits = record::all::<Visit>(&manager.phone.engine)?.len();
        paper.line(format!("{}, who just asked the relay, sees {visits} visits of the team so far", manager.phone.name));
    }
    evening(paper, cast)
}

/// When everybody is home, wherever that is: 2026-03-03T04:00:00Z.
const EVENING_MS: i64 = 1_772_510_400_000;

fn evening(paper: &mut Paper, cast: &Cast) -> Result<()> {
    paper.headline("The evening: everybody is online again");
    for player in cast.all() {
        player.phone.clock.set_ms(EVENING_MS);
    }
    for player in cast.reps.iter().chain(&cast.managers).chain([&cast.admin]) {
        let report = player.phone.sync()?;
        paper.line(format!(
            "{}: {} records handed in, {} received · {} KB sent, {} KB received",
            player.phone.name,
            report.decided,
            report.documents,
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
            moved += report.decided + report.documents;
        }
        if moved == 0 {
            return Ok(());
        }
    }
    let unsettled: Vec<&str> = cast.all().filter(|player| !settled(player)).map(|player| player.phone.name.as_str()).collect();
    paper.disagree(format!("the phones do not come to rest: {}", unsettled.join(", ")));
    Ok(())
}

fn settled(player: &Player) -> bool {
    player.phone.engine.is_settled().unwrap_or(false)
}
