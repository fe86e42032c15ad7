//! Every check that stands between changes from elsewhere and the log.

use std::panic::{AssertUnwindSafe, catch_unwind};

use satchel_core::document::{Refusal, seed_actor};
use satchel_core::domain;
use satchel_core::ids::{ActorId, DeviceId, DocumentId, Heads, MemberId, OrgId, ScopeId};
use satchel_core::policy::{self, Action, Placement, Subject};
use satchel_core::projection::Row;
use satchel_core::schema::{Kind, ScopeRule};
use satchel_core::wire::Point;
use serde_json::{Map, Value};

use super::admission::{Barred, Fresh};
use super::commit::{self, Entry};
use super::foresight::{self, Foreseen, Judgement};
use super::rights::{self, Standing};
use super::{Context, RelayError, Sender, Store, restore, returned};
use crate::store::StoreError;
use crate::store::decision::{Dropped, Flag};
use crate::store::log::{NewChange, Parked, StoredDocument};

/// A push as it is worked on: from a device now, or from the waiting room.
pub(super) struct Case<'a> {
    pub(super) id: DocumentId,
    pub(super) kind: &'a str,
    pub(super) sender: Sender,
    pub(super) actor: Option<ActorId>,
    pub(super) base: Option<Point>,
    pub(super) heads: &'a Heads,
    pub(super) changes: &'a [Vec<u8>],
    /// A person has decided that it may enter: permission is not asked again.
    pub(super) pardoned: bool,
}

impl<'a> Case<'a> {
    /// What was parked, asked again with its sender's rights of today.
    pub(super) fn of_parked(store: &dyn Store, parked: &'a Parked, pardoned: bool) -> Result<Self, RelayError> {
        Ok(Self {
            id: parked.document,
            kind: &parked.kind,
            sender: rights::sender_of(store, parked.member, parked.device)?,
            actor: parked.actor,
            base: parked.base,
            heads: &parked.heads,
            changes: &parked.changes,
            pardoned,
        })
    }
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// Let in, under this seq.
    In {
        /// The new seq of the document.
        seq: u64,
        /// Whether the sender had lost the scope after he wrote.
        late: bool,
        /// Whether the document is new: something may have waited for it.
        born: bool,
    },
    /// All of it was there.
    Duplicate,
    /// Waits for the record it hangs on.
    Held(DocumentId),
    /// Not let in; the code says why.
    Barred(&'static str),
    /// Not let in for want of permission: it may come with a change of grants.
    Denied {
        /// Says why.
        code: &'static str,
        /// Where the permission is wanting.
        scope: ScopeId,
    },
    /// Some of it was dropped before: it never enters as it is.
    Dropped(Vec<Dropped>),
    /// Builds on something that is not here.
    NeedsDependencies,
}

/// Runs every check and, where all pass, writes the changes into the log. What was found before about the push by looking
/// at its document is not looked for again, if it still holds.
pub(super) fn enter(
    store: &mut dyn Store,
    context: &Context<'_>,
    case: &Case<'_>,
    foreseen: Option<Foreseen>,
) -> Result<Accepted, RelayError> {
    let Some(kind) = domain::kind(case.kind) else {
        return Ok(Accepted::Barred("unknown-kind"));
    };
    let stored = store.document(case.id)?;
    if stored.as_ref().is_some_and(|stored| stored.kind != kind.name) {
        return Ok(Accepted::Barred("other-kind"));
    }
    // After a restore devices bring back what others wrote.
    let returns = restore::open_returns(store, context.now_ms)?;
    let device = Some(case.sender.device).filter(|_| returns.is_none());
    // A panic that one document brings about is that document's: the others of the message go on.
    let examined = catch_unwind(AssertUnwindSafe(|| {
        examine(store, context, case, kind, stored.as_ref(), foreseen, device)
    }));
    let (fresh, row) = match examined {
        Ok(Ok(Ok(examined))) => examined,
        Ok(Ok(Err(accepted))) => return Ok(accepted),
        Ok(Err(error)) => return Err(error),
        Err(_) => return Ok(Accepted::Barred(Barred::Refused(Refusal::Poisonous).code())),
    };
    let author = fresh.iter().find(|one| !one.is_seed).and_then(|one| one.header.by);
    let member = case.sender.member;
    let (scope, creator) = if let Some(stored) = &stored {
        (stored.scope, stored.creator)
    } else {
        // The creator is the author in the first change, and nobody creates in another's name.
        let creator = author.unwrap_or(member);
        if creator != member && (returns.is_none() || store.member(creator)?.is_none()) {
            return Ok(Accepted::Barred("foreign-author"));
        }
        let scope_of = |parent| store.document_scope(parent);
        match place(kind, case.id, &row.fields, creator, context.org, scope_of)? {
            Placement::In(scope) => (scope, creator),
            Placement::Awaits(parent) => return Ok(Accepted::Held(parent)),
        }
    };
    let founds = stored.is_none() && kind.scope == ScopeRule::Own;
    let others = returned::others(&fresh, member);
    let place = returned::Place {
        kind,
        scope,
        creator,
        action: action(stored.as_ref(), &row.fields)?,
        founds,
    };
    let mut late = false;
    if !case.pardoned {
        match judge(store, context, case, &place, &fresh, returns.is_some())? {
            Standing::Now => {}
            Standing::AtTheBase => late = true,
            Standing::Barred(code) => return Ok(Accepted::Barred(code)),
            Standing::Denied(code) => return Ok(Accepted::Denied { code, scope }),
        }
    }
    if founds && !rights::found(store, context, scope, creator)? {
        return Ok(Accepted::Barred("scope-taken"));
    }
    if let Some(actor) = case.actor {
        store.claim_actor(actor, Some(case.sender.device), Some(member))?;
    }
    // Which installation wrote what comes back by another's hand is not known.
    if returns.is_none() {
        for one in fresh.iter().filter(|one| !one.is_seed) {
            store.claim_actor(one.header.actor, Some(case.sender.device), Some(member))?;
        }
    }
    let changes: Vec<NewChange> = fresh
        .into_iter()
        .map(|one| NewChange {
            hash: one.header.hash,
            bytes: one.bytes,
            device: Some(case.sender.device),
            member: one.header.by.unwrap_or(member),
        })
        .collect();
    let entry = Entry {
        kind,
        id: case.id,
        row: &row,
        stored: stored.as_ref(),
        scope,
        creator,
        changes: &changes,
    };
    let seq = commit::commit(store, context, &entry)?;
    if let Some(restore) = returns {
        returned::note(store, context, case, restore, &others)?;
    }
    if late {
        flag_owners(store, case, scope)?;
    }
    let born = stored.is_none();
    Ok(Accepted::In { seq, late, born })
}

/// The changes that are new and the record with them; or what the push comes to where it goes no further. Reads only.
type Examined = Result<(Vec<Fresh>, Row), Accepted>;

fn examine(
    store: &dyn Store,
    context: &Context<'_>,
    case: &Case<'_>,
    kind: &'static Kind,
    stored: Option<&StoredDocument>,
    foreseen: Option<Foreseen>,
    device: Option<DeviceId>,
) -> Result<Examined, RelayError> {
    let judgement = match foreseen.and_then(|foreseen| foreseen.holding(stored)) {
        Some(judgement) => judgement,
        None => foresight::judge(store, kind, case.id, stored, case.changes, context.limits)?,
    };
    let weighed = match judgement {
        Judgement::Weighed(weighed) => weighed,
        Judgement::Duplicate => return Ok(Err(Accepted::Duplicate)),
        Judgement::Unreadable => return Ok(Err(Accepted::Barred("unreadable"))),
        Judgement::Barred(barred) => return Ok(Err(Accepted::Barred(barred.code()))),
    };
    let dropped = store.dropped(case.id)?;
    if let Some(accepted) = meets(&dropped, &weighed.fresh) {
        return Ok(Err(accepted));
    }
    // A seed of a step that this relay does not know: kept until it is upgraded, like a kind that it does not know.
    let later = seed_actor(case.id, kind.schema + 1);
    if weighed.fresh.iter().any(|one| one.header.actor == later) {
        return Ok(Err(Accepted::Barred("unknown-schema")));
    }
    Ok(match weighed.admitted(store, device)? {
        Ok(admitted) => Ok(admitted),
        Err(Barred::MissingDependencies) => Err(Accepted::NeedsDependencies),
        Err(barred) => Err(Accepted::Barred(barred.code())),
    })
}

/// What a push comes to that holds something which was dropped, or takes a number of it.
fn meets(dropped: &[Dropped], fresh: &[Fresh]) -> Option<Accepted> {
    let holds = |hash| fresh.iter().any(|one| one.header.hash == hash);
    let met: Vec<Dropped> = dropped.iter().filter(|one| holds(one.hash)).cloned().collect();
    if !met.is_empty() {
        return Some(Accepted::Dropped(met));
    }
    let is_taken = fresh.iter().map(|one| &one.header).any(|header| {
        let used = |one: &Dropped| one.actor == header.actor_bytes && one.number == header.seq;
        dropped.iter().any(used)
    });
    is_taken.then_some(Accepted::Barred(Barred::Refused(Refusal::ActorConflict).code()))
}

/// Those who work with a record now hear that its former holder's edit came in late.
fn flag_owners(store: &mut dyn Store, case: &Case<'_>, scope: ScopeId) -> Result<(), RelayError> {
    let Some(row) = rights::scope_row(store, scope)? else {
        return Ok(());
    };
    for member in row.assignees.into_iter().filter(|member| *member != case.sender.member) {
        store.put_flag(&Flag {
            seq: 0,
            member,
            document: case.id,
            code: "late-accepted".to_owned(),
            heads: case.heads.clone(),
            author: case.sender.member,
        })?;
    }
    Ok(())
}

/// [`policy::place`] with a look-up that can fail.
pub(super) fn place(
    kind: &Kind,
    id: DocumentId,
    fields: &Map<String, Value>,
    author: MemberId,
    org: OrgId,
    scope_of: impl FnOnce(DocumentId) -> Result<Option<ScopeId>, StoreError>,
) -> Result<Placement, RelayError> {
    let mut failed = None;
    let placement = policy::place(kind, id, fields, author, org, |parent| match scope_of(parent) {
        Ok(scope) => scope,
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    failed.map_or(Ok(placement), |error| Err(error.into()))
}

/// What a push does to a record.
fn action(stored: Option<&StoredDocument>, fields: &Map<String, Value>) -> Result<Action, RelayError> {
    Ok(match stored {
        None => Action::Create,
        // A push that leaves every field as it was puts the record away or brings it back; what a change calls itself is
        // its author's word only.
        Some(stored) if serde_json::from_str::<Row>(&stored.row)?.fields == *fields => Action::Archive,
        Some(_) => Action::Edit,
    })
}

/// Whether the push may enter, as far as rights go: its sender's part, and what others wrote of it.
fn judge(
    store: &dyn Store,
    context: &Context<'_>,
    case: &Case<'_>,
    place: &returned::Place<'_>,
    fresh: &[Fresh],
    returns: bool,
) -> Result<Standing, RelayError> {
    if case.sender.revoked {
        return Ok(Standing::Barred("revoked"));
    }
    let member = case.sender.member;
    let others = returned::others(fresh, member);
    if others.is_empty() {
        return permit(store, context, case, place);
    }
    // What a push puts into another's name stays visible: the message inside a change must name the authenticated author.
    if !returns {
        return Ok(Standing::Barred("foreign-author"));
    }
    let standing = returned::permit(store, case, place, others.keys().copied())?;
    let has_own = fresh.iter().any(|one| !one.is_seed && one.header.by == Some(member));
    // Who brings back a new scope of another's brings his own part in it.
    if standing != Standing::Now || !has_own || place.founds {
        return Ok(standing);
    }
    permit(store, context, case, place)
}

/// Whether the sender may do what the push does, now or when he wrote it.
fn permit(
    store: &dyn Store,
    context: &Context<'_>,
    case: &Case<'_>,
    place: &returned::Place<'_>,
) -> Result<Standing, RelayError> {
    let access = rights::access(store, case.sender.member, place.scope)?;
    let subject = Subject {
        member: case.sender.member,
        role: case.sender.role,
        access,
    };
    let author = (place.action != Action::Create).then_some(place.creator);
    let Err(denied) = policy::decide(place.kind, place.action, &subject, author) else {
        return Ok(Standing::Now);
    };
    rights::at_the_base(store, context, case.sender, place.scope, case.base, denied)
}
