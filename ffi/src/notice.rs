//! What the person has to know of his own edits.

use satchel_core::ids::DocumentId;
use satchel_core::store;

use crate::entry::instant;
use crate::runtime::on_thread;
use crate::{Instant, Satchel, SatchelError};

/// What became of an edit of this device's person: kept apart, accepted late, or dropped.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Notice {
    /// Its number on this device.
    pub number: i64,
    /// The record.
    pub record: DocumentId,
    /// The record's kind.
    pub kind: String,
    /// Why: a code, as in `no-access`.
    pub code: String,
    /// What became of it: `quarantined`, `accepted`, `dropped` and the like.
    pub state: String,
    /// When this device learnt of it.
    pub at: Instant,
    /// The edit in plain values (JSON), where it is in no record any more.
    pub detail: Option<String>,
    /// Whether it was shown.
    pub seen: bool,
}

impl From<store::Notice> for Notice {
    fn from(notice: store::Notice) -> Self {
        Self {
            number: notice.number,
            record: notice.document,
            kind: notice.kind,
            code: notice.code,
            state: notice.state,
            at: instant(notice.at_ms),
            detail: notice.detail,
            seen: notice.seen,
        }
    }
}

#[uniffi::export]
impl Satchel {
    /// What the person has to know of his own edits, newest first, before the number `before`.
    ///
    /// # Errors
    /// As every reading.
    pub async fn notices(&self, before: Option<i64>, limit: i32) -> Result<Vec<Notice>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let limit = u32::try_from(limit).unwrap_or(1).max(1);
            let notices = engine.notices(before, limit)?;
            Ok(notices.into_iter().map(Into::into).collect())
        })
        .await
    }

    /// Notes that a notice was shown.
    ///
    /// # Errors
    /// As every writing.
    pub async fn mark_notice_seen(&self, number: i64) -> Result<(), SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(engine.mark_notice_seen(number)?)).await
    }
}
