//! Records of a collection, page by page.

use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use satchel_core::ids::{DocumentId, ScopeId};
use satchel_core::projection::{Cell, Row, cell};
use satchel_core::schema::{Kind, Type};

use super::path::Collection;
use super::view::Record;
use crate::api::body::{Path, Query};
use crate::api::page::PageQuery;
use crate::api::{Page, Problem};
use crate::identity::Session;
use crate::relay::{self, RelayError};
use crate::state::AppState;
use crate::store::log::{Log, StoredDocument};

/// Most records looked at for one page: a filter that leaves few ends the page early, with a cursor to go on from.
const LOOK_AT: usize = 5_000;

/// Which records are wanted.
struct Wanted {
    limit: usize,
    after: Option<DocumentId>,
    archived: Option<bool>,
    scope: Option<ScopeId>,
    /// Values of indexed columns.
    columns: Vec<(&'static str, Type, String)>,
}

impl Wanted {
    fn read(kind: &'static Kind, pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut page = PageQuery::default();
        let (mut archived, mut scope, mut columns) = (None, None, Vec::new());
        for (name, text) in pairs {
            match name.as_str() {
                "cursor" => page.cursor = Some(text),
                "limit" => page.limit = Some(text.parse().map_err(|_| unreadable("limit is 1 to 200"))?),
                "archived" => archived = Some(text.parse().map_err(|_| unreadable("archived is true or false"))?),
                "scope" => scope = Some(text.parse().map_err(|_| unreadable("scope is an id"))?),
                other => {
                    let column = kind.columns().find(|(column, _)| *column == other);
                    let (column, ty) = column.ok_or_else(|| unreadable("The list is not filtered by this name."))?;
                    columns.push((column, ty, text));
                }
            }
        }
        Ok(Self {
            limit: page.limit()?,
            after: page.after_id()?.map(DocumentId::from_bytes),
            archived,
            scope,
            columns,
        })
    }

    fn takes(&self, stored: &StoredDocument, row: &Row) -> bool {
        let holds = |(name, ty, text): &(&str, Type, String)| {
            row.value(name)
                .is_some_and(|value| is_written(*ty, &cell(*ty, value), text))
        };
        self.archived.is_none_or(|archived| archived == row.archived)
            && self.scope.is_none_or(|scope| scope == stored.scope)
            && self.columns.iter().all(holds)
    }
}

/// Whether a column's value is what a query string says.
fn is_written(ty: Type, held: &Cell, text: &str) -> bool {
    match held {
        Cell::Null => false,
        Cell::Text(held) => held == text,
        Cell::Integer(held) => match ty {
            Type::Boolean => text.parse() == Ok(*held != 0),
            Type::Instant => text
                .parse::<chrono::DateTime<chrono::Utc>>()
                .is_ok_and(|instant| instant.timestamp_millis() == *held),
            _ => text.parse() == Ok(*held),
        },
    }
}

fn unreadable(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed").detail(detail)
}

pub(super) async fn list(
    State(app): State<AppState>,
    session: Session,
    Path(Collection(kind)): Path<Collection>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<axum::Json<Page<Record>>, Problem> {
    let wanted = Wanted::read(kind, pairs)?;
    let page = app
        .database
        .read::<_, RelayError>(move |tx| {
            let (mut items, mut after, mut looked) = (Vec::new(), wanted.after, 0);
            // One more than the page takes shows whether another follows.
            let at_once = wanted.limit + 1;
            loop {
                let batch = tx.kind_documents(session.member, kind.name, after, at_once)?;
                let is_last = batch.len() < at_once;
                for stored in batch {
                    if items.len() == wanted.limit || looked == LOOK_AT {
                        return Ok(page(items, after));
                    }
                    looked += 1;
                    after = Some(stored.id);
                    if !relay::leaves(session.member, stored.scope) {
                        continue;
                    }
                    let row: Row = serde_json::from_str(&stored.row)?;
                    if wanted.takes(&stored, &row) {
                        items.push(Record::of(tx, kind, &stored, row)?);
                    }
                }
                if is_last {
                    return Ok(page(items, None));
                }
            }
        })
        .await?;
    Ok(axum::Json(page))
}

fn page(items: Vec<Record>, last: Option<DocumentId>) -> Page<Record> {
    let next_cursor = last.map(|id| BASE64URL_NOPAD.encode(id.as_bytes()));
    Page { items, next_cursor }
}
