//! What everybody sees in the evening, in the person's language.

use std::collections::BTreeMap;

use anyhow::Result;
use satchel_core::domain::{Customer, Deal, Task, Visit};
use satchel_core::exchange::label::Language;
use satchel_core::query::open_deals;
use satchel_core::schema::value::Money;
use satchel_core::store::{SearchOrder, SearchQuery};
use serde_json::Value;

use super::cast::{Cast, Player};
use super::paper::Paper;
use super::{record, tongue, walk};

/// Prints what each phone shows.
pub(super) fn look(paper: &mut Paper, cast: &Cast) -> Result<()> {
    paper.headline("What each phone shows now 各人手机所见");
    for player in cast.managers.iter().chain(&cast.reps) {
        paper.line(title(player)?);
        for line in customers_and_visits(player)? {
            paper.under(line);
        }
        paper.under(pipeline(player)?);
        paper.under(found(player)?);
        if let Some(notices) = notices(player)? {
            paper.under(notices);
        }
    }
    Ok(())
}

fn title(player: &Player) -> Result<String> {
    let member = player.phone.member;
    let (known, teams) = player
        .phone
        .engine
        .read(|reader| Ok((reader.member(member)?, reader.teams()?)))?;
    let Some(known) = known else {
        return Ok(player.phone.name.clone());
    };
    let team = teams
        .iter()
        .find(|team| Some(team.id) == known.team)
        .map_or("", |team| team.name.as_str());
    Ok(format!(
        "{} · {} · {team}",
        known.name,
        tongue::role(player.language, &known.role)
    ))
}

fn customers_and_visits(player: &Player) -> Result<[String; 2]> {
    let engine = &player.phone.engine;
    let customers = record::all::<Customer>(engine)?.len();
    let visits = record::all::<Visit>(engine)?;
    let done: Vec<_> = visits
        .iter()
        .filter(|visit| visit.row.derived.get("status") == Some(&"completed".into()))
        .collect();
    let mut proofs: BTreeMap<String, usize> = BTreeMap::new();
    for visit in &done {
        let proof = tongue::code(player.language, "verification", visit.row.derived.get("verification"));
        *proofs.entry(proof).or_default() += 1;
    }
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for visit in done.iter().filter(|visit| visit.record.outcome.is_some()) {
        *outcomes
            .entry(tongue::code(
                player.language,
                "visit_outcome",
                visit.row.fields.get("outcome"),
            ))
            .or_default() += 1;
    }
    let list = |counts: &BTreeMap<String, usize>, apart: &str| {
        counts
            .iter()
            .map(|(label, count)| format!("{label} {count}"))
            .collect::<Vec<_>>()
            .join(apart)
    };
    let tasks = record::all::<Task>(engine)?;
    let open = tasks
        .iter()
        .filter(|task| task.row.derived.get("state") == Some(&"open".into()))
        .count();
    let done = done.len();
    Ok(match player.language {
        Language::Zh => [
            format!("客户 {customers} · 完成拜访 {done} · 待办任务 {open}"),
            format!("拜访位置：{}；结果：{}", list(&proofs, "，"), list(&outcomes, "，")),
        ],
        Language::En => [
            format!("customers {customers} · visits done {done} · open tasks {open}"),
            format!(
                "place of visits: {}; outcome: {}",
                list(&proofs, ", "),
                list(&outcomes, ", ")
            ),
        ],
    })
}

/// Open deals by stage in the order of the process, and those won.
fn pipeline(player: &Player) -> Result<String> {
    let engine = &player.phone.engine;
    let mut open: BTreeMap<String, (usize, i64)> = BTreeMap::new();
    let mut after = None;
    loop {
        let page = engine.read(|reader| Ok(open_deals(reader, None, after, 200)?))?;
        for deal in &page.records {
            let stage = deal
                .row
                .derived
                .get("stage")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let (count, minor) = open.entry(stage.to_owned()).or_default();
            *count += 1;
            *minor += deal.row.typed::<Deal>().amount.minor;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let sum = |minor| tongue::money(&Money::new(minor, "USD"));
    let (_, process) = walk::process(player)?;
    let stages = process.stages.iter().filter_map(|stage| {
        let (count, minor) = open.get(&stage.code)?;
        let name = tongue::say(player.language, &stage.name_zh, &stage.name_en);
        Some(format!("{name} {count} ({})", sum(*minor)))
    });
    let stages: Vec<String> = stages.collect();
    let won = record::all::<Deal>(engine)?;
    let won: Vec<_> = won
        .iter()
        .filter(|deal| deal.row.derived.get("stage_type") == Some(&"won".into()))
        .collect();
    let count: usize = open.values().map(|(count, _)| count).sum();
    let total: i64 = open.values().map(|(_, minor)| minor).sum();
    let earned: i64 = won.iter().map(|deal| deal.record.amount.minor).sum();
    Ok(match player.language {
        Language::Zh => format!(
            "进行中商机 {count}，{}：{} · 赢单 {}，{}",
            sum(total),
            stages.join("，"),
            won.len(),
            sum(earned)
        ),
        Language::En => format!(
            "open deals {count}, {}: {} · won {}, {}",
            sum(total),
            stages.join(", "),
            won.len(),
            sum(earned)
        ),
    })
}

/// A word of two characters, or the beginning of an English one, looked for in everything on the phone.
fn found(player: &Player) -> Result<String> {
    let text = tongue::say(player.language, "样品", "sampl");
    let engine = &player.phone.engine;
    while !engine.maintain()?.is_complete() {}
    let query = SearchQuery {
        order: SearchOrder::Newest,
        limit: 200,
        ..SearchQuery::new(text)
    };
    let hits = engine.search(&query)?.hits;
    let first = hits.first().map(|hit| {
        let fields = &hit.record.row.fields;
        let shown = ["summary", "body", "name", "title"]
            .iter()
            .find_map(|name| fields.get(*name)?.as_str());
        tongue::plain(&Value::from(tongue::brief(shown.unwrap_or_default(), 40)))
    });
    let first = first.unwrap_or_default();
    Ok(match player.language {
        Language::Zh => format!("搜索“{text}”：{} 条，最新：{first}", hits.len()),
        Language::En => format!("search “{text}”: {} found, the newest: {first}", hits.len()),
    })
}

/// What the person should know of his own edits.
fn notices(player: &Player) -> Result<Option<String>> {
    let notices = player.phone.engine.notices(None, 50)?;
    if notices.is_empty() {
        return Ok(None);
    }
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for notice in &notices {
        *counts.entry((&notice.code, &notice.state)).or_default() += 1;
    }
    let parts = counts
        .iter()
        .map(|((code, state), count)| match (*code, *state, player.language) {
            ("late", "accepted", Language::Zh) => format!("{count} 条在客户移交之后才提交，已接收"),
            ("late", "accepted", Language::En) => format!("{count} records were sent after the handover, and taken"),
            (code, state, _) => format!("{count} × {code}: {state}"),
        });
    let parts: Vec<String> = parts.collect();
    Ok(Some(format!(
        "{} {}",
        tongue::say(player.language, "通知：", "notices:"),
        parts.join(", ")
    )))
}
