//! Where a page ended.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::{Direction, ListQuery};
use crate::ids::DocumentId;
use crate::projection::Cell;
use crate::store::Error;

/// Where a page ended. Opaque outside; it names its query, so that it cannot be used with another.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cursor {
    kind: String,
    column: String,
    descending: bool,
    number: Option<i64>,
    text: Option<String>,
    pub(super) id: DocumentId,
}

impl Cursor {
    pub(super) fn new(query: &ListQuery, cell: Cell, id: DocumentId) -> Self {
        let (number, text) = match cell {
            Cell::Null => (None, None),
            Cell::Integer(number) => (Some(number), None),
            Cell::Text(text) => (None, Some(text)),
        };
        Self {
            kind: query.kind.clone(),
            column: query.order.column.clone(),
            descending: query.order.direction == Direction::Descending,
            number,
            text,
            id,
        }
    }

    pub(super) fn write(&self) -> Result<String, Error> {
        Ok(BASE64URL_NOPAD.encode(&serde_json::to_vec(self)?))
    }

    pub(super) fn read(query: &ListQuery) -> Result<Option<Self>, Error> {
        let Some(text) = &query.after else { return Ok(None) };
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Error::BadCursor)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| Error::BadCursor)?;
        let same = cursor.kind == query.kind
            && cursor.column == query.order.column
            && cursor.descending == (query.order.direction == Direction::Descending);
        if same { Ok(Some(cursor)) } else { Err(Error::BadCursor) }
    }

    pub(super) fn cell(&self) -> Cell {
        match (&self.number, &self.text) {
            (Some(number), _) => Cell::Integer(*number),
            (None, Some(text)) => Cell::Text(text.clone()),
            (None, None) => Cell::Null,
        }
    }
}
