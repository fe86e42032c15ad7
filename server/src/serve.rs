//! `satchel serve`: listeners, signals, and an orderly end.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use satchel_core::clock::{Clock, Entropy, SystemClock, SystemEntropy, random};
use satchel_core::ids::RunId;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::admin::output;
use crate::api;
use crate::config::{Config, ConfigError};
use crate::dashboard;
use crate::figure;
use crate::mark::{self, Mark};
use crate::relay::restore;
use crate::state::AppState;
use crate::store::restore::{Cause, Restores};
use crate::store::sqlite::{Database, Options, Transaction};
use crate::store::{Sequence, StoreError};
use crate::telemetry;

/// How often the relay looks for commits of another process, such as `satchel admin`.
const TURN: Duration = Duration::from_secs(1);

/// Why the relay could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database cannot be used.
    #[error("database {path}: {source}")]
    Database {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: StoreError,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Metrics cannot be recorded.
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The system refused something else.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// Runs the relay until a signal ends it.
///
/// # Errors
/// [`ServeError`] where it cannot start.
pub fn run(config: &Config) -> Result<(), ServeError> {
    telemetry::log::install(config.log_format, &config.log_filter)?;
    // First of all: what the start itself commits is counted too.
    let metrics = telemetry::metric::install()?;
    let path = config.database_path();
    config.create_directory()?;
    let in_file = |source| ServeError::Database {
        path: path.display().to_string(),
        source,
    };
    let database = Database::open(&path, &Options::default()).map_err(in_file)?;
    begin_run(&database)?;
    count_figures(&database).map_err(in_file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(serve(config, &database, metrics));
    // Long-lived connections that did not end in time are cut here; what they had queued is still written.
    runtime.shutdown_timeout(Duration::from_secs(1));
    keep(
        &database,
        database
            .read_blocking::<_, StoreError>(|tx| Mark::of(tx))
            .unwrap_or_default(),
    );
    database.close();
    tracing::info!("stopped; every answered write is in the database");
    outcome
}

/// Counts figures from the beginning, where this version has not counted them yet: once after an upgrade.
fn count_figures(database: &Database) -> Result<(), StoreError> {
    database.write_blocking::<_, StoreError>(|tx| {
        if !figure::count::is_kept(tx)? {
            tracing::info!("figures are counted from all records; the relay answers after that");
            figure::count::rebuild(tx)?;
        }
        Ok(())
    })
}

/// Begins a run. Where the mark beside the database is ahead of it, it serves nobody until an admin has confirmed it.
fn begin_run(database: &Database) -> Result<(), ServeError> {
    let in_file = |source| ServeError::Database {
        path: database.path().display().to_string(),
        source,
    };
    let now_ms = SystemClock.now_ms();
    let found = Mark::read(database.path())?;
    let id = RunId::ordered(now_ms, random(&SystemEntropy));
    let (run, is_closed, mark) = database
        .write_blocking::<_, StoreError>(move |tx| {
            if mark::is_behind(tx, found)? {
                restore::begin(tx, Cause::Mark, now_ms)?;
            }
            let run = tx.begin_run(id, now_ms)?;
            Ok((run, restore::is_closed(tx)?, Mark::of(tx)?))
        })
        .map_err(in_file)?;
    tracing::info!(run = %run.id, first_seq = run.first_seq, "a new run begins");
    if is_closed {
        tracing::error!(
            "this database was put back from a backup: nobody is served; see `satchel admin restore status`"
        );
    }
    if let Some(mark) = mark {
        mark.write(database.path())?;
        // Only now its absence means something.
        database
            .write_blocking::<_, StoreError>(move |tx| tx.set_marked(now_ms))
            .map_err(in_file)?;
    }
    Ok(())
}

async fn serve(config: &Config, database: &Database, metrics: PrometheusHandle) -> Result<(), ServeError> {
    let (listener, address) = bind(config.listen).await?;
    let (metrics_listener, metrics_address) = bind(config.metrics_listen).await?;
    // An invite names the port that was really taken.
    let config = Config {
        listen: address,
        metrics_listen: metrics_address,
        ..config.clone()
    };
    let grace = Duration::from_secs(config.shutdown_grace_s.into());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let state = AppState::new(database.clone(), config, clock, entropy);

    tokio::spawn(axum::serve(metrics_listener, telemetry::metric::router(metrics)).into_future());
    tokio::spawn(look_around(database.clone()));
    gauge!("satchel_up").set(1.0);
    // One line each, for whoever started us on port 0.
    output::line(&format!("listening on http://{address}"))?;
    output::line(&format!("metrics on http://{metrics_address}/metrics"))?;

    let shutdown = state.shutdown.clone();
    let mut told = state.shutdown.subscribe();
    let app = api::app(state).merge(dashboard::routes());
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        // An error means that the sender is gone, and with it the relay.
        drop(told.wait_for(|stopping| *stopping).await);
    });
    let server = tokio::spawn(server.into_future());

    ended().await?;
    tracing::info!("shutting down: no new connections, requests under way are finished");
    gauge!("satchel_up").set(0.0);
    shutdown.send_replace(true);
    tokio::spawn(async {
        if ended().await.is_ok() {
            tracing::warn!("second signal: stopping at once");
            std::process::exit(130);
        }
    });
    if tokio::time::timeout(grace, server).await.is_err() {
        tracing::warn!(
            seconds = grace.as_secs(),
            "some requests did not finish in time and are cut"
        );
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

async fn ended() -> Result<(), std::io::Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Looks every second for commits of other processes, keeps the mark beside the database, and shows how it stands.
async fn look_around(database: Database) {
    let mut turns = tokio::time::interval(TURN);
    let mut written = None;
    loop {
        turns.tick().await;
        match database.notice_foreign_commits().await {
            Ok(()) => {}
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "cannot look for commits of other processes"),
        }
        match database
            .read::<_, StoreError>(|tx| Ok((Mark::of(tx)?, Standing::of(tx)?)))
            .await
        {
            Ok((mark, standing)) => {
                standing.show();
                if mark != written {
                    keep(&database, mark);
                    written = mark;
                }
            }
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "cannot look how the database stands"),
        }
    }
}

fn keep(database: &Database, mark: Option<Mark>) {
    if let Some(Err(error)) = mark.map(|mark| mark.write(database.path())) {
        tracing::warn!(%error, "the mark beside the database cannot be written");
    }
}

/// What the metrics say about restores.
struct Standing {
    is_closed: bool,
    beyond: usize,
    returned: u64,
}

impl Standing {
    fn of(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let newest = tx.restore()?;
        let returned = newest.map_or(Ok(Vec::new()), |restore| tx.returned(restore.number))?;
        Ok(Self {
            is_closed: restore::is_closed(tx)?,
            beyond: tx.beyond()?.iter().filter(|one| !one.dismissed).count(),
            returned: returned.iter().map(|one| one.changes).sum(),
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "gauges are floats, and these are small numbers"
    )]
    fn show(&self) {
        gauge!("satchel_restore_waits").set(f64::from(u8::from(self.is_closed)));
        gauge!("satchel_devices_ahead").set(self.beyond as f64);
        gauge!("satchel_returned_changes").set(self.returned as f64);
    }
}
