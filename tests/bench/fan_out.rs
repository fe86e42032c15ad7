//! `fan-out`: one change until every live device has it.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use rusqlite::Connection;
use satchel_core::document::Document;
use satchel_core::wire::Acknowledge;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::figure::{Report, Samples, millis, time};
use crate::light::{self, Light};
use crate::making::{Maker, SEED};
use crate::office::{Office, rep_id};
use crate::population::Population;
use crate::{Plan, bare, library, live, replica};

/// Live devices.
const LEVELS: &[usize] = &[1, 50, 1_000];
/// Changes in a run.
const TIMES: usize = 8;

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let mut report = Report::new("fan-out");
    report.param("runs", plan.runs);
    report.param("changes in a run", TIMES);
    report.param("live devices", serde_json::json!(LEVELS));
    let most = LEVELS.iter().copied().max().unwrap_or(1);
    let (office, badges) = Office::open_with(1, 1_000, most + 1)?;
    let url = office.relay.url();
    let looking = Connection::open(office.database())?;
    let badges: Vec<_> = badges.into_iter().flatten().collect();
    let (writer, listeners) = badges.split_first().context("devices")?;
    let mut population = Population::new(SEED + 5, 1);
    let maker = Maker::on(writer.device, rep_id(0));
    let mut document = replica::documents(&looking, "kind = 'visit' ORDER BY id LIMIT 1")?
        .pop()
        .context("a visit")?;
    let http = light::http()?;
    let mut light = Light::new(writer);
    office.runtime.block_on(light.catch_up(&http, &url))?;
    for devices in LEVELS {
        let (heard, mut hearing) = mpsc::unbounded_channel();
        let mut listening = Vec::new();
        for badge in listeners.iter().take(*devices) {
            let (mut own, mut socket) = office.runtime.block_on(live::connect(&url, badge, &light))?;
            let heard = heard.clone();
            listening.push(office.runtime.spawn(async move {
                while let Ok(brought) = live::next(&mut own, &mut socket).await {
                    if brought.documents == 0 {
                        continue;
                    }
                    let Some(cursor) = own.cursor else { break };
                    if heard.send((Instant::now(), brought.documents)).is_err() {
                        break;
                    }
                    let Ok(credit) = satchel_core::wire::encode(&[Acknowledge { cursor }.into()]) else {
                        break;
                    };
                    if socket.send(Message::Binary(credit.into())).await.is_err() {
                        break;
                    }
                }
            }));
        }
        for _ in 0..plan.runs {
            let (mut each, mut last, mut limit) = (Samples::default(), Samples::default(), Samples::default());
            for _ in 0..TIMES {
                let push = replica::edit(&mut document, &mut population, &maker, light.cursor)?;
                let sent: usize = push.changes.iter().map(|bytes| bytes.len()).sum();
                let changes: Vec<Vec<u8>> = push.changes.iter().map(|bytes| bytes.to_vec()).collect();
                let message = light.question(Some(maker.actor()), vec![push])?;
                let begun = Instant::now();
                let (brought, _) = office.runtime.block_on(light.ask(&http, &url, message))?;
                ensure!(brought.receipts.len() == 1, "the change was not let in");
                let mut slowest = 0.0_f64;
                for _ in 0..*devices {
                    let (at, _) = hearing.blocking_recv().context("nobody listens")?;
                    let took = millis(at.duration_since(begun));
                    each.push(took);
                    slowest = slowest.max(took);
                }
                last.push(slowest);
                limit.push(least(&office, &looking, &mut document, &changes, *devices, sent + 400)?);
            }
            report
                .figures
                .note(&format!("{devices} devices: p50_ms"), each.median());
            report
                .figures
                .note(&format!("{devices} devices: p95_ms"), each.percentile(95));
            report
                .figures
                .note(&format!("{devices} devices: last device, p50_ms"), last.median());
            report.limit.note(
                &format!("{devices} devices: commit, shadow check, bare broadcast: p50_ms"),
                limit.median(),
            );
            report.ratio.note(
                &format!("{devices} devices: last device / limit"),
                last.median() / limit.median(),
            );
        }
        for task in listening {
            task.abort();
        }
        let ratio = report.ratio.median(&format!("{devices} devices: last device / limit"));
        report.at_most(
            &format!("{devices} devices: until the last has it, by limit"),
            ratio,
            3.0,
        );
    }
    Ok(vec![report])
}

/// One durable commit, one shadow check and a bare WebSocket broadcast of as many bytes; milliseconds.
fn least(
    office: &Office,
    looking: &Connection,
    document: &mut Document,
    changes: &[Vec<u8>],
    devices: usize,
    bytes: usize,
) -> Result<f64> {
    let folder = library::empty()?;
    let mut conn = bare::open(&folder.path().join("bare.sqlite"))?;
    conn.execute_batch("CREATE TABLE document (id BLOB PRIMARY KEY, row TEXT); CREATE TABLE change (hash BLOB PRIMARY KEY, bytes BLOB)")?;
    let row: String = looking.query_row(
        "SELECT row FROM document WHERE id = ?1",
        [document.id().as_bytes()],
        |row| row.get(0),
    )?;
    let (committed, commit) = time(|| {
        let tx = conn.transaction()?;
        tx.execute(
            "INSERT INTO document VALUES (?1, ?2)",
            rusqlite::params![document.id().as_bytes(), row],
        )?;
        for change in changes {
            tx.execute("INSERT INTO change VALUES (randomblob(32), ?1)", [change])?;
        }
        tx.commit()
    });
    committed?;
    let snapshot = document.save();
    let mut here = Document::load(document.kind(), document.id(), &snapshot, std::iter::empty::<&[u8]>())?;
    let (admitted, shadow) = time(|| here.admit(changes));
    admitted?;
    let broadcast = office.runtime.block_on(broadcast(devices, bytes))?;
    Ok(millis(commit) + millis(shadow) + broadcast)
}

/// A server that sends the same bytes to so many open WebSockets; milliseconds until the last has them.
async fn broadcast(devices: usize, bytes: usize) -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (heard, mut hearing) = mpsc::unbounded_channel();
    let mut servers = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..devices {
        let client = tokio::spawn(async move { tokio_tungstenite::connect_async(format!("ws://{address}/")).await });
        let (stream, _) = listener.accept().await?;
        servers.push(tokio_tungstenite::accept_async(stream).await?);
        let (mut socket, _) = client.await??;
        let heard = heard.clone();
        clients.push(tokio::spawn(async move {
            let message = socket.next().await;
            let _ = heard.send((Instant::now(), message.is_some()));
            socket
        }));
    }
    let message = Message::Binary(vec![7; bytes].into());
    let begun = Instant::now();
    for server in &mut servers {
        server.send(message.clone()).await?;
    }
    let mut took = 0.0_f64;
    for _ in 0..devices {
        let (at, _) = hearing.recv().await.context("nobody listens")?;
        took = took.max(millis(at.duration_since(begun)));
    }
    for client in clients {
        drop(client.await?);
    }
    Ok(took)
}
