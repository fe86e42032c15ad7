//! How this device stands with the relay, and how far its own housekeeping is.

use satchel_core::engine::{self, Engine};

use crate::entry::instant;
use crate::runtime::on_thread;
use crate::{Instant, Satchel, SatchelError};

/// The code under which an edit waits of which the relay keeps nothing.
const KEPT_HERE_ONLY: &str = "actor-conflict";
/// Parked records looked at; with more, nothing is called safe.
const PARKED: u32 = 10_000;

/// How this device stands with the relay.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Status {
    /// Records with edits that the relay neither has nor keeps apart.
    pub pending: i64,
    /// Records whose last edit the relay keeps apart, for somebody to decide.
    pub parked: i64,
    /// Parts of the organisation's data that are still loading.
    pub loading: i64,
    /// Parts that this person may not see any more, still to be handed in and deleted here.
    pub handing_in: i64,
    /// When this device and the relay last compared all they have and agreed.
    pub agreed_at: Option<Instant>,
    /// Whether they agreed at the last complete sync; absent before the first.
    pub agreed: Option<bool>,
    /// Whether the relay revoked this device: edits are still handed in, nothing comes any more.
    pub revoked: bool,
    /// Whether everything here was handed in and deleted because of that: nothing can be written any more, and the person
    /// enrols again.
    pub wiped: bool,
    /// Whether nothing waits on this device alone. Cheap, and by what is counted only: before really wiping ask
    /// [`Satchel::check_wipe`].
    pub safe_to_wipe: bool,
}

/// How far the housekeeping is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Maintenance {
    /// Records that search finds.
    pub indexed: i64,
    /// Records that search does not find yet.
    pub unindexed: i64,
    /// Kinds whose lists are still being prepared after an upgrade.
    pub unfilled: Vec<String>,
}

/// A count as it crosses; no device holds as many.
pub(crate) fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl From<engine::Progress> for Maintenance {
    fn from(progress: engine::Progress) -> Self {
        Self {
            indexed: count(progress.index.indexed),
            unindexed: count(progress.index.pending),
            unfilled: progress.unfilled.into_iter().map(str::to_owned).collect(),
        }
    }
}

fn status(engine: &Engine) -> Result<Status, SatchelError> {
    let status = engine.sync_status()?;
    let parked = engine.read(|reader| Ok(reader.parked(PARKED)?))?;
    let here_only = parked.iter().filter_map(|state| state.parked.as_ref());
    let all_handed_in =
        parked.len() < PARKED as usize && here_only.into_iter().all(|parked| parked.code != KEPT_HERE_ONLY);
    Ok(Status {
        pending: count(status.pending),
        parked: count(parked.len() as u64),
        loading: count(status.loading),
        handing_in: count(status.handing_in),
        agreed_at: status.agreed_at_ms.map(instant),
        agreed: status.agreed,
        revoked: status.revoked,
        wiped: status.wiped,
        safe_to_wipe: status.pending == 0 && all_handed_in,
    })
}

#[uniffi::export]
impl Satchel {
    /// How this device stands with the relay.
    ///
    /// # Errors
    /// As every reading.
    pub async fn status(&self) -> Result<Status, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || status(&engine)).await
    }

    /// How far the housekeeping is. It goes on by itself after every sync.
    ///
    /// # Errors
    /// As every reading.
    pub async fn maintenance(&self) -> Result<Maintenance, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(engine.progress()?.into())).await
    }

    /// Does one slice of the housekeeping, well under a second, and tells how far it is: for idle moments after an
    /// import or an upgrade.
    ///
    /// # Errors
    /// As every writing.
    pub async fn maintain(&self) -> Result<Maintenance, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(engine.maintain()?.into())).await
    }

    /// Whether the last process that had the database open did not close it; a reason to [`Satchel::verify`].
    pub fn left_open(&self) -> bool {
        self.engine().left_open()
    }

    /// Checks every page of the database; seconds for 100,000 records.
    ///
    /// # Errors
    /// [`SatchelError::DatabaseDamaged`] where a page contradicts another.
    pub async fn verify(&self) -> Result<(), SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(engine.verify()?)).await
    }
}
