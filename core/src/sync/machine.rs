//! One exchange.

use crate::ids::RunId;
use crate::wire::{
    Commit, Delta, Differ, Directory, Doc, DocRow, Fault, Flag, Floor, Frame, Grants, Hello, Out, Point, Receipt,
    Reconciled, RowDelta, ScopeRow, Verdict, Welcome,
};

/// What the engine must do next. Effects are carried out in order, each before the next frame is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The answer began: the relay's clock in seconds since 1970, and seconds for which the token still holds.
    Welcomed(Welcome),
    /// The relay does not know our points: the cursor is nothing, and what was acknowledged or parked is forgotten.
    NewEpoch,
    /// A push was decided.
    Decided(Receipt),
    /// These scopes do not hold the same here and there.
    Differing(Differ),
    /// An answer to a step of finding out what differs.
    Reconciled(Reconciled),
    /// Apply a batch in one transaction, with its cursor.
    Apply(Box<Batch>),
    /// The relay said that there is more than it sent: pull.
    Poked,
    /// The exchange ended.
    Finished(Finished),
}

/// Everything up to a commit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The cursor after it.
    pub to: Point,
    /// All scopes that the member may read, where they changed.
    pub grants: Option<Grants>,
    /// Scopes to drop; handled before any document.
    pub outs: Vec<Out>,
    /// Where scopes stand and who works in them.
    pub scopes: Vec<ScopeRow>,
    /// Teams and members, where they changed.
    pub directory: Option<Directory>,
    /// Documents, or what changed in them.
    pub docs: Vec<Doc>,
    /// What changed in documents that are here.
    pub deltas: Vec<Delta>,
    /// Records as their rows alone.
    pub rows: Vec<DocRow>,
    /// What changed in rows that are here.
    pub row_deltas: Vec<RowDelta>,
    /// What was decided about quarantined changes.
    pub verdicts: Vec<Verdict>,
    /// What the member should hear of records.
    pub flags: Vec<Flag>,
    /// How far the loading scopes are.
    pub floors: Vec<Floor>,
    /// Digest of the granted scopes as of the cursor, where nothing more follows.
    pub digest: Option<Vec<u8>>,
    /// Whether there is more for now.
    pub more: bool,
    /// Whether documents of loading scopes were left out because packs bring them.
    pub packs: bool,
}

impl Batch {
    /// How many records it brings news of.
    #[must_use]
    pub fn records(&self) -> usize {
        self.docs.len() + self.deltas.len() + self.rows.len() + self.row_deltas.len()
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// Everything that the relay had for now is applied.
    UpToDate,
    /// There is more: ask again.
    More,
    /// The relay could not go on.
    Fault(Fault),
    /// The answer ended without a last commit; what was committed stays.
    Cut,
}

/// Why frames were ignored. For logs and tests; nothing is lost by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// They belong to another exchange.
    OtherExchange,
    /// The batch does not join the cursor.
    DoesNotJoin,
}

/// The device's side of one exchange.
#[derive(Debug)]
pub struct Exchange {
    number: u32,
    cursor: Option<Point>,
    welcomed: bool,
    live: bool,
    pending: Batch,
    ended: Option<bool>,
    dropped: Vec<Dropped>,
}

impl Exchange {
    /// The exchange that this `Hello` opens.
    #[must_use]
    pub fn new(hello: &Hello, live: bool) -> Self {
        Self {
            number: hello.exchange,
            cursor: hello.cursor,
            welcomed: false,
            live,
            pending: Batch::default(),
            ended: None,
            dropped: Vec::new(),
        }
    }

    /// The cursor as of the last batch.
    #[must_use]
    pub fn cursor(&self) -> Option<Point> {
        self.cursor
    }

    /// What was ignored so far.
    #[must_use]
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }

    /// Takes in a frame. A live exchange goes on after a complete catch-up; one over HTTP has ended with it.
    pub fn receive(&mut self, frame: Frame) -> Vec<Effect> {
        match frame {
            Frame::Welcome(welcome) => return self.welcome(welcome),
            Frame::Fault(fault) => return vec![Effect::Finished(Finished::Fault(fault))],
            _ if !self.welcomed => {
                self.dropped.push(Dropped::OtherExchange);
            }
            Frame::Receipt(receipt) => return vec![Effect::Decided(receipt)],
            Frame::Differ(differ) => return vec![Effect::Differing(differ)],
            Frame::Reconciled(reconciled) => return vec![Effect::Reconciled(reconciled)],
            Frame::Grants(grants) => self.pending.grants = Some(grants),
            Frame::Out(out) => self.pending.outs.push(out),
            Frame::ScopeRow(row) => self.pending.scopes.push(row),
            Frame::Directory(directory) => self.pending.directory = Some(directory),
            Frame::Doc(doc) => self.pending.docs.push(doc),
            Frame::Delta(delta) => self.pending.deltas.push(delta),
            Frame::DocRow(row) => self.pending.rows.push(row),
            Frame::RowDelta(delta) => self.pending.row_deltas.push(delta),
            Frame::Verdict(verdict) => self.pending.verdicts.push(verdict),
            Frame::Flag(flag) => self.pending.flags.push(flag),
            Frame::Commit(commit) => return self.commit(commit),
            Frame::Poke(poke) => {
                if self.cursor.is_none_or(|cursor| cursor.seq < poke.seq) {
                    return vec![Effect::Poked];
                }
            }
            // What a device says is not for a device; a manifest is no part of an exchange.
            Frame::Hello(_)
            | Frame::Pack(_)
            | Frame::Manifest(_)
            | Frame::Push(_)
            | Frame::Purged(_)
            | Frame::Wiped(_)
            | Frame::Compare(_)
            | Frame::Reconcile(_)
            | Frame::Acknowledge(_)
            | Frame::Authenticate(_)
            | Frame::Authenticated(_) => {}
        }
        Vec::new()
    }

    /// Whether the answer to its question has begun to arrive.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.welcomed
    }

    /// Whether the last commit said that there is more for now.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.ended == Some(true)
    }

    /// The answer has ended.
    #[must_use]
    pub fn end(self) -> Finished {
        match self.ended {
            Some(true) => Finished::More,
            Some(false) => Finished::UpToDate,
            None => Finished::Cut,
        }
    }

    fn welcome(&mut self, welcome: Welcome) -> Vec<Effect> {
        if welcome.exchange != self.number {
            self.welcomed = false;
            self.dropped.push(Dropped::OtherExchange);
            return Vec::new();
        }
        self.welcomed = true;
        self.pending = Batch::default();
        let new_epoch = welcome.new_epoch == Some(true);
        let mut effects = vec![Effect::Welcomed(welcome)];
        if new_epoch {
            self.cursor = None;
            effects.push(Effect::NewEpoch);
        }
        effects
    }

    fn commit(&mut self, commit: Commit) -> Vec<Effect> {
        let mut batch = std::mem::take(&mut self.pending);
        let at = self.cursor.map_or(0, |cursor| cursor.seq);
        let Some(run) = commit.run.or(self.cursor.map(|cursor| cursor.run)) else {
            self.dropped.push(Dropped::DoesNotJoin);
            return Vec::new();
        };
        if commit.from > at || commit.to < at {
            self.dropped.push(Dropped::DoesNotJoin);
            return Vec::new();
        }
        batch.to = self.advance(run, commit.to);
        batch.more = commit.more;
        batch.packs = commit.packs == Some(true);
        batch.digest = commit.digest;
        batch.floors = commit.floors.unwrap_or_default();
        self.ended = Some(commit.more);
        let mut effects = vec![Effect::Apply(Box::new(batch))];
        if self.live && !commit.more {
            effects.push(Effect::Finished(Finished::UpToDate));
        }
        effects
    }

    fn advance(&mut self, run: RunId, seq: u64) -> Point {
        let to = Point { run, seq };
        self.cursor = Some(to);
        to
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RunId;

    fn at(run: u8, seq: u64) -> Point {
        Point {
            run: RunId::from_bytes([run; 16]),
            seq,
        }
    }

    fn exchange(cursor: Option<Point>) -> Exchange {
        Exchange::new(
            &Hello {
                exchange: 7,
                cursor,
                ..Hello::default()
            },
            false,
        )
    }

    fn welcome(exchange: u32, new_epoch: bool) -> Frame {
        Welcome {
            exchange,
            clock_s: 0,
            token_s: 900,
            new_epoch: new_epoch.then_some(true),
            revoked: None,
            features: None,
        }
        .into()
    }

    fn commit(from: u64, to: u64, run: Option<u8>, more: bool) -> Frame {
        let run = run.map(|run| RunId::from_bytes([run; 16]));
        Commit {
            from,
            to,
            more,
            run,
            digest: None,
            floors: None,
            packs: None,
        }
        .into()
    }

    fn applied(effects: &[Effect]) -> Option<Point> {
        effects.iter().find_map(|effect| match effect {
            Effect::Apply(batch) => Some(batch.to),
            _ => None,
        })
    }

    #[test]
    fn frames_of_another_exchange_are_ignored() {
        let mut exchange = exchange(Some(at(1, 5)));
        assert!(exchange.receive(welcome(6, true)).is_empty());
        assert!(exchange.receive(commit(5, 9, None, false)).is_empty());
        assert_eq!(exchange.dropped(), [Dropped::OtherExchange, Dropped::OtherExchange]);
        assert_eq!(exchange.end(), Finished::Cut);
    }

    #[test]
    fn a_batch_that_does_not_join_the_cursor_is_dropped_whole() {
        let mut exchange = exchange(Some(at(1, 5)));
        exchange.receive(welcome(7, false));
        assert!(exchange.receive(commit(6, 9, None, false)).is_empty(), "a gap");
        assert!(exchange.receive(commit(2, 4, None, false)).is_empty(), "the past");
        assert_eq!(applied(&exchange.receive(commit(4, 9, None, true))), Some(at(1, 9)));
        assert_eq!(
            applied(&exchange.receive(commit(9, 12, Some(2), false))),
            Some(at(2, 12)),
            "the relay started again"
        );
        assert_eq!(exchange.end(), Finished::UpToDate);
    }

    #[test]
    fn a_new_epoch_starts_from_nothing() {
        let mut exchange = exchange(Some(at(1, 50)));
        assert!(exchange.receive(welcome(7, true)).contains(&Effect::NewEpoch));
        assert_eq!(applied(&exchange.receive(commit(0, 3, Some(2), false))), Some(at(2, 3)));
    }

    #[test]
    fn a_fresh_device_must_be_told_the_run() {
        let mut exchange = exchange(None);
        exchange.receive(welcome(7, false));
        assert!(exchange.receive(commit(0, 3, None, false)).is_empty());
        assert_eq!(applied(&exchange.receive(commit(0, 3, Some(1), false))), Some(at(1, 3)));
    }
}
