use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::schema::{Field, Kind, Merge, Type};

/// Instructions that SQLite runs to open a database of so many records: as it was closed, by a version with other
/// columns, other searched fields and another rule of keys, and by that version once more.
fn cost_of_opening(records: u32) -> (u64, u64, u64) {
    let bench = Bench::new();
    bench.write(|tx| {
        (0..records).try_for_each(|number| tx.keep_unread(number, &json!({"name": format!("Shop {number}")})))
    });
    bench.store.close().unwrap();
    let same = Options {
        keys: NAME_KEYS,
        ..Options::new(KINDS)
    };
    let other = Options::new(OLDER_KINDS);
    (
        count_steps(&bench, &same),
        count_steps(&bench, &other),
        count_steps(&bench, &other),
    )
}

fn count_steps(bench: &Bench, options: &Options) -> u64 {
    let mut conn = connection::open_writer(&bench.path(), options.busy_timeout).unwrap();
    let steps = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&steps);
    let count = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        false
    };
    conn.progress_handler(1, Some(count)).unwrap();
    prepare(&mut conn, options).unwrap();
    steps.load(Ordering::SeqCst)
}

#[test]
fn opening_and_upgrading_cost_the_same_however_many_records_there_are() {
    let (few, many) = (cost_of_opening(1), cost_of_opening(20_000));
    assert!(few.0 > 0 && few.1 > few.2, "{few:?}");
    assert_eq!(few, many);
}

#[test]
fn a_newer_database_is_refused_by_type_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("device.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("CREATE TABLE future (x); PRAGMA user_version = 999")
        .unwrap();
    drop(conn);
    let before = std::fs::read(&path).unwrap();
    let refused = Store::open(&path, Options::new(KINDS));
    assert!(matches!(refused, Err(Error::DatabaseTooNew { found: 999, known }) if known == migration::KNOWN));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_reported_kept_and_can_be_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("device.db");
    let rubbish = vec![0x5a; 8192];
    std::fs::write(&path, &rubbish).unwrap();
    assert!(matches!(
        Store::open(&path, Options::new(KINDS)),
        Err(Error::DatabaseDamaged)
    ));
    assert_eq!(std::fs::read(&path).unwrap(), rubbish);
    let aside = set_aside(&path).unwrap();
    assert_eq!(std::fs::read(&aside).unwrap(), rubbish);
    let store = open(&path);
    store.close().unwrap();
    // A second one gets a name of its own.
    assert_ne!(set_aside(&path).unwrap(), aside);
    assert!(matches!(set_aside(&path), Err(Error::NotFound)));
}

#[test]
fn a_damaged_page_is_reported_by_type_and_nothing_is_deleted() {
    let bench = Bench::new();
    bench.write(|tx| {
        (0..2_000).try_for_each(|number| tx.keep_unread(number, &json!({"name": format!("Shop {number}")})))
    });
    bench.store.close().unwrap();
    let mut bytes = std::fs::read(bench.path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64 * 1024].fill(0xff);
    std::fs::write(bench.path(), &bytes).unwrap();
    let store = open(&bench.path());
    assert!(matches!(store.verify(), Err(Error::DatabaseDamaged)));
    store.close().unwrap();
    assert_eq!(std::fs::metadata(bench.path()).unwrap().len(), bytes.len() as u64);
}

#[test]
fn a_crash_loses_nothing_that_was_committed() {
    let bench = Bench::new();
    bench.add(1, json!({"name": "before"}));
    let copy = tempfile::tempdir().unwrap();
    let path = copy.path().join("device.db");
    // The files as a killed process leaves them: the log is not in the database yet, and a transaction is open.
    bench
        .store
        .write(|tx| {
            tx.keep(&made("customer", 2, json!({"name": "cut off"})))?;
            for suffix in ["", "-wal"] {
                std::fs::copy(
                    format!("{}{suffix}", bench.path().display()),
                    format!("{}{suffix}", path.display()),
                )
                .unwrap();
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    let store = open(&path);
    assert!(store.left_open());
    store.verify().unwrap();
    assert!(store.read(|reader| reader.record(id(1))).unwrap().is_some());
    assert!(store.read(|reader| reader.record(id(2))).unwrap().is_none());
    assert_eq!(
        store
            .read(|reader| reader.search(&SearchQuery::new("before")))
            .unwrap()
            .hits
            .len(),
        1
    );
}

const fn field(name: &'static str, index: bool) -> Field {
    Field {
        name,
        doc: "",
        ty: Type::Text,
        merge: Merge::Register,
        required: false,
        index,
        search: index,
        parent: false,
        fixed: false,
        max_len: None,
        min: None,
        max: None,
        since: 1,
    }
}

const fn kind(fields: &'static [Field]) -> Kind {
    Kind {
        name: "customer",
        plural: "customers",
        doc: "",
        fields,
        derived: &[],
        scope: crate::schema::ScopeRule::Own,
        writers: crate::schema::Writers::Scope,
        schema: 1,
        derive: |_| Map::new(),
        urgency: |_| 0,
        check: |_| Vec::new(),
    }
}

static OLDER: Kind = kind(&[field("name", true), field("industry", false)]);
static NEWER: Kind = kind(&[field("name", true), field("industry", true)]);
static OLDER_KINDS: &[&Kind] = &[&OLDER];
static NEWER_KINDS: &[&Kind] = &[&NEWER];

#[test]
fn an_upgrade_fills_a_newly_indexed_column_from_the_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("device.db");
    let keep = |store: &Store, number: u32, industry: &str| {
        store
            .write(|tx| tx.keep_unread(number, &json!({"name": format!("Shop {number}"), "industry": industry})))
            .unwrap();
    };
    let store = Store::open(&path, Options::new(OLDER_KINDS)).unwrap();
    for number in 0..50 {
        keep(&store, number, if number % 2 == 0 { "茶叶" } else { "coffee" });
    }
    let by_industry = ListQuery::new("customer").filter("industry", Test::Eq(Cell::Text("coffee".to_owned())));
    assert!(matches!(
        store.read(|reader| reader.count(&by_industry)),
        Err(Error::UnknownColumn)
    ));
    store.close().unwrap();

    let store = Store::open(&path, Options::new(NEWER_KINDS)).unwrap();
    assert_eq!(store.read(|reader| reader.unfilled()).unwrap(), ["customer"]);
    let mut rounds = 0;
    while !store.write(|tx| tx.refill("customer", 20)).unwrap().0 {
        rounds += 1;
    }
    assert_eq!(rounds, 2);
    assert_eq!(store.read(|reader| reader.count(&by_industry)).unwrap(), 25);
    store.write(|tx| tx.index_pending(1000)).unwrap();
    assert_eq!(
        store
            .read(|reader| reader.search(&SearchQuery::new("茶叶")))
            .unwrap()
            .hits
            .len(),
        25
    );
    store.close().unwrap();

    // The older app writes a row without the column; the newer fills again.
    let store = Store::open(&path, Options::new(OLDER_KINDS)).unwrap();
    keep(&store, 50, "coffee");
    store.close().unwrap();
    let store = Store::open(&path, Options::new(NEWER_KINDS)).unwrap();
    while !store.write(|tx| tx.refill("customer", 20)).unwrap().0 {}
    assert_eq!(store.read(|reader| reader.count(&by_industry)).unwrap(), 26);
}

#[test]
fn a_kind_that_is_unknown_is_kept_until_a_version_knows_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("device.db");
    let store = Store::open(&path, Options::new(&[])).unwrap();
    store
        .write(|tx| tx.keep_unread(1, &json!({"name": "茶行", "from_tomorrow": 7})))
        .unwrap();
    let record = store.read(|reader| reader.record(id(1))).unwrap().unwrap();
    assert_eq!(record.row.fields["from_tomorrow"], 7);
    assert!(matches!(
        store.read(|reader| reader.list(&ListQuery::new("customer"))),
        Err(Error::UnknownKind)
    ));
    store.close().unwrap();
    let store = open(&path);
    while !store.write(|tx| tx.refill("customer", 100)).unwrap().0 {}
    store.write(|tx| tx.index_pending(100)).unwrap();
    let page = store.read(|reader| reader.list(&ListQuery::new("customer"))).unwrap();
    assert_eq!(page.records[0].row.fields["from_tomorrow"], 7);
    assert_eq!(
        store
            .read(|reader| reader.search(&SearchQuery::new("茶行")))
            .unwrap()
            .hits
            .len(),
        1
    );
}

#[test]
fn no_kind_takes_a_table_s_or_a_column_s_name() {
    let bench = Bench::new();
    let fixed: Vec<String> = {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../migration/0001_create_tables.sql"))
            .unwrap();
        let mut statement = conn.prepare("SELECT name FROM sqlite_schema").unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    };
    for kind in bench.store.kinds() {
        assert!(!fixed.iter().any(|name| name == kind.plural), "{}", kind.plural);
        assert!(kind.columns().all(|(column, _)| !column.starts_with('_')));
    }
}

#[test]
fn processes_that_open_a_new_database_at_once_make_it_together() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.db");
        let start = std::sync::Barrier::new(6);
        std::thread::scope(|scope| {
            let opening: Vec<_> = (0..6)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        // Each with connections of its own, as in another process.
                        Store::open(&path, Options::new(KINDS))
                    })
                })
                .collect();
            for one in opening {
                let store = one.join().unwrap().unwrap();
                assert_eq!(
                    store.read(|reader| reader.count(&ListQuery::new("customer"))).unwrap(),
                    0
                );
            }
        });
    }
}
