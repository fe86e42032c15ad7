//! A rep works a day without signal; in the evening everything is on the relay and on the manager's phone.

use anyhow::Result;
use satchel_core::domain::visit::{VisitEvent, VisitEventKind, VisitKind, VisitOutcome};
use satchel_core::domain::{
    Customer, CustomerPatch, Deal, DealPatch, Note, NotePatch, ProcessTemplate, Visit, VisitPatch,
};
use satchel_core::schema::value::Money;
use satchel_tests::field::Team;

#[test]
fn an_offline_day_reaches_everybody_in_the_evening() -> Result<()> {
    let team = Team::new()?;
    let (rep, manager) = (team.rep("Li Na")?, team.manager("Wang Wei")?);

    let name = Some("北京永辉超市".to_owned());
    let shop = rep.engine.of::<Customer>().create(CustomerPatch {
        name,
        ..CustomerPatch::default()
    })?;
    let visit = rep.engine.of::<Visit>().create(VisitPatch {
        customer_id: Some(shop),
        visit_kind: Some(VisitKind::Unplanned),
        append_events: vec![VisitEvent {
            event: VisitEventKind::Checkin,
            ..VisitEvent::default()
        }],
        ..VisitPatch::default()
    })?;
    rep.clock.advance_ms(25 * 60_000);
    let done = VisitPatch {
        append_events: vec![VisitEvent {
            event: VisitEventKind::Checkout,
            ..VisitEvent::default()
        }],
        outcome: Some(VisitOutcome::Ordered),
        summary: Some("货架缺货，补两箱。".to_owned()),
        ..VisitPatch::default()
    };
    rep.engine.of::<Visit>().edit(visit, done, None)?;
    let deal = rep.engine.of::<Deal>().create(DealPatch {
        customer_id: Some(shop),
        name: Some("Autumn shelf".to_owned()),
        amount: Some(Money::new(1_200_000, "CNY")),
        expected_close: Some("2026-09-30".parse()?),
        append_moves: ProcessTemplate::standard().move_to("needs").into_iter().collect(),
        ..DealPatch::default()
    })?;
    let note = rep.engine.of::<Note>().create(NotePatch {
        parent: Some(deal.into()),
        body: Some("Wants samples by Friday".to_owned()),
        ..NotePatch::default()
    })?;
    assert_eq!(
        rep.engine.sync_status()?.pending,
        4,
        "everything was written without the relay"
    );
    assert_eq!(manager.records()?, 0);

    let report = rep.sync()?;
    assert_eq!(report.decided, 4);
    manager.sync()?;
    for (phone, who) in [(&rep, "rep"), (&manager, "manager")] {
        let row = phone.row(visit)?;
        assert_eq!(
            (&row.derived["status"], &row.derived["duration_s"]),
            (&"completed".into(), &1500.into()),
            "{who}"
        );
        assert_eq!(phone.row(deal)?.derived["stage"], "needs");
        assert_eq!(phone.search("永辉")?, [shop.into()]);
        assert_eq!(phone.search("samples")?, [note.into()]);
        assert_eq!(
            phone.engine.sync_status()?.agreed,
            Some(true),
            "{who} and relay agree by digest"
        );
    }
    assert_eq!(rep.row(shop)?, manager.row(shop)?);

    // Nothing changed: one round trip, hardly any bytes.
    let idle = rep.sync()?;
    assert_eq!(idle.exchanges, 1);
    assert!(idle.sent + idle.received <= 100, "{idle:?}");
    Ok(())
}
