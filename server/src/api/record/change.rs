//! `GET /v1/changes`: what changed since, for those who keep a copy elsewhere.

use axum::extract::State;
use axum::http::StatusCode;
use satchel_core::domain;
use satchel_core::ids::ScopeId;
use serde::{Deserialize, Serialize};

use super::view::Record;
use crate::api::Problem;
use crate::api::body::Query;
use crate::identity::Session;
use crate::relay::{self, RelayError, Store};
use crate::state::AppState;
use crate::store::log::StoredDocument;
use crate::store::people::{AccessRow, AccessState};

/// Which part of the feed is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeQuery {
    /// `next_after` of the answer before; 0 for the beginning.
    #[serde(default)]
    after: u64,
    /// Changes wanted, 1 to 200; 50 where absent.
    limit: Option<usize>,
}

/// A part of the feed.
#[derive(Debug, Serialize)]
pub(super) struct Feed {
    pub(super) items: Vec<Change>,
    /// Where to go on.
    pub(super) next_after: u64,
    /// Whether more waits there already.
    pub(super) more: bool,
}

/// Something that changed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Change {
    /// A record, as it is now; at the seq of its latest change.
    Record { seq: u64, record: Box<Record> },
    /// A scope came into the caller's reach or left it.
    Scope { seq: u64, scope: ScopeChange },
}

#[derive(Debug, Serialize)]
pub(super) struct ScopeChange {
    id: ScopeId,
    state: &'static str,
}

/// A row of the log before it is shown.
enum Found {
    Document(StoredDocument),
    Access(AccessRow),
}

impl Found {
    fn seq(&self) -> u64 {
        match self {
            Self::Document(stored) => stored.seq,
            Self::Access(row) => row.seq,
        }
    }

    /// As it is sent; nothing for what does not leave over REST, or is of a kind that this version does not know.
    fn show(&self, store: &dyn Store, session: Session) -> Result<Option<Change>, RelayError> {
        let seq = self.seq();
        let scope = match self {
            Self::Document(stored) => stored.scope,
            Self::Access(row) => row.scope,
        };
        if !relay::leaves(session.member, scope) {
            return Ok(None);
        }
        Ok(match self {
            Self::Document(stored) => match domain::kind(&stored.kind) {
                Some(kind) => Some(Change::Record {
                    seq,
                    record: Box::new(Record::read(store, kind, stored)?),
                }),
                None => None,
            },
            Self::Access(row) => Some(Change::Scope {
                seq,
                scope: ScopeChange {
                    id: scope,
                    state: if row.state == AccessState::In { "in" } else { "out" },
                },
            }),
        })
    }
}

pub(super) async fn list(
    State(app): State<AppState>,
    session: Session,
    Query(query): Query<ChangeQuery>,
) -> Result<axum::Json<Feed>, Problem> {
    let limit @ 1..=200 = query.limit.unwrap_or(50) else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed").detail("limit is 1 to 200"));
    };
    let part = app
        .database
        .read::<_, RelayError>(move |tx| feed(tx, session, query.after, limit))
        .await?;
    Ok(axum::Json(part))
}

/// The part of the feed after a seq, with what the caller may read.
///
/// # Errors
/// Where the database fails.
pub(super) fn feed(store: &dyn Store, session: Session, after: u64, limit: usize) -> Result<Feed, RelayError> {
    // A seq beyond what the database counts to has nothing after it.
    let after = after.min(i64::MAX.unsigned_abs());
    let upto = store.last_seq()?;
    let documents = store.member_documents(session.member, after, upto, limit + 1)?;
    let access = store.access_after(session.member, after, limit + 1)?;
    let mut rows: Vec<Found> = documents.into_iter().map(Found::Document).collect();
    rows.extend(access.into_iter().map(Found::Access));
    rows.sort_by_key(Found::seq);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(Found::seq).filter(|_| more);
    let mut items = Vec::new();
    for row in &rows {
        items.extend(row.show(store, session)?);
    }
    Ok(Feed {
        items,
        next_after: last.unwrap_or_else(|| upto.max(after)),
        more,
    })
}
