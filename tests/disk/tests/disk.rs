//! SQLite itself on the disk: what it promised to have synced is there after every crash.

#![expect(clippy::unwrap_used, reason = "a test")]

use rusqlite::{Connection, ErrorCode};
use satchel_disk::{Disk, Loss};

/// A generator of its own, so that a failure is the same each time.
fn dice(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 16
    }
}

fn open(disk: &Disk, mode: &str, synchronous: &str) -> Connection {
    let conn = Connection::open(disk.path("a.db")).unwrap();
    let now: String = conn
        .pragma_update_and_check(None, "journal_mode", mode, |row| row.get(0))
        .unwrap();
    assert_eq!(now, mode);
    conn.pragma_update(None, "synchronous", synchronous).unwrap();
    conn.execute_batch("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, x BLOB)")
        .unwrap();
    conn
}

fn last(conn: &Connection) -> i64 {
    let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    conn.query_row("SELECT coalesce(max(n), 0) FROM t", [], |row| row.get(0))
        .unwrap()
}

/// Writes and cuts the power, many times. Returns how many answered writes were missing.
fn missing(mode: &str, synchronous: &str, deaf: bool, seed: u64) -> i64 {
    let mut disk = Disk::new();
    let mut random = dice(seed);
    let mut missing = 0;
    let mut answered = last(&open(&disk, mode, synchronous));
    disk.set_deaf(deaf);
    for round in 0..40 {
        let conn = open(&disk, mode, synchronous);
        let found = last(&conn);
        missing += (answered - found).max(0);
        answered = found;
        let reader = Connection::open(disk.path("a.db")).unwrap();
        disk.light_fuse(random() % 60);
        for number in found + 1.. {
            let blob = vec![7_u8; usize::try_from(random() % 9_000).unwrap()];
            conn.execute("INSERT INTO t VALUES (?1, ?2)", (number, blob)).unwrap();
            if disk.is_blown() {
                break;
            }
            answered = number;
            if round % 3 == 0 && number % 5 == 0 {
                conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                    .unwrap();
            }
            assert!(
                reader
                    .query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0))
                    .unwrap()
                    >= number
            );
        }
        disk.crash(Loss::Power, &mut random);
    }
    assert!(disk.tally().lost > 0, "power cuts lost something");
    missing
}

#[test]
fn what_was_answered_is_there() {
    for seed in 1..12 {
        assert_eq!(missing("wal", "full", false, seed), 0, "seed {seed}");
        assert_eq!(missing("delete", "extra", false, seed), 0, "seed {seed}");
    }
}

#[test]
fn less_than_full_or_a_deaf_disk_loses_answers() {
    assert!((1..12).any(|seed| missing("wal", "normal", false, seed) > 0));
}

#[test]
fn a_full_disk_refuses_and_keeps() {
    let disk = Disk::new();
    let conn = open(&disk, "wal", "full");
    conn.execute("INSERT INTO t VALUES (1, x'01')", []).unwrap();
    disk.set_room(Some(5_000));
    let refused = (2..100)
        .find_map(|number| conn.execute("INSERT INTO t VALUES (?1, zeroblob(900))", [number]).err())
        .unwrap();
    assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::DiskFull));
    let held = last(&conn);
    disk.set_room(None);
    conn.execute("INSERT INTO t VALUES (?1, x'02')", [held + 1]).unwrap();
    drop(conn);
    assert_eq!(last(&open(&disk, "wal", "full")), held + 1);
}

#[test]
fn an_image_is_a_disk_of_its_own() {
    let mut disk = Disk::new();
    let conn = open(&disk, "wal", "full");
    conn.execute("INSERT INTO t VALUES (1, x'01')", []).unwrap();
    let image = disk.image();
    conn.execute("INSERT INTO t VALUES (2, x'01')", []).unwrap();
    let mut other = Disk::new();
    other.put_back(&image);
    assert_eq!(last(&open(&other, "wal", "full")), 1);
    assert_eq!(last(&conn), 2);
    disk.put_back(&image);
    assert_eq!(last(&open(&disk, "wal", "full")), 1);
    assert_eq!(last(&conn), 2, "who had it open sees what he saw");
}
