//! What had conflicted: shown with values and authors, then settled by the managers.

use anyhow::{Context, Result};
use satchel_core::domain::deal::LostReason;
use satchel_core::domain::process_template::StageType;
use satchel_core::domain::{Customer, CustomerId, Deal, DealPatch, Visit};
use satchel_core::engine::Found;
use satchel_core::exchange::label::{self, Language};
use satchel_core::query::customer_page;
use serde_json::Value;

use super::cast::{Cast, Player};
use super::desk::Desk;
use super::paper::Paper;
use super::scene::{Scenes, parts};
use super::{day, record, tongue, walk};

/// Prints what the managers' phones and those of the reps concerned show of the edits made apart.
pub(super) fn show(paper: &mut Paper, cast: &Cast, desk: &Desk, scenes: &Scenes) -> Result<()> {
    paper.headline("What had conflicted 冲突");
    for manager in &cast.managers {
        fields(paper, manager)?;
        disputes(paper, manager)?;
    }
    merged(paper, cast)?;
    handed_over(paper, cast, desk, scenes)
}

fn fields(paper: &mut Paper, manager: &Player) -> Result<()> {
    let engine = &manager.phone.engine;
    for record in engine.in_conflict(50)? {
        let name = record.row.fields.get("name").map(tongue::plain).unwrap_or_default();
        for conflict in engine.conflicts(record.id)? {
            let field = tongue::field(&record.kind, &conflict.field);
            paper.line(format!(
                "{}'s phone: {} for {field} of {name}",
                manager.phone.name,
                tongue::count(conflict.siblings.len(), "value"),
            ));
            // Which of them a list shows until somebody decides is the same everywhere, but as good as the other one.
            let mut siblings = conflict.siblings;
            siblings.sort_by_key(|sibling| sibling.at_ms);
            for sibling in &siblings {
                let by = record::name(engine, sibling.by)?;
                paper.under(format!(
                    "{} by {by} at {}",
                    tongue::plain(&sibling.value),
                    tongue::clock(sibling.at_ms, manager.zone)
                ));
            }
        }
        let apart = ["industry", "website"].map(|field| record.row.fields.get(field).map(tongue::plain));
        if let [Some(industry), Some(website)] = apart {
            paper.under(format!(
                "what they wrote into different fields stands side by side: {industry}, {website}"
            ));
        }
    }
    Ok(())
}

fn disputes(paper: &mut Paper, manager: &Player) -> Result<()> {
    let engine = &manager.phone.engine;
    for deal in disputed(manager)? {
        let (_, process) = walk::process(manager)?;
        paper.line(format!(
            "{}'s phone: the deal {} ({}) is disputed",
            manager.phone.name,
            tongue::plain(&Value::from(deal.record.name.as_str())),
            tongue::money(&deal.record.amount)
        ));
        for step in deal.record.moves.iter().filter(|step| step.closes()) {
            let stage = process.stages.iter().find(|stage| stage.code == step.stage);
            let stage = stage.map_or(step.stage.as_str(), |stage| {
                tongue::say(manager.language, &stage.name_zh, &stage.name_en)
            });
            let at = tongue::clock(step.stamp.at.timestamp_millis(), manager.zone);
            let reason = deal
                .record
                .lost_reason
                .filter(|_| step.stage_type == StageType::Lost)
                .map(LostReason::code);
            let reason = reason.map(|code| format!(" ({})", label::label("lost_reason", code, manager.language)));
            let by = record::name(engine, Some(step.stamp.by))?;
            paper.under(format!("{stage} by {by} at {at}{}", reason.unwrap_or_default()));
        }
    }
    Ok(())
}

fn disputed(player: &Player) -> Result<Vec<Found<Deal>>> {
    let mut deals = record::all::<Deal>(&player.phone.engine)?;
    deals.retain(|deal| deal.row.derived.get("disputed") == Some(&Value::Bool(true)));
    Ok(deals)
}

/// The shop that was entered twice, as both reps see it now.
fn merged(paper: &mut Paper, cast: &Cast) -> Result<()> {
    let parts = parts(cast)?;
    let mut pages = Vec::new();
    for player in [parts.chen_jie, parts.sofia] {
        let engine = &player.phone.engine;
        let customers = record::all::<Customer>(engine)?;
        for gone in customers
            .iter()
            .filter(|customer| customer.row.derived.get("merged_into").is_some_and(|id| !id.is_null()))
        {
            let page = engine
                .read(|reader| Ok(customer_page(reader, gone.id, 20)?))?
                .context("no page of the customer")?;
            let kept = page
                .customer
                .row
                .fields
                .get("name")
                .map(tongue::plain)
                .unwrap_or_default();
            let visits = page
                .related
                .iter()
                .filter(|related| related.kind == "visit")
                .map(|related| related.page.records.len());
            let visits: usize = visits.sum();
            paper.line(format!(
                "{}'s phone: {} is shown as {kept}, with {}",
                player.phone.name,
                tongue::plain(&Value::from(gone.record.name.as_str())),
                tongue::count(visits, "visit"),
            ));
            pages.push((CustomerId::from(page.customer.id), visits));
        }
    }
    let same = pages.len() == 2 && pages[0] == pages[1] && pages[0].1 > 0;
    paper.check(
        same,
        "Both reps see one shop, with the visit that was made at the other entry",
    );
    Ok(())
}

/// The customer who changed hands while his rep was offline.
fn handed_over(paper: &mut Paper, cast: &Cast, desk: &Desk, scenes: &Scenes) -> Result<()> {
    let parts = parts(cast)?;
    let (old, new) = (&parts.zhang_min.phone, &parts.tom.phone);
    let row = new.row(scenes.moved)?;
    let name = row.fields.get("name").map(tongue::plain).unwrap_or_default();
    let late = old.engine.notices(None, 50)?;
    let late = late
        .iter()
        .filter(|notice| notice.code == "late" && notice.state == "accepted")
        .count();
    let holders = desk.assignees(scenes.moved)?;
    let holders = holders
        .into_iter()
        .map(|holder| record::name(&new.engine, Some(holder)))
        .collect::<Result<Vec<_>>>()?;
    paper.line(format!(
        "The relay: {name} is now the customer of {}",
        holders.join(" and ")
    ));
    let gone = if old.has(scenes.moved)? {
        "still holds the customer"
    } else {
        "holds nothing of the customer any more"
    };
    paper.under(format!(
        "{}'s phone: {} written offline after the handover, and taken all the same; it {gone}",
        old.name,
        tongue::count(late, "record")
    ));
    let history = new.engine.history(scenes.moved.into())?;
    let mut authors = Vec::new();
    for entry in &history {
        let author = record::name(&new.engine, entry.by)?;
        if !authors.contains(&author) {
            authors.push(author);
        }
    }
    let visits = record::all::<Visit>(&new.engine)?;
    let visits = visits
        .iter()
        .filter(|visit| visit.record.customer_id == scenes.moved)
        .count();
    paper.under(format!(
        "{}'s phone: the customer's whole history, {} by {}, and {}",
        new.name,
        tongue::count(history.len(), "change"),
        authors.join(" and "),
        tongue::count(visits, "visit"),
    ));
    if old.has(scenes.moved)? {
        paper.disagree(format!("{} still holds a customer who was handed over", old.name));
    }
    Ok(())
}

/// The managers settle what conflicted; everybody syncs; nothing is left.
pub(super) fn settle(paper: &mut Paper, cast: &Cast, scenes: &Scenes) -> Result<()> {
    paper.headline("The managers settle it 经理裁定");
    let mut settled = Vec::new();
    for manager in &cast.managers {
        let engine = &manager.phone.engine;
        for record in engine.in_conflict(50)? {
            for conflict in engine.conflicts(record.id)? {
                let earliest = conflict
                    .siblings
                    .iter()
                    .min_by_key(|sibling| sibling.at_ms)
                    .context("no values")?;
                engine.resolve(record.id, &conflict.field, &earliest.value, Some(&record.row.heads))?;
                settled.push((record.id, conflict.field));
            }
        }
        for deal in disputed(manager)? {
            let (_, process) = walk::process(manager)?;
            let moves = process.move_to("won").into_iter().collect();
            engine.of::<Deal>().edit(
                deal.id,
                DealPatch {
                    append_moves: moves,
                    ..DealPatch::default()
                },
                Some(&deal.heads),
            )?;
        }
    }
    day::settle_down(paper, cast)?;
    // Read where it matters: on the phones of the reps who look after it.
    let parts = parts(cast)?;
    for (record, field) in settled {
        for rep in &cast.reps {
            let engine = &rep.phone.engine;
            let Some(row) = engine.get(record)?.map(|found| found.row) else {
                continue;
            };
            let last = engine
                .field_history(record, &field)?
                .pop()
                .context("no history of the field")?;
            paper.line(format!(
                "{}'s phone: {} of {} is {}, settled by {}",
                rep.phone.name,
                tongue::field("customer", &field),
                row.fields.get("name").map(tongue::plain).unwrap_or_default(),
                row.fields.get(&field).map(tongue::plain).unwrap_or_default(),
                record::name(engine, last.by)?,
            ));
        }
    }
    for rep in [parts.sofia, parts.bo] {
        let deal = rep
            .phone
            .engine
            .of::<Deal>()
            .get(scenes.deal)?
            .context("the deal is not on the phone")?;
        let (_, process) = walk::process(rep)?;
        let code = deal
            .row
            .derived
            .get("stage")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let stage = process
            .stages
            .iter()
            .find(|stage| stage.code == code)
            .context("no such stage")?;
        let last = deal
            .record
            .moves
            .iter()
            .max_by_key(|step| step.stamp.at)
            .context("no moves")?;
        paper.line(format!(
            "{}'s phone: the deal {} is {} / {}, by {}",
            rep.phone.name,
            tongue::plain(&Value::from(deal.record.name.as_str())),
            tongue::say(Language::En, &stage.name_zh, &stage.name_en),
            stage.name_zh,
            record::name(&rep.phone.engine, Some(last.stamp.by))?,
        ));
    }
    let mut left = 0;
    for player in cast.all() {
        left += player.phone.engine.in_conflict(50)?.len() + disputed(player)?.len();
    }
    paper.check(left == 0, format!("{left} conflicts are left on all phones together"));
    Ok(())
}
