use std::sync::Barrier;

use satchel_core::domain::{Customer, CustomerPatch};

use crate::{Phone, open};

/// An app and its extension: two engines on one file, each with connections of its own.
#[test]
fn two_processes_write_one_record_and_no_edit_is_lost() {
    const EDITS: usize = 15;
    let phone = Phone::new();
    let extension = open(&phone.path(), &phone.clock);
    let id = phone.customer("街角小店");
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        for (engine, name) in [(&phone.engine, "app"), (&extension, "extension")] {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for number in 0..EDITS {
                    let patch = CustomerPatch {
                        add_tags: vec![format!("{name}-{number}")],
                        ..CustomerPatch::default()
                    };
                    engine.of::<Customer>().edit(id, patch, None).unwrap();
                }
            });
        }
    });
    for engine in [&phone.engine, &extension] {
        let found = engine.of::<Customer>().get(id).unwrap().unwrap();
        assert_eq!(found.record.tags.len(), 2 * EDITS);
        // Every change has a number of its own: none was made twice under one.
        assert_eq!(engine.history(id.into()).unwrap().len(), 2 * EDITS + 1);
    }
}
