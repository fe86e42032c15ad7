//! Records written: the same patches as on a device, applied at the version on which the form was opened.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use satchel_core::clock::random;
use satchel_core::ids::{DocumentId, Heads};
use satchel_core::projection::Row;
use satchel_core::schema::{Edit, Kind, Patch, ScopeRule, Violation, ViolationCode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::path::{At, Collection};
use super::problem;
use super::view::Record;
use crate::api::Problem;
use crate::api::body::{Json, Path};
use crate::api::session::context;
use crate::identity::Session;
use crate::relay::{self, Context, Draft, RelayError, Store, WriteError};
use crate::state::AppState;
use crate::store::log::StoredDocument;
use crate::store::people::Directory;

/// A record to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRecord {
    /// Its id, where the caller gives one: the same request again then changes nothing.
    id: Option<DocumentId>,
    /// Its fields, sets, maps and logs given whole.
    fields: Map<String, Value>,
}

/// An edit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordPatch {
    /// Only what changes.
    fields: Map<String, Value>,
}

/// A conflict to settle.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolution {
    /// The field, or `field/key` in a map.
    field: String,
    /// The value that is to stand; `null` for none.
    value: Value,
}

/// One writing on behalf of a member.
struct Desk<'a> {
    store: &'a mut dyn Store,
    context: Context<'a>,
    session: Session,
    kind: &'static Kind,
    zone: String,
}

/// A record after a writing.
struct Written {
    record: Record,
    is_new: bool,
}

/// Runs a writing in one transaction and shows the record afterwards. `work` says whether it made the record.
async fn write(
    app: &AppState,
    session: Session,
    kind: &'static Kind,
    id: DocumentId,
    work: impl FnOnce(&mut Desk<'_>) -> Result<bool, WriteError> + Send + 'static,
) -> Result<Written, Problem> {
    let parts = app.clone();
    app.database
        .write::<_, WriteError>(move |tx| {
            let context = context(&parts, tx)?;
            let member = tx.member(session.member)?;
            let mut desk = Desk {
                store: tx,
                context,
                session,
                kind,
                zone: member.map_or_else(String::new, |member| member.time_zone),
            };
            let is_new = work(&mut desk)?;
            let record = Record::read(tx, kind, &found(tx, session, kind, id)?)?;
            Ok(Written { record, is_new })
        })
        .await
        .map_err(|error| problem(kind, error))
}

/// The record, where the caller may read it; another one is not there.
fn found(store: &dyn Store, session: Session, kind: &Kind, id: DocumentId) -> Result<StoredDocument, WriteError> {
    relay::find(store, session.member, session.role, kind, id)?.ok_or(WriteError::NotFound)
}

impl Desk<'_> {
    fn create(&mut self, id: DocumentId, patch: &Patch) -> Result<bool, WriteError> {
        // What is private is written on its author's devices, never over REST.
        let private = private_flag(self.kind).filter(|flag| is_set(patch, flag));
        if let Some(flag) = private {
            return Err(WriteError::Invalid(vec![Violation::new(
                flag,
                ViolationCode::NotAllowed,
            )]));
        }
        let draft = draft(self.session, &self.zone);
        match relay::create(self.store, &self.context, draft, self.kind, id, patch) {
            Ok(_) => {}
            Err(WriteError::Exists) => {
                let before = relay::repeated(self.store, &self.context, draft, self.kind, id, patch)?;
                return before.map(|_| false).ok_or(WriteError::Exists);
            }
            Err(error) => return Err(error),
        }
        let scope = self.store.document_scope(id)?.ok_or(WriteError::NotFound)?;
        if relay::leaves(self.session.member, scope) {
            return Ok(true);
        }
        // The error takes it back: what hangs on something private is private.
        Err(WriteError::NoParent)
    }

    fn edit(&mut self, id: DocumentId, patch: &Patch, at: Option<&Heads>) -> Result<bool, WriteError> {
        found(self.store, self.session, self.kind, id)?;
        let draft = draft(self.session, &self.zone);
        relay::edit(self.store, &self.context, draft, self.kind, id, patch, at).map(|_| false)
    }

    fn archive(&mut self, id: DocumentId, archived: bool, at: Option<&Heads>) -> Result<bool, WriteError> {
        found(self.store, self.session, self.kind, id)?;
        let draft = draft(self.session, &self.zone);
        relay::archive(self.store, &self.context, draft, self.kind, id, archived, at).map(|_| false)
    }
}

fn draft(session: Session, zone: &str) -> Draft<'_> {
    Draft {
        member: session.member,
        role: session.role,
        zone,
    }
}

fn private_flag(kind: &Kind) -> Option<&'static str> {
    match kind.scope {
        ScopeRule::Parent { private, .. } => private,
        ScopeRule::Own | ScopeRule::Org | ScopeRule::Holder { .. } => None,
    }
}

fn is_set(patch: &Patch, flag: &str) -> bool {
    patch.fields.get(flag) == Some(&Edit::Set(Value::Bool(true)))
}

/// How a body becomes a patch: that of a new record, or that of an edit.
type ReadPatch = fn(&Kind, &Map<String, Value>) -> Result<Patch, Vec<Violation>>;

/// Writes what the caller sent, or says everything that is wrong with it: where some fields cannot even be read, or are
/// not well formed, the others are tried without them. Nothing is kept then.
fn write_or_list(
    kind: &Kind,
    mut fields: Map<String, Value>,
    read: ReadPatch,
    mut attempt: impl FnMut(&Patch) -> Result<bool, WriteError>,
) -> Result<bool, WriteError> {
    let mut wrong: Vec<Violation> = Vec::new();
    loop {
        let tried = match read(kind, &fields) {
            Ok(patch) => attempt(&patch),
            Err(violations) => Err(WriteError::Invalid(violations)),
        };
        let violations = match tried {
            Err(WriteError::Invalid(violations)) => violations,
            Ok(done) if wrong.is_empty() => return Ok(done),
            Ok(_) => return Err(WriteError::Invalid(wrong)),
            Err(error) => return Err(error),
        };
        // A field that was left out is missed where it is required: that says nothing new.
        let known: BTreeSet<String> = wrong.iter().map(|one| one.field.clone()).collect();
        let new = violations.into_iter().filter(|one| !known.contains(&one.field));
        let before = (wrong.len(), fields.len());
        wrong.extend(new);
        fields.retain(|name, _| !wrong.iter().any(|one| one.field == *name));
        if before == (wrong.len(), fields.len()) {
            return Err(WriteError::Invalid(wrong));
        }
    }
}

pub(super) async fn create(
    State(app): State<AppState>,
    session: Session,
    Path(Collection(kind)): Path<Collection>,
    Json(new): Json<NewRecord>,
) -> Result<Response, Problem> {
    let id = new
        .id
        .unwrap_or_else(|| DocumentId::ordered(app.clock.now_ms(), random(&*app.entropy)));
    let work =
        move |desk: &mut Desk<'_>| write_or_list(kind, new.fields, Patch::creating, |patch| desk.create(id, patch));
    let written = write(&app, session, kind, id, work).await?;
    Ok(if written.is_new {
        written.record.created(kind)
    } else {
        written.record.answer()
    })
}

pub(super) async fn edit(
    State(app): State<AppState>,
    session: Session,
    Path((Collection(kind), id)): Path<(Collection, DocumentId)>,
    At(at): At,
    Json(patch): Json<RecordPatch>,
) -> Result<Response, Problem> {
    let work = move |desk: &mut Desk<'_>| {
        let attempt = |part: &Patch| desk.edit(id, part, at.as_ref());
        write_or_list(kind, patch.fields, Patch::from_json, attempt)
    };
    Ok(write(&app, session, kind, id, work).await?.record.answer())
}

pub(super) async fn archive(
    State(app): State<AppState>,
    session: Session,
    Path((Collection(kind), id)): Path<(Collection, DocumentId)>,
    At(at): At,
) -> Result<Response, Problem> {
    let work = move |desk: &mut Desk<'_>| desk.archive(id, true, at.as_ref());
    Ok(write(&app, session, kind, id, work).await?.record.answer())
}

pub(super) async fn restore(
    State(app): State<AppState>,
    session: Session,
    Path((Collection(kind), id)): Path<(Collection, DocumentId)>,
) -> Result<Response, Problem> {
    let work = move |desk: &mut Desk<'_>| desk.archive(id, false, None);
    Ok(write(&app, session, kind, id, work).await?.record.answer())
}

pub(super) async fn resolve(
    State(app): State<AppState>,
    session: Session,
    Path((Collection(kind), id)): Path<(Collection, DocumentId)>,
    At(at): At,
    Json(resolution): Json<Resolution>,
) -> Result<Response, Problem> {
    let Resolution { field, value } = resolution;
    let work = move |desk: &mut Desk<'_>| {
        let stored = found(desk.store, session, kind, id)?;
        let document = relay::open(desk.store, kind, &stored)?;
        let row: Row = serde_json::from_str(&stored.row).map_err(RelayError::from)?;
        if !row.conflicts.contains(&field) {
            return Err(WriteError::NoConflict);
        }
        let patch = document.resolution(&field, &value)?;
        desk.edit(id, &patch, at.as_ref())
    };
    Ok(write(&app, session, kind, id, work).await?.record.answer())
}
