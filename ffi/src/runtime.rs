//! The threads of this library: one small runtime for the process, on which work runs to its end whoever waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinError;

use crate::SatchelError;

static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();

/// The runtime, started with the first call.
pub(crate) fn runtime() -> Result<&'static Runtime, SatchelError> {
    let started = RUNTIME.get_or_init(|| {
        let built = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("satchel")
            .enable_all()
            .build();
        built.inspect_err(|error| tracing::error!(%error, "no runtime")).ok()
    });
    started
        .as_ref()
        .ok_or_else(|| SatchelError::internal("no thread could be started"))
}

/// Runs what reads or writes the database on a thread that may block. It runs to its end, also where the caller stops
/// waiting; a panic becomes an error.
pub(crate) async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SatchelError> + Send + 'static,
) -> Result<T, SatchelError> {
    runtime()?
        .spawn_blocking(work)
        .await
        .unwrap_or_else(|fault| Err(fell(&fault)))
}

/// Runs a task on the runtime to its end, also where the caller stops waiting; a panic becomes an error.
pub(crate) async fn in_task<T: Send + 'static>(
    task: impl Future<Output = Result<T, SatchelError>> + Send + 'static,
) -> Result<T, SatchelError> {
    runtime()?.spawn(task).await.unwrap_or_else(|fault| Err(fell(&fault)))
}

/// Runs short work on the caller's thread; a panic becomes an error.
pub(crate) fn contain<T>(work: impl FnOnce() -> Result<T, SatchelError>) -> Result<T, SatchelError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(SatchelError::internal("a panic")))
}

/// What a panic said may hold somebody's data: it is not passed on.
fn fell(fault: &JoinError) -> SatchelError {
    SatchelError::internal(if fault.is_panic() { "a panic" } else { "stopped" })
}
