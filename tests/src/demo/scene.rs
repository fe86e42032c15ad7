//! What happens between people on this day: prepared in the morning, played while the phones are offline.

use anyhow::{Context, Result};
use satchel_core::domain::deal::LostReason;
use satchel_core::domain::visit::{VisitEvent, VisitEventKind, VisitKind};
use satchel_core::domain::{
    Customer, CustomerId, CustomerPatch, Deal, DealId, DealPatch, NoteId, ProcessTemplateId, Visit, VisitPatch,
};
use satchel_core::duplicates::Reason;
use satchel_core::merger;
use satchel_core::schema::value::Money;

use super::cast::{Cast, Player};
use super::desk::Desk;
use super::paper::Paper;
use super::{record, tongue, walk};

/// The records that several people work on.
pub(super) struct Scenes {
    /// A customer whom two reps of the first team look after.
    pub(super) shared: CustomerId,
    /// A deal that two reps of the second team work on.
    pub(super) deal: DealId,
    /// The customer of that deal.
    pub(super) contested: CustomerId,
    /// A customer who changes hands.
    pub(super) moved: CustomerId,
    /// A private note.
    pub(super) private: NoteId,
}

impl Scenes {
    /// The customers that no round of visits touches.
    pub(super) fn customers(&self) -> [CustomerId; 3] {
        [self.shared, self.contested, self.moved]
    }
}

/// The reps by the parts they play.
pub(super) struct Parts<'a> {
    /// Shares a customer with Tom.
    pub(super) li_na: &'a Player,
    /// Shares a customer with Li Na; takes one over.
    pub(super) tom: &'a Player,
    /// Loses a customer while offline.
    pub(super) zhang_min: &'a Player,
    /// Enters a shop that Sofia enters too.
    pub(super) chen_jie: &'a Player,
    /// Works on a deal with Bo.
    pub(super) sofia: &'a Player,
    /// Works on a deal with Sofia.
    pub(super) bo: &'a Player,
}

/// Who plays what.
pub(super) fn parts(cast: &Cast) -> Result<Parts<'_>> {
    let [li_na, tom, zhang_min, chen_jie, sofia, bo] = cast.reps.as_slice() else {
        anyhow::bail!("the demo has six reps");
    };
    Ok(Parts {
        li_na,
        tom,
        zhang_min,
        chen_jie,
        sofia,
        bo,
    })
}

/// In the morning, still online: second reps are assigned, a deal is begun, a first visit is made, everybody syncs.
pub(super) fn prepare(cast: &Cast, desk: &Desk, template: ProcessTemplateId) -> Result<Scenes> {
    let parts = parts(cast)?;
    let (shared, contested, moved) = (first(parts.li_na)?, first(parts.sofia)?, first(parts.zhang_min)?);
    desk.assign(shared, parts.tom.phone.member)?;
    desk.assign(contested, parts.bo.phone.member)?;
    let (_, process) = walk::process(parts.sofia)?;
    let deal = parts.sofia.phone.engine.of::<Deal>().create(DealPatch {
        customer_id: Some(contested),
        name: Some("Headquarters refit 总部翻新".to_owned()),
        template_id: Some(template),
        amount: Some(Money::new(4_800_000, "USD")),
        expected_close: Some(parts.sofia.calendar.after(29)?),
        append_moves: process.move_to("signing").into_iter().collect(),
        ..DealPatch::default()
    })?;
    visited(parts.zhang_min, moved, "初次拜访，介绍新目录。")?;
    let private = walk::private_note(parts.li_na, shared)?;
    for player in cast.all().chain(cast.all()) {
        player.phone.sync()?;
    }
    Ok(Scenes {
        shared,
        deal,
        contested,
        moved,
        private,
    })
}

/// The person's first customer by name.
fn first(player: &Player) -> Result<CustomerId> {
    let customers = record::all::<Customer>(&player.phone.engine)?;
    let first = customers
        .into_iter()
        .min_by(|one, other| (&one.record.name, one.id).cmp(&(&other.record.name, other.id)));
    Ok(first.context("a rep without customers")?.id)
}

/// A short visit with a summary.
fn visited(player: &Player, customer: CustomerId, summary: &str) -> Result<()> {
    let visits = player.phone.engine.of::<Visit>();
    let event = |event| VisitEvent {
        event,
        ..VisitEvent::default()
    };
    let visit = visits.create(VisitPatch {
        customer_id: Some(customer),
        visit_kind: Some(VisitKind::Unplanned),
        add_visitors: vec![player.phone.member],
        zone: Some(player.zone.name().to_owned()),
        append_events: vec![event(VisitEventKind::Checkin)],
        ..VisitPatch::default()
    })?;
    player.phone.clock.advance_ms(20 * 60_000);
    let done = VisitPatch {
        append_events: vec![event(VisitEventKind::Checkout)],
        summary: Some(summary.to_owned()),
        ..VisitPatch::default()
    };
    visits.edit(visit, done, None)?;
    Ok(())
}

/// At noon: two reps have entered one shop. Both sync, each is put on the other's record, and one phone finds the pair
/// and merges it while the other, offline again, adds a visit. Answers the two records.
pub(super) fn twins(paper: &mut Paper, cast: &Cast, desk: &Desk) -> Result<[CustomerId; 2]> {
    let parts = parts(cast)?;
    let (chen_jie, sofia) = (parts.chen_jie, parts.sofia);
    let enter = |player: &Player, name: &str| {
        player.phone.engine.of::<Customer>().create(CustomerPatch {
            name: Some(name.to_owned()),
            add_phones: vec!["+12065550142".to_owned()],
            ..CustomerPatch::default()
        })
    };
    let by_chen = enter(chen_jie, "海港文具店")?;
    let by_sofia = enter(sofia, "海港文具店（Harbor Stationery）")?;
    chen_jie.phone.sync()?;
    sofia.phone.sync()?;
    desk.assign(by_chen, sofia.phone.member)?;
    desk.assign(by_sofia, chen_jie.phone.member)?;
    chen_jie.phone.sync()?;
    sofia.phone.sync()?;
    let engine = &chen_jie.phone.engine;
    let suspects = merger::find(engine, by_chen)?;
    let own = chen_jie.phone.row(by_chen)?;
    for suspect in &suspects {
        let row = chen_jie.phone.row(suspect.id)?;
        let reasons: Vec<String> = suspect.likeness.reasons.iter().copied().map(reason).collect();
        paper.line(format!(
            "At noon {}'s phone says: {} (entered by {}) is likely the same as {} (entered by {})",
            chen_jie.phone.name,
            tongue::plain(&row.fields["name"]),
            record::name(engine, row.created.by)?,
            tongue::plain(&own.fields["name"]),
            record::name(engine, own.created.by)?,
        ));
        paper.under(format!(
            "{} % likely: {}",
            suspect.likeness.score_bp / 100,
            reasons.join(", ")
        ));
    }
    if suspects.iter().all(|suspect| suspect.id != by_sofia) {
        paper.disagree(format!(
            "{}'s phone does not find the shop that is there twice",
            chen_jie.phone.name
        ));
        return Ok([by_chen, by_sofia]);
    }
    merger::merge(engine, by_sofia, by_chen)?;
    visited(sofia, by_sofia, "Opened the account; wants the spring catalogue.")?;
    Ok([by_chen, by_sofia])
}

fn reason(reason: Reason) -> String {
    match reason {
        Reason::SameRegistrationCode => "same registration code".to_owned(),
        Reason::SamePhone => "same telephone number".to_owned(),
        Reason::SimilarName { likeness_bp } => format!("names {} % alike", likeness_bp / 100),
        Reason::Near { metres } => format!("{metres} m apart"),
    }
}

/// In the afternoon, everybody offline: one customer edited by two, one deal closed in two ways, one customer handed over.
pub(super) fn apart(cast: &Cast, desk: &Desk, scenes: &Scenes) -> Result<()> {
    let parts = parts(cast)?;
    let terms = |days| CustomerPatch {
        payment_terms_days: Some(days),
        ..CustomerPatch::default()
    };
    let by_li_na = CustomerPatch {
        industry: Some("Education 教育".to_owned()),
        ..terms(30)
    };
    parts
        .li_na
        .phone
        .engine
        .of::<Customer>()
        .edit(scenes.shared, by_li_na, None)?;
    parts.tom.phone.clock.advance_ms(25 * 60_000);
    let by_tom = CustomerPatch {
        website: Some("https://customer.example".to_owned()),
        ..terms(60)
    };
    parts
        .tom
        .phone
        .engine
        .of::<Customer>()
        .edit(scenes.shared, by_tom, None)?;

    let (_, process) = walk::process(parts.sofia)?;
    let to = |stage: &str| DealPatch {
        append_moves: process.move_to(stage).into_iter().collect(),
        ..DealPatch::default()
    };
    parts
        .sofia
        .phone
        .engine
        .of::<Deal>()
        .edit(scenes.deal, to("won"), None)?;
    let lost = DealPatch {
        lost_reason: Some(LostReason::Price),
        ..to("lost")
    };
    parts.bo.phone.engine.of::<Deal>().edit(scenes.deal, lost, None)?;

    desk.hand_over(scenes.moved, parts.tom.phone.member)?;
    visited(parts.zhang_min, scenes.moved, "客户要两周内送样品，缺货的型号先登记。")?;
    let level = CustomerPatch {
        level: Some(satchel_core::domain::customer::CustomerLevel::A),
        ..CustomerPatch::default()
    };
    parts
        .zhang_min
        .phone
        .engine
        .of::<Customer>()
        .edit(scenes.moved, level, None)?;
    Ok(())
}
