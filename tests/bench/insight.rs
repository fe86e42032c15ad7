//! `insight`: the figures of a dashboard over a whole organisation, over HTTP, from what the relay keeps of them.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng};
use satchel_core::ids::{DocumentId, Heads, MemberId, RunId, ScopeId, TeamId};
use satchel_core::policy::Role;
use satchel_core::projection::{Row, Touch};
use satchel_server::figure::count;
use satchel_server::identity::member::NewMember;
use satchel_server::identity::{Actor, member, org, scope, team};
use satchel_server::store::Sequence;
use satchel_server::store::log::{Log, StoredDocument};
use satchel_server::store::sqlite::{File, Transaction};
use satchel_tests::field::Relay;
use serde_json::{Value, json};

use crate::figure::{Report, Samples, millis, number, time};
use crate::population::NOW_MS;
use crate::{Plan, library, light, making};

/// Records of one rep: so many visits, of which the fifth part again are deals.
const VISITS: usize = 1_000;
const DEALS: usize = VISITS / 5;
const CUSTOMERS: usize = 50;

/// What a dashboard asks for.
const ROUTES: [&str; 6] = ["attainment", "forecast", "funnel", "team", "visits", "customers"];

/// How often each is asked in a run.
const TIMES: usize = 12;

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let documents = plan.documents.unwrap_or(1_200_000);
    let reps = (documents / (VISITS + DEALS)).max(1);
    let kept = library::kept("figures", documents, |folder| build(&folder.join("relay.sqlite"), reps))?;
    let folder = library::copied(&kept)?;
    let relay = Relay::start(folder.path())?;
    let key = relay.admin(&["key", "create", "--member", "Ada", "--name", "bench"])?;
    let key = key.get("secret").and_then(Value::as_str).context("no key")?.to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let http = light::http()?;
    let ask = |route: &str, period: &str| -> Result<Value> {
        let url = format!("{}/v1/insight/{route}?period={period}", relay.url());
        let request = http.get(url).bearer_auth(&key);
        Ok(runtime.block_on(async { request.send().await?.error_for_status()?.json().await })?)
    };
    let bare = rusqlite::Connection::open(folder.path().join("relay.sqlite"))?;
    let today = today()?;
    let (month, year) = (today.format("%Y-%m").to_string(), today.format("%Y").to_string());
    let quarter = format!("{year}-Q{}", chrono::Datelike::month0(&today) / 3 + 1);
    let mut report = Report::new("insight");
    for (name, value) in [("reps", reps), ("visits", reps * VISITS), ("deals", reps * DEALS)] {
        report.param(name, value);
    }
    report.param("runs", plan.runs);
    let shown = ask("visits", &quarter)?;
    ensure!(
        shown["activity"]["visits"].as_u64() > Some(0),
        "nothing was counted: {shown}"
    );
    for _ in 0..plan.runs {
        for route in ROUTES {
            let mut samples = Samples::default();
            for turn in 0..TIMES {
                let period = if turn % 2 == 0 { &month } else { &quarter };
                samples.time(|| ask(route, period))?;
            }
            report.figures.note(&format!("{route}: p50_ms"), samples.median());
            report.figures.note(&format!("{route}: p95_ms"), samples.percentile(95));
            let (answer, took) = time(|| ask(route, &year));
            answer?;
            report.figures.note(&format!("{route}, of a year: ms"), millis(took));
        }
        let (read, took) = time(|| rows(&bare));
        read?;
        report
            .limit
            .note("the rows of all deals and visits from bare SQLite, ms", millis(took));
        let (read, took) = time(|| cells(&bare, today));
        read?;
        report
            .limit
            .note("the cells of the quarter from bare SQLite, ms", millis(took));
    }
    let cells: i64 = bare.query_row("SELECT count(*) FROM figure_cell", [], |row| row.get(0))?;
    report.param("cells", usize::try_from(cells)?);
    let begun = Instant::now();
    let checked = relay.admin(&["figures", "check"])?;
    ensure!(checked["differing"] == 0, "{checked}");
    report.figures.note("figures check, s", begun.elapsed().as_secs_f64());
    for route in ROUTES {
        let found = report.figures.median(&format!("{route}: p95_ms"));
        report.at_most(&format!("{route}: p95 of a month or a quarter, ms"), found, 100.0);
    }
    let slowest = ROUTES
        .iter()
        .map(|route| report.figures.median(&format!("{route}: p95_ms")));
    let slowest = slowest.fold(0.0, f64::max);
    let limit = report
        .limit
        .median("the rows of all deals and visits from bare SQLite, ms");
    report
        .ratio
        .note("slowest p95 / bare rows", slowest / limit.max(number(1) / 1e3));
    Ok(vec![report])
}

fn today() -> Result<NaiveDate> {
    Ok(DateTime::from_timestamp_millis(NOW_MS).context("a time")?.date_naive())
}

/// What figures without anything kept would have to read at least.
fn rows(bare: &rusqlite::Connection) -> Result<i64> {
    let sql = "SELECT sum(length(row)) FROM document WHERE kind IN ('deal', 'visit')";
    Ok(bare.query_row(sql, [], |row| row.get(0))?)
}

/// All cells of the quarter.
fn cells(bare: &rusqlite::Connection, today: NaiveDate) -> Result<usize> {
    let day = chrono::Datelike::num_days_from_ce(&today);
    let mut statement =
        bare.prepare_cached("SELECT topic, unit, day, label, n, hi, lo FROM figure_cell WHERE day >= ?1 AND day < ?2")?;
    let mut rows = statement.query([day - 91, day + 1])?;
    let mut found = 0;
    while rows.next()?.is_some() {
        found += 1;
    }
    Ok(found)
}

fn people<T>(found: Result<T, satchel_server::identity::IdentityError>) -> Result<T> {
    found.map_err(|error| anyhow!("{error}"))
}

fn rep_id(rep: usize) -> MemberId {
    MemberId::derived(&[1; 16], &format!("bench seller {rep}"))
}

/// An organisation with a team for every ten reps, a year of work for each, and figures counted.
fn build(path: &Path, reps: usize) -> Result<()> {
    let mut file = File::open(path)?;
    let mut dice = StdRng::seed_from_u64(5);
    let mut tx = file.transaction()?;
    people(org::create(&mut tx, making::org(), "Acme Beverages", NOW_MS))?;
    tx.begin_run(RunId::from_bytes([1; 16]), NOW_MS)?;
    hire(&mut tx, MemberId::from_bytes([250; 16]), "Ada", Role::Admin, None)?;
    let kpi = DocumentId::derived(&[1; 16], "kpi");
    let fields = json!({"code": "SALES", "name_zh": "销售额", "name_en": "Sales", "metric": "sales_amount"});
    keep(&mut tx, "kpi", kpi, making::org().into(), rep_id(0), NOW_MS, &fields)?;
    for rep in 0..reps {
        let of = TeamId::derived(&[1; 16], &format!("team {}", rep / 10));
        if rep % 10 == 0 {
            people(team::add(
                &mut tx,
                &Actor::Operator,
                of,
                &format!("Team {}", rep / 10),
                None,
                NOW_MS,
            ))?;
        }
        hire(&mut tx, rep_id(rep), &format!("Seller {rep}"), Role::Rep, Some(of))?;
    }
    tx.commit()?;
    for rep in 0..reps {
        let mut tx = file.transaction()?;
        work(&mut tx, rep_id(rep), rep, kpi, &mut dice)?;
        tx.commit()?;
    }
    let mut tx = file.transaction()?;
    count::rebuild(&mut tx)?;
    tx.commit()?;
    file.checkpoint()?;
    Ok(())
}

fn hire(tx: &mut Transaction<'_>, id: MemberId, name: &str, role: Role, team: Option<TeamId>) -> Result<()> {
    let new = NewMember {
        name: name.to_owned(),
        role,
        team,
        locale: "zh-CN".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
    };
    people(member::add(tx, &Actor::Operator, id, &new, NOW_MS)).map(drop)
}

/// A year of a rep's work.
fn work(tx: &mut Transaction<'_>, by: MemberId, rep: usize, kpi: DocumentId, dice: &mut StdRng) -> Result<()> {
    let name = |what: &str, at: usize| DocumentId::derived(&[2; 16], &format!("{rep} {what} {at}"));
    let begun = DateTime::from_timestamp_millis(NOW_MS).context("a time")? - TimeDelta::days(365);
    let shop = |at: usize| name("customer", at);
    for at in 0..CUSTOMERS {
        let (id, fields) = (
            shop(at),
            json!({"name": format!("商店 {rep}-{at}"), "visits_per_month": 1 + at % 3}),
        );
        people(scope::register_record_scope(tx, id.into(), by, NOW_MS))?;
        keep(tx, "customer", id, id.into(), by, begun.timestamp_millis(), &fields)?;
    }
    let some = |dice: &mut StdRng| begun + TimeDelta::minutes(dice.random_range(0..365 * 24 * 60));
    for at in 0..VISITS {
        let (customer, when) = (shop(dice.random_range(0..CUSTOMERS)), some(dice));
        let stamp = stamp(name("checkin", at), by, when);
        let near = dice.random_range(0..3000_i64);
        let fields = json!({
            "customer_id": customer, "visit_kind": "planned", "visitors": [by], "planned_start": when,
            "zone": "Asia/Shanghai",
            "events": [{
                "stamp": stamp, "event": "checkin",
                "position": {"lat_e7": 310_000_000 + near * 10, "lon_e7": 1_210_000_000, "accuracy_m": 20},
            }],
            "expected_place": {"position": {"lat_e7": 310_000_000, "lon_e7": 1_210_000_000}},
        });
        keep(
            tx,
            "visit",
            name("visit", at),
            customer.into(),
            by,
            when.timestamp_millis(),
            &fields,
        )?;
    }
    for at in 0..DEALS {
        deal(
            tx,
            by,
            (name("deal", at), shop(dice.random_range(0..CUSTOMERS))),
            some(dice),
            dice,
        )?;
    }
    let first = begun.date_naive();
    for month in 0..14_u32 {
        let first = first.checked_add_months(Months::new(month)).context("a month")?;
        let first = chrono::Datelike::with_day(&first, 1).context("a day")?;
        let last = first
            .checked_add_months(Months::new(1))
            .and_then(|next| next.checked_sub_days(Days::new(1)));
        let fields = json!({
            "kpi_id": kpi, "rep": by, "first_day": first, "last_day": last, "value": 5_000_000, "currency": "CNY",
        });
        let id = name("target", month as usize);
        keep(tx, "sales_target", id, ScopeId::of_member(by), by, NOW_MS, &fields)?;
    }
    Ok(())
}

/// A deal that moves a stage every few days, until it is won, lost, or as far as today; and what it earns.
fn deal(
    tx: &mut Transaction<'_>,
    by: MemberId,
    (id, customer): (DocumentId, DocumentId),
    begun: DateTime<Utc>,
    dice: &mut StdRng,
) -> Result<()> {
    let now = DateTime::from_timestamp_millis(NOW_MS).context("a time")?;
    let (mut when, mut moves, mut seen) = (begun, Vec::new(), Vec::new());
    let stages = [
        ("visit", 1_000),
        ("needs", 2_500),
        ("proposal", 5_000),
        ("contract", 8_000),
    ];
    for (rank, (stage, probability_bp)) in stages.into_iter().enumerate() {
        moves.push(moved(id, by, when, &mut seen, (stage, "open", rank, probability_bp)));
        when += TimeDelta::hours(dice.random_range(24..400));
        if when > now || dice.random_bool(0.15) {
            break;
        }
    }
    let won = moves.len() == 4;
    if when <= now {
        let (stage, probability_bp) = if won { ("won", 10_000) } else { ("lost", 0) };
        moves.push(moved(id, by, when, &mut seen, (stage, stage, 4, probability_bp)));
    }
    let minor = dice.random_range(10_000..500_000_i64);
    let fields = json!({
        "customer_id": customer, "name": "订货", "amount": {"minor": minor, "currency": "CNY"}, "moves": moves,
        "expected_close": (when + TimeDelta::days(20)).date_naive(), "lost_reason": "price",
    });
    keep(tx, "deal", id, customer.into(), by, begun.timestamp_millis(), &fields)?;
    if won && when <= now {
        let fields = json!({
            "deal_id": id, "rep": by, "customer_id": customer,
            "award": {
                "closed_on": when.date_naive(), "closed_at": when, "share_bp": 10_000, "lines": [],
                "amount": {"minor": minor, "currency": "CNY"},
            },
        });
        let credit = DocumentId::derived(id.as_bytes(), "credit");
        keep(
            tx,
            "sales_credit",
            credit,
            ScopeId::of_member(by),
            by,
            when.timestamp_millis(),
            &fields,
        )?;
    }
    Ok(())
}

fn stamp(id: DocumentId, by: MemberId, at: DateTime<Utc>) -> Value {
    json!({"id": id, "seen": [], "by": by, "at": at, "zone": "Asia/Shanghai"})
}

fn moved(
    deal: DocumentId,
    by: MemberId,
    at: DateTime<Utc>,
    seen: &mut Vec<DocumentId>,
    (stage, stage_type, rank, probability_bp): (&str, &str, usize, i64),
) -> Value {
    let id = DocumentId::derived(deal.as_bytes(), stage);
    let stamp = json!({"id": id, "seen": seen, "by": by, "at": at, "zone": "Asia/Shanghai"});
    seen.push(id);
    json!({
        "stamp": stamp, "stage": stage, "stage_type": stage_type, "rank": rank, "probability_bp": probability_bp,
        "forecast_category": "commit",
    })
}

fn keep(
    tx: &mut Transaction<'_>,
    kind: &str,
    id: DocumentId,
    scope: ScopeId,
    by: MemberId,
    at_ms: i64,
    fields: &Value,
) -> Result<()> {
    let touch = Touch { by: Some(by), at_ms };
    let row = Row {
        schema: 1,
        heads: Heads::default(),
        fields: fields.as_object().cloned().unwrap_or_default(),
        derived: serde_json::Map::new(),
        conflicts: Vec::new(),
        violations: Vec::new(),
        archived: false,
        edited_after_archive: false,
        created: touch,
        updated: touch,
    };
    let seq = tx.next_seq()?;
    tx.put_document(&StoredDocument {
        id,
        kind: kind.to_owned(),
        scope,
        creator: by,
        snapshot: Vec::new(),
        folded_seq: 0,
        heads: Heads::default(),
        row: serde_json::to_string(&row)?,
        schema: 1,
        created_seq: seq,
        seq,
    })?;
    Ok(())
}
