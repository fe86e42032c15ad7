//! `catch-up`: a day away: 200 records changed on the relay, 180 on the device, all in one exchange.

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use satchel_core::ids::DocumentId;
use satchel_tests::field::Phone;

use crate::bare::Copied;
use crate::figure::{Report, millis, number, time};
use crate::light::{self, Light};
use crate::line::Line;
use crate::making::{Maker, SEED};
use crate::office::{Office, rep_id};
use crate::population::Population;
use crate::{Plan, bare, replica};

/// One-field changes that others made meanwhile.
const THEIRS: usize = 200;
/// One-field changes made on the device meanwhile.
const OURS: usize = 180;

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let documents = plan.documents.unwrap_or(10_000);
    let (office, badges) = Office::open_with(1, documents, 1)?;
    let url = office.relay.url();
    let (phone, reader) = (office.phone(0)?, office.phone(0)?);
    for one in [&phone, &reader] {
        one.sync()?;
        while !one.engine.maintain()?.is_complete() {}
        one.sync()?;
    }
    let looking = Connection::open(office.database())?;
    let badge = badges.iter().flatten().next().context("a device")?;
    let (mut light, maker) = (Light::new(badge), Maker::on(badge.device, rep_id(0)));
    let http = light::http()?;
    office.runtime.block_on(light.catch_up(&http, &url))?;
    let mut theirs = replica::documents(&looking, &format!("1 ORDER BY id LIMIT {THEIRS}"))?;
    let ours: Vec<DocumentId> = replica::documents(&looking, &format!("1 ORDER BY id DESC LIMIT {OURS}"))?
        .iter()
        .map(satchel_core::document::Document::id)
        .collect();
    let (mut relay_limit, mut phone_limit) = (Copied::of(&looking)?, Copied::of(&Connection::open(phone.path())?)?);
    let mut line = Line::open()?;
    let mut population = Population::new(SEED + 4, 1);
    let mut report = Report::new("catch-up");
    report.param("documents", documents);
    report.param("changed on the relay", THEIRS);
    report.param("changed on the device", OURS);
    report.param("runs", plan.runs);
    for _ in 0..plan.runs {
        let pushes = theirs
            .iter_mut()
            .map(|document| replica::edit(document, &mut population, &maker, light.cursor))
            .collect::<Result<Vec<_>>>()?;
        let message = light.question(Some(maker.actor()), pushes)?;
        let (brought, _) = office.runtime.block_on(light.ask(&http, &url, message))?;
        ensure!(brought.receipts.len() == THEIRS, "the others' changes were not let in");
        // A device that wrote nothing: what 200 changes cost by themselves.
        let (read, took) = time(|| reader.sync());
        let read = read?;
        report
            .figures
            .note("nothing written: round trips", f64::from(read.exchanges));
        report.figures.note(
            "nothing written: received_kb",
            number(usize::try_from(read.received)?) / 1e3,
        );
        report.figures.note("nothing written: took_ms", millis(took));

        let seq: i64 = looking.query_row("SELECT seq FROM org", [], |row| row.get(0))?;
        write(&phone, &ours, &mut population)?;
        let (caught, took) = time(|| phone.sync());
        let (caught, took) = (caught?, millis(took));
        ensure!(caught.decided == OURS as u64, "the device's changes were not decided");
        report.figures.note("round trips", f64::from(caught.exchanges));
        report
            .figures
            .note("sent_kb", number(usize::try_from(caught.sent)?) / 1e3);
        report
            .figures
            .note("received_kb", number(usize::try_from(caught.received)?) / 1e3);
        report.figures.note("took_ms", took);
        let (crossed, on_the_line) = time(|| {
            line.exchange(
                usize::try_from(caught.sent).unwrap_or(0),
                usize::try_from(caught.received).unwrap_or(0),
            )
        });
        crossed?;
        let in_sqlite =
            relay_rows(&mut relay_limit, &looking, seq)? + phone_rows(&mut phone_limit, &phone, THEIRS + OURS)?;
        let limit = millis(on_the_line) + in_sqlite;
        report
            .limit
            .note("the same bytes over loopback, ms", millis(on_the_line));
        report
            .limit
            .note("the same rows into bare SQLite, relay and device, ms", in_sqlite);
        report.ratio.note("time / limit", took / limit);
        // The other reader follows, so that the next run begins with the same.
        reader.sync()?;
        office.runtime.block_on(light.catch_up(&http, &url))?;
    }
    let (figures, ratio) = (&report.figures, report.ratio.median("time / limit"));
    let trips = figures
        .median("round trips")
        .max(figures.median("nothing written: round trips"));
    let received = figures.median("nothing written: received_kb");
    report.at_most("round trips", trips, 1.0);
    report.at_most("KB down for 200 one-field changes", received, 16.384);
    report.at_most("time by limit", ratio, 3.0);
    Ok(vec![report])
}

/// One-field changes on the phone itself.
fn write(phone: &Phone, ours: &[DocumentId], population: &mut Population) -> Result<()> {
    for id in ours {
        let record = phone.engine.get(*id)?.context("a record that is not here")?;
        let kind = phone.engine.kind(&record.kind).context("a kind")?;
        while !phone.engine.edit(*id, &population.small_edit(kind), None)?.changed {}
    }
    Ok(())
}

/// What the relay wrote after a seq, in one transaction; milliseconds.
fn relay_rows(copy: &mut Copied, looking: &Connection, seq: i64) -> Result<f64> {
    let after = format!("seq > {seq}");
    let scopes = format!("scope IN (SELECT scope FROM document WHERE {after})");
    let rows = [
        bare::rows(looking, "document", &after)?,
        bare::rows(looking, "change", &after)?,
        bare::rows(looking, "scope_digest", &scopes)?,
    ];
    Ok(millis(bare::write(&mut copy.conn, &rows)?))
}

/// What the device wrote last, in one transaction; milliseconds.
fn phone_rows(copy: &mut Copied, phone: &Phone, count: usize) -> Result<f64> {
    let looking = Connection::open(phone.path())?;
    let newest = format!("number IN (SELECT document FROM change ORDER BY number DESC LIMIT {count})");
    let mut rows = vec![
        bare::rows(&looking, "document", &newest)?,
        bare::rows(&looking, "change", &format!("1 ORDER BY number DESC LIMIT {count}"))?,
    ];
    for kind in satchel_core::domain::KINDS {
        let own = format!("_document IN (SELECT document FROM change ORDER BY number DESC LIMIT {count})");
        rows.push(bare::rows(&looking, kind.plural, &own)?);
    }
    Ok(millis(bare::write(&mut copy.conn, &rows)?))
}
