//! Why a record is on this phone or not, what of it is still to be handed in, and whether the phone may be wiped.

use super::sync::SyncStatus;
use super::{Engine, Error};
use crate::ids::{DocumentId, Heads, ScopeId};
use crate::policy::Access;

/// What is known of one record on this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// In one word.
    pub presence: Presence,
    /// Its scope, where it is known.
    pub scope: Option<ScopeId>,
    /// What this member may do there.
    pub access: Option<Access>,
    /// Whether it holds edits that the relay neither has nor keeps apart.
    pub pending: bool,
    /// The code under which the relay keeps edits of it apart.
    pub parked: Option<String>,
    /// Why the last push of it failed, and when it is tried again, in milliseconds since 1970.
    pub trouble: Option<(String, i64)>,
    /// The version here.
    pub heads: Option<Heads>,
    /// When device and relay last agreed on everything, in milliseconds since 1970.
    pub agreed_at_ms: Option<i64>,
}

/// Whether a record is here, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is here, and as the relay has acknowledged it.
    Here,
    /// It is here, and the relay has not all of it.
    HerePending,
    /// It is here, but bytes are missing: the whole is asked for.
    HereIncomplete,
    /// Its row is here, and its document is not: it is read, listed and found, and the document comes where it is asked for.
    RowOnly,
    /// It is here until it is handed in: the member may not read its scope any more.
    HereLeaving,
    /// It is not here, and some scope is still loading: it may come.
    Loading,
    /// It is not here: no grant of this member reaches it, it was put nowhere, or it does not exist. The relay knows
    /// which.
    NotHere,
}

/// Whether the phone may be wiped without losing anything, and what stands against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WipeCheck {
    /// Nothing would be lost.
    pub is_safe: bool,
    /// How the device stands with the relay.
    pub status: SyncStatus,
    /// Documents of which the relay keeps edits apart.
    pub parked: u64,
    /// Documents of which bytes are missing.
    pub incomplete: u64,
    /// Scopes whose kept sums were not what their documents add up to.
    pub miscounted: u64,
}

impl Engine {
    /// Why a record is on this phone or not.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn explain(&self, id: DocumentId) -> Result<Explanation, Error> {
        let status = self.sync_status()?;
        self.read(|reader| {
            let agreed_at_ms = status.agreed_at_ms;
            let Some(state) = reader.state(id)? else {
                let presence = if status.loading > 0 {
                    Presence::Loading
                } else {
                    Presence::NotHere
                };
                return Ok(Explanation {
                    presence,
                    scope: None,
                    access: None,
                    pending: false,
                    parked: None,
                    trouble: None,
                    heads: None,
                    agreed_at_ms,
                });
            };
            let leaving = reader.pending_outs()?.iter().any(|out| Some(out.scope) == state.scope);
            let presence = if leaving {
                Presence::HereLeaving
            } else if state.want_whole {
                Presence::HereIncomplete
            } else if state.is_row_only() {
                Presence::RowOnly
            } else if state.acked.as_ref() == Some(&state.heads) {
                Presence::Here
            } else {
                Presence::HerePending
            };
            let access = match state.scope {
                Some(scope) => reader.access(scope)?,
                None => None,
            };
            Ok(Explanation {
                presence,
                scope: state.scope,
                access,
                pending: state.is_dirty(),
                parked: state.parked.map(|parked| parked.code),
                trouble: state.trouble.map(|code| (code, state.retry_at_ms)),
                heads: Some(state.heads),
                agreed_at_ms,
            })
        })
    }

    /// Checks whether the phone may be wiped: the relay has everything, and both agree by digest. The sums are added up
    /// anew first. True only of the moment: an edit made afterwards is not covered.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn check_wipe(&self) -> Result<WipeCheck, Error> {
        let miscounted = self.audit()?;
        let status = self.sync_status()?;
        let (parked, incomplete) = self.read(|reader| {
            Ok((
                reader.parked(u32::MAX)?.len() as u64,
                reader.wanted(i64::MAX, u32::MAX)?.len() as u64,
            ))
        })?;
        let handed_in = status.pending + status.loading + status.handing_in + parked + incomplete == 0;
        Ok(WipeCheck {
            is_safe: handed_in && miscounted == 0 && status.agreed == Some(true) && status.agreed_at_ms.is_some(),
            status,
            parked,
            incomplete,
            miscounted,
        })
    }
}
