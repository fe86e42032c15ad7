//! The year before the day of the demo: deals that went from stage to stage, visits, and the orders of the list as
//! purchases. Four causes are planted in it, and the figures must find them ([`super::finding`]).

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use chrono::{Datelike as _, Days, NaiveDate};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use satchel_core::crediting;
use satchel_core::domain::deal::LostReason;
use satchel_core::domain::kpi::{KpiMetric, KpiUnit};
use satchel_core::domain::sales_order::{OrderEvent, OrderEventKind, OrderSource};
use satchel_core::domain::sales_target::TargetPeriod;
use satchel_core::domain::{
    Customer, CustomerId, CustomerPatch, Deal, DealId, DealPatch, Kpi, KpiId, KpiPatch, ProcessTemplate,
    ProcessTemplateId, SalesOrder, SalesOrderPatch, SalesTarget, SalesTargetPatch,
};
use satchel_core::engine::Found;
use satchel_core::exchange::sheet::{self, Limits};
use satchel_core::schema::value::Money;

use super::calendar::{self, Calendar};
use super::cast::{Cast, Player};
use super::paper::Paper;
use super::{record, tongue, walk};

/// The stage in which deals stay longest and get lost most: the first planted cause.
pub(super) const SLOW: &str = "proposal";
/// Days of the history.
const DAYS: u64 = 364;
/// What a rep is to sell in a quarter, in cents.
const QUARTER_MINOR: i64 = 12_000_000;
/// What everything is sold in.
pub(super) const CURRENCY: &str = "USD";

/// Names of deals, in Chinese and English.
const NAMES: [(&str, &str); 4] = [
    ("办公室翻新", "Office refit"),
    ("全年打印纸", "Paper for a year"),
    ("会议室座椅", "Meeting room chairs"),
    ("电话系统更换", "New telephones"),
];

/// The planted causes that are records.
pub(super) struct Planted {
    /// A customer who is to be visited each week, and was not for four months.
    pub(super) overdue: CustomerId,
    /// One customer whom two reps entered, neither knowing of the other.
    pub(super) twins: [CustomerId; 2],
}

/// What happens to one deal, and when.
struct Course {
    customer: CustomerId,
    /// In Chinese and English.
    name: (&'static str, &'static str),
    amount_minor: i64,
    expected_close: NaiveDate,
    /// Day and stage.
    moves: Vec<(NaiveDate, &'static str)>,
    lost: Option<LostReason>,
}

/// Something that a rep did on a day.
enum Act {
    Begin(usize),
    Move(usize, &'static str),
    Visit(CustomerId),
    Order(Purchase),
}

struct Purchase {
    customer: CustomerId,
    number: String,
    amount_minor: i64,
}

/// Writes the year on the reps' phones, day by day, and syncs.
pub(super) fn write(
    paper: &mut Paper,
    cast: &Cast,
    calendar: Calendar,
    rng: &mut StdRng,
    orders: &[u8],
) -> Result<Planted> {
    targets(cast, calendar)?;
    let mut purchases = purchases(orders, calendar)?;
    let (mut deals, mut visits, mut bought, mut overdue) = (0, 0, 0, None);
    for player in &cast.reps {
        let mut customers = record::all::<Customer>(&player.phone.engine)?;
        customers.sort_by(|one, other| (&one.record.name, one.id).cmp(&(&other.record.name, other.id)));
        let (template_id, template) = walk::process(player)?;
        let courses = courses(calendar, rng, &customers)?;
        let mut acts = visited(calendar, rng, player, &customers, &mut overdue)?;
        visits += acts.len();
        for (at, course) in courses.iter().enumerate() {
            for (step, (day, stage)) in course.moves.iter().enumerate() {
                acts.push((
                    *day,
                    if step == 0 {
                        Act::Begin(at)
                    } else {
                        Act::Move(at, stage)
                    },
                ));
            }
        }
        for customer in &customers {
            let number = customer.record.external_ids.get("superstore");
            for (day, number, amount_minor) in number.and_then(|number| purchases.remove(number)).unwrap_or_default() {
                let customer = customer.id;
                acts.push((
                    day,
                    Act::Order(Purchase {
                        customer,
                        number,
                        amount_minor,
                    }),
                ));
                bought += 1;
            }
        }
        deals += courses.len();
        acts.sort_by_key(|(day, _)| *day);
        carry_out(player, rng, template_id, &template, &courses, acts)?;
        player
            .phone
            .clock
            .set_ms(calendar::at(calendar.before(1)?, 18, 0, player.zone)?);
        player.phone.sync()?;
    }
    let [.., chen_jie, _, bo] = cast.reps.as_slice() else {
        bail!("the demo has six reps");
    };
    let twins = [
        entered(chen_jie, "蓝港咖啡 Blue Harbor Café")?,
        entered(bo, "Blue Harbor Cafe 蓝港咖啡")?,
    ];
    for player in cast.managers.iter().chain([&cast.admin]) {
        player.phone.sync()?;
    }
    paper.line(format!(
        "A year of the six reps' work, {} to {}: {deals} deals, {visits} visits, {bought} orders of the list as purchases",
        calendar.before(DAYS)?,
        calendar.before(3)?,
    ));
    Ok(Planted {
        overdue: overdue.context("a customer to be forgotten")?,
        twins,
    })
}

/// A customer whom a rep enters by hand.
fn entered(player: &Player, name: &str) -> Result<CustomerId> {
    let customer = player.phone.engine.of::<Customer>().create(CustomerPatch {
        name: Some(name.to_owned()),
        add_phones: vec!["+13125550199".to_owned()],
        ..CustomerPatch::default()
    })?;
    player.phone.sync()?;
    Ok(customer)
}

/// What is measured, and what each rep is to reach in each quarter that the year touches.
fn targets(cast: &Cast, calendar: Calendar) -> Result<()> {
    let admin = &cast.admin.phone;
    let kpi: KpiId = admin.engine.of::<Kpi>().create(KpiPatch {
        code: Some("sales".to_owned()),
        name_zh: Some("销售额".to_owned()),
        name_en: Some("Sales".to_owned()),
        metric: Some(KpiMetric::SalesAmount),
        unit: Some(KpiUnit::Money),
        ..KpiPatch::default()
    })?;
    admin.sync()?;
    let mut first = NaiveDate::from_ymd_opt(calendar.before(DAYS)?.year(), 1, 1).context("a day")?;
    let end = calendar.after(1)?;
    while first < end {
        let next = first.checked_add_months(chrono::Months::new(3)).context("a quarter")?;
        for rep in &cast.reps {
            admin.engine.of::<SalesTarget>().create(SalesTargetPatch {
                kpi_id: Some(kpi),
                rep: Some(rep.phone.member),
                first_day: Some(first),
                last_day: next.pred_opt(),
                period: Some(TargetPeriod::Quarter),
                value: Some(QUARTER_MINOR),
                currency: Some(CURRENCY.to_owned()),
                ..SalesTargetPatch::default()
            })?;
        }
        first = next;
    }
    admin.sync()?;
    for rep in &cast.reps {
        rep.phone.sync()?;
    }
    Ok(())
}

/// Day, number and amount in cents of the orders of each customer, by the customer's number in the list.
type Purchases = BTreeMap<String, Vec<(NaiveDate, String, i64)>>;

/// The orders of the last year of the list by the customer's number there, moved to the year of the history.
fn purchases(orders: &[u8], calendar: Calendar) -> Result<Purchases> {
    let table = sheet::read(orders, &Limits::default())?
        .into_iter()
        .next()
        .context("the list is empty")?;
    let column = |name: &str| {
        let found = table.headers.iter().position(|header| header == name);
        found.with_context(|| format!("the list has no column {name}"))
    };
    let [order, day, customer, sales] = [
        column("Order ID")?,
        column("Order Date")?,
        column("Customer ID")?,
        column("Sales")?,
    ];
    let mut sums: BTreeMap<(String, String, NaiveDate), i64> = BTreeMap::new();
    for row in &table.rows {
        let cell = |at: usize| row.cells.get(at).map(String::as_str).unwrap_or_default();
        let cents = minor(cell(sales)).with_context(|| format!("row {}: no amount", row.number))?;
        let key = (cell(customer).to_owned(), cell(order).to_owned(), cell(day).parse()?);
        *sums.entry(key).or_default() += cents;
    }
    let newest = sums.keys().map(|(_, _, day)| *day).max().context("no orders")?;
    // By whole weeks, so that a weekday stays one.
    let weeks = (calendar.before(3)? - newest).num_days().div_euclid(7);
    let (moved, since) = (chrono::TimeDelta::weeks(weeks), calendar.before(DAYS)?);
    let mut found = Purchases::new();
    for ((customer, order, day), cents) in sums {
        let day = day + moved;
        if day >= since {
            found.entry(customer).or_default().push((day, order, cents));
        }
    }
    Ok(found)
}

/// An amount of dollars in cents; more than two decimals are rounded down.
fn minor(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: String = part.chars().chain("00".chars()).take(2).collect();
    Some(whole.parse::<i64>().ok()? * 100 + part.parse::<i64>().ok()?)
}

/// The deals of a rep's year: more of them towards its end, most of them lost or slow in one stage.
fn courses(calendar: Calendar, rng: &mut StdRng, customers: &[Found<Customer>]) -> Result<Vec<Course>> {
    let mut courses = Vec::new();
    let mut back = DAYS;
    while back > 3 {
        let begun = calendar.before(back)?;
        let season = if matches!(begun.month(), 9..=12) { 9..16 } else { 14..24 };
        let customer = customers.choose(rng).context("a rep without customers")?.id;
        let mut day = begun;
        let mut moves = vec![(day, "visit")];
        let mut lost = None;
        for (stage, days, loses) in [
            ("needs", 3..10, 0.08),
            (SLOW, 4..12, 0.05),
            ("signing", 24..55, 0.48),
            ("won", 3..9, 0.05),
        ] {
            day = day + Days::new(rng.random_range(days));
            if rng.random_bool(loses) {
                lost = [
                    LostReason::Price,
                    LostReason::Price,
                    LostReason::Competition,
                    LostReason::NoDecision,
                ]
                .choose(rng)
                .copied();
                moves.push((day, "lost"));
                break;
            }
            moves.push((day, stage));
        }
        let expected_close = begun + Days::new(rng.random_range(40..90));
        // What had not happened by the day of the demo is still open.
        let friday = calendar.before(3)?;
        moves.retain(|(day, _)| *day <= friday);
        courses.push(Course {
            customer,
            name: *NAMES.choose(rng).context("no names")?,
            amount_minor: rng.random_range(60..420) * 10_000,
            expected_close: expected_close.max(friday),
            lost: lost.filter(|_| moves.iter().any(|(_, stage)| *stage == "lost")),
            moves,
        });
        back = back.saturating_sub(rng.random_range(season));
    }
    Ok(courses)
}

/// A visit a week, to one of the customers in turn; one customer who is to be visited each week is forgotten in the end.
fn visited(
    calendar: Calendar,
    rng: &mut StdRng,
    player: &Player,
    customers: &[Found<Customer>],
    overdue: &mut Option<CustomerId>,
) -> Result<Vec<(NaiveDate, Act)>> {
    let often = customers.get(..8).context("a rep with few customers")?;
    for customer in often {
        player.phone.engine.of::<Customer>().edit(
            customer.id,
            CustomerPatch {
                visits_per_month: Some(1),
                ..CustomerPatch::default()
            },
            None,
        )?;
    }
    let mut turn: Vec<CustomerId> = often.iter().map(|customer| customer.id).collect();
    let mut acts = Vec::new();
    if overdue.is_none() {
        let forgotten = turn.remove(0);
        let weekly = CustomerPatch {
            visits_per_month: Some(4),
            ..CustomerPatch::default()
        };
        player.phone.engine.of::<Customer>().edit(forgotten, weekly, None)?;
        *overdue = Some(forgotten);
        acts.push((calendar.before(120)?, Act::Visit(forgotten)));
    }
    for (week, customer) in (1..=DAYS / 7).rev().zip(turn.into_iter().cycle()) {
        let day = calendar.before(week * 7 - rng.random_range(0..4))?;
        acts.push((day, Act::Visit(customer)));
    }
    Ok(acts)
}

/// Does it all, each act on its day.
fn carry_out(
    player: &Player,
    rng: &mut StdRng,
    template_id: ProcessTemplateId,
    template: &ProcessTemplate,
    courses: &[Course],
    acts: Vec<(NaiveDate, Act)>,
) -> Result<()> {
    let engine = &player.phone.engine;
    let mut made: BTreeMap<usize, DealId> = BTreeMap::new();
    let mut today = None;
    for (day, act) in acts {
        if today.replace(day) != Some(day) {
            player.phone.clock.set_ms(calendar::at(day, 9, 0, player.zone)?);
        }
        player.phone.clock.advance_ms(20 * 60_000);
        match act {
            Act::Begin(at) => {
                let course = courses.get(at).context("a course")?;
                let deal = engine.of::<Deal>().create(DealPatch {
                    customer_id: Some(course.customer),
                    name: Some(tongue::say(player.language, course.name.0, course.name.1).to_owned()),
                    template_id: Some(template_id),
                    amount: Some(Money::new(course.amount_minor, CURRENCY)),
                    expected_close: Some(course.expected_close),
                    append_moves: template.move_to("visit").into_iter().collect(),
                    ..DealPatch::default()
                })?;
                made.insert(at, deal);
            }
            Act::Move(at, stage) => {
                let (course, deal) = (courses.get(at), made.get(&at));
                let (course, deal) = (course.context("a course")?, *deal.context("a deal that was begun")?);
                let patch = DealPatch {
                    append_moves: template.move_to(stage).into_iter().collect(),
                    lost_reason: course.lost.filter(|_| stage == "lost"),
                    ..DealPatch::default()
                };
                engine.of::<Deal>().edit(deal, patch, None)?;
                if stage == "won" {
                    crediting::settle(engine, deal)?;
                }
            }
            Act::Visit(customer) => {
                let customer = engine.of::<Customer>().get(customer)?.context("a customer")?;
                walk::visit(player, rng, &customer)?;
            }
            Act::Order(purchase) => {
                engine.of::<SalesOrder>().create(SalesOrderPatch {
                    customer_id: Some(purchase.customer),
                    number: Some(purchase.number),
                    ordered_on: Some(day),
                    amount: Some(Money::new(purchase.amount_minor, CURRENCY)),
                    source: Some(OrderSource::Import),
                    append_events: vec![OrderEvent {
                        event: OrderEventKind::Confirm,
                        ..OrderEvent::default()
                    }],
                    ..SalesOrderPatch::default()
                })?;
            }
        }
    }
    Ok(())
}
