//! A manager over two reps takes the rows of their records alone: lists, search, agenda and figures are as on a phone that
//! takes everything, for far fewer bytes. A document comes where it is asked for. Nothing can be lost by it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use satchel_core::domain::visit::{VisitEvent, VisitEventKind, VisitKind, VisitOutcome};
use satchel_core::domain::{
    Comment, CommentPatch, Customer, CustomerId, CustomerPatch, Deal, DealPatch, KINDS, ProcessTemplate, Visit,
    VisitId, VisitPatch,
};
use satchel_core::engine::{Error, Presence};
use satchel_core::ids::DocumentId;
use satchel_core::query::{self, Agenda};
use satchel_core::report;
use satchel_core::schema::value::Money;
use satchel_core::store::{Archived, ListQuery, Record};
use satchel_tests::field::{Phone, Team};

use crate::purge_shown::{files, holds};

/// Customers of each rep, with five records and some history each: two hundred records.
const CUSTOMERS: usize = 40;
/// Visits of a customer.
const VISITS: usize = 3;

/// What a rep made.
struct Work {
    shops: Vec<CustomerId>,
    visits: Vec<VisitId>,
}

/// Makes a rep's records, with some history, and hands them in.
fn work(rep: &Phone) -> Result<Work> {
    let mut made = Work {
        shops: Vec::new(),
        visits: Vec::new(),
    };
    let event = |event| VisitPatch {
        append_events: vec![VisitEvent {
            event,
            ..VisitEvent::default()
        }],
        ..VisitPatch::default()
    };
    for number in 0..CUSTOMERS {
        let shop = rep.engine.of::<Customer>().create(CustomerPatch {
            name: Some(format!("{} 街角小店 {number}", rep.name)),
            ..CustomerPatch::default()
        })?;
        for planned in 0..VISITS {
            let visit = rep.engine.of::<Visit>().create(VisitPatch {
                customer_id: Some(shop),
                visit_kind: Some(VisitKind::Planned),
                planned_start: Some(format!("2026-03-0{}T02:00:00Z", 2 + planned).parse()?),
                ..VisitPatch::default()
            })?;
            rep.engine
                .of::<Visit>()
                .edit(visit, event(VisitEventKind::Checkin), None)?;
            rep.clock.advance_ms(10 * 60_000);
            rep.engine
                .of::<Visit>()
                .edit(visit, event(VisitEventKind::Checkout), None)?;
            made.visits.push(visit);
        }
        let deal = rep.engine.of::<Deal>().create(DealPatch {
            customer_id: Some(shop),
            name: Some(format!("Shelf {number}")),
            amount: Some(Money::new(120_000, "CNY")),
            expected_close: Some("2026-09-30".parse()?),
            append_moves: ProcessTemplate::standard().move_to("needs").into_iter().collect(),
            ..DealPatch::default()
        })?;
        let note = DealPatch {
            description: Some("waits for samples".to_owned()),
            ..DealPatch::default()
        };
        rep.engine.of::<Deal>().edit(deal, note, None)?;
        made.shops.push(shop);
    }
    rep.sync()?;
    Ok(made)
}

/// What becomes of a visit in a day.
fn a_day(rep: &Phone, visit: VisitId, number: usize) -> Result<()> {
    let text = |text: &str| Some(format!("{text} {number}"));
    let patches = [
        VisitPatch {
            summary: text("货架缺货"),
            ..VisitPatch::default()
        },
        VisitPatch {
            outcome: Some(VisitOutcome::FollowUp),
            next_action: text("call the buyer about"),
            ..VisitPatch::default()
        },
        VisitPatch {
            summary: text("货架缺货，补两箱，下周再来看看陈列，送样品"),
            ..VisitPatch::default()
        },
        VisitPatch {
            next_action: text("bring two boxes and the samples of"),
            ..VisitPatch::default()
        },
        VisitPatch {
            outcome: Some(VisitOutcome::Ordered),
            ..VisitPatch::default()
        },
    ];
    for patch in patches {
        rep.clock.advance_ms(60_000 + 37 * i64::try_from(number)?);
        rep.engine.of::<Visit>().edit(visit, patch, None)?;
    }
    Ok(())
}

/// Every record of a phone, kind by kind.
fn lists(phone: &Phone) -> Result<Vec<Record>> {
    let mut all = Vec::new();
    for kind in KINDS {
        let mut query = ListQuery {
            archived: Archived::Both,
            limit: 100,
            ..ListQuery::new(kind.name)
        };
        loop {
            let page = phone.engine.list(&query)?;
            all.extend(page.records);
            let Some(next) = page.next else { break };
            query.after = Some(next);
        }
    }
    Ok(all)
}

fn agenda(phone: &Phone) -> Result<Agenda> {
    let day = "2026-03-03".parse()?;
    let zone = chrono_tz::Asia::Shanghai;
    Ok(phone
        .engine
        .read(|reader| Ok(query::agenda(reader, day, zone, None)?))?)
}

/// What the figures are made of.
fn facts(phone: &Phone) -> Result<Vec<String>> {
    Ok(phone.engine.read(|reader| {
        let mut facts = Vec::new();
        report::deals(reader, "Asia/Shanghai", |fact| facts.push(format!("{fact:?}")))?;
        report::visits(reader, "Asia/Shanghai", &[VisitOutcome::Ordered], |fact| {
            facts.push(format!("{fact:?}"));
        })?;
        Ok(facts)
    })?)
}

/// Sees to it that two phones show the same.
fn ensure_same(whole: &Phone, rows: &Phone) -> Result<()> {
    ensure!(lists(whole)? == lists(rows)?, "the lists differ");
    let found = |phone: &Phone, text| -> Result<BTreeSet<DocumentId>> { Ok(phone.search(text)?.into_iter().collect()) };
    for text in ["Ann 街角小店 1", "Shelf 7", "Bo 街角小店 3"] {
        ensure!(
            found(whole, text)? == found(rows, text)?,
            "the search for {text} differs"
        );
    }
    let (one, other) = (agenda(whole)?, agenda(rows)?);
    ensure!(one == other && !one.visits.is_empty(), "the agendas differ");
    let (one, other) = (facts(whole)?, facts(rows)?);
    ensure!(one == other && !one.is_empty(), "the figures differ");
    for phone in [whole, rows] {
        let status = phone.engine.sync_status()?;
        ensure!(status.complete && status.agreed == Some(true), "{status:?}");
    }
    Ok(())
}

/// A manager over two reps, with a phone that takes everything and one that takes rows.
struct Office {
    team: Team,
    ann: Phone,
    bo: Phone,
    whole: Phone,
    rows: Phone,
    of_ann: Work,
    of_bo: Work,
}

impl Office {
    fn new() -> Result<Self> {
        let team = Team::new()?;
        let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
        let (of_ann, of_bo) = (work(&ann)?, work(&bo)?);
        let manager = team.add("Wang Wei", "manager")?;
        let (whole, rows) = (team.phone(&manager)?, team.phone(&manager)?);
        rows.engine.set_rows_only(true)?;
        Ok(Self {
            team,
            ann,
            bo,
            whole,
            rows,
            of_ann,
            of_bo,
        })
    }

    fn synced() -> Result<Self> {
        let office = Self::new()?;
        office.whole.sync()?;
        office.rows.sync()?;
        Ok(office)
    }
}

#[test]
fn rows_alone_show_the_same_for_fewer_bytes() -> Result<()> {
    let office = Office::new()?;
    let (whole, rows) = (&office.whole, &office.rows);
    let first = [whole.sync()?, rows.sync()?];
    let records = 2 * (CUSTOMERS * (2 + VISITS)) as u64;
    assert_eq!(rows.records()?, records);
    assert_eq!(first.map(|report| report.packs > 0), [true, true]);
    println!(
        "first sync of {records} records: {} bytes with documents, {} with rows alone",
        first[0].received, first[1].received
    );
    ensure_same(whole, rows)?;

    for (rep, made) in [(&office.ann, &office.of_ann), (&office.bo, &office.of_bo)] {
        for (number, visit) in made.visits.iter().enumerate().take(50) {
            a_day(rep, *visit, number)?;
        }
        rep.sync()?;
    }
    let later = [whole.sync()?, rows.sync()?];
    println!(
        "catch-up of 100 visits, each changed five times: {} bytes with documents, {} with rows alone",
        later[0].received, later[1].received
    );
    ensure_same(whole, rows)?;
    for (with, without) in [(first[0], first[1]), (later[0], later[1])] {
        ensure!(without.received < with.received, "rows alone are no less");
    }
    let ids = office.of_ann.visits.iter().chain(&office.of_bo.visits);
    for id in ids {
        let presence = rows.engine.explain((*id).into())?.presence;
        ensure!(presence == Presence::RowOnly, "{id} is {presence:?}");
    }
    Ok(())
}

#[test]
fn without_packs_too() -> Result<()> {
    let office = Office::new()?;
    // As if no pack were to be had: everything goes record by record.
    office.whole.engine.finish_packs()?;
    office.rows.engine.finish_packs()?;
    let first = [office.whole.sync()?, office.rows.sync()?];
    assert_eq!(first.map(|report| report.packs), [0, 0]);
    println!(
        "first sync, record by record: {} bytes with documents, {} with rows alone",
        first[0].received, first[1].received
    );
    ensure!(first[1].received < first[0].received, "rows alone are no less");
    ensure_same(&office.whole, &office.rows)
}

#[test]
fn a_document_comes_where_it_is_asked_for_and_nothing_is_lost_without() -> Result<()> {
    let office = Office::synced()?;
    let (whole, rows, ann) = (&office.whole, &office.rows, &office.ann);
    let visit: DocumentId = office.of_ann.visits[0].into();
    let before = rows.row(visit)?;

    // In a tunnel: what needs the document says so, and changes nothing.
    ensure!(matches!(rows.engine.history(visit), Err(Error::RowOnly)));
    ensure!(matches!(rows.engine.conflicts(visit), Err(Error::RowOnly)));
    ensure!(matches!(
        rows.engine.at_version(visit, &before.heads),
        Err(Error::RowOnly)
    ));
    let patch = VisitPatch {
        next_action: Some("call back".to_owned()),
        ..VisitPatch::default()
    };
    let edit = || {
        rows.engine
            .of::<Visit>()
            .edit(visit.into(), patch.clone(), Some(&before.heads))
    };
    ensure!(matches!(edit(), Err(Error::RowOnly)));
    assert_eq!(rows.row(visit)?, before);
    assert_eq!(rows.engine.sync_status()?.pending, 0);
    // What is new needs none.
    let comment = rows.engine.of::<Comment>().create(CommentPatch {
        parent: Some(visit),
        body: Some("well done".to_owned()),
        ..CommentPatch::default()
    })?;

    // Back in the light it comes, and nothing else does.
    office
        .team
        .runtime()
        .block_on(rows.client.fetch_document(&rows.engine, visit))?;
    assert_eq!(rows.engine.history(visit)?, whole.engine.history(visit)?);
    let others = office.of_ann.visits.iter().skip(1);
    for other in others {
        ensure!(rows.engine.explain((*other).into())?.presence == Presence::RowOnly);
    }
    edit()?;
    rows.sync()?;
    ann.sync()?;
    assert_eq!(ann.row(visit)?.fields["next_action"], "call back");
    assert_eq!(ann.row(comment)?.fields["body"], "well done");

    // What was written here stays a document when somebody else goes on with it.
    let summary = VisitPatch {
        summary: Some("two boxes".to_owned()),
        ..VisitPatch::default()
    };
    ann.engine.of::<Visit>().edit(visit.into(), summary, None)?;
    a_day(ann, visit.into(), 0)?;
    // What was only looked at gives way to the new row.
    let looked_at: DocumentId = office.of_ann.visits[1].into();
    office
        .team
        .runtime()
        .block_on(rows.client.fetch_document(&rows.engine, looked_at))?;
    ensure!(rows.engine.explain(looked_at)?.presence == Presence::Here);
    a_day(ann, looked_at.into(), 1)?;
    ann.sync()?;
    rows.sync()?;
    whole.sync()?;
    assert_eq!(rows.engine.history(visit)?, whole.engine.history(visit)?);
    assert_eq!(rows.row(visit)?, ann.row(visit)?);
    ensure!(rows.engine.explain(looked_at)?.presence == Presence::RowOnly);
    ensure_same(whole, rows)
}

#[test]
fn a_handover_purges_rows_and_an_assignment_brings_documents() -> Result<()> {
    let office = Office::synced()?;
    let (whole, rows) = (&office.whole, &office.rows);
    let shop = office.of_bo.shops[3];
    while !rows.engine.maintain()?.is_complete() {}
    let text = "Bo 街角小店 3\"".as_bytes();
    ensure!(holds(&files(rows)?, text), "the search for its bytes finds them");
    office.team.add_team("South")?;
    let cai = office.team.add_to("Cai", "rep", "South", "Asia/Shanghai")?;
    office.team.hand_over(shop, cai.id)?;
    rows.sync()?;
    whole.sync()?;
    ensure!(!rows.has(shop)? && rows.search("Bo 街角小店 3")? == whole.search("Bo 街角小店 3")?);
    ensure!(!holds(&files(rows)?, text), "bytes of it are left");
    ensure_same(whole, rows)?;

    // What is assigned to him he takes with its documents.
    let mine = office.of_bo.shops[4];
    ensure!(rows.engine.explain(mine.into())?.presence == Presence::RowOnly);
    office.team.assign(mine, rows.member)?;
    rows.sync()?;
    whole.sync()?;
    assert_eq!(rows.engine.history(mine.into())?, whole.engine.history(mine.into())?);
    ensure_same(whole, rows)?;

    // And with everything else as soon as he wants that.
    rows.engine.set_rows_only(false)?;
    rows.sync()?;
    for record in lists(rows)? {
        let presence = rows.engine.explain(record.id)?.presence;
        ensure!(presence == Presence::Here, "{} is {presence:?}", record.id);
    }
    let visit = office.of_ann.visits.last().context("a visit")?;
    assert_eq!(
        rows.engine.history((*visit).into())?,
        whole.engine.history((*visit).into())?
    );
    ensure_same(whole, rows)
}
