//! What a device lacks, in batches. Each batch ends with a commit whose seq is below every row not yet sent.

use std::collections::{BTreeMap, BTreeSet};

use satchel_core::ids::{DocumentId, Heads, MemberId, ScopeId};
use satchel_core::policy::Access;
use satchel_core::wire::digest::{Digest, grants_hash};
use satchel_core::wire::{
    Commit, Directory, Doc, Flag, Floor, Frame, Grant, Grants, Hello, Out, Point, Verdict, feature, limit,
};

use super::rights::{self, Standpoint};
use super::{Context, RelayError, Sender, Store, Subscription, delta, row};
use crate::store::log::StoredDocument;

/// How much may be sent.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Bytes of records, about.
    pub bytes: usize,
}

impl Budget {
    /// What the device asked for, within what one answer may be.
    #[must_use]
    pub fn of(hello: &Hello) -> Self {
        let most = limit::MESSAGE_BYTES / 2;
        let wish = usize::try_from(hello.budget).unwrap_or(most);
        Self {
            bytes: if wish == 0 { most } else { wish.min(most) },
        }
    }
}

/// How many rows are read at a time.
const PAGE: usize = 200;

/// The state of one pull.
struct Pull<'a> {
    store: &'a dyn Store,
    sender: Sender,
    /// The log as of this transaction.
    upto: u64,
    /// The cursor as told in commits.
    cursor: u64,
    caught_up: u64,
    /// Scopes of which whole documents are loaded, and how far.
    loading: BTreeMap<ScopeId, (u64, bool)>,
    /// How far each is as the device knows from its last commit: only what changed is told.
    told: BTreeMap<ScopeId, (u64, bool)>,
    /// Those of them that are left out, because the device takes packs and these bring them.
    held_back: BTreeSet<ScopeId>,
    left: usize,
    batch: Vec<Frame>,
    batch_bytes: usize,
    most_batch_bytes: usize,
    /// Whether the device takes what changed instead of whole rows.
    deltas: bool,
    /// Which records it takes as rows alone.
    subscription: Subscription,
    batches: Vec<Vec<Frame>>,
    /// The run to name in commits, where the device does not know it from its cursor.
    run: Option<satchel_core::ids::RunId>,
    from: u64,
}

/// Reads everything that a device lacks, as far as the budget allows. What did not fit goes on next time. `lacking` are
/// records that a repair has found missing.
pub(super) fn pull(
    store: &dyn Store,
    context: &Context<'_>,
    sender: Sender,
    hello: &Hello,
    lacking: &[DocumentId],
    budget: Budget,
) -> Result<Vec<Vec<Frame>>, RelayError> {
    pull_above(store, context, sender, hello, (0, lacking), budget)
}

/// The same for a device of which it is known that up to a seq above its cursor nothing concerns it.
fn pull_above(
    store: &dyn Store,
    context: &Context<'_>,
    sender: Sender,
    hello: &Hello,
    (looked, lacking): (u64, &[DocumentId]),
    budget: Budget,
) -> Result<Vec<Vec<Frame>>, RelayError> {
    let from = hello.cursor.map_or(0, |point| point.seq);
    let cursor = from.max(looked);
    let standpoint = rights::standpoint(store, sender.member, cursor)?;
    let mut pull = Pull {
        store,
        sender,
        upto: store.last_seq()?,
        cursor,
        caught_up: hello.caught_up.unwrap_or(cursor).min(cursor),
        loading: BTreeMap::new(),
        told: BTreeMap::new(),
        held_back: BTreeSet::new(),
        left: budget.bytes,
        batch: Vec::new(),
        batch_bytes: 0,
        most_batch_bytes: context.limits.batch_bytes,
        deltas: hello.understands(feature::DELTAS),
        subscription: Subscription::of(store, sender.member, hello.understands(feature::ROWS | feature::DELTAS))?,
        batches: Vec::new(),
        run: hello
            .cursor
            .is_none_or(|point| point.run != context.run)
            .then_some(context.run),
        from,
    };
    pull.open(context, hello, &standpoint)?;
    if hello.understands(feature::PACKS) {
        pull.hold_back(context.limits.packing.worth)?;
    }
    // Each once, and no more than fit: a device asks again for what it still lacks.
    let wanted: BTreeSet<_> = hello.want.iter().copied().collect();
    for id in &wanted {
        if pull.left > 0 {
            pull.send_wanted(*id, true)?;
        }
    }
    let lacking: BTreeSet<_> = lacking.iter().copied().filter(|id| !wanted.contains(id)).collect();
    for id in lacking {
        if pull.left > 0 {
            pull.send_wanted(id, false)?;
        }
    }
    if pull.load_scopes()? && pull.send_rows()? {
        pull.cursor = pull.upto;
        if !pull.held_back.is_empty() {
            pull.commit(true, None)?;
            return Ok(pull.batches);
        }
        let digest = digest(store, sender.member)?;
        pull.commit(
            false,
            Some(digest).filter(|digest| hello.digest.as_deref() != Some(digest)),
        )?;
    } else {
        pull.commit(true, None)?;
    }
    Ok(pull.batches)
}

/// What a live device lacks: the same, from where its last commit left it, or from the seq up to which it was looked for
/// and nothing found. `told` is the question that it would ask now.
pub(super) fn pull_live(
    store: &dyn Store,
    context: &Context<'_>,
    sender: Sender,
    told: &Hello,
    looked: u64,
    budget: Budget,
) -> Result<Vec<Vec<Frame>>, RelayError> {
    let sender = rights::sender_now(store, sender)?;
    if sender.revoked {
        return Ok(Vec::new());
    }
    pull_above(store, context, sender, told, (looked, &[]), budget)
}

/// The digest of everything that a member may read.
fn digest(store: &dyn Store, member: MemberId) -> Result<Vec<u8>, RelayError> {
    let scopes = store.readable_digests(member)?;
    let sum = scopes
        .into_iter()
        .fold(Digest::default(), |sum, (_, digest, _)| sum.plus(digest));
    Ok(sum.to_bytes().to_vec())
}

impl Pull<'_> {
    /// Grants, what was lost, relations and the directory: before any document.
    fn open(&mut self, context: &Context<'_>, hello: &Hello, standpoint: &Standpoint) -> Result<(), RelayError> {
        let scopes: Vec<Grant> = standpoint
            .readable
            .iter()
            .map(|readable| Grant {
                scope: readable.scope,
                access: readable.access,
            })
            .collect();
        if grants_hash(&scopes) != hello.grants {
            self.batch.push(Grants { scopes }.into());
        }
        for (scope, seq) in &standpoint.lost {
            let point = Point {
                run: context.run,
                seq: *seq,
            };
            self.batch.push(Out { scope: *scope, point }.into());
        }
        if let Some(json) = rights::directory_since(self.store, self.cursor)? {
            self.batch.push(
                Directory {
                    json: json.into_bytes().into(),
                }
                .into(),
            );
        }
        let changed = rights::relations_after(self.store, self.sender.member, self.cursor)?;
        let told: BTreeSet<ScopeId> = changed.iter().map(|row| row.scope).collect();
        self.batch.extend(changed.into_iter().map(Frame::from));
        let floors: BTreeMap<ScopeId, Floor> = hello
            .loading
            .iter()
            .flatten()
            .map(|floor| (floor.scope, *floor))
            .collect();
        for readable in &standpoint.readable {
            let gained = readable.since > self.cursor;
            match floors.get(&readable.scope) {
                // Loaded already, in an answer that was cut before its cursor passed the grant: what changed since comes
                // with the other rows.
                Some(floor) if floor.done && floor.seq >= readable.since => {}
                Some(floor) if !floor.done => {
                    self.loading.insert(readable.scope, (floor.seq, false));
                }
                _ if gained => {
                    self.loading.insert(readable.scope, (0, false));
                }
                _ => {}
            }
            // Rows of scopes that were there before the grant lie below the cursor.
            if gained && !told.contains(&readable.scope) {
                self.batch
                    .extend(rights::scope_row(self.store, readable.scope)?.map(Frame::from));
            }
        }
        Ok(())
    }

    /// Leaves out scopes of which the device has nothing yet and packs may bring everything, where that is worth it: from
    /// so many documents with the same readers on.
    fn hold_back(&mut self, least: u64) -> Result<(), RelayError> {
        // A device that loads nothing from the beginning, as nearly all do: who reads what need not be asked.
        if !self.loading.values().any(|floor| *floor == (0, false)) {
            return Ok(());
        }
        let mut alike: BTreeMap<(Vec<MemberId>, bool), (u64, Vec<ScopeId>)> = BTreeMap::new();
        for one in self.store.packable(self.sender.member)? {
            if self.loading.get(&one.scope) == Some(&(0, false)) {
                let rows = self.subscription.is_of_rows(one.scope);
                let (documents, scopes) = alike.entry((one.readers, rows)).or_default();
                *documents += one.documents;
                scopes.push(one.scope);
            }
        }
        let worth = alike.into_values().filter(|(documents, _)| *documents >= least);
        self.held_back = worth.flat_map(|(_, scopes)| scopes).collect();
        Ok(())
    }

    /// Whole documents of the loading scopes. False where the budget ran out.
    fn load_scopes(&mut self) -> Result<bool, RelayError> {
        let scopes: Vec<ScopeId> = self
            .loading
            .keys()
            .filter(|scope| !self.held_back.contains(scope))
            .copied()
            .collect();
        for scope in scopes {
            loop {
                let floor = self.loading.get(&scope).map_or(0, |(floor, _)| *floor);
                let page = self.store.scope_documents(scope, floor, self.upto, PAGE)?;
                let more = page.len() == PAGE;
                for stored in page {
                    if self.left == 0 {
                        return Ok(false);
                    }
                    let seq = stored.seq;
                    self.send(&stored, true)?;
                    self.loading.insert(scope, (seq, false));
                }
                if !more {
                    self.loading.insert(scope, (self.upto, true));
                    break;
                }
            }
        }
        Ok(true)
    }

    /// Documents of the other scopes that changed after the cursor, in order of seq. False where the budget ran out.
    fn send_rows(&mut self) -> Result<bool, RelayError> {
        let mut after = self.cursor;
        loop {
            let page = self
                .store
                .member_documents(self.sender.member, after, self.upto, PAGE)?;
            let more = page.len() == PAGE;
            for stored in page {
                after = stored.seq;
                if self.loading.contains_key(&stored.scope) {
                    continue;
                }
                if self.left == 0 {
                    return Ok(false);
                }
                let seq = stored.seq;
                self.send(&stored, false)?;
                // Every row below has been sent now: the next commit may say so.
                self.cursor = seq;
            }
            if !more {
                return Ok(true);
            }
        }
    }

    /// A record that the device asked for: its document, or, where `document` is false, what it takes of such records.
    fn send_wanted(&mut self, id: DocumentId, document: bool) -> Result<(), RelayError> {
        let Some(stored) = self.store.document(id)? else {
            return Ok(());
        };
        if rights::access(self.store, self.sender.member, stored.scope)? >= Some(Access::Read) {
            if document {
                self.send_document(&stored, true)?;
            } else {
                self.send(&stored, true)?;
            }
        }
        Ok(())
    }

    /// What the device takes of a record: its document or what changed in it, or its row alone.
    fn send(&mut self, stored: &StoredDocument, whole: bool) -> Result<(), RelayError> {
        if !self.subscription.is_of_rows(stored.scope) {
            return self.send_document(stored, whole);
        }
        let since = (!whole && stored.created_seq <= self.caught_up).then_some(self.caught_up);
        let (frame, size) = row::of(self.store, self.sender, stored, since)?;
        self.push(frame, size)
    }

    fn send_document(&mut self, stored: &StoredDocument, whole: bool) -> Result<(), RelayError> {
        let whole = whole || stored.folded_seq > self.caught_up || stored.created_seq > self.caught_up;
        if !whole
            && self.deltas
            && let Some(delta) = delta::delta(self.store, self.sender, stored, self.caught_up)?
        {
            let size = delta.difference.len() + delta.changes.iter().map(|bytes| bytes.len()).sum::<usize>() + 64;
            return self.push(delta.into(), size);
        }
        let since = if whole {
            None
        } else {
            let changes = self.store.changes_after(stored.id, self.caught_up)?;
            // The whole is bounded, changes of a long absence are not.
            let bytes: usize = changes.iter().map(Vec::len).sum();
            (bytes <= limit::UNFOLDED_BYTES).then_some(changes)
        };
        let (snapshot, changes) = if let Some(changes) = since {
            (None, changes)
        } else {
            let changes = self.store.changes_after(stored.id, stored.folded_seq)?;
            (Some(stored.snapshot.clone().into()), changes)
        };
        let size = stored.row.len() + stored.snapshot.len() + changes.iter().map(Vec::len).sum::<usize>() + 128;
        self.push(
            Doc {
                id: stored.id,
                kind: stored.kind.clone(),
                scope: stored.scope,
                seq: stored.seq,
                snapshot,
                changes: changes.into_iter().map(Into::into).collect(),
                heads: stored.heads.clone(),
                row: stored.row.clone().into_bytes().into(),
            }
            .into(),
            size,
        )
    }

    fn push(&mut self, frame: Frame, size: usize) -> Result<(), RelayError> {
        self.batch.push(frame);
        self.batch_bytes += size;
        self.left = self.left.saturating_sub(size);
        if self.batch_bytes >= self.most_batch_bytes {
            // The document just sent lies above the commit: it is sent again where the answer is cut here, and that
            // changes nothing.
            self.commit(true, None)?;
        }
        Ok(())
    }

    fn commit(&mut self, more: bool, digest: Option<Vec<u8>>) -> Result<(), RelayError> {
        // Verdicts are rows of the log: each goes with the commit that moves the cursor past it, once.
        for verdict in self.store.verdicts(self.sender.member, self.from, self.cursor)? {
            self.batch.push(
                Verdict {
                    id: verdict.document,
                    decision: verdict.decision,
                    heads: verdict.heads,
                    code: verdict.code,
                    changes: Some(Heads::new(verdict.changes).to_bytes()).filter(|bytes| !bytes.is_empty()),
                }
                .into(),
            );
        }
        for flag in self.store.flags(self.sender.member, self.from, self.cursor)? {
            self.batch.push(
                Flag {
                    id: flag.document,
                    code: flag.code,
                    heads: flag.heads,
                    author: flag.author,
                }
                .into(),
            );
        }
        let floors: Vec<Floor> = self
            .loading
            .iter()
            .filter(|(scope, floor)| self.told.get(scope) != Some(floor))
            .map(|(scope, (seq, done))| Floor {
                scope: *scope,
                seq: *seq,
                done: *done,
            })
            .collect();
        self.told.clone_from(&self.loading);
        let mut batch = std::mem::take(&mut self.batch);
        batch.push(
            Commit {
                from: self.from,
                to: self.cursor,
                more,
                run: self.run,
                digest,
                floors: Some(floors).filter(|floors| !floors.is_empty()),
                packs: (!self.held_back.is_empty()).then_some(true),
            }
            .into(),
        );
        self.batches.push(batch);
        self.from = self.cursor;
        self.batch_bytes = 0;
        Ok(())
    }
}
