use std::io::Read;

use satchel_core::document::{Document, Error, Header, heads_of};
use satchel_core::domain;
use satchel_core::exchange::mapping::{Mapping, Wishes, kind_of};
use satchel_core::exchange::plan::{Known, Options, plan};
use satchel_core::exchange::sheet::{self, Limits};
use satchel_core::ids::{ChangeHash, OrgId};
use satchel_core::projection::Row;
use satchel_core::projection::difference::Difference;
use satchel_core::wire::delta::{restore, shorten};
use satchel_core::wire::{self, PackReader};

use super::seed;
use crate::attack::{Chunk, Dice, damage};

/// What is fuzzed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The bytes of a message.
    Frame,
    /// A change that is pushed into a record.
    Change,
    /// A pack of the first sync.
    Pack,
    /// A list that is imported, CSV or `.xlsx`.
    Import,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Frame, Self::Change, Self::Pack, Self::Import];

    /// Its name, on the command line and as the folder of its corpus.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Change => "change",
            Self::Pack => "pack",
            Self::Import => "import",
        }
    }

    /// Runs the code under test over an input. What comes back tells one way of answering from another.
    ///
    /// # Panics
    /// Where the code under test is wrong.
    #[must_use]
    pub fn run(self, input: &[u8]) -> String {
        match self {
            Self::Frame => frame(input),
            Self::Change => change(input),
            Self::Pack => pack(input),
            Self::Import => import(input),
        }
    }

    /// A new input out of what is kept.
    #[must_use]
    pub fn mutate(self, dice: &mut Dice, kept: &[Vec<u8>]) -> Vec<u8> {
        let mut input = dice.pick(kept).cloned().unwrap_or_default();
        if dice.chance(15)
            && let Some(other) = dice.pick(kept)
        {
            let at = dice.below(input.len() + 1);
            input.truncate(at);
            input.extend(&other[dice.below(other.len() + 1)..]);
        }
        match self {
            // Beneath the compression is where the decoding is.
            Self::Frame if input.first() == Some(&0x81) && dice.chance(50) => rebundled(dice, &input),
            Self::Pack if dice.chance(80) => repacked(dice, &input),
            // Under its own hash, else nothing gets past the first step.
            Self::Change if dice.chance(85) => resealed(dice, &input),
            _ => {
                damage(dice, &mut input);
                input
            }
        }
    }
}

fn frame(input: &[u8]) -> String {
    match wire::decode(input) {
        Ok(frames) => {
            let kinds: Vec<u8> = frames.iter().map(wire::Frame::type_byte).collect();
            // What was read can be written, and is the same again (unless a float or an unknown part was in it).
            if let Ok(bytes) = wire::encode(&frames) {
                assert_eq!(wire::decode(&bytes).as_ref(), Ok(&frames));
            }
            let deltas = frames.iter().filter_map(|frame| match frame {
                wire::Frame::Delta(delta) => Some(told(delta)),
                _ => None,
            });
            let deltas: Vec<String> = deltas.collect();
            format!("{kinds:02x?} {deltas:?}")
        }
        Err(error) => format!("{error}"),
    }
}

/// What a delta says of changes and of a row.
fn told(delta: &wire::Delta) -> String {
    let mut parent = ChangeHash([0; 32]);
    let mut sound = 0;
    for rest in &delta.changes {
        let (change, hash) = restore(rest, parent);
        // What was left out comes back, whatever stands in the rest.
        assert_eq!(shorten(&change, parent).map(|(rest, _)| rest).as_ref(), Some(&**rest));
        sound += u32::from(Header::read(&change).is_ok());
        parent = hash;
    }
    let row = serde_json::from_slice::<Row>(seed::row()).ok();
    let onto = serde_json::from_slice::<Difference>(&delta.difference)
        .ok()
        .zip(row)
        .map(|(difference, row)| difference.onto(&row).is_some());
    format!("{sound} {onto:?}")
}

fn change(input: &[u8]) -> String {
    let header = match Header::read(input) {
        Ok(header) => header,
        Err(refusal) => return format!("{refusal}"),
    };
    let known = (header.dependencies.len().min(3), header.seq.min(4));
    let Some(kind) = domain::kind("customer") else {
        return String::new();
    };
    let admitted = Document::load(kind, seed::document_id(), seed::snapshot(), std::iter::empty::<&[u8]>()).and_then(
        |mut document| {
            let admitted = document.admit(&[input.to_vec()])?;
            // What was let in can be read in every way.
            assert!(document.heads() == admitted.row.heads);
            let history = document.history();
            Ok((
                history.len(),
                admitted.row.violations.len(),
                admitted.row.conflicts.len(),
            ))
        },
    );
    match admitted {
        Ok(counts) => format!("{known:?} {counts:?}"),
        Err(Error::Poisoned) => format!("{known:?} poisoned"),
        Err(error) => format!("{known:?} {error}"),
    }
}

fn pack(input: &[u8]) -> String {
    let mut reader = match PackReader::new(input) {
        Ok(reader) => reader,
        Err(error) => return format!("head: {error}"),
    };
    let (mut read, mut sound) = (0, 0);
    loop {
        match reader.next_document() {
            Ok(Some(document)) => {
                read += 1;
                let snapshot = document.snapshot.as_ref();
                let heads = snapshot.and_then(|snapshot| heads_of(snapshot).ok());
                sound += u32::from(heads.is_none_or(|heads| heads == document.heads));
            }
            Ok(None) => return format!("{read} documents, {sound} sound"),
            Err(error) => return format!("{read} documents: {error}"),
        }
    }
}

fn import(input: &[u8]) -> String {
    let limits = Limits {
        file_bytes: 1 << 20,
        unpacked_bytes: 4 << 20,
        table_bytes: 4 << 20,
        rows: 500,
        columns: 60,
        cell_chars: 2_000,
        sheets: 3,
    };
    let tables = match sheet::read(input, &limits) {
        Ok(tables) => tables,
        Err(error) => return format!("{error}"),
    };
    let mut told = Vec::new();
    for table in &tables {
        let Some(kind) = kind_of(&table.headers).or_else(|| domain::kind("customer")) else {
            continue;
        };
        let wishes = Wishes {
            keep_unknown: true,
            ..Wishes::default()
        };
        match Mapping::of(kind, &table.headers, &wishes) {
            Ok(mapping) => {
                let plan = plan(
                    table,
                    &mapping,
                    &Options::new(OrgId::from_bytes([1; 16]), "zoho"),
                    &Known::default(),
                );
                let operations = plan.operations().count();
                told.push(format!("{} {:?} {operations}", kind.name, plan.counts()));
            }
            Err(error) => told.push(error.to_string()),
        }
    }
    told.join(";")
}

fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_buffer(packed).ok()?;
    decoder.take(1 << 20).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn repacked(dice: &mut Dice, input: &[u8]) -> Vec<u8> {
    let mut inner = unpacked(input).unwrap_or_default();
    damage(dice, &mut inner);
    zstd::bulk::compress(&inner, 1).unwrap_or_default()
}

fn rebundled(dice: &mut Dice, input: &[u8]) -> Vec<u8> {
    let skip = 1 + input[1..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let packed = repacked(dice, input.get(skip..).unwrap_or_default());
    let mut out = vec![0x81];
    let mut length = packed.len();
    while length >= 0x80 {
        out.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    out.push(length.to_le_bytes()[0]);
    out.extend(packed);
    out
}

fn resealed(dice: &mut Dice, input: &[u8]) -> Vec<u8> {
    if dice.chance(70) {
        return crate::attack::forge(dice, seed::known()).bytes;
    }
    let mut body = input.get(9..).unwrap_or_default().to_vec();
    let skip = body.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    body.drain(..skip.min(body.len()));
    damage(dice, &mut body);
    Chunk::sealed(1, &body)
}
