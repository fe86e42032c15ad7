//! A rep's round of visits, without the relay. Everything random in it comes from the seed.

use anyhow::{Context, Result};
use chrono::{DateTime, Days, TimeDelta};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use satchel_core::domain::task::{TaskEvent, TaskEventKind, TaskKind};
use satchel_core::domain::visit::{ProofMethod, VisitEvent, VisitEventKind, VisitKind, VisitOutcome, VisitPurpose};
use satchel_core::domain::{
    Customer, CustomerId, CustomerPatch, Deal, DealPatch, Note, NotePatch, ProcessTemplate, ProcessTemplateId, Task,
    TaskPatch, Visit, VisitPatch,
};
use satchel_core::engine::Found;
use satchel_core::exchange::label::Language;
use satchel_core::schema::value::{Money, Place, Position};

use super::cast::Player;
use super::{record, tongue};

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;
/// Ten-millionths of a degree of latitude in a metre, about.
const E7_IN_METRE: i64 = 90;

/// What a rep notes after a visit, in both languages.
const SUMMARIES: &[(VisitOutcome, &str, &str)] = &[
    (
        VisitOutcome::Ordered,
        "货架缺货，现场补了两箱打印纸。",
        "Paper was out of stock; took an order for two cases.",
    ),
    (
        VisitOutcome::Ordered,
        "试用样品满意，要一批新椅子。",
        "Liked the sample, wants a first lot of the new chairs.",
    ),
    (
        VisitOutcome::FollowUp,
        "老板不在，周五再来谈陈列。",
        "Owner was out; back on Friday about the shelf display.",
    ),
    (
        VisitOutcome::FollowUp,
        "竞品降价了，需要新报价。",
        "A competitor cut prices; needs a new quote.",
    ),
    (
        VisitOutcome::NoDecisionMaker,
        "只见到店员，留下样品和目录。",
        "Met the clerk only; left samples and the catalogue.",
    ),
    (
        VisitOutcome::ClosedShop,
        "门店装修，未营业。",
        "Closed for refurbishment.",
    ),
];

/// Notes on a customer.
const NOTES: &[(&str, &str)] = &[
    ("喜欢早上九点前接电话。", "Prefers calls before nine."),
    (
        "仓库在后门，送货走侧门。",
        "Deliveries at the side door; the storeroom is behind.",
    ),
    ("财务说月底集中付款。", "Accounts pays once a month, at its end."),
];

/// Names of deals.
const DEALS: &[(&str, &str)] = &[
    ("春季打印纸", "Spring paper contract"),
    ("会议室座椅", "Meeting room chairs"),
    ("货架陈列", "Shelf display"),
    ("电话系统更换", "New telephones"),
];

/// Visits `count` of the person's customers, one after the other; `keep_off` are those that others work on too.
pub(super) fn visits(player: &Player, rng: &mut StdRng, count: usize, keep_off: &[CustomerId]) -> Result<()> {
    let mut customers = record::all::<Customer>(&player.phone.engine)?;
    customers.retain(|customer| {
        !keep_off.contains(&customer.id)
            && customer
                .record
                .place
                .as_ref()
                .is_none_or(|place| place.position.is_none())
    });
    customers.sort_by(|one, other| (&one.record.name, one.id).cmp(&(&other.record.name, other.id)));
    customers.shuffle(rng);
    let (template_id, template) = process(player)?;
    for customer in customers.iter().take(count) {
        player.phone.clock.advance_ms(rng.random_range(8..25) * MINUTE_MS);
        let outcome = visit(player, rng, customer)?;
        if outcome == VisitOutcome::Ordered || rng.random_bool(0.3) {
            deal(player, rng, customer.id, template_id, &template)?;
        }
        if rng.random_bool(0.5) {
            note(player, rng, customer.id)?;
        }
        if outcome == VisitOutcome::FollowUp {
            task(player, rng, customer.id)?;
        }
    }
    Ok(())
}

/// The published process, as the phone has it.
pub(super) fn process(player: &Player) -> Result<(ProcessTemplateId, ProcessTemplate)> {
    let found = record::all::<ProcessTemplate>(&player.phone.engine)?.into_iter().next();
    let found = found.context("the process has not reached the phone")?;
    Ok((found.id, found.record))
}

/// A visit with check-in, check-out and what came of it.
pub(super) fn visit(player: &Player, rng: &mut StdRng, customer: &Found<Customer>) -> Result<VisitOutcome> {
    let phone = &player.phone;
    let place = pinned(rng, customer);
    phone.engine.of::<Customer>().edit(
        customer.id,
        CustomerPatch {
            place: Some(place.clone()),
            ..CustomerPatch::default()
        },
        Some(&customer.heads),
    )?;
    let purpose = [
        VisitPurpose::Order,
        VisitPurpose::Merchandising,
        VisitPurpose::Relationship,
    ];
    let kind = if rng.random_bool(0.7) {
        VisitKind::Planned
    } else {
        VisitKind::Unplanned
    };
    let checkin = checkin(rng, place.position.as_ref());
    let visit = phone.engine.of::<Visit>().create(VisitPatch {
        customer_id: Some(customer.id),
        visit_kind: Some(kind),
        purpose: purpose.choose(rng).copied(),
        add_visitors: vec![phone.member],
        zone: Some(player.zone.name().to_owned()),
        expected_place: Some(place),
        append_events: vec![checkin],
        ..VisitPatch::default()
    })?;
    phone.clock.advance_ms(rng.random_range(12..40) * MINUTE_MS);
    let (outcome, zh, en) = SUMMARIES.choose(rng).context("no summaries")?;
    let checkout = VisitEvent {
        event: VisitEventKind::Checkout,
        ..VisitEvent::default()
    };
    phone.engine.of::<Visit>().edit(
        visit,
        VisitPatch {
            append_events: vec![checkout],
            outcome: Some(*outcome),
            summary: Some(tongue::say(player.language, zh, en).to_owned()),
            ..VisitPatch::default()
        },
        None,
    )?;
    Ok(*outcome)
}

/// The customer's address with a pin on the map, where it has none yet.
fn pinned(rng: &mut StdRng, customer: &Found<Customer>) -> Place {
    let place = customer.record.place.clone().unwrap_or_default();
    let pin = place.position.clone().unwrap_or_else(|| {
        Position::new(
            rng.random_range(300_000_000..450_000_000),
            rng.random_range(-1_200_000_000..-750_000_000),
        )
    });
    Place {
        position: Some(pin),
        ..place
    }
}

/// A check-in: mostly at the customer, now and then elsewhere, or with a bad fix, or with none.
fn checkin(rng: &mut StdRng, pin: Option<&Position>) -> VisitEvent {
    let (metres, accuracy) = match rng.random_range(0..10) {
        0 => (rng.random_range(900..1500), 20),
        1 => (rng.random_range(10..60), 400),
        2 => {
            return VisitEvent {
                event: VisitEventKind::Checkin,
                method: Some(ProofMethod::Qr),
                ..VisitEvent::default()
            };
        }
        _ => (rng.random_range(5..80), rng.random_range(5..40)),
    };
    let position = pin.map(|pin| Position {
        accuracy_m: Some(accuracy),
        ..Position::new(pin.lat_e7 + metres * E7_IN_METRE, pin.lon_e7)
    });
    VisitEvent {
        event: VisitEventKind::Checkin,
        position,
        method: Some(ProofMethod::Gps),
        ..VisitEvent::default()
    }
}

fn deal(
    player: &Player,
    rng: &mut StdRng,
    customer: CustomerId,
    template_id: ProcessTemplateId,
    template: &ProcessTemplate,
) -> Result<()> {
    let deals = player.phone.engine.of::<Deal>();
    let (zh, en) = DEALS.choose(rng).context("no deals")?;
    let today = DateTime::from_timestamp_millis(player.phone.engine.now_ms())
        .context("a time")?
        .date_naive();
    let deal = deals.create(DealPatch {
        customer_id: Some(customer),
        name: Some(tongue::say(player.language, zh, en).to_owned()),
        template_id: Some(template_id),
        amount: Some(Money::new(rng.random_range(40..900) * 10_000, "USD")),
        expected_close: Some(today + Days::new(rng.random_range(7..90))),
        append_moves: template.move_to("visit").into_iter().collect(),
        ..DealPatch::default()
    })?;
    // Some stay where they are, most go on, one in ten is won at once.
    let stage = [
        "visit", "needs", "needs", "needs", "proposal", "proposal", "proposal", "signing", "signing", "won",
    ];
    let stage = stage.choose(rng).copied().unwrap_or("visit");
    if stage != "visit" {
        player.phone.clock.advance_ms(MINUTE_MS);
        let moves = template.move_to(stage).into_iter().collect();
        deals.edit(
            deal,
            DealPatch {
                append_moves: moves,
                ..DealPatch::default()
            },
            None,
        )?;
    }
    Ok(())
}

fn note(player: &Player, rng: &mut StdRng, customer: CustomerId) -> Result<()> {
    let (zh, en) = NOTES.choose(rng).context("no notes")?;
    player.phone.engine.of::<Note>().create(NotePatch {
        parent: Some(customer.into()),
        body: Some(tongue::say(player.language, zh, en).to_owned()),
        ..NotePatch::default()
    })?;
    Ok(())
}

fn task(player: &Player, rng: &mut StdRng, customer: CustomerId) -> Result<()> {
    let phone = &player.phone;
    let now = DateTime::from_timestamp_millis(phone.engine.now_ms()).context("a time")?;
    let task = phone.engine.of::<Task>().create(TaskPatch {
        parent: Some(customer.into()),
        title: Some(tongue::say(player.language, "电话回访", "Call back").to_owned()),
        task_kind: Some(TaskKind::CallBack),
        add_assignees: vec![phone.member],
        due_at: Some(now + TimeDelta::days(rng.random_range(1..5))),
        ..TaskPatch::default()
    })?;
    if rng.random_bool(0.4) {
        phone.clock.advance_ms(MINUTE_MS);
        let done = TaskEvent {
            event: TaskEventKind::Complete,
            ..TaskEvent::default()
        };
        phone.engine.of::<Task>().edit(
            task,
            TaskPatch {
                append_events: vec![done],
                ..TaskPatch::default()
            },
            None,
        )?;
    }
    Ok(())
}

/// A private note: only its author's devices and the relay hold it.
pub(super) fn private_note(player: &Player, customer: CustomerId) -> Result<satchel_core::domain::NoteId> {
    let text = match player.language {
        Language::Zh => "私人备注：老板要换供应商，先别声张。",
        Language::En => "For myself: he thinks of changing his supplier.",
    };
    Ok(player.phone.engine.of::<Note>().create(NotePatch {
        parent: Some(customer.into()),
        private: Some(true),
        body: Some(text.to_owned()),
        ..NotePatch::default()
    })?)
}
