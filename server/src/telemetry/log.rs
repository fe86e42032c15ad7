//! Logs on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{ConfigError, LogFormat};

/// Sends what is traced to standard error.
///
/// # Errors
/// [`ConfigError::Value`] for a filter that cannot be read, or where a subscriber is already set.
pub fn install(format: LogFormat, filter: &str) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|_| ConfigError::Value("log_filter", "expected a filter such as `info,satchel_server=debug`"))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    }
    .map_err(|_| ConfigError::Value("log_filter", "logging is already set up in this process"))
}
