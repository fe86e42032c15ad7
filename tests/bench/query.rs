//! `query`: the day's agenda, one customer's page, the open deals.

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Duration, NaiveDate};
use satchel_core::domain::CustomerId;
use satchel_core::query;
use satchel_core::store::{Direction, ListQuery, UPDATED};

use crate::figure::{Report, Samples};
use crate::making::rep;
use crate::population::NOW_MS;
use crate::{Plan, phone};

/// Different days, customers and pages asked for in a run.
const TIMES: usize = 60;

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let documents = plan.documents.unwrap_or(100_000);
    let (_folder, path) = phone::copied(documents)?;
    let engine = phone::engine(&path)?;
    let bare = rusqlite::Connection::open(&path)?;
    let mut report = Report::new("query");
    report.param("documents", documents);
    report.param("runs", plan.runs);
    let order = ListQuery {
        limit: 500,
        ..ListQuery::new("customer")
    }
    .order(UPDATED, Direction::Descending);
    let customers: Vec<CustomerId> = engine
        .list(&order)?
        .records
        .into_iter()
        .map(|record| record.id.into())
        .collect();
    let today = DateTime::from_timestamp_millis(NOW_MS).context("a time")?.date_naive();
    for _ in 0..plan.runs {
        let (mut agenda, mut page, mut deals) = (Samples::default(), Samples::default(), Samples::default());
        let (mut rows, mut next) = (Samples::default(), None);
        let mut seen = 0;
        for turn in 0..TIMES {
            let day = today - Duration::days(i64::try_from(turn % 30)?);
            let found = agenda.time(|| {
                engine.read(|reader| Ok(query::agenda(reader, day, chrono_tz::Asia::Shanghai, Some(rep()))?))
            })?;
            seen += found.visits.len();
            let customer = customers
                .get(turn * 7 % customers.len())
                .copied()
                .context("no customers")?;
            let found = page.time(|| engine.read(|reader| Ok(query::customer_page(reader, customer, 20)?)))?;
            ensure!(found.is_some(), "a customer without a page");
            let found = deals.time(|| engine.read(|reader| Ok(query::open_deals(reader, None, next.clone(), 50)?)))?;
            seen += found.records.len();
            next = found.next;
            rows.time(|| bare_day(&bare, day))?;
        }
        ensure!(seen > 0, "nothing was found");
        for (name, samples) in [("agenda", &agenda), ("customer page", &page), ("open deals", &deals)] {
            report.figures.note(&format!("{name}: p50_ms"), samples.median());
            report.figures.note(&format!("{name}: p95_ms"), samples.percentile(95));
        }
        report
            .limit
            .note("rows of a day's visits from bare SQLite, p50_ms", rows.median());
        report
            .ratio
            .note("agenda p50 / bare rows of the visits", agenda.median() / rows.median());
    }
    for name in ["agenda", "customer page", "open deals"] {
        let found = report.figures.median(&format!("{name}: p95_ms"));
        report.at_most(&format!("{name}: p95, ms"), found, 5.0);
    }
    Ok(vec![report])
}

/// The rows of a day's visits and nothing else.
fn bare_day(bare: &rusqlite::Connection, day: NaiveDate) -> Result<usize> {
    let from = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis() - 8 * 3_600_000;
    let mut statement = bare.prepare_cached(
        "SELECT _row FROM visits WHERE _archived = 0 AND planned_start >= ?1 AND planned_start < ?2 \
         ORDER BY planned_start, _id",
    )?;
    let rows = statement.query_map([from, from + 86_400_000], |row| row.get::<_, String>(0))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.len())
}
