//! Operations of one's own making, in the columns that Automerge would write for them.

use super::Known;
use crate::attack::chunk::{Chunk, Column, signed, unsigned};
use crate::attack::dice::Dice;

/// Numbers of columns by what they hold, as in Automerge's format.
const OBJECT: u64 = 0;
const KEY: u64 = 1;
const INSERT: u64 = 3;
const ACTION: u64 = 4;
const VALUE: u64 = 5;
const PREDECESSOR: u64 = 7;
const EXPAND: u64 = 9;
const MARK: u64 = 10;

/// One operation as the columns have it.
#[derive(Clone)]
struct Operation {
    object: Option<(u64, u64)>,
    key: Key,
    insert: bool,
    action: u64,
    meta: u64,
    raw: Vec<u8>,
    predecessors: Vec<(u64, u64)>,
    expand: bool,
    mark: Option<Vec<u8>>,
}

#[derive(Clone)]
enum Key {
    Name(Vec<u8>),
    Element(u64, u64),
    Head,
}

/// Well-formed columns over operations that make little sense, about objects, elements and values that may be there.
pub(super) fn write(dice: &mut Dice, chunk: &mut Chunk, known: &Known) {
    let names: &[&[u8]] = &[
        b"name",
        b"body",
        b"needs",
        b"summary",
        b"tags",
        b"custom",
        b"amount",
        b"_kind",
        b"_created",
        b"_archived",
        b"",
        b"aliases",
        b"events",
        b"unknown field",
        "键".as_bytes(),
        b"customer_id",
        b"parent",
    ];
    if dice.chance(60) {
        chunk.others.clear();
        for actor in &known.actors {
            if dice.chance(70) && *actor != chunk.actor {
                chunk.others.push(actor.clone());
            }
        }
        if dice.chance(85) {
            chunk.others.sort_unstable();
            chunk.others.dedup();
        }
    }
    let actors = chunk.others.len() as u64 + u64::from(dice.chance(10)) + 1;
    let mut made = Vec::new();
    let count = 1 + dice.below(8);
    for at in 0..count {
        let id = |dice: &mut Dice| {
            let counter = match dice.below(6) {
                0 => dice.awkward() & 0xffff_ffff,
                1 => chunk.start_op.saturating_add(dice.below(count) as u64),
                _ => 1 + dice.below(usize::try_from(known.max_op).unwrap_or(1)) as u64,
            };
            (dice.number() % actors, counter)
        };
        let object = match dice.below(4) {
            0 | 1 => None,
            2 => dice.pick(&made).copied().or_else(|| Some(id(dice))),
            _ => Some(id(dice)),
        };
        let key = match dice.below(if object.is_none() { 8 } else { 3 }) {
            0 => Key::Head,
            1 => {
                let (actor, counter) = id(dice);
                Key::Element(actor, counter)
            }
            _ => Key::Name(dice.pick(names).map_or_else(Vec::new, |name| name.to_vec())),
        };
        let action = if dice.chance(4) {
            dice.awkward() & 0xff
        } else {
            dice.below(8) as u64
        };
        let (meta, raw) = value(dice, action);
        let predecessors = (0..[0, 0, 1, 1, 2, 5][dice.below(6)]).map(|_| id(dice));
        let mut predecessors: Vec<(u64, u64)> = predecessors.collect();
        if dice.chance(80) {
            predecessors.sort_by_key(|(actor, counter)| (*counter, *actor));
        }
        let insert = matches!(key, Key::Head | Key::Element(..)) && dice.chance(60);
        if matches!(action, 0 | 2 | 4 | 6) {
            made.push((0, chunk.start_op.saturating_add(at as u64)));
        }
        let operation = Operation {
            object,
            key,
            insert,
            action,
            meta,
            raw,
            predecessors,
            expand: dice.chance(5),
            mark: dice.chance(10).then(|| b"bold".to_vec()),
        };
        push(chunk, &operation, at == 0);
    }
    seal(chunk);
}

/// A value: its length and type, and its bytes.
fn value(dice: &mut Dice, action: u64) -> (u64, Vec<u8>) {
    let text = |dice: &mut Dice| -> Vec<u8> {
        match dice.below(7) {
            0 => Vec::new(),
            1 => vec![0; dice.below(20)],
            2 => "\u{1}\u{7f}\u{200b}👩‍👩‍👧‍👦 店".as_bytes().to_vec(),
            3 => (0..dice.below(30)).map(|_| dice.byte()).collect(),
            4 => "[".repeat(dice.below(300)).into_bytes(),
            5 => format!("{}{}", "[".repeat(120), "]".repeat(120)).into_bytes(),
            _ => br#"{"minor":9223372036854775807,"currency":"CNY","stamp":{"id":"x","seen":[]}}"#.to_vec(),
        }
    };
    let number = |dice: &mut Dice| {
        let mut bytes = Vec::new();
        if dice.chance(50) {
            signed(&mut bytes, dice.awkward().cast_signed());
        } else {
            unsigned(&mut bytes, dice.awkward());
        }
        bytes
    };
    let (kind, raw) = match (action, dice.below(11)) {
        // An increment is mostly by a number.
        (5, 3..8) | (_, 4) => (4, number(dice)),
        (_, 0) => (0, Vec::new()),
        (_, 1) => (1, Vec::new()),
        (_, 2) => (2, Vec::new()),
        (_, 3) => (3, number(dice)),
        (_, 5) => (5, f64::from_bits(dice.awkward()).to_le_bytes().to_vec()),
        (_, 6) => (6, text(dice)),
        (_, 7) => (7, text(dice)),
        (_, 8) => (8, number(dice)),
        (_, 9) => (9, number(dice)),
        _ => (dice.below(16) as u64, text(dice)),
    };
    let length = if dice.chance(3) {
        dice.awkward() & 0xffff
    } else {
        raw.len() as u64
    };
    (length << 4 | kind, raw)
}

/// Columns as they grow, in the order in which they are written.
const GROWING: &[(u64, u64)] = &[
    (OBJECT, 1),
    (OBJECT, 2),
    (KEY, 1),
    (KEY, 3),
    (KEY, 5),
    (INSERT, 4),
    (ACTION, 2),
    (VALUE, 6),
    (VALUE, 7),
    (PREDECESSOR, 0),
    (PREDECESSOR, 1),
    (PREDECESSOR, 3),
    (EXPAND, 4),
    (MARK, 5),
];

/// Appends an operation, each entry as a run of one; deltas are kept as plain numbers until [`seal`].
fn push(chunk: &mut Chunk, operation: &Operation, first: bool) {
    if first {
        chunk.columns = GROWING
            .iter()
            .map(|(number, kind)| Column {
                specification: number << 4 | kind,
                data: Vec::new(),
            })
            .collect();
    }
    let mut entry = |number: u64, kind: u64, value: Option<Vec<u8>>| {
        let wanted = number << 4 | kind;
        let Some(column) = chunk.columns.iter_mut().find(|column| column.specification == wanted) else {
            return;
        };
        match value {
            Some(value) => {
                signed(&mut column.data, 1);
                column.data.extend(value);
            }
            None => column.data.extend([0, 1]),
        }
    };
    let plain = |number: u64| {
        let mut bytes = Vec::new();
        unsigned(&mut bytes, number);
        bytes
    };
    let fixed = |number: u64| number.to_le_bytes().to_vec();
    entry(OBJECT, 1, operation.object.map(|(actor, _)| plain(actor)));
    entry(OBJECT, 2, operation.object.map(|(_, counter)| plain(counter)));
    let (actor, counter, name) = match &operation.key {
        Key::Name(name) => {
            let mut bytes = Vec::new();
            unsigned(&mut bytes, name.len() as u64);
            bytes.extend(name);
            (None, None, Some(bytes))
        }
        Key::Element(actor, counter) => (Some(plain(*actor)), Some(fixed(*counter)), None),
        Key::Head => (None, Some(fixed(0)), None),
    };
    entry(KEY, 1, actor);
    entry(KEY, 3, counter);
    entry(KEY, 5, name);
    entry(ACTION, 2, Some(plain(operation.action)));
    entry(VALUE, 6, Some(plain(operation.meta)));
    entry(PREDECESSOR, 0, Some(plain(operation.predecessors.len() as u64)));
    for (actor, counter) in &operation.predecessors {
        entry(PREDECESSOR, 1, Some(plain(*actor)));
        entry(PREDECESSOR, 3, Some(fixed(*counter)));
    }
    let mark = operation.mark.as_ref().map(|mark| {
        let mut bytes = plain(mark.len() as u64);
        bytes.extend(mark);
        bytes
    });
    entry(MARK, 5, mark);
    for (number, kind, flag) in [(INSERT, 4, operation.insert), (EXPAND, 4, operation.expand)] {
        let wanted = number << 4 | kind;
        if let Some(column) = chunk.columns.iter_mut().find(|column| column.specification == wanted) {
            column.data.push(u8::from(flag));
        }
    }
    let raw = VALUE << 4 | 7;
    if let Some(column) = chunk.columns.iter_mut().find(|column| column.specification == raw) {
        column.data.extend(&operation.raw);
    }
}

/// Brings the columns into the form that Automerge itself writes: runs together, deltas, flags as lengths; empty columns
/// and those that say nothing go.
fn seal(chunk: &mut Chunk) {
    for column in &mut chunk.columns {
        let kind = column.specification & 0b111;
        column.data = match kind {
            4 => flags(&column.data),
            7 => std::mem::take(&mut column.data),
            _ => runs(&entries(&column.data, kind), kind == 3),
        };
    }
    let silent = [
        OBJECT << 4 | 1,
        OBJECT << 4 | 2,
        KEY << 4 | 1,
        KEY << 4 | 3,
        KEY << 4 | 5,
        MARK << 4 | 5,
    ];
    chunk.columns.retain(|column| {
        let absent = silent.contains(&column.specification) && column.data.first() == Some(&0);
        let unmarked = column.specification == EXPAND << 4 | 4 && column.data.len() <= 1;
        !(column.data.is_empty() || unmarked || absent && only_absent(&column.data))
    });
}

/// Whether a column is one run of absent entries.
fn only_absent(data: &[u8]) -> bool {
    data.first() == Some(&0) && data.len() == 2
}

/// The entries that [`push`] wrote one by one.
fn entries(data: &[u8], kind: u64) -> Vec<Option<Vec<u8>>> {
    let mut found = Vec::new();
    let mut rest = data;
    while let Some((present, after)) = rest.split_first() {
        if *present == 0 {
            found.push(None);
            rest = after.get(1..).unwrap_or_default();
            continue;
        }
        let length = match kind {
            3 => 8,
            5 => {
                let text = after.first().map_or(0, |length| usize::from(*length));
                1 + text
            }
            _ => after.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1,
        };
        let (entry, after) = after.split_at(length.min(after.len()));
        found.push(Some(entry.to_vec()));
        rest = after;
    }
    found
}

fn runs(entries: &[Option<Vec<u8>>], delta: bool) -> Vec<u8> {
    let mut last = 0_i64;
    let encoded: Vec<Option<Vec<u8>>> = entries
        .iter()
        .map(|entry| {
            let entry = entry.as_ref()?;
            if !delta {
                return Some(entry.clone());
            }
            let number = <[u8; 8]>::try_from(entry.as_slice()).map_or(0, i64::from_le_bytes);
            let mut bytes = Vec::new();
            signed(&mut bytes, number.wrapping_sub(last));
            last = number;
            Some(bytes)
        })
        .collect();
    let mut out = Vec::new();
    let mut groups: Vec<(usize, &Option<Vec<u8>>)> = Vec::new();
    for entry in &encoded {
        match groups.last_mut() {
            Some((count, same)) if *same == entry => *count += 1,
            _ => groups.push((1, entry)),
        }
    }
    let mut at = 0;
    while at < groups.len() {
        let (count, entry) = groups[at];
        match entry {
            None => {
                out.push(0);
                unsigned(&mut out, count as u64);
                at += 1;
            }
            Some(bytes) if count > 1 => {
                signed(&mut out, i64::try_from(count).unwrap_or(1));
                out.extend(bytes);
                at += 1;
            }
            Some(_) => {
                let single = |group: &&(usize, &Option<Vec<u8>>)| group.0 == 1 && group.1.is_some();
                let literal: Vec<_> = groups[at..].iter().take_while(single).collect();
                signed(&mut out, -i64::try_from(literal.len()).unwrap_or(1));
                for (_, bytes) in &literal {
                    out.extend(bytes.iter().flatten());
                }
                at += literal.len();
            }
        }
    }
    out
}

fn flags(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut now, mut count) = (0, 0_u64);
    for flag in data {
        if *flag == now {
            count += 1;
        } else {
            unsigned(&mut out, count);
            (now, count) = (*flag, 1);
        }
    }
    unsigned(&mut out, count);
    out
}
