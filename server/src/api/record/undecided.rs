//! `GET /v1/undecided`: records on which people wrote apart, of all kinds.

use axum::extract::State;
use satchel_core::domain;

use super::view::Record;
use crate::api::body::Query;
use crate::api::page::PageQuery;
use crate::api::{Page, Problem};
use crate::identity::Session;
use crate::relay::{self, RelayError};
use crate::state::AppState;
use crate::store::log::Log;

pub(super) async fn list(
    State(app): State<AppState>,
    session: Session,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Record>>, Problem> {
    let (limit, after) = (page.limit()?, page.after_id()?);
    let found = app
        .database
        .read::<_, RelayError>(move |tx| {
            let after = after.map(satchel_core::ids::DocumentId::from_bytes);
            let rows = tx.undecided_documents(session.member, after, limit + 1)?;
            let shown = Page::cut(rows, limit, |row| row.id.as_bytes().to_vec(), |row| row);
            let mut items = Vec::new();
            for row in &shown.items {
                // What this version does not know, or is private, is left out; the cursor goes over it.
                if let Some(kind) = domain::kind(&row.kind)
                    && relay::leaves(session.member, row.scope)
                {
                    items.push(Record::read(tx, kind, row)?);
                }
            }
            Ok(Page {
                items,
                next_cursor: shown.next_cursor,
            })
        })
        .await?;
    Ok(axum::Json(found))
}
