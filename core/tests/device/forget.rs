//! A record that its person may not read any more leaves nothing behind.

use satchel_core::wire::Push;

use super::{Phone, answered, let_in};

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
    // Let in, and handed over to somebody else meanwhile.
    answered(&phone.engine, |_, pushes| {
        let answer = |push: Push| {
            let readable = push.id != customer.into();
            let_in(push, readable)
        };
        pushes.into_iter().map(answer).collect()
    });
    assert!(phone.engine.get(customer.into()).unwrap().is_none());
    assert!(!holds(&phone, "Quetzalcoatl"), "bytes of it are left");
    assert!(holds(&phone, "Somebody else"));
}
