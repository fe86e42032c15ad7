//! One record: as it is, as it became so, and where it is undecided.

use axum::extract::State;
use axum::response::Response;
use satchel_core::document::{Document, Error};
use satchel_core::ids::DocumentId;
use satchel_core::schema::Kind;
use serde::Deserialize;

use super::path::{Collection, Version};
use super::view::{AtVersion, Conflicting, Entry, Record};
use crate::api::body::{Path, Query};
use crate::api::{Page, Problem};
use crate::identity::Session;
use crate::relay::{self, RelayError};
use crate::state::AppState;

pub(super) async fn get(
    State(app): State<AppState>,
    session: Session,
    Path((Collection(kind), id)): Path<(Collection, DocumentId)>,
) -> Result<Response, Problem> {
    let record = app
        .database
        .read::<_, RelayError>(move |tx| {
            let found = relay::find(tx, session.member, session.role, kind, id)?;
            found.map(|stored| Record::read(tx, kind, &stored)).transpose()
        })
        .await?;
    Ok(record.ok_or_else(Problem::not_found)?.answer())
}

/// Reads something from the whole document of a record that the caller may read.
async fn read<T: Send + 'static>(
    app: &AppState,
    session: Session,
    kind: &'static Kind,
    id: DocumentId,
    look: impl FnOnce(&mut Document) -> Result<T, RelayError> + Send + 'static,
) -> Result<T, Problem> {
    let found = app
        .database
        .read::<_, RelayError>(move |tx| {
            let Some(stored) = relay::find(tx, session.member, session.role, kind, id)? else {
                return Ok(None);
            };
            look(&mut relay::open(tx, kind, &stored)?).map(Some)
        })
        .await?;
    found.ok_or_else(Problem::not_found)
}

/// Which changes are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryQuery {
    /// Only those of this field.
    field: Option<String>,
}

pub(super) async fn history(
    State(app): State<AppState>,
    session: Session,
    Path((Collection(kind), id)): Path<(Collection, DocumentId)>,
    Query(query): Query<HistoryQuery>,
) -> Result<axum::Json<Page<Entry>>, Problem> {
    let look = move |document: &mut Document| {
        Ok(match query.field {
            Some(field) => document.field_history(&field),
            None => document.history(),
        })
    };
    let entries = read(&app, session, kind, id, look).await?;
    Ok(whole(entries.into_iter().map(Entry::from)))
}

pub(super) async fn conflicts(
    State(app): State<AppState>,
    session: Session,
    Path((Collection(kind), id)): Path<(Collection, DocumentId)>,
) -> Result<axum::Json<Page<Conflicting>>, Problem> {
    let found = read(&app, session, kind, id, |document| Ok(document.conflicts())).await?;
    Ok(whole(found.into_iter().map(Conflicting::from)))
}

pub(super) async fn version(
    State(app): State<AppState>,
    session: Session,
    Path((Collection(kind), id, Version(heads))): Path<(Collection, DocumentId, Version)>,
) -> Result<axum::Json<AtVersion>, Problem> {
    let look = move |document: &mut Document| match document.fields_at(&heads) {
        Ok(fields) => Ok(Some(AtVersion {
            id,
            kind: kind.name,
            heads,
            derived: (kind.derive)(&fields),
            fields,
        })),
        Err(Error::UnknownVersion) => Ok(None),
        Err(error) => Err(error.into()),
    };
    let found = read(&app, session, kind, id, look).await?;
    found.map(axum::Json).ok_or_else(Problem::not_found)
}

/// A list that is never cut.
fn whole<T>(items: impl Iterator<Item = T>) -> axum::Json<Page<T>> {
    axum::Json(Page {
        items: items.collect(),
        next_cursor: None,
    })
}
