//! A record that its person may not read any more leaves nothing behind.

use satchel_core::wire::{self, Frame, Point, Receipt, ReceiptState, Welcome};

use super::Phone;

/// Whether the phone's files hold these bytes anywhere: in a table, a free page or the log.
fn holds(phone: &Phone, text: &str) -> bool {
    ["", "-wal"].iter().any(|suffix| {
        let mut path = phone.path().into_os_string();
        path.push(suffix);
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn a_record_that_a_receipt_takes_away_is_gone_from_the_files() {
    let phone = Phone::new();
    let customer = phone.customer("Quetzalcoatl 9917");
    phone.customer("Somebody else");
    while !phone.engine.maintain().unwrap().is_complete() {}
    assert!(holds(&phone, "Quetzalcoatl"));
    let (mut ongoing, request) = phone.engine.begin_exchange(0).unwrap();
    let mut answer: Vec<Frame> = Vec::new();
    for frame in wire::decode(&request).unwrap() {
        match frame {
            Frame::Hello(hello) => answer.push(
                Welcome {
                    exchange: hello.exchange,
                    clock_s: 0,
                    token_s: 900,
                    new_epoch: None,
                    revoked: None,
                    features: None,
                }
                .into(),
            ),
            // Let in, and handed over to somebody else meanwhile.
            Frame::Push(push) => answer.push(
                Receipt {
                    id: push.id,
                    state: ReceiptState::Ok,
                    code: None,
                    heads: push.heads,
                    point: Point::default(),
                    readable: push.id != customer.into(),
                }
                .into(),
            ),
            _ => {}
        }
    }
    ongoing.receive(&wire::encode(&answer).unwrap()).unwrap();
    assert!(phone.engine.get(customer.into()).unwrap().is_none());
    assert!(!holds(&phone, "Quetzalcoatl"), "bytes of it are left");
    assert!(holds(&phone, "Somebody else"));
}
