use super::*;
use crate::domain::event::tests::stamp;

fn event(id: u8, event: OrderEventKind, seen: &[u8]) -> OrderEvent {
    OrderEvent {
        stamp: stamp(id, id, i64::from(id), seen),
        event,
        ..OrderEvent::default()
    }
}

fn status(events: Vec<OrderEvent>) -> OrderStatus {
    let order = SalesOrder {
        events,
        ..SalesOrder::default()
    };
    let mut backwards = order.clone();
    backwards.events.reverse();
    assert_eq!(order.status(), backwards.status(), "the order of the log tells nothing");
    order.status()
}

fn written() -> SalesOrder {
    SalesOrder {
        amount: Money::new(0, "CNY"),
        lines: [
            ("A/qty_milli", 1_500),
            ("A/price_minor", 333),
            ("B/qty_milli", 1_000),
            ("B/price_minor", 100),
            ("B/discount_bp", 1_000),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into(),
        ..SalesOrder::default()
    }
}

#[test]
fn the_newest_event_tells_and_goods_that_left_are_not_cancelled() {
    use OrderEventKind::{Amend, Cancel, Confirm, Deliver, Return, Ship, Submit};
    assert_eq!(status(vec![]), OrderStatus::Draft);
    assert_eq!(
        status(vec![event(1, Submit, &[]), event(2, Confirm, &[1])]),
        OrderStatus::Confirmed
    );
    let shipped = || vec![event(1, Submit, &[]), event(2, Confirm, &[1]), event(3, Ship, &[2])];
    assert_eq!(status(shipped()), OrderStatus::Shipped);
    assert_eq!(
        status([shipped(), vec![event(4, Cancel, &[2])]].concat()),
        OrderStatus::Shipped
    );
    assert_eq!(
        status([shipped(), vec![event(4, Cancel, &[3])]].concat()),
        OrderStatus::Cancelled
    );
    assert_eq!(
        status([shipped(), vec![event(4, Amend, &[3])]].concat()),
        OrderStatus::Shipped
    );
    assert_eq!(
        status([shipped(), vec![event(4, Deliver, &[3]), event(5, Return, &[4])]].concat()),
        OrderStatus::Returned
    );
    assert_eq!(
        status(vec![
            event(1, Submit, &[]),
            event(2, Confirm, &[1]),
            event(3, Cancel, &[1])
        ]),
        OrderStatus::Cancelled
    );
    assert_eq!(
        status(vec![event(1, Cancel, &[]), event(2, Submit, &[1])]),
        OrderStatus::Submitted
    );
}

#[test]
fn lines_are_summed_exactly_and_rounded_once() {
    let mut order = written();
    assert_eq!(order.written_lines().len(), 2);
    // 1.5 × 3.33 = 4.995 and 1 × 1.00 less a tenth: 5.895, rounded once, half to even.
    assert_eq!(order.total_minor(), 590);
    order.discount_minor = Some(90);
    assert_eq!(order.total_minor(), 500);
    order.discount_minor = Some(9_000);
    assert_eq!(order.total_minor(), 0);
    let imported = SalesOrder {
        amount: Money::new(1_234, "CNY"),
        ..SalesOrder::default()
    };
    assert_eq!(imported.total_minor(), 1_234);
}

#[test]
fn what_is_written_after_a_confirmation_is_a_request_and_changes_no_total() {
    let mut order = written();
    let confirmed = OrderEvent {
        stamp: stamp(1, 1, 1, &[]),
        ..order.confirming(OrderEventKind::Confirm)
    };
    order.events.push(confirmed);
    assert!(!order.amendment_requested());
    order.lines.insert("A/qty_milli".to_owned(), 9_000);
    order.discount_minor = Some(1);
    assert_eq!((order.amendment_requested(), order.total_minor()), (true, 590));
    let amended = OrderEvent {
        stamp: stamp(2, 2, 2, &[1]),
        ..order.confirming(OrderEventKind::Amend)
    };
    order.events.push(amended);
    assert_eq!((order.amendment_requested(), order.total_minor()), (false, 3_086));
    assert_eq!(order.status(), OrderStatus::Confirmed);
}

#[test]
fn returns_and_payments_add_up_whoever_wrote_them() {
    let back = |id, amount_minor| OrderReturn {
        stamp: stamp(id, id, 1, &[]),
        amount_minor,
        ..OrderReturn::default()
    };
    let paid = |id, amount_minor| OrderPayment {
        stamp: stamp(id, id, 1, &[]),
        amount_minor,
        ..OrderPayment::default()
    };
    let mut order = SalesOrder {
        amount: Money::new(100, "CNY"),
        returns: vec![back(1, 40)],
        payments: vec![paid(3, 80), paid(4, -10)],
        events: vec![event(9, OrderEventKind::Confirm, &[])],
        ..SalesOrder::default()
    };
    assert_eq!(
        (order.returned_minor(), order.paid_minor(), order.returned_in_full()),
        (40, 70, false)
    );
    assert!(order.counts());
    order.returns.push(back(2, 60));
    assert!(order.returned_in_full());
}

#[test]
fn a_line_has_a_product_and_one_of_the_known_parts() {
    for (key, good) in [
        ("A/qty_milli", true),
        ("A/B/tax_bp", true),
        ("/qty_milli", false),
        ("A", false),
        ("A/colour", false),
    ] {
        let order = SalesOrder {
            lines: [(key.to_owned(), 1)].into(),
            ..SalesOrder::default()
        };
        assert_eq!(order.check().is_empty(), good, "{key}");
    }
}
