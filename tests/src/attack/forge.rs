mod operation;

use super::chunk::{Chunk, signed, unsigned};
use super::dice::Dice;

/// What an attacker knows of a document.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Sound changes, each after what it builds on.
    pub changes: Vec<Vec<u8>>,
    /// The document's heads.
    pub heads: Vec<[u8; 32]>,
    /// The greatest number of an operation.
    pub max_op: u64,
    /// The attacker's own actor and the sequence number that it has reached in this document.
    pub actor: Vec<u8>,
    /// See `actor`.
    pub seq: u64,
    /// The message that names the attacker himself.
    pub message: Vec<u8>,
    /// Actors of others, and what is none.
    pub actors: Vec<Vec<u8>>,
}

/// Bytes to send as a change.
#[derive(Debug, Clone)]
pub struct Forged {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether hash and checksum were reckoned anew over what was changed.
    pub sealed: bool,
    /// What was done, for the report of a failure.
    pub how: &'static str,
}

/// A change of one's own that would follow, but for what the dice do to it.
pub fn forge(dice: &mut Dice, known: &Known) -> Forged {
    let Some(mut chunk) = dice.pick(&known.changes).and_then(|bytes| Chunk::read(bytes)) else {
        return Forged {
            bytes: (0..dice.below(200)).map(|_| dice.byte()).collect(),
            sealed: false,
            how: "noise",
        };
    };
    if dice.chance(12) {
        let mut bytes = chunk.write();
        damage(dice, &mut bytes);
        return Forged {
            bytes,
            sealed: false,
            how: "damaged",
        };
    }
    // As the next change of the attacker himself, so that the first steps pass and the deeper ones are reached.
    known.follow(&mut chunk);
    let how = match dice.below(10) {
        0 | 1 => header(dice, &mut chunk, known),
        2 => {
            // A change of somebody else's, or one's own of another time, with a true header.
            if let Some(other) = dice.pick(&known.changes).and_then(|bytes| Chunk::read(bytes)) {
                chunk.columns = other.columns;
                chunk.others = other.others;
            }
            "columns of another change"
        }
        3 | 4 => {
            for _ in 0..=dice.below(3) {
                columns(dice, &mut chunk);
            }
            "columns damaged"
        }
        5 | 6 => {
            counts(dice, &mut chunk);
            "counts"
        }
        7 | 8 => {
            operation::write(dice, &mut chunk, known);
            "operations"
        }
        _ => {
            let how = header(dice, &mut chunk, known);
            operation::write(dice, &mut chunk, known);
            how
        }
    };
    Forged {
        bytes: chunk.write(),
        sealed: true,
        how,
    }
}

impl Known {
    /// Gives a change the header of the attacker's next one.
    pub fn follow(&self, chunk: &mut Chunk) {
        chunk.dependencies.clone_from(&self.heads);
        chunk.dependencies.sort_unstable();
        chunk.actor.clone_from(&self.actor);
        chunk.seq = self.seq + 1;
        chunk.start_op = self.max_op + 1;
        chunk.message.clone_from(&self.message);
        chunk.others.retain(|other| *other != self.actor);
    }
}

/// Damage without a thought: bits, cuts, doubled and foreign parts.
pub fn damage(dice: &mut Dice, bytes: &mut Vec<u8>) {
    for _ in 0..=dice.below(4) {
        if bytes.is_empty() {
            bytes.push(dice.byte());
        }
        let at = dice.below(bytes.len());
        match dice.below(6) {
            0 | 1 => bytes[at] ^= 1 << dice.below(8),
            2 => bytes[at] = dice.byte(),
            3 => bytes.truncate(at),
            4 => bytes.insert(at, dice.byte()),
            _ => {
                let part = bytes[at..].iter().take(dice.below(16)).copied().collect::<Vec<u8>>();
                bytes.splice(at..at, part);
            }
        }
    }
}

fn header(dice: &mut Dice, chunk: &mut Chunk, known: &Known) -> &'static str {
    match dice.below(13) {
        0 => {
            chunk.seq = dice.awkward();
            "sequence"
        }
        1 => {
            chunk.seq = chunk.seq.saturating_sub(1);
            "sequence taken"
        }
        2 => {
            chunk.start_op = dice.awkward().max(1);
            "first operation"
        }
        3 => {
            chunk.start_op = chunk.start_op.saturating_sub(dice.below(40) as u64).max(1);
            "first operation below"
        }
        4 => {
            chunk.dependencies.clear();
            "no dependencies"
        }
        5 => {
            let all: Vec<[u8; 32]> = known.changes.iter().map(|bytes| Chunk::hash(bytes)).collect();
            chunk.dependencies = (0..=dice.below(3)).filter_map(|_| dice.pick(&all).copied()).collect();
            if dice.chance(70) {
                chunk.dependencies.sort_unstable();
                chunk.dependencies.dedup();
            }
            "dependencies of another time"
        }
        6 => {
            chunk.dependencies.push([dice.byte(); 32]);
            chunk.dependencies.sort_unstable();
            "an unknown dependency"
        }
        7 => {
            if let Some(actor) = dice.pick(&known.actors) {
                chunk.actor.clone_from(actor);
                chunk.seq = 1 + dice.below(4) as u64;
            }
            "another's actor"
        }
        8 => {
            let length = dice.below(40);
            chunk.actor = (0..length).map(|_| dice.byte()).collect();
            "an actor that is none"
        }
        9 => {
            chunk.time = dice.awkward().cast_signed();
            "time"
        }
        10 => {
            chunk.message = (0..dice.below(60)).map(|_| dice.byte()).collect();
            "message"
        }
        11 => {
            chunk.others = (0..=dice.below(3))
                .filter_map(|_| dice.pick(&known.actors).cloned())
                .collect();
            "other actors"
        }
        _ => {
            chunk.rest = (0..dice.below(40)).map(|_| dice.byte()).collect();
            "something behind"
        }
    }
}

fn columns(dice: &mut Dice, chunk: &mut Chunk) {
    if chunk.columns.is_empty() {
        return;
    }
    let at = dice.below(chunk.columns.len());
    match dice.below(6) {
        0 => drop(chunk.columns.remove(at)),
        1 => {
            let twin = chunk.columns[at].clone();
            chunk.columns.insert(at, twin);
        }
        2 => chunk.columns[at].specification = dice.awkward() & 0xff,
        3 => {
            let other = dice.below(chunk.columns.len());
            let data = chunk.columns[other].data.clone();
            chunk.columns[at].data = data;
        }
        _ => damage(dice, &mut chunk.columns[at].data),
    }
}

/// Runs that say more, or less, than there is.
fn counts(dice: &mut Dice, chunk: &mut Chunk) {
    if chunk.columns.is_empty() {
        return;
    }
    let at = dice.below(chunk.columns.len());
    let mut data = Vec::new();
    for _ in 0..=dice.below(3) {
        let length = match dice.below(5) {
            0 => dice.awkward().cast_signed(),
            1 => 0,
            2 => -1 - i64::try_from(dice.below(5)).unwrap_or(0),
            _ => 1 + i64::try_from(dice.below(400_000)).unwrap_or(0),
        };
        signed(&mut data, length);
        unsigned(&mut data, dice.awkward());
    }
    if dice.chance(50) {
        data.extend(chunk.columns[at].data.clone());
    }
    chunk.columns[at].data = data;
    // The same for all, so that the columns agree with each other about a number that is none.
    if dice.chance(30) {
        let rows = i64::try_from(1 + dice.below(2_000)).unwrap_or(1);
        for column in &mut chunk.columns {
            column.data.clear();
            if column.specification & 0b111 == 4 {
                unsigned(&mut column.data, rows.unsigned_abs());
            } else if column.specification & 0b111 != 7 {
                signed(&mut column.data, rows);
                unsigned(&mut column.data, dice.below(4) as u64);
            }
        }
    }
}
