//! The handle on one database: opened, written, read, suspended, closed.

mod edit;
mod read;

pub use read::Action;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use chrono_tz::Tz;
use satchel_core::engine::{Engine, Options};
use satchel_core::ids::DocumentId;
use satchel_core::net::Client;
use satchel_core::schema::ViolationCode;
use tokio::sync::watch;

use crate::account;
use crate::lease::Lease;
use crate::runtime::{in_task, on_thread};
use crate::secret::{SecretStore, Secrets};
use crate::{CancelHandle, SatchelError};

/// How a database is opened.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OpenOptions {
    /// Where the database file is, or is to be made; its folder must be there. Files beside it belong to it
    /// (`-wal`, `-shm`, and the empty `-sync`). Outside of backups.
    pub path: String,
    /// IANA name of the device's zone, as in `Asia/Shanghai`.
    pub zone: String,
    /// What an admin sees of this device, as in `Pixel 9`.
    #[uniffi(default = "phone")]
    pub device_name: String,
    /// `android`, `ios` or the like.
    #[uniffi(default = "unknown")]
    pub platform: String,
    /// For a manager: the records that the person only reads from above (his team's) come without documents and history.
    /// Lists, search and figures are the same. What needs a document fetches it, and is offline where that fails.
    #[uniffi(default = false)]
    pub rows_only: bool,
}

/// One database on this device, and its connection to the relay. One for each database and process; it may be used from
/// any thread.
#[derive(uniffi::Object)]
pub struct Satchel {
    parts: Parts,
    options: OpenOptions,
    /// Held by the sync that runs.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Counts how often it was suspended: what runs then ends.
    pausing: watch::Sender<u64>,
    closing: Arc<CancelHandle>,
}

/// What background work needs.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) engine: Engine,
    secrets: Secrets,
    client: ClientPlace,
}

/// The client, made when it is first needed: its token is shared by all that follows.
#[derive(Clone, Default)]
pub(crate) struct ClientPlace(Arc<Mutex<Option<Client>>>);

impl ClientPlace {
    /// The device was enrolled anew: the next one that is needed is another.
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn present(&self) -> Option<Client> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Parts {
    /// The client of the relay that this device is enrolled at.
    pub(crate) async fn client(&self) -> Result<Client, SatchelError> {
        if let Some(client) = self.client.present() {
            return Ok(client);
        }
        let parts = self.clone();
        on_thread(move || {
            // The app is asked for the key outside of the lock; of two that come at once the later one stays.
            let client = account::client(&parts.engine, &parts.secrets)?;
            *parts.client.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(client.clone());
            Ok(client)
        })
        .await
    }
}

impl Satchel {
    pub(crate) fn engine(&self) -> &Engine {
        &self.parts.engine
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.parts.secrets
    }

    pub(crate) fn parts(&self) -> Parts {
        self.parts.clone()
    }

    pub(crate) fn client_place(&self) -> ClientPlace {
        self.parts.client.clone()
    }

    pub(crate) fn turn(&self) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(&self.turn)
    }

    /// Changes when the database is suspended.
    pub(crate) fn pausing(&self) -> watch::Receiver<u64> {
        self.pausing.subscribe()
    }

    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from(&self.options.path)
    }

    pub(crate) fn closing(&self) -> Arc<CancelHandle> {
        Arc::clone(&self.closing)
    }

    /// Makes a call that may need a record's document. Where only its row is here, the document is fetched, and the call
    /// made once more; it runs to its end, also where the caller stops waiting. The fetching ends at once where the app is
    /// suspended or closes, and does not begin while another process syncs.
    pub(crate) async fn with_document<T: Send + 'static>(
        &self,
        id: DocumentId,
        call: impl Fn(&Engine) -> Result<T, SatchelError> + Send + Sync + 'static,
    ) -> Result<T, SatchelError> {
        let call = Arc::new(call);
        let (first, engine) = (Arc::clone(&call), self.engine().clone());
        // Of the engine alone, which asks nobody, this says that the document is not here.
        match on_thread(move || first(&engine)).await {
            Err(SatchelError::Offline { .. }) => {}
            other => return other,
        }
        let (parts, turn, path) = (self.parts(), self.turn(), self.path());
        let (closing, mut pausing) = (self.closing(), self.pausing());
        in_task(async move {
            let fetch = async {
                let _turn = turn.lock_owned().await;
                let lease = on_thread(move || Lease::take(&path)).await?;
                let _lease = lease.ok_or(SatchelError::Unavailable)?;
                let client = parts.client().await?;
                Ok::<_, SatchelError>(client.fetch_document(&parts.engine, id).await?)
            };
            tokio::select! {
                biased;
                () = closing.cancelled() => return Err(SatchelError::Unavailable),
                _ = pausing.changed() => return Err(SatchelError::Unavailable),
                fetched = fetch => drop(fetched?),
            }
            on_thread(move || call(&parts.engine)).await
        })
        .await
    }

    pub(crate) fn device_name(&self) -> (String, String) {
        (self.options.device_name.clone(), self.options.platform.clone())
    }
}

/// A zone by its IANA name.
pub(crate) fn zone(name: &str) -> Result<Tz, SatchelError> {
    name.parse()
        .map_err(|_| SatchelError::invalid("zone", ViolationCode::UnknownChoice))
}

#[uniffi::export]
impl Satchel {
    /// Opens the database, making or upgrading it where needed. The records are not read: it takes milliseconds.
    ///
    /// # Errors
    /// [`SatchelError::UpdateNeeded`] where a newer version of the app wrote it (nothing was touched),
    /// [`SatchelError::DatabaseDamaged`], [`SatchelError::Unavailable`], [`SatchelError::StorageFull`],
    /// [`SatchelError::Invalid`] at `zone`.
    #[uniffi::constructor]
    pub async fn open(options: OpenOptions, secrets: Arc<dyn SecretStore>) -> Result<Arc<Self>, SatchelError> {
        on_thread(move || {
            zone(&options.zone)?;
            let wanted = Options {
                rows_only: options.rows_only,
                ..Options::new(&options.zone)
            };
            let engine = Engine::open(&PathBuf::from(&options.path), wanted)?;
            Ok(Arc::new(Self {
                parts: Parts {
                    engine,
                    secrets: Secrets(secrets),
                    client: ClientPlace::default(),
                },
                options,
                turn: Arc::default(),
                pausing: watch::Sender::new(0),
                closing: Arc::new(CancelHandle::new()),
            }))
        })
        .await
    }

    /// The device travelled: edits carry this zone from now on.
    ///
    /// # Errors
    /// [`SatchelError::Invalid`] at `zone`.
    pub fn set_zone(&self, name: &str) -> Result<(), SatchelError> {
        zone(name)?;
        self.engine().set_zone(name);
        Ok(())
    }

    /// Turns [`OpenOptions::rows_only`] on or off for a database that is open. Turned off, everything is loaded whole with
    /// the next syncs; turned on, nothing that is here goes.
    ///
    /// # Errors
    /// As every writing.
    pub async fn set_rows_only(&self, on: bool) -> Result<(), SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(engine.set_rows_only(on)?)).await
    }

    /// Returns when nobody writes or reads and everything is in the database file itself, unlocked: call it before the
    /// system suspends the app, which iOS kills where it holds a lock. A sync that runs ends as unavailable, and what it
    /// committed stays. Writing is refused until [`Satchel::resume`]; reading goes on.
    ///
    /// # Errors
    /// [`SatchelError::Unavailable`] where it is closed, or another process keeps it busy (writing is refused all the
    /// same).
    pub async fn suspend(&self) -> Result<(), SatchelError> {
        let engine = self.engine().clone();
        let suspended = on_thread(move || Ok(engine.suspend()?)).await;
        // The sync's lease is a lock, too.
        self.pausing.send_modify(|times| *times += 1);
        drop(self.turn.lock().await);
        suspended
    }

    /// Lets writing go on after [`Satchel::suspend`].
    pub fn resume(&self) {
        self.engine().resume();
    }

    /// Ends what runs (sync, live connection, observations) and closes the database. What is called afterwards fails as
    /// unavailable. Closing twice does nothing.
    ///
    /// # Errors
    /// [`SatchelError::Unavailable`] or [`SatchelError::StorageFull`] where the log could not be emptied; what was
    /// committed is safe.
    pub async fn shut_down(&self) -> Result<(), SatchelError> {
        self.closing.cancel();
        let engine = self.engine().clone();
        on_thread(move || Ok(engine.close()?)).await
    }
}
