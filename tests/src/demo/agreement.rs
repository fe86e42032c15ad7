//! Whether phones and relay agree: every record of every phone against every other phone that holds it, and against the
//! relay.

use std::collections::BTreeMap;

use anyhow::Result;
use satchel_core::domain::Customer;
use satchel_core::ids::DocumentId;
use satchel_core::projection::Row;

use super::cast::{Cast, Player};
use super::desk::Desk;
use super::paper::Paper;
use super::record;
use super::scene::{Scenes, parts};

type Rows = BTreeMap<DocumentId, (String, Row)>;

/// Compares them all.
pub(super) fn check(paper: &mut Paper, cast: &Cast, desk: &Desk, scenes: &Scenes) -> Result<()> {
    paper.headline("Do they agree?");
    let held = cast.all().map(|player| Ok((player, record::rows(&player.phone.engine)?)));
    let held: Vec<(&Player, Rows)> = held.collect::<Result<_>>()?;
    digests(paper, cast)?;
    pairs(paper, &held);
    rights(paper, cast, desk, &held)?;
    private(paper, cast, scenes, &held)
}

/// Each phone against the relay, by the digest over all that it may read.
fn digests(paper: &mut Paper, cast: &Cast) -> Result<()> {
    let mut agreed = 0;
    for player in cast.all() {
        let status = player.phone.engine.sync_status()?;
        if status.agreed == Some(true) && status.pending == 0 {
            agreed += 1;
        } else {
            paper.disagree(format!("{} and the relay: {status:?}", player.phone.name));
        }
    }
    let all = cast.all().count();
    paper.check(agreed == all, format!("Phone and relay hold the same versions of everything: {agreed} of {all} phones"));
    Ok(())
}

/// Each phone against each other one, record by record.
fn pairs(paper: &mut Paper, held: &[(&Player, Rows)]) {
    let (mut compared, mut differing) = (0_usize, 0_usize);
    for (at, (one, left)) in held.iter().enumerate() {
        for (other, right) in &held[at + 1..] {
            for (id, mine) in left {
                let Some(theirs) = right.get(id) else { continue };
                compared += 1;
                if mine != theirs {
                    differing += 1;
                    paper.disagree(format!("{} {id}: {} and {} show it differently", mine.0, one.phone.name, other.phone.name));
                }
            }
        }
    }
    let pairs = held.len() * held.len().saturating_sub(1) / 2;
    paper.check(
        differing == 0 && compared > 0,
        format!("{pairs} pairs of phones compared, {compared} records that both hold: {differing} read differently"),
    );
}

/// The relay says whose a customer is: exactly those phones hold it.
fn rights(paper: &mut Paper, cast: &Cast, desk: &Desk, held: &[(&Player, Rows)]) -> Result<()> {
    let customers = record::all::<Customer>(&cast.admin.phone.engine)?;
    let (mut wrong, mut assigned) = (0_usize, 0_usize);
    for customer in &customers {
        let assignees = desk.assignees(customer.id)?;
        assigned += assignees.len();
        for (player, rows) in held.iter().filter(|(player, _)| cast.reps.iter().any(|rep| std::ptr::eq(rep, *player))) {
            let may = assignees.contains(&player.phone.member);
            if rows.contains_key(&customer.id.into()) != may {
                wrong += 1;
                paper.disagree(format!("customer {}: {} holds it otherwise than the relay says", customer.id, player.phone.name));
            }
        }
    }
    paper.check(
        wrong == 0,
        format!(
            "{} customers with {assigned} assignments at the relay: each is on exactly the reps' phones it should be on",
            customers.len()
        ),
    );
    Ok(())
}

/// The private note: on its author's phone, and on no other one.
fn private(paper: &mut Paper, cast: &Cast, scenes: &Scenes, held: &[(&Player, Rows)]) -> Result<()> {
    let author = parts(cast)?.li_na;
    let holders = held.iter().filter(|(_, rows)| rows.contains_key(&scenes.private.into()));
    let names: Vec<&str> = holders.map(|(player, _)| player.phone.name.as_str()).collect();
    paper.check(
        names == [author.phone.name.as_str()],
        format!("{}'s private note is on the phone of: {}", author.phone.name, names.join(", ")),
    );
    Ok(())
}
