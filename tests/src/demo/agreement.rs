//! Whether phones and relay agree: every record of every phone against every other phone that holds it, and against the
//! relay.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use satchel_core::domain::Customer;
use satchel_core::ids::{DocumentId, MemberId, ScopeId};
use satchel_core::schema::Entity;
use satchel_core::store::Record;
use serde_json::{Value, json};

use super::cast::{Cast, Player};
use super::desk::Desk;
use super::paper::Paper;
use super::record;
use super::scene::{Scenes, parts};

type Records = BTreeMap<DocumentId, Record>;

/// Compares them all.
pub(super) fn check(paper: &mut Paper, cast: &Cast, desk: &Desk, scenes: &Scenes) -> Result<()> {
    paper.headline("Do they agree? 是否一致");
    let held = cast
        .all()
        .map(|player| Ok((player, record::everything(&player.phone.engine)?)));
    let held: Vec<(&Player, Records)> = held.collect::<Result<_>>()?;
    digests(paper, cast)?;
    pairs(paper, &held);
    let shown = held
        .iter()
        .map(|(player, _)| desk.records_of(player.phone.member))
        .collect::<Result<Vec<_>>>()?;
    over_rest(paper, &held, &shown)?;
    rights(paper, cast, &held, &shown)?;
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
    paper.check(
        agreed == all,
        format!("Phone and relay hold the same versions of everything: {agreed} of {all} phones"),
    );
    Ok(())
}

/// Each phone against each other one, record by record.
fn pairs(paper: &mut Paper, held: &[(&Player, Records)]) {
    let (mut compared, mut differing) = (0_usize, 0_usize);
    for (at, (one, left)) in held.iter().enumerate() {
        for (other, right) in &held[at + 1..] {
            for (id, mine) in left {
                let Some(theirs) = right.get(id) else { continue };
                compared += 1;
                if mine.row != theirs.row {
                    differing += 1;
                    let names = (&one.phone.name, &other.phone.name);
                    paper.disagree(format!(
                        "{} {id}: {} and {} show it differently",
                        mine.kind, names.0, names.1
                    ));
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

/// Each phone against what the relay shows the same person over REST, record by record.
fn over_rest(paper: &mut Paper, held: &[(&Player, Records)], shown: &[Vec<Value>]) -> Result<()> {
    let (mut compared, mut differing) = (0_usize, 0_usize);
    for ((player, records), shown) in held.iter().zip(shown) {
        // What is private leaves the relay for its author's devices only.
        let private = ScopeId::private_of(player.phone.member);
        let mut left: BTreeSet<DocumentId> = records.keys().copied().collect();
        left.retain(|id| records[id].scope != Some(private));
        for shown in shown {
            let id: DocumentId = serde_json::from_value(shown["id"].clone())?;
            compared += 1;
            left.remove(&id);
            let same = records.get(&id).filter(|record| record.scope != Some(private)).is_some_and(|Record { row, .. }| {
                json!({ "heads": row.heads, "fields": row.fields, "derived": row.derived, "conflicts": row.conflicts })
                    == json!({
                        "heads": shown["heads"], "fields": shown["fields"], "derived": shown["derived"],
                        "conflicts": shown["conflicts"],
                    })
            });
            if !same {
                differing += 1;
                paper.disagree(format!(
                    "{} {id}: {}'s phone and the relay show it differently",
                    shown["kind"], player.phone.name
                ));
            }
        }
        for id in left {
            differing += 1;
            paper.disagree(format!(
                "{} {id}: on {}'s phone, not shown by the relay",
                records[&id].kind, player.phone.name
            ));
        }
    }
    paper.check(
        differing == 0 && compared > 0,
        format!(
            "{} people ask the relay over REST, {compared} records: {differing} other than on the person's phone",
            held.len()
        ),
    );
    Ok(())
}

/// The relay says whose a customer is: exactly those phones hold it.
fn rights(paper: &mut Paper, cast: &Cast, held: &[(&Player, Records)], shown: &[Vec<Value>]) -> Result<()> {
    // The admin comes first, and sees them all.
    let everything = shown.first().context("nobody asked the relay")?;
    let customers: Vec<&Value> = everything
        .iter()
        .filter(|record| record["kind"] == Customer::KIND.name)
        .collect();
    let (mut wrong, mut assigned) = (0_usize, 0_usize);
    for customer in &customers {
        let id: DocumentId = serde_json::from_value(customer["id"].clone())?;
        let assignees: Vec<MemberId> = serde_json::from_value(customer["assignees"].clone())?;
        assigned += assignees.len();
        for (player, records) in held
            .iter()
            .filter(|(player, _)| cast.reps.iter().any(|rep| std::ptr::eq(rep, *player)))
        {
            let may = assignees.contains(&player.phone.member);
            if records.contains_key(&id) != may {
                wrong += 1;
                paper.disagree(format!(
                    "customer {id}: {} holds it otherwise than the relay says",
                    player.phone.name
                ));
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
fn private(paper: &mut Paper, cast: &Cast, scenes: &Scenes, held: &[(&Player, Records)]) -> Result<()> {
    let author = parts(cast)?.li_na;
    let holders = held
        .iter()
        .filter(|(_, records)| records.contains_key(&scenes.private.into()));
    let names: Vec<&str> = holders.map(|(player, _)| player.phone.name.as_str()).collect();
    paper.check(
        names == [author.phone.name.as_str()],
        format!(
            "{}'s private note is on one phone of {}: {}",
            author.phone.name,
            held.len(),
            names.join(", ")
        ),
    );
    Ok(())
}
