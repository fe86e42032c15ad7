//! Syncing, as one run that can be watched and stopped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use satchel_core::engine::Engine;
use satchel_core::net::{self, Client};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::time::Instant as Moment;

use crate::lease::Lease;
use crate::runtime::{contain, on_thread, runtime};
use crate::status::count;
use crate::{CancelHandle, Satchel, SatchelError};

/// Bytes of records asked for in one exchange: applied and committed well under a second, so that stopping is prompt
/// and progress moves.
const SLICE: u64 = 1 << 20;
/// Less is not worth an exchange, in bytes.
const WORTH: u64 = 4 << 10;

/// Bounds of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, uniffi::Record)]
pub struct SyncOptions {
    /// Stop after this time, as a background window gives it; what is committed stays.
    #[uniffi(default)]
    pub deadline: Option<Duration>,
    /// Stop after about so many bytes, sent and received; what is committed stays.
    #[uniffi(default)]
    pub byte_budget: Option<i64>,
}

/// What a run did so far, and what is left.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct SyncProgress {
    /// Round trips made.
    pub exchanges: i64,
    /// Bytes sent.
    pub sent: i64,
    /// Bytes received.
    pub received: i64,
    /// Records handed in and decided on.
    pub decided: i64,
    /// Records received.
    pub documents: i64,
    /// Records with edits that are still to be handed in.
    pub pending: i64,
    /// Parts of the organisation's data that are still loading.
    pub loading: i64,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SyncEnd {
    /// Nothing is left.
    Complete,
    /// Something is left that another exchange would not change now: a record waits for its turn.
    Waiting,
    /// The time was over.
    Deadline,
    /// The bytes were used up.
    Budget,
    /// It was cancelled, or the database closed.
    Cancelled,
    /// Another process (an extension of the app, or the app) is syncing this database: it does the work.
    Elsewhere,
}

/// What a run did and why it ended.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// What it did, and what is left.
    pub progress: SyncProgress,
    /// Why it ended.
    pub end: SyncEnd,
}

/// Where a run is.
#[derive(Debug, Clone, Default)]
struct State {
    progress: SyncProgress,
    end: Option<Result<SyncEnd, SatchelError>>,
}

/// A sync under way. Cancelling or dropping it stops it within moments; what was committed stays.
#[derive(Debug, uniffi::Object)]
pub struct SyncRun {
    state: watch::Receiver<State>,
    /// What [`SyncRun::next`] has told already.
    told: Mutex<watch::Receiver<State>>,
    cancel: Arc<CancelHandle>,
}

#[uniffi::export]
impl SyncRun {
    /// Waits for the next step and tells how far the run is; absent at the end. Steps that nobody asked for are left out.
    ///
    /// # Errors
    /// Never by itself: how the run ended is told by [`SyncRun::finish`].
    pub async fn next(&self) -> Result<Option<SyncProgress>, SatchelError> {
        let mut told = self.told.lock().await;
        if told.changed().await.is_err() {
            return Ok(None);
        }
        let state = told.borrow_and_update();
        Ok(state.end.is_none().then(|| state.progress.clone()))
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// The first thing that stopped it: [`SatchelError::Offline`], [`SatchelError::SignedOut`],
    /// [`SatchelError::UpdateNeeded`], [`SatchelError::StorageFull`], [`SatchelError::Unavailable`].
    pub async fn finish(&self) -> Result<SyncReport, SatchelError> {
        let mut state = self.state.clone();
        let ended = state.wait_for(|state| state.end.is_some()).await;
        let State { progress, end } = ended.map_err(|_| SatchelError::internal("a sync stopped"))?.clone();
        let end = end.ok_or_else(|| SatchelError::internal("a sync has no end"))??;
        Ok(SyncReport { progress, end })
    }

    /// Stops it within moments; what was committed stays.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Drop for SyncRun {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

#[uniffi::export]
impl Satchel {
    /// Begins to sync: hands in what was written here, takes what is new, until nothing is left or a bound is met. Only
    /// one run at a time; another one waits for it. Where another process has the database open and syncs it, the run ends
    /// at once.
    ///
    /// # Errors
    /// Nothing but [`SatchelError::Internal`]: what stops it is told by [`SyncRun::finish`].
    pub fn sync(&self, options: SyncOptions) -> Result<Arc<SyncRun>, SatchelError> {
        contain(|| {
            let deadline = options
                .deadline
                .and_then(|deadline| Moment::now().checked_add(deadline));
            let (tell, state) = watch::channel(State::default());
            let cancel = Arc::new(CancelHandle::new());
            let run = Run {
                satchel: self.parts(),
                bytes_left: options.byte_budget.map(|bytes| u64::try_from(bytes).unwrap_or(0)),
                tell,
                cancel: Arc::clone(&cancel),
            };
            let (turn, closing, path) = (self.turn(), self.closing(), self.path());
            let mut pausing = self.pausing();
            runtime()?.spawn(async move {
                let stop = Arc::clone(&run.cancel);
                let end = tokio::select! {
                    biased;
                    () = stop.cancelled() => Ok(SyncEnd::Cancelled),
                    () = closing.cancelled() => Ok(SyncEnd::Cancelled),
                    () = until(deadline) => Ok(SyncEnd::Deadline),
                    _ = pausing.changed() => Err(SatchelError::Unavailable),
                    end = run.go(turn, path) => end,
                };
                run.tell.send_modify(|state| state.end = Some(end));
            });
            Ok(Arc::new(SyncRun {
                told: Mutex::new(state.clone()),
                state,
                cancel,
            }))
        })
    }
}

async fn until(deadline: Option<Moment>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// What a run works with. It is dropped at any await: every exchange is applied batch by batch.
struct Run {
    satchel: crate::satchel::Parts,
    bytes_left: Option<u64>,
    tell: watch::Sender<State>,
    cancel: Arc<CancelHandle>,
}

impl Run {
    async fn go(&self, turn: Arc<Mutex<()>>, database: PathBuf) -> Result<SyncEnd, SatchelError> {
        let _turn: OwnedMutexGuard<()> = turn.lock_owned().await;
        let Some(_lease) = on_thread(move || Lease::take(&database)).await? else {
            return Ok(SyncEnd::Elsewhere);
        };
        let client = self.satchel.client().await?;
        let mut progress = SyncProgress::default();
        loop {
            let used = progress.sent.saturating_add(progress.received);
            let left = self.bytes_left.map(|bytes| bytes.saturating_sub(used.unsigned_abs()));
            if left.is_some_and(|left| left < WORTH) {
                return Ok(SyncEnd::Budget);
            }
            let more = self
                .exchange(&client, left.map_or(SLICE, |left| left.min(SLICE)), &mut progress)
                .await?;
            self.tell.send_modify(|state| state.progress = progress.clone());
            if let Some(end) = more {
                return Ok(end);
            }
        }
    }

    /// An exchange or two, and the housekeeping that it makes necessary. `None` where another one would do something.
    async fn exchange(
        &self,
        client: &Client,
        byte_budget: u64,
        progress: &mut SyncProgress,
    ) -> Result<Option<SyncEnd>, SatchelError> {
        let engine = &self.satchel.engine;
        let options = net::SyncOptions {
            // The second brings as rows what the packs that the first was offered do not.
            exchanges: 2,
            byte_budget,
        };
        let report = client.sync(engine, options).await?;
        progress.exchanges += i64::from(report.exchanges);
        progress.sent += count(report.sent);
        progress.received += count(report.received);
        progress.decided += count(report.decided);
        progress.documents += count(report.documents);
        let reading = engine.clone();
        let status = on_thread(move || Ok(reading.sync_status()?)).await?;
        progress.pending = count(status.pending);
        progress.loading = count(status.loading);
        if report.documents > 0 {
            tidy(engine).await?;
        }
        Ok(if report.complete {
            Some(SyncEnd::Complete)
        } else if report.more {
            None
        } else {
            Some(SyncEnd::Waiting)
        })
    }
}

/// Makes what came findable, slice by slice.
pub(crate) async fn tidy(engine: &Engine) -> Result<(), SatchelError> {
    loop {
        let engine = engine.clone();
        if on_thread(move || Ok(engine.maintain()?.is_complete())).await? {
            return Ok(());
        }
    }
}
