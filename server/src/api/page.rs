//! Lists in pages, by cursor: a page names where the next one begins, so that rows that come and go shift nothing.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Problem;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last one. Opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which page is wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before; absent for the first.
    pub cursor: Option<String>,
    /// Rows wanted, 1 to 200; 50 where absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

impl PageQuery {
    /// Rows wanted.
    ///
    /// # Errors
    /// A problem for a number outside 1 to 200.
    pub fn limit(&self) -> Result<usize, Problem> {
        match self.limit.unwrap_or(50) {
            limit @ 1..=200 => Ok(limit),
            _ => Err(Problem::new(axum::http::StatusCode::BAD_REQUEST, "malformed").detail("limit is 1 to 200")),
        }
    }

    /// The key of the last row of the page before, as bytes.
    ///
    /// # Errors
    /// A problem for a cursor that this relay never gave.
    pub fn after(&self) -> Result<Option<Vec<u8>>, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| bad_cursor())?;
        Ok(Some(bytes))
    }

    /// The id of the last row of the page before.
    ///
    /// # Errors
    /// As [`PageQuery::after`].
    pub fn after_id(&self) -> Result<Option<[u8; 16]>, Problem> {
        self.after()?
            .map(|bytes| bytes.try_into().map_err(|_| bad_cursor()))
            .transpose()
    }
}

impl<T> Page<T> {
    /// A page from up to `limit + 1` rows: the one too many shows that another page follows.
    pub fn cut<R>(mut rows: Vec<R>, limit: usize, key: impl FnOnce(&R) -> Vec<u8>, show: impl FnMut(R) -> T) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more {
            rows.last().map(|row| BASE64URL_NOPAD.encode(&key(row)))
        } else {
            None
        };
        Self {
            items: rows.into_iter().map(show).collect(),
            next_cursor,
        }
    }
}

fn bad_cursor() -> Problem {
    Problem::new(axum::http::StatusCode::BAD_REQUEST, "malformed").detail("The cursor is not one of this relay's.")
}
