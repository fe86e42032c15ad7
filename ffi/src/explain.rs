//! Why a record is on this device or not, and whether the device may be wiped.

use satchel_core::engine::{self, Engine};
use satchel_core::ids::DocumentId;

use crate::entry::instant;
use crate::runtime::on_thread;
use crate::status::count;
use crate::{Instant, Satchel, SatchelError};

/// Whether a record is on this device, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Presence {
    /// It is here, as the relay has it.
    Here,
    /// It is here, with edits that the relay has not let in (yet).
    HerePending,
    /// It is here, but bytes are missing: the whole is asked for with the next sync.
    HereIncomplete,
    /// What lists show of it is here, and its document is not: that comes where it is asked for
    /// ([`crate::OpenOptions::rows_only`]).
    RowOnly,
    /// It is here until it is handed in: this person may not see it any more.
    HereLeaving,
    /// It is not here, and something is still loading: it may come.
    Loading,
    /// It is not here: this person may not see it, or it does not exist. The relay knows which.
    NotHere,
}

/// What is known of one record on this device.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Explanation {
    /// Whether it is here, and why.
    pub presence: Presence,
    /// Whether it holds edits that the relay neither has nor keeps apart.
    pub pending: bool,
    /// The code under which the relay keeps edits of it apart.
    pub parked: Option<String>,
    /// The code with which it last could not be handed in or read.
    pub trouble: Option<String>,
    /// When that is tried again.
    pub tried_again_at: Option<Instant>,
    /// When this device and the relay last compared all they have and agreed.
    pub agreed_at: Option<Instant>,
}

/// Whether this device may be wiped without losing anything, and what stands against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct WipeCheck {
    /// Nothing would be lost.
    pub is_safe: bool,
    /// Records with edits that the relay neither has nor keeps apart.
    pub pending: i64,
    /// Records whose edits the relay keeps apart.
    pub parked: i64,
    /// Parts of the organisation's data that are still loading.
    pub loading: i64,
    /// Parts that are still to be handed in and deleted.
    pub handing_in: i64,
    /// Records of which bytes are missing.
    pub incomplete: i64,
    /// Parts whose kept sums were not what their records add up to.
    pub miscounted: i64,
    /// Whether device and relay agreed at the last complete sync; absent before the first.
    pub agreed: Option<bool>,
}

impl From<engine::Presence> for Presence {
    fn from(presence: engine::Presence) -> Self {
        match presence {
            engine::Presence::Here => Self::Here,
            engine::Presence::HerePending => Self::HerePending,
            engine::Presence::HereIncomplete => Self::HereIncomplete,
            engine::Presence::RowOnly => Self::RowOnly,
            engine::Presence::HereLeaving => Self::HereLeaving,
            engine::Presence::Loading => Self::Loading,
            engine::Presence::NotHere => Self::NotHere,
        }
    }
}

fn explain(engine: &Engine, id: DocumentId) -> Result<Explanation, SatchelError> {
    let found = engine.explain(id)?;
    let (trouble, tried_again_at_ms) = found.trouble.unzip();
    Ok(Explanation {
        presence: found.presence.into(),
        pending: found.pending,
        parked: found.parked,
        trouble,
        tried_again_at: tried_again_at_ms.map(instant),
        agreed_at: found.agreed_at_ms.map(instant),
    })
}

fn check_wipe(engine: &Engine) -> Result<WipeCheck, SatchelError> {
    let check = engine.check_wipe()?;
    Ok(WipeCheck {
        is_safe: check.is_safe,
        pending: count(check.status.pending),
        parked: count(check.parked),
        loading: count(check.status.loading),
        handing_in: count(check.status.handing_in),
        incomplete: count(check.incomplete),
        miscounted: count(check.miscounted),
        agreed: check.status.agreed,
    })
}

#[uniffi::export]
impl Satchel {
    /// Why a record is on this device or not. Why it is not, the relay knows better: `satchel admin explain`.
    ///
    /// # Errors
    /// As every reading.
    pub async fn explain(&self, id: DocumentId) -> Result<Explanation, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || explain(&engine, id)).await
    }

    /// Checks whether this device may be wiped: the relay has everything, and both agree by digest. Everything here is
    /// added up anew for it, seconds for 100,000 records. It holds for this moment; an edit made afterwards is not
    /// covered.
    ///
    /// # Errors
    /// As every writing.
    pub async fn check_wipe(&self) -> Result<WipeCheck, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || check_wipe(&engine)).await
    }
}
