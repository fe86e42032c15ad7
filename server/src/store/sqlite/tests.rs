use std::sync::{Arc, Barrier};

use satchel_core::ids::RunId;
use satchel_core::policy::Role;

use super::{Database, File, Options, Transaction};
use crate::store::contract;
use crate::store::people::{AccessStore, Directory};
use crate::store::{Sequence, StoreError};

fn opened() -> (tempfile::TempDir, Database) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("relay.sqlite");
    File::open(&path).unwrap().write(make_org).unwrap();
    (directory, Database::open(&path, &Options::default()).unwrap())
}

fn make_org(tx: &mut Transaction<'_>) -> Result<(), StoreError> {
    tx.sql("INSERT INTO org (one, id, name, seq, directory_seq, created_at) VALUES (1, x'00', 'Org', 0, 0, 0)")?
        .execute([])?;
    Ok(())
}

fn refuse(tx: &mut Transaction<'_>) -> Result<u64, StoreError> {
    tx.next_seq()?;
    Err(StoreError::Damaged("on purpose"))
}

fn panic(tx: &mut Transaction<'_>) -> Result<u64, StoreError> {
    tx.next_seq()?;
    panic!("on purpose")
}

/// Keeps the writer inside a job until every other job waits in its queue: they share one transaction then.
fn together<T>(database: &Database, queue: impl FnOnce() -> T) -> T {
    let (entered, leave) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (theirs, last) = (Arc::clone(&entered), Arc::clone(&leave));
    let shared = database.clone();
    let holding = std::thread::spawn(move || {
        shared.write_blocking::<_, StoreError>(move |_| {
            theirs.wait();
            last.wait();
            Ok(())
        })
    });
    entered.wait();
    let queued = queue();
    leave.wait();
    holding.join().unwrap().unwrap();
    queued
}

#[tokio::test]
async fn a_failing_and_a_panicking_job_take_back_only_themselves() {
    let (_directory, database) = opened();
    let (mut first, mut bad, mut worse, mut last) = together(&database, || {
        let mut first = Box::pin(database.write(|tx| tx.next_seq()));
        let mut bad = Box::pin(database.write(refuse));
        let mut worse = Box::pin(database.write(panic));
        let mut last = Box::pin(database.write(|tx| tx.next_seq()));
        // Polled once, in this order, each job is queued.
        for pending in [
            &mut first as &mut (dyn Future<Output = _> + Unpin),
            &mut bad,
            &mut worse,
            &mut last,
        ] {
            assert!(
                futures_util::FutureExt::now_or_never(pending).is_none(),
                "nothing is answered before its commit"
            );
        }
        (first, bad, worse, last)
    });
    assert_eq!((&mut first).await.unwrap(), 1);
    assert!(matches!((&mut bad).await, Err(StoreError::Damaged("on purpose"))));
    assert!(matches!((&mut worse).await, Err(StoreError::Panicked)));
    assert_eq!((&mut last).await.unwrap(), 2, "the refused jobs' seqs were taken back");
    assert_eq!(database.read(|tx| tx.last_seq()).await.unwrap(), 2);
}

#[tokio::test]
async fn an_answered_write_is_already_visible_to_every_reader() {
    let (directory, database) = opened();
    let other = rusqlite::Connection::open(directory.path().join("relay.sqlite")).unwrap();
    let mut seen = database.watch_seq();
    for expected in 1..=20_i64 {
        assert_eq!(
            database.write(|tx| tx.next_seq()).await.unwrap(),
            u64::try_from(expected).unwrap()
        );
        let committed: i64 = other.query_row("SELECT seq FROM org", [], |row| row.get(0)).unwrap();
        assert_eq!(committed, expected);
        assert_eq!(*seen.borrow_and_update(), u64::try_from(expected).unwrap());
    }
}

#[tokio::test]
async fn a_failed_commit_answers_everybody_with_an_error_and_keeps_nothing() {
    let (_directory, database) = opened();
    // A deferred foreign key that points nowhere makes the COMMIT itself fail.
    let outcome = database
        .write::<_, StoreError>(|tx| {
            tx.sql("PRAGMA defer_foreign_keys = ON")?.query([])?.next()?;
            tx.sql("INSERT INTO team (id, parent, name, seq) VALUES (x'01', x'02', 'T', 1)")?
                .execute([])?;
            tx.next_seq()
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::NotCommitted(_))), "{outcome:?}");
    assert_eq!(database.read(|tx| tx.last_seq()).await.unwrap(), 0);
    assert!(
        database.is_writable().await,
        "the next commit goes well, so the relay is ready again"
    );
    assert_eq!(database.write(|tx| tx.next_seq()).await.unwrap(), 1);
}

#[test]
fn closing_finishes_what_is_queued_and_empties_the_log() {
    let (directory, database) = opened();
    database.write_blocking(|tx| tx.next_seq()).unwrap();
    database.close();
    assert!(matches!(
        database.write_blocking(|tx| tx.next_seq()),
        Err(StoreError::Closed)
    ));
    let log = std::fs::metadata(directory.path().join("relay.sqlite-wal")).map_or(0, |meta| meta.len());
    assert_eq!(log, 0);
}

#[test]
fn a_commit_of_another_process_is_noticed() {
    let (directory, database) = opened();
    let seen = database.watch_seq();
    let mut other = File::open(&directory.path().join("relay.sqlite")).unwrap();
    other.write(|tx| tx.next_seq()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(database.notice_foreign_commits()).unwrap();
    assert_eq!(*seen.borrow(), 1);
}

#[test]
fn a_dropped_transaction_and_a_failed_savepoint_keep_nothing() {
    let mut file = File::in_memory().unwrap();
    file.write(make_org).unwrap();
    file.transaction().unwrap().next_seq().unwrap();
    let mut tx = file.transaction().unwrap();
    assert_eq!(tx.next_seq().unwrap(), 1);
    assert!(tx.savepoint(refuse).is_err());
    assert_eq!(tx.last_seq().unwrap(), 1);
    assert_eq!(tx.savepoint(|tx| tx.savepoint(Transaction::next_seq)).unwrap(), 2);
    tx.commit().unwrap();
    assert_eq!(file.transaction().unwrap().last_seq().unwrap(), 2);
}

#[test]
fn a_run_ends_where_the_next_begins() {
    let mut file = File::in_memory().unwrap();
    let first = RunId::from_bytes([1; 16]);
    let second = RunId::from_bytes([2; 16]);
    let mut tx = file.transaction().unwrap();
    assert!(matches!(tx.begin_run(first, 0), Err(StoreError::NoOrg)));
    make_org(&mut tx).unwrap();
    assert!(matches!(tx.current_run(), Err(StoreError::NoOrg)));
    tx.begin_run(first, 10).unwrap();
    tx.next_seq().unwrap();
    tx.next_seq().unwrap();
    assert_eq!(tx.begin_run(second, 20).unwrap().first_seq, 3);
    assert_eq!(tx.run(first).unwrap().unwrap().last_seq, Some(2));
    assert_eq!(tx.current_run().unwrap().id, second);
    assert_eq!(tx.run(RunId::from_bytes([3; 16])).unwrap(), None);
}

#[test]
fn a_newer_database_and_a_foreign_file_are_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    let newer = directory.path().join("newer.sqlite");
    drop(File::open(&newer).unwrap());
    rusqlite::Connection::open(&newer)
        .unwrap()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    assert!(matches!(
        File::open(&newer),
        Err(StoreError::DatabaseTooNew { found: 999, .. })
    ));

    let foreign = directory.path().join("foreign.sqlite");
    rusqlite::Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x)")
        .unwrap();
    assert!(matches!(File::open(&foreign), Err(StoreError::NotADatabase)));

    let text = directory.path().join("text");
    std::fs::write(
        &text,
        "nothing of a database, and long enough to be looked at as one".repeat(100),
    )
    .unwrap();
    assert!(matches!(File::open(&text), Err(StoreError::NotADatabase)));
}

#[test]
fn a_database_of_version_1_is_opened_by_every_later_relay() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("relay.sqlite");
    let dump = include_str!("../../../tests/fixture/0001.sql");
    rusqlite::Connection::open(&path).unwrap().execute_batch(dump).unwrap();
    let mut file = File::open(&path).unwrap();
    let tx = file.transaction().unwrap();
    assert_eq!(tx.org().unwrap().name, "某公司");
    let members = tx.members(None, 10).unwrap();
    assert_eq!(
        members.iter().map(|member| member.role).collect::<Vec<_>>(),
        [Role::Admin, Role::Rep]
    );
    assert_eq!(
        tx.readable(members[1].id).unwrap().len(),
        3,
        "own, private, organisation"
    );
    assert_eq!(tx.current_run().unwrap().first_seq, 22);
    let version: u32 = tx
        .sql("PRAGMA user_version")
        .unwrap()
        .query_row([], |row| row.get(0))
        .unwrap();
    assert_eq!(version, super::migration::known());
}

#[test]
fn it_keeps_the_contract_of_every_store() {
    for part in [
        contract::sequence_and_directory,
        contract::tree,
        contract::access,
        contract::enrolment,
        contract::browsers,
    ] {
        let mut file = File::in_memory().unwrap();
        let mut tx = file.transaction().unwrap();
        contract::lay(&mut tx);
        part(&mut tx);
    }
}
