use satchel_core::clock::SeededEntropy;
use satchel_core::ids::{OrgId, RunId};

use super::{Mark, is_behind};
use crate::identity::org;
use crate::relay::restore;
use crate::store::Sequence;
use crate::store::restore::{Cause, Restores};
use crate::store::sqlite::File;

fn run(number: u8) -> RunId {
    RunId::ordered(i64::from(number) * 1_000, [number; 10])
}

/// A database of one organisation that a relay has served.
fn served() -> File {
    let mut file = File::in_memory().unwrap();
    file.write::<_, crate::identity::IdentityError>(|tx| {
        org::create(tx, OrgId::from_bytes([1; 16]), "Org", 0)?;
        tx.begin_run(run(1), 1_000)?;
        Ok(())
    })
    .unwrap();
    file
}

#[test]
fn a_database_behind_its_mark_was_put_back() {
    let mut file = served();
    let mut tx = file.transaction().unwrap();
    let before = Mark::of(&tx).unwrap().unwrap();
    assert!(!is_behind(&tx, Some(before)).unwrap(), "as it was");
    tx.next_seq().unwrap();
    assert!(!is_behind(&tx, Some(before)).unwrap(), "it went on");
    let ahead = Mark {
        seq: before.seq + 2,
        ..before
    };
    assert!(is_behind(&tx, Some(ahead)).unwrap(), "an older state of the same run");
    let later = Mark { run: run(2), ..before };
    assert!(
        is_behind(&tx, Some(later)).unwrap(),
        "from before a run that it never saw"
    );
}

#[test]
fn a_missing_mark_says_something_only_where_there_was_one() {
    let mut file = served();
    let mut tx = file.transaction().unwrap();
    assert!(!is_behind(&tx, None).unwrap(), "of a relay that knew no marks");
    tx.set_marked(5).unwrap();
    assert!(is_behind(&tx, None).unwrap(), "copied to somewhere else");
    let other = Mark {
        org: OrgId::from_bytes([9; 16]),
        ..Mark::of(&tx).unwrap().unwrap()
    };
    assert!(
        is_behind(&tx, Some(other)).unwrap(),
        "another organisation's mark is none"
    );
}

#[test]
fn a_mark_is_read_as_it_was_written_and_damage_is_no_mark() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("relay.sqlite");
    assert_eq!(Mark::read(&path).unwrap(), None);
    let mut file = served();
    let mark = Mark::of(&file.transaction().unwrap()).unwrap().unwrap();
    mark.write(&path).unwrap();
    assert_eq!(Mark::read(&path).unwrap(), Some(mark));
    std::fs::write(directory.path().join("relay.sqlite-mark"), "{").unwrap();
    assert_eq!(Mark::read(&path).unwrap(), None);
}

#[test]
fn a_restore_waits_until_it_is_confirmed_and_ends_in_a_run_of_its_own() {
    let mut file = served();
    let mut tx = file.transaction().unwrap();
    assert!(!restore::is_closed(&tx).unwrap());
    let entropy = SeededEntropy::new(1);
    assert_eq!(restore::confirm(&mut tx, 14, 5_000, &entropy).unwrap(), None);
    restore::begin(&mut tx, Cause::Operator, 5_000).unwrap();
    restore::begin(&mut tx, Cause::Mark, 6_000).unwrap();
    assert!(restore::is_closed(&tx).unwrap());
    let confirmed = restore::confirm(&mut tx, 14, 7_000, &entropy).unwrap().unwrap();
    assert_eq!((confirmed.number, confirmed.cause), (1, Cause::Operator), "begun once");
    assert!(!restore::is_closed(&tx).unwrap());
    assert_ne!(tx.current_run().unwrap().id, run(1));
    assert!(restore::end_returns(&mut tx, 8_000).unwrap());
    assert!(!restore::end_returns(&mut tx, 9_000).unwrap(), "it is over");
}
