//! A new phone takes packs: the line is cut in the middle and it goes on from there; a pack whose customer was handed over
//! while it was on its way is gone, and nothing of him arrives.

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use satchel_core::domain::visit::VisitKind;
use satchel_core::domain::{Contact, ContactPatch, Customer, CustomerId, CustomerPatch, Visit, VisitPatch};
use satchel_core::net::{NetError, SyncOptions};
use satchel_core::store::ListQuery;
use satchel_tests::field::{Line, Person, Phone, Proxy, Relay, Team};

/// Customers of a rep: with their visits enough for a pack.
const CUSTOMERS: usize = 60;

/// Makes a rep's customers, and hands them to the relay: each other one with a planned visit, which makes it urgent, the
/// rest with somebody who works there.
fn work(rep: &Phone) -> Result<Vec<CustomerId>> {
    let mut made = Vec::new();
    for number in 0..CUSTOMERS {
        let name = Some(format!("{}'s shop 街角小店 {number}", rep.name));
        let shop = rep.engine.of::<Customer>().create(CustomerPatch {
            name,
            ..CustomerPatch::default()
        })?;
        if number % 2 == 0 {
            rep.engine.of::<Visit>().create(VisitPatch {
                customer_id: Some(shop),
                visit_kind: Some(VisitKind::Planned),
                ..VisitPatch::default()
            })?;
        } else {
            rep.engine.of::<Contact>().create(ContactPatch {
                customer_id: Some(shop),
                name: Some(format!("Buyer {number}")),
                ..ContactPatch::default()
            })?;
        }
        made.push(shop);
    }
    rep.sync()?;
    Ok(made)
}

/// A new phone of a member, behind a line.
fn behind(team: &Team, member: &str, line: &Proxy) -> Result<Phone> {
    let invite = team.relay.admin(&["invite", member])?;
    let code = invite["code"].as_str().context("no code")?;
    Phone::enrol(
        &team.directory(),
        team.runtime().clone(),
        &line.url(),
        code,
        "Asia/Shanghai",
    )
}

fn customers(phone: &Phone) -> Result<u64> {
    Ok(phone.engine.count(&ListQuery::new("customer"))?)
}

#[test]
fn a_first_sync_that_is_cut_goes_on_where_it_was() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    work(&ann)?;
    work(&bo)?;
    let manager = team.add("Wang Wei", "manager")?;
    // What two reps have is not in one pack: the second breaks after a little.
    let line = Proxy::start(&team.relay.url(), "/v1/packs/", |number, _| match number {
        1 => Line::BreaksAfter(3_000),
        _ => Line::Holds,
    })?;
    let phone = behind(&team, &manager.id.to_string(), &line)?;

    let cut = phone.try_sync();
    ensure!(cut.is_err(), "the line broke and nobody noticed: {cut:?}");
    let status = phone.engine.sync_status()?;
    let packs = status.packs.context("no packs are being taken")?;
    let each = 2 * CUSTOMERS as u64;
    assert_eq!((packs.documents, packs.documents_total), (each, 2 * each));
    ensure!(
        packs.bytes > packs.bytes_total / 2 && packs.bytes < packs.bytes_total,
        "{packs:?}"
    );
    ensure!(!status.complete, "the figures are not complete");
    assert_eq!(customers(&phone)?, CUSTOMERS as u64, "lists work after the first pack");
    ensure!(!phone.search("街角")?.is_empty(), "search does not");

    let report = phone.sync()?;
    assert_eq!((report.packs, report.documents), (1, each));
    let asked = line.asked();
    assert_eq!(asked.len(), 3);
    let range = asked[2].to_lowercase();
    ensure!(range.contains("range: bytes="), "it began again: {range}");
    assert_eq!(customers(&phone)?, 2 * CUSTOMERS as u64);
    let status = phone.engine.sync_status()?;
    assert_eq!((status.complete, status.agreed, status.packs), (true, Some(true), None));

    // The next phone takes the same packs.
    team.phone(&manager)?.sync()?;
    let metrics = team.relay.metrics().to_owned();
    let metrics = team
        .runtime()
        .block_on(async move { reqwest::get(metrics).await?.text().await })?;
    ensure!(metrics.contains("satchel_packs_built_total 2"), "built more than once");
    Ok(())
}

#[test]
fn a_pack_whose_customer_was_handed_over_is_gone() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let shops = work(&ann)?;
    // A phone that took its manifest before: it asks for the pack by name.
    let manifest = team.runtime().block_on(ann.client.manifest(false))?;
    let names = Phone::packs_of(&manifest)?;
    let [old] = names.as_slice() else {
        anyhow::bail!("{} packs", names.len())
    };
    team.runtime().block_on(ann.client.pack(old.hash, 0))?;

    // While another phone of hers is about to fetch it, the customer goes to Bo.
    let (directory, shop, to) = (team.relay.directory().to_owned(), shops[7], bo.member);
    let failed = Arc::new(Mutex::new(None));
    let failing = Arc::clone(&failed);
    let line = Proxy::start(&team.relay.url(), "/v1/packs/", move |number, _| {
        if number == 0 {
            let give = ["handover", &shop.to_string(), "--to", &to.to_string()];
            *failing.lock().unwrap() = Relay::admin_on(&directory, &give).err();
        }
        Line::Holds
    })?;
    let second = behind(&team, &ann.member.to_string(), &line)?;
    let report = second.sync()?;
    ensure!(failed.lock().unwrap().is_none(), "the handover failed: {failed:?}");
    assert_eq!(report.packs, 1);
    let asked = line.asked();
    ensure!(
        asked.len() == 2 && asked[0].contains(&old.hash.to_string()) && !asked[1].contains(&old.hash.to_string()),
        "it took a new manifest: {asked:?}"
    );
    ensure!(!second.has(shop)?, "the customer who went away came all the same");
    assert_eq!(customers(&second)?, CUSTOMERS as u64 - 1);
    assert_eq!(second.engine.sync_status()?.agreed, Some(true));

    for phone in [&ann, &bo, &second] {
        let gone = team.runtime().block_on(phone.client.pack(old.hash, 0));
        ensure!(
            matches!(gone, Err(NetError::Relay { status: 410 })),
            "{}: {gone:?}",
            phone.name
        );
    }
    // Nor is it served when he comes back.
    team.hand_over(shop, ann.member)?;
    let gone = team.runtime().block_on(ann.client.pack(old.hash, 0));
    ensure!(matches!(gone, Err(NetError::Relay { status: 410 })), "{gone:?}");
    second.sync()?;
    ensure!(second.has(shop)?, "but the customer is there again");
    Ok(())
}

#[test]
fn a_pack_that_was_damaged_on_the_relay_keeps_no_record_from_a_phone() -> Result<()> {
    let team = Team::new()?;
    let ann = team.rep("Ann")?;
    work(&ann)?;
    let manifest = team.runtime().block_on(ann.client.manifest(false))?;
    let packs = Phone::packs_of(&manifest)?;
    let [pack] = packs.as_slice() else {
        anyhow::bail!("{} packs", packs.len())
    };
    let path = team
        .relay
        .directory()
        .join(format!("relay.sqlite-packs/{}.pack", pack.hash));
    let mut bytes = std::fs::read(&path)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes)?;

    // One exchange a call, as an app in the background does.
    let phone = team.phone(&Person {
        name: ann.name.clone(),
        id: ann.member,
    })?;
    let options = SyncOptions {
        exchanges: 1,
        ..SyncOptions::default()
    };
    let mut calls = 0;
    loop {
        let report = team.runtime().block_on(phone.client.sync(&phone.engine, options))?;
        calls += 1;
        assert_eq!(report.packs, u32::from(calls == 1), "it is fetched once and not kept");
        if report.complete {
            break;
        }
        ensure!(calls < 10, "it goes round and round: {report:?}");
    }
    assert_eq!(customers(&phone)?, CUSTOMERS as u64, "rows brought them");
    assert_eq!(phone.engine.sync_status()?.agreed, Some(true));
    Ok(())
}
