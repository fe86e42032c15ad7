//! `push-throughput`: devices that push one-field changes to one relay as fast as it acknowledges them.

use std::time::Instant;

use anyhow::{Result, ensure};
use rusqlite::Connection;
use satchel_core::document::Document;
use satchel_core::wire::{Push, ReceiptState};

use crate::bare::Copied;
use crate::figure::{Report, Samples, number, time};
use crate::light::{self, Light};
use crate::making::{Maker, SEED};
use crate::office::{Badge, Office, rep_id};
use crate::population::Population;
use crate::{Plan, replica};

/// How many devices push at once, and how many changes each pushes in a run.
const LEVELS: &[(usize, usize)] = &[(1, 100), (8, 40), (64, 10)];

/// A device with the documents that it writes.
struct Desk {
    light: Light,
    maker: Maker,
    documents: Vec<Document>,
}

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let (office, badges) = Office::open_with(1, 2_000, 64)?;
    let url = office.relay.url();
    let looking = Connection::open(office.database())?;
    let mut population = Population::new(SEED + 3, 1);
    let mut report = Report::new("push-throughput");
    report.param("runs", plan.runs);
    report.param("changes in a run, by devices", serde_json::json!(LEVELS));
    let mut documents = replica::documents(&looking, "1 ORDER BY id LIMIT 640")?;
    let mut desks: Vec<Desk> = Vec::new();
    for badge in badges.iter().flatten() {
        let rest = documents.split_off(documents.len().saturating_sub(10));
        desks.push(desk(badge, rest));
    }
    let http = light::http()?;
    for desk in &mut desks {
        office.runtime.block_on(desk.light.catch_up(&http, &url))?;
    }
    let mut copy = Copied::of(&looking)?;
    for _ in 0..plan.runs {
        for (devices, changes) in LEVELS {
            let mut turns = Vec::new();
            let mut pushes = Vec::new();
            for desk in desks.iter_mut().take(*devices) {
                let made = desk.pushes(*changes, &mut population)?;
                pushes.extend(made.iter().cloned());
                turns.push((desk.light.clone(), desk.maker.actor(), made));
            }
            let begun = Instant::now();
            let answers = office.runtime.block_on(async {
                let tasks = turns.into_iter().map(|(mut light, actor, made)| {
                    let (http, url) = (http.clone(), url.clone());
                    tokio::spawn(async move {
                        let mut waited = Samples::default();
                        for push in made {
                            let message = light.question(Some(actor), vec![push])?;
                            let asked = Instant::now();
                            let (brought, _) = light.ask(&http, &url, message).await?;
                            waited.push(asked.elapsed().as_secs_f64() * 1e3);
                            let ok = brought.receipts.iter().all(|receipt| receipt.state == ReceiptState::Ok);
                            ensure!(ok && brought.receipts.len() == 1, "not let in: {:?}", brought.receipts);
                        }
                        Ok((light, waited))
                    })
                });
                futures_util::future::join_all(tasks.collect::<Vec<_>>()).await
            });
            let took = begun.elapsed().as_secs_f64();
            let mut waited = Samples::default();
            for (desk, answer) in desks.iter_mut().zip(answers) {
                let (light, own) = answer??;
                desk.light = light;
                waited.extend(&own);
            }
            let count = number(devices * changes);
            let name = format!("{devices} devices");
            report.figures.note(
                &format!("{name}: acknowledged, merged and projected a second"),
                count / took,
            );
            report.figures.note(&format!("{name}: p50_ms"), waited.median());
            report.figures.note(&format!("{name}: p99_ms"), waited.percentile(99));
            let group = group_commit(&mut copy, &looking, &pushes, *devices)?;
            report.limit.note(
                &format!("{name}: the same rows by group commit of bare SQLite a second"),
                group,
            );
            report
                .ratio
                .note(&format!("{name}: throughput / bare group commit"), count / took / group);
            let shadow = shadow(&mut desks, *devices, &mut population)?;
            report
                .limit
                .note(&format!("{name}: shadow check alone a second"), shadow);
            report.ratio.note(
                &format!("{name}: throughput / shadow check alone"),
                count / took / shadow,
            );
        }
    }
    for (devices, _) in LEVELS {
        let ratio = |what: &str| report.ratio.median(&format!("{devices} devices: throughput / {what}"));
        let (group, shadow) = (ratio("bare group commit"), ratio("shadow check alone"));
        report.at_least(
            &format!("{devices} devices: acknowledged by bare group commit"),
            group,
            0.3,
        );
        report.at_least(
            &format!("{devices} devices: merged and projected by shadow check alone"),
            shadow,
            0.6,
        );
    }
    Ok(vec![report])
}

fn desk(badge: &Badge, documents: Vec<Document>) -> Desk {
    Desk {
        light: Light::new(badge),
        maker: Maker::on(badge.device, rep_id(0)),
        documents,
    }
}

impl Desk {
    fn pushes(&mut self, count: usize, population: &mut Population) -> Result<Vec<Push>> {
        let own = self.documents.len();
        let mut pushes = Vec::new();
        for number in 0..count {
            if let Some(document) = self.documents.get_mut(number % own) {
                pushes.push(replica::edit(document, population, &self.maker, self.light.cursor)?);
            }
        }
        Ok(pushes)
    }
}

/// Shadow checks a second, of one-field changes of the same documents, on one thread.
fn shadow(desks: &mut [Desk], devices: usize, population: &mut Population) -> Result<f64> {
    let (mut count, mut seconds) = (0, 0.0);
    for desk in desks.iter_mut().take(devices.min(10)) {
        for document in &mut desk.documents {
            let snapshot = document.save();
            let (kind, id) = (document.kind(), document.id());
            let none = std::iter::empty::<&[u8]>;
            let mut elsewhere = Document::load(kind, id, &snapshot, none())?;
            let push = replica::edit(&mut elsewhere, population, &desk.maker, None)?;
            let changes: Vec<Vec<u8>> = push.changes.iter().map(|bytes| bytes.to_vec()).collect();
            let mut here = Document::load(kind, id, &snapshot, none())?;
            let (admitted, took) = time(|| here.admit(&changes));
            admitted?;
            count += 1;
            seconds += took.as_secs_f64();
        }
    }
    Ok(number(count) / seconds)
}

/// Commits the rows of these pushes, as many in a commit as there are devices; how many a second.
fn group_commit(copy: &mut Copied, looking: &Connection, pushes: &[Push], devices: usize) -> Result<f64> {
    let mut rows = Vec::new();
    for push in pushes {
        let sql = "SELECT row FROM document WHERE id = ?1";
        rows.push(looking.query_row(sql, [push.id.as_bytes()], |row| row.get::<_, String>(0))?);
    }
    let begun = Instant::now();
    let mut at = 0;
    for group in pushes.chunks(devices.max(1)) {
        let tx = copy.conn.transaction()?;
        for push in group {
            let Some(row) = rows.get(at) else { continue };
            at += 1;
            let id = push.id.as_bytes();
            tx.prepare_cached("UPDATE org SET seq = seq + 1")?.execute([])?;
            let seq: i64 = tx
                .prepare_cached("SELECT seq FROM org")?
                .query_row([], |row| row.get(0))?;
            tx.prepare_cached("UPDATE document SET heads = ?2, row = ?3, seq = ?4 WHERE id = ?1")?
                .execute(rusqlite::params![id, push.heads.to_bytes(), row, seq])?;
            for bytes in &push.changes {
                tx.prepare_cached(
                    "INSERT OR REPLACE INTO change (hash, document, seq, place, bytes, device, member, received_at) \
                         VALUES (?1, ?2, ?3, 0, ?4, ?2, ?2, 0)",
                )?
                .execute(rusqlite::params![push.heads.to_bytes(), id, seq, bytes.as_slice()])?;
            }
            tx.prepare_cached(
                    "UPDATE scope_digest SET digest = randomblob(16) WHERE scope = (SELECT scope FROM document WHERE id = ?1)",
                )?
                .execute([id])?;
            tx.prepare_cached(
                    "UPDATE device_state SET contact_at = contact_at + 1 WHERE device = (SELECT min(device) FROM device_state)",
                )?
                .execute([])?;
        }
        tx.commit()?;
    }
    Ok(number(pushes.len()) / begun.elapsed().as_secs_f64())
}
